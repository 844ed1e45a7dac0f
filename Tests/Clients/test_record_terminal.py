"""`voicenote record` at a terminal: keys, levels, and what is refused in words."""

import re
import signal
import time
from pathlib import Path

import pytest

from support.recorder import one_line
from support.sound import seconds_of


def test_keys_pause_mark_and_end(recorder, typist, tmp_path):
    target = tmp_path / "keys.wav"
    one = typist(recorder, "record", "--output", target, "--channels", "1")
    one.until("Space pauses")
    one.until("saved 0:00:01")
    one.type("m")
    one.until("1 mark")
    one.type(" ")
    one.until("❚❚")
    paused = time.monotonic()
    one.read(2.5)
    away = time.monotonic() - paused
    one.type(" ")
    begun = time.monotonic()
    one.read(1)
    one.type("\x1a\x1cx")  # Ctrl-Z, Ctrl-\ and a key that means nothing
    one.read(0.5)
    assert one.process.poll() is None
    total = time.monotonic() - begun
    one.type("\r")
    assert one.end() == 0, one.shown[-2000:]
    assert one.is_restored
    assert re.search(r"recorded  \S+keys\.wav", one.shown)
    assert total + 1 <= seconds_of(target) <= total + away + 1, "the pause is left out"
    (line,) = (tmp_path / "keys.labels.txt").read_text().splitlines()
    start, end, label = line.split("\t")
    assert 1 <= float(start) == float(end) <= 3 and label == "mark 1"


@pytest.mark.parametrize("how", ["q", "\x03", signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_restored_however_it_ends(recorder, typist, tmp_path, how):
    target = tmp_path / "ended.wav"
    one = typist(recorder, "record", "--output", target)
    one.until("saved 0:00:01")
    assert not one.is_restored
    if isinstance(how, str):
        one.type(how)
    else:
        one.process.send_signal(how)
    assert one.end() == 0, one.shown[-2000:]
    assert one.is_restored and seconds_of(target) >= 1


def test_levels_come_before_the_recording_and_enter_begins_it(recorder, typist, spoken_file, tmp_path):
    target = tmp_path / "after.wav"
    one = typist(recorder, "record", "--monitor", "--output", target)
    one.until("Enter begins to record")
    player = recorder.sound.play(spoken_file)
    one.until("█")
    assert recorder.remains() == []
    one.type("\r")
    one.until("saved 0:00:01")
    one.type("q")
    assert one.end() == 0 and one.is_restored
    player.wait(30)
    assert seconds_of(target) >= 1
    again = typist(recorder, "record", "--monitor", "--output", tmp_path / "never.wav")
    again.until("Enter begins to record")
    again.type("q")
    assert again.end() == 0 and again.is_restored
    assert not (tmp_path / "never.wav").exists()


# What is refused


@pytest.mark.parametrize(
    "arguments, status, named",
    [
        (["--device", "banjo"], 1, "banjo"),
        (["--backend", "alsa", "--device", "hw:77"], 1, "hw:77"),
        (["--rate", "44100"], 64, "48000"),
        (["--title", "x" * 201], 64, "200"),
        (["--bitrate", "32k", "--codec", "wav"], 64, "opus"),
        (["--output", "nowhere/memo.wav"], 1, "nowhere"),
        (["--account", "nobody@example.org"], 1, "nobody@example.org"),
        (["--recover", "--discard"], 64, "--recover"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_words(recorder, arguments, status, named):
    recorder.make_owner()
    refused = recorder.run("record", *arguments)
    assert refused.returncode == status, refused.stderr
    assert named in refused.stderr
    assert "ALSA lib" not in refused.stderr, "what libraries print is not for people"
    assert recorder.remains() == []


def test_without_a_data_folder_or_an_account_nothing_is_recorded(recorder):
    refused = recorder.run("record")
    assert refused.returncode == 1 and "no data folder" in one_line(refused.stderr)
    assert not recorder.data.exists()
    recorder.data.mkdir()
    refused = recorder.run("record")
    assert refused.returncode == 1 and "voicenote account create" in one_line(refused.stderr)


def test_without_a_sound_server_it_is_said(recorder):
    recorder.sound.kill()
    refused = recorder.run("record", "--backend", "pulse", "--output", "memo.wav")
    assert refused.returncode == 1 and "does not answer" in one_line(refused.stderr)


def test_the_server_loads_no_sound_library(recorder):
    recorder.make_owner()
    server, _ = recorder.server()
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    server.stop()
    assert "libavformat" in maps
    for library in ("libavdevice", "libpulse", "libasound"):
        assert library not in maps
