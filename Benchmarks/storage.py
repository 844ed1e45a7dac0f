"""Replication to a real S3 server on this machine, against rclone, and the signing of URLs for playback."""

import http.client
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import disk
from report import Row, Section, memory_row
from servers import CHECKOUT, CLEAN, VoiceNote

sys.path.append(str(CHECKOUT / "Tests" / "Clients"))

from support.s3 import REGION, Swift  # noqa: E402

TRANSFERS = 5
MEMORY_LIMIT = 150 << 20
LEAST_URLS = 100_000  # a second, of one core
LONGEST = 1800  # seconds, of one side in one round
PIECE = 1 << 20


@dataclass(frozen=True)
class Case:
    count: int
    size: int

    @property
    def large(self):
        return self.size >= 1_000_000

    @property
    def name(self):
        return f"{self.count} × " + (f"{self.size // 1_000_000} MB" if self.large else f"{self.size // 1000} KB")

    def rate(self, seconds):
        """Of large files in bytes, of small ones in files."""
        rate = f"{self.count * self.size / seconds / 1e6:.0f} MB" if self.large else f"{self.count / seconds:.0f}"
        return f"{rate}/s ({seconds:.1f} s)"


@dataclass
class Copied:
    """What it took to bring a case's files to the bucket."""

    seconds: float
    processor: float
    memory: int


class Replicating(VoiceNote):
    """With one store, a bucket, that is held back until somebody says otherwise."""

    scopes = ["read", "write", "admin"]

    def __init__(self, folder, engine, bucket):
        super().__init__(folder)
        self.engine, self.bucket = engine, bucket

    def environment(self):
        store = {
            "ENDPOINT": self.engine.endpoint, "REGION": REGION, "BUCKET": self.bucket, "TRANSFERS": str(TRANSFERS),
            "ACCESS_KEY": self.engine.key, "SECRET_KEY": self.engine.secret,
        }  # fmt: skip
        more = {"LIMITS_LARGEST_FILE_MB": "1000", "AUDIO_WORKERS": "1", "AUDIO_LISTEN_COPY": "false"}
        settings = more | {f"STORES_S3_{key}": value for key, value in store.items()}
        return super().environment() | {f"VOICENOTE_{name}": value for name, value in settings.items()}

    def __enter__(self):
        super().__enter__()
        self.say("pause")
        return self

    def say(self, action):
        self.post("/storage/stores/s3", {"action": action}, self.token)

    def take(self, paths):
        """Uploads the files, and returns when nothing is left to do but to replicate them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300, blocksize=PIECE)
        notes = [self.add_raw(connection, path) for path in paths]
        connection.close()
        for note in notes:
            self.wait_for(lambda note=note: self.get(f"/notes/{note}")["state"] == "ready", 0.2)

    def add_raw(self, connection, path):
        """The id of the note."""
        headers = {"Content-Type": "audio/wav", "Content-Length": str(path.stat().st_size)}
        headers["Authorization"] = f"Bearer {self.token}"
        with path.open("rb") as file:
            connection.request("POST", self.upload_path, file, headers)
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 201:
            raise SystemExit(f"VoiceNote did not take {path.name}: {answer.status} {body.decode(errors='replace')}")
        return json.loads(body)["note"]["id"]

    def replicate(self, count):
        """Returns when so many replicas are verified."""
        self.say("resume")
        # The report of the storage would cost more: it tries the data folder each time.
        self.wait_for(lambda: not self.get("/notes?sync=pending&limit=1")["items"], 0.1)
        [store] = self.get("/storage")["stores"]
        if store["replicas"]["verified"] != count:
            raise SystemExit(f"VoiceNote did not replicate everything: {store}")

    def wait_for(self, holds, pause):
        deadline = time.monotonic() + LONGEST
        while not holds():
            if time.monotonic() > deadline:
                raise SystemExit(f"VoiceNote is not done after {LONGEST} s: {self.get('/storage')}")
            time.sleep(pause)


def measure(folder, quick):
    section = Section(
        "Replication and signed URLs",
        "To OpenStack Swift's S3 API with two processes for each of its servers, on the same cores, each time into a "
        "new bucket: VoiceNote, from resuming a store that was paused until it says that every replica is verified, "
        f"and `rclone copy --transfers {TRANSFERS} --checksum` of the same files. Both have them in the page cache. "
        "Median of the rounds, the most of the rounds for memory; the two take turns. URLs are signed by one thread, "
        "each for another recording than the one before, and a second is one of the processor.",
    )
    cases = [Case(100, 100_000), Case(1, 50_000_000)] if quick else [Case(1000, 100_000), Case(4, 500_000_000)]
    runs = folder / "servers"
    shutil.rmtree(runs, ignore_errors=True)
    (runs / "openstack").mkdir(parents=True)
    try:
        engine = Swift(runs / "openstack", workers=2).start()
        try:
            for case in cases:
                add_rows(section, case, rounds(runs, engine, case, quick))
        finally:
            engine.stop()
    finally:
        shutil.rmtree(runs, ignore_errors=True)
    add_urls(section, 1 if quick else 3)
    return section


def rounds(runs, engine, case, quick):
    """What VoiceNote and rclone did with the case's files, round by round."""
    folder = runs / f"{case.count}-{case.size}"
    folder.mkdir()
    disk.settle(quick)
    paths = make_files(folder / "files", case)
    found = []
    for number in range(1 if quick else 3):
        found.append((ours(folder / f"VoiceNote-{number}", engine, paths), theirs(folder, engine, paths)))
    # Not sooner: deleting would be on the bill of who comes next.
    shutil.rmtree(folder)
    return found


