"""What recording costs: the same loads with and without, in turns, as ratios of processor time.

Tickers of 200 markets come at an even rate and are followed by 10 proxies, coalesced; the clients
are fresh processes, and the writer's thread counts as well. Run: python -m benchmarks.record
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.feed.rig import Rig, Run, rig
from benchmarks.feed.table import interleaved, median_of, median_ratio

RATES = (20_000, 2_000)
MARKETS, PROXIES = 200, 10


def compare(rig: Rig, rate: int, seconds: float, rounds: int) -> str:
    """One line: the ratio, both shares of a processor, latencies, and what was written."""
    task = rig.task("ticker", MARKETS, int(rate * seconds), proxies=PROXIES)
    clients = {name: partial(rig.paced, name, task, rate) for name in ("ours", "recorded")}
    runs = interleaved(rounds, clients)
    without, recorded = runs["ours"], runs["recorded"]
    ratio = median_ratio(recorded, without, _processor)
    late = [median_of(some, _p99) for some in (without, recorded)]
    megabytes = median_of(recorded, lambda run: run["written_bytes"] / run.seconds / 1e6)
    left_out = sum(int(run["left_out"]) for run in recorded)
    return (
        f"{rate:>7,}/s   {ratio:5.2f}   {median_of(without, _processor):7.1%} -> "
        f"{median_of(recorded, _processor):6.1%}   {late[0]:6.1f} -> {late[1]:5.1f} ms   "
        f"{megabytes:6.2f} MB/s   {left_out:,}"
    )


def _processor(run: Run) -> float:
    return run.processor


def _p99(run: Run) -> float:
    return float(run["latency"]["p99"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many counts")
    chosen = parser.parse_args()
    print("messages    ratio   processor            latency p99         file          left out")
    with rig() as made:
        for rate in RATES:
            print(compare(made, rate, chosen.seconds, chosen.rounds), flush=True)


if __name__ == "__main__":
    main()
