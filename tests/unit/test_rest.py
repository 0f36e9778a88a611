"""REST calls as values and their answers as events. Tests only."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt import rest
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    DecodeError,
    InvalidMarket,
    InvalidRequest,
    RateLimited,
    RequestRejected,
)
from upbit_ws_qt.events import Balance, OrderbookUnit
from upbit_ws_qt.markets import Instrument, Market
from upbit_ws_qt.ratelimit import GROUPS
from upbit_ws_qt.timeframe import Timeframe


def body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


# -- calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "path", "query", "group", "signed"),
    [
        (rest.markets(), "/v1/market/all", "is_details=true", "market", False),
        (
            rest.instruments(["KRW-BTC", "KRW-ETH"]),
            "/v1/orderbook/instruments",
            "markets=KRW-BTC,KRW-ETH",
            "orderbook",
            False,
        ),
        (rest.tickers(["KRW-BTC"]), "/v1/ticker", "markets=KRW-BTC", "ticker", False),
        (
            rest.orderbooks(["KRW-BTC"]),
            "/v1/orderbook",
            "markets=KRW-BTC&count=30",
            "orderbook",
            False,
        ),
        (
            rest.orderbooks(["KRW-BTC", "KRW-ETH"], depth=5, level=10_000.0),
            "/v1/orderbook",
            "markets=KRW-BTC,KRW-ETH&count=5&level=10000",
            "orderbook",
            False,
        ),
        (
            rest.candles("KRW-BTC", Timeframe.MINUTE_5, 200),
            "/v1/candles/minutes/5",
            "market=KRW-BTC&count=200",
            "candle",
            False,
        ),
        (
            rest.candles("KRW-BTC", Timeframe.DAY, 1, to_ms=1_790_000_000_999),
            "/v1/candles/days",
            "market=KRW-BTC&count=1&to=2026-09-21T14:13:20Z",
            "candle",
            False,
        ),
        (rest.accounts(), "/v1/accounts", "", "default", True),
    ],
)
def test_what_is_asked(
    call: rest.RestCall[Any], path: str, query: str, group: str, signed: bool
) -> None:
    assert (call.path, call.query, call.group, call.signed) == (path, query, group, signed)
    assert call.group in GROUPS


@pytest.mark.parametrize(
    ("level", "written"),
    [(0.5, "0.5"), (1.0, "1"), (1_000_000.0, "1000000"), (100_000_000.0, "100000000")],
)
def test_a_level_is_written_plainly(level: float, written: str) -> None:
    """The exchange answers an empty list to a level it cannot read, such as ``1e+06``."""
    assert rest.orderbooks(["KRW-BTC"], level=level).query.endswith(f"&level={written}")


def test_what_the_exchange_does_not_offer_is_refused_at_the_call() -> None:
    for count in (0, 201, -1):
        with pytest.raises(InvalidRequest, match=f"1 to 200 candles; got {count}"):
            rest.candles("KRW-BTC", Timeframe.MINUTE_1, count)
    with pytest.raises(InvalidRequest, match="1, 5, 15 or 30 rows; got 10"):
        rest.orderbooks(["KRW-BTC"], depth=10)
    with pytest.raises(InvalidMarket):
        rest.candles("btc", Timeframe.MINUTE_1, 1)
    for call in (rest.tickers, rest.instruments, rest.orderbooks):
        with pytest.raises(InvalidMarket, match="at least one"):
            call([])


# -- answers ---------------------------------------------------------------------------------------


def test_markets_with_their_warnings() -> None:
    caution = {
        "PRICE_FLUCTUATIONS": True,
        "TRADING_VOLUME_SOARING": False,
        "CONCENTRATION_OF_SMALL_ACCOUNTS": True,
    }
    rows = [
        {
            "market": "KRW-BTC",
            "korean_name": "비트코인",
            "english_name": "Bitcoin",
            "market_event": {"warning": False, "caution": dict.fromkeys(caution, False)},
        },
        {
            "market": "KRW-X",
            "korean_name": "엑스",
            "english_name": "X",
            "market_event": {"warning": True, "caution": caution},
        },
    ]
    found = rest.markets().parse(body(rows))
    assert found == {
        "KRW-BTC": Market("KRW-BTC", "비트코인", "Bitcoin"),
        "KRW-X": Market(
            "KRW-X",
            "엑스",
            "X",
            warning=True,
            cautions=("PRICE_FLUCTUATIONS", "CONCENTRATION_OF_SMALL_ACCOUNTS"),
        ),
    }


def test_markets_of_other_regions_and_times() -> None:
    """Abroad the warning is a word; without details there is none."""
    rows = [
        {"market": "SGD-BTC", "english_name": "Bitcoin", "market_warning": "CAUTION"},
        {"market": "SGD-ETH", "english_name": "Ethereum", "market_warning": "NONE"},
        {"market": "KRW-BTC", "korean_name": "비트코인", "english_name": "Bitcoin"},
    ]
    found = rest.markets().parse(body(rows))
    assert [market.warning for market in found.values()] == [True, False, False]
    assert found["SGD-BTC"].korean_name == ""


def test_the_real_market_list_of_a_day(shared_recording: Path) -> None:
    path = shared_recording.with_name("market_all.json")
    if not path.is_file():
        pytest.skip("no market list lies beside the recording")
    found = rest.markets().parse(path.read_bytes())
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
    assert rest.instruments(["KRW-BTC", "BTC-ETH"]).parse(body(rows)) == {
        "KRW-BTC": Instrument(1000.0, (0.0, 10_000.0, 100_000.0)),
        "BTC-ETH": Instrument(0.000_000_01, ()),
    }


def test_tickers_say_market_where_the_wire_says_code() -> None:
    """What REST lacks is None."""
    row = {
        "market": "KRW-BTC",
        "trade_date": "20260921",
        "trade_time": "141320",
        "trade_date_kst": "20260921",
        "trade_time_kst": "231320",
        "trade_timestamp": 1_790_000_000_100,
        "opening_price": 116_500_000,
        "high_price": 117_000_000.0,
        "low_price": 115_000_000,
        "trade_price": 116_539_000,
        "prev_closing_price": 116_000_000,
        "change": "RISE",
        "change_price": 539_000,
        "change_rate": 0.0046465517,
        "signed_change_price": 539_000,
        "signed_change_rate": 0.0046465517,
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
    (event,) = rest.tickers(["KRW-BTC"]).parse(body([row]))
    assert (event.type, event.code, event.symbol) == ("ticker", "KRW-BTC", "KRW-BTC")
    assert (event.trade_price, event.opening_price) == (116_539_000.0, 116_500_000.0)
    assert isinstance(event.trade_price, float)
    assert (event.timestamp, event.trade_timestamp) == (1_790_000_000_123, 1_790_000_000_100)
    assert event.acc_trade_price == 177_001_002_003.12345
    assert (event.ask_bid, event.acc_ask_volume, event.market_state) == (None, None, None)
    assert event.stream_type is None


def test_books() -> None:
    row = {
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
    (event,) = rest.orderbooks(["KRW-BTC"], level=10_000.0).parse(body([row]))
    assert (event.type, event.code, event.level) == ("orderbook", "KRW-BTC", 10_000.0)
    assert (event.total_ask_size, event.total_bid_size) == (3.25, 4.0)
    assert event.orderbook_units == (
        OrderbookUnit(116_540_000.0, 116_539_000.0, 0.25, 4.0),
        OrderbookUnit(116_541_000.0, 0.0, 3.0, 0.0),
    )
    assert rest.orderbooks(["KRW-BTC"], level=7.0).parse(b"[]") == ()
    del row["level"]
    assert rest.orderbooks(["KRW-BTC"]).parse(body([row]))[0].level == 0.0


def candle_row(minute: int) -> dict[str, Any]:
    return {
        "market": "KRW-BTC",
        "candle_date_time_utc": f"2026-09-21T14:{minute:02}:00",
        "candle_date_time_kst": f"2026-09-21T23:{minute:02}:00",
        "opening_price": 100,
        "high_price": 120.0,
        "low_price": 90,
        "trade_price": 110,
        "timestamp": 1_790_000_000_123,
        "candle_acc_trade_price": 385.5,
        "candle_acc_trade_volume": 3,
        "unit": 1,
    }


def test_candles_are_handed_on_oldest_first() -> None:
    """The exchange sends the newest first."""
    rows = [candle_row(minute) for minute in (13, 12, 9)]
    events = rest.candles("KRW-BTC", Timeframe.MINUTE_1, 3).parse(body(rows))
    assert [event.candle_date_time_utc[14:16] for event in events] == ["09", "12", "13"]
    assert {event.timeframe for event in events} == {Timeframe.MINUTE_1}
    assert (events[0].type, events[0].code) == ("candle.1m", "KRW-BTC")
    assert (events[0].volume, events[0].value, events[0].open_price) == (3.0, 385.5, 100.0)
    assert rest.candles("KRW-BTC", Timeframe.MINUTE_1, 3).parse(b"[]") == ()


def test_candles_of_days_and_longer_say_more() -> None:
    day = candle_row(0) | {
        "prev_closing_price": 105.0,
        "change_price": 5.0,
        "change_rate": 0.0476,
        "converted_trade_price": 1.0,
    }
    (event,) = rest.candles("KRW-BTC", Timeframe.DAY, 1).parse(body([day]))
    assert (event.timeframe, event.prev_closing_price, event.change_price) == (
        Timeframe.DAY,
        105.0,
        5.0,
    )
    week = candle_row(0) | {"first_day_of_period": "2026-09-21"}
    (event,) = rest.candles("KRW-BTC", Timeframe.WEEK, 1).parse(body([week]))
    assert (event.timeframe, event.first_day_of_period) == (Timeframe.WEEK, "2026-09-21")


def test_amounts_are_exact() -> None:
    rows = [
        {
            "currency": "KRW",
            "balance": "1386929.37231066771348207123",
            "locked": "0.0",
            "avg_buy_price": "0",
            "avg_buy_price_modified": False,
            "unit_currency": "KRW",
        },
        {
            "currency": "BTC",
            "balance": "0.5",
            "locked": "0.25",
            "avg_buy_price": "140000000",
            "avg_buy_price_modified": True,
            "unit_currency": "KRW",
        },
    ]
    krw, btc = rest.accounts().parse(body(rows))
    assert krw == Balance(currency="KRW", balance=Decimal("1386929.37231066771348207123"))
    assert btc == Balance(
        currency="BTC",
        balance=Decimal("0.5"),
        locked=Decimal("0.25"),
        avg_buy_price=Decimal(140_000_000),
        avg_buy_price_modified=True,
    )


BAD_ROWS: list[tuple[rest.RestCall[Any], Any]] = [
    (rest.markets(), [{"korean_name": "비트코인"}]),
    (rest.instruments(["KRW-BTC"]), [{"market": "KRW-BTC", "tick_size": "much"}]),
    (
        rest.instruments(["KRW-BTC"]),
        [{"market": "KRW-BTC", "tick_size": "1", "supported_levels": ["none"]}],
    ),
    (rest.tickers(["KRW-BTC"]), [{"trade_price": 1, "timestamp": 1}]),
    (rest.tickers(["KRW-BTC"]), [{"market": "KRW-BTC", "timestamp": 1}]),
    (rest.tickers(["KRW-BTC"]), [{"market": "KRW-BTC", "timestamp": 1, "trade_price": "1"}]),
    (rest.orderbooks(["KRW-BTC"]), [{"market": "KRW-BTC"}]),
    (rest.candles("KRW-BTC", Timeframe.DAY, 1), [{"market": "KRW-BTC"}]),
    (rest.accounts(), [{"currency": "BTC", "balance": "much"}]),
]


@pytest.mark.parametrize(("call", "rows"), BAD_ROWS)
def test_an_answer_of_another_shape_is_one_kind_of_error(
    call: rest.RestCall[Any], rows: Any
) -> None:
    unreadable = (
        b"",
        b"<html>502</html>",
        b'{"market":"KRW-BTC"}',
        b"[7]",
        b'[{"market":"\xff"}]',
        b"[" * 100_000,
    )
    for answer in (body(rows), *unreadable):
        with pytest.raises(DecodeError, match="an answer is not what the documents say"):
            call.parse(answer)


# -- refusals --------------------------------------------------------------------------------------


def error_body(name: str | int, message: str = "메시지") -> bytes:
    return body({"error": {"name": name, "message": message}})


@pytest.mark.parametrize(
    "name",
    [
        "invalid_access_key",
        "jwt_verification",
        "expired_access_key",
        "no_authorization_ip",
        "no_authorization_token",
        "out_of_scope",
    ],
)
def test_a_refused_key_is_told_apart_by_name(name: str) -> None:
    """``out_of_scope`` comes as 401 or as 403."""
    for status in (401, 403):
        error = rest.error_of(status, error_body(name))
        assert isinstance(error, AuthenticationFailed)
        assert error.name == name
        assert str(error) == f"{name}: 메시지"


def test_an_unknown_401_is_taken_for_a_refused_key() -> None:
    """Asking again and again with a bad key ends in a block."""
    for answer in (error_body("something_new"), b"", b"<html>"):
        assert isinstance(rest.error_of(401, answer), AuthenticationFailed)


@pytest.mark.parametrize("name", ["nonce_used", "invalid_query_payload"])
def test_a_401_about_one_call_does_not_condemn_the_key(name: str) -> None:
    error = rest.error_of(401, error_body(name))
    assert isinstance(error, RequestRejected)
    assert error.name == name


@pytest.mark.parametrize("status", [429, 418])
@pytest.mark.parametrize(
    ("header", "asked_for"), [(None, 0.0), ("30", 30.0), ("soon", 0.0), ("-3", 0.0)]
)
def test_a_limit_says_which_and_for_how_long(
    status: int, header: str | None, asked_for: float
) -> None:
    for answer in (error_body("too_many_requests"), b"", b"Too many requests"):
        error = rest.error_of(status, answer, header)
        assert isinstance(error, RateLimited)
        assert (error.status, error.retry_after_s) == (status, asked_for)
        assert error.retry_at is None, "that is for the limiter to say"


@pytest.mark.parametrize(
    ("status", "answer", "name", "message"),
    [
        (404, error_body(404, "Code not found"), "404", "Code not found"),
        (404, error_body("order_not_found", "없음"), "order_not_found", "없음"),
        (403, error_body("market_offline", "점검"), "market_offline", "점검"),
        (400, body({"error": {"name": "invalid_parameter"}}), "invalid_parameter", ""),
        (502, b"<html>Bad Gateway</html>", "502", "the answer has no readable error"),
        (500, b"", "500", "the answer has no readable error"),
        (500, b"null", "500", "the answer has no readable error"),
        (500, b'{"error":{"name":null}}', "500", "the answer has no readable error"),
        (500, b'{"error":{"name":"\xff"}}', "500", "the answer has no readable error"),
    ],
)
def test_every_other_refusal_keeps_its_words(
    status: int, answer: bytes, name: str, message: str
) -> None:
    """Quotation answers name their errors by number, exchange answers by word."""
    refused_with(status, answer, name, message)


def test_an_endless_answer_is_an_unreadable_one() -> None:
    refused_with(500, b'{"x":' + b"[" * 100_000, "500", "the answer has no readable error")


def refused_with(status: int, answer: bytes, name: str, message: str) -> None:
    error = rest.error_of(status, answer)
    assert isinstance(error, RequestRejected)
    assert (error.name, error.message) == (name, message)
