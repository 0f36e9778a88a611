"""Cases about the REST calls that need no key, candles aside. asyncio."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from .case import case, check, check_equal
from .client import Client
from .forms import check_change, check_form, check_names, is_milliseconds

_BTC = "KRW-BTC"
_CAUTIONS = {
    "PRICE_FLUCTUATIONS",
    "TRADING_VOLUME_SOARING",
    "DEPOSIT_AMOUNT_SOARING",
    "GLOBAL_PRICE_DIFFERENCES",
    "CONCENTRATION_OF_SMALL_ACCOUNTS",
}
_TICKER = [
    "market",
    *(f"trade_{part}{zone}" for zone in ("", "_kst") for part in ("date", "time")),
    "trade_timestamp",
    *(f"{name}_price" for name in ("opening", "high", "low", "trade", "prev_closing")),
    "change",
    *("change_price", "change_rate", "signed_change_price", "signed_change_rate"),
    "trade_volume",
    *(f"acc_trade_{what}{span}" for what in ("price", "volume") for span in ("", "_24h")),
    *(f"{end}_52_week_{what}" for end in ("highest", "lowest") for what in ("price", "date")),
    "timestamp",
]
_TRADE = [
    *("market", "trade_date_utc", "trade_time_utc", "timestamp", "trade_price", "trade_volume"),
    *("prev_closing_price", "change_price", "ask_bid", "sequential_id"),
]


@case("6.1")
async def markets(client: Client) -> None:
    """The list of markets has a code and two names for each, in three quote currencies."""
    rows = await client.rows("/v1/market/all")
    for row in rows:
        check_names("a market", row, ["market", "korean_name", "english_name"])
        check_form("a code", row["market"], "(KRW|BTC|USDT)-[A-Z0-9]+")
    check(_BTC in {row["market"] for row in rows}, f"{_BTC} among them", len(rows))


@case("6.1")
async def markets_with_details(client: Client) -> None:
    """With details each market tells its warning and its five cautions."""
    rows = await client.rows("/v1/market/all", is_details="true")
    for row in rows:
        event = row["market_event"]
        check_equal("market_event", set(event), {"warning", "caution"})
        check(isinstance(event["warning"], bool), "a boolean", event["warning"])
        check_equal("the cautions", set(event["caution"]), _CAUTIONS)
    check_equal("markets", [row["market"] for row in rows], list(client.codes))


@case("6.2", "8.9")
async def ticker(client: Client) -> None:
    """A ticker has the documented fields, Korean times among them, and none of the stream's own."""
    rows = await client.rows("/v1/ticker", markets=f"{_BTC},KRW-ETH")
    check_equal("markets", [row["market"] for row in rows], [_BTC, "KRW-ETH"])
    for row in rows:
        check_names("a ticker", row, _TICKER)
        check_change(row)
        check(is_milliseconds(row["timestamp"]), "ms since 1970", row["timestamp"])


@case("6.2", "6.12")
async def ticker_of_a_wrong_market(client: Client) -> None:
    """One wrong market makes the whole call a 404."""
    answer = await client.get("/v1/ticker", markets=f"{_BTC},KRW-NOSUCHCOIN")
    check_equal("status and name", answer.error, (404, 404))


@case("6.3")
async def all_tickers(client: Client) -> None:
    """The tickers of whole quote currencies come in one call."""
    rows = await client.rows("/v1/ticker/all", quote_currencies="BTC,USDT")
    wanted = {code for code in client.codes if not code.startswith("KRW-")}
    # A listing may come or go between two calls.
    check(len({row["market"] for row in rows} ^ wanted) <= 1, "all BTC and USDT markets", len(rows))
    check_names("a ticker", rows[0], _TICKER)


