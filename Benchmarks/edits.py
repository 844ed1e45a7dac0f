"""Edits: how long an export takes beside ffmpeg and sox, and how soon a preview is heard.

The exports go over HTTP, as a page or the command line has them made of notes: from the request until the state is
`done`, which it is when the file is in the store and on disk. What each side made is compared with the samples of the
recording: the FLAC bit for bit, the Opus by its length.
"""

import os
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import previews
from editing import LONGEST, Editor, Plan, Sound
from media import make_recordings, quietly
from memory import Watch
from report import Row, Section, memory_row
from servers import CLEAN
from storage import warm

RATE = 48_000  # of what is exported
OPUS_RATE = 64_000  # bits a second
FLAC_LEVEL = 5  # VoiceNote's; the files of libav and of sox are about as large then
OPUS_FRAME = RATE // 50
MEMORY_LIMIT = 120 << 20
# The media worker gives itself this priority, so that whatever else the machine does delays all alike.
LOW = ["nice", "-n", "19"]


@dataclass(frozen=True)
class Task:
    """An export that every side makes."""

    sound: Sound
    plan: Plan
    folder: Path
    complexity: int
    kind: str  # opus or flac

    @property
    def output(self):
        return self.folder / f"edit.{self.kind}"

    @property
    def encoding(self):
        """The options of ffmpeg that are VoiceNote's settings."""
        if self.kind == "flac":
            return ["-c:a", "flac", "-compression_level", FLAC_LEVEL, "-sample_fmt", "s16", self.output]
        settings = ["-application", "voip", "-frame_duration", 20, "-compression_level", self.complexity]
        return ["-c:a", "libopus", "-b:a", OPUS_RATE, *settings, self.output]

    def check(self, who):
        """Whoever left something out was not fast."""
        if self.kind == "flac":
            made = said("ffmpeg", "-nostdin", "-v", "error", "-i", self.output, "-f", "md5", "-")
            right = made == f"MD5={self.sound.digest(self.plan)}"
        else:
            shows = ["-show_entries", "format=duration", "-of", "default=nw=1:nk=1"]
            made = said("ffprobe", "-v", "error", *shows, self.output)
            right = abs(float(made) * RATE - self.plan.samples) <= OPUS_FRAME
        if not right:
            raise SystemExit(f"what {who} made of the edit as {self.kind} is not the edit: {made}")


def said(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class Took:
    seconds: list = field(default_factory=list)
    own: int = 0  # bytes at the peak of the process that did the work
    sum: int = 0  # and of all processes together

    def add(self, seconds, watch):
        self.seconds.append(seconds)
        self.own, self.sum = max(self.own, watch.largest), max(self.sum, watch.sum)

    @property
    def median(self):
        return statistics.median(self.seconds)

    def __str__(self):
        return f"{self.median:.2f} s ({min(self.seconds):.2f} to {max(self.seconds):.2f})"


def ours(server, note, version, task, took):
    wish = {"format": "flac", "bits": 16} if task.kind == "flac" else {"format": "opus", "bitRate": OPUS_RATE}
    with Watch(server=server.process.pid) as watch:
        start = time.perf_counter()
        made = server.export(note, version, wish)
        seconds = time.perf_counter() - start
    took.add(seconds, watch)
    server.fetch(made["url"], task.output)
    server.delete(f"/notes/{note}/exports/{made['id']}")


def run(took, *commands):
    """Runs commands, each of which reads what the one before it writes."""
    processes = []
    try:
        start = time.perf_counter()
        for command in commands:
            source = processes[-1].stdout if processes else subprocess.DEVNULL
            target = subprocess.DEVNULL if command is commands[-1] else subprocess.PIPE
            words = [str(part) for part in [*LOW, *command]]
            processes.append(subprocess.Popen(words, stdin=source, stdout=target, stderr=subprocess.PIPE, env=CLEAN))
            if source is not subprocess.DEVNULL:
                source.close()
        with Watch(*(process.pid for process in processes)) as watch:
            for process in processes:
                process.wait(LONGEST)
            seconds = time.perf_counter() - start
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    for process, command in zip(processes, commands, strict=True):
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} failed:\n{process.stderr.read().decode(errors='replace')[-2000:]}")
        process.stderr.close()
    took.add(seconds, watch)


FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-y"]


