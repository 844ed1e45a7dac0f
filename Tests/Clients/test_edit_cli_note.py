"""`voicenote edit NOTE`: through the server's API, a version for each call, and exports that are what was heard."""

import hashlib
import json
import signal

import pytest

from support.api import account, created, fetched
from support.edit import begin, edited, refusal
from support.faults import Cut, Delay
from support.recordings import RATE, samples, unique_wav
from support.server import eventually


def settings_of(server, client):
    return {
        "VOICENOTE_CLIENT_SERVER": server.url,
        "VOICENOTE_CLIENT_TOKEN": client.headers["authorization"].removeprefix("Bearer "),
    }


@pytest.fixture
def note(owner):
    note = owner.ready(owner.add(unique_wav(4), fields={"title": "Minutes"})["id"])
    before = owner.audio(note["id"], rendition="source").content
    yield note
    assert owner.audio(note["id"], rendition="source").content == before


@pytest.fixture
def settings(server, owner):
    return settings_of(server, owner)


def state(client, note):
    return fetched(client.get(f"/notes/{note['id']}/edits"))["edit"]


def source(client, note, path):
    """The samples of the note's recording."""
    path.write_bytes(client.audio(note["id"], rendition="source").content)
    return samples(path)


def test_operations_of_one_call_are_one_version(note, owner, settings, tmp_path):
    said = edited(
        [note["id"], "--cut", "1s..2s", "--trim", "-2s..", "--name", "Short"], tmp_path, settings)
    assert "Minutes: 0:02.000" in said and "version 2 of 2" in said
    found = state(owner, note)
    assert found["length"] == 2 * RATE and found["head"]["summary"] == "cut, trim"
    assert found["head"]["name"] == "Short"
    assert [(one["start"], one["end"]) for one in found["list"]["segments"]] == [(2 * RATE, 4 * RATE)]


def test_looking_changes_nothing(note, owner, settings, tmp_path):
    assert "never edited" in edited([note["id"]], tmp_path, settings)
    said = edited([note["id"], "--cut", "1s..2s", "--dry-run"], tmp_path, settings)
    assert "0:03.000, 2 segments" in said and "nothing was done" in said
    assert state(owner, note)["count"] == 0


def test_undo_redo_and_restore(note, owner, settings, tmp_path):
    edited([note["id"], "--trim", "..3s"], tmp_path, settings)
    edited([note["id"], "--gain", "-3"], tmp_path, settings)
    third = state(owner, note)
    assert "version 2 of 3" in edited([note["id"], "--undo"], tmp_path, settings)
    assert state(owner, note)["list"]["segments"][0]["gain"] == 0
    assert "version 3 of 3" in edited([note["id"], "--redo"], tmp_path, settings)
    assert state(owner, note)["list"] == third["list"]
    assert "nothing to redo" in refusal([note["id"], "--redo"], tmp_path, settings)
    edited([note["id"], "--restore", "1"], tmp_path, settings)
    assert state(owner, note)["length"] == 4 * RATE
    edited([note["id"], "--restore", third["head"]["id"], "--name", "As before"], tmp_path, settings)
    assert state(owner, note)["list"] == third["list"] and state(owner, note)["head"]["name"] == "As before"
    assert "no version 77" in refusal([note["id"], "--restore", "77"], tmp_path, settings)
    told = json.loads(edited([note["id"], "--versions", "--json"], tmp_path, settings))
    assert [one["number"] for one in told["versions"]] == [5, 4, 3, 2, 1]
    assert told["head"]["number"] == 5 and told["versionCount"] == 5
    lines = edited([note["id"], "--versions"], tmp_path, settings).splitlines()
    assert [line[0] for line in lines[1:]] == ["*", " ", " ", " ", " "] and '"As before"' in lines[1]


