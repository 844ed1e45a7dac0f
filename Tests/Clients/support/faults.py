"""Stands between a client and a server, and does to single requests what networks and servers do.

    proxy.next(Cut("request", 0.5))                                  the next request, halfway through its body
    proxy.always(Delay(0.2), when=lambda request: request.method == "PUT")
    proxy.sometimes(0.3, [LoseAnswer(), Reset("answer"), Answer(503)])
    proxy.clear()

Rules are asked in the order in which they were given; the first that applies decides. Chance is the seed's: the same
for a request's number, whichever connection it came on. `log` is what was done, and so is the file of that name.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from dataclasses import dataclass
from http.client import responses

from .http1 import MOST_OF_A_HEAD, PIECE, AnswerHead, RequestHead, read_head
from .server import LOGS, eventually

SECONDS_TO_LINGER = 2


class Severed(Exception):
    """The connection ends here."""

    def __init__(self, by_reset):
        super().__init__("reset" if by_reset else "closed")
        self.by_reset = by_reset


# What can happen. `where` is "request" or "answer". A place in a body is a number of bytes, or the share of its length
# (0.0 to 1.0) where it is a float.


class Fault:
    """Nothing happens. The others say what they do differently."""

    forwards = True  # the server hears of it
    answer_passes = True  # the client hears what the server said
    instead = None  # the head of an answer of the proxy's own

    async def before(self):
        """Before anything reaches the server."""

    def change(self, pieces, length):
        """What becomes of the body at `where`, for those that have one."""
        return pieces

    def on_body(self, where, pieces, length):
        return self.change(pieces, length) if getattr(self, "where", None) == where else pieces


@dataclass(frozen=True)
class Delay(Fault):
    """The server hears of the request only after this time. Then all of it happens, even when nobody waits for it."""

    seconds: float

    async def before(self):
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class Cut(Fault):
    """The connection ends on both sides after so much of the body; at the latest where the body would have ended."""

    where: str
    after: int | float = 0
    by_reset = False

    async def change(self, pieces, length):
        left = place(self.after, length)
        async for piece, is_body in pieces:
            if is_body and len(piece) >= left:
                yield piece[:left], True
                break
            left -= len(piece) if is_body else 0
            yield piece, is_body
        raise Severed(self.by_reset)


@dataclass(frozen=True)
class Reset(Cut):
    """As Cut, but by RST: what is under way is lost as well."""

    by_reset = True


@dataclass(frozen=True)
class LoseAnswer(Fault):
    """The server does its work and answers, and the client hears only that the connection ended."""

    by_reset: bool = False
    answer_passes = False


@dataclass(frozen=True)
class Answer(Fault):
    """The client gets this answer. With `forwards` the server does its work first; without, it never hears of it.

    The body that the client sends is taken in before, as most servers do; with `early` the answer comes at once, and
    the connection ends with it."""

    status: int
    body: bytes = b""
    headers: tuple = (("Content-Type", "application/xml"),)
    forwards: bool = False
    early: bool = False
    answer_passes = False

    @property
    def instead(self):
        lines = [f"HTTP/1.1 {self.status} {responses.get(self.status, 'Unnamed')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Length: {len(self.body)}", *(["Connection: close"] if self.early else [])]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True)
class Trickle(Fault):
    """The body passes at this rate."""

    where: str
    bytes_per_second: int

    async def change(self, pieces, length):
        step = max(1, self.bytes_per_second // 50)
        async for piece, is_body in pieces:
            for start in range(0, len(piece), step):
                part = piece[start : start + step]
                yield part, is_body
                await asyncio.sleep(len(part) / self.bytes_per_second)


@dataclass(frozen=True)
class Flip(Fault):
    """One bit of the body is wrong; its length is right. A body of unknown length has its share at its first byte."""

    where: str
    at: int | float = 0.5

    async def change(self, pieces, length):
        left = place(self.at, length)
        left = min(left, length - 1) if length else left
        async for piece, is_body in pieces:
            if is_body and 0 <= left < len(piece):
                piece = piece[:left] + bytes([piece[left] ^ 1]) + piece[left + 1 :]
            left -= len(piece) if is_body else 0
            yield piece, is_body


def place(position, length):
    return int(position * (length or 0)) if isinstance(position, float) else position


# When it happens


@dataclass
class Rule:
    faults: list
    when: object
    probability: float = 1
    times: float = float("inf")

    def applies(self, request, chance):
        return self.times > 0 and self.when(request) and chance.random() < self.probability


@dataclass
class Exchange:
    """One request and what became of it. `status` is the server's own; the bytes are those of bodies that passed.

    `end` is `whole`, `closed` or `reset`, or names what a peer did; empty while it is under way."""

    number: int
    connection: int
    method: str
    target: str
    fault: Fault | None
    status: int | None = None
    request_bytes: int = 0
    answer_bytes: int = 0
    end: str = ""

    def __str__(self):
        passed = f"{self.request_bytes} > {self.status or '-'} > {self.answer_bytes}"
        return f"{self.number} [{self.connection}] {self.method} {self.target} {passed} {self.end} {self.fault or ''}"


class FaultProxy:
    """Listens on `port` (`url`) and speaks to `target`, another port of this machine, a connection for a connection."""

    def __init__(self, target, name="faults", seed=1):
        self.target, self.seed = target, seed
        self.port = None
        self.log = []
        self.path = LOGS / f"{name}.log"
        self._rules = []
        self._lock = threading.Lock()
        self._loop = self._listener = self._thread = None
        self._connections = set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults", daemon=True)
        self._thread.start()
        self.up()
        return self

    def stop(self):
        if self._thread is None:
            return
        self.down()
        self._wait(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = None
        self._loop.close()
        self._file.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # Rules

    def next(self, fault, when=None, times=1):
        """Happens to the next requests for which `when` is true."""
        self._add(Rule([fault], when or (lambda _: True), times=times))

    def always(self, fault, when=None):
        self._add(Rule([fault], when or (lambda _: True)))

    def sometimes(self, probability, faults, when=None):
        """One of `faults`, all alike often. One may be a function that makes a fault of a random.Random."""
        self._add(Rule(list(faults), when or (lambda _: True), probability))

    def clear(self):
        """From here on requests pass as they are."""
        with self._lock:
            self._rules = []

    def _add(self, rule):
        with self._lock:
            self._rules.append(rule)

    def down(self):
        """Nobody listens any more, and what is open is reset."""
        self._wait(self._down())

    def up(self):
        """Listens again, on the same port."""
        self._wait(self._up())

    def exchanges(self):
        """The log, once nothing is under way any more."""
        eventually(lambda: all(exchange.end for exchange in self.log), what="the end of every exchange")
        return self.log

    # The event loop's side

    def _wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _up(self):
        if self._listener is None:
            options = {"limit": MOST_OF_A_HEAD, "reuse_address": True}
            self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port or 0, **options)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _down(self):
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        connection = Connection(self, reader, writer)
        self._connections.add(asyncio.current_task())
        try:
            await connection.serve()
            await connection.ended()
        except asyncio.CancelledError:
            connection.end("reset")
        finally:
            self._connections.discard(asyncio.current_task())

    def _begin(self, connection, request):
        with self._lock:
            number = len(self.log) + 1
            exchange = Exchange(number, connection, request.method, request.target, self._fault(request, number))
            self.log.append(exchange)
        return exchange

    def _fault(self, request, number):
        chance = random.Random(f"{self.seed}/{number}")
        for rule in self._rules:
            if rule.applies(request, chance):
                rule.times -= 1
                fault = chance.choice(rule.faults)
                return fault if isinstance(fault, Fault) else fault(chance)
        return None

    def _done(self, exchange, end):
        exchange.end = end
        self._file.write(f"{exchange}\n")
        self._file.flush()


class Connection:
    """A client's connection, and the one to the server that stands for it."""

    def __init__(self, proxy, reader, writer):
        self.proxy = proxy
        self.number = writer.get_extra_info("peername")[1]
        self.reader, self.writer = reader, writer
        self.server_reader = self.server_writer = None
        self.exchange = None
        self.continued = False

    async def serve(self):
        try:
            while request := await read_head(self.reader, RequestHead):
                self.exchange = self.proxy._begin(self.number, request)
                goes_on = await self.pass_on(request, self.exchange.fault or Fault())
                self.note("whole")
                if not goes_on:
                    break
            self.end("closed")
        except Severed as severed:
            self.end(str(severed))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.end(f"closed by {type(error).__name__}")

    def note(self, how):
        """Writes down how the request ended that is under way."""
        exchange, self.exchange = self.exchange, None
        if exchange:
            self.proxy._done(exchange, how)

    def end(self, how):
        """Ends both connections: with FIN, or at once with RST."""
        self.note(how)
        for writer in filter(None, [self.writer, self.server_writer]):
            if how == "reset":
                linger = struct.pack("ii", 1, 0)
                with contextlib.suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            else:
                writer.close()

    async def ended(self):
        """When what was written is sent, and both connections are gone."""
        for writer in filter(None, [self.writer, self.server_writer]):
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def pass_on(self, request, fault):
        """One request and its answer. Whether the connection may carry another."""
        await fault.before()
        if fault.forwards:
            goes_on = await self.exchange_with_server(request, fault)
        else:
            goes_on = not request.says_close and not fault.early
            if not fault.early:
                await self.swallow(request)
        if fault.instead:
            await self.send(self.writer, fault.instead + (b"" if request.method == "HEAD" else fault.body))
            if not goes_on:
                await self.linger()
        return goes_on

    async def swallow(self, request):
        """Takes the body in and keeps nothing of it."""
        if request.waits_for_continue:
            await self.send(self.writer, b"HTTP/1.1 100 Continue\r\n\r\n")
        async for _ in request.pieces(self.reader):
            pass

    async def linger(self):
        """Until the client has hung up or said all: a socket closed with bytes unread takes the answer back."""
        self.writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_LINGER):
                while await self.reader.read(PIECE):
                    pass

    async def exchange_with_server(self, request, fault):
        await self.connect()
        self.continued = False
        await self.send(self.server_writer, request.raw)
        # Both at once: a server may answer before it has the body
        sending = asyncio.create_task(self.send_body(request, fault))
        answering = asyncio.create_task(self.pass_answer(request, fault))
        try:
            done, _ = await asyncio.wait([sending, answering], return_when=asyncio.FIRST_COMPLETED)
            if sending in done:
                server_took_all = sending.result()
                return await answering and server_took_all
            goes_on = answering.result()
            if request.waits_for_continue and not self.continued:
                return False  # whether the body comes all the same, nobody can tell
            return await sending and goes_on
        finally:
            for task in (sending, answering):
                task.cancel()
            await asyncio.gather(sending, answering, return_exceptions=True)

    async def connect(self):
        if self.server_reader is None or self.server_reader.at_eof():
            if self.server_writer:
                self.server_writer.close()
            self.server_reader, self.server_writer = await asyncio.open_connection(
                "127.0.0.1", self.proxy.target, limit=MOST_OF_A_HEAD
            )

    async def send_body(self, request, fault):
        """Whether the server took all of it. It may answer and hang up before; then the answer is what counts."""
        pieces = fault.on_body("request", request.pieces(self.reader), request.length)
        async for piece, is_body in pieces:
            try:
                await self.send(self.server_writer, piece)
            except OSError:
                return False
            self.exchange.request_bytes += len(piece) if is_body else 0
        return True

    async def pass_answer(self, request, fault):
        """Whether both sides keep the connection after it."""
        while True:
            answer = await read_head(self.server_reader, AnswerHead)
            if answer is None:
                raise EOFError
            if not answer.is_provisional:
                break
            self.continued = True
            await self.send(self.writer, answer.raw)
        self.exchange.status = answer.status
        pieces = answer.pieces(self.server_reader, request.method)
        if fault.answer_passes:
            await self.send(self.writer, answer.raw)
            async for piece, is_body in fault.on_body("answer", pieces, answer.length):
                await self.send(self.writer, piece)
                self.exchange.answer_bytes += len(piece) if is_body else 0
        else:
            async for _ in pieces:
                pass
            if not fault.instead:
                raise Severed(fault.by_reset)
        return not (request.says_close or answer.says_close or answer.ends_with_connection(request.method))

    async def send(self, writer, data):
        writer.write(data)
        await writer.drain()
