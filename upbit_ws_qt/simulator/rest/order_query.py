"""Which orders a REST call means, read as the exchange reads it. Pure.

Source: docs.upbit.com, list-open-orders, list-closed-orders, list-orders-by-ids,
batch-cancel-orders, cancel-orders-by-ids.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from upbit_ws_qt.simulator.account.orders import NewOrder, Order
from upbit_ws_qt.simulator.market.days import DAY_MS

from .query import ExchangeError, Fields

__all__ = [
    "bad_request",
    "closed_orders",
    "identifiers",
    "invalid_parameter",
    "new_order",
    "one",
    "orders_in_state",
    "orders_to_cancel",
    "sorted_orders",
]

_LONGEST_WINDOW_MS = 7 * DAY_MS
_MOST_PAIRS, _MOST_CANCELLED, _CANCELLED_BY_DEFAULT = 20, 300, 20
_LISTED_BY_DEFAULT = 100
_DIGITS = re.compile(r"[0-9]{1,18}")


def invalid_parameter() -> ExchangeError:
    """The answer to a parameter that makes no sense."""
    return ExchangeError(400, "invalid_parameter", "잘못된 파라미터")


def bad_request() -> ExchangeError:
    """The answer to a cancellation that does not say of what."""
    return ExchangeError(400, "bad_request", "잘못된 요청")


def one(fields: Fields, name: str) -> str | None:
    """The value of a parameter that is no array; the last one where it was repeated."""
    values = fields.get(name)
    return values[-1] if values else None


def new_order(fields: Fields) -> NewOrder:
    """What a new order asks for."""
    return NewOrder(
        market=one(fields, "market"),
        side=one(fields, "side"),
        ord_type=one(fields, "ord_type"),
        price=one(fields, "price"),
        volume=one(fields, "volume"),
        time_in_force=one(fields, "time_in_force"),
        smp_type=one(fields, "smp_type"),
        identifier=one(fields, "identifier"),
    )


def sorted_orders(orders: Iterable[Order], fields: Fields) -> list[Order]:
    """``orders``, given the oldest first, as ``order_by`` wants them: the newest first or last."""
    order_by = one(fields, "order_by") or "desc"
    if order_by not in ("asc", "desc"):
        raise invalid_parameter()
    found = list(orders)
    return found if order_by == "asc" else found[::-1]


def orders_in_state(
    orders: Iterable[Order],
    fields: Fields,
    *,
    allowed: Collection[str],
    default: Collection[str],
    most: int,
) -> list[Order]:
    """The orders of one page, by ``market``, ``state`` or ``states[]``, ``page`` and ``limit``.

    Args:
        orders: all there are, the oldest first.
        fields: the call's parameters.
        allowed: the states this call knows.
        default: the states it means when none is named.
        most: the largest ``limit``.

    Raises:
        ExchangeError: a parameter makes no sense.
    """
    if "state" in fields and "states" in fields:
        raise invalid_parameter()
    states = fields.get("state") or fields.get("states") or default
    if any(state not in allowed for state in states):
        raise invalid_parameter()
    limit = _number(fields, "limit", _LISTED_BY_DEFAULT, most)
    page = _number(fields, "page", 1, None)
    market = one(fields, "market")
    found = [
        order for order in orders if order.state in states and market in (None, "", order.code)
    ]
    return sorted_orders(found, fields)[(page - 1) * limit : page * limit]


def closed_orders(
    orders: Iterable[Order], fields: Fields, now_ms: int, *, allowed: Collection[str], most: int
) -> list[Order]:
    """Like :func:`orders_in_state`, of the orders made in a window of at most seven days.

    ``start_time`` and ``end_time`` are ISO 8601 or ms since 1970. Each alone means the seven days
    after or before it, none the last seven days.
    """
    start_text, end_text = one(fields, "start_time"), one(fields, "end_time")
    if start_text:
        start_ms = _moment(start_text)
        end_ms = _moment(end_text) if end_text else start_ms + _LONGEST_WINDOW_MS
    else:
        end_ms = _moment(end_text) if end_text else now_ms
        start_ms = end_ms - _LONGEST_WINDOW_MS
    if not 0 <= end_ms - start_ms <= _LONGEST_WINDOW_MS:
        raise invalid_parameter()
    made = [order for order in orders if start_ms <= order.created_ms <= end_ms]
    return orders_in_state(made, fields, allowed=allowed, default=allowed, most=most)


def identifiers(fields: Fields, most: int) -> tuple[str, list[str]] | None:
    """Whether ``uuids[]`` or ``identifiers[]`` are given, and which; None if it is not one of both.

    More than ``most`` are like none.
    """
    given = [name for name in ("uuids", "identifiers") if fields.get(name)]
    if len(given) != 1 or len(fields[given[0]]) > most:
        return None
    return given[0], fields[given[0]]


def orders_to_cancel(orders: Iterable[Order], fields: Fields) -> list[Order]:
    """The waiting orders that a cancellation of many means.

    By ``cancel_side``, ``pairs`` or ``quote_currencies``, ``excluded_pairs``, ``order_by`` and
    ``count``; lists are separated by commas.

    Raises:
        ExchangeError: a parameter makes no sense.
    """
    side = one(fields, "cancel_side") or "all"
    pairs, quotes = _listed(fields, "pairs"), _listed(fields, "quote_currencies")
    excluded = _listed(fields, "excluded_pairs")
    if side not in ("all", "bid", "ask") or (pairs and quotes):
        raise invalid_parameter()
    if max(len(pairs), len(excluded)) > _MOST_PAIRS:
        raise invalid_parameter()
    count = _number(fields, "count", _CANCELLED_BY_DEFAULT, _MOST_CANCELLED)
    found = [
        order
        for order in orders
        if order.state == "wait"
        and side in ("all", order.side)
        and (not pairs or order.code in pairs)
        and (not quotes or order.quote in quotes)
        and order.code not in excluded
    ]
    return sorted_orders(found, fields)[:count]


def _listed(fields: Fields, name: str) -> list[str]:
    # Some clients send arrays, others one value with commas.
    return [part for value in fields.get(name, ()) for part in value.split(",") if part]


def _number(fields: Fields, name: str, default: int, most: int | None) -> int:
    text = one(fields, name)
    if not text:
        return default
    number = int(text) if _DIGITS.fullmatch(text) else 0
    if number < 1 or (most is not None and number > most):
        raise invalid_parameter()
    return number


def _moment(text: str) -> int:
    if _DIGITS.fullmatch(text):
        return int(text)
    try:
        # A plus sign that the client did not encode arrives as a space.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid_parameter() from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp() * 1000)
