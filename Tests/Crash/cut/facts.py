"""What a client was told, answer by answer."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Note:
    """A note as the server has said that it is. `place` is list, trash or gone."""

    content: bytes
    title: str
    place: str = "list"
    ready: bool = False


@dataclass(frozen=True)
class Upload:
    """`offset` bytes were acknowledged of the content; `state` is open, complete or gone, `note` what it became."""

    content: bytes
    offset: int
    protocol: str
    is_part: bool = False
    state: str = "open"
    note: str | None = None


@dataclass(frozen=True)
class Step:
    """What one answer said. The trace knows it by its request id; steps of one turn were asked for at the same time."""

    what: str
    turn: int
    request: str
    notes: dict
    uploads: dict


@dataclass
class Facts:
    """Everything that was said up to some answer."""

    what: str = "the start"
    notes: dict = field(default_factory=dict)
    uploads: dict = field(default_factory=dict)

    def learn(self, step):
        self.what = step.what
        self.notes = self.notes | step.notes
        self.uploads = self.uploads | step.uploads


def around(steps, positions, cut):
    """What was acknowledged before the cut, and what the requests that it interrupted would have made of it."""
    before, after = Facts(), Facts()
    untold = []
    for step in sorted(steps, key=lambda step: positions[step.request]):
        if positions[step.request] < cut:
            before.learn(step)
            after.learn(step)
        else:
            untold.append(step)
    for step in untold:
        if step.turn == untold[0].turn:
            after.learn(step)
    return before, after
