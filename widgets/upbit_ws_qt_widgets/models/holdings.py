"""What an account holds, valued in won to the last digit as prices come. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from upbit_ws_qt.events import Balance

from .holding_values import (
    CASH,
    EXACT,
    QUOTIENT,
    Fees,
    Holding,
    Standing,
    paths,
    unit_market,
    value_balance,
)

__all__ = ["Portfolio", "Totals"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over an account in won; what has no price is in none of them.

    ``cost``, ``fees``, ``profit`` and ``profit_rate`` count the assets with both a price and an
    average price. ``unpriced`` assets have no price; of ``uncosted`` ones the average price is not
    known, and of ``provisional`` ones it is from before the amount changed.
    """

    assets: Decimal = _ZERO
    """Cash and coins."""
    cash: Decimal = _ZERO
    value: Decimal = _ZERO
    """Coins alone."""
    cost: Decimal = _ZERO
    fees: Decimal = _ZERO
    profit: Decimal = _ZERO
    profit_rate: Decimal | None = None
    unpriced: int = 0
    uncosted: int = 0
    provisional: int = 0


# State: the balances, the prices by market, the markets that ended, which assets could follow which
# market and why some have none, the fees, the holdings as last valued, and which are behind.
class Portfolio:
    """Values balances as prices come; only what a price touches is valued again."""

    def __init__(self) -> None:
        self._balances: dict[str, Balance] = {}
        self._prices: dict[str, Decimal] = {}
        self._ended: set[str] = set()
        self._followers: dict[str, set[str]] = {}
        self._standings: dict[str, Standing] = {}
        self._fees = Fees()
        self._with_fees = True
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

    def set_fees(self, fees: Fees, *, included: bool) -> None:
        """Take what trades cost, and whether profits are after fees."""
        if (fees, included) != (self._fees, self._with_fees):
            self._fees, self._with_fees = fees, included
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
            self._ended.discard(market)
        followers = self._followers.get(market, set())
        if before is None:
            self._behind |= followers  # it may open a better path than the one in use
        else:
            self._behind.update(currency for currency in followers if self._uses(currency, market))

    def end_market(self, market: str) -> None:
        """The exchange says that nobody will trade there again: its last price is worth nothing."""
        self._ended.add(market)
        self.set_price(market, None)
        self._behind |= self._followers.get(market, set())

    def _uses(self, currency: str, market: str) -> bool:
        holding = self._holdings.get(currency)
        return (
            holding is None
            or market in holding.path
            or market == unit_market(self._balances[currency])
        )

    def follow(
        self,
        is_listed: Callable[[str], bool] | None = None,
        is_gone: Callable[[str], bool] = lambda _: False,
    ) -> tuple[str, ...]:
        """Learn what is listed; returns the markets needed to value everything, a path an asset.

        Args:
            is_listed: whether the exchange has a market; None while that is not known, and then
                every asset is looked for in the won market.
            is_gone: whether the exchange had a market and has it no longer.
        """
        needed: dict[str, None] = {}
        standings: dict[str, Standing] = {}
        for balance in self._balances.values():
            currency = balance.currency
            if currency == CASH:
                continue
            for path in paths(currency):
                if is_listed is None or all(is_listed(market) for market in path):
                    needed.update(dict.fromkeys(path))
                    break
            else:
                gone = any(is_gone(path[0]) for path in paths(currency))
                standings[currency] = Standing.GONE if gone else Standing.UNLISTED
            unit = unit_market(balance)
            if unit and (is_listed is None or is_listed(unit)):
                needed[unit] = None
        changed = standings.items() ^ self._standings.items()
        self._standings = standings
        self._behind.update(currency for currency, _ in changed if currency in self._balances)
        return tuple(needed)

    def keep_prices(self, markets: Iterable[str]) -> None:
        """Forget the prices of all other markets: nobody tells us when they change."""
        for market in set(self._prices).difference(markets):
            self.set_price(market, None)

    def revalue(self) -> dict[str, Holding]:
        """Value what is behind; returns the holdings that differ from before."""
        changed: dict[str, Holding] = {}
        for currency in self._behind:
            holding = value_balance(
                self._balances[currency],
                self._prices,
                self._fees,
                with_fees=self._with_fees,
                standing=self._standing(currency),
            )
            if self._holdings.get(currency) != holding:
                self._holdings[currency] = changed[currency] = holding
        self._behind.clear()
        return changed

    def _standing(self, currency: str) -> Standing:
        """Why an asset would have no price."""
        if any(path[0] in self._ended for path in paths(currency)):
            return Standing.GONE
        return self._standings.get(currency, Standing.WAITING)

    def holdings(self) -> Mapping[str, Holding]:
        """The holdings by currency as last valued."""
        return self._holdings

    def totals(self) -> Totals:
        """The sums over the holdings as last valued."""
        cash = value = cost = fees = profit = paid = _ZERO
        unpriced = uncosted = provisional = 0
        for holding in self._holdings.values():
            provisional += holding.provisional and holding.currency != CASH
            if holding.currency == CASH:
                cash = holding.quantity
            elif holding.value is None:
                unpriced += 1
            else:
                value = EXACT.add(value, holding.value)
                if (
                    holding.cost is None
                    or holding.fees is None
                    or holding.profit is None
                    or holding.paid is None
                ):
                    uncosted += 1
                else:
                    cost = EXACT.add(cost, holding.cost)
                    fees = EXACT.add(fees, holding.fees)
                    profit = EXACT.add(profit, holding.profit)
                    paid = EXACT.add(paid, holding.paid)
        return Totals(
            assets=EXACT.add(cash, value),
            cash=cash,
            value=value,
            cost=cost,
            fees=fees,
            profit=profit,
            profit_rate=QUOTIENT.divide(profit, paid) if paid else None,
            unpriced=unpriced,
            uncosted=uncosted,
            provisional=provisional,
        )


def _all_markets(balance: Balance) -> set[str]:
    """Every market that could play a part in the value of a balance."""
    markets = {market for path in paths(balance.currency) for market in path}
    return markets | {unit_market(balance)} - {""}
