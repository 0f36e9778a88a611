"""What goes over the wire: frames into events, subscriptions into requests. Tests only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.errors import DecodeError
from upbit_ws_qt.events import (
    AssetEvent,
    Balance,
    CandleEvent,
    ConnectionType,
    MarketEvent,
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    Source,
    Stamp,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.field_names import MY_ORDER
from upbit_ws_qt.simulator.streams.frames import subscription_list_frame
from upbit_ws_qt.simulator.streams.request import Request, read_request
from upbit_ws_qt.subscriptions import BALANCE_STREAM, ORDER_STREAM, Stream
from upbit_ws_qt.wire import (
    ErrorFrame,
    ListFrame,
    StatusFrame,
    decode,
    decode_frame,
    encode_question,
    encode_request,
)

FACTS = Path(__file__).resolve().parents[3] / "shared/facts/field_maps.json"
STAMP = Stamp(3, Source.WEBSOCKET, ConnectionType.PUBLIC, 1_790_000_000.5)

# One frame of each type in both formats, spelled as the exchange spells: DEFAULT writes large
# prices with exponents and sizes with trailing zeros, SIMPLE plain prices and small exponents,
# candles eight decimals, and whole numbers stand where floats are meant.
TICKER = (
    """{"type":"ticker","code":"KRW-BTC","opening_price":1.165E8,"high_price":1.17E8,
    "low_price":115000000,"trade_price":1.16539E8,"prev_closing_price":116000000.00000000,
    "change":"RISE","change_price":539000.00000000,"signed_change_price":539000.00000000,
    "change_rate":0.0046465517,"signed_change_rate":0.0046465517,"trade_volume":0.00077720,
    "acc_trade_volume":1523.60472389,"acc_trade_volume_24h":2371.5,
    "acc_trade_price":177001002003.12345,"acc_trade_price_24h":2.7510E11,
    "trade_date":"20260921","trade_time":"141320","trade_timestamp":1790000000100,
    "ask_bid":"BID","acc_ask_volume":700.5,"acc_bid_volume":823,
    "highest_52_week_price":1.8E8,"highest_52_week_date":"2025-10-09",
    "lowest_52_week_price":9.5E7,"lowest_52_week_date":"2026-02-05",
    "market_state":"ACTIVE","is_trading_suspended":false,"delisting_date":null,
    "market_warning":"NONE","timestamp":1790000000123,"stream_type":"SNAPSHOT"}""",
    """{"ty":"ticker","cd":"KRW-BTC","op":116500000,"hp":117000000,"lp":115000000,"tp":116539000,
    "pcp":116000000,"c":"RISE","cp":539000,"scp":539000,"cr":4.6465517E-3,"scr":0.0046465517,
    "tv":7.7720E-4,"atv":1523.60472389,"atv24h":2371.50,"atp":177001002003.12345,
    "atp24h":275100000000,"tdt":"20260921","ttm":"141320","ttms":1790000000100,"ab":"BID",
    "aav":700.5,"abv":823.0,"h52wp":180000000,"h52wdt":"2025-10-09","l52wp":95000000,
    "l52wdt":"2026-02-05","ms":"ACTIVE","its":false,"dd":null,"mw":"NONE","tms":1790000000123,
    "st":"SNAPSHOT"}""",
    {
        "type": "ticker",
        "code": "KRW-BTC",
        "timestamp": 1790000000123,
        "stream_type": "SNAPSHOT",
        "opening_price": 116500000.0,
        "high_price": 117000000.0,
        "low_price": 115000000.0,
        "trade_price": 116539000.0,
        "prev_closing_price": 116000000.0,
        "change": "RISE",
        "change_price": 539000.0,
        "signed_change_price": 539000.0,
        "change_rate": 0.0046465517,
        "signed_change_rate": 0.0046465517,
        "trade_volume": 0.0007772,
        "acc_trade_volume": 1523.60472389,
        "acc_trade_volume_24h": 2371.5,
        "acc_trade_price": 177001002003.12345,
        "acc_trade_price_24h": 275100000000.0,
        "trade_date": "20260921",
        "trade_time": "141320",
        "trade_timestamp": 1790000000100,
        "ask_bid": "BID",
        "acc_ask_volume": 700.5,
        "acc_bid_volume": 823.0,
        "highest_52_week_price": 180000000.0,
        "highest_52_week_date": "2025-10-09",
        "lowest_52_week_price": 95000000.0,
        "lowest_52_week_date": "2026-02-05",
        "market_state": "ACTIVE",
        "is_trading_suspended": False,
        "delisting_date": None,
        "market_warning": "NONE",
    },
)
TRADE = (
    """{"type":"trade","code":"KRW-BTC","timestamp":1790000000123,"trade_date":"2026-09-21",
    "trade_time":"14:13:20","trade_timestamp":1790000000100,"trade_price":1.16539E8,
    "trade_volume":0.00077720,"ask_bid":"ASK","prev_closing_price":1.16E8,"change":"RISE",
    "change_price":539000.0,"sequential_id":17900000001000001,"best_ask_price":116540000,
    "best_ask_size":0.04,"best_bid_price":1.16539E8,"best_bid_size":1,
    "stream_type":"REALTIME"}""",
    """{"ty":"trade","cd":"KRW-BTC","tms":1790000000123,"td":"2026-09-21","ttm":"14:13:20",
    "ttms":1790000000100,"tp":116539000,"tv":7.7720E-4,"ab":"ASK","pcp":116000000.00000000,
    "c":"RISE","cp":539000.00000000,"sid":17900000001000001,"bap":1.1654E8,"bas":4E-2,
    "bbp":116539000.0,"bbs":1.00000000,"st":"REALTIME"}""",
    {
        "type": "trade",
        "code": "KRW-BTC",
        "timestamp": 1790000000123,
        "stream_type": "REALTIME",
        "trade_price": 116539000.0,
        "trade_volume": 0.0007772,
        "ask_bid": "ASK",
        "sequential_id": 17900000001000001,
        "trade_timestamp": 1790000000100,
        "trade_date": "2026-09-21",
        "trade_time": "14:13:20",
        "prev_closing_price": 116000000.0,
        "change": "RISE",
        "change_price": 539000.0,
        "best_ask_price": 116540000.0,
        "best_ask_size": 0.04,
        "best_bid_price": 116539000.0,
        "best_bid_size": 1.0,
    },
)
ORDERBOOK = (
    """{"type":"orderbook","code":"KRW-BTC","timestamp":1790000000123,
    "total_ask_size":3.25000000,"total_bid_size":4,"orderbook_units":[
    {"ask_price":1.1654E8,"bid_price":1.16539E8,"ask_size":0.00079276,"bid_size":4},
    {"ask_price":116541000,"bid_price":0,"ask_size":3.0,"bid_size":0}],
    "stream_type":"SNAPSHOT","level":0}""",
    """{"ty":"orderbook","cd":"KRW-BTC","tms":1790000000123,"tas":3.25,"tbs":4.0,"obu":[
    {"ap":116540000,"bp":116539000,"as":7.9276E-4,"bs":4.00000000},
    {"ap":116541000,"bp":0.0,"as":3,"bs":0.0}],"st":"SNAPSHOT","lv":0.0}""",
    {
        "type": "orderbook",
        "code": "KRW-BTC",
        "timestamp": 1790000000123,
        "stream_type": "SNAPSHOT",
        "total_ask_size": 3.25,
        "total_bid_size": 4.0,
        "orderbook_units": [
            (116540000.0, 116539000.0, 0.00079276, 4.0),
            (116541000.0, 0.0, 3.0, 0.0),
        ],
        "level": 0.0,
    },
)
CANDLE = (
    """{"type":"candle.1m","code":"KRW-ETH","candle_date_time_utc":"2026-09-21T14:13:00",
    "candle_date_time_kst":"2026-09-21T23:13:00","opening_price":91154000.00000000,
    "high_price":9.1160E7,"low_price":91150000,"trade_price":91155000.5,
    "candle_acc_trade_volume":0.50000000,"candle_acc_trade_price":45577500.25000000,
    "timestamp":1790000000123,"stream_type":"REALTIME"}""",
    """{"ty":"candle.1m","cd":"KRW-ETH","cdttmu":"2026-09-21T14:13:00",
    "cdttmk":"2026-09-21T23:13:00","op":91154000,"hp":91160000.0,"lp":9.115E7,"tp":91155000.50,
    "catv":5E-1,"catp":45577500.25,"tms":1790000000123,"st":"REALTIME"}""",
    {
        "type": "candle.1m",
        "code": "KRW-ETH",
        "timestamp": 1790000000123,
        "stream_type": "REALTIME",
        "candle_date_time_utc": "2026-09-21T14:13:00",
        "candle_date_time_kst": "2026-09-21T23:13:00",
        "opening_price": 91154000.0,
        "high_price": 91160000.0,
        "low_price": 91150000.0,
        "trade_price": 91155000.5,
        "candle_acc_trade_volume": 0.5,
        "candle_acc_trade_price": 45577500.25,
    },
)
KINDS: list[tuple[type[MarketEvent], tuple[str, str, dict[str, Any]]]] = [
    (TickerEvent, TICKER),
    (TradeEvent, TRADE),
    (OrderbookEvent, ORDERBOOK),
    (CandleEvent, CANDLE),
]
FRAMES = [
    pytest.param(kind, example[index], example[2], id=f"{kind.__name__}-{name}")
    for kind, example in KINDS
    for index, name in ((0, "DEFAULT"), (1, "SIMPLE"))
]
REQUIRED = {
    TickerEvent: {"code", "timestamp", "trade_price"},
    TradeEvent: {
        "code",
        "timestamp",
        "trade_price",
        "trade_volume",
        "ask_bid",
        "sequential_id",
    },
    OrderbookEvent: {
        "code",
        "timestamp",
        "total_ask_size",
        "total_bid_size",
        "orderbook_units",
    },
    CandleEvent: {
        "code",
        "timestamp",
        "candle_date_time_utc",
        "opening_price",
        "high_price",
        "low_price",
        "trade_price",
        "candle_acc_trade_volume",
        "candle_acc_trade_price",
    },
}


def fields_of(event: MarketEvent) -> dict[str, Any]:
    """What an event says, without its stamp; the rows of a book as tuples."""
    said = {name: getattr(event, name) for name in event.__struct_fields__ if name != "stamp"}
    if isinstance(event, OrderbookEvent):
        said["orderbook_units"] = [
            (row.ask_price, row.bid_price, row.ask_size, row.bid_size)
            for row in event.orderbook_units
        ]
    return said


# The two examples of a type list their fields in the same order.
SHORT = {
    kind: dict(zip(json.loads(example[0]), json.loads(example[1]), strict=True))
    for kind, example in KINDS
}


def key_of(kind: type[MarketEvent], frame: str, name: str) -> str:
    """How this frame spells a field."""
    return name if '"type"' in frame else SHORT[kind][name]


# -- data frames -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_every_field_of_every_type_in_both_formats(
    kind: type[MarketEvent], frame: str, said: dict[str, Any]
) -> None:
    event = decode_frame(frame.encode(), STAMP)
    assert isinstance(event, kind)
    read = fields_of(event)
    assert {name: value for name, value in read.items() if name in said} == said
    assert all(read[name] is None for name in read.keys() - said.keys())
    for name, value in said.items():
        assert type(read[name]) is type(value), name


@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_the_stamp_is_ours(kind: type[MarketEvent], frame: str, said: dict[str, Any]) -> None:
    event = decode_frame(frame.encode(), STAMP)
    assert isinstance(event, kind)
    assert event.stamp is STAMP
    assert said["type"] == event.type


@pytest.mark.parametrize(
    "forged",
    [
        {"epoch": 99},
        {"stamp": {"epoch": 99, "replayed": True}},
        {"\u2063stamp": {"epoch": 99, "replayed": True}},
        {"source": "polled", "received_at": 1.0, "connection_type": "private"},
    ],
)
@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_a_frame_cannot_set_the_stamp(
    kind: type[MarketEvent], frame: str, said: dict[str, Any], forged: dict[str, Any]
) -> None:
    """Not even under the very name that ours is encoded by."""
    raw = json.dumps(json.loads(frame) | forged).encode()
    event = decode_frame(raw, STAMP)
    assert isinstance(event, kind)
    assert event.stamp is STAMP
    assert (event.epoch, event.replayed) == (3, False)
    assert event.code == said["code"]


@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_unknown_fields_are_ignored(
    kind: type[MarketEvent], frame: str, said: dict[str, Any]
) -> None:
    """The exchange adds fields without notice."""
    extra = {"new": 1, "obj": {"a": [1, {"b": None}]}, "t": "ticker", "x": 1e300, "가": "나"}
    raw = json.dumps(extra | json.loads(frame)).encode()
    event = decode_frame(raw, STAMP)
    assert isinstance(event, kind)
    assert said.items() <= fields_of(event).items()


@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_the_type_need_not_come_first(
    kind: type[MarketEvent], frame: str, said: dict[str, Any]
) -> None:
    turned = dict(reversed(json.loads(frame).items()))
    for text in (json.dumps(turned), json.dumps(turned, indent=2), f"\n {frame}"):
        event = decode_frame(text.encode(), STAMP)
        assert isinstance(event, kind)
        assert said.items() <= fields_of(event).items()


@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_what_a_frame_may_leave_out(
    kind: type[MarketEvent], frame: str, said: dict[str, Any]
) -> None:
    """Regions and older times send less; a missing field is None, a missing level is 0."""
    whole = json.loads(frame)
    needed = {key_of(kind, frame, name) for name in REQUIRED[kind] | {"type"}}
    event = decode_frame(json.dumps({key: whole[key] for key in needed}).encode(), STAMP)
    assert isinstance(event, kind)
    for name in said.keys() - REQUIRED[kind] - {"type"}:
        assert getattr(event, name) == (0.0 if name == "level" else None), name


@pytest.mark.parametrize(("kind", "frame", "said"), FRAMES)
def test_a_field_that_is_needed_must_be_there_and_of_its_type(
    kind: type[MarketEvent], frame: str, said: dict[str, Any]
) -> None:
    whole = json.loads(frame)
    for name in REQUIRED[kind]:
        key = key_of(kind, frame, name)
        broken: list[dict[str, Any]] = [
            {other: value for other, value in whole.items() if other != key},
            whole | {key: None},
            whole | {key: {}},
            whole | {key: True},
        ]
        if not isinstance(said[name], str):
            broken.append(whole | {key: "1"})
        if isinstance(said[name], int):
            broken.append(whole | {key: 1.5})
        for frame_ in broken:
            with pytest.raises(DecodeError, match="is not what the documents say"):
                decode_frame(json.dumps(frame_).encode(), STAMP)


def test_a_row_of_a_book_has_four_numbers() -> None:
    whole = json.loads(ORDERBOOK[1])
    for rows in ([{"ap": 1, "bp": 1, "as": 1}], [{"ap": "1", "bp": 1, "as": 1, "bs": 1}], [7], {}):
        with pytest.raises(DecodeError):
            decode_frame(json.dumps(whole | {"obu": rows}).encode(), STAMP)


def test_rows_are_of_one_class_in_both_formats() -> None:
    for frame in ORDERBOOK[:2]:
        event = decode(frame)
        assert isinstance(event, OrderbookEvent)
        assert all(isinstance(row, OrderbookUnit) for row in event.orderbook_units)
        assert isinstance(event.sliced(1), OrderbookEvent)
        assert len(event.sliced(1).orderbook_units) == 1


def test_decoded_events_are_immutable() -> None:
    for _, (default, simple, _said) in KINDS:
        for frame in (default, simple):
            with pytest.raises(AttributeError):
                decode(frame).code = "KRW-ETH"  # type: ignore[misc]


@pytest.mark.parametrize("unit", ["1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m"])
def test_all_candle_units(unit: str) -> None:
    for frame in CANDLE[:2]:
        event = decode(frame.replace("candle.1m", f"candle.{unit}"))
        assert isinstance(event, CandleEvent)
        assert event.timeframe.value == unit


def spellings(value: float) -> st.SearchStrategy[str]:
    """Ways to write one number in JSON."""
    exact = Decimal(repr(value))
    digits = "".join(map(str, exact.as_tuple().digits))
    exponent = exact.adjusted()
    mantissa = f"{digits[0]}.{digits[1:] or '0'}"
    plain = f"{exact:f}"
    ways = [repr(value), plain, f"{mantissa}E{exponent}", f"{mantissa}e{exponent:+03d}"]
    if "." in plain:
        ways.append(plain + "000")
    else:
        ways += [plain + ".0", plain + ".00000000"]
    if exact == exact.to_integral_value():
        ways.append(str(int(value)))
    return st.sampled_from(ways)


AMOUNTS = st.one_of(
    st.integers(0, 10**12).map(lambda units: units / 1e8),
    st.integers(0, 10**11).map(float),
    st.floats(0, 1e15, allow_subnormal=False),
)


@given(st.data())
@settings(max_examples=150)
def test_every_spelling_of_a_number_is_the_same_number(data: st.DataObject) -> None:
    """Exponents, trailing zeros, whole numbers for floats; any order of fields."""
    kind, example = data.draw(st.sampled_from(KINDS))
    frame = data.draw(st.sampled_from(example[:2]))
    expected: dict[str, Any] = {}
    parts: list[str] = []
    for name, value in example[2].items():
        key = json.dumps(key_of(kind, frame, name))
        if isinstance(value, float):
            number = data.draw(AMOUNTS)
            expected[name] = number
            parts.append(f"{key}:{data.draw(spellings(number))}")
        elif name == "orderbook_units":
            names = (
                ("ask_price", "bid_price", "ask_size", "bid_size")
                if '"type"' in frame
                else ("ap", "bp", "as", "bs")
            )
            expected[name], rows = [], []
            for _ in range(data.draw(st.integers(0, 4))):
                row = [data.draw(AMOUNTS) for _ in names]
                expected[name].append(tuple(row))
                written = (
                    f'"{unit}":{data.draw(spellings(number))}'
                    for unit, number in zip(names, row, strict=True)
                )
                rows.append("{" + ",".join(written) + "}")
            parts.append(f"{key}:[{','.join(rows)}]")
        else:
            expected[name] = value
            parts.append(f"{key}:{json.dumps(value)}")
    text = "{" + ",".join(data.draw(st.permutations(parts))) + "}"
    event = decode_frame(text.encode(), STAMP)
    assert isinstance(event, kind)
    assert expected.items() <= fields_of(event).items()


def test_a_sequential_id_is_exact() -> None:
    """17 digits are more than a double holds."""
    for frame in TRADE[:2]:
        event = decode(frame)
        assert isinstance(event, TradeEvent)
        assert event.sequential_id == 17900000001000001


def test_a_delisting_date_of_any_shape_is_kept() -> None:
    """Only null was ever seen; the documents say date, the exchange's own kit an object."""
    for value in (None, "2026-10-01", {"year": 2026, "month": 10, "day": 1}):
        event = decode(json.dumps(json.loads(TICKER[1]) | {"dd": value}))
        assert isinstance(event, TickerEvent)
        assert event.delisting_date == value


