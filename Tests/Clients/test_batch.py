"""One action for many notes: what becomes of each of them, and requests that come again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from support.api import Api, account, created, fetched, problem
from support.recordings import unique_wav

UNKNOWN = "0190a0a0-0000-7000-8000-{:012x}"


def send(client, action, ids, key=None, **more):
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post("/notes/batch", json={"action": action, "ids": ids} | more, headers=headers)


def batch(client, action, ids, key=None, **more):
    """The answer to a batch, which must agree with itself."""
    answer = fetched(send(client, action, ids, key, **more))
    assert set(answer) == {"items", "succeeded", "failed"}
    assert all(set(item) == {"id", "status", "code", "detail"} for item in answer["items"])
    done = [item for item in answer["items"] if item["status"] == 200]
    assert (answer["succeeded"], answer["failed"]) == (len(done), len(answer["items"]) - len(done))
    for item in answer["items"]:
        assert (item["code"] is None) == (item["detail"] is None) == (item["status"] == 200)
    return answer


def many(client, count):
    """The ids of so many new notes, which all have the same recording."""
    data = unique_wav(0.1)
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda number: client.add(data, fields={"title": f"{number}"})["id"], range(count)))


def ids(notes):
    return [note["id"] for note in notes]


# What is done


ACTIONS = [
    ("archive", {}, lambda note: note["archived"]),
    ("unarchive", {}, lambda note: not note["archived"]),
    ("move", {"folder": "  Reisen nach Köln "}, lambda note: note["folder"] == "Reisen nach Köln"),
    ("move", {"folder": None}, lambda note: note["folder"] is None),
    ("delete", {}, lambda note: note["trashedAt"]),
    ("restore", {}, lambda note: note["trashedAt"] is None),
]


def test_every_action_is_done_with_every_note_and_only_with_those(person):
    notes = [person.ready(person.add(unique_wav(0.1), fields={"folder": "Before"})["id"]) for _ in range(4)]
    chosen, left = ids(notes[:3]), person.note(notes[3]["id"])
    for action, more, is_done in ACTIONS:
        before = [person.note(note_id)["version"] for note_id in chosen]
        assert ids(batch(person, action, chosen, **more)["items"]) == chosen
        after = [person.note(note_id) for note_id in chosen]
        assert all(is_done(note) for note in after), action
        assert [note["version"] for note in after] == [version + 1 for version in before]
        assert batch(person, action, chosen, **more)["succeeded"] == 3
        assert [person.note(note_id) for note_id in chosen] == after, "twice is as good as once"
    assert person.note(left["id"]) == left


def test_a_link_to_a_note_that_a_batch_threw_away_stops_working(server, person):
    note = person.ready(person.add(unique_wav(0.1))["id"])
    link = server.url + created(person.post(f"/notes/{note['id']}/url", json={}))["url"]
    assert httpx.get(link).status_code == 200
    batch(person, "delete", [note["id"]])
    problem(httpx.get(link), 403, "url_revoked")
    batch(person, "restore", [note["id"]])
    problem(httpx.get(link), 403, "url_revoked")


def test_where_there_is_no_store_copying_says_so_for_each_note(person):
    note = person.add(unique_wav(0.1))["id"]
    [mine, unknown] = batch(person, "replicate", [note, UNKNOWN.format(1)])["items"]
    assert (mine["status"], mine["code"]) == (409, "conflict") and "store" in mine["detail"]
    assert (unknown["status"], unknown["code"]) == (404, "not_found")


def test_five_hundred_notes_with_strange_ones_among_them(start_server):
    server = start_server()
    with account(server, "owner@example.org") as owner, account(server, "stranger@example.org") as stranger:
        mine, theirs = many(owner, 480), many(stranger, 10)
        unknown = [UNKNOWN.format(number) for number in range(9)] + ["no id at all"]
        # One of each kind after every 48 of one's own
        wanted = []
        for number in range(10):
            wanted += [*mine[number * 48 : number * 48 + 48], theirs[number], unknown[number]]
        answer = batch(owner, "move", wanted, folder="Moved")
        assert ids(answer["items"]) == wanted
        items = {item["id"]: item for item in answer["items"]}
        assert [items[note_id]["status"] for note_id in mine] == [200] * 480
        strange = [items[note_id] | {"id": ""} for note_id in theirs + unknown]
        assert strange == [strange[0]] * 20, "nothing tells another's note from one that never was"
        alone = problem(owner.get(f"/notes/{theirs[0]}"), 404, "not_found")
        assert strange[0] == {"id": "", "status": 404, "code": "not_found", "detail": alone["detail"]}
        assert {*ids(owner.all_notes(folder="Moved", limit=500))} == {*mine}
        assert all(note["folder"] is None for note in stranger.all_notes())
        problem(send(owner, "move", [*wanted, mine[0]], folder="Again"), 422, "validation_failed", field="ids")
        assert owner.all_notes(folder="Again") == []


BAD = [
    ({"action": "explode", "ids": ["x"]}, "action"), ({"ids": ["x"]}, "action"), ({"action": "archive"}, "ids"),
    ({"action": "archive", "ids": []}, "ids"), ({"action": "archive", "ids": "x"}, "ids"),
    ({"action": "archive", "ids": [None]}, "ids.0"), ({"action": "move", "ids": ["x"]}, "folder"),
    ({"action": "move", "ids": ["x"], "folder": "x" * 101}, "folder"),
    ({"action": "move", "ids": ["x"], "folder": "a\u0000b"}, "folder"),
]  # fmt: skip


@pytest.mark.parametrize("body, field", BAD, ids=[f"{field} {str(body)[:40]}" for body, field in BAD])
def test_a_request_that_says_nothing_sensible_is_refused_by_field(owner, body, field):
    problem(owner.post("/notes/batch", json=body), 422, "validation_failed", field=field)


def test_a_request_is_small(owner):
    problem(send(owner, "archive", ["x" * 100_000]), 413, "too_large")


def test_who_may_only_read_changes_nothing(server, owner):
    note = owner.ready(owner.add(unique_wav(0.1))["id"])
    with Api(server.url, owner.make_token("read")["token"]) as reader:
        problem(send(reader, "archive", [note["id"]]), 403, "forbidden")
    with Api(server.url) as nobody:
        problem(send(nobody, "archive", [note["id"]]), 401, "unauthenticated")
    assert owner.note(note["id"]) == note


# Requests that come again


def test_the_same_request_gets_the_same_answer_and_is_not_done_again(person):
    note = person.ready(person.add(unique_wav(0.1))["id"])["id"]
    wanted = [note, UNKNOWN.format(1)]
    first = batch(person, "archive", wanted, key="archive-1")
    assert [item["status"] for item in first["items"]] == [200, 404]
    batch(person, "unarchive", [note])
    before = person.note(note)
    for _ in range(3):
        assert batch(person, "archive", wanted, key="archive-1") == first
    assert person.note(note) == before and not before["archived"]
    assert batch(person, "archive", wanted, key="archive-2") == first
    assert person.note(note)["archived"]


def test_the_same_key_with_another_request_is_refused(person):
    notes = [person.ready(person.add(unique_wav(0.1))["id"])["id"] for _ in range(2)]
    batch(person, "move", notes, key="move", folder="There")
    before = [person.note(note_id) for note_id in notes]
    for action, wanted, more in [
        ("archive", notes, {}), ("move", notes, {"folder": "Elsewhere"}), ("move", notes, {"folder": None}),
        ("move", notes[:1], {"folder": "There"}), ("move", notes[::-1], {"folder": "There"}),
    ]:  # fmt: skip
        problem(send(person, action, wanted, key="move", **more), 409, "conflict")
    assert [person.note(note_id) for note_id in notes] == before


def test_anothers_key_is_nothing_to_one(owner, stranger):
    note = owner.ready(owner.add(unique_wav(0.1))["id"])["id"]
    assert batch(owner, "archive", [note], key="shared")["succeeded"] == 1
    assert batch(stranger, "archive", [note], key="shared")["failed"] == 1
    assert batch(stranger, "archive", [UNKNOWN.format(7)], key="own")["failed"] == 1
    assert batch(owner, "unarchive", [note], key="own")["succeeded"] == 1


@pytest.mark.parametrize("key", ["", "k" * 201], ids=["empty", "201 characters"])
def test_a_key_that_is_none_is_refused(owner, key):
    problem(send(owner, "archive", ["x"], key=key), 422, "validation_failed", field="Idempotency-Key")
    assert batch(owner, "archive", ["x"], key="k" * 200)["failed"] == 1


def test_requests_at_the_same_time_under_one_key_get_one_answer(server, person):
    notes = many(person, 60)
    together = threading.Barrier(6)

    def archive(_):
        with Api(server.url, headers={"Authorization": person.headers["authorization"]}) as client:
            together.wait(30)
            return batch(client, "archive", notes, key="at once")

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(archive, range(6)))
    assert answers == [answers[0]] * 6 and answers[0]["succeeded"] == 60
    assert {*ids(person.all_notes(archived="true", limit=500))} == {*notes}


def test_of_different_requests_at_the_same_time_under_one_key_one_is_refused(server, person):
    notes = many(person, 60)
    together = threading.Barrier(2)

    def run(action):
        with Api(server.url, headers={"Authorization": person.headers["authorization"]}) as client:
            together.wait(30)
            return send(client, action, notes, key="either")

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(run, ["archive", "delete"]))
    [refused] = [answer for answer in answers if answer.status_code != 200]
    problem(refused, 409, "conflict")
    states = {(note["archived"], bool(note["trashedAt"])) for note in map(person.note, notes)}
    assert states == ({(True, False)} if answers[0].status_code == 200 else {(False, True)})


def test_an_answer_outlives_the_server(start_server):
    server = start_server()
    with account(server, "owner@example.org") as owner:
        note = owner.ready(owner.add(unique_wav(0.1))["id"])["id"]
        first = batch(owner, "archive", [note, "x"], key="k")
        batch(owner, "unarchive", [note])
        server.stop()
        server.start()
        assert batch(owner, "archive", [note, "x"], key="k") == first
        assert not owner.note(note)["archived"]


def test_a_batch_that_a_crash_cut_short_is_finished_by_sending_it_again(start_server):
    server = start_server()
    with account(server, "owner@example.org") as owner:
        notes = many(owner, 400)
        for number, action in enumerate(["archive", "unarchive", "archive"]):

            def begin(action=action, key=f"{number}"):
                try:
                    send(owner, action, notes, key=key)
                except httpx.TransportError:
                    pass  # the server is gone, as it should be

            sender = threading.Thread(target=begin)
            sender.start()
            time.sleep(0.04 * (number + 1))
            server.kill()
            sender.join()
            server.start()
            assert batch(owner, action, notes, key=f"{number}")["succeeded"] == 400
            archived = "true" if action == "archive" else "false"
            assert {*ids(owner.all_notes(archived=archived, limit=500))} == {*notes}
