"""Uploads by tus 1.0: in chunks, with and without checksum, with the creation, and made of parts."""

from support.uploads import OFFSET_STREAM, checksum, inside, metadata

from .ledger import Upload, Violation
from .transfer import Transfer
from .wire import HungUp, Lost, broken

TUS = {"Tus-Resumable": "1.0.0"}
ALGORITHMS = [None, None, "sha1", "sha256", "md5"]


class TusTransfer(Transfer):
    protocol = "tus"
    headers = TUS

    def __init__(self, person, recording, pieces, pause=0.0, start=0, end=None, is_part=False):
        super().__init__(person, recording, pieces, pause)
        self.start = start
        self.end = recording.size if end is None else end
        self.is_part = is_part

    async def create(self):
        length = self.end - self.start
        first = min(length, self.pieces()) if self.chance.random() < 0.4 else 0
        headers = TUS | {"Upload-Length": str(length)}
        headers |= {"Upload-Metadata": metadata(title=self.recording.title, filename="memo.wav", filetype="audio/wav")}
        headers |= {"Upload-Concat": "partial"} if self.is_part else {}
        headers |= {"Content-Type": OFFSET_STREAM} if first else {}
        content = self.recording.content[self.start : self.start + first]
        try:
            response = await self.person.ask("POST", "/uploads", 201, headers=headers, content=content or None)
        except Lost:
            self.recording.lost += first == length and not self.is_part
            raise
        path = inside(response.headers["location"])
        upload = Upload(path, self.recording, "tus", self.start, self.end, is_part=self.is_part, sent=first)
        self.upload = self.ledger.begin(upload)
        if first:
            await self.advance(response)

    def is_complete(self, response):
        return self.upload.acknowledged == self.upload.length

    async def advance(self, response):
        """Takes the offset of an answer; behind the last one comes the note."""
        self.ledger.acknowledge(self.upload, int(response.headers["upload-offset"]), "the answer")
        if self.upload.acknowledged == self.upload.length:
            if self.is_part:
                self.upload.state = "part"
            else:
                await self.learn()

    async def resume(self):
        await super().resume()
        if self.is_part and self.upload.state == "open" and self.upload.acknowledged == self.upload.length:
            self.upload.state = "part"

    async def learn(self):
        if not self.is_part:
            await super().learn()

    async def send(self):
        offset, end = self.upload.acknowledged, self.next_piece()
        piece = self.upload.content(offset, end)
        algorithm = self.chance.choice(ALGORITHMS)
        headers = TUS | {"Content-Type": OFFSET_STREAM, "Upload-Offset": str(offset)}
        if algorithm:
            headers |= {"Upload-Checksum": checksum(algorithm, piece)}
            if self.chance.random() < 0.05:
                headers |= {"Upload-Checksum": checksum(algorithm, piece + b"!")}
                await self.person.ask("PATCH", self.upload.path, 460, headers=headers, content=piece)
                self.is_lost = True  # HEAD must say that nothing changed
                return
        if self.chance.random() < self.person.habits.hangs_up and len(piece) > 1:
            count = self.chance.randrange(1, len(piece))
            # With a checksum, half a piece is nothing.
            self.upload.sent = max(self.upload.sent, offset if algorithm else offset + count)
            body = broken(piece, count)
            headers |= {"Content-Length": str(len(piece))}
            await self.person.ask("PATCH", self.upload.path, headers=headers, content=body)
            raise HungUp
        self.upload.sent = max(self.upload.sent, end)
        response = await self.person.ask("PATCH", self.upload.path, 204, headers=headers, content=piece)
        await self.advance(response)


async def chunks(person):
    recording = person.intend("tus")
    size = max(500, recording.size // person.chance.choice([1, 2, 4, 9]))
    await TusTransfer(person, recording, lambda: size, pause=0.005).run()


async def joined(person):
    """Two parts, then the upload that is made of them."""
    recording = person.intend("joined")
    middle = recording.size // 3
    parts = []
    for start, end in ((0, middle), (middle, recording.size)):
        size = max(500, (end - start) // person.chance.choice([1, 3]))
        transfer = TusTransfer(person, recording, lambda size=size: size, start=start, end=end, is_part=True)
        await transfer.run()
        if transfer.upload is None or transfer.upload.state != "part":
            return await forget(person, parts)
        parts.append(transfer.upload)
    addresses = " ".join(f"/api/v1{part.path}" for part in parts)
    headers = TUS | {"Upload-Concat": f"final;{addresses}", "Upload-Metadata": metadata(title=recording.title)}
    for _ in range(person.chance.choice([1, 3])):
        try:
            response = await person.ask("POST", "/uploads", 201, headers=headers)
        except Lost:
            recording.lost += 1
            continue
        path = inside(response.headers["location"])
        final = person.ledger.begin(Upload(path, recording, "tus", 0, recording.size, sent=recording.size))
        while final.state == "open":
            await person.persist(lambda final=final: learn_final(person, final))
        break
    await forget(person, parts)


async def forget(person, parts):
    """Deletes parts that nobody needs any more."""
    for part in parts:
        part.is_given_up = True
        await person.persist(lambda part=part: person.ask("DELETE", part.path, 204, 404, 410, headers=TUS))
        part.state = "gone"


async def learn_final(person, final):
    shown = (await person.ask("GET", final.path, 200)).json()
    if shown["state"] != "complete":
        raise Violation(f"{final.path} was made of complete parts and is {shown}")
    person.ledger.complete(final, shown["noteId"], shown["receipt"])
