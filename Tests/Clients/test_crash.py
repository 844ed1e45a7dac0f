"""A server that is killed again and again, at random moments and between any two steps of storing, keeps everything
that it acknowledged and does nothing twice.

The machinery is in Tests/Crash/kill; `scripts/crash-test` kills more often than this test does."""

import os
import random
import sqlite3
import sys
from contextlib import closing

import pytest

from support.apart import apart
from support.server import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "Tests"))

from Crash.kill.killer import POINTS  # noqa: E402
from Crash.kill.report import report  # noqa: E402
from Crash.kill.run import Run  # noqa: E402

KILLS = 50


@pytest.mark.timeout(400)
def test_nothing_acknowledged_is_lost_by_kills(tmp_path):
    run = Run(tmp_path, KILLS, seed=random.randrange(1_000_000))
    apart(run.run())
    text = report(run)
    print(text)
    assert run.ledger.violations == [], text
    assert run.kills >= KILLS
    reached = [point for point in POINTS if run.killer.kills[point]]
    assert len(reached) >= 10, f"of the named points, only {reached} were reached"


def damage_blob(run):
    note = next(note for note in run.ledger.notes.values() if note.state == "kept")
    path = run.folder.blob(note.sha256)
    with path.open("r+b") as file:
        file.seek(note.size // 2)
        byte = file.read(1)
        file.seek(note.size // 2)
        file.write(bytes([byte[0] ^ 1]))


def damage_upload(run):
    upload = next(upload for upload in run.ledger.open_uploads() if upload.acknowledged)
    os.truncate(run.server.data / "incoming" / upload.id, upload.acknowledged - 1)


def damage_upload_bytes(run):
    upload = next(upload for upload in run.ledger.open_uploads() if upload.acknowledged)
    with (run.server.data / "incoming" / upload.id).open("r+b") as file:
        file.write(b"X")


def set_offset_back(run):
    upload = next(upload for upload in run.ledger.open_uploads() if upload.acknowledged)
    change(run, "UPDATE uploads SET received = received - 1 WHERE id = ?", upload.id)


def forget_note(run):
    note = next(note for note in run.ledger.notes.values() if note.state == "kept")
    change(run, "DELETE FROM notes WHERE id = ?", note.id)


def double_note(run):
    note = next(note for note in run.ledger.notes.values() if note.state == "kept")
    [recording] = [row[0] for row in run.folder.query("SELECT recording_id FROM notes WHERE id = ?", note.id)]
    copy(run, "recordings", recording, id=recording[::-1])
    copy(run, "notes", note.id, id=note.id[::-1], recording_id=recording[::-1])


def copy(run, table, row, **changes):
    known = run.folder.query(f"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'number'")
    columns = [column["name"] for column in known]
    values = ", ".join("?" if column in changes else column for column in columns)
    arguments = [changes[column] for column in columns if column in changes]
    select = f"SELECT {values} FROM {table} WHERE id = ?"
    change(run, f"INSERT INTO {table} ({', '.join(columns)}) {select}", *arguments, row)


def change(run, sql, *arguments):
    with closing(sqlite3.connect(run.server.data / "db" / "voicenote.sqlite")) as database, database:
        database.execute(sql, arguments)


DAMAGED_ROUND = 3
DAMAGES = [damage_blob, damage_upload, damage_upload_bytes, set_offset_back, forget_note, double_note]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_loss_would_be_found(tmp_path, damage, monkeypatch):
    """The checks are worth something only if they see what went wrong."""
    monkeypatch.setattr("Crash.kill.run.ROUNDS_BETWEEN_FULL_CHECKS", 1)

    class DamagedRun(Run):
        async def _round(self):
            if self.ledger.round == DAMAGED_ROUND:
                damage(self)
            await super()._round()

    run = DamagedRun(tmp_path, kills=4, seed=1, points=[])
    assert apart(run.run()) is False
    assert all(f"round {DAMAGED_ROUND}" in violation for violation in run.ledger.violations), run.ledger.violations
