#!/usr/bin/env python3
"""Kills the programs of a training job again and again, or makes the links between them fail, and
compares what comes out with a job that nobody disturbed: the final state, the losses and the samples
that were read. docs/reliability.md says what is done, and with which commands."""

import argparse
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = "tests/fault/kill_harness.py"


def parse(arguments):
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--random", type=int, metavar="N",
                      help="kill random processes at random instants, N times (default: once a case)")
    mode.add_argument("--failpoints", type=int, metavar="TIMES",
                      help="kill at every failpoint so often; needs a build of the preset fault")
    mode.add_argument("--failpoint", metavar="ENTRY",
                      help="one case of --failpoints, as it was printed")
    mode.add_argument("--resizes", type=int, metavar="N",
                      help="run on 1 to 8 workers, then change their number N times over at random")
    mode.add_argument("--recovery", type=int, metavar="N",
                      help="kill a rank N times, and take the time to the next step")
    mode.add_argument("--coordinator", type=int, metavar="N",
                      help="kill the coordinator of one job N times")
    mode.add_argument("--links", type=int, metavar="N",
                      help="make the coordinator's links to workers and users fail N times")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn [1]")
    parser.add_argument("--case", type=int, help="only this one, of --random, --resizes or --links")
    parser.add_argument("--seconds", type=float, default=float("inf"),
                        help="begin no case after so long")
    parser.add_argument("--bin", type=pathlib.Path,
                        default=os.environ.get("DESCENT_BIN", ROOT / "build/release/bin"),
                        help="directory of the programs [build/release/bin]")
    parser.add_argument("--keep", type=pathlib.Path,
                        help="directory where files of cases that fail are kept")
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    # Before the modules that read it.
    os.environ["DESCENT_BIN"] = str(options.bin.resolve())
    if options.keep:
        os.environ["DESCENT_KEEP"] = str(options.keep.resolve())
    import one_job_kills
    import random_cases
    import failpoint_cases
    import link_cases

    deadline = time.monotonic() + options.seconds
    if options.failpoints:
        return failpoint_cases.run(options.failpoints, options.seed, deadline)
    if options.failpoint:
        return failpoint_cases.run_entry(options.failpoint, options.seed)
    if options.recovery:
        return one_job_kills.measure_recovery(options.recovery, options.seed)
    if options.coordinator:
        return one_job_kills.kill_coordinator(options.coordinator, options.seed)
    if options.links:
        return link_cases.run_links(options.links, options.seed, options.case, deadline)
    if options.resizes is not None:
        return random_cases.run_resizes(options.resizes, options.seed, options.case, deadline)
    return random_cases.run_kills(options.random or 1, options.seed, options.case, deadline)


if __name__ == "__main__":
    sys.exit(main())
