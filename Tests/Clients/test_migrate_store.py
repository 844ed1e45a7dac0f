"""Moving to a store: step by step, to the end, and everything can be heard all the while."""

import threading
import time

import pytest

from support.api import Api, account
from support.faults import Delay
from support.migration import COUNT, STEPS, Move
from support.places import KINDS, Bucket, Disk, place_of, sha256
from support.recordings import unique_wav
from support.s3_requests import concerns
from support.server import eventually
from support.storage import AT_ONCE, here, play, reclaimed, storage, succeeded, verified, voicenote


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy, transfers=2)


@pytest.fixture
def move(start_with, bucket):
    move = Move(start_with, bucket)
    yield move
    move.close()


def test_a_plan_says_what_would_be_done_and_does_nothing(move):
    plan = succeeded(voicenote(move.server, "migrate", "to", "s3", "--dry-run", owner=move.owner))
    assert str(COUNT) in plan and "s3" in plan
    assert move.target.kept() == set() and here(move.server, move.data) == set(move.data) and move.state is None
    assert "no migration" in succeeded(voicenote(move.server, "migrate", "status", owner=move.owner)).lower()


def test_it_goes_through_its_steps_to_the_end(move, proxy):
    proxy.always(Delay(0.4), when=concerns)
    move.begin()
    seen, told = [], []
    while (state := move.state) or not seen:
        if state:
            seen += [state["step"]] if state["step"] not in seen else []
            told.append(state)
        time.sleep(0.02)
    assert seen == sorted(seen, key=STEPS.index) and "copy" in seen
    for state in told:
        assert set(state) >= {"id", "store", "step", "done", "total", "bytesDone", "bytesTotal", "error"}
        assert 0 <= state["done"] <= state["total"] and 0 <= state["bytesDone"] <= state["bytesTotal"]
    assert {(state["store"], state["error"]) for state in told} == {("s3", None)}
    assert len({state["id"] for state in told}) == 1
    copying = [state["done"] for state in told if state["step"] == "copy"]
    assert copying == sorted(copying) and len(set(copying)) >= 2
    assert max(state["bytesTotal"] for state in told) == sum(len(one) for one in move.data.values())
    proxy.clear()
    move.end()
    move.has_moved()
    shown = succeeded(voicenote(move.server, "migrate", "status", owner=move.owner))
    assert "s3" in shown and "done" in shown


@pytest.mark.parametrize("kind", KINDS)
def test_any_kind_of_store_can_be_moved_to(request, start_with, kind):
    move = Move(start_with, place_of(kind, request, name="target"))
    move.begin()
    move.end()
    move.has_moved()


def test_what_has_no_copy_here_moves_too(start_with, bucket, tmp_path):
    """From store to store."""
    move = Move(start_with, bucket, Disk(tmp_path / "disk"), **AT_ONCE)
    reclaimed(move.server, move.owner, *move.data)
    move.begin()
    move.end()
    move.has_moved()


def test_what_comes_meanwhile_moves_too(move, proxy):
    proxy.always(Delay(0.4), when=concerns)
    move.begin()
    move.reaches("copy")
    late = [move.owner.add(unique_wav(0.3))["id"] for _ in range(3)]
    proxy.clear()
    move.end()
    for note in late:
        verified(move.owner, note, move.target)
    move.has_moved()


@pytest.mark.parametrize("mode", ["redirect", "fetch"])
def test_everything_plays_all_the_while(start_with, bucket, proxy, mode):
    move = Move(start_with, bucket, playback_remote=mode)
    proxy.always(Delay(0.1), when=concerns)
    failures, rounds, is_over = [], [0], threading.Event()

    def listen():
        token = move.owner.headers["authorization"].removeprefix("Bearer ")
        with Api(move.server.url, token) as listener:
            while not is_over.is_set():
                for note in move.notes:
                    answer = play(listener, note["id"])
                    if answer.status_code != 200 or sha256(answer.content) != note["recording"]["sha256"]:
                        failures.append((move.step, answer.status_code, answer.text[:200]))
                rounds[0] += 1

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        move.begin()
        move.end()
    finally:
        is_over.set()
        listener.join()
        move.close()
    assert failures == [] and rounds[0] >= 2
    move.plays()


def test_a_copy_that_is_wrong_there_does_not_count(move):
    """It is found before anything is switched."""
    spoiled, *_ = move.data
    move.target.put(spoiled, bytes(len(move.data[spoiled])))
    move.begin()
    move.end()
    move.has_moved()


# What is refused


def test_there_is_one_at_a_time(start_with, bucket, proxy, tmp_path):
    move = Move(start_with, bucket, Disk(tmp_path / "disk"))
    proxy.always(Delay(1), when=concerns)
    move.begin()
    move.has_begun()
    assert "s3" in move.is_refused("migrate", "to", "disk")
    proxy.clear()
    move.end()
    move.has_moved()


@pytest.mark.parametrize("store", ["nowhere", "local", "S3", ""])
def test_a_store_that_is_none_is_refused(move, store):
    refused = voicenote(move.server, "migrate", "to", store, owner=move.owner)
    assert refused.returncode in (1, 64) and refused.stderr.strip()
    assert move.state is None and here(move.server, move.data) == set(move.data)


def test_without_one_there_is_nothing_to_take_back(move):
    assert move.is_refused("migrate", "rollback")
    assert here(move.server, move.data) == set(move.data)


def test_only_the_owner_is_told_of_it(move, proxy):
    proxy.always(Delay(1), when=concerns)
    move.begin()
    move.has_begun()
    with account(move.server, "stranger@example.org") as stranger:
        assert storage(stranger)["migration"] is None
    proxy.clear()
    move.end()


def test_nobody_is_sent_to_a_copy_that_is_only_promised(move, proxy):
    """While the copies are on their way, what is here plays from here."""
    proxy.always(Delay(2), when=concerns)
    move.begin()
    move.has_begun()
    for note in move.notes:
        assert move.owner.audio(note["id"], rendition="source").status_code == 200
    proxy.clear()
    move.end()


def test_a_server_that_is_not_there_is_not_needed(move):
    """The command does the work itself then."""
    move.server.stop()
    try:
        said = succeeded(voicenote(move.server, "migrate", "to", "s3", seconds=120))
    finally:
        move.server.start()
    assert "s3" in said
    eventually(lambda: move.state is None, 60, "its end")
    move.has_moved()
