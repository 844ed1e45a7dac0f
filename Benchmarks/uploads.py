"""Uploads over HTTP, one server at a time, each row with a server that has just started."""

import os
import shutil
from dataclasses import dataclass, field

import disk
from report import Row, Section, memory_row
from servers import OldStack, OldStackTwice, OldStackWithFsync, VoiceNote

PEERS = (OldStack, OldStackWithFsync, OldStackTwice)
MANY = 1000
# Of the server's own process, with a thousand connections.
MEMORY_LIMIT = 200 << 20


@dataclass(frozen=True)
class Case:
    size: int
    connections: int
    targets: dict = field(hash=False)
    peers: tuple = PEERS
    # A run ends after so many files, or after the seconds of the round where these are given to it.
    files: int = 20_000
    timed: bool = True

    @property
    def large(self):
        return self.size >= 1_000_000

    @property
    def name(self):
        size = "5 MB" if self.large else f"{self.size // 1000} KB"
        return f"{size}, {self.connections} connection{'s' * (self.connections > 1)}"


def cases(quick):
    """In the order in which they run."""
    return [
        Case(100_000, 1, {OldStack: 1}),
        Case(100_000, 50, {OldStack: 3, OldStackWithFsync: 3}),
        Case(100_000, MANY, {OldStack: 3}),
        Case(5_000_000, 1, {OldStack: 1}, files=2000),
        Case(5_000_000, 50, {OldStack: 3, OldStackWithFsync: 3}, files=2000),
        # By number and not by time: no connection has its first answer before all have nearly sent their first file.
        # 7.5 GB a server and round, and one peer only, because every server's files stay until the case is done.
        Case(5_000_000, MANY, {OldStack: 3}, (OldStack,), files=MANY if quick else 1500, timed=False),
    ]  # fmt: skip


def measure(folder, quick):
    section = Section(
        "Uploads",
        "multipart/form-data, no two files alike. VoiceNote answers when file, folder and row are on disk, and checks "
        "a token; it also queues each file for processing. The old stack answers when the file is written (without "
        "FSYNC=1 nothing is on disk yet) and checks nothing. Median of the rounds; the servers take turns. Errors are "
        "of all rounds: broken connections, and answers that are not 201; a rate counts what was taken.",
    )
    runs = folder / "servers"
    shutil.rmtree(runs, ignore_errors=True)
    disk.settle(quick)
    try:
        add_disk_rows(section, runs / "disk", 3 if quick else 8)
        for case in cases(quick):
            # Of large files there is no room for all. The files of small ones are many: nothing is deleted among them.
            if case.large:
                shutil.rmtree(runs)
                disk.settle(quick)
            add_rows(section, case, answers(runs, case, quick))
    finally:
        shutil.rmtree(runs, ignore_errors=True)
    return section


def answers(runs, case, quick):
    """What the load generator said, by server."""
    rounds, seconds = (1, 3) if quick else (3, 8)
    found = {}
    for number in range(rounds):
        free = room(runs)
        for kind in (VoiceNote, *case.peers):
            # What one server left for the system to write must not be on the next one's bill.
            os.sync()
            with kind(runs / f"{kind.__name__}-{case.size}-{case.connections}-{number}") as server:
                answer = upload(server, case, seconds)
            found.setdefault(kind, []).append(answer)
            if answer["errors"]:
                print(f"  {kind.name}, {case.name}: {answer['statuses']} {answer['failures']}", flush=True)
        if number + 1 < rounds and room(runs) < 1.2 * (free - room(runs)):
            print(f"  {case.name}: the disk has no room for round {number + 2}", flush=True)
            break
    return found


def upload(server, case, seconds):
    answer = server.load(
        "load.py", server.upload_path, timeout=600, size=case.size, connections=case.connections, count=case.files,
        seconds=seconds if case.timed else 300,
    )  # fmt: skip
    return answer | {"memory": server.peak_memory()}


def room(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


def add_rows(section, case, found):
    middle = {kind: median_answer(each) for kind, each in found.items()}
    ours = middle[VoiceNote]
    for kind in case.peers:
        theirs = middle[kind]
        # A server that lost uploads has no rate to be proud of.
        ratio = ours["perSecond"] / theirs["perSecond"] if theirs["perSecond"] and not ours["errors"] else None
        section.add(Row(case.name, rate(ours), kind.name, rate(theirs), ratio, case.targets.get(kind)))
    if case.connections == MANY:
        memory = max(answer["memory"] for answer in found[VoiceNote])
        section.add(memory_row(f"{case.name}: peak memory", memory, MEMORY_LIMIT, None if case.large else 1))


def median_answer(each):
    middle = sorted(each, key=lambda answer: answer["perSecond"])[len(each) // 2]
    return middle | {"errors": sum(answer["errors"] for answer in each)}


def rate(answer):
    errors = f"; {answer['errors']} errors" if answer["errors"] else ""
    return f"{answer['perSecond']:.0f}/s (p99 {answer['p99ms']:.0f} ms{errors})"


def add_disk_rows(section, folder, seconds):
    for size, label in ((100_000, "100 KB"), (5_000_000, "5 MB")):
        for threads in (1, 16):
            files = disk.durable_files(folder / f"{label}-{threads}", size, threads, seconds / 2)
            what = f"the disk: {label}, fsync + rename + folder fsync, {threads} thread{'s' * (threads > 1)}"
            section.add(Row(what, "", "disk", f"{files:.0f}/s"))
    sequential = disk.sequential_write(folder) / 1e6
    section.add(Row("the disk: one file, fdatasync at its end", "", "disk", f"{sequential:.0f} MB/s"))
