"""Settings and disks that would make a copy look like one that is none."""

import json

import pytest

from support.api import account, problem
from support.places import Disk, place_of, variable
from support.recordings import unique_wav
from support.server import Server, eventually
from support.storage import (
    line_about, manage, one_line, plays, replica, settings, store, verified, voicenote,
)  # fmt: skip

NO_WAITING = {"reclaim_localHours": 0, "reclaim_quarantineHours": 0}


@pytest.fixture
def disks(request):
    return place_of("folder", request), Disk(request.getfixturevalue("tmp_path") / "other", name="other")


@pytest.mark.parametrize("where", ["", "blobs", "db", "link"])
def test_a_store_in_the_data_folder_is_refused(tmp_path, where):
    class Alone:
        folder, data, url = tmp_path, tmp_path / "data", "http://127.0.0.1:9"

    Alone.data.mkdir()
    for room in ("blobs", "db"):
        (Alone.data / room).mkdir()
    path = Alone.data / where
    if where == "link":
        path = tmp_path / "link"
        path.symlink_to(Alone.data)
    Alone.settings = {
        "VOICENOTE_ENVIRONMENT": "testing", "VOICENOTE_DATA_FOLDER": str(Alone.data),
        variable("stores.disk.kind"): "folder", variable("stores.disk.path"): str(path),
    }  # fmt: skip
    for words in (["serve", "--port", "0"], ["reclaim"]):
        ended = voicenote(Alone, *words, seconds=60)
        assert ended.returncode == 1 and "lies in it: a file there is no copy" in ended.stderr.splitlines()[-1]


def test_a_store_that_becomes_the_data_folder_proves_nothing(disks, start_with):
    """The disk is unmounted, and its mount point is made a link to the data folder."""
    disk, _ = disks
    server, owner = start_with(disk, **NO_WAITING)
    data = unique_wav(1)
    note = verified(owner, owner.add(data)["id"], disk)
    disk.path.rename(disk.path.with_name("gone"))
    disk.path.symlink_to(server.data)
    assert manage(owner, disk, "check")["state"] != "up"
    voicenote(server, "reclaim", owner=owner)
    plays(owner, note["id"], data)
    assert set(server.blobs()) >= {note["recording"]["sha256"]}


def test_a_file_that_is_the_local_one_is_no_copy(disks, start_with):
    disk, _ = disks
    server, owner = start_with(disk, **NO_WAITING)
    data = unique_wav(1)
    note = verified(owner, owner.add(data)["id"], disk)
    blob = note["recording"]["sha256"]
    disk.file(blob).unlink()
    disk.file(blob).hardlink_to(server.blobs()[blob])
    said = voicenote(server, "reclaim", owner=owner)
    assert "0 local copies" in said.stdout
    assert blob in server.blobs()


@pytest.mark.parametrize("left", [0, 5000])
def test_a_copy_that_is_too_short_is_found_and_the_rest_is_read(disks, start_with, left):
    disk, other = disks
    server, owner = start_with(disk, other)
    notes = [verified(owner, owner.add(unique_wav(1))["id"], disk, other) for _ in range(4)]
    blobs = sorted(note["recording"]["sha256"] for note in notes)
    with disk.file(blobs[0]).open("r+b") as file:
        file.truncate(left)
    disk.rot(blobs[-1])
    said = voicenote(server, "scrub", "--all", "--store", "disk", owner=owner)
    assert line_about(said.stdout + said.stderr, blobs[0]) and line_about(said.stdout + said.stderr, blobs[-1])
    for note in notes:
        verified(owner, note["id"], disk, other)
    assert all(disk.has(blob) for blob in blobs)


def test_a_listener_gets_the_next_copy_where_one_is_too_short(disks, start_with):
    disk, other = disks
    server, owner = start_with(disk, other, **NO_WAITING)
    data = unique_wav(1)
    note = verified(owner, owner.add(data)["id"], disk, other)
    blob = note["recording"]["sha256"]
    voicenote(server, "reclaim", owner=owner)
    assert blob not in server.blobs()
    disk.file(blob).write_bytes(b"")
    plays(owner, note["id"], data)
    eventually(lambda: disk.has(blob), 60, "its repair")


