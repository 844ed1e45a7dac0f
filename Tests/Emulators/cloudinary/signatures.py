"""The two kinds of signature: of the parameters of a call, and of the address of an asset."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from .account import Account

UNSIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
DIGITS = {40: "sha1", 64: "sha256"}  # of a signature, which tell its algorithm


def string_to_sign(params: Mapping[str, str]) -> str:
    """An `&` inside of a value is escaped, so that no parameter can be hidden in another one's value. The pairs are
    sorted, not the names."""
    pairs = [f"{name}={value}" for name, value in params.items() if value and name not in UNSIGNED]
    return "&".join(sorted(pair.replace("&", "%26") for pair in pairs))


def signed(text: str, secret: str, algorithm: str) -> str:
    return hashlib.new(algorithm, (text + secret).encode()).hexdigest()


def algorithm_of(account: Account, params: Mapping[str, str]) -> str | None:
    """The algorithm with which the parameters are rightly signed, if they are."""
    given = params["signature"]
    algorithm = DIGITS.get(len(given))
    if algorithm not in account.algorithms:
        return None
    expected = signed(string_to_sign(params), account.secret, algorithm)
    return algorithm if hmac.compare_digest(expected.encode(), given.encode()) else None


def answer_signature(account: Account, public_id: str, version: int, algorithm: str) -> str:
    """By which a client knows that an answer came from here. It is of the first version: nothing is escaped."""
    return signed(f"public_id={public_id}&version={version}", account.secret, algorithm)


def escaped(path: str) -> str:
    """A source as it stands in an address and in its signature, from however it arrived."""
    single = re.sub(r"([^:])/+", r"\1/", unquote(path))
    return re.sub(r"[^a-zA-Z0-9_.\-/:]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), single)


def address_signatures(account: Account, to_sign: str) -> Iterator[str]:
    """Every signature that opens the address: 8 characters of an allowed algorithm, or 32 of SHA-256."""
    for algorithm in account.algorithms:
        digest = hashlib.new(algorithm, (to_sign + account.secret).encode()).digest()
        text = base64.urlsafe_b64encode(digest).decode()
        yield text[:8]
        if algorithm == "sha256":
            yield text[:32]