@case("6.4", "8.6")
async def trades(client: Client) -> None:
    """Trades come newest first, with a signed change and ids made of their times."""
    rows = await client.rows("/v1/trades/ticks", market=_BTC, count=50)
    check_equal("trades", len(rows), 50)
    times = [row["timestamp"] for row in rows]
    check_equal("times, newest first", times, sorted(times, reverse=True))
    for row in rows:
        check_names("a trade", row, _TRADE)
        check_form("trade_date_utc", row["trade_date_utc"], r"\d{4}-\d\d-\d\d")
        check_form("trade_time_utc", row["trade_time_utc"], r"\d\d:\d\d:\d\d")
        change = Decimal(row["trade_price"]) - Decimal(row["prev_closing_price"])
        check(row["change_price"] == change, f"a signed change of {change}", row["change_price"])
        check_equal("sequential_id // 10000", row["sequential_id"] // 10_000, row["timestamp"])


@case("6.4")
async def counts_of_trades(client: Client) -> None:
    """One trade where no count is given, at most 500."""
    check_equal("trades", len(await client.rows("/v1/trades/ticks", market=_BTC)), 1)
    check_equal("trades", len(await client.rows("/v1/trades/ticks", market=_BTC, count=500)), 500)


@case("6.4")
async def pages_of_trades(client: Client) -> None:
    """The cursor continues behind the trade it names."""
    first = await client.rows("/v1/trades/ticks", market=_BTC, count=20)
    cursor = first[9]["sequential_id"]
    second = await client.rows("/v1/trades/ticks", market=_BTC, count=10, cursor=cursor)
    ids = [row["sequential_id"] for row in second]
    check(cursor not in ids, "trades before the cursor only", ids)
    check_equal("the trades that follow", ids, [row["sequential_id"] for row in first[10:]])


@case("6.4")
async def trades_of_another_day(client: Client) -> None:
    """A time of day, in either spelling, and days ago choose older trades."""
    for to in ("12:00:00", "120000"):
        [row] = await client.rows("/v1/trades/ticks", market=_BTC, to=to, days_ago=2)
        check(row["trade_time_utc"] < "12:00:00", "a trade before noon", row["trade_time_utc"])
        today = await client.rows("/v1/trades/ticks", market=_BTC)
        days = (today[0]["timestamp"] // 86_400_000) - (row["timestamp"] // 86_400_000)
        check(days in (2, 3), "a trade of two days ago", f"{days} days ago")


@case("6.5")
async def orderbook(client: Client) -> None:
    """A book has 30 rows, or as many as asked for; 31 behaves as 30."""
    for count, rows in ((None, 30), (5, 5), (30, 30), (31, 30)):
        query = {} if count is None else {"count": count}
        [book] = await client.rows("/v1/orderbook", markets=_BTC, **query)
        check_equal(f"rows for a count of {count}", len(book["orderbook_units"]), rows)
    names = ["market", "timestamp", "total_ask_size", "total_bid_size", "orderbook_units", "level"]
    check_names("a book", book, names)
    check_names(
        "a row", book["orderbook_units"][0], ["ask_price", "bid_price", "ask_size", "bid_size"]
    )
    asks = [row["ask_price"] for row in book["orderbook_units"]]
    check_equal("asks, cheapest first", asks, sorted(asks))


@case("6.5")
async def orderbook_by_level(client: Client) -> None:
    """A supported level groups the prices; another one brings an empty list."""
    [instrument] = await client.rows("/v1/orderbook/instruments", markets=_BTC)
    level = next(text for text in instrument["supported_levels"] if text != "0")
    [book] = await client.rows("/v1/orderbook", markets=_BTC, level=level)
    check(Decimal(book["level"]) == Decimal(level), f"level {level}", book["level"])
    prices = [Decimal(row["bid_price"]) for row in book["orderbook_units"]]
    check(all(price % Decimal(level) == 0 for price in prices), f"multiples of {level}", prices)
    check_equal("books at level 7", await client.rows("/v1/orderbook", markets=_BTC, level=7), [])


@case("6.6")
async def instruments(client: Client) -> None:
    """Instruments tell tick and levels, as strings."""
    codes = [_BTC, *client.of_quote("KRW", 20), "BTC-ETH", "USDT-BTC"]
    rows = await client.rows("/v1/orderbook/instruments", markets=",".join(codes))
    check_equal("markets", [row["market"] for row in rows], codes)
    for row in rows:
        check_names("a row", row, ["market", "quote_currency", "tick_size", "supported_levels"])
        check_equal("the quote currency", row["quote_currency"], row["market"].split("-")[0])
        check_form("tick_size", row["tick_size"], r"\d+(\.\d+)?")
        for level in row["supported_levels"]:
            check_form("a level", level, r"\d+(\.\d+)?")


@case("6.7")
async def supported_levels(client: Client) -> None:
    """The older list of levels has numbers."""
    [row] = await client.rows("/v1/orderbook/supported_levels", markets=_BTC)
    check_equal("the market", row["market"], _BTC)
    levels = row["supported_levels"]
    check(all(isinstance(level, int | Decimal) for level in levels), "numbers", levels)
    check_equal("levels in order", levels, sorted(levels))


@case("6.11")
async def compressed(client: Client) -> None:
    """A long quotation answer is compressed for whoever accepts gzip."""
    answer = await client.get("/v1/market/all")
    check_equal("Content-Encoding", answer.headers.get("Content-Encoding"), "gzip")


@case("6.11", key=True)
async def account_not_compressed(client: Client) -> None:
    """An answer of the exchange API is never compressed."""
    answer = await client.signed("GET", "/v1/accounts")
    check_equal("Content-Encoding", answer.headers.get("Content-Encoding"), None)


@case("6.12")
async def error_names(client: Client) -> None:
    """Quotation errors are named by their status, as a number."""
    missing = await client.get("/v1/ticker")
    check_equal("without markets", missing.error, (400, 400))
    unknown = await client.get("/v1/candles/minutes/1", market="KRW-NOSUCHCOIN")
    check_equal("an unknown market", unknown.error, (404, 404))


@case("6.13", "5.3")
async def unknown_path(client: Client) -> None:
    """A path that leads nowhere is a 404 named not_found, without a count of requests."""
    answer = await client.get("/v1/nothing/here")
    check_equal("status and name", answer.error, (404, "not_found"))
    check("Remaining-Req" not in answer.headers, "no Remaining-Req", answer.remaining)


@case("8.8")
async def ordered_pairs(client: Client) -> None:
    """Prices of a book are whole numbers of ticks apart."""
    for code in (_BTC, "BTC-ETH", "USDT-BTC"):
        [instrument] = await client.rows("/v1/orderbook/instruments", markets=code)
        [book] = await client.rows("/v1/orderbook", markets=code)
        tick = Decimal(instrument["tick_size"])
        asks = [Decimal(row["ask_price"]) for row in book["orderbook_units"] if row["ask_price"]]
        off = [b for a, b in pairwise(asks) if (b - a) % tick]
        check_equal(f"prices of {code} off the tick of {tick}", off, [])
