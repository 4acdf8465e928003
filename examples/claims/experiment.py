"""What the claims share: runs jobs with our programs, reads their checkpoints, draws figures.

The programs are those in DESCENT_BIN, or of the preset `release`."""

import argparse
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ.get("DESCENT_BIN", FOLDER.parents[1] / "build/release/bin"))
IMAGES = "/usr/share/datasets/fashion-mnist"


def arguments(description):
    """--quick: smaller, for a test of the script. --plot FILE: where the figure goes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="smaller and less exact")
    parser.add_argument("--plot", metavar="FILE", help="draw the figure (needs matplotlib)")
    return parser.parse_args()


def image_job(model, samples, **fields):
    """A job on the first `samples` images of Fashion-MNIST, as the JSON that a YAML job file may
    be, evaluated on its test images. `fields` are added."""
    return {
        "name": "claim",
        "model": model,
        "data": {"train": {"path": f"{IMAGES}/train", "format": "idx", "range": [0, samples]},
                 "validation": {"path": f"{IMAGES}/t10k", "format": "idx"},
                 "normalize": {"mean": [0.286], "std": [0.353]}},
        "workers": {"min": 1, "max": 1, "threads": 2},
        **fields,
    }


class Runs:
    """Jobs of one state directory, which is gone when the `with` block ends."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="descent-claim-")
        self.state = pathlib.Path(self.directory.name)
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def train(self, job, *flags):
        """The finished job, as `descent run --json` prints it."""
        file = self.state / "job.yaml"
        file.write_text(json.dumps(job))
        done = subprocess.run(
            [PROGRAMS / "descent", "run", file, "--json", "--state-dir", self.state / "state",
             *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stderr)
        return json.loads(done.stdout)

    def checkpoints(self, job):
        """The directories of a finished job's checkpoints, by step."""
        root = pathlib.Path(job["latest_checkpoint"]["directory"]).parent
        return sorted(root.glob("step-*"), key=lambda path: int(path.name.removeprefix("step-")))

    def curve(self, job, metric):
        """(steps, values) of a metric of a finished job, from the coordinator's store."""
        store = self.state / "state/metrics" / (job["name"].removeprefix("jobs/") + ".db")
        with sqlite3.connect(store) as points:
            rows = points.execute("SELECT step, value FROM points WHERE name = ? ORDER BY step",
                                  [metric]).fetchall()
        return tuple(zip(*rows))


def tensors(file):
    """Name -> array."""
    from safetensors.numpy import load_file
    return load_file(file)


def parameters(checkpoint):
    """Name -> array."""
    return tensors(checkpoint / "model.safetensors")


def moments(checkpoint, prefix):
    """Name of the parameter -> the optimizer's array called `prefix`, as in "adamw.mean."."""
    return {name.removeprefix(prefix): array
            for name, array in tensors(checkpoint / "optimizer.safetensors").items()
            if name.startswith(prefix)}


def conclude(claim, holds):
    """The last line of a script, and its exit code."""
    print(f"{'holds' if holds else 'DOES NOT HOLD'}: {claim}")
    sys.exit(0 if holds else 1)


def figure(path, draw, **labels):
    """Lets `draw(axes)` fill a figure and writes it to `path`, if there is one."""
    if not path:
        return
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    matplotlib.rcParams["svg.hashsalt"] = "descent"
    drawing, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    draw(axes)
    axes.set(**labels)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    drawing.savefig(path, metadata={"Date": None} if str(path).endswith("svg") else None)
