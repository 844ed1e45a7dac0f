"""Measures VoiceNote against its peers on this machine, in one run.

    bench.py [--quick] [--only media|effort|edits|uploads|live|downloads|storage|reclaim]… [--markdown FILE]
             [--complexity N]

Everything happens below .artefacts/bench and on the loopback interface. `make bench ARGS=--quick` takes about eight
minutes and gives rough figures; the full run takes about an hour, and up to 50 GB of disk while it uploads.
VOICENOTE_BINARY names another program than the release build.
"""

import argparse
from pathlib import Path

import downloads
import edits
import live
import media
import reclaim
import report
import storage
import uploads
from servers import CHECKOUT
from wire import raise_descriptor_limit

PARTS = ("media", "effort", "edits", "uploads", "live", "downloads", "storage", "reclaim")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short runs, rough figures")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    parser.add_argument("--complexity", type=int, default=6, help="of the Opus encoder, on both sides")
    options = parser.parse_args()

    if (files := raise_descriptor_limit()) < 5000:
        print(f"{files} open files a process are too few for a thousand connections: expect errors there")
    folder = CHECKOUT / ".artefacts" / "bench"
    measures = {
        "media": lambda: media.measure(folder, options.quick, options.complexity),
        "effort": lambda: media.complexities(folder, options.quick),
        "edits": lambda: edits.measure(folder, options.quick, options.complexity),
        "uploads": lambda: uploads.measure(folder, options.quick),
        "live": lambda: live.measure(folder, options.quick),
        "downloads": lambda: downloads.measure(folder, options.quick),
        "storage": lambda: storage.measure(folder, options.quick),
        "reclaim": lambda: reclaim.measure(folder, options.quick),
    }
    sections = []
    for part in options.only or PARTS:
        print(f"measuring: {part}", flush=True)
        sections.append(measures[part]())

    machine = report.machine()
    for section in sections:
        print(report.text(section))
    print()
    for name, value in machine.items():
        print(f"{name:>10}: {value}")
    rows = [row for section in sections for row in section.rows if row.target is not None]
    print(f"\n{sum(row.met for row in rows)} of {len(rows)} targets met")
    if options.markdown:
        lines = ["| | |", "|---|---|"] + [f"| {name} | {value} |" for name, value in machine.items()]
        options.markdown.write_text("\n".join(lines) + "\n\n" + "\n".join(map(report.markdown, sections)))


if __name__ == "__main__":
    main()
