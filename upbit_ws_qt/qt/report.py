"""What the parts of a manager have counted, as its health, its metrics and its statistics. Qt."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from upbit_ws_qt.events import ConnectionState, ConnectionType
from upbit_ws_qt.handlers import HandlerStatistics, HandlerTable
from upbit_ws_qt.health import HealthReport, assess
from upbit_ws_qt.latency import LatencyStatistics
from upbit_ws_qt.metrics import PerformanceMetrics, SampleWindow, error_rate_percent
from upbit_ws_qt.net.http import RestClient, RestStatistics
from upbit_ws_qt.pacing import Pacing
from upbit_ws_qt.protocol import ProtocolStatistics
from upbit_ws_qt.ratelimit import GlobalRateLimiter, LimiterStatistics
from upbit_ws_qt.recovery import EpochManager, RecoveryStatistics
from upbit_ws_qt.routing import RoutingStatistics
from upbit_ws_qt.subscriptions import WishStatistics

from .clients import ClientTable
from .connections import Connections
from .fanout import FanoutStatistics
from .lifecycle import ComponentLifecycleManager, LifecycleStatistics
from .markets import MarketList, MarketListStatistics
from .notices import GapNotices, GapStatistics
from .pump import EventPump
from .readings import Readings

__all__ = [
    "ConnectionStatistics",
    "ManagerStatistics",
    "Parts",
    "health",
    "memory_mb",
    "metrics",
    "statistics",
]


@dataclass(frozen=True, slots=True)
class ConnectionStatistics:
    """One of the two connections: its protocol, its recovery, what is wanted, how it is read."""

    protocol: ProtocolStatistics
    recovery: RecoveryStatistics
    wishes: WishStatistics
    pacing: Pacing


@dataclass(frozen=True, slots=True)
class ManagerStatistics:
    """What each part of a manager has counted; made by ``GlobalWebSocketManager.statistics()``.

    Sums include the subscriptions that have ended. ``limiter`` is shared by all managers that call
    the same host.
    """

    connections: Mapping[ConnectionType, ConnectionStatistics]
    latency: LatencyStatistics
    routing: RoutingStatistics
    callbacks: FanoutStatistics
    components: LifecycleStatistics
    markets: MarketListStatistics
    rest: RestStatistics
    limiter: LimiterStatistics
    handlers: HandlerStatistics
    gaps: GapStatistics


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a manager that are asked."""

    epochs: EpochManager
    connections: Connections
    pump: EventPump
    clients: ClientTable
    lifecycle: ComponentLifecycleManager
    markets: MarketList
    rest: RestClient
    limiter: GlobalRateLimiter
    readings: Readings
    handlers: HandlerTable
    gaps: GapNotices


def health(parts: Parts) -> HealthReport:
    """How the manager is. Private data without a key is a choice, not a fault."""
    readings, protocols = parts.readings, parts.connections.protocols
    readings.look()
    now = time.monotonic()
    states = {name: protocol.state for name, protocol in protocols.items()}
    judged = {
        name: state
        for name, state in states.items()
        if name is ConnectionType.PUBLIC or readings.has_key
    }
    engines = [protocol.recovery for protocol in protocols.values()]
    status, quality, reason = assess(
        judged,
        is_critical=any(engine.is_critical for engine in engines),
        lost_lately=readings.was_lost_lately(now),
    )
    counted = [protocol.statistics() for protocol in protocols.values()]
    routing, callbacks = parts.pump.router.statistics(), parts.pump.hub.statistics()
    latency = _latency(parts, now)
    lately = latency.last_60_s
    last = parts.pump.last_message_at
    return HealthReport(
        status=status,
        reason=reason,
        connection_quality=quality,
        uptime_seconds=0.0 if readings.started_at is None else now - readings.started_at,
        last_message_timestamp=None if last is None else datetime.fromtimestamp(last, UTC),
        active_connections=_open_sockets(parts),
        suspects=sum(one.suspects for one in counted),
        active_subscriptions=len(parts.clients.subscription_tokens()),
        messages=routing.events,
        messages_per_second=_messages_per_second(parts, now),
        requests=sum(one.requests_sent for one in counted),
        resent=sum(one.resent for one in counted),
        questions=sum(one.questions for one in counted),
        pacing=parts.connections.clients[ConnectionType.PUBLIC].pacing,
        average_latency_ms=None if lately is None else lately.mean,
        p99_latency_ms=None if lately is None else lately.p99,
        max_latency_ms=None if lately is None else lately.max,
        clock_skew_ms=latency.clock_skew_ms,
        round_trip_ms=latency.round_trip_ms,
        event_loop_lag_ms=_longest_ms(readings.loop_lag, now),
        delivery_lag_ms=_longest_ms(readings.delivery_lag, now),
        dropped=routing.dropped,
        coalesced=routing.coalesced,
        withheld=routing.withheld,
        repeated=routing.repeated + sum(one.repeated for one in counted),
        outdated=routing.outdated,
        unfillable=parts.gaps.statistics().unfillable,
        decode_errors=sum(one.decode_errors for one in counted),
        callback_errors=callbacks.callback_errors,
        slow_callbacks=callbacks.slow_calls,
        lifecycle_repairs=parts.lifecycle.repaired,
        states=states,
        epochs={name: parts.epochs.current_epoch(name) for name in ConnectionType},
    )


