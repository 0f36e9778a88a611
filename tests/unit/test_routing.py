"""Which event goes to whom, and when. Tests only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.backpressure import Delivery, Policy
from upbit_ws_qt.events import (
    Balance,
    BalanceEvent,
    CandleEvent,
    ConnectionType,
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    Source,
    Stamp,
    StreamType,
    TickerEvent,
    TradeEvent,
    stamped,
)
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.routes import BackpressureHandler, OutletStatistics, RoutingStatistics
from upbit_ws_qt.routing import DataRoutingEngine
from upbit_ws_qt.subscriptions import BALANCE_STREAM, ORDER_STREAM, Stream, StreamEvent, stream_of

TICKER = Stream("ticker", "KRW-BTC")
TRADE = Stream("trade", "KRW-BTC")
BOOK = Stream("orderbook", "KRW-BTC")
GROUPED = Stream("orderbook", "KRW-BTC", 1000.0)
CANDLE = Stream("candle.1m", "KRW-BTC")
STREAMS = (TICKER, TRADE, BOOK, GROUPED, CANDLE, BALANCE_STREAM)

COALESCE = Delivery.coalesce_by_symbol()


def make_event(
    stream: Stream,
    number: int,
    stamp: Stamp,
    stream_type: StreamType = StreamType.REALTIME,
    bar: int = 0,
) -> StreamEvent:
    """An event of this stream that says ``number`` and nothing else."""
    code = stream.code
    if stream.type == "ticker":
        return TickerEvent(
            type="ticker",
            code=code,
            timestamp=number,
            trade_price=1.0,
            stream_type=stream_type,
            stamp=stamp,
        )
    if stream.type == "trade":
        return TradeEvent(
            type="trade",
            code=code,
            timestamp=number,
            trade_price=1.0,
            trade_volume=1.0,
            ask_bid="BID",
            sequential_id=number,
            stream_type=stream_type,
            stamp=stamp,
        )
    if stream.type == "orderbook":
        return OrderbookEvent(
            type="orderbook",
            code=code,
            timestamp=number,
            total_ask_size=1.0,
            total_bid_size=1.0,
            orderbook_units=(OrderbookUnit(2.0, 1.0, 1.0, 1.0),) * 30,
            level=stream.level,
            stream_type=stream_type,
            stamp=stamp,
        )
    if stream.type == "candle.1m":
        return CandleEvent(
            type="candle.1m",
            code=code,
            timestamp=number,
            candle_date_time_utc=f"2026-09-21T14:{bar:02}:00",
            opening_price=1.0,
            high_price=1.0,
            low_price=1.0,
            trade_price=1.0,
            candle_acc_trade_volume=1.0,
            candle_acc_trade_price=1.0,
            stream_type=stream_type,
            stamp=stamp,
        )
    return BalanceEvent(
        balances=(Balance(currency="KRW", balance=Decimal(number)),),
        stamp=stamp,
    )


def number_of(event: StreamEvent) -> int:
    if isinstance(event, BalanceEvent):
        return int(event.balances[0].balance)
    return event.timestamp


@dataclass(frozen=True)
class Got:
    """One delivery as a consumer saw it."""

    stream: Stream
    number: int
    replayed: bool
    now: float
    event: StreamEvent


@dataclass
class Consumer:
    """What an outlet delivers to; ``then`` runs inside each delivery."""

    name: str
    got: list[Got] = field(default_factory=list[Got])
    then: Callable[[], object] = lambda: None
    is_task: bool = False

    def numbers(self, stream: Stream | None = None) -> list[int]:
        return [got.number for got in self.got if stream in (None, got.stream)]


class Shell:
    """Does what the manager does: feeds the engine and delivers frame by frame."""

    def __init__(self) -> None:
        self.epochs = EpochManager()
        self.engine: DataRoutingEngine[Consumer] = DataRoutingEngine(self.epochs)
        self.now = 100.0
        self.number = 0
        self.bar = 0
        for kind in ConnectionType:
            self.epochs.increment_epoch(kind)

    def attach(
        self, *streams: Stream, delivery: Delivery = COALESCE, depth: int = 30, name: str = ""
    ) -> BackpressureHandler[Consumer]:
        outlet = BackpressureHandler(Consumer(name), streams, delivery, depth)
        self.engine.attach(outlet)
        return outlet

    def stamp(self, stream: Stream) -> Stamp:
        kind = ConnectionType.PRIVATE if stream == BALANCE_STREAM else ConnectionType.PUBLIC
        return Stamp(self.epochs.current_epoch(kind), connection_type=kind, received_at=self.now)

    def send(self, stream: Stream, stream_type: StreamType = StreamType.REALTIME) -> int:
        self.number += 1
        self.engine.route(
            make_event(stream, self.number, self.stamp(stream), stream_type, self.bar)
        )
        return self.number

    def repeat(self, event: StreamEvent) -> None:
        """The exchange sends the same again, as a snapshot, on the present connection."""
        if not isinstance(event, BalanceEvent):
            again = stamped(event, self.stamp(stream_of(event)))
            self.engine.route(msgspec.structs.replace(again, stream_type=StreamType.SNAPSHOT))

    def deliver(self, outlet: BackpressureHandler[Consumer], event: StreamEvent) -> None:
        assert outlet.active
        assert outlet.is_free
        stream = stream_of(event)
        assert stream in outlet.streams
        assert self.epochs.is_current_epoch(event.connection_type, event.epoch)
        consumer = outlet.consumer
        consumer.got.append(Got(stream, number_of(event), event.replayed, self.engine._now, event))
        outlet.busy = True
        consumer.then()
        if not consumer.is_task:
            self.engine.finished(outlet)

    def frame(self) -> None:
        for outlet, event in self.engine.deliveries(self.now):
            self.deliver(outlet, event)

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.frame()


@pytest.fixture
def shell() -> Shell:
    return Shell()


# -- who gets what ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", STREAMS)
def test_an_event_reaches_everyone_who_subscribed_to_its_stream_and_nobody_else(
    shell: Shell, stream: Stream
) -> None:
    outlets = {other: shell.attach(other) for other in STREAMS}
    everything = shell.attach(*STREAMS, delivery=Delivery.keep_all())
    number = shell.send(stream)
    shell.frame()
    for other, outlet in outlets.items():
        assert outlet.consumer.numbers() == ([number] if other == stream else [])
    assert everything.consumer.numbers() == [number]


def test_the_engine_counts_what_becomes_of_all_events(shell: Shell) -> None:
    outlet = shell.attach(TICKER)
    shell.send(TICKER)
    shell.frame()
    shell.repeat(outlet.consumer.got[0].event)
    shell.send(TRADE)
    shell.send(TICKER)
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.frame()
    assert shell.engine.statistics() == RoutingStatistics(
        events=4,
        repeated=1,
        unwanted=1,
        late=0,
        streams=1,
        routed=2,
        delivered=1,
        dropped=0,
        coalesced=0,
        withheld=0,
        outdated=1,
        queued=0,
    )


def test_a_day_that_begins_hands_out_each_ticker_once_more(shell: Shell) -> None:
    """A market that is not traded any more says nothing by itself."""
    quiet, other = Stream("ticker", "KRW-XRP"), Stream("ticker", "KRW-ETH")
    outlet = shell.attach(TICKER, quiet, other, TRADE)
    for stream in (quiet, TRADE, TICKER):
        shell.send(stream)
    shell.frame()
    before = len(outlet.consumer.got)

    shell.now = 200.0
    shell.engine.begin_day(3, shell.now)
    shell.frame()

    [got] = outlet.consumer.got[before:]
    assert (got.stream, got.number, got.replayed) == (quiet, 3, False)
    assert got.event.source is Source.DERIVED
    assert got.event.stamp.received_at == 200.0
    assert shell.engine.last(TICKER) is outlet.consumer.got[before - 1].event
    joiner = shell.attach(quiet)
    shell.frame()
    [replayed] = joiner.consumer.got
    assert (replayed.number, replayed.replayed) == (3, True)
    assert replayed.event.source is Source.DERIVED


def test_tickers_of_the_day_before_that_come_late_do_not_bring_it_back(shell: Shell) -> None:
    outlet = shell.attach(TICKER, delivery=Delivery.keep_all())
    shell.engine.begin_day(3, shell.now)
    shell.send(TICKER)
    shell.frame()
    assert outlet.consumer.got[-1].event.source is Source.DERIVED
    assert shell.send(TICKER, StreamType.SNAPSHOT) == 2
    shell.number = 5
    shell.send(TICKER)
    shell.number = 1
    shell.send(TICKER)
    shell.frame()
    assert outlet.consumer.numbers() == [3, 6]
    statistics = shell.engine.statistics()
    assert (statistics.events, statistics.repeated, statistics.late) == (4, 1, 1)
    assert statistics.routed == statistics.delivered == 2


def test_nothing_is_kept_for_nobody(shell: Shell) -> None:
    """A stray frame of a former subscription is counted and forgotten."""
    event = make_event(TICKER, 1, shell.stamp(TICKER))
    assert shell.engine.route(event) is None
    assert (shell.engine.events, shell.engine.unwanted) == (1, 1)
    assert shell.engine.last(TICKER) is None
    outlet = shell.attach(TICKER)
    assert shell.engine.route(make_event(TICKER, 2, shell.stamp(TICKER))) == TICKER
    assert number_of(shell.engine.last(TICKER)) == 2  # type: ignore[arg-type]
    shell.frame()
    assert outlet.consumer.numbers() == [2]


def test_each_consumer_gets_its_depth(shell: Shell) -> None:
    outlets = [shell.attach(BOOK, depth=depth) for depth in (1, 5, 30)]
    shell.send(BOOK)
    shell.frame()
    joiner = shell.attach(BOOK, depth=15)
    shell.frame()
    depths = [len(o.consumer.got[0].event.orderbook_units) for o in (*outlets, joiner)]  # type: ignore[union-attr]
    assert depths == [1, 5, 30, 15]


# -- how -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "delivery", [Delivery.keep_all(), Delivery.immediate(), Delivery.drop_oldest(10)]
)
def test_keeping_consumers_get_every_event_in_order_across_streams(
    shell: Shell, delivery: Delivery
) -> None:
    outlet = shell.attach(TRADE, TICKER, delivery=delivery)
    numbers = [shell.send(stream) for stream in (TRADE, TICKER, TRADE, TRADE, TICKER)]
    shell.frame()
    assert outlet.consumer.numbers() == numbers


def test_a_full_queue_loses_its_oldest_and_says_how_many(shell: Shell) -> None:
    outlet = shell.attach(TRADE, delivery=Delivery.drop_oldest(3))
    for _ in range(5):
        shell.send(TRADE)
    assert shell.engine.outlet_statistics(outlet) == OutletStatistics(routed=5, dropped=2, queued=3)
    shell.frame()
    assert outlet.consumer.numbers() == [3, 4, 5]
    assert shell.engine.outlet_statistics(outlet) == OutletStatistics(
        routed=5, delivered=3, dropped=2
    )


def test_a_coalescing_consumer_gets_the_newest_of_each_stream_once_a_frame(shell: Shell) -> None:
    outlet = shell.attach(TICKER, BOOK, GROUPED)
    for stream in (TICKER, BOOK, TICKER, GROUPED, TICKER, BOOK):
        shell.send(stream)
    shell.frame()
    assert sorted(outlet.consumer.numbers()) == [4, 5, 6]
    shell.frame()
    assert len(outlet.consumer.got) == 3


def test_coalescing_keeps_the_last_state_of_each_bar(shell: Shell) -> None:
    """The next candle may begin within a frame; the former one is what it was at its end."""
    outlet = shell.attach(CANDLE)
    busy = shell.attach(CANDLE)
    busy.consumer.is_task = True
    for bar, updates in ((0, 3), (1, 2), (2, 1), (3, 4)):
        shell.bar = bar
        for _ in range(updates):
            shell.send(CANDLE)
        if bar == 0:
            shell.frame()
    shell.frame()
    assert outlet.consumer.numbers() == [3, 5, 6, 10]
    assert busy.consumer.numbers() == [3]
    busy.consumer.is_task = False
    shell.engine.finished(busy)
    shell.frame()
    assert busy.consumer.numbers() == [3, 5, 6, 10]


def test_a_bar_that_everyone_has_is_not_handed_out_again(shell: Shell) -> None:
    outlet = shell.attach(CANDLE)
    shell.send(CANDLE)
    shell.frame()
    shell.bar = 1
    shell.send(CANDLE)
    shell.frame()
    assert outlet.consumer.numbers() == [1, 2]


def test_a_throttle_passes_the_first_at_once_and_the_newest_at_the_end(shell: Shell) -> None:
    outlet = shell.attach(TICKER, delivery=Delivery.throttle(ms=100))
    shell.send(TICKER)
    shell.frame()
    for _ in range(3):
        shell.send(TICKER)
        shell.later(0.03)
    assert outlet.consumer.numbers() == [1]
    assert shell.engine.next_deadline() == 100.1
    shell.later(0.0099)
    assert outlet.consumer.numbers() == [1]
    shell.later(0.0002)
    assert outlet.consumer.numbers() == [1, 4]
    assert shell.engine.next_deadline() is None
    shell.later(0.05)
    shell.send(TICKER)
    shell.frame()
    assert outlet.consumer.numbers() == [1, 4]
    shell.later(0.0502)
    assert outlet.consumer.numbers() == [1, 4, 5]
    shell.later(1.0)
    shell.send(TICKER)
    shell.frame()
    assert outlet.consumer.numbers() == [1, 4, 5, 6], "after a pause it passes at once again"


def test_a_throttle_counts_each_stream_for_itself(shell: Shell) -> None:
    outlet = shell.attach(TICKER, BOOK, delivery=Delivery.throttle(ms=100))
    shell.send(TICKER)
    shell.frame()
    shell.later(0.05)
    shell.send(BOOK)
    shell.send(TICKER)
    shell.frame()
    assert outlet.consumer.numbers() == [1, 2]
    shell.send(BOOK)
    shell.frame()
    assert shell.engine.next_deadline() == 100.1
    shell.later(0.0501)
    assert shell.engine.next_deadline() == pytest.approx(100.15)
    shell.later(0.05)
    assert outlet.consumer.numbers() == [1, 2, 3, 4]


def test_what_comes_at_the_end_of_the_interval_is_not_handed_out_twice(shell: Shell) -> None:
    outlet = shell.attach(TICKER, delivery=Delivery.throttle(ms=100))
    for _ in range(2):
        shell.send(TICKER)
        shell.frame()
    shell.now += 0.2
    shell.send(TICKER)
    shell.frame()
    shell.later(1.0)
    assert outlet.consumer.numbers() == [1, 3]


def test_has_immediate(shell: Shell) -> None:
    assert not shell.engine.has_immediate
    outlets = [shell.attach(TRADE, delivery=Delivery.immediate()) for _ in range(2)]
    for outlet in outlets:
        assert shell.engine.has_immediate
        shell.engine.detach(outlet)
        shell.engine.detach(outlet)
    assert not shell.engine.has_immediate


def test_has_work(shell: Shell) -> None:
    shell.attach(TICKER)
    shell.attach(TICKER, delivery=Delivery.keep_all())
    assert not shell.engine.has_work()
    shell.send(TICKER)
    assert shell.engine.has_work()
    shell.frame()
    assert not shell.engine.has_work()


# -- joining and leaving ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "delivery", [COALESCE, Delivery.throttle(), Delivery.keep_all(), Delivery.drop_oldest(5)]
)
def test_a_joiner_is_served_at_once_with_the_last_event_and_its_true_age(
    shell: Shell, delivery: Delivery
) -> None:
    first = shell.attach(TICKER, BOOK)
    shell.send(TICKER)
    shell.send(BOOK)
    shell.frame()
    shell.now += 30.0
    joiner = shell.attach(TICKER, BOOK, TRADE, delivery=delivery)
    assert shell.engine.has_work()
    shell.frame()
    assert [(got.number, got.replayed) for got in joiner.consumer.got] == [(1, True), (2, True)]
    assert {got.event.stamp.received_at for got in joiner.consumer.got} == {100.0}
    assert {got.event.stamp.epoch for got in joiner.consumer.got} == {1}
    assert not any(got.replayed for got in first.consumer.got)
    assert first.consumer.numbers() == [1, 2], "nobody else notices"
    number = shell.send(TICKER)
    shell.later(1.0)
    assert joiner.consumer.numbers()[-1] == number
    assert not joiner.consumer.got[-1].replayed


def test_a_joiner_between_arrival_and_frame_gets_the_event_once(shell: Shell) -> None:
    first = shell.attach(TICKER)
    shell.send(TICKER)
    joiners = [shell.attach(TICKER), shell.attach(TICKER, delivery=Delivery.throttle(ms=100))]
    keeping = shell.attach(TICKER, delivery=Delivery.keep_all())
    shell.later(1.0)
    shell.later(1.0)
    for outlet in (first, *joiners, keeping):
        assert outlet.consumer.numbers() == [1]
    assert [got.replayed for got in keeping.consumer.got] == [True]


def test_a_throttle_counts_from_the_replay(shell: Shell) -> None:
    shell.attach(TICKER)
    shell.send(TICKER)
    shell.frame()
    joiner = shell.attach(TICKER, delivery=Delivery.throttle(ms=100))
    shell.frame()
    shell.send(TICKER)
    shell.later(0.05)
    assert joiner.consumer.numbers() == [1]
    shell.later(0.0501)
    assert joiner.consumer.numbers() == [1, 2]


def test_the_last_value_arrives_although_its_connection_ended_before_its_frame(
    shell: Shell,
) -> None:
    """The snapshot of the next connection repeats it, but not for those who never got it."""
    early = shell.attach(TICKER, delivery=Delivery.immediate())
    outlets = [
        shell.attach(TICKER, delivery=delivery)
        for delivery in (COALESCE, Delivery.keep_all(), Delivery.throttle(ms=100))
    ]
    shell.send(TICKER)
    last = shell.engine.last(TICKER)
    assert last is not None
    for outlet, event in shell.engine.deliveries(shell.now):
        shell.deliver(outlet, event)
        break
    assert early.consumer.numbers() == [1]
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.repeat(last)
    shell.later(1.0)
    assert [outlet.consumer.numbers() for outlet in (*outlets, early)] == [[1]] * 4
    shell.send(TICKER)
    last = shell.engine.last(TICKER)
    assert last is not None
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.later(1.0)
    shell.later(1.0)
    assert [outlet.consumer.numbers() for outlet in outlets] == [[1]] * 3
    shell.repeat(last)
    shell.later(1.0)
    assert [outlet.consumer.numbers() for outlet in outlets] == [[1, 2]] * 3


def test_a_leaver_gets_nothing_more_and_takes_nobody_along(shell: Shell) -> None:
    for delivery in (COALESCE, Delivery.keep_all(), Delivery.throttle(ms=100)):
        leaver = shell.attach(TICKER, delivery=delivery)
        stayer = shell.attach(TICKER, delivery=delivery)
        shell.frame()
        stayer.consumer.got.clear()
        leaver.consumer.got.clear()
        shell.send(TICKER)
        shell.engine.detach(leaver)
        shell.later(1.0)
        shell.later(1.0)
        assert leaver.consumer.got == []
        assert len(stayer.consumer.got) == 1
        assert shell.engine.outlet_statistics(leaver).queued == 0
        shell.engine.detach(stayer)


def test_a_throttled_leaver_leaves_no_deadline(shell: Shell) -> None:
    outlet = shell.attach(TICKER, delivery=Delivery.throttle(ms=100))
    for _ in range(2):
        shell.send(TICKER)
        shell.frame()
    assert shell.engine.next_deadline() is not None
    shell.engine.detach(outlet)
    assert shell.engine.next_deadline() is None


def test_a_subscription_can_go_on_with_fewer_streams(shell: Shell) -> None:
    for delivery in (COALESCE, Delivery.keep_all(), Delivery.throttle(ms=100)):
        outlet = shell.attach(TICKER, TRADE, delivery=delivery)
        waiting = shell.attach(BOOK, GROUPED)
        shell.frame()
        outlet.consumer.got.clear()
        for stream in (TICKER, TRADE, TICKER, TRADE):
            shell.send(stream)
        shell.engine.narrow(outlet, [TRADE])
        shell.engine.narrow(waiting, [BOOK])
        shell.later(1.0)
        assert {got.stream for got in outlet.consumer.got} == {TRADE}
        assert outlet.streams == (TRADE,)
        shell.engine.narrow(outlet, [])
        shell.engine.detach(outlet)


def test_narrowing_ends_what_a_throttle_held(shell: Shell) -> None:
    outlet = shell.attach(TICKER, BOOK, delivery=Delivery.throttle(ms=100))
    for stream in (TICKER, BOOK) * 2:
        shell.send(stream)
        shell.frame()
    shell.engine.narrow(outlet, [BOOK])
    assert shell.engine.next_deadline() == 100.1
    shell.engine.narrow(outlet, [])
    assert shell.engine.next_deadline() is None
    shell.later(1.0)
    assert len(outlet.consumer.got) == 2


def test_streams_that_left_the_wire_are_forgotten(shell: Shell) -> None:
    """What is not on the wire has no present value to replay; balances are never on it."""
    outlets = [shell.attach(stream) for stream in (TICKER, TRADE, BALANCE_STREAM)]
    gone = shell.attach(BOOK)
    for stream in (TICKER, TRADE, BOOK, BALANCE_STREAM):
        shell.send(stream)
    shell.frame()
    shell.engine.detach(gone)
    assert shell.engine.last(BOOK) is not None
    shell.engine.retain([TRADE])
    assert shell.engine.last(TICKER) is None
    assert shell.engine.last(BOOK) is None
    assert shell.engine.last(TRADE) is not None
    assert shell.engine.last(BALANCE_STREAM) is not None
    joiner = shell.attach(TICKER, BOOK, TRADE, BALANCE_STREAM)
    shell.frame()
    assert {got.stream for got in joiner.consumer.got} == {TRADE, BALANCE_STREAM}
    shell.engine.forget(BALANCE_STREAM)
    assert shell.engine.last(BALANCE_STREAM) is None
    shell.engine.forget(Stream("ticker", "KRW-ETH"))
    number = shell.send(TICKER)
    shell.frame()
    assert outlets[0].consumer.numbers()[-1] == number


def test_what_is_forgotten_before_its_frame_is_not_delivered(shell: Shell) -> None:
    """The former account's balances must not be shown under another key."""
    coalescing = shell.attach(BALANCE_STREAM)
    throttled = shell.attach(BALANCE_STREAM, delivery=Delivery.throttle(ms=100))
    task = shell.attach(BALANCE_STREAM)
    task.consumer.is_task = True
    shell.send(BALANCE_STREAM)
    shell.frame()
    shell.send(BALANCE_STREAM)
    shell.frame()
    assert coalescing.consumer.numbers() == [1, 2]
    shell.send(BALANCE_STREAM)
    shell.engine.forget(BALANCE_STREAM)
    shell.later(1.0)
    shell.engine.finished(task)
    shell.later(1.0)
    assert coalescing.consumer.numbers() == [1, 2]
    assert throttled.consumer.numbers() == [1]
    assert task.consumer.numbers() == [1]


