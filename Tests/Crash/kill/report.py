"""What a run has shown, as Markdown."""

import platform
import sqlite3
import subprocess
from collections import Counter

from support.server import CHECKOUT, binary


def version():
    """The commit, and whether the working copy differs from it."""
    command = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "unknown"


def report(run):
    ledger, starts = run.ledger, run.killer.start_seconds
    kinds = Counter(recording.kind for recording in ledger.recordings)
    states = Counter(note.state for note in ledger.notes.values())
    lines = [
        "# Crash test",
        "",
        f"{run.kills} kills in {run.seconds:.0f} s, {len(ledger.violations)} violations.",
        "",
        "| | |",
        "|---|---|",
        f"| seed | {ledger.seed} |",
        f"| program | {binary()}, {version()} |",
        f"| system | Linux {platform.release()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version} |",
        f"| recordings that clients sent | {len(ledger.recordings)} ({listed(kinds)}) |",
        f"| resumable uploads | {len(ledger.uploads)} |",
        f"| notes acknowledged | {len(ledger.notes)} ({listed(states)}) |",
        f"| bytes acknowledged | {ledger.bytes_acknowledged:,} |",
        f"| requests whose answer was lost, and that were taken up again | {ledger.resumes} |",
        f"| from start to answer | median {run.median_start():.2f} s, most {max(starts, default=0):.2f} s |",
        "",
        "| killed | times |",
        "|---|---|",
    ]
    lines += [f"| {how} | {count} |" for how, count in sorted(run.killer.kills.items())]
    if ledger.violations:
        lines += ["", "## Violations", ""] + [f"- {violation}" for violation in ledger.violations]
    return "\n".join(lines) + "\n"


def listed(counter):
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
