"""Recording in the browser while the network, the server or the session goes away: what is said gets to the server."""

import re

from support.api import PASSWORD, account
from support.page import NO_NETWORK, expect, only_note, open_uploads
from support.server import eventually


def stop_and_find(window, client):
    """Ends the recording, waits for its note, and checks that it is all that was heard, byte for byte."""
    window.get("stop").click()
    expect(window.get("note-row")).to_have_count(1, timeout=30_000)
    digest = window.heard_digest()
    note = only_note(client)
    assert note["recording"]["sha256"] == digest
    assert note["recording"]["recovered"] is False
    eventually(lambda: window.stored_takes() == [], what="removing the take from the browser")
    expect(window.get("unsent-take")).to_have_count(0)
    assert open_uploads(client) == []
    return note


def test_what_is_said_is_saved_while_it_is_said(server, person, visit):
    window = visit(server, "saved-line", viewport={"width": 1280, "height": 860})
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:03")
    expect(window.get("saved-words")).to_have_text("saved up to 00:03")
    window.picture("saved-while-recording")
    [upload] = open_uploads(person)
    assert upload["live"] is True and upload["state"] == "open" and upload["offset"] > 10_000
    window.get("pause").click()
    window.page.wait_for_timeout(500)
    said = window.get("saved-words").inner_text()
    window.page.wait_for_timeout(1500)
    assert window.get("saved-words").inner_text() == said
    window.get("pause").click()
    expect(window.get("elapsed")).to_have_text("0:05")
    assert window.get("saved-announcement").inner_text() == "", "nothing happened that is worth a word"
    note = stop_and_find(window, person)
    assert 4500 <= note["recording"]["durationMs"] <= 7000


def test_a_recording_goes_on_while_the_network_is_away(server, person, visit):
    window = visit(server, "offline", viewport={"width": 1280, "height": 860})
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:02")
    window.context.set_offline(True)
    expect(window.get("saved-line")).to_have_attribute("data-kind", "offline")
    expect(window.get("saved-announcement")).to_contain_text("Offline")
    window.page.wait_for_timeout(4000)
    expect(window.get("saved-words")).to_have_text(re.compile(r"^offline: 00:0[4-9] not saved yet$"))
    window.picture("offline")
    asked = []
    window.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    window.page.close(run_before_unload=True)
    eventually(lambda: window.page.wait_for_timeout(100) or asked == ["beforeunload"], what="asking before it is lost")
    window.context.set_offline(False)
    expect(window.get("saved-line")).to_have_attribute("data-kind", "saved")
    expect(window.get("saved-announcement")).to_contain_text("Saved again")
    window.picture("online-again")
    stop_and_find(window, person)
    window.forgive(*NO_NETWORK)


def test_a_recording_that_ends_offline_is_sent_when_the_network_is_back(server, person, visit):
    window = visit(server, "ended-offline", viewport={"width": 1280, "height": 860})
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:02")
    window.context.set_offline(True)
    expect(window.get("elapsed")).to_have_text("0:05")
    window.get("stop").click()
    expect(window.get("record")).to_be_visible()
    take = window.get("unsent-take")
    expect(take.get_by_test_id("take-state")).to_contain_text("Offline")
    window.picture("not-saved-yet")
    assert len(window.stored_takes()) == 1
    window.context.set_offline(False)
    expect(window.get("note-row")).to_have_count(1)
    expect(take).to_have_count(0)
    assert only_note(person)["recording"]["sha256"] == window.heard_digest()
    window.forgive(*NO_NETWORK)


def test_a_recording_survives_the_death_of_the_server(start_server, visit):
    server = start_server()
    with account(server, "ada@example.org") as person:
        window = visit(server, "server-killed", viewport={"width": 1280, "height": 860})
        window.listen_in()
        window.sign_in("ada@example.org", PASSWORD)
        window.record(until="0:03")
        server.kill()
        expect(window.get("saved-line")).to_have_attribute("data-kind", "offline")
        window.picture("server-away")
        server.start()
        expect(window.get("saved-line")).to_have_attribute("data-kind", "saved", timeout=20_000)
        stop_and_find(window, person)
        window.forgive(*NO_NETWORK)


