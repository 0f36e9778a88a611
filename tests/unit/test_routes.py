"""What lies between streams and subscriptions: the routing's records. Tests only."""

from __future__ import annotations

import math

import pytest

from upbit_ws_qt.backpressure import Delivery
from upbit_ws_qt.events import TickerEvent
from upbit_ws_qt.routes import (
    KEPT_WHILE_RESTING,
    BackpressureHandler,
    Link,
    OutletStatistics,
    Route,
)
from upbit_ws_qt.subscriptions import Stream

TICKER = Stream("ticker", "KRW-BTC")


def ticker(number: int) -> TickerEvent:
    return TickerEvent(type="ticker", code="KRW-BTC", timestamp=number, trade_price=1.0)


def linked(delivery: Delivery) -> Link:
    """One subscription's part in one stream."""
    route = Route(TICKER)
    outlet = BackpressureHandler("consumer", [TICKER], delivery)
    link = outlet.links[TICKER] = Link(outlet, route)
    outlet.make_room()
    return link


def test_statistics_add_up_field_by_field() -> None:
    one = OutletStatistics(1, 2, 3, 4, 5, 6, 7)
    assert one + OutletStatistics(10, 20, 30, 40, 50, 60, 70) == OutletStatistics(
        11, 22, 33, 44, 55, 66, 77
    )


def test_a_route_knows_candles_and_whether_anyone_takes_part() -> None:
    assert Route(Stream("candle.1m", "KRW-BTC")).is_candle
    route = Route(TICKER)
    assert not route.is_candle
    assert not route.is_wanted
    link = Link(BackpressureHandler("consumer", [TICKER], Delivery.immediate()), route)
    for part in (route.newest, route.keeping, route.resting):
        part[link] = None
        assert route.is_wanted
        part.clear()
    route.waiting[link] = None
    assert not route.is_wanted


def test_what_is_coalesced_is_behind_by_all_and_owed_the_newest() -> None:
    link = linked(Delivery.coalesce_by_symbol())
    assert (link.unseen, link.owed) == (0, 0)
    link.route.count += 3
    assert (link.unseen, link.owed) == (3, 1)
    assert link.outlet.statistics() == OutletStatistics(coalesced=2, queued=1, routed=3)
    link.outlet.settle(link)
    assert (link.unseen, link.owed) == (1, 1)
    assert link.outlet.coalesced == 2
    assert link.outlet.statistics() == OutletStatistics(coalesced=2, queued=1, routed=3)


def test_what_is_queued_is_behind_only_while_it_is_muted() -> None:
    link = linked(Delivery.keep_all())
    link.route.count += 3
    assert (link.unseen, link.owed) == (0, 0)
    link.seen = link.route.count
    link.outlet.muted_until = 130.0
    link.route.count += 2
    assert (link.unseen, link.owed) == (2, 0)
    assert link.outlet.statistics().withheld == 2
    link.outlet.settle(link)
    assert link.outlet.withheld == 2
    assert link.unseen == 0


def test_the_newest_can_be_owed_though_it_came_before() -> None:
    link = linked(Delivery.coalesce_by_symbol())
    link.route.count = link.joined = link.seen = 7
    link.owe_newest()
    assert link.owed == 1
    assert link.outlet.statistics() == OutletStatistics(queued=1, routed=1)


@pytest.mark.parametrize(
    ("delivery", "seen", "unseen"),
    [
        (Delivery.drop_oldest(10_000), 10_000, KEPT_WHILE_RESTING),
        (Delivery.drop_oldest(5), 5, 5),
        (Delivery.immediate(), 100_000, None),
        (Delivery.keep_all(), math.inf, None),
        (Delivery.coalesce_by_symbol(), 2 * KEPT_WHILE_RESTING, KEPT_WHILE_RESTING),
        (Delivery.throttle(), 2 * KEPT_WHILE_RESTING, KEPT_WHILE_RESTING),
    ],
)
def test_how_many_may_wait(delivery: Delivery, seen: float, unseen: int | None) -> None:
    outlet = linked(delivery).outlet
    assert outlet.room == seen
    assert delivery.may_rest is (unseen is not None)
    if unseen is not None:
        outlet.paused = True
        outlet.make_room()
        assert outlet.room == unseen


def test_a_queue_without_room_loses_its_oldest() -> None:
    link = linked(Delivery.drop_oldest(300))
    outlet = link.outlet
    for number in range(301):
        outlet.push(link, ticker(number))
    assert (len(outlet.queue), outlet.dropped) == (300, 1)
    outlet.paused = True
    outlet.make_room()
    assert (len(outlet.queue), outlet.dropped) == (200, 101)
    assert outlet.queue[0] == ticker(101)


def of_market(code: str, number: int) -> TickerEvent:
    return TickerEvent(type="ticker", code=code, timestamp=number, trade_price=1.0)


def test_a_busy_stream_does_not_push_out_the_last_word_of_a_quiet_one() -> None:
    quiet, busy = Stream("ticker", "KRW-XRP"), TICKER
    outlet = BackpressureHandler("consumer", [quiet, busy], Delivery.drop_oldest(300))
    links = {stream: Link(outlet, Route(stream)) for stream in (quiet, busy)}
    outlet.links.update(links)
    outlet.make_room()
    xrp = [of_market("KRW-XRP", number) for number in range(2)]
    btc = [ticker(number) for number in range(1000)]

    outlet.push(links[quiet], xrp[0])
    for event in btc[:301]:
        outlet.push(links[busy], event)
    assert outlet.backlog == [xrp[0], *btc[1:301]], "what is spared comes first: it is the oldest"
    assert (outlet.dropped, outlet.statistics().queued) == (1, 301)

    outlet.push(links[quiet], xrp[1])
    assert outlet.backlog == [*btc[2:301], xrp[1]], "the word is not the last any more"
    assert outlet.dropped == 3

    outlet.paused = True
    outlet.make_room()
    assert outlet.backlog == [*btc[102:301], xrp[1]]
    for event in btc[301:]:
        outlet.push(links[busy], event)
    assert outlet.backlog == [xrp[1], *btc[800:]]

    outlet.paused = False
    outlet.make_room()
    assert list(outlet.queue) == [xrp[1], *btc[800:]], "there is room again"
    outlet.paused = True
    outlet.make_room()
    assert [outlet.take() for _ in range(3)] == [xrp[1], *btc[800:802]]


def test_a_backlog_can_be_replaced() -> None:
    quiet = Stream("ticker", "KRW-XRP")
    outlet = BackpressureHandler("consumer", [quiet, TICKER], Delivery.drop_oldest(1))
    links = {stream: Link(outlet, Route(stream)) for stream in (quiet, TICKER)}
    outlet.links.update(links)
    outlet.make_room()
    outlet.push(links[quiet], of_market("KRW-XRP", 1))
    outlet.push(links[TICKER], ticker(1))
    assert len(outlet.spared) == 1
    outlet.replace_backlog([ticker(1)])
    assert outlet.backlog == [ticker(1)]
    assert outlet.dropped == 0


def test_when_it_can_take_an_event() -> None:
    outlet = linked(Delivery.coalesce_by_symbol()).outlet
    assert outlet.is_free
    assert not outlet.is_resting
    outlet.busy = True
    assert not outlet.is_free
    assert not outlet.is_resting
    outlet.busy, outlet.paused = False, True
    assert not outlet.is_free
    assert outlet.is_resting
    outlet.paused, outlet.muted_until = False, 130.0
    assert not outlet.is_free
    assert outlet.is_resting
