"""Own orders, fills and the average price on a ChartWidget, with mouse and keys. Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, trade, wave
from tests.chart_on_screen import settle, surface
from tests.own_trading import order
from tests.widget_desk import hangul_key
from upbit_ws_qt.events import OrderEvent, OrderState
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.chart_menu import chart_section
from upbit_ws_qt_widgets.models.chart_scale import round_to_tick
from upbit_ws_qt_widgets.models.marks_picture import LineMark, MarksPicture
from upbit_ws_qt_widgets.models.own_fills import Fill
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]
LEFT = Qt.MouseButton.LeftButton
THEME = Theme.named("light")


class Seen:
    """What a chart reported."""

    def __init__(self, chart: ChartWidget) -> None:
        self.moves: list[tuple[list[str], float]] = []
        self.errors: list[str] = []
        chart.orderMoveRequested.connect(lambda uuids, price: self.moves.append((uuids, price)))
        chart.errorOccurred.connect(self.errors.append)


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart on screen with 500 bars of KRW-BTC around 100,000, 800 × 500, light and English."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.setAverages(())
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    widget.setCandles(wave(500))
    settle(widget)
    return widget


@pytest.fixture
def seen(chart: ChartWidget) -> Seen:
    return Seen(chart)


def marks(chart: ChartWidget) -> MarksPicture:
    """What is marked now."""
    picture = surface(chart)._resolver.resolve(chart._chart, surface(chart).now())
    assert picture.front.marks is not None
    return picture.front.marks


def has_marks(chart: ChartWidget) -> bool:
    picture = surface(chart)._resolver.resolve(chart._chart, surface(chart).now())
    return picture.front.marks is not None or picture.backdrop.fills is not None


def lines(chart: ChartWidget) -> list[LineMark]:
    return list(marks(chart).lines)


def pixels(chart: ChartWidget) -> Pixels:
    """What is on the surface, as 0xffRRGGBB, by row and column."""
    image = surface(chart).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def row_of(found: Pixels, chart: ChartWidget, price: float, colour: QColor) -> float:
    """How much of the row of a price on the plot has a colour."""
    layout = chart._chart.layout
    y = round(float(chart._chart.scale.y(price, 0, layout.price_bottom)))
    return float((found[y, : layout.plot_width] == colour.rgb()).mean())


def spot(chart: ChartWidget, price: float, x: int = 300) -> QPoint:
    """Where a price is on the surface."""
    layout = chart._chart.layout
    return QPoint(
        x, round(float(chart._chart.scale.y(price, 0, layout.price_bottom)) / layout.ratio)
    )


def snapped(chart: ChartWidget, place: QPoint) -> float:
    """The price of the market's price step at a place on the surface."""
    layout = chart._chart.layout
    price = chart._chart.scale.price(place.y() * layout.ratio, 0, layout.price_bottom)
    return round_to_tick(price, table_tick_size("KRW-BTC", price))


def point(chart: ChartWidget, place: QPoint) -> None:
    """Move the pointer; a move to where it is already would make no event."""
    QTest.mouseMove(surface(chart), place + QPoint(1, 1))
    QTest.mouseMove(surface(chart), place)


def press(chart: ChartWidget, place: QPoint) -> None:
    point(chart, place)
    QTest.mousePress(surface(chart), LEFT, pos=place)


def drag(chart: ChartWidget, price: float, to: float) -> QPoint:
    """Drag what is at a price to another one; where it was let go."""
    end = spot(chart, to)
    press(chart, spot(chart, price))
    QTest.mouseMove(surface(chart), spot(chart, (price + to) / 2))
    QTest.mouseMove(surface(chart), end)
    QTest.mouseRelease(surface(chart), LEFT, pos=end)
    return end


