"""Draws the pictures of ``docs/images`` again: the viewer on a demo that is always the same.

Run it with ``make docs``. The market comes from a seed and stands at the same moment each time, so
the pictures differ only by what is traded while the viewer starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "images"

#: The arguments of the viewer by the name of the picture.
PICTURES = {
    "viewer-light-ko": ("--seed", "11", "--theme", "light", "--language", "ko"),
    "viewer-dark-en": ("--seed", "5", "--theme", "dark", "--language", "en"),
}

#: Long enough for some trades to come in, in seconds.
AFTER_S = "6"

#: The same on every machine, with a screen or without.
DRAWN_WITH = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "1"}


def main() -> int:
    """Draw all pictures; returns the exit code of the first viewer that failed."""
    FOLDER.mkdir(exist_ok=True)
    for name, arguments in PICTURES.items():
        path = FOLDER / f"{name}.png"
        command = [sys.executable, "-m", "upbit_ws_qt_app", "--demo", *arguments]
        command += ["--screenshot", str(path), "--after", AFTER_S]
        done = subprocess.run(command, env=os.environ | DRAWN_WITH, timeout=120, check=False)
        if done.returncode:
            return done.returncode
        sys.stdout.write(f"{path}\n")
    for name in ("make_orderbook_images.py", "make_chart_images.py", "make_balances_images.py"):
        drawn = [sys.executable, str(FOLDER.parent / name)]
        done = subprocess.run(drawn, env=os.environ | DRAWN_WITH, timeout=120, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
