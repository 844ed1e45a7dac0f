"""Edits of a note through the API: operations, versions, conflicts, and what other programs get of them."""

import hashlib
import json

import pytest

from support.api import TIME, created, fetched, problem
from support.recordings import unique_wav

RATE = 8000  # of the recordings here


@pytest.fixture
def note(owner):
    return owner.ready(owner.add(unique_wav(3), fields={"title": "Minutes"})["id"])


def edits(client, note, **query):
    return fetched(client.get(f"/notes/{note['id']}/edits", params=query))


def post(client, note, base, **body):
    return client.post(f"/notes/{note['id']}/edits", json={"base": base} | body)


def change(client, note, base, *operations):
    return created(post(client, note, base, operations=list(operations)))


def head(state):
    return state["head"]["id"]


def test_a_note_that_was_never_edited_is_heard_as_it_is(owner, note):
    found = edits(owner, note)
    assert found["versions"] == [] and found["next"] is None
    edit = found["edit"]
    assert edit["head"] is None and (edit["canUndo"], edit["canRedo"], edit["count"]) == (False, False, 0)
    assert edit["list"]["sampleRate"] == RATE and edit["length"] == 3 * RATE
    [segment] = edit["list"]["segments"]
    assert (segment["start"], segment["end"], segment["gain"]) == (0, 3 * RATE, 0)


def test_a_cut_is_a_version_and_the_source_is_what_it_was(owner, note):
    before = owner.audio(note["id"], rendition="source").content
    state = change(owner, note, None, {"op": "cut", "start": RATE, "end": 2 * RATE})
    assert state["length"] == 2 * RATE and [one["end"] for one in state["list"]["segments"]] == [RATE, 3 * RATE]
    assert state["head"]["number"] == 2 and state["head"]["summary"] == "cut" and TIME.fullmatch(
        state["head"]["createdAt"])
    found = edits(owner, note)
    assert [one["number"] for one in found["versions"]] == [2, 1]
    assert found["edit"] == state
    assert owner.audio(note["id"], rendition="source").content == before
    assert owner.note(note["id"])["recording"]["sha256"] == hashlib.sha256(before).hexdigest()


def test_undo_redo_and_restore(owner, note):
    first = change(owner, note, None, {"op": "trim", "start": 0, "end": RATE})
    second = change(owner, note, head(first), {"op": "gain", "start": 0, "end": 10, "decibels": -6})
    undone = fetched(post(owner, note, head(second), action="undo"))
    assert undone["list"] == first["list"] and undone["canRedo"]
    whole = fetched(post(owner, note, head(undone), action="undo"))
    assert whole["length"] == 3 * RATE and not whole["canUndo"]
    problem(post(owner, note, head(whole), action="undo"), 422, "validation_failed")
    redone = fetched(post(owner, note, head(whole), action="redo"))
    assert redone["list"] == first["list"]
    restored = created(
        owner.post(f"/notes/{note['id']}/edits/{head(second)}/restore", json={"base": head(redone)}))
    assert restored["list"] == second["list"] and restored["head"]["number"] == 4
    assert not restored["canRedo"]


def test_a_version_has_a_name(owner, note):
    state = change(owner, note, None, {"op": "split", "at": 100})
    url = f"/notes/{note['id']}/edits/{head(state)}"
    assert fetched(owner.patch(url, json={"name": "Without the cough"}))["name"] == "Without the cough"
    assert fetched(owner.get(url))["list"] == state["list"]
    problem(owner.patch(url, json={"name": "x" * 101}), 422, "validation_failed", field="name")
    assert edits(owner, note)["versions"][0]["name"] == "Without the cough"
    assert fetched(owner.patch(url, json={"name": None}))["name"] is None


