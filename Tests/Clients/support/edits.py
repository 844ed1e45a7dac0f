"""What is heard of an edit, an array program that says what should be, exports, and sources that stay as they are."""

import io
import math
import subprocess
import time
import wave

import pytest

from .api import BASE, fetched
from .places import sha256
from .recordings import RATE, speech, wav

LOUDEST = 32_767
EXPORT_FIELDS = {
    "id", "version", "format", "bits", "bitRate", "quality", "state", "progress", "reason", "url", "fileName",
    "mimeType", "size", "sha256", "durationMs", "normalization", "createdAt",
}  # fmt: skip


class Kept:
    """Adds recordings and remembers what was sent."""

    def __init__(self):
        self.sent = {}

    def __call__(self, client, data, seconds=150, **options):
        """The note, analysed."""
        note = client.add(data, **options)
        self.sent[note["id"]] = (client, data)
        return client.ready(note["id"], seconds)

    def forget(self, note):
        """The test deletes it for good."""
        del self.sent[note["id"]]

    def check(self):
        for note, (client, data) in self.sent.items():
            source = sha256(fetched_bytes(client.audio(note, rendition="source")))
            assert source == sha256(data) == client.note(note)["recording"]["sha256"], "the source changed"


@pytest.fixture
def kept():
    """Adds recordings; at the end of the test, every source must be what was sent. It needs its server until then:
    a test names it behind `start_with` and `start_server`."""
    kept = Kept()
    yield kept
    kept.check()


# Hearing


def path(note, version="head", what="audio"):
    return f"/notes/{note['id']}/edits/{version}/{what}"


def preview(client, note, version="head", method="GET", **headers):
    """Headers are named with underscores: if_range."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(method, path(note, version), headers=headers)


def heard(client, note, version="head"):
    """The whole preview, a WAV file."""
    answer = preview(client, note, version)
    fetched_bytes(answer)
    assert answer.headers["content-length"] == str(len(answer.content))
    return answer.content


def values(data):
    """The samples of a WAV file of 16 bits, interleaved."""
    with wave.open(io.BytesIO(data)) as reader:
        assert reader.getsampwidth() == 2
        frames = reader.readframes(reader.getnframes())
    return list(memoryview(frames).cast("h"))


def long_wav(minutes):
    """A recording that takes a while to encode."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", None))
        writer.writeframes(wav(speech(1))[44:] + wav(speech(60))[44:] * minutes)
    return file.getvalue()


def elsewhere(server):
    """The files of the data folder that are neither blobs nor of the database."""
    files = {str(path.relative_to(server.data)) for path in server.data.rglob("*") if path.is_file()}
    return {file for file in files if not file.startswith(("blobs/", "db/"))}


# ffmpeg


def run(*words, data=None):
    return subprocess.run([str(word) for word in words], input=data, capture_output=True, check=True).stdout


def encode(folder, data, extension, *options):
    """The recording in another format."""
    target = folder / f"encoded.{extension}"
    run("ffmpeg", "-v", "error", "-y", "-i", "-", *options, target, data=data)
    return target.read_bytes()


def decode(file, kind="s16le"):
    """The samples as they are in the file, in its channels and at its rate."""
    data = run("ffmpeg", "-v", "error", "-xerror", "-i", file, "-f", kind, "-")
    return list(memoryview(data).cast({"s16le": "h", "s32le": "i"}[kind]))


# A plain array program: what an operation makes of samples. Where it computes, a sample becomes a float.


def applied(tape, operation, recordings=None):
    """The samples after the operation, as the API names it; `recordings` has the samples of those that are joined.

    Fades must come after all that divides, since they belong to segments and not to samples."""
    get = operation.get
    start, end, length = get("start"), get("end"), get("length")
    match operation["op"]:
        case "trim":
            return tape[start:end]
        case "cut":
            return tape[:start] + tape[end:]
        case "split":
            return tape
        case "move":
            rest, to = tape[:start] + tape[end:], get("to")
            to -= end - start if to > start else 0
            return rest[:to] + tape[start:end] + rest[to:]
        case "insertSilence":
            return tape[: get("at")] + [0] * length + tape[get("at") :]
        case "join":
            at = get("at", len(tape))
            return tape[:at] + recordings[get("recording")][start:end] + tape[at:]
        case "gain":
            factor = 10 ** (get("decibels") / 20)
            return tape[:start] + [value * factor for value in tape[start:end]] + tape[end:]
        case "fadeIn":
            return [tape[i] * (i + 0.5) / length for i in range(length)] + tape[length:]
        case "fadeOut":
            return applied(tape[::-1], {"op": "fadeIn", "length": length})[::-1]
        case "crossfade":
            at = get("at")
            rising = [math.sin(math.pi / 2 * (i + 0.5) / length) for i in range(length)]
            falling, earlier, later = rising[::-1], tape[at - length : at], tape[at : at + length]
            both = [earlier[i] * falling[i] + later[i] * rising[i] for i in range(length)]
            return tape[: at - length] + both + tape[at + length :]
    raise ValueError(operation)


def is_tape(found, tape, what=""):
    """What was not computed is the same; what was differs by at most one from the exact value, clamped."""
    assert len(found) == len(tape), f"{len(found)} samples and not {len(tape)} {what}"
    for index, (sample, wanted) in enumerate(zip(found, tape)):
        if sample != wanted:
            near = isinstance(wanted, float) and abs(sample - min(LOUDEST, max(-LOUDEST - 1, wanted))) <= 1
            assert near, f"sample {index} is {sample} and not {wanted} {what}"


# Exports


def ask(client, note, version="head", **body):
    return client.post(path(note, version, "exports"), json=body)


def exports(client, note):
    return fetched(client.get(f"/notes/{note['id']}/exports"))["items"]


def export_of(client, note, export):
    found = fetched(client.get(f"/notes/{note['id']}/exports/{export['id']}"))
    assert set(found) == EXPORT_FIELDS
    return found


def until(client, note, export, *states, seconds=120):
    """The export, once it is in one of the states."""
    deadline = time.monotonic() + seconds
    while (found := export_of(client, note, export))["state"] not in states:
        assert found["state"] in ("waiting", "running"), f"it ended: {found}"
        assert time.monotonic() < deadline, f"not {states} within {seconds} s: {found}"
        time.sleep(0.05)
    return found


def exported(client, note, version="head", seconds=120, **body):
    """A new export, done."""
    export = fetched(ask(client, note, version, **body), 202)
    assert set(export) == EXPORT_FIELDS and export["state"] in ("waiting", "running", "done")
    return until(client, note, export, "done", seconds=seconds)


def download(client, export, method="GET", **headers):
    """From the address that the export tells."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    assert export["url"].startswith(f"{BASE}/notes/")
    return client.request(method, export["url"].removeprefix(BASE), headers=headers)


def saved(client, export, folder):
    """The exported file, in the folder, after a look at its digest."""
    data = fetched_bytes(download(client, export))
    assert (len(data), sha256(data)) == (export["size"], export["sha256"])
    file = folder / f"{export['id']}.{export['format']}"
    file.write_bytes(data)
    return file


def fetched_bytes(answer, status=200):
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:500]}"
    return answer.content
