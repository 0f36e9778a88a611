"""The windows of ChartWidget: bars as a table, indicators to edit; and words for ears. Qt."""

from __future__ import annotations

import csv
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QAbstractTableModel, QEvent, QPoint, Qt
from PyQt6.QtGui import QClipboard, QGuiApplication, QKeyEvent
from PyQt6.QtTest import QAbstractItemModelTester, QTest
from PyQt6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QDockWidget,
    QDoubleSpinBox,
    QListWidget,
    QMainWindow,
    QMenu,
    QPushButton,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, candle, rows, trade, wave
from tests.chart_on_screen import settle, surface
from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import BarsTable
from upbit_ws_qt_widgets.chart.indicator_dialog import IndicatorDialog
from upbit_ws_qt_widgets.models.indicators import INDICATORS
from upbit_ws_qt_widgets.theme import Theme

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart of 500 bars on screen, light and English, without indicators."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    widget.setCandles(wave(500))
    widget.setAverages(())
    settle(widget)
    return widget


@pytest.fixture
def table(chart: ChartWidget, qtbot: QtBot) -> BarsTable:
    """Its table in a window, opened by the key."""
    QTest.keyClick(surface(chart), Qt.Key.Key_T)
    found = chart.findChild(BarsTable)
    assert found is not None
    qtbot.waitExposed(found)
    return found


@pytest.fixture
def clipboard(qapp: QApplication) -> Iterator[QClipboard]:
    found = QGuiApplication.clipboard()
    assert found is not None
    found.clear()
    yield found
    found.clear()


def model(table: BarsTable) -> QAbstractTableModel:
    found = table.model()
    assert isinstance(found, QAbstractTableModel)
    return found


def cell(table: BarsTable, row: int, column: int, role: int = 0) -> Any:
    return model(table).data(model(table).index(row, column), role)


def heads(table: BarsTable) -> list[str]:
    found = model(table)
    return [
        found.headerData(column, Qt.Orientation.Horizontal) for column in range(found.columnCount())
    ]


def at(chart: ChartWidget) -> int | None:
    """The index of the bar the crosshair is on."""
    found = chart.crosshair()
    return None if found is None else (found[0] - START) // MINUTE


# -- the table -------------------------------------------------------------------------------------


def test_it_has_all_bars_the_newest_first(chart: ChartWidget, table: BarsTable) -> None:
    assert table.isWindow()
    assert table.windowTitle() == table.accessibleName() == "Candles of KRW-BTC 1m"
    assert model(table).rowCount() == 500
    assert heads(table) == [
        "Time", "Open", "High", "Low", "Close", "Change", "Volume", "Value"
    ]  # fmt: skip
    assert cell(table, 0, 0) == "2026-01-02 (Fri) 17:19"
    assert cell(table, 499, 0) == "2026-01-02 (Fri) 09:00"
    assert cell(table, 499, 4) == "100,000"
    assert cell(table, 0, 4, Qt.ItemDataRole.TextAlignmentRole) == RIGHT
    assert cell(table, 0, 0, Qt.ItemDataRole.TextAlignmentRole) != RIGHT
    assert cell(table, 0, 0, Qt.ItemDataRole.DecorationRole) is None
    assert model(table).headerData(0, Qt.Orientation.Vertical) is None
    colours = {cell(table, row, 5, Qt.ItemDataRole.ForegroundRole).name() for row in range(100)}
    theme = Theme.named("light")
    assert colours == {theme.rise.name(), theme.fall.name()}


def test_qt_finds_no_fault_with_the_model(chart: ChartWidget, table: BarsTable) -> None:
    tester = QAbstractItemModelTester(
        table.model(), QAbstractItemModelTester.FailureReportingMode.Warning, chart
    )
    assert tester is not None
    chart.applyTrade(trade(START + 500 * MINUTE, number=1))
    table._refresh()
    chart.prependCandles(rows(range(-20, 0)))
    table._refresh()
    chart.setIndicators([{"key": "macd"}])
    table._refresh()
    chart.setTimeframe("5m")
    table._refresh()
    assert model(table).rowCount() == 0


def test_a_tick_changes_one_row_and_a_new_bar_adds_one(
    chart: ChartWidget, table: BarsTable, qtbot: QtBot
) -> None:
    changed: list[tuple[int, int]] = []
    added: list[tuple[int, int]] = []
    model(table).dataChanged.connect(lambda a, b: changed.append((a.row(), b.row())))
    model(table).rowsInserted.connect(lambda _, first, last: added.append((first, last)))
    for number in range(3):
        chart.applyTrade(trade(START + 499 * MINUTE + 5, 90_000.0 + number, number=number))
    qtbot.waitUntil(lambda: cell(table, 0, 4) == "90,002")
    assert set(changed) == {(0, 0)}
    assert added == []
    chart.applyTrade(trade(START + 500 * MINUTE + 5, 77_000.0, number=9))
    qtbot.waitUntil(lambda: model(table).rowCount() == 501)
    assert added == [(0, 0)]
    assert (cell(table, 0, 4), cell(table, 1, 4)) == ("77,000", "90,002")


