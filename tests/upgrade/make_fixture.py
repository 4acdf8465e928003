#!/usr/bin/env python3
"""Makes what tests/system/test_upgrade.py goes on with: the state of suspended jobs, as a release wrote it.

    tests/upgrade/make_fixture.py BIN

runs the programs in BIN, of the release that is about to be left behind, and writes tests/upgrade/VERSION:

    state/          the coordinator's state directory
    checkpoints/    its checkpoint root
    expected.json   of each job: the digest that it must end with, and what it had told until then

A job is run undisturbed, for its digest, and again until it is suspended on the way. The one of a single
logical worker has manifests of another format (docs/checkpoint_format.md) than the other.

Run it once for each release, on a machine with AVX2, and commit what it writes. It is never made again:
later programs must read what that release wrote.
"""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# Resolved by each process on its own, so that a checkpoint's recorded path leads to the copy in whose
# directory the process runs.
CHECKPOINT_ROOT = "/proc/self/cwd/checkpoints"
INSTRUCTION_SET = "avx2"
JOBS = {"several-logical-workers": ("batch.logical_workers=4",),
        "one-logical-worker": ("batch.logical_workers=1", "workers.max=1")}
SUSPENDED_AFTER = 60  # steps: some checkpoints and evaluations, and most of the job still to come
METRICS = ("train/loss", "validation/loss")


def wait_until(look, seconds=120):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing within {seconds} s")
        time.sleep(0.01)
    return found


class Release:
    """The programs of one release at work in a directory."""

    def __init__(self, programs, directory):
        self.programs = programs
        self.directory = directory
        (directory / "checkpoints").mkdir()
        ports = directory / "ports.json"
        self.coordinator = self.start(
            programs / "descent-coordinator", "--listen", "127.0.0.1:0", "--worker-listen",
            "127.0.0.1:0", "--http", "127.0.0.1:0", "--state-dir", directory / "state",
            "--checkpoint-root", CHECKPOINT_ROOT, "--ports-file", ports)
        wait_until(ports.exists)
        self.addresses = json.loads(ports.read_text())
        self.workers = self.start(
            "mpirun", *(["--allow-run-as-root"] if os.getuid() == 0 else []), "--oversubscribe",
            "--bind-to", "none", "-n", 2, programs / "descent-worker", "--isa", INSTRUCTION_SET,
            "--coordinator", self.addresses["worker"])

    def start(self, *command):
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen([str(part) for part in command], cwd=self.directory, stdout=log,
                                    stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(self):
        for process in (self.workers, self.coordinator):
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def descent(self, *arguments):
        return subprocess.run(
            [str(self.programs / "descent"), "--server", self.addresses["user"], *map(str, arguments)],
            check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def submit(self, settings):
        flags = [part for setting in settings for part in ("--set", setting)]
        done = self.descent("submit", HERE / "job.yaml", *flags)
        return re.search(r"upgrade-[a-z0-9]{5}", done.stdout + done.stderr).group()

    def described(self, job):
        return json.loads(self.descent("describe", job, "--json").stdout)

    def wait_for(self, job, state):
        wait_until(lambda: self.described(job)["state"] == f"JOB_STATE_{state}")

    def digest_undisturbed(self, settings):
        job = self.submit(settings)
        self.wait_for(job, "SUCCEEDED")
        digest = self.described(job)["state_digest"]
        self.descent("delete", job)
        return digest

    def suspended(self, settings):
        job = self.submit(settings)
        wait_until(lambda: int(self.described(job).get("progress", {}).get("step", 0)) >
                   SUSPENDED_AFTER)
        self.descent("suspend", job)
        self.wait_for(job, "SUSPENDED")
        return job

    def told(self, job):
        """What later programs must still tell of a job."""
        rows = list(csv.DictReader(io.StringIO(self.descent("metrics", "export", job).stdout)))
        return {
            "step": int(self.described(job)["progress"]["step"]),
            "events": [[event["type"], event["message"]] for event
                       in json.loads(self.descent("events", job, "-o", "json").stdout)],
            "log_lines": len(self.descent("logs", job).stdout.splitlines()),
            "metrics": {name: [[int(row["step"]), row[name]] for row in rows if row[name]]
                        for name in METRICS}}


def write_fixture(directory, version, jobs):
    target = HERE / version
    target.mkdir()
    shutil.copytree(directory / "checkpoints", target / "checkpoints")
    # The lock is of a process that has ended.
    shutil.copytree(directory / "state", target / "state", ignore=shutil.ignore_patterns("lock"))
    store = sqlite3.connect(directory / "state/state.db")
    schema = store.execute("PRAGMA user_version").fetchone()[0]
    store.close()
    (target / "expected.json").write_text(json.dumps(
        {"version": version, "schema": schema, "instruction_set": INSTRUCTION_SET, "jobs": jobs},
        indent=1) + "\n")
    return target


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    said = subprocess.run([programs / "descent-coordinator", "--version"], check=True,
                          capture_output=True, text=True).stdout
    version = re.search(r"\d+\.\d+\.\d+", said).group()
    if (HERE / version).exists():
        raise SystemExit(f"{HERE / version} is there already, and is never made again")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="descent-upgrade-"))
    release = Release(programs, directory)
    try:
        jobs = []
        for name, settings in JOBS.items():
            digest = release.digest_undisturbed(settings)
            job = release.suspended(settings)
            jobs.append({"job": job, "is": name, "digest": digest, **release.told(job)})
    finally:
        release.stop()
    print(f"wrote {write_fixture(directory, version, jobs)}")
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
