"""Recordings are brought to Cloudinary: what lies there, in how many parts it went, and what becomes of it in trouble.

The service is emulated; it is as strict as the real one (test_cloudinary_emulator*.py)."""

import time

import pytest

from support.cloudinary import Account, Cloudinary, Limits, faults, md5
from support.places import MARKER, Cloud, sha256
from support.recordings import encoded, unique_wav
from support.server import eventually
from support.storage import (
    act, delete_for_good, given_up, large_wav, manage, plays, replica, store, store_is, tells_the_truth, verified,
    wait_for,
)  # fmt: skip

PARTS = ("part", "last_part")


@pytest.fixture
def cloud(cloudinary):
    return Cloud(cloudinary)


def is_recording(exchange):
    return exchange.params.get("public_id", "")[-64:].isalnum() and MARKER not in exchange.params.get("public_id", "")


def uploads(service):
    """Those of recordings, whole or in parts."""
    return [one for one in service.log.of("upload", *PARTS) if is_recording(one)]


def test_a_recording_becomes_an_authenticated_video(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    data = unique_wav(3)
    note = verified(owner, owner.add(data)["id"], cloud)
    blob = note["recording"]["sha256"]
    asset = cloudinary.asset(f"voicenote/{blob}")
    assert (asset.resource_type, asset.type, asset.stored) == ("video", "authenticated", 1)
    assert asset.read() == data and asset.content.md5 == md5(data)
    assert cloud.kept() == {blob} and cloud.has_marker()
    assert {one.public_id for one in cloudinary.library} == {f"voicenote/{blob}", f"voicenote/{MARKER}"}
    one = replica(note, cloud)
    assert (one["store"], one["kind"], one["bytesDone"], one["error"]) == ("cloudinary", "cloudinary", len(data), None)


@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "m4a", "ogg", "opus", "webm", "aiff", "amr"])
def test_every_format_arrives_as_it_is(cloudinary, cloud, start_with, extension):
    _, owner = start_with(cloud)
    data = encoded(extension)
    verified(owner, owner.add(data, file_name=f"memo.{extension}", content_type="audio/*")["id"], cloud)
    assert cloud.read(sha256(data)) == data


def test_listen_copies_and_the_folder_are_as_set(cloudinary, start_with):
    cloud = Cloud(cloudinary, folder="notes/of mine")
    _, owner = start_with(cloud, audio_listenCopy=True)
    note = verified(owner, owner.add(unique_wav(1))["id"], cloud, blobs=("source", "listen"))
    kinds = {one["kind"]: one["sha256"] for one in note["recording"]["renditions"]}
    assert cloud.kept() == {note["recording"]["sha256"], kinds["listen"]}
    assert all(one.public_id.startswith("notes/of mine/") for one in cloudinary.library)


def test_an_account_may_want_sha_256(start_with):
    with Cloudinary(Account(algorithms=("sha256",))) as service:
        cloud = Cloud(service, algorithm="sha256", partMB=6)
        _, owner = start_with(cloud)
        small, large = unique_wav(0.5), large_wav(7_000_000)
        notes = [owner.add(data)["id"] for data in (small, large)]
        for note in notes:
            verified(owner, note, cloud)
        for note in notes:
            delete_for_good(owner, note)
        eventually(lambda: cloud.kept() == set(), 30, "removing them")
        assert service.mistakes == []


