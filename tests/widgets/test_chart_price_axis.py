"""The price axis of ChartWidget with real mouse and keys, and its pixels on every scale. Qt."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction, QColor, QImage, QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, trade, wave
from tests.chart_on_screen import settle, surface
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import chart_menu
from upbit_ws_qt_widgets.models.bars import CLOSE, HIGH, LOW
from upbit_ws_qt_widgets.models.chart_picture import Picture
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind
from upbit_ws_qt_widgets.models.chart_scene import base_of
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]
LIGHT = Theme.named("light")
MODES = [(kind.value, inverted) for kind in ScaleKind for inverted in (False, True)]
ALT = Qt.KeyboardModifier.AltModifier


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


def picture(chart: ChartWidget) -> Picture:
    """What is on screen, as its painter was told."""
    settle(chart)
    return ChartResolver().resolve(chart._chart, 0.0)


def pixels(chart: ChartWidget) -> Pixels:
    """What is on screen, as 0xffRRGGBB, by row and column."""
    image = surface(chart).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def drag(chart: ChartWidget, start: QPoint, *places: QPoint) -> None:
    QTest.mouseMove(surface(chart), start + QPoint(1, 1))
    QTest.mouseMove(surface(chart), start)
    QTest.mousePress(surface(chart), Qt.MouseButton.LeftButton, pos=start)
    for place in places:
        QTest.mouseMove(surface(chart), place)
        settle(chart)
    QTest.mouseRelease(surface(chart), Qt.MouseButton.LeftButton, pos=places[-1])
    settle(chart)


def double_click(chart: ChartWidget, place: QPoint) -> None:
    QTest.mouseDClick(surface(chart), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseRelease(surface(chart), Qt.MouseButton.LeftButton, pos=place)
    settle(chart)


def set_mode(chart: ChartWidget, mode: tuple[str, bool]) -> None:
    chart.setPriceScale(mode[0])
    chart.setPriceInverted(mode[1])
    settle(chart)


def decades(chart: ChartWidget) -> float:
    scale = chart._chart.scale
    return math.log10(scale.high / scale.low)


def span(chart: ChartWidget) -> float:
    """How much the axis shows in the unit in which it is even."""
    scale = chart._chart.scale
    return decades(chart) if scale.is_log else scale.high - scale.low


# -- what is on screen -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_bars_marks_and_the_last_price_follow_the_scale(
    full: ChartWidget, mode: tuple[str, bool]
) -> None:
    set_mode(full, mode)
    state, made = full._chart, picture(full)
    height, scale = state.layout.price_bottom, state.scale
    assert (scale.kind, scale.is_inverted) == mode
    start, stop = state.view.range(state.layout.view_width, 0, 500)
    last, high, low = (
        float(state.bars.figures[CLOSE, -1]),
        float(state.bars.figures[HIGH, start:stop].max()),
        float(state.bars.figures[LOW, start:stop].min()),
    )
    assert made.front.price is not None
    assert made.front.price.y == round(float(scale.y(last, 0, height)))
    first, second = made.front.extremes
    assert [first.y, second.y] == [round(float(scale.y(price, 0, height))) for price in (high, low)]
    assert (first.y > second.y) is mode[1]
    assert (first.is_above, second.is_above) == ((False, True) if mode[1] else (True, False))
    found = pixels(full)
    candles = (found == LIGHT.rise.rgb()) | (found == LIGHT.fall.rgb())
    # The legend above and the tag on the right have the same colours.
    rows = np.flatnonzero(candles[80:height, :700].any(axis=1)) + 80
    assert abs(rows[0] - min(first.y, second.y)) <= 1
    assert abs(rows[-1] - max(first.y, second.y)) <= 1


@pytest.mark.parametrize("mode", MODES)
def test_the_pointer_names_what_is_under_it(full: ChartWidget, mode: tuple[str, bool]) -> None:
    set_mode(full, mode)
    QTest.mouseMove(surface(full), QPoint(400, 301))
    QTest.mouseMove(surface(full), QPoint(400, 300))
    cross = picture(full).front.crosshair
    assert cross is not None
    state = full._chart
    price = state.scale.price(300, 0, state.layout.price_bottom)
    tick = state.tick_size(price)
    if mode[0] == "percent":
        base = base_of(state)
        change = 100 * (price / base - 1)
        assert float(cross.side_text[:-1]) == pytest.approx(change, abs=100 * tick / base)
    else:
        assert abs(float(cross.side_text.replace(",", "")) - price) <= tick / 2


def test_percent_labels_count_from_the_first_bar_in_view_and_move_with_it(
    full: ChartWidget,
) -> None:
    full.setPriceScale("percent")
    for pan in (0, 300, 120):
        drag(full, QPoint(300, 300), QPoint(300 + pan, 300))
        state, made = full._chart, picture(full)
        start, _ = state.view.range(state.layout.view_width, 0, 500)
        base = float(state.bars.figures[CLOSE, start])
        assert len(made.backdrop.price_labels) >= 4
        for label in made.backdrop.price_labels:
            price = state.scale.price(label.y, 0, state.layout.price_bottom)
            pixel = 100 * span(full) / state.layout.price_bottom / base
            assert float(label.text[:-1]) == pytest.approx(100 * (price / base - 1), abs=pixel)
        tag = made.front.price
        last = float(state.bars.figures[CLOSE, -1])
        assert tag is not None
        assert float(tag.text[:-1]) == pytest.approx(100 * (last / base - 1), abs=0.005)
        closes = [item for item in made.front.legend[0] if item.label == "C"]
        pointed = float(closes[0].value.replace(",", ""))
        assert pointed in state.bars.figures[CLOSE], "in the legend prices stay prices"


def test_a_log_axis_shows_many_decades_of_a_bitcoin_market(qtbot: QtBot) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    chart.resize(900, 800)
    chart.setLanguage("en")
    chart.setAverages(())
    chart.setMarket("BTC-DOGE")
    candles = wave(500)
    factor = 10.0 ** (np.arange(500) / 60) * 1e-8 / 100_000
    for name in ("open", "high", "low", "close"):
        candles[name] *= factor
    candles["low"] = np.maximum(candles["low"], 1e-9)
    chart.setCandles(candles)
    chart._chart.set_spacing(1.6)
    chart.setPriceScale("log")
    chart.show()
    qtbot.waitExposed(chart)
    texts = [label.text for label in picture(chart).backdrop.price_labels]
    assert texts[0] == "0.00000001"
    assert "1.00000000" in texts
    assert {text.strip("0.")[:1] for text in texts} <= {"1", "2", "3", "5"}
    places = [label.y for label in picture(chart).backdrop.price_labels]
    assert min(abs(np.diff(places))) >= 30, "they are far enough apart to be read"
    assert chart.errorText() == ""


def test_a_trend_line_on_a_log_axis_is_straight_on_the_screen(full: ChartWidget) -> None:
    candles = wave(500)
    for name in ("open", "high", "low", "close"):
        candles[name] *= 10.0 ** (np.arange(500) / 100)
    full.setCandles(candles)
    anchors = [[START + 430 * MINUTE, 2e9], [START + 490 * MINUTE, 9e9]]
    full.setDrawings([{"version": 1, "kind": "trend", "anchors": anchors, "locked": False}])
    full.setPriceScale("log")
    before = pixels(full)
    full.clearDrawings()
    changed = before != pixels(full)
    columns = np.flatnonzero(changed.any(axis=0))
    middles = [float(np.flatnonzero(changed[:, x]).mean()) for x in columns]
    slope, height = np.polyfit(columns, middles, 1)
    assert len(columns) > 300
    assert abs(np.array(middles) - (slope * columns + height)).max() < 2.5
    scale, bottom = full._chart.scale, full._chart.layout.price_bottom
    ends = scale.y([2e9, 9e9], 0, bottom)
    assert middles[0] == pytest.approx(ends[0], abs=2)
    assert middles[-1] == pytest.approx(ends[1], abs=2)


def test_upside_down_a_hollow_candle_is_hollow_and_its_wick_is_outside(full: ChartWidget) -> None:
    full.setKind("hollow")
    upright = pixels(full)
    full.setPriceInverted(True)
    turned = pixels(full)
    for colour in (LIGHT.rise, LIGHT.fall):
        one, other = (int((each[:, :700] == colour.rgb()).sum()) for each in (upright, turned))
        assert other == pytest.approx(one, rel=0.1)


# -- autoscale -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_tick_inside_does_not_move_the_axis_and_one_outside_does(
    full: ChartWidget, mode: tuple[str, bool]
) -> None:
    set_mode(full, mode)
    scale = full._chart.scale
    at = START + 499 * MINUTE
    last = float(full._chart.bars.figures[CLOSE, -1])
    for number, price in enumerate((last + 500, last - 500, last + 1000), 1):
        full.applyTrade(trade(at + number, price, number=number))
        settle(full)
        assert full._chart.scale is scale
    full.applyTrade(trade(at + 9, 3 * last, number=9))
    settle(full)
    assert full._chart.scale.high > 3 * last


def test_the_axis_fits_the_indicators_only_where_that_is_wished(
    full: ChartWidget, qtbot: QtBot
) -> None:
    full.setIndicators([{"key": "bollinger", "settings": {"length": 200, "width": 9.0}}])
    settle(full)
    alone = span(full)
    with qtbot.waitSignal(full.fitIndicatorsChanged) as told:
        full.setFitIndicators(True)
    assert told.args == [True]
    settle(full)
    assert span(full) > 2 * alone
    full.setFitIndicators(False)
    settle(full)
    assert span(full) == pytest.approx(alone)


# -- by hand ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_the_axis_is_dragged_moved_and_reset_on_every_scale(
    full: ChartWidget, mode: tuple[str, bool]
) -> None:
    set_mode(full, mode)
    fitted, room = full._chart.scale, span(full)
    drag(full, QPoint(870, 150), QPoint(870, 250))
    assert span(full) == pytest.approx(room * math.exp(0.5), rel=1e-6)
    assert not full._chart.scale.auto
    height = full._chart.layout.price_bottom
    pointed = full._chart.scale.price(200, 0, height)
    drag(full, QPoint(300, 200), QPoint(300, 260))
    assert full._chart.scale.price(260, 0, height) == pytest.approx(pointed, rel=1e-9)
    assert full._chart.scale.kind == mode[0]
    double_click(full, QPoint(870, 150))
    assert full._chart.scale.auto
    assert (full._chart.scale.low, full._chart.scale.high) == pytest.approx(
        (fitted.low, fitted.high), rel=0.2
    )


def test_the_axis_of_an_indicator_is_stretched_and_reset(full: ChartWidget) -> None:
    full.setIndicators([{"key": "rsi"}])
    settle(full)
    box = full._chart.layout.panes[1]
    axis, plot = QPoint(870, box.top + 30), QPoint(300, box.top + 30)
    before = [label.text for label in picture(full).backdrop.panes[1].labels]
    QTest.mouseMove(surface(full), axis)
    assert surface(full).cursor().shape() == Qt.CursorShape.SizeVerCursor
    drag(full, axis, axis + QPoint(0, -60))
    scale = full._chart.pane_scales[box.subject]
    assert scale.high - scale.low < 100
    drag(full, plot, plot + QPoint(0, 12))
    assert full._chart.pane_scales[box.subject].low > scale.low
    assert full.isScaledByHand()
    assert full._chart.scale.auto, "the prices have their own axis"
    double_click(full, axis)
    assert [label.text for label in picture(full).backdrop.panes[1].labels] == before
    assert not full.isScaledByHand()


def test_the_volume_is_stretched_too(full: ChartWidget) -> None:
    box = full._chart.layout.panes[0]
    rise = LIGHT.volume_rise.rgb()
    before = int((pixels(full)[box.top : box.bottom] == rise).sum())
    drag(full, QPoint(870, box.top + 20), QPoint(870, box.top + 90))
    assert int((pixels(full)[box.top : box.bottom] == rise).sum()) < 0.8 * before
    full.resetScales()
    assert int((pixels(full)[box.top : box.bottom] == rise).sum()) == before


# -- choosing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "hangul", "mode"),
    [
        (Qt.Key.Key_L, "ㅣ", ("log", False)),
        (Qt.Key.Key_P, "ㅔ", ("percent", False)),
        (Qt.Key.Key_I, "ㅑ", ("linear", True)),
    ],
)
def test_keys_choose_the_scale_under_any_keyboard(
    full: ChartWidget, key: Qt.Key, hangul: str, mode: tuple[str, bool]
) -> None:
    surface(full).setFocus()
    QTest.keyClick(surface(full), key, ALT)
    assert (full.priceScale(), full.isPriceInverted()) == mode
    QTest.keyClick(surface(full), key, ALT)
    assert (full.priceScale(), full.isPriceInverted()) == ("linear", False)
    for code in (ord(hangul), 0):
        written = QKeyEvent(QKeyEvent.Type.KeyPress, code, ALT, hangul)
        QApplication.sendEvent(surface(full), written)
    assert (full.priceScale(), full.isPriceInverted()) == ("linear", False), "there and back"
    QApplication.sendEvent(surface(full), QKeyEvent(QKeyEvent.Type.KeyPress, 0, ALT, hangul))
    assert (full.priceScale(), full.isPriceInverted()) == mode
    QTest.keyClick(surface(full), Qt.Key.Key_K, ALT)
    QTest.keyClick(surface(full), key)
    assert (full.priceScale(), full.isPriceInverted()) == mode


def entries(chart: ChartWidget, language: str) -> dict[str, QAction]:
    chart.setLanguage(language)
    menu = chart_menu(chart)
    menus = [action.menu() for action in menu.actions()]
    title = {"en": "Price axis", "ko": "가격축"}[language]
    (section,) = [each for each in menus if each is not None and each.title() == title]
    assert isinstance(section, QMenu)
    texts = [action for action in section.actions() if not action.isSeparator()]
    return {action.text().split("\t")[0]: action for action in texts}


def test_the_menu_chooses_the_same_in_both_languages(full: ChartWidget) -> None:
    english = entries(full, "en")
    assert list(english) == [
        "Linear",
        "Logarithmic",
        "Per cent",
        "Upside down",
        "Fit indicators too",
        "Fit to what is in view",
        "Compare with another market…",
    ]
    assert english["Linear"].isChecked()
    assert not english["Fit to what is in view"].isEnabled()
    english["Logarithmic"].trigger()
    english["Upside down"].trigger()
    english["Fit indicators too"].trigger()
    assert (full.priceScale(), full.isPriceInverted(), full.isFitIndicators()) == (
        "log",
        True,
        True,
    )
    settle(full)
    drag(full, QPoint(870, 150), QPoint(870, 250))
    korean = entries(full, "ko")
    assert korean["로그"].isChecked()
    assert korean["상하 반전"].isChecked()
    korean["화면에 맞춤"].trigger()
    assert full._chart.scale.auto
    korean["퍼센트"].trigger()
    assert full.priceScale() == "percent"


def test_another_scale_is_told_once(full: ChartWidget, qtbot: QtBot) -> None:
    told: list[Any] = []
    full.priceScaleChanged.connect(told.append)
    full.priceInvertedChanged.connect(told.append)
    full.setPriceScale("log")
    full.setPriceScale("log")
    full.setPriceInverted(True)
    full.setPriceInverted(True)
    assert told == ["log", True]
    with qtbot.waitSignal(full.errorOccurred) as wrong:
        full.setPriceScale("square")
    assert "linear, log, percent" in wrong.args[0]
    assert full.priceScale() == "log"


def test_the_state_keeps_the_axis_and_one_from_before_leaves_it(full: ChartWidget) -> None:
    set_mode(full, ("log", True))
    full.setFitIndicators(True)
    state = full.saveState()
    set_mode(full, ("linear", False))
    full.setFitIndicators(False)
    full.restoreState(state)
    assert (full.priceScale(), full.isPriceInverted(), full.isFitIndicators()) == (
        "log",
        True,
        True,
    )
    old = {
        key: value
        for key, value in state.items()
        if key not in ("price_scale", "price_inverted", "fit_indicators")
    }
    full.restoreState(old)
    assert full.errorText() == ""
    assert full.priceScale() == "log"
    full.restoreState({**state, "price_inverted": "yes"})
    assert "price_inverted" in full.errorText()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_scale_is_an_error_on_an_empty_chart(qtbot: QtBot, theme: str) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    chart.setTheme(theme)
    chart.show()
    for mode in MODES:
        set_mode(chart, mode)
    assert chart.errorText() == ""
    background = QColor(Theme.named(theme).background).rgb()
    assert (pixels(chart) == background).mean() > 0.9
