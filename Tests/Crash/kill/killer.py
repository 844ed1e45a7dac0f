"""Starts the server, and has it end in a way and at a moment that chance decides."""

import asyncio
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass

import httpx

from support.server import Server, binary, clean_environment

POINTS = [
    "upload.created", "append.written", "append.synced", "append.recorded", "complete.begun", "complete.linked",
    "complete.synced", "complete.recorded", "note.written", "note.linked", "note.synced", "note.recorded",
    "note.filed", "note.journaled",
    "rendition.linked", "rendition.synced", "job.recorded", "delete.recorded",
]  # fmt: skip
# These are passed many times a second; the others now and then.
FREQUENT = {"append.written": 40, "append.synced": 40, "append.recorded": 40, "upload.created": 8}
SECONDS_FOR_A_POINT = 3.0


@dataclass
class Plan:
    """How one life of the server is to end: at a point, `seconds` after it is open to clients, or while it starts."""

    point: str | None = None
    passing: int = 1
    seconds: float = 0.0
    while_starting: bool = False


class Killer:
    def __init__(self, server, seed, points):
        self.server = server
        self.chance = random.Random(f"{seed}/killer")
        self.points = points
        self.settings = dict(server.settings)
        self.kills = Counter()
        self.start_seconds = []
        self._turn = 0

    def plan(self):
        """In half of the lives the next point in turn; else a random moment, at times one during the start."""
        if self.points and self._turn % 2 == 0:
            self._turn += 1
            point = self.points[self._turn // 2 % len(self.points)]
            return Plan(point, self.chance.randint(1, FREQUENT.get(point, 3)), SECONDS_FOR_A_POINT)
        self._turn += 1
        if self.chance.random() < 0.2:
            return Plan(seconds=self.chance.uniform(0.02, 0.3), while_starting=True)
        return Plan(seconds=self.chance.uniform(0.05, 2))

    async def start(self, plan):
        """True when it answers; False when it is dead by then, as planned."""
        self.server.settings = dict(self.settings)
        if plan.point:
            self.server.settings["VOICENOTE_FAILURE_POINT"] = f"{plan.point}:{plan.passing}"
        begin = time.monotonic()
        self.server.launch()
        while not await self._answers():
            if plan.while_starting and time.monotonic() - begin > plan.seconds:
                self.kill("during the start")
                return False
            if not self.is_alive():
                self.bury(plan)
                return False
            if time.monotonic() - begin > Server.seconds_to_start:
                raise AssertionError(f"the server does not answer:\n{self.server.log_tail()}")
            await asyncio.sleep(0.02)
        self.start_seconds.append(time.monotonic() - begin)
        return True

    async def _answers(self):
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                return (await client.get(f"{self.server.url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    def is_alive(self):
        return self.server.process is not None and self.server.process.poll() is None

    async def wait(self, plan):
        """Until it is dead: by itself at its point, or killed when the time is over."""
        end = time.monotonic() + plan.seconds
        while self.is_alive() and time.monotonic() < end:
            await asyncio.sleep(0.005)
        if self.is_alive():
            self.kill("at a random moment")
        else:
            self.bury(plan)

    def kill(self, how):
        self.server.kill()
        self.kills[how] += 1

    def bury(self, plan):
        """It ended by itself: that is right only with a point, and only by SIGKILL."""
        process, self.server.process = self.server.process, None
        status = process.wait()
        if plan.point is None or status != -signal.SIGKILL:
            raise AssertionError(f"the server ended with {status}, planned was {plan}:\n{self.server.log_tail()}")
        self.kills[plan.point] += 1


class KilledServer(Server):
    """A server that is launched without being waited for."""

    def launch(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), "serve"], cwd=self.folder, env=clean_environment(**self.settings), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
