"""A data folder as its rows and files tell of it, without asking the server."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path


class Folder:
    def __init__(self, path):
        self.path = Path(path)

    def query(self, sql, *values):
        """Reads the database beside the running server."""
        uri = f"file:{self.path / 'db' / 'voicenote.sqlite'}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(sql, values).fetchall()

    def blob(self, sha256):
        return self.path / "blobs" / sha256[:2] / sha256

    def blob_files(self):
        return {path.name: path for path in (self.path / "blobs").glob("*/*")}

    def files(self, room):
        return {path.name: path for path in (self.path / room).iterdir()}

    def problems(self, known=()):
        """What is wrong between rows and files: every note must have all that it stands on, down to the bytes. Blobs
        that are `known` to be good are not read again."""
        found = [f"the database says: {row[0]}" for row in self.query("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"a row of {row[0]} refers to nothing" for row in self.query("PRAGMA foreign_key_check")]
        found += [
            f"note {row[0]} stands on a recording or blob that is not there"
            for row in self.query(
                "SELECT n.id FROM notes n LEFT JOIN recordings r ON r.id = n.recording_id "
                "LEFT JOIN blobs b ON b.sha256 = r.sha256 WHERE b.sha256 IS NULL"
            )
        ]
        found += [
            f"recording {row[0]} has no note"
            for row in self.query("SELECT id FROM recordings WHERE id NOT IN (SELECT recording_id FROM notes)")
        ]
        for row in self.query(
            "SELECT b.sha256, b.size, p.state FROM blobs b "
            "LEFT JOIN replicas p ON p.sha256 = b.sha256 AND p.store = 'local'"
        ):
            if row["state"] != "verified":
                found.append(f"blob {row['sha256']} has a local replica that is {row['state']}")
            elif row["sha256"] not in known:
                found += self.blob_problems(row["sha256"], row["size"])
        return found

    def blob_problems(self, sha256, size):
        try:
            content = self.blob(sha256).read_bytes()
        except OSError as error:
            return [f"blob {sha256} cannot be read: {error}"]
        if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
            return [f"blob {sha256} is damaged: {len(content)} of {size} bytes, or others"]
        return []

    def surplus_blobs(self):
        """Files of blobs that no row knows."""
        rows = {row[0] for row in self.query("SELECT sha256 FROM blobs")}
        return sorted(set(self.blob_files()) - rows)

    def surplus_incoming(self):
        """Files of no open upload: theirs begin with its id."""
        open_ids = {row[0] for row in self.query("SELECT id FROM uploads WHERE state = 'open'")}
        return [name for name in sorted(self.files("incoming")) if name[:36] not in open_ids]

    def unneeded_rows(self):
        """Rows of blobs that nothing refers to."""
        return [
            row[0]
            for row in self.query(
                "SELECT sha256 FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM recordings) "
                "AND sha256 NOT IN (SELECT sha256 FROM renditions)"
            )
        ]

    def unfinished_jobs(self):
        return [dict(row) for row in self.query("SELECT * FROM jobs WHERE state <> 'failed'")]