# -- private frames --------------------------------------------------------------------------------

ORDER = {
    "type": "myOrder",
    "code": "KRW-BTC",
    "uuid": "ac2dc2a3-fce9-40a2-a4f6-5987c25c438f",
    "ask_bid": "BID",
    "order_type": "limit",
    "state": "trade",
    "trade_uuid": "68315169-fba4-4175-ade3-aff14a616657",
    "price": 116539000.00000001,
    "avg_price": 0.00118800,
    "volume": 1e-8,
    "remaining_volume": 29.99999999,
    "executed_volume": 0,
    "trades_count": 2,
    "reserved_fee": 0.0729,
    "remaining_fee": 0.0125,
    "paid_fee": 0.0604,
    "locked": 25.0125,
    "executed_funds": 120.8,
    "time_in_force": "ioc",
    "trade_fee": 0.0002,
    "is_maker": False,
    "identifier": "mine-1",
    "smp_type": "reduce",
    "prevented_volume": 1.5,
    "prevented_locked": 2.5,
    "trade_timestamp": 1790000000100,
    "order_timestamp": 1790000000000,
    "timestamp": 1790000000123,
    "stream_type": "REALTIME",
}
ORDER_AMOUNTS = {name for name, value in ORDER.items() if isinstance(value, float)} | {
    "executed_volume"
}
# Only these can be set; all others are null in one state or another.
ORDER_NEEDS = {"code", "uuid", "ask_bid", "order_type", "state", "timestamp"}


