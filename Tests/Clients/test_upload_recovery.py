"""An acknowledged byte is never lost: the server is killed in the middle of uploads, and its clients go on."""

import random
import signal
import threading
import time

import httpx
import pytest

from support.api import Api, account, created, fetched
from support.recordings import unique_wav
from support.server import eventually
from support.uploads import (
    UPLOADS, WHEN_DRAFT, WHEN_TUS, Draft, Tus, digest, inside, is_read, kept, location_of, notes_of, sha256,
    shown, transfer,
)  # fmt: skip

PIECE = 20_000


def again(server, client):
    """The same account, on connections that the server has not forgotten."""
    return Api(server.url, client.headers["authorization"].removeprefix("Bearer "))


def is_tidy(server, client):
    """Nothing is kept that nobody can reach, and nothing is missing: each file is an open upload's or a note's."""

    def strays():
        recordings = [client.settled(note["id"])["recording"] for note in client.all_notes(limit=500)]
        wanted = {recording["sha256"] for recording in recordings}
        wanted |= {rendition["sha256"] for recording in recordings for rendition in recording["renditions"]}
        open_ones = [item["id"] for item in fetched(client.get("/uploads"))["items"]]
        strays = [str(path) for path in server.incoming() if not any(name in str(path) for name in open_ones)]
        return strays + sorted(wanted ^ set(server.blobs()))

    eventually(lambda: strays() == [], seconds=20, what="clearing up")
    assert all(sha256(path.read_bytes()) == name for name, path in server.blobs().items())


class TusClient:
    """Uploads in pieces by tus. After any trouble it does what the protocol says: ask for the offset, go on."""

    def __init__(self, data):
        self.data, self.location, self.acknowledged = data, None, 0

    def run(self, api):
        tus = Tus(api)
        if self.location is None:
            self.location = location_of(tus.create(len(self.data)))
        offset = tus.offset(self.location)
        assert self.acknowledged <= offset <= len(self.data)
        while offset < len(self.data):
            response = tus.patch(self.location, offset, self.data[offset : offset + PIECE])
            assert response.status_code == 204, response.text
            offset = self.acknowledged = int(response.headers["upload-offset"])


class DraftClient:
    """The same by the IETF draft: the end is an empty piece that says so, and may be said again."""

    def __init__(self, data):
        self.data, self.location, self.acknowledged, self.note = data, None, 0, None

    def run(self, api):
        draft = Draft(api)
        if self.location is None:
            self.location = draft.begin()
        offset = draft.offset(self.location)
        assert self.acknowledged <= offset <= len(self.data)
        while offset < len(self.data):
            response = draft.append(self.location, offset, self.data[offset : offset + PIECE])
            assert response.status_code == 204, response.text
            offset = self.acknowledged = int(response.headers["upload-offset"])
        self.note = created(draft.append(self.location, offset, complete=True))["note"]


class WholeClient:
    """All in one request. What it announced, the digest, is what it finds the rest by."""

    def __init__(self, data):
        self.data = data

    def run(self, api):
        draft = Draft(api, interop=8)
        if notes_of(api, self.data):
            return
        found = fetched(api.get("/uploads", params={"sha256": sha256(self.data)}))["items"]
        if found:
            location = f"{UPLOADS}/{found[0]['id']}"
            offset = draft.offset(location)
            created(draft.append(location, offset, self.data[offset:], complete=True))
        else:
            created(draft.create(self.data, complete=True, Repr_Digest=digest(self.data)))


class NotesClient(WholeClient):
    """`POST /notes` cannot be resumed: it looks whether the note is there, and sends all of it again if not."""

    def run(self, api):
        if not notes_of(api, self.data):
            created(api.upload_raw(self.data))


class AloneClient(NotesClient):
    """The same when the journal is there: the first recording that comes alone has it made."""

    def __init__(self, data):
        super().__init__(data)
        self.is_first = True

    def run(self, api):
        if self.is_first:
            self.is_first = False
            before = created(api.upload_raw(unique_wav(1)))["note"]["id"]
            time.sleep(1)
            assert api.delete(f"/notes/{before}").status_code == 204
            assert api.delete(f"/notes/{before}", params={"permanent": "true"}).status_code == 204
        super().run(api)


APPENDING = ("append.written", "append.synced", "append.recorded")
COMPLETING = ("complete.begun", "complete.linked", "complete.synced", "complete.recorded")
POINTS = [
    *((client, point) for client in (TusClient, DraftClient)
      for point in ("upload.created", *APPENDING, *(f"{name}:2" for name in APPENDING), *COMPLETING)),
    *((WholeClient, point) for point in ("upload.created", *COMPLETING)),
    *((NotesClient, f"note.{step}") for step in ("written", "linked", "synced", "recorded")),
    *((AloneClient, f"note.{step}") for step in ("filed", "journaled", "recorded:2")),
]  # fmt: skip


def named(points):
    return {"argnames": "kind, point", "argvalues": points, "ids": [f"{kind.__name__}-{at}" for kind, at in points]}


def killed_at(point, start_server, email, uploading, **settings):
    """A debug build kills itself at the point. Returns the server, running again, and the account."""
    server = start_server(VOICENOTE_FAILURE_POINT=point, **settings)
    with account(server, email) as client:
        with pytest.raises(httpx.TransportError):
            uploading.run(client)
        assert server.process.wait(30) == -signal.SIGKILL
        server.kill()
    del server.settings["VOICENOTE_FAILURE_POINT"]
    return server.start(), again(server, client)


