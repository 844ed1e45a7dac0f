"""`voicenote record` as a person or a script runs it."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

from .api import PASSWORD, Api, fetched
from .server import Server, binary, clean_environment, eventually

OWNER = "owner@example.org"


class Recorder:
    """Runs the command in a folder of its own, with a data folder, a state folder and a microphone of its own."""

    def __init__(self, folder, sound, name):
        self.folder, self.sound, self.name = folder, sound, name
        self.data = folder / "data"
        self.state = folder / "state" / "voicenote" / "recordings-in-progress"

    def environment(self, **settings):
        own = {
            "VOICENOTE_ENVIRONMENT": "testing",
            "VOICENOTE_DATA_FOLDER": str(self.data),
            "XDG_STATE_HOME": str(self.folder / "state"),
        }
        return clean_environment(**(self.sound.settings if self.sound else {}) | own | settings)

    def start(self, *arguments, **settings):
        return subprocess.Popen(
            [binary(), *map(str, arguments)], cwd=self.folder, env=self.environment(**settings),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments, typed="", seconds=60, **settings):
        return subprocess.run(
            [binary(), *map(str, arguments)], cwd=self.folder, env=self.environment(**settings), input=typed,
            capture_output=True, text=True, timeout=seconds,
        )  # fmt: skip

    def record(self, *arguments, **settings):
        """Begins to record, and waits until sound is on the disk."""
        process = self.start("record", *arguments, **settings)
        self.recording_of(process)
        return process

    def recording_of(self, process, more_than=200):
        """The file that is being written, once it has sound: silence takes little in FLAC."""

        def found():
            assert process.poll() is None, process.communicate()
            return next((path for path in self.sounds() if path.stat().st_size > more_than), None)

        return eventually(found, 20, "recording")

    def sounds(self):
        """The sound of recordings in progress, and of those left behind."""
        folders = [self.state, self.data / "recordings-in-progress"]
        return [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.suffix in SUFFIXES]

    def remains(self):
        """Everything that is left of recordings in progress."""
        folders = [self.state, self.data / "recordings-in-progress"]
        return [path for folder in folders if folder.is_dir() for path in folder.iterdir()]

    def make_owner(self):
        made = self.run("account", "create", "--email", OWNER, "--name", "Ada", typed=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr

    def server(self):
        """A server on the data folder, and a client of its owner."""
        server = Server(self.name, self.folder).start()
        with Api(server.url) as visitor:
            token = fetched(visitor.login(OWNER))["accessToken"]
        return server, Api(server.url, token)


SUFFIXES = {".opus", ".flac", ".wav"}
WAV = ["--preset", "custom"]
CODECS = {"opus": [], "flac": ["--preset", "interview"], "wav": WAV}


def finished(process, how=signal.SIGINT, seconds=60):
    """Ends a recording; its status, and what it said."""
    if how:
        process.send_signal(how)
    said, wrong = process.communicate(timeout=seconds)
    return process.returncode, said, wrong


def place_said(said):
    """The id, or the path, that a recording went to."""
    return re.search(r"^(?:recorded|recovered)  (\S+)", said, re.M)[1]


def source_of(client, note_id, folder):
    """The source of a note, as a file."""
    path = folder / f"source-{note_id}"
    path.write_bytes(client.audio(note_id, rendition="source").content)
    return path


def reached(server, client):
    """The settings by which a command finds the server, as that client's account."""
    token = client.headers["authorization"].removeprefix("Bearer ")
    return {"VOICENOTE_CLIENT_SERVER": server.url, "VOICENOTE_CLIENT_TOKEN": token}


def one_line(wrong):
    """The complaint at the end: one clear line."""
    lines = [line for line in wrong.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, wrong
    assert not re.search(r"Optional\(|0x[0-9a-f]{6}|\.swift:\d", lines[0]), lines[0]
    return lines[0]


class Typist:
    """Runs a command at a terminal of its own, and types."""

    def __init__(self, arguments, folder, environment):
        self.master, slave = pty.openpty()
        # Before anything changes it.
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.shown = ""
        self.process = subprocess.Popen(
            [binary(), *map(str, arguments)], cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip

    def read(self, seconds=0.1):
        """Everything that is shown within the time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.shown += os.read(self.master, 65536).decode(errors="replace")
        return self.shown

    def until(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.read(0.05):
            assert time.monotonic() < end, f"{text!r} is not in {self.shown[-2000:]!r}"

    def type(self, keys):
        os.write(self.master, keys.encode())

    def end(self, seconds=30):
        """Waits for the end; the status."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            self.read(0.05)
            assert time.monotonic() < end, self.shown[-2000:]
        self.read(0.2)
        return self.process.returncode

    @property
    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)
