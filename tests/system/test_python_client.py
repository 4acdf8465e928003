"""The Python client against real programs."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import grpc

from harness import SystemTest

sys.path.insert(0, os.environ["DESCENT_PYTHON_CLIENT"])
import descent  # noqa: E402
from descent import connection  # noqa: E402
from descent.v1 import log_pb2, service_pb2 as pb  # noqa: E402

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "client/python"


class PythonClient(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()
        self.client = descent.Client(self.addresses["user"])
        self.addCleanup(self.client.close)

    def test_a_job_is_submitted_followed_and_its_model_downloaded(self):
        self.start_workers(2)

        job = self.client.submit(self.job_file, overrides={"steps": 120, "name": "from-python"})
        versions = list(self.client.watch(job.name))
        points = list(self.client.stream_metrics(job.name, ["train/loss"]))
        model = self.client.download(f"{job.name}/checkpoints/latest", self.directory / "model")

        self.assertRegex(job.name, "^jobs/from-python-")
        self.assertEqual(descent.state_name(versions[-1]), "SUCCEEDED")
        self.assertEqual([step for _, step, _ in points], list(range(1, 121)))
        curve = self.client.metrics(job.name, ["train/loss"])["train/loss"]
        self.assertEqual(curve.values, [value for _, _, value in points])
        exported = self.directory / "exported.safetensors"
        self.descent("checkpoint", "export", f"{job.name.removeprefix('jobs/')}/latest", "-o", exported)
        self.assertEqual(model.read_bytes(), exported.read_bytes())

    def test_a_hundred_watchers_see_a_job_to_its_end(self):
        self.start_workers(1)
        job = self.client.submit(self.job_file, overrides={"steps": 1000}).name

        with concurrent.futures.ThreadPoolExecutor(100) as watchers:
            ends = list(watchers.map(lambda _: list(self.client.watch(job))[-1], range(100)))

        self.assertEqual({(descent.state_name(end), end.progress.step) for end in ends},
                         {("SUCCEEDED", 1000)})

    def test_everything_wrong_with_a_job_file_is_told_with_its_line(self):
        self.job_file.write_text(self.job_file.read_text().replace("seed: 3", "sead: 3")
                                 .replace("lr: 3e-3", "lr: -1"))

        with self.assertRaises(descent.InvalidArgument) as refused:
            self.client.submit(self.job_file)

        self.assertEqual(refused.exception.reason, "SPEC_INVALID")
        self.assertEqual([(found.field, found.message.split(":")[0])
                          for found in refused.exception.violations],
                         [("sead", "line 11"), ("optimizer.adamw.lr", "line 12")])

    def test_a_fork_starts_from_the_best_checkpoint_with_another_learning_rate(self):
        self.start_workers(1)
        first = self.client.wait(self.client.submit(self.job_file).name)

        def submit_fork():
            return self.client.submit(start_from=f"{first.name}/checkpoints/best", request_id="fork",
                                      overrides={"optimizer.adamw.lr": 1e-4, "steps": 260})

        fork = submit_fork()
        done = self.client.wait(fork.name)

        self.assertEqual(descent.state_name(done), "SUCCEEDED")
        self.assertIn(first.name, done.forked_from)
        self.assertEqual(done.spec.optimizer.adamw.lr, 1e-4)
        fields = [difference.field for difference
                  in self.client.compare([first.name, done.name]).differences]
        self.assertIn("optimizer.adamw.lr", fields)
        self.client.delete(first.name)
        self.assertEqual(submit_fork().name, fork.name)

    def test_a_fork_is_asked_for_by_the_name_of_its_job(self):
        self.start_workers(1)
        first = self.client.wait(self.client.submit(self.job_file).name)

        fork = self.client.fork(first.name, checkpoint="best", overrides={"steps": 260},
                                labels={"team": "nlp"})

        self.assertTrue(fork.forked_from.startswith(f"{first.name}/checkpoints/"))
        self.assertEqual(fork.spec.steps, 260)
        self.assertEqual(fork.labels["team"], "nlp")

    def test_several_jobs_are_watched_and_cancelled_together(self):
        jobs = [self.client.submit(self.job_file).name for _ in range(2)]
        watched = self.client.watch_jobs(jobs)
        self.assertEqual({next(watched).name for _ in jobs}, set(jobs))

        cancelled = self.client.cancel_all(jobs)

        self.assertEqual({descent.state_name(job) for job in cancelled}, {"CANCELLED"})
        ends = {job.name: descent.state_name(job) for job in watched}
        self.assertEqual(ends, {job: "CANCELLED" for job in jobs})
        with self.assertRaises(descent.NotFound):
            self.client.cancel_all([jobs[0], "nobody"])

    def test_jobs_are_labelled_and_found_again(self):
        nlp = self.client.submit(self.job_file, labels={"team": "nlp", "stage": "dev"}, priority=10)
        other = self.client.submit(self.job_file, priority=90)

        changed = self.client.update(nlp.name, labels={"stage": None, "run": "2"})

        self.assertEqual(dict(changed.labels), {"team": "nlp", "run": "2"})
        self.assertEqual(changed.priority, 10)
        self.assertEqual([job.name for job in self.client.jobs(filter="labels.team = nlp")],
                         [nlp.name])
        self.assertEqual([job.name for job in self.client.jobs(order_by="priority desc")],
                         [other.name, nlp.name])
        with self.assertRaises(descent.InvalidArgument) as refused:
            list(self.client.jobs(filter="labels.team ~ nlp"))
        self.assertEqual(refused.exception.reason, "FILTER_INVALID")
        self.assertEqual(refused.exception.metadata["position"], "13")

    def wait_for(self, job, state):
        """The job, once it is in that state."""
        return next(version for version in self.client.watch(job)
                    if descent.state_name(version) == state)

    def test_a_job_is_suspended_resumed_stopped_and_forked(self):
        self.start_workers(1)
        job = self.client.submit(self.job_file, overrides={"steps": 10**9}, suspended=True).name
        self.wait_for(job, "SUSPENDED")
        self.client.resume(job)
        self.wait_for(job, "RUNNING")

        self.client.suspend(job)
        self.wait_for(job, "SUSPENDED")
        self.client.resume(job)
        self.wait_for(job, "RUNNING")
        self.client.stop(job)
        stopped = self.client.wait(job)
        step = self.client.checkpoint(f"{job}/latest").step
        fork = self.client.wait(self.client.fork(job, job_id="fork",
                                                 overrides={"steps": step + 10}).name)

        self.assertEqual(descent.state_name(stopped), "SUCCEEDED")
        self.assertEqual((descent.state_name(fork), fork.progress.step), ("SUCCEEDED", step + 10))
        self.assertIn(job, fork.forked_from)
        self.assertEqual([attempt.attempt for attempt in self.client.attempts(job)], [1, 2])
        states = [event.to_state for event in self.client.events(job)]
        self.assertLess(states.index("SUSPENDED"), states.index("SUCCEEDED"))

    def test_who_follows_a_log_sees_each_line_once_though_the_coordinator_is_killed(self):
        self.start_workers(1)
        job = self.client.submit(self.job_file, overrides={"steps": 3000}).name
        lines = self.client.logs(job, follow=True)
        followed = [next(lines)]

        self.kill_coordinator()
        self.start_coordinator_again()
        followed += lines

        self.assertEqual(followed, list(self.client.logs(job)))
        self.assertGreater(len(followed), 10)

    def test_lines_are_chosen_by_rank_text_and_severity(self):
        self.start_workers(2)
        job = self.client.wait(self.client.submit(
            self.job_file, overrides={"workers.min": 2}, allow_infeasible=True).name).name

        every = list(self.client.logs(job, follow=True))

        self.assertEqual(list(self.client.logs(job, [1])), [line for line in every if line.rank == 1])
        self.assertEqual(list(self.client.logs(job, contains="phase=evaluate")),
                         [line for line in every if "phase=evaluate" in line.text])
        self.assertEqual(list(self.client.logs(job, tail=3)), every[-3:])
        self.assertEqual(list(self.client.logs(job, min_severity="error")), [])
        self.assertEqual(list(self.client.logs(job, sources=["log"])),
                         [line for line in every if line.source == log_pb2.LOG_SOURCE_LOG])
        with self.assertRaises(ValueError):
            self.client.logs(job, min_severity="loud")
        with self.assertRaises(ValueError):
            self.client.logs(job, sources=["stdin"])

    def test_who_reads_a_log_is_told_of_lines_that_are_no_longer_kept(self):
        expired = descent.DescentError(grpc.StatusCode.OUT_OF_RANGE, "CURSOR_EXPIRED", "it is gone",
                                       {"oldest_token": "7"}, [])
        kept = pb.StreamJobLogsResponse(lines=[log_pb2.LogLine(text="kept")], resume_token="8")
        gaps = []

        with mock.patch("descent.client.resumed", side_effect=[expired, [kept], expired]):
            lines = list(self.client.logs("a", on_gap=lambda: gaps.append("gap")))
            with self.assertRaises(descent.DescentError):
                list(self.client.logs("a"))

        self.assertEqual([line.text for line in lines], ["kept"])
        self.assertEqual(gaps, ["gap"])

    def test_checkpoints_are_pinned_verified_and_deleted(self):
        self.start_workers(1)
        job = self.client.wait(self.client.submit(self.job_file).name)

        pinned = self.client.pin(f"{job.name}/latest")
        with self.assertRaises(descent.Conflict) as refused:
            self.client.delete_checkpoint(pinned.name)
        unpinned = self.client.unpin(pinned.name)
        verified = self.client.verify(pinned.name)
        self.client.delete_checkpoint(pinned.name)

        self.assertEqual((pinned.step, pinned.pinned, unpinned.pinned), (200, True, False))
        self.assertEqual(refused.exception.reason, "CHECKPOINT_IN_USE")
        self.assertGreater(verified.bytes, 0)
        self.assertEqual(self.client.checkpoint(f"{job.name}/latest").step, 180)

    def test_a_job_waits_is_cancelled_and_deleted(self):
        job = self.client.submit(text=self.job_file.read_text(), priority=70, request_id="once")
        again = self.client.submit(text=self.job_file.read_text(), priority=70, request_id="once")

        self.assertEqual(again.name, job.name)
        self.assertEqual((descent.state_name(job), job.priority), ("QUEUED", 70))
        with self.assertRaises(descent.Conflict):
            self.client.delete(job.name)
        self.assertEqual(descent.state_name(self.client.cancel(job.name)), "CANCELLED")
        self.client.delete(job.name)
        with self.assertRaises(descent.NotFound) as gone:
            self.client.job(job.name)
        self.assertEqual(gone.exception.reason, "JOB_NOT_FOUND")
        self.assertEqual(list(self.client.jobs()), [])

    def test_a_request_id_is_not_for_two_jobs(self):
        text = self.job_file.read_text()
        job = self.client.submit(text=text, request_id="once")

        with self.assertRaises(descent.Conflict) as refused:
            self.client.submit(text=text, overrides={"steps": 10}, request_id="once")

        self.assertEqual(refused.exception.reason, "REQUEST_ID_REUSED")
        self.assertEqual(f"jobs/{refused.exception.metadata['job']}", job.name)
        self.assertEqual(refused.exception.metadata["fields"], "spec.steps")

    def test_a_watch_goes_on_after_the_coordinator_was_killed(self):
        self.start_workers(2)
        job = self.client.submit(self.job_file, overrides={"steps": 3000})
        points = self.client.stream_metrics(job.name, ["train/loss"])
        steps = [next(points)[1]]

        self.kill_coordinator()
        self.start_coordinator_again()
        steps += [step for _, step, _ in points]

        self.assertEqual(steps, list(range(1, 3001)))
        self.assertEqual(descent.state_name(self.client.wait(job.name)), "SUCCEEDED")

    def test_a_watch_misses_no_state_while_the_coordinator_is_away(self):
        job = self.client.submit(self.job_file).name
        versions = self.client.watch(job)
        states = [descent.state_name(next(versions))]

        self.kill_coordinator()
        self.start_coordinator_again()
        self.client.suspend(job)
        self.client.resume(job)
        self.client.cancel(job)
        states += [descent.state_name(version) for version in versions]

        self.assertEqual(states, ["QUEUED", "SUSPENDED", "QUEUED", "CANCELLED"])

    def test_an_update_of_an_older_version_is_a_conflict(self):
        job = self.client.submit(self.job_file)
        self.client.update(job.name, priority=60, etag=job.etag)

        with self.assertRaises(descent.Conflict) as refused:
            self.client.update(job.name, priority=70, etag=job.etag)

        self.assertEqual(refused.exception.reason, "ETAG_MISMATCH")
        self.assertEqual(refused.exception.metadata["etag"], self.client.job(job.name).etag)
        self.assertEqual(self.client.job(job.name).priority, 60)

    def test_metrics_are_exported_into_a_file(self):
        self.start_workers(1)
        job = self.client.wait(self.client.submit(self.job_file).name)

        table = self.client.export_metrics(job.name, self.directory / "metrics.csv")

        self.assertEqual(len(table.read_text().splitlines()), 201)
        with self.assertRaises(ValueError):
            self.client.export_metrics(job.name, self.directory / "x", format="xlsx")

    def test_a_coordinator_that_is_not_there_is_unavailable(self):
        self.stop(self.coordinator)

        with self.assertRaises(descent.Unavailable):
            self.client.cluster()


class Away(grpc.RpcError):
    """What a stream ends with whose coordinator goes away."""

    def code(self):
        return grpc.StatusCode.UNAVAILABLE

    def details(self):
        return "away"

    def trailing_metadata(self):
        return ()


class ResumedStreams(unittest.TestCase):
    """Over a clock of their own: `streams` say for how many seconds each is open before it ends with
    Away, or what it sends."""

    def read(self, *streams):
        self.seconds = 0.0
        remaining = iter(streams)

        def pass_time(seconds):
            self.seconds += seconds

        def stream():
            found = next(remaining)
            if isinstance(found, str):
                return iter([found])
            pass_time(found)
            raise Away()

        clock = mock.Mock(monotonic=lambda: self.seconds, sleep=pass_time)
        with mock.patch.object(connection, "time", clock):
            return list(connection.resumed(stream))

    def test_one_that_was_quiet_for_hours_goes_on_after_the_coordinator_was_away(self):
        self.assertEqual(self.read(7200, 0.1, 7200, "line"), ["line"])

    def test_a_coordinator_that_stays_away_is_unavailable_after_a_minute(self):
        with self.assertRaises(descent.Unavailable):
            self.read(*[0.1] * 1000)

        self.assertAlmostEqual(self.seconds, connection.AWAY_SECONDS, delta=1)

    def test_attempts_to_connect_that_time_out_do_not_count_as_served(self):
        with self.assertRaises(descent.Unavailable):
            self.read(*[20] * 1000)

        self.assertLess(self.seconds, 2 * connection.AWAY_SECONDS)


WRONG_USE = """\
import descent

with descent.Client(token_file="alice.token") as client:
    job = client.submit("job.yaml", overrides={"steps": 10})
    client.cancel(5)
    print(job.nmae)
    for line in client.logs(job.name, [0], follow=True):
        line.rank.upper()
    print(client.metrics(job.name)["train/loss"].values[-1] + 0.5, job.progress.step + 1)
"""


class Types(unittest.TestCase):
    """What mypy says of the client, and of those who use it."""

    def check(self, *arguments, code=0):
        with tempfile.TemporaryDirectory() as cache:
            path = os.pathsep.join([os.environ["DESCENT_PYTHON_CLIENT"], str(SOURCES / "type_stubs")])
            done = subprocess.run(
                ["mypy", "--strict", "--config-file", SOURCES / "pyproject.toml", "--cache-dir", cache,
                 *arguments], capture_output=True, text=True, cwd=cache,
                env={**os.environ, "MYPYPATH": path})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_the_client_passes_the_strict_checks(self):
        self.check("-p", "descent")

    def test_who_uses_it_wrongly_is_told(self):
        found = self.check("-c", WRONG_USE, code=1)

        self.assertEqual([line.split(":")[1] for line in found.splitlines() if "error:" in line],
                         ["5", "6", "8"])
