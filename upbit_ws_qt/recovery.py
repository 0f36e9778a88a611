"""One owner of reconnection: a table of states, back-off and epochs. Pure.

Two rules for this file: everything that changes the state of a connection must be in the table, and
nothing here knows what is on the wire.

What can happen to a connection is a :class:`Happening`; the table says what follows in each state,
and what it does not list changes nothing there. There is one retry policy: every loss and every
failed dial waits for the back-off, whatever the close code was, because the exchange closes with a
clean 1000 after a bad request and with no close at all when it is idle. Only three things are not
retried: a refused key (pointless until the key changes), nothing wanted (no socket is needed, and
that is healthy), and a stop.

The back-off starts afresh when data arrives or when the connection has proved itself by staying
open and still answering, never at the handshake: an exchange that accepts and closes at once
would be dialled without end. Jitter only shortens a wait, so the first retry comes within the
initial delay. The machine having slept is not a failure: it starts afresh as well.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .events import ConnectionState, ConnectionType

__all__ = [
    "TRANSITIONS",
    "EpochManager",
    "ExponentialBackoff",
    "Happening",
    "RecoveryEngine",
    "RecoveryStatistics",
]


class Happening(enum.Enum):
    """What can happen to a connection."""

    WANTED = "something is wanted"
    UNWANTED = "nothing is wanted"
    POLLED = "missing for too long, so served over REST"
    OPENED = "the handshake succeeded"
    FAILED = "the dial failed"
    LOST = "the connection ended"
    WAITED = "the back-off is over"
    KEY_REFUSED = "the key was refused"
    KEY_CHANGED = "another key was set"
    SLEPT = "the machine slept"
    STOP = "stop() was called"
    START = "start() was called"


_S = ConnectionState
_H = Happening

#: What follows, by state and happening; docs/protocol.md draws it.
TRANSITIONS: Mapping[ConnectionState, Mapping[Happening, ConnectionState]] = {
    _S.STOPPED: {_H.START: _S.IDLE},
    _S.IDLE: {
        _H.WANTED: _S.CONNECTING,
        _H.KEY_REFUSED: _S.REFUSED,
        _H.STOP: _S.STOPPED,
    },
    _S.CONNECTING: {
        _H.OPENED: _S.CONNECTED,
        _H.POLLED: _S.POLLING,
        _H.FAILED: _S.RECONNECTING,
        _H.LOST: _S.RECONNECTING,
        _H.KEY_REFUSED: _S.REFUSED,
        _H.SLEPT: _S.RECONNECTING,
        _H.UNWANTED: _S.IDLE,
        _H.STOP: _S.STOPPED,
    },
    _S.CONNECTED: {
        _H.LOST: _S.RECONNECTING,
        _H.KEY_REFUSED: _S.REFUSED,
        _H.SLEPT: _S.RECONNECTING,
        _H.UNWANTED: _S.IDLE,
        _H.STOP: _S.STOPPED,
    },
    _S.RECONNECTING: {
        _H.WAITED: _S.CONNECTING,
        _H.POLLED: _S.POLLING,
        _H.KEY_REFUSED: _S.REFUSED,
        _H.SLEPT: _S.RECONNECTING,
        _H.UNWANTED: _S.IDLE,
        _H.STOP: _S.STOPPED,
    },
    _S.POLLING: {
        _H.WAITED: _S.POLLING,
        _H.OPENED: _S.CONNECTED,
        _H.FAILED: _S.POLLING,
        _H.KEY_REFUSED: _S.REFUSED,
        _H.SLEPT: _S.POLLING,
        _H.UNWANTED: _S.IDLE,
        _H.STOP: _S.STOPPED,
    },
    _S.REFUSED: {_H.KEY_CHANGED: _S.IDLE, _H.STOP: _S.STOPPED},
}

_FRESH_STARTS = (
    Happening.SLEPT,
    Happening.START,
    Happening.UNWANTED,
    Happening.KEY_CHANGED,
)
# Between two dials.
_WAITING = (_S.RECONNECTING, _S.POLLING)


def _dials(state: ConnectionState, retry_at: float | None) -> bool:
    polled = state is ConnectionState.POLLING and retry_at is None
    return polled or state is ConnectionState.CONNECTING


class ExponentialBackoff:
    """Growing waits in seconds; jitter only shortens them, by at most half."""

    def __init__(
        self,
        initial_delay: float = 1.0,
        max_delay: float = 60.0,
        multiplier: float = 2.0,
        jitter: bool = True,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._initial_delay = initial_delay
        self._max_delay = max_delay
        self._multiplier = multiplier
        self._random = random if jitter else None

    def get_delay(self, attempt: int) -> float:
        """The wait before retry number ``attempt``, counted from 0."""
        delay = self._initial_delay
        for _ in range(attempt):
            if delay >= self._max_delay:
                break
            delay *= self._multiplier
        delay = min(delay, self._max_delay)
        return delay * (1 - self._random() / 2) if self._random else delay


# State: the number of connections made, by kind, and since which of them what they brought holds.
class EpochManager:
    """Counts the connections of each kind; what belongs to an older one is never delivered.

    What happened to an account has happened, whichever connection told of it: there an older one
    counts as well, until another key is set.
    """

    def __init__(self) -> None:
        self._epochs = dict.fromkeys(ConnectionType, 0)
        self._valid_from = dict.fromkeys(ConnectionType, 0)

    def increment_epoch(
        self, connection_type: ConnectionType, *, same_account: bool = False
    ) -> int:
        """A new connection was made; returns its number, from 1."""
        self._epochs[connection_type] += 1
        epoch = self._epochs[connection_type]
        if not same_account:
            self._valid_from[connection_type] = epoch
        return epoch

    def current_epoch(self, connection_type: ConnectionType) -> int:
        """The number of the newest connection, 0 before the first."""
        return self._epochs[connection_type]

    def is_current_epoch(self, connection_type: ConnectionType, epoch: int) -> bool:
        """Whether what belongs to ``epoch`` may be delivered."""
        return self._valid_from[connection_type] <= epoch <= self._epochs[connection_type]


@dataclass(frozen=True, slots=True)
class RecoveryStatistics:
    """Where one connection stands, and how often it was lost or could not be made.

    ``losses`` counts open connections that ended unasked, ``failed_dials`` those that never opened;
    ``attempts`` are the failures in a row. ``retry_at`` is monotonic seconds.
    """

    state: ConnectionState
    losses: int
    failed_dials: int
    attempts: int
    retry_at: float | None


# State: the state, the failures in a row and in all, and when the wait ends.
class RecoveryEngine:
    """Where one connection stands. ``now`` is monotonic seconds."""

    #: After so many failures in a row the state is critical; retrying goes on for ever.
    CRITICAL_ATTEMPTS = 10

    def __init__(self, backoff: ExponentialBackoff | None = None) -> None:
        self._backoff = backoff or ExponentialBackoff()
        self.state = ConnectionState.STOPPED
        self.attempts = 0
        self.losses = 0
        self.failed_dials = 0
        self.retry_at: float | None = None

    @property
    def is_critical(self) -> bool:
        """Whether it failed so often in a row that someone should look."""
        return self.attempts >= self.CRITICAL_ATTEMPTS

    def happen(self, happening: Happening, now: float, wait_s: float = 0.0) -> bool:
        """Take note of a happening; returns whether the state changed or a new wait began.

        ``wait_s`` is the shortest wait the exchange asked for.
        """
        following = TRANSITIONS[self.state].get(happening)
        if following is None:
            return False
        before, self.state = self.state, following
        if happening is Happening.POLLED:
            return True  # The wait, or the dial under way, goes on.
        was_dialling = _dials(before, self.retry_at)
        if happening in _FRESH_STARTS:
            self.attempts = 0
        self.retry_at = None
        if following in _WAITING and happening is not Happening.WAITED:
            self.retry_at = now + max(wait_s, self._backoff.get_delay(self.attempts))
            self.attempts += 1
            self.losses += before is ConnectionState.CONNECTED
            self.failed_dials += was_dialling
        return True

    @property
    def has_socket(self) -> bool:
        """Whether there is a connection, or a dial under way."""
        return self.state is ConnectionState.CONNECTED or _dials(self.state, self.retry_at)

    def proved(self) -> None:
        """The connection delivered; the next loss starts with the shortest wait."""
        self.attempts = 0

    def statistics(self) -> RecoveryStatistics:
        """Where it stands now, and what was counted since it was made."""
        return RecoveryStatistics(
            self.state, self.losses, self.failed_dials, self.attempts, self.retry_at
        )
