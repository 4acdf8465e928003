"""What a user can ask of the checkpoints of a job: pin, verify, delete, and one now."""

import json
import os
import pathlib
import signal

from harness import BIN, SystemTest


class Checkpoints(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()
        self.pool = self.start_workers(2)

    def checkpoints_of(self, job):
        """By step."""
        listed = json.loads(self.descent("checkpoint", "ls", job, "-o", "json").stdout)
        return {int(one["step"]): one for one in listed}

    def directories_of(self, job):
        root = self.directory / "state/checkpoints" / job
        return sorted(path.name for path in root.iterdir())

    def flip_a_byte(self, path):
        with open(path, "r+b") as file:
            file.seek(path.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 1]))

    def test_a_pinned_checkpoint_stays_on_disk_through_retention_and_a_restart(self):
        job = self.submit("--set", "steps=20000", "--set", "checkpoint.every_steps=200", "--set",
                          "checkpoint.keep_last=1", "--set", "evaluate.every_steps=7000")
        self.wait_until(lambda: self.checkpoints_of(job))

        pinned = self.descent("checkpoint", "pin", f"{job}/latest", "-o", "name").stdout
        first = int(pinned.rpartition("/")[2])
        self.kill_coordinator()
        self.start_coordinator_again()
        self.wait_for_state(job, "SUCCEEDED")

        kept = self.checkpoints_of(job)
        self.assertIn(first, kept)
        self.assertTrue(kept[first]["pinned"])
        self.assertEqual(kept[first]["kept_because"], ["pinned"])
        self.assertEqual(self.directories_of(job), sorted(f"step-{step}" for step in kept))
        self.descent("checkpoint", "verify", f"{job}/{first}")
        self.assertRegex(self.descent("checkpoint", "ls", job).stdout, rf"(?m)^{first} .* pinned ")

    def test_a_checkpoint_with_a_byte_that_has_changed_is_found(self):
        job = self.submit("--follow")
        whole = self.descent("checkpoint", "verify", f"{job}/latest", f"{job}/best")
        directory = pathlib.Path(self.checkpoints_of(job)[200]["directory"])
        self.flip_a_byte(directory / "optimizer.safetensors")

        damaged = self.descent("checkpoint", "verify", job, code=1)

        self.assertIn(f"{job}/200 is whole", whole.stderr)
        self.assertIn(f"{directory}/optimizer.safetensors is corrupt", damaged.stderr)
        self.descent("checkpoint", "verify", f"{job}/180")

    def test_a_deleted_checkpoint_leaves_the_list_and_the_disk(self):
        job = self.submit("--follow")
        self.descent("checkpoint", "pin", f"{job}/180", f"{job}/latest")

        refused = self.descent("checkpoint", "delete", f"{job}/180", code=6)
        self.descent("checkpoint", "unpin", f"{job}/180")
        deleted = self.descent("checkpoint", "delete", f"{job}/180", "-o", "name")
        again = self.descent("checkpoint", "delete", f"{job}/180", code=5)

        self.assertIn("pinned, unpin it first", refused.stderr)
        self.assertEqual(deleted.stdout, f"{job}/180\n")
        self.assertIn("does not exist", again.stderr)
        self.assertNotIn("step-180", self.directories_of(job))
        self.assertNotIn(180, self.checkpoints_of(job))
        self.assertIn("pinned", self.descent("checkpoint", "get", job).stdout)

    def test_a_job_whose_newest_checkpoint_is_damaged_goes_on_from_the_one_before_it(self):
        settings = ("--set", "steps=4000", "--set", "checkpoint.every_steps=200", "--set",
                    "evaluate.every_steps=1000", "--set", "model.mlp.hidden_sizes=[128,64]")
        undisturbed = self.submit("--follow", *settings)
        job = self.submit(*settings)
        self.wait_until(lambda: len(self.checkpoints_of(job)) >= 2)
        self.descent("suspend", job)
        self.wait_for_state(job, "SUSPENDED")
        before, newest = sorted(self.checkpoints_of(job))[-2:]
        self.flip_a_byte(self.directory / f"state/checkpoints/{job}/step-{newest}/model.safetensors")

        self.descent("resume", job)
        ended = self.wait_for_state(job, "SUCCEEDED", "FAILED")

        self.assertEqual(ended["stateDigest"], self.job(undisturbed)["stateDigest"], ended)
        told = [event["message"] for event in
                json.loads(self.descent("events", job, "--json").stdout)]
        self.assertIn(f"the state after step {newest} is damaged; the job goes on from step {before}",
                      told)
        metrics = json.loads(self.get(f"/v1/jobs/{job}/metrics?names=train/loss&max_points=10000"))
        self.assertEqual([int(point["step"]) for point in metrics["series"][0]["points"]],
                         list(range(1, 4001)))

    def test_a_model_larger_than_a_message_may_be_is_downloaded_whole(self):
        job = self.submit("--follow", "--set", "stop_at_step=1", "--set",
                          "model.mlp.hidden_sizes=[1500,1000]")
        exported = self.directory / "model.safetensors"

        self.descent("checkpoint", "export", job, "-o", exported)

        written = pathlib.Path(self.checkpoints_of(job)[1]["directory"]) / "model.safetensors"
        self.assertGreater(exported.stat().st_size, 4 << 20)
        self.assertTrue(exported.read_bytes() == written.read_bytes())

    def test_what_a_job_goes_on_from_cannot_be_deleted(self):
        job = self.submit("--set", "steps=2000000", "--set", "checkpoint.every_steps=500")
        self.wait_until(lambda: self.checkpoints_of(job))
        self.descent("suspend", job)
        self.wait_for_state(job, "SUSPENDED")

        refused = self.descent("checkpoint", "delete", f"{job}/latest", code=6)

        self.assertIn("SUSPENDED, and its newest checkpoint is what it goes on from", refused.stderr)
        self.descent("resume", job)
        self.wait_for_state(job, "RUNNING")

    def test_a_job_that_saves_when_asked_goes_on_to_the_same_bits(self):
        settings = ("--set", "steps=4000", "--set", "checkpoint.keep_last=5")
        undisturbed = self.submit("--follow", *settings)
        job = self.submit(*settings)
        self.wait_for_state(job, "RUNNING")

        saved = self.descent("checkpoint", "now", job, "--wait", "-o", "name").stdout.strip()
        self.kill_coordinator()
        self.start_coordinator_again()
        self.wait_until(lambda: self.job(job)["state"] == "JOB_STATE_RUNNING")
        again = json.loads(self.descent("checkpoint", "now", job, "--wait", "--json").stdout)
        self.descent("checkpoint", "pin", f"{job}/{again['step']}")
        ended = self.wait_for_state(job, "SUCCEEDED")
        late = self.descent("checkpoint", "now", job, code=6)

        self.assertEqual(ended["stateDigest"], self.job(undisturbed)["stateDigest"])
        step = int(saved.rpartition("/")[2])
        self.assertGreater(int(again["step"]), step)
        self.assertIn("SUCCEEDED: only a job that is RUNNING", late.stderr)
        fork = self.submit_fork(job, again["step"])
        self.assertEqual(fork["state_digest"], ended["stateDigest"])

    def test_who_waits_for_a_checkpoint_is_told_that_the_workers_are_gone(self):
        job = self.submit("--set", "steps=2000000")
        self.wait_until(lambda: int(self.job(job).get("progress", {}).get("step", 0)) > 0)
        for pid in self.workers():
            os.kill(pid, signal.SIGSTOP)

        wait = self.start(BIN / "descent", "checkpoint", "now", job, "--wait")
        self.wait_until(lambda: "CheckpointRequested" in self.descent("events", job).stdout)
        self.kill_without_launcher(self.pool)

        self.assertEqual(wait.wait(60), 6, wait.log.read_text())
        self.assertIn(f"job {job} is RECOVERING", wait.log.read_text())

    def submit_fork(self, job, step):
        return json.loads(self.descent("fork", job, "--from", step, "--json", "--follow").stdout)
