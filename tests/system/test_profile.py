"""`descent run --profile`: one trace of all ranks, and a summary of the step."""

import collections
import json

from harness import SystemTest


class Profile(SystemTest):

    def test_a_profiled_run_writes_a_trace_whose_phases_fill_the_step(self):
        file = self.directory / "trace.json"

        done = self.run_job(self.job_file, "--workers", 2, "--profile", file,
                            "--profile-steps", 30)

        self.digest_of(done)
        events = [event for event in json.loads(file.read_text())["traceEvents"]
                  if event["ph"] == "X"]
        self.assertEqual({event["pid"] for event in events}, {0, 1})
        steps = collections.Counter(event["pid"] for event in events if event["cat"] == "step")
        self.assertEqual(steps, {0: 30, 1: 30})
        self.assertIn("profile of 30 steps, mean of 2 ranks", done.stderr)
        for phase in "forward", "backward", "wait for losses", "update", "other", "step":
            self.assertRegex(done.stderr, rf"(?m)^{phase} +[\d.]+ +[\d.]+ %$")
        self.assertEqual(list((self.directory / "state").glob("profile-*")), [])

    def test_a_trace_that_cannot_be_written_is_refused_before_anything_is_trained(self):
        done = self.run_job(self.job_file, "--profile", self.directory / "nowhere/trace.json",
                            code=2)

        self.assertIn("nowhere/trace.json", done.stderr)
