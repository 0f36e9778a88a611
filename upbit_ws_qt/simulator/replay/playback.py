"""What a recording has told up to a moment: last frames, and candles of its trades. Pure."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from typing import Any, NamedTuple

from upbit_ws_qt.events import MarketEvent, OrderbookEvent, TickerEvent, TradeEvent
from upbit_ws_qt.simulator.streams.spelling import iso_seconds
from upbit_ws_qt.timeframe import Timeframe

from .recording import Cue, RecordedFrame, Recording

__all__ = ["Playback", "Row"]

_KST_HOURS = 9

Row = dict[str, Any]


class _Trade(NamedTuple):
    """Sorted as traded: the real exchange delivers some late."""

    time_ms: int
    sequential_id: int
    price: float
    volume: float


# State: how far it is played, and of what was played the last frame of each stream and all trades
# of each market in their order.
class Playback:
    """A recording played up to ``position_s``, in seconds since its first frame."""

    def __init__(self, recording: Recording) -> None:
        self._cues = recording.cues
        self._next = 0
        self._last: dict[tuple[str, str], RecordedFrame] = {}
        self._trades: dict[str, list[_Trade]] = {code: [] for code in recording.codes}

    @property
    def next_at_s(self) -> float | None:
        """When the next frame or break is due; None after the last one."""
        return self._cues[self._next].at_s if self._next < len(self._cues) else None

    def advance(self, position_s: float) -> Iterator[Cue]:
        """Play up to ``position_s``, one cue at each step; may be left and called again."""
        while (at_s := self.next_at_s) is not None and at_s <= position_s:
            yield self.step()

    def step(self) -> Cue:
        """Play the next frame or break; there must be one."""
        cue = self._cues[self._next]
        self._next += 1
        if isinstance(cue, RecordedFrame) and isinstance(cue.event, MarketEvent):
            event = cue.event
            self._last[event.type, event.code] = cue
            if isinstance(event, TradeEvent):
                insort(self._trades[event.code], _trade(event))
        return cue

    def last(self, type_: str, code: str) -> RecordedFrame | None:
        """The last frame of a stream so far."""
        return self._last.get((type_, code))

    def ticker_row(self, code: str) -> Row | None:
        """One row of ``/v1/ticker``; None while no ticker was played."""
        event = self._event("ticker", code)
        return _row(event) if isinstance(event, TickerEvent) else None

    def orderbook_row(self, code: str, count: int) -> Row | None:
        """One row of ``/v1/orderbook`` with at most ``count`` units; None while there is none."""
        event = self._event("orderbook", code)
        if not isinstance(event, OrderbookEvent):
            return None
        units = [
            {name: getattr(unit, name) for name in unit.__struct_fields__}
            for unit in event.orderbook_units[:count]
        ]
        return _row(event) | {"orderbook_units": units}

    def candle_rows(self, code: str, unit: Timeframe, count: int, to_ms: int) -> list[Row]:
        """The last ``count`` candles that start before ``to_ms``, newest first.

        They are made of the trades played so far; candles without trades are absent.
        """
        rows: list[Row] = []
        growing: list[_Trade] = []
        start_ms = 0
        for trade in reversed(self._trades[code]):
            start = unit.start_of(trade.time_ms)
            if start >= to_ms:
                continue
            if growing and start != start_ms:
                rows.append(_candle_row(code, unit, start_ms, growing))
                growing = []
                if len(rows) >= count:
                    return rows
            start_ms = start
            growing.append(trade)
        if growing:
            rows.append(_candle_row(code, unit, start_ms, growing))
        return rows

    def _event(self, type_: str, code: str) -> MarketEvent | None:
        frame = self.last(type_, code)
        return frame.event if frame is not None and isinstance(frame.event, MarketEvent) else None


def _trade(event: TradeEvent) -> _Trade:
    time_ms = event.trade_timestamp or event.timestamp
    return _Trade(time_ms, event.sequential_id, event.trade_price, event.trade_volume)


def _row(event: MarketEvent) -> Row:
    """REST says ``market`` where the wire says ``code``, and no type."""
    left_out = ("stamp", "type", "code", "stream_type")
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return {"market": event.code} | {
        name: value for name, value in fields.items() if name not in left_out and value is not None
    }


def _candle_row(code: str, unit: Timeframe, start_ms: int, newest_first: list[_Trade]) -> Row:
    prices = [trade.price for trade in newest_first]
    row: Row = {
        "market": code,
        "candle_date_time_utc": iso_seconds(start_ms),
        "candle_date_time_kst": iso_seconds(start_ms, _KST_HOURS),
        "opening_price": prices[-1],
        "high_price": max(prices),
        "low_price": min(prices),
        "trade_price": prices[0],
        "timestamp": newest_first[0].time_ms,
        "candle_acc_trade_price": sum(trade.price * trade.volume for trade in newest_first),
        "candle_acc_trade_volume": round(sum(trade.volume for trade in newest_first), 8),
    }
    if unit.value.endswith("m"):
        row["unit"] = int(unit.value[:-1])
    return row
