"""The product under a load, and what the GUI thread has left for everything else meanwhile.

A precise timer of 5 ms is started anew whenever it fired; a thread posts keys to a window.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from typing import Any

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QWidget

from benchmarks.feed.clients.ours import Feed
from benchmarks.feed.clients.tally import Task, percentiles, tell
from benchmarks.feed.frames import moment
from upbit_ws_qt import run

_TICK_MS = 5
_LATE_US = 8_000


# State: when the timer is due, and how late it was each time (µs).
class Ticker(QObject):
    """Measures how late a timer fires."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._due = moment() + _TICK_MS * 1e3
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        self.late.append(max(0.0, moment() - self._due))
        self.start()


# State: when keys were posted that are not served yet, and how long the others took (µs).
class Typist(QWidget):
    """A window that gets keys from a thread, as those of the window system come from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.took: list[float] = []
        self._posted: deque[float] = deque()
        self._over = threading.Event()
        # The first one makes Qt's keyboard device, which belongs to this thread.
        _key()
        self._thread = threading.Thread(target=self._type, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _type(self) -> None:
        chance = random.Random(1)
        while not self._over.is_set():
            time.sleep(chance.uniform(0.004, 0.016))
            key = _key()
            self._posted.append(moment())
            QCoreApplication.postEvent(self, key)

    def keyPressEvent(self, _: QKeyEvent | None) -> None:
        self.took.append(moment() - self._posted.popleft())


def _key() -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")


async def main() -> None:
    feed = Feed(Task.given())
    ticker, typist = Ticker(), Typist()
    typist.show()
    await feed.begin()
    ticker.start()
    typist.start()
    tell(ready=True)
    await feed.end()
    facts: dict[str, Any] = feed.tally.facts()
    ticker.stop()
    typist.stop()
    late = ticker.late
    facts["timer"] = percentiles(late)
    facts["timer_late_share"] = sum(us > _LATE_US for us in late) / len(late)
    facts["keys"] = percentiles(typist.took)
    tell(**facts)
    typist.close()


if __name__ == "__main__":
    run(main)
