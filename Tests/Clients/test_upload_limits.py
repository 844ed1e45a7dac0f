"""Limits of uploads: how large, how many, how long, how slow; and headers that are refused before anything is kept."""

import time

import pytest

from support.api import account, done, fetched, problem
from support.recordings import unique_wav
from support.server import Server, eventually
from support.uploads import (
    PARTIAL_UPLOAD, UPLOADS, WHEN_DRAFT, WHEN_TUS, Draft, Tus, base64_text, completed, fields, inside,
    limits, location_of, metadata, nothing_there, received, refused, shown, transfer,
)  # fmt: skip

MB = 1_000_000
TUS, DRAFT = {"Tus_Resumable": "1.0.0"}, {"Content_Type": "audio/wav"}


def of_size(size):
    return unique_wav(size / 16_000 + 1)[:size]


def nothing_kept(server, client, uploads=0):
    assert len(fetched(client.get("/uploads"))["items"]) == uploads
    assert client.all_notes() == [] and server.blobs() == {}
    sizes = [path.stat().st_size for path in server.incoming()]
    assert sum(sizes) == 0 and len(sizes) <= uploads


# Headers that make no sense


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory):
    """A server on which nothing is ever uploaded, because everything is refused; and its account."""
    server = Server("strict", tmp_path_factory.mktemp("strict")).start()
    with account(server, "owner@example.org") as client:
        yield server, client
    server.stop()


@pytest.fixture
def strict(strict_server):
    """That server, cleared up by us if it kept something after all, so that one mistake is one failure."""
    yield strict_server
    _, client = strict_server
    for item in fetched(client.get("/uploads"))["items"]:
        client.delete(f"/uploads/{item['id']}")


LENGTH = TUS | {"Upload_Length": "11"}
BEGIN = DRAFT | {"Upload_Complete": "?0"}
BAD_CREATIONS = {
    "tus: no length": TUS,
    "tus: both lengths": LENGTH | {"Upload_Defer_Length": "1"},
    **{f"tus: length {length}": TUS | {"Upload_Length": length}
       for length in ("-1", "abc", "", "+5", "0x5", "1.5", "5 6", ["5", "6"], "1" * 40)},
    "tus: a length in Arabic": TUS | {"Upload_Length": "١١".encode()},
    **{f"tus: deferred {value}": TUS | {"Upload_Defer_Length": value} for value in ("2", "0", "true", "")},
    **{f"tus: version {version}": LENGTH | {"Tus_Resumable": version} for version in ("0.2.2", "2.0.0", "")},
    "neither: no version": {"Upload_Length": "11"},
    **{f"tus: metadata {value}": LENGTH | {"Upload_Metadata": value}
       for value in ("filename YQ==,filename Yg==", "filename !!!", "filename d29ybGQ", "file name YQ==",
                     "filename  YQ==", "a YQ==,,b Yg==", ",")},
    "tus: a key with an umlaut": LENGTH | {"Upload_Metadata": "größe YQ==".encode()},
    "tus: a long title": LENGTH | {"Upload_Metadata": metadata(title="x" * 201)},
    "tus: a long tag": LENGTH | {"Upload_Metadata": metadata(tags="x" * 51)},
    "tus: a long folder": LENGTH | {"Upload_Metadata": metadata(folder="x" * 101)},
    "tus: endless metadata": LENGTH | {"Upload_Metadata": metadata(note="x" * 9_000)},
    "tus: bytes of another type": LENGTH | {"Content_Type": "text/plain"},
    **{f"tus: concatenation {value}": LENGTH | {"Upload_Concat": value}
       for value in ("final", "whole", "", "partial;")},
    **{f"tus: final of {value!r}": TUS | {"Upload_Concat": f"final;{value}"} for value in ("", ",", "../..")},
    "draft: whether it is complete is not said": DRAFT,
    **{f"draft: complete {value}": DRAFT | {"Upload_Complete": value}
       for value in ("true", "1", "?2", "?", "", "?1, ?0", "?1;", "(?1)", ":AQ==:", ["?0", "?0"])},
    **{f"draft: length {value}": BEGIN | {"Upload_Length": value}
       for value in ("-1", "1.5", '"5"', "1" * 16, "", "?1", "abc", "5 6", "50;", ["50", "50"])},
    "draft: no digest": BEGIN | {"Repr_Digest": "sha-256=abc"},
    "draft: half a digest": BEGIN | {"Repr_Digest": "sha-256=:AAAA:"},
    "draft: no audio": BEGIN | {"Content_Type": "text/plain"},
}  # fmt: skip
OTHER_THAN_400 = {"version": (400, 412), "long": (400, 422), "endless": (400, 422, 431), "no audio": 415,
                  "another type": (400, 415), "1" * 40: (400, 413)}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CREATIONS)
