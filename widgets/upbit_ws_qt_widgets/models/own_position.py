"""What the account holds of one coin: its average price, and the profit at a price. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from upbit_ws_qt.events import Balance

from .holding_values import EXACT, QUOTIENT

__all__ = ["Position", "Profit", "position_of", "profit_at"]


class Position(NamedTuple):
    """``amount`` coins bought at ``price`` on average, in the quote currency of the market.

    ``is_provisional`` says that the amount has changed since the price was read.
    """

    price: Decimal
    amount: Decimal
    is_provisional: bool = False


class Profit(NamedTuple):
    """What selling all of it would bring above what it cost, before fees; ``rate`` of 0.01 is 1 %.

    As the exchange reckons it: its page leaves out fees, too.
    """

    amount: Decimal
    rate: Decimal


def position_of(balances: Iterable[Balance], market: str) -> Position | None:
    """What is held of the coin of ``market``, or None where there is no line to draw for it.

    That is where nothing is held, where the exchange does not know what it cost (gifts,
    transfers), and where it tells so in another currency than the market's own.
    """
    quote, _, coin = market.partition("-")
    for row in balances:
        if row.currency == coin and row.unit_currency == quote:
            amount = EXACT.add(row.balance, row.locked)
            if row.avg_buy_price > 0 and amount > 0:
                return Position(row.avg_buy_price, amount, row.provisional)
    return None


def profit_at(position: Position, price: float) -> Profit:
    """The profit at a price."""
    # The shortest decimal that is this float: the price as the exchange wrote it.
    gained = EXACT.subtract(Decimal(repr(price)), position.price)
    return Profit(
        EXACT.multiply(gained, position.amount),
        QUOTIENT.divide(gained, position.price),
    )
