"""The rectangles of bars and amounts. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.chart_bars import TEXT, rows, wave
from upbit_ws_qt_widgets.models.bars import Bars
from upbit_ws_qt_widgets.models.chart_columns import Columns, columns_of
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, DrawnPrices, Look
from upbit_ws_qt_widgets.models.chart_layout import BarGrid, ChartLayout, WantedPane
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_shapes import shapes

LAYOUT = ChartLayout.of(800, 480, 1.0, 90.0, TEXT, (WantedPane(None),))
SOLID = ChartKind.SOLID
PLAIN = Look()


def wave_of(count: int) -> Bars:
    bars = Bars()
    bars.replace(wave(count))
    return bars


def drawn(
    columns: Columns,
    grid: BarGrid,
    scale: PriceScale,
    top: float = 10.0,
    kind: ChartKind = ChartKind.SOLID,
) -> list[tuple[str, list[list[float]], list[list[float]]]]:
    made = shapes(columns, grid, LAYOUT, scale, top, kind)
    names = ("fall", "even", "rise")
    return [
        (name, candles.tolist(), amounts.tolist())
        for name, candles, amounts in zip(names, made.candles[:3], made.amounts, strict=True)
        if len(candles) or len(amounts)
    ]


def one_bar(open_: float, high: float, low: float, close: float, volume: float = 5.0) -> Bars:
    bars, row = Bars(), rows([0])
    row["open"], row["high"], row["low"], row["close"] = open_, high, low, close
    row["volume"] = volume
    bars.replace(row)
    return bars


def columns(bars: Bars, look: Look = PLAIN, *, size: int = 1) -> Columns:
    prices = DrawnPrices().of(bars, look.kind)
    return columns_of(bars, prices, bars.first, bars.end, size, look)


GRID = BarGrid(pitch=10.0, origin=100, size=1, wick=1, body=7)
HEIGHT = LAYOUT.price_bottom
SCALE = PriceScale(0.0, float(HEIGHT))
"""One price is one pixel."""


@pytest.mark.parametrize(
    ("open_", "close", "name"), [(20, 30, "rise"), (30, 20, "fall"), (20, 20, "even")]
)
def test_a_candle_is_a_wick_and_a_body_of_its_direction(
    open_: float, close: float, name: str
) -> None:
    ((got, candles, amounts),) = drawn(columns(one_bar(open_, 40, 10, close)), GRID, SCALE)
    assert got == name
    wick, body = candles
    assert wick == [105, HEIGHT - 40, 1, 30]
    top = HEIGHT - max(open_, close)
    assert body == [102, top, 7, max(abs(open_ - close), 1)]
    pane = LAYOUT.plot_bottom - HEIGHT - 2
    assert amounts == [[102, LAYOUT.plot_bottom - np.ceil(pane / 2), 7, np.ceil(pane / 2)]]


def test_narrow_candles_are_wicks_alone() -> None:
    grid = BarGrid(pitch=2.0, origin=100, size=1, wick=1, body=0)
    ((_, candles, amounts),) = drawn(columns(one_bar(20, 40, 10, 30)), grid, SCALE)
    assert candles == [[101, HEIGHT - 40, 1, 30]]
    assert amounts[0][2] == 1


def test_dense_columns_fill_their_place() -> None:
    grid = BarGrid(pitch=0.4, origin=0, size=4, wick=1, body=0)
    made = shapes(
        columns(wave_of(64), size=4), grid, LAYOUT, PriceScale(80_000, 120_000), 30.0, SOLID
    )
    rects = np.concatenate(made.candles)
    rects = rects[np.argsort(rects[:, 0])]
    assert (rects[:-1, 0] + rects[:-1, 2] == rects[1:, 0]).all()
    assert len(rects) == 16


def test_what_lies_far_outside_the_pane_stays_near_it() -> None:
    ((_, candles, _),) = drawn(columns(one_bar(2e9, 4e9, 1e9, 3e9)), GRID, SCALE)
    assert all(-2 <= y <= HEIGHT + 2 and height <= HEIGHT + 4 for _, y, _, height in candles)


def test_a_volume_above_the_scale_fills_its_pane_and_none_is_nothing() -> None:
    pane = LAYOUT.plot_bottom - HEIGHT - 2
    ((_, _, amounts),) = drawn(columns(one_bar(2, 4, 1, 3, volume=99.0)), GRID, SCALE)
    assert amounts[0][3] == pane
    ((_, _, amounts),) = drawn(columns(one_bar(2, 4, 1, 3, volume=0.0)), GRID, SCALE)
    assert amounts[0][3] == 0


def test_all_shapes_are_rectangles_of_doubles() -> None:
    made: npt.NDArray[np.float64]
    for made in shapes(columns(wave_of(50)), GRID, LAYOUT, SCALE, 7.0, SOLID).candles:
        assert made.dtype == np.float64
        assert made.shape[1] == 4


def parts(bars: Bars, kind: ChartKind, grid: BarGrid = GRID) -> list[list[float]]:
    """The rectangles of the bars, whatever their colour."""
    look = Look(kind)
    made = shapes(columns(bars, look), grid, LAYOUT, SCALE, 10.0, kind)
    return np.concatenate(made.candles).tolist()


def painted(rects: list[list[float]]) -> set[tuple[int, int]]:
    """The pixels that rectangles cover; each only once."""
    found: list[tuple[int, int]] = [
        (column, row)
        for x, y, width, height in rects
        for column in range(int(x), int(x + width))
        for row in range(int(y), int(y + height))
    ]
    assert len(found) == len(set(found)), "no pixel is painted twice"
    return set(found)


@pytest.mark.parametrize("line", [1, 2])
def test_a_rising_hollow_candle_is_a_frame_with_a_wick_above_and_below(line: int) -> None:
    grid = BarGrid(pitch=20.0, origin=100, size=1, wick=line, body=5 + 2 * line)
    pixels = painted(parts(one_bar(20, 60, 10, 45), ChartKind.HOLLOW, grid))
    left = min(x for x, _ in pixels)
    right = max(x for x, _ in pixels)
    assert right - left + 1 == grid.body
    top, foot = HEIGHT - 45, HEIGHT - 20
    wick = int(grid.wick_left(0))
    assert (wick, HEIGHT - 60) in pixels
    assert (wick, HEIGHT - 11) in pixels
    assert (wick, HEIGHT - 61) not in pixels
    assert (wick, HEIGHT - 10) not in pixels
    inside = {
        (x, y) for x in range(left + line, right + 1 - line) for y in range(top + line, foot - line)
    }
    assert not inside & pixels
    edge = {(x, y) for x in range(left, right + 1) for y in range(top, foot)} - inside
    assert edge <= pixels


def test_a_falling_hollow_candle_is_solid() -> None:
    assert parts(one_bar(45, 60, 10, 20), ChartKind.HOLLOW) == parts(
        one_bar(45, 60, 10, 20), ChartKind.SOLID
    )


def test_of_the_other_hollow_kinds_falling_candles_are_empty_or_all() -> None:
    rising, falling = one_bar(20, 60, 10, 45), one_bar(45, 60, 10, 20)
    frame = painted(parts(rising, ChartKind.HOLLOW))
    for bars in (rising, falling):
        assert painted(parts(bars, ChartKind.OUTLINE)) == frame
    assert painted(parts(falling, ChartKind.DOWN_HOLLOW)) == frame
    assert parts(rising, ChartKind.DOWN_HOLLOW) == parts(rising, ChartKind.SOLID)


def test_what_nobody_traded_is_flat_and_apart() -> None:
    bars, made = Bars(), rows([0, 1])
    for name in ("open", "high", "low", "close"):
        made[name][1] = 50.0
    made["volume"][1] = made["value"][1] = 0.0
    bars.replace(made)
    for kind in (ChartKind.SOLID, ChartKind.OUTLINE):
        look = Look(kind, empty_bars=True)
        drawn_ = shapes(columns(bars, look), GRID, LAYOUT, SCALE, 10.0, kind)
        flat = drawn_.candles[3]
        body = flat[flat[:, 2] == GRID.body]
        assert body[:, 1:].tolist() == [[HEIGHT - 50, GRID.body, 1]]
        assert sum(map(len, drawn_.amounts)) == 1


def test_a_body_with_no_room_inside_is_not_hollow() -> None:
    flat = one_bar(20, 60, 10, 22)
    assert parts(flat, ChartKind.HOLLOW) == parts(flat, ChartKind.SOLID)
    narrow = BarGrid(pitch=4.0, origin=100, size=1, wick=2, body=4)
    tall = one_bar(20, 60, 10, 50)
    assert parts(tall, ChartKind.HOLLOW, narrow) == parts(tall, ChartKind.SOLID, narrow)


def test_hollow_candles_are_coloured_by_the_close_before() -> None:
    made, bars = rows([0, 1]), Bars()
    made["open"], made["close"], made["high"], made["low"] = [20, 50], [60, 55], [70, 56], [10, 49]
    bars.replace(made)
    fall, _, rise, _ = shapes(
        columns(bars, Look(ChartKind.HOLLOW)), GRID, LAYOUT, SCALE, 10.0, ChartKind.HOLLOW
    ).candles
    assert len(fall) > 2, "lower than the close before, and yet hollow: parts of a frame"
    assert len(rise) > 2


def test_an_ohlc_bar_has_its_open_on_the_left_and_its_close_on_the_right() -> None:
    stem, open_, close = parts(one_bar(20, 40, 10, 30), ChartKind.BARS)
    assert stem == [105, HEIGHT - 40, 1, 30]
    assert open_ == [102, HEIGHT - 20, 3, 1]
    assert close == [106, HEIGHT - 30, 3, 1]


@pytest.mark.parametrize("kind", [ChartKind.LINE, ChartKind.AREA])
def test_a_line_has_amounts_alone(kind: ChartKind) -> None:
    made = shapes(columns(wave_of(50), Look(kind)), GRID, LAYOUT, SCALE, 7.0, kind)
    assert sum(map(len, made.candles)) == 0
    assert sum(map(len, made.amounts)) == 50
    assert len(made.amounts[0]), "with the colours of their bars"
    assert len(made.amounts[2])


def test_without_a_pane_amounts_take_no_room() -> None:
    layout = ChartLayout.of(800, 480, 1.0, 90.0, TEXT)
    made = shapes(columns(wave_of(5)), GRID, layout, SCALE, 7.0, SOLID)
    assert not np.concatenate(made.amounts).any()
