"""The looks into stores that the other tests take see what is there, and what is wrong with it."""

import json

import httpx
import pytest

from support.cloudinary import call, put, signed
from support.faults import Fault, Flip
from support.places import KINDS, MARKER, Bucket, place_of, sha256
from support.recordings import unique_wav
from support.s3_requests import Rot, Watch, concerns, is_head, is_put, is_read, part_number
from support.server import eventually
from support.storage import PART, large_wav, variable


@pytest.fixture(params=KINDS)
def place(request):
    return place_of(request.param, request)


def bring(place, data):
    """What the server is to do: the blob and the marker are there."""
    blob, marker = sha256(data), json.dumps({"id": "1"}).encode()
    match place.kind:
        case "s3":
            place.put(blob, data)
            place.client.put_object(Bucket=place.bucket, Key=place.marker_key, Body=marker)
        case "cloudinary":
            put(place.service, data, f"{place.folder}/{blob}")
            params = signed(place.service, public_id=f"{place.folder}/{MARKER}", type="authenticated")
            assert call(place.service, "upload", params, marker, resource_type="raw").status_code == 200
        case "folder":
            place.file(blob).parent.mkdir(parents=True, exist_ok=True)
            place.file(blob).write_bytes(data)
            (place.path / MARKER).write_bytes(marker)
    return blob


def test_what_is_there_is_seen(place):
    assert place.kept() == set() and not place.has_marker()
    data = unique_wav(0.2)
    blob = bring(place, data)
    assert place.kept() == {blob} and place.read(blob) == data and place.has(blob) and place.has_marker()
    assert not place.has(sha256(b"another"))


HARMS = [(kind, harm) for kind in KINDS for harm in ("spoil", "rot", "lose") if (kind, harm) != ("s3", "rot")]


@pytest.mark.parametrize("kind, harm", HARMS)
def test_harm_is_seen(request, kind, harm):
    place, data = place_of(kind, request), unique_wav(0.2)
    good, bad = bring(place, unique_wav(0.2)), bring(place, data)
    getattr(place, harm)(bad)
    assert place.has(good) and not place.has(bad)
    assert (bad in place.kept()) == (harm != "lose")
    if harm != "lose":
        assert len(place.read(bad)) == len(data)


def test_what_vanishes_comes_back_as_it_was(place):
    blob = bring(place, unique_wav(0.2))
    place.vanish()
    assert place.kept() == set() and not place.has_marker()
    assert place.reappear() == [] and place.has(blob) and place.has_marker()
    place.vanish()
    bring(place, unique_wav(0.1))
    assert place.reappear() != [], "what was written meanwhile is told"
    assert place.has(blob)


def test_a_bucket_behind_a_proxy_rots_until_the_blob_comes_again(s3, fault_proxy):
    proxy, data = fault_proxy(s3.port), unique_wav(0.5)
    watch = Watch(proxy)
    bucket = Bucket(s3, through=proxy)
    blob, client = bring(bucket, data), s3.connect(proxy.url)
    where = {"Bucket": bucket.bucket, "Key": bucket.key(blob)}
    proxy.always(Flip("answer"), when=Rot(blob))
    assert client.get_object(**where)["Body"].read() != data
    assert client.head_object(**where)["ContentLength"] == len(data)
    client.put_object(**where, Body=data)
    assert client.get_object(**where)["Body"].read() == data
    names = [(is_put(one, blob), is_read(one, blob), is_head(one, blob)) for one in watch.seen]
    assert names == [(False, True, False), (False, False, True), (True, False, False), (False, True, False)]
    assert bucket.has(blob) and all(one.at > 0 and one.headers["host"] for one in watch.seen)


def test_parts_are_told_from_the_rest(s3, fault_proxy):
    proxy = fault_proxy(s3.port)
    bucket, data = Bucket(s3, through=proxy), large_wav(PART + 1000)
    client, where = s3.connect(proxy.url), {"Bucket": bucket.bucket, "Key": bucket.key(sha256(data))}
    upload = client.create_multipart_upload(**where)["UploadId"]
    client.upload_part(**where, UploadId=upload, PartNumber=1, Body=data[:PART])
    assert bucket.unfinished() == [(where["Key"], upload)]
    client.abort_multipart_upload(**where, UploadId=upload)
    assert bucket.unfinished() == []
    assert [part_number(one) for one in proxy.exchanges()] == [None, 1, None]
    assert not any(map(is_put, proxy.log)) and all(map(concerns, proxy.log))


@pytest.mark.parametrize(
    "key, name",
    [("reclaim.localHours", "RECLAIM_LOCAL_HOURS"), ("stores.s3.partMB", "STORES_S3_PART_MB"),
     ("stores.cloudinary.apiSecret", "STORES_CLOUDINARY_API_SECRET")],
)  # fmt: skip
def test_a_key_has_its_variable(key, name):
    assert variable(key) == f"VOICENOTE_{name}"


def test_noise_is_a_recording(owner):
    data = large_wav(1_000_000)
    note = owner.ready(owner.add(data)["id"])
    assert note["recording"]["size"] == len(data) and 5100 < note["recording"]["durationMs"] < 5300


def test_a_watch_lets_everything_pass(s3, fault_proxy):
    proxy = fault_proxy(s3.port)
    watch = Watch(proxy)
    assert httpx.get(f"{proxy.url}/healthcheck").status_code == 200
    eventually(lambda: proxy.exchanges(), what="the log")
    assert [one.target for one in watch.seen] == ["/healthcheck"] and not isinstance(proxy.log[0].fault, Fault)
