"""The emulated Cloudinary as its official SDK sees it, and its strictness where that SDK never errs."""

import io
import time

import cloudinary as sdk
import pytest
from cloudinary import api, exceptions, uploader, utils

from support.cloudinary import MEBIBYTE, Account, Cloudinary, Limits, Sdk, call, md5, message, put, signatures, signed
from support.recordings import unique_wav

VIDEO = {"resource_type": "video", "type": "authenticated"}
ID = "voicenote/" + 64 * "a"
CLOUD = {"cloud_name": "dn6ot3ged", "timestamp": "1568810420"}
SMUGGLED = {"notification_url": "https://fake.com/callback?a=1", "tags": "hello,world"}


@pytest.fixture(params=["sha1", "sha256"])
def connected(cloudinary, request):
    with Sdk(cloudinary, signature_algorithm=request.param):
        yield cloudinary


@pytest.fixture
def plain(cloudinary):
    with Sdk(cloudinary):
        yield cloudinary


def upload(data, public_id=ID, **options):
    return uploader.upload(io.BytesIO(data), filename="Grüße.wav", public_id=public_id, **VIDEO | options)


@pytest.mark.parametrize(
    "params, algorithm, expected",
    [
        ({"username": "user@cloudinary.com"}, "sha1", "14c00ba6d0dfdedbc86b316847d95b9e6cd46d94"),
        (
            {"username": "user@cloudinary.com"},
            "sha256",
            "45ddaa4fa01f0c2826f32f669d2e4514faf275fe6df053f1a150e7beae58a3bd",
        ),
        (
            {"notification_url": "https://fake.com/callback?a=1&tags=hello,world"},
            "sha1",
            "4fdf465dd89451cc1ed8ec5b3e314e8a51695704",
        ),
        (SMUGGLED, "sha1", "7b4e3a539ff1fa6e6700c41b3a2ee77586a025f9"),
    ],
)
def test_calls_are_signed_as_documented(params, algorithm, expected):
    text = signatures.string_to_sign(CLOUD | params)
    # The documented vectors sign the cloud's name as well.
    text = "&".join(sorted([f"cloud_name={CLOUD['cloud_name']}", *text.split("&")]))
    assert signatures.signed(text, "hdcixPpR2iKERPwqvH6sHdK9cyac", algorithm) == expected


@pytest.mark.parametrize(
    "algorithm, expected",
    [
        ("sha1", "08d3107a5b2ad82e7d82c0b972218fbf20b5b1e0"),
        ("sha256", "cc69ae4ed73303fbf4a55f2ae5fc7e34ad3a5c387724bfcde447a2957cacdfea"),
    ],
)
def test_answers_are_signed_as_documented(algorithm, expected):
    account = Account(secret="X7qLTrsES31MzxxkxPPA-pAGGfU")
    assert signatures.answer_signature(account, "tests/logo.png", 1, algorithm) == expected


def test_a_recording_is_uploaded(connected):
    data = unique_wav(2)
    answer = upload(data)
    expected = VIDEO | {"public_id": ID, "bytes": len(data), "etag": md5(data), "format": "wav", "duration": 2.0}
    assert {name: answer[name] for name in expected} == expected
    assert answer["original_filename"] == "Grüße" and abs(answer["version"] - time.time()) < 10
    assert utils.verify_api_response_signature(ID, answer["version"], answer["signature"])
    assert connected.asset(ID).read() == data
    (exchange,) = connected.log.of("upload")
    assert (exchange.status, exchange.was_done, exchange.params["public_id"]) == (200, True, ID)


def test_a_marker_is_uploaded_as_it_is(plain):
    name = "voicenote/voicenote-store.json"
    answer = uploader.upload(io.BytesIO(b"{}"), public_id=name, resource_type="raw", type="authenticated")
    assert (answer["bytes"], answer["etag"], answer.get("format")) == (2, md5(b"{}"), None)
    assert plain.asset(name, "raw").read() == b"{}" and plain.asset(name) is None


def test_a_large_recording_is_uploaded_in_parts(connected):
    data = unique_wav(1) + bytes(21_000_000)
    answer = uploader.upload_large(io.BytesIO(data), public_id=ID, **VIDEO)
    assert (answer["bytes"], answer["etag"], answer["public_id"]) == (len(data), md5(data), ID)
    assert [exchange.operation for exchange in connected.log] == ["part", "last_part"]
    assert connected.unfinished == 0 and connected.asset(ID).read() == data


def test_an_id_is_invented_once_for_all_parts(plain):
    data = unique_wav(1) + bytes(11 * MEBIBYTE)
    answer = uploader.upload_large(io.BytesIO(data), chunk_size=5 * MEBIBYTE, folder="voicenote", **VIDEO)
    assert answer["public_id"].startswith("voicenote/") and answer["public_id"].count("/") == 1
    assert plain.asset(answer["public_id"]).read() == data and len(plain.library) == 1


