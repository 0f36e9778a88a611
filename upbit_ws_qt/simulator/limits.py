"""How often a client may come: the exchange's limits, and blocks for those who go on. Pure.

Source of the numbers: docs.upbit.com, rate-limits; of the two ways of counting:
rest-api-best-practice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["RateLimits", "Verdict"]

# A token that is due now may be missing its last bits: times are large floats.
_EDGE = 1e-4


# State: the beginning of the running window and the calls in it.
class _Window:
    """So many calls in each window of ``period_s``.

    Windows of the clock begin at every whole multiple of their length; others with the first
    call after the last one has ended.
    """

    def __init__(self, calls: int, period_s: float, *, of_the_clock: bool) -> None:
        self._calls = calls
        self._period_s = period_s
        self._of_the_clock = of_the_clock
        self._began = -math.inf
        self._used = 0

    def left(self, now: float) -> int:
        """Calls that may be made at once."""
        if not self._began <= now < self._began + self._period_s:
            self._used = 0
            self._began = now // self._period_s * self._period_s if self._of_the_clock else now
        return self._calls - self._used

    def take(self) -> None:
        """Count a call."""
        self._used += 1

    def wait_s(self, now: float) -> float:
        """Until there is one left."""
        return self._began + self._period_s - now


# State: the tokens, and when they were counted.
class _Bucket:
    """So many calls at once, and one more each ``period_s / calls``."""

    def __init__(self, calls: int, period_s: float) -> None:
        self._calls = calls
        self._rate = calls / period_s
        self._tokens = float(calls)
        self._counted_at = -math.inf

    def left(self, now: float) -> int:
        """Calls that may be made at once."""
        gone_s = max(0.0, now - self._counted_at)
        self._tokens = min(float(self._calls), self._tokens + gone_s * self._rate)
        self._counted_at = now
        return math.floor(self._tokens + _EDGE)

    def take(self) -> None:
        """Count a call."""
        self._tokens -= 1

    def wait_s(self, now: float) -> float:
        """Until there is one left."""
        return self._counted_at + (1 - self._tokens) / self._rate - now


_Counter: TypeAlias = _Window | _Bucket


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of calls that share limits; ``shown_as`` is its name in Remaining-Req."""

    limits: tuple[tuple[int, float], ...]
    counts: Literal["clock", "first", "bucket"]
    shown_as: str

    def counters(self) -> tuple[_Counter, ...]:
        if self.counts == "bucket":
            return tuple(_Bucket(*limit) for limit in self.limits)
        clock = self.counts == "clock"
        return tuple(_Window(*limit, of_the_clock=clock) for limit in self.limits)

    def header(self, left: int) -> str:
        calls, period_s = self.limits[0]
        return f"group={self.shown_as}; min={int(calls * 60 / period_s)}; sec={max(left, 0)}"


_QUOTATION = ("market", "candle", "trade", "ticker", "orderbook")
_EXCHANGE = {
    "default": (30, 1.0),
    "order": (12, 1.0),
    "order-test": (8, 1.0),
    "order-cancel-all": (1, 2.0),
}
_GROUPS: Mapping[str, _Group] = {
    **{name: _Group(((10, 1.0),), "clock", name) for name in _QUOTATION},
    **{name: _Group((limit,), "bucket", name) for name, limit in _EXCHANGE.items()},
    "websocket-connect": _Group(((5, 1.0),), "clock", "websocket"),
    "websocket-message": _Group(((5, 1.0), (100, 60.0)), "first", "websocket"),
}

# The exchange tells that repeated refusals lead to a block, and further ones to longer blocks,
# but neither how many nor how long: these are ours.
_CALLS_BEFORE_BLOCK = 20
_BLOCKS_S = (10.0, 30.0, 60.0, 300.0, 600.0)
_FORGIVEN_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a call gets.

    Attributes:
        status: 200 where it is served, 429 where it came too early, 418 during a block.
        remaining_req: the header of that name.
        wait_s: until the next call has a chance; 0 where this one is served.
    """

    status: Literal[200, 418, 429]
    remaining_req: str
    wait_s: float = 0.0


# State: all of it; kept for as long as somebody is remembered.
@dataclass(slots=True)
class _Conduct:
    """How somebody behaved: calls in spite of being told to wait, and the blocks that followed."""

    told_until: dict[str, float] = field(default_factory=dict[str, float])
    ignored: int = 0
    blocks: int = 0
    blocked_until: float = -math.inf
    last_ignored_at: float = -math.inf

    def forget(self, now: float) -> None:
        if now >= max(self.last_ignored_at, self.blocked_until) + _FORGIVEN_AFTER_S:
            self.ignored = self.blocks = 0

    def ignores(self, now: float) -> None:
        """A call came before the time that was named."""
        self.last_ignored_at = now
        self.ignored += 1
        if self.ignored >= _CALLS_BEFORE_BLOCK:
            self.ignored = 0
            length_s = _BLOCKS_S[min(self.blocks, len(_BLOCKS_S) - 1)]
            self.blocks += 1
            self.blocked_until = max(self.blocked_until, now + length_s)


# State: the counters of each group and caller, and the conduct of each caller.
class RateLimits:
    """Counts calls by group and caller.

    Who is refused is told how long to wait. Who waits is never blocked; who comes earlier,
    again and again, is blocked for everything, longer each time while it goes on.

    Args:
        enforced: False counts, but refuses nobody.
        origin_interval_s: the group ``origin`` has one call in so long.
    """

    def __init__(self, *, enforced: bool = True, origin_interval_s: float = 10.0) -> None:
        self._enforced = enforced
        origin = _Group(((1, origin_interval_s),), "first", "origin")
        self._groups = {**_GROUPS, "origin": origin}
        self._counters: dict[tuple[str, str], tuple[_Counter, ...]] = {}
        self._conducts: dict[str, _Conduct] = {}

    def admit(self, group: str, who: str, now: float, *, heeds_blocks: bool = True) -> Verdict:
        """Count a call.

        Args:
            group: of the call, such as ``ticker``.
            who: is counted: an address, a pocket or a connection.
            now: seconds; windows of the clock follow it.
            heeds_blocks: False serves also who is blocked, within the limit of the group.
        """
        rule = self._groups[group]
        counters = self._of(group, who, rule.counters)
        left = min(counter.left(now) for counter in counters)
        conduct = self._conducts.setdefault(who, _Conduct())
        conduct.forget(now)
        heeds_blocks = heeds_blocks and self._enforced
        if heeds_blocks and now < conduct.blocked_until:
            conduct.ignores(now)
            return Verdict(418, rule.header(0), conduct.blocked_until - now)
        if left > 0 or not self._enforced:
            for counter in counters:
                counter.take()
            return Verdict(200, rule.header(left - 1))
        wait_s = max(counter.wait_s(now) for counter in counters if counter.left(now) <= 0)
        if now < conduct.told_until.get(group, -math.inf):
            conduct.ignores(now)
        conduct.told_until[group] = now + wait_s
        if heeds_blocks and now < conduct.blocked_until:
            return Verdict(418, rule.header(0), conduct.blocked_until - now)
        return Verdict(429, rule.header(0), wait_s)

    def _of(
        self, group: str, who: str, make: Callable[[], tuple[_Counter, ...]]
    ) -> tuple[_Counter, ...]:
        counters = self._counters.get((group, who))
        if counters is None:
            counters = self._counters[group, who] = make()
        return counters
