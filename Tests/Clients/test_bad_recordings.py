"""What is no recording, or half of one: it fails with a reason that a person understands, and nothing is lost."""

import re
import struct

import pytest

from support.api import created, fetched, problem
from support.recordings import FIXTURES, RATE, encoded, unique_wav, wav


def lying_wav(**lies):
    fields = {"tag": 1, "channels": 1, "rate": RATE, "byte_rate": RATE * 2, "align": 2, "bits": 16} | lies
    head = struct.pack("<HHIIHH", *fields.values())
    return (
        b"RIFF" + struct.pack("<I", 0xFFFFFFF0) + b"WAVEfmt " + struct.pack("<I", 16) + head + b"data\xff\xff\xff\x7f"
    )


class fixture(str):
    """The name of a file of scripts/fixtures, which is read when the test runs."""


def read(bad):
    name, media_type, data = bad
    return name, media_type, (FIXTURES / data).read_bytes() if isinstance(data, fixture) else data


BAD = {
    "a text called .mp3": ("notes.mp3", "audio/mpeg", b"This is a shopping list: milk, bread, tea.\n" * 100),
    "nothing": ("empty.wav", "audio/wav", b""),
    "one byte": ("tiny.wav", "audio/wav", b"R"),
    "a web page": ("page.ogg", "audio/ogg", b"<!doctype html><title>404</title><p>Not found" * 50),
    "zeros": ("zeros.mp3", "audio/mpeg", bytes(100_000)),
    "a WAV with 65535 channels": ("many.wav", "audio/wav", lying_wav(channels=65535, align=65535) + bytes(1000)),
    "a WAV at no rate": ("still.wav", "audio/wav", lying_wav(rate=0, byte_rate=0) + bytes(1000)),
    "a WAV without samples": ("mute.wav", "audio/wav", wav([])),
    "Sun audio with 10^9 channels": ("many.au", "audio/basic", fixture("bad/channels.au")),
    "CAF with 10^9 channels": ("many.caf", "audio/x-caf", fixture("bad/channels.caf")),
    "noise": ("noise.mp3", "audio/mpeg", fixture("bad/random.mp3")),
    "a picture": ("picture.m4a", "audio/mp4", fixture("bad/picture.m4a")),
    "a film without sound": ("film.mp4", "video/mp4", fixture("silent-film.mp4")),
    "a WAV of an unknown codec": ("odd.wav", "audio/wav", lying_wav(tag=0x7777) + bytes(1000)),
}


def is_for_people(reason):
    """A sentence for whoever recorded it: no code, no path, no type name."""
    assert isinstance(reason, str) and 10 <= len(reason) <= 300
    assert not re.search(
        r"AVERROR|Error\(|errno|Swift|libav|nil|/tmp|/var|0x[0-9a-f]|-\d{6,}|[a-z][A-Z]\w+\.[a-z]", reason
    ), reason
    assert reason[0].isupper() and reason.rstrip()[-1] in ".!?"


@pytest.mark.parametrize("name", BAD)
def test_bad_input_fails_with_a_reason_and_its_source_stays(owner, name):
    file_name, media_type, data = read(BAD[name])
    answer = created(owner.upload(data, file_name=file_name, content_type=media_type))
    assert answer["receipt"]["size"] == len(data)
    note = owner.settled(answer["note"]["id"])
    assert note["state"] == "failed"
    is_for_people(note["reason"])
    source = owner.audio(note["id"], rendition="source", download="1")
    assert source.status_code == 200 and source.content == data
    for missing in (owner.audio(note["id"], rendition="listen"), owner.get(f"/notes/{note['id']}/waveform")):
        assert missing.status_code in (404, 409)
        problem(missing, missing.status_code, {404: "not_found", 409: "not_ready"}[missing.status_code])
    assert fetched(owner.patch(f"/notes/{note['id']}", json={"title": "Kept"}))["title"] == "Kept"


@pytest.mark.parametrize("extension", ["flac", "mp3", "m4a", "ogg", "webm"])
def test_a_file_cut_in_half_ends_somehow_and_its_source_stays(owner, extension):
    """Half a file may be playable (ready, with what is there) or not (failed, with a reason), but never lost."""
    data = encoded(extension)[: len(encoded(extension)) // 2]
    note = owner.settled(owner.add(data, file_name=f"half.{extension}")["id"])
    if note["state"] == "failed":
        is_for_people(note["reason"])
    else:
        assert 0 < note["recording"]["durationMs"]
    assert owner.audio(note["id"], rendition="source").content == data


def test_a_failed_note_can_be_tried_again_and_a_good_one_need_not(owner, spoken):
    note = owner.settled(owner.add(b"not audio either", file_name="x.mp3")["id"])
    again = fetched(owner.post(f"/notes/{note['id']}/retry"), 202)
    assert again["id"] == note["id"]
    assert owner.settled(note["id"])["state"] == "failed"
    problem(owner.post(f"/notes/{spoken['id']}/retry"), 409, "not_failed")


def test_after_all_that_a_good_recording_is_processed_as_before(owner):
    bad = [owner.add(data, file_name=name, content_type=kind)["id"] for name, kind, data in map(read, BAD.values())]
    assert owner.ready(owner.add(unique_wav())["id"])
    assert {owner.settled(note_id)["state"] for note_id in bad} == {"failed"}