def private_frame(names: Mapping[str, str], fields: dict[str, Any], *, short: bool) -> bytes:
    return json.dumps(
        {names[name] if short else name: value for name, value in fields.items()}
    ).encode()


@pytest.mark.parametrize("short", [False, True])
def test_every_field_of_an_order_in_both_formats(short: bool) -> None:
    """Amounts are what was written, digit for digit, and never floats."""
    assert list(ORDER) == list(MY_ORDER)
    event = decode_frame(private_frame(MY_ORDER, ORDER, short=short), STAMP)
    assert isinstance(event, OrderEvent)
    for name, value in ORDER.items():
        read = getattr(event, name)
        expected = Decimal(repr(value)) if name in ORDER_AMOUNTS else value
        assert read == expected, name
        assert not isinstance(read, float), name
    assert event.state is OrderState.TRADE
    assert event.stamp is STAMP
    assert event.trades is None


@pytest.mark.parametrize("short", [False, True])
def test_what_an_order_has_not_is_none(short: bool) -> None:
    """A market buy waits without a volume, and nothing but a fill has a fee of its own."""
    nulls = {name: None for name in ORDER if name not in ORDER_NEEDS | {"type", "price"}}
    market_buy = ORDER | nulls | {"order_type": "price", "state": "wait", "price": 5000}
    for fields in (market_buy, {k: v for k, v in market_buy.items() if v is not None}):
        event = decode_frame(private_frame(MY_ORDER, fields, short=short), STAMP)
        assert isinstance(event, OrderEvent)
        assert (event.price, event.state) == (Decimal(5000), OrderState.WAIT)
        assert all(getattr(event, name) is None for name in nulls)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", sorted(ORDER_NEEDS))
