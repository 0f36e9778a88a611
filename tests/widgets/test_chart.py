"""ChartWidget through its slots, the mouse, the wheel and the keys. Qt."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QImage, QPalette, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, candle, trade, wave
from tests.chart_on_screen import settle, surface
from upbit_ws_qt.events import Source, Stamp, stamped
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.toolbar import TimeframeBar
from upbit_ws_qt_widgets.models.bars import CLOSE, VOLUME
from upbit_ws_qt_widgets.models.indicators import (
    INDICATORS,
    IndicatorSpec,
    Plot,
    Stretch,
    Title,
)
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]


class Seen:
    """What a chart reported."""

    def __init__(self, chart: ChartWidget) -> None:
        self.errors: list[str] = []
        self.markets: list[str] = []
        self.timeframes: list[str] = []
        chart.errorOccurred.connect(self.errors.append)
        chart.marketChanged.connect(self.markets.append)
        chart.timeframeChanged.connect(self.timeframes.append)


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart on screen, 800 × 500, light and English, without any data."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def seen(chart: ChartWidget) -> Seen:
    return Seen(chart)


@pytest.fixture
def full(chart: ChartWidget, seen: Seen) -> ChartWidget:
    """The chart with 500 bars of KRW-BTC."""
    chart.setMarket("KRW-BTC")
    chart.setCandles(wave(500))
    settle(chart)
    return chart


def bars(chart: ChartWidget) -> Any:
    return chart._chart.bars


def view(chart: ChartWidget) -> Any:
    return chart._chart.view


def pixels(widget: QWidget) -> Pixels:
    """What is on screen, as 0xffRRGGBB, by row and column."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def count(found: Pixels, colour: QColor) -> int:
    return int((found == colour.rgb()).sum())


def point(chart: ChartWidget, place: QPoint) -> None:
    """Move the pointer; a move to where it is already would make no event."""
    QTest.mouseMove(surface(chart), place + QPoint(1, 1))
    QTest.mouseMove(surface(chart), place)


def drag(chart: ChartWidget, start: QPoint, *points: QPoint) -> None:
    target = surface(chart)
    point(chart, start)
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=start)
    for place in points:
        QTest.mouseMove(target, place)
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=points[-1])


