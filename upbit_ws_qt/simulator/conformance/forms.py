"""The forms of values that occur in many answers of the exchange. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from .case import check, check_equal

__all__ = [
    "check_change",
    "check_form",
    "check_names",
    "is_amount",
    "is_milliseconds",
    "raw_numbers",
    "utc_ms",
]

_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_LEAST_MS = 1_500_000_000_000
_MOST_MS = 4_000_000_000_000


def check_names(what: str, row: Mapping[str, Any], names: Sequence[str]) -> None:
    """Go on only if a row has exactly these names, in any order."""
    missing, more = set(names) - set(row), set(row) - set(names)
    came = f"without {sorted(missing)}, and beside them {sorted(more)}"
    check(not missing and not more, f"{what} with the documented names", came)


def check_form(what: str, text: object, pattern: str) -> None:
    """Go on only if a text has this form."""
    check(isinstance(text, str) and re.fullmatch(pattern, text), f"{what} like {pattern}", text)


def is_milliseconds(value: object) -> bool:
    """Whether a number counts ms since 1970, as a whole number of our days."""
    return type(value) is int and _LEAST_MS < value < _MOST_MS


def is_amount(value: object) -> bool:
    """Whether an amount is written as a string without exponent."""
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def utc_ms(text: str, hours_ahead: int = 0) -> int:
    """The ms of a time without a zone that is ``hours_ahead`` of UTC."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=hours_ahead)
    return int(moment.timestamp() * 1000)


def check_change(row: Mapping[str, Any]) -> None:
    """Go on only if a ticker's changes follow from its price and the former close."""
    change = Decimal(row["trade_price"]) - Decimal(row["prev_closing_price"])
    word = "RISE" if change > 0 else "FALL" if change < 0 else "EVEN"
    check_equal("change", row["change"], word)
    for name, value in (("signed_change_price", change), ("change_price", abs(change))):
        check(Decimal(row[name]) == value, f"{name} {value}", row[name])
    rate = change / Decimal(row["prev_closing_price"])
    for name, value in (("signed_change_rate", rate), ("change_rate", abs(rate))):
        came = Decimal(row[name])
        check(abs(came - value) < Decimal("1e-9"), f"{name} of about {value:.10f}", came)


def raw_numbers(text: str, name: str) -> list[str]:
    """How the numbers under ``name`` are spelled; there must be some."""
    found = re.findall(rf'"{name}":(-?[0-9.eE+-]+)', text)
    check(bool(found), f"numbers under {name!r}, without spaces", text)
    return found
