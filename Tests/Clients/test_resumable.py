"""Resumable uploads as the IETF draft has them, from its third version to its eighth: answers, and what is kept."""

import pytest

from support.api import Api, created, fetched, problem
from support.recordings import unique_wav
from support.server import eventually
from support.uploads import (
    OFFSET_STREAM, UNKNOWN, UPLOADS, Draft, digest, inside, is_read, kept, limits, location_of, notes_of, nothing_there,
    received, refused, sha256, shown, transfer,
)  # fmt: skip

MISMATCHING, INCONSISTENT, FINISHED = "mismatching-upload-offset", "inconsistent-upload-length", "completed-upload"


@pytest.fixture
def draft(owner):
    return Draft(owner)


def is_open_at(draft, location, offset):
    response = draft.head(location)
    assert (response.status_code, response.headers["upload-offset"]) == (204, str(offset))
    assert not draft.is_complete(response)


# Creation


@pytest.mark.parametrize("to", [UPLOADS, "/api/v1/notes"])
def test_a_whole_recording_in_one_request_is_a_note(owner, draft, to):
    data = unique_wav()
    response = draft.create(data, complete=True, to=f"{to}?fileName=a.wav&title=At+once&tags=one,two&folder=Drafts")
    note = received(owner, response, data)
    assert (note["title"], note["tags"], note["folder"]) == ("At once", ["one", "two"], "Drafts")
    assert (note["recording"]["fileName"], note["recording"]["recovered"]) == ("a.wav", False)
    assert set(response.json()["note"]) == set(created(owner.upload_raw(unique_wav(0.2)))["note"])


@pytest.mark.parametrize("to", [UPLOADS, "/api/v1/notes"])
@pytest.mark.parametrize("first", [0, 5000])
def test_a_recording_may_be_begun_with_some_of_it_or_with_nothing(owner, draft, to, first):
    """With nothing is what the draft calls a careful creation."""
    data = unique_wav()
    response = draft.create(data[:first], to=f"{to}?fileName=a.wav", Content_Type="audio/wav; codecs=1")
    location = location_of(response)
    assert response.headers["upload-offset"] == str(first) and not draft.is_complete(response)
    assert "max-size" in limits(response)
    upload = shown(owner, location)
    assert (upload["fileName"], upload["mimeType"], upload["offset"]) == ("a.wav", "audio/wav", first)
    is_open_at(draft, location, first)
    assert notes_of(owner, data) == []
    received(owner, draft.append(location, first, data[first:], complete=True), data)


def test_a_recording_of_unknown_length_is_taken(owner, draft):
    data = unique_wav()
    received(owner, draft.create(iter([data[:10], data[10:]]), complete=True), data)


@pytest.mark.parametrize("query, field", [("tags=" + "x" * 51, "tags"), ("folder=" + "x" * 101, "folder")])
def test_what_the_note_cannot_be_is_said_before_anything_is_sent(draft, query, field):
    problem(draft.create(to=f"{UPLOADS}?{query}"), 422, "validation_failed", field=field)


def test_anybody_may_ask_for_the_limits(server):
    with Api(server.url) as visitor:
        largest = fetched(visitor.get("/setup"))["largestFileBytes"]
        for location in (UPLOADS, UNKNOWN):
            response = visitor.options(inside(location))
            assert response.status_code == 204
            assert limits(response)["max-size"] == largest and limits(response)["min-size"] >= 0
            assert "application/partial-upload" in response.headers["accept-patch"]


def test_a_page_uploads_with_its_cookie_and_its_csrf_token(server, owner, email):
    with Api(server.url) as page:
        created(page.register(email, headers={"X-VoiceNote-Session": "cookie"}))
        draft, data = Draft(page), unique_wav(0.2)
        problem(draft.create(data), 403, "csrf_failed")
        page.headers["X-CSRF-Token"] = page.cookies["vn_csrf"]
        received(page, draft.append(draft.begin(data), len(data), complete=True), data)


# The early answer, 104


@pytest.mark.parametrize("to", [UPLOADS, "/api/v1/notes"])
@pytest.mark.parametrize("interop", [8, 6, 5, 3])
def test_the_address_comes_before_the_body_is_sent(server, owner, interop, to):
    """Whoever has it can resume even if the first request breaks."""
    data, draft = unique_wav(5), Draft(owner, interop)
    headers = draft.complete(True) | {"Upload_Draft_Interop_Version": str(interop), "Content_Type": "audio/wav"}
    with transfer(server, owner, "POST", to, len(data), **headers) as connection:
        status, early = connection.read_head()
        assert status == 104
        assert early["upload-draft-interop-version"] == str(interop)
        assert early["location"].startswith(UPLOADS + "/") and "max-size=" in early["upload-limit"]
        connection.send(data[:50_000])
        eventually(lambda: is_read(connection), what="reading what was sent")
    location = early["location"]
    eventually(lambda: shown(owner, location)["offset"] == 50_000, what="keeping what arrived")
    head = draft.head(location)
    assert head.headers["upload-offset"] == "50000" and not draft.is_complete(head)
    received(owner, draft.append(location, 50_000, data[50_000:], complete=True), data, by=draft)


