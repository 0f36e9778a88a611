"""The frames of the private streams, in DEFAULT and SIMPLE form. Pure.

Numbers are written plainly and with all their digits, of which balances may have more than a
double holds. Fields without a value are null. Source: docs.upbit.com, websocket-myorder,
websocket-myasset, websocket-announcement, smp.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec

from upbit_ws_qt.field_names import ANNOUNCEMENT, ASSET, MY_ASSET, MY_ORDER, FieldNames
from upbit_ws_qt.simulator.account.amounts import plain_amount
from upbit_ws_qt.simulator.account.orders import AssetReport, Order, OrderReport

from .spelling import iso_seconds

__all__ = ["Announcement", "announcement_frame", "asset_frame", "order_frame"]

_AVERAGE_PLACES = Decimal("0.00000001")
_AVERAGING = Context(prec=60, rounding=ROUND_HALF_UP)
_NOTICE_URL = "https://www.upbit.com/service_center/notice?id={number}&view=share"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notice of the exchange's operator; ``number`` is its identifier in digits."""

    number: int
    category: str
    title: str
    body: str
    time_ms: int


def order_frame(report: OrderReport, *, simple: bool) -> bytes:
    """One ``myOrder`` frame.

    In a ``trade`` price and volume are those of the fill. A market buy has no volume, and while
    it waits no executed one either. The order's own time is in whole seconds.
    """
    order, fill = report.order, report.fill
    executed = order.executed_volume if order.volume is not None or order.fills else None
    fields: dict[str, object] = {
        "type": "myOrder",
        "code": order.code,
        "uuid": order.uuid,
        "ask_bid": order.side.upper(),
        "order_type": order.ord_type,
        "state": report.state,
        "trade_uuid": fill.uuid if fill else None,
        "price": _number(fill.price if fill else order.price),
        "avg_price": _number(_average_price(order)),
        "volume": _number(fill.volume if fill else order.volume),
        "remaining_volume": _number(order.remaining_volume),
        "executed_volume": _number(executed),
        "trades_count": len(order.fills),
        "reserved_fee": _number(order.reserved_fee),
        "remaining_fee": _number(order.remaining_fee),
        "paid_fee": _number(order.paid_fee),
        "locked": _number(order.locked),
        "executed_funds": _number(order.executed_funds),
        "time_in_force": order.time_in_force,
        "trade_fee": _number(fill.fee if fill else None),
        "is_maker": fill.is_maker if fill else None,
        "identifier": order.identifier,
        "smp_type": order.smp_type,
        "prevented_volume": _number(order.prevented_volume),
        "prevented_locked": _number(order.prevented_locked),
        "trade_timestamp": fill.time_ms if fill else None,
        "order_timestamp": order.created_ms // 1000 * 1000,
        "timestamp": report.time_ms,
        "stream_type": "REALTIME",
    }
    return _frame(MY_ORDER, fields, simple=simple)


def asset_frame(report: AssetReport, asset_uuid: str, *, simple: bool) -> bytes:
    """One ``myAsset`` frame; ``asset_uuid`` is the account's."""
    assets = [
        _named(
            ASSET,
            {"currency": currency, "balance": _number(balance), "locked": _number(locked)},
            simple=simple,
        )
        for currency, balance, locked in report.assets
    ]
    fields: dict[str, object] = {
        "type": "myAsset",
        "asset_uuid": asset_uuid,
        "assets": assets,
        "asset_timestamp": report.time_ms,
        "timestamp": report.time_ms,
        "stream_type": "REALTIME",
    }
    return _frame(MY_ASSET, fields, simple=simple)


def announcement_frame(notice: Announcement, *, with_body: bool, simple: bool) -> bytes:
    """One ``announcement`` frame; the body only for who asked for it."""
    listed_at = iso_seconds(notice.time_ms, 9) + "+09:00"
    fields: dict[str, object] = {
        "type": "announcement",
        "event_type": "CREATED",
        "uuid": str(notice.number),
        "title": notice.title,
        "category": notice.category,
        "url": _NOTICE_URL.format(number=notice.number),
        "first_listed_at": listed_at,
        "listed_at": listed_at,
        "timestamp": notice.time_ms,
        "stream_type": "REALTIME",
    }
    if with_body:
        fields["body"] = notice.body
    return _frame(ANNOUNCEMENT, fields, simple=simple)


def _average_price(order: Order) -> Decimal:
    if not order.executed_volume:
        return Decimal(0)
    average = _AVERAGING.divide(order.executed_funds, order.executed_volume)
    return average.quantize(_AVERAGE_PLACES, context=_AVERAGING)


def _number(amount: Decimal | None) -> msgspec.Raw | None:
    return None if amount is None else msgspec.Raw(plain_amount(amount).encode())


def _named(names: FieldNames, fields: dict[str, object], *, simple: bool) -> dict[str, object]:
    return {names[field]: value for field, value in fields.items()} if simple else fields


def _frame(names: FieldNames, fields: dict[str, object], *, simple: bool) -> bytes:
    return msgspec.json.encode(_named(names, fields, simple=simple))