def test_too_small_a_part_is_an_error_of_the_sdk(plain):
    with pytest.raises(exceptions.BadRequest, match="^All parts except EOF-chunk must be larger than 5mb$"):
        uploader.upload_large(io.BytesIO(bytes(6 * MEBIBYTE)), chunk_size=5 * MEBIBYTE - 1, public_id=ID, **VIDEO)
    assert plain.unfinished == 0 and len(plain.library) == 0


def test_an_existing_asset_stays_or_is_replaced(plain):
    first, second = unique_wav(1), unique_wav(2)
    made = upload(first)
    assert "existing" not in made and "overwritten" not in made
    kept = upload(second, overwrite=False)
    assert kept["existing"] is True and kept["etag"] == md5(first) and plain.asset(ID).read() == first
    replaced = upload(second)
    assert replaced["overwritten"] is True and replaced["etag"] == md5(second) and plain.asset(ID).read() == second
    assert replaced["asset_id"] == made["asset_id"] and replaced["version"] > made["version"]
    assert plain.asset(ID).stored == 2 and len(list(plain.folder.iterdir())) == 1


def test_explicit_tells_of_an_asset_and_changes_it(plain):
    made = upload(unique_wav(1), tags=["a", "b"])
    assert made["tags"] == ["a", "b"]
    eager = [{"fetch_format": "mp3", "bit_rate": "64k"}, {"flags": "waveform", "format": "png"}]
    answer = uploader.explicit(ID, eager=eager, context={"note": "1"}, **VIDEO)
    assert (answer["etag"], answer["context"]) == (made["etag"], {"custom": {"note": "1"}})
    assert [one["transformation"] for one in answer["eager"]] == ["br_64k,f_mp3", "fl_waveform"]
    assert answer["eager"][1]["secure_url"].endswith(".png")
    with pytest.raises(exceptions.NotFound, match="^Resource not found - other$"):
        uploader.explicit("other", **VIDEO)


def test_an_asset_is_destroyed_once(plain):
    upload(unique_wav(1))
    assert uploader.destroy(ID, resource_type="video")["result"] == "not found", "another type is another asset"
    assert uploader.destroy(ID, invalidate=True, **VIDEO)["result"] == "ok"
    assert uploader.destroy(ID, **VIDEO)["result"] == "not found"
    assert len(plain.library) == 0 and list(plain.folder.iterdir()) == []


def test_an_asset_is_renamed_and_made_private(plain):
    data = unique_wav(1)
    upload(data, type="upload")
    upload(unique_wav(2), "taken")
    with pytest.raises(exceptions.BadRequest, match="already exists"):
        uploader.rename(ID, "taken", resource_type="video", to_type="authenticated")
    answer = uploader.rename(ID, "taken", resource_type="video", to_type="authenticated", overwrite=True)
    assert (answer["public_id"], answer["type"], answer["etag"]) == ("taken", "authenticated", md5(data))
    assert plain.asset("taken").read() == data and len(plain.library) == 1
    with pytest.raises(exceptions.NotFound):
        uploader.rename(ID, "other", resource_type="video")


def test_details_have_the_digest_only_on_demand(plain):
    made = upload(unique_wav(1))
    short = api.resource(ID, **VIDEO)
    assert short["bytes"] == made["bytes"] and short["asset_id"] == made["asset_id"] and "etag" not in short
    assert api.resource(ID, image_metadata=True, **VIDEO)["etag"] == made["etag"]
    assert api.resource(ID, media_metadata=True, **VIDEO)["etag"] == made["etag"]
    with pytest.raises(exceptions.NotFound, match="Resource not found - voicenote/other"):
        api.resource("voicenote/other", **VIDEO)


def test_the_account_is_reached_and_tells_its_usage(plain):
    assert api.ping()["status"] == "ok"
    data = unique_wav(1)
    upload(data)
    usage = api.usage()
    assert (usage["resources"], usage["storage"]["usage"], usage["bandwidth"]["usage"]) == (1, len(data), 0)


@pytest.mark.parametrize(
    "settings, upload_says, admin_says",
    [
        ({"api_secret": "wrong"}, "^Invalid Signature [0-9a-f]{40}. String to sign - 'public_", "api_secret mismatch"),
        ({"api_key": "1"}, "^Unknown API key 1$", "Unknown API key 1"),
        ({"cloud_name": "other"}, "^Invalid cloud_name other$", "Invalid cloud_name other"),
    ],
)
def test_strangers_are_refused(cloudinary, settings, upload_says, admin_says):
    with Sdk(cloudinary, **settings):
        with pytest.raises(exceptions.AuthorizationRequired, match=upload_says):
            upload(unique_wav(1))
        for ask in (api.ping, api.usage, lambda: api.resource(ID, **VIDEO)):
            with pytest.raises(exceptions.AuthorizationRequired, match=admin_says):
                ask()
    assert len(cloudinary.library) == 0 and list(cloudinary.folder.iterdir()) == []


