"""The frames of the private streams, letter by letter."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from upbit_ws_qt import field_names
from upbit_ws_qt.simulator.account.orders import AssetReport, Fill, Order, OrderReport
from upbit_ws_qt.simulator.streams.account_frames import (
    Announcement,
    announcement_frame,
    asset_frame,
    order_frame,
)

D = Decimal
NOW = 1_792_962_842_345


def order(**changes: Any) -> Order:
    """A bid for a coin that costs little, just made."""
    fields: dict[str, Any] = {
        "code": "KRW-BTT",
        "side": "bid",
        "ord_type": "limit",
        "price": D("0.001453"),
        "volume": D("30925891.29839369"),
        "created_ms": NOW - 100,
        "fee_rate": D("0.0005"),
        "smp_type": "cancel_maker",
        "remaining_volume": D("30925891.29839369"),
        "reserved_fee": D("22.4676600282830157850"),
        "remaining_fee": D("22.4676600282830157850"),
        "locked": D("44957.78771659431"),
    }
    return Order("o-1", **fields | changes)


def fill(**changes: Any) -> Fill:
    fields: dict[str, Any] = {
        "price": D("0.00145200"),
        "volume": D("957853.20603421"),
        "funds": D("1390.8028551616729200"),
        "fee": D("0.6954014275808"),
        "is_maker": True,
        "trend": "down",
        "time_ms": NOW - 7,
        "sequential_id": (NOW - 7) * 10_000 + 5_000,
    }
    return Fill("t-1", **fields | changes)


def read(frame: bytes) -> Any:
    return json.loads(frame, parse_float=Decimal)


def test_a_new_order_letter_by_letter() -> None:
    frame = order_frame(OrderReport(order(), "wait", NOW), simple=False)
    assert frame.decode() == (
        '{"type":"myOrder","code":"KRW-BTT","uuid":"o-1","ask_bid":"BID","order_type":"limit",'
        '"state":"wait","trade_uuid":null,"price":0.001453,"avg_price":0,'
        '"volume":30925891.29839369,"remaining_volume":30925891.29839369,"executed_volume":0,'
        '"trades_count":0,"reserved_fee":22.467660028283015785,'
        '"remaining_fee":22.467660028283015785,"paid_fee":0,"locked":44957.78771659431,'
        '"executed_funds":0,"time_in_force":null,"trade_fee":null,"is_maker":null,'
        '"identifier":null,"smp_type":"cancel_maker","prevented_volume":0,"prevented_locked":0,'
        '"trade_timestamp":null,"order_timestamp":1792962842000,"timestamp":1792962842345,'
        '"stream_type":"REALTIME"}'
    )


def test_a_trade_tells_of_the_fill_and_sums_up_the_order() -> None:
    traded = order(
        fills=[fill()],
        executed_volume=D("957853.20603421"),
        executed_funds=D("1390.80285516167292"),
        remaining_volume=D("29968038.09235948"),
        paid_fee=D("0.6954014275808"),
        identifier="test-1",
        time_in_force="post_only",
    )
    frame = read(order_frame(OrderReport(traded, "trade", NOW, fill()), simple=False))
    assert (frame["price"], frame["volume"]) == (D("0.001452"), D("957853.20603421"))
    assert (frame["trade_uuid"], frame["trade_timestamp"]) == ("t-1", NOW - 7)
    assert (frame["trade_fee"], frame["is_maker"]) == (D("0.6954014275808"), True)
    assert frame["remaining_volume"] == D("29968038.09235948")
    assert frame["executed_volume"] == D("957853.20603421")
    assert frame["executed_funds"] == D("1390.80285516167292")
    assert (frame["trades_count"], frame["avg_price"]) == (1, D("0.001452"))
    assert frame["identifier"] == "test-1"
    assert frame["time_in_force"] == "post_only"


def test_an_average_is_rounded_to_eight_decimals() -> None:
    traded = order(executed_volume=D(3), executed_funds=D(2), fills=[fill()])
    frame = read(order_frame(OrderReport(traded, "done", NOW), simple=False))
    assert frame["avg_price"] == D("0.66666667")
    assert frame["price"] == D("0.001453")


def test_a_market_buy_has_no_volumes_while_it_waits() -> None:
    waiting = order(ord_type="price", price=D(5000), volume=None, remaining_volume=None)
    frame = read(order_frame(OrderReport(waiting, "wait", NOW), simple=False))
    names = ("volume", "remaining_volume", "executed_volume")
    assert [frame[name] for name in names] == [None, None, None]
    assert frame["price"] == 5000
    waiting.fills.append(fill())
    waiting.executed_volume = D("3.3")
    frame = read(order_frame(OrderReport(waiting, "trade", NOW, fill()), simple=False))
    assert [frame[name] for name in names] == [D("957853.20603421"), None, D("3.3")]


def test_a_market_sale_has_no_price() -> None:
    sale = order(side="ask", ord_type="market", price=None)
    frame = read(order_frame(OrderReport(sale, "wait", NOW), simple=False))
    assert (frame["price"], frame["ask_bid"]) == (None, "ASK")


def test_what_was_prevented_is_told() -> None:
    kept = order(prevented_volume=D("1.174291929"), prevented_locked=D("0.001706246173"))
    frame = read(order_frame(OrderReport(kept, "prevented", NOW), simple=False))
    assert frame["state"] == "prevented"
    assert frame["prevented_volume"] == D("1.174291929")
    assert frame["prevented_locked"] == D("0.001706246173")


def test_balances_keep_more_digits_than_a_double_holds() -> None:
    report = AssetReport(
        (
            ("KRW", D("1386929.37231066771348207123"), D("10329.670127489597585685")),
            ("BTC", D("0E-8"), D("1E-8")),
        ),
        NOW,
    )
    assert asset_frame(report, "a-1", simple=False).decode() == (
        '{"type":"myAsset","asset_uuid":"a-1","assets":['
        '{"currency":"KRW","balance":1386929.37231066771348207123,'
        '"locked":10329.670127489597585685},'
        '{"currency":"BTC","balance":0,"locked":0.00000001}],'
        '"asset_timestamp":1792962842345,"timestamp":1792962842345,"stream_type":"REALTIME"}'
    )
    assert (
        asset_frame(report, "a-1", simple=True)
        .decode()
        .startswith(
            '{"ty":"myAsset","astuid":"a-1","ast":[{"cu":"KRW","b":1386929.37231066771348207123,'
        )
    )


def test_an_announcement_with_and_without_its_body() -> None:
    notice = Announcement(562593104, "trade", "신규 거래 지원", "본문", NOW)
    bare = read(announcement_frame(notice, with_body=False, simple=False))
    assert bare == {
        "type": "announcement",
        "event_type": "CREATED",
        "uuid": "562593104",
        "title": "신규 거래 지원",
        "category": "trade",
        "url": "https://www.upbit.com/service_center/notice?id=562593104&view=share",
        "first_listed_at": "2026-10-26T06:14:02+09:00",
        "listed_at": "2026-10-26T06:14:02+09:00",
        "timestamp": NOW,
        "stream_type": "REALTIME",
    }
    assert read(announcement_frame(notice, with_body=True, simple=True))["bd"] == "본문"


@pytest.mark.parametrize(
    ("names", "frames"),
    [
        (
            field_names.MY_ORDER,
            [order_frame(OrderReport(order(), "wait", NOW), simple=simple) for simple in (0, 1)],
        ),
        (
            field_names.MY_ASSET,
            [asset_frame(AssetReport((), NOW), "a-1", simple=bool(simple)) for simple in (0, 1)],
        ),
        (
            field_names.ANNOUNCEMENT,
            [
                announcement_frame(
                    Announcement(1, "event", "t", "b", NOW), with_body=True, simple=bool(simple)
                )
                for simple in (0, 1)
            ],
        ),
    ],
)
def test_both_forms_have_every_documented_field_in_order(
    names: field_names.FieldNames, frames: list[bytes]
) -> None:
    default, simple = (read(frame) for frame in frames)
    assert list(default) == list(names)
    assert list(simple) == list(names.values())
    assert list(default.values()) == list(simple.values())


def test_announcements_have_short_names_of_their_own() -> None:
    names = field_names.ANNOUNCEMENT
    assert len(set(names.values())) == len(names)
