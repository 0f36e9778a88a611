"""Performs what a connection's brain decides: dials, sends, fetches, one timer. No Qt."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from upbit_ws_qt.actions import Close, Connect, Instant, Ping, Probe, Send
from upbit_ws_qt.errors import RateLimited, UpbitError
from upbit_ws_qt.pacing import Pacer, Pacing
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.probe import ProbeProtocol
from upbit_ws_qt.protocol import Action, FeedProtocol
from upbit_ws_qt.ratelimit import GlobalRateLimiter, Priority

from .limits import in_turn, note_refusal
from .transport import WebSocketTransport, dial
from .way_out import WayOut

__all__ = ["ConnectionDriver", "Fetcher", "Line", "SocketDriver", "Tap", "now"]

Fetcher = Callable[[Fetch], Coroutine[Any, Any, Any]]
Spawner = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]

_DIAL = ("websocket-connect",)

# A timer later than this means that our own thread stood still: the socket is read before anything
# is concluded from the silence.
_STALLED_S = 0.25
# How long the event loop gets to read what waits in the socket after a stall.
_CATCH_UP_S = 0.05
# Timers may come early by less than this without being re-armed (a timer's resolution).
_EARLY_S = 0.001


def now() -> Instant:
    """This moment on both clocks."""
    return Instant(time.monotonic(), time.time())


class Waker(Protocol):
    """What a driver calls; ``reading`` from inside a socket's callback that then returns."""

    def __call__(self, *, reading: bool = False) -> object: ...


class Brain(Protocol):
    """What a driver serves: a :class:`FeedProtocol` or its :class:`ProbeProtocol`."""

    def connection_made(self, now: Instant, /) -> None: ...
    def connection_lost(self, error: UpbitError, now: Instant) -> None: ...
    def receive_messages(self, messages: Sequence[bytes], now: Instant) -> bool: ...
    def pong_received(self, now: Instant, /) -> None: ...
    def handle_timer(self, now: Instant) -> None: ...
    def next_action(self, now: Instant) -> Action | None: ...
    def next_deadline(self) -> float | None: ...


class Tap(Protocol):
    """Listens to a connection; what it hears is as it came, before anything is made of it."""

    def connected(self, at: Instant) -> None: ...
    def received(self, messages: Sequence[bytes], at: Instant) -> None: ...

    def lost(self, error: UpbitError | None, at: Instant) -> None:
        """The open connection ended; None when we ended it."""


BrainT = TypeVar("BrainT", bound=Brain)


@dataclass(frozen=True, slots=True)
class Line:
    """Where and how to dial.

    Args:
        url: the WebSocket's.
        limiter: where a dial waits for its turn.
        loop: gives the event loop when it is needed.
        spawn: runs a coroutine as a task somebody owns.
        way_out: the proxy and the TLS context; as the system has them when None.
        headers: makes those of one dial; may raise an UpbitError.
    """

    url: str
    limiter: GlobalRateLimiter
    loop: Callable[[], asyncio.AbstractEventLoop]
    spawn: Spawner
    connect_timeout_s: float = 10.0
    way_out: WayOut | None = None
    headers: Callable[[], Mapping[str, str]] = dict


