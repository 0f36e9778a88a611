"""The health of a manager as one record. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .events import ConnectionState, ConnectionType
from .pacing import Pacing

__all__ = ["ConnectionQuality", "HealthReport", "HealthStatus", "assess"]


class HealthStatus(enum.StrEnum):
    """How a manager is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    CRITICAL = "critical"


class ConnectionQuality(enum.StrEnum):
    """How well the connections hold: good where one was lost in the last ten minutes."""

    EXCELLENT = "excellent"
    GOOD = "good"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A manager's health; also answers ``report["status"]``.

    Counters count since the manager was made; subscriptions that have ended stay counted. Times in
    ms are of the last 60 s, and None where nothing was measured.

    Attributes:
        status: healthy, degraded or critical.
        reason: why it is not healthy.
        connection_quality: how well the connections hold.
        uptime_seconds: since the manager was started.
        last_message_timestamp: when the last data arrived (aware, UTC).
        active_connections: open sockets, the short-lived one included on which suspects are tried.
        suspects: streams of a refused request that are being tried.
        active_subscriptions: living subscriptions.
        messages: data messages.
        messages_per_second: of the last 10 s.
        requests: subscription requests sent.
        resent: those that had to be sent again because the exchange carried something else.
        questions: how often the exchange was asked after a silence what it carries.
        pacing: how the public connection is read.
        average_latency_ms, p99_latency_ms, max_latency_ms: from the exchange's timestamp to the
            arrival here, clock skew taken out.
        clock_skew_ms: how far this machine's clock is ahead of the exchange's.
        round_trip_ms: the shortest one known of the public connection.
        event_loop_lag_ms: how late a timer of the GUI thread was at most.
        delivery_lag_ms: the longest time from arrival to callback.
        dropped: events lost by full queues.
        coalesced: events replaced by newer ones of their stream before their turn.
        withheld: events that muted callbacks did not get.
        repeated: snapshots that said nothing new, and trades and candles that came again.
        outdated: deliveries of an older connection, not made.
        unfillable: holes in streams of trades and candles that stay.
        decode_errors: frames that could not be decoded.
        callback_errors: callbacks that raised.
        slow_callbacks: those that took 50 ms or more; the log names them (info).
        lifecycle_repairs: dead components whose end was noticed late.
        states, epochs: of each connection.
    """

    status: HealthStatus
    reason: str
    connection_quality: ConnectionQuality
    uptime_seconds: float
    last_message_timestamp: datetime | None
    active_connections: int
    suspects: int
    active_subscriptions: int
    messages: int
    messages_per_second: float
    requests: int
    resent: int
    questions: int
    pacing: Pacing
    average_latency_ms: float | None
    p99_latency_ms: float | None
    max_latency_ms: float | None
    clock_skew_ms: float | None
    round_trip_ms: float | None
    event_loop_lag_ms: float | None
    delivery_lag_ms: float | None
    dropped: int
    coalesced: int
    withheld: int
    repeated: int
    outdated: int
    unfillable: int
    decode_errors: int
    callback_errors: int
    slow_callbacks: int
    lifecycle_repairs: int
    states: Mapping[ConnectionType, ConnectionState]
    epochs: Mapping[ConnectionType, int]

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


# There is no socket though one is wanted.
_MISSING = (ConnectionState.RECONNECTING, ConnectionState.POLLING, ConnectionState.REFUSED)


def assess(
    states: Mapping[ConnectionType, ConnectionState], *, is_critical: bool, lost_lately: bool
) -> tuple[HealthStatus, ConnectionQuality, str]:
    """Status, quality and reason. Nothing wanted is healthy; a long wait is critical."""
    waiting = [name for name, state in states.items() if state in _MISSING]
    if is_critical:
        return (
            HealthStatus.CRITICAL,
            ConnectionQuality.POOR,
            "ten attempts to connect failed in a row",
        )
    if waiting:
        reason = ", ".join(f"the {name} connection is {states[name]}" for name in waiting)
        return HealthStatus.DEGRADED, ConnectionQuality.POOR, reason
    quality = ConnectionQuality.GOOD if lost_lately else ConnectionQuality.EXCELLENT
    return HealthStatus.HEALTHY, quality, ""
