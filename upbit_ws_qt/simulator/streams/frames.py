"""The exchange's frames, written straight to bytes in DEFAULT and SIMPLE form. Pure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import date

from upbit_ws_qt.field_names import CANDLE, ORDERBOOK, TICKER, TRADE, UNIT
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.market.board import Notice
from upbit_ws_qt.simulator.market.book import DEPTH, Book
from upbit_ws_qt.simulator.market.days import DAY_MS
from upbit_ws_qt.simulator.market.live import DayState
from upbit_ws_qt.simulator.market.market import Market
from upbit_ws_qt.simulator.market.story import Candle
from upbit_ws_qt.simulator.market.trades import Trade
from upbit_ws_qt.timeframe import Timeframe

from .spelling import Spelling, compact_date, compact_time, dashed_date, iso_seconds

__all__ = [
    "ERRORS",
    "STATUS_UP",
    "FrameWriter",
    "change_word",
    "error_frame",
    "subscription_list_frame",
]

# Source: docs.upbit.com, list-subscriptions.
_LIST = {"method": "mthd", "result": "rslt", "ticket": "tckt"}
_LIST_ROW = {"type": "ty", "codes": "cds", "level": "lv"}

ERRORS: Mapping[str, str] = {
    "INVALID_AUTH": "인증 정보가 올바르지 않습니다.",
    "WRONG_FORMAT": "Format 이 맞지 않습니다.",
    "NO_TICKET": "티켓이 존재하지 않거나, 유효하지 않습니다.",
    "NO_TYPE": "type 필드가 존재하지 않습니다.",
    "NO_CODES": "codes 필드가 존재하지 않습니다.",
    "INVALID_PARAM": "{type} 은 지원하지 않는 타입입니다.",
    # The documents name this error but not its text.
    "TOO_MANY_REQUEST": "요청 수 제한을 초과했습니다.",
}
STATUS_UP = b'{"status":"UP"}'
_NOTICE = ("market_state", "is_trading_suspended", "delisting_date", "market_warning")
_error_number = itertools.count()


def error_frame(name: str, **fields: str) -> bytes:
    """The error ``name``; the order of the keys inside varies, as it does on the wire."""
    message = ERRORS[name].format(**fields)
    body = {"name": name, "message": message}
    if next(_error_number) % 2:
        body = {"message": message, "name": name}
    return json.dumps({"error": body}, ensure_ascii=False, separators=(",", ":")).encode()


def subscription_list_frame(
    ticket: str, rows: Sequence[Mapping[str, object]], *, simple: bool
) -> bytes:
    """The answer to LIST_SUBSCRIPTIONS; ``rows`` have the documented names."""
    names = _LIST if simple else {name: name for name in _LIST}
    row_names = _LIST_ROW if simple else {name: name for name in _LIST_ROW}
    body = {
        names["method"]: "LIST_SUBSCRIPTIONS",
        names["result"]: [{row_names[key]: row[key] for key in row} for row in rows],
        names["ticket"]: ticket,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def change_word(difference: int) -> str:
    """RISE, EVEN or FALL."""
    return "RISE" if difference > 0 else "FALL" if difference < 0 else "EVEN"


# State: the spelling's memory.
class FrameWriter:
    """Writes one market's frames in one of the two forms."""

    def __init__(self, market: Market, behaviour: Behaviour, *, simple: bool) -> None:
        self.code = market.code
        self._behaviour = behaviour
        self.spelling = Spelling(market.grid, simple=simple)

        def names(fields: Mapping[str, str]) -> list[str]:
            return list(fields.values() if simple else fields)

        code = f'"{self.code}"'
        texts = {"change", "trade_date", "trade_time", "ask_bid", "stream_type"}
        texts |= {"highest_52_week_date", "lowest_52_week_date", "candle_date_time_utc"}
        texts |= {"candle_date_time_kst", "type"}

        def template(fields: Mapping[str, str], fixed: Mapping[str, str]) -> str:
            parts = [
                f'"{name}":' + fixed.get(field, '"%s"' if field in texts else "%s")
                for field, name in zip(fields, names(fields), strict=True)
            ]
            return "{" + ",".join(parts) + "}"

        self._ticker = template(
            TICKER,
            {
                "type": '"ticker"',
                "code": code,
                **dict.fromkeys(_NOTICE, "%s"),
            },
        )
        self._trade = template(TRADE, {"type": '"trade"', "code": code})
        self._orderbook = template(ORDERBOOK, {"type": '"orderbook"', "code": code})
        self._candle = template(CANDLE, {"code": code})
        self._unit = template(UNIT, {})

    def ticker(
        self, trade: Trade, day: DayState, notice: Notice, now_ms: int, stream_type: str
    ) -> bytes:
        """The market's day right after ``trade``, and what is said of it at ``now_ms``."""
        s, candle = self.spelling, day.candle
        difference = trade.price - day.prev_close
        sign = "-" if difference < 0 else ""
        change = s.prices[abs(difference)]
        rate = s.number(round(abs(difference) / day.prev_close, 10))
        return (
            self._ticker
            % (
                s.prices[candle.open],
                s.prices[candle.high],
                s.prices[candle.low],
                s.prices[trade.price],
                s.prices[day.prev_close],
                change_word(difference),
                change,
                sign + change,
                rate,
                sign + rate,
                s.size(trade.volume),
                s.size(candle.volume),
                s.size(day.volume_24h),
                s.value(candle.value),
                s.value(day.value_24h),
                compact_date(trade.time_ms),
                compact_time(trade.time_ms),
                trade.time_ms,
                "ASK" if trade.sold else "BID",
                s.size(day.sold_volume),
                s.size(candle.volume - day.sold_volume),
                s.prices[day.year_high],
                dashed_date(day.year_high_day * DAY_MS),
                s.prices[day.year_low],
                dashed_date(day.year_low_day * DAY_MS),
                f'"{notice.state(now_ms)}"',
                "true" if notice.suspended else "false",
                self._delisting(notice.delisting_date),
                '"CAUTION"' if notice.warning else '"NONE"',
                trade.time_ms,
                stream_type,
            )
        ).encode()

    def _delisting(self, day: date | None) -> str:
        if day is None:
            return "null"
        if self._behaviour.delisting_date == "text":
            return f'"{day.isoformat()}"'
        return f'{{"year":{day.year},"month":{day.month},"day":{day.day}}}'

    def trade(
        self,
        trade: Trade,
        prev_close: int,
        best: tuple[tuple[int, int], tuple[int, int]],
        stream_type: str,
    ) -> bytes:
        """One fill; ``best`` are price and size of the best ask and of the best bid after it."""
        s, (ask, bid) = self.spelling, best
        difference = trade.price - prev_close
        moment = iso_seconds(trade.time_ms)
        return (
            self._trade
            % (
                trade.time_ms,
                moment[:10],
                moment[11:],
                trade.time_ms,
                s.prices[trade.price],
                s.size(trade.volume),
                "ASK" if trade.sold else "BID",
                s.prices[prev_close],
                change_word(difference),
                s.prices[abs(difference)],
                trade.sequential_id,
                s.prices[ask[0]],
                s.size(ask[1]),
                s.prices[bid[0]],
                s.size(bid[1]),
                stream_type,
            )
        ).encode()

    def orderbook(self, book: Book, depth: int, level: float, stream_type: str) -> bytes:
        """The first ``depth`` rows; the totals are of the full depth or, by a switch, of these."""
        s, unit = self.spelling, self._unit
        prices, sizes = s.prices, s.sizes
        counted = depth if self._behaviour.totals == "sent" else DEPTH
        rows = [
            unit % (prices[ask], prices[bid], sizes[ask_size], sizes[bid_size])
            for (ask, ask_size), (bid, bid_size) in itertools.zip_longest(
                book.asks[:depth], book.bids[:depth], fillvalue=(0, 0)
            )
        ]
        if len(rows) < min(depth, DEPTH):
            empty = unit % (prices[0], prices[0], sizes[0], sizes[0])
            rows.extend([empty] * (min(depth, DEPTH) - len(rows)))
        return (
            self._orderbook
            % (
                book.changed_ms,
                s.size(sum(size for _, size in book.asks[:counted])),
                s.size(sum(size for _, size in book.bids[:counted])),
                "[" + ",".join(rows) + "]",
                stream_type,
                int(level) if level == int(level) else level,
            )
        ).encode()

    def candle(self, unit: Timeframe, candle: Candle, stream_type: str) -> bytes:
        """One candle of a streamed unit."""
        s = self.spelling
        return (
            self._candle
            % (
                unit.wire_type,
                iso_seconds(candle.start_ms),
                iso_seconds(candle.start_ms, 9),
                s.fixed_price(candle.open),
                s.fixed_price(candle.high),
                s.fixed_price(candle.low),
                s.fixed_price(candle.close),
                s.fixed_volume(candle.volume),
                s.fixed_value(candle.value),
                candle.last_ms,
                stream_type,
            )
        ).encode()
