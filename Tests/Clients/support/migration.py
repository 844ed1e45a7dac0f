"""A move to a store, as somebody at the terminal makes it: begun, watched, killed, taken back."""

import subprocess
import time

from .server import eventually
from .storage import (
    command, here, one_line, plays, recorded, replica, storage, succeeded, tells_the_truth, verified, voicenote,
    wait_for,
)  # fmt: skip

STEPS = ["plan", "copy", "verify", "switch", "settle", "reclaim"]
COUNT = 8


class Move:
    """A server whose recordings are nowhere else yet, and are to be in a store. Unless it is told otherwise, nothing is
    waited for that only time brings about."""

    def __init__(self, start_with, target, *others, **more):
        self.target, self.process = target, None
        soon = {"reclaim_quarantineHours": 0, "replication_stores": ",".join(one.name for one in others) or "none"}
        self.server, self.owner = start_with(target, *others, **soon | more)
        self.notes, self.data = recorded(self.owner, *others, count=COUNT)
        self.places = (target, *others)

    @property
    def state(self):
        """What is said of it while it is under way."""
        said = storage(self.owner)["migration"]
        return None if said is None or said["step"] in ("done", "rolled_back") else said

    @property
    def step(self):
        """Where it is: the number of its step, or that of none when it is over."""
        state = self.state
        return len(STEPS) if state is None else STEPS.index(state["step"])

    def begin(self, *words):
        """In the background."""
        words = words or ("migrate", "to", self.target.name)
        self.process = subprocess.Popen(
            **command(self.server, *words, owner=self.owner),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def has_begun(self):
        eventually(lambda: self.state is not None, 30, "a migration under way")

    def reaches(self, step):
        eventually(lambda: self.step >= STEPS.index(step), 60, f"reaching {step}")

    def end(self):
        """Until it is over; the command has ended well by then, if it is still there."""
        if self.process:
            said, complaint = self.process.communicate(timeout=120)
            assert self.process.returncode == 0, said + complaint
            self.process = None
        eventually(lambda: self.state is None, 90, "the end of the migration")

    def kill(self):
        """Everything that may be at work on it."""
        self.close()
        self.server.kill()
        self.server.start()

    def close(self):
        """Ends the command, however far it is."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def is_taken_back(self):
        succeeded(voicenote(self.server, "migrate", "rollback", owner=self.owner))
        if self.process:
            self.process.communicate(timeout=60)
        eventually(lambda: self.state is None, 90, "the end of the migration")
        self.is_as_before()

    def is_refused(self, *words):
        return one_line(voicenote(self.server, *words, owner=self.owner))

    def has_moved(self):
        """All is there; what was here is not needed any more, and went."""
        for note in self.notes:
            verified(self.owner, note["id"], self.target)
        assert all(self.target.has(blob) for blob in self.data)
        tells_the_truth(self.owner, *self.places)
        eventually(lambda: not here(self.server, self.data), what="letting local copies go")
        self.plays()

    def is_as_before(self):
        """All is here again, byte for byte, and plays from here."""
        for note in self.notes:
            wait_for(self.owner, note["id"], lambda one: replica(one, "local")["state"] == "verified", "being here")
            answer = self.owner.audio(note["id"], rendition="source")
            assert answer.status_code == 200 and answer.content == self.data[note["recording"]["sha256"]]
        assert here(self.server, self.data) == set(self.data)
        tells_the_truth(self.owner, *self.places)
        time.sleep(2)
        assert here(self.server, self.data) == set(self.data), "and stays"

    def plays(self):
        for note in self.notes:
            plays(self.owner, note["id"], self.data[note["recording"]["sha256"]])