def metrics(parts: Parts) -> PerformanceMetrics:
    """How the manager does right now; costs little, because alerts follow from it each second."""
    readings, protocols = parts.readings, parts.connections.protocols
    readings.look()
    now, counters = time.monotonic(), readings.counters()
    told, stops = _latency(parts, now), parts.limiter.statistics(now).stopped_for_s
    latency = told.last_60_s
    is_open = protocols[ConnectionType.PUBLIC].state is ConnectionState.CONNECTED
    open_since = readings.open_since.get(ConnectionType.PUBLIC, now) if is_open else now
    elapsed_s, lately = readings.history.since(10, now, counters)
    last_minute = readings.history.since(60, now, counters)[1]
    is_refused = protocols[ConnectionType.PRIVATE].state is ConnectionState.REFUSED
    return PerformanceMetrics(
        active_connections=_open_sockets(parts),
        connection_uptime=now - open_since,
        reconnection_count=_losses(parts),
        messages_per_second=lately.messages / elapsed_s if elapsed_s else 0.0,
        average_latency_ms=None if latency is None else latency.mean,
        max_latency_ms=None if latency is None else latency.max,
        memory_usage_mb=memory_mb(),
        cpu_usage_percent=100 * lately.cpu_s / elapsed_s if elapsed_s else 0.0,
        queue_depth=parts.pump.router.backlog()[0],
        error_rate_percent=error_rate_percent(last_minute),
        dropped_message_count=counters.dropped,
        callback_error_count=counters.failed_calls,
        total_subscriptions=len(parts.clients.subscription_tokens()),
        event_loop_lag_ms=_longest_ms(readings.loop_lag, now),
        disconnected_seconds=now - min(readings.missing_since.values(), default=now),
        failed_attempts=max(protocol.recovery.attempts for protocol in protocols.values()),
        is_key_refused=is_refused and readings.has_key,
        clock_skew_ms=told.clock_skew_ms,
        dropped_last_minute=last_minute.dropped,
        lost_streams_last_minute=last_minute.lost_streams,
        rate_limited_last_minute=last_minute.rate_limited,
        rest_stopped_seconds=max(stops.values(), default=0.0),
        time=datetime.now(UTC),
    )


def statistics(parts: Parts) -> ManagerStatistics:
    """What each part has counted."""
    now, connections = time.monotonic(), parts.connections
    return ManagerStatistics(
        connections={
            name: ConnectionStatistics(
                protocol.statistics(),
                protocol.recovery.statistics(),
                protocol.subscriptions.statistics(),
                connections.clients[name].pacing,
            )
            for name, protocol in connections.protocols.items()
        },
        latency=_latency(parts, now),
        routing=parts.pump.router.statistics(),
        callbacks=parts.pump.hub.statistics(),
        components=parts.lifecycle.statistics(),
        markets=parts.markets.statistics(),
        rest=parts.rest.statistics(),
        limiter=parts.limiter.statistics(now),
        handlers=parts.handlers.statistics(),
        gaps=parts.gaps.statistics(),
    )


def _open_sockets(parts: Parts) -> int:
    clients = parts.connections.clients.values()
    return sum(client.is_open + client.is_probing for client in clients)


def _losses(parts: Parts) -> int:
    return sum(protocol.recovery.losses for protocol in parts.connections.protocols.values())


def _messages_per_second(parts: Parts, now: float) -> float:
    elapsed_s, lately = parts.readings.history.since(10, now, parts.readings.counters())
    return lately.messages / elapsed_s if elapsed_s else 0.0


def _latency(parts: Parts, now: float) -> LatencyStatistics:
    counted = parts.connections.protocols[ConnectionType.PUBLIC].statistics()
    offset_s = time.time() - now
    return parts.pump.latency.statistics(now, offset_s, counted.shortest_round_trip_s)


def _longest_ms(window: SampleWindow, now: float) -> float | None:
    summary = window.summary(now)
    return None if summary is None else summary.max * 1000


def memory_mb() -> float | None:
    """Resident memory of the process in MiB; None without psutil."""
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return None
    return float(psutil.Process().memory_info().rss) / 2**20
