"""descent wait: the outcome of jobs as an exit code."""

import json
import signal
import time

from harness import BIN, SystemTest


class Wait(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def submit_failing(self):
        return self.submit("--set", f"data.train.path={self.directory}/nowhere")

    def wait_in_background(self, *arguments):
        """The process, once it has seen its jobs."""
        process = self.start(BIN / "descent", "wait", *arguments)
        time.sleep(1)
        self.assertIsNone(process.poll(), process.log.read_text())
        return process

    def test_a_job_that_succeeds_ends_the_wait_with_success(self):
        self.start_workers(2)
        job = self.submit()

        done = self.descent("wait", job, "--timeout", "2m")

        self.assertRegex(done.stdout, rf"^{job}  SUCCEEDED  .*state digest {self.job(job)['stateDigest']}")

    def test_the_worst_outcome_of_several_jobs_counts(self):
        self.start_workers(1)
        good, cancelled, failing = self.submit(), self.submit("--priority", 1), self.submit_failing()
        self.descent("cancel", cancelled)

        without_failure = self.descent("wait", good, f"jobs/{cancelled}", code=8)
        all_of_them = self.descent("wait", failing, good, cancelled, "-o", "json", code=3)

        self.assertEqual(len(without_failure.stdout.splitlines()), 2)
        self.assertEqual([job["state"] for job in json.loads(all_of_them.stdout)],
                         ["JOB_STATE_FAILED", "JOB_STATE_SUCCEEDED", "JOB_STATE_CANCELLED"])
        self.assertIn("nowhere", all_of_them.stderr)

    def test_any_end_is_enough_for_who_wants_only_an_end(self):
        self.start_workers(1)

        done = self.descent("wait", self.submit_failing(), "--for", "terminal")

        self.assertIn("FAILED", done.stdout)

    def test_time_that_runs_out_has_its_own_exit_code(self):
        job = self.submit()
        begin = time.monotonic()

        late = self.descent("wait", job, "--timeout", "500ms", code=124)

        self.assertLess(time.monotonic() - begin, 30)
        self.assertIn(f"not at their end after 0.5s: {job} (QUEUED)", late.stderr)
        self.descent("wait", job, "--timeout", "soon", code=2)

    def test_a_name_that_nobody_has_is_told_at_once(self):
        job = self.submit()

        self.assertIn("nobody", self.descent("wait", job, "nobody", code=5).stderr)

    def test_a_wait_goes_on_through_a_restart_of_the_coordinator(self):
        job = self.submit()
        wait = self.wait_in_background(job)
        self.kill_coordinator()
        time.sleep(1)
        self.start_coordinator_again()
        self.start_workers(1)

        self.assertEqual(wait.wait(120), 0, wait.log.read_text())
        said = wait.log.read_text()
        self.assertIn("the coordinator is away", said)
        self.assertIn("the coordinator is back", said)
        self.assertIn(f"{job}  SUCCEEDED", said)

    def test_an_interrupt_ends_the_wait_and_not_the_job(self):
        job = self.submit()
        wait = self.wait_in_background(job)

        wait.send_signal(signal.SIGINT)

        self.assertEqual(wait.wait(20), 130)
        self.assertIn(f"{job} (QUEUED)", wait.log.read_text())
        self.assertEqual(self.job(job)["state"], "JOB_STATE_QUEUED")
