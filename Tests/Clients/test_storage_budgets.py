"""A store may be used only so much in a month: first comes a warning, then a stop, and both are said."""

import re

import pytest

from support.api import fetched, problem
from support.places import Bucket
from support.recordings import unique_wav
from support.s3_requests import is_read
from support.server import eventually
from support.storage import (
    AT_ONCE, large_wav, plays, reclaimed, replica, rewrite, storage, store, store_is, verified, voicenote,
)  # fmt: skip


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


def test_without_limits_it_is_only_counted(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy)
    _, owner = start_with(bucket)
    for _ in range(3):
        verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    eventually(lambda: store(owner, bucket)["usage"]["requests"] == len(proxy.log), 20, "counting every request")
    assert store(owner, bucket)["usage"]["warning"] is False and store(owner, bucket)["state"] == "up"


def test_a_restart_does_not_begin_the_month_anew(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy)
    server, owner = start_with(bucket)
    verified(owner, owner.add(unique_wav(0.2))["id"], bucket)
    before = store(owner, bucket)["usage"]
    server.stop()
    server.start()
    after = store(owner, bucket)["usage"]
    assert after["month"] == before["month"] and after["requests"] >= before["requests"] > 0


def test_requests_come_to_an_end(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy, requests=40)
    server, owner = start_with(bucket)
    warned, notes = False, []
    for _ in range(60):
        notes.append(owner.ready(owner.add(unique_wav(0.1))["id"])["id"])
        said = store(owner, bucket)
        warned = warned or said["usage"]["warning"] and said["state"] == "up"
        if said["state"] == "budget":
            break
    stopped = store_is(owner, bucket, "budget")
    assert warned or stopped["usage"]["warning"]
    assert stopped["usage"]["requestLimit"] == 40 and "40" in stopped["reason"]
    assert 32 <= len(proxy.log) <= 50, "a few may have been under way"
    waiting = owner.ready(owner.add(unique_wav(0.1))["id"])
    assert replica(owner.note(waiting["id"]), bucket)["state"] == "absent"
    pending = {note["id"] for note in fetched(owner.get("/notes", params={"sync": "pending", "limit": 500}))["items"]}
    assert waiting["id"] in pending, "it waits, and did not fail"
    checks = {one["name"]: one["outcome"] for one in storage(owner)["checks"]}
    assert checks["store s3"] in ("warn", "fail")
    assert re.search(r"^\s*(warn|fail)\s+store s3: .*40", voicenote(server, "doctor", owner=owner).stdout, re.M)
    # The limit is raised.
    server.stop()
    server.settings["VOICENOTE_STORES_S3_REQUESTS"] = "0"
    server.start()
    for note in [*notes, waiting["id"]]:
        verified(owner, note, bucket)


def test_a_new_month_begins_anew(s3, start_with):
    bucket = Bucket(s3, requests=10)
    server, owner = start_with(bucket)
    for _ in range(20):
        owner.ready(owner.add(unique_wav(0.1))["id"])
    store_is(owner, bucket, "budget")
    server.stop()
    assert rewrite(server, "UPDATE store_usage SET month = '2020-01'")
    server.settings["VOICENOTE_STORES_S3_REQUESTS"] = "500"
    server.start()
    store_is(owner, bucket, "up")
    eventually(lambda: store(owner, bucket)["replicas"]["verified"] == 20, 60, "all of them")


def test_downloads_come_to_an_end(s3, proxy, start_with):
    """Players that are sent to the store are not counted: they ask the store, not the server."""
    bucket = Bucket(s3, through=proxy, egressMB=1, redirect=False)
    server, owner = start_with(bucket, **AT_ONCE)
    data = [large_wav(900_000) for _ in range(3)]
    notes = [verified(owner, owner.add(one)["id"], bucket) for one in data]
    reclaimed(server, owner, *(note["recording"]["sha256"] for note in notes))
    plays(owner, notes[0]["id"], data[0])
    used = store(owner, bucket)["usage"]
    assert used["egressLimit"] == 1_000_000 and used["egressBytes"] >= 900_000 and used["warning"]
    owner.audio(notes[1]["id"], rendition="source")  # it may still come, or not any more
    said = problem(owner.audio(notes[2]["id"], rendition="source"), 503, "unavailable")
    assert "s3" in said["detail"]
    assert len([one for one in proxy.log if is_read(one)]) <= 2
    checks = {one["name"]: one["outcome"] for one in storage(owner)["checks"]}
    assert checks["store s3"] in ("warn", "fail")
    plays(owner, notes[0]["id"], data[0])  # it came back when it was played
    assert {replica(owner.note(note["id"]), bucket)["state"] for note in notes} == {"verified"}


def test_reading_again_keeps_to_the_budget(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy, egressMB=1)
    server, owner = start_with(bucket)
    notes = [verified(owner, owner.add(large_wav(400_000))["id"], bucket) for _ in range(6)]
    voicenote(server, "scrub", "--all", "--store", "s3", owner=owner)
    assert sum(one.answer_bytes for one in proxy.exchanges() if is_read(one)) <= 1_500_000
    assert {replica(owner.note(note["id"]), bucket)["state"] for note in notes} == {"verified"}
