"""The feed against its bounds and its peers: one command, one table, one line of JSON.

Each client has a process of its own; the frames come from this one, on loopback. Rows, targets and
how to read them: docs/benchmarks.md. Run: python -m benchmarks.feed [--quick] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from .measures.components import components
from .measures.endurance import churn, lossless, slow
from .measures.imports import imports
from .measures.loads import exchange, processor, tls
from .measures.machine import machine
from .measures.peers import peers
from .measures.screen import screen
from .measures.subscribers import subscribers
from .measures.throughput import throughput
from .rig import Rig, RunFailed, rig
from .table import Effort, Row, lines, summary

MEASURES: dict[str, Callable[[Rig, Effort], list[Row]]] = {
    "throughput": throughput,
    "machine": machine,
    "processor": processor,
    "exchange": exchange,
    "tls": tls,
    "screen": screen,
    "components": components,
    "peers": peers,
    "subscribers": subscribers,
    "lossless": lossless,
    "slow": slow,
    "churn": churn,
    "imports": imports,
}

WHOLE = Effort(rounds=3, seconds=4.0, flood=120_000)
QUICK = Effort(rounds=2, seconds=2.0, flood=60_000, is_quick=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.feed")
    parser.add_argument("--quick", action="store_true", help="few and short rounds, to develop by")
    parser.add_argument(
        "--only", nargs="+", choices=MEASURES, default=list(MEASURES), metavar="NAME",
        help=f"of: {', '.join(MEASURES)}",
    )  # fmt: skip
    options = parser.parse_args()
    effort = QUICK if options.quick else WHOLE
    began = time.monotonic()
    rows: list[Row] = []
    failed: list[str] = []
    with rig() as shared:
        for name in options.only:
            started = time.monotonic()
            try:
                rows += MEASURES[name](shared, effort)
            except RunFailed as error:
                failed.append(name)
                rows.append(Row(f"{name}_failed", name, f"FAILED: {error}", "", 1, "", most=0))
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        late_ms = shared.late_ms
    for line in lines(rows):
        print(line)
    met = sum(row.is_met is True for row in rows)
    judged = sum(row.is_met is not None for row in rows)
    if late_ms:
        typical, worst = statistics.median(late_ms), max(late_ms)
        print(f"the latest frame of each run went out {typical:.0f} ms late, at most {worst:.0f}")
    print(f"{met} of {judged} targets met, medians, in {time.monotonic() - began:.0f} s")
    print(summary(rows))
    if failed:
        sys.exit(f"could not be measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
