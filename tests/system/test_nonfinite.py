"""Steps whose loss is not finite: the job fails with the sample named, skips them, or rolls back, and
always with the same bits."""

import os
import random
import signal

from harness import BIN, SystemTest, processes_of

JOB = """\
name: blobs
model: {{linear_regression: {{}}}}
data: {{train: {{path: {data}/spoilt.csv, format: csv}}, table: {{targets: [y]}}}}
batch: {{global: 20, logical_workers: 4}}
steps: 60
seed: 3
optimizer: {{adamw: {{lr: 0.03}}}}
checkpoint: {{every_steps: 8}}
workers: {{min: 1, max: 4}}
"""


class Nonfinite(SystemTest):

    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        rows = ["a,b,y"]
        for sample in range(200):
            a, b = (1e38, -1e38) if sample == 77 else (draw.uniform(-2, 2), draw.uniform(-1, 1))
            rows.append(f"{a},{b},{3 * a - b if sample != 77 else 0}")
        (self.directory / "spoilt.csv").write_text("\n".join(rows) + "\n")
        self.job_file.write_text(JOB.format(data=self.directory))

    def run_with(self, action, workers):
        return self.run_job(self.job_file, "--workers", workers, "--set",
                            f"nonfinite={{action: {action}}}")

    def test_by_default_the_job_fails_and_names_the_sample(self):
        done = self.run_job(self.job_file, "--workers", 2, code=3)

        self.assertIn("NonFiniteLoss", done.stdout + done.stderr)
        self.assertIn(f"sample 77 of data.train, from {self.directory}/spoilt.csv",
                      done.stdout + done.stderr)

    def test_skipped_and_rolled_back_steps_have_the_same_bits_on_any_number_of_workers(self):
        for action in "skip", "rollback":
            digests = {self.digest_of(self.run_with(action, workers)) for workers in (1, 2, 3)}
            self.assertEqual(len(digests), 1, action)

    def test_a_killed_world_does_not_change_what_a_rollback_leads_to(self):
        long = ("--set", "steps=8000", "--set", "checkpoint.every_steps=500", "--set",
                "nonfinite={action: rollback, max: 1000000}")
        wanted = self.digest_of(self.run_job(self.job_file, "--workers", 2, *long))
        self.start_coordinator()
        self.start(BIN / "descent-launch", "-n", 3, "--coordinator", self.addresses["worker"])
        job = self.submit(*long)
        self.wait_until(lambda: int(self.job(job)["progress"]["step"]) >= 1000)

        ranks = [pid for pid, command in processes_of(self.directory)
                 if command.split()[0].endswith("/descent-worker")]
        os.kill(ranks[0], signal.SIGKILL)

        done = self.wait_for_state(job, "SUCCEEDED", "FAILED", seconds=120)
        self.assertEqual(done["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(done["stateDigest"], wanted)
        described = self.descent("describe", job).stdout
        # Once in each epoch of ten steps.
        self.assertRegex(described, r"Not finite: +800 steps, the last: step \d+: the loss is inf "
                                    r".*sample 77 of data\.train, from .*spoilt\.csv; went back "
                                    r"to the state after 7500 steps")
        self.assertIn(f'descent_job_nonfinite_steps_total{{job="{job}"}} 800', self.get("/metrics"))
