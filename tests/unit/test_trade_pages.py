"""Which calls get more trades than one page holds. Tests only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt.quotation import TRADE_DAYS
from upbit_ws_qt.trade_pages import TradePages

DAY_MS = 86_400_000
MIDNIGHT_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
NOON_MS = MIDNIGHT_MS + DAY_MS // 2


def trade(number: int, traded_ms: int) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=traded_ms,
        trade_price=1.0,
        trade_volume=1.0,
        ask_bid="BID",
        sequential_id=number,
    )


class History:
    """A market with trades at these times; answers as the exchange does, one day a call.

    Trades are numbered by their times, from 1.
    """

    def __init__(self, times_ms: Sequence[int], now_ms: int = NOON_MS) -> None:
        self.trades = [trade(number, at) for number, at in enumerate(sorted(times_ms), start=1)]
        self.now_ms = now_ms
        self.asked: list[tuple[int, int]] = []

    def answer(self, params: Sequence[tuple[str, str]]) -> tuple[TradeEvent, ...]:
        asked = dict(params)
        count, days_ago = int(asked["count"]), int(asked.get("days_ago", "0"))
        self.asked.append((days_ago, count))
        assert len(self.asked) < 40, "it never ends"
        day = self.now_ms // DAY_MS - days_ago
        cursor = int(asked.get("cursor", str(1 << 62)))
        listed = [
            row
            for row in self.trades
            if row.timestamp // DAY_MS == day and row.sequential_id < cursor
        ]
        return tuple(listed[-count:])

    def read(self, pages: TradePages) -> list[int]:
        """All of it by the plan; the numbers of the trades."""
        while (call := pages.next_call()) is not None:
            pages.take(self.answer(call.params))
        return [row.sequential_id for row in pages.rows]


def each_second_before(end_ms: int, count: int) -> list[int]:
    return [end_ms - ago * 1000 for ago in range(1, count + 1)]


def test_one_page_is_one_call() -> None:
    history = History(each_second_before(NOON_MS, 2000))
    pages = TradePages("KRW-BTC", 500)
    assert history.read(pages) == list(range(1501, 2001))
    assert history.asked == [(0, 500)]
    assert pages.is_whole


def test_more_than_a_page_is_as_many_calls_as_it_takes_oldest_first() -> None:
    history = History(each_second_before(NOON_MS, 2000))
    assert history.read(TradePages("KRW-BTC", 1100)) == list(range(901, 2001))
    assert history.asked == [(0, 500), (0, 500), (0, 100)]


def test_it_ends_before_the_cursor() -> None:
    history = History(each_second_before(NOON_MS, 2000))
    assert history.read(TradePages("KRW-BTC", 600, cursor=1901)) == list(range(1301, 1901))


def test_a_page_that_is_not_full_leads_to_the_day_before() -> None:
    """300 trades today, 600 yesterday, none the day before, 100 on the day before that."""
    times = each_second_before(NOON_MS, 300) + each_second_before(MIDNIGHT_MS, 600)
    history = History(times + each_second_before(MIDNIGHT_MS - 2 * DAY_MS, 100))
    assert history.read(TradePages("KRW-BTC", 950)) == list(range(51, 1001))
    assert history.asked == [(0, 500), (1, 500), (1, 150), (2, 50), (3, 50)]


def test_nothing_older_than_seven_days_is_listed() -> None:
    """The eighth day back would be refused; what there is comes, and is not all of it."""
    history = History(each_second_before(MIDNIGHT_MS - TRADE_DAYS * DAY_MS, 50))
    pages = TradePages("KRW-BTC", 10)
    assert history.read(pages) == []
    assert [days_ago for days_ago, _ in history.asked] == list(range(TRADE_DAYS + 1))
    assert not pages.is_whole


def test_midnight_between_two_pages_leaves_nothing_out() -> None:
    """The distance of a day grows while it is read."""
    history = History(each_second_before(MIDNIGHT_MS, 1200), now_ms=MIDNIGHT_MS - 1)
    pages = TradePages("KRW-BTC", 1100)
    first = pages.next_call()
    assert first is not None
    pages.take(history.answer(first.params))
    history.now_ms = MIDNIGHT_MS + 1000
    assert history.read(pages) == list(range(101, 1201))


def test_all_since_a_trade_and_no_more_pages_than_that_takes() -> None:
    """The bound itself is within, and says that nothing after it is missing."""
    history = History(each_second_before(NOON_MS, 2000))
    pages = TradePages("KRW-BTC", 5000, since=1301)
    assert history.read(pages) == list(range(1301, 2001))
    assert history.asked == [(0, 500), (0, 500)]
    assert pages.is_whole


def test_where_few_are_expected_the_first_page_is_smaller() -> None:
    history = History(each_second_before(NOON_MS, 2000))
    pages = TradePages("KRW-BTC", 5000, since=1901, first_page=50)
    assert history.read(pages) == list(range(1901, 2001))
    assert history.asked == [(0, 50), (0, 500)]


def test_a_trade_that_is_not_reached_is_not_whole() -> None:
    """Whether there was nothing, or nothing that is listed, nobody can tell."""
    history = History(each_second_before(NOON_MS, 2000))
    pages = TradePages("KRW-BTC", 1000, since=500)
    assert history.read(pages) == list(range(1001, 2001))
    assert not pages.is_whole
    young = TradePages("KRW-BTC", 1000, since=0)
    assert len(History(each_second_before(NOON_MS, 5)).read(young)) == 5
    assert not young.is_whole


def test_an_older_trade_proves_as_much_as_the_one_asked_for() -> None:
    """Numbers have holes, and what was asked for may be a number that no trade has."""
    history = History(each_second_before(NOON_MS, 800))
    del history.trades[600]
    pages = TradePages("KRW-BTC", 5000, since=601)
    assert history.read(pages) == list(range(602, 801))
    assert pages.is_whole


def test_an_exchange_that_answers_the_same_page_again_does_not_hold_us() -> None:
    pages = TradePages("KRW-BTC", 2000)
    again = tuple(trade(number, NOON_MS) for number in range(1, 501))
    calls = 0
    while pages.next_call() is not None:
        assert calls < 20, "it never ends"
        pages.take(again)
        calls += 1
    assert pages.rows == again


def test_one_trade_that_comes_again_is_not_the_beginning_of_a_day() -> None:
    """Were the cursor meant to include its own trade, a full page would be one short of new."""
    pages = TradePages("KRW-BTC", 2000, since=1)
    for first in (1000, 501, 2):
        assert pages.next_call() is not None
        pages.take([trade(number, MIDNIGHT_MS + number) for number in range(first, first + 500)])
        assert not pages.is_whole
    pages.take([trade(1, MIDNIGHT_MS + 1), trade(2, MIDNIGHT_MS + 2)])
    assert pages.is_whole
    assert [row.sequential_id for row in pages.rows] == list(range(1, 1500))


def test_asking_twice_asks_for_the_same_page() -> None:
    """A call that failed is made again."""
    pages = TradePages("KRW-BTC", 400)
    first, second = pages.next_call(), pages.next_call()
    assert first is not None
    assert second is not None
    assert (first.path, first.params) == (second.path, second.params)


def test_what_cannot_be_asked_for_is_refused_at_once() -> None:
    for count in (0, -1):
        with pytest.raises(InvalidRequest, match=f"at least one trade .* got {count}"):
            TradePages("KRW-BTC", count)
    with pytest.raises(InvalidMarket):
        TradePages("btc", 1)


@given(
    st.lists(st.integers(0, TRADE_DAYS * DAY_MS), max_size=900),
    st.integers(1, 900),
    st.none() | st.integers(1, 900),
    st.none() | st.integers(0, 900),
)
@settings(max_examples=60)
def test_any_history_is_read_to_the_asked_depth(
    ago: list[int], count: int, cursor: int | None, since: int | None
) -> None:
    """Neither one missing nor one twice, in order, over any days."""
    history = History([NOON_MS - at for at in ago])
    pages = TradePages("KRW-BTC", count, cursor=cursor, since=since)
    before = [row for row in history.trades if cursor is None or row.sequential_id < cursor]
    wanted = [row for row in before if since is None or row.sequential_id >= since]
    assert history.read(pages) == [row.sequential_id for row in wanted][-count:]
    if pages.is_whole:
        assert len(pages.rows) == (count if since is None else len(wanted))
