"""ccxt's client of the exchange, unmodified and given only the address, used as its users do."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.pro

from benchmarks.feed.clients.tally import Task, tell
from benchmarks.feed.clients.unique import Unique
from benchmarks.feed.frames import END


async def main() -> None:
    task = Task.given()
    urls = {"public": task.rest_url, "private": task.rest_url, "ws": task.url}
    client = ccxt.pro.upbit({"urls": {"api": urls}, "enableRateLimit": False})
    try:
        await client.load_markets()
        symbols = [client.markets_by_id[code][0]["symbol"] for code in (*task.codes, END)]
        over = symbols[-1]
        # The first answer comes with the snapshots; it is what subscribes.
        await _next(client, task, symbols)
        seen = Unique()
        tell(ready=True)
        while True:
            found = await _next(client, task, symbols)
            if any(symbol == over for symbol, _ in found):
                break
            seen.add(number for _, number in found)
        tell(**seen.facts())
    finally:
        await client.close()


async def _next(client: Any, task: Task, symbols: list[str]) -> list[tuple[str, float]]:
    if task.type == "ticker":
        tickers = await client.watch_tickers(symbols)
        return [(key, float(row["info"]["acc_ask_volume"])) for key, row in tickers.items()]
    trades = await client.watch_trades_for_symbols(symbols)
    return [(trade["symbol"], float(trade["id"])) for trade in trades]


if __name__ == "__main__":
    asyncio.run(main())
