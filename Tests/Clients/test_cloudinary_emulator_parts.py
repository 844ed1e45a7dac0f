"""Files in parts and requests byte for byte, as the emulated Cloudinary takes them."""

import http.client
import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from support.cloudinary import MEBIBYTE, Cloudinary, Limits, md5, message, send_part, signed
from support.recordings import unique_wav
from support.server import eventually
from support.wire import Connection

ID = "voicenote/one"
PART = 1000
SOUND = unique_wav(0.3)[:3500]
SIZE = len(SOUND)


@pytest.fixture
def small():
    """Parts may be as small as a thousand bytes here."""
    with Cloudinary(limits=Limits(part=PART)) as service:
        yield service
    assert service.mistakes == []


def send(service, start, end, total=SIZE, upload_id="u1", **options):
    return send_part(service, upload_id, SOUND[start:end], f"bytes {start}-{end - 1}/{total}", **options)


def refused(answer, status=400):
    assert answer.status_code == status, answer.text
    return message(answer)


def test_a_part_answers_that_it_is_not_all(small):
    first = send(small, 0, 1000)
    assert first.json() == {
        "done": False, "bytes": 1000, "kind": "authenticated", "public_id": ID, "resource_type": "video",
    }  # fmt: skip
    assert send(small, 1000, 2500).json()["bytes"] == 2500 and small.unfinished == 1 and len(small.library) == 0
    last = send(small, 2500, SIZE).json()
    assert (last["bytes"], last["etag"]) == (SIZE, md5(SOUND)) and "done" not in last
    assert small.unfinished == 0 and small.asset(ID).read() == SOUND and len(list(small.folder.iterdir())) == 1


def test_the_total_may_be_unknown_until_the_end(small):
    for start, end in ((0, 1000), (1000, 2000)):
        assert send(small, start, end, total=-1).json()["done"] is False
    assert refused(send(small, 0, 1000, total=1000)).startswith("Invalid Content-Range header"), "more is here"
    assert send(small, 2000, SIZE, total=SIZE).json()["etag"] == md5(SOUND)


def test_a_single_last_part_may_be_small(small):
    answer = send_part(small, "u1", SOUND[:900], "bytes 0-899/900")
    assert answer.json()["bytes"] == 900


def test_a_part_is_at_least_five_mebibytes(cloudinary):
    data = SOUND + bytes(6 * MEBIBYTE - SIZE)
    least = 5 * MEBIBYTE
    answer = send_part(cloudinary, "u1", data[: least - 1], f"bytes 0-{least - 2}/{len(data)}")
    assert refused(answer) == "All parts except EOF-chunk must be larger than 5mb"
    assert send_part(cloudinary, "u1", data[:least], f"bytes 0-{least - 1}/{len(data)}").status_code == 200


@pytest.mark.parametrize(
    "start, end, total",
    [
        pytest.param(1101, 2101, SIZE, id="a byte is missing"),
        pytest.param(500, 1500, SIZE, id="an overlap"),
        pytest.param(0, 1050, SIZE, id="another end"),
        pytest.param(1100, 2200, SIZE - 1, id="another total"),
        pytest.param(2500, SIZE, SIZE, id="the last too early"),
    ],
)
def test_parts_follow_each_other(small, start, end, total):
    send(small, 0, 1100)
    assert refused(send(small, start, end, total)).startswith("Invalid Content-Range header")
    assert send(small, 1100, SIZE).json()["etag"] == md5(SOUND), "a refused part changes nothing"


def test_the_first_part_comes_first(small):
    assert refused(send(small, 1000, 2000)).startswith("Invalid Content-Range header")
    assert small.unfinished == 0


def test_a_part_may_come_again_until_the_end(small):
    for start, end in ((0, 1000), (0, 1000), (1000, 2000), (1000, 2000), (0, 1000), (2000, SIZE)):
        answer = send(small, start, end)
        assert answer.status_code == 200, answer.text
    assert small.asset(ID).read() == SOUND
    assert refused(send(small, 2000, SIZE)).startswith("Invalid Content-Range header"), "it is over"
    assert small.asset(ID).stored == 1


