"""The last verified copy of a recording cannot be deleted by any way that there is, but with its last note."""

import threading
import time

import pytest

from support.faults import Answer, Flip
from support.places import Bucket, Disk, sha256, spoil_file
from support.recordings import unique_wav
from support.s3_requests import is_delete, is_read, sends
from support.server import eventually
from support.storage import (
    AT_ONCE, act, delete_for_good, here, make_older, manage, plays, reclaimed, recorded, replica, replicas,
    rewrite, succeeded, tells_the_truth, verified, voicenote,
)  # fmt: skip

WEEKS = 24 * 100


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path / "disk")


class House:
    """A server and its stores, and one recording. `copies` says where it is, whatever the server says."""

    def __init__(self, server, owner, *places):
        self.server, self.owner, self.places = server, owner, places
        [self.note], self.data = recorded(owner, *places, count=1)
        self.blob = self.note["recording"]["sha256"]

    @property
    def copies(self):
        found = {place.name for place in self.places if place.has(self.blob)}
        path = self.server.blobs().get(self.blob)
        return found | ({"local"} if path and sha256(path.read_bytes()) == self.blob else set())

    def sends_away(self):
        reclaimed(self.server, self.owner, self.blob)
        assert self.copies == {place.name for place in self.places}

    def try_everything(self):
        """Every way that deletes something, one after the other. What each says is its own business."""
        server, owner = self.server, self.owner
        for place in self.places:
            for action in ("cancel", "pause", "resume", "retry"):
                owner.post(f"/notes/{self.note['id']}/replicas/{place.name}", json={"action": action})
        owner.post(f"/notes/{self.note['id']}/replicas/local", json={"action": "cancel"})
        for words in (
            ["reclaim"], ["reclaim", "--max-delete", "1000000"], ["scrub", "--all"], ["scrub", "--store", "local"],
            ["migrate", "to", "local"], ["migrate", "rollback"], ["reclaim"],
            *(["storage", "forget", place.name] for place in self.places), ["reclaim"],
        ):  # fmt: skip
            voicenote(server, *words, owner=owner)
            assert self.copies, words
        owner.patch(f"/notes/{self.note['id']}", json={"title": "Edited", "archived": True})
        edits, base = f"/notes/{self.note['id']}/edits", None
        for body in ({"operations": [{"op": "trim", "start": 0, "end": 1}]}, {"action": "undo"}, {"action": "redo"}):
            answer = owner.post(edits, json={"base": base} | body)
            if answer.is_success:
                base = answer.json()["head"]["id"]
        assert self.copies, "edits"
        owner.delete(f"/notes/{self.note['id']}")
        voicenote(server, "reclaim", owner=owner)
        owner.post("/notes/batch", json={"action": "delete", "ids": [self.note["id"]]})
        voicenote(server, "reclaim", owner=owner)
        owner.post(f"/notes/{self.note['id']}/restore")
        time.sleep(1)
        assert self.copies

    def plays(self):
        plays(self.owner, self.note["id"], self.data[self.blob])


def test_when_it_is_only_here(bucket, proxy, start_with):
    """It never got to the store."""
    proxy.always(Answer(500))
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner)
    house.places = (bucket,)
    house.try_everything()
    assert house.copies == {"local"}
    house.plays()


