"""A bit that changes in the memory of one rank is found, the rank is named, and its job ends with
the bits of an undisturbed one; a step that is computed again tells hardware from software."""

import contextlib
import json
import math
import pathlib
import sqlite3
import struct

from harness import BIN, SystemTest

REGRESSION_FILE = pathlib.Path(__file__).resolve().parents[2] / "examples/table_regression.yaml"

# The first layer keeps the values that it begins with, so that they can be found in the memory of
# a process. Steps of some ten milliseconds.
TENSOR = "layers.0.weight"
WORK = ("--set", f"optimizer={{adamw: {{lr: 3e-3}}, groups: [{{match: ['{TENSOR}'], freeze: true}}]}}",
        "--set", "model.mlp.hidden_sizes=[512,512]", "--set", "batch.global=200",
        "--set", "steps=800", "--set", "checkpoint.every_steps=20", "--set", "verify_every=5",
        "--set", "evaluate.every_steps=200")


def frozen_values(model):
    """The bytes of the first layer in a file of safetensors."""
    content = pathlib.Path(model).read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    first, last = header[TENSOR]["data_offsets"]
    return content[8 + size + first:8 + size + last]


def flip_lowest_bit(value):
    return bytes([value[0] ^ 1]) + value[1:]


def to_nan(_):
    return struct.pack("<f", math.nan)


def change_one(pid, values, change):
    """Changes a float in each place of a process's memory that holds the values. How many there are."""
    places = 0
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode = line.split()[:2]
            if not mode.startswith("rw"):
                continue
            first, last = (int(end, 16) for end in span.split("-"))
            try:
                memory.seek(first)
                content = memory.read(last - first)
            except OSError:  # of a device
                continue
            at = content.find(values)
            while at >= 0:
                middle = at + len(values) // 8 * 4
                memory.seek(first + middle)
                memory.write(change(content[middle:middle + 4]))
                places += 1
                at = content.find(values, at + 1)
    return places


