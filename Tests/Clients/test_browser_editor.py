"""The editor in a real browser: what is cut, undone, trimmed and exported is what was seen."""

import io
import json
import math
import re
import struct
import wave
from urllib.parse import parse_qs, urlsplit

import pytest

from support.api import BASE, PASSWORD, created, fetched
from support.looks import UNNAMED, fits
from support.page import expect
from support.recordings import RATE, speech, unique_wav, wav
from support.server import eventually

DESK = {"width": 1280, "height": 1000}
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


def values(data):
    """The samples of a 16-bit mono WAV."""
    with wave.open(io.BytesIO(data)) as reader:
        assert (reader.getnchannels(), reader.getsampwidth(), reader.getframerate()) == (1, 2, RATE)
        frames = reader.readframes(reader.getnframes())
    return struct.unpack(f"<{len(frames) // 2}h", frames)


def edits(person, note):
    return fetched(person.get(f"/notes/{note['id']}/edits"))


def add(person, title, data=None):
    data = data or unique_wav(4)
    return person.ready(person.add(data, fields={"title": title})["id"]), data


def open_editor(window, title):
    window.open(window.row(title))
    window.get("edit-note").click()
    editor = window.get("editor")
    expect(editor).to_have_attribute("data-state", "ready")
    expect(window.get("editor-wave")).to_have_attribute("data-ready", "true")
    return editor


def select(window, start, end):
    """To the sample, by the fields."""
    window.get("selection-start").fill(f"#{start}")
    window.get("selection-start").press("Enter")
    window.get("selection-end").fill(f"#{end}")
    window.get("selection-end").press("Enter")
    expect(window.get("selection-start")).to_have_attribute("data-sample", str(start))
    expect(window.get("selection-end")).to_have_attribute("data-sample", str(end))
    window.get("editor-wave").focus()


def has_length(editor, samples):
    expect(editor).to_have_attribute("data-length", str(samples))


def exported(window, format):
    """Exports what is heard, and returns the file's name and bytes."""
    window.get("edit-export").click()
    window.get(f"export-{format}").check()
    window.get("export-start").click()
    expect(window.get("export-link")).to_be_visible(timeout=60_000)
    window.picture(f"exported-{format}")
    with window.page.expect_download() as download:
        window.get("export-link").click()
    window.get("export-close").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_cut_is_undone_a_trim_is_exported_and_is_what_was_seen(server, person, visit):
    note, data = add(person, "Interview")
    window = visit(server, "editor", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "Interview")
    expect(window.get("play")).to_have_count(0)
    window.picture("opened")
    has_length(editor, 4 * RATE)

    # A cut, and back.
    select(window, RATE, 2 * RATE)
    window.picture("selected")
    window.page.keyboard.press("x")
    has_length(editor, 3 * RATE)
    expect(window.get("edit-said")).to_contain_text("Cut.")
    window.picture("cut")
    window.page.keyboard.press("Control+z")
    has_length(editor, 4 * RATE)
    window.page.keyboard.press("Control+Shift+Z")
    has_length(editor, 3 * RATE)
    window.get("edit-undo").click()
    has_length(editor, 4 * RATE)

    # Playing the selection at once.
    select(window, RATE, 2 * RATE)
    window.get("editor-play").click()
    expect(window.get("editor-play")).to_have_attribute("aria-label", "Stop")
    eventually(lambda: window.get("editor-audio").evaluate("audio => audio.currentTime") >= 1.2, what="playing")
    expect(window.get("editor-play")).to_have_attribute("aria-label", "Play the selection")

    # A trim, its name, and a file with exactly that.
    window.get("editor-wave").focus()
    window.page.keyboard.press("t")
    has_length(editor, RATE)
    window.get("versions").click()
    rows = window.get("version")
    expect(rows).to_have_count(3)
    rows.first.get_by_test_id("version-name").fill("Only the answer")
    rows.first.get_by_test_id("version-name").press("Enter")
    eventually(lambda: edits(person, note)["versions"][0]["name"] == "Only the answer", what="the name")
    window.picture("named")
    name, file = exported(window, "wav")
    assert name.endswith(".wav")
    assert values(file) == values(data)[RATE:2 * RATE]
    assert fetched(person.get(f"/notes/{note['id']}"))["recording"]["sha256"] == note["recording"]["sha256"]

    # An old version again, and the player back in its place.
    rows.filter(has_text="The recording").get_by_test_id("version-restore").click()
    has_length(editor, 4 * RATE)
    window.get("editor-close").click()
    expect(window.get("play")).to_be_visible()
    expect(window.get("edit-note")).to_be_focused()
    expect(editor).to_have_count(0)


