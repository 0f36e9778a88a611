"""What the chart says about itself and its data. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chart_bars import chart, wave
from upbit_ws_qt.markets import Market
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.chart_words import Circumstances, describe

NOTHING = Circumstances(
    code="",
    market=None,
    language="ko",
    is_loading=False,
    is_paging=False,
    is_exhausted=False,
    failure="",
    is_retrying=False,
    badge="",
)
BITCOIN = Market("KRW-BTC", "비트코인", "Bitcoin")


@pytest.mark.parametrize(
    ("facts", "title", "subtitle"),
    [
        (NOTHING, "", "1분"),
        (replace(NOTHING, code="KRW-BTC"), "KRW-BTC", "1분"),
        (replace(NOTHING, code="KRW-BTC", market=BITCOIN), "비트코인", "KRW-BTC · 1분"),
        (
            replace(NOTHING, code="KRW-BTC", market=BITCOIN, language="en"),
            "Bitcoin",
            "KRW-BTC · 1m",
        ),
    ],
)
def test_the_title_names_the_market_as_far_as_it_is_known(
    facts: Circumstances, title: str, subtitle: str
) -> None:
    state = chart(language=facts.language)
    describe(state, facts)
    assert (state.title, state.subtitle) == (title, subtitle)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (NOTHING, "마켓을 선택하세요"),
        (replace(NOTHING, code="KRW-BTC"), "표시할 봉이 없습니다"),
        (replace(NOTHING, code="KRW-BTC", is_loading=True), "봉을 불러오는 중…"),
        (
            replace(NOTHING, code="KRW-BTC", failure="no answer"),
            "봉을 불러오지 못했습니다: no answer\n차트를 움직이면 다시 시도합니다",
        ),
    ],
)
def test_without_bars_it_says_why(facts: Circumstances, message: str) -> None:
    state = chart(language="ko")
    describe(state, facts)
    assert state.message == message
    assert state.notice == ""
    assert state.is_waiting is facts.is_loading


@pytest.mark.parametrize(
    ("facts", "notice"),
    [
        (NOTHING, ""),
        (replace(NOTHING, is_paging=True), "이전 봉을 불러오는 중…"),
        (
            replace(NOTHING, failure="no answer"),
            "이전 봉을 불러오지 못했습니다 · 차트를 움직이면 다시 시도합니다",
        ),
        (
            replace(NOTHING, failure="no answer", is_retrying=True),
            "놓친 봉을 불러오지 못해 다시 시도하고 있습니다",
        ),
        (replace(NOTHING, is_exhausted=True), "더 이전 봉이 없습니다"),
    ],
)
def test_with_bars_it_says_what_happens_to_older_ones(facts: Circumstances, notice: str) -> None:
    state = chart(wave(20), language="ko")
    describe(state, facts)
    assert state.notice == notice
    assert state.message == ""


def test_the_end_of_history_is_said_where_it_is_seen() -> None:
    state = chart(wave(500), language="ko")
    describe(state, replace(NOTHING, is_exhausted=True))
    assert state.notice == ""


def test_while_loading_the_bars_are_held_back() -> None:
    state = chart(wave(20), language="ko")
    describe(state, replace(NOTHING, is_loading=True, badge="대기 중"))
    assert state.is_waiting
    assert state.message == "봉을 불러오는 중…"
    assert state.badge == "대기 중"


def test_every_text_of_the_chart_is_there_in_both_languages() -> None:
    korean, english = translations("ko"), translations("en")
    ours = {key for key in korean if key.startswith(("chart.", "timeframe.", "number."))}
    assert ours == {key for key in english if key.startswith(("chart.", "timeframe.", "number."))}
    for key in ours:
        assert korean[key].count("{") == english[key].count("{"), key
    for language in (korean, english):
        assert len(language["chart.months"].split(",")) == 12
        assert len(language["chart.weekdays"].split(",")) == 7


@pytest.mark.parametrize("flag", [True, False])
def test_it_is_said_whether_data_age_and_whether_somebody_asks_for_them(*, flag: bool) -> None:
    state = chart()
    describe(state, replace(NOTHING, is_aging=flag, is_asking=not flag))
    assert (state.is_aging, state.is_asking) == (flag, not flag)
