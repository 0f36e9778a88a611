"""The lines of own orders, the average price and alerts on the prices in view. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from upbit_ws_qt.markets import format_price, quote_currency

from .chart_fills import fill_marks, fill_note
from .chart_picture import PriceTag
from .chart_scene import Scene
from .chart_state import ChartState
from .holding_rows import ABOUT, MASK, format_amount, format_rate, format_won
from .label_places import apart
from .marks_picture import EdgeMark, LineMark, MarksPicture
from .own_position import Position, profit_at
from .price_alerts import Direction, PriceAlert
from .trading_marks import LineKey, OrderLine

__all__ = ["marks_of"]

_ROW_GAP_PX = 4.0


class _Line(NamedTuple):
    """A line before it has its place; the source of its label is what it stands for."""

    price: float
    source: OrderLine | PriceAlert | Position
    key: LineKey | None = None
    is_ghost: bool = False


def marks_of(state: ChartState, scene: Scene, last: PriceTag) -> MarksPicture | None:
    """What is marked, beside the last price; None if there is nothing."""
    lines, fills = _lines(state), fill_marks(state, scene, scene.growing)
    note = fill_note(state, scene)
    if not lines and fills is None and note is None:
        return None
    row = round((state.text.height + _ROW_GAP_PX) * scene.layout.ratio)
    return MarksPicture(row, *_placed(state, scene, last, row, lines), fills, note)


def _lines(state: ChartState) -> list[_Line]:
    """All lines, in the order they are painted in: what can be moved lies on top."""
    marks = state.marks
    lines: list[_Line] = []
    if marks.shows_average and marks.position is not None:
        lines.append(_Line(float(marks.position.price), marks.position))
    lines += (_Line(float(order.key.price), order, order.key) for order in marks.order_lines)
    lines += (_Line(alert.price, alert, alert.id) for alert in marks.alerts.items)
    if marks.ghost is not None:
        moved = [line.source for line in lines if line.key == marks.chosen]
        lines += (_Line(marks.ghost, source, is_ghost=True) for source in moved)
    return lines


def _placed(
    state: ChartState, scene: Scene, last: PriceTag, row: int, lines: Sequence[_Line]
) -> tuple[tuple[LineMark, ...], tuple[EdgeMark, ...]]:
    bottom = scene.layout.price_bottom
    places = np.rint(scene.scale.y([line.price for line in lines], 0, bottom))
    shown = [
        (line, int(y)) for line, y in zip(lines, places.tolist(), strict=True) if 0 <= y < bottom
    ]
    counts = (
        ("▲", int((places < 0).sum()), 0.0),
        ("▼", int((places >= bottom).sum()), float(bottom)),
    )
    edges = [(f"{sign} {count}", y) for sign, count, y in counts if count]
    wanted = [float(y) for _, y in shown]
    tags = _tag_places(state, scene, last, row, [*wanted, *(y for _, y in edges)])
    top = scene.layout.headroom
    # At the lower left there may be something to say about older bars.
    low_end = bottom - (row if state.notice else 0)
    labels = _fitted(wanted, row, top, low_end, from_top=True)
    marks = (
        _mark(state, scene, line, y, label, tag)
        for (line, y), label, tag in zip(shown, labels, tags, strict=False)
    )
    at_edges = zip(edges, tags[len(shown) :], strict=True)
    return tuple(marks), tuple(
        EdgeMark(text, tag) for (text, _), tag in at_edges if tag is not None
    )


def _mark(
    state: ChartState,
    scene: Scene,
    line: _Line,
    y: int,
    label_at: int | None,
    tag_at: int | None,
) -> LineMark:
    marks, source = state.marks, line.source
    is_alert = isinstance(source, PriceAlert)
    role = "text"
    if isinstance(source, OrderLine):
        role = "fall" if source.key.is_ask else "rise"
    elif isinstance(source, PriceAlert):
        role = "sub_text" if source.fired else "warning"
    return LineMark(
        y,
        role,
        _label(state, source),
        scene.axis(state).text(line.price),
        label_at,
        tag_at,
        is_alert,
        line.key is not None and line.key == marks.chosen,
        line.is_ghost,
    )


# -- texts -------------------------------------------------------------------------------------


def _label(state: ChartState, source: OrderLine | PriceAlert | Position) -> str:
    if isinstance(source, OrderLine):
        return _order_label(state, source)
    if isinstance(source, Position):
        return _position_label(state, source)
    if source.fired:
        return state.words["chart.alert.fired"]
    sign = {Direction.CROSS: "", Direction.ABOVE: " ▲", Direction.BELOW: " ▼"}[source.direction]
    return state.words["chart.alert.label"] + sign


def _order_label(state: ChartState, line: OrderLine) -> str:
    words = state.words
    amounts = f"{_exact(line.remaining)} / {_exact(line.volume)}"
    text = words["chart.sell" if line.key.is_ask else "chart.buy"] + " "
    text += MASK if state.marks.hides_amounts else amounts
    if len(line.uuids) > 1:
        text += " " + words["chart.orders_count"].format(count=len(line.uuids))
    return text


def _position_label(state: ChartState, position: Position) -> str:
    """The average price, with the profit at the newest bar's close."""
    profit = profit_at(position, state.bars.bar(state.bars.end - 1).close)
    about = ABOUT if position.is_provisional else ""
    price = float(position.price)
    amount = MASK if state.marks.hides_amounts else about + _money(state, profit.amount)
    return state.words["chart.average_price"].format(
        price=about + format_price(price, state.tick_size(price)),
        rate=about + format_rate(profit.rate),
        amount=amount,
    )


