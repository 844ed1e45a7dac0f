"""Events: what happens is told while it happens, to whom it concerns and to nobody else."""

import time

import pytest

from support.api import account, done, fetched
from support.events import Events
from support.recordings import speech, unique_wav, wav
from support.server import eventually
from support.wire import Connection


@pytest.fixture
def events(server, owner):
    with Events(server.url, owner.headers["authorization"]) as events:
        yield events


def about(note, **wanted):
    def fits(name, data):
        if name != "note" or data["note"]["id"] != note["id"]:
            return False
        return all(data["note"][key] == value for key, value in wanted.items())

    return fits


def test_the_stream_is_one_that_a_browser_understands(events):
    assert events.status == 200
    assert events.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in events.headers["cache-control"] or "no-store" in events.headers["cache-control"]


def test_the_life_of_a_note_is_told(owner, events):
    note = owner.add(unique_wav())
    first = events.next(lambda name, data: name == "note" and data["note"]["id"] == note["id"])
    assert first["note"]["recording"]["sha256"] == note["recording"]["sha256"]
    if first["note"]["state"] != "ready":
        events.next(about(note, state="ready"))
    fetched(owner.patch(f"/notes/{note['id']}", json={"title": "Told"}))
    whole = owner.note(note["id"])
    # Where the copies are is asked for.
    assert whole["recording"].pop("replicas")
    assert events.next(about(note, title="Told"), seconds=5)["note"] == whole
    done(owner.delete(f"/notes/{note['id']}"))
    trashed = events.next(lambda name, data: about(note)(name, data) and data["note"]["trashedAt"], seconds=5)
    assert trashed["note"]["trashedAt"]
    fetched(owner.post(f"/notes/{note['id']}/restore"))
    events.next(about(note, trashedAt=None), seconds=5)
    done(owner.delete(f"/notes/{note['id']}"))
    done(owner.delete(f"/notes/{note['id']}", params={"permanent": "true"}))
    gone = events.next(lambda name, data: name == "removed", seconds=5)
    assert gone == {"noteId": note["id"]}


def test_a_failure_is_told_with_its_reason(owner, events):
    note = owner.add(b"this is no audio at all", file_name="x.mp3")
    assert events.next(about(note, state="failed"))["note"]["reason"]


def test_progress_is_told_and_only_grows(owner, events):
    note = owner.add(wav(speech(600)))
    seen = []
    while True:
        name, data = events.arrived.get(timeout=60)
        if name == "progress" and data["noteId"] == note["id"]:
            assert set(data) == {"noteId", "stage", "progress"} and data["stage"] == "processing"
            seen.append(data["progress"])
        elif name == "note" and data["note"]["id"] == note["id"] and data["note"]["state"] == "ready":
            break
    assert len(seen) >= 3 and seen == sorted(seen)
    assert all(0 <= value <= 1 for value in seen)


def test_nobody_hears_of_anothers_notes(server, owner, stranger, spoken):
    with Events(server.url, stranger.headers["authorization"]) as elsewhere:
        note = owner.ready(owner.add(unique_wav(0.2))["id"])
        fetched(owner.patch(f"/notes/{note['id']}", json={"title": "Private"}))
        elsewhere.none()


def test_a_quiet_stream_shows_that_it_is_alive(server, stranger):
    with Events(server.url, stranger.headers["authorization"]) as quiet:
        eventually(lambda: quiet.comments, seconds=20, what="a comment line")


def test_two_pages_of_one_person_hear_the_same(server, owner, events):
    with Events(server.url, owner.headers["authorization"]) as second:
        note = owner.add(unique_wav(0.2))
        for listener in (events, second):
            listener.next(about(note, state="ready"))


def test_a_listener_that_does_not_read_holds_nobody_up(server, owner):
    """Its connection's buffers fill; then it is its own trouble."""
    with Connection(server) as deaf:
        deaf.send_request("GET", "/api/v1/events", Authorization=owner.headers["authorization"])
        assert deaf.read_head()[0] == 200
        note = owner.add(unique_wav(0.1))
        start = time.monotonic()
        for number in range(300):
            fetched(owner.patch(f"/notes/{note['id']}", json={"text": f"{number} " + "x" * 5000}))
        assert time.monotonic() - start < 30
        assert owner.ready(note["id"])


def test_many_listeners_hear_and_leave_without_a_trace(server, email):
    with account(server, email) as client:
        listeners = [Events(server.url, client.headers["authorization"]).__enter__() for _ in range(30)]
        note = client.add(unique_wav(0.1))
        for listener in listeners:
            listener.next(about(note))
            listener.__exit__()
        fetched(client.get("/notes"))
