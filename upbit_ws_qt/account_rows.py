"""The answers to REST calls about one account, read as balances, order events and keys. Pure.

Amounts are strings there and become exact decimals; orders become the same events as frames do.
A field that the documents promise everywhere must be there. Source: docs.upbit.com, get-balance,
list-open-orders, list-closed-orders, get-order, list-api-keys.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from .events import (
    Balance,
    ConnectionType,
    OrderEvent,
    OrderState,
    OrderTrade,
    Source,
    Stamp,
)
from .rest_call import read

if TYPE_CHECKING:
    from .system.credentials import Credentials

__all__ = ["ApiKey", "read_accounts", "read_keys", "read_order", "read_orders"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FROM_REST = Stamp(source=Source.REST, connection_type=ConnectionType.PRIVATE)
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ApiKey:
    """A key of the account and when it ends (aware). Like every key it is never shown."""

    __slots__ = ("_access_key", "expires_at")

    def __init__(self, access_key: str, expires_at: datetime) -> None:
        self._access_key = access_key
        self.expires_at = expires_at

    def is_of(self, credentials: Credentials) -> bool:
        """Whether these credentials are this key's."""
        return self._access_key == credentials.access_key

    def __repr__(self) -> str:
        return f"ApiKey(***, expires_at={self.expires_at.isoformat()})"

    def __reduce__(self) -> str:
        raise TypeError("keys are not copied and not pickled")


class _AccountRow(msgspec.Struct):
    currency: str
    balance: Decimal
    locked: Decimal
    avg_buy_price: Decimal
    avg_buy_price_modified: bool
    unit_currency: str


class _OrderRow(msgspec.Struct, kw_only=True):
    market: str
    uuid: str
    side: Literal["bid", "ask"]
    ord_type: str
    state: OrderState
    created_at: _Moment
    executed_volume: Decimal
    reserved_fee: Decimal
    remaining_fee: Decimal
    paid_fee: Decimal
    locked: Decimal
    trades_count: int
    # Left out or null where there is none.
    price: Decimal | None = None
    volume: Decimal | None = None
    remaining_volume: Decimal | None = None
    executed_funds: Decimal | None = None
    time_in_force: str | None = None
    identifier: str | None = None
    smp_type: str | None = None
    prevented_volume: Decimal | None = None
    prevented_locked: Decimal | None = None


class _WholeOrderRow(_OrderRow, kw_only=True):
    trades: tuple[OrderTrade, ...]


class _KeyRow(msgspec.Struct):
    access_key: str
    expire_at: _Moment


_account_rows = msgspec.json.Decoder(list[_AccountRow])
_order_rows = msgspec.json.Decoder(list[_OrderRow])
_whole_order_row = msgspec.json.Decoder(_WholeOrderRow)
_key_rows = msgspec.json.Decoder(list[_KeyRow])


def read_accounts(body: bytes) -> tuple[Balance, ...]:
    """In the order of the answer."""
    return tuple(
        Balance(
            currency=row.currency,
            balance=row.balance,
            locked=row.locked,
            avg_buy_price=row.avg_buy_price,
            avg_buy_price_modified=row.avg_buy_price_modified,
            unit_currency=row.unit_currency,
        )
        for row in read(body, _account_rows)
    )


def read_orders(body: bytes) -> tuple[OrderEvent, ...]:
    """In the order of the answer."""
    return tuple(_order_event(row) for row in read(body, _order_rows))


def read_order(body: bytes) -> OrderEvent:
    """One order with its fills, oldest first."""
    row = read(body, _whole_order_row)
    trades = tuple(sorted(row.trades, key=lambda trade: trade.created_at))
    event = _order_event(row)
    last_ms = max([event.timestamp, *(_milliseconds(trade.created_at) for trade in trades)])
    return msgspec.structs.replace(event, trades=trades, timestamp=last_ms)


def read_keys(body: bytes) -> tuple[ApiKey, ...]:
    """In the order of the answer."""
    rows = read(body, _key_rows, tells_keys=True)
    return tuple(ApiKey(row.access_key, row.expire_at) for row in rows)


def _order_event(row: _OrderRow) -> OrderEvent:
    created_ms = _milliseconds(row.created_at)
    return OrderEvent(
        stamp=_FROM_REST,
        type="myOrder",
        code=row.market,
        timestamp=created_ms,
        order_timestamp=created_ms,
        uuid=row.uuid,
        ask_bid=row.side.upper(),
        order_type=row.ord_type,
        state=row.state,
        price=row.price,
        volume=row.volume,
        remaining_volume=row.remaining_volume,
        executed_volume=row.executed_volume,
        trades_count=row.trades_count,
        reserved_fee=row.reserved_fee,
        remaining_fee=row.remaining_fee,
        paid_fee=row.paid_fee,
        locked=row.locked,
        executed_funds=row.executed_funds,
        time_in_force=row.time_in_force,
        identifier=row.identifier,
        smp_type=row.smp_type,
        prevented_volume=row.prevented_volume,
        prevented_locked=row.prevented_locked,
    )


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
