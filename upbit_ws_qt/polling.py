"""What is read over REST, when, and when again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from .events import WebSocketEvent
from .ratelimit import Priority
from .rest_call import RestCall
from .subscriptions import Stream

__all__ = ["Feed", "Fetch", "Poller", "Subject"]

#: What is read: the present value of a stream or of some, a page of history, an order by its uuid.
Subject: TypeAlias = Hashable

_AT_ONCE = float("-inf")
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Fetch:
    """An action: ask REST for ``subject`` with ``call``; ``round`` tells late answers.

    Without a call the shell knows how: all open orders take as many pages as there are.
    """

    subject: Subject
    round: int
    call: RestCall[Any] | None = None
    priority: Priority = Priority.SHOWN


class Feed(Protocol):
    """What follows the streams of one connection: what it has missed, and what is polled."""

    @property
    def hears(self) -> tuple[type[WebSocketEvent], ...]:
        """The kinds of events that go through it; all others go to consumers as they are."""
        ...

    @property
    def can_poll(self) -> bool:
        """Whether what is followed can be read over REST instead."""
        ...

    def follow(self, streams: Collection[Stream]) -> None:
        """Follow exactly these; what is known of others is forgotten."""
        ...

    def poll(self, streams: Mapping[Stream, int]) -> None:
        """Read these again and again, each with its depth."""
        ...

    def requested(self) -> None:
        """A request went out."""
        ...

    def accepted(self) -> None:
        """It was not refused."""
        ...

    def unreadable(self, now: float) -> None:
        """A frame could not be read; nobody knows what it said."""
        ...

    def restart(self) -> None:
        """What was asked may never be answered; everything is read anew."""
        ...

    def heard(self, event: Any, now: float) -> None:
        """One of these came over the socket."""
        ...

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        ...

    def next_deadline(self) -> float | None:
        """When there is something to do."""
        ...


# State: for each subject when it is due (never, if nothing calls for it) and whether an answer is
# on its way; which are asked for again and again; the round.
class Poller:
    """Asks for each subject when it is due, one question at a time. ``now`` is monotonic seconds.

    Args:
        interval_s: between an answer and the next question.
        intervals_s: where that is another one.
        most_asked: so many questions of a group are under way at most; those that have waited
            longest come first.
        group_of: which subjects wait for each other then; all if None.
    """

    def __init__(
        self,
        interval_s: float,
        intervals_s: Mapping[Subject, float] | None = None,
        *,
        most_asked: int = 1_000,
        group_of: Callable[[Any], Hashable] | None = None,
    ) -> None:
        self._interval_s = interval_s
        self._intervals_s = dict(intervals_s or {})
        self._most_asked = most_asked
        self._group_of = group_of or _of_one_group
        self._due: dict[Subject, float] = {}
        self._asked: set[Subject] = set()
        self._polled: frozenset[Subject] = frozenset()
        self._round = 0

    def is_reading(self, now: float) -> bool:
        """Whether an answer is on its way, or a question is due."""
        return bool(self._asked) or any(due <= now for due in self._due.values())

    def restart(self) -> None:
        """Answers to what was asked so far do not count any more; everything is due at once."""
        self._round += 1
        self._asked.clear()
        self._due = dict.fromkeys(self._due, _AT_ONCE)

    def read(self, subjects: Iterable[Subject], *, at_once: bool = True) -> None:
        """Read exactly these from now on; a new one is due at once, or when it is asked for."""
        wanted = dict.fromkeys(subjects)
        new = _AT_ONCE if at_once else _NEVER
        self._due = {subject: self._due.get(subject, new) for subject in wanted}
        self._asked &= wanted.keys()

    def poll(self, subjects: Collection[Subject]) -> None:
        """Ask for these again and again, of those that are read; each that joins at once."""
        polled = frozenset(subjects)
        for subject in polled - self._polled:
            self.ask_by(subject, _AT_ONCE)
        self._polled = polled

    def ask_by(self, subject: Subject, at: float) -> None:
        """Ask at ``at`` at the latest, also if an answer to a former question is on its way."""
        if subject in self._due:
            self._due[subject] = min(self._due[subject], at)

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        due = self._free(now)
        if not due:
            return None
        subject = min(due, key=due.__getitem__)
        self._asked.add(subject)
        self._due[subject] = _NEVER
        return Fetch(subject, self._round)

    def answered(
        self, fetch: Fetch, now: float, *, again: bool = False, wait_s: float = 0.0
    ) -> bool:
        """An answer came; returns whether it still counts.

        Args:
            fetch: what was asked.
            now: this moment.
            again: whether it was none, so that the question is due again after the interval.
            wait_s: for so long the exchange wants to hear no question.
        """
        subject = fetch.subject
        if fetch.round != self._round or subject not in self._due:
            return False
        self._asked.discard(subject)
        due = self._due[subject]
        if again or subject in self._polled:
            due = min(due, now + self._intervals_s.get(subject, self._interval_s))
        self._due[subject] = max(due, now + wait_s)
        return True

    def next_deadline(self) -> float | None:
        """When the next question is due."""
        at = min(self._free(_NEVER).values(), default=_NEVER)
        return at if at < _NEVER else None

    def _free(self, now: float) -> dict[Subject, float]:
        """When each subject is due that is by then, and that can be asked for."""
        under_way = Counter(map(self._group_of, self._asked))
        return {
            subject: due
            for subject, due in self._due.items()
            if due <= now
            and subject not in self._asked
            and under_way[self._group_of(subject)] < self._most_asked
        }


def _of_one_group(_: object) -> Hashable:
    return None