def test_a_drag_selects_and_a_handle_fades(server, person, visit):
    note, _ = add(person, "By mouse")
    window = visit(server, "editor-mouse", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "By mouse")
    box = window.get("editor-wave").bounding_box()
    mouse, middle = window.page.mouse, box["y"] + box["height"] * 0.6
    mouse.move(box["x"] + box["width"] * 0.25, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.5, middle, steps=8)
    mouse.up()
    start = int(window.get("selection-start").get_attribute("data-sample"))
    end = int(window.get("selection-end").get_attribute("data-sample"))
    assert abs(start - RATE) < 100 and abs(end - 2 * RATE) < 100
    window.get("edit-cut").click()
    has_length(editor, 4 * RATE - (end - start))

    # The handle in the upper left corner, a quarter of the first segment to the right.
    mouse.move(box["x"] + 9, box["y"] + 35)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 35, steps=6)
    window.picture("dragging-a-fade")
    mouse.up()
    fade = eventually(lambda: edits(person, note)["edit"]["list"]["segments"][0]["fadeIn"], what="the fade")
    assert abs(fade - 0.1 * (4 * RATE - (end - start))) < 200

    # Close to the samples, by the wheel and by the keys.
    mouse.move(box["x"] + box["width"] / 2, middle)
    window.page.keyboard.down("Control")
    for _ in range(30):
        mouse.wheel(0, -240)
    window.page.keyboard.up("Control")
    wave_node = window.get("editor-wave")
    eventually(lambda: float(wave_node.get_attribute("data-per-pixel")) == 1 / 16, what="single samples")
    expect(wave_node).to_have_attribute("data-ready", "true")
    window.picture("samples")
    before = float(wave_node.get_attribute("data-start"))
    mouse.wheel(160, 0)
    eventually(lambda: float(wave_node.get_attribute("data-start")) > before, what="scrolling by the wheel")
    window.get("zoom-fit").click()
    eventually(lambda: float(wave_node.get_attribute("data-start")) == 0, what="all of it")


def test_silence_goes_as_the_preview_said(server, person, visit):
    # Two seconds of nothing between two of speech.
    note, _ = add(person, "Pauses", wav([*speech(2), *([0] * 2 * RATE), *speech(2), *([0] * RATE), *speech(1)]))
    window = visit(server, "editor-silence", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "Pauses")
    window.get("edit-remove-silence").click()
    panel = window.get("silence-panel")
    window.get("silence-minimum").fill("0.6")
    window.get("silence-keep").fill("0.1")
    gone = eventually(lambda: int(panel.get_attribute("data-samples") or 0), what="a preview")
    assert 2 * RATE < gone < 6 * RATE and int(panel.get_attribute("data-ranges")) >= 2
    expect(window.get("silence-preview")).to_contain_text("becomes")
    window.picture("preview")
    before = int(editor.get_attribute("data-length"))
    window.get("silence-apply").click()
    has_length(editor, before - gone)
    expect(panel).to_be_hidden()
    window.picture("removed")
    assert edits(person, note)["edit"]["length"] == before - gone
    window.get("edit-undo").click()
    has_length(editor, before)


