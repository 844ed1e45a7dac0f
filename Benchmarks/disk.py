"""The limits of the disk itself, which no server can pass."""

import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def settle(quick):
    """What was just deleted must not cost the next server anything.

    An ext4 without a journal steps over every inode that was deleted within the last minute (or has not been written
    since) for each file that it makes, which halves the rate of small files; and a disk discards the blocks.
    """
    os.sync()
    if not quick:
        time.sleep(61)


def durable_files(folder, size, threads, seconds):
    """Files of `size` bytes a second: create, write, fsync, rename, fsync of the folder; on so many threads.

    The files stay in `folder`, because deleting them would cost who comes next.
    """
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
    return made / (time.perf_counter() - start)


def durable_appends(folder, size, files, threads, seconds):
    """How many appends of `size` bytes with an fdatasync a second, and how long each took, in seconds.

    So many threads go around the files, each around files of its own.
    """
    data = os.urandom(size)
    Path(folder).mkdir(parents=True, exist_ok=True)
    end = time.perf_counter() + seconds

    def work(thread):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        own = [os.open(Path(folder) / str(number), flags, 0o600) for number in range(thread, files, threads)]
        took = []
        for descriptor in itertools.cycle(own):
            start = time.perf_counter()
            if start >= end:
                break
            os.write(descriptor, data)
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - start)
        for descriptor in own:
            os.close(descriptor)
        return took

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        took = [one for each in pool.map(work, range(threads)) for one in each]
    return len(took) / (time.perf_counter() - start), took


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
