"""How the emulated Cloudinary fails on command, and that it tells what it did."""

import re
import socket
import time
from datetime import UTC, datetime

import httpx
import pytest
from cloudinary import api, exceptions, uploader

from support.cloudinary import Cloudinary, Sdk, call, delivery_url, faults, md5, message, put, send_part, signed
from support.recordings import unique_wav
from support.wire import Connection

ID = "voicenote/one"
SOUND = unique_wav(1)


@pytest.fixture
def url(cloudinary):
    """Where a recording is delivered."""
    put(cloudinary, SOUND)
    with Sdk(cloudinary):
        yield delivery_url(cloudinary, ID)


def upload(service):
    return call(service, "upload", signed(service, public_id=ID, type="authenticated"), SOUND)


@pytest.mark.parametrize(
    "fault, status",
    [
        (faults.rate_limited(), 420),
        (faults.processing(), 423),
        (faults.too_many_requests(), 429),
        (faults.server_error(), 500),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_an_error_is_answered_once_and_nothing_is_done(cloudinary, fault, status):
    cloudinary.faults.next("upload", fault)
    answer = upload(cloudinary)
    assert answer.status_code == status and message(answer)
    assert len(cloudinary.library) == 0 and list(cloudinary.folder.iterdir()) == []
    assert upload(cloudinary).status_code == 200
    said = [(exchange.fault, exchange.status, exchange.was_done) for exchange in cloudinary.log]
    assert said == [(fault.name, status, False), (None, 200, True)]


def test_the_time_to_try_again_is_told(cloudinary):
    cloudinary.faults.next("upload", faults.rate_limited(90), faults.too_many_requests(7))
    found = re.fullmatch(r"Rate Limit Exceeded\. .* Try again on (.*) UTC", message(upload(cloudinary)))
    then = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert 85 < then.timestamp() - time.time() <= 90
    assert upload(cloudinary).headers["retry-after"] == "7"


def test_something_in_between_answers_with_a_page(cloudinary):
    cloudinary.faults.next("upload", faults.bad_gateway())
    answer = upload(cloudinary)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html") and "<html>" in answer.text
    with Sdk(cloudinary), pytest.raises(exceptions.GeneralError, match="Error parsing server response"):
        cloudinary.faults.next("ping", faults.bad_gateway())
        api.ping()


@pytest.mark.parametrize(
    "fault, is_stored",
    [
        (faults.reset_while_reading(), False),
        (faults.reset_before(), False),
        (faults.answer_lost(), True),
        (faults.answer_torn(), True),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_broken_connection_does_not_tell_what_was_done(cloudinary, fault, is_stored):
    cloudinary.faults.next("upload", fault)
    with pytest.raises(httpx.TransportError):
        upload(cloudinary)
    assert (cloudinary.asset(ID) is not None) == is_stored
    (exchange,) = cloudinary.log
    assert (exchange.fault, exchange.was_done) == (fault.name, is_stored)
    again = upload(cloudinary).json()
    assert again["etag"] == md5(SOUND) and again.get("overwritten", False) == is_stored


@pytest.mark.parametrize(
    "fault", [faults.reset_before(), faults.answer_lost(), faults.answer_torn()], ids=lambda fault: fault.name
)
def test_a_broken_connection_is_reset(cloudinary, url, fault):
    cloudinary.faults.next("deliver", fault)
    with Connection(cloudinary) as connection:
        connection.send_request("GET", url.removeprefix(cloudinary.url))
        with pytest.raises(ConnectionResetError):
            while connection._fill():
                pass
    expected = len(SOUND) // 2 if fault.name == "answer_torn" else None
    assert (len(connection.received.partition(b"\r\n\r\n")[2]) or None) == expected


def test_a_lost_answer_to_a_part_leaves_the_part(cloudinary):
    data = SOUND + bytes(6_000_000)
    cloudinary.faults.next("part", faults.answer_lost())
    first = ("u1", data[:5_500_000], f"bytes 0-5499999/{len(data)}")
    with pytest.raises(httpx.TransportError):
        send_part(cloudinary, *first)
    assert cloudinary.unfinished == 1
    assert send_part(cloudinary, *first).json()["bytes"] == 5_500_000
    cloudinary.faults.next("last_part", faults.answer_lost())
    last = ("u1", data[5_500_000:], f"bytes 5500000-{len(data) - 1}/{len(data)}")
    with pytest.raises(httpx.TransportError):
        send_part(cloudinary, *last)
    assert cloudinary.unfinished == 0 and cloudinary.asset(ID).read() == data


def test_an_answer_may_lie(cloudinary):
    cloudinary.faults.next("upload", faults.wrong_etag(), faults.wrong_bytes())
    first, second, third = (upload(cloudinary).json() for _ in range(3))
    assert (first["etag"] != md5(SOUND), first["bytes"]) == (True, len(SOUND))
    assert (second["etag"], second["bytes"] != len(SOUND)) == (md5(SOUND), True)
    assert (third["etag"], third["bytes"]) == (md5(SOUND), len(SOUND))
    assert cloudinary.asset(ID).read() == SOUND


def test_an_answer_may_trickle_or_be_late(cloudinary):
    cloudinary.faults.next("upload", faults.slow(2000), faults.silent(0.5))
    for least in (0.3, 0.5):
        start = time.monotonic()
        assert upload(cloudinary).json()["etag"] == md5(SOUND)
        assert time.monotonic() - start > least


def test_a_delivery_may_be_cut_short_or_damaged(cloudinary, url):
    cloudinary.faults.next("deliver", faults.cut_short(0.25), faults.damaged())
    with Connection(cloudinary) as connection:
        connection.send_request("GET", url.removeprefix(cloudinary.url))
        status, headers = connection.read_head()
        while connection._fill():
            pass
        assert (status, headers["content-length"]) == (200, str(len(SOUND)))
        assert connection.received == SOUND[: len(SOUND) // 4]
    wrong = httpx.get(url)
    assert wrong.status_code == 200 and len(wrong.content) == len(SOUND)
    assert [at for at in range(len(SOUND)) if wrong.content[at] != SOUND[at]] == [len(SOUND) // 2]
    assert httpx.get(url).content == SOUND


def test_what_is_kept_may_rot(cloudinary, url):
    cloudinary.damage(cloudinary.asset(ID))
    rotten = httpx.get(url)
    assert rotten.content != SOUND and len(rotten.content) == len(SOUND)
    assert rotten.headers["etag"] == f'"{md5(SOUND)}"', "the service does not know"


def test_a_fault_is_for_its_operation(cloudinary):
    cloudinary.faults.next("destroy", faults.server_error())
    cloudinary.faults.next("any", faults.processing())
    with Sdk(cloudinary):
        with pytest.raises(exceptions.GeneralError):
            uploader.destroy(ID, resource_type="video")
        assert upload(cloudinary).status_code == 423
        assert api.ping()["status"] == "ok"
        cloudinary.faults.next("any", faults.server_error())
        cloudinary.faults.clear()
        assert api.ping()["status"] == "ok"
    assert cloudinary.log.faults() == ["server_error", "processing"]


def rolled(seed):
    """Which of 200 calls failed, and how."""
    with Cloudinary() as service:
        service.faults.sometimes(0.3, [faults.server_error(), faults.processing()], "ping", seed=seed)
        auth = (service.account.key, service.account.secret)
        with httpx.Client(base_url=service.url, auth=auth) as client:
            for _ in range(200):
                client.get(f"/v1_1/{service.account.cloud}/ping")
            assert client.get(f"/v1_1/{service.account.cloud}/usage").status_code == 200
            service.faults.sometimes(0, [], "ping")
            assert client.get(f"/v1_1/{service.account.cloud}/ping").status_code == 200
        return [exchange.fault for exchange in service.log]


def test_chance_is_the_seeds():
    first = rolled("one")
    assert first == rolled("one") != rolled("two")
    assert 30 < sum(fault is not None for fault in first) < 90 and {"server_error", "processing"} < set(first)


def test_an_outage_ends_with_everything_still_there(cloudinary, url):
    with httpx.Client() as client:
        assert client.get(url).content == SOUND
        cloudinary.stop()
        with pytest.raises(httpx.TransportError):
            client.get(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", cloudinary.port), timeout=5)
        cloudinary.start()
        assert client.get(url).content == SOUND


def test_the_log_tells_what_was_asked(cloudinary, url):
    httpx.get(url, headers={"Range": "bytes=0-9"})
    put_, read = cloudinary.log
    assert (put_.operation, put_.method, put_.params["type"]) == ("upload", "POST", "authenticated")
    assert put_.received > len(SOUND)
    assert (read.operation, read.status, read.sent, read.headers["range"]) == ("deliver", 206, 10, "bytes=0-9")
    assert cloudinary.account.secret not in repr([vars(exchange) for exchange in cloudinary.log])
    assert cloudinary.log.of("deliver", "download") == [read] and read.number == put_.number + 1
    cloudinary.log.clear()
    assert len(cloudinary.log) == 0
