"""What a coordinator refuses, as exceptions."""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
from typing import Any, Iterator

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


@dataclasses.dataclass(frozen=True)
class Violation:
    """One thing that is wrong with a job: the field, what was found and what was wanted."""
    field: str
    message: str


class DescentError(Exception):
    """A call that failed. `reason` is for programs ("JOB_NOT_FOUND"), the text for people."""

    def __init__(self, code: grpc.StatusCode, reason: str, message: str,
                 metadata: dict[str, str], violations: list[Violation]):
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.metadata = metadata
        self.violations = violations


class InvalidArgument(DescentError):
    """The job file or another argument is wrong; of a job file `violations` has everything."""


class NotFound(DescentError):
    """No such job, checkpoint or metric."""


class Conflict(DescentError):
    """The job's state does not allow that, or its name is taken."""


class PermissionDenied(DescentError):
    """Without a valid token, or its role does not allow that."""


class LimitReached(DescentError):
    """A limit that the coordinator sets to its users; `reason` says which."""


class Unavailable(DescentError):
    """The coordinator does not answer."""


_CLASSES: dict[grpc.StatusCode, type[DescentError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: Conflict,
    grpc.StatusCode.FAILED_PRECONDITION: Conflict,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.UNAUTHENTICATED: PermissionDenied,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: LimitReached,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: Unavailable,
}


def from_rpc_error(error: grpc.RpcError) -> DescentError:
    """The same with the details that a coordinator adds to its status."""
    reason = ""
    metadata: dict[str, str] = {}
    violations: list[Violation] = []
    for details in _details(error):
        if details.DESCRIPTOR.name == "ErrorInfo":
            reason, metadata = details.reason, dict(details.metadata)
        else:
            violations = [Violation(found.field, found.description)
                          for found in details.field_violations]
    code = error.code()
    return _CLASSES.get(code, DescentError)(code, reason, error.details(), metadata, violations)


def _details(error: grpc.RpcError) -> Iterator[Any]:
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for packed in _message("Status").FromString(value).details:
            name = packed.type_url.rsplit("/", 1)[-1]
            if name in ("google.rpc.ErrorInfo", "google.rpc.BadRequest"):
                yield _message(name.rsplit(".", 1)[-1]).FromString(packed.value)


@functools.lru_cache(maxsize=None)
def _message(name: str) -> Any:
    descriptor = _pool().FindMessageTypeByName(f"google.rpc.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_pool()).GetPrototype(descriptor)  # before protobuf 4.22


@functools.lru_cache(maxsize=None)
def _pool() -> descriptor_pool.DescriptorPool:
    """Of its own: a program may have another google/rpc/status.proto."""
    packed = importlib.resources.files("descent").joinpath("error_details.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(packed).file:
        pool.Add(file)
    return pool
