"""tus 1.0, exchange by exchange: what the server answers and keeps. What it refuses is in test_upload_limits."""

import email.utils
import re
import time

import pytest

from support.api import Api, fetched
from support.recordings import unique_wav
from support.uploads import (
    OFFSET_STREAM, UNKNOWN, UPLOADS, Tus, checksum, completed, inside, kept, location_of, metadata, notes_of,
    nothing_there, refused, sha256, shown,
)  # fmt: skip

WORLD = b"hello world"
IMF_FIXDATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


@pytest.fixture
def tus(owner):
    return Tus(owner)


def is_open_at(tus, location, offset):
    assert tus.offset(location) == offset
    assert shown(tus.api, location)["state"] == "open"


@pytest.mark.parametrize("location", [UPLOADS, UNKNOWN], ids=["collection", "upload"])
@pytest.mark.parametrize("version", [None, "1.0.0", "9.9.9"])
def test_anybody_may_ask_what_is_spoken(server, location, version):
    """OPTIONS needs no sign-in, and is the one request whose version does not matter."""
    with Api(server.url) as visitor:
        response = visitor.options(inside(location), headers={"Tus-Resumable": version} if version else {})
        largest = fetched(visitor.get("/setup"))["largestFileBytes"]
    assert response.status_code == 204 and response.content == b""
    assert (response.headers["tus-version"], response.headers["tus-resumable"]) == ("1.0.0", "1.0.0")
    assert response.headers["tus-max-size"] == str(largest)
    assert set(response.headers["tus-extension"].split(",")) == {
        "creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination",
        "concatenation",
    }  # fmt: skip
    assert set(response.headers["tus-checksum-algorithm"].split(",")) == {"sha1", "sha256", "md5", "crc32c"}
    methods = {"POST", "GET"} | ({"HEAD", "PATCH", "DELETE"} if location == UNKNOWN else set())
    assert methods <= set(re.split(", *", response.headers["allow"]))


# Creation


