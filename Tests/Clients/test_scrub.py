"""Replicas are read again: what is wrong is known, and made good from a copy that is right."""

import re
import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.faults import Answer, Flip
from support.places import KINDS, Bucket, place_of, sha256, spoil_file
from support.recordings import unique_wav
from support.s3_requests import Rot, is_read, sends
from support.server import eventually
from support.storage import (
    AT_ONCE, here, large_wav, line_about, make_older, manage, plays, reclaimed, recorded, replica, replicas,
    store, succeeded, tells_the_truth, verified, voicenote, wait_for,
)  # fmt: skip

HUNDRED_DAYS = 24 * 100


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


@pytest.fixture(params=KINDS)
def place(request):
    return place_of(request.param, request)


def scrub(server, owner, *words):
    """What it says, the complaints as well. It ends with 1 where something is wrong and was not made good at once."""
    ended = voicenote(server, "scrub", *words, owner=owner)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.stdout + ended.stderr


def verified_at(owner, note, place, blob="source"):
    return replica(owner.note(note["id"]), place, blob)["verifiedAt"]


def test_what_is_well_is_read_and_stays_so(place, start_with):
    server, owner = start_with(place)
    notes, _ = recorded(owner, place)
    before = {(note["id"], name): verified_at(owner, note, name) for note in notes for name in ("local", place)}
    assert store(owner, place)["lastScrubAt"] is None
    said = succeeded(voicenote(server, "scrub", "--all", owner=owner))
    assert re.search(r"\b3\b", said), "it says how many"
    for (note, name), was in before.items():
        assert verified_at(owner, {"id": note}, name) > was
    assert store(owner, place)["lastScrubAt"] is not None
    tells_the_truth(owner, place)


def test_one_store_can_be_read_alone(bucket, start_with, request):
    disk = place_of("folder", request)
    server, owner = start_with(bucket, disk)
    [note], _ = recorded(owner, bucket, disk, count=1)
    before = {name: verified_at(owner, note, name) for name in ("local", "s3", "disk")}
    succeeded(voicenote(server, "scrub", "--all", "--store", "disk", owner=owner))
    after = {name: verified_at(owner, note, name) for name in before}
    assert after["disk"] > before["disk"] and {after["local"], after["s3"]} == {before["local"], before["s3"]}
    assert voicenote(server, "scrub", "--store", "nowhere", owner=owner).returncode == 1


def test_a_wrong_copy_in_a_store_is_found_and_replaced(place, start_with):
    server, owner = start_with(place)
    notes, data = recorded(owner, place)
    bad = notes[1]
    blob = bad["recording"]["sha256"]
    was = verified_at(owner, bad, place)
    place.spoil(blob)
    said = scrub(server, owner, "--all")
    assert line_about(said, blob), said
    assert not any(line_about(said, other) for other in data if other != blob)
    eventually(lambda: place.has(blob), 60, "repairing it")
    note = verified(owner, bad["id"], place)
    assert replica(note, place)["verifiedAt"] > was and replica(note, place)["error"] is None
    assert here(server, data) == set(data)
    assert scrub(server, owner, "--all") and replica(owner.note(bad["id"]), place)["state"] == "verified"


@pytest.mark.parametrize("kind", ["cloudinary", "folder"])
def test_a_copy_that_rots_is_found_although_the_store_does_not_know(request, start_with, kind):
    place = place_of(kind, request)
    server, owner = start_with(place)
    [note], data = recorded(owner, place, count=1)
    place.rot(*data)
    said = scrub(server, owner, "--all")
    assert line_about(said, *data), said
    eventually(lambda: place.has(*data), 60, "repairing it")
    verified(owner, note["id"], place)


def test_a_copy_in_a_bucket_that_rots_is_found_although_the_store_does_not_know(bucket, proxy, start_with):
    """Its entity tag is the one that it had: only reading tells."""
    server, owner = start_with(bucket)
    [note], data = recorded(owner, bucket, count=1)
    rot = Rot(*data)
    proxy.always(Flip("answer"), when=rot)
    said = scrub(server, owner, "--all")
    assert line_about(said, *data), said
    eventually(lambda: rot.is_healed, 60, "putting it there again")
    verified(owner, note["id"], bucket)


