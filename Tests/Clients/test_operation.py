"""The server as a whole: health, what it says of itself, and how it refuses what it does not know."""

import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.api import Api, fetched, problem

NOWHERE = "0190a0a0-0000-7000-8000-000000000000"


def test_the_process_says_that_it_lives_and_that_it_can_work(server):
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_setup_tells_a_visitor_what_the_page_needs(server, owner):
    with Api(server.url) as visitor:
        setup = fetched(visitor.get("/setup"))
    assert setup["ownerExists"] is True
    assert setup["registrationOpen"] is True
    assert re.fullmatch(r"\d+\.\d+\.\d+", setup["version"])
    assert setup["largestFileBytes"] == 100_000_000


def test_every_answer_carries_a_request_id_of_its_own(server, owner):
    answers = [owner.get("/notes"), owner.get(f"/notes/{NOWHERE}"), httpx.get(f"{server.url}/healthz")]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(ids) and len(set(ids)) == len(ids)


def test_an_unknown_path_is_a_problem_document(server, owner):
    problem(owner.get("/nothing-here"), 404, "not_found")


WRONG_METHODS = [
    ("PUT", "/notes", {"GET", "POST"}),
    ("DELETE", "/notes", {"GET", "POST"}),
    ("POST", f"/notes/{NOWHERE}", {"GET", "PATCH", "DELETE"}),
    ("DELETE", f"/notes/{NOWHERE}/audio", {"GET", "HEAD"}),
    ("GET", f"/notes/{NOWHERE}/restore", {"POST"}),
    ("GET", f"/notes/{NOWHERE}/retry", {"POST"}),
    ("GET", f"/notes/{NOWHERE}/url", {"POST", "DELETE"}),
    ("POST", f"/notes/{NOWHERE}/waveform", {"GET"}),
    ("GET", "/auth/login", {"POST"}),
    ("PUT", "/tokens", {"GET", "POST"}),
    ("POST", "/users/me", {"GET", "PATCH"}),
    ("POST", "/tags", {"GET"}),
    ("POST", "/events", {"GET"}),
    ("PROPFIND", "/notes", {"GET", "POST"}),
]


@pytest.mark.parametrize("method, path, allowed", WRONG_METHODS)
def test_a_method_that_a_path_does_not_know_answers_405_and_says_which_it_does(owner, method, path, allowed):
    response = owner.request(method, path)
    problem(response, 405, "method_not_allowed")
    said = {name.strip() for name in response.headers["allow"].split(",")}
    assert allowed <= said
    assert method not in said


PRIVATE = [
    ("GET", "/notes"), ("POST", "/notes"), ("GET", f"/notes/{NOWHERE}"), ("PATCH", f"/notes/{NOWHERE}"),
    ("DELETE", f"/notes/{NOWHERE}"), ("POST", f"/notes/{NOWHERE}/restore"), ("POST", f"/notes/{NOWHERE}/retry"),
    ("GET", f"/notes/{NOWHERE}/audio"), ("HEAD", f"/notes/{NOWHERE}/audio"), ("POST", f"/notes/{NOWHERE}/url"),
    ("DELETE", f"/notes/{NOWHERE}/url"), ("GET", f"/notes/{NOWHERE}/waveform"), ("GET", f"/notes/{NOWHERE}/silence"),
    ("GET", "/tags"), ("GET", "/folders"), ("GET", "/events"), ("GET", "/users/me"), ("PATCH", "/users/me"),
    ("GET", "/tokens"), ("POST", "/tokens"), ("DELETE", f"/tokens/{NOWHERE}"),
]  # fmt: skip


@pytest.mark.parametrize("method, path", PRIVATE)
@pytest.mark.parametrize("authorization", [None, "Bearer vn_wrong", "Bearer a.b.c", "Basic b3duZXI6eA==", "Bearer"])
def test_without_a_valid_token_nothing_opens(server, method, path, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    with Api(server.url, headers=headers) as visitor:
        response = visitor.request(method, path)
    if method == "HEAD":
        assert response.status_code == 401
    else:
        problem(response, 401, "unauthenticated")


@pytest.mark.parametrize("bad", ["", "not-an-id", "../../etc/passwd", "%00", NOWHERE.replace("-", ""), "0" * 5000])
def test_a_note_id_that_is_none_is_an_unknown_note(owner, bad):
    """Whatever the path says, the answer is an error of the client, never one of the server."""
    response = owner.get(f"/notes/{bad}/audio")
    assert 400 <= response.status_code < 500


def test_the_page_comes_with_a_strict_policy(server):
    response = httpx.get(f"{server.url}/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy and "http:" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in policy


def families(text):
    """What Prometheus's own reader makes of the figures, by name."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(family):
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in family.samples}


def test_figures_are_prometheus_text_and_count_what_happened(server, owner):
    for _ in range(3):
        owner.get(f"/notes/{NOWHERE}")
    answer = httpx.get(f"{server.url}/metrics", headers=owner.headers)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = families(answer.text)
    labels = ("method", "GET"), ("route", "/api/v1/notes/{id}"), ("status", "4xx")
    times = values(found["voicenote_http_request_seconds"])
    assert times["voicenote_http_request_seconds_count", *labels] >= 3
    assert 0 < times["voicenote_http_request_seconds_sum", *labels] < 60
    assert times["voicenote_http_request_seconds_bucket", ("le", "+Inf"), *labels] >= 3
    assert values(found["voicenote_disk_free_bytes"])["voicenote_disk_free_bytes",] > 0
    health = values(found["voicenote_health"]).values()
    assert health and set(health) <= {0, 1, 2}


def test_no_path_becomes_a_figure_of_its_own(server, owner):
    for number in range(5):
        httpx.get(f"{server.url}/nowhere-{number}")
        httpx.request(f"BREW{number}", f"{server.url}/healthz")
    text = httpx.get(f"{server.url}/metrics", headers=owner.headers).text
    assert "nowhere-" not in text and "BREW" not in text


def test_figures_are_the_owners(server, owner, stranger):
    assert httpx.get(f"{server.url}/metrics").status_code == 401
    problem(httpx.get(f"{server.url}/metrics", headers=stranger.headers), 403, "forbidden")
