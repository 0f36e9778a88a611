"""Changes from the middle, what was traded, what is ahead, the pause under the pointer. Widgets."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QCursor, QRegion
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
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
from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets.models.level_trades import WINDOW_MS
from upbit_ws_qt_widgets.orderbook import OrderbookWidget
from upbit_ws_qt_widgets.orderbook_texts import logical_rect

NOW = book().timestamp


@pytest.fixture
def shown(qtbot: QtBot) -> OrderbookWidget:
    widget = on_screen(OrderbookWidget(), qtbot)
    widget.setFading(False)
    return widget


def traded(number: int, price: float, volume: float, ms: int = NOW) -> TradeEvent:
    return replace(trade(number, price), trade_volume=volume, timestamp=ms, trade_timestamp=ms)


def told(widget: OrderbookWidget) -> dict[float, str]:
    return {row.price: row.traded for row in painted(widget).rows if row.traded_bar}


# -- changes from the middle ----------------------------------------------------------------------


def test_changes_from_the_middle_follow_it_and_have_no_colour(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    assert painted(shown).rows[place_of(shown, BEST_ASK)].change_text == "+1.08%"
    shown.setChangeBase("middle")
    settle(shown, qtbot)
    rows = painted(shown).rows
    assert rows[0].change_text == "+0.014%"
    assert rows[-1].change_text == "-0.015%"
    picture, layout = image(shown), painted(shown).layout
    top, bottom = layout.edges[0], layout.edges[1]
    changes = [
        picture.pixelColor(x, y)
        for x in range(layout.columns.price_end + 4, layout.columns.change_end)
        for y in range(top, bottom)
    ]
    prices = [
        picture.pixelColor(x, y)
        for x in range(layout.columns.price[0], layout.columns.price_end)
        for y in range(top, bottom)
    ]
    assert all(colour.red() - colour.green() < 40 for colour in changes)
    assert any(colour.red() - colour.green() > 100 for colour in prices)
    shown.setOrderbook(book(bid=BEST_BID + 10 * TICK))
    settle(shown, qtbot)
    assert painted(shown).rows[0].change_text == "+0.014%"
    shown.setChangeBase("previous")
    settle(shown, qtbot)
    assert painted(shown).rows[-1].change_text == "+1.07%"


# -- what was traded at each price ----------------------------------------------------------------


def test_rows_tell_what_was_traded_at_their_price(shown: OrderbookWidget, qtbot: QtBot) -> None:
    for number, (price, volume) in enumerate(
        [(BEST_BID, 0.5), (BEST_BID, 0.25), (BEST_ASK, 3.0), (BEST_ASK + 100 * TICK, 9.0)]
    ):
        shown.applyTrade(traded(number, price, volume))
    settle(shown, qtbot)
    assert told(shown) == {}
    shown.setTradesPerLevelShown(True)
    settle(shown, qtbot)
    assert told(shown) == {BEST_BID: "0.750", BEST_ASK: "3.000"}
    layout, picture = painted(shown).layout, image(shown)
    bottom = layout.edges[place_of(shown, BEST_ASK) + 1] - layout.metrics.hair - 1
    start, end = layout.columns.ask_size
    bar = painted(shown).rows[place_of(shown, BEST_ASK)].traded_bar
    quiet = shown.themeColors().sub_text
    assert same(picture.pixelColor(end - bar + 1, bottom), quiet)
    assert bar == end - start  # the most of what is in sight
    shown.setAmounts("total")
    shown.resize(700, 760)
    settle(shown, qtbot)
    assert told(shown)[BEST_BID] == "87,404,250"


def test_a_trade_repaints_its_row_and_no_other(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setTradesPerLevelShown(True)
    shown.applyTrade(traded(1, BEST_BID, 2.0))
    settle(shown, qtbot)
    image(shown)
    paints = Paints(shown)
    shown.applyTrade(traded(2, BEST_BID, 0.5))
    settle(shown, qtbot)
    layout = painted(shown).layout
    sizes = layout.size_rect(place_of(shown, BEST_BID), ask=False)
    tape = layout.tape_rect(painted(shown).first)
    assert tape is not None
    assert paints.region == QRegion(logical_rect(sizes, 1.0)) + logical_rect(tape, 1.0)


def test_a_trade_leaves_after_a_minute_though_nothing_comes(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setTradesPerLevelShown(True)
    shown.applyTrade(traded(1, BEST_BID, 2.0, NOW - WINDOW_MS + 300))
    settle(shown, qtbot)
    assert told(shown) == {BEST_BID: "2.000"}
    qtbot.waitUntil(lambda: told(shown) == {})
    assert not shown._expiry.isActive()


def test_paused_it_tells_what_it_told(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setTradesPerLevelShown(True)
    shown.applyTrade(traded(1, BEST_BID, 2.0))
    shown.setPaused(True)
    shown.applyTrade(traded(2, BEST_ASK, 2.0))
    settle(shown, qtbot)
    assert told(shown) == {BEST_BID: "2.000"}
    shown.setPaused(False)
    settle(shown, qtbot)
    assert told(shown) == {BEST_BID: "2.000", BEST_ASK: "2.000"}


def test_grouped_rows_have_the_trades_of_their_prices(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setTradesPerLevelShown(True)
    shown.setGrouping(10_000.0)
    for number in range(3):
        shown.applyTrade(traded(number, BEST_BID - number * TICK, 1.0))
    settle(shown, qtbot)
    assert told(shown) == {116_530_000.0: "3.000"}


# -- the pause under the pointer ------------------------------------------------------------------


def point_at(widget: OrderbookWidget, where: QPoint | None) -> None:
    """Move the pointer onto the widget, or away from it."""
    QCursor.setPos(widget.mapToGlobal(where) if where is not None else QPoint(-5000, -5000))
    QApplication.processEvents()
    if where is not None:
        QTest.mouseMove(widget, where)


def test_under_the_pointer_it_stands_still(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setPauseOnHover(True)
    assert not shown.isPaused()
    with qtbot.waitSignal(shown.pausedChanged):
        point_at(shown, cell(shown, BEST_BID))
    assert shown.isPaused()
    shown.setOrderbook(book(size=9.0))
    settle(shown, qtbot)
    assert painted(shown).rows[0].size == 1.0
    assert painted(shown).badge == "Paused · updates withheld: 1"
    with qtbot.waitSignal(shown.pausedChanged):
        point_at(shown, None)
    settle(shown, qtbot)
    assert painted(shown).rows[0].size == 9.0
    assert painted(shown).badge == ""


def test_by_itself_the_pointer_changes_nothing(shown: OrderbookWidget) -> None:
    point_at(shown, cell(shown, BEST_BID))
    assert not shown.isPaused()


def test_a_pause_that_was_chosen_stays_when_the_pointer_leaves(shown: OrderbookWidget) -> None:
    shown.setPauseOnHover(True)
    shown.setPaused(True)
    point_at(shown, cell(shown, BEST_BID))
    point_at(shown, None)
    assert shown.isPaused()


def test_told_to_go_on_it_does_until_the_pointer_comes_again(shown: OrderbookWidget) -> None:
    shown.setPauseOnHover(True)
    point_at(shown, cell(shown, BEST_BID))
    shown.setPaused(False)
    point_at(shown, cell(shown, BEST_BID - TICK))
    assert not shown.isPaused()
    point_at(shown, None)
    point_at(shown, cell(shown, BEST_BID))
    assert shown.isPaused()
    shown.setPaused(True)  # a choice, from here on
    point_at(shown, None)
    assert shown.isPaused()


def test_chosen_under_the_pointer_it_holds_at_once_and_lets_go_when_it_is_not_wished(
    shown: OrderbookWidget,
) -> None:
    point_at(shown, cell(shown, BEST_BID))
    shown.setPauseOnHover(True)
    assert shown.isPaused()
    shown.setDepth(15)
    assert shown.isPaused()
    shown.setPauseOnHover(False)
    assert not shown.isPaused()


def test_what_is_hidden_has_no_pointer_on_it(shown: OrderbookWidget) -> None:
    shown.setPauseOnHover(True)
    point_at(shown, cell(shown, BEST_BID))
    assert shown.isPaused()
    shown.hide()
    assert not shown.isPaused()


# -- what is ahead of own orders ------------------------------------------------------------------


def test_the_strip_tells_what_can_be_ahead_of_the_own_order_that_is_pointed_at(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setQueueShown(True)
    shown.setOrders([order("a", BEST_BID - TICK, "0.25")])
    for seconds in range(4):
        shown.setOrderbook(resized(book(timestamp=NOW + seconds * 1000), 1, bid_size=5.0))
    point_at(shown, cell(shown, BEST_BID - TICK))
    settle(shown, qtbot)
    assert strip(shown, 2).startswith("Ahead of yours ≤ 4.750 BTC Selling down to")
    shown.applyTrade(replace(traded(1, BEST_BID - TICK, 1.5, NOW + 5000), ask_bid="ASK"))
    settle(shown, qtbot)
    assert strip(shown, 2).startswith("Ahead of yours ≤ 3.250 BTC")
    point_at(shown, cell(shown, BEST_BID))
    settle(shown, qtbot)
    assert strip(shown, 2).startswith("Selling down to")


def test_where_it_is_not_wished_or_orders_are_not_shown_nothing_is_reckoned(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.setOrders([order("a", BEST_BID, "0.25")])
    for wished in (False, True):
        shown.setQueueShown(wished)
        shown.setOwnOrdersShown(not wished)
        for seconds in range(4):
            shown.setOrderbook(resized(book(timestamp=NOW + seconds * 1000), 0, bid_size=5.0))
        point_at(shown, cell(shown, BEST_BID))
        settle(shown, qtbot)
        assert strip(shown, 2).startswith("Selling down to")
