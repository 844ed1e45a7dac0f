"""Stores for the page: answers between browser and server, so that every state of a store can be had at once.

What belongs to notes themselves is done by the server: a batch is carried out note by note, and a note keeps all that
the server says of it. Only where its copies are, and the stores' own state, are given by the test."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Error

from .api import BASE

NOTES = re.compile(rf"{BASE}/notes(\?|$)")
NOTE = re.compile(rf"{BASE}/notes/([0-9a-f-]{{36}})(?:/(restore|retry))?$")
REPLICA = re.compile(rf"{BASE}/notes/([0-9a-f-]{{36}})/replicas/([a-z0-9]+)$")
BATCH = re.compile(rf"{BASE}/notes/batch$")
STORAGE = re.compile(rf"{BASE}/storage$")
STORE = re.compile(rf"{BASE}/storage/stores/([a-z0-9]+)$")


def fetched(route, **options):
    """What the server answers, and its JSON; two times None where the page gave the request up meanwhile."""
    answer = route.fetch(**options)
    try:
        return answer, answer.json()
    except Error as error:
        if "disposed" in str(error):
            return None, None
        raise


# The page's stream of events, to say something on it for the server
STREAMS = """
    window.streams = [];
    const Original = window.EventSource;
    window.EventSource = class extends Original {
        constructor(...given) {
            super(...given);
            window.streams.push(this);
        }
    };
