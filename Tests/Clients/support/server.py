"""A real `voicenote serve`, in a folder and on a port of its own."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

CHECKOUT = Path(__file__).resolve().parents[3]
LOGS = CHECKOUT / ".artefacts" / "logs"


def binary():
    path = Path(os.environ.get("VOICENOTE_BINARY") or CHECKOUT / ".build" / "debug" / "voicenote").resolve()
    assert path.is_file(), f"{path} is missing: run `swift build`, or name another with VOICENOTE_BINARY"
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**settings):
    """This process's environment without any VoiceNote setting but those given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VOICENOTE_")}
    return inherited | {"SWIFT_BACKTRACE": "enable=no"} | settings


class Server:
    """`folder` is the working directory, so that no voicenote.yaml of the checkout is read; data is kept below it."""

    seconds_to_start = 60
    seconds_to_stop = 10

    def __init__(self, name, folder, **settings):
        self.name = name
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "VOICENOTE_ENVIRONMENT": "testing",
            "VOICENOTE_SERVER_HOST": "127.0.0.1",
            "VOICENOTE_SERVER_PORT": str(self.port),
            "VOICENOTE_DATA_FOLDER": str(self.data),
        } | settings
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{name}.log"
        self.log.write_bytes(b"")
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), "serve"],
                cwd=self.folder,
                env=clean_environment(**self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + self.seconds_to_start
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended at once:\n{self.log_tail()}"
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the server was not ready after {self.seconds_to_start} s:\n{self.log_tail()}")

    def stop(self):
        """SIGTERM; the server must end by itself, with status 0."""
        if self.process is None:
            return
        process, self.process = self.process, None
        early = process.poll()
        assert early is None, f"the server had ended with {early}:\n{self.log_tail()}"
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(self.seconds_to_stop)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            message = f"SIGTERM did not end the server in {self.seconds_to_stop} s:\n{self.log_tail()}"
            raise AssertionError(message) from None
        assert status == 0, f"the server ended with {status}:\n{self.log_tail()}"

    def kill(self):
        """SIGKILL: what a power cut looks like to the program."""
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def children(self):
        """The ids of the processes that the server started."""
        found = set()
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            found.update(int(child) for child in (task / "children").read_text().split())
        return found

    def blobs(self):
        """SHA-256 to path, of every file below blobs/."""
        return {path.name: path for path in (self.data / "blobs").rglob("*") if path.is_file()}

    def incoming(self):
        return [path for path in (self.data / "incoming").rglob("*") if path.is_file()]

    def log_tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def is_alive(process_id):
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition, seconds=10, what="it"):
    """Waits until `condition` holds and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.05)
