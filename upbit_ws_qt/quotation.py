"""The REST calls about markets, which need no key. Pure.

Source: docs.upbit.com, the reference of each path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from .errors import InvalidRequest
from .events import CandleEvent, OrderbookEvent, TickerEvent, TradeEvent
from .markets import Instrument, Market, check_market, check_markets
from .quotation_rows import (
    read_candles,
    read_instruments,
    read_markets,
    read_orderbooks,
    read_tickers,
    read_trades,
)
from .rest_call import RestCall
from .subscriptions import DEPTHS
from .timeframe import Timeframe

__all__ = [
    "CANDLE_PAGE",
    "TRADE_DAYS",
    "TRADE_PAGE",
    "candles",
    "instruments",
    "markets",
    "orderbooks",
    "tickers",
    "tickers_in",
    "trades",
]

#: The most candles, and the most trades, that one answer holds.
CANDLE_PAGE, TRADE_PAGE = 200, 500
#: How many days back trades can be asked for.
TRADE_DAYS = 7

_Params = tuple[tuple[str, str], ...]
_QUOTE = re.compile(r"[A-Z0-9]{1,10}")


def markets() -> RestCall[Mapping[str, Market]]:
    """All markets with their names, warnings and cautions."""
    return RestCall("/v1/market/all", (("is_details", "true"),), "market", read_markets)


def instruments(codes: Sequence[str]) -> RestCall[Mapping[str, Instrument]]:
    """Tick sizes and order book groupings."""
    params = (("markets", ",".join(check_markets(codes))),)
    return RestCall("/v1/orderbook/instruments", params, "orderbook", read_instruments)


def tickers(codes: Sequence[str]) -> RestCall[tuple[TickerEvent, ...]]:
    """The day of each market; one unknown code refuses the whole call."""
    params = (("markets", ",".join(check_markets(codes))),)
    return RestCall("/v1/ticker", params, "ticker", read_tickers)


def tickers_in(quote_currencies: Sequence[str]) -> RestCall[tuple[TickerEvent, ...]]:
    """The day of every market that is paid in one of these, such as ``["KRW", "BTC"]``.

    Raises:
        InvalidRequest: none is named, or one has not the form of a currency.
    """
    named = (quote_currencies,) if isinstance(quote_currencies, str) else tuple(quote_currencies)
    if not named or not all(_QUOTE.fullmatch(currency) for currency in named):
        raise InvalidRequest(f"quote currencies read like ['KRW', 'BTC']; got {quote_currencies!r}")
    params = (("quote_currencies", ",".join(dict.fromkeys(named))),)
    return RestCall("/v1/ticker/all", params, "ticker", read_tickers)


def trades(
    code: str,
    count: int,
    *,
    cursor: int | None = None,
    to: time | None = None,
    days_ago: int = 0,
) -> RestCall[tuple[TradeEvent, ...]]:
    """The last trades of a market, oldest first.

    For those before a page name its smallest ``sequential_id`` as ``cursor``.

    Args:
        code: the market.
        count: 1 to 500.
        cursor: only trades with a smaller ``sequential_id``.
        to: only trades before this time of the day (UTC).
        days_ago: which day (UTC) to begin with, 0 (today) to 7 days back.

    Raises:
        InvalidRequest: the exchange does not offer it.
    """
    if not 1 <= count <= TRADE_PAGE:
        raise InvalidRequest(f"one page holds 1 to {TRADE_PAGE} trades; got {count!r}")
    if not 0 <= days_ago <= TRADE_DAYS:
        raise InvalidRequest(f"trades go back 0 to {TRADE_DAYS} days; got {days_ago!r}")
    params: _Params = (("market", check_market(code)), ("count", str(count)))
    if to is not None:
        params = (*params, ("to", f"{to:%H:%M:%S}"))
    if cursor is not None:
        params = (*params, ("cursor", str(cursor)))
    if days_ago:
        params = (*params, ("days_ago", str(days_ago)))
    return RestCall("/v1/trades/ticks", params, "trade", read_trades)


def orderbooks(
    codes: Sequence[str], depth: int = 30, level: float = 0.0
) -> RestCall[tuple[OrderbookEvent, ...]]:
    """The books of some markets, ``depth`` rows each, grouped by ``level`` KRW (0: not).

    Raises:
        InvalidRequest: the exchange offers no such depth.
    """
    if depth not in DEPTHS:
        raise InvalidRequest(f"an order book has 1, 5, 15 or 30 rows; got {depth!r}")
    params: _Params = (("markets", ",".join(check_markets(codes))), ("count", str(depth)))
    if level:
        # The exchange answers an empty list to a level it cannot read, such as ``1e+06``.
        params = (*params, ("level", f"{level:.8f}".rstrip("0").rstrip(".")))
    return RestCall("/v1/orderbook", params, "orderbook", read_orderbooks)


def candles(
    code: str,
    timeframe: Timeframe,
    count: int,
    to_ms: int | None = None,
    *,
    converted_to: str | None = None,
) -> RestCall[tuple[CandleEvent, ...]]:
    """The last candles that start before ``to_ms``, oldest first; those without trades are absent.

    Args:
        code: the market.
        timeframe: the unit.
        count: 1 to 200.
        to_ms: ms since 1970; None for now.
        converted_to: ``KRW`` sets ``converted_trade_price`` of days; it stays None in KRW markets.

    Raises:
        InvalidRequest: the exchange does not offer it.
    """
    if not 1 <= count <= CANDLE_PAGE:
        raise InvalidRequest(f"one page holds 1 to {CANDLE_PAGE} candles; got {count!r}")
    params: _Params = (("market", check_market(code)), ("count", str(count)))
    if to_ms is not None:
        # Candles start at whole seconds: rounded up, the end leaves out none that starts before it.
        end = datetime.fromtimestamp(-(-to_ms // 1000), UTC)
        params = (*params, ("to", f"{end:%Y-%m-%dT%H:%M:%SZ}"))
    if converted_to is not None:
        if timeframe is not Timeframe.DAY or converted_to != "KRW":
            raise InvalidRequest(
                f"only days are converted, and only to KRW; "
                f"got {timeframe.value} to {converted_to!r}"
            )
        params = (*params, ("converting_price_unit", converted_to))
    converted = converted_to is not None
    return RestCall(
        f"/v1/candles/{timeframe.rest_path}",
        params,
        "candle",
        lambda body: read_candles(body, timeframe, converted=converted),
    )
