"""The page as a person uses it: Debian's Chromium through Playwright, with a microphone that hears recorded speech."""

import os
import re
import signal
import subprocess
from pathlib import Path

from playwright.sync_api import Error, expect, sync_playwright

from .api import fetched
from .recordings import FIXTURES
from .server import CHECKOUT, eventually, is_alive

SCREENSHOTS = CHECKOUT / ".artefacts" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=15_000)


def make_microphone(path):
    """What the microphone hears: more than a minute of human speech, as a WAV that Chromium takes."""
    subprocess.run(["sox", "-D", FIXTURES / "speech.wav", "-r", "48000", "-b", "16", path], check=True)
    return path


def options(microphone):
    return {
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",  # in containers and for root there is none
            "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}",
            "--autoplay-policy=no-user-gesture-required",
        ],
    }


def launch(playwright, microphone):
    return playwright.chromium.launch(**options(microphone))


# Keeps what the browser's recorder hands out, to hold it against what the server has in the end
LISTEN_IN = """
    window.heard = [];
    const Original = window.MediaRecorder;
    window.MediaRecorder = class extends Original {
        constructor(...given) {
            super(...given);
            this.addEventListener("start", () => { window.heardSince = performance.now(); });
            this.addEventListener("dataavailable", (event) => window.heard.push(event.data));
        }
    };
"""

HEARD_DIGEST = """async () => {
    const bytes = await new Blob(window.heard).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}"""

STORED_TAKES = """() => new Promise((resolve, reject) => {
    const opening = indexedDB.open("voicenote", 1);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const database = opening.result;
        if (!database.objectStoreNames.contains("takes")) return resolve([]);
        const all = database.transaction("takes").objectStore("takes").getAll();
        all.onsuccess = () => { database.close(); resolve(all.result); };
    };
})"""


class Visitor:
    """One browser window on one server. Keeps what the console complained about, and a picture of each step."""

    def __init__(self, browser, url, name, **context):
        self.name, self.url, self.steps = name, url, 0
        self.complaints = []
        self.context = self._make_context(browser, base_url=url, permissions=["microphone"], **context)
        self.page = self.new_page()

    def _make_context(self, browser, **context):
        return browser.new_context(**context)

    def new_page(self):
        """One more tab, with the same cookies and the same storage."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        return page

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _asked(self, request):
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.complaints.append(f"the page asked another host: {request.url}")

    def close(self):
        self.context.close()

    def forgive(self, *texts):
        """Drops what the browser itself says about requests that had to fail in this test."""
        self.complaints = [said for said in self.complaints if not any(text in said for text in texts)]

    def get(self, testid):
        return self.page.get_by_test_id(testid)

    def picture(self, step):
        self.steps += 1
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{self.steps:02}-{step}.png")

    def sign_in(self, email, password):
        self.page.goto("/")
        self.enter(email, password)
        expect(self.get("record")).to_be_visible()

    def enter(self, email, password):
        """Fills in the sign-in form that is there."""
        form = self.get("sign-in-form")
        form.get_by_test_id("email").fill(email)
        form.get_by_test_id("password").fill(password)
        form.get_by_test_id("submit").click()

    def row(self, title):
        return self.get("note-row").filter(has_text=title)

    def open(self, row):
        row.get_by_role("link").click()
        expect(self.get("detail")).to_be_visible()
        expect(self.get("waveform")).to_have_attribute("data-ready", "true")

    def position(self):
        """Whole seconds, as the player shows them."""
        return seconds(self.get("position").inner_text())

    # Recordings

    def listen_in(self):
        """From the next page on, what the browser records is kept for the test."""
        self.context.add_init_script(LISTEN_IN)

    def record(self, until):
        """Starts to record, and goes on until the clock shows that."""
        self.get("record").click()
        expect(self.get("elapsed")).to_have_text(until)

    def recorded_seconds(self):
        """How long the browser has been recording, by its own clock."""
        return self.page.evaluate("(performance.now() - window.heardSince) / 1000")

    def heard_digest(self):
        """The SHA-256 of all that the browser recorded."""
        return self.page.evaluate(HEARD_DIGEST)

    def stored_takes(self):
        """The takes in the browser's own storage."""
        return self.page.evaluate(STORED_TAKES)


class OwnBrowser(Visitor):
    """A window of a browser process of its own, which can be killed. The profile in `folder` outlives it."""

    def __init__(self, browser, url, name, folder, microphone, **context):
        self.folder, self.microphone = Path(folder), microphone
        super().__init__(browser, url, name, **context)

    def _make_context(self, browser, **context):
        return browser.browser_type.launch_persistent_context(self.folder, **options(self.microphone), **context)

    def process_id(self):
        """Of the browser that uses this profile; the processes it started name their type."""
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                words = (process / "cmdline").read_bytes().decode().replace("\0", " ").split()
            except OSError:
                continue  # ended meanwhile
            is_part = any(word.startswith("--type=") for word in words)
            if f"--user-data-dir={self.folder}" in words and not is_part and is_alive(process.name):
                found.append(int(process.name))
        assert len(found) == 1, f"expected one browser for {self.folder}, found {found}"
        return found[0]

    def kill(self):
        """SIGKILL: what a crash, or an empty battery, looks like to the page."""
        process_id = self.process_id()
        os.kill(process_id, signal.SIGKILL)
        eventually(lambda: not is_alive(process_id), what="the end of the browser")
        self.close()

    def close(self):
        try:
            super().close()
        except Error:
            pass  # it was killed


def seconds(clock):
    """`1:02` as 62."""
    found = re.fullmatch(r"(?:(\d+):)?(\d+):(\d\d)", clock.strip())
    assert found, f"{clock!r} is no time"
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


# What the browser says on its own about requests that had to fail
NO_NETWORK = (
    "ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE",
    "ERR_NETWORK_CHANGED", "ERR_INCOMPLETE_CHUNKED_ENCODING",
)  # fmt: skip


def only_note(client, seconds=20):
    """The one note of an account, as soon as it is there and processed."""
    notes = eventually(client.all_notes, seconds, what="the note")
    assert len(notes) == 1
    return client.ready(notes[0]["id"])


def open_uploads(client):
    return fetched(client.get("/uploads"))["items"]


__all__ = [
    "NO_NETWORK", "OwnBrowser", "Visitor", "expect", "launch", "make_microphone", "only_note", "open_uploads",
    "seconds", "sync_playwright",
]  # fmt: skip
