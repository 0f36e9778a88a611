"""Long and short names lead to each other."""

from __future__ import annotations

import pytest

from upbit_ws_qt import field_names

MAPS = ["ASSET", "CANDLE", "MY_ASSET", "MY_ORDER", "ORDERBOOK", "TICKER", "TRADE", "UNIT"]


@pytest.mark.parametrize("name", MAPS)
def test_no_two_fields_share_a_name(name: str) -> None:
    names = getattr(field_names, name)
    assert len(set(names.values())) == len(names)
    assert set(names).isdisjoint(names.values())


def test_a_trade_and_a_ticker_spell_their_dates_differently() -> None:
    """The trap of the documents: ``td`` is a trade's date, ``tdt`` a ticker's."""
    assert field_names.TRADE["trade_date"] == "td"
    assert field_names.TICKER["trade_date"] == "tdt"