def turn(
    chart: ChartWidget,
    where: QPoint,
    *,
    angle: QPoint | None = None,
    pixel: QPoint | None = None,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    target = surface(chart)
    event = QWheelEvent(
        QPointF(where),
        QPointF(target.mapToGlobal(where)),
        pixel or QPoint(),
        angle or QPoint(),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - Qt
    )
    QApplication.sendEvent(target, event)
    assert event.isAccepted()


# -- data ------------------------------------------------------------------------------------------


def test_without_data_it_says_what_to_do(chart: ChartWidget, seen: Seen) -> None:
    assert chart.market() == ""
    assert chart.timeframe() is Timeframe.MINUTE_1
    blank = ChartWidget()
    blank.setTheme("light")
    assert count(pixels(chart), Theme.named("light").sub_text) > 20
    assert seen.errors == []
    blank.deleteLater()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hardly_any_bars_are_shown_and_grow(chart: ChartWidget, seen: Seen, number: int) -> None:
    chart.setMarket("KRW-BTC")
    chart.setCandles(wave(number))
    settle(chart)
    for index in range(number, number + 3):
        chart.applyTrade(trade(START + index * MINUTE + 5, 100_000.0, number=index))
        settle(chart)
    assert len(bars(chart)) == number + 3
    assert count(pixels(chart), Theme.named("light").even) > 0
    assert seen.errors == []


def test_candles_of_events_bring_their_market_and_unit(chart: ChartWidget, seen: Seen) -> None:
    chart.setCandles([candle(index, unit="5m", market="KRW-ETH") for index in range(3)])
    assert chart.market() == "KRW-ETH"
    assert chart.timeframe() is Timeframe.MINUTE_5
    assert (seen.markets, seen.timeframes, seen.errors) == (["KRW-ETH"], ["5m"], [])
    assert len(bars(chart)) == 3


def test_a_trade_changes_pixels_without_painting_the_backdrop_again(full: ChartWidget) -> None:
    backdrop = surface(full)._drawn
    before = pixels(full)
    price = float(bars(full).figures[CLOSE, -1])
    full.applyTrade(trade(int(bars(full).times[-1]) + 10, price + 300, number=1))
    after = pixels(full)
    assert (before != after).any()
    assert surface(full)._drawn is backdrop
    assert float(bars(full).figures[CLOSE, -1]) == price + 300


def test_trades_and_frames_make_one_bar(full: ChartWidget, seen: Seen) -> None:
    start, volume = int(bars(full).times[-1]), float(bars(full).figures[VOLUME, -1])
    full.applyTrade(trade(start + 10, 100.0, 2.0, number=1))
    full.applyTrade(trade(start + 10, 100.0, 2.0, number=1))
    assert bars(full).figures[VOLUME, -1] == volume + 2.0
    full.upsertCandle(candle(499, 100.0, at=start + 10, candle_acc_trade_volume=9.0))
    assert bars(full).figures[VOLUME, -1] == 9.0
    full.applyTrade(trade(start + 11, 100.0, 1.0, number=2))
    assert bars(full).figures[VOLUME, -1] == 10.0
    full.upsertCandle(candle(500, 100.0))
    assert len(bars(full)) == 501
    full.upsertCandle(candle(499, 101.0, at=start + 12))
    assert len(bars(full)) == 501
    assert seen.errors == []


def test_older_candles_leave_every_pixel_of_the_bars_where_it_is(full: ChartWidget) -> None:
    full._chart.pan(1500)
    settle(full)
    before = pixels(surface(full))
    older = wave(700)
    older["time"] -= 700 * MINUTE
    full.prependCandles(older)
    settle(full)
    assert len(bars(full)) == 1200
    assert (pixels(surface(full)) == before).all()


def test_another_markets_events_are_not_shown(full: ChartWidget, seen: Seen) -> None:
    count_before, volume = len(bars(full)), float(bars(full).figures[VOLUME, -1])
    full.applyTrade(trade(int(bars(full).times[-1]) + 1, number=1, market="KRW-ETH"))
    full.upsertCandle(candle(499, market="KRW-ETH"))
    full.prependCandles([candle(-1, market="KRW-ETH")])
    assert (len(bars(full)), bars(full).figures[VOLUME, -1]) == (count_before, volume)
    assert seen.errors == []


@pytest.mark.parametrize(
    ("slot", "given", "message"),
    [
        ("setMarket", "btc", "did you mean 'KRW-BTC'"),
        ("setMarket", None, "market code"),
        ("setTimeframe", "7m", "no candle unit is called '7m'"),
        ("setTimeframe", 7, "a candle unit such as '1m' is expected; got 7"),
        ("restoreState", None, "version 1"),
        ("setCandles", None, "a sequence of CandleEvent"),
        ("setCandles", [1], "candle 0 must be a CandleEvent"),
        ("setCandles", np.zeros(3), "missing"),
        ("setCandles", [candle(0, market="KRW-ETH")], "call setMarket('KRW-ETH') first"),
        ("prependCandles", [candle(0, low_price=0.0)], "candle 0 needs"),
        ("upsertCandle", "candle", "must be a CandleEvent"),
        ("upsertCandle", candle(0, high_price=1.0), "the candle needs"),
        ("upsertCandle", candle(0, unit="5m"), "call setTimeframe('5m') first"),
        ("applyTrade", 5, "must be a TradeEvent"),
        ("applyTrade", trade(START, -1.0, number=1), "a trade needs"),
        ("setAverages", (1, 2, 3, 4), "up to 3 periods"),
        ("setAverages", (0,), "1 to 1000"),
        ("setAverages", ("5",), "1 to 1000"),
        ("restoreState", {}, "version 1"),
        ("restoreState", {"version": 1, "timeframe": "1m", "spacing": "x"}, "px for each bar"),
        ("restoreState", {"version": 1, "timeframe": "7m"}, "no candle unit"),
        (
            "restoreState",
            {"version": 1, "timeframe": "1m", "spacing": 5, "market": "btc"},
            "market code",
        ),
    ],
)
def test_wrong_input_is_reported_and_nothing_is_lost(
    full: ChartWidget, seen: Seen, slot: str, given: Any, message: str
) -> None:
    full.setTimeframe("1m")
    times, figures = bars(full).times.copy(), bars(full).figures.copy()
    getattr(full, slot)(given)
    assert len(seen.errors) == 1
    assert message in seen.errors[0]
    assert (bars(full).times == times).all()
    assert (bars(full).figures == figures).all()
    assert (full.market(), full.timeframe()) == ("KRW-BTC", Timeframe.MINUTE_1)
    settle(full)
    assert count(pixels(full), Theme.named("light").warning_background) > 100, "and shown"
    point(full, QPoint(200, 200))
    assert message in surface(full).toolTip(), "all of it in the tool tip"
    full.setCandles(wave(500))
    settle(full)
    assert count(pixels(full), Theme.named("light").warning_background) == 0


def test_a_unit_that_was_chosen_is_not_changed_by_candles(chart: ChartWidget, seen: Seen) -> None:
    chart.setTimeframe(Timeframe.MINUTE_1)
    chart.setCandles([candle(0, unit="5m")])
    assert "call setTimeframe('5m') first" in seen.errors[0]
    assert chart.timeframe() is Timeframe.MINUTE_1


def test_candles_of_another_unit_may_replace_all_while_nobody_chose(
    chart: ChartWidget, seen: Seen
) -> None:
    chart.setCandles([candle(0)])
    chart.setCandles([candle(0, unit="5m")])
    assert chart.timeframe() is Timeframe.MINUTE_5
    chart.upsertCandle(candle(1, unit="1m"))
    assert len(seen.errors) == 1


def test_another_market_or_unit_starts_empty(full: ChartWidget, seen: Seen) -> None:
    full.setTimeframe("1h")
    assert len(bars(full)) == 0
    assert seen.timeframes == ["60m"]
    full.setCandles([candle(0, unit="60m")])
    full.setMarket("KRW-ETH")
    assert len(bars(full)) == 0
    assert seen.markets == ["KRW-BTC", "KRW-ETH"]
    assert seen.errors == []


def test_the_same_market_and_unit_change_nothing(full: ChartWidget, seen: Seen) -> None:
    full.setMarket("KRW-BTC")
    full.setTimeframe("minute1")
    assert len(bars(full)) == 500
    assert (seen.markets, seen.timeframes) == (["KRW-BTC"], [])


def test_polled_data_are_marked(full: ChartWidget) -> None:
    start = int(bars(full).times[-1])
    event = trade(start + 1, number=1)
    full.applyTrade(stamped(event, Stamp(source=Source.POLLED, received_at=start / 1000)))
    assert full._chart.badge == "Polled"
    full.applyTrade(stamped(trade(start + 2, number=2), Stamp(received_at=start / 1000)))
    assert full._chart.badge == ""


def test_the_countdown_runs_by_the_exchanges_clock(full: ChartWidget) -> None:
    start = int(bars(full).times[-1])
    event = trade(start + 30_000, number=1)
    full.applyTrade(stamped(event, Stamp(received_at=time.time())))
    assert abs(surface(full).now() - (start + 30_000)) < 5_000
    settle(full)
    assert surface(full)._second.isActive()
    full.hide()
    assert not surface(full)._second.isActive()


# -- mouse, wheel, keys ----------------------------------------------------------------------------


def test_dragging_moves_the_bars_with_the_pointer_pixel_by_pixel(full: ChartWidget) -> None:
    full._chart.stretch_prices(1.0)
    full._chart.pan(800)
    settle(full)
    before = pixels(surface(full))
    drag(full, QPoint(300, 200), QPoint(330, 200), QPoint(380, 200))
    surface(full).hand.leave()
    settle(full)
    after = pixels(surface(full))
    layout = full._chart.layout
    rise, fall = (Theme.named("light").direction(sign).rgb() for sign in (1, -1))

    def bars_in(found: Pixels, left: int) -> Any:
        part = found[100 : layout.price_bottom - 40, left : left + 500]
        return np.isin(part, (rise, fall))

    assert bars_in(before, 100).sum() > 200
    assert (bars_in(after, 180) == bars_in(before, 100)).all()


def test_new_bars_do_not_move_a_chart_that_is_held_or_looks_back(full: ChartWidget) -> None:
    target = surface(full)
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    QTest.mouseMove(target, QPoint(305, 200))
    held = view(full)
    full.upsertCandle(candle(500, 100_000.0))
    assert view(full) == held
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(305, 200))
    assert view(full).right == held.right + 1
    drag(full, QPoint(100, 200), QPoint(600, 200))
    back = view(full)
    assert not full.isFollowing()
    full.upsertCandle(candle(501, 100_000.0))
    assert view(full) == back


