"""Jobs whose workers and users reach the coordinator over links that fail at random instants."""

import collections
import re
import time

from cluster import END_SECONDS, JOB, STEPS, Cluster
from faulty_link import DOWN, UP, FaultyLink
from harness import BIN
from random_cases import IDLE_CASES_MAX, draw, undisturbed
from report import Report

FAULTS_MIN, FAULTS_MAX = 3, 6  # of one job
GAP_SECONDS = (0.05, 1.0)
FAULT_SECONDS = (0.1, 2.0)
# Bytes per second: from what a message takes seconds over to a megabit.
RATE = (2000, 125000)
LINKS = {"workers": 3, "users": 1}  # by how often they fail
# What each does to the link, and how it is counted. None is noticed by the programs' word.
KINDS = {
    "delayed": lambda link, numbers: link.delay(numbers.uniform(0.01, 0.5)),
    "slow": lambda link, numbers: link.throttle(numbers.uniform(*RATE)),
    "cut": lambda link, numbers: link.cut(),
    "torn": lambda link, numbers: link.tear(),
    "reset": lambda link, numbers: link.reset(),
    "refused": lambda link, numbers: link.refuse(),
    "half open": lambda link, numbers: link.swallow(numbers.choice((UP, DOWN))),
}
# No connection ends by these, so they cost no attempt.
GENTLE = ("delayed", "slow", "cut")
FOLLOWED = re.compile(r"^(\d+)\t", re.MULTILINE)


class LinkedCluster(Cluster):
    """Whose programs know the addresses of links in place of the coordinator's. The test itself looks
    at the coordinator directly."""

    def __enter__(self):
        self.links = {}
        return super().__enter__()

    def start_coordinator(self, *arguments, **options):
        process = super().start_coordinator(*arguments, **options)
        self.links = {"workers": FaultyLink(self.addresses["worker"]),
                      "users": FaultyLink(self.addresses["user"])}
        self.environment["DESCENT_SERVER"] = self.links["users"].address
        return process

    def worker_address(self):
        return self.links["workers"].address

    def tearDown(self):
        try:
            super().tearDown()
        finally:
            for link in self.links.values():
                link.close()

    def start_follower(self):
        """A user who follows the losses from the first to the last."""
        self.follower = self.start(BIN / "descent", "metrics", "query", JOB, "--metric", "train/loss",
                                   "--follow")

    def check_follower(self):
        self.until("the follower to end", lambda: self.follower.poll() is not None, END_SECONDS)
        text = self.follower.log.read_text()
        self.assertEqual(self.follower.returncode, 0, text[-1000:])
        steps = [int(step) for step in FOLLOWED.findall(text)]
        self.assertEqual(steps, list(range(1, STEPS + 1)), "whoever followed the losses missed some")


def draw_faults(numbers):
    """[(gap, link, kind, seconds)]"""
    return [(numbers.uniform(*GAP_SECONDS), numbers.choices(list(LINKS), LINKS.values())[0],
             numbers.choice(list(KINDS)), numbers.uniform(*FAULT_SECONDS))
            for _ in range(numbers.randint(FAULTS_MIN, FAULTS_MAX))]


def disturb(cluster, faults, numbers):
    """[(time, link, kind)] of those that came before the end of the job, as far as the test knows."""
    done = []
    for gap, name, kind, seconds in faults:
        cluster.rest(gap)
        if cluster.has_ended():
            break
        done.append((time.time(), name, kind))
        KINDS[kind](cluster.links[name], numbers)
        cluster.rest(seconds)
        cluster.links[name].heal()
    return done


def link_case(numbers, faults, reference):
    """One job, whose links fail several times. Its processes do not."""
    ranks = numbers.randint(1, 3)
    with LinkedCluster() as cluster:
        cluster.start_launcher(ranks)
        cluster.submit_victim()
        cluster.wait_for_step(1)
        workers = cluster.pids_of("rank")
        cluster.start_follower()
        done = disturb(cluster, faults, numbers)
        job = cluster.wait_for_end()
        cluster.check(job, reference)
        cluster.check_follower()
        cluster.assertEqual(cluster.pids_of("rank"), workers, "workers were launched again")
        attempts = len(cluster.attempts())
        if all(kind in GENTLE or name == "users" for _, name, kind in done):
            cluster.assertEqual(attempts, 1, "no worker's connection had to end")
        cluster.close()
    # The coordinator dates the end: what came after it has disturbed nothing.
    counts = collections.Counter(f"{name} {kind}" for when, name, kind in done
                                 if when < job["endTime"])
    notes = collections.Counter()
    notes["came after the end of the job"] = len(faults) - counts.total()
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"
    return counts, notes, f"{ranks} ranks, {told}, {attempts} attempts"


def drawn_case(seed, case, reference):
    numbers = draw(seed, case)
    return link_case(numbers, draw_faults(numbers), reference)


def run_links(count, seed, only_case, deadline):
    reference = undisturbed()
    report = Report("faults of links")
    cases = [only_case] if only_case is not None else range(count * IDLE_CASES_MAX)
    for case in cases:
        is_done = report.count >= count and only_case is None
        if is_done or report.is_hopeless or time.monotonic() > deadline:
            break
        report.run(f"case {case}", f"--links {count} --seed {seed} --case {case}",
                   lambda: drawn_case(seed, case, reference))
    return report.finish()
