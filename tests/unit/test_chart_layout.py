"""Where things lie, and how bars fall on whole device pixels. Pure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import TEXT
from upbit_ws_qt_widgets.models.chart_layout import BarGrid, ChartLayout, PaneSubject, WantedPane
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI

VOLUME = WantedPane(None)


def laid_out(
    width: float = 800,
    height: float = 480,
    ratio: float = 1.0,
    wanted: tuple[WantedPane, ...] = (VOLUME,),
) -> ChartLayout:
    return ChartLayout.of(width, height, ratio, 90.0, TEXT, wanted)


def test_a_number_is_as_wide_as_its_digits_and_marks() -> None:
    assert TEXT.width("1,234.5") == 5 * 8.0 + 2 * 4.0


def test_the_parts_share_the_surface() -> None:
    layout = laid_out()
    assert (layout.width, layout.height) == (800, 480)
    assert layout.plot_width == 710
    assert layout.view_width == 710.0
    assert layout.plot_bottom == 480 - 24
    assert 0 < layout.price_bottom < layout.plot_bottom
    assert layout.volume == layout.panes[0] == (None, layout.price_bottom, layout.plot_bottom)
    assert layout.legend_rows == 3
    assert 0 < layout.headroom < layout.price_bottom / 2
    assert layout.line == 1
    assert layout.view_width < layout.price_text_left < 800


def test_at_twice_the_pixels_everything_is_twice_as_large() -> None:
    one, two = laid_out(), laid_out(ratio=2.0)
    assert two.plot_width == 2 * one.plot_width
    assert two.plot_bottom == 2 * one.plot_bottom
    assert two.view_width == one.view_width
    assert two.line == 2
    assert two.latest_button == one.latest_button


def test_a_small_chart_goes_without_volume_and_a_tiny_one_without_legend() -> None:
    assert laid_out(height=225).volume is not None
    assert laid_out(height=200).volume is None
    assert laid_out(height=200).price_bottom == laid_out(height=200).plot_bottom
    assert laid_out(height=130).legend_rows == 2
    assert laid_out(width=150).legend_rows == 0
    assert laid_out(width=150).headroom == 0


@given(st.floats(0, 3000), st.floats(0, 3000), st.sampled_from([1.0, 1.25, 1.5, 2.0]))
def test_no_size_is_too_small(width: float, height: float, ratio: float) -> None:
    layout = laid_out(width, height, ratio)
    assert 1 <= layout.plot_width <= layout.width
    assert 1 <= layout.price_bottom <= layout.plot_bottom <= layout.height


def test_the_axis_is_right_of_the_plot() -> None:
    made = ChartLayout.of(800.0, 480.0, 2.0, 60.0, TEXT)
    assert not made.is_on_axis(739.0)
    assert made.is_on_axis(740.0)


def test_the_button_lies_in_the_corner_of_the_price_pane() -> None:
    layout = laid_out()
    x, y, width, height = layout.latest_button
    assert x + width < layout.view_width
    assert y + height < layout.price_bottom


@pytest.mark.parametrize(
    ("spacing", "ratio", "size", "wick", "body", "dense"),
    [
        (8.0, 1.0, 1, 1, 5, False),
        (10.0, 1.0, 1, 1, 7, False),
        (4.0, 1.0, 1, 1, 3, False),
        (3.0, 1.0, 1, 1, 0, False),
        (2.0, 1.0, 1, 1, 0, False),
        (1.9, 1.0, 1, 1, 0, True),
        (1.0, 1.0, 1, 1, 0, True),
        (0.9, 1.0, 2, 1, 0, True),
        (0.25, 1.0, 4, 1, 0, True),
        (0.24, 1.0, 8, 1, 0, True),
        (8.0, 2.0, 1, 2, 12, False),
        (8.0, 1.25, 1, 1, 7, False),
        (0.5, 2.0, 1, 2, 0, True),
    ],
)
def test_bars_get_bodies_where_there_is_room_and_share_columns_where_there_is_none(
    spacing: float, ratio: float, size: int, wick: int, body: int, dense: bool
) -> None:
    grid = BarGrid.of(spacing, 100.0, laid_out(ratio=ratio))
    assert (grid.size, grid.wick, grid.body, grid.is_dense) == (size, wick, body, dense)
    if body:
        assert (body - wick) % 2 == 0, "as much on either side of the wick"


def test_the_right_edge_of_the_view_is_the_right_edge_of_the_plot() -> None:
    layout = laid_out()
    grid = BarGrid.of(8.0, 100.0, layout)
    assert grid.left(100).tolist() == layout.plot_width
    assert grid.wick_left(99).tolist() == layout.plot_width - 4
    assert grid.centre(99) == layout.plot_width - 4


@given(st.floats(0.01, 40), st.floats(-5000, 5000), st.integers(-300, 300))
def test_moving_the_view_moves_all_bars_alike(spacing: float, right: float, pixels: int) -> None:
    """No gap between two bars changes, so nothing flickers while the chart is dragged."""
    layout, numbers = laid_out(), np.arange(-200, 200)
    before = BarGrid.of(spacing, right, layout)
    after = BarGrid.of(spacing, right - pixels / spacing, layout)
    for place in (BarGrid.left, BarGrid.wick_left):
        assert len(set((place(after, numbers) - place(before, numbers)).tolist())) == 1


@given(st.floats(0.01, 40))
def test_columns_touch_and_never_overlap(spacing: float) -> None:
    grid = BarGrid.of(spacing, 0.0, laid_out())
    edges = grid.left(np.arange(-50, 50) * grid.size)
    assert (np.diff(edges) >= 1).all()


RSI_PANE, MACD_PANE = WantedPane(RSI.chosen()), WantedPane(MACD.chosen())


def subjects(layout: ChartLayout) -> list[PaneSubject]:
    return [pane.subject for pane in layout.panes]


def test_panes_lie_one_under_the_other_and_fill_what_is_below_the_price() -> None:
    layout = laid_out(height=800, wanted=(VOLUME, RSI_PANE, MACD_PANE))
    assert subjects(layout) == [None, RSI.chosen(), MACD.chosen()]
    edges = [layout.price_bottom, *(pane.bottom for pane in layout.panes)]
    assert [pane.top for pane in layout.panes] == edges[:-1]
    assert edges[-1] == layout.plot_bottom
    heights = [pane.bottom - pane.top for pane in layout.panes]
    assert max(heights) - min(heights) <= 1
    assert layout.price_bottom == pytest.approx(layout.plot_bottom / 2, abs=2)


@pytest.mark.parametrize(
    ("height", "shown"), [(180, 0), (220, 1), (260, 1), (270, 2), (310, 3), (900, 3)]
)
def test_without_room_the_lower_panes_are_left_out(height: float, shown: int) -> None:
    layout = laid_out(height=height, wanted=(VOLUME, RSI_PANE, MACD_PANE))
    assert len(layout.panes) == shown
    assert layout.price_bottom >= min(150, layout.plot_bottom) - 1
    assert all(pane.bottom - pane.top >= 43 for pane in layout.panes)


def test_high_panes_give_way_to_the_price() -> None:
    wanted = tuple(pane._replace(share=0.4) for pane in (VOLUME, RSI_PANE, MACD_PANE))
    layout = laid_out(height=600, wanted=wanted)
    assert layout.price_bottom == pytest.approx(150, abs=2)
    heights = [pane.bottom - pane.top for pane in layout.panes]
    assert max(heights) - min(heights) <= 1


def test_a_share_is_a_share_at_every_scale() -> None:
    wanted = (VOLUME._replace(share=0.3),)
    for ratio in (1.0, 1.5, 2.0):
        layout = laid_out(height=800, ratio=ratio, wanted=wanted)
        assert layout.plot_bottom - layout.price_bottom == pytest.approx(
            0.3 * layout.plot_bottom, abs=1
        )


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_pane_and_its_upper_edge_are_found_by_place(ratio: float) -> None:
    layout = laid_out(height=800, ratio=ratio, wanted=(VOLUME, RSI_PANE))
    first, second = (pane.top / ratio for pane in layout.panes)
    assert layout.pane_at(first - 1) is None
    assert layout.pane_at(first + 1) == 0
    assert layout.pane_at(second + 1) == 1
    assert layout.pane_at(799) is None
    assert layout.grip_at(first + 2) == layout.grip_at(first - 2) == 0
    assert layout.grip_at(second) == 1
    assert layout.grip_at(second + 5) is None
    x, y, width, height = layout.close_box(1)
    assert x + width < layout.view_width
    assert layout.grip_at(y) is None
    assert layout.pane_at(y) == layout.pane_at(y + height) == 1


def test_an_edge_is_dragged_between_its_neighbours() -> None:
    layout = laid_out(height=800, wanted=(VOLUME, RSI_PANE))
    before = [pane.bottom - pane.top for pane in layout.panes]

    def dragged(index: int, pixels: float) -> list[int]:
        return [round(share * layout.plot_bottom) for share in layout.dragged(index, pixels)]

    assert dragged(1, -20) == [before[0] - 20, before[1] + 20]
    assert dragged(0, -20) == [before[0] + 20, before[1]]
    assert dragged(1, 5000) == [sum(before) - 44, 44]
    assert dragged(1, -5000) == [44, sum(before) - 44]
    assert dragged(0, -5000) == [layout.plot_bottom - 150 - before[1], before[1]]
    assert dragged(0, 5000) == [44, before[1]]
