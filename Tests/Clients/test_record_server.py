"""`voicenote record` with a server: live, away, killed, and sent later."""

import os
import signal
import time

from support.api import account
from support.faults import Answer, Cut, Flip, LoseAnswer, Reset
from support.recorder import WAV, finished, one_line, place_said, reached
from support.server import eventually
from support.sound import alike, samples_of


def open_upload(client):
    return next(iter(client.get("/uploads").json()["items"]), None)


def test_a_server_gets_it_while_it_is_made(recorder, remote, spoken_file, tmp_path):
    server, client, settings = remote
    process = recorder.record("--title", "Live", "--text", "As it comes.", *WAV, **settings)
    path = recorder.sounds()[0]
    kept = tmp_path / "kept.wav"
    os.link(path, kept)
    player = recorder.sound.play(spoken_file)
    upload = eventually(lambda: open_upload(client), what="the upload")
    assert upload["live"] is True and upload["title"] == "Live"
    for _ in range(3):
        before = kept.stat().st_size
        time.sleep(2)
        assert open_upload(client)["offset"] >= before, "what was there two seconds ago is on the server"
    player.wait(30)
    status, said, wrong = finished(process)
    assert status == 0, wrong
    note = client.ready(place_said(said))
    assert (note["title"], note["text"]) == ("Live", "As it comes.")
    assert client.audio(note["id"], rendition="source").content == kept.read_bytes()
    assert [one["id"] for one in client.all_notes()] == [note["id"]]
    assert open_upload(client) is None and recorder.remains() == []
    envelopes, waves = alike(samples_of(spoken_file), samples_of(kept))
    assert envelopes > 0.95 and waves > 0.9, (envelopes, waves)


def test_a_server_that_is_killed_gets_the_rest_when_it_is_back(recorder, remote, tmp_path):
    server, client, settings = remote
    process = recorder.record(*WAV, **settings)
    kept = tmp_path / "kept.wav"
    os.link(recorder.sounds()[0], kept)
    eventually(lambda: (open_upload(client) or {}).get("offset", 0) > 100_000, what="the first bytes")
    server.kill()
    before = kept.stat().st_size
    time.sleep(3)
    assert process.poll() is None and kept.stat().st_size > before + 300_000, "the recording goes on"
    server.start()
    size = kept.stat().st_size
    eventually(lambda: open_upload(client)["offset"] >= size, 30, "catching up")
    status, said, wrong = finished(process)
    assert status == 0, wrong
    notes = client.all_notes()
    assert [note["id"] for note in notes] == [place_said(said)]
    assert client.audio(notes[0]["id"], rendition="source").content == kept.read_bytes()


def test_a_recording_is_kept_while_the_server_is_away_and_sent_later(recorder, remote, tmp_path):
    server, client, settings = remote
    process = recorder.record("--text", "Do not forget.", **settings)
    kept = tmp_path / "kept.opus"
    os.link(recorder.sounds()[0], kept)
    server.kill()
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    time.sleep(1.5)
    assert process.poll() is None, "it tries for a while"
    # Whoever asks once more need not wait.
    status, said, wrong = finished(process, seconds=10)
    assert status == 1 and said == ""
    assert "--recover" in one_line(wrong) and str(recorder.sounds()[0]) in wrong
    elsewhere = recorder.run("record", "--recover")
    assert elsewhere.returncode == 1 and "VOICENOTE_CLIENT_TOKEN" in elsewhere.stderr
    server.start()
    back = recorder.run("record", "--recover", **settings)
    assert back.returncode == 0, back.stderr
    (note,) = client.all_notes()
    assert note["id"] == place_said(back.stdout) and note["text"] == "Do not forget."
    assert client.audio(note["id"], rendition="source").content == kept.read_bytes()
    assert recorder.remains() == []
    assert "No recording was left behind" in recorder.run("record", "--recover", **settings).stdout


def test_a_recording_begins_while_the_server_is_away(recorder, remote):
    server, client, settings = remote
    server.kill()
    process = recorder.record(**settings)
    time.sleep(1)
    server.start()
    eventually(lambda: (open_upload(client) or {}).get("offset", 0) > 0, 30, "the server being found")
    status, said, wrong = finished(process)
    assert status == 0, wrong
    assert "does not answer" in wrong
    assert [note["id"] for note in client.all_notes()] == [place_said(said)]


