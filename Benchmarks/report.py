"""What a run found: rows of ours against a peer's, with the ratio and its target; as text and as Markdown."""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass
class Row:
    what: str
    ours: str
    peer: str
    theirs: str
    ratio: float | None = None
    target: float | None = None
    note: str = ""

    @property
    def met(self):
        return self.target is None or (self.ratio is not None and self.ratio >= self.target)

    def cells(self):
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        target = "" if self.target is None else f"≥ {self.target:g}× {'met' if self.met else 'MISSED'}"
        return [self.what, self.ours, self.peer, self.theirs, ratio, self.note or target]


def memory_row(what, memory, limit, target=1):
    return Row(what, f"{memory / (1 << 20):.0f} MiB", "limit", f"{limit >> 20} MiB", limit / max(memory, 1), target)


@dataclass
class Section:
    title: str
    about: str
    rows: list = field(default_factory=list)

    columns = ("what", "VoiceNote", "peer", "of the peer", "ratio", "target")

    def add(self, row):
        self.rows.append(row)
        print("  " + "  |  ".join(cell for cell in row.cells() if cell), flush=True)

    def table(self):
        return [list(self.columns), *[row.cells() for row in self.rows]]


def text(section):
    table = section.table()
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([f"\n{section.title}", section.about, "", lines[0], "-" * len(lines[0]), *lines[1:]])


def markdown(section):
    head, *rows = section.table()
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(head)} |", "|---|---:|---|---:|---:|---|"] + [f"| {' | '.join(row)} |" for row in escaped]
    return "\n".join([f"## {section.title}", "", section.about, "", *lines, ""])


def first_line(*command):
    program = shutil.which(command[0]) or (command[0] if Path(command[0]).exists() else None)
    if not program:
        return "missing"
    run = subprocess.run([program, *command[1:]], capture_output=True, text=True)
    return next(iter((run.stdout + run.stderr).splitlines()), "").strip()


def machine():
    """What the figures were measured on: name to value."""
    information = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", information)
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 1024**2
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    versions = {"nginx": first_line("/usr/sbin/nginx", "-v"), "ffmpeg": first_line("ffmpeg", "-version")}
    openstack = first_line("/usr/bin/python3", "-I", "-c", "import swift; print(swift.__version__)")
    return {
        "date": date.today().isoformat(),
        "processor": f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores in use",
        "memory": f"{memory:.0f} GiB",
        "system": f"{release.get('PRETTY_NAME', '').strip(chr(34))}, Linux {platform.release()}",
        "swift": first_line("swift", "--version"),
        "ffmpeg": re.sub(r"ffmpeg version (\S+).*", r"\1", versions["ffmpeg"]),
        "sox": first_line("sox", "--version").rpartition("v")[2],
        "nginx": versions["nginx"].rpartition("/")[2],
        "rclone": first_line("rclone", "version").removeprefix("rclone v"),
        "openstack": f"Swift {openstack}",
        "python": platform.python_version(),
    }
