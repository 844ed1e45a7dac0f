"""What the API says of the stores, to whom, and who may do something about them."""

import json
import re
import time

import pytest

from support.api import Api, account, fetched, problem
from support.faults import Answer, Trickle
from support.places import Bucket, Disk
from support.recordings import unique_wav
from support.s3_requests import is_put, sends
from support.server import eventually
from support.storage import (
    act, given_up, manage, replica, storage, store, store_is, succeeded, verified, voicenote,
)  # fmt: skip

UNKNOWN = "0190a0a0-0000-7000-8000-000000000000"


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path / "disk")


@pytest.fixture
def stranger():
    """Another account on a server of this test."""
    clients = []

    def register(server):
        clients.append(account(server, "stranger@example.org"))
        assert clients[-1].account["role"] == "member"
        return clients[-1]

    yield register
    for client in clients:
        client.close()


# GET /storage


def test_without_stores_it_says_what_is_here(start_with):
    _, owner = start_with()
    note = owner.ready(owner.add(unique_wav(1))["id"])
    said = storage(owner)
    assert set(said) >= {"space", "local", "stores", "queue", "checks", "migration"}
    assert (said["stores"], said["migration"]) == ([], None)
    assert said["queue"] == {"waiting": 0, "running": 0, "failed": 0}
    space = said["space"]
    assert 0 < space["free"] <= space["total"] and 0 < space["used"] <= space["total"]
    assert said["local"]["blobs"] == 2, "the recording and its waveform"
    assert said["local"]["bytes"] == note["recording"]["size"] + note["recording"]["renditions"][0]["size"]
    assert said["checks"] and all(set(one) == {"name", "outcome", "detail"} for one in said["checks"])
    assert {one["outcome"] for one in said["checks"]} <= {"pass", "warn", "fail"}
    assert replica(owner.note(note["id"]), "local")["state"] == "verified"
    assert fetched(owner.get("/notes"))["items"][0]["recording"]["sync"] == "none"


def test_of_each_store_it_says_how_it_is_and_what_is_in_it(bucket, disk, start_with):
    _, owner = start_with(bucket, disk)
    notes = [owner.add(unique_wav(1))["id"] for _ in range(3)]
    size = sum(verified(owner, note, bucket, disk)["recording"]["size"] for note in notes)
    said = storage(owner)
    assert [one["name"] for one in said["stores"]] == ["disk", "s3"]
    for one, kind in zip(said["stores"], ("folder", "s3"), strict=True):
        usage = one.pop("usage")
        assert re.fullmatch(r"\d{4}-\d\d", usage.pop("month"))
        assert usage.pop("requests") > 0 or kind == "folder"
        assert usage.pop("egressBytes") >= 0
        assert usage == {"requestLimit": 0, "egressLimit": 0, "warning": False}
        name = one.pop("name")
        assert one == {
            "kind": kind, "state": "up", "reason": None, "retryAt": None, "transfers": [], "lastScrubAt": None,
            "replicas": {"verified": 3, "uploading": 0, "waiting": 0, "failed": 0, "suspect": 0, "lost": 0,
                         "bytes": size},
        }, name  # fmt: skip


