"""One asset valued in won: its path, what it cost, fees, break-even. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Context, Decimal
from functools import cache
from typing import NamedTuple

from upbit_ws_qt.events import Balance

__all__ = [
    "CASH",
    "EXACT",
    "QUOTIENT",
    "Fees",
    "Holding",
    "Standing",
    "paths",
    "unit_market",
    "value_balance",
]

CASH = "KRW"

# Amounts have up to 27 digits and prices 17, of which a path has two; fees add a few more: what is
# added or multiplied here is exact. Only quotients are rounded, far behind the last digit shown.
EXACT = Context(prec=200)
QUOTIENT = Context(prec=28)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Fees:
    """What the exchange takes of a trade, as a fraction, by the currency a market is quoted in.

    These are the usual rates of 2026 for limit and market orders. Orders that wait for a price
    (reserved orders, 0.139 % in won markets), events and accounts may have others, which nothing
    that is read here tells; so they can be set. A rate that is no ``Decimal`` from 0 to below 1 is
    a ``ValueError``.
    Source: the exchange's page of fees.
    """

    krw: Decimal = Decimal("0.0005")
    btc: Decimal = Decimal("0.0025")
    usdt: Decimal = Decimal("0.0025")

    def __post_init__(self) -> None:
        for item in fields(self):
            rate: object = getattr(self, item.name)
            if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate < 1:
                raise ValueError(f"a fee is a Decimal from 0 to below 1; {item.name} got {rate!r}")

    def of(self, quote: str) -> Decimal:
        """The rate in markets quoted in ``quote``."""
        return {"BTC": self.btc, "USDT": self.usdt}.get(quote, self.krw)


class Standing(enum.StrEnum):
    """Why an asset has its price, or has none."""

    PRICED = "priced"
    WAITING = "waiting"
    """It has a market, as far as is known; its price has not come yet."""
    UNLISTED = "unlisted"
    """No market leads from it to won."""
    GONE = "gone"
    """It had a market that the exchange lists no longer."""


class Holding(NamedTuple):
    """One asset. Amounts in coins; prices and values in won, None where they are not known.

    ``path`` names the markets whose prices were multiplied, empty while there is no price.
    ``average_price`` is what a coin cost on average, without fees; ``cost``, ``fees`` and
    ``profit`` need it and a price. ``fees`` are those of having bought and of selling all of it
    now, through each market of the path. At ``break_even`` selling it would bring what it cost.
    ``provisional`` says that the amounts have changed since the average price was read, and
    ``by_hand`` that the account's owner set it.
    """

    currency: str
    available: Decimal
    locked: Decimal
    quantity: Decimal
    path: tuple[str, ...] = ()
    price: Decimal | None = None
    value: Decimal | None = None
    average_price: Decimal | None = None
    break_even: Decimal | None = None
    cost: Decimal | None = None
    fees: Decimal | None = None
    profit: Decimal | None = None
    paid: Decimal | None = None
    """What ``profit`` is measured by: the cost, with the fee of buying where fees are included."""
    profit_rate: Decimal | None = None
    """A fraction: 0.01 is one percent."""
    standing: Standing = Standing.PRICED
    provisional: bool = False
    by_hand: bool = False

    @property
    def is_worthless(self) -> bool:
        """Whether it is priced, at less than one won for all of it."""
        return self.value is not None and self.value < 1 and self.currency != CASH

    @property
    def is_apart(self) -> bool:
        """Whether it stands apart from what can be sold: delisted, without a market, worthless."""
        return self.standing in (Standing.UNLISTED, Standing.GONE) or self.is_worthless


@cache
def paths(currency: str) -> tuple[tuple[str, ...], ...]:
    """The ways from a currency to won, best first, each as markets whose prices are multiplied."""
    if currency == CASH:
        return ()
    direct = (f"{CASH}-{currency}",)
    return (
        direct,
        *(
            (f"{quote}-{currency}", f"{CASH}-{quote}")
            for quote in ("BTC", "USDT")
            if quote != currency
        ),
    )


def unit_market(balance: Balance) -> str:
    """The market that converts the average price to won; empty where none is needed."""
    if not balance.avg_buy_price or balance.unit_currency == CASH:
        return ""
    return f"{CASH}-{balance.unit_currency}"


def value_balance(
    balance: Balance,
    prices: Mapping[str, Decimal],
    fees: Fees,
    *,
    with_fees: bool,
    standing: Standing,
) -> Holding:
    """Value a balance by the last prices.

    Args:
        balance: the balance.
        prices: the last price of each market in its quote currency.
        fees: what trades cost.
        with_fees: whether profit and its rate are after fees.
        standing: why it has no price, where none leads to won.
    """
    # A program may have written whole amounts as int.
    available, locked = EXACT.plus(balance.balance), EXACT.plus(balance.locked)
    quantity = EXACT.add(available, locked)
    if balance.currency == CASH:
        return Holding(CASH, available, locked, quantity, value=quantity)
    path, price = _price(balance.currency, prices)
    average = _average(balance, prices)
    value = break_even = cost = all_fees = profit = paid = rate = None
    if price is not None:
        standing = Standing.PRICED
        value = EXACT.multiply(quantity, price)
        if average is not None:
            bought = EXACT.add(_ONE, fees.of(balance.unit_currency))
            kept = _kept(path, fees)
            break_even = QUOTIENT.divide(EXACT.multiply(average, bought), kept)
            cost = EXACT.multiply(quantity, average)
            spent = EXACT.multiply(cost, bought)
            gained = EXACT.multiply(value, kept)
            before_fees = EXACT.subtract(value, cost)
            after_fees = EXACT.subtract(gained, spent)
            all_fees = EXACT.subtract(before_fees, after_fees)
            profit, paid = (after_fees, spent) if with_fees else (before_fees, cost)
            rate = QUOTIENT.divide(profit, paid)
    return Holding(
        balance.currency,
        available,
        locked,
        quantity,
        path,
        price,
        value,
        average,
        break_even,
        cost,
        all_fees,
        profit,
        paid,
        rate,
        standing,
        balance.provisional,
        balance.avg_buy_price_modified,
    )


def _price(currency: str, prices: Mapping[str, Decimal]) -> tuple[tuple[str, ...], Decimal | None]:
    """The best path whose prices are all known, and their product."""
    for path in paths(currency):
        factors = [price for market in path if (price := prices.get(market)) is not None]
        if len(factors) == len(path):
            product = _ONE
            for factor in factors:
                product = EXACT.multiply(product, factor)
            return path, product
    return (), None


def _kept(path: tuple[str, ...], fees: Fees) -> Decimal:
    """The part of a value that is left after selling through every market of a path."""
    kept = _ONE
    for market in path:
        kept = EXACT.multiply(kept, EXACT.subtract(_ONE, fees.of(market.partition("-")[0])))
    return kept


def _average(balance: Balance, prices: Mapping[str, Decimal]) -> Decimal | None:
    """The average price in won; one in another currency is converted at today's price."""
    if not balance.avg_buy_price:
        return None
    if balance.unit_currency == CASH:
        return balance.avg_buy_price
    rate = prices.get(unit_market(balance))
    return None if rate is None else EXACT.multiply(balance.avg_buy_price, rate)
