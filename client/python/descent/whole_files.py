"""Files and directories that are there once they are whole."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
from typing import BinaryIO, Iterator

from descent.v1 import service_pb2 as pb


@contextlib.contextmanager
def written(file: pathlib.Path) -> Iterator[BinaryIO]:
    """A file that is there once it is whole."""
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as output:
            yield output
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_directory(path: pathlib.Path, chunks: Iterator[pb.ExportCheckpointResponse]) -> None:
    """A directory with the files of an export that is there once it is whole."""
    if path.exists():
        raise FileExistsError(f"{path} is there already, must be new")
    part = path.with_name(path.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        for chunk in chunks:
            if pathlib.PurePath(chunk.file).name != chunk.file:
                raise ValueError(f"{chunk.file!r} is no plain name of a file")
            with (part / chunk.file).open("ab") as output:
                output.write(chunk.data)
        part.rename(path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
