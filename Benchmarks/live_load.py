"""Records live to a server on this machine, many recordings at once, and says how fast each piece was taken.

    live_load.py URL/api/v1/uploads --connections N --size BYTES --seconds S [--header 'Name: value']

Every connection is a recording: it creates a live upload (the IETF's resumable uploads), appends a piece each second
and completes it, over one kept-alive connection. The recordings begin at random moments of the first second. Each
answer must say the offset that the recording has reached, and the last one its size and digest. An answer's time counts
from when its request was due, so that a server that is late cannot slow the load down. Prints one JSON line.
"""

import argparse
import hashlib
import json
import os
import random
import time
from collections import Counter
from urllib.parse import urlsplit

from wire import Loop, quantiles, raise_descriptor_limit

MARK = 16  # bytes that make a recording unlike any other


class Refused(Exception):
    pass


class Live:
    def __init__(self, options):
        url = urlsplit(options.url)
        self.path, self.options = url.path, options
        self.fields = "".join(f"{line}\r\n" for line in [f"Host: {url.netloc}", *options.header])
        self.piece = os.urandom(options.size)
        self.loop = Loop(options.url)
        self.creates, self.appends, self.completes, self.lateness = [], [], [], []
        self.failures, self.receipts = Counter(), []

    def run(self):
        self.start = time.perf_counter() + 0.2
        self.loop.run(self.recording() for _ in range(self.options.connections))
        return time.perf_counter() - self.start

    def recording(self):
        try:
            yield from self.record()
        except OSError as failure:
            self.failures[f"{type(failure).__name__}: {failure}"] += 1
        except Refused as refusal:
            self.failures[str(refusal)] += 1

    def record(self):
        mark, due = os.urandom(MARK), self.start + random.random()
        head = self.head("POST", f"{self.path}?fileName=live.webm&live=1", 0, "Content-Type: audio/webm")
        answer = yield from self.timed(self.creates, due, [head])
        self.expect("create", answer, 201, 0)
        path = answer.field(b"location") or ""
        path = urlsplit(path).path if path.startswith("http") else path
        for number in range(self.options.seconds):
            due += 1
            offset = number * self.options.size
            first = [mark, memoryview(self.piece)[MARK:]]
            head = self.patch(path, offset, self.options.size, "?0")
            answer = yield from self.timed(self.appends, due, [head, *(first if number == 0 else [self.piece])])
            self.expect("append", answer, 204, offset + self.options.size)
        size = self.options.seconds * self.options.size
        answer = yield from self.timed(self.completes, due + 1, [self.patch(path, size, 0, "?1")])
        self.expect("complete", answer, 201)
        self.receipts.append((mark, answer.body))

    def timed(self, times, due, request):
        """Sends the request when it is due and adds to `times` how long after that its answer came."""
        begun = max(due, time.perf_counter())
        yield due
        self.lateness.append(time.perf_counter() - begun)
        answer = yield request
        times.append(time.perf_counter() - due)
        return answer

    def head(self, method, path, length, *fields):
        lines = "".join(f"{line}\r\n" for line in fields)
        complete = "" if "Upload-Complete" in lines else "Upload-Complete: ?0\r\n"
        return f"{method} {path} HTTP/1.1\r\n{self.fields}{lines}{complete}Content-Length: {length}\r\n\r\n".encode()

    def patch(self, path, offset, length, complete):
        return self.head(
            "PATCH", path, length, "Content-Type: application/partial-upload", f"Upload-Offset: {offset}",
            f"Upload-Complete: {complete}",
        )  # fmt: skip

    def expect(self, step, answer, status, offset=None):
        if answer.status != status:
            raise Refused(f"{step}: {answer.status} {answer.body[:200].decode(errors='replace')}")
        if offset is not None and answer.field(b"upload-offset") != str(offset):
            raise Refused(f"{step}: Upload-Offset is {answer.field(b'upload-offset')} instead of {offset}")

    def check_receipts(self):
        """How many recordings the server has exactly as they were sent."""
        right = 0
        for mark, body in self.receipts:
            content = mark + (self.piece * self.options.seconds)[MARK:]
            want = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            try:
                receipt = json.loads(body)["receipt"]
                same = {name: receipt[name] for name in want} == want
            except (ValueError, LookupError, TypeError):
                same = False
            right += same
            self.failures.update([] if same else ["complete: not the receipt of what was sent"])
        return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--size", type=int, default=3000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--header", action="append", default=[])
    raise_descriptor_limit()
    live = Live(parser.parse_args())
    seconds, processor = live.run(), time.process_time()
    recordings = live.check_receipts()
    print(json.dumps({
        "recordings": recordings, "appends": len(live.appends), "seconds": seconds, "opened": live.loop.opened,
        "errors": live.failures.total(), "failures": dict(live.failures.most_common(5)), "cpuSeconds": processor,
        "create": quantiles(live.creates), "append": quantiles(live.appends), "complete": quantiles(live.completes),
        "late": quantiles(live.lateness),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
