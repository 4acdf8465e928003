"""What the calls to a coordinator have in common."""

from __future__ import annotations

import os
from typing import Iterator, Optional, Protocol, TypeVar

import grpc

from descent.connection import Credentials, PathLike, connect, translated
from descent.v1 import service_pb2_grpc as stubs

DEFAULT_ADDRESS = "127.0.0.1:9090"
PAGE = 1000

_CALL_SECONDS = 10.0


class _PageRequest(Protocol):
    page_token: str


class _Page(Protocol):
    next_page_token: str


Self = TypeVar("Self", bound="Calls")
Request = TypeVar("Request")
Answer = TypeVar("Answer")
PageRequest = TypeVar("PageRequest", bound=_PageRequest)
Page = TypeVar("Page", bound=_Page)


class Calls:
    """The way to one coordinator, and its methods."""

    def __init__(self, address: Optional[str] = None, *, token_file: Optional[PathLike] = None,
                 ca_file: Optional[PathLike] = None, cert_file: Optional[PathLike] = None,
                 key_file: Optional[PathLike] = None):
        """`address` is HOST:PORT, by default $DESCENT_SERVER or that of this machine. `ca_file` has
        the certificates to trust and turns TLS on; without it a token is sent to this machine only.
        `cert_file` and `key_file` are for who asks clients for a certificate. All but the token are
        PEM. A ValueError says which of them do not go together."""
        self._channel = connect(address or os.environ.get("DESCENT_SERVER") or DEFAULT_ADDRESS,
                                Credentials(token_file, ca_file, cert_file, key_file))
        self._jobs = stubs.JobServiceStub(self._channel)
        self._metrics = stubs.MetricServiceStub(self._channel)
        self._checkpoints = stubs.CheckpointServiceStub(self._channel)
        self._cluster = stubs.ClusterServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, method: grpc.UnaryUnaryMultiCallable[Request, Answer], request: Request,
              seconds: float = _CALL_SECONDS) -> Answer:
        with translated():
            return method(request, timeout=seconds)

    def _pages(self, method: grpc.UnaryUnaryMultiCallable[PageRequest, Page],
               request: PageRequest) -> Iterator[Page]:
        """All pages of a list."""
        while True:
            page = self._call(method, request)
            yield page
            request.page_token = page.next_page_token
            if not request.page_token:
                return
