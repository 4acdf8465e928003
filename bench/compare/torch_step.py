"""The peer's side: trains a model of cases.py with PyTorch and prints its times as JSON.

    torch_step.py MODEL --batch N --processes N --threads N --steps N --warm-up N [--precision bf16]
                  [--context T] [--settings NAME…]

Each setting, by default all that this PyTorch and the model have, is timed by itself: which form of
AdamW, and of image models, which order of an image's values. MASTER_ADDR and MASTER_PORT name where
ranks meet. Data parallelism is DistributedDataParallel over gloo, one process for each rank.
"""

import argparse
import contextlib
import inspect
import json
import statistics
import time

import torch
import torch.distributed
from torch import nn
from torch.nn import functional

import ranks


IMAGE_MODELS = "convnet", "resnet18"


def attend(query, key, value):
    if hasattr(functional, "scaled_dot_product_attention"):
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    context = query.shape[-2]
    later = torch.ones(context, context, dtype=torch.bool).triu(1)
    scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
    return scores.masked_fill(later, float("-inf")).softmax(-1) @ value


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        rows, context, width = x.shape
        parts = self.qkv(self.attention_norm(x)).split(width, 2)
        query, key, value = (part.view(rows, context, self.heads, -1).transpose(1, 2)
                             for part in parts)
        mixed = attend(query, key, value)
        x = x + self.projection(mixed.transpose(1, 2).reshape(rows, context, width))
        return x + self.down(functional.gelu(self.up(self.mlp_norm(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, layers, heads, width, context, vocabulary):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions.weight
        logits = functional.linear(self.norm(self.layers(x)), self.tokens.weight)
        return logits.view(-1, logits.shape[-1])


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                          nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.first_norm(self.first(x)), inplace=True)
        return functional.relu(self.second_norm(self.second(y)) + self.shortcut(x), inplace=True)


def resnet18():
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    inputs = 64
    for outputs, stride in (64, 1), (128, 2), (256, 2), (512, 2):
        layers += [Residual(inputs, outputs, stride), Residual(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def convnet():
    layers = []
    for inputs, outputs in (1, 32), (32, 64):
        layers += [nn.Conv2d(inputs, outputs, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 49, 10))


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))


def settings_of(model):
    """The names of what may be chosen, as `form of AdamW/order of an image's values`."""
    fused = "fused" in inspect.signature(torch.optim.AdamW).parameters
    forms = ("fused", "foreach") if fused else ("foreach",)
    orders = ("channels_last", "contiguous_format") if model in IMAGE_MODELS else ("",)
    return ["/".join(filter(None, (form, order))) for form in forms for order in orders]


def make(name, rows, context):
    """The model with a batch of noise."""
    if name in ("gpt2", "char_gpt"):
        layers, heads, width, vocabulary = (12, 12, 768, 50257) if name == "gpt2" else (6, 6, 384, 65)
        tokens = torch.randint(0, vocabulary, (rows, context))
        return Gpt(layers, heads, width, context, vocabulary), tokens, tokens.flatten()
    labels = torch.randint(0, 10, (rows,))
    if name == "mlp":
        return mlp(), torch.randn(rows, 784), labels
    model, shape = (convnet(), (1, 28, 28)) if name == "convnet" else (resnet18(), (3, 32, 32))
    return model, torch.randn(rows, *shape), labels


def train(setting, options):
    """The number of parameters, and the times of the steps."""
    form, _, order = setting.partition("/")
    model, inputs, labels = make(options.model, options.batch // options.processes, options.context)
    if order:
        memory_format = getattr(torch, order)
        model, inputs = model.to(memory_format=memory_format), inputs.to(memory_format=memory_format)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    if options.processes > 1:
        model = nn.parallel.DistributedDataParallel(
            model, gradient_as_bucket_view=True, static_graph=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1, **{form: True})
    cast = (torch.autocast("cpu", dtype=torch.bfloat16) if options.precision == "bf16"
            else contextlib.nullcontext())
    milliseconds = []
    for step in range(options.warm_up + options.steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with cast:
            loss = functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        if step >= options.warm_up:
            milliseconds.append(1e3 * (time.perf_counter() - start))
    return parameters, milliseconds


def run_rank(rank, options, results):
    torch.set_num_threads(options.threads)
    torch.manual_seed(rank)
    if options.processes > 1:
        torch.distributed.init_process_group("gloo", rank=rank, world_size=options.processes)
    found = {}
    for setting in options.settings or settings_of(options.model):
        parameters, milliseconds = train(setting, options)
        found[setting] = statistics.median(milliseconds)
    if rank == 0:
        results.put({"milliseconds": found, "parameters": parameters, "version": torch.__version__})
    if options.processes > 1:
        torch.distributed.barrier()  # who leaves early takes the others' store away
        torch.distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for number in "batch", "processes", "threads", "steps", "warm-up":
        parser.add_argument("--" + number, type=int, required=True)
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--context", type=int, default=0)
    parser.add_argument("--settings", nargs="*")
    options = parser.parse_args()
    print(json.dumps(ranks.spawn(options.processes, run_rank, options)))


if __name__ == "__main__":
    main()
