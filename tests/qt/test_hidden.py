"""What nobody can see costs next to nothing, and is current within a frame of being shown."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from decimal import Decimal

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from upbit_ws_qt import (
    Delivery,
    GlobalWebSocketManager,
    InvalidState,
    TradeEvent,
    WebSocketClientProxy,
    decode,
)
from upbit_ws_qt.events import Balance, BalanceEvent, ConnectionType, Stamp, stamped
from upbit_ws_qt.qt.visibility import VisibilityWatch
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"


class Stage:
    """A main window with a dock and tabs; ``widget`` is on the second tab."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.tabs = QTabWidget()
        self.window.setCentralWidget(self.tabs)
        self.page = QWidget()
        layout = QVBoxLayout(self.page)
        self.widget = QLabel()
        layout.addWidget(self.widget)
        self.tabs.addTab(QLabel("first"), "first")
        self.tabs.addTab(self.page, "second")
        self.dock = QDockWidget()
        self.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)

    def show(self) -> None:
        self.window.show()
        self.tabs.setCurrentIndex(1)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def watch(widget: QWidget) -> VisibilityWatch:
    return VisibilityWatch(QObject(widget))


def trade(manager: GlobalWebSocketManager, number: int) -> TradeEvent:
    event = decode(
        '{"type":"trade","code":"KRW-BTC","timestamp":1790000000000,"trade_price":97000000,'
        f'"trade_volume":0.1,"ask_bid":"BID","sequential_id":{number},"stream_type":"REALTIME"}}'
    )
    assert isinstance(event, TradeEvent)
    return stamped(event, manager.stamp())


class Consumer:
    """A proxy of a widget, its subscription to trades, and what came."""

    def __init__(
        self,
        feed: Feed,
        manager: GlobalWebSocketManager,
        widget: QWidget,
        delivery: Delivery | None = None,
    ) -> None:
        self.feed = feed
        self.manager = manager
        self.seen: list[int] = []
        self.proxy = WebSocketClientProxy(f"consumer_{id(self)}", manager, widget)
        self.proxy.pause_while_hidden()
        self.subscription = self.proxy.subscribe_trade([MARKET], self.take, delivery=delivery)
        feed(self.subscription)
        feed.until(lambda: self.seen)
        self.seen.clear()

    def take(self, event: TradeEvent) -> None:
        self.seen.append(event.sequential_id)

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.manager.distribute_data(trade(self.manager, number))

    def rest(self) -> None:
        """Let all frames pass that are due."""
        pump = self.manager._pump
        self.feed.until(lambda: not pump.bridge._timer.isActive() and not pump.router.has_work())


# -- what can be seen ------------------------------------------------------------------------------


def hide_window(stage: Stage) -> Callable[[], object]:
    stage.window.hide()
    return stage.window.show


def minimise(stage: Stage) -> Callable[[], object]:
    stage.window.showMinimized()
    return stage.window.showNormal


def other_tab(stage: Stage) -> Callable[[], object]:
    stage.tabs.setCurrentIndex(0)
    return lambda: stage.tabs.setCurrentIndex(1)


def hide_widget(stage: Stage) -> Callable[[], object]:
    stage.widget.hide()
    return stage.widget.show


def close_window(stage: Stage) -> Callable[[], object]:
    stage.window.close()
    return stage.window.show


def take_out(stage: Stage) -> Callable[[], object]:
    """Taken out of its layout, and put into another part of the window."""
    stage.widget.setParent(None)

    def back() -> None:
        stage.dock.setWidget(stage.widget)
        stage.widget.show()

    return back


def close_dock(stage: Stage) -> Callable[[], object]:
    stage.dock.setWidget(stage.widget)
    stage.dock.close()
    return stage.dock.show


def floating_dock_hidden(stage: Stage) -> Callable[[], object]:
    stage.dock.setWidget(stage.widget)
    stage.dock.setFloating(True)
    stage.dock.hide()
    return stage.dock.show


WAYS = [
    hide_window,
    minimise,
    other_tab,
    hide_widget,
    close_window,
    take_out,
    close_dock,
    floating_dock_hidden,
]


