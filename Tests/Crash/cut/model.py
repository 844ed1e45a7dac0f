"""A disk that keeps what POSIX promises and nothing more.

The bytes and the size of a file are durable as of its last completed sync, the names in a folder as of the last
completed sync of that folder. Everything later is pending: it may be on disk after a power cut or not, in any
combination.
"""

from .trace import Kind

BLOCK = 4096
ROOT = 1


class File:
    """What is durable of a file, and what was done to it since, oldest first: `(turn, offset, data)` for a write, and
    `(turn, size, None)` for a new size."""

    def __init__(self, room):
        self.room = room
        self.content = bytearray()
        self.pending = []

    def make_durable(self, turn):
        count = sum(1 for change in self.pending if change[0] < turn)
        for change in self.pending[:count]:
            apply(change, self.content)
        del self.pending[:count]

    def versions(self):
        """Every content from the durable one to the newest."""
        content = bytearray(self.content)
        yield content
        for change in self.pending:
            apply(change, content)
            yield content


class Folder:
    """The durable names, and the pending changes of names: `(turn, name, node or None)`. A rename changes two names in
    one turn."""

    def __init__(self, room):
        self.room = room
        self.names = {}
        self.pending = []

    def make_durable(self, turn):
        for change in self.pending:
            if change[0] < turn:
                set_name(self.names, change)
        self.pending = [change for change in self.pending if change[0] >= turn]


def apply(change, content):
    _, offset, data = change
    size = offset if data is None else offset + len(data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if data is None:
        del content[size:]
    else:
        content[offset:size] = data


def set_name(names, change):
    _, name, node = change
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


class Disk:
    """The state of the disk after the first events of a trace."""

    def __init__(self):
        self.nodes = {ROOT: Folder("r")}
        self.turn = 0
        self.syncs = {}  # number of a sync that has begun, to the turn in which it did

    def replay(self, events):
        for event in events:
            self.turn += 1
            getattr(self, "on_" + event.kind.name.lower())(event)
        return self

    def _rename(self, folder, name, node):
        self.nodes[folder].pending.append((self.turn, name, node))

    def _newest(self, folder, name):
        """The node that the name means to running programs."""
        for _, changed, node in reversed(self.nodes[folder].pending):
            if changed == name:
                return node
        return self.nodes[folder].names[name]

    def on_create(self, event):
        self.nodes[event.node] = File(event.room)
        self._rename(event.parent, event.name, event.node)

    def on_folder(self, event):
        self.nodes[event.node] = Folder(event.room)
        self._rename(event.parent, event.name, event.node)

    def on_write(self, event):
        self.nodes[event.node].pending.append((self.turn, event.offset, event.data))

    def on_truncate(self, event):
        self.nodes[event.node].pending.append((self.turn, event.offset, None))

    def on_link(self, event):
        self._rename(event.parent, event.name, event.node)

    def on_unlink(self, event):
        self._rename(event.parent, event.name, None)

    def on_rename(self, event):
        old, new = event.name.split("\0")
        node = self._newest(event.parent, old)
        self._rename(event.parent, old, None)
        self._rename(event.other, new, node)

    def on_sync_begin(self, event):
        self.syncs[event.number] = self.turn

    on_all_begin = on_sync_begin

    def on_sync_end(self, event):
        self.nodes[event.node].make_durable(self.syncs.pop(event.number))

    def on_all_end(self, event):
        turn = self.syncs.pop(event.number)
        for node in self.nodes.values():
            if not event.room or node.room != event.room:
                node.make_durable(turn)

    def on_reply(self, event):
        pass


assert all(hasattr(Disk, "on_" + kind.name.lower()) for kind in Kind)
