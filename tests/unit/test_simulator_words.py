"""Written words as typed values. Pure."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.faults.words import value_of


@pytest.mark.parametrize(
    ("annotation", "word", "value"),
    [
        (bool, "on", True),
        (bool, "False", False),
        (int, "-5", -5),
        (float, "1e3", 1000.0),
        (str, "KRW-BTC", "KRW-BTC"),
        (int | None, "7", 7),
        (int | None, "", None),
        (Literal["none", "cancel"] | None, "none", "none"),
        (Literal["none", "cancel"] | None, "", None),
        (int | Literal["reset"], "reset", "reset"),
    ],
)
def test_a_word_becomes_what_the_annotation_allows(annotation: Any, word: str, value: Any) -> None:
    found = value_of("it", annotation, word)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "word", "said"),
    [
        (bool, "1", "it is 'on' or 'off'; got '1'"),
        (int, "1.5", "it is a whole number; got '1.5'"),
        (float, "", "it is a number; got ''"),
        (int | None, "few", "it is a whole number or nothing; got 'few'"),
        (int | Literal["reset", "timeout"], "x", "it is a whole number or 'reset' or 'timeout'"),
    ],
)
def test_what_was_expected_and_what_came_is_said(annotation: Any, word: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        value_of("it", annotation, word)
