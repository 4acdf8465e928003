"""Starts and watches the real programs for the system tests."""

import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import urllib.request

import leaks

BIN = pathlib.Path(os.environ["DESCENT_BIN"])
GPT_FILE = pathlib.Path(__file__).resolve().parents[2] / "examples/gpt_text.yaml"
DIGEST = re.compile(r"^state digest: ([0-9a-f]{32})$", re.MULTILINE)


def write_idx(prefix, samples, side=8, classes=4, seed=1, gzipped=False):
    """A tiny labelled image set: each class lights up another part of the picture, under noise."""
    images, labels, state = bytearray(), bytearray(), seed
    for i in range(samples):
        label = i % classes
        labels.append(label)
        for pixel in range(side * side):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            is_lit = pixel * classes // (side * side) == label
            images.append((state >> 33) % 100 + (120 if is_lit else 0))
    write = (lambda path, data: path.with_name(path.name + ".gz").write_bytes(gzip.compress(data))) \
        if gzipped else (lambda path, data: path.write_bytes(data))
    prefix = pathlib.Path(prefix)
    write(prefix.with_name(prefix.name + "-images-idx3-ubyte"),
          struct.pack(">BBBBIII", 0, 0, 8, 3, samples, side, side) + bytes(images))
    write(prefix.with_name(prefix.name + "-labels-idx1-ubyte"),
          struct.pack(">BBBBI", 0, 0, 8, 1, samples) + bytes(labels))


JOB = """\
name: blobs
model:
  mlp: {{hidden_sizes: [32, 16], activation: gelu, dropout: 0.1}}
  loss: cross_entropy
data:
  train: {{path: {data}/train, format: idx}}
  validation: {{path: {data}/validation, format: idx}}
  test: {{path: {data}/test, format: idx}}
batch: {{global: 50, logical_workers: 4, tail: keep}}
steps: 200
seed: 3
optimizer: {{adamw: {{lr: 3e-3, weight_decay: 0.01, no_decay: ["*.bias"]}}, clip_norm: 1.0}}
lr_schedule: {{cosine: {{warmup_steps: 10, min_lr: 1e-5}}}}
evaluate: {{every_steps: 50}}
checkpoint: {{every_steps: 60, keep_last: 2}}
workers: {{min: 1, max: 4, threads: 1}}
"""


