"""What an account holds, valued in won to the last digit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal

from upbit_ws_qt.events import Balance

__all__ = ["CASH", "Holding", "Portfolio", "Totals", "paths"]

CASH = "KRW"

_ZERO = Decimal(0)
# Amounts have up to 27 digits and prices 17, of which a path has two: what is added or multiplied
# here is exact. Only quotients are rounded, far behind the last digit that is shown.
_EXACT = Context(prec=100)
_QUOTIENT = Context(prec=28)


@dataclass(frozen=True, slots=True)
class Holding:
    """One asset. Amounts in coins; prices and values in won, None where they are not known.

    ``path`` names the markets whose prices were multiplied, empty while there is no price.
    ``average_price`` is what a coin cost on average; ``cost`` and ``profit`` need it and a price.
    """

    currency: str
    available: Decimal
    locked: Decimal
    quantity: Decimal
    path: tuple[str, ...] = ()
    price: Decimal | None = None
    value: Decimal | None = None
    average_price: Decimal | None = None
    cost: Decimal | None = None
    profit: Decimal | None = None
    profit_rate: Decimal | None = None
    """A fraction: 0.01 is one percent."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over an account in won; what has no price is in none of them.

    ``cost``, ``profit`` and ``profit_rate`` count the assets with both a price and an average
    price. ``unpriced`` assets have no price; of ``uncosted`` ones the average price is not known.
    """

    assets: Decimal = _ZERO
    """Cash and coins."""
    cash: Decimal = _ZERO
    value: Decimal = _ZERO
    """Coins alone."""
    cost: Decimal = _ZERO
    profit: Decimal = _ZERO
    profit_rate: Decimal | None = None
    unpriced: int = 0
    uncosted: int = 0


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


# State: the balances, the prices by market, which assets could follow which market, the holdings
# as last valued, and which of them are behind.
class Portfolio:
    """Values balances as prices come; only what a price touches is valued again."""

    def __init__(self) -> None:
        self._balances: dict[str, Balance] = {}
        self._prices: dict[str, Decimal] = {}
        self._followers: dict[str, set[str]] = {}
        self._holdings: dict[str, Holding] = {}
        self._behind: set[str] = set()

    def set_balances(self, balances: Iterable[Balance]) -> None:
        """Replace all balances. Those of nothing, but for cash, are no holdings."""
        self._balances = {
            balance.currency: balance
            for balance in balances
            if balance.balance or balance.locked or balance.currency == CASH
        }
        self._followers = {}
        for balance in self._balances.values():
            for market in _all_markets(balance):
                self._followers.setdefault(market, set()).add(balance.currency)
        self._holdings = {
            currency: holding
            for currency, holding in self._holdings.items()
            if currency in self._balances
        }
        self._behind = set(self._balances)

    def set_price(self, market: str, price: float | None) -> None:
        """Take a market's last price in its quote currency; None forgets it."""
        before = self._prices.get(market)
        exact = None if price is None else Decimal(repr(price))
        if exact == before:
            return
        if exact is None:
            del self._prices[market]
        else:
            self._prices[market] = exact
        followers = self._followers.get(market, set())
        if before is None:
            self._behind |= followers  # it may open a better path than the one in use
        else:
            self._behind.update(currency for currency in followers if self._uses(currency, market))

    def _uses(self, currency: str, market: str) -> bool:
        holding = self._holdings.get(currency)
        return (
            holding is None
            or market in holding.path
            or market == _unit_market(self._balances[currency])
        )

    def markets(self, is_listed: Callable[[str], bool] | None) -> tuple[str, ...]:
        """The markets needed to value everything: one path an asset.

        Args:
            is_listed: whether the exchange has a market; None while that is not known, and then
                every asset is looked for in the won market.
        """
        needed: dict[str, None] = {}
        for balance in self._balances.values():
            for path in paths(balance.currency):
                if is_listed is None or all(is_listed(market) for market in path):
                    needed.update(dict.fromkeys(path))
                    break
            unit = _unit_market(balance)
            if unit and (is_listed is None or is_listed(unit)):
                needed[unit] = None
        return tuple(needed)

    def keep_prices(self, markets: Iterable[str]) -> None:
        """Forget the prices of all other markets: nobody tells us when they change."""
        for market in set(self._prices).difference(markets):
            self.set_price(market, None)

    def revalue(self) -> dict[str, Holding]:
        """Value what is behind; returns the holdings that differ from before."""
        changed: dict[str, Holding] = {}
        for currency in self._behind:
            holding = self._value(self._balances[currency])
            if self._holdings.get(currency) != holding:
                self._holdings[currency] = changed[currency] = holding
        self._behind.clear()
        return changed

    def holdings(self) -> Mapping[str, Holding]:
        """The holdings by currency as last valued."""
        return self._holdings

    def totals(self) -> Totals:
        """The sums over the holdings as last valued."""
        cash = value = cost = profit = _ZERO
        unpriced = uncosted = 0
        for holding in self._holdings.values():
            if holding.currency == CASH:
                cash = holding.quantity
            elif holding.value is None:
                unpriced += 1
            else:
                value = _EXACT.add(value, holding.value)
                if holding.cost is None or holding.profit is None:
                    uncosted += 1
                else:
                    cost = _EXACT.add(cost, holding.cost)
                    profit = _EXACT.add(profit, holding.profit)
        return Totals(
            assets=_EXACT.add(cash, value),
            cash=cash,
            value=value,
            cost=cost,
            profit=profit,
            profit_rate=_QUOTIENT.divide(profit, cost) if cost else None,
            unpriced=unpriced,
            uncosted=uncosted,
        )

    def _value(self, balance: Balance) -> Holding:
        quantity = _EXACT.add(balance.balance, balance.locked)
        if balance.currency == CASH:
            return Holding(CASH, balance.balance, balance.locked, quantity, value=quantity)
        path, price = self._price(balance.currency)
        value = _EXACT.multiply(quantity, price) if price is not None else None
        average = self._average(balance)
        cost = profit = rate = None
        if average is not None and value is not None:
            cost = _EXACT.multiply(quantity, average)
            profit = _EXACT.subtract(value, cost)
            rate = _QUOTIENT.divide(profit, cost)
        return Holding(
            balance.currency,
            balance.balance,
            balance.locked,
            quantity,
            path,
            price,
            value,
            average,
            cost,
            profit,
            rate,
        )

    def _price(self, currency: str) -> tuple[tuple[str, ...], Decimal | None]:
        """The best path whose prices are all known, and their product."""
        for path in paths(currency):
            prices = [self._prices.get(market) for market in path]
            if None not in prices:
                product = Decimal(1)
                for price in prices:
                    product = _EXACT.multiply(product, price or _ZERO)
                return path, product
        return (), None

    def _average(self, balance: Balance) -> Decimal | None:
        """The average price in won; one in another currency is converted at today's price."""
        if not balance.avg_buy_price:
            return None
        if balance.unit_currency == CASH:
            return balance.avg_buy_price
        rate = self._prices.get(_unit_market(balance))
        return None if rate is None else _EXACT.multiply(balance.avg_buy_price, rate)


def _unit_market(balance: Balance) -> str:
    """The market that converts the average price to won; empty where none is needed."""
    if not balance.avg_buy_price or balance.unit_currency == CASH:
        return ""
    return f"{CASH}-{balance.unit_currency}"


def _all_markets(balance: Balance) -> set[str]:
    """Every market that could play a part in the value of a balance."""
    markets = {market for path in paths(balance.currency) for market in path}
    return markets | {_unit_market(balance)} - {""}
