"""Accounts: registering, signing in, staying signed in, and being signed out."""

import pytest

from support.api import PASSWORD, UUID7, Api, account, created, done, fetched, problem


@pytest.fixture
def visitor(server, owner):
    """Somebody without an account, on a server that has its owner."""
    with Api(server.url) as client:
        yield client


def signed_in(server, session):
    return Api(server.url, session["accessToken"])


def test_the_first_account_is_the_owner_and_the_next_a_member(start_server, email):
    server = start_server()
    with Api(server.url) as visitor:
        assert fetched(visitor.get("/setup"))["ownerExists"] is False
        first = created(visitor.register(email))
        assert fetched(visitor.get("/setup"))["ownerExists"] is True
        second = created(visitor.register(f"second-{email}"))
    assert first["account"]["role"] == "owner"
    assert second["account"]["role"] == "member"


def test_a_session_says_who_it_is_and_opens_the_api(server, visitor, email):
    session = created(visitor.register(email, name="Grace Hopper"))
    assert set(session) >= {"account", "accessToken", "refreshToken", "expiresIn"}
    assert session["expiresIn"] == 900
    assert UUID7.fullmatch(session["account"]["id"])
    assert session["account"]["email"] == email
    assert session["account"]["name"] == "Grace Hopper"
    assert "password" not in str(session).lower()
    with signed_in(server, session) as client:
        assert fetched(client.get("/users/me")) == session["account"]


def test_a_closed_registration_lets_the_owner_in_and_nobody_after(start_server, email):
    server = start_server(VOICENOTE_ACCOUNTS_REGISTRATION="closed")
    with Api(server.url) as visitor:
        created(visitor.register(email))
        assert fetched(visitor.get("/setup"))["registrationOpen"] is False
        problem(visitor.register(f"second-{email}"), 403, "registration_closed")
        fetched(visitor.login(email))
        problem(visitor.login(f"second-{email}"), 401, "invalid_credentials")


BAD_ACCOUNTS = [
    ({"email": "no address"}, "email"), ({"email": ""}, "email"), ({"email": "a@b"}, "email"),
    ({"email": f"{'a' * 300}@example.org"}, "email"), ({"password": "short"}, "password"),
    ({"password": "x" * 257}, "password"), ({"name": "A"}, "name"), ({"name": "A" * 256}, "name"),
    ({"name": "<>"}, "name"),
]  # fmt: skip


@pytest.mark.parametrize("change, field", BAD_ACCOUNTS)
def test_a_bad_field_is_named(visitor, email, change, field):
    good = {"email": email, "name": "Ada Lovelace", "password": PASSWORD}
    problem(visitor.post("/auth/register", json=good | change), 422, "validation_failed", field=field)


def test_several_bad_fields_are_all_named_at_once(visitor):
    body = problem(visitor.register("nobody", name="", password="x"), 422, "validation_failed")
    assert {error["field"] for error in body["errors"]} == {"email", "name", "password"}


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', '{"email": 7}', "null", "{" * 5000])
def test_a_body_that_is_not_the_json_asked_for_is_the_clients_error(visitor, body):
    response = visitor.post("/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"].startswith("application/problem+json")


def test_one_address_is_one_account_however_it_is_spelled(visitor, email):
    created(visitor.register(email))
    problem(visitor.register(f"  {email.upper()} "), 409, "email_taken")
    fetched(visitor.login(email.upper()))


def test_the_right_password_signs_in_and_a_wrong_one_does_not(server, visitor, email):
    created(visitor.register(email))
    with signed_in(server, fetched(visitor.login(email))) as client:
        assert fetched(client.get("/users/me"))["email"] == email
    problem(visitor.login(email, PASSWORD + " "), 401, "invalid_credentials")


def test_an_unknown_address_answers_exactly_as_a_wrong_password(visitor, email):
    created(visitor.register(email))
    wrong = problem(visitor.login(email, "wrong password"), 401, "invalid_credentials")
    unknown = problem(visitor.login(f"nobody-{email}", "wrong password"), 401, "invalid_credentials")
    assert wrong | {"requestId": ""} == unknown | {"requestId": ""}


def test_guessing_passwords_is_slowed_down(start_server, email):
    server = start_server()
    with Api(server.url) as visitor:
        created(visitor.register(email))
        for attempt in range(60):
            response = visitor.login(email, f"guess number {attempt}")
            if response.status_code == 429:
                break
            problem(response, 401, "invalid_credentials")
        problem(response, 429, "rate_limited")
        assert attempt >= 3, "a person may mistype a few times"
        assert 1 <= int(response.headers["retry-after"]) <= 3600
        problem(visitor.login(email), 429, "rate_limited")


