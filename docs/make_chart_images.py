"""Draws the pictures of the pages on charts: kinds, indicators in panes, scales, two markets.

The bars come from a seed, so the pictures are the same each time. Run it with ``make docs``, or
``python docs/make_chart_images.py``; it needs no network and no screen.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QImage, QPainter
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QToolButton

from upbit_ws_qt import GapEvent, GapState
from upbit_ws_qt.events import OrderEvent, OrderState
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt_widgets import BarsTable, ChartLink, ChartWidget, Fill
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE

FOLDER = Path(__file__).resolve().parent / "images"
KINDS = ("solid", "hollow", "down_hollow", "outline", "heikin_ashi", "bars", "line", "area")
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
    sheet = QImage(2 * width, 4 * height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    for index, kind in enumerate(KINDS):
        made = chart(width, height, "light", "en")
        made.setAverages((20,))
        made.setKind(kind)
        painter.drawImage(index % 2 * width, index // 2 * height, made.grab().toImage())
    painter.end()
    return sheet


def panes(theme: str, language: str, keys: tuple[str, ...]) -> QImage:
    """Indicators on the price and in panes."""
    made = chart(1080, 760, theme, language)
    made.setIndicators([{"key": key} for key in keys])
    return shot(made)


def scales() -> QImage:
    """The price scales side by side, over two years in which the price rose a hundredfold."""
    width, height = 480, 340
    rows, walk = candles(600), np.random.default_rng(8).normal(0.008, 0.05, 600)
    growth = np.exp(np.cumsum(walk) - 4)
    rows["time"] = START + np.arange(600, dtype=np.int64) * 1440 * MINUTE
    for name in ("open", "high", "low", "close"):
        rows[name] = np.rint(rows[name] * growth / 1000) * 1000
    sheet = QImage(2 * width, 2 * height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    modes = (("linear", False), ("log", False), ("percent", False), ("log", True))
    for index, (scale, inverted) in enumerate(modes):
        made = chart(width, height, "light", "en")
        made.setTimeframe("1d")
        made.setCandles(rows)
        made.setAverages((60,))
        made.setPriceScale(scale)
        made.setPriceInverted(inverted)
        made.restoreState({**made.saveState(), "spacing": 0.75})
        painter.drawImage(index % 2 * width, index // 2 * height, made.grab().toImage())
    painter.end()
    return sheet


def comparison() -> QImage:
    """A second market over the first."""
    made = chart(1080, 480, "dark", "ko")
    made.setAverages(())
    other = candles(650)[50:].copy()
    other["time"] -= 50 * MINUTE
    for name in ("open", "high", "low", "close"):
        other[name] = np.rint((other[name] * 1.6 - 54_600_000) / 18_000) * 1000
    made.setComparison("KRW-ETH")
    made.setComparisonCandles(other)
    return shot(made)


def linked() -> QImage:
    """A minute and an hour side by side, pointed at the same time."""
    width, height = 560, 380
    rows = candles(9000)
    hours = rows[: len(rows) // 60 * 60].reshape(-1, 60)
    made = hours[:, 0].copy()
    made["time"] -= made["time"][0] % (60 * MINUTE)
    rows["time"] -= rows["time"][0] % (60 * MINUTE)
    made["close"], made["volume"] = hours["close"][:, -1], hours["volume"].sum(axis=1)
    made["high"], made["low"] = hours["high"].max(axis=1), hours["low"].min(axis=1)
    pair, link = [chart(width, height, "light", "ko") for _ in range(2)], ChartLink()
    pair[1].setTimeframe("60m")
    pair[1].move(0, 2 * height)  # where the pointer is not
    for one, given in zip(pair, (rows, made), strict=True):
        one.setCandles(given)
        link.add(one)
    end = int(rows["time"][-1])
    pair[0].setVisibleRange(end - 320 * MINUTE, end - 250 * MINUTE)
    surface = pair[0].focusProxy()
    for place in (QPoint(1, 1), QPoint(width // 2, height // 3)):
        QTest.mouseMove(surface, place)
        pair[0].grab()
        QApplication.processEvents()
    sheet = QImage(2 * width, height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    for index, one in enumerate(pair):
        painter.drawImage(index * width, 0, one.grab().toImage())
    painter.end()
    return sheet


def reading() -> QImage:
    """The toolbar with the menu of drawings, and the bars as a table beside it."""
    made = chart(760, 420, "light", "ko")
    made.setToolbarVisible(True)
    for button in made.findChildren(QToolButton):
        # Without a screen the pointer is where the chart was shown, and never leaves it.
        button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, on=False)
    made.setAverages((20,))
    QApplication.processEvents()
    made.showBarsTable()
    QApplication.processEvents()
    (table,) = made.findChildren(BarsTable)
    table.resize(890, 420)
    for place in (QPoint(1, 1), QPoint(260, 180)):
        QTest.mouseMove(made.focusProxy(), place)
        made.grab()
        QApplication.processEvents()
    picture = made.grab().toImage()
    sheet = QImage(760 + 890 + 12, 420, QImage.Format.Format_RGB32)
    sheet.fill(made.themeColors().line)
    painter = QPainter(sheet)
    painter.drawImage(0, 0, picture)
    button = made.findChild(QToolButton, "drawings")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    menu = QApplication.activePopupWidget()
    place = button.mapTo(made, QPoint(0, button.height()))
    painter.drawImage(place - QPoint(menu.width() - 90, 0), menu.grab().toImage())
    painter.drawImage(760 + 12, 0, table.grab().toImage())
    painter.end()
    menu.close()
    return sheet


def time_axis() -> QImage:
    """A market that trades now and then without and with flat bars, a profile, and a hole."""
    width, height = 560, 340
    rows, steps = candles(600), np.random.default_rng(5).choice([1, 1, 1, 2, 3, 7], 600)
    rows["time"] = START + np.cumsum(steps) * MINUTE
    sheet = QImage(2 * width, 2 * height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    for index, name in enumerate(("sparse", "filled", "profile", "hole")):
        made = chart(width, height, "light", "en")
        made.setAverages(())
        if name in ("sparse", "filled"):
            made.setCandles(rows)
        made.setEmptyBarsShown(name == "filled")
        made.setVolumeProfileShown(name == "profile")
        if name == "hole":
            newest = int(candles(600)["time"][-1])
            since, until = newest - 25 * MINUTE + 2000, newest - 17 * MINUTE + 14_000
            stream = Stream("candle.1m", "KRW-BTC")
            lost = GapEvent(
                stream=stream, state=GapState.UNFILLABLE, since_ms=since, until_ms=until
            )
            made.noteGap(lost)
        painter.drawImage(index % 2 * width, index // 2 * height, made.grab().toImage())
    painter.end()
    return sheet


def order(price: float, rest: str, volume: str, side: str) -> OrderEvent:
    """An open order of an account."""
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=START,
        uuid=f"{side}{price}{rest}",
        ask_bid=side,
        order_type="limit",
        state=OrderState.WAIT,
        price=Decimal(str(price)),
        volume=Decimal(volume),
        remaining_volume=Decimal(rest),
    )


def trading(theme: str, language: str) -> QImage:
    """Own orders, fills, the average price and alerts; one order is being dragged."""
    made = chart(1000, 560, theme, language)
    bars = candles(600)
    last = float(bars["close"][-1])
    made.setOrders(
        [
            order(last - 600_000, "0.5", "1.2", "BID"),
            order(last - 600_000, "0.3", "0.3", "BID"),
            order(last - 300_000, "0.25", "0.25", "BID"),
            order(last + 3_000_000, "0.75", "0.75", "ASK"),
        ]
    )
    bought = ((528, 0.25), (540, 0.4), (541, 0.15), (575, 0.3))
    sold = ((560, 0.2), (596, 0.45))
    made.setFills(
        [
            Fill(int(bars["time"][bar]), float(bars["close"][bar]), volume, side is sold)
            for side in (bought, sold)
            for bar, volume in side
        ]
    )
    made.setAveragePrice(Decimal(str(last - 90_000)), Decimal("0.45"))
    made.addAlert(last - 450_000, "below")
    shot(made)
    surface = made.focusProxy()
    QTest.keyClick(surface, Qt.Key.Key_O)
    for _ in range(10):
        QTest.keyClick(surface, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    return made.grab().toImage()


def main() -> int:
    """Draw all pictures."""
    app = QApplication(sys.argv[:1])
    FOLDER.mkdir(exist_ok=True)
    pictures = {
        "chart-kinds-light-en": kinds(),
        "chart-linked-light-ko": linked(),
        "chart-panes-light-ko": panes("light", "ko", ("bollinger", "rsi", "macd")),
        "chart-reading-light-ko": reading(),
        "chart-scales-light-en": scales(),
        "chart-time-light-en": time_axis(),
        "chart-comparison-dark-ko": comparison(),
        "chart-trading-light-ko": trading("light", "ko"),
        "chart-trading-dark-en": trading("dark", "en"),
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
