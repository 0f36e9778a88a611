"""Rules that say when somebody should look, and what they have said. Pure."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .errors import InvalidRequest
from .metrics import PerformanceMetrics
from .recovery import RecoveryEngine
from .settings import FeedSettings

__all__ = ["Alert", "AlertManager", "AlertRule", "Severity", "default_rules"]

#: So many alerts that are over are remembered.
_REMEMBERED = 100
#: A stop after one 429 is over in a second or a few; longer ones are blocks.
_BLOCKED_S = 10.0


class Severity(enum.StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """When one alert is raised and when it is cleared.

    The two limits are apart, so that a value that hovers around one of them does not ring again and
    again. For something that must not become too small, let ``value`` return the negative of it.

    Attributes:
        name: unique among the rules of a manager.
        value: what is watched; where it returns None there is nothing to complain of.
        raise_above: a larger value raises the alert.
        clear_at: this value or a smaller one clears it.
        message: for people; ``{value}`` stands for the value and takes a format such as
            ``{value:.1f}``.
        severity: how bad it is.

    Raises:
        InvalidRequest: ``clear_at`` is above ``raise_above``.
    """

    name: str
    value: Callable[[PerformanceMetrics], float | None]
    raise_above: float
    clear_at: float
    message: str
    severity: Severity = Severity.WARNING

    def __post_init__(self) -> None:
        if not self.clear_at <= self.raise_above:
            raise InvalidRequest(
                f"the rule {self.name!r} needs clear_at at or below raise_above; "
                f"got {self.clear_at!r} and {self.raise_above!r}"
            )


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should look at.

    Attributes:
        name: that of its rule; "sent" for one that was sent by hand.
        message: for people.
        severity: how bad it is.
        metrics: what was measured when it was raised.
        raised_at: when that was (aware, UTC).
        cleared_at: when it was over; None while it lasts.
    """

    name: str
    message: str
    severity: Severity
    metrics: PerformanceMetrics
    raised_at: datetime
    cleared_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it lasts."""
        return self.cleared_at is None


def _nobody(_alert: Alert) -> None:
    """Stands for those who are told, where there are none."""


# State: the rules by name, the alerts that last by the name of their rule, and those that are over.
class AlertManager:
    """Raises an alert once when a rule's limit is passed, and clears it once.

    The one of a manager is its ``alerts``; it is checked once a second while a connection is in use
    or an alert lasts.

    Args:
        rules: what to look for; ``default_rules(settings)`` are those of every manager.
        raised, cleared: called with each alert when it is raised, and when it is over.
    """

    def __init__(
        self,
        rules: Iterable[AlertRule] = (),
        raised: Callable[[Alert], object] = _nobody,
        cleared: Callable[[Alert], object] = _nobody,
    ) -> None:
        self._rules: dict[str, AlertRule] = {}
        self._raised = raised
        self._cleared = cleared
        self._active: dict[str, Alert] = {}
        self._over: deque[Alert] = deque(maxlen=_REMEMBERED)
        for rule in rules:
            self.add_rule(rule)

    @property
    def rules(self) -> tuple[AlertRule, ...]:
        """What is looked for."""
        return tuple(self._rules.values())

    @property
    def active(self) -> tuple[Alert, ...]:
        """The alerts that last, oldest first."""
        return tuple(self._active.values())

    @property
    def recent(self) -> tuple[Alert, ...]:
        """The last hundred alerts that are over, the last to end at the end."""
        return tuple(self._over)

    def add_rule(self, rule: AlertRule) -> None:
        """Look for one thing more.

        Raises:
            InvalidRequest: there is a rule of this name.
        """
        if rule.name in self._rules:
            raise InvalidRequest(f"there is a rule {rule.name!r} already; remove it first")
        self._rules[rule.name] = rule

    def remove_rule(self, name: str) -> None:
        """Look for this no longer; its alert is cleared by the next check.

        Raises:
            InvalidRequest: there is no rule of this name.
        """
        if self._rules.pop(name, None) is None:
            known = ", ".join(self._rules)
            raise InvalidRequest(f"there is no rule {name!r}; there are {known}")

    def check_alerts(self, metrics: PerformanceMetrics) -> tuple[Alert, ...]:
        """Compare all rules with what was measured; returns the alerts raised and cleared now."""
        changes: list[Alert] = []
        for rule in self._rules.values():
            is_active = rule.name in self._active
            try:
                value = rule.value(metrics)
                message = None
                if value is not None and value > rule.raise_above:
                    message = rule.message.format(value=value)
                is_calm = value is None or value <= rule.clear_at
            except Exception as error:  # noqa: BLE001 - somebody's own rule: the others go on
                message = f"the rule {rule.name!r} does not work: it raised {type(error).__name__}"
                is_calm = False
            if message is not None and not is_active:
                alert = Alert(rule.name, message, rule.severity, metrics, metrics.time)
                self._active[rule.name] = alert
                changes.append(alert)
            elif is_calm and is_active:
                changes.append(self._end(rule.name, metrics))
        gone = [name for name in self._active if name not in self._rules]
        changes += [self._end(name, metrics) for name in gone]
        return self._tell(changes)

    def clear_alerts(self, metrics: PerformanceMetrics) -> tuple[Alert, ...]:
        """End every alert because nobody looks any more; returns them."""
        return self._tell([self._end(name, metrics) for name in tuple(self._active)])

    def send_alert(self, message: str, severity: Severity, metrics: PerformanceMetrics) -> Alert:
        """Raise an alert without a rule. No rule says when it ends, so it is over at once."""
        at = metrics.time
        alert = Alert("sent", message, Severity(severity), metrics, at, at)
        self._over.append(alert)
        self._raised(alert)
        return alert

    def _end(self, name: str, metrics: PerformanceMetrics) -> Alert:
        alert = replace(self._active.pop(name), cleared_at=metrics.time)
        self._over.append(alert)
        return alert

    def _tell(self, changes: Iterable[Alert]) -> tuple[Alert, ...]:
        """Say what changed when all of it has, because who is told may ask or check again."""
        told = tuple(changes)
        for alert in told:
            (self._raised if alert.is_active else self._cleared)(alert)
        return told


def default_rules(settings: FeedSettings) -> tuple[AlertRule, ...]:
    """What every manager looks for, with the limits of its settings.

    What is counted over the last minute raises its alert at once and clears it after a minute
    without.
    """
    errors = settings.alert_error_percent
    latency = settings.alert_latency_ms
    lag = settings.alert_loop_lag_ms
    skew = settings.alert_clock_skew_ms
    memory = settings.alert_memory_mb
    return (
        AlertRule(
            name="errors",
            value=lambda metrics: metrics.error_rate_percent,
            raise_above=errors,
            clear_at=errors / 5,
            message="{value:.1f} % of frames could not be read, or of callbacks raised",
        ),
        AlertRule(
            name="latency",
            value=lambda metrics: metrics.average_latency_ms,
            raise_above=latency,
            clear_at=latency / 2,
            message="messages take {value:.0f} ms from the exchange",
            severity=Severity.CRITICAL,
        ),
        AlertRule(
            name="disconnected",
            value=lambda metrics: metrics.disconnected_seconds,
            raise_above=settings.alert_disconnected_s,
            clear_at=0.0,
            message="a connection has been missing for {value:.0f} s",
        ),
        AlertRule(
            name="unreachable",
            value=lambda metrics: metrics.failed_attempts,
            raise_above=RecoveryEngine.CRITICAL_ATTEMPTS - 1,
            clear_at=0.0,
            message="{value:.0f} attempts to connect failed in a row",
            severity=Severity.CRITICAL,
        ),
        AlertRule(
            name="key_refused",
            value=lambda metrics: float(metrics.is_key_refused),
            raise_above=0.0,
            clear_at=0.0,
            message="the exchange does not accept the key; check it and set it again",
            severity=Severity.CRITICAL,
        ),
        AlertRule(
            name="lost_streams",
            value=lambda metrics: metrics.lost_streams_last_minute,
            raise_above=0.0,
            clear_at=0.0,
            message="the exchange did not send what it had been asked for; it was asked again",
        ),
        AlertRule(
            name="dropped",
            value=lambda metrics: metrics.dropped_last_minute,
            raise_above=0.0,
            clear_at=0.0,
            message="{value:.0f} events were lost because a consumer was too slow for its queue",
        ),
        AlertRule(
            name="rate_limited",
            value=lambda metrics: metrics.rate_limited_last_minute,
            raise_above=0.0,
            clear_at=0.0,
            message="the exchange refused {value:.0f} calls as too many; calls wait",
        ),
        AlertRule(
            name="blocked",
            value=lambda metrics: metrics.rest_stopped_seconds,
            raise_above=_BLOCKED_S,
            clear_at=0.0,
            message="the exchange has blocked this address; no REST call for {value:.0f} s",
            severity=Severity.CRITICAL,
        ),
        AlertRule(
            name="loop_lag",
            value=lambda metrics: metrics.event_loop_lag_ms,
            raise_above=lag,
            clear_at=lag / 2,
            message="the GUI thread was held up for {value:.0f} ms",
        ),
        AlertRule(
            name="clock_skew",
            value=lambda metrics: abs(metrics.clock_skew_ms or 0.0),
            raise_above=skew,
            clear_at=skew / 2,
            message="this machine's clock is {value:.0f} ms from the exchange's; set it",
        ),
        AlertRule(
            name="memory",
            value=lambda metrics: metrics.memory_usage_mb,
            raise_above=memory,
            clear_at=memory * 0.9,
            message="the program uses {value:.0f} MiB of memory",
        ),
    )