def key(chart: ChartWidget, code: Qt.Key, held: Any = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(surface(chart), code, held)


# -- what is shown -------------------------------------------------------------------------------


def test_an_order_is_a_line_with_a_label_and_a_tag(chart: ChartWidget) -> None:
    before = pixels(chart)
    chart.setOrders([order("a", "95000"), order("b", "104000", side="ASK")])
    found = pixels(chart)
    assert row_of(before, chart, 95_000, THEME.rise) < 0.1
    assert row_of(found, chart, 95_000, THEME.rise) > 0.8
    assert row_of(found, chart, 104_000, THEME.fall) > 0.8
    layout = chart._chart.layout
    axis = found[:, layout.plot_width + 2 :]
    # The tags are filled with the colour of the side.
    assert (axis == THEME.rise.rgb()).sum() > 300
    assert [line.tag for line in lines(chart)] == ["104,000", "95,000"]


def test_orders_of_other_markets_are_not_shown(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000", market="KRW-ETH")])
    chart.applyOrder(order("b", "95000", market="KRW-ETH"))
    assert not has_marks(chart)


def test_an_order_follows_its_events(chart: ChartWidget) -> None:
    chart.applyOrder(order("a", "95000"))
    assert lines(chart)[0].label == "Buy 0.5 / 1.2"
    chart.applyOrder(order("a", "95000", rest="0.3"))
    assert lines(chart)[0].label == "Buy 0.3 / 1.2"
    chart.applyOrder(order("a", "95000", rest="0.3", state=OrderState.CANCEL))
    assert not has_marks(chart)


def traded(chart: ChartWidget, bar: int, price: str, volume: str) -> OrderEvent:
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=START + bar * MINUTE + 1_000,
        uuid="market",
        ask_bid="BID",
        order_type="price",
        state=OrderState.TRADE,
        price=Decimal(price),
        volume=Decimal(volume),
        trade_uuid=f"{bar}",
    )


def test_a_fill_in_an_event_is_marked_on_its_bar(chart: ChartWidget) -> None:
    event = traded(chart, 490, "100000", "0.5")
    chart.applyOrder(event)
    chart.applyOrder(event)
    fills = surface(chart)._resolver.resolve(chart._chart, 0.0).backdrop.fills
    assert fills is not None
    assert [label.text for label in fills.labels] == ["0.5"]
    tip = fills.bids[0]
    found = pixels(chart)
    assert found[int(tip[1]), int(tip[0])] == THEME.rise.rgb()


def test_fills_are_painted_with_the_bars_and_on_the_newest_with_the_front(
    chart: ChartWidget,
) -> None:
    chart.setFills([Fill(START + bar * MINUTE, 100_000.0, 1.0, is_ask=True) for bar in (450, 499)])
    found = pixels(chart)
    settled = surface(chart)._resolver.resolve(chart._chart, 0.0).backdrop.fills
    live = marks(chart).fills
    assert settled is not None
    assert live is not None
    for part in (settled, live):
        tip = part.asks[0]
        assert found[int(tip[1]), int(tip[0])] == THEME.fall.rgb()
    chart.setFills([])
    assert not has_marks(chart)


def test_the_pointer_on_a_mark_shows_what_it_stands_for(chart: ChartWidget) -> None:
    chart.setFills([Fill(START + 450 * MINUTE, 100_000.0, 1.5, is_ask=False)])
    fills = surface(chart)._resolver.resolve(chart._chart, 0.0).backdrop.fills
    assert fills is not None
    ratio = chart._chart.layout.ratio
    x, y = fills.bids[0][:2] / ratio
    point(chart, QPoint(round(x), round(y) + 2))
    note = marks(chart).note
    assert note is not None
    assert note.rows[:3] == ("Buy fills: 1", "Amount 1.5", "Average 100,000")
    panel = THEME.panel.rgb()
    assert (pixels(chart) == panel).sum() > 1_000
    point(chart, QPoint(20, 100))
    assert (pixels(chart) == panel).sum() < 100


def test_the_average_price_tells_the_profit_of_each_trade(chart: ChartWidget) -> None:
    chart.setAveragePrice(Decimal(100_000), Decimal("0.5"))
    last = int(chart._chart.bars.times[-1])
    chart.applyTrade(trade(last + 10, 103_200.0, number=1))
    assert lines(chart)[0].label == "Average price 100,000 · +3.20% · +1,600 KRW"
    chart.setLanguage("ko")
    assert lines(chart)[0].label == "매수평균가 100,000 · +3.20% · +1,600원"
    chart.setAmountsHidden(True)
    assert lines(chart)[0].label == "매수평균가 100,000 · +3.20% · *****"
    chart.setAveragePrice(0, 1.0)
    assert not has_marks(chart)


@pytest.mark.parametrize(
    ("setter", "getter", "give"),
    [
        ("setOrdersShown", "areOrdersShown", lambda c: c.setOrders([order("a", "95000")])),
        ("setAveragePriceShown", "isAveragePriceShown", lambda c: c.setAveragePrice(95_000, 1)),
        (
            "setFillsShown",
            "areFillsShown",
            lambda c: c.setFills([Fill(START + 480 * MINUTE, 1.0, 1.0, is_ask=True)]),
        ),
    ],
)
def test_each_can_be_left_out(chart: ChartWidget, setter: str, getter: str, give: Any) -> None:
    give(chart)
    assert getattr(chart, getter)()
    assert has_marks(chart)
    for shown in (False, True):
        getattr(chart, setter)(shown)
        assert has_marks(chart) is shown
        assert getattr(chart, getter)() is shown


def test_another_market_shows_nothing_of_this_one(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000")])
    chart.setAveragePrice(95_000, 1)
    chart.setFills([Fill(START + 480 * MINUTE, 1.0, 1.0, is_ask=True)])
    chart.setMarket("KRW-ETH")
    chart.setCandles(wave(500))
    assert not has_marks(chart)
    chart.setMarket("KRW-BTC")
    chart.setCandles(wave(500))
    assert not has_marks(chart)


@pytest.mark.parametrize(
    "give",
    [
        lambda chart: chart.setFills([3]),
        lambda chart: chart.setFills([Fill(0, -1.0, 1.0, is_ask=True)]),
        lambda chart: chart.setAveragePrice(-1, 1),
        lambda chart: chart.setAveragePrice(float("nan"), 1),
        lambda chart: chart.setAveragePrice("much", 1),
    ],
)
def test_wrong_data_change_nothing_and_are_told(chart: ChartWidget, seen: Seen, give: Any) -> None:
    chart.setAveragePrice(95_000, 1)
    chart.setFills([Fill(START + 480 * MINUTE, 1.0, 1.0, is_ask=True)])
    give(chart)
    assert len(seen.errors) == 1
    assert len(chart._chart.marks.fills) == 1
    assert chart._chart.marks.position is not None


# -- the hand ------------------------------------------------------------------------------------


def test_a_dragged_order_asks_to_be_moved_and_stays(chart: ChartWidget, seen: Seen) -> None:
    chart.setOrders([order("a", "95000"), order("b", "95000"), order("c", "104000", side="ASK")])
    settle(chart)
    view = chart._chart.view
    end = drag(chart, 95_000, 97_040)
    assert seen.moves == [(["a", "b"], snapped(chart, end))]
    assert chart._chart.view == view
    assert [line.tag for line in lines(chart)] == ["104,000", "95,000"]
    # The exchange tells of the new order, and that is where the line goes.
    chart.applyOrder(order("a", "95000", state=OrderState.CANCEL))
    chart.applyOrder(order("d", "97000"))
    assert [line.tag for line in lines(chart)] == ["104,000", "97,000", "95,000"]


def test_while_it_is_dragged_a_ghost_shows_where_it_may_go(chart: ChartWidget, seen: Seen) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    press(chart, spot(chart, 95_000))
    place = spot(chart, 97_000)
    QTest.mouseMove(surface(chart), place)
    line, ghost = lines(chart)
    assert (line.tag, line.is_chosen, line.is_ghost) == ("95,000", True, False)
    assert ghost.is_ghost
    assert chart._chart.marks.ghost == snapped(chart, place)
    assert surface(chart).cursor().shape() is Qt.CursorShape.SizeVerCursor
    key(chart, Qt.Key.Key_Escape)
    assert [one.is_ghost for one in lines(chart)] == [False]
    QTest.mouseMove(surface(chart), spot(chart, 98_000))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 98_000))
    assert seen.moves == []
    assert len(lines(chart)) == 1


