"""Clients: each does one thing after the other, and goes on after every kill with what it was at."""

import asyncio
import random
from dataclasses import dataclass

from ..contents import some_size
from . import draft, tus, whole
from .ledger import Violation
from .wire import Lost

WHOLE = {"whole": (whole.whole, 4), "delete": (whole.delete, 2)}
RESUMABLE = {
    "tus": (tus.chunks, 5),
    "joined": (tus.joined, 1),
    "draft": (draft.chunks, 4),
    "live": (draft.live, 5),
    "at-once": (draft.at_once, 1),
}


@dataclass
class Habits:
    """How often a client does what well-behaved ones do not, for each request."""

    hangs_up: float = 0.05
    deletes_upload: float = 0.01
    leaves_live: float = 0.15
    repeats_content: float = 0.1
    sends_noise: float = 0.08


class Person:
    def __init__(self, number, ledger, wire, doings, habits):
        self.ledger = ledger
        self.wire = wire
        self.doings = doings
        self.habits = habits
        self.chance = random.Random(f"{ledger.seed}/person/{number}")
        self.task = None

    def intend(self, kind, most=None):
        """The next recording to send. Some repeat the content of another, some are no audio."""
        size = min(some_size(self.chance), most or 10**9)
        fitting = [made for made in self.ledger.recordings[-50:] if made.size <= (most or 10**9)]
        like = self.chance.choice(fitting) if fitting and self.chance.random() < self.habits.repeats_content else None
        return self.ledger.intend(kind, size, like, is_audio=self.chance.random() >= self.habits.sends_noise)

    async def ask(self, *arguments, **options):
        return await self.wire.ask(*arguments, **options)

    async def persist(self, request):
        """Until an answer comes."""
        while True:
            try:
                return await request()
            except Lost:
                self.ledger.resumes += 1
                await asyncio.sleep(0.01)

    async def live(self, world):
        """One thing after the other, until the end is near."""
        names = list(self.doings)
        weights = [self.doings[name][1] for name in names]
        while not world.is_ending:
            await self.wire.gate.wait()
            if world.is_behind:
                # Processing must not fall behind without end.
                await asyncio.sleep(0.1)
                continue
            name = self.chance.choices(names, weights)[0]
            try:
                await self.doings[name][0](self)
            except Violation as violation:
                self.ledger.violate(str(violation))
            except Exception as error:
                self.ledger.violate(f"a client failed at {name}: {error!r}")
                raise
            await asyncio.sleep(self.chance.uniform(0, 0.05))
