"""The market list as a Qt object, read over REST when it is first needed. Qt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt import rest
from upbit_ws_qt.errors import InvalidMarket, UpbitError
from upbit_ws_qt.markets import Market, MarketCatalog
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.recovery import ExponentialBackoff

from .running import spawn

__all__ = ["MarketList"]

logger = logging.getLogger(__name__)

# One address line takes so many codes.
_INSTRUMENTS_PAGE = 100
# However often somebody mistypes a code, the list is not read more often for it.
_READ_AGAIN_AFTER_S = 10.0


# State: the catalogue with when it was read and whether that has to be repeated, whose ticks are
# still to be read, and the task that reads.
class MarketList(QObject):
    """What is known of the markets; empty until the exchange has answered.

    Signals:
        changed(): names, warnings, ticks or levels were read.
    """

    changed = pyqtSignal()

    def __init__(self, client: RestClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._catalog = MarketCatalog()
        self._wanted: dict[str, None] = {}
        self._reading: asyncio.Task[None] | None = None
        self._is_outdated = False
        self._read_at = float("-inf")

    def __len__(self) -> int:
        return len(self._catalog.markets)

    def __iter__(self) -> Iterator[Market]:
        return iter(self._catalog.markets.values())

    def __contains__(self, code: object) -> bool:
        return code in self._catalog.markets

    def find(self, code: str) -> Market | None:
        """The market with this code, or None."""
        return self._catalog.find(code)

    def require(self, code: str) -> str:
        """Return ``code`` if it is listed or the list is not known yet.

        Raises:
            InvalidMarket: with the nearest listed code. The list is read again then, because the
                market may be new: another try a moment later knows.
        """
        try:
            return self._catalog.require(code)
        except InvalidMarket:
            self._read_again()
            raise

    def unknown(self, code: str) -> InvalidMarket:
        """What to say of a code that is not listed."""
        return self._catalog.unknown(code)

    def missing(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Those of ``codes`` that the exchange does not list; none while the list is unknown."""
        if not self._catalog.markets:
            return ()
        return tuple(code for code in codes if code not in self._catalog.markets)

    def _read_again(self) -> None:
        if time.monotonic() - self._read_at >= _READ_AGAIN_AFTER_S:
            self._is_outdated = True
            self.want(())

    def tick_size(self, code: str, price: float) -> float:
        """The price step of a market at ``price``, in its quote currency."""
        return self._catalog.tick_size(code, price)

    def levels(self, code: str) -> tuple[float, ...]:
        """The order book groupings the exchange offers for a market."""
        return self._catalog.levels(code)

    def want(self, codes: Iterable[str]) -> None:
        """Read the list, and the ticks of these markets, unless that is done already."""
        for code in codes:
            if code and code not in self._catalog.instruments:
                self._wanted[code] = None
        if self._reading is None and self._has_to_read:
            self._reading = spawn(self._read(), name="market list")

    def stop(self) -> None:
        """Give up reading; ``want`` begins again."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    @property
    def _has_to_read(self) -> bool:
        return bool(self._wanted) or self._is_outdated or not self._catalog.markets

    async def _read(self) -> None:
        backoff = ExponentialBackoff()
        attempt = 0
        try:
            while self._has_to_read:
                try:
                    await self._read_once()
                    attempt = 0
                except UpbitError as error:
                    logger.info("the market list could not be read: %s", error)
                    await asyncio.sleep(backoff.get_delay(attempt))
                    attempt += 1
        finally:
            self._reading = None

    async def _read_once(self) -> None:
        if self._is_outdated or not self._catalog.markets:
            self._catalog.markets = await self._client.call(rest.markets())
            self._is_outdated, self._read_at = False, time.monotonic()
            self.changed.emit()
        # One unknown code refuses a whole call, so only listed ones are asked for.
        page = [code for code in self._wanted if code in self._catalog.markets]
        page = page[:_INSTRUMENTS_PAGE]
        if page:
            read = await self._client.call(rest.instruments(page))
            self._catalog.instruments = {**self._catalog.instruments, **read}
            self.changed.emit()
        for code in page or tuple(self._wanted):
            self._wanted.pop(code, None)
