"""The limits of the disk itself, which no server can pass."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def durable_files(folder, size, threads, seconds):
    """Files of `size` bytes a second: create, write, fsync, rename, fsync of the folder; on so many threads."""
    shutil.rmtree(folder, ignore_errors=True)
    data = os.urandom(size)
    end = time.perf_counter() + seconds

    def work(thread):
        own = Path(folder) / str(thread)
        own.mkdir(parents=True)
        directory, made = os.open(own, os.O_RDONLY), 0
        while time.perf_counter() < end:
            descriptor = os.open(own / "incoming", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(descriptor, data)
            os.fsync(descriptor)
            os.close(descriptor)
            os.rename(own / "incoming", own / str(made))
            os.fsync(directory)
            made += 1
        os.close(directory)
        return made

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        made = sum(pool.map(work, range(threads)))
    rate = made / (time.perf_counter() - start)
    shutil.rmtree(folder)
    return rate


def sequential_write(folder, size=256 << 20, piece=1 << 20):
    """Bytes a second of one large file, up to and with its fdatasync."""
    path = Path(folder) / "sequential"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = os.urandom(piece)
    start = time.perf_counter()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for _ in range(size // piece):
        os.write(descriptor, data)
    os.fdatasync(descriptor)
    os.close(descriptor)
    rate = size / (time.perf_counter() - start)
    path.unlink()
    return rate