def test_a_recording_that_the_server_ended_is_sent_whole(start_server, visit):
    server = start_server(VOICENOTE_UPLOADS_LIVE_QUIET_SECONDS="2")
    with account(server, "ada@example.org") as person:
        window = visit(server, "ended-by-the-server")
        window.listen_in()
        window.sign_in("ada@example.org", PASSWORD)
        window.record(until="0:02")
        window.context.set_offline(True)
        beginning = only_note(person)
        assert beginning["recording"]["recovered"] is True
        window.context.set_offline(False)
        expect(window.get("saved-line")).to_have_attribute("data-kind", "saved")
        window.get("stop").click()
        expect(window.get("note-row")).to_have_count(2)
        digests = [note["recording"]["sha256"] for note in person.all_notes()]
        assert digests == [window.heard_digest(), beginning["recording"]["sha256"]]
        eventually(lambda: window.stored_takes() == [], what="removing the take from the browser")
        window.forgive(*NO_NETWORK, "409")


def test_a_server_without_room_is_said_and_the_recording_kept(server, person, visit):
    window = visit(server, "no-room", viewport={"width": 1280, "height": 860})
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:02")
    refusal = {"status": 507, "title": "Insufficient Storage", "code": "storage_full", "requestId": "test",
               "type": "about:blank", "detail": "The disk of the server is full."}  # fmt: skip
    window.page.route(
        "**/api/v1/uploads/*",
        lambda route: route.fulfill(status=507, json=refusal, content_type="application/problem+json"),
    )
    expect(window.get("saved-words")).to_contain_text("The disk of the server is full.")
    window.picture("no-room-while-recording")
    window.get("stop").click()
    take = window.get("unsent-take")
    expect(take.get_by_test_id("take-state")).to_contain_text("The disk of the server is full.")
    window.picture("no-room")
    assert person.all_notes() == [] and len(window.stored_takes()) == 1
    window.page.unroute("**/api/v1/uploads/*")
    take.get_by_test_id("take-send").click()
    expect(window.get("note-row")).to_have_count(1)
    assert only_note(person)["recording"]["sha256"] == window.heard_digest()
    window.forgive("507")


def test_a_session_that_ends_does_not_end_the_recording(server, person, visit):
    window = visit(server, "session-ended", viewport={"width": 1280, "height": 860})
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:02")
    window.context.clear_cookies(name="vn_access")
    expect(window.get("elapsed")).to_have_text("0:04")
    expect(window.get("saved-words")).to_have_text("saved up to 00:04")
    window.context.clear_cookies()
    expect(window.get("sign-in-form")).to_be_visible()
    window.picture("signed-out-while-recording")
    window.page.wait_for_timeout(2000)
    window.enter(person.email, PASSWORD)
    expect(window.get("saved-line")).to_have_attribute("data-kind", "saved")
    stop_and_find(window, person)
    window.forgive("401", "403")


def test_a_discarded_recording_is_gone_from_the_server_too(server, person, visit):
    window = visit(server, "discarded")
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:02")
    assert len(open_uploads(person)) == 1
    window.get("discard").click()
    window.get("confirm").click()
    expect(window.get("record")).to_be_visible()
    eventually(lambda: open_uploads(person) == [], what="removing the upload")
    eventually(lambda: window.stored_takes() == [], what="removing the take from the browser")
    assert person.all_notes() == []


def test_a_recording_elsewhere_is_seen_and_heard_while_it_runs(server, person, visit):
    desk = visit(server, "elsewhere-desk")
    desk.sign_in(person.email, PASSWORD)
    phone = visit(server, "elsewhere-phone", viewport={"width": 390, "height": 844})
    phone.sign_in(person.email, PASSWORD)
    desk.record(until="0:04")
    row = phone.get("recording-now")
    expect(row).to_have_count(1)
    expect(row.get_by_test_id("elsewhere-facts")).to_contain_text("Recording now")
    expect(desk.get("recording-now")).to_have_count(0)
    phone.get("elsewhere-play").click()
    audio = phone.get("elsewhere-audio")
    eventually(lambda: audio.evaluate("audio => audio.currentTime") > 1, what="hearing what is being recorded")
    phone.picture("recording-elsewhere")
    desk.get("stop").click()
    expect(row).to_have_count(0)
    expect(phone.get("note-row")).to_have_count(1)
