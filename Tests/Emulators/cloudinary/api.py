"""The calls: uploading, and what can be done with what was uploaded."""

import re
import secrets
import threading
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path, PurePath

from . import describe, media
from .account import Account, Limits, Refusal, not_found, too_large
from .answers import Answer, of_json
from .calls import HOUR, check_call, check_cloud
from .chunks import ChunkedUploads, ContentRange
from .faults import out_of_calls
from .forms import Form, read_form
from .library import RESOURCE_TYPES, TYPES, Asset, Content, Library, Name
from .log import Exchange
from .request import Request, check_credentials

FORBIDDEN = re.compile(r"[?&#\\%<>+]|^[/ ]|[/ ]$|^$|//")
LONGEST_ID = 255


def is_true(params: Mapping[str, str], name: str, otherwise: bool = False) -> bool:
    return params.get(name, "1" if otherwise else "0").lower() in ("1", "true")


def given(params: Mapping[str, str], name: str) -> str:
    if not params.get(name):
        raise Refusal(400, f"Missing required parameter - {name}")
    return params[name]


def checked_id(public_id: str) -> str:
    if FORBIDDEN.search(public_id) or len(public_id) > LONGEST_ID:
        raise Refusal(400, f"public_id ({public_id}) is invalid")
    return public_id


def checked_type(params: Mapping[str, str], name: str = "type", otherwise: str = "upload") -> str:
    value = params.get(name) or otherwise
    if value not in TYPES:
        raise Refusal(400, f"Invalid {name} {value}")
    return value


