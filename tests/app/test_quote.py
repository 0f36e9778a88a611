"""The price of a market and its day, put into words. Tests only."""

from __future__ import annotations

from functools import partial

import pytest

from upbit_ws_qt.events import TickerEvent, TradeEvent
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.rollover import rolled_over
from upbit_ws_qt_app.quote import Figure, Quote, QuoteTexts, resolve, with_ticker, with_trade
from upbit_ws_qt_resources import translations


def text(key: str, **values: object) -> str:
    return translations("en")[key].format(**values)


def texts(quote: Quote) -> QuoteTexts:
    return resolve(quote, partial(table_tick_size, quote.market), text)


def ticker(price: float, time_ms: int, **fields: float | None) -> TickerEvent:
    return TickerEvent(
        type="ticker",
        code="KRW-BTC",
        timestamp=time_ms,
        trade_timestamp=time_ms,
        trade_price=price,
        **fields,  # type: ignore[arg-type]
    )


def trade(price: float, time_ms: int, previous_close: float | None = None) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=time_ms,
        trade_price=price,
        trade_volume=1.0,
        ask_bid="BID",
        sequential_id=time_ms,
        prev_closing_price=previous_close,
    )


def test_the_newest_of_tickers_and_trades_tells_the_price() -> None:
    """They are not in step, and trades come late."""
    quote = with_trade(Quote("KRW-BTC"), trade(100.0, 5, previous_close=80.0))
    late = with_trade(quote, trade(99.0, 4))
    older = with_ticker(late, ticker(98.0, 3, high_price=120.0))
    newer = with_ticker(older, ticker(105.0, 6, prev_closing_price=90.0))

    assert late == quote
    assert (older.price, older.previous_close, older.high) == (100.0, 80.0, 120.0)
    assert (newer.price, newer.previous_close) == (105.0, 90.0)


def test_what_one_stream_does_not_tell_stays_as_the_other_told_it() -> None:
    """A trade without the close of the day before does not make it unknown."""
    quote = with_ticker(Quote("KRW-BTC"), ticker(100.0, 1, prev_closing_price=80.0, low_price=70.0))

    after = with_trade(quote, trade(101.0, 2))

    assert (after.price, after.previous_close, after.low) == (101.0, 80.0, 70.0)


def test_a_trade_of_the_former_day_does_not_bring_back_its_close() -> None:
    """The day began without a trade, and the last one is told once more."""
    day_ms = 86_400_000
    began = rolled_over(ticker(100.0, day_ms - 5, prev_closing_price=80.0), day_ms)

    quote = with_trade(with_ticker(Quote("KRW-BTC"), began), trade(100.0, day_ms - 5, 80.0))

    assert (quote.price, quote.previous_close) == (100.0, 100.0)


def test_a_rise_in_words() -> None:
    """Price and change by the tick, the rest as Korean sites tell it."""
    quote = Quote("KRW-BTC", 1, 116_539_000.0, 115_300_000.0, 117e6, 115e6, 1234.56789, 5.678e11)

    assert texts(quote) == QuoteTexts(
        "116,539,000",
        "KRW",
        "+1.07%  ▲ 1,239,000",
        1.0,
        (
            Figure("Day high", "117,000,000", 1_700_000.0),
            Figure("Day low", "115,000,000", -300_000.0),
            Figure("Volume (24h)", "1,234.568 BTC"),
            Figure("Value (24h)", "567,800M KRW"),
        ),
    )


@pytest.mark.parametrize(
    ("price", "change", "sign"),
    [(990.0, "-1.00%  ▼ 10", -1.0), (1000.0, "+0.00%  0", 0.0), (1500.0, "+50.00%  ▲ 500", 1.0)],
)
def test_the_sign_is_told_beside_the_colour(price: float, change: str, sign: float) -> None:
    """Colour alone tells some people nothing."""
    told = texts(Quote("KRW-X", 1, price, 1000.0))

    assert (told.change, told.sign) == (change, sign)


def test_other_currencies_are_told_in_full() -> None:
    """Eight decimals of BTC, and no millions."""
    told = texts(Quote("BTC-ETH", 1, 0.03123456, None, 0.04, None, None, 12.3456))

    assert told == QuoteTexts(
        "0.03123456",
        "BTC",
        "",
        0.0,
        (Figure("Day high", "0.04000000", 0.0), Figure("Value (24h)", "12.346 BTC")),
    )


def test_nothing_known_is_a_dash() -> None:
    """With the currency that it would be in."""
    assert texts(Quote("KRW-BTC")) == QuoteTexts("–", "KRW", "", 0.0, ())
