"""The brain of the public connection: markets, kept whole and polled if need be. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .actions import Instant
from .events import ConnectionType
from .handlers import HandlerTable
from .market_feed import MarketFeed
from .polling import Fetch
from .protocol import FeedProtocol, ProtocolStatistics
from .recovery import EpochManager, RecoveryEngine
from .settings import FeedSettings

__all__ = ["PublicProtocol"]


# State: the base's, and what it follows of the markets.
class PublicProtocol(FeedProtocol):
    """Everything the public connection decides; see the base for the arguments."""

    def __init__(
        self,
        settings: FeedSettings,
        epochs: EpochManager,
        ticket: Callable[[], str],
        *,
        recovery: RecoveryEngine | None = None,
        handlers: HandlerTable | None = None,
    ) -> None:
        super().__init__(
            ConnectionType.PUBLIC, settings, epochs, ticket, recovery=recovery, handlers=handlers
        )
        self._markets = MarketFeed(settings, self._outbox)

    @property
    def _feed(self) -> MarketFeed:
        return self._markets

    def statistics(self) -> ProtocolStatistics:
        return replace(super().statistics(), repeated=self._markets.repeated)

    def connection_made(self, now: Instant) -> None:
        self._feed.opened(now.monotonic)
        super().connection_made(now)

    def receive_messages(self, messages: Sequence[bytes], now: Instant) -> bool:
        is_quiet = super().receive_messages(messages, now)
        return is_quiet and not self._feed.has_asked()

    def reply(self, fetch: Fetch, result: Any, now: Instant) -> None:
        self._feed.reply(fetch, result, now)

    def handle_timer(self, now: Instant) -> None:
        super().handle_timer(now)
        self._feed.handle_timer(now)
