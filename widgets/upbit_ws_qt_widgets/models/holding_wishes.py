"""What the user chose about balances. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from .holding_rows import Column
from .holding_values import CASH, Fees, Holding

__all__ = ["ALLOCATIONS", "HIDEABLE", "SMALL_LIMITS", "HoldingWishes"]

ALLOCATIONS = ("none", "bar", "donut")
HIDEABLE = tuple(column.name.lower() for column in Column if column is not Column.ASSET)
"""The columns that can be left out."""
SMALL_LIMITS = (1_000, 10_000, 100_000)
"""Values in won that are often called small; others can be chosen as well."""
_MOST = 10**15


@dataclass(frozen=True, slots=True)
class HoldingWishes:
    """How balances are shown. A wrong value is a ``ValueError`` that names the right ones.

    ``small_limit`` is in won. ``apart_shown`` is about assets that are delisted, without a market,
    or worthless. ``private`` masks amounts. With ``fees_included`` profits are after fees.
    """

    small_hidden: bool = False
    small_limit: int = 10_000
    apart_shown: bool = True
    private: bool = False
    fees_included: bool = True
    fees: Fees = field(default_factory=Fees)
    allocation: str = "bar"
    hidden_columns: tuple[str, ...] = ("available",)

    def __post_init__(self) -> None:
        for name in ("small_hidden", "apart_shown", "private", "fees_included"):
            if not isinstance(value := getattr(self, name), bool):
                raise ValueError(f"{name} is True or False; got {value!r}")  # noqa: TRY004
        limit: object = self.small_limit
        if type(limit) is not int or not 0 <= limit <= _MOST:
            raise ValueError(f"small_limit is a whole number of won from 0 up; got {limit!r}")
        if self.allocation not in ALLOCATIONS:
            listed = ", ".join(ALLOCATIONS)
            raise ValueError(f"allocation is one of {listed}; got {self.allocation!r}")
        unknown = [name for name in self.hidden_columns if name not in HIDEABLE]
        if unknown:
            listed = ", ".join(HIDEABLE)
            raise ValueError(f"columns that can be hidden are {listed}; got {unknown[0]!r}")

    def shows(self, holding: Holding) -> bool:
        """Whether a holding has a row; cash always has, and so has what waits for its price."""
        if holding.currency == CASH:
            return True
        if holding.is_apart:
            return self.apart_shown
        is_small = holding.value is not None and holding.value < self.small_limit
        return not (self.small_hidden and is_small)

    def plain(self) -> dict[str, Any]:
        """As plain data; see :meth:`of`."""
        values: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        values["fees"] = {item.name: str(getattr(self.fees, item.name)) for item in fields(Fees)}
        values["hidden_columns"] = list(self.hidden_columns)
        return values

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> HoldingWishes:
        """What :meth:`plain` returned; names it does not know are left out.

        Raises:
            ValueError: a value is wrong.
        """
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in plain.items() if name in known}
        try:
            if "fees" in values:
                rates = {item.name: values["fees"][item.name] for item in fields(Fees)}
                values["fees"] = Fees(**{name: Decimal(rate) for name, rate in rates.items()})
            if "hidden_columns" in values:
                values["hidden_columns"] = tuple(values["hidden_columns"])
        except (KeyError, TypeError, InvalidOperation) as error:
            raise ValueError(f"fees or columns are not what was kept: {error!r}") from error
        return cls(**values)
