"""The brain of one connection: facts and ``now`` in, events and actions out. Pure.

The shell calls a method, then takes every :meth:`~FeedProtocol.next_event`, performs every
:meth:`~FeedProtocol.next_action` and arms one timer for :meth:`~FeedProtocol.next_deadline`.

What both connections share is here: when to dial, what to ask for, and what silence and refusals
mean. :mod:`.public_protocol` and :mod:`.private_protocol` say what only one of them does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from .actions import Close, Connect, Instant, Ping, Probe, Send
from .clocks import SleepWatch
from .dialect import RefusedFrame, UpbitDialect
from .errors import ConnectionLost, DecodeError, HandlerError, UnknownType, UpbitError, asked_wait_s
from .events import ConnectionState, ConnectionType, DataType, WebSocketEvent
from .handlers import CustomEvent, HandlerTable
from .liveness import Dead, HealthMonitor
from .outbox import Outbox
from .polling import Feed, Fetch
from .probe import ProbeProtocol
from .ratelimit import MESSAGE_WINDOWS, SlidingWindows
from .recovery import EpochManager, Happening, RecoveryEngine
from .settings import FeedSettings
from .subscriptions import Stream, SubscriptionSpec, SubscriptionStateManager, stream_of
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

# Nothing is read over REST, whatever is wanted.
_AT_REST = (ConnectionState.STOPPED, ConnectionState.REFUSED)

Action = Connect | Send | Ping | Close | Probe | Fetch


@dataclass(frozen=True, slots=True)
class ProtocolStatistics:
    """What one connection has done since its protocol was made; times in seconds.

    ``questions`` ask the exchange for its list of our streams after a silence: ``quiet`` of them
    were answered with what we want, ``changed`` with something else. ``dead`` connections were
    given up because neither came, nor a pong. ``resent`` counts the requests that made a change
    good, ``refusals`` what the exchange refused, ``suspects`` the streams that are on trial now,
    and ``repeated`` the trades and candles that came again and were delivered once. A round trip is
    None before the first; it includes the wait for our next frame.
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
    repeated: int = 0
    round_trip_s: float | None = None
    shortest_round_trip_s: float | None = None


