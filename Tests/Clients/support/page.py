"""The page as a person uses it: Debian's Chromium through Playwright, with a microphone that hears recorded speech."""

import re
import subprocess

from playwright.sync_api import expect, sync_playwright

from .recordings import FIXTURES
from .server import CHECKOUT

SCREENSHOTS = CHECKOUT / ".artefacts" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=15_000)


def make_microphone(path):
    """What the microphone hears: more than a minute of human speech, as a WAV that Chromium takes."""
    subprocess.run(["sox", "-D", FIXTURES / "speech.wav", "-r", "48000", "-b", "16", path], check=True)
    return path


def launch(playwright, microphone):
    return playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",  # in containers and for root there is none
            "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}",
            "--autoplay-policy=no-user-gesture-required",
        ],
    )


class Visitor:
    """One browser window on one server. Keeps what the console complained about, and a picture of each step."""

    def __init__(self, browser, url, name, **context):
        self.context = browser.new_context(base_url=url, permissions=["microphone"], **context)
        self.page = self.context.new_page()
        self.name, self.url, self.steps = name, url, 0
        self.complaints = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _asked(self, request):
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.complaints.append(f"the page asked another host: {request.url}")

    def close(self):
        self.context.close()

    def get(self, testid):
        return self.page.get_by_test_id(testid)

    def picture(self, step):
        self.steps += 1
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{self.steps:02}-{step}.png")

    def sign_in(self, email, password):
        self.page.goto("/")
        form = self.get("sign-in-form")
        form.get_by_test_id("email").fill(email)
        form.get_by_test_id("password").fill(password)
        form.get_by_test_id("submit").click()
        expect(self.get("record")).to_be_visible()

    def row(self, title):
        return self.get("note-row").filter(has_text=title)

    def open(self, row):
        row.get_by_role("link").click()
        expect(self.get("detail")).to_be_visible()
        expect(self.get("waveform")).to_have_attribute("data-ready", "true")

    def position(self):
        """Whole seconds, as the player shows them."""
        return seconds(self.get("position").inner_text())


def seconds(clock):
    """`1:02` as 62."""
    found = re.fullmatch(r"(?:(\d+):)?(\d+):(\d\d)", clock.strip())
    assert found, f"{clock!r} is no time"
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


__all__ = ["Visitor", "expect", "launch", "make_microphone", "seconds", "sync_playwright"]
