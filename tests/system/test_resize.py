"""A running job goes on with more or fewer workers, to the bits of one that nobody touched."""

import json

from harness import SystemTest

LONG = ("--set", "steps=2000000")


class Resize(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator(options=["--resize-interval", 1, "--min-runtime", 0])

    def wait_for_steps(self, job, attempt=1):
        def is_there():
            found = self.job(job)
            start = int(found.get("latestCheckpoint", {}).get("step", 0))
            return (found.get("attemptCount"), found["state"]) == (attempt, "JOB_STATE_RUNNING") and \
                int(found.get("progress", {}).get("step", 0)) > start
        self.wait_until(is_there, seconds=60)

    def attempts_of(self, job):
        return json.loads(self.descent("attempts", job, "-o", "json").stdout)

    def reasons_of(self, job):
        return [event["reason"]
                for event in json.loads(self.descent("events", job, "-o", "json").stdout)]

    def stop_and_compare(self, job, *settings):
        """Stops the job, and sees that it has the state of one that ran to that step at a stretch."""
        self.descent("stop", job)
        stopped = self.wait_for_state(job, "SUCCEEDED", "FAILED")
        step = stopped["progress"]["step"]
        whole = self.submit(*settings, "--set", f"stop_at_step={step}", "--follow")
        self.assertEqual(stopped["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(len(self.attempts_of(whole)), 1)
        self.assertEqual(stopped["stateDigest"], self.job(whole)["stateDigest"])

    def test_a_job_grows_when_another_ends_and_uses_up_no_restart(self):
        settings = (*LONG, "--set", "workers.max=3", "--set", "restarts.max=0")
        self.start_workers(3)
        other = self.submit(*LONG, "--set", "workers.min=2", "--set", "workers.max=2")
        self.wait_for_steps(other)
        job = self.submit(*settings)
        self.wait_for_steps(job)

        self.descent("cancel", other)
        self.wait_for_steps(job, attempt=2)

        self.assertEqual([len(attempt["workers"]) for attempt in self.attempts_of(job)], [1, 3])
        self.assertEqual(self.attempts_of(job)[0]["end_reason"], "Resized")
        self.assertIn("grows from 1 to 3 workers", self.descent("events", job).stdout)
        self.stop_and_compare(job, *settings)

    def test_a_preemptible_job_shrinks_and_grows_back(self):
        settings = (*LONG, "--set", "workers.max=3", "--set", "restarts.max=0")
        self.start_workers(3)
        job = self.submit(*settings, "--priority", 10, "--preemptible")
        self.wait_for_steps(job)

        other = self.submit(*LONG, "--priority", 90, "--set", "workers.min=2",
                            "--set", "workers.max=2")
        self.wait_for_steps(job, attempt=2)
        self.wait_for_steps(other)
        self.descent("cancel", other)
        self.wait_for_steps(job, attempt=3)

        self.assertEqual([len(attempt["workers"]) for attempt in self.attempts_of(job)], [3, 1, 3])
        self.assertNotIn("Preempted", self.reasons_of(job))
        self.stop_and_compare(job, *settings)
