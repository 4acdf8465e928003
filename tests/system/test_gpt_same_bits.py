"""The promise for a GPT with dropout: one digest, whatever the workers, collective and update."""

import itertools
import os
import pathlib
import subprocess
import tempfile

from harness import GPT_FILE, SystemTest
from two_hosts import TwoHostsTest

IN_PROCESS_DIGEST = pathlib.Path(os.environ["DESCENT_TEST_PROGRAMS"]) / "in_process_digest"
# The example, ended early; evaluations change no weight.
SHORT = ["steps=8", "batch.logical_workers=4", "lr_schedule.cosine.warmup_steps=4",
         "evaluate.every_steps=0"]
UPDATES = ("replicated", "sharded")


def as_flags(settings):
    return [argument for setting in settings for argument in ("--set", setting)]


class GptTest(SystemTest):

    def follow(self, name, settings, **options):
        """The digest of the job, once it has ended."""
        self.descent("submit", GPT_FILE, "--name", name, "--follow", *as_flags(SHORT + settings),
                     **options)
        return self.described(name, **options)["state_digest"]

    def in_process(self, workers, *settings):
        with tempfile.TemporaryDirectory(dir=self.directory) as checkpoints:
            done = subprocess.run([IN_PROCESS_DIGEST, GPT_FILE, str(workers), checkpoints, *SHORT,
                                   *settings], capture_output=True, text=True, timeout=120)
        return self.digest_of(done)


class OneHost(GptTest):

    def test_the_example_has_dropout(self):
        self.assertRegex(GPT_FILE.read_text(), r"dropout: 0\.[0-9]*[1-9]")

    def test_workers_collective_and_update_do_not_change_the_digest(self):
        self.start_coordinator()
        self.start_workers(4)
        digests = {}
        for workers, collective, update in itertools.product(
                (1, 2, 3, 4), ("mpi", "shared_memory"), UPDATES):
            name = f"{workers}-{collective.replace('_', '-')}-{update}"
            digests[name] = self.follow(f"gpt-{name}", [
                f"workers.min={workers}", f"workers.max={workers}", f"collective={collective}",
                f"update={update}"])
        for workers, update in itertools.product((1, 2, 3, 4), UPDATES):
            digests[f"{workers}-in-process-{update}"] = self.in_process(
                workers, f"update={update}")

        self.assertEqual(len(set(digests.values())), 1, digests)
        self.assertNotEqual(self.in_process(1, "seed=4321"), digests["1-mpi-replicated"])


    def test_a_gpt_with_the_parts_of_a_llama_keeps_the_promise(self):
        llama = ["model.gpt.positions=rotary", "model.gpt.activation=swiglu",
                 "model.gpt.norm=rms_norm", "model.gpt.head=untied", "model.gpt.biases=none"]
        self.start_coordinator()
        self.start_workers(3)
        digests = {}
        for workers, update in ((1, "replicated"), (2, "sharded"), (3, "replicated")):
            digests[workers] = self.follow(f"llama-{workers}", llama + [
                f"workers.min={workers}", f"workers.max={workers}", "collective=mpi",
                f"update={update}"])
        digests["four in a process"] = self.in_process(4, *llama)

        self.assertEqual(len(set(digests.values())), 1, digests)
        self.assertNotEqual(self.in_process(1), digests[1])


class OverTwoHosts(TwoHostsTest, GptTest):

    def test_two_hosts_do_not_change_the_digest(self):
        self.start_coordinator_on_a()
        self.start_pool(2, 1)
        digests = {update: self.follow(f"gpt-{update}", ["workers.min=3", "workers.max=3",
                                                         f"update={update}"], host=self.a)
                   for update in UPDATES}

        digests["one process"] = self.in_process(1)

        self.assertEqual(len(set(digests.values())), 1, digests)
