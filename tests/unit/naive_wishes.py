"""The rule of subscriptions as it is said, for comparison. Tests only."""

from __future__ import annotations

from collections.abc import Hashable

from upbit_ws_qt.subscriptions import Stream, SubscriptionSpec


class NaiveWishes:
    """The rule as it is said: (wanted ∪ in grace) − refused, by looking at everything each time.

    A stream is in grace at a depth if it was wanted at that depth less than the grace period ago
    and was not refused since. While it is not known which of several streams was to blame, all of
    them count as refused.
    """

    def __init__(self, grace_period_s: float) -> None:
        self.grace_period_s = grace_period_s
        self.wishes: list[tuple[Hashable, SubscriptionSpec]] = []
        self.refused: set[Stream] = set()
        self.suspects: set[Stream] = set()
        self.last_wanted: dict[tuple[Stream, int], float] = {}

    def wanted(self) -> dict[Stream, int]:
        wanted: dict[Stream, int] = {}
        for _, spec in self.wishes:
            for stream, depth in spec.streams.items():
                wanted[stream] = max(depth, wanted.get(stream, 0))
        return wanted

    def owners(self, stream: Stream) -> set[Hashable]:
        return {client for client, spec in self.wishes if stream in spec.streams}

    def look(self, now: float) -> None:
        """Remember what is wanted now; call it before and after every change."""
        wanted = self.wanted()
        self.refused &= wanted.keys()
        self.suspects &= wanted.keys()
        for stream, depth in wanted.items():
            if stream not in self.refused | self.suspects:
                self.last_wanted[stream, depth] = now

    def refuse(self, streams: set[Stream]) -> None:
        self.refused |= streams & self.wanted().keys()
        self.forget(streams)

    def suspect(self, streams: set[Stream]) -> None:
        self.suspects |= streams & self.wanted().keys()
        self.forget(streams)

    def forget(self, streams: set[Stream]) -> None:
        for key in [key for key in self.last_wanted if key[0] in streams]:
            del self.last_wanted[key]

    def wire(self, now: float) -> dict[Stream, int]:
        plan = self.wanted()
        for (stream, depth), seen in self.last_wanted.items():
            if seen + self.grace_period_s > now:
                plan[stream] = max(depth, plan.get(stream, 0))
        kept_off = self.refused | self.suspects
        return {stream: depth for stream, depth in plan.items() if stream not in kept_off}
