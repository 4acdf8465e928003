"""The cases that are compared: one model and batch, trained by both sides with the same layout of
processes and threads; and one reduction between two processes."""

import dataclasses
import json
import pathlib
import random
import struct

GPT2_VOCABULARY = 50257
CHARACTERS = 65
ADAMW = {"adamw": {"lr": 1e-4, "weight_decay": 0.1}}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    model: str  # of the peer: torch_step.py
    spec: dict  # of the job file: model and data
    batch: int  # of all processes together
    processes: int
    threads: int  # of each process
    steps: int  # measured in a segment
    goal: float  # times faster than the peer
    precision: str = "f32"
    peer_precision: str = ""  # where it is another
    context: int = 0  # of a GPT

    def job(self, data):
        """The job file, which YAML reads as JSON. `data` is the directory of write_data."""
        text = json.dumps({
            "name": self.name.replace("_", "-"),
            **self.spec,
            "batch": {"global": self.batch, "logical_workers": self.processes,
                      "micro": self.batch // self.processes},
            "steps": self.warm_up + self.steps,
            "precision": self.precision,
            "optimizer": ADAMW,
            "update": "sharded" if self.processes > 1 else "replicated",
            "workers": {"max": self.processes, "threads": self.threads},
            "checkpoint": {"keep_last": 1},
        })
        return text.replace("DATA", str(data))

    @property
    def warm_up(self):
        return max(3, self.steps // 5)

    @property
    def trial_steps(self):
        return min(self.steps, 100)


@dataclasses.dataclass(frozen=True)
class AllReduce:
    """One reduction of that many MiB by two processes of this machine, in canonical order."""
    name: str
    mebibytes: int
    goal: float = 15.0


def gpt(layers, heads, width, context):
    # GPT-2's own approximation of GELU, which PyTorch computes as fast as the exact one.
    return {"layers": layers, "heads": heads, "embedding_size": width, "context_length": context,
            "activation": "gelu_tanh"}


def tokens(vocabulary):
    return {"train": {"path": f"DATA/tokens-{vocabulary}.bin", "format": "tokens"},
            "vocabulary_size": vocabulary}


def gpt2(context):
    return {"model": {"gpt": gpt(12, 12, 768, context)}, "data": tokens(GPT2_VOCABULARY)}


CHARACTER_GPT = {"model": {"gpt": gpt(6, 6, 384, 256)}, "data": tokens(CHARACTERS)}
GREY_IMAGES = {"train": {"path": "DATA/grey", "format": "idx"}}
COLOUR_IMAGES = {"train": {"path": "DATA/colour.bin", "format": "cifar10"}}
MLP = {"model": {"mlp": {"hidden_sizes": [512, 512]}}, "data": GREY_IMAGES}
CONVNET = {"model": {"convnet": {"layers": [{"channels": 32, "pool": 2},
                                            {"channels": 64, "pool": 2}]}},
           "data": GREY_IMAGES}
RESNET = {"model": {"resnet": {"depth": 18}}, "data": COLOUR_IMAGES}


def gpt2_cases():
    for context, steps in (64, 6), (256, 2):
        for name, precision, peer, goal in (("f32", "f32", "f32", 1.35), ("bf16", "bf16", "bf16", 1.6),
                                            ("bf16_against_f32", "bf16", "f32", 2.4)):
            yield Case(f"gpt2_124m_t{context}_{name}", "gpt2", gpt2(context), 4, 1, 2, steps, goal,
                       precision, peer, context)
        goal = 2.3 if context == 64 else 1.6
        yield Case(f"gpt2_124m_t{context}_2_ranks", "gpt2", gpt2(context), 4, 2, 1, steps, goal,
                   context=context)


CASES = [
    *gpt2_cases(),
    Case("char_gpt", "char_gpt", CHARACTER_GPT, 16, 1, 2, 5, 1.5, context=256),
    Case("char_gpt_2_ranks", "char_gpt", CHARACTER_GPT, 32, 2, 1, 4, 1.4, context=256),
    Case("mlp_128", "mlp", MLP, 128, 1, 2, 800, 1.3),
    Case("mlp_32", "mlp", MLP, 32, 1, 2, 1500, 3.0),
    Case("mlp_128_2_ranks", "mlp", MLP, 256, 2, 1, 500, 3.0),
    Case("mlp_32_2_ranks", "mlp", MLP, 64, 2, 1, 800, 10.0),
    Case("convnet", "convnet", CONVNET, 128, 1, 2, 40, 1.3),
    Case("resnet18", "resnet18", RESNET, 64, 1, 2, 5, 1.3),
    AllReduce("all_reduce_1_mib", 1),
    AllReduce("all_reduce_512_mib", 512),
]


def write_data(directory):
    """Samples of noise: what is measured is the step."""
    directory = pathlib.Path(directory)
    source = random.Random(1)
    for vocabulary in GPT2_VOCABULARY, CHARACTERS:
        drawn = [source.randrange(vocabulary) for _ in range(200_000)]
        (directory / f"tokens-{vocabulary}.bin").write_bytes(struct.pack(f"<{len(drawn)}H", *drawn))
    count = 10_000
    labels = bytes(source.randrange(10) for _ in range(count))
    write_idx(directory / "grey-images-idx3-ubyte", (count, 28, 28), source.randbytes(count * 784))
    write_idx(directory / "grey-labels-idx1-ubyte", (count,), labels)
    count = 2_000
    colour = b"".join(labels[i:i + 1] + source.randbytes(3072) for i in range(count))
    (directory / "colour.bin").write_bytes(colour)


def write_idx(path, shape, values):
    path.write_bytes(struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + values)