def test_an_order_without_its_name_or_state_is_no_order(name: str, short: bool) -> None:
    without = {key: value for key, value in ORDER.items() if key != name}
    spelled = MY_ORDER[name] if short else name
    for fields in (without, ORDER | {name: None}):
        with pytest.raises(DecodeError, match=spelled):
            decode_frame(private_frame(MY_ORDER, fields, short=short), STAMP)
    with pytest.raises(DecodeError, match="'melted'"):
        decode_frame(private_frame(MY_ORDER, ORDER | {"state": "melted"}, short=short), STAMP)


ASSETS = (
    """{"type":"myAsset","asset_uuid":"e635f223-1609-4969-8fb6-4376937baad6","assets":[
    {"currency":"KRW","balance":1386929.37231066771348207123,"locked":10329.670127489597585685},
    {"currency":"BTC","balance":1.0E-8,"locked":0}],"asset_timestamp":1790000000100,
    "timestamp":1790000000123,"stream_type":"REALTIME"}""",
    """{"ty":"myAsset","astuid":"e635f223-1609-4969-8fb6-4376937baad6","ast":[
    {"cu":"KRW","b":1386929.37231066771348207123,"l":10329.670127489597585685},
    {"cu":"BTC","b":0.00000001,"l":0.0}],"asttms":1790000000100,"tms":1790000000123,
    "st":"REALTIME"}""",
)


