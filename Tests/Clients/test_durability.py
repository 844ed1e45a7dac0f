"""An acknowledged byte is never lost: the server is killed at bad moments and must come back with everything."""

import hashlib
import os
import signal
import subprocess
import threading
import time

import httpx
import pytest

from support.api import Api, account
from support.events import Events
from support.recordings import speech, unique_wav, wav
from support.server import binary, clean_environment, eventually, free_port, is_alive
from support.wire import Connection


@pytest.mark.parametrize("moment", range(3))
def test_a_server_killed_right_after_the_receipt_still_has_the_note(start_server, email, moment):
    server = start_server()
    with account(server, email) as client:
        data = unique_wav(20)
        note = client.add(data, fields={"title": "Survives", "tags": "kept"})
        server.kill()
    server.start()
    with account_again(server, client) as client:
        again = client.note(note["id"])
        assert (again["title"], again["tags"]) == ("Survives", ["kept"])
        assert client.audio(note["id"], rendition="source").content == data
        client.ready(note["id"], seconds=30)


def account_again(server, client):
    return Api(server.url, client.headers["authorization"].removeprefix("Bearer "))


def test_a_server_killed_while_it_processes_goes_on_after_the_restart(start_server, email):
    server = start_server()
    with account(server, email) as client:
        data = wav(speech(1200))
        note = client.add(data)
        with Events(server.url, client.headers["authorization"]) as events:
            events.next(lambda name, data: name == "progress", seconds=30)
        assert client.note(note["id"])["state"] == "processing"
        workers = server.children()
        assert workers, "processing happens in a process of its own"
        server.kill()
    eventually(lambda: not any(map(is_alive, workers)), what="the end of the workers of a killed server")
    server.start()
    with account_again(server, client) as client:
        assert client.ready(note["id"])["recording"]["durationMs"] == 1_200_000
        assert client.audio(note["id"], rendition="source").content == data


def test_a_server_killed_amid_uploads_keeps_exactly_what_it_acknowledged(start_server, email):
    server = start_server()
    with account(server, email) as client:
        receipts, ending = {}, threading.Event()

        def keep_uploading():
            with Api(server.url, client.headers["authorization"].removeprefix("Bearer ")) as mine:
                while not ending.is_set():
                    data = unique_wav(2)
                    try:
                        response = mine.upload_raw(data)
                    except httpx.TransportError:
                        return
                    if response.status_code == 201:
                        receipts[response.json()["note"]["id"]] = data

        threads = [threading.Thread(target=keep_uploading) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        server.kill()
        ending.set()
        for thread in threads:
            thread.join(30)
    assert len(receipts) >= 8
    server.start()
    with account_again(server, client) as client:
        notes = {note["id"]: note for note in client.all_notes(limit=500)}
        assert set(receipts) <= set(notes), "every receipt is kept"
        for note_id, data in receipts.items():
            assert notes[note_id]["recording"]["sha256"] == hashlib.sha256(data).hexdigest()
            assert client.audio(note_id, rendition="source").content == data
        for note in notes.values():
            assert client.settled(note["id"], seconds=30)["state"] == "ready"
        blobs = server.blobs()
        for name, path in blobs.items():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == name, "no half-written file has a name"
        eventually(lambda: server.incoming() == [], seconds=30, what="clearing up what was never acknowledged")


def test_a_media_worker_that_dies_is_replaced_and_its_job_done(start_server, email):
    server = start_server()
    with account(server, email) as client:
        note = client.add(wav(speech(1200)))
        with Events(server.url, client.headers["authorization"]) as events:
            events.next(lambda name, data: name == "progress", seconds=30)
        for worker in server.children():
            os.kill(worker, signal.SIGKILL)
        assert client.ready(note["id"])["recording"]["durationMs"] == 1_200_000


def test_a_server_that_is_told_to_stop_stops_though_clients_hold_on(start_server, email):
    server = start_server()
    with account(server, email) as client, Events(server.url, client.headers["authorization"]):
        with Connection(server) as idle, Connection(server) as uploading:
            idle.send_request("GET", "/healthz")
            assert idle.read_head()[0] == 200
            uploading.send_request(
                "POST", "/api/v1/notes", b"x" * 1000, Content_Length="100000", Content_Type="audio/wav",
                Authorization=client.headers["authorization"],
            )  # fmt: skip
            client.add(wav(speech(1200)))
            workers = server.children()
            start = time.monotonic()
            server.stop()
            assert time.monotonic() - start < 10
    assert not any(map(is_alive, workers)), "no worker outlives the server"
    server.start()


def test_what_processing_began_before_the_stop_is_done_after_the_start(start_server, email):
    server = start_server()
    with account(server, email) as client:
        note = client.add(wav(speech(600)))
        server.stop()
        server.start()
        assert client.ready(note["id"])["recording"]["durationMs"] == 600_000


def test_a_second_server_on_the_same_folder_is_refused(start_server):
    """Two writers in one data folder would each clear up after the other."""
    server = start_server()
    settings = server.settings | {"VOICENOTE_SERVER_PORT": str(free_port())}
    second = subprocess.run(
        [binary(), "serve"],
        cwd=server.folder,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode != 0
    assert str(server.data) in second.stderr + second.stdout