def ffmpeg(task, took):
    """One filter graph, in which each kept range is an `atrim` and `concat` puts them together."""
    kept = list(enumerate(task.plan.kept))
    lines = [f"[0:a]asplit={len(kept)}" + "".join(f"[in{number}]" for number, _ in kept)]
    for number, (start, end) in kept:
        lines.append(f"[in{number}]atrim=start_sample={start}:end_sample={end},asetpts=N/SR/TB[part{number}]")
    lines.append("".join(f"[part{number}]" for number, _ in kept) + f"concat=n={len(kept)}:v=0:a=1[edit]")
    graph = task.folder / "graph"
    graph.write_text(";\n".join(lines))
    run(took, [*FFMPEG, "-i", task.sound.path, "-filter_complex_script", graph, "-map", "[edit]", *task.encoding])


def ffmpeg_seeking(task, took):
    """The file once for each kept range, sought in, so that nothing is read that is not heard."""
    inputs, parts = [], []
    for number, (start, end) in enumerate(task.plan.kept):
        # Microseconds, which is the step of these options and much less than a sample.
        inputs += ["-ss", f"{start / RATE:.6f}", "-i", task.sound.path]
        parts.append(f"[{number}:a]atrim=end_sample={end - start},asetpts=N/SR/TB[part{number}]")
    names = "".join(f"[part{number}]" for number in range(len(parts)))
    graph = task.folder / "graph"
    graph.write_text(";\n".join([*parts, f"{names}concat=n={len(parts)}:v=0:a=1[edit]"]))
    run(took, [*FFMPEG, *inputs, "-filter_complex_script", graph, "-map", "[edit]", *task.encoding])


def sox(task, took):
    """`trim` with the positions at which it keeps and drops in turn. Debian's sox writes no Opus: ffmpeg encodes it."""
    (_, first), *rest = task.plan.kept
    trim = ["trim", "0", f"={first}s", *(f"={position}s" for part in rest for position in part)]
    head = ["sox", "-D", task.sound.path]
    if task.kind == "flac":
        return run(took, [*head, "-C", FLAC_LEVEL, task.output, *trim])
    shape = ["-f", "s16le", "-ar", RATE, "-ac", 1]
    return run(took, [*head, "-t", "s16", "-", *trim], [*FFMPEG, *shape, "-i", "-", *task.encoding])


PEERS = {
    "ffmpeg, atrim and concat": ffmpeg,
    "ffmpeg, an input a range": ffmpeg_seeking,
    "sox": sox,
}


def measure_exports(section, server, note, sound, places, complexity, quick):
    """Adds the rows of both formats."""
    folder, cuts, name = places
    found = {}
    warm(folder)
    warm(server.folder / "data" / "blobs")
    for number in range(2 if quick else 3):
        # Other cuts each time, or the second file would be in the store already.
        plan = Plan.random(sound.length, cuts, number)
        version = server.edit(note, plan)
        for kind in ("opus", "flac"):
            task = Task(sound, plan, folder, complexity, kind)
            sides = [("VoiceNote", lambda task, took: ours(server, note, version, task, took)), *PEERS.items()]
            for who, make in sides[number % len(sides) :] + sides[: number % len(sides)]:
                os.sync()
                make(task, found.setdefault((kind, who), Took()))
                task.check(who)
                task.output.unlink()
    for kind in ("opus", "flac"):
        add_exports(section, {who: took for (of, who), took in found.items() if of == kind}, kind, name, cuts)


def add_exports(section, found, kind, name, cuts):
    mine, label = found["VoiceNote"], {"opus": "Opus", "flac": "FLAC"}[kind]
    fastest = min(PEERS, key=lambda who: found[who].median)
    for who in PEERS:
        shown = "sox, its samples to ffmpeg" if (who, kind) == ("sox", "opus") else who
        target = 1 if who == fastest else None
        ratio = found[who].median / mine.median
        section.add(Row(f"{name}, {cuts} cuts, to {label}", str(mine), shown, str(found[who]), ratio, target))
    section.add(memory_row(f"export to {label}: peak memory of the media worker", mine.own, MEMORY_LIMIT))
    for who in PEERS:
        what = f"export to {label}: most memory, all processes"
        section.add(Row(what, f"{mine.sum >> 20} MiB", who, f"{found[who].sum >> 20} MiB"))


@dataclass(frozen=True)
class Source:
    name: str
    path: Path
    type: str
    sound: Sound | None = None


