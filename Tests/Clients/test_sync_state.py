"""Where each note is: what it tells, what may be asked for, and the list by how its notes stand."""

import pytest

from support.api import TIME, Api, account, fetched, problem
from support.faults import Answer
from support.places import Bucket, Disk
from support.recordings import unique_wav
from support.s3_requests import is_put
from support.storage import given_up, in_state, manage, replica, verified

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


@pytest.mark.parametrize("action", ["retry", "pause", "resume", "cancel"])
def test_anothers_note_answers_as_an_unknown_one(bucket, start_with, stranger, action):
    server, owner = start_with(bucket)
    member = stranger(server)
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    before = owner.note(note["id"])
    for name in ("s3", "nowhere"):
        foreign, unknown = (
            member.post(f"/notes/{one}/replicas/{name}", json={"action": action}) for one in (note["id"], UNKNOWN)
        )
        assert problem(foreign, 404, "not_found") | {"requestId": ""} == unknown.json() | {"requestId": ""}
        # Whether the connection stays open depends on how much of the request had come.
        assert set(foreign.headers) ^ set(unknown.headers) <= {"connection"}
    assert owner.note(note["id"]) == before


def test_a_token_that_only_reads_may_look_and_not_act(bucket, start_with):
    server, owner = start_with(bucket)
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    with Api(server.url, owner.make_token("read")["token"]) as reader:
        assert replica(reader.note(note["id"]), bucket)["state"] == "verified"
        assert fetched(reader.get("/storage"))["stores"]
        problem(reader.post(f"/notes/{note['id']}/replicas/s3", json={"action": "retry"}), 403, "forbidden")


def test_a_note_tells_of_each_copy_and_a_list_how_it_stands(bucket, disk, start_with):
    _, owner = start_with(bucket, disk, audio_listenCopy=True, replication_listenStores="disk")
    note = verified(owner, owner.add(unique_wav(1))["id"], bucket, disk)
    note = verified(owner, note["id"], disk, blobs=("source", "listen"))
    told = note["recording"]["replicas"]
    assert note["recording"]["sync"] == "synced"
    keys = {"store", "kind", "blob", "state", "wanted", "paused", "bytesDone", "bytesTotal", "attempts", "error",
            "verifiedAt"}  # fmt: skip
    assert all(set(one) == keys for one in told)
    verified_ones = {(one["store"], one["blob"]) for one in told if one["state"] == "verified"}
    expected = {("local", "source"), ("local", "listen"), ("s3", "source"), ("disk", "source"), ("disk", "listen")}
    assert verified_ones == expected
    assert all(TIME.fullmatch(one["verifiedAt"]) for one in told if one["state"] == "verified")
    [listed] = fetched(owner.get("/notes"))["items"]
    assert listed["recording"]["sync"] == "synced" and "replicas" not in listed["recording"]


# How they stand, in the list


@pytest.fixture
def shelf(bucket, disk, proxy, start_with):
    """Notes by how they stand: synced, pending in s3, failed in s3. The disk has all of them."""
    _, owner = start_with(bucket, disk)
    ids = {"synced": verified(owner, owner.add(unique_wav(0.2))["id"], bucket, disk)["id"]}
    proxy.next(Answer(400, b"<Error><Code>InvalidRequest</Code></Error>"), when=is_put)
    ids["failed"] = given_up(owner, owner.add(unique_wav(0.2))["id"], bucket)["id"]
    manage(owner, bucket, "pause")
    ids["pending"] = verified(owner, owner.add(unique_wav(0.2))["id"], disk)["id"]
    in_state(owner, ids["failed"], disk, "verified")
    return owner, ids


def listed(owner, **query):
    return [note["id"] for note in owner.all_notes(**query)]


@pytest.mark.parametrize("state", ["synced", "failed", "pending"])
def test_the_list_can_be_narrowed_to_a_state(shelf, state):
    owner, ids = shelf
    assert listed(owner, sync=state) == [ids[state]]
    assert listed(owner, sync=state, store="s3") == [ids[state]]
    assert listed(owner, sync=state, limit=1) == [ids[state]]
    assert {note["id"]: note["recording"]["sync"] for note in owner.all_notes()}[ids[state]] == state
    disk_has = ids.values() if state == "synced" else []
    assert set(listed(owner, sync=state, store="disk")) == set(disk_has)


def test_the_filter_goes_with_the_others(shelf):
    owner, ids = shelf
    fetched(owner.patch(f"/notes/{ids['failed']}", json={"folder": "work", "title": "Lighthouse"}))
    assert listed(owner, sync="failed", folder="work") == listed(owner, sync="failed", q="light") == [ids["failed"]]
    assert listed(owner, sync="pending", folder="work") == []
    fetched(owner.patch(f"/notes/{ids['failed']}", json={"archived": True}))
    assert listed(owner, sync="failed") == [] and listed(owner, sync="failed", archived="true") == [ids["failed"]]


WITHOUT_SENSE = [({"sync": "perhaps"}, "sync"), ({"sync": "failed", "store": "../x"}, "store")]


@pytest.mark.parametrize("query, field", WITHOUT_SENSE)
def test_a_filter_without_sense_is_refused(shelf, query, field):
    owner, _ = shelf
    problem(owner.get("/notes", params=query), 422, "validation_failed", field=field)


def test_what_failed_can_be_asked_for_again_all_at_once(shelf, bucket):
    owner, ids = shelf
    manage(owner, bucket, "resume")
    answer = fetched(owner.post("/notes/batch", json={"action": "replicate", "ids": [*ids.values(), UNKNOWN]}))
    assert [(item["id"], item["status"]) for item in answer["items"]] == [
        *((note, 200) for note in ids.values()), (UNKNOWN, 404),
    ]  # fmt: skip
    for note in ids.values():
        verified(owner, note, bucket)
    assert set(listed(owner, sync="synced")) == set(ids.values())
