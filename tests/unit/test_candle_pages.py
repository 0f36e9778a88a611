"""Which calls get more candles than one page holds. Tests only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.candle_pages import CandlePages
from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt.events import CandleEvent
from upbit_ws_qt.timeframe import Timeframe

MINUTE = Timeframe.MINUTE_1
NOW_MS = 1_790_000_000_000 // 60_000 * 60_000


def candle(start_ms: int) -> CandleEvent:
    start = datetime.fromtimestamp(start_ms // 1000, UTC)
    return CandleEvent(
        type="candle.1m",
        code="KRW-BTC",
        timestamp=start_ms,
        candle_date_time_utc=f"{start:%Y-%m-%dT%H:%M:%S}",
        opening_price=1.0,
        high_price=1.0,
        low_price=1.0,
        trade_price=1.0,
        candle_acc_trade_volume=1.0,
        candle_acc_trade_price=1.0,
    )


class History:
    """A market that traded in these minutes before now; answers as the exchange does."""

    def __init__(self, minutes_ago: Sequence[int]) -> None:
        self.starts = sorted(NOW_MS - ago * 60_000 for ago in minutes_ago)
        self.asked: list[int] = []

    def answer(self, params: Sequence[tuple[str, str]]) -> tuple[CandleEvent, ...]:
        asked = dict(params)
        count = int(asked["count"])
        self.asked.append(count)
        end_ms = NOW_MS + 60_000
        if "to" in asked:
            end_ms = int(datetime.fromisoformat(asked["to"]).timestamp() * 1000)
        return tuple(candle(start) for start in self.starts if start < end_ms)[-count:]

    def read(self, pages: CandlePages) -> list[int]:
        """All of it by the plan; the starts in minutes before now."""
        while (call := pages.next_call()) is not None:
            assert len(self.asked) < 20, "it never ends"
            pages.take(self.answer(call.params))
        return [(NOW_MS - row.start_ms) // 60_000 for row in pages.rows]


def test_one_page_is_one_call() -> None:
    history = History(range(500))
    assert history.read(CandlePages("KRW-BTC", MINUTE, 200)) == list(range(200))[::-1]
    assert history.asked == [200]


def test_more_than_a_page_is_as_many_calls_as_it_takes_oldest_first() -> None:
    history = History(range(1000))
    assert history.read(CandlePages("KRW-BTC", MINUTE, 450)) == list(range(450))[::-1]
    assert history.asked == [200, 200, 50]


def test_holes_are_reached_over_and_not_filled() -> None:
    """Nothing was traded in nine of ten minutes: 300 candles are 3,000 minutes."""
    traded = range(3, 10_000, 10)
    found = History(traded).read(CandlePages("KRW-BTC", MINUTE, 300))
    assert found == list(traded)[:300][::-1]


def test_the_end_is_exclusive() -> None:
    pages = CandlePages("KRW-BTC", MINUTE, 250, to_ms=NOW_MS - 10 * 60_000)
    assert History(range(1000)).read(pages) == list(range(11, 261))[::-1]


@pytest.mark.parametrize(("listed", "asked"), [(0, [200]), (150, [200]), (200, [200, 100])])
def test_a_young_market_ends_it(listed: int, asked: list[int]) -> None:
    """A page that is not full is the last one; where all were full an empty one says so."""
    history = History(range(listed))
    assert history.read(CandlePages("KRW-BTC", MINUTE, 300)) == list(range(listed))[::-1]
    assert history.asked == asked


def test_an_exchange_that_answers_the_same_page_again_does_not_hold_us() -> None:
    pages = CandlePages("KRW-BTC", MINUTE, 1000)
    again = tuple(candle(NOW_MS - ago * 60_000) for ago in range(200))[::-1]
    calls = 0
    while pages.next_call() is not None:
        assert calls < 20, "it never ends"
        pages.take(again)
        calls += 1
    assert calls == 2
    assert pages.rows == again


@pytest.mark.parametrize(
    ("traded", "count", "since", "is_whole", "calls"),
    [
        (range(500), 200, None, False, 1),
        (range(150), 200, None, True, 1),
        (range(500), 200, 100, True, 1),
        (range(500), 200, 199, True, 1),
        (range(500), 200, 200, False, 1),
        (range(500), 450, 300, True, 2),
        (range(0, 500, 7), 200, 100, True, 1),
        ((), 200, None, True, 1),
    ],
)
def test_it_is_whole_where_nothing_older_is_left_that_was_asked_for(
    traded: Sequence[int], count: int, since: int | None, is_whole: bool, calls: int
) -> None:
    """``traded`` and ``since`` in minutes before now."""
    since_ms = None if since is None else NOW_MS - since * 60_000
    pages = CandlePages("KRW-BTC", MINUTE, count, since_ms=since_ms)
    assert not pages.is_whole, "nothing was read yet"
    history = History(traded)
    found = history.read(pages)
    assert pages.is_whole is is_whole
    assert len(history.asked) == calls
    assert found == [ago for ago in traded if since is None or ago <= since][:count][::-1]


def test_what_was_taken_so_far_can_be_shown() -> None:
    history = History(range(1000))
    pages = CandlePages("KRW-BTC", MINUTE, 400)
    assert not pages.rows
    call = pages.next_call()
    assert call is not None
    pages.take(history.answer(call.params))
    assert [(NOW_MS - row.start_ms) // 60_000 for row in pages.rows] == list(range(200))[::-1]


def test_asking_twice_asks_for_the_same_page() -> None:
    """A call that failed is made again."""
    pages = CandlePages("KRW-BTC", MINUTE, 400)
    first, second = pages.next_call(), pages.next_call()
    assert first is not None
    assert second is not None
    assert (first.path, first.params) == (second.path, second.params)


def test_what_cannot_be_asked_for_is_refused_at_once() -> None:
    for count in (0, -1):
        with pytest.raises(InvalidRequest, match=f"at least one candle .* got {count}"):
            CandlePages("KRW-BTC", MINUTE, count)
    with pytest.raises(InvalidMarket):
        CandlePages("btc", MINUTE, 1)


def test_none_before_the_bound_and_no_more_pages_than_that_takes() -> None:
    """The bound itself is within; where it was reached, nothing since then is missing."""
    history = History(range(1000))
    pages = CandlePages("KRW-BTC", MINUTE, 2000, since_ms=NOW_MS - 250 * 60_000)
    assert not pages.is_whole
    assert history.read(pages) == list(range(251))[::-1]
    assert history.asked == [200, 200]
    assert pages.is_whole


def test_a_page_that_begins_with_the_bound_is_the_last() -> None:
    history = History(range(1000))
    pages = CandlePages("KRW-BTC", MINUTE, 2000, since_ms=NOW_MS - 199 * 60_000)
    assert history.read(pages) == list(range(200))[::-1]
    assert history.asked == [200]
    assert pages.is_whole


def test_a_bound_in_a_hole_of_the_grid_is_reached_by_what_is_older() -> None:
    history = History(range(0, 1000, 10))
    pages = CandlePages("KRW-BTC", MINUTE, 2000, since_ms=NOW_MS - 55 * 60_000, first_page=10)
    assert history.read(pages) == [50, 40, 30, 20, 10, 0]
    assert history.asked == [10]
    assert pages.is_whole


def test_where_few_are_expected_the_first_page_is_smaller() -> None:
    history = History(range(1000))
    pages = CandlePages("KRW-BTC", MINUTE, 2000, since_ms=NOW_MS - 30 * 60_000, first_page=10)
    assert history.read(pages) == list(range(31))[::-1]
    assert history.asked == [10, 200]


@given(
    st.sets(st.integers(0, 3000), max_size=900),
    st.integers(1, 900),
    st.integers(-1, 3000),
    st.none() | st.integers(0, 3000),
    st.integers(1, 200),
)
@settings(max_examples=60)
def test_any_history_is_read_to_the_asked_depth(
    ago: set[int], count: int, end: int, since: int | None, first_page: int
) -> None:
    """Neither one missing nor one twice, in order, whatever the holes."""
    history = History(sorted(ago))
    since_ms = None if since is None else NOW_MS - since * 60_000
    pages = CandlePages(
        "KRW-BTC",
        MINUTE,
        count,
        NOW_MS - end * 60_000,
        since_ms=since_ms,
        first_page=first_page,
    )
    wanted = sorted(m for m in ago if m > end and (since is None or m <= since))
    assert history.read(pages) == wanted[:count][::-1]
    assert len(history.asked) <= len(wanted[:count]) // 200 + 2
    if pages.is_whole:
        assert len(wanted) <= count
