"""Records ten steps of one tiny network under each optimizer of PyTorch.

    python3 make_optimizer_golden.py > golden_optimizer.json   (needs torch)

All runs start from the same parameters and learn from the same batch. Every number is an f32,
printed so that it reads back to the same bits. The test optimizer_golden_test.cc replays the file;
run this again only to record other optimizers.
"""

import copy
import json
import sys

import torch
from torch import nn

ROWS, SIZES, STEPS = 8, (12, 16, 8, 4), 10


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        pairs = zip(SIZES[:-1], SIZES[1:])
        self.layers = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairs)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, Algorithm 2, which torch.optim does not have."""

    def __init__(self, parameters, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for weight in group["params"]:
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                direction = torch.sign(beta1 * momentum + (1 - beta1) * weight.grad)
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(group["lr"] * direction)
                momentum.mul_(beta2).add_(weight.grad, alpha=1 - beta2)


def everything(model):
    return model.parameters()


def in_groups(model):
    """As the job's groups: the first layer is frozen, biases do not decay and learn faster."""
    for parameter in model.layers[0].parameters():
        parameter.requires_grad_(False)
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for name, p in named if name.endswith("bias")],
         "weight_decay": 0.0, "lr": 0.03},
        {"params": [p for name, p in named if not name.endswith("bias")]},
    ]


GROUPS = ("groups: [{match: [layers.0.*], freeze: true}, "
          "{match: ['*.bias'], weight_decay: 0, lr_multiplier: 3}]")

# Name, the job's `optimizer`, the same of PyTorch, its parameters, and how gradients are clipped.
RUNS = (
    ("adamw", "{adamw: {lr: 0.01}}",
     lambda p: torch.optim.AdamW(p, lr=0.01), everything, None),
    ("adam", "{adam: {lr: 0.01}}",
     lambda p: torch.optim.Adam(p, lr=0.01), everything, None),
    ("adam_with_decay", "{adam: {lr: 0.01, betas: [0.8, 0.99], weight_decay: 0.1}}",
     lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), weight_decay=0.1), everything, None),
    ("sgd", "{sgd: {lr: 0.1}}",
     lambda p: torch.optim.SGD(p, lr=0.1), everything, None),
    ("sgd_with_momentum", "{sgd: {lr: 0.1, momentum: 0.9}}",
     lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), everything, None),
    ("sgd_with_dampening", "{sgd: {lr: 0.1, momentum: 0.9, dampening: 0.5, weight_decay: 0.01}}",
     lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.01),
     everything, None),
    ("sgd_with_nesterov", "{sgd: {lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01}}",
     lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
     everything, None),
    ("lion", "{lion: {lr: 0.01, weight_decay: 0.1}}",
     lambda p: Lion(p, lr=0.01, weight_decay=0.1), everything, None),
    ("clipped_by_norm", "{sgd: {lr: 0.1}, clip_norm: 0.25}",
     lambda p: torch.optim.SGD(p, lr=0.1), everything,
     lambda model: nn.utils.clip_grad_norm_(model.parameters(), 0.25)),
    ("clipped_by_value", "{sgd: {lr: 0.1}, clip_value: 0.02}",
     lambda p: torch.optim.SGD(p, lr=0.1), everything,
     lambda model: nn.utils.clip_grad_value_(model.parameters(), 0.02)),
    ("in_groups", "{adamw: {lr: 0.01, weight_decay: 0.1}, clip_norm: 0.25, " + GROUPS + "}",
     lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1), in_groups,
     lambda model: nn.utils.clip_grad_norm_(model.parameters(), 0.25)),
)
AVERAGE_DECAY = 0.75


def flat(tensor):
    return tensor.detach().flatten().tolist()


def norms(model):
    return {key: value.norm().item() for key, value in model.named_parameters()}


def record(start, x, labels, name, job, make, select, clip):
    model = copy.deepcopy(start)
    optimizer = make(select(model))
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE_DECAY))
    run = {"name": name, "optimizer": job,
           "losses": [], "parameter_norms": [], "average_norms": []}
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        if clip:
            clip(model)
        optimizer.step()
        average.update_parameters(model)
        run["losses"].append(loss.item())
        run["parameter_norms"].append(norms(model))
        run["average_norms"].append(norms(average.module))
    return run


def rounded(value):
    """Nine significant digits hold an f32 exactly."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return value


def main():
    torch.set_num_threads(1)
    torch.manual_seed(20244)
    start = Mlp()
    x = torch.randn(ROWS, SIZES[0])
    labels = torch.randint(0, SIZES[-1], (ROWS,))
    golden = {
        "pytorch": torch.__version__,
        "rows": ROWS,
        "sizes": SIZES,
        "features": flat(x),
        "labels": flat(labels),
        "parameters": {key: flat(value) for key, value in start.named_parameters()},
        "average_decay": AVERAGE_DECAY,
        "runs": [record(start, x, labels, *run) for run in RUNS],
    }
    json.dump(rounded(golden), sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
