"""The front: newest bar, last price, marks, pointer and legend. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import MINUTE, START, chart, rows, second, wave
from upbit_ws_qt_widgets.models.chart_front import front_of, texts_of
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule, Look
from upbit_ws_qt_widgets.models.chart_picture import NO_STROKES, Front
from upbit_ws_qt_widgets.models.chart_place import Aim
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_scene import Scene, sight_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
from upbit_ws_qt_widgets.models.live_bars import Trade


def front(state: ChartState, now: float = 0.0) -> Front:
    return ChartResolver().resolve(state, now).front


def test_an_empty_chart_has_its_texts() -> None:
    state = chart()
    state.title, state.subtitle, state.badge = "Bitcoin", "KRW-BTC", "Polled"
    made = texts_of(state)
    assert (made.title, made.subtitle, made.badge) == ("Bitcoin", "KRW-BTC", "Polled")
    assert made.legend == ()


def test_the_newest_bar_is_painted_with_the_averages_that_lead_to_it() -> None:
    made = front(chart(wave(300)))
    assert made.live is not None
    assert sum(map(len, made.live.amounts)) == 1
    assert [len(line.segments) for line in made.live_overlays.lines] == [1, 1, 1]
    assert not made.offers_latest


def test_the_only_bar_has_no_line_to_it() -> None:
    assert [len(line.segments) for line in front(chart(wave(1))).live_overlays.lines] == [0, 0, 0]


def test_the_last_price_counts_down_while_its_bar_is_open() -> None:
    state = chart(wave(300))
    last = START + 299 * MINUTE
    texts = {}
    for name, now in (("before", last - 1), ("open", last + 1000), ("closed", last + MINUTE)):
        tag = front(state, now).price
        assert tag is not None
        texts[name] = tag.countdown
    assert texts == {"before": "", "open": "00:59", "closed": ""}


def test_the_last_price_has_its_direction_and_stays_in_the_pane() -> None:
    state = chart(wave(300))
    bar = state.bars.bar(299)
    tag = front(state).price
    assert tag is not None
    assert tag.text == f"{bar.close:,.0f}"
    assert tag.direction == (bar.close > bar.open) - (bar.close < bar.open)
    assert 0 < tag.y < state.layout.price_bottom
    state.stretch_prices(1e-3)
    state.move_prices(-5e6)
    assert front(state).is_scaled_by_hand
    tag = front(state).price
    assert tag is not None
    assert tag.y in (0, state.layout.price_bottom - 1)


def test_the_second_market_has_a_tag_that_stays_in_the_pane() -> None:
    state = chart(wave(300, price=1000.0))
    assert front(state).compared is None
    state.comparison = second(range(300))
    tag = front(state).compared
    assert tag is not None
    assert 0 < tag.y < state.layout.price_bottom
    assert tag.text.endswith("%")
    state.stretch_prices(1e-3)
    tag = front(state).compared
    assert tag is not None
    assert tag.y in (0, state.layout.price_bottom - 1)
    state.comparison = second([400])
    assert front(state).compared is None, "it has nothing by then"


@pytest.mark.parametrize("now", [0.0, START + 299 * MINUTE + 1000.0])
@pytest.mark.parametrize("close", [1298.0, 1299.0, 1300.0])
@pytest.mark.parametrize("place", ["top", "middle", "bottom"])
def test_its_tag_and_that_of_the_last_price_do_not_meet(
    now: float, close: float, place: str
) -> None:
    state = chart(rows(range(300)))
    state.comparison = second(range(300))
    state.comparison.series.trade(Trade(START + 299 * MINUTE + 1, 1, close, 1.0))
    low, high = {"top": (1000, 1300), "middle": (1200, 1400), "bottom": (1299, 1500)}[place]
    state.scale = PriceScale(low, high, auto=False)
    made = front(state, now)
    assert made.price is not None
    assert made.compared is not None
    height, apart = state.text.height, made.compared.y - made.price.y
    rows_below = 2 if made.price.countdown else 1
    assert apart <= -(height + 4) or apart >= rows_below * height + 4
    assert -height < made.compared.y < state.layout.price_bottom


def test_upside_down_the_lowest_is_marked_above() -> None:
    state = chart(wave(300))
    state.invert_prices(inverted=True)
    high, low = front(state).extremes
    assert (high.is_above, low.is_above) == (False, True)
    assert high.y > low.y


def test_the_highest_and_lowest_in_view_are_marked() -> None:
    state = chart(wave(300))
    high, low = front(state).extremes
    start, stop = state.view.range(state.layout.view_width, 0, 300)
    assert (high.is_above, low.is_above) == (True, False)
    assert high.text == f"High {state.bars.figures[1, start:stop].max():,.0f}"
    assert low.text == f"Low {state.bars.figures[2, start:stop].min():,.0f}"
    assert high.y < low.y
    assert all(0 <= mark.x <= state.layout.plot_width for mark in (high, low))


def test_marks_go_where_the_user_scales_them_out_of_sight_or_the_chart_is_tiny() -> None:
    state = chart(wave(300))
    front(state)
    state.stretch_prices(0.1)
    assert len(front(state).extremes) < 2
    assert front(chart(wave(300), width=150.0)).extremes == ()


def test_without_columns_there_is_nothing_to_mark() -> None:
    state = chart(wave(300))
    sight = sight_of(state)
    none = sight.settled_columns(state)
    scene = Scene(
        sight, none, None, None, None, state.layout, state.scale, 1.0, (), (), state.look.kind
    )
    assert front_of(state, scene, 0.0).extremes == ()


def test_the_pointer_snaps_to_bars_and_names_price_and_time() -> None:
    state = chart(wave(300))
    front(state)
    x = float(state.layout.view_width / 2)
    state.pointer = (x, 100.0)
    made = front(state)
    assert made.crosshair is not None
    number = int(state.view.place(x, state.layout.view_width))
    grid = sight_of(state).grid
    assert made.crosshair.x == grid.centre(number)
    assert abs(made.crosshair.x - x) <= 4
    assert made.crosshair.y == 100
    price = state.scale.price(100, 0, state.layout.price_bottom)
    assert made.crosshair.side_text == f"{round(price):,}"
    assert made.crosshair.time_text.startswith("2026-01-02 (Fri) 1")
    close = state.bars.bar(number).close
    assert made.legend[0][3].value == f"{close:,.0f}"


def test_over_the_lower_pane_it_names_the_amount() -> None:
    state = chart(wave(300))
    front(state)
    state.pointer = (100.0, state.layout.plot_bottom - 1.0)
    made = front(state)
    assert made.crosshair is not None
    share = 1 / (state.layout.plot_bottom - state.layout.price_bottom)
    assert float(made.crosshair.side_text) == pytest.approx(share * 7 * 1.15, rel=0.02)


@pytest.mark.parametrize("pointer", [(-1.0, 50.0), (799.0, 50.0), (50.0, -1.0), (50.0, 479.0)])
def test_off_the_plot_there_is_no_crosshair(pointer: tuple[float, float]) -> None:
    state = chart(wave(300))
    front(state)
    state.pointer = pointer
    assert front(state).crosshair is None


def test_beside_the_bars_the_nearest_one_is_meant() -> None:
    state = chart(wave(300))
    front(state)
    state.pointer = (state.layout.view_width - 1, 50.0)
    made = front(state)
    assert made.crosshair is not None
    assert made.crosshair.x == sight_of(state).grid.centre(299)


def test_the_legend_is_of_the_newest_bar_without_a_pointer() -> None:
    state = chart(wave(300))
    assert front(state).legend[0][3].value == f"{state.bars.bar(299).close:,.0f}"


def paned() -> ChartState:
    """A chart with the volume, RSI and MACD below the prices."""
    state = chart(wave(300), height=700.0)
    state.overlays.choose([RSI.chosen(), MACD.chosen()])
    front(state)
    return state


def test_in_a_pane_the_pointer_names_the_value_there() -> None:
    state = paned()
    _, strength, _ = state.layout.panes
    state.pointer = (300.0, (strength.top + strength.bottom) / 2)
    made = front(state)
    assert made.crosshair is not None
    assert 40 < float(made.crosshair.side_text) < 70
    level = ChartResolver().resolve(state, 0.0).backdrop.panes[1].levels[0]
    state.pointer = (300.0, float(level))
    made = front(state)
    assert made.crosshair is not None
    assert float(made.crosshair.side_text) == pytest.approx(30, abs=1)
    assert made.crosshair.x == sight_of(state).grid.centre(
        int(state.view.place(300.0, state.layout.view_width))
    )


def test_panes_have_the_newest_values_and_a_legend() -> None:
    amounts, strength, macd = front(paned()).panes
    assert (amounts.strokes, amounts.legend) == (NO_STROKES, ())
    assert [len(line.segments) for line in strength.strokes.lines] == [1]
    assert sum(len(one.rects) for one in macd.strokes.rects) == 1
    assert strength.legend[0].label == "RSI14"
    assert [item.label for item in macd.legend] == ["MACD 12 26 9", "", ""]


def test_a_pane_under_the_pointer_can_be_closed_and_its_edge_be_dragged() -> None:
    state = paned()
    assert (front(state).closable, front(state).grip) == (None, None)
    second = state.layout.panes[1]
    state.pointer = (300.0, second.top + 30.0)
    assert (front(state).closable, front(state).grip) == (1, None)
    state.pointer = (790.0, second.top + 30.0)
    assert front(state).closable is None, "beside the plot there is no button"
    state.pointer = (300.0, second.top - 1.0)
    assert front(state).grip == second.top
    state.pointer = (300.0, 100.0)
    assert (front(state).closable, front(state).grip) == (None, None)


def test_the_last_price_has_the_colour_of_its_bar_by_the_rule() -> None:
    made = wave(3)
    made["open"][-1], made["close"][-1] = 100_500, 100_400
    made["close"][-2] = 100_000
    made["high"], made["low"] = 101_000, 99_000
    state = chart(made)
    directions: list[int] = []
    for rule in ColourRule:
        state.look = Look(rule=rule)
        tag = front(state).price
        assert tag is not None
        directions.append(tag.direction)
    assert directions == [-1, 1]


def test_of_averaged_candles_the_real_prices_are_named() -> None:
    state = chart(wave(300))
    plain = front(state)
    state.look = Look(ChartKind.HEIKIN_ASHI)
    made = front(state)
    assert made.price is not None
    assert plain.price is not None
    assert made.price.text == plain.price.text
    assert [mark.text for mark in made.extremes] == [mark.text for mark in plain.extremes]


def test_a_line_leads_to_the_newest_close() -> None:
    state = chart(wave(300))
    state.overlays.choose(())
    state.look = Look(ChartKind.AREA)
    made = front(state)
    assert made.price is not None
    (line,) = made.live_overlays.lines
    assert line.role == "accent"
    assert abs(line.segments[-1, 3] - made.price.y) <= 1
    assert len(made.live_overlays.areas) == 1
    assert made.live is not None
    assert sum(map(len, made.live.candles)) == 0
    state.look = Look(ChartKind.LINE)
    assert front(state).live_overlays.areas == ()


def test_a_crosshair_that_was_set_is_on_its_bar_and_its_price() -> None:
    state = chart(wave(300))
    front(state)
    state.pointer = (10.0, 10.0)
    state.aim = Aim(START + 280 * MINUTE + 1, 100_000.0, is_given=True)
    made = front(state)
    assert made.crosshair is not None
    assert made.crosshair.x == sight_of(state).grid.centre(280)
    assert made.crosshair.side_text == "100,000"
    assert (made.crosshair.time, made.crosshair.price) == (START + 280 * MINUTE, 100_000.0)
    assert made.crosshair.is_given
    height = state.layout.price_bottom
    assert made.crosshair.y == round(float(state.scale.y(100_000.0, 0, height)))
    assert made.legend[0][3].value == f"{state.bars.bar(280).close:,.0f}"


@pytest.mark.parametrize("price", [None, 1.0, 1e9])
def test_without_a_price_in_sight_it_has_no_level(price: float | None) -> None:
    state = chart(wave(300))
    state.aim = Aim(START + 280 * MINUTE, price, is_given=False)
    made = front(state).crosshair
    assert made is not None
    assert (made.y, made.side_text, made.price, made.is_given) == (None, "", price, False)


def test_out_of_view_it_is_not_shown_and_the_legend_is_of_the_newest() -> None:
    state = chart(wave(300))
    state.aim = Aim(START, 100_000.0, is_given=True)
    made = front(state)
    assert made.crosshair is None
    assert made.legend[0][3].value == f"{state.bars.bar(299).close:,.0f}"


def test_the_pointer_tells_bar_and_price_and_in_a_pane_no_price() -> None:
    state = chart(wave(300))
    front(state)
    state.pointer = (100.0, 100.0)
    made = front(state).crosshair
    assert made is not None
    assert made.side_text == f"{made.price:,.0f}"
    assert not made.is_given
    state.pointer = (100.0, state.layout.plot_bottom - 1.0)
    made = front(state).crosshair
    assert made is not None
    assert made.price is None


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Polled · 1m 5s old"), ("ko", "폴링 · 1분 5초 전")]
)
def test_where_no_live_data_come_the_badge_has_their_age(language: str, text: str) -> None:
    state = chart(wave(10), language=language)
    state.badge = state.words["state.polling"]
    now = float(state.bars.times[-1]) + 90_000
    assert front(state, now).badge == state.badge
    state.is_aging = True
    assert front(state, now).badge == state.badge
    state.note_newest(int(now) - 65_400)
    state.note_newest(int(now) - 90_000)
    assert front(state, now).badge == text
    assert front(state, now - 200_000).badge.startswith(f"{state.badge} · 0")
    state.badge = ""
    assert front(state, now).badge == ""


def test_what_is_missing_is_told_unless_there_is_something_else_to_say() -> None:
    state = chart(wave(10))
    start = int(state.bars.times[-1])
    state.holes.found("trade", start, start + 2000)
    state.is_asking = True
    assert "may lack something" in front(state, 0.0).notice
    state.notice = "No older candles"
    assert front(state, 0.0).notice == "No older candles"
