"""Following a job: what a terminal shows, and how one leaves a job that goes on."""

import os
import signal

from harness import BIN, SystemTest
from terminal import Terminal

DETACHED = "detached; the job goes on: descent watch "


class Watch(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def on_terminal(self, *arguments):
        terminal = Terminal([BIN / "descent", *arguments], self.environment)
        self.addCleanup(terminal.close)
        return terminal

    def submit_long(self, *arguments):
        return self.submit("--set", "steps=2000000", *arguments)

    def assert_goes_on(self, job):
        self.assertNotIn(self.job(job)["state"],
                         [f"JOB_STATE_{state}" for state in ("CANCELLING", "CANCELLED", "FAILED")])

    def interrupted(self, process, once):
        """What the process said, when SIGINT has ended it as a detachment."""
        self.wait_until(lambda: once in process.log.read_text())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130, process.log.read_text())
        return process.log.read_text()

    def test_ctrl_c_detaches_from_a_watch_and_the_job_goes_on(self):
        job = self.submit()

        said = self.interrupted(self.start(BIN / "descent", "watch", job), f"{job}  QUEUED")

        self.assertIn(DETACHED + job, said)
        self.assert_goes_on(job)

    def test_ctrl_c_detaches_from_a_submission_that_is_followed_and_the_job_goes_on(self):
        process = self.start(BIN / "descent", "submit", self.job_file, "--name", "followed", "--follow")

        said = self.interrupted(process, "followed  QUEUED")

        self.assertIn(DETACHED + "followed", said)
        self.assert_goes_on("followed")

    def test_time_that_runs_out_detaches_with_its_own_exit_code(self):
        job = self.submit()

        watched = self.descent("watch", job, "--timeout", "300ms", code=124)
        followed = self.descent("submit", self.job_file, "--name", "late", "--follow", "--timeout", "300ms",
                                code=124)
        useless = self.descent("submit", self.job_file, "--timeout", "1s", code=2)

        self.assertIn(f"not at its end after 0.3s; the job goes on: descent watch {job}", watched.stderr)
        self.assertIn("descent watch late", followed.stderr)
        self.assertIn("--follow", useless.stderr)
        self.assert_goes_on(job)
        self.assert_goes_on("late")

    def test_a_terminal_shows_progress_metrics_checkpoint_and_ranks_in_place(self):
        self.start_workers(2)
        job = self.submit_long("--set", "workers.min=2", "--set", "checkpoint.every_steps=50")

        terminal = self.on_terminal("watch", job)
        for wanted in ("steps/s", "train/loss ", "validation/accuracy ", "(best ", "grad_norm ",
                       "last checkpoint step ", "slowest rank ", "x median)",
                       "q detaches, the job goes on"):
            terminal.wait_for(wanted)
        terminal.type("q")

        self.assertEqual(terminal.wait(), 130)
        # The lines are drawn over each other, not below.
        self.assertRegex(terminal.shown, r"\r\x1b\[[3-9]A\[")
        self.assertIn(DETACHED + job, terminal.shown)
        self.assert_goes_on(job)

    def test_q_detaches_and_the_terminal_is_as_it_was(self):
        job = self.submit()
        terminal = self.on_terminal("watch", job)
        terminal.wait_for("q detaches")
        self.assertEqual(terminal.modes(), (False, False))

        terminal.type("xq")

        self.assertEqual(terminal.wait(), 130)
        self.assertEqual(terminal.modes(), (True, True))
        self.assert_goes_on(job)

    def test_ctrl_c_and_signals_leave_the_terminal_as_it_was(self):
        job = self.submit()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGQUIT, None)):
            terminal = self.on_terminal("watch", job)
            terminal.wait_for("q detaches")
            if number == signal.SIGINT:
                terminal.type("\x03")
            else:
                os.kill(terminal.pid, number)

            self.assertEqual(terminal.wait(), code or -number)
            self.assertEqual(terminal.modes(), (True, True), number)

    def test_a_stopped_watch_leaves_the_terminal_as_it_was_until_it_is_continued(self):
        job = self.submit()
        terminal = self.on_terminal("watch", job)
        terminal.wait_for("q detaches")

        os.kill(terminal.pid, signal.SIGTSTP)
        self.wait_until(lambda: terminal.modes() == (True, True))
        # A signal that comes before the stop would be lost.
        self.wait_until(lambda: os.waitpid(terminal.pid, os.WUNTRACED | os.WNOHANG)[0])
        os.kill(terminal.pid, signal.SIGCONT)
        self.wait_until(lambda: terminal.modes() == (False, False))

        terminal.type("q")
        self.assertEqual(terminal.wait(), 130)
