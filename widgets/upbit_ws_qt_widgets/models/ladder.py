"""The rows of an order book as they are painted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .ladder_layout import LadderLayout
from .ladder_rungs import Rungs
from .own_orders import OwnMark

__all__ = [
    "PriceTexts",
    "Row",
    "change_text",
    "format_size",
    "format_total",
    "resolve_rows",
]

# In characters: between a size and what was traded, and what of that is worth writing.
_TRADED_GAP = 2
_SHORTEST_TRADED = 4


class Row(NamedTuple):
    """One row as painted. ``direction`` compares the price with the previous close (-1, 0, 1).

    ``bar`` is in device pixels, as is ``traded_bar``, that of what was ``traded`` at the price
    lately; ``last`` marks the price of the last trade; ``heat`` is above 0
    while a size that grew fades, and below 0 for one that shrank; ``own`` is what the account has
    resting there.
    """

    ask: bool
    price: float = 0.0
    price_text: str = ""
    change_text: str = ""
    direction: int = 0
    last: bool = False
    hover: bool = False
    cursor: bool = False
    own: str = ""
    # From here on it is about the column of sizes.
    size: float = 0.0
    size_text: str = ""
    bar: int = 0
    heat: int = 0
    traded: str = ""
    traded_bar: int = 0

    def differs_in_size_only(self, other: Row) -> bool:
        """Whether all but the column of sizes looks the same: most changes of a book are such."""
        return self[:_FIRST_OF_SIZE] == other[:_FIRST_OF_SIZE]


_FIRST_OF_SIZE = Row._fields.index("size")


# State: the memo, emptied when what it was made with changes.
class PriceTexts:
    """Texts of prices. Books repeat their prices ten times a second, so each is made once."""

    def __init__(self) -> None:
        self._made_with: tuple[float, float | None, float | None] = (0.0, None, None)
        self._made: dict[float, tuple[str, str, int]] = {}

    def prepare(
        self, tick: float, previous_close: float | None, middle: float | None = None
    ) -> None:
        """Set what the texts are made with.

        Args:
            tick: the finest price step.
            previous_close: what directions, and changes as well, are counted from.
            middle: what changes are counted from instead; 0 where there is none.
        """
        made_with = tick, previous_close, middle
        if made_with != self._made_with or len(self._made) > 4096:
            self._made.clear()
            self._made_with = made_with

    def of(self, price: float) -> tuple[str, str, int]:
        """The price, its change and its direction from the previous close."""
        made = self._made.get(price)
        if made is None:
            tick, close, middle = self._made_with
            change = change_text(price, close, 2) if middle is None else change_text(price, middle)
            direction = (price > close) - (price < close) if close else 0
            made = self._made[price] = (format_price(price, tick), change, direction)
        return made


def change_text(price: float, base: float | None, decimals: int = 3) -> str:
    """The change from ``base`` such as ``+1.23%``; empty without a base.

    From the middle of a book prices are less than a thousandth away; where it is more than a
    tenth, two decimals have to do.
    """
    if not base:
        return ""
    change = (price / base - 1) * 100
    text = f"{abs(change):.{decimals if abs(change) < 10 else 2}f}%"
    if not text.strip("0.%"):
        return text
    return f"+{text}" if change > 0 else f"-{text}"


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
    return _shortest(size, (3, 2, 1, 0), room)


def format_total(value: float, room: int, decimals: int) -> str:
    """Format an amount of money to at most ``room`` characters and ``decimals`` decimals."""
    return _shortest(value, range(decimals, -1, -1), room) if room > 0 else ""


def _shortest(number: float, decimals: Iterable[int], room: int) -> str:
    for places in decimals:
        text = f"{number:,.{places}f}"
        if len(text) <= room:
            return text
    for divisor, letter in ((1e3, "K"), (1e6, "M"), (1e9, "B")):
        text = f"{number / divisor:,.0f}{letter}"
        if len(text) <= room:
            return text
    return f"{number / 1e12:,.0f}T"


def resolve_rows(
    rungs: Rungs,
    layout: LadderLayout,
    texts: PriceTexts,
    amount_text: Callable[[float, int], str],
    *,
    first: int,
    step: float,
    last: tuple[bool, int] | None = None,
    hover: int | None = None,
    cursor: int | None = None,
    heats: Mapping[tuple[bool, int], int] | None = None,
    own: Mapping[tuple[bool, int], OwnMark] | None = None,
    traded: Mapping[tuple[bool, int], float] | None = None,
) -> tuple[Row, ...]:
    """The visible rows from row ``first`` on; the longest bar is the heaviest visible rung.

    Args:
        rungs: the whole ladder.
        layout: where rows stand.
        texts: of prices, prepared.
        amount_text: writes an amount in so many characters.
        first: the first visible row.
        step: of the grid that the prices of ``rungs`` are on.
        last: the side and the number, on that grid, of the price of the last trade.
        hover: the row under the pointer.
        cursor: the row with the keyboard's cursor.
        heats: how much of its colour a change has left, by side and number on that grid.
        own: what of the account's rests where.
        traded: how much was traded lately, where; it is written where sizes leave room.
    """
    shown = rungs[first : first + layout.visible]
    heaviest = max((rung.weight for rung in shown), default=0.0)
    scale = layout.bar_width / heaviest if heaviest else 0.0
    room, own_room = layout.size_room, layout.own_room
    places = [(rung.ask, round(rung.price / step)) for rung in shown]
    sold_at = [traded.get(place, 0.0) for place in places] if traded else [0.0] * len(places)
    most_sold = max(sold_at, default=0.0)
    rows: list[Row] = []
    for row, (rung, place, sold) in enumerate(zip(shown, places, sold_at, strict=True), first):
        ask, price, size, amount, weight = rung
        if not price:
            rows.append(Row(ask))
            continue
        price_text, change, direction = texts.of(price)
        mark = own.get(place) if own else None
        size_text = amount_text(amount, room) if size else ""
        left = room - len(size_text) - _TRADED_GAP
        rows.append(
            Row(
                ask,
                price,
                price_text,
                change,
                direction,
                place == last,
                row == hover,
                row == cursor,
                (format_size(mark.size, own_room) or "•") if mark is not None else "",
                size,
                size_text,
                max(1, round(weight * scale)) if size else 0,
                heats.get(place, 0) if heats else 0,
                amount_text(sold, left) if sold and left >= _SHORTEST_TRADED else "",
                max(1, round(layout.bar_width * sold / most_sold)) if sold else 0,
            )
        )
    return tuple(rows)
