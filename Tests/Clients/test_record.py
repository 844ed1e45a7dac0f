"""`voicenote record` with a real sound server: what is heard is what is kept."""

import re
import signal
import time

import pytest

from support.recorder import WAV, finished, one_line, place_said, source_of
from support.sound import alike, samples_of, seconds_of


def test_the_microphones_are_listed(recorder):
    listed = recorder.run("record", "--list-devices", "--backend", "pulse")
    assert listed.returncode == 0, listed.stderr
    assert re.search(r"^\* pulse  fakemic  \S", listed.stdout, re.M), listed.stdout
    assert re.search(r"^  pulse  mic\.monitor  \S", listed.stdout, re.M), listed.stdout
    assert recorder.run("record", "--list-devices").returncode == 0


@pytest.mark.parametrize(
    "arguments, codec, channels, bits",
    [
        ([], "opus", 1, None),
        (["--preset", "interview"], "flac", 2, 16),
        (["--preset", "music"], "flac", 2, 24),
        (["--preset", "custom", "--channels", "1"], "pcm_s16le", 1, 16),
        (["--rate", "16000", "--bitrate", "24k", "--device", "fakemic"], "opus", 1, None),
    ],
)
def test_what_is_heard_becomes_a_note_in_the_data_folder(
    recorder, serving, spoken_file, tmp_path, arguments, codec, channels, bits
):
    recorder.make_owner()
    process = recorder.record(
        "--title", "Garden fence", "--tag", "idea,home", "--folder", "spring", "--text", "Paint it.", *arguments
    )
    recorder.sound.play(spoken_file).wait(30)
    time.sleep(0.5)
    status, said, wrong = finished(process)
    assert status == 0, wrong
    assert re.search(r"^recording  \d:\d\d:\d\d\.\d  .+ dB", wrong, re.M), "a line for whoever has no terminal"
    assert recorder.remains() == []
    client = serving()
    note = client.ready(place_said(said))
    assert (note["title"], note["tags"], note["folder"]) == ("Garden fence", ["idea", "home"], "spring")
    assert note["text"] == "Paint it."
    recording = note["recording"]
    assert (recording["codec"], recording["channels"], recording["bitDepth"]) == (codec, channels, bits)
    assert recording["warnings"] == [] and recording["recovered"] is False
    envelopes, waves = alike(samples_of(spoken_file), samples_of(source_of(client, note["id"], tmp_path)))
    assert envelopes > 0.95 and waves > (0.7 if codec == "opus" else 0.9), (envelopes, waves)


@pytest.mark.parametrize("source", [[], ["--backend", "alsa", "--device", "pulse"]])
def test_a_recording_can_be_a_file_and_nothing_else(recorder, spoken_file, tmp_path, source):
    target = tmp_path / "memo.flac"
    process = recorder.record("--output", target, *source)
    recorder.sound.play(spoken_file).wait(30)
    time.sleep(0.5)
    status, said, wrong = finished(process, signal.SIGTERM)
    assert status == 0, wrong
    assert place_said(said) == str(target) and recorder.remains() == []
    envelopes, waves = alike(samples_of(spoken_file), samples_of(target))
    assert envelopes > 0.95 and waves > 0.9, (envelopes, waves)
    before = target.read_bytes()
    refused = recorder.run("record", "--output", target)
    assert refused.returncode == 1 and "there already" in one_line(refused.stderr)
    assert target.read_bytes() == before
    assert not recorder.data.exists()


def test_levels_are_shown_without_recording(recorder, spoken_file):
    process = recorder.start("record", "--monitor", "--limit-time", "2s")
    player = recorder.sound.play(spoken_file)
    status, _, wrong = finished(process, how=None)
    player.wait(30)
    assert status == 0, wrong
    last = wrong.strip().splitlines()[-1]
    level = re.fullmatch(r"level  (-\d+) dB  peak (-?\d+) dB.*", last)
    assert level and -60 < int(level[1]) <= int(level[2]) <= 0, wrong
    assert recorder.remains() == []


# Limits


def test_a_time_limit_is_exact(recorder, tmp_path):
    target = tmp_path / "limited.wav"
    limited = recorder.run("record", "--output", target, "--limit-time", "2s")
    assert limited.returncode == 0, limited.stderr
    assert "time limit" in limited.stderr
    assert seconds_of(target) == 2


def test_a_size_limit_is_kept(recorder, tmp_path):
    target = tmp_path / "limited.wav"
    limited = recorder.run("record", "--output", target, "--limit-size", "500kB")
    assert limited.returncode == 0, limited.stderr
    assert "size limit" in limited.stderr
    assert 300_000 < target.stat().st_size <= 500_000


def test_a_recording_ends_before_it_is_too_large_to_be_stored(recorder, serving):
    recorder.make_owner()
    process = recorder.record(*WAV, "--set", "limits.largestFileMB=1")
    status, said, wrong = finished(process, how=None, seconds=30)
    assert status == 1 and "largestFileMB" in one_line(wrong) and "80 %" in wrong
    note = serving().ready(place_said(said))
    assert 600_000 < note["recording"]["size"] <= 1_000_000