def make_sources(folder, hour, quick):
    """What is exported, and then what else is previewed. Up to 1.5 GB of files."""
    folder.mkdir(parents=True)
    minutes, hours = (5, 1) if quick else (60, 10)
    long, short, mp3, flac, part, webm = (
        folder / name for name in ("long.wav", "short.wav", "long.mp3", "longest.flac", "part.webm", "longest.webm"))
    quietly("sox", hour, "-r", RATE, "-b", 16, long, "trim", 0, minutes * 60)
    quietly("sox", long, short, "trim", 0, 60)
    quietly(*FFMPEG, "-i", hour, "-t", minutes * 60, "-c:a", "libmp3lame", "-q:a", 4, mp3)
    quietly("sox", "-D", hour, "-C", 0, flac, "repeat", hours - 1)
    # Encoded once and then only joined: where a packet would begin, and without the last one, which is cut short.
    quietly(*FFMPEG, "-i", hour, "-c:a", "libopus", "-b:a", "24k", "-compression_level", 0, part)
    joined = folder / "joined"
    joined.write_text("ffconcat version 1.0\n" + "file part.webm\noutpoint 3599.019\n" * hours)
    quietly(*FFMPEG, "-f", "concat", "-i", joined, "-c", "copy", webm)
    part.unlink()
    exported = Source(f"{minutes} min", long, "audio/wav", Sound(long))
    return exported, [
        Source("1 min WAV", short, "audio/wav", Sound(short)),
        Source(f"{minutes} min MP3", mp3, "audio/mpeg"),
        Source(f"{hours} h FLAC", flac, "audio/flac"),
        Source(f"{hours} h Opus in WebM", webm, "audio/webm"),
    ]


def measure(folder, quick, complexity):
    cuts = 10 if quick else 50
    section = Section(
        "Edits",
        f"Exports: a WAV file of speech at {RATE // 1000} kHz in mono, {cuts} cuts at random samples, other ones in "
        f"each round; Opus at {OPUS_RATE // 1000} kbit/s, complexity {complexity}, FLAC at level {FLAC_LEVEL}, on all "
        "sides, which take turns at the media worker's low priority on all cores. VoiceNote's clock runs from the "
        "request over HTTP until the export is done, asked forty times a second: encoded, named by its SHA-256, synced "
        "and in the store. The peers' files stay in the page cache. sox writes no Opus here, so ffmpeg encodes what "
        "comes from it through a pipe, beside it. The FLACs are the same samples, bit for bit, and the Opus files as "
        "long as the edit. Median of the rounds, least and most in brackets; the target is against the fastest peer. "
        f"Previews: {cuts} cuts, the time from connecting to the first byte of `Range: bytes=N-`, which is closed "
        f"{previews.PIECE >> 10} KiB later, and {previews.PAUSE * 1000:.0f} ms before the next one; median and worst "
        f"of {previews.REQUESTS}. The target is for the worst.",
    )
    _, hour = make_recordings(folder / "recordings")
    place = folder / "edits"
    shutil.rmtree(place, ignore_errors=True)
    try:
        exported, others = make_sources(place / "sources", hour, quick)
        with Editor(place / "VoiceNote", complexity) as server:
            note = server.take(exported.path, exported.type)
            (place / "work").mkdir()
            places = (place / "work", cuts, exported.name)
            warm(place / "sources")
            measure_exports(section, server, note["id"], exported.sound, places, complexity, quick)
            named = Source(f"{exported.name} WAV", exported.path, exported.type, exported.sound)
            notes = [(named, note)] + [(source, server.take(source.path, source.type)) for source in others]
            ready = [prepare(server, source, note, cuts) for source, note in notes]
            for (source, _), preview in zip(notes, ready, strict=True):
                previews.measure_preview(section, preview, source.name)
            last, preview = notes[-1], ready[-1]
            path = preview.path.removesuffix("audio") + "waveform"
            rate = last[1]["recording"]["sampleRate"]
            previews.measure_waveform(section, server, path, preview.plan.samples, rate, last[0].name)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return section


def prepare(server, source, note, cuts):
    """An edit of the source that can be previewed."""
    plan = Plan.random(server.whole(note["id"])["length"], cuts, source.name)
    version = server.edit(note["id"], plan)
    path = f"/api/v1/notes/{note['id']}/edits/{version}/audio"
    return previews.Preview(server, path, plan, min(2, note["recording"]["channels"]), source.sound)
