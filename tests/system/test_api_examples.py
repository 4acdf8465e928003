"""The examples of programs that call the service, as their README says."""

import os
import pathlib
import subprocess
import sys

from harness import SystemTest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/api"


class ApiExamples(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()
        self.start_workers(1)

    def call(self, *command):
        return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=60, check=False,
                              env=dict(self.environment, PYTHONPATH=os.environ["DESCENT_PYTHON_CLIENT"]))

    def check(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], "^jobs/")
        self.assertRegex(lines[-1], "SUCCEEDED step [1-9]")

    def test_the_example_in_cpp_follows_its_job_to_the_end(self):
        example = pathlib.Path(os.environ["DESCENT_API_EXAMPLES"]) / "submit_and_watch"

        self.check(self.call(example, self.addresses["user"], self.job_file))
        self.assertEqual(self.call(example, self.addresses["user"], "no.yaml").returncode, 2)

    def test_the_example_in_python_takes_the_model_away(self):
        model = self.directory / "model.safetensors"

        self.check(self.call(sys.executable, EXAMPLES / "submit_and_watch.py",
                             self.addresses["user"], self.job_file, model))
        self.assertGreater(model.stat().st_size, 0)
