"""Trades and candles as a test needs them for holes in streams. Tests only."""

from __future__ import annotations

from datetime import UTC, datetime

from upbit_ws_qt.events import CandleEvent, ConnectionType, Source, Stamp, StreamType, TradeEvent
from upbit_ws_qt.subscriptions import Stream

TRADES = Stream("trade", "KRW-BTC")
CANDLES = Stream("candle.1m", "KRW-BTC")

#: Noon of a day, UTC.
NOON_MS = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 43_200_000
MINUTE_MS = 60_000

_SOCKET = Stamp(1, Source.WEBSOCKET, ConnectionType.PUBLIC, 0.0)
_REST = Stamp(0, Source.REST)


def trade(
    number: int,
    at_ms: int | None = None,
    *,
    code: str = "KRW-BTC",
    rest: bool = False,
    snapshot: bool = False,
    epoch: int = 1,
) -> TradeEvent:
    """A trade; ``at_ms`` after noon, a second for each number where that is None."""
    traded_ms = NOON_MS + (number * 1000 if at_ms is None else at_ms)
    return TradeEvent(
        type="trade",
        code=code,
        timestamp=traded_ms,
        trade_timestamp=traded_ms,
        trade_price=1.0,
        trade_volume=1.0,
        ask_bid="BID",
        sequential_id=number,
        stream_type=_told(rest=rest, snapshot=snapshot),
        stamp=_REST if rest else Stamp(epoch, _SOCKET.source, _SOCKET.connection_type, 0.0),
    )


def candle(
    minute: int, volume: float, *, rest: bool = False, snapshot: bool = False
) -> CandleEvent:
    """The bar that starts ``minute`` minutes after noon, grown to ``volume``."""
    start_ms = NOON_MS + minute * MINUTE_MS
    start = datetime.fromtimestamp(start_ms // 1000, UTC)
    return CandleEvent(
        type="candle.1m",
        code="KRW-BTC",
        timestamp=start_ms,
        candle_date_time_utc=f"{start:%Y-%m-%dT%H:%M:%S}",
        opening_price=1.0,
        high_price=1.0,
        low_price=1.0,
        trade_price=1.0,
        candle_acc_trade_volume=volume,
        candle_acc_trade_price=volume,
        stream_type=_told(rest=rest, snapshot=snapshot),
        stamp=_REST if rest else _SOCKET,
    )


def _told(*, rest: bool, snapshot: bool) -> StreamType | None:
    if rest:
        return None
    return StreamType.SNAPSHOT if snapshot else StreamType.REALTIME
