"""Recordings whose tab or browser is gone: the server, the next visit or the tab beside it finishes them."""

import base64
import json

import pytest

from support.api import PASSWORD, account, done
from support.page import NO_NETWORK, OwnBrowser, expect, make_microphone, only_note, open_uploads
from support.recordings import encoded
from support.server import eventually

SECONDS_LOST_AT_MOST = 1.3  # a chunk is a second, and takes a moment to be stored


@pytest.fixture
def own_browser(browser, tmp_path):
    """Opens browsers that can be killed; one with the same profile goes on where the last was."""
    microphone = make_microphone(tmp_path / "speech.wav")
    opened = []

    def own_browser(server, name):
        opened.append(OwnBrowser(browser, server.url, name, tmp_path / "profile", microphone))
        opened[-1].listen_in()
        return opened[-1]

    yield own_browser
    for window in opened:
        window.close()
    assert [complaint for window in opened for complaint in window.complaints] == []


def test_a_killed_browser_leaves_its_recording_as_a_note(start_server, own_browser):
    server = start_server(VOICENOTE_UPLOADS_LIVE_QUIET_SECONDS="3")
    with account(server, "ada@example.org") as person:
        window = own_browser(server, "killed")
        window.sign_in("ada@example.org", PASSWORD)
        window.record(until="0:06")
        recorded = window.recorded_seconds()
        window.kill()
        note = only_note(person)
        assert note["recording"]["recovered"] is True
        assert recorded - SECONDS_LOST_AT_MOST <= note["recording"]["durationMs"] / 1000 <= recorded + 0.5
        assert note["title"].startswith("Recording")
        assert open_uploads(person) == []

        # The next visit shows it as what it is. A last second that was stored here only is sent with the whole take.
        again = own_browser(server, "after-the-kill")
        enter(again)
        row = again.page.locator(f"[data-note-id='{note['id']}']")
        expect(row.get_by_test_id("recovered")).to_be_visible()
        eventually(lambda: again.stored_takes() == [], what="removing the take from the browser")
        again.picture("recovered")
        for other in person.all_notes():
            assert other["id"] == note["id"] or other["recording"]["size"] > note["recording"]["size"]


def enter(window):
    """A killed browser may have lost the session of the last seconds."""
    window.page.goto("/")
    expect(window.get("sign-in-form").or_(window.get("record"))).to_be_visible()
    if window.get("sign-in-form").is_visible():
        window.enter("ada@example.org", PASSWORD)
    expect(window.get("record")).to_be_visible()


def test_a_browser_that_was_killed_finishes_its_recording_at_the_next_visit(start_server, own_browser):
    server = start_server()
    with account(server, "ada@example.org") as person:
        window = own_browser(server, "killed-and-opened")
        window.sign_in("ada@example.org", PASSWORD)
        window.record(until="0:06")
        recorded = window.recorded_seconds()
        window.kill()
        assert person.all_notes() == []
        [upload] = open_uploads(person)
        assert upload["live"] is True

        again = own_browser(server, "opened-again")
        enter(again)
        expect(again.get("note-row")).to_have_count(1, timeout=20_000)
        note = only_note(person)
        assert note["recording"]["recovered"] is False
        assert recorded - SECONDS_LOST_AT_MOST <= note["recording"]["durationMs"] / 1000 <= recorded + 0.5
        assert open_uploads(person) == []
        eventually(lambda: again.stored_takes() == [], what="removing the take from the browser")
        again.picture("finished-by-itself")


def test_a_closed_tab_asks_nothing_and_the_tab_beside_it_finishes(server, person, visit):
    window = visit(server, "two-tabs")
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:03")
    recording, window.page = window.page, window.new_page()
    window.page.goto("/")
    expect(window.get("recording-now")).to_have_count(1)
    window.page.wait_for_timeout(1500)
    assert person.all_notes() == [], "a take that is being recorded in another tab is left alone"
    expect(window.get("unsent-take")).to_have_count(0)
    asked = []
    recording.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    eventually(lambda: "saved up to" in recording.get_by_test_id("saved-words").inner_text(), what="saving")
    recording.close(run_before_unload=True)
    expect(window.get("note-row")).to_have_count(1)
    assert asked == [], "nothing would have been lost"
    assert only_note(person)["recording"]["durationMs"] >= 2900
    eventually(lambda: window.stored_takes() == [], what="removing the take from the browser")
    assert open_uploads(person) == []


