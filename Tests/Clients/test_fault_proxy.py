"""The proxy that stands between our client and a store does to requests what it is told, and nothing else."""

import http.client
import subprocess
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from support.faults import Answer, Cut, Delay, Fault, Flip, LoseAnswer, Reset, Trickle
from support.server import eventually

BODY = bytes(range(256)) * 800
BROKEN = (ConnectionError, http.client.HTTPException)


class Shelf(BaseHTTPRequestHandler):
    """Keeps what arrives whole. A POST is refused before its body is read."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self):
        if self.headers["Transfer-Encoding"] == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) < int(self.headers["Content-Length"]):
                self.close_connection = True
                return
        self.server.kept[self.path] = body
        self.answer(201, b"kept")

    def do_GET(self):
        self.server.heard.append(self.path)
        if self.path not in self.server.kept:
            return self.answer(404, b"missing")
        body = self.server.kept[self.path]
        if "X-Chunked" in self.headers:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 50_000):
                piece = body[start : start + 50_000]
                self.wfile.write(f"{len(piece):x};part=1\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\nX-Trailer: yes\r\n\r\n")
        elif "X-Until-Close" in self.headers:
            self.close_connection = True
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)
        else:
            self.answer(200, body)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.kept[self.path])))
        self.end_headers()

    def do_DELETE(self):
        self.server.kept.pop(self.path, None)
        self.send_response(204)
        self.end_headers()

    def do_POST(self):
        self.close_connection = True
        self.answer(403, b"no")

    def handle_expect_100(self):
        return self.command == "POST" or super().handle_expect_100()

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Store(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A connection that breaks is what these tests are about."""


@pytest.fixture
def store():
    with Store(("127.0.0.1", 0), Shelf) as server:
        server.kept, server.heard = {}, []
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(store, fault_proxy):
    return fault_proxy(store.server_port)


@pytest.fixture
def connection(proxy):
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as connection:
        yield connection


