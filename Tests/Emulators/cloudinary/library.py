"""The assets that are kept."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .account import Refusal, not_found

RESOURCE_TYPES = ("image", "video", "raw")
TYPES = ("upload", "private", "authenticated")

Name = tuple[str, str, str]  # resource type, type and public id: together they name an asset


@dataclass
class Content:
    """A file as it came. `original` is its name at the client, without the extension."""

    path: Path
    size: int
    md5: str
    format: str | None
    seconds: float | None
    original: str


@dataclass
class Asset:
    """`stored` counts how often content was put under this name since it exists."""

    resource_type: str
    type: str
    public_id: str
    content: Content
    version: int
    created: float
    asset_id: str = field(default_factory=lambda: secrets.token_hex(16))
    tags: list[str] = field(default_factory=list)
    context: dict[str, str] = field(default_factory=dict)
    stored: int = 1

    @property
    def name(self) -> Name:
        return self.resource_type, self.type, self.public_id

    def read(self) -> bytes:
        return self.content.path.read_bytes()


class Library:
    def __init__(self):
        self._lock = threading.Lock()
        self._assets: dict[Name, Asset] = {}

    def __iter__(self) -> Iterator[Asset]:
        with self._lock:
            return iter(list(self._assets.values()))

    def __len__(self) -> int:
        return len(self._assets)

    def find(self, name: Name) -> Asset | None:
        return self._assets.get(name)

    def get(self, name: Name) -> Asset:
        asset = self.find(name)
        if asset is None:
            raise not_found(name[2])
        return asset

    def put(self, name: Name, content: Content, now: float, overwrite: bool) -> tuple[Asset, str]:
        """The asset, and whether it is `new`, `overwritten` or `existing` (then the content was not taken)."""
        with self._lock:
            asset = self._assets.get(name)
            if asset is None:
                asset = self._assets[name] = Asset(*name, content, int(now), now)
                return asset, "new"
            if not overwrite:
                return asset, "existing"
            asset.content.path.unlink(missing_ok=True)
            asset.content, asset.version = content, max(int(now), asset.version + 1)
            asset.stored += 1
            return asset, "overwritten"

    def remove(self, name: Name) -> bool:
        with self._lock:
            asset = self._assets.pop(name, None)
        if asset:
            asset.content.path.unlink(missing_ok=True)
        return asset is not None

    def rename(self, name: Name, to: Name, overwrite: bool) -> Asset:
        with self._lock:
            asset, other = self._assets.get(name), self._assets.get(to)
            if asset is None:
                raise not_found(name[2])
            if other is asset:
                return asset
            if other is not None and not overwrite:
                raise Refusal(400, f"to_public_id({to[2]}) already exists")
            del self._assets[name]
            self._assets[to] = asset
            _, asset.type, asset.public_id = to
        if other is not None:
            other.content.path.unlink(missing_ok=True)
        return asset

    def clear(self) -> None:
        for asset in self:
            self.remove(asset.name)
