"""Every way of dying releases what a component had, and nobody else's."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtWidgets import QWidget

from tests.feed import Feed
from upbit_ws_qt import (
    DuplicateClient,
    FeedSettings,
    GlobalWebSocketManager,
    ProxyClosed,
    WebSocketClientProxy,
)
from upbit_ws_qt.qt.lifecycle import ComponentLifecycleManager

# Nobody listens there: these tests need no exchange, and the manager keeps trying.
NOWHERE = FeedSettings(
    public_url="ws://127.0.0.1:9/",
    private_url="ws://127.0.0.1:9/",
    rest_url="http://127.0.0.1:9",
    grace_period_s=0.0,
)


@pytest.fixture
def manager(feed: Feed) -> Iterator[GlobalWebSocketManager]:
    manager = GlobalWebSocketManager(NOWHERE)
    yield manager
    feed(manager.stop())


class Component(QObject):
    """Somebody's widget with a proxy; ``kept`` makes cycles."""

    def __init__(
        self, manager: GlobalWebSocketManager, name: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.kept: Any = None
        self.proxy = WebSocketClientProxy(name, manager, parent=self)
        self.proxy.subscribe_ticker(["KRW-BTC"], self.on_ticker)

    def on_ticker(self, event: object) -> None: ...


def collect_here() -> None:
    gc.collect()


def collect_in_a_worker() -> None:
    worker = threading.Thread(target=gc.collect)
    worker.start()
    worker.join()


def dies_by_reference_count(manager: GlobalWebSocketManager) -> None:
    component = Component(manager, "dying_one")
    del component


def dies_by_delete_later(manager: GlobalWebSocketManager) -> Any:
    component = Component(manager, "dying_one")
    component.deleteLater()
    return component


def dies_in_its_cpp_half_only(manager: GlobalWebSocketManager) -> Any:
    component = Component(manager, "dying_one")
    sip.delete(component)
    return component


def dies_with_its_parent(manager: GlobalWebSocketManager) -> Any:
    parent = QObject()
    component = Component(manager, "dying_one", parent)
    sip.delete(parent)
    return component


def dies_with_its_window(manager: GlobalWebSocketManager) -> None:
    window = QWidget()
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    Component(manager, "dying_one", window)
    window.show()
    window.close()


def dies_in_a_cycle(manager: GlobalWebSocketManager) -> None:
    component = Component(manager, "dying_one")
    component.kept = component


def dies_in_a_cycle_with_its_proxy(manager: GlobalWebSocketManager) -> None:
    component = Component(manager, "dying_one")
    component.proxy.kept = component  # type: ignore[attr-defined]


def dies_in_a_cycle_through_its_callback(manager: GlobalWebSocketManager) -> None:
    component = Component(manager, "dying_one")
    component.proxy.subscribe_trade(["KRW-BTC"], lambda event: component.on_ticker(event))


def dies_as_a_proxy_without_parent(manager: GlobalWebSocketManager) -> None:
    WebSocketClientProxy("dying_one", manager).subscribe_ticker(["KRW-BTC"])


def dies_as_a_proxy_in_a_cycle(manager: GlobalWebSocketManager) -> None:
    proxy = WebSocketClientProxy("dying_one", manager)
    proxy.subscribe_ticker(["KRW-BTC"])
    proxy.kept = proxy  # type: ignore[attr-defined]


def dies_as_a_proxy_deleted_later(manager: GlobalWebSocketManager) -> Any:
    component = Component(manager, "dying_one")
    component.proxy.deleteLater()
    return component


def dies_as_a_proxy_in_its_cpp_half_only(manager: GlobalWebSocketManager) -> Any:
    component = Component(manager, "dying_one")
    sip.delete(component.proxy)
    return component


def dies_by_cleanup(manager: GlobalWebSocketManager) -> Any:
    component = Component(manager, "dying_one")
    component.proxy.cleanup()
    component.proxy.cleanup()
    return component


def dies_in_its_constructor(manager: GlobalWebSocketManager) -> None:
    class Failing(Component):
        def __init__(self) -> None:
            super().__init__(manager, "dying_one")
            raise LookupError("on purpose")

    with pytest.raises(LookupError):
        Failing()


WAYS = [
    dies_by_reference_count,
    dies_by_delete_later,
    dies_in_its_cpp_half_only,
    dies_with_its_parent,
    dies_with_its_window,
    dies_in_a_cycle,
    dies_in_a_cycle_with_its_proxy,
    dies_in_a_cycle_through_its_callback,
    dies_as_a_proxy_without_parent,
    dies_as_a_proxy_in_a_cycle,
    dies_as_a_proxy_deleted_later,
    dies_as_a_proxy_in_its_cpp_half_only,
    dies_by_cleanup,
    dies_in_its_constructor,
]


@pytest.mark.parametrize("collect", [collect_here, collect_in_a_worker])
@pytest.mark.parametrize("way", WAYS)
def test_a_death_releases_its_own_and_nothing_else(
    feed: Feed,
    manager: GlobalWebSocketManager,
    way: Callable[[GlobalWebSocketManager], Any],
    collect: Callable[[], None],
) -> None:
    """Rule 1: whatever way it dies, its subscriptions go, without the audit's help."""
    survivor = WebSocketClientProxy("survivor_one", manager)
    survivor.subscribe_ticker(["KRW-ETH"])

    kept = way(manager)
    collect()
    feed.until(lambda: list(manager.get_subscription_summary().clients) == ["survivor_one"])

    summary = manager.get_subscription_summary()
    assert summary.wanted["ticker"] == {"KRW-ETH"}
    assert summary.wanted["trade"] == frozenset()
    assert manager.health_check().lifecycle_repairs == 0
    del kept


def test_no_reference_cycle_goes_through_a_qobject(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    """Rule 3: with the collector off, wrappers go by reference count alone."""
    gc.collect()
    gc.disable()
    try:
        for number in range(50):
            component = Component(manager, f"cycle_{number}")
            component.proxy.subscribe_trade(["KRW-BTC"], print)
            del component
        feed.until(lambda: not manager.get_subscription_summary().clients)
        left = [item for item in gc.get_objects() if isinstance(item, WebSocketClientProxy)]
        assert left == []
    finally:
        gc.enable()


def test_the_manager_itself_is_in_no_cycle(feed: Feed) -> None:
    """Rule 3, for the manager."""
    import weakref

    gc.collect()
    gc.disable()
    try:
        manager = GlobalWebSocketManager(NOWHERE)
        proxy = WebSocketClientProxy("cycle_manager", manager)
        proxy.subscribe_ticker(["KRW-BTC"])
        feed.turns()
        feed(manager.stop())
        reference = weakref.ref(manager)
        del proxy, manager
        feed.turns()
        assert reference() is None
    finally:
        gc.enable()


def test_an_id_is_free_as_soon_as_its_cpp_half_is_gone(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    """Rule 4: before the death was even heard of."""
    first = WebSocketClientProxy("same_name", manager)
    sip.delete(first)
    second = WebSocketClientProxy("same_name", manager)
    feed.turns()
    assert second.subscribe_ticker(["KRW-BTC"]).is_active
    assert list(manager.get_subscription_summary().clients) == ["same_name"]


def test_an_id_held_by_garbage_is_freed_by_a_collection(manager: GlobalWebSocketManager) -> None:
    """Rule 4: ``self.window = Window()`` twice must work, even through a cycle."""
    gc.disable()
    try:
        component = Component(manager, "same_name")
        component.kept = component
        del component
        assert WebSocketClientProxy("same_name", manager).client_id == "same_name"
    finally:
        gc.enable()


def test_a_living_duplicate_names_where_the_first_was_made(
    manager: GlobalWebSocketManager,
) -> None:
    """Rule 4: the message helps to find it."""
    first = WebSocketClientProxy("same_name", manager)
    with pytest.raises(DuplicateClient, match=r"same_name.*test_lifecycle\.py, line \d+"):
        WebSocketClientProxy("same_name", manager)
    assert first.client_id == "same_name"


def test_a_released_proxy_says_so(manager: GlobalWebSocketManager) -> None:
    """What is called after the end is an error, what ends it again is not."""
    proxy = WebSocketClientProxy("early_end", manager)
    subscription = proxy.subscribe_ticker(["KRW-BTC"])
    proxy.cleanup()
    assert not subscription.is_active
    subscription.unsubscribe()
    with pytest.raises(ProxyClosed, match="early_end"):
        proxy.subscribe_ticker(["KRW-BTC"])


def test_a_manager_that_is_gone_is_no_error_to_its_proxies(feed: Feed) -> None:
    """The host deleted it first; what ends afterwards ends quietly."""
    manager = GlobalWebSocketManager(NOWHERE)
    proxy = WebSocketClientProxy("left_over", manager)
    first = proxy.subscribe_ticker(["KRW-BTC"])
    second = proxy.subscribe_ticker(["KRW-ETH"])
    feed(manager.stop())
    sip.delete(manager)
    first.unsubscribe()
    proxy.cleanup()
    assert not first.is_active
    assert second.is_active is False


@pytest.mark.allow_logs("the repair is named in the log")
def test_the_audit_repairs_counts_and_names(feed: Feed, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 1: a death that nobody heard of is found once a minute."""
    registry = ComponentLifecycleManager()
    heard: list[int] = []
    registry.gone.connect(heard.append)
    deaf = QObject()
    token = registry.watch(deaf, "deaf_one")
    deaf.destroyed.disconnect()
    sip.delete(deaf)
    feed.turns()
    assert heard == []

    with caplog.at_level(logging.WARNING):
        registry.audit()

    assert heard == [token]
    assert registry.repaired == 1
    assert "deaf_one" in caplog.text


def test_the_audit_is_due_every_minute_while_there_is_anyone(feed: Feed) -> None:
    registry = ComponentLifecycleManager()
    audits: list[None] = []
    registry.audited.connect(lambda: audits.append(None))
    (timer,) = registry.findChildren(QTimer)
    assert not timer.isActive(), "nobody is there, so nothing wakes the machine"
    component = QObject()
    token = registry.watch(component, "audited")
    assert timer.isActive()
    assert timer.interval() == 60_000
    timer.setInterval(0)
    feed.until(lambda: audits)
    registry.release(token)
    assert not timer.isActive()


def test_releasing_twice_tells_once(feed: Feed) -> None:
    """Rule 1: both listeners may fire, in any order."""
    registry = ComponentLifecycleManager()
    heard: list[int] = []
    registry.gone.connect(heard.append)
    component = QObject()
    token = registry.watch(component, "twice")
    registry.release(token)
    registry.release(token)
    del component
    feed.turns()
    assert heard == [token]


@pytest.mark.parametrize("collect", [collect_here, collect_in_a_worker])
def test_each_listener_hears_what_the_other_misses(feed: Feed, collect: Callable[[], None]) -> None:
    """Rule 1: ``destroyed`` hears of a C++ half under a kept wrapper, the weak reference of a
    wrapper whose ``destroyed`` reached nobody."""
    registry = ComponentLifecycleManager()
    heard: list[int] = []
    registry.gone.connect(heard.append)
    kept, lost = QObject(), QObject()
    tokens = [registry.watch(kept, "kept_wrapper"), registry.watch(lost, "lost_signal")]
    lost.destroyed.disconnect()
    sip.delete(kept)
    del lost
    collect()
    feed.until(lambda: sorted(heard) == tokens)
