#!/usr/bin/env python3
"""Load generators side by side: see benches/README.md. Sends to the loopback only; needs Python 3.9 and Linux."""

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "target" / "dist"
BODY = "x" * 1500
PERCENTILES = ("p50", "p90", "p95", "p99")

WRK = 'wrk.method="POST" wrk.body=string.rep("x",1500) wrk.headers["content-type"]="application/json" ' \
      'wrk.headers["authorization"]="Bearer abc"'
PROFILE = """[target.bench]
base_url = "http://{address}"
client_id = "bench"
client_secret = {{ env = "BENCH_SECRET" }}
listing = {{ path = "/listings" }}
"""
STAGE = """title: A listing of 1.5 KB
groups:
  - name: push
    setup: [ {{ keys: {{ from: {{ env: BENCH_KEYS }} }} }} ]
    flow: [ {{ push_listing: {{ listing: same, size: 1500 }} }} ]
    {how}
stages: [ {{ hold: {seconds}s }} ]
thresholds: [ {{ figure: push.error_rate, below: 0.1% }} ]
"""
KEYS = "".join(f"agency-{number},key-of-agency-{number:04}\n" for number in range(16))
K6 = """import http from 'k6/http';
const to = __ENV.TO, rate = +__ENV.RATE, users = +__ENV.USERS, seconds = __ENV.SECONDS + 's';
const how = rate
  ? { executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: seconds, preAllocatedVUs: users }
  : { executor: 'constant-vus', vus: users, duration: seconds };
export const options = { scenarios: { push: how }, summaryTrendStats: ['p(50)', 'p(90)', 'p(95)', 'p(99)'] };
const body = 'x'.repeat(1500);
const headers = { 'content-type': 'application/json', authorization: 'Bearer abc' };
export default () => { http.post(to + '/listings', body, { headers }); };
"""


class Case:
    """What is to be sent: as fast as it is answered where the rate is 0."""

    def __init__(self, address, users, seconds, rate, folder):
        self.address, self.users, self.seconds, self.rate, self.folder = address, users, seconds, rate, folder
        self.url = f"http://{address}/listings"

    def file(self, name, text=""):
        path = Path(self.folder) / name
        if text:
            path.write_text(text)
        return str(path)


def matchproof(options):
    def generator(case):
        case.file("matchproof.toml", PROFILE.format(address=case.address))
        how = f"rate: {case.rate}/s\n    pool: {case.users}" if case.rate else f"users: {case.users}"
        stage = case.file("push.yaml", STAGE.format(how=how, seconds=case.seconds))
        words = [options.matchproof, "load", stage, "--profile", case.file("matchproof.toml"), "--target", "bench"]
        return words + ["--out", case.file("evidence"), *shlex.split(options.more)], matchproof_times
    return generator


def matchproof_times(case, _):
    load = json.loads(Path(case.file("evidence/report.json")).read_text())["load"][0]
    told = load["groups"][0]["passes"]["holds"]
    times = {name: told["response"][name] for name in PERCENTILES}
    return {**times, "service": told["service"]["p50"], "valid": load["validity"]["valid"]}


def plain_times(_, out):
    found = {name: re.search(rf"\b{name} ([0-9.]+)", out) for name in PERCENTILES}
    return {name: float(match[1]) for name, match in found.items() if match}


def bare(options):
    def generator(case):
        return [options.programs, "hyper", case.address, str(case.users), str(case.seconds)], None
    return generator


def goose(mitigation=None, program="goose"):
    def made(options):
        def generator(case):
            words = [options.programs, program, case.address, str(case.users), str(case.seconds)]
            words += [str(case.rate)] if case.rate else []
            return words + ([mitigation] if mitigation and case.rate else []), plain_times
        return generator
    return made


def oha(*more):
    def made(options):
        def generator(case):
            words = [options.oha, "--no-tui", "--output-format", "json", "-z", f"{case.seconds}s", "-c", str(case.users)]
            words += ["-m", "POST", "-d", BODY, "-H", "content-type: application/json", "-H", "authorization: Bearer abc"]
            words += ["-q", str(case.rate), *more] if case.rate else []
            return words + [case.url], oha_times
        return generator
    return made


def oha_times(_, out):
    told = json.loads(out)["latencyPercentiles"]
    return {name: told[name] * 1000 for name in PERCENTILES}


def wrk(options):
    def generator(case):
        lua = case.file("push.lua", WRK)
        return [options.wrk, "-t1", f"-c{case.users}", f"-d{case.seconds}s", "--latency", "-s", lua, case.url], wrk_times
    return generator


