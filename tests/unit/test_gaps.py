"""One stream of trades or candles, kept without a hole or with a named one. Tests only."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.gap_rows import CANDLES, MINUTE_MS, NOON_MS, TRADES, candle, trade
from upbit_ws_qt.events import CandleEvent, TradeEvent
from upbit_ws_qt.gaps import CHECK_S, DISORDER_MS, HOLD_S, CandleLine, Splice, TradeLine
from upbit_ws_qt.subscriptions import Stream

NOW = 100.0
FIVE_MS = NOON_MS + 5_000


def rest(numbers: Iterable[int]) -> list[TradeEvent]:
    return [trade(number, rest=True) for number in numbers]


def numbers_of(splice: Splice[TradeEvent] | None) -> list[int]:
    assert splice is not None, "the doubt goes on"
    return [event.sequential_id for event in splice.events]


class Line(TradeLine):
    """A line of trades that writes down what it hands on."""

    def __init__(self) -> None:
        super().__init__(TRADES)
        self.told: list[int] = []

    def hear(self, *events: TradeEvent) -> None:
        for event in events:
            passed = self.heard(event, NOW)
            if passed is not None:
                self.told.append(passed.sequential_id)

    def read(self, numbers: Iterable[int]) -> Splice[TradeEvent] | None:
        """Ask once and have this answered."""
        assert self.next_call(NOW) is not None
        splice = self.take(rest(numbers))
        if splice is not None:
            self.told += numbers_of(splice)
        return splice

    def lose(self) -> None:
        """The connection is lost and another one made."""
        self.doubt(hold=True)


@pytest.fixture
def line() -> Line:
    """Five trades have come."""
    line = Line()
    line.hear(*map(trade, range(1, 6)))
    return line


class Bars(CandleLine):
    """A line of candles that writes down what it hands on: minute and volume."""

    def __init__(self) -> None:
        super().__init__(CANDLES)
        self.told: list[tuple[int, float]] = []

    def hear(self, *events: CandleEvent) -> None:
        self.tell(event for event in events if self.heard(event, NOW) is not None)

    def tell(self, events: Iterable[CandleEvent]) -> None:
        self.told += [
            ((event.start_ms - NOON_MS) // MINUTE_MS, event.candle_acc_trade_volume)
            for event in events
        ]

    def read(self, *rows: tuple[int, float]) -> Splice[CandleEvent] | None:
        call = self.next_call(NOW)
        assert call is not None
        splice = self.take([candle(minute, volume, rest=True) for minute, volume in rows])
        if splice is not None:
            self.tell(splice.events)
        return splice


# -- without a hole -------------------------------------------------------------------------------


def test_what_comes_is_handed_on_at_once_and_once(line: Line) -> None:
    line.hear(trade(6), trade(6), trade(2))
    assert line.told == [1, 2, 3, 4, 5, 6]
    assert line.repeated == 2
    assert not line.is_in_doubt
    assert not line.is_holding


def test_a_trade_that_comes_after_a_later_one_is_no_repetition(line: Line) -> None:
    line.hear(trade(8), trade(7), trade(6), trade(7))
    assert line.told == [1, 2, 3, 4, 5, 8, 7, 6]


def test_a_snapshot_of_the_last_one_is_handed_on_again(line: Line) -> None:
    """Only the router knows who has not got it yet; one of an older trade is of no use."""
    line.hear(trade(5, snapshot=True), trade(4, snapshot=True))
    assert line.told == [1, 2, 3, 4, 5, 5]
    assert line.repeated == 1


def test_before_anything_came_there_is_nothing_to_doubt() -> None:
    line = Line()
    assert not line.doubt(hold=True)
    line.hear(trade(7))
    assert line.told == [7]
    assert not line.is_holding


def test_what_was_before_the_first_one_was_never_asked_for() -> None:
    line = Line()
    line.hear(trade(7))
    line.doubt(hold=False)
    splice = line.read([5, 6, 7, 8])
    assert splice is not None
    assert line.told == [7, 8]
    assert splice.count == 1


def test_the_first_one_may_be_read_and_then_nothing_was_missing() -> None:
    line = Line()
    call = line.next_call(NOW)
    assert call is not None
    assert ("count", "1") in call.params
    assert line.give_up_at is None
    splice = line.take(rest([9]))
    assert numbers_of(splice) == [9]
    assert splice is not None
    assert (splice.count, splice.waited, splice.lost_until_ms) == (0, False, None)


def test_a_market_without_trades_has_no_hole() -> None:
    """Day after day is asked for, as far back as the exchange lists any."""
    line = Line()
    splice = line.read([])
    while splice is None:
        splice = line.read([])
    assert splice == Splice((), 0, waited=False, since_ms=0, until_ms=0)


def test_an_answer_that_nobody_waits_for_any_more_is_dropped(line: Line) -> None:
    assert line.take(rest(range(1, 9))) is None
    line.doubt(hold=False)
    line.next_call(NOW)
    line.doubt(hold=False)
    assert line.take(rest(range(1, 9))) is None, "it was asked before the last doubt"
    assert not line.has_more
    assert line.is_in_doubt


# -- a hole of trades -----------------------------------------------------------------------------


def test_what_follows_a_hole_waits_for_what_is_missing(line: Line) -> None:
    line.lose()
    line.hear(trade(9), trade(10), trade(9))
    assert line.told == [1, 2, 3, 4, 5]
    assert line.is_holding
    assert line.repeated == 1
    assert line.hole == (NOON_MS + 5_000, NOON_MS + 9_000)
    assert line.give_up_at == NOW + HOLD_S
    splice = line.read(range(1, 11))
    assert line.told == list(range(1, 11))
    assert splice is not None
    assert (splice.count, splice.waited, splice.lost_until_ms) == (3, True, None)
    assert (splice.since_ms, splice.until_ms) == (NOON_MS + 5_000, NOON_MS + 9_000)
    assert not line.is_holding
    assert not line.is_in_doubt
    line.hear(trade(8), trade(11))
    assert line.told == list(range(1, 12)), "what was put in its place does not come again"


def test_where_the_next_one_is_known_nothing_waits(line: Line) -> None:
    line.lose()
    line.hear(trade(5, snapshot=True), trade(6))
    assert line.told == [1, 2, 3, 4, 5, 5, 6]
    assert not line.is_holding
    assert line.is_in_doubt, "a trade that came late may still be missing"
    splice = line.read(range(1, 7))
    assert splice == Splice((), 0, waited=False, since_ms=FIVE_MS, until_ms=FIVE_MS + 1_000)


def test_rest_behind_the_stream_is_read_again(line: Line) -> None:
    line.lose()
    line.hear(trade(9))
    assert line.read(range(1, 8)) is None
    assert not line.has_more, "once more, but a little later"
    assert line.read(range(1, 10)) is not None
    assert line.told == list(range(1, 10))


def test_an_answer_from_before_the_first_trade_after_the_hole_does_not_end_it(line: Line) -> None:
    """The question went out before the hole showed, and was answered before it ended."""
    line.lose()
    line.next_call(NOW)
    line.hear(trade(9))
    assert line.take(rest(range(1, 8))) is None
    assert line.read(range(1, 10)) is not None
    assert line.told == list(range(1, 10))


def test_a_second_loss_before_the_first_hole_is_filled(line: Line) -> None:
    """Both are filled with one answer, which has to be as new as the end of the second one."""
    line.lose()
    line.hear(trade(9), trade(10))
    line.lose()
    line.hear(trade(10, snapshot=True), trade(9))
    line.lose()
    line.next_call(NOW)
    line.hear(trade(14))
    assert line.take(rest(range(1, 13))) is None
    assert line.read(range(1, 13)) is None
    assert line.read(range(1, 15)) is not None
    assert line.told == list(range(1, 15))


def test_a_second_hole_that_shows_after_the_first_was_filled_is_one_more(line: Line) -> None:
    line.lose()
    line.hear(trade(9))
    line.lose()
    assert line.read(range(1, 10)) is not None
    assert not line.is_in_doubt
    line.hear(trade(14))
    assert line.is_in_doubt
    assert line.is_holding
    assert line.hole == (NOON_MS + 9_000, NOON_MS + 14_000)
    line.read(range(1, 15))
    assert line.told == list(range(1, 15))


def test_a_late_trade_from_before_the_hole_is_found(line: Line) -> None:
    """4 came, 3 did not: it would have come a little later, had the connection not been lost."""
    line = Line()
    line.hear(trade(1), trade(2), trade(4))
    line.lose()
    line.hear(trade(8), trade(6))
    splice = line.read(range(1, 9))
    assert splice is not None
    assert line.told == [1, 2, 4, 3, 5, 6, 7, 8]
    assert splice.since_ms == NOON_MS + 3_000


def test_a_trade_that_comes_within_ten_seconds_after_its_hole_was_read_comes_once(
    line: Line,
) -> None:
    line.lose()
    line.hear(trade(9))
    line.read([1, 2, 3, 4, 5, 6, 8, 9])
    line.doubt(hold=False)
    line.read(range(1, 10))
    line.hear(trade(7))
    assert line.told == [1, 2, 3, 4, 5, 6, 8, 9, 7]


def test_trades_of_one_moment_are_told_apart_and_put_in_order() -> None:
    line = Line()
    line.hear(trade(1, 0), trade(2, 0))
    line.lose()
    line.hear(trade(6, 0), trade(5, 0))
    line.next_call(NOW)
    splice = line.take([trade(number, 0, rest=True) for number in range(1, 8)])
    assert numbers_of(splice) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("jump_ms", [-300_000, 300_000])
def test_the_exchanges_clock_does_not_matter(jump_ms: int) -> None:
    """It was set while the connection was gone; the numbers go on."""
    line = Line()
    line.hear(*(trade(number) for number in range(1, 6)))
    line.lose()
    line.hear(trade(8, 8_000 + jump_ms))
    assert line.hole[0] <= line.hole[1]
    line.next_call(NOW)
    history = [trade(number, rest=True) for number in range(1, 6)]
    history += [trade(number, number * 1000 + jump_ms, rest=True) for number in range(6, 10)]
    splice = line.take(history)
    assert numbers_of(splice) == [6, 7, 8, 9]
    line.hear(*(trade(number, number * 1000 + jump_ms) for number in range(6, 12)))
    line.doubt(hold=False)
    line.next_call(NOW)
    history += [trade(number, number * 1000 + jump_ms, rest=True) for number in range(10, 12)]
    splice = line.take(history)
    assert numbers_of(splice) == []
    assert line.told == [1, 2, 3, 4, 5, 10, 11]


def test_what_was_read_once_is_not_read_again(line: Line) -> None:
    """The next reading goes back ten seconds behind the newest trade, and no further."""
    line.hear(*(trade(number) for number in range(6, 61)))
    line.doubt(hold=False)
    line.read(range(1, 61))
    line.doubt(hold=False)
    assert line.read(range(51, 61)) is None, "50 was there: whoever lacks it has not read enough"
    assert line.read([50]) is not None


def test_history_is_read_back_to_what_is_known_page_by_page(line: Line) -> None:
    line.lose()
    line.hear(trade(700))
    first = line.next_call(NOW)
    assert first is not None
    assert ("count", "100") in first.params
    assert line.take(rest(range(601, 701))) is None
    assert line.has_more
    second = line.next_call(NOW)
    assert second is not None
    assert ("count", "500") in second.params
    assert ("cursor", "601") in second.params
    assert line.take(rest(range(101, 601))) is None
    splice = line.read(range(1, 101))
    assert splice is not None
    assert splice.count == 694
    assert line.told == list(range(1, 701))


def test_more_than_is_read_for_one_hole_is_named(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_ws_qt.gaps.MOST_PAGES", 1)
    line.lose()
    line.hear(trade(9000))
    assert line.read(range(8901, 9001)) is None
    splice = line.read(range(8501, 8901))
    assert splice is not None
    assert splice.count == 499
    assert line.told == [*range(1, 6), *range(8501, 9001)]
    assert splice.lost_until_ms == NOON_MS + 8_501_000 + DISORDER_MS
    assert splice.since_ms == NOON_MS + 5_000 - DISORDER_MS
    assert splice.since_ms < splice.lost_until_ms <= splice.until_ms
    line.doubt(hold=False)
    line.next_call(NOW)
    splice = line.take(rest(range(8001, 9001)))
    assert numbers_of(splice) == [], "what is lost is not looked for again"


def test_where_the_oldest_that_was_read_had_come_nothing_is_lost(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So much has come since the last reading that it cannot all be compared."""
    monkeypatch.setattr("upbit_ws_qt.gaps.MOST_PAGES", 1)
    line.hear(*(trade(number) for number in range(6, 1000) if number != 990))
    line.doubt(hold=False)
    assert line.read(range(900, 1000)) is None
    splice = line.read(range(500, 900))
    assert splice is not None
    assert numbers_of(splice) == [990]
    assert splice.lost_until_ms is None
    assert splice.since_ms == NOON_MS + 990_000


