"""The believable market: grids, sums, books and history agree at every instant."""

from __future__ import annotations

import itertools
import operator
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.simulator.market.book import DEPTH, Book, Moment
from upbit_ws_qt.simulator.market.days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from upbit_ws_qt.simulator.market.floor import Kind, TradingFloor
from upbit_ws_qt.simulator.market.grid import PriceGrid
from upbit_ws_qt.simulator.market.listing import MARKETS, Listing, select
from upbit_ws_qt.simulator.market.live import LiveMarket
from upbit_ws_qt.simulator.market.market import Market
from upbit_ws_qt.simulator.market.settle import least_volume, settle, tilted
from upbit_ws_qt.simulator.market.story import Candle, merged
from upbit_ws_qt.simulator.market.trades import Trade
from upbit_ws_qt.timeframe import Timeframe

NOW = 1_793_000_042_345  # 2026-10-26, 42 s into a minute
TODAY = NOW // DAY_MS
CODES = [row.code for row in MARKETS if row.listed_ms <= (TODAY - 300) * DAY_MS][::12]
FEW_CODES = ["KRW-BTC", "KRW-XRP", "KRW-SHIB", "KRW-AQT", "BTC-XLM", "USDT-BTC"]


def market(code: str, seed: int = 1, pace: float = 1.0) -> Market:
    return Market(select((code,))[0], seed, pace)


def take(
    market: Market, unit: Timeframe, to_ms: int, count: int, now_ms: int = NOW
) -> list[Candle]:
    found = (candle for candle in market.candles_backwards(unit, to_ms, now_ms) if candle)
    return list(itertools.islice(found, count))


def on_tick(market: Market, quanta: int) -> bool:
    price = market.grid.price(quanta)
    tick = Decimal(str(table_tick_size(market.code, price)))
    return Decimal(repr(price)) % tick == 0


# --- The listing -----------------------------------------------------------------------------


def test_several_dozen_markets_in_three_currencies_are_listed_once_each() -> None:
    assert len(MARKETS) >= 60
    assert len(set(CODES)) == len(CODES)
    assert {listing.quote for listing in MARKETS} == {"KRW", "BTC", "USDT"}
    bitcoin = MARKETS[0]
    assert (bitcoin.code, bitcoin.korean_name, bitcoin.english_name) == (
        "KRW-BTC",
        "비트코인",
        "Bitcoin",
    )


def test_only_krw_markets_group_their_book() -> None:
    assert [str(level) for level in MARKETS[0].levels[:3]] == ["0", "10000", "100000"]
    assert all(row.levels == (Decimal(0),) for row in MARKETS if row.quote != "KRW")


def test_an_unlisted_code_is_named() -> None:
    with pytest.raises(ValueError, match="KRW-NOPE"):
        select(("KRW-BTC", "KRW-NOPE"))


# --- The grid --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["KRW-XRP", "KRW-BTC", "BTC-ETH", "USDT-XRP"])
@given(price=st.floats(min_value=0.00002, max_value=3e8))
def test_every_rounded_price_lies_on_the_published_tick(code: str, price: float) -> None:
    grid = PriceGrid(code, 0.00001)
    found = grid.price(grid.quanta(price))
    tick = Decimal(str(table_tick_size(code, found)))
    assert Decimal(repr(found)) % tick == 0
    assert abs(found - price) <= float(tick) + price * 1e-15


def test_steps_cross_the_bands_of_the_table() -> None:
    grid = PriceGrid("KRW-TEST", 1.0)
    around = grid.quanta(100.0)
    assert grid.price(grid.step(around, 1)) == 101.0
    assert grid.price(grid.step(around, -1)) == 99.9
    assert grid.step(grid.step(around, -3), 3) == around
    assert grid.step(1, -5) == 1


# --- Volumes that add up ---------------------------------------------------------------------


