"""From state to picture: nothing is done again that a tick or the pointer leaves alone. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import MINUTE, chart, rows, wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule, Look
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_time import TimeZone
from upbit_ws_qt_widgets.models.indicators import IndicatorSpec, Plot, Title
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
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
        lambda state: state.overlays.choose_averages((7,)),
        lambda state: setattr(state, "look", Look(amount=VALUE)),
        lambda state: setattr(state, "look", Look(ChartKind.HEIKIN_ASHI)),
        lambda state: setattr(state, "look", Look(rule=ColourRule.PREVIOUS)),
        lambda state: state.overlays.choose([RSI.chosen()]),
        lambda state: state.close_pane(None),
        lambda state: state.panes.drag(state.layout, 0, -20),
        lambda state: setattr(state, "words", translations("ko")),
        lambda state: setattr(state, "zone", TimeZone.UTC),
        lambda state: state.holes.found("trade", 0, int(state.bars.times[-1])),
        lambda state: setattr(state, "shows_profile", True),
        lambda state: state.show_empty_bars(shown=True),
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


def test_changes_are_counted_anew_when_the_first_bar_in_view_is_the_newest() -> None:
    state, resolver = chart(rows([0])), ChartResolver()
    state.set_scale_kind(ScaleKind.PERCENT)
    for number, price in enumerate((1000.5, 999.5, 1000.0), 1):
        tick(state, price, number=number)
        picture = resolver.resolve(state, 0.0)
        (even,) = [label.y for label in picture.backdrop.price_labels if label.text == "0.00%"]
        assert picture.front.price is not None
        assert even == picture.front.price.y


def test_the_amount_scale_covers_the_newest_bar() -> None:
    state, resolver = settled()
    state.trade(Trade(int(state.bars.times[-1]) + 1, 1, 100_000.0, 1e6))
    picture = resolver.resolve(state, 0.0)
    assert picture.backdrop.panes[0].labels[0].text == "1.15M"


def test_another_unit_is_another_picture() -> None:
    state, resolver = settled()
    state.restart(Timeframe.DAY)
    assert resolver.resolve(state, 0.0).backdrop.shapes is None


def paned() -> tuple[ChartState, ChartResolver]:
    state, resolver = chart(wave(300), height=700.0), ChartResolver()
    state.overlays.choose([RSI.chosen(), MACD.chosen()])
    resolver.resolve(state, 0.0)
    return state, resolver


@pytest.mark.parametrize("kind", list(ChartKind))
def test_with_panes_and_of_every_kind_a_tick_leaves_the_backdrop_alone(kind: ChartKind) -> None:
    state, resolver = paned()
    state.look = Look(kind)
    before = resolver.resolve(state, 0.0)
    tick(state, float(state.bars.figures[3, -1]) + 50)
    state.pointer = (200.0, float(state.layout.panes[1].top + 20))
    after = resolver.resolve(state, 0.0)
    assert after.backdrop is before.backdrop
    former, now = before.front.panes[1].strokes.lines, after.front.panes[1].strokes.lines
    assert (former[0].segments[-1] != now[0].segments[-1]).any()


def test_a_value_beyond_its_pane_makes_another_scale() -> None:
    state, resolver = paned()
    before = resolver.resolve(state, 0.0).backdrop
    labels = before.panes[2].labels
    tick(state, 160_000.0)
    after = resolver.resolve(state, 0.0).backdrop
    assert after.panes[2].labels != labels
    assert after.panes[1].labels == before.panes[1].labels, "limits are limits"


def test_averaged_candles_are_fitted_to_what_is_drawn() -> None:
    state, resolver = settled()
    state.look = Look(ChartKind.HEIKIN_ASHI)
    resolver.resolve(state, 0.0)
    start, stop = state.view.range(state.layout.view_width, 0, 300)
    prices = state.prices()
    assert state.scale.high > prices.high[start:stop].max()
    assert state.scale.low < prices.low[start:stop].min()


def test_a_pane_without_any_value_is_empty_and_a_flat_one_is_a_line() -> None:
    state, resolver = chart(rows([0, 1, 2]), height=700.0), ChartResolver()
    flat = IndicatorSpec(
        key="flat",
        title=Title("", ""),
        short="Flat",
        function=lambda stretch: (stretch.close * 0,),
        plots=(Plot(Title("", ""), "line_1"),),
    )
    state.overlays.choose([MACD.chosen(), flat.chosen()])
    picture = resolver.resolve(state, 0.0)
    _, macd, level = picture.backdrop.panes
    assert all(len(line.segments) == 0 for line in macd.strokes.lines)
    assert macd.labels == (), "numbers on its axis would be those of nothing"
    assert len(level.labels) > 0
    (line,) = level.strokes.lines
    assert level.box.top < line.segments[0, 1] < level.box.bottom
    assert [item.value for item in picture.front.panes[1].legend] == ["–", "–", "–"]


def test_closing_a_pane_takes_its_indicator_away() -> None:
    state, resolver = paned()
    state.close_pane(RSI.chosen())
    assert state.overlays.chosen == (MACD.chosen(),)
    picture = resolver.resolve(state, 0.0)
    assert [pane.box.subject for pane in picture.backdrop.panes] == [None, MACD.chosen()]
    state.close_pane(None)
    assert [pane.subject for pane in state.layout.panes] == [None, MACD.chosen()]
    resolver.resolve(state, 0.0)
    assert [pane.subject for pane in state.layout.panes] == [MACD.chosen()]
