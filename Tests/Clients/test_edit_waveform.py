"""The waveform and the silence of an edit: what is drawn is what is heard, at any zoom and in any window."""

import math
import random
import time

import pytest
from test_edits import change, edits, head
from test_processing import reference_peaks

from support.api import fetched, problem
from support.edits import encode, heard, kept, path, values
from support.recordings import RATE, speech, unique_wav, wav

BASE_ZOOM = 256
FULL = 16_384  # half of full scale: 64 in the eight bits of a waveform


@pytest.fixture
def note(owner, kept):
    return kept(owner, unique_wav(30))


def draw(client, note, version="head", **query):
    """The waveform: samples a pixel, and a pair for each pixel."""
    answer = client.get(path(note, version, "waveform"), params=query)
    body = fetched(answer)
    assert answer.headers["content-type"].startswith("application/json")
    assert set(body) == {"version", "channels", "sample_rate", "samples_per_pixel", "bits", "length", "data"}
    assert (body["version"], body["channels"], body["bits"]) == (2, 1, 8)
    assert len(body["data"]) == 2 * body["length"] <= 2 * query.get("pixels", 1000)
    assert all(-128 <= value <= 127 for value in body["data"])
    return body["samples_per_pixel"], list(zip(body["data"][::2], body["data"][1::2]))


def pairs(samples, per_pixel):
    peaks = reference_peaks(samples, per_pixel, 8)
    return list(zip(peaks[::2], peaks[1::2]))


def expected_zoom(start, end, pixels):
    return max(1, math.ceil((end - start) / pixels))


# Near


def test_close_by_every_pixel_is_that_of_the_samples(owner, note):
    """Below 256 samples a pixel, value for value, in windows anywhere; also one sample a pixel."""
    change(owner, note, None, {"op": "cut", "start": 10_000, "end": 12_345},
           {"op": "move", "start": 0, "end": 5000, "to": 77_777},
           {"op": "insertSilence", "at": 3000, "length": 600})  # fmt: skip
    samples, dice = values(heard(owner, note)), random.Random(1)
    windows = [(0, 1000, 1000), (0, 10, 1000), (2500, 4000, 77), (len(samples) - 5, len(samples), 4096)]
    for _ in range(30):
        pixels = dice.choice([1, 7, 100, 1000, 4096])
        start = dice.randrange(len(samples) - 1)
        windows.append((start, min(len(samples), start + dice.randint(1, 255 * pixels)), pixels))
    for start, end, pixels in windows:
        zoom, drawn = draw(owner, note, start=start, end=end, pixels=pixels)
        assert zoom == expected_zoom(start, end, pixels) < BASE_ZOOM
        assert drawn == pairs(samples[start:end], zoom), (start, end, pixels)


def test_two_channels_are_drawn_as_their_mean(owner, kept):
    """As the waveform of a recording is: the mix, truncated toward zero."""
    left, right = speech(2), speech(2)
    added = kept(owner, wav([value for pair in zip(left, right) for value in pair], channels=2))
    change(owner, added, None, {"op": "cut", "start": 100, "end": 200})
    mix = [math.trunc((a + b) / 2) for a, b in zip(left, right)]
    mix = mix[:100] + mix[200:]
    zoom, drawn = draw(owner, added, start=0, end=4000, pixels=100)
    assert zoom == 40
    wanted = pairs(mix[:4000], 40)
    # A mean of .5 may be rounded before it is divided.
    assert all(abs(a - b) <= 1 for one, two in zip(drawn, wanted, strict=True) for a, b in zip(one, two))


def test_gain_fades_and_crossfades_show_close_by(owner, note):
    """What is drawn is what the preview plays."""
    change(owner, note, None, {"op": "gain", "start": 9000, "end": 11_000, "decibels": 4.5},
           {"op": "fadeIn", "length": 5000}, {"op": "fadeOut", "length": 7000},
           {"op": "crossfade", "at": 9000, "length": 1500})  # fmt: skip
    samples = values(heard(owner, note))
    for start, end in ((0, 6000), (6500, 11_500), (len(samples) - 8000, len(samples))):
        zoom, drawn = draw(owner, note, start=start, end=end, pixels=200)
        wanted = pairs(samples[start:end], zoom)
        assert all(abs(a - b) <= 1 for one, two in zip(drawn, wanted, strict=True) for a, b in zip(one, two))


# Far


def around(source, segments, start, end, margin):
    """Of the source, what is heard from `start` to `end` of the edit, and so much more at each side of each piece."""
    found, position = [], 0
    for segment in segments:
        length = segment["end"] - segment["start"]
        low, high = max(start, position), min(end, position + length)
        if low < high:
            shift = segment["start"] - position
            found += source[max(0, low + shift - margin) : high + shift + margin]
        position += length
    return pairs(found, len(found))[0]


