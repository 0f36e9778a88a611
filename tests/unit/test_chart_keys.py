"""Keys and what they do. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.chart_keys import DEFAULT_KEYS, ChartKey, KeyTable


def test_every_action_has_a_key_and_no_key_two_actions() -> None:
    assert list(DEFAULT_KEYS) == list(ChartKey)
    keys = [key for found in DEFAULT_KEYS.values() for key in found]
    assert len(keys) == len(set(keys))
    table = KeyTable()
    assert all(table.action(key) is one for one, found in DEFAULT_KEYS.items() for key in found)
    assert table.action("F9") is None
    assert table.saved() == {}


def test_another_key_takes_the_place_of_all_former_ones() -> None:
    table = KeyTable()
    table.bind(ChartKey.ZOOM_IN, ["Z"])
    assert table.action("Z") is ChartKey.ZOOM_IN
    assert table.action("+") is None
    assert table.keys[ChartKey.ZOOM_IN] == ("Z",)
    table.bind(ChartKey.ZOOM_IN, [])
    assert table.action("Z") is None
    assert table.saved() == {"zoom_in": []}


def test_a_key_does_one_thing_only() -> None:
    table = KeyTable()
    table.bind(ChartKey.OLDER, ["="])
    assert table.action("=") is ChartKey.OLDER
    assert table.keys[ChartKey.ZOOM_IN] == ("+",)
    assert table.saved() == {"older": ["="], "zoom_in": ["+"]}


def test_what_was_saved_comes_back() -> None:
    table, other = KeyTable(), KeyTable()
    table.bind(ChartKey.OLDER, ["Right"])
    other.bind(ChartKey.LATEST, ["L"])
    other.restore(KeyTable.checked(table.saved()))
    assert other.keys == table.keys
    assert other.action("Right") is ChartKey.OLDER
    assert other.action("L") is None


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (None, "lists of keys by their action are expected; got None"),
        ({"jump": ["J"]}, "no key does 'jump'; the actions are older, newer"),
        ({5: ["J"]}, "no key does 5"),
        ({"older": "J"}, "a list of keys is expected for 'older'; got 'J'"),
        ({"older": [5]}, "a list of keys is expected for 'older'"),
        ({"older": ["Right"]}, "a key can do one thing only"),
    ],
)
def test_anything_else_is_refused(saved: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        KeyTable.checked(saved)
