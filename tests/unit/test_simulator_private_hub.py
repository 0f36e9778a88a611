"""Who hears what of the account."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from upbit_ws_qt.simulator.account.orders import AssetReport, Order, OrderReport
from upbit_ws_qt.simulator.streams.packet import Packet
from upbit_ws_qt.simulator.streams.private_hub import PrivateHub
from upbit_ws_qt.simulator.streams.request import Refusal, Request, Wish, read_request

NOW = 1_792_962_842_345
ORDERS, ASSETS, NEWS = Wish("myOrder"), Wish("myAsset"), Wish("announcement")


class Ear:
    """A client that keeps what it hears."""

    def __init__(self, format_: str = "DEFAULT") -> None:
        self.format = format_
        self.frames: list[Any] = []

    def push(self, packet: Packet) -> None:
        self.frames.append(json.loads(packet.payload))

    def heard(self) -> list[str]:
        """The types heard since the last time."""
        frames, self.frames = self.frames, []
        return [frame["type"] for frame in frames]


def order_report(code: str = "KRW-BTC") -> OrderReport:
    order = Order("o", code, "bid", "limit", Decimal(1), Decimal(1), NOW, Decimal(0))
    return OrderReport(order, "wait", NOW)


def asset_report(time_ms: int = NOW) -> AssetReport:
    return AssetReport((("KRW", Decimal(1), Decimal(0)),), time_ms)


def hub_with(*wishes: Wish, format_: str = "DEFAULT") -> tuple[PrivateHub, Ear]:
    hub, ear = PrivateHub(1, 0), Ear(format_)
    hub.replace(ear, wishes, NOW)
    return hub, ear


def test_nothing_is_heard_when_a_subscription_begins() -> None:
    _, ear = hub_with(ORDERS, ASSETS, NEWS)
    assert ear.heard() == []


def test_each_stream_is_heard_by_those_who_asked_for_it() -> None:
    for wish, expected in ((ORDERS, ["myOrder"]), (ASSETS, ["myAsset"]), (NEWS, ["announcement"])):
        hub, ear = hub_with(wish)
        hub.report(order_report())
        hub.report(asset_report())
        hub.announce("t", "b", "event", NOW)
        assert ear.heard() == expected


def test_orders_are_chosen_by_code() -> None:
    hub, ear = hub_with(Wish("myOrder", ("KRW-ETH", "krw-btc", "KRW-NONE")))
    hub.report(order_report("KRW-BTC"))
    assert ear.heard() == []
    hub.report(order_report("KRW-ETH"))
    assert ear.heard() == ["myOrder"]


def test_no_codes_are_all_codes() -> None:
    hub, ear = hub_with(Wish("myOrder", ()))
    hub.report(order_report("KRW-BTC"))
    hub.report(order_report("BTC-ETH"))
    assert ear.heard() == ["myOrder", "myOrder"]


def test_two_wishes_for_one_order_make_one_frame() -> None:
    hub, ear = hub_with(Wish("myOrder", ("KRW-BTC",)), ORDERS)
    hub.report(order_report())
    assert ear.heard() == ["myOrder"]


def test_a_second_request_replaces_the_first() -> None:
    hub, ear = hub_with(ORDERS)
    hub.replace(ear, [ASSETS], NOW)
    hub.report(order_report())
    hub.report(asset_report())
    assert ear.heard() == ["myAsset"]


def test_a_listener_who_left_hears_nothing() -> None:
    hub, ear = hub_with(ORDERS)
    other = Ear()
    hub.replace(other, [ORDERS], NOW)
    hub.remove(ear)
    hub.remove(ear)
    hub.report(order_report())
    assert (ear.heard(), other.heard()) == ([], ["myOrder"])


@pytest.mark.parametrize(
    ("format_", "name", "in_list"),
    [
        ("DEFAULT", "type", False),
        ("SIMPLE", "ty", False),
        ("JSON_LIST", "type", True),
        ("SIMPLE_LIST", "ty", True),
    ],
)
def test_four_formats(format_: str, name: str, in_list: bool) -> None:
    hub, ear = hub_with(ORDERS, ASSETS, format_=format_)
    hub.report(order_report())
    hub.report(asset_report())
    frames = [frame[0] if in_list else frame for frame in ear.frames]
    assert [frame[name] for frame in frames] == ["myOrder", "myAsset"]


def test_the_first_subscription_to_balances_ever_may_stay_silent_for_a_while() -> None:
    hub, ear = PrivateHub(1, 5000), Ear()
    hub.replace(ear, [ORDERS], NOW - 9000)
    hub.report(asset_report(NOW - 8000))
    hub.replace(ear, [ASSETS], NOW)
    hub.report(asset_report(NOW + 4999))
    assert ear.heard() == []
    hub.report(asset_report(NOW + 5000))
    assert ear.heard() == ["myAsset"]
    late = Ear()
    hub.replace(late, [ASSETS], NOW + 6000)
    hub.report(asset_report(NOW + 6000))
    assert late.heard() == ["myAsset"]


def test_an_account_keeps_its_identifier() -> None:
    def identifier(seed: int) -> str:
        hub, ear = PrivateHub(seed, 0), Ear()
        hub.replace(ear, [ASSETS], NOW)
        hub.report(asset_report())
        hub.report(asset_report())
        first, second = ear.frames
        assert first["asset_uuid"] == second["asset_uuid"]
        return str(first["asset_uuid"])

    assert identifier(1) == identifier(1) != identifier(2)
    assert UUID(identifier(1)).version == 4


def test_announcements_are_chosen_by_category() -> None:
    hub, ear = hub_with(Wish("announcement", categories=("trade", "event"), include_body=True))
    hub.announce("t", "b", "wallet", NOW)
    hub.announce("t", "b", "trade", NOW)
    (frame,) = ear.frames
    assert (frame["uuid"], frame["body"]) == ("2", "b")


def test_a_request_for_announcements_is_read() -> None:
    text = '[{"ticket":"t"},{"type":"announcement","categories":["trade"],"include_body":true}]'
    request = read_request(text, private=True)
    assert isinstance(request, Request)
    assert request.wishes == (Wish("announcement", categories=("trade",), include_body=True),)
    bare = read_request('[{"ticket":"t"},{"type":"announcement"}]', private=True)
    assert isinstance(bare, Request)
    assert bare.wishes == (NEWS,)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ('"categories":["gossip"]', "INVALID_PARAM"),
        ('"categories":"trade"', "WRONG_FORMAT"),
        ('"categories":[1]', "WRONG_FORMAT"),
        ('"include_body":"yes"', "WRONG_FORMAT"),
    ],
)
def test_requests_for_announcements_that_are_refused(fields: str, name: str) -> None:
    text = f'[{{"ticket":"t"}},{{"type":"announcement",{fields}}}]'
    refusal = read_request(text, private=True)
    assert isinstance(refusal, Refusal)
    assert refusal.name == name


def test_announcements_are_not_public() -> None:
    refusal = read_request('[{"ticket":"t"},{"type":"announcement"}]', private=False)
    assert isinstance(refusal, Refusal)
    assert refusal.name == "INVALID_PARAM"
