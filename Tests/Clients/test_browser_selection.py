"""Doing something with several notes at once: choosing them, and what is said of those it could not be done with."""

from urllib.parse import parse_qs, urlsplit

import pytest

from support.api import PASSWORD
from support.looks import UNNAMED, fits
from support.page import NO_NETWORK, expect
from support.recordings import unique_wav
from support.server import eventually
from support.stores import Stores

SIZE = {"width": 1280, "height": 860}

pytestmark = pytest.mark.waits


def add_notes(person, count):
    """Newest last, as `Note 01`, `Note 02`, …"""
    titles = [f"Note {number:02}" for number in range(1, count + 1)]
    return {title: person.ready(person.add(unique_wav(0.3), fields={"title": title})["id"])["id"] for title in titles}


def check(window, title):
    return window.row(title).get_by_test_id("row-check")


def chosen(window):
    """The titles of the rows with a tick, from above."""
    rows = window.get("note-row")
    return rows.evaluate_all(
        "rows => rows.filter(row => row.querySelector('input').checked)"
        ".map(row => row.querySelector('.row-title').textContent)"
    )


def test_notes_are_chosen_one_by_one_by_range_and_all_at_once(server, person, visit):
    add_notes(person, 8)
    window = visit(server, "selection", viewport=SIZE)
    Stores(window, person)
    window.sign_in(person.email, PASSWORD)
    expect(window.get("note-row")).to_have_count(8)
    expect(window.get("row-check").first).to_be_hidden()
    window.get("select-notes").click()
    expect(window.get("selection-count")).to_have_text("0 selected")
    assert window.page.evaluate(UNNAMED) == []

    # A click on a row chooses it, and opens nothing; with Shift everything in between comes along.
    window.row("Note 07").get_by_role("link").click()
    expect(window.get("detail")).to_be_hidden()
    check(window, "Note 04").click(modifiers=["Shift"])
    expect(window.get("selection-count")).to_have_text("4 selected")
    assert chosen(window) == ["Note 07", "Note 06", "Note 05", "Note 04"]
    window.row("Note 05").get_by_role("link").click()
    check(window, "Note 04").click(modifiers=["Shift"])
    assert chosen(window) == ["Note 07", "Note 06"], "what was turned off last takes the range with it"
    window.picture("range")

    # What a filter hides stays chosen, and is said.
    window.get("search").fill("Note 07")
    expect(window.get("note-row")).to_have_count(1)
    expect(window.get("selection-count")).to_have_text("2 selected, 1 not in this list")
    window.get("search").fill("")
    expect(window.get("note-row")).to_have_count(8)
    window.get("select-all").click()
    expect(window.get("selection-count")).to_have_text("8 selected")
    window.get("filter-archived").click()
    expect(window.get("selection-count")).to_have_text("0 selected")
    window.get("filter-all").click()
    expect(window.get("note-row")).to_have_count(8)

    # By keyboard: boxes are ticked with the space bar, and Escape ends it where it began.
    window.row("Note 03").get_by_test_id("row-check").focus()
    window.page.keyboard.press("Space")
    expect(window.get("selection-count")).to_have_text("1 selected")
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Select Note 02")
    window.page.keyboard.press("Escape")
    expect(window.get("selection")).to_be_hidden()
    expect(window.get("select-notes")).to_be_focused()
    expect(window.get("row-check").first).to_be_hidden()
    window.open(window.row("Note 03"))


