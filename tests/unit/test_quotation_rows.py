"""The answers to REST calls about markets, read as the same events as frames. Tests only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt.errors import DecodeError
from upbit_ws_qt.events import CandleEvent, OrderbookUnit, Source, TickerEvent, TradeEvent
from upbit_ws_qt.markets import Instrument, Market
from upbit_ws_qt.quotation_rows import (
    read_candles,
    read_instruments,
    read_markets,
    read_orderbooks,
    read_tickers,
    read_trades,
)
from upbit_ws_qt.timeframe import Timeframe


def body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


MARKET = {
    "market": "KRW-BTC",
    "korean_name": "비트코인",
    "english_name": "Bitcoin",
    "market_event": {"warning": False, "caution": {"PRICE_FLUCTUATIONS": False}},
}
TICKER = {
    "market": "KRW-BTC",
    "trade_date": "20260921",
    "trade_time": "141320",
    "trade_date_kst": "20260921",
    "trade_time_kst": "231320",
    "trade_timestamp": 1_790_000_000_100,
    "opening_price": 116_500_000,
    "high_price": 117_000_000.0,
    "low_price": 115_000_000,
    "trade_price": 115_461_000,
    "prev_closing_price": 116_000_000,
    "change": "FALL",
    "change_price": 539_000,
    "change_rate": 0.0046465517,
    "signed_change_price": -539_000,
    "signed_change_rate": -0.0046465517,
    "trade_volume": 0.0007772,
    "acc_trade_price": 177_001_002_003.12345,
    "acc_trade_price_24h": 275_100_000_000,
    "acc_trade_volume": 1523.60472389,
    "acc_trade_volume_24h": 2371.5,
    "highest_52_week_price": 180_000_000,
    "highest_52_week_date": "2025-10-09",
    "lowest_52_week_price": 95_000_000,
    "lowest_52_week_date": "2026-02-05",
    "timestamp": 1_790_000_000_123,
}
TRADE = {
    "market": "KRW-BTC",
    "trade_date_utc": "2026-09-21",
    "trade_time_utc": "14:13:20",
    "timestamp": 1_790_000_000_123,
    "trade_price": 115_461_000,
    "trade_volume": 0.0007772,
    "prev_closing_price": 116_000_000,
    "change_price": -539_000.0,
    "ask_bid": "ASK",
    "sequential_id": 17_900_000_001_230_001,
}
BOOK = {
    "market": "KRW-BTC",
    "timestamp": 1_790_000_000_123,
    "total_ask_size": 3.25,
    "total_bid_size": 4,
    "orderbook_units": [
        {"ask_price": 116_540_000, "bid_price": 116_539_000, "ask_size": 0.25, "bid_size": 4},
        {"ask_price": 116_541_000.0, "bid_price": 0, "ask_size": 3, "bid_size": 0},
    ],
    "level": 10_000,
}
SECOND = {
    "market": "KRW-BTC",
    "candle_date_time_utc": "2026-09-21T14:13:00",
    "candle_date_time_kst": "2026-09-21T23:13:00",
    "opening_price": 100,
    "high_price": 120.0,
    "low_price": 90,
    "trade_price": 110,
    "timestamp": 1_790_000_000_123,
    "candle_acc_trade_price": 385.5,
    "candle_acc_trade_volume": 3,
}
MINUTE = SECOND | {"unit": 1}
DAY = SECOND | {"prev_closing_price": 115.0, "change_price": -5.0, "change_rate": -0.0434782609}
CONVERTED = DAY | {"converted_trade_price": 16_000.5}
WEEK = SECOND | {"first_day_of_period": "2026-09-21"}

Reader = Callable[[bytes], Any]


def candle_reader(timeframe: Timeframe, *, converted: bool = False) -> Reader:
    return lambda answer: read_candles(answer, timeframe, converted=converted)


_KST = {"candle_date_time_kst"}
# How each row is read, and which of its fields are not promised everywhere.
ROWS: list[Any] = [
    pytest.param(reader, row, may_lack, id=name)
    for name, reader, row, may_lack in (
        ("market", read_markets, MARKET, {"korean_name", "market_event"}),
        ("ticker", read_tickers, TICKER, {"trade_date_kst", "trade_time_kst"}),
        ("trade", read_trades, TRADE, set[str]()),
        ("book", read_orderbooks, BOOK, {"level"}),
        ("second", candle_reader(Timeframe.SECOND_1), SECOND, _KST),
        ("minute", candle_reader(Timeframe.MINUTE_1), MINUTE, _KST),
        ("day", candle_reader(Timeframe.DAY), DAY, _KST),
        (
            "converted",
            candle_reader(Timeframe.DAY, converted=True),
            CONVERTED,
            _KST,
        ),
        ("week", candle_reader(Timeframe.WEEK), WEEK, _KST),
    )
]


@pytest.mark.parametrize(("reader", "row", "may_lack"), ROWS)
def test_a_missing_field_that_is_promised_is_named(
    reader: Reader, row: dict[str, Any], may_lack: set[str]
) -> None:
    """What regions lack may be missing."""
    assert len(reader(body([row, row]))) > 0
    for name in row:
        without = body([{key: value for key, value in row.items() if key != name}])
        if name in may_lack:
            assert len(reader(without)) == 1
        else:
            with pytest.raises(DecodeError, match=f"missing required field `{name}`"):
                reader(without)


@pytest.mark.parametrize(("reader", "row", "may_lack"), ROWS)
def test_an_answer_of_another_shape_is_one_kind_of_error(
    reader: Reader, row: dict[str, Any], may_lack: set[str]
) -> None:
    unreadable = (
        b"",
        b"<html>502</html>",
        body(row),
        b"[7]",
        b'[{"market":"\xff"}]',
        b"[" * 99_999,
    )
    for answer in (*unreadable, body([row | {"market": 7}])):
        with pytest.raises(DecodeError, match="an answer is not what the documents say"):
            reader(answer)


@pytest.mark.parametrize(("reader", "row", "may_lack"), ROWS[1:])
def test_an_event_says_that_it_came_over_rest(
    reader: Reader, row: dict[str, Any], may_lack: set[str]
) -> None:
    """No row can say otherwise, and none can set its type, by whatever name."""
    plain = reader(body([row]))[0]
    forged = {
        "type": "x",
        "code": "X-Y",
        "\u2063type": "x",
        "stamp": {"epoch": 9},
        "\u2063stamp": {"epoch": 9, "replayed": True},
        "source": "polled",
    }
    for event in (plain, reader(body([row | forged]))[0]):
        assert (event.source, event.epoch, event.replayed) == (Source.REST, 0, False)
        assert (event.type, event.code, event.symbol) == (plain.type, "KRW-BTC", "KRW-BTC")


def test_markets_with_their_warnings() -> None:
    caution = {
        "PRICE_FLUCTUATIONS": True,
        "TRADING_VOLUME_SOARING": False,
        "CONCENTRATION_OF_SMALL_ACCOUNTS": True,
    }
    warned = {
        "market": "KRW-X",
        "korean_name": "엑스",
        "english_name": "X",
        "market_event": {"warning": True, "caution": caution},
    }
    assert read_markets(body([MARKET, warned])) == {
        "KRW-BTC": Market("KRW-BTC", "비트코인", "Bitcoin"),
        "KRW-X": Market(
            "KRW-X",
            "엑스",
            "X",
            warning=True,
            cautions=("PRICE_FLUCTUATIONS", "CONCENTRATION_OF_SMALL_ACCOUNTS"),
        ),
    }


def test_markets_of_other_regions_say_their_warning_in_a_word() -> None:
    rows = [
        {"market": "SGD-BTC", "english_name": "Bitcoin", "market_warning": "CAUTION"},
        {"market": "SGD-ETH", "english_name": "Ethereum", "market_warning": "NONE"},
        {"market": "SGD-XRP", "english_name": "Ripple"},
    ]
    found = read_markets(body(rows))
    assert [market.warning for market in found.values()] == [True, False, False]
    assert found["SGD-BTC"].korean_name == ""


def test_the_real_market_list_of_a_day(shared_recording: Path) -> None:
    path = shared_recording.with_name("market_all.json")
    if not path.is_file():
        pytest.skip("no market list lies beside the recording")
    found = read_markets(path.read_bytes())
    assert len(found) == 294
    assert found["KRW-BTC"] == Market("KRW-BTC", "비트코인", "Bitcoin")


def test_instruments_come_as_strings() -> None:
    rows = [
        {
            "market": "KRW-BTC",
            "quote_currency": "KRW",
            "tick_size": "1000",
            "supported_levels": ["0", "10000", "100000"],
        },
        {"market": "BTC-ETH", "quote_currency": "BTC", "tick_size": "0.00000001"},
    ]
    assert read_instruments(body(rows)) == {
        "KRW-BTC": Instrument(1000.0, (0.0, 10_000.0, 100_000.0)),
        "BTC-ETH": Instrument(0.000_000_01, ()),
    }


@pytest.mark.parametrize(
    "row",
    [
        {"market": "KRW-BTC"},
        {"market": "KRW-BTC", "tick_size": 1000},
        {"market": "KRW-BTC", "tick_size": "much"},
        {"market": "KRW-BTC", "tick_size": "1", "supported_levels": ["none"]},
    ],
)
def test_an_instrument_without_a_readable_tick_is_none(row: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="an answer is not what the documents say"):
        read_instruments(body([row]))


def test_a_ticker_keeps_every_field_and_its_signs() -> None:
    """What REST lacks is None."""
    (event,) = read_tickers(body([TICKER]))
    assert isinstance(event, TickerEvent)
    for name, value in TICKER.items():
        if name != "market":
            assert getattr(event, name) == value, name
    assert isinstance(event.trade_price, float)
    lacking = ("ask_bid", "acc_ask_volume", "acc_bid_volume", "market_state", "stream_type")
    assert {getattr(event, name) for name in lacking} == {None}


def test_tickers_keep_their_order() -> None:
    rows = [TICKER | {"market": code} for code in ("KRW-B", "KRW-A", "KRW-C")]
    assert [event.code for event in read_tickers(body(rows))] == ["KRW-B", "KRW-A", "KRW-C"]


def test_a_trade_is_read_as_frames_tell_it() -> None:
    """There, a change of price has no sign; here the sign is what both prices say."""
    (event,) = read_trades(body([TRADE]))
    assert isinstance(event, TradeEvent)
    assert event.type == "trade"
    assert (event.trade_date, event.trade_time) == ("2026-09-21", "14:13:20")
    assert (event.change_price, event.prev_closing_price) == (539_000.0, 116_000_000.0)
    assert (event.trade_price, event.trade_volume) == (115_461_000.0, 0.0007772)
    assert (event.ask_bid, event.sequential_id) == ("ASK", 17_900_000_001_230_001)
    assert (event.change, event.trade_timestamp, event.best_ask_price) == (None, None, None)
    assert event.time == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)
    assert read_trades(body([TRADE | {"change_price": None}]))[0].change_price is None


def test_trades_and_candles_are_handed_on_oldest_first() -> None:
    """The exchange sends the newest first."""
    rows: list[dict[str, Any]] = [TRADE | {"sequential_id": number} for number in (30, 20, 10)]
    assert [event.sequential_id for event in read_trades(body(rows))] == [10, 20, 30]
    rows = [MINUTE | {"candle_date_time_utc": f"2026-09-21T14:{m}:00"} for m in (13, 12, 10)]
    events = read_candles(body(rows), Timeframe.MINUTE_1)
    assert [event.candle_date_time_utc[14:16] for event in events] == ["10", "12", "13"]


def test_books() -> None:
    (event,) = read_orderbooks(body([BOOK]))
    assert (event.type, event.code, event.level) == ("orderbook", "KRW-BTC", 10_000.0)
    assert (event.total_ask_size, event.total_bid_size) == (3.25, 4.0)
    assert event.orderbook_units == (
        OrderbookUnit(116_540_000.0, 116_539_000.0, 0.25, 4.0),
        OrderbookUnit(116_541_000.0, 0.0, 3.0, 0.0),
    )
    assert len(event.sliced(1).orderbook_units) == 1
    assert read_orderbooks(b"[]") == (), "the answer to a level that a market has not"


@pytest.mark.parametrize("unit", list(Timeframe))
def test_a_candle_says_its_unit(unit: Timeframe) -> None:
    row = SECOND | MINUTE | DAY | WEEK
    (event,) = read_candles(body([row]), unit)
    assert isinstance(event, CandleEvent)
    assert event.timeframe is unit
    assert event.type == f"candle.{unit}"
    assert (event.volume, event.value, event.open_price) == (3.0, 385.5, 100.0)


def test_candles_of_days_and_longer_say_more() -> None:
    """The changes of days have signs: frames have none of them."""
    (day,) = read_candles(body([DAY]), Timeframe.DAY)
    assert (day.prev_closing_price, day.change_price, day.change_rate) == (
        115.0,
        -5.0,
        -0.0434782609,
    )
    assert (day.converted_trade_price, day.unit, day.first_day_of_period) == (None, None, None)
    (converted,) = read_candles(body([CONVERTED]), Timeframe.DAY, converted=True)
    assert converted.converted_trade_price == 16_000.5
    in_krw = CONVERTED | {"converted_trade_price": None}
    assert (
        read_candles(body([in_krw]), Timeframe.DAY, converted=True)[0].converted_trade_price is None
    )
    (week,) = read_candles(body([WEEK]), Timeframe.WEEK)
    assert week.first_day_of_period == "2026-09-21"
    (minute,) = read_candles(body([MINUTE]), Timeframe.MINUTE_1)
    assert minute.unit == 1