def test_uploads_do_not_mix(small):
    send(small, 0, 1000, upload_id="u1")
    send(small, 0, 2000, upload_id="u2", public_id="voicenote/two")
    assert small.unfinished == 2
    assert refused(send(small, 1000, 2000, upload_id="u1", public_id="voicenote/two"))
    assert send(small, 2000, SIZE, upload_id="u2", public_id="voicenote/two").status_code == 200
    assert small.unfinished == 1 and small.asset(ID) is None
    small.chunks.forget()
    assert small.unfinished == 0 and len(list(small.folder.iterdir())) == 1


def test_each_part_is_signed(small):
    send(small, 0, 1000)
    headers = {"X-Unique-Upload-Id": "u1", "Content-Range": f"bytes 1000-{SIZE - 1}/{SIZE}"}
    body, form = multipart(signed(small, "wrong", public_id=ID, type="authenticated"), SOUND[1000:])
    assert ask(small, body, form | headers)[0] == 401
    assert send(small, 1000, SIZE, timestamp="1000000000").status_code == 401
    assert small.unfinished == 1 and small.asset(ID) is None


@pytest.mark.parametrize(
    "content_range",
    ["bytes 0-999", "bytes=0-999/3500", "0-999/3500", "bytes 0-999/*", "bytes 0-998/3500", "bytes 999-0/3500",
     "bytes 0-999/999", "bytes ٠-٩٩٩/٣٥٠٠"],
)  # fmt: skip
def test_a_range_must_be_well_formed_and_true(small, content_range):
    answer = send_part(small, "u1", SOUND[:1000], content_range.encode())
    assert refused(answer).startswith("Invalid Content-Range header") and small.unfinished == 0


def test_a_part_needs_the_id_of_its_upload(small):
    assert refused(send(small, 0, 1000, upload_id="")) == "Missing required header - X-Unique-Upload-Id"


def test_no_part_of_what_is_no_recording_stays(small):
    for start in (0, 1000):
        answer = send_part(small, "u1", bytes(1000), f"bytes {start}-{start + 999}/2000")
    assert refused(answer) == "Unsupported video format or file"
    assert small.unfinished == 0 and list(small.folder.iterdir()) == []


def test_many_uploads_at_once_do_not_hinder_each_other(small):
    def upload(number):
        for start, end in ((0, 1000), (1000, 2000), (2000, SIZE)):
            answer = send(small, start, end, upload_id=f"u{number}", public_id=f"voicenote/{number}")
        return answer.json()["etag"]

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(upload, range(24))) == {md5(SOUND)}
    assert small.unfinished == 0 and {asset.read() for asset in small.library} == {SOUND} and len(small.library) == 24


# Byte for byte.


def multipart(params, data, boundary="a boundary"):
    """Body and headers of a form, made by hand."""
    said = f"--{boundary}\r\nContent-Disposition: form-data; name="
    fields = "".join(f'{said}"{name}"\r\n\r\n{value}\r\n' for name, value in params.items())
    file = f'{said}"file"; filename="a.wav"\r\n\r\n'
    body = fields.encode() + file.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}


def path(service, action="video/upload"):
    return f"/v1_1/{service.account.cloud}/{action}"


def ask(service, body, headers, **options):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    connection.request("POST", path(service), body, headers, **options)
    answer = connection.getresponse()
    told = answer.status, json.loads(answer.read())
    connection.close()
    return told


def test_a_body_comes_in_chunks_of_any_size(cloudinary):
    body, headers = multipart(signed(cloudinary, public_id=ID, type="authenticated"), SOUND)
    for size in (1, 7, 64, 100_000):
        pieces = (body[at : at + size] for at in range(0, len(body), size))
        status, answer = ask(cloudinary, pieces, headers, encode_chunked=True)
        assert (status, answer["etag"]) == (200, md5(SOUND)), size


