"""The two protocols of resumable uploads, thin over httpx: tus 1.0, and the IETF draft with its older versions."""

import base64
import hashlib
import re
from pathlib import Path

from .api import BASE, UUID7, created, fetched
from .wire import Connection

UPLOADS = f"{BASE}/uploads"
UNKNOWN = f"{UPLOADS}/0190a0a0-0000-7000-8000-000000000000"
OFFSET_STREAM = "application/offset+octet-stream"
PARTIAL_UPLOAD = "application/partial-upload"
PROBLEM_TYPES = "https://iana.org/assignments/http-problem-types#"
WHEN_TUS = {"Tus_Resumable": "1.0.0", "Content_Type": OFFSET_STREAM}
WHEN_DRAFT = {"Upload_Complete": "?0", "Content_Type": PARTIAL_UPLOAD}


# Digests


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def base64_text(data):
    return base64.b64encode(data).decode()


def digest(data):
    """A value of Repr-Digest or Content-Digest."""
    return f"sha-256=:{base64_text(hashlib.sha256(data).digest())}:"


def _crc32c_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


_CRC32C = tuple(_crc32c_table())


def crc32c(data):
    """Castagnoli's, as in iSCSI: four bytes, the highest first."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _CRC32C[(value ^ byte) & 0xFF] ^ value >> 8
    return (value ^ 0xFFFFFFFF).to_bytes(4, "big")


assert crc32c(b"123456789").hex() == "e3069283"  # the check value of the catalogues of CRCs


def checksum(algorithm, data):
    """A value of Upload-Checksum."""
    found = crc32c(data) if algorithm == "crc32c" else hashlib.new(algorithm, data).digest()
    return f"{algorithm} {base64_text(found)}"


# Requests


def fields(**headers):
    """Headers are named with underscores; one that is None is left out, one that is a list is sent as several lines."""
    lines = []
    for name, value in headers.items():
        for line in value if isinstance(value, list) else [] if value is None else [value]:
            lines.append((name.replace("_", "-"), line))
    return lines


def inside(location):
    """The path that an `Api` asks for, of an address as it stands in an answer."""
    return location.split(BASE, 1)[1]


def location_of(response):
    """The address of a new upload."""
    assert response.status_code == 201, f"{response.status_code} {response.text[:500]}"
    location = response.headers["location"]
    assert location.startswith(f"{UPLOADS}/") and UUID7.fullmatch(location.rsplit("/", 1)[1]), location
    return location


def metadata(**values):
    """A value of Upload-Metadata; of strings or bytes."""
    pairs = ((key, value.encode() if isinstance(value, str) else value) for key, value in values.items())
    return ",".join(f"{key} {base64_text(value)}" for key, value in pairs)


class Tus:
    """Speaks tus 1.0 for one account. Every answer to it must say the version."""

    def __init__(self, api):
        self.api = api

    def send(self, method, location, data=None, **headers):
        headers = {"Tus_Resumable": "1.0.0"} | headers
        response = self.api.request(method, inside(location), content=data, headers=fields(**headers))
        if headers["Tus_Resumable"] == "1.0.0":
            assert response.headers.get("tus-resumable") == "1.0.0", f"{method} {response.status_code} says no version"
        return response

    def create(self, length=None, data=None, **headers):
        kind = OFFSET_STREAM if data is not None else None
        length = None if length is None else str(length)
        return self.send("POST", UPLOADS, data, **{"Upload_Length": length, "Content_Type": kind} | headers)

    def begin(self, length=None, **headers):
        """A new upload's address."""
        return location_of(self.create(length, **headers))

    def head(self, location, **headers):
        return self.send("HEAD", location, **headers)

    def offset(self, location):
        response = self.head(location)
        assert response.status_code in (200, 204), response.status_code
        return int(response.headers["upload-offset"])

    def patch(self, location, offset, data=b"", **headers):
        headers = {"Upload_Offset": str(offset), "Content_Type": OFFSET_STREAM} | headers
        return self.send("PATCH", location, data, **headers)

    def delete(self, location, **headers):
        return self.send("DELETE", location, **headers)