def test_a_take_whose_upload_is_gone_is_sent_whole(server, person, visit):
    window = visit(server, "upload-gone")
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    window.record(until="0:03")
    window.context.set_offline(True)
    window.get("stop").click()
    expect(window.get("record")).to_be_visible()
    digest = window.heard_digest()
    window.page.close()
    [upload] = open_uploads(person)
    done(person.delete(f"/uploads/{upload['id']}"))
    window.context.set_offline(False)
    window.page = window.new_page()
    window.page.goto("/")
    expect(window.get("note-row")).to_have_count(1)
    assert only_note(person)["recording"]["sha256"] == digest
    eventually(lambda: window.stored_takes() == [], what="removing the take from the browser")
    window.forgive(*NO_NETWORK, "404", "410")


def test_a_receipt_for_other_bytes_is_not_believed(server, person, visit):
    window = visit(server, "wrong-receipt")
    window.listen_in()
    window.sign_in(person.email, PASSWORD)
    session = window.context.new_cdp_session(window.page)

    def falsify(event):
        if event["responseStatusCode"] != 201:
            session.send("Fetch.continueRequest", {"requestId": event["requestId"]})
            return
        answer = session.send("Fetch.getResponseBody", {"requestId": event["requestId"]})
        document = json.loads(base64.b64decode(answer["body"]) if answer["base64Encoded"] else answer["body"])
        document["receipt"]["sha256"] = "0" * 64
        body = base64.b64encode(json.dumps(document).encode()).decode()
        session.send(
            "Fetch.fulfillRequest",
            {"requestId": event["requestId"], "responseCode": 201, "responseHeaders": event["responseHeaders"],
             "body": body},
        )  # fmt: skip

    session.on("Fetch.requestPaused", falsify)
    session.send("Fetch.enable", {"patterns": [{"urlPattern": "*/api/v1/uploads/*", "requestStage": "Response"}]})
    window.record(until="0:02")
    window.get("stop").click()
    take = window.get("unsent-take")
    expect(take.get_by_test_id("take-state")).to_contain_text("other bytes than were recorded")
    assert len(window.stored_takes()) == 1
    session.send("Fetch.disable")
    take.get_by_test_id("take-send").click()
    expect(take).to_have_count(0)
    assert only_note(person)["recording"]["sha256"] == window.heard_digest()
    eventually(lambda: window.stored_takes() == [], what="removing the take from the browser")


OLD_TAKE = """async (bytes) => {
    const database = await new Promise((resolve) => {
        const opening = indexedDB.open("voicenote", 1);
        opening.onupgradeneeded = () => {
            opening.result.createObjectStore("takes", { keyPath: "id" });
            opening.result.createObjectStore("chunks", { keyPath: ["takeID", "index"] });
        };
        opening.onsuccess = () => resolve(opening.result);
    });
    const me = await (await fetch("/api/v1/users/me")).json();
    const transaction = database.transaction(["takes", "chunks"], "readwrite");
    transaction.objectStore("takes").put({
        id: "old", accountID: me.id, startedAt: Date.now() - 3600000, mimeType: "audio/webm", title: "An old take",
        fileName: "Old.webm", durationMs: 4000, size: bytes.length, attempted: false, sha256: null,
    });
    const middle = bytes.length >> 1;
    const parts = [bytes.slice(0, middle), bytes.slice(middle)];
    parts.forEach((part, index) => transaction.objectStore("chunks").put({
        takeID: "old", index, bytes: new Uint8Array(part).buffer,
    }));
    await new Promise((resolve) => { transaction.oncomplete = resolve; });
    database.close();
}"""


def test_a_take_of_an_earlier_version_of_the_page_is_still_sent(server, person, visit):
    window = visit(server, "old-take")
    window.sign_in(person.email, PASSWORD)
    window.page.evaluate(OLD_TAKE, list(encoded("webm")))
    window.page.reload()
    take = window.get("unsent-take")
    expect(take).to_have_count(1)
    window.page.wait_for_timeout(1000)
    assert person.all_notes() == [], "it waits for the person"
    take.get_by_test_id("take-send").click()
    expect(window.row("An old take")).to_have_count(1)
    expect(take).to_have_count(0)
    assert person.audio(only_note(person)["id"], rendition="source").content == encoded("webm")
