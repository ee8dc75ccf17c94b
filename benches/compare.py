#!/usr/bin/env python3
"""How often `matchproof compare` cries wolf, and how often it finds what is slower: see benches/README.md.

Makes a pool of real load runs against a server of 30 ms, twice, and one against a server of 33 ms, while a busy loop holds
one of the cores. Then compares sets drawn from the pools. Loopback only; needs Python 3.9 and Linux.
"""

import argparse
import collections
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import load

STAGE = """title: Listings at a steady pace
groups:
  - name: push
    setup: [ {{ keys: {{ from: {{ env: BENCH_KEYS }} }} }} ]
    flow: [ {{ push_listing: {{ listing: same, size: 1500 }} }} ]
    rate: {rate}/s
    pool: 50
stages: [ {{ hold: {seconds}s }} ]
thresholds: [ {{ figure: push.error_rate, below: 0.1% }} ]
"""


def spin(core):
    os.sched_setaffinity(0, {core})
    while True:
        pass


def run(options, folder, server):
    """One run; tells whether it was valid."""
    profile, stage = Path(folder).parent / f"{server.process.pid}.toml", Path(folder).parent / "stage.yaml"
    profile.write_text(load.PROFILE.format(address=server.address))
    stage.write_text(STAGE.format(rate=options.rate, seconds=options.seconds))
    words = [options.matchproof, "load", str(stage), "--profile", str(profile), "--target", "bench", "--no-progress"]
    environment = {**os.environ, "BENCH_KEYS": load.KEYS, "BENCH_SECRET": "secret-of-the-bench"}
    ended = subprocess.run(load.pinned(options.core, [*words, "--out", folder]), env=environment, capture_output=True)
    if ended.returncode not in (0, 3):
        sys.exit(ended.stdout.decode() + ended.stderr.decode())
    return ended.returncode == 0


def pools(options, folder):
    """Runs of all kinds in turn, so that what else the machine does falls on all of them."""
    # The server rounds up to the next millisecond: 30.3 ms and, a tenth more, 33.3 ms.
    delays = {"base": 29, "equal": 29, "slower": 32}
    servers = {name: load.Server(options, (delay,)) for name, delay in delays.items()}
    found = {name: [] for name in delays}
    invalid = 0
    try:
        for number in range(options.pool):
            for name, server in servers.items():
                out = f"{folder}/{name}-{number}"
                if run(options, out, server):
                    found[name].append(out)
                else:
                    invalid += 1
    finally:
        for server in servers.values():
            server.stop()
    print(f"{3 * options.pool} runs of {options.seconds} s at {options.rate}/s, {invalid} of them invalid and left out", flush=True)
    return found


def answers(options, base, new):
    words = [options.matchproof, "compare", "--json", "--base", *base, "--new", *new]
    told = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return [figure["answer"] for figure in told["comparison"]["figures"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=int, default=60, help="runs of each kind")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--runs", type=int, default=10, help="runs on each side of a comparison")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=400)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--busy-core", type=int, default=0, help="the core that a busy loop holds")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--matchproof", default=str(load.TARGET / "matchproof"))
    parser.add_argument("--programs")
    options = parser.parse_args()
    options.programs = options.programs or load.programs()
    busy = multiprocessing.Process(target=spin, args=(options.busy_core,), daemon=True)
    busy.start()
    drawn = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        found = pools(options, folder)
        for name, sought in (("equal", "alarms"), ("slower", "found")):
            # Among equal runs `better` is as false as `worse`.
            wanted = {"worse", "better"} if name == "equal" else {"worse"}
            hits, figures = 0, collections.Counter()
            for _ in range(options.pairs):
                seen = answers(options, drawn.sample(found["base"], options.runs), drawn.sample(found[name], options.runs))
                hits += not wanted.isdisjoint(seen)
                figures.update(seen)
            print(f"{name}: {hits} of {options.pairs} {sought} (figures: {dict(figures)}; seed {options.seed})", flush=True)


if __name__ == "__main__":
    main()