@pytest.mark.parametrize("frame", ASSETS)
def test_changed_balances_to_the_last_digit(frame: str) -> None:
    """A double would lose a dozen of these digits."""
    event = decode_frame(frame.encode(), STAMP)
    assert isinstance(event, AssetEvent)
    assert event.stamp is STAMP
    assert event.balances == (
        Balance(
            currency="KRW",
            balance=Decimal("1386929.37231066771348207123"),
            locked=Decimal("10329.670127489597585685"),
        ),
        Balance(currency="BTC", balance=Decimal("0.00000001")),
    )
    assert (event.type, event.stream_type) == ("myAsset", "REALTIME")
    assert event.asset_uuid == "e635f223-1609-4969-8fb6-4376937baad6"
    assert (event.asset_timestamp, event.timestamp) == (1790000000100, 1790000000123)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"locked":0}', b'"lockd":0}'),
        (b'"balance":1.0E-8,', b""),
        (b'"balance":1.0E-8,', b'"balance":null,'),
        (b'"currency":"BTC",', b""),
        (b'"assets"', b'"asets"'),
        (b'"timestamp"', b'"time"'),
    ],
)
def test_a_balance_that_is_not_told_is_not_zero(was: bytes, becomes: bytes) -> None:
    frame = ASSETS[0].encode()
    assert was in frame
    with pytest.raises(DecodeError, match="is not what the documents say"):
        decode_frame(frame.replace(was, becomes), STAMP)


