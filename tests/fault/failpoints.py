"""The failpoints of common/failpoint.h: their names, and what programs have recorded of them."""

import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("checkpoint", "client", "common", "coordinator", "launch", "proto", "rpc", "worker")
POINT = re.compile(r'\bDESCENT_FAILPOINT(?:_IF)?\([^;]*?"([a-z0-9_.]+)"\s*\);')
# That could end, in the course of a job: clients are not what is promised to be survived.
PROGRAMS = ("descent-coordinator", "descent-launch", "descent-worker")
MARKS = (b"DESCENT_FAILPOINT", b"PassFailpoint", b"RecordSamples")


def places():
    """How often each name is written in the sources."""
    found = collections.Counter()
    for folder in FOLDERS:
        for path in (ROOT / folder).glob("**/*.cc"):
            found.update(POINT.findall(path.read_text()))
    return found


def programs(bin_directory):
    return sorted(path for path in bin_directory.glob("descent*") if path.is_file())


def has_failpoints(bin_directory):
    """Whether the programs there are of a build with the option DESCENT_FAILPOINTS."""
    return MARKS[0] in (bin_directory / "descent-worker").read_bytes()


def counted(record):
    """By name, how often each (program, rank) came by; rank "-" is none."""
    found = collections.defaultdict(dict)
    for path in record.glob("count.*"):
        _, program, rank, name = path.name.split(".", 3)
        if program in PROGRAMS:
            found[name][program, rank] = path.stat().st_size
    return found


def entry(program, rank, name, passage):
    """What kills that process there, for DESCENT_FAILPOINTS."""
    return f"{program}/" + (f"rank:{rank}/" if rank != "-" else "") + f"{name}=kill@{passage}"


def has_fired(record, name):
    return (record / f"fired.{name}").exists()
