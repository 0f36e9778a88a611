"""The rows in which the exchange's REST interface tells of orders. Pure.

Amounts are strings, times are Korean, and fields without a value are left out. Two spellings are
in use: some calls write whole amounts as ``1.0``, others as ``1``. Source: docs.upbit.com,
new-order, get-order, list-open-orders, available-order-information, batch-cancel-orders, smp.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from upbit_ws_qt.simulator.account.amounts import plain_amount, pointed_amount
from upbit_ws_qt.simulator.account.order_rules import MAXIMUM_TOTAL_KRW, fee_rate, minimum_total
from upbit_ws_qt.simulator.account.orders import Fill, Order
from upbit_ws_qt.simulator.market.listing import Listing
from upbit_ws_qt.simulator.streams.spelling import iso_seconds

__all__ = [
    "as_accepted",
    "cancellation",
    "chance_row",
    "kst",
    "order_row",
    "trade_row",
    "wallet_rows",
]

Row = dict[str, Any]

_BID_TYPES = ("best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc", "price")
_BLOCK_MS = 600_000
_ASK_TYPES = ("best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc", "market")


def kst(time_ms: int) -> str:
    """``2026-10-01T09:00:00+09:00``."""
    return iso_seconds(time_ms, 9) + "+09:00"


def order_row(order: Order, *, pointed: bool) -> Row:
    """An order; ``pointed`` chooses ``1.0`` for whole amounts."""
    amount = pointed_amount if pointed else plain_amount
    row: Row = {
        "market": order.code,
        "uuid": order.uuid,
        "side": order.side,
        "ord_type": order.ord_type,
        # Prices and what was prevented have the one spelling everywhere.
        "price": None if order.price is None else plain_amount(order.price),
        "state": order.state,
        "created_at": kst(order.created_ms),
        "volume": None if order.volume is None else amount(order.volume),
        "remaining_volume": (
            None if order.remaining_volume is None else amount(order.remaining_volume)
        ),
        "executed_volume": amount(order.executed_volume),
        "reserved_fee": amount(order.reserved_fee),
        "remaining_fee": amount(order.remaining_fee),
        "paid_fee": amount(order.paid_fee),
        "locked": amount(order.locked),
        "prevented_volume": plain_amount(order.prevented_volume),
        "prevented_locked": plain_amount(order.prevented_locked),
        "trades_count": len(order.fills),
        "time_in_force": order.time_in_force,
        "identifier": order.identifier,
        "smp_type": order.smp_type,
    }
    return {name: value for name, value in row.items() if value is not None}


def trade_row(order: Order, fill: Fill) -> Row:
    """One of an order's trades; its time has microseconds."""
    second, milliseconds = kst(fill.time_ms), fill.time_ms % 1000
    # Trades of one ms have numbers, which keep them apart and in order.
    microseconds = milliseconds * 1000 + fill.sequential_id % 1000
    return {
        "market": order.code,
        "uuid": fill.uuid,
        "price": plain_amount(fill.price),
        "volume": plain_amount(fill.volume),
        "funds": plain_amount(fill.funds),
        "trend": fill.trend,
        "created_at": f"{second[:19]}.{microseconds:06d}{second[19:]}",
        "side": order.side,
    }


def as_accepted(order: Order) -> Order:
    """The order as it was before anything was traded.

    That is how the exchange answers a new order: it writes the answer first and matches later.
    """
    funds = order.price if order.volume is None else (order.price or Decimal(0)) * order.volume
    held = order.volume if order.side == "ask" else (funds or Decimal(0)) + order.reserved_fee
    return dataclasses.replace(
        order,
        state="wait",
        remaining_volume=order.volume,
        remaining_funds=order.price if order.volume is None else None,
        executed_volume=Decimal(0),
        executed_funds=Decimal(0),
        remaining_fee=order.reserved_fee,
        paid_fee=Decimal(0),
        locked=held or Decimal(0),
        prevented_volume=Decimal(0),
        prevented_locked=Decimal(0),
        ended_ms=None,
        fills=[],
    )


def cancellation(cancelled: Iterable[Order], failed: Iterable[Order]) -> Row:
    """What came of cancelling many orders."""
    return {"success": _counted(cancelled), "failed": _counted(failed)}


def chance_row(
    listing: Listing, bid_account: Mapping[str, object], ask_account: Mapping[str, object]
) -> Row:
    """What can be ordered in a market; the accounts are rows of its two currencies."""
    fee = plain_amount(fee_rate(listing.quote))
    least = plain_amount(minimum_total(listing.quote))
    return {
        "bid_fee": fee,
        "ask_fee": fee,
        "maker_bid_fee": fee,
        "maker_ask_fee": fee,
        "market": {
            "id": listing.code,
            "name": f"{listing.base}/{listing.quote}",
            "order_types": ["limit"],
            "order_sides": ["ask", "bid"],
            "bid_types": list(_BID_TYPES),
            "ask_types": list(_ASK_TYPES),
            "bid": {"currency": listing.quote, "min_total": least},
            "ask": {"currency": listing.base, "min_total": least},
            "max_total": plain_amount(MAXIMUM_TOTAL_KRW),
            "state": "active",
        },
        "bid_account": dict(bid_account),
        "ask_account": dict(ask_account),
    }


def wallet_rows(listings: Iterable[Listing], now_ms: int) -> list[Row]:
    """Whether coins can be paid in and out, which they always can; one network for each.

    Every chain has grown by one block in ten minutes since its coin was listed.
    Source: docs.upbit.com, get-service-status.
    """
    coins: dict[str, Listing] = {}
    for listing in listings:
        coins.setdefault(listing.base, listing)
    updated_ms = now_ms // _BLOCK_MS * _BLOCK_MS
    return [
        {
            "currency": currency,
            "wallet_state": "working",
            "block_state": "normal",
            "block_height": (updated_ms - listing.listed_ms) // _BLOCK_MS,
            "block_updated_at": f"{iso_seconds(updated_ms)}.000+00:00",
            "block_elapsed_minutes": (now_ms - updated_ms) // 60_000,
            "net_type": currency,
            "network_name": listing.english_name,
        }
        for currency, listing in coins.items()
    ]


def _counted(orders: Iterable[Order]) -> Row:
    rows: list[Row] = []
    for order in orders:
        row = {"uuid": order.uuid, "market": order.code}
        if order.identifier is not None:
            row["identifier"] = order.identifier
        rows.append(row)
    return {"count": len(rows), "orders": rows}
