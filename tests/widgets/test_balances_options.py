"""Everything that can be chosen about balances, by mouse, keys, menu and form. Widgets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent, QHelpEvent, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QMenu,
    QToolTip,
)
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from tests.holdings_on_screen import (
    BALANCES,
    PRICES,
    notice,
    order,
    settle,
    text,
    ticker,
    totals,
)
from tests.widget_desk import PLACES, clipboard, entries, hangul_key, promoted, window_with
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.errors import AuthenticationFailed
from upbit_ws_qt.events import Balance
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets import Fees
from upbit_ws_qt_widgets.balances import BalanceMonitor
from upbit_ws_qt_widgets.models.holding_rows import MASK, Column

D = Decimal
MORE = [
    *BALANCES,
    Balance(currency="DOT", balance=D("12.5"), avg_buy_price=D("0.00005"), unit_currency="BTC"),
    Balance(currency="DUST", balance=D("0.001")),
]


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[BalanceMonitor]:
    """A widget on screen with assets of every kind: dust, delisted, crossed, without average."""
    widget = BalanceMonitor()
    qtbot.addWidget(widget)
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(1000, 460)
    widget.setBalances(MORE)
    for market, price in {**PRICES, "BTC-DOT": 0.00006, "KRW-DUST": 0.5}.items():
        widget.applyTicker(ticker(market, price))
    widget.applyTicker(ticker("KRW-OLD", 5.0, market_state="DELISTED"))
    with qtbot.waitExposed(widget):
        widget.show()
    settle(widget, qtbot)
    widget._rearrange()
    yield widget
    QToolTip.hideText()


def press(widget: BalanceMonitor, key: Qt.Key) -> None:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(widget._table, key, both)


# -- what stands apart, what is small -----------------------------------------------------------


def test_delisted_and_worthless_assets_stand_apart_behind_the_others(
    shown: BalanceMonitor,
) -> None:
    assert set(order(shown)[-2:]) == {"DUST", "OLD"}
    shown.sortBy("quantity")
    assert set(order(shown)[-2:]) == {"DUST", "OLD"}
    rows = {row.holding.currency: row for row in shown._model.rows()}
    assert rows["OLD"].tag == "Delisted"
    assert rows["DUST"].tag == "Below 1 KRW"
    place = order(shown).index("OLD")
    tip = shown._model.index(place, Column.ASSET).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("Delisted")
    border = shown._table.visualRect(shown._model.index(len(rows) - 2, Column.QUANTITY))
    viewport = shown._table.viewport()
    assert viewport is not None
    picture = viewport.grab().toImage()
    line = picture.pixelColor(border.left() + 3, border.top())
    assert line.rgb() == shown.themeColors().line.rgb()
    press(shown, Qt.Key.Key_D)
    assert not set(order(shown)) & {"DUST", "OLD"}
    assert "Hidden: 2, still in the totals" in shown._bar._note
    press(shown, Qt.Key.Key_D)
    assert set(order(shown)[-2:]) == {"DUST", "OLD"}


def test_small_assets_are_hidden_and_stay_in_the_totals(
    shown: BalanceMonitor, qtbot: QtBot
) -> None:
    before = shown.totals()
    press(shown, Qt.Key.Key_H)
    assert shown.isSmallHidden()
    assert order(shown) == ["BTC", "ETH", "KRW", "DOT", "DUST", "OLD"]
    assert shown.totals() == before
    shown.setSmallLimit(1_000)
    assert "XRP" in order(shown)
    assert "GIFT" not in order(shown)
    shown.applyTicker(ticker("KRW-GIFT", 1_000.0))
    qtbot.waitUntil(lambda: "GIFT" in order(shown))
    shown.applyTicker(ticker("KRW-XRP", 1.0))
    qtbot.waitUntil(lambda: "XRP" not in order(shown))


def test_the_way_to_won_is_shown_where_it_is_not_direct(shown: BalanceMonitor) -> None:
    rows = {row.holding.currency: row for row in shown._model.rows()}
    assert rows["DOT"].tag == "BTC → KRW"
    assert rows["DOT"].holding.value == D("12.5") * D("0.00006") * 100_000_000
    assert rows["BTC"].tag == ""


# -- privacy ------------------------------------------------------------------------------------


def test_in_private_no_amount_is_anywhere(shown: BalanceMonitor, qtbot: QtBot) -> None:
    press(shown, Qt.Key.Key_P)
    settle(shown, qtbot)
    assert shown.isPrivate()
    for column in (Column.QUANTITY, Column.LOCKED, Column.VALUE, Column.PROFIT):
        assert text(shown, "BTC", column) == MASK
    assert text(shown, "BTC", Column.RATE) == "+11.00%"
    assert totals(shown)["Total assets"] == totals(shown)["Net profit"] == MASK
    assert totals(shown)["Net return"].startswith("+5.")
    place = order(shown).index("BTC")
    said = [
        str(shown._model.index(place, column).data(Qt.ItemDataRole.ToolTipRole))
        for column in Column
    ]
    said += [shown._bar.accessibleName(), shown.holdingsTable()]
    said += [entry.text + entry.tip for entry in shown._division._entries]
    shown._table.selectAll()
    QTest.keyClick(shown._table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    said.append(clipboard())
    press(shown, Qt.Key.Key_C)
    said.append(clipboard())
    for each in said:
        assert not any(amount in each for amount in ("60000000", "60,000,000", "0.6", "5943000"))
    assert shown.totals().assets > 0
    press(shown, Qt.Key.Key_P)
    assert text(shown, "BTC", Column.VALUE) == "60,000,000"


# -- fees and provisional averages --------------------------------------------------------------


def test_without_fees_profits_are_as_the_exchange_has_them(shown: BalanceMonitor) -> None:
    press(shown, Qt.Key.Key_F)
    assert text(shown, "BTC", Column.PROFIT) == "+6,000,000"
    assert shown.columnText("profit") == "Profit"
    place = order(shown).index("BTC")
    tip = shown._model.index(place, Column.PROFIT).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Before fees; buying and selling now take 57,000 KRW"
    press(shown, Qt.Key.Key_F)
    shown.setFees(Fees(krw=D(0)))
    assert text(shown, "BTC", Column.PROFIT) == "+6,000,000"
    assert text(shown, "BTC", Column.BREAK_EVEN) == "90,000,000"
    assert shown.columnText("profit") == "Net profit"


@pytest.mark.parametrize(
    ("setter", "value", "words"),
    [
        ("setAllocation", "pie", "none, bar, donut"),
        ("setSmallLimit", -1, "whole number of won"),
        ("setPrivate", 1, "True or False"),
        ("setFees", 0.05, "Fees"),
        ("sortBy", "colour", "columns are asset"),
        ("setHiddenColumns", ["asset"], "columns that can be hidden"),
    ],
)
def test_a_wrong_choice_changes_nothing_and_is_said(
    shown: BalanceMonitor, qtbot: QtBot, setter: str, value: Any, words: str
) -> None:
    before = shown.saveState()
    with qtbot.waitSignal(shown.errorOccurred) as failed:
        getattr(shown, setter)(value)
    assert words in failed.args[0]
    assert shown.saveState() == before


def test_an_average_from_before_is_marked_until_it_is_read(
    shown: BalanceMonitor, qtbot: QtBot
) -> None:
    changed = [msgspec.structs.replace(each, provisional=each.currency == "BTC") for each in MORE]
    shown.setBalances(changed)
    settle(shown, qtbot)
    assert text(shown, "BTC", Column.AVERAGE) == "≈90,000,000"
    assert text(shown, "BTC", Column.RATE) == "≈+11.00%"
    assert "Provisional average price (≈): 1" in shown._bar._note
    shown.setBalances(MORE)
    settle(shown, qtbot)
    assert text(shown, "BTC", Column.AVERAGE) == "90,000,000"


# -- the division -------------------------------------------------------------------------------


def test_the_division_is_drawn_in_its_colours_and_a_click_goes_there(
    shown: BalanceMonitor, qtbot: QtBot
) -> None:
    view = shown._division
    texts = [entry.text for entry in view._entries]
    assert texts[0].startswith("BTC 79.")
    assert texts[-1] == "Others (4) 0.1%"
    picture = view.grab().toImage()
    bar = view._bar().center().toPoint()
    assert picture.pixelColor(bar).rgb() == view._entries[0].colour.rgb()
    eth = view._entries[1].where.center().toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=eth)
    assert shown._table.currentIndex().row() == order(shown).index("ETH")
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=bar)
    assert shown._table.currentIndex().row() == order(shown).index("BTC")
    rest = view._entries[-1].where.center().toPoint()
    with qtbot.assertNotEmitted(view.picked):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=rest)
        QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=bar)


def test_the_ring_tells_amounts_and_what_is_under_the_pointer(shown: BalanceMonitor) -> None:
    shown.resize(1000, 700)
    press(shown, Qt.Key.Key_A)
    assert shown.allocation() == "donut"
    QApplication.processEvents()
    view = shown._division
    assert view._entries[0].text.endswith("60,000,000 KRW")
    ring = view._ring()
    right = QPointF(ring.right() - ring.width() * 0.1, ring.center().y())
    assert view.entryAt(right) == 0
    assert view.entryAt(ring.center()) is None
    assert view.grab().toImage().pixelColor(right.toPoint()).rgb() == view._entries[0].colour.rgb()
    point = right.toPoint()
    event = QHelpEvent(QHelpEvent.Type.ToolTip, point, view.mapToGlobal(point))
    QApplication.sendEvent(view, event)
    assert QToolTip.text().startswith("BTC 79.")
    press(shown, Qt.Key.Key_A)
    assert shown.allocation() == "none"
    assert not view.isVisible()


def test_with_little_height_the_table_goes_first(shown: BalanceMonitor) -> None:
    assert shown._division.isVisible()
    shown.resize(1000, 190)
    assert not shown._division.isVisible()
    shown.resize(1000, 460)
    assert shown._division.isVisible()
    assert shown.minimumSizeHint().height() < 260


def test_narrow_and_low_everything_still_draws(shown: BalanceMonitor) -> None:
    failures: list[str] = []
    shown.errorOccurred.connect(failures.append)
    for kind in ("donut", "bar"):
        shown.setAllocation(kind)
        for width in (1400, 340, 60, 1):
            for height in (900, 300, 60, 1):
                shown.resize(width, height)
                shown.grab()
    assert failures == []


# -- keyboard and columns -----------------------------------------------------------------------


def test_letters_go_to_an_asset(shown: BalanceMonitor) -> None:
    QTest.keyClicks(shown._table, "et")
    assert shown._table.currentIndex().row() == order(shown).index("ETH")
    shown._table.keyboardSearch("")
    QTest.keyClicks(shown._table, "hzz")
    assert shown._table.currentIndex().row() == order(shown).index("ETH")


def test_letters_are_heard_while_a_korean_keyboard_writes_hangul(shown: BalanceMonitor) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    both = control | Qt.KeyboardModifier.ShiftModifier
    table = shown._table
    for sign in "ㄷㅅ":
        hangul_key(table, sign)
    assert table.currentIndex().row() == order(shown).index("ETH")
    hangul_key(table, "ㅖ", both)
    assert shown.isPrivate()
    hangul_key(table, "ㅖ", both)
    assert not shown.isPrivate()
    hangul_key(table, "ㅊ", both)
    assert clipboard() == shown.holdingsTable("\t")
    hangul_key(table, "ㅊ", control)
    assert clipboard().startswith("ETH\t")


def test_columns_are_left_out_and_come_back(shown: BalanceMonitor) -> None:
    header = shown._table.horizontalHeader()
    assert header is not None
    assert header.isSectionHidden(Column.AVAILABLE)
    shown.setHiddenColumns(["value", "rate"])
    assert shown.hiddenColumns() == ("value", "rate")
    assert not header.isSectionHidden(Column.AVAILABLE)
    assert header.isSectionHidden(Column.VALUE)
    shown._table.selectRow(0)
    shown.copyRows()
    assert len(clipboard().split("\t")) == len(Column) - 2
    shown.setHiddenColumns([])
    assert header.sectionSize(Column.VALUE) > 50


def test_all_choices_are_kept(shown: BalanceMonitor, qtbot: QtBot) -> None:
    shown.setPrivate(True)
    shown.setSmallHidden(True)
    shown.setSmallLimit(77_000)
    shown.setApartShown(False)
    shown.setFeesIncluded(False)
    shown.setFees(Fees(btc=D("0.001")))
    shown.setAllocation("donut")
    shown.setHiddenColumns(["price", "locked"])
    shown.sortBy("profit", descending=False)
    header = shown._table.horizontalHeader()
    assert header is not None
    header.moveSection(header.visualIndex(Column.RATE), 1)
    state = json.loads(json.dumps(shown.saveState()))
    other = BalanceMonitor()
    qtbot.addWidget(other)
    assert other.restoreState(state)
    assert other.saveState() == state
    assert other.fees() == Fees(btc=D("0.001"))
    assert other.sorting() == ("profit", False)


# -- the menu -----------------------------------------------------------------------------------


def test_the_menu_reaches_everything(shown: BalanceMonitor) -> None:
    texts = translations("en")
    for path, reading, expected in (
        (texts["balances.private"], shown.isPrivate, True),
        (texts["balances.hide_small"], shown.isSmallHidden, True),
        (texts["balances.show_apart"], shown.isApartShown, False),
        (texts["balances.include_fees"], shown.areFeesIncluded, False),
        ("Allocation/Donut", shown.allocation, "donut"),
        ("Small means below (KRW)/100,000", shown.smallLimit, 100_000),
        ("Sort by/Locked", shown.sorting, None),
        ("Sort by/Quantity", shown.sorting, ("quantity", True)),
        ("Sort by/Greatest first", shown.sorting, ("quantity", False)),
        ("Columns/Available", shown.hiddenColumns, ()),
        ("Columns/Price", shown.hiddenColumns, ("price",)),
    ):
        found = entries(shown.contextMenu())
        if expected is None:
            assert path not in found
            continue
        assert reading() != expected
        assert found[path].isCheckable()
        found[path].trigger()
        assert reading() == expected, path


def test_the_menu_speaks_the_language_of_the_widget(shown: BalanceMonitor) -> None:
    shown.setLanguage("ko")
    found = entries(shown.contextMenu())
    assert "자산 구성/도넛" in found
    assert "수수료/KRW 마켓: 0.05%…" in found


@pytest.mark.parametrize("reason", list(QContextMenuEvent.Reason)[:2])
def test_the_menu_opens_where_it_is_asked_for(
    shown: BalanceMonitor, qtbot: QtBot, reason: QContextMenuEvent.Reason
) -> None:
    where = QPoint(30, 30)
    viewport = shown._table.viewport()
    assert viewport is not None
    event = QContextMenuEvent(reason, where, viewport.mapToGlobal(where))
    QApplication.sendEvent(viewport, event)
    [menu] = shown.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert menu.isVisible()
    with qtbot.waitSignal(menu.destroyed):
        menu.close()


def test_fees_and_limit_are_asked_for(shown: BalanceMonitor) -> None:
    entries(shown.contextMenu())["Fees/BTC markets: 0.25%…"].trigger()
    dialog = shown.findChild(QInputDialog)
    assert dialog is not None
    assert dialog.doubleValue() == 0.25
    dialog.setDoubleValue(0.05)
    dialog.accept()
    assert shown.fees() == Fees(btc=D("0.0005"))
    dialog.setParent(None)
    entries(shown.contextMenu())["Small means below (KRW)/Other…"].trigger()
    other = shown.findChild(QInputDialog)
    assert other is not None
    other.setDoubleValue(12_345)
    other.accept()
    assert shown.smallLimit() == 12_345
    assert "Small means below (KRW)/12,345" in entries(shown.contextMenu())


@pytest.mark.parametrize(("entry", "ending"), [("Save as CSV…", "csv"), ("Save picture…", "png")])
def test_a_file_is_asked_for(
    shown: BalanceMonitor, tmp_path: Path, entry: str, ending: str
) -> None:
    entries(shown.contextMenu())[entry].trigger()
    dialog = shown.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.defaultSuffix() == ending
    path = tmp_path / f"balances.{ending}"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    if ending == "png":
        assert QImage(str(path)).size() == shown.size()
        return
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert [row["Code"] for row in rows] == order(shown)
    [btc] = [row for row in rows if row["Code"] == "BTC"]
    assert D(btc["Value"]) == 60_000_000
    assert D(btc["Net profit"]) == D("5943000")
    assert datetime.fromisoformat(btc["Time"]).utcoffset() is not None


def test_heads_of_the_file_are_in_the_language_of_the_widget(shown: BalanceMonitor) -> None:
    shown.setLanguage("ko")
    head = shown.holdingsTable().splitlines()[0].split(",")
    assert head[:3] == ["시각", "코드", "자산"]


def test_what_cannot_be_saved_is_said_without_a_path(
    shown: BalanceMonitor, qtbot: QtBot, tmp_path: Path
) -> None:
    for save in (shown.saveCsv, shown.savePicture):
        shown.clearError()
        with qtbot.waitSignal(shown.errorOccurred) as failed:
            save(str(tmp_path / "no such folder" / "balances.png"))
        assert "could not be saved" in failed.args[0]
        assert "no such folder" not in failed.args[0]


# -- places -------------------------------------------------------------------------------------


def test_designer_reaches_every_choice(qtbot: QtBot) -> None:
    made = promoted(
        qtbot,
        BalanceMonitor,
        theme="dark",
        smallHidden=True,
        smallLimitWon=5000,
        apartShown=False,
        privateAmounts=True,
        feesIncluded=False,
        allocationKind="donut",
    )
    assert made.themeColors().name == "dark"
    options = made.saveState()["options"]
    assert (options["small_hidden"], options["small_limit"]) == (True, 5000)
    assert (options["apart_shown"], options["private"]) == (False, True)
    assert (options["fees_included"], options["allocation"]) == (False, "donut")


@pytest.mark.parametrize("place", PLACES)
def test_it_lives_in_every_place_of_a_window(qtbot: QtBot, place: str) -> None:
    widget = BalanceMonitor()
    widget.setBalances(BALANCES)
    window = window_with(qtbot, widget, place)
    settle(widget, qtbot)
    assert window.isAncestorOf(widget)
    assert widget._table.isVisible()
    assert widget.width() > 140
    viewport = widget._table.viewport()
    second = widget._table.visualRect(widget._model.index(1, 0)).center()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=second)
    assert widget._table.currentIndex().row() == 1


# -- the account --------------------------------------------------------------------------------


def test_polled_balances_say_what_that_means(
    feed: Feed, exchange: SimulatedExchange, qtbot: QtBot
) -> None:
    manager = GlobalWebSocketManager(
        replace(exchange.settings(), fallback_after_s=0.05), exchange.credentials()
    )
    widget = BalanceMonitor()
    qtbot.addWidget(widget)
    widget.setLanguage("en")
    exchange.faults.refuse(503)
    widget.bind(manager)
    widget.show()
    feed.until(lambda: "There is no private connection" in widget._bar.toolTip())
    exchange.faults.clear()
    feed.until(lambda: widget._bar._badge == "" and not widget.advice())
    widget._on_refused(AuthenticationFailed("권한이 부족합니다", "out_of_scope"))
    feed.until(lambda: "lacks the right" in widget._bar.toolTip())
    assert notice(widget) == ""
    widget.unbind()
    feed(manager.stop())


@pytest.mark.parametrize("told_by", ["ticker", "list"])
def test_a_market_that_the_exchange_drops_sends_its_asset_apart_until_it_is_back(
    feed: Feed, qtbot: QtBot, told_by: str
) -> None:
    exchange = SimulatedExchange(realtime=False, markets=["KRW-BTC", "KRW-XRP"])
    feed(exchange.start())
    manager = GlobalWebSocketManager(replace(exchange.settings(), market_interval_s=0.2))
    widget = BalanceMonitor()
    qtbot.addWidget(widget)
    widget.setLanguage("en")
    widget.bind(manager)
    widget.setBalances([Balance(currency=code, balance=D(2)) for code in ("BTC", "XRP")])
    widget.show()
    feed.until(lambda: widget.totals().value > 0 and not widget.totals().unpriced)
    if told_by == "list":
        exchange.faults.silence()
    exchange.faults.delist_market("KRW-XRP")
    feed(exchange.advance(1_000))
    feed.until(lambda: [row.tag for row in widget._model.rows()] == ["", "Delisted"])
    assert widget.totals().unpriced == 1
    exchange.faults.clear()
    exchange.faults.list_market("KRW-XRP")
    while "KRW-XRP" not in exchange.floor.listings:
        feed(exchange.advance(1_000))
    feed.until(lambda: not widget.totals().unpriced)
    assert [row.tag for row in widget._model.rows()] == ["", ""]
    widget.unbind()
    feed(manager.stop())
    feed(exchange.stop())