def test_the_button_jumps_to_now(full: ChartWidget) -> None:
    drag(full, QPoint(100, 200), QPoint(700, 200))
    assert not full.isFollowing()
    settle(full)
    x, y, width, height = full._chart.layout.latest_button
    place = QPoint(round(x + width / 2), round(y + height / 2))
    point(full, place)
    assert surface(full).cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert "newest" in surface(full).toolTip()
    QTest.mouseClick(surface(full), Qt.MouseButton.LeftButton, pos=place)
    assert full.isFollowing()
    point(full, QPoint(100, 100))
    assert surface(full).toolTip() == ""
    drag(full, QPoint(100, 200), QPoint(700, 200))
    full.showLatest()
    assert full.isFollowing()


def test_the_wheel_zooms_at_the_pointer(full: ChartWidget) -> None:
    full._chart.pan(1000)
    place = view(full).place(300, full._chart.layout.view_width)
    turn(full, QPoint(300, 200), angle=QPoint(0, 120))
    assert view(full).spacing > 8
    assert view(full).place(300, full._chart.layout.view_width) == pytest.approx(place)
    turn(full, QPoint(300, 200), angle=QPoint(0, -240))
    assert view(full).spacing < 8


@pytest.mark.parametrize(
    "wheel",
    [
        {"angle": QPoint(120, 0)},
        {"angle": QPoint(0, 120), "modifiers": Qt.KeyboardModifier.ShiftModifier},
        {"angle": QPoint(120, 0), "modifiers": Qt.KeyboardModifier.ShiftModifier},
        {"angle": QPoint(120, 0), "pixel": QPoint(60, 5)},
    ],
)
def test_a_wheel_turned_sideways_moves(full: ChartWidget, wheel: Any) -> None:
    before = view(full)
    turn(full, QPoint(300, 200), **wheel)
    assert view(full).spacing == before.spacing
    assert view(full).right == before.right - 60 / 8


