"""The menu of faults, clicked as a user would. Tests only."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtTest import QTest

from tests.app.conftest import MakeWindow
from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_app.faults_menu import FaultsMenu
from upbit_ws_qt_app.sources import DemoSource, LiveSource
from upbit_ws_qt_app.window import ViewerWindow
from upbit_ws_qt_resources import translations


class OpenedDemo(DemoSource):
    """A demo whose exchange is the fixture's."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        super().__init__()
        self._exchange = exchange


@pytest.fixture
def demo(
    make_window: MakeWindow,
    rich_manager: GlobalWebSocketManager,
    exchange: SimulatedExchange,
    feed: Feed,
) -> ViewerWindow:
    """A viewer in English that has KRW-BTC of ``exchange``."""
    window = make_window(theme="light", language="en")
    window.feed(rich_manager, OpenedDemo(exchange))
    feed.until(window.has_data)
    return window


def open_menu(window: ViewerWindow, feed: Feed) -> None:
    bar, menu = window.menuBar(), window.faults_menu
    assert bar is not None
    entry = menu.menuAction()
    assert entry is not None
    bar.setNativeMenuBar(False)
    feed.until(lambda: not bar.actionGeometry(entry).isEmpty())
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.actionGeometry(entry).center())
    assert menu.isVisible()


def action_of(menu: FaultsMenu, name: str) -> QAction:
    (found,) = (action for action in menu.actions() if action.objectName() == name)
    return found


def click(window: ViewerWindow, feed: Feed, name: str) -> QAction:
    """Click an entry of the menu, which a click before may have closed."""
    menu = window.faults_menu
    if not menu.isVisible():
        open_menu(window, feed)
    action = action_of(menu, name)
    point: QPoint = menu.actionGeometry(action).center()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=point)
    return action


def visible(window: ViewerWindow) -> bool:
    entry = window.faults_menu.menuAction()
    assert entry is not None
    return entry.isVisible()


def test_only_a_simulated_exchange_has_faults(
    demo: ViewerWindow, rich_manager: GlobalWebSocketManager, exchange: SimulatedExchange
) -> None:
    """With another source, and without one, there is no such menu."""
    assert visible(demo)
    demo.feed(rich_manager, LiveSource())
    assert not visible(demo)
    demo.feed(rich_manager, OpenedDemo(exchange))
    assert visible(demo)
    demo.unfeed()
    assert not visible(demo)


def test_connections_are_dropped_and_come_back(
    demo: ViewerWindow, exchange: SimulatedExchange, feed: Feed
) -> None:
    """At once, and nothing stays checked."""
    before = {connection.number for connection in exchange.connections}
    action = click(demo, feed, "drop")
    assert not action.isChecked()
    feed.until(lambda: demo._state_label.text().startswith("Demo · Reconnecting"))
    feed.until(lambda: demo._state_label.text() == "Demo · Live")
    assert before.isdisjoint(connection.number for connection in exchange.connections)


def test_a_lasting_fault_is_switched_on_and_off(
    demo: ViewerWindow, exchange: SimulatedExchange, feed: Feed
) -> None:
    """The check mark says that it is on."""
    action = click(demo, feed, "refuse")
    assert action.isChecked()
    for door in ("sockets", "rest"):
        assert exchange.faults.refusal(door) is not None
    action = click(demo, feed, "refuse")
    assert not action.isChecked()
    assert exchange.faults.refusal("sockets") is None


def test_the_market_stands_still_and_everything_is_cleared(
    demo: ViewerWindow, exchange: SimulatedExchange, feed: Feed
) -> None:
    """What the widgets show does not change in a halt, and does afterwards."""
    click(demo, feed, "halt_market")
    click(demo, feed, "skew_clock")
    before = exchange.now_ms
    feed(exchange.advance(10_000))
    assert exchange.now_ms == before
    assert exchange.faults.shift_ms == 600_000
    click(demo, feed, "clear")
    assert exchange.faults.shift_ms == 0
    assert not [action for action in demo.faults_menu.actions() if action.isChecked()]
    shown = demo.book.orderbook()
    feed(exchange.advance(10_000))
    assert exchange.now_ms == before + 10_000
    feed.until(lambda: demo.book.orderbook() != shown)


@pytest.mark.allow_logs("a key that expires is named in the log")
def test_every_entry_does_something_and_the_viewer_survives_it(
    demo: ViewerWindow, exchange: SimulatedExchange, feed: Feed
) -> None:
    """All of them at once; when they are over, live data comes again."""
    names = [action.objectName() for action in demo.faults_menu.actions() if action.text()]
    for name in names:
        click(demo, feed, name)
        feed(exchange.advance(500))
    assert names[-1] == "clear"
    feed.until(lambda: demo._state_label.text() == "Demo · Live")
    before = demo.header.quote().time_ms

    def goes_on() -> bool:
        feed(exchange.advance(200))
        return demo.header.quote().time_ms > before

    feed.until(goes_on)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_entry_has_a_text(demo: ViewerWindow, language: str) -> None:
    """Each another one, in both languages."""
    demo.set_language(language)
    texts = translations(language)
    labels = [action.text() for action in demo.faults_menu.actions() if not action.isSeparator()]
    assert demo.faults_menu.title() == texts["viewer.demo"]
    assert set(labels) == {text for key, text in texts.items() if key.startswith("viewer.fault_")}
    assert len(set(labels)) == len(labels)


def test_another_exchange_begins_without_faults(
    demo: ViewerWindow,
    rich_manager: GlobalWebSocketManager,
    exchange: SimulatedExchange,
    feed: Feed,
) -> None:
    """The marks are those of the exchange on show."""
    click(demo, feed, "silence")
    demo.feed(rich_manager, OpenedDemo(exchange))
    assert not action_of(demo.faults_menu, "silence").isChecked()
