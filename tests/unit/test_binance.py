"""Streams added and taken away by messages with an id, each answered. Tests only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_binance_rows import BOOK, CANDLE, TRADE
from upbit_ws_qt.binance import BINANCE, BinanceDialect, stream_name
from upbit_ws_qt.dialect import AnswerFrame, RefusedFrame
from upbit_ws_qt.errors import DecodeError, UnknownType
from upbit_ws_qt.events import CandleEvent, OrderbookEvent, Stamp, TradeEvent
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt.wire import ListFrame

TRADES, BOOKS = Stream("trade", "USDT-BTC"), Stream("orderbook", "USDT-BTC")
TICKERS = Stream("ticker", "BTC-ETH")
STAMP = Stamp(epoch=3, received_at=5.0)


def message(sent: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sent)
    return found


def enveloped(stream: str, data: object) -> bytes:
    return json.dumps({"stream": stream, "data": data}).encode()


def answer(ticket: object, **fields: Any) -> bytes:
    return json.dumps({**fields, "id": ticket}).encode()


@pytest.fixture
def dialect() -> BinanceDialect:
    made = BinanceDialect()
    made.connection_made()
    return made


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "depth", "name"),
    [
        (TRADES, 0, "btcusdt@trade"),
        (TICKERS, 0, "ethbtc@ticker"),
        (BOOKS, 1, "btcusdt@depth5@100ms"),
        (BOOKS, 5, "btcusdt@depth5@100ms"),
        (BOOKS, 15, "btcusdt@depth20@100ms"),
        (BOOKS, 30, "btcusdt@depth20@100ms"),
        (Stream("candle.1s", "USDT-BTC"), 0, "btcusdt@kline_1s"),
        (Stream("candle.15m", "USDT-BTC"), 0, "btcusdt@kline_15m"),
        (Stream("candle.60m", "USDT-BTC"), 0, "btcusdt@kline_1h"),
        (Stream("candle.240m", "USDT-BTC"), 0, "btcusdt@kline_4h"),
        (Stream("avgPrice", "USDT-BTC"), 0, "btcusdt@avgPrice"),
    ],
)
def test_every_stream_has_its_name_there(stream: Stream, depth: int, name: str) -> None:
    assert stream_name(stream, depth) == name


def test_all_candles_but_those_of_ten_minutes() -> None:
    ours = {unit.wire_type for unit in Timeframe if unit.is_streamed}
    assert ours - BINANCE.candle_types == {"candle.10m"}
    assert ours >= BINANCE.candle_types
    assert not BINANCE.has_levels


# -- asking ----------------------------------------------------------------------------------------


def test_only_the_difference_is_told(dialect: BinanceDialect) -> None:
    first = message(dialect.request({TRADES: 0, BOOKS: 30}, "a"))
    assert first == {
        "method": "SUBSCRIBE",
        "params": ["btcusdt@depth20@100ms", "btcusdt@trade"],
        "id": "a",
    }
    wanted = {TRADES: 0, TICKERS: 0}
    added = message(dialect.request(wanted, "b"))
    assert added == {"method": "SUBSCRIBE", "params": ["ethbtc@ticker"], "id": "b"}
    assert not dialect.carries(wanted)
    removed = message(dialect.request(wanted, "c"))
    assert removed == {"method": "UNSUBSCRIBE", "params": ["btcusdt@depth20@100ms"], "id": "c"}
    assert dialect.carries(wanted)


def test_another_depth_is_another_stream_there(dialect: BinanceDialect) -> None:
    dialect.request({BOOKS: 5}, "a")
    assert dialect.carries({BOOKS: 1}), "five rows are the fewest there are"
    assert not dialect.carries({BOOKS: 15})
    assert message(dialect.request({BOOKS: 15}, "b"))["params"] == ["btcusdt@depth20@100ms"]
    assert message(dialect.request({BOOKS: 15}, "c"))["params"] == ["btcusdt@depth5@100ms"]


def test_asking_once_more_names_everything(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0, TICKERS: 0}, "a")
    again = message(dialect.request({TRADES: 0, TICKERS: 0}, "b"))
    assert again["method"] == "SUBSCRIBE"
    assert again["params"] == ["btcusdt@trade", "ethbtc@ticker"]


def test_a_question_is_answered_by_names(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0}, "a")
    assert message(dialect.question("q")) == {"method": "LIST_SUBSCRIPTIONS", "id": "q"}
    listed = dialect.decode(answer("q", result=["btcusdt@trade", "what@ever"]), STAMP)
    assert listed == ListFrame("q", frozenset({TRADES, Stream("what@ever", "")}))
    assert dialect.decode(answer("q", result=[]), STAMP) == ListFrame("q", frozenset())


# -- answers ---------------------------------------------------------------------------------------


def test_yes_is_null(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0}, "a")
    assert dialect.decode(answer("a", result=None), STAMP) == AnswerFrame("a")
    assert dialect.carries({TRADES: 0})


@pytest.mark.parametrize(
    "refusal",
    [
        {"error": {"code": 2, "msg": "Invalid request: unknown"}},
        {"code": 2, "msg": "Invalid request: unknown"},
    ],
)
def test_no_names_what_it_is_about(dialect: BinanceDialect, refusal: dict[str, Any]) -> None:
    dialect.request({TRADES: 0}, "a")
    dialect.decode(answer("a", result=None), STAMP)
    dialect.request({TRADES: 0, TICKERS: 0, BOOKS: 5}, "b")
    assert dialect.decode(answer("b", **refusal), STAMP) == RefusedFrame(
        name="2", message="Invalid request: unknown", streams=frozenset({TICKERS, BOOKS})
    )
    assert dialect.carries({TRADES: 0}), "what was accepted before is not to blame"


def test_no_to_nothing_of_ours_blames_nobody(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0}, "a")
    refused = dialect.decode(answer(None, error={"code": 3, "msg": "Invalid JSON"}), STAMP)
    assert refused == RefusedFrame(name="3", message="Invalid JSON", streams=frozenset())
    assert dialect.carries({TRADES: 0})


def test_the_refused_end_of_a_stream_blames_nobody(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0, TICKERS: 0}, "a")
    dialect.request({TRADES: 0}, "b")
    refused = dialect.decode(answer("b", code=1, msg="no"), STAMP)
    assert refused == RefusedFrame(name="1", message="no", streams=frozenset())


# -- data ------------------------------------------------------------------------------------------


def test_data_says_by_its_envelope_what_it_is(dialect: BinanceDialect) -> None:
    candles = Stream("candle.60m", "USDT-BTC")
    dialect.request({TRADES: 0, BOOKS: 15, candles: 0}, "a")
    for name, payload, stream, kind in (
        ("btcusdt@trade", TRADE, TRADES, TradeEvent),
        ("btcusdt@depth20@100ms", BOOK, BOOKS, OrderbookEvent),
        ("btcusdt@kline_1h", CANDLE, candles, CandleEvent),
    ):
        event = dialect.decode(enveloped(name, payload), STAMP)
        assert isinstance(event, kind)
        assert (event.type, event.code, event.epoch) == (stream.type, stream.code, 3)


def test_what_is_still_on_its_way_is_read(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0, TICKERS: 0}, "a")
    dialect.request({TICKERS: 0}, "b")
    assert isinstance(dialect.decode(enveloped("btcusdt@trade", TRADE), STAMP), TradeEvent)


def test_a_new_connection_has_no_streams(dialect: BinanceDialect) -> None:
    dialect.request({TRADES: 0}, "a")
    dialect.connection_made()
    with pytest.raises(UnknownType, match="btcusdt@trade"):
        dialect.decode(enveloped("btcusdt@trade", TRADE), STAMP)
    assert dialect.decode(answer("a", code=2, msg="late"), STAMP) == RefusedFrame(
        name="2", message="late", streams=frozenset()
    )


def test_other_types_are_for_handlers(dialect: BinanceDialect) -> None:
    dialect.request({Stream("avgPrice", "USDT-BTC"): 0}, "a")
    with pytest.raises(UnknownType) as caught:
        dialect.decode(enveloped("btcusdt@avgPrice", {"w": "25776.8", "E": 1}), STAMP)
    assert caught.value.type == "avgPrice"
    assert message(caught.value.payload) == {
        "type": "avgPrice",
        "code": "USDT-BTC",
        "w": "25776.8",
        "E": 1,
    }


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id":"a"}',
        b'{"stream":"btcusdt@trade"}',
        b'{"stream":"btcusdt@trade","data":{"p":"x"}}',
        b'{"stream":"btcusdt@trade","data":[',
        b'{"stream":"\xff"}',
        b'{"result":true,"id":"a"}',
        b'{"stream":"btcusdt@kline_1m","data":{"E":1,"k":{"t":9000000000000000000,'
        b'"o":"1","h":"1","l":"1","c":"1","v":"1","q":"1"}}}',
    ],
)
def test_what_is_not_as_documented_is_a_decode_error(
    dialect: BinanceDialect, broken: bytes
) -> None:
    dialect.request({TRADES: 0, Stream("candle.1m", "USDT-BTC"): 0}, "a")
    with pytest.raises(DecodeError) as caught:
        dialect.decode(broken, STAMP)
    assert caught.value.frame == broken[:200]
    assert not isinstance(caught.value, UnknownType)


# -- all of it -------------------------------------------------------------------------------------

STREAMS = [
    Stream(kind, code)
    for kind in ("ticker", "trade", "orderbook", "candle.1m")
    for code in ("USDT-BTC", "USDT-ETH")
]


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from(STREAMS), st.just(30)), st.booleans()),
        max_size=12,
    )
)
def test_the_exchange_carries_the_plan_after_any_changes(
    steps: list[tuple[dict[Stream, int], bool]],
) -> None:
    """Played against a naive exchange, which may refuse what is new in a step."""
    dialect, carried, refused = BinanceDialect(), set[str](), set[Stream]()
    for number, (wishes, refuse) in enumerate(steps):
        plan = {stream: depth for stream, depth in wishes.items() if stream not in refused}
        sent = 0
        while not dialect.carries(plan):
            told = message(dialect.request(plan, f"{number} {sent}"))
            sent += 1
            assert sent <= 2, "more than what is new and what is over"
            if told["method"] == "UNSUBSCRIBE":
                assert set(told["params"]) <= carried
                carried -= set(told["params"])
                dialect.decode(answer(told["id"], result=None), STAMP)
            elif refuse:
                said = dialect.decode(answer(told["id"], code=2, msg="no"), STAMP)
                assert isinstance(said, RefusedFrame)
                refused |= said.streams
                plan = {stream: d for stream, d in plan.items() if stream not in refused}
            else:
                carried |= set(told["params"])
                dialect.decode(answer(told["id"], result=None), STAMP)
        assert carried == {stream_name(stream, depth) for stream, depth in plan.items()}
