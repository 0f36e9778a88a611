"""Drawing on a ChartWidget with the mouse and the keys, and what is seen of it. Qt."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, candle, trade, wave
from tests.chart_on_screen import settle, surface
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import drawing_menu
from upbit_ws_qt_widgets.models.drawings.kinds import Anchor, Kind
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Seen:
    """What a chart reported."""

    def __init__(self, chart: ChartWidget) -> None:
        self.errors: list[str] = []
        self.tools: list[str] = []
        self.changes: list[str] = []
        chart.errorOccurred.connect(self.errors.append)
        chart.drawingToolChanged.connect(self.tools.append)
        chart.drawingsChanged.connect(self.changes.append)


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart on screen with 500 bars of KRW-BTC, 800 × 500, light and English."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    widget.setCandles(wave(500))
    settle(widget)
    return widget


@pytest.fixture
def seen(chart: ChartWidget) -> Seen:
    return Seen(chart)


def pixels(chart: ChartWidget) -> Pixels:
    """What is on the surface, as 0xffRRGGBB, by row and column."""
    image = surface(chart).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def count(found: Pixels, colour: QColor) -> int:
    return int((found == colour.rgb()).sum())


def like(found: Pixels, colour: QColor) -> npt.NDArray[np.bool_]:
    """Which pixels nearly have this colour: slanted lines and letters are smoothed."""
    shifts = np.array([16, 8, 0], np.uint32)
    channels = (found[..., np.newaxis] >> shifts & 0xFF).astype(int)
    wanted = colour.red(), colour.green(), colour.blue()
    return np.asarray(np.abs(channels - wanted).max(axis=-1) < 80)


def at(index: int, price: float) -> Anchor:
    return Anchor(START + index * MINUTE, price)


def spot(chart: ChartWidget, anchor: Anchor) -> QPoint:
    """Where an anchor is on the surface."""
    canvas = surface(chart).drawings.canvas()
    assert canvas is not None
    x, y = canvas.frame.point(anchor)
    ratio = canvas.frame.layout.ratio
    return QPoint(round(x / ratio), round(y / ratio))


def around(chart: ChartWidget, found: Pixels, place: QPoint, reach: int) -> Pixels:
    """The pixels no farther than so many px from a place on the surface."""
    ratio = surface(chart).devicePixelRatioF()
    x, y, reach = round(place.x() * ratio), round(place.y() * ratio), round(reach * ratio)
    return found[y - reach : y + reach + 1, x - reach : x + reach + 1]


def point(chart: ChartWidget, place: QPoint) -> None:
    """Move the pointer; a move to where it is already would make no event."""
    QTest.mouseMove(surface(chart), place + QPoint(1, 1))
    QTest.mouseMove(surface(chart), place)


def click(chart: ChartWidget, anchor: Anchor, modifiers: Qt.KeyboardModifier = NONE) -> None:
    place = spot(chart, anchor)
    point(chart, place)
    # Two clicks at two places are no double click, however fast they come.
    QTest.mousePress(surface(chart), LEFT, modifiers, place)
    QTest.mouseRelease(surface(chart), LEFT, modifiers, place)


def drag(chart: ChartWidget, start: Anchor, *anchors: Anchor) -> None:
    target = surface(chart)
    point(chart, spot(chart, start))
    QTest.mousePress(target, LEFT, pos=spot(chart, start))
    for anchor in anchors:
        QTest.mouseMove(target, spot(chart, anchor))
    QTest.mouseRelease(target, LEFT, pos=spot(chart, anchors[-1]))


def key(chart: ChartWidget, code: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(surface(chart), code, modifiers)


def row(kind: str, *anchors: Anchor, **more: Any) -> dict[str, Any]:
    pairs = [[anchor.time, anchor.price] for anchor in anchors]
    return {"version": 1, "kind": kind, "anchors": pairs, "locked": False, **more}


def only(chart: ChartWidget) -> dict[str, Any]:
    [drawing] = chart.drawings()
    return drawing


A, B, C = at(430, 95_000.0), at(450, 104_000.0), at(440, 103_000.0)


# -- making ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEXT])
def test_every_tool_draws_by_clicks(chart: ChartWidget, seen: Seen, kind: Kind) -> None:
    anchors = (A, B, C)[: kind.anchor_count]
    view = chart._chart.view
    chart.setDrawingTool(kind)
    for anchor in anchors:
        click(chart, anchor)
    drawing = only(chart)
    assert drawing["kind"] == kind
    for (time, price), anchor in zip(drawing["anchors"], anchors, strict=True):
        assert time == anchor.time
        assert price == pytest.approx(anchor.price, abs=100), "within a pixel"
    assert (seen.tools, seen.changes, seen.errors) == ([kind, ""], ["KRW-BTC"], [])
    assert chart.selectedDrawing() == 0
    assert chart._chart.view == view, "the chart did not move"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", Kind)
def test_every_drawing_is_seen_where_it_is_and_nowhere_else(
    chart: ChartWidget, theme: str, kind: Kind
) -> None:
    chart.setTheme(theme)
    before = pixels(chart)
    more = {"text": "a note in several words"} if kind is Kind.TEXT else {}
    chart.setDrawings([row(kind, *(A, B, C)[: kind.anchor_count], **more)])
    after = pixels(chart)
    canvas = surface(chart).drawings.canvas()
    assert canvas is not None
    [figure] = surface(chart).drawings.editor.sketch(canvas).figures
    near = np.zeros(before.shape, bool)
    for line in figure.lines:
        for share in np.linspace(0, 1, 2000):
            x = line.start[0] + share * (line.end[0] - line.start[0])
            y = line.start[1] + share * (line.end[1] - line.start[1])
            near[max(0, int(y) - 2) : int(y) + 3, max(0, int(x) - 2) : int(x) + 3] = True
    on_lines = near.copy()
    for label in figure.labels:
        bottom, right = int(label.y + label.height) + 2, int(label.x + label.width) + 2
        near[max(0, int(label.y) - 1) : bottom, max(0, int(label.x) - 1) : right] = True
    for area in figure.areas:
        xs, ys = [corner[0] for corner in area], [corner[1] for corner in area]
        near[int(min(ys)) - 1 : int(max(ys)) + 2, int(min(xs)) - 1 : int(max(xs)) + 2] = True
    changed = before != after
    assert not (changed & ~near).any()
    assert changed.sum() > 50
    role = Theme.named(theme).rise if kind is Kind.MEASURE else Theme.named(theme).accent
    drawn = like(after, role) & changed
    assert drawn.sum() > 50
    if figure.lines:
        assert (drawn & on_lines).sum() > 50


def test_a_drag_draws_and_is_seen_on_the_way(chart: ChartWidget) -> None:
    before = pixels(chart)
    chart.setDrawingTool("rectangle")
    target = surface(chart)
    point(chart, spot(chart, A))
    QTest.mousePress(target, LEFT, pos=spot(chart, A))
    QTest.mouseMove(target, spot(chart, C))
    halfway = pixels(chart)
    accent = Theme.named("light").accent
    assert count(halfway, accent) > count(before, accent) + 50
    assert chart.drawings() == []
    QTest.mouseMove(target, spot(chart, B))
    QTest.mouseRelease(target, LEFT, pos=spot(chart, B))
    assert [pair[0] for pair in only(chart)["anchors"]] == [A.time, B.time]
    assert (pixels(chart) != halfway).any()


def test_the_line_follows_the_pointer_between_two_clicks(chart: ChartWidget) -> None:
    chart.setDrawingTool("trend")
    click(chart, A)
    point(chart, spot(chart, B))
    one = pixels(chart)
    point(chart, spot(chart, C))
    accent = Theme.named("light").accent.rgb()
    assert ((one == accent) != (pixels(chart) == accent)).any()
    key(chart, Qt.Key.Key_Escape)
    assert (chart.drawings(), chart.drawingTool()) == ([], "")
    assert count(pixels(chart), Theme.named("light").accent) == 0


def test_a_double_click_in_place_makes_no_line_without_length(chart: ChartWidget) -> None:
    chart.setDrawingTool("trend")
    place = spot(chart, A)
    QTest.mouseClick(surface(chart), LEFT, pos=place)
    QTest.mouseDClick(surface(chart), LEFT, pos=place)
    assert chart.drawings() == []
    click(chart, B)
    assert only(chart)["kind"] == "trend"


def test_on_the_axes_and_below_the_prices_the_chart_works_as_ever(chart: ChartWidget) -> None:
    chart.setDrawingTool("trend")
    layout = chart._chart.layout
    target = surface(chart)
    for start, end in (
        (QPoint(layout.plot_width + 20, 150), QPoint(layout.plot_width + 20, 200)),
        (QPoint(300, layout.price_bottom + 20), QPoint(340, layout.price_bottom + 20)),
    ):
        before = chart._chart.scale, chart._chart.view
        QTest.mousePress(target, LEFT, pos=start)
        QTest.mouseMove(target, end)
        QTest.mouseRelease(target, LEFT, pos=end)
        assert (chart._chart.scale, chart._chart.view) != before
    assert (chart.drawings(), chart.drawingTool()) == ([], "trend")


def test_the_magnet_snaps_and_ctrl_turns_it_round(chart: ChartWidget) -> None:
    number = 430
    high = float(wave(500)["high"][number])
    canvas = surface(chart).drawings.canvas()
    assert canvas is not None
    beside = canvas.frame.price(canvas.frame.y(high) - 8)
    chart.setDrawingMagnet(True)
    assert chart.isDrawingMagnet()
    prices = []
    for modifiers in (NONE, CTRL):
        chart.setDrawingTool("horizontal")
        click(chart, at(number, beside), modifiers)
        prices.append(chart.drawings()[-1]["anchors"][0][1])
    assert prices[0] == high
    assert prices[1] == pytest.approx(beside, abs=100)


# -- choosing, moving, changing --------------------------------------------------------------------


def test_a_click_shows_the_handles_and_one_beside_hides_them(chart: ChartWidget) -> None:
    chart.setDrawings([row("trend", A, B)])
    plain = pixels(chart)
    click(chart, at(440, 99_500.0))
    assert chart.selectedDrawing() == 0
    point(chart, QPoint(5, 200))
    place = spot(chart, A)
    assert (around(chart, pixels(chart), place, 5) != around(chart, plain, place, 5)).any()
    click(chart, at(430, 99_500.0))
    assert chart.selectedDrawing() == -1


def test_a_drag_moves_the_drawing_and_not_the_chart(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawings([row("trend", A, B)])
    seen.changes.clear()
    view = chart._chart.view
    drag(chart, at(440, 99_500.0), at(441, 99_000.0), at(445, 98_000.0))
    moved = only(chart)["anchors"]
    assert [pair[0] for pair in moved] == [at(435, 0).time, at(455, 0).time]
    assert moved[0][1] == pytest.approx(93_500.0, abs=150)
    assert chart._chart.view == view
    assert seen.changes == ["KRW-BTC"], "one change, however long the drag"
    drag(chart, at(410, 99_000.0), at(415, 99_000.0))
    assert chart._chart.view != view, "beside it the chart moves"


def test_a_drag_of_a_handle_moves_one_anchor(chart: ChartWidget) -> None:
    chart.setDrawings([row("trend", A, B)])
    drag(chart, B, at(452, 104_000.0), at(460, 100_000.0))
    assert only(chart)["anchors"][0] == list(A)
    assert only(chart)["anchors"][1][0] == at(460, 0).time
    assert only(chart)["anchors"][1][1] == pytest.approx(100_000.0, abs=100)


def test_new_bars_do_not_disturb_a_drag(chart: ChartWidget) -> None:
    chart.setDrawings([row("horizontal", A)])
    start = spot(chart, at(450, A.price))
    target = surface(chart)
    point(chart, start)
    QTest.mousePress(target, LEFT, pos=start)
    before = chart._chart.view
    chart.upsertCandle(candle(500, 91_000.0))
    chart.upsertCandle(candle(501, 91_000.0))
    assert chart._chart.view == before
    QTest.mouseMove(target, start + QPoint(0, -30))
    QTest.mouseRelease(target, LEFT, pos=start + QPoint(0, -30))
    assert only(chart)["anchors"][0][0] == A.time
    assert only(chart)["anchors"][0][1] > A.price
    assert chart.isFollowing()
    assert chart._chart.view.right == before.right + 2


def test_keys_move_and_delete_the_chosen_one(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawings([row("trend", A, B)])
    view = chart._chart.view
    click(chart, at(440, 99_500.0))
    key(chart, Qt.Key.Key_Right)
    key(chart, Qt.Key.Key_Up)
    # A tick of KRW-BTC at this price.
    tick = chart._chart.tick_size(95_000.0)
    assert only(chart)["anchors"][0] == [A.time + MINUTE, A.price + tick]
    key(chart, Qt.Key.Key_Left, SHIFT)
    key(chart, Qt.Key.Key_Down)
    assert only(chart)["anchors"][0] == [A.time - 9 * MINUTE, A.price]
    assert chart._chart.view == view
    key(chart, Qt.Key.Key_Delete)
    assert chart.drawings() == []
    key(chart, Qt.Key.Key_Left)
    assert chart._chart.view != view, "with nothing chosen the arrows move the chart"
    assert seen.errors == []


def test_undo_and_redo_by_the_habits_of_all_systems(chart: ChartWidget) -> None:
    chart.setDrawingTool("horizontal")
    click(chart, A)
    made = chart.drawings()
    key(chart, Qt.Key.Key_Z, CTRL)
    assert chart.drawings() == []
    key(chart, Qt.Key.Key_Z, CTRL | SHIFT)
    assert chart.drawings() == made
    key(chart, Qt.Key.Key_Z, CTRL)
    key(chart, Qt.Key.Key_Y, CTRL)
    assert chart.drawings() == made
    chart.undoDrawing()
    assert (chart.canUndoDrawing(), chart.canRedoDrawing()) == (False, True)
    chart.redoDrawing()
    assert (chart.canUndoDrawing(), chart.canRedoDrawing()) == (True, False)
    before = pixels(chart)
    key(chart, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.AltModifier)
    assert chart.drawings() == made
    assert (pixels(chart) == before).all()


def test_a_locked_one_stays_where_it_is(chart: ChartWidget) -> None:
    chart.setDrawings([row("horizontal", A)])
    click(chart, at(445, A.price))
    ring = pixels(chart)
    chart.lockDrawing(True)  # noqa: FBT003 - Qt
    assert only(chart)["locked"] is True
    assert (pixels(chart) != ring).any(), "its handles look different"
    view = chart._chart.view
    drag(chart, at(445, A.price), at(450, 100_000.0))
    key(chart, Qt.Key.Key_Delete)
    chart.clearDrawings()
    assert only(chart)["anchors"] == [list(A)]
    assert chart._chart.view != view, "the chart moves instead"
    click(chart, at(445, A.price))
    chart.lockDrawing(False)  # noqa: FBT003 - Qt
    chart.deleteDrawing()
    assert chart.drawings() == []


def test_clear_can_be_undone(chart: ChartWidget) -> None:
    rows = [row("trend", A, B), row("horizontal", C)]
    chart.setDrawings(rows)
    assert not chart.canUndoDrawing()
    chart.clearDrawings()
    assert chart.drawings() == []
    chart.undoDrawing()
    assert chart.drawings() == rows


def test_hiding_the_chart_lets_go(chart: ChartWidget) -> None:
    chart.setDrawings([row("trend", A, B)])
    QTest.mousePress(surface(chart), LEFT, pos=spot(chart, A))
    QTest.mouseMove(surface(chart), spot(chart, C))
    chart.hide()
    assert not surface(chart).drawings.is_held
    assert not chart._chart.is_held
    assert only(chart) == row("trend", A, B)


def test_bars_that_go_away_under_the_hand_end_the_drag(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawings([row("trend", A, B)])
    QTest.mousePress(surface(chart), LEFT, pos=spot(chart, A))
    QTest.mouseMove(surface(chart), spot(chart, C))
    chart.setCandles([])
    QTest.mouseRelease(surface(chart), LEFT, pos=QPoint(300, 200))
    assert not chart._chart.is_held
    assert only(chart) == row("trend", A, B)
    QTest.mouseClick(surface(chart), LEFT, pos=QPoint(300, 200))
    assert seen.errors == []


def test_the_pointer_shows_what_can_be_taken(chart: ChartWidget) -> None:
    chart.setDrawings([row("horizontal", A)])
    point(chart, spot(chart, at(450, A.price)))
    assert surface(chart).cursor().shape() is Qt.CursorShape.PointingHandCursor
    point(chart, spot(chart, at(450, A.price + 3_000)))
    assert surface(chart).cursor().shape() is Qt.CursorShape.CrossCursor


# -- notes -----------------------------------------------------------------------------------------


def paper(chart: ChartWidget) -> QLineEdit:
    found = surface(chart).findChild(QLineEdit)
    assert found is not None
    return found


def test_a_note_is_written_on_the_chart(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawingTool("text")
    click(chart, C)
    assert paper(chart).isVisible()
    assert paper(chart).placeholderText() == "Write the text, then press Enter"
    QTest.keyClicks(paper(chart), "support")
    QTest.keyClick(paper(chart), Qt.Key.Key_Return)
    assert not paper(chart).isVisible()
    assert only(chart)["text"] == "support"
    assert surface(chart).hasFocus() or not chart.isActiveWindow()
    place = spot(chart, C)
    QTest.mouseDClick(surface(chart), LEFT, pos=place + QPoint(10, 5))
    assert paper(chart).text() == "support"
    QTest.keyClicks(paper(chart), "resistance")
    QTest.keyClick(paper(chart), Qt.Key.Key_Enter)
    assert only(chart)["text"] == "resistance"
    assert seen.changes == ["KRW-BTC", "KRW-BTC"]


def test_escape_leaves_a_note_unwritten(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawingTool("text")
    click(chart, C)
    QTest.keyClicks(paper(chart), "never mind")
    QTest.keyClick(paper(chart), Qt.Key.Key_Escape)
    assert not paper(chart).isVisible()
    assert (chart.drawings(), seen.changes) == ([], [])


def test_another_market_puts_the_paper_away(chart: ChartWidget) -> None:
    chart.setDrawingTool("text")
    click(chart, C)
    QTest.keyClicks(paper(chart), "half a")
    chart.setMarket("KRW-ETH")
    assert not paper(chart).isVisible()
    assert chart.drawings() == []


# -- markets, units, state -------------------------------------------------------------------------


def test_each_market_has_its_drawings(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawings([row("trend", A, B)])
    chart.setMarket("KRW-ETH")
    assert chart.drawings() == []
    chart.setCandles([candle(index, 100.0, market="KRW-ETH") for index in range(50)])
    settle(chart)
    chart.setDrawingTool("horizontal")
    click(chart, at(45, 100.0))
    assert len(chart.drawings()) == 1
    chart.setMarket("KRW-BTC")
    assert chart.drawings() == [row("trend", A, B)]
    assert seen.changes == ["KRW-BTC", "KRW-ETH"], "going to another market changes none"
    chart.undoDrawing()
    assert chart.drawings() == [row("trend", A, B)]


def test_another_unit_keeps_drawings_at_their_times(chart: ChartWidget) -> None:
    chart.setDrawings([row("vertical", at(457, 100_000.0))])
    chart.setTimeframe("5m")
    chart.setCandles(wave(100, step=5 * MINUTE))
    settle(chart)
    assert chart.drawings() == [row("vertical", at(457, 100_000.0))]
    left, right = spot(chart, at(455, 100_000.0)), spot(chart, at(460, 100_000.0))
    place = spot(chart, at(457, 100_000.0))
    assert left.x() < place.x() < right.x()
    assert count(around(chart, pixels(chart), place, 20), Theme.named("light").accent) > 40


def test_state_keeps_the_drawings_of_all_markets(chart: ChartWidget, qtbot: QtBot) -> None:
    foreign = {"version": 7, "kind": "elliott", "waves": [1, 2, 3]}
    chart.setDrawings([row("trend", A, B), foreign])
    chart.setMarket("KRW-ETH")
    chart.setDrawings([row("text", at(3, 1.0), text="메모")])
    saved = json.loads(json.dumps(chart.saveState()))
    other = ChartWidget()
    qtbot.addWidget(other)
    other.restoreState(saved)
    assert other.drawings() == [row("text", at(3, 1.0), text="메모")]
    other.setMarket("KRW-BTC")
    assert other.drawings() == [row("trend", A, B), foreign]
    assert other.errorText() == ""


def test_a_state_from_before_there_were_drawings_leaves_them_alone(chart: ChartWidget) -> None:
    chart.setDrawings([row("trend", A, B)])
    state = chart.saveState()
    del state["drawings"]
    chart.restoreState(state)
    assert chart.drawings() == [row("trend", A, B)]
    assert chart.errorText() == ""


@pytest.mark.parametrize(
    ("drawings", "message"),
    [
        ([], "drawings must be lists by their market"),
        ({"KRW-BTC": [{"kind": "trend"}]}, "KRW-BTC: drawing 1: version must be"),
        ({"btc": []}, "btc"),
    ],
)
def test_a_wrong_state_changes_nothing(
    chart: ChartWidget, seen: Seen, drawings: object, message: str
) -> None:
    chart.setDrawings([row("trend", A, B)])
    chart.restoreState({**chart.saveState(), "timeframe": "5m", "drawings": drawings})
    [error] = seen.errors
    assert message in error
    assert chart.drawings() == [row("trend", A, B)]
    assert chart.timeframe() == "1m"


def test_wrong_calls_are_reported(chart: ChartWidget, seen: Seen) -> None:
    chart.setDrawings([row("trend", A, B)])
    chart.setDrawingTool("pencil")
    chart.setDrawings([{"version": 1, "kind": "ray", "anchors": [], "locked": False}])
    assert "no drawing tool is called 'pencil'; use one of trend, ray" in seen.errors[0]
    assert "drawing 1: a ray has 2 anchors" in seen.errors[1]
    assert chart.drawings() == [row("trend", A, B)]


def test_candles_without_a_market_can_be_drawn_on(qtbot: QtBot) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    chart.setCandles(wave(10))
    chart.setDrawings([row("horizontal", A)])
    assert len(chart.drawings()) == 1
    assert list(chart.saveState()["drawings"]) == [""]
    chart.restoreState({**chart.saveState(), "drawings": {"": []}})
    assert chart.drawings() == []
    assert chart.errorText() == ""


def test_the_page_on_the_chart_says_how_drawings_look_as_json(chart: ChartWidget) -> None:
    page = Path(__file__).parents[2] / "docs/widgets/chart.md"
    [example] = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    rows = json.loads(example)
    chart.setDrawings(rows)
    assert chart.errorText() == ""
    assert chart.drawings() == rows
    assert [drawing["kind"] for drawing in rows] == ["trend", "text"]


# -- painting --------------------------------------------------------------------------------------


def test_a_tick_and_the_pointer_paint_no_drawing_again(chart: ChartWidget) -> None:
    chart.setDrawings([row("trend", A, B), row("fibonacci", A, C)])
    settle(chart)
    layer = surface(chart).drawings._layer
    drawn = layer._drawn
    assert drawn is not None
    chart.applyTrade(trade(int(chart._chart.bars.times[-1]) + 10, 91_000.0, number=1))
    settle(chart)
    point(chart, QPoint(100, 300))
    settle(chart)
    assert layer._drawn is drawn
    key(chart, Qt.Key.Key_Left)
    settle(chart)
    assert layer._drawn is not drawn
    chart.setDrawings([])
    settle(chart)
    assert layer._drawn is None


def test_the_newest_bar_lies_below_the_drawings(chart: ChartWidget) -> None:
    last = chart._chart.bars.bar(499)
    middle = (last.open + last.close) / 2
    before = pixels(chart)
    chart.setDrawings([row("horizontal", at(400, middle))])
    place = spot(chart, at(499, middle))
    accent = Theme.named("light").accent
    assert count(around(chart, before, place, 2), accent) == 0
    assert count(around(chart, pixels(chart), place, 2), accent) > 0


@pytest.mark.parametrize("scale", ["1.25", "2"])
def test_all_of_this_holds_on_finer_screens(scale: str) -> None:
    """The scale of the screen is chosen when the application begins: in a process of its own."""
    root = Path(__file__).parents[2]
    tests = "every_tool or every_drawing or drag or handles or newest_bar or magnet"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", tests],
        cwd=root,
        env={**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


# -- the menu --------------------------------------------------------------------------------------


def actions(menu: QMenu) -> dict[str, Any]:
    menu.aboutToShow.emit()
    return {action.objectName(): action for action in menu.actions() if not action.isSeparator()}


def test_the_menu_reaches_everything(chart: ChartWidget, seen: Seen) -> None:
    menu = drawing_menu(chart)
    found = actions(menu)
    assert set(found) == {"none", *Kind, "magnet", "lock", "delete", "clear", "undo", "redo"}
    assert found["none"].isChecked()
    assert not any(found[name].isEnabled() for name in ("lock", "delete", "clear", "undo", "redo"))
    found["horizontal"].trigger()
    assert chart.drawingTool() == "horizontal"
    assert actions(menu)["horizontal"].isChecked()
    found["none"].trigger()
    assert chart.drawingTool() == ""
    found["magnet"].trigger()
    assert chart.isDrawingMagnet()
    found["trend"].trigger()
    click(chart, A)
    click(chart, B)
    actions(menu)["lock"].trigger()
    assert only(chart)["locked"]
    assert not actions(menu)["delete"].isEnabled()
    assert actions(menu)["lock"].isChecked()
    assert not found["clear"].isEnabled(), "the only one is locked"
    found["lock"].trigger()
    actions(menu)["delete"].trigger()
    assert chart.drawings() == []
    actions(menu)["undo"].trigger()
    assert len(chart.drawings()) == 1
    actions(menu)["redo"].trigger()
    assert chart.drawings() == []
    found["undo"].trigger()
    actions(menu)["clear"].trigger()
    assert chart.drawings() == []
    assert seen.errors == []
    menu.deleteLater()


def test_the_menu_speaks_both_languages(chart: ChartWidget) -> None:
    menu = drawing_menu(chart)
    english = {name: action.text() for name, action in actions(menu).items()}
    assert menu.title() == "Drawings"
    assert english["trend"] == "Trend line"
    assert english["undo"].startswith("Undo\t"), "with its key"
    chart.setLanguage("ko")
    korean = {name: action.text() for name, action in actions(menu).items()}
    assert menu.title() == "그리기"
    assert korean["fibonacci"] == "피보나치 되돌림"
    assert all(korean[name] != english[name] for name in english)
    menu.deleteLater()


def test_a_chart_with_drawings_and_a_menu_goes_without_the_collector(qtbot: QtBot) -> None:
    gone: list[weakref.ref[Any]] = []
    gc.collect()
    gc.disable()
    try:
        for round_ in range(30):
            chart = ChartWidget()
            chart.resize(400, 300)
            chart.setCandles(wave(500))
            chart.setDrawings([row("trend", A, B)])
            menu = drawing_menu(chart)
            actions(menu)["text"].trigger()
            chart.show()
            settle(chart)
            click(chart, C)
            QTest.keyClicks(paper(chart), "note")
            hand = surface(chart).drawings
            gone += [weakref.ref(part) for part in (chart, menu, hand, hand.editor)]
            chart.close()
            if round_ % 2:
                chart.deleteLater()
            del chart, menu, hand
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert [ref() for ref in gone if ref() is not None] == []
    finally:
        gc.enable()
