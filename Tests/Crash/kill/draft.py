"""Uploads by the IETF draft: in chunks, live in small pieces, and whole with the creation."""

from support.uploads import PARTIAL_UPLOAD, digest, inside

from .ledger import Upload
from .transfer import Transfer
from .whole import AUDIO
from .wire import HungUp, Lost, broken


class DraftTransfer(Transfer):
    protocol = "draft"

    def __init__(self, person, recording, pieces, pause=0.0, is_live=False):
        super().__init__(person, recording, pieces, pause)
        self.is_live = is_live

    async def create(self):
        first = min(self.recording.size - 1, self.pieces()) if self.chance.random() < 0.3 else 0
        parameters = {"title": self.recording.title, "fileName": "memo.wav"} | ({"live": "1"} if self.is_live else {})
        headers = AUDIO | {"Upload-Complete": "?0", "Upload-Draft-Interop-Version": "8"}
        content = self.recording.content[:first]
        try:
            response = await self.person.ask(
                "POST", "/uploads", 201, headers=headers, params=parameters, content=content,
            )  # fmt: skip
        except Lost:
            # A live one that nobody goes on with becomes a note, of whatever has arrived.
            self.recording.lost += self.is_live and first > 0
            raise
        path = inside(response.headers["location"])
        upload = Upload(path, self.recording, "draft", 0, self.recording.size, is_live=self.is_live, sent=first)
        self.upload = self.ledger.begin(upload)
        self.ledger.acknowledge(self.upload, int(response.headers["upload-offset"]), "the creation")

    def is_complete(self, response):
        return response.headers["upload-complete"] == "?1"

    async def learn(self):
        """The final answer may be asked for again instead."""
        if self.upload.acknowledged < self.upload.length or self.chance.random() < 0.5:
            await super().learn()
        else:
            await self.patch(self.upload.acknowledged, b"", is_last=True)

    async def send(self):
        offset, end = self.upload.acknowledged, self.next_piece()
        piece = self.upload.content(offset, end)
        # The end is said with the last piece, or by an empty one.
        is_last = end == self.upload.length and (not piece or self.chance.random() < 0.7)
        if self.chance.random() < self.person.habits.hangs_up and len(piece) > 1:
            count = self.chance.randrange(1, len(piece))
            self.upload.sent = max(self.upload.sent, offset + count)
            await self.patch(offset, piece, is_last, body=broken(piece, count))
            raise HungUp
        self.upload.sent = max(self.upload.sent, end)
        await self.patch(offset, piece, is_last)

    async def patch(self, offset, piece, is_last, body=None):
        headers = {"Content-Type": PARTIAL_UPLOAD, "Upload-Offset": str(offset), "Content-Length": str(len(piece))}
        headers |= {"Upload-Complete": "?1" if is_last else "?0"}
        # A digest would make half a piece nothing.
        headers |= {"Content-Digest": digest(piece)} if body is None and self.chance.random() < 0.2 else {}
        expected = [201 if is_last else 204] + ([409, 410] if self.is_live else [])
        response = await self.person.ask("PATCH", self.upload.path, *expected, headers=headers, content=body or piece)
        if response.status_code in (409, 410):
            self.is_lost = True  # The server has ended what was silent for too long: HEAD says so.
        elif is_last:
            answer = response.json()
            self.ledger.complete(self.upload, answer["note"]["id"], answer["receipt"])
        else:
            self.ledger.acknowledge(self.upload, int(response.headers["upload-offset"]), "the answer")


async def chunks(person):
    recording = person.intend("draft")
    size = max(500, recording.size // person.chance.choice([1, 2, 4, 9]))
    await DraftTransfer(person, recording, lambda: size, pause=0.005).run()


async def live(person):
    """Small pieces while somebody speaks. Some never come back: the server has to make a note of what it has."""
    recording = person.intend("live", most=120_000)
    transfer = DraftTransfer(person, recording, lambda: person.chance.randrange(400, 6000), pause=0.03, is_live=True)
    leaves = person.chance.random() < person.habits.leaves_live
    await transfer.run(leaves_after=person.chance.randrange(1, recording.size) if leaves else None)


async def at_once(person):
    """The whole recording in the request that creates the upload."""
    recording = person.intend("at-once")
    path = person.chance.choice(["/uploads", "/notes"])
    try:
        response = await person.ask(
            "POST", path, 201, headers=AUDIO | {"Upload-Complete": "?1"}, params={"title": recording.title},
            content=recording.content,
        )  # fmt: skip
    except Lost:
        recording.lost += 1
        return
    answer = response.json()
    person.ledger.receive(recording, answer["note"]["id"], answer["receipt"])
    person.ledger.bytes_acknowledged += recording.size
