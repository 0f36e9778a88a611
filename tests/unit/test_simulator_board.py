"""What the exchange says of its markets, and what an operator may change of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from upbit_ws_qt.simulator.market.board import Board, MarketState
from upbit_ws_qt.simulator.market.listing import CAUTIONS, select

NOW = 1_795_348_842_345  # 2026-11-22
ROWS = select(("KRW-BTC", "KRW-STEEM", "KRW-KAS"))
NEW = replace(ROWS[0], code="KRW-NEW", listed_ms=0)


@pytest.fixture
def board() -> Board:
    return Board(ROWS)


def shown(board: Board, now_ms: int) -> list[str]:
    return [notice.listing.code for notice in board.shown(now_ms)]


def test_the_listing_is_what_is_said_at_first(board: Board) -> None:
    assert shown(board, NOW) == ["KRW-BTC", "KRW-STEEM", "KRW-KAS"]
    for row, notice in zip(ROWS, board.shown(NOW), strict=True):
        assert notice.state(NOW) is MarketState.ACTIVE
        assert (notice.warning, notice.cautions) == (row.warning, row.cautions)
        assert (notice.suspended, notice.delisting_date) == (False, None)
    assert board.notice("KRW-STEEM").warning
    assert board.notice("KRW-KAS").cautions


def test_a_market_is_a_preview_until_its_first_day(board: Board) -> None:
    listed = board.notice("KRW-KAS").listing.listed_ms
    assert board.state("KRW-KAS", listed - 1) is MarketState.PREVIEW
    assert board.state("KRW-KAS", listed) is MarketState.ACTIVE


def test_warnings_are_switched_on_and_off(board: Board) -> None:
    board.warn("KRW-BTC", on=True)
    assert board.notice("KRW-BTC").warning
    assert not board.notice("KRW-KAS").warning
    board.warn("KRW-BTC", on=False)
    assert not board.notice("KRW-BTC").warning


def test_cautions_add_up_in_the_order_of_the_exchange(board: Board) -> None:
    for name in reversed(CAUTIONS):
        board.caution("KRW-BTC", name, on=True)
        board.caution("KRW-BTC", name, on=True)
    assert board.notice("KRW-BTC").cautions == CAUTIONS
    board.caution("KRW-BTC", CAUTIONS[1], on=False)
    board.caution("KRW-STEEM", CAUTIONS[1], on=False)
    assert board.notice("KRW-BTC").cautions == (CAUTIONS[0], *CAUTIONS[2:])
    assert board.notice("KRW-STEEM").cautions == ()


def test_a_halted_market_stays_active(board: Board) -> None:
    board.halt("KRW-BTC", on=True)
    assert board.notice("KRW-BTC").suspended
    assert board.state("KRW-BTC", NOW) is MarketState.ACTIVE
    board.halt("KRW-BTC", on=False)
    assert not board.notice("KRW-BTC").suspended


def test_a_new_market_is_shown_at_once_and_opens_at_its_time(board: Board) -> None:
    board.announce_listing(replace(NEW, warning=True, cautions=CAUTIONS[:1]), NOW + 1000)
    assert shown(board, NOW)[-1] == "KRW-NEW"
    assert board.state("KRW-NEW", NOW + 999) is MarketState.PREVIEW
    assert board.state("KRW-NEW", NOW + 1000) is MarketState.ACTIVE
    assert board.notice("KRW-NEW").warning
    assert board.notice("KRW-NEW").cautions == CAUTIONS[:1]


def test_a_delisting_is_announced_and_then_takes_the_market_away(board: Board) -> None:
    at_ms = 1_795_359_600_000  # 2026-11-22 15:00 UTC: midnight in Korea
    board.delist("KRW-STEEM", at_ms)
    assert board.notice("KRW-STEEM").delisting_date == date(2026, 11, 23)
    assert board.state("KRW-STEEM", at_ms - 1) is MarketState.ACTIVE
    assert "KRW-STEEM" in shown(board, at_ms - 1)
    assert board.state("KRW-STEEM", at_ms) is MarketState.DELISTED
    assert shown(board, at_ms) == ["KRW-BTC", "KRW-KAS"]
    # What was said of it can still be asked for, by tickers among others.
    assert board.notice("KRW-STEEM").warning


def test_a_code_is_listed_only_once(board: Board) -> None:
    board.delist("KRW-STEEM", NOW)
    for code in ("KRW-BTC", "KRW-STEEM"):
        with pytest.raises(ValueError, match=code):
            board.announce_listing(replace(NEW, code=code), NOW)


def test_unknown_names_are_refused_in_one_clear_line(board: Board) -> None:
    for call in (
        lambda: board.state("KRW-NOPE", NOW),
        lambda: board.warn("KRW-NOPE", on=True),
        lambda: board.caution("KRW-NOPE", CAUTIONS[0], on=True),
        lambda: board.halt("KRW-NOPE", on=True),
        lambda: board.delist("KRW-NOPE", NOW),
    ):
        with pytest.raises(ValueError, match="no market 'KRW-NOPE'"):
            call()
    with pytest.raises(ValueError, match=r"PRICE_FLUCTUATIONS.*got 'NONSENSE'"):
        board.caution("KRW-BTC", "NONSENSE", on=True)
