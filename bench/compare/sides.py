"""One segment of a case on either side: a process of its own, its median time of a step."""

import contextlib
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


class Failed(Exception):
    pass


def run(command, environment=None):
    kept = {name: value for name, value in os.environ.items() if name not in SLOWING}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**kept, **(environment or {})}, check=False)
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def segment(case, data, python):
    """Our milliseconds, the peer's, and the peer's version."""
    if isinstance(case, cases.AllReduce):
        peer = torch(python, "torch_all_reduce.py", {}, "--mebibytes", case.mebibytes)
        return our_all_reduce(case), peer["milliseconds"], peer["version"]
    our, our_parameters = ours(case, data)
    peer = peer_training(case, python)
    if our_parameters != peer["parameters"]:
        raise Failed(f"{case.name}: the models differ: {our_parameters} parameters here, "
                     f"{peer['parameters']} in PyTorch")
    return our, peer["milliseconds"], peer["version"]


def limit(case, data):
    """The time in which this machine could do a case at best, in milliseconds: of a training step, its
    products and convolutions at the rate of products that `descent explain` measures here."""
    if isinstance(case, cases.AllReduce):
        return None
    with tempfile.TemporaryDirectory(prefix="descent-compare-") as state:
        file = pathlib.Path(state) / "job.yaml"
        file.write_text(case.job(data))
        plan = json.loads(run([PROGRAMS / "descent", "explain", file, "--json", "--workers",
                               case.processes]))
    return 1e3 * plan["plans"][0]["flops"] / plan["rates"]["matrix_flops"]


def our_all_reduce(case):
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    table = run(["mpirun", *root, "--oversubscribe", "--bind-to", "none", "-n", 2,
                 PROGRAMS.parent / "bench" / "all_reduce_mpi", case.mebibytes])
    for line in table.splitlines():
        cells = line.split()
        if cells and cells[0] == str(1024 * case.mebibytes):
            return float(cells[2]) / 1e3  # shared memory, in microseconds
    raise Failed(f"all_reduce_mpi has no line for {case.mebibytes} MiB:\n{table}")


def ours(case, data):
    """Milliseconds of a step, and the number of parameters, of the real service: descent run."""
    with tempfile.TemporaryDirectory(prefix="descent-compare-") as state:
        file = pathlib.Path(state) / "job.yaml"
        file.write_text(case.job(data))
        job = json.loads(run([PROGRAMS / "descent", "run", file, "--json", "--quiet", "--workers",
                              case.processes, "--state-dir", state]))
        return step_milliseconds(case, state, job), int(job["parameter_count"])


def step_milliseconds(case, state, job):
    database = pathlib.Path(state) / "metrics" / (job["name"].removeprefix("jobs/") + ".db")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as metrics:
        rates = metrics.execute("SELECT value FROM points WHERE name = 'train/samples_per_second' "
                                "AND step > ? ORDER BY step", [case.warm_up]).fetchall()
    if len(rates) != case.steps:
        raise Failed(f"{len(rates)} steps were recorded, not {case.steps}")
    return 1e3 * case.batch / statistics.median(rate for (rate,) in rates)


def peer_training(case, python):
    """PyTorch at its best setting: every core of the layout, the widest instructions, huge pages, and
    memory that is kept between steps."""
    setting = {"OMP_NUM_THREADS": str(case.threads), "ATEN_CPU_CAPABILITY": "avx512",
               "THP_MEM_ALLOC_ENABLE": "1", "MALLOC_TRIM_THRESHOLD_": "-1",
               "MALLOC_MMAP_THRESHOLD_": str(1 << 30)}
    return torch(python, "torch_step.py", setting, case.model, "--batch", case.batch,
                 "--processes", case.processes, "--threads", case.threads, "--steps", case.steps,
                 "--warm-up", case.warm_up, "--precision", case.precision,
                 "--context", case.context)


def torch(python, script, setting, *arguments):
    rendezvous = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    return json.loads(run([python, HERE / script, *arguments], {**rendezvous, **setting}))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
