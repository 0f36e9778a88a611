"""Balances: polled with a key, explained without one, and never shown to another account."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    AuthenticationFailed,
    BalanceEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    Credentials,
    GlobalWebSocketManager,
    InvalidState,
    Source,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange


@pytest.fixture
def component() -> QObject:
    return QObject()


def test_balances_are_polled_and_marked(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, component: QObject
) -> None:
    manager.set_credentials(exchange.credentials())
    seen: list[BalanceEvent] = []
    proxy = WebSocketClientProxy("balances_one", manager, component)
    feed(proxy.subscribe_balance(seen.append))
    assert seen[0].source is Source.POLLED
    assert {balance.currency for balance in seen[0].balances} >= {"KRW", "BTC"}
    assert seen[0].balances == feed(manager.get_accounts())
    assert manager.is_private_available()
    assert manager.connection_state(ConnectionType.PRIVATE) is ConnectionState.POLLING
    assert not exchange.connections, "balances need no public connection"


def test_without_a_key_it_says_so_and_public_data_works(
    feed: Feed, manager: GlobalWebSocketManager, component: QObject
) -> None:
    states: list[ConnectionEvent] = []
    proxy = WebSocketClientProxy("balances_one", manager, component)
    proxy.state_changed.connect(states.append)
    proxy.subscribe_balance()
    feed.until(lambda: any(event.state is ConnectionState.REFUSED for event in states))
    assert states[-1].connection_type is ConnectionType.PRIVATE
    assert "no key" in states[-1].reason
    assert not manager.is_private_available()
    feed(proxy.subscribe_ticker(["KRW-BTC"]))
    assert manager.health_check()["status"] == "healthy"
    with pytest.raises(InvalidState, match="needs a key"):
        feed(manager.get_accounts())


def test_a_refused_key_is_told_to_its_owner_and_not_retried(
    feed: Feed, manager: GlobalWebSocketManager, component: QObject
) -> None:
    manager.set_credentials(Credentials("no such access key", "no such secret key" * 4))
    errors: list[Any] = []
    proxy = WebSocketClientProxy("balances_one", manager, component)
    proxy.subscribe_balance(error_handler=errors.append)
    feed.until(lambda: errors)
    assert isinstance(errors[0], AuthenticationFailed)
    feed.until(lambda: manager.connection_state("private") is ConnectionState.REFUSED)  # type: ignore[arg-type]
    assert manager.health_check()["status"] == "degraded"
    assert "private" in manager.health_check()["reason"]


def test_another_key_brings_it_back_and_the_former_account_is_forgotten(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, component: QObject
) -> None:
    manager.set_credentials(exchange.credentials())
    proxy = WebSocketClientProxy("balances_one", manager, component)
    feed(proxy.subscribe_balance())
    manager.set_credentials(None)
    joiner: list[BalanceEvent] = []
    WebSocketClientProxy("balances_two", manager, component).subscribe_balance(joiner.append)
    feed.turns(20)
    assert joiner == []

    manager.set_credentials(exchange.credentials())
    feed.until(lambda: joiner)
    assert not joiner[0].replayed


def test_a_key_is_not_sent_to_a_stranger(feed: Feed, exchange: SimulatedExchange) -> None:
    """Only the exchange's own domains, loopback and trusted hosts get it."""
    from dataclasses import replace

    settings = replace(exchange.settings(), rest_url="https://exchange.example")
    manager = GlobalWebSocketManager(settings, exchange.credentials())
    with pytest.raises(InvalidState, match="trusted_hosts"):
        feed(manager.get_accounts())
    feed(manager.stop())
