"""Reading: by a signed address, with a token, or by a signed call that expires."""

import re
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote, unquote

from . import media, tokens
from .account import Account, Refusal, not_found
from .answers import Answer
from .api import checked_type, given, is_true
from .calls import check_cloud, check_fresh, check_signature, timestamp
from .library import RESOURCE_TYPES, TYPES, Asset, Library, Name
from .ranges import select
from .request import Request
from .signatures import address_signatures, escaped

SIGNATURE = re.compile(r"s--([\w-]{8}|[\w-]{32})--", re.ASCII)
COMPONENT = re.compile(r"[a-z]{1,3}_[^/,]+(,[a-z]{1,3}_[^/,]+)*")


@dataclass(frozen=True)
class Address:
    """A path for delivery, taken apart. `source` is the public id with its extension, as it is signed."""

    resource_type: str
    type: str
    signature: str | None
    transformation: str
    source: str

    @property
    def to_sign(self) -> str:
        return "/".join(filter(None, [self.transformation, self.source]))

    @classmethod
    def parse(cls, path: str, cloud: str) -> "Address":
        """The cloud's name stands first, but not at a host of its own."""
        parts = path.split("/")[1:]
        if unquote(parts[0]) == cloud:
            parts = parts[1:]
        elif parts[0] not in RESOURCE_TYPES:
            raise Refusal(404, f"Unknown customer {unquote(parts[0])}")
        if len(parts) < 3 or parts[0] not in RESOURCE_TYPES or parts[1] not in TYPES:
            raise Refusal(400, "Invalid address")
        resource_type, kind, *rest = parts
        found = SIGNATURE.fullmatch(rest[0])
        rest = rest[1:] if found else rest
        count = _transformations(rest)
        transformation, rest = "/".join(rest[:count]), rest[count:]
        if len(rest) > 1 and _is_version(rest[0]):
            rest = rest[1:]
        return cls(resource_type, kind, found[1] if found else None, transformation, escaped("/".join(rest)))


def _is_version(part: str) -> bool:
    return re.fullmatch(r"v\d+", part, re.ASCII) is not None


def _transformations(parts: list[str]) -> int:
    """How many of the first parts are one: all before a version, or else those that look like one."""
    versions = [at for at, part in enumerate(parts[:-1]) if _is_version(part)]
    if versions:
        for part in parts[: versions[0]]:
            if not COMPONENT.fullmatch(unquote(part)):
                raise Refusal(400, f"Invalid transformation component - {unquote(part)}")
        return versions[0]
    count = 0
    while count < len(parts) - 1 and COMPONENT.fullmatch(unquote(parts[count])):
        count += 1
    return count


class Delivery:
    def __init__(self, account: Account, library: Library):
        self.account = account
        self.library = library

    def deliver(self, request: Request, now: float) -> Answer:
        address = Address.parse(request.path, self.account.cloud)
        self._check(address, request, now)
        name = (address.resource_type, address.type, unquote(address.source))
        asset, extension = self._asset(name)
        return self._send(request, asset, address.transformation, extension)

    def _check(self, address: Address, request: Request, now: float) -> None:
        """What is given must be right; what is not public needs a signature or a token."""
        token = _token(request)
        if token is not None:
            key = self.account.token_key
            if key is None or not tokens.opens(token, key, request.path, request.address, now):
                raise Refusal(401, "deny or ACL failure")
        if address.signature is not None:
            if address.signature not in address_signatures(self.account, address.to_sign):
                raise Refusal(401, "Invalid signature")
        elif address.type != "upload" and token is None:
            raise Refusal(401, "deny or ACL failure")

    def _asset(self, name: Name) -> tuple[Asset, str | None]:
        """The asset, and the extension with which it is asked for. Of raw assets that is part of the public id."""
        asset = self.library.find(name)
        if asset:
            return asset, None
        stem, dot, extension = name[2].rpartition(".")
        asset = self.library.find((*name[:2], stem)) if dot and name[0] != "raw" else None
        if asset is None:
            raise not_found(stem if dot and name[0] != "raw" else name[2])
        return asset, extension

    def download(self, request: Request, now: float) -> Answer:
        """Valid until `expires_at`, or else for an hour from `timestamp`."""
        params = request.query
        check_cloud(self.account, request.parts[0])
        check_signature(self.account, params)
        signed_at = timestamp(params, "timestamp")
        if not params.get("expires_at"):
            check_fresh(signed_at, now)
        elif timestamp(params, "expires_at") <= now:
            raise Refusal(401, "The link has expired")
        asset = self.library.get((request.parts[1], checked_type(params), given(params, "public_id")))
        answer = self._send(request, asset, "", params.get("format"))
        if is_true(params, "attachment"):
            name = asset.public_id.rpartition("/")[2] + (f".{asset.content.format}" if asset.content.format else "")
            answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return answer

    def _send(self, request: Request, asset: Asset, transformation: str, extension: str | None) -> Answer:
        """The original, or what stands for something derived from it: a pixel for a picture, else the same bytes."""
        kind = extension or asset.content.format
        is_derived = bool(transformation) or kind != asset.content.format
        headers = _headers(asset, kind, f"-{transformation}.{kind}" if is_derived else "")
        if is_derived and kind in media.PICTURES:
            return Answer(200, headers, media.PIXEL)
        chosen = select(request.method, request.headers, asset.content.size, headers["ETag"])
        if chosen.content_range:
            headers["Content-Range"] = chosen.content_range
        if chosen.status == 416:
            return Answer(416, headers)
        return Answer(chosen.status, headers, file=asset.content.path, start=chosen.start, length=chosen.length)


def _headers(asset: Asset, kind: str | None, suffix: str) -> dict[str, str]:
    return {
        "Content-Type": media.MEDIA_TYPES.get(kind or "", "application/octet-stream"),
        "ETag": f'"{asset.content.md5}{quote(suffix)}"',
        "Last-Modified": formatdate(asset.version, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-transform, max-age=2592000",
        "Access-Control-Allow-Origin": "*",
    }


def _token(request: Request) -> str | None:
    """From the query or else a cookie; as it stands there, since it escapes itself."""
    for field in request.target.partition("?")[2].split("&"):
        name, _, value = field.partition("=")
        if name == tokens.NAME:
            return value.replace("%7E", "~").replace("%7e", "~")
    for field in (request.headers.get("Cookie") or "").split(";"):
        name, _, value = field.strip().partition("=")
        if name == tokens.NAME:
            return value
    return None
