"""Recordings are brought to a real S3 server: what lies there afterwards, and that nobody waits for it."""

import hashlib
import time

import pytest

from support.api import TIME
from support.faults import Answer, Delay, Trickle
from support.places import Bucket, Disk, sha256
from support.recordings import unique_wav
from support.s3 import Swift
from support.s3_requests import Watch, is_delete, is_put, sends
from support.server import eventually
from support.sigv4 import STREAMING, UNSIGNED
from support.storage import act, delete_for_good, in_state, large_wav, replica, replicas, verified


@pytest.fixture(params=["s3", "ceph"])
def engine(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def before(fault_proxy):
    """A proxy in front of an engine."""
    return lambda engine: fault_proxy(engine.port)


def md5(data):
    return hashlib.md5(data).hexdigest()


def test_a_recording_is_brought_to_the_store_and_verified(engine, start_with):
    bucket = Bucket(engine)
    _, owner = start_with(bucket)
    data = unique_wav(3)
    note = verified(owner, owner.add(data)["id"], bucket)
    blob = note["recording"]["sha256"]
    assert bucket.read(blob) == data
    assert bucket.kept() == {blob} and bucket.strange() == []
    head = bucket.head(blob)
    assert (head["ContentType"], head["Metadata"]) == ("audio/wav", {"sha256": sha256(data)})
    assert (head["ETag"], head["ContentLength"]) == (f'"{md5(data)}"', len(data))
    assert "ContentEncoding" not in head
    assert isinstance(bucket.marker(), dict) and bucket.marker()
    one = replica(note, bucket)
    assert TIME.fullmatch(one.pop("verifiedAt")) and one.pop("attempts") >= 0
    assert one == {
        "store": "s3", "kind": "s3", "blob": "source", "state": "verified", "wanted": True, "paused": False,
        "bytesDone": len(data), "bytesTotal": len(data), "error": None,
    }  # fmt: skip
    assert replica(note, "local")["kind"] == "local" and replica(note, "local")["state"] == "verified"


@pytest.mark.parametrize("prefix", ["voicenote/", "a b/ü+%25/", "deep/er/and/deeper/", "no-slash-"])
def test_a_prefix_stands_in_front_of_every_key(engine, start_with, prefix):
    bucket = Bucket(engine, prefix=prefix)
    _, owner = start_with(bucket)
    data = unique_wav(1)
    note = verified(owner, owner.add(data)["id"], bucket)
    assert bucket.read(note["recording"]["sha256"]) == data
    assert bucket.has_marker() and bucket.strange() == []
    assert all(key.startswith(prefix) for key in bucket.objects())


PAYLOADS = [
    ("s3", "hashed", None), ("ceph", "hashed", None), ("s3", "unsigned", UNSIGNED), ("ceph", "unsigned", UNSIGNED),
    ("ceph", "chunked", STREAMING),
]  # fmt: skip


@pytest.mark.parametrize("engine_name, payload, said", PAYLOADS)
def test_a_body_is_signed_as_the_setting_says(request, start_with, before, engine_name, payload, said):
    """OpenStack Swift takes no chunked signatures: those are Ceph's to check. What is chunked is so on the way only."""
    engine = request.getfixturevalue(engine_name)
    proxy = before(engine)
    watch, bucket = Watch(proxy), Bucket(engine, through=proxy, payload=payload)
    _, owner = start_with(bucket)
    data = unique_wav(20)
    blob = verified(owner, owner.add(data)["id"], bucket)["recording"]["sha256"]
    [put] = watch.of(lambda one: is_put(one, blob))
    assert put.headers["x-amz-content-sha256"] == (said or blob)
    assert bucket.read(blob) == data and "ContentEncoding" not in bucket.head(blob)


@pytest.mark.parametrize("checksums", [False, True])
@pytest.mark.parametrize("size", [50_000, 7_000_000], ids=["whole", "in parts"])
def test_checksums_are_sent_only_where_they_are_asked_for(ceph, start_with, before, checksums, size):
    """Some servers refuse requests that have them."""
    proxy = before(ceph)
    watch, bucket = Watch(proxy), Bucket(ceph, through=proxy, checksums=checksums, partMB=6)
    _, owner = start_with(bucket)
    data = large_wav(size)
    verified(owner, owner.add(data)["id"], bucket)
    named = [{name for name in one.headers if "checksum" in name or "sdk-" in name} for one in watch.of(sends)]
    assert named and all(("x-amz-checksum-sha256" in names) == checksums for names in named)
    if not checksums:
        assert not any("checksum" in name for one in watch.seen for name in one.headers)


def test_a_storage_class_is_asked_for_where_one_is_set(s3, start_with, before):
    proxy = before(s3)
    watch, bucket = Watch(proxy), Bucket(s3, through=proxy, storageClass="STANDARD")
    _, owner = start_with(bucket)
    verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    assert [one.headers.get("x-amz-storage-class") for one in watch.of(sends)] == ["STANDARD"]


class VirtualSwift(Swift):
    """Of a host name `BUCKET.0.0.1` it takes the first part for the bucket. So the bucket `127` is at 127.0.0.1, which
    needs no name server; under `localhost` buckets are in the path."""

    def write(self, name, sections):
        if name == "proxy":
            sections["filter:s3api"]["storage_domain"] = "0.0.1"
        super().write(name, sections)

    def connect(self, endpoint=None, **options):
        return super().connect(endpoint or f"http://localhost:{self.port}", **options)


def test_the_bucket_may_stand_in_the_hosts_name(tmp_path_factory, start_with, fault_proxy):
    engine = VirtualSwift(tmp_path_factory.mktemp("virtual")).start()
    try:
        engine.client.create_bucket(Bucket="127")
        proxy = fault_proxy(engine.port)
        watch = Watch(proxy)
        bucket = Bucket(engine, bucket="127", style="virtual", endpoint=f"http://0.0.1:{proxy.port}")
        _, owner = start_with(bucket)
        data = unique_wav(1)
        blob = verified(owner, owner.add(data)["id"], bucket)["recording"]["sha256"]
        assert bucket.read(blob) == data
        [put] = watch.of(is_put)
        assert put.target.startswith("/blobs/") and put.headers["host"] == f"127.0.0.1:{proxy.port}"
    finally:
        engine.stop()


# Which copy goes where

LISTENS = [
    # replication.listenStores, and the stores that have the listen copy
    ("", {"s3", "disk"}), ("none", set()), ("disk", {"disk"}), ("s3", {"s3"}), ("disk,s3", {"s3", "disk"}),
]  # fmt: skip


@pytest.mark.parametrize("listen_stores, expected", LISTENS)
def test_listen_copies_go_where_the_policy_says(s3, start_with, tmp_path, listen_stores, expected):
    bucket, disk = Bucket(s3), Disk(tmp_path / "disk")
    _, owner = start_with(bucket, disk, audio_listenCopy=True, replication_listenStores=listen_stores)
    note = verified(owner, owner.add(unique_wav(1))["id"], bucket, disk)
    places = {"s3": bucket, "disk": disk}
    for name in expected:
        note = verified(owner, note["id"], places[name], blobs=("listen",))
    kinds = {one["kind"]: one["sha256"] for one in note["recording"]["renditions"]}
    assert {name for name, place in places.items() if kinds["listen"] in place.kept()} == expected
    assert not any(kinds["waveform"] in place.kept() for place in places.values()), "waveforms are made again"
    wanted = {one["store"] for one in replicas(note, blob="listen") if one["wanted"] and one["kind"] != "local"}
    assert wanted == expected


def test_sources_go_only_to_the_stores_of_the_policy(s3, start_with, tmp_path):
    bucket, disk = Bucket(s3), Disk(tmp_path / "disk")
    _, owner = start_with(bucket, disk, replication_stores="s3")
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    assert disk.kept() == set()
    assert not any(one["wanted"] for one in replicas(note, disk))


def test_what_is_no_audio_is_kept_elsewhere_too(s3, start_with):
    """The promise is for what was acknowledged, not for what can be played."""
    bucket = Bucket(s3)
    _, owner = start_with(bucket)
    data = b"This is no recording, but somebody sent it." * 50
    note = verified(owner, owner.add(data, file_name="strange.mp3")["id"], bucket)
    assert note["state"] == "failed" and bucket.read(note["recording"]["sha256"]) == data


def test_what_was_there_before_a_store_was_configured_goes_there_too(s3, start_with):
    bucket = Bucket(s3)
    server, owner = start_with()
    old = [owner.ready(owner.add(unique_wav(0.2))["id"]) for _ in range(3)]
    server.stop()
    server.settings |= bucket.settings
    server.start()
    for note in old:
        verified(owner, note["id"], bucket)
    assert bucket.kept() == {note["recording"]["sha256"] for note in old}


# Nobody waits


def test_no_answer_waits_for_the_store(s3, start_with, before):
    proxy = before(s3)
    bucket = Bucket(s3, through=proxy)
    server, owner = start_with(bucket)
    proxy.always(Delay(60))
    start = time.monotonic()
    for _ in range(5):
        data = unique_wav(0.5)
        note = owner.ready(owner.add(data)["id"])
        assert owner.audio(note["id"], rendition="source").content == data
        assert owner.patch(f"/notes/{note['id']}", json={"title": "At once"}).status_code == 200
    owner.get("/storage")
    act(owner, note["id"], bucket, "pause")
    delete_for_good(owner, note["id"])
    assert time.monotonic() - start < 15
    server.stop()  # in time, though a transfer hangs
    server.start()
    proxy.clear()


@pytest.mark.parametrize("most", [1, 3])
def test_only_so_many_transfers_at_a_time_and_none_is_forgotten(s3, start_with, before, most):
    proxy = before(s3)
    bucket = Bucket(s3, through=proxy, transfers=most)
    _, owner = start_with(bucket)
    proxy.always(Trickle("request", 100_000), when=sends)
    notes = [owner.add(unique_wav(2))["id"] for _ in range(12)]
    seen = set()

    def under_way():
        seen.add(len([one for one in list(proxy.log) if sends(one) and not one.end]))
        return len(bucket.kept()) == len(notes)

    eventually(under_way, 90, "the last of them")
    assert max(seen) == most
    for note in notes:
        verified(owner, note, bucket)
    assert len([one for one in proxy.log if sends(one)]) == len(notes), "each is sent once"


def test_a_replica_is_of_a_state_that_is_known(s3, start_with, before):
    """While it is on its way it is not verified, whatever the store may say of it."""
    proxy = before(s3)
    bucket = Bucket(s3, through=proxy)
    _, owner = start_with(bucket)
    proxy.always(Trickle("request", 40_000), when=sends)
    note = owner.add(unique_wav(5))
    seen = set()
    while "verified" not in seen:
        one = replica(in_state(owner, note["id"], bucket, "absent", "uploading", "verified"), bucket)
        seen.add(one["state"])
        assert (one["state"] == "verified") == (one["verifiedAt"] is not None)
        assert 0 <= one["bytesDone"] <= one["bytesTotal"]
        time.sleep(0.05)
    assert "uploading" in seen


@pytest.mark.parametrize("body", [b"<Error><Code>InternalError</Code></Error>", b"", b"<html>Not now.</html>"])
def test_a_removal_that_answers_200_and_removed_nothing_is_done_again(s3, before, start_with, body):
    proxy = before(s3)
    bucket = Bucket(s3, through=proxy)
    _, owner = start_with(bucket)
    note = verified(owner, owner.add(unique_wav(1))["id"], bucket)
    proxy.next(Answer(200, body), when=is_delete)
    delete_for_good(owner, note["id"])
    eventually(lambda: bucket.kept() == set(), 60, "its going")
    assert sum(is_delete(one) for one in proxy.log) == 2
