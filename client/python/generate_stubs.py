"""Generates what the package descent imports from the project's proto files: descent/v1/*_pb2.py and
service_pb2_grpc.py, their types, and the messages of error details.

    generate_stubs.py DIRECTORY PROTOC GRPC_PYTHON_PLUGIN

copies the package into DIRECTORY and generates there, by a protoc that is installed.
"""

import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROTOS = HERE.parents[1] / "proto"
NAMES = ("access", "job_spec", "log", "service")
SERVICE = "descent/v1/service.proto"
ERROR_DETAILS = "google/rpc/status.proto"


def generate(directory, protoc):
    """`protoc` runs the compiler with arguments, of which --grpc_python_out is one."""
    (directory / "descent/v1").mkdir(parents=True, exist_ok=True)
    (directory / "descent/v1/__init__.py").touch()
    include = f"--proto_path={PROTOS}"
    protoc(include, f"--python_out={directory}", f"--pyi_out={directory}",
           *(f"descent/v1/{name}.proto" for name in NAMES))
    protoc(include, f"--grpc_python_out={directory}", SERVICE)
    types = directory / SERVICE.replace(".proto", "_pb2_grpc.pyi")
    types.write_text(types_of_services((PROTOS / SERVICE).read_text(encoding="utf-8")),
                     encoding="utf-8")
    protoc(include, "--include_imports",
           f"--descriptor_set_out={directory}/descent/error_details.binpb", ERROR_DETAILS)


def types_of_services(proto):
    """Those of the stubs, which gRPC's plugin leaves out."""
    lines = ["import grpc", "from descent.v1 import service_pb2 as _pb"]
    for service, body in re.findall(r"^service (\w+) \{\n(.*?)^\}", proto, re.DOTALL | re.MULTILINE):
        lines += ["", f"class {service}Stub:",
                  "    def __init__(self, channel: grpc.Channel) -> None: ..."]
        for name, request, stream, answer in re.findall(
                r"^  rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\)", body, re.MULTILINE):
            kind = "UnaryStream" if stream else "UnaryUnary"
            lines.append(f"    {name}: grpc.{kind}MultiCallable[_pb.{request}, _pb.{answer}]")
    return "\n".join(lines) + "\n"


def of_grpc_tools(*arguments):
    import grpc_tools
    from grpc_tools import protoc
    known_types = f"--proto_path={pathlib.Path(grpc_tools.__file__).parent}/_proto"
    if protoc.main(["protoc", known_types, *arguments]) != 0:
        raise SystemExit("protoc failed")


def of_program(program, plugin):
    def protoc(*arguments):
        subprocess.run([program, f"--plugin=protoc-gen-grpc_python={plugin}", *arguments], check=True)
    return protoc


def main():
    directory, program, plugin = sys.argv[1:]
    shutil.copytree(HERE / "descent", pathlib.Path(directory) / "descent", dirs_exist_ok=True)
    generate(pathlib.Path(directory), of_program(program, plugin))


if __name__ == "__main__":
    main()