def test_a_creation_that_makes_no_sense_is_refused_and_keeps_nothing(strict, name):
    server, client = strict
    body = b"hello world" if "draft" in name or "bytes" in name else b""
    response = client.post("/uploads", content=body, headers=fields(**BAD_CREATIONS[name]))
    refused(response, next((status for part, status in OTHER_THAN_400.items() if part in name), 400))
    if name.startswith("tus: version"):
        assert (response.status_code, response.headers["tus-version"]) == (412, "1.0.0")
    nothing_kept(server, client)


AT = {"Upload_Offset": "0"}
AT_TUS, AT_DRAFT = WHEN_TUS | AT, WHEN_DRAFT | AT
BAD_PIECES = {
    **{f"tus: offset {value}": (WHEN_TUS | {"Upload_Offset": value}, 400)
       for value in (None, "", "-1", "+0", "abc", "0.0", "0x0", "1" * 40, ["0", "0"], "0 0")},
    **{f"tus: another offset, {value}": (WHEN_TUS | {"Upload_Offset": str(value)}, 409) for value in (1, 11, 10**15)},
    **{f"tus: of type {kind}": (AT_TUS | {"Content_Type": kind}, 415)
       for kind in (None, "", "application/octet-stream", "text/plain", PARTIAL_UPLOAD)},
    **{f"tus: version {version}": (AT_TUS | {"Tus_Resumable": version}, 412)
       for version in (None, "", "0.2.2", "1.0.1", "2.0.0", "one")},
    **{f"tus: checksum {value}": (AT_TUS | {"Upload_Checksum": value}, 400)
       for value in (f"sha512 {base64_text(bytes(64))}", base64_text(bytes(20)), "sha1", "sha1 !!!", "", "sha1 Kq5sNc",
                     "sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0=")},
    "tus: another checksum": (AT_TUS | {"Upload_Checksum": f"sha1 {base64_text(bytes(20))}"}, 460),
    "tus: length abc": (AT_TUS | {"Upload_Length": "abc"}, 400),
    "tus: another length": (AT_TUS | {"Upload_Length": "12"}, 400),
    **{f"draft: offset {value}": (WHEN_DRAFT | {"Upload_Offset": value}, 400)
       for value in (None, "", "-1", "1.5", '"0"', "1" * 16, "abc", "0x0", ["0", "0"], "0, 0", "?0", "0;")},
    **{f"draft: complete {value}": (AT_DRAFT | {"Upload_Complete": value}, 400)
       for value in (None, "", "true", "1", "?2", "?", ["?0", "?0"], "?0, ?0")},
    **{f"draft: length {value}": (AT_DRAFT | {"Upload_Length": value}, 400)
       for value in ("-1", '"11"', "1.5", "", "12")},
    "draft: no digest": (AT_DRAFT | {"Content_Digest": "sha-256=abc"}, 400),
    "draft: another digest": (AT_DRAFT | {"Content_Digest": f"sha-256=:{base64_text(bytes(32))}:"}, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PIECES)
def test_a_piece_that_makes_no_sense_is_refused_and_changes_nothing(strict, name):
    server, client = strict
    headers, status = BAD_PIECES[name]
    tus = Tus(client)
    location = tus.begin(11)
    response = client.patch(inside(location), content=b"hello world", headers=fields(**headers))
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    assert status != 412 or response.headers["tus-version"] == "1.0.0"
    assert tus.offset(location) == 0
    nothing_kept(server, client, uploads=1)


# Sizes and numbers


def test_the_largest_recording_is_taken_and_one_byte_more_is_not(start_server, email):
    """Whoever asks for too much is told how much there may be."""
    server = start_server(VOICENOTE_LIMITS_LARGEST_FILE_MB="1")
    with account(server, email) as client:
        tus, draft, data = Tus(client), Draft(client), of_size(MB + 1)
        deferred, open_ended = tus.begin(Upload_Defer_Length="1"), draft.begin(data[:MB])
        for response in (
            tus.create(MB + 1), tus.create(10**15), tus.patch(deferred, 0, data), tus.patch(deferred, 0, iter([data])),
            tus.patch(deferred, tus.offset(deferred), b"", Upload_Length=str(MB + 1)),
        ):  # fmt: skip
            assert refused(response, 413, "too_large")["limit"] == MB
            assert response.headers["tus-max-size"] == str(MB)
        for response in (
            draft.create(Upload_Length=str(MB + 1)), draft.create(data), draft.create(data, complete=True),
            draft.append(open_ended, MB, data[MB:]), draft.append(open_ended, MB, data[MB:], complete=True),
        ):  # fmt: skip
            assert refused(response, 413, "too_large")["limit"] == MB
            assert limits(response)["max-size"] == MB
        part = tus.begin(600_000, Upload_Concat="partial")
        tus.patch(part, 0, data[:600_000])
        refused(tus.create(Upload_Concat=f"final;{part} {part}"), 413, "too_large")
        assert client.all_notes() == []
        received(client, draft.append(open_ended, MB, complete=True), data[:MB])
        completed(client, tus.create(MB, data[:MB]), data[:MB], status=201)


def test_an_account_has_so_many_open_uploads_and_no_more(start_server, email):
    server = start_server(VOICENOTE_UPLOADS_MOST_PER_ACCOUNT="2")
    with account(server, email) as client, account(server, f"other-{email}") as other:
        tus, draft = Tus(client), Draft(client)
        first, second = tus.begin(5), draft.begin(b"hello")
        for response in (tus.create(5), draft.create(b"hello")):
            refused(response, 429, "too_many_uploads")
        Tus(other).begin(5)
        done(tus.delete(first))
        third = tus.begin(5)
        refused(tus.create(5), 429, "too_many_uploads")
        received(client, draft.append(second, 5, complete=True), b"hello")
        tus.begin(5)
        completed(client, tus.patch(third, 0, b"world"), b"world")


@pytest.mark.parametrize("limit", ["ACCOUNT", "TOTAL"])
def test_so_many_bytes_may_be_under_way_and_no_more(start_server, email, limit):
    """Of one account, and of all together. What is complete is not under way any more."""
    server = start_server(**{f"VOICENOTE_UPLOADS_{limit}_MB": "1"})
    with account(server, email) as client, account(server, f"other-{email}") as other:
        data = of_size(600_000)
        draft, second = Draft(client), Draft(client if limit == "ACCOUNT" else other)

        def try_another():
            """The answer that refuses it, at the creation or when the bytes come."""
            response = second.create(Upload_Length=str(len(data)))
            if response.status_code == 201:
                response = second.append(location_of(response), 0, data)
            return response

        location = draft.begin(data, Upload_Length=str(len(data)))
        refused(try_another(), (429, 507))
        if limit == "ACCOUNT":
            Draft(other).begin(data)
        received(client, draft.append(location, len(data), complete=True), data)
        for open_one in fetched(second.api.get("/uploads"))["items"]:
            done(second.delete(f"{UPLOADS}/{open_one['id']}"))
        assert try_another().status_code == 204


def test_no_upload_is_begun_that_the_disk_cannot_take(start_server, email):
    server = start_server(VOICENOTE_LIMITS_DISK_CHECK="true", VOICENOTE_LIMITS_MINIMUM_FREE_MB="1000000")
    with account(server, email) as client:
        problem(Tus(client).create(5, b"hello"), 507, "storage_full")
        problem(Draft(client).create(b"hello"), 507, "storage_full")
        nothing_kept(server, client)


# Time


def test_a_dead_upload_is_removed(start_server, email):
    server = start_server(VOICENOTE_UPLOADS_EXPIRY_SECONDS="2")
    with account(server, email) as client:
        tus, draft = Tus(client), Draft(client)
        dead, alive = [tus.begin(11), draft.begin(b"hello"), draft.begin()], tus.begin(1000)
        tus.patch(dead[0], 0, b"hello")

        def touch_one_until_the_others_are_gone():
            offset = tus.offset(alive)
            assert tus.patch(alive, offset, b"x").headers["upload-offset"] == str(offset + 1)
            return [item["id"] for item in fetched(client.get("/uploads"))["items"]] == [alive.rsplit("/", 1)[1]]

        start = time.monotonic()
        eventually(touch_one_until_the_others_are_gone, what="removing dead uploads")
        assert time.monotonic() - start > 1.5, "not before its time"
        for location in dead:
            nothing_there(tus.head(location), 410)
            nothing_there(draft.append(location, 5, b"more"), 410)
            nothing_there(client.get(inside(location)), 410)
        eventually(lambda: server.incoming() == [], what="removing the last one, which nobody touches now")
        assert client.all_notes() == [] and server.blobs() == {}


def test_a_live_recording_that_goes_quiet_becomes_a_note_of_what_arrived(start_server, email):
    """The tab died, the phone is flat: what was said until then is a recording."""
    server = start_server(VOICENOTE_UPLOADS_LIVE_QUIET_SECONDS="2")
    with account(server, email) as client:
        tus, draft, data = Tus(client), Draft(client), unique_wav(3)
        live = draft.begin(data[:9000], to=f"{UPLOADS}?live=1&title=Draft&fileName=a.wav")
        draft.append(live, 9000, data[9000:20_000])
        other = tus.begin(Upload_Defer_Length="1", Upload_Metadata=metadata(live="1", title="Tus"))
        tus.patch(other, 0, data[:30_000])
        for location, title, size in ((live, "Draft", 20_000), (other, "Tus", 30_000)):
            eventually(lambda: shown(client, location)["state"] == "complete", what="completing it")
            upload = shown(client, location)
            note = client.ready(upload["noteId"])
            assert (note["title"], note["recording"]["recovered"], note["recording"]["size"]) == (title, True, size)
            assert client.audio(note["id"], rendition="source").content == data[:size]
            assert upload["receipt"]["size"] == size
        refused(draft.append(live, 20_000, data[20_000:]), 409, kind="completed-upload")
        assert draft.is_complete(draft.head(live))
        assert len(client.all_notes()) == 2
        eventually(lambda: server.incoming() == [], what="clearing up")


def test_a_live_recording_without_a_byte_vanishes(start_server, email):
    server = start_server(VOICENOTE_UPLOADS_LIVE_QUIET_SECONDS="2")
    with account(server, email) as client:
        location = Draft(client).begin(to=f"{UPLOADS}?live=1")
        eventually(lambda: fetched(client.get("/uploads"))["items"] == [], what="removing it")
        nothing_there(Draft(client).head(location), 410)
        nothing_kept(server, client)


@pytest.mark.parametrize("protocol", [Tus, Draft])
def test_a_sender_that_drips_is_cut_off_and_what_arrived_is_kept(start_server, email, protocol):
    server = start_server(VOICENOTE_SERVER_MINIMUM_BODY_RATE="100000", VOICENOTE_SERVER_HEADER_TIMEOUT_SECONDS="2")
    with account(server, email) as client:
        speaker, data, sent = protocol(client), unique_wav(10), 50_000
        location = speaker.begin(len(data)) if protocol is Tus else speaker.begin()
        headers = (WHEN_TUS if protocol is Tus else WHEN_DRAFT) | AT
        with transfer(server, client, "PATCH", location, len(data), **headers) as connection:
            connection.send(data[:sent])
            start = time.monotonic()
            try:
                while time.monotonic() - start < 45:
                    connection.send(data[sent : sent + 10])
                    sent += 10
                    time.sleep(0.1)
            except OSError:
                pass
            assert time.monotonic() - start < 40
        offset = speaker.offset(location)
        assert 50_000 <= offset <= sent
        if protocol is Tus:
            completed(client, speaker.patch(location, offset, data[offset:]), data)
        else:
            received(client, speaker.append(location, offset, data[offset:], complete=True), data)
