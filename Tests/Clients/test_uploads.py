"""Uploads that go well: every format, both ways of sending, a receipt for each; and what a file may be called."""

import base64
import hashlib
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.api import TIME, UUID7, created, fetched, problem
from support.recordings import FORMATS, encoded, unique_wav
from support.server import eventually


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def digest(data):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("way", ["multipart", "raw"])
def test_every_format_is_taken_both_ways_and_receipted(server, owner, extension, way):
    data, media_type = encoded(extension), FORMATS[extension]
    if way == "multipart":
        response = owner.upload(data, file_name=f"memo.{extension}", content_type=media_type)
    else:
        response = owner.upload_raw(data, content_type=media_type, fileName=f"memo.{extension}")
    answer = created(response)
    assert answer["receipt"] == {"sha256": sha256(data), "size": len(data)}
    note = answer["note"]
    assert response.headers["location"] == f"/api/v1/notes/{note['id']}"
    assert note["recording"]["sha256"] == sha256(data)
    assert note["recording"]["size"] == len(data)
    assert note["recording"]["fileName"] == f"memo.{extension}"
    assert server.blobs()[sha256(data)].read_bytes() == data


def test_a_new_note_is_complete_from_the_start(owner):
    note = owner.add(unique_wav(), file_name="Stand up.wav")
    assert UUID7.fullmatch(note["id"]) and UUID7.fullmatch(note["recording"]["id"])
    assert note["title"] == "Stand up"
    assert (note["text"], note["tags"], note["folder"]) == ("", [], None)
    assert (note["archived"], note["pinned"], note["trashedAt"]) == (False, False, None)
    assert note["state"] in ("processing", "ready") and note["reason"] is None
    assert TIME.fullmatch(note["createdAt"]) and TIME.fullmatch(note["updatedAt"])
    assert isinstance(note["version"], int)
    assert fetched(owner.get(f"/notes/{note['id']}"))["id"] == note["id"]


def test_title_tags_and_folder_come_with_the_form(owner):
    fields = {"title": "Überschrift", "tags": "work, Über,work", "folder": "Projekte"}
    note = owner.add(unique_wav(), fields=fields)
    assert (note["title"], note["tags"], note["folder"]) == ("Überschrift", ["work", "Über"], "Projekte")


def test_tags_may_be_repeated_fields(owner):
    assert owner.add(unique_wav(), fields={"tags": ["one", "two, three"]})["tags"] == ["one", "two", "three"]


def test_fields_after_the_file_count_too(owner):
    boundary = "b0undary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    body = (
        f'{part}file"; filename="memo.wav"\r\nContent-Type: audio/wav\r\n\r\n'.encode()
        + unique_wav()
        + f'\r\n{part}title"\r\n\r\nAfterwards\r\n--{boundary}--\r\n'.encode()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert created(owner.post("/notes", content=body, headers=headers))["note"]["title"] == "Afterwards"


def test_title_tags_and_folder_come_with_the_query_of_a_raw_upload(owner):
    query = {"title": "Überschrift", "tags": "work,home", "folder": "Projekte", "fileName": "größe.wav"}
    note = created(owner.upload_raw(unique_wav(), **query))["note"]
    assert (note["title"], note["tags"], note["folder"]) == ("Überschrift", ["work", "home"], "Projekte")
    assert note["recording"]["fileName"] == "größe.wav"


def test_a_plus_in_a_query_is_a_blank_as_browsers_and_most_clients_send_it(owner):
    """URLSearchParams, Python and Java write a blank as +, and a plus sign as %2B."""
    path = "/notes?title=two+words&folder=My+folder&fileName=a%2Bb+c.wav"
    note = created(owner.post(path, content=unique_wav(), headers={"Content-Type": "audio/wav"}))["note"]
    assert (note["title"], note["folder"], note["recording"]["fileName"]) == ("two words", "My folder", "a+b c.wav")
    assert note["id"] in [found["id"] for found in owner.all_notes(folder="My folder")]


@pytest.mark.parametrize(
    "media_type", ["application/octet-stream", "audio/x-whatever", "application/ogg", "video/webm"]
)
def test_a_raw_upload_is_taken_by_its_content_not_its_label(owner, media_type):
    note = created(owner.upload_raw(unique_wav(), content_type=media_type))["note"]
    assert owner.ready(note["id"])["recording"]["mimeType"] == "audio/wav"


def test_an_upload_of_unknown_length_is_taken(owner):
    """Chunked transfer: the page does not know how long a live recording will be."""
    data = unique_wav(5)
    answer = created(owner.upload_raw(iter([data[:10], data[10:50_000], data[50_000:]])))
    assert answer["receipt"] == {"sha256": sha256(data), "size": len(data)}


FILE_NAMES = [
    ("Müller – 会議 🎙️.wav", "Müller – 会議 🎙️.wav"),
    ("../../etc/passwd", "passwd"),
    ("/absolute/path/memo.wav", "memo.wav"),
    ("C:\\Users\\me\\memo.wav", "memo.wav"),
    ('quo"te.wav', 'quo"te.wav'),
    ("semi;colon=1.wav", "semi;colon=1.wav"),
    ("<script>alert(1)</script>.wav", "script>.wav"),
    (".hidden.wav", ".hidden.wav"),
]


