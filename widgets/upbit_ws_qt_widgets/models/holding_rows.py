"""Holdings as rows of a table: their texts, their order, what a pointer asks of them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .holding_values import CASH, Holding, Standing

__all__ = [
    "ABOUT",
    "MASK",
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
    "route",
]

UNKNOWN = "-"
"""Shown for what the exchange does not know, such as what a gift cost."""
UNPRICED = "—"
"""Shown where there is no price."""
ABOUT = "≈"
"""Stands before what hangs on an average price from before the amount changed."""
MASK = "*****"
"""Stands for every amount in private, short or long."""
_COIN = Decimal("0.00000001")
_WON = Decimal(1)
_PERCENT = Decimal("0.01")
_EVERY_DIGIT = Context(prec=200)


class Column(enum.IntEnum):
    """The columns in their first order."""

    ASSET = 0
    QUANTITY = 1
    AVAILABLE = 2
    LOCKED = 3
    AVERAGE = 4
    BREAK_EVEN = 5
    PRICE = 6
    VALUE = 7
    PROFIT = 8
    RATE = 9


_FIELDS = {
    Column.QUANTITY: "quantity",
    Column.AVAILABLE: "available",
    Column.LOCKED: "locked",
    Column.AVERAGE: "average_price",
    Column.BREAK_EVEN: "break_even",
    Column.PRICE: "price",
    Column.VALUE: "value",
    Column.PROFIT: "profit",
    Column.RATE: "profit_rate",
}


class HoldingRow(NamedTuple):
    """One holding as shown: a text for each column; ``sign`` is that of the profit (-1, 0, 1).

    ``tag`` stands behind the asset's name: the way to won where it is not direct (``BTC → KRW``).
    """

    holding: Holding
    name: str
    tag: str
    texts: tuple[str, ...]
    sign: int


def make_row(
    holding: Holding,
    name: str,
    tick_at: Callable[[str, float], float],
    *,
    tag: str = "",
    private: bool = False,
) -> HoldingRow:
    """Write a holding out.

    Args:
        holding: the holding.
        name: the asset's name in the reader's language; empty where the exchange gives none.
        tick_at: the price step of a market at a price.
        tag: what is said of it beside the name; by default the way to won if it is not direct.
        private: whether amounts are masked; prices and percentages say nothing of how much.
    """
    currency = holding.currency
    cash = currency == CASH
    about = ABOUT if holding.provisional else ""

    def price(value: Decimal | None, unknown: str) -> str:
        if value is None:
            return unknown
        # A crossed price stands on the grid that the won market would have.
        return format_price(float(value), tick_at(f"{CASH}-{currency}", float(value)))

    def own(value: Decimal | None) -> str:
        return UNKNOWN if value is None else about + price(value, UNKNOWN)

    def amount(value: Decimal) -> str:
        return MASK if private else format_amount(value, currency)

    profit, rate = holding.profit, holding.profit_rate
    if profit is None:
        profit_text = UNKNOWN
    else:
        profit_text = MASK if private else about + format_won(profit, signed=True)
    if holding.value is None:
        value_text = UNPRICED
    else:
        value_text = MASK if private else format_won(holding.value)
    texts = (
        f"{name} {currency}" if name else currency,
        amount(holding.quantity),
        amount(holding.available),
        amount(holding.locked) if holding.locked else "",
        own(holding.average_price),
        own(holding.break_even),
        price(holding.price, UNKNOWN if cash else UNPRICED),
        value_text,
        profit_text,
        UNKNOWN if rate is None else about + format_rate(rate),
    )
    sign = 0 if profit is None else (profit > 0) - (profit < 0)
    if not tag and len(holding.path) > 1:
        tag = route(holding.path)
    return HoldingRow(holding, name, tag, texts, sign)


def route(path: Iterable[str]) -> str:
    """The currencies a path sells through: ``BTC → KRW``; empty for none."""
    return " → ".join(market.partition("-")[0] for market in path)


def changed_columns(before: HoldingRow, after: HoldingRow) -> tuple[int, int] | None:
    """The first and last column whose text or colour differs, or None."""
    differing = [
        column
        for column in Column
        if before.texts[column] != after.texts[column]
        or (column in (Column.PROFIT, Column.RATE) and before.sign != after.sign)
        or (column == Column.ASSET and before.tag != after.tag)
    ]
    return (differing[0], differing[-1]) if differing else None


def in_order(rows: Iterable[HoldingRow], column: int, *, descending: bool) -> list[HoldingRow]:
    """Sort by the numbers of a column, the unknown last in both directions, ties by code.

    What stands apart (see ``Holding.is_apart``) comes behind everything else in both.
    """
    listed = sorted(rows, key=lambda row: row.holding.currency)
    if column == Column.ASSET:
        listed.sort(key=lambda row: row.texts[Column.ASSET].casefold(), reverse=descending)
    else:
        numbers = [(getattr(row.holding, _FIELDS[Column(column)]), row) for row in listed]
        known = [(number, row) for number, row in numbers if number is not None]
        known.sort(key=lambda pair: pair[0], reverse=descending)
        listed = [row for _, row in known] + [row for number, row in numbers if number is None]
    return sorted(listed, key=lambda row: row.holding.is_apart)


def explain(
    row: HoldingRow,
    column: int,
    text: Callable[..., str],
    *,
    private: bool = False,
    with_fees: bool = True,
) -> str:
    """What a pointer resting on a cell is told; empty where the cell says it all."""
    holding = row.holding
    if column in (Column.QUANTITY, Column.AVAILABLE, Column.LOCKED):
        available, locked = (
            MASK if private else f"{amount:,f}" for amount in (holding.available, holding.locked)
        )
        return text("balances.exact_quantity", available=available, locked=locked)
    if holding.currency == CASH:
        return ""
    lines: list[str] = []
    if column in (Column.ASSET, Column.PRICE, Column.VALUE):
        if holding.standing is not Standing.PRICED:
            lines.append(text(f"balances.{holding.standing}"))
        elif holding.is_worthless:
            lines.append(text("balances.worthless"))
        if holding.price is not None and column != Column.ASSET:
            lines.append(text("balances.path", path=" × ".join(holding.path)))
    elif holding.average_price is None:
        lines.append(text("balances.unread" if holding.provisional else "balances.uncosted"))
    else:
        lines += _of_profit(holding, column, text, private=private, with_fees=with_fees)
    return "\n".join(lines)


def _of_profit(
    holding: Holding, column: int, text: Callable[..., str], *, private: bool, with_fees: bool
) -> list[str]:
    lines: list[str] = []
    if column == Column.BREAK_EVEN:
        lines.append(text("balances.break_even_means"))
    if column in (Column.PROFIT, Column.RATE) and holding.fees is not None:
        fees = MASK if private else format_won(holding.fees)
        key = "balances.fees_included" if with_fees else "balances.fees_left_out"
        lines.append(text(key, fees=fees))
    if holding.provisional:
        lines.append(text("balances.provisional"))
    if holding.by_hand:
        lines.append(text("balances.by_hand"))
    return lines


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
