"""What can be chosen about an order book. Pure."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from upbit_ws_qt_widgets.models.ladder_wishes import Wishes


def test_choices_come_back_from_plain_data() -> None:
    wishes = Wishes(depth=5, bars="value", grouping=10_000.0, static=True, trial=1e6)
    assert Wishes.of(wishes.plain()) == wishes
    assert Wishes.of({}) == Wishes()
    assert Wishes.of({"unknown": 1, "depth": 15}) == Wishes(depth=15)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("depth", 7),
        ("depth", True),
        ("depth", 1.0),
        ("depth", "30"),
        ("bars", "sizes"),
        ("amounts", []),
        ("view", None),
        ("trial_in", "KRW"),
        ("grouping", -1.0),
        ("grouping", float("nan")),
        ("grouping", "0"),
        ("trial", float("inf")),
        ("static", 1),
        ("fading", "yes"),
        ("figures", None),
        ("own_orders", 0),
        ("change_base", "open"),
        ("trades_per_level", 1),
        ("pause_on_hover", "no"),
        ("queue", None),
    ],
)
def test_a_wrong_choice_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        replace(Wishes(), **{name: value})


def test_every_choice_is_checked() -> None:
    for item in fields(Wishes):
        with pytest.raises(ValueError, match=item.name):
            replace(Wishes(), **{item.name: object()})
