"""The chart of vnpy (VeighNa)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from vnpy.chart import CandleItem, ChartWidget, VolumeItem
from vnpy.trader.constant import Exchange, Interval
from vnpy.trader.object import BarData

from benchmarks.chart.bars import close_after

BINDING = "PySide6"
PACKAGES = ("vnpy", "pyqtgraph", "PySide6_Essentials", "numpy")
NOTE = "volume, crosshair, legend; it has no averages and draws none"


class Subject:
    def __init__(self, data: Any, in_view: int) -> None:
        names = ("open", "high", "low", "close", "volume")
        columns = (data[name].tolist() for name in ("time", *names))
        self.data = data
        self.history = [
            BarData(
                gateway_name="",
                symbol="KRW-BTC",
                exchange=Exchange.LOCAL,
                datetime=datetime.fromtimestamp(at / 1000, UTC),
                interval=Interval.MINUTE,
                open_price=open_,
                high_price=high,
                low_price=low,
                close_price=close,
                volume=volume,
            )
            for at, open_, high, low, close, volume in zip(*columns, strict=True)
        ]
        # How many bars are in view is its class's to say.
        self.widget = type("Chart", (ChartWidget,), {"MIN_BAR_COUNT": in_view})()
        self.widget.add_plot("candle", hide_x_axis=True)
        self.widget.add_plot("volume", maximum_height=180)
        self.widget.add_item(CandleItem, "candle", "candle")
        self.widget.add_item(VolumeItem, "volume", "volume")
        self.widget.add_cursor()
        self.canvases = [self.widget.viewport()]

    def load(self) -> None:
        self.widget.update_history(self.history)

    def tick(self, number: int) -> None:
        last = self.history[-1]
        price = close_after(self.data[-1], number)
        self.widget.update_bar(replace(last, close_price=price, volume=last.volume + 0.01 * number))

    def forget(self) -> None:
        """Nothing of it outlives its window."""
