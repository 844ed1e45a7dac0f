"""What goes wrong between the server and an S3 store, and what becomes of the recordings: they wait, and arrive."""

import re
import time
from datetime import UTC, datetime

import pytest

from support.api import fetched
from support.faults import Answer, Cut, Delay, Flip, LoseAnswer, Reset, Trickle
from support.places import Bucket, sha256
from support.recordings import unique_wav
from support.s3_requests import Watch, is_put, sends
from support.server import eventually
from support.storage import (
    act, given_up, large_wav, manage, plays, replica, storage, store, store_is, verified, voicenote,
)  # fmt: skip


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


def error(code, message="Something is wrong."):
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()


PASSING = {
    "500": Answer(500, error("InternalError")),
    "503": Answer(503, error("SlowDown")),
    "429": Answer(429, b"Too many requests", (("Content-Type", "text/plain"), ("Retry-After", "1"))),
    "a page": Answer(502, b"<html><body>Bad Gateway</body></html>", (("Content-Type", "text/html"),)),
    "an early refusal": Answer(503, error("ServiceUnavailable"), early=True),
    "cut": Cut("request", 0.5),
    "reset": Reset("request", 0.5),
    "reset before anything": Reset("request", 0),
    "the answer lost": LoseAnswer(),
    "the answer reset": LoseAnswer(True),
    "a wrong bit": Flip("request"),
    "200 without a digest": Answer(200),
    "200 with another digest": Answer(200, headers=(("ETag", f'"{"0" * 32}"'),)),
    "an hour of clock": Answer(403, error("RequestTimeTooSkewed")),
    "latency": Delay(2),
    "a trickle": Trickle("request", 30_000),
}


@pytest.mark.parametrize("what", PASSING)
def test_what_goes_wrong_once_is_made_good(bucket, proxy, start_with, what):
    _, owner = start_with(bucket)
    proxy.next(PASSING[what], when=is_put)
    data = unique_wav(4)
    note = verified(owner, owner.add(data)["id"], bucket)
    assert bucket.read(sha256(data)) == data
    assert replica(note, bucket)["error"] is None
    assert len([one for one in proxy.log if is_put(one)]) <= 2


def test_a_wrong_bit_is_noticed_also_where_the_store_does_not_look(s3, proxy, start_with):
    """What is not signed is compared with what the store says that it has."""
    bucket = Bucket(s3, through=proxy, payload="unsigned")
    _, owner = start_with(bucket)
    proxy.next(Flip("request"), when=is_put, times=2)
    data = unique_wav(2)
    verified(owner, owner.add(data)["id"], bucket)
    assert bucket.read(sha256(data)) == data and len([one for one in proxy.log if is_put(one)]) == 3


def test_what_is_wrong_each_time_is_never_verified(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy, payload="unsigned")
    _, owner = start_with(bucket, replication_attempts=2)
    proxy.always(Flip("request"), when=is_put)
    data = unique_wav(2)
    note = given_up(owner, owner.add(data)["id"], bucket)
    one = replica(note, bucket)
    assert one["state"] != "verified" and one["attempts"] == 2 and one["error"]
    plays(owner, note["id"], data)
    proxy.clear()
    act(owner, note["id"], bucket, "retry")
    verified(owner, note["id"], bucket)
    assert bucket.read(sha256(data)) == data


def test_it_is_tried_three_times_unless_told_otherwise(s3, proxy, start_with):
    """Each time after a longer while."""
    bucket = Bucket(s3, through=proxy, payload="unsigned")
    watch = Watch(proxy)
    _, owner = start_with(bucket)
    proxy.always(Flip("request"), when=is_put)
    note = given_up(owner, owner.add(unique_wav(0.5))["id"], bucket)
    assert replica(note, bucket)["attempts"] == 3
    times = [one.at for one in watch.of(is_put)]
    assert len(times) == 3 and times[1] - times[0] > 0.5 and times[2] - times[1] > 0.5


@pytest.mark.parametrize("status", [503, 429])
def test_the_store_is_left_alone_for_as_long_as_it_asks(bucket, proxy, start_with, status):
    watch = Watch(proxy)
    _, owner = start_with(bucket)
    proxy.next(Answer(status, error("SlowDown"), (("Retry-After", "6"),)), when=is_put)
    note = owner.add(unique_wav(0.5))
    verified(owner, note["id"], bucket)
    first, second = [one.at for one in watch.of(is_put)]
    assert second - first >= 5.9


