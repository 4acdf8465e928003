from typing import Sequence

from google.protobuf.message import Message

class FileDescriptorProto(Message): ...

class FileDescriptorSet(Message):
    file: Sequence[FileDescriptorProto]
