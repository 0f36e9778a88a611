"""The REST calls about one account: balances, orders and keys. Tests only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from upbit_ws_qt import account_calls
from upbit_ws_qt.account_calls import accounts, api_keys, closed_orders, open_orders, order
from upbit_ws_qt.errors import DecodeError, InvalidMarket, InvalidRequest
from upbit_ws_qt.events import OrderState
from upbit_ws_qt.ratelimit import GROUPS
from upbit_ws_qt.rest_call import RestCall, Right

WEEK_MS = 7 * 86_400_000
START_MS = 1_790_000_000_000

CALLS: list[tuple[RestCall[Any], str, str, Right | None]] = [
    (accounts(), "/v1/accounts", "", Right.ASSETS),
    (
        open_orders(),
        "/v1/orders/open",
        "states[]=wait&states[]=watch&page=1&limit=100",
        Right.ORDERS,
    ),
    (
        open_orders("KRW-BTC", states=["watch"], page=3, limit=10),
        "/v1/orders/open",
        "market=KRW-BTC&states[]=watch&page=3&limit=10",
        Right.ORDERS,
    ),
    (
        closed_orders(),
        "/v1/orders/closed",
        "states[]=done&states[]=cancel&limit=1000",
        Right.ORDERS,
    ),
    (
        closed_orders(
            "BTC-ETH",
            states=[OrderState.CANCEL, "cancel"],
            start_ms=START_MS,
            end_ms=START_MS + WEEK_MS,
            limit=1,
        ),
        "/v1/orders/closed",
        "market=BTC-ETH&states[]=cancel&start_time=1790000000000&end_time=1790604800000&limit=1",
        Right.ORDERS,
    ),
    (
        closed_orders(states="done", end_ms=START_MS),
        "/v1/orders/closed",
        "states[]=done&end_time=1790000000000&limit=1000",
        Right.ORDERS,
    ),
    (order(uuid="9ca0-23"), "/v1/order", "uuid=9ca0-23", Right.ORDERS),
    (order(identifier="my own & é"), "/v1/order", "identifier=my own & é", Right.ORDERS),
    (api_keys(), "/v1/api_keys", "", None),
]


@pytest.mark.parametrize(("call", "path", "query", "right"), CALLS)
def test_what_is_asked_and_with_which_right(
    call: RestCall[Any], path: str, query: str, right: Right | None
) -> None:
    assert (call.path, call.query, call.right) == (path, query, right)
    assert call.signed
    assert call.group in GROUPS


def test_only_reading_is_ever_asked_for() -> None:
    """Every path is one that is read with GET, which is all that a RestCall can be."""
    paths = {call.path for call, *_ in CALLS}
    assert paths == {
        "/v1/accounts",
        "/v1/orders/open",
        "/v1/orders/closed",
        "/v1/order",
        "/v1/api_keys",
    }
    made = {name for name in account_calls.__all__ if name.islower()}
    assert made == {"accounts", "api_keys", "closed_orders", "open_orders", "order"}


REFUSED: list[tuple[Callable[[], RestCall[Any]], str]] = [
    (lambda: open_orders(states=[]), "states wait and watch; got ''"),
    (lambda: open_orders(states=["done"]), "states wait and watch; got 'done'"),
    (lambda: open_orders(states=["wait", "melted"]), "got 'wait, melted'"),
    (lambda: open_orders(page=0), "counted from 1; got 0"),
    (lambda: open_orders(limit=0), "1 to 100 orders; got 0"),
    (lambda: open_orders(limit=101), "1 to 100 orders; got 101"),
    (lambda: closed_orders(states=["wait"]), "states done and cancel; got 'wait'"),
    (lambda: closed_orders(limit=1001), "1 to 1000 orders; got 1001"),
    (
        lambda: closed_orders(start_ms=START_MS, end_ms=START_MS + WEEK_MS + 1),
        "at most seven days; got 604800001 ms",
    ),
    (
        lambda: closed_orders(start_ms=START_MS, end_ms=START_MS - 1),
        "at most seven days; got -1 ms",
    ),
    (order, "by its uuid or by its identifier"),
    (lambda: order(uuid="a", identifier="b"), "give one of them"),
]


@pytest.mark.parametrize(("make", "said"), REFUSED)
def test_what_the_exchange_does_not_offer_is_refused_at_the_call(
    make: Callable[[], RestCall[Any]], said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        make()


def test_codes_are_checked_at_the_call() -> None:
    for make in (open_orders, closed_orders):
        with pytest.raises(InvalidMarket, match="did you mean 'KRW-BTC'"):
            make("krw-btc")


def test_each_call_knows_how_its_answer_is_read() -> None:
    for call, path, *_ in CALLS:
        if path == "/v1/order":
            with pytest.raises(DecodeError):
                call.parse(b"[]")
        else:
            assert call.parse(b"[]") == ()
