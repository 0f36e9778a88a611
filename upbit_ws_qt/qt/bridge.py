"""From the core to the screen: one frame, one wake-up, however many messages. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import math
import time

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from .running import after_reading

__all__ = ["SLICE_S", "QtBridgeManager"]

#: The longest that one frame holds the GUI thread; Qt is served between two slices.
SLICE_S = 0.006


# State: the timer, when it is due, and when the last frame began.
class QtBridgeManager(QObject):
    """The frame clock: ticks while there is work and sleeps otherwise.

    The first wake-up after a pause is served at once, the next ones wait for their frame. It ticks
    from a slot of Qt and not from an asyncio callback, so that a consumer may open a dialog; frames
    go on meanwhile.

    Signals:
        frame(): take in what came and deliver it, for at most ``SLICE_S``.
    """

    frame = pyqtSignal()

    def __init__(self, frame_interval_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.interval_s = frame_interval_ms / 1000
        self._began = -math.inf
        self._due = math.inf
        self.frames = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def is_awake(self) -> bool:
        """Whether a frame is to come."""
        return self._due != math.inf

    def wake(self, *, immediate: bool = False, reading: bool = False) -> None:
        """There is work: it is done in the next frame, or as soon as Qt has been served.

        ``reading`` says that a socket's callback calls and returns right away: if the frame is due,
        it follows on that, and needs no wake-up of its own.
        """
        now = time.monotonic()
        due = now if immediate else max(now, self._began + self.interval_s)
        if reading and due <= now and self._due == math.inf and after_reading(self._tick):
            self._due = now
        else:
            self._arm(due, now)

    def wake_at(self, due: float) -> None:
        """There will be work at ``due`` (monotonic seconds)."""
        self._arm(due, time.monotonic())

    def stop(self) -> None:
        """No further frame until the next ``wake``."""
        self._timer.stop()
        self._due = math.inf

    def _arm(self, due: float, now: float) -> None:
        if due < self._due:
            self._due = due
            self._timer.start(max(0, math.ceil((due - now) * 1000)))

    def _tick(self) -> None:
        if self._due == math.inf:
            # Stopped between the socket's callback and here.
            return
        self.frames += 1
        self._began = time.monotonic()
        self._due = math.inf
        self.frame.emit()
