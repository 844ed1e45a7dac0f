"""Ranges of an edit that was never rendered to a file: the same bytes as of the whole, as for the audio of a note."""

import random

import pytest
from test_edits import change, head
from test_ranges import BEYOND, RANGES, SEVERAL, is_part, is_whole, parts_of

from support.api import problem
from support.edits import heard, kept, path, preview
from support.places import sha256
from support.recordings import unique_wav
from support.wire import Connection


@pytest.fixture(scope="module")
def playable(owner):
    """The preview of an edit of everything: gain, fades, a crossfade, silence. It knows its bytes."""
    data = unique_wav(3)
    note = owner.ready(owner.add(data)["id"])
    version = head(change(owner, note, None, {"op": "gain", "start": 0, "end": 500, "decibels": -3},
                          {"op": "fadeOut", "length": 900}, {"op": "crossfade", "at": 500, "length": 77},
                          {"op": "insertSilence", "at": 5000, "length": 99}))  # fmt: skip

    class Playable:
        def ask(self, method="GET", **headers):
            return preview(owner, note, version, method, **headers)

    playable = Playable()
    whole = playable.ask()
    assert whole.status_code == 200
    playable.bytes, playable.etag, playable.headers = whole.content, whole.headers["etag"], whole.headers
    yield playable
    assert sha256(owner.audio(note["id"], rendition="source").content) == sha256(data), "the source changed"


def test_a_player_is_told_what_comes(playable):
    """Type, length, ranges and a strong tag."""
    assert playable.headers["content-type"] == "audio/wav"
    assert playable.headers["content-length"] == str(len(playable.bytes))
    assert playable.headers["accept-ranges"] == "bytes"
    assert playable.etag.startswith('"') and playable.etag.endswith('"') and len(playable.etag) > 10
    assert playable.bytes[:4] == b"RIFF" and int.from_bytes(playable.bytes[4:8], "little") == len(playable.bytes) - 8


@pytest.mark.parametrize("asked, given", [*RANGES, ("bytes=43-45", (43, 45)), ("bytes=1045-6044", (1045, 6044))],
                         ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_a_range_gives_the_bytes_of_the_whole(playable, asked, given):
    """Any single range, also through header and samples, and what is no range at all."""
    response = playable.ask(Range=asked)
    if given:
        is_part(response, playable, *given)
    else:
        is_whole(response, playable)


@pytest.mark.parametrize("asked", BEYOND)
def test_a_range_beyond_the_end_is_416(playable, asked):
    """With the size."""
    size = len(playable.bytes)
    response = playable.ask(Range=asked.replace("SIZE", str(size)))
    problem(response, 416, "range_not_satisfiable")
    assert response.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("asked, wanted", SEVERAL)
def test_several_ranges_are_parts_of_the_whole(playable, asked, wanted):
    """Every part is what the whole has there."""
    response = playable.ask(Range=asked)
    assert response.status_code == 206
    got = set()
    for content_range, data in parts_of(response):
        first, last, size = map(int, content_range.removeprefix("bytes ").replace("/", "-").split("-"))
        assert size == len(playable.bytes) and data == playable.bytes[first : last + 1]
        got.update(range(first, last + 1))
    assert got >= {position % len(playable.bytes) for position in wanted}


def test_conditions_are_kept(playable):
    """If-Range goes on with the same version only; what is known is not sent again; HEAD has no body."""
    is_part(playable.ask(Range="bytes=10-19", If_Range=playable.etag), playable, 10, 19)
    is_whole(playable.ask(Range="bytes=10-19", If_Range='"another"'), playable)
    is_whole(playable.ask(Range="bytes=10-19", If_Range="W/" + playable.etag), playable)
    for known in (playable.etag, "*", f'"other", {playable.etag}', "W/" + playable.etag):
        response = playable.ask(If_None_Match=known)
        assert response.status_code == 304 and response.content == b"" and response.headers["etag"] == playable.etag
    is_whole(playable.ask(If_None_Match='"other"'), playable)
    assert playable.ask(If_Match='"other"').status_code == 412
    is_whole(playable.ask(If_Match=playable.etag), playable)
    response = playable.ask("HEAD")
    assert response.status_code == 200 and response.content == b""
    for name in ("content-length", "content-type", "etag", "accept-ranges", "cache-control"):
        assert response.headers[name] == playable.headers[name]


def test_pieces_of_any_size_make_the_whole(playable):
    """A player that fetches by pieces hears no seam, whatever it asked for before."""
    size, dice = len(playable.bytes), random.Random(5)
    for _ in range(60):
        first = dice.randrange(size)
        last = min(size - 1, first + dice.choice([0, 1, 2, 3, 101, 4096, 40_000]))
        is_part(playable.ask(Range=f"bytes={first}-{last}"), playable, first, last)


def test_a_download_that_broke_off_goes_on(server, owner, kept):
    """The connection is closed in the middle; the rest by range has the missing bytes."""
    added = kept(owner, unique_wav(60))
    state = change(owner, added, None, {"op": "cut", "start": 3000, "end": 7777}, {"op": "fadeIn", "length": 2500})
    whole = heard(owner, added, head(state))
    with Connection(server) as connection:
        token = owner.headers["authorization"]
        connection.send_request("GET", f"/api/v1{path(added, head(state))}", Authorization=token)
        status, headers = connection.read_head()
        assert status == 200 and int(headers["content-length"]) == len(whole)
        while len(connection.received) < 100_001:
            connection.received += connection.socket.recv(4096)
        begun = connection.received
    assert len(begun) < len(whole), "nothing broke off"
    rest = preview(owner, added, head(state), range=f"bytes={len(begun)}-", if_range=headers["etag"])
    assert rest.status_code == 206 and begun + rest.content == whole
