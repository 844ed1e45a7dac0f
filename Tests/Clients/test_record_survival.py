"""What is left of a recording whose process, microphone or disk failed."""

import os
import time

import pytest

from support.recorder import CODECS, finished, one_line, place_said, source_of
from support.server import eventually
from support.sound import RATE, alike, samples_of, seconds_of


def first_open(client):
    return next(iter(client.get("/uploads").json()["items"]), None)


@pytest.mark.parametrize("codec", CODECS)
def test_a_kill_costs_a_second_at_most(recorder, serving, spoken_file, tmp_path, codec):
    recorder.make_owner()
    process = recorder.record("--title", "Killed", *CODECS[codec])
    begun = time.monotonic()
    player = recorder.sound.play(spoken_file)
    time.sleep(3.3)
    process.kill()
    killed = time.monotonic()
    process.communicate()
    player.wait(30)
    told = recorder.run("record", "--output", tmp_path / "other.wav", "--limit-time", "1s")
    assert told.returncode == 0 and "was left behind" in told.stderr and "Killed" in told.stderr
    back = recorder.run("record", "--recover")
    assert back.returncode == 0, back.stderr
    client = serving()
    note = client.ready(place_said(back.stdout))
    assert note["title"] == "Killed"
    assert note["recording"]["durationMs"] >= (killed - begun - 1) * 1000
    recorded = samples_of(source_of(client, note["id"], tmp_path))
    envelopes, _ = alike(samples_of(spoken_file)[: 3 * RATE // 2], recorded)
    assert envelopes > 0.95, envelopes
    assert recorder.remains() == []


def test_a_kill_in_the_middle_of_a_live_upload_is_gone_on_with(recorder, remote, tmp_path):
    _, client, settings = remote
    process = recorder.record("--title", "Killed", **settings)
    kept = tmp_path / "kept.opus"
    os.link(recorder.sounds()[0], kept)
    upload = eventually(lambda: first_open(client), what="the upload")
    time.sleep(2)
    process.kill()
    process.communicate()
    back = recorder.run("record", "--recover", **settings)
    assert back.returncode == 0, back.stderr
    (note,) = client.all_notes()
    assert note["id"] == place_said(back.stdout) and note["title"] == "Killed"
    assert client.get(f"/uploads/{upload['id']}").json()["noteId"] == note["id"], "the same upload became the note"
    assert client.audio(note["id"], rendition="source").content == kept.read_bytes()
    assert recorder.remains() == []


def test_what_was_left_behind_is_deleted_only_after_a_question(recorder):
    recorder.make_owner()
    process = recorder.record()
    process.kill()
    process.communicate()
    refused = recorder.run("record", "--discard", typed="no\n")
    assert refused.returncode == 1 and len(recorder.sounds()) == 1
    for other in ("0000", ""):
        refused = recorder.run("record", "--discard", "--yes", other)
        assert refused.returncode == 1 and "whose id begins" in refused.stderr
        assert len(recorder.sounds()) == 1, "no id begins so"
    deleted = recorder.run("record", "--discard", typed="yes\n")
    assert deleted.returncode == 0 and recorder.remains() == []


def test_several_left_overs_do_not_fit_into_one_file(recorder, tmp_path):
    for number in range(2):
        process = recorder.start("record", "--output", tmp_path / f"{number}.wav")
        eventually(lambda expected=number + 1: len(recorder.sounds()) == expected, what="the recording")
        time.sleep(3)
        process.kill()
        process.communicate()
    refused = recorder.run("record", "--recover", "--output", tmp_path / "one.wav")
    assert refused.returncode == 1 and "2 recordings" in one_line(refused.stderr)
    first = sorted(recorder.sounds())[0]
    vague = recorder.run("record", "--discard", "--yes", first.stem[:5])
    assert vague.returncode == 1 and "2 recordings begin" in one_line(vague.stderr) and len(recorder.sounds()) == 2
    wrong = recorder.run("record", "--recover", "--output", tmp_path / "one.flac", first.stem)
    assert wrong.returncode == 1 and "ends in .wav" in wrong.stderr and not (tmp_path / "one.flac").exists()
    recorder.make_owner()
    elsewhere = recorder.run("record", "--recover", first.stem)
    assert elsewhere.returncode == 1 and "It was to become" in elsewhere.stderr
    assert len(recorder.sounds()) == 2, "what was to be a file became a note"
    back = recorder.run("record", "--recover", "--output", tmp_path / "one.wav", first.stem)
    assert back.returncode == 0 and seconds_of(tmp_path / "one.wav") > 0, back.stderr
    assert len(recorder.sounds()) == 1 and first not in recorder.sounds()


def test_a_recording_under_way_is_no_left_over(recorder):
    recorder.make_owner()
    process = recorder.record()
    assert "No recording was left behind" in recorder.run("record", "--discard", "--yes").stdout
    assert "No recording was left behind" in recorder.run("record", "--recover").stdout
    status, _, wrong = finished(process)
    assert status == 0, wrong


def test_a_microphone_that_goes_away_leaves_what_was_captured(recorder, serving):
    recorder.make_owner()
    process = recorder.record()
    time.sleep(2)
    recorder.sound.kill()
    status, said, wrong = finished(process, how=None, seconds=30)
    assert status == 1
    note_id = place_said(said)
    assert "went away" in one_line(wrong) and note_id in one_line(wrong)
    note = serving().ready(note_id)
    assert note["recording"]["durationMs"] >= 1500
    assert recorder.remains() == []


def test_a_microphone_that_falls_silent_ends_the_recording(recorder, tmp_path):
    target = tmp_path / "until.flac"
    process = recorder.record("--output", target)
    time.sleep(2)
    with recorder.sound.frozen():
        status, said, wrong = finished(process, how=None, seconds=30)
    assert status == 1 and place_said(said) == str(target)
    assert "nothing for ten seconds" in one_line(wrong)
    assert seconds_of(target) >= 1.5


def test_a_full_disk_is_refused_before_and_noticed_while_recording(recorder, serving, tmp_path):
    recorder.make_owner()
    check = ["--set", "limits.diskCheck=true"]
    refused = recorder.run("record", *check, "--set", "limits.minimumFreeMB=1000000")
    assert refused.returncode == 1 and "nearly full" in one_line(refused.stderr)
    assert "Waiting for" not in refused.stderr, "the microphone is not even opened"
    assert recorder.remains() == []
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize // 1_000_000
    process = recorder.record(*check, "--set", f"limits.minimumFreeMB={free - 300}")
    time.sleep(1.5)
    with (tmp_path / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, 600_000_000)
    status, said, wrong = finished(process, how=None, seconds=20)
    (tmp_path / "ballast").unlink()
    assert status == 1 and "nearly full" in one_line(wrong)
    # Handing it over needs the same space again, which was not there: it was kept.
    assert said == "" and "--recover" in wrong
    back = recorder.run("record", "--recover")
    assert back.returncode == 0, back.stderr
    assert serving().ready(place_said(back.stdout))["recording"]["durationMs"] >= 1000
