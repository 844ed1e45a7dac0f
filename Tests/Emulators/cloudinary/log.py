"""What was asked and what became of it, for a test to look at."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 100_000


@dataclass(eq=False)
class Exchange:
    """`operation` is upload (in one request), part, last_part, destroy, explicit, rename, resource, usage, ping,
    download, deliver or unknown. `was_done` says whether it changed or read anything, also where the answer was lost;
    `status` is None where none was sent. Names of headers are in lower case."""

    number: int
    at: float
    operation: str
    method: str
    target: str
    headers: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    status: int | None = None
    was_done: bool = False
    received: int = 0
    sent: int = 0


class Log:
    """The latest exchanges, in the order of their beginning."""

    def __init__(self):
        self._lock = threading.Lock()
        self._exchanges = deque(maxlen=LONGEST)
        self._number = 0

    def open(self, at: float, operation: str, method: str, target: str, headers: dict[str, str]) -> Exchange:
        with self._lock:
            self._number += 1
            exchange = Exchange(self._number, at, operation, method, target, headers)
            self._exchanges.append(exchange)
            return exchange

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)

    def of(self, *operations: str) -> list[Exchange]:
        return [exchange for exchange in self if exchange.operation in operations]

    def faults(self) -> list[str]:
        """The names of those that happened."""
        return [exchange.fault for exchange in self if exchange.fault]

    def clear(self) -> None:
        with self._lock:
            self._exchanges.clear()
