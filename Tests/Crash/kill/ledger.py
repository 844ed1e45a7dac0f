"""What the clients were told, and what they may have caused without being told."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from ..contents import noise, recording


class Violation(Exception):
    """The server broke a promise; the text says which was given and what was found."""


@dataclass(eq=False)
class Recording:
    """Something that a client wants to become one note. `number` is its own, `like` that of its content."""

    seed: int
    number: int
    like: int
    size: int
    kind: str
    is_audio: bool = True
    lost: int = 0  # requests that may have made a note, whose answer never came
    notes: list = field(default_factory=list)

    @property
    def title(self):
        return f"{self.kind} {self.number}"

    @property
    def content(self):
        return (recording if self.is_audio else noise)(self.seed, self.like, self.size)

    @cached_property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()


@dataclass(eq=False)
class Note:
    """A note that was acknowledged: the first `size` bytes of the recording. `state` is kept, deleting or deleted."""

    id: str
    recording: Recording
    size: int
    sha256: str
    state: str = "kept"

    @property
    def content(self):
        return self.recording.content[: self.size]


@dataclass(eq=False)
class Upload:
    """A resumable upload that a client knows of: bytes `start` to `end` of a recording. At least `acknowledged` of them
    are there, at most `sent`. `state` is open, part (of a joined upload, and all there), complete or gone."""

    path: str
    recording: Recording
    protocol: str
    start: int
    end: int
    is_part: bool = False
    is_live: bool = False
    acknowledged: int = 0
    sent: int = 0
    state: str = "open"
    is_given_up: bool = False

    @property
    def may_be_gone(self):
        """A live one of which nothing came is given up by the server, when its client is silent for too long."""
        return self.is_given_up or (self.is_live and self.acknowledged == 0)

    @property
    def id(self):
        return self.path.rsplit("/", 1)[1]

    @property
    def length(self):
        return self.end - self.start

    def content(self, start=0, end=None):
        end = self.length if end is None else end
        return self.recording.content[self.start + start : self.start + end]


class Ledger:
    def __init__(self, seed):
        self.seed = seed
        self.round = 0
        self.recordings = []
        self.uploads = []
        self.notes = {}
        self.violations = []
        self.bytes_acknowledged = 0
        self.resumes = 0

    def violate(self, text):
        line = f"seed {self.seed}, round {self.round}: {text}"
        self.violations.append(line)
        print(f"VIOLATION {line}", flush=True)

    def intend(self, kind, size, like=None, is_audio=True):
        """A recording that a client begins to send."""
        number = len(self.recordings) + 1
        if like:
            made = Recording(self.seed, number, like.like, like.size, kind, like.is_audio)
        else:
            made = Recording(self.seed, number, number, size, kind, is_audio)
        self.recordings.append(made)
        return made

    def begin(self, upload):
        self.uploads.append(upload)
        return upload

    def acknowledge(self, upload, offset, by):
        """The server said an offset. It may never go back, nor be more than was sent."""
        if not upload.acknowledged <= offset <= upload.sent:
            raise Violation(
                f"{upload.path} ({upload.recording.title}): {by} says offset {offset}; acknowledged were "
                f"{upload.acknowledged}, sent at most {upload.sent}"
            )
        self.bytes_acknowledged += offset - upload.acknowledged
        upload.acknowledged = offset

    def receive(self, recording, note, receipt, size=None):
        """The server said that a note exists, with a receipt for its bytes."""
        size = recording.size if size is None else size
        sha256 = hashlib.sha256(recording.content[:size]).hexdigest()
        if (receipt["sha256"], receipt["size"]) != (sha256, size):
            raise Violation(f"{recording.title}: the receipt is {receipt}, sent were {size} bytes with {sha256}")
        if note in self.notes:
            if self.notes[note].recording is not recording:
                raise Violation(f"{recording.title} and {self.notes[note].recording.title} are both note {note}")
            return self.notes[note]
        self.notes[note] = Note(note, recording, size, sha256)
        recording.notes.append(self.notes[note])
        return self.notes[note]

    def complete(self, upload, note, receipt):
        """The server said what an upload became. Only a live one may end before all of it was sent."""
        size = receipt["size"]
        if size != upload.length and not (upload.is_live and upload.acknowledged <= size <= upload.sent):
            raise Violation(f"{upload.path}: complete with {size} of {upload.length} bytes")
        if len(upload.recording.notes) > 0 and note not in [known.id for known in upload.recording.notes]:
            raise Violation(f"{upload.path} became {note}, and before that {upload.recording.notes[0].id}")
        self.acknowledge(upload, size, "the receipt")
        upload.state = "complete"
        return self.receive(upload.recording, note, receipt, size)

    def open_uploads(self):
        return [upload for upload in self.uploads if upload.state in ("open", "part")]
