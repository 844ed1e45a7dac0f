"""A power cut while recording costs a second at most, whatever the disk did with what was not synced."""

import os
import sys
import time

import pytest

from support.recorder import CODECS, SUFFIXES
from support.server import CHECKOUT
from support.sound import seconds_of

sys.path.insert(0, str(CHECKOUT / "Tests"))

from Crash.cut import trace  # noqa: E402
from Crash.cut.model import Disk  # noqa: E402
from Crash.cut.outcomes import Chance, Everything, Outcome, build  # noqa: E402
from Crash.cut.traced import compiled  # noqa: E402


def image(events, outcome, folder):
    """The folder of states as it is found after a cut behind these events."""
    folder.mkdir(parents=True)
    build(Disk().replay(events), outcome, folder)
    return folder


@pytest.mark.parametrize("codec", CODECS)
def test_a_power_cut_costs_a_second_at_most(recorder, tmp_path, codec):
    (tmp_path / "state").mkdir()
    target = tmp_path / f"memo.{codec}"
    settings = {
        "LD_PRELOAD": str(compiled(tmp_path)),
        "POWERCUT_ROOT": str(tmp_path / "state"),
        "POWERCUT_TRACE": str(tmp_path / "trace"),
        "POWERCUT_IGNORE": "",
    }
    process = recorder.record("--output", target, *CODECS[codec], **settings)
    time.sleep(3)
    process.kill()
    process.communicate()
    events = trace.read(tmp_path / "trace")
    for number, share in enumerate((0.5, 0.75, 1.0)):
        seen = events[: int(len(events) * share)]
        everything = image(seen, Everything(), tmp_path / f"whole-{number}")
        (whole,) = (path for path in everything.rglob("*") if path.suffix in SUFFIXES)
        for outcome in (Outcome(), Chance(number)):
            left = image(seen, outcome, tmp_path / f"left-{number}-{type(outcome).__name__}")
            saved = left / target.name
            back = recorder.run("record", "--recover", "--output", saved, XDG_STATE_HOME=str(left))
            assert back.returncode == 0 and saved.exists(), back.stdout + back.stderr
            assert seconds_of(saved) >= seconds_of(whole) - 1, (share, os.stat(saved), os.stat(whole))
