"""A rank whose training thread stands still, while its process lives and its heartbeats come, is
named, and its job goes on from its last checkpoint to the same bits."""

import os
import pathlib
import re

from harness import BIN, SystemTest, processes_of

STAND_STILL = pathlib.Path(os.environ["DESCENT_TEST_PROGRAMS"]) / "stand_still"

# Steps of some ten milliseconds, most of them arithmetic. Of three ranks the first has two of the
# four logical workers: the others wait for it, and it hardly ever for them.
WORK = ("--set", "steps=400", "--set", "batch.global=200", "--set", "checkpoint.every_steps=20",
        "--set", "evaluate.every_steps=100", "--set", "model.mlp.hidden_sizes=[512,512]",
        "--set", "restarts.max=10")
TRIES = 3  # a thread may be caught inside a reduction that all have entered: then none is to blame


class StandingStill(SystemTest):

    def rank_pid(self, rank):
        """Of the worker with that rank, once its world is there."""
        def find():
            for pid, command in processes_of(self.directory):
                environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") \
                    if command.split()[0].endswith("/descent-worker") else []
                if f"OMPI_COMM_WORLD_RANK={rank}".encode() in environment:
                    return pid
            return None
        return self.wait_until(find)

    def wait_for_step(self, job, attempt, step):
        def is_there():
            state = self.job(job)
            self.assertNotIn(state["state"], ["JOB_STATE_FAILED", "JOB_STATE_SUCCEEDED"], state)
            return state["state"] == "JOB_STATE_RUNNING" and state["attemptCount"] == attempt and \
                int(state["progress"]["step"]) >= step
        self.wait_until(is_there, seconds=120)

    def make_stand_still(self, pid):
        program = self.start(STAND_STILL, pid)
        self.wait_until(lambda: program.log.read_text() or program.poll() is not None)
        if "not permitted" in program.log.read_text():
            self.skipTest("this machine does not let a process trace another one of its user")
        self.assertEqual(program.log.read_text(), "stands still\n")
        return program

    def start_job(self):
        self.start_coordinator(options=("--stall-timeout", "6"))
        self.start(BIN / "descent-launch", "-n", 3, "--coordinator", self.addresses["worker"])
        return self.submit(*WORK)

    def test_the_rank_is_named_and_the_job_ends_with_the_bits_of_an_undisturbed_one(self):
        wanted = self.digest_of(self.run_job(self.job_file, "--workers", 2, *WORK))
        job = self.start_job()
        stalls = []
        while not any("ranks 1, 2 wait for it" in stall["message"] for stall in stalls):
            self.assertLess(len(stalls), TRIES, stalls)
            attempt = len(stalls) + 1
            self.wait_for_step(job, attempt, 25 * attempt)
            pid = self.rank_pid(0)
            program = self.make_stand_still(pid)
            # The coordinator tells the rank to abort; the process that cannot obey ends itself.
            self.assertEqual(program.wait(180), 0)
            self.wait_until(lambda: self.job(job).get("attemptCount", 0) == attempt + 1, seconds=60)
            stalls.append(self.job(job)["failure"])
        stall = stalls[-1]

        done = self.wait_for_state(job, "SUCCEEDED", "FAILED", seconds=120)

        self.assertEqual(done["state"], "JOB_STATE_SUCCEEDED", done)
        self.assertEqual(done["stateDigest"], wanted)
        self.assertEqual(stall["reason"], "Stalled")
        self.assertEqual(stall.get("rank", 0), 0)
        self.assertRegex(stall["message"],
                         rf"^rank 0 \([^ ]+/0, pid {pid}\) stands still: step \d+, phase [a-z]+ for "
                         r"\d+ s; ranks 1, 2 wait for it in (the reduction of bucket \d+|"
                         r"phase [a-z]+) of step \d+$")
        self.assertTrue(re.search(r"(?m)^1 +3 .* Stalled ", self.descent("describe", job).stdout))
