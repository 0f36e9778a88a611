"""Market codes, their names and price ticks. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from .errors import InvalidMarket, InvalidRequest, LocalError

__all__ = [
    "Instrument",
    "Market",
    "MarketCatalog",
    "MarketChanges",
    "check_market",
    "check_markets",
    "format_price",
    "format_volume",
    "quote_currency",
    "table_tick_size",
]

_CODE = re.compile(r"[A-Z0-9]{1,10}-[A-Z0-9]{1,20}")

# Lower bound (inclusive) and tick, highest first. Source: docs.upbit.com krw-market-info, tables
# of 2025-07-31 (KRW) and 2024-08-19 (USDT). The instruments API is the authority for a market;
# these serve until it has answered.
_TICKS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "KRW": (
        (1_000_000, 1000),
        (500_000, 500),
        (100_000, 100),
        (50_000, 50),
        (10_000, 10),
        (5_000, 5),
        (100, 1),
        (10, 0.1),
        (1, 0.01),
        (0.1, 0.001),
        (0.01, 0.0001),
        (0.001, 0.00001),
        (0.0001, 0.000001),
        (0.00001, 0.0000001),
        (0, 0.00000001),
    ),
    "USDT": (
        (10, 0.01),
        (1, 0.001),
        (0.1, 0.0001),
        (0.01, 0.00001),
        (0.001, 0.000001),
        (0.0001, 0.0000001),
        (0, 0.00000001),
    ),
    "BTC": ((0, 0.00000001),),
}


def check_market(code: object) -> str:
    """Return ``code`` if it has the form of a market code such as ``KRW-BTC``.

    The exchange ignores a wrong or lower-case code in silence, so the form is checked at the call.

    Raises:
        InvalidMarket: with the likely spelling.
    """
    if isinstance(code, str) and _CODE.fullmatch(code):
        return code
    hint = ""
    if isinstance(code, str):
        upper = code.strip().upper().replace("/", "-").replace("_", "-")
        for likely in (upper, f"KRW-{upper}"):
            if _CODE.fullmatch(likely):
                hint = f"; did you mean {likely!r}?"
                break
    raise InvalidMarket(f"a market code reads QUOTE-BASE, such as 'KRW-BTC'; got {code!r}{hint}")


def check_markets(codes: str | Iterable[str]) -> tuple[str, ...]:
    """Check every code and drop repetitions, keeping the order; one string is one code."""
    listed = (codes,) if isinstance(codes, str) else tuple(codes)
    if not listed:
        raise InvalidMarket("at least one market code is needed, such as ['KRW-BTC']; got none")
    return tuple(dict.fromkeys(check_market(code) for code in listed))


def quote_currency(code: str) -> str:
    """``KRW`` of ``KRW-BTC``."""
    return code.partition("-")[0]


def table_tick_size(code: str, price: float) -> float:
    """The price step of a market at ``price`` by the published table, in the quote currency."""
    for lower_bound, tick in _TICKS.get(quote_currency(code), _TICKS["BTC"]):
        if price >= lower_bound:
            return tick
    return 0.00000001


@lru_cache(256)
def _decimals(tick: float) -> int:
    return max(0, -Decimal(str(tick)).normalize().as_tuple().exponent)  # type: ignore[operator]


def _plain(number: float) -> str:
    """``10000``, never ``1e+04``."""
    return f"{number:.8f}".rstrip("0").rstrip(".")


def format_price(price: float, tick: float) -> str:
    """Format a price to the decimals of its tick with thousands separated: ``116,539,000``."""
    return f"{price:,.{_decimals(tick)}f}"


def format_volume(volume: float, decimals: int = 8) -> str:
    """Format an amount of coins with thousands separated, rounded half up."""
    exact = Decimal(str(volume)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{exact:,f}"


@dataclass(frozen=True, slots=True)
class Market:
    """One row of the exchange's market list.

    ``cautions`` holds the names of the active caution flags, such as ``PRICE_FLUCTUATIONS``.
    """

    code: str
    korean_name: str
    english_name: str
    warning: bool = False
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Instrument:
    """One row of ``/v1/orderbook/instruments``: the tick (quote currency) and the levels."""

    tick_size: float
    levels: tuple[float, ...]


class MarketChanges(NamedTuple):
    """What differs between two lists of the exchange's markets."""

    listed: tuple[Market, ...]
    gone: tuple[Market, ...]


