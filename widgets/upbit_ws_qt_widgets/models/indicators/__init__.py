"""Indicators: what there is, how each is worked out, and how to add one's own. Pure."""

from .registry import INDICATORS, register_indicator
from .series import IndicatorSeries
from .spec import (
    Fill,
    Indicator,
    IndicatorSpec,
    Parameter,
    Plot,
    PlotKind,
    Title,
    ValueUnit,
)
from .stretch import Stretch

__all__ = [
    "INDICATORS",
    "Fill",
    "Indicator",
    "IndicatorSeries",
    "IndicatorSpec",
    "Parameter",
    "Plot",
    "PlotKind",
    "Stretch",
    "Title",
    "ValueUnit",
    "register_indicator",
]
