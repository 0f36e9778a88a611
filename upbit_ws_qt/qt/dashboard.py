"""Everything there is to know of a manager, as one record. Qt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from upbit_ws_qt.alerts import Alert
from upbit_ws_qt.health import HealthReport
from upbit_ws_qt.metrics import PerformanceMetrics

from .report import ManagerStatistics

if TYPE_CHECKING:
    from .manager import GlobalWebSocketManager

__all__ = ["DashboardData", "WebSocketDashboard"]


@dataclass(frozen=True, slots=True)
class DashboardData:
    """A manager at one moment.

    Attributes:
        time: of this record (aware, UTC).
        health: how it is, with the reason where it is not well.
        metrics: how much is going on, how fast, and what it costs.
        statistics: what each part has counted.
        active_alerts: those that last, oldest first.
        recent_alerts: the last hundred that are over, the last to end at the end.
    """

    time: datetime
    health: HealthReport
    metrics: PerformanceMetrics
    statistics: ManagerStatistics
    active_alerts: tuple[Alert, ...]
    recent_alerts: tuple[Alert, ...]


# State: the manager.
class WebSocketDashboard:
    """What a page about the health of the feed shows.

    Args:
        manager: the application's own when None.
    """

    def __init__(self, manager: GlobalWebSocketManager | None = None) -> None:
        from .manager import GlobalWebSocketManager

        self._manager = manager or GlobalWebSocketManager.instance()

    def get_dashboard_data(self) -> DashboardData:
        """Everything, as of now; some milliseconds of work where there are thousands of streams."""
        manager = self._manager
        metrics = manager.collect_metrics()
        return DashboardData(
            time=metrics.time,
            health=manager.health_check(),
            metrics=metrics,
            statistics=manager.statistics(),
            active_alerts=manager.alerts.active,
            recent_alerts=manager.alerts.recent,
        )
