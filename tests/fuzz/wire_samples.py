"""Samples of the project's messages, made from their descriptors: whatever field is added is in the
next corpus without being listed anywhere."""

import importlib
import pathlib
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
DEPTH_MAX = 6


def load(name):
    """The generated Python module of proto/NAME.proto."""
    with tempfile.TemporaryDirectory() as directory:
        sources = [str(path.relative_to(PROTO)) for path in PROTO.glob("descent/**/*.proto")]
        subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={directory}", *sources],
                       check=True)
        sys.path.insert(0, directory)
        module = importlib.import_module(name.replace("/", ".") + "_pb2")
        sys.path.remove(directory)
    return module


def value_of(field):
    """What a parser is likely to take for a field that is no message."""
    if field.enum_type is not None:
        values = field.enum_type.values
        return values[min(1, len(values) - 1)].number
    if field.type == field.TYPE_STRING:
        return "step-1" if "directory" in field.name else "abc"
    if field.type == field.TYPE_BYTES:
        return b"abcdefghijklmnop"
    if field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
        return 0.5
    return True if field.type == field.TYPE_BOOL else 4


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def set_field(message, field, depth):
    is_repeated = field.label == field.LABEL_REPEATED
    target = getattr(message, field.name)
    if is_map(field):
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        if value.message_type is None:
            target[value_of(key)] = value_of(value)
    elif field.message_type is not None:
        filled(target.add() if is_repeated else target, depth + 1)
    elif is_repeated:
        target.extend([value_of(field)] * 2)
    else:
        setattr(message, field.name, value_of(field))


def filled(message, depth=0, choices=None):
    """A message with every field set; of a oneof the member that `choices` has, or else the first."""
    if depth > DEPTH_MAX:
        return message
    message.SetInParent()
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof is not None:
            wanted = (choices or {}).get(oneof.full_name, oneof.fields[0].name)
            if field.name != wanted:
                continue
        set_field(message, field, depth)
    return message


def samples(message_type):
    """Its name and bytes: one with every field, and one for each member of each of its oneofs."""
    yield "all", filled(message_type()).SerializeToString(deterministic=True)
    for oneof in message_type.DESCRIPTOR.oneofs:
        for field in oneof.fields:
            message = filled(message_type(), choices={oneof.full_name: field.name})
            yield field.name, message.SerializeToString(deterministic=True)
    for field in message_type.DESCRIPTOR.fields:
        if field.message_type is None or is_map(field):
            continue
        for oneof in field.message_type.oneofs:
            for member in oneof.fields:
                message = message_type()
                if field.label != field.LABEL_REPEATED:
                    filled(getattr(message, field.name), 1, {oneof.full_name: member.name})
                    yield (f"{field.name}-{member.name}",
                           message.SerializeToString(deterministic=True))
