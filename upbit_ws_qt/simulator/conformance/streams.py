"""Cases about what tickers, trades and order books hold and when they come. asyncio."""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from typing import Any

from upbit_ws_qt.field_names import ORDERBOOK, TICKER, TRADE, UNIT, FieldNames

from .case import case, check, check_equal
from .client import Client
from .forms import check_change, check_form, check_names, is_milliseconds, utc_ms
from .socket import Frame

_BTC = "KRW-BTC"
_SIMPLE = {"format": "SIMPLE"}
# Since 2024 trades tell the best prices too; older recordings lack them.
_OPTIONAL = {"best_ask_price", "best_ask_size", "best_bid_price", "best_bid_size"}


async def _both(client: Client, kind: str) -> tuple[Frame, Frame]:
    """The snapshot of a stream in DEFAULT and in SIMPLE."""
    found: list[Frame] = []
    for more in ([], [_SIMPLE]):
        async with client.socket() as socket:
            await socket.ask({"type": kind, "codes": [_BTC]}, *more)
            found.append(await socket.frame())
    return found[0], found[1]


def _check_both(frames: tuple[Frame, Frame], names: FieldNames) -> None:
    long, short = frames
    optional = _OPTIONAL - set(long.data)
    wanted = {name: simple for name, simple in names.items() if name not in optional}
    check_names("a DEFAULT frame", long.data, list(wanted))
    check_names("a SIMPLE frame", short.data, list(wanted.values()))


@case("3.1", "2.10")
async def snapshot_then_realtime(client: Client) -> None:
    """After a request comes one SNAPSHOT for each code, then REALTIME frames only."""
    codes = [_BTC, "KRW-ETH", "KRW-XRP"]
    async with client.socket() as socket:
        await socket.ask({"type": "ticker", "codes": codes})
        snapshots = [
            (await socket.find(lambda frame: not frame.is_realtime, "a SNAPSHOT")).data
            for _ in codes
        ]
        served = sorted(row["code"] for row in snapshots)
        check_equal("codes with a SNAPSHOT", served, sorted(codes))
        later = await socket.frames(5)
    check_equal("stream types", {frame.data["stream_type"] for frame in later}, {"REALTIME"})


@case("3.2")
async def snapshot_time(client: Client) -> None:
    """The time in a SNAPSHOT is that of the last change, not of the request."""
    codes = client.of_quote("BTC", 30) + client.of_quote("USDT", 30) + [_BTC]
    async with client.socket() as socket:
        await socket.ask({"type": "ticker", "codes": codes, "is_only_snapshot": True})
        times = [frame.data["timestamp"] for frame in await socket.frames(len(codes))]
    check(all(is_milliseconds(time) for time in times), "ms since 1970", times)
    spread = max(times) - min(times)
    check(spread > 1000, "times of trades, which differ by more than a second", f"{spread} ms")


@case("3.4")
async def ticker_fields(client: Client) -> None:
    """A ticker has the documented fields under their long and short names, and no former ones."""
    _check_both(await _both(client, "ticker"), TICKER)


