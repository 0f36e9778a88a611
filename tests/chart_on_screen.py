"""What tests of a chart on screen need: its surface, and what was asked for painted. Tests only."""

from __future__ import annotations

from PyQt6.QtWidgets import QApplication

from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.surface import ChartSurface

__all__ = ["settle", "surface"]


def surface(chart: ChartWidget) -> ChartSurface:
    found = chart.findChild(ChartSurface)
    assert found is not None
    return found


def settle(*charts: ChartWidget) -> None:
    """Let what was asked for be painted."""
    for chart in charts:
        surface(chart).repaint()
    QApplication.processEvents()
