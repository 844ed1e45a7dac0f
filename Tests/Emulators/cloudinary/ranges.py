"""Conditions and ranges of a request for a file (RFC 9110)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """What to send: a status, and the bytes from `start` on."""

    status: int
    start: int
    length: int
    content_range: str | None = None


def select(method: str, headers: Mapping[str, str], size: int, etag: str) -> Selection:
    """A range that is not understood, and more than one, are ignored. So is every range of a HEAD."""
    if etag in (headers.get("If-None-Match") or ""):
        return Selection(304, 0, 0)
    whole = Selection(200, 0, size)
    wanted = headers.get("Range")
    if method != "GET" or wanted is None or headers.get("If-Range", etag) != etag:
        return whole
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted.strip(), re.ASCII)
    if found is None or found[0].endswith("=-"):
        return whole
    first, last = found[1], found[2]
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if first and last and int(last) < int(first):
        return whole
    if start >= size:
        return Selection(416, 0, 0, f"bytes */{size}")
    return Selection(206, start, end - start + 1, f"bytes {start}-{end}/{size}")
