"""What the user chose about an order book. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["AMOUNTS", "BARS", "CHANGE_BASES", "DEPTHS", "VIEWS", "Wishes"]

DEPTHS = (1, 5, 15, 30)
"""The rows of a side that can be chosen: what the exchange sends (docs.upbit.com, orderbook)."""
BARS = ("size", "cumulative", "value")
AMOUNTS = ("quantity", "total")
CHANGE_BASES = ("previous", "middle")
VIEWS = ("ladder", "depth", "heatmap")

_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "depth": DEPTHS,
    "bars": BARS,
    "amounts": AMOUNTS,
    "change_base": CHANGE_BASES,
    "view": VIEWS,
    "trial_in": AMOUNTS,
}
_SWITCHES = (
    "static",
    "fading",
    "figures",
    "own_orders",
    "trades_per_level",
    "pause_on_hover",
    "queue",
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a book is shown. A wrong value is a ``ValueError`` that names the right ones.

    ``bars`` are as long as the size, the sum of sizes from the best price on, or the value;
    ``amounts`` says whether coins (``quantity``) or money (``total``) are written. ``grouping`` is
    in the quote currency, 0 for none. ``trial`` is the size whose average price is shown, 0 for
    none, in coins or in the quote currency as ``trial_in`` says. ``change_base`` is what the change
    of a price is counted from: the previous close or the middle of the book.
    """

    depth: int = 30
    bars: str = "size"
    amounts: str = "quantity"
    grouping: float = 0.0
    view: str = "ladder"
    static: bool = False
    fading: bool = True
    figures: bool = True
    own_orders: bool = True
    trial: float = 0.0
    trial_in: str = "total"
    change_base: str = "previous"
    trades_per_level: bool = False
    pause_on_hover: bool = False
    queue: bool = False

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if type(value) is not type(choices[0]) or value not in choices:
                listed = ", ".join(map(str, choices))
                raise ValueError(f"{name} is one of {listed}; got {value!r}")
        for name in ("grouping", "trial"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
                raise ValueError(f"{name} is a number from 0 up; got {value!r}")
        for name in _SWITCHES:
            if not isinstance(value := getattr(self, name), bool):
                raise ValueError(f"{name} is True or False; got {value!r}")  # noqa: TRY004

    def plain(self) -> dict[str, Any]:
        """As plain data; see :meth:`of`."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Wishes:
        """What :meth:`plain` returned; names it does not know are left out.

        Raises:
            ValueError: a value is wrong.
        """
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in plain.items() if name in known})
