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


class Row(NamedTuple):
    """One row as painted. ``direction`` compares the price with the previous close (-1, 0, 1).

    ``bar`` is in device pixels; ``last`` marks the price of the last trade; ``heat`` is above 0
    while a size that grew fades, and below 0 for one that shrank; ``own`` is what the account has
    resting there.
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
    heat: int = 0
    own: str = ""


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
    """
    shown = rungs[first : first + layout.visible]
    heaviest = max((rung.weight for rung in shown), default=0.0)
    scale = layout.bar_width / heaviest if heaviest else 0.0
    room, own_room = layout.size_room, layout.own_room
    rows: list[Row] = []
    for row, rung in enumerate(shown, first):
        ask, price, size, amount, weight = rung
        if not price:
            rows.append(Row(ask))
            continue
        price_text, change, direction = texts.of(price)
        place = ask, round(price / step)
        mark = own.get(place) if own else None
        rows.append(
            Row(
                ask,
                price,
                size,
                price_text,
                change,
                amount_text(amount, room) if size else "",
                direction,
                max(1, round(weight * scale)) if size else 0,
                place == last,
                row == hover,
                row == cursor,
                heats.get(place, 0) if heats else 0,
                (format_size(mark.size, own_room) or "•") if mark is not None else "",
            )
        )
    return tuple(rows)