@given(data=st.data())
def test_settled_volumes_meet_both_sums_exactly(data: st.DataObject) -> None:
    tick = data.draw(st.sampled_from([1, 5, 100]))
    span = data.draw(st.integers(0, 400))
    count = data.draw(st.integers(max(2, min(span, 2) + 1), 60))
    ends = [0, span, min(span, 1)]
    others = st.lists(st.integers(0, span), min_size=count, max_size=count)
    offsets = np.array((ends + data.draw(others))[: max(count, 3)], dtype=np.int64) * tick
    least = int(least_volume(np.array([span]), np.array([len(offsets)]))[0])
    volume = data.draw(st.integers(least, 10**12))
    share = data.draw(st.floats(0.1, 0.9))
    value = int(volume * share * span) * tick
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    volumes = settle(offsets, rng.lognormal(0, 1.3, len(offsets)), volume, value, tick)
    assert int(volumes.min()) >= 1
    assert int(volumes.sum()) == volume
    assert int(volumes @ offsets) == value


def test_a_mean_outside_the_offsets_cannot_be_reached() -> None:
    with pytest.raises(ValueError, match="between"):
        tilted(np.ones(3), np.array([0.0, 1.0, 2.0]), 2.5)


# --- Days, minutes, trades -------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_the_minutes_of_a_day_add_up_to_it(code: str) -> None:
    history = market(code).history
    for number in (TODAY, TODAY - 300):
        day, minutes = history.days.day(number), history.minutes(number)
        assert int(minutes.open[0]) == day.open
        assert int(minutes.high.max()) == day.high
        assert int(minutes.low.min()) == day.low
        assert int(minutes.close[-1]) == day.close
        assert int(minutes.volume.sum()) == day.volume
        assert minutes.value(0, len(minutes.minute)) == day.low * day.volume + day.value_above
        assert int(minutes.minute[-1]) * MINUTE_MS + int(minutes.last_ms[-1]) == day.last_ms
        assert (minutes.low <= np.minimum(minutes.open, minutes.close)).all()
        assert (minutes.high >= np.maximum(minutes.open, minutes.close)).all()


@pytest.mark.parametrize("code", CODES)
def test_every_day_leaves_room_for_its_minutes(code: str) -> None:
    days = market(code).history.days
    rows = days.days(0, TODAY + 500)
    assert int(rows.number[0]) == days.first_day
    assert (rows.low < rows.high).all()
    share = rows.value_above / (rows.volume.astype(float) * (rows.high - rows.low))
    assert share.min() > 0.1
    assert share.max() < 0.9