def test_versions_come_by_pages(owner, note):
    base = None
    for end in range(10, 0, -1):
        base = head(change(owner, note, base, {"op": "trim", "start": 0, "end": end}))
    numbers, before = [], None
    while True:
        page = edits(owner, note, limit=4, **({"before": before} if before else {}))
        numbers += [one["number"] for one in page["versions"]]
        before = page["next"]
        if before is None:
            break
    assert numbers == list(range(11, 0, -1))
    for query in ({"limit": 0}, {"limit": 101}, {"limit": "x"}, {"before": 0}):
        problem(owner.get(f"/notes/{note['id']}/edits", params=query), 422, "validation_failed")


def test_a_conflict_shows_both(owner, note):
    first = change(owner, note, None, {"op": "trim", "start": 0, "end": RATE})
    answer = post(owner, note, None, operations=[{"op": "cut", "start": 0, "end": 10}])
    body = problem(answer, 409, "conflict", more={"head", "yours"})
    assert body["head"]["id"] == head(first) and body["head"]["list"] == first["list"]
    assert body["yours"]["segments"][0]["start"] == 10
    # A version that is not there any more, or never was.
    gone = post(owner, note, "0190a0a0-0000-7000-8000-000000000000", action="undo")
    assert problem(gone, 409, "conflict", more={"head", "yours"})["yours"] is None
    assert edits(owner, note)["edit"] == first


def test_other_recordings_of_ones_own_can_be_joined(owner, stranger, note):
    other = owner.ready(owner.add(unique_wav(1))["id"])
    state = change(owner, note, None, {"op": "join", "recording": other["recording"]["id"], "at": 0})
    assert state["length"] == 4 * RATE and len(state["list"]["sources"]) == 2
    foreign = stranger.ready(stranger.add(unique_wav(1))["id"])
    answer = post(owner, note, head(state), operations=[{"op": "join", "recording": foreign["recording"]["id"]}])
    problem(answer, 422, "validation_failed", field="operations.0.recording")
    # What an edit needs cannot be deleted for good.
    owner.delete(f"/notes/{other['id']}")
    body = problem(owner.delete(f"/notes/{other['id']}", params={"permanent": "true"}), 409, "conflict")
    assert note["id"] in body["detail"]


BAD_OPERATIONS = [
    ({"op": "cut", "start": 0, "end": 3 * RATE}, "operations.0.segments"),
    ({"op": "cut", "start": 10, "end": 10}, "operations.0.end"),
    ({"op": "cut", "start": -1, "end": 10}, "operations.0.start"),
    ({"op": "trim", "start": 0, "end": 3 * RATE + 1}, "operations.0.end"),
    ({"op": "trim", "start": 2**63 - 1, "end": 2**63}, None),
    ({"op": "gain", "start": 0, "end": 10, "decibels": 1000}, "operations.0.decibels"),
    ({"op": "gain", "start": 0, "end": 10, "decibels": "NaN"}, "operations.0.decibels"),
    ({"op": "split", "at": 0}, "operations.0.at"),
    ({"op": "move", "start": 0, "end": 100, "to": 50}, "operations.0.to"),
    ({"op": "insertSilence", "at": 0, "length": 2**62}, "operations.0.length"),
    ({"op": "fadeIn", "length": 3 * RATE + 1}, "operations.0.length"),
    ({"op": "crossfade", "at": 77, "length": 10}, "operations.0.at"),
    ({"op": "normalize", "target": 3}, "operations.0.target"),
    ({"op": "noiseReduction", "strength": 2}, None),
    ({"op": "explode"}, "operations.0.op"),
    ({"op": "cut", "start": 0}, "operations.0.end"),
    ({"op": "cut", "start": 0, "end": 10, "extra": 1}, "operations.0.extra"),
    ({"start": 0}, "operations.0.op"),
]


@pytest.mark.parametrize(("operation", "field"), BAD_OPERATIONS, ids=lambda value: json.dumps(value)[:60])
def test_what_is_not_possible_is_said_and_changes_nothing(owner, note, operation, field):
    answer = post(owner, note, None, operations=[operation])
    body = problem(answer, 422, "validation_failed")
    if field:
        assert [error["field"] for error in body["errors"]] == [field]
    assert edits(owner, note)["edit"]["count"] == 0


