"""What users of other charts complain of, tried on ours: docs/widgets/complaints.md. Qt."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QEvent, QObject, QPoint, Qt, QThread, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QPainter, QPen
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QGridLayout, QWidget
from pytestqt.qtbot import QtBot

import upbit_ws_qt_widgets
from tests.chart_bars import MINUTE, START, candle, trade, wave
from tests.chart_on_screen import settle, surface
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import backdrop
from upbit_ws_qt_widgets.chart import canvas as canvas_module
from upbit_ws_qt_widgets.models.chart_layout import BarGrid
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]
LIGHT = Theme.named("light")


def made(parent: QWidget | None = None) -> ChartWidget:
    """A chart in light colours and English, with nothing in it."""
    chart = ChartWidget(parent)
    chart.setTheme("light")
    chart.setLanguage("en")
    chart.resize(800, 500)
    return chart


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart of KRW-BTC on screen, without candles."""
    widget = made()
    qtbot.addWidget(widget)
    widget.setMarket("KRW-BTC")
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def pixels(widget: QWidget) -> Pixels:
    """What a painting of it has, as 0xffRRGGBB, by row and column."""
    return _pixels_of(widget.grab().toImage())


def on_screen(window: QWidget) -> Pixels:
    """What was painted last, without painting anything."""
    screen = window.screen()
    assert screen is not None
    return _pixels_of(screen.grabWindow(window.winId()).toImage())


def _pixels_of(image: QImage) -> Pixels:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def is_bar(found: Pixels) -> npt.NDArray[np.bool_]:
    """Where pixels have the colour of a candle."""
    return np.isin(found, [LIGHT.direction(sign).rgb() for sign in (-1, 0, 1)])


def plot(chart: ChartWidget) -> Pixels:
    """The pixels in which prices are drawn, below the legend."""
    layout = chart._chart.layout
    return pixels(surface(chart))[90 : layout.price_bottom, : layout.plot_width]


def count(found: Pixels, colour: QColor) -> int:
    return int((found == colour.rgb()).sum())


def minutes(number: int) -> npt.NDArray[np.void]:
    """So many bars, quickly."""
    tiled = np.tile(wave(1000), -(-number // 1000))[:number]
    tiled["time"] = START - (number - np.arange(number, dtype=np.int64)) * MINUTE
    return tiled


# State: how often its widget was painted.
class Paintings(QObject):
    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        self.count += a1 is not None and a1.type() == QEvent.Type.Paint
        return super().eventFilter(a0, a1)


# -- many bars -------------------------------------------------------------------------------------


def test_half_a_million_bars_are_dragged_without_a_look_at_those_out_of_view(
    chart: ChartWidget,
) -> None:
    chart.setCandles(minutes(500_000))
    settle(chart)
    target, former = surface(chart), on_screen(chart)
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    for step in range(1, 11):
        QTest.mouseMove(target, QPoint(100 + 37 * step, 200))
        QApplication.processEvents()
        shown = on_screen(chart)
        assert (shown != former).any()
        former = shown
        columns = target._resolver._columns
        assert columns is not None
        assert len(columns[1]) < 200
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(470, 200))
    assert not chart.isFollowing()


def test_a_line_of_half_a_million_values_is_as_long_as_the_screen_is_wide(
    chart: ChartWidget,
) -> None:
    chart.setCandles(minutes(500_000))
    chart.restoreState(chart.saveState() | {"spacing": 700 / 500_000})
    settle(chart)
    picture = surface(chart)._drawn
    assert picture is not None
    lines = picture[0].overlays.lines
    assert len(lines) == 3
    for line in lines:
        assert 300 < len(line.segments) < 1600


# -- few bars --------------------------------------------------------------------------------------


def test_from_the_first_bar_on_the_newest_stays_in_view(chart: ChartWidget) -> None:
    for number in range(300):
        chart.upsertCandle(candle(number, 1000.0 + number))
        if number in (0, 1, 2, 50, 299):
            settle(chart)
            layout, view = chart._chart.layout, chart._chart.view
            newest = BarGrid.of(view.spacing, view.right, layout).centre(number)
            assert 0 < newest < layout.plot_width
            assert is_bar(pixels(surface(chart))[60 : layout.price_bottom, newest]).any()


# -- odd numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "height"), [(0.0000001, 30), (0.0001, 150), (5e9, 150)])
def test_candles_of_any_price_are_seen(chart: ChartWidget, price: float, height: int) -> None:
    """The first of them has hardly two ticks of the exchange from its lowest to its highest."""
    chart.setMarket("BTC-XRP" if price < 1 else "KRW-BTC")
    bars = wave(60)
    for name in ("open", "high", "low", "close"):
        bars[name] *= price / 100_000.0
    chart.setCandles(bars)
    settle(chart)
    assert chart.errorText() == ""
    found = is_bar(plot(chart))
    assert found.sum() > 500
    rows = np.flatnonzero(found.any(axis=1))
    assert rows[-1] - rows[0] > height


def test_traded_values_of_trillions_are_seen(chart: ChartWidget) -> None:
    bars = wave(60)
    bars["value"] = 1e12 * (1 + np.arange(60) % 7)
    chart.setCandles(bars)
    chart.setValueShown(True)
    settle(chart)
    volume = chart._chart.layout.volume
    assert volume is not None
    below = pixels(surface(chart))[volume.top : volume.bottom]
    found = np.isin(below, [LIGHT.volume_rise.rgb(), LIGHT.volume_fall.rgb()])
    tops = found.argmax(axis=0)[found.any(axis=0)]
    assert len(set(tops.tolist())) == 7, "seven different heights"


def test_where_nobody_traded_there_is_no_gap_and_times_move_no_bar(chart: ChartWidget) -> None:
    bars = wave(80)
    chart.setCandles(bars)
    settle(chart)
    before = is_bar(plot(chart))
    assert before.any()
    pauses = np.arange(80, dtype=np.int64) // 9
    bars["time"] += pauses * 7 * MINUTE - 9 * 365 * 24 * 60 * MINUTE
    chart.setCandles(bars)
    chart.showLatest()
    settle(chart)
    assert (is_bar(plot(chart)) == before).all()


# -- live ------------------------------------------------------------------------------------------


def test_the_crosshair_follows_the_pointer_while_trades_pour_in(chart: ChartWidget) -> None:
    chart.setCandles(minutes(2_000))
    settle(chart)
    target, number = surface(chart), 0
    for x in range(100, 500, 40):
        for _ in range(200):
            number += 1
            chart.applyTrade(trade(START - MINUTE + number, 100_000.0, number=number))
        QTest.mouseMove(target, QPoint(x, 150))
        QApplication.processEvents()
        upright = (on_screen(chart) == LIGHT.crosshair.rgb()).sum(axis=0)
        # It snaps to the bar under the pointer.
        assert abs(int(upright[:600].argmax()) - x) <= chart._chart.view.spacing
    assert chart._chart.bars.bar(1999).volume > number


def test_a_drag_goes_with_the_pointer_while_trades_pour_in(chart: ChartWidget) -> None:
    chart.setCandles(minutes(2_000))
    settle(chart)
    target, number = surface(chart), 0
    paintings = Paintings(target)
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    begun = chart._chart.view
    for step in range(1, 9):
        for _ in range(100):
            number += 1
            # Each opens a new bar, which otherwise would move the view along.
            chart.applyTrade(trade(START + number * MINUTE, 100_000.0, number=number))
        QTest.mouseMove(target, QPoint(100 + 40 * step, 200))
        view = chart._chart.view
        moved = (begun.right - view.right) * view.spacing
        assert moved == pytest.approx(40 * step, abs=1)
    QApplication.processEvents()
    assert paintings.count <= 2 * 8
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(420, 200))
    assert len(chart._chart.bars) == 2_000 + number


