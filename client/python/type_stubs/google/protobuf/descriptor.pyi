class Descriptor:
    name: str

class FileDescriptor:
    serialized_pb: bytes

class FieldDescriptor: ...