def test_private_frames_say_that_they_are_private() -> None:
    for frame in (private_frame(MY_ORDER, ORDER, short=True), ASSETS[1].encode()):
        assert decode(frame).connection_type is ConnectionType.PRIVATE
    assert decode(TICKER[0]).connection_type is ConnectionType.PUBLIC


# -- other frames ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        '{"error":{"name":"WRONG_FORMAT","message":"Format 이 맞지 않습니다."}}',
        '{"error":{"message":"Format 이 맞지 않습니다.","name":"WRONG_FORMAT"}}',
        ' { "error" : { "message":"Format 이 맞지 않습니다.", "x":1, "name":"WRONG_FORMAT" } }',
    ],
)
def test_a_refusal_in_either_order(frame: str) -> None:
    expected = ErrorFrame("WRONG_FORMAT", "Format 이 맞지 않습니다.")
    assert decode_frame(frame.encode(), STAMP) == expected


def test_a_refusal_without_words() -> None:
    assert decode_frame(b'{"error":{"name":"NO_TYPE"}}', STAMP) == ErrorFrame("NO_TYPE", "")


def test_the_answer_to_a_text_ping() -> None:
    assert decode_frame(b'{"status":"UP"}', STAMP) == StatusFrame("UP")


UNREADABLE = {
    "nothing": b"",
    "a text PING": b"PING",
    "cut off": TICKER[0].encode()[:200],
    "two objects": b'{"status":"UP"}{"status":"UP"}',
    "a list": b'[{"type":"ticker"}]',
    "a list that begins like a frame": b'["type","ticker",1]',
    "null": b"null",
    "a number": b"17",
    "no type": b"{}",
    "an unknown type": b'{"type":"myTrade","code":"KRW-BTC"}',
    "an unknown short type": b'{"ty":"candle.7m","cd":"KRW-BTC"}',
    "an empty type": b'{"type":"","ty":""}',
    "a long type under short names": TICKER[1].replace('"ty"', '"type"').encode(),
    "a type that is a number": b'{"type":5}',
    "a type that is none": b'{"type":null}',
    "a refusal without a name": b'{"error":{"message":"x"}}',
    "a refusal that is a word": b'{"error":"WRONG_FORMAT"}',
    "a number out of range": TICKER[1].replace('"tp":116539000', '"tp":1E999').encode(),
    "a number that is none": TICKER[1].replace('"tp":116539000', '"tp":NaN').encode(),
    "no UTF-8 in a code": TICKER[1].encode().replace(b"KRW-BTC", b"KRW-\xff\xfe"),
    "no UTF-8 in a type": b'{"x":1,"type":"\xff"}',
    "half a surrogate": b'{"x":1,"type":"\\ud800"}',
    "endless brackets": b'{"type":"ticker","x":' + b"[" * 100_000,
    "brackets without end and type": b'{"x":' + b'{"y":' * 100_000,
    "zeros": bytes(100),
    "our own stamp, of a wrong type": TICKER[1].replace("{", '{"\u2063stamp":5,', 1).encode(),
}


@pytest.mark.parametrize("frame", UNREADABLE.values(), ids=UNREADABLE)
def test_whatever_else_comes_is_one_kind_of_error(frame: bytes) -> None:
    """A broken frame must not take the connection, or the program, with it."""
    with pytest.raises(DecodeError) as caught:
        decode_frame(frame, STAMP)
    assert caught.value.frame == frame[:200]
    with pytest.raises(DecodeError):
        decode(frame)


@given(st.data())
@settings(max_examples=300)
def test_a_corrupt_frame_is_read_or_refused(data: st.DataObject) -> None:
    """Bytes flipped, cut and repeated anywhere."""
    raw = bytearray(data.draw(st.sampled_from([f for _, e in KINDS for f in e[:2]])).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(at, min(len(raw), at + 40)))
        raw[at:end] = data.draw(st.binary(max_size=6))
    with suppress(DecodeError):
        event = decode_frame(bytes(raw), STAMP)
        if isinstance(event, MarketEvent):
            assert event.stamp is STAMP


# -- for tests and tools ---------------------------------------------------------------------------


def test_decode_takes_text_and_anything_like_bytes() -> None:
    text = TRADE[1]
    for frame in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        event = decode(frame)  # type: ignore[arg-type]
        assert isinstance(event, TradeEvent)
        assert event.epoch == 0


@pytest.mark.parametrize("frame", ['{"status":"UP"}', '{"error":{"name":"NO_TYPE","message":"x"}}'])
def test_decode_makes_events_only(frame: str) -> None:
    with pytest.raises(DecodeError, match=r"expected a data frame; got .*Frame"):
        decode(frame)


# -- the facts and the real recording -------------------------------------------------------------


