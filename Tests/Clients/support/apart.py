"""Asynchronous code in a thread of its own: the browser's driver keeps an event loop in the main one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def apart(work):
    """Runs the coroutine and returns its result."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
