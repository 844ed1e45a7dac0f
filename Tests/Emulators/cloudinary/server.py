"""The service on a port of this machine."""

import shutil
import tempfile
import threading
import time
from pathlib import Path

from .account import Account, Limits, Refusal
from .answers import Answer, of_refusal
from .api import Api
from .chunks import ChunkedUploads
from .delivery import Delivery
from .faults import Fault, Faults
from .library import Asset, Library
from .log import Exchange, Log
from .request import ACTIONS, Request
from .wire import Listener


class Cloudinary:
    """`faults` make it fail, `log` tells what was asked, `library` holds the assets. As a context manager it runs from
    the first line to the last. `stop` and `start` are an outage: the port and the assets stay. `pass_time` lets
    signatures and tokens age. `mistakes` are errors of the emulator itself, of which there must be none."""

    def __init__(self, account: Account | None = None, limits: Limits | None = None):
        self.account = account or Account()
        self.limits = limits or Limits()
        self.folder = Path(tempfile.mkdtemp(prefix="cloudinary-"))
        self.library = Library()
        self.chunks = ChunkedUploads(self.folder, self.limits)
        self.faults = Faults()
        self.log = Log()
        self.mistakes: list[str] = []
        self.port = 0
        self._api = Api(self.account, self.limits, self.library, self.chunks, self.folder)
        self._delivery = Delivery(self.account, self.library)
        self._listener: Listener | None = None
        self._ahead = 0.0
        self._delivered = 0
        self._lock = threading.Lock()

    def __enter__(self) -> "Cloudinary":
        return self.start()

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def url(self) -> str:
        """For calls and for delivery: both `uploadPrefix` and `delivery`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Cloudinary":
        self._listener = Listener(self, self.port)
        self.port = self._listener.server_port
        self._api.base = self.url
        self._listener.start()
        return self

    def stop(self) -> None:
        """Nobody is answered any more; connections break."""
        listener, self._listener = self._listener, None
        if listener:
            listener.stop()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def unfinished(self) -> int:
        """Uploads in parts of which the last has not come."""
        return len(self.chunks)

    def now(self) -> float:
        return time.time() + self._ahead

    def pass_time(self, seconds: float) -> None:
        self._ahead += seconds

    def asset(self, public_id: str, resource_type: str = "video", type: str = "authenticated") -> Asset | None:
        return self.library.find((resource_type, type, public_id))

    def damage(self, asset: Asset) -> None:
        """Spoils a bit of what is kept. The service still tells the right digest."""
        with asset.content.path.open("r+b") as file:
            file.seek(asset.content.size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 1]))

    def delivered(self, count: int) -> None:
        with self._lock:
            self._delivered += count

    def answer(self, request: Request, exchange: Exchange, fault: Fault | None) -> Answer:
        """Does what is asked, unless the fault is to answer something else instead."""
        try:
            if fault and fault.instead:
                if not request.body.is_awaited:
                    request.body.drain()
                return fault.instead(self.now())
            answer = self._do(request, exchange)
        except Refusal as refusal:
            return of_refusal(refusal)
        exchange.was_done = True
        return answer

    def _do(self, request: Request, exchange: Exchange) -> Answer:
        operation, now = request.operation, self.now()
        if operation in (*ACTIONS, "part", "last_part"):
            return self._api.post(request, exchange, now)
        if operation in ("ping", "usage", "resource"):
            return self._api.get(request, exchange, self._delivered, now)
        if operation == "download":
            exchange.params = request.query
            return self._delivery.download(request, now)
        if operation == "deliver":
            return self._delivery.deliver(request, now)
        raise Refusal(404, "Unknown path")