def test_a_touchpad_zooms_by_pixels(full: ChartWidget) -> None:
    turn(full, QPoint(300, 200), pixel=QPoint(0, 8), angle=QPoint(0, 120))
    assert 8 < view(full).spacing < 8.5


def test_keys_move_zoom_and_reset(full: ChartWidget) -> None:
    target = surface(full)
    target.setFocus()
    right = view(full).right
    QTest.keyClick(target, Qt.Key.Key_Left)
    assert view(full).right == right - 5
    QTest.keyClick(target, Qt.Key.Key_Right)
    assert view(full).right == right
    QTest.keyClick(target, Qt.Key.Key_PageUp)
    assert view(full).right < right - 50
    QTest.keyClick(target, Qt.Key.Key_PageDown)
    assert view(full).right == pytest.approx(right)
    QTest.keyClick(target, Qt.Key.Key_Home)
    assert full._chart.shows_oldest()
    QTest.keyClick(target, Qt.Key.Key_End)
    assert full.isFollowing()
    QTest.keyClick(target, Qt.Key.Key_Plus)
    assert view(full).spacing == pytest.approx(10)
    QTest.keyClick(target, Qt.Key.Key_Minus)
    assert view(full).spacing == pytest.approx(8)
    QTest.keyClick(target, Qt.Key.Key_Equal)
    QTest.keyClick(target, Qt.Key.Key_0)
    assert view(full).spacing == 8


