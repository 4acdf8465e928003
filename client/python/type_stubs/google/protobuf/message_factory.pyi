from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool

def GetMessageClass(descriptor: Descriptor) -> Any: ...

class MessageFactory:
    def __init__(self, pool: DescriptorPool) -> None: ...
    def GetPrototype(self, descriptor: Descriptor) -> Any: ...
