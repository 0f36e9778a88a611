"""Subscription requests, read as the exchange reads them. Pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import Any, cast

import msgspec

from upbit_ws_qt.timeframe import Timeframe

__all__ = [
    "CATEGORIES",
    "FORMATS",
    "STREAM_TYPES",
    "Refusal",
    "Request",
    "Wish",
    "read_request",
]

FORMATS = ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST")
_PUBLIC_TYPES = frozenset(
    {"ticker", "trade", "orderbook"} | {unit.wire_type for unit in Timeframe if unit.is_streamed}
)
_PRIVATE_TYPES = frozenset({"announcement", "myAsset", "myOrder"})
STREAM_TYPES = _PUBLIC_TYPES | _PRIVATE_TYPES
# Source: docs.upbit.com, websocket-announcement.
CATEGORIES = (
    "notice",
    "trade",
    "wallet",
    "maintenance",
    "digital_asset",
    "nft",
    "service",
    "event",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """One data object of a request: a type and its codes, as they were written.

    ``categories`` and ``include_body`` are of announcements; no categories are all of them.
    """

    type: str
    codes: tuple[str, ...] = ()
    level: float = 0.0
    only_snapshot: bool = False
    only_realtime: bool = False
    categories: tuple[str, ...] = ()
    include_body: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request that can be served. ``format`` is None where the message names none."""

    ticket: str
    wishes: tuple[Wish, ...] = ()
    format: str | None = None
    lists_subscriptions: bool = False

    def without(self, stream: str | None, code: str | None) -> Request:
        """The same request with neither this type nor this market in it; None stands for all."""
        kept: list[Wish] = []
        for wish in self.wishes:
            if stream not in (None, wish.type):
                kept.append(wish)
            elif code is not None:
                codes = tuple(c for c in wish.codes if c.partition(".")[0] != code)
                if codes or not wish.codes:
                    kept.append(replace(wish, codes=codes))
        return replace(self, wishes=tuple(kept))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that cannot be served: the error's name and what goes into its text."""

    name: str
    fields: dict[str, str] = field(default_factory=dict[str, str])


_WRONG_FORMAT = Refusal("WRONG_FORMAT")


def read_request(
    text: str | bytes, *, private: bool, most_codes: int | None = None
) -> Request | Refusal:
    """Read one message of a client; more than ``most_codes`` in it have the wrong format.

    Source: docs.upbit.com, websocket-guide and the pages of the types. Objects may stand in any
    order, which is what the wire accepts; the old camelCase flags are understood too.
    """
    try:
        parts = msgspec.json.decode(text, type=list[dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _WRONG_FORMAT
    ticket = next((part["ticket"] for part in parts if "ticket" in part), None)
    if not isinstance(ticket, str) or not ticket:
        return Refusal("NO_TICKET")
    format_: str | None = None
    lists = False
    wishes: list[Wish] = []
    for part in parts:
        if "type" in part:
            wish = _read_wish(part, private=private)
            if isinstance(wish, Refusal):
                return wish
            wishes.append(wish)
        elif "method" in part:
            if part["method"] != "LIST_SUBSCRIPTIONS":
                return _WRONG_FORMAT
            lists = True
        elif "format" in part:
            if part["format"] not in FORMATS:
                return _WRONG_FORMAT
            format_ = part["format"]
        elif "ticket" not in part:
            return Refusal("NO_TYPE")
    if not (wishes or lists):
        return Refusal("NO_TYPE")
    if most_codes is not None and sum(len(wish.codes) for wish in wishes) > most_codes:
        return _WRONG_FORMAT
    return Request(ticket, tuple(wishes), format_, lists)


def _read_wish(fields: dict[str, Any], *, private: bool) -> Wish | Refusal:
    kind = fields["type"]
    if not isinstance(kind, str):
        return _WRONG_FORMAT
    if kind not in (_PRIVATE_TYPES if private else _PUBLIC_TYPES):
        return Refusal("INVALID_PARAM", {"type": kind})
    if kind == "announcement":
        return _read_announcement_wish(fields)
    codes: Any = fields.get("codes")
    if codes is None and not private:
        return Refusal("NO_CODES")
    if kind == "myAsset" and codes is not None:
        return _WRONG_FORMAT
    if codes is not None and not _are_texts(codes):
        return _WRONG_FORMAT
    if codes is not None and not codes and not private:
        return Refusal("NO_CODES")
    level: Any = fields.get("level", 0)
    if isinstance(level, bool) or not isinstance(level, int | float):
        return _WRONG_FORMAT
    if abs(level) > sys.float_info.max:
        return _WRONG_FORMAT
    flags: list[bool] = []
    for name, old_name in (
        ("is_only_snapshot", "isOnlySnapshot"),
        ("is_only_realtime", "isOnlyRealtime"),
    ):
        flag: Any = fields.get(name, fields.get(old_name, False))
        if not isinstance(flag, bool):
            return _WRONG_FORMAT
        flags.append(flag)
    return Wish(kind, tuple(cast("list[str]", codes or [])), float(level), flags[0], flags[1])


def _read_announcement_wish(fields: dict[str, Any]) -> Wish | Refusal:
    categories: Any = fields.get("categories", [])
    include_body: Any = fields.get("include_body", False)
    if not _are_texts(categories) or not isinstance(include_body, bool):
        return _WRONG_FORMAT
    for category in cast("list[str]", categories):
        if category not in CATEGORIES:
            return Refusal("INVALID_PARAM", {"type": category})
    return Wish("announcement", categories=tuple(categories), include_body=include_body)


def _are_texts(codes: object) -> bool:
    return isinstance(codes, list) and all(
        isinstance(code, str) for code in cast("list[object]", codes)
    )
