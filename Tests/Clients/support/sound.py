"""A sound server without hardware, and how alike two recordings are."""

import contextlib
import math
import operator
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

RATE = 8000  # of what is compared; a voice has little above 4 kHz
STEP = RATE // 100  # samples of one value of an envelope


class SoundServer:
    """A private PulseAudio daemon: what is played into the sink `mic` is heard by the source `fakemic`."""

    def __init__(self):
        # Below /tmp itself: the path of a socket may have 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="voicenote-pulse-", dir="/tmp"))
        self.socket = self.folder / "native"
        self.process = None

    @property
    def settings(self):
        """What programs need to find it."""
        return {
            "PULSE_SERVER": f"unix:{self.socket}",
            "XDG_RUNTIME_DIR": str(self.folder),
            "HOME": str(self.folder),
        }

    @property
    def _environment(self):
        return dict(os.environ) | self.settings

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                 "--disallow-exit=false", "--log-level=error",
                 "-L", f"module-native-protocol-unix socket={self.socket} auth-anonymous=1",
                 "-L", "module-null-sink sink_name=mic rate=48000 channels=1",
                 "-L", "module-remap-source master=mic.monitor source_name=fakemic",
                 "-L", "module-always-sink"],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while self._control("info").returncode != 0:
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)
        assert self._control("set-default-source", "fakemic").returncode == 0
        return self

    def _control(self, *arguments):
        return subprocess.run(["pactl", *arguments], env=self._environment, capture_output=True, timeout=20)

    def play(self, path):
        """Begins to play a file into the microphone."""
        return subprocess.Popen(
            ["paplay", "--device=mic", str(path)], env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @contextlib.contextmanager
    def frozen(self):
        """The server is there, and does nothing."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


def samples_of(path, rate=RATE):
    """The 16-bit samples of any recording, as one channel."""
    decoded = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(rate), "-f", "s16le", "-"],
        capture_output=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    return struct.unpack(f"<{len(decoded) // 2}h", decoded)


def seconds_of(path):
    return len(samples_of(path)) / RATE


def envelope(values):
    """The level of every 10 ms."""
    blocks = (values[start : start + STEP] for start in range(0, len(values) - STEP + 1, STEP))
    return [math.sqrt(sum(map(operator.mul, block, block)) / STEP) for block in blocks]


def correlation(left, right):
    """Pearson's, of two sequences of one length."""
    count = len(left)
    means = sum(left) / count, sum(right) / count
    left = [value - means[0] for value in left]
    right = [value - means[1] for value in right]
    energy = math.sqrt(sum(map(operator.mul, left, left)) * sum(map(operator.mul, right, right)))
    return sum(map(operator.mul, left, right)) / energy if energy else 0.0


def place_of(part, whole):
    """Where `part` is heard in `whole`, in steps of 10 ms, and how alike the two are there."""
    part, whole = envelope(part), envelope(whole)
    assert len(part) <= len(whole), f"{len(part) / 100} s were played, {len(whole) / 100} s recorded"
    places = range(len(whole) - len(part) + 1)
    return max(((correlation(part, whole[place : place + len(part)]), place) for place in places))[::-1]


def alike(played, recorded):
    """How alike two recordings are where they fit best: their envelopes, and the waves of a second in the middle."""
    place, envelopes = place_of(played, recorded)
    middle = len(played) // 2
    part = played[middle - RATE // 2 : middle + RATE // 2]
    around = range(-2 * STEP, 2 * STEP + 1)
    starts = [place * STEP + middle - RATE // 2 + shift for shift in around]
    waves = max(
        correlation(part, recorded[start : start + len(part)])
        for start in starts
        if 0 <= start and start + len(part) <= len(recorded)
    )
    return envelopes, waves