def test_lists_are_checked_like_operations(owner, note):
    good = edits(owner, note)["edit"]["list"]
    [segment] = good["segments"]
    assert created(post(owner, note, None, list=good))["count"] == 2
    now = head(edits(owner, note)["edit"])
    for wrong in (
        good | {"segments": [segment | {"end": segment["end"] + 1}]}, good | {"segments": []},
        good | {"segments": [segment] * 10_000}, good | {"sampleRate": 44_100},
        good | {"sources": []}, good | {"segments": [segment | {"gain": 1e9}]},
        good | {"segments": [segment, segment | {"overlap": 10**9}]},
    ):
        problem(post(owner, note, now, list=wrong), 422, "validation_failed")
    assert head(edits(owner, note)["edit"]) == now


def test_one_thing_at_a_time_and_from_a_version(owner, note):
    trim = {"op": "trim", "start": 0, "end": 10}
    url = f"/notes/{note['id']}/edits"
    problem(owner.post(url, json={"operations": [trim]}), 422, "validation_failed", field="base")
    problem(post(owner, note, None), 422, "validation_failed")
    problem(post(owner, note, None, operations=[trim], action="undo"), 422, "validation_failed")
    problem(post(owner, note, None, action="dance"), 422, "validation_failed")
    problem(post(owner, note, None, operations=[]), 422, "validation_failed", field="operations")
    problem(post(owner, note, None, operations=[trim] * 1001), 422, "validation_failed", field="operations")


def test_anothers_edits_are_not_found(owner, stranger, note):
    state = change(owner, note, None, {"op": "trim", "start": 0, "end": 10})
    url = f"/notes/{note['id']}/edits"
    problem(stranger.get(url), 404, "not_found")
    problem(stranger.get(f"{url}/{head(state)}"), 404, "not_found")
    problem(post(stranger, note, head(state), action="undo"), 404, "not_found")
    problem(stranger.patch(f"{url}/{head(state)}", json={"name": "mine"}), 404, "not_found")
    problem(owner.get(f"{url}/nonsense"), 404, "not_found")


def test_other_programs_get_the_list(owner, note):
    recording = note["recording"]["id"]
    state = change(
        owner, note, None, {"op": "cut", "start": RATE, "end": RATE + 4000},
        {"op": "insertSilence", "at": 100, "length": 50}, {"op": "gain", "start": 0, "end": 100, "decibels": -3})
    url = f"/notes/{note['id']}/edits/{head(state)}"
    labels = owner.get(url, params={"format": "labels"})
    assert labels.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in labels.headers["content-disposition"]
    lines = [line.split("\t") for line in labels.text.splitlines()]
    assert len(lines) == len(state["list"]["segments"])
    assert lines[0][:2] == ["0.000000", "0.012500"] and "silence" in lines[1][2]
    assert all(float(one[1]) == float(next[0]) for one, next in zip(lines, lines[1:]))

    timeline = json.loads(owner.get(url, params={"format": "otio"}).text)
    assert timeline["OTIO_SCHEMA"] == "Timeline.1" and timeline["name"] == "Minutes"
    [track] = timeline["tracks"]["children"]
    kinds = [child["OTIO_SCHEMA"] for child in track["children"]]
    assert kinds == ["Clip.1", "Gap.1", "Clip.1", "Clip.1"]
    clip = track["children"][0]
    assert clip["source_range"]["duration"] == {"OTIO_SCHEMA": "RationalTime.1", "rate": RATE, "value": 100}
    assert clip["media_reference"]["target_url"] == f"voicenote:recording/{recording}"
    problem(owner.get(url, params={"format": "aaf"}), 422, "validation_failed", field="format")
