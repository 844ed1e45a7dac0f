"""The emulated Cloudinary, and clients of it: the official SDK, and calls by hand for what the SDK never does."""

import hashlib
import sys
import time

import cloudinary as sdk
import httpx
from cloudinary import uploader, utils
from cloudinary.api_client import call_api

from .server import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "Tests"))

from Emulators.cloudinary import Account, Cloudinary, Limits, faults, signatures, tokens  # noqa: E402

__all__ = ["Account", "Cloudinary", "Limits", "faults", "signatures", "tokens"]

MEBIBYTE = 1024 * 1024
PUBLIC_HOST = "https://res.cloudinary.com"


class Sdk:
    """Lets the official SDK talk to the emulator for a while: it knows one account at a time."""

    def __init__(self, service, **settings):
        account = service.account
        names = {"cloud_name": account.cloud, "api_key": account.key, "api_secret": account.secret}
        self.settings = names | {"upload_prefix": service.url, "secure": True} | settings

    def __enter__(self):
        sdk.reset_config()
        sdk.config(**self.settings)
        return self

    def __exit__(self, *_):
        sdk.reset_config()
        uploader._http.clear()
        call_api._http.clear()


def here(service, url):
    """The SDK writes the public host into what it makes."""
    return url.replace(PUBLIC_HOST, service.url)


def delivery_url(service, public_id, **options):
    """A signed address of an authenticated recording, as the SDK makes it."""
    options = {"resource_type": "video", "type": "authenticated", "sign_url": True} | options
    return here(service, utils.cloudinary_url(public_id, **options)[0])


def signed(service, secret=None, version=2, **params):
    """The parameters with key, timestamp and signature, made by the SDK."""
    params = {"timestamp": str(int(time.time()))} | params
    signature = utils.api_sign_request(params, secret or service.account.secret, "sha1", version)
    return params | {"signature": signature, "api_key": service.account.key}


def call(service, action, params, file=None, resource_type="video", headers=None):
    """The answer to a call with these fields and nothing else. A form is always multipart, as the SDK's are."""
    files = {name: (None, value) for name, value in params.items()}
    if file is not None:
        files["file"] = ("Grüße.wav", file)
    url = f"{service.url}/v1_1/{service.account.cloud}/{resource_type}/{action}"
    return httpx.post(url, files=files, headers=headers, timeout=20)


def put(service, data, public_id="voicenote/one", **params):
    """An authenticated recording is there."""
    answer = call(service, "upload", signed(service, public_id=public_id, type="authenticated", **params), data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send_part(service, upload_id, data, content_range, public_id="voicenote/one", **params):
    """One part of a recording, signed on its own."""
    params = signed(service, public_id=public_id, type="authenticated", **params)
    headers = {"X-Unique-Upload-Id": upload_id, "Content-Range": content_range}
    return call(service, "upload", params, data, headers=headers)


def message(answer):
    """What an error says: the same in its body and in its header."""
    text = answer.json()["error"]["message"]
    assert answer.headers["x-cld-error"] == text.encode("ascii", "replace").decode()
    return text


def md5(data):
    return hashlib.md5(data).hexdigest()
