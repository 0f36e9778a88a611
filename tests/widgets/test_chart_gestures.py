"""Hands on ChartWidget: fingers, touchpad, flicks, keys that can be chosen, the crosshair. Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PyQt6.QtGui import (
    QEventPoint,
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QNativeGestureEvent,
    QPointingDevice,
    QTouchEvent,
    QWheelEvent,
)
from PyQt6.QtTest import QSignalSpy, QTest
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, trade, wave
from tests.chart_on_screen import settle
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.surface import ChartSurface
from upbit_ws_qt_widgets.models.chart_keys import DEFAULT_KEYS

PAGE = Path(__file__).resolve().parents[2] / "docs/widgets/linking.md"
MIDDLE = QPoint(300, 150)
PHASE = Qt.ScrollPhase
STATE = QEventPoint.State


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """500 minutes of KRW-BTC on 800 × 500 px, looking at the past, light and English."""
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
    widget._chart.pan(1500)
    settle(widget)
    return widget


def surface(chart: ChartWidget) -> ChartSurface:
    return chart._surface


def view(chart: ChartWidget) -> Any:
    return chart._chart.view


def place(chart: ChartWidget, x: float) -> float:
    return chart._chart.view.place(x, chart._chart.layout.view_width)


def device(kind: QInputDevice.DeviceType) -> QPointingDevice:
    finger = QPointingDevice.PointerType.Finger
    return QPointingDevice("fingers", 1, kind, finger, QInputDevice.Capability.Position, 5, 0)


PAD = device(QInputDevice.DeviceType.TouchPad)
SCREEN = device(QInputDevice.DeviceType.TouchScreen)


def gesture(chart: ChartWidget, kind: Qt.NativeGestureType, value: float) -> bool:
    """The system says what two fingers do on the touchpad; whether that was for the chart."""
    target = surface(chart)
    at, where = QPointF(MIDDLE), QPointF(target.mapToGlobal(MIDDLE))
    event = QNativeGestureEvent(kind, PAD, 2, at, at, where, value, QPointF())
    QApplication.sendEvent(target, event)
    return event.isAccepted()


class Touch(QTouchEvent):
    """With a time, which PyQt6 cannot set."""

    now = 0

    def timestamp(self) -> int:
        return self.now


class Mouse(QMouseEvent):
    """With a time, which PyQt6 cannot set."""

    now = 0

    def timestamp(self) -> int:
        return self.now


def touch(
    chart: ChartWidget,
    kind: QEvent.Type,
    *fingers: tuple[STATE, int, int],
    screen: QPointingDevice = SCREEN,
    now: int = 0,
) -> QTouchEvent:
    """Fingers on the screen, each at a place of the surface."""
    target = surface(chart)
    points = [
        QEventPoint(index, state, QPointF(x, y), QPointF(target.mapToGlobal(QPoint(x, y))))
        for index, (state, x, y) in enumerate(fingers)
    ]
    event = Touch(kind, screen, Qt.KeyboardModifier.NoModifier, points)
    event.now = now
    QApplication.sendEvent(target, event)
    return event


def pads(chart: ChartWidget, x: int, y: int, phase: PHASE = PHASE.ScrollUpdate) -> None:
    """Two fingers on a touchpad move by so many px."""
    target = surface(chart)
    event = QWheelEvent(
        QPointF(MIDDLE),
        QPointF(target.mapToGlobal(MIDDLE)),
        QPoint(x, y),
        QPoint(x, y) * 2,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        phase,
        False,  # noqa: FBT003 - Qt
    )
    QApplication.sendEvent(target, event)


def mouse(chart: ChartWidget, kind: QEvent.Type, at: QPoint, now: int) -> None:
    """The mouse does something at a time (ms), which the usual helpers cannot say."""
    target = surface(chart)
    moves, is_up = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    event = Mouse(
        kind,
        QPointF(at),
        QPointF(target.mapToGlobal(at)),
        none if moves else left,
        none if is_up else left,
        Qt.KeyboardModifier.NoModifier,
    )
    event.now = now
    QApplication.sendEvent(target, event)


def flick(chart: ChartWidget, *, at: QPoint = MIDDLE) -> None:
    """Drag to the right, 2 px each ms, and let go in motion."""
    mouse(chart, QEvent.Type.MouseButtonPress, at, 1000)
    for step in (1, 2, 3):
        mouse(chart, QEvent.Type.MouseMove, at + QPoint(20 * step, 0), 1000 + 10 * step)
    mouse(chart, QEvent.Type.MouseButtonRelease, at + QPoint(80, 0), 1040)


def is_gliding(chart: ChartWidget) -> bool:
    return surface(chart).hand.is_gliding


# -- touchpad --------------------------------------------------------------------------------------


def test_a_pinch_on_a_touchpad_zooms_where_the_pointer_is(chart: ChartWidget) -> None:
    held = place(chart, MIDDLE.x())
    assert gesture(chart, Qt.NativeGestureType.ZoomNativeGesture, 0.25)
    assert view(chart).spacing == pytest.approx(10.0)
    assert gesture(chart, Qt.NativeGestureType.ZoomNativeGesture, -0.2)
    assert view(chart).spacing == pytest.approx(8.0)
    assert place(chart, MIDDLE.x()) == pytest.approx(held)


def test_other_gestures_of_the_system_are_left_to_the_host(chart: ChartWidget) -> None:
    before = view(chart)
    for kind in (Qt.NativeGestureType.RotateNativeGesture, Qt.NativeGestureType.BeginNativeGesture):
        assert not gesture(chart, kind, 1.0)
    assert view(chart) == before


def test_two_fingers_move_in_one_direction_until_they_are_lifted(chart: ChartWidget) -> None:
    pads(chart, 0, 0, PHASE.ScrollBegin)
    right = view(chart).right
    pads(chart, 16, 3)
    pads(chart, 8, 20)
    assert (view(chart).spacing, view(chart).right) == (8.0, right - 3)
    pads(chart, 0, 0, PHASE.ScrollEnd)
    pads(chart, 1, 40, PHASE.ScrollBegin)
    assert view(chart).spacing == pytest.approx(8 * 1.15)


def test_without_phases_each_movement_counts_by_itself(chart: ChartWidget) -> None:
    right = view(chart).right
    pads(chart, 16, 3, PHASE.NoScrollPhase)
    assert (view(chart).spacing, view(chart).right) == (8.0, right - 2)
    pads(chart, 3, 40, PHASE.NoScrollPhase)
    assert view(chart).spacing == pytest.approx(8 * 1.15)


def test_the_touchpads_own_running_on_can_be_switched_off(chart: ChartWidget) -> None:
    for kinetic, moved in ((True, -2), (False, 0)):
        chart.setKineticScrolling(kinetic)
        pads(chart, 16, 0, PHASE.ScrollBegin)
        right = view(chart).right
        pads(chart, 16, 0, PHASE.ScrollMomentum)
        assert view(chart).right == right + moved


# -- a touch screen --------------------------------------------------------------------------------


def test_one_finger_drags(chart: ChartWidget) -> None:
    held = place(chart, 300)
    assert touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150)).isAccepted()
    assert chart._chart.is_held
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 380, 160))
    assert place(chart, 380) == pytest.approx(held)
    assert chart.crosshair() is not None
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, 380, 160))
    assert not chart._chart.is_held
    assert chart.crosshair() is None, "where there is no finger nothing is pointed at"
    assert not is_gliding(chart)


def test_one_finger_flicks(chart: ChartWidget, qtbot: QtBot) -> None:
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150), now=1000)
    for step in (1, 2, 3):
        at = (STATE.Updated, 300 + 20 * step, 150)
        touch(chart, QEvent.Type.TouchUpdate, at, now=1000 + 10 * step)
    right = view(chart).right
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, 380, 150), now=1040)
    assert is_gliding(chart)
    qtbot.waitUntil(lambda: view(chart).right < right - 2)


def test_two_fingers_pinch_and_move(chart: ChartWidget) -> None:
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150))
    fingers = (STATE.Updated, 300, 150), (STATE.Pressed, 400, 150)
    touch(chart, QEvent.Type.TouchUpdate, *fingers)
    assert not chart._chart.is_held, "what the first began is let go"
    held, before = place(chart, 350), view(chart)
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 275, 150), (STATE.Updated, 425, 150))
    assert view(chart).spacing == pytest.approx(12.0)
    assert place(chart, 350) == pytest.approx(held)
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 295, 150), (STATE.Updated, 445, 150))
    assert place(chart, 370) == pytest.approx(held)
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 345, 150), (STATE.Released, 445, 150))
    after = view(chart)
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 245, 150))
    assert view(chart) == after != before, "the finger that stayed does not drag"
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, 245, 150))
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150))
    assert chart._chart.is_held, "but the next one does"
    touch(chart, QEvent.Type.TouchCancel)
    assert not chart._chart.is_held


def test_fingers_that_touch_each_other_are_no_end_of_the_world(chart: ChartWidget) -> None:
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150), (STATE.Pressed, 300, 150))
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 300, 150), (STATE.Updated, 300, 150))
    assert view(chart).spacing == 8.0
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 280, 150), (STATE.Updated, 320, 150))
    assert 8.0 < view(chart).spacing <= 96.0


def test_a_finger_taps_buttons(chart: ChartWidget) -> None:
    x, y, width, height = chart._chart.layout.latest_button
    at = int(x + width / 2), int(y + height / 2)
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, *at))
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, *at))
    assert chart.isFollowing()


def test_a_finger_held_still_opens_the_menu(chart: ChartWidget, qtbot: QtBot) -> None:
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150))
    assert surface(chart)._touch._held_still.isActive()
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 304, 150))
    surface(chart)._touch._held_still.setInterval(0)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    assert not chart._chart.is_held
    popup = QApplication.activePopupWidget()
    assert popup is not None
    popup.close()
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, 304, 150))


def test_a_finger_that_moves_opens_none(chart: ChartWidget) -> None:
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150))
    touch(chart, QEvent.Type.TouchUpdate, (STATE.Updated, 330, 150))
    assert not surface(chart)._touch._held_still.isActive()
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, 330, 150))
    touch(chart, QEvent.Type.TouchBegin, (STATE.Pressed, 300, 150))
    touch(chart, QEvent.Type.TouchEnd, (STATE.Released, 300, 150))
    assert not surface(chart)._touch._held_still.isActive()


def test_fingers_on_a_touchpad_are_no_fingers_on_the_chart(chart: ChartWidget) -> None:
    before = view(chart)
    at = (STATE.Pressed, 300, 150), (STATE.Pressed, 400, 150)
    assert not touch(chart, QEvent.Type.TouchBegin, *at, screen=PAD).isAccepted()
    assert view(chart) == before
    assert not chart._chart.is_held


# -- running on ------------------------------------------------------------------------------------


def test_a_chart_let_go_in_motion_runs_on_and_comes_to_rest(
    chart: ChartWidget, qtbot: QtBot
) -> None:
    flick(chart)
    right = view(chart).right
    assert is_gliding(chart)
    qtbot.waitUntil(lambda: not is_gliding(chart), timeout=20_000)
    assert view(chart).right < right - 20
    qtbot.waitUntil(lambda: not surface(chart)._glide.isActive())


def test_it_does_not_where_nobody_wants_it(chart: ChartWidget) -> None:
    chart.setProperty("kineticScrolling", False)  # noqa: FBT003 - Qt
    assert not chart.isKineticScrolling()
    flick(chart)
    assert not is_gliding(chart)
    chart.setKineticScrolling(True)
    flick(chart)
    chart.setKineticScrolling(False)
    assert not is_gliding(chart)


@pytest.mark.parametrize("how", ["press", "right", "wheel", "key", "hide"])
def test_the_next_thing_the_user_does_stops_it(chart: ChartWidget, how: str) -> None:
    flick(chart)
    QApplication.processEvents()
    assert is_gliding(chart)
    if how == "press":
        mouse(chart, QEvent.Type.MouseButtonPress, MIDDLE, 2000)
    elif how == "right":
        QTest.mousePress(surface(chart), Qt.MouseButton.RightButton, pos=MIDDLE)
    elif how == "wheel":
        pads(chart, 0, 1)
    elif how == "key":
        QTest.keyClick(surface(chart), Qt.Key.Key_Plus)
    else:
        chart.hide()
    assert not is_gliding(chart)
    after = view(chart)
    QApplication.processEvents()
    assert view(chart) == after


# -- what moves the view while it is held ----------------------------------------------------------


def test_nothing_moves_the_chart_under_the_users_hand(chart: ChartWidget) -> None:
    chart.showLatest()
    settle(chart)
    QTest.mousePress(surface(chart), Qt.MouseButton.LeftButton, pos=MIDDLE)
    QTest.mouseMove(surface(chart), MIDDLE + QPoint(9, 0))
    before = view(chart)
    chart.applyTrade(trade(START + 500 * MINUTE, 100_000.0, number=1))
    chart.setVisibleRange(START, START + 50 * MINUTE)
    older = wave(700)
    older["time"] -= 700 * MINUTE
    chart.prependCandles(older)
    settle(chart)
    assert view(chart) == before
    QTest.mouseRelease(surface(chart), Qt.MouseButton.LeftButton, pos=MIDDLE + QPoint(9, 0))
    assert view(chart).right == before.right + 1, "the new bar comes into view afterwards"


# -- zoom ------------------------------------------------------------------------------------------


def test_zoom_holds_the_newest_bar_in_view_if_that_is_wanted(chart: ChartWidget) -> None:
    assert chart.zoomAnchor() == "cursor"
    assert chart.setProperty("zoomAnchorName", "latest")
    assert chart.property("zoomAnchorName") == "latest"
    right = view(chart).right
    gesture(chart, Qt.NativeGestureType.ZoomNativeGesture, 1.0)
    assert (view(chart).spacing, view(chart).right) == (16.0, pytest.approx(right))
    chart.setZoomAnchor("middle")
    assert "a zoom anchor is one of cursor, latest; got 'middle'" in chart.errorText()
    assert chart.zoomAnchor() == "latest"


# -- the range in view -----------------------------------------------------------------------------


def test_the_range_in_view_is_told_once_a_frame_and_can_be_set(chart: ChartWidget) -> None:
    told = QSignalSpy(chart.visibleRangeChanged)
    moved = QSignalSpy(chart.viewMoved)
    wanted = START + 100 * MINUTE, START + 200 * MINUTE
    for shift in (3, 2, 1, 0):
        chart.setVisibleRange(wanted[0] - shift * MINUTE, wanted[1])
    settle(chart)
    assert chart.visibleRange() == wanted
    assert [list(one) for one in told] == [list(wanted)]
    assert len(moved) == 4
    settle(chart)
    assert len(told) == 1


def test_a_range_can_be_set_before_there_is_anything(qtbot: QtBot) -> None:
    blank = ChartWidget()
    qtbot.addWidget(blank)
    assert blank.visibleRange() is None
    wanted = START + 100 * MINUTE, START + 200 * MINUTE
    blank.setVisibleRange(*wanted)
    blank.setCandles(wave(500))
    blank.resize(640, 400)
    blank.show()
    qtbot.waitExposed(blank)
    settle(blank)
    assert blank.visibleRange() == wanted
    blank.resize(900, 500)
    settle(blank)
    assert blank.visibleRange() == wanted, "until somebody moves it"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((None, 5), "a time in ms since 1970 is expected; got None"),
        ((0, 10**15), "a time in ms since 1970 is expected; got 1000000000000000"),
        ((5, 5), "must begin before its end; got 5 to 5"),
        ((True, 5), "got True"),
        ((float("nan"), 5), "got nan"),
    ],
)
def test_no_other_range_is_taken(chart: ChartWidget, given: Any, message: str) -> None:
    before = view(chart)
    chart.setVisibleRange(*given)
    assert message in chart.errorText()
    assert view(chart) == before


def test_a_hidden_chart_tells_nothing(chart: ChartWidget, qtbot: QtBot) -> None:
    chart.hide()
    QApplication.processEvents()
    told = QSignalSpy(chart.visibleRangeChanged)
    chart.setVisibleRange(START + 100 * MINUTE, START + 200 * MINUTE)
    QApplication.processEvents()
    assert len(told) == 0
    chart.show()
    qtbot.waitUntil(lambda: len(told) == 1)


# -- the crosshair ---------------------------------------------------------------------------------


def crosshair(chart: ChartWidget) -> tuple[int, float | None]:
    found = chart.crosshair()
    assert found is not None
    return found


def test_the_crosshair_is_told(chart: ChartWidget) -> None:
    moved, left = QSignalSpy(chart.crosshairMoved), QSignalSpy(chart.crosshairLeft)
    QTest.mouseMove(surface(chart), MIDDLE)
    QTest.mouseMove(surface(chart), MIDDLE + QPoint(1, 1))
    settle(chart)
    time, price = crosshair(chart)
    assert [list(one) for one in moved] == [[time, price]]
    assert time == START + int(place(chart, 301)) * MINUTE
    below = QPoint(300, surface(chart).height() - 40)
    QTest.mouseMove(surface(chart), below)
    settle(chart)
    assert list(moved[-1]) == [time, None], "among the volumes there is no price"
    QApplication.sendEvent(surface(chart), QEvent(QEvent.Type.Leave))
    settle(chart)
    assert len(left) == 1
    assert chart.crosshair() is None
    assert len(moved) == 2


def test_a_crosshair_can_be_set_and_is_nobodys_news(chart: ChartWidget) -> None:
    moved, left = QSignalSpy(chart.crosshairMoved), QSignalSpy(chart.crosshairLeft)
    number = int(view(chart).right) - 20
    plain = surface(chart).grab().toImage()
    chart.setCrosshair(START + number * MINUTE + 5, 100_000.0)
    settle(chart)
    assert crosshair(chart) == (START + number * MINUTE, 100_000.0)
    assert surface(chart).grab().toImage() != plain
    chart.setCrosshair(START + number * MINUTE)
    assert crosshair(chart) == (START + number * MINUTE, None)
    chart.setCrosshair(None)
    settle(chart)
    assert chart.crosshair() is None
    assert surface(chart).grab().toImage() == plain
    assert (len(moved), len(left)) == (0, 0)
    QTest.mouseMove(surface(chart), MIDDLE)
    chart.setCrosshair(START + number * MINUTE)
    QTest.mouseMove(surface(chart), MIDDLE + QPoint(1, 1))
    assert crosshair(chart)[1] is not None, "the pointer takes over"
    chart.setCrosshair("now")  # type: ignore[arg-type]
    assert "a time in ms and a price or None are expected; got 'now', None" in chart.errorText()


def test_the_legend_can_be_read_by_keys_alone(chart: ChartWidget) -> None:
    moved, left = QSignalSpy(chart.crosshairMoved), QSignalSpy(chart.crosshairLeft)
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(3):
        QTest.keyClick(surface(chart), Qt.Key.Key_Left, control)
        settle(chart)
    newest = int(view(chart).right - 1e-9)
    bar = chart._chart.bars.bar(newest - 2)
    assert [one[0] for one in moved] == [bar.time + step * MINUTE for step in (2, 1, 0)]
    assert crosshair(chart) == (bar.time, bar.close)
    QTest.keyClick(surface(chart), Qt.Key.Key_Up, control)
    assert crosshair(chart)[1] != bar.close
    QTest.keyClick(surface(chart), Qt.Key.Key_Escape)
    settle(chart)
    assert chart.crosshair() is None
    assert len(left) == 1


def test_hiding_the_chart_ends_the_pointing(chart: ChartWidget) -> None:
    left = QSignalSpy(chart.crosshairLeft)
    QTest.mouseMove(surface(chart), MIDDLE)
    settle(chart)
    chart.hide()
    assert chart.crosshair() is None
    QApplication.processEvents()
    assert len(left) == 1


# -- keys ------------------------------------------------------------------------------------------


def test_keys_can_be_chosen(chart: ChartWidget) -> None:
    chart.setKey("zoom_in", QKeySequence("Ctrl+L"))
    QTest.keyClick(surface(chart), Qt.Key.Key_Plus)
    assert view(chart).spacing == 8.0
    QTest.keyClick(surface(chart), Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert view(chart).spacing == 10.0
    chart.setKey("zoom_out", "l")
    QTest.keyClick(surface(chart), Qt.Key.Key_L)
    assert view(chart).spacing == 8.0
    assert chart.keys()["zoom_out"] == [QKeySequence("L")]
    chart.setKey("zoom_out", "")
    assert chart.keys()["zoom_out"] == []
    assert chart.errorText() == ""


@pytest.mark.parametrize("text", ["ㅣ", "l"])
def test_a_letter_is_meant_whatever_the_keyboard_writes(chart: ChartWidget, text: str) -> None:
    """As a Korean input method sends it: the sign as text, and no key, or the sign's own."""
    chart.setKey("zoom_in", "L")
    code = Qt.Key.Key_L if text == "l" else 0
    QApplication.sendEvent(
        surface(chart),
        QKeyEvent(QEvent.Type.KeyPress, code, Qt.KeyboardModifier.NoModifier, text),
    )
    assert view(chart).spacing == 10.0


