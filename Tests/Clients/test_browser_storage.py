"""Where recordings are: in the open note, in the list, and in the storage view."""

import re

import pytest

from support.api import PASSWORD, account
from support.looks import UNNAMED, card_of, fits, row_of
from support.page import NO_NETWORK, expect
from support.recordings import unique_wav
from support.server import eventually
from support.stores import Stores, in_all_states, replica, storage, store, troubled

DESK = {"width": 1280, "height": 900}
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}

pytestmark = pytest.mark.waits


def add(person, title):
    return person.ready(person.add(unique_wav(1), fields={"title": title})["id"])["id"]


def test_a_note_shows_where_it_is_and_what_is_happening(server, person, visit):
    note_id = add(person, "Far and wide")
    window = visit(server, "replicas", viewport=DESK)
    stores = Stores(window, person)
    stores.replicas[note_id] = in_all_states()
    stores.sync[note_id] = "failed"
    window.sign_in(person.email, PASSWORD)
    window.open(window.row("Far and wide"))
    expect(window.get("replica")).to_have_count(8)
    assert window.get("replica").first.get_attribute("data-store") == "local"
    said = {
        "local": "Verified", "cloudinary": "Uploading, 73 %", "s3": "Failed after 3 attempts", "attic": "Suspect",
        "disk": "Paused", "garage": "Not kept here", "nas": "Waiting for its turn", "shed": "Lost",
    }  # fmt: skip
    for name, words in said.items():
        state = row_of(window, name).get_by_test_id("replica-state")
        expect(state).to_contain_text(words)
        assert state.locator("svg").count() == 1, "the state has a shape, not a colour alone"
    when = row_of(window, "local").get_by_test_id("replica-verified")
    expect(when).to_have_text(re.compile("ago|yesterday"))
    assert "2026" in when.get_attribute("title")
    expect(row_of(window, "s3").get_by_test_id("replica-reason")).to_contain_text("The bucket refused the key (403).")
    expect(row_of(window, "cloudinary")).to_contain_text("Original: uploading, Listen copy: verified")
    expect(row_of(window, "local").get_by_role("button")).to_have_count(0)
    assert window.page.evaluate(UNNAMED) == []
    window.get("replicas").scroll_into_view_if_needed()
    window.picture("every-state")

    # Each button asks the server, and the row shows what that answered.
    row_of(window, "s3").get_by_test_id("replica-retry").click()
    expect(row_of(window, "s3")).to_have_attribute("data-state", "waiting")
    row_of(window, "cloudinary").get_by_test_id("replica-pause").click()
    expect(row_of(window, "cloudinary").get_by_test_id("replica-state")).to_have_text("Paused at 73 %")
    row_of(window, "cloudinary").get_by_test_id("replica-resume").click()
    expect(row_of(window, "cloudinary")).to_have_attribute("data-state", "uploading")
    row_of(window, "nas").get_by_test_id("replica-cancel").click()
    expect(row_of(window, "nas").get_by_test_id("replica-state")).to_have_text("Not kept here")
    row_of(window, "nas").get_by_test_id("replica-copy").click()
    expect(row_of(window, "nas")).to_have_attribute("data-state", "waiting")
    asked = [("s3", "retry"), ("cloudinary", "pause"), ("cloudinary", "resume"), ("nas", "cancel"), ("nas", "retry")]
    assert stores.actions == asked


def test_copies_are_seen_while_they_are_made(server, person, visit):
    note_id = add(person, "On its way")
    window = visit(server, "replicas-live", viewport=DESK)
    stores = Stores(window, person)
    stores.replicas[note_id] = [replica("local"), replica("s3", "absent")]
    stores.sync[note_id] = "pending"
    window.sign_in(person.email, PASSWORD)
    expect(window.row("On its way").get_by_test_id("sync-mark")).to_be_visible()
    window.open(window.row("On its way"))
    row = row_of(window, "s3")
    expect(row).to_have_attribute("data-state", "waiting")
    stores.say("progress", {"id": note_id, "stage": "replicate", "store": "s3", "progress": 0.31})
    expect(row.get_by_test_id("replica-state")).to_have_text("Uploading, 31 %")
    assert row.get_by_role("progressbar").evaluate("bar => bar.value") == pytest.approx(0.31)
    expect(window.row("On its way")).to_have_attribute("data-state", "ready")
    expect(window.get("note-state")).to_be_hidden()
    window.picture("uploading")
    stores.replicas[note_id][1] = replica("s3", verifiedAt="2026-11-21T08:00:00.000Z")
    stores.sync[note_id] = "synced"
    stores.changed(note_id)
    expect(row.get_by_test_id("replica-state")).to_have_text("Verified")
    expect(row.get_by_role("progressbar")).to_be_hidden()
    expect(window.get("replica-news")).to_have_text("S3: Verified.")
    expect(window.row("On its way").get_by_test_id("sync-mark")).to_be_hidden()
    # What is late does not undo what is known.
    stores.say("progress", {"id": note_id, "stage": "replicate", "store": "s3", "progress": 0.9})
    expect(row.get_by_test_id("replica-state")).to_have_text("Verified")

    # News without a word on the copies (a new title) makes the page ask where they are.
    stores.replicas[note_id][1] = replica("s3", "lost", error="The store does not have it any more.")
    person.patch(f"/notes/{note_id}", json={"title": "Renamed elsewhere"}).raise_for_status()
    expect(row).to_have_attribute("data-state", "lost")

    # The way there for those who go by keyboard leaves what is open as it is.
    window.page.locator(".skip-link").focus()
    window.page.keyboard.press("Enter")
    expect(window.get("detail")).to_be_focused()
    assert window.page.url.endswith(f"#note={note_id}")


