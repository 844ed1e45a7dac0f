"""The body of a request, whose length was said or that comes in chunks."""

from collections.abc import Callable
from email.message import Message
from io import BufferedReader

from .account import HungUp, Refusal

BLOCK = 64 * 1024
LONGEST_LINE = 4096


class Body:
    """`invite` tells a client that waits for it to send the body (`Expect: 100-continue`); it is called at the first
    read."""

    def __init__(self, file: BufferedReader, headers: Message, invite: Callable[[], None] | None):
        self._file = file
        self._invite = invite
        self.received = 0
        coding, length = headers.get("Transfer-Encoding"), headers.get("Content-Length")
        self.is_chunked = coding is not None
        if self.is_chunked and (coding.strip().lower() != "chunked" or length is not None):
            raise Refusal(400, "Invalid Transfer-Encoding header")
        if length is not None and not (length.isascii() and length.isdigit()):
            raise Refusal(400, "Invalid Content-Length header")
        self.length = int(length or 0)
        self._left = 0 if self.is_chunked else self.length
        self.is_finished = not self.is_chunked and self._left == 0

    @property
    def is_awaited(self) -> bool:
        """Whether the client still waits to be asked for the body."""
        return self._invite is not None and not self.is_finished

    def read(self, most: int = BLOCK) -> bytes:
        """At most that many bytes; none at the end."""
        if self._invite:
            self._invite()
            self._invite = None
        if self.is_chunked and not self.is_finished and self._left == 0:
            self._open_chunk()
        if self.is_finished:
            return b""
        data = self._file.read1(min(most, self._left))
        if not data:
            raise HungUp
        self.received += len(data)
        self._left -= len(data)
        if self._left == 0:
            self._close_chunk() if self.is_chunked else self._finish()
        return data

    def drain(self) -> None:
        while self.read():
            pass

    def _finish(self) -> None:
        self.is_finished = True

    def _open_chunk(self) -> None:
        size = self._line().partition(b";")[0].strip()
        try:
            self._left = int(size, 16)
        except ValueError:
            raise Refusal(400, "Invalid chunk size") from None
        if self._left == 0:
            while self._line():
                pass  # trailers
            self._finish()

    def _close_chunk(self) -> None:
        if self._line():
            raise Refusal(400, "Invalid chunk")

    def _line(self) -> bytes:
        line = self._file.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise HungUp
        return line.rstrip(b"\r\n")
