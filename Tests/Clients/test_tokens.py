"""API tokens for programs, and cookies for browsers."""

import pytest

from support.api import TIME, Api, account, created, done, fetched, problem
from support.recordings import unique_wav

COOKIE = {"X-VoiceNote-Session": "cookie"}


@pytest.fixture
def person(server, owner, email):
    with account(server, email) as client:
        yield client


def test_a_token_is_shown_once_and_listed_without_its_secret(person):
    made = created(person.post("/tokens", json={"name": "backup", "scopes": ["read"], "expiresInDays": 30}))
    assert made["token"].startswith("vn_") and len(made["token"]) >= 40
    listed = {item["id"]: item for item in fetched(person.get("/tokens"))["items"]}[made["id"]]
    assert set(listed) == {"id", "name", "scopes", "createdAt", "expiresAt", "lastUsedAt"}
    assert (listed["name"], listed["scopes"], listed["lastUsedAt"]) == ("backup", ["read"], None)
    assert TIME.fullmatch(listed["createdAt"]) and TIME.fullmatch(listed["expiresAt"])
    assert made["token"] not in person.get("/tokens").text


def test_a_token_may_live_for_ever(person):
    made = person.make_token("read")
    listed = {item["id"]: item for item in fetched(person.get("/tokens"))["items"]}[made["id"]]
    assert listed["expiresAt"] is None


@pytest.mark.parametrize("scopes, field", [([], "scopes"), (["root"], "scopes"), (["read", "x"], "scopes")])
def test_a_scope_that_is_none_is_refused(person, scopes, field):
    body = problem(person.post("/tokens", json={"name": "x", "scopes": scopes}), 422, "validation_failed")
    assert body["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize("days", [0, -1, 100_000_000])
def test_a_life_without_sense_is_refused(person, days):
    body = {"name": "x", "scopes": ["read"], "expiresInDays": days}
    problem(person.post("/tokens", json=body), 422, "validation_failed", field="expiresInDays")


def test_a_reading_token_reads_and_changes_nothing(server, person):
    note = person.add(unique_wav())
    with Api(server.url, person.make_token("read")["token"]) as reader:
        fetched(reader.get("/notes"))
        fetched(reader.get(f"/notes/{note['id']}"))
        assert reader.audio(note["id"], rendition="source").status_code == 200
        fetched(reader.get("/users/me"))
        refused = [
            reader.upload(unique_wav()), reader.upload_raw(unique_wav()),
            reader.patch(f"/notes/{note['id']}", json={"title": "x"}), reader.delete(f"/notes/{note['id']}"),
            reader.post(f"/notes/{note['id']}/restore"), reader.post(f"/notes/{note['id']}/retry"),
            reader.delete(f"/notes/{note['id']}/url"), reader.patch("/users/me", json={"name": "Somebody"}),
            reader.post("/tokens", json={"name": "more", "scopes": ["admin"]}),
        ]  # fmt: skip
    for response in refused:
        problem(response, 403, "forbidden")
    assert person.note(note["id"])["trashedAt"] is None
    assert len(person.all_notes()) == 1


def test_a_writing_token_writes_notes_and_does_not_rule_the_account(server, person):
    with Api(server.url, person.make_token("read", "write")["token"]) as writer:
        note = writer.add(unique_wav())
        fetched(writer.patch(f"/notes/{note['id']}", json={"title": "Written"}))
        problem(writer.post("/tokens", json={"name": "more", "scopes": ["admin"]}), 403, "forbidden")
        change = {"password": "another long passphrase", "currentPassword": "correct horse battery staple"}
        problem(writer.patch("/users/me", json=change), 403, "forbidden")


def test_a_token_that_was_taken_back_opens_nothing(server, person):
    made = person.make_token("read")
    with Api(server.url, made["token"]) as program:
        fetched(program.get("/notes"))
        done(person.delete(f"/tokens/{made['id']}"))
        problem(program.get("/notes"), 401, "unauthenticated")
    problem(person.delete(f"/tokens/{made['id']}"), 404, "not_found")


def test_the_last_use_of_a_token_is_kept(server, person):
    made = person.make_token("read")
    with Api(server.url, made["token"]) as program:
        fetched(program.get("/notes"))
    listed = {item["id"]: item for item in fetched(person.get("/tokens"))["items"]}[made["id"]]
    assert TIME.fullmatch(listed["lastUsedAt"])


def test_another_persons_token_cannot_be_taken_back(person, stranger):
    made = stranger.make_token("read")
    problem(person.delete(f"/tokens/{made['id']}"), 404, "not_found")
    assert made["id"] in [item["id"] for item in fetched(stranger.get("/tokens"))["items"]]


# Cookies


@pytest.fixture
def browser(server, owner, email):
    """A client that is signed in as the page is: by cookies alone."""
    with Api(server.url) as client:
        response = client.register(email, headers=COOKIE)
        created(response)
        client.signed_in = response
        yield client


def csrf(browser):
    return {"X-CSRF-Token": browser.cookies["vn_csrf"]}


def test_a_browsers_tokens_are_out_of_reach_of_its_scripts(browser):
    assert "accessToken" not in browser.signed_in.json() and "refreshToken" not in browser.signed_in.json()
    cookies = {line.split("=", 1)[0]: line.lower() for line in browser.signed_in.headers.get_list("set-cookie")}
    assert set(cookies) == {"vn_access", "vn_refresh", "vn_csrf"}
    assert "httponly" in cookies["vn_access"] and "httponly" in cookies["vn_refresh"]
    assert "httponly" not in cookies["vn_csrf"]
    assert all("samesite=strict" in line for line in cookies.values())


def test_cookies_alone_read_but_do_not_change_anything(browser):
    fetched(browser.get("/notes"))
    problem(browser.patch("/users/me", json={"name": "Forged Name"}), 403, "csrf_failed")
    problem(browser.upload(unique_wav()), 403, "csrf_failed")
    wrong = {"X-CSRF-Token": "wrong"}
    problem(browser.patch("/users/me", json={"name": "Forged Name"}, headers=wrong), 403, "csrf_failed")
    assert fetched(browser.get("/users/me"))["name"] == "Ada Lovelace"


def test_with_the_token_of_the_page_a_browser_changes_things(browser):
    fetched(browser.patch("/users/me", json={"name": "Right Name"}, headers=csrf(browser)))
    created(browser.upload(unique_wav(), headers=csrf(browser)))


def test_anothers_csrf_token_is_not_mine(server, browser, email):
    with Api(server.url) as other:
        created(other.register(f"other-{email}", headers=COOKIE))
        stolen = csrf(other)
    problem(browser.patch("/users/me", json={"name": "Forged Name"}, headers=stolen), 403, "csrf_failed")


def test_a_browser_refreshes_without_a_body(browser):
    before = dict(browser.cookies)
    fetched(browser.post("/auth/refresh", headers=COOKIE | csrf(browser)))
    assert browser.cookies["vn_refresh"] != before["vn_refresh"]
    fetched(browser.get("/users/me"))


def test_a_browser_signs_out_and_its_cookies_are_gone(browser):
    kept = dict(browser.cookies)
    done(browser.post("/auth/logout", headers=csrf(browser)))
    assert not browser.cookies.get("vn_access") and not browser.cookies.get("vn_refresh")
    problem(browser.get("/users/me"), 401, "unauthenticated")
    browser.cookies.update(kept)
    assert browser.post("/auth/refresh", headers=COOKIE | csrf(browser)).status_code == 401