# State: the transport or the dial under way, the timer with its deadline, how many pongs were
# reported, what the connection ended with while messages from before are still to be taken, and who
# listens.
class SocketDriver(Generic[BrainT]):
    """One socket at work. Subclasses say what else there is to do."""

    def __init__(self, protocol: BrainT, line: Line) -> None:
        self.protocol = protocol
        self.taps: tuple[Tap, ...] = ()
        self._line = line
        self._transport: WebSocketTransport | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline: float | None = None
        self._pongs = 0
        self._ending: UpbitError | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._transport is not None

    def settle(self, at: Instant | None = None) -> None:
        """Perform every action that is due and arm the timer; call it after each change."""
        self._perform(at or now())

    def ingest(self, deadline: float) -> bool:
        """Hand the messages that came to the protocol until ``deadline`` (monotonic seconds).

        Returns whether messages are left.
        """
        return self._take(deadline)[1]

    def close(self) -> None:
        """End everything at once; needs nobody's answer."""
        self._close()
        self._disarm()

    # -- heard from the transport -----------------------------------------------------------------

    def messages_waiting(self) -> None:
        raise NotImplementedError

    def transport_lost(self, error: UpbitError) -> None:
        # What came before the end is handed in before the end, at the owner's pace.
        self._ending = error
        if self._transport is not None and self._transport.has_messages:
            self.messages_waiting()
        else:
            self._end()

    # -- inside -----------------------------------------------------------------------------------

    def _take(self, deadline: float) -> tuple[int, bool]:
        """Read where that is ours; returns how many messages were taken, and if more are left."""
        transport = self._transport
        if transport is None:
            return 0, False
        if transport.pongs != self._pongs:
            self._pongs = transport.pongs
            self.protocol.pong_received(now())
        if not (transport.has_messages or transport.is_held):
            return 0, False
        at = now()
        taken = 0
        only_data = in_time = True
        more = transport.is_held
        while in_time and (more or transport.has_messages):
            if not transport.has_messages:
                more = transport.read()
            messages = transport.take()
            taken += len(messages)
            for tap in self.taps:
                tap.received(messages, at)
            only_data = self.protocol.receive_messages(messages, at) and only_data
            in_time = time.monotonic() < deadline
        if not only_data:
            self._perform(at)
        if self._ending is not None and not transport.has_messages:
            self._end()
        return taken, more or transport.has_messages

    def _perform(self, at: Instant) -> None:
        while (action := self.protocol.next_action(at)) is not None:
            match action:
                case Connect():
                    self._dialling = self._line.spawn(self._dial(), "dial")
                case Send(data):
                    if self._transport is not None:
                        self._transport.send(data)
                case Ping():
                    if self._transport is not None:
                        self._transport.ping()
                case Close():
                    self._close()
                case _:
                    self._do(action)
        self._arm(at)

    def _do(self, action: Action) -> None:
        """Perform what is not about the socket; a probe has nothing else to do."""

    async def _dial(self) -> None:
        line = self._line
        try:
            async with in_turn(line.limiter, _DIAL, Priority.CLICK):
                transport = await dial(
                    line.url,
                    self,
                    headers=line.headers(),
                    way_out=line.way_out,
                    timeout_s=line.connect_timeout_s,
                )
        except UpbitError as error:
            if isinstance(error, RateLimited):
                note_refusal(line.limiter, error, _DIAL)
            self._dialling = None
            self._lost(error)
            return
        self._dialling = None
        self._transport = transport
        self._pongs = 0
        at = now()
        self.protocol.connection_made(at)
        for tap in self.taps:
            tap.connected(at)
        self.settle()

    def _end(self) -> None:
        """All that came before the end of the connection is handed in."""
        self._transport = None
        if self._ending is not None:
            error, self._ending = self._ending, None
            self._tell_lost(error)
            self._lost(error)

    def _tell_lost(self, error: UpbitError | None) -> None:
        at = now()
        for tap in self.taps:
            tap.lost(error, at)

    def _lost(self, error: UpbitError) -> None:
        at = now()
        self.protocol.connection_lost(error, at)
        self.settle(at)

    def _close(self) -> None:
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        self._ending = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
            self._tell_lost(None)

    def _arm(self, at: Instant) -> None:
        deadline = self.protocol.next_deadline()
        if deadline is None:
            self._disarm()
        elif self._deadline is None or deadline < self._deadline:
            # One that comes too early looks again; each message puts the deadline off.
            self._disarm()
            self._deadline = deadline
            delay = max(0.0, deadline - at.monotonic)
            self._timer = self._line.loop().call_later(delay, self._on_timer, deadline)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._deadline = None

    def _on_timer(self, deadline: float, *, caught_up: bool = False) -> None:
        at = now()
        early = deadline - at.monotonic
        if early > _EARLY_S:
            self._timer = self._line.loop().call_later(early, self._on_timer, deadline)
            return
        if early > 0:
            at = at._replace(monotonic=deadline)
        if -early > _STALLED_S and not caught_up:
            again = partial(self._on_timer, deadline, caught_up=True)
            self._timer = self._line.loop().call_later(_CATCH_UP_S, again)
            return
        self.ingest(at.monotonic + _CATCH_UP_S)
        self._timer = self._deadline = None
        due = self.protocol.next_deadline()
        if due is None or due <= at.monotonic:
            self.protocol.handle_timer(at)
        self.settle(at)


