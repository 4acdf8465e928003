# Of what every message has, that which the client uses.

from typing import Type, TypeVar

from google.protobuf.descriptor import Descriptor

_Self = TypeVar("_Self", bound="Message")

class Message:
    DESCRIPTOR: Descriptor
    def ClearField(self, field_name: str) -> None: ...
    @classmethod
    def FromString(cls: Type[_Self], s: bytes) -> _Self: ...
