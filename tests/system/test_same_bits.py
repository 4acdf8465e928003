"""The promise: the digest of a job does not depend on workers, threads or interruptions."""

import json
import re

from harness import SystemTest


# What rounding in another order may become in 200 steps of AdamW, of the loss.
LOSS_TOLERANCE = 0.01


class SameBits(SystemTest):

    def digest_with(self, *arguments):
        return self.digest_of(self.run_job(self.job_file, *arguments))

    def test_one_two_three_and_four_workers_end_with_the_same_digest(self):
        digests = {self.digest_with("--workers", workers) for workers in (1, 2, 3, 4)}

        self.assertEqual(len(digests), 1)

    def test_one_and_two_threads_per_worker_end_with_the_same_digest(self):
        one = self.digest_with("--workers", 2)

        two = self.digest_with("--workers", 2, "--set", "workers.threads=2")

        self.assertEqual(one, two)

    def test_a_run_stopped_at_step_120_and_resumed_on_other_workers_ends_with_the_same_digest(self):
        undisturbed = self.digest_with("--workers", 2)

        stopped = self.run_job(self.job_file, "--workers", 3, "--set", "stop_at_step=120")
        self.assertNotEqual(self.digest_of(stopped), undisturbed)
        job = re.search(r"/checkpoints/(blobs-[a-z0-9]{5})/step-120", stopped.stdout).group(1)
        for workers in (1, 2, 4):
            resumed = self.run_job("--resume", f"{job}/latest", "--workers", workers)
            self.assertEqual(self.digest_of(resumed), undisturbed, f"{workers} workers")

    def test_an_average_over_groups_ends_with_the_same_digest_sharded_stopped_and_resumed(self):
        other = ("--set", "optimizer={sgd: {lr: 0.1, momentum: 0.9, nesterov: true}, "
                          "clip_value: 0.1, groups: [{match: ['*.0.bias'], freeze: true}]}",
                 "--set", "ema.decay=0.9", "--set", "batch.global=all", "--set", "batch.micro=32",
                 "--set", "lr_schedule={constant: {}}")
        undisturbed = self.digest_with("--workers", 1, *other)

        sharded = self.digest_with("--workers", 3, "--set", "update=sharded", *other)
        stopped = self.run_job(self.job_file, "--workers", 2, "--set", "stop_at_step=2", *other)
        job = re.search(r"/checkpoints/(blobs-[a-z0-9]{5})/step-2", stopped.stdout).group(1)
        resumed = self.run_job("--resume", f"{job}/latest", "--workers", 4)

        self.assertEqual(sharded, undisturbed)
        self.assertEqual(self.digest_of(resumed), undisturbed)

    def test_fastest_learns_the_same_but_for_rounding(self):
        reproducible = self.trained()

        for update in "replicated", "sharded":
            fastest = self.trained("--set", "reduction=fastest", "--set", f"update={update}")

            self.assertEqual(fastest["spec"]["reduction"], "REDUCTION_FASTEST")
            loss = reproducible["latest_metrics"]["validation/loss"]
            self.assertAlmostEqual(fastest["latest_metrics"]["validation/loss"], loss,
                                   delta=LOSS_TOLERANCE * loss)

    def trained(self, *arguments):
        return json.loads(self.run_job(self.job_file, "--workers", 3, "--json", *arguments).stdout)

    def test_another_seed_ends_with_another_digest(self):
        self.assertNotEqual(self.digest_with("--workers", 1),
                            self.digest_with("--workers", 1, "--set", "seed=4"))
