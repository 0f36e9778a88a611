"""What is painted: colours on whole device pixels, at every scale. Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QColor, QFont, QImage, QPainter, QPixmap
from PyQt6.QtWidgets import QApplication

from tests.chart_bars import MINUTE, chart, rows, wave
from upbit_ws_qt_widgets.chart.arrays import draw_lines, draw_rects
from upbit_ws_qt_widgets.chart.backdrop import paint_backdrop
from upbit_ws_qt_widgets.chart.front import paint_front
from upbit_ws_qt_widgets.chart.style import ChartStyle
from upbit_ws_qt_widgets.models.chart_layout import BarGrid
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.theme import Theme


@pytest.fixture(params=["light", "dark"])
def style(request: pytest.FixtureRequest, qapp: QApplication) -> ChartStyle:
    return ChartStyle(Theme.named(request.param), QFont())


def painted(state: ChartState, style: ChartStyle, *, now: float = 0.0) -> QImage:
    """The whole picture, as the surface paints it."""
    state.resize(
        state.layout.width / state.layout.ratio,
        state.layout.height / state.layout.ratio,
        state.layout.ratio,
        style.metrics,
    )
    picture = ChartResolver().resolve(state, now)
    pixmap = QPixmap(paint_backdrop(picture.backdrop, style, None))
    painter = QPainter(pixmap)
    paint_front(painter, picture, style)
    painter.end()
    return pixmap.toImage()


def count(image: QImage, colour: QColor, box: tuple[int, int, int, int] | None = None) -> int:
    """How many pixels of ``box`` (x, y, width, height; everything when None) have this colour."""
    converted = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = converted.constBits()
    assert bits is not None
    bits.setsize(converted.sizeInBytes())
    pixels = np.frombuffer(bits, np.uint32).reshape(converted.height(), -1)
    if box is not None:
        x, y, width, height = box
        pixels = pixels[y : y + height, x : x + width]
    return int((pixels == colour.rgb()).sum())


def test_arrays_reach_the_painter_as_they_are(qapp: QApplication) -> None:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setPen(QColor("blue"))
    draw_lines(painter, np.array([[1.5, 10.5, 18.5, 10.5]]))
    painter.setPen(QColor(0, 0, 0, 0))
    painter.setBrush(QColor("red"))
    draw_rects(painter, np.array([[2.0, 3.0, 4.0, 5.0], [10.0, 3.0, 1.0, 2.0]]))
    draw_rects(painter, np.empty((0, 4)))
    draw_lines(painter, np.empty((0, 4)))
    painter.end()
    assert image.pixelColor(2, 3) == image.pixelColor(5, 7) == QColor("red")
    assert image.pixelColor(10, 10) == QColor("blue")


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_candle_covers_whole_device_pixels(style: ChartStyle, ratio: float) -> None:
    made = rows([0, 1])
    made["open"], made["close"], made["high"], made["low"] = 100, 200, 300, 50
    state = chart(made, ratio=ratio)
    state.overlays.choose(())
    image = painted(state, style)
    layout = state.layout
    grid = BarGrid.of(state.view.spacing, state.view.right, layout)
    height = layout.price_bottom
    high, close, open_, low = (
        round(float(state.scale.y(price, 0, height))) for price in (300, 200, 100, 50)
    )
    wick, rise = int(grid.wick_left(0)), style.theme.rise
    box = wick - grid.body // 2 - 1, 0, grid.body + 2, height
    # Above the last price, whose line crosses the body.
    assert count(image, rise, (box[0], high, box[2], close - high)) == grid.wick * (close - high)
    assert count(image, rise, (box[0], open_, box[2], low - open_)) == grid.wick * (low - open_)
    below = close + 2 * grid.wick, open_ - close - 2 * grid.wick
    assert count(image, rise, (box[0], below[0], box[2], below[1])) == grid.body * below[1]
    assert image.pixelColor(wick, high - 1) != rise
    assert image.pixelColor(wick, low) != rise


@pytest.mark.parametrize(("change", "role"), [(50, "rise"), (-50, "fall"), (0, "even")])
def test_direction_is_colour_in_both_panes(style: ChartStyle, change: float, role: str) -> None:
    made = rows([0])
    made["open"], made["close"], made["high"], made["low"] = 100, 100 + change, 200, 10
    state = chart(made)
    image = painted(state, style)
    height = state.layout.price_bottom
    assert count(image, getattr(style.theme, role), (0, 80, state.layout.plot_width, height - 80))
    pane = 0, height + 1, state.layout.plot_width, state.layout.plot_bottom - height - 1
    assert count(image, getattr(style.theme, f"volume_{role}"), pane)


def test_each_average_has_its_own_line(style: ChartStyle) -> None:
    state = chart(wave(300))
    with_all = painted(state, style)
    state.overlays.choose(())
    without = painted(state, style)
    plot = 0, 80, state.layout.plot_width, state.layout.price_bottom - 80
    for colour in (style.theme.average_1, style.theme.average_2, style.theme.average_3):
        assert count(without, colour, plot) == 0
        # Lines are smoothed, so only some of their pixels have the very colour.
        assert count(with_all, colour, plot) > 3


def test_the_last_price_has_a_line_and_a_tag_with_its_countdown(style: ChartStyle) -> None:
    state = chart(wave(300))
    last = int(state.bars.times[-1])
    colour = style.rise_fall[
        int(np.sign(state.bars.figures[3, -1] - state.bars.figures[0, -1])) + 1
    ]
    axis = state.layout.plot_width + 1, 0, 100, state.layout.price_bottom
    closed = count(painted(state, style, now=last + MINUTE), colour, axis)
    open_ = count(painted(state, style, now=last + 1000), colour, axis)
    assert closed > 200
    assert open_ > 1.5 * closed, "the tag of an open bar has a second line"


def test_labels_under_a_tag_are_taken_away(style: ChartStyle) -> None:
    """Half a number beside the tag would read as a wrong price."""
    state = chart(wave(300))
    painted(state, style)
    label = ChartResolver().resolve(state, 0.0).backdrop.price_labels[2]
    box = state.layout.plot_width + 2, label.y, 50, 8
    assert count(painted(state, style), style.theme.background, box) < 50 * 8
    state.pointer = (100.0, label.y - 12.0)
    assert count(painted(state, style), style.theme.background, box) == 50 * 8


def test_the_crosshair_has_tags_on_both_axes(style: ChartStyle) -> None:
    state = chart(wave(300))
    without = painted(state, style)
    state.pointer = (200.0, 150.0)
    image = painted(state, style)
    right = state.layout.plot_width, 130, state.layout.width - state.layout.plot_width, 40
    below = 100, state.layout.plot_bottom, 200, 24
    for box in (right, below):
        assert count(without, style.theme.tag, box) == 0
        assert count(image, style.theme.tag, box) > 300
    assert count(image, style.theme.crosshair) > 200


def test_at_the_edges_tags_stay_whole(style: ChartStyle) -> None:
    state = chart(wave(300))
    painted(state, style)
    state.pointer = (0.0, 0.0)
    image = painted(state, style)
    corner = 0, state.layout.plot_bottom, 120, 24
    assert count(image, style.theme.tag, corner) > 800


def test_messages_badge_and_notice_are_painted_where_they_belong(style: ChartStyle) -> None:
    state = chart(wave(300))
    plain = painted(state, style)
    state.badge = "Reconnecting… in 3 s"
    badge = painted(state, style)
    top_right = state.layout.plot_width - 200, 0, 200, 30
    assert count(plain, style.theme.warning_background, top_right) == 0
    assert count(badge, style.theme.warning_background, top_right) > 500
    state.badge, state.notice = "", "Loading older candles…"
    assert painted(state, style) != plain
    empty = chart()
    without = painted(empty, style)
    empty.message = "Loading candles…"
    middle = 250, 100, 300, 200
    blank = count(without, style.theme.background, middle)
    assert count(painted(empty, style), style.theme.background, middle) < blank


def test_a_long_badge_leaves_room_for_the_title(style: ChartStyle) -> None:
    state = chart(wave(300), width=300.0)
    state.title, state.subtitle = "Bitcoin", "KRW-BTC · 1m"
    state.badge = "something went wrong, " * 20
    image = painted(state, style)
    assert count(image, style.theme.text, (8, 0, 60, 24)) > 5
    assert count(image, style.theme.warning_background, (8, 0, 60, 24)) == 0


def test_the_button_to_the_newest_bar_is_there_only_in_the_past(style: ChartStyle) -> None:
    state = chart(wave(500))
    x, y, width, height = (round(part) for part in state.layout.latest_button)
    following = painted(state, style)
    state.pan(1500)
    x, y, width, height = (round(part) for part in state.layout.latest_button)
    past = painted(state, style)
    box = x + 5, y + 5, width - 10, height - 10
    assert count(past, style.theme.panel, box) > 150
    assert count(following, style.theme.panel, box) == 0


@pytest.mark.parametrize("spacing", [0.01, 0.4, 1.0, 3.0, 30.0])
def test_every_zoom_is_a_picture_of_all_its_bars(style: ChartStyle, spacing: float) -> None:
    state = chart(wave(20_000))
    state.set_spacing(spacing)
    image = painted(state, style)
    plot = 0, 80, state.layout.plot_width, state.layout.price_bottom - 80
    coloured = count(image, style.theme.rise, plot) + count(image, style.theme.fall, plot)
    assert coloured > 1000


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (60, 40), (160, 120), (200, 400), (250, 700), (900, 90)]
)
def test_any_size_can_be_painted(style: ChartStyle, width: int, height: int) -> None:
    state = chart(wave(100), width=float(width), height=float(height))
    state.title, state.badge, state.notice = "비트코인", "연결 중…", "더 이전 봉이 없습니다"
    state.pointer = (width / 3, height / 3)
    image = painted(state, style)
    assert (image.width(), image.height()) == (width, height)
    assert image.rect().contains(QPoint(0, 0))


_SCALED = """
import sys
import numpy as np
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from tests.chart_bars import wave
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.surface import ChartSurface

