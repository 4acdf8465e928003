#!/usr/bin/env python3
"""Checks that every line of docs/promises.md names a test, and that every test that it names exists.
Prints what is missing; exits 1 if anything is."""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs/promises.md"

GTEST = re.compile(r"^(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^    def (test_\w+)\(", re.MULTILINE)


def tests_that_exist():
    found = {f"scenario/{path.stem}" for path in (TESTS / "scenario/scripts").glob("*.txt")}
    for pattern in ("**/*.cc", "**/*.h"):
        for path in TESTS.glob(pattern):
            found |= {f"{suite}.{test}" for suite, test in GTEST.findall(path.read_text())}
    for folder in ("deploy", "fault", "system"):
        for path in (TESTS / folder).glob("test_*.py"):
            found |= {f"{path.stem}.{test}" for test in PYTHON_TEST.findall(path.read_text())}
    return found


def problems(page, existing):
    """One line for each, by where it is."""
    for number, line in enumerate(page.splitlines(), start=1):
        if not line.startswith("| ") or line.startswith(("| promise ", "| --- ")):
            continue
        named = re.findall(r"`([^`]+)`", line.rpartition(" | ")[2])
        if not named:
            yield f"{number}: no test holds this"
        for test in named:
            if test not in existing:
                yield f"{number}: there is no test {test}"


def main():
    existing = tests_that_exist()
    found = [f"{PAGE.name}:{problem}" for problem in problems(PAGE.read_text(), existing)]
    print("\n".join(found) or f"every promise names tests among the {len(existing)} that there are")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
