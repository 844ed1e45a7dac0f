"""What the measurements of edits share: the cuts, how they must sound, and a server that makes them."""

import hashlib
import http.client
import json
import os
import random
import shutil
import time
import urllib.error
import urllib.request
import wave
from dataclasses import dataclass

from servers import Server, VoiceNote

POLL = 0.025  # seconds between two questions whether an export is done
LONGEST = 1800  # seconds, of anything that is waited for


@dataclass(frozen=True)
class Plan:
    """Which samples of a recording are cut out."""

    length: int
    cuts: tuple

    @staticmethod
    def random(length, count, seed):
        """A cut in each of `count` parts of the same length, a fiftieth to a tenth of it long."""
        dice, part, cuts = random.Random(seed), length // count, []
        for number in range(count):
            size = dice.randrange(part // 50, part // 10)
            start = number * part + dice.randrange(1, part - size)
            cuts.append((start, start + size))
        return Plan(length, tuple(cuts))

    @property
    def kept(self):
        ends = [end for _, end in self.cuts]
        return list(zip([0, *ends], [*(start for start, _ in self.cuts), self.length], strict=True))

    @property
    def samples(self):
        return sum(end - start for start, end in self.kept)

    @property
    def operations(self):
        """From the back to the front: no cut moves what the others mean."""
        return [{"op": "cut", "start": start, "end": end} for start, end in reversed(self.cuts)]


class Sound:
    """The samples of a WAV file of one channel and 16 bit."""

    def __init__(self, path):
        with wave.open(str(path)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise SystemExit(f"{path.name} is not what the benchmark made")
            self.length = file.getnframes()
        self.path = path

    def read(self, ranges):
        """The bytes of ranges of samples, in pieces."""
        with self.path.open("rb") as file:
            # sox writes 44 bytes before the samples of such a file.
            for start, end in ranges:
                file.seek(44 + 2 * start)
                left = 2 * (end - start)
                while left:
                    piece = file.read(min(left, 1 << 20))
                    left -= len(piece)
                    yield piece

    def digest(self, plan):
        """The MD5 of what an edit must sound like."""
        digest = hashlib.md5()
        for piece in self.read(plan.kept):
            digest.update(piece)
        return digest.hexdigest()

    def heard(self, plan, first, count):
        """So many bytes of the edit's samples from the byte `first` on."""
        start, end, at, ranges = first // 2, (first + count + 1) // 2, 0, []
        for low, high in plan.kept:
            size = high - low
            if at < end and at + size > start:
                ranges.append((low + max(0, start - at), low + min(size, end - at)))
            at += size
        return b"".join(self.read(ranges))[first % 2 :][:count]


class Editor(VoiceNote):
    """Without listen copies, which would only make the preparations longer."""

    def __init__(self, folder, complexity):
        super().__init__(folder)
        self.complexity = complexity

    def environment(self):
        more = {"AUDIO_LISTEN_COPY": "false", "AUDIO_OPUS_COMPLEXITY": str(self.complexity)}
        return super().environment() | {f"VOICENOTE_{name}": value for name, value in more.items()}

    def restart(self):
        """A server that remembers nothing, and whose recordings are on the disk only."""
        self.__exit__()
        os.sync()
        for path in (self.folder / "data" / "blobs").rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        Server.__enter__(self)  # the account is there already

    def take(self, path, kind):
        """Uploads a file, and returns the note when it is processed."""
        headers = {"Content-Type": kind, "Content-Length": str(path.stat().st_size)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300, blocksize=1 << 20)
        with path.open("rb") as file:
            connection.request("POST", self.upload_path, file, headers | self.authorization)
            answer = connection.getresponse()
            body = answer.read()
        connection.close()
        if answer.status != 201:
            raise SystemExit(f"VoiceNote did not take {path.name}: {answer.status} {body.decode(errors='replace')}")
        note = json.loads(body)["note"]["id"]
        deadline = time.monotonic() + LONGEST
        while (state := (found := self.get(f"/notes/{note}"))["state"]) == "processing":
            if time.monotonic() > deadline:
                raise SystemExit(f"VoiceNote did not process {path.name} within {LONGEST} s")
            time.sleep(0.2)
        if state != "ready":
            raise SystemExit(f"VoiceNote did not process {path.name}: it is {state}")
        return found

    def _ask(self, path, token, body=None):
        try:
            return super()._ask(path, token, body)
        except urllib.error.HTTPError as error:
            why = error.read().decode(errors="replace")
            raise SystemExit(f"VoiceNote refused {path}: {error.code} {why}") from None

    @property
    def authorization(self):
        return {"Authorization": f"Bearer {self.token}"}

    def whole(self, note):
        """The state of a note's edit with nothing cut."""
        path = f"/notes/{note}/edits"
        state = self.get(path)["edit"]
        while state["canUndo"]:
            state = self.post(path, {"base": state["head"]["id"], "action": "undo"}, self.token)
        return state

    def edit(self, note, plan):
        """The id of a version that is the whole recording with the cuts."""
        state = self.whole(note)
        base = state["head"]["id"] if state["head"] else None
        state = self.post(f"/notes/{note}/edits", {"base": base, "operations": plan.operations}, self.token)
        if state["length"] != plan.samples:
            raise SystemExit(f"VoiceNote's edit has {state['length']} samples, not {plan.samples}")
        return state["head"]["id"]

    def export(self, note, version, wish):
        """What became of an export when it was done."""
        deadline = time.monotonic() + LONGEST
        made = self.post(f"/notes/{note}/edits/{version}/exports", wish, self.token)
        while made["state"] in ("waiting", "running"):
            if time.monotonic() > deadline:
                raise SystemExit(f"VoiceNote did not export within {LONGEST} s: {made}")
            time.sleep(POLL)
            made = self.get(f"/notes/{note}/exports/{made['id']}")
        if made["state"] != "done":
            raise SystemExit(f"VoiceNote did not export: {made}")
        return made

    def fetch(self, path, target):
        request = urllib.request.Request(self.url + path, headers=self.authorization)
        with urllib.request.urlopen(request, timeout=300) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)

    def delete(self, path):
        request = urllib.request.Request(self.url + "/api/v1" + path, headers=self.authorization, method="DELETE")
        urllib.request.urlopen(request, timeout=30).close()
