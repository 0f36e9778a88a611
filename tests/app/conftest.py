"""The window on a simulated exchange, and the look of the application put back. Tests only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtWidgets import QApplication

from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_app.settings import ViewerSettings
from upbit_ws_qt_app.sources import DemoSource
from upbit_ws_qt_app.window import ViewerWindow

MakeWindow = Callable[..., ViewerWindow]


@pytest.fixture(autouse=True)
def same_look_afterwards(qapp: QApplication) -> Iterator[None]:
    """The viewer is a whole program and sets the application's palette."""
    palette, style = qapp.palette(), qapp.style()
    assert style is not None
    yield
    qapp.setPalette(palette)
    assert qapp.style() is style, "only the program itself chooses a style"


@pytest.fixture
def make_window(
    feed: Feed, rich_manager: GlobalWebSocketManager, manager: GlobalWebSocketManager
) -> Iterator[MakeWindow]:
    """Makes viewers that remember nothing; they are shown, and gone before their managers."""
    made: list[ViewerWindow] = []

    def make(settings: ViewerSettings | None = None, **choices: object) -> ViewerWindow:
        window = ViewerWindow(settings, **choices)  # type: ignore[arg-type]
        made.append(window)
        window.show()
        return window

    yield make
    while made:
        window = made.pop()
        window.unfeed()
        window.close()
        window.deleteLater()
    del window
    feed.turns()


@pytest.fixture
def rich_manager(feed: Feed, exchange: SimulatedExchange) -> Iterator[GlobalWebSocketManager]:
    """A manager bound to ``exchange`` with its account's key."""
    manager = GlobalWebSocketManager(exchange.settings(), exchange.credentials())
    yield manager
    feed(manager.stop())
    manager.deleteLater()


@pytest.fixture
def window(
    make_window: MakeWindow, rich_manager: GlobalWebSocketManager, feed: Feed
) -> ViewerWindow:
    """A viewer in English that shows KRW-BTC of ``exchange``, with everything there."""
    window = make_window(theme="light", language="en")
    window.feed(rich_manager, DemoSource())
    feed.until(window.has_data)
    feed.until(lambda: len(rich_manager.markets))
    return window
