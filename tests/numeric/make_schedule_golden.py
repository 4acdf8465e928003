"""Records the learning rates of PyTorch's schedules, step by step.

    python3 make_schedule_golden.py > golden_lr_schedules.json   (needs torch)

The test lr_schedule_golden_test.cc compares ours with them.
"""

import json
import sys

import torch
from torch.optim import lr_scheduler as schedules

LR, STEPS, MIN_LR, WARMUP = 0.5, 40, 0.02, 5
LAST = STEPS - 1


def warmed_up(after):
    """A warmup to the full rate in step WARMUP - 1, then `after`, which begins in that step."""

    def make(optimizer):
        warmup = schedules.LinearLR(optimizer, 1 / WARMUP, 1.0, WARMUP - 1)
        return schedules.SequentialLR(optimizer, [warmup, after(optimizer)], [WARMUP - 1])

    return make


def rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    schedule = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
        if len(found) == STEPS - 1 and isinstance(schedule, schedules.OneCycleLR):
            found.append(optimizer.param_groups[0]["lr"])
            break  # it refuses a step after its last
    return found


def one_cycle(strategy, pct_start):
    return lambda optimizer: schedules.OneCycleLR(
        optimizer, LR, total_steps=STEPS, pct_start=pct_start, anneal_strategy=strategy,
        cycle_momentum=False, div_factor=20.0, final_div_factor=1e3)


RUNS = {
    "constant": ({}, lambda o: schedules.ConstantLR(o, 1.0)),
    "linear": ({"min_lr": MIN_LR}, lambda o: schedules.LinearLR(o, 1.0, MIN_LR / LR, LAST)),
    "cosine": ({"min_lr": MIN_LR}, lambda o: schedules.CosineAnnealingLR(o, LAST, MIN_LR)),
    "cosine after a warmup": (
        {"min_lr": MIN_LR, "warmup_steps": WARMUP},
        warmed_up(lambda o: schedules.CosineAnnealingLR(o, LAST - WARMUP + 1, MIN_LR))),
    "polynomial": ({"power": 0.9}, lambda o: schedules.PolynomialLR(o, LAST, 0.9)),
    "polynomial of power 2": ({"power": 2.0}, lambda o: schedules.PolynomialLR(o, LAST, 2.0)),
    "step with milestones": (
        {"milestones": [7, 20, 33], "gamma": 0.3},
        lambda o: schedules.MultiStepLR(o, [7, 20, 33], 0.3)),
    "step every 6": ({"every_steps": 6, "gamma": 0.7}, lambda o: schedules.StepLR(o, 6, 0.7)),
    "one_cycle": (
        {"curve": "cosine", "rise": 0.3, "start_divisor": 20.0, "end_divisor": 1e3},
        one_cycle("cos", 0.3)),
    "one_cycle on lines": (
        {"curve": "linear", "rise": 0.26, "start_divisor": 20.0, "end_divisor": 1e3},
        one_cycle("linear", 0.26)),
}


def main():
    golden = {"pytorch": torch.__version__, "lr": LR, "steps": STEPS, "runs": []}
    for name, (fields, make) in RUNS.items():
        golden["runs"].append({"name": name, "kind": name.split()[0], "fields": fields,
                               "rates": rates(make)})
    json.dump(golden, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
