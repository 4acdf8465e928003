#!/usr/bin/env python3
"""Compares with the PyTorch of this machine: records every golden file anew and lets the tests that
replay the recorded ones replay these.

    DESCENT_PYTHON=/path/to/python3 live_pytorch_test.py DIRECTORY_OF_TEST_PROGRAMS

DESCENT_PYTHON names a Python that has torch; by default the one that runs this. Exits 77, which
ctest counts as skipped, if it has none. PyTorch's version may differ from that of the recorded
files, so a difference here is one of versions or of machines.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = os.environ.get("DESCENT_PYTHON", sys.executable)
SKIPPED = 77
PROBE = ("import torch; torch.nn.functional.scaled_dot_product_attention; "
         "print(torch.__version__)")

# What is recorded: the file, the script with its arguments, and the test program that replays it.
GOLDEN = [
    ("golden_mlp.json", ["make_golden.py", "mlp"], "numeric_golden_test"),
    ("golden_loss.json", ["make_golden.py", "loss"], "numeric_golden_test"),
    ("golden_regression.json", ["make_golden.py", "regression"], "numeric_golden_test"),
    ("golden_gpt.json", ["make_golden.py", "gpt"], "numeric_golden_test"),
    ("golden_image.json", ["make_image_golden.py"], "numeric_image_golden_test"),
    ("golden_optimizer.json", ["make_optimizer_golden.py"], "numeric_optimizer_golden_test"),
    ("golden_lr_schedules.json", ["make_schedule_golden.py"], "numeric_lr_schedule_golden_test"),
    ("golden_ops.json", ["make_op_golden.py"], "numeric_op_golden_test"),
]


def main():
    programs = pathlib.Path(sys.argv[1])
    found = subprocess.run([PYTHON, "-c", PROBE],
                           capture_output=True, text=True)
    if found.returncode != 0:
        print(f"skipped: {PYTHON} has no torch with scaled_dot_product_attention, which 2.0 has; "
              "DESCENT_PYTHON may name a Python that does")
        return SKIPPED
    print(f"comparing with PyTorch {found.stdout.strip()}", flush=True)
    with tempfile.TemporaryDirectory(prefix="descent-golden-") as directory:
        for name, command, _ in GOLDEN:
            with open(pathlib.Path(directory) / name, "wb") as file:
                subprocess.run([PYTHON, HERE / command[0], *command[1:]], stdout=file, check=True)
        environment = dict(os.environ, DESCENT_GOLDEN_DIRECTORY=directory)
        failed = [program for program in sorted({program for _, _, program in GOLDEN})
                  if subprocess.run([programs / program], env=environment).returncode != 0]
    for program in failed:
        print(f"FAILED: {program}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
