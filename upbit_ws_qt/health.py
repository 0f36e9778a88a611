"""The health of a manager as one record. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .events import ConnectionState, ConnectionType

__all__ = ["ConnectionQuality", "HealthReport", "HealthStatus", "assess"]


class HealthStatus(enum.StrEnum):
    """How a manager is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    CRITICAL = "critical"


class ConnectionQuality(enum.StrEnum):
    """How well the connections hold."""

    EXCELLENT = "excellent"
    GOOD = "good"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A manager's health; also answers ``report["status"]``.

    ``reason`` says why the status is not healthy. Counters count since the manager was made.
    ``active_connections`` counts the short-lived one as well on which the ``suspects`` of a refused
    request, so many streams, are tried. ``dropped`` and ``coalesced`` are those of the present
    subscriptions; a callback that took 50 ms or more is slow, and named in the log (info).
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
    dropped: int
    coalesced: int
    repeated: int
    outdated: int
    decode_errors: int
    callback_errors: int
    slow_callbacks: int
    lifecycle_repairs: int
    states: Mapping[ConnectionType, ConnectionState]
    epochs: Mapping[ConnectionType, int]

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def assess(
    states: Mapping[ConnectionType, ConnectionState], *, is_critical: bool, reconnects: int
) -> tuple[HealthStatus, ConnectionQuality, str]:
    """Status, quality and reason. Nothing wanted is healthy; a long wait is critical."""
    waiting = [
        name
        for name, state in states.items()
        if state in (ConnectionState.RECONNECTING, ConnectionState.REFUSED)
    ]
    if is_critical:
        return (
            HealthStatus.CRITICAL,
            ConnectionQuality.POOR,
            "ten attempts to connect failed in a row",
        )
    if waiting:
        reason = ", ".join(f"the {name} connection is {states[name]}" for name in waiting)
        return HealthStatus.DEGRADED, ConnectionQuality.POOR, reason
    quality = ConnectionQuality.GOOD if reconnects else ConnectionQuality.EXCELLENT
    return HealthStatus.HEALTHY, quality, ""
