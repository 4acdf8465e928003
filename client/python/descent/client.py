"""A coordinator, as a Python object."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import uuid
from typing import Any, Callable, Iterator, Optional, Sequence

from descent import errors
from descent.calls import PAGE
from descent.checkpoint_calls import CheckpointCalls
from descent.cluster_calls import ClusterCalls
from descent.connection import PathLike, resumed, translated
from descent.resource_names import checkpoint_name, job_name
from descent.v1 import log_pb2
from descent.v1 import service_pb2 as pb
from descent.whole_files import written

TERMINAL_STATES = frozenset({pb.JOB_STATE_SUCCEEDED, pb.JOB_STATE_FAILED, pb.JOB_STATE_CANCELLED})

_CREATE_SECONDS = 30.0  # a large job file may have to be read
_FORMATS = {"csv": pb.METRIC_FORMAT_CSV, "jsonl": pb.METRIC_FORMAT_JSONL,
            "tensorboard": pb.METRIC_FORMAT_TENSORBOARD}
_SEVERITIES = {"debug": log_pb2.LOG_SEVERITY_DEBUG, "info": log_pb2.LOG_SEVERITY_INFO,
               "warning": log_pb2.LOG_SEVERITY_WARNING, "error": log_pb2.LOG_SEVERITY_ERROR}
_SOURCES = {"log": log_pb2.LOG_SOURCE_LOG, "stdout": log_pb2.LOG_SOURCE_STDOUT,
            "stderr": log_pb2.LOG_SOURCE_STDERR}


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


class Client(CheckpointCalls, ClusterCalls):
    """Talks to one coordinator. A job is named by its id ("mnist-7k2qd") or "jobs/mnist-7k2qd".
    Answers are the messages of descent.v1. Any thread. What fails raises a DescentError."""

    # --- Jobs --------------------------------------------------------------------------------

    def submit(self, job_file: Optional[PathLike] = None, *, text: Optional[str] = None,
               overrides: Optional[dict[str, Any]] = None, start_from: str = "", job_id: str = "",
               priority: Optional[int] = None, preemptible: bool = False,
               request_id: Optional[str] = None, dry_run: bool = False,
               allow_infeasible: bool = False, suspended: bool = False,
               labels: Optional[dict[str, str]] = None) -> pb.Job:
        """Creates the job of a file, or of its `text`. `overrides` change fields:
        {"optimizer.adamw.lr": 1e-3}. `start_from`, "JOB/latest", "JOB/best" or "JOB/STEP", begins
        with the state of a checkpoint, and without a file with the spec of its job; such a fork has
        the labels of its job, and `labels` on top. The same `request_id` again answers with the same
        job. With `dry_run` nothing is created: the answer is STARTING if its workers are free now. A
        job too large for every pool is refused, or waits with `allow_infeasible`. With `suspended` it
        waits for nothing until it is resumed."""
        if job_file is not None:
            if text is not None:
                raise ValueError("a job is given as job_file or as text, not as both")
            text = pathlib.Path(job_file).read_text(encoding="utf-8")
        if text is None and not start_from:
            raise ValueError("a job needs job_file, text or start_from")
        request = pb.CreateJobRequest(
            job_id=job_id, job_file=text or "", request_id=request_id or uuid.uuid4().hex,
            validate_only=dry_run, preemptible=preemptible, allow_infeasible=allow_infeasible,
            suspended=suspended,
            resume_from=checkpoint_name(start_from) if start_from else "",
            labels=labels or {},
            overrides=_overrides(overrides))
        if priority is not None:
            request.priority = priority
        return self._call(self._jobs.CreateJob, request, _CREATE_SECONDS)

    def fork(self, job: str, *, checkpoint: str = "latest",
             overrides: Optional[dict[str, Any]] = None, job_id: str = "",
             priority: Optional[int] = None, preemptible: bool = False,
             request_id: Optional[str] = None, dry_run: bool = False,
             allow_infeasible: bool = False, suspended: bool = False,
             labels: Optional[dict[str, str]] = None) -> pb.Job:
        """A new job that starts from a checkpoint of another, "latest", "best" or a step, with its spec
        but for `overrides`. All else is as in submit."""
        request = pb.ForkJobRequest(
            name=job_name(job), checkpoint=str(checkpoint).removeprefix("step-"), job_id=job_id,
            request_id=request_id or uuid.uuid4().hex, validate_only=dry_run,
            preemptible=preemptible, allow_infeasible=allow_infeasible, suspended=suspended,
            labels=labels or {}, priority=priority, overrides=_overrides(overrides))
        return self._call(self._jobs.ForkJob, request, _CREATE_SECONDS)

    def job(self, job: str) -> pb.Job:
        return self._call(self._jobs.GetJob, pb.GetJobRequest(name=job_name(job)))

    def jobs(self, *, filter: str = "", order_by: str = "") -> Iterator[pb.Job]:
        """Newest first, unless `order_by` says otherwise: "priority desc, create_time". With `filter`,
        "state = RUNNING AND labels.team = nlp", those for which it holds."""
        for page in self._pages(self._jobs.ListJobs, pb.ListJobsRequest(
                page_size=PAGE, filter=filter, order_by=order_by)):
            yield from page.jobs

    def cancel(self, job: str) -> pb.Job:
        return self._call(self._jobs.CancelJob, pb.CancelJobRequest(name=job_name(job)))

    def cancel_all(self, jobs: Sequence[str] = (), *, filter: str = "") -> list[pb.Job]:
        """All of the jobs or none of them; or those for which `filter` holds and which are not at their
        end. Without their specs."""
        return list(self._call(self._jobs.CancelJobs, pb.CancelJobsRequest(
            names=[job_name(job) for job in jobs], filter=filter)).jobs)

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
        request = pb.ListJobEventsRequest(name=job_name(job), page_size=PAGE)
        while True:
            page = self._call(self._jobs.ListJobEvents, request)
            yield from page.events
            request.page_token = page.next_page_token
            if not page.has_more:
                return

    def attempts(self, job: str) -> list[pb.Attempt]:
        """Those that are remembered, ascending."""
        return [attempt for page in self._pages(self._jobs.ListJobAttempts,
                                                pb.ListJobAttemptsRequest(name=job_name(job)))
                for attempt in page.attempts]

    def watch(self, job: str) -> Iterator[pb.Job]:
        """The job as it is, then again after each change, until it is at its end. Goes on when the
        coordinator was away for less than a minute, first with the states that the job was in
        meanwhile."""
        for version in self._versions(pb.WatchJobsRequest(name=job_name(job))):
            yield version
            if version.state in TERMINAL_STATES:
                return

    def watch_jobs(self, jobs: Sequence[str] = (), *, filter: str = "") -> Iterator[pb.Job]:
        """Each of the jobs as it is, then each of the states that they come to, until all are at their
        end; of those for which `filter` holds, or of all jobs, without an end. Goes on as watch."""
        yield from self._versions(pb.WatchJobsRequest(names=[job_name(job) for job in jobs],
                                                      filter=filter))

    def _versions(self, request: pb.WatchJobsRequest) -> Iterator[pb.Job]:
        request.allow_bookmarks = True
        for version in resumed(lambda: self._jobs.WatchJobs(request)):
            request.resume_token = version.resume_token or request.resume_token
            if version.name:  # else a bookmark
                yield version

    def wait(self, job: str) -> pb.Job:
        """The job once it is at its end, whatever that is."""
        for version in self.watch(job):
            last = version
        return last

    def logs(self, job: str, ranks: Sequence[int] = (), *, attempt: int = 0,
             min_severity: str = "debug", contains: str = "", tail: Optional[int] = None,
             sources: Sequence[str] = (), follow: bool = False,
             on_gap: Optional[Callable[[], None]] = None) -> Iterator[log_pb2.LogLine]:
        """The lines of its ranks, or of those named, each once and in order; of the last `tail` only
        that are there, of one attempt, at least as severe ("debug", "info", "warning", "error"), with a
        text, of some `sources` ("log", "stdout", "stderr"). With `follow` also those that come, until
        the job is over. Goes on where it was when the coordinator was away for less than a minute.
        Where lines are no longer kept that were not read yet, `on_gap` is called and those that are
        kept follow; without it that is a DescentError with reason CURSOR_EXPIRED."""
        if min_severity not in _SEVERITIES:
            raise ValueError(
                f"min_severity is {min_severity!r}, must be one of {', '.join(_SEVERITIES)}")
        for source in sources:
            if source not in _SOURCES:
                raise ValueError(f"sources has {source!r}, must be of {', '.join(_SOURCES)}")
        request = pb.StreamJobLogsRequest(
            name=job_name(job), ranks=ranks, attempt=attempt, contains=contains, tail=tail,
            follow=follow, min_severity=_SEVERITIES[min_severity],
            sources=[_SOURCES[source] for source in sources])
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


def _overrides(overrides: Optional[dict[str, Any]]) -> list[str]:
    return [f"{field}={json.dumps(value)}" for field, value in (overrides or {}).items()]


def _curve(series: pb.MetricSeries) -> Curve:
    return Curve([point.step for point in series.points], [point.value for point in series.points],
                 series.bucket_steps if series.downsampled else 1)
