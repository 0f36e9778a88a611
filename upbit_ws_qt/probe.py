"""Finding out which stream of a refused request is to blame, on a connection of its own. Pure.

The exchange refuses a request as a whole and does not say which part it means. What it accepted
before goes back to the main connection at once; what was new is tried here: all of it in halves,
and a refused half in halves again, on a short-lived connection that carries nobody's data.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

from .actions import ACCEPTED_AFTER_S, Close, Connect, Instant, Send
from .errors import DecodeError, RateLimited, UpbitError
from .events import Stamp
from .ratelimit import MESSAGE_WINDOWS, SlidingWindows
from .recovery import ExponentialBackoff
from .subscriptions import Stream
from .wire import NOBODY_TO_BLAME, ErrorFrame, decode_frame, encode_request

__all__ = ["ProbeProtocol"]

_STAMP = Stamp()


# State: the parts that are not judged yet, the first of which is tried; whether a socket is dialled
# or open; what was asked on it and until when a refusal may come; when to dial again after how many
# failures in a row.
class ProbeProtocol:
    """Tries suspects; driven like any connection.

    Args:
        share: of the exchange's limits.
        ticket: makes the unique mark of a request.
        judged: told of each part that was accepted (None), and of each single stream that was
            refused and how.
    """

    def __init__(
        self,
        share: float,
        ticket: Callable[[], str],
        judged: Callable[[Collection[Stream], ErrorFrame | None, Instant], None],
    ) -> None:
        self._share = share
        self._ticket = ticket
        self._judged = judged
        self._backoff = ExponentialBackoff()
        self._parts: deque[dict[Stream, int]] = deque()
        self._messages = SlidingWindows(MESSAGE_WINDOWS, share)
        self._is_dialling = self._is_open = self._close_due = False
        self._asked: dict[Stream, int] | None = None
        self._verdict_at: float | None = None
        self._dial_at = 0.0
        self._failures = 0

    @property
    def suspects(self) -> frozenset[Stream]:
        """What is not judged yet."""
        return frozenset(stream for part in self._parts for stream in part)

    @property
    def is_open(self) -> bool:
        """Whether its connection is there."""
        return self._is_open

    def accuse(self, streams: Mapping[Stream, int]) -> None:
        """Try these, which were refused together."""
        self._parts.extend(_halves(dict(streams)))

    def keep(self, wanted: Collection[Stream]) -> None:
        """Forget what nobody wants any more."""
        kept = ({s: d for s, d in part.items() if s in wanted} for part in self._parts)
        self._parts = deque(part for part in kept if part)

    # -- driven like any connection -------------------------------------------------------------

    def connection_made(self, _now: Instant) -> None:
        """The dial succeeded."""
        self._is_dialling, self._is_open = False, True
        self._messages = SlidingWindows(MESSAGE_WINDOWS, self._share)

    def connection_lost(self, error: UpbitError, now: Instant) -> None:
        """The connection or the dial ended without a verdict; it is tried again after a while."""
        self._give_up()
        self._close_due = False
        self._dial_at = now.monotonic + self._backoff.get_delay(self._failures)
        if isinstance(error, RateLimited) and error.retry_at is not None:
            self._dial_at = max(self._dial_at, error.retry_at)
        self._failures += 1

    def receive_messages(self, messages: Sequence[bytes], now: Instant) -> bool:
        """Whole messages came in; after any of them there may be something to do."""
        for message in messages:
            self.receive_message(message, now)
        return False

    def receive_message(self, data: bytes, now: Instant) -> None:
        """Only a refusal matters; the data belongs to nobody."""
        if self._asked is None:
            return
        try:
            frame = decode_frame(data, _STAMP)
        except DecodeError:
            return
        if not isinstance(frame, ErrorFrame):
            return
        self._give_up()
        self._dial_at = now.monotonic
        if frame.name in NOBODY_TO_BLAME:
            self._dial_at += self._backoff.get_delay(self._failures)
            self._failures += 1
            return
        part = self._parts.popleft()
        if len(part) == 1:
            self._failures = 0
            self._judged(part.keys(), frame, now)
        else:
            self._parts.extendleft(reversed(_halves(part)))

    def pong_received(self, _now: Instant) -> None:
        """It sends no pings."""

    def handle_timer(self, now: Instant) -> None:
        """A deadline passed; no refusal until then means that the part is accepted."""
        if self._verdict_at is not None and self._verdict_at <= now.monotonic:
            part = self._parts.popleft()
            self._asked = self._verdict_at = None
            self._failures = 0
            self._judged(part.keys(), None, now)

    def next_action(self, now: Instant) -> Connect | Send | Close | None:
        """The next thing to do; None when there is no more for now."""
        if not self._parts and (self._is_open or self._is_dialling):
            self._give_up()
        elif self._asked is not None and self._asked != self._parts[0]:
            # Part of it is no longer wanted, and a late refusal must not be taken for the next's.
            self._give_up()
        if self._close_due:
            self._close_due = False
            return Close()
        if not self._parts or self._is_dialling or self._asked is not None:
            return None
        if not self._is_open:
            if now.monotonic < self._dial_at:
                return None
            self._is_dialling = True
            return Connect()
        if self._messages.next_send_time(now.monotonic) > now.monotonic:
            return None
        self._messages.sent(now.monotonic)
        self._asked = dict(self._parts[0])
        self._verdict_at = now.monotonic + ACCEPTED_AFTER_S
        return Send(encode_request(self._asked, self._ticket()))

    def next_deadline(self) -> float | None:
        """The monotonic second at which ``handle_timer`` is due, or None while idle."""
        if not self._parts or self._is_dialling:
            return None
        if not self._is_open:
            return self._dial_at
        if self._asked is None:
            return self._messages.next_send_time(float("-inf"))
        return self._verdict_at

    def _give_up(self) -> None:
        self._close_due = True
        self._is_dialling = self._is_open = False
        self._asked = self._verdict_at = None


def _halves(part: dict[Stream, int]) -> list[dict[Stream, int]]:
    streams = list(part.items())
    middle = (len(streams) + 1) // 2
    return [dict(half) for half in (streams[:middle], streams[middle:]) if half]
