"""Quiet, changed or dead: what the silence of one connection means. Pure.

A connection can be open and useless: half-open, so that nothing comes any more; alive for pings but
with no data behind it; or carrying another list of streams than the one we asked for. Silence alone
tells none of these from a quiet market, so after a while without data the exchange is asked for its
list of our streams (LIST_SUBSCRIPTIONS), and the answer says which it is:

* what we want: quiet. The answer is a sign of life, so no ping is needed beside it;
* something else: changed. What is wanted goes out again, and then the question once more;
* no answer, and no data either: dead.

Pings remain for where questions are of no use: an exchange that refuses one is never asked again,
and one that keeps silent about them is asked more and more rarely, because that may be all there is
to it. ``now`` is monotonic seconds throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from .actions import Ping, Send
from .errors import SubscriptionLost
from .ratelimit import MESSAGE_WINDOWS, SlidingWindows
from .subscriptions import Stream, stream_names
from .wire import ListFrame, encode_question

__all__ = ["Dead", "HealthMonitor"]

#: A part of the list can get lost while the rest goes on delivering, so now and then ask anyway.
ASK_ANYWAY_AFTER_S = 300.0
#: What was asked for again is checked after so long: a refusal comes within a second.
CHECK_AFTER_S = 2.0
#: With nothing received for so long, ping; with nothing for so long after, it is dead. The exchange
#: was measured to close an idle connection after 60 s (its documents say 120).
PING_AFTER_S = 18.0
PONG_WITHIN_S = 10.0
#: Where questions are not answered, the wait for the next one doubles this often: to 16 minutes.
_MOST_DOUBLINGS = 6
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Dead:
    """The connection is to be given up; ``reason`` is for people."""

    reason: str


# State: when anything, and when data, was last received; since when a silence counts and when the
# last question went out; the ping and the question under way, and whether a request has followed
# the question; whether the next question, or this one, checks what was asked for again, and the
# list that this did not change; how the exchange took questions so far; counters and round trips.
class HealthMonitor:
    """Watches the connections of one kind, one after the other.

    Args:
        ticket: makes the unique mark of a question.
        question: writes the question with such a mark.
        stale_after_s: with no data for so long, ask.
        answer_within_s: without an answer, and data, for so long after that, it is dead.

    Attributes:
        received_at: when anything at all came; set by the owner for each message.
        data_at: when data came; set by the owner for each frame of data. Both are plain attributes
            because they are on the path of every message.
        pings, questions, quiet, changed, dead: how often, since it was made.
        round_trip_s: of the last ping or question that was answered; None before the first.
        shortest_round_trip_s: of all of them.
    """

    def __init__(
        self,
        ticket: Callable[[], str],
        question: Callable[[str], bytes] = encode_question,
        *,
        stale_after_s: float = 15.0,
        answer_within_s: float = 10.0,
    ) -> None:
        self.received_at = self.data_at = 0.0
        self.pings = self.questions = self.quiet = self.changed = self.dead = 0
        self.round_trip_s: float | None = None
        self.shortest_round_trip_s: float | None = None
        self._new_ticket = ticket
        self._question = question
        self._stale_after_s = stale_after_s
        self._answer_within_s = answer_within_s
        self._messages = SlidingWindows(MESSAGE_WINDOWS)
        self._since = self._asked_at = 0.0
        self._pinged_at = _NEVER
        self._ticket: str | None = None
        self._is_overtaken = False
        self._checks_next = self._checks = False
        self._left_alone: AbstractSet[Stream] | None = None
        self._understood = True
        self._unanswered = 0

    # -- what happens ---------------------------------------------------------------------------

    def opened(self, messages: SlidingWindows, now: float) -> None:
        """A new connection was made; ``messages`` is its budget, which questions share."""
        self._messages = messages
        self.received_at = self.data_at = self._asked_at = now
        self._pinged_at = _NEVER
        self._ticket = None
        self.requested(now)

    def requested(self, now: float, *, again: bool = False) -> None:
        """A request went out; ``again`` for the same list as before. Snapshots follow it."""
        self._since = now
        self._is_overtaken = True
        self._checks_next = again
        if not again:
            self._left_alone = None

    def pong_received(self, now: float) -> None:
        """The ping was answered."""
        self.received_at = now
        if self._pinged_at != _NEVER:
            self._measure(now - self._pinged_at)
            self._pinged_at = _NEVER

    def answered(
        self, answer: ListFrame, wanted: AbstractSet[Stream], now: float
    ) -> SubscriptionLost | None:
        """The question was answered; returns what is wrong, if the list is not ``wanted``."""
        if answer.ticket != self._ticket:
            return None
        self._ticket = None
        self._unanswered = 0
        self._since = now
        self._measure(now - self._asked_at)
        listed = answer.streams
        if self._is_overtaken:
            return None  # It may be about the list before the last request.
        if listed in (wanted, self._left_alone):
            self.quiet += 1
            return None
        self.changed += 1
        if self._checks:
            # The exchange writes its list in a way that we do not know. To ask for the same thing
            # again and again would send every snapshot to everyone each time.
            self._left_alone = listed
        return SubscriptionLost(
            stream_names(wanted - listed), stream_names(listed - wanted), again=not self._checks
        )

    def question_refused(self) -> bool:
        """An error came; returns whether it is about a question, and asks no more then.

        The exchange takes messages in order, so a request that followed the question is not meant.
        """
        if self._ticket is None:
            return False
        self._ticket = None
        self._understood = False
        return True

    # -- what follows ---------------------------------------------------------------------------

    def next_deadline(self, *, may_ask: bool) -> float:
        """When :meth:`check` is due. A request that waits for its turn goes before a question."""
        return min(self._question_deadline(may_ask), self._ping_deadline())

    def check(self, now: float, *, may_ask: bool) -> Ping | Send | Dead | None:
        """What the silence calls for. What came before ``now`` must have been handed in already."""
        if self._question_deadline(may_ask) <= now:
            if not self._awaits_answer:
                return self._ask(now)
            self.dead += 1
            self._unanswered += 1
            return Dead("(no data came, and no answer to LIST_SUBSCRIPTIONS)")
        if self._ping_deadline() <= now:
            if not self._awaits_pong:
                self.pings += 1
                self._pinged_at = now
                return Ping()
            self.dead += 1
            return Dead("(a ping was not answered)")
        return None

    # -- inside -----------------------------------------------------------------------------------

    def _ask(self, now: float) -> Send:
        self.questions += 1
        self._messages.sent(now)
        self._ticket = self._new_ticket()
        self._is_overtaken = False
        self._checks, self._checks_next = self._checks_next, False
        self._since = self._asked_at = now
        return Send(self._question(self._ticket))

    # What comes at the same instant as a ping or a question has followed it: some clocks tick every
    # 16 ms only.

    @property
    def _awaits_pong(self) -> bool:
        return self.received_at < self._pinged_at

    @property
    def _awaits_answer(self) -> bool:
        return self._ticket is not None and self.data_at < self._asked_at

    def _question_deadline(self, may_ask: bool) -> float:
        if self._awaits_answer:
            return self._asked_at + self._answer_within_s
        if not (self._understood and may_ask):
            return float("inf")
        # The first unanswered question is a connection that died; more in a row may be an exchange
        # that does not answer them.
        rarer = 2.0 ** min(max(0, self._unanswered - 1), _MOST_DOUBLINGS)
        at = min(
            max(self.data_at, self._since) + self._stale_after_s * rarer,
            self._asked_at + ASK_ANYWAY_AFTER_S * rarer,
        )
        if self._checks_next:
            at = self._since + CHECK_AFTER_S
        return max(at, self._messages.next_send_time(_NEVER))

    def _ping_deadline(self) -> float:
        if self._awaits_pong:
            return self._pinged_at + PONG_WITHIN_S
        return self.received_at + PING_AFTER_S

    def _measure(self, round_trip_s: float) -> None:
        self.round_trip_s = round_trip_s
        if self.shortest_round_trip_s is None or round_trip_s < self.shortest_round_trip_s:
            self.shortest_round_trip_s = round_trip_s