@pytest.mark.parametrize("name", ["ticker", "trade", "orderbook", "candle"])
def test_the_short_names_are_those_of_the_facts(name: str) -> None:
    """A frame under the long names and the same one under the short ones say the same."""
    if not FACTS.is_file():
        pytest.skip("the fact sheets do not lie beside this checkout")
    names: dict[str, str] = json.loads(FACTS.read_text(encoding="utf-8"))[name]
    event_type = "candle.1s" if name == "candle" else name
    kind = next(kind for kind, example in KINDS if kind.data_type.value == name)
    long_frame: dict[str, Any] = {}
    short_frame: dict[str, Any] = {}
    long_row: dict[str, Any] = {}
    short_row: dict[str, Any] = {}
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for number, (long_name, short_name) in enumerate(names.items(), start=1):
        if "." in long_name:
            long_row[long_name.split(".")[1]] = short_row[short_name.split(".")[1]] = number
            continue
        value: Any = number
        if long_name == "type":
            value = event_type
        elif long_name == "orderbook_units":
            long_frame[long_name], short_frame[short_name] = [long_row], [short_row]
            continue
        elif types[long_name] in (str, str | None):
            value = f"text {number}"
        elif types[long_name] == bool | None:
            value = True
        long_frame[long_name] = short_frame[short_name] = value
    long_event = decode(json.dumps(long_frame))
    short_event = decode(json.dumps(short_frame))
    assert fields_of(long_event) == fields_of(short_event)
    missing = {field for field in long_frame if getattr(short_event, field) is None}
    assert not missing


def test_every_frame_of_a_real_recording(shared_recording: Path) -> None:
    lines = shared_recording.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 449
    kinds: Counter[str] = Counter()
    for line in lines:
        # The frame as it was spelled, not as a JSON library would spell it again.
        _, _, rest = line.partition('"frame":')
        event = decode(rest.rstrip()[:-1])
        raw = json.loads(line)["frame"]
        kinds[event.data_type] += 1
        assert (event.code, event.timestamp, event.stream_type) == (
            raw["cd"],
            raw["tms"],
            "REALTIME",
        )
        if isinstance(event, TradeEvent):
            assert (event.trade_price, event.trade_volume) == (raw["tp"], raw["tv"])
            assert (event.sequential_id, event.ask_bid) == (raw["sid"], raw["ab"])
            assert event.best_ask_price is None
        else:
            assert isinstance(event, OrderbookEvent)
            assert len(event.orderbook_units) == 15
            assert [(u.ask_price, u.bid_size) for u in event.orderbook_units] == [
                (row["ap"], row["bs"]) for row in raw["obu"]
            ]
            assert event.level == 0.0
    assert kinds == {"trade": 304, "orderbook": 145}


def test_the_first_frames_of_a_real_recording(shared_recording: Path) -> None:
    lines = shared_recording.read_text(encoding="utf-8").splitlines()
    first, second = (decode(line.partition('"frame":')[2][:-1]) for line in lines[:2])
    assert isinstance(first, TradeEvent)
    assert first.code == "KRW-LAMB"
    assert first.timestamp == 1_618_678_262_712
    assert first.trade_timestamp == 1_618_678_262_000
    assert (first.trade_date, first.trade_time) == ("2021-04-17", "16:51:02")
    assert (first.trade_price, first.trade_volume) == (127.0, 46.48838371)
    assert (first.prev_closing_price, first.change, first.change_price) == (123.0, "RISE", 4.0)
    assert (first.ask_bid, first.sequential_id) == ("BID", 1_618_678_262_000_003)
    assert isinstance(second, OrderbookEvent)
    assert (second.total_ask_size, second.total_bid_size) == (25752275.55420627, 14407925.20098682)
    assert second.orderbook_units[0].ask_price == 127.0
    assert second.orderbook_units[0].bid_size == 688682.44561413
    assert second.orderbook_units[14].bid_price == 112.0


# -- requests --------------------------------------------------------------------------------------


def test_the_one_message_that_replaces_the_whole_list() -> None:
    plan = {
        Stream("trade", "KRW-ETH"): 0,
        Stream("ticker", "KRW-BTC"): 0,
        Stream("orderbook", "KRW-BTC"): 30,
        Stream("orderbook", "KRW-ETH"): 5,
        Stream("orderbook", "KRW-BTC", 10_000.0): 15,
        Stream("candle.1m", "KRW-BTC"): 0,
        Stream("ticker", "KRW-ETH"): 0,
    }
    assert json.loads(encode_request(plan, "a-ticket")) == [
        {"ticket": "a-ticket"},
        {"type": "candle.1m", "codes": ["KRW-BTC"]},
        {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH.5"]},
        {"type": "orderbook", "codes": ["KRW-BTC.15"], "level": 10000},
        {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]},
        {"type": "trade", "codes": ["KRW-ETH"]},
        {"format": "SIMPLE"},
    ]


def test_whole_levels_are_written_whole() -> None:
    def level(value: float) -> bytes:
        return encode_request({Stream("orderbook", "KRW-A", value): 30}, "t")

    assert b'"level":100000000}' in level(100_000_000.0)
    assert b'"level":0.5}' in level(0.5)
    assert b"level" not in level(0.0)


