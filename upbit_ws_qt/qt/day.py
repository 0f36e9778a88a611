"""Begins the exchange's day for all tickers when the exchange's clock says so. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import math
import time

from PyQt6.QtCore import QObject, Qt, QTimer

from upbit_ws_qt.events import MarketEvent, WebSocketEvent
from upbit_ws_qt.rollover import DAY_MS, day_start

from .pump import EventPump

__all__ = ["DayTurn"]


# State: how far this machine's clock is ahead of the exchange's, None until that was measured; the
# newest time stamp of the exchange; the day that was begun last; and the timer of the next one.
class DayTurn(QObject):
    """Knows when it is 00:00 UTC (09:00 in Korea) at the exchange, and tells the routing.

    Before the two clocks were compared this machine's is believed, if what the exchange sends is
    less than a day away from it: a recording is not, nor is a computer that thinks it is 1970.

    Args:
        pump: its events tell the time; its routing is told of the day.
        parent: its Qt parent.
    """

    def __init__(self, pump: EventPump, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pump = pump
        self._ahead_s: float | None = None
        self._newest_ms = 0
        self._day_ms = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        # Others may be late by a twentieth of their time: an hour in a day.
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)
        pump.measured.connect(self._on_measured)

    def stop(self) -> None:
        """Wait for no day until something comes in again."""
        self._timer.stop()

    def _on_measured(self, event: WebSocketEvent) -> None:
        now = time.monotonic()
        ahead_s = self._pump.latency.ahead_s(now)
        if ahead_s is not None:
            # Kept by the wall clock: the monotonic one may stand still while the machine sleeps.
            self._ahead_s = ahead_s + time.time() - now
        if isinstance(event, MarketEvent):
            self._newest_ms = max(self._newest_ms, event.timestamp)
        self._look()

    def _look(self) -> None:
        now_ms = self._exchange_ms()
        if now_ms is None:
            return
        day_ms = day_start(now_ms)
        if day_ms != self._day_ms:
            self._day_ms = day_ms
            self._pump.router.begin_day(day_ms, time.time())
            self._pump.wake()
        self._timer.start(math.ceil(day_ms + DAY_MS - now_ms))

    def _exchange_ms(self) -> float | None:
        """The exchange's time in ms since 1970; None where nobody knows."""
        now_ms = time.time() * 1000
        if self._ahead_s is not None:
            return now_ms - self._ahead_s * 1000
        return now_ms if abs(now_ms - self._newest_ms) < DAY_MS else None
