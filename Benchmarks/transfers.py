"""Uploads and downloads over HTTP, one server at a time, each row with a server that has just started."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys

import disk
from media import make_recordings, quietly
from report import Row, Section
from servers import HERE, Nginx, OldStack, OldStackTwice, OldStackWithFsync, VoiceNote

# wrk asks for another 64 KiB range of the file each time
RANGES = """
local size, piece = SIZE, 65536
function request()
    local first = math.random(0, size - piece)
    wrk.headers["Range"] = string.format("bytes=%d-%d", first, first + piece - 1)
    return wrk.format("GET")
end
"""


def upload_rate(server, size, connections, count, seconds):
    command = [
        sys.executable, HERE / "load.py", server.url + server.upload_path, "--size", size, "--connections", connections,
        "--count", count, "--seconds", seconds,
    ]  # fmt: skip
    for header in server.headers:
        command += ["--header", header]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds + 60)
    if run.returncode != 0:
        raise SystemExit(f"the load generator failed:\n{run.stderr}")
    answer = json.loads(run.stdout)
    if answer["errors"] or set(answer["statuses"]) != {"201"}:
        raise SystemExit(f"{server.name} did not take every upload: {answer}")
    return answer


def measure_uploads(folder, quick):
    section = Section(
        "Uploads",
        "multipart/form-data, no two files alike. VoiceNote answers when file, folder and row are on disk, and checks "
        "a token; it also queues each file for processing. The old stack answers when the file is written (without "
        "FSYNC=1 nothing is on disk yet) and checks nothing. Median of the rounds; the servers take turns.",
    )
    rounds, seconds = (1, 3) if quick else (3, 8)
    targets = {
        (100_000, 1): {OldStack: 1}, (5_000_000, 1): {OldStack: 1},
        (100_000, 50): {OldStack: 2, OldStackWithFsync: 3}, (5_000_000, 50): {OldStack: 3, OldStackWithFsync: 3},
    }  # fmt: skip
    kinds = (VoiceNote, OldStack, OldStackWithFsync, OldStackTwice)
    add_disk_rows(section, folder, seconds)
    try:
        answers = upload_answers(folder / "servers", targets, kinds, rounds, seconds)
    finally:
        shutil.rmtree(folder / "servers", ignore_errors=True)
    for (size, connections), peers in targets.items():
        middle = {kind: median_answer(answers[size, connections, kind]) for kind in kinds}
        what = f"{'100 KB' if size < 1_000_000 else '5 MB'}, {connections} connection{'s' * (connections > 1)}"
        for kind in kinds[1:]:
            ratio = middle[VoiceNote]["perSecond"] / middle[kind]["perSecond"]
            section.add(Row(what, rate(middle[VoiceNote]), kind.name, rate(middle[kind]), ratio, peers.get(kind)))
    return section


def upload_answers(runs, cases, kinds, rounds, seconds):
    """What the load generator said, by size, connections and server."""
    answers = {}
    # An ext4 looks over thousands of just deleted inodes for each file that it makes, and a disk discards their blocks:
    # nothing is deleted between two servers that are compared. Of large files there are few, and no room for all.
    for size, connections in sorted(cases):
        if size >= 1_000_000:
            shutil.rmtree(runs)
            os.sync()
        for number in range(rounds):
            for kind in kinds:
                # What one server left for the system to write must not be on the next one's bill.
                os.sync()
                with kind(runs / f"{kind.__name__}-{size}-{connections}-{number}") as server:
                    count = 20_000 if size < 1_000_000 else 2_000
                    answer = upload_rate(server, size, connections, count, seconds)
                    answers.setdefault((size, connections, kind), []).append(answer)
    return answers


def add_disk_rows(section, folder, seconds):
    for size, label in ((100_000, "100 KB"), (5_000_000, "5 MB")):
        for threads in (1, 16):
            files = disk.durable_files(folder / "disk", size, threads, seconds / 2)
            what = f"the disk: {label}, fsync + rename + folder fsync, {threads} thread{'s' * (threads > 1)}"
            section.add(Row(what, "", "disk", f"{files:.0f}/s"))
    sequential = disk.sequential_write(folder / "disk") / 1e6
    section.add(Row("the disk: one file, fdatasync at its end", "", "disk", f"{sequential:.0f} MB/s"))


def median_answer(answers):
    return sorted(answers, key=lambda answer: answer["perSecond"])[len(answers) // 2]


def rate(answer):
    return f"{answer['perSecond']:.0f}/s (p99 {answer['p99ms']:.0f} ms)"


# Downloads


def download(server, path, connections, seconds, script=None):
    """(requests a second, bytes a second) of wrk, which must see nothing but successes."""
    command = ["wrk", "--threads", "1", "--connections", connections, "--duration", f"{seconds}s", "--timeout", "20s"]
    for header in server.headers:
        command += ["--header", header]
    if script:
        command += ["--script", script]
    run = subprocess.run(
        [str(part) for part in [*command, server.url + path]], capture_output=True, text=True, timeout=seconds + 60
    )
    bad = re.search(r"Non-2xx.*|Socket errors.*", run.stdout)
    done = re.search(r"(\d+) requests in ([\d.]+)s, ([\d.]+)([KMGT]?B) read", run.stdout)
    if run.returncode != 0 or not done or (bad and "connect 0, read 0, write 0, timeout 0" not in bad.group()):
        raise SystemExit(f"{server.name} did not serve every download:\n{run.stdout}{run.stderr}")
    units = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
    elapsed = float(done.group(2))
    return int(done.group(1)) / elapsed, float(done.group(3)) * units[done.group(4)] / elapsed


def measure_downloads(folder, quick):
    section = Section(
        "Downloads",
        "Files in the page cache, wrk on the same cores. VoiceNote checks the token and the owner of the note at "
        "every request, and remembers what its database said for as long as nothing changes, a second at most; nginx "
        "(sendfile off) and the old stack check nothing. Median of the rounds.",
    )
    rounds, seconds = (1, 2) if quick else (3, 5)
    _, hour = make_recordings(folder / "recordings")
    small = folder / "recordings" / "small.opus"
    quietly(
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-i",
        folder / "recordings" / "note10.wav",
        "-c:a",
        "libopus",
        "-b:a",
        "22k",
        small,
    )
    script = folder / "ranges.lua"
    script.write_text(RANGES.replace("SIZE", str(hour.stat().st_size)))
    small_label = f"{small.stat().st_size / 1000:.0f} KB file"
    cases = [
        ("115 MB file", hour, 1, None, 0.4), ("115 MB file", hour, 50, None, 0.4),
        ("64 KiB ranges", hour, 1, script, 0.4), ("64 KiB ranges", hour, 50, script, 0.4),
        (small_label, small, 1, None, None), (small_label, small, 50, None, 0.25),
    ]  # fmt: skip
    figures = {}
    kinds = (VoiceNote, Nginx, OldStack)
    for _ in range(rounds):
        for kind in kinds:
            with kind(folder / "server") as server:
                paths = {file: server.add(file) for file in (hour, small)}
                for case, (_, file, connections, lua, _) in enumerate(cases):
                    figures.setdefault((kind, case), []).append(
                        download(server, paths[file], connections, seconds, lua)
                    )
            server.clean()
    for case, (what, _, connections, _, least) in enumerate(cases):
        by_bytes = what == "115 MB file"
        middle = {kind: statistics.median(figure[by_bytes] for figure in figures[kind, case]) for kind in kinds}
        show = (lambda value: f"{value / 1e6:.0f} MB/s") if by_bytes else (lambda value: f"{value:.0f}/s")
        name = f"{what}, {connections} connection{'s' * (connections > 1)}"
        for kind, target in ((Nginx, least), (OldStack, 2 if least else None)):
            ratio = middle[VoiceNote] / middle[kind] if middle[kind] else None
            section.add(Row(name, show(middle[VoiceNote]), kind.name, show(middle[kind]), ratio, target))
    return section
