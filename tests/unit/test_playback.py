"""What a recording has told up to a moment. Tests only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from upbit_ws_qt.simulator.replay.playback import Playback
from upbit_ws_qt.simulator.replay.recording import parse_recording
from upbit_ws_qt.timeframe import Timeframe

# 2021-04-17 16:51:00 UTC
MINUTE = 1_618_678_260_000
NEVER = 1 << 60


def trade(at_s: float, ms: int, price: float, volume: float, number: int, **more: Any) -> bytes:
    frame = {
        "type": "trade", "code": "KRW-BTC", "timestamp": MINUTE + ms, "trade_price": price,
        "trade_volume": volume, "ask_bid": "BID", "sequential_id": number,
        "trade_timestamp": MINUTE + ms, "stream_type": "REALTIME",
    } | more  # fmt: skip
    return json.dumps({"recv_ts": at_s, "frame": frame}).encode()


def book(at_s: float, ask: float) -> bytes:
    unit = {"ask_price": ask, "bid_price": ask - 1, "ask_size": 2.0, "bid_size": 3.0}
    frame = {
        "type": "orderbook", "code": "KRW-BTC", "timestamp": MINUTE, "total_ask_size": 4.0,
        "total_bid_size": 6.0, "orderbook_units": [unit, unit], "stream_type": "REALTIME",
    }  # fmt: skip
    return json.dumps({"recv_ts": at_s, "frame": frame}).encode()


def ticker(at_s: float, price: float) -> bytes:
    frame = {"type": "ticker", "code": "KRW-BTC", "timestamp": MINUTE, "trade_price": price}
    return json.dumps({"recv_ts": at_s, "frame": frame}).encode()


def played(lines: list[bytes], position_s: float = 1e9) -> Playback:
    playback = Playback(parse_recording(lines))
    list(playback.advance(position_s))
    return playback


def test_frames_come_when_they_are_due() -> None:
    """Each once, in order; the playback may be left in between."""
    playback = Playback(parse_recording([book(10, 100), book(10.5, 101), book(12, 102)]))

    assert playback.next_at_s == 0.0
    first = next(playback.advance(1.0))
    rest = list(playback.advance(1.0))

    assert [frame.at_s for frame in (first, *rest)] == [0.0, 0.5]
    assert playback.next_at_s == 2.0
    assert [frame.at_s for frame in playback.advance(2.0)] == [2.0]
    assert playback.next_at_s is None
    assert list(playback.advance(99.0)) == []


def test_the_last_frame_of_each_stream_is_known() -> None:
    """As the snapshot of whoever comes later."""
    lines = [book(0, 100), trade(1, 0, 1.0, 1.0, 1), book(2, 102)]

    early, late = played(lines, 1.5), played(lines)

    assert early.last("orderbook", "KRW-BTC") == parse_recording(lines).frames[0]
    assert late.last("orderbook", "KRW-BTC") == parse_recording(lines).frames[2]
    assert early.last("ticker", "KRW-BTC") is None


def test_candles_are_made_of_the_trades_so_far() -> None:
    """Opened and closed in the order of trading, even where trades arrive late."""
    lines = [
        trade(0, 1_000, 100.0, 1.0, 10),
        trade(1, 9_000, 103.0, 2.0, 40),
        trade(2, 9_000, 99.0, 0.5, 30),
        trade(3, 61_000, 105.0, 0.1, 50),
    ]

    [before] = played(lines, 2.5).candle_rows("KRW-BTC", Timeframe.MINUTE_1, 200, NEVER)
    newest, oldest = played(lines).candle_rows("KRW-BTC", Timeframe.MINUTE_1, 200, NEVER)

    assert before == oldest
    assert oldest == {
        "market": "KRW-BTC",
        "candle_date_time_utc": "2021-04-17T16:51:00",
        "candle_date_time_kst": "2021-04-18T01:51:00",
        "opening_price": 100.0,
        "high_price": 103.0,
        "low_price": 99.0,
        "trade_price": 103.0,
        "timestamp": MINUTE + 9_000,
        "candle_acc_trade_price": 100.0 + 206.0 + 49.5,
        "candle_acc_trade_volume": 3.5,
        "unit": 1,
    }
    assert newest["candle_date_time_utc"] == "2021-04-17T16:52:00"
    assert newest["trade_price"] == 105.0


def test_candles_are_cut_by_count_and_end() -> None:
    """The newest first, the end exclusive, gaps left out."""
    lines = [trade(n, n * 3_000, 100.0 + n, 1.0, n) for n in range(5)]
    playback = played(lines)

    def closes(count: int, to_ms: int) -> list[float]:
        rows = playback.candle_rows("KRW-BTC", Timeframe.SECOND_1, count, to_ms)
        return [row["trade_price"] for row in rows]

    assert closes(2, NEVER) == [104.0, 103.0]
    assert closes(200, MINUTE + 6_000) == [101.0, 100.0]
    assert closes(200, MINUTE) == []
    assert closes(5, NEVER) == [104.0, 103.0, 102.0, 101.0, 100.0]


def test_days_begin_at_midnight_utc() -> None:
    """Which is nine in the morning in Korea."""
    [row] = played([trade(0, 0, 1.0, 1.0, 1)]).candle_rows("KRW-BTC", Timeframe.DAY, 1, NEVER)

    start = datetime.fromisoformat(row["candle_date_time_utc"]).replace(tzinfo=UTC)
    assert start == datetime(2021, 4, 17, tzinfo=UTC)
    assert row["candle_date_time_kst"] == "2021-04-17T09:00:00"
    assert "unit" not in row


def test_a_trade_without_its_own_time_counts_by_its_frame() -> None:
    """``trade_timestamp`` is optional."""
    [row] = played([trade(0, 0, 1.0, 1.0, 1, trade_timestamp=None)]).candle_rows(
        "KRW-BTC", Timeframe.MINUTE_1, 1, NEVER
    )

    assert row["timestamp"] == MINUTE


def test_rows_of_tickers_and_books() -> None:
    """With the names of REST, and only what was recorded."""
    playback = played([ticker(0, 5.5), book(1, 100)])

    assert playback.ticker_row("KRW-BTC") == {
        "market": "KRW-BTC",
        "timestamp": MINUTE,
        "trade_price": 5.5,
    }
    row = playback.orderbook_row("KRW-BTC", 1)
    assert row is not None
    assert row["market"] == "KRW-BTC"
    assert row["total_ask_size"] == 4.0
    unit = {"ask_price": 100.0, "bid_price": 99.0, "ask_size": 2.0, "bid_size": 3.0}
    assert row["orderbook_units"] == [unit]


@pytest.mark.parametrize("position_s", [0.0, 9.0])
def test_there_are_no_rows_of_what_was_not_recorded(position_s: float) -> None:
    """Neither before nor after."""
    playback = played([trade(0, 0, 1.0, 1.0, 1)], position_s)

    assert playback.ticker_row("KRW-BTC") is None
    assert playback.orderbook_row("KRW-BTC", 30) is None
