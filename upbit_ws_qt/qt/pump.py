"""Takes events out of the connections and hands them out, a frame at a time. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Sequence

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt.events import BalanceEvent, MarketEvent, WebSocketEvent
from upbit_ws_qt.latency import LatencyEstimator
from upbit_ws_qt.net.connection import ConnectionDriver
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.routing import DataRoutingEngine

from .bridge import SLICE_S, QtBridgeManager
from .fanout import FanoutHub
from .lifecycle import weakly
from .subscription import Subscription

__all__ = ["EventPump"]


# The part of a slice in which messages are taken and decoded. Routing them takes about as long
# again, and half is left to deliver: a flood of input cannot keep delivery from happening.
_INGEST_S = SLICE_S / 4
# So long consumers are given what came before a stop, which has to be over in 2 s.
_LAST_WORDS_S = 0.5
# So long a consumer that holds the thread waits at most while there is more to read.
_SLOW_WAIT_S = 0.1
# Often enough for a mean, seldom enough to cost nothing.
_MEASURE_EVERY_S = 0.1
_DATA = (MarketEvent, BalanceEvent)


# State: the parts, whether it runs, whether a slice cut deliveries off, whether input was left and
# until when it and slow consumers are put off, the last message's time, and when latency is looked
# at again.
class EventPump(QObject):
    """The way from the connections' messages to the consumers' callbacks.

    Signals:
        status(StatusEvent): something about a connection; all data from before it is delivered.
        measured(WebSocketEvent): the latency was looked at, some times a second, by this event.
    """

    status = pyqtSignal(object)
    measured = pyqtSignal(object)

    def __init__(
        self, epochs: EpochManager, frame_interval_ms: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.router: DataRoutingEngine[weakref.ref[Subscription]] = DataRoutingEngine(epochs)
        self.hub = FanoutHub(self.router, weakly(self.wake))
        self.last_message_at: float | None = None
        self.latency = LatencyEstimator()
        self.bridge = QtBridgeManager(frame_interval_ms, self)
        self.bridge.frame.connect(self._on_frame)
        self._drivers: Sequence[ConnectionDriver] = ()
        self._cut_off = False
        self._left = False
        self._ingest_by = self._slow_by = self._measure_at = 0.0

    @property
    def is_running(self) -> bool:
        """Whether it was started."""
        return bool(self._drivers)

    def start(self, drivers: Sequence[ConnectionDriver]) -> None:
        """Serve these connections from now on."""
        self._drivers = drivers

    def stop(self) -> None:
        """Hand out what is there, and nothing more until the next ``start``.

        What slow consumers have not got in time stays in their queues. Whoever hears of the end
        may start again at once.
        """
        drivers, self._drivers = self._drivers, ()
        self.bridge.stop()
        self._hand_out(drivers, time.monotonic() + _LAST_WORDS_S, slow_too=True)

    def wake(self, *, reading: bool = False) -> None:
        """There is something to take or to hand out; ``reading`` as in the bridge."""
        if self._drivers:
            self.bridge.wake(immediate=self.router.has_immediate, reading=reading)

    def _on_frame(self) -> None:
        began = time.monotonic()
        # What a slice cut off comes first, but input waits for it two frames at most: coalescing
        # has to see what is new.
        if not self._cut_off or began >= self._ingest_by:
            self._ingest_by = began + 2 * self.bridge.interval_s
            left = [driver.ingest(began + _INGEST_S) for driver in self._drivers]
            self._left = any(left)
        if any(driver.is_paced for driver in self._drivers):
            # Before anyone is called: nothing else wakes us while a consumer's dialog is open.
            self.bridge.wake()
        # Slow consumers come when there is time, and now and then in any case.
        slow_too = not self._left or began >= self._slow_by
        if slow_too:
            self._slow_by = began + _SLOW_WAIT_S
        self._cut_off = self._hand_out(self._drivers, began + SLICE_S, slow_too=slow_too)
        if not self._drivers:
            # A consumer ended the program: everything was stopped inside its call.
            return
        if self._cut_off or self._left:
            self.bridge.wake(immediate=True)
        elif (due := self.router.next_deadline()) is not None:
            self.bridge.wake_at(due)

    def _hand_out(
        self, drivers: Sequence[ConnectionDriver], deadline: float, *, slow_too: bool
    ) -> bool:
        """Deliver what the connections said, in order, until ``deadline``; whether more is due."""
        for driver in drivers:
            events = driver.protocol.events
            while self._route(events):
                # Nobody sees new data before the event that explains it, nor old data after.
                if self.hub.deliver(deadline, slow_too=False):
                    return True
                # Unless a frame in a consumer's nested exec() has told it meanwhile.
                if events and not isinstance(events[0], _DATA):
                    self.status.emit(events.popleft())
        return self.hub.deliver(deadline, slow_too=slow_too)

    def _route(self, events: deque[WebSocketEvent]) -> bool:
        """Route the data that comes next; whether something about the connection follows."""
        route = self.router.route
        first = last = events[0] if events else None
        while events and isinstance(event := events[0], _DATA):
            events.popleft()
            route(event)
            last = event
        if isinstance(last, _DATA):
            self.last_message_at = last.stamp.received_at
            self._measure(first, last)
        return bool(events)

    def _measure(self, first: WebSocketEvent | None, last: WebSocketEvent) -> None:
        """Look at the latency of the oldest and the newest event of a read, some times a second."""
        now = time.monotonic()
        if now >= self._measure_at:
            self._measure_at = now + _MEASURE_EVERY_S
            # By the clock that nobody sets.
            offset_s = time.time() - now
            for event in (last,) if first is last else (first, last):
                self.latency.arrived(event, last.stamp.received_at - offset_s)
            self.measured.emit(last)
