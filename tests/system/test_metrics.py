"""What a job measured, in every way that a user can ask for it."""

import csv
import io
import json
import struct

import tensorboard_file
from harness import SystemTest


class Metrics(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()
        self.start_workers(1)

    def metrics(self, *arguments):
        return self.descent("metrics", *arguments).stdout

    def test_an_export_has_every_step_and_every_evaluation(self):
        job = self.submit("--follow")

        rows = list(csv.DictReader(io.StringIO(self.metrics("export", job))))
        lines = self.metrics("export", job, "--format", "jsonl").splitlines()

        self.assertEqual([int(row["step"]) for row in rows], list(range(1, 201)))
        self.assertTrue(all(row["train/loss"] for row in rows))
        evaluated = [int(row["step"]) for row in rows if row["validation/loss"]]
        self.assertEqual(evaluated, [50, 100, 150, 200])
        self.assertEqual([json.loads(line)["train/loss"] for line in lines],
                         [float(row["train/loss"]) for row in rows])

    def test_jobs_that_run_side_by_side_lose_no_point(self):
        self.start_workers(3)
        jobs = [self.submit("--set", "workers.max=1", "--set", "steps=1500") for _ in range(4)]

        self.descent("wait", *jobs)

        for job in jobs:
            rows = csv.DictReader(io.StringIO(self.metrics("export", job)))
            self.assertEqual([int(row["step"]) for row in rows if row["train/loss"]],
                             list(range(1, 1501)))

    def test_the_learning_rate_is_of_the_step_whatever_the_number_of_workers(self):
        self.start_workers(3)
        self.wait_until(lambda: json.loads(self.get("/v1/status"))["workers"]["ready"] == 4)
        rates = []

        for workers in (1, 3):
            job = self.submit("--follow", "--set", f"workers.min={workers}", "--set",
                              f"workers.max={workers}")
            self.assertEqual(len(self.job(job)["currentAttempt"]["workers"]), workers)
            rows = csv.DictReader(io.StringIO(self.metrics("export", job)))
            rates.append([row["train/lr"] for row in rows])

        self.assertEqual(rates[0], rates[1])
        self.assertGreater(len(set(rates[0])), 100)

    def exported_events(self, job):
        """The content of the one file that TensorBoard would find."""
        self.metrics("export", job, "--format", "tensorboard", "--output",
                     self.directory / "events")
        (file,) = (self.directory / "events").iterdir()
        self.assertIn("tfevents", file.name)
        return file.read_bytes()

    def test_a_file_for_tensorboard_has_every_point_in_the_format_that_is_published(self):
        job = self.submit("--follow")

        first, *others = tensorboard_file.read_events(self.exported_events(job))

        self.assertEqual(first.file_version, "brain.Event:2")
        rows = list(csv.DictReader(io.StringIO(self.metrics("export", job))))
        self.assertEqual([(event.step, event.wall_time) for event in others],
                         [(int(row["step"]), float(row["time"])) for row in rows])
        for event, row in zip(others, rows):
            self.assertEqual(
                {value.tag: value.simple_value for value in event.summary.value},
                {name: struct.unpack("f", struct.pack("f", float(value)))[0]
                 for name, value in row.items() if name not in ("step", "time") and value})

    def test_the_reader_of_that_format_notices_a_byte_that_has_changed(self):
        content = bytearray(self.exported_events(self.submit("--follow")))
        content[-10] ^= 1

        with self.assertRaisesRegex(ValueError, "the checksum is of other bytes"):
            tensorboard_file.read_events(bytes(content))

    def test_who_follows_a_running_job_sees_each_point_once(self):
        job = self.submit("--set", "steps=1500")

        lines = self.metrics("query", job, "--follow", "--metric", "train/loss").splitlines()

        self.assertEqual([int(line.split("\t")[0]) for line in lines], list(range(1, 1501)))

    def test_a_comparison_shows_what_differs_and_what_was_reached(self):
        first = self.submit("--follow")
        second = self.submit("--follow", "--set", "optimizer.adamw.lr=1e-3")

        compared = json.loads(self.metrics("compare", first, second, "--metric",
                                           "validation/loss", "-o", "json"))
        text = self.metrics("compare", first, second)

        self.assertEqual([field["field"] for field in compared["differences"]],
                         ["optimizer.adamw.lr"])
        self.assertEqual([len(job["metrics"]) for job in compared["jobs"]], [1, 1])
        self.assertIn("validation/loss  lowest", text)

    def test_a_long_curve_comes_as_means_and_says_so(self):
        job = self.submit("--follow")

        text = self.metrics("query", job, "--metric", "train/loss", "--max-points", 10)

        self.assertIn("train/loss: means over 32 steps", text)

    def test_a_mean_tells_the_lowest_and_the_highest_of_the_points_that_it_stands_for(self):
        job = self.submit("--follow")
        lines = self.metrics("export", job, "--format", "jsonl", "--metric", "train/loss").splitlines()
        loss = {int(row["step"]): row["train/loss"] for row in map(json.loads, lines)}

        series, = json.loads(self.metrics("query", job, "--metric", "train/loss", "--max-points", 10,
                                          "-o", "json"))

        first = 1
        for point in series["points"]:
            values = [loss[step] for step in range(first, int(point["step"]) + 1)]
            self.assertEqual((point["min"], point["max"], int(point["count"])),
                             (min(values), max(values), len(values)))
            first = int(point["step"]) + 1
        self.assertEqual(first, 201)

    def test_points_of_several_jobs_come_over_samples_and_time(self):
        jobs = [self.submit("--follow", "--set", f"batch.global={batch}") for batch in (32, 64)]

        lines = self.metrics("query", *jobs, "--metric", "train/loss", "--x-axis", "samples").splitlines()
        timed = json.loads(self.metrics("query", jobs[0], "--metric", "train/loss", "--x-axis", "time",
                                        "-o", "json"))

        self.assertEqual(lines[0].split(), ["JOB", "METRIC", "STEP", "SAMPLES", "VALUE"])
        rows = [line.split() for line in lines[1:]]
        for job, batch in zip(jobs, (32, 64)):
            ends = [float(row[3]) for row in rows if row[0] == job and row[2] == "2"]
            self.assertEqual(ends, [2 * batch])
        self.assertTrue(all(0 <= point["x"] < 600 for point in timed[0]["points"]))

    def test_a_job_that_is_not_there_is_said_so(self):
        for command in "ls", "query", "plot", "export":
            refused = self.descent("metrics", command, "nobody", code=5)
            self.assertIn("nobody", refused.stderr)
