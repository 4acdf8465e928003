class Descriptor:
    name: str

class FileDescriptor: ...
