"""The quotation half of the simulated exchange's REST interface: what needs no key. asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.simulator.market.book import DEPTH
from upbit_ws_qt.simulator.market.days import DAY_MS
from upbit_ws_qt.simulator.market.floor import TradingFloor
from upbit_ws_qt.simulator.market.story import Candle
from upbit_ws_qt.simulator.market.trades import Trade
from upbit_ws_qt.timeframe import Timeframe

from .gate import Gate, Handler, json_response
from .query import (
    INVALID,
    MISSING,
    QuotationError,
    decimal_number,
    last_trade_ms,
    moment,
    whole_number,
)
from .rows import RowWriter, instrument_row, market_row

__all__ = ["QuotationApi"]

ItemT = TypeVar("ItemT", Candle, Trade)

_MOST_CANDLES, _MOST_TRADES = 200, 500
_SECONDS_KEPT_MS = 90 * DAY_MS
_SLICE_S = 0.002
_UNITS = {unit.rest_path: unit for unit in Timeframe}

_NOT_FOUND = "Code not found"
_QUOTES = {"KRW", "BTC", "USDT"}


# State: the writers made so far.
class QuotationApi:
    """Answers for the markets of ``floor``.

    The exchange speaks HTTP/2 here, with HTTP/1.1 for who asks for that. The server library knows
    HTTP/1.1 alone, and without TLS, which a loopback address has not, clients do not try HTTP/2.
    """

    def __init__(self, floor: TradingFloor) -> None:
        self._floor = floor
        self._writers: dict[str, RowWriter] = {}

    def routes(self, gate: Gate) -> list[web.RouteDef]:
        """Everything that is served, behind ``gate``."""
        quotation: tuple[tuple[str, str, Handler], ...] = (
            ("/v1/market/all", "market", self._market_all),
            ("/v1/ticker", "ticker", self._ticker),
            ("/v1/ticker/all", "ticker", self._ticker_all),
            ("/v1/trades/ticks", "trade", self._trades),
            ("/v1/orderbook", "orderbook", self._orderbook),
            ("/v1/orderbook/instruments", "orderbook", self._instruments),
            ("/v1/orderbook/supported_levels", "orderbook", self._supported_levels),
            ("/v1/candles/minutes/{count:[0-9]+}", "candle", self._candles),
            ("/v1/candles/{unit:seconds|days|weeks|months|years}", "candle", self._candles),
        )
        return [web.get(path, gate.quoted(group, handler)) for path, group, handler in quotation]

    # -- quotation -----------------------------------------------------------------------------

    async def _market_all(self, request: web.Request) -> web.Response:
        # Clients in wide use still send the name of old.
        asked = request.query.get("is_details", request.query.get("isDetails", "false"))
        details, board = asked.lower() == "true", self._floor.board
        return json_response(
            [market_row(board.notice(code), details=details) for code in self._floor.listings]
        )

    async def _ticker(self, request: web.Request) -> web.Response:
        return await self._tickers(self._codes(request))

    async def _ticker_all(self, request: web.Request) -> web.Response:
        wanted = _listed(request, "quote_currencies")
        if not set(wanted) <= _QUOTES:
            raise QuotationError(400, INVALID)
        return await self._tickers(
            [code for code, row in self._floor.listings.items() if row.quote in wanted]
        )

    async def _tickers(self, codes: list[str]) -> web.Response:
        rows: list[object] = []
        pause = _Pause()
        for code in codes:
            live = self._floor.live(code)
            rows.append(self._writer(code).ticker(live.last, live.state()))
            await pause.between()
        return json_response(rows)

    async def _trades(self, request: web.Request) -> web.Response:
        code = self._code(request)
        count = whole_number(request.query, "count", 1, _MOST_TRADES, least=1)
        end_ms = last_trade_ms(request.query, self._floor.now_ms)
        cursor = whole_number(request.query, "cursor", 0, 1 << 62)
        market = self._floor.market(code)
        trades = (
            trade
            for trade in market.trades_backwards(end_ms)
            if trade is None or not cursor or trade.sequential_id < cursor
        )
        found = await _take(trades, count)
        closes: dict[int, int] = {}
        rows: list[object] = []
        for trade in found:
            day = trade.time_ms // DAY_MS
            if day not in closes:
                closes[day] = market.prev_close(day)
            rows.append(self._writer(code).trade(trade, closes[day]))
        return json_response(rows)

    async def _orderbook(self, request: web.Request) -> web.Response:
        codes = self._codes(request)
        count = min(whole_number(request.query, "count", DEPTH, 1 << 31) or DEPTH, DEPTH)
        level = decimal_number(request.query, "level")
        rows: list[object] = []
        pause = _Pause()
        for code in codes:
            market = self._floor.market(code)
            if level not in market.listing.levels:
                continue
            quanta = int(level * 10**market.grid.decimals / market.grid.scale)
            book = self._floor.live(code).book(self._floor.now_ms, quanta)
            rows.append(self._writer(code).orderbook(book, count, level))
            await pause.between()
        return json_response(rows)

    async def _instruments(self, request: web.Request) -> web.Response:
        rows: list[object] = []
        pause = _Pause()
        for code in self._codes(request):
            market = self._floor.market(code)
            price = market.grid.price(self._floor.live(code).last.price)
            tick = Decimal(str(table_tick_size(code, price)))
            rows.append(instrument_row(market.listing, tick))
            await pause.between()
        return json_response(rows)

    async def _supported_levels(self, request: web.Request) -> web.Response:
        # The deprecated predecessor of the instruments, with numbers instead of strings.
        return json_response(
            [
                {
                    "market": code,
                    "supported_levels": [
                        msgspec.Raw(f"{level.normalize():f}".encode())
                        for level in self._floor.listings[code].levels
                    ],
                }
                for code in self._codes(request)
            ]
        )

    async def _candles(self, request: web.Request) -> web.Response:
        path = request.match_info.get("unit") or f"minutes/{request.match_info['count']}"
        unit = _UNITS.get(path)
        if unit is None:
            raise QuotationError(400, INVALID)
        code = self._code(request)
        count = whole_number(request.query, "count", 1, _MOST_CANDLES, least=1)
        now_ms = self._floor.now_ms
        to_ms = moment(request.query, now_ms)
        market = self._floor.market(code)
        # One more than asked for: a day's row needs the close of the day before.
        candles = await _take(market.candles_backwards(unit, to_ms, now_ms), count + 1)
        if unit is Timeframe.SECOND_1:
            oldest = now_ms - _SECONDS_KEPT_MS
            candles = [candle for candle in candles if candle.start_ms >= oldest]
        writer = self._writer(code)
        closes: list[int | None] = [None] * count
        if unit is Timeframe.DAY:
            closes = [candle.close for candle in candles[1:]]
            closes += [candle.open for candle in candles[-1:]]
        candles = candles[:count]
        rows = [
            writer.candle(unit, candle, close)
            for candle, close in zip(candles, closes, strict=False)
        ]
        if unit is Timeframe.DAY and request.query.get("converting_price_unit"):
            await self._convert(request, rows, candles)
        return json_response(rows)

    async def _convert(
        self, request: web.Request, rows: list[dict[str, Any]], days: list[Candle]
    ) -> None:
        """Add the closes in KRW, by the close of the quote currency on the same day.

        Source: docs.upbit.com, list-candles-days: nothing but KRW, and null in KRW markets.
        """
        if request.query["converting_price_unit"] != "KRW":
            raise QuotationError(400, INVALID)
        market = self._floor.market(self._code(request))
        rates: dict[int, Decimal] = {}
        quote = f"KRW-{market.listing.quote}"
        if quote in self._floor.listings and days:
            other, end_ms = self._floor.market(quote), days[0].start_ms + 1
            backwards = other.candles_backwards(Timeframe.DAY, end_ms, self._floor.now_ms)
            span = (days[0].start_ms - days[-1].start_ms) // DAY_MS + 1
            for day in await _take(backwards, span):
                rates[day.start_ms] = other.grid.exact_price(day.close)
        for row, day in zip(rows, days, strict=True):
            rate = rates.get(day.start_ms)
            price = None if rate is None else rate * market.grid.exact_price(day.close)
            row["converted_trade_price"] = price and msgspec.Raw(f"{price:.8f}".encode())

    # -- parameters ----------------------------------------------------------------------------

    def _codes(self, request: web.Request) -> list[str]:
        # One bad code spoils the whole call.
        return [self._known(code) for code in _listed(request, "markets")]

    def _code(self, request: web.Request) -> str:
        code = request.query.get("market", "")
        if not code:
            raise QuotationError(400, MISSING)
        return self._known(code)

    def _known(self, code: str) -> str:
        # Other than the WebSocket, which passes over lower case in silence.
        code = code.upper()
        if code not in self._floor.listings:
            raise QuotationError(404, _NOT_FOUND)
        return code

    def _writer(self, code: str) -> RowWriter:
        writer = self._writers.get(code)
        if writer is None:
            writer = self._writers[code] = RowWriter(self._floor.market(code))
        return writer


# State: when the present slice began.
class _Pause:
    """Lets others run now and then, so that a long answer holds nobody up."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def between(self) -> None:
        if time.perf_counter() - self._since > _SLICE_S:
            await asyncio.sleep(0)
            self._since = time.perf_counter()


def _listed(request: web.Request, name: str) -> list[str]:
    """The items of a parameter that is a list with commas, or given several times."""
    text = ",".join(request.query.getall(name, []))
    items = [item.strip() for item in text.upper().split(",")]
    if not any(items):
        raise QuotationError(400, MISSING)
    return [item for item in items if item]


async def _take(items: Iterator[ItemT | None], count: int) -> list[ItemT]:
    found: list[ItemT] = []
    pause = _Pause()
    for item in items:
        if item is not None:
            found.append(item)
            if len(found) >= count:
                break
        await pause.between()
    return found
