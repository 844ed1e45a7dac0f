"""tus as others speak it: tuspy, the tus project's own client for Python, without any change for this server."""

import io
from contextlib import closing

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.storage.filestorage import FileStorage

from support.api import Api, account, fetched
from support.apart import apart
from support.recordings import FIXTURES, encoded, unique_wav
from support.server import eventually
from support.uploads import UPLOADS, inside, kept, notes_of, sha256, shown

PIECE = 40_000


def tuspy(server, api):
    return TusClient(server.url + UPLOADS, headers={"Authorization": api.headers["authorization"]})


@pytest.fixture
def speech(tmp_path):
    """A file that no other test sends, open for reading."""
    path = tmp_path / "Besprechung.wav"
    path.write_bytes(unique_wav(15))
    with path.open("rb") as file:
        file.data = path.read_bytes()
        yield file


def arrived(api, uploader, data):
    """The one note that the upload became."""
    upload = shown(api, uploader.url)
    assert upload["state"] == "complete" and upload["receipt"] == {"sha256": sha256(data), "size": len(data)}
    (note,) = notes_of(api, data)
    assert note["id"] == upload["noteId"]
    return kept(api, note, data)


@pytest.mark.parametrize("checked", [False, True], ids=["plain", "with checksums"])
@pytest.mark.parametrize("piece", [PIECE, 10**9], ids=["in pieces", "at once"])
def test_a_recording_is_uploaded(server, owner, speech, piece, checked):
    said = {"filename": "Grüße aus Köln.wav", "filetype": "audio/wav", "title": "Von tuspy"}
    uploader = tuspy(server, owner).uploader(
        file_stream=speech, chunk_size=piece, metadata=said, upload_checksum=checked
    )
    uploader.upload()
    note = arrived(owner, uploader, speech.data)
    assert (note["title"], note["recording"]["fileName"]) == ("Von tuspy", "Grüße aus Köln.wav")
    assert owner.ready(note["id"])["recording"]["codec"] == "pcm_s16le"


def test_a_recording_without_metadata_is_uploaded(server, owner, speech):
    """Without any, this client sends the header empty."""
    uploader = tuspy(server, owner).uploader(file_stream=speech)
    uploader.upload()
    assert arrived(owner, uploader, speech.data)["recording"]["fileName"] is None