def test_who_is_not_signed_in_is_told_so_in_the_words_of_tus(server):
    with Api(server.url) as visitor:
        for method, path in (("POST", UPLOADS), ("HEAD", UNKNOWN), ("PATCH", UNKNOWN)):
            response = visitor.request(method, inside(path), headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1"})
            assert response.status_code == 401
            assert response.headers["tus-resumable"] == "1.0.0"


def test_an_empty_recording_is_complete_at_once_and_its_note_fails(owner, tus):
    note = completed(owner, tus.create(0), b"", status=201)
    assert owner.settled(note["id"])["state"] == "failed"


@pytest.mark.parametrize("sent", [1000, None], ids=["some", "all"])
def test_bytes_may_come_with_the_creation(owner, tus, sent):
    data = unique_wav()
    response = tus.create(len(data), data[:sent])
    location = location_of(response)
    assert response.headers["upload-offset"] == str(sent or len(data))
    if sent:
        assert "content-location" not in response.headers
        completed(owner, tus.patch(location, sent, data[sent:]), data)
    else:
        note = completed(owner, response, data, status=201)
        assert shown(owner, location)["noteId"] == note["id"]


def test_bytes_that_do_not_match_their_checksum_are_not_taken_with_the_creation(tus):
    response = tus.create(11, WORLD, Upload_Checksum=checksum("sha1", b"something else"))
    assert response.status_code == 460 or response.headers["upload-offset"] == "0"


def test_a_length_may_come_later_and_never_changes(owner, tus):
    data = unique_wav()
    location = tus.begin(Upload_Defer_Length="1")
    head = tus.head(location)
    assert head.headers["upload-defer-length"] == "1" and "upload-length" not in head.headers
    assert tus.patch(location, 0, data[:100]).status_code == 204
    assert shown(owner, location)["length"] is None
    refused(tus.patch(location, 100, data[100:], Upload_Length="99"), 400)  # shorter than what is there
    assert tus.patch(location, 100, data[100:200], Upload_Length=str(len(data))).status_code == 204
    head = tus.head(location)
    assert head.headers["upload-length"] == str(len(data)) and "upload-defer-length" not in head.headers
    refused(tus.patch(location, 200, data[200:], Upload_Length=str(len(data) + 1)), 400)
    is_open_at(tus, location, 200)
    completed(owner, tus.patch(location, 200, data[200:]), data)


def test_a_length_that_is_reached_already_completes(owner, tus):
    data = unique_wav()
    location = tus.begin(Upload_Defer_Length="1")
    tus.patch(location, 0, data)
    is_open_at(tus, location, len(data))
    completed(owner, tus.patch(location, len(data), b"", Upload_Length=str(len(data))), data)


# Metadata


@pytest.mark.parametrize("given", ["filename bWVtby53YXY=,is_confidential,x-note ZsO8cg==", "filename", "", None])
def test_metadata_comes_back_exactly_as_it_was_given(tus, given):
    """Several clients send the header without a value when they have nothing to say."""
    assert tus.head(tus.begin(11, Upload_Metadata=given)).headers.get("upload-metadata", "") == (given or "")


@pytest.mark.parametrize("name, kind", [("filename", "filetype"), ("name", "type")])
def test_metadata_says_what_the_note_is(owner, tus, name, kind):
    data = unique_wav()
    said = {name: "größe.wav", kind: "audio/wav", "title": "Überschrift", "tags": "work, Über", "folder": "Projekte"}
    location = tus.begin(len(data), Upload_Metadata=metadata(**said))
    upload = shown(owner, location)
    assert (upload["fileName"], upload["mimeType"], upload["title"]) == ("größe.wav", "audio/wav", "Überschrift")
    note = completed(owner, tus.patch(location, 0, data), data)
    assert (note["title"], note["tags"], note["folder"]) == ("Überschrift", ["work", "Über"], "Projekte")
    assert note["recording"]["fileName"] == "größe.wav"


# Looking


def test_a_head_says_all_that_is_needed_to_go_on(tus):
    location = tus.begin(11, Upload_Metadata="filename YQ==")
    for offset in (0, 5):
        response = tus.head(location)
        assert response.status_code in (200, 204) and response.content == b""
        assert response.headers["upload-offset"] == str(offset)
        assert response.headers["upload-length"] == "11"
        assert response.headers["upload-metadata"] == "filename YQ=="
        assert "no-store" in response.headers["cache-control"]
        tus.patch(location, offset, WORLD[:5])


# Appending


def test_a_recording_arrives_piece_by_piece(server, owner, tus):
    data = unique_wav(5)
    location, offset = tus.begin(len(data)), 0
    while offset < len(data):
        piece = data[offset : offset + 9999]
        response = tus.patch(location, offset, piece)
        offset += len(piece)
        assert response.status_code == 204 and response.headers["upload-offset"] == str(offset)
    note = completed(owner, response, data)
    upload = shown(owner, location)
    assert (upload["state"], upload["noteId"], upload["offset"]) == ("complete", note["id"], len(data))
    assert upload["receipt"] == {"sha256": sha256(data), "size": len(data)}
    assert note["recording"]["recovered"] is False
    assert server.blobs()[sha256(data)].read_bytes() == data
    assert tus.offset(location) == len(data), "a client whose last answer was lost learns that all has arrived"
    refused(tus.patch(location, len(data) - len(piece), piece), 409)
    assert [found["id"] for found in notes_of(owner, data)] == [note["id"]]


def test_a_piece_may_be_empty_or_of_unknown_length(owner, tus):
    data = unique_wav()
    location = tus.begin(len(data))
    response = tus.patch(location, 0, b"")
    assert (response.status_code, response.headers["upload-offset"]) == (204, "0")
    completed(owner, tus.patch(location, 0, iter([data[:10], data[10:]])), data)


@pytest.mark.parametrize("way", ["announced", "chunked"])
def test_more_than_the_length_is_refused_and_makes_no_note(owner, tus, way):
    data = unique_wav(0.3)
    location = tus.begin(len(data) - 1)
    refused(tus.patch(location, 0, data if way == "announced" else iter([data])), (400, 413))
    if way == "announced":
        is_open_at(tus, location, 0)
    assert notes_of(owner, data) == notes_of(owner, data[:-1]) == []


def test_methods_may_be_named_in_a_header(owner, tus):
    """For clients, or proxies, that know only GET and POST."""
    data = unique_wav(0.2)
    location, other = tus.begin(len(data)), tus.begin(11)
    head = tus.send("POST", location, X_HTTP_Method_Override="HEAD")
    assert head.status_code in (200, 204) and head.headers["upload-offset"] == "0"
    headers = {"X_HTTP_Method_Override": "PATCH", "Upload_Offset": "0", "Content_Type": OFFSET_STREAM}
    completed(owner, tus.send("POST", location, data, **headers), data)
    assert tus.send("POST", other, X_HTTP_Method_Override="DELETE").status_code == 204
    nothing_there(tus.head(other), 410)


# Expiry, termination


def test_an_unfinished_upload_says_until_when_it_is_kept(owner, tus):
    data = unique_wav(0.2)
    creation = tus.create(len(data))
    location = location_of(creation)
    for response in (creation, tus.patch(location, 0, data[:10])):
        assert IMF_FIXDATE.fullmatch(response.headers["upload-expires"])
        left = email.utils.parsedate_to_datetime(response.headers["upload-expires"]).timestamp() - time.time()
        assert 86_000 < left < 86_500
    last = tus.patch(location, 10, data[10:])
    completed(owner, last, data)
    assert "upload-expires" not in last.headers


def test_a_cancelled_upload_is_gone_for_good(owner, tus):
    location = tus.begin(11)
    tus.patch(location, 0, WORLD[:5])
    response = tus.delete(location)
    assert response.status_code == 204 and response.content == b""
    for gone in (tus.head(location), tus.patch(location, 5, WORLD[5:]), tus.delete(location)):
        nothing_there(gone, 410)
    nothing_there(owner.get(inside(location)), 410)
    assert location.rsplit("/", 1)[1] not in owner.get("/uploads").text


def test_cancelling_what_is_complete_does_not_take_the_note_with_it(owner, tus):
    data = unique_wav(0.2)
    response = tus.create(len(data), data)
    note = completed(owner, response, data, status=201)
    tus.delete(location_of(response))
    kept(owner, note, data)


# Checksums


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5", "crc32c"])
def test_a_piece_that_was_damaged_on_the_way_is_discarded(owner, tus, algorithm):
    data = unique_wav(0.5)
    location = tus.begin(len(data))
    assert tus.patch(location, 0, data[:100], Upload_Checksum=checksum(algorithm, data[:100])).status_code == 204
    right = checksum(algorithm, data[100:])
    bad = tus.patch(location, 100, data[100:-1] + bytes([data[-1] ^ 1]), Upload_Checksum=right)
    refused(bad, 460)
    assert bad.reason_phrase == "Checksum Mismatch"
    is_open_at(tus, location, 100)
    completed(owner, tus.patch(location, 100, data[100:], Upload_Checksum=right), data)


def test_the_checksum_of_the_specification_is_right(tus):
    location = tus.begin(len(WORLD) + 1)
    response = tus.patch(location, 0, WORLD, Upload_Checksum="sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")
    assert (response.status_code, response.headers["upload-offset"]) == (204, "11")


# Concatenation


def part(tus, data, sent=None, **headers):
    """Uploads a part and returns its address."""
    location = tus.begin(len(data), Upload_Concat="partial", **headers)
    tus.patch(location, 0, data[:sent])
    return location


@pytest.mark.parametrize("prefix", ["", "{url}"], ids=["relative", "absolute"])
def test_parts_become_one_recording(server, owner, tus, prefix):
    data = unique_wav(2)
    first, second = part(tus, data[:20_000], Upload_Metadata=metadata(filename="part.wav")), part(tus, data[20_000:])
    assert tus.head(first).headers["upload-concat"] == "partial"
    assert notes_of(owner, data[:20_000]) == [], "a part is no recording"
    prefix = prefix.format(url=server.url)
    final = f"final;{prefix}{first} {prefix}{second}"
    response = tus.create(Upload_Concat=final, Upload_Metadata=metadata(title="Whole"))
    note = completed(owner, response, data, status=201)
    assert (note["title"], note["recording"]["fileName"]) == ("Whole", None), "a part's metadata is its own"
    head = tus.head(location_of(response))
    assert (head.headers["upload-length"], head.headers["upload-offset"]) == (str(len(data)),) * 2
    assert head.headers["upload-concat"] == final
    refused(tus.patch(location_of(response), len(data), b"more"), 403)


def test_a_part_may_occur_twice(owner, tus):
    data = unique_wav(0.3)
    location = part(tus, data)
    completed(owner, tus.create(Upload_Concat=f"final;{location} {location}"), data + data, status=201)


def test_what_cannot_be_joined_is_refused(tus, stranger):
    data = unique_wav(0.2)
    whole, half, theirs = part(tus, data), part(tus, data, sent=50), part(Tus(stranger), data)
    joined = location_of(tus.create(Upload_Concat=f"final;{whole} {whole}"))
    refused(tus.create(Upload_Concat=f"final;{whole}", Upload_Length=str(len(data))), 400)
    refused(tus.create(Upload_Concat=f"final;{whole}", Upload_Defer_Length="1"), 400)
    for other in (half, theirs, joined, tus.begin(5), UNKNOWN, "http://[", "nonsense"):
        response = tus.create(Upload_Concat=f"final;{whole} {other}")
        assert 400 <= response.status_code < 500, other
    assert tus.create(Upload_Concat=f"final;{theirs}").status_code in (400, 404)
    assert tus.offset(whole) == len(data), "the parts are still there"
