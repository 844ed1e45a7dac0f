"""What the server finds out about a recording, checked against ffmpeg and against plain references."""

import json
import math
import re
import struct
import subprocess

import pytest

from support.api import TIME, fetched, problem
from support.recordings import FIXTURES, FORMATS, RATE, encoded, prompt, samples, speech, wav

# extension: (container, codec, bit depth of the source if it has one)
EXPECTED = {
    "wav": ("wav", "pcm_s16le", 16),
    "flac": ("flac", "flac", 16),
    "mp3": ("mp3", "mp3", None),
    "m4a": ("mp4", "aac", None),
    "aac": ("aac", "aac", None),
    "ogg": ("ogg", "vorbis", None),
    "opus": ("ogg", "opus", None),
    "webm": ("webm", "opus", None),
    "amr": ("amr", "amr_nb", None),
    "3gp": ("3gp", "amr_nb", None),
    "aiff": ("aiff", "pcm_s16be", 16),
    "au": ("au", "pcm_s16be", 16),
}


@pytest.fixture(scope="module")
def processed(owner):
    """A processed note of each format: extension to (path of the file sent, note)."""
    added = {extension: owner.add(encoded(extension), file_name=f"memo.{extension}") for extension in FORMATS}
    return {extension: owner.ready(note["id"]) for extension, note in added.items()}


@pytest.fixture
def probe(tmp_path):
    def probe(data):
        """ffmpeg's view: (stream, seconds that it decodes)."""
        path = tmp_path / "probed"
        path.write_bytes(data)
        command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
        stream = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"][0]
        decode = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", "48000", "-"]
        decoded = subprocess.run(decode, capture_output=True, check=True).stdout
        return stream, len(decoded) / 2 / 48000

    return probe


@pytest.mark.parametrize("extension", FORMATS)
def test_the_format_of_a_recording_is_found_by_its_content(processed, probe, extension):
    recording = processed[extension]["recording"]
    stream, seconds = probe(encoded(extension))
    container, codec, bit_depth = EXPECTED[extension]
    assert (recording["container"], recording["codec"], recording["bitDepth"]) == (container, codec, bit_depth)
    assert recording["channels"] == stream["channels"]
    assert recording["sampleRate"] == int(stream["sample_rate"])
    assert recording["mimeType"] == FORMATS[extension]
    spoken = len(samples(FIXTURES / "speech.wav")) / RATE
    assert min(abs(recording["durationMs"] - exact * 1000) for exact in (spoken, seconds)) <= 30, (
        "what was spoken, or with the padding of an encoder that ffmpeg does not cut off"
    )
    assert 0.6 < recording["bitRate"] / (recording["size"] * 8 / seconds) <= 1.02, "the audio is most of the file"
    assert recording["quality"] == "low", "speech from a telephone"
    assert recording["progress"] == 1.0
    assert TIME.fullmatch(recording["verifiedAt"])


@pytest.mark.parametrize("extension", FORMATS)
def test_every_recording_gets_a_copy_for_listening(owner, processed, probe, extension):
    note = processed[extension]
    renditions = {rendition["kind"]: rendition for rendition in note["recording"]["renditions"]}
    # A WebM as browsers stream it has no duration and no cues.
    assert set(renditions) == {"listen", "waveform"} | ({"repaired"} if extension == "webm" else set())
    listen = renditions["listen"]
    assert (listen["mimeType"], listen["codec"]) == ("audio/ogg", "opus")
    response = owner.audio(note["id"], rendition="listen")
    assert response.headers["content-type"] == "audio/ogg"
    assert response.headers["etag"] == f'"{listen["sha256"]}"'
    assert len(response.content) == listen["size"]
    assert response.content == owner.audio(note["id"]).content, "without a wish it is the copy for listening"
    stream, seconds = probe(response.content)
    assert (stream["codec_name"], stream["channels"]) == ("opus", min(2, note["recording"]["channels"]))
    assert abs(seconds * 1000 - note["recording"]["durationMs"]) <= 30


def test_the_copy_for_listening_can_be_sought_in(owner, processed, tmp_path):
    path = tmp_path / "listen.ogg"
    path.write_bytes(owner.audio(processed["wav"]["id"], rendition="listen").content)
    middle = processed["wav"]["recording"]["durationMs"] / 2000
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-xerror",
        "-ss",
        str(middle),
        "-i",
        str(path),
        "-f",
        "s16le",
        "-ar",
        "48000",
        "-",
    ]
    rest = subprocess.run(command, capture_output=True, check=True).stdout
    assert abs(len(rest) / 2 / 48000 - middle) < 0.1


