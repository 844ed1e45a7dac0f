"""Forms with a file in them, read as a stream: the file goes to disk while it arrives."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from urllib.parse import parse_qsl

from .account import Refusal, too_large
from .body import BLOCK, Body

LONGEST_HEADERS = 16 * 1024
LONGEST_FIELDS = 1024 * 1024


@dataclass
class Spooled:
    """A file that arrived. It is gone after `discard`, unless it was moved elsewhere."""

    path: Path
    name: str
    size: int
    md5: str

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass
class Form:
    """A field `tags[]`, given as often as there are tags, is the field `tags` with commas."""

    fields: dict[str, str] = field(default_factory=dict)
    file: Spooled | None = None

    def add(self, name: str, value: str) -> None:
        if name.endswith("[]"):
            name = name.removesuffix("[]")
            value = ",".join(filter(None, [self.fields.get(name), value]))
        self.fields[name] = value

    def discard(self) -> None:
        if self.file:
            self.file.discard()


class Multipart:
    """The parts of a body, of which no more than a block is held."""

    def __init__(self, read: Callable[[], bytes], boundary: bytes):
        self._read = read
        self._mark = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # the first boundary then looks like any other

    def parts(self) -> Iterator[tuple[dict[str, str], Iterator[bytes]]]:
        """Headers and content of each. The content is gone when the next part is asked for."""
        for _ in self._until(self._mark):
            pass
        while not self._is_end():
            headers = b"".join(self._until(b"\r\n\r\n", LONGEST_HEADERS))
            content = self._until(self._mark)
            yield _headers(headers), content
            for _ in content:
                pass

    def _is_end(self) -> bool:
        while len(self._buffer) < 2:
            self._more()
        return self._buffer.startswith(b"--")

    def _more(self) -> None:
        data = self._read()
        if not data:
            raise Refusal(400, "The form ends in the middle")
        self._buffer += data

    def _until(self, mark: bytes, longest: int | None = None) -> Iterator[bytes]:
        """What stands before the mark, in blocks; the mark itself is taken off."""
        length = 0
        while (at := self._buffer.find(mark)) < 0:
            block, self._buffer = self._buffer[: 1 - len(mark)], self._buffer[1 - len(mark) :]
            if block:
                yield block
            length += len(block)
            if longest is not None and length > longest:
                raise Refusal(400, "The headers of a part are too long")
            self._more()
        block, self._buffer = self._buffer[:at], self._buffer[at + len(mark) :]
        yield block


def _headers(block: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in block.decode("utf-8", "replace").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines if name.strip()}


def _parameter(header: str, name: str) -> str | None:
    """A parameter of Content-Disposition. Quotes inside of it arrive escaped in one of two ways."""
    found = re.search(rf';\s*{name}=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', header)
    if found is None:
        return None
    return found[2] or re.sub(r"\\(.)", r"\1", found[1]).replace("%22", '"')


def read_form(body: Body, content_type: str, folder: Path, largest: int) -> Form:
    """Refuses a file of more than `largest` bytes as soon as it is one. What was spooled by then is gone."""
    kind = Message()
    kind["Content-Type"] = content_type
    form = Form()
    try:
        if kind.get_content_type() == "application/x-www-form-urlencoded":
            _read_plain(form, body)
        elif kind.get_content_type() == "multipart/form-data" and kind.get_boundary():
            _read_parts(form, Multipart(body.read, kind.get_boundary().encode()), folder, largest)
        else:
            raise Refusal(400, "Unsupported content type")
    except BaseException:
        form.discard()
        raise
    return form


def _read_plain(form: Form, body: Body) -> None:
    data = b""
    while block := body.read():
        data += block
        if len(data) > LONGEST_FIELDS:
            raise Refusal(400, "The form is too long")
    for name, value in parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True):
        form.add(name, value)


def _read_parts(form: Form, multipart: Multipart, folder: Path, largest: int) -> None:
    size = 0
    for headers, content in multipart.parts():
        disposition = headers.get("content-disposition", "")
        name, file_name = _parameter(disposition, "name"), _parameter(disposition, "filename")
        if name == "file" and file_name is not None:
            form.discard()
            form.file = _spool(content, file_name, folder, largest)
            continue
        value = b""
        for block in content:
            value += block
            size += len(block)
            if size > LONGEST_FIELDS:
                raise Refusal(400, "The form is too long")
        form.add(name or "", value.decode("utf-8", "replace"))


def _spool(content: Iterator[bytes], name: str, folder: Path, largest: int) -> Spooled:
    handle, path = tempfile.mkstemp(dir=folder)
    md5, size = hashlib.md5(), 0
    try:
        with os.fdopen(handle, "wb", BLOCK) as file:
            for block in content:
                size += len(block)
                if size > largest:
                    raise too_large(size, largest)
                md5.update(block)
                file.write(block)
    except BaseException:
        os.unlink(path)
        raise
    return Spooled(Path(path), name, size, md5.hexdigest())
