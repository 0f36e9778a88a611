"""The brain of the private connection: one account, and the key that opens it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from .account_feed import AccountFeed, Reading
from .actions import Instant, Send
from .errors import AuthenticationFailed, InvalidState, UpbitError
from .events import ConnectionState, ConnectionType
from .handlers import HandlerTable
from .polling import Fetch, Subject
from .protocol import FeedProtocol
from .recovery import EpochManager, Happening, RecoveryEngine
from .settings import FeedSettings
from .subscriptions import ORDER_STREAM, Stream, SubscriptionSpec
from .wire import ErrorFrame

__all__ = ["PrivateProtocol"]

#: Why it does not start without a key.
NO_KEY = "no key is set"


# State: the base's; what it follows of the account; whether there is a key, which streams it may
# not read, and what the socket said against it that is not explained yet.
class PrivateProtocol(FeedProtocol):
    """Everything the private connection decides; see the base for the other arguments.

    Args:
        has_key: whether private data may be asked for.
    """

    def __init__(
        self,
        settings: FeedSettings,
        epochs: EpochManager,
        ticket: Callable[[], str],
        *,
        recovery: RecoveryEngine | None = None,
        handlers: HandlerTable | None = None,
        has_key: bool = False,
    ) -> None:
        super().__init__(
            ConnectionType.PRIVATE, settings, epochs, ticket, recovery=recovery, handlers=handlers
        )
        self._account = AccountFeed(settings, self._outbox)
        self._has_key = has_key
        self._denied: dict[Stream, UpbitError] = {}
        self._doubt: UpbitError | None = None

    @property
    def _feed(self) -> AccountFeed:
        return self._account

    # -- what happens ---------------------------------------------------------------------------

    def subscribe(self, consumer: Hashable, spec: SubscriptionSpec, now: Instant) -> None:
        super().subscribe(consumer, spec, now)
        if self.state is ConnectionState.REFUSED and self.error is not None:
            self._outbox.say_key_refused(self.error, (consumer,))

    def receive_messages(self, messages: Sequence[bytes], now: Instant) -> bool:
        super().receive_messages(messages, now)
        # Whatever comes of an account makes something to be read.
        return False

    def connection_lost(self, error: UpbitError, now: Instant) -> None:
        if isinstance(error, AuthenticationFailed | InvalidState):
            self._key_refused(error, now)
        else:
            super().connection_lost(error, now)

    def reply(self, fetch: Fetch, result: Reading | UpbitError, now: Instant) -> None:
        refusal = self._feed.reply(fetch, result, now)
        if isinstance(refusal, AuthenticationFailed) and refusal.right:
            self._deny(fetch.subject, refusal, now)
        elif refusal is not None:
            self._key_refused(refusal, now)
        elif isinstance(result, UpbitError):
            # Nothing was learnt about the key.
            self._doubt = None
        else:
            if self._feed.is_polled(fetch.subject):
                self._outbox.say_asked((fetch.subject,), accepted=True)
            self._judge_doubt(now)

    def key_changed(self, has_key: bool, now: Instant) -> None:
        """Another key was set, or it was taken away; the former one's answers do not count."""
        self._has_key = has_key
        self._doubt = None
        self._denied.clear()
        self.subscriptions.pardon()
        self._verdicts.try_only(())
        self._feed.forget()
        self._outbox.begin_epoch(self._epochs.increment_epoch(self.connection_type), now)
        # What was dialled with the former key ends; what is wanted is dialled anew.
        self._happen(Happening.UNWANTED, now)
        self._happen(Happening.KEY_CHANGED, now)
        self._plan_at = now.monotonic

    # -- inside -----------------------------------------------------------------------------------

    @property
    def _may_read(self) -> bool:
        return self._doubt is not None or super()._may_read

    def _follow_state(self, after: ConnectionState, happening: Happening, now: Instant) -> None:
        super()._follow_state(after, happening, now)
        if happening in (Happening.OPENED, Happening.STOP):
            self._doubt = None

    def _say_refused_before(self, consumer: Hashable, stream: Stream) -> None:
        error = self._denied.get(stream)
        if error is None:
            super()._say_refused_before(consumer, stream)
        else:
            self._outbox.say_key_refused(error, (consumer,), (stream,))

    def _plan(self, now: Instant) -> Send | None:
        if not self._has_key and self.subscriptions.wire_plan(now.monotonic):
            self._plan_at = None
            self._happen(Happening.KEY_REFUSED, now, NO_KEY)
            return None
        return super()._plan(now)

    def _refused(self, frame: ErrorFrame, now: Instant) -> None:
        if frame.name != "INVALID_AUTH":
            super()._refused(frame, now)
            return
        # It does not say whether a right is missing, or which, or what else is wrong with the key.
        # What is read over REST does.
        self._refusals += 1
        reason = f"{frame.name}: {frame.message}"
        self._doubt = AuthenticationFailed(reason, frame.name)
        self._happen(Happening.LOST, now, reason, error=self._doubt)
        self._feed.requested()
        self._judge_doubt(now)

    def _key_refused(self, error: UpbitError, now: Instant) -> None:
        """The key is of no use; nothing is asked until another one is set."""
        self._doubt = None
        if self.state is ConnectionState.REFUSED:
            return  # Two readings found out.
        self._outbox.say_key_refused(error, tuple(self.subscriptions.clients()))
        self._happen(Happening.KEY_REFUSED, now, str(error), error=error)

    def _deny(self, subject: Subject, error: UpbitError, now: Instant) -> None:
        """The key lacks a right; only the stream that needs it is refused."""
        stream = subject if isinstance(subject, Stream) else ORDER_STREAM
        self._doubt = None
        if stream in self._denied:
            return  # Two readings found out.
        self._denied[stream] = error
        self._outbox.say_key_refused(error, self.subscriptions.refuse((stream,)), (stream,))
        self._plan_soon(now)

    def _judge_doubt(self, now: Instant) -> None:
        """The socket refused the key without saying why, and nothing that was read explains it."""
        if self._doubt is not None and not self._feed.is_reading(now.monotonic):
            self._key_refused(self._doubt, now)