def processes_of(directory):
    """Our programs that still run and mention this test's directory, as (pid, command line)."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except (OSError, UnicodeDecodeError):
            continue
        is_ours = any(name in command for name in ("descent-", "mpirun", "orted"))
        if is_ours and str(directory) in command + environment:
            found.append((int(entry.name), command))
    return found


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Alone:
    """A network with nothing but a loopback of its own, for one command."""

    def inside(self, *command):
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        return ["unshare", *as_root, "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                *map(str, command)]


class SystemTest(unittest.TestCase):
    """A directory of its own with data and a job file; no process, temporary file or shared memory
    left at the end."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="descent-system-"))
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir()
        # Open MPI may remove an empty directory for temporary files together with its own.
        self.keeper = self.temporary / "keeper"
        self.keeper.touch()
        # Found in the environment of every process that the test starts, so that none hides.
        self.environment = dict(os.environ, DESCENT_TEST_DIRECTORY=str(self.directory),
                                TMPDIR=str(self.temporary),
                                XDG_STATE_HOME=str(self.directory / "state-home"),
                                XDG_CONFIG_HOME=str(self.directory / "config-home"))
        write_idx(self.directory / "train", 403)
        write_idx(self.directory / "validation", 101, seed=2)
        write_idx(self.directory / "test", 99, seed=3, gzipped=True)
        self.job_file = self.directory / "job.yaml"
        self.job_file.write_text(JOB.format(data=self.directory))
        self.started = []

    def tearDown(self):
        for process in reversed(self.started):
            self.stop(process)
        left = self.wait_until(self.leftovers, is_wanted=False)
        for pid, _ in processes_of(self.directory):
            os.kill(pid, signal.SIGKILL)
        leaks.remove_shared_memory()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.assertEqual(left, [], "this is left behind")

    def leftovers(self):
        """What our programs and Open MPI have left on this machine so far."""
        return [command for _, command in processes_of(self.directory)] + \
            [str(path) for path in self.temporary.iterdir() if path != self.keeper] + \
            leaks.shared_memory()

    def wait_until(self, look, seconds=30, is_wanted=True):
        """What `look` finds, once it finds something. With is_wanted false: waits until it finds
        nothing, for at most 5 s, and returns [] or what is still there."""
        deadline = time.monotonic() + (seconds if is_wanted else 5)
        while True:
            found = look()
            if bool(found) == is_wanted:
                return found if is_wanted else []
            if time.monotonic() > deadline:
                if is_wanted:
                    self.fail(f"nothing within {seconds} s\n{self.last_words()}")
                return found
            time.sleep(0.05)

    def last_words(self):
        """The end of what each process that was started has written."""
        return "\n".join(f"--- {process.args[0]}, exit code {process.poll()}:\n"
                         f"{process.log.read_text(errors='replace')[-2000:]}"
                         for process in self.started)

    def start(self, *command, host=None, **options):
        """Starts a program in the background, its output into a file; on a Host of two_hosts.py if
        one is given."""
        log = self.directory / f"log-{len(self.started)}"
        popen = host.popen if host else subprocess.Popen
        with log.open("wb") as output:
            process = popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                            stdout=output, stderr=subprocess.STDOUT,
                            env=self.environment, start_new_session=True, **options)
        process.log = log
        self.started.append(process)
        return process

    def stop(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.fail(f"{process.args} did not end on SIGTERM:\n{process.log.read_text()}")

    def descent(self, *arguments, timeout=120, code=0, host=None):
        """Runs the client and checks its exit code."""
        command = [str(BIN / "descent"), *map(str, arguments)]
        done = subprocess.run(host.inside(*command) if host else command, capture_output=True,
                              text=True, timeout=timeout, env=self.environment,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, f"descent {arguments}\n{done.stdout}{done.stderr}")
        return done

    def descent_alone(self, *arguments):
        """The same where nobody listens on the default port, whoever does on this machine."""
        return self.descent(*arguments, host=Alone() if is_listening(9090) else None)

    def run_job(self, *arguments, **options):
        return self.descent("run", *arguments, "--state-dir", self.directory / "state", **options)

    def digest_of(self, done):
        match = DIGEST.search(done.stdout)
        self.assertIsNotNone(match, done.stdout + done.stderr)
        return match.group(1)

    # --- The pieces by hand ------------------------------------------------------------------

    def start_coordinator(self, address="127.0.0.1", ports=(0, 0, 0), options=(), host=None):
        """`ports` for users, workers and HTTP; 0: any."""
        ports_file = self.directory / "ports.json"
        ports_file.unlink(missing_ok=True)
        user, worker, http = ports
        process = self.start(BIN / "descent-coordinator", "--listen", f"{address}:{user}",
                             "--worker-listen", f"{address}:{worker}",
                             "--http", f"{address}:{http}",
                             "--state-dir", self.directory / "state", "--ports-file", ports_file,
                             *options, host=host)
        self.wait_until(lambda: ports_file.exists() or process.poll() is not None)
        self.assertTrue(ports_file.exists(), process.log.read_text())
        self.addresses = json.loads(ports_file.read_text())
        self.environment["DESCENT_SERVER"] = self.addresses["user"]
        self.coordinator = process
        return process

    def kill_coordinator(self):
        self.coordinator.kill()
        self.coordinator.wait()

    def start_coordinator_again(self):
        """On the ports that it had."""
        ports = [int(self.addresses[name].rpartition(":")[2]) for name in ("user", "worker", "http")]
        return self.start_coordinator(ports=ports)

    def start_workers(self, count, *options):
        return self.start("mpirun", *(["--allow-run-as-root"] if os.getuid() == 0 else []),
                          "--oversubscribe", "--bind-to", "none", "-n", count,
                          BIN / "descent-worker", "--coordinator", self.addresses["worker"], *options)

    def kill_without_launcher(self, pool):
        """Kills mpirun and its ranks, and removes what they leave: where descent-launch watches, it
        does that, but nothing of Open MPI's outlives its own mpirun."""
        os.killpg(pool.pid, signal.SIGKILL)
        pool.wait()
        self.assertEqual(self.wait_until(self.workers, is_wanted=False), [])
        for path in self.temporary.glob("ompi.*"):
            shutil.rmtree(path)
        leaks.remove_shared_memory()

    def workers(self):
        """The process numbers of this test's ranks."""
        return [pid for pid, command in processes_of(self.directory)
                if command.startswith(str(BIN / "descent-worker"))]

    def get(self, path):
        url = f"http://{self.addresses['http']}{path}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=10) as answer:
            return answer.read().decode()

    def job(self, name):
        return json.loads(self.get(f"/v1/jobs/{name}"))

    def described(self, name, **options):
        """The job as the client has it."""
        return json.loads(self.descent("describe", name, "--json", **options).stdout)

    def wait_for_state(self, name, *states, seconds=60):
        self.wait_until(lambda: self.job(name)["state"] in
                        [f"JOB_STATE_{state}" for state in states], seconds)
        return self.job(name)

    def submit(self, *arguments):
        done = self.descent("submit", self.job_file, *arguments)
        match = re.search(r"(?:job/|jobs/)?(blobs-[a-z0-9]{5})", done.stdout + done.stderr)
        self.assertIsNotNone(match, done.stdout + done.stderr)
        return match.group(1)

    # --- Where tokens are asked for ----------------------------------------------------------

    def make_token(self, name, role, *options):
        """A file with a new token."""
        file = self.directory / f"{name}.token"
        self.descent("token", "create", "--name", name, "--role", role, "--out", file, *options)
        return file

    def revoke_token(self, name):
        token = next(token for token in json.loads(self.descent("token", "ls", "--json").stdout)
                     if token["name"] == name)
        self.descent("token", "revoke", token["id"])
