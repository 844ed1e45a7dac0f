"""Where players are not sent elsewhere, a recording comes back while it plays: once, whole, and never a wrong one."""

import threading
import time

import httpx
import pytest

from support.faults import Answer, Cut, Flip, Trickle
from support.places import KINDS, Bucket, place_of, sha256
from support.recordings import unique_wav
from support.s3_requests import Rot, is_read
from support.server import eventually
from support.storage import act, in_state, manage, plays, reclaimed, replica, verified, wait_for

FETCHED = {"playback_remote": "fetch", "reclaim_localHours": 0, "reclaim_quarantineHours": 0}


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


@pytest.fixture
def away(bucket, proxy, start_with):
    """A server, its owner, a note whose recording of 320 KB is only in the bucket, and its bytes."""
    server, owner = start_with(bucket, **FETCHED)
    return server, owner, *sent_away(server, owner, bucket)


def sent_away(server, owner, *places, seconds=20):
    data = unique_wav(seconds)
    note = verified(owner, owner.add(data)["id"], *places)
    reclaimed(server, owner, note["recording"]["sha256"])
    return note, data


def reads(proxy):
    return [one for one in proxy.log if is_read(one)]


def is_back(server, owner, note):
    eventually(lambda: note["recording"]["sha256"] in server.blobs(), what="its coming back")
    wait_for(owner, note["id"], lambda one: replica(one, "local")["state"] == "verified", "knowing that it is here")


def test_it_comes_back_while_it_plays_and_is_here_afterwards(away, proxy):
    server, owner, note, data = away
    answer = owner.audio(note["id"], rendition="source")
    assert answer.status_code == 200 and answer.content == data
    assert answer.headers["etag"] == f'"{sha256(data)}"' and answer.headers["content-type"] == "audio/wav"
    assert int(answer.headers["content-length"]) == len(data)
    is_back(server, owner, note)
    for _ in range(3):
        plays(owner, note["id"], data)
    assert len(reads(proxy)) == 1
    assert sha256(server.blobs()[sha256(data)].read_bytes()) == sha256(data)


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_from_any_kind_of_store(request, start_with, kind):
    place = place_of(kind, request)
    server, owner = start_with(place, **FETCHED)
    note, data = sent_away(server, owner, place)
    plays(owner, note["id"], data)
    is_back(server, owner, note)


def test_it_plays_before_it_is_here_as_a_whole(away, proxy):
    _, owner, note, data = away
    proxy.always(Trickle("answer", 80_000), when=is_read)
    start = time.monotonic()
    with owner.stream("GET", f"/notes/{note['id']}/audio", params={"rendition": "source"}) as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        assert time.monotonic() - start < 2, "the whole takes four seconds"
        assert first + b"".join(pieces) == data


RANGES = ["bytes=0-999", "bytes=1000-1999", "bytes=-500", "bytes=150000-160000", "bytes=319000-"]


@pytest.mark.parametrize("range_", RANGES)
def test_a_part_is_answered_while_it_is_fetched(away, proxy, range_):
    server, owner, note, data = away
    proxy.always(Trickle("answer", 100_000), when=is_read)
    with owner.stream("GET", f"/notes/{note['id']}/audio", params={"rendition": "source"}) as whole:
        pieces = whole.iter_raw()
        head = next(pieces)
        part = owner.audio(note["id"], rendition="source", headers={"Range": range_})
        assert part.status_code == 206
        first, last, size = (int(number) for number in part.headers["content-range"][6:].replace("/", "-").split("-"))
        assert size == len(data) and part.content == data[first : last + 1]
        assert head + b"".join(pieces) == data
    is_back(server, owner, note)
    again = owner.audio(note["id"], rendition="source", headers={"Range": range_})
    assert again.content == part.content


