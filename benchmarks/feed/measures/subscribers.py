"""What 1, 10 and 100 subscribers cost on one stream of messages."""

from __future__ import annotations

from functools import partial

from benchmarks.feed.rig import Rig, Run
from benchmarks.feed.table import Effort, Row, interleaved, median_of

_RATE = 1_000
_MARKETS = 100


def subscribers(rig: Rig, effort: Effort) -> list[Row]:
    """Each has its share of 100 markets, or all of them; coalesced, or every message of them."""
    rows: list[Row] = []
    for delivery, how in (("coalesce_by_symbol", "coalesced"), ("keep_all", "queued")):
        variants = [(1, False), *((n, overlap) for n in (10, 100) for overlap in (False, True))]
        runs = interleaved(
            max(1, effort.rounds // 2),
            {
                variant: partial(_run, rig, effort, delivery, variant[0], overlap=variant[1])
                for variant in variants
            },
        )
        alone = median_of(runs[1, False], _seconds)
        for (number, overlap), done in runs.items():
            what = "all of all" if overlap else "apart"
            rows.append(
                Row(
                    f"subscribers_{how}_{number}_{'all' if overlap else 'apart'}",
                    f"{number} subscriber{'s' * (number > 1)} of {_RATE:,}/s, {how}"
                    + (f", {what}" if number > 1 else "")
                    + ": processor",
                    f"{median_of(done, _share):.1%}",
                    f"{median_of(runs[1, False], _share):.1%} for one",
                    median_of(done, _seconds) / alone,
                )
            )
    return rows


def _run(rig: Rig, effort: Effort, delivery: str, number: int, *, overlap: bool) -> Run:
    messages = round(_RATE * effort.seconds)
    task = rig.task(
        "ticker",
        _MARKETS,
        messages * (number if overlap else 1),
        proxies=number,
        overlap=overlap,
        delivery=delivery,
        lean=True,
    )
    return rig.run("ours", task, lambda server: server.pace(_RATE, effort.seconds))


def _share(run: Run) -> float:
    return run.processor


def _seconds(run: Run) -> float:
    return float(run["processor_s"])
