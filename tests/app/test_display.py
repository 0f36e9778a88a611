"""The program in a real window system. Tests only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtGui import QImage

from tests.app.test_command import LIMIT_S, environment

CLOSED_BY_ITS_USER = """
import sys
from PyQt6.QtCore import QSettings, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from upbit_ws_qt_app import program
from upbit_ws_qt_app.__main__ import main

folder = sys.argv[1]
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)

def watched(options, source, original=program.Program):
    def look():
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, program.ViewerWindow)]
        if windows and windows[0].has_data() and QTest.qWaitForWindowExposed(windows[0], 5000):
            print(QApplication.platformName(), windows[0].isVisible(), flush=True)
            timer.stop()
            windows[0].menus.quit.trigger()
    timer = QTimer()
    timer.timeout.connect(look)
    async def start():
        timer.start(20)
        return await original(options, source)()
    return start

program.Program = watched
sys.exit(main(["--demo", "--log-level", "info"]))
"""


@pytest.mark.display
def test_a_picture_in_a_window_system(tmp_path: Path) -> None:
    """``--screenshot`` shows a real window for a moment and leaves."""
    path = tmp_path / "out.png"
    done = _run(tmp_path, "-m", "upbit_ws_qt_app", "--demo", "--screenshot", str(path))

    assert done.returncode == 0, done.stderr
    image = QImage(str(path))
    places = [(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    assert len({image.pixel(x, y) for x, y in places}) > 100


@pytest.mark.smoke
def test_the_window_opens_shows_data_and_closes(tmp_path: Path) -> None:
    """As its user would: the exit code is 0, and size and docks are remembered."""
    done = _run(tmp_path, "-c", CLOSED_BY_ITS_USER, str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["True"]
    assert "Traceback" not in done.stderr
    kept = (tmp_path / "upbit-ws-qt" / "viewer.ini").read_text(encoding="utf-8")
    assert "geometry=" in kept
    assert "window=" in kept


def _run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XAUTHORITY")
    shown = {name: os.environ[name] for name in names if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=home,
        env=environment(home, **shown),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )
