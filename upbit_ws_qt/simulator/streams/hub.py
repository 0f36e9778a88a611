"""Who gets which frame: subscriptions, snapshots and what the floor reports. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.market.book import DEPTH, Book
from upbit_ws_qt.simulator.market.floor import Happening, Kind, TradingFloor
from upbit_ws_qt.simulator.market.live import LiveMarket
from upbit_ws_qt.simulator.market.story import Candle
from upbit_ws_qt.simulator.market.trades import Trade
from upbit_ws_qt.timeframe import Timeframe

from .frames import FrameWriter
from .packet import Packet
from .request import Wish

__all__ = ["Hub", "Listener"]

_DEPTHS = frozenset({1, 5, 15, 30})
_UNITS = {unit.wire_type: unit for unit in Timeframe if unit.is_streamed}
_SNAPSHOT, _REALTIME = "SNAPSHOT", "REALTIME"


class Listener(Protocol):
    """What the hub needs of a connection; ``format`` is one of the four."""

    format: str

    def push(self, packet: Packet) -> None:
        """Queue one frame."""
        ...


# State: the listeners of each stream of one market, and the books last sent by level.
class _Streams:
    __slots__ = ("books", "candles", "sent_books", "tickers", "trades")

    def __init__(self) -> None:
        # Dictionaries for their order: listeners are served in the order they came.
        self.tickers: dict[Listener, None] = {}
        self.trades: dict[Listener, None] = {}
        self.books: dict[tuple[float, int], dict[Listener, None]] = {}
        self.candles: dict[Timeframe, dict[Listener, None]] = {}
        self.sent_books: dict[float, Book] = {}

    def remove(self, listener: Listener) -> None:
        self.tickers.pop(listener, None)
        self.trades.pop(listener, None)
        for book_key in list(self.books):
            self.books[book_key].pop(listener, None)
            if not self.books[book_key]:
                del self.books[book_key]
        levels = {level for level, _ in self.books}
        self.sent_books = {
            level: book for level, book in self.sent_books.items() if level in levels
        }
        for unit in list(self.candles):
            self.candles[unit].pop(listener, None)
            if not self.candles[unit]:
                del self.candles[unit]

    @property
    def used(self) -> bool:
        return bool(self.tickers or self.trades or self.books or self.candles)


# State: the streams by code, the codes of each listener, the writers made so far, and the tickers
# that wait for their interval: when the last one was sent and whether one is due.
class Hub:
    """Turns what happens on the floor into frames for those who asked."""

    def __init__(self, floor: TradingFloor, behaviour: Behaviour) -> None:
        self._floor = floor
        self._behaviour = behaviour
        self._ticker_sent_ms: dict[str, int] = {}
        self._tickers_due: dict[str, int] = {}
        floor.on_closed.append(self._say_standing)
        floor.on_halted.append(self._say_standing)
        self._streams: dict[str, _Streams] = {}
        self._codes: dict[Listener, set[str]] = {}
        self._writers: dict[tuple[str, bool], FrameWriter] = {}

    def replace(self, listener: Listener, wishes: Iterable[Wish]) -> Iterator[None]:
        """End the listener's streams and begin those of ``wishes``, one code at each step.

        Unknown codes, lower-case ones among them, and levels that a market does not have are
        passed over in silence, as the exchange does.
        """
        self.remove(listener)
        codes = self._codes[listener] = set()
        for wish in wishes:
            for written in dict.fromkeys(wish.codes):
                code, _, suffix = written.partition(".")
                if code not in self._floor.listings or (suffix and wish.type != "orderbook"):
                    continue
                if self._codes.get(listener) is not codes:
                    return
                self._begin(listener, wish, code, suffix)
                yield

    def remove(self, listener: Listener) -> None:
        """End all streams of a listener."""
        for code in self._codes.pop(listener, ()):
            streams = self._streams[code]
            streams.remove(listener)
            if not streams.used:
                del self._streams[code]
                self._floor.unwatch(code)
            elif not streams.books:
                self._floor.unwatch(code, only_book=True)

    def report(self, happening: Happening) -> None:
        """Send what somebody asked for of what has happened."""
        live = happening.watched.live
        streams = self._streams.get(live.market.code)
        if streams is None:
            return
        if happening.kind is Kind.TRADE:
            if streams.tickers:
                self._report_ticker(live, streams, happening.time_ms)
            if streams.trades and happening.trade is not None:
                self._send_trade(live, happening.trade, streams.trades, _REALTIME)
        elif happening.kind is Kind.BOOK:
            self._send_changed_books(live, streams, happening.time_ms)
        else:
            for unit, listeners in streams.candles.items():
                self._send(live, listeners, _candle(unit, live.candle(unit), _REALTIME))

    def catch_up(self, now_ms: int) -> None:
        """Send the tickers that waited for their interval."""
        for code in [code for code, due_ms in self._tickers_due.items() if due_ms <= now_ms]:
            streams = self._streams.get(code)
            del self._tickers_due[code]
            if streams is not None:
                self._report_ticker(self._floor.live(code), streams, now_ms)

    def _report_ticker(self, live: LiveMarket, streams: _Streams, now_ms: int) -> None:
        interval_ms, code = self._behaviour.ticker_interval_ms, live.market.code
        if interval_ms:
            due_ms = self._ticker_sent_ms.get(code, -interval_ms) + interval_ms
            if now_ms < due_ms:
                self._tickers_due[code] = due_ms
                return
            self._ticker_sent_ms[code] = now_ms
            self._tickers_due.pop(code, None)
        self._send_ticker(live, streams.tickers, _REALTIME)

    def _say_standing(self, code: str) -> None:
        """A ticker says that a market is delisted, halted, or goes on."""
        self._tickers_due.pop(code, None)
        streams = self._streams.get(code)
        if streams is not None and streams.tickers:
            self._send_ticker(self._floor.live(code), streams.tickers, _REALTIME)

    def _begin(self, listener: Listener, wish: Wish, code: str, suffix: str) -> None:
        depth = int(suffix) if suffix.isdecimal() and int(suffix) in _DEPTHS else DEPTH
        market = self._floor.market(code)
        levels = {float(level) for level in market.listing.levels}
        if wish.type == "orderbook" and wish.level not in levels:
            return
        if wish.only_snapshot:
            live = self._floor.live(code)
        else:
            live = self._listen(listener, wish, code, depth)
        if not wish.only_realtime:
            self._send_snapshot(listener, wish, live, depth)
        elif wish.type == "orderbook" and not wish.only_snapshot:
            self._look_at_book(wish, live)

    def _listen(self, listener: Listener, wish: Wish, code: str, depth: int) -> LiveMarket:
        self._codes[listener].add(code)
        streams = self._streams.setdefault(code, _Streams())
        if wish.type == "orderbook":
            streams.books.setdefault((wish.level, depth), {})[listener] = None
            return self._floor.watch_book(code).live
        if wish.type == "ticker":
            streams.tickers[listener] = None
        elif wish.type == "trade":
            streams.trades[listener] = None
        else:
            streams.candles.setdefault(_UNITS[wish.type], {})[listener] = None
        return self._floor.watch(code).live

    def _send_snapshot(self, listener: Listener, wish: Wish, live: LiveMarket, depth: int) -> None:
        if wish.type == "ticker":
            self._send_ticker(live, (listener,), _SNAPSHOT)
        elif wish.type == "trade":
            self._send_trade(live, live.last, (listener,), _SNAPSHOT)
        elif wish.type == "orderbook":
            book = self._look_at_book(wish, live)
            self._send(live, (listener,), _book(book, depth, wish.level, _SNAPSHOT))
        else:
            unit = _UNITS[wish.type]
            self._send(live, (listener,), _candle(unit, live.candle(unit), _SNAPSHOT))

    def _look_at_book(self, wish: Wish, live: LiveMarket) -> Book:
        """The book as it is now; only what differs from it is sent later."""
        book = self._book(live, wish.level, self._floor.now_ms)
        if not wish.only_snapshot:
            self._streams[live.market.code].sent_books.setdefault(wish.level, book)
        return book

    def _send_changed_books(self, live: LiveMarket, streams: _Streams, now_ms: int) -> None:
        changed: dict[float, Book | None] = {}
        until_ms = now_ms + 60_000
        for (level, depth), listeners in streams.books.items():
            if level not in changed:
                book = self._book(live, level, now_ms)
                until_ms = min(until_ms, book.until_ms)
                sent = streams.sent_books.get(level)
                same = sent is not None and sent.asks == book.asks and sent.bids == book.bids
                changed[level] = None if same else book
                streams.sent_books[level] = book
            new_book = changed[level]
            if new_book is not None:
                self._send(live, listeners, _book(new_book, depth, level, _REALTIME))
        self._floor.book_drawn(live.market.code, until_ms)

    def _book(self, live: LiveMarket, level: float, now_ms: int) -> Book:
        grid = live.market.grid
        quanta = round(level * 10**grid.decimals / grid.scale) if level else 0
        return live.book(now_ms, quanta)

    def _send_ticker(
        self, live: LiveMarket, listeners: Iterable[Listener], stream_type: str
    ) -> None:
        trade, day, now_ms = live.last, live.state(), self._floor.now_ms
        notice = self._floor.board.notice(live.market.code)
        self._send(
            live,
            listeners,
            lambda writer: writer.ticker(trade, day, notice, now_ms, stream_type),
        )

    def _send_trade(
        self, live: LiveMarket, trade: Trade, listeners: Iterable[Listener], stream_type: str
    ) -> None:
        before, best = live.prev_close, live.best(trade.time_ms)
        self._send(live, listeners, lambda writer: writer.trade(trade, before, best, stream_type))

    def _send(
        self,
        live: LiveMarket,
        listeners: Iterable[Listener],
        write: Callable[[FrameWriter], bytes],
    ) -> None:
        """Write the frame once for each format in use and hand it to everyone."""
        made: dict[str, Packet] = {}
        for listener in listeners:
            packet = made.get(listener.format)
            if packet is None:
                payload = write(self._writer(live, listener.format))
                if listener.format.endswith("LIST"):
                    payload = b"[" + payload + b"]"
                packet = made[listener.format] = Packet(payload)
            listener.push(packet)

    def _writer(self, live: LiveMarket, format_: str) -> FrameWriter:
        simple = format_.startswith("SIMPLE")
        key = (live.market.code, simple)
        writer = self._writers.get(key)
        if writer is None:
            writer = self._writers[key] = FrameWriter(live.market, self._behaviour, simple=simple)
        return writer


def _candle(unit: Timeframe, candle: Candle, stream_type: str) -> Callable[[FrameWriter], bytes]:
    return lambda writer: writer.candle(unit, candle, stream_type)


def _book(book: Book, depth: int, level: float, stream_type: str) -> Callable[[FrameWriter], bytes]:
    return lambda writer: writer.orderbook(book, depth, level, stream_type)
