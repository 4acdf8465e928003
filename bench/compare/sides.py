"""One segment of a case on every side: a process of its own, its median time of a step."""

import contextlib
import dataclasses
import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import tempfile

import cases

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(os.environ.get("DESCENT_BIN", HERE.parents[1] / "build/release/bin"))
# They choose kernels that are not this machine's fastest, for whoever links OpenBLAS.
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# Of each setting, the fastest counts: one alone may have met whatever else the machine does.
TRIALS = 3
# A PyTorch that is slower than another by this factor in its trial takes no turns.
FAR_BEHIND = 1.25


class Failed(Exception):
    pass


def run(command, environment=None, directory=None):
    kept = {name: value for name, value in os.environ.items() if name not in SLOWING}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**kept, **(environment or {})}, cwd=directory, check=False)
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


@dataclasses.dataclass
class Peer:
    """A PyTorch, in the setting that is its fastest for a case."""
    python: str
    version: str
    setting: str  # of torch_step.py; empty where there is nothing to choose
    trial: float  # milliseconds of that setting in its trial
    milliseconds: list  # of each segment


def make_peers(case, pythons):
    """Those whose turns count, and those that their trial shows to be far behind."""
    peers = [make_peer(case, python) for python in pythons]
    fastest = min(peer.trial for peer in peers)
    near = [peer for peer in peers if peer.trial <= FAR_BEHIND * fastest]
    return near, [peer for peer in peers if peer not in near]


def make_peer(case, python):
    if isinstance(case, cases.AllReduce):
        return Peer(python, "", "", 0.0, [])
    found = [train_torch(case, python, [], case.trial_steps) for _ in range(TRIALS)]
    best = {name: min(turn["milliseconds"][name] for turn in found)
            for name in found[0]["milliseconds"]}
    setting = min(best, key=best.get)
    return Peer(python, found[0]["version"], setting, best[setting], [])


def measure_peer(case, peer):
    """Adds a segment, and gives the number of parameters, of a case that has any."""
    if isinstance(case, cases.AllReduce):
        found = torch(peer.python, "torch_all_reduce.py", {}, "--mebibytes", case.mebibytes)
        peer.milliseconds.append(found["milliseconds"])
    else:
        found = train_torch(case, peer.python, [peer.setting], case.steps)
        peer.milliseconds.append(found["milliseconds"][peer.setting])
    peer.version = found["version"]
    return found.get("parameters")


def segment(case, data, peers):
    """Our milliseconds and the limit's, if it is measured beside ours; adds one to each peer."""
    if isinstance(case, cases.AllReduce):
        our, limit = our_all_reduce(case)
    else:
        our, parameters = ours(case, data)
        limit = None
    for peer in peers:
        theirs = measure_peer(case, peer)
        if theirs is not None and theirs != parameters:
            raise Failed(f"{case.name}: the models differ: {parameters} parameters here, {theirs} in "
                         f"PyTorch {peer.version}")
    return our, limit


def training_limit(case, data):
    """The time in which this machine could do a training step at best, in milliseconds: its products
    and convolutions at the rate of products that `descent explain` measures here."""
    with tempfile.TemporaryDirectory(prefix="descent-compare-") as state:
        file = pathlib.Path(state) / "job.yaml"
        file.write_text(case.job(data))
        plan = json.loads(run([PROGRAMS / "descent", "explain", file, "--json", "--workers",
                               case.processes]))
    return 1e3 * plan["plans"][0]["flops"] / plan["rates"]["matrix_flops"]


def our_all_reduce(case):
    """Milliseconds over shared memory, and of the limit that is measured beside it."""
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    table = run(["mpirun", *root, "--oversubscribe", "--bind-to", "none", "-n", 2,
                 PROGRAMS.parent / "bench" / "all_reduce_mpi", case.mebibytes])
    _, names, *lines = table.splitlines()
    for line in lines:
        cells = dict(zip(names.split(), line.split()))
        if cells["KiB"] == str(1024 * case.mebibytes):
            return float(cells["shared"]) / 1e3, float(cells["limit"]) / 1e3  # microseconds
    raise Failed(f"all_reduce_mpi has no line for {case.mebibytes} MiB:\n{table}")


def ours(case, data, under=()):
    """Milliseconds of a step, and the number of parameters, of the real service: descent run, started
    by the command `under` if there is one."""
    with tempfile.TemporaryDirectory(prefix="descent-compare-") as state:
        file = pathlib.Path(state) / "job.yaml"
        file.write_text(case.job(data))
        job = json.loads(run([*under, PROGRAMS / "descent", "run", file, "--json", "--quiet",
                              "--workers", case.processes, "--state-dir", state]))
        return step_milliseconds(case, state, job), int(job["parameter_count"])


def step_milliseconds(case, state, job):
    database = pathlib.Path(state) / "metrics" / (job["name"].removeprefix("jobs/") + ".db")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as metrics:
        rates = metrics.execute("SELECT value FROM points WHERE name = 'train/samples_per_second' "
                                "AND step > ? ORDER BY step", [case.warm_up]).fetchall()
    if len(rates) != case.steps:
        raise Failed(f"{len(rates)} steps were recorded, not {case.steps}")
    return 1e3 * case.batch / statistics.median(rate for (rate,) in rates)


def train_torch(case, python, settings, steps):
    """PyTorch in these settings of torch_step.py, or in all: every core of the layout, the widest
    instructions, huge pages, and memory that is kept between steps."""
    environment = {"OMP_NUM_THREADS": str(case.threads), "ATEN_CPU_CAPABILITY": "avx512",
                   "THP_MEM_ALLOC_ENABLE": "1", "MALLOC_TRIM_THRESHOLD_": "-1",
                   "MALLOC_MMAP_THRESHOLD_": str(1 << 30)}
    return torch(python, "torch_step.py", environment, case.model, "--batch", case.batch,
                 "--processes", case.processes, "--threads", case.threads, "--steps", steps,
                 "--warm-up", case.warm_up, "--precision", case.peer_precision or case.precision,
                 "--context", case.context, "--settings", *settings)


def torch(python, script, setting, *arguments):
    rendezvous = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    return json.loads(run([python, HERE / script, *arguments], {**rendezvous, **setting}))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
