"""A customer's fills and pauses change a market exactly, and everywhere the same."""

from __future__ import annotations

import functools
import itertools
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.simulator.market.book import DEPTH, Book
from upbit_ws_qt.simulator.market.days import DAY_MS, MINUTE_MS
from upbit_ws_qt.simulator.market.floor import Kind, TradingFloor
from upbit_ws_qt.simulator.market.grid import PriceGrid
from upbit_ws_qt.simulator.market.ledger import FOREVER, Ledger
from upbit_ws_qt.simulator.market.listing import Listing
from upbit_ws_qt.simulator.market.live import LiveMarket
from upbit_ws_qt.simulator.market.market import Market
from upbit_ws_qt.simulator.market.story import Candle
from upbit_ws_qt.simulator.market.trades import Trade
from upbit_ws_qt.timeframe import Timeframe

MIDNIGHT = 20_753 * DAY_MS  # 2026-10-27
START = MIDNIGHT - 5_400_000
LISTED = MIDNIGHT - 2 * DAY_MS


def listing(code: str, price: float, daily_volume: float, pace: float = 0.3) -> Listing:
    return Listing(code, "새", "New", price, 0.05, 0.0, daily_volume, pace, LISTED)


LISTINGS = {
    row.code: row
    for row in (
        listing("KRW-NEW", 1_250.0, 1e6),
        listing("KRW-TINY", 0.00002, 1e15),
        listing("BTC-NEW", 0.00031, 3e4),
        listing("KRW-BUSY", 116_000_000.0, 40.0, pace=3.0),
    )
}


@functools.cache
def seeded_trades(code: str, seed: int) -> list[Trade]:
    """What happens in the market as seeded, from its listing to four days later."""
    found = Market(LISTINGS[code], seed).trades_backwards(LISTED + 4 * DAY_MS)
    return [trade for trade in found if trade][::-1]


def candle(start_ms: int, trades: list[Trade]) -> Candle:
    prices = [trade.price for trade in trades]
    return Candle(
        start_ms,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(trade.volume for trade in trades),
        sum(trade.price * trade.volume for trade in trades),
        trades[-1].time_ms,
    )


def candles(unit: Timeframe, trades: list[Trade]) -> list[Candle]:
    slots = itertools.groupby(trades, key=lambda trade: unit.start_of(trade.time_ms))
    return [candle(start_ms, list(slot)) for start_ms, slot in slots]


