"""A person follows a recording on its way to the stores, and may hold it, let it go on, give it up or ask again."""

import time

import pytest

from support.api import fetched
from support.events import Events
from support.faults import Answer, Trickle
from support.places import Bucket, Disk, sha256
from support.recordings import unique_wav
from support.s3_requests import is_begin, is_put, part_number, sends
from support.server import eventually
from support.storage import (
    FOUR_PARTS, PART, PART_MB, act, given_up, large_wav, manage, plays, replica, replicas, storage, store, verified,
    wait_for,
)  # fmt: skip


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy, partMB=PART_MB)


def is_late(request):
    return (part_number(request) or 0) > 2


def is_half_there(owner, note, bucket):
    wait_for(owner, note["id"], lambda one: replica(one, bucket)["bytesDone"] >= 2 * PART, "half of it")


def is_quiet(proxy, seconds=2):
    """Nothing more is sent, once what was under way has ended."""
    eventually(lambda: all(one.end for one in proxy.log if sends(one)), 20, "the end of what was under way")
    before = len([one for one in proxy.log if sends(one)])
    time.sleep(seconds)
    return len([one for one in proxy.log if sends(one)]) == before


@pytest.mark.parametrize("restarts", [False, True])
def test_a_transfer_is_held_and_goes_on_where_it_was(bucket, proxy, start_with, restarts):
    server, owner = start_with(bucket)
    proxy.always(Trickle("request", 1_000_000), when=is_late)
    data = large_wav(FOUR_PARTS)
    note = owner.add(data)
    is_half_there(owner, note, bucket)
    held = replica(act(owner, note["id"], bucket, "pause"), bucket)
    assert held["paused"] is True and held["wanted"] is True
    assert is_quiet(proxy)
    if restarts:
        server.stop()
        server.start()
        time.sleep(2)
        assert is_quiet(proxy), "it is still held"
    held = replica(owner.note(note["id"]), bucket)
    assert held["paused"] is True and held["state"] != "verified" and held["bytesDone"] >= 2 * PART
    listed = fetched(owner.get("/notes", params={"sync": "pending"}))["items"]
    assert [one["id"] for one in listed] == [note["id"]]
    proxy.clear()
    assert replica(act(owner, note["id"], bucket, "resume"), bucket)["paused"] is False
    verified(owner, note["id"], bucket)
    assert bucket.has(sha256(data))
    parts = [part_number(one) for one in proxy.log if sends(one)]
    assert parts.count(1) == parts.count(2) == 1 and len([one for one in proxy.log if is_begin(one)]) == 1
    assert bucket.unfinished() == []


@pytest.mark.parametrize("action", ["pause", "cancel"])
def test_a_person_does_not_wait_for_the_end_of_a_part(bucket, proxy, start_with, action):
    """On a slow line it may be minutes away."""
    _, owner = start_with(bucket)
    proxy.always(Trickle("request", 100_000), when=is_late)
    note = owner.add(large_wav(FOUR_PARTS))
    is_half_there(owner, note, bucket)
    eventually(lambda: any(map(is_late, proxy.log)), what="a third part")
    act(owner, note["id"], bucket, action)
    eventually(lambda: storage(owner)["queue"]["running"] == 0, 10, "its being let go of")
    assert store(owner, bucket)["transfers"] == []


