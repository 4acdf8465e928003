#!/usr/bin/env python3
"""Checks that docs/api.md names every reason that the coordinator gives for an error, and none that it
does not give. Prints what differs; exits 1 if anything does."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/api.md"

LITERAL = re.compile(r'"([A-Z]+(?:_[A-Z]+)+)"')
WORD = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")

# Codes, which stand in the same tables; they are reasons where nobody has a better one.
CODES = {"ALREADY_EXISTS", "DATA_LOSS", "DEADLINE_EXCEEDED", "FAILED_PRECONDITION",
         "INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"}
OTHERS = {"GRPC_VERBOSITY", "NOT_SERVING", "XDG_STATE_HOME"}


def main():
    given = set()
    for path in sorted((ROOT / "coordinator").glob("*.cc")) + sorted((ROOT / "coordinator").glob("*.h")):
        given |= set(LITERAL.findall(path.read_text()))
    given -= CODES | OTHERS
    named = set(WORD.findall(PAGE.read_text())) - CODES - OTHERS
    found = [f"{PAGE.name} does not name {reason}" for reason in sorted(given - named)]
    found += [f"{PAGE.name} names {reason}, which nobody gives" for reason in sorted(named - given)]
    print("\n".join(found) or f"{PAGE.name} names all {len(given)} reasons")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
