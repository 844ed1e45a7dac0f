"""The API as an app developer would wrap it: thin, over httpx."""

import re
import time
from urllib.parse import quote, urlencode

import httpx

BASE = "/api/v1"
PASSWORD = "correct horse battery staple"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Api(httpx.Client):
    """A client for one server; with a token, for one account."""

    def __init__(self, url, token=None, headers=None, **options):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        super().__init__(base_url=url + BASE, headers=headers, timeout=60, **options)

    # Accounts

    def register(self, email, name="Ada Lovelace", password=PASSWORD, **options):
        return self.post("/auth/register", json={"email": email, "name": name, "password": password}, **options)

    def login(self, email, password=PASSWORD, **options):
        return self.post("/auth/login", json={"email": email, "password": password}, **options)

    def refresh(self, token):
        return self.post("/auth/refresh", json={"refreshToken": token})

    def make_token(self, *scopes, name="test"):
        return created(self.post("/tokens", json={"name": name, "scopes": list(scopes)}))

    # Notes

    def upload(self, data, file_name="memo.wav", content_type="audio/wav", fields=None, **options):
        """multipart/form-data, as a browser sends it."""
        return self.post("/notes", files={"file": (file_name, data, content_type)}, data=fields or {}, **options)

    def upload_raw(self, data, content_type="audio/wav", headers=None, **query):
        """The audio as the body. In the query, blanks are %20 (httpx would make them +)."""
        path = "/notes" + ("?" + urlencode(query, quote_via=quote) if query else "")
        return self.post(path, content=data, headers={"Content-Type": content_type} | (headers or {}))

    def add(self, data, **options):
        """Uploads and returns the note."""
        return created(self.upload(data, **options))["note"]

    def note(self, note_id):
        return fetched(self.get(f"/notes/{note_id}"))

    def settled(self, note_id, seconds=90):
        """The note when its processing is over, whichever way."""
        deadline = time.monotonic() + seconds
        while (note := self.note(note_id))["state"] == "processing":
            assert time.monotonic() < deadline, f"still processing after {seconds} s: {note}"
            time.sleep(0.05)
        return note

    def ready(self, note_id, seconds=90):
        note = self.settled(note_id, seconds)
        assert note["state"] == "ready", note["reason"]
        assert note["reason"] is None
        return note

    def audio(self, note_id, headers=None, method="GET", **query):
        return self.request(method, f"/notes/{note_id}/audio", headers=headers, params=query)

    def all_notes(self, **query):
        """Every page of the list."""
        notes, cursor = [], None
        while True:
            page = fetched(self.get("/notes", params=query | ({"cursor": cursor} if cursor else {})))
            notes += page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return notes


def account(server, email, **options):
    """Registers an account and returns a client that acts for it, and does not expire while the tests run."""
    with Api(server.url) as visitor:
        session = created(visitor.register(email, **options))
    with Api(server.url, session["accessToken"]) as short_lived:
        token = short_lived.make_token("read", "write", "admin")["token"]
    client = Api(server.url, token)
    client.account = session["account"]
    return client


def fetched(response, status=200):
    assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
    return response.json()


def created(response):
    return fetched(response, 201)


def done(response):
    assert response.status_code == 204, f"{response.status_code} {response.text[:500]}"
    assert response.content == b""


def problem(response, status, code, field=None, more=()):
    """Checks that an answer is the one kind of error that the API knows (RFC 9457), and returns it.
    `more`: members that only this one has."""
    assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
    assert response.headers["content-type"].split(";")[0] == "application/problem+json"
    body = response.json()
    assert set(body) - {"errors"} - set(more) == {"type", "title", "status", "detail", "code", "requestId"}
    assert body["type"] == "about:blank"
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"] and body["detail"]
    assert body["requestId"] == response.headers["x-request-id"]
    if code == "validation_failed":
        assert body["errors"] and all(set(error) == {"field", "message"} for error in body["errors"])
        if field:
            assert field in [error["field"] for error in body["errors"]]
    else:
        assert not body.get("errors")
    return body
