"""Cleaning up: what may go, goes, with a reason; what may not, stays; and what went can be taken back for a while."""

import threading
import time

import pytest

from support.places import Bucket, Disk, sha256
from support.recordings import unique_wav
from support.server import eventually
from support.storage import (
    AT_ONCE, act, here, line_about, make_older, manage, plays, reclaimed, recorded, replica, store_is, succeeded,
    tells_the_truth, verified, voicenote,
)  # fmt: skip

DAY = 24


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


def everything(server):
    """Digests of all files in the data folder but for the database's."""
    files = [path for path in server.data.rglob("*") if path.is_file() and "db" not in path.parts]
    return {sha256(path.read_bytes()) for path in files}


def test_a_plan_has_a_reason_a_line_and_changes_nothing(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    notes, data = recorded(owner, bucket)
    before = everything(server)
    plan = succeeded(voicenote(server, "reclaim", "--dry-run", owner=owner))
    for blob in data:
        [line] = line_about(plan, blob)
        assert "s3" in line, "it says where another copy is"
        assert len(line.replace(blob, "").split()) >= 4, "it says why"
    assert everything(server) == before and here(server, data) == set(data)
    assert {replica(owner.note(note["id"]), "local")["state"] for note in notes} == {"verified"}
    assert succeeded(voicenote(server, "reclaim", "--dry-run", owner=owner)) == plan


def test_what_is_verified_elsewhere_goes_and_plays_from_there(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    notes, data = recorded(owner, bucket)
    said = reclaimed(server, owner, *data)
    assert all(line_about(said, blob) for blob in data), "what was done is said, too"
    eventually(lambda: not everything(server) & set(data), what="the end of the files")
    for note, sent in zip(notes, data.values(), strict=True):
        local = replica(owner.note(note["id"]), "local")
        assert local["state"] == "absent" and local["verifiedAt"] is None
        plays(owner, note["id"], sent)
    tells_the_truth(owner, bucket)
    assert bucket.kept() == set(data)
    assert succeeded(voicenote(server, "doctor", owner=owner)), "what went is not missing"


def test_it_happens_by_itself(bucket, start_with):
    server, owner = start_with(bucket, reclaim_intervalSeconds=2, **AT_ONCE)
    _, data = recorded(owner, bucket)
    eventually(lambda: not here(server, data), 30, "a run")
    assert bucket.kept() == set(data)


def test_it_can_be_switched_off(bucket, start_with):
    server, owner = start_with(bucket, reclaim_intervalSeconds=1, reclaim_localCopies=False, **AT_ONCE)
    _, data = recorded(owner, bucket)
    time.sleep(3)
    succeeded(voicenote(server, "reclaim", owner=owner))
    assert here(server, data) == set(data)


def test_what_is_young_or_was_played_lately_stays(bucket, start_with):
    server, owner = start_with(bucket, reclaim_quarantineHours=0)
    notes, data = recorded(owner, bucket)
    succeeded(voicenote(server, "reclaim", owner=owner))
    assert here(server, data) == set(data), "younger than a day"
    make_older(server, 2 * DAY, *data)
    plays(owner, notes[0]["id"], data[notes[0]["recording"]["sha256"]])
    reclaimed(server, owner, *(note["recording"]["sha256"] for note in notes[1:]))
    assert here(server, data) == {notes[0]["recording"]["sha256"]}


def test_what_is_not_verified_elsewhere_stays(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    manage(owner, bucket, "pause")
    waiting = owner.ready(owner.add(unique_wav(0.5))["id"])
    given_up = owner.ready(owner.add(unique_wav(0.5))["id"])
    act(owner, given_up["id"], bucket, "cancel")
    plan = succeeded(voicenote(server, "reclaim", owner=owner))
    for note in (waiting, given_up):
        assert note["recording"]["sha256"] in server.blobs(), plan
        assert replica(owner.note(note["id"]), "local")["state"] == "verified"


def test_as_many_copies_as_the_policy_asks_for_remain(bucket, start_with, tmp_path):
    disk = Disk(tmp_path / "disk")
    server, owner = start_with(bucket, disk, replication_copies=2, **AT_ONCE)
    manage(owner, disk, "pause")
    _, data = recorded(owner, bucket)
    succeeded(voicenote(server, "reclaim", owner=owner))
    assert here(server, data) == set(data), "one copy elsewhere is too few"
    manage(owner, disk, "resume")
    eventually(lambda: disk.kept() == set(data), 30, "the second copies")
    for note in owner.all_notes():
        verified(owner, note["id"], bucket, disk)
    reclaimed(server, owner, *data)


def test_no_more_goes_in_one_run_than_is_allowed(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    _, data = recorded(owner, bucket, count=4)
    said = succeeded(voicenote(server, "reclaim", "--max-delete", "1", owner=owner))
    assert len(here(server, data)) == 3, said
    server.stop()
    server.settings["VOICENOTE_RECLAIM_MOST_DELETES"] = "2"
    server.start()
    succeeded(voicenote(server, "reclaim", owner=owner))
    assert len(here(server, data)) == 1
    succeeded(voicenote(server, "reclaim", "--max-delete", "0", owner=owner))
    assert len(here(server, data)) == 1
    reclaimed(server, owner, *data)


@pytest.mark.parametrize("words", [["--max-delete", "-1"], ["--max-delete", "many"], ["--max-delete"]])
def test_a_guard_without_sense_is_refused(start_with, words):
    server, owner = start_with()
    assert voicenote(server, "reclaim", *words, owner=owner).returncode == 64


# Taking back


def test_what_went_can_be_taken_back_while_it_is_in_quarantine(bucket, proxy, start_with):
    """Nothing but the quarantine has it: all else is away."""
    server, owner = start_with(bucket, reclaim_localHours=0, reclaim_quarantineHours=1)
    [note], data = recorded(owner, bucket, count=1)
    reclaimed(server, owner, *data)
    assert set(data) <= everything(server), "it lies somewhere else"
    proxy.down()
    manage(owner, bucket, "check")
    store_is(owner, bucket, "down")
    plays(owner, note["id"], data[note["recording"]["sha256"]])
    eventually(lambda: here(server, data) == set(data), what="its being back at its place")
    assert replica(owner.note(note["id"]), "local")["state"] == "verified"
    proxy.up()


def test_what_was_in_quarantine_for_long_enough_goes(bucket, start_with):
    server, owner = start_with(bucket, reclaim_localHours=0, reclaim_quarantineHours=1)
    [note], data = recorded(owner, bucket, count=1)
    reclaimed(server, owner, *data)
    succeeded(voicenote(server, "reclaim", owner=owner))
    assert set(data) <= everything(server), "an hour has not gone by"
    server.stop()
    server.settings["VOICENOTE_RECLAIM_QUARANTINE_HOURS"] = "0"
    server.start()
    succeeded(voicenote(server, "reclaim", owner=owner))
    eventually(lambda: not set(data) & everything(server), what="the end of the file")
    plays(owner, note["id"], data[note["recording"]["sha256"]])


def test_what_is_in_quarantine_goes_with_its_note(bucket, start_with):
    server, owner = start_with(bucket, reclaim_localHours=0, reclaim_quarantineHours=1)
    [note], data = recorded(owner, bucket, count=1)
    reclaimed(server, owner, *data)
    for query in {}, {"permanent": "true"}:
        assert owner.delete(f"/notes/{note['id']}", params=query).status_code == 204
    eventually(lambda: bucket.kept() == set(), 30, "its end in the store")
    eventually(lambda: not set(data) & everything(server), 30, "its end here")


def test_the_same_recording_that_comes_again_is_here_again(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    [note], data = recorded(owner, bucket, count=1)
    reclaimed(server, owner, *data)
    again = owner.ready(owner.add(*data.values())["id"])
    assert here(server, data) == set(data)
    for one in (note, again):
        assert replica(owner.note(one["id"]), "local")["state"] == "verified"


def test_two_runs_at_once_do_not_harm_each_other(bucket, start_with):
    server, owner = start_with(bucket, reclaim_intervalSeconds=1, **AT_ONCE)
    notes, data = recorded(owner, bucket, count=8)
    runs = [threading.Thread(target=voicenote, args=(server, "reclaim"), kwargs={"owner": owner}) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    eventually(lambda: not here(server, data), 20, "letting them go")
    tells_the_truth(owner, bucket)
    for note in notes:
        plays(owner, note["id"], data[note["recording"]["sha256"]])


def test_a_kill_in_the_middle_loses_nothing(bucket, start_with):
    server, owner = start_with(bucket, reclaim_intervalSeconds=1, **AT_ONCE)
    notes, data = recorded(owner, bucket, count=12)
    for pause in (0.9, 1.0, 1.05, 1.1):
        time.sleep(pause)
        server.kill()
        server.start()
    for note in notes:
        plays(owner, note["id"], data[note["recording"]["sha256"]])
    tells_the_truth(owner, bucket)
    eventually(lambda: not here(server, data), 30, "letting them go after all")


@pytest.mark.timeout(300)
def test_a_hundred_files_go_in_a_second(s3, start_with):
    bucket = Bucket(s3)
    server, owner = start_with(bucket, **AT_ONCE)
    notes = [owner.add(unique_wav(0.1))["id"] for _ in range(200)]
    for note in notes:
        verified(owner, note, bucket, seconds=120)
    start = time.monotonic()
    succeeded(voicenote(server, "reclaim", "--max-delete", "0", owner=owner))
    nothing = time.monotonic() - start
    start = time.monotonic()
    succeeded(voicenote(server, "reclaim", owner=owner))
    assert time.monotonic() - start - nothing < 2
