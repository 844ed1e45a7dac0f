"""`voicenote edit FILE`: without a server, exact, and never at the cost of the recording."""

import hashlib
import json
import math
import os
import random
import signal
import time
import wave

import pytest

from support.edit import begin, edit, edited, measured, probed, refusal
from support.recordings import RATE, samples, speech, unique_wav, wav

SECONDS = 6


@pytest.fixture
def memo(tmp_path):
    """A recording of 6 s of speech in a folder of its own; whatever a test does, it stays as it is."""
    path = tmp_path / "memo.wav"
    path.write_bytes(unique_wav(SECONDS))
    before = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_ino, path.stat().st_mtime_ns)
    yield path
    assert (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_ino, path.stat().st_mtime_ns) == before
    assert not list(tmp_path.glob(".voicenote-*")), "something half was left behind"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# Exact


def test_a_trim_is_that_slice_bit_for_bit(memo, tmp_path):
    edited(["memo.wav", "--trim", "1s..2.5s", "--export", "out.wav"], tmp_path)
    assert samples(tmp_path / "out.wav") == samples(memo)[RATE : RATE * 5 // 2]
    # Readable for others as much as any new file.
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "out.wav").stat().st_mode & 0o777 == 0o666 & ~mask


def test_positions_may_be_samples_also_in_stereo(tmp_path):
    count = 44_100 * 2
    values = random.Random(1).choices(range(-32768, 32768), k=count * 2)
    (tmp_path / "noise.wav").write_bytes(wav(values, rate=44_100, channels=2))
    edited(["noise.wav", "--trim", "12345samples..54321samples", "--export", "out.wav"], tmp_path)
    with wave.open(str(tmp_path / "out.wav")) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getnframes()) == (44_100, 2, 54_321 - 12_345)
        data = reader.readframes(reader.getnframes())
    with wave.open(str(tmp_path / "noise.wav")) as reader:
        reader.setpos(12_345)
        assert reader.readframes(54_321 - 12_345) == data


