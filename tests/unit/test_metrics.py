"""Rates and percentiles of the last seconds, in a fixed memory."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.metrics import (
    CounterHistory,
    Counters,
    SampleWindow,
    Summary,
    error_rate_percent,
)

# -- rates -----------------------------------------------------------------------------------------


def noted(*moments: tuple[float, int]) -> CounterHistory:
    """A history of so many messages in all at these times."""
    history = CounterHistory()
    for at, messages in moments:
        history.note(at, Counters(messages=messages))
    return history


def test_nothing_was_counted_before_the_first_note() -> None:
    assert CounterHistory().since(10, 100.0, Counters(messages=7)) == (0.0, Counters())


def test_a_rate_is_that_of_the_last_seconds_and_not_since_the_start() -> None:
    history = noted(*((100.0 + second, 1000 * second) for second in range(20)))
    elapsed_s, counted = history.since(10, 119.5, Counters(messages=19_000))
    assert elapsed_s == 10.5
    assert counted.messages == 10_000


def test_a_young_history_tells_what_it_has() -> None:
    history = noted((100.0, 50), (101.0, 60))
    assert history.since(10, 102.0, Counters(messages=75)) == (2.0, Counters(messages=25))


def test_after_a_pause_the_rate_is_that_since_the_last_note() -> None:
    """While nothing is wanted nobody notes anything."""
    history = noted((100.0, 0), (101.0, 500))
    elapsed_s, counted = history.since(10, 201.0, Counters(messages=500))
    assert (elapsed_s, counted.messages) == (100.0, 0)


def test_looking_often_does_not_push_the_past_out() -> None:
    history = noted((100.0, 0))
    for number in range(1000):
        history.note(101.0 + number / 1000, Counters(messages=number))
    assert history.since(60, 102.0, Counters(messages=1000)) == (2.0, Counters(messages=1000))


def test_no_more_than_a_minute_is_remembered() -> None:
    history = noted(*((float(second), second) for second in range(10_000)))
    elapsed_s, counted = history.since(60, 9_999.0, Counters(messages=9_999))
    assert (elapsed_s, counted.messages) == (60.0, 60)
    assert history.since(1e9, 9_999.0, Counters())[0] <= 62.0


def test_every_counter_is_compared() -> None:
    after, before = Counters(9, 8, 7, 6, 5.5, 90, 80, 70), Counters(1, 2, 3, 4, 5.0, 6, 7, 8)
    assert after.since(before) == Counters(8, 6, 4, 2, 0.5, 84, 73, 62)


@pytest.mark.parametrize(
    ("counted", "percent"),
    [
        (Counters(), 0.0),
        (Counters(messages=99, undecodable=1), 1.0),
        (Counters(undecodable=3), 100.0),
        (Counters(messages=100, calls=10, failed_calls=5), 50.0),
        (Counters(messages=1, undecodable=1, calls=100, failed_calls=1), 50.0),
    ],
)
def test_the_error_rate_is_the_worse_of_two_shares(counted: Counters, percent: float) -> None:
    assert error_rate_percent(counted) == pytest.approx(percent)


# -- values ----------------------------------------------------------------------------------------


def filled(values: list[float], at: float = 100.0) -> SampleWindow:
    window = SampleWindow()
    for value in values:
        window.add(value, at)
    return window


def test_nothing_has_no_summary() -> None:
    assert SampleWindow().summary(100.0) is None


def test_a_few_values_are_summed_up_exactly() -> None:
    window = filled([5.0, 1.0, 3.0, 2.0])
    assert window.summary(100.5) == Summary(4, 2.75, 2.0, 5.0, 5.0)


def test_the_last_percent_is_left_to_the_maximum() -> None:
    window = SampleWindow()
    for number in range(100):
        window.add(float(number), 100.0 + number / 2)
    summary = window.summary(150.0)
    assert summary == Summary(100, 49.5, 49.0, 98.0, 99.0)


def test_old_seconds_do_not_count() -> None:
    window = SampleWindow()
    window.add(1000.0, 100.2)
    window.add(7.0, 155.0)
    window.add(9.0, 159.0)
    assert window.summary(159.5) == Summary(3, 1016 / 3, 9.0, 1000.0, 1000.0)
    assert window.summary(159.5, 5) == Summary(2, 8.0, 7.0, 9.0, 9.0)
    assert window.summary(160.0) == Summary(2, 8.0, 7.0, 9.0, 9.0)
    assert window.summary(219.0) is None


def test_many_values_a_second_keep_extremes_and_mean_exact_and_percentiles_near() -> None:
    values = [(number * 7919 % 5_000) ** 2 / 1e6 for number in range(5_000)]
    summary = filled(values).summary(100.0)
    assert summary is not None
    assert summary.count == 5_000
    assert summary.max == max(values)
    assert summary.mean == pytest.approx(statistics.fmean(values))
    assert summary.p50 == pytest.approx(statistics.median(values), rel=0.2)


def test_a_second_with_many_values_weighs_as_much_as_they_are() -> None:
    window = SampleWindow()
    window.add(50.0, 100.0)
    for _ in range(999):
        window.add(1.0, 101.0)
    summary = window.summary(101.0)
    assert summary is not None
    assert (summary.p50, summary.p99, summary.max) == (1.0, 1.0, 50.0)


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    window = filled([float(number) for number in range(100_000)])
    for second in range(1000):
        window.add(1.0, 200.0 + second)
    seconds = window._seconds
    assert len(seconds) <= 60
    flooded = filled([float(number) for number in range(100_000)])._seconds[0]
    assert len(flooded.kept) <= 32


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 70)), min_size=1, max_size=300))
def test_a_summary_is_in_order_and_within_what_was_added(values: list[tuple[float, int]]) -> None:
    window = SampleWindow()
    for value, second in sorted(values, key=lambda pair: pair[1]):
        window.add(value, float(second))
    last = max(second for _, second in values)
    expected = [value for value, second in values if second > last - 60]
    summary = window.summary(float(last))
    assert summary is not None
    assert summary.count == len(expected)
    assert min(expected) <= summary.p50 <= summary.p99 <= summary.max == max(expected)
    assert summary.mean == pytest.approx(statistics.fmean(expected), abs=1e-3)


def test_shifting_moves_everything_but_the_count() -> None:
    shifted = Summary(3, 2.0, 1.0, 4.0, 5.0).shifted(-1.0, 1000)
    assert shifted == Summary(3, 1000.0, 0.0, 3000.0, 4000.0)
