"""A session with a server whose file operations are recorded."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.api import Api, account
from support.server import Server

from . import trace
from .session import Session

SHIM = Path(__file__).resolve().parents[1] / "shim"
SETTINGS = {"VOICENOTE_AUDIO_WORKERS": "1"}


def compiled(folder):
    """The shim, as a library that can be loaded before all others."""
    library = Path(folder) / "powercut.so"
    compiler = next(path for path in map(shutil.which, ("cc", "clang", "gcc")) if path)
    sources = sorted(SHIM.glob("*.c"))
    command = [compiler, "-shared", "-fPIC", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", library]
    subprocess.run([*command, *sources], check=True)
    return library


@dataclass
class Traced:
    """What was done, what was told, and where in the trace; `data` is the folder as the server left it."""

    events: list
    steps: list
    positions: dict
    token: str
    data: Path

    @property
    def ready(self):
        """The first event after which the client has been told something."""
        return self.positions[self.steps[0].request]


def record(folder, script, seed=1, ignore="", makes_folder=False):
    """Runs the script against a new server below the folder. With `makes_folder`, the server makes its data folder by
    itself, and the trace begins one folder higher."""
    folder = Path(folder)
    home = folder / "home"
    home.mkdir()
    server = Server("power-cut-session", home, **SETTINGS)
    if not makes_folder:
        server.data.mkdir(mode=0o700)
    server.settings |= {
        "LD_PRELOAD": str(compiled(folder)),
        "POWERCUT_ROOT": str(home if makes_folder else server.data),
        "POWERCUT_TRACE": str(folder / "trace"),
        "POWERCUT_IGNORE": ignore,
    }
    server.start()
    try:
        with account(server, "owner@example.org") as client:
            token = client.headers["authorization"].removeprefix("Bearer ")
            session = Session(client, seed)
            session.told("the account and its token", session.ask("GET", "/users/me", 200))
            script(session)
    except BaseException:
        server.kill()
        raise
    server.stop()
    events = trace.read(folder / "trace")
    positions = trace.replies(events)
    unseen = [step.what for step in session.steps if step.request not in positions]
    assert not unseen, f"the shim did not see the answers to {unseen}"
    return Traced(events, session.steps, positions, token, server.data)


def client(server, token):
    return Api(server.url, token)
