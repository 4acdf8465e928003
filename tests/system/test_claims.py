"""The scripts of examples/claims run and hold, in their quick form."""

import importlib.util
import pathlib
import subprocess
import sys
import unittest

from harness import BIN, SystemTest

CLAIMS = pathlib.Path(__file__).resolve().parents[2] / "examples/claims"


def needs(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"this Python has no {', '.join(missing)}")


class Claims(SystemTest):

    def hold(self, script):
        done = subprocess.run([sys.executable, CLAIMS / script, "--quick"], capture_output=True,
                              text=True, timeout=300, env=dict(self.environment,
                                                               DESCENT_BIN=str(BIN)))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("\nholds: ", done.stdout)

    def test_mini_batches_leave_a_saddle(self):
        self.hold("saddle.py")

    @needs("numpy")
    def test_seeds_end_in_nearly_the_same_loss(self):
        self.hold("ten_seeds.py")

    @needs("numpy", "safetensors")
    def test_the_gradient_of_a_mini_batch_is_unbiased(self):
        self.hold("unbiased_gradient.py")

    @needs("numpy", "safetensors")
    def test_optimizers_differ_in_the_update_alone(self):
        self.hold("optimizers.py")

    @needs("numpy")
    def test_small_batches_generalise(self):
        self.hold("batch_size.py")
