"""Files that come in parts. The first part must come first and each follow the one before; the last makes the asset."""

import os
import re
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .account import MEBIBYTE, Limits, Refusal, too_large
from .forms import Spooled
from .library import Name


@dataclass(frozen=True)
class ContentRange:
    """`total` is None as long as the client does not know it and says -1."""

    start: int
    end: int
    total: int | None

    @property
    def length(self) -> int:
        return self.end - self.start + 1

    @property
    def is_last(self) -> bool:
        return self.total is not None and self.end + 1 == self.total

    @classmethod
    def parse(cls, text: str) -> "ContentRange":
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(-1|\d+)", text)
        if found is None:
            raise invalid(text)
        start, end, total = (int(number) for number in found.groups())
        if end < start or (total >= 0 and end >= total):
            raise invalid(text)
        return cls(start, end, None if total < 0 else total)


def invalid(detail: str) -> Refusal:
    return Refusal(400, f"Invalid Content-Range header - {detail}")


@dataclass(eq=False)
class ChunkedUpload:
    """`parts` maps the start of each part to its end."""

    name: Name
    path: Path
    total: int | None = None
    parts: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def received(self) -> int:
        return max(self.parts.values(), default=-1) + 1

    def take(self, part: ContentRange, file: Spooled) -> None:
        """A part that was sent before replaces itself."""
        if part.start != self.received and self.parts.get(part.start) != part.end:
            raise invalid(f"byte {self.received} is next")
        if self.total is not None and part.total not in (None, self.total):
            raise invalid(f"the total was {self.total}")
        if part.total is not None and part.total < self.received:
            raise invalid(f"{self.received} bytes are here already")
        self.total = self.total or part.total
        with file.path.open("rb") as source, self.path.open("r+b") as target:
            target.seek(part.start)
            shutil.copyfileobj(source, target, MEBIBYTE)
        self.parts[part.start] = part.end


class ChunkedUploads:
    def __init__(self, folder: Path, limits: Limits):
        self._folder = folder
        self._limits = limits
        self._lock = threading.Lock()
        self._open: dict[str, ChunkedUpload] = {}

    def __len__(self) -> int:
        return len(self._open)

    def named(self, upload_id: str) -> Name | None:
        """What the first part said that it shall become."""
        upload = self._open.get(upload_id)
        return upload.name if upload else None

    def add(self, upload_id: str, name: Name, part: ContentRange, file: Spooled) -> tuple[int, Path | None]:
        """Bytes that are here by now and, after the last part, the whole file, which then is the caller's."""
        if part.length != file.size:
            raise invalid(f"the part has {file.size} bytes")
        if not part.is_last and file.size < self._limits.part:
            raise Refusal(400, "All parts except EOF-chunk must be larger than 5mb")
        if (part.total or part.end + 1) > self._limits.asset:
            raise too_large(part.total or part.end + 1, self._limits.asset)
        upload = self._upload(upload_id, name, part)
        with upload.lock:
            if self._open.get(upload_id) is not upload:
                raise invalid("the upload is over")
            upload.take(part, file)
            if not part.is_last:
                return upload.received, None
            del self._open[upload_id]
            return upload.total, upload.path

    def _upload(self, upload_id: str, name: Name, part: ContentRange) -> ChunkedUpload:
        with self._lock:
            upload = self._open.get(upload_id)
            if upload is None:
                if part.start > 0:
                    raise invalid("byte 0 is next")
                handle, path = tempfile.mkstemp(dir=self._folder)
                os.close(handle)
                upload = self._open[upload_id] = ChunkedUpload(name, Path(path))
            if upload.name != name:
                raise Refusal(400, "The parts of an upload must have the same public_id and type")
            return upload

    def forget(self) -> None:
        """As the service does with what was not finished in time."""
        with self._lock:
            uploads, self._open = list(self._open.values()), {}
        for upload in uploads:
            upload.path.unlink(missing_ok=True)
