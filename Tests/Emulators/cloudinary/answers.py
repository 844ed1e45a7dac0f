"""What goes back to a client."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .account import Refusal


@dataclass
class Answer:
    """With a body of bytes, or with `length` bytes of a file."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: Path | None = None
    start: int = 0
    length: int = 0

    def __post_init__(self):
        if self.file is None:
            self.length = len(self.body)

    @property
    def is_json(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("application/json")

    def open(self) -> BinaryIO:
        """The body, from where on it is sent. A file that is open may be deleted meanwhile."""
        if self.file is None:
            return io.BytesIO(self.body)
        file = self.file.open("rb")
        file.seek(self.start)
        return file


def of_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status, kind | (headers or {}), json.dumps(value).encode())


def of_refusal(refusal: Refusal) -> Answer:
    """An error says why in its body and in a header."""
    plain = refusal.message.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")
    headers = {"X-Cld-Error": plain} | refusal.headers
    return of_json({"error": {"message": refusal.message}}, refusal.status, headers)
