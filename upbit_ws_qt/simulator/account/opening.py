"""The orders an account begins with, so that what it has locked has a reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from upbit_ws_qt.simulator.market.floor import TradingFloor

from .account import Account
from .matching import coins, units_for
from .order_rules import fee_rate
from .orders import NewOrder

__all__ = ["opening_orders"]

# How far from the last price they lie.
_DISTANCE = 0.03


def opening_orders(floor: TradingFloor, account: Account) -> Iterator[NewOrder]:
    """Free what the account has locked and name the orders that lock it again.

    Coins are offered for KRW, KRW bids for bitcoin; where that market is not listed there is no
    order. A bid locks the largest amount, up to what was locked, that is a whole order with its
    fee.
    """
    for currency, holding in list(account.holdings.items()):
        if not holding.locked:
            continue
        amount = holding.locked
        account.unlock(currency, amount)
        buys = currency == "KRW"
        code = "KRW-BTC" if buys else f"KRW-{currency}"
        if code not in floor.listings:
            continue
        grid, last = floor.market(code).grid, floor.live(code).last
        level = grid.price(last.price) * (1 - _DISTANCE if buys else 1 + _DISTANCE)
        price = grid.exact_price(grid.quanta(level))
        if buys:
            amount = coins(units_for(amount, price * (1 + fee_rate("KRW"))))
        yield NewOrder(code, "bid" if buys else "ask", "limit", f"{price:f}", f"{amount:f}")
