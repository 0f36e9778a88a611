"""How many messages a second reach the callback, each of them, when the wire never waits."""

from __future__ import annotations

from functools import partial

from benchmarks.feed.rig import Rig, Run
from benchmarks.feed.table import Effort, Row, interleaved, median_of, median_ratio

_MARKETS = 200


def throughput(rig: Rig, effort: Effort) -> list[Row]:
    """Trades through a queue, and tickers that are all kept, by callback and by signal."""
    rows: list[Row] = []
    for type_, delivery, ways in (
        ("trade", "drop_oldest", {"callback": 1.0}),
        ("ticker", "keep_all", {"callback": 1.0, "signal": 0.8}),
    ):
        tasks = {
            way: rig.task(
                type_,
                _MARKETS,
                effort.flood,
                lean=True,
                delivery=delivery,
                signal=way == "signal",
            )
            for way in ways
        }
        runs = interleaved(
            # They are short, and the noisiest.
            effort.rounds + 2,
            {"bare": partial(rig.flooded, "bare", tasks["callback"])}
            | {way: partial(rig.flooded, "ours", tasks[way]) for way in ways},
        )
        for way, least in ways.items():
            rows.append(
                Row(
                    f"throughput_{type_}_{way}",
                    f"{type_}s, every one, by {way}: messages a second",
                    f"{median_of(runs[way], _rate):,.0f}",
                    f"{median_of(runs['bare'], _rate):,.0f}",
                    median_ratio(runs[way], runs["bare"], _rate),
                    least=least,
                )
            )
            rows.append(
                Row(
                    f"throughput_{type_}_{way}_latency_ms",
                    "  mean latency in this flood",
                    f"{median_of(runs[way], _latency):.0f} ms",
                    f"{median_of(runs['bare'], _latency):.0f} ms",
                    median_of(runs[way], _latency),
                    "ms",
                    most=100,
                )
            )
        rows += lost(f"throughput_{type_}", [run for way in ways for run in runs[way]])
    return rows


def lost(key: str, runs: list[Run]) -> list[Row]:
    """What did not arrive in runs where everything has to; no row where nothing is missing."""
    missing = sum(run.sent.count - run["count"] for run in runs)
    if not missing:
        return []
    sent = sum(run.sent.count for run in runs)
    return [Row(f"{key}_lost", "  LOST of these", f"{missing:,}", f"{sent:,}", missing, "", most=0)]


def _rate(run: Run) -> float:
    return run.rate


def _latency(run: Run) -> float:
    return float(run["latency"]["mean"])
