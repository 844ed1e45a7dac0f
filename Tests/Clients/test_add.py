"""`voicenote add`: folders, what the server has already, and going on after an interruption."""

import base64
import hashlib
import os
import signal
import subprocess
import time

import pytest

from support.api import account
from support.recordings import unique_wav
from support.server import binary, clean_environment, eventually


def settings_of(server, client):
    return {
        "VOICENOTE_CLIENT_SERVER": server.url,
        "VOICENOTE_CLIENT_TOKEN": client.headers["authorization"].removeprefix("Bearer "),
    }


def start_add(arguments, settings, folder):
    return subprocess.Popen(
        [binary(), "add", *map(str, arguments)], cwd=folder, env=clean_environment(**settings),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def add(arguments, settings, folder, seconds=60):
    process = start_add(arguments, settings, folder)
    stdout, stderr = process.communicate(timeout=seconds)
    return process.returncode, stdout, stderr


@pytest.fixture
def someone(server, owner, email):
    with account(server, email) as client:
        yield client


def digests(client):
    return sorted(note["recording"]["sha256"] for note in client.all_notes())


def test_a_folder_is_added_with_all_that_is_below_it(server, someone, tmp_path):
    music = tmp_path / "takes"
    (music / "monday" / "early").mkdir(parents=True)
    sent = [unique_wav() for _ in range(3)]
    (music / "one.wav").write_bytes(sent[0])
    (music / "monday" / "TWO.WAV").write_bytes(sent[1])
    (music / "monday" / "early" / "three.wav").write_bytes(sent[2])
    (music / "read me.txt").write_text("not audio")
    (music / ".hidden.wav").write_bytes(unique_wav())
    (music / "loop").symlink_to(music)
    status, said, wrong = add([music], settings_of(server, someone), tmp_path)
    assert status == 0, wrong
    assert said.splitlines()[-1] == "3 added, 0 already there, 0 failed, 1 files that are no audio left out"
    assert digests(someone) == sorted(hashlib.sha256(data).hexdigest() for data in sent)


def test_what_the_server_has_is_not_sent_again(server, someone, tmp_path):
    path = tmp_path / "memo.wav"
    path.write_bytes(unique_wav())
    copy = tmp_path / "copy.wav"
    copy.write_bytes(path.read_bytes())
    status, said, _ = add([path, copy], settings_of(server, someone), tmp_path)
    assert status == 0 and said.splitlines()[-1] == "1 added, 1 already there, 0 failed"
    note = someone.all_notes()[0]
    someone.patch(f"/notes/{note['id']}", json={"archived": True}).raise_for_status()
    status, said, _ = add([path], settings_of(server, someone), tmp_path)
    assert "skipped" in said and note["id"] in said, "an archived one is there too"
    status, said, _ = add(["--again", path], settings_of(server, someone), tmp_path)
    assert said.splitlines()[-1] == "1 added, 0 already there, 0 failed"
    someone.delete(f"/notes/{note['id']}").raise_for_status()
    for other in someone.all_notes():
        someone.delete(f"/notes/{other['id']}").raise_for_status()
    status, said, _ = add([path], settings_of(server, someone), tmp_path)
    assert said.splitlines()[-1] == "1 added, 0 already there, 0 failed", "what is in the trash is not there"


def test_an_upload_that_was_begun_is_gone_on_with(server, someone, tmp_path):
    data = unique_wav()
    path = tmp_path / "long.wav"
    path.write_bytes(data)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    half = len(data) // 2
    begun = someone.post(
        "/uploads?fileName=long.wav", content=data[:half],
        headers={"Content-Type": "audio/wav", "Upload-Complete": "?0", "Repr-Digest": f"sha-256=:{digest}:"},
    )  # fmt: skip
    assert begun.status_code == 201
    status, said, wrong = add([path], settings_of(server, someone), tmp_path)
    assert status == 0, wrong
    assert said.splitlines()[-1] == "1 added (1 resumed), 0 already there, 0 failed"
    assert digests(someone) == [hashlib.sha256(data).hexdigest()]
    assert someone.get("/uploads").json()["items"] == [], "it was that upload that became the note"


def test_add_goes_on_when_the_server_comes_back(start_server, email, tmp_path):
    server = start_server(VOICENOTE_LIMITS_LARGEST_FILE_MB="500")
    with account(server, email) as client:
        settings = settings_of(server, client)
        path = tmp_path / "large.wav"
        path.write_bytes(unique_wav() + os.urandom(150_000_000))
        process = start_add([path], settings, tmp_path)
        eventually(lambda: sum(file.stat().st_size for file in server.incoming()) > 1_000_000, what="the first bytes")
        server.kill()
        time.sleep(0.5)
        server.start()
        stdout, stderr = process.communicate(timeout=90)
        assert process.returncode == 0, stderr
        assert stdout.splitlines()[-1].startswith("1 added")
        assert digests(client) == [hashlib.sha256(path.read_bytes()).hexdigest()]


def test_a_call_that_was_interrupted_is_repeated_and_sends_the_rest(start_server, email, tmp_path):
    server = start_server(VOICENOTE_LIMITS_LARGEST_FILE_MB="500")
    with account(server, email) as client:
        settings = settings_of(server, client)
        path = tmp_path / "large.wav"
        path.write_bytes(unique_wav() + os.urandom(150_000_000))
        process = start_add([path], settings, tmp_path)
        eventually(lambda: sum(file.stat().st_size for file in server.incoming()) > 1_000_000, what="the first bytes")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        eventually(lambda: client.get("/uploads").json()["items"][0]["offset"] > 0, what="the bytes being kept")
        status, said, wrong = add([path], settings, tmp_path)
        assert status == 0, wrong
        assert said.splitlines()[-1] == "1 added (1 resumed), 0 already there, 0 failed"
        assert digests(client) == [hashlib.sha256(path.read_bytes()).hexdigest()]


def test_a_folder_without_audio_is_said(server, someone, tmp_path):
    (tmp_path / "empty").mkdir()
    status, _, wrong = add([tmp_path / "empty"], settings_of(server, someone), tmp_path)
    assert status == 1 and "no audio file" in wrong
