"""Jobs whose processes are killed, or whose workers change, at random instants."""

import collections
import functools
import random
import signal
import time

from cluster import KINDS, Cluster
from report import Report

KILLS_MIN, KILLS_MAX = 3, 6  # of one job
GAP_SECONDS = (0.05, 2.0)  # so that many hit what is on its way up again
STAGE_SECONDS = (0.3, 2.5)
WORKERS_MAX = 8


@functools.cache
def undisturbed(ranks=2):
    """(digest, losses) of a job that nobody touches."""
    with Cluster() as cluster:
        cluster.start_launcher(ranks)
        cluster.submit_victim()
        job = cluster.wait_for_end()
        reference = job["stateDigest"], cluster.losses()
        cluster.check(job, reference)
        cluster.close()
    return reference


def draw(seed, case):
    """The random numbers of one case, the same whichever cases are run."""
    return random.Random(f"{seed}/{case}")


def kill_case(seed, case, reference):
    """One job, killed at several instants."""
    numbers = draw(seed, case)
    ranks = numbers.randint(1, 3)
    schedule = [(numbers.uniform(*GAP_SECONDS), numbers.choice(KINDS), numbers.random())
                for _ in range(numbers.randint(KILLS_MIN, KILLS_MAX))]
    notes = collections.Counter()
    with Cluster() as cluster:
        cluster.start_launcher(ranks)
        cluster.submit_victim()
        for gap, kind, choice in schedule:
            cluster.rest(gap)
            if cluster.has_ended():
                notes["came after the end of the job"] += 1
            elif not cluster.kill(kind, choice):
                notes[f"found no {kind}"] += 1
        job = cluster.wait_for_end()
        cluster.check(job, reference)
        attempts = len(cluster.attempts())
        cluster.close()
    # The coordinator dates the end: what was killed after it has disturbed nothing.
    counts = collections.Counter(kind for when, kind in cluster.kills if when < job["endTime"])
    notes["came after the end of the job"] += len(cluster.kills) - sum(counts.values())
    killed = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"
    return counts, notes, f"{ranks} ranks, killed {killed}, {attempts} attempts"


def run_kills(count, seed, only_case, deadline):
    reference = undisturbed()
    return Report("kills").run_until(count, only_case, deadline, f"--seed {seed}",
                                     lambda case: kill_case(seed, case, reference))


def worlds_of(seed, case):
    """How many workers there are, one after the other. First each number by itself."""
    if case < WORKERS_MAX:
        return [case + 1], draw(seed, case)
    numbers = draw(seed, case)
    return [numbers.randint(1, WORKERS_MAX) for _ in range(numbers.randint(2, 5))], numbers


def resize_case(seed, case, reference):
    """One job, whose launcher is ended and started with another number of workers."""
    worlds, numbers = worlds_of(seed, case)
    counts = collections.Counter()
    notes = collections.Counter()
    with Cluster() as cluster:
        cluster.start_launcher(worlds[0])
        cluster.submit_victim()
        for ranks in worlds[1:]:
            cluster.rest(numbers.uniform(*STAGE_SECONDS))
            number = numbers.choice((signal.SIGTERM, signal.SIGKILL))
            if cluster.has_ended():
                notes["came after the end of the job"] += 1
                continue
            cluster.stop_launcher(number)
            cluster.start_launcher(ranks)
            counts[f"after {number.name}"] += 1
        job = cluster.wait_for_end()
        cluster.check(job, reference)
        attempts = [int(attempt["worldSize"]) for attempt in cluster.attempts()]
        cluster.close()
    if len(worlds) == 1:
        counts["of a job on one number of workers"] += 1
    return counts, notes, f"launched {worlds}, attempts on {attempts}"


def run_resizes(schedules, seed, only_case, deadline):
    """Each number of workers by itself, then as many schedules."""
    reference = undisturbed()
    report = Report("ends of worlds")
    cases = [only_case] if only_case is not None else range(WORKERS_MAX + schedules)
    for case in cases:
        if report.is_hopeless or time.monotonic() > deadline:
            break
        report.run(f"case {case}", f"--resizes {schedules} --seed {seed} --case {case}",
                   lambda: resize_case(seed, case, reference))
    return report.finish()
