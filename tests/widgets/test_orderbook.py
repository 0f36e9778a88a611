"""The order book on screen: what is painted, clicked, typed and told. Widgets."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPalette, QRegion, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from tests.order_books import (
    BEST_ASK,
    BEST_BID,
    TICK,
    Paints,
    book,
    cell,
    image,
    painted,
    place_of,
    resized,
    same,
    settle,
    ticker,
    trade,
)
from tests.widget_desk import promoted
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.events import (
    DataType,
    Source,
    Stamp,
)
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_resources import themes
from upbit_ws_qt_widgets.models.ladder_state import Ladder, damage
from upbit_ws_qt_widgets.orderbook import OrderbookWidget
from upbit_ws_qt_widgets.orderbook_painter import LadderPainter
from upbit_ws_qt_widgets.orderbook_texts import logical_rect
from upbit_ws_qt_widgets.theme import CONVENTIONS, Theme


@pytest.fixture
def widget(qtbot: QtBot) -> OrderbookWidget:
    made = OrderbookWidget()
    qtbot.addWidget(made)
    made.setTheme("light")
    made.setLanguage("en")
    made.setFiguresShown(False)
    made.setFading(False)
    made.resize(490, 700)
    return made


@pytest.fixture
def shown(widget: OrderbookWidget, qtbot: QtBot) -> OrderbookWidget:
    """A widget on screen with a book of thirty rows a side."""
    widget.setOrderbook(book())
    widget.applyTicker(ticker())
    with qtbot.waitExposed(widget):
        widget.show()
    settle(widget, qtbot)
    return widget


# -- what is painted ----------------------------------------------------------------------------


def test_without_data_it_says_what_is_missing(widget: OrderbookWidget) -> None:
    image(widget)
    assert painted(widget).notice == "Choose a market"
    widget.setMarket("KRW-BTC")
    image(widget)
    assert "KRW-BTC" in painted(widget).notice
    assert painted(widget).rows == ()


def test_the_book_on_show_can_be_asked_for(widget: OrderbookWidget) -> None:
    assert widget.orderbook() is None
    event = book()
    widget.setOrderbook(event)
    assert widget.orderbook() is event


def test_asks_stand_above_on_blue_and_bids_below_on_red(shown: OrderbookWidget) -> None:
    rows = painted(shown).rows
    sides = [row.ask for row in rows]
    assert sides == sorted(sides, reverse=True)
    assert [row.price for row in rows] == sorted((row.price for row in rows), reverse=True)
    picture, theme = image(shown), shown.themeColors()
    columns = painted(shown).layout.columns
    at_ask, at_bid = cell(shown, BEST_ASK + TICK), cell(shown, BEST_BID)
    assert same(picture.pixelColor(columns.price[0] + 5, at_ask.y()), theme.ask_row)
    assert same(picture.pixelColor(columns.price[0] + 5, at_bid.y()), theme.bid_row)
    # The free corners have neither tint.
    assert same(picture.pixelColor(486, painted(shown).layout.edges[14] + 1), theme.background)
    assert same(picture.pixelColor(2, at_bid.y() + 200), theme.background)


def test_bars_grow_from_the_price_outwards(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setOrderbook(resized(resized(book(), 1, ask_size=0.5), 1, bid_size=0.5))
    settle(shown, qtbot)
    picture, theme, layout = image(shown), shown.themeColors(), painted(shown).layout
    columns = layout.columns
    half = layout.bar_width // 2
    ask_y = cell(shown, BEST_ASK + TICK).y() - 6
    bid_y = cell(shown, BEST_BID - TICK).y() - 6
    assert same(picture.pixelColor(columns.ask_size[1] - half + 2, ask_y), theme.ask_bar)
    assert same(picture.pixelColor(columns.ask_size[1] - half - 3, ask_y), theme.ask_row)
    assert same(picture.pixelColor(columns.bid_size[0] + half - 3, bid_y), theme.bid_bar)
    assert same(picture.pixelColor(columns.bid_size[0] + half + 3, bid_y), theme.bid_row)


def test_prices_are_coloured_by_the_previous_close_not_by_their_side(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    assert {row.direction for row in painted(shown).rows} == {1}
    assert painted(shown).rows[0].change_text.startswith("+1.")
    shown.applyTicker(msgspec.structs.replace(ticker(), prev_closing_price=BEST_BID))
    settle(shown, qtbot)
    directions = {row.price: row.direction for row in painted(shown).rows}
    assert (directions[BEST_ASK], directions[BEST_BID], directions[BEST_BID - TICK]) == (1, 0, -1)


def test_the_last_traded_price_has_a_box(shown: OrderbookWidget) -> None:
    place = place_of(shown, BEST_ASK)
    assert [row.last for row in painted(shown).rows].index(True) == place
    layout, picture = painted(shown).layout, image(shown)
    left, top = layout.columns.price[0], layout.edges[place]
    text = shown.themeColors().text
    assert all(same(picture.pixelColor(left + 30, top + line), text) for line in (0, 1))
    assert all(same(picture.pixelColor(left + line, top + 8), text) for line in (0, 1))
    assert not same(picture.pixelColor(left + 30, top + 3), text)


def test_the_newest_of_ticker_and_trades_is_the_last_price(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.applyTrade(trade(20, BEST_BID))
    shown.applyTicker(ticker(price=BEST_ASK, ms=15))
    settle(shown, qtbot)
    assert [row.price for row in painted(shown).rows if row.last] == [BEST_BID]
    shown.applyTicker(ticker(price=BEST_ASK, ms=30))
    settle(shown, qtbot)
    assert [row.price for row in painted(shown).rows if row.last] == [BEST_ASK]


def test_corners_and_footer_have_their_figures(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.applyTrade(trade(21, BEST_BID, side="ASK"))
    settle(shown, qtbot)
    ladder = painted(shown)
    assert [figure.label for figure in ladder.day] == ["Prev. close", "Day high"]
    assert (ladder.tape.strength_label, ladder.tape.strength_text) == ("Strength", "103.50%")
    assert [(line.price_text, line.size_text, line.bought) for line in ladder.tape.lines] == [
        ("116,539,000", "0.125", False)
    ]
    assert (ladder.footer.ask_text, ladder.footer.bid_text) == ("30.000", "60.000")
    assert ladder.footer.unit == "Size (BTC)"


def test_a_trade_that_comes_again_is_listed_once(shown: OrderbookWidget, qtbot: QtBot) -> None:
    for number in (1, 2, 1, 2, 3):
        shown.applyTrade(trade(number, BEST_BID + number * TICK))
    settle(shown, qtbot)
    prices = [line.price_text for line in painted(shown).tape.lines]
    assert prices == ["116,542,000", "116,541,000", "116,540,000"]


def test_padding_is_empty(widget: OrderbookWidget) -> None:
    padded = resized(book(depth=5), 4, ask_price=0.0, ask_size=0.0)
    widget.setOrderbook(padded)
    image(widget)
    assert painted(widget).rows[0].price_text == ""
    assert painted(widget).rows[1].price_text == "116,543,000"


def test_a_book_without_any_row_says_so(widget: OrderbookWidget) -> None:
    widget.setOrderbook(book(depth=0))
    image(widget)
    assert painted(widget).notice == "The order book of KRW-BTC is empty"


def test_less_room_shows_less_and_never_breaks(widget: OrderbookWidget) -> None:
    widget.setOrderbook(book())
    widget.applyTicker(ticker())
    failures: list[str] = []
    widget.errorOccurred.connect(failures.append)
    for width in (1200, 490, 340, 250, 190, 120, 40, 1):
        for height in (1500, 400, 60, 21, 1):
            widget.resize(width, height)
            image(widget)
            assert painted(widget).layout.width == width
    assert failures == []


def at_scale(widget: OrderbookWidget, ratio: float) -> None:
    """Have the widget resolve as on a screen of that scale."""
    painter = LadderPainter(widget.font(), ratio)
    size = (ratio, round(widget.width() * ratio), round(widget.height() * ratio))
    widget._current_painter = lambda: painter  # type: ignore[method-assign]
    widget._surface = lambda: size  # type: ignore[method-assign]


def canvas(ratio: float) -> QImage:
    picture = QImage(round(490 * ratio), round(700 * ratio), QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.magenta)
    return picture


def paint_onto(picture: QImage, widget: OrderbookWidget, ladder: Ladder, region: QRegion) -> QImage:
    painter = QPainter(picture)
    painter.setClipRegion(region)
    widget._current_painter().paint(painter, ladder, widget.themeColors(), region)
    painter.end()
    return picture


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_separators_are_sharp_at_every_scale(widget: OrderbookWidget, ratio: float) -> None:
    """Painted as on a screen of that scale, every separator is one hair of pure background."""
    at_scale(widget, ratio)
    widget.setOrderbook(book())
    ladder = widget._resolve()
    picture = paint_onto(canvas(ratio), widget, ladder, QRegion(widget.rect()))
    theme = widget.themeColors()
    x = ladder.layout.columns.price[0] + 3 * ladder.layout.metrics.hair
    hair = max(1, round(ratio))
    for place in range(ladder.layout.visible):
        bottom = ladder.layout.edges[place + 1]
        tint = theme.ask_row if ladder.rows[place].ask else theme.bid_row
        for line in range(1, hair + 1):
            assert same(picture.pixelColor(x, bottom - line), theme.background)
        assert same(picture.pixelColor(x, bottom - hair - 1), tint)


# -- repainting ---------------------------------------------------------------------------------


def test_only_what_changed_is_painted(shown: OrderbookWidget, qtbot: QtBot) -> None:
    paints = Paints(shown)
    shown.setOrderbook(resized(book(), 2, bid_size=0.25))
    settle(shown, qtbot)
    layout, ratio = painted(shown).layout, shown.devicePixelRatioF()
    place = place_of(shown, BEST_BID - 2 * TICK)
    assert paints.count == 1
    assert paints.region == QRegion(logical_rect(layout.size_rect(place, ask=False), ratio))
    paints.region = QRegion()
    shown.applyTrade(trade(99, BEST_BID))
    settle(shown, qtbot)
    moved = QRegion()
    for price, ask in ((BEST_ASK, True), (BEST_BID, False)):
        moved += logical_rect(layout.row_rect(place_of(shown, price), ask=ask), ratio)
    tape = layout.tape_rect(painted(shown).first)
    assert tape is not None
    assert paints.region == moved + logical_rect(tape, ratio)


def test_the_same_book_again_paints_nothing(shown: OrderbookWidget, qtbot: QtBot) -> None:
    paints = Paints(shown)
    shown.setOrderbook(book(timestamp=1_790_000_000_500))
    settle(shown, qtbot)
    assert paints.count == 0


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_what_is_painted_in_parts_equals_what_is_painted_at_once(
    widget: OrderbookWidget, ratio: float
) -> None:
    at_scale(widget, ratio)
    widget.applyTicker(ticker())
    widget.setOrderbook(book())
    before = widget._resolve()
    in_parts = paint_onto(canvas(ratio), widget, before, QRegion(widget.rect()))
    for row, size in ((0, 0.5), (3, 0.1), (7, 2.0)):
        widget.setOrderbook(resized(book(), row, ask_size=size, bid_size=size / 2))
        widget.applyTrade(trade(100 + row, BEST_BID - row * TICK))
        after = widget._resolve()
        region = QRegion()
        for rect in damage(before, after):
            region += logical_rect(rect, ratio)
        assert region != QRegion(widget.rect())
        paint_onto(in_parts, widget, after, region)
        before = after
    at_once = paint_onto(canvas(ratio), widget, before, QRegion(widget.rect()))
    assert in_parts == at_once


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_sizes_that_are_painted_alone_leave_everything_else_as_it_was(
    widget: OrderbookWidget, ratio: float
) -> None:
    at_scale(widget, ratio)
    widget.applyTicker(ticker())
    widget.setTradesPerLevelShown(True)
    widget.setOrderbook(book(timestamp=1000))
    before = widget._resolve()
    in_parts = paint_onto(canvas(ratio), widget, before, QRegion(widget.rect()))
    widget.applyTrade(replace(trade(9, BEST_ASK), trade_timestamp=900, timestamp=900))
    for row, size in ((0, 0.5), (3, 0.1), (7, 2.0)):
        widget.setOrderbook(resized(book(timestamp=1000), row, ask_size=size, bid_size=size / 2))
        after = widget._resolve()
        rects = [rect for rect in damage(before, after) if rect[2] == after.layout.bar_width]
        assert len(rects) >= 2
        region = QRegion()
        for rect in damage(before, after):
            region += logical_rect(rect, ratio)
        paint_onto(in_parts, widget, after, region)
        before = after
    assert in_parts == paint_onto(canvas(ratio), widget, before, QRegion(widget.rect()))


def test_price_change_and_size_are_written_in_every_row(shown: OrderbookWidget) -> None:
    picture, ladder, theme = image(shown), painted(shown), shown.themeColors()
    columns, edges = ladder.layout.columns, ladder.layout.edges
    for place, row in enumerate(ladder.rows):
        middle = (edges[place] + edges[place + 1]) // 2
        size = columns.ask_size if row.ask else columns.bid_size
        for (left, right), ink in (
            ((columns.mark + 12, columns.price_end), theme.rise),
            ((columns.price_end, columns.change_end), theme.rise),
            (size, theme.text),
        ):
            colours = [
                picture.pixelColor(x, y)
                for x in range(left, right)
                for y in range(middle - 5, middle + 5)
            ]
            assert min(abs(c.red() - ink.red()) + abs(c.blue() - ink.blue()) for c in colours) < 60


def test_many_books_between_two_frames_are_one_painting(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    paints = Paints(shown)
    for size in range(1, 200):
        shown.setOrderbook(resized(book(), 0, ask_size=size / 1000))
    settle(shown, qtbot)
    assert paints.count == 1
    assert painted(shown).rows[place_of(shown, BEST_ASK)].size == 0.199


def test_hidden_it_works_on_nothing_and_shown_it_is_current(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    shown.hide()
    before = painted(shown)
    shown.setOrderbook(book(size=3.0))
    qtbot.waitUntil(lambda: not shown._frame.isActive())
    assert painted(shown) is before
    with qtbot.waitExposed(shown):
        shown.show()
    settle(shown, qtbot)
    assert painted(shown).rows[0].size == 3.0


def test_a_picture_of_a_widget_never_shown_is_current(widget: OrderbookWidget) -> None:
    widget.setOrderbook(book(size=1.0))
    image(widget)
    widget.setOrderbook(book(size=3.0))
    image(widget)
    assert painted(widget).rows[0].size == 3.0


# -- mouse --------------------------------------------------------------------------------------


def test_a_click_on_a_price_tells_it(shown: OrderbookWidget, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.priceClicked) as clicked:
        QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=cell(shown, BEST_BID))
    assert clicked.args == [BEST_BID]


def test_a_click_on_a_size_tells_price_and_size(shown: OrderbookWidget, qtbot: QtBot) -> None:
    for price in (BEST_ASK, BEST_BID):
        with qtbot.waitSignal(shown.sizeClicked) as clicked:
            QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=cell(shown, price, "size"))
        assert clicked.args == [price, 1.0]


def test_a_double_click_on_a_price_tells_it(shown: OrderbookWidget, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.priceDoubleClicked) as clicked:
        QTest.mouseDClick(shown, Qt.MouseButton.LeftButton, pos=cell(shown, BEST_ASK))
    assert clicked.args == [BEST_ASK]


def test_the_price_that_was_pressed_counts_though_the_book_moves(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    where = cell(shown, BEST_ASK)
    QTest.mousePress(shown, Qt.MouseButton.LeftButton, pos=where)
    shown.setOrderbook(book(bid=BEST_BID + 5 * TICK))
    settle(shown, qtbot)
    with qtbot.waitSignal(shown.priceClicked) as clicked:
        QTest.mouseRelease(shown, Qt.MouseButton.LeftButton, pos=where)
    assert clicked.args == [BEST_ASK]


def test_presses_that_mean_nothing_tell_nothing(shown: OrderbookWidget, qtbot: QtBot) -> None:
    told: list[Any] = []
    shown.priceClicked.connect(told.append)
    shown.sizeClicked.connect(lambda *values: told.append(values))
    shown.priceDoubleClicked.connect(told.append)
    price, size = cell(shown, BEST_BID), cell(shown, BEST_BID, "size")
    QTest.mousePress(shown, Qt.MouseButton.LeftButton, pos=price)
    QTest.mouseRelease(shown, Qt.MouseButton.LeftButton, pos=size)
    QTest.mouseClick(shown, Qt.MouseButton.RightButton, pos=price)
    QTest.mouseDClick(shown, Qt.MouseButton.RightButton, pos=price)
    corner = QPoint(480, 5)
    QTest.mouseClick(shown, Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseDClick(shown, Qt.MouseButton.LeftButton, pos=corner)
    assert told == []


def test_an_empty_row_cannot_be_clicked(widget: OrderbookWidget, qtbot: QtBot) -> None:
    told: list[float] = []
    widget.priceClicked.connect(told.append)
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(245, 5))
    widget.setOrderbook(resized(book(depth=5), 4, ask_price=0.0, ask_size=0.0))
    image(widget)
    layout = painted(widget).layout
    QTest.mouseClick(
        widget, Qt.MouseButton.LeftButton, pos=QPoint(245, (layout.edges[0] + layout.edges[1]) // 2)
    )
    assert told == []


def test_the_row_under_the_pointer_is_lit_alone(shown: OrderbookWidget, qtbot: QtBot) -> None:
    paints = Paints(shown)
    where = cell(shown, BEST_BID - 3 * TICK)
    QTest.mouseMove(shown, where)
    qtbot.waitUntil(lambda: any(row.hover for row in painted(shown).rows))
    settle(shown, qtbot)
    place = place_of(shown, BEST_BID - 3 * TICK)
    assert [row.hover for row in painted(shown).rows].index(True) == place
    layout = painted(shown).layout
    assert paints.region == QRegion(logical_rect(layout.row_rect(place, ask=False), 1.0))
    picture = image(shown)
    colour = picture.pixelColor(layout.columns.price[0] + 5, where.y())
    assert same(colour, shown.themeColors().bid_hover)
    QApplication.sendEvent(shown, QEvent(QEvent.Type.Leave))
    settle(shown, qtbot)
    assert not any(row.hover for row in painted(shown).rows)


def wheel(widget: QWidget, notches: float) -> QWheelEvent:
    """Turn the wheel away from the user by ``notches``."""
    where = QPointF(widget.rect().center())
    event = QWheelEvent(
        where,
        widget.mapToGlobal(where),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003
    )
    QApplication.sendEvent(widget, event)
    return event


def test_the_wheel_scrolls_and_stops_at_the_ends(shown: OrderbookWidget, qtbot: QtBot) -> None:
    first = painted(shown).first
    wheel(shown, 1)
    settle(shown, qtbot)
    assert painted(shown).first == first - 3
    wheel(shown, -0.25)
    settle(shown, qtbot)
    assert painted(shown).first == first - 3
    wheel(shown, -0.25)
    settle(shown, qtbot)
    assert painted(shown).first == first - 2
    wheel(shown, 100)
    wheel(shown, -1)
    settle(shown, qtbot)
    assert painted(shown).first == 3


def test_the_wheel_is_left_to_others_where_nothing_scrolls(
    widget: OrderbookWidget, qtbot: QtBot
) -> None:
    assert not wheel(widget, 1).isAccepted()
    widget.setOrderbook(book(depth=5))
    image(widget)
    assert not wheel(widget, 1).isAccepted()
    widget.setOrderbook(book(depth=30))
    image(widget)
    assert wheel(widget, 1).isAccepted()


# -- keys ---------------------------------------------------------------------------------------


def test_arrows_move_a_cursor_and_enter_clicks_it(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.activateWindow()
    shown.setFocus()
    qtbot.waitUntil(shown.hasFocus)
    QTest.keyClick(shown, Qt.Key.Key_Down)
    QTest.keyClick(shown, Qt.Key.Key_Down)
    QTest.keyClick(shown, Qt.Key.Key_Up)
    QTest.keyClick(shown, Qt.Key.Key_Up)
    settle(shown, qtbot)
    assert [row.price for row in painted(shown).rows if row.cursor] == [BEST_ASK]
    with qtbot.waitSignal(shown.priceClicked) as clicked:
        QTest.keyClick(shown, Qt.Key.Key_Return)
    assert clicked.args == [BEST_ASK]
    layout, picture = painted(shown).layout, image(shown)
    top = layout.edges[place_of(shown, BEST_ASK)]
    assert same(picture.pixelColor(3, top), shown.themeColors().accent)


def test_the_cursor_follows_its_price(shown: OrderbookWidget, qtbot: QtBot) -> None:
    QTest.keyClick(shown, Qt.Key.Key_Down)
    settle(shown, qtbot)
    before = place_of(shown, BEST_BID)
    shown.setOrderbook(book(bid=BEST_BID + TICK))
    settle(shown, qtbot)
    assert [row.price for row in painted(shown).rows if row.cursor] == [BEST_BID]
    assert place_of(shown, BEST_BID) == before + 1


def test_the_cursor_pulls_the_book_along(shown: OrderbookWidget, qtbot: QtBot) -> None:
    first = painted(shown).first
    for _ in range(25):
        QTest.keyClick(shown, Qt.Key.Key_Down)
    settle(shown, qtbot)
    assert painted(shown).first > first
    assert [row.price for row in painted(shown).rows if row.cursor] == [BEST_BID - 24 * TICK]
    QTest.keyClick(shown, Qt.Key.Key_Home)
    settle(shown, qtbot)
    assert painted(shown).first == first


def test_a_cursor_out_of_sight_is_not_clicked(shown: OrderbookWidget, qtbot: QtBot) -> None:
    told: list[float] = []
    shown.priceClicked.connect(told.append)
    QTest.keyClick(shown, Qt.Key.Key_Return)
    for _ in range(12):
        QTest.keyClick(shown, Qt.Key.Key_Down)
    wheel(shown, 100)
    settle(shown, qtbot)
    QTest.keyClick(shown, Qt.Key.Key_Return)
    assert told == []
    QTest.keyClick(shown, Qt.Key.Key_Space)
    settle(shown, qtbot)
    QTest.keyClick(shown, Qt.Key.Key_Enter)
    assert told == [BEST_BID - 11 * TICK]


def test_pages_and_escape(shown: OrderbookWidget, qtbot: QtBot) -> None:
    QTest.keyClick(shown, Qt.Key.Key_PageUp)
    settle(shown, qtbot)
    assert painted(shown).first == 0
    QTest.keyClick(shown, Qt.Key.Key_PageDown)
    QTest.keyClick(shown, Qt.Key.Key_PageDown)
    settle(shown, qtbot)
    assert painted(shown).first == 60 - painted(shown).layout.visible
    QTest.keyClick(shown, Qt.Key.Key_Down)
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    settle(shown, qtbot)
    assert not any(row.cursor for row in painted(shown).rows)


def test_keys_it_does_not_know_go_to_the_parent(qtbot: QtBot) -> None:
    class Parent(QWidget):
        def keyPressEvent(self, a0: Any) -> None:
            keys.append(a0.key())

    keys: list[int] = []
    parent = Parent()
    qtbot.addWidget(parent)
    child = OrderbookWidget(parent)
    for key in (Qt.Key.Key_F5, Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_PageUp):
        QTest.keyClick(child, key)
    assert keys == [Qt.Key.Key_F5, Qt.Key.Key_Escape]


# -- markets and bad input ----------------------------------------------------------------------


def test_the_first_event_chooses_the_market(widget: OrderbookWidget, qtbot: QtBot) -> None:
    with qtbot.waitSignal(widget.marketChanged) as changed:
        widget.setOrderbook(book("KRW-ETH"))
    assert changed.args == ["KRW-ETH"]
    assert widget.market() == "KRW-ETH"


def test_events_of_another_market_are_not_shown(shown: OrderbookWidget, qtbot: QtBot) -> None:
    before = painted(shown)
    shown.setOrderbook(book("KRW-ETH", size=9.0))
    shown.applyTicker(ticker("KRW-ETH", price=BEST_BID, ms=99))
    shown.applyTrade(trade(99, BEST_BID, code="KRW-ETH"))
    assert not shown._behind
    assert painted(shown) is before
    assert shown.market() == "KRW-BTC"


def test_another_market_begins_empty(shown: OrderbookWidget, qtbot: QtBot) -> None:
    QTest.keyClick(shown, Qt.Key.Key_Down)
    with qtbot.waitSignal(shown.marketChanged):
        shown.setMarket("KRW-ETH")
    settle(shown, qtbot)
    assert painted(shown).rows == ()
    assert painted(shown).day == ()
    shown.setOrderbook(book("KRW-ETH"))
    settle(shown, qtbot)
    assert not any(row.last or row.cursor or row.change_text for row in painted(shown).rows)


def test_the_same_market_again_changes_nothing(shown: OrderbookWidget) -> None:
    told: list[str] = []
    shown.marketChanged.connect(told.append)
    shown.setMarket("KRW-BTC")
    assert told == []
    assert painted(shown).rows


def test_a_wrong_market_is_said_and_changes_nothing(shown: OrderbookWidget, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.errorOccurred) as failed:
        shown.setMarket("btc")
    assert "KRW-BTC" in failed.args[0]
    settle(shown, qtbot)
    assert shown.market() == "KRW-BTC"
    assert painted(shown).rows
    assert "Error" in painted(shown).badge
    assert "KRW-BTC" in shown.toolTip()
    shown.setMarket("KRW-ETH")
    settle(shown, qtbot)
    assert painted(shown).badge == ""
    assert shown.toolTip() == ""


@pytest.mark.allow_logs("what is no event is a programmer's mistake and goes to the log")
def test_what_is_no_event_is_an_error_and_no_crash(shown: OrderbookWidget) -> None:
    told: list[str] = []
    shown.errorOccurred.connect(told.append)
    for slot in (shown.setOrderbook, shown.applyTicker, shown.applyTrade):
        slot("nonsense")
    assert told
    assert painted(shown).rows


@pytest.mark.allow_logs("a failure in painting is unexpected and goes to the log")
def test_what_cannot_be_painted_is_said_on_screen_and_passes(
    shown: OrderbookWidget, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(shown.errorOccurred):
        shown.setOrderbook(resized(book(), 0, ask_size=float("nan")))
    picture = image(shown)
    assert same(picture.pixelColor(3, 3), shown.themeColors().background)
    shown.clearError()
    shown.setOrderbook(book())
    settle(shown, qtbot)
    assert same(
        image(shown).pixelColor(cell(shown, BEST_BID).x(), cell(shown, BEST_BID).y() - 8),
        shown.themeColors().bid_row,
    )


def test_polled_data_is_marked_with_its_time_of_day(widget: OrderbookWidget) -> None:
    widget.setOrderbook(book(stamp=Stamp(source=Source.POLLED)))
    image(widget)
    assert painted(widget).badge == "Polled"


# -- themes, languages, assistive technology ----------------------------------------------------


def test_themes_switch_live(shown: OrderbookWidget, qtbot: QtBot) -> None:
    light = shown.themeColors()
    with qtbot.waitSignal(shown.themeChanged):
        shown.setTheme("dark")
    dark = shown.themeColors()
    assert dark is not light
    settle(shown, qtbot)
    where = cell(shown, BEST_BID)
    left = painted(shown).layout.columns.price[0] + 5
    assert same(image(shown).pixelColor(left, where.y()), dark.bid_row)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", themes())
def test_each_theme_is_painted_in_its_own_colours(
    shown: OrderbookWidget, qtbot: QtBot, name: str, convention: str
) -> None:
    """Tints and bars of both sides, as the theme has them."""
    shown.setFading(False)
    shown.setTheme(name)
    shown.setColorConvention(convention)
    settle(shown, qtbot)
    theme, picture = Theme.named(name, convention), image(shown)
    ladder = painted(shown)
    asks_end, bids_start = ladder.layout.columns.ask_size[1], ladder.layout.columns.bid_size[0]
    beside_price = ladder.layout.columns.price[0] + 5
    for price, bar_at, tint, bar in (
        (BEST_ASK + TICK, asks_end - 2, theme.ask_row, theme.ask_bar),
        (BEST_BID - TICK, bids_start + 2, theme.bid_row, theme.bid_bar),
    ):
        y = cell(shown, price).y()
        assert same(picture.pixelColor(beside_price, y), tint)
        assert same(picture.pixelColor(bar_at, y), bar)


def test_the_theme_follows_the_hosts_palette(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    widget = OrderbookWidget(host)
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor("black"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("white"))
    host.setPalette(palette)
    assert widget.themeColors().name == "dark"
    palette.setColor(QPalette.ColorRole.Window, QColor("white"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("black"))
    host.setPalette(palette)
    assert widget.themeColors().name == "light"


def test_languages_switch_live(shown: OrderbookWidget, qtbot: QtBot) -> None:
    shown.setLanguage("ko")
    settle(shown, qtbot)
    assert painted(shown).footer.ask_label == "총 매도잔량"
    assert [figure.label for figure in painted(shown).day] == ["전일종가", "당일고가"]
    assert shown.accessibleName() == "호가 KRW-BTC"


def test_another_font_lays_out_anew(shown: OrderbookWidget, qtbot: QtBot) -> None:
    rows = painted(shown).layout.visible
    font = shown.font()
    font.setPixelSize(26)
    shown.setFont(font)
    settle(shown, qtbot)
    assert painted(shown).layout.visible < rows


def test_assistive_technology_is_told_best_prices_and_spread(
    widget: OrderbookWidget, qtbot: QtBot
) -> None:
    assert widget.accessibleDescription() == "Choose a market"
    widget.setOrderbook(book())
    with qtbot.waitExposed(widget):
        widget.show()
    qtbot.waitUntil(lambda: "116,540,000" in widget.accessibleDescription())
    assert widget.accessibleDescription() == (
        "Best ask 116,540,000, best bid 116,539,000, spread 1,000 (ticks: 1)"
    )


# -- state, Designer, life ----------------------------------------------------------------------


def test_state_is_plain_and_comes_back(widget: OrderbookWidget, qtbot: QtBot) -> None:
    widget.setMarket("KRW-ETH")
    widget.setDepth(15)
    widget.setTheme("colour-blind-dark")
    widget.setColorConvention("western")
    state = widget.saveState()
    assert (state["version"], state["market"]) == (1, "KRW-ETH")
    assert json.loads(json.dumps(state)) == state
    other = OrderbookWidget()
    qtbot.addWidget(other)
    assert other.restoreState(state)
    assert (other.market(), other.depth()) == ("KRW-ETH", 15)
    assert (other.getTheme(), other.getColorConvention()) == ("colour-blind-dark", "western")
    assert other.themeColors() is widget.themeColors()
    assert other.saveState() == state


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"version": 2, "market": "KRW-ETH", "options": {}},
        {"version": 1, "market": 7, "options": {}},
        {"version": 1, "market": "KRW-ETH", "options": 7},
        {"version": 1, "market": "KRW-ETH", "options": {"depth": 7}},
        {"version": 1, "market": "KRW-ETH", "options": {}, "look": "dark"},
        {
            "version": 1,
            "market": "KRW-ETH",
            "options": {},
            "look": {"theme": "pink", "convention": "korean"},
        },
    ],
)
def test_foreign_state_changes_nothing(widget: OrderbookWidget, state: dict[str, Any]) -> None:
    widget.setMarket("KRW-BTC")
    assert not widget.restoreState(state)
    assert widget.market() == "KRW-BTC"


def test_state_from_before_looks_were_kept_leaves_the_look(widget: OrderbookWidget) -> None:
    widget.setTheme("dark")
    assert widget.restoreState({"version": 1, "market": "KRW-ETH", "options": {}})
    assert (widget.market(), widget.getTheme()) == ("KRW-ETH", "dark")


def test_state_with_a_wrong_market_is_refused(widget: OrderbookWidget) -> None:
    assert not widget.restoreState({"version": 1, "market": "nonsense", "options": {}})
    assert widget.market() == ""
    assert widget.restoreState({"version": 1, "market": "", "options": {}})


def test_a_form_of_designer_can_hold_it(qtbot: QtBot) -> None:
    made = promoted(
        qtbot,
        OrderbookWidget,
        marketCode="KRW-ETH",
        theme="colour-blind-dark",
        colorConvention="western",
    )
    assert made.market() == "KRW-ETH"
    assert made.property("marketCode") == "KRW-ETH"
    assert made.themeColors() is Theme.named("colour-blind-dark", "western")


def test_made_and_unmade_a_thousand_times_nothing_stays(qtbot: QtBot) -> None:
    """Every other one ends with its host; every fifth is painted in each view and has a menu."""
    gc.collect()
    gc.disable()
    before = len(QApplication.allWidgets())
    try:
        for number in range(1_000):
            host = QWidget() if number % 2 else None
            widget = OrderbookWidget(host)
            widget.setOrderbook(book(depth=5))
            widget.applyTicker(ticker())
            widget.applyTrade(trade(1))
            for view in ("ladder", "depth", "heatmap") if number % 5 == 0 else ():
                widget.setView(view)
                widget.setOrderbook(book(depth=5, size=2.0, timestamp=1_790_000_001_000))
                widget.grab()
                widget.contextMenu()
            gone = weakref.ref(widget)
            sip.delete(widget if host is None else host)
            del widget, host
            assert gone() is None
        assert len(QApplication.allWidgets()) == before
    finally:
        gc.enable()


# -- live data ----------------------------------------------------------------------------------


def test_bound_it_shows_what_the_exchange_says(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    widget.resize(490, 700)
    widget.setTheme("light")
    widget.setMarket("KRW-BTC")
    widget.show()
    widget.bind(manager)
    settle(widget, qtbot)
    assert "KRW-BTC" in painted(widget).notice
    feed.until(lambda: painted(widget).rows and painted(widget).day)
    feed(exchange.advance(5_000))
    proxy = widget.proxy()
    assert proxy is not None
    [truth] = feed(proxy.get_orderbook_snapshot("KRW-BTC"))
    feed.until(
        lambda: widget.orderbook() is not None and widget.orderbook().timestamp == truth.timestamp
    )
    settle(widget, qtbot)
    assert widget.orderbook() is not None
    asks = [(unit.ask_price, unit.ask_size) for unit in truth.orderbook_units]
    bids = [(unit.bid_price, unit.bid_size) for unit in truth.orderbook_units]
    rows = painted(widget).rows
    first = painted(widget).first
    assert [(row.price, row.size) for row in rows] == (asks[::-1] + bids)[first : first + len(rows)]
    feed.until(lambda: painted(widget).tape.lines)
    assert painted(widget).badge == ""


def test_another_market_moves_all_three_streams(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    widget.resize(490, 700)
    widget.bind(manager)
    widget.setMarket("KRW-BTC")
    feed.until(lambda: widget.orderbook() is not None)
    widget.setMarket("KRW-ETH")
    feed.until(lambda: widget.orderbook() is not None and widget.orderbook().code == "KRW-ETH")
    wanted = manager.get_subscription_summary().wanted
    assert {kind: set(codes) for kind, codes in wanted.items() if codes} == {
        DataType.TICKER: {"KRW-ETH"},
        DataType.TRADE: {"KRW-ETH"},
        DataType.ORDERBOOK: {"KRW-ETH"},
    }
    widget.unbind()
    assert not any(manager.get_subscription_summary().wanted.values())
    assert widget.orderbook() is not None


def test_bound_again_and_again_it_listens_once(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    before = manager.markets.receivers(manager.markets.changed)
    for _ in range(3):
        widget.bind(manager)
    assert manager.markets.receivers(manager.markets.changed) == before + 1


def test_a_market_that_is_not_listed_changes_nothing(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    widget.bind(manager)
    widget.setMarket("KRW-BTC")
    feed.until(lambda: len(manager.markets))
    with qtbot.waitSignal(widget.errorOccurred) as failed:
        widget.setMarket("KRW-NOSUCHCOIN")
    assert "KRW-NOSUCHCOIN" in failed.args[0]
    assert widget.market() == "KRW-BTC"
    assert manager.get_subscription_summary().wanted[DataType.ORDERBOOK] == {"KRW-BTC"}


def test_a_lost_connection_is_said_with_the_time_of_the_data(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    widget = OrderbookWidget()
    qtbot.addWidget(widget)
    widget.resize(490, 700)
    widget.setLanguage("en")
    widget.setMarket("KRW-BTC")
    widget.bind(manager)
    widget.show()
    feed.until(lambda: widget.orderbook() is not None)
    settle(widget, qtbot)
    feed.until(lambda: painted(widget).rows and not painted(widget).badge)
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: painted(widget).badge)
    badge = painted(widget).badge
    assert badge.startswith(("Reconnecting", "Connecting"))
    # 1_790_000_000_000 ms is 23:13:20 of a day in Korea.
    assert "as of 23:13:" in badge
    assert painted(widget).rows
    exchange.faults.clear("refuse")
    feed.until(lambda: not painted(widget).badge)


def test_a_bound_widget_that_is_deleted_leaves_nothing_on_the_wire(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    for _ in range(5):
        widget = OrderbookWidget(host)
        widget.setMarket("KRW-BTC")
        widget.bind(manager)
        sip.delete(widget)
        del widget
    feed.turns()
    feed.until(lambda: not manager.get_subscription_summary().clients)
    assert not any(manager.get_subscription_summary().wanted.values())