def test_older_bars_come_at_the_end(chart: ChartWidget, table: BarsTable, qtbot: QtBot) -> None:
    table.chooseBar(START + 490 * MINUTE)
    row = table.currentIndex().row()
    chart.prependCandles(rows(range(-20, 0)))
    qtbot.waitUntil(lambda: model(table).rowCount() == 520)
    assert cell(table, 519, 4) == "980"
    assert table.currentIndex().row() == row


def test_the_chosen_bar_stays_chosen(chart: ChartWidget, table: BarsTable, qtbot: QtBot) -> None:
    table.chooseBar(START + 490 * MINUTE)
    chart.applyTrade(trade(START + 500 * MINUTE + 5, number=9))
    qtbot.waitUntil(lambda: model(table).rowCount() == 501)
    assert table.currentIndex().row() == 10
    chart.setLanguage("ko")
    qtbot.waitUntil(lambda: table.windowTitle() == "KRW-BTC 1분봉 표")
    assert heads(table)[0] == "시각"
    assert table.currentIndex().row() == 10


def test_a_row_puts_the_crosshair_on_its_bar_and_the_bar_in_view(
    chart: ChartWidget, table: BarsTable, qtbot: QtBot
) -> None:
    told: list[int] = []
    table.barChosen.connect(told.append)
    table.chooseBar(START + 499 * MINUTE)
    assert told == [], "nobody chose it by hand"
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert told == [START + 498 * MINUTE]
    assert at(chart) == 498
    QTest.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    settle(chart)
    assert at(chart) == 0, "which is in view now"
    rect = table.visualRect(model(table).index(0, 0))
    table.scrollToTop()
    rect = table.visualRect(model(table).index(3, 0))
    viewport = table.viewport()
    assert viewport is not None
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=rect.center())
    assert at(chart) == 496


def test_the_crosshair_chooses_its_row(chart: ChartWidget, table: BarsTable, qtbot: QtBot) -> None:
    told: list[int] = []
    table.barChosen.connect(told.append)
    place = QPoint(400, 200)
    QTest.mouseMove(surface(chart), place + QPoint(1, 1))
    QTest.mouseMove(surface(chart), place)
    settle(chart)
    number = at(chart)
    assert number is not None
    qtbot.waitUntil(lambda: table.currentIndex().row() == 499 - number)
    assert table.selectionModel().hasSelection()  # type: ignore[union-attr]
    assert told == [], "or the two would chase one another"


def test_it_opens_where_somebody_looks(chart: ChartWidget, qtbot: QtBot) -> None:
    chart.setVisibleRange(START + 100 * MINUTE, START + 200 * MINUTE)
    settle(chart)
    chart.showBarsTable()
    table = chart.findChild(BarsTable)
    assert table is not None
    assert 499 - table.currentIndex().row() in range(199, 202)
    assert chart.isFollowing() is False
    chart.setCrosshair(START + 150 * MINUTE)
    chart.showBarsTable()
    assert chart.findChildren(BarsTable) == [table], "the same window"
    assert table.currentIndex().row() == 349


def test_chosen_rows_are_copied_with_all_their_digits(
    chart: ChartWidget, table: BarsTable, clipboard: QClipboard
) -> None:
    chart.upsertCandle(candle(499, 100.30000000000001))
    table._refresh()
    table.chooseBar(START + 499 * MINUTE)
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    read = list(csv.DictReader(clipboard.text().splitlines(), delimiter="\t"))
    assert [int(row["time_ms"]) for row in read] == [START + at * MINUTE for at in (498, 499)]
    assert read[1]["close"] == "100.3"
    clipboard.clear()
    table.clearSelection()
    table.copySelection()
    assert clipboard.text() == ""
    table.selectAll()
    table.copySelection()
    assert clipboard.text().count("\n") == 501


