"""Exports of an edit: files that are what was heard, and what becomes of them. See test_edit_exports_life.py too."""

import json
import statistics

import pytest
from test_edits import change, head
from test_playback import file_name
from test_processing import ffmpeg_loudness
from test_ranges import parts_of

from support.api import Api, TIME, UUID7, created, done, fetched, problem
from support.edits import (
    ask, decode, download, export_of, exported, exports, fetched_bytes, heard, kept, long_wav, path, run, saved, until,
    values,
)  # fmt: skip
from support.places import sha256
from support.recordings import RATE, speech, unique_wav, wav
from support.server import eventually
from support.storage import delete_for_good

# format: (numbers, codec by ffprobe, media type)
FORMATS = {
    "wav": ({"bits": 16}, "pcm_s16le", "audio/wav"),
    "flac": ({"bits": 16}, "flac", "audio/flac"),
    "mp3": ({"bitRate": 96_000}, "mp3", "audio/mpeg"),
    "m4a": ({"bitRate": 96_000}, "aac", "audio/mp4"),
    "opus": ({"bitRate": 48_000}, "opus", "audio/ogg"),
}
MINUTES = 30  # so long takes some seconds to encode


@pytest.fixture
def note(owner, kept):
    return kept(owner, unique_wav(3), fields={"title": "Minutes: Köln"})


@pytest.fixture
def edited(owner, kept):
    """Four seconds at 48 kHz, less one. Knows what is heard, by version."""
    added = kept(owner, wav(speech(24), rate=48_000), fields={"title": "Minutes: Köln"})
    state = change(owner, added, None, {"op": "cut", "start": 40_000, "end": 88_000})
    added["version"], added["heard"] = head(state), values(heard(owner, added))
    return added


