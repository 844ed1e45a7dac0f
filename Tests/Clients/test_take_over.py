"""Several connections, and several people, at one upload: the newest of its owner's wins, and what arrived is kept."""

import threading
import time
from contextlib import contextmanager

import httpx
import pytest

from support.api import TIME, UUID7, Api, fetched
from support.recordings import encoded, unique_wav
from support.server import eventually
from support.uploads import (
    OFFSET_STREAM, UNKNOWN, UPLOADS, WHEN_DRAFT, WHEN_TUS, Draft, Tus, checksum, completed, digest, inside, is_read,
    location_of, notes_of, nothing_there, received, refused, sha256, shown, transfer,
)  # fmt: skip

WHEN = {Tus: WHEN_TUS, Draft: WHEN_DRAFT}
FIRST, MORE = 100_000, 400_000  # acknowledged; and sent by a connection that then says nothing more


@pytest.fixture(params=[Tus, Draft])
def client(request, owner):
    return request.param(owner)


def begin(client, data, first=FIRST):
    """An upload of which the first bytes are acknowledged."""
    if isinstance(client, Tus):
        return location_of(client.create(len(data), data[:first]))
    return client.begin(data[:first])


def append(client, location, offset, piece):
    """Sends a piece that is not the last."""
    return (client.patch if isinstance(client, Tus) else client.append)(location, offset, piece)


def finish(client, location, offset, data):
    """Sends the rest and checks the note."""
    if isinstance(client, Tus):
        return completed(client.api, client.patch(location, offset, data[offset:]), data)
    return received(client.api, client.append(location, offset, data[offset:], complete=True), data)


def hanging(server, client, location, data, sent, **headers):
    """A PATCH that promises all the rest, sends some of it, and waits."""
    headers = WHEN[type(client)] | {"Upload_Offset": str(FIRST), "Expect": "100-continue"} | headers
    connection = transfer(server, client.api, "PATCH", location, len(data) - FIRST, **headers)
    assert connection.read_head()[0] == 100  # it has begun, so it is the older one
    connection.send(data[FIRST : FIRST + sent])
    eventually(lambda: is_read(connection), what="reading what was sent")
    return connection


