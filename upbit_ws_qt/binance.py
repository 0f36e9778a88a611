"""Binance's public streams as the events of this package. Pure.

A connection is told the difference: streams are subscribed to and unsubscribed from by their names,
each message has an id, and the answer to that id says yes or no. Source of all that is said here
about the exchange: developers.binance.com, web-socket-streams of the spot market.
"""

from __future__ import annotations

import json

import msgspec

from .binance_rows import READERS
from .dialect import AnswerFrame, Frame, RefusedFrame
from .errors import DecodeError, UnknownType
from .events import Stamp
from .exchange import Exchange
from .subscriptions import Stream, WirePlan
from .wire import ListFrame

__all__ = ["BINANCE", "BinanceDialect", "stream_name"]

# What its candles are called, by what they are called here.
_INTERVALS = {
    "candle.1s": "1s",
    "candle.1m": "1m",
    "candle.3m": "3m",
    "candle.5m": "5m",
    "candle.15m": "15m",
    "candle.30m": "30m",
    "candle.60m": "1h",
    "candle.240m": "4h",
}
# The rows a partial book may have, by those that were asked for: as many, or all there are.
_ROWS = {1: 5, 5: 5, 15: 20, 30: 20}


def stream_name(stream: Stream, depth: int = 0) -> str:
    """What a stream is called there, such as ``btcusdt@kline_1m``."""
    quote, _, base = stream.code.partition("-")
    symbol = f"{base}{quote}".lower()
    if stream.type == "orderbook":
        return f"{symbol}@depth{_ROWS[depth]}@100ms"
    if stream.type in _INTERVALS:
        return f"{symbol}@kline_{_INTERVALS[stream.type]}"
    return f"{symbol}@{stream.type}"


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class _Message(_Error):
    """Data in an envelope with the name of its stream, or the answer to a message of ours."""

    stream: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    id: str | int | None = None
    result: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET
    error: _Error | None = None


_message = msgspec.json.Decoder(_Message).decode


# State: the streams of this connection by their names, also those that have ended, as frames may be
# on their way; the names that are asked for; what the messages without an answer add.
class BinanceDialect:
    """Binance's: streams are added and taken away, and every message is answered by its id."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._asked: set[str] = set()
        self._open: dict[str, frozenset[str]] = {}

    def connection_made(self) -> None:
        """A new connection carries nothing yet."""
        self._streams.clear()
        self._asked.clear()
        self._open.clear()

    def request(self, plan: WirePlan, ticket: str) -> bytes:
        """What is new comes first: somebody waits for it. Then what is over, if anything."""
        names = self._names(plan)
        new = names.keys() - self._asked
        over = self._asked - names.keys()
        self._streams |= names
        if over and not new:
            self._asked -= over
            self._open[ticket] = frozenset()
            return _written("UNSUBSCRIBE", ticket, over)
        # Where nothing is new it is asked for once more, which changes nothing for what runs.
        added = frozenset(new or names)
        self._asked |= added
        self._open[ticket] = added
        return _written("SUBSCRIBE", ticket, added)

    def carries(self, plan: WirePlan) -> bool:
        """Whether the messages so far ask for it and nothing else."""
        return self._names(plan).keys() == self._asked

    def question(self, ticket: str) -> bytes:
        """Asks for the names of our streams."""
        return _written("LIST_SUBSCRIPTIONS", ticket)

    def decode(self, frame: bytes, stamp: Stamp) -> Frame:
        """Read one message; an answer also settles the message that it answers.

        Raises:
            UnknownType: it is of a stream that nobody here reads.
            DecodeError: it is not what the documents say.
        """
        try:
            message = _message(frame)
            if message.stream is None:
                return self._answer(message, frame)
            stream = self._streams.get(message.stream)
            if stream is None:
                raise UnknownType(message.stream, frame)
            read = READERS.get(stream.type.partition(".")[0])
            if read is not None:
                return read(message.data, stream, stamp)
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError, RecursionError) as error:
            raise DecodeError(f"a frame is not what the documents say: {error}", frame) from error
        head = json.dumps({"type": stream.type, "code": stream.code}).encode()
        raise UnknownType(stream.type, head[:-1] + b"," + bytes(message.data)[1:])

    def _answer(self, message: _Message, frame: bytes) -> Frame:
        ticket = str(message.id)
        added = self._open.pop(ticket, frozenset())
        refusal = message.error or (message if message.code or message.msg else None)
        if refusal is not None:
            self._asked -= added
            return RefusedFrame(
                name=str(refusal.code),
                message=refusal.msg,
                streams=frozenset(self._streams[name] for name in added),
            )
        if message.result is None:
            return AnswerFrame(ticket)
        if message.result is msgspec.UNSET:
            raise DecodeError("expected the data of a stream, or an answer with an id", frame)
        listed = (self._streams.get(name, Stream(name, "")) for name in message.result)
        return ListFrame(ticket, frozenset(listed))

    def _names(self, plan: WirePlan) -> dict[str, Stream]:
        return {stream_name(stream, depth): stream for stream, depth in plan.items()}


BINANCE = Exchange(
    name="Binance",
    region="binance",
    domain="binance.com",
    public_url="wss://stream.binance.com:9443/stream",
    private_url="wss://stream.binance.com:9443/stream",
    rest_url="https://api.binance.com",
    default_market="USDT-BTC",
    has_rest=False,
    has_days=False,
    dialect=BinanceDialect,
    candle_types=frozenset(_INTERVALS),
)


def _written(method: str, ticket: str, names: frozenset[str] | set[str] = frozenset()) -> bytes:
    message: dict[str, object] = {"method": method}
    if names:
        message["params"] = sorted(names)
    message["id"] = ticket
    return json.dumps(message, separators=(",", ":")).encode()
