"""The candle chart."""

from .bars_table import BarsTable
from .chart_menu import chart_menu
from .drawing_menu import drawing_menu
from .linking import ChartLink
from .widget import ChartWidget

__all__ = ["BarsTable", "ChartLink", "ChartWidget", "chart_menu", "drawing_menu"]