"""
SAY = "([name, data]) => window.streams.at(-1).dispatchEvent(new MessageEvent(name, {data}))"


def replica(store, state="verified", blob="source", **more):
    kinds = {"local": "local", "s3": "s3", "cloudinary": "cloudinary"}
    return {
        "store": store, "kind": kinds.get(store, "folder"), "blob": blob, "state": state, "wanted": True,
        "paused": False, "bytesDone": 1_000_000 if state == "verified" else 0, "bytesTotal": 1_000_000, "attempts": 0,
        "error": None, "verifiedAt": "2026-11-20T08:00:00.000Z" if state == "verified" else None,
    } | more  # fmt: skip


def store(name, state="up", kind=None, **more):
    return {
        "name": name, "kind": kind or name, "state": state, "reason": None, "retryAt": None,
        "replicas": {"verified": 1204, "uploading": 0, "waiting": 0, "failed": 0, "suspect": 0, "lost": 0,
                     "bytes": 8_100_000_000},
        "transfers": [],
        "usage": {"month": "2026-11", "requests": 2310, "requestLimit": 0, "egressBytes": 120_000_000,
                  "egressLimit": 0, "warning": False},
        "lastScrubAt": "2026-11-19T03:00:00.000Z",
    } | more  # fmt: skip


def storage(*stores, **more):
    return {
        "space": {"free": 38_000_000_000, "total": 50_000_000_000, "used": 12_000_000_000},
        "local": {"blobs": 1210, "bytes": 8_200_000_000},
        "stores": list(stores),
        "queue": {"waiting": 0, "running": 0, "failed": 0},
        "checks": [{"name": "data folder", "outcome": "pass", "detail": "It can be written."}],
        "migration": None,
    } | more


def in_all_states():
    """A recording whose copies are in every state that the page has words for."""
    refused = "The bucket refused the key (403). Check VOICENOTE_STORES_S3_ACCESS_KEY."
    return [
        replica("local"), replica("local", blob="listen"),
        replica("cloudinary", "uploading", bytesDone=450_000),
        replica("cloudinary", blob="listen"),
        replica("s3", "absent", error=refused, attempts=3),
        replica("attic", "suspect", error="Its SHA-256 is another one."),
        replica("disk", "absent", paused=True),
        replica("garage", "absent", wanted=False),
        replica("nas", "absent"),
        replica("shed", "lost", error="The store does not have it any more."),
    ]  # fmt: skip


def troubled():
    """A storage with every state of a store, transfers, budgets, failed checks and a migration."""
    counts = {"verified": 1180, "uploading": 2, "waiting": 20, "failed": 1, "suspect": 1, "lost": 0,
              "bytes": 7_900_000_000}  # fmt: skip
    transfers = [
        {"sha256": "ab" * 32, "noteId": "0193a000-0000-7000-8000-000000000001", "title": "A long talk about trees, "
         "rivers and what the weather does to both", "bytesDone": 310_000_000, "bytesTotal": 480_000_000},
        {"sha256": "cd" * 32, "noteId": None, "title": None, "bytesDone": 12_000, "bytesTotal": 96_000},
    ]  # fmt: skip
    return storage(
        store("cloudinary", replicas=counts, transfers=transfers,
              usage={"month": "2026-11", "requests": 4420, "requestLimit": 5000, "egressBytes": 800_000_000,
                     "egressLimit": 20_000_000_000, "warning": True}),
        store("offsite", "down", kind="s3", reason="It did not answer within 30 seconds.",
              retryAt=(datetime.now(UTC) + timedelta(minutes=4.5)).isoformat()),
        store("attic", "vanished", kind="folder", reason="There is no voicenote-store.json.", lastScrubAt=None),
        store("r2", "budget", kind="s3", reason="20 GB of 20 GB were downloaded in November.",
              usage={"month": "2026-11", "requests": 90_400, "requestLimit": 0, "egressBytes": 20_000_000_000,
                     "egressLimit": 20_000_000_000, "warning": True}),
        store("s3", "paused"),
        space={"free": 5_000_000_000, "total": 50_000_000_000, "used": 45_000_000_000},
        queue={"waiting": 20, "running": 2, "failed": 1},
        checks=[
            {"name": "data folder", "outcome": "pass", "detail": "It can be written."},
            {"name": "space", "outcome": "warn", "detail": "90 % of the disk is used. Free some, or let copies go."},
            {"name": "store offsite", "outcome": "fail", "detail": "It did not answer within 30 seconds."},
        ],
        migration={"id": "m1", "store": "r2", "step": "verify", "done": 640, "total": 1210, "bytesDone": 4_100_000_000,
                   "bytesTotal": 8_200_000_000, "error": None},
    )  # fmt: skip


class Stores:
    """Stands between `window` and its server, for the account of `person`."""

    def __init__(self, window, person):
        self.window, self.person = window, person
        self.replicas = {}  # of a note, by its id
        self.sync = {}
        self.storage = storage()
        self.storage_asked = 0
        self.storage_away = False  # nobody answers who asks for the storage
        self.actions = []  # on replicas and stores, in the order of the requests
        self.batches = []  # (key, body) of each request
        self.refused = {}  # id to (status, code, detail): notes with which a batch fails
        self.unanswered = 0  # so many batches are done, and their answers are lost
        self.invented = []  # notes that only the list knows, newest first
        context = window.context
        context.add_init_script(STREAMS)
        for pattern, answer in (
            (NOTES, self._notes), (NOTE, self._note), (REPLICA, self._replica), (BATCH, self._batch),
            (STORAGE, self._storage), (STORE, self._store),
        ):  # fmt: skip
            context.route(pattern, answer)

    def say(self, name, data):
        """An event of the server's stream."""
        self.window.page.evaluate(SAY, [name, json.dumps(data)])

    def changed(self, note_id):
        """The event of a note that changed, with where it is now."""
        self.say("note", {"note": self._told(self.person.note(note_id), whole=True)})

    # Notes

    def _told(self, note, whole=False):
        recording = note["recording"]
        recording["sync"] = self.sync.get(note["id"], "none")
        if whole:
            recording["replicas"] = self.replicas.get(note["id"], [replica("local")])
        return note

    def _notes(self, route):
        if route.request.method != "GET":
            return route.continue_()
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        if self.invented:
            start, limit = int(query.get("cursor", 0)), int(query["limit"])
            end = start + limit
            more = str(end) if end < len(self.invented) else None
            return route.fulfill(json={"items": self.invented[start:end], "nextCursor": more})
        # What is invented here, the server cannot filter by.
        answer, page = fetched(route, url=re.sub(r"[?&]sync=[^&]*", "", route.request.url))
        if answer is None:
            return None
        if answer.ok:
            page["items"] = [self._told(note) for note in page["items"]]
            if wanted := query.get("sync"):
                page["items"] = [note for note in page["items"] if note["recording"]["sync"] == wanted]
        return route.fulfill(response=answer, json=page)

    def _note(self, route):
        answer, note = fetched(route)
        if answer is None:
            return None
        if answer.status == 200:
            return route.fulfill(response=answer, json=self._told(note, whole=True))
        return route.fulfill(response=answer)

    def _replica(self, route):
        note_id, name = REPLICA.search(route.request.url).groups()
        action = route.request.post_data_json["action"]
        self.actions.append((name, action))
        for one in self.replicas[note_id]:
            if one["store"] == name:
                one |= {
                    "retry": {"state": "absent", "error": None, "wanted": True, "attempts": 0},
                    "pause": {"paused": True},
                    "resume": {"paused": False},
                    "cancel": {"state": "absent", "wanted": False, "paused": False, "error": None, "bytesDone": 0},
                }[action]
        self.sync[note_id] = "pending"
        return route.fulfill(json=self._told(self.person.note(note_id), whole=True))

    def _batch(self, route):
        body = route.request.post_data_json
        assert 1 <= len(body["ids"]) <= 500
        key = route.request.headers.get("idempotency-key")
        is_new = key not in [known for known, _ in self.batches]
        self.batches.append((key, body))
        items = [self._item(note_id, body, is_new) for note_id in body["ids"]]
        if self.unanswered > 0:
            self.unanswered -= 1
            return route.abort("connectionreset")
        succeeded = sum(item["status"] == 200 for item in items)
        return route.fulfill(json={"items": items, "succeeded": succeeded, "failed": len(items) - succeeded})

    def _item(self, note_id, body, is_new):
        if note_id in self.refused:
            status, code, detail = self.refused[note_id]
            return {"id": note_id, "status": status, "code": code, "detail": detail}
        if is_new and not self.invented:
            self._carry_out(note_id, body)
        return {"id": note_id, "status": 200, "code": None, "detail": None}

    def _carry_out(self, note_id, body):
        path = f"/notes/{note_id}"
        match body["action"]:
            case "archive" | "unarchive":
                self.person.patch(path, json={"archived": body["action"] == "archive"}).raise_for_status()
            case "move":
                self.person.patch(path, json={"folder": body["folder"]}).raise_for_status()
            case "delete":
                self.person.delete(path).raise_for_status()
            case "restore":
                self.person.post(f"{path}/restore").raise_for_status()
            case "replicate":
                self.sync[note_id] = "pending"

    # Storage

    def _storage(self, route):
        self.storage_asked += 1
        if self.storage_away:
            return route.abort("connectionrefused")
        return route.fulfill(json=self.storage)

    def _store(self, route):
        name = STORE.search(route.request.url).group(1)
        action = route.request.post_data_json["action"]
        self.actions.append((name, action))
        [one] = [one for one in self.storage["stores"] if one["name"] == name]
        one |= {
            "pause": {"state": "paused"},
            "resume": {"state": "up"},
            "retry": {"state": "up", "reason": None, "retryAt": None},
            "check": {},
        }[action]
        route.fulfill(json=one)
