"""Hearing an edit that was never rendered to a file: samples, versions, and who may.

What is heard is compared with slices and with a plain array program (support.edits)."""

import math
import random

import pytest
from test_edits import change, edits, head, post
from test_processing import ffmpeg_loudness

from support.api import Api, created, fetched, problem
from support.edits import applied, encode, heard, is_tape, kept, path, preview, values
from support.recordings import FIXTURES, RATE, speech, unique_wav, wav
from support.storage import delete_for_good

CUT = {"op": "cut", "start": 3000, "end": 7777}


@pytest.fixture
def note(owner, kept):
    return kept(owner, unique_wav(3))


# Bit for bit


def stereo(seconds):
    pairs = zip(speech(seconds), speech(seconds))
    return wav([value for pair in pairs for value in pair], rate=48_000, channels=2)


FORMATS = {
    "mono WAV": lambda folder: (unique_wav(2), 1, RATE),
    "stereo WAV": lambda folder: (stereo(4), 2, 48_000),
    "mono FLAC": lambda folder: (encode(folder, unique_wav(2), "flac"), 1, RATE),
    "stereo FLAC": lambda folder: (encode(folder, stereo(4), "flac"), 2, 48_000),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_cuts_are_slices_bit_for_bit(owner, kept, tmp_path, kind):
    """Trim, cut, move, split and join give slices of the source's own samples, and the header of a plain WAV file."""
    data, channels, rate = FORMATS[kind](tmp_path)
    pcm = values(encode(tmp_path, data, "wav", "-c:a", "pcm_s16le"))
    tape = whole = [tuple(pcm[i : i + channels]) for i in range(0, len(pcm), channels)]
    added = kept(owner, data, file_name=f"memo.{kind[-4:].strip().lower()}")
    own = added["recording"]["id"]

    def plays(wanted):
        flat = [value for frame in wanted for value in frame]
        assert heard(owner, added) == wav(flat, rate=rate, channels=channels)

    plays(tape)
    base = None
    for operations in (
        [{"op": "split", "at": 5000}, {"op": "split", "at": 1}, {"op": "split", "at": len(tape) - 1}],
        [{"op": "trim", "start": 1001, "end": 15_003}],
        [{"op": "cut", "start": 1153, "end": 4097}],
        [{"op": "move", "start": 7, "end": 901, "to": 6000}, {"op": "move", "start": 9000, "end": 9999, "to": 0}],
        [{"op": "split", "at": 4321}, {"op": "join", "recording": own, "start": 3, "end": 4444, "at": 4321}],
        [{"op": "join", "recording": own}, {"op": "cut", "start": 0, "end": 1}],
    ):
        base = head(change(owner, added, base, *operations))
        for operation in operations:
            tape = applied(tape, operation, {own: whole})
        plays(tape)


def test_channels_are_those_of_the_first_recording(owner, kept):
    """Two channels become their mean, one is heard on both sides."""
    left, right, middle = speech(1), speech(1), speech(1)
    two = kept(owner, wav([value for pair in zip(left, right) for value in pair], channels=2))
    one = kept(owner, wav(middle))
    change(owner, one, None, {"op": "join", "recording": two["recording"]["id"]})
    change(owner, two, None, {"op": "join", "recording": one["recording"]["id"]})
    mean = [round((a + b) / 2) for a, b in zip(left, right)]  # ties to even
    assert heard(owner, one) == wav([*middle, *mean])
    sides = [value for pair in zip([*left, *middle], [*right, *middle]) for value in pair]
    assert heard(owner, two) == wav(sides, channels=2)


def some_operations(dice, tape, others, most):
    """Random operations that divide, move and amplify, and what they make of the samples."""
    operations = []
    for _ in range(most):
        length = len(tape)
        start = dice.randrange(length)
        end = min(length, start + dice.randint(1, max(1, length // 3)))
        [other] = others
        silence = {"op": "insertSilence", "at": dice.randint(0, length), "length": dice.randint(1, 500)}
        operation = silence if length < 100 else dice.choice([
            {"op": "trim", "start": dice.randint(0, length // 4), "end": dice.randint(length * 3 // 4, length)},
            {"op": "cut", "start": start, "end": end},
            {"op": "split", "at": dice.randint(1, length - 1)},
            {"op": "move", "start": start, "end": end,
             "to": dice.choice([dice.randint(0, start), dice.randint(end, length)])},
            {"op": "join", "recording": other, "start": start % 3000, "end": 3500, "at": dice.randint(0, length)},
            {"op": "gain", "start": start, "end": end, "decibels": round(dice.uniform(-6, 3), 2)},
            silence,
        ])  # fmt: skip
        operations.append(operation)
        tape = applied(tape, operation, others)
    return operations, tape


def some_fades(dice, tape, segments, most):
    """Random fades, and crossfades from the last joint to the first, which leave the joints before them in place."""
    lengths = [segment["end"] - segment["start"] for segment in segments]
    operations = [
        {"op": op, "length": dice.randint(1, lengths[index] // 2)}
        for op, index in (("fadeIn", 0), ("fadeOut", -1)) if lengths[index] > 1 and dice.random() < 0.5
    ][:most]  # fmt: skip
    behind, joints = 0, sorted(dice.sample(range(1, len(lengths)), min(len(lengths) - 1, most - len(operations))))
    for index in range(len(lengths) - 1, 0, -1):
        possible = min(lengths[index - 1], lengths[index] - behind) - 1
        behind = dice.randint(1, possible) if index in joints and possible > 0 else 0
        if behind:
            operations.append({"op": "crossfade", "at": sum(lengths[:index]), "length": behind})
    for operation in operations:
        tape = applied(tape, operation)
    return operations, tape


@pytest.mark.waits
@pytest.mark.timeout(400)
def test_a_hundred_random_edits_equal_an_array_program(owner, kept, note):
    """1 to 20 operations each: samples that nothing was computed of are the same, the others within one."""
    source = values(owner.audio(note["id"], rendition="source").content)
    other = kept(owner, wav(speech(0.5)))
    others = {other["recording"]["id"]: values(owner.audio(other["id"], rendition="source").content)}
    whole, base, faded = edits(owner, note)["edit"]["list"], None, 0
    for seed in range(100):
        dice = random.Random(seed)
        count = dice.randint(1, 20)
        base = head(created(post(owner, note, base, list=whole)))
        dividing = dice.randint(1, count)
        operations, tape = some_operations(dice, source, others, dividing)
        state = change(owner, note, base, *operations)
        fades, tape = some_fades(dice, tape, state["list"]["segments"], count - dividing)
        state = change(owner, note, head(state), *fades) if fades else state
        base, faded = head(state), faded + len(fades)
        assert state["length"] == len(tape)
        is_tape(values(heard(owner, note)), tape, f"with seed {seed}: {operations + fades}")
    assert faded > 100, "too few fades to show anything"


def test_a_cut_through_a_fade_leaves_what_it_had_of_it(owner, note):
    """Each part fades from or to nothing over as many samples as it has of the fade (EditOperation)."""
    source = values(owner.audio(note["id"], rendition="source").content)
    change(owner, note, None, {"op": "fadeIn", "length": 1000}, {"op": "cut", "start": 300, "end": 600})
    wanted = applied(source[:300], {"op": "fadeIn", "length": 300})
    wanted += applied(source[600:1000], {"op": "fadeIn", "length": 400}) + source[1000:]
    is_tape(values(heard(owner, note)), wanted)


def test_a_crossfade_keeps_the_power(owner, kept):
    """In the middle of a crossfade of a constant, both sides have the sine of an eighth of a turn."""
    added = kept(owner, wav([10_000] * RATE))
    change(owner, added, None, {"op": "trim", "start": 4000, "end": RATE},
           {"op": "join", "recording": added["recording"]["id"], "start": 0, "end": 4000},
           {"op": "crossfade", "at": 4000, "length": 1001})  # fmt: skip
    found = values(heard(owner, added))
    assert len(found) == 8000 - 1001 and abs(found[3499] - 20_000 * math.sin(math.pi / 4)) <= 1


# Versions


def test_a_version_sounds_the_same_for_ever_and_head_follows(owner, note):
    """Later edits change `head` and its tag, and no version; undo and redo bring back the same bytes."""
    whole = heard(owner, note)
    first = change(owner, note, None, CUT)
    cut, tag = heard(owner, note, head(first)), preview(owner, note, head(first)).headers["etag"]
    assert cut == heard(owner, note) != whole
    before = preview(owner, note).headers["etag"]
    second = change(owner, note, head(first), {"op": "gain", "start": 0, "end": 900, "decibels": -7.5})
    soft = heard(owner, note, head(second))
    assert heard(owner, note) == soft != cut and preview(owner, note).headers["etag"] != before
    again = preview(owner, note, head(first))
    assert again.content == cut and again.headers["etag"] == tag != preview(owner, note, head(second)).headers["etag"]
    fetched(post(owner, note, head(second), action="undo"))
    assert heard(owner, note) == cut
    original = head(fetched(post(owner, note, head(first), action="undo")))
    assert heard(owner, note) == heard(owner, note, original) == whole
    fetched(post(owner, note, original, action="redo"))
    fetched(post(owner, note, head(first), action="redo"))
    assert heard(owner, note) == soft


@pytest.mark.parametrize("target", [-18, -33])
def test_a_loudness_is_heard_at_once(owner, kept, tmp_path, target):
    """The preview of a normalised recording has the loudness that was asked for, by ffmpeg's ebur128."""
    added = kept(owner, unique_wav(12))
    change(owner, added, None, {"op": "normalize", "target": target, "ceiling": 0})
    loudness, peak = added["recording"]["loudness"]["integratedLUFS"], added["recording"]["loudness"]["truePeakDBTP"]
    reachable = min(target, loudness - peak)
    (tmp_path / "heard.wav").write_bytes(heard(owner, added))
    assert abs(ffmpeg_loudness(tmp_path / "heard.wav")[0] - reachable) <= 0.5


# Who and what is not there


def test_anothers_note_and_unknown_versions_are_not_found(server, owner, stranger, note, kept):
    """A foreign note, and a version of another note, answer as unknown ones; without a token nothing is heard."""
    version = head(change(owner, note, None, CUT))
    other = kept(owner, unique_wav(1))
    for what in ("audio", "waveform", "silence"):
        for one in ("head", version):
            problem(stranger.get(path(note, one, what)), 404, "not_found")
        for one in (version, "0190a0a0-0000-7000-8000-000000000000", "nonsense", "HEAD"):
            problem(owner.get(path(other, one, what)), 404, "not_found")
        with Api(server.url) as nobody:
            problem(nobody.get(path(note, version, what)), 401, "unauthenticated")
    # The trash hides nothing from its owner's player, but what is gone is gone.
    delete_for_good(owner, other["id"])
    kept.forget(other)
    problem(preview(owner, other), 404, "not_found")


def test_what_is_not_analysed_yet_is_not_ready(start_with):
    """Neither while it is processed, nor where it cannot be."""
    _, client = start_with()
    broken = client.add(b"this is no audio at all", file_name="x.mp3")
    assert client.settled(broken["id"])["state"] == "failed"
    waiting = client.add((FIXTURES / "ten-hours.flac").read_bytes(), file_name="ten-hours.flac")
    for added in (waiting, broken):
        for what in ("audio", "waveform", "silence"):
            answer = client.get(path(added, what=what))
            assert answer.status_code in (409, 425)
            problem(answer, answer.status_code, "not_ready")
    delete_for_good(client, waiting["id"])
