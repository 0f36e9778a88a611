"""Every REST call under one name. Tests only."""

from __future__ import annotations

from upbit_ws_qt import account_calls, account_rows, candle_pages, quotation, rest, rest_call


def test_every_call_is_there() -> None:
    for module in (account_calls, candle_pages, quotation):
        for name in module.__all__:
            assert getattr(rest, name) is getattr(module, name)
            assert name in rest.__all__


def test_what_callers_need_beside_them_is_there() -> None:
    assert rest.ApiKey is account_rows.ApiKey
    for name in ("RestCall", "Right", "error_of", "seconds_of"):
        assert getattr(rest, name) is getattr(rest_call, name)
    assert len(set(rest.__all__)) == len(rest.__all__)
    assert all(hasattr(rest, name) for name in rest.__all__)