def test_when_it_is_only_in_a_store(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    house.sends_away()
    house.try_everything()
    assert "s3" in house.copies
    assert replica(owner.note(house.note["id"]), bucket)["state"] == "verified"
    house.plays()


def test_when_the_other_copies_are_bad(s3, bucket, proxy, start_with):
    """Three copies, two of them wrong, and nothing can be repaired for a while."""
    other = Bucket(s3, name="second", through=proxy)
    server, owner = start_with(bucket, other, **AT_ONCE)
    house = House(server, owner, bucket, other)
    proxy.always(Answer(503, b"<Error><Code>SlowDown</Code></Error>"), when=sends)
    for place in (bucket, other):
        place.spoil(house.blob)
    voicenote(server, "scrub", "--all", owner=owner)
    states = {replica(owner.note(house.note["id"]), place)["state"] for place in (bucket, other)}
    assert "verified" not in states
    for _ in range(2):
        voicenote(server, "reclaim", owner=owner)
        assert house.copies == {"local"}
    proxy.clear()
    for place in (bucket, other):
        manage(owner, place, "retry")
    eventually(lambda: house.copies == {"local", "s3", "second"}, 90, "repairing them")


def test_when_a_store_lost_all_since_it_was_asked(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    make_older(server, WEEKS)
    bucket.lose(house.blob)
    house.try_everything()
    # Once it is there again from the local copy, that one may go.
    assert house.copies
    house.plays()


def test_when_the_copy_here_is_the_bad_one(bucket, start_with):
    """A wrong local copy does not make the good one in the store go, and is made good from it."""
    server, owner = start_with(bucket)
    house = House(server, owner, bucket)
    spoil_file(server.blobs()[house.blob])
    voicenote(server, "scrub", "--all", owner=owner)
    eventually(lambda: house.copies == {"local", "s3"}, 60, "repairing the one here")
    house.plays()


def test_when_every_copy_is_bad_nothing_is_thrown_away(bucket, start_with):
    """Somebody may still want to hear what is left of it."""
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    spoil_file(server.blobs()[house.blob])
    bucket.spoil(house.blob)
    assert house.copies == set()
    for words in (["scrub", "--all"], ["reclaim"], ["scrub", "--all"], ["reclaim"]):
        voicenote(server, *words, owner=owner)
    assert house.blob in server.blobs() and house.blob in bucket.kept()
    states = {one["store"]: one["state"] for one in replicas(owner.note(house.note["id"]))}
    assert states == {"local": "suspect", "s3": "suspect"}


def test_when_another_note_has_the_same(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    twin = verified(owner, owner.add(house.data[house.blob])["id"], bucket)
    house.sends_away()
    delete_for_good(owner, twin["id"])
    time.sleep(2)
    assert house.copies == {"s3"}
    house.plays()
    delete_for_good(owner, house.note["id"])
    eventually(lambda: house.copies == set(), 30, "going with its last note")


def test_when_its_note_is_only_in_the_trash(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    assert owner.delete(f"/notes/{house.note['id']}").status_code == 204
    house.sends_away()
    house.try_everything()
    house.plays()


def test_when_two_clean_ups_want_a_copy_each(bucket, disk, start_with):
    """Each sees that the other copy is there."""
    server, owner = start_with(bucket, disk, reclaim_intervalSeconds=1, **AT_ONCE)
    house = House(server, owner, bucket, disk)
    jobs = [["migrate", "to", "s3"], ["reclaim"], ["migrate", "to", "disk"], ["reclaim"], ["migrate", "rollback"]]
    runs = [threading.Thread(target=voicenote, args=(server, *words), kwargs={"owner": owner}) for words in jobs]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
        assert house.copies
    tells_the_truth(owner, bucket, disk)
    house.plays()


def test_when_a_store_is_taken_out_of_the_settings(bucket, disk, start_with):
    """What is only there is still known to be there: it plays again when the store is named again."""
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    house.sends_away()
    server.stop()
    kept = {name: server.settings.pop(name) for name in bucket.settings}
    server.settings |= disk.settings
    server.start()
    assert owner.audio(house.note["id"]).status_code == 503
    house.try_everything()
    assert house.copies == {"s3"}
    server.stop()
    server.settings |= kept
    server.start()
    house.plays()
    verified(owner, house.note["id"], disk, seconds=90)


def test_when_the_store_says_that_it_is_gone_and_is_wrong(bucket, proxy, start_with):
    """A store in trouble that answers 404 to everything: the copy counts as lost, and is not removed for that."""
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    house.sends_away()
    proxy.always(Answer(404, b"<Error><Code>NoSuchKey</Code></Error>"), when=lambda one: "/blobs/" in one.target)
    voicenote(server, "scrub", "--all", owner=owner)
    voicenote(server, "reclaim", owner=owner)
    assert not [one for one in proxy.log if is_delete(one)]
    proxy.clear()
    assert house.copies == {"s3"}
    act(owner, house.note["id"], bucket, "retry")
    verified(owner, house.note["id"], bucket)
    house.plays()


def test_when_reading_it_fails_it_stays(bucket, proxy, start_with):
    """A wrong bit on the way makes the only copy suspect; it is asked again before anything is done about it."""
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    house.sends_away()
    proxy.next(Flip("answer"), when=is_read)
    voicenote(server, "scrub", "--all", owner=owner)
    voicenote(server, "reclaim", owner=owner)
    assert not [one for one in proxy.log if is_delete(one)] and house.copies == {"s3"}
    voicenote(server, "scrub", "--all", owner=owner)
    verified(owner, house.note["id"], bucket)
    house.plays()


def test_when_somebody_insists(bucket, start_with):
    """No word of the command line removes a store's copies or skips the checks."""
    server, owner = start_with(bucket, **AT_ONCE)
    house = House(server, owner, bucket)
    for words in (["reclaim", "--force"], ["scrub", "--delete"], ["migrate", "--force", "to", "s3"]):
        assert voicenote(server, *words, owner=owner).returncode == 64
    assert house.copies == {"local", "s3"} and here(server, house.data)
    assert "force" not in succeeded(voicenote(server, "reclaim", "--help"))


def test_trash_that_is_old_goes_for_good_and_takes_its_copies_along(bucket, start_with):
    """The one clean-up that may: the person deleted the note."""
    server, owner = start_with(bucket, trash_retentionDays=1)
    house = House(server, owner, bucket)
    kept = House(server, owner, bucket)
    owner.delete(f"/notes/{house.note['id']}")
    server.stop()
    rewrite(server, "UPDATE notes SET trashed_at = trashed_at - ? WHERE trashed_at IS NOT NULL", 3 * 86_400_000)
    server.start()
    voicenote(server, "reclaim", owner=owner)
    eventually(lambda: house.copies == set(), 60, "its end everywhere")
    assert kept.copies == {"local", "s3"}
    kept.plays()


def test_uploading_again_while_it_is_deleted_ends_with_a_copy(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    data = unique_wav(0.5)
    for _ in range(5):
        note = verified(owner, owner.add(data)["id"], bucket)
        threads = [
            threading.Thread(target=delete_for_good, args=(owner, note["id"])),
            threading.Thread(target=voicenote, args=(server, "reclaim"), kwargs={"owner": owner}),
        ]
        for thread in threads:
            thread.start()
        again = owner.add(data)["id"]
        for thread in threads:
            thread.join()
        plays(owner, again, data)
        verified(owner, again, bucket)
        eventually(lambda: bucket.has(sha256(data)), 30, "its being there")
        delete_for_good(owner, again)
