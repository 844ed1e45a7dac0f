"""The stack that VoiceNote replaces, as a baseline: FastAPI, aiofiles, python-multipart, one SQLite row a file.

It checks no permission and keeps no receipt. It answers when the file is written, not when it is on disk; with
FSYNC=1 it calls fsync on the file before the row, as one would add it to such code: one line, in the handler.

    FOLDER=dir [FSYNC=1] uvicorn old_stack:app --no-access-log
"""

import os
import time
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import aiofiles
import aiosqlite
from fastapi import FastAPI, File, HTTPException, UploadFile
from fastapi.responses import FileResponse

FOLDER = Path(os.environ["FOLDER"])
SYNCS = os.environ.get("FSYNC") == "1"
CHUNK = 1 << 20


@asynccontextmanager
async def database(app):
    (FOLDER / "uploads").mkdir(parents=True, exist_ok=True)
    async with aiosqlite.connect(FOLDER / "notes.db", timeout=30) as connection:
        await connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
            "CREATE TABLE IF NOT EXISTS notes"
            " (id TEXT PRIMARY KEY, owner TEXT, name TEXT, path TEXT, size INTEGER, at REAL);"
            "CREATE INDEX IF NOT EXISTS notes_by_owner ON notes (owner, at DESC);"
        )
        app.state.database = connection
        yield


app = FastAPI(lifespan=database)


@app.get("/health")
async def health():
    return {"ok": True}


@app.post("/api/notes", status_code=201)
async def add(file: Annotated[UploadFile, File()]):
    note = uuid.uuid4().hex
    path, size = FOLDER / "uploads" / note, 0
    async with aiofiles.open(path, "wb") as target:
        while chunk := await file.read(CHUNK):
            await target.write(chunk)
            size += len(chunk)
        if SYNCS:
            await target.flush()
            os.fsync(target.fileno())
    row = (note, "somebody", file.filename, str(path), size, time.time())
    await app.state.database.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?)", row)
    await app.state.database.commit()
    return {"id": note, "size": size}


@app.get("/api/notes/{note}/audio")
async def audio(note: str):
    async with app.state.database.execute("SELECT path FROM notes WHERE id = ?", (note,)) as rows:
        row = await rows.fetchone()
    if row is None:
        raise HTTPException(404)
    return FileResponse(row[0], media_type="audio/ogg")
