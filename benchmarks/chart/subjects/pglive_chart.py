"""pglive's candlestick plot, with the parts that it has for the rest."""

from __future__ import annotations

from typing import Any

from pglive.kwargs import Crosshair
from pglive.sources.data_connector import DataConnector
from pglive.sources.live_candleStickPlot import LiveCandleStickPlot
from pglive.sources.live_plot import LiveLinePlot, LiveVBarPlot
from pglive.sources.live_plot_widget import LivePlotWidget
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from benchmarks.chart.bars import AVERAGES, average, close_after

BINDING = "PyQt6"
PACKAGES = ("pglive", "pyqtgraph", "PyQt6", "numpy")
NOTE = (
    "volume, three averages that it is given, crosshair; it cannot change the last bar, "
    "so a tick appends one"
)


class Subject:
    def __init__(self, data: Any, in_view: int) -> None:
        self.data, self.in_view = data, in_view
        columns = ("open", "close", "low", "high")
        self.candles = list(zip(*(data[name].tolist() for name in columns), strict=True))
        self.volumes = data["volume"].tolist()
        self.means = [average(data["close"], period).tolist() for period in AVERAGES]
        self.prices = LivePlotWidget(**{Crosshair.ENABLED: True})
        self.below = LivePlotWidget()
        self.below.setXLink(self.prices)
        self.plots = [LiveCandleStickPlot(), LiveVBarPlot(), *(LiveLinePlot() for _ in AVERAGES)]
        for plot in self.plots:
            (self.below if isinstance(plot, LiveVBarPlot) else self.prices).addItem(plot)
        # Its own ranges roll a page at a time; this one shows the last bars at all times.
        self.feeds = [DataConnector(plot, ignore_auto_range=True) for plot in self.plots]
        self.widget = QWidget()
        column = QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.prices, 4)
        column.addWidget(self.below, 1)
        self.canvases = [self.prices.viewport(), self.below.viewport()]

    def load(self) -> None:
        places = list(range(len(self.candles)))
        columns = (self.candles, self.volumes, *self.means)
        for feed, values in zip(self.feeds, columns, strict=True):
            feed.cb_set_data(values, list(places))
        seen = self.data[-self.in_view :]
        self._follow()
        self.prices.set_range(yRange=(float(seen["low"].min()), float(seen["high"].max())))
        self.below.set_range(yRange=(0.0, float(seen["volume"].max())))
        self.prices.show_crosshair()

    def tick(self, number: int) -> None:
        last = self.data[-1]
        price = close_after(last, number)
        candle = (float(last["open"]), price, float(last["low"]), float(last["high"]))
        means = (price,) * len(AVERAGES)
        volume = float(last["volume"]) + 0.01 * number
        for feed, value in zip(self.feeds, (candle, volume, *means), strict=True):
            feed.cb_append_data_point(value)
        self._follow()

    def _follow(self) -> None:
        end = len(self.feeds[0].x)
        self.prices.set_range(xRange=(end - self.in_view, end + 10), padding=0)

    def forget(self) -> None:
        """Nothing of it outlives its window."""
