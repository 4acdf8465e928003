#!/usr/bin/env python3
"""Ten seeds, which means ten starts and ten orders of the samples, end within a fraction of a
percent in loss.

The figure is the standard deviation of the final test loss over the seeds, as a part of its mean:
of logistic regression, which has one minimum, and of an MLP, which has many."""

import numpy as np

from experiment import Runs, arguments, conclude, figure, image_job

MODELS = {"logistic regression": ({"logistic_regression": {}}, 2e-3),
          "MLP": ({"mlp": {"hidden_sizes": [128]}}, 1e-3)}
SPREAD_MAX = 0.01


def curves(runs, model, lr, seeds, epochs, samples):
    """The test loss after each epoch: [seeds, epochs]."""
    found = []
    for seed in range(seeds):
        job = image_job(model, samples, batch={"global": 128}, epochs=epochs, seed=seed,
                        optimizer={"adamw": {"lr": lr, "weight_decay": 0}},
                        lr_schedule={"cosine": {"warmup_steps": 20}},
                        evaluate={"every_epochs": 1})
        found.append(runs.curve(runs.train(job), "validation/loss")[1])
    return np.array(found)


def main():
    options = arguments(__doc__)
    seeds, epochs, samples = (3, 3, 4096) if options.quick else (10, 10, 32768)
    with Runs() as runs:
        found = {name: curves(runs, model, lr, seeds, epochs, samples)
                 for name, (model, lr) in MODELS.items()}
    spreads = {}
    for name, losses in found.items():
        last = losses[:, -1]
        spreads[name] = last.std() / last.mean()
        print(f"{name:20} {seeds} seeds   final test loss {last.mean():.4f}, "
              f"from {last.min():.4f} to {last.max():.4f}   deviation {spreads[name]:.2%}")

    def draw(axes):
        for colour, (name, losses) in zip(("C0", "C1"), found.items()):
            axes.plot(range(1, epochs + 1), losses.T, color=colour, alpha=0.5)
            axes.plot([], [], color=colour, label=name)

    figure(options.plot, draw, xlabel="epoch", ylabel="test loss", title=f"{seeds} seeds each")
    conclude("the seeds end within a fraction of a percent in loss",
             max(spreads.values()) < SPREAD_MAX)


if __name__ == "__main__":
    main()
