"""Recordings whose every byte follows from two numbers, so that a checker needs no copy of what was sent."""

import random
import struct
from functools import lru_cache

HEADER_BYTES = 44


@lru_cache(maxsize=64)
def recording(seed, number, size):
    """A WAV file of noise of `size` bytes: 16-bit stereo at 48 kHz, so that processing it takes no time to speak of."""
    samples = noise(seed, number, size - HEADER_BYTES)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, 192_000, 4, 16)
    data = struct.pack("<4sI", b"data", len(samples))
    return struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + form + data + samples


def noise(seed, number, size):
    """Bytes that are no recording at all."""
    return random.Random(f"{seed}/{number}").randbytes(size)


def some_size(chance):
    """Bytes of a recording: mostly 1 to 300 KB, seldom 2 MB. Whole samples only."""
    size = 2_000_000 if chance.random() < 0.02 else int(1000 * 300 ** chance.random())
    return HEADER_BYTES + (size - HEADER_BYTES) // 4 * 4
