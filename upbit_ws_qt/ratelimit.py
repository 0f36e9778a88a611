"""The exchange's limits: one budget for each group, and who may go next. Pure.

Source of the numbers: docs.upbit.com, rate-limits. The exchange counts quotation calls and dials by
address in fixed seconds, signed calls by account in a token bucket, and WebSocket messages by
connection. It counts arrivals. A call arrives at some time between its departure and its answer,
so it keeps its place in a budget until it is answered. Messages have no answers: two of them may
arrive closer together than they left, by as much as the margin.

``now`` is monotonic seconds throughout.
"""

from __future__ import annotations

import bisect
import enum
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

__all__ = [
    "GROUPS",
    "MESSAGE_WINDOWS",
    "STOPS_S",
    "Budget",
    "GlobalRateLimiter",
    "Group",
    "LimiterStatistics",
    "Priority",
    "SlidingWindows",
    "TokenBucket",
    "Turn",
]

#: Limit and seconds of each window.
Windows: TypeAlias = tuple[tuple[int, float], ...]

MESSAGE_WINDOWS: Windows = ((5, 1.0), (100, 60.0))

#: How long to stand still after these HTTP statuses, in seconds, the first time. 429 means that a
#: second is used up, 418 a block, longer each time. Neither their bodies nor a Retry-After are
#: documented, so the waits are ours.
STOPS_S: Mapping[int, float] = {429: 1.0, 418: 60.0}
_LONGEST_STOP_S = 3600.0
#: Without a refusal for so long after the last stop, the next one is the first again.
_FORGIVEN_AFTER_S = 60.0

_MARGIN_S = 0.05
# Whatever became of a call that was never answered, by then it has been counted.
_LATEST_ARRIVAL_S = 60.0
_REMAINING = re.compile(r"sec=(\d+)")


class Priority(enum.IntEnum):
    """What goes first where calls wait."""

    CLICK = 0
    """A person waits for it."""
    SHOWN = 1
    """Something on the screen is out of date without it."""
    BACKFILL = 2
    """It repairs or completes what nobody looks at right now."""


class Budget(Protocol):
    """How often a call may be made."""

    def next_send_time(self, now: float) -> float:
        """The earliest time, from ``now`` on, at which one more may leave, as far as is known."""
        ...

    def leaves(self, now: float) -> None:
        """One leaves; it arrives before it is answered."""
        ...

    def answered(self, left_at: float, now: float) -> None:
        """The one that left at ``left_at`` is answered, or is not waited for any more."""
        ...

    def give_back(self, left_at: float) -> None:
        """The one that was to leave at ``left_at`` did not."""
        ...

    def remaining(self, now: float) -> int:
        """How many may be sent at once."""
        ...

    def at_most(self, count: int, now: float) -> None:
        """The exchange says that only ``count`` are left: others use the same budget."""
        ...


# State: when each of the latest was counted, or will have been at the latest, in order; as many as
# the largest limit.
class SlidingWindows:
    """At most so many in any window; ``share`` leaves the rest to others on this address.

    For messages there is ``sent``, for calls ``leaves`` and ``answered``.
    """

    def __init__(self, windows: Windows, share: float = 1.0) -> None:
        self._windows = tuple((max(1, int(n * share)), per + _MARGIN_S) for n, per in windows)
        self._most = max(n for n, _ in self._windows)
        self._counted: list[float] = []

    def next_send_time(self, now: float) -> float:
        """See :class:`Budget`."""
        at = now
        for limit, per_s in self._windows:
            if len(self._counted) >= limit:
                at = max(at, self._counted[-limit] + per_s)
        return at

    def sent(self, now: float) -> None:
        """A message was sent."""
        bisect.insort(self._counted, now)
        del self._counted[: -self._most]

    def reserve(self, now: float) -> float:
        """Take the next place and return its time; the caller sends then, not before."""
        at = self.next_send_time(now)
        self.sent(at)
        return at

    def leaves(self, now: float) -> None:
        """See :class:`Budget`."""
        self.sent(now + _LATEST_ARRIVAL_S)

    def answered(self, left_at: float, now: float) -> None:
        """See :class:`Budget`."""
        self.give_back(left_at)
        self.sent(min(now, left_at + _LATEST_ARRIVAL_S))

    def give_back(self, left_at: float) -> None:
        """See :class:`Budget`."""
        # After its latest arrival it may have made room for others.
        if left_at + _LATEST_ARRIVAL_S in self._counted:
            self._counted.remove(left_at + _LATEST_ARRIVAL_S)

    def remaining(self, now: float) -> int:
        """See :class:`Budget`."""
        return min(
            limit - sum(1 for counted in self._counted if counted + per_s > now)
            for limit, per_s in self._windows
        )

    def at_most(self, count: int, now: float) -> None:
        """See :class:`Budget`; what others have sent counts as if it had been sent now."""
        for _ in range(self.remaining(now) - count):
            self.sent(now)


