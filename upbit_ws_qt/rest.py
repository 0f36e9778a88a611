"""Every REST call under one name, ``rest.candles`` and the like. Pure."""

from __future__ import annotations

from .account_calls import (
    CLOSED_PAGE,
    LONGEST_WINDOW_MS,
    OPEN_PAGE,
    accounts,
    api_keys,
    closed_orders,
    open_orders,
    order,
)
from .account_rows import ApiKey
from .candle_pages import CandlePages
from .quotation import (
    CANDLE_PAGE,
    TRADE_DAYS,
    TRADE_PAGE,
    candles,
    instruments,
    markets,
    orderbooks,
    tickers,
    tickers_in,
    trades,
)
from .rest_call import RestCall, Right, error_of, seconds_of
from .trade_pages import TradePages

__all__ = [
    "CANDLE_PAGE",
    "CLOSED_PAGE",
    "LONGEST_WINDOW_MS",
    "OPEN_PAGE",
    "TRADE_DAYS",
    "TRADE_PAGE",
    "ApiKey",
    "CandlePages",
    "RestCall",
    "Right",
    "TradePages",
    "accounts",
    "api_keys",
    "candles",
    "closed_orders",
    "error_of",
    "instruments",
    "markets",
    "open_orders",
    "order",
    "orderbooks",
    "seconds_of",
    "tickers",
    "tickers_in",
    "trades",
]
