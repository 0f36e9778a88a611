"""The average price of what is held, and the profit at a price. Pure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from upbit_ws_qt.events import Balance
from upbit_ws_qt_widgets.models.own_position import Position, Profit, position_of, profit_at


def balance(**changes: object) -> Balance:
    fields: dict[str, object] = {
        "currency": "BTC",
        "balance": Decimal("0.4"),
        "locked": Decimal("0.1"),
        "avg_buy_price": Decimal("52300000.5"),
    }
    return Balance(**{**fields, **changes})  # type: ignore[arg-type]


def test_what_is_locked_counts_too() -> None:
    won = Balance(currency="KRW", balance=Decimal(1))
    assert position_of([won, balance()], "KRW-BTC") == Position(
        Decimal("52300000.5"), Decimal("0.5")
    )


def test_it_is_provisional_while_the_price_is_from_before() -> None:
    found = position_of([balance(provisional=True)], "KRW-BTC")
    assert found is not None
    assert found.is_provisional


@pytest.mark.parametrize(
    "row",
    [
        balance(currency="ETH"),
        balance(avg_buy_price=Decimal(0)),
        balance(balance=Decimal(0), locked=Decimal(0)),
        balance(unit_currency="USDT"),
    ],
    ids=["another coin", "unknown price", "nothing", "another currency"],
)
def test_otherwise_there_is_none(row: Balance) -> None:
    assert position_of([row], "KRW-BTC") is None


def test_of_two_rows_the_one_in_the_currency_of_the_market_counts() -> None:
    rows = [balance(unit_currency="USDT"), balance(avg_buy_price=Decimal(0)), balance()]
    found = position_of(rows, "KRW-BTC")
    assert found is not None
    assert found.price == Decimal("52300000.5")


def test_the_profit_is_exact() -> None:
    position = Position(Decimal("0.1"), Decimal("0.30000000000000001"))
    assert profit_at(position, 0.3) == Profit(Decimal("0.060000000000000002"), Decimal(2))
    assert profit_at(position, 0.05).rate == Decimal("-0.5")