def test_the_list_marks_what_is_not_everywhere_and_finds_it(server, person, visit):
    ids = {title: add(person, title) for title in ("All well", "Not yet", "Gone wrong")}
    window = visit(server, "sync-filter", viewport=DESK)
    stores = Stores(window, person)
    window.sign_in(person.email, PASSWORD)
    expect(window.get("note-row")).to_have_count(3)
    expect(window.get("filter-sync")).to_be_hidden()
    expect(window.get("sync-mark").filter(visible=True)).to_have_count(0)

    stores.sync = {ids["All well"]: "synced", ids["Not yet"]: "pending", ids["Gone wrong"]: "failed"}
    window.page.reload()
    expect(window.get("filter-sync")).to_be_visible()
    expect(window.get("sync-mark").filter(visible=True)).to_have_count(2)
    expect(window.row("Not yet").get_by_test_id("sync-mark")).to_have_attribute("title", "Not yet everywhere")
    expect(window.row("Gone wrong").get_by_test_id("sync-mark")).to_have_text("Copying failed")
    window.picture("marks")
    window.get("filter-sync").select_option(label="Copies: failed")
    expect(window.get("note-row")).to_have_count(1)
    expect(window.row("Gone wrong")).to_be_visible()
    window.get("filter-sync").select_option(label="Copies: not yet everywhere")
    expect(window.row("Not yet")).to_be_visible()
    # It leaves the list when it is everywhere.
    stores.sync[ids["Not yet"]] = "synced"
    stores.changed(ids["Not yet"])
    expect(window.get("note-row")).to_have_count(0)
    window.get("filter-sync").select_option("")
    expect(window.get("note-row")).to_have_count(3)


@pytest.fixture
def desk(start_server, visit):
    """The owner of a server of his own, at a desk: signed in, with stores that the test sets."""
    server = start_server()
    with account(server, "ada@example.org") as owner:
        window = visit(server, "storage", viewport=DESK)
        stores = Stores(window, owner)
        window.sign_in("ada@example.org", PASSWORD)
        yield window, stores


def test_the_storage_view_shows_and_does_everything(desk):
    window, stores = desk
    stores.storage = troubled()

    # By keyboard from the head of the page, into it and out again.
    window.get("search").focus()
    window.page.keyboard.press("Shift+Tab")
    window.page.keyboard.press("Shift+Tab")
    expect(window.get("open-storage")).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.get("storage")).to_be_focused()
    expect(window.get("store")).to_have_count(5)
    assert window.page.url.endswith("#storage")
    assert window.page.title() == "Storage – VoiceNote"
    assert window.page.evaluate(UNNAMED) == []
    window.picture("troubled")

    expect(window.get("space-words")).to_have_text("45.0 GB of 50.0 GB used, 5.0 GB free")
    expect(window.get("space-state")).to_have_text("Full to 90 %")
    expect(window.get("queue")).to_have_text("2 running, 20 waiting, 1 failed")
    expect(window.get("check")).to_have_text([
        "Passdata folder It can be written.",
        "Warnspace 90 % of the disk is used. Free some, or let copies go.",
        "Failstore offsite It did not answer within 30 seconds.",
    ])  # fmt: skip
    expect(window.get("migration-words")).to_have_text("640 of 1,210 files, 4.1 GB of 8.2 GB, 50 %")
    expect(window.get("migration").locator("[aria-current=step]")).to_have_text("Verify")
    cloudinary = card_of(window, "cloudinary")
    expect(cloudinary.get_by_test_id("store-state")).to_have_text("Up")
    expect(cloudinary.get_by_test_id("copies-waiting")).to_have_text("20")
    expect(cloudinary.get_by_test_id("usage-warning")).to_have_text("The budget is nearly used up")
    expect(cloudinary.get_by_test_id("usage-requests")).to_have_text("4,420 of 5,000 requests, 88 %")
    expect(cloudinary.get_by_test_id("transfer")).to_have_count(2)
    expect(cloudinary.get_by_test_id("transfer").first).to_contain_text("310 MB of 480 MB, 65 %")
    down = card_of(window, "offsite")
    expect(down.get_by_test_id("store-state")).to_have_text("Down")
    expect(down.get_by_test_id("store-reason")).to_contain_text("It is tried again in 4 minutes.")
    expect(card_of(window, "attic").get_by_test_id("store-state")).to_have_text("Vanished")
    expect(card_of(window, "r2").get_by_test_id("store-state")).to_have_text("Budget used up")

    # What is done is asked for, and shown at once; the focus goes on with the button that is there then.
    asked = stores.storage_asked
    down.get_by_test_id("store-retry").click()
    expect(down.get_by_test_id("store-state")).to_have_text("Up")
    down.get_by_test_id("store-pause").focus()
    window.page.keyboard.press("Enter")
    expect(down.get_by_test_id("store-state")).to_have_text("Paused")
    assert window.page.evaluate("document.activeElement.closest('[data-testid=store]')?.dataset.store") == "offsite"
    card_of(window, "s3").get_by_test_id("store-resume").click()
    expect(card_of(window, "s3").get_by_test_id("store-state")).to_have_text("Up")
    card_of(window, "attic").get_by_test_id("store-check").click()
    eventually(lambda: window.page.wait_for_timeout(50) or len(stores.actions) == 4, what="the last action")
    assert stores.actions == [("offsite", "retry"), ("offsite", "pause"), ("s3", "resume"), ("attic", "check")]
    eventually(lambda: window.page.wait_for_timeout(50) or stores.storage_asked >= asked + 4, what="asking at once")

    # A reload opens it again, Escape closes it.
    window.page.reload()
    expect(window.get("store")).to_have_count(5)
    window.get("storage").focus()
    window.page.keyboard.press("Escape")
    expect(window.get("storage")).to_be_hidden()
    expect(window.get("open-storage")).to_be_focused()
    assert "#" not in window.page.url