# State: nothing of its own.
class Producer(QThread):
    """A thread that makes trades."""

    made = pyqtSignal(object)

    def run(self) -> None:
        for number in range(50):
            self.made.emit(trade(START + number, 100_000.0, number=number))


def test_trades_of_a_thread_arrive_by_its_signal(chart: ChartWidget, qtbot: QtBot) -> None:
    """A warning of Qt about timers of another thread would fail this test."""
    chart.setCandles(wave(1))
    producer = Producer()
    producer.made.connect(chart.applyTrade)
    with qtbot.waitSignal(producer.finished):
        producer.start()
    qtbot.waitUntil(lambda: chart._chart.bars.bar(0).volume == 51.0)
    producer.wait()
    assert chart.errorText() == ""


# -- several ---------------------------------------------------------------------------------------


def test_eighteen_charts_each_work_for_themselves_alone(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    grid = QGridLayout(window)
    charts = [made(window) for _ in range(18)]
    for place, chart in enumerate(charts):
        chart.setToolbarVisible(False)
        chart.setMarket("KRW-BTC" if place % 2 else "KRW-ETH")
        chart.setCandles(minutes(1_650))
        grid.addWidget(chart, place // 6, place % 6)
    window.resize(1800, 900)
    window.show()
    qtbot.waitExposed(window)
    settle(*charts)
    paintings = [Paintings(surface(chart)) for chart in charts]
    QTest.keyClick(surface(charts[3]), Qt.Key.Key_Left)
    QApplication.processEvents()
    assert [each.count for each in paintings] == [int(place == 3) for place in range(18)]
    backdrops = [surface(chart)._drawn for chart in charts]
    for number in range(20):
        for place, chart in enumerate(charts):
            market = "KRW-BTC" if place % 2 else "KRW-ETH"
            at = START - MINUTE + number
            price = float(minutes(1_650)["close"][-1])
            chart.applyTrade(trade(at, price, 0.001, number=number, market=market))
    qtbot.waitUntil(lambda: all(each.count > int(at == 3) for at, each in enumerate(paintings)))
    assert sum(each.count for each in paintings) <= 1 + 2 * 18
    assert [surface(chart)._drawn for chart in charts] == backdrops


# -- coming and going ------------------------------------------------------------------------------


def test_everything_may_be_said_before_a_chart_is_ever_shown(qtbot: QtBot) -> None:
    early, late = made(), made()
    for widget in (early, late):
        qtbot.addWidget(widget)
    late.show()
    qtbot.waitExposed(late)
    for widget in (early, late):
        widget.setMarket("KRW-BTC")
        widget.setTimeframe(Timeframe.MINUTE_1)
        widget.setCandles(wave(300))
        widget.applyTrade(trade(START + 299 * MINUTE + 1, 99_000.0, number=1))
        widget.setKind("hollow")
        widget.restoreState(widget.saveState())
    early.show()
    qtbot.waitExposed(early)
    settle(early, late)
    assert is_bar(plot(early)).any()
    assert (pixels(surface(early)) == pixels(surface(late))).all()


def test_a_chart_that_is_opened_again_has_nothing_of_the_former(qtbot: QtBot) -> None:
    blanks: list[Pixels] = []
    for _ in range(3):
        window = made()
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.show()
        qtbot.waitExposed(window)
        blanks.append(pixels(window))
        assert (blanks[-1] == blanks[0]).all()
        window.setMarket("KRW-BTC")
        window.setCandles(wave(300))
        settle(window)
        assert is_bar(plot(window)).any()
        with qtbot.waitSignal(window.destroyed):
            window.close()
        del window


def test_a_thousand_charts_leave_no_object_behind(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.show()
    candles = wave(100)

    def come_and_go(rounds: int) -> int:
        for number in range(rounds):
            chart = ChartWidget(host)
            chart.setMarket("KRW-BTC")
            chart.setCandles(candles)
            chart.applyTrade(trade(START + 99 * MINUTE + 1, number=1))
            if number % 25 == 0:
                chart.show()
                settle(chart)
            chart.setParent(None)
            chart.deleteLater()
            del chart
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        return len(gc.get_objects())

    come_and_go(100)
    before = come_and_go(400)
    after = come_and_go(600)
    assert after - before < 100, "less than one for six charts"
    assert host.findChildren(QWidget) == []


def test_all_candles_given_again_with_each_tick_neither_pile_up_nor_move_the_view(
    chart: ChartWidget,
) -> None:
    """The dear way to say that one candle changed; ``upsertCandle`` is the cheap one."""
    bars = minutes(3_000)
    chart.setCandles(bars)
    settle(chart)
    QTest.keyClick(surface(chart), Qt.Key.Key_PageUp)
    settle(chart)
    view, shown = chart._chart.view, is_bar(plot(chart))

    def repeat(times: int) -> int:
        for number in range(times):
            bars["close"][-1] = bars["low"][-1] + number % 5
            chart.setCandles(bars)
            settle(chart)
        gc.collect()
        return len(gc.get_objects())

    before = repeat(20)
    assert repeat(100) - before < 20
    chart.setCandles(minutes(3_000))
    settle(chart)
    assert chart._chart.view == view
    assert (is_bar(plot(chart)) == shown).all()


# -- looks -----------------------------------------------------------------------------------------


def test_the_grid_ends_where_the_labels_begin(chart: ChartWidget) -> None:
    chart.setCandles(wave(300))
    settle(chart)
    found, layout = pixels(surface(chart)), chart._chart.layout
    inside = found[: layout.plot_bottom, : layout.plot_width - 1]
    assert count(inside, LIGHT.grid) > 1000
    assert count(found[: layout.plot_bottom, layout.plot_width + 2 :], LIGHT.grid) == 0
    assert count(found[layout.plot_bottom + 2 :], LIGHT.grid) == 0


def test_lines_are_thin_and_opaque(chart: ChartWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide or translucent ones are twenty to sixty times as dear."""
    pens: list[QPen] = []

    class Watched(QPainter):
        def setPen(self, *given: Any) -> None:
            super().setPen(*given)
            pens.append(QPen(self.pen()))

    for module in (backdrop, canvas_module):
        monkeypatch.setattr(module, "QPainter", Watched)
    chart.setCandles(wave(300))
    QTest.mouseMove(surface(chart), QPoint(300, 200))
    settle(chart)
    drawn = [pen for pen in pens if pen.style() != Qt.PenStyle.NoPen]
    assert len(drawn) > 20
    assert {pen.color().alpha() for pen in drawn} == {255}
    assert {pen.width() for pen in drawn} == {1}


def test_themes_are_switched_without_a_word_to_the_application(
    chart: ChartWidget, qapp: QApplication
) -> None:
    chart.setCandles(wave(300))
    settle(chart)
    before, palette = pixels(chart), qapp.palette()
    for name in ("dark", "light"):
        chart.setTheme(name)
        settle(chart)
        assert (pixels(chart) == before).all() == (name == "light")
    assert qapp.styleSheet() == ""
    assert qapp.palette() == palette


def test_no_widget_asks_for_opengl_or_a_browser() -> None:
    [folder] = upbit_ws_qt_widgets.__path__
    imported = {
        name
        for path in Path(folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _names_of(node)
    }
    assert "PyQt6.QtWidgets" in imported
    assert [name for name in sorted(imported) if "OpenGL" in name or "WebEngine" in name] == []


def _names_of(node: Any) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return []