@contextmanager
def quickly():
    """What happens inside takes less than two seconds."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 2


def is_what_arrived(offset):
    """The server had read everything; what it had in hand when it was interrupted may be missing."""
    assert FIRST + MORE // 2 <= offset <= FIRST + MORE


@pytest.fixture(scope="module")
def long():
    """Forty seconds of speech, 640 kilobytes."""
    return unique_wav(40)


# One after the other


def test_a_head_ends_the_older_transfer_and_says_what_arrived(server, client, long):
    """A client that lost its network comes back before the server has noticed."""
    location = begin(client, long)
    with hanging(server, client, location, long, MORE) as older:
        with quickly():
            offset = client.offset(location)
        older.seconds_until_closed(limit=5)
        try:
            older.send(long[FIRST + MORE :])
        except OSError:
            pass
    is_what_arrived(offset)
    assert client.offset(location) == offset, "an older connection adds nothing any more"
    finish(client, location, offset, long)


def test_a_patch_ends_the_older_transfer_and_goes_on_where_it_was(server, client, long):
    location = begin(client, long)
    with hanging(server, client, location, long, 0) as older:
        with quickly():
            assert append(client, location, FIRST, long[FIRST:-1]).status_code == 204
        older.seconds_until_closed(limit=5)
    finish(client, location, len(long) - 1, long)


def test_a_patch_at_an_offset_that_the_older_transfer_has_passed_is_told_the_right_one(server, client, long):
    location = begin(client, long)
    with hanging(server, client, location, long, MORE) as older:
        with quickly():
            assert append(client, location, FIRST, long[FIRST:-1]).status_code == 409
        older.seconds_until_closed(limit=5)
    offset = client.offset(location)
    is_what_arrived(offset)
    finish(client, location, offset, long)


def test_a_delete_ends_the_older_transfer_and_the_upload(server, client, long):
    location = begin(client, long)
    with hanging(server, client, location, long, MORE) as older:
        with quickly():
            assert client.delete(location).status_code == 204
        older.seconds_until_closed(limit=5)
    nothing_there(client.head(location), 410)
    name = location.rsplit("/", 1)[1]
    eventually(lambda: not [path for path in server.incoming() if name in str(path)], what="removing what was sent")


def test_a_head_ends_the_older_creation_too(server, owner, long):
    headers = {"Upload_Draft_Interop_Version": "8", "Upload_Complete": "?1", "Content_Type": "audio/wav"}
    draft = Draft(owner, 8)
    with transfer(server, owner, "POST", UPLOADS, len(long), **headers) as older:
        location = older.read_head()[1]["location"]
        older.send(long[: FIRST + MORE])
        eventually(lambda: is_read(older), what="reading what was sent")
        with quickly():
            offset = draft.offset(location)
        older.seconds_until_closed(limit=5)
    is_what_arrived(offset)
    finish(draft, location, offset, long)


def test_a_transfer_with_a_checksum_that_is_ended_leaves_nothing(server, owner, long):
    """Half a piece cannot be checked, so none of it may count."""
    tus = Tus(owner)
    location, promised = begin(tus, long), checksum("sha1", long[FIRST:])
    with hanging(server, tus, location, long, MORE, Upload_Checksum=promised) as older:
        assert tus.offset(location) == FIRST
        older.seconds_until_closed(limit=5)
    assert tus.patch(location, FIRST, long[FIRST:], Upload_Checksum=promised).status_code == 204


@pytest.mark.parametrize("promised", [None, "sha1"])
def test_what_a_broken_connection_brought_is_kept_unless_it_cannot_be_checked(server, owner, promised):
    tus, data = Tus(owner), unique_wav(20)
    location = begin(tus, data)
    promised = promised and checksum(promised, data[FIRST:])
    with hanging(server, tus, location, data, 50_000, Upload_Checksum=promised):
        pass  # closed in the middle of the body
    if not promised:
        eventually(lambda: shown(owner, location)["offset"] == FIRST + 50_000, what="keeping what arrived")
    offset = tus.offset(location)
    assert offset == (FIRST if promised else FIRST + 50_000)
    finish(tus, location, offset, data)


def test_clients_that_fight_over_one_upload_finish_it_once(server, owner):
    data, deadline = unique_wav(60), time.monotonic() + 60
    location, failures = Draft(owner).begin(), []

    def fight():
        with Api(server.url, owner.headers["authorization"].removeprefix("Bearer ")) as mine:
            draft = Draft(mine)
            while time.monotonic() < deadline:
                try:
                    head = draft.head(location)
                    if draft.is_complete(head):
                        return
                    offset = int(head.headers["upload-offset"])
                    draft.append(location, offset, data[offset : offset + 200_000], offset + 200_000 >= len(data))
                except httpx.TransportError:
                    pass  # another was newer
            failures.append("never finished")

    threads = [threading.Thread(target=fight) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    received(owner, Draft(owner).append(location, len(data), complete=True), data)
    assert len(notes_of(owner, data)) == 1


# Looking on


def test_looking_does_not_disturb(server, client, long):
    """The state, the list and the audio may be read while the recording still arrives."""
    location = begin(client, long)
    with hanging(server, client, location, long, MORE) as older:
        upload = shown(client.api, location)
        assert FIRST <= upload["offset"] <= FIRST + MORE and upload["state"] == "open"
        assert upload["id"] in [item["id"] for item in fetched(client.api.get("/uploads"))["items"]]
        heard = client.api.get(inside(location) + "/audio")
        assert heard.status_code == 200 and "no-store" in heard.headers["cache-control"]
        assert len(heard.content) >= FIRST and long.startswith(heard.content)
        some = client.api.get(inside(location) + "/audio", headers={"Range": "bytes=10-19"})
        assert (some.status_code, some.content) == (206, long[10:20])
        older.send(long[FIRST + MORE :])
        assert older.read_response()[0] == 204
    assert client.offset(location) == len(long)


def test_an_upload_is_shown_with_all_that_is_known_of_it(owner):
    data = encoded("webm")
    query = "?fileName=a.webm&title=Live&live=1"
    draft = Draft(owner)
    location = draft.begin(data[:10], to=UPLOADS + query, Content_Type="audio/webm", Repr_Digest=digest(data))
    upload = shown(owner, location)
    assert location == f"{UPLOADS}/{upload['id']}" and UUID7.fullmatch(upload["id"])
    assert TIME.fullmatch(upload.pop("createdAt")) and TIME.fullmatch(upload.pop("updatedAt"))
    assert upload.pop("expiresAt") is None, "a live upload is completed, not deleted"
    assert upload == {
        "id": upload["id"], "state": "open", "live": True, "offset": 10, "length": None, "title": "Live",
        "fileName": "a.webm", "mimeType": "audio/webm", "sha256": sha256(data), "noteId": None, "receipt": None,
    }  # fmt: skip
    announced = {item["id"] for item in fetched(owner.get("/uploads", params={"sha256": sha256(data)}))["items"]}
    assert upload["id"] in announced
    newer = draft.begin(b"x").rsplit("/", 1)[1]
    listed = [item["id"] for item in fetched(owner.get("/uploads"))["items"]]
    assert listed.index(newer) < listed.index(upload["id"]) and newer not in announced
    draft.delete(location)


def test_an_upload_of_one_protocol_may_be_finished_in_the_other(owner):
    tus, draft, data = Tus(owner), Draft(owner), unique_wav()
    for first, second in ((tus, draft), (draft, tus)):
        location = begin(first, data, first=1000)
        assert first.offset(location) == second.offset(location) == 1000
        if second is draft:
            finish(draft, location, 1000, data)
        else:
            assert tus.head(location).headers["upload-defer-length"] == "1"
            response = tus.patch(location, 1000, data[1000:], Upload_Length=str(len(data)))
            completed(owner, response, data)


# Who may touch it


@pytest.mark.parametrize("unknown", [UNKNOWN, f"{UPLOADS}/abc", f"{UPLOADS}/%00", f"{UPLOADS}/{'0' * 2000}"])
def test_an_unknown_upload_is_404_and_has_no_offset(owner, unknown):
    for headers in ({"Tus-Resumable": "1.0.0", "Content-Type": OFFSET_STREAM}, {"Upload-Complete": "?0"}):
        for method in ("HEAD", "PATCH", "DELETE", "GET"):
            response = owner.request(method, inside(unknown), headers=headers | {"Upload-Offset": "0"})
            nothing_there(response, 404)


def test_anothers_upload_is_an_unknown_one(stranger, client):
    data = unique_wav(0.2)
    location, theirs = begin(client, data, first=10), type(client)(stranger)
    for response in (theirs.head(location), append(theirs, location, 10, data[10:]), theirs.delete(location)):
        nothing_there(response, 404)
    for path in (inside(location), inside(location) + "/audio"):
        nothing_there(stranger.get(path), 404)
    assert location.rsplit("/", 1)[1] not in stranger.get("/uploads").text
    finish(client, location, 10, data)


@pytest.mark.parametrize("scopes, status", [(None, 401), (["read"], 403)])
def test_who_may_not_write_changes_no_upload(server, owner, client, scopes, status):
    data = unique_wav(0.2)
    location = begin(client, data, first=10)
    headers = {name.replace("_", "-"): value for name, value in WHEN[type(client)].items()} | {"Upload-Offset": "10"}
    with Api(server.url, scopes and owner.make_token(*scopes)["token"]) as visitor:
        for method, path in (("POST", UPLOADS), ("PATCH", location), ("DELETE", location)):
            refused(visitor.request(method, inside(path), content=b"more", headers=headers), status)
    finish(client, location, 10, data)
