"""The candle chart."""

from .widget import ChartWidget

__all__ = ["ChartWidget"]
