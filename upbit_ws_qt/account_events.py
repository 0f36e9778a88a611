"""Events about one account, its orders and balances; amounts are exact. Pure.

Source of the fields: docs.upbit.com, websocket-myorder, websocket-myasset, get-balance, get-order.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Annotated, Any, ClassVar

import msgspec

from .event_roots import DataType, MarketEvent, WebSocketEvent

__all__ = ["AssetEvent", "Balance", "BalanceEvent", "OrderEvent", "OrderState", "OrderTrade"]

# Balances have up to 27 digits and Decimal's own sums 28; a sum here must not round.
_EXACT = Context(prec=60)


class OrderState(enum.StrEnum):
    """What an event says of an order, in the exchange's words."""

    WAIT = "wait"
    WATCH = "watch"
    """Reserved: it waits for its trigger price."""
    TRADE = "trade"
    """A part of it was filled; over REST such an order is still in ``wait``."""
    DONE = "done"
    CANCEL = "cancel"
    """It ended with a rest: by the user, by its own conditions, or a market buy's small change."""
    PREVENTED = "prevented"
    """A part of it was kept from trading with an order of the same account."""


class OrderTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One fill of an order as reading that order tells it. Source: docs.upbit.com, get-order.

    ``funds`` is price times volume, ``side`` the order's own (``bid`` or ``ask``), ``trend``
    whether the price went ``up`` or ``down``. ``created_at`` is exact to the microsecond, aware.
    """

    market: str
    uuid: str
    price: Decimal
    volume: Decimal
    funds: Decimal
    side: str
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    trend: str | None = None


class OrderEvent(MarketEvent, frozen=True, kw_only=True):
    """What has become of one order.

    ``ask_bid`` is the order's side and ``order_type`` one of ``limit``, ``price`` (a market buy),
    ``market`` (a market sell) and ``best``. Where the state is ``trade``, ``price`` and ``volume``
    are those of this fill, and ``trade_uuid``, ``trade_fee``, ``is_maker`` and ``trade_timestamp``
    are set. A market buy names the funds it may spend as ``price`` and has no volumes; a market
    sell has no price. ``locked`` is what the rest holds: money with its fee, or coins.

    What is null or was not told is None. Over REST, which does not tell when an order last
    changed, ``timestamp`` is that of its last known fill or else of its creation, and ``trades``
    is set, oldest first, where that one order was read.
    """

    data_type: ClassVar[DataType] = DataType.ORDER
    uuid: str
    ask_bid: str
    order_type: str
    state: OrderState
    trade_uuid: str | None = None
    price: Decimal | None = None
    avg_price: Decimal | None = None
    volume: Decimal | None = None
    remaining_volume: Decimal | None = None
    executed_volume: Decimal | None = None
    trades_count: int | None = None
    reserved_fee: Decimal | None = None
    remaining_fee: Decimal | None = None
    paid_fee: Decimal | None = None
    locked: Decimal | None = None
    executed_funds: Decimal | None = None
    time_in_force: str | None = None
    trade_fee: Decimal | None = None
    is_maker: bool | None = None
    identifier: str | None = None
    smp_type: str | None = None
    prevented_volume: Decimal | None = None
    prevented_locked: Decimal | None = None
    trade_timestamp: int | None = None
    order_timestamp: int | None = None
    trades: tuple[OrderTrade, ...] | None = None

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to the order."""
        return self.state not in (OrderState.DONE, OrderState.CANCEL)

    @property
    def identity(self) -> tuple[Any, ...]:
        # Without the timestamp: a call and a frame about the same thing give different ones. While
        # a market buy waits its frames have no executed volume and its rows have 0.
        return (
            self.uuid,
            self.state,
            self.trade_uuid,
            self.executed_volume or 0,
            self.remaining_volume,
            self.prevented_volume or 0,
        )


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the accounts, exact. ``balance`` is available, ``locked`` sits in open orders.

    ``avg_buy_price`` is in ``unit_currency`` and 0 where the exchange does not know it (gifts,
    transfers); ``avg_buy_price_modified`` says that the user set it by hand. ``provisional`` says
    that the amounts have changed since the average price was read.
    Source: docs.upbit.com, get-balance.
    """

    currency: str
    balance: Decimal
    locked: Decimal = Decimal(0)
    avg_buy_price: Decimal = Decimal(0)
    avg_buy_price_modified: bool = False
    unit_currency: str = "KRW"
    # No row of the exchange can set it under this name.
    provisional: bool = msgspec.field(default=False, name="\u2063provisional")


class BalanceEvent(WebSocketEvent, frozen=True, kw_only=True):
    """All balances of the account as of ``time``."""

    data_type: ClassVar[DataType] = DataType.BALANCE
    balances: tuple[Balance, ...]


class AssetEvent(BalanceEvent, frozen=True, kw_only=True):
    """The balances that changed, as one ``myAsset`` frame tells them; the others did not.

    A frame knows no average prices: :meth:`merged_into` takes them from what was known before.
    ``asset_timestamp`` is when they changed and ``timestamp`` when that was sent, in ms since 1970.
    """

    type: str
    balances: tuple[Balance, ...] = msgspec.field(name="assets")
    asset_uuid: str | None = None
    asset_timestamp: int | None = None
    timestamp: int
    stream_type: str | None = None

    @property
    def assets(self) -> tuple[Balance, ...]:
        """``balances`` under the name of the documents."""
        return self.balances

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp / 1000, UTC)

    def merged_into(self, balances: Iterable[Balance]) -> tuple[Balance, ...]:
        """All balances after this event: ``balances`` in their order, then what is new.

        Where the sum of a balance changed, its average price is provisional until the accounts are
        read again; what is only locked or unlocked keeps it.
        """
        merged = {row.currency: row for row in balances}
        for new in self.balances:
            old = merged.get(new.currency)
            if old is None:
                merged[new.currency] = msgspec.structs.replace(new, provisional=True)
                continue
            moved = _EXACT.add(old.balance, old.locked) != _EXACT.add(new.balance, new.locked)
            merged[new.currency] = msgspec.structs.replace(
                old,
                balance=new.balance,
                locked=new.locked,
                provisional=old.provisional or moved,
            )
        return tuple(merged.values())