def test_what_is_only_in_a_store_that_is_not_configured_is_said(disks, start_server):
    disk, other = disks
    server = start_server(**settings(disk, **NO_WAITING))
    with account(server, "owner@example.org") as owner:
        note = verified(owner, owner.add(unique_wav(1))["id"], disk)
        voicenote(server, "reclaim", owner=owner)
        assert note["recording"]["sha256"] not in server.blobs()
        server.stop()
        for name in [name for name in server.settings if "STORES_DISK" in name]:
            del server.settings[name]
        checks = json.loads(voicenote(server, "doctor", "--json").stdout)["checks"]
        [copies] = [one for one in checks if one["name"] == "copies"]
        assert copies["outcome"] == "fail" and "disk" in copies["detail"] and "settings" in copies["detail"]
        server.start()
        answer = problem(owner.audio(note["id"], rendition="source"), 503, "unavailable")
        assert "configured" in answer["detail"]


def test_another_installation_does_not_take_over_a_store(disks, start_with, tmp_path, request):
    disk, _ = disks
    server, owner = start_with(disk)
    note = verified(owner, owner.add(unique_wav(1))["id"], disk)
    (tmp_path / "second").mkdir()
    second = Server(f"{request.node.name}-second", tmp_path / "second", **settings(disk)).start()
    try:
        with account(second, "owner@example.org") as stranger:
            state = manage(stranger, disk, "check")
            assert state["state"] == "vanished" and "another installation" in state["reason"]
            assert "adopt" in state["reason"]
            added = stranger.ready(stranger.add(unique_wav(1))["id"])
            stranger.delete(f"/notes/{added['id']}")
            stranger.delete(f"/notes/{added['id']}", params={"permanent": "true"})
    finally:
        second.stop()
    assert disk.kept() == {note["recording"]["sha256"]}
    # A database that was made anew may take it over when it is told to.
    (tmp_path / "third").mkdir()
    third = Server(f"{request.node.name}-third", tmp_path / "third", **settings(Disk(disk.path, adopt="true"))).start()
    try:
        with account(third, "owner@example.org") as heir:
            verified(heir, heir.add(unique_wav(1))["id"], disk)
    finally:
        third.stop()


def test_a_store_that_many_use_at_first_is_marked_without_a_word(disks, start_with):
    disk, _ = disks
    server, owner = start_with()
    for _ in range(12):
        owner.ready(owner.add(unique_wav(0.3))["id"])
    server.stop()
    server.settings |= settings(disk)
    server.start()
    eventually(lambda: store(owner, disk)["replicas"]["verified"] == 12, 60, "copying everything")
    assert "File exists" not in server.log.read_text()


def test_a_disk_that_was_replaced_is_forgotten_and_filled_again(disks, start_with):
    disk, _ = disks
    server, owner = start_with(disk)
    notes = [verified(owner, owner.add(unique_wav(1))["id"], disk) for _ in range(3)]
    disk.path.rename(disk.path.with_name("broken"))
    disk.path.mkdir()
    assert manage(owner, disk, "check")["state"] == "vanished"
    said = voicenote(server, "storage", "forget", "disk", owner=owner)
    assert said.returncode == 0 and "3 copies in disk count as lost" in said.stdout
    eventually(lambda: disk.kept() == {note["recording"]["sha256"] for note in notes}, 60, "filling it again")
    for note in notes:
        verified(owner, note["id"], disk)
    assert disk.has_marker()
    local = {path.name for path in server.blobs().values()}
    assert "own copies" in one_line(voicenote(server, "storage", "forget", "local", "--even-the-last", owner=owner))
    assert {path.name for path in server.blobs().values()} == local
    assert all(replica(owner.note(note["id"]), "local")["state"] == "verified" for note in notes)
    assert "There is no store nowhere" in one_line(voicenote(server, "storage", "forget", "nowhere", owner=owner))


def test_the_only_copies_are_not_forgotten_by_accident(disks, start_with):
    disk, _ = disks
    server, owner = start_with(disk, **NO_WAITING)
    data = unique_wav(1)
    note = verified(owner, owner.add(data)["id"], disk)
    voicenote(server, "reclaim", owner=owner)
    assert note["recording"]["sha256"] not in server.blobs()
    assert "only verified copy" in one_line(voicenote(server, "storage", "forget", "disk", owner=owner))
    plays(owner, note["id"], data)


def test_that_a_disk_goes_and_comes_back_stands_in_the_log_once(disks, start_with):
    disk, _ = disks
    server, owner = start_with(disk)
    verified(owner, owner.add(unique_wav(1))["id"], disk)
    disk.vanish()
    said = lambda words: server.log.read_text().count(words)  # noqa: E731
    eventually(lambda: said("a store is vanished") == 1, 40, "the word of its going")
    disk.reappear()
    eventually(lambda: said("a store is up") == 1, 40, "the word of its return")
    assert said("a store is vanished") == 1
