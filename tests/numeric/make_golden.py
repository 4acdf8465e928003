"""Records ten AdamW steps of tiny networks in PyTorch.

    python3 make_golden.py mlp > golden_mlp.json   (needs torch)
    python3 make_golden.py gpt > golden_gpt.json
    python3 make_golden.py loss > golden_loss.json
    python3 make_golden.py regression > golden_regression.json

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

    def placed(self, q, k):
        return q, k

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = (
            part.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        q, k = self.placed(q, k)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(batch, tokens, width))


class FeedForward(nn.Module):
    def __init__(self, width, approximate="none"):
        super().__init__()
        self.approximate = approximate
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate=self.approximate))


class Layer(nn.Module):
    def __init__(self, width, heads, approximate="none"):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads), FeedForward(width, approximate)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    def __init__(self, approximate="none"):
        super().__init__()
        width = GPT["embedding_size"]
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(VOCABULARY, width),
            "wpe": nn.Embedding(GPT["context_length"], width),
            "h": nn.ModuleList(
                Layer(width, GPT["heads"], approximate) for _ in range(GPT["layers"])),
            "ln_f": nn.LayerNorm(width),
        })

    def forward(self, tokens):
        parts = self.transformer
        x = parts["wte"](tokens) + parts["wpe"](torch.arange(tokens.shape[1]))
        for layer in parts["h"]:
            x = layer(x)
        return parts["ln_f"](x) @ parts["wte"].weight.T


LLAMA = {"layers": 2, "heads": 2, "embedding_size": 16, "context_length": 8,
         "feed_forward_size": 24, "positions": "rotary", "activation": "swiglu",
         "norm": "rms_norm", "head": "untied", "biases": "none"}


def turned(x):
    """Rotary positions of x [batch, heads, tokens, width], the halves of a head paired."""
    tokens, half = x.shape[2], x.shape[3] // 2
    frequencies = 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.outer(torch.arange(tokens, dtype=torch.float64), frequencies)
    cosines, sines = angles.cos().float(), angles.sin().float()
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * cosines - b * sines, b * cosines + a * sines), dim=3)


class LlamaAttention(Attention):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.c_attn = nn.Linear(width, 3 * width, bias=False)
        self.c_proj = nn.Linear(width, width, bias=False)

    def placed(self, q, k):
        return turned(q), turned(k)


class LlamaFeedForward(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.c_fc = nn.Linear(width, hidden, bias=False)
        self.c_gate = nn.Linear(width, hidden, bias=False)
        self.c_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.c_proj(nn.functional.silu(self.c_gate(x)) * self.c_fc(x))


class LlamaLayer(Layer):
    def __init__(self, width, heads):
        nn.Module.__init__(self)
        self.ln_1, self.ln_2 = nn.RMSNorm(width, eps=1e-5), nn.RMSNorm(width, eps=1e-5)
        self.attn = LlamaAttention(width, heads)
        self.mlp = LlamaFeedForward(width, LLAMA["feed_forward_size"])


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        width = LLAMA["embedding_size"]
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(VOCABULARY, width),
            "h": nn.ModuleList(LlamaLayer(width, LLAMA["heads"]) for _ in range(LLAMA["layers"])),
            "ln_f": nn.RMSNorm(width, eps=1e-5),
        })
        self.lm_head = nn.Linear(width, VOCABULARY, bias=False)

    def forward(self, tokens):
        x = self.transformer["wte"](tokens)
        for layer in self.transformer["h"]:
            x = layer(x)
        return self.lm_head(self.transformer["ln_f"](x))


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
IGNORE_INDEX = -1


def record_loss(name, ignore_index=None):
    """An MLP that learns numbers, wide enough apart for both sides of Huber's delta, or labels."""
    torch.manual_seed(20242)
    model = Mlp(nn.functional.relu)
    x = torch.randn(ROWS, SIZES[0])
    targets = torch.randn(ROWS, SIZES[-1])
    if name == "binary_cross_entropy":
        targets = torch.sigmoid(2 * targets)
    if name == "cross_entropy":
        targets = torch.randint(0, SIZES[-1], (ROWS,))
        if ignore_index is not None:
            targets[1::3] = ignore_index
    measure = {
        "cross_entropy": lambda y, t: nn.functional.cross_entropy(
            y, t, label_smoothing=LABEL_SMOOTHING, ignore_index=IGNORE_INDEX),
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


class Regression(nn.Module):
    """One linear layer, under the name that it has in an MLP without hidden layers."""

    def __init__(self, outputs):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(SIZES[0], outputs)])

    def forward(self, x):
        return self.layers[0](x)


def record_regression(kind, loss, outputs):
    torch.manual_seed(20245)
    model = Regression(outputs)
    x = torch.randn(ROWS, SIZES[0])
    options = {"regression": kind, "loss": loss, "classes": max(outputs, 2), "features": flat(x)}
    if loss == "mse":
        targets = torch.randn(ROWS, outputs)
        return options | {"targets": flat(targets)} | record(model, x, targets,
                                                             nn.functional.mse_loss)
    labels = torch.randint(0, max(outputs, 2), (ROWS,))
    if loss == "cross_entropy":
        return options | record(model, x, labels)

    def measure(logits, wanted):
        return nn.functional.binary_cross_entropy_with_logits(logits[:, 0], wanted.float())

    return options | record(model, x, labels, measure)


def record_gpt(model, options):
    nn.init.normal_(model.transformer["wte"].weight, std=0.3)
    tokens = torch.randint(0, VOCABULARY, (ROWS, GPT["context_length"]))
    labels = torch.randint(0, VOCABULARY, (ROWS, GPT["context_length"]))
    return {"gpt": options, "tokens": flat(tokens)} | record(model, tokens, labels.flatten())


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
        golden["runs"].append(record_loss("cross_entropy", IGNORE_INDEX))
    elif sys.argv[1] == "regression":
        golden["sizes"] = SIZES
        golden["runs"] = [record_regression("linear", "mse", 3),
                          record_regression("logistic", "cross_entropy", 4),
                          record_regression("logistic", "binary_cross_entropy", 1)]
    else:
        golden["vocabulary"] = VOCABULARY
        torch.manual_seed(20241)
        golden["runs"] = [record_gpt(Gpt(), GPT)]
        torch.manual_seed(20243)
        golden["runs"].append(record_gpt(Llama(), LLAMA))
        golden["runs"].append(record_gpt(Gpt("tanh"), GPT | {"activation": "gelu_tanh"}))

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