def wrk_times(_, out):
    units = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    found = {}
    for name in PERCENTILES:
        match = re.search(rf"^\s+{name[1:]}%\s+([0-9.]+)(us|ms|s)$", out, re.M)
        if match:
            found[name] = float(match[1]) * units[match[2]]
    return found


def k6(options):
    def generator(case):
        script = case.file("push.js", K6)
        words = [options.k6, "run", "--quiet", "--no-usage-report", "--summary-export", case.file("k6.json"), script]
        asked = {"TO": f"http://{case.address}", "RATE": case.rate, "USERS": case.users, "SECONDS": case.seconds}
        for name, value in asked.items():
            words += ["-e", f"{name}={value}"]
        return words, k6_times
    return generator


def k6_times(case, _):
    told = json.loads(Path(case.file("k6.json")).read_text())["metrics"]["http_req_duration"]
    return {name: told[f"p({name[1:]})"] for name in PERCENTILES}


# Name, maker, whether it can hold a rate.
GENERATORS = {
    "matchproof": (matchproof, True),
    "hyper": (bare, False),
    "oha": (oha(), True),
    "oha-corrected": (oha("--latency-correction"), True),
    "wrk": (wrk, False),
    "goose": (goose(), True),
    "goose-mitigated": (goose("average"), True),
    "goose-one-thread": (goose(program="goose-one-thread"), False),
    "k6": (k6, True),
}


class Server:
    """The server of the bench on a core of its own."""

    def __init__(self, options, manner):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        words = [options.programs, "server", str(port), *(str(value) for value in manner)]
        self.process = subprocess.Popen(pinned(options.server_core, words))
        until = time.monotonic() + 10
        while True:
            try:
                self.count()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def count(self):
        """How many requests it has answered: nobody's own word for it."""
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as stream:
            stream.sendall(b"GET /count HTTP/1.1\r\nhost: bench\r\n\r\n")
            text = b""
            while b"\r\n\r\n" not in text or not text.split(b"\r\n\r\n")[1]:
                text += stream.recv(4096)
        return int(text.split(b"\r\n\r\n")[1])

    def stop(self):
        self.process.kill()
        self.process.wait()


def pinned(core, words):
    return ["taskset", "-c", str(core), *words] if core is not None else words


def measured(options, name, manner, users, rate):
    """One run against a fresh server: requests, CPU-s per 100,000 of the whole process, percentiles."""
    server = Server(options, manner)
    try:
        with tempfile.TemporaryDirectory() as folder:
            case = Case(server.address, users, options.seconds, rate, folder)
            words, times = GENERATORS[name][0](options)(case)
            with open(case.file("out"), "w+b") as out, open(case.file("err"), "w+b") as err:
                child = subprocess.Popen(pinned(options.core, words), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                         env={**os.environ, "BENCH_KEYS": KEYS, "BENCH_SECRET": "secret-of-the-bench"})
                _, status, used = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                out.seek(0)
                text = out.read().decode(errors="replace")
                # As fast as it is answered the generator is what gives out, and matchproof says that it is (3).
                if child.returncode != 0 and (name, rate, child.returncode) != ("matchproof", 0, 3):
                    err.seek(0)
                    sys.exit(f"{shlex.join(words)}\nended with {child.returncode}:\n{text}{err.read().decode()}")
            count = server.count()
            cpu = used.ru_utime + used.ru_stime
            told = times(case, text) if times and count else {}
            return {"count": count, "rate": count / options.seconds, "memory": used.ru_maxrss / 1024,
                    "cpu": cpu / max(count, 1) * 100_000, **told}
    finally:
        server.stop()


