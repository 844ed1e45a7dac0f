"""What no edit, window or export can be made of: a clear problem each, and nothing has changed.

test_edits.py has more operations that are not possible; here are those that attack."""

import json

import pytest
from test_edits import change, edits, head, post

from support.api import fetched, problem
from support.edits import ask, exports, heard, kept, path
from support.recordings import RATE, unique_wav

LENGTH = 3 * RATE
MOST_SEGMENTS = 5000
CODES = {400: "bad_request", 413: "too_large", 415: "unsupported_media_type", 422: "validation_failed"}


@pytest.fixture(scope="module")
def edited(owner):
    """A note, the version that is heard of it, and how that sounds."""
    data = unique_wav(3)
    note = owner.ready(owner.add(data)["id"])
    state = change(owner, note, None, {"op": "cut", "start": 100, "end": 200}, {"op": "split", "at": 4000})
    return note | {"sent": data, "base": head(state), "sound": heard(owner, note)}


@pytest.fixture
def note(owner, edited):
    """An edited note. At the end of the test its edit, sound, source and exports must be what they were."""
    before = edits(owner, edited)
    assert before["edit"]["head"]["id"] == edited["base"]
    yield edited
    assert edits(owner, edited) == before and exports(owner, edited) == []
    assert heard(owner, edited) == edited["sound"]
    assert owner.audio(edited["id"], rendition="source").content == edited["sent"]


def send(client, note, body, content_type="application/json"):
    body = body if isinstance(body, bytes) else body.encode()
    return client.post(f"/notes/{note['id']}/edits", content=body, headers={"Content-Type": content_type})


