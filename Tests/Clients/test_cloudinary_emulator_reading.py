"""Reading from the emulated Cloudinary: signed addresses, links that expire, and tokens."""

import time

import httpx
import pytest
from cloudinary import auth_token, utils

from support.cloudinary import Account, Cloudinary, Sdk, delivery_url, here, md5, message, put, signatures, tokens
from support.recordings import unique_wav
from support.wire import Connection

ID = "voicenote/one"
DOWNLOAD = {"resource_type": "video", "type": "authenticated"}
KEY = "00112233FF99"
PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def recording(cloudinary):
    """What is kept under ID."""
    data = unique_wav(2)
    put(cloudinary, data)
    with Sdk(cloudinary):
        yield data


@pytest.mark.parametrize(
    "secret, to_sign, expected",
    [
        ("b", "c_crop,h_20,w_10/image.jpg", "Ai4Znfl3"),
        ("b", "image.jpg", "--SjmNDA"),
        ("b", "http://google.com/path/to/image.png", "hH_YcbiS"),
        ("b", "sample.jpg", "v2fTPYTu"),
        ("b", "sample.jpg", "2hbrSMPO"),
        ("b", "sample.jpg", "2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf"),
        ("b", "co_red,l_text:Times_70_bold:Cool%25F0%259F%2598%258D/image.jpg", "Uqk1a-5W"),
    ],
)
def test_addresses_are_signed_as_documented(secret, to_sign, expected):
    assert expected in signatures.address_signatures(Account(secret=secret), to_sign)


@pytest.mark.parametrize(
    "options", [{}, {"long_url_signature": True}, {"signature_algorithm": "sha256"}, {"version": 7}]
)
@pytest.mark.parametrize("extension", [None, "wav"])
def test_a_signed_address_is_delivered(cloudinary, recording, options, extension):
    url = delivery_url(cloudinary, ID, format=extension, **options)
    answer = httpx.get(url)
    assert answer.status_code == 200 and answer.content == recording
    assert answer.headers["etag"] == f'"{md5(recording)}"' and answer.headers["content-type"] == "audio/wav"


def test_the_addresses_in_answers_are_signed(cloudinary):
    data = unique_wav(1)
    answer = put(cloudinary, data, eager="br_64k/mp3|fl_waveform,h_200/png", public_id="voicenote/Grüße one")
    assert httpx.get(answer["secure_url"]).content == data
    sound, picture = (httpx.get(one["secure_url"]) for one in answer["eager"])
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/mpeg")
    assert picture.headers["content-type"] == "image/png" and picture.content.startswith(PICTURE)


def test_a_host_of_ones_own_needs_no_cloud_in_the_path(cloudinary, recording):
    url = delivery_url(cloudinary, ID).replace(f"/{cloudinary.account.cloud}/", "/")
    assert url.startswith(f"{cloudinary.url}/video/authenticated/s--") and httpx.get(url).content == recording


@pytest.mark.parametrize("options", [{"sign_url": False}, {"api_secret": "wrong"}])
def test_without_the_right_signature_nothing_is_delivered(cloudinary, recording, options):
    answer = httpx.get(delivery_url(cloudinary, ID, **options))
    assert answer.status_code == 401 and message(answer) and recording not in answer.content


def test_a_signature_covers_the_transformation_and_the_extension_but_not_the_version(cloudinary, recording):
    url = delivery_url(cloudinary, ID, bit_rate="64k", format="mp3")
    assert httpx.get(url).status_code == 200
    assert httpx.get(url.replace("/v1/", "/v9/")).status_code == 200
    for change in (("br_64k", "br_32k"), (".mp3", ".ogg"), ("br_64k/", ""), (ID, "voicenote/two")):
        assert httpx.get(url.replace(*change)).status_code == 401, change
    assert httpx.get(delivery_url(cloudinary, ID, raw_transformation="louder")).status_code == 400


def test_what_is_public_needs_no_signature(cloudinary):
    data = unique_wav(1)
    put(cloudinary, data)
    assert httpx.get(f"{cloudinary.url}/{cloudinary.account.cloud}/video/upload/v1/{ID}").status_code == 404
    cloudinary.library.rename(("video", "authenticated", ID), ("video", "upload", ID), False)
    assert httpx.get(f"{cloudinary.url}/{cloudinary.account.cloud}/video/upload/v1/{ID}").content == data