class Session:
    """A customer and an operator at work in one market, and a naive account of what they did."""

    def __init__(self, code: str, seed: int, opened_ms: int) -> None:
        self.code, self.seed = code, seed
        self.floor = TradingFloor((), seed, 1.0, START)
        self.first_ms = self.floor.list_at(LISTINGS[code], opened_ms)
        self.holes = [[0, opened_ms]]
        self.extra: list[Trade] = []
        self.walked: list[Trade] = []
        self.begun = max(self.first_ms, START)
        for _ in self.floor.run(self.begun):
            pass
        self.floor.keep(code)

    @property
    def live(self) -> LiveMarket:
        return self.floor.live(self.code)

    @property
    def halted(self) -> bool:
        return self.floor.is_halted(self.code)

    def advance(self, duration_ms: int, dice: random.Random | None = None) -> None:
        for happening in self.floor.run(self.floor.now_ms + duration_ms):
            if happening.kind is Kind.TRADE:
                assert happening.trade
                self.walked.append(happening.trade)
                # As the broker does: right after a seeded trade, be it one of several of its ms.
                if dice is not None and dice.random() < 0.1 and not self.halted:
                    self.fill(dice)

    def fill(self, dice: random.Random) -> None:
        takes = dice.random() < 0.5
        level = 0 if takes else dice.randrange(4)
        part = 1.0 if dice.random() < 0.4 else dice.random()
        self.trade(asks=dice.random() < 0.5, takes=takes, level=level, part=part)

    def trade(
        self, *, asks: bool = True, takes: bool = True, level: int = 0, part: float = 0.5
    ) -> None:
        offers = self.floor.offers(self.code, asks=asks)
        price, size = next(itertools.islice(offers, level, None))
        done = self.floor.execute(
            self.code, price, int(size * part) or 1, sold=not asks, taker_is_customer=takes
        )
        assert done.trade is not None
        assert done.trade == self.live.last
        self.extra.append(done.trade)

    def rest(self, dice: random.Random) -> None:
        book = self.live.book(self.floor.now_ms)
        ask = dice.random() < 0.5
        inside = self.live.market.grid.step(book.best_bid[0], 1)
        prices = [price for price, _ in (book.asks if ask else book.bids)[::7]]
        if book.best_bid[0] < inside < book.best_ask[0]:
            prices.append(inside)
        ledger = self.live.market.ledger
        price = dice.choice(prices)
        for facing in [*(ledger.bids if ask else ledger.asks)]:
            if (facing >= price) if ask else (facing <= price):
                self.floor.rest(self.code, facing, 0, ask=not ask)
        self.floor.rest(self.code, price, dice.choice([0, 1, 12_345, 10**12]), ask=ask)

    def halt(self, *, on: bool) -> None:
        if on != self.halted:
            self.floor.halt(self.code, on)
            if on:
                self.holes.append([self.floor.now_ms + 1, FOREVER])
            else:
                self.holes[-1][1] = self.floor.now_ms
                # What is due at this very ms is still to come.
                self.advance(0)

    def expected(self) -> list[Trade]:
        now_ms = self.floor.now_ms
        seeded = (
            trade
            for trade in seeded_trades(self.code, self.seed)
            if trade.time_ms <= now_ms
            and not any(start <= trade.time_ms < end for start, end in self.holes)
        )
        return sorted([*seeded, *self.extra])

    def check(self) -> None:
        now_ms, trades, market = self.floor.now_ms, self.expected(), self.live.market
        assert [trade for trade in market.trades_backwards(now_ms) if trade] == trades[::-1]
        lived = sorted([*self.walked, *self.extra])
        assert lived == [
            trade for trade in trades if trade.time_ms > self.begun or not trade.is_seeded
        ]
        for unit in Timeframe:
            found = [row for row in market.candles_backwards(unit, now_ms + 1, now_ms) if row]
            assert found[::-1] == candles(unit, trades), unit
        self.check_day(trades)
        anew = LiveMarket(market, now_ms)
        assert anew.last == self.live.last == trades[-1]
        assert anew.next_ms == self.live.next_ms
        assert anew.state() == self.live.state()
        for unit in Timeframe:
            if unit.is_streamed:
                newest = candles(unit, trades)[-1]
                assert anew.candle(unit) == self.live.candle(unit) == newest
        for level in (0, 10, 1000):
            book = self.live.book(now_ms, level)
            assert anew.book(now_ms, level) == book
            check_book(book, now_ms)
        book = self.live.book(now_ms)
        assert self.live.best(now_ms) == (book.best_ask, book.best_bid)

    def check_day(self, trades: list[Trade]) -> None:
        state, days = self.live.state(), candles(Timeframe.DAY, trades)
        since = trades[-1].time_ms // MINUTE_MS * MINUTE_MS - DAY_MS
        rolling = candle(0, [trade for trade in trades if trade.time_ms >= since])
        assert state.candle == days[-1]
        assert (state.volume_24h, state.value_24h) == (rolling.volume, rolling.value)
        assert state.prev_close == (days[-2].close if len(days) > 1 else days[0].open)
        assert state.year_high == max(day.high for day in days)
        assert state.year_low == min(day.low for day in days)
        highest = [day.start_ms // DAY_MS for day in days if day.high == state.year_high]
        lowest = [day.start_ms // DAY_MS for day in days if day.low == state.year_low]
        assert state.year_high_day in highest
        assert state.year_low_day in lowest


def check_book(book: Book, now_ms: int) -> None:
    asks, bids = [price for price, _ in book.asks], [price for price, _ in book.bids]
    assert asks == sorted(set(asks))
    assert bids == sorted(set(bids), reverse=True)
    assert len(asks) == DEPTH
    assert not bids or 0 < bids[0] <= asks[0]
    assert all(size > 0 for _, size in [*book.asks, *book.bids])
    assert book.changed_ms <= now_ms < book.until_ms


ACTIONS = st.lists(
    st.one_of(
        st.sampled_from(["fill", "rest", "halt", "resume"]),
        st.sampled_from([0, 1, 50, 999, 5_000, 61_000, 700_000, 4_000_000]),
    ),
    min_size=3,
    max_size=25,
)


@settings(max_examples=30)
@given(
    code=st.sampled_from(sorted(LISTINGS)),
    seed=st.integers(1, 2),
    opened_ms=st.sampled_from([LISTED, LISTED + 12_345_678, MIDNIGHT - DAY_MS, START - 99_999]),
    actions=ACTIONS,
    dice=st.randoms(use_true_random=False),
)
def test_whatever_is_done_to_a_market_everything_agrees_with_its_trades(
    code: str, seed: int, opened_ms: int, actions: list[str | int], dice: random.Random
) -> None:
    session = Session(code, seed, opened_ms)
    for action in actions:
        if isinstance(action, int):
            session.advance(action, dice)
        elif action in {"halt", "resume"}:
            session.halt(on=action == "halt")
        elif not session.halted:
            (session.fill if action == "fill" else session.rest)(dice)
    session.check()


def test_a_halt_over_midnights_leaves_days_out_and_the_close_before_stays() -> None:
    session = Session("KRW-NEW", 1, LISTED)
    session.trade()
    session.halt(on=True)
    session.advance(DAY_MS + 7_200_000)
    assert session.live.next_ms == FOREVER
    session.check()
    session.halt(on=False)
    session.advance(3_600_000)
    session.trade(asks=False)
    session.check()
    days = candles(Timeframe.DAY, session.expected())
    starts = [day.start_ms for day in days]
    assert starts == [LISTED, LISTED + DAY_MS, LISTED + 3 * DAY_MS]
    assert session.live.state().prev_close == days[1].close


def test_the_first_trade_of_a_day_may_be_a_customers() -> None:
    session = Session("KRW-NEW", 1, LISTED)
    session.halt(on=True)
    session.advance(MIDNIGHT + 1_000 - START)
    session.halt(on=False)
    before = session.live.state()
    session.trade()
    session.check()
    state = session.live.state()
    assert state.candle.start_ms == MIDNIGHT
    assert state.prev_close == before.candle.close
    assert state.sold_volume == 0
    assert state.candle.volume == session.extra[0].volume
    session.advance(3_600_000)
    session.check()


def test_who_looked_ahead_sees_a_later_fill_as_well() -> None:
    session = Session("KRW-NEW", 1, LISTED)
    session.trade(takes=False)
    market, ahead_ms = session.live.market, START + 2 * DAY_MS
    for _ in range(2):
        for unit in (Timeframe.MINUTE_5, Timeframe.DAY):
            rows = [row for row in market.candles_backwards(unit, ahead_ms, ahead_ms) if row]
            at = unit.start_of(START)
            found = next(row for row in rows if row.start_ms == at)
            seeded = [
                trade for trade in seeded_trades("KRW-NEW", 1) if unit.start_of(trade.time_ms) == at
            ]
            assert found == candle(at, sorted([*seeded, *session.extra]))
        session.trade(takes=False)


def test_a_customer_who_trades_in_the_first_minute_of_a_listing() -> None:
    session = Session("KRW-NEW", 1, START + 60_000)
    assert session.first_ms >= START + 60_000
    session.trade()
    session.check()
    # On its first day a market compares with its own opening, which was a seeded trade.
    assert session.live.prev_close == session.expected()[0].price


def test_fills_fit_between_two_seeded_trades_of_one_ms() -> None:
    code = "KRW-BUSY"
    first = next(
        early
        for early, late in itertools.pairwise(seeded_trades(code, 1))
        if early.time_ms == late.time_ms > START
    )
    session = Session(code, 1, LISTED)
    for happening in session.floor.run(first.time_ms):
        assert happening.trade or happening.kind is Kind.SECOND
        if happening.trade is None:
            continue
        session.walked.append(happening.trade)
        if happening.trade == first:
            session.trade()
            session.trade(asks=False, takes=False, level=3)
    session.check()
    ids = [trade.sequential_id for trade in session.expected()]
    assert ids == sorted(set(ids))
    at = session.expected().index(first)
    assert [trade.is_seeded for trade in session.expected()[at : at + 4]] == [
        True,
        False,
        False,
        True,
    ]


def test_a_hundred_fills_between_two_trades_of_one_ms_are_too_many() -> None:
    session = Session("KRW-BUSY", 1, LISTED)
    first = next(
        early
        for early, late in itertools.pairwise(seeded_trades("KRW-BUSY", 1))
        if early.time_ms == late.time_ms > START
    )
    happenings = session.floor.run(first.time_ms)
    assert any(happening.trade == first for happening in happenings)
    price = session.live.last.price
    fill = functools.partial(session.live.fill, first.time_ms, price, 1, sold=True, takes=False)
    for _ in range(99):
        fill()
    with pytest.raises(ValueError, match="no number"):
        fill()
    # Later in the same ms there is room for more.
    for _ in happenings:
        pass
    found = [fill().sequential_id for _ in range(300)]
    assert found == sorted(set(found))
    assert not any(number % 100 == 0 for number in found)


# --- The ledger alone ------------------------------------------------------------------------


def trade(time_ms: int, number: int = 1) -> Trade:
    return Trade(time_ms, number, 100, 5, sold=False, bid=99, ask=101)


def test_the_ledger_takes_trades_in_order_and_none_while_closed() -> None:
    ledger = Ledger()
    assert ledger.is_blank
    ledger.add(trade(1_000), takes=True)
    ledger.add(trade(1_000, 2), takes=False)
    for late in (trade(1_000, 2), trade(999)):
        with pytest.raises(ValueError, match="is expected"):
            ledger.add(late, takes=False)
    ledger.close(2_000)
    with pytest.raises(ValueError, match="closed"):
        ledger.add(trade(2_000), takes=False)
    ledger.reopen(3_000)
    ledger.add(trade(3_000), takes=False)
    assert ledger.between(1_000, 3_000) == [trade(1_000), trade(1_000, 2)]
    assert ledger.taken_since(trade(999, 100)) == [trade(1_000)]
    assert ledger.taken_since(trade(1_000, 100)) == []


def test_a_pause_of_no_length_never_was() -> None:
    ledger = Ledger()
    ledger.close(5_001)
    ledger.close(9_000)
    assert ledger.is_closed
    assert ledger.hole_at(5_000) is None
    assert ledger.hole_at(9_000) == (5_001, FOREVER)
    ledger.reopen(5_000)
    ledger.reopen(6_000)
    assert ledger.is_blank
    assert not ledger.is_closed


@given(
    start=st.integers(0, 3 * DAY_MS),
    length=st.sampled_from([1, 59_999, MINUTE_MS, 150_000, DAY_MS, 2 * DAY_MS]),
)
def test_the_minutes_of_a_hole_are_cut_or_touched(start: int, length: int) -> None:
    ledger = Ledger()
    ledger.close(start)
    ledger.reopen(start + length)
    for day in range(6):
        cut = {minute for first, end in ledger.cut(day) for minute in range(first, end)}
        touched = set(ledger.minutes_of(day))
        assert not cut & touched
        assert bool(cut | touched) == ledger.touches_day(day)
        first_ms = day * DAY_MS
        for minute in {0, 1439, *touched, start % DAY_MS // MINUTE_MS}:
            begin = first_ms + minute * MINUTE_MS
            inside = sum(start <= ms < start + length for ms in (begin, begin + MINUTE_MS - 1))
            whole = inside == 2
            assert (minute in cut) == whole
            if minute in touched:
                assert ledger.touches(day * 1440 + minute)
        assert all(ledger.touches(day * 1440 + minute) for minute in sorted(cut)[:3])


# --- Prices as customers write them ----------------------------------------------------------


@given(st.integers(1, 10**7))
def test_exact_prices_lead_back_to_their_quanta(rough: int) -> None:
    grid = PriceGrid("KRW-XRP", 70.0)
    quanta = rough // grid.tick(rough) * grid.tick(rough)
    price = grid.exact_price(quanta)
    assert float(price) == grid.price(quanta)
    assert grid.quanta_of(price) == (quanta or None)
    assert grid.quanta_of(price + Decimal("0.00000001")) is None


@pytest.mark.parametrize(
    ("price", "quanta"),
    [
        ("3155", 31550),
        ("3155.0000", 31550),
        ("3155.1", None),
        ("0", None),
        ("-5", None),
        ("NaN", None),
        ("Infinity", None),
        ("1E+999999", None),
        ("1E-999999", None),
    ],
)
def test_only_prices_on_the_grid_have_quanta(price: str, quanta: int | None) -> None:
    assert PriceGrid("KRW-XRP", 70.0).quanta_of(Decimal(price)) == quanta