STREAMS = st.builds(
    Stream,
    st.sampled_from(["ticker", "trade", "candle.1m", "candle.240m"]),
    st.sampled_from(["KRW-BTC", "KRW-ETH", "BTC-ETH"]),
    st.just(0.0),
) | st.builds(
    Stream,
    st.just("orderbook"),
    st.sampled_from(["KRW-BTC", "KRW-ETH"]),
    st.sampled_from([0.0, 0.5, 1000.0]),
)


@given(st.dictionaries(STREAMS, st.sampled_from([1, 5, 15, 30])))
def test_a_request_asks_for_exactly_the_plan(plan: dict[Stream, int]) -> None:
    """Every stream once, none beside; the same plan is written the same way in any order."""
    plan = {s: depth if s.type == "orderbook" else 0 for s, depth in plan.items()}
    first, *entries, last = json.loads(encode_request(plan, "t"))
    assert (first, last) == ({"ticket": "t"}, {"format": "SIMPLE"})
    asked: dict[Stream, int] = {}
    for entry in entries:
        for written in entry["codes"]:
            code, _, suffix = written.partition(".")
            depth = int(suffix or 30) if entry["type"] == "orderbook" else 0
            stream = Stream(entry["type"], code, float(entry.get("level", 0)))
            assert stream not in asked
            asked[stream] = depth
    assert asked == plan
    assert encode_request(dict(reversed(plan.items())), "t") == encode_request(plan, "t")


# -- the list of our streams -----------------------------------------------------------------------

LISTED = {
    Stream("ticker", "KRW-BTC"),
    Stream("ticker", "KRW-ETH"),
    Stream("orderbook", "KRW-BTC", 10_000.0),
    Stream("orderbook", "KRW-ETH"),
    Stream("myAsset", ""),
    Stream("myOrder", ""),
}


@pytest.mark.parametrize(
    ("method", "result", "ticket", "names"),
    [
        ("method", "result", "ticket", ("type", "codes", "level")),
        ("mthd", "rslt", "tckt", ("ty", "cds", "lv")),
    ],
)
def test_a_list_of_streams_whatever_its_names_and_order(
    method: str, result: str, ticket: str, names: tuple[str, str, str]
) -> None:
    """Depths are left out: a list that differs in them only is the same."""
    kind, codes, level = names
    rows: list[dict[str, Any]] = [
        {kind: "orderbook", codes: ["KRW-ETH"], level: 0},
        {kind: "orderbook", codes: ["KRW-BTC.15"], level: 10_000},
        {kind: "myAsset"},
        {kind: "myOrder", codes: [], level: None},
        {kind: "ticker", codes: ["KRW-ETH", "KRW-BTC"]},
    ]
    for order in (rows, rows[::-1]):
        frame = json.dumps({method: "LIST_SUBSCRIPTIONS", result: order, ticket: "mine"}).encode()
        assert decode_frame(frame, STAMP) == ListFrame("mine", frozenset(LISTED))


@pytest.mark.parametrize("short", [True, False])
def test_it_is_what_the_exchange_writes(short: bool) -> None:
    rows = [{"type": "orderbook", "codes": ["KRW-BTC.5"], "level": 1000}, {"type": "myAsset"}]
    expected = {Stream("orderbook", "KRW-BTC", 1000.0), Stream("myAsset", "")}
    written = subscription_list_frame("mine", rows, simple=short)
    assert decode_frame(written, STAMP) == ListFrame("mine", frozenset(expected))
    assert decode_frame(subscription_list_frame("mine", [], simple=short), STAMP) == ListFrame(
        "mine", frozenset()
    )


@pytest.mark.parametrize(
    "rows", [b"[1]", b'[{"codes":["KRW-BTC"]}]', b'[{"type":"ticker","codes":"KRW-BTC"}]', b"3"]
)
def test_a_list_of_another_shape_is_said_to_be_so(rows: bytes) -> None:
    with pytest.raises(DecodeError, match="not what the documents say"):
        decode_frame(b'{"method":"LIST_SUBSCRIPTIONS","result":' + rows + b"}", STAMP)


def test_the_question_is_one_that_the_exchange_understands() -> None:
    """It names the format that the running streams have, because it would change them."""
    request = read_request(encode_question("mine"), private=False)
    assert request == Request("mine", format="SIMPLE", lists_subscriptions=True)
    assert b'"SIMPLE"' in encode_request({Stream("ticker", "KRW-BTC"): 0}, "mine")


def test_a_list_is_no_data() -> None:
    with pytest.raises(DecodeError, match="expected a data frame"):
        decode(b'{"method":"LIST_SUBSCRIPTIONS","result":[],"ticket":"mine"}')


def test_streams_of_an_account_are_asked_for_without_codes() -> None:
    """``myAsset`` must not have any, and ``myOrder`` without them means all markets."""
    request = json.loads(encode_request({BALANCE_STREAM: 0, ORDER_STREAM: 0}, "t"))
    assert request == [
        {"ticket": "t"}, {"type": "myAsset"}, {"type": "myOrder"}, {"format": "SIMPLE"},
    ]  # fmt: skip