# State: the base's, the pacing, the tasks of fetches, and the driver of the probe once there was
# something to try.
class ConnectionDriver(SocketDriver[FeedProtocol]):
    """One connection at work. Messages are only taken in :meth:`ingest`, at the owner's pace.

    Args:
        protocol: the brain.
        line: where and how to dial.
        fetch: asks REST.
        wake: called when there is something to ingest or events wait in ``protocol``.
    """

    def __init__(self, protocol: FeedProtocol, line: Line, fetch: Fetcher, wake: Waker) -> None:
        super().__init__(protocol, line)
        self._pacer = Pacer()
        self._fetch = fetch
        self._wake = wake
        self._fetching: set[asyncio.Task[None]] = set()
        self._probe: ProbeDriver | None = None

    @property
    def is_probing(self) -> bool:
        """Whether a second, short-lived socket tries what is new in a refused request."""
        return self._probe is not None and self._probe.is_open

    @property
    def is_paced(self) -> bool:
        """Whether nothing is read but by :meth:`ingest`, which must be called once a frame."""
        return self._transport is not None and self._transport.is_held

    @property
    def pacing(self) -> Pacing:
        """How the socket is read."""
        return self._pacer.pacing

    def ingest(self, deadline: float) -> bool:
        taken, more = self._take(deadline)
        transport = self._transport
        if transport is None:
            self._pacer.restart()
        elif self._pacer.took(time.monotonic(), taken, more=more) is Pacing.AT_ONCE:
            transport.release()
        else:
            transport.hold()
        return more

    def settle(self, at: Instant | None = None) -> None:
        """Perform every action that is due and arm the timer; call it after each change."""
        super().settle(at)
        self._wake()

    def close(self) -> None:
        """End everything at once; needs nobody's answer."""
        super().close()
        for task in tuple(self._fetching):
            task.cancel()
        if self._probe is not None:
            self._probe.close()

    def messages_waiting(self) -> None:
        self._wake(reading=True)

    def _do(self, action: Action) -> None:
        if isinstance(action, Fetch):
            task = self._line.spawn(self._answer(action), "fetch")
            self._fetching.add(task)
            task.add_done_callback(self._fetching.discard)
        elif isinstance(action, Probe):
            if self._probe is None and self.protocol.probe.suspects:
                self._probe = ProbeDriver(self.protocol.probe, self._line, self)
            if self._probe is not None:
                self._probe.settle()

    async def _answer(self, fetch: Fetch) -> None:
        try:
            result: Any = await self._fetch(fetch)
        except UpbitError as error:
            result = error
        at = now()
        self.protocol.reply(fetch, result, at)
        self.settle(at)


# State: the base's.
class ProbeDriver(SocketDriver[ProbeProtocol]):
    """The short-lived socket of the probe; what it finds out changes what its owner wants."""

    def __init__(self, protocol: ProbeProtocol, line: Line, owner: ConnectionDriver) -> None:
        super().__init__(protocol, line)
        self._owner = weakref.ref(owner)

    def messages_waiting(self) -> None:
        self.ingest(float("inf"))

    def _perform(self, at: Instant) -> None:
        super()._perform(at)
        owner = self._owner()
        if owner is not None:
            owner.settle(at)