# -- the end of a doubt without an answer ---------------------------------------------------------


def test_without_an_answer_what_waits_goes_on_and_the_hole_is_named(line: Line) -> None:
    line.lose()
    line.hear(trade(29), trade(28))
    splice = line.give_up()
    assert numbers_of(splice) == [28, 29]
    assert (splice.count, splice.waited) == (0, True)
    assert splice.since_ms == NOON_MS + 5_000 - DISORDER_MS
    assert splice.lost_until_ms == NOON_MS + 28_000 + DISORDER_MS
    assert splice.until_ms == splice.lost_until_ms
    assert not line.is_in_doubt
    line.doubt(hold=False)
    found = line.read(range(1, 32))
    assert numbers_of(found) == [30, 31], "what is lost is not looked for again"


def test_of_a_hole_that_was_read_in_part_the_rest_is_named(line: Line) -> None:
    line.lose()
    line.hear(trade(200))
    line.read(range(101, 201))
    splice = line.give_up()
    assert numbers_of(splice) == list(range(101, 201))
    assert splice.count == 99
    assert splice.lost_until_ms == NOON_MS + 101_000 + DISORDER_MS
    assert splice.until_ms == NOON_MS + 200_000


def test_what_was_read_too_early_does_not_shorten_the_named_hole(line: Line) -> None:
    """The page is not as new as what waits, so there is a second hole between them."""
    line.lose()
    line.hear(trade(700))
    assert line.next_call(NOW) is not None
    assert line.take(rest(range(551, 651))) is None
    assert line.has_more
    splice = line.give_up()
    assert numbers_of(splice) == [*range(551, 651), 700]
    assert splice.lost_until_ms == NOON_MS + 700_000 + DISORDER_MS


