"""The memory of programs while they work."""

import threading
from pathlib import Path

SAMPLING = 0.05  # seconds between two looks


class Watch:
    """Looks at the memory of some processes, or of a server and all that it started, until the `with` ends."""

    def __init__(self, *processes, server=None):
        self.processes, self.server = processes, server
        self.sum = 0  # bytes that all of them had at once
        self.largest = 0  # the peak of the one that took most, without the server itself

    def __enter__(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def watch(self):
        while True:
            self.look()
            if self.over.wait(SAMPLING):
                return self.look()

    def look(self):
        found = {number: memory(number) for number in (tree(self.server) if self.server else self.processes)}
        self.sum = max(self.sum, sum(now for now, _ in found.values()))
        self.largest = max([self.largest, *(peak for number, (_, peak) in found.items() if number != self.server)])


def tree(root):
    """A process and its descendants."""
    found, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        found.append(number)
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                waiting += map(int, children.read_text().split())
            except OSError:
                pass  # it has just ended
    return found


def memory(number):
    """(now, at its peak): the resident bytes of a process; zeros when it has ended."""
    try:
        lines = Path(f"/proc/{number}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    values = dict(line.split(":", 1) for line in lines)
    return tuple(int(values.get(name, "0 kB").split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
