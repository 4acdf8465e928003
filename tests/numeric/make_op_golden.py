"""Records what PyTorch's functions of tensors give, and their gradients.

    python3 make_op_golden.py > golden_ops.json   (needs torch)

The test op_golden_test.cc computes the same by our kernels.
"""

import json
import sys

import torch

torch.manual_seed(5)

A, ROW, COLUMN, SCALAR = (2, 4, 3), (3,), (4, 1), ()


def gathered(x):
    return torch.index_select(x, 1, torch.tensor([2, 0, 2]))


def chosen(a, b):
    return torch.where(torch.tensor([[1, 0, -3]]) != 0, a, b)


# The function, and the shapes of its operands.
CASES = {
    "add": (torch.add, [A, COLUMN]),
    "sub": (torch.sub, [ROW, A]),
    "mul": (torch.mul, [A, SCALAR]),
    "div": (torch.div, [A, ROW]),
    "where": (chosen, [A, ROW]),
    "sum over 0 and 2": (lambda x: x.sum((0, 2)), [A]),
    "mean over 1": (lambda x: x.mean(1, keepdim=True), [A]),
    "max over 2": (lambda x: x.amax(2), [A]),
    "max of ties": (lambda x: x.amax((0, 2)), [A]),
    "softmax over the last": (lambda x: x.softmax(-1), [A]),
    "softmax over 1": (lambda x: x.softmax(1), [A]),
    "log_softmax over the last": (lambda x: x.log_softmax(-1), [A]),
    "log_softmax over 0": (lambda x: x.log_softmax(0), [A]),
    "transpose": (lambda x: x.permute(2, 0, 1), [A]),
    "expand": (lambda x: x.expand(2, 4, 3), [COLUMN]),
    "slice": (lambda x: x[1:2, 0:4:3, 0:3:2], [A]),
    "concat": (lambda x, y: torch.cat((x, y), 1), [A, (2, 2, 3)]),
    "second of split": (lambda x: torch.split(x, (1, 3), 1)[1], [A]),
    "gather": (gathered, [A]),
    "sigmoid": (torch.sigmoid, [A]),
    "tanh": (torch.tanh, [A]),
    "exp": (torch.exp, [A]),
    "log": (lambda x: (x * x + 1).log(), [A]),
    "sqrt": (lambda x: (x * x + 1).sqrt(), [A]),
    "pow": (lambda x: (x * x + 1).pow(-1.5), [A]),
    "clip": (lambda x: x.clamp(-0.5, 0.75), [A]),
}


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def record(name, function, shapes):
    operands = [torch.randn(shape) for shape in shapes]
    if name == "div":
        operands[1] = operands[1].sign() * (operands[1].abs() + 1)
    if name == "max of ties":
        operands[0] = operands[0].round()
    for operand in operands:
        operand.requires_grad_()
    result = function(*operands)
    weights = torch.randn(result.shape)
    (result * weights).sum().backward()
    return {"name": name,
            "operands": [{"shape": list(o.shape), "values": numbers(o.detach())} for o in operands],
            "weights": numbers(weights),
            "result": {"shape": list(result.shape), "values": numbers(result.detach())},
            "gradients": [numbers(o.grad) for o in operands]}


if __name__ == "__main__":
    json.dump({"pytorch": torch.__version__,
               "cases": [record(name, *case) for name, case in CASES.items()]},
              sys.stdout, separators=(",", ":"))
    print()
