"""Records ten AdamW steps of small networks of images in PyTorch, running statistics included.

    python3 make_image_golden.py > golden_image.json   (needs torch)

Parameters and images are not written down but drawn by `drawn`, which image_golden_test.cc repeats;
of a gradient the first elements and the largest are. The test replays the file; run this again only
to record other networks.
"""

import json
import math
import sys

import torch
from torch import nn

ROWS, CLASSES, STEPS = 8, 5, 10
ADAMW = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}
GRADIENT_ELEMENTS = 24


def drawn(name, count):
    """Numbers in [-1, 1) that follow from a name: the fractions of a wild function."""
    phase = sum(name.encode())
    wild = (math.sin(12.9898 * (i + 1) + phase) * 43758.5453 for i in range(count))
    return [2 * (x - math.floor(x)) - 1 for x in wild]


def start(model):
    """Weights of the size that keeps signals alive; gains about 1, biases about 0."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            values = torch.tensor(drawn(name, value.numel()), dtype=torch.float64)
            if value.dim() > 1:
                values *= math.sqrt(6 / value[0].numel())
            else:
                values = 0.25 * values + (1 if name.endswith("weight") else 0)
            value.copy_(values.view(value.shape).float())


class Layers(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


def window(kernel, stride, padding=0):
    return {"kernel_size": kernel, "stride": stride, "padding": padding}


def convolution(outputs, kernel, stride=1, padding=0, dilation=1, groups=1, bias=True):
    return {"conv2d": {"out_channels": outputs} | window(kernel, stride, padding)
            | {"dilation": dilation, "groups": groups, "bias": bias}}


BATCH_NORM = {"batch_norm": {"eps": 1e-5, "momentum": 0.1}}


def linear(outputs):
    return {"linear": {"out_features": outputs, "bias": True}}


def convnet():
    model = Layers(
        nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 10, 3, padding=1, bias=False), nn.BatchNorm2d(10), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(90, 12), nn.ReLU(), nn.Linear(12, CLASSES))
    pool = {"max_pool2d": window(2, 0)}
    layers = [
        convolution(6, 3, padding=1, bias=False), BATCH_NORM, {"relu": {}}, pool,
        convolution(10, 3, padding=1, bias=False), BATCH_NORM, {"relu": {}}, pool,
        {"flatten": {}}, linear(12), {"relu": {}}, linear(0)]
    return model, {"layers": layers}, (2, 12, 12)


def layers():
    """What the convnet has not: groups, dilation, overlapping pools, other functions and norms."""
    model = Layers(
        nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.SiLU(),
        nn.Conv2d(6, 8, 3, padding=2, dilation=2, groups=2), nn.GELU(),
        nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2, 1), nn.Conv2d(8, 9, 1), nn.Tanh(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(9, momentum=0.3),
        nn.Linear(9, 7, bias=False), nn.LayerNorm(7), nn.Sigmoid(), nn.Linear(7, CLASSES))
    described = [
        convolution(6, 3, 2, 1), {"silu": {}}, convolution(8, 3, 1, 2, 2, 2), {"gelu": {}},
        {"max_pool2d": window(3, 2, 1)}, {"avg_pool2d": window(2, 1)}, convolution(9, 1),
        {"tanh": {}}, {"global_avg_pool": {}}, {"flatten": {}},
        {"batch_norm": {"eps": 1e-5, "momentum": 0.3}},
        {"linear": {"out_features": 7, "bias": False}}, {"layer_norm": {"eps": 1e-5}},
        {"sigmoid": {}}, linear(0)]
    return model, {"layers": described}, (3, 13, 11)


class BasicBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Resnet(nn.Module):
    """Names and structure of torchvision's, with a width and with either stem."""

    def __init__(self, depth, stem, width, channels):
        super().__init__()
        block, counts = {18: (BasicBlock, (2, 2, 2, 2)), 50: (Bottleneck, (3, 4, 6, 3))}[depth]
        is_small = stem == "cifar"
        self.conv1 = nn.Conv2d(channels, width, 3 if is_small else 7, 1 if is_small else 2,
                               1 if is_small else 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if is_small else nn.MaxPool2d(3, 2, 1)
        inputs = width
        for stage, count in enumerate(counts):
            blocks = []
            for i in range(count):
                inside = width << stage
                blocks.append(block(inputs, inside, 2 if i == 0 and stage > 0 else 1))
                inputs = inside * (4 if block is Bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def resnet(depth, stem, width, size):
    model = Resnet(depth, stem, width, channels=3)
    return model, {"resnet": {"depth": depth, "stem": stem, "width": width}}, (3, size, size)


def described(model, image):
    """What model.json says of the network."""
    return {"model": model, "loss": "cross_entropy",
            "sample": {"features": math.prod(image), "tokens": 0, "labels": 1, "classes": CLASSES,
                       "image": list(image)}}


def record(name, network, lr):
    model, description, image = network
    start(model)
    images = torch.tensor(drawn("images", ROWS * math.prod(image)), dtype=torch.float64)
    images = (2 * images).float().view(ROWS, *image)
    labels = torch.tensor([i * i % CLASSES for i in range(ROWS)])
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, **ADAMW)
    run = {"name": name, "description": described(description, image), "lr": lr,
           "labels": labels.tolist(), "gradients": {}, "losses": [], "norms": []}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        if step == 0:
            for key, value in model.named_parameters():
                run["gradients"][key] = {
                    "largest": value.grad.abs().max().item(),
                    "first": value.grad.flatten()[:GRADIENT_ELEMENTS].tolist()}
        optimizer.step()
        run["losses"].append(loss.item())
        state = {k: v for k, v in model.state_dict().items() if "num_batches" not in k}
        run["norms"].append({key: value.norm().item() for key, value in state.items()})
    model.eval()
    run["logits"] = model(images).detach().flatten().tolist()
    # The end and the beginning say as much as all steps and take less room.
    run["norms"] = {"first": run["norms"][0], "last": run["norms"][-1]}
    return run


def main():
    torch.set_num_threads(1)
    golden = {
        "pytorch": torch.__version__,
        "rows": ROWS,
        "adamw": ADAMW,
        "runs": [record("convnet", convnet(), 1e-2), record("layers", layers(), 1e-2),
                 record("resnet18_cifar", resnet(18, "cifar", 4, 16), 1e-3),
                 record("resnet50_imagenet", resnet(50, "imagenet", 2, 64), 1e-4)],
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
