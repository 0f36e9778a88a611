"""The candle chart."""

from .chart_menu import chart_menu
from .drawing_menu import drawing_menu
from .widget import ChartWidget

__all__ = ["ChartWidget", "chart_menu", "drawing_menu"]
