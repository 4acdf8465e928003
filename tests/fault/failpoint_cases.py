"""Jobs of which one process is killed as it passes a point of its program."""

import collections
import random
import sys
import time

import failpoints
from cluster import STEPS, Cluster
from harness import BIN
from random_cases import undisturbed
from report import Report

RANKS = 2
KILLED_AT_FIRST = "not reached at the passage that was drawn, so killed at the first"


def course(points, reference):
    """One job with that DESCENT_FAILPOINTS. In the middle a rank is killed, so that what follows a
    kill is passed too. Returns the record of failpoints."""
    with Cluster({"DESCENT_FAILPOINTS": points}) as cluster:
        cluster.start_launcher(RANKS)
        cluster.submit_victim()
        cluster.until("the middle of the job",
                      lambda: cluster.step() >= STEPS // 3 or cluster.has_ended(), 120)
        if not cluster.has_ended():
            # Between two worlds there may be none: then a kill has taken place anyway.
            cluster.kill("rank", 0)
        job = cluster.wait_for_end()
        cluster.check(job, reference)
        cluster.close()
        fired = [path.name.removeprefix("fired.") for path in cluster.record.glob("fired.*")]
        return fired, failpoints.counted(cluster.record)


def kill_at(place, passage, reference):
    """One case. `place` is (program, rank, name)."""
    notes = collections.Counter()
    program, rank, name = place
    fired, _ = course(failpoints.entry(program, rank, name, passage), reference)
    if name not in fired and passage > 1:
        notes[KILLED_AT_FIRST] += 1
        passage = 1
        fired, _ = course(failpoints.entry(program, rank, name, passage), reference)
    if name not in fired:
        raise AssertionError(f"{program} (rank {rank}) never passed {name}, so nothing was killed")
    return collections.Counter({program: 1}), notes, f"killed {program} (rank {rank})"


def needs_failpoints():
    if failpoints.has_failpoints(BIN):
        return
    sys.exit(f"{BIN} has programs without failpoints; build and name those of the preset fault: "
             "DESCENT_PRESET=fault ./dev build, --bin build/fault/bin")


def run(times, seed, deadline):
    needs_failpoints()
    reference = undisturbed(RANKS)
    _, counted = course("*=count", reference)
    report = Report("kills at failpoints")
    for name in sorted(failpoints.places()):
        # Of its own, so that one more point changes nothing for the others.
        numbers = random.Random(f"{seed}/{name}")
        places = sorted(counted[name])
        numbers.shuffle(places)
        for i in range(times):
            if report.is_hopeless or time.monotonic() > deadline:
                return report.finish()
            program, rank = places[i % len(places)] if places else ("-", "-")
            # A rank has been killed, so half of the passages are surely those of one process.
            passages = max(1, counted[name].get((program, rank), 0) // 2)
            passage = 1 if i == 0 else numbers.randint(1, passages)
            entry = failpoints.entry(program, rank, name, passage)
            report.run(f"{name} {i + 1}/{times}", f"--failpoint {entry} --seed {seed}",
                       lambda: kill_at((program, rank, name), passage, reference))
    return report.finish()


def run_entry(entry, seed):
    """As it was printed for a case."""
    needs_failpoints()
    reference = undisturbed(RANKS)
    name = entry.rpartition("=")[0].rpartition("/")[2]
    report = Report("kills at failpoints")

    def case():
        fired, _ = course(entry, reference)
        return collections.Counter({entry: 1} if name in fired else {}), collections.Counter(
            {} if name in fired else {"not reached": 1}), f"killed at {fired or 'nothing'}"

    report.run(name, f"--failpoint {entry} --seed {seed}", case)
    return report.finish()