@pytest.mark.parametrize(**named(POINTS))
def test_wherever_the_server_dies_there_is_one_note_in_the_end(start_server, email, kind, point):
    """The client goes on after the restart, as its protocol lets it."""
    uploading = kind(unique_wav(3))
    server, client = killed_at(point, start_server, email, uploading)
    with client:
        uploading.run(client)
        eventually(lambda: notes_of(client, uploading.data), what="the note")
        is_tidy(server, client)
        (note,) = client.all_notes()
        kept(client, note, uploading.data)
        assert note["state"] == "ready" and note["recording"]["recovered"] is False


LEFT = [
    *((client, point) for client in (TusClient, DraftClient) for point in ("append.synced", *COMPLETING)),
    *((client, point) for client, point in POINTS if point.startswith("note.")),
]


@pytest.mark.parametrize(**named(LEFT))
def test_what_nobody_comes_back_for_is_cleared_up_and_never_half_a_note(start_server, email, kind, point):
    uploading, soon = kind(unique_wav(3)), {"VOICENOTE_UPLOADS_EXPIRY_SECONDS": "3"}
    server, client = killed_at(point, start_server, email, uploading, **soon)
    with client:
        eventually(lambda: fetched(client.get("/uploads"))["items"] == [], seconds=20, what="forgetting the upload")
        is_tidy(server, client)
        notes = client.all_notes()
        assert len(notes) == 1 if ".recorded" in point or point == "note.journaled" else len(notes) <= 1
        for note in notes:
            kept(client, note, uploading.data)


@pytest.mark.parametrize("kind", [TusClient, DraftClient])
def test_a_server_killed_in_the_middle_of_a_piece_has_what_it_acknowledged(start_server, email, kind):
    server = start_server()
    uploading = kind(unique_wav(10))
    data, when = uploading.data, WHEN_TUS if kind is TusClient else WHEN_DRAFT
    with account(server, email) as client:
        if kind is TusClient:
            uploading.location = location_of(Tus(client).create(len(data), data[:PIECE]))
        else:
            uploading.location = Draft(client).begin(data[:PIECE])
        uploading.acknowledged = PIECE
        rest, headers = data[PIECE:], when | {"Upload_Offset": str(PIECE)}
        with transfer(server, client, "PATCH", uploading.location, len(rest), **headers) as connection:
            connection.send(rest[:-1000])
            eventually(lambda: is_read(connection), what="reading what was sent")
            server.kill()
    server.start()
    with again(server, client) as client:
        heard = client.get(inside(uploading.location) + "/audio").content
        assert len(heard) >= PIECE and data.startswith(heard), "what is there is what was sent, to the last byte"
        uploading.run(client)
        eventually(lambda: notes_of(client, data), what="the note")
        kept(client, notes_of(client, data)[0], data)
        is_tidy(server, client)


def test_a_server_that_is_told_to_stop_keeps_what_arrived(start_server, email):
    server = start_server()
    tus = TusClient(unique_wav(10))
    data = tus.data
    with account(server, email) as client:
        tus.location = Tus(client).begin(len(data))
        with transfer(server, client, "PATCH", tus.location, len(data), Upload_Offset="0", **WHEN_TUS) as connection:
            connection.send(data[:100_000])
            eventually(lambda: is_read(connection), what="reading what was sent")
            server.stop()
    server.start()
    with again(server, client) as client:
        assert 50_000 <= Tus(client).offset(tus.location) <= 100_000
        tus.run(client)
        kept(client, notes_of(client, data)[0], data)


@pytest.mark.parametrize("moment", range(2))
def test_many_uploads_at_once_survive_several_kills(start_server, email, moment):
    """Twelve clients of four kinds, three kills: every client ends with its note, and nothing is left over."""
    server = start_server()
    clients = [kind(unique_wav(20)) for kind in (TusClient, DraftClient, WholeClient, NotesClient) * 3]
    with account(server, email) as client:
        pass

    def run(uploading, failures):
        try:
            with again(server, client) as mine:
                uploading.run(mine)
        except httpx.TransportError:
            pass  # the server was killed
        except Exception as error:
            failures.append(f"{type(uploading).__name__}: {error!r}")

    def progress():
        return sum(getattr(each, "acknowledged", 0) // PIECE for each in clients)

    def alive(threads):
        return any(thread.is_alive() for thread in threads)

    for attempt in range(4):
        failures = []
        threads = [threading.Thread(target=run, args=(uploading, failures)) for uploading in clients]
        for thread in threads:
            thread.start()
        if attempt < 3:
            pieces = progress() + random.randrange(1, 30)
            eventually(lambda: progress() >= pieces or not alive(threads), seconds=60, what="progress")
            server.kill()
        for thread in threads:
            thread.join(60)
        assert failures == []
        if attempt < 3:
            server.start()
    with again(server, client) as client:
        for uploading in clients:
            eventually(lambda: notes_of(client, uploading.data), what="the note")
            (note,) = notes_of(client, uploading.data)
            kept(client, note, uploading.data)
            if isinstance(uploading, (TusClient, DraftClient)):
                assert shown(client, uploading.location)["noteId"] == note["id"]
        is_tidy(server, client)
        assert len(client.all_notes(limit=500)) == len(clients)
