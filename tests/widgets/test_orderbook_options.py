"""What can be chosen about the order book, by methods, keys, mouse, menu and Designer. Widgets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent, QImage, QPainter, QRegion
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QMenu,
)
from pytestqt.qtbot import QtBot

from tests.order_books import (
    BEST_ASK,
    BEST_BID,
    TICK,
    Paints,
    book,
    cell,
    image,
    on_screen,
    order,
    painted,
    place_of,
    resized,
    same,
    settle,
    strip,
    trade,
)
from tests.widget_desk import PLACES, clipboard, entries, hangul_key, promoted, window_with
from upbit_ws_qt.events import OrderbookUnit, OrderState
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.ladder_changes import FADE_STEPS
from upbit_ws_qt_widgets.orderbook import OrderbookWidget
from upbit_ws_qt_widgets.orderbook_texts import logical_rect


@pytest.fixture
def shown(qtbot: QtBot) -> OrderbookWidget:
    """A widget on screen with a book of thirty rows a side, as it is made."""
    return on_screen(OrderbookWidget(), qtbot)


def prices(widget: OrderbookWidget) -> list[float]:
    return [row.price for row in painted(widget).rows if row.price]


# -- rows, bars, amounts, grouping ----------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 5, 15])
def test_fewer_rows_a_side(shown: OrderbookWidget, qtbot: QtBot, rows: int) -> None:
    with qtbot.waitSignal(shown.optionsChanged):
        shown.setDepth(rows)
    settle(shown, qtbot)
    assert prices(shown) == [BEST_BID + TICK * step for step in range(rows, -rows, -1)]
    assert shown.depth() == rows


def test_cumulative_bars_sum_up_from_the_best_price(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setDepth(5)
    shown.setBars("cumulative")
    settle(shown, qtbot)
    rows = painted(shown).rows
    assert [row.size_text for row in rows[:5]] == ["5.000", "4.000", "3.000", "2.000", "1.000"]
    assert [row.size for row in rows] == [1.0] * 10
    width = painted(shown).layout.bar_width
    assert [row.bar for row in rows[5:]] == [round(width * part / 5) for part in range(1, 6)]


def test_bars_of_the_value_and_amounts_in_money(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setDepth(1)
    shown.setBars("value")
    shown.setAmounts("total")
    settle(shown, qtbot)
    ladder = painted(shown)
    assert [row.size_text for row in ladder.rows] == ["116,540,000", "116,539,000"]
    assert ladder.footer[1:4] == ("116,540,000", "Total (KRW)", "Total bids")
    assert shown.bars() == "value"


def test_a_click_on_the_footer_changes_what_amounts_are_in(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    left, top, width, height = painted(shown).layout.footer
    where = QPoint(left + width // 2, top + height // 2)
    QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=where)
    assert shown.amounts() == "total"
    QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=where)
    assert shown.amounts() == "quantity"
    QTest.mousePress(shown, Qt.MouseButton.LeftButton, pos=where)
    QTest.mouseRelease(shown, Qt.MouseButton.LeftButton, pos=cell(shown, BEST_BID))
    QTest.mousePress(shown, Qt.MouseButton.LeftButton, pos=cell(shown, BEST_BID))
    QTest.mouseRelease(shown, Qt.MouseButton.LeftButton, pos=where)
    assert shown.amounts() == "quantity"


def test_without_a_level_of_the_exchange_the_rows_are_gathered_here(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setGrouping(10_000.0)
    settle(shown, qtbot)
    assert prices(shown) == [
        116_570_000,
        116_560_000,
        116_550_000,
        116_540_000,
        116_530_000,
        116_520_000,
        116_510_000,
    ]
    sizes = {row.price: row.size for row in painted(shown).rows}
    assert sizes[116_540_000] == 1.0
    assert sizes[116_550_000] == 10.0
    assert sizes[116_530_000] == 10.0
    # The spread is that of the book, not of the groups.
    assert "1,000 · ticks 1" in strip(shown, 0)


def test_the_exchanges_own_groups_are_shown_as_they_are(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setGrouping(10_000.0)
    units = (OrderbookUnit(116_540_000.0, 116_530_000.0, 7.0, 8.0),)
    shown.setOrderbook(book(level=10_000.0, orderbook_units=units))
    settle(shown, qtbot)
    assert [(row.price, row.size) for row in painted(shown).rows] == [
        (116_540_000.0, 7.0),
        (116_530_000.0, 8.0),
    ]
    shown.setGrouping(0.0)
    settle(shown, qtbot)
    assert BEST_ASK in prices(shown)


def test_markets_without_levels_are_grouped_by_multiples_of_their_tick(qtbot: QtBot) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    assert widget.groupings() == (0.0,)
    units = tuple(
        OrderbookUnit(
            round(0.00001236 + row * 1e-8, 8), round(0.00001235 - row * 1e-8, 8), 1.0, 1.0
        )
        for row in range(30)
    )
    widget.setOrderbook(book("BTC-ETH", orderbook_units=units))
    image(widget)
    assert widget.groupings() == (0.0, 2e-8, 5e-8, 1e-7, 2e-7, 5e-7, 1e-6)
    widget.setGrouping(1e-7)
    image(widget)
    rows = [row for row in painted(widget).rows if row.price]
    assert [row.price_text for row in rows[:4]] == [
        "0.00001270",
        "0.00001260",
        "0.00001250",
        "0.00001240",
    ]
    assert [row.size for row in rows if not row.ask] == [6.0, 10.0, 10.0, 4.0]


def test_another_market_is_not_grouped(shown: OrderbookWidget) -> None:
    shown.setGrouping(10_000.0)
    shown.setMarket("KRW-ETH")
    assert shown.grouping() == 0.0


@pytest.mark.parametrize(
    ("setter", "value"),
    [
        ("setDepth", 7),
        ("setBars", "x"),
        ("setAmounts", "x"),
        ("setView", "x"),
        ("setGrouping", -1.0),
        ("setTrialSize", float("nan")),
    ],
)
def test_a_wrong_choice_changes_nothing_and_is_said(
    shown: OrderbookWidget, qtbot: QtBot, setter: str, value: Any
) -> None:
    before = shown.saveState()
    with qtbot.waitSignal(shown.errorOccurred):
        getattr(shown, setter)(value)
    assert shown.saveState() == before
    settle(shown, qtbot)
    assert painted(shown).badge.startswith("Error")
    shown.setDepth(15)
    settle(shown, qtbot)
    assert painted(shown).badge == ""


# -- figures --------------------------------------------------------------------------------------


def test_the_strip_tells_spread_microprice_and_imbalance(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setOrderbook(resized(book(), 0, ask_size=3.0))
    settle(shown, qtbot)
    assert strip(shown, 0) == "Spread 1,000 · ticks 1 · 0.09 bp Microprice 116,539,250"
    assert strip(shown, 1) == "Imbalance 1 -50% 5 -17% 15 -6% 30 -3%"
    layout = painted(shown).layout
    assert layout.figures is not None
    left, top, width, height = layout.figures
    picture = image(shown)
    line = [picture.pixelColor(x, top + height // 2) for x in range(left, left + width)]
    assert any(not same(colour, shown.themeColors().background) for colour in line)


def test_a_trial_size_has_its_average_and_slippage(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setTrialSize(2.0, "quantity")
    settle(shown, qtbot)
    assert shown.trialSize() == (2.0, "quantity")
    assert strip(shown, 2) == (
        "Trial 2.000 BTC Buy 116,540,500 (0.04 bp) Sell 116,538,500 (0.04 bp)"
    )
    shown.setTrialSize(1e12)
    settle(shown, qtbot)
    assert "(only 30.000 BTC)" in strip(shown, 2)


def test_the_row_under_the_pointer_tells_what_it_takes_to_get_there(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    QTest.mouseMove(shown, cell(shown, BEST_ASK + TICK))
    qtbot.waitUntil(lambda: painted(shown).strip[2] != ())
    assert strip(shown, 2) == (
        "Buying up to 116,541,000 (+0.001%) 2.000 BTC 233,081,000 KRW Average 116,540,500"
    )


def test_the_strip_can_be_left_out(shown: OrderbookWidget, qtbot: QtBot) -> None:
    rows = painted(shown).layout.visible
    shown.setFiguresShown(False)
    settle(shown, qtbot)
    assert painted(shown).strip == ()
    assert painted(shown).layout.visible > rows


# -- own orders -----------------------------------------------------------------------------------


def test_own_orders_stand_on_their_rows(shown: OrderbookWidget, qtbot: QtBot) -> None:
    paints = Paints(shown)
    shown.setOrders([order("a", BEST_BID - TICK, "0.25"), order("b", BEST_ASK, "1.5", "ASK")])
    settle(shown, qtbot)
    own = {row.price: row.own for row in painted(shown).rows if row.own}
    assert own == {BEST_BID - TICK: "0.250", BEST_ASK: "1.500"}
    layout = painted(shown).layout
    rects = [
        logical_rect(layout.row_rect(place_of(shown, price), ask=ask), 1.0)
        for price, ask in ((BEST_BID - TICK, False), (BEST_ASK, True))
    ]
    assert paints.region == QRegion(rects[0]) + QRegion(rects[1])
    picture, accent = image(shown), shown.themeColors().accent
    assert same(picture.pixelColor(488, rects[0].center().y()), accent)
    assert same(picture.pixelColor(1, rects[1].center().y()), accent)


def test_own_orders_are_filled_and_gone(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.applyOrder(order("a", BEST_BID, "0.5"))
    shown.applyOrder(order("a", BEST_BID + TICK, "0.2", state=OrderState.TRADE))
    settle(shown, qtbot)
    assert {row.price: row.own for row in painted(shown).rows if row.own} == {BEST_BID: "0.200"}
    shown.applyOrder(order("a", BEST_BID, "0.2", state=OrderState.CANCEL))
    settle(shown, qtbot)
    assert not any(row.own for row in painted(shown).rows)


def test_own_orders_follow_the_groups_and_the_market(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setOrders(
        [
            order("a", BEST_BID - TICK, "0.25"),
            order("b", BEST_BID - 2 * TICK, "0.5"),
            order("c", 1000, "9", code="KRW-ETH"),
        ]
    )
    shown.setGrouping(10_000.0)
    settle(shown, qtbot)
    own = {row.price: row.own for row in painted(shown).rows if row.own}
    assert own == {116_530_000: "0.750"}
    shown.setOwnOrdersShown(False)
    settle(shown, qtbot)
    assert not any(row.own for row in painted(shown).rows)
    shown.setOwnOrdersShown(True)
    shown.setMarket("KRW-ETH")
    shown.setOrderbook(book("KRW-ETH"))
    settle(shown, qtbot)
    assert not any(row.own for row in painted(shown).rows)


# -- fading ---------------------------------------------------------------------------------------


def test_what_changed_is_lit_and_fades(shown: OrderbookWidget, qtbot: QtBot) -> None:
    event = resized(resized(book(), 1, bid_size=2.0), 2, ask_size=0.5)
    shown.setOrderbook(event)
    lit = shown._resolve()
    heat = {row.price: row.heat for row in lit.rows if row.heat}
    assert heat == {BEST_BID - TICK: FADE_STEPS, BEST_ASK + 2 * TICK: -FADE_STEPS}
    picture = QImage(shown.size(), QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    shown._current_painter().paint(painter, lit, shown.themeColors(), QRegion(shown.rect()))
    painter.end()
    theme, columns = shown.themeColors(), lit.layout.columns
    y = cell(shown, BEST_BID - TICK).y()
    hot = picture.pixelColor(columns.bid_size[0] + 3, y)
    assert not same(hot, theme.bid_bar)
    assert not same(hot, theme.bid_row)
    # What changed is the size: the price keeps its quiet.
    assert same(picture.pixelColor(columns.price[0] + 5, y), theme.bid_row)
    settle(shown, qtbot)
    qtbot.waitUntil(lambda: not any(row.heat for row in painted(shown).rows))
    assert same(image(shown).pixelColor(columns.bid_size[0] + 3, y), theme.bid_bar)
    assert not shown._fade.isActive()


def test_switched_off_nothing_is_lit(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setFading(False)
    settle(shown, qtbot)
    shown.setOrderbook(book(size=2.0))
    assert not any(row.heat for row in shown._resolve().rows)
    assert not shown._fade.isActive()


def test_another_choice_lights_nothing(shown: OrderbookWidget) -> None:
    shown.setDepth(5)
    assert not any(row.heat for row in shown._resolve().rows)
    shown.setDepth(30)
    assert not any(row.heat for row in shown._resolve().rows)


# -- the static ladder ----------------------------------------------------------------------------


def test_on_a_static_ladder_prices_keep_their_places(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setStatic(True)
    settle(shown, qtbot)
    before = prices(shown)
    assert before == [before[0] - TICK * row for row in range(len(before))]
    shown.setOrderbook(book(bid=BEST_BID + 2 * TICK))
    settle(shown, qtbot)
    assert prices(shown) == before
    best = [row.price for row in painted(shown).rows if not row.ask and row.size]
    assert best[0] == BEST_BID + 2 * TICK
    far = len(before) // 4 + 1
    shown.setOrderbook(book(bid=BEST_BID + far * TICK))
    settle(shown, qtbot)
    assert prices(shown)[0] == before[0] + far * TICK


def test_a_price_where_nothing_stands_has_a_row_that_can_be_clicked(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    units = tuple(unit for row, unit in enumerate(book().orderbook_units) if row not in (3, 4))
    shown.setStatic(True)
    shown.setOrderbook(book(orderbook_units=units))
    settle(shown, qtbot)
    gap = BEST_BID - 3 * TICK
    row = painted(shown).rows[place_of(shown, gap)]
    assert (row.size, row.size_text, row.bar) == (0.0, "", 0)
    told: list[tuple[float, float]] = []
    shown.sizeClicked.connect(lambda *values: told.append(values))
    with qtbot.waitSignal(shown.priceClicked) as clicked:
        QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=cell(shown, gap))
    assert clicked.args == [gap]
    QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=cell(shown, gap, "size"))
    assert told == []


@pytest.mark.parametrize("width", [490, 300])
def test_painted_row_by_row_a_static_ladder_is_what_it_is_painted_at_once(
    shown: OrderbookWidget, qtbot: QtBot, width: int
) -> None:
    shown.resize(width, 760)
    shown.setFading(False)
    shown.setStatic(True)
    settle(shown, qtbot)
    screen = QImage(shown.size(), QImage.Format.Format_RGB32)
    shown.render(screen)
    for step in (1, 2, 1, 0, -1):
        shown.setOrderbook(book(bid=BEST_BID + step * TICK, size=1.0 + step / 8))
        paints = Paints(shown)
        settle(shown, qtbot)
        shown.render(screen, paints.region.boundingRect().topLeft(), paints.region)
        whole = QImage(shown.size(), QImage.Format.Format_RGB32)
        shown.render(whole)
        assert screen == whole


# -- the pause ------------------------------------------------------------------------------------


def test_paused_it_stands_still_and_counts(shown: OrderbookWidget, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.pausedChanged) as changed:
        shown.setPaused(True)
    assert changed.args == [True]
    rows = painted(shown).rows
    shown.setOrderbook(book(size=9.0))
    shown.applyTrade(trade(99, BEST_BID))
    settle(shown, qtbot)
    assert painted(shown).badge == "Paused · updates withheld: 2"
    assert shown.withheldCount() == 2
    assert [row.size for row in painted(shown).rows] == [row.size for row in rows]
    assert painted(shown).tape.lines == ()
    shown.setPaused(False)
    settle(shown, qtbot)
    assert painted(shown).badge == ""
    assert painted(shown).rows[0].size == 9.0
    assert [line.price_text for line in painted(shown).tape.lines] == ["116,539,000"]


def test_another_market_is_not_paused(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setPaused(True)
    with qtbot.waitSignal(shown.pausedChanged) as changed:
        shown.setMarket("KRW-ETH")
    assert changed.args == [False]
    assert not shown.isPaused()


# -- depth and heatmap ----------------------------------------------------------------------------


def test_the_depth_tells_what_it_costs_to_move_the_price(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setView("depth")
    settle(shown, qtbot)
    ladder = painted(shown)
    assert ladder.rows == ()
    assert ladder.curve is not None
    where = QPoint(400, 300)
    QTest.mouseMove(shown, where)
    qtbot.waitUntil(lambda: getattr(painted(shown).curve, "pointed", None) is not None)
    curve = painted(shown).curve
    assert curve is not None
    assert curve.pointed is not None
    assert curve.pointed.pieces[0].label.startswith("Buying up to 116,5")
    picture, theme = image(shown), shown.themeColors()
    assert same(picture.pixelColor(480, curve.base - 3), theme.ask_bar)
    assert same(picture.pixelColor(10, curve.base - 3), theme.bid_bar)
    with qtbot.waitSignal(shown.priceClicked) as clicked:
        QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=where)
    assert clicked.args == [curve.pointed.price]


def test_the_depth_can_be_walked_by_keys(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setView("depth")
    settle(shown, qtbot)
    QTest.keyClick(shown, Qt.Key.Key_Right)
    QTest.keyClick(shown, Qt.Key.Key_Right)
    QTest.keyClick(shown, Qt.Key.Key_Left)
    settle(shown, qtbot)
    with qtbot.waitSignal(shown.priceClicked) as clicked:
        QTest.keyClick(shown, Qt.Key.Key_Return)
    assert clicked.args == [BEST_ASK]


def test_the_heatmap_shows_where_sizes_stood(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setView("heatmap")
    start = 1_790_000_000_000
    for number in range(20):
        shown.setOrderbook(book(size=1.0 + number % 3, timestamp=start + number * 250))
    settle(shown, qtbot)
    ladder = painted(shown)
    assert ladder.map is not None
    assert ladder.rows == ()
    picture, theme = image(shown), shown.themeColors()
    left, top, width, height = ladder.layout.body
    seen = {picture.pixelColor(x, top + height // 4).rgb() for x in range(left, left + width // 2)}
    assert theme.background.rgb() in seen
    newest = next(
        colour
        for x in range(left + width - 1, left, -1)
        if (colour := picture.pixelColor(x, top + height // 3)).blue() - colour.red() > 40
    )
    assert newest.blue() > newest.red()


def test_a_hole_in_time_is_a_hole_in_the_heatmap(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setView("heatmap")
    start = 1_790_000_000_000
    shown.setOrderbook(book(timestamp=start + 250))
    shown.hide()
    shown.show()
    for number in (9, 10):
        shown.setOrderbook(book(timestamp=start + number * 250))
    settle(shown, qtbot)
    heat = painted(shown).map
    assert heat is not None
    known = [bool(column.any()) for column in heat.shades.T[-10:]]
    assert known == [True, True] + [False] * 7 + [True]


# -- keys, menu, Designer -------------------------------------------------------------------------


def test_every_choice_has_a_key(shown: OrderbookWidget) -> None:
    for key, reading, expected in (
        (Qt.Key.Key_B, shown.bars, "cumulative"),
        (Qt.Key.Key_Q, shown.amounts, "total"),
        (Qt.Key.Key_V, shown.view, "depth"),
        (Qt.Key.Key_D, shown.depth, 1),
        (Qt.Key.Key_S, shown.isStatic, True),
        (Qt.Key.Key_P, shown.isPaused, True),
        (Qt.Key.Key_M, shown.changeBase, "middle"),
        (Qt.Key.Key_T, shown.areTradesPerLevelShown, True),
    ):
        assert reading() != expected
        QTest.keyClick(shown, key)
        assert reading() == expected
    assert shown.groupings() == (0.0, 2000.0, 5000.0, 10_000.0, 20_000.0, 50_000.0, 100_000.0)
    for key, expected in (
        (Qt.Key.Key_Plus, 2000.0),
        (Qt.Key.Key_Equal, 5000.0),
        (Qt.Key.Key_Minus, 2000.0),
        (Qt.Key.Key_Minus, 0.0),
        (Qt.Key.Key_Minus, 0.0),
    ):
        QTest.keyClick(shown, key)
        assert shown.grouping() == expected


def test_enter_with_shift_is_the_size_and_with_control_a_double_click(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    QTest.keyClick(shown, Qt.Key.Key_Down)
    settle(shown, qtbot)
    with qtbot.waitSignal(shown.sizeClicked) as size:
        QTest.keyClick(shown, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert size.args == [BEST_BID, 1.0]
    with qtbot.waitSignal(shown.priceDoubleClicked) as double:
        QTest.keyClick(shown, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert double.args == [BEST_BID]


def test_letters_with_control_are_somebody_elses(shown: OrderbookWidget) -> None:
    QTest.keyClick(shown, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(shown, Qt.Key.Key_P, Qt.KeyboardModifier.AltModifier)
    assert not shown.isPaused()


def test_the_menu_reaches_everything(shown: OrderbookWidget) -> None:
    texts = translations("en")
    for path, reading, expected in (
        ("View/Depth", shown.view, "depth"),
        ("Rows/5 a side", shown.depth, 5),
        ("Bars/Value", shown.bars, "value"),
        ("Amounts/Total", shown.amounts, "total"),
        ("Grouping/10,000 KRW", shown.grouping, 10_000.0),
        (texts["orderbook.static"], shown.isStatic, True),
        (texts["orderbook.fading"], shown.isFading, False),
        (texts["orderbook.figures"], shown.areFiguresShown, False),
        (texts["orderbook.own_orders"], shown.areOwnOrdersShown, False),
        (texts["orderbook.pause"], shown.isPaused, True),
        ("Change from/Middle of the book", shown.changeBase, "middle"),
        (texts["orderbook.trades_per_level"], shown.areTradesPerLevelShown, True),
        (texts["orderbook.pause_on_hover"], shown.isPauseOnHover, True),
        (texts["orderbook.queue"], shown.isQueueShown, True),
    ):
        before = reading()
        assert before != expected
        menu = shown.contextMenu()
        action = entries(menu)[path]
        assert action.isCheckable()
        action.trigger()
        assert reading() == expected, path
        again = entries(shown.contextMenu())[path]
        assert again.isChecked() is bool(expected), path


def test_the_menu_speaks_the_language_of_the_widget(shown: OrderbookWidget) -> None:
    shown.setLanguage("ko")
    assert "모아보기/10,000 KRW" in entries(shown.contextMenu())
    assert "막대/누적" in entries(shown.contextMenu())


def test_the_menu_opens_where_the_mouse_asks_for_it(shown: OrderbookWidget, qtbot: QtBot) -> None:
    where = QPoint(30, 30)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, shown.mapToGlobal(where))
    QApplication.sendEvent(shown, event)
    [menu] = shown.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert menu.isVisible()
    with qtbot.waitSignal(menu.destroyed):
        menu.close()


def test_the_trial_size_is_asked_for(shown: OrderbookWidget, qtbot: QtBot) -> None:
    entries(shown.contextMenu())["Trial size…"].trigger()
    dialog = shown.findChild(QInputDialog)
    assert dialog is not None
    dialog.setDoubleValue(1_000_000)
    dialog.accept()
    assert shown.trialSize() == (1_000_000, "total")
    settle(shown, qtbot)
    assert strip(shown, 2).startswith("Trial 1,000,000 KRW Buy")


@pytest.mark.parametrize(("entry", "ending"), [("Save as CSV…", "csv"), ("Save picture…", "png")])
def test_a_file_is_asked_for(
    shown: OrderbookWidget, tmp_path: Path, entry: str, ending: str
) -> None:
    entries(shown.contextMenu())[entry].trigger()
    dialog = shown.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.defaultSuffix() == ending
    path = tmp_path / f"book.{ending}"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    if ending == "png":
        assert QImage(str(path)).size() == shown.size()
    else:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "side,price,size,value"
        assert lines[1] == "ask,116569000,1,116569000"
        assert len(lines) == 61


@pytest.mark.parametrize("key", [None, 0])
def test_keys_are_heard_while_a_korean_keyboard_writes_hangul(
    shown: OrderbookWidget, key: int | None
) -> None:
    for sign, reading, expected in (
        ("ㅔ", shown.isPaused, True),
        ("ㅔ", shown.isPaused, False),
        ("ㅂ", shown.amounts, "total"),
        ("ㅃ", shown.amounts, "quantity"),
        ("ㅠ", shown.bars, "cumulative"),
        ("ㄴ", shown.isStatic, True),
    ):
        assert hangul_key(shown, sign, key=key)
        assert reading() == expected
    assert hangul_key(shown, "ㅊ", Qt.KeyboardModifier.ControlModifier, key=key)
    assert clipboard() == shown.bookTable("\t")
    assert not hangul_key(shown, "ㅎ", key=key)


def test_control_c_copies_the_rows_on_show(shown: OrderbookWidget) -> None:
    shown.setDepth(1)
    QTest.keyClick(shown, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == (
        "side\tprice\tsize\tvalue\nask\t116540000\t1\t116540000\nbid\t116539000\t1\t116539000\n"
    )


def test_what_cannot_be_saved_is_said_without_a_path(
    shown: OrderbookWidget, qtbot: QtBot, tmp_path: Path
) -> None:
    for save in (shown.saveCsv, shown.savePicture):
        shown.clearError()
        with qtbot.waitSignal(shown.errorOccurred) as failed:
            save(str(tmp_path / "no such folder" / "book.png"))
        assert "could not be saved" in failed.args[0]
        assert "no such folder" not in failed.args[0]


def test_without_a_book_there_is_nothing_to_copy(qtbot: QtBot) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    widget.setLanguage("en")
    assert widget.bookTable() == ""
    assert entries(widget.contextMenu())
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Down, Qt.Key.Key_V, Qt.Key.Key_V, Qt.Key.Key_S):
        QTest.keyClick(widget, key)
    image(widget)
    assert painted(widget).notice == "Choose a market"


def test_all_choices_are_kept(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setGrouping(10_000.0)
    shown.setDepth(15)
    shown.setBars("cumulative")
    shown.setAmounts("total")
    shown.setView("heatmap")
    shown.setStatic(True)
    shown.setFading(False)
    shown.setFiguresShown(False)
    shown.setOwnOrdersShown(False)
    shown.setTrialSize(5.0, "quantity")
    state = json.loads(json.dumps(shown.saveState()))
    other = OrderbookWidget()
    qtbot.addWidget(other)
    assert other.restoreState(state)
    assert other.saveState() == state
    assert other.grouping() == 10_000.0


def test_designer_reaches_every_choice(qtbot: QtBot) -> None:
    made = promoted(
        qtbot,
        OrderbookWidget,
        marketCode="KRW-ETH",
        levelCount=5,
        barKind="value",
        amountKind="total",
        viewKind="depth",
        changeFrom="middle",
        groupingStep=500.0,
        staticLadder=True,
        fadingChanges=False,
        figuresShown=False,
        ownOrdersShown=False,
        queueShown=True,
        tradesPerLevelShown=True,
        pauseOnHover=True,
    )
    assert made.market() == "KRW-ETH"
    assert made.saveState()["options"] == {
        "depth": 5,
        "bars": "value",
        "amounts": "total",
        "grouping": 500.0,
        "view": "depth",
        "static": True,
        "fading": False,
        "figures": False,
        "own_orders": False,
        "trial": 0.0,
        "trial_in": "total",
        "change_base": "middle",
        "trades_per_level": True,
        "pause_on_hover": True,
        "queue": True,
    }


@pytest.mark.parametrize("place", PLACES)
def test_it_lives_in_every_place_of_a_window(qtbot: QtBot, place: str) -> None:
    widget = OrderbookWidget()
    widget.setOrderbook(book())
    window = window_with(qtbot, widget, place)
    settle(widget, qtbot)
    assert window.isAncestorOf(widget)
    assert painted(widget).layout.width == widget.width() > 140
    with qtbot.waitSignal(widget.priceClicked) as clicked:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=cell(widget, BEST_BID))
    assert clicked.args == [BEST_BID]


def test_narrow_and_low_every_view_still_draws(shown: OrderbookWidget) -> None:
    failures: list[str] = []
    shown.errorOccurred.connect(failures.append)
    shown.setOrders([order("a", BEST_BID, "0.25")])
    shown.setTrialSize(1e6)
    start = 1_790_000_000_000
    for number in range(3):
        shown.setOrderbook(book(timestamp=start + number * 250))
    for view in ("ladder", "depth", "heatmap"):
        shown.setView(view)
        shown._pointer = None
        for width in (1200, 340, 190, 40, 1):
            for height in (1500, 260, 60, 1):
                shown.resize(width, height)
                image(shown)
    assert failures == []


def test_a_book_of_one_side_in_every_view(shown: OrderbookWidget) -> None:
    failures: list[str] = []
    shown.errorOccurred.connect(failures.append)
    empty = {"bid_price": 0.0, "bid_size": 0.0}
    units = tuple(msgspec.structs.replace(unit, **empty) for unit in book().orderbook_units)
    shown.setOrderbook(book(orderbook_units=units))
    for view in ("ladder", "depth", "heatmap"):
        for static in (False, True):
            shown.setView(view)
            shown.setStatic(static)
            image(shown)
    assert failures == []