class Api:
    def __init__(self, account: Account, limits: Limits, library: Library, chunks: ChunkedUploads, folder: Path):
        self.account = account
        self.limits = limits
        self.library = library
        self.chunks = chunks
        self.folder = folder
        self.base = ""
        self._lock = threading.Lock()
        self._hour = 0
        self._calls = 0

    def post(self, request: Request, exchange: Exchange, now: float) -> Answer:
        """A call that changes something."""
        cloud, resource_type, action = request.parts
        form = read_form(request.body, request.headers.get("Content-Type", ""), self.folder, self._largest(request))
        exchange.params = form.fields
        try:
            check_cloud(self.account, cloud)
            algorithm = check_call(self.account, request, form.fields, now)
            if resource_type not in (*RESOURCE_TYPES, "auto"):
                raise Refusal(400, f"Invalid resource type {resource_type}")
            if action == "upload":
                return of_json(self._upload(request, resource_type, form, algorithm, now))
            return of_json(getattr(self, f"_{action}")(resource_type, form.fields, algorithm))
        finally:
            form.discard()

    def _largest(self, request: Request) -> int:
        """Of a file in this request. Where the whole is too large already, it need not come."""
        margin = 2 * 1024 * 1024  # of the other fields
        if request.body.length > self.limits.request + margin:
            raise too_large(request.body.length, self.limits.request)
        return self.limits.request

    def _upload(self, request: Request, resource_type: str, form: Form, algorithm: str, now: float) -> dict:
        params, file = form.fields, form.file
        if file is None:
            raise Refusal(400, "Missing required parameter - file")
        if file.size == 0:
            raise Refusal(400, "Empty file")
        name = self._name(request, resource_type, params)
        if request.content_range is None:
            if file.size > self.limits.asset:
                raise too_large(file.size, self.limits.asset)
            content = self._content(file.path, file.md5, file.name)
        else:
            part = ContentRange.parse(request.content_range)
            size, whole = self.chunks.add(request.upload_id, name, part, file)
            if whole is None:
                known = {"resource_type": name[0]} if name[0] != "auto" else {}
                return {"done": False, "bytes": size, "kind": name[1], "public_id": name[2]} | known
            content = self._content(whole, media.md5_of(whole), file.name)
        return self._store(name, content, params, algorithm, now)

    def _name(self, request: Request, resource_type: str, params: Mapping[str, str]) -> Name:
        """The service invents what the client does not say, and remembers it for the parts that follow."""
        known = self.chunks.named(request.upload_id) if request.content_range else None
        kind, said = checked_type(params), params.get("public_id")
        folder = f"{params['folder'].strip('/')}/" if params.get("folder") else ""
        if known and said in (None, known[2]):
            return resource_type, kind, known[2]
        return resource_type, kind, checked_id(folder + (said or secrets.token_hex(10)))

    def _content(self, path: Path, md5: str, name: str) -> Content:
        """Moves the file to where it stays."""
        kept = path.rename(self.folder / f"asset-{secrets.token_hex(8)}")
        extension = media.format_of(kept)
        seconds = media.seconds_of(kept, extension)
        return Content(kept, kept.stat().st_size, md5, extension, seconds, PurePath(name).stem)

    def _store(self, name: Name, content: Content, params: Mapping[str, str], algorithm: str, now: float) -> dict:
        resource_type = media.resource_type_of(content.format) if name[0] == "auto" else name[0]
        if resource_type == "raw":
            content.format = None
        elif media.resource_type_of(content.format) != resource_type:
            content.path.unlink()
            raise Refusal(400, "Unsupported video format or file" if resource_type == "video" else "Invalid image file")
        name = (resource_type, *name[1:])
        asset, outcome = self.library.put(name, content, now, is_true(params, "overwrite", otherwise=True))
        if outcome == "existing":
            content.path.unlink()
        else:
            self._apply(asset, params)
        answer = describe.upload_answer(self.base, self.account, asset, algorithm) | self._eager(asset, params)
        return answer if outcome == "new" else answer | {outcome: True}

    def _apply(self, asset: Asset, params: Mapping[str, str]) -> None:
        if "tags" in params:
            asset.tags = [tag.strip() for tag in params["tags"].split(",") if tag.strip()]
        if "context" in params:
            pairs = (pair.partition("=")[::2] for pair in params["context"].split("|"))
            asset.context = {key: value for key, value in pairs if key}

    def _eager(self, asset: Asset, params: Mapping[str, str]) -> dict:
        wanted = params.get("eager")
        if not wanted:
            return {}
        return {"eager": describe.eager(self.base, self.account, asset, wanted, is_true(params, "eager_async"))}

    def _explicit(self, resource_type: str, params: Mapping[str, str], algorithm: str) -> dict:
        asset = self.library.get((resource_type, checked_type(params), given(params, "public_id")))
        self._apply(asset, params)
        return describe.upload_answer(self.base, self.account, asset, algorithm) | self._eager(asset, params)

    def _destroy(self, resource_type: str, params: Mapping[str, str], algorithm: str) -> dict:
        name = (resource_type, checked_type(params), given(params, "public_id"))
        return {"result": "ok" if self.library.remove(name) else "not found"}

    def _rename(self, resource_type: str, params: Mapping[str, str], algorithm: str) -> dict:
        kind = checked_type(params)
        to_kind = checked_type(params, "to_type", otherwise=kind)
        to = (resource_type, to_kind, checked_id(given(params, "to_public_id")))
        asset = self.library.rename(
            (resource_type, kind, given(params, "from_public_id")), to, is_true(params, "overwrite")
        )
        return describe.upload_answer(self.base, self.account, asset, algorithm)

    def get(self, request: Request, exchange: Exchange, delivered: int, now: float) -> Answer:
        """An admin call, of which there may be a limited number in an hour. `delivered` are the bytes for `usage`."""
        check_cloud(self.account, request.parts[0])
        check_credentials(request, self.account)
        headers = self._count_call(now)
        exchange.params = request.query
        if request.operation == "ping":
            return of_json({"status": "ok"}, headers=headers)
        if request.operation == "usage":
            return of_json(self._usage(delivered, now), headers=headers)
        _, _, resource_type, kind, *public_id = request.parts
        asset = self.library.find((resource_type, kind, "/".join(public_id)))
        if asset is None:
            raise not_found("/".join(public_id))
        answer = describe.details(self.base, self.account, asset) | {"derived": []}
        if is_true(request.query, "image_metadata") or is_true(request.query, "media_metadata"):
            answer |= {"etag": asset.content.md5, "original_filename": asset.content.original}
        return of_json(answer, headers=headers)

    def _count_call(self, now: float) -> dict[str, str]:
        limit, hour = self.limits.admin_calls, int(now) // HOUR
        if limit is None:
            return {}
        with self._lock:
            self._calls = self._calls + 1 if hour == self._hour else 1
            self._hour, calls = hour, self._calls
        until = (hour + 1) * HOUR
        if calls > limit:
            raise out_of_calls(limit, until)
        return {
            "X-FeatureRateLimit-Limit": str(limit),
            "X-FeatureRateLimit-Remaining": str(limit - calls),
            "X-FeatureRateLimit-Reset": formatdate(until, usegmt=True),
        }

    def _usage(self, delivered: int, now: float) -> dict:
        stored = sum(asset.content.size for asset in self.library)
        return {
            "plan": "Free",
            "last_updated": describe.moment(now)[:10],
            "objects": {"usage": len(self.library)},
            "bandwidth": {"usage": delivered},
            "storage": {"usage": stored},
            "resources": len(self.library),
            "derived_resources": 0,
            "media_limits": {"video_max_size_bytes": self.limits.asset, "raw_max_size_bytes": self.limits.asset},
        }