def test_operations_are_done_in_the_order_of_the_command_line(memo, tmp_path):
    edited(
        ["memo.wav", "--cut", "1s..2s", "--trim", "..-0.5s", "--insert-silence", "0.25s+0.5s", "--split", "2s",
         "--move", "1s..2s@end", "--export", "out.wav"],
        tmp_path,
    )  # fmt: skip
    expected = list(samples(memo))
    del expected[RATE : 2 * RATE]
    del expected[-RATE // 2 :]
    expected[RATE // 4 : RATE // 4] = [0] * (RATE // 2)
    moved = expected[RATE : 2 * RATE]
    del expected[RATE : 2 * RATE]
    assert list(samples(tmp_path / "out.wav")) == expected + moved


def test_another_order_is_another_edit(memo, tmp_path):
    edited(["memo.wav", "--cut", "0s..1s", "--trim", "..2s", "--export", "first.wav"], tmp_path)
    edited(["--trim", "..2s", "memo.wav", "--cut", "0s..1s", "--export", "second.wav"], tmp_path)
    values = samples(memo)
    assert samples(tmp_path / "first.wav") == values[RATE : 3 * RATE]
    assert samples(tmp_path / "second.wav") == values[RATE : 2 * RATE]


def test_files_are_joined_also_with_themselves(memo, tmp_path):
    other = tmp_path / "other.wav"
    other.write_bytes(unique_wav(1))
    edited(["memo.wav", "--join", "other.wav", "--join", "./memo.wav", "--export", "out.wav"], tmp_path)
    assert samples(tmp_path / "out.wav") == samples(memo) + samples(other) + samples(memo)


def test_gain_and_fades(memo, tmp_path):
    edited(["memo.wav", "--gain=1s..2s=-6", "--fade-out", "1s", "--export", "out.wav"], tmp_path)
    before, after = samples(memo), samples(tmp_path / "out.wav")
    assert after[:RATE] == before[:RATE]
    factor = 10 ** (-6 / 20)
    assert all(abs(b - a * factor) <= 1 for a, b in zip(before[RATE : 2 * RATE], after[RATE : 2 * RATE]))
    assert after[2 * RATE : 5 * RATE] == before[2 * RATE : 5 * RATE]
    rest = zip(before[5 * RATE :], after[5 * RATE :])
    assert all(abs(b - a * (RATE - index) / RATE) <= 2 * abs(a) / RATE + 1 for index, (a, b) in enumerate(rest))


def test_silence_is_removed(tmp_path):
    tone = [round(8000 * math.sin(2 * math.pi * 300 * index / RATE)) for index in range(2 * RATE)]
    (tmp_path / "tone.wav").write_bytes(wav([*tone, *[0] * (3 * RATE), *tone]))
    edited(["--remove-silence", "tone.wav", "--export", "usual.wav"], tmp_path)
    edited(["tone.wav", "--remove-silence=1s,0", "--trim", "..-1s", "--export", "all.wav"], tmp_path)
    edited(["tone.wav", "--remove-silence=4s", "--export", "none.wav"], tmp_path)
    near = RATE // 100  # silence is known to the millisecond
    assert abs(len(samples(tmp_path / "usual.wav")) - 4.4 * RATE) <= near
    assert abs(len(samples(tmp_path / "all.wav")) - 3 * RATE) <= near
    assert len(samples(tmp_path / "none.wav")) == 7 * RATE


# Loudness


def test_a_loudness_is_reached(memo, tmp_path):
    said = edited(["memo.wav", "--trim", "1s..", "--normalize=-30,-3", "--export", "out.wav"], tmp_path)
    loudness, _ = measured(tmp_path / "out.wav")
    assert abs(loudness - -30) <= 0.5
    assert "-30 LUFS" in said and "below" not in said


def test_where_the_ceiling_holds_it_back_it_says_by_how_much(memo, tmp_path):
    said = edited(["memo.wav", "--normalize=-6", "--export", "out.wav"], tmp_path)
    assert "below the target of -6 LUFS: peaks are at the ceiling of -1 dBTP" in said
    loudness, peak = measured(tmp_path / "out.wav")
    assert abs(peak - -1) <= 0.5
    told = json.loads(edited(["memo.wav", "--normalize=-6", "--export", "out.wav", "--force", "--json"], tmp_path))
    normalization = told["export"]["normalization"]
    assert normalization["outcome"] == "heldBack"
    assert abs(-6 - normalization["missing"] - loudness) <= 0.5


# Files


@pytest.mark.parametrize(
    "name, options, codec",
    [
        ("o.wav", ["--bits", "24"], "pcm_s24le"), ("o.flac", [], "flac"), ("o.mp3", ["--quality", "4"], "mp3"),
        ("o.MP3", ["--bitrate", "64k"], "mp3"), ("o.m4a", [], "aac"), ("o.opus", ["--bitrate", "24k"], "opus"),
        ("o.ogg", [], "opus"),
    ],
)  # fmt: skip
def test_the_ending_says_the_format(memo, tmp_path, name, options, codec):
    told = json.loads(edited(["memo.wav", "--cut", "1s..2s", "--export", name, *options, "--json"], tmp_path))
    found, _, seconds = probed(tmp_path / name)
    assert found == codec and abs(seconds - (SECONDS - 1)) < 0.25  # an MP3 begins with some silence of its own
    assert told["export"]["bytes"] == (tmp_path / name).stat().st_size
    assert told["length"] == (SECONDS - 1) * RATE and told["export"]["file"] == name


def test_the_list_in_three_forms(memo, tmp_path):
    options = ["--cut", "1s..2s", "--insert-silence", "end+1s"]
    for name in ("list.json", "list.otio", "list.txt"):
        edited(["memo.wav", *options, "--list", name], tmp_path)
    sheet = json.loads((tmp_path / "list.json").read_text())
    segments = sheet["list"]["segments"]
    assert [(one["start"], one["end"]) for one in segments] == [(0, RATE), (2 * RATE, 6 * RATE), (0, RATE)]
    assert segments[2]["source"] is None and sheet["length"] == 6 * RATE
    assert sheet["names"] == {segments[0]["source"]: "memo.wav"}
    timeline = json.loads((tmp_path / "list.otio").read_text())
    children = timeline["tracks"]["children"][0]["children"]
    assert [child["OTIO_SCHEMA"] for child in children] == ["Clip.1", "Clip.1", "Gap.1"]
    assert children[0]["media_reference"]["target_url"] == memo.as_uri()
    labels = [line.split("\t") for line in (tmp_path / "list.txt").read_text().splitlines()]
    assert [label[:2] for label in labels] == [
        ["0.000000", "1.000000"], ["1.000000", "5.000000"], ["5.000000", "6.000000"]]
    assert names(tmp_path) == ["list.json", "list.otio", "list.txt", "memo.wav"]


def test_looking_and_trying_write_nothing(memo, tmp_path):
    assert "0:06.000, 1 segment," in edited(["memo.wav"], tmp_path)
    said = edited(["memo.wav", "--cut", "1s..2s", "--export", "out.wav", "--dry-run"], tmp_path)
    assert "0:05.000, 2 segments" in said and "nothing was done" in said
    assert names(tmp_path) == ["memo.wav"]


def test_an_existing_file_stays_without_force(memo, tmp_path):
    out = tmp_path / "out.wav"
    out.write_text("mine")
    arguments = ["memo.wav", "--trim", "..1s", "--export", "out.wav"]
    assert "--force" in refusal(arguments, tmp_path)
    assert out.read_text() == "mine"
    edited([*arguments, "--force"], tmp_path)
    assert samples(out) == samples(memo)[:RATE]


@pytest.mark.parametrize("kind", ["itself", "hard", "soft", "roundabout", "joined"])
def test_a_recording_is_never_the_output(memo, tmp_path, kind):
    os.link(memo, tmp_path / "hard.wav")
    (tmp_path / "soft.wav").symlink_to(memo)
    (tmp_path / "sub").mkdir()
    (tmp_path / "first.wav").write_bytes(unique_wav(1))
    name = {"itself": "memo.wav", "hard": "hard.wav", "soft": "soft.wav", "roundabout": "sub/../memo.wav"}
    subject = ["first.wav", "--join", "memo.wav"] if kind == "joined" else ["memo.wav"]
    line = refusal([*subject, "--trim", "..1s", "--export", name.get(kind, "hard.wav"), "--force"], tmp_path)
    assert "never overwritten" in line
    assert (tmp_path / "hard.wav").samefile(memo)


# Refused


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        (["--trim", "5s..7s"], 1, "beyond the end"), (["--cut", "0s..6s"], 1, "--cut 0s..6s"),
        (["--trim", "3s..2s"], 1, "nothing in it"), (["--split", "-7s"], 1, "before the start"),
        (["--cut", "1s..2s", "--trim", "..6s"], 1, "0:05.000"), (["--gain", "500"], 1, "--gain 500"),
        (["--fade-in", "7s"], 1, "--fade-in 7s"), (["--move", "1s..3s@2s"], 1, "--move"),
        (["--join", "none.wav"], 1, "none.wav"), (["--gain", "nan"], 64, "--gain"),
        (["--gain", "1s..2s=inf"], 64, "--gain"), (["--trim", "soon..later"], 64, "such as 5s..2m30s"),
        (["--noise-reduction", "2"], 64, "0, which is off, to 1"), (["--normalize", "3"], 64, "-70 to -5"),
        (["--export", "out.doc"], 64, ".flac"), (["--list", "out.doc"], 64, ".otio"),
        (["--export", "none/out.wav"], 1, "no folder none"), (["--undo"], 1, "note on a server"),
        (["--versions"], 1, "note on a server"), (["--restore", "2"], 1, "note on a server"),
        (["--undo", "--trim", "1s.."], 64, "alone"),
    ],
)  # fmt: skip
def test_what_is_not_possible_is_one_clear_line(memo, tmp_path, arguments, status, words):
    exporting = [] if "--export" in arguments else ["--export", "out.wav"]
    assert words in refusal(["memo.wav", *arguments, *exporting], tmp_path, status=status)
    assert names(tmp_path) == ["memo.wav"]