def _money(state: ChartState, amount: Decimal) -> str:
    """A gain or loss in the quote currency of the market, with its sign."""
    quote = quote_currency(state.marks.alerts.market)
    if quote in ("KRW", ""):
        return state.words["chart.won"].format(amount=format_won(amount, signed=True))
    sign = "+" if amount > 0 else "-" if amount < 0 else ""
    return f"{sign}{format_amount(abs(amount), quote)} {quote}"


def _exact(amount: Decimal) -> str:
    """All decimals there are, and no others."""
    return f"{amount.normalize():,f}"


# -- places ------------------------------------------------------------------------------------


def _tag_places(
    state: ChartState, scene: Scene, last: PriceTag, row: int, wanted: Sequence[float]
) -> list[int | None]:
    """The middles of tags on the axis, beside each other and beside that of the last price."""
    ratio, bottom = scene.layout.ratio, scene.layout.price_bottom
    height = state.text.height
    over = max(0.0, last.y - (height / 2 + 2) * ratio)
    under = min(over + ((1 + bool(last.countdown)) * height + 4) * ratio, float(bottom))
    above = [(y < last.y and over >= row) or bottom - under < row for y in wanted]
    upper = iter(_fitted([y for y, up in zip(wanted, above, strict=True) if up], row, 0, over))
    lower = iter(
        _fitted(
            [y for y, up in zip(wanted, above, strict=True) if not up],
            row,
            under,
            bottom,
            from_top=True,
        )
    )
    return [next(upper if up else lower) for up in above]


def _fitted(
    wanted: Sequence[float], row: int, top: float, bottom: float, *, from_top: bool = False
) -> list[int | None]:
    """The middles of labels between ``top`` and ``bottom``, None for those without room.

    Room have the lower ones, or from the top the upper ones.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    room = max(0, int((bottom - top) / row))
    kept = order[:room] if from_top else order[max(0, len(order) - room) :]
    found: list[int | None] = [None] * len(wanted)
    places = apart([wanted[index] for index in kept], row, top + row / 2, bottom - row / 2)
    for index, place in zip(kept, places, strict=True):
        found[index] = round(place)
    return found