def test_who_joins_after_the_forgetting_waits_for_the_next(shell: Shell) -> None:
    """Though a round that would have reached it was due."""
    first = shell.attach(TICKER)
    shell.send(TICKER)
    shell.engine.forget(TICKER)
    assert shell.engine.outlet_statistics(first) == OutletStatistics(routed=1, outdated=1)
    joiner = shell.attach(TICKER)
    assert shell.engine.outlet_statistics(joiner) == OutletStatistics()
    shell.send(TICKER)
    shell.frame()
    assert joiner.consumer.numbers() == first.consumer.numbers() == [2]


# -- connections come and go -----------------------------------------------------------------------


EACH_DELIVERY = [COALESCE, Delivery.keep_all(), Delivery.throttle(ms=100)]


@pytest.mark.parametrize("delivery", EACH_DELIVERY)
@pytest.mark.parametrize("stream", [TRADE, CANDLE])
def test_what_was_traded_is_handed_on_as_the_present_connections(
    shell: Shell, stream: Stream, delivery: Delivery
) -> None:
    """What came between the two connections is repaired, so nothing may be missing before it."""
    outlet = shell.attach(stream, delivery=delivery)
    shell.send(stream)
    sent = shell.engine.last(stream)
    assert sent is not None
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.now += 1.0
    shell.frame()
    (got,) = outlet.consumer.got
    assert number_of(got.event) == 1
    assert got.event.stamp == msgspec.structs.replace(sent.stamp, epoch=2)
    assert got.event.received_at == sent.received_at, "it did not come just now"
    assert shell.engine.statistics().outdated == 0
    shell.send(stream)
    shell.later(1.0)
    assert outlet.consumer.numbers() == [1, 2]


