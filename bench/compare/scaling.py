#!/usr/bin/env python3
"""Measures how much of a core's speed is left where two ranks train together, and prints a table.

    bench/compare/scaling.py [CASE…] [--segments N]

CASE is one of those with two ranks of compare.py, or how the names of some begin. Each is trained by
`descent run` in turns: by two ranks of one thread, `update: sharded`; by two jobs of one such rank with
the same batch for each rank that run at once, each on a core of its own and without communication; and
by one such job alone. A segment's time is the median of its steps without the first ones, of two jobs
the mean. Efficiency is the others' time divided by that of the two ranks: against two jobs at once it is
what training together costs, as they too share memory and caches."""

import argparse
import concurrent.futures
import dataclasses
import datetime
import os
import statistics
import sys
import tempfile

import cases
import report
import sides

GOAL = 0.97  # of two jobs at once
SHARED = [case for case in cases.CASES
          if isinstance(case, cases.Case) and case.processes == 2 and case.threads == 1]
COLUMNS = ["case", "2 ranks, ms", "2 jobs at once, ms", "1 job, ms", "of 2 jobs", "reached",
           "of 1 job", "date"]


@dataclasses.dataclass
class Segment:
    together: float  # milliseconds of a step
    at_once: float
    alone: float


def alone(case):
    """What one of the ranks would train without the other."""
    return dataclasses.replace(case, batch=case.batch // case.processes, processes=1)


def run_on(core, case, data):
    milliseconds, _ = sides.ours(case, data, ["taskset", "-c", core])
    return milliseconds


def measure_segment(case, data):
    cores = sorted(os.sched_getaffinity(0))[:2]
    together, _ = sides.ours(case, data)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [pool.submit(run_on, core, alone(case), data) for core in cores]
        at_once = statistics.mean(job.result() for job in jobs)
    return Segment(together, at_once, run_on(cores[0], alone(case), data))


def row_of(case, segments):
    def median(of):
        return statistics.median(of(segment) for segment in segments)
    of_jobs = median(lambda segment: segment.at_once / segment.together)
    times = [report.milliseconds(median(lambda segment: getattr(segment, name)))
             for name in ("together", "at_once", "alone")]
    return [case.name, *times, f"{of_jobs:.3f}", "yes" if of_jobs >= GOAL else "no",
            f"{median(lambda segment: segment.alone / segment.together):.3f}",
            datetime.date.today().isoformat()]


def main():
    names = [case.name for case in SHARED]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(names))
    parser.add_argument("--segments", type=int, default=5)
    options = parser.parse_args()
    chosen = [case for case in SHARED
              if not options.cases or case.name.startswith(tuple(options.cases))]
    if not chosen:
        parser.error(f"no such case; there are {', '.join(names)}")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two ranks need two cores")
    rows = []
    with tempfile.TemporaryDirectory(prefix="descent-scaling-data-") as data:
        cases.write_data(data)
        for case in chosen:
            segments = []
            for number in range(options.segments):
                segments.append(measure_segment(case, data))
                print(f"  {case.name} {number + 1}: {segments[-1]}", file=sys.stderr)
            rows.append(row_of(case, segments))
    print(report.markdown(rows, COLUMNS), end="")


if __name__ == "__main__":
    main()
