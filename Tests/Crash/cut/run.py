"""Cuts the power at chosen moments of a recorded session, and judges what comes back."""

import random
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from support.server import Server

from .facts import around
from .judge import Judge
from .model import Disk
from .outcomes import BytesOnly, Chance, Everything, NamesOnly, Outcome, build
from .traced import SETTINGS, client

LANES = 2


def plan(traced, count, seed):
    """`(cut, outcome)`: two thirds right after answers, spread over the session, where nothing else survives; the rest
    there and elsewhere, with whatever chance wants."""
    chance = random.Random(seed)
    after_answers = [traced.positions[step.request] + 1 for step in traced.steps]
    some = min(len(after_answers), count * 2 // 3)
    chosen = [(after_answers[(number + 1) * len(after_answers) // some - 1], Outcome()) for number in range(some)]
    others = [Outcome, Everything, NamesOnly, BytesOnly]
    while len(chosen) < count:
        number = len(chosen)
        cut = chance.choice(after_answers) if number % 2 else chance.randrange(traced.ready, len(traced.events)) + 1
        kind = others[number // 2 % 8] if number // 2 % 8 < len(others) else None
        chosen.append((cut, kind() if kind else Chance(f"{seed}-{number}")))
    return chosen


def examine(traced, cut, outcome, folder, name, root="data"):
    """What is wrong after this cut with this outcome; each problem says which it was."""
    before, after = around(traced.steps, traced.positions, cut)
    server = Server(name, folder, **SETTINGS)
    build(Disk().replay(traced.events[:cut]), outcome, folder / root)
    try:
        server.start()
        with client(server, traced.token) as api:
            problems = Judge(api, server.data, before, after).judge()
    except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
        problems = [f"{type(error).__name__}: {error}"]
    finally:
        if server.process:
            server.kill()
    where = f"cut after event {cut}, behind {before.what}, in front of {after.what}, outcome {outcome.name}"
    return [f"{where}: {problem}" for problem in problems]


def run(traced, cuts, root="data"):
    """Judges all cuts, two at a time; all problems. The folders of those that had some are kept."""

    def lane(number):
        found = []
        for cut, outcome in cuts[number::LANES]:
            folder = Path(tempfile.mkdtemp(prefix="voicenote-cut-"))
            problems = examine(traced, cut, outcome, folder, f"power-cut-{number}", root)
            if problems:
                found += [f"{problem} (in {folder})" for problem in problems]
            else:
                shutil.rmtree(folder)
        return found

    with ThreadPoolExecutor(LANES) as threads:
        return [problem for found in threads.map(lane, range(LANES)) for problem in found]
