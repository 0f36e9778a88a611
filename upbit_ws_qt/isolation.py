"""When a consumer that fails again and again is left alone for a while. Pure."""

from __future__ import annotations

__all__ = ["FailureGate"]

#: So many failures in a row mute a consumer, for so long; then it is tried again.
MUTE_AFTER = 10
MUTED_S = 30.0


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
        self._row = 0
        self._muted_until = now + MUTED_S
        return True
