"""Everything an order book shows, resolved, and what of it changed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from upbit_ws_qt.events import TradeEvent

from .day_figures import Figure, strength
from .depth_curve import Curve, draw_curve, price_at
from .heat_map import HeatPicture
from .ladder import PriceTexts, Row, format_size, format_total, resolve_rows
from .ladder_layout import LadderLayout, Rect
from .ladder_rungs import Cursor, Rung, locate
from .ladder_sides import Sides
from .ladder_sight import Sight
from .ladder_strip import Money, StripLine, strip_lines
from .ladder_wishes import Wishes
from .market_memory import Known
from .own_orders import OwnMark

__all__ = [
    "Footer",
    "Hand",
    "Ladder",
    "Marks",
    "Tape",
    "TapeLine",
    "Words",
    "damage",
    "resolve_ladder",
    "resolve_tape",
]

_TOTAL_ROOM = 16


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

    ``notice`` stands in the middle while there is no book. ``first`` is the first visible row.
    Where a ``curve`` or a ``map`` is shown, there are no rows. ``from_middle`` says what changes
    are counted from; then their sign is not that of the price's direction.
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
    strip: tuple[StripLine, ...] = ()
    view: str = "ladder"
    curve: Curve | None = None
    map: HeatPicture | None = None
    tick: float = 0.0
    from_middle: bool = False


class Hand(NamedTuple):
    """Where the user's hand is: rows scrolled, the keyboard's cursor, the pointer (device px)."""

    scroll: int = 0
    cursor: Cursor | None = None
    pointer: tuple[int, int] | None = None
    focused: bool = False


class Marks(NamedTuple):
    """What is drawn upon a book, by side and number.

    Own orders, what has just changed, what was traded lately, and what can be ahead of own orders.
    """

    own: Mapping[tuple[bool, int], OwnMark] | None = None
    heats: Mapping[tuple[bool, int], int] | None = None
    traded: Mapping[tuple[bool, int], float] | None = None
    ahead: Mapping[tuple[bool, int], float] | None = None


_NO_HAND = Hand()
_NO_MARKS = Marks()


class Words(NamedTuple):
    """How things are said: a key's text in the reader's language, prices, and their steps."""

    text: Callable[..., str]
    texts: PriceTexts
    tick_at: Callable[[float], float]


def resolve_ladder(
    sight: Sight,
    known: Known,
    wishes: Wishes,
    layout: LadderLayout,
    words: Words,
    *,
    day: tuple[Figure, ...] = (),
    hand: Hand = _NO_HAND,
    marks: Marks = _NO_MARKS,
    badge: str = "",
    map_: HeatPicture | None = None,
) -> Ladder:
    """Resolve what is known and wished to what is painted.

    Args:
        sight: the book as it is looked at.
        known: what else is known.
        wishes: what the user chose.
        layout: where things stand.
        words: how they are said.
        day: the day's figures.
        hand: where the user's hand is.
        marks: what is drawn upon the book.
        badge: the state of the data.
        map_: the book over time, where that is the view.
    """
    money = Money.of(sight.book.code)
    first = layout.first(hand.scroll)
    ladder = Ladder(
        layout,
        first,
        footer=_footer(sight, wishes, money, words.text),
        badge=badge,
        focused=hand.focused,
        view=wishes.view,
        tick=sight.tick,
        from_middle=wishes.change_base == "middle",
    )
    middle = (sight.exact.middle or 0.0) if ladder.from_middle else None
    words.texts.prepare(sight.tick, known.previous_close, middle)
    if wishes.view == "heatmap":
        return ladder._replace(map=map_, strip=_strip(sight.exact, wishes, layout, words, money))
    if wishes.view == "depth":
        pointed = _pointed_on_curve(sight, layout, hand)
        curve = draw_curve(
            sight.exact,
            layout.body,
            layout.metrics,
            money,
            words.text,
            tick=sight.tick,
            in_value=wishes.amounts == "total",
            pointed=pointed,
        )
        strip = _strip(sight.exact, wishes, layout, words, money)
        return ladder._replace(curve=curve, strip=strip)

    def amount_text(amount: float, room: int) -> str:
        if wishes.amounts == "total":
            return format_total(amount, room, money.decimals)
        return format_size(amount, room)

    hover = layout.row_at(*hand.pointer, first=first) if hand.pointer is not None else None
    cursor = locate(sight.rungs, hand.cursor) if hand.cursor is not None else None
    rows = resolve_rows(
        sight.rungs,
        layout,
        words.texts,
        amount_text,
        first=first,
        step=sight.step,
        last=sight.last,
        hover=hover,
        cursor=cursor,
        heats=marks.heats,
        own=marks.own,
        traded=marks.traded,
    )
    looked_at = hover if hover is not None else cursor
    rung = sight.rungs[looked_at] if looked_at is not None else Rung(ask=True)
    ahead = marks.ahead.get((rung.ask, round(rung.price / sight.step))) if marks.ahead else None
    return ladder._replace(
        rows=rows,
        day=day,
        tape=_tape(known, layout, first, words),
        strip=_strip(sight.exact, wishes, layout, words, money, rung.price, ahead),
    )


def _pointed_on_curve(sight: Sight, layout: LadderLayout, hand: Hand) -> float | None:
    left, top, width, height = layout.body
    if hand.pointer is not None:
        x, y = hand.pointer
        if left <= x < left + width and top <= y < top + height:
            return price_at(sight.exact, layout.body, x, sight.tick)
    return hand.cursor.price if hand.cursor is not None else None


def _strip(
    sides: Sides,
    wishes: Wishes,
    layout: LadderLayout,
    words: Words,
    money: Money,
    pointed: float = 0.0,
    ahead: float | None = None,
) -> tuple[StripLine, ...]:
    if layout.figures is None:
        return ()
    return strip_lines(
        sides, words.tick_at, money, wishes, words.text, pointed=pointed or None, ahead=ahead
    )


def _footer(sight: Sight, wishes: Wishes, money: Money, text: Callable[..., str]) -> Footer:
    if wishes.amounts == "total":
        asks, bids = (sum(level.value for level in side) for side in sight.shown)
        ask_text, bid_text = (
            format_total(total, _TOTAL_ROOM, money.decimals) for total in (asks, bids)
        )
        unit = text("orderbook.total_unit", unit=money.quote)
    else:
        ask_text = format_size(sight.book.total_ask_size, _TOTAL_ROOM)
        bid_text = format_size(sight.book.total_bid_size, _TOTAL_ROOM)
        unit = text("orderbook.size_unit", unit=money.base)
    return Footer(
        text("orderbook.total_asks"), ask_text, unit, text("orderbook.total_bids"), bid_text
    )


def _tape(known: Known, layout: LadderLayout, first: int, words: Words) -> Tape:
    corner = layout.tape_rect(first)
    if corner is None:
        return Tape()
    share = strength(known.ticker) if known.ticker is not None else None
    return Tape(
        words.text("orderbook.strength"),
        "–" if share is None else f"{share:,.2f}%",
        words.text("orderbook.trade_price"),
        words.text("orderbook.trade_size"),
        resolve_tape(
            known.trades[: corner[3] // layout.corner_line],
            words.texts,
            room=int(corner[2] / layout.metrics.small_digit) - 3,
        ),
    )


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


def _join(rects: list[Rect], rect: Rect) -> None:
    """Add a rectangle to those above it, as one with the last where that goes on in it."""
    left, top, width, height = rect
    if rects:
        last_left, last_top, last_width, last_height = rects[-1]
        if (left, top, width) == (last_left, last_top + last_height, last_width):
            rects[-1] = left, last_top, width, last_height + height
            return
    rects.append(rect)


def damage(old: Ladder | None, new: Ladder) -> tuple[Rect, ...]:
    """The rectangles (device pixels) in which ``new`` differs from ``old``; none if it does not."""
    layout = new.layout
    if (
        old is None
        or old.layout != layout
        or old.view != new.view
        or old.notice != new.notice
        or len(old.rows) != len(new.rows)
    ):
        return ((0, 0, layout.width, layout.height),)
    rects: list[Rect] = []
    for place, (row, before) in enumerate(zip(new.rows, old.rows, strict=True)):
        refocused = row.cursor and new.focused != old.focused
        if row == before and not refocused:
            continue
        if row.differs_in_size_only(before) and not refocused:
            _join(rects, layout.size_rect(place, ask=row.ask))
        else:
            _join(rects, layout.row_rect(place, ask=row.ask))
            if row.ask != before.ask:
                rects.append(layout.row_rect(place, ask=before.ask))
    badge_came_or_went = bool(old.badge) != bool(new.badge)
    moved = old.first != new.first
    for changed, rect in (
        (old.day != new.day or badge_came_or_went or moved, layout.day_rect(new.first)),
        (moved, layout.day_rect(old.first)),
        (old.tape != new.tape or moved, layout.tape_rect(new.first)),
        (moved, layout.tape_rect(old.first)),
        (old.curve != new.curve or old.map is not new.map, layout.body),
        (old.strip != new.strip, layout.figures),
        (old.footer != new.footer, layout.footer),
        (old.badge != new.badge, layout.badge),
    ):
        if changed and rect is not None:
            rects.append(rect)
    return tuple(rects)
