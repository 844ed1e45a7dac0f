"""A resumable upload as its client lives through it: what was lost is asked for again, and gone on with."""

import asyncio

from .ledger import Violation
from .wire import HungUp, Lost

TRIES = 8  # how often an upload with all its bytes may be found incomplete


class Transfer:
    """What both protocols share. `pieces` gives the size of each next piece, `pause` the time between them."""

    protocol = None
    headers = {}

    def __init__(self, person, recording, pieces, pause=0.0):
        self.person = person
        self.ledger = person.ledger
        self.chance = person.chance
        self.recording = recording
        self.pieces = pieces
        self.pause = pause
        self.upload = None
        self.is_lost = False
        self.tries = 0

    async def run(self, leaves_after=None):
        """Until it is complete, or deleted; one that is left after so many bytes is nobody's any more."""
        try:
            await self.create()
        except Lost:
            if self.upload is None:
                return  # It may exist; nobody knows its address.
            self.is_lost = True
        while self.upload.state == "open":
            if leaves_after is not None and self.upload.acknowledged >= leaves_after:
                return
            try:
                if self.is_lost:
                    await self.resume()
                elif self.chance.random() < self.person.habits.deletes_upload:
                    await self.delete()
                else:
                    await self.send()
            except Lost:
                self.is_lost = True
                self.ledger.resumes += 1
            except HungUp:
                self.is_lost = True
            await asyncio.sleep(self.pause)

    async def create(self):
        raise NotImplementedError

    async def send(self):
        raise NotImplementedError

    def is_complete(self, response):
        raise NotImplementedError

    async def resume(self):
        """Asks where to go on."""
        response = await self.person.ask("HEAD", self.upload.path, 200, 204, 404, 410, headers=self.headers)
        if response.status_code in (404, 410):
            if not self.upload.may_be_gone:
                raise Violation(f"{self.upload.path} ({self.recording.title}) is lost: {response.status_code}")
            self.upload.state = "gone"
            return
        self.upload.is_given_up = False
        self.ledger.acknowledge(self.upload, int(response.headers["upload-offset"]), "HEAD")
        self.is_lost = False
        if self.is_complete(response):
            await self.learn()

    async def learn(self):
        """What it became, when the answer that said so was lost."""
        shown = (await self.person.ask("GET", self.upload.path, 200)).json()
        if shown["state"] == "complete":
            self.ledger.complete(self.upload, shown["noteId"], shown["receipt"])
            return
        self.tries += 1
        if self.tries > TRIES:
            raise Violation(f"{self.upload.path} has all its bytes and does not become a note: {shown}")

    async def delete(self):
        self.upload.is_given_up = True
        await self.person.ask("DELETE", self.upload.path, 204, headers=self.headers)
        self.upload.state = "gone"

    def next_piece(self):
        """Where the next piece ends."""
        return min(self.upload.length, self.upload.acknowledged + self.pieces())
