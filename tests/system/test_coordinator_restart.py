"""The coordinator is killed and started again while a job runs: the workers train on."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import time

from harness import BIN, SystemTest

# Long enough to be met in the middle; every step costs a few milliseconds.
LONG = ("--set", "steps=6000", "--set", "evaluate.every_steps=500",
        "--set", "checkpoint.every_steps=700", "--set", "model.mlp.hidden_sizes=[256,256]")


class CoordinatorRestart(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def step_of(self, job):
        return int(self.job(job).get("progress", {}).get("step", 0))

    def checkpoints_of(self, job):
        """The steps whose state is on disk."""
        root = self.directory / "state/checkpoints" / job
        return [int(path.name.removeprefix("step-")) for path in root.glob("step-*")]

    def steps_in_metrics(self, job):
        reply = json.loads(self.get(f"/v1/jobs/{job}/metrics?names=train/loss&max_points=10000"))
        return [int(point["step"]) for point in reply["series"][0]["points"]]

    def values_in_metrics(self, job, points_max=10000):
        """Every point by metric, but for times, which are no function of the steps alone."""
        reply = json.loads(self.get(f"/v1/jobs/{job}/metrics?max_points={points_max}"))
        return {series["name"]: [[point.get(key) for key in ("step", "value", "min", "max", "count")]
                                 for point in series["points"]]
                for series in reply["series"]
                if series["name"] != "train/samples_per_second"}

    def test_a_job_goes_on_through_twenty_kills_as_if_nothing_had_happened(self):
        self.start_workers(2)
        undisturbed = self.submit("--follow", *LONG)
        job = self.submit(*LONG)
        self.wait_until(lambda: self.step_of(job) >= 1)
        moments = random.Random(20)
        for _ in range(20):
            time.sleep(moments.uniform(0, 0.4))
            self.kill_coordinator()
            self.start_coordinator_again()

        self.descent("watch", job)

        ended = self.job(job)
        self.assertEqual(ended["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(ended["stateDigest"], self.job(undisturbed)["stateDigest"])
        self.assertEqual(int(ended["currentAttempt"]["attempt"]), 1)
        self.assertEqual(self.steps_in_metrics(job), list(range(1, 6001)))
        expected, found = self.values_in_metrics(undisturbed), self.values_in_metrics(job)
        for name in ("train/loss", "train/noise_scale"):
            self.assertIn(name, expected)
        # Not the lists themselves: to say how two that are so long differ takes minutes.
        self.assertEqual([name for name in expected if found.get(name) != expected[name]], [])
        for points_max in (100, 10):  # means, of what is stored of 16 steps and of 256
            expected, found = (self.values_in_metrics(one, points_max) for one in (undisturbed, job))
            self.assertEqual([name for name in expected if found.get(name) != expected[name]], [])

    def test_who_follows_metrics_gets_each_point_once(self):
        self.start_workers(1)
        job = self.submit(*LONG)
        follower = self.start(BIN / "descent", "metrics", "query", job, "--metric", "train/loss",
                              "--follow")
        self.wait_until(lambda: "train/loss" in follower.log.read_text())

        self.kill_coordinator()
        self.start_coordinator_again()

        self.assertEqual(follower.wait(120), 0, follower.log.read_text()[-1000:])
        steps = [int(line.split("\t")[0]) for line in follower.log.read_text().splitlines()]
        self.assertEqual(steps, list(range(1, 6001)))

    def test_a_job_survives_the_coordinator_and_then_all_its_workers(self):
        settings = ("--set", "steps=400", "--set", "checkpoint.every_steps=20", "--set",
                    "checkpoint.keep_last=1")
        self.start(BIN / "descent-launch", "-n", 2, "--coordinator", self.addresses["worker"])
        undisturbed = self.submit("--follow", *settings)
        job = self.submit(*settings)
        self.wait_until(lambda: len(self.checkpoints_of(job)) >= 1)
        self.kill_coordinator()
        known = max(self.checkpoints_of(job))
        # At least 64 steps are granted ahead.
        self.wait_until(lambda: max(self.checkpoints_of(job)) >= known + 60)
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

        self.start_coordinator_again()
        self.descent("watch", job)

        self.assertEqual(self.job(job)["stateDigest"], self.job(undisturbed)["stateDigest"])
        self.assertEqual(self.steps_in_metrics(job), list(range(1, 401)))

    def test_a_coordinator_that_stood_still_for_longer_than_a_lease_loses_no_worker(self):
        self.start_workers(2)
        job = self.submit(*LONG)
        self.wait_until(lambda: self.step_of(job) >= 1)

        self.coordinator.send_signal(signal.SIGSTOP)
        time.sleep(17)  # limits::kWorkerLease is 15 s; the workers train on meanwhile
        self.coordinator.send_signal(signal.SIGCONT)
        self.descent("watch", job)

        ended = self.job(job)
        self.assertEqual(ended["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(int(ended["currentAttempt"]["attempt"]), 1,
                         self.descent("attempts", job).stdout)

    def test_a_call_reaches_a_coordinator_that_is_started_a_moment_later(self):
        self.kill_coordinator()
        call = self.start(BIN / "descent", "ls")

        self.start_coordinator_again()

        self.assertEqual(call.wait(20), 0, call.log.read_text())

    def test_a_call_that_is_sent_once_reaches_a_coordinator_that_is_started_a_moment_later(self):
        self.kill_coordinator()
        call = self.start(BIN / "descent", "server", "backup", "later")

        self.start_coordinator_again()

        self.assertEqual(call.wait(20), 0, call.log.read_text())

    def test_a_coordinator_whose_store_cannot_be_written_still_ends_on_sigterm(self):
        with contextlib.closing(sqlite3.connect(self.directory / "state/state.db",
                                                isolation_level=None)) as store:
            store.execute("BEGIN IMMEDIATE")
            self.start(BIN / "descent", "submit", self.job_file)
            self.wait_until(lambda: "store not writable" in self.coordinator.log.read_text())
            self.start(BIN / "descent", "ls")

            self.coordinator.send_signal(signal.SIGTERM)

            self.assertEqual(self.coordinator.wait(20), 0)

    def test_a_record_that_cannot_be_read_costs_its_job_and_no_other(self):
        good, bad = self.submit(), self.submit()
        self.kill_coordinator()
        garbage = bytes(range(256))
        with contextlib.closing(sqlite3.connect(self.directory / "state/state.db")) as store, store:
            store.execute("UPDATE jobs SET record = ? WHERE id = ?", (garbage, bad))

        self.start_coordinator_again()

        failed = self.job(bad)
        self.assertEqual(failed["state"], "JOB_STATE_FAILED")
        self.assertEqual(failed["stateReason"], "RecordUnreadable")
        self.assertIn(f"job record not readable job={bad}", self.coordinator.log.read_text())
        self.assertRegex(self.descent("ls").stdout, rf"{bad} +FAILED")
        self.assertIn("RecordUnreadable", self.descent("describe", bad).stdout)
        self.assertIn("cannot be read", self.descent("update", bad, "--priority", 60, code=6).stderr)
        with contextlib.closing(sqlite3.connect(self.directory / "state/state.db")) as store:
            kept = store.execute("SELECT record FROM jobs WHERE id = ?", (bad,)).fetchone()
        self.assertEqual(kept, (garbage,))
        self.start_workers(1)
        self.wait_for_state(good, "SUCCEEDED")

    def test_a_job_that_ends_while_the_coordinator_is_away_has_succeeded_when_it_is_back(self):
        self.start_workers(2)
        undisturbed = self.submit("--follow")
        job = self.submit("--set", "steps=200")
        self.wait_until(lambda: self.job(job)["state"] != "JOB_STATE_QUEUED")
        self.wait_until(lambda: self.job(job)["state"] != "JOB_STATE_STARTING")
        self.kill_coordinator()
        time.sleep(2)

        self.start_coordinator_again()

        ended = self.wait_for_state(job, "SUCCEEDED")
        self.assertEqual(ended["stateDigest"], self.job(undisturbed)["stateDigest"])
        self.assertEqual(self.steps_in_metrics(job), list(range(1, 201)))