def probe(file):
    """ffprobe's view: the stream, and all tags."""
    found = json.loads(run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", file))
    tags = found["format"].get("tags", {}) | found["streams"][0].get("tags", {})
    return found["streams"][0], {name.lower(): value for name, value in tags.items()}


def envelope(samples, size=960):
    return [sum(map(abs, samples[i : i + size])) for i in range(0, len(samples) - size, size)]


# What comes out


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_what_was_heard(owner, edited, tmp_path, kind):
    """It decodes, with the right codec, length, rate and tags; lossless ones to the same samples."""
    numbers, codec, media = FORMATS[kind]
    export = exported(owner, edited, edited["version"], format=kind, **numbers)
    assert UUID7.fullmatch(export["id"]) and TIME.fullmatch(export["createdAt"])
    assert (export["version"], export["format"], export["mimeType"]) == (edited["version"], kind, media)
    assert {name: export[name] for name in numbers} == numbers
    assert (export["progress"], export["reason"], export["normalization"]) == (1, None, None)
    assert abs(export["durationMs"] - len(edited["heard"]) / 48) <= 1 and export["fileName"].endswith(f".{kind}")
    file = saved(owner, export, tmp_path)
    stream, tags = probe(file)
    assert (stream["codec_name"], int(stream["sample_rate"]), stream["channels"]) == (codec, 48_000, 1)
    assert tags["title"] == "Minutes: Köln" and tags["date"].startswith(edited["createdAt"][:10])
    found = decode(file)
    if kind in ("wav", "flac"):
        assert found == edited["heard"]
    else:
        assert abs(len(found) - len(edited["heard"])) <= 48 * 50, "50 ms"
        pairs = list(zip(envelope(found), envelope(edited["heard"])))
        assert statistics.correlation(*zip(*pairs)) > 0.95
        assert 0.9 < sum(one for one, _ in pairs) / sum(two for _, two in pairs) < 1.1


@pytest.mark.parametrize(("kind", "bits"), [("wav", 24), ("wav", 32), ("flac", 24)])
def test_more_bits_are_exact_too(owner, note, tmp_path, kind, bits):
    """16 bits in 24 and 32 are the same numbers with zeros behind, and a gain is finer than 16 bits."""
    version = head(change(owner, note, None, {"op": "gain", "start": 100, "end": 5000, "decibels": -9.3}))
    source = values(owner.audio(note["id"], rendition="source").content)
    file = saved(owner, exported(owner, note, version, format=kind, bits=bits), tmp_path)
    found, step = decode(file, "s32le"), 1 << (32 - bits)
    assert int(probe(file)[0].get("bits_per_raw_sample") or probe(file)[0]["bits_per_sample"]) == bits
    assert found[:100] + found[5000:] == [value << 16 for value in source[:100] + source[5000:]]
    factor = 10 ** (-9.3 / 20)
    assert all(abs(a - b * 65_536 * factor) <= step for a, b in zip(found[100:5000], source[100:5000], strict=True))
    assert any(value % 65_536 for value in found[100:5000]), "no finer than 16 bits"


def test_stereo_stays_stereo(owner, kept, tmp_path):
    """Both channels, in their order."""
    pairs = list(zip(speech(1), [value // 3 for value in speech(1)]))
    added = kept(owner, wav([value for pair in pairs for value in pair], channels=2))
    change(owner, added, None, {"op": "trim", "start": 11, "end": 7000})
    for kind in ("wav", "flac"):
        file = saved(owner, exported(owner, added, format=kind, bits=16), tmp_path)
        assert decode(file) == [value for pair in pairs[11:7000] for value in pair]


def test_a_note_that_was_never_edited_can_be_exported(owner, note, tmp_path):
    """The whole recording, with `version` null; `head` means what is heard when it is asked for."""
    export = exported(owner, note, format="flac")
    assert export["version"] is None
    source = values(owner.audio(note["id"], rendition="source").content)
    assert decode(saved(owner, export, tmp_path)) == source
    version = head(change(owner, note, None, {"op": "trim", "start": 0, "end": 99}))
    second = exported(owner, note, format="flac")
    assert second["version"] == version and second["id"] != export["id"]
    assert decode(saved(owner, second, tmp_path)) == source[:99]
    assert fetched_bytes(download(owner, export))[:4] == b"fLaC", "the first one is there still"


@pytest.mark.parametrize("numbers", [{"quality": 0}, {"quality": 9}, {"bitRate": 32_000}])
def test_an_mp3_is_as_large_as_asked_for(owner, edited, numbers):
    """A quality, or a bit rate."""
    export = exported(owner, edited, format="mp3", **numbers)
    assert {name: export[name] for name in numbers} == numbers
    assert (export["quality"] is None) == ("quality" not in numbers)
    if "bitRate" in numbers:
        assert abs(export["size"] * 8 / (len(edited["heard"]) / 48_000) / 32_000 - 1) < 0.15


# Loudness


@pytest.mark.parametrize("kind", ["wav", "opus"])
@pytest.mark.parametrize(("target", "outcome"), [(-30, "reached"), (-5, "heldBack")])
def test_an_export_is_as_loud_as_asked_or_says_why_not(owner, kept, tmp_path, kind, target, outcome):
    """Within 0.5 LU of the target by ffmpeg's ebur128, or so far below as `missing` says, at the ceiling."""
    added = kept(owner, unique_wav(12))
    change(owner, added, None, {"op": "cut", "start": RATE, "end": 2 * RATE},
           {"op": "normalize", "target": target, "ceiling": -1})  # fmt: skip
    numbers = FORMATS[kind][0]
    export = exported(owner, added, format=kind, **numbers)
    found = export["normalization"]
    assert set(found) == {"outcome", "loudness", "gain", "missing"} and found["outcome"] == outcome
    loudness, _, peak = ffmpeg_loudness(saved(owner, export, tmp_path))
    assert abs(loudness - (target - found["missing"])) <= 0.5
    assert abs(found["loudness"] + found["gain"] - (target - found["missing"])) <= 0.02
    if outcome == "heldBack":
        assert found["missing"] > 0.5
        assert kind == "opus" or abs(peak + 1) <= 0.3, "it could have been louder"
    else:
        assert found["missing"] == 0


def test_silence_has_no_loudness_to_be_changed(owner, kept, tmp_path):
    """It says so, and the file is the silence."""
    added = kept(owner, wav([0] * RATE * 2 + [1]))
    change(owner, added, None, {"op": "trim", "start": 0, "end": RATE}, {"op": "normalize", "target": -16})
    export = exported(owner, added, format="wav", bits=16)
    found = export["normalization"]
    assert (found["outcome"], found["loudness"], found["gain"]) == ("notMeasurable", None, 0)
    assert decode(saved(owner, export, tmp_path)) == [0] * RATE


# Asking, listing, fetching, deleting


def test_asked_again_it_is_the_same_export(owner, note):
    """200 with what is there, while it waits and when it is done; other numbers or another version make another one."""
    first = fetched(ask(owner, note, format="opus", bitRate=24_000), 202)
    assert fetched(ask(owner, note, format="opus", bitRate=24_000))["id"] == first["id"]
    until(owner, note, first, "done")
    again = fetched(ask(owner, note, format="opus", bitRate=24_000))
    assert again == export_of(owner, note, first)
    second = fetched(ask(owner, note, format="opus", bitRate=24_001), 202)
    third = fetched(ask(owner, note, format="mp3", bitRate=24_000), 202)
    change(owner, note, None, {"op": "cut", "start": 0, "end": 1})
    fourth = fetched(ask(owner, note, format="opus", bitRate=24_000), 202)
    made = [first, second, third, fourth]
    assert len({one["id"] for one in made}) == 4
    assert [one["id"] for one in exports(owner, note)] == [one["id"] for one in reversed(made)], "newest first"
    for one in made:
        until(owner, note, one, "done")


def test_a_download_has_name_ranges_and_tag(owner, note):
    """As the audio of a note: attachment, single and several ranges, HEAD, conditions; without a wish it plays."""
    change(owner, note, None, {"op": "trim", "start": 0, "end": RATE})
    export = exported(owner, note, format="wav", bits=16)
    whole = download(owner, export)
    data, tag = fetched_bytes(whole), whole.headers["etag"]
    assert (len(data), sha256(data)) == (export["size"], export["sha256"])
    kind, name = file_name(whole)
    assert kind == "attachment" and name == export["fileName"] and "Köln" in name
    assert whole.headers["content-type"] == "audio/wav" and whole.headers["accept-ranges"] == "bytes"
    plain = owner.get(f"/notes/{note['id']}/exports/{export['id']}/audio")
    assert plain.content == data and not plain.headers.get("content-disposition", "").startswith("attachment")
    empty = download(owner, export, "HEAD")
    assert empty.status_code == 200 and empty.content == b"" and empty.headers["content-length"] == str(len(data))
    for asked, wanted in (("bytes=0-1", data[:2]), ("bytes=-7", data[-7:]), ("bytes=50-", data[50:])):
        part = download(owner, export, range=asked, if_range=tag)
        assert part.status_code == 206 and part.content == wanted
    several = parts_of(download(owner, export, range="bytes=0-9,100-109"))
    assert [part for _, part in several] == [data[:10], data[100:110]]
    problem(download(owner, export, range=f"bytes={len(data)}-"), 416, "range_not_satisfiable")
    assert download(owner, export, if_none_match=tag).status_code == 304


@pytest.mark.waits
def test_an_export_that_runs_can_be_stopped(server, owner, kept):
    """Its audio is not ready; deleted while it runs, it is gone, and leaves no file."""
    added = kept(owner, long_wav(MINUTES))
    change(owner, added, None, {"op": "cut", "start": 0, "end": 5})
    before = set(server.blobs())
    export = fetched(ask(owner, added, format="mp3", quality=0), 202)
    running = until(owner, added, export, "running")
    assert running["url"] is None and running["sha256"] is None and 0 <= running["progress"] < 1
    url = f"/notes/{added['id']}/exports/{export['id']}"
    problem(owner.get(f"{url}/audio"), 409, "not_ready")
    done(owner.delete(url))
    problem(owner.get(url), 404, "not_found")
    problem(owner.get(f"{url}/audio"), 404, "not_found")
    assert exports(owner, added) == []
    # Asked for again, it is a new one; the stopped one has left nothing.
    second = exported(owner, added, format="opus", bitRate=6000)
    assert second["id"] != export["id"]
    assert set(server.blobs()) - before == {second["sha256"]}


def test_an_export_that_is_done_can_be_deleted(server, owner, note):
    """The file goes too; the note and its other exports stay."""
    first = exported(owner, note, format="flac", bits=16)
    second = exported(owner, note, format="flac", bits=24)
    assert {first["sha256"], second["sha256"]} <= set(server.blobs())
    url = f"/notes/{note['id']}/exports/{first['id']}"
    done(owner.delete(url))
    problem(owner.delete(url), 404, "not_found")
    problem(download(owner, first), 404, "not_found")
    assert [one["id"] for one in exports(owner, note)] == [second["id"]]
    eventually(lambda: first["sha256"] not in server.blobs(), 30, "deleting the file")
    fetched_bytes(download(owner, second))


@pytest.mark.waits
def test_no_more_than_a_hundred(owner, kept):
    """The 101st is refused until one is deleted; what is there can be asked for still."""
    added = kept(owner, unique_wav(0.1))
    made = [fetched(ask(owner, added, format="opus", bitRate=6000 + number), 202) for number in range(100)]
    problem(ask(owner, added, format="opus", bitRate=9000), 409, "conflict")
    assert fetched(ask(owner, added, format="opus", bitRate=6099))["id"] == made[-1]["id"]
    assert [one["id"] for one in exports(owner, added)] == [one["id"] for one in reversed(made)]
    done(owner.delete(f"/notes/{added['id']}/exports/{made[50]['id']}"))
    fetched(ask(owner, added, format="opus", bitRate=9000), 202)
    problem(ask(owner, added, format="opus", bitRate=9001), 409, "conflict")
    delete_for_good(owner, added["id"])
    kept.forget(added)


def test_exports_are_their_owners(server, owner, stranger, note):
    """Foreign and unknown ones are not found; whoever may only read makes and deletes none."""
    export = exported(owner, note, format="wav")
    own = stranger.add(unique_wav(0.5))
    url = f"/notes/{note['id']}/exports"
    problem(stranger.get(url), 404, "not_found")
    problem(ask(stranger, note, format="wav"), 404, "not_found")
    for theirs in (f"{url}/{export['id']}", f"/notes/{own['id']}/exports/{export['id']}"):
        for answer in (stranger.get(theirs), stranger.get(f"{theirs}/audio"), stranger.delete(theirs)):
            problem(answer, 404, "not_found")
    for unknown in ("nonsense", "0190a0a0-0000-7000-8000-000000000000"):
        problem(owner.get(f"{url}/{unknown}"), 404, "not_found")
        problem(ask(owner, note, unknown, format="wav"), 404, "not_found")
    token = created(owner.post("/tokens", json={"name": "reader", "scopes": ["read"]}))["token"]
    with Api(server.url, token) as reader:
        problem(ask(reader, note, format="flac"), 403, "forbidden")
        problem(reader.delete(f"{url}/{export['id']}"), 403, "forbidden")
        assert [one["id"] for one in exports(reader, note)] == [export["id"]]
        fetched_bytes(download(reader, export))
    with Api(server.url) as nobody:
        problem(nobody.get(path(note)), 401, "unauthenticated")
        problem(download(nobody, export), 401, "unauthenticated")
