"""Holdings as rows of a table: their texts, their order, what a pointer asks of them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .holdings import CASH, Holding

__all__ = [
    "UNKNOWN",
    "UNPRICED",
    "Column",
    "HoldingRow",
    "changed_columns",
    "explain",
    "format_amount",
    "format_rate",
    "format_won",
    "in_order",
    "make_row",
]

UNKNOWN = "-"
"""Shown for what the exchange does not know, such as what a gift cost."""
UNPRICED = "—"
"""Shown where there is no price."""
_COIN = Decimal("0.00000001")
_WON = Decimal(1)
_PERCENT = Decimal("0.01")
_EVERY_DIGIT = Context(prec=100)


class Column(enum.IntEnum):
    """The columns in their first order."""

    ASSET = 0
    QUANTITY = 1
    LOCKED = 2
    AVERAGE = 3
    PRICE = 4
    VALUE = 5
    PROFIT = 6
    RATE = 7


_FIELDS = {
    Column.QUANTITY: "quantity",
    Column.LOCKED: "locked",
    Column.AVERAGE: "average_price",
    Column.PRICE: "price",
    Column.VALUE: "value",
    Column.PROFIT: "profit",
    Column.RATE: "profit_rate",
}


class HoldingRow(NamedTuple):
    """One holding as shown: a text for each column; ``sign`` is that of the profit (-1, 0, 1)."""

    holding: Holding
    name: str
    texts: tuple[str, ...]
    sign: int


def make_row(holding: Holding, name: str, tick_at: Callable[[str, float], float]) -> HoldingRow:
    """Write a holding out.

    Args:
        holding: the holding.
        name: the asset's name in the reader's language; empty where the exchange gives none.
        tick_at: the price step of a market at a price.
    """
    currency = holding.currency
    cash = currency == CASH

    def price(value: Decimal | None, unknown: str) -> str:
        if value is None:
            return unknown
        # A crossed price stands on the grid that the won market would have.
        return format_price(float(value), tick_at(f"{CASH}-{currency}", float(value)))

    unpriced = UNKNOWN if cash else UNPRICED
    profit = holding.profit
    texts = (
        f"{name} {currency}" if name else currency,
        format_amount(holding.quantity, currency),
        format_amount(holding.locked, currency) if holding.locked else "",
        price(holding.average_price, UNKNOWN),
        price(holding.price, unpriced),
        UNPRICED if holding.value is None else format_won(holding.value),
        UNKNOWN if profit is None else format_won(profit, signed=True),
        UNKNOWN if holding.profit_rate is None else format_rate(holding.profit_rate),
    )
    sign = 0 if profit is None else (profit > 0) - (profit < 0)
    return HoldingRow(holding, name, texts, sign)


def changed_columns(before: HoldingRow, after: HoldingRow) -> tuple[int, int] | None:
    """The first and last column whose text or colour differs, or None."""
    differing = [
        column
        for column in Column
        if before.texts[column] != after.texts[column]
        or (column in (Column.PROFIT, Column.RATE) and before.sign != after.sign)
    ]
    return (differing[0], differing[-1]) if differing else None


def in_order(rows: Iterable[HoldingRow], column: int, *, descending: bool) -> list[HoldingRow]:
    """Sort by the numbers of a column, the unknown last in both directions, ties by code."""
    listed = sorted(rows, key=lambda row: row.holding.currency)
    if column == Column.ASSET:
        listed.sort(key=lambda row: row.texts[Column.ASSET].casefold(), reverse=descending)
        return listed
    numbers = [(getattr(row.holding, _FIELDS[Column(column)]), row) for row in listed]
    known = [(number, row) for number, row in numbers if number is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in known] + [row for number, row in numbers if number is None]


def explain(row: HoldingRow, column: int, text: Callable[..., str]) -> str:
    """What a pointer resting on a cell is told; empty where the cell says it all."""
    holding = row.holding
    if column in (Column.QUANTITY, Column.LOCKED):
        available, locked = f"{holding.available:,f}", f"{holding.locked:,f}"
        return text("balances.exact_quantity", available=available, locked=locked)
    if holding.currency == CASH or column == Column.ASSET:
        return ""
    if column in (Column.PRICE, Column.VALUE):
        if holding.price is None:
            return text("balances.unpriced")
        return text("balances.path", path=" × ".join(holding.path))
    return text("balances.uncosted") if holding.average_price is None else ""


def format_amount(amount: Decimal, currency: str) -> str:
    """An amount never above what is there: eight decimals, none for won, rounded down."""
    return f"{_rounded(amount, _WON if currency == CASH else _COIN, ROUND_DOWN):,f}"


def format_won(value: Decimal, *, signed: bool = False) -> str:
    """Won without decimals, rounded half up."""
    rounded = _rounded(value, _WON, ROUND_HALF_UP)
    return f"{rounded:+,f}" if signed and rounded else f"{rounded:,f}"


def format_rate(rate: Decimal) -> str:
    """A fraction as a signed percentage with two decimals."""
    percent = _rounded(rate * 100, _PERCENT, ROUND_HALF_UP)
    return f"{percent:+,f}%" if percent else f"{percent:f}%"


def _rounded(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    rounded = value.quantize(step, rounding, _EVERY_DIGIT)
    return rounded if rounded else abs(rounded)  # no minus before a zero