def ffmpeg_loudness(path):
    """Integrated loudness, range and true peak as ffmpeg's ebur128 filter measures them."""
    command = ["ffmpeg", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rsplit("Summary:", 1)[1]
    return [float(re.search(rf"{name}:\s+(-?[\d.]+)", log).group(1)) for name in ("I", "LRA", "Peak")]


@pytest.mark.parametrize("name", ["demo-instruct", "demo-congrats", "basic-pbx-ivr-main", "vm-options"])
def test_loudness_is_what_ffmpeg_measures(owner, name):
    note = owner.ready(owner.add(prompt(name).read_bytes())["id"])
    integrated, loudness_range, true_peak = ffmpeg_loudness(prompt(name))
    loudness = note["recording"]["loudness"]
    assert abs(loudness["integratedLUFS"] - integrated) <= 0.1
    assert abs(loudness["rangeLU"] - loudness_range) <= 0.2
    assert abs(loudness["truePeakDBTP"] - true_peak) <= 0.2


def test_silence_has_no_loudness_and_is_not_a_failure(owner):
    note = owner.ready(owner.add(wav([0] * RATE * 3))["id"])
    assert note["recording"]["loudness"] == {"integratedLUFS": None, "rangeLU": None, "truePeakDBTP": None}
    silence = fetched(owner.get(f"/notes/{note['id']}/silence"))
    assert silence["items"] == [{"startMs": 0, "endMs": 3000}]


def test_pauses_are_found_where_they_are(owner):
    loud = [value or 1 for value in speech(60)]
    loud = [value for value in loud if abs(value) > 300][: RATE * 2]  # speech without its own pauses
    note = owner.ready(owner.add(wav([0] * RATE + loud + [0] * RATE * 2))["id"])
    silence = fetched(owner.get(f"/notes/{note['id']}/silence"))
    assert (silence["thresholdDBFS"], silence["minimumMs"], silence["complete"]) == (-50.0, 500, True)
    assert len(silence["items"]) == 2
    end = 3000 + (len(loud) - 2 * RATE) * 1000 / RATE
    for item, (start, stop) in zip(silence["items"], [(0, 1000), (end, end + 2000)], strict=True):
        assert abs(item["startMs"] - start) <= 50 and abs(item["endMs"] - stop) <= 50


@pytest.mark.parametrize(
    "name, quality", [("note-96k.wav", "high_resolution"), ("note.wav", "cd"), ("note-22k.wav", "low")]
)
def test_the_quality_is_rated_by_rate_and_depth(owner, name, quality):
    data = (FIXTURES / name).read_bytes()
    assert owner.ready(owner.add(data, file_name=name)["id"])["recording"]["quality"] == quality


# Waveforms


def parse_dat(data):
    """BBC audiowaveform, version 2: (channels, rate, samples per pixel, bits, pairs)."""
    version, flags, rate, per_pixel, length, channels = struct.unpack("<iIiiIi", data[:24])
    assert version == 2
    bits = 8 if flags & 1 else 16
    values = struct.unpack(f"<{length * channels * 2}{'b' if bits == 8 else 'h'}", data[24:])
    return channels, rate, per_pixel, bits, values


def reference_peaks(values, per_pixel, bits):
    peaks = []
    for start in range(0, len(values), per_pixel):
        bucket = values[start : start + per_pixel]
        peaks += [min(bucket), max(bucket)]
    return tuple(math.trunc(peak / 256) for peak in peaks) if bits == 8 else tuple(peaks)


@pytest.mark.parametrize("name", ["demo-congrats", "vm-options"])
def test_the_waveform_is_that_of_the_reference_value_for_value(owner, name):
    note = owner.ready(owner.add(prompt(name).read_bytes())["id"])
    values = samples(prompt(name))
    for zoom in (256, 512, 1024, 65536, 1048576):
        response = owner.get(f"/notes/{note['id']}/waveform", params={"zoom": zoom})
        assert response.status_code == 200
        channels, rate, per_pixel, bits, peaks = parse_dat(response.content)
        assert (channels, rate, per_pixel) == (1, RATE, zoom)
        assert peaks == reference_peaks(values, zoom, bits)


def test_the_waveform_as_json_says_the_same(owner, spoken):
    path = f"/notes/{spoken['id']}/waveform"
    response = owner.get(path, params={"format": "json", "zoom": 512})
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert list(body) == ["version", "channels", "sample_rate", "samples_per_pixel", "bits", "length", "data"]
    channels, rate, per_pixel, bits, peaks = parse_dat(owner.get(path, params={"zoom": 512}).content)
    assert body == {
        "version": 2, "channels": channels, "sample_rate": rate, "samples_per_pixel": per_pixel, "bits": bits,
        "length": len(peaks) // 2 // channels, "data": list(peaks),
    }  # fmt: skip
    assert owner.get(path).content == owner.get(path, params={"zoom": 256, "format": "dat"}).content


@pytest.mark.parametrize("query", [{"zoom": 0}, {"zoom": 128}, {"zoom": 300}, {"zoom": -256}, {"zoom": 2097152},
                                   {"zoom": "x"}, {"zoom": "9" * 40}, {"format": "png"}])  # fmt: skip
def test_a_zoom_that_is_none_is_refused(owner, spoken, query):
    problem(owner.get(f"/notes/{spoken['id']}/waveform", params=query), 422, "validation_failed", field=[*query][0])


def test_stereo_is_kept_stereo(owner):
    left, right = speech(2), [value // 4 for value in speech(2)]
    interleaved = [value for pair in zip(left, right, strict=True) for value in pair]
    note = owner.ready(owner.add(wav(interleaved, channels=2))["id"])
    assert note["recording"]["channels"] == 2
    assert note["recording"]["durationMs"] == 2000
