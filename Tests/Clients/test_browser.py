"""The page in a real browser: recording, uploading, listening, finding, throwing away."""

from support.api import PASSWORD, Api, fetched, problem
from support.page import expect, seconds
from support.recordings import encoded, speech, unique_wav, wav
from support.server import eventually


def test_a_person_records_listens_finds_and_throws_away(start_server, visit):
    server = start_server()
    window = visit(server, "desk", viewport={"width": 1280, "height": 860})
    page = window.page

    # The first start: the owner is made.
    page.goto("/")
    form = window.get("setup-form")
    form.get_by_test_id("name").fill("Ada Lovelace")
    form.get_by_test_id("email").fill("ada@example.org")
    form.get_by_test_id("password").fill(PASSWORD)
    window.picture("first-start")
    form.get_by_test_id("submit").click()
    expect(window.get("record")).to_be_visible()
    window.picture("empty-list")

    # Six seconds of speech, with a pause that does not count.
    window.get("record").click()
    expect(window.get("elapsed")).to_have_text("0:02")
    level = window.get("level")
    heard = eventually(lambda: int(level.get_attribute("aria-valuenow")) > -45, what="a level of the microphone")
    assert heard
    window.get("pause").click()
    stands = window.get("elapsed").inner_text()
    window.picture("paused")
    page.wait_for_timeout(1500)
    assert window.get("elapsed").inner_text() == stands
    window.get("pause").click()
    expect(window.get("elapsed")).to_have_text("0:06")
    window.picture("recording")
    window.get("stop").click()

    # It arrives, is processed, and shows it without a reload.
    row = window.get("note-row")
    expect(row).to_have_count(1, timeout=20_000)
    expect(row).to_have_attribute("data-state", "ready", timeout=30_000)
    window.picture("in-the-list")
    note = recorded_note(server, row.get_attribute("data-note-id"))
    recording = note["recording"]
    assert (recording["container"], recording["codec"]) == ("webm", "opus")
    assert 5500 <= recording["durationMs"] <= 8000, "WebM from a browser has no length in its header: it was measured"
    assert recording["loudness"]["integratedLUFS"] > -50, "that was speech, not silence"

    # Listening: play, seek by pointer and by keyboard.
    window.open(row)
    length = seconds(window.get("duration").inner_text())
    assert abs(length - recording["durationMs"] / 1000) <= 1
    window.picture("opened")
    window.get("play").click()
    eventually(lambda: window.position() >= 2, what="the position moving while it plays")
    window.picture("playing")
    window.get("play").click()
    stopped = window.position()
    page.wait_for_timeout(1200)
    assert window.position() == stopped
    waveform = window.get("waveform")
    box = waveform.bounding_box()
    waveform.click(position={"x": box["width"] * 0.75, "y": box["height"] / 2})
    eventually(lambda: abs(window.position() - recording["durationMs"] * 0.75 / 1000) <= 1, what="seeking by a click")
    waveform.press("Home")
    eventually(lambda: window.position() == 0, what="seeking to the start by key")
    waveform.press("ArrowRight")
    eventually(lambda: window.position() == 5, what="seeking ahead by key")
    waveform.press("ArrowLeft")
    eventually(lambda: window.position() == 0, what="seeking back by key")
    waveform.press(" ")
    eventually(lambda: window.position() >= 1, what="playing by the space bar")
    waveform.press(" ")
    window.get("speed").select_option("2")

    # Naming and finding it.
    window.get("title-input").fill("Walk along the river")
    window.get("title-input").press("Enter")
    expect(window.row("Walk along the river")).to_have_count(1)
    window.get("search").fill("riv")
    expect(window.row("Walk along the river")).to_have_count(1)
    window.picture("found")
    window.get("search").fill("mountain")
    expect(window.get("note-row")).to_have_count(0)
    window.picture("not-found")
    window.get("search").fill("")
    expect(window.get("note-row")).to_have_count(1)

    # To the trash and back.
    window.get("trash").click()
    expect(window.get("note-row")).to_have_count(0)
    window.get("filter-trash").click()
    expect(window.get("note-row")).to_have_count(1)
    window.get("note-row").get_by_role("link").click()
    window.picture("in-the-trash")
    window.get("restore").click()
    window.get("filter-all").click()
    expect(window.row("Walk along the river")).to_have_count(1)
    window.picture("restored")

    # And gone.
    window.get("note-row").get_by_role("link").click()
    window.get("trash").click()
    window.get("filter-trash").click()
    window.get("note-row").get_by_role("link").click()
    window.get("delete-forever").click()
    expect(window.get("confirm")).to_be_visible()
    window.picture("asked-before-deleting")
    window.get("confirm").click()
    expect(window.get("note-row")).to_have_count(0)
    window.picture("gone")
    window.get("filter-all").click()
    expect(window.get("note-row")).to_have_count(0)
    with signed_in(server) as client:
        problem(client.get(f"/notes/{note['id']}"), 404, "not_found")
    eventually(lambda: server.blobs() == {}, what="removing the files")

    window.get("sign-out").click()
    expect(window.get("sign-in-form")).to_be_visible()
    window.picture("signed-out")