def test_a_copy_that_is_gone_is_lost_and_comes_again(place, start_with):
    server, owner = start_with(place)
    notes, data = recorded(owner, place)
    gone = notes[0]["recording"]["sha256"]
    place.lose(gone)
    said = scrub(server, owner, "--all")
    assert line_about(said, gone), said
    eventually(lambda: place.has(gone), 60, "bringing it again")
    verified(owner, notes[0]["id"], place)
    tells_the_truth(owner, place)


def test_what_cannot_be_repaired_now_is_not_verified_until_it_can(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    [note], data = recorded(owner, bucket, count=1)
    proxy.always(Answer(503, b"<Error><Code>SlowDown</Code></Error>"), when=sends)
    bucket.spoil(*data)
    said = scrub(server, owner, "--all")
    assert line_about(said, *data), said
    for _ in range(20):
        assert replica(owner.note(note["id"]), bucket)["state"] != "verified"
        time.sleep(0.1)
    assert store(owner, bucket)["replicas"]["verified"] == 0
    proxy.clear()
    manage(owner, bucket, "retry")
    verified(owner, note["id"], bucket)
    assert bucket.has(*data)


# Here


def test_a_wrong_copy_here_is_made_good_from_a_store(place, start_with):
    server, owner = start_with(place)
    notes, data = recorded(owner, place)
    blob = notes[0]["recording"]["sha256"]
    spoil_file(server.blobs()[blob])
    said = scrub(server, owner, "--all")
    assert line_about(said, blob), said
    eventually(lambda: sha256(server.blobs()[blob].read_bytes()) == blob, 60, "repairing it")
    wait_for(owner, notes[0]["id"], lambda one: replica(one, "local")["state"] == "verified", "knowing it")
    plays(owner, notes[0]["id"], data[blob])


@pytest.mark.parametrize("how", ["removed", "cut short", "longer", "empty"])
def test_a_copy_here_that_is_not_whole_is_made_good(bucket, start_with, how):
    server, owner = start_with(bucket)
    [note], data = recorded(owner, bucket, count=1)
    [blob] = data
    path = server.blobs()[blob]
    match how:
        case "removed":
            path.unlink()
        case "cut short":
            path.write_bytes(data[blob][:-1])
        case "longer":
            path.write_bytes(data[blob] + b"x")
        case "empty":
            path.write_bytes(b"")
    scrub(server, owner, "--all")
    eventually(lambda: blob in server.blobs() and sha256(server.blobs()[blob].read_bytes()) == blob, 60, "repairing it")
    plays(owner, note["id"], data[blob])


def test_a_wrong_copy_here_is_not_brought_to_a_store(bucket, start_with):
    """The wrong one would be proven wrong there; until then the recording waits."""
    server, owner = start_with(bucket, replication_attempts=2)
    manage(owner, bucket, "pause")
    note = owner.ready(owner.add(unique_wav(0.5))["id"])
    blob = note["recording"]["sha256"]
    spoil_file(server.blobs()[blob])
    manage(owner, bucket, "resume")
    eventually(lambda: replica(owner.note(note["id"]), bucket)["error"], 60, "an error")
    time.sleep(1)
    assert replica(owner.note(note["id"]), bucket)["state"] != "verified"
    assert blob not in bucket.kept() or not bucket.has(blob)
    wait_for(owner, note["id"], lambda one: replica(one, "local")["state"] == "suspect", "knowing that it is bad here")


def test_both_wrong_is_said_clearly_and_nothing_is_thrown_away(place, start_with):
    server, owner = start_with(place)
    [note], data = recorded(owner, place, count=1)
    [blob] = data
    place.spoil(blob)
    spoil_file(server.blobs()[blob])
    there, at_home = place.read(blob), server.blobs()[blob].read_bytes()
    ended = voicenote(server, "scrub", "--all", owner=owner)
    assert ended.returncode == 1 and line_about(ended.stdout + ended.stderr, blob)
    time.sleep(2)
    assert {one["store"]: one["state"] for one in replicas(owner.note(note["id"]))} == {
        "local": "suspect", place.name: "suspect",
    }  # fmt: skip
    assert all(one["error"] for one in replicas(owner.note(note["id"])))
    assert place.read(blob) == there and server.blobs()[blob].read_bytes() == at_home
    checked = voicenote(server, "doctor", owner=owner)
    assert checked.returncode == 1 and re.search(r"^\s*fail\b.*\b1\b", checked.stdout, re.M)
    # A good one comes after all: somebody has the recording and sends it again.
    again = owner.ready(owner.add(data[blob])["id"])
    eventually(lambda: sha256(server.blobs()[blob].read_bytes()) == blob, 60, "a good one here")
    for one in (note, again):
        verified(owner, one["id"], place)
    assert place.has(blob)


def test_a_wrong_copy_there_is_repaired_from_another_store(bucket, start_with, request):
    """There is none here."""
    disk = place_of("folder", request)
    server, owner = start_with(bucket, disk, **AT_ONCE)
    [note], data = recorded(owner, bucket, disk, count=1)
    reclaimed(server, owner, *data)
    disk.spoil(*data)
    scrub(server, owner, "--all")
    eventually(lambda: disk.has(*data), 60, "repairing it")
    verified(owner, note["id"], bucket, disk)


def test_a_waveform_that_is_gone_is_made_again(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    [note], data = recorded(owner, bucket, count=1)
    shown = owner.get(f"/notes/{note['id']}/waveform")
    assert shown.status_code == 200
    waveform = next(one["sha256"] for one in note["recording"]["renditions"] if one["kind"] == "waveform")
    reclaimed(server, owner, *data)
    server.blobs()[waveform].unlink()
    scrub(server, owner, "--all")
    eventually(lambda: owner.get(f"/notes/{note['id']}/waveform").content == shown.content, 60, "making it again")
    plays(owner, note["id"], data[note["recording"]["sha256"]])


# As much as is allowed


def bytes_read(proxy):
    return sum(one.answer_bytes for one in proxy.exchanges() if is_read(one))


def test_what_was_read_lately_is_not_read_again(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    recorded(owner, bucket)
    before = bytes_read(proxy)
    succeeded(voicenote(server, "scrub", owner=owner))
    assert bytes_read(proxy) == before
    make_older(server, HUNDRED_DAYS)
    succeeded(voicenote(server, "scrub", owner=owner))
    assert bytes_read(proxy) > before


def test_no_more_is_read_in_a_day_than_is_allowed(bucket, proxy, start_with):
    """A megabyte a day, and five of 0.6: what has begun is read to its end."""
    server, owner = start_with(bucket, scrub_dailyMB=1)
    notes = [verified(owner, owner.add(large_wav(600_000))["id"], bucket) for _ in range(5)]
    make_older(server, HUNDRED_DAYS)
    before = bytes_read(proxy)
    said = succeeded(voicenote(server, "scrub", "--store", "s3", owner=owner))
    read = bytes_read(proxy) - before
    assert 600_000 <= read <= 1_600_000, said
    succeeded(voicenote(server, "scrub", "--store", "s3", owner=owner))
    server.stop()
    server.start()
    succeeded(voicenote(server, "scrub", "--store", "s3", owner=owner))
    assert bytes_read(proxy) - before <= 1_600_000, "the day has not ended"
    succeeded(voicenote(server, "scrub", "--store", "s3", "--all", owner=owner))
    assert bytes_read(proxy) - before >= 3_000_000, "who says all means all"
    assert {replica(owner.note(note["id"]), bucket)["state"] for note in notes} == {"verified"}


def test_it_goes_by_itself(start_with, request):
    """What is due is read soon after a start, without anybody asking."""
    disk = place_of("folder", request)
    server, owner = start_with(disk)
    notes, data = recorded(owner, disk)
    bad, *_ = data
    make_older(server, HUNDRED_DAYS)
    disk.rot(bad)
    eventually(lambda: disk.has(bad), 120, "finding and repairing what went wrong")
    for note in notes:
        verified(owner, note["id"], disk)
    assert all(verified_at(owner, note, place) > note["createdAt"] for note in notes for place in ("local", disk))


def test_the_figures_tell_what_was_found(bucket, start_with):
    server, owner = start_with(bucket)
    notes, _ = recorded(owner, bucket)
    bucket.spoil(notes[0]["recording"]["sha256"])
    scrub(server, owner, "--all", "--store", "s3")
    answer = httpx.get(f"{server.url}/metrics", headers=owner.headers)
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    found = {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}
    assert found["voicenote_scrub_read_replicas", "s3"] == len(notes)
    assert found["voicenote_scrub_bad_replicas", "s3"] == 1
    assert found["voicenote_scrub_time_seconds", "s3"] > time.time() - 60
    assert sum(found["voicenote_replicas", "s3", state] for state in ("verified", "waiting", "suspect")) == len(notes)
    assert found["voicenote_store_requests", "s3"] > 0
    assert found["voicenote_store_condition", "s3", "up"] == 1
