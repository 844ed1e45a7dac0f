"""Many files at once, and large ones, in the browser: none is lost, and each says what became of it."""

import hashlib
import random
from urllib.parse import urlsplit

import pytest

from support.api import PASSWORD
from support.page import NO_NETWORK, expect, open_uploads
from support.recordings import unique_wav, wav
from support.server import eventually

MANY_TIMINGS = "performance.setResourceTimingBufferSize(5000)"
TIMINGS = """() => performance.getEntriesByType("resource").map(({name, startTime, responseEnd}) =>
    ({name, startTime, responseEnd}))"""

pytestmark = pytest.mark.waits


@pytest.fixture
def desk(server, person, visit):
    window = visit(server, "batch", viewport={"width": 1280, "height": 860})
    window.context.add_init_script(MANY_TIMINGS)
    window.sign_in(person.email, PASSWORD)
    return window


def files_in(folder, count, seconds=0.2):
    folder.mkdir()
    files = {}
    for number in range(count):
        path = folder / f"File {number:03}.wav"
        path.write_bytes(unique_wav(seconds))
        files[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    return files


def most_at_once(window):
    """How many requests about files ran at the same time, by the browser's own timings."""
    steps = []
    for entry in window.page.evaluate(TIMINGS):
        address = urlsplit(entry["name"])
        is_lookup = address.path == "/api/v1/notes" and "sha256=" in address.query
        is_upload = address.path == "/api/v1/uploads" and "fileName=" in address.query
        if is_lookup or is_upload or address.path.startswith("/api/v1/uploads/"):
            steps += [(entry["startTime"], 1), (entry["responseEnd"], -1)]
    running = most = 0
    for _, step in sorted(steps):
        running += step
        most = max(most, running)
    assert len(steps) > 0
    return most


def row(window, name):
    return window.get("upload-row").filter(has_text=name)


def test_two_hundred_files_arrive_five_at_a_time(desk, person, tmp_path):
    files = files_in(tmp_path / "files", 200)
    empty, vanishing = tmp_path / "Empty.wav", tmp_path / "Vanishing.wav"
    empty.write_bytes(b"")
    vanishing.write_bytes(unique_wav())
    desk.get("file-input").set_input_files([*files, empty, vanishing])
    vanishing.unlink()
    expect(desk.get("upload-row")).to_have_count(202)
    desk.picture("two-hundred-files")
    expect(desk.get("upload-summary")).to_have_text("200 of 202 saved, 2 failed", timeout=120_000)
    desk.picture("two-hundred-files-saved")
    expect(desk.get("upload-row").first).to_have_attribute("data-state", "failed")
    expect(row(desk, "Empty")).to_contain_text("The file is empty.")
    expect(row(desk, "Vanishing")).to_contain_text("could not be read")
    expect(row(desk, "Vanishing").get_by_test_id("retry")).to_be_visible()
    notes = person.all_notes(limit=500)
    assert len(notes) == 200
    assert {note["recording"]["sha256"] for note in notes} == set(files.values())
    assert most_at_once(desk) == 5


def test_files_that_are_there_already_are_not_added_twice(desk, person, tmp_path):
    files = list(files_in(tmp_path / "files", 3))
    desk.get("file-input").set_input_files(files[:2])
    expect(desk.get("upload-summary")).to_have_text("2 of 2 saved")
    desk.get("clear-finished").click()
    desk.get("file-input").set_input_files(files)
    expect(desk.get("upload-summary")).to_have_text("1 of 3 saved, 2 already there")
    expect(row(desk, "File 000")).to_contain_text("Already there")
    desk.picture("already-there")
    assert len(person.all_notes()) == 3
    row(desk, "File 000").get_by_test_id("retry").click()
    expect(desk.get("upload-summary")).to_have_text("2 of 3 saved, 1 already there")
    assert len(person.all_notes()) == 4


def test_a_small_file_whose_answer_was_lost_makes_one_note(desk, person, tmp_path):
    [path] = files_in(tmp_path / "files", 1)
    session = desk.context.new_cdp_session(desk.page)
    lost = []

    def answered(event):
        if event["request"]["method"] == "POST" and not lost:
            lost.append(event["responseStatusCode"])
            session.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "ConnectionReset"})
        else:
            session.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    session.on("Fetch.requestPaused", answered)
    session.send(
        "Fetch.enable", {"patterns": [{"urlPattern": "*/api/v1/uploads?fileName=*", "requestStage": "Response"}]}
    )
    desk.get("file-input").set_input_files(path)
    expect(desk.get("upload-summary")).to_have_text("1 of 1 saved")
    assert lost == [201], "the server had stored it"
    assert len(person.all_notes()) == 1
    desk.forgive(*NO_NETWORK)


def large_wav(megabytes):
    return wav(random.choices(range(-3000, 3000), k=megabytes * 500_000))


def slow_down(window, upload_bytes_per_second):
    session = window.context.new_cdp_session(window.page)
    session.send("Network.enable")

    def network(offline=False, upload=upload_bytes_per_second):
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload},
        )

    network()
    return network


