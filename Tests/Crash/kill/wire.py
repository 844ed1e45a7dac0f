"""How clients reach the server: only while it is open to them, and knowing that an answer may never come."""

import asyncio

import httpx

from support.api import BASE

from .ledger import Violation


class Lost(Exception):
    """No answer came. What became of the request is unknown."""


class HungUp(Exception):
    """The client itself broke the connection in the middle of a body, as a tab that is closed does."""


async def broken(content, count):
    """A body that breaks off after `count` bytes."""
    for start in range(0, count, 16_384):
        yield content[start : min(count, start + 16_384)]
    # What was written must have a chance to arrive.
    await asyncio.sleep(0.01)
    raise HungUp


class Wire:
    """`answers_within` is what a living server may take at most."""

    answers_within = 30

    def __init__(self, url):
        self.url = url
        self.token = None
        self.gate = asyncio.Event()
        self.client = None

    async def renew(self):
        """Forgets all connections: those to a killed server only fail."""
        if self.client:
            await self.client.aclose()
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self.client = httpx.AsyncClient(
            base_url=self.url + BASE, headers=headers, timeout=self.answers_within, limits=limits)  # fmt: skip

    async def close(self):
        if self.client:
            await self.client.aclose()

    async def ask(self, method, path, *expected, passes_gate=False, **options):
        """The answer, whose status must be one of the expected. Clients wait until the server is open to them."""
        if not passes_gate:
            await self.gate.wait()
        try:
            response = await self.client.request(method, path, **options)
        except httpx.TimeoutException as error:
            raise Violation(f"{method} {path}: no answer within {self.answers_within} s ({error!r})") from error
        except httpx.TransportError as error:
            raise Lost from error
        except RuntimeError as error:
            # The connections were forgotten while this request was under way.
            raise Lost from error
        if response.status_code == 503:
            raise Lost
        if response.status_code not in expected:
            raise Violation(f"{method} {path}: {response.status_code} {response.text[:300]}, expected {expected}")
        return response
