"""What is marked on the prices of one market. Pure."""

from __future__ import annotations

from decimal import Decimal

from tests.own_trading import order
from upbit_ws_qt.events import OrderState
from upbit_ws_qt_widgets.models.own_fills import Fill
from upbit_ws_qt_widgets.models.own_position import Position
from upbit_ws_qt_widgets.models.trading_marks import OrderKey, OrderLine, TradingMarks


def test_orders_of_one_side_at_one_price_are_one_line() -> None:
    marks = TradingMarks()
    marks.set_orders(
        [
            order("a", "100"),
            order("b", "100.0", rest="0.3", volume="0.3"),
            order("c", "100", side="ASK"),
            order("d", "101"),
        ]
    )
    assert marks.order_lines == (
        OrderLine(
            OrderKey(is_ask=False, price=Decimal(101)), Decimal("0.5"), Decimal("1.2"), ("d",)
        ),
        OrderLine(
            OrderKey(is_ask=False, price=Decimal(100)), Decimal("0.8"), Decimal("1.5"), ("a", "b")
        ),
        OrderLine(
            OrderKey(is_ask=True, price=Decimal(100)), Decimal("0.5"), Decimal("1.2"), ("c",)
        ),
    )
    assert marks.order_lines is marks.order_lines


def test_a_line_follows_what_becomes_of_its_orders() -> None:
    marks = TradingMarks()
    assert marks.take_order(order("a", "100"))
    assert marks.take_order(order("b", "100"))
    assert not marks.take_order(order("b", "100"))
    assert marks.take_order(order("b", "100", rest="0", state=OrderState.DONE))
    [line] = marks.order_lines
    assert line.uuids == ("a",)
    marks.set_orders([])
    assert marks.order_lines == ()


def test_lines_that_are_not_shown_or_fast_cannot_be_moved() -> None:
    marks = TradingMarks()
    marks.set_orders([order("a", "100")])
    alert = marks.alerts.add(105.0, "cross", None)
    key = OrderKey(is_ask=False, price=Decimal(100))
    assert marks.movable() == {key: 100.0, alert: 105.0}
    marks.are_orders_draggable = False
    assert marks.movable() == {alert: 105.0}
    assert len(marks.order_lines) == 1
    marks.are_orders_draggable, marks.shows_orders = True, False
    assert marks.movable() == {alert: 105.0}
    assert marks.order_lines == ()


def test_a_line_that_is_gone_is_let_go() -> None:
    marks = TradingMarks()
    alert = marks.alerts.add(105.0, "cross", None)
    marks.settle()
    marks.chosen, marks.ghost = alert, 107.0
    marks.settle()
    assert (marks.chosen, marks.ghost) == (alert, 107.0)
    marks.alerts.remove(alert)
    marks.settle()
    assert (marks.chosen, marks.ghost) == (None, None)


def test_another_market_begins_without_the_account_of_the_former_one() -> None:
    marks = TradingMarks()
    marks.show("KRW-BTC")
    marks.set_orders([order("a", "100")])
    marks.fills.add([Fill(1, 1.0, 1.0, is_ask=False)])
    marks.position = Position(Decimal(1), Decimal(1))
    marks.chosen = marks.alerts.add(105.0, "cross", None)
    marks.show("KRW-ETH")
    assert (marks.order_lines, len(marks.fills), marks.position, marks.chosen) == (
        (),
        0,
        None,
        None,
    )
    assert marks.alerts.items == ()
    marks.show("KRW-BTC")
    assert len(marks.alerts.items) == 1


def test_it_says_when_a_picture_of_the_fills_is_out_of_date() -> None:
    marks = TradingMarks()
    first = marks.fills_shown
    marks.fills.add([Fill(1, 1.0, 1.0, is_ask=False)])
    second = marks.fills_shown
    marks.hides_amounts = True
    third = marks.fills_shown
    marks.shows_fills = False
    assert len({first, second, third, marks.fills_shown}) == 4