def test_every_trade_that_waits_outlives_its_connection(shell: Shell) -> None:
    tape = shell.attach(TRADE, TICKER, delivery=Delivery.keep_all())
    for _ in range(2):
        shell.send(TRADE)
        shell.send(TICKER)
        shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.send(TRADE)
    shell.frame()
    assert tape.consumer.numbers(TRADE) == [1, 3, 5]
    assert [got.event.epoch for got in tape.consumer.got] == [3, 3, 3]
    assert tape.consumer.numbers(TICKER) == []
    assert shell.engine.statistics().outdated == 2


@pytest.mark.parametrize("delivery", EACH_DELIVERY)
@pytest.mark.parametrize("stream", [TICKER, BOOK, GROUPED])
def test_nothing_else_from_an_older_connection_is_delivered(
    shell: Shell, stream: Stream, delivery: Delivery
) -> None:
    outlet = shell.attach(stream, delivery=delivery)
    shell.send(stream)
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.frame()
    assert outlet.consumer.got == []
    assert shell.engine.statistics().outdated == 1
    joiner = shell.attach(stream)
    shell.frame()
    assert joiner.consumer.got == [], "nor replayed"
    number = shell.send(stream)
    shell.later(1.0)
    assert outlet.consumer.numbers() == [number]
    assert joiner.consumer.numbers() == [number]


