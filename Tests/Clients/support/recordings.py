"""Real recordings: human speech from Debian's Asterisk prompts, and files encoded from it by scripts/fixtures."""

import io
import os
import random
import struct
import wave
from pathlib import Path

from .server import CHECKOUT

FIXTURES = CHECKOUT / ".fixtures"
SOUNDS = Path("/usr/share/asterisk/sounds")
RATE = 8000  # of the prompts, which are 16-bit mono

# The formats that are taken: extension to media type, and the file of scripts/fixtures, all of the same speech.
FORMATS = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "webm": "audio/webm",
    "amr": "audio/amr",
    "3gp": "audio/3gpp",
    "aiff": "audio/aiff",
    "au": "audio/basic",
}


def encoded(extension):
    """The bytes of a recording in that format."""
    return (FIXTURES / {"ogg": "speech-vorbis.ogg"}.get(extension, f"speech.{extension}")).read_bytes()


def prompt(name):
    """The path of a prompt, such as `demo-congrats`."""
    found = sorted(SOUNDS.glob(f"*/{name}.wav"))
    assert found, f"there is no prompt {name} below {SOUNDS}: run scripts/bootstrap test"
    return found[0]


def samples(path):
    """The 16-bit samples of a mono WAV file."""
    with wave.open(str(path)) as reader:
        assert (reader.getnchannels(), reader.getsampwidth()) == (1, 2)
        data = reader.readframes(reader.getnframes())
    return struct.unpack(f"<{len(data) // 2}h", data)


def wav(values, rate=RATE, channels=1):
    """A WAV file of 16-bit samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(struct.pack(f"<{len(values)}h", *values))
    return file.getvalue()


_speech = []


def speech(seconds):
    """Samples of human speech, starting anywhere."""
    if not _speech:
        _speech.extend(samples(prompt("demo-congrats")))
    start = random.randrange(len(_speech))
    count = round(seconds * RATE)
    turned = _speech[start:] + _speech[:start]
    return (turned * (count // len(turned) + 1))[:count]


def unique_wav(seconds=1.0):
    """A WAV file of speech that no other call ever returned: its first samples are random and barely audible."""
    mark = struct.unpack("<16b", os.urandom(16))
    return wav([*mark, *speech(seconds)[16:]])
