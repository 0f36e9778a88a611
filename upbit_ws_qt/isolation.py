"""How one consumer behaves: its failures, which may mute it, and how long it takes. Pure."""

from __future__ import annotations

__all__ = ["SLOW_S", "CallTimes", "FailureGate"]

#: So many failures in a row mute a consumer, for so long; then it is tried once more.
MUTE_AFTER = 10
MUTED_S = 30.0
#: A call that takes longer is slow: it costs everyone else three frames.
SLOW_S = 0.05


# State: failures in a row and in all.
class FailureGate:
    """Counts one consumer's failures and says when to leave it alone for a while."""

    __slots__ = ("_row", "failures", "may_mute")

    def __init__(self, *, may_mute: bool = True) -> None:
        self.may_mute = may_mute
        self.failures = 0
        self._row = 0

    def succeeded(self) -> None:
        """The consumer took an event."""
        self._row = 0

    def failed(self, now: float) -> float | None:
        """The consumer raised; returns until when it is muted, or None where it is not.

        Times are monotonic seconds.
        """
        self.failures += 1
        self._row += 1
        if not self.may_mute or self._row < MUTE_AFTER:
            return None
        # Afterwards it is on trial: the next failure mutes it again, a success clears it.
        self._row = MUTE_AFTER - 1
        return now + MUTED_S


# State: counts and extremes.
class CallTimes:
    """How long one consumer's calls took, and how late they came; all in seconds."""

    __slots__ = ("longest_call_s", "longest_lag_s", "slow_calls")

    def __init__(self) -> None:
        self.slow_calls = 0
        self.longest_call_s = 0.0
        self.longest_lag_s = 0.0

    def came(self, lag_s: float) -> None:
        """An event was handed over so long after it had arrived."""
        if lag_s > self.longest_lag_s:
            self.longest_lag_s = lag_s

    def took(self, duration_s: float) -> bool:
        """A call is over; returns whether to report it: the 1st slow one, the 2nd, 4th, 8th."""
        if duration_s > self.longest_call_s:
            self.longest_call_s = duration_s
        if duration_s < SLOW_S:
            return False
        self.slow_calls += 1
        return self.slow_calls & (self.slow_calls - 1) == 0
