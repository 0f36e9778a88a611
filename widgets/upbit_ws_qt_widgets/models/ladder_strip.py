"""The strip of figures below a ladder: spread, imbalance, what an amount costs. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .ladder import format_size, format_total
from .ladder_figures import Fill, fill, imbalance, microprice, reach, spread
from .ladder_sides import Sides
from .ladder_wishes import DEPTHS, Wishes

__all__ = ["STRIP_LINES", "Money", "Piece", "StripLine", "reach_pieces", "strip_lines"]

STRIP_LINES = 3
_ROOM = 18


class Money(NamedTuple):
    """How amounts in a market are written: its currencies, and the decimals of the quote."""

    base: str
    quote: str
    decimals: int

    @classmethod
    def of(cls, code: str) -> Money:
        """The money of a market such as ``KRW-BTC``."""
        quote, _, base = code.partition("-")
        return cls(base, quote, {"KRW": 0, "BTC": 8}.get(quote, 3))

    def total(self, value: float) -> str:
        """An amount of the quote currency with its name."""
        return f"{format_total(value, _ROOM, self.decimals)} {self.quote}"

    def quantity(self, size: float) -> str:
        """An amount of coins with their name."""
        return f"{format_size(size, _ROOM)} {self.base}"


class Piece(NamedTuple):
    """A figure with its label; ``direction`` colours it."""

    label: str
    value: str
    direction: int = 0


StripLine = tuple[Piece, ...]


def strip_lines(
    sides: Sides,
    tick_at: Callable[[float], float],
    money: Money,
    wishes: Wishes,
    text: Callable[..., str],
    *,
    pointed: float | None = None,
    ahead: float | None = None,
) -> tuple[StripLine, ...]:
    """The lines of the strip.

    The third is about the price that is pointed at, else about the trial size.

    Args:
        sides: the whole book, not grouped.
        tick_at: the price step at a price.
        money: of the market.
        wishes: for the trial size.
        text: the text of a key in the reader's language.
        pointed: the price under the pointer or the cursor.
        ahead: what can at most be ahead of own orders there.
    """
    best = spread(sides, tick_at)
    if best is None:
        return ()
    tick = tick_at(best.bid)
    first: list[Piece] = [
        Piece(
            text("orderbook.spread"),
            text(
                "orderbook.spread_value",
                gap=format_price(best.gap, tick),
                ticks=best.ticks,
                bps=f"{best.bps:.2f}",
            ),
        )
    ]
    micro = microprice(sides)
    if micro is not None:
        lean = _sign(micro * 2 - best.ask - best.bid)
        first.append(Piece(text("orderbook.microprice"), _finely(micro, tick), lean))
    second = [Piece(text("orderbook.imbalance"), "")]
    for depth in DEPTHS:
        share = imbalance(sides, depth)
        if share is not None:
            second.append(Piece(f"{depth}", f"{share * 100:+.0f}%", _sign(round(share * 100))))
    third = _third(sides, tick, money, wishes, text, pointed)
    if ahead is not None:
        third = (Piece(text("orderbook.ahead"), f"≤ {money.quantity(ahead)}"), *third)
    return tuple(first), tuple(second), third


def _third(
    sides: Sides,
    tick: float,
    money: Money,
    wishes: Wishes,
    text: Callable[..., str],
    pointed: float | None,
) -> StripLine:
    if pointed is not None:
        return reach_pieces(sides, pointed, tick, money, text)
    if not wishes.trial:
        return ()
    in_value = wishes.trial_in == "total"
    amount = money.total(wishes.trial) if in_value else money.quantity(wishes.trial)
    pieces = [Piece(text("orderbook.trial"), amount)]
    for key, levels, sign in (("trial_buy", sides.asks, 1), ("trial_sell", sides.bids, -1)):
        filled = fill(levels, wishes.trial, in_value=in_value)
        if filled is not None:
            pieces.append(Piece(text(f"orderbook.{key}"), _filled(filled, tick, money, text), sign))
    return tuple(pieces)


def _filled(filled: Fill, tick: float, money: Money, text: Callable[..., str]) -> str:
    average = _finely(filled.average, tick)
    if not filled.is_whole:
        return text("orderbook.trial_short", average=average, held=money.quantity(filled.size))
    return text("orderbook.trial_value", average=average, bps=f"{filled.slippage_bps:.2f}")


def reach_pieces(
    sides: Sides, price: float, tick: float, money: Money, text: Callable[..., str]
) -> StripLine:
    """What it takes to move the price to ``price``, in words; nothing where nothing is between."""
    buys = bool(sides.asks) and price >= sides.asks[0].price
    met = reach(sides.asks if buys else sides.bids, price, up=buys)
    if met is None:
        return ()
    key = "orderbook.reach_buy" if buys else "orderbook.reach_sell"
    change = f"{met.change_bps / 100:+.3f}%"
    return (
        Piece(text(key, price=format_price(price, tick), change=change), "", 1 if buys else -1),
        Piece("", money.quantity(met.size)),
        Piece("", money.total(met.value)),
        Piece(text("orderbook.average"), _finely(met.average, tick)),
    )


def _finely(price: float, tick: float) -> str:
    """A price that need not be on the grid, with one decimal more than those that are."""
    return format_price(price, tick / 10)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
