"""Who may make a call: by a signature of its parameters, or with the secret itself."""

from collections.abc import Mapping
from datetime import UTC, datetime

from .account import Account, Refusal
from .request import Request, check_credentials
from .signatures import algorithm_of, string_to_sign

HOUR = 3600


def check_cloud(account: Account, cloud: str) -> None:
    if cloud != account.cloud:
        raise Refusal(401, f"Invalid cloud_name {cloud}")


def check_call(account: Account, request: Request, params: Mapping[str, str], now: float) -> str:
    """The algorithm of the signature. It is valid for an hour from its timestamp."""
    if "signature" not in params and request.credentials():
        check_credentials(request, account)
        return account.algorithms[0]
    algorithm = check_signature(account, params)
    check_fresh(timestamp(params, "timestamp"), now)
    return algorithm


def check_signature(account: Account, params: Mapping[str, str]) -> str:
    if not params.get("signature"):
        raise Refusal(400, "Upload preset must be specified when using unsigned upload")
    if params.get("api_key") != account.key:
        raise Refusal(401, f"Unknown API key {params.get('api_key', '')}")
    algorithm = algorithm_of(account, params)
    if algorithm is None:
        to_sign = string_to_sign(params)
        raise Refusal(401, f"Invalid Signature {params['signature']}. String to sign - '{to_sign}'.")
    return algorithm


def check_fresh(at: int, now: float) -> None:
    if at < now - HOUR:
        then = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
        raise Refusal(401, f"Stale request - reported time is {then} which is more than 1 hour ago")


def timestamp(params: Mapping[str, str], name: str) -> int:
    """Seconds since 1970, in plain digits."""
    text = params.get(name)
    if not text:
        raise Refusal(400, f"Missing required parameter - {name}")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refusal(400, f"Invalid {name} {text}")
    return int(text)
