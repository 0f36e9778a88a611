"""What the GUI thread has left under a flood: a timer's lateness, and the time a key takes."""

from __future__ import annotations

from functools import partial

from benchmarks.feed.rig import Rig, Run
from benchmarks.feed.table import Effort, Row, interleaved, median_of

_RATE = 20_000
_QUIET = 40


def screen(rig: Rig, effort: Effort) -> list[Row]:
    """Tickers as widgets show them, and trades of which each counts; beside hardly any load."""
    rows: list[Row] = []
    for type_, how in (("ticker", "coalesced"), ("trade", "every one")):
        tasks = {
            rate: rig.task(type_, 200, round(rate * effort.seconds), proxies=10)
            for rate in (_RATE, _QUIET)
        }
        runs = interleaved(
            effort.rounds,
            {rate: partial(rig.paced, "screen", task, rate) for rate, task in tasks.items()},
        )
        flood, quiet = runs[_RATE], runs[_QUIET]
        key = f"screen_{type_}s"
        what = f"GUI thread, {_RATE:,} {type_}s/s, {how}"
        late, idle = median_of(flood, _late_share), median_of(quiet, _late_share)
        rows += [
            Row(
                f"{key}_late_percent",
                f"{what}: a 5 ms timer over 8 ms late",
                f"{late:.2%}",
                f"{idle:.2%} at {_QUIET}/s",
                100 * late,
                "%",
                most=1,
            ),
            _ms(f"{key}_timer_max_ms", "  the timer, max", flood, quiet, ("timer", "max"), 33),
            _ms(f"{key}_key_p99_ms", "  a key served, p99", flood, quiet, ("keys", "p99"), 16),
            _ms(f"{key}_latency_ms", "  mean latency", flood, quiet, ("latency", "mean"), 100),
            Row(
                f"{key}_processor",
                "  processor",
                f"{median_of(flood, _share):.0%}",
                f"{median_of(quiet, _share):.0%}",
                100 * median_of(flood, _share),
                "%",
            ),
        ]
    return rows


def _ms(
    key: str, what: str, flood: list[Run], quiet: list[Run], name: tuple[str, str], most: float
) -> Row:
    def of(run: Run) -> float:
        return float(run[name[0]][name[1]])

    value = median_of(flood, of)
    bound = f"{median_of(quiet, of):.1f} ms"
    return Row(key, what, f"{value:.1f} ms", bound, value, "ms", most=most)


def _late_share(run: Run) -> float:
    return float(run["timer_late_share"])


def _share(run: Run) -> float:
    return run.processor
