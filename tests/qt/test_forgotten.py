"""A manager that is forgotten or deleted without ``stop`` leaves nothing behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from threading import Thread

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import DataType, GlobalWebSocketManager, SubscriptionSpec, WebSocketClientProxy
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"


class Program:
    """A component with a manager of its own, at work."""

    def __init__(self, feed: Feed, exchange: SimulatedExchange) -> None:
        self.window = QObject()
        self.manager = GlobalWebSocketManager(exchange.settings(), parent=self.window)
        self.component = QObject()
        self.proxy = WebSocketClientProxy("forgotten_one", self.manager, self.component)
        feed(self.proxy.subscribe_ticker([MARKET]))


def forgotten(program: Program) -> None:
    """Nobody keeps it: freed by reference count."""
    program.manager.setParent(None)
    del program.manager, program.proxy, program.component


def collected(program: Program) -> None:
    """A cycle that only the collector frees, here in another thread."""
    manager = program.manager
    manager.setParent(None)
    manager.me = manager  # type: ignore[attr-defined]
    del manager, program.manager, program.proxy, program.component
    worker = Thread(target=gc.collect)
    worker.start()
    worker.join()


def deleted(program: Program) -> None:
    """The C++ half goes under a living wrapper."""
    sip.delete(program.manager)


def deleted_with_its_window(program: Program) -> None:
    """So it does with the window that it belongs to."""
    sip.delete(program.window)


@pytest.mark.parametrize("end", [forgotten, collected, deleted, deleted_with_its_window])
def test_its_socket_is_closed_and_nothing_is_dialled_again(
    feed: Feed, exchange: SimulatedExchange, end: Callable[[Program], None]
) -> None:
    program = Program(feed, exchange)
    reference = weakref.ref(program.manager)
    connections = program.manager._connections
    end(program)
    feed.until(lambda: not exchange.connections)
    feed(exchange.advance(60_000))
    feed.turns(10)
    assert exchange.connections == []
    assert not connections.is_running
    assert all(brain.next_deadline() is None for brain in connections.protocols.values())
    if end in (forgotten, collected):
        assert reference() is None


def test_the_end_of_a_stopped_manager_changes_nothing(
    feed: Feed, exchange: SimulatedExchange
) -> None:
    program = Program(feed, exchange)
    feed(program.manager.stop())
    forgotten(program)
    feed.turns()
    assert exchange.connections == []


@pytest.mark.allow_logs("a difference is named")
def test_the_audit_compares_the_wire_with_the_subscriptions(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    caplog: pytest.LogCaptureFixture,
) -> None:
    component = QObject()
    feed(WebSocketClientProxy("audited_one", manager, component).subscribe_ticker([MARKET]))
    stray = SubscriptionSpec(DataType.TRADE, ("KRW-ETH",))
    manager._connections.subscribe(12345, stray)
    feed.until(lambda: len(manager.wire_subscription()) == 2)
    manager._lifecycle.audit()
    feed.until(lambda: len(manager.wire_subscription()) == 1)
    assert manager.health_check().lifecycle_repairs == 1
    assert "12345" in caplog.text
    manager._lifecycle.audit()
    assert manager.health_check().lifecycle_repairs == 1
