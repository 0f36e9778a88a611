"""The market list as a Qt object, read over REST while something is subscribed. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_ws_qt import rest
from upbit_ws_qt.errors import InvalidMarket, LocalError, RequestRejected, UpbitError
from upbit_ws_qt.markets import Market, MarketCatalog, check_market
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.recovery import ExponentialBackoff

from .lifecycle import is_gone
from .running import spawn, wrong_thread

__all__ = ["MarketList", "MarketListStatistics"]

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

# One address line takes so many codes.
_INSTRUMENTS_PAGE = 100
# However often somebody mistypes a code, or a price crosses a border, nothing is read more often
# for it.
_READ_AGAIN_AFTER_S = 10.0
# A Qt timer counts its ms in 32 bits.
_LONGEST_WAIT_MS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class MarketListStatistics:
    """Markets listed, those whose ticks and levels are known, and those still to be read.

    ``gone`` were listed since the manager was made, and are not any more.
    """

    markets: int
    instruments: int
    wanted: int
    gone: int


# State: the catalogue, whether the list and whose ticks and levels are still to be read, when each
# was last asked for, how often in a row that failed, whether it may read, the task that does, and
# the timer of the next reading.
class MarketList(QObject):
    """What is known of the markets; empty until the exchange has answered.

    The list of names is read when something is subscribed and, while something is, every ten
    minutes; ticks and levels of a market when that one is, and again with the list. Both are also
    read again when they seem to be outdated.

    Args:
        client: asks the exchange.
        interval_s: between two readings of the list.
        is_wanted: whether anything is subscribed.
        parent: its Qt parent.

    Signals:
        changed(): names, warnings, ticks or levels were read.
        listed(Market): the exchange lists a market that it did not list before; also one that was
            subscribed to while the list could not be read.
        gone(Market): the exchange lists this one no longer.
    """

    changed = pyqtSignal()
    listed = pyqtSignal(object)
    gone = pyqtSignal(object)

    def __init__(
        self,
        client: RestClient,
        interval_s: float,
        is_wanted: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = threading.get_ident()
        self._client = client
        self._interval_s = interval_s
        self._is_wanted = is_wanted
        self._catalog = MarketCatalog()
        self._is_outdated = True
        self._wanted: dict[str, None] = {}
        self._asked_at: dict[str, float] = {}
        self._failures = 0
        self._is_running = False
        self._reading: asyncio.Task[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_time)

    def __len__(self) -> int:
        return len(self._catalog.markets)

    def __iter__(self) -> Iterator[Market]:
        return iter(self._catalog.markets.values())

    def __contains__(self, code: object) -> bool:
        return code in self._catalog.markets

    def find(self, code: str) -> Market | None:
        """The market with this code, or None; also one that is gone, whose name is still known.

        ``code in markets`` says whether it is listed.
        """
        self._check_thread()
        return self._catalog.find(code)

    def is_gone(self, code: str) -> bool:
        """Whether the exchange listed this market before and lists it no longer.

        What is subscribed of it stays subscribed: it may come back, and goes on then.
        """
        self._check_thread()
        return code in self._catalog.gone

    def require(self, code: str, level: float = 0.0) -> str:
        """Return ``code``, unless the market or this grouping of its order book is not offered.

        What is not known yet passes; ``judges`` tells. So does a code that the list does not hold
        if that is more than 10 seconds old: the market may be new, so the list is read again.

        Raises:
            InvalidMarket: a fresh list does not hold it; with the nearest listed code.
            InvalidRequest: with the levels that are offered. They are read again then, because
                they hang on the price.
        """
        self._check_thread()
        check_market(code)
        error = self._objection(code, level)
        if isinstance(error, InvalidMarket):
            self._read_again()
            error = self._objection(code, level)
        elif error is not None:
            self._read_again(code)
        if error is not None:
            raise error
        return code

    def objections(self, codes: Iterable[str], level: float = 0.0) -> dict[str, LocalError]:
        """What is known to be wrong with asking for these, by code."""
        self._check_thread()
        found = ((code, self._objection(code, level)) for code in codes)
        return {code: error for code, error in found if error is not None}

    def judges(self, codes: Iterable[str], level: float = 0.0) -> bool:
        """Whether enough is known for ``objections`` to be the last word."""
        self._check_thread()
        return all(
            self._catalog.judges(code, level) and not self._may_be_new(code) for code in codes
        )

    def tick_size(self, code: str, price: float) -> float:
        """The price step of a market at ``price``, in its quote currency."""
        self._check_thread()
        if self._catalog.has_left_band(code, price):
            self._read_again(code)
        return self._catalog.tick_size(code, price)

    def levels(self, code: str) -> tuple[float, ...]:
        """The order book groupings the exchange offers for a market, in KRW; 0 is none."""
        self._check_thread()
        return self._catalog.levels(code)

    def statistics(self) -> MarketListStatistics:
        """How much is known."""
        self._check_thread()
        catalog = self._catalog
        return MarketListStatistics(
            len(catalog.markets), len(catalog.instruments), len(self._wanted), len(catalog.gone)
        )

    def want(self, codes: Iterable[str]) -> None:
        """Read the list, and the ticks and levels of these markets, unless that is done already.

        What is wanted while it is stopped is read after the next ``start``.
        """
        self._check_thread()
        for code in codes:
            if code and code not in self._catalog.instruments:
                self._wanted[code] = None
        self._go_on()

    def start(self) -> None:
        """Read what is wanted from now on; also what ``stop`` gave up."""
        self._check_thread()
        self._is_running = True
        if self._wanted:
            self._go_on()
        self._arm()

    def stop(self) -> None:
        """Read nothing until the next ``start``."""
        self._check_thread()
        self._is_running = False
        if not is_gone(self._timer):
            self._timer.stop()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _objection(self, code: str, level: float) -> LocalError | None:
        return None if self._may_be_new(code) else self._catalog.objection(code, level)

    def _may_be_new(self, code: str) -> bool:
        """Whether the list does not hold it, and is about to be read again."""
        return self._is_outdated and code not in self._catalog.markets

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise wrong_thread()

    def _read_again(self, code: str = "") -> None:
        """Read one market's ticks and levels anew, or the list of all."""
        now = time.monotonic()
        if now - self._asked_at.get(code, -math.inf) < _READ_AGAIN_AFTER_S:
            return
        self._asked_at[code] = now
        if code:
            self._wanted[code] = None
        else:
            self._is_outdated = True
        self._go_on()

    def _arm(self) -> None:
        """Wait for the time of the next reading; before the first one nobody has to."""
        read_at = self._asked_at.get("")
        if read_at is not None:
            wait_ms = max(0.0, read_at + self._interval_s - time.monotonic()) * 1000
            self._timer.start(math.ceil(min(wait_ms, _LONGEST_WAIT_MS)))

    def _on_time(self) -> None:
        self._is_outdated = True
        # Levels hang on the price, so they are no more lasting than the list.
        self._wanted.update(dict.fromkeys(self._catalog.instruments))
        if self._is_wanted():
            self._go_on()
        # Else the next subscription reads it: nobody looks at it meanwhile.

    def _go_on(self) -> None:
        has_to_read = bool(self._wanted) or self._is_outdated
        if self._is_running and self._reading is None and has_to_read:
            self._reading = spawn(self._read(), name="market list")

    async def _read(self) -> None:
        backoff = ExponentialBackoff()
        try:
            while self._wanted or self._is_outdated:
                try:
                    await self._read_once()
                    self._failures = 0
                except UpbitError as error:
                    about = {"error": type(error).__name__}
                    logger.info("the market list could not be read: %s", error, extra=about)
                    await asyncio.sleep(backoff.get_delay(self._failures))
                    self._failures += 1
        finally:
            # After a stop and a start in one breath another task reads.
            if self._reading is asyncio.current_task():
                self._reading = None

    async def _read_once(self) -> None:
        if self._is_outdated:
            await self._read_list()
        # One unknown code refuses a whole call, so only listed ones are asked for.
        self._wanted = {code: None for code in self._wanted if code in self._catalog.markets}
        page = tuple(self._wanted)[:_INSTRUMENTS_PAGE]
        if not page:
            return
        try:
            read = await self._ask(rest.instruments(page))
        except RequestRejected:
            # One of them is listed no more.
            self._is_outdated = True
            raise
        for code in page:
            self._wanted.pop(code, None)
        self._catalog.learn(read)
        self.changed.emit()

    async def _ask(self, call: rest.RestCall[ResultT]) -> ResultT:
        answer = await self._client.call(call)
        if is_gone(self):
            # Deleted under us, and whoever ends this task comes a turn later than the answer.
            raise asyncio.CancelledError
        return answer

    async def _read_list(self) -> None:
        read = await self._ask(rest.markets())
        # While it could not be read, what is wanted may have been asked for before it was listed.
        waiting = self._wanted if self._failures else ()
        listed, gone = self._catalog.take(read, waiting)
        self._is_outdated = False
        self._asked_at[""] = time.monotonic()
        self._arm()
        self._wanted.update(dict.fromkeys(market.code for market in listed))
        self.changed.emit()
        for market in listed:
            self.listed.emit(market)
        for market in gone:
            self.gone.emit(market)
