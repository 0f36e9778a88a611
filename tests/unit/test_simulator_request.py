"""Requests and REST parameters are read as the exchange reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from upbit_ws_qt.simulator.account.account import Account
from upbit_ws_qt.simulator.rest.query import (
    ExchangeError,
    QuotationError,
    decimal_number,
    last_trade_ms,
    moment,
    read_body,
    read_query,
    whole_number,
)
from upbit_ws_qt.simulator.streams.request import Refusal, Request, Wish, read_request

TICKET = {"ticket": "t"}
NOW = 1_793_000_042_345


def read(*parts: Any, private: bool = False) -> Request | Refusal:
    return read_request(json.dumps(list(parts)), private=private)


# --- Requests --------------------------------------------------------------------------------


def test_a_whole_request() -> None:
    assert read(
        TICKET,
        {"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True},
        {"type": "orderbook", "codes": ["KRW-BTC.15", "KRW-ETH"], "level": 10_000},
        {"type": "candle.240m", "codes": ["KRW-BTC"], "is_only_realtime": True},
        {"format": "SIMPLE_LIST"},
    ) == Request(
        "t",
        (
            Wish("ticker", ("KRW-BTC",), only_snapshot=True),
            Wish("orderbook", ("KRW-BTC.15", "KRW-ETH"), 10_000.0),
            Wish("candle.240m", ("KRW-BTC",), only_realtime=True),
        ),
        "SIMPLE_LIST",
    )


def test_the_order_of_the_parts_does_not_matter_and_old_flags_are_known() -> None:
    wish = {"type": "trade", "codes": ["KRW-BTC"], "isOnlyRealtime": True}
    assert read({"format": "SIMPLE"}, wish, TICKET) == Request(
        "t", (Wish("trade", ("KRW-BTC",), only_realtime=True),), "SIMPLE"
    )


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ([TICKET, {"type": "nope", "codes": ["KRW-BTC"]}], "INVALID_PARAM"),
        ([TICKET, {"type": "candle.2m", "codes": ["KRW-BTC"]}], "INVALID_PARAM"),
        ([TICKET, {"type": "myAsset"}], "INVALID_PARAM"),
        ([TICKET, {"type": "ticker"}], "NO_CODES"),
        ([TICKET, {"type": "ticker", "codes": []}], "NO_CODES"),
        ([TICKET, {"type": "ticker", "codes": "KRW-BTC"}], "WRONG_FORMAT"),
        ([TICKET, {"type": "ticker", "codes": [1]}], "WRONG_FORMAT"),
        ([TICKET, {"type": 1, "codes": ["KRW-BTC"]}], "WRONG_FORMAT"),
        ([TICKET, {"type": "orderbook", "codes": ["KRW-BTC"], "level": "0"}], "WRONG_FORMAT"),
        ([TICKET, {"type": "orderbook", "codes": ["KRW-BTC"], "level": True}], "WRONG_FORMAT"),
        ([TICKET, {"type": "orderbook", "codes": ["A"], "level": 10**400}], "WRONG_FORMAT"),
        ([TICKET, {"type": "ticker", "codes": ["A"], "is_only_snapshot": "true"}], "WRONG_FORMAT"),
        ([TICKET, {"type": "ticker", "codes": ["A"]}, {"format": "XML"}], "WRONG_FORMAT"),
        ([TICKET, {"method": "NOPE"}], "WRONG_FORMAT"),
        ([TICKET, 5], "WRONG_FORMAT"),
        ([TICKET, {"type": "ticker", "codes": ["A"]}, {"format": ["SIMPLE"]}], "WRONG_FORMAT"),
        ([TICKET, {"codes": ["KRW-BTC"]}], "NO_TYPE"),
        ([TICKET], "NO_TYPE"),
        ([{"type": "ticker", "codes": ["KRW-BTC"]}], "NO_TICKET"),
        ([{"ticket": ""}, {"type": "ticker", "codes": ["KRW-BTC"]}], "NO_TICKET"),
        ([{"ticket": 5}, {"type": "nope"}], "NO_TICKET"),
        ([], "NO_TICKET"),
    ],
)
def test_refused_requests(parts: list[Any], name: str) -> None:
    found = read(*parts)
    assert isinstance(found, Refusal)
    assert found.name == name


@pytest.mark.parametrize("text", ["", "{}", "nope", '"a"', "[", b"\xff\xfe", "[" * 100_000])
def test_what_is_no_list_has_the_wrong_format(text: str | bytes) -> None:
    assert read_request(text, private=False) == Refusal("WRONG_FORMAT")


def test_listing_needs_no_wish() -> None:
    assert read(TICKET, {"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"}) == Request(
        "t", (), "SIMPLE", lists_subscriptions=True
    )


def test_more_codes_than_are_allowed_have_the_wrong_format() -> None:
    wishes = [{"type": "ticker", "codes": ["A", "B"]}, {"type": "trade", "codes": ["A"]}]
    text = json.dumps([TICKET, *wishes])
    assert read_request(text, private=False, most_codes=2) == Refusal("WRONG_FORMAT")
    assert isinstance(read_request(text, private=False, most_codes=3), Request)


def test_bytes_are_read_like_text() -> None:
    text = json.dumps([TICKET, {"type": "ticker", "codes": ["KRW-BTC"]}])
    assert read_request(text.encode(), private=False) == read_request(text, private=False)


def test_a_type_may_come_twice_with_different_levels() -> None:
    found = read(
        TICKET,
        {"type": "orderbook", "codes": ["KRW-BTC"], "level": 10_000},
        {"type": "orderbook", "codes": ["KRW-BTC"]},
    )
    assert isinstance(found, Request)
    assert [wish.level for wish in found.wishes] == [10_000.0, 0.0]


def test_private_types_are_for_the_private_path() -> None:
    assert read(TICKET, {"type": "myAsset"}, private=True) == Request("t", (Wish("myAsset"),))
    assert read(TICKET, {"type": "myOrder", "codes": []}, private=True) == Request(
        "t", (Wish("myOrder"),)
    )
    refused = [
        read(TICKET, {"type": "myAsset", "codes": ["KRW-BTC"]}, private=True),
        read(TICKET, {"type": "ticker", "codes": ["KRW-BTC"]}, private=True),
    ]
    assert refused == [Refusal("WRONG_FORMAT"), Refusal("INVALID_PARAM", {"type": "ticker"})]


def test_announcements_have_categories_and_perhaps_a_body() -> None:
    notice = {"type": "announcement"}
    assert read(TICKET, notice, private=True) == Request("t", (Wish("announcement"),))
    wish = notice | {"categories": ["trade", "wallet"], "include_body": True}
    assert read(TICKET, wish, private=True) == Request(
        "t", (Wish("announcement", categories=("trade", "wallet"), include_body=True),)
    )
    for wrong, refused in (
        ({"categories": "trade"}, Refusal("WRONG_FORMAT")),
        ({"include_body": "true"}, Refusal("WRONG_FORMAT")),
        ({"categories": ["gossip"]}, Refusal("INVALID_PARAM", {"type": "gossip"})),
    ):
        assert read(TICKET, notice | wrong, private=True) == refused
    assert read(TICKET, notice) == Refusal("INVALID_PARAM", {"type": "announcement"})


# --- REST parameters -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-07-01T00:00:00Z", 1_751_328_000_000),
        ("2025-07-01T00:00:00", 1_751_328_000_000),
        ("2025-07-01 00:00:00", 1_751_328_000_000),
        ("2025-07-01T09:00:00+09:00", 1_751_328_000_000),
        ("2025-07-01T09:00:00 09:00", 1_751_328_000_000),
        ("", NOW + 1),
    ],
)
def test_to_is_iso_8601_in_utc(text: str, expected: int) -> None:
    assert moment({"to": text}, NOW) == expected


@pytest.mark.parametrize(
    ("read_it", "message"),
    [
        (lambda: moment({"to": "yesterday"}, NOW), "Type mismatch"),
        (lambda: last_trade_ms({"to": "25:00:00"}, NOW), "Type mismatch"),
        (lambda: whole_number({"count": "many"}, "count", 1, 200), "Type mismatch"),
        (lambda: whole_number({"count": "1.5"}, "count", 1, 200), "Type mismatch"),
        (lambda: whole_number({"count": "9" * 5000}, "count", 1, 200), "Type mismatch"),
        (lambda: whole_number({"count": "-1"}, "count", 1, 200), "Invalid parameter"),
        (lambda: whole_number({"count": "0"}, "count", 1, 200, least=1), "Invalid parameter"),
        (lambda: decimal_number({"level": "x"}, "level"), "Type mismatch"),
        (lambda: decimal_number({"level": "sNaN"}, "level"), "Type mismatch"),
        (lambda: decimal_number({"level": "Infinity"}, "level"), "Type mismatch"),
    ],
)
def test_bad_parameters_get_the_exchanges_words(
    read_it: Callable[[], object], message: str
) -> None:
    with pytest.raises(QuotationError, match=message) as caught:
        read_it()
    assert caught.value.status == 400


def test_numbers_are_cut_and_have_defaults() -> None:
    assert whole_number({"count": "900"}, "count", 1, 200) == 200
    assert whole_number({}, "count", 1, 200) == 1
    assert decimal_number({}, "level") == 0
    assert decimal_number({"level": "0.10"}, "level") == Decimal("0.1")


def test_a_query_is_hashed_as_it_reads() -> None:
    fields, text = read_query("market=KRW-BTC&states%5B%5D=wait&states[]=watch&empty=&to=a%2Bb")
    assert fields == {
        "market": ["KRW-BTC"],
        "states": ["wait", "watch"],
        "empty": [""],
        "to": ["a+b"],
    }
    assert text == "market=KRW-BTC&states[]=wait&states[]=watch&empty=&to=a+b"
    assert read_query("") == ({}, "")


def test_a_body_is_an_object_or_a_form() -> None:
    body = {"market": "KRW-BTC", "price": 1.50, "volume": "0.10", "ok": True, "none": None}
    fields, text = read_body(json.dumps(body).encode())
    assert fields == {"market": ["KRW-BTC"], "price": ["1.5"], "volume": ["0.10"], "ok": ["true"]}
    assert text == "market=KRW-BTC&price=1.5&volume=0.10&ok=true&none=null"
    # The order is that of the body, and numbers are as they are written.
    assert read_body(b' {"b": 1e-05, "a": 100.0}')[1] == "b=1e-05&a=100.0"
    for name in ("uuids", "uuids[]"):
        fields, text = read_body(json.dumps({name: ["x", "y", 3]}).encode())
        assert (fields, text) == ({"uuids": ["x", "y", "3"]}, "uuids[]=x&uuids[]=y&uuids[]=3")
    assert read_body("id=\ud55c".encode()) == ({"id": ["한"]}, "id=한")
    assert read_body(b"uuids%5B%5D=x&uuids%5B%5D=y") == (
        {"uuids": ["x", "y"]},
        "uuids[]=x&uuids[]=y",
    )


@pytest.mark.parametrize("body", [b'{"market": ', b"{1}", b"\xff", b'{"a": ' + b"[" * 100_000])
def test_a_body_that_is_neither_is_an_error(body: bytes) -> None:
    with pytest.raises(ExchangeError) as caught:
        read_body(body)
    assert (caught.value.status, caught.value.name) == (400, "validation_error")


def test_trades_end_at_a_time_of_day_some_days_ago() -> None:
    midnight = NOW // 86_400_000 * 86_400_000
    assert last_trade_ms({}, NOW) == NOW
    assert last_trade_ms({"to": "01:00:00"}, NOW) == midnight + 3_600_000 - 1
    assert last_trade_ms({"to": "010000", "days_ago": "1"}, NOW) == midnight - 82_800_000 - 1
    assert last_trade_ms({"days_ago": "2"}, NOW) == midnight - 86_400_000 - 1
    assert last_trade_ms({"cursor": str((midnight + 5) * 10_000 + 3)}, NOW) == midnight + 5


# --- The account -----------------------------------------------------------------------------


def test_the_account_has_every_kind_of_holding_and_its_amounts_are_strings() -> None:
    rows = {row["currency"]: row for row in Account().rows()}
    assert {"KRW", "BTC", "ETH"} <= set(rows)
    assert all(isinstance(row["balance"], str) for row in rows.values())
    assert float(str(rows["BTC"]["locked"])) > 0
    assert rows["BTC"]["avg_buy_price"] == "104250000"
    assert rows["BTT"]["avg_buy_price"] == "0"
    assert rows["DOT"]["unit_currency"] == "BTC"
    assert rows["XRP"]["avg_buy_price_modified"] is True


@pytest.mark.parametrize(
    ("stream", "code", "left"),
    [
        (None, None, ()),
        ("ticker", None, (Wish("orderbook", ("KRW-BTC.5",)),)),
        ("ticker", "KRW-BTC", (Wish("ticker", ("KRW-ETH",)), Wish("orderbook", ("KRW-BTC.5",)))),
        (None, "KRW-BTC", (Wish("ticker", ("KRW-ETH",)),)),
        (None, "KRW-XRP", None),
        ("trade", None, None),
    ],
)
def test_a_request_without_some_of_its_streams(
    stream: str | None, code: str | None, left: tuple[Wish, ...] | None
) -> None:
    wishes = Wish("ticker", ("KRW-BTC", "KRW-ETH")), Wish("orderbook", ("KRW-BTC.5",))
    request = Request("t", wishes, "SIMPLE")
    assert request.without(stream, code) == Request("t", wishes if left is None else left, "SIMPLE")


def test_a_wish_for_all_markets_stays_when_one_is_lost() -> None:
    request = Request("t", (Wish("myOrder"), Wish("myAsset")))
    assert request.without(None, "KRW-BTC") == request
    assert request.without("myOrder", None).wishes == (Wish("myAsset"),)
