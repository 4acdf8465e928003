"""Trains an example on Fashion-MNIST (Debian package dataset-fashion-mnist) with our own programs and
compares its test accuracy with the one to reach. The programs are those in DESCENT_BIN, or of the
preset `release`."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("DESCENT_BIN", ROOT / "build/release/bin"))


def train(example, workers, overrides):
    """The finished job, as `descent run --json` prints it."""
    replaced = [argument for override in overrides for argument in ("--set", override)]
    with tempfile.TemporaryDirectory(prefix="descent-convergence-") as state:
        done = subprocess.run(
            [PROGRAMS / "descent", "run", ROOT / "examples" / example, "--json",
             "--workers", str(workers), "--state-dir", state, *replaced],
            stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def compare(example, accuracy_min, *overrides):
    """Runs the example, with these fields replaced, on as many workers as the first argument says, 2
    by default. The exit code: 1 if the accuracy is below the target."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    start = time.monotonic()
    job = train(example, workers, overrides)
    seconds = time.monotonic() - start

    accuracy = job["latest_metrics"]["test/accuracy"]
    is_reached = accuracy >= accuracy_min
    print(f"test accuracy {accuracy:.4f}   target {accuracy_min:.3f} "
          f"{'reached' if is_reached else 'MISSED'}   {seconds:.1f} s on {workers} workers   "
          f"state digest {job['state_digest']}")
    return 0 if is_reached else 1
