"""Another person's note answers on every route exactly as one that does not exist."""

import pytest

from support.api import created, fetched, problem
from support.recordings import unique_wav

ROUTES = [
    ("GET", "/notes/{}", None),
    ("PATCH", "/notes/{}", {"title": "Taken over"}),
    ("DELETE", "/notes/{}", None),
    ("DELETE", "/notes/{}?permanent=true", None),
    ("POST", "/notes/{}/restore", None),
    ("POST", "/notes/{}/retry", None),
    ("GET", "/notes/{}/audio", None),
    ("GET", "/notes/{}/audio?rendition=source&download=1", None),
    ("HEAD", "/notes/{}/audio", None),
    ("POST", "/notes/{}/url", {}),
    ("DELETE", "/notes/{}/url", None),
    ("GET", "/notes/{}/waveform", None),
    ("GET", "/notes/{}/waveform?format=json&zoom=512", None),
    ("GET", "/notes/{}/silence", None),
]
UNKNOWN = "0190a0a0-0000-7000-8000-000000000000"


def ask(client, method, path, body, **headers):
    return client.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize("trashed", [False, True], ids=["listed", "in the trash"])
@pytest.mark.parametrize("method, path, body", ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_anothers_note_is_unknown(owner, stranger, method, path, body, trashed):
    note = owner.ready(owner.add(unique_wav(0.2))["id"])
    if trashed:
        owner.delete(f"/notes/{note['id']}")
        note = owner.note(note["id"])
    foreign, unknown = (ask(stranger, method, path.format(note_id), body) for note_id in (note["id"], UNKNOWN))
    assert foreign.status_code == unknown.status_code == 404
    if method != "HEAD":
        assert problem(foreign, 404, "not_found") | {"requestId": ""} == unknown.json() | {"requestId": ""}
    names = set(foreign.headers) ^ set(unknown.headers)
    assert names == set(), "not even a header tells them apart"
    assert owner.note(note["id"]) == note


def test_knowing_the_version_or_the_hash_opens_nothing(owner, stranger, spoken):
    tag = f'"{spoken["recording"]["sha256"]}"'
    problem(stranger.audio(spoken["id"], headers={"If-None-Match": tag}), 404, "not_found")
    problem(stranger.audio(spoken["id"], headers={"Range": "bytes=0-1"}), 404, "not_found")
    version = {"If-Match": f'"{spoken["version"]}"'}
    problem(stranger.patch(f"/notes/{spoken['id']}", json={"title": "x"}, headers=version), 404, "not_found")


def test_lists_searches_and_counts_are_ones_own(owner, stranger, spoken):
    fetched(owner.patch(f"/notes/{spoken['id']}", json={"tags": ["secret-tag"], "folder": "Secret folder"}))
    for query in ({}, {"trashed": "true"}, {"archived": "true"}, {"q": "grüße"}, {"tag": "secret-tag"}):
        assert spoken["id"] not in [note["id"] for note in stranger.all_notes(**query)]
    assert "secret-tag" not in stranger.get("/tags").text
    assert "Secret folder" not in stranger.get("/folders").text


def test_anothers_cursor_lists_ones_own_notes(owner, stranger):
    for _ in range(3):
        owner.add(unique_wav(0.1))
    cursor = fetched(owner.get("/notes", params={"limit": 1}))["nextCursor"]
    response = stranger.get("/notes", params={"limit": 500, "cursor": cursor})
    mine = {note["id"] for note in stranger.all_notes()}
    assert response.status_code == 422 or {note["id"] for note in response.json()["items"]} <= mine


def test_sending_what_another_has_gives_nothing_of_theirs(owner, stranger):
    """Equal content is stored once, and nobody can tell: the note is new, and the answer is that of a first upload."""
    data = unique_wav()
    theirs = owner.add(data, file_name="private name.wav", fields={"title": "Private title"})
    answer = created(stranger.upload(data, file_name="mine.wav"))
    mine = answer["note"]
    assert mine["id"] != theirs["id"] and mine["recording"]["id"] != theirs["recording"]["id"]
    assert "rivate" not in str(answer)
    assert mine["state"] == "processing" or mine["recording"]["renditions"] is not None
    problem(stranger.get(f"/notes/{theirs['id']}"), 404, "not_found")
