"""Records ten AdamW steps of two tiny networks in PyTorch as golden_mlp.json.

    python3 make_golden.py > golden_mlp.json   (needs torch)

Every number is an f32, printed so that it reads back to the same bits. The test
golden_test.cc replays the file; run this again only to record other networks.
"""

import json
import sys

import torch
from torch import nn

ROWS, SIZES, STEPS = 8, (12, 16, 8, 4), 10
ADAMW = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}


class Mlp(nn.Module):
    def __init__(self, activation):
        super().__init__()
        pairs = zip(SIZES[:-1], SIZES[1:])
        self.layers = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairs)
        self.activation = activation

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


def flat(tensor):
    return tensor.detach().flatten().tolist()


def record(name, activation):
    torch.manual_seed(20240)
    model = Mlp(activation)
    x = torch.randn(ROWS, SIZES[0])
    labels = torch.randint(0, SIZES[-1], (ROWS,))
    optimizer = torch.optim.AdamW(model.parameters(), **ADAMW)
    run = {
        "activation": name,
        "features": flat(x),
        "labels": flat(labels),
        "parameters": {key: flat(value) for key, value in model.named_parameters()},
        "losses": [],
        "parameter_norms": [],
    }
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        if step == 0:
            run["gradients"] = {key: flat(value.grad) for key, value in model.named_parameters()}
        optimizer.step()
        run["losses"].append(loss.item())
        norms = {key: value.norm().item() for key, value in model.named_parameters()}
        run["parameter_norms"].append(norms)
    return run


def main():
    torch.set_num_threads(1)
    golden = {
        "pytorch": torch.__version__,
        "rows": ROWS,
        "sizes": SIZES,
        "adamw": ADAMW,
        "runs": [record("relu", nn.functional.relu), record("gelu", nn.functional.gelu)],
    }

    def rounded(value):  # nine significant digits hold an f32 exactly
        if isinstance(value, float):
            return float(f"{value:.9g}")
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [rounded(item) for item in value]
        return value

    json.dump(rounded(golden), sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
