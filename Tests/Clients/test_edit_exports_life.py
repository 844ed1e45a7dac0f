"""What becomes of an export when something goes wrong, and where its file lives."""

import pytest
from test_bad_recordings import is_for_people
from test_edits import change

from support.api import fetched, problem
from support.edits import (
    ask, decode, elsewhere, export_of, exported, exports, heard, kept, long_wav, saved, until, values,
)  # fmt: skip
from support.events import Events
from support.places import Disk
from support.recordings import RATE, unique_wav
from support.server import eventually
from support.storage import delete_for_good, storage, store, tells_the_truth

CUT = {"op": "cut", "start": 1000, "end": 2000}
MINUTES = 30  # so long takes some seconds to encode


@pytest.mark.timeout(400)
def test_an_export_that_failed_says_why_and_begins_anew(start_with, kept, tmp_path):
    """The source's file is gone from the data folder, and comes back."""
    server, owner = start_with()
    note = kept(owner, unique_wav(3))
    change(owner, note, None, CUT)
    file, others = server.blobs()[note["recording"]["sha256"]], elsewhere(server)
    file.rename(tmp_path / "away")
    export = fetched(ask(owner, note, format="flac"), 202)
    failed = until(owner, note, export, "failed", seconds=200)
    is_for_people(failed["reason"])
    assert str(server.data) not in failed["reason"]
    assert (failed["url"], failed["sha256"], failed["size"]) == (None, None, None)
    problem(owner.get(f"/notes/{note['id']}/exports/{export['id']}/audio"), 409, "not_ready")
    (tmp_path / "away").rename(file)
    again = fetched(ask(owner, note, format="flac"), 202)
    assert again["state"] != "failed" and again["reason"] is None
    finished = until(owner, note, again, "done")
    assert decode(saved(owner, finished, tmp_path)) == values(heard(owner, note))
    assert [one["state"] for one in exports(owner, note)] == ["done"], "the failed one is there beside"
    assert elsewhere(server) <= others, "something half written is left"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("progress", [0, 0.3])
def test_a_killed_server_finishes_the_export(start_with, kept, tmp_path, progress):
    """SIGKILL in the middle: after a restart it is made by itself, once, and nothing half written is left."""
    server, owner = start_with()
    note = kept(owner, long_wav(MINUTES))
    change(owner, note, None, CUT)
    before, others = set(server.blobs()), elsewhere(server)
    export = fetched(ask(owner, note, format="mp3", quality=0), 202)
    until(owner, note, export, "running")
    eventually(lambda: export_of(owner, note, export)["progress"] >= progress, 100, "progress")
    assert export_of(owner, note, export)["state"] == "running", "it was over too early to show anything"
    server.kill()
    server.start()
    found = until(owner, note, export, "done", seconds=200)
    assert set(server.blobs()) - before == {found["sha256"]}
    assert elsewhere(server) <= others, "something half written is left"
    assert [one["id"] for one in exports(owner, note)] == [export["id"]]
    samples = decode(saved(owner, found, tmp_path))
    assert abs(len(samples) - (note["recording"]["durationMs"] * RATE // 1000 - 1000)) < RATE // 5


def test_an_export_that_is_done_survives_a_kill(start_with, kept, tmp_path):
    """What was said to be done is on the disk."""
    server, owner = start_with()
    note = kept(owner, unique_wav(2))
    export = exported(owner, note, format="wav", bits=24)
    server.kill()
    server.start()
    assert export_of(owner, note, export) == export
    saved(owner, export, tmp_path)
    assert fetched(ask(owner, note, format="wav", bits=24))["id"] == export["id"]


def test_a_note_takes_its_exports_along(start_with, kept):
    """Deleted for good, its exports' files are deleted, also one that is still being made; in the trash, none is."""
    server, owner = start_with()
    other = kept(owner, unique_wav(1))
    stays = exported(owner, other, format="flac")["sha256"]
    note = kept(owner, long_wav(MINUTES))
    blobs = {exported(owner, note, format="opus", bitRate=rate)["sha256"] for rate in (6000, 7000)}
    assert len(blobs) == 2
    others = elsewhere(server)
    running = fetched(ask(owner, note, format="mp3", quality=0), 202)
    until(owner, note, running, "running")
    assert owner.delete(f"/notes/{note['id']}").status_code == 204
    assert blobs <= set(server.blobs()), "the trash is no deletion"
    assert owner.delete(f"/notes/{note['id']}", params={"permanent": "true"}).status_code == 204
    kept.forget(note)
    problem(owner.get(f"/notes/{note['id']}/exports"), 404, "not_found")
    left = {stays, other["recording"]["sha256"]}
    eventually(lambda: not (blobs | {note["recording"]["sha256"]}) & set(server.blobs()), 60, "deleting the files")
    eventually(lambda: elsewhere(server) <= others, 60, "ending the one that was made")
    assert left <= set(server.blobs())


def test_exports_are_copied_to_other_stores(start_with, kept, tmp_path):
    """As sources are: byte for byte, and deleted with the export."""
    disk = Disk(tmp_path / "disk")
    server, owner = start_with(disk)
    note = kept(owner, unique_wav(3))
    change(owner, note, None, CUT)
    first = exported(owner, note, format="flac")
    second = exported(owner, note, format="mp3", quality=4)
    blobs = {first["sha256"], second["sha256"], note["recording"]["sha256"]}
    eventually(lambda: blobs <= disk.kept(), 60, "copying the exports")
    assert all(disk.has(blob) for blob in blobs)
    eventually(lambda: store(owner, disk)["replicas"]["verified"] >= 3, 60, "verifying the copies")
    tells_the_truth(owner, disk)
    assert owner.delete(f"/notes/{note['id']}/exports/{first['id']}").status_code == 204
    eventually(lambda: first["sha256"] not in disk.kept() | set(server.blobs()), 60, "deleting the copies of one")
    delete_for_good(owner, note["id"])
    kept.forget(note)
    eventually(lambda: not blobs & (disk.kept() | set(server.blobs())), 60, "deleting all copies")


def test_exports_count_as_used_space(start_with, kept):
    """The bytes and the number of the files here, up with an export and down without it."""
    _, owner = start_with()
    note = kept(owner, unique_wav(3))

    def used():
        local = storage(owner)["local"]
        return local["blobs"], local["bytes"]

    files, size = used()
    export = exported(owner, note, format="wav", bits=32)
    assert export["size"] > 3 * RATE * 4
    eventually(lambda: used() == (files + 1, size + export["size"]), 30, "counting the export")
    assert owner.delete(f"/notes/{note['id']}/exports/{export['id']}").status_code == 204
    eventually(lambda: used() == (files, size), 30, "counting without it")


@pytest.mark.waits
def test_progress_and_end_are_told(server, owner, stranger, kept):
    """`progress` events of the stage `export` rise; then the note is told as for other changes; nobody else hears."""
    note = kept(owner, long_wav(MINUTES))
    change(owner, note, None, CUT)
    token = stranger.headers["authorization"]
    with Events(server.url, owner.headers["authorization"]) as events, Events(server.url, token) as others:
        export = fetched(ask(owner, note, format="mp3", quality=0), 202)
        told = []

        def is_over(name, data):
            if name == "progress" and data["noteId"] == note["id"]:
                assert data["stage"] == "export" and 0 <= data["progress"] <= 1
                told.append(data["progress"])
            if name != "note" or data["note"]["id"] != note["id"]:
                return False
            return export_of(owner, note, export)["state"] == "done"

        events.next(is_over, seconds=120)
        assert told == sorted(told) and len(set(told)) >= 3, told
        others.none()
