"""HTTP/1.1 as uvicorn speaks it, with bounded heads and problem documents for broken requests."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.problems import MEDIA_TYPE, problem_response
from domain.errors import Malformed

HEAD_BYTES: Final = 65_536
"""Request line and headers together; more than any proxy lets pass."""


class BoundedProtocol(HttpToolsProtocol):
    """Counts what arrives before a request's body begins, and gives up beyond HEAD_BYTES."""

    _heading = True
    _ended = False
    _head = 0
    _arrived = 0

    def data_received(self, data: bytes) -> None:
        """Take bytes from the wire."""
        self._ended = False
        self._arrived = self._head + len(data)
        super().data_received(data)
        self._head = self._head + len(data) if self._heading and not self._ended else 0
        if self._head > HEAD_BYTES:
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._heading = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End the head; a body may follow."""
        self._heading, self._ended = False, True
        if self._arrived > HEAD_BYTES and self._size() > HEAD_BYTES:
            raise ValueError("the head is too large")
        super().on_headers_complete()

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def on_message_complete(self) -> None:
        """End a request: the next bytes belong to another head."""
        self._heading = self._ended = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it may quote the request
        """Answer a broken request and hang up."""
        error = Malformed(f"this is no HTTP/1.1 request with a head of at most {HEAD_BYTES} bytes")
        body = bytes(problem_response(error, status=400).body)
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