def make_files(folder, case):
    """A tenth of a second of silence each, soon processed, and behind it a chunk of noise, which players skip."""
    folder.mkdir()
    silence = bytes(1600)
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", case.size - 8, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    head += struct.pack("<4sI", b"data", len(silence)) + silence
    rest = case.size - len(head) - 8
    head += struct.pack("<4sI", b"JUNK", rest)
    paths = [folder / f"{number}.wav" for number in range(case.count)]
    for path in paths:
        with path.open("wb") as file:
            file.write(head)
            for start in range(0, rest, PIECE):
                file.write(os.urandom(min(PIECE, rest - start)))
    return paths


def ours(folder, engine, paths):
    bucket = engine.bucket()
    with Replicating(folder, engine, bucket) as server:
        server.take(paths)
        warm(server.folder / "data" / "blobs")
        os.sync()
        server.forget_peak_memory()
        before, start = server.processor_seconds(), time.perf_counter()
        server.replicate(len(paths))
        seconds = time.perf_counter() - start
        copied = Copied(seconds, server.processor_seconds() - before, server.peak_memory())
    check(engine, bucket, "blobs/", paths)
    return copied


def theirs(folder, engine, paths):
    bucket, files, configuration = engine.bucket(), folder / "files", folder / "rclone.conf"
    configuration.write_text(
        f"[bench]\ntype = s3\nprovider = Other\nendpoint = {engine.endpoint}\nregion = {REGION}\n"
        f"access_key_id = {engine.key}\nsecret_access_key = {engine.secret}\n"
    )
    command = [
        "rclone", "--config", configuration, "copy", "--transfers", TRANSFERS, "--checksum", files, f"bench:{bucket}",
    ]  # fmt: skip
    warm(files)
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], env=CLEAN)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"rclone ended with {process.returncode}")
    check(engine, bucket, "", paths)
    return Copied(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def warm(folder):
    """Both read what is in memory: what was just uploaded may have gone past it to the disk."""
    for path in Path(folder).rglob("*"):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(PIECE):
                    pass


def check(engine, bucket, prefix, paths):
    """Whoever left something out was not fast."""
    pages = engine.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    sizes = [entry["Size"] for page in pages for entry in page.get("Contents", [])]
    if sorted(sizes) != sorted(path.stat().st_size for path in paths):
        raise SystemExit(f"{bucket} has {len(sizes)} objects with {sum(sizes)} bytes, not the {len(paths)} files")


def add_rows(section, case, found):
    def middle(side, name):
        return statistics.median(getattr(both[side], name) for both in found)

    seconds, processor = ([middle(side, name) for side in (0, 1)] for name in ("seconds", "processor"))
    shown = [case.rate(each) for each in seconds]
    section.add(Row(case.name, shown[0], "rclone copy", shown[1], seconds[1] / seconds[0], 1))
    shown = [f"{each:.1f} s" for each in processor]
    section.add(Row(f"{case.name}: processor", shown[0], "rclone copy", shown[1], processor[1] / processor[0]))
    memory = [max(both[side].memory for both in found) for side in (0, 1)]
    section.add(memory_row(f"{case.name}: peak memory", memory[0], MEMORY_LIMIT))
    section.add(Row(f"{case.name}: peak memory", "", "rclone copy", f"{memory[1] >> 20} MiB"))


def add_urls(section, seconds):
    command = [VoiceNote.binary, "url-bench", "--seconds", seconds]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=CHECKOUT)
    if run.returncode != 0:
        raise SystemExit(f"voicenote url-bench failed:\n{run.stderr}")
    answer = json.loads(run.stdout)
    for name, key in (("S3", "s3PerSecond"), ("Cloudinary", "cloudinaryPerSecond")):
        rate = answer[key]
        section.add(Row(f"signed URLs, {name}", f"{rate:.0f}/s", "limit", f"{LEAST_URLS}/s", rate / LEAST_URLS, 1))
