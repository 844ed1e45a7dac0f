"""Cleaning up takes nobody's word for it: a store that does not confirm a copy keeps the one here."""

from datetime import UTC, datetime, timedelta

import pytest

from support.faults import Answer
from support.places import Bucket, flipped, sha256
from support.s3_requests import is_head, is_read, lists_uploads
from support.server import eventually
from support.storage import (
    AT_ONCE, here, make_older, reclaimed, recorded, replica, succeeded, verified, voicenote,
)  # fmt: skip

DAY = 24


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


def test_a_copy_that_was_not_asked_for_since_a_day_is_asked_for_again(bucket, proxy, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    _, data = recorded(owner, bucket)
    asked = len([one for one in proxy.log if is_head(one)])
    make_older(server, 2 * DAY)
    reclaimed(server, owner, *data)
    assert len([one for one in proxy.log if is_head(one)]) - asked >= len(data)


def test_a_copy_that_is_gone_there_keeps_the_one_here(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    notes, data = recorded(owner, bucket)
    make_older(server, 2 * DAY)
    gone, *_ = data
    bucket.lose(gone)
    reclaimed(server, owner, *(blob for blob in data if blob != gone))
    assert here(server, data) == {gone}
    [note] = [note for note in notes if note["recording"]["sha256"] == gone]
    eventually(lambda: bucket.has(gone), 60, "bringing it there again")
    verified(owner, note["id"], bucket)


ANOTHER = (("ETag", f'"{"0" * 32}"'), ("Content-Type", "audio/wav"))
LIES = {
    "another digest": lambda data: Answer(200, flipped(data), ANOTHER),
    "another size": lambda data: Answer(200, data[:-1], ANOTHER),
    "an error": lambda data: Answer(500),
    "no rights": lambda data: Answer(403),
    "nothing": lambda data: Answer(404),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_store_that_does_not_confirm_the_copy_keeps_the_one_here(bucket, proxy, start_with, lie):
    server, owner = start_with(bucket, **AT_ONCE)
    [note], data = recorded(owner, bucket, count=1)
    make_older(server, 2 * DAY)
    proxy.always(LIES[lie](*data.values()), when=lambda request: is_head(request) or is_read(request))
    voicenote(server, "reclaim", owner=owner)
    assert here(server, data) == set(data)
    assert replica(owner.note(note["id"]), "local")["state"] == "verified"


def test_a_store_that_is_away_keeps_what_is_here(bucket, proxy, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    _, data = recorded(owner, bucket)
    make_older(server, 2 * DAY)
    proxy.down()
    said = voicenote(server, "reclaim", owner=owner)
    assert here(server, data) == set(data), said.stdout + said.stderr
    proxy.up()


def test_a_store_that_is_not_configured_any_more_counts_for_nothing(bucket, start_with):
    server, owner = start_with(bucket, **AT_ONCE)
    _, data = recorded(owner, bucket)
    server.stop()
    for name in bucket.settings:
        del server.settings[name]
    server.start()
    voicenote(server, "reclaim", owner=owner)
    assert here(server, data) == set(data)


# What else is cleaned up


def listing(bucket, uploads):
    """ListMultipartUploads, as a store says it: (key, id, age in hours)."""
    entries = "".join(
        f"<Upload><Key>{key}</Key><UploadId>{upload}</UploadId><StorageClass>STANDARD</StorageClass>"
        f"<Initiated>{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
        for key, upload, hours in uploads
    )
    return Answer(
        200,
        f'<?xml version="1.0"?><ListMultipartUploadsResult><Bucket>{bucket.bucket}</Bucket><KeyMarker/>'
        f"<UploadIdMarker/><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>{entries}"
        f"</ListMultipartUploadsResult>".encode(),
    )


def test_uploads_that_nobody_ends_are_ended_when_they_are_old(bucket, proxy, start_with):
    """Only the answer about their age is not the store's own: nobody can wait for a week."""
    server, owner = start_with(bucket)
    client, name = bucket.client, bucket.bucket
    keys = {what: bucket.key(sha256(what.encode())) for what in ("old", "young")} | {"foreign": "blobs/2026/report.pdf"}
    ids = {what: client.create_multipart_upload(Bucket=name, Key=key)["UploadId"] for what, key in keys.items()}
    client.upload_part(Bucket=name, Key=keys["old"], UploadId=ids["old"], PartNumber=1, Body=b"x" * 1000)
    hours = {"old": 8 * DAY, "young": 1, "foreign": 8 * DAY}
    proxy.always(listing(bucket, [(keys[what], ids[what], hours[what]) for what in keys]), when=lists_uploads)
    succeeded(voicenote(server, "reclaim", "--dry-run", owner=owner))
    assert len(bucket.unfinished()) == 3
    said = succeeded(voicenote(server, "reclaim", owner=owner))
    left = [(keys[what], ids[what]) for what in ("young", "foreign")]
    eventually(lambda: sorted(bucket.unfinished()) == sorted(left), 20, f"ending the old one ({said})")
