"""Processes that are killed: the job goes on from its last checkpoint and ends with the same bits."""

import os
import pathlib
import re
import signal
import socket
import subprocess

from harness import BIN, SystemTest, processes_of

HOLD_PUBLISHING = pathlib.Path(os.environ["DESCENT_TEST_PROGRAMS"]) / "libhold_publishing.so"
# A second or two on two workers.
WORK = ("--set", "steps=4000", "--set", "checkpoint.every_steps=400", "--set",
        "evaluate.every_steps=1000", "--set", "model.mlp.hidden_sizes=[128,64]")
ENDLESS = ("--set", "steps=2000000", "--set", "checkpoint.every_steps=1000000")
# Some seconds are granted ahead from the first steps on.
SLOW = (*ENDLESS, "--set", "model.mlp.hidden_sizes=[2048,2048]")


class Recovery(SystemTest):

    def pids_of(self, program):
        return [pid for pid, command in processes_of(self.directory)
                if command.split()[0].endswith(program)]

    def rank_pid(self, rank):
        """Of the worker with that rank, once all of its world is there."""
        def find():
            for pid in self.pids_of("/descent-worker"):
                with open(f"/proc/{pid}/environ", "rb") as environment:
                    if f"OMPI_COMM_WORLD_RANK={rank}".encode() in environment.read().split(b"\0"):
                        return pid
            return None
        return self.wait_until(find)

    def kill(self, pid, number=signal.SIGKILL):
        os.kill(pid, number)

    def start_launcher(self, count, *options):
        return self.start(BIN / "descent-launch", "-n", count, "--coordinator",
                          self.addresses["worker"], *options)

    def wait_for_step(self, job, step):
        def is_there():
            state = self.job(job)
            self.assertNotIn(state["state"], ["JOB_STATE_FAILED", "JOB_STATE_SUCCEEDED"])
            return int(state["progress"]["step"]) >= step
        self.wait_until(is_there)

    def wait_for_attempt(self, job, attempt):
        self.wait_until(lambda: self.job(job).get("attemptCount", 0) == attempt and
                        self.job(job)["state"] == "JOB_STATE_RUNNING")

    def undisturbed_digest(self):
        return self.digest_of(self.run_job(self.job_file, "--workers", 2, *WORK))

    # --- By hand -----------------------------------------------------------------------------

    def test_a_job_survives_a_killed_rank_and_a_killed_mpirun_with_the_same_bits(self):
        wanted = self.undisturbed_digest()
        self.start_coordinator()
        self.start_launcher(3)
        job = self.submit(*WORK)

        self.wait_for_step(job, 500)
        self.kill(self.rank_pid(1))
        self.wait_for_attempt(job, 2)
        self.wait_for_step(job, 1500)
        self.kill(self.pids_of("/mpirun")[0])
        self.wait_for_attempt(job, 3)
        done = self.wait_for_state(job, "SUCCEEDED", "FAILED")

        self.assertEqual(done["state"], "JOB_STATE_SUCCEEDED", done)
        self.assertEqual(done["stateDigest"], wanted)
        text = self.descent("describe", job).stdout
        host = re.escape(socket.gethostname())
        self.assertRegex(text, rf"\n1 +3 +- +0\.\.\d+ .* WorkerLost +1 +{host} +"
                               r"signal 9 \(Killed\) +\d+ +[a-z]+\n")
        self.assertRegex(text, rf"\n2 +3 .* WorkerLost +- +{host} +signal 9 \(Killed\) ")
        self.assertRegex(text, r"\n3 +3 .*\.\.4000 .* Completed ")

    def test_a_launcher_that_is_killed_takes_its_world_along_and_another_takes_the_job(self):
        self.start_coordinator()
        first = self.start_launcher(2)
        job = self.submit(*WORK)
        self.wait_for_step(job, 100)

        first.kill()
        first.wait()

        self.assertEqual(self.wait_until(lambda: self.pids_of("/descent-worker") +
                                         self.pids_of("/mpirun"), is_wanted=False), [])
        self.start_launcher(1)
        self.assertEqual(self.wait_for_state(job, "SUCCEEDED")["state"], "JOB_STATE_SUCCEEDED")

    def test_a_rank_that_crashes_is_named_with_its_signal(self):
        self.start_coordinator()
        launcher = self.start_launcher(2)
        job = self.submit(*ENDLESS)
        self.wait_for_step(job, 10)

        self.kill(self.rank_pid(0), signal.SIGSEGV)
        self.wait_for_attempt(job, 2)

        host = re.escape(socket.gethostname())
        blame = rf"WorkerLost +0 +{host} +signal 11 \(Segmentation fault\) +(\d+) +([a-z]+)\n"
        described = self.descent("describe", job).stdout
        self.assertRegex(described, blame)
        step, phase = re.search(blame, described).groups()
        self.assertGreater(int(step), 0)
        self.assertIn(phase, ("wait", "data", "compute", "exchange", "reduce", "update",
                              "evaluate", "checkpoint"))
        self.assertRegex(launcher.log.read_text(),
                         r'workers ended .*rank 0 .*signal 11 \(Segmentation fault\)')

    def test_a_job_that_never_gets_on_fails_after_restarts_max_with_the_reason(self):
        self.start_coordinator()
        self.start_launcher(2)
        job = self.submit(*ENDLESS, "--set", "restarts.max=1")
        for attempt in (1, 2):
            self.wait_for_attempt(job, attempt)
            self.wait_for_step(job, 1)
            self.kill(self.rank_pid(1))

        self.descent("watch", job, code=3)

        self.wait_until(lambda: "signal 9" in self.job(job)["failure"]["message"])
        failed = self.job(job)
        self.assertEqual(failed["stateReason"], "RestartsExhausted")
        self.assertIn("restarts.max is 1", failed["stateMessage"])
        self.assertIn("rank 1", failed["stateMessage"])
        self.assertEqual(failed["failure"]["signal"], 9)

    def test_a_rank_that_is_told_to_end_does_not_wait_for_ever_for_a_frozen_peer(self):
        self.environment["DESCENT_LEAVE_TIMEOUT"] = "1"
        self.start_coordinator()
        self.start_workers(2)
        self.wait_for_step(self.submit(*ENDLESS), 10)

        self.kill(self.rank_pid(1), signal.SIGSTOP)
        self.kill(self.rank_pid(0), signal.SIGTERM)

        self.wait_until(lambda: not self.pids_of("/descent-worker"))

    def test_a_proxy_of_the_environment_is_asked_for_nothing(self):
        self.environment["http_proxy"] = "http://127.0.0.1:1"
        self.start_coordinator()
        self.start_launcher(2)
        job = self.submit(*ENDLESS)
        self.wait_for_step(job, 10)

        self.kill(self.rank_pid(1))

        self.wait_until(lambda: "signal 9" in self.descent("describe", job).stdout)

    # --- The launcher alone ------------------------------------------------------------------

    def test_a_launcher_that_is_told_to_end_leaves_nothing(self):
        self.start_coordinator()
        launcher = self.start_launcher(2)
        self.rank_pid(0)

        launcher.send_signal(signal.SIGTERM)

        self.assertEqual(launcher.wait(10), 0)
        self.assertEqual(self.pids_of("/descent-worker"), [])

    def test_a_launcher_that_is_told_to_end_lets_its_ranks_save(self):
        self.start_coordinator()
        launcher = self.start_launcher(2)
        job = self.submit(*ENDLESS)
        self.wait_for_step(job, 10)

        launcher.send_signal(signal.SIGTERM)

        self.assertEqual(launcher.wait(30), os.EX_TEMPFAIL)
        left = self.job(job)
        self.assertEqual((left["state"], left["stateReason"]), ("JOB_STATE_QUEUED", "WorkerLeaving"))
        self.assertGreaterEqual(int(left["latestCheckpoint"]["step"]), 10)

    def start_workers_that_cannot_publish(self, count):
        """While the file self.hold is there."""
        self.hold = self.directory / "hold"
        self.hold.touch()
        before = dict(self.environment)
        self.environment.update(
            LD_PRELOAD=str(HOLD_PUBLISHING), DESCENT_TEST_HOLD=str(self.hold),
            ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        pool = self.start_workers(count)
        self.environment = before
        return pool

    def leave(self, job, rank):
        self.kill(self.rank_pid(rank), signal.SIGTERM)
        self.wait_until(lambda: self.job(job)["stateReason"] == "WorkerLeaving")

    def test_ranks_that_are_done_wait_for_the_one_that_still_saves(self):
        self.start_coordinator()
        pool = self.start_workers_that_cannot_publish(2)
        job = self.submit(*ENDLESS)
        self.wait_for_step(job, 10)
        self.leave(job, rank=1)

        # Longer than one that has nothing to wait for.
        with self.assertRaises(subprocess.TimeoutExpired):
            pool.wait(15)
        self.hold.unlink()

        self.assertEqual(pool.wait(30), 75, pool.log.read_text())
        self.assertGreaterEqual(int(self.job(job)["latestCheckpoint"]["step"]), 10)

    def test_a_rank_that_is_told_twice_does_not_save(self):
        self.start_coordinator()
        pool = self.start_workers_that_cannot_publish(2)
        job = self.submit(*ENDLESS)
        self.wait_for_step(job, 10)
        saver = self.rank_pid(0)
        self.leave(job, rank=0)

        self.kill(saver, signal.SIGTERM)

        # Before the time is over that saving may take.
        self.assertEqual(pool.wait(30), 75, pool.log.read_text())
        self.wait_for_state(job, "QUEUED")
        self.assertNotIn("latestCheckpoint", self.job(job))
        published = (self.directory / "state/checkpoints" / job).glob("step-*")
        self.assertEqual(list(published), [])

    def test_ranks_save_without_a_coordinator_and_tell_it_when_it_is_back(self):
        self.start_coordinator()
        pool = self.start_workers(2)
        job = self.submit(*SLOW)
        self.wait_for_step(job, 10)
        self.kill_coordinator()

        self.kill(self.rank_pid(1), signal.SIGTERM)
        checkpoints = self.directory / "state/checkpoints" / job
        self.wait_until(lambda: list(checkpoints.glob("step-*")))
        self.start_coordinator_again()

        self.assertEqual(pool.wait(60), 75, pool.log.read_text())
        left = self.wait_for_state(job, "QUEUED")
        self.assertEqual(left["stateReason"], "WorkerLeaving")
        self.assertGreaterEqual(int(left["latestCheckpoint"]["step"]), 10)

    def test_a_launcher_that_is_told_twice_does_not_wait(self):
        self.start_coordinator()
        launcher = self.start_launcher(2)
        job = self.submit(*ENDLESS)
        self.wait_for_step(job, 10)
        self.kill(self.rank_pid(1), signal.SIGSTOP)
        launcher.send_signal(signal.SIGTERM)
        self.wait_until(lambda: self.job(job)["stateReason"] == "WorkerLeaving")

        launcher.send_signal(signal.SIGTERM)

        launcher.wait(10)
        self.assertEqual(self.pids_of("/descent-worker"), [])

    def test_a_bad_host_file_is_told_in_mpiruns_words_and_ends_the_launcher(self):
        hosts = self.directory / "hosts"
        hosts.write_text("localhost slots=1\n")
        launcher = self.start(BIN / "descent-launch", "-n", 2, "--coordinator", "127.0.0.1:1",
                              "--hosts", hosts)

        self.assertEqual(launcher.wait(30), 1)

        said = launcher.log.read_text()
        self.assertIn("did not start 4 times in a row", said)
        self.assertIn("not enough slots", said[said.index("did not start"):])

    def test_restarts_max_bounds_the_restarts_of_a_pool(self):
        self.start_coordinator()
        launcher = self.start_launcher(1, "--restarts-max", 1)
        for _ in range(2):
            pid = self.rank_pid(0)
            self.kill(pid)
            self.wait_until(lambda: pid not in self.pids_of("/descent-worker"))

        self.assertEqual(launcher.wait(10), 1)
        self.assertIn("--restarts-max 1 is reached: rank 0", launcher.log.read_text())

    # --- descent run and descent launch ------------------------------------------------------

    def test_a_run_recovers_by_itself_from_a_killed_rank_and_a_killed_mpirun(self):
        wanted = self.undisturbed_digest()
        run = self.start(BIN / "descent", "run", self.job_file, "--workers", 2, *WORK,
                         "--state-dir", self.directory / "state")

        self.wait_until(lambda: "attempt 1 " in run.log.read_text())
        self.kill(self.rank_pid(0))
        self.wait_until(lambda: re.search("RUNNING  attempt 2 ", run.log.read_text()))
        self.kill(self.pids_of("/mpirun")[0])

        self.assertEqual(run.wait(60), 0, run.log.read_text())
        self.assertIn(f"state digest: {wanted}\n", run.log.read_text())
        self.assertIn("3 attempts", run.log.read_text())

    def test_descent_launch_becomes_the_launcher(self):
        self.start_coordinator()
        launcher = self.start(BIN / "descent", "launch", "-n", 1, "--coordinator",
                              self.addresses["worker"])

        job = self.submit("--follow")

        self.assertEqual(self.job(job)["state"], "JOB_STATE_SUCCEEDED")
        with open(f"/proc/{launcher.pid}/exe", "rb"):
            self.assertTrue(os.readlink(f"/proc/{launcher.pid}/exe").endswith("/descent-launch"))

    # --- The best checkpoint -----------------------------------------------------------------

    def test_the_best_checkpoint_is_kept_listed_and_exported(self):
        self.start_coordinator()
        self.start_launcher(2)
        # Too fast to learn anything after its first steps.
        job = self.submit("--follow", "--set", "checkpoint.every_steps=10", "--set",
                          "evaluate.every_steps=10", "--set", "lr_schedule.cosine.min_lr=1",
                          "--set", "optimizer.adamw.lr=1")

        listing = self.descent("checkpoint", "ls", job).stdout

        best = re.search(r"^(\d+) .* best", listing, re.MULTILINE)
        self.assertIsNotNone(best, listing)
        self.assertRegex(listing, r"(?m)^200 .* (latest|latest, best) ")
        self.descent("checkpoint", "export", f"{job}/best", "-o", self.directory / "best")
        directory = self.directory / "state/checkpoints" / job
        kept = sorted(path.name for path in directory.iterdir())
        self.assertIn(f"step-{best.group(1)}", kept)
        self.assertLessEqual(len(kept), 3)
