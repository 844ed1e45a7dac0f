"""Whose service it is, what it allows, and how it says no."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Account:
    """`token_key` is the hexadecimal key of `__cld_token__`. An account may be limited to one signature algorithm."""

    cloud: str = "voicenote-test"
    key: str = "874837483274837"
    secret: str = "a676b67565c6767a6767d6767f676fe1"
    token_key: str | None = None
    algorithms: tuple[str, ...] = ("sha1", "sha256")


@dataclass(frozen=True)
class Limits:
    """Bytes of a part that is not the last, of a file in one request, and of an asset; admin calls in an hour."""

    part: int = 5 * MEBIBYTE
    request: int = 100 * MEBIBYTE
    asset: int = 2048 * MEBIBYTE
    admin_calls: int | None = None


class Refusal(Exception):
    """The request is answered with this status and message."""

    def __init__(self, status: int, message: str, **headers: str):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class HungUp(Exception):
    """The client is gone in the middle of its request."""


def too_large(size: int, limit: int) -> Refusal:
    return Refusal(400, f"File size too large. Got {size}. Maximum is {limit}.")


def not_found(public_id: str) -> Refusal:
    return Refusal(404, f"Resource not found - {public_id}")
