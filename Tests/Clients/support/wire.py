"""HTTP by hand, for what a well-behaved client never does."""

import socket
import time


class Connection:
    """One TCP connection on which the test decides every byte."""

    def __init__(self, server, seconds=30):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=seconds)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def send_request(self, method, path, body=b"", **headers):
        """Headers are named with underscores: content_type. The body goes with the length that the headers say."""
        lines = [f"{method} {path} HTTP/1.1", "Host: voicenote.test"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def _fill(self):
        more = self.socket.recv(65536)
        self.received += more
        return bool(more)

    def read_head(self):
        """The next answer's status and its headers, in lower case. A provisional (1xx) answer is an answer."""
        while b"\r\n\r\n" not in self.received:
            assert self._fill(), f"closed before an answer; received {self.received[:200]!r}"
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        fields = (line.partition(":") for line in lines)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in fields}

    def read_response(self):
        """Status, headers and body of an answer with a Content-Length."""
        status, headers = self.read_head()
        size = int(headers.get("content-length", 0))
        while len(self.received) < size:
            assert self._fill(), "closed in the middle of an answer"
        body, self.received = self.received[:size], self.received[size:]
        return status, headers, body

    def seconds_until_closed(self, limit):
        """How long the other side keeps the connection open, while nothing is sent. Fails after `limit`."""
        start = time.monotonic()
        self.socket.settimeout(limit)
        try:
            while self._fill():
                left = limit - (time.monotonic() - start)
                assert left > 0, f"still open after {limit} s"
                self.socket.settimeout(left)
        except ConnectionResetError:
            pass
        except TimeoutError:
            raise AssertionError(f"still open after {limit} s") from None
        return time.monotonic() - start
