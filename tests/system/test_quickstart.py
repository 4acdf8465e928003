"""The first five minutes: a service by one command, looked at, broken, changed, and taken away from."""

import json
import os
import re
import shlex
import signal
import struct

from harness import BIN, SystemTest

# Never at its end by itself; with something to see after every few steps.
ENDLESS = ("--set", "steps=100000000", "--set", "evaluate.every_steps=200",
           "--set", "checkpoint.every_steps=200")


class Quickstart(SystemTest):

    def quickstart(self, *arguments):
        """The process, and the job, once its coordinator answers."""
        process = self.start(BIN / "descent", "quickstart", "--server", "127.0.0.1:0", "--state-dir",
                             self.directory / "state", *arguments)
        said = self.wait_until(lambda: re.search(
            r"^coordinator (\S+), process (\d+); page http://(\S+)/#/jobs/(\S+)$",
            process.log.read_text(), re.MULTILINE) or process.poll() is not None)
        self.assertIsNone(process.poll(), process.log.read_text())
        address, self.coordinator_pid, http, job = said.groups()
        self.addresses = {"user": address, "http": http}
        self.assertIn(f"export DESCENT_SERVER={address}\n", process.log.read_text())
        self.environment["DESCENT_SERVER"] = address
        return process, job

    def end(self, process, code):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), code, process.log.read_text())

    def step_of(self, job):
        return int(json.loads(self.descent("describe", job, "--json").stdout)["progress"].get("step", 0))

    def wait_for_progress(self, job):
        reached = self.step_of(job)
        self.wait_until(lambda: self.step_of(job) > reached, 60)

    def suggested(self, process, command):
        """What it says to try, without the name of the program."""
        line = self.wait_until(lambda: re.search(rf"descent {command} .*$", process.log.read_text(),
                                                 re.MULTILINE))
        return shlex.split(line.group(0))[1:]

    def test_what_is_killed_comes_back_and_a_job_is_changed_compared_and_taken_away(self):
        process, job = self.quickstart(*ENDLESS)
        self.wait_until(lambda: self.step_of(job) > 0, 60)
        self.assertTrue(self.descent("logs", job, "--rank", 1).stdout)
        self.assertIn("<title>", self.get("/"))

        os.kill(int(self.coordinator_pid), signal.SIGKILL)
        self.wait_until(lambda: "it is started again" in process.log.read_text())
        self.wait_for_progress(job)
        self.assertEqual(self.described(job)["attempt_count"], 1)
        workers = json.loads(self.descent("worker", "ls", "--json").stdout)
        os.kill(int(workers[1]["pid"]), signal.SIGKILL)
        self.wait_until(lambda: self.described(job)["attempt_count"] == 2, 60)
        self.wait_for_progress(job)
        self.wait_until(lambda: len(json.loads(
            self.descent("checkpoint", "ls", job, "--json").stdout)) > 2, 60)
        self.descent("stop", job)

        self.descent(*self.suggested(process, "fork"))
        self.wait_until(lambda: "validation/loss" in self.described("changed").get("latest_metrics", {}),
                        60)
        compared = self.descent(*self.suggested(process, "metrics compare")).stdout
        exported = self.suggested(process, "checkpoint export")
        model = self.directory / "model.safetensors"
        self.descent(*[model if part == "model.safetensors" else part for part in exported])

        self.assertRegex(compared, r"optimizer\.adamw\.lr +0?\.?[01e.-]+ +0?\.?[03e.-]+")
        size, = struct.unpack("<Q", model.read_bytes()[:8])
        self.assertIn("layers.0.weight", json.loads(model.read_bytes()[8:8 + size]))
        self.end(process, 0)

    def test_a_job_that_is_left_goes_on_with_the_next_one(self):
        process, job = self.quickstart(*ENDLESS)
        self.wait_until(lambda: self.step_of(job) > 200, 60)
        self.end(process, 130)

        again, same = self.quickstart(*ENDLESS)

        self.assertEqual(same, job)
        self.assertIn(f"{job} goes on where it was", again.log.read_text())
        self.wait_until(lambda: self.described(job)["attempt_count"] == 2, 60)
        self.assertGreaterEqual(int(self.described(job)["current_attempt"]["start_step"]), 200)
        self.end(again, 130)

    def test_without_mpirun_there_is_one_worker(self):
        path = self.environment["PATH"]
        self.environment["PATH"] = str(self.directory / "nothing")
        process, job = self.quickstart("--set", "steps=600")
        self.environment["PATH"] = path

        self.wait_until(lambda: f"{job} SUCCEEDED after step 600" in process.log.read_text(), 120)

        self.assertIn("mpirun is not installed", process.log.read_text())
        self.assertEqual(len(self.described(job)["current_attempt"]["workers"]), 1)
        self.end(process, 0)
