"""Uploads that must not be stored, and clients that do not behave."""

import time

import pytest

from support.api import Api, account, created, fetched, problem
from support.recordings import unique_wav
from support.server import eventually
from support.wire import Connection

NOTES = "/api/v1/notes"


@pytest.fixture
def small(start_server, email):
    """A server that takes one megabyte (10^6 bytes) and no more, and one account there."""
    server = start_server(VOICENOTE_LIMITS_LARGEST_FILE_MB="1")
    with account(server, email) as client:
        yield server, client


@pytest.fixture
def bearer(owner):
    return owner.headers["authorization"]


def nothing_stored(server, client):
    assert client.all_notes() == []
    assert server.blobs() == {}
    eventually(lambda: server.incoming() == [], what="removing what was received")


def of_size(size):
    return unique_wav(70)[:size]


def test_the_largest_file_is_taken_and_one_byte_more_is_not(small):
    server, client = small
    problem(client.upload_raw(of_size(1_000_001)), 413, "too_large")
    problem(client.upload(of_size(1_000_001)), 413, "too_large")
    nothing_stored(server, client)
    assert created(client.upload_raw(of_size(1_000_000)))["receipt"]["size"] == 1_000_000
    assert created(client.upload(of_size(1_000_000)))["receipt"]["size"] == 1_000_000


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(small):
    server, client = small

    def endless():
        for _ in range(1000):
            yield bytes(100_000)

    try:
        problem(client.upload_raw(endless()), 413, "too_large")
    except OSError:
        pass  # the connection was closed while we were still sending: as good an answer
    except Exception as error:
        assert "Write" in type(error).__name__ or "Remote" in type(error).__name__ or "Read" in type(error).__name__
    nothing_stored(server, client)


@pytest.mark.parametrize("expect", [False, True])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(small, expect):
    server, client = small
    headers = {"Authorization": client.headers["authorization"], "Content_Type": "audio/wav"}
    with Connection(server) as connection:
        if expect:
            headers["Expect"] = "100-continue"
        connection.send_request("POST", NOTES, Content_Length="2000000", **headers)
        status, answer, _ = connection.read_response()
        assert status == 413
        assert answer["connection"].lower() == "close"
        connection.seconds_until_closed(limit=5)
    nothing_stored(server, client)


def test_who_may_not_upload_is_not_asked_to_send(server, owner):
    with Connection(server) as connection:
        connection.send_request(
            "POST", NOTES, Content_Length="50000000", Content_Type="audio/wav", Expect="100-continue"
        )
        status, answer, _ = connection.read_response()
        assert status == 401
        assert answer["connection"].lower() == "close"
        connection.seconds_until_closed(limit=5)


def test_who_may_upload_is_asked_to_go_on(server, bearer):
    data = unique_wav()
    with Connection(server, seconds=5) as connection:
        connection.send_request(
            "POST", NOTES, Content_Length=str(len(data)), Content_Type="audio/wav", Expect="100-continue",
            Authorization=bearer,
        )  # fmt: skip
        assert connection.read_head()[0] == 100
        connection.send(data)
        assert connection.read_response()[0] == 201


def test_an_expectation_that_nobody_knows_is_refused(server, bearer):
    with Connection(server, seconds=5) as connection:
        connection.send_request("GET", NOTES, Expect="a-miracle", Authorization=bearer)
        assert connection.read_response()[0] == 417


@pytest.mark.parametrize("content_type", ["audio/wav", "multipart/form-data; boundary=bb"])
def test_a_body_that_ends_early_stores_nothing(small, content_type):
    server, client = small
    data = unique_wav(50)
    if "multipart" in content_type:
        data = (
            b'--bb\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + data + b"\r\n--bb--\r\n"
        )
    with Connection(server) as connection:
        connection.send_request(
            "POST", NOTES, data[:-100], Content_Length=str(len(data)), Content_Type=content_type,
            Authorization=client.headers["authorization"],
        )  # fmt: skip
        eventually(server.incoming, what="receiving most of it")
    nothing_stored(server, client)


def test_a_form_that_ends_without_its_last_boundary_stores_nothing(small):
    server, client = small
    body = b'--bb\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + unique_wav(1)
    headers = {"Content-Type": "multipart/form-data; boundary=bb"}
    problem(client.post("/notes", content=body, headers=headers), 400, "bad_request")
    nothing_stored(server, client)