@pytest.mark.parametrize("hide", WAYS)
def test_each_way_of_hiding_is_noticed_and_its_end_too(
    feed: Feed, stage: Stage, hide: Callable[[Stage], Callable[[], object]]
) -> None:
    stage.show()
    watching = watch(stage.widget)
    told: list[bool] = []
    watching.changed.connect(told.append)
    assert watching.is_seen
    show = hide(stage)
    feed.until(lambda: not watching.is_seen)
    show()
    feed.until(lambda: watching.is_seen)
    # Moving a widget hides and shows it on the way; nothing is told twice.
    assert told[-2:] == [False, True]
    assert all(told[index] is not told[index + 1] for index in range(len(told) - 1))


def test_hidden_both_ways_it_takes_both_to_be_seen(feed: Feed, stage: Stage) -> None:
    stage.show()
    watching = watch(stage.widget)
    stage.window.hide()
    stage.tabs.setCurrentIndex(0)
    stage.window.show()
    feed.turns(5)
    assert not watching.is_seen
    stage.tabs.setCurrentIndex(1)
    feed.until(lambda: watching.is_seen)


def test_until_its_window_is_first_shown_a_widget_counts_as_seen(feed: Feed, stage: Stage) -> None:
    """Programs take pictures of widgets that are never shown, and tests look into them."""
    watching = watch(stage.widget)
    feed.turns(5)
    assert watching.is_seen
    stage.window.show()
    assert not watching.is_seen, "now it is on a tab behind another"
    stage.tabs.setCurrentIndex(1)
    assert watching.is_seen


def test_what_is_put_behind_another_tab_of_a_window_on_screen_is_hidden(
    feed: Feed, stage: Stage, qtbot: QtBot
) -> None:
    stage.show()
    alone, page = QLabel(), QWidget()
    inside = QLabel(page)
    for widget in (alone, page):
        qtbot.addWidget(widget)
    watches = [watch(alone), watch(inside)]
    assert all(watching.is_seen for watching in watches)
    stage.tabs.addTab(alone, "third")
    stage.tabs.addTab(page, "fourth")
    assert not any(watching.is_seen for watching in watches)
    stage.tabs.setCurrentIndex(3)
    assert [watching.is_seen for watching in watches] == [False, True]


@pytest.mark.parametrize("hide", WAYS[:4])
def test_hidden_when_the_watch_begins(
    feed: Feed, stage: Stage, hide: Callable[[Stage], Callable[[], object]]
) -> None:
    stage.show()
    feed.turns(5)
    show = hide(stage)
    feed.turns(5)
    if hide is hide_window:
        # It cannot know that the window was on screen before, and errs on the side of delivery.
        assert watch(stage.widget).is_seen
        return
    watching = watch(stage.widget)
    assert not watching.is_seen
    show()
    feed.until(lambda: watching.is_seen)


def test_what_qt_says_twice_is_told_once(feed: Feed, stage: Stage) -> None:
    """The window system may hide what the program has hidden already."""
    stage.show()
    told: list[bool] = []
    watching = watch(stage.widget)
    watching.changed.connect(told.append)
    for event in (QHideEvent, QHideEvent, QShowEvent, QShowEvent):
        QCoreApplication.sendEvent(stage.widget, event())
    assert told == [False, True]


def test_a_watch_ends_with_its_widget_and_keeps_nothing(stage: Stage) -> None:
    """Rule 3: no cycle, whatever dies first; nothing is told on the way."""
    stage.window.show()
    gc.collect()
    gc.disable()
    try:
        for kill in (QWidget.deleteLater, sip.delete):
            widget = QLabel(stage.page)
            widget.show()
            watching = watch(widget)
            references = [weakref.ref(widget), weakref.ref(watching)]
            kill(widget)
            del widget, watching
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            assert [reference() for reference in references] == [None, None]
    finally:
        gc.enable()


# -- what it gets ----------------------------------------------------------------------------------