# State: the tokens there were at a time, and when those left that are under way.
class TokenBucket:
    """Up to ``capacity`` at once, and ``refill_rate`` more each second.

    The token of a call that is under way comes back only after its answer: the exchange may take
    it as late as that.
    """

    def __init__(self, capacity: float, refill_rate: float) -> None:
        self._capacity = capacity
        self._refill_rate = refill_rate
        self._tokens = capacity
        self._at = 0.0
        self._under_way: list[float] = []

    @classmethod
    def within(cls, capacity: float, refill_rate: float, share: float) -> TokenBucket:
        """A bucket that stays within the exchange's, with ``share`` of it and the margin."""
        ours = min(capacity * share, capacity - refill_rate * _MARGIN_S)
        return cls(max(1.0, ours), refill_rate * share)

    def next_send_time(self, now: float) -> float:
        """See :class:`Budget`."""
        missing = 1.0 - self._left(now)
        if missing <= 0.0:
            return now
        at = now + missing / self._refill_rate
        full_of = len(self._under_way) - int(self._capacity)
        return at if full_of < 0 else max(at, self._under_way[full_of] + _LATEST_ARRIVAL_S)

    def leaves(self, now: float) -> None:
        """See :class:`Budget`."""
        self._tokens = self._left(now) - 1.0
        self._at = now
        self._under_way.append(now)

    def answered(self, left_at: float, now: float) -> None:
        """See :class:`Budget`."""
        self._tokens, self._at = self._left(now), now
        if left_at in self._under_way:
            self._under_way.remove(left_at)

    def give_back(self, left_at: float) -> None:
        """See :class:`Budget`."""
        if left_at in self._under_way:
            self._under_way.remove(left_at)
            self._tokens += 1.0

    def remaining(self, now: float) -> int:
        """See :class:`Budget`."""
        return max(0, int(self._left(now)))

    def at_most(self, count: int, now: float) -> None:
        """See :class:`Budget`."""
        self._tokens = min(self._left(now), float(count))
        self._at = now

    def _left(self, now: float) -> float:
        while self._under_way and self._under_way[0] + _LATEST_ARRIVAL_S <= now:
            del self._under_way[0]
        most = self._capacity - len(self._under_way)
        # Rounding must not leave a whole token a hair short.
        return min(most, self._tokens + (now - self._at) * self._refill_rate + 1e-9)


class Group:
    """One budget of the exchange: whose calls it counts together, and how.

    ``scope`` is what a block (418) covers: everything of the address, or everything of the account.
    """

    __slots__ = ("make", "scope")

    def __init__(
        self, scope: Literal["address", "account"], make: Callable[[float], Budget]
    ) -> None:
        self.scope = scope
        self.make = make


def _per_second(limit: int) -> Group:
    return Group("address", lambda share: SlidingWindows(((limit, 1.0),), share))


GROUPS: Mapping[str, Group] = {
    "market": _per_second(10),
    "candle": _per_second(10),
    "trade": _per_second(10),
    "ticker": _per_second(10),
    "orderbook": _per_second(10),
    "websocket-connect": _per_second(5),
    "default": Group("account", lambda share: TokenBucket.within(30, 30, share)),
}


# State: whether it was granted, and when.
class Turn:
    """One call that waits to go out."""

    __slots__ = ("granted_at", "groups", "order", "wake")

    def __init__(
        self, groups: tuple[str, ...], order: tuple[int, int], wake: Callable[[], None]
    ) -> None:
        self.groups = groups
        self.order = order
        self.wake = wake
        self.granted_at: float | None = None


@dataclass(frozen=True, slots=True)
class LimiterStatistics:
    """How much may be called, and what stands in the way.

    ``remaining`` calls of each group may be made at once; ``waiting`` stand in line;
    ``stopped_for_s`` names the groups that stand still, and for how many seconds yet;
    ``refusals`` are the answers 429 and 418 so far.
    """

    remaining: Mapping[str, int]
    waiting: int
    stopped_for_s: Mapping[str, float]
    refusals: int


