"""The trading floor with a customer and an operator: books, halts, listings, what is sent."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.market.book import DEPTH, Book
from upbit_ws_qt.simulator.market.days import DAY_MS
from upbit_ws_qt.simulator.market.floor import Happening, Kind, TradingFloor
from upbit_ws_qt.simulator.market.listing import Listing, select
from upbit_ws_qt.simulator.market.live import LiveMarket
from upbit_ws_qt.simulator.streams.hub import Hub
from upbit_ws_qt.simulator.streams.packet import Packet
from upbit_ws_qt.simulator.streams.request import Wish

NOW = 1_793_000_042_345
CODE = "KRW-XRP"


def floor(*codes: str) -> TradingFloor:
    return TradingFloor(select(codes or (CODE,)), 1, 1.0, NOW)


def followed(code: str = CODE) -> TradingFloor:
    trading = floor(code)
    trading.keep(code)
    return trading


def book(trading: TradingFloor, code: str = CODE, level: int = 0) -> Book:
    return trading.live(code).book(trading.now_ms, level)


def top(trading: TradingFloor, count: int, *, asks: bool) -> list[tuple[int, int]]:
    return list(itertools.islice(trading.offers(CODE, asks=asks), count))


def take(trading: TradingFloor, price: int, volume: int, *, sold: bool = False) -> Happening:
    return trading.execute(CODE, price, volume, sold=sold, taker_is_customer=True)


# --- What is offered -------------------------------------------------------------------------


@pytest.mark.parametrize("asks", [True, False])
def test_offers_are_the_book_and_go_deeper(asks: bool) -> None:
    trading = followed()
    shown = book(trading).asks if asks else book(trading).bids
    offers = top(trading, 200, asks=asks)
    assert offers[:DEPTH] == shown
    assert len(offers) == 200
    prices = [price for price, _ in offers]
    assert prices == sorted(set(prices), reverse=not asks)


@pytest.mark.parametrize("sold", [True, False])
def test_what_is_taken_leaves_its_level_and_an_emptied_one_is_gone(sold: bool) -> None:
    trading = followed()
    before = top(trading, 40, asks=not sold)
    other_side = top(trading, 40, asks=sold)
    (best, size), (second, _) = before[:2]
    took = take(trading, best, size - 7, sold=sold)
    assert took.trade is not None
    assert (took.trade.bid if sold else took.trade.ask) == best
    assert top(trading, 40, asks=not sold) == [(best, 7), *before[1:]]
    took = take(trading, best, 7, sold=sold)
    assert took.trade is not None
    assert (took.trade.bid if sold else took.trade.ask) == second
    assert top(trading, 39, asks=not sold) == before[1:]
    assert top(trading, 40, asks=sold) == other_side
    seen = book(trading)
    assert (seen.bids if sold else seen.asks) == before[1 : DEPTH + 1]
    assert seen.changed_ms == NOW
    assert book(TradingFloor(select((CODE,)), 1, 1.0, NOW)).asks[0][0] in {best, other_side[0][0]}
    # Who looks for the first time sees the same.
    assert LiveMarket(trading.market(CODE), NOW).book(NOW) == seen


def test_makers_refill_after_the_next_seeded_trade() -> None:
    trading, undisturbed = followed(), followed()
    for price, size in top(trading, 3, asks=True):
        take(trading, price, size)
    assert book(trading).asks != book(undisturbed).asks
    for one in (trading, undisturbed):
        happening = next(found for found in one.run(NOW + 60_000) if found.kind is Kind.TRADE)
        assert happening.trade is not None
    assert trading.now_ms == undisturbed.now_ms
    assert book(trading)[1:] == book(undisturbed)[1:]


def test_makers_refill_in_a_levels_next_life_but_not_into_the_customers_order() -> None:
    code = "KRW-HUNT"
    trading, facing, undisturbed = followed(code), followed(code), followed(code)
    price, size = next(trading.offers(code, asks=True))
    for one in (trading, facing):
        one.execute(code, price, size, sold=False, taker_is_customer=True)
    facing.rest(code, price, 5, ask=False)
    assert next(trading.offers(code, asks=True))[0] > price
    live = trading.live(code)
    refilled = 0
    for now_ms in range(NOW // 100 * 100, live.next_ms, 100):
        if now_ms <= NOW:
            continue
        offered = dict(itertools.islice(live.offers(now_ms, asks=True), DEPTH))
        fresh = dict(undisturbed.live(code).book(now_ms).asks)
        if offered.get(price) == fresh[price]:
            refilled += 1
            assert offered == fresh
        else:
            # What the next minute's trades bring is there beforehand.
            assert not refilled
            assert offered.get(price, 0) == fresh[price] - size
            assert live.book(now_ms).until_ms <= now_ms + 60_000
        mine = facing.live(code).book(now_ms)
        assert mine.best_bid == (price, 5)
        assert mine.best_ask[0] > price
    assert refilled


# --- The customer's orders in the book -------------------------------------------------------


def test_resting_volume_is_shown_in_its_level_and_in_levels_of_its_own() -> None:
    trading = followed()
    grid = trading.market(CODE).grid
    plain = book(trading)
    bid, size = plain.best_bid
    trading.rest(CODE, bid, 1_000, ask=False)
    assert book(trading).best_bid == (bid, size + 1_000)
    assert top(trading, 1, asks=False) == [(bid, size)]
    ask, _ = plain.best_ask
    far = grid.step(plain.asks[4][0], 0)
    trading.rest(CODE, far, 2_000, ask=True)
    assert dict(book(trading).asks)[far] == dict(plain.asks)[far] + 2_000
    assert book(trading).best_ask == plain.best_ask
    # All asks up to the customer's bid are gone: now it is the best.
    for price, volume in plain.asks[:2]:
        take(trading, price, volume)
    trading.rest(CODE, ask, 3_000, ask=False)
    assert book(trading).best_bid == (ask, 3_000)
    assert book(trading).best_ask[0] == plain.asks[2][0]
    assert len(book(trading).bids) == DEPTH
    assert trading.live(CODE).best(NOW) == (book(trading).best_ask, book(trading).best_bid)
    for price, ask_side in ((bid, False), (far, True), (ask, False)):
        trading.rest(CODE, price, 0, ask=ask_side)
    assert book(trading).bids == plain.bids
    assert book(trading).asks[0] == plain.asks[2]


def test_an_order_just_reached_is_not_shown_so_the_book_is_never_crossed() -> None:
    trading = followed()
    plain = book(trading)
    above, below = plain.asks[3][0], plain.bids[3][0]
    trading.rest(CODE, above, 9, ask=False)
    assert book(trading)[1:3] == plain[1:3]
    trading.rest(CODE, above, 0, ask=False)
    trading.rest(CODE, below, 9, ask=True)
    assert book(trading)[1:3] == plain[1:3]


def test_grouped_books_hold_the_customers_orders_and_lack_what_was_taken() -> None:
    trading = followed()
    level = trading.market(CODE).grid.quanta(100.0)
    plain = book(trading, level=level)
    (ask, size), (bid, bid_size) = top(trading, 1, asks=True)[0], plain.best_bid
    take(trading, ask, size)
    trading.rest(CODE, top(trading, 1, asks=False)[0][0], 77, ask=False)
    grouped = book(trading, level=level)
    assert grouped.best_ask == (plain.best_ask[0], plain.best_ask[1] - size)
    assert grouped.best_bid == (bid, bid_size + 77)
    assert grouped.asks[1:] == plain.asks[1:]
    assert grouped.bids[1:] == plain.bids[1:]


def test_a_change_of_the_customers_orders_is_a_change_of_the_book() -> None:
    trading = floor("KRW-AQT")
    trading.watch_book("KRW-AQT")
    list(trading.run(NOW + 1_000))
    price = next(trading.offers("KRW-AQT", asks=False))[0]
    for volume in (5, 0):
        list(trading.run(trading.now_ms + 1_000))
        trading.rest("KRW-AQT", price, volume, ask=False)
        assert book(trading, "KRW-AQT").changed_ms == trading.now_ms
        due = next(found for found in trading.run(trading.now_ms + 1_000))
        assert due.kind is Kind.BOOK


def test_a_fill_alone_ends_its_second_and_changes_the_book() -> None:
    trading = floor("KRW-AQT")
    trading.watch_book("KRW-AQT")
    # The book is due once by itself; nothing else happens for a while.
    list(trading.run(NOW + 1_000))
    assert trading.live("KRW-AQT").next_ms > NOW + 3_000
    price, size = next(trading.offers("KRW-AQT", asks=True))
    trading.execute("KRW-AQT", price, size, sold=False, taker_is_customer=True)
    due = [(found.kind, found.time_ms) for found in trading.run(NOW + 3_000)]
    grid_ms = -(-(NOW + 1_000) // 100) * 100
    second_ms = ((NOW + 1_000) // 1000 + 1) * 1000
    assert due == [(Kind.BOOK, grid_ms), (Kind.SECOND, second_ms)]


# --- Who keeps a market walking --------------------------------------------------------------


def test_a_kept_market_walks_until_it_is_released_as_often() -> None:
    trading = floor()
    for _ in range(2):
        trading.keep(CODE)
    trading.watch_book(CODE)
    trading.unwatch(CODE)
    assert trading.watched == {}
    kinds = {found.kind for found in trading.run(NOW + 10_000)}
    assert kinds == {Kind.TRADE, Kind.SECOND}
    trading.release(CODE)
    assert any(found.trade for found in trading.run(NOW + 20_000))
    trading.watch(CODE)
    trading.release(CODE)
    assert list(trading.watched) == [CODE]
    trading.unwatch(CODE)
    assert list(trading.run(NOW + 30_000)) == []


# --- Halts, listings, delistings -------------------------------------------------------------


def test_nothing_happens_in_a_halted_market_and_it_goes_on_where_the_story_is() -> None:
    trading, undisturbed = floor(), floor()
    for one in (trading, undisturbed):
        one.watch_book(CODE)
    list(trading.run(NOW + 1_500))
    trading.halt(CODE, on=True)
    trading.halt(CODE, on=True)
    assert trading.is_halted(CODE)
    still = book(trading)
    quiet = list(trading.run(NOW + 30_000))
    # The second in which it was halted ends, with its candles.
    assert [found.kind for found in quiet] in ([], [Kind.SECOND])
    assert book(trading)[:3] == still[:3]
    assert book(trading).until_ms > NOW + 10**12
    with pytest.raises(ValueError, match="closed"):
        take(trading, still.best_ask[0], 1)
    with pytest.raises(LookupError, match="any more"):
        trading.live(CODE).pop()
    trading.halt(CODE, on=False)
    assert not trading.is_halted(CODE)
    take(trading, top(trading, 1, asks=True)[0][0], 1)
    later = [found.trade for found in trading.run(NOW + 60_000) if found.trade]
    expected = [found.trade for found in undisturbed.run(NOW + 60_000) if found.trade]
    assert later == [trade for trade in expected if trade.time_ms >= NOW + 30_000]


def test_a_halt_needs_no_follower() -> None:
    trading = floor()
    trading.halt(CODE, on=True)
    last = trading.live(CODE).last
    assert list(trading.run(NOW + 60_000)) == []
    assert trading.live(CODE).last == last
    trading.watch_book(CODE)
    assert list(trading.run(NOW + 120_000)) == []
    trading.skip_to(NOW + 180_000)
    assert list(trading.run(NOW + 240_000)) == []
    trading.halt(CODE, on=False)
    assert any(found.trade for found in trading.run(NOW + 300_000))


def test_a_delisted_market_is_never_traded_again_unless_listed_again() -> None:
    trading = floor()
    trading.watch(CODE)
    listing = trading.listings[CODE]
    trading.close_market(CODE)
    assert CODE not in trading.listings
    for refused in (trading.close_market, lambda code: trading.halt(code, on=False)):
        with pytest.raises(KeyError, match=CODE):
            refused(CODE)
    assert all(found.kind is Kind.SECOND for found in trading.run(NOW + 2 * DAY_MS))
    assert trading.live(CODE).last.time_ms <= NOW
    back_ms = trading.list_at(listing, NOW + 3 * DAY_MS)
    with pytest.raises(ValueError, match="listed already"):
        trading.list_at(listing, NOW + 3 * DAY_MS)
    first = next(found for found in trading.run(NOW + 4 * DAY_MS) if found.trade)
    assert first.time_ms == back_ms >= NOW + 3 * DAY_MS
    assert CODE in trading.listings
    with pytest.raises(ValueError, match="listed already"):
        trading.list_at(listing, back_ms)


def test_a_delisting_ends_the_market_before_what_is_due_at_that_ms() -> None:
    told: list[str] = []
    trading = followed()
    last_ms = trading.live(CODE).next_ms
    trading.on_closed.append(told.append)
    trading.close_market(CODE, last_ms)
    assert trading.board.notice(CODE).closes_ms == last_ms
    assert CODE in trading.listings

    assert [found for found in trading.run(last_ms) if found.kind is Kind.TRADE] == []

    assert told == [CODE]
    assert CODE not in trading.listings
    assert trading.board.notice(CODE).state(last_ms) == "DELISTED"
    with pytest.raises(KeyError, match=CODE):
        trading.close_market(CODE, last_ms + 1)


def test_a_market_listed_at_a_moment_has_no_past() -> None:
    trading = floor()
    listing = Listing("KRW-NEW", "새", "New", 100.0, 0.05, 0.0, 1e6, 5.0, NOW - 400 * DAY_MS)
    first_ms = trading.list_at(listing, NOW + 5_000)
    assert "KRW-NEW" not in trading.listings
    with pytest.raises(LookupError, match="nobody has traded"):
        trading.live("KRW-NEW")
    list(trading.run(first_ms - 1))
    assert "KRW-NEW" not in trading.listings
    list(trading.run(first_ms))
    assert "KRW-NEW" in trading.listings
    live = trading.live("KRW-NEW")
    state = live.state()
    assert live.last.time_ms == first_ms >= NOW + 5_000
    assert state.volume_24h == state.candle.volume
    assert state.prev_close == state.candle.open
    assert (state.year_high, state.year_low) == (state.candle.high, state.candle.low)
    assert len([trade for trade in live.market.trades_backwards(first_ms) if trade]) == 1


def test_a_market_listed_within_a_day_is_cut_at_its_moment() -> None:
    listing = Listing("KRW-NEW", "새", "New", 100.0, 0.05, 0.0, 1e6, 5.0, NOW - 3_600_000)
    trading = TradingFloor((listing,), 1, 1.0, NOW)
    assert "KRW-NEW" in trading.listings
    trades = [trade for trade in trading.market("KRW-NEW").trades_backwards(NOW) if trade]
    assert min(trade.time_ms for trade in trades) >= NOW - 3_600_000


# --- What clients are sent -------------------------------------------------------------------


class Client:
    format = "DEFAULT"

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def push(self, packet: Packet) -> None:
        self.frames.append(json.loads(packet.payload))

    def taken(self) -> list[dict[str, Any]]:
        found, self.frames = self.frames, []
        return found


def subscribed(*types: str) -> tuple[TradingFloor, Hub, Client]:
    trading = floor()
    hub, client = Hub(trading, Behaviour()), Client()
    list(hub.replace(client, [Wish(type_, (CODE,)) for type_ in types]))
    return trading, hub, client


def test_a_fill_is_sent_like_any_other_trade() -> None:
    trading, hub, client = subscribed("ticker", "trade", "candle.1s", "orderbook")
    client.taken()
    price, size = top(trading, 1, asks=True)[0]
    state = trading.live(CODE).state()
    hub.report(take(trading, price, size))
    ticker, trade = client.taken()
    grid = trading.market(CODE).grid
    assert ticker["trade_price"] == trade["trade_price"] == grid.price(price)
    assert ticker["acc_trade_volume"] == pytest.approx((state.candle.volume + size) / 1e8)
    assert trade["sequential_id"] == trading.live(CODE).last.sequential_id
    assert (trade["ask_bid"], trade["stream_type"]) == ("BID", "REALTIME")
    best = top(trading, 1, asks=True)[0]
    assert trade["best_ask_price"] == grid.price(best[0]) > grid.price(price)
    assert trade["best_ask_size"] == best[1] / 1e8
    until = next(found.time_ms for found in trading.run(NOW + 1_000) if found.kind is Kind.TRADE)
    assert until > NOW
    trading, hub, client = subscribed("candle.1s", "orderbook")
    client.taken()
    hub.report(take(trading, price, size))
    for happening in trading.run(NOW // 1000 * 1000 + 1000):
        hub.report(happening)
    frames = client.taken()
    assert [frame["type"] for frame in frames if frame["type"] == "candle.1s"] == ["candle.1s"]
    shown = next(frame for frame in frames if frame["type"] == "orderbook")
    assert shown["orderbook_units"][0]["ask_price"] == grid.price(best[0])


def test_snapshots_show_what_the_customer_did() -> None:
    trading, hub, _ = subscribed("ticker")
    price, size = top(trading, 1, asks=False)[0]
    hub.report(take(trading, price, size, sold=True))
    trading.rest(CODE, price, 500_000_000, ask=True)
    late = Client()
    list(hub.replace(late, [Wish(type_, (CODE,)) for type_ in ("ticker", "trade", "orderbook")]))
    ticker, trade, shown = late.taken()
    grid = trading.market(CODE).grid
    assert ticker["trade_price"] == trade["trade_price"] == grid.price(price)
    assert trade["best_ask_price"] == shown["orderbook_units"][0]["ask_price"] == grid.price(price)
    assert shown["orderbook_units"][0]["ask_size"] == 5.0


def test_nothing_is_sent_of_a_halted_market_but_the_end_of_its_second() -> None:
    types = ("ticker", "trade", "candle.1m", "orderbook")
    trading, hub, client = subscribed(*types)
    for happening in trading.run(NOW + 1_500):
        hub.report(happening)
    client.taken()
    trading.halt(CODE, on=True)
    [said] = client.taken()
    assert (said["type"], said["is_trading_suspended"]) == ("ticker", True)
    for happening in trading.run(NOW + 120_000):
        hub.report(happening)
    assert {frame["type"] for frame in client.taken()} <= {"candle.1m"}
    list(hub.replace(client, [Wish(type_, (CODE,)) for type_ in types]))
    assert len(client.taken()) == len(types)
    trading.halt(CODE, on=False)
    [said] = client.taken()
    assert (said["type"], said["is_trading_suspended"]) == ("ticker", False)
    for happening in trading.run(NOW + 180_000):
        hub.report(happening)
    assert {frame["type"] for frame in client.taken()} == set(types)


def test_a_delisted_code_is_unknown_and_a_new_one_known_from_its_first_trade() -> None:
    trading, hub, client = subscribed("ticker")
    trading.close_market(CODE)
    client.taken()
    listing = Listing("KRW-NEW", "새", "New", 100.0, 0.05, 0.0, 1e6, 5.0, NOW - 400 * DAY_MS)
    first_ms = trading.list_at(listing, NOW + 1)
    wish = Wish("ticker", (CODE, "KRW-NEW"))
    list(hub.replace(client, [wish]))
    assert client.taken() == []
    list(trading.run(first_ms))
    list(hub.replace(client, [wish]))
    assert [frame["code"] for frame in client.taken()] == ["KRW-NEW"]
