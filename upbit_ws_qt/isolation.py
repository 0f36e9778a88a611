"""How one consumer behaves: its failures, which may mute it, and how long it takes. Pure."""

from __future__ import annotations

__all__ = ["SLOW_S", "CallTimes", "FailureGate"]

#: So many failures in a row mute a consumer, for so long; then it is tried once more.
MUTE_AFTER = 10
MUTED_S = 30.0
#: A call that takes longer is slow: it costs everyone else three frames.
SLOW_S = 0.05


# State: failures in a row and in all, until when it is muted, and what was withheld meanwhile.
class FailureGate:
    """Counts one consumer's failures. ``now`` is monotonic seconds."""

    __slots__ = ("_muted_until", "_row", "failures", "may_mute", "withheld")

    def __init__(self, *, may_mute: bool = True) -> None:
        self.may_mute = may_mute
        self.failures = 0
        self.withheld = 0
        self._row = 0
        self._muted_until = float("-inf")

    def admits(self, now: float) -> bool:
        """Whether the consumer is called now; what it misses is counted."""
        if now < self._muted_until:
            self.withheld += 1
            return False
        return True

    def succeeded(self) -> None:
        """The consumer took an event."""
        self._row = 0

    def failed(self, now: float) -> bool:
        """The consumer raised; returns whether it is muted from now on."""
        self.failures += 1
        self._row += 1
        if not self.may_mute or self._row < MUTE_AFTER:
            return False
        # Afterwards it is on trial: the next failure mutes it again, a success clears it.
        self._row = MUTE_AFTER - 1
        self._muted_until = now + MUTED_S
        return True


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