@pytest.mark.parametrize("interop", [None, "2", "9", "99"])
def test_nothing_comes_early_for_a_client_that_may_not_understand_it(server, owner, interop):
    data = unique_wav()
    headers = {"Upload_Draft_Interop_Version": interop, "Upload_Complete": "?0", "Content_Type": "audio/wav"}
    with transfer(server, owner, "POST", UPLOADS, len(data), **headers) as connection:
        eventually(lambda: is_read(connection), what="reading the head")
        connection.send(data)
        status, answer, _ = connection.read_response()
        assert (status, answer["upload-offset"]) == (201, str(len(data)))


def test_the_final_answer_follows_the_early_one(server, owner):
    data = unique_wav()
    headers = {"Upload_Draft_Interop_Version": "8", "Upload_Complete": "?0", "Content_Type": "audio/wav"}
    with transfer(server, owner, "POST", UPLOADS, len(data), **headers) as connection:
        early = connection.read_head()[1]
        connection.send(data)
        while (status := connection.read_head())[0] == 104:
            pass  # more of them may say how far it is
        assert status[0] == 201 and status[1]["location"] == early["location"]
        assert (status[1]["upload-offset"], status[1]["upload-complete"]) == (str(len(data)), "?0")


# Appending


@pytest.mark.parametrize("interop", [None, 8, 7, 6, 5, 4, 3])
def test_a_recording_arrives_piece_by_piece_in_every_version(owner, interop):
    """The third says `Upload-Incomplete`, and the other way round."""
    data, draft = unique_wav(2), Draft(owner, interop)
    creation = draft.create(data[:9999])
    location, offset = location_of(creation), 9999
    assert not draft.is_complete(creation)
    while offset < len(data):
        response = draft.append(location, offset, data[offset : offset + 9999])
        offset = min(offset + 9999, len(data))
        assert (response.status_code, response.headers["upload-offset"]) == (204, str(offset))
        assert not draft.is_complete(response)
        is_open_at(draft, location, offset)
    note = received(owner, draft.append(location, offset, complete=True), data, by=draft)
    head = draft.head(location)
    assert draft.is_complete(head) and head.headers["upload-offset"] == str(len(data))
    upload = shown(owner, location)
    assert (upload["state"], upload["noteId"]) == ("complete", note["id"])
    assert upload["receipt"] == {"sha256": sha256(data), "size": len(data)}


def test_a_head_says_all_that_is_needed_to_go_on(draft):
    response = draft.head(draft.begin(b"12345", Upload_Length="11"))
    assert response.status_code == 204 and response.content == b""
    assert (response.headers["upload-offset"], response.headers["upload-length"]) == ("5", "11")
    assert response.headers["upload-complete"] == "?0" and "no-store" in response.headers["cache-control"]
    assert "max-size" in limits(response)
    assert "upload-length" not in draft.head(draft.begin(b"12345")).headers


@pytest.mark.parametrize("interop", [None, 8, 7, 6])
@pytest.mark.parametrize("kind", [None, "application/octet-stream", "audio/wav", OFFSET_STREAM])
def test_a_piece_says_that_it_is_one(owner, interop, kind):
    draft = Draft(owner, interop)
    location = draft.begin(b"12345")
    neither = (412, 415) if kind == OFFSET_STREAM else 415  # or is it tus without its version?
    refused(draft.append(location, 5, b"6789", Content_Type=kind), neither)
    is_open_at(draft, location, 5)


@pytest.mark.parametrize("offset", [0, 4, 6, 10**14])
@pytest.mark.parametrize("complete", [False, True])
def test_another_offset_is_refused_with_the_right_one(draft, offset, complete):
    location = draft.begin(b"12345")
    response = draft.append(location, offset, b"6789", complete=complete)
    said = refused(response, 409, kind=MISMATCHING)
    assert (said["expected-offset"], said["provided-offset"]) == (5, offset)
    assert response.headers["upload-offset"] == "5" and not draft.is_complete(response)
    is_open_at(draft, location, 5)


def test_the_final_answer_can_be_had_again_and_nothing_else(owner, draft):
    """A client whose last answer was lost gets the same note again, and not another."""
    data = unique_wav()
    location = draft.begin(data[:100])
    note = received(owner, draft.append(location, 100, data[100:], complete=True), data)
    for _ in range(2):
        assert received(owner, draft.append(location, len(data), complete=True), data)["id"] == note["id"]
    again = (100, data[100:], True), (len(data), b"more", True), (len(data), b"", False), (0, b"", True)
    for offset, piece, complete in again:
        response = draft.append(location, offset, piece, complete=complete)
        refused(response, 409, kind=FINISHED)
        assert draft.is_complete(response)
    assert [found["id"] for found in notes_of(owner, data)] == [note["id"]]
    kept(owner, note, data)


