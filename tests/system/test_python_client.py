"""The Python client against real programs."""

import concurrent.futures
import os
import sys

from harness import SystemTest

sys.path.insert(0, os.environ["DESCENT_PYTHON_CLIENT"])
import descent  # noqa: E402


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
