"""An alert is raised once when a limit is passed, and cleared once, well inside of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.alerts import Alert, AlertManager, AlertRule, Severity, default_rules
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.metrics import PerformanceMetrics
from upbit_ws_qt.settings import FeedSettings

START = datetime(2026, 11, 23, tzinfo=UTC)

CALM = PerformanceMetrics(
    active_connections=1,
    connection_uptime=60.0,
    reconnection_count=0,
    messages_per_second=100.0,
    average_latency_ms=20.0,
    max_latency_ms=80.0,
    memory_usage_mb=200.0,
    cpu_usage_percent=5.0,
    queue_depth=0,
    error_rate_percent=0.0,
    dropped_message_count=0,
    callback_error_count=0,
    total_subscriptions=10,
    event_loop_lag_ms=5.0,
    disconnected_seconds=0.0,
    failed_attempts=0,
    is_key_refused=False,
    clock_skew_ms=-30.0,
    dropped_last_minute=0,
    lost_streams_last_minute=0,
    rate_limited_last_minute=0,
    rest_stopped_seconds=0.0,
    time=START,
)


def measured(second: int = 0, **fields: Any) -> PerformanceMetrics:
    """All is well but for ``fields``, so many seconds after the start."""
    return dataclasses.replace(CALM, time=START + timedelta(seconds=second), **fields)


# State: what it was told.
class Listener:
    """Hears of each alert as a program does."""

    def __init__(self, *rules: AlertRule) -> None:
        self.told: list[tuple[str, str]] = []
        self.manager = AlertManager(
            rules or default_rules(FeedSettings()),
            lambda alert: self.told.append(("raised", alert.name)),
            lambda alert: self.told.append(("cleared", alert.name)),
        )

    def check(self, second: int = 0, **fields: Any) -> tuple[Alert, ...]:
        """Check what was measured then."""
        return self.manager.check_alerts(measured(second, **fields))


def backlog_rule(**fields: Any) -> AlertRule:
    """A rule of somebody's own."""
    settings: dict[str, Any] = {
        "name": "backlog",
        "value": lambda metrics: metrics.queue_depth,
        "raise_above": 100,
        "clear_at": 10,
        "message": "{value} events wait",
    }
    return AlertRule(**settings | fields)


# -- a rule's life ---------------------------------------------------------------------------------


def test_while_all_is_well_there_is_no_alert() -> None:
    listener = Listener()
    assert listener.check() == ()
    assert (listener.told, listener.manager.active, listener.manager.recent) == ([], (), ())


def test_an_alert_is_raised_once_and_cleared_once_well_inside_its_limit() -> None:
    listener = Listener(backlog_rule())
    for second, queue_depth in enumerate([100, 101, 500, 100, 11, 101, 10, 0, 100]):
        listener.check(second, queue_depth=queue_depth)
    assert listener.told == [("raised", "backlog"), ("cleared", "backlog")]
    [over] = listener.manager.recent
    assert over.raised_at == START + timedelta(seconds=1)
    assert over.cleared_at == START + timedelta(seconds=6)
    assert over.metrics.queue_depth == 101
    assert over.message == "101 events wait"
    assert listener.manager.active == ()


def test_the_changes_of_a_check_are_returned_and_the_lasting_alerts_known() -> None:
    listener = Listener(backlog_rule())
    [raised] = listener.check(1, queue_depth=200)
    assert raised.is_active
    assert (raised.severity, raised.cleared_at) == (Severity.WARNING, None)
    assert list(listener.manager.active) == [raised]
    assert listener.check(2, queue_depth=200) == ()
    [cleared] = listener.check(3)
    assert not cleared.is_active
    assert cleared == dataclasses.replace(raised, cleared_at=START + timedelta(seconds=3))
    assert list(listener.manager.active) == []
    assert list(listener.manager.recent) == [cleared]


def test_what_was_not_measured_is_nothing_to_complain_of() -> None:
    listener = Listener()
    listener.check(0, average_latency_ms=5_000.0)
    listener.check(1, average_latency_ms=None)
    assert listener.told == [("raised", "latency"), ("cleared", "latency")]


def test_what_is_no_number_changes_nothing() -> None:
    listener = Listener()
    listener.check(0, average_latency_ms=math.nan)
    listener.check(1, average_latency_ms=5_000.0)
    listener.check(2, average_latency_ms=math.nan)
    assert listener.told == [("raised", "latency")]


@given(st.lists(st.floats(allow_nan=False), max_size=60))
def test_raised_and_cleared_alternate_and_every_crossing_counts(values: list[float]) -> None:
    """Against the naive reading of the rule, for any course of a value."""
    listener = Listener(backlog_rule(value=lambda metrics: metrics.messages_per_second))
    is_active, expected = False, list[str]()
    for second, value in enumerate(values):
        listener.check(second, messages_per_second=value)
        if not is_active and value > 100:
            is_active = True
            expected.append("raised")
        elif is_active and value <= 10:
            is_active = False
            expected.append("cleared")
        assert len(listener.manager.active) == is_active
    assert [what for what, _ in listener.told] == expected
    assert len(listener.manager.recent) == min(100, expected.count("cleared"))


