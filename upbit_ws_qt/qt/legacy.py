"""The earlier v5 style over a proxy, for programs that have not moved on yet. Qt."""

from __future__ import annotations

import itertools
import logging
import warnings
from typing import ClassVar

from PyQt6.QtCore import QObject

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import ConnectionType, WebSocketEvent
from upbit_ws_qt.timeframe import Timeframe

from .manager import GlobalWebSocketManager
from .proxy import WebSocketClientProxy
from .snapshots import Symbols
from .subscription import Callback, Subscription, WeakCallable

__all__ = ["LegacyCompatibilityLayer", "LegacyWebSocketClient"]

logger = logging.getLogger(__name__)

#: What to write now, by what was written then.
WRITE_NOW = {
    "create_legacy_client": 'proxy = WebSocketClientProxy("chart_main", parent=widget)',
    "connect": "nothing: the first subscription connects",
    "disconnect": "proxy.cleanup(), or nothing: a proxy ends with its parent",
    "is_connected": "proxy.is_public_available() or proxy.is_private_available()",
    "subscribe_ticker": "proxy.subscribe_ticker(symbols, callback)",
    "subscribe_trade": "proxy.subscribe_trade(symbols, callback)",
    "subscribe_orderbook": "proxy.subscribe_orderbook(symbols, callback, depth=30)",
    "subscribe_candle": 'proxy.subscribe_candle(symbols, "1m", callback)',
    "subscribe_my_order": "proxy.subscribe_orders(callback)",
    "subscribe_my_asset": "proxy.subscribe_balance(callback)",
}


# State: the proxy, which ends with it, and the default callback.
class LegacyWebSocketClient:
    """One client of the earlier style; make it with :class:`LegacyCompatibilityLayer`.

    Every method warns with ``DeprecationWarning`` and says what to write now. Callbacks receive the
    events that all callbacks receive. Without a parent, a client that nobody keeps ends, with its
    subscriptions.
    """

    def __init__(
        self,
        connection_type: ConnectionType,
        manager: GlobalWebSocketManager,
        proxy: WebSocketClientProxy,
        callback: Callback | None = None,
    ) -> None:
        self._type = connection_type
        self._manager = manager
        self._proxy = proxy
        self._callback = WeakCallable(callback) if callback else None

    @property
    def proxy(self) -> WebSocketClientProxy:
        """What to move on to: both styles may be mixed meanwhile."""
        return self._proxy

    @property
    def is_connected(self) -> bool:
        """Whether data of its kind can be had."""
        _warn("is_connected")
        if self._type is ConnectionType.PUBLIC:
            return self._proxy.is_public_available()
        return self._proxy.is_private_available()

    async def connect(self) -> None:
        """Start the manager; the connection itself is made with the first subscription."""
        _warn("connect")
        await self._manager.start()

    async def disconnect(self) -> None:
        """Release the proxy; the connection stays for everyone else."""
        _warn("disconnect")
        await self._proxy.cleanup()

    def subscribe_ticker(self, symbols: Symbols, callback: Callback | None = None) -> Subscription:
        """Follow the day's figures of some markets."""
        chosen = self._begin("subscribe_ticker", ConnectionType.PUBLIC, callback)
        return self._proxy.subscribe_ticker(symbols, chosen)

    def subscribe_trade(self, symbols: Symbols, callback: Callback | None = None) -> Subscription:
        """Follow every trade of some markets."""
        chosen = self._begin("subscribe_trade", ConnectionType.PUBLIC, callback)
        return self._proxy.subscribe_trade(symbols, chosen)

    def subscribe_orderbook(
        self, symbols: Symbols, callback: Callback | None = None
    ) -> Subscription:
        """Follow the books of some markets, 30 rows of each."""
        chosen = self._begin("subscribe_orderbook", ConnectionType.PUBLIC, callback)
        return self._proxy.subscribe_orderbook(symbols, chosen)

    def subscribe_candle(
        self,
        symbols: Symbols,
        timeframe: str | Timeframe = Timeframe.MINUTE_1,
        callback: Callback | None = None,
    ) -> Subscription:
        """Follow the growing candle of some markets."""
        chosen = self._begin("subscribe_candle", ConnectionType.PUBLIC, callback)
        return self._proxy.subscribe_candle(symbols, timeframe, chosen)

    def subscribe_my_order(self, callback: Callback | None = None) -> Subscription:
        """Follow all orders of the account."""
        chosen = self._begin("subscribe_my_order", ConnectionType.PRIVATE, callback)
        return self._proxy.subscribe_orders(chosen)

    def subscribe_my_asset(self, callback: Callback | None = None) -> Subscription:
        """Follow all balances of the account."""
        chosen = self._begin("subscribe_my_asset", ConnectionType.PRIVATE, callback)
        return self._proxy.subscribe_balance(chosen)

    def _begin(self, method: str, needed: ConnectionType, callback: Callback | None) -> Callback:
        """Warn, check the kind of client, and choose the callback: this one, or the default."""
        _warn(method, stacklevel=4)
        if self._type is not needed:
            raise InvalidRequest(
                f"{method} needs create_legacy_client({needed.value!r}); this client is "
                f"{self._type.value!r}"
            )
        default = self._callback.get() if self._callback else None
        return callback or default or self._unheard

    def _unheard(self, event: WebSocketEvent) -> None:
        logger.debug("nobody takes %s %s", event.data_type, event.symbol)


# State: none of its own; the number of clients made gives each its id.
class LegacyCompatibilityLayer:
    """Makes clients of the earlier style, all of them on the one manager."""

    _numbers: ClassVar[itertools.count[int]] = itertools.count(1)

    @classmethod
    def create_legacy_client(
        cls,
        connection_type: str = "public",
        callback: Callback | None = None,
        *,
        manager: GlobalWebSocketManager | None = None,
        parent: QObject | None = None,
    ) -> LegacyWebSocketClient:
        """Make a client as the earlier style did.

        Args:
            connection_type: ``public`` or ``private``.
            callback: receives the events of every subscription that names none of its own; a bound
                method is held weakly.
            manager: the application's own when None.
            parent: ends the client's proxy with it.

        Raises:
            InvalidRequest: another kind of client.
            InvalidState: there is no QApplication yet.
        """
        _warn("create_legacy_client")
        if connection_type not in tuple(ConnectionType):
            raise InvalidRequest(f"a client is 'public' or 'private'; got {connection_type!r}")
        kind = ConnectionType(connection_type)
        manager = manager or GlobalWebSocketManager.instance()
        proxy = WebSocketClientProxy(f"legacy_{kind}_{next(cls._numbers)}", manager, parent)
        return LegacyWebSocketClient(kind, manager, proxy, callback)


def _warn(name: str, stacklevel: int = 3) -> None:
    """Point at the caller's own line; ``stacklevel`` counts the frames up to it."""
    message = f"{name} is of the earlier style; write now: {WRITE_NOW[name]}"
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel)
