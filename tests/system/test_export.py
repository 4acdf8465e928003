"""`descent checkpoint export --format`: other programs compute what the model does, and a coordinator
sends what a worker writes."""

import gzip
import json
import os
import pathlib
import re
import struct
import sys

import numpy

import onnx_reference
from harness import BIN, SystemTest, write_idx
from test_generate import JOB as GPT_JOB
from test_generate import VERSE
from test_predict import read_npy

sys.path.insert(0, os.environ["DESCENT_PYTHON_CLIENT"])
import descent  # noqa: E402

FORMATS = ("safetensors", "huggingface", "onnx")

# f32 sums in another order, or with the mean and deviation rounded once more, differ in their last
# bits; a few layers make that no more than this of a probability.
TOLERANCE = 1e-4

LAYERS = """[
  {conv2d: {out_channels: 4, kernel_size: 3, padding: 1}}, batch_norm, gelu,
  {max_pool2d: {kernel_size: 3, stride: 2, padding: 1}},
  {conv2d: {out_channels: 6, kernel_size: 3, stride: 1, padding: 2, dilation: 2, groups: 2}}, silu,
  {avg_pool2d: {kernel_size: 2, stride: 1, padding: 1}}, {dropout: {p: 0.1}}, tanh,
  global_avg_pool, {linear: {out_features: 8}}, layer_norm, sigmoid, linear]""".replace("\n", "")

LLAMA = ("positions=rotary", "activation=swiglu", "norm=rms_norm", "head=untied", "biases=none")


def gpt2(directory, tokens):
    """The logits [T, vocabulary] of a GPT-2 in Hugging Face's layout, as modeling_gpt2.py has it."""
    config = json.loads((directory / "config.json").read_text())
    content = (directory / "model.safetensors").read_bytes()
    size, = struct.unpack("<Q", content[:8])
    weights = {}
    for name, entry in json.loads(content[8:8 + size]).items():
        if name != "__metadata__":
            first, last = (8 + size + offset for offset in entry["data_offsets"])
            weights[name] = numpy.frombuffer(content[first:last], "<f4").reshape(
                entry["shape"]).astype(float)

    def linear(name, x):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def norm(name, x):
        return onnx_reference.layer_normalization(
            x, weights[f"{name}.weight"], weights[f"{name}.bias"], axis=-1,
            epsilon=config["layer_norm_epsilon"])

    def activation(x):
        if config["activation_function"] == "gelu":
            return x * (1 + onnx_reference.erf(x / 2 ** 0.5)) / 2
        assert config["activation_function"] == "gelu_new"
        return x * (1 + numpy.tanh((2 / numpy.pi) ** 0.5 * (x + 0.044715 * x ** 3))) / 2

    def attention(name, x):
        q, k, v = numpy.split(linear(f"{name}.c_attn", x), 3, axis=-1)
        mask = numpy.triu(numpy.full((len(tokens), len(tokens)), -numpy.inf), 1)
        heads = []
        for queries, keys, values in zip(*(numpy.split(part, config["n_head"], axis=-1)
                                           for part in (q, k, v))):
            scores = queries @ keys.T / queries.shape[-1] ** 0.5 + mask
            heads.append(onnx_reference.softmax(scores, axis=-1) @ values)
        return linear(f"{name}.c_proj", numpy.concatenate(heads, axis=-1))

    x = weights["transformer.wte.weight"][tokens] + weights["transformer.wpe.weight"][:len(tokens)]
    for layer in range(config["n_layer"]):
        prefix = f"transformer.h.{layer}"
        x = x + attention(f"{prefix}.attn", norm(f"{prefix}.ln_1", x))
        hidden = activation(linear(f"{prefix}.mlp.c_fc", norm(f"{prefix}.ln_2", x)))
        x = x + linear(f"{prefix}.mlp.c_proj", hidden)
    head = "transformer.wte" if config["tie_word_embeddings"] else "lm_head"
    return norm("transformer.ln_f", x) @ weights[f"{head}.weight"].T


def read_pixels(prefix):
    """The images of a compressed IDX file, as parts of one."""
    content = gzip.decompress(prefix.with_name(prefix.name + "-images-idx3-ubyte.gz").read_bytes())
    count, rows, columns = struct.unpack(">III", content[4:16])
    return numpy.frombuffer(content[16:], numpy.uint8).reshape(count, 1, rows, columns) / 255


