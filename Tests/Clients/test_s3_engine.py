"""What the S3 servers of these tests do, and where they differ: our client must get along with both.

The tables below are what they answered: OpenStack Swift 2.30.1 and Ceph 16.2.15, as Debian 12 has them. A status of
200 and more stands alone; an error has its code beside it. In short:

- Neither looks at x-amz-checksum-sha256, so neither vouches for more than x-amz-content-sha256 and Content-MD5 do.
- Swift refuses aws-chunked bodies and conditional puts with 501. Ceph takes both, but ignores `If-None-Match: *` when
  a multipart upload is completed, which Swift heeds.
- Ceph hands `Content-Encoding: aws-chunked` back to readers when a writer says it; so do not say it.
- A completed upload may be completed again on both, as long as the object is still what it made. After that Swift
  says 404 NoSuchUpload, and Ceph 500 InternalError, as it does for any upload that it does not know.
- Ceph's first answer to a completion has an empty ETag. It also takes parts in any order, and every part that was
  uploaded must be listed; Swift insists on the order, and lets go of what is not listed.
- Swift takes parts of a completed upload, which overwrite those of the object: with other bytes it is broken.
- Swift ends the answer to a HEAD that fails with the end of a body, which the next answer on that connection follows.
"""

import base64
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from support import sigv4
from support.faults import Cut, Flip, LoseAnswer
from support.s3 import MINIMUM_PART
from support.server import eventually, is_alive
from support.sigv4 import EMPTY, UNSIGNED, Signer
from support.wire import Connection

DATA = bytes(range(256)) * 500
SHA256 = hashlib.sha256(DATA).hexdigest()
PARTS = [b"a" * MINIMUM_PART, b"b" * 123]
PARTS_ETAG = '"4897e62d85982ca1aff0b6ba389febbc-2"'


