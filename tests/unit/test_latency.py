"""Times under way from two clocks that nobody has to believe; all times are literals."""

from __future__ import annotations

import pytest

from upbit_ws_qt.events import (
    BalanceEvent,
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    Source,
    Stamp,
    StreamType,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.latency import LatencyEstimator, LatencyStatistics

#: The exchange's clock at monotonic second 0; ours is ahead of it by SKEW_S.
EXCHANGE_S = 1_790_000_000.0
SKEW_S = 2.5
OFFSET_S = EXCHANGE_S + SKEW_S


def trade(
    sent_at: float,
    *,
    epoch: int = 1,
    stream_type: str | None = "REALTIME",
    source: Source = Source.WEBSOCKET,
    clock_s: float = EXCHANGE_S,
) -> TradeEvent:
    """A trade that the exchange stamps at monotonic second ``sent_at`` by a clock of its own."""
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=round((clock_s + sent_at) * 1000),
        stream_type=stream_type,
        trade_price=1.0,
        trade_volume=1.0,
        ask_bid="ASK",
        sequential_id=1,
        stamp=Stamp(epoch, source),
    )


def sent(estimator: LatencyEstimator, at: float, *delays_s: float, **options: object) -> None:
    """One trade a tenth of a second, each under way for so long."""
    for number, delay_s in enumerate(delays_s):
        arrives = at + number / 10
        estimator.arrived(trade(arrives - delay_s, **options), arrives)  # type: ignore[arg-type]


def longest_ms(statistics: LatencyStatistics) -> float:
    assert statistics.last_60_s is not None
    return statistics.last_60_s.max


def test_nothing_is_known_before_the_first_message() -> None:
    assert LatencyEstimator().statistics(10.0, OFFSET_S) == LatencyStatistics()
    known = LatencyEstimator().statistics(10.0, OFFSET_S, 0.02)
    assert known == LatencyStatistics(round_trip_ms=20.0)


def test_the_skew_of_the_clocks_is_taken_out_and_told() -> None:
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010, 0.030, 0.020)
    statistics = estimator.statistics(100.5, OFFSET_S)
    assert statistics.last_60_s is not None
    assert statistics.last_60_s.count == 3
    assert statistics.last_60_s.mean == pytest.approx(10.0, abs=0.6)
    assert statistics.last_60_s.max == pytest.approx(20.0, abs=1.1)
    assert statistics.clock_skew_ms == pytest.approx(2510.0, abs=1.0)


def test_with_a_round_trip_the_fastest_message_took_half_of_it() -> None:
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010, 0.030)
    statistics = estimator.statistics(100.5, OFFSET_S, 0.020)
    assert longest_ms(statistics) == pytest.approx(30.0, abs=1.1)
    assert statistics.clock_skew_ms == pytest.approx(2500.0, abs=1.0)
    assert statistics.round_trip_ms == 20.0


def test_it_does_not_matter_how_wrong_the_exchanges_clock_is() -> None:
    right, wrong = LatencyEstimator(), LatencyEstimator()
    sent(right, 100.0, 0.010, 0.250)
    sent(wrong, 100.0, 0.010, 0.250, clock_s=EXCHANGE_S - 3600)
    of_right, of_wrong = (each.statistics(100.5, OFFSET_S) for each in (right, wrong))
    assert of_right.last_60_s == of_wrong.last_60_s
    assert of_right.clock_skew_ms is not None
    assert of_wrong.clock_skew_ms == pytest.approx(of_right.clock_skew_ms + 3_600_000)


def test_the_local_clock_may_be_set_at_any_time() -> None:
    """Only what is told of the skew follows it."""
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010, 0.030)
    before = estimator.statistics(100.5, OFFSET_S)
    after = estimator.statistics(100.5, OFFSET_S - 2.5)
    assert before.last_60_s == after.last_60_s
    assert after.clock_skew_ms == pytest.approx(10.0, abs=1.0)


def test_ten_seconds_and_sixty_are_told_apart() -> None:
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010, 0.500)
    sent(estimator, 130.0, 0.010, 0.020)
    statistics = estimator.statistics(130.5, OFFSET_S)
    assert statistics.last_10_s is not None
    assert statistics.last_10_s.max == pytest.approx(10.0, abs=1.1)
    assert longest_ms(statistics) == pytest.approx(490.0, abs=1.1)


