"""A coordinator, as a Python object."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import uuid
from typing import Any, Callable, Iterator, Optional, Sequence, TypeVar

import grpc

from descent import errors
from descent.connection import Credentials, PathLike, connect, resumed, translated
from descent.resource_names import checkpoint_name, job_name
from descent.v1 import log_pb2
from descent.v1 import service_pb2 as pb
from descent.v1 import service_pb2_grpc as stubs
from descent.whole_files import write_directory, written

TERMINAL_STATES = frozenset({pb.JOB_STATE_SUCCEEDED, pb.JOB_STATE_FAILED, pb.JOB_STATE_CANCELLED})
DEFAULT_ADDRESS = "127.0.0.1:9090"

_CALL_SECONDS = 10.0
_BACKUP_SECONDS = 3600
_PAGE = 1000
_FORMATS = {"csv": pb.METRIC_FORMAT_CSV, "jsonl": pb.METRIC_FORMAT_JSONL,
            "tensorboard": pb.METRIC_FORMAT_TENSORBOARD}
_MODEL_FORMATS = {"safetensors": pb.CHECKPOINT_FORMAT_SAFETENSORS,
                  "huggingface": pb.CHECKPOINT_FORMAT_HUGGINGFACE,
                  "onnx": pb.CHECKPOINT_FORMAT_ONNX}
_SEVERITIES = {"debug": log_pb2.LOG_SEVERITY_DEBUG, "info": log_pb2.LOG_SEVERITY_INFO,
               "warning": log_pb2.LOG_SEVERITY_WARNING, "error": log_pb2.LOG_SEVERITY_ERROR}

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclasses.dataclass(frozen=True)
class Curve:
    """The points of one metric. With more than were asked for, `values` are means over
    `bucket_steps` steps."""
    steps: list[int]
    values: list[float]
    bucket_steps: int


def state_name(job: pb.Job) -> str:
    """"RUNNING", …"""
    return pb.JobState.Name(job.state).replace("JOB_STATE_", "")


class Client:
    """Talks to one coordinator. A job is named by its id ("mnist-7k2qd") or "jobs/mnist-7k2qd".
    Answers are the messages of descent.v1. Any thread. What fails raises a DescentError."""

    def __init__(self, address: Optional[str] = None, *, token_file: Optional[PathLike] = None,
                 ca_file: Optional[PathLike] = None, cert_file: Optional[PathLike] = None,
                 key_file: Optional[PathLike] = None):
        """`address` is HOST:PORT, by default $DESCENT_SERVER or that of this machine. `ca_file` has
        the certificates to trust and turns TLS on; without it a token is sent to this machine only.
        `cert_file` and `key_file` are for who asks clients for a certificate. All but the token are
        PEM. A ValueError says which of them do not go together."""
        self._channel = connect(address or os.environ.get("DESCENT_SERVER") or DEFAULT_ADDRESS,
                                Credentials(token_file, ca_file, cert_file, key_file))
        self._jobs = stubs.JobServiceStub(self._channel)
        self._metrics = stubs.MetricServiceStub(self._channel)
        self._checkpoints = stubs.CheckpointServiceStub(self._channel)
        self._cluster = stubs.ClusterServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- Jobs --------------------------------------------------------------------------------

    def submit(self, job_file: Optional[PathLike] = None, *, text: Optional[str] = None,
               overrides: Optional[dict[str, Any]] = None, start_from: str = "", job_id: str = "",
               priority: Optional[int] = None, preemptible: bool = False,
               request_id: Optional[str] = None, dry_run: bool = False,
               allow_infeasible: bool = False,
               labels: Optional[dict[str, str]] = None) -> pb.Job:
        """Creates the job of a file, or of its `text`. `overrides` change fields:
        {"optimizer.adamw.lr": 1e-3}. `start_from`, "JOB/latest", "JOB/best" or "JOB/STEP", begins
        with the state of a checkpoint, and without a file with the spec of its job; such a fork has
        the labels of its job, and `labels` on top. The same `request_id` again answers with the same
        job. With `dry_run` nothing is created: the answer is STARTING if its workers are free now. A
        job too large for every pool is refused, or waits with `allow_infeasible`."""
        if job_file is not None:
            if text is not None:
                raise ValueError("a job is given as job_file or as text, not as both")
            text = pathlib.Path(job_file).read_text(encoding="utf-8")
        if text is None and not start_from:
            raise ValueError("a job needs job_file, text or start_from")
        request = pb.CreateJobRequest(
            job_id=job_id, job_file=text or "", request_id=request_id or uuid.uuid4().hex,
            validate_only=dry_run, preemptible=preemptible, allow_infeasible=allow_infeasible,
            resume_from=checkpoint_name(start_from) if start_from else "",
            labels=labels or {},
            overrides=[f"{field}={json.dumps(value)}" for field, value in (overrides or {}).items()])
        if priority is not None:
            request.priority = priority
        return self._call(self._jobs.CreateJob, request)

    def fork(self, checkpoint: str, *, overrides: Optional[dict[str, Any]] = None, job_id: str = "",
             priority: Optional[int] = None, request_id: Optional[str] = None,
             labels: Optional[dict[str, str]] = None) -> pb.Job:
        """A job that begins with the state of "JOB/latest", "JOB/best" or "JOB/STEP" and has the spec
        of its job, but for `overrides`. All as in submit, which forks with another file as well."""
        return self.submit(start_from=checkpoint, overrides=overrides, job_id=job_id,
                           priority=priority, request_id=request_id, labels=labels)

    def job(self, job: str) -> pb.Job:
        return self._call(self._jobs.GetJob, pb.GetJobRequest(name=job_name(job)))

    def jobs(self, *, filter: str = "", order_by: str = "") -> Iterator[pb.Job]:
        """Newest first, unless `order_by` says otherwise: "priority desc, create_time". With `filter`,
        "state = RUNNING AND labels.team = nlp", those for which it holds."""
        request = pb.ListJobsRequest(page_size=_PAGE, filter=filter, order_by=order_by)
        while True:
            page = self._call(self._jobs.ListJobs, request)
            yield from page.jobs
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    def cancel(self, job: str) -> pb.Job:
        return self._call(self._jobs.CancelJob, pb.CancelJobRequest(name=job_name(job)))

    def suspend(self, job: str) -> pb.Job:
        return self._call(self._jobs.SuspendJob, pb.SuspendJobRequest(name=job_name(job)))

    def resume(self, job: str) -> pb.Job:
        return self._call(self._jobs.ResumeJob, pb.ResumeJobRequest(name=job_name(job)))

    def stop(self, job: str) -> pb.Job:
        """Ends it now, SUCCEEDED, with what it has learned so far."""
        return self._call(self._jobs.StopJob, pb.StopJobRequest(name=job_name(job)))

    def checkpoint_now(self, job: str) -> pb.Job:
        """A running job saves its state after one of its next steps, and goes on."""
        return self._call(self._jobs.CheckpointJob, pb.CheckpointJobRequest(name=job_name(job)))

    def update(self, job: str, *, priority: Optional[int] = None,
               preemptible: Optional[bool] = None,
               labels: Optional[dict[str, Optional[str]]] = None,
               deadline: Optional[int] = None, retention_days: Optional[int] = None,
               etag: str = "") -> pb.Job:
        """What is None stays as it is; so do labels that are not named. A label that is None is taken
        away. The deadline is in seconds, 0 for none. With the `etag` of a job that was read before:
        a Conflict if it has changed since."""
        changes = labels or {}
        request = pb.UpdateJobRequest(
            name=job_name(job), priority=priority, etag=etag, deadline=deadline,
            retention_days=retention_days,
            set_labels={key: value for key, value in changes.items() if value is not None},
            remove_labels=[key for key, value in changes.items() if value is None])
        if preemptible is not None:
            request.preemptible = preemptible
        return self._call(self._jobs.UpdateJob, request)

    def delete(self, job: str, *, keep_checkpoints: bool = False, etag: str = "") -> None:
        """Forgets a job that is at its end, with its metrics and checkpoints; `etag` as in update."""
        self._call(self._jobs.DeleteJob, pb.DeleteJobRequest(
            name=job_name(job), keep_checkpoints=keep_checkpoints, etag=etag))

    def events(self, job: str) -> Iterator[pb.JobEvent]:
        """Everything that happened to it, in order."""
        request = pb.ListJobEventsRequest(name=job_name(job), page_size=_PAGE)
        while True:
            page = self._call(self._jobs.ListJobEvents, request)
            yield from page.events
            request.page_token = page.next_page_token
            if not page.has_more:
                return

    def attempts(self, job: str) -> list[pb.Attempt]:
        return list(self._call(self._jobs.ListJobAttempts,
                               pb.ListJobAttemptsRequest(name=job_name(job))).attempts)

    def watch(self, job: str) -> Iterator[pb.Job]:
        """The job as it is, then again after each change, until it is at its end. Goes on when the
        coordinator was away for less than a minute, first with the states that the job was in
        meanwhile."""
        request = pb.WatchJobsRequest(name=job_name(job))
        for version in resumed(lambda: self._jobs.WatchJobs(request)):
            request.resume_token = version.resume_token
            yield version
            if version.state in TERMINAL_STATES:
                return

    def wait(self, job: str) -> pb.Job:
        """The job once it is at its end, whatever that is."""
        for version in self.watch(job):
            last = version
        return last

    def logs(self, job: str, ranks: Sequence[int] = (), *, attempt: int = 0,
             min_severity: str = "debug", contains: str = "", tail: Optional[int] = None,
             follow: bool = False,
             on_gap: Optional[Callable[[], None]] = None) -> Iterator[log_pb2.LogLine]:
        """The lines of its ranks, or of those named, each once and in order; of the last `tail` only
        that are there, of one attempt, at least as severe ("debug", "info", "warning", "error"), with a
        text. With `follow` also those that come, until the job is over. Goes on where it was when the
        coordinator was away for less than a minute. Where lines are no longer kept that were not read
        yet, `on_gap` is called and those that are kept follow; without it that is a DescentError with
        reason CURSOR_EXPIRED."""
        if min_severity not in _SEVERITIES:
            raise ValueError(
                f"min_severity is {min_severity!r}, must be one of {', '.join(_SEVERITIES)}")
        request = pb.StreamJobLogsRequest(
            name=job_name(job), ranks=ranks, attempt=attempt, contains=contains, tail=tail,
            follow=follow, min_severity=_SEVERITIES[min_severity])
        return self._lines(request, on_gap)

    def _lines(self, request: pb.StreamJobLogsRequest,
               on_gap: Optional[Callable[[], None]]) -> Iterator[log_pb2.LogLine]:
        while True:
            try:
                for batch in resumed(lambda: self._jobs.StreamJobLogs(request)):
                    request.ClearField("tail")
                    request.resume_token = batch.resume_token
                    yield from batch.lines
                return
            except errors.DescentError as error:
                if error.reason != "CURSOR_EXPIRED" or on_gap is None:
                    raise
                on_gap()
                request.resume_token = error.metadata["oldest_token"]

    # --- What it measures ----------------------------------------------------------------------

    def metrics(self, job: str, names: Sequence[str] = (), *, first_step: int = 0,
                max_points: int = 1000) -> dict[str, Curve]:
        """By name; of all metrics without `names`."""
        answer = self._call(self._metrics.QueryMetrics, pb.QueryMetricsRequest(
            job=job_name(job), names=names, first_step=first_step, max_points=max_points))
        return {series.name: _curve(series) for series in answer.series}

    def stream_metrics(self, job: str, names: Sequence[str] = (), *,
                       first_step: int = 0) -> Iterator[tuple[str, int, float]]:
        """(name, step, value) of every point as it is recorded, until the job is at its end. Goes on
        where it was when the coordinator was away for less than a minute."""
        reached: dict[str, int] = {}

        def stream() -> Iterator[pb.StreamMetricsResponse]:
            return self._metrics.StreamMetrics(pb.StreamMetricsRequest(
                job=job_name(job), names=names,
                first_step=min(reached.values(), default=first_step)))

        for batch in resumed(stream):
            for series in batch.series:
                for point in series.points:
                    if point.step <= reached.get(series.name, first_step - 1):
                        continue
                    reached[series.name] = point.step
                    yield series.name, point.step, point.value

    def compare(self, jobs: Sequence[str], names: Sequence[str] = ()) -> pb.CompareJobsResponse:
        """What two to twenty jobs reached, and where their specs differ."""
        return self._call(self._metrics.CompareJobs, pb.CompareJobsRequest(
            jobs=[job_name(job) for job in jobs], names=names))

    def export_metrics(self, job: str, file: PathLike, *, format: str = "csv",
                       names: Sequence[str] = ()) -> pathlib.Path:
        """Writes every point into a file, as "csv", "jsonl" or "tensorboard"."""
        if format not in _FORMATS:
            raise ValueError(f"format is {format!r}, must be one of {', '.join(_FORMATS)}")
        request = pb.ExportMetricsRequest(job=job_name(job), format=_FORMATS[format], names=names)
        with translated(), written(pathlib.Path(file)) as output:
            for chunk in self._metrics.ExportMetrics(request):
                output.write(chunk.data)
        return pathlib.Path(file)

    # --- What it learned -------------------------------------------------------------------------

    def checkpoints(self, job: str) -> list[pb.Checkpoint]:
        """By step, ascending."""
        return list(self._call(self._checkpoints.ListCheckpoints,
                               pb.ListCheckpointsRequest(job=job_name(job))).checkpoints)

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

    # --- The coordinator -------------------------------------------------------------------------

    def cluster(self) -> pb.ClusterStatus:
        return self._call(self._cluster.GetClusterStatus, pb.GetClusterStatusRequest())

    def server_info(self) -> pb.ServerInfo:
        return self._call(self._cluster.GetServerInfo, pb.GetServerInfoRequest())

    def pools(self) -> list[pb.Pool]:
        """By name, each with its workers."""
        return list(self._call(self._cluster.ListPools, pb.ListPoolsRequest()).pools)

    def workers(self) -> list[pb.Worker]:
        """By pool and world rank."""
        found: list[pb.Worker] = []
        request = pb.ListWorkersRequest(page_size=_PAGE)
        while True:
            page = self._call(self._cluster.ListWorkers, request)
            found.extend(page.workers)
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    def cordon(self, worker: str) -> pb.Worker:
        """`worker` is the name of one in `workers`. It gets no new job; what runs on it goes on."""
        return self._call(self._cluster.CordonWorker, pb.CordonWorkerRequest(name=worker))

    def uncordon(self, worker: str) -> pb.Worker:
        return self._call(self._cluster.UncordonWorker, pb.UncordonWorkerRequest(name=worker))

    def drain(self, worker: str) -> pb.Worker:
        """Cordons it, and moves the job that runs on it to others."""
        return self._call(self._cluster.DrainWorker, pb.DrainWorkerRequest(name=worker))

    def back_up(self, name: str = "") -> pb.StateBackup:
        """Copies what the coordinator knows into a directory on its machine."""
        with translated():
            return self._cluster.BackupState(pb.BackupStateRequest(name=name),
                                             timeout=_BACKUP_SECONDS)

    def _call(self, method: grpc.UnaryUnaryMultiCallable[Request, Answer],
              request: Request) -> Answer:
        with translated():
            return method(request, timeout=_CALL_SECONDS)


def _curve(series: pb.MetricSeries) -> Curve:
    return Curve([point.step for point in series.points], [point.value for point in series.points],
                 series.bucket_steps if series.downsampled else 1)
