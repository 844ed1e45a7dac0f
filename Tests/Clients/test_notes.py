"""Notes: listing, finding, changing, and the way to the bin and back."""

import hashlib

import pytest

from support.api import account, created, done, fetched, problem
from support.recordings import unique_wav
from support.server import eventually


@pytest.fixture(scope="module")
def person(server, owner):
    """An account whose notes only this file makes."""
    with account(server, "notes@example.org", name="Note Keeper") as client:
        yield client


@pytest.fixture(scope="module")
def shelf(person):
    """Twelve notes in a folder of their own, oldest first."""
    return [
        person.add(unique_wav(0.1), fields={"title": f"Shelf {n:02}", "folder": "shelf", "tags": f"n{n % 3}"})
        for n in range(12)
    ]


def ids(notes):
    return [note["id"] for note in notes]


@pytest.mark.parametrize("limit", [1, 5, 11, 12, 13, 500])
def test_pages_hold_every_note_once_newest_first(person, shelf, limit):
    assert ids(person.all_notes(folder="shelf", limit=limit)) == ids(shelf)[::-1]


def test_a_page_is_as_long_as_asked(person, shelf):
    first = fetched(person.get("/notes", params={"folder": "shelf", "limit": 5}))
    assert ids(first["items"]) == ids(shelf)[:-6:-1]
    assert isinstance(first["nextCursor"], str)


def test_a_note_that_comes_while_paging_moves_nothing(person):
    old = [person.add(unique_wav(0.1), fields={"folder": "moving"}) for _ in range(4)]
    first = fetched(person.get("/notes", params={"folder": "moving", "limit": 2}))
    person.add(unique_wav(0.1), fields={"folder": "moving"})
    query = {"folder": "moving", "limit": 2, "cursor": first["nextCursor"]}
    second = fetched(person.get("/notes", params=query))
    assert ids(first["items"] + second["items"]) == ids(old)[::-1]


BAD_QUERIES = [
    {"limit": 0}, {"limit": 501}, {"limit": -1}, {"limit": "many"}, {"limit": "9" * 30}, {"archived": "perhaps"},
    {"trashed": "perhaps"}, {"from": "yesterday"}, {"to": "2026-13-45T00:00:00Z"}, {"cursor": "not-a-cursor"},
]  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_bad_query_is_refused_by_field(person, query):
    problem(person.get("/notes", params=query), 422, "validation_failed", field=[*query][0])


def test_tag_and_date_narrow_the_list(person, shelf):
    assert (
        ids(person.all_notes(folder="shelf", tag="n1"))
        == [note["id"] for n, note in enumerate(shelf) if n % 3 == 1][::-1]
    )
    assert person.all_notes(folder="shelf", tag="nothing") == []
    middle = shelf[6]["createdAt"]
    newer = person.all_notes(folder="shelf", **{"from": middle})
    older = person.all_notes(folder="shelf", to=middle)
    assert all(note["createdAt"] >= middle for note in newer) and shelf[6]["id"] in ids(newer)
    assert all(note["createdAt"] <= middle for note in older)
    assert {*ids(newer), *ids(older)} == {*ids(shelf)}


def test_archived_notes_are_listed_when_asked_for(person):
    note = person.add(unique_wav(0.1), fields={"folder": "archive"})
    fetched(person.patch(f"/notes/{note['id']}", json={"archived": True}))
    assert person.all_notes(folder="archive") == []
    assert ids(person.all_notes(folder="archive", archived="true")) == [note["id"]]
    fetched(person.patch(f"/notes/{note['id']}", json={"archived": False}))
    assert ids(person.all_notes(folder="archive")) == [note["id"]]


