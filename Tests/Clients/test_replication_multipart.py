"""Large recordings go to S3 in equal parts. A part that is there is not sent again, and nothing is left unfinished."""

import hashlib
import random
import re
import time
from pathlib import Path

import pytest

from support.faults import Answer, Cut, Delay, Flip, LoseAnswer, Reset, Trickle
from support.places import Bucket, sha256
from support.s3_requests import is_begin, is_complete, is_part, part_number
from support.server import eventually
from support.storage import (
    FOUR_PARTS, PART, PART_MB, delete_for_good, large_wav, manage, replica, succeeded, verified, voicenote, wait_for,
)  # fmt: skip


@pytest.fixture(params=["s3", "ceph"])
def engine(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def slow(s3, fault_proxy, start_with):
    """A server, its owner, a bucket with parts of 6 MB, and the proxy in front of it."""
    proxy = fault_proxy(s3.port)
    bucket = Bucket(s3, through=proxy, partMB=PART_MB)
    return *start_with(bucket), bucket, proxy


def parts_etag(data, size=PART):
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    digests = b"".join(hashlib.md5(piece).digest() for piece in pieces)
    return f"{hashlib.md5(digests).hexdigest()}-{len(pieces)}"


def sent(proxy):
    """The numbers of the parts in the order in which they were sent, however that ended."""
    return [part_number(one) for one in proxy.log if is_part(one)]


def settled(bucket):
    eventually(lambda: bucket.unfinished() == [], 30, "ending every multipart upload")


def test_a_large_recording_goes_in_equal_parts(engine, start_with, fault_proxy):
    proxy = fault_proxy(engine.port)
    bucket = Bucket(engine, through=proxy, partMB=PART_MB)
    _, owner = start_with(bucket)
    data = large_wav(FOUR_PARTS)
    note = verified(owner, owner.add(data)["id"], bucket)
    blob = note["recording"]["sha256"]
    assert sha256(bucket.read(blob)) == blob == sha256(data)
    head = bucket.head(blob)
    assert (head["ETag"].strip('"'), head["ContentLength"]) == (parts_etag(data), len(data))
    assert (head["Metadata"], head["ContentType"]) == ({"sha256": blob}, "audio/wav")
    sizes = {part_number(one): one.request_bytes for one in proxy.log if is_part(one)}
    assert sizes == {1: PART, 2: PART, 3: PART, 4: len(data) - 3 * PART}
    assert bucket.unfinished() == [] and bucket.strange() == []
    assert replica(note, bucket)["bytesDone"] == len(data)


def test_chunked_signatures_carry_parts_too(ceph, start_with):
    bucket = Bucket(ceph, partMB=PART_MB, payload="chunked")
    _, owner = start_with(bucket)
    data = large_wav(PART + 1_000_000)
    blob = verified(owner, owner.add(data)["id"], bucket)["recording"]["sha256"]
    assert bucket.has(blob) and bucket.head(blob)["ETag"].strip('"') == parts_etag(data)


def test_a_large_recording_that_is_there_in_other_parts_is_verified_and_not_sent(slow):
    """The entity tag of other parts is another one; it is still the same content."""
    _, owner, bucket, proxy = slow
    data = large_wav(FOUR_PARTS)
    blob = sha256(data)
    where = {"Bucket": bucket.bucket, "Key": bucket.key(blob)}
    upload = bucket.client.create_multipart_upload(**where)["UploadId"]
    etags = [
        bucket.client.upload_part(**where, UploadId=upload, PartNumber=number, Body=piece)["ETag"]
        for number, piece in enumerate([data[: 2 * PART], data[2 * PART :]], 1)
    ]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    bucket.client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    verified(owner, owner.add(data)["id"], bucket)
    assert sent(proxy) == []


def after_two_parts(owner, note, bucket, proxy):
    """Two parts are in the store and known to be; the third is on its way."""
    wait_for(owner, note["id"], lambda one: replica(one, bucket)["bytesDone"] >= 2 * PART, "two parts")
    eventually(lambda: max(sent(proxy)) > 2, what="a third part")


def is_late(request):
    return (part_number(request) or 0) > 2


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_restart_goes_on_with_the_parts_that_are_missing(slow, how):
    server, owner, bucket, proxy = slow
    proxy.always(Delay(600), when=is_late)
    data = large_wav(FOUR_PARTS)
    note = owner.add(data)
    after_two_parts(owner, note, bucket, proxy)
    server.kill() if how == "killed" else server.stop()
    proxy.down()  # the third never arrives
    before = len(proxy.exchanges())
    proxy.clear()
    proxy.up()
    server.start()
    note = verified(owner, note["id"], bucket)
    assert sorted(part_number(one) for one in proxy.exchanges()[before:] if is_part(one)) == [3, 4]
    assert len([one for one in proxy.log if is_begin(one)]) == 1, "it is the same upload"
    assert bucket.has(sha256(data)) and bucket.head(sha256(data))["ETag"].strip('"') == parts_etag(data)
    settled(bucket)


def test_killed_again_and_again_it_is_there_in_the_end(slow):
    server, owner, bucket, proxy = slow
    proxy.always(Trickle("request", 6_000_000), when=is_part)
    data = large_wav(5 * PART + 1000)
    note, chance, kills = owner.add(data), random.Random(7), 5
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 1.5))
        server.kill()
        server.start()
    verified(owner, note["id"], bucket, seconds=90)
    assert bucket.has(sha256(data))
    answered = [part_number(one) for one in proxy.exchanges() if is_part(one) and one.status == 200]
    # What was answered in the moment of a kill may not be known; anything else is.
    assert set(answered) == {1, 2, 3, 4, 5, 6} and len(answered) <= 6 + kills
    settled(bucket)


