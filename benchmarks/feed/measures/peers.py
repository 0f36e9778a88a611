"""ccxt's and pyupbit's clients of the exchange on the same messages, in the form they ask for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

from benchmarks.feed.clients.tally import Task
from benchmarks.feed.rig import Rig, Run, RunFailed
from benchmarks.feed.table import Effort, Row, interleaved, median_of

_MARKETS = 20
_RATE = 2_000
# Whoever has not got to the end so long after it has not survived.
_LIMIT_S = 15.0
_FRAMES = {"ticker": "tickers", "trade": "trades"}


def peers(rig: Rig, effort: Effort) -> list[Row]:
    """What each message costs at an even rate and how many are lost; and what a flood does."""
    # pyupbit's own process inherits the way here only where processes are forked.
    rivals = ["ccxt"] + ([] if sys.platform in ("win32", "darwin") else ["pyupbit"])
    rows: list[Row] = []
    for type_, many in _FRAMES.items():
        task = rig.task(
            type_, _MARKETS, round(_RATE * effort.seconds), lean=True, delivery="keep_all"
        )
        runs = interleaved(
            max(1, effort.rounds // 2),
            {
                client: partial(_tried, rig, client, task)
                for client in ("ours", *(f"{rival}_client" for rival in rivals))
            },
        )
        for rival in rivals:
            rows += _at_a_rate(rival, many, runs["ours"], runs[f"{rival}_client"])
    flood = rig.task("trade", _MARKETS, effort.flood // 4, lean=True, delivery="keep_all")
    ours = rig.flooded("ours", flood)
    rows += [_in_a_flood(rig, rival, flood, ours) for rival in rivals]
    return rows


def _tried(rig: Rig, client: str, task: Task) -> Run | None:
    """A peer may break off also at this rate; that is its result."""
    try:
        return rig.paced(client, task, _RATE, _LIMIT_S)
    except RunFailed:
        if client == "ours":
            raise
        return None


def _at_a_rate(
    rival: str, many: str, tried: Sequence[Run | None], others_tried: Sequence[Run | None]
) -> list[Row]:
    key = f"peers_{rival}_{many}"
    ours, others = ([run for run in runs if run] for runs in (tried, others_tried))
    broken = len(others_tried) - len(others)
    rows = [
        Row(
            f"{key}_broken",
            f"{rival}, {_RATE:,} {many}/s: runs in which it broke off",
            "0",
            f"{broken} of {len(others_tried)}",
            broken,
            "runs",
        )
    ]
    if not others:
        return rows
    lost, sent = median_of(others, _lost), ours[0].sent.count
    return [
        *(rows if broken else ()),
        Row(
            f"{key}_processor",
            f"{rival}, {_RATE:,} {many}/s: processor for each message sent",
            f"{median_of(ours, _cost):.0f} µs",
            f"{median_of(others, _cost):.0f} µs",
            median_of(ours, _cost) / median_of(others, _cost),
        ),
        Row(
            f"{key}_lost_percent",
            "  messages its user never gets",
            f"{median_of(ours, _lost):,.0f}",
            f"{lost:,.0f} of {sent:,}",
            100 * lost / sent,
            "%",
        ),
    ]


def _in_a_flood(rig: Rig, rival: str, task: Task, ours: Run) -> Row:
    try:
        other = rig.flooded(f"{rival}_client", task, _LIMIT_S)
        got, rate = f"{other.rate:,.0f}, {_lost(other):,.0f} lost", other.rate
    except RunFailed:
        got, rate = "breaks off, or never gets to the end", 0.0
    return Row(
        f"peers_{rival}_flood",
        f"{rival}, flood of trades: messages a second that its user gets",
        f"{ours.rate:,.0f}, {_lost(ours):,.0f} lost",
        got,
        rate,
        "/s",
    )


def _cost(run: Run) -> float:
    return float(run["processor_s"]) / run.sent.count * 1e6


def _lost(run: Run) -> float:
    return float(run.sent.count - run["count"])
