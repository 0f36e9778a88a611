"""The exchange's clock from time stamps that are late by an unknown amount. Pure."""

from __future__ import annotations

from upbit_ws_qt_widgets.models.exchange_clock import ExchangeClock

SECOND = 1000.0
MINUTE = 60 * SECOND


def test_without_events_our_own_clock_serves() -> None:
    assert ExchangeClock().now(5000.0) == 5000.0


def test_the_freshest_time_stamp_is_nearest_to_the_truth() -> None:
    clock = ExchangeClock()
    clock.observe(timestamp=1000.0, received=1800.0)
    assert clock.now(2000.0) == 1200.0
    clock.observe(timestamp=2000.0, received=2050.0)
    assert clock.now(3000.0) == 2950.0
    clock.observe(timestamp=2000.0, received=4000.0)
    assert clock.now(4000.0) == 3950.0, "an old trade told late says nothing"


def test_the_exchange_may_be_ahead() -> None:
    clock = ExchangeClock()
    clock.observe(timestamp=9000.0, received=4000.0)
    assert clock.now(4000.0) == 9000.0


def test_a_clock_that_was_set_is_believed_after_two_windows() -> None:
    clock = ExchangeClock()
    clock.observe(timestamp=60 * SECOND, received=0.0)
    now = 6 * MINUTE
    clock.observe(timestamp=now, received=now)
    assert clock.now(now) == now + 60 * SECOND, "the window before still counts"
    now = 12 * MINUTE
    clock.observe(timestamp=now, received=now)
    assert clock.now(now) == now


def test_after_a_long_silence_only_what_is_new_counts() -> None:
    clock = ExchangeClock()
    clock.observe(timestamp=60 * SECOND, received=0.0)
    clock.observe(timestamp=60 * MINUTE, received=60 * MINUTE)
    assert clock.now(60 * MINUTE) == 60 * MINUTE


def test_our_clock_set_back_begins_afresh() -> None:
    clock = ExchangeClock()
    clock.observe(timestamp=70 * MINUTE, received=60 * MINUTE)
    clock.observe(timestamp=10 * MINUTE, received=10 * MINUTE)
    assert clock.now(10 * MINUTE) == 10 * MINUTE