def test_what_waits_and_what_failed_is_counted(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    proxy.next(Answer(400, b"<Error><Code>InvalidRequest</Code></Error>"), when=is_put)
    failed = given_up(owner, owner.add(unique_wav(0.2))["id"], bucket)
    manage(owner, bucket, "pause")
    for _ in range(2):
        owner.ready(owner.add(unique_wav(0.2))["id"])

    def is_counted():
        counts = store(owner, bucket)["replicas"]
        return (counts["failed"], counts["waiting"], counts["verified"]) == (1, 2, 0)

    eventually(is_counted, what="the right counts")
    queue = storage(owner)["queue"]
    assert queue["failed"] == 1 and queue["running"] == 0
    act(owner, failed["id"], bucket, "retry")
    manage(owner, bucket, "resume")
    eventually(lambda: store(owner, bucket)["replicas"]["verified"] == 3, 60, "all of them")
    eventually(lambda: storage(owner)["queue"] == {"waiting": 0, "running": 0, "failed": 0}, what="an empty queue")


def test_a_member_sees_what_is_the_members(bucket, start_with, stranger):
    server, owner = start_with(bucket)
    member = stranger(server)
    for _ in range(3):
        verified(owner, owner.add(unique_wav(1), fields={"title": "Private"})["id"], bucket)
    mine = verified(member, member.add(unique_wav(1))["id"], bucket)
    said, all_ = storage(member), storage(owner)
    assert said["local"]["blobs"] == 2 and all_["local"]["blobs"] == 8
    assert said["stores"][0]["replicas"]["verified"] == 1 and all_["stores"][0]["replicas"]["verified"] == 4
    assert said["stores"][0]["replicas"]["bytes"] == mine["recording"]["size"]
    assert set(said) == set(all_) and set(said["stores"][0]) == set(all_["stores"][0])
    assert bucket.bucket not in json.dumps(said) and str(server.data) not in json.dumps(said)


def test_the_names_of_anothers_recordings_are_not_told(bucket, proxy, start_with, stranger):
    server, owner = start_with(bucket)
    member = stranger(server)
    proxy.always(Trickle("request", 20_000), when=sends)
    owner.add(unique_wav(5), fields={"title": "Private title"})
    eventually(lambda: store(owner, bucket)["transfers"], what="a transfer under way")
    assert store(owner, bucket)["transfers"][0]["title"] == "Private title"
    theirs = json.dumps(storage(member))
    assert "Private title" not in theirs and owner.all_notes()[0]["id"] not in theirs
    proxy.clear()


def test_it_needs_a_sign_in(server):
    with Api(server.url) as visitor:
        problem(visitor.get("/storage"), 401, "unauthenticated")
        problem(visitor.post("/storage/stores/s3", json={"action": "retry"}), 401, "unauthenticated")
        problem(visitor.post(f"/notes/{UNKNOWN}/replicas/s3", json={"action": "retry"}), 401, "unauthenticated")


def test_the_command_line_says_the_same(bucket, disk, proxy, start_with):
    server, owner = start_with(bucket, disk)
    verified(owner, owner.add(unique_wav(0.2))["id"], bucket, disk)
    proxy.always(Answer(500))
    manage(owner, bucket, "check")
    store_is(owner, bucket, "down")
    lines = succeeded(voicenote(server, "storage", owner=owner)).splitlines()
    for name, state in (("s3", "down"), ("disk", "up")):
        assert [line for line in lines if re.search(rf"\b{name}\b.*\b{state}\b", line)], lines
    proxy.clear()


# POST /storage/stores/{name}


def test_a_store_is_held_and_let_go_on(bucket, proxy, start_with):
    server, owner = start_with(bucket)
    assert manage(owner, bucket, "pause")["state"] == "paused"
    note = owner.ready(owner.add(unique_wav(0.2))["id"])
    server.stop()
    server.start()
    time.sleep(2)
    assert store(owner, bucket)["state"] == "paused", "a restart does not forget it"
    assert [one for one in proxy.log if sends(one)] == []
    assert replica(owner.note(note["id"]), bucket)["state"] == "absent"
    assert manage(owner, bucket, "resume")["state"] == "up"
    verified(owner, note["id"], bucket)


def test_a_check_asks_the_store_now(bucket, proxy, start_with):
    _, owner = start_with(bucket)
    asked = len(proxy.log)
    assert manage(owner, bucket, "check")["state"] == "up"
    assert len(proxy.log) > asked
    proxy.down()
    down = manage(owner, bucket, "check")
    assert down["state"] == "down" and down["reason"]
    proxy.up()
    assert manage(owner, bucket, "check")["state"] == "up"


@pytest.mark.parametrize("action", ["retry", "pause", "resume", "check"])
def test_only_the_owner_may(bucket, start_with, stranger, action):
    server, owner = start_with(bucket)
    member, path = stranger(server), "/storage/stores/s3"
    problem(member.post(path, json={"action": action}), 403, "forbidden")
    with Api(server.url, owner.make_token("read", "write")["token"]) as limited:
        problem(limited.post(path, json={"action": action}), 403, "forbidden")
    assert store(owner, bucket)["state"] == "up"
    fetched(owner.post(path, json={"action": action}))


BAD_ACTIONS = [{"action": "delete"}, {"action": None}, {}, {"action": ["retry"]}]


@pytest.mark.parametrize("body", BAD_ACTIONS, ids=str)
def test_an_action_that_is_none_is_refused(bucket, start_with, body):
    _, owner = start_with(bucket)
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    for path in ("/storage/stores/s3", f"/notes/{note['id']}/replicas/s3"):
        answer = owner.post(path, json=body)
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_store_that_is_none_is_unknown(bucket, start_with):
    _, owner = start_with(bucket)
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    for name in ("nowhere", "S3", "s3%2f..", "x" * 500):
        problem(owner.post(f"/storage/stores/{name}", json={"action": "check"}), 404, "not_found")
        problem(owner.post(f"/notes/{note['id']}/replicas/{name}", json={"action": "retry"}), 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_not_allowed(bucket, start_with, method):
    _, owner = start_with(bucket)
    note = owner.add(unique_wav(0.2))
    for path in ("/storage/stores/s3", f"/notes/{note['id']}/replicas/s3"):
        answer = owner.request(method, path)
        problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) - {"OPTIONS"} == {"POST"}
    problem(owner.post("/storage", json={}), 405, "method_not_allowed")
