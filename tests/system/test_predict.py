"""`descent predict`: a checkpoint's model says what it makes of new samples."""

import csv
import io
import re
import struct

from harness import SystemTest, write_idx


TABLE_JOB = """\
name: blobs
model: {{linear_regression: {{}}}}
data:
  train: {{path: {table}, format: csv}}
  normalize: {{from: training_set}}
  table: {{targets: [y], categorical: [kind]}}
batch: {{global: 20, logical_workers: 2}}
steps: 50
optimizer: {{adamw: {{lr: 0.1}}}}
"""


CLASSES_JOB = """\
name: blobs
model: {{mlp: {{hidden_sizes: [8]}}, ignore_index: -100}}
data:
  train: {{path: {table}, format: csv}}
  table: {{label: kind}}
batch: {{global: 20, logical_workers: 2}}
steps: 60
optimizer: {{adamw: {{lr: 0.05}}}}
"""


def write_npy(path, descr, shape, values):
    """An NPY file of values in the format of the struct module."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + values)


def read_npy(path):
    """(shape, values) of an NPY file of little-endian f32 values."""
    content = path.read_bytes()
    length, = struct.unpack("<H", content[8:10])
    head = content[10:10 + length].decode()
    shape = tuple(int(size) for size in re.search(r"\((\d+), (\d+)\)", head).groups())
    assert content[:8] == b"\x93NUMPY\x01\x00" and "'<f4'" in head, head
    assert (10 + length) % 64 == 0
    values = struct.unpack(f"<{shape[0] * shape[1]}f", content[10 + length:])
    return shape, values


class Predict(SystemTest):

    def train(self, *arguments):
        """The name of a finished job, and what the run printed."""
        done = self.run_job(self.job_file, "--workers", 2, *arguments)
        return re.search(r"/checkpoints/(blobs-[a-z0-9]{5})/", done.stdout).group(1), done.stdout

    def predict(self, checkpoint, *arguments, **options):
        return self.descent("predict", checkpoint, "--state-dir", self.directory / "state",
                            *arguments, **options)

    def test_predictions_agree_with_the_accuracy_that_the_job_reports(self):
        job, printed = self.train()

        done = self.predict(f"{job}/latest", "--data", self.directory / "test")

        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(len(rows), 99)
        self.assertEqual([int(row["sample"]) for row in rows], list(range(99)))
        for row in rows:
            probabilities = [float(row[f"probability_{c}"]) for c in range(4)]
            self.assertAlmostEqual(sum(probabilities), 1, places=5)
            self.assertEqual(int(row["predicted"]), probabilities.index(max(probabilities)))
            self.assertEqual(row["correct"] == "1", row["predicted"] == row["label"])
        right = sum(row["correct"] == "1" for row in rows)
        reported = float(re.search(r"test accuracy: ([\d.]+)", printed).group(1))
        self.assertAlmostEqual(right / 99, reported, places=3)  # digits that the run prints
        told = re.search(r"99 samples:  loss \S+  accuracy ([\d.]+)", done.stderr)
        self.assertIsNotNone(told, done.stderr)
        self.assertEqual(float(told.group(1)), right / 99)

    def test_files_hold_what_stdout_would(self):
        job, _ = self.train()
        table = self.directory / "predicted.csv"
        array = self.directory / "predicted.npy"

        printed = self.predict(f"{job}/best", "--data", self.directory / "test").stdout
        self.assertEqual(
            self.predict(f"{job}/best", "--data", self.directory / "test", "--output",
                         table).stdout, "")
        self.predict(f"{job}/best", "--data", self.directory / "test", "--output", array)

        self.assertEqual(table.read_text(), printed)
        shape, values = read_npy(array)
        self.assertEqual(shape, (99, 4))
        rows = list(csv.DictReader(io.StringIO(printed)))
        expected = [float(row[f"probability_{c}"]) for row in rows for c in range(4)]
        for found, wanted in zip(values, expected):
            self.assertAlmostEqual(found, wanted, places=6)

    def test_a_model_of_one_logit_says_two_probabilities(self):
        write_idx(self.directory / "two", 203, classes=2)
        path = f"{self.directory}/two"
        job, _ = self.train("--set", f"data.train.path={path}", "--set",
                            f"data.validation.path={path}", "--set", f"data.test.path={path}",
                            "--set", "model.loss=binary_cross_entropy")

        done = self.predict(f"{job}/latest", "--data", path)

        row = next(csv.DictReader(io.StringIO(done.stdout)))
        self.assertAlmostEqual(float(row["probability_0"]) + float(row["probability_1"]), 1, 6)

    def test_a_table_is_predicted_with_and_without_its_targets(self):
        rows = [f"{i / 10},{'ab'[i % 2]},{3 * i / 10 + i % 2}" for i in range(200)]
        table = self.directory / "table.csv"
        table.write_text("x,kind,y\n" + "\n".join(rows) + "\n")
        bare = self.directory / "bare.csv"
        bare.write_text("x,kind\n" + "\n".join(row.rsplit(",", 1)[0] for row in rows) + "\n")
        self.job_file.write_text(TABLE_JOB.format(table=table))
        job, _ = self.train()

        answered = self.predict(f"{job}/latest", "--data", table)
        unanswered = self.predict(f"{job}/latest", "--data", bare)

        wanted = list(csv.DictReader(io.StringIO(answered.stdout)))
        found = list(csv.DictReader(io.StringIO(unanswered.stdout)))
        self.assertEqual(list(found[0]), ["sample", "predicted"])
        self.assertEqual([row["predicted"] for row in found], [row["predicted"] for row in wanted])
        errors = [float(row["predicted"]) - float(row["target"]) for row in wanted]
        told = re.search(r"200 samples:  loss \S+  mae (\S+)  rmse (\S+)", answered.stderr)
        self.assertIsNotNone(told, answered.stderr)
        self.assertAlmostEqual(float(told.group(1)), sum(map(abs, errors)) / 200, places=5)
        self.assertEqual(unanswered.stderr, "")

    def test_classes_have_their_names_and_ignored_labels_do_not_count(self):
        points = [(i / 100, i % 7 / 7) for i in range(200)]
        kinds = ["-100" if i % 10 == 0 else "dog" if x > 1 else "cat"
                 for i, (x, _) in enumerate(points)]
        table = self.directory / "pets.csv"
        table.write_text("x,y,kind\n" + "".join(f"{x},{y},{kind}\n"
                                                for (x, y), kind in zip(points, kinds)))
        self.job_file.write_text(CLASSES_JOB.format(table=table))
        job, _ = self.train()

        done = self.predict(f"{job}/latest", "--data", table)

        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(list(rows[0]), ["sample", "predicted", "probability_cat",
                                         "probability_dog", "label", "correct"])
        for row, kind in zip(rows, kinds):
            self.assertEqual(row["label"], "" if kind == "-100" else kind)
            if kind == "-100":
                self.assertEqual(row["correct"], "")
            else:
                self.assertEqual(row["correct"] == "1", row["predicted"] == kind)
        right = sum(row["correct"] == "1" for row in rows)
        told = re.search(r"200 samples:  loss \S+  accuracy ([\d.]+)", done.stderr)
        self.assertEqual(float(told.group(1)), right / 180)

    def test_another_format_gives_the_same_predictions_and_metrics(self):
        points = [(i / 100, i % 7 / 7) for i in range(200)]
        table = self.directory / "pets.csv"
        table.write_text("x,y,kind\n" + "".join(f"{x},{y},{'dog' if x > 1 else 'cat'}\n"
                                                for x, y in points))
        self.job_file.write_text(CLASSES_JOB.format(table=table))
        job, _ = self.train()
        features, labels = self.directory / "x.npy", self.directory / "y.npy"
        write_npy(features, "<f4", "(200, 2)",
                  b"".join(struct.pack("<2f", x, y) for x, y in points))
        write_npy(labels, "<i8", "(200,)", struct.pack("<200q", *(x > 1 for x, _ in points)))

        of_table = self.predict(f"{job}/latest", "--data", table)
        of_arrays = self.predict(f"{job}/latest", "--data", features, "--format", "npy",
                                 "--labels", labels)
        unlabelled = self.predict(f"{job}/latest", "--data", features, "--format", "npy")

        self.assertEqual(of_arrays.stdout, of_table.stdout)
        self.assertEqual(of_arrays.stderr, of_table.stderr)
        self.assertEqual(unlabelled.stderr, "")

    def test_what_does_not_fit_is_named(self):
        job, _ = self.train()
        write_idx(self.directory / "more", 50, classes=5)

        labels = self.predict(f"{job}/latest", "--data", self.directory / "more", code=2)
        self.assertIn("labels of 5 classes, must be of 4", labels.stderr)
        missing = self.predict(f"{job}/latest", "--data", self.directory / "nowhere", code=2)
        self.assertIn("nowhere-images-idx3-ubyte", missing.stderr)
        output = self.predict(f"{job}/latest", "--data", self.directory / "test", "--output",
                              self.directory / "p.txt", code=2)
        self.assertIn("must end in .csv or .npy", output.stderr)
        table = self.predict(f"{job}/latest", "--data", self.directory / "test", "--format", "csv",
                             code=2)
        self.assertIn("--format: csv, must be idx, images", table.stderr)
