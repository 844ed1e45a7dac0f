"""`voicenote import`: a folder tree and the old recorder's database, brought in without a server, and taken back."""

import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest

from support.api import PASSWORD, Api, fetched
from support.recordings import encoded, unique_wav
from support.server import Server, binary, clean_environment

OWNER = "owner@example.org"


class Place:
    """A data folder without a server, with an account, and a folder from which recordings are imported."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.source = folder / "source"
        self.source.mkdir()
        made = self.run("account", "create", "--email", OWNER, "--name", "Ada", typed=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr

    @property
    def settings(self):
        return {"VOICENOTE_ENVIRONMENT": "testing", "VOICENOTE_DATA_FOLDER": str(self.folder / "data")}

    def start(self, *arguments):
        return subprocess.Popen(
            [binary(), *map(str, arguments)], cwd=self.folder, env=clean_environment(**self.settings),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments, typed="", seconds=120):
        process = self.start(*arguments)
        stdout, stderr = process.communicate(typed, timeout=seconds)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def bring(self, path=None, *options):
        return self.run("import", path or self.source, "--account", OWNER, *options)

    def server(self):
        return Server(self.name, self.folder)

    def blobs(self):
        return {path.name for path in (self.folder / "data" / "blobs").rglob("*") if path.is_file()}

    def rows(self, table="notes"):
        """Read by SQLite itself, with nobody at work on the database."""
        with sqlite3.connect(self.folder / "data" / "db" / "voicenote.sqlite") as database:
            return database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


@pytest.fixture
def place(tmp_path, request):
    return Place(tmp_path, request.node.name.replace("/", "_")[:120])


@pytest.fixture
def serving(place):
    """Starts the server on the data folder and signs in; it must stop properly."""
    servers = []

    def serve():
        servers.append(place.server().start())
        with Api(servers[-1].url) as visitor:
            token = fetched(visitor.login(OWNER))["accessToken"]
        return Api(servers[-1].url, token)

    yield serve
    for server in servers:
        server.stop()


def snapshot(folder):
    return {
        path.relative_to(folder): (path.read_bytes() if path.is_file() else None, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
    }


def import_id(said):
    return re.search(r"--rollback (\S+)", said)[1]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_folder_is_imported_and_its_notes_play(place, serving):
    sent = {"one.wav": unique_wav(2), "trip/two.flac": encoded("flac"), "trip/deep/three.ogg": encoded("ogg")}
    for name, data in sent.items():
        (place.source / name).parent.mkdir(parents=True, exist_ok=True)
        (place.source / name).write_bytes(data)
        os.utime(place.source / name, (1_500_000_000, 1_500_000_000))
    (place.source / "read me.txt").write_text("not audio")
    (place.source / "loop").symlink_to(place.source)
    before = snapshot(place.source)
    said = place.bring()
    assert said.returncode == 0, said.stdout + said.stderr
    assert "3 imported, 0 already there, 0 left out, 0 problems" in said.stdout
    assert "\x1b" not in said.stdout
    assert snapshot(place.source) == before
    backup = re.search(r"The database from before is (.+)", said.stdout)[1]
    with sqlite3.connect(backup) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT COUNT(*) FROM notes").fetchone() == (0,)
    client = serving()
    notes = {note["recording"]["sha256"]: note for note in client.all_notes()}
    assert set(notes) == {sha256(data) for data in sent.values()}
    for name, data in sent.items():
        note = notes[sha256(data)]
        assert note["state"] == "ready" and note["recording"]["durationMs"] > 0
        assert note["createdAt"] == "2017-07-14T02:40:00.000Z"
        assert note["folder"] == (name.rpartition("/")[0] or None)
        assert client.audio(note["id"], rendition="source").content == data
        listen = client.audio(note["id"])
        assert listen.status_code == 200 and listen.content[:4] == b"OggS"
        assert client.get(f"/notes/{note['id']}/waveform", params={"zoom": 4096}).status_code == 200


def old_recorder(folder, rows, shape="last"):
    """The old recorder's database, its last transactions in the log only, and its files."""
    live = folder / "live.db"
    database = sqlite3.connect(live, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    columns = {
        "first": "id INTEGER PRIMARY KEY, filename TEXT UNIQUE, title TEXT, duration REAL, status TEXT, "
        "created_at TEXT",
        "last": "id INTEGER PRIMARY KEY, filename TEXT, stored_filename TEXT UNIQUE, title TEXT, duration REAL, "
        "filesize_bytes INTEGER, mime_type TEXT, checksum TEXT, status TEXT, sync_status TEXT, last_synced_at TEXT, "
        "created_at TEXT, modified_at TEXT",
    }[shape]
    database.execute(f"CREATE TABLE recordings ({columns})")
    for row in rows:
        names = ", ".join(row)
        database.execute(f"INSERT INTO recordings ({names}) VALUES ({', '.join('?' * len(row))})", [*row.values()])
    for suffix in ("", "-wal"):
        shutil.copy(f"{live}{suffix}", folder / f"app.db{suffix}")
    database.close()
    live.unlink()
    return folder / "app.db"


def recorded(place, number, data, room="raw", **more):
    """A recording in its room, and its row."""
    path = place.source / "recordings" / room / f"stored-{number}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    row = {
        "id": number, "filename": f"name {number}.wav", "stored_filename": path.name, "title": f"Talk {number}",
        "filesize_bytes": len(data), "checksum": sha256(data), "status": "active",
        "created_at": f"2021-03-0{number} 08:09:10.5",
    }  # fmt: skip
    return row | more


