"""A coordinator, as a Python object."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import time
import uuid
from typing import Any, Callable, Iterator, Optional, Sequence, TypeVar, Union

import grpc
from google.protobuf import descriptor_pb2

from descent import errors
from descent.v1 import access_pb2
from descent.v1 import service_pb2 as pb
from descent.v1 import service_pb2_grpc as stubs

TERMINAL_STATES = frozenset({pb.JOB_STATE_SUCCEEDED, pb.JOB_STATE_FAILED, pb.JOB_STATE_CANCELLED})
DEFAULT_ADDRESS = "127.0.0.1:9090"

_CALL_SECONDS = 10.0
_CREATE_SECONDS = 30.0  # a large job file may have to be read
_BACKUP_SECONDS = 3600
_AWAY_SECONDS = 60.0  # how long a stream waits for a coordinator that is away
_PAUSE_SECONDS = 0.5
_PAGE = 1000
_FORMATS = {"csv": pb.METRIC_FORMAT_CSV, "jsonl": pb.METRIC_FORMAT_JSONL,
            "tensorboard": pb.METRIC_FORMAT_TENSORBOARD}
_MODEL_FORMATS = {"safetensors": pb.CHECKPOINT_FORMAT_SAFETENSORS,
                  "huggingface": pb.CHECKPOINT_FORMAT_HUGGINGFACE,
                  "onnx": pb.CHECKPOINT_FORMAT_ONNX}
_RETRY = {"maxAttempts": 5, "initialBackoff": "0.2s", "maxBackoff": "5s", "backoffMultiplier": 2,
          "retryableStatusCodes": ["UNAVAILABLE"]}
_THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}

_SERVICES = descriptor_pb2.FileDescriptorProto.FromString(pb.DESCRIPTOR.serialized_pb)

# What a stream ends with when its coordinator stops, or has stopped.
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)

T = TypeVar("T")
PathLike = Union[str, "os.PathLike[str]"]


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
                 ca_file: Optional[PathLike] = None):
        """`address` is HOST:PORT, by default $DESCENT_SERVER or that of this machine. `ca_file` has
        the certificates to trust and turns TLS on, which a token needs."""
        if token_file is not None and ca_file is None:
            raise ValueError("token_file needs ca_file: a token is never sent without TLS")
        self._channel = _connect(address or os.environ.get("DESCENT_SERVER") or DEFAULT_ADDRESS,
                                 token_file, ca_file)
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
            resume_from=_checkpoint_name(start_from) if start_from else "",
            labels=labels or {},
            overrides=_overrides(overrides))
        if priority is not None:
            request.priority = priority
        return self._call(self._jobs.CreateJob, request, _CREATE_SECONDS)

    def fork(self, job: str, *, checkpoint: str = "latest",
             overrides: Optional[dict[str, Any]] = None, job_id: str = "",
             priority: Optional[int] = None, preemptible: bool = False,
             request_id: Optional[str] = None, dry_run: bool = False,
             allow_infeasible: bool = False, labels: Optional[dict[str, str]] = None) -> pb.Job:
        """A new job that starts from a checkpoint of another, "latest", "best" or a step, with its spec
        but for `overrides`. All else is as in submit."""
        request = pb.ForkJobRequest(
            name=_job_name(job), checkpoint=str(checkpoint).removeprefix("step-"), job_id=job_id,
            request_id=request_id or uuid.uuid4().hex, validate_only=dry_run,
            preemptible=preemptible, allow_infeasible=allow_infeasible, labels=labels or {},
            priority=priority, overrides=_overrides(overrides))
        return self._call(self._jobs.ForkJob, request, _CREATE_SECONDS)

    def job(self, job: str) -> pb.Job:
        return self._call(self._jobs.GetJob, pb.GetJobRequest(name=_job_name(job)))

    def jobs(self, *, filter: str = "", order_by: str = "") -> Iterator[pb.Job]:
        """Newest first, unless `order_by` says otherwise: "priority desc, create_time". With `filter`,
        "state = RUNNING AND labels.team = nlp", those for which it holds."""
        for page in self._pages(self._jobs.ListJobs, pb.ListJobsRequest(
                page_size=_PAGE, filter=filter, order_by=order_by)):
            yield from page.jobs

    def cancel(self, job: str) -> pb.Job:
        return self._call(self._jobs.CancelJob, pb.CancelJobRequest(name=_job_name(job)))

    def cancel_all(self, jobs: Sequence[str] = (), *, filter: str = "") -> list[pb.Job]:
        """All of the jobs or none of them; or those for which `filter` holds and which are not at their
        end. Without their specs."""
        return list(self._call(self._jobs.CancelJobs, pb.CancelJobsRequest(
            names=[_job_name(job) for job in jobs], filter=filter)).jobs)

    def suspend(self, job: str) -> pb.Job:
        return self._call(self._jobs.SuspendJob, pb.SuspendJobRequest(name=_job_name(job)))

    def resume(self, job: str) -> pb.Job:
        return self._call(self._jobs.ResumeJob, pb.ResumeJobRequest(name=_job_name(job)))

    def stop(self, job: str) -> pb.Job:
        """Ends it now, SUCCEEDED, with what it has learned so far."""
        return self._call(self._jobs.StopJob, pb.StopJobRequest(name=_job_name(job)))

    def checkpoint_now(self, job: str) -> pb.Job:
        """A running job saves its state after one of its next steps, and goes on."""
        return self._call(self._jobs.CheckpointJob, pb.CheckpointJobRequest(name=_job_name(job)))

    def update(self, job: str, *, priority: Optional[int] = None,
               preemptible: Optional[bool] = None,
               labels: Optional[dict[str, Optional[str]]] = None, etag: str = "") -> pb.Job:
        """What is None stays as it is; so do labels that are not named. A label that is None is taken
        away. With the `etag` of a job that was read before: a Conflict if it has changed since."""
        changes = labels or {}
        return self._call(self._jobs.UpdateJob, pb.UpdateJobRequest(
            name=_job_name(job), priority=priority, preemptible=preemptible, etag=etag,
            set_labels={key: value for key, value in changes.items() if value is not None},
            remove_labels=[key for key, value in changes.items() if value is None]))

    def delete(self, job: str, *, keep_checkpoints: bool = False, etag: str = "") -> None:
        """Forgets a job that is at its end, with its metrics and checkpoints; `etag` as in update."""
        self._call(self._jobs.DeleteJob, pb.DeleteJobRequest(
            name=_job_name(job), keep_checkpoints=keep_checkpoints, etag=etag))

    def events(self, job: str) -> Iterator[pb.JobEvent]:
        """Everything that happened to it, in order."""
        request = pb.ListJobEventsRequest(name=_job_name(job), page_size=_PAGE)
        while True:
            page = self._call(self._jobs.ListJobEvents, request)
            yield from page.events
            request.page_token = page.next_page_token
            if not page.has_more:
                return

    def attempts(self, job: str) -> list[pb.Attempt]:
        """Those that are remembered, ascending."""
        return [attempt for page in self._pages(self._jobs.ListJobAttempts,
                                                pb.ListJobAttemptsRequest(name=_job_name(job)))
                for attempt in page.attempts]

    def watch(self, job: str) -> Iterator[pb.Job]:
        """The job as it is, then again after each change, until it is at its end. Goes on when the
        coordinator was away for less than a minute, first with the states that the job was in
        meanwhile."""
        for version in self._versions(pb.WatchJobsRequest(name=_job_name(job))):
            yield version
            if version.state in TERMINAL_STATES:
                return

    def watch_jobs(self, jobs: Sequence[str] = (), *, filter: str = "") -> Iterator[pb.Job]:
        """Each of the jobs as it is, then each of the states that they come to, until all are at their
        end; of those for which `filter` holds, or of all jobs, without an end. Goes on as watch."""
        yield from self._versions(pb.WatchJobsRequest(names=[_job_name(job) for job in jobs],
                                                      filter=filter))

    def _versions(self, request: pb.WatchJobsRequest) -> Iterator[pb.Job]:
        request.allow_bookmarks = True
        for version in _resumed(lambda: self._jobs.WatchJobs(request)):
            request.resume_token = version.resume_token or request.resume_token
            if version.name:  # else a bookmark
                yield version

    def wait(self, job: str) -> pb.Job:
        """The job once it is at its end, whatever that is."""
        for version in self.watch(job):
            last = version
        return last

    # --- What it measures ----------------------------------------------------------------------

    def metrics(self, job: str, names: Sequence[str] = (), *, first_step: int = 0,
                max_points: int = 1000) -> dict[str, Curve]:
        """By name; of all metrics without `names`."""
        answer = self._call(self._metrics.QueryMetrics, pb.QueryMetricsRequest(
            job=_job_name(job), names=names, first_step=first_step, max_points=max_points))
        return {series.name: _curve(series) for series in answer.series}

    def stream_metrics(self, job: str, names: Sequence[str] = (), *,
                       first_step: int = 0) -> Iterator[tuple[str, int, float]]:
        """(name, step, value) of every point as it is recorded, until the job is at its end. Goes on
        where it was when the coordinator was away for less than a minute."""
        reached: dict[str, int] = {}

        def stream() -> Iterator[pb.StreamMetricsResponse]:
            return self._metrics.StreamMetrics(pb.StreamMetricsRequest(
                job=_job_name(job), names=names,
                first_step=min(reached.values(), default=first_step)))

        for batch in _resumed(stream):
            for series in batch.series:
                for point in series.points:
                    if point.step <= reached.get(series.name, first_step - 1):
                        continue
                    reached[series.name] = point.step
                    yield series.name, point.step, point.value

    def compare(self, jobs: Sequence[str], names: Sequence[str] = ()) -> pb.CompareJobsResponse:
        """What two to twenty jobs reached, and where their specs differ."""
        return self._call(self._metrics.CompareJobs, pb.CompareJobsRequest(
            jobs=[_job_name(job) for job in jobs], names=names))

    def export_metrics(self, job: str, file: PathLike, *, format: str = "csv",
                       names: Sequence[str] = ()) -> pathlib.Path:
        """Writes every point into a file, as "csv", "jsonl" or "tensorboard"."""
        if format not in _FORMATS:
            raise ValueError(f"format is {format!r}, must be one of {', '.join(_FORMATS)}")
        request = pb.ExportMetricsRequest(job=_job_name(job), format=_FORMATS[format], names=names)
        with _translated(), _written(pathlib.Path(file)) as output:
            for chunk in self._metrics.ExportMetrics(request):
                output.write(chunk.data)
        return pathlib.Path(file)

    # --- What it learned -------------------------------------------------------------------------

    def checkpoints(self, job: str) -> list[pb.Checkpoint]:
        """By step, ascending."""
        return [checkpoint for page in self._pages(self._checkpoints.ListCheckpoints,
                                                   pb.ListCheckpointsRequest(job=_job_name(job)))
                for checkpoint in page.checkpoints]

    def checkpoint(self, checkpoint: str) -> pb.Checkpoint:
        """"JOB/latest", "JOB/best" or "JOB/STEP", as in all that follows."""
        return self._call(self._checkpoints.GetCheckpoint,
                          pb.GetCheckpointRequest(name=_checkpoint_name(checkpoint)))

    def pin(self, checkpoint: str) -> pb.Checkpoint:
        """It stays until it is unpinned, whatever the job file says."""
        return self._call(self._checkpoints.UpdateCheckpoint, pb.UpdateCheckpointRequest(
            name=_checkpoint_name(checkpoint), pinned=True))

    def unpin(self, checkpoint: str) -> pb.Checkpoint:
        return self._call(self._checkpoints.UpdateCheckpoint, pb.UpdateCheckpointRequest(
            name=_checkpoint_name(checkpoint), pinned=False))

    def delete_checkpoint(self, checkpoint: str) -> None:
        """By its step: an alias would name another one when the call is repeated."""
        self._call(self._checkpoints.DeleteCheckpoint,
                   pb.DeleteCheckpointRequest(name=_checkpoint_name(checkpoint)))

    def verify(self, checkpoint: str) -> pb.VerifyCheckpointResponse:
        """Has all of its files read and compared with what was written, for as long as that takes. A
        DescentError names the file that is damaged."""
        with _translated():
            return self._checkpoints.VerifyCheckpoint(
                pb.VerifyCheckpointRequest(name=_checkpoint_name(checkpoint)))

    def download(self, checkpoint: str, file: PathLike,
                 name: str = "model.safetensors") -> pathlib.Path:
        """Writes one file of a checkpoint. Goes on where it was when the coordinator was away for less
        than a minute."""
        offset = 0

        def stream() -> Iterator[pb.DownloadCheckpointResponse]:
            return self._checkpoints.DownloadCheckpoint(pb.DownloadCheckpointRequest(
                name=_checkpoint_name(checkpoint), file=name, offset=offset))

        with _written(pathlib.Path(file)) as output:
            for chunk in _resumed(stream):
                output.write(chunk.data)
                offset += len(chunk.data)
        return pathlib.Path(file)

    def export(self, checkpoint: str, path: PathLike, *,
               format: str = "safetensors") -> pathlib.Path:
        """Writes the model for other programs, as "safetensors" or "onnx", a file, or "huggingface", a
        new directory. A Conflict says why a model cannot be had in a format."""
        if format not in _MODEL_FORMATS:
            raise ValueError(f"format is {format!r}, must be one of {', '.join(_MODEL_FORMATS)}")
        request = pb.ExportCheckpointRequest(name=_checkpoint_name(checkpoint),
                                             format=_MODEL_FORMATS[format])
        path = pathlib.Path(path)
        with _translated():
            stream = self._checkpoints.ExportCheckpoint(request)
            try:
                if format == "huggingface":
                    _write_directory(path, stream)
                else:
                    with _written(path) as output:
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
        return [pool for page in self._pages(self._cluster.ListPools, pb.ListPoolsRequest())
                for pool in page.pools]

    def workers(self) -> list[pb.Worker]:
        """By pool and world rank."""
        return [worker for page in self._pages(self._cluster.ListWorkers,
                                               pb.ListWorkersRequest(page_size=_PAGE))
                for worker in page.workers]

    def cordon(self, worker: str) -> pb.Worker:
        """`worker` is the name of one in `workers`. It gets no new job; what runs on it goes on."""
        return self._call(self._cluster.CordonWorker, pb.CordonWorkerRequest(name=worker))

    def uncordon(self, worker: str) -> pb.Worker:
        return self._call(self._cluster.UncordonWorker, pb.UncordonWorkerRequest(name=worker))

    def drain(self, worker: str) -> pb.Worker:
        """Cordons it, and moves the job that runs on it to others."""
        return self._call(self._cluster.DrainWorker, pb.DrainWorkerRequest(name=worker))

    def audit_events(self) -> Iterator[pb.AuditEvent]:
        """Who changed workers and tokens and deleted jobs, newest first; for admins."""
        for page in self._pages(self._cluster.ListAuditEvents,
                                pb.ListAuditEventsRequest(page_size=_PAGE)):
            yield from page.events

    def back_up(self, name: str = "") -> pb.StateBackup:
        """Copies what the coordinator knows into a directory on its machine."""
        with _translated():
            return self._cluster.BackupState(pb.BackupStateRequest(name=name),
                                             timeout=_BACKUP_SECONDS)

    def _call(self, method: Callable[..., T], request: Any, seconds: float = _CALL_SECONDS) -> T:
        with _translated():
            return method(request, timeout=seconds)

    def _pages(self, method: Callable[..., T], request: Any) -> Iterator[T]:
        """All pages of a list."""
        while True:
            page = self._call(method, request)
            yield page
            request.page_token = page.next_page_token
            if not request.page_token:
                return


def _connect(address: str, token_file: Optional[PathLike],
             ca_file: Optional[PathLike]) -> grpc.Channel:
    # A coordinator is named directly: a proxy of the environment is not meant for it.
    options = [("grpc.enable_http_proxy", 0), ("grpc.keepalive_time_ms", 60_000),
               ("grpc.keepalive_timeout_ms", 20_000), ("grpc.http2.max_pings_without_data", 0),
               ("grpc.max_reconnect_backoff_ms", 1_000),
               ("grpc.service_config", json.dumps(_service_config()))]
    if ca_file is None:
        return grpc.insecure_channel(address, options)
    credentials = grpc.ssl_channel_credentials(pathlib.Path(ca_file).read_bytes())
    if token_file is not None:
        token = pathlib.Path(token_file).read_text(encoding="ascii").strip()
        credentials = grpc.composite_channel_credentials(
            credentials, grpc.access_token_call_credentials(token))
    return grpc.secure_channel(address, credentials, options)


def _service_config() -> dict[str, Any]:
    """Unary calls that may be repeated are, while the coordinator is away for a moment: what a viewer
    may call changes nothing, and what is idempotent says so."""
    names = [{"service": f"{_SERVICES.package}.{service.name}", "method": method.name}
             for service in _SERVICES.service for method in service.method
             if not method.server_streaming and (
                 method.options.Extensions[access_pb2.required_role] == access_pb2.ROLE_VIEWER
                 or method.options.idempotency_level == descriptor_pb2.MethodOptions.IDEMPOTENT)]
    return {"methodConfig": [{"name": names, "retryPolicy": _RETRY}],
            "retryThrottling": _THROTTLING}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise errors.from_rpc_error(error) from None


def _resumed(stream: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What the stream sends; it is begun anew while the coordinator is away."""
    deadline = time.monotonic() + _AWAY_SECONDS
    while True:
        try:
            for message in stream():
                deadline = time.monotonic() + _AWAY_SECONDS
                yield message
            return
        except grpc.RpcError as error:
            if error.code() not in _AWAY or time.monotonic() > deadline:
                raise errors.from_rpc_error(error) from None
            time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def _written(file: pathlib.Path) -> Iterator[Any]:
    """A file that is there once it is whole."""
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as output:
            yield output
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_directory(path: pathlib.Path, chunks: Iterator[pb.ExportCheckpointResponse]) -> None:
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


def _job_name(job: str) -> str:
    return job if job.startswith("jobs/") else f"jobs/{job}"


def _overrides(overrides: Optional[dict[str, Any]]) -> list[str]:
    return [f"{field}={json.dumps(value)}" for field, value in (overrides or {}).items()]


def _checkpoint_name(checkpoint: str) -> str:
    if "/checkpoints/" in checkpoint:
        return _job_name(checkpoint)
    job, _, step = _job_name(checkpoint).removeprefix("jobs/").partition("/")
    if not step:
        raise ValueError(f"{checkpoint!r} must be JOB/latest, JOB/best or JOB/STEP")
    return f"jobs/{job}/checkpoints/{step.removeprefix('step-')}"


def _curve(series: pb.MetricSeries) -> Curve:
    return Curve([point.step for point in series.points], [point.value for point in series.points],
                 series.bucket_steps if series.downsampled else 1)
