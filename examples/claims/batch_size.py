#!/usr/bin/env python3
"""At equal epochs, small batches generalise at least as well as very large ones.

Every batch size has the best of the same learning rates: a large batch may take larger steps, but
it takes fewer of them, and they know little more (unbiased_gradient.py)."""

import numpy as np

from experiment import Runs, arguments, conclude, figure, image_job

LEARNING_RATES = [3e-4, 1e-3, 3e-3, 1e-2]
ACCURACY_NOISE = 0.005  # two standard errors of an accuracy of 0.88 on 10,000 images


def best_accuracy(runs, batch, options):
    """(test accuracy, learning rate), the best of all."""
    samples, epochs, rates = (4096, 2, LEARNING_RATES[1:3]) if options.quick else \
        (32768, 5, LEARNING_RATES)
    found = []
    for lr in rates:
        job = image_job({"mlp": {"hidden_sizes": [128]}}, samples, batch={"global": batch},
                        epochs=epochs, seed=7, optimizer={"adamw": {"lr": lr}},
                        lr_schedule={"cosine": {}})
        found.append((runs.train(job)["latest_metrics"]["validation/accuracy"], lr))
    return max(found)


def main():
    options = arguments(__doc__)
    sizes = [32, 1024] if options.quick else [16, 64, 256, 1024, 4096, 16384]
    accuracies = []
    with Runs() as runs:
        for batch in sizes:
            accuracy, lr = best_accuracy(runs, batch, options)
            accuracies.append(accuracy)
            print(f"B = {batch:5}   test accuracy {accuracy:.4f} with the best lr, {lr:g}")

    def draw(axes):
        axes.semilogx(sizes, np.array(accuracies) * 100, "o-", base=2)

    figure(options.plot, draw, xlabel="batch size", ylabel="test accuracy, %",
           title="equal epochs, best learning rate of each batch size")
    conclude("small batches generalise at least as well as very large ones at equal epochs",
             accuracies[0] >= accuracies[-1] - ACCURACY_NOISE)


if __name__ == "__main__":
    main()