@pytest.fixture(scope="module", params=["s3", "ceph"])
def engine(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def bucket(engine):
    return engine.bucket()


@pytest.fixture(scope="module")
def raw(engine, bucket):
    with Raw(engine, bucket) as raw:
        yield raw


@pytest.fixture
def key(request):
    """A name that no other test uses."""
    return re.sub(r"\W+", "-", request.node.name)


class Raw(httpx.Client):
    """Signed requests by hand, each on a connection of its own."""

    def __init__(self, engine, bucket):
        super().__init__(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
        self.engine, self.bucket = engine, bucket
        self.signer = Signer(engine.key, engine.secret)

    def url(self, key, bucket=None):
        return f"{self.engine.endpoint}/{bucket or self.bucket}/{sigv4.escaped(key, '/')}"

    def send_signed(self, method, key, data=b"", payload=None, query=(), signer=None, bucket=None, **headers):
        url = self.url(key, bucket)
        payload = payload or sigv4.sha256(data)
        signed = (signer or self.signer).headers(method, url, payload, query=query, **headers)
        return self.request(method, httpx.URL(url, params=query), content=data, headers=signed)

    def put(self, key, data=DATA, **options):
        return self.send_signed("PUT", key, data, **options)

    def read(self, key, **options):
        return self.send_signed("GET", key, **options)

    def has(self, key):
        return {200: True, 404: False}[self.send_signed("HEAD", key).status_code]

    def begin(self, key, **headers):
        """A new multipart upload's id."""
        answer = self.send_signed("POST", key, query=[("uploads", "")], **headers)
        return re.search("<UploadId>(.+)</UploadId>", answer.text)[1]

    def put_part(self, key, upload, number, data, **options):
        return self.put(key, data, query=[("partNumber", str(number)), ("uploadId", upload)], **options)

    def complete(self, key, upload, parts, **headers):
        """`parts` is pairs of number and ETag."""
        lines = (f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
        body = f"<CompleteMultipartUpload>{''.join(lines)}</CompleteMultipartUpload>".encode()
        return self.send_signed("POST", key, body, query=[("uploadId", upload)], **headers)

    def abort(self, key, upload):
        return self.send_signed("DELETE", key, query=[("uploadId", upload)])

    def uploaded(self, key, parts=PARTS):
        """A multipart upload with these parts: its id, and the pairs that complete it."""
        upload = self.begin(key)
        etags = [self.put_part(key, upload, number, data).headers["etag"] for number, data in enumerate(parts, 1)]
        return upload, list(enumerate(etags, 1))


def said(answer):
    """`200`, or `404 NoSuchKey`."""
    code = re.search("<Code>(.*?)</Code>", answer.text)
    return " ".join([str(answer.status_code), *([code[1]] if code else [])])


def refused(call, **arguments):
    """What boto3 was told instead: `404 NoSuchKey`."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return f"{answer['ResponseMetadata']['HTTPStatusCode']} {answer['Error']['Code']}"


def expected(engine, swift, ceph):
    return {"swift": swift, "ceph": ceph}[engine.name]


def md5(data):
    return hashlib.md5(data).hexdigest()


def base64_of(name, data):
    return base64.b64encode(hashlib.new(name, data).digest()).decode()


def curl(*arguments, data=None):
    """Status and body."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments]
    body, _, status = subprocess.run(
        command, input=data, capture_output=True, timeout=30, check=True
    ).stdout.rpartition(b"\n")
    return int(status), body


# Objects


def test_an_object_is_kept_as_it_was_put(engine, bucket, key):
    put = engine.client.put_object(
        Bucket=bucket, Key=key, Body=DATA, ContentType="audio/ogg", Metadata={"sha256": SHA256}
    )
    assert put["ETag"] == f'"{md5(DATA)}"'
    head = engine.client.head_object(Bucket=bucket, Key=key)
    assert (head["ContentLength"], head["ContentType"]) == (len(DATA), "audio/ogg")
    assert (head["Metadata"], head["ETag"]) == ({"sha256": SHA256}, put["ETag"])
    assert engine.client.get_object(Bucket=bucket, Key=key)["Body"].read() == DATA
    engine.client.delete_object(Bucket=bucket, Key=key)
    engine.client.delete_object(Bucket=bucket, Key=key)
    assert refused(engine.client.get_object, Bucket=bucket, Key=key) == "404 NoSuchKey"
    assert refused(engine.client.head_object, Bucket=bucket, Key=key) == "404 404"
    assert refused(engine.client.get_object, Bucket="voicenote-none", Key=key) == "404 NoSuchBucket"
    assert refused(engine.client.put_object, Bucket="voicenote-none", Key=key) == "404 NoSuchBucket"


@pytest.mark.parametrize("name", ["a b+c%d", "ü/ß", "x//y", "t~!*()'&=@:,;$", "empty"])
def test_names_are_escaped_once(engine, bucket, raw, name):
    body = b"" if name == "empty" else name.encode()
    assert said(raw.put(name, body)) == "200"
    assert engine.client.get_object(Bucket=bucket, Key=name)["Body"].read() == body
    assert raw.read(name).content == body


RANGES = [
    # asked for, Swift's answer, Ceph's where it is another: status and Content-Range
    ("bytes=0-9", "206 bytes 0-9/128000", None),
    ("bytes=-10", "206 bytes 127990-127999/128000", None),
    ("bytes=127990-200000", "206 bytes 127990-127999/128000", None),
    ("bytes=128000-", "416 None", None),
    ("bytes=-0", "416 None", "206 bytes 0-127999/128000"),
    ("bytes=5-2", "200 None", "416 None"),
    ("bytes=0-1,5-6", "206 None", "206 bytes 0-1/128000"),
]


@pytest.mark.parametrize(("asked", "swift_says", "ceph_says"), RANGES)
def test_ranges(engine, raw, asked, swift_says, ceph_says):
    raw.put("ranges")
    answer = raw.read("ranges", range=asked)
    range_said = answer.headers.get("content-range")
    assert f"{answer.status_code} {range_said}" == expected(engine, swift_says, ceph_says or swift_says)
    if range_said:
        first, last = map(int, re.findall(r"\d+", range_said)[:2])
        assert answer.content == DATA[first : last + 1]


def test_listing_goes_on_where_it_stopped(engine, bucket):
    names = [f"list/{number}/{number}" for number in range(5)]
    for name in names:
        engine.client.put_object(Bucket=bucket, Key=name, Body=b"x")
    pages = engine.client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 2}
    )
    found = [[entry["Key"] for entry in page["Contents"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]
    grouped = engine.client.list_objects_v2(Bucket=bucket, Prefix="list/", Delimiter="/")["CommonPrefixes"]
    assert [entry["Prefix"] for entry in grouped] == [f"list/{number}/" for number in range(5)]


# What a put may say about its body

PUTS = [
    # what is said, the options, Swift's answer, Ceph's where it is another
    ("nothing", {"payload": UNSIGNED}, "200", None),
    ("another sha256", {"payload": sigv4.sha256(b"other")}, "400 BadDigest", "400 XAmzContentSHA256Mismatch"),
    ("no sha256", {"payload": "0" * 63}, "400 BadDigest", "400 XAmzContentSHA256Mismatch"),
    ("its Content-MD5", {"content_md5": base64_of("md5", DATA)}, "200", None),
    ("another Content-MD5", {"content_md5": base64_of("md5", b"other")}, "400 BadDigest", None),
    ("no Content-MD5", {"content_md5": "nonsense"}, "400 InvalidDigest", None),
    ("its checksum", {"x_amz_checksum_sha256": base64_of("sha256", DATA)}, "200", None),
    ("another checksum", {"x_amz_checksum_sha256": base64_of("sha256", b"other")}, "200", None),
    ("no checksum", {"x_amz_checksum_sha256": "nonsense"}, "200", None),
    ("that it is new", {"if_none_match": "*"}, "501 NotImplemented", "200"),
    ("STANDARD", {"x_amz_storage_class": "STANDARD"}, "200", None),
    ("a storage class", {"x_amz_storage_class": "STANDARD_IA"}, "400 InvalidStorageClass", "400 InvalidArgument"),
]


@pytest.mark.parametrize(("what", "options", "swift_says", "ceph_says"), PUTS, ids=[row[0] for row in PUTS])
def test_what_a_put_says_of_its_body(engine, raw, key, what, options, swift_says, ceph_says):
    answer = raw.put(key, **options)
    assert said(answer) == expected(engine, swift_says, ceph_says or swift_says)
    assert raw.has(key) == (answer.status_code == 200)
    assert [name for name in answer.headers if "checksum" in name] == []


def test_a_put_of_what_is_there_already(engine, raw, key):
    raw.put(key)
    answer = raw.put(key, b"other", if_none_match="*")
    assert said(answer) == expected(engine, "501 NotImplemented", "412 PreconditionFailed")
    assert raw.read(key).content == DATA


def test_a_body_that_is_signed_in_pieces(engine, raw, key):
    """Where a server hands Content-Encoding back, browsers must make sense of it: it is better not said."""
    for encoding in {}, {"content_encoding": "aws-chunked"}:
        headers, body = raw.signer.streamed("PUT", raw.url(key), DATA, **encoding)
        assert said(raw.request("PUT", raw.url(key), content=body, headers=headers)) == expected(
            engine, "501 NotImplemented", "200"
        )
        if engine.name == "ceph":
            answer = raw.read(key)
            assert answer.content == DATA and answer.headers["etag"] == f'"{md5(DATA)}"'
            assert answer.headers.get("content-encoding") == encoding.get("content_encoding")
    for place, ceph in (1_000, "403 SignatureDoesNotMatch"), (-1_000, "400 XAmzContentSHA256Mismatch"):
        headers, body = raw.signer.streamed("PUT", raw.url(f"{key}-wrong"), DATA)
        wrong = bytearray(body)
        wrong[place] ^= 1
        answer = raw.request("PUT", raw.url(f"{key}-wrong"), content=bytes(wrong), headers=headers)
        assert said(answer) == expected(engine, "501 NotImplemented", ceph)
        assert not raw.has(f"{key}-wrong")


def test_a_body_of_unknown_length(engine, raw, key):
    headers = raw.signer.headers("PUT", raw.url(key), UNSIGNED)
    answer = raw.request("PUT", raw.url(key), content=iter([DATA]), headers=headers)
    assert said(answer) == expected(engine, "200", "411 MissingContentLength")


# Multipart uploads


def test_two_parts_become_one_object(engine, bucket, key):
    client, where = engine.client, {"Bucket": bucket, "Key": key}
    upload = client.create_multipart_upload(**where, ContentType="audio/wav", Metadata={"sha256": "abc"})["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(**where, UploadId=upload, PartNumber=number, Body=data)["ETag"],
        }
        for number, data in enumerate(PARTS, 1)
    ]
    assert [part["ETag"] for part in parts] == [f'"{md5(data)}"' for data in PARTS]
    listed = client.list_parts(**where, UploadId=upload)["Parts"]
    found = [(part["PartNumber"], part["ETag"], part["Size"]) for part in listed]
    assert found == [(number, f'"{md5(data)}"', len(data)) for number, data in enumerate(PARTS, 1)]
    done = client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    assert done["ETag"] == expected(engine, PARTS_ETAG, "")
    head = client.head_object(**where)
    assert (head["ETag"], head["ContentLength"]) == (PARTS_ETAG, sum(map(len, PARTS)))
    assert (head["ContentType"], head["Metadata"]) == ("audio/wav", {"sha256": "abc"})
    assert [entry["ETag"] for entry in client.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]] == [PARTS_ETAG]
    assert client.get_object(**where)["Body"].read() == b"".join(PARTS)
    across = client.get_object(**where, Range=f"bytes={MINIMUM_PART - 3}-{MINIMUM_PART + 2}")
    assert across["Body"].read() == b"aaabbb"


def test_the_etag_of_parts_is_the_md5_of_their_md5s():
    joined = b"".join(hashlib.md5(data).digest() for data in PARTS)
    assert f'"{md5(joined)}-{len(PARTS)}"' == PARTS_ETAG


def test_an_aborted_upload_leaves_nothing(engine, bucket, raw, key):
    upload, parts = raw.uploaded(key, [b"x"])
    listed = engine.client.list_multipart_uploads(Bucket=bucket, Prefix=key)["Uploads"]
    assert [(entry["Key"], entry["UploadId"]) for entry in listed] == [(key, upload)]
    assert abs(datetime.now(UTC) - listed[0]["Initiated"]) < timedelta(minutes=1)
    assert said(raw.abort(key, upload)) == "204"
    assert "Uploads" not in engine.client.list_multipart_uploads(Bucket=bucket, Prefix=key)
    assert said(raw.abort(key, upload)) == "404 NoSuchUpload"
    assert said(raw.put_part(key, upload, 2, b"x")) == "404 NoSuchUpload"
    assert said(raw.complete(key, upload, parts)) == expected(engine, "404 NoSuchUpload", "500 InternalError")
    assert not raw.has(key)


PARTS_SAID = [
    # what is said of a part, the options, Swift's answer, Ceph's where it is another
    ("number 0", {"number": 0}, "400 InvalidArgument", "200"),
    ("number 10000", {"number": 10_000}, "200", None),
    ("number 10001", {"number": 10_001}, "400 InvalidArgument", "200"),
    ("another sha256", {"payload": sigv4.sha256(b"other")}, "400 BadDigest", "400 XAmzContentSHA256Mismatch"),
    ("another Content-MD5", {"content_md5": base64_of("md5", b"other")}, "400 BadDigest", None),
    ("another checksum", {"x_amz_checksum_sha256": base64_of("sha256", b"other")}, "200", None),
]


@pytest.mark.parametrize(("what", "options", "swift_says", "ceph_says"), PARTS_SAID, ids=[row[0] for row in PARTS_SAID])
def test_what_is_said_of_a_part(engine, raw, key, what, options, swift_says, ceph_says):
    upload = raw.begin(key)
    answer = raw.put_part(key, upload, **({"number": 1, "data": DATA} | options))
    assert said(answer) == expected(engine, swift_says, ceph_says or swift_says)
    raw.abort(key, upload)


HALF = [b"x" * 10, b"y" * 10]
UNEQUAL = [b"x" * MINIMUM_PART, b"y" * (MINIMUM_PART + 1), b"z"]
COMPLETIONS = [
    # what is completed, the parts, what is done with their list, Swift's answer, Ceph's where it is another
    ("parts of other sizes", UNEQUAL, lambda parts: parts, "200", None),
    ("a small part before the last", HALF, lambda parts: parts, "400 EntityTooSmall", None),
    ("the wrong order", PARTS, lambda parts: parts[::-1], "400 InvalidPartOrder", "200"),
    ("not all parts", HALF, lambda parts: parts[:1], "200", "400 InvalidPart"),
    ("no parts", HALF, lambda parts: [], "400 MalformedXML", None),
    ("a part that is not there", HALF[:1], lambda parts: [*parts, (2, parts[0][1])], "400 InvalidPart", None),
    ("another ETag", HALF[:1], lambda parts: [(1, f'"{md5(b"other")}"')], "400 InvalidPart", None),
]


@pytest.mark.parametrize(("what", "parts", "change", "swift_says", "ceph_says"), COMPLETIONS, ids=[row[0] for row in COMPLETIONS])
def test_what_is_completed(engine, raw, key, what, parts, change, swift_says, ceph_says):
    upload, listed = raw.uploaded(key, parts)
    answer = raw.complete(key, upload, change(listed))
    assert said(answer) == expected(engine, swift_says, ceph_says or swift_says)
    assert raw.has(key) == (answer.status_code == 200)
    if answer.status_code == 200 and what != "not all parts":
        assert raw.read(key).content == b"".join(parts)
    raw.abort(key, upload)


def test_what_a_completion_may_repeat(engine, raw, key):
    """A lost answer is asked for again: both give it. What the upload made must still be there."""
    upload, parts = raw.uploaded(key)
    unknown = expected(engine, "404 NoSuchUpload", "500 InternalError")
    assert said(raw.complete(key, "unknown", parts)) == unknown
    assert said(raw.put_part(key, "unknown", 1, b"x")) == "404 NoSuchUpload"
    first, second = (raw.complete(key, upload, parts) for _ in range(2))
    assert (said(first), said(second)) == ("200", "200")
    etags = [re.search("<ETag>(.*)</ETag>", answer.text)[1].strip('"') for answer in (first, second)]
    assert etags == [expected(engine, PARTS_ETAG.strip('"'), ""), PARTS_ETAG.strip('"')]
    assert said(raw.abort(key, upload)) == expected(engine, "404 NoSuchKey", "404 NoSuchUpload")
    assert raw.read(key).content == b"".join(PARTS)
    raw.put(key, b"other")
    assert said(raw.complete(key, upload, parts)) == unknown
    assert raw.read(key).content == b"other"


def test_a_part_that_comes_late(engine, raw, key):
    """Swift takes it, and the object is broken unless the bytes are the same: end what may still be under way first."""
    upload, parts = raw.uploaded(key)
    raw.complete(key, upload, parts)
    listed = raw.read(key, query=[("uploadId", upload)])
    assert said(listed) == expected(engine, "200", "404 NoSuchKey")
    answer = raw.put_part(key, upload, 2, b"c" * len(PARTS[1]))
    assert said(answer) == expected(engine, "200", "404 NoSuchUpload")
    if engine.name == "swift":
        with pytest.raises(httpx.RemoteProtocolError):
            raw.read(key)
        assert raw.has(key)
        raw.put_part(key, upload, 2, PARTS[1])
    assert raw.read(key).content == b"".join(PARTS)


def test_a_completion_of_what_is_there_already(engine, raw, key):
    raw.put(key)
    upload, parts = raw.uploaded(key, [b"other"])
    answer = raw.complete(key, upload, parts, if_none_match="*")
    assert said(answer) == expected(engine, "412 InvalidRequest", "200")
    assert raw.read(key).content == expected(engine, DATA, b"other")
    raw.abort(key, upload)


# Who may ask, and how


def test_signatures_are_amazons():
    """The examples in Amazon's reference of the S3 API."""
    signer = Signer(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", at=datetime(2013, 5, 24, tzinfo=UTC)
    )
    host = "https://examplebucket.s3.amazonaws.com"

    def signature(*request, **headers):
        return signer.headers(*request, **headers)["authorization"].rsplit("=", 1)[1]

    assert signer.presigned("GET", f"{host}/test.txt", 86400).endswith(
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    text = sigv4.sha256(b"Welcome to Amazon S3.")
    put = signature(
        "PUT",
        f"{host}/test%24file.text",
        text,
        date="Fri, 24 May 2013 00:00:00 GMT",
        x_amz_storage_class="REDUCED_REDUNDANCY",
    )
    assert put == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    ranged = signature("GET", f"{host}/test.txt", EMPTY, range="bytes=0-9")
    assert ranged == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    lifecycle = signature("GET", f"{host}/", EMPTY, query=[("lifecycle", "")])
    assert lifecycle == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    listing = signature("GET", f"{host}/", EMPTY, query=[("max-keys", "2"), ("prefix", "J")])
    assert listing == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    chunks = [signature for signature, _ in signer.chunks("20130524T000000Z", seed, b"a" * 66_560, 1 << 16)]
    assert chunks == [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]


MINUTES = timedelta(minutes=1)
SIGNERS = [
    # who asks, what is different, Swift's answer, Ceph's where it is another
    ("the owner", {}, "200", None),
    ("a wrong secret", {"secret": "wrong"}, "403 SignatureDoesNotMatch", None),
    ("an unknown key", {"key": "nobody"}, "403 SignatureDoesNotMatch", "403 InvalidAccessKeyId"),
    ("another region", {"region": "eu-west-1"}, "400 AuthorizationHeaderMalformed", "200"),
    ("a clock 10 minutes behind", {"at": -10 * MINUTES}, "200", None),
    ("a clock 20 minutes behind", {"at": -20 * MINUTES}, "403 RequestTimeTooSkewed", None),
    ("a clock 20 minutes ahead", {"at": 20 * MINUTES}, "403 RequestTimeTooSkewed", None),
]


@pytest.mark.parametrize(("who", "other", "swift_says", "ceph_says"), SIGNERS, ids=[row[0] for row in SIGNERS])
def test_who_asks(engine, raw, who, other, swift_says, ceph_says):
    raw.put("asked")
    options = {"key": engine.key, "secret": engine.secret} | other
    if "at" in options:
        options["at"] += datetime.now(UTC)
    assert said(raw.read("asked", signer=Signer(**options))) == expected(engine, swift_says, ceph_says or swift_says)


def test_a_bucket_may_be_named_by_the_host(engine, bucket, raw, key):
    raw.put(key)
    client = engine.connect(f"http://localhost:{engine.port}", s3={"addressing_style": "virtual"})
    signed = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    assert signed.startswith(f"http://{bucket}.localhost:")
    assert curl(signed) == (200, DATA)


def test_curl_fetches_a_signed_address(engine, bucket, raw, key, tmp_path):
    raw.put(key, content_type="audio/ogg")
    boto = engine.client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    ours = raw.signer.presigned("GET", raw.url(key), 60)
    for address in boto, ours:
        assert curl(address) == (200, DATA)
        assert curl("-r", "1000-1999", address) == (206, DATA[1000:2000])
        assert curl(address.replace("Signature=", "Signature=0"))[0] == 403
        assert curl("-I", address)[0] == 403
    named = raw.signer.presigned(
        "GET",
        raw.url(key),
        60,
        response_content_type="audio/wav",
        response_content_disposition='attachment; filename="x y.wav"',
    )
    answer = raw.get(named)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-disposition"] == 'attachment; filename="x y.wav"'
    (tmp_path / "body").write_bytes(DATA * 10)
    put = raw.signer.presigned("PUT", raw.url(f"{key}-put"), 60)
    start = time.monotonic()
    assert curl("-T", tmp_path / "body", "-H", "Expect: 100-continue", put) == (200, b"")
    assert time.monotonic() - start < 0.9, "curl waits a second for those that do not say 100"
    assert raw.read(f"{key}-put").content == DATA * 10


def test_a_signed_address_has_an_end(engine, raw, key):
    raw.put(key)

    def answer(ago, seconds):
        signer = Signer(engine.key, engine.secret, at=datetime.now(UTC) - ago)
        return said(raw.get(signer.presigned("GET", raw.url(key), seconds)))

    assert answer(timedelta(seconds=50), 60) == "200"
    assert answer(timedelta(seconds=61), 60) == "403 AccessDenied"
    assert answer(30 * MINUTES, 3600) == "200"
    assert answer(-10 * MINUTES, 3600) == "200"
    assert answer(0 * MINUTES, 604_800) == "200"
    assert answer(0 * MINUTES, 604_801) == expected(engine, "400 AuthorizationQueryParametersError", "403 AccessDenied")


# Connections that break


def test_what_follows_the_answer_to_a_head(engine, raw):
    """A body has no place there, and a strict client must give the connection up."""
    with Connection(engine, seconds=10) as connection:
        target = raw.url("nothing")
        lines = [f"{name}: {value}" for name, value in raw.signer.headers("HEAD", target, EMPTY).items()]
        connection.send("\r\n".join([f"HEAD {httpx.URL(target).path} HTTP/1.1", *lines, "", ""]))
        assert connection.read_head()[0] == 404
        connection.socket.settimeout(0.3)
        try:
            connection._fill()
        except TimeoutError:
            pass
        assert connection.received == expected(engine, b"0\r\n\r\n", b"")


@pytest.fixture
def through(engine, raw, fault_proxy):
    """A fault proxy, and a way to put through it."""
    proxy = fault_proxy(engine.port)

    def put(fault, key, payload=SHA256):
        proxy.next(fault)
        url = raw.url(key).replace(engine.endpoint, proxy.url)
        return raw.request("PUT", url, content=DATA, headers=raw.signer.headers("PUT", url, payload))

    return put


@pytest.mark.parametrize("payload", [SHA256, UNSIGNED], ids=["hashed", "unsigned"])
def test_half_a_body_makes_no_object(raw, key, through, payload):
    with pytest.raises(httpx.TransportError):
        through(Cut("request", 0.5), key, payload)
    time.sleep(0.3)
    assert not raw.has(key)


def test_a_wrong_bit_is_seen_by_who_looks(engine, raw, key, through):
    """The server looks when the body is hashed. Otherwise its ETag tells, to a client that compares."""
    answer = through(Flip("request"), key)
    assert said(answer) == expected(engine, "400 BadDigest", "400 XAmzContentSHA256Mismatch")
    assert not raw.has(key)
    answer = through(Flip("request"), key, UNSIGNED)
    assert said(answer) == "200" and answer.headers["etag"] != f'"{md5(DATA)}"'


def test_work_is_done_though_its_answer_is_lost(raw, key, through):
    with pytest.raises(httpx.TransportError):
        through(LoseAnswer(), key)
    assert raw.read(key).content == DATA


# The engines themselves

STARTS_AND_WAITS = """
import sys, time
from support import s3
engine = getattr(s3, sys.argv[1])(sys.argv[2]).start()
print(engine.endpoint, *[process.pid for process in engine.processes], flush=True)
time.sleep(60)
"""


def test_an_engine_ends_with_the_one_that_started_it(tmp_path):
    """However it ended; here not in order."""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": str(here)}
    command = [sys.executable, "-c", STARTS_AND_WAITS, "Swift", tmp_path]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        endpoint, *started = process.stdout.readline().split()
        children = {int(number) for pid in started for number in [pid, *children_of(pid)]}
        assert len(children) == 6 and all(map(is_alive, children))
        assert httpx.get(f"{endpoint}/healthcheck").status_code == 200
        process.send_signal(signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, children)), what="the end of the engine")


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