def table(options, title, names, manner, users, rate=0):
    """Interleaves all generators in each round, so that what else the machine does falls on all of them; medians."""
    due = rate * options.seconds
    print(f"\n## {title}\n", flush=True)
    rounds = {name: [] for name in names}
    for number in range(options.rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            rounds[name].append(measured(options, name, manner, users, rate))
    columns = ["requests/s", "CPU-s per 100,000", "MB", *PERCENTILES]
    if rate:
        columns[0] = f"sent of {due:,}"
    print("| generator | " + " | ".join(columns) + " |\n|---" + "|---" * len(columns) + "|")
    for name in names:
        def middle(key):
            values = [run[key] for run in rounds[name] if key in run]
            return statistics.median(values) if values else None
        cells = [f"{middle('count' if rate else 'rate'):,.0f}", f"{middle('cpu'):.2f}", f"{middle('memory'):.0f}"]
        cells += ["" if middle(key) is None else f"{middle(key):.1f}" for key in PERCENTILES]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    if not rate and "matchproof" in names:
        ratios(rounds)
    return rounds


def ratios(rounds):
    """By round: the machine is not the same in two rounds, but nearly so within one."""
    print()
    for name, runs in rounds.items():
        if name != "matchproof":
            of = list(zip(rounds["matchproof"], runs))
            cpu = statistics.median(mine["cpu"] / other["cpu"] for mine, other in of)
            rate = statistics.median(mine["rate"] / other["rate"] for mine, other in of)
            print(f"matchproof against {name}: {cpu:.2f} of its CPU per request, {rate:.2f} of its rate")


def truth(options, rate, stall, every):
    """What even arrivals at a rate wait for a server that stalls, in milliseconds."""
    waits = []
    for number in range(rate * options.seconds):
        into = number * 1000 / rate % every
        waits.append(max(0.0, every - into) if into >= every - stall else 0.0)
    waits.sort()
    at = [waits[min(len(waits) - 1, int(len(waits) * int(name[1:]) / 100))] for name in PERCENTILES]
    print("implied by the schedule: " + ", ".join(f"{name} {value:.0f}" for name, value in zip(PERCENTILES, at)))


def closed(options):
    names = chosen(options, [name for name in GENERATORS if name not in ("oha-corrected", "goose-mitigated")])
    table(options, "Closed: POST of 1.5 KB, 64 connections", names, (), 64)


def open_rates(options):
    names = chosen(options, [name for name in ("matchproof", "oha", "k6", "goose")])
    for rate in options.rates:
        table(options, f"Open: {rate:,} requests/s, 64 connections", names, (), 64, rate)


def stalls(options):
    names = chosen(options, [name for name in GENERATORS if GENERATORS[name][1]])
    for rate, stall, every in ((500, 1000, 5000), (1000, 500, 4000)):
        # As many connections as requests fall due in a stall, and some.
        title = f"Stall: {stall} ms in each {every} ms, {rate} requests/s, 600 connections, times in ms"
        table(options, title, names, (0, stall, every), 600, rate)
        truth(options, rate, stall, every)


def delays(options):
    # wrk holds no rate: with as many connections as answer 2,000/s at 5 ms it comes to nearly that.
    names = chosen(options, ["matchproof", "oha"])
    ours = table(options, "Delay: 5 ms, 2,000 requests/s, 50 connections, times in ms", names, (5,), 50, 2000)
    for name, key in (("service", "service"), ("response", "p50")):
        values = [run[key] for run in ours.get("matchproof", []) if key in run]
        if values:
            print(f"matchproof's {name} p50: {statistics.median(values):.2f} ms")
    if shutil.which(options.wrk):
        table(options, "Delay: 5 ms, wrk, 11 connections, as fast as it is answered", ["wrk"], (5,), 11)


TABLES = {"closed": closed, "open": open_rates, "stall": stalls, "delay": delays}


def chosen(options, names):
    here = {"wrk": options.wrk, "oha": options.oha, "oha-corrected": options.oha, "k6": options.k6,
            "matchproof": options.matchproof}
    names = [name for name in names if not options.only or name in options.only]
    missing = [name for name in names if name in here and not shutil.which(here[name])]
    if missing:
        print(f"not found, left out: {', '.join(missing)}", file=sys.stderr)
    return [name for name in names if name not in missing]


def programs():
    """Builds the bench's own programs, and tells where they are."""
    words = ["cargo", "bench", "--bench", "load", "--no-run", "--message-format=json"]
    told = subprocess.run(words, cwd=HERE.parent, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = (json.loads(line) for line in told.splitlines() if line.startswith("{"))
    return next(line["executable"] for line in built
                if line.get("executable") and line["target"]["name"] == "load")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which: {', '.join(TABLES)}; all without it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=20, help="how long each run lasts")
    parser.add_argument("--rates", type=int, nargs="*", default=[1000, 2000, 5000, 10000], help="for the table `open`")
    parser.add_argument("--only", nargs="*", help=f"which generators: {', '.join(GENERATORS)}")
    parser.add_argument("--core", type=int, default=1, help="the core for the generators")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--matchproof", default=str(TARGET / "matchproof"), metavar="PROGRAM")
    parser.add_argument("--more", default="", metavar="WORDS", help="further words for matchproof")
    parser.add_argument("--programs", help="the bench's own programs, where they are built already")
    for name in ("oha", "wrk", "k6"):
        parser.add_argument(f"--{name}", default=name, metavar="PROGRAM")
    options = parser.parse_args()
    options.programs = options.programs or programs()
    unknown = [name for name in options.tables if name not in TABLES]
    if unknown:
        parser.error(f"no table `{unknown[0]}`: there are {', '.join(TABLES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in options.tables or TABLES:
        TABLES[name](options)


if __name__ == "__main__":
    main()
