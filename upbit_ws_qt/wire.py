"""What goes over the wire: frames into events, subscriptions into requests. Pure.

The exchange writes one JSON object a frame, under long (DEFAULT) or short (SIMPLE) names. Each
event class has a twin with the short names, so that both are decoded straight from bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import GenericAlias
from typing import Any, TypeAlias

import msgspec

from .errors import DecodeError, UnknownType
from .events import (
    AssetEvent,
    Balance,
    BalanceEvent,
    CandleEvent,
    ConnectionType,
    MarketEvent,
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    Stamp,
    TickerEvent,
    TradeEvent,
)
from .field_names import (
    ASSET,
    CANDLE,
    MY_ASSET,
    MY_ORDER,
    ORDERBOOK,
    TICKER,
    TRADE,
    UNIT,
    FieldNames,
)
from .subscriptions import Stream, WirePlan
from .timeframe import Timeframe
from .twins import twin

__all__ = [
    "ControlFrame",
    "DataEvent",
    "ErrorFrame",
    "ListFrame",
    "StatusFrame",
    "decode",
    "decode_frame",
    "encode_question",
    "encode_request",
]

#: What a data frame is read as.
DataEvent: TypeAlias = MarketEvent | BalanceEvent

_Decode: TypeAlias = Callable[[bytes], DataEvent]


def _rows(row: type[Any]) -> GenericAlias:
    return GenericAlias(tuple, (row, ...))


def _asset_decoder(names: FieldNames, asset_names: FieldNames) -> _Decode:
    """Rows of frames become plain balances, equal to those of a call."""
    row = twin(Balance, asset_names, required=("locked",))
    names = {**names, "balances": names["assets"]}
    decode = msgspec.json.Decoder(twin(AssetEvent, names, types={"balances": _rows(row)})).decode

    def decode_assets(frame: bytes) -> AssetEvent:
        event: AssetEvent = decode(frame)
        plain = (
            Balance(currency=row.currency, balance=row.balance, locked=row.locked)
            for row in event.balances
        )
        _set(event, "balances", tuple(plain))
        return event

    return decode_assets


def _long(names: FieldNames) -> FieldNames:
    return dict(zip(names, names, strict=True))


def _decoders(
    ticker: type[Any],
    trade: type[Any],
    orderbook: type[Any],
    candle: type[Any],
    order: type[Any],
    decode_assets: _Decode,
) -> dict[bytes, _Decode]:
    candles = msgspec.json.Decoder(candle).decode
    return {
        b"ticker": msgspec.json.Decoder(ticker).decode,
        b"trade": msgspec.json.Decoder(trade).decode,
        b"orderbook": msgspec.json.Decoder(orderbook).decode,
        **{name.encode(): candles for name in _CANDLE_TYPES},
        b"myOrder": msgspec.json.Decoder(order).decode,
        b"myAsset": decode_assets,
    }


_set = msgspec.structs.force_setattr
_CANDLE_TYPES = tuple(unit.wire_type for unit in Timeframe if unit.is_streamed)
_SHORT_ROWS = {"orderbook_units": _rows(twin(OrderbookUnit, UNIT))}
_BY_TYPE: dict[bytes, dict[bytes, _Decode]] = {
    b"type": _decoders(
        TickerEvent,
        TradeEvent,
        OrderbookEvent,
        CandleEvent,
        OrderEvent,
        _asset_decoder(_long(MY_ASSET), _long(ASSET)),
    ),
    b"ty": _decoders(
        twin(TickerEvent, TICKER),
        twin(TradeEvent, TRADE),
        twin(OrderbookEvent, ORDERBOOK, types=_SHORT_ROWS),
        twin(CandleEvent, CANDLE),
        twin(OrderEvent, MY_ORDER),
        _asset_decoder(MY_ASSET, ASSET),
    ),
}


#: Refusals that are about the connection, not about what was asked for.
NOBODY_TO_BLAME = frozenset({"INVALID_AUTH", "TOO_MANY_REQUEST"})


class ControlFrame(msgspec.Struct, frozen=True):
    """What the exchange says that is no data."""


class ErrorFrame(ControlFrame, frozen=True):
    """The exchange refused a request; it closes the connection about 150 ms later."""

    name: str
    message: str = ""


class StatusFrame(ControlFrame, frozen=True):
    """``{"status":"UP"}``, the answer to a text ``PING``."""

    status: str


class ListFrame(ControlFrame, frozen=True):
    """The answer to LIST_SUBSCRIPTIONS: the question's mark and the streams, whatever their depth.

    Source: docs.upbit.com, list-subscriptions. Only order books have a level, and ``myAsset`` has
    no codes; nor has ``myOrder`` for all markets.
    """

    ticket: str
    streams: frozenset[Stream]


class _ListRow(msgspec.Struct):
    type: str
    codes: tuple[str, ...] | None = None
    level: float | None = None


class _ShortListRow(_ListRow, rename={"type": "ty", "codes": "cds", "level": "lv"}):
    type: str
    codes: tuple[str, ...] | None = None
    level: float | None = None


class _Head(msgspec.Struct):
    type: str | None = None
    ty: str | None = None
    error: ErrorFrame | None = None
    status: str | None = None
    result: tuple[_ListRow, ...] | None = None
    rslt: tuple[_ShortListRow, ...] | None = None
    ticket: str = ""
    tckt: str = ""


_head_decoder = msgspec.json.Decoder(_Head)
# What a frame can do to the decoder: broken JSON, a string that is not UTF-8, too many brackets.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


_START = 24


@lru_cache(maxsize=256)
def _by_start(start: bytes) -> _Decode | None:
    """What reads a frame that starts like this; None where the start does not say it.

    The exchange writes the type first, so the start saves a second parse. With the code's first
    letters in it there are some starts for each type.
    """
    words = start.split(b'"', 4)
    return _BY_TYPE.get(words[1], {}).get(words[3]) if len(words) == 5 else None


def decode_frame(frame: bytes, stamp: Stamp) -> DataEvent | ErrorFrame | StatusFrame | ListFrame:
    """Read one frame in either format; unknown extra fields are ignored.

    Raises:
        UnknownType: it is not of a type we know.
        DecodeError: it is not JSON, or a field has the wrong shape.
    """
    decode_event = _by_start(frame[:_START])
    try:
        if decode_event is None:
            head = _head_decoder.decode(frame)
            if head.error is not None:
                return head.error
            if head.status is not None:
                return StatusFrame(head.status)
            rows = head.rslt if head.result is None else head.result
            if rows is not None:
                return ListFrame(head.ticket or head.tckt, _listed(rows))
            name = head.type or head.ty or ""
            decode_event = _BY_TYPE[b"type" if head.type else b"ty"].get(name.encode())
            if decode_event is None:
                raise UnknownType(name, frame)
        event = decode_event(frame)
    except _UNREADABLE as error:
        raise DecodeError(f"a frame is not what the documents say: {error}", frame) from error
    _set(event, "stamp", stamp)
    return event


def decode(frame: bytes | str) -> DataEvent:
    """Make an event from one data frame, for tests and tools.

    Raises:
        DecodeError: it is not a data frame of the exchange.
    """
    raw = frame.encode() if isinstance(frame, str) else bytes(frame)
    event = decode_frame(raw, Stamp())
    if not isinstance(event, DataEvent):
        raise DecodeError(f"expected a data frame; got {event!r}", raw)
    if isinstance(event, OrderEvent | BalanceEvent):
        _set(event, "stamp", Stamp(connection_type=ConnectionType.PRIVATE))
    return event


def encode_request(plan: WirePlan, ticket: str) -> bytes:
    """The one message that replaces a connection's whole subscription list.

    SIMPLE is asked for: the same content in little more than half the bytes, which is what costs
    under TLS. Source of the form: docs.upbit.com, websocket-guide.
    """
    groups: dict[tuple[str, float], list[str]] = {}
    for stream, depth in sorted(plan.items()):
        groups.setdefault((stream.type, stream.level), []).append(_code(stream, depth))
    message: list[dict[str, Any]] = [{"ticket": ticket}]
    for (name, level), codes in groups.items():
        entry: dict[str, Any] = {"type": name}
        if codes != [""]:
            # `myAsset` must not have codes, and `myOrder` without them means all markets.
            entry["codes"] = codes
        if level:
            entry["level"] = int(level) if level == int(level) else level
        message.append(entry)
    message.append({"format": "SIMPLE"})
    return json.dumps(message, separators=(",", ":")).encode()


def encode_question(ticket: str) -> bytes:
    """Ask for the list of what the exchange sends us.

    A format sent with it becomes that of the running streams, and what a missing one means there is
    not documented; so it names the one that they have. Source: docs.upbit.com, list-subscriptions.
    """
    message = [{"ticket": ticket}, {"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"}]
    return json.dumps(message, separators=(",", ":")).encode()


def _listed(rows: Iterable[_ListRow]) -> frozenset[Stream]:
    return frozenset(
        Stream(row.type, code.partition(".")[0], row.level or 0.0)
        for row in rows
        for code in row.codes or ("",)
    )


def _code(stream: Stream, depth: int) -> str:
    # A depth of 30 is what the exchange sends without a suffix.
    return f"{stream.code}.{depth}" if stream.type == "orderbook" and depth != 30 else stream.code