def test_a_large_file_goes_on_where_the_network_broke_off(desk, person, tmp_path):
    data = large_wav(20)
    (tmp_path / "Large.wav").write_bytes(data)
    requests = []
    desk.page.on("request", lambda request: requests.append((request.method, urlsplit(request.url))))
    network = slow_down(desk, 8_000_000)
    desk.get("file-input").set_input_files(tmp_path / "Large.wav")
    upload = eventually(lambda: open_upload(person, least=8_000_000), 30, what="the first pieces")
    network(offline=True)
    expect(row(desk, "Large")).to_contain_text("Offline at")
    desk.picture("large-file-offline")
    reached = open_upload(person)["offset"]
    assert reached >= upload["offset"]
    network()
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.get("upload-summary")).to_have_text("1 of 1 saved", timeout=60_000)
    [note] = person.all_notes()
    assert note["recording"]["sha256"] == hashlib.sha256(data).hexdigest()
    created = [address for method, address in requests if method == "POST" and address.path == "/api/v1/uploads"]
    asked = [address for method, address in requests if method == "HEAD"]
    assert len(created) == 1, "it did not start over"
    assert asked, "it asked how far it had come"
    assert open_upload(person) is None
    desk.forgive(*NO_NETWORK)


def open_upload(client, least=0):
    items = open_uploads(client)
    assert len(items) <= 1
    return items[0] if items and items[0]["offset"] >= least else None


def test_a_cancelled_file_leaves_nothing_behind(desk, person, tmp_path):
    (tmp_path / "Large.wav").write_bytes(large_wav(20))
    slow_down(desk, 4_000_000)
    desk.get("file-input").set_input_files(tmp_path / "Large.wav")
    expect(row(desk, "Large")).to_contain_text("% of 20.0 MB")
    eventually(lambda: open_upload(person, least=1), 30, what="the first piece")
    desk.picture("large-file")
    desk.get("cancel-upload").click()
    expect(row(desk, "Large")).to_contain_text("Cancelled")
    eventually(lambda: open_upload(person) is None, what="removing what arrived of it")
    assert person.all_notes() == []


def test_a_refused_file_says_why_and_is_sent_again_by_hand(desk, person, tmp_path):
    first, second, third = files_in(tmp_path / "files", 3)
    refusal = {"status": 507, "title": "Insufficient Storage", "code": "storage_full", "requestId": "test",
               "type": "about:blank", "detail": "The disk of the server is full."}  # fmt: skip
    desk.page.route(
        "**/api/v1/uploads?fileName=File+001*",
        lambda route: route.fulfill(status=507, json=refusal, content_type="application/problem+json"),
    )
    desk.get("file-input").set_input_files([first, second, third])
    expect(desk.get("upload-summary")).to_have_text("2 of 3 saved, 1 failed")
    expect(row(desk, "File 001")).to_contain_text("The disk of the server is full.")
    desk.picture("refused")
    desk.page.unroute("**/api/v1/uploads?fileName=File+001*")
    row(desk, "File 001").get_by_test_id("retry").click()
    expect(desk.get("upload-summary")).to_have_text("3 of 3 saved")
    assert len(person.all_notes()) == 3
    desk.forgive("507")


# A folder as a browser hands it over: entries, of which a reader answers no more than a hundred at a time
DROP_A_FOLDER = """(bytes) => {
    const file = (name, number, type = "") => new File([new Uint8Array([...bytes, number])], name, { type });
    const entryOf = (file) => ({ isFile: true, isDirectory: false, name: file.name, file: (give) => give(file) });
    const folderOf = (name, children) => ({
        isFile: false, isDirectory: true, name,
        createReader() {
            let given = 0;
            return { readEntries: (give) => { give(children.slice(given, given + 100)); given += 100; } };
        },
    });
    const inside = Array.from({ length: 110 }, (_, number) => entryOf(file(`Deep ${number}.wav`, number)));
    const top = folderOf("top", [
        folderOf("inside", inside), entryOf(file("Said so", 200, "audio/wav")), entryOf(file("notes.txt", 201)),
        entryOf(file("cover.jpg", 202, "image/jpeg")), entryOf(file("._Deep 1.wav", 203)),
    ]);
    const transfer = new DataTransfer();
    transfer.items.add(new File(["x"], "top"));
    DataTransferItem.prototype.webkitGetAsEntry = () => top;
    for (const name of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
}"""


def test_a_dropped_folder_gives_its_audio_files(desk, person):
    desk.page.evaluate(DROP_A_FOLDER, list(unique_wav(0.1)))
    expect(desk.get("upload-row")).to_have_count(111)
    expect(desk.get("toast").filter(has_text="3 other files left out")).to_be_visible()
    desk.picture("folder")
    expect(desk.get("upload-summary")).to_have_text("111 of 111 saved", timeout=60_000)
    assert len(person.all_notes(limit=500)) == 111
