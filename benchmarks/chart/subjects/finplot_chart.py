"""finplot, as its own examples use it for live data."""

from __future__ import annotations

from typing import Any

import finplot
import pandas as pd

from benchmarks.chart.bars import AVERAGES, average, close_after

BINDING = "PyQt6"
PACKAGES = ("finplot", "pyqtgraph", "PyQt6", "pandas", "numpy")
NOTE = "volume, three averages that it is given, crosshair; a tick updates its five plots"


class Subject:
    def __init__(self, data: Any, in_view: int) -> None:
        self.last = data[-1]
        self.candles = pd.DataFrame(
            {
                "time": data["time"].astype("datetime64[ms]").astype("datetime64[ns]"),
                **{name: data[name] for name in ("open", "close", "high", "low")},
            }
        )
        self.volumes = self.candles[["time", "open", "close"]].assign(volume=data["volume"])
        self.lines = [
            pd.DataFrame({"time": self.candles["time"], "mean": average(data["close"], period)})
            for period in AVERAGES
        ]
        self.axes = finplot.create_plot(rows=2, init_zoom_periods=in_view, maximize=False)
        self.widget = self.axes[0].vb.win
        self.canvases = [self.widget.viewport()]

    def load(self) -> None:
        prices, volumes = self.axes
        self.plots = [
            finplot.candlestick_ochl(self.candles, ax=prices),
            finplot.volume_ocv(self.volumes, ax=volumes),
            *(finplot.plot(line, ax=prices) for line in self.lines),
        ]
        finplot.refresh()

    def tick(self, number: int) -> None:
        price, row = close_after(self.last, number), len(self.candles) - 1
        self.candles.at[row, "close"] = self.volumes.at[row, "close"] = price
        self.volumes.at[row, "volume"] += 0.01
        for line, period in zip(self.lines, AVERAGES, strict=True):
            line.at[row, "mean"] = self.candles["close"].to_numpy()[-period:].mean()
        # First all data, then all graphics: so do its examples.
        frames = (self.candles, self.volumes, *self.lines)
        for plot, frame in zip(self.plots, frames, strict=True):
            plot.update_data(frame, gfx=False)
        for plot in self.plots:
            plot.update_gfx()

    def forget(self) -> None:
        """It keeps every window in a list of its module."""
        finplot.close()
