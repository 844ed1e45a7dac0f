"""What must hold between rows, files and facts once nobody sends and all work is done."""

import asyncio
import time
from collections import Counter


class Settled:
    """`patience` is how long the server may take to finish its jobs and to clear up."""

    def __init__(self, ledger, folder, patience=90):
        self.ledger = ledger
        self.folder = folder
        self.patience = patience

    def backlog(self):
        return len(self.folder.unfinished_jobs())

    async def check(self, is_alive):
        """Everything. False when the server died before it was idle."""
        waits = {
            "jobs that are not done": self.folder.unfinished_jobs,
            "files of blobs without a row": self.folder.surplus_blobs,
            "rows of blobs that nobody needs": self.folder.unneeded_rows,
            "files in incoming/ of no open upload": self.folder.surplus_incoming,
            "files in temp/": lambda: sorted(self.folder.files("temp")),
        }
        for what, leftovers in waits.items():
            limit = time.monotonic() + (self.patience if "jobs" in what else 10)
            while left := leftovers():
                if not is_alive():
                    return False
                if time.monotonic() > limit:
                    self.ledger.violate(f"{len(left)} {what}: {left[:3]}")
                    break
                await asyncio.sleep(0.1)
        for problem in self.folder.problems() + self._notes() + self._processing() + self._uploads():
            self.ledger.violate(problem)
        return True

    def _notes(self):
        """Each acknowledged note is there with its bytes, each deleted one is not, and no request made two."""
        found = []
        rows = {
            row["id"]: row
            for row in self.folder.query(
                "SELECT n.id, n.title, r.sha256 FROM notes n JOIN recordings r ON r.id = n.recording_id"
            )
        }
        for note in self.ledger.notes.values():
            row = rows.get(note.id)
            if note.state == "kept" and (row is None or row["sha256"] != note.sha256):
                found.append(f"note {note.id} ({note.recording.title}) has the row {row and dict(row)}")
            if note.state == "deleted" and row is not None:
                found.append(f"note {note.id} ({note.recording.title}) was deleted and is there")
        counts = Counter(row["title"] for row in rows.values())
        unfinished = Counter(upload.recording.number for upload in self.ledger.uploads if upload.state == "open")
        for recording in self.ledger.recordings:
            there = counts.pop(recording.title, 0)
            told = sum(1 for note in recording.notes if note.state != "deleted")
            if there > told + recording.lost + unfinished[recording.number]:
                found.append(
                    f"'{recording.title}' is there {there} times: {told} acknowledged, {recording.lost} answers lost, "
                    f"{unfinished[recording.number]} uploads open"
                )
        return found + [f"there are {count} notes '{title}' that nobody sent" for title, count in counts.items()]

    def _processing(self):
        """Every recording has been worked on once. A second effect of a job would be a second version of the note."""
        found = [
            f"note {row['id']} ('{row['title']}') is {row['state']} in version {row['version']}: {row['reason']}"
            for row in self.folder.query("SELECT * FROM notes WHERE trashed_at IS NULL")
            if row["state"] not in ("ready", "failed") or row["version"] != 2
        ]
        found += [
            f"recording {row['id']} is ready with {row['n']} of a waveform and a copy for listening"
            for row in self.folder.query(
                "SELECT r.id, COUNT(d.kind) AS n FROM notes n JOIN recordings r ON r.id = n.recording_id "
                "LEFT JOIN renditions d ON d.recording_id = r.id AND d.kind IN ('listen', 'waveform') "
                "WHERE n.state = 'ready' GROUP BY r.id HAVING COUNT(d.kind) <> 2"
            )
        ]
        return found + [
            f"job {row['id']} gave up, and its note does not say so"
            for row in self.folder.query(
                "SELECT id FROM jobs WHERE kind = 'process' AND state = 'failed' "
                "AND subject NOT IN (SELECT recording_id FROM notes WHERE state = 'failed')"
            )
        ]

    def _uploads(self):
        """What a complete upload became exists, unless it was deleted, and is no other's."""
        gone = {note.id for note in self.ledger.notes.values() if note.state != "kept"}
        rows = self.folder.query("SELECT id, note_id FROM uploads WHERE state = 'complete'")
        notes = {row[0] for row in self.folder.query("SELECT id FROM notes")}
        counts = Counter(row["note_id"] for row in rows)
        found = [f"{count} uploads say that they became note {note}" for note, count in counts.items() if count > 1]
        return found + [
            f"upload {row['id']} became note {row['note_id']}, which is not there"
            for row in rows
            if row["note_id"] not in notes | gone
        ]
