#!/usr/bin/env python3
"""Writes the pages of docs/reference/ from what the programs and the proto files say of themselves.

    generate.py --bin build/release/bin            writes the pages
    generate.py --bin build/release/bin --check    prints how they differ from what it would write; exits
                                                   1 if they do
"""

import argparse
import difflib
import pathlib
import sys

sys.dont_write_bytecode = True

import api_page
import command_page
import job_file_page

HERE = pathlib.Path(__file__).resolve().parent


def differences(name, text):
    file = HERE / name
    committed = file.read_text() if file.exists() else ""
    return list(difflib.unified_diff(committed.splitlines(), text.splitlines(),
                                     f"docs/reference/{name}", "generated", lineterm=""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()

    pages = {"job_file.md": job_file_page.text(arguments.bin),
             "command_line.md": command_page.text(arguments.bin),
             "api.md": api_page.text()}
    if not arguments.check:
        for name, text in pages.items():
            (HERE / name).write_text(text)
        return 0
    found = [line for name, text in pages.items() for line in differences(name, text)]
    print("\n".join([*found, "./dev docs writes these pages anew"] if found
                    else ["the reference is what the programs say"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