def test_a_network_that_loses_things_costs_nothing(recorder, remote, fault_proxy, tmp_path):
    server, client, settings = remote
    proxy = fault_proxy(server.port)
    appends = lambda request: request.method == "PATCH"  # noqa: E731
    proxy.sometimes(0.4, [Cut("request", 0.5), Reset("answer"), LoseAnswer(), Answer(503)], when=appends)
    settings = settings | {"VOICENOTE_CLIENT_SERVER": proxy.url}
    process = recorder.record("--text", "Mind the gap.", *WAV, **settings)
    kept = tmp_path / "kept.wav"
    os.link(recorder.sounds()[0], kept)
    time.sleep(6)
    proxy.clear()
    # The last thing to be lost is the answer that has the receipt.
    proxy.next(LoseAnswer(), when=lambda request: appends(request) and request.headers["upload-complete"] == "?1")
    status, said, wrong = finished(process)
    assert status == 0, wrong
    (note,) = client.all_notes()
    assert note["id"] == place_said(said) and note["text"] == "Mind the gap."
    assert client.audio(note["id"], rendition="source").content == kept.read_bytes()


def test_a_recording_that_arrived_damaged_is_kept_and_sent_anew(recorder, remote, fault_proxy, tmp_path):
    server, client, settings = remote
    proxy = fault_proxy(server.port)
    process = recorder.record(**settings | {"VOICENOTE_CLIENT_SERVER": proxy.url})
    kept = tmp_path / "kept.opus"
    os.link(recorder.sounds()[0], kept)
    proxy.next(Flip("request"), when=lambda request: request.method == "PATCH" and request.length)
    eventually(lambda: any("Flip" in str(exchange) for exchange in proxy.log), what="the damage")
    status, said, wrong = finished(process)
    (damaged,) = client.all_notes()
    assert status == 1 and said == "" and damaged["id"] in one_line(wrong) and "--recover" in wrong
    elsewhere = recorder.run("record", "--recover", **settings)
    assert elsewhere.returncode == 1 and f"It was to go to {proxy.url}" in elsewhere.stderr
    back = recorder.run("record", "--recover", "--server", settings["VOICENOTE_CLIENT_SERVER"], **settings)
    assert back.returncode == 0, back.stderr
    assert place_said(back.stdout) != damaged["id"]
    assert client.audio(place_said(back.stdout), rendition="source").content == kept.read_bytes()
    assert recorder.remains() == []


def test_a_pause_keeps_the_upload_alive(recorder, start_server, email, typist):
    server = start_server(VOICENOTE_UPLOADS_LIVE_QUIET_SECONDS="8")
    with account(server, email) as client:
        one = typist(recorder, "record", **reached(server, client))
        one.until("saved 0:00:01")
        one.type(" ")
        one.until("❚❚")
        one.read(14)
        assert open_upload(client)["live"] is True, "for a server that nobody speaks to, it had ended"
        one.type(" ")
        one.read(1)
        one.type("q")
        assert one.end() == 0, one.shown[-2000:]
        (note,) = client.all_notes()
        assert note["id"] in one.shown and note["recording"]["recovered"] is False


def test_what_the_server_refuses_is_known_before_anything_is_recorded(recorder, remote):
    _, client, settings = remote
    refused = recorder.run("record", **settings | {"VOICENOTE_CLIENT_TOKEN": "vn_nonsense"})
    assert refused.returncode == 1 and "unauthenticated" in one_line(refused.stderr)
    assert recorder.remains() == [] and client.all_notes() == []


def test_a_data_folder_with_a_server_on_it_gets_nothing_behind_its_back(recorder, serving):
    recorder.make_owner()
    client = serving()
    process = recorder.record()
    status, said, wrong = finished(process)
    assert status == 1 and said == ""
    assert "A server is at work" in wrong and "--recover" in one_line(wrong)
    token = client.make_token("read", "write")["token"]
    settings = {"VOICENOTE_CLIENT_SERVER": str(client.base_url).split("/api/")[0], "VOICENOTE_CLIENT_TOKEN": token}
    back = recorder.run("record", "--recover", **settings)
    assert back.returncode == 0, back.stderr
    assert client.ready(place_said(back.stdout))["recording"]["durationMs"] > 0
