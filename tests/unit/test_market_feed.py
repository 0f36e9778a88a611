"""What is followed of the markets: kept whole, and polled. Tests only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gap_rows import CANDLES, NOON_MS, TRADES, candle, trade
from upbit_ws_qt.actions import Instant
from upbit_ws_qt.binance import BINANCE
from upbit_ws_qt.errors import RateLimited, RequestRejected, RequestTimeout
from upbit_ws_qt.events import (
    CandleEvent,
    ConnectionType,
    ErrorEvent,
    GapEvent,
    GapState,
    OrderbookEvent,
    Source,
    Stamp,
    SubscriptionEvent,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.market_feed import Batch, MarketFeed
from upbit_ws_qt.outbox import Outbox
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.ratelimit import Priority
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import Stream

BTC, ETH = Stream("ticker", "KRW-BTC"), Stream("ticker", "KRW-ETH")
NOW = 1000.0


def ticker(code: str, price: float, at_ms: int = NOON_MS) -> TickerEvent:
    return TickerEvent(
        type="ticker",
        code=code,
        timestamp=at_ms,
        trade_timestamp=at_ms,
        trade_price=price,
        stamp=Stamp(0, Source.REST),
    )


def book(code: str, at_ms: int = NOON_MS) -> OrderbookEvent:
    return OrderbookEvent(
        type="orderbook",
        code=code,
        timestamp=at_ms,
        total_ask_size=0.0,
        total_bid_size=0.0,
        orderbook_units=(),
        stamp=Stamp(0, Source.REST),
    )


class Bench:
    """A feed, the questions it asks, and what consumers were told. Time is a number."""

    def __init__(self, settings: FeedSettings | None = None) -> None:
        self.outbox = Outbox(ConnectionType.PUBLIC)
        self.feed = MarketFeed(settings or FeedSettings(), self.outbox)
        self.now: float = NOW

    @property
    def instant(self) -> Instant:
        return Instant(self.now, self.now)

    def follow(self, *streams: Stream) -> None:
        self.feed.follow(streams)

    def poll(self, *streams: Stream) -> None:
        self.feed.follow(streams)
        self.feed.poll(dict.fromkeys(streams, 15))

    def fetches(self) -> list[Fetch]:
        fetches: list[Fetch] = []
        while (fetch := self.feed.next_fetch(self.now)) is not None:
            fetches.append(fetch)
        return fetches

    def fetch(self) -> Fetch:
        (fetch,) = self.fetches()
        return fetch

    def reply(self, fetch: Fetch, result: Any) -> None:
        self.feed.reply(fetch, result, self.instant)

    def taken(self) -> list[Any]:
        """What consumers were told, without when a subscription began."""
        events = [event for event in self.outbox.events if not isinstance(event, SubscriptionEvent)]
        self.outbox.events.clear()
        return events

    def accepted(self) -> set[Stream]:
        """What nobody has to wait for any more."""
        told = [event for event in self.outbox.events if isinstance(event, SubscriptionEvent)]
        assert all(event.accepted for event in told)
        return {stream for event in told for stream in event.streams}


def rest(numbers: Iterable[int]) -> tuple[TradeEvent, ...]:
    return tuple(trade(number, rest=True) for number in numbers)


# -- over the socket ------------------------------------------------------------------------------


def test_over_a_socket_nothing_is_asked_unless_something_may_be_missing() -> None:
    bench = Bench()
    bench.follow(TRADES, CANDLES, BTC)
    bench.feed.heard(trade(1), NOW)
    bench.feed.heard(price := ticker("KRW-BTC", 1.0), NOW)
    assert bench.taken() == [trade(1), price]
    assert bench.fetches() == []
    assert bench.feed.next_deadline() is None
    assert not bench.feed.has_asked()


def test_what_comes_again_is_counted_and_not_handed_on() -> None:
    bench = Bench()
    bench.follow(TRADES)
    for number in (1, 2, 2, 1):
        bench.feed.heard(trade(number), NOW)
    assert bench.taken() == [trade(1), trade(2)]
    assert bench.feed.repeated == 2


def test_a_hole_is_read_behind_what_is_shown() -> None:
    bench = Bench()
    bench.follow(TRADES)
    bench.feed.heard(trade(1), NOW)
    bench.feed.opened(NOW)
    bench.feed.requested()
    bench.feed.heard(trade(3), NOW)
    assert bench.feed.has_asked()
    assert not bench.feed.has_asked()
    assert bench.feed.next_deadline() == NOW
    fetch = bench.fetch()
    assert fetch.priority is Priority.BACKFILL
    bench.feed.accepted()
    assert bench.fetches() == [], "one question at a time"
    bench.reply(fetch, rest([1, 2, 3]))
    one, found, two, three, filled = bench.taken()
    assert [one, three] == [trade(1), trade(3)]
    assert (two.sequential_id, two.source) == (2, Source.REST)
    assert [found.state, filled.state] == [GapState.FOUND, GapState.FILLED]


def test_a_frame_that_cannot_be_read_gives_something_to_do() -> None:
    bench = Bench()
    bench.follow(TRADES)
    bench.feed.heard(trade(1), NOW)
    bench.feed.unreadable(NOW)
    assert bench.feed.has_asked()
    bench.now = NOW + 1.0
    bench.feed.handle_timer(bench.instant)
    bench.reply(bench.fetch(), rest([1, 2]))
    assert [event.sequential_id for event in bench.taken() if isinstance(event, TradeEvent)] == [
        1,
        2,
    ]


def test_while_in_doubt_a_question_without_an_answer_is_asked_again() -> None:
    bench = Bench()
    bench.follow(TRADES)
    bench.feed.heard(trade(1), NOW)
    bench.feed.requested()
    bench.feed.accepted()
    for wait_s in (1.0, 2.0, 4.0, 8.0, 8.0):
        bench.reply(bench.fetch(), RequestTimeout("no answer"))
        bench.now += wait_s - 0.1
        assert bench.fetches() == []
        bench.now += 0.1
    bench.reply(bench.fetch(), RateLimited("too many", retry_at=bench.now + 20.0))
    bench.now += 19.9
    assert bench.fetches() == []
    errors = [event for event in bench.taken() if isinstance(event, ErrorEvent)]
    assert [error.count for error in errors] == [1, 2, 4]
    bench.now += 60.0
    bench.feed.handle_timer(bench.instant)
    (gap,) = bench.taken()
    assert gap.state is GapState.UNFILLABLE
    bench.reply(bench.fetch(), RequestTimeout("no answer"))
    bench.now += 1000.0
    assert bench.fetches() == [], "it was given up"


def test_after_a_restart_answers_of_before_do_not_count() -> None:
    bench = Bench()
    bench.poll(BTC)
    former = bench.fetch()
    bench.feed.restart()
    bench.reply(former, (ticker("KRW-BTC", 1.0),))
    bench.reply(former, RequestTimeout("no answer"))
    assert bench.taken() == []
    bench.reply(bench.fetch(), (ticker("KRW-BTC", 2.0),))
    assert [event.trade_price for event in bench.taken()] == [2.0]


# -- polling --------------------------------------------------------------------------------------


def test_many_markets_are_asked_for_in_one_call_and_each_second() -> None:
    bench = Bench()
    bench.poll(BTC, ETH)
    fetch = bench.fetch()
    assert fetch.priority is Priority.SHOWN
    assert fetch.call is not None
    assert fetch.call.params == (("markets", "KRW-BTC,KRW-ETH"),)
    bench.reply(fetch, (ticker("KRW-BTC", 1.0), ticker("KRW-ETH", 2.0)))
    assert bench.accepted() == {BTC, ETH}
    events = bench.taken()
    assert [(event.code, event.source) for event in events] == [
        ("KRW-BTC", Source.POLLED),
        ("KRW-ETH", Source.POLLED),
    ]
    assert bench.feed.next_deadline() == NOW + 1.0
    bench.now += 1.0
    bench.reply(bench.fetch(), (ticker("KRW-BTC", 1.0), ticker("KRW-ETH", 3.0, NOON_MS + 1)))
    assert [event.code for event in bench.taken()] == ["KRW-ETH"], "what is the same is no news"


def test_books_of_each_depth_and_grouping_have_a_call_of_their_own() -> None:
    bench = Bench()
    plain, grouped = Stream("orderbook", "KRW-BTC"), Stream("orderbook", "KRW-BTC", 10_000.0)
    deep = Stream("orderbook", "KRW-ETH")
    bench.feed.poll({plain: 15, grouped: 15, deep: 30})
    fetches = bench.fetches()
    params = [dict(fetch.call.params) for fetch in fetches if fetch.call is not None]
    assert params == [
        {"markets": "KRW-BTC", "count": "15"},
        {"markets": "KRW-BTC", "count": "15", "level": "10000"},
        {"markets": "KRW-ETH", "count": "30"},
    ]
    bench.reply(fetches[0], (book("KRW-BTC"),))
    assert bench.accepted() == {plain}
    assert [event.source for event in bench.taken()] == [Source.POLLED]


def test_of_more_markets_than_one_call_holds_each_is_in_one() -> None:
    codes = [f"KRW-A{number}" for number in range(250)]
    bench = Bench()
    bench.poll(*(Stream("ticker", code) for code in codes))
    asked = [fetch.subject for fetch in bench.fetches()]
    assert [len(batch.codes) for batch in asked if isinstance(batch, Batch)] == [100, 100, 50]
    assert {code for batch in asked if isinstance(batch, Batch) for code in batch.codes} == {*codes}


def test_of_each_kind_only_some_questions_are_under_way_at_a_time() -> None:
    """Prices do not wait for the trades and candles of many markets."""
    bench = Bench()
    codes = [f"KRW-A{number}" for number in range(10)]
    kinds = ("trade", "candle.1m", "candle.5m", "ticker")
    bench.poll(*(Stream(kind, code) for code in codes for kind in kinds))
    asked = [fetch.subject for fetch in bench.fetches()]
    types = [subject.type for subject in asked if isinstance(subject, Batch | Stream)]
    assert types.count("trade") == 3
    assert types.count("candle.1m") + types.count("candle.5m") == 3
    assert types.count("ticker") == 1


def test_trades_and_candles_are_polled_as_what_is_missing() -> None:
    bench = Bench()
    bench.follow(TRADES, CANDLES)
    bench.feed.heard(trade(1), NOW)
    bench.feed.heard(candle(0, 1.0), NOW)
    bench.feed.poll({TRADES: 0, CANDLES: 0})
    bench.taken()
    answers = {TRADES: rest([1, 2, 3]), CANDLES: (candle(0, 4.0, rest=True),)}
    for fetch in bench.fetches():
        assert fetch.priority is Priority.SHOWN
        bench.reply(fetch, answers[fetch.subject])  # type: ignore[index]
    assert bench.accepted() == {TRADES, CANDLES}
    events = bench.taken()
    assert {event.source for event in events} == {Source.POLLED}
    trades = [event.sequential_id for event in events if isinstance(event, TradeEvent)]
    assert trades == [2, 3]
    volumes = [event.volume for event in events if isinstance(event, CandleEvent)]
    assert volumes == [4.0]


def test_what_is_polled_as_before_keeps_its_time() -> None:
    bench = Bench()
    bench.poll(BTC)
    bench.reply(bench.fetch(), (ticker("KRW-BTC", 1.0),))
    bench.poll(BTC)
    assert bench.fetches() == []
    assert bench.feed.next_deadline() == NOW + 1.0


def test_what_is_not_polled_any_more_is_neither_asked_for_nor_answered() -> None:
    """No poll that was under way may come after what the socket says."""
    bench = Bench()
    bench.poll(BTC)
    late = bench.fetch()
    bench.feed.poll({})
    bench.reply(late, (ticker("KRW-BTC", 1.0),))
    assert bench.taken() == []
    bench.now += 10.0
    assert bench.fetches() == []
    bench.poll(BTC)
    bench.reply(bench.fetch(), (ticker("KRW-BTC", 1.0),))
    assert len(bench.taken()) == 1


def test_what_came_between_the_last_poll_and_the_socket_is_found() -> None:
    bench = Bench()
    bench.poll(TRADES)
    bench.reply(bench.fetch(), rest([1]))
    bench.feed.poll({})
    bench.feed.heard(trade(3, snapshot=True), NOW)
    bench.reply(bench.fetch(), rest([1, 2, 3]))
    trades = [event for event in bench.taken() if isinstance(event, TradeEvent)]
    assert [event.sequential_id for event in trades] == [1, 2, 3]


@pytest.mark.parametrize("name", ["404", "400"])
def test_one_market_that_is_not_offered_does_not_take_the_others_with_it(name: str) -> None:
    bench = Bench()
    streams = [Stream("ticker", f"KRW-A{number}") for number in range(7)]
    bench.poll(*streams)
    heard: set[str] = set()
    for _ in range(12):
        for fetch in bench.fetches():
            assert isinstance(fetch.subject, Batch)
            if "KRW-A4" in fetch.subject.codes:
                bench.reply(fetch, RequestRejected(name, "Code not found"))
            else:
                at_ms = NOON_MS + int(bench.now)
                bench.reply(fetch, tuple(ticker(c, 1.0, at_ms) for c in fetch.subject.codes))
        bench.now += 1.0
    events = bench.taken()
    heard = {event.code for event in events}
    assert heard == {stream.code for stream in streams} - {"KRW-A4"}
    assert not any(isinstance(event, ErrorEvent) for event in events)
    codes = [f.subject.codes for f in bench.fetches() if isinstance(f.subject, Batch)]
    assert "KRW-A4" not in {code for batch in codes for code in batch}


def test_trades_of_a_market_that_is_not_offered_are_not_asked_for_each_second() -> None:
    bench = Bench()
    bench.poll(TRADES, BTC)
    asked = 0
    for _ in range(20):
        for fetch in bench.fetches():
            if fetch.subject == TRADES:
                asked += 1
                bench.reply(fetch, RequestRejected("404", "Code not found"))
            else:
                bench.reply(fetch, (ticker("KRW-BTC", bench.now, NOON_MS + int(bench.now)),))
        bench.now += 1.0
    assert asked <= 2
    assert all(isinstance(event, TickerEvent) for event in bench.taken())


def test_what_a_market_that_is_not_offered_lacks_is_named_at_once() -> None:
    bench = Bench()
    bench.follow(TRADES)
    bench.feed.heard(trade(1), bench.now)
    bench.feed.opened(bench.now)
    bench.feed.heard(trade(9), bench.now)
    bench.reply(bench.fetch(), RequestRejected("404", "Code not found"))
    told = bench.taken()
    assert [type(event) for event in told] == [TradeEvent, GapEvent, GapEvent, TradeEvent]
    assert told[2].state is GapState.UNFILLABLE
    assert bench.fetches() == []


def test_it_is_asked_for_again_when_it_is_wanted_anew() -> None:
    bench = Bench()
    bench.poll(BTC)
    bench.reply(bench.fetch(), RequestRejected("404", "Code not found"))
    bench.now += 10.0
    assert bench.fetches() == []
    bench.feed.poll({})
    bench.poll(BTC)
    bench.reply(bench.fetch(), (ticker("KRW-BTC", 1.0),))
    assert len(bench.taken()) == 1


def test_an_exchange_that_is_down_still_offers_its_markets() -> None:
    """Were each refusal of a call taken for one of its markets, none would be left."""
    bench = Bench()
    bench.poll(BTC, ETH)
    for _ in range(5):
        fetch = bench.fetch()
        bench.reply(fetch, RequestRejected("503", "down"))
        bench.now += 10.0
    errors = bench.taken()
    assert [error.count for error in errors] == [1, 2, 4]
    assert {error.source for error in errors} == {Source.POLLED}
    bench.reply(bench.fetch(), (ticker("KRW-BTC", 1.0), ticker("KRW-ETH", 1.0)))
    assert len(bench.taken()) == 2


def test_where_there_is_no_rest_nothing_is_polled() -> None:
    bench = Bench(FeedSettings(exchange=BINANCE))
    assert not bench.feed.can_poll
    bench.poll(BTC, TRADES)
    assert bench.fetches() == []
    bench.feed.heard(trade(1), NOW)
    bench.feed.opened(NOW)
    bench.feed.heard(trade(5), NOW)
    states = [event.state for event in bench.taken() if isinstance(event, GapEvent)]
    assert states == [GapState.FOUND, GapState.UNFILLABLE]
    assert bench.fetches() == []


# -- whatever happens -----------------------------------------------------------------------------


class Market:
    """An exchange with trades: when each was made, and in which order they are told.

    Numbers follow the times; what is told may come a little out of that order.
    """

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.made: list[TradeEvent] = []
        self.told: list[TradeEvent] = []
        self._late: list[tuple[float, TradeEvent]] = []

    def trade(self, now: float) -> None:
        self.made.append(trade(len(self.made) + 1, int((now - NOW) * 1000)))
        delay_s = self.dice.choice((0.0, 0.0, 0.0, 0.3, 2.0))
        self._late.append((now + delay_s, self.made[-1]))

    def tell(self, now: float) -> list[TradeEvent]:
        """What comes over a stream now."""
        due = [event for at, event in self._late if at <= now]
        self._late = [(at, event) for at, event in self._late if at > now]
        self.told += due
        return due

    def answer(self, fetch: Fetch, now: float, lag_s: float) -> tuple[TradeEvent, ...]:
        """A page as REST lists it, which may lag behind."""
        assert fetch.call is not None
        asked = dict(fetch.call.params)
        if "days_ago" in asked:
            return ()
        until_ms = NOON_MS + int((now - lag_s - NOW) * 1000)
        cursor = int(asked.get("cursor", str(1 << 60)))
        listed = [
            event
            for event in self.made
            if event.timestamp <= until_ms and event.sequential_id < cursor
        ]
        return tuple(
            trade(event.sequential_id, event.timestamp - NOON_MS, rest=True)
            for event in listed[-int(asked["count"]) :]
        )


class Walk(Bench):
    """A feed that follows the trades of one market through faults."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice = Random(seed)  # noqa: S311 (a walk, no secret)
        self.market = Market(self.dice)
        self.follow(TRADES)
        self.events: list[TradeEvent | GapEvent] = []
        self.under_way: list[tuple[float, Fetch, Any]] = []
        self.is_open = self.is_down = self.lags = False
        self.spoilt: dict[str, int] = defaultdict(int)
        self.open()

    def open(self) -> None:
        """A connection is made: the request is answered with the last trade."""
        self.is_open = True
        self.feed.opened(self.now)
        self.feed.poll({})
        self.request()

    def request(self) -> None:
        self.feed.requested()
        if self.market.told:
            last = self.market.told[-1]
            again = trade(last.sequential_id, last.timestamp - NOON_MS, snapshot=True)
            self.feed.heard(again, self.now)
        self.feed.accepted()

    def lose(self) -> None:
        self.is_open = False

    def step(self, seconds: float) -> None:
        """Time passes, trades are made and told, questions asked and answered."""
        self.now += seconds
        for _ in range(self.dice.choice((0, 0, 1, 1, 3))):
            self.market.trade(self.now)
        for event in self.market.tell(self.now):
            if not self.is_open:
                continue
            if self.spoilt["frame"]:
                self.spoilt["frame"] -= 1
                self.feed.unreadable(self.now)
            else:
                for _ in range(self.dice.choice((1, 1, 1, 2))):
                    self.feed.heard(event, self.now)
        self.feed.handle_timer(self.instant)
        self.ask()
        self.collect()

    def ask(self) -> None:
        for fetch in self.fetches():
            result: Any = RequestTimeout("no answer")
            if not self.is_down:
                lag_s = self.dice.choice((0.0, 1.0)) if self.lags else 0.0
                result = self.market.answer(fetch, self.now, lag_s)
            self.under_way.append((self.now + self.dice.choice((0.0, 0.4, 1.5)), fetch, result))
        due = [item for item in self.under_way if item[0] <= self.now]
        self.under_way = [item for item in self.under_way if item[0] > self.now]
        for _, fetch, result in due:
            self.reply(fetch, result)

    def collect(self) -> None:
        self.events += [e for e in self.taken() if isinstance(e, TradeEvent | GapEvent)]

    def settle(self) -> None:
        """Faults are over; so much passes that all that can be read is."""
        self.is_down = self.lags = False
        self.spoilt.clear()
        if not self.is_open:
            self.open()
        for _ in range(600):
            self.step(0.5)

    def check(self) -> None:
        """Each trade came once, or a hole is named that it lies in."""
        numbers: list[int] = []
        for event in self.events:
            if not isinstance(event, TradeEvent):
                continue
            # A snapshot that repeats the last one ends with the router.
            if not (event.is_snapshot and numbers and numbers[-1] == event.sequential_id):
                numbers.append(event.sequential_id)
        assert len(numbers) == len(set(numbers)), "a trade came twice"
        lost = [
            event
            for event in self.events
            if isinstance(event, GapEvent) and event.state is GapState.UNFILLABLE
        ]
        for event in self.market.told:
            if event.sequential_id < numbers[0] or event.sequential_id in numbers:
                continue
            assert any(gap.since_ms <= event.timestamp <= gap.until_ms for gap in lost), (
                f"{event.sequential_id} is missing, and no hole is named around it"
            )
        self.check_order()

    def check_order(self) -> None:
        """Between two words about holes what was read comes in its order."""
        newest = 0
        for event in self.events:
            if isinstance(event, TradeEvent) and event.source is not Source.WEBSOCKET:
                assert event.sequential_id > newest or newest == 0
                newest = event.sequential_id
            else:
                newest = 0


_MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            ("lose", "open", "request", "spoil", "poll", "carry", "down", "up", "lag", "pass")
        ),
        st.integers(1, 40),
    ),
    max_size=25,
)


@given(moves=_MOVES, seed=st.integers(0, 1000))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_trade_comes_once_or_the_hole_is_named(
    moves: list[tuple[str, int]], seed: int
) -> None:
    walk = Walk(seed)
    for move, steps in moves:
        match move:
            case "lose":
                walk.lose()
            case "open" if not walk.is_open:
                walk.open()
            case "request" if walk.is_open:
                walk.request()
            case "spoil":
                walk.spoilt["frame"] += 2
            case "poll" if not walk.is_open:
                walk.feed.poll({TRADES: 0})
            case "carry":
                walk.feed.poll({})
            case "down" | "up":
                walk.is_down = move == "down"
            case "lag":
                walk.lags = not walk.lags
            case _:
                pass
        for _ in range(steps):
            walk.step(0.25)
    walk.settle()
    walk.check()
