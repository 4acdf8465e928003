#!/usr/bin/env python3
"""Times the service around the training and prints a table, medians of --turns:

    bench/service.py [--jobs 10000] [--turns 5]

From the start of `descent submit` until the coordinator hears of the job's first step, on a pool of two
ranks that is attached; and of a coordinator whose store has --jobs jobs, one half cancelled and the other
waiting: from its start until it listens, and how long `descent ls` takes, whole, with its start: the first and the
second time."""

import argparse
import contextlib
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = pathlib.Path(os.environ.get("DESCENT_BIN", ROOT / "build/release/bin"))
DEADLINE = 60  # seconds, of whatever is waited for
JOB = """\
name: tiny
model: {{mlp: {{hidden_sizes: [32]}}}}
data: {{train: {{path: {table}, format: csv}}, table: {{label: class}}}}
batch: {{global: 32}}
steps: 5
optimizer: {{adamw: {{lr: 1e-3}}}}
workers: {{min: 1, max: 2}}
"""


def write_job(directory):
    table = directory / "points.csv"
    lines = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(640)]
    table.write_text("\n".join(["x,y,class", *lines]) + "\n")
    file = directory / "job.yaml"
    file.write_text(JOB.format(table=table))
    return file


def wait_until(look):
    deadline = time.monotonic() + DEADLINE
    while not (found := look()):
        if time.monotonic() > deadline:
            sys.exit(f"nothing within {DEADLINE} s")
        time.sleep(0.001)
    return found


@contextlib.contextmanager
def coordinator(directory):
    """Its addresses, and the seconds from its start until it listens."""
    ports = directory / "ports.json"
    ports.unlink(missing_ok=True)
    begin = time.monotonic()
    with running([PROGRAMS / "descent-coordinator", "--listen", "127.0.0.1:0", "--worker-listen",
                  "127.0.0.1:0", "--http", "127.0.0.1:0", "--state-dir", directory / "state",
                  "--ports-file", ports]):
        addresses = json.loads(wait_until(lambda: ports.exists() and ports.read_text()))
        yield addresses, time.monotonic() - begin


@contextlib.contextmanager
def running(command):
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE)


def descent(addresses, *arguments):
    return subprocess.run([str(PROGRAMS / "descent"), "--server", addresses["user"],
                           *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def first_step(directory, job):
    """When the coordinator heard of it, if it has."""
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(
            sqlite3.connect(f"file:{directory}/state/metrics/{job}.db?mode=ro", uri=True)) as metrics:
        found = metrics.execute("SELECT time FROM points WHERE name = 'train/loss' AND step = 1")
        return (found.fetchone() or [None])[0]
    return None


def submit_to_first_step(directory, file, addresses):
    begin = time.time()
    job = descent(addresses, "submit", file).strip()
    heard = wait_until(lambda: first_step(directory, job))
    descent(addresses, "watch", job)
    return heard - begin


def ls_seconds(addresses):
    begin = time.monotonic()
    descent(addresses, "ls")
    return time.monotonic() - begin


def on_a_pool(directory, file, turns):
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    with coordinator(directory) as (addresses, _), running(
            ["mpirun", *root, "--oversubscribe", "--bind-to", "none", "-n", 2,
             PROGRAMS / "descent-worker", "--coordinator", addresses["worker"]]):
        descent(addresses, "submit", "--follow", file)  # the pool is attached then
        return [submit_to_first_step(directory, file, addresses) for _ in range(turns)]


def with_jobs(directory, file, jobs, turns):
    with coordinator(directory) as (addresses, _):
        subprocess.run([PROGRAMS.parent / "bench" / "submit_jobs", file, str(jobs),
                        addresses["user"]], check=True)
    turns_found = []
    for _ in range(turns):
        with coordinator(directory) as (addresses, seconds):
            turns_found.append((seconds, ls_seconds(addresses), ls_seconds(addresses)))
    return zip(*turns_found)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="descent-service-") as name:
        directory = pathlib.Path(name)
        file = write_job(directory)
        firsts = on_a_pool(directory, file, options.turns)
        starts, first_lists, lists = with_jobs(directory, file, options.jobs, options.turns)
    print("| what | to reach, ms | median, ms | slowest, ms |\n| --- | ---: | ---: | ---: |")
    for what, goal, found in (("submit to first step", 1000, firsts),
                              (f"start with {options.jobs} jobs", 1000, starts),
                              (f"descent ls with {options.jobs} jobs, first", 100, first_lists),
                              (f"descent ls with {options.jobs} jobs", 100, lists)):
        print(f"| {what} | {goal} | {1e3 * statistics.median(found):.0f} | {1e3 * max(found):.0f} |")


if __name__ == "__main__":
    main()
