"""Holdings as a table of plain numbers to the last digit, for other programs. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from .holding_rows import MASK, HoldingRow, route

__all__ = ["table"]

#: The text of each head; what stands there for a row; whether it is an amount.
_CELLS: tuple[tuple[str, Callable[[HoldingRow], object], bool], ...] = (
    ("code", lambda row: row.holding.currency, False),
    ("asset", lambda row: row.name, False),
    ("quantity", lambda row: row.holding.quantity, True),
    ("available", lambda row: row.holding.available, True),
    ("locked", lambda row: row.holding.locked, True),
    ("average_price", lambda row: row.holding.average_price, False),
    ("break_even", lambda row: row.holding.break_even, False),
    ("price", lambda row: row.holding.price, False),
    ("route", lambda row: route(row.holding.path), False),
    ("value", lambda row: row.holding.value, True),
    ("cost", lambda row: row.holding.cost, True),
    ("fees", lambda row: row.holding.fees, True),
    ("profit", lambda row: row.holding.profit, True),
    ("profit_rate", lambda row: row.holding.profit_rate, False),
)


def table(
    rows: Iterable[HoldingRow],
    text: Callable[..., str],
    now: datetime,
    *,
    separator: str = ",",
    private: bool = False,
    with_fees: bool = True,
) -> str:
    """The rows as they stand, under a line of names, each with the time.

    Numbers have all their digits, a point and no thousands separators; a rate is a fraction. What
    is not known is empty; in private, amounts are masked.

    Args:
        rows: what to write.
        text: the texts of the heads by their keys.
        now: the time of the numbers; it is written as in ISO 8601, to the second.
        separator: stands between cells.
        private: whether amounts are masked.
        with_fees: whether the profit is after fees, which its head tells.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    net = {"profit": "net_profit", "profit_rate": "net_rate"} if with_fees else {}
    heads = [text(f"balances.{net.get(key, key)}") for key, _, _ in _CELLS]
    state = text("balances.state")
    writer.writerow([text("balances.time"), *heads, state])
    time = now.isoformat(timespec="seconds")
    for row in rows:
        cells = [
            MASK if private and is_amount and value is not None else _plain(value)
            for value, is_amount in ((read(row), is_amount) for _, read, is_amount in _CELLS)
        ]
        writer.writerow([time, *cells, _state(row)])
    return out.getvalue()


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


def _state(row: HoldingRow) -> str:
    """Words that stay the same in every language, apart by a space."""
    holding = row.holding
    words = [str(holding.standing)]
    words += ["worthless"] if holding.is_worthless else []
    words += ["provisional"] if holding.provisional else []
    words += ["by_hand"] if holding.by_hand else []
    return " ".join(words)
