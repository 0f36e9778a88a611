"""What an order's life does to its owner's money, step by step, each step reported. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal, TypeAlias

from .account import Account
from .orders import AssetReport, Fill, Order, OrderReport, ReportState

__all__ = ["Clearing", "Report"]

Report: TypeAlias = Callable[[OrderReport | AssetReport], None]


# State: none of its own; it changes the orders it is given and the account.
class Clearing:
    """Keeps orders and the account in agreement.

    At every moment what an account has locked is the sum of what its open orders hold. To be
    called under the context ``account.EXACT``.
    """

    def __init__(self, account: Account, report: Report) -> None:
        self._account = account
        self._report = report

    def accept(self, order: Order) -> None:
        """Lock what a new order holds; nothing is reported yet.

        Raises:
            InsufficientFunds: the account has less; nothing has changed then.
        """
        self._account.lock(order.held_currency, order.locked)

    def announce(self, order: Order, now_ms: int) -> None:
        """Report a new order and what it locks."""
        self._tell(order, "wait", now_ms)
        self._tell_assets(now_ms, order.held_currency)

    def fill(self, order: Order, fill: Fill) -> None:
        """Trade a part of an order; the order is done when nothing is left."""
        order.fills.append(fill)
        order.executed_volume += fill.volume
        order.executed_funds += fill.funds
        order.paid_fee += fill.fee
        held = order.locked
        order.reduce(fill.volume, fill.funds)
        if order.side == "bid":
            paid = fill.funds + fill.fee
            self._account.spend(order.quote, paid)
            # A price better than the limit leaves something over.
            self._account.unlock(order.quote, held - paid - order.locked)
            self._account.buy(order.base, fill.volume, fill.funds, order.quote)
        else:
            self._account.spend(order.base, fill.volume)
            self._account.receive(order.quote, fill.funds - fill.fee)
        self._tell(order, "trade", fill.time_ms, fill)
        received = order.base if order.side == "bid" else order.quote
        self._tell_assets(fill.time_ms, order.held_currency, received)
        if order.is_used_up:
            self.end(order, "done", fill.time_ms)

    def prevent(self, order: Order, volume: Decimal, funds: Decimal, now_ms: int) -> None:
        """Keep a part of an order from trading with its own owner.

        Source: docs.upbit.com, smp: ``prevented_locked`` includes the fee, and an order of which
        nothing is left is cancelled.
        """
        held = order.locked
        order.reduce(volume, funds)
        order.prevented_volume += volume
        order.prevented_locked += held - order.locked
        self._account.unlock(order.held_currency, held - order.locked)
        self._tell(order, "prevented", now_ms)
        self._tell_assets(now_ms, order.held_currency)
        if order.is_used_up:
            self.end(order, "cancel", now_ms)

    def end(self, order: Order, state: Literal["done", "cancel"], now_ms: int) -> None:
        """Close an order and give back what its rest holds."""
        order.state = state
        order.ended_ms = now_ms
        self._account.unlock(order.held_currency, order.locked)
        self._tell(order, state, now_ms)
        if order.locked:
            self._tell_assets(now_ms, order.held_currency)

    def _tell(
        self, order: Order, state: ReportState, now_ms: int, fill: Fill | None = None
    ) -> None:
        self._report(OrderReport(order.copy(), state, now_ms, fill))

    def _tell_assets(self, now_ms: int, *currencies: str) -> None:
        holdings = [self._account.holding(currency) for currency in currencies]
        assets = tuple((row.currency, row.balance, row.locked) for row in holdings)
        self._report(AssetReport(assets, now_ms))