def test_the_store_may_name_the_moment(bucket, proxy, start_with):
    watch = Watch(proxy)
    _, owner = start_with(bucket)
    then = datetime.fromtimestamp(time.time() + 7, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    proxy.next(Answer(503, error("SlowDown"), (("Retry-After", then),)), when=is_put)
    verified(owner, owner.add(unique_wav(0.5))["id"], bucket)
    first, second = [one.at for one in watch.of(is_put)]
    assert second - first >= 4, "the server's clock had moved on a little"


def test_what_the_store_will_never_take_is_given_up_at_once(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    proxy.always(Answer(400, error("EntityTooLarge", "Your proposed upload is too large.")), when=is_put)
    data = unique_wav(0.5)
    start = time.monotonic()
    note = given_up(owner, owner.add(data)["id"], bucket)
    assert time.monotonic() - start < 15
    assert "EntityTooLarge" in replica(note, bucket)["error"] or "too large" in replica(note, bucket)["error"]
    assert len([one for one in proxy.log if is_put(one)]) == 1
    assert store(owner, bucket)["state"] == "up", "it is about the recording, not about the store"
    assert store(owner, bucket)["replicas"]["failed"] == 1 and storage(owner)["queue"]["failed"] == 1
    plays(owner, note["id"], data)


def test_a_silent_store_is_not_waited_for_longer_than_set(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy, timeoutSeconds=2)
    watch = Watch(proxy)
    _, owner = start_with(bucket)
    proxy.next(Delay(60), when=is_put)
    verified(owner, owner.add(unique_wav(0.5))["id"], bucket, seconds=30)
    first, second = [one.at for one in watch.of(is_put)]
    assert 2 <= second - first < 12


def test_a_slow_store_is_not_a_silent_one(s3, proxy, start_with):
    """The limit is for silence: a body that goes on arriving may take as long as it needs."""
    bucket = Bucket(s3, through=proxy, timeoutSeconds=3, partMB=100)
    _, owner = start_with(bucket)
    # Some megabytes lie between the server and the store, which nobody sees: so it is many.
    proxy.always(Trickle("request", 5_000_000), when=is_put)
    verified(owner, owner.add(large_wav(40_000_000))["id"], bucket)
    assert len([one for one in proxy.log if is_put(one)]) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_followed_elsewhere(s3, bucket, proxy, start_with, fault_proxy, status):
    """A recording and its signature go where the settings say, and nowhere else."""
    elsewhere = fault_proxy(s3.port)
    _, owner = start_with(bucket, replication_attempts=1)
    proxy.always(Answer(status, error("PermanentRedirect"), (("Location", f"{elsewhere.url}/b/blobs/x"),)), when=is_put)
    note = owner.add(unique_wav(0.5))
    eventually(lambda: replica(owner.note(note["id"]), bucket)["error"], 30, "an error")
    assert elsewhere.log == []


# The circuit breaker


def seconds_until(moment):
    return (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()


@pytest.mark.timeout(300)
def test_a_store_that_fails_is_left_alone_and_tried_again(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    proxy.always(Answer(500, error("InternalError")))
    notes = [owner.add(unique_wav(0.2))["id"] for _ in range(20)]
    down = store_is(owner, bucket, "down")
    assert down["reason"] and -1 < seconds_until(down["retryAt"]) <= 60
    time.sleep(0.5)
    asked = len(proxy.log)
    time.sleep(2)
    assert len(proxy.log) - asked <= 2, "twenty wait, and none of them knocks"
    asked = len(proxy.log)
    assert asked < 40
    checked = voicenote(server, "doctor", owner=owner).stdout
    assert re.search(r"^\s*(warn|fail)\s+store s3: ", checked, re.M)
    proxy.clear()
    up = store_is(owner, bucket, "up", seconds=150)  # by itself
    assert up["reason"] is None and up["retryAt"] is None
    for note in notes:
        verified(owner, note, bucket, seconds=90)


def test_a_store_that_is_away_is_found_again_at_once_when_told(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    proxy.down()
    data = [unique_wav(0.2) for _ in range(8)]
    notes = [owner.ready(owner.add(one)["id"])["id"] for one in data]
    store_is(owner, bucket, "down")
    pending = fetched(owner.get("/notes", params={"sync": "pending", "limit": 500}))["items"]
    assert {one["id"] for one in pending} == set(notes), "they wait, and did not fail"
    for note, sent in zip(notes, data, strict=True):
        plays(owner, note, sent)
    proxy.up()
    assert manage(owner, bucket, "retry")["state"] == "up"
    for note in notes:
        verified(owner, note, bucket, seconds=20)
    assert len([one for one in proxy.log if sends(one)]) == len(notes)


def test_one_store_that_fails_does_not_hold_up_another(s3, bucket, proxy, start_with):
    other = Bucket(s3, name="other")
    _, owner = start_with(bucket, other)
    proxy.always(Delay(60))
    for _ in range(8):
        verified(owner, owner.add(unique_wav(0.2))["id"], other, seconds=15)
    assert bucket.kept() == set() and len(other.kept()) == 8


def test_wrong_credentials_stop_the_store_and_say_so(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy, secretKey="wrong")
    server, owner = start_with(bucket)
    notes = [owner.add(unique_wav(0.2))["id"] for _ in range(5)]
    down = store_is(owner, bucket, "down")
    assert "stores.s3" in down["reason"] or "VOICENOTE_STORES_S3" in down["reason"], "it says what to look at"
    time.sleep(2)
    assert len(proxy.log) < 20 and bucket.objects() == {}
    server.stop()
    server.settings |= Bucket(s3, through=proxy, bucket=bucket.bucket).settings
    server.start()
    for note in notes:
        verified(owner, note, bucket)


def test_a_bucket_that_is_not_there_is_said_and_not_made(s3, start_with):
    bucket = Bucket(s3, bucket="voicenote-nobody-made-it")
    _, owner = start_with(bucket)
    note = owner.ready(owner.add(unique_wav(0.2))["id"])
    eventually(lambda: store(owner, bucket)["state"] in ("down", "vanished"), 60, "noticing it")
    assert "bucket" in store(owner, bucket)["reason"].lower()
    assert "voicenote-nobody-made-it" not in [one["Name"] for one in s3.client.list_buckets()["Buckets"]]
    assert replica(owner.note(note["id"]), bucket)["state"] == "absent"
