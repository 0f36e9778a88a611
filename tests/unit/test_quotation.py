"""The REST calls about markets, which need no key. Tests only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest

from upbit_ws_qt import quotation
from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt.ratelimit import GROUPS
from upbit_ws_qt.rest_call import RestCall
from upbit_ws_qt.timeframe import Timeframe

BTC = ["KRW-BTC"]
MINUTE = Timeframe.MINUTE_1

CALLS: list[tuple[RestCall[Any], str, str, str]] = [
    (quotation.markets(), "/v1/market/all", "is_details=true", "market"),
    (
        quotation.instruments(["KRW-BTC", "KRW-ETH"]),
        "/v1/orderbook/instruments",
        "markets=KRW-BTC,KRW-ETH",
        "orderbook",
    ),
    (quotation.tickers(BTC), "/v1/ticker", "markets=KRW-BTC", "ticker"),
    (quotation.tickers_in(["KRW"]), "/v1/ticker/all", "quote_currencies=KRW", "ticker"),
    (
        quotation.tickers_in(["KRW", "BTC", "KRW"]),
        "/v1/ticker/all",
        "quote_currencies=KRW,BTC",
        "ticker",
    ),
    (quotation.tickers_in("USDT"), "/v1/ticker/all", "quote_currencies=USDT", "ticker"),
    (quotation.trades("KRW-BTC", 500), "/v1/trades/ticks", "market=KRW-BTC&count=500", "trade"),
    (
        quotation.trades("KRW-BTC", 1, cursor=17_900_000_001_230_000, to=time(9, 5), days_ago=7),
        "/v1/trades/ticks",
        "market=KRW-BTC&count=1&to=09:05:00&cursor=17900000001230000&days_ago=7",
        "trade",
    ),
    (quotation.orderbooks(BTC), "/v1/orderbook", "markets=KRW-BTC&count=30", "orderbook"),
    (
        quotation.orderbooks(["KRW-BTC", "KRW-ETH"], depth=5, level=10_000.0),
        "/v1/orderbook",
        "markets=KRW-BTC,KRW-ETH&count=5&level=10000",
        "orderbook",
    ),
    (
        quotation.candles("KRW-BTC", Timeframe.MINUTE_5, 200),
        "/v1/candles/minutes/5",
        "market=KRW-BTC&count=200",
        "candle",
    ),
    (
        quotation.candles("KRW-BTC", Timeframe.DAY, 1, to_ms=1_790_000_000_000),
        "/v1/candles/days",
        "market=KRW-BTC&count=1&to=2026-09-21T14:13:20Z",
        "candle",
    ),
    (
        quotation.candles("BTC-ETH", Timeframe.DAY, 1, converted_to="KRW"),
        "/v1/candles/days",
        "market=BTC-ETH&count=1&converting_price_unit=KRW",
        "candle",
    ),
]


@pytest.mark.parametrize(("call", "path", "query", "group"), CALLS)
def test_what_is_asked(call: RestCall[Any], path: str, query: str, group: str) -> None:
    assert (call.path, call.query, call.group) == (path, query, group)
    assert call.group in GROUPS
    assert not call.signed
    assert call.right is None


@pytest.mark.parametrize(("to_ms", "second"), [(999, "00Z"), (1000, "00Z"), (1001, "01Z")])
def test_an_end_within_a_second_leaves_out_no_candle_before_it(to_ms: int, second: str) -> None:
    """``to`` has whole seconds and is exclusive; candles of seconds start at each of them."""
    call = quotation.candles("KRW-BTC", Timeframe.SECOND_1, 1, to_ms=1_789_999_979_000 + to_ms)
    assert dict(call.params)["to"] == f"2026-09-21T14:13:{second}"


@pytest.mark.parametrize("unit", list(Timeframe))
def test_every_unit_has_a_path(unit: Timeframe) -> None:
    call = quotation.candles("KRW-BTC", unit, 1)
    assert call.path == f"/v1/candles/{unit.rest_path}"


@pytest.mark.parametrize(
    ("level", "written"),
    [(0.5, "0.5"), (1.0, "1"), (1_000_000.0, "1000000"), (100_000_000.0, "100000000")],
)
def test_a_level_is_written_plainly(level: float, written: str) -> None:
    """The exchange answers an empty list to a level it cannot read, such as ``1e+06``."""
    assert quotation.orderbooks(BTC, level=level).query.endswith(f"&level={written}")


REFUSED: list[tuple[Callable[[], RestCall[Any]], str]] = [
    (lambda: quotation.candles("KRW-BTC", MINUTE, 0), "1 to 200 candles; got 0"),
    (lambda: quotation.candles("KRW-BTC", MINUTE, 201), "1 to 200 candles; got 201"),
    (
        lambda: quotation.candles("BTC-ETH", MINUTE, 1, converted_to="KRW"),
        "only days .* got 1m to 'KRW'",
    ),
    (
        lambda: quotation.candles("BTC-ETH", Timeframe.DAY, 1, converted_to="USD"),
        "only to KRW; got 1d to 'USD'",
    ),
    (lambda: quotation.orderbooks(BTC, depth=10), "1, 5, 15 or 30 rows; got 10"),
    (lambda: quotation.trades("KRW-BTC", 0), "1 to 500 trades; got 0"),
    (lambda: quotation.trades("KRW-BTC", 501), "1 to 500 trades; got 501"),
    (lambda: quotation.trades("KRW-BTC", 1, days_ago=8), "0 to 7 days; got 8"),
    (lambda: quotation.trades("KRW-BTC", 1, days_ago=-1), "0 to 7 days; got -1"),
    (lambda: quotation.tickers_in([]), r"\['KRW', 'BTC'\]; got \[\]"),
    (lambda: quotation.tickers_in(["KRW-BTC"]), "got .*KRW-BTC"),
    (lambda: quotation.tickers_in(["krw"]), "got .*krw"),
]


@pytest.mark.parametrize(("make", "said"), REFUSED)
def test_what_the_exchange_does_not_offer_is_refused_at_the_call(
    make: Callable[[], RestCall[Any]], said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        make()


def test_codes_are_checked_at_the_call() -> None:
    for make in (quotation.tickers, quotation.instruments, quotation.orderbooks):
        with pytest.raises(InvalidMarket, match="at least one"):
            make([])
        with pytest.raises(InvalidMarket, match="did you mean 'KRW-BTC'"):
            make(["krw-btc"])
    with pytest.raises(InvalidMarket):
        quotation.candles("btc", MINUTE, 1)
    with pytest.raises(InvalidMarket):
        quotation.trades("btc", 1)


def test_each_call_knows_how_its_answer_is_read() -> None:
    for call, *_ in CALLS:
        assert len(call.parse(b"[]")) == 0
