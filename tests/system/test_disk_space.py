"""What a job does while the volume of its checkpoints is short of space: --min-free-space is more than any
volume has, so that every save that can wait is skipped."""

import json

from harness import SystemTest


class DiskSpace(SystemTest):

    def setUp(self):
        super().setUp()
        self.undisturbed = self.digest_of(self.run_job(self.job_file, "--workers", 2))
        self.start_coordinator(options=("--min-free-space", "100%"))
        self.pool = self.start_workers(2)

    def health_of(self, job):
        return next(one for one in self.described(job)["conditions"]
                    if one["type"] == "CheckpointHealthy")

    def events_of(self, job):
        return [event["type"] for event in json.loads(self.get(f"/v1/jobs/{job}/events"))["events"]]

    def steps_saved(self, job):
        listed = json.loads(self.get(f"/v1/jobs/{job}/checkpoints"))["checkpoints"]
        return [int(one["step"]) for one in listed]

    def test_a_job_whose_saves_are_skipped_ends_with_the_same_digest_and_its_last_checkpoint(self):
        job = self.submit("--follow")

        ended = self.described(job)
        self.assertEqual(ended["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(ended["state_digest"], self.undisturbed)
        self.assertEqual(self.steps_saved(job), [200])
        self.assertEqual(self.events_of(job).count("CheckpointSkipped"), 1)
        self.assertEqual(self.health_of(job)["status"], "CONDITION_STATUS_TRUE")
        metrics = self.get("/metrics")
        self.assertIn('descent_checkpoints_total{result="skipped",trigger="schedule"} 3', metrics)
        self.assertIn('descent_checkpoints_total{result="written",trigger="end"} 1', metrics)

    def test_the_condition_says_what_is_free_until_a_save_that_cannot_wait_is_written(self):
        job = self.submit("--set", "steps=400000", "--set", "evaluate.every_steps=100000",
                          "--set", "checkpoint.every_steps=10")
        low = self.wait_until(lambda: (health := self.health_of(job))["status"] ==
                              "CONDITION_STATUS_FALSE" and health)

        self.assertEqual(low["reason"], "DiskLow")
        self.assertRegex(low["message"], rf"/{job} has \d+ free bytes, must have \d+: .*free space there")
        self.assertEqual(self.steps_saved(job), [])
        self.assertRegex(self.descent("describe", job).stdout,
                         "Conditions: .*Progressing True · CheckpointHealthy False\n")
        self.descent("suspend", job)
        self.wait_for_state(job, "SUSPENDED")
        self.assertEqual(len(self.steps_saved(job)), 1)
        self.assertEqual(self.health_of(job)["reason"], "CheckpointWritten")
        self.descent("cancel", job)
