"""A rank, mpirun and the coordinator are killed during one job, which ends with the same bits."""

import json
import os
import pathlib
import signal

from harness import BIN, GPT_FILE, SystemTest, processes_of

STEPS = 120
SETTINGS = [argument for setting in (f"steps={STEPS}", "batch.logical_workers=4",
                                     "lr_schedule.cosine.warmup_steps=4",
                                     "evaluate.every_steps=0", "checkpoint.every_steps=10")
            for argument in ("--set", setting)]
LISTEN = "0A"  # in /proc/net/tcp


class KillEverything(SystemTest):

    def pids_of(self, program):
        return [pid for pid, command in processes_of(self.directory)
                if pathlib.Path(command.split(" ")[0]).name == program]

    def kill_one(self, program):
        os.kill(self.pids_of(program)[0], signal.SIGKILL)

    def wait_for_step(self, step, attempt):
        """Until that attempt has gone on beyond the step, with the job far from its end."""
        def has_come():
            job = self.described("survivor")
            return job["attempt_count"] == attempt and int(job["progress"]["step"]) > step
        self.wait_until(has_come, seconds=60)

    def listening_ports(self):
        wanted = {int(address.rpartition(":")[2]) for address in self.addresses.values()}
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        found = {int(line.split()[1].split(":")[1], 16) for line in lines
                 if line.split()[3] == LISTEN}
        return wanted & found

    def test_the_digest_is_that_of_an_undisturbed_run_and_nothing_is_left(self):
        self.start_coordinator()
        pool = self.start(BIN / "descent-launch", "-n", 3,
                          "--coordinator", self.addresses["worker"])
        self.descent("submit", GPT_FILE, "--name", "survivor", *SETTINGS)

        self.wait_for_step(10, attempt=1)
        self.kill_one("descent-worker")
        self.wait_for_step(30, attempt=2)
        self.kill_one("mpirun")
        self.wait_for_step(50, attempt=3)
        self.kill_coordinator()
        self.start_coordinator_again()
        self.descent("watch", "survivor")

        survivor = self.described("survivor")
        self.assertEqual(survivor["attempt_count"], 3, "the coordinator's end costs no attempt")
        self.assertEqual(self.steps_in_metrics(), list(range(1, STEPS + 1)))
        self.stop(pool)
        self.stop(self.coordinator)
        self.assertEqual(self.leftovers(), [])
        self.assertEqual(self.listening_ports(), set())
        undisturbed = self.descent("run", GPT_FILE, "--workers", 2, *SETTINGS,
                                   "--state-dir", self.directory / "other-state")
        self.assertEqual(survivor["state_digest"], self.digest_of(undisturbed))

    def steps_in_metrics(self):
        series = json.loads(
            self.get("/v1/jobs/survivor/metrics?names=train/loss&max_points=1000"))
        return [int(point["step"]) for point in series["series"][0]["points"]]
