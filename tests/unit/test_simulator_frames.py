"""The simulated exchange's spelling: frames, packets and REST rows are what clients can read."""

from __future__ import annotations

import json
import re
import zlib
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import (
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.market.board import Notice
from upbit_ws_qt.simulator.market.grid import PriceGrid
from upbit_ws_qt.simulator.market.listing import MARKETS, select
from upbit_ws_qt.simulator.market.live import LiveMarket
from upbit_ws_qt.simulator.market.market import Market
from upbit_ws_qt.simulator.rest.rows import RowWriter, instrument_row, market_row
from upbit_ws_qt.simulator.streams.frames import (
    ERRORS,
    FrameWriter,
    change_word,
    error_frame,
    subscription_list_frame,
)
from upbit_ws_qt.simulator.streams.packet import Packet
from upbit_ws_qt.simulator.streams.spelling import Spelling, java_double
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt.wire import decode

NOW = 1_793_000_042_345


def live(code: str = "KRW-BTC") -> LiveMarket:
    return LiveMarket(Market(select((code,))[0], 1), NOW)


def writers(market: LiveMarket) -> tuple[FrameWriter, FrameWriter]:
    return (
        FrameWriter(market.market, Behaviour(), simple=False),
        FrameWriter(market.market, Behaviour(), simple=True),
    )


def payloads(market: LiveMarket, writer: FrameWriter) -> dict[str, bytes]:
    trade, day, book = market.last, market.state(), market.book(NOW)
    candle = market.candle(Timeframe.MINUTE_1)
    return {
        "ticker": writer.ticker(
            trade, day, Notice(market.market.listing), trade.time_ms, "SNAPSHOT"
        ),
        "trade": writer.trade(trade, day.prev_close, market.best(NOW), "REALTIME"),
        "orderbook": writer.orderbook(book, 30, 0.0, "REALTIME"),
        "candle": writer.candle(Timeframe.MINUTE_1, candle, "REALTIME"),
    }


# --- Numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (116_539_000.0, "1.16539E8"),
        (1e7, "1.0E7"),
        (9_999_999.0, "9999999.0"),
        (0.00079276, "7.9276E-4"),
        (0.001, "0.001"),
        (-0.00005, "-5.0E-5"),
        (0.0, "0.0"),
        (3512.0, "3512.0"),
        (61158420586.19124, "6.115842058619124E10"),
        (1e22, "1.0E22"),
    ],
)
def test_doubles_are_spelled_as_java_spells_them(number: float, text: str) -> None:
    assert java_double(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_spelled_double_reads_back_as_itself(number: float) -> None:
    assert json.loads(java_double(number)) == number


def test_default_and_simple_spell_prices_and_sizes_differently() -> None:
    grid = PriceGrid("KRW-BTC", 2_900_000.0)
    default = Spelling(grid, simple=False)
    simple = Spelling(grid, simple=True)
    assert (default.prices[116_606], simple.prices[116_606]) == ("1.16606E8", "116606000")
    assert (default.size(77_720), simple.size(79_276)) == ("0.00077720", "7.9276E-4")
    assert (default.size(4_648_838_371), simple.size(4_648_838_371)) == (
        "46.48838371",
        "46.48838371",
    )
    assert default.fixed_price(91_154) == "91154000.00000000"
    assert simple.size(0) == "0"


def test_a_spelling_forgets_and_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upbit_ws_qt.simulator.streams.spelling._REMEMBERED", 2)
    spelling = Spelling(PriceGrid("KRW-BTC", 2_900_000.0), simple=True)
    assert [spelling.prices[quanta] for quanta in (1, 2, 3, 4, 1)] == [
        "1000",
        "2000",
        "3000",
        "4000",
        "1000",
    ]
    assert len(spelling.prices) <= 3


def test_a_spelling_remembers_little() -> None:
    """Hundreds of markets have two of them for days, and sizes never end."""
    spelling = Spelling(PriceGrid("KRW-BTC", 2_900_000.0), simple=False)
    for number in range(20_000):
        spelling.prices[number], spelling.sizes[number]
    assert max(len(spelling.prices), len(spelling.sizes)) <= 1024


@given(st.integers(0, 10**9), st.integers(0, 10**22))
def test_fixed_decimals_are_exact(quanta: int, volume: int) -> None:
    spelling = Spelling(PriceGrid("BTC-ETH", 1e-8), simple=False)
    assert Decimal(spelling.fixed_price(quanta)) == Decimal(quanta).scaleb(-8)
    assert Decimal(spelling.fixed_volume(volume)) == Decimal(volume).scaleb(-8)
    assert spelling.fixed_value(10**16) == "1.00000000"


# --- Frames ----------------------------------------------------------------------------------

KINDS: dict[str, type[MarketEvent]] = {
    "ticker": TickerEvent,
    "trade": TradeEvent,
    "orderbook": OrderbookEvent,
    "candle": CandleEvent,
}


def values(event: MarketEvent) -> list[object]:
    """What the event says, whatever the names it was read under."""
    found: list[object] = []
    for item in msgspec.structs.fields(event):
        value = getattr(event, item.name)
        if isinstance(value, tuple):
            value = [msgspec.structs.astuple(unit) for unit in value]
        found.append(value)
    return found


@pytest.mark.parametrize("code", ["KRW-BTC", "KRW-BTT", "BTC-XLM", "USDT-ETH"])
def test_both_forms_decode_to_the_same_event(code: str) -> None:
    market = live(code)
    default, simple = writers(market)
    long_frames, short_frames = payloads(market, default), payloads(market, simple)
    for kind, cls in KINDS.items():
        long_event, short_event = decode(long_frames[kind]), decode(short_frames[kind])
        assert isinstance(long_event, cls)
        assert isinstance(short_event, cls)
        assert values(long_event) == values(short_event)
        assert long_event.symbol == code


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_documented_field_is_there(kind: str) -> None:
    frame = payloads(live(), writers(live())[0])[kind]
    names = {item.encode_name for item in msgspec.structs.fields(KINDS[kind])}
    only_rest = {
        "candle": {
            "prev_closing_price", "change_price", "change_rate", "first_day_of_period",
            "converted_trade_price", "unit",
        },
        "ticker": {"trade_date_kst", "trade_time_kst"},
    }  # fmt: skip
    missing = names - set(json.loads(frame)) - only_rest.get(kind, set())
    assert {name for name in missing if name.isascii()} == set()


def test_a_ticker_says_what_the_market_knows() -> None:
    market = live()
    trade, day = market.last, market.state()
    event = decode(payloads(market, writers(market)[0])["ticker"])
    assert isinstance(event, TickerEvent)
    price = market.market.grid.price
    assert event.trade_price == price(trade.price)
    assert (event.opening_price, event.high_price, event.low_price) == (
        price(day.candle.open),
        price(day.candle.high),
        price(day.candle.low),
    )
    assert event.prev_closing_price is not None
    assert event.signed_change_price == event.trade_price - event.prev_closing_price
    assert event.signed_change_rate == pytest.approx(
        event.signed_change_price / event.prev_closing_price, abs=1e-10
    )
    assert (
        event.change
        == {1: "RISE", 0: "EVEN", -1: "FALL"}[
            (event.signed_change_price > 0) - (event.signed_change_price < 0)
        ]
    )
    assert event.change_price == abs(event.signed_change_price)
    assert event.acc_ask_volume is not None
    assert event.acc_bid_volume is not None
    assert event.acc_trade_volume == pytest.approx(event.acc_ask_volume + event.acc_bid_volume)
    assert event.trade_timestamp == trade.time_ms
    assert re.fullmatch(r"2026\d{4}", event.trade_date or "")
    assert re.fullmatch(r"\d{6}", event.trade_time or "")
    assert event.ask_bid == ("ASK" if trade.sold else "BID")
    assert (event.market_state, event.market_warning) == ("ACTIVE", "NONE")


def test_a_trade_carries_its_id_and_the_best_quotes() -> None:
    market = live()
    trade = market.last
    event = decode(payloads(market, writers(market)[1])["trade"])
    assert isinstance(event, TradeEvent)
    assert event.sequential_id == trade.time_ms * 10_000 + trade.number
    assert event.best_bid_price is not None
    assert event.best_ask_price is not None
    assert event.best_bid_price < event.best_ask_price
    assert re.fullmatch(r"2026-\d\d-\d\d", event.trade_date or "")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", event.trade_time or "")


def test_totals_are_of_the_full_depth_and_short_sides_are_padded() -> None:
    market = live()
    book = market.book(NOW)
    writer = writers(market)[0]
    event = decode(writer.orderbook(book, 5, 10_000.0, "REALTIME"))
    assert isinstance(event, OrderbookEvent)
    assert len(event.orderbook_units) == 5
    assert event.level == 10_000
    whole = decode(writer.orderbook(book, 30, 0.0, "REALTIME"))
    assert isinstance(whole, OrderbookEvent)
    assert event.total_ask_size == whole.total_ask_size
    assert whole.total_ask_size == pytest.approx(
        sum(unit.ask_size for unit in whole.orderbook_units)
    )
    short = decode(writer.orderbook(book._replace(bids=book.bids[:2]), 30, 0.0, "REALTIME"))
    assert isinstance(short, OrderbookEvent)
    assert [unit.bid_price for unit in short.orderbook_units[2:]] == [0.0] * 28
    thin = book._replace(bids=book.bids[:2], asks=book.asks[:3])
    both = decode(writer.orderbook(thin, 30, 0.0, "REALTIME"))
    assert isinstance(both, OrderbookEvent)
    assert len(both.orderbook_units) == 30
    assert both.orderbook_units[3].ask_price == 0.0


def test_candles_have_both_times_and_eight_decimals() -> None:
    frame = payloads(live(), writers(live())[1])["candle"].decode()
    assert '"ty":"candle.1m"' in frame
    assert re.search(r'"op":\d+\.\d{8},', frame)
    event = decode(frame.encode())
    assert isinstance(event, CandleEvent)
    assert (event.candle_date_time_utc, event.candle_date_time_kst) == (
        "2026-10-26T07:34:00",
        "2026-10-26T16:34:00",
    )


def test_error_frames_vary_the_order_of_their_keys() -> None:
    frames = [error_frame("INVALID_PARAM", type="nope") for _ in range(2)]
    assert frames[0] != frames[1]
    expected = {"error": {"name": "INVALID_PARAM", "message": "nope 은 지원하지 않는 타입입니다."}}
    assert [json.loads(frame) for frame in frames] == [expected, expected]
    assert ERRORS["WRONG_FORMAT"] == "Format 이 맞지 않습니다."


def test_the_list_of_subscriptions_has_short_names_too() -> None:
    rows = [{"type": "orderbook", "codes": ["KRW-BTC"], "level": 0}]
    assert json.loads(subscription_list_frame("t", rows, simple=True)) == {
        "mthd": "LIST_SUBSCRIPTIONS",
        "rslt": [{"ty": "orderbook", "cds": ["KRW-BTC"], "lv": 0}],
        "tckt": "t",
    }
    assert json.loads(subscription_list_frame("t", rows, simple=False)) == {
        "method": "LIST_SUBSCRIPTIONS",
        "result": rows,
        "ticket": "t",
    }


def test_changes_have_three_words() -> None:
    assert [change_word(difference) for difference in (2, 0, -1)] == ["RISE", "EVEN", "FALL"]


# --- Packets ---------------------------------------------------------------------------------


def unpacked(wire: bytes) -> tuple[int, bytes]:
    first, length, rest = wire[0], wire[1], wire[2:]
    size = {126: 2, 127: 8}.get(length, 0)
    if size:
        length, rest = int.from_bytes(rest[:size], "big"), rest[size:]
    assert length == len(rest)
    return first, rest


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_payloads_of_every_length_are_framed(size: int) -> None:
    packet = Packet(b"x" * size)
    assert unpacked(packet.wire(0)) == (0x82, packet.payload)
    assert packet.wire(0) is packet.wire(0)


@pytest.mark.parametrize("bits", [8, 9, 12, 15])
def test_compressed_payloads_stand_alone(bits: int) -> None:
    packet = Packet(b'{"type":"ticker"}' * 200)
    first, body = unpacked(packet.wire(bits))
    assert first == 0xC2
    assert len(body) < 200
    inflate = zlib.decompressobj(wbits=-max(bits, 9))
    assert inflate.decompress(body + b"\x00\x00\xff\xff") == packet.payload
    assert packet.wire(bits) is packet.wire(bits)


# --- REST rows -------------------------------------------------------------------------------


def read(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(row), parse_float=Decimal)


def test_rest_numbers_are_plain() -> None:
    market = live("KRW-BTT")
    trade, day, book = market.last, market.state(), market.book(NOW)
    writer = RowWriter(market.market)
    rows = [
        writer.ticker(trade, day),
        writer.trade(trade, day.prev_close),
        writer.orderbook(book, 30, Decimal(0)),
        writer.candle(Timeframe.DAY, day.candle, day.prev_close),
    ]
    for row in rows:
        assert not re.search(rb"\d[eE]", msgspec.json.encode(row))
    ticker = read(rows[0])
    assert float(ticker["trade_price"]) == market.market.grid.price(trade.price)
    assert {"ask_bid", "acc_ask_volume", "market_state", "code"}.isdisjoint(ticker)
    assert ticker["trade_date_kst"] == "20261026"


def test_signs_are_as_documented_per_call() -> None:
    market = live()
    trade, day = market.last, market.state()
    writer = RowWriter(market.market)
    dear = trade.price + 50
    fallen = read(writer.ticker(trade, day._replace(prev_close=dear)))
    assert fallen["change"] == "FALL"
    assert fallen["change_price"] == 50_000
    assert fallen["signed_change_price"] == -50_000
    assert fallen["change_rate"] == -fallen["signed_change_rate"] > 0
    assert read(writer.trade(trade, dear))["change_price"] == -50_000
    candle = day.candle._replace(close=dear - 50)
    row = read(writer.candle(Timeframe.DAY, candle, dear))
    assert row["change_price"] == -50_000
    assert row["change_rate"] < 0
    assert row["prev_closing_price"] == dear * 1000


def test_candle_rows_have_what_their_unit_has() -> None:
    market = live()
    day = market.state()
    writer = RowWriter(market.market)
    minute = read(writer.candle(Timeframe.MINUTE_15, day.candle, None))
    assert minute["unit"] == 15
    second = read(writer.candle(Timeframe.SECOND_1, day.candle, None))
    assert "unit" not in second
    month = read(writer.candle(Timeframe.MONTH, day.candle._replace(start_ms=1790812800000), None))
    assert month["first_day_of_period"] == "2026-10-01"
    assert "first_day_of_period" not in minute


def test_market_and_instrument_rows() -> None:
    assert "market_event" not in market_row(Notice(MARKETS[0]), details=False)
    warned = next(listing for listing in MARKETS if listing.cautions)
    notice = Notice(warned, cautions=warned.cautions)
    event = market_row(notice, details=True)["market_event"]
    assert len(event["caution"]) == 5
    assert any(event["caution"].values())
    assert instrument_row(MARKETS[0], Decimal("1000.0")) == {
        "market": "KRW-BTC",
        "quote_currency": "KRW",
        "tick_size": "1000",
        "supported_levels": ["0", "10000", "100000", "1000000", "10000000", "100000000"],
    }