def test_new_bars_do_not_move_the_chart_under_the_hand(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    press(chart, spot(chart, 95_000))
    view = chart._chart.view
    chart.applyTrade(trade(START + 500 * MINUTE + 10, 100_000.0, number=1))
    assert chart._chart.view == view
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 95_000))
    assert chart._chart.view != view


def test_hidden_while_it_is_dragged_it_is_back(chart: ChartWidget, seen: Seen) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    press(chart, spot(chart, 95_000))
    QTest.mouseMove(surface(chart), spot(chart, 97_000))
    chart.hide()
    assert not surface(chart).marks.is_held
    assert chart._chart.marks.ghost is None
    assert not chart._chart.is_held
    assert seen.moves == []


def test_an_order_held_fast_is_not_dragged_and_the_chart_is(chart: ChartWidget, seen: Seen) -> None:
    chart.setOrders([order("a", "95000")])
    chart.setOrdersDraggable(False)
    assert not chart.areOrdersDraggable()
    settle(chart)
    view = chart._chart.view
    press(chart, spot(chart, 95_000))
    QTest.mouseMove(surface(chart), spot(chart, 97_000, 350))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 97_000, 350))
    assert seen.moves == []
    assert chart._chart.view != view
    assert len(lines(chart)) == 1


def test_a_line_over_a_drawing_comes_first_and_a_tool_before_both(
    chart: ChartWidget, seen: Seen
) -> None:
    chart.setDrawings(
        [{"version": 1, "kind": "horizontal", "anchors": [[START, 95_000]], "locked": False}]
    )
    chart.setOrders([order("a", "95000")])
    settle(chart)
    drag(chart, 95_000, 97_000)
    assert len(seen.moves) == 1
    assert chart.drawings()[0]["anchors"][0][1] == 95_000
    assert chart.selectedDrawing() == -1
    chart.setDrawingTool("horizontal")
    press(chart, spot(chart, 95_000))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 95_000))
    assert len(chart.drawings()) == 2
    assert len(seen.moves) == 1
    # With the line out of the way the drawing can be taken.
    chart.setOrdersShown(False)
    chart.setDrawings(chart.drawings()[:1])
    drag(chart, 95_000, 97_000)
    assert chart.drawings()[0]["anchors"][0][1] > 96_000


