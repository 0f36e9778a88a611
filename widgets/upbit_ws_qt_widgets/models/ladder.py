"""The rows of an order book as they stand on screen, and the ways through them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from upbit_ws_qt.events import OrderbookEvent
from upbit_ws_qt.markets import format_price

from .ladder_layout import LadderLayout

__all__ = [
    "Cursor",
    "Entry",
    "PriceTexts",
    "Row",
    "Spread",
    "change_text",
    "entry",
    "format_size",
    "locate",
    "resolve_rows",
    "spread",
    "step",
    "tick_index",
]


class Cursor(NamedTuple):
    """The keyboard's place in the book; it stays on its price while the book moves."""

    ask: bool
    price: float


class Entry(NamedTuple):
    """One price of a book; price and size are 0 where a side is shorter than the other."""

    ask: bool
    price: float
    size: float


class Row(NamedTuple):
    """One row as painted. ``direction`` compares the price with the previous close (-1, 0, 1).

    ``bar`` is in device pixels; ``last`` marks the price of the last trade.
    """

    ask: bool
    price: float = 0.0
    size: float = 0.0
    price_text: str = ""
    change_text: str = ""
    size_text: str = ""
    direction: int = 0
    bar: int = 0
    last: bool = False
    hover: bool = False
    cursor: bool = False


class Spread(NamedTuple):
    """The best prices and what lies between them, in the quote currency and in ticks."""

    ask: float
    bid: float
    gap: float
    ticks: int


# State: the memo, emptied when the tick or the previous close changes.
class PriceTexts:
    """Texts of prices. Books repeat their prices ten times a second, so each is made once."""

    def __init__(self) -> None:
        self._tick = 0.0
        self._previous_close: float | None = None
        self._made: dict[float, tuple[str, str, int]] = {}

    def prepare(self, tick: float, previous_close: float | None) -> None:
        """Set what the texts are made with: the finest price step and the previous close."""
        if (tick, previous_close) != (self._tick, self._previous_close) or len(self._made) > 4096:
            self._made.clear()
            self._tick, self._previous_close = tick, previous_close

    def of(self, price: float) -> tuple[str, str, int]:
        """The price, its change from the previous close and the direction of that."""
        made = self._made.get(price)
        if made is None:
            change, direction = change_text(price, self._previous_close)
            made = self._made[price] = (format_price(price, self._tick), change, direction)
        return made


def change_text(price: float, previous_close: float | None) -> tuple[str, int]:
    """The change from the previous close, such as ``+1.23%``, and its direction."""
    if not previous_close:
        return "", 0
    percent = f"{(price / previous_close - 1) * 100:+.2f}%"
    direction = (price > previous_close) - (price < previous_close)
    return ("0.00%" if percent[1:] == "0.00%" else percent), direction


def format_size(size: float, room: int) -> str:
    """Format an amount of coins to at most ``room`` characters; 0 characters show nothing.

    Three decimals as the exchange's book has, fewer where they do not fit, and as many more as
    keep a small size from reading as nothing.
    """
    if room <= 0:
        return ""
    if 0 < size < 0.0005:
        decimals = next((places for places in range(4, 8) if round(size, places)), 8)
        text = f"{size:.{decimals}f}"
        return text if len(text) <= room else "<.001"[:room]
    for decimals in (3, 2, 1, 0):
        text = f"{size:,.{decimals}f}"
        if len(text) <= room:
            return text
    for divisor, letter in ((1e3, "K"), (1e6, "M"), (1e9, "B")):
        text = f"{size / divisor:,.0f}{letter}"
        if len(text) <= room:
            return text
    return f"{size / 1e12:,.0f}T"


def tick_index(price: float, tick: float) -> int:
    """The number of a price on its grid; equal prices have equal numbers, however spelt."""
    return round(price / tick)


def spread(book: OrderbookEvent, tick_at: Callable[[float], float]) -> Spread | None:
    """The best prices of a book, or None while a side is empty; ticks are those of the bid."""
    if not book.orderbook_units:
        return None
    best = book.orderbook_units[0]
    if not best.ask_price or not best.bid_price:
        return None
    gap = best.ask_price - best.bid_price
    return Spread(best.ask_price, best.bid_price, gap, tick_index(gap, tick_at(best.bid_price)))


def entry(book: OrderbookEvent, row: int) -> Entry:
    """The entry of a row, counted from the highest ask."""
    units = book.orderbook_units
    depth = len(units)
    if row < depth:
        unit = units[depth - 1 - row]
        return Entry(ask=True, price=unit.ask_price, size=unit.ask_size)
    unit = units[row - depth]
    return Entry(ask=False, price=unit.bid_price, size=unit.bid_size)


def locate(book: OrderbookEvent, cursor: Cursor) -> int | None:
    """The row of the cursor's price, else of the nearest price on its side; None without any."""
    depth = len(book.orderbook_units)
    rows = range(depth) if cursor.ask else range(depth, 2 * depth)
    filled = [row for row in rows if entry(book, row).price]
    return min(filled, key=lambda row: abs(entry(book, row).price - cursor.price), default=None)


def step(book: OrderbookEvent, cursor: Cursor | None, rows: int) -> Cursor | None:
    """The cursor after ``rows`` filled rows downwards (upwards when negative).

    Without a cursor it starts at the best ask going up and at the best bid going down.
    """
    filled = [
        candidate
        for row in range(2 * len(book.orderbook_units))
        if (candidate := entry(book, row)).price
    ]
    if not filled:
        return None
    if cursor is None or (here := locate(book, cursor)) is None:
        asks = sum(1 for candidate in filled if candidate.ask)
        place = asks - 1 if rows < 0 else asks
    else:
        place = filled.index(entry(book, here)) + rows
    chosen = filled[min(max(place, 0), len(filled) - 1)]
    return Cursor(chosen.ask, chosen.price)


def resolve_rows(
    book: OrderbookEvent,
    layout: LadderLayout,
    texts: PriceTexts,
    *,
    first: int,
    tick: float,
    last_price: float | None = None,
    hover: int | None = None,
    cursor: int | None = None,
) -> tuple[Row, ...]:
    """The visible rows from row ``first`` on; the longest bar is the largest visible size."""
    shown = [entry(book, row) for row in range(first, first + layout.visible)]
    largest = max((size for _, _, size in shown), default=0.0)
    scale = layout.bar_width / largest if largest else 0.0
    last = tick_index(last_price, tick) if last_price else None
    room = layout.size_room
    rows: list[Row] = []
    for row, (ask, price, size) in enumerate(shown, first):
        if not price:
            rows.append(Row(ask))
            continue
        price_text, change, direction = texts.of(price)
        rows.append(
            Row(
                ask,
                price,
                size,
                price_text,
                change,
                format_size(size, room),
                direction,
                max(1, round(size * scale)) if size else 0,
                last is not None and tick_index(price, tick) == last,
                row == hover,
                row == cursor,
            )
        )
    return tuple(rows)
