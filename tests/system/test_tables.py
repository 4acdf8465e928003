"""Tables, arrays and synthetic samples: read by the real programs, with the same digest on any
number of workers, and inspected."""

import pathlib
import random
import struct

from harness import SystemTest

REGRESSION_FILE = pathlib.Path(__file__).resolve().parents[2] / "examples/table_regression.yaml"
ROOT = REGRESSION_FILE.parents[1]

JOB = """\
name: table
model: {model}
data: {data}
batch: {{global: 20, logical_workers: 4, tail: keep}}
steps: 150
seed: 3
optimizer: {{adamw: {{lr: 0.03, weight_decay: 0}}}}
evaluate: {{every_steps: 50}}
workers: {{min: 1, max: 4}}
"""


def npy(descr, shape, values):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(11 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values


class Tables(SystemTest):

    def job_of(self, model, data):
        file = self.directory / "table.yaml"
        file.write_text(JOB.format(model=model, data=data))
        return file

    def run_on(self, file, *workers):
        """The digest, which is the same on each number of workers."""
        digests = {self.digest_of(self.run_job(file, "--workers", count)) for count in workers}
        self.assertEqual(len(digests), 1)
        return digests.pop()

    def write_table(self):
        draw = random.Random(1)
        rows = ["a,b,kind,y"]
        for _ in range(150):
            a, b, kind = draw.uniform(-2, 2), draw.uniform(0, 100), draw.choice("xyz")
            rows.append(f"{a:.3f},{b if draw.random() > 0.1 else ''},{kind},{3 * a + ord(kind):.3f}")
        (self.directory / "t.csv").write_text("\n".join(rows) + "\n")

    def test_a_linear_regression_of_a_table_ends_alike_on_any_number_of_workers(self):
        self.write_table()
        file = self.job_of("{linear_regression: {}}", "{train: {path: %s, format: csv}, "
                           "validation: {train_fraction: 0.2}, normalize: {from: training_set}, "
                           "table: {targets: [y], categorical: [kind], missing: mean}}" %
                           (self.directory / "t.csv"))

        self.run_on(file, 1, 2, 3)

    def test_an_mlp_of_arrays_ends_alike_on_any_number_of_workers_and_learns(self):
        draw = random.Random(2)
        labels = [draw.randrange(3) for _ in range(163)]
        rows = b"".join(struct.pack("<4d", *(draw.gauss(3.0 * (i == label), 0.5) for i in range(4)))
                        for label in labels)
        (self.directory / "x.npy").write_bytes(npy("<f8", "(163, 4)", rows))
        (self.directory / "y.npy").write_bytes(npy("|u1", "(163,)", bytes(labels)))
        file = self.job_of("{mlp: {hidden_sizes: [16]}}",
                           "{train: {path: %s, labels: %s, format: npy}, shuffle: block, "
                           "shuffle_block: 32, validation: {train_fraction: 0.25}}" %
                           (self.directory / "x.npy", self.directory / "y.npy"))

        self.run_on(file, 1, 2, 3)

        done = self.run_job(file, "--workers", 1)
        self.assertRegex(done.stdout, r"validation accuracy: (0\.9\d+|1\.0+)\n")

    def test_spirals_need_no_files(self):
        file = self.job_of("{mlp: {hidden_sizes: [32, 32]}}",
                           "{train: {samples: 333, format: synthetic}, validation: {samples: 100, "
                           "format: synthetic}, synthetic: {kind: spirals, noise: 0.02}}")

        self.run_on(file, 1, 3)

        self.assertIn("data.train: 333 samples of 2 features, 2 classes",
                      self.descent("data", "inspect", "--job", file).stdout)

    def test_what_is_wrong_with_a_table_is_told_before_a_job_is_created(self):
        (self.directory / "t.csv").write_text("x,y\n1,2\nred,3\n4\n")
        file = self.job_of("{linear_regression: {}}",
                           "{train: {path: %s, format: csv}, table: {targets: [y]}}" %
                           (self.directory / "t.csv"))

        refused = self.run_job(file, "--workers", 1, code=2)

        self.assertIn('line 3, column x: "red", must be a number', refused.stderr)
        self.assertIn("line 4: 1 fields, must be 2 like the first line", refused.stderr)

    def test_inspecting_a_table_tells_of_each_column(self):
        self.write_table()

        told = self.descent("data", "inspect", self.directory / "t.csv").stdout

        self.assertIn("150 rows of 4 columns", told)
        self.assertRegex(told, r'kind: 150 words, 3 distinct: "x", "y", "z"')
        self.assertRegex(told, r"b: \d+ numbers, min .*; \d+ missing")

    def test_inspecting_other_files_tells_what_they_hold_or_what_is_wrong(self):
        (self.directory / "x.npy").write_bytes(npy("<f4", "(2, 2)", struct.pack("<4f", 1, 2, 3, 4)))
        (self.directory / "bad.npy").write_bytes(b"?")

        self.assertIn("f4 of shape (2, 2)\n  values  min 1, mean 2.5, max 4",
                      self.descent("data", "inspect", self.directory / "x.npy").stdout)
        self.assertIn("u1 of shape (403)", self.descent(
            "data", "inspect", self.directory / "train-labels-idx1-ubyte").stdout)
        self.assertIn("bad.npy: not NPY",
                      self.descent("data", "inspect", self.directory / "bad.npy", code=2).stderr)
        self.assertIn("its name must end in one of: .csv",
                      self.descent("data", "inspect", self.job_file, code=2).stderr)

    def test_the_example_of_a_table_learns_as_it_says(self):
        data = f"data.train.path={ROOT}/examples/data/houses.csv"

        done = self.run_job(REGRESSION_FILE, "--workers", 2, "--set", data)

        self.digest_of(done)
