"""Requests to an S3 server as a proxy in front of it sees them: what they ask for, and when they came.

The functions take a request's head as well as a line of the proxy's log."""

import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from .faults import Fault


def query(request):
    return parse_qs(urlsplit(request.target).query, keep_blank_values=True)


def concerns(request, blob=""):
    """Whether it is about that blob, or about any."""
    path = urlsplit(request.target).path
    return path.endswith(blob) and "/blobs/" in path


def is_put(request, blob=""):
    """A blob in one request."""
    return request.method == "PUT" and concerns(request, blob) and "uploadId" not in query(request)


def part_number(request):
    """Of a part of a multipart upload; None for any other request."""
    numbers = query(request).get("partNumber")
    return int(numbers[0]) if request.method == "PUT" and numbers else None


def is_part(request):
    return part_number(request) is not None


def is_begin(request):
    return request.method == "POST" and "uploads" in query(request)


def is_complete(request):
    return request.method == "POST" and "uploadId" in query(request)


def is_read(request, blob=""):
    return request.method == "GET" and concerns(request, blob) and "uploadId" not in query(request)


def is_head(request, blob=""):
    return request.method == "HEAD" and concerns(request, blob)


def is_delete(request, blob=""):
    return request.method == "DELETE" and concerns(request, blob) and "uploadId" not in query(request)


def lists_uploads(request):
    return request.method == "GET" and "uploads" in query(request)


def sends(request):
    """Whether it brings bytes of a blob."""
    return is_put(request) or is_part(request)


def was_answered(exchange):
    """Whether the client heard that it was done, and nothing else than that."""
    return exchange.fault is None and exchange.end == "whole" and exchange.status in (200, 201, 204, 206)


@dataclass
class Seen:
    at: float
    method: str
    target: str
    headers: dict


class Watch:
    """Remembers the head of every request that begins from now on, with the time. `again` after the proxy's rules were
    cleared."""

    def __init__(self, proxy):
        self.proxy, self.seen = proxy, []
        self.again()

    def again(self):
        self.proxy.always(Fault(), when=self._note)

    def _note(self, request):
        self.seen.append(Seen(time.monotonic(), request.method, request.target, request.headers))
        return False

    def of(self, fits):
        return [one for one in self.seen if fits(one)]


class Rot:
    """What the engine has of a blob is read with one wrong bit, until it is put there again: a disk that rots, of which
    the engine knows nothing. A `when` for `Flip("answer")`."""

    def __init__(self, blob):
        self.blob = blob
        self.is_healed = False

    def __call__(self, request):
        if is_put(request, self.blob) or (is_complete(request) and concerns(request, self.blob)):
            self.is_healed = True
        return not self.is_healed and is_read(request, self.blob)
