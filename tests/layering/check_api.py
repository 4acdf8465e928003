#!/usr/bin/env python3
"""Checks that the API has only grown since the last release: every message, field, enum value and
method of proto/baseline is still there, with its number, type and role. Prints what is missing; exits
1 if anything is.

    check_api.py                       compares with the newest baseline
    check_api.py --write VERSION       at a release: writes proto/baseline/VERSION.txt, "v1_0_1_0"
    --protoc PROGRAM, --proto FOLDER   the compiler, and the proto files if not those of this tree
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASELINES = ROOT / "proto" / "baseline"

ROLE = "50280"  # the option required_role of access.proto


def run(*command, data=None):
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


def descriptor_text(protoc, folder):
    """The descriptors of all our proto files, in protobuf's text format."""
    files = sorted(str(path.relative_to(folder)) for path in (folder / "descent").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        compiled = pathlib.Path(scratch) / "set.binpb"
        run(protoc, f"--proto_path={folder}", f"--descriptor_set_out={compiled}", *files)
        return run(protoc, "--decode=google.protobuf.FileDescriptorSet",
                   "google/protobuf/descriptor.proto", data=compiled.read_bytes()).decode()


def parse(text):
    """The text as nested lists of (name, value), where a value is a text or such a list."""
    open_lists = [[]]
    for line in map(str.strip, text.splitlines()):
        if line.endswith(" {"):
            inner = []
            open_lists[-1].append((line.removesuffix(" {"), inner))
            open_lists.append(inner)
        elif line == "}":
            open_lists.pop()
        else:
            name, _, said = line.partition(": ")
            open_lists[-1].append((name, said.strip('"')))
    return open_lists[0]


def values(entries, name):
    return [value for key, value in entries if key == name]


def value(entries, name, absent=""):
    found = values(entries, name)
    return found[0] if found else absent


def field_line(scope, field, oneofs):
    kind = value(field, "type").removeprefix("TYPE_").lower()
    named = value(field, "type_name").removeprefix(".")
    label = value(field, "label").removeprefix("LABEL_").lower()
    line = f"field {scope}.{value(field, 'name')} = {value(field, 'number')} {label} {named or kind}"
    if value(field, "proto3_optional") == "true":
        return line + " with presence"
    if values(field, "oneof_index"):
        return line + f" of {oneofs[int(value(field, 'oneof_index'))]}"
    return line


def enum_lines(scope, enum):
    name = f"{scope}.{value(enum, 'name')}"
    yield f"enum {name}"
    for one in values(enum, "value"):
        yield f"value {name}.{value(one, 'name')} = {value(one, 'number', '0')}"


def message_lines(scope, message):
    name = f"{scope}.{value(message, 'name')}"
    yield f"message {name}"
    oneofs = [value(oneof, "name") for oneof in values(message, "oneof_decl")]
    for field in values(message, "field"):
        yield field_line(name, field, oneofs)
    for inner in values(message, "nested_type"):
        yield from message_lines(name, inner)
    for enum in values(message, "enum_type"):
        yield from enum_lines(name, enum)


def method_line(scope, method):
    def side(direction, message):
        stream = "stream " if value(method, f"{direction}_streaming") == "true" else ""
        return stream + value(method, message).removeprefix(".")
    role = value(value(method, "options", []), ROLE)
    return (f"method {scope}.{value(method, 'name')} ({side('client', 'input_type')}) returns "
            f"({side('server', 'output_type')}) role {role}")


def api_lines(text):
    """One line for everything that others may rely on, sorted."""
    lines = set()
    for file in values(parse(text), "file"):
        package = value(file, "package")
        for message in values(file, "message_type"):
            lines.update(message_lines(package, message))
        for enum in values(file, "enum_type"):
            lines.update(enum_lines(package, enum))
        for service in values(file, "service"):
            name = f"{package}.{value(service, 'name')}"
            lines.add(f"service {name}")
            lines.update(method_line(name, method) for method in values(service, "method"))
    return sorted(lines)


def newest_baseline():
    """By its numbers, not its letters: v1_0_10_0 is newer than v1_0_9_0."""
    found = sorted(BASELINES.glob("v*.txt"),
                   key=lambda path: [int(part) for part in re.findall(r"\d+", path.stem)])
    return found[-1] if found else None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--protoc", default="protoc")
    arguments.add_argument("--proto", type=pathlib.Path, default=ROOT / "proto")
    arguments.add_argument("--write", metavar="VERSION")
    chosen = arguments.parse_args()
    lines = api_lines(descriptor_text(chosen.protoc, chosen.proto))
    if chosen.write:
        if not re.fullmatch(r"v\d+(_\d+)*", chosen.write):
            sys.exit(f"version is {chosen.write!r}, must be like v1_0_1_0")
        BASELINES.mkdir(exist_ok=True)
        (BASELINES / f"{chosen.write}.txt").write_text("\n".join(lines) + "\n")
        return 0
    baseline = newest_baseline()
    if baseline is None:
        sys.exit(f"{BASELINES} has no baseline: write one with --write")
    missing = sorted(set(baseline.read_text().splitlines()) - set(lines))
    for line in missing:
        print(f"{baseline.name} has what is not there any more, or is another: {line}")
    if not missing:
        print(f"the API has all {len(lines)} lines or more of {baseline.name}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
