"""The by-hand path of the README: coordinator, pool, submit, watch, cancel, status, metrics."""

import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import time

from harness import BIN, SystemTest, processes_of


class ByHand(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def test_a_pool_stays_attached_and_takes_the_next_job(self):
        self.start_workers(2)

        first = self.submit("--follow")
        second = self.submit("--follow")

        self.assertNotEqual(first, second)
        self.assertEqual(self.job(first)["stateDigest"], self.job(second)["stateDigest"])
        listing = self.descent("ls").stdout
        self.assertIn(first, listing)
        self.assertIn(second, listing)
        self.assertIn("SUCCEEDED", listing)

    def test_watch_follows_a_job_to_its_end(self):
        job = self.submit()
        self.start_workers(2)

        done = self.descent("watch", job)

        self.assertIn("SUCCEEDED", done.stdout + done.stderr)

    def test_every_step_is_in_the_metrics_exactly_once(self):
        self.start_workers(2)
        job = self.submit("--follow")

        series = json.loads(self.get(f"/v1/jobs/{job}/metrics?names=train/loss&max_points=1000"))

        steps = [int(point["step"]) for point in series["series"][0]["points"]]
        self.assertEqual(steps, list(range(1, 201)))

    def test_cancel_ends_a_running_job_and_frees_the_workers(self):
        self.start_workers(2)
        job = self.submit("--set", "steps=2000000")
        self.wait_for_state(job, "RUNNING")

        self.descent("cancel", job)
        self.wait_for_state(job, "CANCELLED")

        self.submit("--follow")

    def test_several_jobs_are_cancelled_at_once_though_one_is_not_there(self):
        self.start_workers(1)
        running = self.submit("--set", "steps=2000000")
        self.wait_for_state(running, "RUNNING")
        waiting = [self.submit() for _ in range(2)]

        done = self.descent("cancel", waiting[0], "nobody", running, waiting[1], code=5)

        self.assertIn("nobody", done.stderr)
        for job in (running, *waiting):
            self.wait_for_state(job, "CANCELLED")

    def test_a_cancelled_job_can_be_resumed_from_where_it_stopped(self):
        self.start_workers(2)
        job = self.submit("--set", "steps=2000000")
        self.wait_until(lambda: int(self.job(job).get("progress", {}).get("step", 0)) > 0)
        self.descent("cancel", job)
        self.wait_for_state(job, "CANCELLED")

        checkpoint = self.job(job)["latestCheckpoint"]

        self.assertGreater(int(checkpoint["step"]), 0)

    def test_watch_of_a_cancelled_job_exits_with_8(self):
        self.start_workers(1)
        job = self.submit("--set", "steps=2000000")
        self.wait_for_state(job, "RUNNING")
        self.descent("cancel", job)

        self.descent("watch", job, code=8)

    def test_an_exported_checkpoint_is_a_safetensors_file_with_pytorchs_names(self):
        self.start_workers(1)
        job = self.submit("--follow")
        listing = self.descent("checkpoint", "ls", job).stdout
        self.assertRegex(listing, r"\b200\b")
        self.assertRegex(listing, r"\b180\b")
        self.assertNotRegex(listing, r"\b120\b")
        model = self.directory / "model.safetensors"

        self.descent("checkpoint", "export", f"{job}/latest", "-o", model)

        content = model.read_bytes()
        size = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8:8 + size])
        header.pop("__metadata__", None)
        self.assertEqual({name: entry["shape"] for name, entry in header.items()}, {
            "layers.0.weight": [32, 64], "layers.0.bias": [32],
            "layers.1.weight": [16, 32], "layers.1.bias": [16],
            "layers.2.weight": [4, 16], "layers.2.bias": [4]})
        self.assertEqual(max(entry["data_offsets"][1] for entry in header.values()),
                         len(content) - 8 - size)

    def test_status_metrics_and_health_endpoints_answer(self):
        self.start_workers(2)
        job = self.submit("--follow")

        self.assertEqual(self.get("/livez").strip().splitlines()[0][:2], "ok")
        self.assertIn("ok", self.get("/readyz"))
        status = json.loads(self.get("/v1/status"))
        self.assertEqual(status["jobs"]["SUCCEEDED"], 1)
        self.assertEqual(status["workers"]["ready"], 2)
        metrics = self.get("/metrics")
        self.assertIn('descent_jobs{state="SUCCEEDED"} 1', metrics)
        self.assertIn(f'descent_job_step{{job="{job}"}} 200', metrics)
        self.assertIn("<title>", self.get("/"))

    def test_a_job_survives_the_loss_of_all_its_workers(self):
        undisturbed = self.digest_of(self.run_job_elsewhere())
        pool = self.start_workers(2)
        # Large pictures would be needed to make 200 steps slow; a stopped rank makes them wait.
        job = self.submit("--set", "steps=200", "--set", "checkpoint.every_steps=20")
        self.wait_until(lambda: self.job(job).get("latestCheckpoint"))
        self.kill_without_launcher(pool)
        self.wait_until(lambda: self.job(job)["state"] != "JOB_STATE_RUNNING")

        if self.job(job)["state"] != "JOB_STATE_SUCCEEDED":
            self.start_workers(3)
        finished = self.wait_for_state(job, "SUCCEEDED", "FAILED")

        self.assertEqual(finished["state"], "JOB_STATE_SUCCEEDED", finished)
        self.assertEqual(finished["stateDigest"], undisturbed)

    def run_job_elsewhere(self):
        return self.descent("run", self.job_file, "--workers", 1, "--set",
                            "checkpoint.every_steps=20", "--state-dir",
                            self.directory / "other-state")

    def test_the_coordinator_knows_its_jobs_after_a_restart(self):
        self.start_workers(1)
        job = self.submit("--follow")
        digest = self.job(job)["stateDigest"]
        self.kill_coordinator()

        self.start_coordinator()

        self.assertEqual(self.job(job)["stateDigest"], digest)

    def test_a_second_coordinator_on_the_same_state_is_refused(self):
        done = subprocess.run([str(BIN / "descent-coordinator"), "--listen", "127.0.0.1:0",
                               "--worker-listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
                               "--state-dir", str(self.directory / "state")],
                              capture_output=True, text=True, timeout=30, env=self.environment)

        self.assertEqual(done.returncode, 1)
        self.assertIn("in use", done.stderr)

    def test_a_run_does_not_cancel_jobs_that_were_submitted(self):
        job = self.submit()
        self.stop(self.coordinator)

        self.run_job(self.job_file, "--workers", 1)
        self.start_coordinator()

        # The run's workers may have taken it; they must not have ended it otherwise.
        self.assertIn(self.job(job)["state"], ["JOB_STATE_QUEUED", "JOB_STATE_SUCCEEDED"])

    def test_a_rank_that_is_terminated_saves_its_jobs_state_and_leaves_with_75(self):
        self.check_that_a_rank_leaves_at(signal.SIGTERM, "Terminated")

    def test_a_rank_that_gets_sigusr1_saves_its_jobs_state_and_leaves_with_75(self):
        self.check_that_a_rank_leaves_at(signal.SIGUSR1, "User defined signal 1")

    def check_that_a_rank_leaves_at(self, number, name):
        undisturbed = self.job(self.finished("--set", "steps=20000"))
        pool = self.start_workers(2)
        job = self.submit("--set", "steps=20000", "--set", "checkpoint.every_steps=1000000")
        self.wait_until(lambda: int(self.job(job)["progress"]["step"]) > 100)
        workers = [pid for pid, command in processes_of(self.directory)
                   if command.startswith(str(BIN / "descent-worker"))]

        os.kill(workers[0], number)

        self.assertEqual(pool.wait(30), 75, pool.log.read_text())
        left = self.job(job)
        self.assertEqual((left["state"], left["stateReason"]), ("JOB_STATE_QUEUED", "WorkerLeaving"))
        saved = int(left["latestCheckpoint"]["step"])
        self.assertGreater(saved, 100)
        self.assertIn(name, self.descent("events", job).stdout)
        self.start_workers(1)
        self.wait_for_state(job, "SUCCEEDED")
        attempts = json.loads(self.descent("attempts", job, "-o", "json").stdout)
        self.assertEqual([int(attempt["start_step"]) for attempt in attempts], [0, saved])
        self.assertEqual(self.job(job)["stateDigest"], undisturbed["stateDigest"])

    def test_workers_for_one_job_take_no_other_and_end_with_0_when_it_has_succeeded(self):
        other = self.submit()
        mine = self.submit()

        pool = self.start_workers(2, "--job", mine)

        self.assertEqual(pool.wait(60), 0, pool.log.read_text())
        self.assertEqual(self.job(mine)["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(self.job(other)["state"], "JOB_STATE_QUEUED")

    def test_workers_for_one_job_end_with_3_when_it_has_failed(self):
        job = self.submit("--set", f"data.train.path={self.directory}/nothing")

        pool = self.start_workers(2, "--job", job)

        self.assertEqual(pool.wait(60), 3, pool.log.read_text())
        self.assertEqual(self.job(job)["state"], "JOB_STATE_FAILED")

    def test_workers_for_one_job_end_with_75_when_it_is_suspended(self):
        job = self.submit("--set", "steps=2000000")
        pool = self.start_workers(2, "--job", job)
        self.wait_until(lambda: int(self.job(job).get("progress", {}).get("step", 0)) > 0)

        self.descent("suspend", job)

        self.assertEqual(pool.wait(60), 75, pool.log.read_text())
        self.assertEqual(self.job(job)["state"], "JOB_STATE_SUSPENDED")

    def test_a_launcher_of_workers_for_one_job_ends_with_its_outcome(self):
        job = self.submit()
        cancelled = self.submit("--set", "steps=2000000")

        codes = {}
        for name in (job, cancelled):
            launcher = self.start(BIN / "descent", "launch", "-n", 2, "--coordinator",
                                  self.addresses["worker"], "--job", name)
            if name == cancelled:
                self.wait_for_state(name, "RUNNING")
                self.descent("cancel", name)
            codes[name] = launcher.wait(60)

        self.assertEqual(codes, {job: 0, cancelled: 8})

    def test_a_launcher_of_workers_for_one_job_that_is_told_to_end_leaves_with_75(self):
        job = self.submit("--set", "steps=2000000")
        launcher = self.start(BIN / "descent-launch", "-n", 2, "--coordinator",
                              self.addresses["worker"], "--job", job)
        self.wait_for_state(job, "RUNNING")

        launcher.send_signal(signal.SIGTERM)

        self.assertEqual(launcher.wait(60), 75, launcher.log.read_text())
        self.wait_for_state(job, "QUEUED")

    def test_the_name_of_an_only_job_is_checked(self):
        done = subprocess.run([str(BIN / "descent-launch"), "-n", "1", "--coordinator",
                               self.addresses["worker"], "--job", "No Job"],
                              capture_output=True, text=True, timeout=30, env=self.environment)

        self.assertEqual(done.returncode, 2)
        self.assertIn("No Job is not a job's id", done.stderr)

    def test_a_finished_job_is_forgotten_after_its_time_and_its_checkpoints_stay(self):
        self.start_workers(1)
        job = self.submit("--follow")
        kept = self.submit("--set", "retention.days=0", "--follow")
        checkpoint = pathlib.Path(self.job(job)["latestCheckpoint"]["directory"])
        self.kill_coordinator()

        self.start_coordinator(options=["--keep-jobs", 0.000001])
        self.wait_until(lambda: job not in self.descent("ls").stdout)

        self.assertIn(kept, self.descent("ls").stdout)
        self.assertTrue(checkpoint.is_dir())
        self.assertEqual(self.job(kept)["state"], "JOB_STATE_SUCCEEDED")

    def finished(self, *flags):
        """A job that two workers, who are gone then, have trained to its end."""
        pool = self.start_workers(2)
        job = self.submit("--follow", *flags)
        self.stop(pool)
        return job

    def test_workers_that_were_there_first_get_the_jobs_of_a_coordinator_that_comes_later(self):
        self.kill_coordinator()
        pool = self.start_workers(2)
        self.wait_until(lambda: "cannot reach the coordinator" in pool.log.read_text())

        self.start_coordinator_again()
        job = self.submit("--follow")

        self.assertEqual(self.job(job)["state"], "JOB_STATE_SUCCEEDED")

    def said_after_a_while(self, worker, text):
        """What the worker has said once it has had time to say `text` a second time."""
        deadline = time.monotonic() + 30
        while text not in worker.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(3)
        return worker.log.read_text()

    def test_a_worker_sent_to_the_wrong_port_says_so_once(self):
        self.addresses["worker"] = self.addresses["user"]
        worker = self.start_workers(1)

        said = self.said_after_a_while(worker, "is this the coordinator's worker listener?")

        self.assertEqual(said.count("is this the coordinator's worker listener?"), 1, said)

    def test_a_port_in_use_is_named(self):
        done = subprocess.run([str(BIN / "descent-coordinator"), "--listen",
                               self.addresses["user"], "--worker-listen", "127.0.0.1:0",
                               "--http", "127.0.0.1:0", "--state-dir",
                               str(self.directory / "another")],
                              capture_output=True, text=True, timeout=30, env=self.environment)

        self.assertEqual(done.returncode, 1)
        self.assertIn(self.addresses["user"], done.stderr)

    def test_a_worker_that_cannot_reach_the_coordinator_says_so_once_and_keeps_trying(self):
        self.stop(self.coordinator)
        worker = self.start_workers(1)

        said = self.said_after_a_while(worker, "cannot reach the coordinator")

        self.assertIsNone(worker.poll(), said)
        self.assertEqual(said.count("cannot reach the coordinator"), 1, said)
