"""What the ranks of a job logged, in every way that a user can ask for it."""

import json
import os
import re
import signal

from harness import BIN, SystemTest

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z r(\d+) (DEBUG|INFO |WARN |ERROR) ")
# Long enough to be met in the middle; every step costs a few milliseconds.
LONG = ("--set", "steps=3000", "--set", "evaluate.every_steps=100",
        "--set", "checkpoint.every_steps=100", "--set", "model.mlp.hidden_sizes=[256,256]")


class Logs(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def logs(self, job, *arguments, **options):
        return self.descent("logs", job, *arguments, **options).stdout.splitlines()

    def ranks_of(self, lines):
        return [int(LINE.match(line).group(1)) for line in lines]

    def test_every_rank_tells_of_its_job_from_its_beginning_to_its_end(self):
        self.start_workers(3)
        job = self.submit("--follow")

        lines = self.logs(job)

        self.assertEqual(set(self.ranks_of(lines)), {0, 1, 2})
        for rank in range(3):
            mine = self.logs(job, "--rank", rank)
            self.assertEqual(set(self.ranks_of(mine)), {rank})
            self.assertIn("assignment begun", mine[0])
            self.assertIn("world_size=3", mine[0])
            self.assertTrue(any("prepared" in line for line in mine), mine)
            self.assertEqual(sum("phase=checkpoint" in line for line in mine), 4, mine)
            self.assertEqual(sum("phase=evaluate" in line for line in mine), 5, mine)
            self.assertIn("assignment ended outcome=completed step=200", mine[-1])
        # Either may be the last to end.
        self.assertIn(self.ranks_of(self.logs(job, "--rank", "1,2", "--tail", 1)), ([1], [2]))

    def test_lines_are_found_by_text_and_severity_and_read_as_json(self):
        self.start_workers(2)
        job = self.submit("--follow")

        written = self.logs(job, "--grep", "checkpoint written")
        as_json = [json.loads(line) for line in self.logs(job, "--grep", "checkpoint written",
                                                          "--json")]

        self.assertEqual(len(written), 4)
        self.assertEqual(self.ranks_of(written), [0] * 4)
        self.assertEqual([line["severity"] for line in as_json], ["LOG_SEVERITY_INFO"] * 4)
        self.assertEqual([int(line["step"]) for line in as_json][-1], 200)
        self.assertEqual(self.logs(job, "--severity", "warning"), [])

    def test_a_log_is_kept_after_its_job_and_the_coordinator_until_the_job_is_deleted(self):
        self.start_workers(2)
        job = self.submit("--follow")
        lines = self.logs(job)
        self.kill_coordinator()
        self.start_coordinator_again()

        self.assertEqual(self.logs(job), lines)
        self.descent("delete", job)

        self.assertFalse((self.directory / "state/logs" / job).exists())
        self.assertIn(job, self.descent("logs", job, code=5).stderr)

    def test_a_job_that_was_cancelled_keeps_its_log(self):
        self.start_workers(2)
        job = self.submit(*LONG)
        self.wait_until(lambda: self.logs(job, "--grep", "checkpoint written"))

        self.descent("cancel", job)
        self.wait_for_state(job, "CANCELLED")

        for rank in range(2):
            mine = self.logs(job, "--rank", rank)
            self.assertIn("assignment begun", mine[0])
            self.assertIn("assignment ended outcome=stopped", mine[-1])

    def test_each_attempt_tells_the_time_to_its_first_step(self):
        self.start_workers(2)
        job = self.submit(*LONG)
        self.wait_until(lambda: self.logs(job, "--grep", "checkpoint written"))
        self.descent("suspend", job)
        self.wait_for_state(job, "SUSPENDED")

        self.descent("resume", job)
        self.descent("watch", job)

        told = self.logs(job, "--grep", "first step done")
        self.assertEqual(self.ranks_of(told), [0, 0])
        self.assertRegex(told[0], r"first step done step=1 seconds=\d+\.\d{3}$")
        self.assertRegex(told[1], r"first step done step=\d{3,} seconds=\d+\.\d{3}$")

    def test_who_follows_sees_each_line_once_though_the_coordinator_is_killed(self):
        self.start_workers(2)
        job = self.submit(*LONG)
        follower = self.start(BIN / "descent", "logs", "-f", job)
        self.wait_until(lambda: "step=300" in follower.log.read_text())
        self.kill_coordinator()
        self.start_coordinator_again()

        self.descent("watch", job)

        self.assertEqual(follower.wait(30), 0)
        followed = [line for line in follower.log.read_text().splitlines() if LINE.match(line)]
        self.assertEqual(followed, self.logs(job))
        for rank in range(2):
            steps = [line.split("step=")[1] for line in self.logs(
                job, "--rank", rank, "--grep", "phase=evaluate")]
            self.assertEqual(steps, [str(step) for step in range(100, 3001, 100)] + ["3000"])
        self.assertIn("the coordinator is back", follower.log.read_text())

    def test_the_attempts_of_a_job_are_told_apart(self):
        self.start(BIN / "descent-launch", "-n", 2, "--coordinator", self.addresses["worker"])
        job = self.submit(*LONG)
        self.wait_until(lambda: self.logs(job, "--grep", "checkpoint written"))
        os.kill(self.workers()[0], signal.SIGKILL)

        self.descent("watch", job)

        first, second = self.logs(job, "--attempt", 1), self.logs(job, "--attempt", 2)
        self.assertEqual(sum("assignment begun" in line for line in first), 2)
        self.assertEqual(sum("assignment begun" in line for line in second), 2)
        self.assertTrue(all("attempt=2" in line for line in second if "assignment begun" in line))
        self.assertIn("outcome=completed", second[-1])

    def test_a_failure_shows_the_last_lines_of_the_rank_that_was_killed(self):
        self.start(BIN / "descent-launch", "-n", 2, "--coordinator", self.addresses["worker"])
        job = self.submit(*LONG, "--set", "restarts.max=0")
        self.wait_until(lambda: self.logs(job, "--grep", "checkpoint written"))
        os.kill(self.workers()[0], signal.SIGKILL)

        failed = self.descent("watch", job, code=3)

        failure = self.described(job)["failure"]
        rank = failure["rank"]
        self.assertIn(f"last lines of rank {rank} in attempt 1:", failed.stderr)
        self.assertIn(f"last lines of rank {rank} in attempt 1:", self.descent("describe", job).stdout)
        self.assertEqual({line["rank"] for line in failure["log_tail"]}, {rank})
        self.assertEqual(failure["log_tail"],
                         [json.loads(line) for line in
                          self.logs(job, "--rank", rank, "--tail", 200, "--json")])
        attempts = json.loads(self.descent("attempts", job, "-o", "json").stdout)
        self.assertEqual(attempts[-1]["failure"]["log_tail"], failure["log_tail"])

    def has_said(self, job, text):
        return [json.loads(line) for line in self.logs(job, "--grep", text, "--json")]

    def crash(self, job):
        """Kills a rank of a job in its middle, by a signal at which Open MPI prints what it was doing;
        returns the lines of that in the log."""
        self.wait_until(lambda: self.logs(job, "--grep", "checkpoint written"))
        os.kill(self.workers()[0], signal.SIGSEGV)
        return self.wait_until(lambda: self.has_said(job, "Signal: Segmentation fault"))

    def test_the_last_words_of_a_rank_that_crashes_are_in_its_log_and_with_its_failure(self):
        launcher = self.start(BIN / "descent-launch", "-n", 2, "--coordinator",
                              self.addresses["worker"])
        job = self.submit(*LONG, "--set", "restarts.max=0")

        said = self.crash(job)

        self.wait_for_state(job, "FAILED")
        failure = self.described(job)["failure"]
        self.assertEqual(said[0]["source"], "LOG_SOURCE_STDERR")
        self.assertEqual(said[0]["rank"], failure["rank"])
        self.assertIn(said[0]["text"], [line["text"] for line in failure["log_tail"]])
        self.assertIn(" stderr: ", self.logs(job, "--grep", "Signal: Segmentation fault")[0])
        self.assertIn("Signal: Segmentation fault", launcher.log.read_text())
        written = self.logs(job, "--source", "stdout,stderr", "--json")
        self.assertIn(said[0]["text"], [json.loads(line)["text"] for line in written])
        self.assertNotIn("LOG_SOURCE_LOG", "".join(written))
        self.assertNotIn("Signal: Segmentation fault",
                         "".join(self.logs(job, "--source", "log")))

    def test_the_last_words_are_sent_without_a_launcher_too(self):
        pool = self.start_workers(2)
        job = self.submit(*LONG, "--set", "restarts.max=0")

        said = self.crash(job)

        self.assertEqual(said[0]["source"], "LOG_SOURCE_STDERR")
        pool.wait(30)
        self.assertIn("Signal: Segmentation fault", pool.log.read_text())

    def test_what_a_rank_logs_is_not_sent_a_second_time_as_its_output(self):
        self.start_workers(2)

        job = self.submit("--follow")

        lines = [json.loads(line) for line in self.logs(job, "--json")]
        self.assertEqual({line["source"] for line in lines if "begun" in line["text"]},
                         {"LOG_SOURCE_LOG"})