# Lengths and digests


@pytest.mark.parametrize("length, sent, complete", [(11, 10, True), (9, 10, True), (9, 10, False)])
def test_a_creation_that_contradicts_its_length_makes_no_note(owner, draft, length, sent, complete):
    data = unique_wav()[44 : 44 + sent]  # behind the header, where it differs from every other
    refused(draft.create(data, complete=complete, Upload_Length=str(length)), 400, kind=INCONSISTENT)
    assert notes_of(owner, data) == []


CONTRADICTIONS = {
    "another length": ({"Upload_Length": "201"}, 50, False),
    "another length at the end": ({"Upload_Length": "150"}, 50, True),
    "an end before the length": ({}, 50, True),
    "more than the length": ({}, 101, False),
    "more than the length at the end": ({}, 101, True),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_piece_that_contradicts_the_length_is_not_appended(owner, draft, name):
    """The upload may be given up then, for nobody can say what was meant."""
    headers, count, complete = CONTRADICTIONS[name]
    data = unique_wav(0.2)
    location = draft.begin(data[:100], Upload_Length="200")
    response = draft.append(location, 100, data[100 : 100 + count], complete=complete, **headers)
    refused(response, 400, kind=INCONSISTENT)
    head = draft.head(location)
    assert head.status_code in (404, 410) or head.headers["upload-offset"] == "100"
    assert notes_of(owner, data[: 100 + count]) == notes_of(owner, data[:200]) == []


def test_reaching_the_length_is_not_the_end_until_it_is_said(owner, draft):
    data = unique_wav(0.2)
    location = draft.begin(data, Upload_Length=str(len(data)))
    is_open_at(draft, location, len(data))
    received(owner, draft.append(location, len(data), complete=True), data)


def test_a_piece_that_was_damaged_on_the_way_is_discarded(owner, draft):
    data, damaged = unique_wav(0.2), unique_wav(0.2)
    location = draft.begin(data[:100])
    for complete in (False, True):
        response = draft.append(location, 100, damaged[100:], complete=complete, Content_Digest=digest(data[100:]))
        refused(response, 400, "digest_mismatch")
        is_open_at(draft, location, 100)
    response = draft.append(location, 100, data[100:], complete=True, Content_Digest=digest(data[100:]))
    received(owner, response, data)


@pytest.mark.parametrize("complete", [False, True])
def test_a_creation_that_was_damaged_on_the_way_keeps_nothing(owner, draft, complete):
    data = unique_wav(0.2)
    response = draft.create(data, complete=complete, Content_Digest=digest(data + b"x"), Repr_Digest=digest(data))
    refused(response, 400, "digest_mismatch")
    assert notes_of(owner, data) == []
    found = fetched(owner.get("/uploads", params={"sha256": sha256(data)}))["items"]
    assert [upload["offset"] for upload in found] in ([], [0])


def test_the_digest_of_the_whole_is_checked_at_the_end(server, owner, draft):
    """What arrived is not what was meant: that is said, and never kept as if it were."""
    data, meant = unique_wav(0.5), unique_wav(0.5)
    location = draft.begin(data[:100], Repr_Digest=digest(meant))
    assert shown(owner, location)["sha256"] == sha256(meant)
    refused(draft.append(location, 100, data[100:], complete=True), 400, "digest_mismatch")
    refused(draft.create(data, complete=True, Repr_Digest=digest(meant)), 400, "digest_mismatch")
    assert notes_of(owner, data) == notes_of(owner, meant) == []
    assert sha256(data) not in server.blobs()


def test_the_right_digest_of_the_whole_lets_it_pass(owner, draft):
    data = unique_wav(0.5)
    location = draft.begin(data[:100], Repr_Digest=digest(data))
    received(owner, draft.append(location, 100, data[100:], complete=True), data)


# Parameters, cancelling


def test_parameters_of_structured_fields_are_read_over(owner, draft):
    """RFC 9651 lets any item carry them."""
    data = unique_wav(0.2)
    creation = draft.create(data[:100], Upload_Complete='?0;a=b;c="d"', Upload_Length=f"{len(data)};x=?1")
    location = location_of(creation)
    response = draft.append(location, 0, data[100:], Upload_Offset="100;why=1.5", Upload_Complete="?1; a")
    received(owner, response, data)


def test_a_cancelled_upload_is_gone_for_good(draft):
    location = draft.begin(b"12345")
    response = draft.delete(location)
    assert response.status_code == 204 and response.content == b""
    for gone in (draft.head(location), draft.append(location, 5, b"6"), draft.delete(location)):
        nothing_there(gone, 410)
    nothing_there(draft.delete(UNKNOWN), 404)
