"""The price of a market and its day, as the header tells them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from upbit_ws_qt.events import TickerEvent, TradeEvent
from upbit_ws_qt.markets import format_price, format_volume, quote_currency

__all__ = ["Figure", "Quote", "QuoteTexts", "resolve", "with_ticker", "with_trade"]

#: Korean sites tell won in millions; the other currencies are told as they are.
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Quote:
    """What is known of a market's price; None where nothing has told it.

    Prices and ``value_24h`` in the quote currency, ``volume_24h`` in coins, ``time_ms`` since 1970.
    """

    market: str
    time_ms: int = 0
    price: float | None = None
    previous_close: float | None = None
    high: float | None = None
    low: float | None = None
    volume_24h: float | None = None
    value_24h: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A label and a figure; ``sign`` says whether it lies above or below the previous close."""

    label: str
    text: str
    sign: float = 0.0


@dataclass(frozen=True, slots=True)
class QuoteTexts:
    """What is painted; ``sign`` is that of the change."""

    price: str
    unit: str
    change: str
    sign: float
    figures: tuple[Figure, ...]


def with_ticker(quote: Quote, event: TickerEvent) -> Quote:
    """The day's figures hold; the price only if no newer trade told another."""
    quote = replace(
        quote,
        high=event.high_price,
        low=event.low_price,
        volume_24h=event.acc_trade_volume_24h,
        value_24h=event.acc_trade_price_24h,
    )
    return _with_price(quote, event.priced_ms, event.trade_price, event.prev_closing_price)


def with_trade(quote: Quote, event: TradeEvent) -> Quote:
    """Trades may come late, and the ticker is not in step with them: the newest holds."""
    return _with_price(quote, event.priced_ms, event.trade_price, event.prev_closing_price)


def _with_price(quote: Quote, when: int, price: float, previous_close: float | None) -> Quote:
    if when < quote.time_ms:
        return quote
    known = quote.previous_close if previous_close is None else previous_close
    return replace(quote, time_ms=when, price=price, previous_close=known)


def resolve(
    quote: Quote, tick_size: Callable[[float], float], text: Callable[..., str]
) -> QuoteTexts:
    """The texts of ``quote``.

    Args:
        quote: what is known.
        tick_size: the price step at a price.
        text: looks up a text of the interface by its key, with values.
    """
    coin = quote.market.partition("-")[2]
    currency = quote_currency(quote.market)
    if quote.price is None:
        return QuoteTexts("–", currency, "", 0.0, ())
    tick = tick_size(quote.price)
    change, sign = "", 0.0
    if quote.previous_close:
        difference = quote.price - quote.previous_close
        sign = float((difference > 0) - (difference < 0))
        arrow = "▲ " if sign > 0 else "▼ " if sign < 0 else ""
        size = format_price(abs(difference), tick)
        change = f"{difference / quote.previous_close:+.2%}  {arrow}{size}"
    figures: list[Figure] = []
    for key, price in (("viewer.high", quote.high), ("viewer.low", quote.low)):
        if price is not None:
            above = price - (quote.previous_close or price)
            figures.append(Figure(text(key), format_price(price, tick_size(price)), above))
    if quote.volume_24h is not None:
        amount = f"{format_volume(quote.volume_24h, 3)} {coin}"
        figures.append(Figure(text("viewer.volume_24h"), amount))
    if quote.value_24h is not None:
        figures.append(Figure(text("viewer.value_24h"), _value(quote.value_24h, currency, text)))
    return QuoteTexts(format_price(quote.price, tick), currency, change, sign, tuple(figures))


def _value(value: float, currency: str, text: Callable[..., str]) -> str:
    if currency == "KRW":
        return text("viewer.million", value=f"{value / _MILLION:,.0f}")
    return f"{value:,.3f} {currency}"