@case("3.5", "8.5", "8.9")
async def ticker_values(client: Client) -> None:
    """A ticker's values have the documented forms and follow from each other."""
    async with client.socket() as socket:
        await socket.ask({"type": "ticker", "codes": [_BTC]})
        row = (await socket.frame()).data
    check_change(row)
    check_form("trade_date", row["trade_date"], r"\d{8}")
    check_form("trade_time", row["trade_time"], r"\d{6}")
    for name in ("highest_52_week_date", "lowest_52_week_date"):
        check_form(name, row[name], r"\d{4}-\d\d-\d\d")
    check(row["ask_bid"] in ("ASK", "BID"), "ASK or BID", row["ask_bid"])
    states = ("PREVIEW", "ACTIVE", "DELISTED")
    check(row["market_state"] in states, f"one of {states}", row["market_state"])
    check(row["market_warning"] in ("NONE", "CAUTION"), "NONE or CAUTION", row["market_warning"])
    check(isinstance(row["is_trading_suspended"], bool), "a boolean", row["is_trading_suspended"])
    check(is_milliseconds(row["timestamp"]), "ms since 1970", row["timestamp"])
    check(is_milliseconds(row["trade_timestamp"]), "ms since 1970", row["trade_timestamp"])
    second = utc_ms(f"{row['trade_date']}T{row['trade_time']}") // 1000
    check_equal("trade_timestamp in seconds", row["trade_timestamp"] // 1000, second)
    prices = [row[f"{name}_price"] for name in ("low", "opening", "trade", "high")]
    check(prices[0] == min(prices) and prices[-1] == max(prices), "low <= prices <= high", prices)
    for name in ("acc_trade_volume", "acc_trade_price"):
        check(row[f"{name}_24h"] >= row[name], f"{name}_24h of at least {row[name]}", row)
    sum_ = Decimal(row["acc_ask_volume"]) + Decimal(row["acc_bid_volume"])
    check(
        abs(sum_ - Decimal(row["acc_trade_volume"])) < Decimal("0.001"),
        "acc_ask_volume and acc_bid_volume that add up to acc_trade_volume",
        f"{sum_} and {row['acc_trade_volume']}",
    )


@case("3.6", "3.8")
async def trade_fields(client: Client) -> None:
    """A trade has the documented fields; those of the best prices may be absent."""
    _check_both(await _both(client, "trade"), TRADE)


@case("3.6", "8.6")
async def trade_values(client: Client) -> None:
    """A trade's values have the documented forms; its id is made of its time."""
    async with client.socket() as socket:
        await socket.ask({"type": "trade", "codes": [_BTC]})
        rows = [frame.data for frame in await socket.frames(4)]
    for row in rows:
        check_form("trade_date", row["trade_date"], r"\d{4}-\d\d-\d\d")
        check_form("trade_time", row["trade_time"], r"\d\d:\d\d:\d\d")
        second = utc_ms(f"{row['trade_date']}T{row['trade_time']}") // 1000
        check_equal("trade_timestamp in seconds", row["trade_timestamp"] // 1000, second)
        change = Decimal(row["trade_price"]) - Decimal(row["prev_closing_price"])
        check(row["change_price"] == abs(change), "an absolute change_price", row)
        check(is_milliseconds(row["timestamp"]), "ms since 1970", row["timestamp"])
        time = row["sequential_id"] // 10_000
        check_equal("sequential_id // 10000", time, row["trade_timestamp"])
    ids = [row["sequential_id"] for row in rows]
    check_equal("ids that differ", len(set(ids)), len(ids))
    check(min(ids) > 2**53, "ids beyond what a double holds", ids)


@case("3.7")
async def a_frame_for_each_fill(client: Client) -> None:
    """Every trade of the REST list comes in a frame of its own."""
    async with client.socket() as socket:
        await socket.ask({"type": "trade", "codes": [_BTC]})
        await socket.frame()
        streamed = {frame.data["sequential_id"] for frame in await socket.realtime(4)}
        rows = await client.rows("/v1/trades/ticks", market=_BTC, count=100)
        later, _ = await socket.listed()
    streamed |= {frame.data["sequential_id"] for frame in later}
    # Trades of the same ms share no order; the list's newest may be newer than our last frame.
    since, until = min(streamed), max(streamed)
    listed = {row["sequential_id"] for row in rows if since <= row["sequential_id"] <= until}
    check_equal("trades that were not streamed", sorted(listed - streamed), [])


@case("3.9", "3.10")
async def orderbook_fields(client: Client) -> None:
    """A book has the documented fields, and so have its rows."""
    long, short = await _both(client, "orderbook")
    _check_both((long, short), ORDERBOOK)
    check_names("a DEFAULT row", long.data["orderbook_units"][0], list(UNIT))
    check_names("a SIMPLE row", short.data["obu"][0], list(UNIT.values()))


def _check_side(rows: list[dict[str, Any]], side: str, sign: int) -> None:
    """Prices go away from the other side; behind the last one stand zeros only."""
    prices = [row[f"{side}_price"] for row in rows]
    real = list(itertools.takewhile(bool, prices))
    check(not any(prices[len(real) :]), "zeros behind the last price", prices)
    sizes = [row[f"{side}_size"] for row in rows]
    check(all(sizes[: len(real)]) and not any(sizes[len(real) :]), "sizes with prices", sizes)
    ordered = sorted(set(real), key=lambda price: sign * price)
    check_equal(f"{side} prices in order", real, ordered)


@case("3.9", "3.10")
async def orderbook_is_whole(client: Client) -> None:
    """Every frame is the whole book: ordered, paired by row, with the totals of its rows."""
    async with client.socket() as socket:
        await socket.ask({"type": "orderbook", "codes": [_BTC]})
        books = [frame.data for frame in [await socket.frame(), *await socket.realtime(3)]]
    for book in books:
        rows = book["orderbook_units"]
        check_equal("rows", len(rows), 30)
        _check_side(rows, "ask", 1)
        _check_side(rows, "bid", -1)
        check(rows[0]["bid_price"] < rows[0]["ask_price"], "a best bid below the best ask", rows[0])
        for side in ("ask", "bid"):
            total = Decimal(book[f"total_{side}_size"])
            sum_ = sum((Decimal(row[f"{side}_size"]) for row in rows), Decimal(0))
            check(abs(total - sum_) < Decimal("1e-6"), f"a total of {sum_}", total)


@case("3.9")
async def orderbook_padding(client: Client) -> None:
    """A side with fewer prices is filled up with zeros."""
    codes = client.of_quote("BTC", 30) + client.of_quote("USDT", 30)
    async with client.socket() as socket:
        await socket.ask({"type": "orderbook", "codes": codes, "is_only_snapshot": True})
        for frame in await socket.frames(len(codes)):
            rows = frame.data["orderbook_units"]
            check_equal(f"rows of {frame.data['code']}", len(rows), 30)
            _check_side(rows, "ask", 1)
            _check_side(rows, "bid", -1)


@case("3.11")
async def orderbook_cadence(client: Client) -> None:
    """Books come when something changed, about ten a second at most, and never go back in time."""
    loop = asyncio.get_running_loop()
    async with client.socket() as socket:
        await socket.ask({"type": "orderbook", "codes": [_BTC]})
        await socket.realtime()
        began = loop.time()
        books = [frame.data for frame in await socket.realtime(20)]
        lasted = loop.time() - began
    times = [book["timestamp"] for book in books]
    check_equal("times in order", times, sorted(times))
    same = [a["timestamp"] for a, b in itertools.pairwise(books) if a == b]
    check_equal("frames that repeat the one before", same, [])
    check(lasted > 1.0, "20 books in more than a second", f"{lasted:.2f} s")
