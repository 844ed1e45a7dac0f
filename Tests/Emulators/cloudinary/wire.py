"""HTTP/1.1: connections that stay open, each in a thread of its own, and that break on command."""

import json
import secrets
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO

from .account import HungUp, Refusal
from .answers import Answer, of_json, of_refusal
from .body import BLOCK, Body
from .faults import Fault
from .log import Exchange
from .request import Request

IDLE_SECONDS = 60
TICK = 0.05  # between the drops of a trickle


class Broken(Exception):
    """The fault is that the connection breaks here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "cloudinary"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "Listener"

    def setup(self):
        super().setup()
        self._awaits_invitation = False

    def handle_expect_100(self) -> bool:
        """The client is asked for the body when it is read, not before."""
        self._awaits_invitation = True
        return True

    def log_message(self, *_) -> None:
        pass

    def _invite(self) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def exchange(self) -> None:
        emulator = self.server.emulator
        invite = self._invite if self._awaits_invitation else None
        self._awaits_invitation = False
        body = Body(self.rfile, self.headers, invite)
        request = Request(self.command, self.path, self.headers, body, self.client_address[0])
        headers = {name.lower(): value for name, value in self.headers.items()}
        exchange = emulator.log.open(emulator.now(), request.operation, self.command, self.path, headers)
        try:
            self._answer(request, exchange)
        finally:
            exchange.received = body.received

    def handle_one(self) -> None:
        try:
            self.exchange()
        except Broken:
            self._reset()
        except Refusal as refusal:  # of what is no HTTP
            self.close_connection = True
            self._send(of_refusal(refusal), None, None)
        except (HungUp, ConnectionError, TimeoutError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_one

    def _answer(self, request: Request, exchange: Exchange) -> None:
        fault = self.server.emulator.faults.take(request.operation)
        exchange.fault = fault.name if fault else None
        body = request.body
        if fault and fault.reset in ("reading", "before"):
            body.read(BLOCK) if fault.reset == "reading" else body.drain()
            raise Broken
        answer = self.server.emulator.answer(request, exchange, fault)
        if not body.is_awaited:
            body.drain()  # a client that is still sending would not hear the answer
        self.close_connection = self.close_connection or not body.is_finished
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.reset == "after":
            raise Broken
        if fault and fault.spoil and answer.is_json:
            told = json.loads(answer.body)
            fault.spoil(told)
            answer = of_json(told, answer.status, answer.headers)
        self._send(answer, fault, exchange)

    def _send(self, answer: Answer, fault: Fault | None, exchange: Exchange | None) -> None:
        if self.command == "HEAD" or answer.status == 304:
            return self._send_head(answer, exchange)
        try:
            source = answer.open()
        except FileNotFoundError:
            return self._send(of_refusal(Refusal(404, "Resource not found")), fault, exchange)
        with source:
            self._send_head(answer, exchange)
            for piece in _pieces(source, answer.length, fault or Fault("none")):
                self._send_piece(piece, exchange)
        if fault and fault.reset == "middle":
            time.sleep(TICK)  # or the client would lose what it has not read yet
            raise Broken
        if fault and fault.share < 1:
            self.close_connection = True

    def _send_head(self, answer: Answer, exchange: Exchange | None) -> None:
        headers = {"X-Request-Id": secrets.token_hex(16)} | answer.headers
        if answer.status != 304:
            headers["Content-Length"] = str(answer.length)
        if self.close_connection:
            headers["Connection"] = "close"
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if exchange:
            exchange.status = answer.status

    def _send_piece(self, piece: bytes, exchange: Exchange | None) -> None:
        self.wfile.write(piece)
        if exchange:
            exchange.sent += len(piece)
            if exchange.operation in ("deliver", "download"):
                self.server.emulator.delivered(len(piece))

    def _reset(self) -> None:
        """Closing then sends RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server.resetting.add(self.connection)
        self.close_connection = True


def _pieces(source: BinaryIO, length: int, fault: Fault) -> Iterator[bytes]:
    """The body as the fault lets it through."""
    end = length // 2 if fault.reset == "middle" else int(length * fault.share)
    size = max(1, int(fault.pace * TICK)) if fault.pace else BLOCK
    at = 0
    while at < end and (piece := source.read(min(size, end - at))):
        wrong = length // 2 - at
        if fault.flips and 0 <= wrong < len(piece):
            piece = piece[:wrong] + bytes([piece[wrong] ^ 1]) + piece[wrong + 1 :]
        at += len(piece)
        yield piece
        if fault.pace:
            time.sleep(TICK)


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, emulator, port: int):
        self.emulator = emulator
        self.resetting: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self.get_request()
            except OSError:
                return  # stopped
            self.process_request(connection, address)

    def stop(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)  # which wakes the thread
        self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it is closed already

    def process_request(self, request, client_address) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:
        with self._lock:
            self._open.discard(request)
        if request in self.resetting:
            self.resetting.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request, client_address) -> None:
        """A client may go whenever it likes. Anything else is a mistake of the emulator."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            self.emulator.mistakes.append(traceback.format_exc())
