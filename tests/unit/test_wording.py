"""Errors are shown in the language of the interface, by their kind."""

from __future__ import annotations

import pytest

from upbit_ws_qt.errors import ConnectFailed, ConnectionLost, InvalidMarket, RequestRejected
from upbit_ws_qt_widgets.wording import error_text


def test_a_kind_has_its_own_words_in_korean() -> None:
    error = ConnectFailed("the exchange cannot be reached")
    assert error_text(error, "ko") == "거래소에 연결할 수 없습니다. 네트워크를 확인하세요"
    assert error_text(error, "en") == "the exchange cannot be reached"
    lost = ConnectionLost(1006, "", 3)
    assert "1006" not in error_text(lost, "ko") + error_text(lost, "en")


@pytest.mark.parametrize("error", [RequestRejected("NO_CODES", "codes"), InvalidMarket("KRW-X")])
def test_what_only_the_message_knows_is_kept(error: Exception) -> None:
    assert str(error) in error_text(error, "ko")


def test_what_has_no_words_speaks_for_itself() -> None:
    assert error_text(LookupError("no such bar"), "ko") == "no such bar"
    assert error_text(LookupError(), "ko") == "LookupError"
    assert error_text((LookupError, "kept"), "en") == "kept"
    assert error_text(None, "ko") == ""