def test_keys_that_are_not_ours_go_on_to_the_host(qtbot: QtBot) -> None:
    class Host(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.keys: list[int] = []

        def keyPressEvent(self, a0: Any) -> None:
            self.keys.append(a0.key())

    host = Host()
    qtbot.addWidget(host)
    chart = ChartWidget(host)
    chart.setCandles(wave(100))
    before = view(chart)
    QTest.keyClick(surface(chart), Qt.Key.Key_Escape)
    QTest.keyClick(surface(chart), Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert host.keys == [Qt.Key.Key_Escape, Qt.Key.Key_Alt, Qt.Key.Key_Left]
    assert view(chart) == before


def test_axes_are_scaled_by_dragging_and_reset_by_double_clicks(full: ChartWidget) -> None:
    price_axis, time_axis = QPoint(790, 150), QPoint(300, surface(full).height() - 6)
    settle(full)
    room = full._chart.scale.high - full._chart.scale.low
    drag(full, price_axis, QPoint(790, 250))
    assert full._chart.scale.high - full._chart.scale.low > 1.5 * room
    assert not full._chart.scale.auto
    QTest.mouseDClick(surface(full), Qt.MouseButton.LeftButton, pos=price_axis)
    assert full._chart.scale.auto
    QTest.mouseRelease(surface(full), Qt.MouseButton.LeftButton, pos=price_axis)
    drag(full, time_axis, time_axis + QPoint(100, 0))
    assert view(full).spacing > 10
    QTest.mouseDClick(surface(full), Qt.MouseButton.LeftButton, pos=time_axis)
    assert view(full).spacing == 8
    QTest.mouseRelease(surface(full), Qt.MouseButton.LeftButton, pos=time_axis)


@pytest.mark.parametrize(
    ("place", "shape"),
    [
        (QPoint(300, 200), Qt.CursorShape.CrossCursor),
        (QPoint(795, 200), Qt.CursorShape.SizeVerCursor),
        (QPoint(300, 465), Qt.CursorShape.SizeHorCursor),
    ],
)
def test_the_pointers_shape_says_what_dragging_does(
    full: ChartWidget, place: QPoint, shape: Qt.CursorShape
) -> None:
    point(full, place)
    assert surface(full).cursor().shape() == shape


def test_the_crosshair_comes_and_goes_with_the_pointer(full: ChartWidget) -> None:
    tag = Theme.named("light").tag
    point(full, QPoint(300, 200))
    assert count(pixels(full), tag) > 300
    QApplication.sendEvent(surface(full), QEvent(QEvent.Type.Leave))
    assert count(pixels(full), tag) == 0


def test_other_buttons_do_nothing(full: ChartWidget) -> None:
    before = view(full)
    target = surface(full)
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        QTest.mousePress(target, button, pos=QPoint(300, 200))
        QTest.mouseMove(target, QPoint(400, 200))
        QTest.mouseRelease(target, button, pos=QPoint(400, 200))
        QTest.mouseDClick(target, button, pos=QPoint(795, 200))
    assert view(full) == before
    assert not full._chart.is_held


def test_a_chart_hidden_while_it_is_dragged_lets_go(full: ChartWidget) -> None:
    QTest.mousePress(surface(full), Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    assert full._chart.is_held
    full.hide()
    assert not full._chart.is_held


# -- the row of units ------------------------------------------------------------------------------


def units(chart: ChartWidget) -> TimeframeBar:
    found = chart.findChild(TimeframeBar)
    assert found is not None
    return found


def shown_units(chart: ChartWidget) -> list[str]:
    return [
        button.text()
        for button in units(chart).findChildren(QToolButton)
        if button.isVisible() and button.isCheckable()
    ]


def test_a_button_chooses_its_unit(full: ChartWidget, seen: Seen) -> None:
    (hour,) = (b for b in units(full).findChildren(QToolButton) if b.text() == "1h")
    QTest.mouseClick(hour, Qt.MouseButton.LeftButton)
    assert full.timeframe() is Timeframe.MINUTE_60
    assert seen.timeframes == ["60m"]
    assert hour.isChecked()
    full.setTimeframe("1d")
    assert not hour.isChecked()


def test_a_button_can_be_reached_and_pressed_by_key(full: ChartWidget) -> None:
    (day,) = (b for b in units(full).findChildren(QToolButton) if b.text() == "1D")
    assert day.focusPolicy() & Qt.FocusPolicy.TabFocus
    QTest.keyClick(day, Qt.Key.Key_Space)
    assert full.timeframe() is Timeframe.DAY


def test_units_without_room_are_in_a_menu_but_never_the_one_in_use(full: ChartWidget) -> None:
    assert len(shown_units(full)) == len(Timeframe)
    full.setTimeframe("1y")
    full.resize(260, 300)
    settle(full)
    shown = shown_units(full)
    assert 2 < len(shown) < 8
    assert "1Y" in shown
    actions = units(full)._menu.actions()
    assert {action.text() for action in actions}.isdisjoint(shown)
    assert len(actions) + len(shown) == len(Timeframe)
    chosen = actions[0].data()
    actions[0].trigger()
    assert full.timeframe() is chosen
    full.resize(800, 500)
    settle(full)
    assert len(shown_units(full)) == len(Timeframe)


def test_the_row_can_be_hidden(full: ChartWidget) -> None:
    assert full.isToolbarVisible()
    height = surface(full).height()
    full.setProperty("toolbarVisible", False)  # noqa: FBT003 - Qt
    settle(full)
    assert not full.isToolbarVisible()
    assert surface(full).height() > height


# -- looks -----------------------------------------------------------------------------------------


def test_theme_and_language_change_at_once(full: ChartWidget) -> None:
    corner = -3, -3
    assert pixels(full)[corner] == Theme.named("light").background.rgb()
    before = pixels(full)
    full.setTheme("dark")
    dark = pixels(full)
    assert dark[corner] == Theme.named("dark").background.rgb()
    assert dark[3, -3] == Theme.named("dark").background.rgb(), "the row of units too"
    full.setTheme("light")
    full.setLanguage("ko")
    assert (pixels(full) != before).any()
    assert shown_units(full)[:2] == ["1초", "1분"]
    assert surface(full).accessibleName() == "KRW-BTC 1분 차트"


def test_it_follows_the_palette_of_its_host(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    chart = ChartWidget(host)
    palette = host.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor("#101010"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("#F0F0F0"))
    host.setPalette(palette)
    assert chart.themeColors().name == "dark"
    assert surface(chart)._style.theme.name == "dark"


def test_a_larger_font_makes_larger_texts(full: ChartWidget) -> None:
    width = full._chart.layout.plot_width
    font = full.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    full.setFont(font)
    settle(full)
    assert full._chart.layout.plot_width < width


def test_the_lower_pane_and_the_averages_can_be_changed(full: ChartWidget) -> None:
    before = pixels(full)
    full.setProperty("valueShown", True)  # noqa: FBT003 - Qt
    assert full.isValueShown()
    value = pixels(full)
    assert (value != before).any()
    full.setAverages((10,))
    assert full.averages() == (10,)
    assert (pixels(full) != value).any()


def test_indicators_over_the_bars_can_be_changed(full: ChartWidget) -> None:
    before = pixels(full)
    full.setIndicators([{"key": "bollinger", "settings": {"length": 10}}, {"key": "vwap"}])
    assert full.indicators() == [
        {"key": "bollinger", "settings": {"length": 10, "width": 2.0}},
        {"key": "vwap", "settings": {}},
    ]
    assert full.averages() == ()
    assert (pixels(full) != before).any()


def test_wrong_indicator_changes_nothing_and_is_reported(full: ChartWidget) -> None:
    before = full.indicators()
    full.setIndicators([{"key": "ema"}, {"key": "rsx"}])
    assert full.indicators() == before
    assert "rsx" in full.errorText()
    full.setIndicators(before)
    assert full.errorText() == ""


@pytest.mark.allow_logs("the indicator fails")
def test_failing_indicator_is_reported_and_can_be_taken_off(
    full: ChartWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(stretch: Stretch) -> tuple[Any, ...]:
        raise ZeroDivisionError("no volume")

    plot = Plot(Title("", ""), "line_1")
    spec = IndicatorSpec("failing", Title("", ""), "", fail, (plot,), on_price=True)
    monkeypatch.setattr(INDICATORS, "_specs", {"failing": spec})
    before = pixels(full)
    full.setIndicators([{"key": "failing"}])
    assert (pixels(full) != before).any()
    assert "no volume" in full.errorText()
    full.setIndicators([])
    assert full.errorText() == ""
    full.setAverages((5, 20, 60))
    assert (pixels(full) == before).all()


def test_indicators_are_saved_and_restored(full: ChartWidget) -> None:
    full.setIndicators([{"key": "ema", "settings": {"length": 9}}])
    state = full.saveState()
    full.setIndicators([])
    full.restoreState(state)
    assert full.indicators() == [{"key": "ema", "settings": {"length": 9}}]
    del state["indicators"]
    full.restoreState(state)
    assert full.indicators() == [{"key": "ema", "settings": {"length": 9}}], "an older state"
    state["indicators"] = [{"key": "none"}]
    state["timeframe"] = "5m"
    full.restoreState(state)
    assert full.timeframe() is not Timeframe.MINUTE_5, "nothing of it was taken"
    assert "got 'none'" in full.errorText()


def test_properties_serve_qt_designer(chart: ChartWidget, seen: Seen) -> None:
    assert chart.setProperty("marketCode", "KRW-XRP")
    assert chart.setProperty("timeframeName", "15m")
    assert (chart.property("marketCode"), chart.property("timeframeName")) == ("KRW-XRP", "15m")
    assert (seen.markets, seen.timeframes) == (["KRW-XRP"], ["15m"])


def test_state_is_saved_and_restored(full: ChartWidget, seen: Seen, qtbot: QtBot) -> None:
    full.setTimeframe("4h")
    full._chart.set_spacing(12.0)
    full.setTheme("colour-blind")
    full.setColorConvention("western")
    saved = full.saveState()
    # What its other parts keep, their own tests look at.
    assert saved == {
        **saved,
        "version": 1,
        "market": "KRW-BTC",
        "timeframe": "240m",
        "spacing": 12.0,
        "drawings": {},
        "look": {"theme": "colour-blind", "convention": "western"},
        "kind": "solid",
        "color_rule": "open",
        "value_shown": False,
        "volume_visible": True,
        "indicators": [{"key": "ma", "settings": {"length": length}} for length in (5, 20, 60)],
        "pane_heights": [None],
    }
    other = ChartWidget()
    qtbot.addWidget(other)
    other.restoreState(saved)
    assert other.saveState() == saved
    other.restoreState({"version": 1, "timeframe": "1m", "spacing": 3})
    assert other.market() == "KRW-BTC"


# -- cost and end ----------------------------------------------------------------------------------


class PaintCounter(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        self.count += a1 is not None and a1.type() == QEvent.Type.Paint
        return super().eventFilter(a0, a1)


def test_many_trades_are_one_painting(full: ChartWidget, qtbot: QtBot) -> None:
    counter = PaintCounter(surface(full))
    start = int(bars(full).times[-1])
    for number in range(1000):
        full.applyTrade(trade(start + number, 100_000.0 + number % 9, number=number))
    qtbot.waitUntil(lambda: counter.count > 0)
    assert counter.count <= 2
    assert bars(full).figures[VOLUME, -1] > 1000


def test_a_hidden_chart_paints_nothing_and_is_current_when_shown(full: ChartWidget) -> None:
    full.hide()
    counter = PaintCounter(surface(full))
    start = int(bars(full).times[-1])
    for number in range(100):
        full.applyTrade(trade(start + number, 123_456.0, number=number))
        QApplication.processEvents()
    assert counter.count == 0
    assert not surface(full)._frame.isActive()
    full.show()
    settle(full)
    assert counter.count > 0
    assert full._chart.bars.bar(499).close == 123_456.0


@pytest.mark.allow_logs("an unexpected error is logged, once")
def test_an_error_while_painting_is_shown_and_not_raised(
    full: ChartWidget, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no paint left")

    monkeypatch.setattr(surface(full)._resolver, "resolve", broken)
    for _ in range(3):
        surface(full).repaint()
    assert seen.errors == ["no paint left"]
    screen = surface(full).screen()
    assert screen is not None
    image = screen.grabWindow(full.winId()).toImage()
    middle = image.copy(100, 240, 600, 60)
    theme = Theme.named("light")
    colours = {middle.pixel(x, y) for x in range(600) for y in range(60)}
    assert theme.background.rgb() in colours
    assert theme.rise.rgb() not in colours
    assert len(colours) > 2, "the reason is written there"


def test_two_hundred_charts_come_and_go_without_a_trace(qtbot: QtBot) -> None:
    """By reference count alone: no cycle waits for the collector."""
    host = QWidget()
    qtbot.addWidget(host)
    layout = QVBoxLayout(host)
    host.show()
    candles = wave(100)
    gone: list[weakref.ref[Any]] = []
    gc.collect()
    gc.disable()
    try:
        for round_ in range(200):
            chart = ChartWidget(None if round_ % 2 else host)
            layout.addWidget(chart)
            chart.setMarket("KRW-BTC")
            chart.setCandles(candles)
            chart.applyTrade(trade(START + 99 * MINUTE + 1, number=1))
            if round_ % 20 == 0:
                surface(chart).repaint()
                QTest.mouseMove(surface(chart), QPoint(50, 50))
            gone += [weakref.ref(part) for part in (chart, surface(chart), chart._chart)]
            layout.removeWidget(chart)
            chart.setParent(None)
            chart.deleteLater()
            del chart
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert [ref() for ref in gone if ref() is not None] == []
    finally:
        gc.enable()
    assert host.findChildren(ChartWidget) == []


def test_a_million_bars_are_as_quick_to_change_as_a_thousand(full: ChartWidget) -> None:
    """No timing: the work itself does not grow, because nothing reads bars out of view."""
    many = np.tile(wave(1000), 1000)
    many["time"] = START + np.arange(len(many), dtype=np.int64) * MINUTE
    full.setCandles(many)
    settle(full)
    columns = full._surface._resolver._columns
    assert columns is not None
    assert len(columns[1]) < 200
    full.applyTrade(trade(int(bars(full).times[-1]) + 1, 100_000.0, number=1))
    settle(full)
    assert full._surface._resolver._columns is columns
    full._chart.set_spacing(0.0007)
    settle(full)
    columns = full._surface._resolver._columns
    assert columns is not None
    assert 300 < len(columns[1]) < 1500