def test_shift_and_the_number_pad_make_no_difference(chart: ChartWidget) -> None:
    QTest.keyClick(surface(chart), Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)
    assert view(chart).spacing == 10.0
    QTest.keyClick(surface(chart), Qt.Key.Key_Plus, Qt.KeyboardModifier.KeypadModifier)
    assert view(chart).spacing == 12.5
    chart.setKey("reset", "Shift++")
    QTest.keyClick(surface(chart), Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)
    assert view(chart).spacing == 8.0, "unless there is something for both"


@pytest.mark.parametrize(
    ("action", "key", "message"),
    [
        ("jump", "J", "no key does 'jump'; the actions are older, newer"),
        ("older", "Ctrl+K, Ctrl+L", "one key such as 'Ctrl+L' is expected"),
        ("older", "Nonsense", "one key such as 'Ctrl+L' is expected; got 'Nonsense'"),
        ("older", 5.5, "one key such as 'Ctrl+L' is expected; got 5.5"),
    ],
)
def test_other_keys_are_refused(chart: ChartWidget, action: str, key: Any, message: str) -> None:
    before = chart.keys()
    chart.setKey(action, key)
    assert message in chart.errorText()
    assert chart.keys() == before


def test_what_was_chosen_is_kept(chart: ChartWidget, qtbot: QtBot) -> None:
    chart.setKey("latest", "L")
    chart.setZoomAnchor("latest")
    chart.setKineticScrolling(False)
    saved = chart.saveState()
    assert saved["keys"] == {"latest": ["L"]}
    other = ChartWidget()
    qtbot.addWidget(other)
    other.restoreState(saved)
    assert other.keys() == chart.keys()
    assert (other.zoomAnchor(), other.isKineticScrolling()) == ("latest", False)
    older = {name: saved[name] for name in ("version", "market", "timeframe", "spacing")}
    other.restoreState(older)
    assert other.keys() == chart.keys(), "a state from before says nothing about them"
    for name, wrong in (("keys", {"x": []}), ("zoom_anchor", 5), ("kinetic_scrolling", "no")):
        other.clearError()
        other.restoreState({**saved, "timeframe": "5m", name: wrong})
        assert other.errorText()
        assert other.timeframe() != "5m", "nothing of it was taken"


def test_an_action_can_be_done_without_its_key(chart: ChartWidget) -> None:
    chart.navigate("zoom_in")
    assert view(chart).spacing == 10.0
    chart.navigate("latest")
    assert chart.isFollowing()
    chart.navigate("fly")
    assert "no key does 'fly'" in chart.errorText()


def test_the_table_of_keys_is_the_codes() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    found = {name: keys for name, keys in rows if name in list(DEFAULT_KEYS)}
    assert found == {
        action.value: ", ".join(f"`{key}`" for key in keys) for action, keys in DEFAULT_KEYS.items()
    }


def test_a_surface_that_is_no_more_laid_out_can_still_be_asked(qtbot: QtBot) -> None:
    tiny = ChartWidget()
    qtbot.addWidget(tiny)
    tiny.setCandles(wave(50))
    tiny.resize(QSize(1, 1))
    assert tiny.visibleRange() is not None