def test_a_refresh_gives_new_tokens_and_spends_the_old_one(server, visitor, email):
    first = created(visitor.register(email))
    second = fetched(visitor.refresh(first["refreshToken"]))
    assert second["refreshToken"] != first["refreshToken"]
    assert second["account"] == first["account"]
    with signed_in(server, second) as client:
        fetched(client.get("/users/me"))


def test_a_spent_refresh_token_ends_every_session_that_came_of_it_and_no_other(server, visitor, email):
    """A thief and the owner cannot both go on: whoever comes second shows that there are two."""
    first = created(visitor.register(email))
    other = fetched(visitor.login(email))
    second = fetched(visitor.refresh(first["refreshToken"]))
    third = fetched(visitor.refresh(second["refreshToken"]))
    problem(visitor.refresh(first["refreshToken"]), 401, "refresh_token_reused")
    assert visitor.refresh(third["refreshToken"]).status_code == 401
    fetched(visitor.refresh(other["refreshToken"]))


@pytest.mark.parametrize("token", ["", "x", "vn_wrong", "A" * 5000])
def test_an_invented_refresh_token_is_refused(visitor, token):
    assert visitor.refresh(token).status_code in (401, 422)


def test_after_signing_out_the_session_is_over(server, visitor, email):
    session = created(visitor.register(email))
    with signed_in(server, session) as client:
        done(client.post("/auth/logout", json={"refreshToken": session["refreshToken"]}))
    assert visitor.refresh(session["refreshToken"]).status_code == 401


def test_a_profile_keeps_what_was_set(server, email):
    with account(server, email) as client:
        change = {
            "name": "  Zoë <b>Müller</b> ",
            "workHours": {"start": "08:30", "end": "17:00"},
            "workDays": [7, 1, 3],
            "jargons": ["Kubernetes", "kubernetes", "Ärztin"],
            "systemPrompt": "Be brief.\nBe kind.",
        }
        changed = fetched(client.patch("/users/me", json=change))
        assert changed["name"] == "Zoë bMüller/b"
        assert changed["workHours"] == {"start": "08:30", "end": "17:00"}
        assert changed["workDays"] == [1, 3, 7]
        assert changed["jargons"] == ["Kubernetes", "Ärztin"]
        assert changed["systemPrompt"] == "Be brief.\nBe kind."
        assert fetched(client.get("/users/me")) == changed


BAD_PROFILES = [
    ({"workDays": [0]}, "workDays"), ({"workDays": [8]}, "workDays"), ({"workDays": [1, 1]}, "workDays"),
    ({"workHours": {"start": "17:00", "end": "09:00"}}, "workHours"),
    ({"workHours": {"start": "25:00", "end": "26:00"}}, "workHours"),
    ({"jargons": [f"word {n}" for n in range(51)]}, "jargons"), ({"jargons": ["x" * 101]}, "jargons"),
    ({"systemPrompt": "x" * 2001}, "systemPrompt"), ({"name": "x"}, "name"),
]  # fmt: skip


@pytest.mark.parametrize("change, field", BAD_PROFILES)
def test_a_bad_profile_is_refused_by_field_and_changes_nothing(owner, change, field):
    before = fetched(owner.get("/users/me"))
    problem(owner.patch("/users/me", json=change), 422, "validation_failed", field=field)
    assert fetched(owner.get("/users/me")) == before


def test_a_new_password_needs_the_old_one_and_replaces_it(server, visitor, email):
    with account(server, email) as client:
        new = "another long passphrase"
        problem(client.patch("/users/me", json={"password": new}), 422, "validation_failed", field="currentPassword")
        wrong = client.patch("/users/me", json={"password": new, "currentPassword": "not my password"})
        assert wrong.status_code in (401, 403, 422)
        fetched(client.patch("/users/me", json={"password": new, "currentPassword": PASSWORD}))
    problem(visitor.login(email), 401, "invalid_credentials")
    fetched(visitor.login(email, new))


def test_a_new_password_ends_the_sessions_that_knew_the_old_one(server, visitor, email):
    elsewhere = created(visitor.register(email))
    with signed_in(server, fetched(visitor.login(email))) as client:
        change = {"password": "another long passphrase", "currentPassword": PASSWORD}
        fetched(client.patch("/users/me", json=change))
    assert visitor.refresh(elsewhere["refreshToken"]).status_code == 401


def test_a_new_address_needs_the_password_and_must_be_free(server, visitor, email):
    with account(server, email) as client:
        new = f"new-{email}"
        problem(client.patch("/users/me", json={"email": new}), 422, "validation_failed", field="currentPassword")
        taken = client.patch("/users/me", json={"email": "owner@example.org", "currentPassword": PASSWORD})
        problem(taken, 409, "email_taken")
        assert fetched(client.patch("/users/me", json={"email": new, "currentPassword": PASSWORD}))["email"] == new
    fetched(visitor.login(new))
    problem(visitor.login(email), 401, "invalid_credentials")
