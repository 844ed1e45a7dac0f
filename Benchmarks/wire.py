"""HTTP/1.1 over many connections from one thread: edge-triggered epoll, and no copy of what is sent.

Every connection is driven by a script, which is a generator. What it yields is done, and it goes on with the result:

    answer = yield [head, body]    sends the pieces and gives the Answer; connects first where nothing is connected
    yield 12.5                     waits until time.perf_counter() says so

Where the connection breaks, or no answer comes in time, the script sees an OSError. Connections stay on the loopback
interface and are kept alive until their script ends.
"""

import gc
import heapq
import ipaddress
import itertools
import resource
import select
import socket
import time
from typing import NamedTuple
from urllib.parse import urlsplit

READABLE = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
PIECE = 1 << 16


def raise_descriptor_limit():
    """As many open files as this process may have; what it starts inherits that."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def field(self, name):
        """The text of a header field, or None."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name:
                return value.strip().decode("latin-1")
        return None


def parse(received):
    """The Answer that the bytes begin with, or None while it is not complete. Steps over interim answers (1xx)."""
    while (end := received.find(b"\r\n\r\n")) >= 0:
        head, body = received[:end], received[end + 4 :]
        status = int(head[9:12])
        if status < 200:
            received = body
            continue
        fields = head.lower()
        if b"\r\ncontent-length:" in fields:
            size = int(fields.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
            return Answer(status, head, body[:size]) if len(body) >= size else None
        if b"\r\ntransfer-encoding: chunked" in fields:
            return Answer(status, head, body) if body.endswith(b"0\r\n\r\n") else None
        return Answer(status, head, b"")
    return None


class Connection:
    """One script with its socket."""

    def __init__(self, loop, script):
        self.loop, self.script = loop, script
        self.socket, self.unsent, self.received = None, [], b""
        self.deadline = None  # of the answer that is waited for

    def resume(self, answer=None, error=None):
        """Runs the script until it wishes for something that takes time."""
        try:
            wish = self.script.throw(error) if error else self.script.send(answer)
            while isinstance(wish, float):
                if wish > time.perf_counter():
                    return self.loop.later(wish, self)
                wish = self.script.send(None)
        except StopIteration:
            self.close()
            self.loop.running.discard(self)
            return None
        self.unsent = [memoryview(piece) for piece in wish]
        self.received, self.deadline = b"", time.perf_counter() + self.loop.patience
        try:
            self.push() if self.socket else self.connect()
        except OSError as failure:
            self.give_up(failure)

    def connect(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop.watch(self)
        try:
            self.socket.connect(self.loop.address)
        except BlockingIOError:
            pass

    def push(self):
        """Sends what the socket takes now; the rest follows when it says that it has room."""
        try:
            while self.unsent:
                sent = self.socket.sendmsg(self.unsent)
                while self.unsent and sent >= len(self.unsent[0]):
                    sent -= len(self.unsent.pop(0))
                if self.unsent:
                    self.unsent[0] = self.unsent[0][sent:]
        except BlockingIOError:
            pass

    def happened(self, events):
        try:
            if events & READABLE and self.pull():
                return
            if self.unsent:
                self.push()
        except OSError as failure:
            self.give_up(failure)

    def pull(self):
        """Receives what is there. True when nothing more can be done: the answer was complete, or the end came."""
        ended = False
        try:
            while data := self.socket.recv(PIECE):
                self.received += data
            ended = True
        except BlockingIOError:
            pass
        if self.deadline is None:  # between two requests: an idle connection may be closed
            if ended:
                self.close()
            return True
        answer = parse(self.received)
        if answer is None:
            if ended:
                raise ConnectionError("closed before its answer")
            return False
        # An answer that comes before the request is sent leaves a connection that nobody can use.
        if ended or self.unsent or b"connection: close" in answer.head.lower():
            self.close()
        self.deadline = None
        self.resume(answer)
        return True

    def give_up(self, failure):
        self.close()
        if self.deadline is not None:
            self.deadline = None
            self.loop.failed.append((self, failure))

    def close(self):
        if self.socket:
            self.loop.connections.pop(self.socket.fileno(), None)
            self.socket.close()
            self.socket = None


class Loop:
    """Runs scripts against one server. `patience` is how many seconds an answer may take."""

    def __init__(self, url, patience=120):
        parts = urlsplit(url)
        if not ipaddress.ip_address(parts.hostname).is_loopback:
            raise SystemExit("only servers on this machine")
        self.address = (parts.hostname, parts.port)
        self.patience = patience
        self.epoll, self.connections = select.epoll(), {}
        self.timers, self.order = [], itertools.count()
        self.running, self.failed = set(), []
        self.opened = 0  # connections so far; more than scripts when servers close them

    def watch(self, connection):
        self.opened += 1
        self.connections[connection.socket.fileno()] = connection
        self.epoll.register(connection.socket.fileno(), EVENTS)

    def later(self, when, connection):
        heapq.heappush(self.timers, (when, next(self.order), connection))

    def run(self, scripts):
        """Returns when every script has ended."""
        gc.disable()  # nothing here is a cycle, and a collection would look at every connection
        self.running = {Connection(self, script) for script in scripts}
        for connection in list(self.running):
            connection.resume()
        inspection = time.perf_counter() + 1
        while self.running:
            wake = min(inspection, self.timers[0][0]) if self.timers else inspection
            wait = 0 if self.failed else max(0, wake - time.perf_counter())
            for descriptor, events in self.epoll.poll(wait):
                # An event of a socket that was closed a moment ago finds nobody.
                if connection := self.connections.get(descriptor):
                    connection.happened(events)
            failed, self.failed = self.failed, []
            for connection, failure in failed:
                connection.resume(error=failure)
            now = time.perf_counter()
            while self.timers and self.timers[0][0] <= now:
                heapq.heappop(self.timers)[2].resume()
            if now >= inspection:
                inspection = now + 1
                for connection in list(self.running):
                    if connection.deadline is not None and connection.deadline < now:
                        connection.give_up(TimeoutError("no answer in time"))


def quantiles(seconds, label=""):
    """The median, the 99th percentile and the longest of some durations, in milliseconds; NaN of none."""
    sort = sorted(seconds) or [float("nan")]
    chosen = {"p50ms": sort[len(sort) // 2], "p99ms": sort[int(len(sort) * 0.99)], "maxms": sort[-1]}
    return {label + name: 1000 * value for name, value in chosen.items()}
