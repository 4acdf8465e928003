"""One long job that is killed many times."""

import collections
import math
import random
import statistics
import time

import audit
from cluster import JOB, Cluster
from report import Report

ENDLESS = {"steps": 2000000, "evaluate__every_steps": 0}
# Worlds that live shorter are started again ever more slowly: launch/restart_policy.cc.
LONG_LIFE_SECONDS = 11
STEPS_PER_CHECKPOINT = 200
KILLS_OF_A_JOB = 50
WAIT_SECONDS = 120
COORDINATOR_GAP_SECONDS = (0.1, 0.8)


def quantile(values, share):
    """The smallest of the values that so large a share does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def described(values):
    return f"median {statistics.median(values):.3g}, 95 % at most {quantile(values, 0.95):.3g}, " \
        f"at most {max(values):.3g}"


def running(cluster, after=0):
    """(number, first step) of an attempt later than `after` that does its steps; None: there is none.
    """
    job = cluster.peek()
    if not job or job["state"] != "JOB_STATE_RUNNING" or job["attemptCount"] <= after:
        return None
    return job["attemptCount"], int(job["currentAttempt"]["startStep"])


def recover_once(cluster, choice):
    """(seconds until the next attempt does steps, seconds until one of them is new, steps that were
    heard of and lost)."""
    cluster.rest(LONG_LIFE_SECONDS)
    number, _ = cluster.until("the job to run", lambda: running(cluster), WAIT_SECONDS)
    if not cluster.kill("rank", choice):
        raise AssertionError("there was no rank to kill although the job runs")
    begin = time.monotonic()
    _, first_step = cluster.until("the next attempt", lambda: running(cluster, number), WAIT_SECONDS)
    again = time.monotonic() - begin
    reached = max(int(attempt["endStep"]) for attempt in cluster.attempts())
    cluster.until("a step that is new", lambda: cluster.step() > reached, WAIT_SECONDS)
    return again, time.monotonic() - begin, reached - first_step


def stop_and_check(cluster):
    """Stops the job, and compares it with one that ran to the same step at a stretch. Returns its
    attempts and that step."""
    cluster.descent("stop", JOB)
    job = cluster.wait_for_end()
    step = int(job["progress"]["step"])
    losses = cluster.losses()
    audit.check_points(losses, step)
    cluster.check_samples(step)
    attempts = cluster.attempts()
    cluster.descent("submit", cluster.job_file, "--name", "whole", "--follow", *cluster.settings,
                    "--set", f"stop_at_step={step}", timeout=3600)
    whole = cluster.job("whole")
    cluster.assertEqual(job["stateDigest"], whole["stateDigest"],
                        f"the state after step {step} differs from the undisturbed job's")
    audit.check_values(losses, cluster.losses("whole"))
    return attempts, step


def measure_recovery(count, seed):
    """In several jobs, because one remembers a hundred attempts."""
    numbers = random.Random(f"{seed}/recovery")
    report = Report("kills of a rank")
    measured = []

    def case(kills):
        with Cluster() as cluster:
            cluster.start_launcher(2)
            cluster.submit_victim(**ENDLESS, checkpoint__every_steps=STEPS_PER_CHECKPOINT)
            measured.extend(recover_once(cluster, numbers.random()) for _ in range(kills))
            stop_and_check(cluster)
            cluster.close()
        return collections.Counter(rank=kills), collections.Counter(), f"{kills} recoveries"

    for first in range(0, count, KILLS_OF_A_JOB):
        if report.is_hopeless:
            break
        report.run(f"kills from {first}", f"--recovery {count} --seed {seed}",
                   lambda: case(min(KILLS_OF_A_JOB, count - first)))
    for name, values in zip(("s to the next attempt's steps", "s to the first new step",
                             "steps lost"), zip(*measured)):
        print(f"{name}: {described(values)}")
    return report.finish()


def kill_coordinator_once(cluster, gap):
    """Seconds until a step is heard of that is newer than any before the kill."""
    cluster.rest(gap)
    before = cluster.until("a coordinator that answers", cluster.step, WAIT_SECONDS)
    if cluster.has_ended() or not cluster.kill("coordinator", 0):
        raise AssertionError("there was no coordinator to kill, or no job for it")
    begin = time.monotonic()
    cluster.until(f"a step after {before}", lambda: cluster.step() > before, WAIT_SECONDS)
    return time.monotonic() - begin


def kill_coordinator(count, seed):
    numbers = random.Random(f"{seed}/coordinator")
    report = Report("kills of the coordinator")

    def case():
        with Cluster() as cluster:
            cluster.start_launcher(2)
            cluster.submit_victim(**ENDLESS, checkpoint__every_steps=500)
            cluster.wait_for_step(1)
            workers = cluster.pids_of("rank")
            seconds = [kill_coordinator_once(cluster, numbers.uniform(*COORDINATOR_GAP_SECONDS))
                       for _ in range(count)]
            cluster.assertEqual(cluster.pids_of("rank"), workers, "workers were launched again")
            attempts, step = stop_and_check(cluster)
            cluster.assertEqual(len(attempts), 1, "the coordinator's end costs no attempt")
            cluster.close()
        print(f"s to the next step that is heard of: {described(seconds)}")
        return collections.Counter(coordinator=count), collections.Counter(), \
            f"{step} steps in one attempt"

    report.run("coordinator", f"--coordinator {count} --seed {seed}", case)
    return report.finish()