def refused(answer, *statuses):
    """A problem of one of the kinds, with its fields where it is about values, and in words for people."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:500]}"
    body = problem(answer, answer.status_code, CODES[answer.status_code])
    assert len(answer.content) < 2000 and "Swift" not in body["detail"] and "Error" not in body["detail"]
    return {error["field"] for error in body.get("errors", [])}


# Values


IMPOSSIBLE = [
    ({"op": "trim", "start": LENGTH, "end": LENGTH + 1}, "start"),
    ({"op": "trim", "start": 10, "end": LENGTH}, "end"),  # of the edit, not of the source
    ({"op": "cut", "start": 20, "end": 10}, "end"),
    ({"op": "gain", "start": 5, "end": 5, "decibels": 1}, "end"),
    ({"op": "gain", "start": -5, "end": 5, "decibels": 1}, "start"),
    ({"op": "gain", "start": 0, "end": 9, "decibels": 181}, "decibels"),
    ({"op": "move", "start": 0, "end": 10, "to": -1}, "to"),
    ({"op": "move", "start": 0, "end": 10, "to": LENGTH}, "to"),
    ({"op": "insertSilence", "at": 0, "length": 0}, "length"),
    ({"op": "insertSilence", "at": -3, "length": 5}, "at"),
    ({"op": "fadeIn", "length": -1}, "length"),
    ({"op": "fadeOut", "length": 2**63 - 1}, "length"),
    ({"op": "fade", "segment": 3, "in": 1}, "segment"),
    ({"op": "fade", "segment": -1, "in": 1}, "segment"),
    ({"op": "fade", "segment": 0}, "in"),
    ({"op": "crossfade", "at": 4000, "length": 4001}, "length"),
    ({"op": "crossfade", "at": 4000, "length": -1}, "length"),
    ({"op": "normalize", "target": -16, "ceiling": 1}, "ceiling"),
    ({"op": "normalize", "target": -1000}, "target"),
    ({"op": "removeSilence", "minimum": 0, "keep": 0}, "minimum"),
    ({"op": "removeSilence", "minimum": 100, "keep": -1}, "keep"),
    ({"op": "removeSilence", "minimum": 100, "keep": 0, "threshold": 3}, "threshold"),
    ({"op": "join", "recording": "nonsense"}, "recording"),
    ({"op": "join", "recording": "0190a0a0-0000-7000-8000-000000000000"}, "recording"),
    ({"op": ""}, "op"), ({"op": "Trim", "start": 0, "end": 1}, "op"), ({"op": None}, "op"), ({"op": 7}, "op"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "field"), IMPOSSIBLE, ids=lambda value: json.dumps(value)[:60])
def test_values_out_of_bounds_are_named(owner, note, operation, field):
    """Also as the second of two: nothing of the first stays."""
    for before in ([], [{"op": "normalize", "target": -20}]):
        answer = post(owner, note, note["base"], operations=[*before, operation])
        assert refused(answer, 422) == {f"operations.{len(before)}.{field}"}


NUMBERS = [
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9223372036854775808", "-9223372036854775809", "1e30", "1.5",
    "0x10", "01", '"10"', "true", "null", "[]", "{}", "[10]",
]  # fmt: skip
PLACES = [
    '{"op":"cut","start":%s,"end":20}', '{"op":"gain","start":0,"end":9,"decibels":%s}',
    '{"op":"normalize","target":-16,"ceiling":%s}', '{"op":"fade","segment":%s,"in":1}',
]  # fmt: skip
POSSIBLE = [(PLACES[1], "1.5"), (PLACES[2], "null")]
NO_NUMBERS = [(where, number) for where in PLACES for number in NUMBERS if (where, number) not in POSSIBLE]


@pytest.mark.parametrize(("where", "number"), NO_NUMBERS)
def test_what_is_no_such_number_is_refused(owner, note, where, number):
    """In the JSON itself: not a number, infinite, beyond 64 bits, a fraction, a text, a list."""
    answer = send(owner, note, f'{{"base":"{note["base"]}","operations":[{where % number}]}}')
    fields = refused(answer, 400, 422)
    assert answer.status_code == 400 or all(field.startswith("operations") for field in fields)


@pytest.mark.parametrize(("change_of", "field"), [
    ({"end": LENGTH + 1}, "end"), ({"start": -1}, "start"), ({"start": 10, "end": 10}, "start"),
    ({"end": 2**63 - 1}, "end"), ({"start": -(2**63), "end": 2**63 - 1}, "start"), ({"end": 2**63}, "end"),
    ({"gain": 61}, "gain"), ({"gain": -121}, "gain"), ({"fadeIn": LENGTH + 1}, "fadeIn"),
    ({"fadeIn": LENGTH // 2 + 1, "fadeOut": LENGTH // 2 + 1}, "fadeOut"), ({"fadeIn": -1}, "fadeIn"),
    ({"fadeIn": 2**63 - 1, "fadeOut": 2**63 - 1}, "fadeIn"), ({"overlap": 1}, "overlap"), ({"overlap": -1}, "overlap"),
    ({"source": "0190a0a0-0000-7000-8000-000000000000"}, "source"), ({"start": "0"}, "start"), ({"extra": 1}, "extra"),
    ({"gain": "0"}, "gain"), ({"gain": True}, "gain"), ({"source": 7}, "source"),
])  # fmt: skip
def test_a_list_is_checked_segment_by_segment(owner, note, change_of, field):
    """Ranges beyond the source, impossible fades and overlaps, sums beyond 64 bits."""
    good = edits(owner, note)["edit"]["list"]
    whole = {"source": good["sources"][0]["recording"], "start": 0, "end": LENGTH}
    fields = refused(post(owner, note, note["base"], list=good | {"segments": [whole | change_of]}), 422)
    assert len(fields) == 1 and fields.pop().endswith(f"segments.0.{field}")


def test_overlaps_that_do_not_fit_are_refused(owner, note):
    """Longer than either segment, two that meet in one, and a total beyond what an edit may have."""
    good = edits(owner, note)["edit"]["list"]
    one = {"source": good["sources"][0]["recording"], "start": 0, "end": 1000}
    silence = {"source": None, "start": 0, "end": 768_000 * 86_400 * 7}
    for segments in ([one, one | {"overlap": 1001}], [one, one | {"overlap": 600}, one | {"overlap": 600}],
                     [one, one | {"overlap": 2**63 - 1}], [one, silence], [silence] * 50):  # fmt: skip
        refused(post(owner, note, note["base"], list=good | {"segments": segments}), 422)


def test_a_source_of_another_account_is_none(owner, stranger, note):
    """By list and by operation, as a recording that never was."""
    foreign = stranger.ready(stranger.add(unique_wav(1))["id"])["recording"]["id"]
    good = edits(owner, note)["edit"]["list"]
    answers = []
    for recording in (foreign, "0190a0a0-0000-7000-8000-000000000000"):
        theirs = good | {"sources": [*good["sources"], {"recording": recording, "length": RATE}],
                         "segments": [{"source": recording, "start": 0, "end": RATE}]}  # fmt: skip
        join = {"op": "join", "recording": recording}
        for body in ({"list": theirs}, {"operations": [join]}):
            answer = post(owner, note, note["base"], **body)
            assert refused(answer, 422) <= {"list.sources.1", "operations.0.recording"}
            answers.append(answer.json() | {"requestId": None})
    assert answers[:2] == answers[2:], "a foreign recording must look like none"


# Bases


def test_a_base_that_is_not_heard_is_a_conflict(owner, kept, note):
    """One that is gone by undo or by a later change, unknown, or of another note: 409 with what is heard."""
    other = kept(owner, unique_wav(1))
    theirs = head(change(owner, other, None, {"op": "cut", "start": 0, "end": 9}))
    first = edits(owner, note)["versions"][-1]["id"]
    for base in (None, first, theirs, "0190a0a0-0000-7000-8000-000000000000"):
        for body in ({"operations": [{"op": "split", "at": 5}]}, {"action": "undo"}):
            found = problem(post(owner, note, base, **body), 409, "conflict", more={"head", "yours"})
            assert found["head"]["id"] == note["base"]
            assert (found["yours"] is None) == (base in (theirs, "0190a0a0-0000-7000-8000-000000000000"))
    problem(owner.post(f"/notes/{note['id']}/edits/{theirs}/restore", json={"base": note["base"]}), 404, "not_found")
    for what in ("", "nonsense", "head", "../..", "x" * 5000):
        refused(post(owner, note, what, operations=[{"op": "split", "at": 5}]), 400, 422)
    for raw in ("7", "[]", "{}", "true", "1e999"):
        refused(send(owner, note, f'{{"base":{raw},"action":"undo"}}'), 400, 422)


# Sizes and shapes


def segments_of(count, recording):
    return [{"source": recording, "start": number, "end": number + 1} for number in range(count)]


def test_no_more_segments_than_the_limit(owner, kept):
    """5000 are heard in the right order; one more by list or by split, and ten thousand, are refused."""
    added = kept(owner, unique_wav(3))
    whole = edits(owner, added)["edit"]["list"]
    recording = added["recording"]["id"]
    full = whole | {"segments": segments_of(MOST_SEGMENTS, recording)[::-1]}
    answer = post(owner, added, None, list=full)
    assert answer.status_code == 201, answer.text[:500]
    source = owner.audio(added["id"], rendition="source").content[44:]
    backwards = b"".join(source[2 * i : 2 * i + 2] for i in range(MOST_SEGMENTS - 1, -1, -1))
    sound, base = heard(owner, added), head(answer.json())
    assert sound[44:] == backwards
    before = edits(owner, added)
    for count in (MOST_SEGMENTS + 1, 10_000):
        refused(post(owner, added, base, list=whole | {"segments": segments_of(count, recording)}), 422)
    joined = {"op": "join", "recording": recording}
    assert refused(post(owner, added, base, operations=[joined]), 422) == {"operations.0.segments"}
    assert edits(owner, added) == before and heard(owner, added) == sound


def test_a_body_that_is_too_large_is_not_read(owner, note):
    """Above 4 MiB: 413, whatever it says; below, it is judged by what it says."""
    inside = f'{{"base":"{note["base"]}","action":"dance","name":"%s"}}'
    refused(send(owner, note, inside % ("x" * (4 << 20))), 413)
    refused(send(owner, note, b" " * ((4 << 20) + 1)), 413)
    refused(send(owner, note, inside % ("x" * (3 << 20))), 422)


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"7", b'"text"', b"{", b'{"base":null', b"\xff\xfe", b'{"base":null,"operations":{}}',
    b'{"base":null,"operations":[7]}', b'{"base":null,"operations":[[]]}', b'{"base":null,"list":[]}', b"\x00" * 100,
    b'{"base":null,"operations":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"base":null,"list":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    b'{"base":null,"operations":' + b"[" * 1_000_000,
    b'{"base":null,"operations":[{"op":"cut","' + b"x" * 9999 + b'":1}]}',
], ids=lambda body: repr(body[:30]))  # fmt: skip
def test_what_is_no_edit_is_refused(owner, note, body):
    """Broken and deeply nested JSON; the server goes on."""
    refused(send(owner, note, body), 400, 422)
    assert fetched(owner.get(f"/notes/{note['id']}"))["state"] == "ready"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "audio/wav", ""])
def test_only_json_is_json(owner, note, content_type):
    """Another content type is 415, for edits and for exports."""
    body = json.dumps({"base": note["base"], "operations": [{"op": "split", "at": 5}]})
    refused(send(owner, note, body, content_type), 415)
    answer = owner.post(path(note, what="exports"), content=b'{"format":"wav"}', headers={"Content-Type": content_type})
    refused(answer, 415)


# Exports


WAV, MP3 = {"format": "wav"}, {"format": "mp3"}
NO_EXPORT = [
    ({}, {"format"}), ({"format": None}, {"format"}), ({"format": 7}, {"format"}), ({"format": ""}, {"format"}),
    ({"format": "exe"}, {"format"}), ({"format": "WAV"}, {"format"}), ({"format": "ogg"}, {"format"}),
    *((WAV | {"bits": bits}, {"bits"}) for bits in (0, 8, 20, 64, -16, 2**63, 16.5, "16", True, [16])),
    ({"format": "flac", "bits": 32}, {"bits"}), (MP3 | {"bits": 16}, {"bits"}),
    ({"format": "opus", "bits": 16}, {"bits"}), (WAV | {"bitRate": 64_000}, {"bitRate"}),
    ({"format": "flac", "bitRate": 64_000}, {"bitRate"}), (WAV | {"quality": 3}, {"quality"}),
    ({"format": "opus", "quality": 3}, {"quality"}), ({"format": "m4a", "quality": 3}, {"quality"}),
    *((MP3 | {"quality": quality}, {"quality"}) for quality in (-1, 10, 2.5, "2", 2**70)),
    (MP3 | {"quality": 2, "bitRate": 64_000}, {"quality", "bitRate"}),
    *((MP3 | {"bitRate": rate}, {"bitRate"}) for rate in (0, -1, 7999, 320_001, 10**12, 2**63, "64000", 64_000.5)),
    *(({"format": "m4a", "bitRate": rate}, {"bitRate"}) for rate in (7999, 512_001)),
    *(({"format": "opus", "bitRate": rate}, {"bitRate"}) for rate in (5999, 510_001)),
]  # fmt: skip


@pytest.mark.parametrize(("body", "fields"), NO_EXPORT, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_an_export_that_cannot_be_is_refused(owner, note, body, fields):
    """With the field; no export is there afterwards."""
    found = refused(ask(owner, note, **body), 422)
    assert found and found <= fields