HOSTILE_NAMES = ["../../x.wav", "/etc/passwd", "a\r\nX-Injected: yes", "nul\0.wav", "\xff\xfe.wav", "..", "C:\\x"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_file_name_is_cleaned_or_refused_and_never_acts(server, owner, speech, name):
    """In Latin-1, so that one of them is no UTF-8."""
    said = {"metadata": {"filename": name}, "metadata_encoding": "latin-1"}
    uploader = tuspy(server, owner).uploader(file_stream=speech, **said)
    try:
        uploader.upload()
    except TusCommunicationError as error:
        assert error.status_code in (400, 422)
        assert notes_of(owner, speech.data) == []
        return
    note = arrived(owner, uploader, speech.data)
    kept_name = note["recording"]["fileName"]
    assert kept_name is None or (kept_name not in (".", "..") and not set(kept_name) & set("\0\r\n/\\"))
    head = owner.head(inside(uploader.url), headers={"Tus-Resumable": "1.0.0"})
    for answer in (head, owner.audio(note["id"], rendition="source", download="1")):
        assert answer.is_success and "x-injected" not in answer.headers
    assert [path for path in server.folder.rglob("*") if path.name in ("passwd", "x", "x.wav", kept_name)] == []


@pytest.mark.parametrize("checked", [False, True], ids=["plain", "with checksums"])
@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_an_upload_that_was_dropped_is_taken_up_by_another_process(server, owner, speech, pieces, checked):
    first = tuspy(server, owner).uploader(file_stream=speech, chunk_size=PIECE, upload_checksum=checked)
    first.set_url(first.create_url())
    for _ in range(pieces):
        first.upload_chunk()
    url = first.url
    del first
    second = tuspy(server, owner).uploader(file_stream=speech, url=url, chunk_size=PIECE, upload_checksum=checked)
    assert second.offset == pieces * PIECE
    second.upload()
    arrived(owner, second, speech.data)


class LentFile(io.FileIO):
    """tuspy closes a file that it takes the fingerprint of, and never one that it opened itself: neither here."""

    def __exit__(self, *_):
        pass


def test_an_upload_finds_itself_again_by_its_file(server, owner, speech, tmp_path):
    """tuspy keeps the address by the file's fingerprint."""
    urls, file = FileStorage(str(tmp_path / "urls.json")), LentFile(speech.name)

    def uploader():
        return tuspy(server, owner).uploader(file_stream=file, chunk_size=PIECE, store_url=True, url_storage=urls)

    with closing(urls), closing(file):
        first = uploader()
        first.upload_chunk()
        second = uploader()
        assert (second.url, second.offset) == (first.url, PIECE)
        second.upload()
    arrived(owner, second, speech.data)


def test_an_upload_survives_a_killed_server(start_server, email, speech):
    server = start_server()
    with account(server, email) as client:
        uploader = tuspy(server, client).uploader(file_stream=speech, chunk_size=PIECE, upload_checksum=True)
        for _ in range(2):
            uploader.upload_chunk()
        server.kill()
        with pytest.raises(TusUploadFailed):
            uploader.upload_chunk()
        server.start()
    with Api(server.url, client.headers["authorization"].removeprefix("Bearer ")) as client:
        resumed = tuspy(server, client).uploader(file_stream=speech, url=uploader.url, chunk_size=PIECE)
        assert resumed.offset == 2 * PIECE
        resumed.upload()
        client.ready(arrived(client, resumed, speech.data)["id"])
        eventually(lambda: server.incoming() == [], what="clearing up")


def test_an_upload_retries_by_itself(server, owner, speech):
    """Its first try goes to the wrong offset, as after a lost answer; it asks for the right one and goes on."""
    uploader = tuspy(server, owner).uploader(file_stream=speech, chunk_size=PIECE, retries=1, retry_delay=0)
    uploader.upload_chunk()
    uploader.offset = 0
    uploader.upload()
    arrived(owner, uploader, speech.data)


def test_the_asynchronous_client_uploads_too(server, owner, speech):
    uploader = tuspy(server, owner).async_uploader(file_stream=speech, chunk_size=PIECE, upload_checksum=True)
    apart(uploader.upload())
    arrived(owner, uploader, speech.data)


@pytest.mark.parametrize("extension", ["flac", "mp3", "m4a", "opus", "webm", "amr"])
def test_other_formats_come_through(server, owner, extension):
    with (FIXTURES / f"speech.{extension}").open("rb") as file:
        uploader = tuspy(server, owner).uploader(file_stream=file, chunk_size=PIECE, upload_checksum=True)
        uploader.upload()
    note_id = shown(owner, uploader.url)["noteId"]
    kept(owner, owner.ready(note_id), encoded(extension))


def test_an_empty_file_is_an_upload_too(server, owner, tmp_path):
    with (tmp_path / "empty.wav").open("w+b") as file:
        uploader = tuspy(server, owner).uploader(file_stream=file)
        uploader.upload()
    upload = shown(owner, uploader.url)
    assert (upload["state"], upload["length"], upload["offset"]) == ("complete", 0, 0)
    assert owner.settled(upload["noteId"])["state"] == "failed"


def test_what_went_wrong_arrives_as_this_clients_own_errors(server, owner, stranger, speech):
    uploader = tuspy(server, owner).uploader(file_stream=speech, chunk_size=PIECE)
    uploader.upload_chunk()
    with pytest.raises(TusCommunicationError) as foreign:
        tuspy(server, stranger).uploader(file_stream=speech, url=uploader.url)
    assert foreign.value.status_code == 404
    unknown = TusClient(server.url + UPLOADS, headers={"Authorization": "Bearer vn_wrong"})
    with pytest.raises(TusCommunicationError) as unsigned:
        unknown.uploader(file_stream=speech).upload()
    assert unsigned.value.status_code == 401
    fetched(owner.get(inside(uploader.url)))
    assert owner.delete(inside(uploader.url), headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    with pytest.raises(TusUploadFailed) as gone:
        uploader.upload_chunk()
    assert gone.value.status_code == 410