def test_the_old_recorder_is_imported_with_what_it_knew(place, serving):
    data = [unique_wav(2) for _ in range(3)]
    path = old_recorder(
        place.source,
        [
            recorded(place, 1, data[0], duration=2.0),
            recorded(place, 2, data[1], "edited", status="archived", duration=2.3),
            recorded(place, 3, data[2], status="deleted"),
        ],
    )
    before = snapshot(place.source)
    said = place.bring(path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert snapshot(place.source) == before, "nothing is written beside it"
    client = serving()
    (active,), (archived,), (trashed,) = (
        client.all_notes(), client.all_notes(archived="true"), client.all_notes(trashed="true"),
    )  # fmt: skip
    for number, note in enumerate((active, archived, trashed), 1):
        assert note["title"] == f"Talk {number}" and note["state"] == "ready"
        assert note["createdAt"] == f"2021-03-0{number}T08:09:10.500Z"
        assert note["recording"]["fileName"] == f"name {number}.wav"
        assert client.audio(note["id"], rendition="source").content == data[number - 1]


def test_the_first_shape_of_the_database_is_imported_too(place):
    path = place.source / "recordings" / "edited" / "cut.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(unique_wav())
    row = {"id": 1, "filename": "cut.wav", "title": "Cut", "duration": 1.0, "status": "active"}
    said = place.bring(old_recorder(place.source, [row], "first"))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "1 imported" in said.stdout


def test_what_is_missing_or_wrong_is_named_and_the_rest_goes_on(place):
    data = unique_wav()
    path = old_recorder(
        place.source,
        [
            recorded(place, 1, data),
            {"id": 2, "filename": "gone.wav", "stored_filename": "gone.wav"},
            {"id": 3, "filename": "up.wav", "stored_filename": "../../../../etc/passwd"},
            recorded(place, 4, unique_wav(), checksum="0" * 64),
            {"id": 5, "filename": "clear \x1b[2J\r\n screen", "stored_filename": "no\x1b[2Jne"},
        ],
    )
    said = place.bring(path)
    assert said.returncode == 1
    assert "2 imported" in said.stdout and "problems" in said.stderr
    for name in ("recording 2 (gone.wav)", "recording 3", "recording 4 (stored-4.wav)", "recording 5"):
        assert re.search(rf"^problem  {re.escape(name)}", said.stdout, re.M), said.stdout
    assert "\x1b" not in said.stdout + said.stderr and "\r" not in said.stdout
    assert len(place.rows()) == 2


def test_no_import_while_a_server_runs(place, serving):
    (place.source / "one.wav").write_bytes(unique_wav())
    serving()
    for options in ([place.source, "--account", OWNER], ["--rollback", "0190a0a0-0000-7000-8000-000000000000"]):
        refused = place.run("import", *options)
        assert refused.returncode == 1
        assert "stop it" in refused.stderr and str(place.folder / "data") in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert place.run("import", "--list").returncode == 0


def test_a_dry_run_gives_a_reason_a_line_and_stores_nothing(place):
    data = unique_wav()
    (place.source / "a.wav").write_bytes(data)
    (place.source / "b.wav").write_bytes(data)
    (place.source / "empty.wav").write_bytes(b"")
    planned = place.bring(None, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    lines = planned.stdout.splitlines()
    assert re.match(r"import  a\.wav: .+", lines[0])
    assert lines[1:3] == ["skip  b.wav: a.wav has the same content", "leave out  empty.wav: Its file is empty."]
    assert lines[-1] == "1 to import, 1 to skip, 1 to leave out. Nothing was stored."
    assert place.rows() == place.rows("imports") == [] and place.blobs() == set()
    assert not list((place.folder / "data" / "backup").iterdir())


def test_a_rollback_removes_what_the_import_made_and_nothing_else(place, serving):
    kept, new = unique_wav(), unique_wav()
    (place.source / "kept.wav").write_bytes(kept)
    assert place.bring().returncode == 0
    before = place.rows(), place.rows("recordings"), place.rows("jobs"), place.blobs()
    (place.source / "new.wav").write_bytes(new)
    second = place.bring()
    assert "1 imported, 1 already there" in second.stdout
    assert sha256(new) in place.blobs()
    listed = place.run("import", "--list").stdout.splitlines()
    assert len(listed) == 2 and import_id(second.stdout) in listed[1] and "done  1 notes" in listed[1]
    undone = place.run("import", "--rollback", import_id(second.stdout))
    assert undone.returncode == 0 and "1 notes were removed." in undone.stdout, undone.stdout + undone.stderr
    assert (place.rows(), place.rows("recordings"), place.rows("jobs"), place.blobs()) == before
    assert "undone" in place.run("import", "--list").stdout
    assert [note["title"] for note in serving().all_notes()] == ["kept"]


def test_a_rollback_never_takes_the_only_copy_unasked(place):
    (place.source / "one.wav").write_bytes(unique_wav())
    said = place.bring()
    shutil.rmtree(place.source)
    refused = place.run("import", "--rollback", import_id(said.stdout))
    assert refused.returncode == 1 and "--without-originals" in refused.stderr
    assert len(place.rows()) == 1
    undone = place.run("import", "--rollback", import_id(said.stdout), "--without-originals")
    assert undone.returncode == 0, undone.stderr
    assert place.rows() == [] and place.blobs() == set()


def test_an_import_that_was_killed_goes_on_where_it_was(place, serving):
    sent = [unique_wav() for _ in range(20)]
    for number, data in enumerate(sent):
        (place.source / f"{number:02}.wav").write_bytes(data)
    process = place.start("import", place.source, "--account", OWNER)
    for line in process.stdout:
        if line.startswith("[7/20]"):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    said = place.bring()
    assert said.returncode == 0, said.stdout + said.stderr
    imported, there = map(int, re.search(r"(\d+) imported, (\d+) already there", said.stdout).groups())
    assert imported + there == 20 and there >= 7
    assert "goes on" in said.stdout.splitlines()[0]
    notes = serving().all_notes()
    assert sorted(note["recording"]["sha256"] for note in notes) == sorted(map(sha256, sent))
    assert {note["state"] for note in notes} == {"ready"}


@pytest.mark.parametrize(
    "arguments, status, named",
    [
        (["SOURCE"], 64, "--account"),
        ([], 64, "--rollback"),
        (["SOURCE", "--account", "nobody@example.org"], 1, "nobody@example.org"),
        (["SOURCE/nothing", "--account", OWNER], 1, "nothing"),
        (["SOURCE/text.wav", "--account", OWNER], 1, "voicenote add"),
        (["DATA", "--account", OWNER], 1, "data folder"),
        (["SOURCE/other.db", "--account", OWNER], 1, "recordings"),
        (["--rollback", "something"], 1, "--list"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_words(place, arguments, status, named):
    (place.source / "text.wav").write_text("words")
    with sqlite3.connect(place.source / "other.db") as other:
        other.execute("CREATE TABLE songs (id INTEGER)")
    names = {"SOURCE": str(place.source), "DATA": str(place.folder / "data")}
    arguments = [re.sub("^(SOURCE|DATA)", lambda found: names[found[0]], argument) for argument in arguments]
    refused = place.run("import", *arguments)
    assert refused.returncode == status, refused.stderr
    assert named in refused.stderr
    assert place.rows() == []
