#!/usr/bin/env python3
"""Is a right server ever accused by a harness that hardly gets to run? See benches/README.md. Linux, Python 3.9 or later.

Runs the whole suite against the simulator inside the program, again and again, while a busy loop holds each core, and counts the
verdicts. Exit 1 where one of them is fail, warn or error.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "target" / "release" / "matchproof"
BUSY = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"
ACCUSING = ("fail", "warn", "error")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--matchproof", default=str(PROGRAM), metavar="PROGRAM")
    options = parser.parse_args()
    loops = [subprocess.Popen([sys.executable, "-c", BUSY, str(core)]) for core in os.sched_getaffinity(0)]
    told, codes, seconds = collections.Counter(), collections.Counter(), []
    try:
        for number in range(1, options.runs + 1):
            with tempfile.TemporaryDirectory() as parent:
                folder, began = Path(parent) / "run", time.monotonic()
                words = [options.matchproof, "run", "--no-progress", "--out", str(folder)]
                ran = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=1800, text=True)
                seconds.append(time.monotonic() - began)
                codes[ran.returncode] += 1
                rows = json.loads((folder / "report.json").read_text())["requirements"]
                told.update(row["verdict"] for row in rows)
                for row in rows:
                    if row["verdict"] in ACCUSING + ("inconclusive",):
                        print(f"run {number}: {row['id']} {row['verdict']}: {row['reason']}", flush=True)
    finally:
        for loop in loops:
            loop.kill()
    accused = sum(told[verdict] for verdict in ACCUSING)
    print(f"{options.runs} runs beside {len(loops)} busy loops, median {sorted(seconds)[len(seconds) // 2]:.1f} s each")
    print("verdicts: " + ", ".join(f"{count:,} {verdict}" for verdict, count in told.most_common()))
    print("exit codes: " + ", ".join(f"{code}: {count}" for code, count in sorted(codes.items())))
    sys.exit(1 if accused else 0)


if __name__ == "__main__":
    main()
