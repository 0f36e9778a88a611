"""Takes events out of the connections and hands them out, a frame at a time. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator, Sequence

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt.events import BalanceEvent, MarketEvent, WebSocketEvent
from upbit_ws_qt.net.connection import ConnectionDriver
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.routing import DataRoutingEngine
from upbit_ws_qt.subscriptions import StreamEvent

from .bridge import SLICE_S, QtBridgeManager
from .fanout import FanoutHub, SubscriptionOutlet
from .lifecycle import weakly
from .subscription import Subscription

__all__ = ["EventPump"]


# State: the parts, whether it runs, deliveries that a slice cut off, and the last message's time.
class EventPump(QObject):
    """The way from the connections' messages to the consumers' callbacks.

    Signals:
        status(StatusEvent): something about a connection; all data from before it is delivered.
    """

    status = pyqtSignal(object)

    def __init__(
        self, epochs: EpochManager, frame_interval_ms: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.router: DataRoutingEngine[weakref.ref[Subscription]] = DataRoutingEngine(epochs)
        self.hub = FanoutHub(self.router, weakly(self.wake))
        self.last_message_at: float | None = None
        self.bridge = QtBridgeManager(frame_interval_ms, self)
        self.bridge.frame.connect(self._on_frame)
        self._drivers: Sequence[ConnectionDriver] = ()
        self._unfinished: list[Iterator[tuple[SubscriptionOutlet, StreamEvent]]] = []

    @property
    def is_running(self) -> bool:
        """Whether it was started."""
        return bool(self._drivers)

    def start(self, drivers: Sequence[ConnectionDriver]) -> None:
        """Serve these connections from now on."""
        self._drivers = drivers

    def stop(self) -> None:
        """Hand out what is there, and nothing more until the next ``start``."""
        self._take_events()
        self._drivers = ()
        self.bridge.stop()

    def wake(self) -> None:
        """There is something to take or to hand out."""
        if self._drivers:
            self.bridge.wake(immediate=self.router.has_immediate)

    def _on_frame(self) -> None:
        began = time.monotonic()
        # Half for each, so that a flood of input cannot keep delivery from happening.
        left = [driver.ingest(began + SLICE_S / 2) for driver in self._drivers]
        self._take_events()
        unfinished = self._deliver(began + SLICE_S) or any(left)
        if not self._drivers:
            # A consumer ended the program: everything was stopped inside its call.
            return
        if unfinished:
            self.bridge.wake(immediate=True)
        elif (due := self.router.next_deadline()) is not None:
            self.bridge.wake_at(due)

    def _take_events(self) -> None:
        for driver in self._drivers:
            while (event := driver.protocol.next_event()) is not None:
                self._take(event)

    def _take(self, event: WebSocketEvent) -> None:
        if isinstance(event, MarketEvent | BalanceEvent):
            self.last_message_at = event.stamp.received_at
            self.router.route(event)
        else:
            # Nobody sees new data before the event that explains it, nor old data after.
            self._deliver(float("inf"))
            self.status.emit(event)

    def _deliver(self, deadline: float) -> bool:
        """Deliver until ``deadline``; returns whether something is left."""
        self._unfinished.append(self.router.deliveries(time.monotonic()))
        while self._unfinished:
            # Taken off while it runs, so that a frame in a nested exec() cannot step it too.
            deliveries = self._unfinished.pop(0)
            for number, (outlet, event) in enumerate(deliveries):
                self.hub.deliver(outlet, event)
                if number % 8 == 7 and time.monotonic() >= deadline:
                    self._unfinished.insert(0, deliveries)
                    return True
        return False
