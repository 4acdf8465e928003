#!/usr/bin/env python3
"""Trains the same models in Descent and in PyTorch, in turns, and prints how many times faster it is.

    bench/compare/compare.py [CASE…] [--python PYTHON] [--segments N] [--record]

A case runs in segments, ours, PyTorch's, ours, …, each a process of its own; a segment's time is the
median of its steps without the first ones, and the ratio is the median of the pairs'. PYTHON, by
default this one, has torch. --record writes the rows into docs/results.md. DESCENT_BIN holds our
programs, by default those of the release preset.
"""

import argparse
import datetime
import pathlib
import platform
import sys
import tempfile

import cases
import report
import sides

RESULTS = pathlib.Path(__file__).resolve().parents[2] / "docs/results.md"


def measure(case, data, options):
    ours, peers = [], []
    for segment in range(options.segments):
        our, our_parameters = sides.ours(case, data)
        peer = sides.peer(case, options.python)
        if our_parameters != peer["parameters"]:
            raise sides.Failed(f"{case.name}: the models differ: {our_parameters} parameters here, "
                               f"{peer['parameters']} in PyTorch")
        ours.append(our)
        peers.append(peer["milliseconds"])
        print(f"  {case.name} {segment + 1}: ours {our:.3f} ms, PyTorch {peer['version']} "
              f"({peer['capability']}) {peer['milliseconds']:.3f} ms", file=sys.stderr)
    return report.summarize(case, ours, peers), peer["version"]


def caption(version, options):
    return (f"{processor()}, PyTorch {version} from PyPI, {datetime.date.today()}, "
            f"`bench/compare/compare.py --segments {options.segments}`:")


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    known = {case.name: case for case in cases.CASES}
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(known))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--segments", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in known]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(known)}")
    rows, failures = [], []
    with tempfile.TemporaryDirectory(prefix="descent-compare-data-") as data:
        cases.write_data(data)
        for name in options.cases or known:
            try:
                row, version = measure(known[name], data, options)
            except sides.Failed as failure:
                failures.append(f"{name}: {failure}")
                continue
            rows.append(row)
            if options.record:
                page = RESULTS.read_text(encoding="utf-8")
                RESULTS.write_text(report.record(page, list(known), [row], caption(version, options)),
                                   encoding="utf-8")
    print(report.markdown(rows), end="")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
