"""python -m Crash.kill --kills 1000 --seed 7: status 0 when nothing was lost."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from .killer import POINTS
from .report import report
from .run import Run


def main():
    parser = argparse.ArgumentParser(prog="crash-test", description="Kill a real server under load, and check it.")
    parser.add_argument("--kills", type=int, default=50, help="how often (default 50)")
    parser.add_argument("--seed", type=int, help="repeats the choices of another run; its moments are its own")
    parser.add_argument("--seconds-limit", type=float, help="begin no further round after so many seconds")
    parser.add_argument("--report", type=Path, help="also write the report into this file")
    parser.add_argument("--points", help="failure points, separated by commas; empty for none (default: all)")
    parser.add_argument("--whole-only", action="store_true", help="no resumable uploads")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    points = POINTS if options.points is None else [name for name in options.points.split(",") if name]
    folder = Path(tempfile.mkdtemp(prefix="voicenote-crash-"))
    print(f"seed {seed}, in {folder}", flush=True)
    run = Run(folder, options.kills, seed, options.seconds_limit, points, resumable=not options.whole_only)
    is_good = asyncio.run(run.run())
    text = report(run)
    print(text)
    if options.report:
        options.report.write_text(text)
    if is_good:
        shutil.rmtree(folder)
    else:
        print(f"kept: {folder}, log: {run.server.log}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
