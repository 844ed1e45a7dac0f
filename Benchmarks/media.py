"""One media worker that decodes once, against the four commands that one would otherwise run for every file."""

import json
import statistics
import subprocess
import time
from pathlib import Path

from report import Row, Section, memory_row
from servers import CHECKOUT, VoiceNote

SOUNDS = Path("/usr/share/asterisk/sounds")
# At the priority that the media worker gives itself, so that whatever else the machine does delays both alike.
ONE_CORE = ["nice", "-n", "19", "taskset", "-c", "1"]
MEMORY_LIMIT = 120 << 20


def quietly(*command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_recordings(folder):
    """A 10 s note at 48 kHz and an hour at 16 kHz (115 MB), both of recorded human speech."""
    folder.mkdir(parents=True, exist_ok=True)
    note, hour = folder / "note10.wav", folder / "hour.wav"
    if not (note.exists() and hour.exists()):
        prompts = [path for path in sorted(SOUNDS.glob("*/*.wav")) if path.stat().st_size > 30_000]
        cycle = folder / "cycle.wav"
        quietly("sox", *prompts, "-r", "16000", "-c", "1", "-b", "16", cycle)
        quietly("sox", cycle, "-b", "16", hour, "repeat", "20", "trim", "0", "3600")
        quietly("sox", hour, "-r", "48000", "-b", "16", note, "trim", "60", "10")
        cycle.unlink()
    return note, hour


def pipeline(path, folder, complexity):
    """The commands of the usual pipeline, at the settings that ours encodes with. Name to command."""
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-y", "-i", path]
    settings = ["-ac", "1", "-c:a", "libopus", "-b:a", "24k", "-application", "voip", "-compression_level", complexity]
    opus = [*settings, folder / "listen.opus"]
    return {
        "ffprobe": ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path],
        "Opus": ffmpeg + opus,
        "loudness": ffmpeg + ["-af", "ebur128=peak=true", "-f", "null", "-"],
        "peaks": ffmpeg + ["-ac", "1", "-f", "s16le", "-"],
    }


def seconds_of(command, runs):
    """The median wall time of a command on one core."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        quietly(*ONE_CORE, *command)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def worker(path, runs, complexity):
    """The median seconds and the peak memory (bytes) of runs of one file through one warm media worker."""
    command = [*ONE_CORE, VoiceNote.binary, "media-bench", path, "--runs", runs, "--complexity", complexity]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=CHECKOUT)
    if run.returncode != 0:
        raise SystemExit(f"voicenote media-bench failed:\n{run.stderr}")
    answer = json.loads(run.stdout.splitlines()[-1])
    return statistics.median(answer["seconds"]), answer["peakRSSBytes"]


def shown(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def measure(folder, quick, complexity):
    section = Section(
        "Processing a recording",
        f"Pinned to one core, Opus at 24 kbit/s and complexity {complexity} on both sides. The pipeline is ffprobe, "
        "ffmpeg to Opus, ffmpeg's ebur128, and ffmpeg to samples for the peaks. Median of the runs.",
    )
    note, hour = make_recordings(folder / "recordings")
    long, length = hour, "60 min"
    if quick:
        long, length = folder / "recordings" / "long.wav", "5 min"
        quietly("sox", hour, long, "trim", "0", "300")

    runs = 3 if quick else 10
    steps = {name: seconds_of(command, runs) for name, command in pipeline(note, folder, complexity).items()}
    seconds, memory = worker(note, runs, complexity)
    said = ", ".join(f"{name} {shown(step)}" for name, step in steps.items())
    total = sum(steps.values())
    section.add(Row("10 s note", shown(seconds), f"pipeline ({said})", shown(total), total / seconds, 3))
    section.add(memory_row("peak memory, 10 s note", memory, MEMORY_LIMIT))

    # They take turns, so that a machine that is slower for a while is slower for both.
    opus, ours = [], []
    for _ in range(3):
        opus.append(seconds_of(pipeline(long, folder, complexity)["Opus"], 1))
        seconds, memory = worker(long, 1, complexity)
        ours.append(seconds)
    opus, seconds = statistics.median(opus), statistics.median(ours)
    section.add(Row(f"{length} file", shown(seconds), "the pipeline's Opus step alone", shown(opus), opus / seconds, 1))
    section.add(memory_row(f"peak memory, {length} file", memory, MEMORY_LIMIT))
    return section


def complexities(folder, quick):
    """How fast the worker is at each effort of the encoder: what the default was chosen by."""
    section = Section(
        "The Opus encoder's effort",
        "The whole worker (decode, analysis, encode) on one core, as a multiple of real time, and its peak memory.",
    )
    _, hour = make_recordings(folder / "recordings")
    sample, length = folder / "recordings" / "sample.wav", 60 if quick else 600
    quietly("sox", hour, sample, "trim", "0", length)
    for complexity in (0, 5, 6, 7, 10):
        seconds, memory = worker(sample, 1, complexity)
        row = Row(f"complexity {complexity}", f"{length / seconds:.0f}× real time", "", "", note=f"{memory >> 20} MiB")
        section.add(row)
    return section
