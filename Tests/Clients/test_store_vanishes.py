"""A store that is not what it was (an unmounted disk, an emptied bucket, another account) is known by its marker: it is
not written to, nothing in it counts as lost, and when it is back all goes on."""

import time

import pytest

from support.api import fetched
from support.places import KINDS, place_of
from support.recordings import unique_wav
from support.server import eventually
from support.storage import (
    manage, plays, replica, replicas, storage, store, store_is, tells_the_truth, verified, voicenote,
)  # fmt: skip


@pytest.fixture(params=KINDS)
def place(request):
    return place_of(request.param, request)


def some(owner, place, count=3):
    notes = [owner.add(unique_wav(0.3))["id"] for _ in range(count)]
    return [verified(owner, note, place) for note in notes]


def test_it_is_not_written_to_and_goes_on_when_it_is_back(place, start_with):
    server, owner = start_with(place)
    old = some(owner, place)
    place.vanish()
    gone = manage(owner, place, "check")
    assert gone["state"] == "vanished" and "marker" in gone["reason"]
    data = [unique_wav(0.3) for _ in range(3)]
    new = [owner.ready(owner.add(one)["id"]) for one in data]
    time.sleep(3)
    assert store(owner, place)["state"] == "vanished"
    for note, sent in zip(new, data, strict=True):
        assert replica(owner.note(note["id"]), place)["state"] == "absent"
        plays(owner, note["id"], sent)
    pending = {one["id"] for one in fetched(owner.get("/notes", params={"sync": "pending"}))["items"]}
    assert pending >= {note["id"] for note in new}, "they wait; they did not fail"
    assert place.reappear() == [], "not a byte was written"
    assert manage(owner, place, "check")["state"] == "up"
    for note in new:
        verified(owner, note["id"], place)
    assert place.kept() == {note["recording"]["sha256"] for note in old + new}


def test_nothing_in_it_counts_as_lost(place, start_with):
    """Neither after a look at every replica nor after a clean-up, and no local copy goes."""
    server, owner = start_with(place, reclaim_localHours=0, reclaim_quarantineHours=0)
    notes = some(owner, place)
    here = set(server.blobs())
    place.vanish()
    for words in (["scrub", "--all"], ["scrub", "--store", place.name], ["reclaim"]):
        voicenote(server, *words, owner=owner)
        states = {one["state"] for note in notes for one in replicas(owner.note(note["id"]))}
        assert states == {"verified"}, words
    assert set(server.blobs()) == here
    assert manage(owner, place, "check")["state"] == "vanished"
    assert place.reappear() == []
    manage(owner, place, "check")
    tells_the_truth(owner, place)


def test_it_is_known_after_a_restart_before_anything_is_written(place, start_with):
    server, owner = start_with(place)
    some(owner, place)
    server.stop()
    place.vanish()
    server.start()
    note = owner.ready(owner.add(unique_wav(0.3))["id"])
    store_is(owner, place, "vanished")
    time.sleep(1)
    assert place.reappear() == []
    manage(owner, place, "retry")
    verified(owner, note["id"], place)


def test_deleting_waits_too(place, start_with):
    server, owner = start_with(place)
    first, second = some(owner, place, 2)
    place.vanish()
    manage(owner, place, "check")
    for query in {}, {"permanent": "true"}:
        assert owner.delete(f"/notes/{first['id']}", params=query).status_code == 204
    time.sleep(1)
    assert place.reappear() == []
    manage(owner, place, "check")
    eventually(lambda: place.kept() == {second["recording"]["sha256"]}, 60, "removing it after all")


def test_another_installations_marker_is_not_ours(place, start_with, request):
    """A disk of somebody else's, mounted at the same place, is not the disk that it was."""
    server, owner = start_with(place)
    note = some(owner, place, 1)[0]
    place.vanish()
    other, stranger = start_with(place)
    theirs = verified(stranger, stranger.add(unique_wav(0.3))["id"], place)
    assert manage(owner, place, "check")["state"] == "vanished"
    mine = owner.ready(owner.add(unique_wav(0.3))["id"])
    time.sleep(2)
    assert mine["recording"]["sha256"] not in place.kept()
    assert theirs["recording"]["sha256"] in place.kept()
    assert replica(owner.note(note["id"]), place)["state"] == "verified"


def test_health_says_it(place, start_with):
    server, owner = start_with(place)
    some(owner, place, 1)
    place.vanish()
    manage(owner, place, "check")
    check = next(one for one in storage(owner)["checks"] if one["name"] == f"store {place.name}")
    assert check["outcome"] == "fail" and check["detail"]
    assert voicenote(server, "doctor", owner=owner).returncode == 1


def test_a_folder_is_looked_at_before_every_write(start_with, request):
    """Nobody tells the server that the disk was unmounted: it must not fill the disk below."""
    disk = place_of("folder", request)
    server, owner = start_with(disk)
    some(owner, disk, 1)
    disk.vanish()
    notes = [owner.ready(owner.add(unique_wav(0.3))["id"]) for _ in range(3)]
    store_is(owner, disk, "vanished")
    assert disk.reappear() == []
    manage(owner, disk, "check")
    for note in notes:
        verified(owner, note["id"], disk)
