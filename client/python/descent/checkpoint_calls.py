"""What a job learned: its checkpoints, for other programs too."""

from __future__ import annotations

import pathlib
from typing import Iterator

from descent.calls import Calls
from descent.connection import PathLike, resumed, translated
from descent.resource_names import checkpoint_name, job_name
from descent.v1 import service_pb2 as pb
from descent.whole_files import write_directory, written

_MODEL_FORMATS = {"safetensors": pb.CHECKPOINT_FORMAT_SAFETENSORS,
                  "huggingface": pb.CHECKPOINT_FORMAT_HUGGINGFACE,
                  "onnx": pb.CHECKPOINT_FORMAT_ONNX}


class CheckpointCalls(Calls):
    """The part of Client that reads and keeps checkpoints."""

    def checkpoints(self, job: str) -> list[pb.Checkpoint]:
        """By step, ascending."""
        return [checkpoint for page in self._pages(self._checkpoints.ListCheckpoints,
                                                   pb.ListCheckpointsRequest(job=job_name(job)))
                for checkpoint in page.checkpoints]

    def checkpoint(self, checkpoint: str) -> pb.Checkpoint:
        """"JOB/latest", "JOB/best" or "JOB/STEP", as in all that follows."""
        return self._call(self._checkpoints.GetCheckpoint,
                          pb.GetCheckpointRequest(name=checkpoint_name(checkpoint)))

    def pin(self, checkpoint: str) -> pb.Checkpoint:
        """It stays until it is unpinned, whatever the job file says."""
        return self._call(self._checkpoints.UpdateCheckpoint, pb.UpdateCheckpointRequest(
            name=checkpoint_name(checkpoint), pinned=True))

    def unpin(self, checkpoint: str) -> pb.Checkpoint:
        return self._call(self._checkpoints.UpdateCheckpoint, pb.UpdateCheckpointRequest(
            name=checkpoint_name(checkpoint), pinned=False))

    def delete_checkpoint(self, checkpoint: str) -> None:
        """By its step: an alias would name another one when the call is repeated."""
        self._call(self._checkpoints.DeleteCheckpoint,
                   pb.DeleteCheckpointRequest(name=checkpoint_name(checkpoint)))

    def verify(self, checkpoint: str) -> pb.VerifyCheckpointResponse:
        """Has all of its files read and compared with what was written, for as long as that takes. A
        DescentError names the file that is damaged."""
        with translated():
            return self._checkpoints.VerifyCheckpoint(
                pb.VerifyCheckpointRequest(name=checkpoint_name(checkpoint)))

    def download(self, checkpoint: str, file: PathLike,
                 name: str = "model.safetensors") -> pathlib.Path:
        """Writes one file of a checkpoint. Goes on where it was when the coordinator was away for less
        than a minute."""
        offset = 0

        def stream() -> Iterator[pb.DownloadCheckpointResponse]:
            return self._checkpoints.DownloadCheckpoint(pb.DownloadCheckpointRequest(
                name=checkpoint_name(checkpoint), file=name, offset=offset))

        with written(pathlib.Path(file)) as output:
            for chunk in resumed(stream):
                output.write(chunk.data)
                offset += len(chunk.data)
        return pathlib.Path(file)

    def export(self, checkpoint: str, path: PathLike, *,
               format: str = "safetensors") -> pathlib.Path:
        """Writes the model for other programs, as "safetensors" or "onnx", a file, or "huggingface", a
        new directory. A Conflict says why a model cannot be had in a format."""
        if format not in _MODEL_FORMATS:
            raise ValueError(f"format is {format!r}, must be one of {', '.join(_MODEL_FORMATS)}")
        request = pb.ExportCheckpointRequest(name=checkpoint_name(checkpoint),
                                             format=_MODEL_FORMATS[format])
        path = pathlib.Path(path)
        with translated():
            stream = self._checkpoints.ExportCheckpoint(request)
            try:
                if format == "huggingface":
                    write_directory(path, stream)
                else:
                    with written(path) as output:
                        for chunk in stream:
                            output.write(chunk.data)
            finally:
                stream.cancel()  # where the files could not be written
        return path
