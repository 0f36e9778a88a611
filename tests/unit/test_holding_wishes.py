"""Choices about balances: right ones, wrong ones, and what they show. Pure."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from upbit_ws_qt_widgets.models.holding_values import Fees, Holding, Standing
from upbit_ws_qt_widgets.models.holding_wishes import HIDEABLE, HoldingWishes

D = Decimal


def worth(value: str | None, currency: str = "ABC", **fields: Any) -> Holding:
    return Holding(currency, D(1), D(0), D(1), value=None if value is None else D(value), **fields)


def test_choices_survive_as_plain_data() -> None:
    wishes = HoldingWishes(
        small_hidden=True,
        small_limit=5000,
        apart_shown=False,
        private=True,
        fees_included=False,
        fees=Fees(krw=D("0.0004")),
        allocation="donut",
        hidden_columns=("locked", "price"),
    )
    plain = json.loads(json.dumps(wishes.plain()))
    assert HoldingWishes.of(plain) == wishes
    assert HoldingWishes.of({**plain, "unheard": 1}) == wishes
    assert HoldingWishes.of({}) == HoldingWishes()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("private", 1, "True or False"),
        ("small_hidden", "yes", "True or False"),
        ("small_limit", -1, "from 0 up"),
        ("small_limit", 1.5, "from 0 up"),
        ("small_limit", True, "from 0 up"),
        ("small_limit", 10**16, "from 0 up"),
        ("allocation", "pie", "none, bar, donut"),
        ("hidden_columns", ("asset",), "columns that can be hidden"),
    ],
)
def test_a_wrong_choice_is_refused_with_the_right_ones(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        HoldingWishes(**{name: value})


@pytest.mark.parametrize(
    "plain",
    [
        {"fees": {"krw": "0"}},
        {"fees": {"krw": "0", "btc": "x", "usdt": "0"}},
        {"fees": {"krw": "0", "btc": "2", "usdt": "0"}},
        {"fees": 5},
        {"hidden_columns": 5},
    ],
)
def test_foreign_data_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fee"):
        HoldingWishes.of(plain)


def test_small_assets_are_shown_unless_hidden() -> None:
    hiding = HoldingWishes(small_hidden=True, small_limit=1000)
    assert HoldingWishes().shows(worth("1"))
    assert not hiding.shows(worth("999.99"))
    assert hiding.shows(worth("1000"))
    assert hiding.shows(worth(None, standing=Standing.WAITING))
    assert hiding.shows(worth("0", "KRW"))


def test_what_stands_apart_is_shown_unless_left_out() -> None:
    gone = worth(None, standing=Standing.GONE)
    assert HoldingWishes(small_hidden=True).shows(gone)
    assert not HoldingWishes(apart_shown=False).shows(gone)
    assert not HoldingWishes(apart_shown=False).shows(worth("0.5"))


def test_every_column_but_the_asset_can_be_hidden() -> None:
    assert "asset" not in HIDEABLE
    assert HoldingWishes(hidden_columns=HIDEABLE).hidden_columns == HIDEABLE
