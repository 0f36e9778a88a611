"""This project's chart."""

from __future__ import annotations

from typing import Any

from benchmarks.chart.bars import AVERAGES, close_after
from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.surface import ChartSurface

BINDING = "PyQt6"
PACKAGES = ("upbit-ws-qt", "PyQt6", "numpy")
NOTE = "volume, three averages, crosshair, legend, last price; a tick is a trade"

_PLOT_PX = 1200


class Subject:
    def __init__(self, data: Any, in_view: int) -> None:
        self.data, self.in_view = data, in_view
        self.widget = ChartWidget()
        self.widget.setMarket("KRW-BTC")
        self.widget.setAverages(AVERAGES)
        surface = self.widget.findChild(ChartSurface)
        self.canvases = [surface]

    def load(self) -> None:
        self.widget.setCandles(self.data)
        state = self.widget.saveState()
        self.widget.restoreState(state | {"spacing": _PLOT_PX / self.in_view})

    def tick(self, number: int) -> None:
        at = int(self.data["time"][-1]) + number
        self.widget.applyTrade(
            TradeEvent(
                type="trade",
                code="KRW-BTC",
                timestamp=at,
                trade_timestamp=at,
                trade_price=close_after(self.data[-1], number),
                trade_volume=0.01,
                ask_bid="BID",
                sequential_id=number,
            )
        )

    def forget(self) -> None:
        """Nothing of it outlives its window."""
