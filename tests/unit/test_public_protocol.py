"""The brain of the public connection: markets, kept whole and polled if need be. Tests only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peer import numbered_trades
from tests.protocol_desk import (
    BOOK,
    BTC,
    ETH,
    PUBLIC,
    TRADES,
    Desk,
    S,
    book,
    refusal,
    ticker,
    trade,
)
from upbit_ws_qt.errors import ConnectFailed, RateLimited
from upbit_ws_qt.events import (
    CandleEvent,
    DataType,
    ErrorEvent,
    GapEvent,
    GapState,
    MarketEvent,
    OrderbookEvent,
    Source,
    Stamp,
    SubscriptionEvent,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.market_feed import Batch
from upbit_ws_qt.polling import Fetch, Subject
from upbit_ws_qt.quotation import candles, orderbooks, tickers, trades
from upbit_ws_qt.ratelimit import Priority
from upbit_ws_qt.rest_call import RestCall
from upbit_ws_qt.subscriptions import Stream, SubscriptionSpec
from upbit_ws_qt.timeframe import Timeframe

#: The time of the trade with number 0.
BEGAN_MS = 1_790_000_000_000


def candle(code: str = "KRW-BTC") -> SubscriptionSpec:
    return SubscriptionSpec(DataType.CANDLE, (code,), Timeframe.MINUTE_1)


def traded(*numbers: int) -> tuple[TradeEvent, ...]:
    """The same trades as ``numbered_trades``, as they are read."""
    return tuple(
        TradeEvent(
            type="trade",
            code="KRW-BTC",
            timestamp=BEGAN_MS + number,
            trade_timestamp=BEGAN_MS + number,
            trade_price=1000.0 + number,
            trade_volume=0.5,
            ask_bid="BID",
            sequential_id=number,
            stamp=Stamp(source=Source.REST),
        )
        for number in numbers
    )


def quotes(batch: Batch, price: float) -> tuple[MarketEvent, ...]:
    """What the exchange answers where everything costs the same."""
    if batch.type == "ticker":
        return tuple(
            TickerEvent(type="ticker", code=code, timestamp=int(price), trade_price=price)
            for code in batch.codes
        )
    return tuple(
        OrderbookEvent(
            type="orderbook",
            code=code,
            timestamp=int(price),
            total_ask_size=price,
            total_bid_size=price,
            orderbook_units=(),
        )
        for code in batch.codes
    )


class Market(Desk):
    """A desk on an exchange whose REST answers when the test says so."""

    def __init__(self) -> None:
        super().__init__(fallback_after_s=3.0)
        self.answered = 0

    def polling(self, **wishes: SubscriptionSpec) -> None:
        """The dial has been under way for three seconds."""
        self.start()
        for consumer, spec in wishes.items():
            self.subscribe(consumer, spec)
        self.later(3.02)
        assert self.state is S.POLLING

    def open_fetches(self) -> list[Fetch]:
        """What was asked and not answered yet, each once."""
        new, self.answered = self.fetches[self.answered :], len(self.fetches)
        return new

    def answer(self, price: float = 1.0, *numbers: int) -> list[Fetch]:
        """Answer what is asked: prices and books with a price, trades with these numbers."""
        fetches = self.open_fetches()
        for fetch in fetches:
            subject = fetch.subject
            self.reply(
                fetch, quotes(subject, price) if isinstance(subject, Batch) else traded(*numbers)
            )
        return fetches

    def forget(self) -> None:
        super().forget()
        self.answered = 0

    def hear(self, *numbers: int) -> None:
        """These trades come over the socket."""
        for data in numbered_trades(numbers):
            self.receive(data)

    @property
    def numbers(self) -> list[int]:
        """The trades that consumers have got."""
        return [event.sequential_id for event in self.heard(TradeEvent)]

    @property
    def gaps(self) -> list[tuple[GapState, int]]:
        """What they were told about holes, with how many were missing."""
        return [(event.state, event.count) for event in self.heard(GapEvent)]

    @property
    def accepted(self) -> list[frozenset[Stream]]:
        """What they were told flows."""
        return [event.streams for event in self.heard(SubscriptionEvent) if event.accepted]


@pytest.fixture
def desk() -> Market:
    return Market()


# -- without a socket ------------------------------------------------------------------------------


def test_each_question_goes_out_with_its_call(desk: Market) -> None:
    desk.polling(
        prices=ticker("KRW-BTC", "KRW-ETH"), book=book(5), trades=trade(), candles=candle()
    )
    asked: dict[Subject, tuple[str, object]] = {}
    for fetch in desk.open_fetches():
        assert fetch.call is not None
        assert fetch.priority is Priority.SHOWN
        asked[fetch.subject] = fetch.call.path, fetch.call.params
    codes = ("KRW-BTC", "KRW-ETH")
    calls: dict[Subject, RestCall[Any]] = {
        Batch("ticker", codes): tickers(codes),
        Batch("orderbook", ("KRW-BTC",), 5): orderbooks(("KRW-BTC",), 5),
        TRADES: trades("KRW-BTC", 1),
        Stream("candle.1m", "KRW-BTC"): candles("KRW-BTC", Timeframe.MINUTE_1, 1),
    }
    assert asked == {subject: (call.path, call.params) for subject, call in calls.items()}


def test_what_is_read_is_told_as_polled_and_only_what_is_new(desk: Market) -> None:
    desk.polling(prices=ticker(), book=book(5), trades=trade())
    desk.answer(1.0, 7)
    assert desk.accepted[-1] == {BTC, BOOK, TRADES}
    for price, numbers in ((1.0, (7,)), (2.0, (7, 8))):
        desk.later(1.0)
        assert len(desk.answer(price, *numbers)) == 3
    told = [event for event in desk.events if isinstance(event, MarketEvent)]
    assert {event.source for event in told} == {Source.POLLED}
    assert {event.connection_type for event in told} == {PUBLIC}
    assert [event.trade_price for event in desk.heard(TickerEvent)] == [1.0, 2.0]
    assert [event.total_ask_size for event in desk.heard(OrderbookEvent)] == [1.0, 2.0]
    assert desk.numbers == [7, 8]
    assert desk.gaps == [], "between two questions nothing is a hole"


def test_the_interval_counts_from_the_answer(desk: Market) -> None:
    desk.polling(prices=ticker())
    desk.later(0.7)
    answered_at = desk.time
    desk.answer()
    desk.forget()
    desk.later(5.0)
    assert desk.took(Fetch) == [answered_at + 1.0], "one question at a time"


def test_a_failed_question_is_told_and_tried_again_as_late_as_the_exchange_wants(
    desk: Market,
) -> None:
    desk.polling(prices=ticker())
    error = RateLimited("429", desk.time + 20.0)
    (fetch,) = desk.open_fetches()
    failed_at = desk.time
    desk.reply(fetch, error)
    assert [event.error for event in desk.heard(ErrorEvent)] == [error]
    desk.forget()
    desk.later(30.0)
    assert desk.took(Fetch) == [failed_at + 20.0]


def test_who_joins_what_is_polled_is_told_with_the_next_answer(desk: Market) -> None:
    desk.polling(prices=ticker())
    desk.answer()
    desk.forget()
    desk.subscribe("late", ticker())
    desk.later(0.5)
    assert desk.fetches == [], "it is read anyway"
    desk.later(0.5)
    desk.answer()
    assert desk.accepted == [{BTC}]


def test_a_market_that_joins_is_read_at_once(desk: Market) -> None:
    desk.polling(prices=ticker())
    desk.answer()
    desk.forget()
    desk.subscribe("late", ticker("KRW-ETH"))
    desk.later(0.02)
    (fetch,) = desk.answer()
    assert fetch.subject == Batch("ticker", ("KRW-BTC", "KRW-ETH"))
    assert desk.accepted[-1] == {BTC, ETH}


def test_what_nobody_wants_any_more_is_not_read(desk: Market) -> None:
    desk.polling(prices=ticker(), others=ticker("KRW-ETH"))
    desk.answer()
    desk.unsubscribe("others")
    desk.later(1.0)
    assert [fetch.subject for fetch in desk.answer()] == [Batch("ticker", ("KRW-BTC",))]


def test_a_refused_stream_is_not_read(desk: Market) -> None:
    desk.connected(prices=ticker())
    desk.subscribe("wrong", ticker("KRW-ETH"))
    desk.later(0.02)
    desk.receive(refusal("NO_CODES"))
    assert desk.state is S.RECONNECTING
    desk.later(4.0)
    assert desk.state is S.POLLING
    assert {fetch.subject for fetch in desk.fetches} == {Batch("ticker", ("KRW-BTC",))}


def test_a_book_is_read_as_deep_as_somebody_sees_it(desk: Market) -> None:
    desk.polling(shallow=book(5), deep=book(30))
    (fetch,) = desk.answer()
    assert fetch.call == orderbooks(("KRW-BTC",), 30)
    desk.protocol.hide("deep", hidden=True)
    desk.settle()
    (fetch,) = desk.answer()
    assert fetch.call == orderbooks(("KRW-BTC",), 5)


def test_what_was_asked_before_a_stop_is_not_heeded(desk: Market) -> None:
    desk.polling(prices=ticker())
    (fetch,) = desk.open_fetches()
    desk.stop()
    desk.start()
    desk.reply(fetch, quotes(Batch("ticker", ("KRW-BTC",)), 1.0))
    assert desk.heard(TickerEvent) == []


def test_the_socket_takes_over_without_a_hole(desk: Market) -> None:
    desk.polling(prices=ticker(), trades=trade())
    desk.answer(1.0, 1)
    desk.made()
    desk.forget()
    desk.hear(4)
    assert desk.numbers == []
    desk.answer(1.0, 1, 2, 3, 4)
    assert desk.numbers == [2, 3, 4]
    sources = [event.source for event in desk.heard(TradeEvent)]
    assert sources == [Source.REST, Source.REST, Source.WEBSOCKET]
    desk.later(1.0)
    desk.answer(1.0, 3, 4)
    desk.forget()
    desk.later(5.0)
    assert desk.fetches == [], "the socket carries everything"


# -- by choice -------------------------------------------------------------------------------------


def test_trades_that_are_polled_by_choice_are_read_on_beside_the_socket(desk: Market) -> None:
    desk.connected(prices=ticker(), trades=trade())
    desk.call(desk.protocol.choose_polling, [DataType.TRADE])
    desk.later(0.02)
    assert desk.requests[-1] == {BTC: 0}
    for number in (1, 2, 3):
        desk.answer(1.0, *range(1, number + 1))
        desk.later(1.0)
    assert desk.numbers == [1, 2, 3]
    assert {event.source for event in desk.heard(TradeEvent)} == {Source.POLLED}
    assert desk.accepted[-1] == {TRADES}
    assert desk.state is S.CONNECTED


def test_who_joins_what_is_polled_by_choice_is_told_with_the_next_answer(desk: Market) -> None:
    desk.start()
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    desk.subscribe("a", ticker())
    desk.later(0.02)
    desk.answer()
    desk.forget()
    desk.subscribe("b", ticker("KRW-ETH"))
    desk.later(0.02)
    desk.answer()
    assert desk.accepted == [{BTC, ETH}]
    assert desk.state is S.IDLE


def test_back_on_the_socket_what_was_traded_in_between_is_read(desk: Market) -> None:
    desk.start()
    desk.call(desk.protocol.choose_polling, [DataType.TRADE])
    desk.subscribe("a", trade())
    desk.later(0.02)
    desk.answer(1.0, 1)
    desk.call(desk.protocol.choose_polling, [])
    desk.later(0.02)
    desk.made()
    desk.hear(3)
    desk.answer(1.0, 1, 2, 3)
    assert desk.numbers == [1, 2, 3]


# -- holes -----------------------------------------------------------------------------------------


def test_what_was_missed_without_a_socket_is_read_and_put_in_its_place(desk: Market) -> None:
    desk.connected(trades=trade())
    desk.hear(1, 2)
    desk.lost()
    desk.reconnect()
    desk.forget()
    (late,) = numbered_trades([5])
    assert not desk.protocol.receive_messages((late,), desk.now), "there is something to ask"
    desk.settle()
    assert desk.numbers == []
    (fetch,) = desk.answer(1.0, 1, 2, 3, 4, 5)
    assert (fetch.subject, fetch.priority) == (TRADES, Priority.BACKFILL)
    assert desk.numbers == [3, 4, 5]
    assert desk.gaps == [(GapState.FOUND, 0), (GapState.FILLED, 2)]
    kinds = [type(event) for event in desk.events if isinstance(event, GapEvent | TradeEvent)]
    assert kinds == [GapEvent, TradeEvent, TradeEvent, TradeEvent, GapEvent]


def test_where_nothing_is_heard_what_was_missed_is_read_once_the_streams_flow(
    desk: Market,
) -> None:
    desk.connected(trades=trade())
    desk.hear(1)
    desk.lost()
    desk.reconnect()
    desk.forget()
    made_at = desk.time
    desk.later(1.0)
    assert desk.took(Fetch) == [made_at + 1.0]
    desk.answer(1.0, 1, 2)
    assert desk.numbers == [2]


def test_nothing_is_to_do_where_a_trade_follows_no_hole(desk: Market) -> None:
    desk.connected(trades=trade())
    first, second = numbered_trades([1, 2])
    assert desk.protocol.receive_messages((first,), desk.now)
    assert desk.protocol.receive_messages((second,), desk.now)


def test_what_comes_again_is_delivered_once_and_counted(desk: Market) -> None:
    desk.connected(trades=trade())
    desk.hear(1, 2)
    desk.hear(2, 1)
    assert desk.numbers == [1, 2]
    assert desk.protocol.statistics().repeated == 2


def test_a_hole_that_cannot_be_read_is_named_in_time(desk: Market) -> None:
    desk.connected(trades=trade())
    desk.hear(1)
    desk.lost()
    desk.reconnect()
    desk.hear(5)
    heard_at = desk.time
    (fetch,) = desk.open_fetches()
    desk.to(heard_at + 14.99)
    assert desk.numbers == [1]
    desk.to(heard_at + 15.0)
    assert desk.numbers == [1, 5]
    assert desk.gaps == [(GapState.FOUND, 0), (GapState.UNFILLABLE, 0)]
    named = desk.heard(GapEvent)[-1]
    assert named.since_ms <= BEGAN_MS + 1
    assert named.until_ms >= BEGAN_MS + 5
    desk.reply(fetch, traded(1, 2, 3, 4, 5))
    assert desk.numbers == [1, 5], "it was said that they would not come"


def test_a_frame_that_cannot_be_read_may_have_been_of_any_stream(desk: Market) -> None:
    desk.connected(trades=trade(), candles=candle())
    desk.hear(1)
    desk.forget()
    broken_at = desk.time
    assert not desk.protocol.receive_messages((b"broken",), desk.now), "a deadline is nearer"
    desk.settle()
    assert desk.fetches == []
    desk.later(1.0)
    assert desk.took(Fetch) == [broken_at + 1.0], "of the candles there was none yet"
    desk.answer(1.0, 1, 2)
    assert desk.numbers == [2]
    assert desk.gaps == [(GapState.FOUND, 0), (GapState.FILLED, 1)]


@pytest.mark.parametrize("error", [ConnectFailed("no route"), RateLimited("429", 0.0)])
def test_a_hole_is_asked_for_until_there_is_an_answer(desk: Market, error: Exception) -> None:
    desk.connected(trades=trade())
    desk.hear(1)
    desk.lost()
    desk.reconnect()
    desk.hear(3)
    (fetch,) = desk.open_fetches()
    desk.reply(fetch, error)
    desk.later(2.0)
    desk.answer(1.0, 1, 2, 3)
    assert desk.numbers == [1, 2, 3]


def test_a_line_that_seems_well_is_read_now_and_then(desk: Market) -> None:
    """It can fall silent behind a connection that delivers all others."""
    desk.connected(trades=trade(), prices=ticker())
    desk.hear(1)
    desk.answer(1.0, 1)
    desk.forget()
    silent_since = desk.time
    number = 0
    while desk.time < silent_since + 130.0:
        number += 1
        desk.receive(price(number))
        desk.later(5.0)
        desk.answer(1.0, 1, 2)
    assert desk.numbers == [2]
    assert desk.gaps == [(GapState.FOUND, 0), (GapState.FILLED, 1)]


def price(number: int) -> bytes:
    fields: dict[str, Any] = {"ty": "ticker", "cd": "KRW-BTC", "tms": number, "tp": 1.0}
    return json.dumps(fields).encode()


def test_of_the_other_kinds_the_newest_is_enough(desk: Market) -> None:
    desk.connected(prices=ticker())
    desk.receive(price(1))
    desk.lost()
    desk.reconnect()
    desk.receive(price(5))
    desk.later(10.0)
    assert [event.timestamp for event in desk.heard(TickerEvent)] == [1, 5]
    assert desk.fetches == []
    assert desk.heard(CandleEvent) == []


# -- any life --------------------------------------------------------------------------------------

SPECS = st.sampled_from([ticker(), ticker("KRW-BTC", "KRW-ETH"), book(5), book(5, "KRW-ETH")])
TYPES = st.sets(st.sampled_from([DataType.TICKER, DataType.ORDERBOOK]))
WAITS_S = st.sampled_from([0.01, 0.3, 1.0, 3.0, 6.0])


class Life(Market):
    """Random wishes, looks, choices and losses, compared with the naive rule."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__()
        self.draw = data.draw
        self.wishes: dict[int, set[Stream]] = {}
        self.unseen: set[int] = set()
        self.chosen: set[DataType] = set()

    def happen(self) -> None:
        """One thing out of all that can."""
        client = self.draw(st.integers(1, 3))
        match self.draw(st.sampled_from(HAPPENINGS)):
            case "subscribe":
                spec = self.draw(SPECS)
                self.subscribe(client, spec)
                self.wishes.setdefault(client, set()).update(spec.streams)
            case "leave":
                self.unsubscribe(client)
                self.wishes.pop(client, None)
                self.unseen.discard(client)
            case "look":
                hidden = self.draw(st.booleans())
                if self.protocol.hide(client, hidden=hidden):
                    self.unseen ^= {client}
                    self.settle()
            case "choose":
                self.chosen = self.draw(TYPES)
                self.call(self.protocol.choose_polling, self.chosen)
            case "dialled":
                if self.is_dialling:
                    self.made()
            case "failed":
                if self.is_dialling:
                    self.lost(ConnectFailed("no answer"))
            case "lost":
                if self.state is S.CONNECTED:
                    self.lost()
            case "pause":
                self.stop()
                self.start()
            case _:
                self.later(self.draw(WAITS_S))

    @property
    def is_dialling(self) -> bool:
        """Whether a dial can end now."""
        waits = self.protocol.recovery.retry_at is not None
        return self.state is S.CONNECTING or (self.state is S.POLLING and not waits)

    def read(self, seconds: int) -> set[Stream]:
        """Let time pass with every question answered; what was read."""
        read: set[Stream] = set()
        for _ in range(seconds):
            self.later(1.0)
            batches = [fetch.subject for fetch in self.answer()]
            read.update(*(batch.streams for batch in batches if isinstance(batch, Batch)))
        return read

    def check(self) -> None:
        """Compare what is carried and read with what is wanted and seen."""
        wanted = set[Stream]().union(*self.wishes.values())
        seen = [streams for client, streams in self.wishes.items() if client not in self.unseen]
        visible = set[Stream]().union(*seen)
        carried = {stream for stream in wanted if stream.data_type not in self.chosen}
        if not carried:
            assert self.state is S.IDLE
        elif self.state is S.CONNECTED:
            assert set(self.protocol.wire) == carried
        else:
            assert self.state is S.POLLING
        assert self.read(2) == (visible if self.state is S.POLLING else visible - carried)


HAPPENINGS = ("subscribe", "leave", "look", "choose", "dialled", "failed", "lost", "pause", "wait")


@given(st.data())
@settings(max_examples=250)
def test_any_life_over_rest(data: st.DataObject) -> None:
    """Whenever all is settled each stream is where it belongs: on the wire, or read if seen."""
    life = Life(data)
    life.start()
    for _ in range(4):
        for _ in range(data.draw(st.integers(1, 6))):
            life.happen()
            life.answer()
        life.read(8)
        life.check()