def test_an_upload_that_the_store_forgot_begins_anew(slow):
    server, owner, bucket, proxy = slow
    proxy.always(Delay(600), when=is_late)
    data = large_wav(FOUR_PARTS)
    note = owner.add(data)
    after_two_parts(owner, note, bucket, proxy)
    server.kill()
    proxy.down()
    for key, upload in bucket.unfinished():
        bucket.client.abort_multipart_upload(Bucket=bucket.bucket, Key=key, UploadId=upload)
    proxy.clear()
    proxy.up()
    server.start()
    verified(owner, note["id"], bucket)
    assert bucket.has(sha256(data))
    settled(bucket)


ERROR = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We had a problem.</Message></Error>'


@pytest.mark.parametrize("was_done", [False, True], ids=["not done", "done all the same"])
@pytest.mark.parametrize("body", [ERROR, b"", b"<CompleteMultipart"], ids=["an error", "nothing", "half a document"])
def test_a_completion_that_answers_200_and_means_an_error_is_not_believed(slow, was_done, body):
    _, owner, bucket, proxy = slow
    proxy.next(Answer(200, body, forwards=was_done), when=is_complete)
    data = large_wav(PART + 1_000_000)
    verified(owner, owner.add(data)["id"], bucket)
    assert bucket.has(sha256(data))
    assert len(sent(proxy)) == 2, "the parts were there"
    settled(bucket)


def test_what_is_never_completed_is_never_verified(slow):
    """The store says 200 and has nothing, however often it is asked."""
    _, owner, bucket, proxy = slow
    proxy.always(Answer(200, ERROR), when=is_complete)
    note = owner.add(large_wav(PART + 1_000_000))
    eventually(lambda: any(is_complete(one) for one in proxy.log), 60, "a completion")
    for _ in range(20):
        assert replica(owner.note(note["id"]), bucket)["state"] != "verified"
        time.sleep(0.1)
    proxy.clear()
    verified(owner, note["id"], bucket, seconds=90)


LOST = {
    "the beginning": is_begin,
    "a part": lambda request: part_number(request) == 2,
    "the last part": lambda request: part_number(request) == 4,
    "the completion": is_complete,
}


@pytest.mark.parametrize("what", LOST)
def test_a_lost_answer_costs_nothing_but_time(s3, fault_proxy, start_with, what):
    """An upload whose beginning nobody heard of is ended by the clean-up."""
    proxy = fault_proxy(s3.port)
    bucket = Bucket(s3, through=proxy, partMB=PART_MB)
    server, owner = start_with(bucket, reclaim_quarantineHours=0)
    proxy.next(LoseAnswer(), when=LOST[what])
    data = large_wav(FOUR_PARTS)
    verified(owner, owner.add(data)["id"], bucket)
    assert bucket.has(sha256(data))
    again = 1 if "part" in what else 0
    assert len(sent(proxy)) <= 4 + again
    succeeded(voicenote(server, "reclaim", owner=owner))
    settled(bucket)


TROUBLES = [
    ("hashed", Answer(500)), ("hashed", Answer(503, b"<Error><Code>SlowDown</Code></Error>")),
    ("hashed", Cut("request", 0.5)), ("hashed", Reset("request", 0.9)), ("hashed", Flip("request")),
    ("unsigned", Flip("request")), ("hashed", Answer(200)), ("hashed", LoseAnswer(True)),
    ("hashed", Answer(200, headers=(("ETag", f'"{"0" * 32}"'),))),
]  # fmt: skip


@pytest.mark.parametrize("payload, trouble", TROUBLES, ids=lambda one: re.sub(r"\W+", "-", str(one))[:40])
def test_a_part_that_fails_is_sent_again_and_the_others_are_not(s3, fault_proxy, start_with, payload, trouble):
    proxy = fault_proxy(s3.port)
    bucket = Bucket(s3, through=proxy, partMB=PART_MB, payload=payload)
    _, owner = start_with(bucket)
    proxy.next(trouble, when=lambda request: part_number(request) == 2)
    data = large_wav(FOUR_PARTS)
    verified(owner, owner.add(data)["id"], bucket)
    assert bucket.has(sha256(data)) and bucket.head(sha256(data))["ETag"].strip('"') == parts_etag(data)
    assert sorted(sent(proxy)) == [1, 2, 2, 3, 4]
    settled(bucket)


def test_deleting_for_good_ends_the_upload_too(slow):
    _, owner, bucket, proxy = slow
    proxy.always(Trickle("request", 800_000), when=is_late)
    note = owner.add(large_wav(FOUR_PARTS))
    after_two_parts(owner, note, bucket, proxy)
    delete_for_good(owner, note["id"])
    settled(bucket)
    assert bucket.kept() == set()


@pytest.mark.timeout(300)
def test_memory_does_not_grow_with_the_recording(s3, start_with):
    bucket, data = Bucket(s3, partMB=16), large_wav(120_000_000)
    server, owner = start_with(bucket, limits_largestFileMB=200)
    manage(owner, bucket, "pause")
    note = owner.ready(owner.add(data)["id"])
    before = peak(server)
    manage(owner, bucket, "resume")
    verified(owner, note["id"], bucket, seconds=120)
    assert peak(server) - before < 64 * 1024, "kibibytes"
    assert bucket.head(sha256(data))["ETag"].strip('"') == parts_etag(data, 16_000_000)


def peak(server):
    """The most memory that the server ever had, in kibibytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
