"""Drawings as plain data for JSON, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.bars import LATEST_MS

from .kinds import Anchor, Drawing, Foreign, Item, Kind

__all__ = ["HIGHEST_PRICE", "LONGEST_TEXT", "items_of", "rows_of"]

LONGEST_TEXT = 500
"""Of a note, in characters."""

HIGHEST_PRICE = 1e15
"""Of an anchor, up or down; places on screen are reckoned with far larger numbers."""

_VERSION = 1
_KEYS = {"version", "kind", "anchors", "locked"}


def rows_of(items: Iterable[Item]) -> list[dict[str, Any]]:
    """One dict for each drawing, fit for ``json.dumps``."""
    return [json.loads(item.json) if isinstance(item, Foreign) else _row(item) for item in items]


def _row(drawing: Drawing) -> dict[str, Any]:
    row: dict[str, Any] = {
        "version": _VERSION,
        "kind": drawing.kind.value,
        "anchors": [[anchor.time, anchor.price] for anchor in drawing.anchors],
        "locked": drawing.locked,
    }
    return {**row, "text": drawing.text} if drawing.kind is Kind.TEXT else row


def items_of(rows: object) -> tuple[Item, ...]:
    """The drawings of a list such as ``rows_of`` gives.

    One of a later version, or of a kind that is not known here, is kept untouched, so that an
    older program does not lose what a newer one has drawn.

    Raises:
        InvalidRequest: something else came; nothing of it is taken.
    """
    if not isinstance(rows, list):
        raise InvalidRequest(f"a list of drawings is expected; got {_short(rows)}")
    return tuple(
        _item(f"drawing {number}", row) for number, row in enumerate(cast("list[object]", rows), 1)
    )


def _item(name: str, given: object) -> Item:
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{name}: a dict is expected; got {_short(given)}")
    row = cast("Mapping[str, object]", given)
    version, kind = row.get("version"), row.get("kind")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidRequest(f"{name}: version must be 1 or above; got {_short(version)}")
    if not isinstance(kind, str):
        raise InvalidRequest(f"{name}: kind must be a name such as 'trend'; got {_short(kind)}")
    if version > _VERSION or kind not in list(Kind):
        return Foreign(_json(name, row))
    return _drawing(name, Kind(kind), row)


def _json(name: str, row: Mapping[str, object]) -> str:
    try:
        return json.dumps(dict(row), allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"{name}: only what JSON can hold is kept; {error}") from None


def _drawing(name: str, kind: Kind, row: Mapping[str, object]) -> Drawing:
    keys = {*_KEYS, "text"} if kind is Kind.TEXT else _KEYS
    if set(row) != keys:
        raise InvalidRequest(
            f"{name}: a {kind} has {', '.join(sorted(keys))}; got {_short(sorted(map(str, row)))}"
        )
    locked, text = row["locked"], row.get("text", "")
    if not isinstance(locked, bool):
        raise InvalidRequest(f"{name}: locked must be true or false; got {_short(locked)}")
    if not isinstance(text, str) or (kind is Kind.TEXT and not 0 < len(text) <= LONGEST_TEXT):
        raise InvalidRequest(
            f"{name}: text must have 1 to {LONGEST_TEXT} characters; got {_short(text)}"
        )
    return Drawing(kind, _anchors(name, kind, row["anchors"]), text, locked)


def _anchors(name: str, kind: Kind, given: object) -> tuple[Anchor, ...]:
    # Before its type is narrowed to one without elements.
    got = _short(given)
    pairs = list(cast("Iterable[object]", given)) if isinstance(given, list | tuple) else []
    anchors = [_anchor(pair) for pair in pairs]
    found = tuple(anchor for anchor in anchors if anchor is not None)
    if len(found) != len(pairs) or len(found) != kind.anchor_count:
        raise InvalidRequest(
            f"{name}: a {kind} has {kind.anchor_count} anchors [time in ms, price]; got {got}"
        )
    return found


def _anchor(given: object) -> Anchor | None:
    if not isinstance(given, list | tuple):
        return None
    pair = cast("list[object]", given)
    if len(pair) != 2 or any(isinstance(number, bool) for number in pair):
        return None
    time, price = pair
    if not isinstance(time, int) or not isinstance(price, int | float):
        return None
    # In seconds or microseconds it would be another century.
    fits = 0 < time < LATEST_MS and abs(price) <= HIGHEST_PRICE
    return Anchor(time, float(price)) if fits else None


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else text[:79] + "…"
