"""Parameters of REST calls, read as the exchange reads them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

import msgspec

from upbit_ws_qt.simulator.market.days import DAY_MS

__all__ = [
    "INVALID",
    "MISSING",
    "ExchangeError",
    "Fields",
    "QuotationError",
    "decimal_number",
    "last_trade_ms",
    "moment",
    "read_body",
    "read_query",
    "whole_number",
]

#: Parameters by name, each with all its values; arrays are named without ``[]``.
Fields: TypeAlias = dict[str, list[str]]

# Source: docs.upbit.com, the examples of errors at each page of the quotation API.
MISSING = "Missing request parameter error. Check the required parameters!"
INVALID = "Invalid parameter. Check the given value!"
_MISMATCH = "Type mismatch error. Check the parameters type!"

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


def read_query(text: str) -> tuple[Fields, str]:
    """The fields of a query string or form, and the text that a token's hash is made of.

    Source: docs.upbit.com, auth: the text is not URL-encoded, and in the order sent.
    """
    fields: Fields = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields.setdefault(name.removesuffix("[]"), []).append(value)
    return fields, unquote(text)


def read_body(body: bytes) -> tuple[Fields, str]:
    """The same of a body: a JSON object, or else a form.

    Source: docs.upbit.com, auth: the text of a JSON body is ``k=v&k=v``, arrays are
    ``k[]=v&k[]=v``. Numbers are taken as they are written.

    Raises:
        ExchangeError: it is neither.
    """
    try:
        if not body.lstrip().startswith(b"{"):
            return read_query(body.decode())
        table = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        fields: Fields = {}
        pairs: list[str] = []
        for name, raw in table.items():
            value: Any = msgspec.json.decode(raw)
            many = isinstance(value, list)
            raws = msgspec.json.decode(raw, type=list[msgspec.Raw]) if many else [raw]
            values = [_plain(each) for each in raws]
            plain_name = name.removesuffix("[]")
            pairs += [f"{plain_name}[]={text}" if many else f"{name}={text}" for text in values]
            if value is not None:
                fields.setdefault(plain_name, []).extend(values)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ExchangeError(400, "validation_error", "잘못된 API 요청입니다.") from None
    return fields, "&".join(pairs)


def _plain(raw: msgspec.Raw) -> str:
    """A string's text, or anything else as it is written."""
    value: Any = msgspec.json.decode(raw)
    return value if isinstance(value, str) else bytes(raw).decode()


def whole_number(
    query: Mapping[str, str], name: str, default: int, most: int, least: int = 0
) -> int:
    """A whole number, cut at ``most``.

    Raises:
        QuotationError: it is none, or below ``least``.
    """
    text = query.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"-?[0-9]{1,30}", text):
        raise QuotationError(400, _MISMATCH)
    if int(text) < least:
        raise QuotationError(400, INVALID)
    return min(int(text), most)


def decimal_number(query: Mapping[str, str], name: str) -> Decimal:
    """A decimal number, 0 where there is none.

    Raises:
        QuotationError: it is none.
    """
    try:
        number = Decimal(query.get(name) or "0")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise QuotationError(400, _MISMATCH)
    return number


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
        raise QuotationError(400, _MISMATCH) from None
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
            raise QuotationError(400, _MISMATCH) from None
        end_ms = day_ms + (found.hour * 3600 + found.minute * 60 + found.second) * 1000
    if cursor:
        end_ms = min(end_ms, cursor // 10_000 + 1)
    return min(now_ms, end_ms - 1)
