"""What is followed of one account: what is read of it, when, and what consumers are told. Pure.

The private streams send changes only: no balances and no open orders when they begin. So both are
read over REST when a request goes out, and once more when it counts as accepted, because what
happened between the first reading and the beginning of the stream is in neither. While there is no
socket they are read again and again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import cast

from .account_state import BalanceSheet, OpenOrders
from .actions import Instant
from .errors import AuthenticationFailed, InvalidState, RateLimited, RequestRejected, UpbitError
from .events import (
    AssetEvent,
    Balance,
    BalanceEvent,
    OrderEvent,
    Source,
    Stamp,
    WebSocketEvent,
    stamped,
)
from .outbox import Outbox
from .polling import Fetch, Poller, Subject
from .settings import FeedSettings
from .subscriptions import BALANCE_STREAM, ORDER_STREAM, Stream

__all__ = ["AccountFeed", "Reading"]

#: A reading: all balances, all open orders (the newest first), or one order.
Reading = tuple[Balance, ...] | tuple[OrderEvent, ...] | OrderEvent

#: After a change the accounts are read again: late enough for what comes together (a fill changes
#: two currencies and ends an order), and not more often than this, as the limit is shared with
#: whoever trades.
_SETTLED_AFTER_S = 0.2
_READ_APART_S = 1.0
#: The first subscription of a key to ``myAsset`` may be silent for minutes; until it has delivered
#: something, the accounts are read so often. Source: docs.upbit.com, websocket-myasset.
_UNPROVED_S = 30.0


# State: the parts; the orders whose end is looked up; when the accounts were asked for last; and
# whether the stream of balances has ever delivered with this key.
class AccountFeed:
    """Keeps balances and open orders whole for consumers.

    Args:
        settings: how often is polled.
        outbox: what consumers are told goes there.
    """

    def __init__(self, settings: FeedSettings, outbox: Outbox) -> None:
        self._outbox = outbox
        self._poller = Poller(
            settings.order_poll_interval_s, {BALANCE_STREAM: settings.balance_poll_interval_s}
        )
        self._streams: frozenset[Stream] = frozenset()
        self._balances = BalanceSheet()
        self._orders = OpenOrders()
        self._vanished: set[str] = set()
        self._accounts_asked_at = float("-inf")
        self._is_proved = False

    # -- what happens ---------------------------------------------------------------------------

    def follow(self, streams: Collection[Stream]) -> None:
        """Follow exactly these streams; what is known of others is forgotten."""
        self._streams = frozenset(streams) & {BALANCE_STREAM, ORDER_STREAM}
        if BALANCE_STREAM not in self._streams:
            self._balances = BalanceSheet()
        if ORDER_STREAM not in self._streams:
            self._orders = OpenOrders()
            self._vanished.clear()
        self._poller.read(self._subjects())

    def read_all(self, now: float) -> None:
        """Frames may have been missed, or may have begun to come: read everything."""
        for stream in self._streams:
            self._poller.ask_by(stream, now)

    def poll(self, *, on: bool) -> None:
        """Whether there is no socket, so that everything is read again and again."""
        self._poller.is_polling = on

    def restart(self) -> None:
        """What was asked may never be answered; everything is read anew."""
        self._poller.restart()

    def forget(self) -> None:
        """Another account, perhaps: nothing of what is known counts any more."""
        self._balances, self._orders = BalanceSheet(), OpenOrders()
        self._vanished.clear()
        self._is_proved = False
        self._poller.read(self._subjects())
        self._poller.restart()

    def heard(self, event: WebSocketEvent, now: float) -> None:
        """A frame came; what is not about balances or orders passes as it is."""
        if isinstance(event, AssetEvent):
            self._is_proved = True
            if BALANCE_STREAM in self._streams and self._balances.heard(event):
                self._say_balances(event.stamp)
        elif not isinstance(event, OrderEvent):
            self._outbox.put(event)
            return
        elif ORDER_STREAM in self._streams and self._orders.heard(event):
            self._outbox.put(event)
        # Whatever happens to an order moves money as well.
        self._poller.ask_by(
            BALANCE_STREAM, max(now + _SETTLED_AFTER_S, self._accounts_asked_at + _READ_APART_S)
        )

    def reply(self, fetch: Fetch, result: Reading | UpbitError, now: Instant) -> UpbitError | None:
        """An answer came; returns the error if it is one of the key, which is not for here."""
        failed = isinstance(result, UpbitError)
        wait_s = _shortest_wait_s(result, now) if failed else 0.0
        if not self._poller.answered(fetch, now.monotonic, again=failed, wait_s=wait_s):
            return None
        if isinstance(result, AuthenticationFailed | InvalidState):
            return result
        stamp = self._outbox.stamp_at(now, Source.POLLED)
        if isinstance(result, UpbitError):
            self._outbox.say_error(result, stamp=stamp)
            unknown = isinstance(result, RequestRejected) and result.name == "order_not_found"
            if unknown and isinstance(fetch.subject, str):
                # Asking again would say the same.
                self._orders.forget(fetch.subject)
                self._found(fetch.subject)
        elif isinstance(result, OrderEvent):
            self._found(result.uuid)
            event = stamped(result, stamp)
            if self._orders.was_looked_up(event):
                self._outbox.put(event)
        elif fetch.subject == BALANCE_STREAM:
            self._take_accounts(cast("tuple[Balance, ...]", result), now)
        else:
            orders = cast("tuple[OrderEvent, ...]", result)
            news, vanished = self._orders.were_read(stamped(order, stamp) for order in orders)
            for event in news:
                self._outbox.put(event)
            self._vanished.update(vanished)
            self._poller.read(self._subjects())
        return None

    # -- what follows ---------------------------------------------------------------------------

    @property
    def has_streams(self) -> bool:
        """Whether there is anything that can be read instead of heard."""
        return bool(self._streams)

    def is_reading(self, now: float) -> bool:
        """Whether an answer is on its way, or a question is due."""
        return self._poller.is_reading(now)

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        fetch = self._poller.next_fetch(now)
        if fetch is not None and fetch.subject == BALANCE_STREAM:
            self._balances.asked()
            self._accounts_asked_at = now
        elif fetch is not None and fetch.subject == ORDER_STREAM:
            self._orders.asked()
        return fetch

    def next_deadline(self) -> float | None:
        """When the next question is due."""
        return self._poller.next_deadline()

    # -- inside -----------------------------------------------------------------------------------

    def _subjects(self) -> Iterable[Subject]:
        return {*self._streams, *self._vanished}

    def _found(self, uuid: str) -> None:
        self._vanished.discard(uuid)
        self._poller.read(self._subjects())

    def _take_accounts(self, rows: tuple[Balance, ...], now: Instant) -> None:
        if self._balances.was_read(rows):
            # Either a frame was missed, or the answer was older than what frames had said.
            self._poller.ask_by(BALANCE_STREAM, now.monotonic + _READ_APART_S)
        elif not self._is_proved:
            self._poller.ask_by(BALANCE_STREAM, now.monotonic + _UNPROVED_S)
        self._say_balances(self._outbox.stamp_at(now, Source.POLLED))

    def _say_balances(self, stamp: Stamp) -> None:
        self._outbox.put(BalanceEvent(balances=self._balances.rows or (), stamp=stamp))


def _shortest_wait_s(result: object, now: Instant) -> float:
    """How long the exchange has asked us to wait."""
    if isinstance(result, RateLimited) and result.retry_at is not None:
        return max(0.0, result.retry_at - now.monotonic)
    return 0.0
