"""Measures: `python -m tests.bench.run --database sqlite --flow sso --concurrency 8 --seconds 5`.

Prints CPU milliseconds per flow of the server's processes and of the database's, flows per second, latencies, failures,
memory, and what the flow asks of the database: statements and commits, counted in the same process run alone.
Compare two runs made right after each other; absolute figures belong to one machine and one hour.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.flows import FlowFailed, Party
from tests.bench.house import REDIRECT_URI, House, built, served
from tests.bench.statements import counted


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--flow", choices=("sso", "login"), default="sso")
    parser.add_argument("--algorithm", choices=("RS256", "ES256"), default="RS256")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, built(Path(folder), asked.database) as house:
        print(json.dumps({"flow": asked.flow, "database": asked.database} | counted(house, asked.flow)))
        with served(house):
            runs = [measure(house, asked) for _ in range(asked.repeat)]
    for run in runs:
        print(json.dumps(run))
    best = min(runs, key=lambda run: run["cpu_ms"])
    print(json.dumps({"least_cpu_ms": best["cpu_ms"], "failed": sum(run["failed"] for run in runs)}))


def measure(house: House, asked: argparse.Namespace) -> dict[str, Any]:
    """One window: the generator is a process of its own, so that its work isn't counted."""
    receive, send = multiprocessing.Pipe(duplex=False)
    generator = multiprocessing.Process(target=generate, args=(house, asked, send))
    generator.start()
    receive.recv()  # warm: everyone has a session
    before = [processes.cpu_ms(pid) for pid in house.pids]
    done, failed, taken = receive.recv()
    after = [processes.cpu_ms(pid) for pid in house.pids]
    memory = processes.resident_mib(house.pids[0])
    generator.join()
    if not done:
        sys.exit("no flow ended within the window")
    used = [(end - start) / done for start, end in zip(before, after, strict=True)]
    return {
        "cpu_ms": round(sum(used), 2),
        "server_ms": round(used[0], 2),
        "database_ms": round(sum(used[1:]), 2),
        "flows_per_second": round(done / asked.seconds, 1),
        "p50_ms": round(statistics.median(taken), 1),
        "p99_ms": round(sorted(taken)[int(len(taken) * 0.99)], 1),
        "failed": failed,
        "rss_mib": round(memory),
    }


def generate(house: House, asked: argparse.Namespace, send: Any) -> None:
    client_id = "bench" if asked.algorithm == "RS256" else "bench-es"
    parties = [
        Party(house.issuer, client_id, house.client_secret, REDIRECT_URI, name, word)
        for name, word in house.people[: asked.concurrency]
    ]
    for each in parties:
        each.login()
    send.send("warm")
    ends_at = time.monotonic() + asked.seconds
    outcomes: list[tuple[float, bool]] = []
    threads = [
        threading.Thread(target=repeat, args=(each, asked.flow, ends_at, outcomes)) for each in parties
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [taken for taken, worked in outcomes if worked]
    send.send((len(good), len(outcomes) - len(good), good))


def repeat(party: Party, flow: str, ends_at: float, outcomes: list[tuple[float, bool]]) -> None:
    while (started := time.monotonic()) < ends_at:
        try:
            party.sso() if flow == "sso" else party.login()
            worked = True
        except (FlowFailed, OSError) as failure:
            print(failure, file=sys.stderr)
            worked = False
        outcomes.append(((time.monotonic() - started) * 1000, worked))


if __name__ == "__main__":
    main()
