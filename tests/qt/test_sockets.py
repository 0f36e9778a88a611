"""The two connections of a manager: each for itself, and what is asked for is done at once."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionState,
    ConnectionType,
    GlobalWebSocketManager,
    UpbitWebSocketPrivateClient,
    UpbitWebSocketPublicClient,
    WebSocketClientProxy,
)
from upbit_ws_qt.qt.connections import Connections
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"
PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def connections(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, component: QObject
) -> Connections:
    """Both at work, for a ticker and for balances."""
    proxy = WebSocketClientProxy("both_of_them", manager, component)
    manager.set_credentials(exchange.credentials())
    feed(proxy.subscribe_ticker(MARKET))
    feed(proxy.subscribe_balance())
    feed.until(lambda: manager.connection_state(PRIVATE) is ConnectionState.CONNECTED)
    return manager._connections


def test_a_manager_owns_one_of_each_kind(connections: Connections) -> None:
    assert isinstance(connections.public, UpbitWebSocketPublicClient)
    assert isinstance(connections.private, UpbitWebSocketPrivateClient)
    assert connections.clients == {PUBLIC: connections.public, PRIVATE: connections.private}
    assert {stream.type for stream in connections.public.protocol.wire} == {"ticker"}
    assert {stream.type for stream in connections.private.protocol.wire} == {"myAsset"}
    assert connections.public.is_open
    assert connections.private.is_open


def test_a_key_that_is_taken_away_is_not_used_for_another_moment(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    connections: Connections,
) -> None:
    """Before anything else happens in the program; markets go on."""
    manager.set_credentials(None)
    assert not connections.private.is_open
    assert connections.public.is_open
    manager.set_credentials(exchange.issue_key())
    feed.until(lambda: connections.private.is_open)


def test_a_key_alone_makes_no_connection_and_wakes_nobody(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    manager.set_credentials(exchange.credentials())
    assert not manager._pump.bridge.is_awake
    feed.turns(5)
    assert manager.health_check().active_connections == 0
    assert manager.connection_state(PRIVATE) is ConnectionState.STOPPED


def test_they_stop_and_start_again_with_what_was_wanted(
    feed: Feed, manager: GlobalWebSocketManager, connections: Connections
) -> None:
    connections.stop()
    assert not connections.public.is_open
    assert not connections.private.is_open
    assert manager.connection_state(PUBLIC) is ConnectionState.STOPPED
    connections.start()
    feed.until(lambda: connections.public.is_open and connections.private.is_open)