def test_what_takes_the_place_of_an_outdated_event_comes_once(shell: Shell) -> None:
    """Also if older events of its stream were outdated before it, and the snapshot came then."""
    tape = shell.attach(TICKER, BALANCE_STREAM, delivery=Delivery.keep_all())
    shell.send(TICKER)
    shell.send(BALANCE_STREAM)
    shell.send(TICKER)
    last = shell.engine.last(TICKER)
    assert last is not None
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)

    def reconnect() -> None:
        tape.consumer.then = lambda: None
        shell.repeat(last)

    tape.consumer.then = reconnect
    shell.frame()
    assert tape.consumer.numbers() == [2, 3]
    assert shell.engine.statistics().outdated == 1


def test_the_other_connection_does_not_matter(shell: Shell) -> None:
    outlet = shell.attach(BALANCE_STREAM)
    number = shell.send(BALANCE_STREAM)
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.frame()
    assert outlet.consumer.numbers() == [number]


@pytest.mark.parametrize("stream", [TICKER, TRADE, BOOK, CANDLE])
def test_a_snapshot_that_repeats_is_dropped_and_counted_but_serves_who_waits(
    shell: Shell, stream: Stream
) -> None:
    """Every request sends a snapshot of everything again, also of what nobody lost."""
    first = shell.attach(stream)
    keeping = shell.attach(stream, delivery=Delivery.keep_all())
    shell.send(stream)
    shell.frame()
    last = shell.engine.last(stream)
    assert last is not None
    shell.repeat(last)
    shell.frame()
    assert shell.engine.repeated == 1
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    joiners = [
        shell.attach(stream),
        shell.attach(stream, delivery=Delivery.keep_all()),
        shell.attach(stream, delivery=Delivery.throttle()),
    ]
    shell.frame()
    assert [joiner.consumer.got for joiner in joiners] == [[], [], []]
    shell.repeat(last)
    shell.frame()
    assert shell.engine.repeated == 2
    assert first.consumer.numbers() == keeping.consumer.numbers() == [1]
    for joiner in joiners:
        assert [(got.number, got.replayed) for got in joiner.consumer.got] == [(1, False)]
    shell.repeat(last)
    shell.frame()
    assert all(len(joiner.consumer.got) == 1 for joiner in joiners), "served once"


def test_a_snapshot_that_says_more_is_delivered(shell: Shell) -> None:
    outlet = shell.attach(TICKER)
    shell.send(TICKER)
    shell.frame()
    shell.send(TICKER, StreamType.SNAPSHOT)
    shell.frame()
    assert outlet.consumer.numbers() == [1, 2]
    assert shell.engine.repeated == 0


def test_equal_realtime_events_and_balances_are_never_taken_for_repetitions(shell: Shell) -> None:
    tape = shell.attach(TICKER, BALANCE_STREAM, delivery=Delivery.keep_all())
    for _ in range(2):
        shell.engine.route(make_event(TICKER, 7, shell.stamp(TICKER)))
        shell.engine.route(make_event(BALANCE_STREAM, 7, shell.stamp(BALANCE_STREAM)))
    shell.frame()
    assert tape.consumer.numbers() == [7, 7, 7, 7]


# -- inside a delivery -----------------------------------------------------------------------------


def test_a_consumer_may_leave_inside_its_delivery(shell: Shell) -> None:
    keeping = shell.attach(TRADE, delivery=Delivery.keep_all())
    keeping.consumer.then = lambda: shell.engine.detach(keeping)
    coalescing = shell.attach(TRADE)
    for _ in range(3):
        shell.send(TRADE)
    shell.frame()
    assert keeping.consumer.numbers() == [1]
    assert coalescing.consumer.numbers() == [3]


def test_a_consumer_may_end_and_begin_others_inside_its_delivery(shell: Shell) -> None:
    joiners: list[BackpressureHandler[Consumer]] = []
    first, second = shell.attach(TICKER), shell.attach(TICKER)
    narrowed = shell.attach(TICKER, TRADE)

    def act() -> None:
        shell.engine.detach(second)
        shell.engine.narrow(narrowed, [TRADE])
        joiners.append(shell.attach(TICKER))

    first.consumer.then = act
    shell.send(TICKER)
    shell.frame()
    assert first.consumer.numbers() == [1]
    assert second.consumer.got == narrowed.consumer.got == []
    assert [(got.number, got.replayed) for got in joiners[0].consumer.got] == [(1, True)]


def test_what_arrives_inside_a_delivery_is_taken_along(shell: Shell) -> None:
    first = shell.attach(TICKER)
    keeping = shell.attach(TRADE, delivery=Delivery.keep_all())
    first.consumer.then = lambda: shell.send(TRADE)
    shell.send(TICKER)
    shell.frame()
    assert keeping.consumer.numbers() == [2]


def nest(shell: Shell, outlet: BackpressureHandler[Consumer], *streams: Stream) -> None:
    """Its next delivery opens a dialog: events arrive and frames go on meanwhile."""

    def act() -> None:
        outlet.consumer.then = lambda: None
        for stream in streams:
            shell.send(stream)
        shell.frame()

    outlet.consumer.then = act


@pytest.mark.parametrize("delivery", [COALESCE, Delivery.keep_all(), Delivery.throttle(ms=100)])
def test_a_nested_frame_serves_the_others_and_the_nested_one_afterwards(
    shell: Shell, delivery: Delivery
) -> None:
    nested = shell.attach(TICKER, delivery=delivery)
    other = shell.attach(TICKER, delivery=delivery)
    nest(shell, nested, TICKER, TICKER)
    shell.send(TICKER)
    shell.frame()
    shell.later(1.0)
    expected = [1, 2, 3] if delivery.keeps_each_event else [1, 3]
    assert nested.consumer.numbers() == expected
    assert other.consumer.numbers()[-1] == 3
    assert other.consumer.numbers() == sorted(set(other.consumer.numbers())), "never the older"


def test_what_the_nested_one_missed_is_not_handed_to_the_others_again(shell: Shell) -> None:
    nested, other = shell.attach(TICKER), shell.attach(TICKER)
    nest(shell, nested, TICKER)
    shell.send(TICKER)
    shell.frame()
    assert nested.consumer.numbers() == [1, 2]
    assert other.consumer.numbers() == [2]


def test_a_task_gets_what_it_missed_when_it_is_done(shell: Shell) -> None:
    task = shell.attach(TICKER, BOOK)
    other = shell.attach(TICKER)
    task.consumer.is_task = True
    for stream in (TICKER, TICKER, BOOK, BOOK):
        shell.send(stream)
        shell.frame()
    assert task.consumer.numbers() == [1]
    assert not shell.engine.has_work()
    task.consumer.is_task = False
    shell.engine.finished(task)
    assert shell.engine.has_work()
    shell.frame()
    assert task.consumer.numbers() == [1, 2, 4]
    assert other.consumer.numbers() == [1, 2]


def test_a_task_that_is_done_within_a_round_is_reached_once(shell: Shell) -> None:
    first, task = shell.attach(TICKER), shell.attach(TICKER)
    task.consumer.is_task = True
    shell.send(TICKER)
    shell.frame()
    shell.send(TICKER)
    shell.frame()
    task.consumer.is_task = False
    first.consumer.then = lambda: shell.engine.finished(task)
    shell.send(TICKER)
    shell.frame()
    shell.frame()
    assert first.consumer.numbers() == [1, 2, 3]
    assert task.consumer.numbers() == [1, 3]


def test_a_throttled_task_makes_no_deadline_until_it_is_done(shell: Shell) -> None:
    """Else the timer would fire again and again for something that cannot be delivered."""
    task = shell.attach(TICKER, BOOK, delivery=Delivery.throttle(ms=100))
    task.consumer.is_task = True
    for stream in (TICKER, TICKER, BOOK):
        shell.send(stream)
        shell.frame()
    assert shell.engine.next_deadline() is None
    shell.later(1.0)
    assert task.consumer.numbers() == [1]
    task.consumer.is_task = False
    shell.engine.finished(task)
    assert shell.engine.has_work()
    shell.frame()
    assert sorted(task.consumer.numbers()) == [1, 2, 3]


