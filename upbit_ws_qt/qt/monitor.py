"""Looks once a second at how the GUI thread and the feed do, and raises the alarm. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import gc
import logging
import time

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from upbit_ws_qt.alerts import Alert, AlertManager, default_rules
from upbit_ws_qt.events import ConnectionEvent, ConnectionState
from upbit_ws_qt.metrics import PerformanceMetrics
from upbit_ws_qt.settings import FeedSettings

from . import report
from .lifecycle import is_gone, weakly

__all__ = ["PerformanceMonitor"]

logger = logging.getLogger(__name__)

_INTERVAL_S = 1.0
#: A timer so late was not held up: the machine slept.
_SLEPT_S = 30.0
#: What could be freed is freed at once; to try more often would only cost time.
_TRIM_EVERY_S = 60.0
_AT_REST = (ConnectionState.STOPPED, ConnectionState.IDLE, ConnectionState.REFUSED)


# State: the timer and when it is due; the alerts; when memory was last short, and whether garbage
# is still to be collected since.
class PerformanceMonitor(QObject):
    """What ``collect_metrics`` tells that nobody counts anyway, and the alerts that follow from it.

    Its timer runs while a connection is in use or an alert lasts, and not while nothing is wanted.

    Signals:
        alert_raised(Alert): somebody should look.
        alert_cleared(Alert): it is over.
        memory_short(PerformanceMetrics): drop what can be had again.
    """

    alert_raised = pyqtSignal(object)
    alert_cleared = pyqtSignal(object)
    memory_short = pyqtSignal(object)

    def __init__(
        self, parts: report.Parts, settings: FeedSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._parts = parts
        self._most_memory_mb = settings.alert_memory_mb
        self.alerts = AlertManager(
            default_rules(settings), weakly(self._say_raised), weakly(self._say_cleared)
        )
        self._trimmed_at = float("-inf")
        self._is_garbage_due = False
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)

    def collect_metrics(self) -> PerformanceMetrics:
        """How much is going on, how fast, and what it costs."""
        return report.metrics(self._parts)

    def start(self) -> None:
        """The manager was started."""
        self._parts.readings.started_at = time.monotonic()
        # What tells the memory takes some 30 ms to import: now, when no frame waits for it.
        report.memory_mb()

    def stop(self) -> None:
        """The manager was stopped; its alerts end with the word that the connections have."""
        self._parts.readings.started_at = None
        self._timer.stop()

    def connection_changed(self, event: ConnectionEvent) -> None:
        """A connection changed its state."""
        self._parts.readings.connection_changed(event)
        if not self._is_needed():
            self._timer.stop()
        elif not self._timer.isActive():
            self._parts.readings.look()
            self._arm()

    def check(self) -> None:
        """Raise and clear what is due now."""
        metrics = self.collect_metrics()
        if self._parts.readings.started_at is None:
            self.alerts.clear_alerts(metrics)
            return
        self._mind_memory(metrics)
        changes = self.alerts.check_alerts(metrics)
        # Whoever was told may have stopped or deleted everything.
        if changes and not is_gone(self) and self._is_needed() and not self._timer.isActive():
            self._arm()

    def _is_needed(self) -> bool:
        protocols = self._parts.connections.protocols.values()
        in_use = any(protocol.state not in _AT_REST for protocol in protocols)
        return self._parts.readings.started_at is not None and (in_use or bool(self.alerts.active))

    def _arm(self) -> None:
        self._due = time.monotonic() + _INTERVAL_S
        self._timer.start(round(_INTERVAL_S * 1000))

    def _on_time(self) -> None:
        readings, now = self._parts.readings, time.monotonic()
        late_s = max(0.0, now - self._due)
        if late_s < _SLEPT_S:
            readings.loop_lag.add(late_s, now)
        readings.look()
        if self._is_needed():
            # Before anyone is told of an alert: they may open a dialog, for hours.
            self._arm()
        self.check()

    def _mind_memory(self, metrics: PerformanceMetrics) -> None:
        used_mb, now = metrics.memory_usage_mb, time.monotonic()
        is_short = used_mb is not None and used_mb > self._most_memory_mb
        if is_short and now - self._trimmed_at >= _TRIM_EVERY_S:
            self._trimmed_at = now
            self._is_garbage_due = True
            self.memory_short.emit(metrics)
        if self._is_garbage_due and not is_gone(self) and not self._parts.pump.bridge.is_awake:
            # It takes as long as it takes, which a frame could not wait for.
            self._is_garbage_due = False
            gc.collect()

    def _say_raised(self, alert: Alert) -> None:
        # At a higher level Python writes to the screen of programs that never asked for a log.
        logger.info("alert: %s", alert.message, extra=_about(alert))
        self.alert_raised.emit(alert)

    def _say_cleared(self, alert: Alert) -> None:
        logger.info("alert over: %s", alert.message, extra=_about(alert))
        self.alert_cleared.emit(alert)


def _about(alert: Alert) -> dict[str, str]:
    return {"alert": alert.name, "severity": alert.severity}