@pytest.mark.parametrize("pixels", [1, 3, 17, 100, 333, 700])
def test_from_afar_no_peak_is_missed_and_none_invented(owner, note, pixels):
    """Each pixel has all that is heard in it, and nothing farther away than one pixel of the source's waveform."""
    source = values(owner.audio(note["id"], rendition="source").content)
    state = change(owner, note, None, {"op": "cut", "start": 33_333, "end": 50_001},
                   {"op": "move", "start": 100_000, "end": 140_007, "to": 11},
                   {"op": "split", "at": 70_000})  # fmt: skip
    end, segments = state["length"], state["list"]["segments"]
    zoom, drawn = draw(owner, note, pixels=pixels)
    assert zoom == expected_zoom(0, end, pixels) >= BASE_ZOOM
    margin = BASE_ZOOM << math.ceil(math.log2(zoom / BASE_ZOOM))
    assert len(drawn) == math.ceil(end / zoom)
    for index, (low, high) in enumerate(drawn):
        part = index * zoom, min(end, (index + 1) * zoom)
        exact, wide = around(source, segments, *part, 0), around(source, segments, *part, margin)
        assert wide[0] <= low <= exact[0] and exact[1] <= high <= wide[1], (index, low, high, exact, wide)


def test_gain_and_fades_show_from_afar(owner, kept):
    """Half as loud is half as high, and a fade is a wedge."""
    added = kept(owner, wav([FULL, -FULL] * (RATE * 15)))
    change(owner, added, None, {"op": "gain", "start": 160_000, "end": 240_000, "decibels": -6.0206},
           {"op": "fadeIn", "length": 80_000})  # fmt: skip
    zoom, drawn = draw(owner, added, pixels=240)
    assert zoom == 1000
    for index, (low, high) in enumerate(drawn):
        level = 64 * (min(1, (index + 0.5) / 80) if index < 160 else 0.5)
        assert abs(high - level) <= 2 and abs(low + level) <= 2, (index, low, high, level)


# Windows


@pytest.mark.parametrize("zoom", [1, 50, 255, 256, 300, 2048])
def test_windows_fit_together(owner, note, zoom):
    """A window is drawn as the same part of a larger one."""
    change(owner, note, None, {"op": "cut", "start": 777, "end": 9999}, {"op": "fadeOut", "length": 3000},
           {"op": "gain", "start": 500, "end": 1500, "decibels": 3})  # fmt: skip
    start, pixels = 123, 90
    _, whole = draw(owner, note, start=start, end=start + zoom * pixels, pixels=pixels)
    assert len(whole) == pixels
    parts = []
    for first, count in ((0, 10), (10, 1), (11, 70), (81, 9)):
        here = start + first * zoom
        found, part = draw(owner, note, start=here, end=here + count * zoom, pixels=count)
        assert (found, len(part)) == (zoom, count)
        parts += part
    assert parts == whole


def test_without_a_window_it_is_all_in_a_thousand_pixels(owner, note):
    """The defaults, of a version and of a note that was never edited."""
    length = edits(owner, note)["edit"]["length"]
    assert draw(owner, note) == draw(owner, note, start=0, end=length, pixels=1000)
    first = draw(owner, note)
    version = head(change(owner, note, None, {"op": "trim", "start": 5, "end": 999}))
    assert draw(owner, note)[0] == 1 and len(draw(owner, note, version)[1]) == 994
    original = edits(owner, note)["versions"][-1]["id"]
    assert draw(owner, note, original) == first


