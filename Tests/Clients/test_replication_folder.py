"""A folder is a store as well: a second disk. What lies there, and that nothing half written has a blob's name."""

import json
import random
import time

import pytest

from support.places import Disk, sha256
from support.recordings import unique_wav
from support.server import eventually
from support.storage import (
    delete_for_good, large_wav, replica, store, store_is, tells_the_truth, verified, voicenote,
)  # fmt: skip


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path / "disk")


def test_a_recording_is_copied_and_verified(disk, start_with):
    _, owner = start_with(disk)
    data = unique_wav(3)
    note = verified(owner, owner.add(data)["id"], disk)
    blob = note["recording"]["sha256"]
    assert disk.read(blob) == data and disk.kept() == {blob} and disk.strange() == []
    assert isinstance(json.loads((disk.path / "voicenote-store.json").read_text()), dict)
    one = replica(note, disk)
    assert (one["kind"], one["state"], one["bytesDone"], one["error"]) == ("folder", "verified", len(data), None)


def test_several_disks_each_have_their_copy(start_with, tmp_path):
    disks = [Disk(tmp_path / name, name=name) for name in ("attic", "cellar", "garage")]
    _, owner = start_with(*disks)
    note = verified(owner, owner.add(unique_wav(0.5))["id"], *disks)
    assert all(disk.has(note["recording"]["sha256"]) for disk in disks)
    assert len({(disk.path / "voicenote-store.json").read_text() for disk in disks}) == 3, "each has its own mark"


def test_a_folder_that_is_not_there_is_not_made(start_with, tmp_path):
    """It would be the mount point of a disk that is not mounted, on the disk below."""
    disk = Disk(tmp_path / "disk")
    disk.path.rmdir()
    _, owner = start_with(disk)
    note = owner.ready(owner.add(unique_wav(0.2))["id"])
    eventually(lambda: store(owner, disk)["state"] in ("down", "vanished"), 60, "noticing it")
    assert str(disk.path) in store(owner, disk)["reason"]
    assert not disk.path.exists()
    assert replica(owner.note(note["id"]), disk)["state"] == "absent"


def test_a_path_that_is_a_file_is_said(start_with, tmp_path):
    disk = Disk(tmp_path / "disk")
    disk.path.rmdir()
    disk.path.write_text("in the way")
    server, owner = start_with(disk)
    owner.add(unique_wav(0.2))
    eventually(lambda: store(owner, disk)["state"] in ("down", "vanished"), 60, "noticing it")
    assert "fail  store disk" in voicenote(server, "doctor", owner=owner).stdout
    assert disk.path.read_text() == "in the way"


def test_what_is_there_already_is_verified_and_what_is_wrong_is_replaced(disk, start_with):
    good, wrong = unique_wav(1), unique_wav(1)
    for data, there in ((good, good), (wrong, bytes(len(wrong)))):
        disk.file(sha256(data)).parent.mkdir(parents=True, exist_ok=True)
        disk.file(sha256(data)).write_bytes(there)
    was = disk.file(sha256(good)).stat()
    _, owner = start_with(disk)
    for data in (good, wrong):
        verified(owner, owner.add(data)["id"], disk)
        assert disk.read(sha256(data)) == data
    now = disk.file(sha256(good)).stat()
    assert (now.st_ino, now.st_mtime_ns) == (was.st_ino, was.st_mtime_ns), "it was not written again"


def test_a_note_that_is_deleted_for_good_is_deleted_there(disk, start_with):
    _, owner = start_with(disk)
    note = verified(owner, owner.add(unique_wav(0.5))["id"], disk)
    delete_for_good(owner, note["id"])
    eventually(lambda: disk.kept() == set(), 30, "removing the file")
    assert disk.has_marker() and disk.strange() == []


def test_a_kill_leaves_nothing_half_written_under_a_blobs_name(disk, start_with):
    server, owner = start_with(disk, limits_largestFileMB=100)
    chance, notes = random.Random(3), []
    for _ in range(6):
        notes.append(owner.add(large_wav(25_000_000))["id"])
        time.sleep(chance.uniform(0, 0.6))
        server.kill()
        assert all(disk.has(blob) for blob in disk.kept())
        server.start()
    for note in notes:
        verified(owner, note, disk)
    tells_the_truth(owner, disk)
    assert len(disk.kept()) == len(notes)
    eventually(lambda: disk.strange() == [], 30, "clearing up what the kills left")


def test_a_disk_that_takes_nothing_is_said_and_comes_back(disk, start_with):
    _, owner = start_with(disk)
    verified(owner, owner.add(unique_wav(0.2))["id"], disk)
    blobs = disk.path / "blobs"
    blobs.rename(disk.path.with_name("blobs.kept"))
    blobs.write_text("no folder any more")
    note = owner.ready(owner.add(unique_wav(0.2))["id"])
    eventually(lambda: replica(owner.note(note["id"]), disk)["error"] or store(owner, disk)["reason"], 60, "a reason")
    blobs.unlink()
    disk.path.with_name("blobs.kept").rename(blobs)
    owner.post("/storage/stores/disk", json={"action": "retry"})
    owner.post(f"/notes/{note['id']}/replicas/disk", json={"action": "retry"})
    verified(owner, note["id"], disk)
    store_is(owner, disk, "up")
