"""The brain of one connection: facts and ``now`` in, events and actions out. Pure.

The shell calls a method, then takes every :meth:`~FeedProtocol.next_event`, performs every
:meth:`~FeedProtocol.next_action` and arms one timer for :meth:`~FeedProtocol.next_deadline`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence

from .actions import ACCEPTED_AFTER_S, Close, Connect, Instant, Ping, Probe, Send
from .errors import (
    AuthenticationFailed,
    ConnectionLost,
    DecodeError,
    RateLimited,
    UpbitError,
)
from .events import (
    Balance,
    BalanceEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    ErrorEvent,
    RefusalEvent,
    Source,
    Stamp,
    SubscriptionEvent,
    WebSocketEvent,
)
from .polling import Fetch, Poller
from .probe import ProbeProtocol
from .ratelimit import MESSAGE_WINDOWS, SlidingWindows
from .recovery import EpochManager, Happening, RecoveryEngine
from .settings import FeedSettings
from .subscriptions import Stream, SubscriptionSpec, SubscriptionStateManager, stream_of
from .wire import NOBODY_TO_BLAME, ErrorFrame, StatusFrame, decode_frame, encode_request

__all__ = ["Action", "FeedProtocol"]

#: Changes within this time share one request.
DEBOUNCE_S = 0.02
#: With nothing received for so long, ask; with no answer for so long after, it is dead. The
#: exchange was measured to close an idle connection after 60 s (its documents say 120).
PING_AFTER_S = 18.0
PONG_WITHIN_S = 10.0
#: A connection open for so long with an answered ping has proved itself, also where nothing trades.
PROVED_AFTER_S = 30.0
#: How often the two clocks are compared, and how far apart they mean that the machine slept.
CLOCK_CHECK_S = 5.0
SLEPT_DRIFT_S = 5.0
SLEPT_LATE_S = 30.0
#: Why the private side does not start without a key.
NO_KEY = "no key is set"


Action = Connect | Send | Ping | Close | Probe | Fetch


# State: the parts below, each with its own; the plan on the wire with its verdict, and what the
# probe has acquitted since; what is due (a dial, a close, a ping, a probe, a new plan); when it was
# opened and something was last received; both clocks as last seen.
class FeedProtocol:
    """Everything one connection decides. ``polled`` serves its streams over REST, without a socket.

    Args:
        connection_type: which of the two connections it is.
        settings: intervals and shares.
        epochs: shared with the routing, which drops what is older.
        ticket: makes the unique mark of a request.
        polled: no socket; every wanted stream is asked for over REST.
        has_key: whether private data may be asked for; meaningless for the public connection.
    """

    def __init__(
        self,
        connection_type: ConnectionType,
        settings: FeedSettings,
        epochs: EpochManager,
        ticket: Callable[[], str],
        *,
        recovery: RecoveryEngine | None = None,
        polled: bool = False,
        has_key: bool = True,
    ) -> None:
        self.connection_type = connection_type
        self.subscriptions = SubscriptionStateManager(settings.grace_period_s)
        self.recovery = recovery or RecoveryEngine()
        self.decode_errors = 0
        self.requests_sent = 0
        self.reason = ""
        self.error: UpbitError | None = None
        self._share = settings.limit_share
        self._epochs = epochs
        self._ticket = ticket
        self._poller = Poller(settings.balance_poll_interval_s) if polled else None
        self._has_key = has_key
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)
        self._events: deque[WebSocketEvent] = deque()
        self._sent: dict[Stream, int] = {}
        self._accepted: dict[Stream, int] = {}
        self.probe = ProbeProtocol(self._share, ticket, self._judged)
        self._acquitted: set[Stream] = set()
        self._verdict_at: float | None = None
        self._plan_at: float | None = None
        self._dial_due = self._close_due = self._ping_due = self._probe_due = False
        self._opened_at = self._received_at = 0.0
        self._pinged_at: float | None = None
        self._checked: Instant | None = None
        self._stamp = Stamp(connection_type=connection_type)

    # -- what happens ---------------------------------------------------------------------------

    @property
    def state(self) -> ConnectionState:
        """Where the connection stands."""
        return self.recovery.state

    @property
    def wire(self) -> dict[Stream, int]:
        """What the last request of this connection asked for."""
        return dict(self._sent)

    def start(self, now: Instant) -> None:
        """Begin to work; may follow ``stop``."""
        self._happen(Happening.START, now)
        self._plan_at = now.monotonic

    def stop(self, now: Instant) -> None:
        """End the connection; every wish is kept for the next ``start``."""
        if self._poller is not None:
            self._poller.restart()
        # The next start asks for everything again, and is refused again.
        self._try_only(())
        self._happen(Happening.STOP, now)

    def subscribe(self, consumer: Hashable, spec: SubscriptionSpec, now: Instant) -> None:
        """Someone wants something; one request follows for all changes within ``DEBOUNCE_S``."""
        self.subscriptions.add(consumer, spec)
        if self.subscriptions.is_refused(consumer):
            self._emit_refusal("REFUSED", "the exchange refused this stream before", (consumer,))
        self._plan_soon(now)

    def unsubscribe(self, consumer: Hashable, now: Instant) -> None:
        """A consumer has gone; what nobody else wants goes into grace."""
        self.subscriptions.remove_client(consumer, now.monotonic)
        if self.probe.suspects:
            self._try_only(self.subscriptions.wanted())
        self._plan_soon(now)

    def connection_made(self, now: Instant) -> None:
        """The dial succeeded; a new epoch begins."""
        epoch = self._epochs.increment_epoch(self.connection_type)
        self._stamp = Stamp(epoch, Source.WEBSOCKET, self.connection_type, now.wall)
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)
        self._sent = {}
        self._opened_at = self._received_at = now.monotonic
        self._pinged_at = None
        self._plan_at = now.monotonic
        self._happen(Happening.OPENED, now)

    def receive_message(self, data: bytes, now: Instant) -> None:
        """One whole message came in."""
        self._received_at = now.monotonic
        if self._stamp.received_at != now.wall:
            self._stamp = Stamp(self._stamp.epoch, Source.WEBSOCKET, self.connection_type, now.wall)
        try:
            event = decode_frame(data, self._stamp)
        except DecodeError as error:
            self.decode_errors += 1
            # A flood of broken frames must not become a flood of reports: 1, 2, 4, 8, …
            if self.decode_errors & (self.decode_errors - 1) == 0:
                self._emit(ErrorEvent(error=error, count=self.decode_errors, stamp=self._stamp))
            return
        if isinstance(event, ErrorFrame):
            self._request_refused(event, now)
        elif not isinstance(event, StatusFrame):
            self.recovery.proved()
            if self._verdict_at is not None:
                self._prove(stream_of(event))
            self._events.append(event)

    def pong_received(self, now: Instant) -> None:
        """A ping was answered."""
        self._received_at = now.monotonic
        if now.monotonic - self._opened_at >= PROVED_AFTER_S:
            self.recovery.proved()

    def connection_lost(self, error: UpbitError, now: Instant) -> None:
        """The connection or the dial ended; ``error`` says how."""
        if isinstance(error, ConnectionLost):
            # The socket does not know which of the connections it was.
            error = ConnectionLost(error.code, error.reason, self._stamp.epoch)
        if isinstance(error, AuthenticationFailed) and self._carries_key:
            happening = Happening.KEY_REFUSED
        elif self.state is ConnectionState.CONNECTED:
            happening = Happening.LOST
        else:
            happening = Happening.FAILED
        wait_s = 0.0
        if isinstance(error, RateLimited) and error.retry_at is not None:
            wait_s = max(0.0, error.retry_at - now.monotonic)
        self._happen(happening, now, str(error), wait_s, error)

    def reply(self, fetch: Fetch, result: Sequence[Balance] | UpbitError, now: Instant) -> None:
        """The answer to a :class:`Fetch`."""
        if self._poller is None:
            return
        wait_s = 0.0
        if isinstance(result, RateLimited) and result.retry_at is not None:
            wait_s = max(0.0, result.retry_at - now.monotonic)
        if not self._poller.answered(fetch, now.monotonic, wait_s):
            return
        stamp = Stamp(self._stamp.epoch, Source.POLLED, self.connection_type, now.wall)
        if not isinstance(result, UpbitError):
            self._emit(BalanceEvent(balances=tuple(result), stamp=stamp))
        elif isinstance(result, AuthenticationFailed):
            consumers = tuple(self.subscriptions.clients())
            self._emit_refusal(result.name, str(result), consumers)
            self._happen(Happening.KEY_REFUSED, now, str(result), error=result)
        else:
            self._emit(ErrorEvent(error=result, stamp=stamp))

    def key_changed(self, has_key: bool, now: Instant) -> None:
        """Another key was set, or it was taken away; the former one's answers do not count."""
        self._has_key = has_key
        if self._poller is not None:
            self._poller.restart()
        self._stamp = Stamp(
            self._epochs.increment_epoch(self.connection_type),
            connection_type=self.connection_type,
        )
        if not has_key and self.state is not ConnectionState.REFUSED:
            self._happen(Happening.UNWANTED, now)
        self._happen(Happening.KEY_CHANGED, now)
        self._plan_at = now.monotonic

    # -- what follows ---------------------------------------------------------------------------

    def next_event(self) -> WebSocketEvent | None:
        """The next event for the consumers, in order; None when there is no more."""
        return self._events.popleft() if self._events else None

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
        if self._ping_due:
            self._ping_due = False
            return Ping()
        if self._probe_due:
            self._probe_due = False
            return Probe()
        if self._poller is not None and self.state is ConnectionState.POLLING:
            return self._poller.next_fetch(now.monotonic)
        return None

    def next_deadline(self) -> float | None:
        """The monotonic second at which ``handle_timer`` is due, or None while idle."""
        if self.state is ConnectionState.STOPPED:
            return None
        deadlines = [
            self._plan_at,
            self.subscriptions.next_deadline(),
            self.recovery.retry_at,
            self._verdict_at,
        ]
        if self.state is ConnectionState.CONNECTED:
            deadlines.append(self._keep_alive_deadline())
        if self._checked is not None:
            deadlines.append(self._checked.monotonic + CLOCK_CHECK_S)
        if self._poller is not None and self.state is ConnectionState.POLLING:
            deadlines.append(self._poller.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def handle_timer(self, now: Instant) -> None:
        """A deadline passed. What was received before it must have been handed in already."""
        if self._slept(now):
            self._happen(Happening.SLEPT, now, "the machine slept")
        grace_ends = self.subscriptions.next_deadline()
        if grace_ends is not None and grace_ends <= now.monotonic:
            self.subscriptions.expire(now.monotonic)
            self._plan_soon(now)
        if self._verdict_at is not None and self._verdict_at <= now.monotonic:
            self._verdict_at = None
            self._accepted = dict(self._sent)
            self._acquitted.clear()
            self._emit_subscription(accepted=True)
        if self.recovery.retry_at is not None and self.recovery.retry_at <= now.monotonic:
            self._happen(Happening.WAITED, now)
        if self.state is ConnectionState.CONNECTED and self._keep_alive_deadline() <= now.monotonic:
            self._keep_alive(now)

    # -- inside -----------------------------------------------------------------------------------

    def _happen(
        self,
        happening: Happening,
        now: Instant,
        reason: str = "",
        wait_s: float = 0.0,
        error: UpbitError | None = None,
    ) -> None:
        before = self.state
        if not self.recovery.happen(happening, now.monotonic, wait_s):
            return
        after = self.state
        had_socket = before in (ConnectionState.CONNECTING, ConnectionState.CONNECTED)
        has_socket = after in (ConnectionState.CONNECTING, ConnectionState.CONNECTED)
        if had_socket and not has_socket:
            # After a loss there is nothing left to close; closing nothing is harmless.
            self._close_due = True
            self._dial_due = False
        if after is ConnectionState.CONNECTING:
            self._dial_due = True
        if after is not ConnectionState.CONNECTED:
            self._sent = {}
            self._verdict_at = self._pinged_at = None
            self._ping_due = False
        quiet = after in (ConnectionState.IDLE, ConnectionState.STOPPED, ConnectionState.REFUSED)
        self._checked = None if quiet else self._checked or now
        self.reason = reason
        self.error = error
        retry_at = self.recovery.retry_at
        self._emit(
            ConnectionEvent(
                state=after,
                reason=reason,
                error=error,
                retry_in_s=0.0 if retry_at is None else retry_at - now.monotonic,
                attempt=self.recovery.attempts,
                resumed=happening is Happening.SLEPT,
                stamp=Stamp(self._stamp.epoch, Source.WEBSOCKET, self.connection_type, now.wall),
            )
        )

    @property
    def _carries_key(self) -> bool:
        # Without a key none can be refused: then it is a gateway's word, and gateways recover.
        return self.connection_type is ConnectionType.PRIVATE

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
        if self._poller is not None:
            self._poller.poll(plan)
            self._plan_polling(bool(plan), now)
            return None
        if not plan:
            self._happen(Happening.UNWANTED, now)
            return None
        self._happen(Happening.WANTED, now)
        if self.state is not ConnectionState.CONNECTED or plan == self._sent:
            return None
        allowed_at = self._messages.next_send_time(now.monotonic)
        if allowed_at > now.monotonic:
            self._plan_at = allowed_at
            return None
        self._messages.sent(now.monotonic)
        self._sent = plan
        self._verdict_at = now.monotonic + ACCEPTED_AFTER_S
        self.requests_sent += 1
        self._emit_subscription(accepted=False)
        return Send(encode_request(plan, self._ticket()))

    def _plan_polling(self, wanted: bool, now: Instant) -> None:
        if not wanted:
            self._happen(Happening.UNWANTED, now)
        elif self._has_key:
            self._happen(Happening.POLLED, now)
        else:
            self._happen(Happening.KEY_REFUSED, now, NO_KEY)

    def _request_refused(self, frame: ErrorFrame, now: Instant) -> None:
        """The whole request was refused; what is to blame is found out beside.

        The connection is given up at once: after most refusals the exchange closes it within
        200 ms, after some it is not known to, and it carries nothing of what we asked for.
        """
        self._verdict_at = None
        reason = f"{frame.name}: {frame.message}"
        if frame.name == "INVALID_AUTH" and self._carries_key:
            self._happen(Happening.KEY_REFUSED, now, reason)
            return
        if frame.name in NOBODY_TO_BLAME:
            self._emit_refusal(frame.name, frame.message, ())
        else:
            self._blame(frame)
        self._happen(Happening.LOST, now, reason)
        self._plan_soon(now)

    def _prove(self, stream: Stream) -> None:
        """A stream that delivers was not what is wrong, whatever the verdict on the request."""
        if stream in self._sent:
            self._accepted[stream] = self._sent[stream]

    def _blame(self, frame: ErrorFrame) -> None:
        """Only what is new in a request can be to blame; the rest was accepted before.

        Where nothing is new, everything is suspect: the exchange offers something no longer.
        Another depth of an accepted stream is not new: every depth we ask for exists.
        """
        new = {s: depth for s, depth in self._sent.items() if s not in self._accepted}
        suspects = new or dict(self._sent)
        self._accepted = {s: d for s, d in self._accepted.items() if s not in suspects}
        unheard = {s: d for s, d in suspects.items() if s not in self._acquitted}
        if len(suspects) == 1 or not unheard:
            # Accepted by itself and refused with the rest: together they are too many.
            self._refuse(suspects, frame)
            return
        # What nobody wants any more needs no trial.
        self.subscriptions.forget_grace(suspects)
        self.probe.accuse(unheard)
        self._try_only(self.subscriptions.wanted())

    def _refuse(self, streams: Collection[Stream], frame: ErrorFrame) -> None:
        self._emit_refusal(frame.name, frame.message, self.subscriptions.refuse(streams))

    def _try_only(self, wanted: Collection[Stream]) -> None:
        """Leave no suspect in the probe, and none in grace, that nobody wants."""
        suspects = self.probe.suspects
        if suspects:
            self.subscriptions.forget_grace(suspects - set(wanted))
            self.probe.keep(wanted)
            self._probe_due = True

    def _judged(self, streams: Collection[Stream], frame: ErrorFrame | None, now: Instant) -> None:
        """The probe has found out about some of the suspects."""
        if frame is None:
            self._acquitted.update(streams)
        else:
            self._refuse(streams, frame)
        self._plan_soon(now)

    def _keep_alive_deadline(self) -> float:
        if self._awaits_pong is not None:
            return self._awaits_pong + PONG_WITHIN_S
        return self._received_at + PING_AFTER_S

    def _keep_alive(self, now: Instant) -> None:
        if self._awaits_pong is not None:
            error = ConnectionLost(1006, "(a ping was not answered)", self._stamp.epoch)
            self._happen(Happening.LOST, now, str(error), error=error)
            return
        self._pinged_at = now.monotonic
        self._ping_due = True

    @property
    def _awaits_pong(self) -> float | None:
        """When the ping was sent that nothing has followed yet.

        What comes at the same instant has followed it: some clocks tick every 16 ms only.
        """
        pinged_at = self._pinged_at
        return None if pinged_at is None or self._received_at >= pinged_at else pinged_at

    def _slept(self, now: Instant) -> bool:
        """Monotonic time stands still in sleep on Linux and macOS and runs on Windows."""
        last = self._checked
        if last is None or now.monotonic < last.monotonic + CLOCK_CHECK_S:
            return False
        self._checked = now
        elapsed = now.monotonic - last.monotonic
        drift = abs((now.wall - last.wall) - elapsed)
        return drift > SLEPT_DRIFT_S or elapsed - CLOCK_CHECK_S > SLEPT_LATE_S

    def _emit(self, event: WebSocketEvent) -> None:
        self._events.append(event)

    def _emit_subscription(self, *, accepted: bool) -> None:
        streams = frozenset(self._sent)
        self._emit(SubscriptionEvent(accepted=accepted, streams=streams, stamp=self._stamp))

    def _emit_refusal(self, name: str, message: str, consumers: tuple[Hashable, ...]) -> None:
        self._emit(RefusalEvent(name=name, message=message, consumers=consumers, stamp=self._stamp))