BAD = [
    ({"pixels": 0}, {"pixels"}), ({"pixels": 4097}, {"pixels"}), ({"pixels": -1}, {"pixels"}),
    ({"pixels": "many"}, {"pixels"}), ({"pixels": "9" * 40}, {"pixels"}), ({"pixels": "1.5"}, {"pixels"}),
    ({"start": -1}, {"start"}), ({"start": "soon"}, {"start"}), ({"end": "late"}, {"end"}), ({"end": -5}, {"end"}),
    ({"start": 10, "end": 9}, {"start", "end"}), ({"start": 2**63}, {"start"}), ({"end": 2**63}, {"end"}),
    ({"start": 24_001}, {"start", "end"}), ({"start": 10**15, "end": 10**15 + 5}, {"start", "end"}),
    ({"end": 24_001}, {"end"}),
    ({"start": "0x10"}, {"start"}), ({"end": "NaN"}, {"end"}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "fields"), BAD, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_a_window_that_is_none_is_refused(owner, spoken, query, fields):
    """With the field that is wrong, of a note of 24000 samples."""
    answer = owner.get(path(spoken, what="waveform"), params=query)
    body = problem(answer, 422, "validation_failed")
    assert {error["field"] for error in body["errors"]} <= fields, body


@pytest.mark.waits
@pytest.mark.timeout(700)
def test_ten_hours_are_drawn_at_once(start_with, kept, tmp_path):
    """A tone of a second in each hour is found in every window, with at most 4096 pixels, each within two seconds."""
    _, client = start_with()
    hour, tone = 3600 * RATE, 1800 * RATE
    # Half an hour of silence, the tone, and silence up to the full hour; ten times.
    filters = f"adelay=1800000,apad=whole_len={hour},aloop=loop=9:size={hour}"
    long = encode(tmp_path, wav([FULL, -FULL] * (RATE // 2)), "flac", "-af", filters)
    added = kept(client, long, file_name="day.flac", seconds=600)
    # Half an hour goes from the front: the tones are at the full hours now.
    state = change(client, added, None, {"op": "trim", "start": tone, "end": 10 * hour})
    length = state["length"]
    assert length == 10 * hour - tone
    for start, end, pixels in (
        (0, length, 4096), (0, length, 1000), (0, length, 1), (hour - 5000, 3 * hour, 4096),
        (9 * hour - 60 * RATE, 9 * hour + 60 * RATE, 2000), (5 * hour - 100, 5 * hour + 100, 4096),
        (length - 10_000, length, 100), (2 * hour - RATE, 2 * hour + 2 * RATE, 300),
    ):  # fmt: skip
        begun = time.monotonic()
        zoom, drawn = draw(client, added, start=start, end=end, pixels=pixels)
        assert time.monotonic() - begun < 2, (start, end, pixels)
        assert zoom == expected_zoom(start, end, pixels) and len(drawn) == math.ceil((end - start) / zoom)
        margin = 2 * zoom if zoom >= BASE_ZOOM else 0
        for index, (low, high) in enumerate(drawn):
            first, last = start + index * zoom, min(end, start + (index + 1) * zoom)
            # The full hour, from which a tone goes on for a second, that lies nearest before the pixel's end.
            begins = (last - 1) // hour * hour
            if first < begins + RATE:
                assert (high == 64 or zoom == 1) and (low == -64 or zoom == 1) and (low, high) != (0, 0), index
            elif first >= begins + RATE + margin and last + margin <= begins + hour:
                assert (low, high) == (0, 0), (index, low, high)


# Silence


def stretches(client, note, version="head"):
    body = fetched(client.get(path(note, version, "silence")))
    assert set(body) == {"thresholdDBFS", "minimumMs", "complete", "items"}
    assert (body["thresholdDBFS"], body["minimumMs"], body["complete"]) == (-50.0, 500, True)
    return [(item["startMs"], item["endMs"]) for item in body["items"]]


def near(found, wanted):
    assert len(found) == len(wanted), found
    for one, two in zip(found, wanted):
        assert all(abs(a - b) <= 5 for a, b in zip(one, two)), (found, wanted)


def test_silence_is_seen_through_the_edit(owner, kept):
    """Two pauses: cuts shorten and shift them, a move carries them along, inserted silence joins them."""
    loud = [8000, -8000] * (RATE // 2)
    added = kept(owner, wav(loud * 2 + [0] * RATE + loud * 3 + [0] * RATE * 2 + loud))
    source = fetched(owner.get(f"/notes/{added['id']}/silence"))["items"]
    near([(item["startMs"], item["endMs"]) for item in source], [(2000, 3000), (6000, 8000)])
    near(stretches(owner, added), [(2000, 3000), (6000, 8000)])
    state = change(owner, added, None, {"op": "cut", "start": RATE, "end": RATE * 3 // 2},
                   {"op": "cut", "start": RATE * 6, "end": RATE * 7})  # fmt: skip
    near(stretches(owner, added), [(1500, 2500), (5500, 6500)])
    moved = change(owner, added, head(state), {"op": "move", "start": RATE * 5, "end": RATE * 7, "to": 0})
    near(stretches(owner, added), [(500, 1500), (3500, 4500)])
    change(owner, added, head(moved), {"op": "insertSilence", "at": RATE * 4, "length": RATE})
    near(stretches(owner, added), [(500, 1500), (3500, 5500)])
    near(stretches(owner, added, head(state)), [(1500, 2500), (5500, 6500)])
