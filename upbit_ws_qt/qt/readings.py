"""What is noted once a second, and at each change of a connection, because nobody counts it. Qt."""

from __future__ import annotations

import time

from upbit_ws_qt.events import ConnectionEvent, ConnectionState, ConnectionType
from upbit_ws_qt.metrics import CounterHistory, Counters, SampleWindow
from upbit_ws_qt.ratelimit import GlobalRateLimiter

from .connections import Connections
from .pump import EventPump

__all__ = ["Readings"]

#: So long a lost connection counts in the quality of the present one.
_LATELY_S = 600.0


# State: what was found in the last minute; since when the manager runs, each connection is open,
# and one that is wanted is not; when one was lost; whether there is a key.
class Readings:
    """Where all counters were in the last minute, and since when the connections are as they are.

    Times are monotonic seconds.
    """

    def __init__(
        self, connections: Connections, pump: EventPump, limiter: GlobalRateLimiter
    ) -> None:
        self._connections = connections
        self._pump = pump
        self._limiter = limiter
        self.history = CounterHistory()
        self.loop_lag = SampleWindow()
        self.delivery_lag = SampleWindow()
        self.started_at: float | None = None
        self.open_since: dict[ConnectionType, float] = {}
        self.missing_since: dict[ConnectionType, float] = {}
        self.has_key = False
        self._lost_at = float("-inf")

    def connection_changed(self, event: ConnectionEvent) -> None:
        """A connection changed its state."""
        name, now = event.connection_type, time.monotonic()
        if event.state is ConnectionState.CONNECTED:
            self.open_since[name] = now
        else:
            self.open_since.pop(name, None)
        if event.state in (ConnectionState.CONNECTING, ConnectionState.RECONNECTING):
            self.missing_since.setdefault(name, now)
        else:
            self.missing_since.pop(name, None)
        if event.state is ConnectionState.RECONNECTING:
            self._lost_at = now

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
        counted = [protocol.statistics() for protocol in self._connections.protocols.values()]
        return Counters(
            messages=self._pump.router.events,
            undecodable=sum(one.decode_errors for one in counted),
            calls=hub.delivered,
            failed_calls=hub.callback_errors,
            cpu_s=time.process_time(),
            dropped=self._pump.router.backlog()[1],
            lost_streams=sum(one.changed for one in counted),
            rate_limited=self._limiter.statistics(time.monotonic()).refusals,
        )
