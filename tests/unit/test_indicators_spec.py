"""What an indicator is: settings that are checked, values that fit its plots. Pure."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from tests.indicator_bars import stretch_of, walk
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.indicators import (
    Fill,
    IndicatorSpec,
    Parameter,
    Plot,
    PlotKind,
    Stretch,
    Title,
)

LENGTH = Parameter("length", Title("기간", "Length"), 20, 1, 1000)
WIDTH = Parameter("width", Title("폭", "Width"), 2.0, 0.1, 10.0)


def channel(stretch: Stretch, length: int, width: float) -> tuple[Any, ...]:
    middle = stretch.mean(stretch.close, length)
    return middle * width, middle / width


CHANNEL = IndicatorSpec(
    key="channel",
    title=Title("채널", "Channel"),
    short="Channel",
    function=channel,
    plots=(
        Plot(Title("상단", "Upper"), "line_1"),
        Plot(Title("하단", "Lower"), "line_2", shift=lambda length, _width: length - 1),
    ),
    parameters=(LENGTH, WIDTH),
    fills=(Fill(0, 1, "line_1", "line_2"),),
)


def changed(**changes: Any) -> IndicatorSpec:
    return dataclasses.replace(CHANNEL, **changes)


def test_titles_are_in_both_languages() -> None:
    assert (CHANNEL.title.text("ko"), CHANNEL.title.text("en")) == ("채널", "Channel")


def test_settings_not_chosen_have_their_defaults() -> None:
    assert CHANNEL.chosen().settings == (20, 2.0)
    assert CHANNEL.chosen({"width": 3}).settings == (20, 3)
    assert CHANNEL.chosen({"width": 0.5, "length": 5}).settings == (5, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("length", 0),
        ("length", 1001),
        ("length", 5.0),
        ("length", True),
        ("length", "5"),
        ("length", None),
        ("width", 0.0),
        ("width", 10.5),
        ("width", math.nan),
        ("width", "2"),
    ],
)
def test_wrong_setting_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        CHANNEL.chosen({name: value})
    kind = {"length": "a whole number from 1 to 1000", "width": "a number from 0.1 to 10"}
    assert str(caught.value) == f"{name} must be {kind[name]}; got {value!r}"


def test_unknown_setting_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="has these settings: length, width; got color, size"):
        CHANNEL.chosen({"color": 1, "size": 2})
    with pytest.raises(InvalidRequest, match="has these settings: none; got size"):
        changed(parameters=()).chosen({"size": 2})


@pytest.mark.parametrize("key", ["", "My Own", "이동", "RSI"])
def test_key_is_plain(key: str) -> None:
    with pytest.raises(InvalidRequest, match="lower case letters, digits and _ only"):
        changed(key=key)


def test_spec_without_plots_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="channel has no plots"):
        changed(plots=(), fills=())


@pytest.mark.parametrize("role", ["", "line", "line_0", "line_10", "red", "direction"])
def test_role_is_a_colour_of_a_theme(role: str) -> None:
    said = f"is line_1 to line_9, rise, fall or even; got {role!r}"
    with pytest.raises(InvalidRequest, match=said):
        changed(plots=(CHANNEL.plots[0], Plot(Title("", ""), role)))
    with pytest.raises(InvalidRequest, match=said):
        changed(fills=(Fill(0, 1, "rise", role),))


def test_histogram_has_a_colour_or_two_and_a_pane_of_its_own() -> None:
    for role in ("line_1", "direction"):
        plots = (Plot(Title("", ""), role, PlotKind.HISTOGRAM),)
        assert changed(plots=plots, fills=()).plots == plots
        with pytest.raises(InvalidRequest, match="on the price, where only lines can be"):
            changed(plots=plots, fills=(), on_price=True)
    with pytest.raises(InvalidRequest, match="got 'red'"):
        changed(plots=(Plot(Title("", ""), "red", PlotKind.HISTOGRAM),), fills=())


@pytest.mark.parametrize("fill", [Fill(0, 2, "rise", "fall"), Fill(-1, 0, "rise", "fall")])
def test_fill_is_between_plots(fill: Fill) -> None:
    with pytest.raises(InvalidRequest, match="has 2 plots; got a fill between"):
        changed(fills=(fill,))


def test_default_is_one_to_choose() -> None:
    with pytest.raises(InvalidRequest, match=r"length must be .* got 0"):
        changed(parameters=(dataclasses.replace(LENGTH, default=0),))


def test_chosen_one_gives_an_array_for_each_plot() -> None:
    upper, lower = CHANNEL.chosen({"length": 3}).values(stretch_of(walk(10)))
    assert (upper[3:] / lower[3:]).tolist() == pytest.approx([4.0] * 7)


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda stretch, *_: (stretch.close,), r"\[10\]"),
        (lambda stretch, *_: (stretch.close, stretch.close[1:]), r"\[10, 9\]"),
    ],
)
def test_values_that_do_not_fit_are_refused(function: Any, got: str) -> None:
    with pytest.raises(InvalidRequest, match=f"channel must give 2 arrays of 10; got {got}"):
        changed(function=function).chosen().values(stretch_of(walk(10)))


def test_chosen_one_knows_its_label_its_shifts_and_how_it_is_saved() -> None:
    chosen = CHANNEL.chosen({"width": 2.5})
    assert chosen.label == "Channel 20 2.5"
    assert chosen.shifts == (0, 19)
    assert chosen.saved() == {"key": "channel", "settings": {"length": 20, "width": 2.5}}
    assert changed(parameters=()).chosen().label == "Channel"


def test_equal_choices_are_equal() -> None:
    """So that a chart can tell whether it has to work anything out."""
    assert CHANNEL.chosen() == CHANNEL.chosen({"length": 20})
    assert len({CHANNEL.chosen(), CHANNEL.chosen(), CHANNEL.chosen({"length": 5})}) == 2
