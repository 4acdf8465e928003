"""A model that learns from a folder of image files."""

import os
import random
import struct
import zlib

from harness import SystemTest

JOB = """\
name: shapes
model: {{mlp: {{hidden_sizes: [16]}}}}
data:
  train: {{path: {data}/pictures/train, format: images}}
  validation: {{path: {data}/pictures/validation, format: images}}
  images: {{channels: 3}}
  normalize: {{mean: [0.5, 0.4, 0.3], std: [0.3, 0.3, 0.2]}}
  augment: {{crop_padding: 1, horizontal_flip: 0.5}}
batch: {{global: 12, logical_workers: 4}}
steps: 60
seed: 3
optimizer: {{adamw: {{lr: 1e-2}}}}
"""
SIDE = 6
COLOURS = {"blue": (30, 30, 200), "green": (30, 200, 30), "red": (200, 30, 30)}


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + \
        struct.pack(">I", zlib.crc32(kind + content))


def png(height, width, pixels):
    """Eight bits of red, green and blue a pixel."""
    rows = b"".join(b"\0" + pixels[row * width * 3:(row + 1) * width * 3] for row in range(height))
    return b"\x89PNG\r\n\x1a\n" + \
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Images(SystemTest):

    def setUp(self):
        super().setUp()
        noise = random.Random(5)
        for split, count in (("train", 20), ("validation", 7)):
            for name, colour in COLOURS.items():
                folder = self.directory / "pictures" / split / name
                folder.mkdir(parents=True)
                for index in range(count):
                    pixels = bytes(value + noise.randrange(50) for _ in range(SIDE * SIDE)
                                   for value in colour)
                    (folder / f"{index:03}.png").write_bytes(png(SIDE, SIDE, pixels))
        self.job_file.write_text(JOB.format(data=self.directory))

    def test_colours_are_learned_with_the_same_bits_on_any_workers(self):
        alone = self.run_job(self.job_file, "--workers", 1)
        three = self.run_job(self.job_file, "--workers", 3)

        self.assertIn("validation accuracy: 1", alone.stdout)
        self.assertEqual(self.digest_of(three), self.digest_of(alone))

    def test_a_run_that_is_stopped_and_resumed_augments_alike(self):
        undisturbed = self.run_job(self.job_file, "--workers", 2)
        stopped = self.run_job(self.job_file, "--workers", 2, "--set", "stop_at_step=25")
        job = stopped.stdout.split("/checkpoints/")[1].split("/")[0]

        resumed = self.run_job("--resume", f"{job}/latest", "--workers", 3)

        self.assertEqual(self.digest_of(resumed), self.digest_of(undisturbed))
        plain = self.run_job(self.job_file, "--workers", 2, "--set",
                             "data.augment={crop_padding: 0}")
        self.assertNotEqual(self.digest_of(plain), self.digest_of(undisturbed))

    def test_a_corrupt_image_whose_name_is_not_utf8_costs_its_job_and_not_its_pool(self):
        self.start_coordinator()
        self.start_workers(1)
        corrupt = os.fsencode(self.directory) + b"/pictures/train/red/caf\xe9.png"
        with open(corrupt, "wb") as file:
            file.write(b"no image")

        failed = self.submit_shapes()
        self.wait_until(lambda: self.job(failed)["state"] == "JOB_STATE_FAILED")
        self.assertIn("caf\ufffd.png", self.job(failed)["failure"]["message"])
        self.assertIn("caf\ufffd.png", self.descent("logs", failed).stdout)
        os.unlink(corrupt)

        self.wait_for_state(self.submit_shapes(), "SUCCEEDED")

    def submit_shapes(self):
        return self.descent("submit", self.job_file, "-q").stdout.strip()

    def test_all_files_that_cannot_be_used_are_listed_before_anything_starts(self):
        pictures = self.directory / "pictures"
        (pictures / "train/red/corrupt.png").write_bytes(png(SIDE, SIDE, bytes(108))[:50])
        (pictures / "train/red/large.png").write_bytes(png(7, 7, bytes(147)))
        (pictures / "validation/blue/text.jpg").write_bytes(b"no image")

        message = self.run_job(self.job_file, code=2).stderr

        self.assertIn("train/red/corrupt.png: corrupt PNG", message)
        self.assertIn("train/red/large.png: 7 x 7 pixels, must be 6 x 6", message)
        self.assertIn("validation/blue/text.jpg: neither PNG nor JPEG", message)
        self.assertFalse((self.directory / "state").exists(), "nothing is to be created")
