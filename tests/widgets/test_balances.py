"""Balances on screen: rows, totals, sorting, copying, keys that are missing. Widgets."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtTest import QAbstractItemModelTester, QTest
from PyQt6.QtWidgets import QApplication, QWidget
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
from tests.widget_desk import clipboard
from upbit_ws_qt import Credentials, GlobalWebSocketManager
from upbit_ws_qt.errors import AuthenticationFailed, RequestRejected
from upbit_ws_qt.events import Balance, DataType
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets.balances import BalanceMonitor
from upbit_ws_qt_widgets.models.holding_rows import Column

D = Decimal


@pytest.fixture
def widget(qtbot: QtBot) -> BalanceMonitor:
    made = BalanceMonitor()
    qtbot.addWidget(made)
    made.setTheme("light")
    made.setLanguage("en")
    made.resize(1000, 400)
    return made


@pytest.fixture
def shown(widget: BalanceMonitor, qtbot: QtBot) -> BalanceMonitor:
    """A widget on screen with six assets, of which one has no price."""
    widget.setBalances(BALANCES)
    for market, price in PRICES.items():
        widget.applyTicker(ticker(market, price))
    with qtbot.waitExposed(widget):
        widget.show()
    settle(widget, qtbot)
    widget._model.resort()
    return widget


class Changes:
    """Remembers which cells a model said were changed."""

    def __init__(self, widget: BalanceMonitor) -> None:
        self.cells: list[tuple[str, int, int]] = []
        self._model = widget._model
        widget._model.dataChanged.connect(self._add)

    def _add(self, first: QModelIndex, last: QModelIndex) -> None:
        assert first.row() == last.row()
        row = self._model.rowAt(first.row())
        self.cells.append((row.holding.currency, first.column(), last.column()))


# -- rows ---------------------------------------------------------------------------------------


def test_without_data_it_says_so(widget: BalanceMonitor) -> None:
    assert notice(widget) == "No balances yet"
    assert set(totals(widget).values()) == {"—"}


def test_holdings_are_valued_and_sorted_by_value(shown: BalanceMonitor) -> None:
    assert notice(shown) == ""
    assert order(shown) == ["BTC", "ETH", "KRW", "XRP", "GIFT", "OLD"]
    assert [text(shown, "BTC", column) for column in Column] == [
        "BTC",
        "0.60000000",
        "0.50000000",
        "0.10000000",
        "90,000,000",
        "90,090,045",
        "100,000,000",
        "60,000,000",
        "+5,943,000",
        "+11.00%",
    ]


def test_an_unknown_average_and_a_missing_price_are_not_counted_as_nothing(
    shown: BalanceMonitor,
) -> None:
    assert text(shown, "GIFT", Column.PROFIT) == "-"
    assert text(shown, "OLD", Column.VALUE) == "—"
    assert shown._bar._note == (
        "Without price: 1, not in the totals · Without average price: 1, not in the profit"
    )


def test_totals_stand_above(shown: BalanceMonitor) -> None:
    assert totals(shown) == {
        "Total assets": "75,509,155",
        "KRW": "1,500,001",
        "Total cost": "70,283,000",
        "Total value": "74,009,154",
        "Net profit": "+3,653,854",
        "Net return": "+5.20%",
    }
    assert shown.totals().assets == D("75509154.5")


def test_a_price_changes_exactly_its_cells(shown: BalanceMonitor, qtbot: QtBot) -> None:
    changes = Changes(shown)
    with qtbot.waitSignal(shown.totalsChanged):
        shown.applyTicker(ticker("KRW-ETH", 4_001_000.0))
    assert changes.cells == [("ETH", Column.PRICE, Column.RATE)]
    assert text(shown, "ETH", Column.PRICE) == "4,001,000"


def test_a_price_that_says_nothing_new_changes_nothing(shown: BalanceMonitor, qtbot: QtBot) -> None:
    changes = Changes(shown)
    told: list[int] = []
    shown.totalsChanged.connect(lambda: told.append(1))
    shown.applyTicker(ticker("KRW-ETH", 4_000_000.0))
    shown.applyTicker(ticker("KRW-NOTHELD", 1.0))
    settle(shown, qtbot)
    assert changes.cells == []
    assert told == []


def test_many_prices_between_two_frames_change_a_row_once(
    shown: BalanceMonitor, qtbot: QtBot
) -> None:
    changes = Changes(shown)
    for step in range(500):
        shown.applyTicker(ticker("KRW-ETH", 4_000_000.0 + 1000 * step))
    settle(shown, qtbot)
    assert len(changes.cells) == 1
    assert text(shown, "ETH", Column.PRICE) == "4,499,000"


def test_a_delisted_market_has_no_price(shown: BalanceMonitor, qtbot: QtBot) -> None:
    shown.applyTicker(ticker("KRW-XRP", 900.0, market_state="DELISTED"))
    settle(shown, qtbot)
    assert text(shown, "XRP", Column.VALUE) == "—"


def test_assets_come_and_go_without_disturbing_the_others(
    shown: BalanceMonitor, qtbot: QtBot
) -> None:
    eth = order(shown).index("ETH")
    shown._table.selectRow(eth)
    kept = QPersistentModelIndex(shown._model.index(eth, 0))
    left = [balance for balance in BALANCES if balance.currency not in ("BTC", "GIFT")]
    new = Balance(currency="ADA", balance=D(100), avg_buy_price=D(500))
    shown.applyTicker(ticker("KRW-ADA", 1_000_000.0))
    shown.setBalances([*left, new])
    settle(shown, qtbot)
    assert order(shown) == ["ADA", "ETH", "KRW", "XRP", "OLD"]
    assert kept.isValid()
    assert kept.row() == 1
    selection = shown._table.selectionModel()
    assert selection is not None
    assert [index.row() for index in selection.selectedRows()] == [1]


def test_the_model_keeps_the_rules_of_models(shown: BalanceMonitor, qtbot: QtBot) -> None:
    QAbstractItemModelTester(
        shown._model, QAbstractItemModelTester.FailureReportingMode.Fatal, shown
    )
    shown.applyTicker(ticker("KRW-XRP", 90_000_000.0))
    qtbot.waitUntil(lambda: order(shown)[0] == "XRP")
    shown.setBalances(BALANCES[2:])
    settle(shown, qtbot)
    shown.setBalances([])
    settle(shown, qtbot)
    shown.setBalances(BALANCES)
    settle(shown, qtbot)
    shown.setLanguage("ko")
    assert len(order(shown)) == len(BALANCES)
    model = shown._model
    first = model.index(0, 0)
    assert (model.rowCount(first), model.columnCount(first)) == (0, 0)
    assert model.data(QModelIndex()) is None
    assert model.data(first, Qt.ItemDataRole.DecorationRole) is None
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.FontRole) is None


def test_an_account_of_nothing_says_so(widget: BalanceMonitor, qtbot: QtBot) -> None:
    widget.setBalances([])
    settle(widget, qtbot)
    assert notice(widget) == "This account holds nothing"


def test_prices_may_come_before_balances(widget: BalanceMonitor, qtbot: QtBot) -> None:
    widget.applyTicker(ticker("KRW-BTC", 100_000_000.0))
    widget.setBalances(BALANCES[:2])
    settle(widget, qtbot)
    assert text(widget, "BTC", Column.VALUE) == "60,000,000"


def test_columns_grow_for_longer_numbers_and_never_cut_them(
    shown: BalanceMonitor, qtbot: QtBot
) -> None:
    header = shown._table.horizontalHeader()
    assert header is not None
    before = header.sectionSize(Column.VALUE)
    shown.applyTicker(ticker("KRW-BTC", 9e14))
    settle(shown, qtbot)
    width = header.sectionSize(Column.VALUE)
    assert width > before
    needed = shown._table.fontMetrics().horizontalAdvance(text(shown, "BTC", Column.VALUE))
    assert width > needed
    shown.applyTicker(ticker("KRW-BTC", 1.0))
    settle(shown, qtbot)
    assert header.sectionSize(Column.VALUE) == width


def test_cells_explain_themselves(shown: BalanceMonitor) -> None:
    model = shown._model
    value = model.index(order(shown).index("BTC"), Column.VALUE)
    assert value.data(Qt.ItemDataRole.ToolTipRole) == "Priced by KRW-BTC"
    quantity = model.index(order(shown).index("BTC"), Column.QUANTITY)
    assert quantity.data(Qt.ItemDataRole.ToolTipRole) == "Available 0.5\nLocked in orders 0.1"
    asset = model.index(0, Column.ASSET)
    assert asset.data(Qt.ItemDataRole.ToolTipRole) is None


# -- sorting ------------------------------------------------------------------------------------


def click_head(widget: BalanceMonitor, column: Column) -> None:
    header = widget._table.horizontalHeader()
    assert header is not None
    viewport = header.viewport()
    x = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2))


def test_a_click_on_a_head_sorts_by_number(shown: BalanceMonitor) -> None:
    click_head(shown, Column.QUANTITY)
    # By text 1,000 would stand after 3.5 and before 77.
    assert order(shown) == ["KRW", "OLD", "GIFT", "XRP", "ETH", "BTC"]
    click_head(shown, Column.QUANTITY)
    assert order(shown) == ["BTC", "ETH", "XRP", "GIFT", "OLD", "KRW"]
    click_head(shown, Column.PROFIT)
    assert order(shown)[:3] == ["BTC", "XRP", "ETH"]
    click_head(shown, Column.PROFIT)
    assert order(shown)[:3] == ["ETH", "XRP", "BTC"]
    click_head(shown, Column.ASSET)
    assert order(shown)[0] == "BTC"


def test_rows_change_places_as_prices_do(shown: BalanceMonitor, qtbot: QtBot) -> None:
    shown._table.selectRow(order(shown).index("XRP"))
    shown.applyTicker(ticker("KRW-XRP", 90_000_000.0))
    qtbot.waitUntil(lambda: order(shown)[0] == "XRP")
    selection = shown._table.selectionModel()
    assert selection is not None
    assert [index.row() for index in selection.selectedRows()] == [0]


def test_rows_stay_under_the_pointer(
    shown: BalanceMonitor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = order(shown)
    resting = True
    monkeypatch.setattr(shown._table, "isUnderPointer", lambda: resting)
    shown.applyTicker(ticker("KRW-XRP", 90_000_000.0))
    settle(shown, qtbot)
    with qtbot.waitSignal(shown._order.timeout):
        pass
    assert order(shown) == before
    resting = False
    qtbot.waitUntil(lambda: order(shown)[0] == "XRP")


# -- copying ------------------------------------------------------------------------------------


def test_copy_puts_the_selected_rows_on_the_clipboard(shown: BalanceMonitor) -> None:
    table = shown._table
    table.setFocus()
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in clipboard().split("\n")]
    assert [line[0] for line in lines] == ["BTC", "ETH"]
    assert lines[0][1:] == [
        "0.60000000",
        "0.10000000",
        "90,000,000",
        "90,090,045",
        "100,000,000",
        "60,000,000",
        "+5,943,000",
        "+11.00%",
    ]


def test_copy_follows_moved_columns(shown: BalanceMonitor) -> None:
    table = shown._table
    header = table.horizontalHeader()
    assert header is not None
    header.moveSection(header.visualIndex(Column.RATE), 1)
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard().split("\t")[:2] == ["BTC", "+11.00%"]


def test_copy_of_nothing_leaves_the_clipboard_alone(shown: BalanceMonitor) -> None:
    board = QApplication.clipboard()
    assert board is not None
    board.setText("mine")
    QTest.keyClick(shown._table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "mine"


def test_arrow_keys_walk_the_rows(shown: BalanceMonitor) -> None:
    shown._table.selectRow(0)
    QTest.keyClick(shown._table, Qt.Key.Key_Down)
    assert shown._table.currentIndex().row() == 1


# -- looks --------------------------------------------------------------------------------------


def nearest(picture: QImage, colour: QColor) -> int:
    """How far (in steps of one channel) the pixel most like ``colour`` is from it."""
    wanted = colour.getRgb()[:3]
    return min(
        max(abs(one - other) for one, other in zip(pixel.getRgb()[:3], wanted, strict=True))
        for x in range(picture.width())
        for y in range(picture.height())
        for pixel in [picture.pixelColor(x, y)]
    )


def test_gains_are_red_and_losses_blue(shown: BalanceMonitor) -> None:
    theme = shown.themeColors()
    foreground = Qt.ItemDataRole.ForegroundRole
    model = shown._model
    assert model.index(order(shown).index("BTC"), Column.PROFIT).data(foreground) == theme.rise
    assert model.index(order(shown).index("ETH"), Column.RATE).data(foreground) == theme.fall
    assert model.index(order(shown).index("OLD"), Column.VALUE).data(foreground) == theme.sub_text
    assert model.index(0, Column.ASSET).data(foreground) is None
    viewport = shown._table.viewport()
    assert viewport is not None
    for currency, colour, other in (
        ("BTC", theme.rise, theme.fall),
        ("ETH", theme.fall, theme.rise),
    ):
        cell = model.index(order(shown).index(currency), Column.PROFIT)
        picture = viewport.grab(shown._table.visualRect(cell)).toImage()
        assert nearest(picture, colour) < 60 < nearest(picture, other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes_switch_live(shown: BalanceMonitor, theme: str) -> None:
    shown.setTheme(theme)
    shown._table.clearSelection()
    picture = shown.grab().toImage()
    background = shown.themeColors().background
    assert picture.pixelColor(500, 395).rgb() == background.rgb()
    assert picture.pixelColor(5, 2).rgb() == shown.themeColors().panel.rgb()


def test_a_selected_row_is_lit(shown: BalanceMonitor) -> None:
    shown._table.selectRow(0)
    rect = shown._table.visualRect(shown._model.index(0, Column.LOCKED))
    viewport = shown._table.viewport()
    assert viewport is not None
    picture = viewport.grab().toImage()
    colour = picture.pixelColor(rect.left() + 2, rect.top() + 3)
    assert colour == QColor(shown.themeColors().ask_hover)


def test_languages_switch_live(shown: BalanceMonitor) -> None:
    shown.setLanguage("ko")
    header = shown._model.headerData(Column.PROFIT, Qt.Orientation.Horizontal)
    assert header == "순손익"
    assert text(shown, "KRW", Column.ASSET) == "원화 KRW"
    assert "총 보유자산" in totals(shown)
    assert shown._table.accessibleName() == "보유 자산"


def test_totals_stand_in_rows_of_equal_length(shown: BalanceMonitor) -> None:
    bar = shown._bar
    heights = {width: bar.heightForWidth(width) for width in (2000, 500, 300, 60)}
    assert heights[2000] < heights[500] < heights[300] < heights[60]
    bar.resize(60, heights[60])
    assert not bar.grab().isNull()


def test_assistive_technology_hears_the_totals(shown: BalanceMonitor) -> None:
    assert "Total assets 75,509,155" in shown._bar.accessibleName()
    assert "Without price: 1" in shown._bar.accessibleDescription()


def test_another_font_measures_the_columns_anew(shown: BalanceMonitor) -> None:
    header = shown._table.horizontalHeader()
    assert header is not None
    before = header.sectionSize(Column.VALUE)
    font = shown.font()
    font.setPixelSize(28)
    shown.setFont(font)
    assert header.sectionSize(Column.VALUE) > before


# -- errors, state, life ------------------------------------------------------------------------


def test_an_error_is_said_above_the_rows(shown: BalanceMonitor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.errorOccurred):
        shown.setTheme("pink")
    settle(shown, qtbot)
    assert "pink" in shown._bar._badge
    assert notice(shown) == ""
    shown.clearError()
    settle(shown, qtbot)
    assert shown._bar._badge == ""


@pytest.mark.allow_logs("what is no event is a programmer's mistake and goes to the log")
def test_what_is_no_event_is_an_error_and_no_crash(shown: BalanceMonitor, qtbot: QtBot) -> None:
    told: list[str] = []
    shown.errorOccurred.connect(told.append)
    shown.applyTicker("nonsense")  # type: ignore[arg-type]
    shown.setBalances(["nonsense"])  # type: ignore[list-item]
    settle(shown, qtbot)
    assert len(told) == 2
    assert order(shown)[0] == "BTC"


def test_state_is_plain_and_comes_back(shown: BalanceMonitor, qtbot: QtBot) -> None:
    click_head(shown, Column.PROFIT)
    click_head(shown, Column.PROFIT)
    header = shown._table.horizontalHeader()
    assert header is not None
    header.resizeSection(Column.PRICE, 222)
    shown.setTheme("high-contrast")
    shown.setColorConvention("western")
    state = shown.saveState()
    assert state["version"] == 1
    assert state["look"] == {"theme": "high-contrast", "convention": "western"}
    assert (state["sort"], state["descending"]) == ("profit", False)
    other = BalanceMonitor()
    qtbot.addWidget(other)
    assert other.restoreState(state)
    assert other.saveState() == state


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"sort": "nonsense"},
        {"sort": 3},
        {"widths": 5},
        {"order": ["asset"]},
        {"order": 5},
        {"options": 5},
        {"look": {"theme": "loud", "convention": "korean"}},
        {"options": {"allocation": "pie"}},
        {"options": {"fees": {"krw": "2"}}},
    ],
)
def test_foreign_state_changes_nothing(widget: BalanceMonitor, wrong: dict[str, Any]) -> None:
    before = widget.saveState()
    assert not widget.restoreState({**before, "sort": "price", **wrong})
    assert not widget.restoreState({})
    assert widget.saveState() == before


def test_foreign_widths_are_passed_over(widget: BalanceMonitor) -> None:
    state = widget.saveState()
    before = state["widths"]
    wrong = {"price": "wide", "value": 10**9, "x": 1}
    assert widget.restoreState({**state, "widths": wrong})
    widths = widget.saveState()["widths"]
    assert widths["price"] == before["price"]
    assert widths["value"] == 2000


def test_hidden_it_is_slow_and_shown_it_is_current(shown: BalanceMonitor, qtbot: QtBot) -> None:
    shown.hide()
    shown.applyTicker(ticker("KRW-ETH", 5_000_000.0))
    assert not shown._frame.isActive()
    with qtbot.waitExposed(shown):
        shown.show()
    assert text(shown, "ETH", Column.PRICE) == "5,000,000"


def test_made_and_unmade_a_thousand_times_nothing_stays(qtbot: QtBot) -> None:
    gc.collect()
    gc.disable()
    try:
        for number in range(1000):
            widget = BalanceMonitor()
            widget.setBalances(BALANCES)
            widget.applyTicker(ticker("KRW-BTC", 1.0))
            widget._refresh()
            if number % 20 == 0:
                widget.grab()
                widget.contextMenu()
            gone = weakref.ref(widget)
            sip.delete(widget)
            del widget
            assert gone() is None
    finally:
        gc.enable()


# -- live data ----------------------------------------------------------------------------------


@pytest.fixture
def bound(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    widget: BalanceMonitor,
) -> BalanceMonitor:
    """A widget on the account of the simulated exchange, everything valued."""
    manager.set_credentials(exchange.credentials())
    widget.bind(manager)
    widget.show()
    feed.until(lambda: len(order(widget)) > 3 and len(manager.markets))
    feed.until(lambda: all(row.holding.value is not None for row in widget._model.rows()))
    return widget


def test_bound_it_values_the_account_by_exactly_the_markets_it_needs(
    feed: Feed, manager: GlobalWebSocketManager, bound: BalanceMonitor
) -> None:
    accounts = {account.currency: account for account in feed(manager.get_accounts())}
    assert set(order(bound)) == set(accounts)
    feed.until(lambda: manager.get_subscription_summary().wanted[DataType.TICKER])
    used = {market for row in bound._model.rows() for market in row.holding.path}
    bought_with = {
        f"KRW-{account.unit_currency}"
        for account in accounts.values()
        if account.avg_buy_price and account.unit_currency != "KRW"
    }
    assert manager.get_subscription_summary().wanted[DataType.TICKER] == used | bought_with
    assert used <= {market.code for market in manager.markets}
    feed.until(lambda: bound._bar._badge == "")
    assert text(bound, "BTC", Column.ASSET) == "Bitcoin BTC"
    bound.setLanguage("ko")
    assert text(bound, "BTC", Column.ASSET) == "비트코인 BTC"


def test_assets_without_a_won_market_are_crossed_and_unlisted_ones_left_alone(
    feed: Feed, widget: BalanceMonitor
) -> None:
    listed = ["KRW-BTC", "BTC-ETH", "KRW-USDT", "USDT-SOL"]
    exchange = SimulatedExchange(realtime=False, markets=listed)
    feed(exchange.start())
    manager = GlobalWebSocketManager(exchange.settings())
    widget.bind(manager)
    widget.show()
    widget.setBalances(
        [Balance(currency=currency, balance=D(2)) for currency in ("ETH", "SOL", "NOWHERE")]
    )
    feed.until(lambda: manager.get_subscription_summary().wanted[DataType.TICKER] == set(listed))
    feed.until(lambda: widget.totals().unpriced == 1)
    proxy = widget.proxy()
    assert proxy is not None
    price = {
        event.code: D(repr(event.trade_price)) for event in feed(proxy.get_ticker_snapshot(listed))
    }
    values = {row.holding.currency: row.holding.value for row in widget._model.rows()}
    assert values == {
        "ETH": 2 * price["BTC-ETH"] * price["KRW-BTC"],
        "SOL": 2 * price["USDT-SOL"] * price["KRW-USDT"],
        "NOWHERE": None,
    }
    assert text(widget, "NOWHERE", Column.VALUE) == "—"
    widget.unbind()
    feed(manager.stop())
    feed(exchange.stop())


def test_every_value_is_amount_times_price(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, bound: BalanceMonitor
) -> None:
    feed(exchange.advance(10_000))
    proxy = bound.proxy()
    assert proxy is not None
    codes = sorted({market for row in bound._model.rows() for market in row.holding.path})
    prices = {
        event.code: D(repr(event.trade_price)) for event in feed(proxy.get_ticker_snapshot(codes))
    }
    accounts = {account.currency: account for account in feed(manager.get_accounts())}

    def matches() -> bool:
        return all(
            row.holding.value
            == (accounts[row.holding.currency].balance + accounts[row.holding.currency].locked)
            * product(prices[market] for market in row.holding.path)
            for row in bound._model.rows()
        )

    feed.until(matches)
    coins = [row.holding for row in bound._model.rows() if row.holding.currency != "KRW"]
    assert bound.totals().value == sum(holding.value or 0 for holding in coins)


def product(factors: Any) -> Decimal:
    result = D(1)
    for factor in factors:
        result *= factor
    return result


def test_the_subscription_follows_the_holdings(
    feed: Feed, manager: GlobalWebSocketManager, bound: BalanceMonitor
) -> None:
    bound.setBalances(BALANCES[:2])
    feed.until(lambda: manager.get_subscription_summary().wanted[DataType.TICKER] == {"KRW-BTC"})
    bound.unbind()
    assert not any(manager.get_subscription_summary().wanted.values())
    assert order(bound)


def test_bound_again_and_again_it_listens_once(
    feed: Feed, manager: GlobalWebSocketManager, widget: BalanceMonitor
) -> None:
    before = manager.markets.receivers(manager.markets.changed)
    for _ in range(3):
        widget.bind(manager)
    assert manager.markets.receivers(manager.markets.changed) == before + 1


def test_without_a_key_it_says_which_right_is_needed(
    feed: Feed, manager: GlobalWebSocketManager, widget: BalanceMonitor
) -> None:
    widget.bind(manager)
    widget.show()
    feed.until(lambda: "자산조회" in notice(widget))
    assert notice(widget).startswith("There is no API key")
    assert set(totals(widget).values()) == {"—"}


def test_without_a_key_the_slots_work(
    feed: Feed, manager: GlobalWebSocketManager, widget: BalanceMonitor
) -> None:
    widget.bind(manager)
    widget.setBalances(BALANCES)
    widget.applyTicker(ticker("KRW-BTC", 100_000_000.0))
    widget.show()
    feed.until(lambda: widget.connection() is not None and order(widget))
    feed.turns(10)
    assert notice(widget) == ""
    assert widget._bar._badge == ""


def test_a_refused_key_is_explained(
    feed: Feed, manager: GlobalWebSocketManager, widget: BalanceMonitor, qtbot: QtBot
) -> None:
    manager.set_credentials(Credentials("no such access key", "no such secret key" * 4))
    widget.show()
    with qtbot.waitSignal(widget.errorOccurred):
        widget.bind(manager)
        feed.until(lambda: "refused the API key" in notice(widget))
    assert "no such" not in notice(widget)


def test_a_missing_right_is_named(widget: BalanceMonitor, feed: Feed, manager: Any) -> None:
    manager.set_credentials(Credentials("no such access key", "no such secret key" * 4))
    widget.bind(manager)
    widget.show()
    widget._on_refused(AuthenticationFailed("권한이 부족합니다", "out_of_scope"))
    feed.until(lambda: "lacks the right" in notice(widget))


def test_another_refusal_is_an_error(widget: BalanceMonitor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(widget.errorOccurred):
        widget._on_refused(RequestRejected("WRONG_FORMAT", "Format is wrong"))
    assert widget.errorText() == "WRONG_FORMAT: Format is wrong"


def test_a_key_taken_away_takes_its_balances_along_and_another_brings_them_back(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, bound: BalanceMonitor
) -> None:
    manager.set_credentials(None)
    feed.until(lambda: notice(bound).startswith("There is no API key"))
    assert order(bound) == []
    assert not manager.get_subscription_summary().wanted[DataType.TICKER]
    manager.set_credentials(exchange.credentials())
    feed.until(lambda: notice(bound) == "" and order(bound))


def test_prices_that_stand_still_are_said(
    feed: Feed, exchange: SimulatedExchange, bound: BalanceMonitor
) -> None:
    feed.until(lambda: order(bound) and bound._bar._badge == "" and len(exchange.connections) == 2)
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: "Prices:" in bound._bar._badge)
    assert order(bound)
    exchange.faults.clear("refuse")
    feed.until(lambda: bound._bar._badge == "")


def test_balances_that_are_polled_say_so(
    feed: Feed, exchange: SimulatedExchange, widget: BalanceMonitor
) -> None:
    manager = GlobalWebSocketManager(
        replace(exchange.settings(), fallback_after_s=0.05), exchange.credentials()
    )
    exchange.faults.refuse(503)
    widget.bind(manager)
    widget.show()
    feed.until(lambda: order(widget) and "Polled" in widget._bar._badge)
    exchange.faults.clear()
    feed.until(lambda: widget._bar._badge == "")
    feed(manager.stop())


def test_a_bound_widget_that_is_deleted_leaves_nothing_wanted(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    manager.set_credentials(exchange.credentials())
    host = QWidget()
    qtbot.addWidget(host)
    for _ in range(5):
        widget = BalanceMonitor(host)
        widget.bind(manager)
        sip.delete(widget)
        del widget
    feed.until(lambda: not manager.get_subscription_summary().clients)
    assert not any(manager.get_subscription_summary().wanted.values())