def test_a_task_that_left_is_done_in_silence(shell: Shell) -> None:
    task = shell.attach(TICKER)
    task.consumer.is_task = True
    shell.send(TICKER)
    shell.frame()
    shell.send(TICKER)
    shell.frame()
    shell.engine.detach(task)
    shell.engine.finished(task)
    shell.frame()
    assert task.consumer.numbers() == [1]
    assert not shell.engine.has_work()


@pytest.mark.parametrize("delivery", [COALESCE, Delivery.throttle(ms=100)])
def test_a_replay_that_waits_gives_way_to_something_newer(shell: Shell, delivery: Delivery) -> None:
    """Its consumer was at work meanwhile."""
    other = shell.attach(TICKER, TRADE)
    shell.send(TICKER)
    shell.send(TRADE)
    shell.frame()
    task = shell.attach(TICKER, TRADE, delivery=delivery)
    task.consumer.is_task = True
    shell.frame()
    task.consumer.is_task = False
    other.consumer.then = lambda: shell.engine.finished(task)
    shell.send(TRADE)
    shell.frame()
    shell.later(1.0)
    assert [(got.number, got.replayed) for got in task.consumer.got] == [(1, True), (3, False)]
    assert shell.engine.outlet_statistics(task).coalesced == 1


def test_a_tape_gets_a_waiting_replay_and_what_came_after_it(shell: Shell) -> None:
    shell.attach(TRADE)
    shell.send(TRADE)
    shell.frame()
    tape = shell.attach(TRADE, delivery=Delivery.keep_all())
    shell.send(TRADE)
    shell.frame()
    assert [(got.number, got.replayed) for got in tape.consumer.got] == [(1, True), (2, False)]


def test_what_a_throttle_held_is_not_delivered_after_something_newer(shell: Shell) -> None:
    first = shell.attach(TICKER)
    task = shell.attach(TICKER, delivery=Delivery.throttle(ms=100))
    task.consumer.is_task = True
    shell.send(TICKER)
    shell.frame()
    shell.send(TICKER)
    shell.later(1.0)
    task.consumer.is_task = False
    first.consumer.then = lambda: shell.engine.finished(task)
    shell.send(TICKER)
    shell.frame()
    shell.later(1.0)
    assert task.consumer.numbers() == [1, 3]


def test_a_frame_may_end_at_any_step(shell: Shell) -> None:
    """A slice of time is over; the rest comes with the next, whether or not it is the same."""
    outlets = [shell.attach(TICKER) for _ in range(3)]
    keeping = shell.attach(TRADE, delivery=Delivery.keep_all())
    for stream in (TICKER, TRADE, TRADE):
        shell.send(stream)
    for steps in range(1, 6):
        for outlet, event in shell.engine.deliveries(shell.now):
            shell.deliver(outlet, event)
            break
        total = sum(len(outlet.consumer.got) for outlet in (*outlets, keeping))
        assert total == steps
    assert not list(shell.engine.deliveries(shell.now))
    assert [outlet.consumer.numbers() for outlet in outlets] == [[1], [1], [1]]
    assert keeping.consumer.numbers() == [2, 3]


# -- rests -----------------------------------------------------------------------------------------

TAPE = Delivery.drop_oldest(1000)


@pytest.mark.parametrize("delivery", [COALESCE, Delivery.throttle(ms=100)])
def test_one_that_nobody_sees_gets_the_newest_of_each_stream_when_it_is_seen_again(
    shell: Shell, delivery: Delivery
) -> None:
    outlet = shell.attach(TICKER, BOOK, TRADE, delivery=delivery)
    shell.send(TICKER)
    shell.frame()
    shell.engine.pause(outlet)
    shell.engine.pause(outlet)
    for stream in (TICKER, BOOK, TICKER, BOOK, TICKER):
        shell.send(stream)
        shell.later(1.0)
    assert outlet.consumer.numbers() == [1]
    counted = shell.engine.outlet_statistics(outlet)
    assert counted == OutletStatistics(routed=6, delivered=1, coalesced=3, queued=2)
    shell.engine.resume(outlet, shell.now)
    shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert sorted(outlet.consumer.numbers()) == [1, 5, 6], "nothing of TRADE: nothing came"
    shell.later(1.0)
    assert len(outlet.consumer.got) == 3
    counted = shell.engine.outlet_statistics(outlet)
    assert counted == OutletStatistics(routed=6, delivered=3, coalesced=3)


def test_it_knows_since_when_it_is_awake(shell: Shell) -> None:
    """What waited meanwhile is not late."""
    outlet = shell.attach(TICKER)
    assert outlet.awake_since == float("-inf")
    shell.engine.resume(outlet, 100.0)
    assert outlet.awake_since == float("-inf")
    shell.engine.pause(outlet)
    shell.engine.resume(outlet, 110.0)
    shell.engine.resume(outlet, 111.0)
    assert outlet.awake_since == 110.0
    shell.engine.mute(outlet, 130.0)
    shell.later(31.0)
    assert outlet.awake_since == 131.0


def test_nothing_is_to_be_done_for_those_that_nobody_sees(shell: Shell) -> None:
    """No frame ticks for them, and an event leaves no mark but its own in the stream."""
    outlets = [shell.attach(TICKER) for _ in range(2)]
    tape = shell.attach(TRADE, delivery=TAPE)
    throttled = shell.attach(TICKER, delivery=Delivery.throttle(ms=100))
    for _ in range(2):
        for stream in (TICKER, TRADE):
            shell.send(stream)
        shell.frame()
    assert shell.engine.next_deadline() is not None
    for outlet in (*outlets, tape, throttled):
        shell.engine.pause(outlet)
    shell.later(1.0)
    for _ in range(100):
        shell.send(TICKER)
        shell.send(TRADE)
        assert not shell.engine.has_work()
    assert shell.engine.next_deadline() is None
    assert list(shell.engine.deliveries(shell.now)) == []
    assert not any(outlet.queue or outlet.due for outlet in outlets)


def test_what_queues_waits_for_the_eyes_bounded_and_counted(shell: Shell) -> None:
    small = shell.attach(TRADE, delivery=Delivery.drop_oldest(3))
    tape = shell.attach(TRADE, delivery=TAPE)
    for _ in range(300):
        shell.send(TRADE)
    for outlet in (small, tape):
        shell.engine.pause(outlet)
    assert (tape.dropped, len(tape.queue)) == (100, 200), "at once, not with the next event"
    for _ in range(50):
        shell.send(TRADE)
    for outlet in (small, tape):
        shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert tape.consumer.numbers() == list(range(151, 351))
    assert small.consumer.numbers() == [348, 349, 350]
    assert shell.engine.outlet_statistics(tape) == OutletStatistics(
        routed=350, delivered=200, dropped=150
    )
    for _ in range(300):
        shell.send(TRADE)
    shell.frame()
    assert tape.dropped == 150, "seen again, it has its own room"


def test_the_ends_of_candles_wait_bounded_and_counted(shell: Shell) -> None:
    """Hidden or at work for days; that some were lost is what the counter says."""
    hidden, task = shell.attach(CANDLE), shell.attach(CANDLE)
    shell.send(CANDLE)
    task.consumer.is_task = True
    shell.frame()
    shell.engine.pause(hidden)
    for _ in range(450):
        shell.bar += 1
        for _ in range(3):
            shell.send(CANDLE)
        shell.frame()
    ends = list(range(4, 1352, 3))
    shell.engine.resume(hidden, shell.now)
    task.consumer.is_task = False
    shell.engine.finished(task)
    shell.frame()
    # The bar of the first event had not ended when it was delivered, so nothing is missing there.
    for outlet, waited in ((hidden, 200), (task, 400)):
        assert outlet.consumer.numbers() == [1, *ends[-waited - 1 :]]
        assert outlet.dropped == 449 - waited
    with_many = shell.attach(CANDLE, *(Stream("candle.1m", f"KRW-A{n}") for n in range(300)))
    assert with_many.room == 602, "all candles of a unit end at the same time"
    shell.engine.pause(with_many)
    assert with_many.room == 301


@pytest.mark.parametrize("delivery", [Delivery.immediate(), Delivery.keep_all()])
def test_what_promises_each_event_goes_on_unseen(shell: Shell, delivery: Delivery) -> None:
    outlet = shell.attach(BALANCE_STREAM, TRADE, delivery=delivery)
    shell.engine.pause(outlet)
    for stream in (TRADE, BALANCE_STREAM, TRADE):
        shell.send(stream)
    shell.frame()
    assert outlet.consumer.numbers() == [1, 2, 3]


