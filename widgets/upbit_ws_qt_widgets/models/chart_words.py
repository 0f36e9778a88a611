"""What the chart says about itself and its data, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from upbit_ws_qt.markets import Market

from .chart_state import ChartState

__all__ = ["Circumstances", "describe"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside the bars.

    ``is_aging`` says that no live data come now, so that it matters how old the newest are;
    ``is_asking`` that what is missing is asked for until it is there.
    ``failure`` says why the last request failed, or is empty; ``is_retrying`` that what failed is
    asked for again by itself.
    """

    code: str
    market: Market | None
    language: str
    is_loading: bool
    is_paging: bool
    is_exhausted: bool
    failure: str
    is_retrying: bool
    badge: str
    is_aging: bool = False
    is_asking: bool = False


def describe(chart: ChartState, facts: Circumstances) -> None:
    """Bring the title, message, notice and badge of ``chart`` up to date, in its words."""
    unit = chart.words[f"timeframe.{chart.timeframe.value}"]
    if facts.market is None:
        chart.title, chart.subtitle = facts.code, unit
    else:
        names = {"ko": facts.market.korean_name, "en": facts.market.english_name}
        chart.title, chart.subtitle = names[facts.language], f"{facts.code} · {unit}"
    chart.is_waiting = facts.is_loading
    chart.message = _message(chart, facts)
    chart.notice = _notice(chart, facts)
    chart.badge, chart.is_aging = facts.badge, facts.is_aging
    chart.is_asking = facts.is_asking


def _message(chart: ChartState, facts: Circumstances) -> str:
    if facts.is_loading:
        return chart.words["chart.loading"]
    if chart.bars:
        return ""
    if facts.failure:
        return chart.words["chart.load_failed"].format(message=facts.failure)
    return chart.words["chart.empty" if facts.code else "chart.no_market"]


def _notice(chart: ChartState, facts: Circumstances) -> str:
    if not chart.bars:
        return ""
    if facts.is_paging:
        return chart.words["chart.loading_older"]
    if facts.is_retrying:
        return chart.words["chart.missed_failed"]
    if facts.failure:
        return chart.words["chart.older_failed"]
    return chart.words["chart.oldest"] if facts.is_exhausted and chart.shows_oldest() else ""