def test_boundaries_within_a_recording_are_told_from_the_real_one(cloudinary):
    data = SOUND + b"\r\n--a boundar\r\n--\r\n\r\n--a\r\n-" * 5000
    body, headers = multipart(signed(cloudinary, public_id=ID, type="authenticated"), data)
    assert ask(cloudinary, body, headers)[1]["etag"] == md5(data)


def test_the_fields_may_follow_the_file(cloudinary):
    body, headers = multipart(signed(cloudinary, public_id=ID, type="authenticated"), SOUND)
    end = b"--a boundary--\r\n"
    at = body.index(b'--a boundary\r\nContent-Disposition: form-data; name="file"')
    fields, file = body[:at], body[at:].removesuffix(end)
    assert ask(cloudinary, file + fields + end, headers)[1]["etag"] == md5(SOUND)


def test_the_connection_stays_open_and_the_body_is_asked_for(cloudinary):
    body, headers = multipart(signed(cloudinary, public_id=ID, type="authenticated"), SOUND)
    with Connection(cloudinary) as connection:
        for _ in range(2):
            head = {"content_type": headers["Content-Type"], "content_length": len(body), "expect": "100-continue"}
            connection.send_request("POST", path(cloudinary), **head)
            assert connection.read_head()[0] == 100
            connection.send(body)
            status, answered, text = connection.read_response()
            assert status == 200 and json.loads(text)["etag"] == md5(SOUND) and answered["x-request-id"]
        connection.send_request("GET", "/nobody/video/upload/x")
        assert connection.read_response()[0] == 404
    assert len(cloudinary.log) == 3


def test_a_refusal_needs_no_body_that_waits_to_be_asked_for(cloudinary):
    with Connection(cloudinary) as connection:
        connection.send_request("POST", path(cloudinary), content_length=10**12, expect="100-continue")
        status, headers, _ = connection.read_response()
        assert (status, headers["connection"]) == (400, "close")
        connection.seconds_until_closed(5)


@pytest.mark.parametrize(
    "head",
    ["Transfer-Encoding: chunked\r\nContent-Length: 5", "Transfer-Encoding: gzip", "Content-Length: five"],
)
def test_what_is_no_http_is_refused(cloudinary, head):
    with Connection(cloudinary) as connection:
        connection.send(f"POST {path(cloudinary)} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n")
        assert connection.read_response()[0] == 400


def test_a_broken_off_upload_leaves_nothing(cloudinary):
    body, headers = multipart(signed(cloudinary, public_id=ID), SOUND)
    with Connection(cloudinary) as connection:
        connection.send_request(
            "POST", path(cloudinary), body[:-100], content_type=headers["Content-Type"], content_length=len(body)
        )
        eventually(lambda: list(cloudinary.folder.iterdir()), what="the arrival of a file")
    eventually(lambda: list(cloudinary.folder.iterdir()) == [], what="clearing up")
    assert len(cloudinary.library) == 0 and cloudinary.log.of("upload")[0].status is None


@pytest.mark.parametrize("tail", [b"", b"\r\n--a boundary", b"\r\n--a boundary\r\nContent-Disposition: form-data"])
def test_a_form_without_an_end_is_refused(cloudinary, tail):
    body, headers = multipart(signed(cloudinary, public_id=ID), SOUND)
    body = body.removesuffix(b"\r\n--a boundary--\r\n") + tail
    assert ask(cloudinary, body, headers)[0] == 400 and list(cloudinary.folder.iterdir()) == []


def test_a_large_recording_needs_little_memory(cloudinary):
    size, block = 48 * MEBIBYTE, bytes(MEBIBYTE)
    body, headers = multipart(signed(cloudinary, public_id=ID, type="authenticated"), SOUND)
    start, end = body.split(SOUND)
    whole = [start, SOUND, *[block] * (size // MEBIBYTE), end]
    tracemalloc.start()
    try:
        length = {"Content-Length": str(sum(map(len, whole)))}
        made = ask(cloudinary, iter(whole), headers | length)[1]
        with httpx.stream("GET", made["secure_url"]) as answer:
            read = sum(len(piece) for piece in answer.iter_bytes())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == size + SIZE and peak < 4 * MEBIBYTE