def ask(connection, method, path, body=None, **headers):
    """Status and body of the answer."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=headers, encode_chunked="Transfer-Encoding" in headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def broken(connection, *request, by=BROKEN, **headers):
    """The connection ends before the answer does; the next request takes a new one."""
    with pytest.raises(by):
        ask(connection, *request, **headers)
    connection.close()


# Without a fault


def test_requests_pass_unchanged_on_one_connection(proxy, store, connection):
    store.kept["/a"] = BODY
    assert ask(connection, "GET", "/none") == (404, b"missing")
    assert ask(connection, "PUT", "/b", BODY) == (201, b"kept")
    assert ask(connection, "PUT", "/c", iter([BODY, b"", BODY]), Transfer_Encoding="chunked") == (201, b"kept")
    assert ask(connection, "PUT", "/d", b"") == (201, b"kept")
    assert ask(connection, "GET", "/a") == (200, BODY)
    assert ask(connection, "GET", "/a", X_Chunked="1") == (200, BODY)
    assert ask(connection, "HEAD", "/a") == (200, b"")
    assert ask(connection, "DELETE", "/a") == (204, b"")
    assert ask(connection, "GET", "/b", X_Until_Close="1") == (200, BODY)
    assert store.kept == {"/b": BODY, "/c": BODY + BODY, "/d": b""}
    log = proxy.exchanges()
    assert len({exchange.connection for exchange in log}) == 1
    assert {exchange.end for exchange in log} == {"whole"} and {exchange.fault for exchange in log} == {None}
    assert [exchange.status for exchange in log] == [404, 201, 201, 201, 200, 200, 200, 204, 200]
    assert [exchange.request_bytes for exchange in log][1:4] == [len(BODY), 2 * len(BODY), 0]
    assert [exchange.answer_bytes for exchange in log][4:] == [len(BODY), len(BODY), 0, 0, len(BODY)]
    assert len(proxy.path.read_text().splitlines()) == len(log)


def test_a_body_that_waits_to_be_asked_for_is_asked_for(proxy, store, tmp_path):
    (tmp_path / "body").write_bytes(BODY)
    expecting = ["curl", "-sS", "--expect100-timeout", "30", "-H", "Expect: 100-continue"]
    answer = subprocess.run(
        [*expecting, "-T", tmp_path / "body", f"{proxy.url}/curl"], capture_output=True, timeout=20, check=True
    )
    assert (answer.stdout, store.kept) == (b"kept", {"/curl": BODY})


def test_an_answer_that_comes_before_the_body_is_told_at_once(proxy, connection):
    connection.putrequest("POST", "/refused")
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders()
    assert connection.getresponse().status == 403
    connection.close()
    assert [exchange.status for exchange in proxy.exchanges()] == [403]


def test_a_server_that_is_not_there_ends_the_connection(fault_proxy, store):
    proxy = fault_proxy(1)
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as connection:
        broken(connection, "GET", "/a")
    assert [exchange.end for exchange in proxy.exchanges()] == ["closed by ConnectionRefusedError"]


# Faults


def test_a_delay_is_waited_before_the_server_hears_of_the_request(proxy, store, connection):
    proxy.next(Delay(0.3))
    start = time.monotonic()
    assert ask(connection, "PUT", "/a", BODY) == (201, b"kept")
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize("kind", [Cut, Reset])
@pytest.mark.parametrize(("after", "bytes_sent"), [(0, 0), (1000, 1000), (0.5, len(BODY) // 2), (1.0, len(BODY))])
def test_a_request_ends_after_so_much_of_its_body(proxy, store, connection, kind, after, bytes_sent):
    proxy.next(kind("request", after))
    broken(connection, "PUT", "/a", BODY)
    (exchange,) = proxy.exchanges()
    assert (exchange.request_bytes, exchange.end) == (bytes_sent, "reset" if kind is Reset else "closed")
    assert store.kept == {} or bytes_sent == len(BODY)
    assert ask(connection, "PUT", "/a", BODY) == (201, b"kept")


@pytest.mark.parametrize("chunked", [{}, {"X_Chunked": "1"}], ids=["by length", "chunked"])
def test_an_answer_ends_after_so_much_of_its_body(proxy, store, connection, chunked):
    store.kept["/a"] = BODY
    proxy.next(Cut("answer", 70_000))
    connection.request("GET", "/a", headers={name.replace("_", "-"): value for name, value in chunked.items()})
    answer, received = connection.getresponse(), b""
    with suppress(http.client.IncompleteRead):
        while piece := answer.read(1000):
            received += piece
    assert received == BODY[:70_000]
    connection.close()
    assert ask(connection, "GET", "/a", **chunked) == (200, BODY)


def test_a_reset_is_one(proxy, store, connection):
    store.kept["/a"] = BODY
    proxy.next(Reset("answer", 0))
    broken(connection, "GET", "/a", by=ConnectionResetError)


def test_an_answer_of_the_proxys_own_is_all_that_happens(proxy, store, connection):
    proxy.next(Answer(503, b"<Error/>", (("Retry-After", "1"),)))
    connection.request("PUT", "/a", body=BODY)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Retry-After"], answer.read()) == (503, "1", b"<Error/>")
    assert store.kept == {}
    assert ask(connection, "PUT", "/a", BODY) == (201, b"kept")
    first, second = proxy.exchanges()
    assert (first.status, first.request_bytes, first.connection) == (None, 0, second.connection)


def test_an_answer_may_come_before_the_body_and_end_the_connection(proxy, store):
    proxy.next(Answer(429, b"later", early=True))
    answer = subprocess.run(
        ["curl", "-sS", "-w", "%{http_code}", "-H", "Expect:", "-T", "-", f"{proxy.url}/a"],
        input=BODY,
        capture_output=True,
        timeout=20,
    )
    assert answer.stdout == b"later429" and store.kept == {}


def test_an_answer_may_hide_what_the_server_did(proxy, store, connection):
    proxy.next(Answer(500, forwards=True))
    assert ask(connection, "PUT", "/a", BODY) == (500, b"")
    assert store.kept == {"/a": BODY} and proxy.exchanges()[0].status == 201


def test_a_lost_answer_is_to_work_that_was_done(proxy, store, connection):
    for by_reset in False, True:
        store.kept.clear()
        proxy.next(LoseAnswer(by_reset))
        broken(connection, "PUT", "/a", BODY)
        assert store.kept == {"/a": BODY} and proxy.exchanges()[-1].status == 201


@pytest.mark.parametrize("where", ["request", "answer"])
def test_a_trickle_takes_its_time(proxy, store, connection, where):
    store.kept["/a"] = BODY[:10_000]
    proxy.next(Trickle(where, 25_000))
    start = time.monotonic()
    wanted = (201, b"kept") if where == "request" else (200, BODY[:10_000])
    assert ask(connection, *(("PUT", "/b", BODY[:10_000]) if where == "request" else ("GET", "/a"))) == wanted
    assert 0.35 < time.monotonic() - start < 3


@pytest.mark.parametrize("at", [0, 70_000, 0.5, 1.0])
def test_one_bit_of_a_body_is_wrong(proxy, store, connection, at):
    place = min(int(at * len(BODY)) if isinstance(at, float) else at, len(BODY) - 1)
    wrong = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
    proxy.next(Flip("request", at))
    assert ask(connection, "PUT", "/a", BODY) == (201, b"kept")
    assert store.kept["/a"] == wrong
    store.kept["/a"] = BODY
    proxy.next(Flip("answer", at))
    assert ask(connection, "GET", "/a") == (200, wrong)


def test_a_bit_is_found_in_pieces_too(proxy, store, connection):
    store.kept["/a"] = BODY
    proxy.next(Flip("answer", 70_000))
    assert ask(connection, "GET", "/a", X_Chunked="1") == (
        200,
        BODY[:70_000] + bytes([BODY[70_000] ^ 1]) + BODY[70_001:],
    )


# Which requests


def test_rules_name_their_requests_and_how_many(proxy, connection):
    proxy.next(Answer(500), when=lambda request: request.query.get("part") == "2", times=2)
    proxy.always(Answer(503), when=lambda request: request.method == "PUT")
    asked = [
        ("GET", "/a?part=1"),
        ("GET", "/a?part=2"),
        ("PUT", "/a?part=2"),
        ("PUT", "/a?part=2"),
        ("GET", "/a?part=2"),
    ]
    found = [ask(connection, *request, **({"body": b"x"} if request[0] == "PUT" else {}))[0] for request in asked]
    assert found == [404, 500, 500, 503, 404]
    proxy.clear()
    assert ask(connection, "PUT", "/a", b"x") == (201, b"kept")


def test_chance_is_the_seeds(fault_proxy, store):
    def found(seed):
        proxy = fault_proxy(store.server_port, seed=seed)
        proxy.sometimes(0.3, [Answer(500), lambda chance: Answer(chance.choice([502, 503]))])
        with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as connection:
            return [ask(connection, "GET", "/a")[0] for _ in range(300)]

    first = found(1)
    assert found(1) == first != found(2)
    assert 60 < sum(status != 404 for status in first) < 120
    assert set(first) == {404, 500, 502, 503}


def test_a_store_goes_away_and_comes_back(proxy, connection):
    assert ask(connection, "PUT", "/a", BODY) == (201, b"kept")
    port = proxy.port
    proxy.down()
    broken(connection, "GET", "/a")
    broken(connection, "GET", "/a", by=ConnectionRefusedError)
    proxy.up()
    assert ask(connection, "GET", "/a") == (200, BODY) and proxy.port == port


def test_going_away_resets_what_is_under_way(proxy, store):
    """As do a server's end, and the end of a test."""
    proxy.always(Delay(60))
    started = []
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as connection:
        connection.request("GET", "/a")
        eventually(lambda: proxy.log)
        started.append(time.monotonic())
        proxy.down()
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
    assert time.monotonic() - started[0] < 5 and store.heard == []
    assert [exchange.end for exchange in proxy.exchanges()] == ["reset"]


def test_every_fault_says_what_it_is(proxy, connection):
    assert Fault() != Delay(1) and str(Cut("request", 5)) == "Cut(where='request', after=5)"
    proxy.next(Answer(500))
    ask(connection, "GET", "/a")
    proxy.exchanges()
    assert "GET /a 0 > - > 0 whole Answer(status=500" in proxy.path.read_text()
