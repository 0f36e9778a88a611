"""One wake-up a frame, however many changes. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtCore import QElapsedTimer, QObject, QTimer

__all__ = ["FrameTimer"]


# State: the time of the last wake-up that was asked for.
class FrameTimer(QTimer):
    """Fires ``timeout`` after ``request()``: at once after a rest, else an interval apart.

    It stops by itself when nothing is requested.
    """

    def __init__(self, parent: QObject, interval_ms: int = 16) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self._interval_ms = interval_ms
        self._clock = QElapsedTimer()
        self._clock.start()
        self._due_ms = -interval_ms

    def request(self) -> None:
        """Ask for one ``timeout``; asking again before it comes changes nothing."""
        if not self.isActive():
            now = self._clock.elapsed()
            self._due_ms = max(now, self._due_ms + self._interval_ms)
            self.start(self._due_ms - now)