def test_a_press_elsewhere_lets_go(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    press(chart, spot(chart, 95_000))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 95_000))
    assert lines(chart)[0].is_chosen
    press(chart, spot(chart, 99_000))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 99_000))
    assert not lines(chart)[0].is_chosen


def test_over_a_line_the_pointer_says_that_it_can_be_moved(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    point(chart, spot(chart, 95_000))
    assert surface(chart).cursor().shape() is Qt.CursorShape.SizeVerCursor
    point(chart, spot(chart, 99_000))
    assert surface(chart).cursor().shape() is Qt.CursorShape.CrossCursor
    chart.setDrawingTool("trend")
    point(chart, spot(chart, 95_000))
    assert surface(chart).cursor().shape() is not Qt.CursorShape.SizeVerCursor


def test_keys_choose_move_and_let_go(chart: ChartWidget, seen: Seen) -> None:
    chart.setOrders([order("a", "95000"), order("b", "104000", side="ASK")])
    settle(chart)
    view = chart._chart.view
    key(chart, Qt.Key.Key_O)
    key(chart, Qt.Key.Key_O)
    assert [line.is_chosen for line in lines(chart)] == [False, True]
    key(chart, Qt.Key.Key_Up)
    key(chart, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    key(chart, Qt.Key.Key_Down)
    assert [line.tag for line in lines(chart) if line.is_ghost] == ["95,500"]
    assert seen.moves == []
    key(chart, Qt.Key.Key_Return)
    assert seen.moves == [(["a"], 95_500.0)]
    assert not any(line.is_ghost for line in lines(chart))
    key(chart, Qt.Key.Key_Up)
    key(chart, Qt.Key.Key_Escape)
    key(chart, Qt.Key.Key_Escape)
    assert not any(line.is_chosen or line.is_ghost for line in lines(chart))
    assert len(seen.moves) == 1
    # Own orders are not for the chart to cancel.
    key(chart, Qt.Key.Key_O)
    key(chart, Qt.Key.Key_Delete)
    assert len(lines(chart)) == 2
    assert chart._chart.view == view


def test_keys_work_while_the_keyboard_writes_hangul(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    hangul_key(surface(chart), "ㅐ")
    assert lines(chart)[0].is_chosen


def test_without_lines_the_keys_are_the_charts_own(chart: ChartWidget) -> None:
    view = chart._chart.view
    key(chart, Qt.Key.Key_O)
    key(chart, Qt.Key.Key_Return)
    assert not has_marks(chart)
    key(chart, Qt.Key.Key_Left)
    assert chart._chart.view != view


def test_an_order_that_is_filled_while_it_is_dragged_moves_nothing(
    chart: ChartWidget, seen: Seen
) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    press(chart, spot(chart, 95_000))
    QTest.mouseMove(surface(chart), spot(chart, 97_000))
    chart.applyOrder(order("a", "95000", rest="0", state=OrderState.DONE))
    QTest.mouseRelease(surface(chart), LEFT, pos=spot(chart, 97_000))
    assert seen.moves == []
    assert not has_marks(chart)
    assert seen.errors == []


# -- the menu and the state ----------------------------------------------------------------------


def test_the_menu_switches_everything(chart: ChartWidget) -> None:
    def pick(index: int) -> None:
        menu = chart_section(chart, "trading")
        menu.actions()[index].trigger()
        menu.deleteLater()

    state = chart._chart.marks
    before = [state.shows_orders, state.shows_fills, state.shows_average]
    assert before == [True, True, True]
    for index in range(5):
        pick(index)
    assert [state.shows_orders, state.shows_fills, state.shows_average] == [False, False, False]
    assert not chart.areOrdersDraggable()
    assert chart.areAmountsHidden()
    menu = chart_section(chart, "trading")
    assert [action.isChecked() for action in menu.actions()[:5]] == [False] * 4 + [True]
    chart.setLanguage("ko")
    titles = [action.text() for action in chart_section(chart, "trading").actions()]
    assert list(filter(None, titles)) == [
        "미체결 주문 표시",
        "체결 표시",
        "매수평균가 표시",
        "주문선 끌기 허용",
        "금액 숨기기",
        "다음 주문선·알림 선택\tO",
    ]


def test_the_menu_chooses_a_line_as_the_key_does(chart: ChartWidget) -> None:
    chart.setOrders([order("a", "95000")])
    settle(chart)
    chart_section(chart, "trading").actions()[-1].trigger()
    assert lines(chart)[0].is_chosen


def test_the_state_keeps_what_was_chosen_and_nothing_of_the_account(chart: ChartWidget) -> None:
    chart.setOrders([order("secret", "95000")])
    chart.setAveragePrice(95_123, Decimal("0.98765"))
    names = ("orders_shown", "fills_shown", "average_price_shown", "orders_draggable")
    plain = chart.saveState()
    assert [plain[name] for name in (*names, "amounts_hidden")] == [True] * 4 + [False]
    assert not any(word in repr(plain) for word in ("secret", "95123", "98765"))
    chart.restoreState({**plain, "amounts_hidden": True, "orders_shown": False})
    assert chart.areAmountsHidden()
    assert not chart.areOrdersShown()
    # One from before speaks of none of it.
    for name in (*names, "amounts_hidden", "alerts"):
        del plain[name]
    chart.restoreState(plain)
    assert chart.areAmountsHidden()
    assert not chart.areOrdersShown()
    assert chart.errorText() == ""
    chart.restoreState({**chart.saveState(), "amounts_hidden": "yes"})
    assert "amounts_hidden must be True or False" in chart.errorText()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ordersShown", False),
        ("fillsShown", False),
        ("averagePriceShown", False),
        ("ordersDraggable", False),
        ("amountsHidden", True),
    ],
)
def test_designer_can_set_them(chart: ChartWidget, name: str, value: bool) -> None:
    assert chart.property(name) is not value
    assert chart.setProperty(name, value)
    assert chart.property(name) is value


# -- painting ------------------------------------------------------------------------------------


def test_a_tick_paints_no_settled_fill_again(chart: ChartWidget) -> None:
    chart.setFills([Fill(START + bar * MINUTE, 1.0, 1.0, bar % 2 == 0) for bar in range(499)])
    chart.setOrders([order("a", "95000")])
    settle(chart)
    drawn = surface(chart)._drawn
    chart.applyTrade(trade(int(chart._chart.bars.times[-1]) + 10, 100_000.0, number=1))
    settle(chart)
    assert surface(chart)._drawn is drawn


@pytest.mark.parametrize("scale", ["1.25", "1.5", "2"])
def test_all_of_this_holds_on_finer_screens(scale: str) -> None:
    """The scale of the screen is chosen when the application begins: in a process of its own."""
    root = Path(__file__).parents[2]
    tests = "line_with_a_label or painted_with_the_bars or dragged or stands_for or keys_choose"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", tests],
        cwd=root,
        env={**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
