"""Many recordings in one ZIP file, opened by Python's own reader."""

import io
import re
import time
import zipfile
from datetime import UTC, datetime

import httpx
import pytest

from support.api import Api, account, problem
from support.recordings import unique_wav
from support.server import eventually
from support.wire import Connection

UNKNOWN = "0190a0a0-0000-7000-8000-{:012x}"


def ask(client, wanted, method="GET", headers=None, **query):
    """The archive of notes, by their ids."""
    return client.request(method, "/notes/archive.zip", params={"ids": ",".join(wanted)} | query, headers=headers)


def opened(response):
    """Name to content of a whole and sound archive, in its order."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-length"] == str(len(response.content))
    assert "transfer-encoding" not in response.headers and "content-encoding" not in response.headers
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
        assert all(info.compress_type == zipfile.ZIP_STORED for info in infos)
        assert len({info.filename.lower() for info in infos}) == len(infos)
        return {info.filename: archive.read(info) for info in infos}


@pytest.fixture(scope="module")
def shelf(owner):
    """(note, bytes) of recordings, of which three have the same file name; one is longer than a few pieces."""
    shelf = []
    for name, seconds in (("memo.wav", 0.1), ("memo.wav", 30), ("Grüße, Köln 🎙️.wav", 0.2), ("MEMO.WAV", 0.1)):
        data = unique_wav(seconds)
        shelf.append((owner.add(data, file_name=name, fields={"title": "Title: of/it"}), data))
    return [(owner.ready(note["id"]), data) for note, data in shelf]


def ids(shelf):
    return [note["id"] for note, _ in shelf]


def test_an_archive_holds_what_was_sent_under_names_of_their_own(owner, shelf):
    files = opened(ask(owner, ids(shelf)))
    assert [*files] == ["memo.wav", "memo (2).wav", "Grüße, Köln 🎙️.wav", "MEMO (3).WAV"]
    assert [*files.values()] == [data for _, data in shelf]
    assert opened(ask(owner, ids(shelf), rendition="source")) == files


def test_an_archive_may_hold_the_copies_for_listening(owner, shelf):
    files = opened(ask(owner, ids(shelf), rendition="listen"))
    copies = [owner.audio(note["id"], rendition="listen").content for note, _ in shelf]
    assert [*files.values()] == copies
    assert [*files] == ["Title- of-it.ogg"] + [f"Title- of-it ({number}).ogg" for number in (2, 3, 4)]


def test_an_archive_has_the_day_in_its_name_and_is_kept_by_nobody(owner, shelf):
    before = datetime.now(UTC)
    response = ask(owner, ids(shelf))
    days = {moment.strftime("%Y-%m-%d") for moment in (before, datetime.now(UTC))}
    disposition = response.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="voicenote-(.*)\.zip"', disposition).group(1) in days
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_files_have_the_time_of_their_recording(owner, shelf):
    with zipfile.ZipFile(io.BytesIO(ask(owner, ids(shelf)).content)) as archive:
        times = [datetime(*info.date_time, tzinfo=UTC) for info in archive.infolist()]
    for found, (note, _) in zip(times, shelf, strict=True):
        recorded = datetime.fromisoformat(note["createdAt"])
        assert 0 <= (recorded - found).total_seconds() < 2, "ZIP counts in steps of two seconds"


def test_many_ids_go_into_a_body(owner, shelf):
    files = opened(ask(owner, ids(shelf)))
    assert opened(owner.post("/notes/archive.zip", json={"ids": ids(shelf)})) == files
    listen = owner.post("/notes/archive.zip", json={"ids": ids(shelf), "rendition": "listen"})
    assert opened(listen) == opened(ask(owner, ids(shelf), rendition="listen"))
    wanted = ids(shelf) + [UNKNOWN.format(number) for number in range(497)]
    problem(owner.post("/notes/archive.zip", json={"ids": wanted[:500]}), 404, "not_found")
    problem(owner.post("/notes/archive.zip", json={"ids": wanted}), 422, "validation_failed", field="ids")


def test_an_address_holds_as_many_ids_as_the_page_puts_there(owner, shelf):
    spelled = [note_id.upper() for note_id in ids(shelf)]
    assert len(opened(ask(owner, ids(shelf) + spelled))) == len(shelf), "each note once"
    problem(ask(owner, [UNKNOWN.format(number) for number in range(180)]), 404, "not_found")


def test_an_archive_of_many_is_whole(owner):
    contents = [unique_wav(0.1) for _ in range(60)]
    wanted = [owner.add(data, file_name="memo.wav")["id"] for data in contents]
    files = opened(ask(owner, wanted))
    assert [*files] == ["memo.wav"] + [f"memo ({number}).wav" for number in range(2, 61)]
    assert [*files.values()] == contents


def test_no_parts_are_offered(owner, shelf):
    """Another archive of the same notes may differ, so that no part of one continues another."""
    whole = ask(owner, ids(shelf))
    assert whole.headers.get("accept-ranges", "none") == "none"
    assert "etag" not in whole.headers
    for asked in ("bytes=0-9", "bytes=-1", "bytes=99999999999-"):
        response = ask(owner, ids(shelf), headers={"Range": asked})
        assert response.status_code == 200 and "content-range" not in response.headers
        assert opened(response) == opened(whole)


def test_head_tells_the_length(owner, shelf):
    whole = ask(owner, ids(shelf))
    head = ask(owner, ids(shelf), method="HEAD")
    assert head.status_code == 200 and head.content == b""
    for name in ("content-length", "content-type", "content-disposition", "cache-control"):
        assert head.headers[name] == whole.headers[name]


def test_what_is_in_the_trash_can_be_taken_along(person):
    data = unique_wav(0.1)
    note = person.add(data, file_name="thrown away.wav")
    person.delete(f"/notes/{note['id']}")
    assert opened(ask(person, [note["id"]])) == {"thrown away.wav": data}


# What is refused


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_with_one_foreign_note_there_is_no_archive(owner, stranger, shelf, method):
    mine = stranger.add(unique_wav(0.1))["id"]

    def refused(wanted):
        if method == "POST":
            return stranger.post("/notes/archive.zip", json={"ids": [mine, wanted]})
        return ask(stranger, [mine, wanted], method=method)

    answers = [refused(wanted) for wanted in (ids(shelf)[0], UNKNOWN.format(1), "no-id")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1, "not even a header tells them apart"
    if method != "HEAD":
        bodies = [problem(answer, 404, "not_found") | {"requestId": ""} for answer in answers]
        assert bodies == [bodies[0]] * 3


BAD = [
    ({}, "ids"), ({"ids": ""}, "ids"), ({"ids": ",".join(["x"] * 501)}, "ids"),
    ({"ids": "x", "rendition": "repaired"}, "rendition"), ({"ids": "x", "rendition": "../source"}, "rendition"),
]  # fmt: skip


@pytest.mark.parametrize("query, field", BAD)
def test_a_wish_that_makes_no_sense_is_refused_by_field(owner, query, field):
    problem(owner.get("/notes/archive.zip", params=query), 422, "validation_failed", field=field)


def test_an_archive_is_for_who_may_read(server, owner, shelf):
    with Api(server.url, owner.make_token("read")["token"]) as reader:
        assert len(opened(ask(reader, ids(shelf)))) == len(shelf)
    with Api(server.url, owner.make_token("write")["token"]) as writer:
        problem(ask(writer, ids(shelf)), 403, "forbidden")
    with Api(server.url) as nobody:
        problem(ask(nobody, ids(shelf)), 401, "unauthenticated")


# What goes wrong on the way


def test_an_archive_that_cannot_be_finished_does_not_look_finished(start_server):
    server = start_server()
    with account(server, "owner@example.org") as owner:
        notes = [owner.ready(owner.add(unique_wav(5), file_name=f"{n}.wav")["id"]) for n in range(3)]
        wanted = [note["id"] for note in notes]
        assert len(opened(ask(owner, wanted))) == 3
        # What was opened is not looked for again at once.
        time.sleep(1.1)
        server.blobs()[notes[1]["recording"]["sha256"]].unlink()
        received = 0
        with pytest.raises(httpx.TransportError):
            with owner.stream("GET", "/notes/archive.zip", params={"ids": ",".join(wanted)}) as response:
                promised = int(response.headers["content-length"])
                for piece in response.iter_raw():
                    received += len(piece)
        assert received < promised
        eventually(lambda: "an archive broke off" in server.log_tail(), what="a line in the log")
        assert len(opened(ask(owner, [wanted[0], wanted[2]]))) == 2


def test_who_leaves_in_the_middle_harms_nobody(server, owner, shelf):
    for _ in range(20):
        with Connection(server) as connection:
            connection.send_request(
                "GET", f"/api/v1/notes/archive.zip?ids={','.join(ids(shelf))}",
                Authorization=owner.headers["authorization"],
            )  # fmt: skip
            connection.socket.recv(10)
    assert [*opened(ask(owner, ids(shelf))).values()] == [data for _, data in shelf]
