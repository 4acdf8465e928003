"""Services and messages, from the proto files and their comments."""

import importlib
import pathlib
import subprocess
import sys
import tempfile

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "proto"
FILES = ("descent/v1/service.proto", "descent/v1/auth_service.proto", "descent/v1/access.proto",
         "descent/v1/log.proto")

HEAD = """# The API: services and messages

Generated from the files in [proto/descent/v1](../../proto/descent/v1) by `./dev docs`. How they are used is in
[api.md](../api.md), the fields of a `JobSpec` are in [job_file.md](job_file.md). Times are seconds since 1970 unless they
say otherwise.
"""

# The numbers of what a place in a file is: descriptor.proto.
MESSAGE, ENUM, SERVICE = 4, 5, 6  # of FileDescriptorProto
FIELD, NESTED_MESSAGE, NESTED_ENUM = 2, 3, 4  # of DescriptorProto
MEMBER = 2  # of EnumDescriptorProto and ServiceDescriptorProto


class ProtoFile:
    """One file with its comments."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.comments = {tuple(place.path): f"{place.leading_comments} {place.trailing_comments}"
                         for place in descriptor.source_code_info.location}

    def said_of(self, *path):
        """The comment of a place, as one line that may stand in a table."""
        return " ".join(self.comments.get(path, "").split()).replace("|", "\\|").replace("<", "&lt;")


def load():
    """The files, in order, and the number of the option that says who may call a method."""
    with tempfile.TemporaryDirectory() as scratch:
        compiled = pathlib.Path(scratch) / "set.binpb"
        subprocess.run(["protoc", f"--proto_path={PROTOS}", "--include_source_info",
                        f"--descriptor_set_out={compiled}", f"--python_out={scratch}", *FILES],
                       check=True)
        sys.path.insert(0, scratch)
        access = importlib.import_module("descent.v1.access_pb2")
        sys.path.remove(scratch)
        from google.protobuf import descriptor_pb2
        files = descriptor_pb2.FileDescriptorSet.FromString(compiled.read_bytes()).file
    by_name = {file.name: ProtoFile(file) for file in files}
    return [by_name[name] for name in FILES], access


def short(type_name):
    return type_name.removeprefix(".descent.v1.").removeprefix(".")


def type_of(field, message):
    """As the proto file has it: "repeated Job", "map<string, string>"."""
    entry = next((nested for nested in message.nested_type
                  if nested.options.map_entry and field.type_name.endswith("." + nested.name)), None)
    if entry:
        return f"map<{type_of(entry.field[0], entry)}, {type_of(entry.field[1], entry)}>"
    scalar = field.DESCRIPTOR.enum_types_by_name["Type"].values_by_number[field.type].name
    name = short(field.type_name) or scalar.removeprefix("TYPE_").lower()
    if field.label == field.LABEL_REPEATED:
        return f"repeated {name}"
    return f"optional {name}" if field.proto3_optional else name


def service_section(file, index, access):
    service = file.descriptor.service[index]
    lines = [f"## {service.name}", file.said_of(SERVICE, index),
             "| method | takes | answers | role | idempotent | |\n"
             "| --- | --- | --- | --- | --- | --- |"]
    for number, method in enumerate(service.method):
        role = access.Role.Name(method.options.Extensions[access.required_role])
        stream = "stream of " if method.server_streaming else ""
        is_idempotent = method.options.idempotency_level == method.options.IDEMPOTENT
        lines[-1] += (f"\n| `{method.name}` | `{short(method.input_type)}` | "
                      f"{stream}`{short(method.output_type)}` | "
                      f"{role.removeprefix('ROLE_').lower()} | {'yes' if is_idempotent else ''} | "
                      f"{file.said_of(SERVICE, index, MEMBER, number)} |")
    return "\n\n".join(filter(None, lines))


def message_sections(file, message, path, outer=""):
    if message.options.map_entry:
        return
    name = outer + message.name
    lines = [f"### {name}", file.said_of(*path)]
    if message.field:
        rows = ["| field | type | |", "| --- | --- | --- |"]
        for number, field in enumerate(message.field):
            said = file.said_of(*path, FIELD, number)
            if field.HasField("oneof_index") and not field.proto3_optional:
                said = f"one of `{message.oneof_decl[field.oneof_index].name}`; {said}".rstrip("; ")
            rows.append(f"| `{field.name}` | `{type_of(field, message)}` | {said} |")
        lines.append("\n".join(rows))
    yield "\n\n".join(filter(None, lines))
    for number, nested in enumerate(message.enum_type):
        yield enum_section(file, nested, (*path, NESTED_ENUM, number), name + ".")
    for number, nested in enumerate(message.nested_type):
        yield from message_sections(file, nested, (*path, NESTED_MESSAGE, number), name + ".")


def enum_section(file, enum, path, outer=""):
    rows = ["| value | |", "| --- | --- |"]
    rows += [f"| `{value.name}` | {file.said_of(*path, MEMBER, number)} |"
             for number, value in enumerate(enum.value)]
    return "\n\n".join(filter(None, [f"### {outer}{enum.name}", file.said_of(*path),
                                     "\n".join(rows)]))


def text():
    files, access = load()
    sections = [HEAD.rstrip()]
    for file in files:
        sections += [service_section(file, index, access)
                     for index in range(len(file.descriptor.service))]
    sections.append("## Messages")
    for file in files:
        for index, message in enumerate(file.descriptor.message_type):
            sections += message_sections(file, message, (MESSAGE, index))
        for index, enum in enumerate(file.descriptor.enum_type):
            sections.append(enum_section(file, enum, (ENUM, index)))
    return "\n\n".join(sections) + "\n"
