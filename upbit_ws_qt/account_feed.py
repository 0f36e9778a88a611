"""What is followed of one account: what is read of it, when, and what consumers are told. Pure.

The private streams send changes only: no balances and no open orders when they begin. So both are
read over REST when a request goes out, and once more when it counts as accepted, because what
happened between the first reading and the beginning of the stream is in neither. While there is no
socket they are read again and again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeGuard, cast

from .account_calls import accounts, order
from .account_state import BalanceSheet, OpenOrders
from .actions import Instant
from .errors import AuthenticationFailed, InvalidState, RequestRejected, UpbitError, asked_wait_s
from .events import (
    AssetEvent,
    Balance,
    BalanceEvent,
    OrderEvent,
    Source,
    Stamp,
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


# State: the parts; what is polled; the orders whose end is looked up; when the accounts were asked
# for last; and whether the stream of balances has ever delivered with this key.
class AccountFeed:
    """Keeps balances and open orders whole for consumers.

    Args:
        settings: how often is polled.
        outbox: what consumers are told goes there.
    """

    #: What changes the account; announcements and the like pass as they are.
    hears = (AssetEvent, OrderEvent)

    def __init__(self, settings: FeedSettings, outbox: Outbox) -> None:
        self._outbox = outbox
        self._poller = Poller(
            settings.order_poll_interval_s, {BALANCE_STREAM: settings.balance_poll_interval_s}
        )
        self._streams: frozenset[Stream] = frozenset()
        self._polled: frozenset[Stream] = frozenset()
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
        self._arrange()

    def requested(self) -> None:
        """A request went out, or frames may have been missed: read everything."""
        for stream in self._streams:
            self._poller.ask_by(stream, float("-inf"))

    def accepted(self) -> None:
        """Between the last reading and the beginning of the streams something may have happened."""
        self.requested()

    def unreadable(self, now: float) -> None:
        """A frame could not be read; it may have been of any stream."""
        for stream in self._streams:
            self._poller.ask_by(stream, now + _READ_APART_S)

    def poll(self, streams: Collection[Stream]) -> None:
        """Read these again and again, as no socket carries them."""
        self._polled = frozenset(streams)
        self._arrange()

    def restart(self) -> None:
        """What was asked may never be answered; everything is read anew."""
        self._poller.restart()

    def forget(self) -> None:
        """Another account, perhaps: nothing of what is known counts any more."""
        self._balances, self._orders = BalanceSheet(), OpenOrders()
        self._vanished.clear()
        self._is_proved = False
        self._arrange()
        self._poller.restart()

    def heard(self, event: AssetEvent | OrderEvent, now: float) -> None:
        """A frame of the account came."""
        if isinstance(event, AssetEvent):
            self._is_proved = True
            if BALANCE_STREAM in self._streams and self._balances.heard(event):
                self._say_balances(event.stamp)
        elif ORDER_STREAM in self._streams and self._orders.heard(event):
            self._outbox.put(event)
            end = self._orders.end_of(event.uuid)
            if end is not None and event.is_open:
                # The fill came late; what is said last is what holds.
                self._outbox.put(end)
        # Whatever happens to an order moves money as well.
        self._poller.ask_by(
            BALANCE_STREAM, max(now + _SETTLED_AFTER_S, self._accounts_asked_at + _READ_APART_S)
        )

    def reply(self, fetch: Fetch, result: Reading | UpbitError, now: Instant) -> UpbitError | None:
        """An answer came; returns the error if it is one of the key, which is not for here."""
        failed = isinstance(result, UpbitError)
        wait_s = asked_wait_s(result, now.monotonic)
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
            self._arrange()
        return None

    # -- what follows ---------------------------------------------------------------------------

    @property
    def can_poll(self) -> bool:
        """Whether there is anything that can be read instead of heard."""
        return bool(self._streams)

    def is_polled(self, subject: Subject) -> TypeGuard[Stream]:
        """Whether it is a stream that is read again and again."""
        return subject in self._polled

    def is_reading(self, now: float) -> bool:
        """Whether an answer is on its way, or a question is due."""
        return self._poller.is_reading(now)

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        fetch = self._poller.next_fetch(now)
        if fetch is None:
            return None
        if fetch.subject == BALANCE_STREAM:
            self._balances.asked()
            self._accounts_asked_at = now
            return replace(fetch, call=accounts())
        if isinstance(fetch.subject, str):
            return replace(fetch, call=order(uuid=fetch.subject))
        self._orders.asked()
        return fetch

    def next_deadline(self) -> float | None:
        """When the next question is due."""
        return self._poller.next_deadline()

    # -- inside -----------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._poller.read({*self._streams, *self._vanished})
        self._poller.poll(self._polled & self._streams)

    def _found(self, uuid: str) -> None:
        self._vanished.discard(uuid)
        self._arrange()

    def _take_accounts(self, rows: tuple[Balance, ...], now: Instant) -> None:
        if self._balances.was_read(rows):
            # Either a frame was missed, or the answer was older than what frames had said.
            self._poller.ask_by(BALANCE_STREAM, now.monotonic + _READ_APART_S)
        elif not self._is_proved:
            self._poller.ask_by(BALANCE_STREAM, now.monotonic + _UNPROVED_S)
        self._say_balances(self._outbox.stamp_at(now, Source.POLLED))

    def _say_balances(self, stamp: Stamp) -> None:
        self._outbox.put(BalanceEvent(balances=self._balances.rows or (), stamp=stamp))