def test_many_are_archived_moved_thrown_away_and_brought_back(server, person, visit):
    ids = add_notes(person, 6)
    window = visit(server, "batch-actions", viewport=SIZE)
    stores = Stores(window, person)
    window.sign_in(person.email, PASSWORD)
    window.get("select-notes").click()
    expect(window.get("batch-archive")).to_have_attribute("aria-disabled", "true")
    for title in ("Note 01", "Note 02"):
        check(window, title).click()
    window.picture("two-chosen")
    window.get("batch-archive").click()
    expect(window.get("note-row")).to_have_count(4)
    expect(window.get("toast")).to_contain_text("2 notes archived.")
    expect(window.get("selection")).to_be_hidden()
    assert sorted(note["title"] for note in person.all_notes(archived="true")) == ["Note 01", "Note 02"]
    window.get("toast").get_by_role("button", name="Undo").click()
    expect(window.get("note-row")).to_have_count(6)

    # To a folder, and out of it.
    window.get("select-notes").click()
    window.get("select-all").click()
    window.get("batch-move").click()
    assert window.page.evaluate(UNNAMED) == []
    expect(window.get("move-folder")).to_be_focused()
    window.get("move-folder").fill("Bäume & Gärten")
    window.picture("where-to")
    window.page.keyboard.press("Enter")
    expect(window.row("Bäume & Gärten")).to_have_count(6)
    window.get("select-notes").click()
    check(window, "Note 06").click()
    window.get("batch-move").click()
    window.get("move-dialog").get_by_test_id("confirm").click()
    expect(window.row("Bäume & Gärten")).to_have_count(5)
    assert person.note(ids["Note 06"])["folder"] is None

    # To the trash, and from there.
    window.get("select-notes").click()
    for title in ("Note 03", "Note 04", "Note 05"):
        check(window, title).click()
    window.get("batch-delete").click()
    expect(window.get("note-row")).to_have_count(3)
    window.get("filter-trash").click()
    expect(window.get("note-row")).to_have_count(3)
    window.get("select-notes").click()
    expect(window.get("batch-archive")).to_have_count(0)
    check(window, "Note 04").click()
    window.get("batch-restore").click()
    expect(window.get("note-row")).to_have_count(2)
    assert person.note(ids["Note 04"])["trashedAt"] is None
    keys = [key for key, _ in stores.batches]
    assert all(keys) and len(set(keys)) == len(keys), "each request has a key of its own"


def test_what_could_not_be_done_is_named_and_stays_chosen(server, person, visit):
    ids = add_notes(person, 5)
    window = visit(server, "batch-failures", viewport=SIZE)
    stores = Stores(window, person)
    stores.refused = {
        ids["Note 02"]: (409, "conflict", "The note was changed at the same moment."),
        ids["Note 04"]: (404, "not_found", "There is no such note."),
    }
    window.sign_in(person.email, PASSWORD)
    expect(window.get("note-row")).to_have_count(5)
    window.get("select-notes").click()
    window.get("select-all").click()
    window.get("batch-move").click()
    window.get("move-folder").fill("Work")
    window.get("move-dialog").get_by_test_id("confirm").click()
    expect(window.get("batch-report")).to_have_text("2 of 5 notes could not be moved: “Note 04” and “Note 02”.")
    expect(window.get("batch-failure")).to_have_count(2)
    expect(window.get("batch-failure").first).to_have_text("Note 04: There is no such note.")
    expect(window.get("toast")).to_contain_text("3 notes moved to “Work”.")
    expect(window.get("selection-count")).to_have_text("2 selected")
    assert chosen(window) == ["Note 04", "Note 02"]
    assert window.page.evaluate(UNNAMED) == []
    window.picture("two-of-five")

    # They can be tried again as they are; the report goes when there is nothing left to report.
    stores.refused = {}
    window.get("batch-archive").click()
    expect(window.get("batch-report")).to_have_count(0)
    expect(window.get("selection")).to_be_hidden()
    assert sorted(note["title"] for note in person.all_notes(archived="true")) == ["Note 02", "Note 04"]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(server, person, visit):
    add_notes(person, 3)
    window = visit(server, "batch-lost-answer", viewport=SIZE)
    stores = Stores(window, person)
    stores.unanswered = 2
    window.sign_in(person.email, PASSWORD)
    expect(window.get("note-row")).to_have_count(3)
    window.get("select-notes").click()
    window.get("select-all").click()
    window.get("batch-archive").click()
    expect(window.get("toast")).to_contain_text("3 notes archived.")
    assert len(stores.batches) == 3 and len({key for key, _ in stores.batches}) == 1
    # A server that never answers: nothing is claimed, and nothing leaves the selection.
    window.get("filter-archived").click()
    expect(window.get("note-row")).to_have_count(3)
    window.get("select-notes").click()
    window.get("select-all").click()
    stores.unanswered = 4
    window.get("batch-unarchive").click()
    expect(window.get("batch-report")).to_contain_text("3 of 3 notes could not be taken out of the archive")
    expect(window.get("batch-failure").first).to_contain_text("did not answer")
    window.forgive(*NO_NETWORK)