def test_hidden_it_gets_nothing_and_shown_again_the_newest_in_the_next_frame(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    newest = Consumer(feed, manager, stage.widget, Delivery.coalesce_by_symbol())
    stage.window.hide()
    assert newest.proxy.is_paused
    newest.send(1, 2, 3)
    newest.rest()
    assert newest.seen == []
    bridge = manager._pump.bridge
    frames = bridge.frames
    assert not bridge._timer.isActive()
    stage.window.show()
    assert bridge._timer.isActive()
    feed.until(lambda: newest.seen)
    assert newest.seen == [3]
    assert bridge.frames == frames + 1
    counted = newest.subscription.statistics()
    assert (counted.delivered, counted.coalesced, counted.queued) == (2, 2, 0)
    newest.send(4)
    feed.until(lambda: newest.seen == [3, 4])


def test_what_waited_unseen_is_not_late(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    """The lag is that of the program; nobody was waiting here."""
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    manager._pump.hub.take_longest_lag()

    def send_an_old_one(number: int) -> None:
        stamp = Stamp(manager.stamp().epoch, received_at=time.time() - 3600.0)
        manager.distribute_data(stamped(trade(manager, number), stamp))

    stage.window.hide()
    send_an_old_one(1)
    consumer.rest()
    stage.window.show()
    feed.until(lambda: consumer.seen == [1])
    assert consumer.subscription.statistics().longest_lag_s < 3600.0
    assert manager._pump.hub.take_longest_lag() < 3600.0


def test_what_was_late_before_it_was_delivered_to_the_seen_is_late(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    stamp = Stamp(manager.stamp().epoch, received_at=time.time() - 3600.0)
    manager.distribute_data(stamped(trade(manager, 1), stamp))
    feed.until(lambda: consumer.seen == [1])
    assert consumer.subscription.statistics().longest_lag_s >= 3600.0
    assert manager._pump.hub.take_longest_lag() >= 3600.0


def test_trades_wait_bounded_and_what_is_lost_is_counted(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    tape = Consumer(feed, manager, stage.widget)
    stage.tabs.setCurrentIndex(0)
    before = manager.health_check().dropped
    tape.send(*range(1, 1001))
    assert tape.subscription.statistics().queued == 200
    assert manager.health_check().dropped - before == 800
    stage.tabs.setCurrentIndex(1)
    feed.until(lambda: len(tape.seen) == 200)
    assert tape.seen == list(range(801, 1001))


def test_no_frame_ticks_for_hidden_consumers(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumers = [
        Consumer(feed, manager, stage.widget, delivery)
        for delivery in (
            Delivery.coalesce_by_symbol(),
            Delivery.throttle(ms=1),
            Delivery.drop_oldest(10),
        )
    ]
    stage.window.hide()
    consumers[0].rest()
    router, bridge = manager._pump.router, manager._pump.bridge
    frames = bridge.frames
    for number in range(100):
        router.route(trade(manager, number))
        manager._pump._on_frame()
        assert not router.has_work()
    assert router.next_deadline() is None
    assert bridge.frames == frames
    assert not bridge._timer.isActive()
    assert [consumer.seen for consumer in consumers] == [[], [], []]


def test_hiding_and_showing_costs_no_request(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    """The streams stay on the wire."""
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    before, wire = manager.health_check().requests, manager.wire_subscription()
    for _ in range(5):
        stage.tabs.setCurrentIndex(0)
        consumer.rest()
        stage.tabs.setCurrentIndex(1)
        consumer.rest()
    assert manager.wire_subscription() == wire
    assert manager.health_check().requests == before


def test_who_does_not_ask_for_it_is_never_paused(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    """An alarm must sound from the tray."""
    stage.show()
    alarms: list[int] = []
    proxy = WebSocketClientProxy("alarm", manager, stage.window)
    feed(proxy.subscribe_trade([MARKET], lambda event: alarms.append(event.sequential_id)))
    feed.until(lambda: alarms)
    stage.window.hide()
    manager.distribute_data(trade(manager, 7))
    feed.until(lambda: alarms[-1:] == [7])
    assert not proxy.is_paused


@pytest.mark.parametrize("delivery", [Delivery.immediate(), Delivery.keep_all()])
def test_what_promises_each_event_goes_on_while_hidden(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage, delivery: Delivery
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget, delivery)
    stage.window.hide()
    consumer.send(1, 2, 3)
    feed.until(lambda: consumer.seen == [1, 2, 3])


def test_balances_are_never_held_back(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    got: list[BalanceEvent] = []
    proxy = WebSocketClientProxy("balances", manager, stage.widget)
    proxy.pause_while_hidden()
    proxy.subscribe_balance(got.append)
    stage.window.hide()
    stamp = manager.stamp(connection_type=ConnectionType.PRIVATE)
    events = [
        BalanceEvent(balances=(Balance(currency=name, balance=Decimal(1)),), stamp=stamp)
        for name in "AB"
    ]
    for event in events:
        manager.distribute_data(event)
    feed.until(lambda: got == events)


def test_made_while_hidden_a_subscription_gets_its_first_event_and_then_rests(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    """Else who awaits it would wait for somebody to look."""
    stage.window.show()
    consumer = Consumer(feed, manager, stage.widget)
    assert consumer.proxy.is_paused
    consumer.send(1)
    consumer.rest()
    assert consumer.seen == []
    joiner: list[int] = []
    feed(
        consumer.proxy.subscribe_trade(
            [MARKET],
            lambda event: joiner.append(event.sequential_id),
            delivery=Delivery.coalesce_by_symbol(),
        )
    )
    feed.until(lambda: joiner == [1])
    consumer.send(2, 3)
    consumer.rest()
    assert joiner == [1]
    stage.tabs.setCurrentIndex(1)
    feed.until(lambda: joiner == [1, 3] and consumer.seen == [1, 2, 3])


def test_hidden_before_its_first_event_a_subscription_still_gets_that(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    proxy, seen = consumer.proxy, consumer.seen
    subscription = proxy.subscribe_trade([MARKET], consumer.take)
    stage.window.hide()
    feed(subscription)
    consumer.rest()
    assert len(seen) == 1
    consumer.send(1)
    consumer.rest()
    assert len(seen) == 1


def test_asked_for_while_hidden_it_rests_at_once(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.window.show()
    seen: list[int] = []
    proxy = WebSocketClientProxy("late", manager, stage.widget)
    feed(proxy.subscribe_trade([MARKET], lambda event: seen.append(event.sequential_id)))
    feed.until(lambda: seen)
    count = len(seen)
    proxy.pause_while_hidden()
    manager.distribute_data(trade(manager, 1))
    assert proxy.findChildren(VisibilityWatch)
    pump = manager._pump
    feed.until(lambda: not pump.bridge._timer.isActive())
    assert len(seen) == count


def test_signals_rest_like_callbacks_but_the_state_is_told(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    signalled: list[int] = []
    states: list[object] = []
    consumer.proxy.trade_received.connect(lambda event: signalled.append(event.sequential_id))
    consumer.proxy.state_changed.connect(states.append)
    stage.window.hide()
    consumer.send(1)
    consumer.rest()
    assert signalled == []
    exchange.faults.drop()
    feed.until(lambda: states)


def test_it_may_hide_and_show_itself_while_called(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    consumer.proxy.trade_received.connect(
        lambda event: stage.window.hide() if event.sequential_id == 2 else None
    )
    consumer.send(1, 2, 3, 4)
    feed.until(lambda: consumer.seen == [1, 2])
    consumer.rest()
    assert consumer.seen == [1, 2]
    stage.window.show()
    feed.until(lambda: consumer.seen == [1, 2, 3, 4])


def test_released_or_dead_while_hidden_it_leaves_nothing(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    widgets = [QLabel(stage.page) for _ in range(3)]
    for widget in widgets:
        widget.show()
    cleaned, deleted, later = (Consumer(feed, manager, widget) for widget in widgets)
    stage.window.hide()
    cleaned.send(1, 2)
    cleaned.proxy.cleanup()
    sip.delete(deleted.proxy.parent())  # type: ignore[arg-type]
    widgets[2].deleteLater()
    stage.window.show()
    feed.until(lambda: not manager.get_subscription_summary().clients)
    assert cleaned.seen == deleted.seen == []
    assert not manager._pump.router._outlets
    del later


def test_a_stopped_manager_may_be_hidden_from(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    feed(manager.stop())
    stage.window.hide()
    stage.window.show()
    stage.window.hide()
    feed(manager.start())
    feed.until(manager.is_public_available)
    consumer.send(5)
    consumer.rest()
    assert consumer.seen == []
    stage.window.show()
    feed.until(lambda: 5 in consumer.seen)


def test_asking_twice_changes_nothing(
    feed: Feed, manager: GlobalWebSocketManager, stage: Stage
) -> None:
    stage.show()
    consumer = Consumer(feed, manager, stage.widget)
    consumer.proxy.pause_while_hidden()
    assert len(consumer.proxy.findChildren(VisibilityWatch)) == 1


@pytest.mark.parametrize("parent", [None, QObject])
def test_only_a_widget_can_be_followed(
    feed: Feed, manager: GlobalWebSocketManager, parent: type[QObject] | None
) -> None:
    component = parent() if parent else None
    proxy = WebSocketClientProxy("no_widget", manager, component)
    with pytest.raises(InvalidState, match=r"'no_widget' has no widget to follow; make it with"):
        proxy.pause_while_hidden()
    assert not proxy.is_paused
