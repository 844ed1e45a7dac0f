"""Ranges by RFC 9110, as players ask for them, over real HTTP."""

import email.parser
import re

import pytest

from support.wire import Connection

# The file is `size` bytes; a number below zero counts from its end. None: the whole, with 200.
RANGES = [
    ("bytes=0-1", (0, 1)),  # Safari asks this first, and wants two bytes and the right total
    ("bytes=0-0", (0, 0)),
    ("bytes=0-", (0, -1)),
    ("bytes=100-199", (100, 199)),
    ("bytes=100-", (100, -1)),
    ("bytes=-1", (-1, -1)),
    ("bytes=-500", (-500, -1)),
    ("bytes=-99999999", (0, -1)),  # a suffix longer than the file is the file
    ("bytes=0-99999999", (0, -1)),  # an end past the file is its end
    ("bytes=200-99999999999999999999999", (200, -1)),  # larger than any integer type
    ("Bytes=5-9", (5, 9)),  # range units are compared without case
    ("bytes= 0-1 ,", (0, 1)),  # empty list elements and blanks are allowed
    ("bytes=5-1", None),  # the rest is not a range, and is ignored
    ("bytes=abc", None),
    ("bytes=", None),
    ("bytes=1", None),
    ("bytes=-", None),
    ("bytes=--1", None),
    ("bytes=+1-2", None),
    ("bytes=0x0-0x1", None),
    ("seconds=0-1", None),
    ("0-1", None),
]
BEYOND = ["bytes=SIZE-", "bytes=SIZE-SIZE", "bytes=99999999-", "bytes=99999999999999999999999-", "bytes=-0"]


@pytest.fixture(params=["source", "listen"])
def playable(request, owner, spoken):
    """Fetches one rendition of a note; knows its bytes."""

    class Playable:
        def ask(self, method="GET", **headers):
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            return owner.audio(spoken["id"], headers=headers, method=method, rendition=request.param)

    playable = Playable()
    whole = playable.ask()
    assert whole.status_code == 200
    playable.bytes, playable.etag, playable.headers = whole.content, whole.headers["etag"], whole.headers
    return playable


def part(playable, first, last):
    size = len(playable.bytes)
    first, last = first % size if first < 0 else first, last % size if last < 0 else last
    return playable.bytes[first : last + 1], f"bytes {first}-{last}/{size}"


def is_part(response, playable, first, last):
    data, content_range = part(playable, first, last)
    assert response.status_code == 206
    assert response.headers["content-range"] == content_range
    assert response.headers["content-length"] == str(len(data))
    assert response.content == data
    for name in ("etag", "cache-control", "content-type", "accept-ranges"):
        assert response.headers[name] == playable.headers[name]


def is_whole(response, playable):
    assert response.status_code == 200
    assert "content-range" not in response.headers
    assert response.headers["content-length"] == str(len(playable.bytes))
    assert response.content == playable.bytes


def test_a_player_is_told_that_it_may_ask_for_parts(playable):
    assert playable.headers["accept-ranges"] == "bytes"
    assert re.fullmatch(r'"[0-9a-f]{64}"', playable.etag)


@pytest.mark.parametrize("asked, given", RANGES, ids=[asked for asked, _ in RANGES])
def test_a_range_gives_exactly_the_bytes_asked_for(playable, asked, given):
    response = playable.ask(Range=asked)
    if given:
        is_part(response, playable, *given)
    else:
        is_whole(response, playable)


@pytest.mark.parametrize("asked", BEYOND)
def test_a_range_outside_the_file_is_416_with_the_size(playable, asked):
    size = len(playable.bytes)
    response = playable.ask(Range=asked.replace("SIZE", str(size)))
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{size}"
    assert response.headers["content-type"].startswith("application/problem+json")
    assert response.json()["code"] == "range_not_satisfiable"


SEVERAL = [
    ("bytes=0-9,20-29", {*range(0, 10), *range(20, 30)}),
    ("bytes=0-0,-1", {0, -1}),
    ("bytes=0-9,5-14", {*range(0, 15)}),
    ("bytes=20-29,0-9", {*range(0, 10), *range(20, 30)}),
    ("bytes=0-9,99999999-", {*range(0, 10)}),  # what cannot be had is left out
]


@pytest.mark.parametrize("asked, wanted", SEVERAL)
def test_several_ranges_come_as_parts_or_joined(playable, asked, wanted):
    response = playable.ask(Range=asked)
    assert response.status_code == 206
    size, got = len(playable.bytes), set()
    for content_range, data in parts_of(response):
        first, last, total = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", content_range).groups())
        assert total == size and data == playable.bytes[first : last + 1]
        got.update(range(first, last + 1))
    assert got >= {position % size for position in wanted}
    assert response.headers["content-length"] == str(len(response.content))


