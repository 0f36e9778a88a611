"""Orders of the simulated exchange's customer: what is asked for, what becomes of it. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

__all__ = [
    "AssetReport",
    "Fill",
    "NewOrder",
    "Order",
    "OrderReport",
    "OrderState",
    "ReportState",
    "SmpType",
]

SmpType: TypeAlias = Literal["reduce", "cancel_maker", "cancel_taker", "none"]
OrderState: TypeAlias = Literal["wait", "watch", "done", "cancel"]
ReportState: TypeAlias = Literal["wait", "watch", "trade", "done", "cancel", "prevented"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a client asks for, in the words it used; nothing is checked yet.

    Source: docs.upbit.com, new-order. ``price`` of a market or best buy is what it may spend.
    """

    market: str | None
    side: str | None
    ord_type: str | None
    price: str | None = None
    volume: str | None = None
    time_in_force: str | None = None
    smp_type: str | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of an order; ``trend`` is up where the price was not below the one before."""

    uuid: str
    price: Decimal
    volume: Decimal
    funds: Decimal
    fee: Decimal
    is_maker: bool
    trend: Literal["up", "down"]
    time_ms: int
    sequential_id: int


@dataclass(slots=True)
class Order:
    """An accepted order and what has become of it; amounts are exact.

    ``price`` and ``volume`` are what was asked for: a market buy has no volume, a market sell no
    price. What is left to do is ``remaining_volume``, or ``remaining_funds`` where a market or
    best buy may still spend so much. ``locked`` is what the rest holds: money with the fee still
    to come (bid) or coins (ask). A cancelled order goes on saying what it held in the end, as the
    exchange's frames do.
    """

    uuid: str
    code: str
    side: Literal["bid", "ask"]
    ord_type: Literal["limit", "price", "market", "best"]
    price: Decimal | None
    volume: Decimal | None
    created_ms: int
    fee_rate: Decimal
    time_in_force: Literal["ioc", "fok", "post_only"] | None = None
    smp_type: SmpType | None = None
    identifier: str | None = None
    state: OrderState = "wait"
    remaining_volume: Decimal | None = None
    remaining_funds: Decimal | None = None
    executed_volume: Decimal = _ZERO
    executed_funds: Decimal = _ZERO
    reserved_fee: Decimal = _ZERO
    remaining_fee: Decimal = _ZERO
    paid_fee: Decimal = _ZERO
    locked: Decimal = _ZERO
    prevented_volume: Decimal = _ZERO
    prevented_locked: Decimal = _ZERO
    ended_ms: int | None = None
    fills: list[Fill] = field(default_factory=list[Fill])

    @property
    def base(self) -> str:
        """The coin that is traded."""
        return self.code.partition("-")[2]

    @property
    def quote(self) -> str:
        """The currency it is paid in."""
        return self.code.partition("-")[0]

    @property
    def held_currency(self) -> str:
        """The currency that ``locked`` is in."""
        return self.quote if self.side == "bid" else self.base

    @property
    def prevents_self_match(self) -> bool:
        """Whether it does not trade with the customer's other orders."""
        return self.smp_type not in ("none", None)

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to it."""
        return self.state in ("wait", "watch")

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left of it."""
        return not (self.remaining_volume if self.remaining_funds is None else self.remaining_funds)

    def reserve(self) -> None:
        """Work out what the rest holds, and the fee that is still to come.

        Source: docs.upbit.com, new-order; an ask reserves no fee, it is taken from what it earns.
        """
        if self.side == "ask":
            self.locked = self.remaining_volume or _ZERO
            return
        funds = self.remaining_funds
        if funds is None:
            funds = (self.price or _ZERO) * (self.remaining_volume or _ZERO)
        self.remaining_fee = funds * self.fee_rate
        self.locked = funds + self.remaining_fee

    def reduce(self, volume: Decimal, funds: Decimal) -> None:
        """Take this much off the rest: it was traded, or kept from being traded."""
        if self.remaining_volume is not None:
            self.remaining_volume -= volume
        if self.remaining_funds is not None:
            self.remaining_funds -= funds
        self.reserve()

    def copy(self) -> Order:
        """The order as it is at this moment."""
        return dataclasses.replace(self, fills=list(self.fills))


@dataclass(frozen=True, slots=True)
class OrderReport:
    """Something happened to an order: one ``myOrder`` frame. ``fill`` only for ``trade``."""

    order: Order
    state: ReportState
    time_ms: int
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class AssetReport:
    """Balances changed: one ``myAsset`` frame; only what changed, as currency, free, locked."""

    assets: tuple[tuple[str, Decimal, Decimal], ...]
    time_ms: int