def test_an_account_may_be_limited_to_one_algorithm():
    with Cloudinary(Account(algorithms=("sha256",))) as service:
        with Sdk(service), pytest.raises(exceptions.AuthorizationRequired, match="^Invalid Signature"):
            upload(unique_wav(1))
        with Sdk(service, signature_algorithm="sha256"):
            upload(unique_wav(1))


def test_a_signature_is_valid_for_an_hour(cloudinary):
    data, then = unique_wav(1), int(time.time())
    params = signed(cloudinary, timestamp=str(then))
    cloudinary.pass_time(3590)
    assert call(cloudinary, "upload", params, data).status_code == 200
    cloudinary.pass_time(20)
    answer = call(cloudinary, "upload", params, data)
    assert answer.status_code == 401
    reported = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(then))
    assert message(answer) == f"Stale request - reported time is {reported} which is more than 1 hour ago"


def test_every_parameter_is_signed(cloudinary):
    data, params = unique_wav(1), signed(cloudinary, public_id="a", type="authenticated")
    for change in ({"public_id": "b"}, {"overwrite": "0"}, {"type": "upload"}, {"timestamp": "9999999999"}):
        assert call(cloudinary, "upload", params | change, data).status_code == 401, change
    assert call(cloudinary, "upload", params, data).status_code == 200


def test_no_parameter_hides_in_another_ones_value(cloudinary):
    data, whole = unique_wav(1), {"notification_url": "https://fake.com/callback?a=1&tags=hello,world"}
    params = signed(cloudinary, **whole)
    assert call(cloudinary, "upload", params, data).status_code == 200
    assert call(cloudinary, "upload", params | SMUGGLED, data).status_code == 401
    unescaped = signed(cloudinary, version=1, **whole)
    assert call(cloudinary, "upload", unescaped, data).status_code == 401


@pytest.mark.parametrize("without", ["signature", "api_key", "timestamp"])
def test_a_call_must_be_complete(cloudinary, without):
    params = signed(cloudinary)
    del params[without]
    answer = call(cloudinary, "upload", params, unique_wav(1))
    assert answer.status_code in (400, 401) and len(cloudinary.library) == 0


@pytest.mark.parametrize(
    "resource_type, data, expected",
    [
        ("video", bytes(range(256)), "Unsupported video format or file"),
        ("image", bytes(range(256)), "Invalid image file"),
        ("video", b"", "Empty file"),
        ("video", None, "Missing required parameter - file"),
        ("sound", b"x", "Invalid resource type sound"),
    ],
)
def test_what_is_not_what_it_says_is_refused(cloudinary, resource_type, data, expected):
    answer = call(cloudinary, "upload", signed(cloudinary), data, resource_type)
    assert (answer.status_code, message(answer)) == (400, expected)
    assert len(cloudinary.library) == 0 and list(cloudinary.folder.iterdir()) == []


@pytest.mark.parametrize("data, expected", [(b"{}", "raw"), (None, "video"), (b"\x89PNG\r\n\x1a\n", "image")])
def test_the_kind_of_a_file_may_be_found_out(cloudinary, data, expected):
    answer = call(cloudinary, "upload", signed(cloudinary), data or unique_wav(1), "auto")
    assert answer.json()["resource_type"] == expected


@pytest.mark.parametrize("public_id", ["/a", "a/", " a", "a?b", "a#b", "a%b", "a\\b", "a//b", 256 * "a"])
def test_an_id_must_be_fit_for_an_address(cloudinary, public_id):
    answer = call(cloudinary, "upload", signed(cloudinary, public_id=public_id), unique_wav(1))
    assert (answer.status_code, message(answer)) == (400, f"public_id ({public_id}) is invalid")


def test_one_request_and_one_asset_have_a_limit():
    with Cloudinary(limits=Limits(request=50_000, asset=40_000)) as service:
        data = unique_wav(4)
        answer = call(service, "upload", signed(service), data)
        assert answer.status_code == 400 and message(answer).endswith("Maximum is 50000.")
        answer = call(service, "upload", signed(service), data[:45_000])
        assert (answer.status_code, message(answer)) == (400, "File size too large. Got 45000. Maximum is 40000.")
        assert put(service, data[:40_000])["bytes"] == 40_000
        assert service.mistakes == []


def test_admin_calls_have_a_limit_each_hour():
    with Cloudinary(limits=Limits(admin_calls=2)) as service, Sdk(service):
        service.pass_time(3600 - service.now() % 3600)
        assert [api.ping().rate_limit_remaining for _ in range(2)] == [1, 0]
        then = time.strftime("%Y-%m-%d %H:00:00 UTC", time.gmtime(service.now() + 3600))
        with pytest.raises(exceptions.RateLimited) as refused:
            api.ping()
        assert str(refused.value) == (
            f"Error 420 - Rate Limit Exceeded. Limit of 2 api operations reached. Try again on {then}"
        )
        upload(unique_wav(1))
        service.pass_time(3600)
        assert api.ping()["status"] == "ok"
    assert sdk.config().api_secret is None
