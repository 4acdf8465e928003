#!/usr/bin/env python3
"""Measures what lies beside the arithmetic of a step, and prints a table.

    bench/compare/costs.py [CASE…] [--segments N]

CASE is one below, or how the names of some begin. A segment trains it by `descent run`; by the same
program's engine in one process, without coordinator, gRPC and MPI (bench/job_without_service); by
`descent run` with checkpoints; and, with two ranks, by `reduction: fastest` instead of canonical order.
A time is the mean of the steps after the first ones, by the clock, with whatever lies between them. The
share of each is the median of the segments'; that of checkpoints is for one in every 100 steps, whatever
their distance here. Last, how long the examples wait for data, of `descent run --profile`."""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import re
import sqlite3
import statistics
import sys
import tempfile

import cases
import report
import sides

ROOT = sides.HERE.parents[1]
EXAMPLES = {"fashion_mlp": 2, "gpt_text": 2, "fashion_convnet": 2, "table_regression": 1}  # workers
CHECKPOINTS_EVERY = 100  # steps, of the share that is printed
COLUMNS = ["case", "step, ms", "without the service, ms", "service, %", "with checkpoints, ms",
           "checkpoints, %", "fastest, ms", "canonical order, %"]


@dataclasses.dataclass(frozen=True)
class Measured:
    case: str
    steps: int
    checkpoint_every: int


MEASURED = [Measured("mlp_128", 3000, 100), Measured("mlp_128_2_ranks", 2000, 100),
            Measured("char_gpt", 24, 8), Measured("gpt2_124m_t64_f32", 24, 8),
            Measured("gpt2_124m_t64_2_ranks", 24, 8)]


def case_of(measured):
    found = next(case for case in cases.CASES if case.name == measured.case)
    return dataclasses.replace(found, steps=measured.steps)


def write_job(case, data, state, changes=()):
    file = pathlib.Path(state) / "job.yaml"
    file.write_text(json.dumps({**json.loads(case.job(data)), **dict(changes)}))
    return file


def with_service(case, data, changes=()):
    """Milliseconds of a step of `descent run`, by when the coordinator heard of each."""
    with tempfile.TemporaryDirectory(prefix="descent-costs-") as state:
        file = write_job(case, data, state, changes)
        job = json.loads(sides.run([sides.PROGRAMS / "descent", "run", file, "--json", "--quiet",
                                    "--workers", case.processes, "--state-dir", state]))
        database = pathlib.Path(state) / "metrics" / (job["name"].removeprefix("jobs/") + ".db")
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as metrics:
            times = metrics.execute("SELECT time FROM points WHERE name = 'train/loss' AND step >= ? "
                                    "ORDER BY step", [case.warm_up]).fetchall()
    return 1e3 * (times[-1][0] - times[0][0]) / (len(times) - 1)


def without_service(case, data):
    with tempfile.TemporaryDirectory(prefix="descent-costs-") as state:
        file = write_job(case, data, state)
        seconds = sides.run([sides.PROGRAMS.parent / "bench" / "job_without_service", file,
                             case.processes, state]).split()
    return 1e3 * statistics.mean(map(float, seconds[case.warm_up:]))


def measure(measured, data):
    case = case_of(measured)
    found = {"service": with_service(case, data), "alone": without_service(case, data),
             "checkpoints": with_service(case, data, {"checkpoint": {
                 "every_steps": measured.checkpoint_every, "keep_last": 1}}.items())}
    if case.processes > 1:
        found["fastest"] = with_service(case, data, {"reduction": "fastest"}.items())
    return found


def percent(segments, cost):
    return f"{100 * statistics.median(cost(segment) for segment in segments):.1f}"


def row_of(measured, segments):
    def median(name):
        return report.milliseconds(statistics.median(segment[name] for segment in segments))
    scale = measured.checkpoint_every / CHECKPOINTS_EVERY
    row = [measured.case, median("service"), median("alone"),
           percent(segments, lambda it: it["service"] / it["alone"] - 1), median("checkpoints"),
           percent(segments, lambda it: scale * (it["checkpoints"] / it["service"] - 1))]
    if "fastest" not in segments[0]:
        return [*row, "", ""]
    return [*row, median("fastest"),
            percent(segments, lambda it: it["service"] / it["fastest"] - 1)]


def data_wait(example, workers):
    """The share of a step in which a rank waits for a batch, as the profile prints it."""
    with tempfile.TemporaryDirectory(prefix="descent-costs-") as state:
        text = sides.run([sides.PROGRAMS / "descent", "run", f"examples/{example}.yaml", "--workers",
                          workers, "--state-dir", state, "--set", "stop_at_step=320", "--profile",
                          f"{state}/trace.json", "--profile-steps", 200, "--profile-warmup", 100],
                         directory=ROOT)
    return re.search(r"^wait for data +\S+ +(\S+) %", text, re.MULTILINE).group(1)


def main():
    names = [measured.case for measured in MEASURED]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join([*names, "examples"]))
    parser.add_argument("--segments", type=int, default=5)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="descent-costs-data-") as data:
        cases.write_data(data)
        for measured in MEASURED:
            if options.cases and not measured.case.startswith(tuple(options.cases)):
                continue
            segments = []
            for number in range(options.segments):
                segments.append(measure(measured, data))
                print(f"  {measured.case} {number + 1}: {segments[-1]}", file=sys.stderr)
            rows.append(row_of(measured, segments))
    print(report.markdown(rows, COLUMNS), end="")
    if options.cases and "examples" not in options.cases:
        return
    waits = [[example, str(workers), data_wait(example, workers)]
             for example, workers in EXAMPLES.items()]
    print(report.markdown(waits, ["example", "workers", "wait for data, % of a step"]), end="")


if __name__ == "__main__":
    main()