def test_a_part_that_is_asked_for_first_is_answered(away):
    _, owner, note, data = away
    answer = owner.audio(note["id"], rendition="source", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (206, data[:2])
    assert answer.headers["content-range"] == f"bytes 0-1/{len(data)}"
    too_far = owner.audio(note["id"], rendition="source", headers={"Range": f"bytes={len(data)}-"})
    assert too_far.status_code == 416


def test_several_at_once_fetch_once(away, proxy):
    server, owner, note, data = away
    proxy.always(Trickle("answer", 200_000), when=is_read)
    heard = []

    def listen():
        heard.append(owner.audio(note["id"], rendition="source").content == data)

    listeners = [threading.Thread(target=listen) for _ in range(5)]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join()
    assert heard == [True] * 5 and len(reads(proxy)) == 1
    is_back(server, owner, note)


def test_a_listener_who_leaves_does_not_spoil_it_for_the_other(away, proxy):
    server, owner, note, data = away
    proxy.always(Trickle("answer", 100_000), when=is_read)
    path, source, heard = f"/notes/{note['id']}/audio", {"rendition": "source"}, []
    second = threading.Thread(target=lambda: heard.append(owner.audio(note["id"], **source).content))
    with owner.stream("GET", path, params=source) as first:
        next(first.iter_raw())
        second.start()
        time.sleep(0.3)
    second.join()
    assert heard == [data]
    is_back(server, owner, note)


def test_a_server_that_is_killed_meanwhile_has_nothing_half(away, proxy):
    server, owner, note, data = away
    proxy.always(Trickle("answer", 100_000), when=is_read)
    with owner.stream("GET", f"/notes/{note['id']}/audio", params={"rendition": "source"}) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        server.kill()
        with pytest.raises(httpx.TransportError):
            list(pieces)
    proxy.clear()
    server.start()
    assert sha256(data) not in server.blobs()
    assert replica(owner.note(note["id"]), "local")["state"] != "verified"
    plays(owner, note["id"], data)
    is_back(server, owner, note)


# What is wrong on the way, or there


def heard_of(owner, note):
    """What a player gets, and whether it was told that this is all."""
    body = b""
    try:
        with owner.stream("GET", f"/notes/{note['id']}/audio", params={"rendition": "source"}) as answer:
            if answer.status_code != 200:
                return answer.status_code, b"", False
            for piece in answer.iter_raw():
                body += piece
        return 200, body, True
    except httpx.TransportError:
        return 200, body, False


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_copy_is_never_played_as_if_it_were_whole(request, start_with, kind):
    """Its digest is known at its end only: then the connection breaks, and the copy is suspect."""
    place = place_of(kind, request)
    server, owner = start_with(place, **FETCHED)
    note, data = sent_away(server, owner, place)
    place.rot(sha256(data)) if kind != "s3" else place.spoil(sha256(data))
    status, body, was_whole = heard_of(owner, note)
    assert status != 200 or not was_whole, "it may be refused at once, or break off"
    assert len(body) < len(data)
    one = replica(in_state(owner, note["id"], place, "suspect"), place)
    assert one["error"]
    assert sha256(data) not in server.blobs()


def test_a_wrong_bit_on_the_way_is_noticed(away, bucket, proxy):
    server, owner, note, data = away
    proxy.next(Flip("answer"), when=is_read)
    _, body, was_whole = heard_of(owner, note)
    assert not was_whole and len(body) < len(data)
    assert sha256(data) not in server.blobs()
    act(owner, note["id"], bucket, "retry")  # to have it looked at again
    eventually(lambda: heard_of(owner, note) == (200, data, True), 60, "playing it after all")


@pytest.mark.parametrize("after", [0.1, 0.9])
def test_what_breaks_off_on_the_way_is_gone_on_with_or_breaks_off(away, proxy, after):
    server, owner, note, data = away
    proxy.next(Cut("answer", after), when=is_read)
    status, body, was_whole = heard_of(owner, note)
    assert status == 200 and (body == data if was_whole else data.startswith(body) and len(body) < len(data))
    plays(owner, note["id"], data)
    assert replica(owner.note(note["id"]), "s3")["state"] == "verified", "the network is to blame, not the copy"


def test_another_store_is_taken_when_the_first_does_not_answer(s3, bucket, proxy, start_with):
    """Also when nobody knew yet that it is away."""
    other = Bucket(s3, name="second")
    server, owner = start_with(bucket, other, **FETCHED)
    note, data = sent_away(server, owner, bucket, other)
    proxy.down()
    plays(owner, note["id"], data)
    is_back(server, owner, note)
    assert {replica(owner.note(note["id"]), place)["state"] for place in (bucket, other)} == {"verified"}
    proxy.up()


def test_another_store_is_taken_when_the_first_has_a_wrong_copy(s3, bucket, proxy, start_with):
    other = Bucket(s3, name="second")
    server, owner = start_with(bucket, other, **FETCHED)
    note, data = sent_away(server, owner, bucket, other)
    proxy.always(Flip("answer"), when=Rot(sha256(data)))
    eventually(lambda: heard_of(owner, note)[:2] == (200, data), 60, "playing the good one")
    is_back(server, owner, note)
    verified(owner, note["id"], bucket, other, seconds=90)  # repaired from the good one


def test_a_copy_that_is_not_there_any_more_is_lost_and_another_plays(s3, bucket, start_with):
    other = Bucket(s3, name="second")
    server, owner = start_with(bucket, other, **FETCHED)
    note, data = sent_away(server, owner, bucket, other)
    bucket.lose(sha256(data))
    plays(owner, note["id"], data)
    verified(owner, note["id"], bucket, other, seconds=90)
    assert bucket.has(sha256(data)), "it was copied there again"


def test_an_answer_that_is_no_recording_is_not_played(away, bucket, proxy):
    """Something in between that answers every request with a page, and 200."""
    server, owner, note, data = away
    proxy.next(Answer(200, b"<html>Please pay for the network.</html>"), when=is_read)
    status, body, was_whole = heard_of(owner, note)
    assert b"html" not in body and not (was_whole and status == 200 and body != data)
    assert sha256(data) not in server.blobs() or was_whole
    manage(owner, bucket, "retry")
    eventually(lambda: heard_of(owner, note) == (200, data, True), 60, "playing it")
