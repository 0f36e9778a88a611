"""Cases about how numbers are written, ticks and the day. asyncio."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from upbit_ws_qt.markets import table_tick_size

from .case import case, check, check_equal
from .client import Client
from .forms import is_amount, raw_numbers
from .socket import Frame

_BTC = "KRW-BTC"


async def _snapshots(client: Client, kind: str, codes: list[str], *more: Any) -> list[Frame]:
    async with client.socket() as socket:
        await socket.ask({"type": kind, "codes": codes, "is_only_snapshot": True}, *more)
        return await socket.frames(len(codes))


@case("8.1")
async def default_spelling(client: Client) -> None:
    """DEFAULT writes large prices with an exponent, and sizes with eight decimals."""
    [frame] = await _snapshots(client, "orderbook", [_BTC])
    prices = raw_numbers(frame.text, "ask_price")
    check(all("E" in price for price in prices), "prices like 1.16539E8", prices)
    sizes = raw_numbers(frame.text, "ask_size")
    check(all(len(size.partition(".")[2]) == 8 for size in sizes), "sizes like 0.00077720", sizes)


@case("8.1")
async def simple_spelling(client: Client) -> None:
    """SIMPLE writes plain prices, and small sizes with an exponent."""
    codes = [_BTC, "KRW-ETH", *client.of_quote("USDT", 10)]
    frames = await _snapshots(client, "orderbook", codes, {"format": "SIMPLE"})
    prices = raw_numbers(frames[0].text, "ap")
    check(not any("E" in price for price in prices), "prices like 116606000", prices)
    sizes = [size for frame in frames for size in raw_numbers(frame.text, "as")]
    small = [size for size in sizes if 0 < Decimal(size) < Decimal("0.001")]
    check(all("E-" in size for size in small), "small sizes like 7.9276E-4", small)


@case("8.1")
async def candle_spelling(client: Client) -> None:
    """Candles have prices with eight decimals."""
    [frame] = await _snapshots(client, "candle.1m", [_BTC])
    for name in ("opening_price", "trade_price"):
        [price] = raw_numbers(frame.text, name)
        decimals = price.partition(".")[2]
        check(len(decimals) == 8, "a price like 91154000.00000000", price)


@case("8.1")
async def rest_spelling(client: Client) -> None:
    """Quotation over REST writes no exponents."""
    for path, names in (
        ("/v1/ticker", ("trade_price", "acc_trade_price_24h")),
        ("/v1/orderbook", ("ask_price", "bid_price")),
    ):
        answer = await client.get(path, markets=_BTC)
        for name in names:
            numbers = raw_numbers(answer.text, name)
            plain = numbers and not any("E" in text.upper() for text in numbers)
            check(plain, f"{name} in plain numbers", answer.text)


@case("8.2", "7.2", key=True)
async def account_in_strings(client: Client) -> None:
    """The exchange API writes every amount as a string."""
    rows = (await client.signed("GET", "/v1/accounts")).rows
    check(rows, "some balances", rows)
    for row in rows:
        for name in ("balance", "locked", "avg_buy_price"):
            check(is_amount(row[name]), f"{name} in a string", row[name])


@case("8.4")
async def decimals(client: Client) -> None:
    """Volumes have at most eight decimals."""
    rows = await client.rows("/v1/trades/ticks", market=_BTC, count=50)
    check_equal("trades", len(rows), 50)
    for row in rows:
        volume = Decimal(row["trade_volume"])
        check(volume == round(volume, 8), "eight decimals at most", row["trade_volume"])


@case("8.7")
async def krw_ticks(client: Client) -> None:
    """The tick of a KRW market follows from its price by the table of 2025-07-31."""
    codes = [code for code in client.codes if code.startswith("KRW-")][:50]
    # What the tick of these is now is not known.
    codes = [code for code in codes if code not in ("KRW-USDT", "KRW-USDC")]
    listed = ",".join(codes)
    ticks = {
        row["market"]: Decimal(row["tick_size"])
        for row in await client.rows("/v1/orderbook/instruments", markets=listed)
    }
    rows = await client.rows("/v1/ticker", markets=listed)
    check_equal("tickers", [row["market"] for row in rows], codes)
    for row in rows:
        code, price = row["market"], Decimal(row["trade_price"])
        # Between two calls a price may cross into the next band of the table.
        near = {
            Decimal(str(table_tick_size(code, float(price * factor))))
            for factor in (Decimal("0.99"), Decimal(1), Decimal("1.01"))
        }
        check(ticks[code] in near, f"a tick of {sorted(near)} for {code} at {price}", ticks[code])
        check(price % min(near) == 0, f"a price of {code} on the tick", price)


@case("8.8")
async def other_ticks(client: Client) -> None:
    """BTC markets have one tick, USDT markets a table of their own."""
    codes = client.of_quote("BTC", 10) + client.of_quote("USDT", 10)
    listed = ",".join(codes)
    prices = {
        row["market"]: float(row["trade_price"])
        for row in await client.rows("/v1/ticker", markets=listed)
    }
    rows = await client.rows("/v1/orderbook/instruments", markets=listed)
    check_equal("instruments", [row["market"] for row in rows], codes)
    for row in rows:
        code = row["market"]
        near = {
            Decimal(str(table_tick_size(code, prices[code] * factor))) for factor in (0.99, 1, 1.01)
        }
        tick = Decimal(row["tick_size"])
        check(tick in near, f"a tick of {sorted(near)} for {code}", tick)


@case("8.9", "8.10")
async def day(client: Client) -> None:
    """A ticker's day is the candle of the UTC day."""
    [candle] = await client.rows("/v1/candles/days", market=_BTC)
    [row] = await client.rows("/v1/ticker", markets=_BTC)
    for name in ("opening_price", "prev_closing_price"):
        check(row[name] == candle[name], f"{name} of the day, {candle[name]}", row[name])
    check(row["high_price"] >= candle["high_price"], "the day's high", row["high_price"])
    check(
        row["acc_trade_volume"] >= candle["candle_acc_trade_volume"],
        f"the day's volume so far, {candle['candle_acc_trade_volume']}",
        row["acc_trade_volume"],
    )
    check_equal("the day's start", candle["candle_date_time_kst"][-8:], "09:00:00")
