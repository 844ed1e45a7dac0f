"""A thousand recordings that are sent while they are made: a piece a second each, on disk before it is answered."""

import math
import shutil

import disk
from report import Row, Section, memory_row
from servers import VoiceNote
from uploads import MANY, MEMORY_LIMIT
from wire import quantiles

PIECE = 3000
SLOWEST = 250  # milliseconds, of the 99th percentile of the appends
THREADS = 16


def measure(folder, quick):
    section = Section(
        "Live uploads",
        f"{MANY} connections, each a recording that appends {PIECE / 1000:g} KB every second, at a moment of its own, "
        "and is completed at the end. VoiceNote answers an append when bytes and row are on disk. Times count from "
        "when a request was due. The disk's figures are a bare loop of appends with an fdatasync each, as fast as it "
        "goes, around as many files.",
    )
    seconds = 8 if quick else 30
    runs = folder / "servers"
    shutil.rmtree(runs, ignore_errors=True)
    disk.settle(quick)
    try:
        rate, took = disk.durable_appends(runs / "disk", PIECE, MANY, THREADS, 3 if quick else 8)
        bare = quantiles(took)
        what = f"the disk: append {PIECE / 1000:g} KB + fdatasync, {THREADS} threads"
        section.add(Row(what, "", "disk", f"{rate:.0f}/s ({times(bare)})"))
        allowed = rate >= MANY and bare["p99ms"] <= SLOWEST
        with VoiceNote(runs / "VoiceNote") as server:
            before = server.processor_seconds()
            answer = server.load(
                "live_load.py", server.live_path, timeout=seconds + 300, connections=MANY, size=PIECE, seconds=seconds
            )
            processor, memory = server.processor_seconds() - before, server.peak_memory()
    finally:
        shutil.rmtree(runs, ignore_errors=True)
    add_rows(section, answer, seconds, allowed)
    section.add(memory_row(f"{MANY} live uploads: peak memory", memory, MEMORY_LIMIT))
    cores = [f"{spent / answer['seconds']:.2f} of a core" for spent in (processor, answer["cpuSeconds"])]
    section.add(Row(f"{MANY} live uploads: processor", cores[0], "load generator", cores[1]))
    return section


def add_rows(section, answer, seconds, allowed):
    for failure, count in answer["failures"].items():
        print(f"  {count} times: {failure}", flush=True)
    name = f"{MANY} live uploads"
    came = f"{answer['recordings']} notes, {answer['appends']} appends, {answer['errors']} errors"
    sent = f"{MANY} recordings, {MANY * seconds} appends"
    section.add(Row(f"{name}, {seconds} s: taken as sent", came, "sent", sent, answer["recordings"] / MANY, 1))
    for step in ("create", "append", "complete"):
        row = Row(f"{name}: {step}", times(answer[step]), "", "")
        if step == "append":
            row.peer, row.theirs, row.ratio = "limit", f"p99 {SLOWEST} ms", ratio(answer[step]["p99ms"])
            row.target = 1 if allowed else None
            row.note = "" if allowed else "the disk does not allow it"
        section.add(row)
    late = f"{times(answer['late'])}, {answer['opened']} connections opened"
    section.add(Row(f"{name}: how late the load generator sent", "", "load generator", late))


def ratio(milliseconds):
    return SLOWEST / milliseconds if milliseconds > 0 else None


def times(milliseconds):
    p50, p99, longest = (milliseconds[name] for name in ("p50ms", "p99ms", "maxms"))
    if math.isnan(p50):
        return "none"
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {longest:.0f} ms"
