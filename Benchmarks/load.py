"""Uploads files to a server on this machine, over raw sockets, and says how fast it answered.

    load.py URL --size BYTES --connections N --count N --seconds S [--header 'Name: value']

Every connection is kept alive and sends one file after another as multipart/form-data, field `file`. No two files are
equal: equal content would be stored once. It stops after so many files or so many seconds, whichever comes first, and
talks to the loopback interface only. Prints one JSON line.
"""

import argparse
import asyncio
import ipaddress
import itertools
import json
import os
import socket
import time
from urllib.parse import urlsplit

BOUNDARY = "voicenote-load"
PIECE = 1 << 18


class Load:
    def __init__(self, options):
        url = urlsplit(options.url)
        assert ipaddress.ip_address(url.hostname).is_loopback, "only servers on this machine"
        self.address = (url.hostname, url.port)
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
        self.mark = 16  # bytes that make a file unlike any other
        self.rest = os.urandom(options.size - self.mark) + closing
        self.options = options
        self.numbers = itertools.count()
        self.latencies, self.statuses, self.errors = [], {}, 0

    async def run(self):
        start = time.perf_counter()
        self.end = start + self.options.seconds
        await asyncio.gather(*[self.client() for _ in range(self.options.connections)])
        return time.perf_counter() - start

    async def client(self):
        loop, connection = asyncio.get_running_loop(), None
        while next(self.numbers) < self.options.count and time.perf_counter() < self.end:
            start = time.perf_counter()
            try:
                if connection is None:
                    connection = socket.socket()
                    connection.setblocking(False)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    await loop.sock_connect(connection, self.address)
                status, stays = await self.upload(loop, connection)
                self.statuses[status] = self.statuses.get(status, 0) + 1
                self.latencies.append(time.perf_counter() - start)
            except OSError:
                self.errors += 1
                stays = False
            if not stays:
                connection.close()
                connection = None
        if connection:
            connection.close()

    async def upload(self, loop, connection):
        rest = memoryview(self.rest)
        await loop.sock_sendall(connection, self.opening + os.urandom(self.mark) + rest[:PIECE])
        for position in range(PIECE, len(rest), PIECE):
            await loop.sock_sendall(connection, rest[position : position + PIECE])
        return await self.answer(loop, connection)

    async def answer(self, loop, connection):
        """The status of the next answer, and whether the connection may be used again."""
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += await more(loop, connection)
        head, body = received[:end].lower(), received[end + 4 :]
        if b"content-length:" in head:
            size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            while len(body) < size:
                body += await more(loop, connection)
        elif b"chunked" in head:
            while not body.endswith(b"0\r\n\r\n"):
                body += await more(loop, connection)
        return int(head[9:12]), b"connection: close" not in head


async def more(loop, connection):
    data = await loop.sock_recv(connection, 65536)
    if not data:
        raise ConnectionError("closed before its answer")
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--header", action="append", default=[])
    load = Load(parser.parse_args())
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    seconds = run(load.run())
    latencies = sorted(load.latencies) or [float("nan")]
    answered = load.statuses.get(201, 0)
    print(json.dumps({
        "perSecond": answered / seconds, "seconds": seconds, "statuses": load.statuses, "errors": load.errors,
        "p50ms": 1000 * latencies[len(latencies) // 2], "p99ms": 1000 * latencies[int(len(latencies) * 0.99)],
        "cpuSeconds": time.process_time(),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
