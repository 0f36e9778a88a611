"""What it costs to follow a market at its own pace, how late that is, and the same over TLS.

Processor time is that of the whole client process from its last snapshot to its last message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from benchmarks.feed.rig import Rig, Run
from benchmarks.feed.table import Effort, Row, interleaved, median_of, median_ratio

_FRAME_MS = 16.6


class Load(NamedTuple):
    """An even stream: ``most`` is our target, as a ratio of the bare loop's processor time."""

    key: str
    what: str
    type: str
    markets: int
    proxies: int
    rate: int
    most: float
    tls: bool = False


_TICKERS = [
    Load(f"tickers_{rate}", f"200 tickers, 10 proxies, {rate:,}/s", "ticker", 200, 10, rate, most)
    for rate, most in ((2_000, 0.3), (500, 0.45), (40, 1.5))
]
_BOOKS = [Load("books_1000", "855 books of 30 levels, 1,000/s", "orderbook", 855, 1, 1_000, 0.5)]
_TLS = [
    _TICKERS[0]._replace(key="tls_tickers_2000", most=0.4, tls=True),
    _BOOKS[0]._replace(key="tls_books_1000", most=0.55, tls=True),
]


def processor(rig: Rig, effort: Effort) -> list[Row]:
    """200 markets over 10 proxies, coalesced at the default 60 Hz; the busiest also at 30 Hz."""
    rows = [row for load in _TICKERS for row in _rows(rig, effort, load)]
    return [*rows, _at_30_hz(rig, effort, _TICKERS[0])]


def exchange(rig: Rig, effort: Effort) -> list[Row]:
    """Every order book that there is, on one socket."""
    return [row for load in _BOOKS for row in _rows(rig, effort, load)]


def tls(rig: Rig, effort: Effort) -> list[Row]:
    """The same as every user has it, against the bare loop with TLS."""
    return [row for load in _TLS for row in _rows(rig, effort, load)]


def _at_30_hz(rig: Rig, effort: Effort, load: Load) -> Row:
    """Half the wake-ups: a row that only informs."""
    count = round(load.rate * effort.seconds)
    task = rig.task(load.type, load.markets, count, proxies=load.proxies)
    clients = {"bare": task, "ours": replace(task, variant="30 Hz")}
    runs = interleaved(
        effort.rounds,
        {name: partial(rig.paced, name, each, load.rate) for name, each in clients.items()},
    )
    return Row(
        f"processor_{load.key}_30_hz",
        f"{load.what}, frames of 33 ms: processor",
        f"{median_of(runs['ours'], _share):.1%}",
        f"{median_of(runs['bare'], _share):.1%}",
        median_ratio(runs["ours"], runs["bare"], _seconds),
    )


def _rows(rig: Rig, effort: Effort, load: Load) -> list[Row]:
    count = round(load.rate * effort.seconds)
    task = rig.task(load.type, load.markets, count, tls=load.tls, proxies=load.proxies)
    runs = interleaved(
        effort.rounds,
        {name: partial(rig.paced, name, task, load.rate) for name in ("bare", "ours")},
    )
    ours, bare = runs["ours"], runs["bare"]
    what = load.what + (", TLS" if load.tls else "")
    rows = [
        Row(
            f"processor_{load.key}",
            f"{what}: processor",
            f"{median_of(ours, _share):.1%}",
            f"{median_of(bare, _share):.1%}",
            median_ratio(ours, bare, _seconds),
            most=load.most,
        )
    ]
    rows += [
        _late(load.key, name, ours, bare, most)
        for name, most in (("mean", 100.0), ("p99", 2 * _FRAME_MS), ("p99.9", 5 * _FRAME_MS))
    ]
    rows.append(
        Row(
            f"last_value_{load.key}_ms",
            "  latest last value of a market",
            f"{median_of(ours, _last):.1f} ms",
            f"{median_of(bare, _last):.1f} ms",
            median_of(ours, _last),
            "ms",
            most=2 * _FRAME_MS,
        )
    )
    if missing := sum(run["last_values_missing"] for run in ours):
        rows.append(
            Row(
                f"last_values_missing_{load.key}",
                "  last values that NEVER CAME",
                str(missing),
                "0",
                missing,
                most=0,
            )
        )
    return rows


def _late(key: str, name: str, ours: list[Run], bare: list[Run], most: float) -> Row:
    value = median_of(ours, _latency(name))
    more = ""
    if name == "mean":
        p50, worst = median_of(ours, _latency("p50")), median_of(ours, _latency("max"))
        more = f" (p50 {p50:.1f}, max {worst:.1f})"
    return Row(
        f"latency_{key}_{name}_ms",
        f"  latency, {name}",
        f"{value:.1f} ms{more}",
        f"{median_of(bare, _latency(name)):.1f} ms",
        value,
        "ms",
        most=most,
    )


def _latency(name: str) -> Callable[[Run], float]:
    return lambda run: float(run["latency"][name])


def _share(run: Run) -> float:
    return run.processor


def _seconds(run: Run) -> float:
    return float(run["processor_s"])


def _last(run: Run) -> float:
    return float(run["last_value_late_ms"])
