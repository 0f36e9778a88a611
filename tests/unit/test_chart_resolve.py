"""From state to picture: nothing is done again that a tick or the pointer leaves alone. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import MINUTE, chart, rows, wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.live_bars import Trade


def tick(state: ChartState, price: float, *, bars: int = 0, number: int = 1) -> None:
    state.trade(Trade(int(state.bars.times[-1]) + bars * MINUTE + 1, number, price, 0.1))


def settled(count: int = 300) -> tuple[ChartState, ChartResolver]:
    state, resolver = chart(wave(count)), ChartResolver()
    resolver.resolve(state, 0.0)
    return state, resolver


def test_a_chart_without_bars_has_its_texts_and_keeps_its_backdrop() -> None:
    state, resolver = chart(), ChartResolver()
    state.title, state.message = "KRW-BTC", "nothing"
    picture = resolver.resolve(state, 0.0)
    assert picture.backdrop.shapes is None
    assert picture.backdrop.price_labels == ()
    assert (picture.front.title, picture.front.message) == ("KRW-BTC", "nothing")
    assert picture.front.price is None
    assert resolver.resolve(state, 0.0).backdrop is picture.backdrop
    state.resize(300.0, 300.0, 1.0, state.text)
    assert resolver.resolve(state, 0.0).backdrop is not picture.backdrop


def test_while_waiting_bars_are_not_shown() -> None:
    state, resolver = settled()
    state.is_waiting = True
    assert resolver.resolve(state, 0.0).backdrop.shapes is None
    state.is_waiting = False
    assert resolver.resolve(state, 0.0).backdrop.shapes is not None


def test_a_tick_and_the_pointer_leave_the_backdrop_alone() -> None:
    state, resolver = settled()
    before = resolver.resolve(state, 0.0)
    tick(state, float(state.bars.figures[3, -1]) + 1)
    state.pointer = (200.0, 100.0)
    after = resolver.resolve(state, 0.0)
    assert after.backdrop is before.backdrop
    assert after.front != before.front
    assert after.front.price != before.front.price


def test_what_concerns_the_backdrop_makes_a_new_one() -> None:
    def changes(state: ChartState) -> None:
        tick(state, 100_000.0, bars=1)

    for change in (
        changes,
        lambda state: tick(state, 500_000.0),
        lambda state: state.pan(10),
        lambda state: state.zoom(1.1),
        lambda state: state.stretch_prices(1.1),
        lambda state: state.resize(700.0, 480.0, 1.0, state.text),
        lambda state: setattr(state, "averages", (7,)),
        lambda state: setattr(state, "amount", VALUE),
        lambda state: setattr(state, "words", translations("ko")),
        lambda state: setattr(state, "tick_size", lambda _: 10.0),
        lambda state: state.load(page_of(wave(300)), keep_newer=False),
    ):
        state, resolver = settled()
        before = resolver.resolve(state, 0.0).backdrop
        change(state)
        assert resolver.resolve(state, 0.0).backdrop is not before, change


def test_the_axis_grows_with_its_prices_and_the_scale_is_fitted_to_what_is_then_in_view() -> None:
    state, resolver = chart(wave(300, price=100_000_000.0)), ChartResolver()
    narrow = state.layout.plot_width
    picture = resolver.resolve(state, 0.0)
    assert picture.backdrop.layout.plot_width < narrow
    assert picture.backdrop.layout is state.layout
    start, stop = state.view.range(state.layout.view_width, 0, 300)
    assert state.scale.low < state.bars.figures[2, start:stop].min()
    assert state.scale.high > state.bars.figures[1, start:stop].max()


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_bars_are_a_picture(count: int) -> None:
    state = chart(rows(range(count)))
    picture = ChartResolver().resolve(state, 0.0)
    assert picture.front.live is not None
    assert picture.front.price is not None
    assert len(picture.backdrop.price_labels) > 1
    assert len(picture.backdrop.time_labels) == 1


def test_in_the_past_the_picture_has_no_newest_bar_but_its_price() -> None:
    state, resolver = settled(500)
    state.pan(1500)
    front = resolver.resolve(state, 0.0).front
    assert front.live is None
    assert front.price is not None
    assert front.offers_latest


def test_with_no_bar_in_view_the_scale_stays() -> None:
    state, resolver = settled()
    scale = state.scale
    state.view = state.view.shifted(10_000)
    picture = resolver.resolve(state, 0.0)
    assert picture.front.extremes == ()
    assert state.scale == scale


def test_the_amount_scale_covers_the_newest_bar() -> None:
    state, resolver = settled()
    state.trade(Trade(int(state.bars.times[-1]) + 1, 1, 100_000.0, 1e6))
    picture = resolver.resolve(state, 0.0)
    assert picture.backdrop.amount_label == "1.15M"


def test_another_unit_is_another_picture() -> None:
    state, resolver = settled()
    state.restart(Timeframe.DAY)
    assert resolver.resolve(state, 0.0).backdrop.shapes is None
