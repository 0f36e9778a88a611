"""The brain of one connection: facts and ``now`` in, events and actions out. Pure.

The shell calls a method, then takes every :meth:`~FeedProtocol.next_event`, performs every
:meth:`~FeedProtocol.next_action` and arms one timer for :meth:`~FeedProtocol.next_deadline`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

from .account_feed import AccountFeed, Reading
from .actions import Close, Connect, Instant, Ping, Probe, Send
from .clocks import SleepWatch
from .dialect import RefusedFrame, UpbitDialect
from .errors import (
    AuthenticationFailed,
    ConnectionLost,
    DecodeError,
    HandlerError,
    InvalidState,
    RateLimited,
    UnknownType,
    UpbitError,
)
from .events import ConnectionState, ConnectionType, WebSocketEvent
from .handlers import CustomEvent, HandlerTable
from .liveness import Dead, HealthMonitor
from .outbox import Outbox
from .polling import Fetch, Subject
from .probe import ProbeProtocol
from .ratelimit import MESSAGE_WINDOWS, SlidingWindows
from .recovery import EpochManager, Happening, RecoveryEngine
from .settings import FeedSettings
from .subscriptions import (
    ORDER_STREAM,
    Stream,
    SubscriptionSpec,
    SubscriptionStateManager,
    stream_of,
)
from .verdicts import Verdicts
from .wire import (
    NOBODY_TO_BLAME,
    ControlFrame,
    ErrorFrame,
    ListFrame,
)

__all__ = ["Action", "FeedProtocol", "ProtocolStatistics"]

#: Changes within this time share one request.
DEBOUNCE_S = 0.02
#: A connection open for so long that still answers has proved itself, also where nothing trades.
PROVED_AFTER_S = 30.0
#: Why the private side does not start without a key.
NO_KEY = "no key is set"


Action = Connect | Send | Ping | Close | Probe | Fetch


@dataclass(frozen=True, slots=True)
class ProtocolStatistics:
    """What one connection has done since its protocol was made; times in seconds.

    ``questions`` ask the exchange for its list of our streams after a silence: ``quiet`` of them
    were answered with what we want, ``changed`` with something else. ``dead`` connections were
    given up because neither came, nor a pong. ``resent`` counts the requests that made a change
    good, ``refusals`` what the exchange refused, ``suspects`` the streams that are on trial now. A
    round trip is None before the first; it includes the wait for our next frame.
    """

    requests_sent: int = 0
    resent: int = 0
    refusals: int = 0
    suspects: int = 0
    decode_errors: int = 0
    pings: int = 0
    questions: int = 0
    quiet: int = 0
    changed: int = 0
    dead: int = 0
    round_trip_s: float | None = None
    shortest_round_trip_s: float | None = None


# State: the parts below, each with its own; what is due (a dial, a close, a ping or question, a
# plan, the same request again, a word to who joined, the fallback); when it was opened; why it is
# where it is, and what the last trouble was; which streams the key may not read, and what the
# socket said against it that is not explained yet; the counters.
class FeedProtocol:
    """Everything one connection decides; the private one follows an account as well.

    Args:
        connection_type: which of the two connections it is.
        settings: intervals and shares.
        epochs: shared with the routing, which drops what is older.
        ticket: makes the unique mark of a request.
        has_key: whether private data may be asked for; meaningless for the public connection.
        handlers: read what is of no type known here.
    """

    def __init__(
        self,
        connection_type: ConnectionType,
        settings: FeedSettings,
        epochs: EpochManager,
        ticket: Callable[[], str],
        *,
        recovery: RecoveryEngine | None = None,
        has_key: bool = True,
        handlers: HandlerTable | None = None,
    ) -> None:
        self.connection_type = connection_type
        self.subscriptions = SubscriptionStateManager(settings.grace_period_s)
        self.recovery = recovery or RecoveryEngine()
        self.decode_errors = self.requests_sent = 0
        self.reason = ""
        self.error: UpbitError | None = None
        self._trouble: tuple[str, UpbitError | None] = "", None
        self._share = settings.limit_share
        self._epochs = epochs
        self._ticket = ticket
        self._has_key = has_key
        self._handlers = handlers or HandlerTable()
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)
        self._outbox = Outbox(connection_type)
        is_private = connection_type is ConnectionType.PRIVATE
        self._account = AccountFeed(settings, self._outbox) if is_private else None
        self._denied: dict[Stream, UpbitError] = {}
        self._doubt: UpbitError | None = None
        self._fallback_after_s = settings.fallback_after_s
        self._fallback_at: float | None = None
        self.probe = ProbeProtocol(self._share, ticket, self._judged)
        self._verdicts = Verdicts(self.subscriptions, self.probe, self._outbox.say_refused)
        self._dialect = (settings.exchange.dialect or UpbitDialect)()
        self._health = HealthMonitor(ticket, self._dialect.question)
        self._sleep_watch = SleepWatch()
        self._plan_at: float | None = None
        self._dial_due = self._close_due = self._again_due = self._has_joined = False
        self._asking: Ping | Send | None = None
        self._opened_at = 0.0
        self._resent = self._refusals = 0

    # -- what happens ---------------------------------------------------------------------------

    @property
    def state(self) -> ConnectionState:
        """Where the connection stands."""
        return self.recovery.state

    @property
    def wire(self) -> dict[Stream, int]:
        """What the last request of this connection asked for."""
        return dict(self._verdicts.asked)

    def statistics(self) -> ProtocolStatistics:
        """What was counted since it was made."""
        health = self._health
        return ProtocolStatistics(
            requests_sent=self.requests_sent,
            resent=self._resent,
            refusals=self._refusals,
            suspects=len(self.probe.suspects),
            decode_errors=self.decode_errors,
            pings=health.pings,
            questions=health.questions,
            quiet=health.quiet,
            changed=health.changed,
            dead=health.dead,
            round_trip_s=health.round_trip_s,
            shortest_round_trip_s=health.shortest_round_trip_s,
        )

    def start(self, now: Instant) -> None:
        """Begin to work; may follow ``stop``."""
        self._happen(Happening.START, now)
        self._plan_at = now.monotonic

    def stop(self, now: Instant) -> None:
        """End the connection; every wish is kept for the next ``start``."""
        # The next start asks for everything again, and is refused again.
        self._verdicts.try_only(())
        self._happen(Happening.STOP, now)

    def subscribe(self, consumer: Hashable, spec: SubscriptionSpec, now: Instant) -> None:
        """Someone wants something; one request follows for all changes within ``DEBOUNCE_S``."""
        self.subscriptions.add(consumer, spec)
        self._has_joined = True
        for stream in sorted(self.subscriptions.refused_of(consumer)):
            error = self._denied.get(stream)
            if error is not None:
                self._outbox.say_key_refused(error, (consumer,), (stream,))
            else:
                said = "the exchange refused this before"
                self._outbox.say_refused("REFUSED", said, (consumer,), (stream,))
        if self.state is ConnectionState.REFUSED and self.error is not None:
            self._outbox.say_key_refused(self.error, (consumer,))
        self._plan_soon(now)

    def unsubscribe(self, consumer: Hashable, now: Instant) -> None:
        """A consumer has gone; what nobody else wants goes into grace."""
        self.subscriptions.remove_client(consumer, now.monotonic)
        if self.probe.suspects:
            self._verdicts.try_only(self.subscriptions.wanted())
        self._plan_soon(now)

    def connection_made(self, now: Instant) -> None:
        """The dial succeeded; a new epoch begins."""
        epoch = self._epochs.increment_epoch(
            self.connection_type, same_account=self._account is not None
        )
        self._outbox.begin_epoch(epoch, now)
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)
        self._health.opened(self._messages, now.monotonic)
        self._dialect.connection_made()
        self._opened_at = self._plan_at = now.monotonic
        self._happen(Happening.OPENED, now)

    def receive_message(self, data: bytes, now: Instant) -> None:
        """One whole message came in."""
        self.receive_messages((data,), now)

    def receive_messages(self, messages: Sequence[bytes], now: Instant) -> bool:
        """Whole messages came in, with one read and in this order.

        Returns whether all were data: then there is nothing to do, and no deadline is nearer.
        """
        outbox = self._outbox
        self._health.received_at = now.monotonic
        if outbox.stamp.received_at != now.wall:
            outbox.stamp = outbox.stamp_at(now)
        put, stamp, decode = outbox.put, outbox.stamp, self._dialect.decode
        only_data = True
        if self._account is not None:
            put = partial(self._account.heard, now=now.monotonic)
            only_data = False
        proved = False
        for data in messages:
            try:
                event = decode(data, stamp)
            except DecodeError as error:
                custom = self._unreadable(error)
                if custom is None:
                    continue
                event = custom
            if isinstance(event, ControlFrame):
                only_data = False
                self._controlled(event, now)
                continue
            if not proved:
                # Before anything that follows: a loss after data waits the shortest time.
                proved = True
                self._health.data_at = now.monotonic
                self.recovery.proved()
            if self._verdicts.due_at is not None:
                self._verdicts.delivered(stream_of(event))
            put(event)
        return only_data

    def pong_received(self, now: Instant) -> None:
        """A ping was answered."""
        self._health.pong_received(now.monotonic)
        self._prove_by_age(now)

    def connection_lost(self, error: UpbitError, now: Instant) -> None:
        """The connection or the dial ended; ``error`` says how."""
        if isinstance(error, ConnectionLost):
            # The socket does not know which of the connections it was.
            error = ConnectionLost(error.code, error.reason, self._outbox.stamp.epoch)
        if self._account is not None and isinstance(error, AuthenticationFailed | InvalidState):
            self._key_refused(error, now)
            return
        was_open = self.state is ConnectionState.CONNECTED
        happening = Happening.LOST if was_open else Happening.FAILED
        self._happen(happening, now, str(error), _shortest_wait_s(error, now), error)

    def reply(self, fetch: Fetch, result: Reading | UpbitError, now: Instant) -> None:
        """The answer to a :class:`Fetch`."""
        if self._account is None:
            return
        refusal = self._account.reply(fetch, result, now)
        if isinstance(refusal, AuthenticationFailed) and refusal.right:
            self._deny(fetch.subject, refusal, now)
        elif refusal is not None:
            self._key_refused(refusal, now)
        elif isinstance(result, UpbitError):
            # Nothing was learnt about the key.
            self._doubt = None
        else:
            if self.state is ConnectionState.POLLING and isinstance(fetch.subject, Stream):
                self._outbox.say_asked((fetch.subject,), accepted=True)
            self._judge_doubt(now)

    def key_changed(self, has_key: bool, now: Instant) -> None:
        """Another key was set, or it was taken away; the former one's answers do not count."""
        if self._account is None:
            return  # No key goes there.
        self._has_key = has_key
        self._doubt = None
        self._denied.clear()
        self.subscriptions.pardon()
        self._verdicts.try_only(())
        self._account.forget()
        self._outbox.begin_epoch(self._epochs.increment_epoch(self.connection_type), now)
        # What was dialled with the former key ends; what is wanted is dialled anew.
        self._happen(Happening.UNWANTED, now)
        self._happen(Happening.KEY_CHANGED, now)
        self._plan_at = now.monotonic

    # -- what follows ---------------------------------------------------------------------------

    @property
    def events(self) -> deque[WebSocketEvent]:
        """What :meth:`next_event` gives, for whoever takes many at a time."""
        return self._outbox.events

    def next_event(self) -> WebSocketEvent | None:
        """The next event for the consumers, in order; None when there is no more."""
        return self._outbox.take()

    def next_action(self, now: Instant) -> Action | None:
        """The next thing to do; None when there is no more for now."""
        if self._plan_at is not None and self._plan_at <= now.monotonic:
            send = self._plan(now)
            if send is not None:
                return send
        if self._close_due:
            self._close_due = False
            return Close()
        if self._dial_due:
            self._dial_due = False
            return Connect()
        if self._asking is not None:
            asking, self._asking = self._asking, None
            return asking
        if self._verdicts.probe_due:
            self._verdicts.probe_due = False
            return Probe()
        if self._account is not None and self._may_read:
            return self._account.next_fetch(now.monotonic)
        return None

    def next_deadline(self) -> float | None:
        """The monotonic second at which ``handle_timer`` is due, or None while idle."""
        if self.state is ConnectionState.STOPPED:
            return None
        deadlines = [
            self._plan_at,
            self.subscriptions.next_deadline(),
            self.recovery.retry_at,
            self._verdicts.due_at,
            self._sleep_watch.next_deadline(),
            self._fallback_at,
        ]
        if self.state is ConnectionState.CONNECTED:
            deadlines.append(self._health.next_deadline(may_ask=self._plan_at is None))
        if self._account is not None and self._may_read:
            deadlines.append(self._account.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def handle_timer(self, now: Instant) -> None:
        """A deadline passed. What was received before it must have been handed in already."""
        if self._sleep_watch.slept(now):
            self._happen(Happening.SLEPT, now, "the machine slept")
        grace_ends = self.subscriptions.next_deadline()
        if grace_ends is not None and grace_ends <= now.monotonic:
            self.subscriptions.expire(now.monotonic)
            self._plan_soon(now)
        if self._verdicts.accept(now.monotonic):
            self._outbox.say_asked(self._verdicts.asked, accepted=True)
            if self._account is not None:
                self._account.read_all(now.monotonic)
        if self._fallback_at is not None and self._fallback_at <= now.monotonic:
            self._fall_back(now)
        if self.recovery.retry_at is not None and self.recovery.retry_at <= now.monotonic:
            self._happen(Happening.WAITED, now)
        if self.state is ConnectionState.CONNECTED:
            self._look_after(now)

    # -- inside -----------------------------------------------------------------------------------

    def _unreadable(self, error: DecodeError) -> CustomEvent | None:
        """What a registered handler reads in a frame of its type; all others are counted."""
        # Told as a value: with a traceback it would keep alive whatever called us.
        failure: UpbitError = error.with_traceback(None)
        if isinstance(error, UnknownType):
            try:
                return self._handlers.read(error.type, error.payload, self._outbox.stamp)
            except (DecodeError, HandlerError) as found:
                failure = found.with_traceback(None)
        self.decode_errors += 1
        # A flood of broken frames must not become a flood of reports: 1, 2, 4, 8, …
        if self.decode_errors & (self.decode_errors - 1) == 0:
            self._outbox.say_error(failure, self.decode_errors)
        return None

    def _controlled(self, frame: ControlFrame, now: Instant) -> None:
        if isinstance(frame, RefusedFrame):
            self._refusals += 1
            self._verdicts.declined(frame.streams, frame)
            self._plan_soon(now)
        elif isinstance(frame, ErrorFrame):
            self._refused(frame, now)
        elif isinstance(frame, ListFrame):
            self._answered(frame, now)

    def _happen(
        self,
        happening: Happening,
        now: Instant,
        reason: str = "",
        wait_s: float = 0.0,
        error: UpbitError | None = None,
    ) -> None:
        had_socket = self.recovery.has_socket
        if not self.recovery.happen(happening, now.monotonic, wait_s):
            return
        after = self.state
        if had_socket and not self.recovery.has_socket:
            # After a loss there is nothing left to close; closing nothing is harmless.
            self._close_due = True
            self._dial_due = False
        if happening in (Happening.WANTED, Happening.WAITED):
            self._dial_due = True
        if after is not ConnectionState.CONNECTED:
            self._verdicts.disconnected()
            self._again_due = False
            self._asking = None
        if after in (ConnectionState.IDLE, ConnectionState.STOPPED, ConnectionState.REFUSED):
            self._sleep_watch.stop()
        else:
            self._sleep_watch.start(now)
        if self._account is not None:
            self._follow_account(self._account, after, happening, now)
        if happening is not Happening.WAITED:
            self._trouble = reason, error
        elif after is ConnectionState.POLLING:
            reason, error = self._trouble
        self.reason, self.error = reason, error
        resumed = happening is Happening.SLEPT
        self._outbox.say_state(self.recovery, now, reason, error, resumed=resumed)

    # -- the account ------------------------------------------------------------------------------

    @property
    def _may_read(self) -> bool:
        if self._doubt is not None:
            return True
        return self.state in (ConnectionState.CONNECTED, ConnectionState.POLLING)

    def _follow_account(
        self, account: AccountFeed, after: ConnectionState, happening: Happening, now: Instant
    ) -> None:
        account.poll(on=after is ConnectionState.POLLING)
        if happening in (Happening.SLEPT, Happening.STOP):
            account.restart()
        elif happening is Happening.POLLED:
            account.read_all(now.monotonic)
        if happening in (Happening.OPENED, Happening.STOP):
            self._doubt = None
        if after not in (ConnectionState.CONNECTING, ConnectionState.RECONNECTING):
            self._fallback_at = None
        elif self._fallback_at is None:
            self._fallback_at = now.monotonic + self._fallback_after_s

    def _fall_back(self, now: Instant) -> None:
        """The socket has been missing for too long."""
        self._fallback_at = None
        if self._account is not None and self._account.has_streams:
            reason, error = self._trouble
            self._happen(Happening.POLLED, now, reason, error=error)

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
        account = self._account
        if (
            self._doubt is not None
            and account is not None
            and not account.is_reading(now.monotonic)
        ):
            self._key_refused(self._doubt, now)

    # -- the wire ---------------------------------------------------------------------------------

    def _plan_soon(self, now: Instant) -> None:
        at = now.monotonic + DEBOUNCE_S
        self._plan_at = at if self._plan_at is None else min(self._plan_at, at)

    def _plan(self, now: Instant) -> Send | None:
        """Compare what should be on the wire with what is, and make the difference good."""
        self._plan_at = None
        self.subscriptions.expire(now.monotonic)
        suspects = self.probe.suspects
        planned = self.subscriptions.wire_plan(now.monotonic).items()
        plan = {stream: depth for stream, depth in planned if stream not in suspects}
        if self._account is not None:
            self._account.follow(plan)
            if plan and not self._has_key:
                self._happen(Happening.KEY_REFUSED, now, NO_KEY)
                return None
        if not plan:
            self._happen(Happening.UNWANTED, now)
            return None
        self._happen(Happening.WANTED, now)
        if self.state is not ConnectionState.CONNECTED:
            return None
        again = self._dialect.carries(plan)
        if again and not self._again_due:
            if self._has_joined and self._verdicts.due_at is None:
                self._outbox.say_asked(plan, accepted=True)
            self._has_joined = False
            return None
        allowed_at = self._messages.next_send_time(now.monotonic)
        if allowed_at > now.monotonic:
            self._plan_at = allowed_at
            return None
        self._messages.sent(now.monotonic)
        self._verdicts.requested(plan, now.monotonic)
        self._health.requested(now.monotonic, again=again)
        self.requests_sent += 1
        self._resent += self._again_due
        self._again_due = self._has_joined = False
        self._outbox.say_asked(plan, accepted=False)
        if self._account is not None:
            self._account.read_all(now.monotonic)
        message = self._dialect.request(plan, self._ticket())
        if not self._dialect.carries(plan):
            self._plan_at = now.monotonic
        return Send(message)

    def _refused(self, frame: ErrorFrame, now: Instant) -> None:
        """A message was refused; what is to blame is found out beside.

        The connection is given up at once: after most refusals the exchange closes it within
        200 ms, after some it is not known to, and nobody knows which list it carries then.
        """
        self._refusals += 1
        reason = f"{frame.name}: {frame.message}"
        if frame.name == "INVALID_AUTH" and self._account is not None:
            # It does not say whether a right is missing, or which, or what else is wrong with the
            # key. What is read over REST does.
            self._doubt = AuthenticationFailed(reason, frame.name)
            self._happen(Happening.LOST, now, reason, error=self._doubt)
            self._account.read_all(now.monotonic)
            self._judge_doubt(now)
            return
        if frame.name in NOBODY_TO_BLAME:
            self._outbox.say_refused(frame.name, frame.message)
        elif self._health.question_refused():
            reason += " (in answer to LIST_SUBSCRIPTIONS, which is not asked any more)"
        else:
            self._verdicts.refused(frame)
        self._happen(Happening.LOST, now, reason)
        self._plan_soon(now)

    def _judged(self, streams: Collection[Stream], frame: ErrorFrame | None, now: Instant) -> None:
        """The probe has found out about some of the suspects."""
        self._verdicts.judged(streams, frame)
        self._plan_soon(now)

    def _look_after(self, now: Instant) -> None:
        """Ask a connection that has fallen silent, and give up one that does not answer."""
        due = self._health.check(now.monotonic, may_ask=self._plan_at is None)
        if isinstance(due, Dead):
            error = ConnectionLost(1006, due.reason, self._outbox.stamp.epoch)
            self._happen(Happening.LOST, now, str(error), error=error)
        elif due is not None:
            self._asking = due

    def _answered(self, answer: ListFrame, now: Instant) -> None:
        """The exchange has listed what it sends us."""
        self._prove_by_age(now)
        wanted = self._verdicts.asked.keys()
        lost = self._health.answered(answer, wanted, now.monotonic)
        if lost is not None:
            self._outbox.say_error(lost, self._health.changed)
            if lost.again:
                self._again_due = True
                self._plan_soon(now)

    def _prove_by_age(self, now: Instant) -> None:
        if now.monotonic - self._opened_at >= PROVED_AFTER_S:
            self.recovery.proved()


def _shortest_wait_s(result: object, now: Instant) -> float:
    """How long the exchange has asked us to wait."""
    if isinstance(result, RateLimited) and result.retry_at is not None:
        return max(0.0, result.retry_at - now.monotonic)
    return 0.0
