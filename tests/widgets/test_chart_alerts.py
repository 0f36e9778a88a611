"""Price alerts on a ChartWidget: made, moved, fired and kept. Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from tests.chart_bars import candle, trade, wave
from tests.chart_on_screen import settle, surface
from tests.widget_desk import hangul_key
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.chart_menu import chart_section
from upbit_ws_qt_widgets.models.marks_picture import LineMark

LEFT = Qt.MouseButton.LeftButton


class Seen:
    """What a chart reported, and trades for it one after the other."""

    def __init__(self, chart: ChartWidget) -> None:
        self.fired: list[tuple[int, float, float]] = []
        self.changes: list[str] = []
        self.errors: list[str] = []
        self._chart = chart
        self._time = int(chart._chart.bars.times[-1])
        chart.alertTriggered.connect(lambda *told: self.fired.append(told))
        chart.alertsChanged.connect(self.changes.append)
        chart.errorOccurred.connect(self.errors.append)

    def trade(self, price: float) -> None:
        self._time += 1
        self._chart.applyTrade(trade(self._time, price, number=self._time))


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart on screen whose last price is 100,000, 800 × 500, light and English."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    rows = wave(500)
    rows["open"][-1] = rows["close"][-1] = 100_000.0
    rows["low"][-1], rows["high"][-1] = 95_000.0, 105_000.0
    widget.setCandles(rows)
    settle(widget)
    return widget


@pytest.fixture
def seen(chart: ChartWidget) -> Seen:
    return Seen(chart)


def lines(chart: ChartWidget) -> list[LineMark]:
    front = surface(chart)._resolver.resolve(chart._chart, surface(chart).now()).front
    return [] if front.marks is None else list(front.marks.lines)


def spot(chart: ChartWidget, price: float, x: int = 300) -> QPoint:
    """Where a price is on the surface."""
    layout = chart._chart.layout
    y = float(chart._chart.scale.y(price, 0, layout.price_bottom)) / layout.ratio
    return QPoint(x, round(y))


def point(chart: ChartWidget, place: QPoint) -> None:
    """Move the pointer; a move to where it is already would make no event."""
    QTest.mouseMove(surface(chart), place + QPoint(1, 1))
    QTest.mouseMove(surface(chart), place)


def drag(chart: ChartWidget, price: float, to: float) -> None:
    point(chart, spot(chart, price))
    QTest.mousePress(surface(chart), LEFT, pos=spot(chart, price))
    QTest.mouseMove(surface(chart), spot(chart, to))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, to))


def key(chart: ChartWidget, code: Qt.Key) -> None:
    QTest.keyClick(surface(chart), code)


def entries(chart: ChartWidget) -> list[str]:
    menu = chart_section(chart, "alerts")
    found = [action.text() for action in menu.actions() if not action.isSeparator()]
    menu.deleteLater()
    return found


def pick(chart: ChartWidget, text: str) -> None:
    menu = chart_section(chart, "alerts")
    [action] = [action for action in menu.actions() if action.text().startswith(text)]
    action.trigger()
    menu.deleteLater()


# -- firing --------------------------------------------------------------------------------------


def test_an_alert_fires_once_and_is_shown_as_fired(chart: ChartWidget, seen: Seen) -> None:
    alert = chart.addAlert(101_000.0)
    assert alert is not None
    assert [line.label for line in lines(chart)] == ["Alert"]
    seen.trade(100_900)
    assert seen.fired == []
    seen.trade(101_500)
    assert seen.fired == [(alert, 101_000.0, 101_500.0)]
    assert [line.label for line in lines(chart)] == ["Alert reached"]
    seen.trade(100_000)
    seen.trade(102_000)
    assert len(seen.fired) == 1
    assert seen.changes == ["KRW-BTC", "KRW-BTC"]
    chart.rearmAlert(alert)
    seen.trade(100_000)
    assert len(seen.fired) == 2


def test_only_trades_fire_not_candles_of_the_past(chart: ChartWidget, seen: Seen) -> None:
    chart.addAlert(101_000.0)
    chart.addAlert(99_000.0)
    chart.prependCandles(wave(700)[:100])
    chart.setCandles(wave(500))
    chart.upsertCandle(candle(499, 102_000.0, at=chart._chart.bars.bar(499).time))
    assert seen.fired == []
    seen.trade(98_000)
    assert [alert for alert, _, _ in seen.fired] == [2]


def test_an_alert_is_not_fired_by_a_trade_from_before_it_was_made(
    chart: ChartWidget, seen: Seen
) -> None:
    time = int(chart._chart.bars.times[-1]) + 1_000
    chart.applyTrade(trade(time, 100_500.0, number=10))
    chart.addAlert(101_000.0)
    chart.applyTrade(trade(time - 1, 101_500.0, number=9))
    chart.applyTrade(trade(time, 101_500.0, number=10))
    assert seen.fired == []


def test_late_trades_and_those_of_other_markets_do_not_fire(chart: ChartWidget, seen: Seen) -> None:
    chart.addAlert(101_000.0)
    time = int(chart._chart.bars.times[-1]) + 1_000
    chart.applyTrade(trade(time, 100_500.0, number=10))
    chart.applyTrade(trade(time - 1, 101_500.0, number=9))
    chart.applyTrade(trade(time, 101_500.0, number=10))
    chart.applyTrade(trade(time + 5, 101_500.0, number=11, market="KRW-ETH"))
    assert seen.fired == []
    chart.applyTrade(trade(time + 5, 101_500.0, number=12))
    assert len(seen.fired) == 1


def test_a_slot_may_take_the_alert_away(chart: ChartWidget, seen: Seen) -> None:
    chart.alertTriggered.connect(lambda alert: chart.removeAlert(alert))
    chart.addAlert(101_000.0)
    chart.addAlert(101_500.0)
    seen.trade(102_000)
    assert len(seen.fired) == 2
    assert chart.alerts() == []
    assert seen.errors == []


def test_each_market_has_its_own(chart: ChartWidget, seen: Seen) -> None:
    chart.addAlert(101_000.0)
    chart.setMarket("KRW-ETH")
    assert chart.alerts() == []
    chart.setCandles(wave(10))
    chart.addAlert(50.0)
    chart.setMarket("KRW-BTC")
    assert [alert["price"] for alert in chart.alerts()] == [101_000.0]
    # What happened meanwhile is told by the first trade.
    seen.trade(105_000)
    assert [price for _, price, _ in seen.fired] == [101_000.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda chart: chart.addAlert(0),
        lambda chart: chart.addAlert(1.0, "up"),
        lambda chart: chart.removeAlert(99),
        lambda chart: chart.rearmAlert(99),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    chart: ChartWidget, seen: Seen, call: Any
) -> None:
    chart.addAlert(101_000.0)
    before = chart.alerts()
    assert call(chart) is None
    assert len(seen.errors) == 1
    assert chart.alerts() == before


# -- the hand and the keys -----------------------------------------------------------------------


def test_the_key_makes_one_at_the_crosshair_and_delete_takes_it_away(
    chart: ChartWidget, seen: Seen
) -> None:
    point(chart, spot(chart, 101_000))
    key(chart, Qt.Key.Key_A)
    [alert] = chart.alerts()
    assert alert["price"] == pytest.approx(101_000, abs=200)
    assert alert["price"] % 100 == 0
    [line] = lines(chart)
    assert line.is_chosen
    assert line.has_bell
    key(chart, Qt.Key.Key_Delete)
    assert chart.alerts() == []
    assert len(seen.changes) == 2


def test_without_a_pointer_the_key_begins_at_the_last_price(chart: ChartWidget, seen: Seen) -> None:
    hangul_key(surface(chart), "ㅁ")
    assert [alert["price"] for alert in chart.alerts()] == [100_000.0]
    for _ in range(3):
        key(chart, Qt.Key.Key_Up)
    key(chart, Qt.Key.Key_Return)
    assert [alert["price"] for alert in chart.alerts()] == [100_300.0]
    # Over a pane below the prices there is no price either.
    point(chart, QPoint(300, surface(chart).height() - 60))
    key(chart, Qt.Key.Key_A)
    assert chart.alerts()[1]["price"] == 100_000.0


def test_delete_takes_away_the_one_under_the_pointer(chart: ChartWidget) -> None:
    chart.addAlert(101_000.0)
    chart.addAlert(99_000.0)
    settle(chart)
    point(chart, spot(chart, 100_000))
    key(chart, Qt.Key.Key_Delete)
    assert len(chart.alerts()) == 2
    point(chart, spot(chart, 99_000))
    key(chart, Qt.Key.Key_Backspace)
    assert [alert["price"] for alert in chart.alerts()] == [101_000.0]
    surface(chart)._state.pointer = None
    key(chart, Qt.Key.Key_Delete)
    assert len(chart.alerts()) == 1


def test_dragged_it_waits_at_its_new_price(chart: ChartWidget, seen: Seen) -> None:
    chart.addAlert(101_000.0)
    settle(chart)
    seen.trade(101_000)
    assert len(seen.fired) == 1
    settle(chart)
    drag(chart, 101_000, 103_000)
    [alert] = chart.alerts()
    assert alert["price"] == pytest.approx(103_000, abs=200)
    assert not alert["fired"]
    seen.trade(104_000)
    assert len(seen.fired) == 2


def test_a_chart_without_bars_has_no_use_for_the_keys(qtbot: QtBot) -> None:
    empty = ChartWidget()
    qtbot.addWidget(empty)
    empty.show()
    key(empty, Qt.Key.Key_A)
    key(empty, Qt.Key.Key_O)
    assert empty.alerts() == []
    assert empty.alertPrice() is None
    assert len(entries(empty)) == 1


# -- the menu ------------------------------------------------------------------------------------


def test_the_menu_makes_them_at_the_pointers_price(chart: ChartWidget) -> None:
    point(chart, spot(chart, 101_000))
    price = chart.alertPrice()
    assert price is not None
    shown = f"{price:,.0f}"
    assert entries(chart) == [
        f"Alert when {shown} is crossed\tA",
        f"Alert when it rises above {shown}",
        f"Alert when it falls below {shown}",
        "Another price…",
    ]
    pick(chart, "Alert when it rises")
    pick(chart, "Alert when it falls")
    pick(chart, f"Alert when {shown}")
    found = [(alert["price"], alert["direction"]) for alert in chart.alerts()]
    assert found == [(price, "above"), (price, "below"), (price, "cross")]


def test_the_menu_arms_and_removes_them(chart: ChartWidget, seen: Seen) -> None:
    chart.addAlert(101_000.0)
    chart.addAlert(99_000.0)
    seen.trade(101_000)
    assert entries(chart)[4:] == [
        "Arm the alert at 101,000 again",
        "Remove the alert at 101,000",
        "Remove the alert at 99,000",
        "Remove all alerts",
    ]
    pick(chart, "Arm the alert")
    assert not any(alert["fired"] for alert in chart.alerts())
    pick(chart, "Remove the alert at 101,000")
    assert [alert["price"] for alert in chart.alerts()] == [99_000.0]
    chart.setLanguage("ko")
    assert entries(chart)[-2:] == ["99,000 알림 삭제", "알림 모두 삭제"]
    pick(chart, "알림 모두 삭제")
    assert chart.alerts() == []


def test_the_menu_asks_for_another_price(chart: ChartWidget) -> None:
    pick(chart, "Another price")
    dialog = chart.findChild(QInputDialog)
    assert dialog is not None
    assert dialog.doubleValue() == 100_000.0
    assert "KRW" in dialog.labelText()
    dialog.setDoubleValue(123_456.0)
    dialog.accept()
    assert [alert["price"] for alert in chart.alerts()] == [123_456.0]
    QApplication.processEvents()


# -- the state -----------------------------------------------------------------------------------


def test_the_state_keeps_those_of_all_markets(chart: ChartWidget, seen: Seen, qtbot: QtBot) -> None:
    chart.addAlert(101_000.0, "above")
    seen.trade(102_000)
    chart.setMarket("KRW-ETH")
    chart.addAlert(50.0)
    other = ChartWidget()
    qtbot.addWidget(other)
    other.restoreState(chart.saveState())
    assert other.errorText() == ""
    assert other.alerts() == chart.alerts()
    other.setMarket("KRW-BTC")
    [alert] = other.alerts()
    assert (alert["price"], alert["direction"], alert["fired"]) == (101_000.0, "above", True)
    other.restoreState({**other.saveState(), "alerts": {"KRW-BTC": [3]}})
    assert "an alert has an id" in other.errorText()
    assert len(other.alerts()) == 1
