"""Downloads over HTTP, of files in the page cache, one server at a time."""

import re
import statistics
import subprocess

from media import make_recordings, quietly
from report import Row, Section
from servers import Nginx, OldStack, VoiceNote

# wrk asks for another 64 KiB range of the file each time
RANGES = """
local size, piece = SIZE, 65536
function request()
    local first = math.random(0, size - piece)
    wrk.headers["Range"] = string.format("bytes=%d-%d", first, first + piece - 1)
    return wrk.format("GET")
end
"""


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


def measure(folder, quick):
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
