#!/usr/bin/env python3
"""SGD, Adam, AdamW and Lion differ in nothing but the update applied.

All start from the same weights and see the same samples. Their first gradient, which settings of
theirs make a moment hold, has the same bits. From then on their moments say which gradient each step
had, and the weights of every step follow from those before by the formula of the optimizer alone,
written out here in double precision."""

import numpy as np

from experiment import Runs, arguments, conclude, figure, image_job, moments, parameters

STEPS = 5
LR = 1e-3
DECAY = 0.1
# Where the first moment of the named kind is the gradient itself.
HOLDS_GRADIENT = {"sgd": ({"momentum": 0.9}, "sgd.momentum."),
                  "adam": ({"betas": [0, 0.999]}, "adam.mean."),
                  "adamw": ({"betas": [0, 0.999]}, "adamw.mean."),
                  "lion": ({"betas": [0.9, 0]}, "lion.momentum.")}
# A gradient that is recovered from moments in f32 is right to a few of their roundings.
ERROR_MAX = 1e-4  # of an update, relative to the largest
# Lion takes a sign: of a sum that is nearly zero, rounding decides it.
SIGN_MIN = 1e-5   # relative to the largest


def sgd(m0, m1, _, w, step):
    gradient = m1 - 0.9 * m0
    return w - LR * (0.9 * m0 + gradient), None


def adam(m0, m1, v0, w, step):
    gradient = (m1 - 0.9 * m0) / 0.1
    variance = 0.999 * v0 + 0.001 * gradient ** 2
    scaled = m1 / (1 - 0.9 ** step) / (np.sqrt(variance / (1 - 0.999 ** step)) + 1e-8)
    return w - LR * scaled, variance


def adamw(m0, m1, v0, w, step):
    return adam(m0, m1, v0, (1 - LR * DECAY) * w, step)


def lion(m0, m1, _, w, step):
    gradient = (m1 - 0.99 * m0) / 0.01
    direction = 0.9 * m0 + 0.1 * gradient
    is_sure = np.abs(direction) > SIGN_MIN * np.abs(direction).max()
    return np.where(is_sure, w - LR * (np.sign(direction) + DECAY * w), np.nan), None


RULES = {"sgd": (sgd, {"momentum": 0.9}), "adam": (adam, {}),
         "adamw": (adamw, {"weight_decay": DECAY}), "lion": (lion, {"weight_decay": DECAY})}


def job_of(optimizer, settings, lr, **fields):
    return image_job({"mlp": {"hidden_sizes": [64]}}, 8192, batch={"global": 128}, seed=11,
                     optimizer={optimizer: {"lr": lr, **settings}}, **fields)


def flat(arrays):
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)]).astype(np.float64)


def first_gradient(runs, optimizer):
    settings, moment = HOLDS_GRADIENT[optimizer]
    done = runs.train(job_of(optimizer, settings, 1e-30, steps=1))
    return flat(moments(runs.checkpoints(done)[0], moment))


def start(runs):
    """The weights before the first step: too small a step leaves them as they are."""
    done = runs.train(job_of("sgd", {}, 1e-30, steps=1))
    return flat(parameters(runs.checkpoints(done)[0]))


def update_error(runs, optimizer, weights):
    """The largest difference between the weights of a step and what the rule says, relative to the
    largest update."""
    rule, settings = RULES[optimizer]
    done = runs.train(job_of(optimizer, settings, LR, steps=STEPS,
                             checkpoint={"every_steps": 1, "keep_last": STEPS}))
    moment = HOLDS_GRADIENT[optimizer][1]
    mean, variance, worst = np.zeros_like(weights), np.zeros_like(weights), 0.0
    for step, checkpoint in enumerate(runs.checkpoints(done), start=1):
        next_mean, found = flat(moments(checkpoint, moment)), flat(parameters(checkpoint))
        wanted, variance = rule(mean, next_mean, variance, weights, step)
        worst = max(worst, np.nanmax(np.abs(found - wanted)) / np.abs(found - weights).max())
        mean, weights = next_mean, found
    return worst


def main():
    options = arguments(__doc__)
    epochs = 1 if options.quick else 5
    with Runs() as runs:
        gradients = {name: first_gradient(runs, name) for name in RULES}
        weights = start(runs)
        errors = {name: update_error(runs, name, weights) for name in RULES}
        rates = {"sgd": 0.03, "adam": 1e-3, "adamw": 1e-3, "lion": 1e-4}
        curves = {name: runs.curve(runs.train(job_of(name, RULES[name][1], rates[name],
                                                     epochs=epochs,
                                                     evaluate={"every_epochs": 1})),
                                   "validation/loss") for name in RULES}
    is_same = all(np.array_equal(gradient, gradients["sgd"]) for gradient in gradients.values())
    print(f"the first gradients of all four have {'the same' if is_same else 'DIFFERENT'} bits")
    for name, error in errors.items():
        print(f"{name:6} {STEPS} steps follow the formula to {error:.1e} of an update   "
              f"test loss {curves[name][1][-1]:.4f} after {epochs} epochs")

    def draw(axes):
        for name, (steps, values) in curves.items():
            axes.plot(steps, values, "o-", label=name)

    figure(options.plot, draw, xlabel="step", ylabel="test loss")
    conclude("the optimizers differ in nothing but the update applied",
             is_same and max(errors.values()) < ERROR_MAX)


if __name__ == "__main__":
    main()
