"""Many recordings go to a store that fails three requests of ten in every way there is, and the server is killed again
and again meanwhile. In the end all are there, none twice, none is lost, and nothing is left unfinished.

As a part of all tests it is 60 recordings and 5 kills; `LONG=1 scripts/test -k replication_faults` is the long form,
500 recordings and 20 kills."""

import os
import random
import time
from collections import Counter

import pytest

from support.api import fetched
from support.cloudinary import faults as cloudinary_faults
from support.faults import Answer, Cut, Delay, Flip, LoseAnswer, Reset, Trickle
from support.places import Bucket, Cloud, sha256
from support.recordings import unique_wav
from support.s3_requests import concerns, is_put
from support.server import eventually
from support.storage import (
    PART_MB, delete_for_good, large_wav, manage, store, succeeded, tells_the_truth, voicenote,
)  # fmt: skip

RECORDINGS, KILLS = (500, 20) if os.environ.get("LONG") else (60, 5)
LARGE = 12  # one of so many is sent in parts
SECONDS = RECORDINGS * 4


def error(code):
    return f"<Error><Code>{code}</Code><Message>Something is wrong.</Message></Error>".encode()


FAULTS = [
    Answer(500, error("InternalError")),
    Answer(503, error("SlowDown"), (("Retry-After", "1"),)),
    Answer(502, b"<html><body>Bad Gateway</body></html>", (("Content-Type", "text/html"),)),
    Answer(429, b"Too many requests"),
    Answer(200, error("InternalError")),
    Answer(200, error("InternalError"), forwards=True),
    Answer(503, error("ServiceUnavailable"), early=True),
    LoseAnswer(),
    LoseAnswer(by_reset=True),
    Flip("request"),
    lambda chance: Delay(chance.uniform(0.1, 1)),
    lambda chance: Cut("request", chance.random()),
    lambda chance: Reset("request", chance.random()),
    lambda chance: Cut("answer", chance.random() / 2),
    lambda chance: Reset("answer", chance.random() / 2),
    lambda chance: Trickle("request", chance.randrange(200_000, 2_000_000)),
    lambda chance: Trickle("answer", 2_000),
]


class Siege:
    """Recordings that are on their way to a place while the server is killed."""

    def __init__(self, server, owner, place, chance):
        self.server, self.owner, self.place, self.chance = server, owner, place, chance
        self.sent, self.kills = {}, 0

    def add(self, count, large=LARGE):
        for number in range(count):
            data = large_wav(7_000_000) if number % large == large - 1 else unique_wav(self.chance.uniform(0.2, 8))
            self.sent[self.owner.add(data)["id"]] = sha256(data)

    def arrived(self):
        return len(self.place.kept() & set(self.sent.values()))

    def hold(self, kills, seconds):
        """Kills the server whenever another share of the recordings has arrived, or at the latest after a while."""
        for number in range(1, kills + 1):
            wanted = len(self.sent) * 0.9 * number / kills
            patience = time.monotonic() + seconds / kills
            while self.arrived() < wanted and time.monotonic() < patience:
                self.encourage()
                time.sleep(0.25)
            time.sleep(self.chance.uniform(0, 0.5))
            self.server.kill()
            self.kills += 1
            self.server.start()
        eventually(lambda: self.encourage() or self.arrived() >= len(self.sent) * 0.9, seconds, "most of them")

    def encourage(self):
        """A store that fails so often is left alone most of the time; here it is asked again at once."""
        if store(self.owner, self.place)["state"] == "down":
            manage(self.owner, self.place, "retry")

    def end(self, seconds):
        """Until all are verified; what was given up is asked for once more, as the owner would."""
        manage(self.owner, self.place, "retry")

        def is_over():
            failed = fetched(self.owner.get("/notes", params={"sync": "failed", "limit": 500}))["items"]
            if failed:
                ids = [note["id"] for note in failed]
                fetched(self.owner.post("/notes/batch", json={"action": "replicate", "ids": ids}))
            pending = fetched(self.owner.get("/notes", params={"sync": "pending", "limit": 500}))["items"]
            return not failed and not pending

        eventually(is_over, seconds, "the end of it")

    def is_whole(self):
        notes = self.owner.all_notes(limit=500)
        assert {note["id"]: note["recording"]["sha256"] for note in notes} == self.sent
        assert {note["recording"]["sync"] for note in notes} == {"synced"}
        assert self.place.kept() == set(self.sent.values()), "each is there once, and nothing else"
        tells_the_truth(self.owner, self.place)
        here = {name: path for name, path in self.server.blobs().items() if name in self.place.kept()}
        assert set(here) == set(self.sent.values())
        assert all(sha256(path.read_bytes()) == name for name, path in here.items())


