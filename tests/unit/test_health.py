"""What makes a manager healthy, degraded and critical."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from upbit_ws_qt.events import ConnectionState, ConnectionType
from upbit_ws_qt.health import ConnectionQuality, HealthReport, HealthStatus, assess
from upbit_ws_qt.pacing import Pacing

PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE


@pytest.mark.parametrize("state", [ConnectionState.IDLE, ConnectionState.CONNECTED])
def test_nothing_wanted_is_as_healthy_as_connected(state: ConnectionState) -> None:
    assessed = assess({PUBLIC: state}, is_critical=False, lost_lately=False)
    assert assessed == (HealthStatus.HEALTHY, ConnectionQuality.EXCELLENT, "")


def test_a_connection_that_was_lost_lately_is_good_and_not_excellent() -> None:
    status, quality, _ = assess(
        {PUBLIC: ConnectionState.CONNECTED}, is_critical=False, lost_lately=True
    )
    assert (status, quality) == (HealthStatus.HEALTHY, ConnectionQuality.GOOD)


def test_a_wait_is_degraded_and_names_its_connection() -> None:
    states = {PUBLIC: ConnectionState.RECONNECTING, PRIVATE: ConnectionState.REFUSED}
    status, quality, reason = assess(states, is_critical=False, lost_lately=True)
    assert (status, quality) == (HealthStatus.DEGRADED, ConnectionQuality.POOR)
    assert reason == ("the public connection is reconnecting, the private connection is refused")


def test_failing_for_long_is_critical_whatever_the_state() -> None:
    status, quality, reason = assess(
        {PUBLIC: ConnectionState.CONNECTING}, is_critical=True, lost_lately=False
    )
    assert (status, quality) == (HealthStatus.CRITICAL, ConnectionQuality.POOR)
    assert "ten attempts" in reason


def test_a_report_answers_by_name_too() -> None:
    report = HealthReport(
        status=HealthStatus.HEALTHY,
        reason="",
        connection_quality=ConnectionQuality.GOOD,
        uptime_seconds=1.5,
        last_message_timestamp=datetime(2026, 11, 22, tzinfo=UTC),
        active_connections=1,
        suspects=0,
        active_subscriptions=2,
        messages=3,
        messages_per_second=2.0,
        requests=1,
        resent=0,
        questions=0,
        pacing=Pacing.AT_ONCE,
        average_latency_ms=None,
        p99_latency_ms=None,
        max_latency_ms=None,
        clock_skew_ms=None,
        round_trip_ms=None,
        event_loop_lag_ms=None,
        delivery_lag_ms=None,
        dropped=0,
        coalesced=0,
        withheld=0,
        repeated=0,
        outdated=0,
        unfillable=0,
        decode_errors=0,
        callback_errors=0,
        slow_callbacks=0,
        lifecycle_repairs=0,
        states={PUBLIC: ConnectionState.CONNECTED},
        epochs={PUBLIC: 1},
    )
    assert report["status"] == "healthy"
    assert report["uptime_seconds"] == report.uptime_seconds
    with pytest.raises(AttributeError):
        report["no_such_figure"]


def test_what_is_polled_is_missing_its_connection() -> None:
    states = {PUBLIC: ConnectionState.CONNECTED, PRIVATE: ConnectionState.POLLING}
    status, _, reason = assess(states, is_critical=False, lost_lately=False)
    assert (status, reason) == (HealthStatus.DEGRADED, "the private connection is polling")