def test_what_has_not_begun_can_be_held_too(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    manage(owner, bucket, "pause")
    first, second = (owner.ready(owner.add(unique_wav(0.2))["id"]) for _ in range(2))
    act(owner, first["id"], bucket, "pause")
    manage(owner, bucket, "resume")
    verified(owner, second["id"], bucket)
    assert is_quiet(proxy) and first["recording"]["sha256"] not in bucket.kept()
    act(owner, first["id"], bucket, "resume")
    verified(owner, first["id"], bucket)


def test_a_transfer_that_is_given_up_leaves_nothing_there_and_everything_here(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    proxy.always(Trickle("request", 800_000), when=is_late)
    data = large_wav(FOUR_PARTS)
    note = owner.add(data)
    is_half_there(owner, note, bucket)
    one = replica(act(owner, note["id"], bucket, "cancel"), bucket)
    assert (one["state"], one["wanted"], one["error"]) == ("absent", False, None)
    proxy.clear()
    eventually(lambda: bucket.unfinished() == [], 30, "ending the upload there")
    assert is_quiet(proxy) and bucket.kept() == set()
    server.stop()
    server.start()
    time.sleep(2)
    assert is_quiet(proxy), "a start does not ask for it again"
    plays(owner, note["id"], data)
    listed = fetched(owner.get("/notes", params={"limit": 1}))["items"][0]
    assert listed["recording"]["sync"] == "none", "no store is wanted any more"
    assert replica(act(owner, note["id"], bucket, "retry"), bucket)["wanted"] is True
    verified(owner, note["id"], bucket)
    assert bucket.has(sha256(data))


def test_giving_up_one_store_leaves_the_others_alone(bucket, proxy, start_with, tmp_path):
    disk = Disk(tmp_path / "disk")
    _, owner = start_with(bucket, disk)
    manage(owner, bucket, "pause")
    note = verified(owner, owner.add(unique_wav(0.5))["id"], disk)
    note = act(owner, note["id"], bucket, "cancel")
    assert not replica(note, bucket)["wanted"] and replica(note, disk)["state"] == "verified"
    manage(owner, bucket, "resume")
    assert is_quiet(proxy) and bucket.kept() == set() and disk.has(note["recording"]["sha256"])
    listed = fetched(owner.get("/notes"))["items"][0]
    assert listed["recording"]["sync"] == "synced"


@pytest.mark.parametrize("action", ["cancel", "pause", "retry", "resume"])
def test_what_is_verified_stays_whatever_is_asked(bucket, start_with, action):
    _, owner = start_with(bucket)
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    answer = owner.post(f"/notes/{note['id']}/replicas/s3", json={"action": action})
    assert answer.status_code in (200, 409), answer.text
    time.sleep(1)
    assert replica(owner.note(note["id"]), bucket)["state"] == "verified"
    assert bucket.has(note["recording"]["sha256"])


def test_what_failed_says_why_and_is_tried_again_when_asked(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    refusal = b"<Error><Code>InvalidRequest</Code><Message>Nobody can say why.</Message></Error>"
    proxy.always(Answer(400, refusal), when=is_put)
    note = given_up(owner, owner.add(unique_wav(0.5))["id"], bucket)
    assert "InvalidRequest" in replica(note, bucket)["error"] or "Nobody can say why" in replica(note, bucket)["error"]
    assert replica(note, bucket)["attempts"] == 1
    again = act(owner, note["id"], bucket, "retry")
    assert replica(again, bucket)["wanted"]
    given_up(owner, note["id"], bucket)
    proxy.clear()
    act(owner, note["id"], bucket, "retry")
    note = verified(owner, note["id"], bucket)
    assert replica(note, bucket)["error"] is None
    assert fetched(owner.get("/notes", params={"sync": "failed"}))["items"] == []


def test_an_action_is_for_every_blob_of_the_recording(bucket, proxy, start_with):
    """The original and its listen copy are one thing to a person."""
    _, owner = start_with(bucket, audio_listenCopy=True)
    manage(owner, bucket, "pause")
    note = owner.ready(owner.add(unique_wav(1))["id"])
    wait_for(owner, note["id"], lambda one: len(replicas(one, bucket)) == 2, "asking for both")
    for action, key, value in (("pause", "paused", True), ("resume", "paused", False), ("cancel", "wanted", False)):
        assert {one[key] for one in replicas(act(owner, note["id"], bucket, action), bucket)} == {value}
    manage(owner, bucket, "resume")
    act(owner, note["id"], bucket, "retry")
    verified(owner, note["id"], bucket, blobs=("source", "listen"))
    assert len(bucket.kept()) == 2


# Progress

NINE_PARTS = 50_000_000


def test_progress_is_stored_and_shown_while_it_goes(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    proxy.always(Trickle("request", 6_000_000), when=sends)
    note = owner.add(large_wav(NINE_PARTS), fields={"title": "A long talk"})
    size, shown, listed = note["recording"]["size"], [], []
    wait_for(owner, note["id"], lambda one: replicas(one, bucket), "asking for it")
    while (one := replica(owner.note(note["id"]), bucket))["state"] != "verified":
        shown.append(one["bytesDone"])
        listed += store(owner, bucket)["transfers"]
        time.sleep(0.1)
    assert one["bytesDone"] == one["bytesTotal"] == size
    assert shown == sorted(shown) and len({done for done in shown if 0 < done < size}) >= 2
    told = {(moving["sha256"], moving["noteId"], moving["title"], moving["bytesTotal"]) for moving in listed}
    assert told == {(note["recording"]["sha256"], note["id"], "A long talk", size)}
    assert len({moving["bytesDone"] for moving in listed}) >= 2
    eventually(lambda: store(owner, bucket)["transfers"] == [], what="an empty list")


def test_progress_is_told_while_it_goes(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    proxy.always(Trickle("request", 6_000_000), when=sends)
    with Events(server.url, owner.headers["authorization"]) as events:
        note, told = owner.add(large_wav(NINE_PARTS)), []

        def is_verified(name, data):
            if name == "progress" and data.get("stage") == "replicate":
                told.append(data)
            is_this = name == "note" and data["note"]["id"] == note["id"]
            return is_this and replica_now(owner, note, bucket)["state"] == "verified"

        events.next(is_verified, seconds=60)
    assert all(set(data) - {"id", "noteId"} == {"stage", "store", "progress"} for data in told)
    assert {(data.get("id") or data["noteId"], data["store"]) for data in told} == {(note["id"], "s3")}
    values = [data["progress"] for data in told]
    assert values == sorted(values) and len({value for value in values if 0 < value < 1}) >= 2


def replica_now(owner, note, place):
    return next(iter(replicas(owner.note(note["id"]), place)), {"state": "absent", "error": None})


def test_a_failure_is_told_too(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    proxy.always(Answer(400, b"<Error><Code>InvalidRequest</Code></Error>"), when=is_put)
    with Events(server.url, owner.headers["authorization"]) as events:
        note = owner.add(unique_wav(0.2))

        def fails(name, data):
            return name == "note" and data["note"]["id"] == note["id"] and replica_now(owner, note, bucket)["error"]

        events.next(fails, seconds=60)
