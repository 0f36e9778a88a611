"""Everything an order book shows, resolved, and what of it changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from upbit_ws_qt.events import TradeEvent

from .day_figures import Figure
from .ladder import PriceTexts, Row, format_size
from .ladder_layout import LadderLayout, Rect

__all__ = ["Footer", "Ladder", "Tape", "TapeLine", "damage", "resolve_tape"]


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
    for changed, rect in (
        (old.day != new.day, layout.day_rect(new.first)),
        (old.tape != new.tape, layout.tape_rect(new.first)),
        (old.footer != new.footer, layout.footer),
        (old.badge != new.badge, layout.badge),
    ):
        if changed and rect is not None:
            rects.append(rect)
    return tuple(rects)
