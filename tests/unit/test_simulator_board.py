"""What the exchange says of its markets, and what an operator may change of it."""

from __future__ import annotations

from datetime import date

import pytest

from upbit_ws_qt.simulator.market.board import Board
from upbit_ws_qt.simulator.market.listing import CAUTIONS, select

NOW = 1_795_348_842_345  # 2026-11-22
ROWS = select(("KRW-BTC", "KRW-STEEM", "KRW-KAS"))


@pytest.fixture
def board() -> Board:
    return Board(ROWS)


def test_the_listing_is_what_is_said_at_first(board: Board) -> None:
    for row in ROWS:
        notice = board.notice(row.code)
        assert notice.listing == row
        assert notice.state(NOW) == "ACTIVE"
        assert (notice.warning, notice.cautions) == (row.warning, row.cautions)
        assert (notice.suspended, notice.delisting_date) == (False, None)
    assert board.notice("KRW-STEEM").warning
    assert board.notice("KRW-KAS").cautions


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


def test_a_suspended_market_stays_active(board: Board) -> None:
    board.suspend("KRW-BTC", on=True)
    assert board.notice("KRW-BTC").suspended
    assert board.notice("KRW-BTC").state(NOW) == "ACTIVE"
    board.suspend("KRW-BTC", on=False)
    assert not board.notice("KRW-BTC").suspended


def test_a_delisting_is_announced_and_then_holds_until_the_market_comes_back(board: Board) -> None:
    at_ms = 1_795_359_600_000  # 2026-11-22 15:00 UTC: midnight in Korea
    board.delist("KRW-STEEM", at_ms)
    notice = board.notice("KRW-STEEM")
    assert notice.delisting_date == date(2026, 11, 23)
    assert (notice.state(at_ms - 1), notice.state(at_ms)) == ("ACTIVE", "DELISTED")
    board.add(notice.listing)
    assert board.notice("KRW-STEEM").state(at_ms) == "ACTIVE"
    assert board.notice("KRW-STEEM").delisting_date is None


def test_unknown_names_are_refused_in_one_clear_line(board: Board) -> None:
    for call in (
        lambda: board.notice("KRW-NOPE"),
        lambda: board.warn("KRW-NOPE", on=True),
        lambda: board.caution("KRW-NOPE", CAUTIONS[0], on=True),
        lambda: board.suspend("KRW-NOPE", on=True),
        lambda: board.delist("KRW-NOPE", NOW),
    ):
        with pytest.raises(ValueError, match="no market 'KRW-NOPE'"):
            call()
    with pytest.raises(ValueError, match=r"PRICE_FLUCTUATIONS.*got 'NONSENSE'"):
        board.caution("KRW-BTC", "NONSENSE", on=True)
