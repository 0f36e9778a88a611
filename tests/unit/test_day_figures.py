"""The figures of a market's day. Pure."""

from __future__ import annotations

from typing import Any

from upbit_ws_qt.events import TickerEvent
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets.models.day_figures import Figure, day_figures, strength


def ticker(code: str = "KRW-BTC", **fields: Any) -> TickerEvent:
    values = {"type": "ticker", "code": code, "timestamp": 1, "trade_price": 110.0, **fields}
    return TickerEvent(**values)


def text(key: str, **values: Any) -> str:
    shown = "".join(str(value) for value in values.values())
    return f"{key.removeprefix('orderbook.')}{shown and ':' + shown}"


def figures(event: TickerEvent) -> dict[str, Figure]:
    tick_at = lambda price: table_tick_size(event.code, price)  # noqa: E731
    return {figure.label: figure for figure in day_figures(event, tick_at, text)}


def test_a_full_day() -> None:
    shown = figures(
        ticker(
            prev_closing_price=115_300_000.0,
            high_price=117_453_000.0,
            low_price=114_147_000.0,
            acc_trade_volume_24h=3245.12345678,
            acc_trade_price_24h=412_345_678_901.1,
            highest_52_week_price=179_869_000.0,
            highest_52_week_date="2025-10-09",
            lowest_52_week_price=81_000_000.0,
            lowest_52_week_date="2026-04-07",
        )
    )
    assert list(shown) == [
        "volume_24h",
        "value_24h",
        "highest_52_week",
        "lowest_52_week",
        "previous_close",
        "day_high",
        "day_low",
    ]
    assert shown["volume_24h"].value == "3,245 BTC"
    assert shown["value_24h"].value == "million:412,346"
    assert shown["highest_52_week"] == Figure("highest_52_week", "179,869,000", "2025.10.09", 1)
    assert shown["lowest_52_week"] == Figure("lowest_52_week", "81,000,000", "2026.04.07", -1)
    assert shown["previous_close"] == Figure("previous_close", "115,300,000", "", 0)
    assert shown["day_high"] == Figure("day_high", "117,453,000", "+1.87%", 1)
    assert shown["day_low"] == Figure("day_low", "114,147,000", "-1.00%", -1)


def test_a_small_volume_keeps_its_fractions() -> None:
    assert figures(ticker(acc_trade_volume_24h=12.3456))["volume_24h"].value == "12.346 BTC"


def test_what_is_not_known_is_left_out() -> None:
    assert figures(ticker()) == {}


def test_without_a_previous_close_nothing_is_compared() -> None:
    assert figures(ticker(high_price=120.0))["day_high"] == Figure("day_high", "120")


def test_other_quotes_are_not_counted_in_won() -> None:
    assert figures(ticker("BTC-ETH", acc_trade_price_24h=12.3456))["value_24h"].value == (
        "12.346 BTC"
    )
    assert figures(ticker("USDT-ETH", acc_trade_price_24h=1234567.8))["value_24h"].value == (
        "1,234,568 USDT"
    )


def test_each_price_is_written_on_its_own_grid() -> None:
    shown = figures(ticker("KRW-X", highest_52_week_price=1234.0, lowest_52_week_price=0.00123))
    assert shown["highest_52_week"].value == "1,234"
    assert shown["lowest_52_week"].value == "0.00123"


def test_strength_is_bought_to_sold() -> None:
    assert strength(ticker(acc_bid_volume=150.0, acc_ask_volume=100.0)) == 150.0
    assert strength(ticker(acc_bid_volume=0.0, acc_ask_volume=100.0)) == 0.0


def test_no_strength_without_both_sides() -> None:
    assert strength(ticker(acc_bid_volume=1.0)) is None
    assert strength(ticker(acc_ask_volume=1.0)) is None
    assert strength(ticker(acc_bid_volume=1.0, acc_ask_volume=0.0)) is None