def signed_in(server):
    with Api(server.url) as visitor:
        return Api(server.url, fetched(visitor.login("ada@example.org"))["accessToken"])


def recorded_note(server, note_id):
    with signed_in(server) as client:
        return client.note(note_id)


def test_many_files_are_uploaded_each_with_its_state(server, person, visit, tmp_path):
    window = visit(server, "files", viewport={"width": 1280, "height": 860})
    window.sign_in(person.email, PASSWORD)
    files = {"One talk.flac": encoded("flac"), "Zwei Gespräche.mp3": encoded("mp3"), "Three.m4a": encoded("m4a")}
    files["Not audio.mp3"] = b"This is a shopping list, not a recording.\n" * 50
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    window.get("file-input").set_input_files([tmp_path / name for name in files])
    expect(window.get("upload-row")).to_have_count(4)
    window.picture("uploading")
    expect(window.get("note-row")).to_have_count(4, timeout=30_000)
    for name in list(files)[:3]:
        expect(window.row(name.rsplit(".", 1)[0])).to_have_attribute("data-state", "ready", timeout=60_000)
    bad = window.row("Not audio")
    expect(bad).to_have_attribute("data-state", "failed", timeout=60_000)
    note = person.note(bad.get_attribute("data-note-id"))
    expect(bad).to_contain_text(note["reason"])
    bad.get_by_role("link").click()
    expect(window.get("detail")).to_contain_text(note["reason"])
    expect(window.get("detail").get_by_test_id("retry")).to_be_visible()
    window.picture("failed-with-a-reason")
    with window.page.expect_download() as download:
        window.get("download").click()
    assert download.value.suggested_filename == "Not audio.mp3"
    assert download.value.path().read_bytes() == files["Not audio.mp3"]


def test_files_are_dropped_on_the_page(server, person, visit):
    window = visit(server, "drop")
    window.sign_in(person.email, PASSWORD)
    transfer = window.page.evaluate_handle(
        """bytes => { const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "Dropped.wav", {type: "audio/wav"}));
            return transfer; }""",
        list(unique_wav()),
    )
    for name in ("dragenter", "dragover", "drop"):
        window.page.dispatch_event("body", name, {"dataTransfer": transfer})
    expect(window.row("Dropped")).to_have_attribute("data-state", "ready", timeout=30_000)
    window.picture("dropped")


def test_what_happens_elsewhere_is_shown_without_a_reload(server, person, visit):
    window = visit(server, "live")
    window.sign_in(person.email, PASSWORD)
    note = person.add(wav(speech(300)), fields={"title": "From elsewhere"})
    row = window.row("From elsewhere")
    expect(row).to_have_count(1)
    expect(row).to_have_attribute("data-state", "ready", timeout=60_000)
    fetched(person.patch(f"/notes/{note['id']}", json={"title": "Renamed elsewhere"}))
    expect(window.row("Renamed elsewhere")).to_have_count(1)
    person.delete(f"/notes/{note['id']}")
    expect(window.get("note-row")).to_have_count(0)
    window.picture("live")


def test_a_long_list_is_loaded_while_scrolling(server, person, visit):
    for number in range(130):
        person.add(unique_wav(0.1), fields={"title": f"Note {number:03}"})
    window = visit(server, "scroll", viewport={"width": 1000, "height": 700})
    window.sign_in(person.email, PASSWORD)
    rows = window.get("note-row")
    expect(rows.first).to_be_visible()
    assert rows.count() < 130, "the first page is not everything"
    for _ in range(20):
        rows.last.scroll_into_view_if_needed()
        window.page.wait_for_timeout(300)
        if rows.count() == 130:
            break
    expect(rows).to_have_count(130)
    ids = rows.evaluate_all("rows => rows.map(row => row.dataset.noteId)")
    assert ids == [note["id"] for note in person.all_notes()]
    window.picture("the-end-of-the-list")