def test_it_has_the_indicators_and_follows_what_is_chosen(
    chart: ChartWidget, table: BarsTable, qtbot: QtBot
) -> None:
    chart.setIndicators([{"key": "rsi"}, {"key": "ma", "settings": {"length": 5}}])
    qtbot.waitUntil(lambda: heads(table)[8:] == ["MA5", "RSI14"])
    assert cell(table, 0, 8) == f"{wave(500)['close'][-5:].mean():,.0f}"
    chart.setTimeZone("UTC")
    qtbot.waitUntil(lambda: cell(table, 0, 0) == "2026-01-02 (Fri) 08:19")
    chart.setTheme("dark")
    assert table.palette().window().color() == Theme.named("dark").background
    dark = cell(table, 0, 5, Qt.ItemDataRole.ForegroundRole)
    assert dark == Theme.named("dark").fall


def test_a_hidden_table_rests_and_is_current_when_shown(chart: ChartWidget, qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = QDockWidget(window)
    table = BarsTable(chart)
    dock.setWidget(table)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    window.show()
    qtbot.waitExposed(window)
    assert not table.isWindow()
    dock.hide()
    chart.applyTrade(trade(START + 500 * MINUTE + 5, number=9))
    assert not table._frame.isActive()
    assert model(table).rowCount() == 500
    dock.show()
    assert model(table).rowCount() == 501
    QTest.keyClick(table, Qt.Key.Key_Escape)
    assert table.isVisible(), "only a window of its own closes"


def test_escape_closes_the_window(chart: ChartWidget, table: BarsTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.destroyed):
        QTest.keyClick(table, Qt.Key.Key_Escape)
    assert chart.findChildren(BarsTable) == []


def test_a_table_outlives_its_chart(qtbot: QtBot, clipboard: QClipboard) -> None:
    chart = ChartWidget()
    chart.setMarket("KRW-BTC")
    chart.setCandles(wave(10))
    table = BarsTable(chart)
    qtbot.addWidget(table)
    table.show()
    gone = weakref.ref(chart)
    del chart
    assert gone() is None
    QTest.keyClick(table, Qt.Key.Key_Down)
    table._refresh()
    table.selectAll()
    table.copySelection()
    assert clipboard.text() == ""
    assert cell(table, 9, 4) == "100,000"


def test_a_million_rows_are_not_read(chart: ChartWidget, table: BarsTable, qtbot: QtBot) -> None:
    many = np.tile(wave(1000), 1000)
    many["time"] = START + np.arange(len(many), dtype=np.int64) * MINUTE
    asked: list[int] = []
    cells = table._model._rows.cells
    table._model._rows.cells = lambda number: (  # type: ignore[method-assign]
        asked.append(number) or cells(number)  # type: ignore[func-returns-value]
    )
    viewport = table.viewport()
    assert viewport is not None
    chart.setCandles(many)
    qtbot.waitUntil(lambda: model(table).rowCount() == len(many))
    viewport.repaint()
    assert 0 < len(set(asked)) < 300
    asked.clear()
    chart.applyTrade(trade(int(many["time"][-1]) + 5, number=9))
    table._refresh()
    viewport.repaint()
    assert 0 < len(asked) <= 2
    table.scrollToBottom()
    viewport.repaint()
    assert 0 in asked


def test_on_live_data_it_grows_at_both_ends(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, tmp_path: Path
) -> None:
    chart = ChartWidget()
    chart.setLanguage("en")
    chart.resize(800, 500)
    chart.show()
    chart.bind(manager)
    chart.setMarket("KRW-BTC")
    chart.setTimeframe("1s")
    feed.until(lambda: chart.barCount() >= 200)
    table = BarsTable(chart)
    table.show()
    count, newest = model(table).rowCount(), cell(table, 0, 0)
    for _ in range(3):
        feed(exchange.advance(20_000))
    feed.until(lambda: cell(table, 0, 0) != newest)
    assert model(table).rowCount() > count
    second = cell(table, 1, 0)
    QTest.keyClick(surface(chart), Qt.Key.Key_Home)
    feed.until(lambda: model(table).rowCount() >= count + 200)
    times = [cell(table, row, 0) for row in range(model(table).rowCount())]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == len(times)
    assert second in times
    chart.exportCsv(tmp_path / "bars.csv")
    rows = (tmp_path / "bars.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) - 1 == chart.barCount()
    assert chart.errorText() == ""
    sip.delete(table)
    sip.delete(chart)


# -- words for ears --------------------------------------------------------------------------------


def test_the_chart_says_what_it_shows_and_how_to_read_it(chart: ChartWidget) -> None:
    assert surface(chart).accessibleName() == "KRW-BTC 1m chart"
    chart._telling.timeout.emit()
    close = f"{wave(500)['close'][-1]:,.0f}"
    said = surface(chart).accessibleDescription()
    assert said == (
        f"Last price {close}, -0.32% from the candle before. T opens the candles as a table."
    )
    chart.setLanguage("ko")
    chart._telling.timeout.emit()
    assert surface(chart).accessibleDescription().startswith(f"현재가 {close}, 전봉 대비 -0.32%")


def test_it_does_not_talk_with_every_trade(chart: ChartWidget, qtbot: QtBot) -> None:
    said: list[str] = []
    surface(chart).setAccessibleDescription("")
    tell = surface(chart).setAccessibleDescription
    surface(chart).setAccessibleDescription = lambda text: (  # type: ignore[method-assign]
        said.append(text or ""),
        tell(text),
    )[1]
    assert chart._telling.isActive(), "something was said a moment ago"
    for number in range(50):
        chart.applyTrade(trade(START + 499 * MINUTE + 5, 90_000.0 + number, number=number))
    assert said == []
    chart._telling.timeout.emit()
    assert len(said) == 1
    assert "90,049" in said[0]


def test_another_market_is_said_at_once(chart: ChartWidget) -> None:
    chart.setMarket("KRW-ETH")
    assert surface(chart).accessibleDescription() == "No candles yet."
    chart.upsertCandle(candle(0, 5.0, market="KRW-ETH"))
    assert "Last price 5.00" in surface(chart).accessibleDescription()


# -- indicators ------------------------------------------------------------------------------------


@pytest.fixture
def dialog(chart: ChartWidget, qtbot: QtBot) -> IndicatorDialog:
    """The window of a chart with three indicators, opened by the key."""
    chart.setIndicators([{"key": "ma"}, {"key": "bollinger"}, {"key": "rsi"}])
    QTest.keyClick(surface(chart), Qt.Key.Key_I)
    found = chart.findChild(IndicatorDialog)
    assert found is not None
    qtbot.waitExposed(found)
    return found


def labels(dialog: IndicatorDialog) -> list[str]:
    found = dialog.findChild(QListWidget)
    assert found is not None
    return [found.item(row).text() for row in range(found.count())]  # type: ignore[union-attr]


def fields(dialog: IndicatorDialog) -> list[QSpinBox | QDoubleSpinBox]:
    return dialog._form.findChildren(QSpinBox) + dialog._form.findChildren(QDoubleSpinBox)


def write(field: QSpinBox | QDoubleSpinBox, text: str) -> None:
    """Type a number and press Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def choose(dialog: IndicatorDialog, row: int) -> None:
    found = dialog.findChild(QListWidget)
    assert found is not None
    found.setCurrentRow(row)


def button(dialog: IndicatorDialog, text: str) -> QPushButton:
    return next(one for one in dialog.findChildren(QPushButton) if one.text() == text)


def add(dialog: IndicatorDialog, key: str) -> None:
    menu = button(dialog, "Add").menu()
    assert isinstance(menu, QMenu)
    next(one for one in menu.actions() if one.data() == key).trigger()


def settings(chart: ChartWidget) -> list[tuple[str, dict[str, Any]]]:
    return [(one["key"], one["settings"]) for one in chart.indicators()]


def test_a_number_is_typed_and_seen_at_once(chart: ChartWidget, dialog: IndicatorDialog) -> None:
    assert labels(dialog) == ["MA20", "BB 20 2", "RSI14"]
    (length,) = fields(dialog)
    assert (length.minimum(), length.maximum(), length.value()) == (1, 1000, 20)
    before = surface(chart).grab().toImage()
    write(length, "120")
    assert settings(chart)[0] == ("ma", {"length": 120})
    assert labels(dialog)[0] == "MA120"
    assert dialog.isVisible(), "Enter is for the number"
    assert surface(chart).grab().toImage() != before
    choose(dialog, 1)
    assert len(fields(dialog)) == 2
    width = dialog._form.findChild(QDoubleSpinBox)
    assert width is not None
    write(width, "2.5")
    assert settings(chart)[1] == ("bollinger", {"length": 20, "width": 2.5})
    assert chart.errorText() == ""


def test_what_is_being_typed_does_not_count_yet(
    chart: ChartWidget, dialog: IndicatorDialog
) -> None:
    told: list[object] = []
    (length,) = fields(dialog)
    length.valueChanged.connect(told.append)
    length.setFocus()
    length.selectAll()
    QTest.keyClicks(length, "250")
    assert told == []
    QTest.keyClick(length, Qt.Key.Key_Tab)
    length.clearFocus()
    assert settings(chart)[0] == ("ma", {"length": 250})
    assert len(told) == 1


def test_several_of_one_kind_are_added_and_removed(
    chart: ChartWidget, dialog: IndicatorDialog
) -> None:
    add(dialog, "ma")
    add(dialog, "ma")
    assert labels(dialog) == ["MA20", "BB 20 2", "RSI14", "MA21", "MA22"]
    assert dialog.findChild(QListWidget).currentRow() == 4  # type: ignore[union-attr]
    choose(dialog, 3)
    QTest.mouseClick(button(dialog, "Remove"), Qt.MouseButton.LeftButton)
    assert labels(dialog) == ["MA20", "BB 20 2", "RSI14", "MA22"]
    assert chart.averages() == (20, 22)
    add(dialog, "vwap")
    assert fields(dialog) == [], "it has no settings"
    for _ in range(5):
        QTest.mouseClick(button(dialog, "Remove"), Qt.MouseButton.LeftButton)
    assert chart.indicators() == []
    assert not button(dialog, "Remove").isEnabled()
    assert fields(dialog) == []


def test_there_are_no_more_than_a_chart_shows(chart: ChartWidget, dialog: IndicatorDialog) -> None:
    while button(dialog, "Add").isEnabled():
        add(dialog, "ema")
    assert len(chart.indicators()) == 12
    assert chart.errorText() == ""
    QTest.mouseClick(button(dialog, "Remove"), Qt.MouseButton.LeftButton)
    assert button(dialog, "Add").isEnabled()


def test_the_last_length_there_is_may_be_there_twice(
    chart: ChartWidget, dialog: IndicatorDialog
) -> None:
    write(fields(dialog)[0], "1000")
    spec = INDICATORS.spec("ma")
    assert spec.parameters[0].highest == 1000
    chart.setIndicators([{"key": "ma", "settings": {"length": n}} for n in range(20, 31)])
    add(dialog, "ma")
    assert chart.averages()[-1] == 31


@pytest.mark.parametrize("way", ["button", "escape"])
def test_cancel_takes_everything_back(
    chart: ChartWidget, dialog: IndicatorDialog, qtbot: QtBot, way: str
) -> None:
    before = settings(chart)
    write(fields(dialog)[0], "7")
    add(dialog, "obv")
    assert settings(chart) != before
    with qtbot.waitSignal(dialog.destroyed):
        if way == "button":
            QTest.mouseClick(button(dialog, "Cancel"), Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert settings(chart) == before


def test_done_keeps_it(chart: ChartWidget, dialog: IndicatorDialog, qtbot: QtBot) -> None:
    write(fields(dialog)[0], "7")
    with qtbot.waitSignal(dialog.destroyed):
        QTest.mouseClick(button(dialog, "Done"), Qt.MouseButton.LeftButton)
    assert settings(chart)[0] == ("ma", {"length": 7})


def test_it_follows_the_chart(chart: ChartWidget, dialog: IndicatorDialog) -> None:
    chart.setIndicators([{"key": "macd"}])
    assert labels(dialog) == ["MACD 12 26 9"]
    assert len(fields(dialog)) == 3
    chart.setLanguage("ko")
    assert dialog.windowTitle() == "보조지표"
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    assert [one.text() for one in box.buttons()] == ["완료", "취소"]
    chart.setTheme("dark")
    assert dialog.palette().window().color() == Theme.named("dark").background
    chart.editIndicators()
    assert chart.findChildren(IndicatorDialog) == [dialog], "the same window"


@pytest.mark.parametrize(
    ("sign", "kind"), [("ㅅ", BarsTable), ("ㅑ", IndicatorDialog)], ids=["T", "I"]
)
def test_letters_are_meant_on_a_korean_keyboard_too(
    chart: ChartWidget, sign: str, kind: type[Any]
) -> None:
    event = QKeyEvent(
        QEvent.Type.KeyPress, ord(sign), Qt.KeyboardModifier.GroupSwitchModifier, sign
    )
    QApplication.sendEvent(surface(chart), event)
    assert chart.findChild(kind) is not None


# -- lives -----------------------------------------------------------------------------------------


def test_a_chart_with_all_its_windows_goes_without_the_collector(qtbot: QtBot) -> None:
    gone: list[weakref.ref[Any]] = []
    gc.collect()
    gc.disable()
    try:
        for round_ in range(20):
            chart = ChartWidget()
            chart.setCandles(wave(50))
            chart.show()
            chart.showBarsTable()
            chart.editIndicators()
            chart.showMenu()
            settle(chart)
            gone += [
                weakref.ref(part)
                for part in (
                    chart,
                    *chart.findChildren(BarsTable),
                    *chart.findChildren(IndicatorDialog),
                    *chart.findChildren(QMenu),
                )
            ]
            chart.close()
            if round_ % 2:
                chart.deleteLater()
            del chart
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert [ref() for ref in gone if ref() is not None] == []
    finally:
        gc.enable()
