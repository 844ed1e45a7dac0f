"""python -m Crash.cut --images 1000: status 0 when nothing was lost."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from .run import plan, run
from .scripts import everything
from .traced import record


def main():
    parser = argparse.ArgumentParser(prog="crash-test power-cut", description="Cut the power of a modelled disk.")
    parser.add_argument("--images", type=int, default=200, help="how many cuts to examine (default 200)")
    parser.add_argument("--seed", type=int, help="repeats the choices of another run")
    parser.add_argument("--leave-out", default="", help="file, folder-incoming, folder-blobs, database or journal")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix="voicenote-cut-"))
    begin = time.monotonic()
    print(f"seed {seed}, in {folder}", flush=True)
    traced = record(folder, everything, seed, options.leave_out)
    tempfile.tempdir = str(folder)
    problems = run(traced, plan(traced, options.images, seed))
    for problem in problems:
        print(f"VIOLATION seed {seed}: {problem}")
    seconds = time.monotonic() - begin
    print(f"{options.images} cuts in {seconds:.0f} s, {len(problems)} violations, seed {seed}")
    if problems:
        print(f"kept: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
