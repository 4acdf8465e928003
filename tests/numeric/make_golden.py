"""Records ten AdamW steps of tiny networks in PyTorch.

    python3 make_golden.py mlp > golden_mlp.json   (needs torch)
    python3 make_golden.py gpt > golden_gpt.json
    python3 make_golden.py loss > golden_loss.json

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


GPT = {"layers": 2, "heads": 2, "embedding_size": 16, "context_length": 8}
VOCABULARY = 11


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.heads = heads

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = (
            part.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(batch, tokens, width))


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(nn.functional.gelu(self.c_fc(x)))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads), FeedForward(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        width = GPT["embedding_size"]
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(VOCABULARY, width),
            "wpe": nn.Embedding(GPT["context_length"], width),
            "h": nn.ModuleList(Layer(width, GPT["heads"]) for _ in range(GPT["layers"])),
            "ln_f": nn.LayerNorm(width),
        })

    def forward(self, tokens):
        parts = self.transformer
        x = parts["wte"](tokens) + parts["wpe"](torch.arange(tokens.shape[1]))
        for layer in parts["h"]:
            x = layer(x)
        return parts["ln_f"](x) @ parts["wte"].weight.T


def flat(tensor):
    return tensor.detach().flatten().tolist()


def record_mlp(name, activation):
    torch.manual_seed(20240)
    model = Mlp(activation)
    x = torch.randn(ROWS, SIZES[0])
    labels = torch.randint(0, SIZES[-1], (ROWS,))
    return {"activation": name, "features": flat(x)} | record(model, x, labels)


HUBER_DELTA = 0.5
LABEL_SMOOTHING = 0.1


def record_loss(name):
    """An MLP that learns numbers, wide enough apart for both sides of Huber's delta, or labels."""
    torch.manual_seed(20242)
    model = Mlp(nn.functional.relu)
    x = torch.randn(ROWS, SIZES[0])
    targets = torch.randn(ROWS, SIZES[-1])
    if name == "binary_cross_entropy":
        targets = torch.sigmoid(2 * targets)
    if name == "cross_entropy":
        targets = torch.randint(0, SIZES[-1], (ROWS,))
    measure = {
        "cross_entropy": lambda y, t: nn.functional.cross_entropy(
            y, t, label_smoothing=LABEL_SMOOTHING),
        "binary_cross_entropy": nn.functional.binary_cross_entropy_with_logits,
        "mse": nn.functional.mse_loss,
        "huber": lambda y, t: nn.functional.huber_loss(y, t, delta=HUBER_DELTA),
    }[name]
    options = {"loss": name, "activation": "relu", "features": flat(x)}
    if name == "cross_entropy":
        options["label_smoothing"] = LABEL_SMOOTHING
    else:
        options["targets"] = flat(targets)
    if name == "huber":
        options["huber_delta"] = HUBER_DELTA
    return options | record(model, x, targets, measure)


def record_gpt():
    torch.manual_seed(20241)
    model = Gpt()
    nn.init.normal_(model.transformer["wte"].weight, std=0.3)
    tokens = torch.randint(0, VOCABULARY, (ROWS, GPT["context_length"]))
    labels = torch.randint(0, VOCABULARY, (ROWS, GPT["context_length"]))
    return {"gpt": GPT, "tokens": flat(tokens)} | record(model, tokens, labels.flatten())


def cross_entropy(logits, labels):
    return nn.functional.cross_entropy(logits.flatten(0, -2), labels)


def record(model, x, wanted, measure=cross_entropy):
    optimizer = torch.optim.AdamW(model.parameters(), **ADAMW)
    run = {
        "labels": [] if wanted.is_floating_point() else flat(wanted),
        "parameters": {key: flat(value) for key, value in model.named_parameters()},
        "losses": [],
        "parameter_norms": [],
    }
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = measure(model(x), wanted)
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
        "adamw": ADAMW,
    }
    if sys.argv[1] == "mlp":
        golden["sizes"] = SIZES
        golden["runs"] = [
            record_mlp("relu", nn.functional.relu), record_mlp("gelu", nn.functional.gelu)]
    elif sys.argv[1] == "loss":
        golden["sizes"] = SIZES
        losses = ("binary_cross_entropy", "mse", "huber", "cross_entropy")
        golden["runs"] = [record_loss(name) for name in losses]
    else:
        golden["vocabulary"] = VOCABULARY
        golden["runs"] = [record_gpt()]

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