@pytest.mark.timeout(SECONDS * 4)
def test_all_arrive_once_at_a_store_that_fails_three_times_in_ten(s3, fault_proxy, start_with):
    proxy, chance = fault_proxy(s3.port, seed=7), random.Random(7)
    bucket = Bucket(s3, through=proxy, partMB=PART_MB, timeoutSeconds=5)
    server, owner = start_with(bucket, replication_attempts=20, reclaim_quarantineHours=0)
    proxy.sometimes(0.3, FAULTS)
    siege = Siege(server, owner, bucket, chance)
    siege.add(RECORDINGS)
    siege.hold(KILLS, SECONDS)
    happened = Counter(type(one.fault).__name__ for one in proxy.log if one.fault)
    failing = sum(happened.values())
    proxy.clear()
    siege.end(SECONDS)
    print(f"{len(proxy.log)} requests, {failing} of them failed: {dict(happened)}; {siege.kills} kills")
    assert siege.kills == KILLS
    assert failing > RECORDINGS / 4
    if RECORDINGS >= 500:
        assert set(happened) == {"Answer", "LoseAnswer", "Flip", "Delay", "Cut", "Reset", "Trickle"}
    siege.is_whole()
    succeeded(voicenote(server, "reclaim", owner=owner))  # ends what was begun and of which nobody heard
    eventually(lambda: bucket.unfinished() == [], 60, "ending every upload")
    assert bucket.strange() == []
    # What was done and known to be done was done again only where a kill came between the answer and the note of it.
    good = Counter(one.target.split("?")[0] for one in proxy.log if is_put(one) and one.status == 200 and not one.fault)
    assert sum(count - 1 for count in good.values()) <= KILLS * 5
    assert succeeded(voicenote(server, "scrub", "--all", owner=owner))


# Without those that make it say something else than it did: then to send it again is right.
HONEST = [one for one in cloudinary_faults.UPLOAD_FAULTS if one.name not in ("wrong_etag", "wrong_bytes")]


@pytest.mark.timeout(SECONDS * 4)
def test_all_arrive_once_at_a_cloudinary_that_fails_three_times_in_ten(cloudinary, start_with):
    cloud, chance = Cloud(cloudinary, partMB=PART_MB, timeoutSeconds=5), random.Random(8)
    server, owner = start_with(cloud, replication_attempts=20)
    cloudinary.faults.sometimes(0.3, HONEST, "upload", "part", "last_part", "resource", "explicit", "destroy", seed=8)
    siege = Siege(server, owner, cloud, chance)
    siege.add(RECORDINGS // 2)
    siege.hold(KILLS, SECONDS)
    failing = cloudinary.log.faults()
    cloudinary.faults.clear()
    siege.end(SECONDS)
    print(f"{len(cloudinary.log)} requests, {Counter(failing)} failed; {siege.kills} kills")
    assert siege.kills == KILLS and len(failing) > RECORDINGS / 8
    siege.is_whole()
    assert {cloud.asset(blob).stored for blob in siege.sent.values()} == {1}, "nothing was put there twice"


@pytest.mark.timeout(SECONDS * 4)
def test_all_arrive_although_the_answers_lie(cloudinary, start_with):
    cloud, chance = Cloud(cloudinary, partMB=PART_MB, timeoutSeconds=5), random.Random(9)
    server, owner = start_with(cloud, replication_attempts=20)
    lies = [cloudinary_faults.wrong_etag(), cloudinary_faults.wrong_bytes(), cloudinary_faults.answer_torn()]
    cloudinary.faults.sometimes(0.3, lies, "upload", "part", "last_part", "resource", "explicit", seed=9)
    siege = Siege(server, owner, cloud, chance)
    siege.add(RECORDINGS // 4)
    siege.hold(max(1, KILLS // 4), SECONDS)
    cloudinary.faults.clear()
    siege.end(SECONDS)
    siege.is_whole()


@pytest.mark.timeout(SECONDS * 4)
def test_what_is_deleted_meanwhile_is_gone_everywhere_in_the_end(s3, fault_proxy, start_with):
    proxy, chance = fault_proxy(s3.port, seed=11), random.Random(11)
    bucket = Bucket(s3, through=proxy, partMB=PART_MB, timeoutSeconds=5)
    server, owner = start_with(bucket, replication_attempts=20, reclaim_quarantineHours=0)
    proxy.sometimes(0.3, FAULTS, when=concerns)
    siege = Siege(server, owner, bucket, chance)
    siege.add(RECORDINGS // 2)
    for number, note in enumerate(chance.sample(sorted(siege.sent), len(siege.sent) // 2)):
        delete_for_good(owner, note)
        del siege.sent[note]
        if number % 10 == 9:
            server.kill()
            server.start()
    siege.encourage()
    time.sleep(2)
    proxy.clear()
    siege.end(SECONDS)
    eventually(lambda: siege.encourage() or bucket.kept() == set(siege.sent.values()), 120, "the last removal")
    siege.is_whole()
    succeeded(voicenote(server, "reclaim", owner=owner))
    eventually(lambda: bucket.unfinished() == [], 60, "ending every upload")