# State: the budget of each group, until when a group or a whole scope is stopped and for the how
# manyth time in a row, the refusals so far, and the turns that wait: a line for each combination of
# groups, in the order in which they may go. Only the first of a line can be the next one.
class GlobalRateLimiter:
    """Decides which call goes next, for everyone who calls one exchange from this program.

    A call may draw on several groups; it goes when all of them have room. What waits goes by
    priority, then in the order it came; a call that waits for one group holds back only what has
    to go after it in the same groups.
    """

    def __init__(self, share: float = 0.8) -> None:
        self._budgets = {name: group.make(share) for name, group in GROUPS.items()}
        self._stops: dict[str, tuple[float, int]] = {}
        self._refusals = 0
        self._lines: dict[tuple[str, ...], list[Turn]] = {}
        self._count = itertools.count()

    def ask(self, groups: tuple[str, ...], priority: Priority, wake: Callable[[], None]) -> Turn:
        """Wait in line; the turn's ``granted_at`` tells whether it may go.

        ``wake`` is called by the :meth:`grant` that lets it go, and when :meth:`next_grant` may be
        earlier than it was.

        Raises:
            KeyError: there is no such group.
        """
        for name in groups:
            self._budgets[name]
        turn = Turn(groups, (priority, next(self._count)), wake)
        bisect.insort(self._lines.setdefault(groups, []), turn, key=lambda waiting: waiting.order)
        return turn

    def grant(self, now: float) -> None:
        """Let everyone go who may go now."""
        held: set[str] = set()
        lines = dict(self._lines)
        while lines:
            groups, line = min(lines.items(), key=_order_of_first)
            turn = line[0]
            if not held.isdisjoint(groups) or self._free_at(turn, now) > now:
                held.update(groups)
                del lines[groups]
                continue
            if not self._leave(turn):
                del lines[groups]
            turn.granted_at = now
            for name in groups:
                self._budgets[name].leaves(now)
            turn.wake()

    def next_grant(self, now: float) -> float | None:
        """When the next one may go; None while nobody waits."""
        held: set[str] = set()
        times: list[float] = []
        for groups, line in sorted(self._lines.items(), key=_order_of_first):
            if held.isdisjoint(groups):
                times.append(self._free_at(line[0], now))
            held.update(groups)
        return min(times, default=None)

    def give_up(self, turn: Turn) -> None:
        """The call is not made: it leaves the line, or gives back what it was granted."""
        if turn.granted_at is None:
            self._leave(turn)
        else:
            for name in turn.groups:
                self._budgets[name].give_back(turn.granted_at)
        self._wake_first()

    def made(self, turn: Turn, now: float) -> None:
        """The call is answered or has failed: it has arrived by now, if at all.

        Raises:
            ValueError: it has not been let go.
        """
        if turn.granted_at is None:
            raise ValueError("this call still waits for its turn; give it up instead")
        for name in turn.groups:
            self._budgets[name].answered(turn.granted_at, now)
        self._wake_first()

    def note_left(self, header: str | None, groups: tuple[str, ...], now: float) -> None:
        """Lower what is left to the ``Remaining-Req`` of an answer; it is never raised."""
        found = _REMAINING.search(header or "")
        if found is not None:
            for name in groups:
                self._budgets[name].at_most(int(found[1]), now)

    def refused(
        self, status: int, groups: tuple[str, ...], now: float, at_least_s: float = 0.0
    ) -> float:
        """The exchange answered 429 or 418: nothing of these groups goes until the returned time.

        A block (418) covers every group of the same scope. Each further one waits twice as long,
        and none less than ``at_least_s``, which the exchange may have asked for.
        """
        self._refusals += 1
        stopped = {GROUPS[name].scope for name in groups} if status == 418 else set(groups)
        until = now
        for name in stopped:
            end, times = self._stops.get(name, (now, 0))
            if now > end + _FORGIVEN_AFTER_S:
                times = 0
            if now < end and times:
                # Calls that were under way together are refused together: that is one refusal.
                times -= 1
            wait_s = min(STOPS_S[status] * 2**times, _LONGEST_STOP_S)
            end = max(end, now + max(wait_s, at_least_s))
            self._stops[name] = (end, times + 1)
            until = max(until, end)
        return until

    def stopped_until(self, name: str) -> float:
        """Until when the group may not go at all; a time in the past where it may."""
        stops = (self._stops.get(key) for key in (name, GROUPS[name].scope))
        return max((stop[0] for stop in stops if stop is not None), default=float("-inf"))

    def get_remaining_tokens(self, now: float) -> dict[str, int]:
        """How many calls of each group may be made at once."""
        return {
            name: 0 if now < self.stopped_until(name) else budget.remaining(now)
            for name, budget in self._budgets.items()
        }

    def statistics(self, now: float) -> LimiterStatistics:
        """Where it stands at ``now``."""
        ends = {name: self.stopped_until(name) for name in GROUPS}
        stopped = {name: end - now for name, end in ends.items() if end > now}
        waiting = sum(len(line) for line in self._lines.values())
        return LimiterStatistics(self.get_remaining_tokens(now), waiting, stopped, self._refusals)

    def _wake_first(self) -> None:
        """There may be room sooner than who waits was told."""
        for line in self._lines.values():
            line[0].wake()

    def _leave(self, turn: Turn) -> bool:
        """Take a turn out of its line; returns whether others are left in that."""
        line = self._lines[turn.groups]
        line.remove(turn)
        if not line:
            del self._lines[turn.groups]
        return bool(line)

    def _free_at(self, turn: Turn, now: float) -> float:
        return max(
            max(self._budgets[name].next_send_time(now), self.stopped_until(name))
            for name in turn.groups
        )


def _order_of_first(line: tuple[tuple[str, ...], list[Turn]]) -> tuple[int, int]:
    return line[1][0].order
