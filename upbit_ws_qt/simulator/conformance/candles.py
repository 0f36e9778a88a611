"""Cases about streamed candles. asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

from upbit_ws_qt.field_names import CANDLE
from upbit_ws_qt.timeframe import Timeframe

from .case import case, check, check_equal
from .client import Client
from .forms import check_form, check_names, is_milliseconds, utc_ms

_BTC = "KRW-BTC"
_UNITS = [unit for unit in Timeframe if unit.is_streamed]
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def _check_candle(row: dict[str, Any]) -> None:
    unit = Timeframe(row["type"].removeprefix("candle."))
    for name in ("candle_date_time_utc", "candle_date_time_kst"):
        check_form(name, row[name], _MOMENT)
    start_ms = utc_ms(row["candle_date_time_utc"])
    check_equal("the Korean time", utc_ms(row["candle_date_time_kst"], 9), start_ms)
    check_equal(f"a start on the grid of {unit.value}", unit.start_of(start_ms), start_ms)
    check(is_milliseconds(row["timestamp"]), "ms since 1970", row["timestamp"])
    prices = [row[f"{name}_price"] for name in ("low", "opening", "trade", "high")]
    check(prices[0] == min(prices) and prices[-1] == max(prices), "low <= prices <= high", prices)
    check(row["candle_acc_trade_volume"] > 0, "a traded volume", row["candle_acc_trade_volume"])


@case("3.12", "3.17")
async def fields(client: Client) -> None:
    """Candles of all nine units have the documented fields; their starts lie on the unit's grid."""
    async with client.socket() as socket:
        await socket.ask(*({"type": unit.wire_type, "codes": [_BTC]} for unit in _UNITS))
        frames = await socket.frames(len(_UNITS))
    for frame in frames:
        check_names("a DEFAULT frame", frame.data, list(CANDLE))
        _check_candle(frame.data)
    types = {frame.data["type"] for frame in frames}
    check_equal("types", types, {unit.wire_type for unit in _UNITS})


@case("3.12")
async def short_names(client: Client) -> None:
    """In SIMPLE a candle has short names."""
    async with client.socket() as socket:
        await socket.ask({"type": "candle.1m", "codes": [_BTC]}, {"format": "SIMPLE"})
        frame = await socket.frame()
    check_names("a SIMPLE frame", frame.data, list(CANDLE.values()))


@case("3.13", "3.14")
async def updates(client: Client) -> None:
    """A running candle comes again with each second that had a trade, at most once a second."""
    loop = asyncio.get_running_loop()
    async with client.socket() as socket:
        await socket.ask({"type": "candle.240m", "codes": [_BTC]})
        await socket.realtime()
        began = loop.time()
        rows = [frame.data for frame in await socket.realtime(4)]
        lasted = loop.time() - began
    for row in rows:
        _check_candle(row)
    check(lasted > 2.5, "four updates in more than 2.5 s", f"{lasted:.2f} s")
    starts = [utc_ms(row["candle_date_time_utc"]) for row in rows]
    times = [row["timestamp"] for row in rows]
    check(len(set(starts)) <= 2, "the same candle again and again", starts)
    check_equal("times in order", times, sorted(times))


@case("3.13")
async def only_when_traded(client: Client) -> None:
    """A candle of a second exists only where there was a trade in it."""
    async with client.socket() as socket:
        await socket.ask(
            {"type": "candle.1s", "codes": [_BTC], "is_only_realtime": True},
            {"type": "trade", "codes": [_BTC]},
        )
        trades: list[int] = []
        candles: list[int] = []
        while len(candles) < 4:
            row = (await socket.frame()).data
            if row["type"] == "trade":
                trades.append(row["trade_timestamp"] // 1000)
            else:
                candles.append(utc_ms(row["candle_date_time_utc"]) // 1000)
    # The first may be of trades before we listened, and those of the last may still be coming.
    without = [second for second in candles[1:-1] if second not in trades]
    check_equal("seconds without a trade", without, [])


@case("3.16")
async def timestamp_of_last_trade(client: Client) -> None:
    """A candle's timestamp is the time of its last trade, within the candle."""
    async with client.socket() as socket:
        await socket.ask({"type": "candle.1m", "codes": [_BTC], "is_only_realtime": True})
        row = (await socket.frame()).data
    start_ms = utc_ms(row["candle_date_time_utc"])
    check(start_ms <= row["timestamp"] < start_ms + 60_000, "a time within its minute", row)