def test_a_hundred_alerts_that_are_over_are_remembered() -> None:
    listener = Listener(backlog_rule())
    for number in range(150):
        listener.check(2 * number, queue_depth=101 + number)
        listener.check(2 * number + 1)
    depths = [alert.metrics.queue_depth for alert in listener.manager.recent]
    assert depths == list(range(151, 251))


def test_when_nobody_looks_any_more_every_alert_is_over() -> None:
    listener = Listener()
    listener.check(0, dropped_last_minute=3, is_key_refused=True)
    over = listener.manager.clear_alerts(measured(9))
    assert {alert.name for alert in over} == {"dropped", "key_refused"}
    assert {alert.cleared_at for alert in over} == {START + timedelta(seconds=9)}
    assert (listener.manager.active, len(listener.told)) == ((), 4)
    assert listener.manager.clear_alerts(measured(10)) == ()


def test_whoever_is_told_may_ask_and_check_again() -> None:
    """A slot may open a dialog, in which the next second's check runs."""
    seen: list[tuple[Alert, ...]] = []

    def raised(_alert: Alert) -> None:
        seen.append(manager.active)
        assert manager.check_alerts(measured(1, dropped_last_minute=1, queue_depth=101)) == ()

    rules = (*default_rules(FeedSettings()), backlog_rule())
    manager = AlertManager(rules, raised)
    assert len(manager.check_alerts(measured(dropped_last_minute=1, queue_depth=101))) == 2
    assert [len(active) for active in seen] == [2, 2]


# -- sent by hand ----------------------------------------------------------------------------------


def test_an_alert_that_is_sent_is_told_once_and_does_not_last() -> None:
    listener = Listener()
    alert = listener.manager.send_alert("the printer burns", Severity.CRITICAL, measured(5))
    assert listener.told == [("raised", "sent")]
    assert (alert.message, alert.severity) == ("the printer burns", "critical")
    assert alert.raised_at == alert.cleared_at == START + timedelta(seconds=5)
    assert (listener.manager.active, listener.manager.recent) == ((), (alert,))
    listener.check(6)
    assert len(listener.told) == 1


def test_a_severity_may_be_given_by_its_name_and_must_be_one() -> None:
    manager = AlertManager()
    assert manager.send_alert("…", "info", CALM).severity is Severity.INFO  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="loud"):
        manager.send_alert("…", "loud", CALM)  # type: ignore[arg-type]


def test_without_anybody_to_tell_alerts_are_kept() -> None:
    manager = AlertManager([backlog_rule()])
    manager.check_alerts(measured(queue_depth=101))
    manager.check_alerts(measured(1))
    assert [alert.name for alert in manager.recent] == ["backlog"]


# -- rules of one's own ----------------------------------------------------------------------------


def test_rules_may_be_added_and_removed() -> None:
    manager = AlertManager()
    assert manager.check_alerts(measured(queue_depth=1000)) == ()
    rule = backlog_rule()
    manager.add_rule(rule)
    assert list(manager.rules) == [rule]
    [alert] = manager.check_alerts(measured(1, queue_depth=1000))
    assert alert.name == "backlog"

    manager.remove_rule("backlog")
    assert list(manager.rules) == []
    [over] = manager.check_alerts(measured(2, queue_depth=1000))
    assert (over.name, over.cleared_at) == ("backlog", START + timedelta(seconds=2))
    assert manager.active == ()


def test_a_name_that_is_taken_or_unknown_is_refused() -> None:
    manager = AlertManager([backlog_rule()])
    with pytest.raises(InvalidRequest, match="a rule 'backlog' already; remove it"):
        manager.add_rule(backlog_rule())
    with pytest.raises(InvalidRequest, match="no rule 'backlok'; there are backlog"):
        manager.remove_rule("backlok")


@pytest.mark.parametrize("limits", [(10, 11), (0.0, math.nan), (math.nan, 0.0)])
def test_limits_that_make_no_sense_are_refused(limits: tuple[float, float]) -> None:
    raise_above, clear_at = limits
    with pytest.raises(InvalidRequest, match="'backlog' needs clear_at at or below raise_above"):
        backlog_rule(raise_above=raise_above, clear_at=clear_at)


def test_what_must_not_become_too_small_is_watched_by_its_negative() -> None:
    quiet = backlog_rule(
        value=lambda metrics: -metrics.messages_per_second,
        raise_above=-1.0,
        clear_at=-10.0,
        message="silence",
    )
    listener = Listener(quiet)
    for second, rate in enumerate([50.0, 1.0, 0.5, 5.0, 10.0]):
        listener.check(second, messages_per_second=rate)
    assert listener.told == [("raised", "backlog"), ("cleared", "backlog")]


def fails(metrics: PerformanceMetrics) -> float:
    raise KeyError(metrics.time)