def test_the_sound_is_changed_and_another_note_is_joined(server, person, visit):
    note, _ = add(person, "The first")
    other, _ = add(person, "The second", unique_wav(1))
    window = visit(server, "editor-sound", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "The first")

    def now():
        return edits(person, note)["edit"]["list"]

    window.get("edit-gain").click()
    window.get("edit-decibels").fill("loud")
    window.get("edit-submit").click()
    expect(window.get("gain-dialog").get_by_role("alert")).to_be_visible()
    window.get("edit-decibels").fill("-6,5")
    window.get("edit-submit").click()
    eventually(lambda: now()["segments"][0]["gain"] == -6.5, what="the gain")
    window.get("edit-normalize").click()
    window.get("edit-target").select_option("-23")
    window.picture("normalise")
    window.get("edit-submit").click()
    eventually(lambda: now()["settings"]["normalize"] == {"target": -23, "ceiling": -1}, what="the loudness")
    window.get("edit-noise-reduction").click()
    window.get("edit-noise").fill("0.5")
    window.get("edit-submit").click()
    eventually(lambda: now()["settings"]["noiseReduction"] == 0.5, what="the noise reduction")
    expect(window.get("edit-settings")).to_contain_text("-23 LUFS")

    window.get("editor-wave").focus()
    window.page.keyboard.press("End")
    window.page.keyboard.press("j")
    window.get("join-search").fill("second")
    expect(window.get("join-note")).to_have_count(1)
    window.get("join-note").check()
    window.picture("join")
    window.get("edit-submit").click()
    has_length(editor, 5 * RATE)
    window.get("edit-crossfade").click()
    window.get("edit-length").fill("0.25")
    window.get("edit-submit").click()
    has_length(editor, 5 * RATE - RATE // 4)
    window.get("edit-insert-silence").click()
    window.get("edit-length").fill("0.5")
    window.get("edit-submit").click()
    has_length(editor, 5 * RATE + RATE // 4)
    select(window, 0, RATE)
    window.get("edit-cursor").fill(f"#{2 * RATE}")
    window.get("edit-cursor").press("Enter")
    window.get("edit-move").click()
    expect(window.get("selection-start")).to_have_attribute("data-sample", str(RATE))
    window.picture("moved")
    assert [source["recording"] for source in now()["sources"]] == [
        note["recording"]["id"], other["recording"]["id"]]


@pytest.mark.parametrize("choice", ["theirs", "yours"])
def test_a_conflict_shows_both(server, person, visit, choice):
    note, _ = add(person, "Two at once")
    window = visit(server, f"editor-conflict-{choice}", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "Two at once")
    created(person.post(f"/notes/{note['id']}/edits", json={
        "base": None, "operations": [{"op": "trim", "start": 0, "end": 3 * RATE}]}))
    select(window, 0, RATE // 2)
    window.page.keyboard.press("x")
    dialog = window.get("conflict-dialog")
    expect(dialog).to_be_visible()
    expect(window.get("conflict-is-theirs")).to_contain_text("0:03.000")
    expect(window.get("conflict-is-yours")).to_contain_text("0:03.500")
    window.picture("both")
    window.get(f"conflict-{choice}").click()
    length = 3 * RATE if choice == "theirs" else 4 * RATE - RATE // 2
    has_length(editor, length)
    state = edits(person, note)
    assert state["edit"]["length"] == length
    assert len(state["versions"]) == (2 if choice == "theirs" else 3), "theirs stays either way"
    window.forgive("409")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_all_of_the_editor(server, person, visit, scheme):
    add(person, "Pocket")
    window = visit(server, f"editor-phone-{scheme}", color_scheme=scheme, **PHONE)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "Pocket")
    fits(window)
    assert window.page.evaluate(UNNAMED) == []
    window.picture("opened")
    for testid in ("edit-cut", "edit-undo", "zoom-in", "editor-play", "editor-close"):
        box = window.get(testid).bounding_box()
        assert box["height"] >= 40 and box["width"] >= 40, f"{testid} is too small for a thumb: {box}"
    window.get("editor-wave").tap()
    assert int(window.get("edit-cursor").get_attribute("data-sample")) > 0
    window.get("edit-split").tap()
    expect(editor).to_have_attribute("data-segments", "2")
    window.get("edit-remove-silence").tap()
    fits(window)
    window.picture("silence")
    window.get("silence-close").tap()
    window.get("edit-normalize").tap()
    fits(window)
    window.picture("dialog")
    window.get("edit-cancel").tap()
    window.get("versions").tap()
    fits(window)
    window.picture("versions")


def test_everything_can_be_done_by_keyboard(server, person, visit):
    note, _ = add(person, "Only keys")
    window = visit(server, "editor-keyboard", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    window.open(window.row("Only keys"))
    keys = window.page.keyboard
    for _ in range(60):
        keys.press("Tab")
        if window.page.evaluate("document.activeElement.dataset.testid") == "edit-note":
            break
    keys.press("Enter")
    editor = window.get("editor")
    expect(editor).to_have_attribute("data-state", "ready")
    wave_node = window.get("editor-wave")
    expect(wave_node).to_be_focused()
    assert window.page.evaluate(UNNAMED) == []

    keys.press("Home")
    keys.press("Control+Shift+ArrowRight")
    keys.press("Control+Shift+ArrowRight")
    assert (window.get("selection-end").get_attribute("data-sample")) == "2", "sample by sample"
    expect(wave_node).to_have_attribute("aria-valuetext", re.compile("selected from 0:00.000"))
    for _ in range(10):
        keys.press("Shift+ArrowRight")
    end = int(window.get("selection-end").get_attribute("data-sample"))
    assert end > 100
    keys.press("Delete")
    has_length(editor, 4 * RATE - end)
    keys.press("Control+z")
    has_length(editor, 4 * RATE)
    keys.press("Control+y")
    has_length(editor, 4 * RATE - end)
    keys.press("+")
    keys.press("+")
    eventually(lambda: float(wave_node.get_attribute("data-per-pixel")) < 20, what="zooming by key")
    keys.press("0")
    keys.press("End")
    keys.press("i")
    expect(window.get("silence-dialog")).to_be_visible()
    assert window.page.evaluate(UNNAMED) == []
    keys.press("Escape")
    expect(wave_node).to_be_focused()
    keys.press(" ")
    expect(window.get("editor-play")).to_have_attribute("aria-label", "Stop")
    keys.press(" ")
    expect(window.get("editor-play")).to_have_attribute("aria-label", "Play from the cursor")

    # The tools are one stop for Tab, and the arrows go through them.
    window.get("edit-cut").focus()
    keys.press("ArrowRight")
    expect(window.get("edit-trim")).to_be_focused()
    keys.press("q")
    expect(window.get("silence-minimum")).to_be_focused()
    keys.press("Escape")
    expect(window.get("edit-remove-silence")).to_be_focused()
    window.picture("by-keyboard")
    keys.press("Escape")
    expect(window.get("edit-note")).to_be_focused()
    assert edits(person, note)["edit"]["length"] == 4 * RATE - end


def test_letters_in_a_field_stay_letters(server, person, visit):
    note, _ = add(person, "Title")
    window = visit(server, "editor-letters", viewport=DESK)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "Title")
    select(window, 0, RATE)
    window.get("title-input").fill("")
    window.get("title-input").press_sequentially("text mix")
    window.get("selection-length").press_sequentially("x")
    has_length(editor, 4 * RATE)
    assert edits(person, note)["edit"]["count"] == 0


class TenHours:
    """Ten hours at 48 kHz, between browser and server: what is asked for is counted, and nothing has to be rendered."""

    rate, length = 48_000, 36_000 * 48_000

    def __init__(self, page, note):
        self.note, self.windows = note, []
        page.route(re.compile(rf"{BASE}/notes/{note['id']}/edits(\?|$)"), self.state)
        page.route(re.compile(rf"{BASE}/notes/{note['id']}/edits/[^/]+/waveform"), self.waveform)

    def state(self, route):
        recording = self.note["recording"]["id"]
        whole = {
            "sampleRate": self.rate, "sources": [{"recording": recording, "length": self.length}],
            "segments": [{"source": recording, "start": 0, "end": self.length, "gain": 0, "fadeIn": 0, "fadeOut": 0,
                          "overlap": 0}],
            "settings": {"normalize": None, "noiseReduction": 0},
        }  # fmt: skip
        edit = {"head": None, "list": whole, "length": self.length, "canUndo": False, "canRedo": False, "count": 0}
        route.fulfill(json={"edit": edit, "versions": [], "next": None})

    def waveform(self, route):
        query = {name: int(value[0]) for name, value in parse_qs(urlsplit(route.request.url).query).items()}
        self.windows.append(query)
        zoom = max(1, math.ceil((query["end"] - query["start"]) / query["pixels"]))
        data = []
        for pixel in range(query["pixels"]):
            high = round(90 * abs(math.sin((query["start"] + pixel * zoom) / 3e6)))
            data += [-high, high]
        body = {"version": 2, "channels": 1, "sample_rate": self.rate, "samples_per_pixel": zoom, "bits": 8,
                "length": query["pixels"], "data": data}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))


