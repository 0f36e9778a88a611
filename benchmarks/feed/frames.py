"""The frames that every client gets: numbered, with the moment they were sent, in both formats.

Two fields of each event that nobody else here needs carry the number and the moment, as floats.
"""

from __future__ import annotations

import json
import operator
import time
from collections.abc import Callable
from typing import Any

from upbit_ws_qt.field_names import ORDERBOOK, TICKER, TRADE, UNIT
from upbit_ws_qt.simulator.market.listing import MARKETS

# The busiest first, as the exchange lists them.
CODES = tuple(row.code for row in MARKETS)
#: A market that says that nothing more will come.
END = "KRW-END"

#: The number of the first message after the snapshots; the n-th is of market n modulo all.
FIRST = 2_000_000_000
# All moments have as many digits, so that all frames of a market have one size.
_SENT_US = 10**15

# What stands in a template for the three numbers that change.
_NUMBER, _SENT, _WALL = 3_333_333_333, 2_222_222_222_222_222, 1_111_111_111_111

#: For each type, what reads number and moment (as it was written) from an event.
MARKS: dict[str, Callable[[Any], tuple[float, float]]] = {
    "ticker": operator.attrgetter("acc_ask_volume", "acc_bid_volume"),
    "trade": operator.attrgetter("sequential_id", "best_bid_size"),
    "orderbook": operator.attrgetter("total_ask_size", "total_bid_size"),
}
_NAMES = {"ticker": TICKER, "trade": TRADE, "orderbook": ORDERBOOK}


def moment() -> float:
    """Now in µs, as frames carry it; the clock counts for the whole machine, not a process."""
    return _SENT_US + time.perf_counter() * 1e6


def frame_of(type_: str, code: str, *, simple: bool, snapshot: bool = False) -> bytes:
    """A template: a whole WebSocket frame, ``% (wall_ms, number, sent_us)`` of which is sent."""
    event = {"type": type_, "code": code, **_BODIES[type_]()}
    event["stream_type"] = "SNAPSHOT" if snapshot else "REALTIME"
    if simple:
        event = _shortened(event, _NAMES[type_])
    payload = json.dumps(event, separators=(",", ":")).encode()
    # Binary, unmasked, whole; the size in 16 bits.
    frame = b"\x82\x7e" + len(payload).to_bytes(2, "big") + payload
    frame = frame.replace(b"%", b"%%")
    marks = [str(mark).encode() for mark in (_WALL, _NUMBER, _SENT)]
    places = [frame.index(mark) for mark in marks]
    assert places == sorted(places), "they stand in the order of the arguments"
    for mark in marks:
        frame = frame.replace(mark, b"%d")
    return frame


def _shortened(event: dict[str, Any], names: Any) -> dict[str, Any]:
    short = {names[name]: value for name, value in event.items()}
    if "obu" in short:
        short["obu"] = [{UNIT[name]: value for name, value in row.items()} for row in short["obu"]]
    return short


def _ticker() -> dict[str, Any]:
    return {
        "opening_price": 116539000.0, "high_price": 117000000.0, "low_price": 115000000.0,
        "trade_price": 116606000.0, "prev_closing_price": 116539000.0, "change": "RISE",
        "change_price": 67000.0, "signed_change_price": 67000.0, "change_rate": 0.0005749148,
        "signed_change_rate": 0.0005749148, "trade_volume": 0.0007772,
        "acc_trade_volume": 1234.56789012, "acc_trade_volume_24h": 2345.67890123,
        "acc_trade_price": 143889023456.12345, "acc_trade_price_24h": 273389023456.12345,
        "trade_date": "20260923", "trade_time": "073000", "trade_timestamp": 1790000000000,
        "timestamp": _WALL, "ask_bid": "BID",
        "acc_ask_volume": float(_NUMBER), "acc_bid_volume": float(_SENT),
        "highest_52_week_price": 163000000.0, "highest_52_week_date": "2026-01-20",
        "lowest_52_week_price": 99000000.0, "lowest_52_week_date": "2025-12-01",
        "market_state": "ACTIVE", "is_trading_suspended": False, "delisting_date": None,
        "market_warning": "NONE",
    }  # fmt: skip


def _trade() -> dict[str, Any]:
    return {
        "timestamp": _WALL, "trade_date": "2026-09-23", "trade_time": "07:30:00",
        "trade_timestamp": 1790000000000, "trade_price": 116606000.0, "trade_volume": 0.0007772,
        "ask_bid": "BID", "prev_closing_price": 116539000.0, "change": "RISE",
        "change_price": 67000.0, "sequential_id": _NUMBER, "best_ask_price": 116607000.0,
        "best_ask_size": 0.05231, "best_bid_price": 116606000.0, "best_bid_size": float(_SENT),
    }  # fmt: skip


def _orderbook() -> dict[str, Any]:
    units = [
        {
            "ask_price": 116607000.0 + 1000 * row,
            "bid_price": 116606000.0 - 1000 * row,
            "ask_size": round(0.05231173 * (row + 1), 8),
            "bid_size": round(0.07361421 * (row + 1), 8),
        }
        for row in range(30)
    ]
    return {
        "timestamp": _WALL, "total_ask_size": float(_NUMBER), "total_bid_size": float(_SENT),
        "orderbook_units": units, "level": 0,
    }  # fmt: skip


_BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "ticker": _ticker,
    "trade": _trade,
    "orderbook": _orderbook,
}
