"""Server-sent events, as EventSource reads them."""

import json
import queue
import threading

import httpx

from .api import Api


class Events:
    """Listens to /events of one account in the background. `next` waits for the next event that fits."""

    def __init__(self, url, authorization):
        self.client = Api(url, headers={"Authorization": authorization, "Accept": "text/event-stream"})
        self.arrived = queue.Queue()
        self.comments = 0
        self.opened = threading.Event()
        self.headers = None
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        self.thread.start()
        assert self.opened.wait(10), "the stream of events did not open"
        return self

    def __exit__(self, *_):
        self.response.close()
        self.client.close()

    def _listen(self):
        try:
            with self.client.stream("GET", "/events") as self.response:
                self.headers, self.status = self.response.headers, self.response.status_code
                self.opened.set()
                name, data = "message", []
                for line in self.response.iter_lines():
                    if line.startswith(":"):
                        self.comments += 1
                    elif not line and data:
                        self.arrived.put((name, json.loads("\n".join(data))))
                        name, data = "message", []
                    elif line.startswith("event:"):
                        name = line[6:].strip()
                    elif line.startswith("data:"):
                        data.append(line[5:].removeprefix(" "))
        except (httpx.HTTPError, httpx.StreamError, OSError, AttributeError):
            pass  # the test closed it, or the server ended

    def next(self, fits, seconds=30):
        """The next event for which `fits(name, data)`; those before it are dropped."""
        while True:
            try:
                name, data = self.arrived.get(timeout=seconds)
            except queue.Empty:
                raise AssertionError(f"no such event within {seconds} s") from None
            if fits(name, data):
                return data

    def none(self, seconds=1):
        try:
            raise AssertionError(f"an event came: {self.arrived.get(timeout=seconds)}")
        except queue.Empty:
            pass