def parts_of(response):
    if not response.headers["content-type"].startswith("multipart/byteranges"):
        return [(response.headers["content-range"], response.content)]
    assert "content-range" not in response.headers
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode("ascii")
    boundary = email.parser.BytesParser().parsebytes(head).get_boundary()
    assert boundary and response.content.rstrip(b"\r\n").endswith(f"--{boundary}--".encode())
    pieces = (b"\r\n" + response.content).split(f"\r\n--{boundary}".encode())[1:-1]
    found = []
    for piece in pieces:
        head, data = piece.removeprefix(b"\r\n").split(b"\r\n\r\n", 1)
        fields = email.parser.BytesParser().parsebytes(head + b"\r\n\r\n")
        assert fields["content-type"].startswith("audio/")
        found.append((fields["content-range"], data))
    assert len(found) >= 2, "one part alone must not be multipart"
    return found


def test_several_ranges_that_all_lie_outside_are_416(playable):
    assert playable.ask(Range="bytes=99999999-,88888888-").status_code == 416


@pytest.mark.parametrize(
    "asked", ["bytes=" + ",".join(["0-"] * 500), "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 2000, 2))]
)
def test_many_ranges_cannot_be_used_to_make_the_server_work(playable, asked):
    """RFC 9110 14.2: a server may refuse or ignore many small or overlapping ranges."""
    response = playable.ask(Range=asked)
    assert response.status_code in (200, 206, 416)
    assert len(response.content) <= len(playable.bytes) + 1000


def test_if_range_continues_only_the_same_file(playable):
    is_part(playable.ask(Range="bytes=10-19", If_Range=playable.etag), playable, 10, 19)
    is_whole(playable.ask(Range="bytes=10-19", If_Range='"another"'), playable)
    is_whole(playable.ask(Range="bytes=10-19", If_Range="W/" + playable.etag), playable)
    is_whole(playable.ask(Range="bytes=10-19", If_Range="Wed, 21 Oct 2015 07:28:00 GMT"), playable)
    is_whole(playable.ask(If_Range=playable.etag), playable)
    is_whole(playable.ask(Range="bytes=99999999-", If_Range='"another"'), playable)


def test_a_file_that_the_client_has_is_not_sent_again(playable):
    for known in (playable.etag, "*", f'"other", {playable.etag}', "W/" + playable.etag):
        response = playable.ask(If_None_Match=known)
        assert response.status_code == 304 and response.content == b""
        assert response.headers["etag"] == playable.etag
        assert response.headers["cache-control"] == playable.headers["cache-control"]
    is_whole(playable.ask(If_None_Match='"other"'), playable)
    assert playable.ask(If_None_Match=playable.etag, Range="bytes=0-1").status_code == 304


def test_if_match_insists_on_the_file(playable):
    is_whole(playable.ask(If_Match=playable.etag), playable)
    is_whole(playable.ask(If_Match="*"), playable)
    assert playable.ask(If_Match='"other"').status_code == 412
    assert playable.ask(If_Match="W/" + playable.etag).status_code == 412


def test_head_gives_the_same_headers_and_no_body(playable):
    for headers in ({}, {"Range": "bytes=0-1"}):  # a range is for GET only
        response = playable.ask("HEAD", **headers)
        assert response.status_code == 200 and response.content == b""
        for name in ("content-length", "content-type", "etag", "accept-ranges", "cache-control"):
            assert response.headers[name] == playable.headers[name]
    assert playable.ask("HEAD", If_None_Match=playable.etag).status_code == 304


def test_head_sends_no_byte_of_a_body(server, owner, spoken):
    with Connection(server) as connection:
        path, token = f"/api/v1/notes/{spoken['id']}/audio", owner.headers["authorization"]
        connection.send_request("HEAD", path, Authorization=token)
        status, headers = connection.read_head()
        assert status == 200 and int(headers["content-length"]) > 0
        connection.send_request("GET", "/healthz", Connection="close")
        assert connection.read_head()[0] == 200  # the next bytes are the next answer


def test_audio_is_never_compressed_on_the_way(playable):
    response = playable.ask(Accept_Encoding="gzip, deflate, br")
    assert "content-encoding" not in response.headers
    is_whole(response, playable)


def test_a_player_that_leaves_in_the_middle_harms_nobody(server, owner, spoken):
    for _ in range(20):
        with Connection(server) as connection:
            connection.send_request(
                "GET", f"/api/v1/notes/{spoken['id']}/audio", Authorization=owner.headers["authorization"]
            )
            connection.socket.recv(10)
    assert owner.audio(spoken["id"]).status_code == 200