# Scrolls a little in each frame, as a hand does, and says how long the frames took
SCROLL = """count => new Promise(resolve => {
    const node = document.querySelector("[data-testid=editor-wave]");
    const times = [];
    let last = performance.now();
    const step = () => {
        const now = performance.now();
        times.push(now - last);
        last = now;
        if (times.length > count) return resolve(times.slice(1).sort((a, b) => a - b));
        node.dispatchEvent(new WheelEvent("wheel", {deltaX: 120, bubbles: true, cancelable: true}));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""


def test_ten_hours_stay_smooth(server, person, visit):
    note, _ = add(person, "A long day")
    window = visit(server, "editor-ten-hours", viewport=DESK)
    long = TenHours(window.page, note)
    window.sign_in(person.email, PASSWORD)
    editor = open_editor(window, "A long day")
    has_length(editor, TenHours.length)
    expect(window.get("edit-total")).to_have_text("10:00:00.000")
    window.picture("all-of-it")
    assert len(long.windows) <= 4
    wave_node = window.get("editor-wave")
    for _ in range(12):
        window.get("zoom-in").click()
    expect(wave_node).to_have_attribute("data-ready", "true")
    window.picture("closer")
    assert len(long.windows) <= 40, "a few windows for each zoom that was rested at"

    times = window.page.evaluate(SCROLL, 150)
    assert times[len(times) // 2] < 50, f"half of the frames took longer than {times[len(times) // 2]:.0f} ms"
    assert times[int(len(times) * 0.95)] < 150
    expect(wave_node).to_have_attribute("data-ready", "true")
    for _ in range(20):
        window.get("editor-wave").press("+")
    expect(wave_node).to_have_attribute("data-per-pixel", str(1 / 16))
    expect(wave_node).to_have_attribute("data-ready", "true")
    window.picture("single-samples")
    window.get("zoom-fit").click()
    expect(wave_node).to_have_attribute("data-ready", "true")
    assert len(long.windows) <= 120, f"{len(long.windows)} windows were asked for"
    assert all(1 <= one["pixels"] <= 4096 and 0 <= one["start"] < one["end"] <= TenHours.length
               for one in long.windows)
    asked = [tuple(one.values()) for one in long.windows]
    # What went out of sight before its answer came may be asked for once more.
    assert len(asked) - len(set(asked)) <= 5, "what is there is not asked for again"


# The page's own arithmetic, asked directly
GOING = """async ([list, map, minimum, keep]) => {
    const {goingRanges, silentSamples, totalLength} = await import("/page/scripts/editor/editSilence.js");
    const [{recording, length}] = list.sources;
    const silences = new Map([[recording, silentSamples(map, list.sampleRate, length)]]);
    return totalLength(goingRanges(list, silences, minimum, keep));
}"""

ROUND_TRIPS = """async () => {
    const {parseTime, timeText} = await import("/page/scripts/editor/editTime.js");
    const wrong = [];
    for (const rate of [8000, 11025, 44100, 48000, 96000, 192000]) {
        for (let sample = 1; sample < rate * 40000; sample = Math.ceil(sample * 1.07) + 1) {
            if (parseTime(timeText(sample, rate), rate) !== sample) wrong.push([sample, rate]);
        }
    }
    return wrong;
}"""


def test_the_page_reckons_as_the_server_does(server, person, visit):
    pauses = [*speech(1), *([0] * RATE), *speech(1), *([0] * 2 * RATE), *speech(1.3), *([0] * (RATE + 77))]
    note, _ = add(person, "Arithmetic", wav(pauses))
    window = visit(server, "editor-arithmetic")
    window.sign_in(person.email, PASSWORD)
    assert window.page.evaluate(ROUND_TRIPS) == []
    url = f"/notes/{note['id']}/edits"
    silence = fetched(person.get(f"/notes/{note['id']}/silence"))
    edit = created(person.post(url, json={"base": None, "operations": [
        {"op": "split", "at": 4 * RATE}, {"op": "insertSilence", "at": RATE // 2, "length": 3 * RATE},
        {"op": "cut", "start": 0, "end": 100}, {"op": "split", "at": 5 * RATE + 11},
        {"op": "crossfade", "at": 5 * RATE + 11, "length": 500}]}))  # fmt: skip
    for minimum, keep in ((1, 0), (RATE // 2, 10), (RATE, RATE // 4), (RATE + 50, 0)):
        gone = window.page.evaluate(GOING, [edit["list"], silence, minimum, keep])
        after = created(person.post(url, json={"base": edit["head"]["id"], "operations": [
            {"op": "removeSilence", "minimum": minimum, "keep": keep}]}))  # fmt: skip
        assert edit["length"] - after["length"] == gone, (minimum, keep)
        edit = fetched(person.post(url, json={"base": after["head"]["id"], "action": "undo"}))
