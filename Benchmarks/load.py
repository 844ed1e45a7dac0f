"""Uploads files to a server on this machine, over raw sockets, and says how fast it answered.

    load.py URL --size BYTES --connections N --count N --seconds S [--header 'Name: value']

Every connection is kept alive and sends one file after another as multipart/form-data, field `file`. No two files are
equal: equal content would be stored once. It begins no other file after so many files or so many seconds, whichever
comes first, and waits for the answers to those under way. Prints one JSON line.
"""

import argparse
import itertools
import json
import os
import time
from collections import Counter
from urllib.parse import urlsplit

from wire import Loop, quantiles, raise_descriptor_limit

BOUNDARY = "voicenote-load"
MARK = 16  # bytes that make a file unlike any other


class Load:
    def __init__(self, options):
        url = urlsplit(options.url)
        opening = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="load.ogg"\r\n'
            "Content-Type: audio/ogg\r\n\r\n"
        ).encode()
        closing = f"\r\n--{BOUNDARY}--\r\n".encode()
        lines = [
            f"POST {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            *options.header,
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {len(opening) + options.size + len(closing)}",
        ]
        self.opening = "\r\n".join(lines).encode() + b"\r\n\r\n" + opening
        self.rest = os.urandom(options.size - MARK) + closing
        self.options = options
        self.numbers = itertools.count()
        self.latencies, self.statuses, self.failures = [], Counter(), Counter()
        self.loop = Loop(options.url)

    def run(self):
        start = time.perf_counter()
        self.end = start + self.options.seconds
        self.loop.run(self.client() for _ in range(self.options.connections))
        return time.perf_counter() - start

    def client(self):
        while next(self.numbers) < self.options.count and time.perf_counter() < self.end:
            start = time.perf_counter()
            try:
                answer = yield [self.opening, os.urandom(MARK), self.rest]
            except OSError as failure:
                self.failures[f"{type(failure).__name__}: {failure}"] += 1
                yield time.perf_counter() + 0.1
                continue
            self.statuses[answer.status] += 1
            if answer.status == 201:
                self.latencies.append(time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--header", action="append", default=[])
    raise_descriptor_limit()
    load = Load(parser.parse_args())
    seconds = load.run()
    answered = load.statuses[201]
    print(json.dumps({
        "perSecond": answered / seconds, "seconds": seconds, "uploads": answered,
        "errors": load.statuses.total() - answered + load.failures.total(),
        "statuses": load.statuses, "failures": load.failures, "opened": load.loop.opened,
        **quantiles(load.latencies), "cpuSeconds": time.process_time(),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