def content(path):
    """Of a file, or by name of those of a directory."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    return path.read_bytes()


def is_running(pid):
    try:
        return bool(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())  # a zombie has none
    except OSError:
        return False


class Export(SystemTest):

    def train(self, *arguments):
        """The name of a finished job."""
        done = self.run_job(self.job_file, "--workers", 2, *arguments)
        return re.search(r"/checkpoints/([a-z]+-[a-z0-9]{5})/", done.stdout).group(1)

    def train_gpt(self, *settings):
        texts = self.directory / "texts"
        texts.mkdir(exist_ok=True)
        (texts / "a.txt").write_text(VERSE * 30)
        (texts / "b.txt").write_text(VERSE * 10)
        self.job_file.write_text(GPT_JOB.format(tokenizer="char", texts=texts))
        return self.train(*(argument for setting in settings
                            for argument in ("--set", f"model.gpt.{setting}")))

    def export(self, job, file_format, name, **options):
        """The file or directory that an export writes."""
        output = self.directory / name
        done = self.descent("checkpoint", "export", f"{job}/latest", "--format", file_format,
                            "-o", output, "--state-dir", self.directory / "state", **options)
        return done if options.get("code") else output

    def described(self, job):
        checkpoint = self.directory / "state/checkpoints" / job / "step-150"
        return json.loads((checkpoint / "model.json").read_text())

    def continued(self, job, prompt, count, logits_of):
        """The text that goes on with the likeliest character by a model of 16 tokens."""
        characters = self.described(job)["characters"]
        tokens = [characters.index(character) for character in prompt]
        for _ in range(count):
            seen = tokens[-16:]
            padded = seen + [0] * (16 - len(seen))
            tokens.append(int(logits_of(padded)[len(seen) - 1].argmax()))
        return "".join(characters[token] for token in tokens)

    def check_predictions(self, job):
        """An ONNX model says of the test images what `descent predict` does."""
        model = onnx_reference.load(self.export(job, "onnx", "model.onnx"))
        predicted = self.directory / "predicted.npy"
        self.descent("predict", f"{job}/latest", "--data", self.directory / "test", "--output",
                     predicted, "--state-dir", self.directory / "state")
        shape, values = read_npy(predicted)

        found = onnx_reference.evaluate(model, read_pixels(self.directory / "test"))

        self.assertEqual(found["probabilities"].shape, shape)
        numpy.testing.assert_allclose(found["probabilities"].ravel(), values, atol=TOLERANCE)
        logits = found["logits"]
        if logits.shape[1] == 1:  # of the second class, beside a zero for the first
            logits = numpy.hstack([numpy.zeros_like(logits), logits])
        numpy.testing.assert_allclose(onnx_reference.softmax(logits, axis=1).ravel(), values,
                                      atol=TOLERANCE)

    def test_onnx_of_an_mlp_says_what_predict_does(self):
        self.check_predictions(self.train("--set", "data.normalize={mean: [0.3], std: [0.2]}"))

    def test_onnx_of_layers_says_what_predict_does(self):
        self.check_predictions(self.train("--set", f"model={{layers: {LAYERS}}}"))

    def test_onnx_of_a_resnet_says_what_predict_does(self):
        self.check_predictions(self.train("--set", "model={resnet: {depth: 18, width: 4}}",
                                          "--set", "steps=40"))

    def test_onnx_of_one_logit_says_two_probabilities(self):
        for split, gzipped in (("train", False), ("validation", False), ("test", True)):
            write_idx(self.directory / split, 203, classes=2, gzipped=gzipped)

        self.check_predictions(self.train("--set", "model.loss=binary_cross_entropy"))

    def test_onnx_of_every_kind_of_gpt_goes_on_as_generate_does(self):
        for kind in ((), ("activation=gelu_tanh",), LLAMA):
            with self.subTest(kind):
                job = self.train_gpt(*kind)
                model = onnx_reference.load(self.export(job, "onnx", "gpt.onnx"))

                def logits_of(tokens):
                    return onnx_reference.evaluate(model, numpy.array([tokens]))["logits"][0]

                self.assertEqual(self.continued(job, VERSE[:9], 40, logits_of), VERSE[:49])

    def test_hugging_faces_gpt2_has_the_logits_of_the_model(self):
        for kind in ((), ("activation=gelu_tanh", "head=untied")):
            with self.subTest(kind):
                job = self.train_gpt(*kind)
                directory = self.export(job, "huggingface", f"gpt2-{len(kind)}")
                model = onnx_reference.load(self.export(job, "onnx", "gpt.onnx"))
                tokens = [(7 * place) % len(self.described(job)["characters"])
                          for place in range(16)]

                wanted = onnx_reference.evaluate(model, numpy.array([tokens]))["logits"][0]

                numpy.testing.assert_allclose(gpt2(directory, tokens), wanted, atol=1e-4)
                self.assertEqual(self.continued(job, VERSE[:9], 40,
                                                lambda tokens: gpt2(directory, tokens)),
                                 VERSE[:49])

    def test_safetensors_of_a_directory_is_the_checkpoints_file(self):
        job = self.train()

        exported = self.export(job, "safetensors", "model.safetensors")

        checkpoint = self.directory / "state/checkpoints" / job / "step-200"
        self.assertEqual(exported.read_bytes(), (checkpoint / "model.safetensors").read_bytes())

    def test_safetensors_without_a_coordinator_come_from_the_default_state_directory(self):
        (self.directory / "state-home").mkdir()
        (self.directory / "state-home" / "descent").symlink_to(self.directory / "state")
        job = self.train()
        exported = self.directory / "model.safetensors"

        self.descent_alone("checkpoint", "export", job, "-o", exported)

        latest = self.directory / "state/checkpoints" / job / "step-200"
        self.assertEqual(exported.read_bytes(), (latest / "model.safetensors").read_bytes())
        self.assertFalse((self.directory / "model.safetensors.part").exists())

    def test_what_a_model_cannot_be_is_named(self):
        images = self.train()
        texts = self.train_gpt(*LLAMA)

        mlp = self.export(images, "huggingface", "gpt2", code=2)
        self.assertIn("the model is no gpt", mlp.stderr)
        llama = self.export(texts, "huggingface", "gpt2", code=2)
        self.assertIn("model.gpt.positions is rotary, must be learned", llama.stderr)
        self.assertFalse((self.directory / "gpt2").exists())
        (self.directory / "taken").mkdir()
        taken = self.export(self.train_gpt(), "huggingface", "taken", code=2)
        self.assertIn("is there already, must be new", taken.stderr)
        unknown = self.export(images, "pickle", "model.pickle", code=2)
        self.assertIn("huggingface", unknown.stderr)

    # --- By a coordinator ----------------------------------------------------------------------

    def serve(self, *options):
        """A client of a coordinator that has the jobs which were trained."""
        self.start_coordinator(options=options)
        client = descent.Client(self.addresses["user"])
        self.addCleanup(client.close)
        return client

    def exports(self):
        directory = self.directory / "state/exports"
        return list(directory.iterdir()) if directory.exists() else []

    def start_slow_export(self, job):
        """An export whose worker never ends: the client's process, and the worker's number."""
        number = self.directory / "worker-number"
        program = self.directory / "slow-worker"
        program.write_text(f"#!/bin/sh\necho $$ > {number}.new; mv {number}.new {number}\n"
                           "exec sleep 1000\n")
        program.chmod(0o700)
        self.serve("--worker-program", program)
        exporting = self.start(BIN / "descent", "checkpoint", "export", f"{job}/latest", "--format",
                               "onnx", "-o", self.directory / "slow.onnx")
        self.wait_until(number.exists)
        worker = int(number.read_text())
        self.assertTrue(is_running(worker))
        self.assertEqual(len(self.exports()), 1)
        return exporting, worker

    def test_a_coordinator_sends_the_bytes_that_the_worker_writes(self):
        job = self.train_gpt()
        written = {name: content(self.export(job, name, f"written-{name}")) for name in FORMATS}
        client = self.serve()

        for name in FORMATS:
            with self.subTest(name):
                sent = client.export(f"{job}/latest", self.directory / f"sent-{name}", format=name)
                by_command = self.directory / f"by-command-{name}"
                self.descent("checkpoint", "export", f"{job}/latest", "--format", name, "-o",
                             by_command)

                self.assertEqual(content(sent), written[name])
                self.assertEqual(content(by_command), written[name])
        self.assertEqual(self.wait_until(self.exports, is_wanted=False), [])

    def test_a_coordinator_tells_what_the_worker_refuses(self):
        job = self.train()
        client = self.serve()

        with self.assertRaises(descent.Conflict) as refused:
            client.export(f"{job}/latest", self.directory / "gpt2", format="huggingface")
        by_command = self.descent("checkpoint", "export", job, "--format", "huggingface", "-o",
                                  self.directory / "gpt2", code=2)

        self.assertEqual(refused.exception.reason, "MODEL_NOT_EXPORTABLE")
        self.assertIn("the model is no gpt", str(refused.exception))
        self.assertIn("the model is no gpt", by_command.stderr)
        self.assertFalse((self.directory / "gpt2").exists())

    def test_an_export_that_is_cancelled_leaves_neither_process_nor_directory(self):
        exporting, worker = self.start_slow_export(self.train())

        exporting.kill()
        exporting.wait()

        self.wait_until(lambda: not is_running(worker))
        self.assertEqual(self.wait_until(self.exports, is_wanted=False), [])

    def test_a_coordinator_that_is_killed_takes_its_exports_along(self):
        exporting, worker = self.start_slow_export(self.train())

        self.kill_coordinator()

        self.wait_until(lambda: not is_running(worker))
        exporting.wait()
        self.start_coordinator()
        self.assertEqual(self.exports(), [])

    def test_without_a_worker_program_a_coordinator_says_which_is_missing(self):
        job = self.train()
        client = self.serve("--worker-program", "/nonexistent/descent-worker")

        with self.assertRaises(descent.DescentError) as refused:
            client.export(f"{job}/latest", self.directory / "model.onnx", format="onnx")
        self.descent("checkpoint", "export", job, "--format", "onnx", "-o",
                     self.directory / "model.onnx")

        self.assertEqual(refused.exception.reason, "FEATURE_DISABLED")
        self.assertIn("/nonexistent/descent-worker", str(refused.exception))
        self.assertTrue((self.directory / "model.onnx").exists(), "this machine has the program")
