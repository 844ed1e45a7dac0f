"""What is asked of the server after every start, before the clients go on."""

import hashlib

from .ledger import Violation
from .tus import TUS


class Check:
    def __init__(self, ledger, wire, folder):
        self.ledger = ledger
        self.wire = wire
        self.folder = folder
        self._checked = set()  # ids of notes whose state was found right before

    async def ask(self, *arguments, **options):
        return await self.wire.ask(*arguments, passes_gate=True, **options)

    async def after_start(self):
        """All open uploads, and the notes that are new or changed. Raises Lost when the server dies meanwhile."""
        for upload in self.ledger.open_uploads():
            await self._judge(self._upload, upload)
        for note in list(self.ledger.notes.values()):
            if (note.id, note.state) not in self._checked:
                await self._judge(self.note, note)

    async def _judge(self, judge, fact):
        try:
            await judge(fact)
        except Violation as violation:
            self.ledger.violate(str(violation))

    async def all_notes(self):
        """Every note that was ever acknowledged, byte by byte."""
        for note in list(self.ledger.notes.values()):
            await self._judge(self.note, note)

    async def note(self, note):
        statuses = {"kept": [200], "deleting": [200, 404], "deleted": [404]}[note.state]
        response = await self.ask("GET", f"/notes/{note.id}/audio?rendition=source", *statuses)
        if response.status_code == 200:
            found = hashlib.sha256(response.content).hexdigest()
            if found != note.sha256:
                raise Violation(f"note {note.id} ({note.recording.title}): receipt for {note.sha256}, it is {found}")
            # While it is being deleted, the file may go before the row is looked at.
            if note.state == "kept" and (problems := self.folder.blob_problems(note.sha256, note.size)):
                raise Violation(f"note {note.id} ({note.recording.title}): {problems[0]}")
        self._checked.add((note.id, note.state))

    async def _upload(self, upload):
        headers = TUS if upload.protocol == "tus" else {}
        response = await self.ask("HEAD", upload.path, 200, 204, 404, 410, headers=headers)
        if response.status_code in (404, 410):
            if not upload.may_be_gone:
                raise Violation(
                    f"{upload.path} ({upload.recording.title}) is lost: {response.status_code}, acknowledged were "
                    f"{upload.acknowledged} bytes"
                )
            return
        offset = int(response.headers["upload-offset"])
        self.ledger.acknowledge(upload, offset, "HEAD after the start")
        shown = (await self.ask("GET", upload.path, 200)).json()
        if shown["state"] == "complete":
            if upload.is_part:
                raise Violation(f"{upload.path} is a part and became a note: {shown}")
            self.ledger.complete(upload, shown["noteId"], shown["receipt"])
            return
        if shown["state"] != "open" or shown["offset"] != offset:
            raise Violation(f"{upload.path}: HEAD says {offset}, it is shown as {shown}")
        if offset:
            held = (await self.ask("GET", f"{upload.path}/audio", 200)).content
            if held != upload.content(0, offset):
                raise Violation(
                    f"{upload.path} ({upload.recording.title}): the {len(held)} bytes that it holds are not the first "
                    f"{offset} that were sent"
                )

    async def end_left_uploads(self):
        """Whether every live upload that was left with some bytes has become a note by itself."""
        left = [upload for upload in self.ledger.open_uploads() if upload.is_live and upload.acknowledged]
        for upload in left:
            shown = (await self.ask("GET", upload.path, 200, 410)).json()
            if shown.get("state") == "complete":
                self.ledger.complete(upload, shown["noteId"], shown["receipt"])
            elif "state" not in shown:
                raise Violation(f"{upload.path} was left with {upload.acknowledged} bytes and is gone: {shown}")
        return not any(upload.state == "open" for upload in left)
