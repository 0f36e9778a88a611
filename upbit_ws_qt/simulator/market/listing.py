"""The markets that are listed: codes, names, price levels and how busy they are. Pure."""

from __future__ import annotations

import csv
import importlib.resources
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from upbit_ws_qt.markets import quote_currency, table_tick_size

__all__ = ["CAUTIONS", "MARKETS", "Listing", "select"]

_USDT_KRW = 1_442.0
# A price may wander this far from its level, up and down, in the whole past and future.
_REACH = 40.0

# By quote currency, the share that its market has of a coin's turnover and of its trades.
_SHARES = {"KRW": (1.0, 1.0), "BTC": (0.0015, 0.009), "USDT": (0.006, 0.03)}
_FEWEST_TRADES_A_MINUTE = 0.2
# 10^9 KRW a day: with so few trades each still comes to about the least order of a BTC market.
_LEAST_TURNOVER = 0.003

# Source: docs.upbit.com, list-trading-pairs (``market_event.caution``).
CAUTIONS = (
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
)
# A few markets, so that every one of them is seen.
_CAUTIONED: dict[str, tuple[str, ...]] = {
    "KRW-VIRTUAL": ("PRICE_FLUCTUATIONS", "TRADING_VOLUME_SOARING"),
    "KRW-TRUMP": ("GLOBAL_PRICE_DIFFERENCES",),
    "KRW-AQT": ("CONCENTRATION_OF_SMALL_ACCOUNTS",),
    "KRW-BABYDOGE": ("PRICE_FLUCTUATIONS",),
    "KRW-KAS": ("TRADING_VOLUME_SOARING", "DEPOSIT_AMOUNT_SOARING"),
    "KRW-MBL": ("CONCENTRATION_OF_SMALL_ACCOUNTS",),
    "KRW-RIVER": ("PRICE_FLUCTUATIONS", "GLOBAL_PRICE_DIFFERENCES"),
    "BTC-ACM": ("PRICE_FLUCTUATIONS",),
    "BTC-DNT": ("CONCENTRATION_OF_SMALL_ACCOUNTS",),
    "USDT-KAS": ("DEPOSIT_AMOUNT_SOARING",),
}
_WARNED = frozenset({"KRW-STEEM", "KRW-OM", "BTC-GHX"})


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed market.

    ``price`` (quote currency) is its level on 2026-10-01, ``volatility`` the deviation of a day of
    the coin in KRW and ``quote_volatility`` that of the quote currency,
    ``daily_volume`` coins, ``trades_a_minute`` a mean, ``listed_ms`` the first moment it traded.
    """

    code: str
    korean_name: str
    english_name: str
    price: float
    volatility: float
    quote_volatility: float
    daily_volume: float
    trades_a_minute: float
    listed_ms: int
    warning: bool = False
    cautions: tuple[str, ...] = ()

    @property
    def quote(self) -> str:
        """The currency the price is in."""
        return quote_currency(self.code)

    @property
    def base(self) -> str:
        """The coin that is traded."""
        return self.code.partition("-")[2]

    @property
    def lowest_price(self) -> float:
        """No price of it was or will be below (quote currency)."""
        return max(self.price / _REACH, table_tick_size(self.code, 0.0))

    @property
    def levels(self) -> tuple[Decimal, ...]:
        """The order book groupings on offer: none, then tens of ticks; KRW markets only."""
        if self.quote != "KRW":
            return (Decimal(0),)
        level = Decimal(str(table_tick_size(self.code, self.price))) * 10
        found = [Decimal(0)]
        while level < Decimal(str(self.price)):
            found.append(level)
            level *= 10
        return tuple(found)


def _made() -> Iterator[Listing]:
    """The markets of ``coins.csv``: one row per coin, Bitcoin first, then by turnover.

    ``krw`` is the coin's price in autumn 2026, ``volatility`` that of a day, ``turnover`` 10^9 KRW
    a day and ``trades`` a minute in its KRW market, had it one; ``*_since`` are the days on which
    its markets were listed, empty where there is none.
    """
    table = (
        importlib.resources.files("upbit_ws_qt.simulator.market")
        .joinpath("coins.csv")
        .read_text("utf-8")
    )
    coins = {row["coin"]: row for row in csv.DictReader(table.splitlines())}
    krw_of_quote = {"KRW": 1.0, "BTC": float(coins["BTC"]["krw"]), "USDT": _USDT_KRW}
    for quote, (turnover_share, trades_share) in _SHARES.items():
        quote_volatility = float(coins[quote]["volatility"]) if quote in coins else 0.0
        for coin, row in coins.items():
            since = row[f"{quote.lower()}_since"]
            if not since:
                continue
            code, krw = f"{quote}-{coin}", float(row["krw"])
            billions = max(float(row["turnover"]) * turnover_share, _LEAST_TURNOVER)
            trades = float(row["trades"]) * trades_share
            listed = datetime.fromisoformat(since).replace(tzinfo=UTC)
            yield Listing(
                code=code,
                korean_name=row["korean"],
                english_name=row["english"],
                price=krw / krw_of_quote[quote],
                volatility=float(row["volatility"]),
                quote_volatility=quote_volatility,
                daily_volume=billions * 1e9 / krw,
                trades_a_minute=max(trades, _FEWEST_TRADES_A_MINUTE),
                listed_ms=int(listed.timestamp()) * 1000,
                warning=code in _WARNED,
                cautions=_CAUTIONED.get(code, ()),
            )


MARKETS: tuple[Listing, ...] = tuple(_made())


def select(codes: tuple[str, ...] | None = None) -> tuple[Listing, ...]:
    """The listed markets with these codes in this order, or all.

    Raises:
        ValueError: a code that is not listed.
    """
    if codes is None:
        return MARKETS
    by_code = {listing.code: listing for listing in MARKETS}
    unknown = [code for code in codes if code not in by_code]
    if unknown:
        raise ValueError(f"the simulated exchange lists no market {unknown[0]!r}")
    return tuple(by_code[code] for code in codes)
