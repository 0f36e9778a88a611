"""Cases about candles over REST. asyncio."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from upbit_ws_qt.timeframe import Timeframe

from .case import NotApplicable, case, check, check_equal
from .client import Client
from .forms import check_form, check_names, is_milliseconds, utc_ms

_BTC = "KRW-BTC"
_NAMES = [
    *("market", "candle_date_time_utc", "candle_date_time_kst"),
    *("opening_price", "high_price", "low_price", "trade_price", "timestamp"),
    *("candle_acc_trade_price", "candle_acc_trade_volume"),
]
_DAY = ["prev_closing_price", "change_price", "change_rate"]


async def _candles(client: Client, unit: Timeframe, **query: object) -> list[dict[str, Any]]:
    return await client.rows(f"/v1/candles/{unit.rest_path}", **({"market": _BTC} | query))


def _start_ms(row: dict[str, Any]) -> int:
    return utc_ms(row["candle_date_time_utc"])


def _check_rows(rows: list[dict[str, Any]], unit: Timeframe) -> None:
    starts = [_start_ms(row) for row in rows]
    check(all(a > b for a, b in pairwise(starts)), "starts, newest first", starts)
    for row, start_ms in zip(rows, starts, strict=True):
        check_equal("the Korean time", utc_ms(row["candle_date_time_kst"], 9), start_ms)
        check_equal(f"a start on the grid of {unit.value}", unit.start_of(start_ms), start_ms)
        check(is_milliseconds(row["timestamp"]), "ms since 1970", row["timestamp"])
        prices = [row[f"{name}_price"] for name in ("low", "opening", "trade", "high")]
        ordered = prices[0] == min(prices) and prices[-1] == max(prices)
        check(ordered, "low <= prices <= high", prices)


@case("6.8", "8.10")
async def minutes(client: Client) -> None:
    """Candles of minutes exist in eight units, name their unit and lie on its grid."""
    for unit in Timeframe:
        if unit.value.endswith("m"):
            rows = await _candles(client, unit, count=3)
            check_equal(f"candles of {unit.value}", len(rows), 3)
            _check_rows(rows, unit)
            for row in rows:
                check_names("a candle", row, [*_NAMES, "unit"])
                check_equal("the unit", row["unit"], int(unit.value[:-1]))


@case("6.8")
async def seconds(client: Client) -> None:
    """Candles of seconds reach back three months, and no further."""
    rows = await _candles(client, Timeframe.SECOND_1, count=3)
    _check_rows(rows, Timeframe.SECOND_1)
    check_names("a candle", rows[0], _NAMES)
    old = (datetime.now(UTC) - timedelta(days=120)).strftime("%Y-%m-%dT%H:%M:%SZ")
    check_equal("candles of long ago", await _candles(client, Timeframe.SECOND_1, to=old), [])


@case("6.9", "8.5", "8.10")
async def days(client: Client) -> None:
    """Days begin at 00:00 UTC and tell their change against the day before, with its sign."""
    rows = await _candles(client, Timeframe.DAY, count=5)
    check_equal("days", len(rows), 5)
    _check_rows(rows, Timeframe.DAY)
    for row in rows:
        check_names("a day", row, _NAMES + _DAY)
        check_form("the Korean start", row["candle_date_time_kst"], r".*T09:00:00")
        change = Decimal(row["trade_price"]) - Decimal(row["prev_closing_price"])
        check(row["change_price"] == change, f"a signed change of {change}", row["change_price"])
    for later, before in pairwise(rows):
        came = later["prev_closing_price"]
        check(came == before["trade_price"], f"the close before, {before['trade_price']}", came)


@case("6.9")
async def converted_days(client: Client) -> None:
    """Days of a BTC market tell their close in KRW where one asks for it."""
    [row] = await _candles(client, Timeframe.DAY, market="BTC-ETH", converting_price_unit="KRW")
    check_names("a day", row, [*_NAMES, *_DAY, "converted_trade_price"])
    check(row["converted_trade_price"] > 1000, "a price in KRW", row["converted_trade_price"])


@case("6.10")
async def longer_units(client: Client) -> None:
    """Weeks, months and years tell the first day of their period."""
    for unit in (Timeframe.WEEK, Timeframe.MONTH, Timeframe.YEAR):
        rows = await _candles(client, unit, count=2)
        check_equal(f"candles of {unit.value}", len(rows), 2)
        _check_rows(rows, unit)
        for row in rows:
            check_names("a candle", row, [*_NAMES, "first_day_of_period"])
            check_form("the first day", row["first_day_of_period"], r"\d{4}-\d\d-\d\d")


@case("6.14")
async def counts(client: Client) -> None:
    """One candle where no count is given, up to 200 where one is."""
    check_equal("candles", len(await _candles(client, Timeframe.MINUTE_1)), 1)
    check_equal("candles", len(await _candles(client, Timeframe.MINUTE_1, count=200)), 200)


@case("6.15")
async def to_is_exclusive(client: Client) -> None:
    """The candle that starts at ``to`` is not in the answer."""
    rows = await _candles(client, Timeframe.MINUTE_5, count=10)
    to = rows[4]["candle_date_time_utc"] + "Z"
    again = await _candles(client, Timeframe.MINUTE_5, count=5, to=to)
    check_equal(f"candles before {to}", again, rows[5:10])


@case("6.15")
async def spellings_of_to(client: Client) -> None:
    """``to`` may be in UTC, in Korean time with its offset, or without a zone, which is UTC."""
    rows = await _candles(client, Timeframe.MINUTE_5, count=6)
    utc, kst = rows[3]["candle_date_time_utc"], rows[3]["candle_date_time_kst"]
    for to in (f"{utc}Z", f"{kst}+09:00", utc, utc.replace("T", " ")):
        url_encoded = to.replace("+", "%2B")
        again = await _candles(client, Timeframe.MINUTE_5, count=2, to=to)
        check_equal(f"candles before {url_encoded}", again, rows[4:6])


@case("6.16")
async def pages(client: Client) -> None:
    """Pages continue without a gap or an overlap when ``to`` is the oldest start so far."""
    rows = await _candles(client, Timeframe.MINUTE_60, count=20)
    first = await _candles(client, Timeframe.MINUTE_60, count=8)
    to = first[-1]["candle_date_time_utc"] + "Z"
    second = await _candles(client, Timeframe.MINUTE_60, count=8, to=to)
    starts = [row["candle_date_time_utc"] for row in rows]
    paged = [row["candle_date_time_utc"] for row in first + second]
    # The hour may change between two calls.
    at = starts.index(paged[1])
    check_equal("starts of two pages", paged[1:], starts[at : at + 15])


@case("6.17")
async def absent(client: Client) -> None:
    """A candle without trades is left out, not filled with zeros."""
    for code in client.of_quote("BTC", 5):
        rows = await _candles(client, Timeframe.MINUTE_1, market=code, count=200)
        check(rows, f"candles of {code}", rows)
        volumes = [row["candle_acc_trade_volume"] for row in rows]
        check(all(volume > 0 for volume in volumes), "traded volumes", volumes)
        if len(rows) > 1 and _start_ms(rows[0]) - _start_ms(rows[-1]) > (len(rows) - 1) * 60_000:
            return
    raise NotApplicable("every minute of five small markets had a trade")


@case("6.18")
async def timestamp(client: Client) -> None:
    """A candle's timestamp is the time of its last trade, not its start."""
    rows = await _candles(client, Timeframe.MINUTE_1, count=10)
    inside = [_start_ms(row) <= row["timestamp"] < _start_ms(row) + 60_000 for row in rows[1:]]
    check(all(inside), "times within the minutes", rows)
    later = [row for row in rows if row["timestamp"] > _start_ms(row)]
    check(later, "times behind the starts", rows)
