"""What a file is, by its first bytes, and how long it sounds."""

import hashlib
import struct
import wave
import zlib
from pathlib import Path

PICTURES = {"png", "jpg", "gif"}
MEDIA_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "webm": "video/webm",
    "3gp": "video/3gpp",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "json": "application/json",
}
STARTS = {
    b"fLaC": "flac",
    b"ID3": "mp3",
    b"OggS": "ogg",
    b"\x1a\x45\xdf\xa3": "webm",
    b"#!AMR": "amr",
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpg",
    b"GIF8": "gif",
}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# A black picture of one pixel: what is delivered where the service would draw one.
PIXEL = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)


def format_of(path: Path) -> str | None:
    """The extension of a kind of file that the service takes as video (audio is video) or image."""
    with path.open("rb") as file:
        start = file.read(64)
    for sign, extension in STARTS.items():
        if start.startswith(sign):
            return "opus" if sign == b"OggS" and b"OpusHead" in start else extension
    if start[:4] in (b"RIFF", b"RF64") and start[8:12] == b"WAVE":
        return "wav"
    if start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if start[4:8] == b"ftyp":
        return {b"M4A ": "m4a", b"3gp": "3gp"}.get(start[8:12].rstrip(b"456789"), "mp4")
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0:
        return "aac" if start[1] & 0x06 == 0 else "mp3"
    return None


def resource_type_of(extension: str | None) -> str:
    """What `auto` becomes."""
    if extension is None:
        return "raw"
    return "image" if extension in PICTURES else "video"


def seconds_of(path: Path, extension: str | None) -> float | None:
    """Only WAV files are measured."""
    if extension != "wav":
        return None
    try:
        with path.open("rb") as file, wave.open(file) as reader:
            return reader.getnframes() / reader.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):
        return 0.0


def md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
