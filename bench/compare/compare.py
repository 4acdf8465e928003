#!/usr/bin/env python3
"""Trains the same models in Descent and in PyTorch, in turns, and prints how many times faster we are.

    bench/compare/compare.py [CASE…] [--python PYTHON…] [--segments N] [--record]

CASE is a case or how the names of some begin. A case runs in segments, ours, PyTorch's, ours, …, each a
process of its own; a segment's time is the median of its steps without the first ones, and the ratio is
the median of the pairs'. Each PYTHON, by default this one, has a torch; of several, the faster one
counts, each in the setting that is its fastest in a trial; one that is a quarter slower there than another
takes no turns. --record writes the rows into
docs/results.md. DESCENT_BIN holds our programs, by default those of the release preset.

Debian's torch is as fast as it can be with its packages python3-torch and libopenblas0-openmp.
"""

import argparse
import datetime
import pathlib
import statistics
import sys
import tempfile

import cases
import processor
import report
import sides

SEGMENTS_RECORDED_MIN = 5
RESULTS = pathlib.Path(__file__).resolve().parents[2] / "docs/results.md"


def measure(case, data, options):
    peers, far_behind = sides.make_peers(case, options.python)
    ours, limits = [], []
    for number in range(options.segments):
        our, limit = sides.segment(case, data, peers)
        ours.append(our)
        limits += [] if limit is None else [limit]
        theirs = ", ".join(f"PyTorch {report.name_of(peer)} {peer.milliseconds[-1]:.3f} ms"
                           for peer in peers)
        print(f"  {case.name} {number + 1}: ours {our:.3f} ms, {theirs}", file=sys.stderr)
    limit = statistics.median(limits) if limits else sides.training_limit(case, data)
    where_and_when = (processor.name(), datetime.date.today())
    return report.summarize(case, ours, peers, limit, where_and_when, far_behind)


def main():
    known = {case.name: case for case in cases.CASES}
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(known))
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    parser.add_argument("--segments", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if options.record and options.segments < SEGMENTS_RECORDED_MIN:
        parser.error(f"a row is recorded of {SEGMENTS_RECORDED_MIN} segments or more")
    unknown = [name for name in options.cases if not any(case.startswith(name) for case in known)]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [case for case in known if not options.cases or case.startswith(tuple(options.cases))]
    rows, failures = [], []
    with tempfile.TemporaryDirectory(prefix="descent-compare-data-") as data:
        cases.write_data(data)
        for name in chosen:
            try:
                row = measure(known[name], data, options)
            except sides.Failed as failure:
                failures.append(f"{name}: {failure}")
                continue
            rows.append(row)
            if options.record:
                page = RESULTS.read_text(encoding="utf-8")
                RESULTS.write_text(report.record(page, list(known), [row]), encoding="utf-8")
    print(report.markdown(rows), end="")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
