"""Drawings to JSON and back. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import START
from tests.drawing_frames import at
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.bars import LATEST_MS
from upbit_ws_qt_widgets.models.drawings.kinds import Anchor, Drawing, Kind
from upbit_ws_qt_widgets.models.drawings.storage import (
    HIGHEST_PRICE,
    LONGEST_TEXT,
    items_of,
    rows_of,
)

TREND = {
    "version": 1,
    "kind": "trend",
    "anchors": [[START, 1000.5], [START + 60_000, 990.0]],
    "locked": False,
}
NOTE = {"version": 1, "kind": "text", "anchors": [[START, 1.0]], "locked": True, "text": "지지선"}


def test_the_rows_are_what_the_page_on_the_chart_says() -> None:
    drawings = (
        Drawing(Kind.TREND, (at(0, 1000.5), at(1, 990.0))),
        Drawing(Kind.TEXT, (at(0, 1.0),), "지지선", locked=True),
    )
    assert rows_of(drawings) == [TREND, NOTE]
    assert items_of([TREND, NOTE]) == drawings


anchors = st.builds(
    Anchor,
    st.integers(1, LATEST_MS - 1),
    st.floats(-HIGHEST_PRICE, HIGHEST_PRICE),
)


@given(st.sampled_from(Kind), st.data())
def test_every_drawing_survives_json(kind: Kind, data: st.DataObject) -> None:
    fixed = st.lists(anchors, min_size=kind.anchor_count, max_size=kind.anchor_count)
    text = data.draw(st.text(min_size=1, max_size=LONGEST_TEXT)) if kind is Kind.TEXT else ""
    drawing = Drawing(kind, tuple(data.draw(fixed)), text, data.draw(st.booleans()))
    assert items_of(json.loads(json.dumps(rows_of([drawing])))) == (drawing,)


@pytest.mark.parametrize(
    "foreign",
    [
        {"version": 1, "kind": "pitchfork", "anchors": 3, "deep": {"한": [1, None]}},
        {"version": 2, "kind": "trend", "curve": True},
    ],
)
def test_what_a_later_version_drew_is_kept_untouched(foreign: dict[str, Any]) -> None:
    items = items_of([TREND, foreign])
    assert rows_of(items) == [TREND, foreign]


def test_whole_numbers_and_tuples_will_do() -> None:
    row = {**TREND, "anchors": ((START, 1000), (START, 990))}
    [drawing] = items_of([row])
    assert drawing == Drawing(Kind.TREND, (Anchor(START, 1000.0), Anchor(START, 990.0)))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ("[]", "a list of drawings is expected; got '[]'"),
        ([1], "drawing 1: a dict is expected; got 1"),
        ([TREND, {"kind": "ray"}], "drawing 2: version must be 1 or above; got None"),
        ([{**TREND, "version": True}], "version must be"),
        ([{**TREND, "version": 0}], "version must be"),
        ([{**TREND, "kind": 5}], "kind must be a name such as 'trend'; got 5"),
        ([{"version": 9, "kind": "x", "a": {1, 2}}], "only what JSON can hold is kept"),
        ([{"version": 9, "kind": "x", "a": float("nan")}], "only what JSON can hold is kept"),
        ([{**TREND, "colour": "red"}], "a trend has anchors, kind, locked, version; got"),
        ([{**TREND, "text": "no note"}], "a trend has anchors, kind, locked, version; got"),
        ([{**TREND, "locked": 1}], "locked must be true or false; got 1"),
        ([{**NOTE, "text": ""}], "text must have 1 to 500 characters; got ''"),
        ([{**NOTE, "text": "x" * 501}], "text must have 1 to 500 characters; got 'xxx"),
        ([{**NOTE, "text": None}], "text must have 1 to 500 characters; got None"),
        ([{**TREND, "anchors": None}], "a trend has 2 anchors [time in ms, price]; got None"),
        ([{**TREND, "anchors": [[START, 1.0]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], 5]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START, True]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START + 0.5, 1.0]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START, "1"]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [0, 1.0]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [LATEST_MS, 1.0]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START, float("inf")]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START, float("nan")]]}], "2 anchors"),
        ([{**TREND, "anchors": [[START, 1.0], [START, -1.1e15]]}], "2 anchors"),
    ],
)
def test_anything_else_is_an_error_that_says_where_and_what(given_: object, message: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(message)):
        items_of(given_)


def test_a_long_wrong_thing_is_cut_in_the_message() -> None:
    with pytest.raises(InvalidRequest) as caught:
        items_of("x" * 10_000)
    assert len(str(caught.value)) < 150
