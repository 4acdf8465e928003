"""Fixed cases of the kill harness, for every change; docs/reliability.md has the long ones."""

import contextlib
import io
import math
import unittest

import failpoint_cases
import failpoints
import random_cases
import report
from harness import BIN

SEED = 8
KILLS = 6  # in one or two jobs
# One of each program and of each kind of thing that is cut off.
POINTS = ("descent-worker/rank:1/worker.bucket.enter=kill@100",
          "descent-worker/rank:0/checkpoint.publish.before=kill@2",
          "descent-coordinator/coordinator.commit.after=kill@9",
          "descent-launch/launch.kill.before=kill@1")


class KillHarness(unittest.TestCase):

    def assert_succeeds(self, run):
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            code = run()
        self.assertEqual(code, 0, told.getvalue())

    def test_random_kills_change_no_bit_lose_no_sample_and_leave_nothing(self):
        self.assert_succeeds(lambda: random_cases.run_kills(KILLS, SEED, None, math.inf))

    @unittest.skipUnless(failpoints.has_failpoints(BIN), "of builds with failpoints")
    def test_kills_at_failpoints_change_no_bit_lose_no_sample_and_leave_nothing(self):
        for point in POINTS:
            self.assert_succeeds(lambda: failpoint_cases.run_entry(point, SEED))


class Report(unittest.TestCase):

    def finish(self, *cases):
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(io.StringIO()):
            found = report.Report("kills")
            for number, case in enumerate(cases):
                found.run(f"case {number}", f"--seed 4 --case {number}", case)
            return found.finish(), told.getvalue()

    def test_a_case_that_fails_is_told_with_the_command_that_replays_it(self):
        def failing():
            raise AssertionError("another digest")

        code, told = self.finish(lambda: ({"rank": 2}, {}, "fine"), failing)

        self.assertEqual(code, 1)
        self.assertIn("failed: tests/fault/kill_harness.py --seed 4 --case 1\n", told)
        self.assertNotIn("confidence", told)

    def test_cases_that_killed_nothing_prove_nothing(self):
        code, told = self.finish(lambda: ({}, {"came after the end of the job": 3}, "late"))

        self.assertEqual(code, 1)
        self.assertIn("0 kills in 1 cases", told)
        self.assertIn("not counted: 3 came after the end of the job", told)

    def test_the_bound_is_that_of_what_was_counted(self):
        code, told = self.finish(lambda: ({"rank": 200, "mpirun": 100}, {"found no mpirun": 7}, ""))

        self.assertEqual(code, 0)
        self.assertIn("fewer than 0.01 of these fail, with 95 % confidence (3/300)", told)
