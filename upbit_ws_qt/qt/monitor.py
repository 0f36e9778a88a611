"""Looks once a second at how the GUI thread and the feed do. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, Qt, QTimer

from upbit_ws_qt.events import ConnectionEvent, ConnectionState, ConnectionType
from upbit_ws_qt.metrics import CounterHistory, Counters, SampleWindow

from .connections import Connections
from .pump import EventPump

__all__ = ["PerformanceMonitor"]

_INTERVAL_S = 1.0
#: A timer so late was not held up: the machine slept.
_SLEPT_S = 30.0
#: So long a lost connection counts in the quality of the present one.
_LATELY_S = 600.0
_AT_REST = (ConnectionState.STOPPED, ConnectionState.IDLE, ConnectionState.REFUSED)


# State: the timer and when it is due, what it found in the last minute; since when the manager runs
# and each connection is open, and when one was lost.
class PerformanceMonitor(QObject):
    """What ``health_check`` and ``collect_metrics`` tell that nobody counts anyway.

    Its timer runs while a connection is in use, and not while nothing is wanted.
    """

    def __init__(
        self, connections: Connections, pump: EventPump, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._connections = connections
        self._pump = pump
        self.history = CounterHistory()
        self.loop_lag = SampleWindow()
        self.delivery_lag = SampleWindow()
        self.started_at: float | None = None
        self.open_since: dict[ConnectionType, float] = {}
        self._lost_at = float("-inf")
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)

    def start(self) -> None:
        """The manager was started."""
        self.started_at = time.monotonic()

    def stop(self) -> None:
        """The manager was stopped."""
        self.started_at = None
        self._timer.stop()

    def connection_changed(self, event: ConnectionEvent) -> None:
        """A connection changed its state."""
        if event.state is ConnectionState.CONNECTED:
            self.open_since[event.connection_type] = time.monotonic()
        else:
            self.open_since.pop(event.connection_type, None)
        if event.state is ConnectionState.RECONNECTING:
            self._lost_at = time.monotonic()
        protocols = self._connections.protocols.values()
        if all(protocol.state in _AT_REST for protocol in protocols):
            self._timer.stop()
        elif not self._timer.isActive():
            self.look()
            self._arm()

    def was_lost_lately(self, now: float) -> bool:
        """Whether a connection was lost, or could not be made, in the last ten minutes."""
        return now - self._lost_at < _LATELY_S

    def look(self) -> None:
        """Note where all counters are now."""
        now = time.monotonic()
        self.history.note(now, self.counters())
        self.delivery_lag.add(self._pump.hub.take_longest_lag(), now)

    def counters(self) -> Counters:
        """The counters of this moment."""
        hub = self._pump.hub.statistics()
        protocols = self._connections.protocols.values()
        return Counters(
            self._pump.router.events,
            sum(protocol.decode_errors for protocol in protocols),
            hub.delivered,
            hub.callback_errors,
            time.process_time(),
        )

    def _arm(self) -> None:
        self._due = time.monotonic() + _INTERVAL_S
        self._timer.start(round(_INTERVAL_S * 1000))

    def _on_time(self) -> None:
        now = time.monotonic()
        late_s = max(0.0, now - self._due)
        if late_s < _SLEPT_S:
            self.loop_lag.add(late_s, now)
        self.look()
        self._arm()