def test_a_missing_asset_is_not_found(cloudinary, recording):
    answer = httpx.get(delivery_url(cloudinary, "voicenote/two"))
    assert (answer.status_code, message(answer)) == (404, "Resource not found - voicenote/two")
    answer = httpx.get(delivery_url(cloudinary, ID).replace(cloudinary.account.cloud, "other"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "wanted, start, end", [("0-1", 0, 2), ("100-", 100, None), ("-7", -7, None), ("5-999999", 5, None)]
)
def test_a_range_is_honoured(cloudinary, recording, wanted, start, end):
    for url in (delivery_url(cloudinary, ID), utils.private_download_url(ID, "wav", **DOWNLOAD)):
        answer = httpx.get(url, headers={"Range": f"bytes={wanted}"})
        part = recording[start:end]
        assert (answer.status_code, answer.content) == (206, part)
        first = len(recording) + start if start < 0 else start
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(recording)}"


def test_conditions_are_honoured(cloudinary, recording):
    url, etag, size = delivery_url(cloudinary, ID), f'"{md5(recording)}"', len(recording)
    beyond = httpx.get(url, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    known = httpx.get(url, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    for condition, status in ((etag, 206), ('"other"', 200)):
        assert httpx.get(url, headers={"Range": "bytes=0-1", "If-Range": condition}).status_code == status
    for ignored in ("bytes=0-1,4-5", "bytes=9-8", "bytes=-", "lines=0-1"):
        assert httpx.get(url, headers={"Range": ignored}).status_code == 200, ignored


def test_a_head_tells_of_the_whole_and_sends_nothing(cloudinary, recording):
    path = delivery_url(cloudinary, ID).removeprefix(cloudinary.url)
    with Connection(cloudinary) as connection:
        for _ in range(2):
            connection.send_request("HEAD", path, range="bytes=0-1")
            status, headers = connection.read_head()
            assert (status, headers["content-length"]) == (200, str(len(recording)))
            assert headers["etag"] == f'"{md5(recording)}"' and headers["accept-ranges"] == "bytes"
        connection.send_request("HEAD", path + "x")
        assert connection.read_head()[0] == 401 and connection.received == b""


def test_what_is_read_is_counted(cloudinary, recording):
    httpx.get(delivery_url(cloudinary, ID), headers={"Range": "bytes=0-99"})
    assert cloudinary.log.of("deliver")[0].sent == 100
    auth = (cloudinary.account.key, cloudinary.account.secret)
    usage = httpx.get(f"{cloudinary.url}/v1_1/{cloudinary.account.cloud}/usage", auth=auth).json()
    assert usage["bandwidth"]["usage"] == 100


def test_a_download_link_expires_in_an_hour(cloudinary, recording):
    url = utils.private_download_url(ID, "wav", attachment=True, **DOWNLOAD)
    answer = httpx.get(url)
    assert answer.content == recording and "attachment" in answer.headers["content-disposition"]
    cloudinary.pass_time(3590)
    assert httpx.get(url).status_code == 200
    cloudinary.pass_time(20)
    assert httpx.get(url).status_code == 401


def test_a_download_link_expires_when_it_says(cloudinary, recording):
    url = utils.private_download_url(ID, "wav", expires_at=int(time.time()) + 7200, **DOWNLOAD)
    later = url.replace("expires_at=", "expires_at=9")
    assert later != url and httpx.get(later).status_code == 401, "the end is signed"
    cloudinary.pass_time(7190)
    assert httpx.get(url).content == recording
    cloudinary.pass_time(20)
    expired = httpx.get(url)
    assert expired.status_code == 401 and message(expired)


def test_a_download_link_is_for_one_asset(cloudinary, recording):
    url = utils.private_download_url(ID, "wav", **DOWNLOAD)
    for change in (("one", "two"), ("type=authenticated", "type=upload"), ("signature=", "signature=0")):
        assert httpx.get(url.replace(*change)).status_code == 401, change
    missing = httpx.get(utils.private_download_url("voicenote/two", "wav", **DOWNLOAD))
    assert (missing.status_code, message(missing)) == (404, "Resource not found - voicenote/two")


URL = "http://res.cloudinary.com/test123/image/upload/v1486020273/sample.jpg"
PATH = "/image/authenticated/v1486020273/sample.jpg"
OTHER = "/image/authenticated/c_scale,w_300/sample.jpg"
OTHER_SIGNED = "/image/authenticated/s--Ok4O32K7--/c_scale,w_300/sample.jpg"


@pytest.mark.parametrize(
    "key, options, url, digest",
    [
        (KEY, {"acl": "/image/*", "start_time": 1111111111, "duration": 300}, "/image/upload/a",
         "1751370bcc6cfe9e03f30dd1a9722ba0f2cdca283fa3e6df3342a00a7528cc51"),
        (KEY, {"acl": "/*/t_foobar", "start_time": 222222222, "duration": 300}, "/image/t_foobar",
         "8e39600cc18cec339b21fe2b05fcb64b98de373355f8ce732c35710d8b10259f"),
        (KEY, {"acl": ["/i/a/*", "/i/a/*", "/i/a/*"], "start_time": 222222222, "duration": 3600}, "/i/a/b",
         "10d9ad42d6ed66dce2386c4b564b2aa25a6ac668e5b90d070363a03c9842965f"),
        (KEY, {"url": URL, "start_time": 1111111111, "duration": 300}, URL,
         "639406f8c07fc6a1613e1f6192baba631f9d5719185a32049281e94e15c5619b"),
        (KEY, {"url": PATH, "start_time": 11111111, "duration": 300}, PATH,
         "8db0d753ee7bbb9e2eaf8698ca3797436ba4c20e31f44527e43b6a6e995cfdb3"),
        ("CCBB2233FF00", {"url": OTHER, "start_time": 222222222, "duration": 100}, OTHER,
         "55cfe516530461213fe3b3606014533b1eca8ff60aeab79d1bb84c9322eebc1f"),
        ("CCBB2233FF00", {"url": OTHER_SIGNED, "start_time": 222222222, "duration": 100}, OTHER_SIGNED,
         "92a55aaed531b2dab074074bbd1430120119f9cb1b901656925dda2e514a63cc"),
    ],
)  # fmt: skip
def test_tokens_are_signed_as_documented(key, options, url, digest):
    name, _, token = auth_token.generate(key=key, **options).partition("=")
    start, end = options["start_time"], options["start_time"] + options["duration"]
    assert name == tokens.NAME and token.endswith(f"~hmac={digest}")
    assert tokens.opens(token, key, url, "127.0.0.1", start)
    assert tokens.opens(token, key, url, "127.0.0.1", end - 1)
    assert not tokens.opens(token, key, url, "127.0.0.1", start - 1)
    assert not tokens.opens(token, key, url, "127.0.0.1", end)
    assert not tokens.opens(token, "AA" + key[2:], url, "127.0.0.1", start)
    assert not tokens.opens(token, key, "/elsewhere", "127.0.0.1", start)
    assert not tokens.opens(token.replace(f"exp={end}", f"exp={end + 1}"), key, url, "127.0.0.1", start)


@pytest.fixture
def with_tokens():
    data = unique_wav(1)
    with Cloudinary(Account(token_key=KEY)) as service, Sdk(service):
        put(service, data)
        service.data = data
        yield service
    assert service.mistakes == []


def test_a_token_opens_an_address_for_a_while(with_tokens):
    url = delivery_url(with_tokens, ID, auth_token={"key": KEY, "duration": 300})
    assert "__cld_token__=" in url and "s--" not in url
    assert httpx.get(url).content == with_tokens.data
    assert httpx.get(url.partition("?")[0]).status_code == 401
    assert httpx.get(url.replace("/v1/", "/v2/")).status_code == 401, "the token is for this path"
    with_tokens.pass_time(310)
    expired = httpx.get(url)
    assert (expired.status_code, message(expired)) == (401, "deny or ACL failure")


def test_a_token_opens_what_its_list_covers_also_as_a_cookie(with_tokens):
    cloud = with_tokens.account.cloud
    url = here(with_tokens, f"https://res.cloudinary.com/{cloud}/video/authenticated/v1/{ID}")
    for acl, status in ((f"/{cloud}/video/*", 200), ([f"/{cloud}/image/*", "*/one"], 200), ("/other/*", 401)):
        name, _, token = utils.generate_auth_token(key=KEY, acl=acl, duration=300).partition("=")
        assert httpx.get(url, cookies={name: token}).status_code == status, acl
        assert httpx.get(f"{url}?{name}={token}").status_code == status, acl
    for address, status in (("127.0.0.1", 200), ("10.0.0.1", 401)):
        token = utils.generate_auth_token(key=KEY, acl="/*", ip=address, duration=300)
        assert httpx.get(f"{url}?{token}").status_code == status, address


def test_a_token_that_is_given_must_be_right(with_tokens, cloudinary):
    signed = delivery_url(with_tokens, ID)
    assert httpx.get(signed).status_code == 200
    assert httpx.get(signed + "?__cld_token__=exp=9999999999~hmac=00").status_code == 401
    data = unique_wav(1)
    put(cloudinary, data)
    with Sdk(cloudinary):
        url = delivery_url(cloudinary, ID, auth_token={"key": KEY, "duration": 300})
    assert httpx.get(url).status_code == 401, "this account has no key"
