"""Which indicators there are: the built-in ones, one's own, and those of saved settings. Pure."""

from __future__ import annotations

import dataclasses
import json

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.indicators import INDICATORS, IndicatorSpec
from upbit_ws_qt_widgets.models.indicators.averages import MA
from upbit_ws_qt_widgets.models.indicators.registry import BUILT_IN, IndicatorRegistry

ON_PRICE = ("ma", "ema", "wma", "bollinger", "vwap", "ichimoku")
IN_PANES = ("rsi", "macd", "stochastic", "atr", "obv")
OWN = dataclasses.replace(MA, key="own")


def test_built_in_ones_are_there() -> None:
    assert INDICATORS.specs()[: len(BUILT_IN)] == BUILT_IN
    assert [spec.key for spec in BUILT_IN if spec.on_price] == list(ON_PRICE)
    assert [spec.key for spec in BUILT_IN if not spec.on_price] == list(IN_PANES)


@pytest.mark.parametrize("spec", BUILT_IN, ids=lambda spec: spec.key)
def test_built_in_one_is_named_in_both_languages(spec: IndicatorSpec) -> None:
    titles = [spec.title, *(parameter.title for parameter in spec.parameters)]
    assert all(title.ko and title.en for title in titles)
    assert len(spec.plots) == 1 or all(plot.title.ko and plot.title.en for plot in spec.plots)


def test_ones_own_is_added_at_the_end() -> None:
    registry = IndicatorRegistry()
    registry.register(OWN)
    assert registry.specs() == (*BUILT_IN, OWN)
    assert registry.spec("own") is OWN
    assert "own" not in [spec.key for spec in INDICATORS.specs()]


def test_the_same_one_may_be_added_again_but_no_other_with_its_key() -> None:
    registry = IndicatorRegistry([OWN])
    registry.register(OWN)
    with pytest.raises(InvalidRequest, match="key 'own' exists already"):
        registry.register(dataclasses.replace(OWN, short="Other"))
    assert registry.specs() == (OWN,)


def test_unknown_key_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="an indicator is one of own; got 'rsi'"):
        IndicatorRegistry([OWN]).spec("rsi")


@pytest.mark.parametrize("spec", BUILT_IN, ids=lambda spec: spec.key)
def test_saved_one_comes_back_through_text(spec: IndicatorSpec) -> None:
    chosen = spec.chosen()
    assert INDICATORS.restored(json.loads(json.dumps(chosen.saved()))) == chosen


def test_settings_that_were_not_saved_have_their_defaults() -> None:
    assert INDICATORS.restored({"key": "ma"}) == MA.chosen()


@pytest.mark.parametrize("saved", [None, "ma", [], ["ma"]])
def test_what_is_no_mapping_is_refused(saved: object) -> None:
    with pytest.raises(InvalidRequest, match="a saved indicator is a mapping; got"):
        INDICATORS.restored(saved)


@pytest.mark.parametrize("saved", [{}, {"key": 5}, {"key": "ma", "settings": [20]}])
def test_what_has_no_key_or_settings_is_refused(saved: object) -> None:
    with pytest.raises(InvalidRequest, match="has a key and a mapping of settings; got"):
        INDICATORS.restored(saved)


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="length must be"):
        INDICATORS.restored({"key": "ma", "settings": {"length": 0}})