class Draft:
    """Speaks the IETF draft for one account. `interop` is what the client announces; None announces nothing."""

    def __init__(self, api, interop=None):
        self.api, self.interop = api, interop

    def complete(self, flag):
        """The header that says whether more will follow, by the name that this version has for it."""
        if self.interop == 3:
            return {"Upload_Incomplete": "?0" if flag else "?1"}
        return {"Upload_Complete": "?1" if flag else "?0"}

    def is_complete(self, response):
        """What an answer says of that; it must say it by the right name only."""
        right, wrong = ("upload-incomplete", "upload-complete")[:: 1 if self.interop == 3 else -1]
        assert wrong not in response.headers
        return {"?1": self.interop != 3, "?0": self.interop == 3}[response.headers[right]]

    def send(self, method, location, data=None, **headers):
        headers = {"Upload_Draft_Interop_Version": self.interop and str(self.interop)} | headers
        return self.api.request(method, inside(location), content=data, headers=fields(**headers))

    def create(self, data=b"", complete=False, to=UPLOADS, **headers):
        return self.send("POST", to, data, **{"Content_Type": "audio/wav"} | self.complete(complete) | headers)

    def begin(self, data=b"", **options):
        """A new upload's address."""
        return location_of(self.create(data, **options))

    def head(self, location, **headers):
        return self.send("HEAD", location, **headers)

    def offset(self, location):
        response = self.head(location)
        assert response.status_code in (200, 204), response.status_code
        return int(response.headers["upload-offset"])

    def append(self, location, offset, data=b"", complete=False, **headers):
        kind = PARTIAL_UPLOAD if (self.interop or 8) >= 6 else None
        headers = {"Upload_Offset": str(offset), "Content_Type": kind} | self.complete(complete) | headers
        return self.send("PATCH", location, data, **headers)

    def delete(self, location, **headers):
        return self.send("DELETE", location, **headers)


# Answers


def refused(response, status, code=None, kind=None):
    """An error as the API knows it; here it may say more than usual, and what kind of problem it is."""
    wanted = status if isinstance(status, (tuple, list)) else (status,)
    assert response.status_code in wanted, f"{response.status_code} {response.text[:500]}"
    assert response.headers["content-type"].split(";")[0] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "detail", "code", "requestId"} <= set(body)
    assert (body["status"], body["requestId"]) == (response.status_code, response.headers["x-request-id"])
    assert body["type"] == (PROBLEM_TYPES + kind if kind else "about:blank")
    assert body["detail"] and (code is None or body["code"] == code), body
    return body


def nothing_there(response, *statuses):
    """There is no upload at this address: no answer to that may name an offset."""
    assert response.status_code in statuses, f"{response.status_code} {response.text[:500]}"
    assert "upload-offset" not in response.headers


def limits(response):
    """The dictionary in Upload-Limit (RFC 9651), all of whose values are integers."""
    found = re.fullmatch(r"[a-z-]+=\d{1,15}(?:, *[a-z-]+=\d{1,15})*", response.headers["upload-limit"])
    assert found, response.headers["upload-limit"]
    return {key: int(value) for key, value in (pair.strip().split("=") for pair in found[0].split(","))}


def shown(api, location):
    """The upload as JSON."""
    return fetched(api.get(inside(location)))


def notes_of(api, data):
    """The notes whose source has exactly these bytes."""
    return api.all_notes(sha256=sha256(data))


def kept(api, note, data):
    """Checks that a note is there, with the bytes that were sent, and returns it."""
    note = api.note(note["id"])
    assert (note["recording"]["sha256"], note["recording"]["size"]) == (sha256(data), len(data))
    assert api.audio(note["id"], rendition="source").content == data
    return note


def completed(api, response, data, status=204):
    """Checks the answer to tus that completes an upload, and returns the note."""
    assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
    assert response.headers["repr-digest"] == digest(data)
    address = response.headers["content-location"]
    assert address.startswith(f"{BASE}/notes/")
    return kept(api, {"id": address.rsplit("/", 1)[1]}, data)


def received(api, response, data, by=None):
    """Checks the final answer of the draft, which is that of `POST /notes`, and returns the note."""
    answer = created(response)
    assert set(answer) == {"note", "receipt"}
    assert answer["receipt"] == {"sha256": sha256(data), "size": len(data)}
    assert response.headers["location"] == f"{BASE}/notes/{answer['note']['id']}"
    assert (by or Draft(api)).is_complete(response)
    return kept(api, answer["note"], data)


# Transfers that take their time


def transfer(server, api, method, location, size, **headers):
    """A connection on which the head of a request was sent, and the body is up to the test."""
    connection = Connection(server)
    headers = {name: value for name, value in headers.items() if value is not None}
    token = api.headers["authorization"]
    connection.send_request(method, location, Content_Length=str(size), Authorization=token, **headers)
    return connection


def is_read(connection):
    """Whether the server has read all that was sent: both kernels' queues are empty."""
    ours, theirs = connection.socket.getsockname()[1], connection.socket.getpeername()[1]
    waiting = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        unsent, unread = (int(size, 16) for size in queues.split(":"))
        waiting[int(local.split(":")[1], 16), int(remote.split(":")[1], 16)] = unsent, unread
    return waiting[ours, theirs][0] == 0 and waiting[theirs, ours][1] == 0