def form(*parts, boundary="bb"):
    return b"".join(b"--bb\r\n" + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


FILE = b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF'
TITLE = b'Content-Disposition: form-data; name="title"\r\n\r\n'
BAD_FORMS = {
    "no file": form(TITLE + b"x"),
    "no parts": b"--bb--\r\n",
    "empty body": b"",
    "two files": form(FILE, FILE),
    "a thousand fields": form(*[TITLE + b"x"] * 1000, FILE),
    "a field without a name": form(b"Content-Disposition: form-data\r\n\r\nx", FILE),
    "endless part headers": form(b"X-Long: " + b"a" * 100_000 + b"\r\n" + FILE),
    "a field of a megabyte": form(TITLE + b"x" * 900_000, FILE),
    "a title that is too long": form(TITLE + b"x" * 201, FILE),
    "not a form at all": b"GET / HTTP/1.1\r\n\r\n" * 100,
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_a_bad_form_is_refused_and_stores_nothing(small, name):
    server, client = small
    headers = {"Content-Type": "multipart/form-data; boundary=bb"}
    response = client.post("/notes", content=BAD_FORMS[name], headers=headers)
    assert response.status_code in (400, 413, 422), response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    nothing_stored(server, client)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'b' * 200}"]
)
def test_a_form_without_a_usable_boundary_is_refused(owner, kind):
    assert owner.post("/notes", content=form(FILE), headers={"Content-Type": kind}).status_code in (400, 415)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "image/png", "application/x-www-form-urlencoded", ""]
)
def test_what_is_not_sent_as_audio_is_refused(owner, kind):
    count = len(owner.all_notes())
    problem(owner.upload_raw(unique_wav(), content_type=kind), 415, "unsupported_media_type")
    assert len(owner.all_notes()) == count


@pytest.mark.parametrize("fields, field", [({"tags": "x" * 51}, "tags"), ({"folder": "x" * 101}, "folder")])
def test_a_bad_field_is_named_and_stores_nothing(small, fields, field):
    server, client = small
    problem(client.upload(unique_wav(), fields=fields), 422, "validation_failed", field=field)
    problem(client.upload_raw(unique_wav(), **fields), 422, "validation_failed", field=field)
    nothing_stored(server, client)


# Clients that take their time


def test_a_header_that_never_ends_is_cut_off(start_server):
    server = start_server(VOICENOTE_SERVER_HEADER_TIMEOUT_SECONDS="2")
    with Connection(server) as connection:
        start = time.monotonic()
        connection.send("GET /healthz HTTP/1.1\r\n")
        try:
            while time.monotonic() - start < 15:
                connection.send("X")  # each byte says: I am still here
                time.sleep(0.2)
        except OSError:
            pass
        assert 1.5 < time.monotonic() - start < 10


def test_a_silent_connection_is_closed(start_server):
    server = start_server(VOICENOTE_SERVER_IDLE_TIMEOUT_SECONDS="1", VOICENOTE_SERVER_HEADER_TIMEOUT_SECONDS="1")
    with Connection(server) as connection:
        assert connection.seconds_until_closed(limit=10) > 0.5
    with Connection(server) as connection:
        connection.send_request("GET", "/healthz")
        assert connection.read_head()[0] == 200
        connection.seconds_until_closed(limit=10)


def test_a_body_that_drips_is_cut_off_and_stores_nothing(start_server, email):
    server = start_server(VOICENOTE_SERVER_MINIMUM_BODY_RATE="100000", VOICENOTE_SERVER_HEADER_TIMEOUT_SECONDS="2")
    with account(server, email) as client, Connection(server) as connection:
        connection.send_request(
            "POST", NOTES, Content_Length="1000000", Content_Type="audio/wav",
            Authorization=client.headers["authorization"],
        )  # fmt: skip
        start = time.monotonic()
        try:
            while time.monotonic() - start < 45:
                connection.send(bytes(100))
                time.sleep(0.1)
        except OSError:
            pass
        assert time.monotonic() - start < 40
        nothing_stored(server, client)


def test_many_slow_clients_keep_nobody_else_out(start_server, email):
    server = start_server(VOICENOTE_SERVER_HEADER_TIMEOUT_SECONDS="5")
    with account(server, email) as client:
        slow = [Connection(server) for _ in range(200)]
        for connection in slow:
            connection.send("POST /api/v1/notes HTTP/1.1\r\nHost: x\r\n")
        start = time.monotonic()
        fetched(client.get("/notes"))
        created(client.upload(unique_wav()))
        assert time.monotonic() - start < 5
        for connection in slow:
            connection.__exit__()


REQUESTS = [
    b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
    b"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_what_is_not_http_ends_the_connection_and_nothing_else(server, number):
    with Connection(server) as connection:
        try:
            connection.send(REQUESTS[number])
            connection.socket.shutdown(1)
        except OSError:
            pass
        connection.seconds_until_closed(limit=30)
        assert connection.received == b"" or connection.received[9:12] in (b"400", b"401", b"431", b"505")
    with Api(server.url) as visitor:
        fetched(visitor.get("/setup"))