# State: the parts below, each with its own; what is due (a dial, a close, a ping or question, a
# plan, the same request again, a word to who joined, the fallback); when it was opened; why it is
# where it is, and what the last trouble was; what is polled by choice; the counters.
class FeedProtocol(ABC):
    """Everything that one connection decides.

    Args:
        connection_type: which of the two connections it is.
        settings: intervals and shares.
        epochs: shared with the routing, which drops what is older.
        ticket: makes the unique mark of a request.
        recovery: its own when None.
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
        self._handlers = handlers or HandlerTable()
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)
        self._outbox = Outbox(connection_type)
        self._fallback_after_s = settings.fallback_after_s
        self._fallback_at: float | None = None
        self._chosen: frozenset[DataType] = frozenset()
        self.probe = ProbeProtocol(self._share, ticket, self._judged)
        self._verdicts = Verdicts(self.subscriptions, self.probe, self._outbox.say_refused)
        self._dialect = (settings.exchange.dialect or UpbitDialect)()
        self._health = HealthMonitor(
            ticket,
            self._dialect.question,
            stale_after_s=settings.stale_after_s,
            answer_within_s=settings.answer_within_s,
        )
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

    def is_idle(self, data_type: DataType) -> bool:
        """Whether nothing of this kind is carried or polled."""
        return self.state is ConnectionState.IDLE and data_type not in self._chosen

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
            self._say_refused_before(consumer, stream)
        self._plan_soon(now)

    def unsubscribe(self, consumer: Hashable, now: Instant) -> None:
        """A consumer has gone; what nobody else wants goes into grace."""
        self.subscriptions.remove_client(consumer, now.monotonic)
        if self.probe.suspects:
            self._verdicts.try_only(self.subscriptions.wanted())
        self._plan_soon(now)

    def ask_again(self, code: str, now: Instant) -> None:
        """The exchange may have passed over this market: what is wanted goes out once more.

        Nothing follows where nothing of it was asked for on this connection.
        """
        if self.state is ConnectionState.CONNECTED and any(
            stream.code == code for stream in self._verdicts.asked
        ):
            self._again_due = True
            self._plan_soon(now)

    def hide(self, consumer: Hashable, *, hidden: bool) -> bool:
        """Nobody can see a consumer, or somebody can again; what nobody sees is not polled.

        Returns whether there may be something to do.
        """
        if not self.subscriptions.hide(consumer, hidden=hidden):
            return False
        self._poll()
        return True

    def choose_polling(self, data_types: Collection[DataType], now: Instant) -> None:
        """Read these over REST from now on, and none over the socket; others as ever."""
        self._chosen = frozenset(data_types)
        self._plan_soon(now)

    def connection_made(self, now: Instant) -> None:
        """The dial succeeded; a new epoch begins."""
        epoch = self._epochs.increment_epoch(
            self.connection_type,
            same_account=self.connection_type is ConnectionType.PRIVATE,
        )
        self._outbox.begin_epoch(epoch, now)
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)
        self._health.opened(self._messages, now.monotonic)
        self._dialect.connection_made()
        self._opened_at = self._plan_at = now.monotonic
        self._happen(Happening.OPENED, now)

    def receive_messages(self, messages: Sequence[bytes], now: Instant) -> bool:
        """Whole messages came in, with one read and in this order.

        Returns whether there is nothing to do, and no deadline is nearer.
        """
        outbox = self._outbox
        self._health.received_at = now.monotonic
        if outbox.stamp.received_at != now.wall:
            outbox.stamp = outbox.stamp_at(now)
        put, stamp, decode = outbox.put, outbox.stamp, self._dialect.decode
        feed, at = self._feed, now.monotonic
        heard, hears = feed.heard, feed.hears
        only_data = True
        proved = False
        for data in messages:
            try:
                event = decode(data, stamp)
            except DecodeError as error:
                custom = self._read_custom(error, now)
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
            if isinstance(event, hears):
                heard(event, at)
            else:
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
        was_open = self.state is ConnectionState.CONNECTED
        happening = Happening.LOST if was_open else Happening.FAILED
        self._happen(happening, now, str(error), asked_wait_s(error, now.monotonic), error)

    @abstractmethod
    def reply(self, fetch: Fetch, result: Any, now: Instant) -> None:
        """The answer to a :class:`Fetch`, or the UpbitError that came instead."""

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
        return self._feed.next_fetch(now.monotonic) if self._may_read else None

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
            self._fallback_due,
        ]
        if self.state is ConnectionState.CONNECTED:
            deadlines.append(self._health.next_deadline(may_ask=self._plan_at is None))
        if self._may_read:
            deadlines.append(self._feed.next_deadline())
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
            self._feed.accepted()
        if self._fallback_due is not None and self._fallback_due <= now.monotonic:
            reason, error = self._trouble
            self._happen(Happening.POLLED, now, reason, error=error)
        if self.recovery.retry_at is not None and self.recovery.retry_at <= now.monotonic:
            self._happen(Happening.WAITED, now)
        if self.state is ConnectionState.CONNECTED:
            self._look_after(now)

    # -- inside -----------------------------------------------------------------------------------

    def _read_custom(self, error: DecodeError, now: Instant) -> CustomEvent | None:
        """What a registered handler reads in a frame of its type; all others are counted."""
        failure: UpbitError = error
        if isinstance(error, UnknownType):
            try:
                return self._handlers.read(error.type, error.payload, self._outbox.stamp)
            except (DecodeError, HandlerError) as found:
                failure = found
        self.decode_errors += 1
        # A flood of broken frames must not become a flood of reports: 1, 2, 4, 8, …
        if self.decode_errors & (self.decode_errors - 1) == 0:
            # Told as a value: the tracebacks would keep alive whatever called us.
            link: BaseException | None = failure
            while link is not None:
                link = link.with_traceback(None).__context__
            self._outbox.say_error(failure, self.decode_errors)
        self._feed.unreadable(now.monotonic)
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
        self._follow_state(after, happening, now)
        if happening is not Happening.WAITED:
            self._trouble = reason, error
        elif after is ConnectionState.POLLING:
            reason, error = self._trouble
        self.reason, self.error = reason, error
        resumed = happening is Happening.SLEPT
        self._outbox.say_state(self.recovery, now, reason, error, resumed=resumed)

    @property
    @abstractmethod
    def _feed(self) -> Feed:
        """What follows the streams."""

    # -- what is read over REST -------------------------------------------------------------------

    @property
    def _may_read(self) -> bool:
        if self.state in (ConnectionState.CONNECTED, ConnectionState.POLLING):
            return True
        return bool(self._chosen) and self.state not in _AT_REST

    def _follow_state(self, after: ConnectionState, happening: Happening, now: Instant) -> None:
        """The state has changed: what that means for what is read over REST."""
        if happening in (Happening.SLEPT, Happening.STOP):
            self._feed.restart()
        self._poll()
        if after not in (ConnectionState.CONNECTING, ConnectionState.RECONNECTING):
            self._fallback_at = None
        elif self._fallback_at is None:
            self._fallback_at = now.monotonic + self._fallback_after_s

    @property
    def _fallback_due(self) -> float | None:
        """When the socket will have been missing for too long, if anything can be read instead."""
        return self._fallback_at if self._feed.can_poll else None

    def _poll(self) -> None:
        """Poll what is wanted, seen by somebody, and not carried by the socket."""
        visible = self.subscriptions.visible()
        if self.state in _AT_REST:
            visible = {}
        elif self.state is not ConnectionState.POLLING:
            visible = {s: depth for s, depth in visible.items() if s.data_type in self._chosen}
        self._feed.poll(visible)

    def _say_refused_before(self, consumer: Hashable, stream: Stream) -> None:
        said = "the exchange refused this before"
        self._outbox.say_refused("REFUSED", said, (consumer,), (stream,))

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
        followed = {stream: depth for stream, depth in planned if stream not in suspects}
        self._feed.follow(followed.keys())
        self._poll()
        plan = {s: depth for s, depth in followed.items() if s.data_type not in self._chosen}
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
        self._outbox.say_asked(followed, accepted=False)
        self._feed.requested()
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
