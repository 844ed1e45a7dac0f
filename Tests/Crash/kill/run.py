"""One run: lives of the server one after the other on one data folder, clients that go through all of them, checks
between, and everything once more at the end."""

import asyncio
import statistics
import time

from support.api import account

from ..folder import Folder
from .check import Check
from .killer import POINTS, KilledServer, Killer, Plan
from .ledger import Ledger
from .people import RESUMABLE, WHOLE, Habits, Person
from .settled import Settled
from .wire import Lost, Wire

PEOPLE = 12
MOST_BACKLOG = 60  # recordings that wait to be processed, before clients pause
ROUNDS_BETWEEN_FULL_CHECKS = 10
SETTINGS = {"VOICENOTE_AUDIO_WORKERS": "1", "VOICENOTE_AUDIO_OPUS_COMPLEXITY": "0"}
QUIET_SECONDS = 8
RESUMABLE_SETTINGS = {
    "VOICENOTE_UPLOADS_LIVE_QUIET_SECONDS": str(QUIET_SECONDS),
    "VOICENOTE_UPLOADS_MOST_PER_ACCOUNT": "100000",
}


class Run:
    def __init__(self, folder, kills, seed, seconds_limit=None, points=POINTS, resumable=True):
        self.most_kills = kills
        self.seconds_limit = seconds_limit
        settings = SETTINGS | (RESUMABLE_SETTINGS if resumable else {})
        self.server = KilledServer("crash-test", folder, **settings)
        self.killer = Killer(self.server, seed, points)
        self.ledger = Ledger(seed)
        self.wire = Wire(self.server.url)
        self.folder = Folder(self.server.data)
        self.check = Check(self.ledger, self.wire, self.folder)
        self.settled = Settled(self.ledger, self.folder)
        doings = WHOLE | (RESUMABLE if resumable else {})
        self.people = [Person(number, self.ledger, self.wire, doings, Habits()) for number in range(PEOPLE)]
        self.is_ending = False
        self.is_behind = False
        self.seconds = 0.0

    @property
    def kills(self):
        return self.killer.kills.total()

    async def run(self):
        """True when no promise was broken. The server is stopped then; else it is dead, and its folder as it was."""
        begin = time.monotonic()
        try:
            self._make_account()
            tasks = [asyncio.create_task(person.live(self)) for person in self.people]
            try:
                while self.kills < self.most_kills and not self._is_over(begin) and not self.ledger.violations:
                    self.ledger.round += 1
                    await self._round()
                if not self.ledger.violations:
                    await self._end(tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self.wire.close()
        except AssertionError as error:
            self.ledger.violate(str(error))
        finally:
            self.seconds = time.monotonic() - begin
            if self.killer.is_alive():
                self.server.kill()
        return not self.ledger.violations

    def _make_account(self):
        self.server.start()
        with account(self.server, "owner@example.org") as client:
            self.wire.token = client.headers["authorization"].removeprefix("Bearer ")
        self.server.stop()

    def _is_over(self, begin):
        return self.seconds_limit is not None and time.monotonic() - begin > self.seconds_limit

    async def _round(self):
        plan = self.killer.plan()
        if not await self.killer.start(plan):
            return
        await self.wire.renew()
        try:
            await self.check.after_start()
            if self.ledger.round % ROUNDS_BETWEEN_FULL_CHECKS == 0:
                await self.settled.check(self.killer.is_alive)
            self.is_behind = self.settled.backlog() > MOST_BACKLOG
        except Lost:
            # It died at its point while it was asked.
            return await self.killer.wait(plan)
        if self.ledger.violations:
            return
        self.wire.gate.set()
        await self.killer.wait(plan)
        self.wire.gate.clear()

    async def _end(self, tasks):
        """Everybody ends what they were at; then everything is checked."""
        self.is_ending = True
        await self.killer.start(Plan())
        await self.wire.renew()
        await self.check.after_start()
        self.wire.gate.set()
        await asyncio.wait_for(asyncio.gather(*tasks), timeout=120)
        end = time.monotonic() + 3 * QUIET_SECONDS
        while not await self.check.end_left_uploads():
            assert time.monotonic() < end, "live uploads that were left do not become notes"
            await asyncio.sleep(0.2)
        await self.settled.check(self.killer.is_alive)
        await self.check.all_notes()
        assert self.killer.is_alive(), f"the server died by itself:\n{self.server.log_tail()}"
        self.server.stop()

    def median_start(self):
        return statistics.median(self.killer.start_seconds) if self.killer.start_seconds else 0.0