def test_the_storage_view_asks_again_only_while_it_is_seen(desk):
    window, stores = desk
    clock = window.page.clock
    clock.install()
    window.page.reload()
    stores.storage = storage(store("s3"))
    window.get("open-storage").click()
    expect(card_of(window, "s3").get_by_test_id("store-state")).to_have_text("Up")
    stores.storage = storage(store("s3", "down", reason="Connection refused."))
    clock.fast_forward(4_000)
    expect(card_of(window, "s3").get_by_test_id("store-state")).to_have_text("Up")
    clock.fast_forward(1_000)
    expect(card_of(window, "s3").get_by_test_id("store-state")).to_have_text("Down")
    window.page.evaluate("""() => {
        Object.defineProperty(document, "hidden", {value: true, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    asked = stores.storage_asked
    clock.fast_forward(20_000)
    window.page.wait_for_timeout(300)
    assert stores.storage_asked == asked
    window.page.evaluate("""() => {
        delete document.hidden;
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    eventually(lambda: window.page.wait_for_timeout(50) or stores.storage_asked > asked, 3, "asking when it is seen")
    # A server that is away is said, and what was seen last stays.
    stores.storage_away = True
    clock.fast_forward(5_000)
    expect(window.get("storage-status")).to_contain_text("Not up to date since")
    expect(card_of(window, "s3")).to_be_visible()
    stores.storage_away = False
    clock.fast_forward(5_000)
    expect(window.get("storage-status")).to_have_text("")
    window.get("close-storage").click()
    asked = stores.storage_asked
    clock.fast_forward(20_000)
    window.page.wait_for_timeout(300)
    assert stores.storage_asked == asked
    window.forgive(*NO_NETWORK)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_storage_fits_a_phone(server, person, visit, scheme):
    note_id = add(person, "In the pocket")
    window = visit(server, f"storage-phone-{scheme}", color_scheme=scheme, **PHONE)
    stores = Stores(window, person)
    stores.storage = troubled()
    stores.replicas[note_id] = in_all_states()
    stores.sync[note_id] = "failed"
    window.sign_in(person.email, PASSWORD)
    expect(window.get("sync-mark").filter(visible=True)).to_have_count(1)
    fits(window)
    window.picture("list")
    window.get("open-storage").tap()
    expect(window.get("store")).to_have_count(5)
    fits(window)
    assert window.page.evaluate(UNNAMED) == []
    expect(window.get("store-check")).to_have_count(0)  # only the owner may act on stores
    window.picture("storage")
    card_of(window, "r2").scroll_into_view_if_needed()
    window.picture("cards")
    window.get("check").last.scroll_into_view_if_needed()
    window.picture("checks")
    window.page.go_back()
    expect(window.get("storage")).to_be_hidden()
    window.open(window.row("In the pocket"))
    fits(window)
    window.get("replicas").scroll_into_view_if_needed()
    window.picture("replicas")


def test_without_stores_the_storage_view_says_how_to_have_one(desk):
    window, stores = desk
    window.get("open-storage").click()
    empty = window.get("no-stores")
    for name in ("CLOUD_NAME", "API_KEY", "API_SECRET"):
        expect(empty).to_contain_text(f"VOICENOTE_STORES_CLOUDINARY_{name}=")
    expect(empty).to_contain_text("docs/storage.md")
    expect(window.get("space-state")).to_have_text("Enough room")
    assert window.page.evaluate(UNNAMED) == []
    window.picture("no-stores")