def test_what_is_no_media_goes_there_raw(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    data = b"This is no recording, but somebody sent it." * 50
    note = verified(owner, owner.add(data, file_name="strange.mp3")["id"], cloud)
    blob = note["recording"]["sha256"]
    assert cloud.asset(blob) is None and cloud.asset(blob, "raw").read() == data
    assert cloud.asset(blob, "raw").type == "authenticated"
    assert len(uploads(cloudinary)) <= 2, "asked once whether it is media, not each time"
    delete_for_good(owner, note["id"])
    eventually(lambda: cloud.kept() == set(), 30, "removing it")


# In parts


def test_more_than_twenty_megabytes_go_in_parts(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    data = large_wav(21_500_000)
    verified(owner, owner.add(data)["id"], cloud)
    assert cloud.read(sha256(data)) == data
    first, last = uploads(cloudinary)
    assert (first.operation, last.operation) == ("part", "last_part")
    assert first.headers["content-range"] == f"bytes 0-19999999/{len(data)}"
    assert last.headers["content-range"] == f"bytes 20000000-{len(data) - 1}/{len(data)}"
    assert first.headers["x-unique-upload-id"] == last.headers["x-unique-upload-id"]
    assert cloudinary.unfinished == 0


def test_up_to_twenty_megabytes_go_at_once(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    verified(owner, owner.add(large_wav(19_900_000))["id"], cloud)
    assert [one.operation for one in uploads(cloudinary)] == ["upload"]


def test_each_part_is_signed_when_it_goes(cloudinary, start_with):
    """A signature lives for an hour, and a large recording may take longer than that."""
    cloud = Cloud(cloudinary, partMB=6)
    _, owner = start_with(cloud)
    cloudinary.faults.next("part", *[faults.silent(1.2)] * 3)
    verified(owner, owner.add(large_wav(20_000_000))["id"], cloud)
    sent = uploads(cloudinary)
    assert [one.operation for one in sent] == ["part"] * 3 + ["last_part"]
    assert len({one.params["timestamp"] for one in sent}) >= 3
    assert all(abs(int(one.params["timestamp"]) - one.at) < 5 for one in sent)


PART_TROUBLES = [
    faults.server_error(), faults.bad_gateway(), faults.rate_limited(2), faults.reset_while_reading(),
    faults.reset_before(), faults.answer_lost(), faults.answer_torn(), faults.processing(),
]  # fmt: skip


@pytest.mark.parametrize("operation", PARTS)
@pytest.mark.parametrize("fault", PART_TROUBLES, ids=lambda fault: fault.name)
def test_a_part_that_fails_is_sent_again(cloudinary, start_with, operation, fault):
    cloud = Cloud(cloudinary, partMB=6)
    _, owner = start_with(cloud)
    cloudinary.faults.next(operation, fault)
    data = large_wav(14_000_000)
    verified(owner, owner.add(data)["id"], cloud)
    assert cloud.read(sha256(data)) == data and cloud.asset(sha256(data)).stored == 1
    assert len(uploads(cloudinary)) <= 6 and cloudinary.unfinished == 0


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_restart_ends_with_one_asset(cloudinary, start_with, how):
    """Whether the parts can be gone on with is the service's business: the recording is there in the end, once."""
    cloud = Cloud(cloudinary, partMB=6)
    server, owner = start_with(cloud)
    cloudinary.faults.next("part", *[faults.silent(0)] * 2, faults.silent(3))
    data = large_wav(26_000_000)
    note = owner.add(data)
    eventually(lambda: len(uploads(cloudinary)) >= 3, 60, "a third part")
    server.kill() if how == "killed" else server.stop()
    server.start()
    verified(owner, note["id"], cloud)
    assert cloud.read(sha256(data)) == data and cloud.asset(sha256(data)).stored == 1


# Trouble

PASSING = [
    faults.server_error(), faults.bad_gateway(), faults.processing(), faults.too_many_requests(1),
    faults.rate_limited(2), faults.reset_while_reading(), faults.reset_before(), faults.answer_torn(),
    faults.answer_lost(), faults.wrong_etag(), faults.wrong_bytes(), faults.slow(400), faults.silent(2),
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.name)
def test_what_goes_wrong_once_is_made_good(cloudinary, cloud, start_with, fault):
    _, owner = start_with(cloud)
    verified(owner, owner.add(unique_wav(0.2))["id"], cloud)  # the marker is there now
    cloudinary.faults.next("upload", fault)
    data = unique_wav(2)
    note = verified(owner, owner.add(data)["id"], cloud)
    assert cloudinary.log.faults() == [fault.name]
    assert cloud.read(sha256(data)) == data and replica(note, cloud)["error"] is None


@pytest.mark.parametrize("fault", [faults.answer_lost(), faults.answer_torn()], ids=lambda fault: fault.name)
def test_what_was_done_though_nobody_heard_is_not_done_twice(cloudinary, cloud, start_with, fault):
    _, owner = start_with(cloud)
    verified(owner, owner.add(unique_wav(0.2))["id"], cloud)
    cloudinary.faults.next("upload", fault)
    data = unique_wav(2)
    verified(owner, owner.add(data)["id"], cloud)
    assert cloud.asset(sha256(data)).stored == 1


@pytest.mark.parametrize("fault", [faults.wrong_etag(), faults.wrong_bytes()], ids=lambda fault: fault.name)
def test_without_the_right_digest_and_size_it_is_never_verified(cloudinary, cloud, start_with, fault):
    _, owner = start_with(cloud, replication_attempts=2)
    verified(owner, owner.add(unique_wav(0.2))["id"], cloud)
    cloudinary.faults.sometimes(1, [fault], "upload", "resource", "explicit")
    data = unique_wav(2)
    note = given_up(owner, owner.add(data)["id"], cloud)
    assert replica(note, cloud)["state"] != "verified" and replica(note, cloud)["error"]
    plays(owner, note["id"], data)
    cloudinary.faults.clear()
    act(owner, note["id"], cloud, "retry")
    verified(owner, note["id"], cloud)
    tells_the_truth(owner, cloud)


def test_it_waits_until_the_moment_that_the_service_names(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    verified(owner, owner.add(unique_wav(0.2))["id"], cloud)
    cloudinary.faults.next("upload", faults.rate_limited(8))
    note = owner.add(unique_wav(0.5))
    verified(owner, note["id"], cloud)
    [first], second = [one for one in cloudinary.log if one.fault], uploads(cloudinary)[-1]
    assert second.at - first.at >= 6.9, "Try again on …, in whole seconds"


def test_it_waits_for_as_long_as_the_service_asks(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    verified(owner, owner.add(unique_wav(0.2))["id"], cloud)
    cloudinary.faults.next("upload", faults.too_many_requests(6))
    verified(owner, owner.add(unique_wav(0.5))["id"], cloud)
    [first], second = [one for one in cloudinary.log if one.fault], uploads(cloudinary)[-1]
    assert second.at - first.at >= 5.9


def test_what_the_account_does_not_take_is_given_up_at_once_with_its_words(start_with):
    with Cloudinary(limits=Limits(asset=1_000_000)) as service:
        cloud = Cloud(service)
        _, owner = start_with(cloud)
        data = large_wav(2_000_000)
        note = given_up(owner, owner.add(data)["id"], cloud)
        assert "File size too large" in replica(note, cloud)["error"]
        assert len(uploads(service)) == 1
        assert store(owner, cloud)["state"] == "up"
        verified(owner, owner.add(unique_wav(0.5))["id"], cloud)
        plays(owner, note["id"], data)


def test_an_outage_is_waited_for(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    verified(owner, owner.add(unique_wav(0.2))["id"], cloud)
    cloudinary.stop()
    notes = [owner.add(unique_wav(0.2))["id"] for _ in range(8)]
    down = store_is(owner, cloud, "down")
    assert down["reason"] and cloudinary.account.secret not in down["reason"]
    cloudinary.start()
    manage(owner, cloud, "retry")
    for note in notes:
        verified(owner, note, cloud)


@pytest.mark.parametrize("wrong", [{"apiSecret": "wrong"}, {"apiKey": "123"}, {"cloudName": "nobody"}])
def test_wrong_credentials_stop_the_store_and_say_so(cloudinary, start_with, wrong):
    cloud = Cloud(cloudinary, **wrong)
    _, owner = start_with(cloud)
    for _ in range(4):
        owner.add(unique_wav(0.2))
    down = store_is(owner, cloud, "down")
    assert "CLOUDINARY" in down["reason"].upper()
    assert "String to sign" not in down["reason"], "what is signed need not be shown"
    time.sleep(2)
    assert len(cloudinary.log) < 20 and len(cloudinary.library) == 0


# The same content, and deleting


def test_the_same_content_is_one_asset_and_is_sent_once(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    data = unique_wav(1)
    for _ in range(2):
        verified(owner, owner.add(data)["id"], cloud)
    assert len(uploads(cloudinary)) == 1 and cloud.asset(sha256(data)).stored == 1


def test_a_note_that_is_deleted_for_good_is_destroyed_there(cloudinary, cloud, start_with):
    _, owner = start_with(cloud)
    data = unique_wav(1)
    note = verified(owner, owner.add(data)["id"], cloud)
    cloudinary.faults.next("destroy", faults.server_error(), faults.answer_lost())
    delete_for_good(owner, note["id"])
    eventually(lambda: cloud.kept() == set(), 60, "destroying it")
    assert cloud.has_marker()
    again = owner.add(data)
    verified(owner, again["id"], cloud)
    assert cloud.read(sha256(data)) == data


def test_progress_of_the_parts_is_shown(cloudinary, start_with):
    cloud = Cloud(cloudinary, partMB=6)
    _, owner = start_with(cloud)
    cloudinary.faults.next("part", *[faults.silent(1)] * 3)
    note = owner.add(large_wav(20_000_000))
    for least in (6_000_000, 12_000_000, 18_000_000):
        wait_for(owner, note["id"], lambda one, least=least: replica(one, cloud)["bytesDone"] >= least, f"{least}")
    assert replica(verified(owner, note["id"], cloud), cloud)["bytesDone"] == note["recording"]["size"]