@pytest.mark.parametrize("name", ["out.wav", "out.flac", "out.opus"])
def test_an_export_is_what_the_server_made(note, owner, settings, tmp_path, name):
    edited([note["id"], "--trim", "1s..2.5s", "--export", name], tmp_path, settings)
    [export] = fetched(owner.get(f"/notes/{note['id']}/exports"))["items"]
    data = (tmp_path / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == export["sha256"] and len(data) == export["size"]
    if name == "out.wav":
        assert samples(tmp_path / name) == source(owner, note, tmp_path / "source.wav")[RATE : RATE * 5 // 2]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_note_that_was_never_edited_is_exported_whole(note, owner, settings, tmp_path):
    edited([note["id"], "--export", "out.wav"], tmp_path, settings)
    assert samples(tmp_path / "out.wav") == source(owner, note, tmp_path / "source.wav")
    assert state(owner, note)["count"] == 0


def test_the_list_is_written(note, owner, settings, tmp_path):
    edited([note["id"], "--cut", "1s..2s", "--list", "out.json"], tmp_path, settings)
    sheet = json.loads((tmp_path / "out.json").read_text())
    assert sheet["list"] == state(owner, note)["list"]
    assert sheet["names"] == {note["recording"]["id"]: "Minutes"}


def test_another_note_is_joined(note, owner, settings, tmp_path):
    other = owner.ready(owner.add(unique_wav(1))["id"])
    edited([note["id"], "--join", other["id"], "--trim", "-2s.."], tmp_path, settings)
    segments = state(owner, note)["list"]["segments"]
    assert [one["source"] for one in segments] == [note["recording"]["id"], other["recording"]["id"]]
    (tmp_path / "file.wav").write_bytes(unique_wav(1))
    assert "voicenote add" in refusal([note["id"], "--join", "file.wav"], tmp_path, settings)


def test_what_is_not_possible_changes_nothing(note, owner, stranger, settings, tmp_path):
    foreign = stranger.ready(stranger.add(unique_wav(1))["id"])
    for arguments, words in (
        (["--trim", "..1s", "--cut", "0.5s..2s"], "beyond the end"), (["--cut", "0s..4s"], "--cut 0s..4s"),
        (["--gain", "180"], "--gain 180"), (["--join", foreign["id"]], "no such note"), (["--undo"], "nothing to undo"),
        (["--name", "x"], "no version to name"),
    ):  # fmt: skip
        assert words in refusal([note["id"], *arguments], tmp_path, settings)
    (tmp_path / "out.wav").write_text("mine")
    assert "--force" in refusal([note["id"], "--trim", "..1s", "--export", "out.wav"], tmp_path, settings)
    assert state(owner, note)["count"] == 0, "the output was looked at first"


def test_notes_that_are_not_there_or_not_ones_own(note, stranger, server, settings, tmp_path):
    unknown = "0190a0a0-0000-7000-8000-000000000000"
    assert "no such note" in refusal([unknown, "--trim", "..1s"], tmp_path, settings)
    assert "no such note" in refusal([note["id"], "--trim", "..1s"], tmp_path, settings_of(server, stranger))
    assert "voicenote list" in refusal(["nothing", "--trim", "..1s"], tmp_path, settings)


def test_a_server_that_is_away_and_a_token_that_is_wrong(note, settings, tmp_path):
    away = settings | {"VOICENOTE_CLIENT_SERVER": "http://127.0.0.1:9"}
    assert "does not answer" in refusal([note["id"], "--undo"], tmp_path, away)
    refusal([note["id"], "--undo"], tmp_path, settings | {"VOICENOTE_CLIENT_TOKEN": "vn_wrong"})
    nobody = {name: value for name, value in settings.items() if not name.endswith("TOKEN")}
    assert "VOICENOTE_CLIENT_TOKEN" in refusal([note["id"], "--undo"], tmp_path, nobody)


# With something between


@pytest.fixture
def proxy(server, fault_proxy):
    return fault_proxy(server.port)


@pytest.fixture
def through(proxy, settings):
    return settings | {"VOICENOTE_CLIENT_SERVER": proxy.url}


def is_change(request):
    return request.method == "POST" and request.target.endswith("/edits")


def is_download(request):
    return request.method == "GET" and "/exports/" in request.target and "/audio" in request.target


def test_whoever_comes_too_late_is_told_what_changed(note, owner, proxy, through, tmp_path):
    proxy.next(Delay(2), when=is_change)
    process = begin([note["id"], "--trim", "..1s"], tmp_path, through)
    eventually(lambda: any(is_change(one) for one in proxy.log), what="the change being on its way")
    operations = [{"op": "cut", "start": 0, "end": RATE}]
    theirs = created(owner.post(f"/notes/{note['id']}/edits", json={"base": None, "operations": operations}))
    _, wrong = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "changed this edit meanwhile: version 2" in wrong and "cut" in wrong and len(wrong.splitlines()) == 1
    assert state(owner, note) == theirs


def test_a_broken_download_goes_on_where_it_ended(note, owner, proxy, through, tmp_path):
    proxy.next(Cut("answer", 0.5), when=is_download)
    edited([note["id"], "--export", "out.wav"], tmp_path, through)
    assert samples(tmp_path / "out.wav") == source(owner, note, tmp_path / "source.wav")
    attempts = [one for one in proxy.exchanges() if is_download(one)]
    assert len(attempts) == 2 and [one.status for one in attempts] == [200, 206]


def test_an_interruption_leaves_nothing(note, proxy, through, tmp_path):
    proxy.always(Cut("answer", 0.5), when=is_download)
    process = begin([note["id"], "--export", "out.wav"], tmp_path, through)
    eventually(
        lambda: any(part.stat().st_size for part in tmp_path.glob(".voicenote-*.part")), seconds=30,
        what="the first bytes")  # fmt: skip
    process.send_signal(signal.SIGINT)
    _, wrong = process.communicate(timeout=20)
    assert process.returncode == 130 and "Interrupted" in wrong
    assert list(tmp_path.iterdir()) == []


def test_an_account_of_its_own_can_do_all_of_it(server, owner, email, tmp_path):
    with account(server, email) as client:
        note = client.ready(client.add(unique_wav(4))["id"])
        settings = settings_of(server, client)
        edited(
            [note["id"], "--trim", "0.5s..3.5s", "--remove-silence", "--normalize=-23", "--export", "out.mp3"],
            tmp_path, settings)  # fmt: skip
        assert (tmp_path / "out.mp3").stat().st_size > 1000
        assert state(client, note)["list"]["settings"]["normalize"] == {"target": -23, "ceiling": -1}
