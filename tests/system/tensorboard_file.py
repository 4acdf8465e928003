"""Reads TensorBoard's event files as their format is published, with nothing of the project's own.

TFRecord: each record is a length (uint64), its checksum, the message and its checksum; a checksum is the
CRC-32C of the bytes, rotated right by 15 bits, plus 0xa282ead8. Source: TensorFlow,
tensorflow/core/lib/io/record_writer.h and tensorflow/core/lib/hash/crc32c.h. The numbers of the fields are
those of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
"""

import struct

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
# (name, number, type, the oneof that it is of, whose fields stand together)
EVENT = [("wall_time", 1, FIELD.TYPE_DOUBLE, None), ("step", 2, FIELD.TYPE_INT64, None),
         ("file_version", 3, FIELD.TYPE_STRING, "what"), ("graph_def", 4, FIELD.TYPE_BYTES, "what"),
         ("summary", 5, ".tb.Summary", "what"), ("log_message", 6, FIELD.TYPE_BYTES, "what"),
         ("session_log", 7, FIELD.TYPE_BYTES, "what"),
         ("tagged_run_metadata", 8, FIELD.TYPE_BYTES, "what"),
         ("meta_graph_def", 9, FIELD.TYPE_BYTES, "what"),
         ("source_metadata", 10, FIELD.TYPE_BYTES, None)]
SUMMARY = [("value", 1, ".tb.Value", None)]
VALUE = [("tag", 1, FIELD.TYPE_STRING, None), ("node_name", 7, FIELD.TYPE_STRING, None),
         ("metadata", 9, FIELD.TYPE_BYTES, None), ("simple_value", 2, FIELD.TYPE_FLOAT, "value"),
         ("obsolete_old_style_histogram", 3, FIELD.TYPE_BYTES, "value"),
         ("image", 4, FIELD.TYPE_BYTES, "value"), ("histo", 5, FIELD.TYPE_BYTES, "value"),
         ("audio", 6, FIELD.TYPE_BYTES, "value"), ("tensor", 8, FIELD.TYPE_BYTES, "value")]


def _add_message(file, name, fields):
    message = file.message_type.add(name=name)
    for field_name, number, kind, oneof in fields:
        field = message.field.add(name=field_name, number=number, label=FIELD.LABEL_OPTIONAL)
        if isinstance(kind, str):
            field.type, field.type_name = FIELD.TYPE_MESSAGE, kind
        else:
            field.type = kind
        if oneof:
            if not message.oneof_decl:
                message.oneof_decl.add(name=oneof)
            field.oneof_index = 0
    return message


def _event_class():
    file = descriptor_pb2.FileDescriptorProto(name="tb.proto", package="tb", syntax="proto3")
    _add_message(file, "Event", EVENT)
    _add_message(file, "Summary", SUMMARY).field[0].label = FIELD.LABEL_REPEATED
    _add_message(file, "Value", VALUE)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("tb.Event")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)  # before protobuf 4.22


Event = _event_class()


def crc32c(data):
    """Castagnoli's polynomial, reflected, a bit at a time. Source: RFC 3720, B.4."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_events(content):
    """The events of a file. A ValueError says where it is damaged."""
    at, events = 0, []

    def take(size):
        nonlocal at
        part = content[at:at + size]
        if len(part) < size:
            raise ValueError(f"byte {at}: {len(part)} bytes are left, wanted {size}")
        at += size
        (checksum,) = struct.unpack("<I", content[at:at + 4].ljust(4, b"\0"))
        if checksum != masked(crc32c(part)):
            raise ValueError(f"byte {at}: the checksum is of other bytes")
        at += 4
        return part

    while at < len(content):
        (length,) = struct.unpack("<Q", take(8))
        events.append(Event.FromString(take(length)))
    return events
