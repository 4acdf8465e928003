#!/usr/bin/env python3
"""The gradient of a mini-batch is an unbiased estimate of the full one, and its variance falls as
1/B.

A job whose learning rate is too small to move a weight computes gradient after gradient at the same
weights. With beta1 = 0 AdamW's running mean is the gradient itself, and a checkpoint of every step
holds it. Over one epoch of N samples, cut into N/B batches, every sample counts once: the mean of
the gradients is the full gradient, to rounding. Their variance is that of drawing B of N without
replacement, tr(S) / B * (N - B) / (N - 1)."""

import numpy as np

from experiment import Runs, arguments, conclude, figure, image_job, moments

SAMPLES = 8192
BATCHES_MIN = 64  # per batch size: a variance from fewer is rough


def flat(arrays):
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)]).astype(np.float64)


def gradients(runs, batch, steps, samples):
    """The gradients of `steps` mini-batches, all at the initial weights: [steps, parameters]."""
    job = image_job({"mlp": {"hidden_sizes": [16]}}, samples, batch={"global": batch},
                    steps=steps, seed=1,
                    optimizer={"adamw": {"lr": 1e-30, "betas": [0, 0.999], "weight_decay": 0}},
                    checkpoint={"every_steps": 1, "keep_last": steps})
    done = runs.train(job)
    return np.array([flat(moments(path, "adamw.mean.")) for path in runs.checkpoints(done)])


def main():
    options = arguments(__doc__)
    samples = 512 if options.quick else SAMPLES
    sizes = [16, 64] if options.quick else [64, 128, 256, 512, 1024, 2048]
    variances, biases = [], []
    with Runs() as runs:
        full = gradients(runs, samples, 1, samples)[0]
        for batch in sizes:
            epoch = samples // batch
            found = gradients(runs, batch, -(-BATCHES_MIN // epoch) * epoch, samples)
            biases.append(np.linalg.norm(found[:epoch].mean(0) - full) / np.linalg.norm(full))
            without_replacement = (samples - batch) / (samples - 1)
            variances.append(((found - full) ** 2).sum(1).mean() / without_replacement)
            print(f"B = {batch:5}   mean of an epoch's {epoch:4} gradients off the full one by "
                  f"{biases[-1]:.1e}   variance {variances[-1]:.4f}   "
                  f"B * variance {batch * variances[-1]:.1f}")
    slope = np.polyfit(np.log(sizes), np.log(variances), 1)[0]
    print(f"the variance falls as B^{slope:.3f}")

    def draw(axes):
        axes.loglog(sizes, variances, "o", label="measured")
        axes.loglog(sizes, variances[0] * sizes[0] / np.array(sizes), "-", label="1/B")

    figure(options.plot, draw, xlabel="batch size B", ylabel="variance of the gradient")
    conclude("unbiased, and the variance falls as 1/B",
             max(biases) < 1e-5 and abs(slope + 1) < (0.3 if options.quick else 0.05))


if __name__ == "__main__":
    main()
