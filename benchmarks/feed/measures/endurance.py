"""What only shows over time: that nothing is lost, that a slow one harms nobody, that none stay."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.feed.rig import Rig, RunFailed
from benchmarks.feed.table import Effort, Row

_FRAME_MS = 16.6
_FLOOD = 20_000
# Whoever hears of the end later than this was not served beside the slow one.
_SERVED_WITHIN_S = 15.0


def lossless(rig: Rig, effort: Effort) -> list[Row]:
    """100 markets for two minutes, each message numbered and counted."""
    seconds, rate = (10 if effort.is_quick else 120), 2_000
    task = rig.task("trade", 100, seconds * rate, proxies=10, exact=True)
    run = rig.paced("ours", task, rate)
    missing, holes = run.sent.count - run["count"], run["holes"]
    latency = run["latency"]
    return [
        Row(
            "lossless_missing",
            f"100 markets, {rate:,} trades/s for {seconds} s: missing or out of order",
            f"{missing:,} and {holes:,}",
            f"of {run.sent.count:,}",
            abs(missing) + holes,
            "of all",
            most=0,
        ),
        Row(
            "lossless_latency_p99_ms",
            f"  latency, p99 (p50 {latency['p50']:.1f}, max {latency['max']:.1f} ms)",
            f"{latency['p99']:.1f} ms",
            "",
            latency["p99"],
            "ms",
            most=2 * _FRAME_MS,
        ),
        Row(
            "lossless_processor_percent",
            "  processor",
            f"{run.processor:.1%}",
            "",
            100 * run.processor,
            "%",
        ),
    ]


def slow(rig: Rig, effort: Effort) -> list[Row]:
    """One of eleven consumers takes 20 ms a call in a flood."""
    seconds = 4.0 if effort.is_quick else 10.0
    count = round(_FLOOD * seconds)
    task = rig.task("trade", 200, count, proxies=10, lean=True, variant="none")
    usual = rig.paced("slow", task, _FLOOD)["latency"]["p99"]
    rows: list[Row] = []
    for variant, how in (("async", "waits"), ("blocking", "holds the thread")):
        what = f"one of 11 {how} 20 ms a call, {_FLOOD:,}/s"
        try:
            run = rig.paced("slow", replace(task, variant=variant), _FLOOD, _SERVED_WITHIN_S)
        except RunFailed as error:
            rows.append(Row(f"slow_{variant}_fails", what, f"FAILS: {error}", "", 1, "", most=0))
            continue
        p99 = run["latency"]["p99"]
        told = run["delivered"] + run["lost"] + run["queued"]
        _, low, high = run["memory"]
        rows += [
            Row(
                f"slow_{variant}_others_p99_ms",
                f"{what}: latency of the others, p99",
                f"{p99:.1f} ms",
                f"{usual:.1f} ms without it",
                p99,
                "ms",
                # Whoever holds the thread delays a frame by his call.
                most=2 * _FRAME_MS + (20 if variant == "blocking" else 0),
            ),
            Row(
                f"slow_{variant}_others_lost",
                "  lost by the others",
                f"{run.sent.count - run['count']:,}",
                f"of {run.sent.count:,}",
                run.sent.count - run["count"],
                "of all",
                most=0,
            ),
            Row(
                f"slow_{variant}_untold",
                f"  of its own: {run['delivered']:,} taken, {run['lost']:,} dropped; not accounted",
                f"{run.sent.count - told:,}",
                f"of {run.sent.count:,}",
                # One may be in its hands.
                max(0, abs(run.sent.count - told) - 1),
                "of all",
                most=0,
            ),
            Row(
                f"slow_{variant}_memory_kb_s",
                "  memory once its queue is full, 95 % interval",
                f"{1000 * low:+.0f} to {1000 * high:+.0f} kB/s",
                "",
                max(0.0, 1000 * low),
                "kB/s",
                most=0,
            ),
        ]
    return rows


def churn(rig: Rig, effort: Effort) -> list[Row]:
    """10,000 proxies are made and end, in four ways, while tickers flow."""
    total = 2_000 if effort.is_quick else 10_000
    task = rig.task("ticker", 10, 2_000, lean=True, variant=str(total))
    run = rig.paced("churn", task, 500)
    # Fewer than before is what had not ended when it began.
    left = {name: number for name, number in run["left"].items() if number > 0}
    slope, low, high = (1000 * mb for mb in run["memory"])
    return [
        Row(
            "churn_left",
            f"{total:,} proxies made and ended: what is left",
            ", ".join(f"{number} {name}" for name, number in left.items()) or "nothing",
            "",
            sum(left.values()),
            "objects",
            most=0,
        ),
        Row(
            "churn_memory_kb",
            "  memory for each 1,000, 95 % interval",
            f"{slope:+.0f} kB ({low:+.0f} to {high:+.0f})",
            "",
            max(0.0, low),
            "kB",
            most=0,
        ),
    ]
