"""Widgets for PyQt6 programs: chart, order book and balances of Upbit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .balances import BalanceMonitor as BalanceMonitor
    from .chart import BarsTable as BarsTable
    from .chart import ChartLink as ChartLink
    from .chart import ChartWidget as ChartWidget
    from .models.holding_values import Fees as Fees
    from .models.own_fills import Fill as Fill
    from .orderbook import OrderbookWidget as OrderbookWidget

# Each is loaded when it is first used: a program that shows a book pays for no chart.
_HOMES = {
    "BalanceMonitor": "balances",
    "BarsTable": "chart",
    "ChartLink": "chart",
    "ChartWidget": "chart",
    "Fees": "models.holding_values",
    "Fill": "models.own_fills",
    "OrderbookWidget": "orderbook",
}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