class SilentCorruption(SystemTest):

    def rank_pid(self, rank):
        wanted = f"OMPI_COMM_WORLD_RANK={rank}".encode()
        return next(pid for pid in self.workers()
                    if wanted in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))

    def corrupt(self, job, rank, change):
        """Once the job has a checkpoint."""
        checkpoint = self.wait_until(lambda: self.job(job).get("latestCheckpoint"), seconds=60)
        values = frozen_values(pathlib.Path(checkpoint["directory"]) / "model.safetensors")
        try:
            places = change_one(self.rank_pid(rank), values, change)
        except PermissionError:
            self.skipTest("this machine does not let a process write to another one of its user")
        self.assertGreater(places, 0)

    def change_recorded_loss(self, job, step):
        with contextlib.closing(sqlite3.connect(self.directory / f"state/metrics/{job}.db")) as store, \
                store:
            changed = store.execute("UPDATE points SET value = value * 1.5 "
                                    "WHERE name = 'train/loss' AND step = ?", (step,))
            self.assertEqual(changed.rowcount, 1)

    def attempts(self, job):
        return json.loads(self.descent("attempts", job, "-o", "json").stdout)

    def start_job(self, workers):
        self.start_coordinator()
        self.start(BIN / "descent-launch", "-n", workers, "--coordinator", self.addresses["worker"])
        return self.submit(*WORK, "--set", f"workers={{min: 2, max: {workers}}}")

    def run_with_change(self, workers, rank, change=flip_lowest_bit):
        """The job that ended, with the bits of an undisturbed one although a rank's memory changed."""
        wanted = self.digest_of(self.run_job(self.job_file, "--workers", 1, *WORK))
        job = self.start_job(workers)
        self.corrupt(job, rank, change)
        done = self.wait_for_state(job, "SUCCEEDED", "FAILED", seconds=120)
        self.assertEqual(done["state"], "JOB_STATE_SUCCEEDED", done)
        self.assertEqual(done["stateDigest"], wanted)
        return job

    def test_the_rank_is_named_and_the_job_goes_on_without_it_to_the_same_bits(self):
        job = self.run_with_change(3, 2)

        events = self.descent("events", job).stdout
        self.assertRegex(events, r"rank 2 \([^ ]+/2, pid \d+\) computed another state than the other "
                                 r"ranks, which agree")
        self.assertRegex(events, r"worker [^ ]+/2 takes no jobs until it is uncordoned: rank 2 of "
                                 rf"job {job} had another state than the other ranks after step \d+")
        self.assertEqual([len(attempt["workers"]) for attempt in self.attempts(job)], [3, 2])

    def test_a_rank_whose_change_makes_steps_that_are_not_finite_is_named_and_not_the_data(self):
        job = self.run_with_change(3, 2, to_nan)

        self.assertRegex(self.descent("events", job).stdout,
                         rf"worker [^ ]+/2 takes no jobs until it is uncordoned: rank 2 of job {job}")

    def test_of_two_ranks_both_are_named_and_the_job_ends_with_the_same_bits(self):
        job = self.run_with_change(2, 1)

        self.assertIn("nobody can tell which of them is right", self.descent("events", job).stdout)

    def test_a_step_of_a_finished_job_is_computed_again_to_the_same_bits(self):
        self.start_coordinator()
        self.start_workers(3)
        job = self.submit("--set", "verify_every=50", "--set", "workers={min: 3, max: 3}",
                          "--set", "checkpoint.keep_last=9")
        self.wait_for_state(job, "SUCCEEDED", seconds=120)

        for step, compared in ((1, 2), (150, 3), (200, 4)):
            answer = json.loads(self.descent("job", "replay", job, "--step", step, "-o", "json").stdout)

            self.assertTrue(answer["equal"], answer)
            self.assertEqual(answer["from_step"], {1: 0, 150: 120, 200: 180}[step])
            self.assertEqual(len(answer["values"]), compared, answer)
        shown = self.descent("job", "replay", job, "--step", 150).stdout
        self.assertIn("step 150 was computed right", shown)

    def test_a_step_whose_data_were_split_is_computed_again_from_the_same_samples(self):
        self.start_coordinator()
        self.start_workers(2)
        submitted = self.descent("submit", REGRESSION_FILE, "-o", "name", "--set", "stop_at_step=20",
                                 "--set", f"data.train.path={REGRESSION_FILE.parent}/data/houses.csv")
        job = submitted.stdout.strip()
        self.wait_for_state(job, "SUCCEEDED", seconds=120)

        shown = self.descent("job", "replay", job, "--step", 12).stdout

        self.assertIn("step 12 was computed right", shown)

    def test_a_recorded_loss_that_is_not_what_the_step_gives_is_said_to_be_hardware(self):
        self.start_coordinator()
        self.start_workers(1)
        job = self.submit("--set", "steps=20", "--set", "workers={min: 1, max: 1}",
                          "--set", "batch.logical_workers=4")
        self.wait_for_state(job, "SUCCEEDED", seconds=120)
        self.stop(self.coordinator)
        self.change_recorded_loss(job, 7)
        self.start_coordinator_again()

        shown = self.descent("job", "replay", job, "--step", 7, code=1).stdout

        self.assertRegex(shown, r"loss +[0-9.e-]+  differs: [0-9.e-]+ was recorded")
        self.assertIn("what differs is hardware", shown)

    def test_a_step_that_is_not_done_is_refused(self):
        self.start_coordinator()
        self.start_workers(1)
        job = self.submit("--set", "steps=20", "--set", "workers={min: 1, max: 1}")
        self.wait_for_state(job, "SUCCEEDED", seconds=120)

        refused = self.descent("job", "replay", job, "--step", 21, code=6)

        self.assertIn("has done 20 steps so far, and not 21", refused.stderr)
