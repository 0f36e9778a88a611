"""Draws the pictures of ``docs/widgets/chart.md``: the kinds, and indicators in panes.

The bars come from a seed, so the pictures are the same each time. Run it with ``make docs``, or
``python docs/make_chart_images.py``; it needs no network and no screen.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QImage, QPainter
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE

FOLDER = Path(__file__).resolve().parent / "images"
KINDS = ("solid", "hollow", "heikin_ashi", "bars", "line", "area")
START = 1_790_000_040_000
MINUTE = 60_000


def candles(count: int) -> Any:
    """So many minutes of a seeded walk around 91,000,000, on a price step of 1000."""
    random = np.random.default_rng(3)
    made = np.zeros(count, BAR_DTYPE)
    made["time"] = START + np.arange(count, dtype=np.int64) * MINUTE
    made["close"] = np.rint(91_000 + np.cumsum(random.normal(0, 40, count))) * 1000
    made["open"] = np.concatenate((made["close"][:1], made["close"][:-1]))
    made["open"] += np.rint(random.normal(0, 20, count)) * 1000
    made["high"] = np.maximum(made["open"], made["close"]) + random.integers(0, 40, count) * 1000
    made["low"] = np.minimum(made["open"], made["close"]) - random.integers(0, 40, count) * 1000
    made["volume"] = random.exponential(2.0, count)
    made["value"] = made["volume"] * made["close"]
    return made


def chart(width: int, height: int, theme: str, language: str) -> ChartWidget:
    """A chart on screen with those bars."""
    made = ChartWidget()
    made.setTheme(theme)
    made.setLanguage(language)
    made.setMarket("KRW-BTC")
    made.setToolbarVisible(False)
    made.resize(width, height)
    made.show()
    made.setCandles(candles(600))
    return made


def shot(made: ChartWidget) -> QImage:
    """What a chart shows, once the pointer is on a bar."""
    surface = made.focusProxy()
    QTest.mouseMove(surface, QPoint(1, 1))
    QTest.mouseMove(surface, QPoint(made.width() // 2, made.height() * 3 // 4))
    return made.grab().toImage()


def kinds() -> QImage:
    """All kinds side by side."""
    width, height = 480, 300
    sheet = QImage(3 * width, 2 * height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    for index, kind in enumerate(KINDS):
        made = chart(width, height, "light", "en")
        made.setAverages((20,))
        made.setKind(kind)
        painter.drawImage(index % 3 * width, index // 3 * height, made.grab().toImage())
    painter.end()
    return sheet


def panes(theme: str, language: str, keys: tuple[str, ...]) -> QImage:
    """Indicators on the price and in panes."""
    made = chart(1080, 760, theme, language)
    made.setIndicators([{"key": key} for key in keys])
    return shot(made)


def main() -> int:
    """Draw all pictures."""
    app = QApplication(sys.argv[:1])
    FOLDER.mkdir(exist_ok=True)
    pictures = {
        "chart-kinds-light-en": kinds(),
        "chart-panes-light-ko": panes("light", "ko", ("bollinger", "rsi", "macd")),
        "chart-panes-dark-en": panes("dark", "en", ("ichimoku", "stochastic", "macd", "obv")),
    }
    for name, image in pictures.items():
        path = FOLDER / f"{name}.png"
        if not image.save(str(path)):
            return 1
        sys.stdout.write(f"{path}\n")
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
