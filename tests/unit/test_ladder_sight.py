"""What of a book is looked at. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt.events import OrderbookEvent, OrderbookUnit
from upbit_ws_qt_widgets.models.ladder_rungs import GRID_HALF
from upbit_ws_qt_widgets.models.ladder_sight import Sight, see
from upbit_ws_qt_widgets.models.ladder_wishes import Wishes
from upbit_ws_qt_widgets.models.market_memory import Known


def book(
    asks: list[float], bids: list[float], level: float = 0.0, size: float = 1.0
) -> OrderbookEvent:
    return OrderbookEvent(
        type="orderbook",
        code="KRW-X",
        timestamp=1,
        total_ask_size=0.0,
        total_bid_size=0.0,
        orderbook_units=tuple(
            OrderbookUnit(
                ask_price=ask, bid_price=bid, ask_size=size * bool(ask), bid_size=size * bool(bid)
            )
            for ask, bid in zip(asks, bids, strict=True)
        ),
        level=level,
    )


EXACT = book([103, 104, 111], [102, 101, 99])


def seen(known: Known, wishes: Wishes = Wishes()) -> Sight:  # noqa: B008
    sight = see(known, wishes, lambda _: 1.0)
    assert sight is not None
    return sight


def prices(sight: Sight) -> list[float]:
    return [rung.price for rung in sight.rungs]


def test_without_any_price_there_is_nothing_to_see() -> None:
    assert see(Known(), Wishes(), lambda _: 1.0) is None
    assert see(Known(book=book([], [])), Wishes(), lambda _: 1.0) is None


def test_a_book_as_it_is() -> None:
    sight = seen(Known(book=EXACT))
    assert prices(sight) == [111, 104, 103, 102, 101, 99]
    assert (sight.tick, sight.step, sight.split, sight.last) == (1.0, 1.0, None, None)
    assert sight.shown == sight.exact


def test_fewer_rows_are_the_best_ones() -> None:
    sight = seen(Known(book=EXACT), Wishes(depth=1))
    assert prices(sight) == [103, 102]
    assert len(sight.exact.asks) == 3


def test_grouped_here_where_the_exchange_has_not() -> None:
    sight = seen(Known(book=EXACT), Wishes(grouping=5.0))
    assert prices(sight) == [115, 105, 100, 95]
    assert (sight.tick, sight.step) == (1.0, 5.0)
    assert [level.price for level in sight.exact.asks] == [103, 104, 111]


def test_the_exchanges_own_grouping_is_taken_as_it_is() -> None:
    coarse = book([110, 120], [100, 90], level=10.0)
    sight = seen(Known(book=EXACT, coarse=coarse), Wishes(grouping=10.0))
    assert sight.book is coarse
    assert prices(sight) == [120, 110, 100, 90]
    assert sight.step == 10.0
    assert [level.price for level in sight.exact.asks] == [103, 104, 111]


def test_only_a_grouped_book_is_known() -> None:
    coarse = book([110, 120], [100, 90], level=10.0)
    sight = seen(Known(coarse=coarse))
    assert prices(sight) == [120, 110, 100, 90]
    assert sight.step == 10.0
    assert [level.price for level in sight.exact.asks] == [110, 120]


def test_a_static_ladder_has_every_price() -> None:
    sight = seen(Known(book=EXACT), Wishes(static=True))
    assert len(sight.rungs) == 2 * GRID_HALF
    assert sight.split == 103
    assert [rung.price for rung in sight.rungs if rung.size] == [111, 104, 103, 102, 101, 99]


@pytest.mark.parametrize(
    ("last", "grouping", "place"),
    [
        (103.0, 0.0, (True, 103)),
        (102.0, 0.0, (False, 102)),
        (102.5, 0.0, (False, 102)),
        (104.0, 5.0, (True, 21)),
        (101.0, 5.0, (False, 20)),
        (None, 0.0, None),
    ],
)
def test_the_last_trade_belongs_to_the_row_that_holds_its_price(
    last: float | None, grouping: float, place: tuple[bool, int] | None
) -> None:
    known = Known(book=EXACT, last_price=last)
    assert seen(known, Wishes(grouping=grouping)).last == place


def test_with_one_side_only_the_last_trade_is_there() -> None:
    only_asks = Known(book=book([103], [0]), last_price=102.0)
    assert seen(only_asks).last == (True, 102)
    only_bids = Known(book=book([0], [102]), last_price=103.0)
    assert seen(only_bids).last == (False, 103)


def test_the_longest_price_counts() -> None:
    assert seen(Known(book=EXACT)).price_room == 3
    long = book([1000.0], [999.0])
    assert seen(Known(book=long)).price_room == len("1,000")
    near = book([999.0], [998.0])
    assert seen(Known(book=near)).price_room == 3
    assert seen(Known(book=near), Wishes(static=True)).price_room == len("1,098")
