from typing import Any, Mapping, Sequence

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

class MethodOptions(Message):
    IDEMPOTENT: int
    idempotency_level: int
    Extensions: Mapping[FieldDescriptor, Any]

class MethodDescriptorProto(Message):
    name: str
    server_streaming: bool
    options: MethodOptions

class ServiceDescriptorProto(Message):
    name: str
    method: Sequence[MethodDescriptorProto]

class FileDescriptorProto(Message):
    package: str
    service: Sequence[ServiceDescriptorProto]

class FileDescriptorSet(Message):
    file: Sequence[FileDescriptorProto]
