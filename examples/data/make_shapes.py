#!/usr/bin/env python3
"""Writes grey PNG images of 16 x 16 pixels, of discs and of squares, in a folder for each.

    make_shapes.py DIRECTORY      200 images of training and 40 of validation, always the same
"""

import pathlib
import random
import struct
import sys
import zlib

SIZE = 16


def chunk(kind, data):
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(rows):
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 0, 0, 0, 0)  # 8 bits of grey
    pixels = b"".join(b"\0" + bytes(row) for row in rows)  # no filter
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + \
        chunk(b"IEND", b"")


def picture(kind, source):
    """One shape somewhere, bright on dark, under noise."""
    radius = source.randint(3, 5)
    x, y = (source.randint(radius, SIZE - 1 - radius) for _ in range(2))

    def is_inside(column, row):
        across, down = abs(column - x), abs(row - y)
        return across ** 2 + down ** 2 <= radius ** 2 if kind == "disc" else \
            max(across, down) <= radius * 0.85
    return [[source.randint(0, 60) + (150 if is_inside(column, row) else 0)
             for column in range(SIZE)] for row in range(SIZE)]


def main():
    source = random.Random(1)
    for split, count in (("train", 100), ("validation", 20)):
        for kind in ("disc", "square"):
            folder = pathlib.Path(sys.argv[1]) / split / kind
            folder.mkdir(parents=True)
            for number in range(count):
                (folder / f"{number:03}.png").write_bytes(png(picture(kind, source)))


if __name__ == "__main__":
    main()
