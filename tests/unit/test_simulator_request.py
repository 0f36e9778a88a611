"""Requests, REST parameters and tokens are read as the exchange reads them."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import jwt
import pytest

from upbit_ws_qt.settings import Credentials
from upbit_ws_qt.simulator.account import Account
from upbit_ws_qt.simulator.keys import KeyRefused, KeyRing
from upbit_ws_qt.simulator.query import (
    QuotationError,
    decimal_number,
    last_trade_ms,
    moment,
    whole_number,
)
from upbit_ws_qt.simulator.request import Refusal, Request, Wish, read_request

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


def test_bad_parameters_name_themselves() -> None:
    for call in (
        lambda: moment({"to": "yesterday"}, NOW),
        lambda: last_trade_ms({"to": "25:00:00"}, NOW),
        lambda: whole_number({"count": "-1"}, "count", 1, 200),
        lambda: decimal_number({"level": "x"}, "level"),
    ):
        with pytest.raises(QuotationError, match=r"to|count|level") as caught:
            call()
        assert caught.value.status == 400
    assert whole_number({"count": "900"}, "count", 1, 200) == 200


def test_trades_end_at_a_time_of_day_some_days_ago() -> None:
    midnight = NOW // 86_400_000 * 86_400_000
    assert last_trade_ms({}, NOW) == NOW
    assert last_trade_ms({"to": "01:00:00"}, NOW) == midnight + 3_600_000 - 1
    assert last_trade_ms({"to": "010000", "days_ago": "1"}, NOW) == midnight - 82_800_000 - 1
    assert last_trade_ms({"days_ago": "2"}, NOW) == midnight - 86_400_000 - 1
    assert last_trade_ms({"cursor": str((midnight + 5) * 10_000 + 3)}, NOW) == midnight + 5


# --- Keys ------------------------------------------------------------------------------------


def signed(key: Credentials, algorithm: str = "HS256", **claims: Any) -> str:
    body = {"access_key": key.access_key, "nonce": str(uuid.uuid4()), **claims}
    options = jwt.algorithms.HMACAlgorithm
    method = options(options.SHA512 if algorithm == "HS512" else options.SHA256)
    # Made with the algorithm itself: jwt.encode warns of keys as short as the exchange's.
    head = jwt.utils.base64url_encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    whole = head + b"." + jwt.utils.base64url_encode(json.dumps(body).encode())
    signature = jwt.utils.base64url_encode(method.sign(whole, key.secret_key.encode()))
    return f"Bearer {whole.decode()}.{signature.decode()}"


def refusal(ring: KeyRing, authorization: str | None, query: str = "") -> str:
    with pytest.raises(KeyRefused) as caught:
        ring.check(authorization, query)
    return caught.value.name


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_its_own_keys_are_accepted(algorithm: str) -> None:
    ring = KeyRing(1)
    key = ring.issue()
    assert ring.check(signed(key, algorithm)) == key.access_key
    assert len(key.access_key) == len(key.secret_key) == 40
    assert ring.issue().access_key != key.access_key


def test_a_token_by_the_library_is_accepted() -> None:
    ring = KeyRing(1)
    key = ring.issue()
    claims = {"access_key": key.access_key, "nonce": "n"}
    token = jwt.encode(claims, key.secret_key, algorithm="HS256")
    assert ring.check(f"Bearer {token}") == key.access_key


def test_other_tokens_are_refused_with_the_exchanges_words() -> None:
    ring = KeyRing(1)
    key = ring.issue()
    forged = Credentials(key.access_key, "x" * 40)
    good = signed(key)
    assert refusal(ring, None) == "no_authorization_token"
    assert refusal(ring, "Basic abc") == "no_authorization_token"
    for broken in ("Bearer abc", "Bearer a.b.c", "Bearer W10.W10.W10", good[:-3] + "abc"):
        assert refusal(ring, broken) == "jwt_verification"
    assert refusal(ring, signed(forged)) == "jwt_verification"
    assert refusal(ring, signed(key, "none")) == "jwt_verification"
    assert refusal(ring, signed(key, nonce="")) == "jwt_verification"
    assert refusal(ring, signed(Credentials("unknown", "y" * 40))) == "invalid_access_key"
    assert refusal(ring, signed(key, access_key=5)) == "invalid_access_key"
    assert ring.check(good) == key.access_key
    assert refusal(ring, good) == "nonce_used"


def test_old_nonces_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upbit_ws_qt.simulator.keys._NONCES_REMEMBERED", 2)
    ring = KeyRing(1)
    key = ring.issue()
    for nonce in ("a", "b", "c"):
        ring.check(signed(key, nonce=nonce))
    assert refusal(ring, signed(key, nonce="b")) == "nonce_used"
    ring.check(signed(key, nonce="a"))


def test_the_hash_of_the_query_is_checked() -> None:
    ring = KeyRing(1)
    key = ring.issue()
    query = "market=KRW-BTC&states[]=wait"
    right = hashlib.sha512(query.encode()).hexdigest()
    ring.check(signed(key, query_hash=right, query_hash_alg="SHA512"), query)
    ring.check(signed(key, query_hash=right), "market=KRW-BTC&states%5B%5D=wait")
    assert refusal(ring, signed(key), query) == "invalid_query_payload"
    assert refusal(ring, signed(key, query_hash="0" * 128), query) == "invalid_query_payload"
    wrong_name = signed(key, query_hash=right, query_hash_alg="MD5")
    assert refusal(ring, wrong_name, query) == "invalid_query_payload"


def test_a_refused_key_is_not_in_the_error() -> None:
    ring = KeyRing(1)
    key = ring.issue()
    with pytest.raises(KeyRefused) as caught:
        ring.check(signed(Credentials(key.access_key, "z" * 40)))
    assert key.access_key not in str(caught.value)
    assert key.secret_key not in str(caught.value)


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