def test_more_than_a_request_holds_goes_in_several(server, person, visit):
    note = person.ready(person.add(unique_wav(0.3))["id"])
    window = visit(server, "batch-many", viewport=SIZE)
    stores = Stores(window, person)
    note["state"] = "failed"  # then nobody asks for their waveforms
    stores.invented = [
        note | {"id": f"{number:08x}{note['id'][8:]}", "title": f"Note {number:04}"} for number in range(1204, 0, -1)
    ]
    refused = stores.invented[700]
    stores.refused = {refused["id"]: (409, "conflict", "It is being edited.")}
    window.sign_in(person.email, PASSWORD)
    rows = window.get("note-row")
    expect(rows.first).to_be_visible()

    def all_there():
        window.page.evaluate("document.getElementById('list-end').scrollIntoView()")
        window.page.wait_for_timeout(100)
        return rows.count() == 1204

    eventually(all_there, seconds=60, what="loading all of them")
    window.get("select-notes").click()
    window.get("select-all").click()
    expect(window.get("selection-count")).to_have_text("1,204 selected")
    window.get("batch-archive").click()
    expect(window.get("batch-report")).to_have_text(f"1 of 1,204 notes could not be archived: “{refused['title']}”.")
    assert [len(body["ids"]) for _, body in stores.batches] == [500, 500, 204]
    sent = [note_id for _, body in stores.batches for note_id in body["ids"]]
    assert sorted(sent) == sorted(note["id"] for note in stores.invented), "every one was sent, and once"
    assert len({key for key, _ in stores.batches}) == 3
    window.picture("one-of-many")


def test_several_are_downloaded_as_one_zip(server, person, visit):
    ids = add_notes(person, 3)
    window = visit(server, "zip", viewport=SIZE)
    Stores(window, person)
    window.sign_in(person.email, PASSWORD)
    window.get("select-notes").click()
    for title in ("Note 01", "Note 03"):
        check(window, title).click()
    window.get("batch-zip").click()
    assert window.page.evaluate(UNNAMED) == []
    window.picture("which-recordings")
    window.get("zip-listen").check()
    with window.page.expect_download() as download:
        window.get("zip-link").click()
    address = urlsplit(download.value.url)
    assert address.path == "/api/v1/notes/archive.zip"
    query = parse_qs(address.query)
    assert set(query["ids"][0].split(",")) == {ids["Note 01"], ids["Note 03"]}
    assert query["rendition"] == ["listen"]
    expect(window.get("zip-dialog")).to_have_count(0)
    expect(window.get("selection-count")).to_have_text("2 selected")


def test_choosing_works_on_a_phone(server, person, visit):
    add_notes(person, 4)
    window = visit(
        server, "selection-phone", viewport={"width": 360, "height": 740}, device_scale_factor=2, has_touch=True,
        is_mobile=True, color_scheme="dark",
    )  # fmt: skip
    stores = Stores(window, person)
    stores.sync = {note["id"]: "synced" for note in person.all_notes()}
    window.sign_in(person.email, PASSWORD)
    window.get("select-notes").tap()
    window.row("Note 02").get_by_role("link").tap()
    window.row("Note 03").get_by_role("link").tap()
    expect(window.get("selection-count")).to_have_text("2 selected")
    fits(window)
    window.picture("chosen")
    for name in ("archive", "move", "replicate", "zip", "delete"):
        box = window.get(f"batch-{name}").bounding_box()
        assert box["height"] >= 40 and box["width"] >= 40, f"{name} is too small for a thumb: {box}"
    window.get("batch-replicate").tap()
    expect(window.get("toast")).to_contain_text("2 notes queued for copying.")
    expect(window.get("sync-mark").filter(visible=True)).to_have_count(2)
