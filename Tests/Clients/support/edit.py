"""`voicenote edit`, as somebody calls it at a terminal."""

import re
import subprocess

from .server import binary, clean_environment


def begin(arguments, folder, settings=None, **options):
    return subprocess.Popen(
        [binary(), "edit", *map(str, arguments)], cwd=folder, env=clean_environment(**(settings or {})),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def edit(arguments, folder, settings=None, seconds=60):
    """What became of the call: status, standard output, standard error."""
    process = begin(arguments, folder, settings)
    try:
        stdout, stderr = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, stdout, stderr


def edited(arguments, folder, settings=None):
    """Standard output of a call that must work."""
    status, said, wrong = edit(arguments, folder, settings)
    assert status == 0, wrong or said
    return said


def refusal(arguments, folder, settings=None, status=1):
    """The sentence of a call that must be refused; only that and, after a wrong usage, the usage."""
    found, said, wrong = edit(arguments, folder, settings)
    assert found == status, f"{found}: {said}{wrong}"
    lines = [line for line in wrong.splitlines() if line.strip()]
    assert lines[0].startswith("Error: "), wrong
    assert not re.search(r"Fatal error|\.swift:\d|Optional\(|0x[0-9a-f]{6}", wrong), wrong
    if status == 1:
        assert len(lines) == 1, wrong
    else:
        assert any(line.startswith("Usage:") for line in lines), wrong
    return lines[0]


def measured(path):
    """Loudness in LUFS and true peak in dBTP, by a program that is not ours."""
    result = subprocess.run(
        ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    summary = result.stderr.rpartition("Summary:")[2]
    return tuple(float(re.search(rf"\b{name}:\s+(-?[\d.]+)", summary)[1]) for name in ("I", "Peak"))


def probed(path):
    """Codec, samples a second and length in seconds, by a program that is not ours."""
    result = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries",
         "stream=codec_name,sample_rate:format=duration", "-of", "default=noprint_wrappers=1", path],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    fields = dict(line.split("=", 1) for line in result.stdout.splitlines())
    return fields["codec_name"], int(fields["sample_rate"]), float(fields["duration"])
