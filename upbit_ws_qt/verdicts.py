"""What the exchange has accepted of what was asked, and who is to blame for a refusal. Pure.

It never says yes, and when it says no it does not say to which part of a request. What it accepted
before is not to blame; what is new is, and if that is more than one stream, the probe finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable

from .actions import ACCEPTED_AFTER_S
from .probe import ProbeProtocol
from .subscriptions import Stream, SubscriptionStateManager
from .wire import ErrorFrame

__all__ = ["Verdicts"]


# State: what the last request asked for and until when a refusal of it may come; what was accepted
# by requests, and what by the probe since; whether the probe has something new to do.
class Verdicts:
    """Keeps what one connection asked for and what became of it.

    Args:
        subscriptions: who wants what; the guilty streams are refused there.
        probe: tries the suspects.
        tell: told of each refusal: name, message, whom it concerns, and the streams.

    Attributes:
        asked: what the last request asked for, each stream with its depth.
        due_at: the monotonic second at which that counts as accepted; None where nothing is open.
        probe_due: whether there is something new for the probe to try, or to stop trying.
    """

    def __init__(
        self,
        subscriptions: SubscriptionStateManager,
        probe: ProbeProtocol,
        tell: Callable[[str, str, tuple[Hashable, ...], Collection[Stream]], None],
    ) -> None:
        self._subscriptions = subscriptions
        self._probe = probe
        self._tell = tell
        self.asked: dict[Stream, int] = {}
        self.due_at: float | None = None
        self.probe_due = False
        self._accepted: dict[Stream, int] = {}
        self._acquitted: set[Stream] = set()

    def requested(self, plan: dict[Stream, int], now: float) -> None:
        """A request for ``plan`` went out at ``now`` (monotonic seconds)."""
        self.asked = plan
        self.due_at = now + ACCEPTED_AFTER_S

    def disconnected(self) -> None:
        """Nothing is on the wire any more; what was open is neither accepted nor refused."""
        self.asked = {}
        self.due_at = None

    def accept(self, now: float) -> bool:
        """Returns whether the request became accepted: no refusal came in time."""
        if self.due_at is None or now < self.due_at:
            return False
        self.due_at = None
        self._accepted = dict(self.asked)
        self._acquitted.clear()
        return True

    def delivered(self, stream: Stream) -> None:
        """A stream that delivers is not what is wrong, whatever the verdict on the request."""
        if stream in self.asked:
            self._accepted[stream] = self.asked[stream]

    def refused(self, frame: ErrorFrame) -> None:
        """The request was refused; only what is new in it can be to blame.

        Where nothing is new, everything is suspect: the exchange offers something no longer.
        Another depth of an accepted stream is not new: every depth we ask for exists.
        """
        new = {s: depth for s, depth in self.asked.items() if s not in self._accepted}
        suspects = new or dict(self.asked)
        self._accepted = {s: d for s, d in self._accepted.items() if s not in suspects}
        unheard = {s: d for s, d in suspects.items() if s not in self._acquitted}
        if len(suspects) == 1 or not unheard:
            # Accepted by itself and refused with the rest: together they are too many.
            self._convict(suspects, frame)
            return
        # What nobody wants any more needs no trial.
        self._subscriptions.forget_grace(suspects)
        self._probe.accuse(unheard)
        self.try_only(self._subscriptions.wanted())

    def declined(self, streams: Collection[Stream], frame: ErrorFrame) -> None:
        """The exchange has named what it refuses of the request; the rest of it stands."""
        self.asked = {s: depth for s, depth in self.asked.items() if s not in streams}
        self._convict(streams, frame)

    def judged(self, streams: Collection[Stream], frame: ErrorFrame | None) -> None:
        """The probe has found these acceptable by themselves (None), or refused with ``frame``."""
        if frame is None:
            self._acquitted.update(streams)
        else:
            self._convict(streams, frame)

    def try_only(self, wanted: Collection[Stream]) -> None:
        """Leave no suspect in the probe that nobody wants, and none in grace: it is on no wire."""
        suspects = self._probe.suspects
        if suspects:
            self._subscriptions.forget_grace(suspects)
            self._probe.keep(wanted)
            self.probe_due = True

    def _convict(self, streams: Collection[Stream], frame: ErrorFrame) -> None:
        self._tell(frame.name, frame.message, self._subscriptions.refuse(streams), streams)
