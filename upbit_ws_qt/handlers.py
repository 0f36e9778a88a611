"""Data types that a program adds, and who reads their frames. Pure."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgspec

from .errors import DecodeError, HandlerError, UnknownType
from .events import DataType, MarketEvent, Stamp
from .field_names import ANNOUNCEMENT

__all__ = ["CustomEvent", "DataHandler", "HandlerStatistics", "HandlerTable"]

_decode = msgspec.json.Decoder(dict[str, Any]).decode

# What the heads of all streams are called in the short format, and the fields of the types whose
# short names are known; those of others stay as the exchange writes them.
_HEAD = {"ty": "type", "cd": "code", "tms": "timestamp", "st": "stream_type"}
_LONG_NAMES: Mapping[str, Mapping[str, str]] = {
    "announcement": {short: long for long, short in ANNOUNCEMENT.items()},
}


class CustomEvent(MarketEvent, frozen=True, kw_only=True, gc=True):
    """An event of a type that a handler reads; ``data`` is what the handler made of the frame.

    ``code`` is empty where a frame is of no market, and ``timestamp`` (ms since 1970) is that of
    its arrival where it has none.
    """

    data_type: ClassVar[DataType] = DataType.CUSTOM
    data: Any


class DataHandler(Protocol):
    """Reads the frames of a type that this package does not know."""

    def can_handle(self, data_type: str, /) -> bool:
        """Whether frames of this type are for it, such as ``announcement``."""
        ...

    def process_data(self, data: dict[str, Any], /) -> object:
        """What the consumers get as ``CustomEvent.data``; None keeps the frame from them.

        Args:
            data: one frame under its documented long names, such as ``title``.
        """
        ...


@dataclass(frozen=True, slots=True)
class HandlerStatistics:
    """Frames that handlers read, or kept from the consumers, or failed at."""

    read: int = 0
    ignored: int = 0
    failed: int = 0


# State: the handlers in the order they came, and the counters.
class HandlerTable:
    """The handlers of one manager; the first that can handle a type reads it.

    The failure of one is a :exc:`HandlerError` about one frame, and nobody else's.
    """

    def __init__(self) -> None:
        self._handlers: list[DataHandler] = []
        self._read = self._ignored = self._failed = 0

    def register(self, handler: DataHandler) -> None:
        """Ask this one, too, from now on; registering it twice is registering it once."""
        if not any(known is handler for known in self._handlers):
            self._handlers.append(handler)

    def handles(self, data_type: str) -> bool:
        """Whether somebody reads frames of this type.

        Raises:
            HandlerError: a handler raised when it was asked.
        """
        return self._find(data_type) is not None

    def statistics(self) -> HandlerStatistics:
        """What was counted since it was made."""
        return HandlerStatistics(self._read, self._ignored, self._failed)

    def read(self, data_type: str, frame: bytes, stamp: Stamp) -> CustomEvent | None:
        """What a frame of this type says; None where its handler keeps it from the consumers.

        Args:
            data_type: what the frame says it is.
            frame: one JSON object in either format.
            stamp: where and when it came.

        Raises:
            UnknownType: nobody handles it.
            DecodeError: it is not whole.
            HandlerError: its handler raised.
        """
        handler = self._find(data_type)
        if handler is None:
            raise UnknownType(data_type, frame)
        fields = _long_names(data_type, frame)
        try:
            # A copy, because the handler may do with it what it likes.
            data = handler.process_data(dict(fields))
        except Exception as error:  # noqa: BLE001 - isolated by design
            raise self._failure(handler, data_type, error) from error.with_traceback(None)
        if data is None:
            self._ignored += 1
            return None
        self._read += 1
        code, time_ms, mark = (fields.get(name) for name in ("code", "timestamp", "stream_type"))
        return CustomEvent(
            type=data_type,
            code=code if isinstance(code, str) else "",
            timestamp=time_ms if isinstance(time_ms, int) else int(stamp.received_at * 1000),
            stream_type=mark if isinstance(mark, str) else None,
            data=data,
            stamp=stamp,
        )

    def _find(self, data_type: str) -> DataHandler | None:
        for handler in self._handlers:
            try:
                if handler.can_handle(data_type):
                    return handler
            except Exception as error:  # noqa: BLE001 - isolated by design
                raise self._failure(handler, data_type, error) from error.with_traceback(None)
        return None

    def _failure(self, handler: DataHandler, data_type: str, error: Exception) -> HandlerError:
        self._failed += 1
        who = type(handler).__qualname__
        return HandlerError(
            f"the handler {who} raised {type(error).__name__} for data of type {data_type!r}",
            "".join(traceback.format_exception(error, chain=False)),
        )


def _long_names(data_type: str, frame: bytes) -> dict[str, Any]:
    try:
        fields = _decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"a frame is not what the documents say: {error}", frame) from error
    names = {**_HEAD, **_LONG_NAMES.get(data_type, {})}
    return {names.get(name, name): value for name, value in fields.items()}
