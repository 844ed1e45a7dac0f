"""How soon an edit is heard and drawn, from its beginning and from anywhere else."""

import http.client
import json
import math
import random
import statistics
import time
import urllib.request
from dataclasses import dataclass

from editing import Editor, Plan, Sound
from report import Row

REQUESTS = 20
FIRST_BYTE = 100  # milliseconds
PIECE = 1 << 16  # bytes that are read of a preview before the connection is closed
PAUSE = 0.1  # seconds between two previews
PIXELS = 2048


@dataclass(frozen=True)
class Preview:
    """An edit that can be asked for its sound."""

    server: Editor
    path: str
    plan: Plan
    channels: int
    sound: Sound | None  # to compare with; None where the source has to be decoded

    def first_byte(self, first):
        """Milliseconds from before the connection to the first byte of `bytes=first-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            start = time.perf_counter()
            connection.request("GET", self.path, headers=self.server.authorization | {"Range": f"bytes={first}-"})
            answer = connection.getresponse()
            begin = answer.read(1)
            took = (time.perf_counter() - start) * 1000
            data = begin + answer.read(PIECE - 1)
        finally:
            connection.close()
        self.check(first, answer, data)
        return took

    def check(self, first, answer, data):
        total = int(answer.headers.get("Content-Range", "/0").rpartition("/")[2])
        header = total - 2 * self.channels * self.plan.samples
        if answer.status != 206 or header not in (44, 80) or len(data) != min(PIECE, total - first):
            raise SystemExit(f"not what was asked for of {self.path}: {answer.status}, {len(data)} bytes of {total}")
        if self.sound is None:
            return
        behind = max(0, header - first)  # of the samples' first byte
        if data[behind:] != self.sound.heard(self.plan, max(0, first - header), len(data) - behind):
            raise SystemExit(f"{self.path} is not the edit from byte {first} on")


def measure_preview(section, preview, name):
    """Adds the rows of one source: the first request, its beginning, and other places."""
    size = 44 + 2 * preview.channels * preview.plan.samples
    dice = random.Random(name)
    places = [size // 2, *(dice.randrange(44, size - PIECE) for _ in range(REQUESTS - 1))]
    preview.server.restart()
    cold = preview.first_byte(places[1])
    section.add(Row(f"preview, {name}: first after a restart, from the disk", f"{cold:.0f} ms", "", ""))
    for where, firsts in (("the beginning", [0] * REQUESTS), ("the middle and random places", places)):
        took = []
        for first in firsts:
            time.sleep(PAUSE)
            took.append(preview.first_byte(first))
        section.add(latency_row(f"preview, {name}: {where}", took))


def latency_row(what, took):
    worst = max(took)
    shown = f"{statistics.median(took):.1f} ms (worst {worst:.1f} ms)"
    return Row(what, shown, "limit", f"{FIRST_BYTE} ms", FIRST_BYTE / worst, 1)


def measure_waveform(section, server, path, length, rate, name):
    """Adds a row for each zoom: all of the edit, ten minutes, two seconds."""
    dice = random.Random(name)
    for what, window in (("all of it", length), ("10 min", 600 * rate), ("2 s", 2 * rate)):
        took = []
        for _ in range(REQUESTS):
            start = dice.randrange(0, length - window + 1)
            address = f"{path}?start={start}&end={start + window}&pixels={PIXELS}"
            request = urllib.request.Request(server.url + address, headers=server.authorization)
            begin = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as answer:
                body = answer.read()
            took.append((time.perf_counter() - begin) * 1000)
            drawn = json.loads(body)
            scale = max(1, math.ceil(window / PIXELS))
            pixels = math.ceil(window / scale)
            if drawn["samples_per_pixel"] != scale or len(drawn["data"]) != 2 * drawn["length"]:
                raise SystemExit(f"{address} is not what was asked for: {body[:200].decode(errors='replace')}")
            if not pixels - 1 <= drawn["length"] <= min(PIXELS, pixels + 1):
                raise SystemExit(f"{address} has {drawn['length']} pixels, not {pixels}")
        section.add(latency_row(f"waveform, {name}, {PIXELS} pixels: {what}", took))