def test_a_pause_between_arrival_and_frame_holds_what_is_due(shell: Shell) -> None:
    shell.attach(TICKER)
    outlet = shell.attach(TICKER)
    tape = shell.attach(TICKER, delivery=TAPE)
    shell.send(TICKER)
    for each in (outlet, tape):
        shell.engine.pause(each)
    shell.frame()
    assert outlet.consumer.got == tape.consumer.got == []
    for each in (outlet, tape):
        shell.engine.resume(each, shell.now)
    assert shell.engine.has_work()
    shell.frame()
    assert outlet.consumer.numbers() == tape.consumer.numbers() == [1]


def test_one_seen_again_before_the_round_of_a_newer_event_gets_that_alone(shell: Shell) -> None:
    shell.attach(TICKER)
    outlet = shell.attach(TICKER)
    shell.engine.pause(outlet)
    shell.send(TICKER)
    shell.frame()
    shell.send(TICKER)
    shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert outlet.consumer.numbers() == [2]


def test_a_consumer_may_hide_and_show_others_inside_its_delivery(shell: Shell) -> None:
    first, hidden, shown = (shell.attach(TICKER) for _ in range(3))
    shell.engine.pause(shown)

    def act() -> None:
        shell.engine.pause(hidden)
        shell.engine.resume(shown, shell.now)

    first.consumer.then = act
    shell.send(TICKER)
    shell.frame()
    assert first.consumer.numbers() == shown.consumer.numbers() == [1]
    assert hidden.consumer.got == []


def test_one_hidden_by_its_own_delivery_gets_no_more_of_its_backlog(shell: Shell) -> None:
    tape = shell.attach(TRADE, delivery=TAPE)
    tape.consumer.then = lambda: shell.engine.pause(tape)
    for _ in range(3):
        shell.send(TRADE)
    shell.frame()
    assert tape.consumer.numbers() == [1]
    shell.engine.resume(tape, shell.now)
    shell.frame()
    assert tape.consumer.numbers() == [1, 2]
    replayed = shell.attach(TRADE, TICKER)
    shell.send(TICKER)
    shell.frame()
    replayed = shell.attach(TRADE, TICKER)
    replayed.consumer.then = lambda: shell.engine.pause(replayed)
    shell.frame()
    assert len(replayed.consumer.got) == 1
    shell.engine.resume(replayed, shell.now)
    shell.frame()
    assert len(replayed.consumer.got) == 2


def test_who_is_hidden_may_leave_or_go_on_with_less(shell: Shell) -> None:
    leaver, narrowed = shell.attach(TICKER, BOOK), shell.attach(TICKER, BOOK)
    for outlet in (leaver, narrowed):
        shell.engine.pause(outlet)
    for _ in range(2):
        shell.send(TICKER)
        shell.send(BOOK)
    shell.engine.detach(leaver)
    shell.engine.narrow(narrowed, [BOOK])
    shell.engine.pause(leaver)
    for outlet in (leaver, narrowed):
        shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert leaver.consumer.got == []
    assert narrowed.consumer.numbers() == [4]
    assert shell.engine.outlet_statistics(leaver) == OutletStatistics(routed=2, coalesced=2)
    assert shell.engine.outlet_statistics(narrowed) == OutletStatistics(
        routed=3, delivered=1, coalesced=2
    )


def test_what_was_missed_unseen_is_not_delivered_from_an_older_connection(shell: Shell) -> None:
    outlet = shell.attach(TICKER)
    shell.engine.pause(outlet)
    shell.send(TICKER)
    last = shell.engine.last(TICKER)
    assert last is not None
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert outlet.consumer.got == []
    shell.engine.pause(outlet)
    shell.repeat(last)
    shell.frame()
    shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert outlet.consumer.numbers() == [1], "said again on the present one, it is news"


@pytest.mark.parametrize("delivery", [COALESCE, Delivery.throttle(ms=100)])
def test_a_muted_one_gets_the_newest_of_each_stream_when_its_rest_is_over(
    shell: Shell, delivery: Delivery
) -> None:
    """Also if the market has fallen silent by then."""
    outlet = shell.attach(TICKER, BOOK, delivery=delivery)
    shell.send(TICKER)
    shell.send(BOOK)
    shell.frame()
    shell.engine.mute(outlet, shell.now + 30.0)
    for stream in (TICKER, BOOK, TICKER):
        shell.send(stream)
        shell.later(1.0)
    assert not shell.engine.has_work()
    assert shell.engine.next_deadline() == 130.0
    shell.now = 129.9
    shell.frame()
    assert outlet.consumer.numbers() == [1, 2]
    counted = shell.engine.outlet_statistics(outlet)
    assert counted == OutletStatistics(routed=5, delivered=2, withheld=1, queued=2)
    shell.now = 130.0
    shell.frame()
    assert sorted(outlet.consumer.numbers()) == [1, 2, 4, 5]
    assert shell.engine.next_deadline() is None
    counted = shell.engine.outlet_statistics(outlet)
    assert counted == OutletStatistics(routed=5, delivered=4, withheld=1)


def test_a_muted_queue_withholds_and_counts(shell: Shell) -> None:
    tape = shell.attach(TRADE, delivery=TAPE)
    tape.consumer.then = lambda: shell.engine.mute(tape, 130.0) if len(tape.queue) == 2 else None
    for _ in range(4):
        shell.send(TRADE)
    shell.frame()
    assert tape.consumer.numbers() == [1, 2]
    for _ in range(5):
        shell.send(TRADE)
    shell.engine.mute(tape, 140.0)
    shell.send(TRADE)
    assert shell.engine.outlet_statistics(tape) == OutletStatistics(
        routed=10, delivered=2, withheld=8
    )
    assert not tape.queue
    shell.now = 140.0
    shell.frame()
    shell.send(TRADE)
    shell.frame()
    assert tape.consumer.numbers() == [1, 2, 11]
    assert shell.engine.outlet_statistics(tape) == OutletStatistics(
        routed=11, delivered=3, withheld=8
    )


def test_a_mute_is_over_unseen_and_the_eyes_come_later(shell: Shell) -> None:
    outlet, tape = shell.attach(TICKER), shell.attach(TICKER, delivery=TAPE)
    for each in (outlet, tape):
        shell.engine.mute(each, 130.0)
        shell.engine.pause(each)
    shell.send(TICKER)
    shell.later(40.0)
    shell.send(TICKER)
    shell.frame()
    assert outlet.consumer.got == tape.consumer.got == []
    for each in (outlet, tape):
        shell.engine.resume(each, shell.now)
    shell.frame()
    assert outlet.consumer.numbers() == tape.consumer.numbers() == [2]
    assert shell.engine.outlet_statistics(tape).withheld == 1


def test_eyes_do_not_end_a_mute(shell: Shell) -> None:
    outlet = shell.attach(TICKER)
    shell.engine.pause(outlet)
    shell.engine.mute(outlet, 130.0)
    shell.send(TICKER)
    shell.engine.resume(outlet, shell.now)
    shell.frame()
    assert outlet.consumer.got == []
    shell.later(30.0)
    assert outlet.consumer.numbers() == [1]


def test_who_left_is_not_muted(shell: Shell) -> None:
    outlet = shell.attach(TICKER)
    shell.engine.detach(outlet)
    shell.engine.mute(outlet, 130.0)
    assert shell.engine.next_deadline() is None


def test_the_repetition_that_a_muted_queue_waited_for_is_withheld(shell: Shell) -> None:
    outlet = shell.attach(TICKER, delivery=TAPE)
    shell.send(TICKER)
    shell.frame()
    last = outlet.consumer.got[0].event
    shell.epochs.increment_epoch(ConnectionType.PUBLIC)
    joiner = shell.attach(TICKER, delivery=TAPE)
    shell.engine.mute(joiner, 130.0)
    shell.repeat(last)
    shell.later(30.0)
    assert joiner.consumer.got == []
    assert shell.engine.outlet_statistics(joiner) == OutletStatistics(routed=1, withheld=1)


def test_the_end_of_a_bar_may_be_a_replay(shell: Shell) -> None:
    shell.attach(CANDLE)
    shell.send(CANDLE)
    shell.frame()
    joiner = shell.attach(CANDLE)
    shell.bar += 1
    shell.send(CANDLE)
    shell.frame()
    assert [(got.number, got.replayed) for got in joiner.consumer.got] == [(1, True), (2, False)]


# -- any order of everything -----------------------------------------------------------------------

DELIVERIES = st.sampled_from(
    [
        Delivery.coalesce_by_symbol(),
        Delivery.throttle(ms=100),
        Delivery.throttle(ms=1000),
        Delivery.keep_all(),
        Delivery.immediate(),
        Delivery.drop_oldest(1),
        Delivery.drop_oldest(4),
    ]
)


Slices = Iterator[tuple[BackpressureHandler[Consumer], StreamEvent]]