def test_a_doubt_that_nobody_could_clear_is_named(line: Line) -> None:
    line.doubt(hold=False)
    assert line.give_up_at is None, "its time begins with the first question"
    line.next_call(NOW)
    assert line.give_up_at == NOW + CHECK_S
    line.next_call(NOW + 30)
    assert line.give_up_at == NOW + CHECK_S
    line.hear(trade(6))
    splice = line.give_up()
    assert splice.events == ()
    assert not splice.waited
    assert splice.lost_until_ms == NOON_MS + 6_000 + DISORDER_MS
    assert line.give_up_at is None


def test_after_a_loss_that_was_given_up_another_one_still_holds(line: Line) -> None:
    line.lose()
    line.hear(trade(9))
    line.lose()
    assert numbers_of(line.give_up()) == [9]
    line.hear(trade(14))
    assert line.is_holding
    assert numbers_of(line.read(range(1, 15))) == [10, 11, 12, 13, 14]


def test_so_much_waits_and_no_more(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upbit_ws_qt.gaps.MOST_HELD", 3)
    line.lose()
    line.heard(trade(9), NOW)
    for number in (10, 11):
        line.heard(trade(number), NOW + 2)
        assert line.give_up_at == NOW + HOLD_S
    line.heard(trade(12), NOW + 2)
    assert line.give_up_at == NOW + 2
    assert numbers_of(line.give_up()) == [9, 10, 11, 12]


def test_a_flood_shortens_what_is_remembered(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known for sure begins later then: nothing comes twice because of that."""
    monkeypatch.setattr("upbit_ws_qt.gaps.MOST_REMEMBERED", 20)
    line.hear(*(trade(number) for number in range(6, 101) if number != 99))
    line.doubt(hold=False)
    splice = line.read(range(1, 101))
    assert numbers_of(splice) == [99]


# -- candles --------------------------------------------------------------------------------------


def test_a_bar_that_grew_is_news_and_one_that_did_not_is_not() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0), candle(0, 2.0), candle(0, 2.0), candle(0, 1.5))
    assert bars.told == [(0, 1.0), (0, 2.0)]
    assert bars.repeated == 2


def test_a_late_frame_of_the_former_bar_is_handed_on() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0), candle(1, 1.0), candle(0, 3.0), candle(0, 2.0))
    assert bars.told == [(0, 1.0), (1, 1.0), (0, 3.0)]


def test_a_snapshot_of_the_last_bar_is_handed_on_again() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0), candle(1, 1.0), candle(1, 1.0, snapshot=True))
    bars.hear(candle(0, 1.0, snapshot=True))
    assert bars.told == [(0, 1.0), (1, 1.0), (1, 1.0)]


def test_the_same_bar_after_a_loss_has_all_that_was_missed() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0))
    bars.doubt(hold=True)
    bars.hear(candle(0, 4.0))
    assert bars.told == [(0, 1.0), (0, 4.0)]
    assert not bars.is_holding
    splice = bars.read((0, 4.0))
    assert splice is not None
    assert splice.count == 0


def test_bars_that_ended_unseen_come_in_their_place() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0))
    bars.doubt(hold=True)
    bars.hear(candle(3, 1.0), candle(3, 2.0), candle(3, 2.0))
    assert bars.is_holding
    assert bars.repeated == 1
    splice = bars.read((-1, 9.0), (0, 5.0), (1, 6.0), (3, 2.0))
    assert bars.told == [(0, 1.0), (0, 5.0), (1, 6.0), (3, 2.0)]
    assert splice is not None
    assert splice.count == 2
    assert (splice.since_ms, splice.until_ms) == (NOON_MS, NOON_MS + 3 * MINUTE_MS)


def test_of_a_bar_that_waits_and_was_read_the_greater_counts() -> None:
    for read, kept in ((3.0, 3.0), (1.5, 2.0)):
        bars = Bars()
        bars.hear(candle(0, 1.0))
        bars.doubt(hold=True)
        bars.hear(candle(1, 1.0), candle(1, 2.0))
        bars.read((0, 1.0), (1, read))
        assert bars.told == [(0, 1.0), (1, kept)]


def test_an_answer_in_which_the_bar_is_smaller_is_too_old() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0))
    bars.doubt(hold=True)
    bars.hear(candle(1, 2.0))
    assert bars.read((0, 1.0), (1, 1.0)) is None
    assert bars.read((0, 1.5), (1, 2.0)) is not None
    assert bars.told == [(0, 1.0), (0, 1.5), (1, 2.0)]


def test_the_end_of_the_former_bar_is_looked_for_after_the_next_has_begun() -> None:
    """Its last frame comes late and cannot be read, right after the line was checked."""
    bars = Bars()
    bars.hear(candle(0, 1.0), candle(1, 1.0))
    bars.read((0, 1.0), (1, 1.0))
    bars.doubt(hold=False)
    splice = bars.read((-1, 9.0), (0, 2.0), (1, 1.0))
    assert splice is not None
    assert bars.told == [(0, 1.0), (1, 1.0), (0, 2.0)]


def test_a_hole_of_bars_is_named_from_the_bar_before() -> None:
    bars = Bars()
    bars.hear(candle(0, 1.0))
    bars.doubt(hold=True)
    bars.hear(candle(3, 1.0))
    splice = bars.give_up()
    assert splice.since_ms == NOON_MS - MINUTE_MS
    assert splice.lost_until_ms == splice.until_ms == NOON_MS + 3 * MINUTE_MS


def test_the_first_bar_may_be_read() -> None:
    bars = CandleLine(Stream("candle.1s", "KRW-BTC"))
    call = bars.next_call(NOW)
    assert call is not None
    assert call.path == "/v1/candles/seconds"
    assert ("count", "1") in call.params
    splice = bars.take([candle(0, 1.0, rest=True)])
    assert splice is not None
    assert (splice.count, splice.lost_until_ms) == (0, None), "nobody asked for what is older"
    call = bars.next_call(NOW)
    assert call is not None
    assert ("count", "10") in call.params
