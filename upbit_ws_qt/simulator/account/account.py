"""The account that the simulated exchange keeps for whoever holds its key. Pure.

Amounts are exact: the sums run in a context that refuses to round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)

from .amounts import plain_amount, pointed_amount

__all__ = ["EXACT", "Account", "Holding", "InsufficientFunds"]

# Amounts have up to 20 decimals (price x volume x fee) and up to 25 digits before them.
EXACT = Context(prec=100, traps=[DivisionByZero, Inexact, InvalidOperation, Overflow])
_ROUNDED = Context(prec=100, rounding=ROUND_HALF_UP)
_AVERAGE_PLACES = Decimal("0.00000001")
_ZERO = Decimal(0)


class InsufficientFunds(Exception):
    """More is asked for than is free."""

    def __init__(self, currency: str, wanted: Decimal, free: Decimal) -> None:
        super().__init__(f"expected at least {wanted:f} {currency} to be free; there is {free:f}")
        self.currency = currency


@dataclass(slots=True)
class Holding:
    """One currency of the account: what is free, and what orders hold.

    ``avg_buy_price`` is in ``unit_currency``, without fees; 0 where the exchange knows none.
    """

    currency: str
    balance: Decimal = _ZERO
    locked: Decimal = _ZERO
    avg_buy_price: Decimal = _ZERO
    avg_buy_price_modified: bool = False
    unit_currency: str = "KRW"

    def row(self) -> dict[str, object]:
        """As ``/v1/accounts`` writes it: amounts are strings.

        Source: docs.upbit.com, get-balance.
        """
        return {
            "currency": self.currency,
            "balance": pointed_amount(self.balance),
            "locked": pointed_amount(self.locked),
            "avg_buy_price": plain_amount(self.avg_buy_price),
            "avg_buy_price_modified": self.avg_buy_price_modified,
            "unit_currency": self.unit_currency,
        }


def _opening_holdings() -> tuple[Holding, ...]:
    return (
        Holding("KRW", Decimal("8423150.12842915"), Decimal("1500000.0")),
        Holding("BTC", Decimal("0.18420557"), Decimal("0.02"), Decimal("104250000")),
        Holding("ETH", Decimal("2.51870034"), avg_buy_price=Decimal("4127500")),
        Holding(
            "XRP",
            Decimal("3500.0"),
            Decimal("500.0"),
            Decimal("2715.3"),
            avg_buy_price_modified=True,
        ),
        Holding("SOL", Decimal("12.40831877"), avg_buy_price=Decimal("201400.55")),
        # A gift: the exchange does not know what it cost.
        Holding("BTT", Decimal("1250000.0")),
        # Bought with BTC: the average is in BTC.
        Holding("DOT", Decimal("85.0"), avg_buy_price=Decimal("0.0000391"), unit_currency="BTC"),
    )


# State: the holdings by currency.
class Account:
    """Balances of one customer.

    Args:
        holdings: what it begins with; None for the account every demonstration begins with.
    """

    def __init__(self, holdings: Iterable[Holding] | None = None) -> None:
        made = _opening_holdings() if holdings is None else holdings
        self.holdings: dict[str, Holding] = {holding.currency: holding for holding in made}

    def rows(self) -> list[dict[str, object]]:
        """All holdings as ``/v1/accounts`` lists them."""
        return [holding.row() for holding in self.holdings.values()]

    def holding(self, currency: str) -> Holding:
        """What there is of a currency; it is entered with nothing where it is new."""
        return self.holdings.setdefault(currency, Holding(currency))

    def free(self, currency: str) -> Decimal:
        """What orders may be placed with."""
        holding = self.holdings.get(currency)
        return _ZERO if holding is None else holding.balance

    def lock(self, currency: str, amount: Decimal) -> None:
        """Set aside what is free.

        Raises:
            InsufficientFunds: less than ``amount`` is free; nothing has changed then.
        """
        self._move(currency, amount.copy_negate(), amount)

    def unlock(self, currency: str, amount: Decimal) -> None:
        """Give back what was set aside."""
        self._move(currency, amount, amount.copy_negate())

    def spend(self, currency: str, amount: Decimal) -> None:
        """Let go of what was set aside; coins that are gone to the last leave no average."""
        self._move(currency, _ZERO, amount.copy_negate())
        holding = self.holding(currency)
        if not (holding.balance or holding.locked):
            holding.avg_buy_price, holding.avg_buy_price_modified = _ZERO, False

    def receive(self, currency: str, amount: Decimal) -> None:
        """Take in what a sale brought, fee already taken off."""
        self._move(currency, amount, _ZERO)

    def buy(self, currency: str, volume: Decimal, funds: Decimal, unit_currency: str) -> None:
        """Take in bought coins and work their price (``funds``, without fee) into the average.

        Coins whose average was in another currency get this purchase's price as their average:
        the exchange does not document how it converts.
        """
        holding = self.holding(currency)
        with localcontext(EXACT):
            before = holding.balance + holding.locked
            if not before or holding.unit_currency != unit_currency:
                cost, coins = funds, volume
            else:
                cost, coins = holding.avg_buy_price * before + funds, before + volume
        average = _ROUNDED.divide(cost, coins)
        holding.avg_buy_price = average.quantize(_AVERAGE_PLACES, context=_ROUNDED)
        holding.unit_currency = unit_currency
        self._move(currency, volume, _ZERO)

    def _move(self, currency: str, free: Decimal, locked: Decimal) -> None:
        holding = self.holding(currency)
        with localcontext(EXACT):
            new_balance, new_locked = holding.balance + free, holding.locked + locked
        if new_balance < 0:
            raise InsufficientFunds(currency, free.copy_abs(), holding.balance)
        if new_locked < 0:
            raise ValueError(
                f"expected at most {holding.locked:f} {currency} to be taken from what orders "
                f"hold; got {locked.copy_abs():f}"
            )
        holding.balance, holding.locked = new_balance, new_locked