HAPPENINGS = (
    *("arrive",) * 7,
    *("some",) * 4,
    "join",
    "leave",
    "narrow",
    "again",
    "finish",
    "pause",
    "resume",
    "mute",
    "forget",
)


class Play(Shell):
    """Random consumers, arrivals, connections, frames, tasks and nested loops.

    ``pushed`` is what a naive reading of the rules puts before each outlet; ``newest`` what a
    consumer of a stream must have seen last when all is quiet.
    """

    def __init__(self, data: st.DataObject, deliveries: st.SearchStrategy[Delivery]) -> None:
        super().__init__()
        self.data = data
        self.choices = deliveries
        # Few streams at a time, so that much happens to each.
        self.streams = data.draw(
            st.lists(st.sampled_from(STREAMS), min_size=1, max_size=3, unique=True)
        )
        self.outlets: list[BackpressureHandler[Consumer]] = []
        self.unfinished: list[Slices] = []
        self.newest: dict[Stream, StreamEvent] = {}
        self.pushed: dict[int, list[int]] = defaultdict(list)
        self.removed: dict[int, int] = defaultdict(int)
        self.muted: set[int] = set()
        self.forgotten: set[int] = set()
        self.bar_ends: dict[int, set[int]] = defaultdict(set)
        self.repetitions = 0
        self.depth = 0
        self.acting = True

    def living(self) -> list[BackpressureHandler[Consumer]]:
        return [outlet for outlet in self.outlets if outlet.active]

    def is_current(self, event: StreamEvent) -> bool:
        return self.epochs.is_current_epoch(event.connection_type, event.epoch)

    # -- what can happen --

    def join(self) -> None:
        streams = self.data.draw(st.lists(st.sampled_from(self.streams), min_size=1, unique=True))
        outlet = self.attach(*streams, delivery=self.data.draw(self.choices))
        for stream in streams:
            last = self.newest.get(stream)
            # The round that is due reaches it, too, and finds out what is outdated.
            due = self.engine._routes[stream].fresh and not outlet.delivery.keeps_each_event
            if last is not None and (self.is_current(last) or due):
                self.pushed[id(outlet)].append(number_of(last))
        outlet.consumer.then = lambda: self.act(outlet)
        self.outlets.append(outlet)

    def any_living(self) -> BackpressureHandler[Consumer] | None:
        living = self.living()
        return self.data.draw(st.sampled_from(living)) if living else None

    def leave(self) -> None:
        if outlet := self.any_living():
            self.removed[id(outlet)] += self.engine.outlet_statistics(outlet).queued
            self.engine.detach(outlet)

    def narrow(self) -> None:
        if outlet := self.any_living():
            kept = outlet.streams[: self.data.draw(st.integers(0, len(outlet.streams)))]
            queued = self.engine.outlet_statistics(outlet).queued
            self.engine.narrow(outlet, kept)
            self.removed[id(outlet)] += queued - self.engine.outlet_statistics(outlet).queued

    def pause(self) -> None:
        if outlet := self.any_living():
            self.engine.pause(outlet)

    def resume(self) -> None:
        if self.outlets:
            self.engine.resume(self.data.draw(st.sampled_from(self.outlets)), self.now)

    def mute(self) -> None:
        if outlet := self.any_living():
            self.muted.add(id(outlet))
            self.engine.mute(outlet, self.now + self.data.draw(st.sampled_from([0.01, 0.5])))

    def forget(self) -> None:
        stream = self.data.draw(st.sampled_from(self.streams))
        self.engine.forget(stream)
        self.newest.pop(stream, None)
        self.forgotten |= {id(outlet) for outlet in self.living() if stream in outlet.streams}

    def arrive(self) -> None:
        stream = self.data.draw(st.sampled_from(self.streams))
        if self.data.draw(st.sampled_from([0, 0, 0, 1])):
            self.bar += 1
        known = stream in self.engine._routes
        former = self.newest.get(stream)
        self.send(stream)
        if not known:
            return
        event = self.engine.last(stream)
        assert event is not None
        self.newest[stream] = event
        for outlet in self.living():
            if stream in outlet.streams:
                self.pushed[id(outlet)].append(number_of(event))
                if (
                    isinstance(former, CandleEvent)
                    and isinstance(event, CandleEvent)
                    and former.candle_date_time_utc != event.candle_date_time_utc
                ):
                    self.bar_ends[id(outlet)].add(number_of(former))

    def again(self) -> None:
        known = [stream for stream in self.newest if stream != BALANCE_STREAM]
        if not known:
            return
        stream = self.data.draw(st.sampled_from(sorted(known)))
        route = self.engine._routes.get(stream)
        waiting = [link.outlet for link in route.waiting] if route else []
        self.repeat(self.newest[stream])
        if route is None:
            return
        event = self.engine.last(stream)
        assert event is not None
        self.newest[stream] = event
        self.repetitions += 1
        for outlet in waiting:
            self.pushed[id(outlet)].append(number_of(event))

    def reconnect(self) -> None:
        self.epochs.increment_epoch(self.data.draw(st.sampled_from(list(ConnectionType))))

    def finish(self) -> None:
        busy = [outlet for outlet in self.outlets if outlet.busy and outlet.consumer.is_task]
        if busy:
            outlet = self.data.draw(st.sampled_from(busy))
            outlet.consumer.is_task = False
            self.engine.finished(outlet)

    def some(self) -> None:
        """One slice: what is left is kept for the next one, or given up and begun anew."""
        self.unfinished.append(self.engine.deliveries(self.now))
        steps = self.data.draw(st.integers(1, 12))
        while self.unfinished:
            running = self.unfinished.pop(0)
            for outlet, event in running:
                self.deliver(outlet, event)
                steps -= 1
                if steps == 0:
                    if self.data.draw(st.booleans()):
                        self.unfinished.insert(0, running)
                    return

    def act(self, outlet: BackpressureHandler[Consumer]) -> None:
        """What one consumer does inside its delivery."""
        if not self.acting or self.depth >= 2:
            return
        self.depth += 1
        choice = self.data.draw(st.sampled_from(["", "", "", "task", "happen", "happen", "happen"]))
        if choice == "task":
            outlet.consumer.is_task = True
        elif choice == "happen":
            for _ in range(self.data.draw(st.integers(1, 3))):
                self.happen(HAPPENINGS)
        self.depth -= 1

    def happen(self, choices: tuple[str, ...]) -> None:
        getattr(self, self.data.draw(st.sampled_from(choices)))()

    # -- what must hold --

    def settle(self) -> None:
        """Everyone is done and time goes by until nothing is due."""
        self.acting = False
        for outlet in self.outlets:
            self.engine.resume(outlet, self.now)
            if outlet.busy:
                outlet.consumer.is_task = False
                self.engine.finished(outlet)
        for running in self.unfinished:
            for outlet, event in running:
                self.deliver(outlet, event)
        self.frame()
        while (deadline := self.engine.next_deadline()) is not None:
            assert deadline <= self.now + 1.0
            self.now = max(self.now, deadline)
            self.frame()
        assert not self.engine.has_work()

    def check(self) -> None:
        assert self.engine.repeated == self.repetitions
        for outlet in self.outlets:
            self.check_order(outlet)
            self.check_counters(outlet)
            if outlet.active:
                self.check_last(outlet)

    def check_counters(self, outlet: BackpressureHandler[Consumer]) -> None:
        """What was routed to it is all there: delivered or counted as something else."""
        counted = self.engine.outlet_statistics(outlet)
        assert counted.routed == len(self.pushed[id(outlet)]) - self.removed[id(outlet)]
        assert counted.delivered == len(outlet.consumer.got)
        assert counted.queued == 0
        others = counted.dropped + counted.coalesced + counted.withheld + counted.outdated
        assert counted.delivered + others == counted.routed
        if outlet.delivery.policy is not Policy.DROP_OLDEST:
            assert counted.dropped == 0
        if outlet.delivery.keeps_each_event:
            assert counted.coalesced == 0
        if id(outlet) not in self.muted:
            assert counted.withheld == 0

    def check_order(self, outlet: BackpressureHandler[Consumer]) -> None:
        """In order, nothing twice, nothing that was not for it."""
        live = [got.number for got in outlet.consumer.got if not got.replayed]
        assert set(outlet.consumer.numbers()) <= set(self.pushed[id(outlet)])
        if outlet.delivery.keeps_each_event:
            remaining = iter(self.pushed[id(outlet)])
            assert all(number in remaining for number in outlet.consumer.numbers())
        for stream in STREAMS:
            numbers = outlet.consumer.numbers(stream)
            assert numbers == sorted(numbers)
        assert len(live) == len(set(live))
        if outlet.delivery.policy is Policy.THROTTLE:
            self.check_pace(outlet)

    def check_pace(self, outlet: BackpressureHandler[Consumer]) -> None:
        for stream in {TICKER, TRADE, BOOK, GROUPED}:
            times = [got.now for got in outlet.consumer.got if got.stream == stream]
            gaps = [later - earlier for earlier, later in pairwise(times)]
            assert all(gap * 1000 >= outlet.delivery.interval_ms - 1e-6 for gap in gaps)

    def check_last(self, outlet: BackpressureHandler[Consumer]) -> None:
        """The last value always arrives, but for what queues while it is muted."""
        if outlet.delivery.keeps_each_event and id(outlet) in self.muted:
            return
        for stream in outlet.streams:
            newest = self.newest.get(stream)
            if newest is not None and self.is_current(newest):
                assert outlet.consumer.numbers(stream)[-1:] == [number_of(newest)]


