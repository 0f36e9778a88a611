"""Kinds of bars, panes and areas of ChartWidget with real mouse and keys, and their pixels. Qt."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QAction, QColor, QContextMenuEvent, QImage, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.chart_bars import trade, wave
from tests.chart_on_screen import settle, surface
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import chart_menu
from upbit_ws_qt_widgets.models.bars import CLOSE
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind
from upbit_ws_qt_widgets.models.chart_layout import ChartLayout, PaneBox
from upbit_ws_qt_widgets.models.indicators import INDICATORS
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]
LIGHT = Theme.named("light")
THREE = [{"key": "rsi"}, {"key": "macd"}, {"key": "stochastic"}]


@pytest.fixture
def full(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart of 500 bars on screen, 900 × 800, light and English, without indicators."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(900, 800)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    widget.setCandles(wave(500))
    widget.setAverages(())
    settle(widget)
    return widget


def layout(chart: ChartWidget) -> ChartLayout:
    settle(chart)
    return chart._chart.layout


def pixels(chart: ChartWidget) -> Pixels:
    """What is on screen, as 0xffRRGGBB, by row and column."""
    image = surface(chart).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def count(found: Pixels, colour: QColor) -> int:
    return int((found == colour.rgb()).sum())


def inside(found: Pixels, chart: ChartWidget, pane: PaneBox) -> Pixels:
    """The pixels of a pane, below its legend."""
    return found[pane.top + 30 : pane.bottom, : layout(chart).plot_width]


def point(chart: ChartWidget, place: QPoint) -> None:
    """Move the pointer; a move to where it is already would make no event."""
    QTest.mouseMove(surface(chart), place + QPoint(1, 1))
    QTest.mouseMove(surface(chart), place)
    settle(chart)


def drag(chart: ChartWidget, start: QPoint, *places: QPoint) -> None:
    point(chart, start)
    QTest.mousePress(surface(chart), Qt.MouseButton.LeftButton, pos=start)
    for place in places:
        QTest.mouseMove(surface(chart), place)
        settle(chart)
    QTest.mouseRelease(surface(chart), Qt.MouseButton.LeftButton, pos=places[-1])
    settle(chart)


def tops(chart: ChartWidget) -> list[int]:
    return [pane.top for pane in layout(chart).panes]


# -- kinds -----------------------------------------------------------------------------------------


def test_every_kind_is_another_picture(full: ChartWidget, qtbot: QtBot) -> None:
    told: list[str] = []
    full.kindChanged.connect(told.append)
    pictures = {full.kind(): pixels(full).tobytes()}
    kinds = [kind.value for kind in ChartKind if kind is not ChartKind.SOLID] + ["solid"]
    for kind in kinds:
        full.setKind(kind)
        assert full.kind() == kind
        pictures[kind] = pixels(full).tobytes()
    assert told == kinds
    assert len(set(pictures.values())) == len(ChartKind)
    assert full.errorText() == ""


def test_hollow_candles_have_less_colour_and_the_ground_inside(full: ChartWidget) -> None:
    full._chart.set_spacing(30.0)
    # Where prices rise and then fall.
    full._chart.pan(1100)
    solid = pixels(full)
    full.setKind("hollow")
    hollow = pixels(full)
    price = layout(full).price_bottom
    assert count(hollow[:price], LIGHT.rise) < count(solid[:price], LIGHT.rise) / 2
    assert count(hollow[:price], LIGHT.background) > count(solid[:price], LIGHT.background)
    assert count(hollow[:price], LIGHT.fall) == count(solid[:price], LIGHT.fall)


def test_a_line_has_no_candle_and_an_area_is_translucent_below_it(full: ChartWidget) -> None:
    place = slice(60, layout(full).price_bottom), slice(0, layout(full).plot_width - 60)
    full.setKind("line")
    line = pixels(full)[place]
    # Lines are smoothed, so only some of their pixels have the very colour.
    assert count(line, LIGHT.accent) > 3
    assert count(line, LIGHT.rise) + count(line, LIGHT.fall) < 1000, "but for the last price"
    full.setKind("area")
    area = pixels(full)[place]
    changed = area[line != area]
    assert len(changed) > 5000
    assert count(area, LIGHT.background) < count(line, LIGHT.background) / 1.2
    assert (line[:20] == area[:20]).all(), "nothing above the line"


@pytest.mark.parametrize("kind", list(ChartKind))
def test_of_every_kind_a_tick_changes_pixels_but_not_the_backdrop(
    full: ChartWidget, kind: str
) -> None:
    full.setKind(kind)
    before, backdrop = pixels(full), surface(full)._drawn
    bars = full._chart.bars
    price = float(bars.figures[CLOSE, -1]) + 300
    full.applyTrade(trade(int(bars.times[-1]) + 10, price, number=1))
    assert (pixels(full) != before).any()
    assert surface(full)._drawn is backdrop


def test_colours_follow_the_rule(full: ChartWidget) -> None:
    candles = wave(500)
    candles["open"] = candles["close"] + 100
    candles["high"] += 200
    full.setCandles(candles)
    assert full.colorRule() == "open"
    by_open = pixels(full)[60 : layout(full).price_bottom]
    full.setColorRule("previous")
    by_close = pixels(full)[60 : layout(full).price_bottom]
    assert full.colorRule() == "previous"
    assert count(by_open[:, :700], LIGHT.rise) < 20, "each closes below its open"
    assert count(by_close[:, :700], LIGHT.rise) > 500


@pytest.mark.parametrize(
    ("slot", "given", "message"),
    [
        ("setKind", "candle", "one of solid, hollow, down_hollow, outline"),
        ("setKind", None, "got None"),
        ("setColorRule", "close", "one of open, previous"),
        ("closePane", 7, "there are 1 panes"),
        ("closePane", -1, "there are 1 panes"),
    ],
)
def test_what_is_no_choice_is_reported_and_changes_nothing(
    full: ChartWidget, slot: str, given: Any, message: str
) -> None:
    before = full.saveState()
    getattr(full, slot)(given)
    assert message in full.errorText()
    assert full.saveState() == before


# -- areas -----------------------------------------------------------------------------------------


def test_bands_are_filled_and_clipped_to_the_price_pane(full: ChartWidget) -> None:
    full.setIndicators([{"key": "bollinger"}])
    full._chart.stretch_prices(0.2)
    settle(full)
    found = pixels(full)
    bottom = layout(full).price_bottom
    tint = QColor.fromRgbF(
        *(
            0.9 * ground + 0.1 * colour
            for ground, colour in zip(
                LIGHT.background.getRgbF()[:3], LIGHT.average_2.getRgbF()[:3], strict=True
            )
        )
    )
    band = np.abs(_channels(found) - np.array(tint.getRgb()[:3])).max(axis=-1) <= 1
    assert band[:bottom].sum() > 5000
    assert band[bottom + 1 :].sum() == 0, "the prices reach below their pane, the band does not"
    assert band[:, layout(full).plot_width + 1 :].sum() == 0


def test_a_cloud_has_two_colours(full: ChartWidget) -> None:
    full.setIndicators([{"key": "ichimoku"}])
    full._chart.set_spacing(4.0)
    without = pixels(full)[:, : layout(full).plot_width]
    tints = {
        role: _channels(np.array([getattr(LIGHT, role).rgb()], np.uint32))[0] * 0.1
        + _channels(np.array([LIGHT.background.rgb()], np.uint32))[0] * 0.9
        for role in ("rise", "fall")
    }
    for tint in tints.values():
        assert (np.abs(_channels(without) - tint).max(axis=-1) <= 1).sum() > 300


def _channels(found: Pixels) -> npt.NDArray[np.int64]:
    parts = [(found >> shift) & 0xFF for shift in (16, 8, 0)]
    return np.stack(parts, axis=-1).astype(np.int64)


# -- panes -----------------------------------------------------------------------------------------


def test_indicators_open_panes_below_the_volume(full: ChartWidget) -> None:
    told: list[bool] = []
    full.panesChanged.connect(lambda: told.append(True))
    full.setIndicators(THREE)
    assert full.panes() == ("volume", "RSI14", "MACD 12 26 9", "Stoch 14 3 3")
    boxes = layout(full).panes
    assert len(boxes) == 4
    found = pixels(full)
    assert count(inside(found, full, boxes[0]), LIGHT.volume_rise) > 500
    for pane in boxes[1:]:
        # Lines are smoothed, so hardly any of their pixels has the very colour.
        drawn = inside(found, full, pane)
        assert drawn.size - count(drawn, LIGHT.background) - count(drawn, LIGHT.grid) > 500
    histogram = inside(found, full, boxes[2])
    assert min(count(histogram, LIGHT.rise), count(histogram, LIGHT.fall)) > 50
    assert told == [True]
    full.setIndicators(THREE)
    assert told == [True], "the same panes again are no change"
    full.setIndicators([])
    assert full.panes() == ("volume",)


def test_the_edge_between_two_panes_is_dragged_with_the_mouse(full: ChartWidget) -> None:
    full.setIndicators(THREE)
    before = tops(full)
    told: list[bool] = []
    full.panesChanged.connect(lambda: told.append(True))
    edge = QPoint(300, before[2])
    point(full, edge)
    assert surface(full).cursor().shape() == Qt.CursorShape.SplitVCursor
    row = pixels(full)[before[2]]
    assert count(row, LIGHT.accent) > 500, "it is marked"
    drag(full, edge, edge - QPoint(0, 10), edge - QPoint(0, 25))
    assert tops(full) == [before[0], before[1], before[2] - 25, before[3]]
    assert told
    drag(full, QPoint(300, before[0]), QPoint(300, before[0] - 40))
    assert tops(full)[0] == before[0] - 40
    QTest.mouseDClick(surface(full), Qt.MouseButton.LeftButton, pos=QPoint(300, before[0] - 40))
    QTest.mouseRelease(surface(full), Qt.MouseButton.LeftButton, pos=QPoint(300, before[0] - 40))
    assert tops(full) == before


def test_heights_stay_shares_when_the_chart_grows(full: ChartWidget) -> None:
    full.setIndicators([{"key": "rsi"}])
    drag(full, QPoint(300, tops(full)[1]), QPoint(300, tops(full)[1] - 30))
    before = layout(full)
    shares = [(one.bottom - one.top) / before.plot_bottom for one in before.panes]
    full.resize(900, 1200)
    after = layout(full)
    grown = [(one.bottom - one.top) / after.plot_bottom for one in after.panes]
    np.testing.assert_allclose(grown, shares, atol=0.002)


def test_the_button_in_a_pane_closes_it(full: ChartWidget) -> None:
    full.setIndicators(THREE)
    x, y, width, height = layout(full).close_box(1)
    place = QPoint(round(x + width / 2), round(y + height / 2))
    box = slice(round(y), round(y + height)), slice(round(x), round(x + width))
    point(full, QPoint(300, 100))
    assert count(pixels(full)[box], LIGHT.panel) == 0
    point(full, QPoint(300, place.y() + 30))
    assert count(pixels(full)[box], LIGHT.panel) > 100, "it is there under the pointer"
    point(full, place)
    assert surface(full).cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert surface(full).toolTip() == "Close this pane (Delete)"
    QTest.mouseClick(surface(full), Qt.MouseButton.LeftButton, pos=place)
    assert full.panes() == ("volume", "MACD 12 26 9", "Stoch 14 3 3")
    assert [one["key"] for one in full.indicators()] == ["macd", "stochastic"]


def test_delete_closes_the_pane_under_the_pointer_and_nothing_else(full: ChartWidget) -> None:
    full.setIndicators(THREE)
    point(full, QPoint(300, tops(full)[3] + 40))
    QTest.keyClick(surface(full), Qt.Key.Key_Delete)
    assert full.panes() == ("volume", "RSI14", "MACD 12 26 9")
    point(full, QPoint(300, tops(full)[0] + 40))
    QTest.keyClick(surface(full), Qt.Key.Key_Backspace)
    assert full.panes() == ("RSI14", "MACD 12 26 9")
    assert not full.isVolumeVisible()
    point(full, QPoint(300, 200))
    QTest.keyClick(surface(full), Qt.Key.Key_Delete)
    assert full.panes() == ("RSI14", "MACD 12 26 9")


def test_the_pointers_upright_line_runs_through_all_panes(full: ChartWidget) -> None:
    full.setIndicators(THREE)
    point(full, QPoint(300, 100))
    boxes = layout(full).panes
    found = pixels(full)
    columns = {
        int(x)
        for x in np.flatnonzero(
            (found[: boxes[-1].bottom] == LIGHT.crosshair.rgb()).sum(axis=0) > 200
        )
    }
    assert len(columns) == 1
    column = found[:, columns.pop()]
    for pane in boxes:
        assert count(column[pane.top : pane.bottom], LIGHT.crosshair) > 20


def test_dragging_in_a_pane_moves_the_bars_and_a_tool_does_not_draw_there(
    full: ChartWidget,
) -> None:
    full.setIndicators(THREE)
    y = tops(full)[1] + 40
    right = full._chart.view.right
    drag(full, QPoint(300, y), QPoint(380, y))
    assert full._chart.view.right == right - 80 / full._chart.view.spacing
    full.setDrawingTool("horizontal")
    QTest.mouseClick(surface(full), Qt.MouseButton.LeftButton, pos=QPoint(300, y))
    assert full.drawings() == []
    QTest.mouseClick(surface(full), Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert len(full.drawings()) == 1


def test_the_wheel_zooms_over_a_pane_as_over_the_prices(full: ChartWidget) -> None:
    full.setIndicators(THREE)
    place = QPoint(300, tops(full)[2] + 40)
    under = full._chart.view.place(300, layout(full).view_width)
    event = QWheelEvent(
        QPointF(place),
        QPointF(surface(full).mapToGlobal(place)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - Qt
    )
    QApplication.sendEvent(surface(full), event)
    assert full._chart.view.spacing == pytest.approx(8 * 1.15**2)
    assert full._chart.view.place(300, layout(full).view_width) == pytest.approx(under)


def test_hidden_volume_leaves_its_room_to_the_prices(full: ChartWidget) -> None:
    before = layout(full)
    full.setVolumeVisible(False)
    after = layout(full)
    assert after.price_bottom == after.plot_bottom == before.plot_bottom
    assert count(pixels(full), LIGHT.volume_rise) == 0
    full.setVolumeVisible(True)
    assert layout(full) == before


def test_another_height_than_the_panes_need_shows_fewer(full: ChartWidget, qtbot: QtBot) -> None:
    full.setIndicators(THREE)
    full.resize(500, 330)
    assert 0 < len(layout(full).panes) < 4
    assert len(full.panes()) == 4
    full.resize(200, 150)
    assert layout(full).panes == ()
    full.resize(900, 800)
    assert len(layout(full).panes) == 4
    assert full.errorText() == ""


def test_everything_chosen_is_saved_and_comes_back(full: ChartWidget, qtbot: QtBot) -> None:
    full.setIndicators(THREE)
    full.setKind("hollow")
    full.setColorRule("previous")
    full.setValueShown(True)
    drag(full, QPoint(300, tops(full)[2]), QPoint(300, tops(full)[2] - 25))
    saved = json.loads(json.dumps(full.saveState()))
    other = ChartWidget()
    qtbot.addWidget(other)
    other.resize(900, 800)
    other.show()
    other.restoreState(saved)
    other.setCandles(wave(500))
    assert other.errorText() == ""
    assert other.saveState() == saved
    assert tops(other) == tops(full)
    saved["volume_visible"] = False
    other.restoreState(saved)
    assert other.panes() == ("RSI14", "MACD 12 26 9", "Stoch 14 3 3")


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("kind", "candle", "kind of chart"),
        ("color_rule", 1, "rule for colours"),
        ("value_shown", "yes", "value_shown must be True or False"),
        ("volume_visible", None, "volume_visible must be True or False"),
        ("indicators", {}, "a list of indicators"),
        ("pane_heights", [3], "the height of a pane"),
    ],
)
def test_a_wrong_state_changes_nothing(
    full: ChartWidget, name: str, wrong: object, message: str
) -> None:
    before = full.saveState()
    full.restoreState({**before, "spacing": 20.0, "kind": "area", name: wrong})
    assert message in full.errorText()
    assert full.saveState() == before


def test_an_older_state_says_nothing_about_panes(full: ChartWidget) -> None:
    full.setKind("bars")
    full.setIndicators(THREE)
    drag(full, QPoint(300, tops(full)[2]), QPoint(300, tops(full)[2] - 25))
    before = tops(full)
    full.restoreState({"version": 1, "timeframe": "1m", "spacing": 8.0, "market": "KRW-BTC"})
    assert (full.kind(), len(full.panes())) == ("bars", 4)
    assert tops(full) == before
    full.resetPanes()
    assert tops(full) != before


# -- menu ------------------------------------------------------------------------------------------


def entries(menu: QMenu) -> dict[str, QAction]:
    """All that can be chosen in a menu and the menus in it, by their texts without keys."""
    found: dict[str, QAction] = {}
    for action in menu.actions():
        inner = action.menu()
        if inner is None:
            found[action.text().partition("\t")[0]] = action
        else:
            found.update(entries(inner))
    return found


def test_the_menu_reaches_everything(full: ChartWidget) -> None:
    full.setIndicators([{"key": "rsi"}])
    found = entries(chart_menu(full))
    assert found["Candles"].isChecked()
    found["Hollow candles"].trigger()
    found["Close before"].trigger()
    found["Traded value instead of volume"].trigger()
    found["Moving average convergence and divergence (MACD)"].trigger()
    assert (full.kind(), full.colorRule(), full.isValueShown()) == ("hollow", "previous", True)
    assert full.panes() == ("volume", "RSI14", "MACD 12 26 9")
    found = entries(chart_menu(full))
    assert found["Hollow candles"].isChecked()
    assert not found["Candles"].isChecked()
    assert found["Moving average convergence and divergence (MACD)"].isChecked()
    found["Relative strength index (RSI)"].trigger()
    assert full.panes() == ("volume", "MACD 12 26 9")
    entries(chart_menu(full))["Close MACD 12 26 9"].trigger()
    entries(chart_menu(full))["Volume pane"].trigger()
    assert full.panes() == ()
    entries(chart_menu(full))["Volume pane"].trigger()
    entries(chart_menu(full))["Close Volume pane"].trigger()
    assert full.panes() == ()
    for spec in INDICATORS.specs():
        assert any(f"({spec.short})" in text for text in entries(chart_menu(full)))
    full.setLanguage("ko")
    assert "하이킨아시" in entries(chart_menu(full))


def test_the_menu_opens_where_it_is_asked_for(full: ChartWidget, qtbot: QtBot) -> None:
    place = QPoint(300, 200)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, surface(full).mapToGlobal(place)
    )
    QApplication.sendEvent(surface(full), event)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    with qtbot.waitSignal(menu.destroyed):
        menu.close()
    assert full.errorText() == ""


def test_properties_serve_qt_designer(full: ChartWidget) -> None:
    for name, value in (
        ("kindName", "bars"),
        ("colorRuleName", "previous"),
        ("volumeVisible", False),
        ("valueShown", True),
    ):
        full.setProperty(name, value)
        assert full.property(name) == value
    assert (full.kind(), full.colorRule()) == ("bars", "previous")


def test_menus_take_the_menu_of_drawings_with_them(full: ChartWidget, qtbot: QtBot) -> None:
    before = len(full.findChildren(QMenu))
    for _ in range(3):
        menu = chart_menu(full)
        with qtbot.waitSignal(menu.destroyed):
            menu.deleteLater()
    qtbot.waitUntil(lambda: len(full.findChildren(QMenu)) == before)


def test_a_menu_keeps_no_chart(qtbot: QtBot) -> None:
    chart = ChartWidget()
    menu = chart_menu(chart)
    gone = weakref.ref(chart)
    del chart, menu
    gc.collect()
    assert gone() is None
