"""What of the pending changes is on disk after the cut."""

import random

from .model import BLOCK, ROOT, File, apply, set_name


class Outcome:
    """Decides for each file and each folder. This one: nothing pending survived."""

    name = "nothing"

    def content(self, file):
        return file.content

    def names(self, folder):
        return folder.names


class Everything(Outcome):
    """All of it survived, as after a kill."""

    name = "everything"

    def content(self, file):
        return list(file.versions())[-1]

    def names(self, folder):
        names = dict(folder.names)
        for change in folder.pending:
            set_name(names, change)
        return names


class NamesOnly(Everything):
    """The file system's journal was written, the bytes were not: files have their newest names, sizes and holes."""

    name = "names"

    def content(self, file):
        content = bytearray(file.content)
        size = max(len(version) for version in file.versions())
        apply((0, size, None), content)
        return content


class BytesOnly(Outcome):
    """The bytes were written, the names were not."""

    name = "bytes"

    def content(self, file):
        return Everything.content(self, file)


class Chance(Outcome):
    """Each block is in some state that it went through, each file has some size that it had, each change of a name is
    there or not. The seed decides."""

    def __init__(self, seed):
        self.name = f"chance-{seed}"
        self._random = random.Random(seed)
        self._turns = {}

    def content(self, file):
        versions = [bytes(version) for version in file.versions()]
        size = len(self._random.choice(versions))
        blocks = []
        for start in range(0, size, BLOCK):
            block = self._random.choice(versions)[start : start + BLOCK]
            blocks.append(block[: size - start].ljust(min(BLOCK, size - start), b"\0"))
        return b"".join(blocks)

    def names(self, folder):
        names = dict(folder.names)
        for change in folder.pending:
            # A rename is one change, in whichever folders.
            if self._turns.setdefault(change[0], self._random.random() < 0.5):
                set_name(names, change)
        return names


def build(disk, outcome, root):
    """Writes the files below an empty folder as they are found after the cut; one with several names once."""
    written = {}

    def write(number, path):
        node = disk.nodes[number]
        if isinstance(node, File):
            if number in written:
                path.hardlink_to(written[number])
            else:
                path.write_bytes(outcome.content(node))
                written[number] = path
            return
        path.mkdir(exist_ok=True, mode=0o700)
        for name, child in sorted(outcome.names(node).items()):
            # SQLite's index of the log is shared memory: it is made anew after every start.
            if not name.endswith("-shm"):
                write(child, path / name)

    write(ROOT, root)
