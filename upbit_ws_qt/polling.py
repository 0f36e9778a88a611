"""What is read over REST, when, and when again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .subscriptions import Stream

__all__ = ["Fetch", "Poller", "Subject"]

#: What is read: the present value of a stream, or one order by its uuid.
Subject: TypeAlias = Stream | str

_AT_ONCE = float("-inf")
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Fetch:
    """An action: ask REST for ``subject``; ``round`` tells late answers."""

    subject: Subject
    round: int


# State: for each subject when it is due (never, if nothing calls for it) and whether an answer is
# on its way; the round; whether everything is due again and again.
class Poller:
    """Asks for each subject when it is due, one question at a time. ``now`` is monotonic seconds.

    Args:
        interval_s: between an answer and the next question.
        intervals_s: where that is another one.

    Attributes:
        is_polling: whether each answer is followed by the next question; set by the owner while no
            socket carries the streams.
    """

    def __init__(
        self, interval_s: float, intervals_s: Mapping[Subject, float] | None = None
    ) -> None:
        self.is_polling = False
        self._interval_s = interval_s
        self._intervals_s = dict(intervals_s or {})
        self._due: dict[Subject, float] = {}
        self._asked: set[Subject] = set()
        self._round = 0

    def is_reading(self, now: float) -> bool:
        """Whether an answer is on its way, or a question is due."""
        return bool(self._asked) or any(due <= now for due in self._due.values())

    def restart(self) -> None:
        """Answers to what was asked so far do not count any more; everything is due at once."""
        self._round += 1
        self._asked.clear()
        self._due = dict.fromkeys(self._due, _AT_ONCE)

    def read(self, subjects: Iterable[Subject]) -> None:
        """Read exactly these from now on; a new one is due at once."""
        wanted = set(subjects)
        self._due = {subject: self._due.get(subject, _AT_ONCE) for subject in wanted}
        self._asked &= wanted

    def ask_by(self, subject: Subject, at: float) -> None:
        """Ask at ``at`` at the latest, also if an answer to a former question is on its way."""
        if subject in self._due:
            self._due[subject] = min(self._due[subject], at)

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        for subject, due in self._due.items():
            if due <= now and subject not in self._asked:
                self._asked.add(subject)
                self._due[subject] = _NEVER
                return Fetch(subject, self._round)
        return None

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
        if again or self.is_polling:
            due = min(due, now + self._intervals_s.get(subject, self._interval_s))
        self._due[subject] = max(due, now + wait_s)
        return True

    def next_deadline(self) -> float | None:
        """When the next question is due."""
        due = (at for subject, at in self._due.items() if subject not in self._asked)
        return min((at for at in due if at < _NEVER), default=None)
