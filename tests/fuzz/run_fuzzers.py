#!/usr/bin/env python3
"""Builds the preset fuzz and lets libFuzzer attack every parser for a while (docs/reliability.md). Prints for
each the inputs it was given, the features of the code that these reached, and what failed."""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/fuzz"
INPUT_BYTES_MAX = 64 << 10
ALLOCATION_MIB_MAX = 256  # as replay_main.cc
SECONDS_OF_AN_INPUT_MAX = 25
LIMITS = [f"-max_len={INPUT_BYTES_MAX}", f"-malloc_limit_mb={ALLOCATION_MIB_MAX}",
          "-rss_limit_mb=3072", f"-timeout={SECONDS_OF_AN_INPUT_MAX}"]


@dataclasses.dataclass
class Outcome:
    target: str
    inputs: int
    features: int
    crashes: list


def known_targets():
    return sorted(path.stem for path in (HERE / "targets").glob("*.cc"))


def build():
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "fuzz"], cwd=ROOT, check=True)


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def attack(target, options):
    """What was found before stays in build/fuzz/found/TARGET and is begun with the next time."""
    found = BUILD / "found" / target
    crashes = BUILD / "crashes" / target
    for directory in (found, crashes):
        directory.mkdir(parents=True, exist_ok=True)
    before = set(crashes.iterdir())
    command = [str(BUILD / "fuzzers" / f"fuzz_{target}"), str(found), str(HERE / "corpus" / target),
               f"-max_total_time={options.seconds}", f"-seed={options.seed}", "-print_final_stats=1",
               f"-artifact_prefix={crashes}/", *LIMITS]
    environment = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"}
    run = subprocess.run(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                         text=True, errors="replace", check=False)
    new = sorted(set(crashes.iterdir()) - before)
    (crashes.parent / f"{target}.log").write_text(run.stderr)
    if run.returncode != 0 and not new:
        new = [crashes.parent / f"{target}.log"]
    return Outcome(target, last_number(r"stat::number_of_executed_units:\s+(\d+)", run.stderr),
                   last_number(r" ft: (\d+)", run.stderr), new)


def describe(outcome):
    bound = f"< 3/{outcome.inputs:,}" if outcome.inputs and not outcome.crashes else "-"
    print(f"{outcome.target:20} {outcome.inputs:>14,} {outcome.features:>9,} {len(outcome.crashes):>8}  "
          f"{bound}", flush=True)
    for crash in outcome.crashes:
        print(f"    replay: build/fuzz/fuzzers/fuzz_{outcome.target} {crash}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, required=True, help="for each target")
    parser.add_argument("--targets", nargs="+", metavar="TARGET", choices=known_targets(),
                        default=known_targets(), help="only these: " + ", ".join(known_targets()))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    build()
    print(f"{'target':20} {'inputs':>14} {'features':>9} {'failures':>8}  failing inputs, 95 %",
          flush=True)
    outcomes = []
    for target in options.targets:
        outcomes.append(attack(target, options))
        describe(outcomes[-1])
    return 1 if any(outcome.crashes for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
