"""The page for everybody: on a phone, in the dark, by keyboard, for those who do not see it."""

import re

import pytest

from support.api import PASSWORD
from support.looks import UNNAMED, fits
from support.page import expect, seconds
from support.recordings import encoded, unique_wav
from support.server import eventually

pytestmark = pytest.mark.waits


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_scrolling_sideways(server, person, visit, scheme):
    note = person.ready(person.add(encoded("webm"), fields={"title": "Einkaufszettel für das Wochenende " * 4})["id"])
    person.ready(person.add(unique_wav(3), fields={"title": "Short"})["id"])
    window = visit(
        server, f"phone-{scheme}", viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True,
        is_mobile=True, color_scheme=scheme,
    )  # fmt: skip
    window.page.goto("/")
    window.picture("sign-in")
    window.sign_in(person.email, PASSWORD)
    expect(window.get("note-row")).to_have_count(2)
    fits(window)
    window.picture("list")
    background = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert brightness < 90 if scheme == "dark" else brightness > 165, background
    window.open(window.row("Einkaufszettel"))
    fits(window)
    window.picture("note")
    for testid in ("play", "download", "trash"):
        box = window.get(testid).bounding_box()
        assert box["height"] >= 40 and box["width"] >= 40, f"{testid} is too small for a thumb: {box}"
    window.get("play").tap()
    eventually(lambda: window.position() >= 1, what="playing on a phone")
    assert seconds(window.get("duration").inner_text()) == note["recording"]["durationMs"] // 1000
    window.page.go_back()
    expect(window.get("record")).to_be_visible()
    window.get("record").tap()
    expect(window.get("elapsed")).to_have_text("0:01")
    fits(window)
    window.picture("recording")
    window.get("discard").tap()
    window.get("confirm").tap()
    expect(window.get("record")).to_be_visible()
    expect(window.get("note-row")).to_have_count(2)


def test_everything_has_a_name_and_can_be_reached_by_keyboard(server, person, visit):
    person.ready(person.add(unique_wav(3), fields={"title": "By keyboard"})["id"])
    window = visit(server, "keyboard")
    window.page.goto("/")
    expect(window.get("sign-in-form")).to_be_visible()
    assert window.page.evaluate(UNNAMED) == []
    window.page.keyboard.type(person.email)
    window.page.keyboard.press("Tab")
    window.page.keyboard.type(PASSWORD)
    window.page.keyboard.press("Enter")
    expect(window.get("note-row")).to_have_count(1)
    assert window.page.evaluate(UNNAMED) == []
    for _ in range(40):
        window.page.keyboard.press("Tab")
        if window.page.evaluate("document.activeElement.closest('[data-testid=note-row]') !== null"):
            break
    window.page.keyboard.press("Enter")
    expect(window.get("waveform")).to_have_attribute("data-ready", "true")
    assert window.page.evaluate(UNNAMED) == []
    window.picture("opened-by-keyboard")
    window.page.keyboard.press("Escape")
    expect(window.get("detail")).to_be_hidden()
    assert window.page.evaluate("document.documentElement.lang")


def test_a_wrong_password_is_said_and_nothing_opens(server, person, visit):
    window = visit(server, "wrong-password")
    window.page.goto("/")
    form = window.get("sign-in-form")
    form.get_by_test_id("email").fill(person.email)
    form.get_by_test_id("password").fill("not the password")
    form.get_by_test_id("submit").click()
    expect(form.get_by_role("alert")).not_to_be_empty()
    expect(window.get("record")).to_be_hidden()
    window.picture("refused")
    assert [text for text in window.complaints if "401" not in text] == []
    window.complaints.clear()  # the browser itself notes every 401 on its console


def test_markup_in_a_title_stays_text(server, person, visit):
    title = '<img src=x onerror="document.title=1"><b>bold</b>'
    note = person.ready(person.add(unique_wav(1), fields={"title": title})["id"])
    window = visit(server, "markup")
    window.sign_in(person.email, PASSWORD)
    expect(window.get("note-row")).to_contain_text(note["title"])
    window.open(window.get("note-row"))
    assert window.page.evaluate("document.querySelectorAll('img[src=x], b').length") == 0
    window.picture("markup")
