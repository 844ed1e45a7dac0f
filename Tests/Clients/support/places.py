"""Places that a server is given as stores: their settings, and a look into them that does not go through the server.

A place is named by its kind unless it is given another name. Its blobs are named by their SHA-256."""

import hashlib
import json
import re
from pathlib import Path

from botocore.exceptions import ClientError

MARKER = "voicenote-store.json"


def variable(name):
    """`stores.s3.accessKey` is VOICENOTE_STORES_S3_ACCESS_KEY in the environment."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace(".", "_"))
    return f"VOICENOTE_{words.upper()}"


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def flipped(data):
    """The same but for one bit in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Place:
    """`keys` are more of the store's settings, as they are called in voicenote.yaml."""

    kind = None

    def __init__(self, name=None, **keys):
        self.name = name or self.kind
        self.keys = keys

    @property
    def settings(self):
        """As variables of the environment."""
        kind = {} if self.name == self.kind else {"kind": self.kind}
        values = kind | self.own_keys() | self.keys
        return {variable(f"stores.{self.name}.{key}"): text(value) for key, value in values.items()}

    def has(self, blob):
        """Whether it is there as a whole and right."""
        try:
            return blob in self.kept() and sha256(self.read(blob)) == blob
        except ClientError:
            # It went between the two questions.
            return False


class Bucket(Place):
    """A new bucket of an S3 engine. `through` is a proxy in front of the engine, for the server only."""

    kind = "s3"

    def __init__(self, engine, name=None, through=None, prefix="", bucket=None, **keys):
        super().__init__(name, **keys)
        self.engine, self.client, self.prefix = engine, engine.client, prefix
        self.endpoint = through.url if through else engine.endpoint
        self.bucket = bucket or engine.bucket()
        self._taken = {}

    def own_keys(self):
        names = {"endpoint": self.endpoint, "bucket": self.bucket, "prefix": self.prefix}
        return names | {"accessKey": self.engine.key, "secretKey": self.engine.secret}

    def key(self, blob):
        return f"{self.prefix}blobs/{blob[:2]}/{blob}"

    @property
    def marker_key(self):
        return f"{self.prefix}{MARKER}"

    def objects(self):
        """Key to ETag, of all that is in the bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        entries = [entry for page in pages for entry in page.get("Contents", [])]
        return {entry["Key"]: entry["ETag"].strip('"') for entry in entries}

    def kept(self):
        ends = {key[-64:]: key for key in self.objects()}
        return {blob for blob, key in ends.items() if key == self.key(blob)}

    def strange(self):
        """Keys that belong neither to a blob nor to the marker."""
        return sorted(set(self.objects()) - {self.key(blob) for blob in self.kept()} - {self.marker_key})

    def has_marker(self):
        return self.marker_key in self.objects()

    def marker(self):
        return json.loads(self.get(self.marker_key)["Body"].read())

    def get(self, key):
        return self.client.get_object(Bucket=self.bucket, Key=key)

    def head(self, blob):
        return self.client.head_object(Bucket=self.bucket, Key=self.key(blob))

    def read(self, blob):
        return self.get(self.key(blob))["Body"].read()

    def put(self, blob, data, **options):
        """These bytes lie under the blob's key, whoever they are."""
        options = {"ContentType": "audio/wav", "Metadata": {"sha256": blob}} | options
        self.client.put_object(Bucket=self.bucket, Key=self.key(blob), Body=data, **options)

    def spoil(self, blob):
        """One bit of it is another, and the store tells the digest of what it has."""
        self.put(blob, flipped(self.read(blob)))

    def lose(self, blob):
        self.client.delete_object(Bucket=self.bucket, Key=self.key(blob))

    def vanish(self):
        """Somebody empties the bucket."""
        for key in self.objects():
            self._taken[key] = self.get(key)
            self._taken[key]["Body"] = self._taken[key]["Body"].read()
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def reappear(self):
        """What was there before is there again. Returns what came meanwhile."""
        strangers = sorted(self.objects())
        for key, was in self._taken.items():
            kept = {name: was[name] for name in ("Body", "ContentType", "Metadata")}
            self.client.put_object(Bucket=self.bucket, Key=key, **kept)
        self._taken = {}
        return strangers

    def unfinished(self):
        """(key, id) of multipart uploads that were neither completed nor aborted."""
        listed = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [(entry["Key"], entry["UploadId"]) for entry in listed]


