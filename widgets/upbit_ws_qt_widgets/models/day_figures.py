"""The figures of a market's day, and how strongly buyers lead it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from upbit_ws_qt.events import TickerEvent
from upbit_ws_qt.markets import format_price, quote_currency

__all__ = ["Figure", "day_figures", "strength"]


# Of so many coins the fractions are left out.
_WHOLE_FROM = 1000


class Figure(NamedTuple):
    """One line of figures: ``note`` is a date or a change; ``direction`` colours the value."""

    label: str
    value: str
    note: str = ""
    direction: int = 0


def strength(ticker: TickerEvent) -> float | None:
    """Bought to sold volume of the day in percent; None where either is not known or nothing.

    The volumes are counted by the taker's side since 09:00 in Korea.
    """
    if ticker.acc_bid_volume is None or not ticker.acc_ask_volume:
        return None
    return ticker.acc_bid_volume / ticker.acc_ask_volume * 100


def day_figures(
    ticker: TickerEvent, tick_at: Callable[[float], float], text: Callable[..., str]
) -> tuple[Figure, ...]:
    """The figures of ``ticker``, leaving out what it does not know.

    Args:
        ticker: the market's day.
        tick_at: the price step at a price.
        text: the text of a key in the reader's language.
    """
    base = ticker.code.partition("-")[2]
    previous = ticker.prev_closing_price
    figures: list[Figure] = []

    def price(key: str, value: float | None, note: str = "") -> None:
        if value is not None:
            direction = (value > previous) - (value < previous) if previous else 0
            shown = format_price(value, tick_at(value))
            figures.append(Figure(text(f"orderbook.{key}"), shown, note, direction))

    def change(value: float | None) -> str:
        return f"{(value / previous - 1) * 100:+.2f}%" if value is not None and previous else ""

    if ticker.acc_trade_volume_24h is not None:
        volume = ticker.acc_trade_volume_24h
        shown = f"{volume:,.{0 if volume >= _WHOLE_FROM else 3}f} {base}"
        figures.append(Figure(text("orderbook.volume_24h"), shown))
    if ticker.acc_trade_price_24h is not None:
        value = _value(ticker.acc_trade_price_24h, quote_currency(ticker.code), text)
        figures.append(Figure(text("orderbook.value_24h"), value))
    price("highest_52_week", ticker.highest_52_week_price, _date(ticker.highest_52_week_date))
    price("lowest_52_week", ticker.lowest_52_week_price, _date(ticker.lowest_52_week_date))
    price("previous_close", previous)
    price("day_high", ticker.high_price, change(ticker.high_price))
    price("day_low", ticker.low_price, change(ticker.low_price))
    return tuple(figures)


def _value(value: float, quote: str, text: Callable[..., str]) -> str:
    if quote == "KRW":
        return text("orderbook.million", value=f"{value / 1e6:,.0f}")
    return f"{value:,.{3 if quote == 'BTC' else 0}f} {quote}"


def _date(date: str | None) -> str:
    """``2025-10-09`` as it is written in Korea."""
    return date.replace("-", ".") if date else ""