def play(
    data: st.DataObject,
    deliveries: st.SearchStrategy[Delivery],
    *,
    with_reconnects: bool,
) -> Play:
    shell = Play(data, deliveries)
    for _ in range(data.draw(st.integers(1, 4))):
        shell.join()
    happenings = HAPPENINGS + ("reconnect",) * with_reconnects
    for _ in range(data.draw(st.integers(5, 40))):
        shell.happen(happenings)
        shell.now += data.draw(st.sampled_from([0.0, 0.016, 0.05, 0.3]))
    shell.settle()
    shell.check()
    return shell


@given(st.data())
@settings(max_examples=100)
def test_any_play_on_one_connection(data: st.DataObject) -> None:
    """Order is kept, the last value always arrives, the end of each bar is delivered."""
    shell = play(data, DELIVERIES, with_reconnects=False)
    for outlet in shell.living():
        keeps, muted = outlet.delivery.keeps_each_event, id(outlet) in shell.muted
        if not keeps and CANDLE in outlet.streams:
            assert shell.bar_ends[id(outlet)] <= set(outlet.consumer.numbers(CANDLE))
        unlimited = outlet.delivery.policy in (Policy.KEEP_ALL, Policy.IMMEDIATE)
        if unlimited and not muted and not shell.removed[id(outlet)]:
            assert outlet.consumer.numbers() == shell.pushed[id(outlet)]
        if id(outlet) not in shell.forgotten:
            assert shell.engine.outlet_statistics(outlet).outdated == 0


@given(st.data())
@settings(max_examples=100)
def test_any_play_with_reconnects(data: st.DataObject) -> None:
    play(data, DELIVERIES, with_reconnects=True)


@given(st.data())
@settings(max_examples=100)
def test_the_engine_counts_what_all_its_outlets_counted(data: st.DataObject) -> None:
    """Those who left are counted, too: a sum never goes back."""
    shell = play(data, DELIVERIES, with_reconnects=True)
    engine = shell.engine
    counted = [engine.outlet_statistics(outlet) for outlet in shell.outlets]
    total = engine.statistics()
    for name in ("routed", "delivered", "dropped", "coalesced", "withheld", "outdated", "queued"):
        assert getattr(total, name) == sum(getattr(each, name) for each in counted)
    assert total.events == engine.events
    assert total.streams == len(engine._routes)
    waiting, dropped = engine.backlog()
    assert dropped == total.dropped
    queued = sum(len(outlet.queue) for outlet in shell.living())
    assert queued <= waiting <= total.queued


@given(st.data())
@settings(max_examples=100)
def test_nothing_is_left_of_those_who_left(data: st.DataObject) -> None:
    shell = play(data, DELIVERIES, with_reconnects=True)
    for outlet in shell.living():
        shell.engine.detach(outlet)
    shell.engine.retain([])
    shell.engine.forget(BALANCE_STREAM)
    with suppress(StopIteration):
        next(shell.engine.deliveries(shell.now))
    assert not shell.engine.has_work()
    assert shell.engine.next_deadline() is None
    assert not shell.engine.has_immediate
    assert not shell.engine._routes


# -- orders ----------------------------------------------------------------------------------------

KEEP_ALL = Delivery.keep_all()


class Trader:
    """Consumers of orders, and what happens to the orders."""

    def __init__(self) -> None:
        self.epochs = EpochManager()
        self.engine: DataRoutingEngine[list[OrderEvent]] = DataRoutingEngine(self.epochs)

    def join(
        self, *streams: Stream, delivery: Delivery = KEEP_ALL
    ) -> BackpressureHandler[list[OrderEvent]]:
        outlet: BackpressureHandler[list[OrderEvent]] = BackpressureHandler(
            [], streams or (ORDER_STREAM,), delivery
        )
        self.engine.attach(outlet)
        return outlet

    def happen(self, uuid: str, state: str = "wait", code: str = "KRW-BTC") -> None:
        stamp = Stamp(
            self.epochs.current_epoch(ConnectionType.PRIVATE),
            connection_type=ConnectionType.PRIVATE,
        )
        event = OrderEvent(
            type="myOrder", code=code, timestamp=1, uuid=uuid, ask_bid="BID", order_type="limit",
            state=OrderState(state), stamp=stamp,
        )  # fmt: skip
        self.engine.route(event)

    def frame(self) -> None:
        for outlet, event in self.engine.deliveries(100.0):
            assert isinstance(event, OrderEvent)
            outlet.consumer.append(event)


def heard(outlet: BackpressureHandler[list[OrderEvent]]) -> list[tuple[str, str, bool]]:
    return [(event.uuid, event.state, event.replayed) for event in outlet.consumer]


def of(code: str) -> Stream:
    return Stream("myOrder", code)


@pytest.mark.parametrize("delivery", [KEEP_ALL, Delivery.immediate()])
def test_each_order_event_goes_to_who_wants_all_and_to_who_wants_its_market(
    delivery: Delivery,
) -> None:
    trader = Trader()
    everything, bitcoin = trader.join(delivery=delivery), trader.join(of("KRW-BTC"))
    both = trader.join(of("KRW-ETH"), of("KRW-BTC"))
    trader.happen("b")
    trader.happen("e", code="KRW-ETH")
    trader.happen("b", "trade")
    trader.happen("b", "done")
    trader.happen("x", code="KRW-XRP")
    trader.frame()
    bits = [("b", state, False) for state in ("wait", "trade", "done")]
    assert heard(everything) == [bits[0], ("e", "wait", False), *bits[1:], ("x", "wait", False)]
    assert heard(bitcoin) == bits
    assert heard(both) == [bits[0], ("e", "wait", False), *bits[1:]]
    assert trader.engine.outlet_statistics(both) == OutletStatistics(delivered=4, routed=4)


def test_who_joins_gets_every_open_order_of_its_markets() -> None:
    trader = Trader()
    trader.join(of("KRW-XRP"))
    trader.happen("b")
    trader.happen("ended")
    trader.happen("e", code="KRW-ETH")
    trader.happen("b", "trade")
    trader.happen("ended", "cancel")
    everything, ether = trader.join(), trader.join(of("KRW-ETH"))
    trader.frame()
    assert heard(everything) == [("b", "trade", True), ("e", "wait", True)]
    assert heard(ether) == [("e", "wait", True)]
    trader.engine.narrow(ether, ())
    trader.happen("e", "cancel", code="KRW-ETH")
    trader.frame()
    assert heard(ether) == [("e", "wait", True)]
    assert trader.engine.outlet_statistics(everything) == OutletStatistics(delivered=3, routed=3)


def test_orders_are_told_even_after_their_connection_but_not_after_their_key() -> None:
    trader = Trader()
    everything = trader.join()
    trader.happen("a")
    trader.epochs.increment_epoch(ConnectionType.PRIVATE, same_account=True)
    joiner = trader.join()
    trader.frame()
    assert heard(everything) == [("a", "wait", False)]
    assert heard(joiner) == [("a", "wait", True)]
    trader.happen("b")
    trader.engine.forget(ORDER_STREAM)
    trader.epochs.increment_epoch(ConnectionType.PRIVATE)
    late = trader.join()
    trader.frame()
    assert len(everything.consumer) == 1
    assert late.consumer == []
    assert trader.engine.outlet_statistics(everything).outdated == 1


def test_orders_do_not_leave_with_the_public_streams() -> None:
    trader = Trader()
    trader.join(of("KRW-BTC"))
    trader.happen("a")
    trader.engine.retain(())
    joiner = trader.join()
    trader.happen("a", "done")
    trader.frame()
    assert heard(joiner) == [("a", "wait", True), ("a", "done", False)]


def test_orders_that_nobody_wants_are_counted() -> None:
    trader = Trader()
    trader.happen("a")
    assert trader.engine.statistics().unwanted == 1
