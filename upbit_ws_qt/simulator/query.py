"""Parameters of REST calls, read as the exchange reads them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from .days import DAY_MS

__all__ = [
    "ExchangeError",
    "QuotationError",
    "decimal_number",
    "last_trade_ms",
    "moment",
    "whole_number",
]

# A plus sign that the client did not encode arrives as a space.
_LOST_PLUS = re.compile(r"(:\d\d) (\d\d:?\d\d)$")


class QuotationError(Exception):
    """The answer is an error of the quotation kind, whose name is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ExchangeError(Exception):
    """The answer is an error of the exchange kind, whose name is a word."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.status = status
        self.name = name
        self.message = message


def whole_number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A number without sign, cut at ``most``."""
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise QuotationError(400, f"{name} is not a number: {text}")
    return min(int(text), most)


def decimal_number(query: Mapping[str, str], name: str) -> Decimal:
    """A decimal number, 0 where there is none."""
    text = query.get(name) or "0"
    try:
        return Decimal(text)
    except InvalidOperation:
        raise QuotationError(400, f"{name} is not a number: {text}") from None


def moment(query: Mapping[str, str], now_ms: int) -> int:
    """The time (ms since 1970) that ``to`` names, exclusive; without one all up to now.

    ISO 8601; a time without a zone is UTC.
    """
    text = query.get("to", "")
    if not text:
        return now_ms + 1
    try:
        found = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    except ValueError:
        raise QuotationError(400, f"to is not a time: {text}") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp() * 1000)


def last_trade_ms(query: Mapping[str, str], now_ms: int) -> int:
    """The last ms whose trades ``/v1/trades/ticks`` lists, by ``to``, ``days_ago`` and ``cursor``.

    ``to`` is a time of day (UTC), exclusive; ``days_ago`` goes back up to seven days.
    """
    days_ago = whole_number(query, "days_ago", 0, 7)
    cursor = whole_number(query, "cursor", 0, 1 << 62)
    text = query.get("to", "")
    day_ms = (now_ms // DAY_MS - days_ago) * DAY_MS
    end_ms = day_ms + DAY_MS
    if text:
        try:
            found = datetime.strptime(text, "%H:%M:%S" if ":" in text else "%H%M%S").replace(
                tzinfo=UTC
            )
        except ValueError:
            raise QuotationError(400, f"to is not a time: {text}") from None
        end_ms = day_ms + (found.hour * 3600 + found.minute * 60 + found.second) * 1000
    if cursor:
        end_ms = min(end_ms, cursor // 10_000 + 1)
    return min(now_ms, end_ms - 1)