@pytest.mark.parametrize(
    "broken", [{"value": fails}, {"message": "{price}"}, {"value": lambda _: "many"}]
)
def test_a_rule_that_does_not_work_says_so_and_the_others_go_on(broken: dict[str, Any]) -> None:
    listener = Listener(backlog_rule(**broken), backlog_rule(name="next"))
    alerts = {alert.name: alert for alert in listener.check(0, queue_depth=101)}
    assert alerts["next"].message == "101 events wait"
    assert alerts["backlog"].message.startswith("the rule 'backlog' does not work: it raised ")
    assert listener.check(1, queue_depth=101) == ()


def test_a_rule_that_works_again_is_over_when_all_is_well() -> None:
    answers = iter([False, True])

    def sometimes(metrics: PerformanceMetrics) -> float:
        return 0.0 if next(answers) else fails(metrics)

    listener = Listener(backlog_rule(value=sometimes))
    listener.check(0)
    listener.check(1)
    assert listener.told == [("raised", "backlog"), ("cleared", "backlog")]


# -- the rules of every manager --------------------------------------------------------------------

#: Name, severity, field; the last value without an alert, the first with one, the last before it
#: is over, and the first after.
RULES: Sequence[tuple[str, Severity, str, float, float, float, float]] = [
    ("errors", Severity.WARNING, "error_rate_percent", 5.0, 5.1, 1.01, 1.0),
    ("latency", Severity.CRITICAL, "average_latency_ms", 1000.0, 1001.0, 501.0, 500.0),
    ("disconnected", Severity.WARNING, "disconnected_seconds", 10.0, 10.1, 0.1, 0.0),
    ("unreachable", Severity.CRITICAL, "failed_attempts", 9, 10, 1, 0),
    ("key_refused", Severity.CRITICAL, "is_key_refused", False, True, True, False),
    ("lost_streams", Severity.WARNING, "lost_streams_last_minute", 0, 1, 1, 0),
    ("dropped", Severity.WARNING, "dropped_last_minute", 0, 1, 1, 0),
    ("rate_limited", Severity.WARNING, "rate_limited_last_minute", 0, 1, 1, 0),
    ("blocked", Severity.CRITICAL, "rest_stopped_seconds", 10.0, 10.1, 0.1, 0.0),
    ("loop_lag", Severity.WARNING, "event_loop_lag_ms", 500.0, 501.0, 251.0, 250.0),
    ("clock_skew", Severity.WARNING, "clock_skew_ms", 5000.0, 5001.0, 2501.0, 2500.0),
    ("clock_skew", Severity.WARNING, "clock_skew_ms", -5000.0, -5001.0, -2501.0, -2500.0),
    ("memory", Severity.WARNING, "memory_usage_mb", 1024.0, 1025.0, 922.0, 921.0),
]


@pytest.mark.parametrize(("name", "severity", "field", "below", "above", "near", "inside"), RULES)
def test_a_default_rule(
    name: str,
    severity: Severity,
    field: str,
    below: float,
    above: float,
    near: float,
    inside: float,
) -> None:
    listener = Listener()
    assert listener.check(0, **{field: below}) == ()
    [alert] = listener.check(1, **{field: above})
    assert (alert.name, alert.severity) == (name, severity)
    assert "{" not in alert.message
    assert listener.check(2, **{field: near}) == ()
    [over] = listener.check(3, **{field: inside})
    assert over.name == name
    assert listener.manager.active == ()


def test_every_default_rule_is_in_the_table() -> None:
    assert {rule.name for rule in default_rules(FeedSettings())} == {row[0] for row in RULES}


def test_the_limits_are_those_of_the_settings() -> None:
    settings = FeedSettings(
        alert_error_percent=50.0,
        alert_latency_ms=10.0,
        alert_disconnected_s=1.0,
        alert_loop_lag_ms=20.0,
        alert_clock_skew_ms=100.0,
        alert_memory_mb=4096.0,
    )
    limits = {rule.name: (rule.raise_above, rule.clear_at) for rule in default_rules(settings)}
    assert limits["errors"] == (50.0, 10.0)
    assert limits["latency"] == (10.0, 5.0)
    assert limits["disconnected"] == (1.0, 0.0)
    assert limits["loop_lag"] == (20.0, 10.0)
    assert limits["clock_skew"] == (100.0, 50.0)
    assert limits["memory"] == (4096.0, 4096.0 * 0.9)


def test_an_infinite_limit_switches_an_alert_off() -> None:
    settings = FeedSettings(alert_latency_ms=math.inf, alert_memory_mb=math.inf)
    manager = AlertManager(default_rules(settings))
    loud = measured(average_latency_ms=1e9, memory_usage_mb=1e9, dropped_last_minute=1)
    assert [alert.name for alert in manager.check_alerts(loud)] == ["dropped"]


def test_what_is_not_known_raises_no_default_alert() -> None:
    unknown = measured(
        average_latency_ms=None,
        max_latency_ms=None,
        memory_usage_mb=None,
        event_loop_lag_ms=None,
        clock_skew_ms=None,
    )
    assert AlertManager(default_rules(FeedSettings())).check_alerts(unknown) == ()