# State: the tables, each replaced as a whole, and the price band each instrument was read in.
@dataclass(slots=True)
class MarketCatalog:
    """What is known of the markets; empty until the exchange has answered.

    ``gone`` are those that were listed when the list was read before, and are not any more.
    """

    markets: Mapping[str, Market] = field(default_factory=dict[str, Market])
    instruments: Mapping[str, Instrument] = field(default_factory=dict[str, Instrument])
    gone: Mapping[str, Market] = field(default_factory=dict[str, Market])
    _bands: dict[str, float] = field(default_factory=dict[str, float], repr=False)

    def take(self, read: Mapping[str, Market], waiting: Collection[str] = ()) -> MarketChanges:
        """Take in the exchange's list as it is now, and say what is new in it and what is gone.

        The first list is no news, apart from markets that somebody is ``waiting`` for. An empty one
        says nothing: an exchange without markets is one that is not itself.
        """
        if not read:
            return MarketChanges((), ())
        known = self.markets
        listed = [
            market
            for code, market in read.items()
            if code not in known and (known or code in waiting)
        ]
        gone = {code: market for code, market in known.items() if code not in read}
        self.markets = read
        self.gone = {
            code: market for code, market in {**self.gone, **gone}.items() if code not in read
        }
        self.instruments = {
            code: instrument for code, instrument in self.instruments.items() if code not in gone
        }
        for code in gone:
            self._bands.pop(code, None)
        return MarketChanges(tuple(listed), tuple(gone.values()))

    def learn(self, read: Mapping[str, Instrument]) -> None:
        """Take in what the instruments API says now of some markets."""
        self.instruments = {**self.instruments, **read}
        for code in read:
            self._bands.pop(code, None)

    def find(self, code: str) -> Market | None:
        """The market with this code, also one that is gone, whose name is still known; or None."""
        return self.markets.get(code) or self.gone.get(code)

    def objection(self, code: str, level: float = 0.0) -> LocalError | None:
        """What is known to be wrong with asking for this market, its order book at ``level`` KRW.

        None where nothing is, or nothing is known yet: ``judges`` tells these two apart.
        """
        if self.markets and code not in self.markets:
            near = difflib.get_close_matches(code, self.markets, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return InvalidMarket(f"the exchange lists no market {code!r}{hint}")
        instrument = self.instruments.get(code)
        if not level or instrument is None or level in instrument.levels:
            return None
        offered = ", ".join(_plain(offered) for offered in instrument.levels) or "0"
        return InvalidRequest(
            f"the exchange groups the order book of {code} by {offered}; got level {_plain(level)}"
        )

    def judges(self, code: str, level: float = 0.0) -> bool:
        """Whether enough is known of this market for ``objection`` to be the last word."""
        if not self.markets or code not in self.markets:
            return bool(self.markets)
        return not level or code in self.instruments

    def tick_size(self, code: str, price: float) -> float:
        """The price step at ``price`` in the quote currency.

        The instruments API names one tick for the band the market traded in when it was read;
        when the price has left that band, the published table answers.
        """
        instrument = self.instruments.get(code)
        if instrument is None or self.has_left_band(code, price):
            return table_tick_size(code, price)
        return instrument.tick_size

    def has_left_band(self, code: str, price: float) -> bool:
        """Whether the market trades in another band of prices than when its tick was read.

        The answer of the instruments API carries no price: the first one after it stands for it.
        """
        if code not in self.instruments:
            return False
        by_table = table_tick_size(code, price)
        return self._bands.setdefault(code, by_table) != by_table

    def levels(self, code: str) -> tuple[float, ...]:
        """The order book groupings the exchange offers; ``(0.0,)`` is ungrouped only."""
        instrument = self.instruments.get(code)
        return instrument.levels if instrument else (0.0,)