app = QApplication([])
host = QWidget()
column = QVBoxLayout(host)
# So that the chart begins between two pixels of the screen.
column.setContentsMargins(3, 7, 3, 3)
chart = ChartWidget()
chart.setTheme("light")
chart.setAverages(())
chart.setCandles(wave(300))
column.addWidget(chart)
host.resize(701, 421)
host.show()
app.processEvents()
surface = chart.findChild(ChartSurface)
image = host.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
ratio, layout = surface.devicePixelRatioF(), chart._chart.layout
origin = surface.mapTo(host, surface.rect().topLeft())
left, top = int(origin.x() * ratio + 0.5), int(origin.y() * ratio + 0.5)


def pixels_of(image):
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


pixels = pixels_of(image)
alone = pixels_of(surface.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))
# The lower pane, under its caption: bars and grid, and nothing that is smoothed.
part = pixels[top + layout.price_bottom + 30 * 2 : top + layout.plot_bottom, left + 100 :]
part = part[:, : layout.plot_width - 110]
theme = chart.themeColors()
known = [c.rgb() for c in (theme.background, theme.grid, theme.line, theme.volume_rise,
                           theme.volume_fall, theme.volume_even)]
assert ratio == float(sys.argv[1])
assert (part == theme.volume_rise.rgb()).sum() > 100
height, width = layout.plot_bottom, layout.plot_width
placed = pixels[top : top + height, left : left + width]
assert (placed == alone[:height, :width]).all(), "it looks the same wherever it lies"
assert np.isin(part, known).all(), sorted({hex(p) for p in set(part.flat) - set(known)})
"""


@pytest.mark.parametrize("scale", ["1.25", "1.5", "2"])
def test_on_a_scaled_screen_bars_are_not_blurred(scale: str) -> None:
    root = Path(__file__).parents[2]
    sources = os.pathsep.join(str(root / part) for part in (".", "widgets", "resources"))
    done = subprocess.run(
        [sys.executable, "-c", _SCALED, scale],
        cwd=root,
        env={
            **os.environ,
            "QT_SCALE_FACTOR": scale,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": sources,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
