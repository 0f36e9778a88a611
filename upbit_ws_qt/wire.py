"""What goes over the wire: frames into events, subscriptions into requests. Pure.

The exchange writes one JSON object a frame, under long (DEFAULT) or short (SIMPLE) names. Each
event class has a twin with the short names, so that both are decoded straight from bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import GenericAlias
from typing import Any

import msgspec

from .errors import DecodeError
from .events import (
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    OrderbookUnit,
    Stamp,
    TickerEvent,
    TradeEvent,
)
from .field_names import CANDLE, ORDERBOOK, TICKER, TRADE, UNIT, FieldNames
from .subscriptions import Stream, WirePlan
from .timeframe import Timeframe

__all__ = ["ErrorFrame", "StatusFrame", "decode", "decode_frame", "encode_request"]


def _short_twin(
    cls: type[msgspec.Struct],
    short_names: FieldNames,
    types: Mapping[str, Any] | None = None,
) -> type[Any]:
    """A subclass of ``cls`` that reads the short names."""
    # msgspec renames only the fields a class defines itself, so the twin defines all of them anew.
    own: list[tuple[str, Any, Any]] = []
    for item in msgspec.structs.fields(cls):
        name = short_names.get(item.name, item.encode_name)
        default = msgspec.field(default=item.default, name=name)
        own.append((item.name, (types or {}).get(item.name, item.type), default))
    return msgspec.defstruct(
        cls.__name__,
        own,
        bases=(cls,),
        module=cls.__module__,
        frozen=True,
        kw_only=issubclass(cls, MarketEvent),
        gc=cls.__struct_config__.gc,
    )


_ShortUnit = _short_twin(OrderbookUnit, UNIT)
_ShortOrderbook = _short_twin(
    OrderbookEvent,
    ORDERBOOK,
    {"orderbook_units": GenericAlias(tuple, (_ShortUnit, ...))},
)
_CANDLE_TYPES = tuple(unit.wire_type for unit in Timeframe if unit.is_streamed)

_Decoders = dict[bytes, "msgspec.json.Decoder[Any]"]


def _decoders(
    ticker: type[Any], trade: type[Any], orderbook: type[Any], candle: type[Any]
) -> _Decoders:
    candles = msgspec.json.Decoder(candle)
    return {
        b"ticker": msgspec.json.Decoder(ticker),
        b"trade": msgspec.json.Decoder(trade),
        b"orderbook": msgspec.json.Decoder(orderbook),
        **{name.encode(): candles for name in _CANDLE_TYPES},
    }


_BY_TYPE: dict[bytes, _Decoders] = {
    b"type": _decoders(TickerEvent, TradeEvent, OrderbookEvent, CandleEvent),
    b"ty": _decoders(
        _short_twin(TickerEvent, TICKER),
        _short_twin(TradeEvent, TRADE),
        _ShortOrderbook,
        _short_twin(CandleEvent, CANDLE),
    ),
}


#: Refusals that are about the connection, not about what was asked for.
NOBODY_TO_BLAME = frozenset({"INVALID_AUTH", "TOO_MANY_REQUEST"})


class ErrorFrame(msgspec.Struct, frozen=True):
    """The exchange refused a request; it closes the connection about 150 ms later."""

    name: str
    message: str = ""


class StatusFrame(msgspec.Struct, frozen=True):
    """``{"status":"UP"}``, the answer to a text ``PING``."""

    status: str


class _Head(msgspec.Struct):
    type: str | None = None
    ty: str | None = None
    error: ErrorFrame | None = None
    status: str | None = None


_head_decoder = msgspec.json.Decoder(_Head)
# What a frame can do to the decoder: broken JSON, a string that is not UTF-8, too many brackets.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_set = msgspec.structs.force_setattr


def decode_frame(frame: bytes, stamp: Stamp) -> MarketEvent | ErrorFrame | StatusFrame:
    """Read one frame in either format; unknown extra fields are ignored.

    Raises:
        DecodeError: it is not JSON, or not of a type we know, or a field has the wrong shape.
    """
    # The exchange writes the type first; reading it from the first bytes saves a second parse.
    start = frame[:24].split(b'"', 4)
    decoder = _BY_TYPE.get(start[1], {}).get(start[3]) if len(start) == 5 else None
    try:
        if decoder is None:
            head = _head_decoder.decode(frame)
            if head.error is not None:
                return head.error
            if head.status is not None:
                return StatusFrame(head.status)
            name = head.type or head.ty or ""
            decoder = _BY_TYPE[b"type" if head.type else b"ty"].get(name.encode())
            if decoder is None:
                raise DecodeError(f"no frame type is called {name!r}", frame)
        event: MarketEvent = decoder.decode(frame)
    except _UNREADABLE as error:
        raise DecodeError(f"a frame is not what the documents say: {error}", frame) from error
    _set(event, "stamp", stamp)
    return event


def decode(frame: bytes | str) -> MarketEvent:
    """Make an event from one data frame, for tests and tools.

    Raises:
        DecodeError: it is not a data frame of the exchange.
    """
    raw = frame.encode() if isinstance(frame, str) else bytes(frame)
    event = decode_frame(raw, Stamp())
    if not isinstance(event, MarketEvent):
        raise DecodeError(f"expected a data frame; got {event!r}", raw)
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
        entry: dict[str, Any] = {"type": name, "codes": codes}
        if level:
            entry["level"] = int(level) if level == int(level) else level
        message.append(entry)
    message.append({"format": "SIMPLE"})
    return json.dumps(message, separators=(",", ":")).encode()


def _code(stream: Stream, depth: int) -> str:
    # A depth of 30 is what the exchange sends without a suffix.
    return f"{stream.code}.{depth}" if stream.type == "orderbook" and depth != 30 else stream.code
