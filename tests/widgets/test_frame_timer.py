"""One wake-up a frame, however many changes. Widgets."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from upbit_ws_qt_widgets.frame_timer import FrameTimer

LONG_MS = 100_000


def test_after_a_rest_it_fires_at_once_and_once(qtbot: QtBot) -> None:
    owner = QObject()
    timer = FrameTimer(owner)
    fired: list[int] = []
    timer.timeout.connect(lambda: fired.append(1))
    for _ in range(100):
        timer.request()
    assert timer.interval() == 0
    qtbot.waitUntil(lambda: bool(fired))
    assert fired == [1]
    assert not timer.isActive()


def test_the_next_one_comes_an_interval_later(qtbot: QtBot) -> None:
    owner = QObject()
    timer = FrameTimer(owner, LONG_MS)
    with qtbot.waitSignal(timer.timeout):
        timer.request()
    timer.request()
    assert 0 < timer.interval() <= LONG_MS
    timer.stop()


def test_it_ends_with_its_owner(qtbot: QtBot) -> None:
    owner = QObject()
    timer = FrameTimer(owner, LONG_MS)
    timer.request()
    ended: list[int] = []
    timer.destroyed.connect(lambda: ended.append(1))
    owner.deleteLater()
    qtbot.waitUntil(lambda: bool(ended))