def test_a_lasting_delay_is_a_latency_for_minutes() -> None:
    """Congestion of a minute must not become the new normal within that minute."""
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010)
    for second in range(101, 260):
        sent(estimator, float(second), 1.010)
    statistics = estimator.statistics(259.5, OFFSET_S)
    assert statistics.last_60_s is not None
    assert statistics.last_60_s.p50 == pytest.approx(1000.0, abs=1.1)


def test_the_smallest_difference_is_forgotten_after_five_minutes() -> None:
    """So clocks that drift, or an exchange's clock that was set back, do not spoil it for ever."""
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010)
    for second, longest in (*((at, 100.0) for at in range(101, 390)), (391, 0.0)):
        sent(estimator, float(second), 0.110)
        told = estimator.statistics(second + 0.5, OFFSET_S)
        assert longest_ms(told) == pytest.approx(longest, abs=1.1)


def test_what_is_long_over_is_not_told_any_more() -> None:
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010)
    statistics = estimator.statistics(200.0, OFFSET_S)
    assert statistics.last_60_s is None
    assert statistics.clock_skew_ms is not None
    assert estimator.statistics(800.0, OFFSET_S) == LatencyStatistics()


@pytest.mark.parametrize("jump_s", [6.0, 3600.0])
def test_an_exchange_whose_clock_is_set_forward_is_measured_afresh(jump_s: float) -> None:
    """So is one whose listener slept: its monotonic clock stood still meanwhile."""
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010, 0.020)
    sent(estimator, 105.0, 0.030, 0.010, clock_s=EXCHANGE_S + jump_s)
    statistics = estimator.statistics(105.5, OFFSET_S)
    assert statistics.last_60_s is not None
    assert statistics.last_60_s.count == 2
    assert longest_ms(statistics) == pytest.approx(20.0, abs=1.1)


def test_a_network_that_became_faster_is_no_new_beginning() -> None:
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 4.0)
    sent(estimator, 110.0, 0.0)
    assert longest_ms(estimator.statistics(110.5, OFFSET_S)) == pytest.approx(4000.0, abs=1.1)


def test_another_connection_is_measured_afresh() -> None:
    estimator = LatencyEstimator()
    sent(estimator, 100.0, 0.010, 0.800, epoch=1)
    sent(estimator, 101.0, 0.050, 0.060, epoch=2)
    statistics = estimator.statistics(101.5, OFFSET_S)
    assert statistics.last_60_s is not None
    assert statistics.last_60_s.count == 2
    assert longest_ms(statistics) == pytest.approx(10.0, abs=1.1)


def test_what_does_not_tell_when_it_happened_is_not_counted() -> None:
    estimator = LatencyEstimator()
    realtime, stamp = StreamType.REALTIME, Stamp(1)
    common = {"code": "KRW-BTC", "timestamp": 1, "stream_type": realtime, "stamp": stamp}
    candle = CandleEvent(
        type="candle.1m",
        candle_date_time_utc="2026-09-21T00:00:00",
        opening_price=1.0,
        high_price=1.0,
        low_price=1.0,
        trade_price=1.0,
        candle_acc_trade_volume=1.0,
        candle_acc_trade_price=1.0,
        **common,  # type: ignore[arg-type]
    )
    for passed_over in (
        trade(50.0, stream_type="SNAPSHOT"),
        trade(50.0, stream_type=None),
        trade(50.0, source=Source.REST),
        candle,
        BalanceEvent(balances=()),
        None,
    ):
        estimator.arrived(passed_over, 100.0)
    assert estimator.statistics(100.5, OFFSET_S) == LatencyStatistics()


def test_trades_books_and_tickers_are_counted() -> None:
    estimator = LatencyEstimator()
    common = {
        "code": "KRW-BTC",
        "timestamp": round((EXCHANGE_S + 100.0) * 1000),
        "stream_type": "REALTIME",
        "stamp": Stamp(1),
    }
    counted: list[MarketEvent] = [
        trade(100.0),
        TickerEvent(type="ticker", trade_price=1.0, **common),  # type: ignore[arg-type]
        OrderbookEvent(
            type="orderbook",
            total_ask_size=1.0,
            total_bid_size=1.0,
            orderbook_units=(),
            **common,  # type: ignore[arg-type]
        ),
    ]
    for event in counted:
        estimator.arrived(event, 100.0)
    statistics = estimator.statistics(100.5, OFFSET_S)
    assert statistics.last_60_s is not None
    assert statistics.last_60_s.count == 3