SEARCHES = [
    ("Quarterly", True), ("quarterly", True), ("quart", True), ("figures quart", True), ("uarterly", False),
    ("umsätze", True), ("UMSATZE", True), ("budget", True), ("budg", True), ("bud get", False), ("nothing", False),
    ("quarterly nothing", False), ('"', None), ("'; DROP TABLE notes; --", None), ("a AND OR NOT (", None),
    ("NEAR(a b)", None), ("*", None), ("title:x", None), ("%", None), ("\u0000", None), ("会議", True),
    ("x" * 3000, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def searchable(person):
    note = person.add(unique_wav(0.1), fields={"title": "Quarterly figures", "folder": "search", "tags": "Budget,会議"})
    fetched(person.patch(f"/notes/{note['id']}", json={"text": "Die Umsätze steigen.\nSecond line."}))
    return note


@pytest.mark.parametrize("words, found", SEARCHES, ids=[repr(words[:20]) for words, _ in SEARCHES])
def test_search_finds_words_in_title_tags_and_text(person, searchable, words, found):
    """None: whatever it finds, it must not trip."""
    response = person.get("/notes", params={"q": words, "folder": "search"})
    if found is None:
        assert response.status_code in (200, 422), response.text
    else:
        assert (searchable["id"] in ids(fetched(response)["items"])) is found


def test_search_follows_a_change_at_once(person):
    note = person.add(unique_wav(0.1), fields={"title": "Xylophone", "folder": "follow"})
    assert ids(person.all_notes(q="xylophone")) == [note["id"]]
    fetched(person.patch(f"/notes/{note['id']}", json={"title": "Zither"}))
    assert person.all_notes(q="xylophone") == []
    assert ids(person.all_notes(q="zith")) == [note["id"]]
    done(person.delete(f"/notes/{note['id']}"))
    assert person.all_notes(q="zither") == []
    assert ids(person.all_notes(q="zither", trashed="true")) == [note["id"]]


# Changing


def test_every_field_can_be_changed_and_only_what_was_sent_changes(person):
    note = person.ready(person.add(unique_wav(0.1), fields={"title": "Before", "tags": "keep"})["id"])
    changes = [
        {"title": "After"}, {"text": "Line one.\nLine two. 🎙️"}, {"tags": ["a", "B", "b"]}, {"folder": "Home"},
        {"archived": True}, {"pinned": True}, {"folder": None}, {"tags": []},
    ]  # fmt: skip
    for change in changes:
        before, expected = note, dict(change)
        if change.get("tags"):
            expected["tags"] = ["a", "B"]
        note = fetched(person.patch(f"/notes/{note['id']}", json=change))
        assert note["version"] > before["version"] and note["updatedAt"] >= before["updatedAt"]
        moved = {"version": note["version"], "updatedAt": note["updatedAt"]}
        assert note == before | expected | moved
        assert person.note(note["id"]) == note


BAD_CHANGES = [
    ({"title": "x" * 201}, "title"), ({"text": "x" * 100_001}, "text"), ({"tags": ["x" * 51]}, "tags"),
    ({"tags": ["a,b"]}, "tags"), ({"tags": [str(n) for n in range(33)]}, "tags"), ({"folder": "x" * 101}, "folder"),
    ({"tags": [""]}, "tags"),
]  # fmt: skip


@pytest.mark.parametrize("change, field", BAD_CHANGES)
def test_a_bad_change_is_refused_by_field_and_changes_nothing(person, shelf, change, field):
    before = person.note(shelf[0]["id"])
    problem(person.patch(f"/notes/{before['id']}", json=change), 422, "validation_failed", field=field)
    after = person.note(before["id"])
    assert after["title"] == before["title"] and after["tags"] == before["tags"] and after["folder"] == before["folder"]


@pytest.mark.parametrize("body", ["", "[]", "null", '{"pinned": "yes"}', '{"tags": "work"}', '{"title": 7}'])
def test_a_change_of_the_wrong_shape_is_refused(person, shelf, body):
    response = person.patch(f"/notes/{shelf[0]['id']}", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("field", ["id", "version", "state", "createdAt", "recording", "trashedAt"])
def test_what_is_not_the_persons_to_change_stays(person, shelf, field):
    note = person.ready(shelf[0]["id"])
    person.patch(f"/notes/{note['id']}", json={field: "2001-01-01T00:00:00.000Z"})
    assert person.note(note["id"])[field] == note[field] or field == "version"
    assert person.note(note["id"])["recording"] == note["recording"]


def test_two_writers_do_not_overwrite_each_other(person):
    note = person.ready(person.add(unique_wav(0.1))["id"])
    path = f"/notes/{note['id']}"
    etag = person.get(path).headers["etag"]
    assert etag == f'"{note["version"]}"'
    changed = person.patch(path, json={"title": "First"}, headers={"If-Match": etag})
    assert fetched(changed)["title"] == "First"
    problem(person.patch(path, json={"title": "Second"}, headers={"If-Match": etag}), 412, "version_mismatch")
    assert person.note(note["id"])["title"] == "First"
    fresh = person.get(path).headers["etag"]
    assert changed.headers.get("etag", fresh) == fresh
    fetched(person.patch(path, json={"title": "Second"}, headers={"If-Match": fresh}))
    fetched(person.patch(path, json={"title": "Third"}, headers={"If-Match": "*"}))
    assert person.get(path, headers={"If-None-Match": person.get(path).headers["etag"]}).status_code in (200, 304)


def test_tags_and_folders_are_counted(person):
    for name in ("one", "two"):
        person.add(unique_wav(0.1), fields={"title": name, "folder": "Counted", "tags": "counted," + name})
    tags = {item["name"]: item["count"] for item in fetched(person.get("/tags"))["items"]}
    folders = {item["name"]: item["count"] for item in fetched(person.get("/folders"))["items"]}
    assert (tags["counted"], tags["one"], tags["two"]) == (2, 1, 1)
    assert folders["Counted"] == 2


# The bin


def test_a_note_goes_to_the_trash_and_comes_back_as_it_was(person):
    data = unique_wav(0.1)
    note = person.ready(person.add(data, fields={"folder": "bin"})["id"])
    path = f"/notes/{note['id']}"
    done(person.delete(path))
    assert person.all_notes(folder="bin") == []
    trashed = person.all_notes(folder="bin", trashed="true")
    assert ids(trashed) == [note["id"]] and trashed[0]["trashedAt"]
    assert person.audio(note["id"], rendition="source").content == data, "what is in the trash can be heard"
    restored = fetched(person.post(f"{path}/restore"))
    assert restored["trashedAt"] is None and restored["recording"] == note["recording"]
    assert ids(person.all_notes(folder="bin")) == [note["id"]]
    assert person.all_notes(folder="bin", trashed="true") == []


def test_only_the_trash_can_be_emptied(server, person):
    # Of a length of its own: a rendition that another note has, too, would rightly stay.
    data = unique_wav(0.137)
    note = person.ready(person.add(data)["id"])
    path, gone = f"/notes/{note['id']}", {"permanent": "true"}
    problem(person.delete(path, params=gone), 409, "not_in_trash")
    done(person.delete(path))
    done(person.delete(path, params=gone))
    for response in (person.get(path), person.delete(path, params=gone), person.post(f"{path}/restore")):
        problem(response, 404, "not_found")
    problem(person.audio(note["id"]), 404, "not_found")
    hashes = {rendition["sha256"] for rendition in note["recording"]["renditions"]} | {hashlib.sha256(data).hexdigest()}
    eventually(lambda: not hashes & set(server.blobs()), what="removing the files of a deleted note")


def test_a_file_stays_as_long_as_any_note_has_it(server, person, owner):
    data = unique_wav(0.1)
    mine, mine_too, theirs = person.add(data), person.add(data), owner.add(data)
    name = hashlib.sha256(data).hexdigest()
    for client, note in ((person, mine), (owner, theirs)):
        client.ready(note["id"])
        done(client.delete(f"/notes/{note['id']}"))
        done(client.delete(f"/notes/{note['id']}", params={"permanent": "true"}))
        assert name in server.blobs()
    assert person.audio(person.ready(mine_too["id"])["id"], rendition="source").content == data
    assert person.audio(mine_too["id"], rendition="listen").status_code == 200


def test_deleting_while_processing_is_safe(server, person):
    for _ in range(5):
        data = unique_wav(2)
        note = person.add(data)
        done(person.delete(f"/notes/{note['id']}"))
        done(person.delete(f"/notes/{note['id']}", params={"permanent": "true"}))
        problem(person.get(f"/notes/{note['id']}"), 404, "not_found")
    again = created(person.upload(data))["note"]
    assert person.ready(again["id"])
    assert person.audio(again["id"], rendition="source").content == data
