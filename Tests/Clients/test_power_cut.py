"""A power cut at any moment loses nothing that was acknowledged, whatever the disk did with what was not synced.

The machinery is in Tests/Crash/cut; `scripts/crash-test power-cut` examines more moments than these tests do."""

import sys

import pytest

from support.server import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "Tests"))

from Crash.cut import scripts  # noqa: E402
from Crash.cut.model import BLOCK, ROOT, Disk  # noqa: E402
from Crash.cut.outcomes import Chance, Everything, NamesOnly, Outcome, build  # noqa: E402
from Crash.cut.run import plan, run  # noqa: E402
from Crash.cut.trace import Event, Kind  # noqa: E402
from Crash.cut.traced import record  # noqa: E402

IMAGES = 32
IMAGES_FOR_A_MISTAKE = 8


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    return record(tmp_path_factory.mktemp("traced"), scripts.everything)


@pytest.fixture(autouse=True)
def _images_below_the_test(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


# The disk

FILE = 2


def event(kind, node=FILE, parent=ROOT, other=0, number=1, offset=0, name="", data=b"", room=""):
    return Event(kind, room, node, parent, other, number, offset, name, data)


def found(folder, outcome, *events):
    """Name to bytes, of what is on the disk after these events and a cut."""
    build(Disk().replay([event(Kind.CREATE, name="a"), *events]), outcome, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


NAMED = [event(Kind.SYNC_BEGIN, node=ROOT, number=9), event(Kind.SYNC_END, node=ROOT, number=9)]
SYNC = [event(Kind.SYNC_BEGIN), event(Kind.SYNC_END)]


def write(data, offset=0):
    return event(Kind.WRITE, offset=offset, data=data)


def test_bytes_need_a_sync_of_the_file_and_names_one_of_the_folder(tmp_path):
    folders = [tmp_path / str(number) for number in range(4)]
    assert found(folders[0], Outcome(), write(b"x"), *SYNC) == {}
    assert found(folders[1], Outcome(), write(b"x"), *NAMED) == {"a": b""}
    assert found(folders[2], Outcome(), write(b"x"), *SYNC, *NAMED) == {"a": b"x"}
    assert found(folders[3], NamesOnly(), write(b"x"), *SYNC, write(b"yz", 1)) == {"a": b"x\0\0"}


def test_a_sync_covers_what_came_before_its_begin(tmp_path):
    begin, end = SYNC
    assert found(tmp_path / "1", Outcome(), *NAMED, write(b"x"), begin, write(b"y"), end) == {"a": b"x"}
    assert found(tmp_path / "2", Outcome(), *NAMED, write(b"x"), begin) == {"a": b""}
    everything = [event(Kind.ALL_BEGIN), write(b"y", 1), event(Kind.ALL_END)]
    assert found(tmp_path / "3", Outcome(), write(b"x"), *everything) == {"a": b"x"}


def test_a_removed_name_may_come_back_and_a_new_one_go(tmp_path):
    rename = event(Kind.RENAME, other=ROOT, name="a\0b")
    assert found(tmp_path / "1", Outcome(), *NAMED, rename) == {"a": b""}
    assert found(tmp_path / "2", Outcome(), rename, *NAMED) == {"b": b""}
    for seed in range(20):
        names = set(found(tmp_path / f"chance {seed}", Chance(seed), *NAMED, rename))
        assert names in ({"a"}, {"b"}), "a rename happens or does not"


def test_chance_mixes_old_and_new_blocks(tmp_path):
    old, new = b"o" * BLOCK, b"n" * BLOCK
    seen = set()
    for seed in range(40):
        [data] = found(tmp_path / str(seed), Chance(seed), *NAMED, write(old * 2), *SYNC, write(new * 3)).values()
        assert len(data) in (2 * BLOCK, 3 * BLOCK)
        seen.add(tuple(data[start : start + 1] for start in range(0, len(data), BLOCK)))
    assert {(b"o", b"n"), (b"n", b"o"), (b"n", b"o", b"\0")} <= seen


# The server


def test_the_trace_holds_all_that_was_done(traced, tmp_path):
    """Replayed without a loss, it gives the files that the server left. Otherwise the shim would miss a call."""
    build(Disk().replay(traced.events), Everything(), tmp_path)
    assert contents(tmp_path) == contents(traced.data)


def contents(folder):
    """Path to bytes; but for the log's index, which is shared memory, and what media workers write themselves."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".sqlite-shm" and path.parent.name != "temp"
    }


def test_nothing_acknowledged_is_lost_in_a_power_cut(traced):
    assert run(traced, plan(traced, IMAGES, seed=1)) == []


def test_a_data_folder_that_the_server_made_itself_survives(tmp_path):
    """Its name is an entry of the folder above it."""
    traced = record(tmp_path, lambda session: session.add(30_000, "first"), makes_folder=True)
    assert run(traced, plan(traced, 3, seed=1), root=".") == []


def test_what_came_alone_is_in_the_journal_or_in_its_place(tmp_path):
    traced = record(tmp_path, scripts.one_by_one)
    assert run(traced, plan(traced, IMAGES // 2, seed=1)) == []


def test_a_server_that_left_out_the_journals_sync_would_be_found_out(tmp_path):
    traced = record(tmp_path, scripts.one_by_one, ignore="journal")
    assert run(traced, plan(traced, IMAGES_FOR_A_MISTAKE, seed=1)) != []


@pytest.mark.parametrize("left_out", ["file", "folder-incoming", "folder-blobs", "database"])
def test_a_server_that_left_out_a_sync_would_be_found_out(tmp_path, left_out):
    traced = record(tmp_path, scripts.everything, ignore=left_out)
    assert run(traced, plan(traced, IMAGES_FOR_A_MISTAKE, seed=1)) != []
