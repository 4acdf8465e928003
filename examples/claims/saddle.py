#!/usr/bin/env python3
"""Mini-batches leave a saddle point that full-batch descent sits on.

A network of one hidden layer starts with all parameters at zero and learns to tell two classes of
which it has equally many samples. Both outputs are 0 and both probabilities 1/2, so a sample pulls
the last layer's parameters by 1/2 or 1/4 one way or the other, as its class says; over all samples
that cancels, and nothing reaches the layers before. The gradient is zero, exactly, but this is no
minimum: a step off in the right direction, and the loss falls. A mini-batch hardly ever has as many
samples of one class as of the other."""

import gzip
import pathlib
import struct

from experiment import IMAGES, Runs, arguments, conclude, figure, image_job

CLASSES = (0, 1)  # T-shirts and trousers


def write_balanced(prefix, count):
    """The first `count` images of each of the two classes, as IDX files."""
    images = gzip.decompress(pathlib.Path(f"{IMAGES}/train-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress(pathlib.Path(f"{IMAGES}/train-labels-idx1-ubyte.gz").read_bytes())[8:]
    chosen = [i for kind in CLASSES
              for i in [i for i, label in enumerate(labels) if label == kind][:count]]
    size = 28 * 28
    pathlib.Path(f"{prefix}-images-idx3-ubyte").write_bytes(
        struct.pack(">IIII", 0x803, len(chosen), 28, 28) +
        b"".join(images[i * size:(i + 1) * size] for i in chosen))
    pathlib.Path(f"{prefix}-labels-idx1-ubyte").write_bytes(
        struct.pack(">II", 0x801, len(chosen)) + bytes(labels[i] for i in chosen))


def losses(runs, prefix, batch, steps):
    """(steps, training loss) of plain SGD with that batch, from all parameters at zero."""
    model = {"layers": [{"flatten": {}}, {"linear": {"out_features": 16}}, {"sigmoid": {}},
                        {"linear": {}}],
             "init": "zeros"}
    job = image_job(model, 1, batch={"global": batch}, steps=steps, seed=5,
                    optimizer={"sgd": {"lr": 0.1}})
    job["data"] = {"train": {"path": str(prefix), "format": "idx"},
                   "normalize": {"mean": [0.286], "std": [0.353]}}
    return runs.curve(runs.train(job), "train/loss")


def main():
    options = arguments(__doc__)
    count, steps = (256, 300) if options.quick else (1024, 400)
    with Runs() as runs:
        prefix = runs.state / "two-classes"
        write_balanced(prefix, count)
        full = losses(runs, prefix, "all", steps)
        small = losses(runs, prefix, 32, steps)
    for name, curve in (("full batch", full), ("batch of 32", small)):
        print(f"{name:12} loss {curve[1][0]:.6f} at first, {curve[1][-1]:.6f} after {steps} steps")

    def draw(axes):
        axes.plot(*small, label="mini-batches of 32")
        axes.plot(*full, label="full batch")

    figure(options.plot, draw, xlabel="step", ylabel="training loss")
    conclude("mini-batches leave the saddle that full-batch descent sits on",
             full[1][0] == full[1][-1] and small[1][-1] < 0.5 * small[1][0])


if __name__ == "__main__":
    main()