@pytest.mark.parametrize(
    "name, content, words",
    [("empty.wav", b"", "empty"), ("text.wav", b"nothing to hear\n" * 500, "no audio"), ("none.wav", None, "none.wav"),
     ("folder", "folder", "is a folder")],
)  # fmt: skip
def test_what_is_no_recording_is_one_clear_line(tmp_path, name, content, words):
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    before = names(tmp_path)
    assert words in refusal([name, "--export", "out.wav"], tmp_path)
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    "number, whole_group", [(signal.SIGINT, False), (signal.SIGINT, True), (signal.SIGTERM, False)]
)
def test_an_interruption_leaves_nothing(tmp_path, number, whole_group):
    with wave.open(str(tmp_path / "long.wav"), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes(os.urandom(1 << 20) * 60)
    (tmp_path / "out.opus").write_text("mine")
    process = begin(["long.wav", "--export", "out.opus", "--force"], tmp_path, start_new_session=True)
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size for part in tmp_path.glob(".voicenote-*.part")):
        assert process.poll() is None, "it was over too soon to be interrupted"
        assert time.monotonic() < deadline, "no part of the export appeared"
        time.sleep(0.002)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    _, wrong = process.communicate(timeout=20)
    assert process.returncode == 130 and "Interrupted" in wrong
    assert names(tmp_path) == ["long.wav", "out.opus"] and (tmp_path / "out.opus").read_text() == "mine"


def test_neither_a_server_nor_a_data_folder_is_needed(memo, tmp_path):
    settings = {"VOICENOTE_CLIENT_SERVER": "http://127.0.0.1:9", "VOICENOTE_DATA_FOLDER": str(tmp_path / "data")}
    status, _, wrong = edit(["memo.wav", "--trim", "..1s", "--export", "out.wav"], tmp_path, settings)
    assert status == 0, wrong
    assert names(tmp_path) == ["memo.wav", "out.wav"]
    assert len(speech(1)) == len(samples(tmp_path / "out.wav"))
