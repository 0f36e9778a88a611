"""The REST calls about one account: balances, orders and keys; all of them only read. Pure.

Source: docs.upbit.com, get-balance, list-open-orders, list-closed-orders, get-order, list-api-keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from .account_rows import ApiKey, read_accounts, read_keys, read_order, read_orders
from .errors import InvalidRequest
from .events import Balance, OrderEvent, OrderState
from .markets import check_market
from .rest_call import RestCall, Right

__all__ = [
    "CLOSED_PAGE",
    "LONGEST_WINDOW_MS",
    "OPEN_PAGE",
    "accounts",
    "api_keys",
    "closed_orders",
    "open_orders",
    "order",
]

#: The most open and the most closed orders that one answer holds.
OPEN_PAGE, CLOSED_PAGE = 100, 1000
#: Closed orders are asked for in windows of at most seven days.
LONGEST_WINDOW_MS = 7 * 86_400_000

_OPEN = (OrderState.WAIT, OrderState.WATCH)
_CLOSED = (OrderState.DONE, OrderState.CANCEL)

ResultT = TypeVar("ResultT")
_Params = tuple[tuple[str, str], ...]


def accounts() -> RestCall[tuple[Balance, ...]]:
    """All balances, with the average prices they were bought at."""
    return _signed("/v1/accounts", (), read_accounts, Right.ASSETS)


def open_orders(
    market: str | None = None,
    *,
    states: Collection[OrderState | str] = _OPEN,
    page: int = 1,
    limit: int = OPEN_PAGE,
) -> RestCall[tuple[OrderEvent, ...]]:
    """Orders that wait, the newest first; a full page may not be the last one.

    Args:
        market: one market; None for all.
        states: of ``wait`` and ``watch``.
        page: from 1.
        limit: orders a page, 1 to 100.

    Raises:
        InvalidMarket, InvalidRequest: the exchange does not offer it.
    """
    if page < 1:
        raise InvalidRequest(f"pages are counted from 1; got {page!r}")
    params = (
        *_filter(market, states, _OPEN),
        ("page", str(page)),
        ("limit", _checked_limit(limit, OPEN_PAGE)),
    )
    return _signed("/v1/orders/open", params, read_orders, Right.ORDERS)


def closed_orders(
    market: str | None = None,
    *,
    states: Collection[OrderState | str] = _CLOSED,
    start_ms: int | None = None,
    end_ms: int | None = None,
    limit: int = CLOSED_PAGE,
) -> RestCall[tuple[OrderEvent, ...]]:
    """Orders that ended, the newest first, by when they were made.

    Args:
        market: one market; None for all.
        states: of ``done`` and ``cancel``.
        start_ms: since 1970; alone it means the seven days after it.
        end_ms: since 1970; alone it means the seven days before it. None of the two means the last
            seven days.
        limit: 1 to 1000.

    Raises:
        InvalidMarket, InvalidRequest: the exchange does not offer it.
    """
    limited = ("limit", _checked_limit(limit, CLOSED_PAGE))
    if (
        start_ms is not None
        and end_ms is not None
        and not 0 <= end_ms - start_ms <= LONGEST_WINDOW_MS
    ):
        raise InvalidRequest(
            f"closed orders are read in windows of at most seven days; got {end_ms - start_ms} ms"
        )
    params = _filter(market, states, _CLOSED)
    for name, time_ms in (("start_time", start_ms), ("end_time", end_ms)):
        if time_ms is not None:
            params = (*params, (name, str(time_ms)))
    params = (*params, limited)
    return _signed("/v1/orders/closed", params, read_orders, Right.ORDERS)


def order(*, uuid: str | None = None, identifier: str | None = None) -> RestCall[OrderEvent]:
    """One order with its fills, by the exchange's name for it or by its maker's.

    Raises:
        InvalidRequest: not exactly one of the two is given.
    """
    named = [(name, value) for name, value in (("uuid", uuid), ("identifier", identifier)) if value]
    if len(named) != 1:
        raise InvalidRequest("an order is named by its uuid or by its identifier; give one of them")
    return _signed("/v1/order", tuple(named), read_order, Right.ORDERS)


def api_keys() -> RestCall[tuple[ApiKey, ...]]:
    """All keys of the account and when they end; needs no right."""
    return _signed("/v1/api_keys", (), read_keys, None)


def _signed(
    path: str, params: _Params, parse: Callable[[bytes], ResultT], right: Right | None
) -> RestCall[ResultT]:
    return RestCall(path, params, "default", parse, signed=True, right=right)


def _filter(
    market: str | None, states: Collection[OrderState | str], known: Sequence[OrderState]
) -> _Params:
    asked = (states,) if isinstance(states, str) else tuple(states)
    if not asked or any(state not in known for state in asked):
        listed = " and ".join(known)
        raise InvalidRequest(f"these orders are in the states {listed}; got {', '.join(asked)!r}")
    chosen = () if market is None else (("market", check_market(market)),)
    return (*chosen, *(("states[]", str(state)) for state in dict.fromkeys(asked)))


def _checked_limit(limit: int, most: int) -> str:
    if not 1 <= limit <= most:
        raise InvalidRequest(f"one page holds 1 to {most} orders; got {limit!r}")
    return str(limit)
