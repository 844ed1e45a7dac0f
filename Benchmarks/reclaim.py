"""What reclaim does of a million blobs: the plan, its memory, and the time of deletions."""

import os
import shutil
import sqlite3
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor

from report import Row, Section, memory_row
from servers import CLEAN, VoiceNote

BLOBS, DELETED, SIZE = 1_000_000, 1000, 1000
MEMORY_LIMIT = 150 << 20
HUNDRED_DAYS = 100 * 86_400_000
LONGEST = 600


class Beside(VoiceNote):
    """With another disk as its store, which is a folder beside."""

    def environment(self):
        (self.folder / "disk").mkdir(exist_ok=True)
        store = {"STORES_DISK_KIND": "folder", "STORES_DISK_PATH": str(self.folder / "disk")}
        return super().environment() | {f"VOICENOTE_{key}": value for key, value in store.items()}

    def wait_for_marker(self):
        deadline = time.monotonic() + 30
        while not (self.folder / "disk" / "voicenote-store.json").exists():
            if time.monotonic() > deadline:
                raise SystemExit("VoiceNote does not use its folder store")
            self.post("/storage/stores/disk", {"action": "check"}, self.token)
            time.sleep(0.1)

    scopes = ["read", "write", "admin"]


def measure(folder, quick):
    count = BLOBS // 20 if quick else BLOBS
    section = Section(
        "Reclaim",
        f"{count} blobs, each verified here and in a folder store, and old enough to go; the first {DELETED} are files "
        f"of {SIZE} bytes in both places. `voicenote reclaim --dry-run` prints a line for each; then "
        f"`--max-delete {DELETED}` removes: a transaction of its own for each, which checks that the other copy exists.",
    )
    place = folder / "reclaim"
    try:
        with Beside(place) as server:
            server.wait_for_marker()
        # In a process of its own: what is begun by a large one is counted as large.
        with ProcessPoolExecutor(1) as other:
            other.submit(fill, place, count).result()
        seconds, memory, lines = run(server, "--dry-run")
        if lines != count + 1:
            raise SystemExit(f"the plan has {lines} lines, not {count} and a sum")
        section.add(Row(f"plan of {count} blobs", f"{count / seconds:.0f}/s ({seconds:.1f} s)", "", ""))
        section.add(memory_row("plan: peak memory", memory, MEMORY_LIMIT))
        seconds, memory, lines = run(server, "--max-delete", DELETED)
        left = sum(1 for _, _, files in os.walk(place / "data" / "blobs") for _ in files)
        if left:
            raise SystemExit(f"{left} files were not removed")
        each = seconds / DELETED * 100
        section.add(Row("100 files deleted", f"{each:.2f} s", "limit", "1 s", 1 / each, 1))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return section


def fill(place, count):
    names = sorted(os.urandom(32).hex() for _ in range(count))
    for name in names[:DELETED]:
        for root in (place / "data", place / "disk"):
            path = root / "blobs" / name[:2] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(SIZE))
    now = int(time.time() * 1000)
    old = now - HUNDRED_DAYS
    [database] = (place / "data").rglob("voicenote.sqlite")
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO blobs VALUES (?, ?, ?)", ((name, SIZE, old) for name in names))
        connection.executemany(
            "INSERT INTO replicas (sha256, store, state, verified_at, checked_at) VALUES (?, ?, 'verified', ?, ?)",
            ((name, store, now, now) for name in names for store in ("disk", "local")))
    connection.close()


def run(server, *options):
    """Seconds, the most memory in bytes, and the lines that it printed."""
    command = [str(part) for part in (server.binary, "reclaim", *options)]
    log = server.folder / "said"
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=server.folder, env=CLEAN | server.environment(), stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or seconds > LONGEST:
        raise SystemExit(f"voicenote reclaim ended with {process.returncode} after {seconds:.0f} s")
    with log.open("rb") as output:
        return seconds, used.ru_maxrss * 1024, sum(1 for _ in output)
