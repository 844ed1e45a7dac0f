"""HTTP/1.1 messages on asyncio's streams, byte for byte as they came: where one ends and the next begins."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

MOST_OF_A_HEAD = 1 << 18
PIECE = 1 << 16


@dataclass
class Head:
    """The first line and the fields of a message. `raw` is what came, with the empty line at its end."""

    raw: bytes
    first: str = ""
    headers: dict = field(default_factory=dict)

    def __post_init__(self):
        self.first, *lines = self.raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        fields = (line.partition(":") for line in lines)
        self.headers = {name.lower(): value.strip() for name, _, value in fields}

    @property
    def length(self):
        """Of the body, by Content-Length; None where it does not say."""
        return int(self.headers["content-length"]) if "content-length" in self.headers else None

    @property
    def is_chunked(self):
        return self.headers.get("transfer-encoding", "").lower().endswith("chunked")

    @property
    def says_close(self):
        return self.headers.get("connection", "").lower() == "close"


class RequestHead(Head):
    @property
    def method(self):
        return self.first.split(" ")[0]

    @property
    def target(self):
        return self.first.split(" ")[1]

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        """Name to its first value; a name without one has the empty string."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query, True).items()}

    @property
    def waits_for_continue(self):
        return "100-continue" in self.headers.get("expect", "").lower()

    def pieces(self, reader):
        """The body, as `body_pieces`."""
        return body_pieces(reader, self.is_chunked, self.length or 0)


class AnswerHead(Head):
    @property
    def status(self):
        return int(self.first.split(" ")[1])

    @property
    def is_provisional(self):
        return self.status < 200

    def ends_with_connection(self, method):
        """Whether only the end of the connection ends the body."""
        return self.has_body(method) and not self.is_chunked and self.length is None

    def has_body(self, method):
        return method != "HEAD" and self.status not in (204, 304) and not self.is_provisional

    def pieces(self, reader, method):
        """The body, as `body_pieces`, of the answer to a request with this method."""
        return body_pieces(reader, *((self.is_chunked, self.length) if self.has_body(method) else (False, 0)))


async def read_head(reader, kind):
    """The next message's head; None when the other side has nothing more to say."""
    try:
        return kind(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None


async def body_pieces(reader, is_chunked, length):
    """Yields bytes, and whether they are the body's own; where not, they are what HTTP puts around it.

    Raises IncompleteReadError where the other side stops too early. A `length` of None is up to its end."""
    if is_chunked:
        size = -1
        while size != 0:
            line = await reader.readuntil(b"\r\n")
            yield line, False
            size = int(line.split(b";")[0], 16)
            async for piece in _exactly(reader, size):
                yield piece, True
            if size:
                yield await reader.readexactly(2), False
        line = b""
        while line != b"\r\n":
            line = await reader.readuntil(b"\r\n")
            yield line, False
    elif length is not None:
        async for piece in _exactly(reader, length):
            yield piece, True
    else:
        while piece := await reader.read(PIECE):
            yield piece, True


async def _exactly(reader, count):
    while count:
        piece = await reader.read(min(count, PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", count)
        count -= len(piece)
        yield piece
