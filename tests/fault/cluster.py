"""A coordinator, a launcher and one job that is disturbed; and their operator, who starts again what
was killed."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

import audit
import failpoints
from harness import BIN, SystemTest, is_listening, processes_of

JOB = "victim"
STEPS = 1500
SAMPLES, BATCH = 403, 50  # of harness.py's job file
# Some seconds of work on two cores, with checkpoints and evaluations all along.
SETTINGS = {"steps": STEPS, "model.mlp.hidden_sizes": "[256,256]", "batch.logical_workers": 8,
            "workers.max": 8, "evaluate.every_steps": 300, "checkpoint.every_steps": 100,
            "checkpoint.keep_last": 1, "restarts.max": 100000}
KINDS = ("rank", "mpirun", "launcher", "coordinator")
ENDS = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED")

START_SECONDS = 60
LEAVE_SECONDS = 100  # a rank may take 60 to save, those around it a little more
END_SECONDS = 300
CLEAN_SECONDS = 100  # ranks whose launcher was killed leave as on SIGTERM
POLL_SECONDS = 0.01
TRIES = 10


class Cluster(SystemTest):
    """Use as a context: enters with a coordinator and its launcher running, leaves with nothing."""

    def __init__(self, environment=None):
        super().__init__()
        self.more_environment = environment or {}

    def __enter__(self):
        self.setUp()
        try:
            self.bring_up_coordinator()
        except BaseException:
            self.tear_down_quietly()
            raise
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.tearDown()
        else:
            self.tear_down_quietly()

    def setUp(self):
        super().setUp()
        self.record = self.directory / "record"
        self.record.mkdir()
        self.environment.update(self.more_environment, DESCENT_FAILPOINT_RECORD=str(self.record))
        self.addresses = {}
        self.coordinator = self.launcher = None
        self.ranks = 0
        self.settings = []  # of the job, as a client gets them
        self.kills = []  # (time, kind)

    def tear_down_quietly(self):
        """Something has failed already, and is what is told."""
        keep = os.environ.get("DESCENT_KEEP")
        if keep:
            shutil.copytree(self.directory, pathlib.Path(keep) / self.directory.name,
                            ignore_dangling_symlinks=True)
        try:
            self.tearDown()
        except AssertionError:
            pass

    # --- What an operator does ---------------------------------------------------------------

    def tend(self):
        if self.coordinator is not None and self.coordinator.poll() is not None:
            self.expect_end(self.coordinator, "the coordinator", [-signal.SIGKILL])
            self.bring_up_coordinator()
        if self.launcher is not None and self.launcher.poll() is not None:
            # 1: its ranks were killed before they came up, four times in a row.
            self.expect_end(self.launcher, "the launcher", [-signal.SIGKILL, 1])
            self.start_launcher(self.ranks)

    def expect_end(self, process, what, codes):
        if process.returncode not in codes:
            self.fail(f"{what} ended by itself with {process.returncode}\n{self.situation()}")

    def bring_up_coordinator(self):
        """On the ports that it had, if it had any; again if it is killed as it starts."""
        ports = [int(self.addresses[name].rpartition(":")[2]) for name in ("user", "worker", "http")] \
            if self.addresses else [0, 0, 0]
        for attempt in range(TRIES):
            try:
                return self.start_coordinator(ports=ports)
            except AssertionError as error:
                was_killed = self.started[-1].poll() == -signal.SIGKILL
                if not was_killed or attempt + 1 == TRIES:
                    self.fail(f"the coordinator did not get ready: {error}")

    def worker_address(self):
        """Where workers are told that the coordinator is."""
        return self.addresses["worker"]

    def start_launcher(self, ranks):
        self.ranks = ranks
        self.launcher = self.start(BIN / "descent", "launch", "-n", ranks,
                                   "--coordinator", self.worker_address())

    def stop_launcher(self, number=signal.SIGTERM):
        launcher, self.launcher = self.launcher, None
        if launcher.poll() is None:
            launcher.send_signal(number)
        self.until("the launcher to end", lambda: launcher.poll() is not None, LEAVE_SECONDS)

    def submit_victim(self, **more):
        """Until it is there: a client that was told that it failed is asked again. In `more`, __
        stands for the dot of a setting."""
        wanted = {**SETTINGS, **{name.replace("__", "."): value for name, value in more.items()}}
        self.settings = [part for name, value in wanted.items()
                         for part in ("--set", f"{name}={value}")]
        for _ in range(TRIES):
            client = self.start(BIN / "descent", "submit", self.job_file, "--name", JOB,
                                *self.settings)
            self.until("the client to submit the job", lambda: client.poll() is not None,
                       START_SECONDS)
            if client.returncode == 0 or self.peek() is not None:
                return
        self.fail(f"the job cannot be submitted: {client.log.read_text()}")

    # --- What is waited for ------------------------------------------------------------------

    def until(self, what, look, seconds):
        """What `look` finds, once it finds something; meanwhile the operator is at work."""
        deadline = time.monotonic() + seconds
        while True:
            self.tend()
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                self.fail(f"waited {seconds} s in vain for {what}\n{self.situation()}")
            time.sleep(POLL_SECONDS)

    def rest(self, seconds):
        """Lets things happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tend()
            time.sleep(POLL_SECONDS)

    def answer_of(self, path):
        """Nothing while nobody answers, or there is nothing."""
        if not self.addresses:
            return None
        try:
            return self.get(path)
        except (OSError, http.client.HTTPException):
            return None

    def peek(self):
        """The job as the coordinator has it, or None."""
        text = self.answer_of(f"/v1/jobs/{JOB}")
        return json.loads(text) if text else None

    def step(self):
        """How many steps the coordinator has heard of; 0 if it does not answer."""
        job = self.peek() or {}
        return int(job.get("progress", {}).get("step", 0))

    def has_ended(self):
        job = self.peek()
        return job if job and job["state"] in ENDS else None

    def wait_for_end(self, seconds=END_SECONDS):
        job = self.until("the job to end", self.has_ended, seconds)
        if job["state"] != "JOB_STATE_SUCCEEDED":
            self.fail(f"the job has {job['state']}: {job.get('stateMessage')}\n{self.situation()}")
        return job

    def wait_for_step(self, step):
        self.until(f"step {step}", lambda: self.step() >= step, END_SECONDS)

    def attempts(self):
        text = self.until("the job's attempts", lambda: self.answer_of(f"/v1/jobs/{JOB}/attempts"),
                          START_SECONDS)
        return sorted(json.loads(text)["attempts"], key=lambda attempt: int(attempt["generation"]))

    def losses(self, job=JOB):
        """[(step, loss)], all of them, as they are written."""
        path = f"/v1/jobs/{job}/metrics?format=csv&names=train/loss"
        text = self.until("the job's metrics", lambda: self.answer_of(path), START_SECONDS)
        rows = [line.split(",") for line in text.splitlines()[1:]]
        return [(int(step), loss) for step, _, loss in rows]

    # --- What is killed ----------------------------------------------------------------------

    def pids_of(self, kind):
        if kind == "rank":
            return sorted(self.workers())
        if kind == "mpirun":
            return sorted(pid for pid, command in processes_of(self.directory)
                          if pathlib.Path(command.split(" ")[0]).name == "mpirun")
        process = self.launcher if kind == "launcher" else self.coordinator
        return [process.pid] if process is not None and process.poll() is None else []

    def kill(self, kind, choice):
        """False: there is none at this moment. `choice` in [0, 1) says which of several."""
        pids = self.pids_of(kind)
        if not pids:
            return False
        try:
            os.kill(pids[int(choice * len(pids))], signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.kills.append((time.time(), kind))
        return True

    # --- What must hold at the end -----------------------------------------------------------

    def check(self, job, reference, steps=STEPS):
        """Of a job that has succeeded. `reference` is (digest, losses) of an undisturbed one."""
        digest, losses = reference
        self.assertEqual(job["stateDigest"], digest, "the final state differs from the undisturbed "
                         f"job's\n{self.situation()}")
        found = self.losses()
        audit.check_points(found, steps)
        audit.check_values(found, losses)
        self.check_samples(steps)

    def check_samples(self, steps):
        """In a build that records them."""
        if not failpoints.has_failpoints(BIN):
            return
        starts = [(int(attempt["generation"]), int(attempt.get("startStep", 0)))
                  for attempt in self.attempts()]
        read = audit.read_samples(self.record)
        audit.check_samples(audit.lineage(starts, read, steps), read, SAMPLES, BATCH)

    def close(self):
        """Ends everything in good order and checks that nothing is left."""
        addresses = list(self.addresses.values())
        coordinator, self.coordinator = self.coordinator, None
        self.stop_launcher()
        self.stop(coordinator)
        self.until_clean("processes, temporary files or shared memory", self.leftovers)
        self.until_clean("listening sockets", lambda: [
            address for address in addresses if is_listening(int(address.rpartition(":")[2]))])
        self.until_clean("halves of checkpoints", lambda: [
            str(path) for path in (self.directory / "state/checkpoints").glob("*/.*")])

    def until_clean(self, what, look):
        deadline = time.monotonic() + CLEAN_SECONDS
        while found := look():
            if time.monotonic() > deadline:
                self.fail(f"{what} are left after {CLEAN_SECONDS} s: {found}\n{self.situation()}")
            time.sleep(POLL_SECONDS)

    def situation(self):
        """For whoever has to find out why."""
        lines = [f"job: {json.dumps(self.peek())}"]
        for process in self.started[-8:]:
            name = " ".join(map(str, process.args[:3]))
            lines.append(f"--- {name} (pid {process.pid}, ended with {process.poll()})")
            lines += process.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join(lines)
