"""A blob is in a bucket once, whoever brought it there, and goes when its last note is deleted for good."""

import time

import pytest

from support.faults import Delay
from support.places import Bucket, sha256
from support.recordings import unique_wav
from support.s3_requests import is_put
from support.server import eventually
from support.storage import delete_for_good, large_wav, plays, replica, tells_the_truth, verified


@pytest.fixture(params=["s3", "ceph"])
def engine(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def before(fault_proxy):
    """A proxy in front of an engine."""
    return lambda engine: fault_proxy(engine.port)


def test_the_same_content_is_one_object_and_is_sent_once(s3, start_with, before):
    proxy = before(s3)
    bucket = Bucket(s3, through=proxy)
    _, owner = start_with(bucket)
    data = unique_wav(1)
    first = verified(owner, owner.add(data)["id"], bucket)
    second = verified(owner, owner.add(data)["id"], bucket)
    assert first["id"] != second["id"]
    assert bucket.kept() == {sha256(data)}
    assert len([one for one in proxy.log if is_put(one)]) == 1


def test_what_is_there_already_is_verified_and_not_sent(engine, start_with, before):
    """What is small is sent all the same: that costs less than to ask for each."""
    proxy, data, small = before(engine), large_wav(2_000_000), unique_wav(2)
    bucket = Bucket(engine, through=proxy)
    bucket.put(sha256(data), data)
    bucket.put(sha256(small), small)
    _, owner = start_with(bucket)
    for one in (data, small):
        verified(owner, owner.add(one)["id"], bucket)
    assert [one for one in proxy.log if is_put(one, sha256(data))] == []
    assert bucket.kept() == {sha256(data), sha256(small)}


def test_something_else_of_the_same_size_is_not_taken_for_it(engine, start_with):
    """A size alone proves nothing."""
    bucket, data = Bucket(engine), unique_wav(2)
    bucket.put(sha256(data), bytes(len(data)))
    _, owner = start_with(bucket)
    verified(owner, owner.add(data)["id"], bucket)
    assert bucket.read(sha256(data)) == data


# Deleting for good


def test_a_note_that_is_deleted_for_good_is_deleted_in_the_store(s3, start_with):
    bucket = Bucket(s3)
    _, owner = start_with(bucket, audio_listenCopy=True)
    note = verified(owner, owner.add(unique_wav(1))["id"], bucket, blobs=("source", "listen"))
    assert owner.delete(f"/notes/{note['id']}").status_code == 204
    time.sleep(1)
    assert note["recording"]["sha256"] in bucket.kept(), "in the trash it is still there"
    assert owner.delete(f"/notes/{note['id']}", params={"permanent": "true"}).status_code == 204
    eventually(lambda: bucket.kept() == set(), 30, "removing the objects")
    assert bucket.has_marker()


def test_an_object_stays_while_another_note_has_its_content(s3, start_with):
    bucket, data = Bucket(s3), unique_wav(0.5)
    _, owner = start_with(bucket)
    first, second = (verified(owner, owner.add(data)["id"], bucket)["id"] for _ in range(2))
    delete_for_good(owner, first)
    time.sleep(2)
    assert bucket.read(sha256(data)) == data
    assert replica(owner.note(second), bucket)["state"] == "verified"
    delete_for_good(owner, second)
    eventually(lambda: bucket.kept() == set(), 30, "removing the object")


def test_content_that_comes_again_right_after_its_deletion_is_there(s3, start_with, before):
    """A removal that waits does not take away what is wanted again."""
    proxy, data = before(s3), unique_wav(0.5)
    bucket = Bucket(s3, through=proxy)
    server, owner = start_with(bucket)
    note = verified(owner, owner.add(data)["id"], bucket)
    proxy.always(Delay(1.5), when=lambda request: request.method == "DELETE")
    delete_for_good(owner, note["id"])
    again = owner.add(data)["id"]
    verified(owner, again, bucket)
    time.sleep(2.5)
    proxy.clear()
    verified(owner, again, bucket)
    eventually(lambda: bucket.has(sha256(data)), 30, "its being there")
    tells_the_truth(owner, bucket)
    plays(owner, again, data)
    assert sha256(data) in server.blobs()
