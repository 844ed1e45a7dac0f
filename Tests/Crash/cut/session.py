"""One client that does one thing after the other, and notes after each answer what it may rely on from now on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from support.uploads import OFFSET_STREAM, PARTIAL_UPLOAD, checksum, digest, inside, metadata

from ..contents import recording
from .facts import Note, Step, Upload

TUS = {"Tus-Resumable": "1.0.0"}
AUDIO = {"Content-Type": "audio/wav"}


class Session:
    def __init__(self, api, seed):
        self.api = api
        self.seed = seed
        self.steps = []
        self.notes = {}
        self.uploads = {}
        self._known = {}, {}
        self._numbers = 0
        self._turn = 0

    def content(self, size):
        self._numbers += 1
        return recording(self.seed, self._numbers, size)

    def ask(self, method, path, expected, headers=None, content=None, **options):
        response = self.api.request(method, path, headers=headers or {}, content=content, **options)
        assert response.status_code == expected, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response

    def told(self, what, response, goes_on=False):
        """This answer said what changed since the last one. With `goes_on`, both were asked for at the same time."""
        self._turn += not goes_on
        changes = [
            {name: fact for name, fact in now.items() if known.get(name) is not fact}
            for now, known in ((self.notes, self._known[0]), (self.uploads, self._known[1]))
        ]
        self._known = dict(self.notes), dict(self.uploads)
        self.steps.append(Step(what, self._turn, response.headers["x-request-id"], *changes))

    # Notes

    def add(self, size, title, form=False):
        """A whole recording in one request; the id of its note."""
        content = self.content(size)
        if form:
            files = {"file": ("a.wav", content, "audio/wav")}
            response = self.ask("POST", "/notes", 201, files=files, data={"title": title})
        else:
            response = self._send_raw(content, title)
        return self._received(response, content, title, f"the receipt of {title}")

    def _send_raw(self, content, title):
        return self.ask("POST", "/notes", 201, AUDIO, content, params={"title": title})

    def add_together(self, count, size):
        """Several at the same time, so that the server syncs them together."""
        contents = [self.content(size + 100 * number) for number in range(count)]
        titles = [f"together {number}" for number in range(count)]
        with ThreadPoolExecutor(count) as threads:
            responses = list(threads.map(self._send_raw, contents, titles))
        for response, content, title in zip(responses, contents, titles, strict=True):
            self._received(response, content, title, f"the receipt of {title}", goes_on=title != titles[0])

    def _received(self, response, content, title, what, goes_on=False):
        note = response.json()["note"]["id"]
        assert response.json()["receipt"]["size"] == len(content)
        self.notes[note] = Note(content, title)
        self.told(what, response, goes_on)
        return note

    def rename(self, note, title):
        response = self.ask("PATCH", f"/notes/{note}", 200, json={"title": title})
        self.notes[note] = replace(self.notes[note], title=title)
        self.told(f"the new title {title}", response)

    def move(self, note, place):
        """Into the trash, back out of it, or out of the world."""
        method, path, status = {
            "trash": ("DELETE", f"/notes/{note}", 204),
            "list": ("POST", f"/notes/{note}/restore", 200),
            "gone": ("DELETE", f"/notes/{note}?permanent=true", 204),
        }[place]
        response = self.ask(method, path, status)
        self.notes[note] = replace(self.notes[note], place=place)
        self.told(f"that a note is in place '{place}'", response)

    def wait(self, note):
        """Until the note is processed: what the client saw then must still be so later."""
        self.api.ready(note)
        response = self.ask("GET", f"/notes/{note}", 200)
        self.notes[note] = replace(self.notes[note], ready=True)
        self.told("that a note is ready", response)

    # tus

    def begin_tus(self, size, title, concat=None, first=0):
        content = self.content(size)
        headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata(filename="a.wav", title=title)}
        headers |= {"Upload-Concat": concat} if concat else {}
        headers |= {"Content-Type": OFFSET_STREAM} if first else {}
        response = self.ask("POST", "/uploads", 201, headers, content[:first] or None)
        upload = inside(response.headers["location"])
        self.uploads[upload] = Upload(content, first, "tus", is_part=concat is not None)
        self.told(f"the tus upload of {title}", response)
        return upload

    def send_tus(self, upload, size, title=None, algorithm=None):
        fact = self.uploads[upload]
        piece = fact.content[fact.offset : fact.offset + size]
        headers = TUS | {"Content-Type": OFFSET_STREAM, "Upload-Offset": str(fact.offset)}
        headers |= {"Upload-Checksum": checksum(algorithm, piece)} if algorithm else {}
        response = self.ask("PATCH", upload, 204, headers, piece)
        offset = int(response.headers["upload-offset"])
        assert offset == fact.offset + len(piece)
        self.uploads[upload] = replace(fact, offset=offset)
        if offset == len(fact.content) and not fact.is_part:
            assert response.headers["repr-digest"] == digest(fact.content)
            self._becomes(upload, response.headers["content-location"], title)
        self.told(f"tus offset {offset}", response)

    def _becomes(self, upload, address, title):
        note = address.rsplit("/", 1)[1]
        self.notes[note] = Note(self.uploads[upload].content, title)
        self.uploads[upload] = replace(self.uploads[upload], state="complete", note=note)

    def join(self, parts, title):
        addresses = " ".join(f"/api/v1{part}" for part in parts)
        headers = TUS | {"Upload-Concat": f"final;{addresses}", "Upload-Metadata": metadata(title=title)}
        response = self.ask("POST", "/uploads", 201, headers)
        upload = inside(response.headers["location"])
        content = b"".join(self.uploads[part].content for part in parts)
        self.uploads[upload] = Upload(content, len(content), "tus")
        self._becomes(upload, response.headers["content-location"], title)
        self.told(f"the joined upload {title}", response)

    # The IETF draft

    def begin_draft(self, size, title, first=0, live=True):
        content = self.content(size)
        response = self.ask(
            "POST", "/uploads", 201, AUDIO | {"Upload-Complete": "?0"}, content[:first],
            params={"title": title, "fileName": "a.wav"} | ({"live": "1"} if live else {}),
        )  # fmt: skip
        upload = inside(response.headers["location"])
        self.uploads[upload] = Upload(content, first, "draft")
        self.told(f"the upload of {title}", response)
        return upload

    def send_draft(self, upload, size, title=None):
        """Bytes; and with a title, the end."""
        fact = self.uploads[upload]
        piece = fact.content[fact.offset :] if title else fact.content[fact.offset : fact.offset + size]
        headers = {"Content-Type": PARTIAL_UPLOAD, "Upload-Offset": str(fact.offset)}
        headers |= {"Upload-Complete": "?1" if title else "?0"}
        response = self.ask("PATCH", upload, 201 if title else 204, headers, piece)
        offset = fact.offset + len(piece)
        self.uploads[upload] = replace(fact, offset=offset)
        if title:
            self._becomes(upload, response.headers["location"], title)
        else:
            assert response.headers["upload-offset"] == str(offset)
        self.told(f"offset {offset}", response)

    def delete(self, upload):
        response = self.ask("DELETE", upload, 204, TUS if self.uploads[upload].protocol == "tus" else {})
        self.uploads[upload] = replace(self.uploads[upload], state="gone")
        self.told("that an upload is deleted", response)
