"""Everything an order book shows, resolved, and what of it changed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from upbit_ws_qt.events import OrderbookEvent, TradeEvent

from .day_figures import Figure
from .ladder import Cursor, PriceTexts, Row, format_size, locate, resolve_rows
from .ladder_layout import LadderLayout, Rect

__all__ = [
    "Facts",
    "Footer",
    "Ladder",
    "Tape",
    "TapeLine",
    "damage",
    "resolve_ladder",
    "resolve_tape",
]

_TOTAL_ROOM = 16


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a market. ``tick`` is the finest price step in the book.

    ``trades`` are newest first; ``strength`` is in percent.
    """

    book: OrderbookEvent
    tick: float
    previous_close: float | None = None
    last_price: float | None = None
    strength: float | None = None
    day: tuple[Figure, ...] = ()
    trades: Sequence[TradeEvent] = ()


class TapeLine(NamedTuple):
    """One trade as painted; ``bought`` is the taker's side."""

    price_text: str
    size_text: str
    direction: int
    bought: bool


class Tape(NamedTuple):
    """The corner beside the bids: trade strength and the last trades, newest first."""

    strength_label: str = ""
    strength_text: str = ""
    price_label: str = ""
    size_label: str = ""
    lines: tuple[TapeLine, ...] = ()


class Footer(NamedTuple):
    """The totals below the rows."""

    ask_label: str = ""
    ask_text: str = ""
    unit: str = ""
    bid_label: str = ""
    bid_text: str = ""


class Ladder(NamedTuple):
    """Everything an order book shows, resolved. ``badge`` is its state, empty while it is live.

    ``notice`` stands in the middle while there are no rows. ``first`` is the first visible row.
    """

    layout: LadderLayout
    first: int
    rows: tuple[Row, ...] = ()
    day: tuple[Figure, ...] = ()
    tape: Tape = Tape()
    footer: Footer = Footer()
    badge: str = ""
    notice: str = ""
    focused: bool = False


def resolve_ladder(
    facts: Facts,
    layout: LadderLayout,
    texts: PriceTexts,
    text: Callable[..., str],
    *,
    scroll: int = 0,
    cursor: Cursor | None = None,
    pointer: tuple[int, int] | None = None,
    badge: str = "",
    focused: bool = False,
) -> Ladder:
    """Resolve facts and wishes to what is painted.

    Args:
        facts: what is known.
        layout: where things stand.
        texts: remembers the texts of prices from one frame to the next.
        text: the text of a key in the reader's language.
        scroll: rows downwards from the middle.
        cursor: the keyboard's place.
        pointer: where the mouse is (device pixels).
        badge: the state of the data.
        focused: whether keys come here.
    """
    book, first = facts.book, layout.first(scroll)
    texts.prepare(facts.tick, facts.previous_close)
    rows = resolve_rows(
        book,
        layout,
        texts,
        first=first,
        tick=facts.tick,
        last_price=facts.last_price,
        hover=layout.row_at(*pointer, first=first) if pointer is not None else None,
        cursor=locate(book, cursor) if cursor is not None else None,
    )
    corner = layout.tape_rect(first)
    tape = Tape()
    if corner is not None:
        tape = Tape(
            text("orderbook.strength"),
            "–" if facts.strength is None else f"{facts.strength:,.2f}%",
            text("orderbook.trade_price"),
            text("orderbook.trade_size"),
            resolve_tape(
                facts.trades[: corner[3] // layout.corner_line],
                texts,
                room=int(corner[2] / layout.metrics.small_digit) - 3,
            ),
        )
    footer = Footer(
        text("orderbook.total_asks"),
        format_size(book.total_ask_size, _TOTAL_ROOM),
        text("orderbook.size_unit", unit=book.code.partition("-")[2]),
        text("orderbook.total_bids"),
        format_size(book.total_bid_size, _TOTAL_ROOM),
    )
    return Ladder(layout, first, rows, facts.day, tape, footer, badge, focused=focused)


def resolve_tape(
    trades: Iterable[TradeEvent], texts: PriceTexts, *, room: int
) -> tuple[TapeLine, ...]:
    """The lines of ``trades``, price and size together in at most ``room`` characters."""
    resolved: list[TapeLine] = []
    for trade in trades:
        price_text, _, direction = texts.of(trade.trade_price)
        size = format_size(trade.trade_volume, room - len(price_text))
        resolved.append(TapeLine(price_text, size, direction, trade.ask_bid == "BID"))
    return tuple(resolved)


def damage(old: Ladder | None, new: Ladder) -> tuple[Rect, ...]:
    """The rectangles (device pixels) in which ``new`` differs from ``old``; none if it does not."""
    layout = new.layout
    everything = ((0, 0, layout.width, layout.height),)
    if (
        old is None
        or old.layout != layout
        or old.first != new.first
        or old.notice != new.notice
        or len(old.rows) != len(new.rows)
    ):
        return everything
    rects = [
        layout.row_rect(place, ask=row.ask)
        for place, (row, before) in enumerate(zip(new.rows, old.rows, strict=True))
        if row != before or (row.cursor and new.focused != old.focused)
    ]
    badge_came_or_went = bool(old.badge) != bool(new.badge)
    for changed, rect in (
        (old.day != new.day or badge_came_or_went, layout.day_rect(new.first)),
        (old.tape != new.tape, layout.tape_rect(new.first)),
        (old.footer != new.footer, layout.footer),
        (old.badge != new.badge, layout.badge),
    ):
        if changed and rect is not None:
            rects.append(rect)
    return tuple(rects)
