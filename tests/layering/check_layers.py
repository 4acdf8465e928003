#!/usr/bin/env python3
"""Checks who includes whom (docs/architecture.md): arrows point down, siblings do not see each
other, and each library's headers stay where they belong. Prints every broken rule; exits 1 if any."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The longest matching prefix decides a file's module. Modules of equal layer are siblings.
LAYER = {
    "common": 0,
    "proto": 1,
    "rpc": 1,
    "checkpoint": 1,
    "worker/graph": 1,
    "worker/ops": 2,
    "worker/kernels": 2,
    "worker/data": 2,
    "worker/plan": 3,
    "worker/models": 3,
    "worker/optim": 3,
    "worker/collective": 3,
    "worker/checkpoint": 3,
    "worker/train": 4,
    "worker/generate": 5,
    "worker/explain": 5,
    "worker/predict": 5,
    "worker/export": 5,
    "worker": 6,
    "coordinator": 6,
    "launch": 6,
    "client": 6,
}

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')

# The programs. None includes another, nor the libraries that another one is made of.
PROGRAMS = {"worker", "coordinator", "launch", "client"}

# Headers of libraries, and the only files that may include them.
CONFINED = [
    (re.compile(r"^(descent|google/rpc)/.*\.pb\.h$"),
     re.compile(r"^(proto/.*|worker/(coordinator|log)_link\.cc|launch/exit_reporter\.cc|"
                r"client/api/.*|"
                r"coordinator/([a-z]*_service|(checkpoint|metric|log|watch)_streams|"
                r"(checkpoint|metric|log|jobs)_[a-z]*_call|"
                r"job_comparison|log_request|failure_log|http_(gateway|response)|"
                r"job_list|job_view|job_record|job_watch|watch_resume|submission|request_error|"
                r"role_wire)\.(cc|h))$")),
    (re.compile(r"^openssl/.*"),
     re.compile(r"^coordinator/(token_secret|sha256)\.cc$")),
    (re.compile(r"^tensorflow/.*\.pb\.h$"), re.compile(r"^coordinator/tensorboard_event\.cc$")),
    (re.compile(r"^mpi\.h$"),
     re.compile(r"^(worker/collective/.*\.cc|worker/main\.cc|bench/.*\.cc|tests/mpi/.*\.cc)$")),
    (re.compile(r"^(nccl|cuda[a-z_]*)\.h$"),
     re.compile(r"^worker/(collective|kernels)/.*\.(cc|cu)$")),
    (re.compile(r"^onnx/.*"), re.compile(r"^worker/export/onnx_[a-z_]*\.(cc|h)$")),
    (re.compile(r"^(dnnl|oneapi/dnnl).*"),
     re.compile(r"^worker/kernels/(.*\.cc|cpu/library_primitive\.h)$")),
    (re.compile(r"^(png|jpeglib|pcre2)\.h$"),
     re.compile(r"^(worker/data/(png_raster|jpeg_raster|gpt2_split)\.cc|"
                r"tests/unit/data/image_writer\.cc)$")),
    (re.compile(r"^worker/kernels/cpu/library_[a-z]*\.h$"),
     re.compile(r"^worker/kernels/cpu/(.*\.cc|library_[a-z]*\.h)$")),
]

# The coordinator's core is pure: no clock, thread, file, socket or gRPC. Its files are those of the
# library coordinator_core.
PURE = set(re.findall(r"\b([a-z_]+)\.cc\b",
                      (ROOT / "coordinator/core_sources.cmake").read_text())) | {"action", "event"}
IMPURE = re.compile(r"^(thread|mutex|atomic|condition_variable|fstream|filesystem|grpc.*|sqlite3\.h|"
                    r"boost/.*|unistd\.h|sys/.*|common/(file|log)\.h)$")


def module_of(path):
    matches = [m for m in LAYER if path == m or path.startswith(m + "/")]
    return max(matches, key=len) if matches else None


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cc", "*.cu"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for path in listed.split() if (ROOT / path).exists()]


def broken_rules(path, included):
    mine, theirs = module_of(path), module_of(included)
    if mine and theirs and mine != theirs and LAYER[theirs] >= LAYER[mine]:
        yield f"{mine} (layer {LAYER[mine]}) must not see {theirs} (layer {LAYER[theirs]})"
    programs = {name.split("/")[0] for name in (path, included)} & PROGRAMS
    if len(programs) == 2:
        yield "programs do not include one another"
    for header, allowed in CONFINED:
        if header.match(included) and module_of(path) and not allowed.match(path):
            yield f"{included} belongs into {allowed.pattern}"
    is_pure = path.startswith("coordinator/") and pathlib.Path(path).stem in PURE
    if is_pure and IMPURE.match(included):
        yield "the coordinator's core is pure"


def main():
    failures = []
    paths = sources()
    for path in paths:
        for number, line in enumerate((ROOT / path).read_text().splitlines(), start=1):
            match = INCLUDE.match(line)
            for rule in broken_rules(path, match.group(1)) if match else ():
                failures.append(f"{path}:{number}: includes {match.group(1)}: {rule}")
    print("\n".join(failures) or f"layering holds in {len(paths)} files")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
