"""Pages of other origins: those that are configured may call the API with a token, no other."""

import pytest

from support.api import account
from support.recordings import unique_wav

APP = "https://app.example.org"


@pytest.fixture
def open_server(start_server):
    return start_server(VOICENOTE_SERVER_ALLOWED_ORIGINS=f"{APP}, http://localhost:5173")


def test_a_configured_page_is_told_that_it_may(open_server, email):
    with account(open_server, email) as client:
        asked = client.request(
            "OPTIONS", "/uploads",
            headers={"Origin": APP, "Access-Control-Request-Method": "POST",
                     "Access-Control-Request-Headers": "tus-resumable, upload-length"},
        )  # fmt: skip
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == APP
        allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
        assert {"authorization", "tus-resumable", "upload-length", "upload-checksum", "content-type"} <= set(allowed)
        assert {"PATCH", "HEAD", "DELETE"} <= set(asked.headers["access-control-allow-methods"].split(", "))
        assert int(asked.headers["access-control-max-age"]) > 0
        begun = client.post("/uploads", headers={"Origin": APP, "Tus-Resumable": "1.0.0", "Upload-Length": "10"})
        assert begun.status_code == 201
        assert begun.headers["access-control-allow-origin"] == APP
        assert {"location", "upload-offset"} <= set(begun.headers["access-control-expose-headers"].lower().split(", "))
        assert "Origin" in begun.headers["vary"]


def test_errors_reach_a_configured_page_too(open_server, email):
    with account(open_server, email) as client:
        refused = client.get("/notes/none", headers={"Origin": "http://localhost:5173", "Authorization": "Bearer x"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "http://localhost:5173"


@pytest.mark.parametrize("origin", ["https://app.example.org.evil.example", "http://app.example.org", "null", f"{APP}:8443"])
def test_no_other_page_is(open_server, email, origin):
    with account(open_server, email) as client:
        asked = client.request(
            "OPTIONS", "/uploads", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert "access-control-allow-origin" not in asked.headers
        response = client.get("/notes", headers={"Origin": origin})
        assert "access-control-allow-origin" not in response.headers
        assert "access-control-allow-credentials" not in response.headers


def test_without_configuration_there_is_none(owner):
    note = owner.add(unique_wav())
    response = owner.get(f"/notes/{note['id']}", headers={"Origin": APP})
    assert "access-control-allow-origin" not in response.headers
