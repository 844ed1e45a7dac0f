"""Asks a server that came back after a power cut for everything that was acknowledged before it."""

import hashlib
from dataclasses import replace

from support.server import eventually
from support.uploads import OFFSET_STREAM, PARTIAL_UPLOAD

from ..folder import Folder
from .session import TUS


class Judge:
    """`before` is what was acknowledged. `after` is what the interrupted request would have led to: it may have taken
    effect or not."""

    def __init__(self, api, data, before, after):
        self.api = api
        self.folder = Folder(data)
        self.before = before
        self.after = after
        self.problems = []

    def judge(self):
        """What is wrong; nothing when all is kept."""
        for note in self.before.notes | self.after.notes:
            self._note(note, self.before.notes.get(note), self.after.notes.get(note))
        self._strangers()
        for upload, told in self.before.uploads.items():
            self._upload(upload, told, self.after.uploads.get(upload, told))
        self.problems += self.folder.problems()
        self._clears_up()
        return self.problems

    def _clears_up(self):
        """What nobody was told of does not stay, but for blobs whose row was lost: the server only tells of those, because
        they could as well be newer than a restored database."""
        try:
            eventually(lambda: not self.folder.surplus_incoming(), seconds=10)
        except AssertionError:
            self.problems.append(f"there are files in incoming/ of no open upload: {self.folder.surplus_incoming()[:3]}")

    def _require(self, is_right, problem):
        if not is_right:
            self.problems.append(problem)
        return is_right

    def _note(self, note, told, planned):
        response = self.api.get(f"/notes/{note}")
        possible = [fact for fact in (told, planned) if fact and fact.place != "gone"]
        if response.status_code == 404:
            may_lack = any(fact is None or fact.place == "gone" for fact in (told, planned))
            self._require(may_lack, f"note {note} is lost: {possible and possible[0].title}")
            return
        if not self._require(response.status_code == 200, f"note {note} answers {response.status_code}"):
            return
        found = response.json()
        place = "trash" if found["trashedAt"] else "list"
        if not self._require(possible, f"note {note} was deleted and is there again"):
            return
        self._require(
            (found["title"], place) in [(fact.title, fact.place) for fact in possible],
            f"note {note} is '{found['title']}' in {place}, acknowledged was {[(f.title, f.place) for f in possible]}",
        )
        self._source(note, possible[0].content)
        if told and told.ready:
            self._require(found["state"] == "ready", f"note {note} was ready and is {found['state']}")
            for rendition in found["recording"]["renditions"]:
                if rendition["kind"] == "listen":
                    response = self.api.audio(note, rendition="listen")
                    self._require(digest(response.content) == rendition["sha256"], f"listen copy of {note} is damaged")

    def _source(self, note, content):
        response = self.api.audio(note, rendition="source")
        self._require(
            response.status_code == 200 and response.content == content,
            f"the source of note {note} is not what was sent: {response.status_code}, {len(response.content)} of "
            f"{len(content)} bytes",
        )

    def _strangers(self):
        """A note of another id than the client knows can only be that of the interrupted request."""
        there = {note["id"]: note for note in self.api.all_notes(limit=500)}
        there |= {note["id"]: note for note in self.api.all_notes(limit=500, trashed="true")}
        new = set(self.after.notes) - set(self.before.notes)
        unanswered = {digest(self.after.notes[note].content) for note in new if note not in there}
        for note in set(there) - set(self.before.notes) - set(self.after.notes):
            sha256 = there[note]["recording"]["sha256"]
            if self._require(sha256 in unanswered, f"note {note} '{there[note]['title']}' is there and nobody made it"):
                unanswered.discard(sha256)

    def _upload(self, upload, told, planned):
        if told.state == "complete":
            shown = self.api.get(upload).json()
            self._require(
                (shown.get("state"), shown.get("noteId")) == ("complete", told.note),
                f"upload {upload} was complete and is now {shown}",
            )
            return
        response = self.api.head(upload, headers=TUS if told.protocol == "tus" else {})
        if "gone" in (told.state, planned.state) and response.status_code in (404, 410):
            self._require("upload-offset" not in response.headers, f"deleted upload {upload} names an offset")
            return
        if not self._require(
            response.status_code in (200, 204), f"upload {upload} of {told.offset} bytes answers {response.status_code}"
        ):
            return
        if not self._require(told.state == "open", f"upload {upload} was deleted and is there again"):
            return
        offset = int(response.headers["upload-offset"])
        if not self._require(
            told.offset <= offset <= max(told.offset, planned.offset),
            f"upload {upload} is at {offset}, acknowledged were {told.offset}, sent {planned.offset}",
        ):
            return
        self._go_on(upload, told, planned, offset)

    def _go_on(self, upload, told, planned, offset):
        """The bytes so far are what was sent, and the client can send the rest."""
        shown = self.api.get(upload).json()
        if shown["state"] == "complete":
            if self._require(planned.state == "complete", f"upload {upload} was completed by nobody"):
                self._source(shown["noteId"], told.content)
            return
        if offset:
            held = self.api.get(f"{upload}/audio").content
            self._require(held == told.content[:offset], f"upload {upload} holds other bytes than were sent")
        response = finish(self.api, upload, replace(told, offset=offset))
        self._require(
            response.status_code in (201, 204),
            f"upload {upload} cannot go on: {response.status_code} {response.text[:200]}",
        )
        shown = self.api.get(upload).json()
        if not told.is_part and self._require(shown["state"] == "complete", f"upload {upload} does not become a note"):
            self._source(shown["noteId"], told.content)
            count = len(self.api.all_notes(sha256=digest(told.content), limit=500))
            self._require(count == 1, f"upload {upload} became {count} notes")


def finish(api, upload, fact):
    """Sends the rest of an upload."""
    headers = {"Upload-Offset": str(fact.offset)}
    if fact.protocol == "tus":
        headers |= TUS | {"Content-Type": OFFSET_STREAM}
    else:
        headers |= {"Content-Type": PARTIAL_UPLOAD, "Upload-Complete": "?1"}
    return api.patch(upload, headers=headers, content=fact.content[fact.offset :])


def digest(content):
    return hashlib.sha256(content).hexdigest()