@pytest.mark.parametrize("pace", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("code", FEW_CODES)
def test_the_trades_of_a_minute_add_up_to_it(code: str, pace: float) -> None:
    story = market(code, pace=pace)
    minutes = story.history.minutes(TODAY)
    for row in range(0, len(minutes.minute), max(len(minutes.minute) // 12, 1)):
        trades = story.story.trades(TODAY * MINUTES_A_DAY + int(minutes.minute[row]))
        prices, volumes = trades.price, trades.volume
        assert len(trades) == int(minutes.count[row])
        assert (prices[0], prices[-1]) == (int(minutes.open[row]), int(minutes.close[row]))
        assert (max(prices), min(prices)) == (int(minutes.high[row]), int(minutes.low[row]))
        assert min(volumes) > 0
        scale = story.history.volume_scale
        assert sum(volumes) == int(minutes.volume[row]) * scale
        value = sum(price * volume for price, volume in zip(prices, volumes, strict=True))
        assert value == minutes.value(row, row + 1) * scale
        assert all(on_tick(story, price) for price in set(prices))
        assert trades.time == sorted(trades.time)
        assert trades.time[-1] - trades.start_ms == int(minutes.last_ms[row])


@pytest.mark.parametrize("seed", range(8))
def test_a_thin_market_at_a_wild_pace_still_adds_up(seed: int) -> None:
    story = market("USDT-BTC", seed, pace=100.0)
    # Days from the whole past: prices, and so volumes and ticks, were very different.
    for number in range(story.history.first_day, TODAY, 400):
        day, minutes = story.history.days.day(number), story.history.minutes(number)
        assert int(minutes.volume.sum()) == day.volume
        assert minutes.value(0, len(minutes.minute)) == day.low * day.volume + day.value_above
        row = number % len(minutes.minute)
        trades = story.story.trades(number * MINUTES_A_DAY + int(minutes.minute[row]))
        assert min(trades.volume) > 0
        scale = story.history.volume_scale
        assert sum(trades.volume) == int(minutes.volume[row]) * scale
        value = sum(map(operator.mul, trades.price, trades.volume))
        assert value == minutes.value(row, row + 1) * scale


def test_tiny_prices_count_whole_coins() -> None:
    listing = Listing("KRW-TINY", "티끌", "Tiny", 0.00002, 0.05, 0.0, 1e15, 5.0, NOW - 400 * DAY_MS)
    story = Market(listing, 1)
    assert story.history.volume_scale == 10**8
    day = story.history.days.day(TODAY)
    assert int(story.history.minutes(TODAY).volume.sum()) == day.volume
    candle = take(story, Timeframe.DAY, (TODAY + 1) * DAY_MS, 1, (TODAY + 1) * DAY_MS)[0]
    assert candle.volume == day.volume * 10**8
    assert candle.value == (day.low * day.volume + day.value_above) * 10**8


def test_days_follow_each_other_without_a_jump() -> None:
    story = market("KRW-BTC")
    rows = story.history.days.days(TODAY - 50, TODAY).rows()
    assert [row.number for row in rows] == list(range(TODAY - 50, TODAY))
    for before, after in itertools.pairwise(rows):
        assert abs(after.open - before.close) <= 2 * story.grid.tick(before.close)


def test_days_read_across_blocks_are_the_days_read_alone() -> None:
    days = market("KRW-BTC").history.days
    far = days.days(TODAY - 900, TODAY - 100).rows()
    assert len(far) == 800
    again = market("KRW-BTC").history.days
    assert [again.day(row.number) for row in far[::97]] == far[::97]


def test_nothing_was_traded_before_the_listing() -> None:
    story = market("KRW-PEPE")
    first = story.history.first_day
    assert len(story.history.days.days(first - 10, first + 2).number) == 2
    assert len(story.history.minutes(first - 1).minute) == 0
    assert story.last_trade(first * DAY_MS - 1) is None
    whole = take(story, Timeframe.YEAR, NOW, 100)
    assert whole[-1].start_ms == Timeframe.YEAR.start_of(first * DAY_MS)
    with pytest.raises(LookupError, match="KRW-PEPE"):
        LiveMarket(story, first * DAY_MS - 1)
    # On its first day a market compares with its own opening.
    first_trade = next(iter(story.history.minutes(first).open))
    live = LiveMarket(story, (first + 1) * DAY_MS - 1)
    assert live.prev_close == first_trade
    assert live.state().candle.start_ms == first * DAY_MS


def test_a_market_joins_the_floor_with_its_first_trade() -> None:
    listing = select(("KRW-PEPE",))[0]
    trading = TradingFloor((listing,), 1, 1.0, listing.listed_ms - 1)
    first_ms = Market(listing, 1).first_trade_ms(0)
    assert first_ms >= listing.listed_ms
    for now_ms, listed in ((first_ms - 1, False), (first_ms, True)):
        assert list(trading.run(now_ms)) == []
        assert ("KRW-PEPE" in trading.listings) is listed
        at_once = TradingFloor((listing,), 1, 1.0, now_ms)
        assert ("KRW-PEPE" in at_once.listings) is listed
    live = trading.live("KRW-PEPE")
    assert live.last.time_ms == first_ms
    assert live.state() == TradingFloor((listing,), 1, 1.0, first_ms).live("KRW-PEPE").state()


def test_searching_ends_with_the_listing() -> None:
    yesterday = Listing("KRW-NEW", "새", "New", 100.0, 0.05, 0.0, 1e6, 0.2, (TODAY - 1) * DAY_MS)
    story = Market(yesterday, 1)
    for unit in Timeframe:
        found = [candle for candle in story.candles_backwards(unit, NOW + 1, NOW) if candle]
        assert sum(candle.volume for candle in found) == sum(
            trade.volume for trade in story.trades_backwards(NOW) if trade
        )
    assert story.year_extremes(TODAY - 1) == (0, TODAY - 1, 0, TODAY - 1)


def test_a_coin_costs_about_the_same_in_all_its_markets() -> None:
    price = {
        code: market(code).grid.price(trade.price)
        for code in ("KRW-BTC", "KRW-ETH", "KRW-USDT", "BTC-ETH", "USDT-ETH")
        if (trade := market(code).last_trade(NOW))
    }
    assert price["BTC-ETH"] * price["KRW-BTC"] == pytest.approx(price["KRW-ETH"], rel=0.03)
    assert price["USDT-ETH"] * price["KRW-USDT"] == pytest.approx(price["KRW-ETH"], rel=0.03)


# --- Repeatable ------------------------------------------------------------------------------


def trades_of(story: Market, count: int) -> list[Trade]:
    live = LiveMarket(story, NOW)
    return [live.pop() for _ in range(count)]


def test_the_same_seed_makes_the_same_market_and_another_seed_another() -> None:
    first = trades_of(market("KRW-XRP", seed=5), 200)
    assert trades_of(market("KRW-XRP", seed=5), 200) == first
    assert trades_of(market("KRW-XRP", seed=6), 200) != first


def test_the_market_does_not_depend_on_who_looked_before() -> None:
    undisturbed = trades_of(market("KRW-ETH"), 50)
    story = market("KRW-ETH")
    take(story, Timeframe.MINUTE_240, NOW - 40 * DAY_MS, 100)
    take(story, Timeframe.SECOND_1, NOW, 50)
    LiveMarket(story, NOW - 3 * DAY_MS).pop()
    assert trades_of(story, 50) == undisturbed


def test_who_opens_later_finds_what_the_early_one_lived_through() -> None:
    story = market("KRW-DOGE")
    early = LiveMarket(story, NOW)
    while early.next_ms <= NOW + 200_000:
        early.pop()
    late = LiveMarket(market("KRW-DOGE"), NOW + 200_000)
    assert late.last == early.last
    # Who sold was not counted before it was opened.
    assert late.state()._replace(sold_volume=0) == early.state()._replace(sold_volume=0)
    assert late.book(NOW + 200_000) == early.book(NOW + 200_000)
    assert late.next_ms == early.next_ms


def test_a_faster_pace_makes_more_trades_of_the_same_days() -> None:
    slow, fast = market("KRW-SOL"), market("KRW-SOL", pace=5.0)
    assert fast.history.days.day(TODAY).close == slow.history.days.day(TODAY).close
    counts = [int(story.history.minutes(TODAY).count.sum()) for story in (slow, fast)]
    assert 4 < counts[1] / counts[0] < 6


# --- Candles ---------------------------------------------------------------------------------

COARSER = [
    (Timeframe.SECOND_1, Timeframe.MINUTE_1, 3),
    (Timeframe.MINUTE_1, Timeframe.MINUTE_3, 60),
    (Timeframe.MINUTE_1, Timeframe.MINUTE_5, 60),
    (Timeframe.MINUTE_5, Timeframe.MINUTE_10, 40),
    (Timeframe.MINUTE_5, Timeframe.MINUTE_15, 40),
    (Timeframe.MINUTE_15, Timeframe.MINUTE_30, 40),
    (Timeframe.MINUTE_30, Timeframe.MINUTE_60, 40),
    (Timeframe.MINUTE_60, Timeframe.MINUTE_240, 12),
    (Timeframe.MINUTE_240, Timeframe.DAY, 5),
    (Timeframe.DAY, Timeframe.WEEK, 6),
    (Timeframe.DAY, Timeframe.MONTH, 4),
    (Timeframe.MONTH, Timeframe.YEAR, 2),
]


@pytest.mark.parametrize(("fine", "coarse", "count"), COARSER)
@pytest.mark.parametrize("code", ["KRW-BTC", "KRW-AQT"])
def test_coarse_candles_are_the_exact_sums_of_fine_ones(
    code: str, fine: Timeframe, coarse: Timeframe, count: int
) -> None:
    story = market(code)
    wholes = take(story, coarse, NOW + 1, count)
    parts: dict[int, Candle] = {}
    for part in story.candles_backwards(fine, NOW + 1, NOW):
        if part is None:
            continue
        start = coarse.start_of(part.start_ms)
        if start < wholes[-1].start_ms:
            break
        later = parts.get(start)
        parts[start] = part if later is None else merged(part, later)
    expected = [part._replace(start_ms=start) for start, part in parts.items()]
    assert wholes == expected


def test_the_newest_candle_holds_exactly_the_trades_so_far() -> None:
    story = market("KRW-XRP")
    start = NOW // MINUTE_MS * MINUTE_MS
    trades = []
    for trade in story.trades_backwards(NOW):
        if trade is not None and trade.time_ms < start:
            break
        if trade is not None:
            trades.insert(0, trade)
    candle = take(story, Timeframe.MINUTE_1, NOW + 1, 1)[0]
    prices = [trade.price for trade in trades]
    assert candle == Candle(
        start,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(trade.volume for trade in trades),
        sum(trade.price * trade.volume for trade in trades),
        trades[-1].time_ms,
    )


@pytest.mark.parametrize("unit", list(Timeframe))
@pytest.mark.parametrize("code", ["KRW-BTC", "KRW-AQT"])
def test_pages_are_contiguous_and_to_is_exclusive(code: str, unit: Timeframe) -> None:
    story = market(code)
    count = 6 if unit is Timeframe.YEAR else 60
    together = take(story, unit, NOW + 1, count)
    paged: list[Candle] = []
    to_ms = NOW + 1
    while len(paged) < count:
        page = take(story, unit, to_ms, min(7, count - len(paged)))
        if not page:
            break
        assert all(candle.start_ms < to_ms for candle in page)
        paged += page
        to_ms = page[-1].start_ms
    assert paged == together
    starts = [candle.start_ms for candle in together]
    assert starts == sorted(set(starts), reverse=True)
    assert all(unit.start_of(start) == start for start in starts)


def test_a_minute_in_which_nobody_traded_has_no_candle() -> None:
    minutes = take(market("KRW-AQT"), Timeframe.MINUTE_1, NOW + 1, 200)
    gaps = [late.start_ms - early.start_ms for late, early in itertools.pairwise(minutes)]
    assert max(gaps) > MINUTE_MS
    assert all(candle.volume > 0 for candle in minutes)


@pytest.mark.parametrize("unit", Timeframe)
def test_the_last_moment_of_all_is_as_good_as_now(unit: Timeframe) -> None:
    bitcoin, last_of_all = market("KRW-BTC"), 253_402_300_799_999  # 9999-12-31
    assert take(bitcoin, unit, last_of_all, 2) == take(bitcoin, unit, NOW + 1, 2)


def test_a_candle_asked_from_inside_a_week_is_the_whole_week() -> None:
    story = market("KRW-BTC")
    monday = Timeframe.WEEK.start_of(NOW) - 14 * DAY_MS
    inside = take(story, Timeframe.WEEK, monday + 2 * DAY_MS, 1)[0]
    assert inside == take(story, Timeframe.WEEK, monday + 7 * DAY_MS, 1)[0]
    assert inside.start_ms == monday


# --- The live market -------------------------------------------------------------------------


@pytest.mark.parametrize("code", FEW_CODES)
def test_tickers_candles_and_books_agree_with_the_trades_at_every_instant(code: str) -> None:
    story = market(code)
    live = LiveMarket(story, NOW)
    sold = bought = 0
    before = live.state()
    for _ in range(150):
        trade = live.pop()
        sold += trade.volume if trade.sold else 0
        bought += 0 if trade.sold else trade.volume
        check_book(story, live.book(trade.time_ms), trade)
        if trade.time_ms == live.next_ms:
            continue  # Another fill of the same ms: history knows only whole ms.
        state = live.state()
        day = take(story, Timeframe.DAY, trade.time_ms + 1, 1, trade.time_ms)[0]
        assert state.candle == day
        assert state.year_high >= day.high
        assert 0 < state.year_low <= day.low
        assert state.volume_24h >= day.volume or trade.time_ms // DAY_MS != NOW // DAY_MS
        if before.candle.start_ms == day.start_ms:
            assert state.sold_volume - before.sold_volume == sold
            assert day.volume - before.candle.volume == sold + bought
            assert state.prev_close == story.history.days.day(day.start_ms // DAY_MS - 1).close
        for unit in (Timeframe.SECOND_1, Timeframe.MINUTE_1, Timeframe.MINUTE_240):
            assert live.candle(unit) == take(story, unit, trade.time_ms + 1, 1, trade.time_ms)[0]


def check_book(story: Market, book: Book, trade: Trade) -> None:
    asks, bids = [price for price, _ in book.asks], [price for price, _ in book.bids]
    assert asks == sorted(set(asks))
    assert bids == sorted(set(bids), reverse=True)
    assert book.best_bid[0] < book.best_ask[0]
    assert book.best_bid[0] <= trade.price <= book.best_ask[0]
    assert (book.best_bid[0], book.best_ask[0]) == (trade.bid, trade.ask)
    assert trade.price == (trade.bid if trade.sold else trade.ask)
    assert len(asks) == DEPTH
    assert all(size > 0 for _, size in [*book.asks, *book.bids])
    assert all(on_tick(story, price) for price in asks + bids)
    assert book.changed_ms >= trade.time_ms


@pytest.mark.parametrize("code", ["KRW-BTC", "KRW-XRP", "KRW-ANKR"])
def test_a_trade_takes_exactly_its_volume_from_the_level_it_hits(code: str) -> None:
    live = LiveMarket(market(code), NOW)
    compared = 0
    for _ in range(300):
        just_before = live.next_ms - 1
        # Levels are drawn anew on the grid only: look where no grid point lies between.
        if just_before // 100 == live.next_ms // 100:
            old = live.book(just_before)
            trade = live.pop()
            if trade.time_ms == live.next_ms:
                continue
            new = live.book(trade.time_ms)
            sizes_before = dict([*old.asks, *old.bids])
            sizes_after = dict([*new.asks, *new.bids])
            if trade.price in sizes_before and trade.price in sizes_after:
                compared += 1
                assert sizes_before[trade.price] - sizes_after[trade.price] == trade.volume
        else:
            live.pop()
    assert compared > 50


@pytest.mark.parametrize(
    ("code", "duration_ms", "fewest"), [("KRW-BTC", 25_000, 100), ("KRW-GRT", 600_000, 50)]
)
def test_books_change_between_trades_and_say_when(code: str, duration_ms: int, fewest: int) -> None:
    live = LiveMarket(market(code), NOW)
    changes = 0
    last = live.book(NOW)
    until_ms = NOW
    for now_ms in range((NOW // 100 + 1) * 100, NOW + duration_ms, 100):
        traded = live.next_ms <= now_ms
        while live.next_ms <= now_ms:
            live.pop()
        book = live.book(now_ms)
        assert now_ms >= book.changed_ms >= last.changed_ms
        if (book.asks, book.bids) != (last.asks, last.bids):
            changes += 1
            assert book.changed_ms > last.changed_ms
            assert traded or now_ms >= until_ms
        until_ms = book.until_ms
        assert until_ms > now_ms
        last = book
    assert changes > fewest


def test_grouped_books_are_in_steps_of_the_level_and_hold_the_fine_ones() -> None:
    live = LiveMarket(market("KRW-BTC"), NOW)
    grid = live.market.grid
    fine = live.book(NOW)
    for level in (grid.quanta(10_000.0), grid.quanta(1_000_000.0)):
        book = live.book(NOW, level)
        assert all(price % level == 0 for price, _ in [*book.asks, *book.bids])
        assert book.best_bid[0] <= fine.best_bid[0] < fine.best_ask[0] <= book.best_ask[0]
        assert len(book.asks) == DEPTH
        top = sum(size for price, size in fine.asks if price <= book.best_ask[0])
        assert book.best_ask[1] >= top
        if len(fine.asks) and fine.asks[-1][0] > book.best_ask[0]:
            assert book.best_ask[1] == top


def test_a_side_near_zero_is_short() -> None:
    listing = Listing("BTC-DUST", "먼지", "Dust", 5e-8, 0.01, 0.0, 1e6, 1.0, NOW - 400 * DAY_MS)
    live = LiveMarket(Market(listing, 1), NOW)
    book = live.book(NOW)
    assert 0 < len(book.bids) < DEPTH
    assert len(book.asks) == DEPTH
    assert live.best(NOW) == (book.best_ask, book.best_bid)
    grouped = live.book(NOW, 10)
    assert grouped.bids == []
    assert grouped.best_bid == (0, 0)
    assert grouped.best_ask[0] % 10 == 0
    moment = Moment(NOW, live.last.time_ms, live.market.story.trades(NOW // MINUTE_MS), 0)
    assert live.market.books.size(moment, 0) == 0


def test_a_book_forgets_and_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = [LiveMarket(market("KRW-ETH"), NOW).book(NOW + step) for step in (0, 900, 0)]
    monkeypatch.setattr("upbit_ws_qt.simulator.market.book._REMEMBERED", 3)
    live = LiveMarket(market("KRW-ETH"), NOW)
    assert [live.book(NOW + step) for step in (0, 900, 0)] == undisturbed
    assert len(live.market.books._lives) <= 5


def test_the_book_of_a_quiet_market_is_as_old_as_its_last_change() -> None:
    live = LiveMarket(market("KRW-AQT"), NOW)
    ages = []
    for step in range(0, 60_000, 1_000):
        now_ms = NOW + step
        while live.next_ms <= now_ms:
            live.pop()
        book = live.book(now_ms)
        ages.append(now_ms - book.changed_ms)
        assert live.book(book.changed_ms if book.changed_ms > live.last.time_ms else now_ms)[
            1:3
        ] == (book.asks, book.bids)
    assert max(ages) > 1_000


def test_the_quiet_market_trades_once_in_minutes_and_the_busy_one_in_bursts() -> None:
    quiet, busy = LiveMarket(market("KRW-AQT"), NOW), LiveMarket(market("KRW-BTC"), NOW)
    quiet_gap = (-quiet.pop().time_ms + [quiet.pop() for _ in range(50)][-1].time_ms) / 50
    assert quiet_gap > 2 * MINUTE_MS
    seconds = [busy.pop().time_ms // 1000 for _ in range(3000)]
    a_second = [len(list(group)) for _, group in itertools.groupby(seconds)]
    assert max(a_second) >= 10
    assert 3000 / (seconds[-1] - seconds[0]) > 1


def test_a_new_day_begins_at_midnight_utc_with_the_first_trade() -> None:
    midnight = (TODAY + 1) * DAY_MS
    story = market("KRW-HUNT")
    live = LiveMarket(story, midnight - 600_000)
    while live.next_ms < midnight:
        live.pop()
    old = live.state()
    assert old.candle.start_ms == midnight - DAY_MS
    # Nobody has traded yet: whoever opens now still sees the old day.
    opened = LiveMarket(story, midnight + 1)
    assert opened.state().candle == old.candle
    minutes = take(story, Timeframe.MINUTE_1, midnight + 2, 1, midnight + 1)
    assert minutes[0] == opened.candle(Timeframe.MINUTE_1)
    assert take(story, Timeframe.DAY, midnight + 2, 1, midnight + 1) == [old.candle]
    trade = live.pop()
    new = live.state()
    assert new.candle == Candle(
        midnight,
        trade.price,
        trade.price,
        trade.price,
        trade.price,
        trade.volume,
        trade.price * trade.volume,
        trade.time_ms,
    )
    assert new.prev_close == old.candle.close
    assert new.volume_24h > new.candle.volume
    assert new.sold_volume == (trade.volume if trade.sold else 0)


@pytest.mark.parametrize("code", ["KRW-ETH", "KRW-AQT"])
def test_a_day_rolls_by_whole_minutes(code: str) -> None:
    story = market(code)
    state = LiveMarket(story, NOW).state()
    first = (NOW // MINUTE_MS - MINUTES_A_DAY) * MINUTE_MS
    minutes = [
        candle
        for candle in take(story, Timeframe.MINUTE_1, NOW + 1, MINUTES_A_DAY + 2)
        if candle.start_ms >= first
    ]
    last = NOW // MINUTE_MS * MINUTE_MS
    if minutes[0].start_ms < last:
        # The rolling day is as of the last trade.
        first = minutes[0].start_ms - DAY_MS
        minutes = [
            candle
            for candle in take(story, Timeframe.MINUTE_1, NOW + 1, MINUTES_A_DAY + 2)
            if candle.start_ms >= first
        ]
    assert state.volume_24h == sum(candle.volume for candle in minutes)
    assert state.value_24h == sum(candle.value for candle in minutes)


def test_trades_backwards_are_the_trades_forwards() -> None:
    story = market("KRW-MINA")
    live = LiveMarket(story, NOW)
    forwards = [live.pop() for _ in range(40)]
    backwards = story.trades_backwards(forwards[-1].time_ms)
    found = list(itertools.islice((trade for trade in backwards if trade), 40))
    assert found[::-1] == forwards
    ids = [trade.sequential_id for trade in forwards]
    assert ids == sorted(set(ids))
    assert all(trade.sequential_id // 10_000 == trade.time_ms for trade in forwards)


# --- The floor -------------------------------------------------------------------------------


def floor(*codes: str, pace: float = 1.0) -> TradingFloor:
    return TradingFloor(select(codes or None), 1, pace, NOW)


def test_things_happen_in_order_and_a_second_ends_before_the_next_ones_trades() -> None:
    trading = floor("KRW-BTC", "KRW-XRP", "KRW-AQT", pace=50.0)
    for code in trading.listings:
        trading.watch_book(code)
    happened = []
    for found in trading.run(NOW + 30_000):
        happened.append(found)
        if found.kind is Kind.SECOND:
            assert found.watched.live.last.time_ms < found.time_ms
    order = [(found.time_ms, found.kind) for found in happened]
    assert order == sorted(order)
    assert {found.kind for found in happened} == {Kind.SECOND, Kind.TRADE, Kind.BOOK}
    assert trading.now_ms == NOW + 30_000
    for found in happened:
        if found.kind is Kind.BOOK:
            assert found.time_ms % 100 == 0
        elif found.kind is Kind.SECOND:
            assert found.time_ms % 1000 == 0


def test_a_run_in_pieces_is_the_run_at_once() -> None:
    at_once, pieces = floor("KRW-ETH"), floor("KRW-ETH")
    for trading in (at_once, pieces):
        trading.watch("KRW-ETH")
    whole = [found.trade for found in at_once.run(NOW + 20_000) if found.trade]
    parts = [
        found.trade
        for until in range(NOW, NOW + 20_001, 7)
        for found in pieces.run(until)
        if found.trade
    ]
    assert parts
    assert parts == [trade for trade in whole if trade.time_ms <= pieces.now_ms]


def test_markets_that_nobody_watches_do_nothing() -> None:
    trading = floor()
    trading.watch("KRW-BTC")
    trading.watch_book("KRW-XRP")
    trading.unwatch("KRW-XRP", only_book=True)
    kinds = {(found.watched.live.market.code, found.kind) for found in trading.run(NOW + 20_000)}
    assert ("KRW-XRP", Kind.TRADE) in kinds
    assert not any(kind is Kind.BOOK for _, kind in kinds)
    trading.unwatch("KRW-BTC")
    trading.unwatch("KRW-BTC")
    assert {found.watched.live.market.code for found in trading.run(NOW + 40_000)} == {"KRW-XRP"}


def test_watching_again_follows_on_without_repeating_or_losing_a_trade() -> None:
    trading, undisturbed = floor("KRW-BTC"), floor("KRW-BTC")
    undisturbed.watch("KRW-BTC")
    expected = [found.trade for found in undisturbed.run(NOW + 10_000) if found.trade]
    seen: list[Trade] = []
    for step in range(10):
        trading.unwatch("KRW-BTC")
        trading.watch("KRW-BTC")
        seen += [found.trade for found in trading.run(NOW + 1000 * (step + 1)) if found.trade]
    assert seen == expected


def test_a_book_is_reported_again_when_it_changes_by_itself() -> None:
    trading = floor("KRW-KAVA")
    watched = trading.watch_book("KRW-KAVA")
    reports = 0
    for found in trading.run(NOW + 60_000):
        if found.kind is Kind.BOOK:
            reports += 1
            book = watched.live.book(found.time_ms)
            trading.book_drawn("KRW-KAVA", book.until_ms)
    assert reports > 5
    trading.unwatch("KRW-KAVA")
    trading.book_drawn("KRW-KAVA", NOW)
    assert list(trading.run(NOW + 120_000)) == []


def test_after_a_stall_the_market_goes_on_from_now() -> None:
    trading = floor("KRW-BTC")
    trading.watch_book("KRW-BTC")
    trading.skip_to(NOW + 3_600_000)
    times = [found.time_ms for found in trading.run(NOW + 3_605_000)]
    assert times
    assert min(times) > NOW + 3_600_000
