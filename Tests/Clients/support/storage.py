"""A server with stores: how it is set up, asked and waited for, and what its command line says."""

import io
import os
import sqlite3
import subprocess
import time
import wave
from contextlib import closing

import httpx

from .api import fetched
from .places import sha256, text, variable
from .recordings import unique_wav
from .server import binary, clean_environment, eventually

# A part of 6 MB is the smallest that every S3 server takes; so this is four parts, the last one smaller.
PART_MB = 6
PART = PART_MB * 1_000_000
FOUR_PARTS = 20_000_000

# A local copy may go as soon as it is verified elsewhere, and is gone then.
AT_ONCE = {"reclaim_localHours": 0, "reclaim_quarantineHours": 0}


def settings(*places, **more):
    """Variables for a server with these stores. More settings: `reclaim_localHours=0`. Without a listen copy, unless it
    is asked for: a recording then is one blob."""
    more = {"audio_listenCopy": False} | more
    values = {variable(name.replace("_", ".", 1)): text(value) for name, value in more.items()}
    return values | {name: value for place in places for name, value in place.settings.items()}


def large_wav(size):
    """A WAV file of that size, or a few bytes less, that no other call ever returned: noise."""
    noise, file = os.urandom(1 << 20), io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes((noise * (size // len(noise) + 1))[: (size - 44) // 4 * 4])
    return file.getvalue()


# Where a note is


def replicas(note, place=None, blob=None):
    """Its replicas, in one place or in all."""
    name = getattr(place, "name", place)
    found = note["recording"]["replicas"]
    return [one for one in found if name in (None, one["store"]) and blob in (None, one["blob"])]


def replica(note, place, blob="source"):
    found = replicas(note, place, blob)
    assert len(found) == 1, f"{len(found)} replicas of the {blob} in {place}: {note['recording']['replicas']}"
    return found[0]


def wait_for(client, note_id, fits, what, seconds=60):
    """The note, once `fits(note)` holds."""
    deadline = time.monotonic() + seconds
    while not fits(note := client.note(note_id)):
        where = "\n".join(map(str, note["recording"]["replicas"]))
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s:\n{where}"
        time.sleep(0.05)
    return note


def verified(client, note_id, *places, blobs=("source",), seconds=60):
    """The note, once these blobs of it are verified in all these places, and it is processed."""
    wanted = [(place.name, blob) for place in places for blob in blobs]

    def fits(note):
        states = {(one["store"], one["blob"]): one["state"] for one in replicas(note)}
        return note["state"] != "processing" and all(states.get(pair) == "verified" for pair in wanted)

    return wait_for(client, note_id, fits, f"verifying {wanted}", seconds)


def in_state(client, note_id, place, *states, seconds=60, blob="source"):
    """The note, once its replica there is in one of the states."""

    def fits(note):
        return replica(note, place, blob)["state"] in states

    return wait_for(client, note_id, fits, f"{states} in {place.name}", seconds)


def given_up(client, note_id, place, seconds=60):
    """The note, once nothing more is tried there; nothing else may be under way."""

    def fits(note):
        queue = storage(client)["queue"]
        failed = fetched(client.get("/notes", params={"sync": "failed", "store": place.name, "limit": 500}))["items"]
        is_over = queue["waiting"] == queue["running"] == 0 and note_id in [one["id"] for one in failed]
        return is_over and replica(note, place)["error"]

    return wait_for(client, note_id, fits, f"giving up in {place.name}", seconds)


def recorded(client, *places, count=3):
    """New notes that are verified in these places, and what was sent, by its digest and in their order."""
    data = {sha256(one): one for one in (unique_wav(0.5) for _ in range(count))}
    notes = [client.add(one)["id"] for one in data.values()]
    return [verified(client, note, *places) for note in notes], data


def here(server, data):
    """Which of the digests are in the server's own store."""
    return set(data) & set(server.blobs())


def act(client, note_id, place, action):
    """Says what is to become of the note's copy there. Returns the note."""
    path = f"/notes/{note_id}/replicas/{getattr(place, 'name', place)}"
    return fetched(client.post(path, json={"action": action}))


def delete_for_good(client, note_id):
    for query in {}, {"permanent": "true"}:
        assert client.delete(f"/notes/{note_id}", params=query).status_code == 204


# The stores


def storage(client):
    return fetched(client.get("/storage"))


def store(client, place):
    """What the server says of the store."""
    [found] = [one for one in storage(client)["stores"] if one["name"] == place.name]
    return found


def manage(client, place, action):
    """Returns the store."""
    return fetched(client.post(f"/storage/stores/{place.name}", json={"action": action}))


def store_is(client, place, state, seconds=60):
    """The store, once it is in the state."""
    eventually(lambda: store(client, place)["state"] == state, seconds, f"{place.name} being {state}")
    return store(client, place)


def tells_the_truth(client, *places):
    """Whatever is said to be verified is there, byte for byte; so is what is said to be in the local store."""
    known = {place.name: place for place in places}
    for listed in client.all_notes(limit=500):
        note = client.note(listed["id"])
        recording = note["recording"]
        digests = {one["kind"]: one["sha256"] for one in recording["renditions"]} | {"source": recording["sha256"]}
        for one in replicas(note):
            if one["state"] == "verified" and one["store"] in known:
                blob = digests[one["blob"]]
                assert known[one["store"]].has(blob), f"{one['store']} has no good {blob}, though it is said: {one}"


# The command line


def voicenote(server, *words, owner=None, seconds=120):
    """Runs the command with the server's settings. `owner` is who asks, where it asks the server."""
    return subprocess.run(**command(server, *words, owner=owner), capture_output=True, text=True, timeout=seconds)


def command(server, *words, owner=None):
    """The same for subprocess.Popen."""
    asks = {"VOICENOTE_CLIENT_SERVER": server.url}
    if owner:
        asks["VOICENOTE_CLIENT_TOKEN"] = owner.headers["authorization"].removeprefix("Bearer ")
    known = {name: value for name, value in server.settings.items() if name != "VOICENOTE_FAILURE_POINT"}
    environment = clean_environment(**known, **asks)
    return {"args": [binary(), *words], "cwd": server.folder, "env": environment, "stdin": subprocess.DEVNULL}


def succeeded(ended):
    assert ended.returncode == 0, f"{ended.args[1:]} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def one_line(ended):
    """What a command that failed says: one line, and no stack."""
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    assert ended.returncode == 1 and len(lines) == 1, f"{ended.returncode}:\n{ended.stdout}{ended.stderr}"
    assert "Fatal error" not in lines[0] and ".swift:" not in lines[0], lines[0]
    return lines[0]


def line_about(said, blob):
    """The lines that name the blob by the beginning of its digest."""
    return [line for line in said.splitlines() if blob[:12] in line]


def reclaimed(server, owner, *blobs):
    """Runs the clean-up, after which these are in the data folder no more."""
    ended = voicenote(server, "reclaim", owner=owner)
    said = succeeded(ended) + ended.stderr
    eventually(lambda: not set(blobs) & set(server.blobs()), what=f"letting local copies go ({said})")
    return said


# Playing


def play(client, note_id, **options):
    """The audio, from wherever it is; a player follows a redirect without the token."""
    answer = client.audio(note_id, rendition="source", **options)
    if answer.status_code == 302:
        headers = {name: value for name, value in (options.get("headers") or {}).items() if name == "Range"}
        return httpx.get(answer.headers["location"], headers=headers, timeout=60)
    return answer


def plays(client, note_id, data):
    answer = play(client, note_id)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:500]}"
    assert sha256(answer.content) == sha256(data)


# What no door leads to


def rewrite(server, sql, *values):
    """Changes the database of a server that is stopped; returns how many rows."""
    assert server.process is None, "stop the server first"
    path = server.data / "db" / "voicenote.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        return database.execute(sql, values).rowcount


HOUR = 3600


def make_older(server, hours, *blobs, columns=("verified_at", "checked_at", "used_at")):
    """Stops the server for a moment. What it knows of the blobs, of all without any, lies back so much longer."""
    server.stop()
    milliseconds = hours * HOUR * 1000
    only = f" WHERE sha256 IN ({', '.join('?' * len(blobs))})" if blobs else ""
    changes = ", ".join(f"{column} = {column} - {milliseconds}" for column in columns)
    assert rewrite(server, f"UPDATE replicas SET {changes}{only}", *blobs)
    assert rewrite(server, f"UPDATE blobs SET created_at = created_at - {milliseconds}{only}", *blobs)
    server.start()
