"""What goes wrong on command. A fault is made by one of the functions here and given to `Faults`:

    emulator.faults.next("upload", answer_lost())                    # the next one
    emulator.faults.next("deliver", bad_gateway(), cut_short())      # the next two
    emulator.faults.sometimes(0.3, UPLOAD_FAULTS, *UPLOADS, seed=7)      # three of ten
    emulator.faults.clear()

An operation is named as in the log; `any` means each."""

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .account import Refusal
from .answers import Answer, of_refusal

UPLOADS = ("upload", "part", "last_part")


@dataclass(frozen=True)
class Fault:
    """`instead` answers without doing anything. `reset` breaks the connection: `reading` the request, `before` doing
    it, `after` it was done without a byte of an answer, or in the `middle` of the answer. Others spoil what is sent:
    the JSON of an answer, its pace in bytes a second, the share of it that is sent, or a bit in its middle. With a
    `delay` there is silence first."""

    name: str
    instead: Callable[[float], Answer] | None = None
    reset: str | None = None
    spoil: Callable[[dict], None] | None = None
    delay: float = 0
    pace: int | None = None
    share: float = 1.0
    flips: bool = False


def _refusal(name: str, status: int, message: str, **headers: str) -> Fault:
    return Fault(name, instead=lambda now: of_refusal(Refusal(status, message, **headers)))


def out_of_calls(limit: int, until: float) -> Refusal:
    """How the service says that the calls of this hour are used up."""
    then = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Refusal(420, f"Rate Limit Exceeded. Limit of {limit} api operations reached. Try again on {then}")


def rate_limited(seconds: float = 2) -> Fault:
    """420, to be tried again after so many seconds."""
    return Fault("rate_limited", instead=lambda now: of_refusal(out_of_calls(500, now + seconds)))


def processing() -> Fault:
    return _refusal("processing", 423, "Resource is still being processed")


def too_many_requests(seconds: int = 1) -> Fault:
    return _refusal("too_many_requests", 429, "Too many requests", Retry_After=str(seconds))


def server_error() -> Fault:
    return _refusal("server_error", 500, "General Error")


def bad_gateway() -> Fault:
    """502 from something in between, which speaks no JSON."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n"
    return Fault("bad_gateway", instead=lambda now: Answer(502, {"Content-Type": "text/html"}, page))


def reset_while_reading() -> Fault:
    """The connection breaks when the body has begun to arrive."""
    return Fault("reset_while_reading", reset="reading")


def reset_before() -> Fault:
    """The request arrives as a whole, and is not done."""
    return Fault("reset_before", reset="before")


def answer_lost() -> Fault:
    """The request is done, and nobody is told."""
    return Fault("answer_lost", reset="after")


def answer_torn() -> Fault:
    """The request is done, and half of the answer is sent."""
    return Fault("answer_torn", reset="middle")


def slow(pace: int = 200) -> Fault:
    """The answer trickles, at so many bytes a second."""
    return Fault("slow", pace=pace)


def silent(seconds: float) -> Fault:
    """The request is done, and the answer comes after so many seconds."""
    return Fault("silent", delay=seconds)


def wrong_etag() -> Fault:
    """The answer tells the digest of another file."""
    return Fault("wrong_etag", spoil=lambda told: told.update(etag="0" * 32) if "etag" in told else None)


def wrong_bytes() -> Fault:
    """The answer tells another size."""
    return Fault("wrong_bytes", spoil=lambda told: told.update(bytes=told["bytes"] - 1) if "bytes" in told else None)


def cut_short(share: float = 0.5) -> Fault:
    """The connection is closed properly after that share of the body."""
    return Fault("cut_short", share=share)


def damaged() -> Fault:
    """A bit in the middle of the body is wrong."""
    return Fault("damaged", flips=True)


UPLOAD_FAULTS = (
    rate_limited(),
    processing(),
    too_many_requests(),
    server_error(),
    bad_gateway(),
    reset_while_reading(),
    reset_before(),
    answer_lost(),
    answer_torn(),
    wrong_etag(),
    wrong_bytes(),
)
DELIVERY_FAULTS = (
    too_many_requests(),
    server_error(),
    bad_gateway(),
    reset_before(),
    answer_torn(),
    cut_short(),
    damaged(),
)


class Faults:
    def __init__(self):
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """All goes well again."""
        with self._lock:
            self._queues: dict[str, deque[Fault]] = {}
            self._chances: dict[str, tuple[float, Sequence[Fault], random.Random]] = {}

    def next(self, operation: str, *faults: Fault) -> None:
        """One after the other, each for one request. Queued faults come before chances, those of `any` last."""
        with self._lock:
            self._queues.setdefault(operation, deque()).extend(faults)

    def sometimes(self, share: float, faults: Sequence[Fault], *operations: str, seed: object = 0) -> None:
        """One of the faults for this share of the requests; 0 ends it."""
        chance = random.Random(f"{seed}")
        with self._lock:
            for operation in operations:
                self._chances[operation] = (share, tuple(faults), chance)

    def take(self, operation: str) -> Fault | None:
        with self._lock:
            for name in (operation, "any"):
                if self._queues.get(name):
                    return self._queues[name].popleft()
            share, faults, chance = self._chances.get(operation) or self._chances.get("any") or (0, (), None)
            return chance.choice(faults) if chance and chance.random() < share else None
