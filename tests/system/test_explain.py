"""descent explain: what a job is compiled to, found without starting or creating anything."""

import json
import subprocess

from harness import BIN, SystemTest


class Explain(SystemTest):

    def explain(self, *arguments, code=0):
        done = subprocess.run([BIN / "descent", "explain", *map(str, arguments)],
                              capture_output=True, text=True, timeout=120, env=self.environment,
                              check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertFalse((self.directory / "state-home").exists(), "nothing is to be created")
        return done

    def test_a_job_is_explained_from_its_parameters_to_its_predicted_step(self):
        text = self.explain(self.job_file).stdout

        # 64 pixels, 32, 16 and 4 classes
        parameters = 64 * 32 + 32 + 32 * 16 + 16 + 16 * 4 + 4
        for wanted in (f"{parameters:,} parameters in 6 tensors", "layers.0.weight", "[32, 64]",
                       "global batch 50 = 4 logical workers x 13 x 1 accumulation; 9 steps/epoch",
                       "memory of a worker", "moments", "training plan of 13 samples",
                       "evaluation plan of 256 samples", "matmul", "bucket", "predicted step",
                       "with 4 workers of 1 thread", "measured on this machine"):
            self.assertIn(wanted, text)
        self.assertNotIn("matmul(features", text)

    def test_every_step_is_listed_if_asked_for(self):
        self.assertIn("matmul(features, layers.0.weight)",
                      self.explain(self.job_file, "--steps").stdout)

    def test_json_has_every_step_and_the_number_of_workers(self):
        explained = json.loads(self.explain(self.job_file, "--json", "--workers", 2).stdout)

        self.assertEqual(explained["workers"], 2)
        self.assertEqual(explained["train_samples"], 403)
        self.assertGreater(explained["step_seconds"]["total"], 0)
        training = explained["plans"][0]
        self.assertEqual(training["flops"], sum(step["flops"] for step in training["steps"]))

    def test_activation_checkpointing_shows_as_less_memory_for_more_arithmetic(self):
        deep = "model.mlp={hidden_sizes: [32, 32, 32, 32, 32, 32, 32, 32], activation: gelu}"
        plan = lambda kind: json.loads(self.explain(
            self.job_file, "--json", "--set", deep,
            "--set", f"model.activation_checkpointing={kind}").stdout)["plans"][0]

        kept, again = plan("none"), plan("full")

        self.assertLess(again["activation_bytes"], kept["activation_bytes"])
        self.assertGreater(again["flops"], kept["flops"])

    def test_bad_data_are_refused_with_every_problem(self):
        for path in self.directory.glob("train-labels*"):
            path.unlink()

        self.assertIn("train-labels-idx1-ubyte", self.explain(self.job_file, code=2).stderr)

    def test_a_bad_job_file_is_refused_with_its_line(self):
        self.job_file.write_text(self.job_file.read_text().replace("global: 50", "global: 0"))

        message = self.explain(self.job_file, code=2).stderr

        self.assertIn("batch.global", message)
        self.assertIn("line", message)

    def test_more_workers_than_logical_workers_are_refused(self):
        self.assertIn("logical", self.explain(self.job_file, "--workers", 5, code=2).stderr)
