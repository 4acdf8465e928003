"""How a coordinator is reached: TLS, tokens, and what becomes of a call while it is away."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import json
import os
import pathlib
import time
from typing import Any, Callable, Iterator, Optional, TypeVar, Union

import grpc
from google.protobuf import descriptor_pb2

from descent import errors
from descent.v1 import access_pb2
from descent.v1 import service_pb2 as pb

AWAY_SECONDS = 60.0  # how long a stream waits for a coordinator that is away
# A stream that was open for so long had its coordinator, also if nothing came: gRPC gives up an
# attempt to connect after 20 s.
_SERVED_SECONDS = 30.0
_PAUSE_SECONDS = 0.5
_RETRY = {"maxAttempts": 5, "initialBackoff": "0.2s", "maxBackoff": "5s", "backoffMultiplier": 2,
          "retryableStatusCodes": ["UNAVAILABLE"]}
_THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}
# What a stream ends with when its coordinator stops, or has stopped.
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)

T = TypeVar("T")
PathLike = Union[str, "os.PathLike[str]"]


@dataclasses.dataclass(frozen=True)
class Credentials:
    """The files by which a client knows its coordinator and says who it is."""
    token: Optional[PathLike] = None
    ca: Optional[PathLike] = None           # PEM: who vouches for the coordinator
    certificate: Optional[PathLike] = None  # PEM: the client's own
    key: Optional[PathLike] = None          # PEM: of that certificate


def connect(address: str, credentials: Credentials) -> grpc.Channel:
    """A ValueError says which of the files do not go together; an OSError, which cannot be read."""
    _check(address, credentials)
    # A coordinator is named directly: a proxy of the environment is not meant for it.
    options = [("grpc.enable_http_proxy", 0), ("grpc.keepalive_time_ms", 60_000),
               ("grpc.keepalive_timeout_ms", 20_000), ("grpc.http2.max_pings_without_data", 0),
               ("grpc.max_reconnect_backoff_ms", 1_000),
               ("grpc.service_config", json.dumps(_service_config()))]
    token = None
    if credentials.token is not None:
        token = pathlib.Path(credentials.token).read_text(encoding="ascii").strip()
    if credentials.ca is None:
        channel = grpc.insecure_channel(address, options)
    else:
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
            _content(credentials.ca), _content(credentials.key), _content(credentials.certificate)),
            options)
    return channel if token is None else grpc.intercept_channel(channel, _TokenSender(token))


def _service_config() -> dict[str, Any]:
    """Unary calls that may be repeated are, while the coordinator is away for a moment: what a viewer
    may call changes nothing, and what is idempotent says so."""
    file = descriptor_pb2.FileDescriptorProto.FromString(pb.DESCRIPTOR.serialized_pb)
    names = [{"service": f"{file.package}.{service.name}", "method": method.name}
             for service in file.service for method in service.method
             if not method.server_streaming and (
                 method.options.Extensions[access_pb2.required_role] == access_pb2.ROLE_VIEWER
                 or method.options.idempotency_level == descriptor_pb2.MethodOptions.IDEMPOTENT)]
    return {"methodConfig": [{"name": names, "retryPolicy": _RETRY}],
            "retryThrottling": _THROTTLING}


def _check(address: str, credentials: Credentials) -> None:
    if (credentials.certificate is None) != (credentials.key is None):
        raise ValueError("cert_file and key_file go together")
    if credentials.ca is not None:
        return
    if credentials.certificate is not None:
        raise ValueError("cert_file needs ca_file: without TLS nobody asks for a certificate")
    if credentials.token is not None and not _is_loopback(address):
        raise ValueError(f"token_file needs ca_file: the token would travel to {address} in plain text")


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _content(path: Optional[PathLike]) -> Optional[bytes]:
    return None if path is None else pathlib.Path(path).read_bytes()


class _Details(grpc.ClientCallDetails):
    """What else belongs to a call stays as it is."""

    def __init__(self, metadata: list[tuple[str, str]]):
        self.metadata = metadata


class _TokenSender(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """gRPC's own call credentials refuse plain text, which on loopback is as good as any other."""

    def __init__(self, token: str):
        self._authorization = f"Bearer {token}"

    def intercept_unary_unary(self, continuation: Callable[..., Any],
                              client_call_details: Any, request: Any) -> Any:
        return continuation(self._with_token(client_call_details), request)

    def intercept_unary_stream(self, continuation: Callable[..., Any],
                               client_call_details: Any, request: Any) -> Any:
        return continuation(self._with_token(client_call_details), request)

    def _with_token(self, details: Any) -> _Details:
        return _Details([*(details.metadata or ()), ("authorization", self._authorization)])


@contextlib.contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise errors.from_rpc_error(error) from None


def resumed(stream: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What the stream sends; it is begun anew while the coordinator is away."""
    deadline = time.monotonic() + AWAY_SECONDS
    while True:
        begin = time.monotonic()
        try:
            for message in stream():
                deadline = time.monotonic() + AWAY_SECONDS
                yield message
            return
        except grpc.RpcError as error:
            now = time.monotonic()
            if now - begin > _SERVED_SECONDS:
                deadline = now + AWAY_SECONDS
            if error.code() not in _AWAY or now > deadline:
                raise errors.from_rpc_error(error) from None
            time.sleep(_PAUSE_SECONDS)