@pytest.mark.parametrize("sent, kept", FILE_NAMES)
def test_a_file_name_is_kept_as_a_name_and_never_acts_as_a_path(server, owner, sent, kept):
    note = created(owner.upload_raw(unique_wav(), fileName=sent))["note"]
    assert note["recording"]["fileName"] == kept
    if not set('"\\') & set(sent):  # httpx escapes these in a form; curl's way is tested below
        assert owner.add(unique_wav(), file_name=sent)["recording"]["fileName"] == kept
    strange = [path for path in server.data.rglob("*") if path.name in ("passwd", kept)]
    assert strange == [], "names from outside never reach the disk"


@pytest.mark.parametrize("sent", ["..", ".", "/", "\0", "\r\nX-Injected: yes"])
def test_a_file_name_that_is_none_does_no_harm(owner, sent):
    note = created(owner.upload_raw(unique_wav(), fileName=sent))["note"]
    name = note["recording"]["fileName"]
    assert name is None or (name not in (".", "..", "/") and not set(name) & set("\0\r\n/"))
    response = owner.audio(note["id"], rendition="source", download="1")
    assert response.status_code == 200
    assert "x-injected" not in response.headers


def test_a_very_long_file_name_is_cut(owner):
    note = owner.add(unique_wav(), file_name="ä" * 400 + ".wav")
    assert 0 < len(note["recording"]["fileName"]) <= 255
    assert 0 < len(note["title"]) <= 200


def test_equal_content_is_stored_once_and_noted_twice(server, owner):
    data = unique_wav()
    first, second = owner.add(data, file_name="one.wav"), owner.add(data, file_name="two.wav")
    assert first["id"] != second["id"]
    assert first["recording"]["sha256"] == second["recording"]["sha256"] == sha256(data)
    assert sha256(data) in server.blobs()  # one file, named by its content
    for note, name in ((first, "one.wav"), (second, "two.wav")):
        note = owner.ready(note["id"])
        assert note["recording"]["fileName"] == name
        assert owner.audio(note["id"], rendition="source").content == data


def test_the_source_comes_back_byte_for_byte(owner):
    data = unique_wav(60)
    note = owner.add(data)
    assert owner.audio(note["id"], rendition="source").content == data


@pytest.mark.parametrize("header", ["Content-Digest", "Repr-Digest"])
def test_a_right_digest_is_checked_and_taken(owner, header):
    data = unique_wav()
    created(owner.upload_raw(data, headers={header: digest(data)}))


@pytest.mark.parametrize("header", ["Content-Digest", "Repr-Digest"])
def test_a_wrong_digest_stores_nothing(server, owner, header):
    data, other = unique_wav(), unique_wav()
    count, before = len(owner.all_notes()), set(server.incoming())
    problem(owner.upload_raw(data, headers={header: digest(other)}), 400, "digest_mismatch")
    assert len(owner.all_notes()) == count
    assert sha256(data) not in server.blobs()
    eventually(lambda: set(server.incoming()) <= before, what="removing what was received")


def test_a_digest_of_a_form_is_that_of_the_body_and_its_files_that_of_the_file(owner):
    """RFC 9530: Content-Digest covers the content as sent; the file's own digest may stand in its part."""
    data, boundary = unique_wav(), "b0undary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'.encode()
    body = part + data + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    created(owner.post("/notes", content=body, headers=kind | {"Content-Digest": digest(body)}))
    wrong = owner.post("/notes", content=body, headers=kind | {"Content-Digest": digest(body + b"x")})
    problem(wrong, 400, "digest_mismatch")


def test_an_unknown_digest_algorithm_is_no_reason_to_refuse(owner):
    created(owner.upload_raw(unique_wav(), headers={"Repr-Digest": "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"}))


def test_twenty_uploads_at_once_all_arrive(server, owner):
    files = [unique_wav(4) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = [created(response) for response in pool.map(owner.upload, files)]
    assert [answer["receipt"]["sha256"] for answer in answers] == [sha256(data) for data in files]
    assert len({answer["note"]["id"] for answer in answers}) == 20
    for answer in answers:
        owner.ready(answer["note"]["id"])
    blobs = server.blobs()
    assert all(blobs[sha256(data)].read_bytes() == data for data in files)


def test_curl_uploads_two_megabytes_without_waiting(server, owner, tmp_path):
    """curl sends `Expect: 100-continue` and waits a second when nobody answers it."""
    data = unique_wav(125)
    assert len(data) > 1_900_000
    (tmp_path / "Besprechung.wav").write_bytes(data)
    command = [
        "curl", "--silent", "--show-error", "--http1.1",
        "--header", f"Authorization: {owner.headers['authorization']}",
        "--header", "Expect: 100-continue",
        "--form", f"file=@{tmp_path / 'Besprechung.wav'}", "--form", "title=By curl",
        "--write-out", "\n%{http_code}", f"{server.url}/api/v1/notes",
    ]  # fmt: skip
    start = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    seconds = time.monotonic() - start
    assert run.returncode == 0, run.stderr
    body, status = run.stdout.rsplit("\n", 1)
    assert status == "201", body
    answer = json.loads(body)
    assert answer["receipt"] == {"sha256": sha256(data), "size": len(data)}
    assert answer["note"]["title"] == "By curl"
    assert answer["note"]["recording"]["fileName"] == "Besprechung.wav"
    assert seconds < 0.5
