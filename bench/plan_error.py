#!/usr/bin/env python3
"""How well `descent plan` predicts: the step of a job on some workers of this machine, as predicted, as
measured, and the error.

    plan_error.py PROGRAMS JOBFILE [--workers 1,2,4] [--steps 60] [--warm-up 10]

All workers share one host, so what is tried is the model of computation and shared memory, and not of a
network. On fewer cores than workers the steps wait for cores, which no model knows. Run it on a machine
that does nothing else.
"""

import argparse
import contextlib
import json
import pathlib
import sqlite3
import statistics
import subprocess
import tempfile


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def predicted_milliseconds(programs, file, workers):
    """By number of workers."""
    plan = json.loads(run(programs / "descent", "plan", file, "--workers", workers, "--network",
                          "10Gbit,10us", "--ranks-per-host", workers.rpartition(",")[2], "-o", "json"))
    return {step["workers"]: 1e3 * step["step_seconds"] for step in plan["steps"]}, \
        plan["steps"][0]["global_batch"]


def measured_milliseconds(programs, file, workers, arguments, batch):
    """The median of a step after the warm-up."""
    with tempfile.TemporaryDirectory(prefix="descent-plan-") as state:
        job = json.loads(run(programs / "descent", "run", file, "--workers", workers, "--json", "--quiet",
                             "--state-dir", state, "--set", f"stop_at_step={arguments.steps}"))
        database = pathlib.Path(state) / "metrics" / (job["name"].removeprefix("jobs/") + ".db")
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as metrics:
            rates = metrics.execute("SELECT value FROM points WHERE name = 'train/samples_per_second' "
                                    "AND step > ?", [arguments.warm_up]).fetchall()
    return 1e3 * batch / statistics.median(rate for (rate,) in rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--workers", default="1,2,4", help="ascending")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--warm-up", type=int, default=10)
    arguments = parser.parse_args()

    predicted, batch = predicted_milliseconds(arguments.programs, arguments.file, arguments.workers)
    print(f"{arguments.file}, steps {arguments.warm_up + 1} to {arguments.steps}, milliseconds")
    print("workers  predicted  measured   error")
    for workers, expected in predicted.items():
        took = measured_milliseconds(arguments.programs, arguments.file, workers, arguments, batch)
        print(f"{workers:7}  {expected:9.3f}  {took:8.3f}  {100 * (expected / took - 1):+5.0f} %")


if __name__ == "__main__":
    main()
