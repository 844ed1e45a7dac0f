"""`__cld_token__`: who has it may read what it names, for as long as it says."""

import hashlib
import hmac
import re
from urllib.parse import unquote

NAME = "__cld_token__"
UNSAFE = re.compile(r"""[ "#%&'/:;<=>?@\[\\\]^`{|}~]""")


def escaped(text: str) -> str:
    return UNSAFE.sub(lambda found: f"%{ord(found[0]):02x}", text)


def opens(token: str, key: str, url: str, address: str, now: float) -> bool:
    """Whether the token, without its name, was made with the key, is valid now, and for this address. `url` is the
    path as requested; what the token says itself (its `acl`) takes precedence over it."""
    said, _, digest = token.rpartition("~hmac=")
    fields = dict(field.partition("=")[::2] for field in said.split("~"))
    to_sign = said if "acl" in fields else f"{said}~url={escaped(url)}"
    expected = hmac.new(bytes.fromhex(key), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), digest.encode()):
        return False
    if not _is_now(fields, now) or fields.get("ip", address) != address:
        return False
    return "acl" not in fields or any(_covers(pattern, url) for pattern in fields["acl"].split("!"))


def _is_now(fields: dict[str, str], now: float) -> bool:
    try:
        return int(fields.get("st", 0)) <= now < int(fields["exp"])
    except (KeyError, ValueError):
        return False


def _covers(pattern: str, path: str) -> bool:
    """`*` stands for anything, `?` for one character."""
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(character) or re.escape(character) for character in unquote(pattern))
    return re.fullmatch(expression, path, re.DOTALL) is not None
