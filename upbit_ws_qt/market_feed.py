"""What is followed of the markets: trades and candles kept whole, and what is polled. Pure.

While no socket carries the streams, or where somebody chose so, everything that visible components
need is read over REST again and again: tickers and order books as they are, many markets in a call;
trades and candles as what is missing since the last time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from .actions import Instant
from .errors import RequestRejected, UpbitError, asked_wait_s
from .events import CandleEvent, MarketEvent, Source, TradeEvent, stamped
from .gap_repair import GapRepair
from .outbox import Outbox
from .polling import Fetch, Poller
from .quotation import orderbooks, tickers
from .ratelimit import Priority
from .recovery import ExponentialBackoff
from .rest_call import RestCall
from .settings import FeedSettings
from .subscriptions import Stream, stream_of

__all__ = ["Batch", "MarketFeed"]

#: So many markets are asked for in one call; the address line has to stay short.
_BATCH = 100
#: So many questions of a kind are under way at a time: the rest of the limits is for what is asked
#: by hand. Prices do not wait for the trades and candles of many markets: each kind has its limit.
_MOST_ASKED = 3
#: Between questions that had no answer, at most.
_LONGEST_WAIT_S = 8.0
#: What a call is refused with because of what it asks for; anything else may pass.
_NOT_OFFERED = ("400", "404")


@dataclass(frozen=True, slots=True)
class Batch:
    """Tickers, or order books of one depth and grouping, that one call reads."""

    type: str
    codes: tuple[str, ...]
    depth: int = 0
    level: float = 0.0

    @property
    def streams(self) -> frozenset[Stream]:
        """What it reads."""
        return frozenset(Stream(self.type, code, self.level) for code in self.codes)

    @property
    def call(self) -> RestCall[Any]:
        """How it is read."""
        if self.type == "ticker":
            return tickers(self.codes)
        return orderbooks(self.codes, self.depth, self.level)

    def in_parts(self, size: int) -> list[Batch]:
        """The same in calls of ``size`` markets at most."""
        begins = range(0, len(self.codes), size)
        return [replace(self, codes=self.codes[begin : begin + size]) for begin in begins]


# State: the parts; what is polled, with its depth, in which batches, and what of it is not offered;
# what was read last of each, and of which something was; failures in a row; and whether there is
# something new to ask.
class MarketFeed:
    """Keeps the streams of the public connection whole for consumers.

    Args:
        settings: how often is polled, and whether the exchange answers REST calls.
        outbox: what consumers are told goes there.
    """

    #: Only what can be missed; of all else the newest is enough.
    hears = (TradeEvent, CandleEvent)

    def __init__(self, settings: FeedSettings, outbox: Outbox) -> None:
        self._outbox = outbox
        self._has_rest = settings.exchange.has_rest
        self._poller = Poller(
            settings.market_poll_interval_s, most_asked=_MOST_ASKED, group_of=_kind_of
        )
        self._repair = GapRepair(outbox, self._ask if self._has_rest else None)
        self._backoff = ExponentialBackoff(max_delay=_LONGEST_WAIT_S, jitter=False)
        self._lines: frozenset[Stream] = frozenset()
        self._polled: dict[Stream, int] = {}
        self._batches: list[Batch] = []
        self._unoffered: set[Stream] = set()
        self._newest: dict[Stream, MarketEvent] = {}
        self._answered: set[Stream] = set()
        self._failures = 0
        self._has_asked = False

    # -- what happens ---------------------------------------------------------------------------

    def follow(self, streams: Collection[Stream]) -> None:
        """Keep exactly these streams whole; what is known of others is forgotten."""
        self._lines = self._repair.follow(streams)
        self._arrange()

    def poll(self, streams: Mapping[Stream, int]) -> None:
        """Read these again and again, each with its depth; none while a socket carries them."""
        if not self._has_rest or streams == self._polled:
            return
        self._repair.left(self._polled.keys() - streams.keys())
        self._polled = dict(streams)
        self._unoffered &= streams.keys()
        self._answered &= streams.keys()
        self._newest = {s: event for s, event in self._newest.items() if s in streams}
        self._batches = _batches_of(
            {stream: depth for stream, depth in streams.items() if stream not in self._unoffered}
        )
        self._arrange()

    def opened(self, now: float) -> None:
        """A new connection was made."""
        self._repair.opened(now)

    def requested(self) -> None:
        """A request went out; another one may have been running on this connection."""
        self._repair.requested()

    def accepted(self) -> None:
        """The streams flow."""
        self._repair.accepted()

    def unreadable(self, now: float) -> None:
        """A frame could not be read; it may have been of any stream."""
        self._repair.unreadable(now)
        self._has_asked = True

    def restart(self) -> None:
        """What was asked may never be answered; everything is read anew."""
        self._poller.restart()

    def heard(self, event: Any, now: float) -> None:
        """A trade or a candle came over the socket."""
        self._repair.heard(event, now)

    def reply(self, fetch: Fetch, result: Any, now: Instant) -> None:
        """An answer came."""
        subject = fetch.subject
        if isinstance(result, UpbitError):
            self._failed(fetch, result, now)
        elif self._poller.answered(fetch, now.monotonic):
            self._failures = 0
            stamp = self._outbox.stamp_at(now, Source.REST)
            if isinstance(subject, Batch):
                self._take_quotes(subject, result, now)
            else:
                stream = cast("Stream", subject)
                if stream in self._polled:
                    stamp = self._outbox.stamp_at(now, Source.POLLED)
                self._repair.take(stream, result, stamp, now.monotonic)
                self._say_answered({stream})

    def handle_timer(self, now: Instant) -> None:
        """A deadline passed."""
        self._repair.handle_timer(now)

    # -- what follows ---------------------------------------------------------------------------

    @property
    def repeated(self) -> int:
        """How many trades and candles came more than once, and were delivered once."""
        return self._repair.repeated

    @property
    def can_poll(self) -> bool:
        """Whether what the socket carries can be read instead."""
        return self._has_rest

    def has_asked(self) -> bool:
        """Whether there is something new to do since this was asked last."""
        asked, self._has_asked = self._has_asked, False
        return asked

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        fetch = self._poller.next_fetch(now)
        if fetch is None:
            return None
        if isinstance(fetch.subject, Batch):
            return replace(fetch, call=fetch.subject.call)
        stream = cast("Stream", fetch.subject)
        priority = Priority.SHOWN if stream in self._polled else Priority.BACKFILL
        return replace(fetch, call=self._repair.next_call(stream, now), priority=priority)

    def next_deadline(self) -> float | None:
        """When there is something to do."""
        deadlines = (self._poller.next_deadline(), self._repair.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    # -- inside -----------------------------------------------------------------------------------

    def _ask(self, stream: Stream, at: float) -> None:
        self._poller.ask_by(stream, at)
        self._has_asked = True

    def _arrange(self) -> None:
        if self._has_rest:
            self._poller.read([*self._lines, *self._batches], at_once=False)
            lines = self._lines & self._polled.keys() - self._unoffered
            self._poller.poll([*lines, *self._batches])

    def _failed(self, fetch: Fetch, error: UpbitError, now: Instant) -> None:
        subject = fetch.subject
        wait_s = max(self._backoff.get_delay(self._failures), asked_wait_s(error, now.monotonic))
        is_offered = not isinstance(error, RequestRejected) or error.name not in _NOT_OFFERED
        is_doubt = not isinstance(subject, Batch) and self._repair.is_in_doubt(
            cast("Stream", subject)
        )
        again = is_offered and is_doubt
        if not self._poller.answered(fetch, now.monotonic, again=again, wait_s=wait_s):
            return
        if not is_offered:
            if not isinstance(subject, Batch):
                stamp = self._outbox.stamp_at(now, Source.REST)
                self._repair.not_offered(cast("Stream", subject), stamp)
                self._unoffered |= self._polled.keys() & {cast("Stream", subject)}
            elif len(subject.codes) > 1:
                # One market that is not offered refuses the whole call.
                self._batches += subject.in_parts((len(subject.codes) + 1) // 2)
                self._batches.remove(subject)
            else:
                self._unoffered |= subject.streams
                self._batches.remove(subject)
            self._arrange()
            return
        self._failures += 1
        # While there is no network at all each question fails: 1, 2, 4, 8, … are told.
        if self._failures & (self._failures - 1) == 0:
            self._outbox.say_error(error, self._failures, self._outbox.stamp_at(now, Source.POLLED))

    def _take_quotes(self, batch: Batch, events: tuple[MarketEvent, ...], now: Instant) -> None:
        stamp = self._outbox.stamp_at(now, Source.POLLED)
        for event in events:
            stream = stream_of(event)
            last = self._newest.get(stream)
            if last is None or not event.repeats(last):
                self._newest[stream] = event
                self._outbox.put(stamped(event, stamp))
        self._say_answered(batch.streams)

    def _say_answered(self, streams: Collection[Stream]) -> None:
        """Whoever waits for these to begin need not wait any longer."""
        self._answered |= self._polled.keys() & streams
        if self._answered:
            self._outbox.say_asked(self._answered, accepted=True)


def _kind_of(subject: Batch | Stream) -> str:
    return subject.type.partition(".")[0]


def _batches_of(streams: Mapping[Stream, int]) -> list[Batch]:
    alike: dict[Batch, list[str]] = {}
    for stream, depth in streams.items():
        if stream.type in ("ticker", "orderbook"):
            like = Batch(stream.type, (), depth, stream.level)
            alike.setdefault(like, []).append(stream.code)
    whole = (replace(like, codes=tuple(codes)) for like, codes in alike.items())
    return [part for batch in whole for part in batch.in_parts(_BATCH)]