class Cloud(Place):
    """The folder of an emulated Cloudinary."""

    kind = "cloudinary"

    def __init__(self, service, name=None, folder="voicenote", **keys):
        super().__init__(name, **keys)
        self.service, self.folder = service, folder
        self._taken = {}

    def own_keys(self):
        account = self.service.account
        names = {"cloudName": account.cloud, "apiKey": account.key, "apiSecret": account.secret}
        folder = {} if self.folder == "voicenote" else {"folder": self.folder}
        return names | {"uploadPrefix": self.service.url, "delivery": self.service.url} | folder

    def asset(self, blob, resource_type="video"):
        return self.service.asset(f"{self.folder}/{blob}", resource_type)

    def _found(self, blob):
        return self.asset(blob) or self.asset(blob, "raw")

    def kept(self):
        ends = {asset.public_id[-64:]: asset.public_id for asset in self.service.library}
        return {blob for blob, name in ends.items() if name == f"{self.folder}/{blob}"}

    def has_marker(self):
        return self.asset(MARKER, "raw") is not None

    def read(self, blob):
        return self._found(blob).read()

    def spoil(self, blob):
        """One bit of it is another, and the store tells the digest of what it has."""
        content = self._found(blob).content
        data = flipped(content.path.read_bytes())
        content.path.write_bytes(data)
        content.md5 = hashlib.md5(data).hexdigest()

    def rot(self, blob):
        """One bit of it is another, and the store does not know."""
        self.service.damage(self._found(blob))

    def lose(self, blob):
        self.service.library.remove(self._found(blob).name)

    def vanish(self):
        """The account is another one, or an empty one."""
        self._taken, self.service.library._assets = self.service.library._assets, {}

    def reappear(self):
        strangers = sorted(asset.public_id for asset in self.service.library)
        self.service.library._assets = self._taken
        return strangers


class Disk(Place):
    """A folder, such as a disk is mounted at."""

    kind = "folder"

    def __init__(self, path, name="disk", **keys):
        super().__init__(name, **keys)
        self.path = Path(path)
        self.path.mkdir(exist_ok=True)
        self.away = self.path.with_name(f"{self.path.name}.away")

    def own_keys(self):
        return {"path": self.path}

    def file(self, blob):
        return self.path / "blobs" / blob[:2] / blob

    def files(self):
        """Every file below it, as a path relative to it."""
        return {str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file()}

    def kept(self):
        return {name[-64:] for name in self.files() if name == f"blobs/{name[-64:-62]}/{name[-64:]}"}

    def strange(self):
        """Files that belong neither to a blob nor to the marker."""
        return sorted(self.files() - {f"blobs/{blob[:2]}/{blob}" for blob in self.kept()} - {MARKER})

    def has_marker(self):
        return (self.path / MARKER).is_file()

    def read(self, blob):
        return self.file(blob).read_bytes()

    def rot(self, blob):
        spoil_file(self.file(blob))

    spoil = rot

    def lose(self, blob):
        self.file(blob).unlink()

    def vanish(self):
        """The disk is not mounted: its mount point is an empty folder."""
        self.path.rename(self.away)
        self.path.mkdir()

    def reappear(self):
        strangers = sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*"))
        self.path.rename(self.path.with_name(f"{self.path.name}.meanwhile"))
        self.away.rename(self.path)
        return strangers


def spoil_file(path):
    """One bit of the file is another; its length is the same."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


KINDS = ("s3", "cloudinary", "folder")


def place_of(kind, request, **keys):
    """A place of the kind, for a test that `request` belongs to."""
    match kind:
        case "s3":
            return Bucket(request.getfixturevalue("s3"), **keys)
        case "cloudinary":
            return Cloud(request.getfixturevalue("cloudinary"), **keys)
        case "folder":
            return Disk(request.getfixturevalue("tmp_path") / "disk", **keys)
