"""A request, and which operation it asks for."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from .account import Account, Refusal
from .body import Body
from .chunks import ContentRange

ACTIONS = ("upload", "destroy", "explicit", "rename")


@dataclass
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: Body
    address: str

    @cached_property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def parts(self) -> list[str]:
        """Of the path of a call, behind `/v1_1`: the cloud's name and what follows. None of a delivery."""
        first, *parts = self.path.split("/")[1:]
        return [unquote(part) for part in parts] if first == "v1_1" else []

    @property
    def content_range(self) -> str | None:
        """Which bytes of a file a part is."""
        return self.headers.get("Content-Range")

    @property
    def upload_id(self) -> str:
        """What the parts of a file have in common."""
        value = self.headers.get("X-Unique-Upload-Id")
        if not value:
            raise Refusal(400, "Missing required header - X-Unique-Upload-Id")
        return value

    @cached_property
    def operation(self) -> str:
        if not self.parts:
            return "deliver" if self.method in ("GET", "HEAD") else "unknown"
        match (self.method, *self.parts[1:]):
            case "POST", _, "upload":
                return self._upload()
            case "POST", _, action if action in ACTIONS:
                return action
            case ("GET", "ping") | ("GET", "usage") | ("GET", "usage", _):
                return self.parts[1]
            case "GET", "resources", _, _, *_:
                return "resource"
            case ("GET" | "HEAD"), _, "download":
                return "download"
        return "unknown"

    def _upload(self) -> str:
        if self.content_range is None:
            return "upload"
        try:
            return "last_part" if ContentRange.parse(self.content_range).is_last else "part"
        except Refusal:
            return "part"

    def credentials(self) -> tuple[str, str] | None:
        """Key and secret of HTTP basic authentication."""
        scheme, _, coded = (self.headers.get("Authorization") or "").partition(" ")
        try:
            key, colon, secret = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (key, secret) if scheme.lower() == "basic" and colon else None


def check_credentials(request: Request, account: Account) -> None:
    """HTTP basic authentication with the key and the secret."""
    given = request.credentials()
    if given is None:
        raise Refusal(401, "Missing credentials", WWW_Authenticate='Basic realm="Cloudinary"')
    if given[0] != account.key:
        raise Refusal(401, f"Unknown API key {given[0]}")
    if given[1] != account.secret:
        raise Refusal(401, "api_secret mismatch")
