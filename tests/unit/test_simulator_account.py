"""The customer's account: exact sums, locks and averages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from upbit_ws_qt.simulator.account.account import Account, Holding, InsufficientFunds

D = Decimal


def made(currency: str = "BTC", balance: str = "1", locked: str = "0") -> tuple[Account, Holding]:
    account = Account([Holding(currency, D(balance), D(locked))])
    return account, account.holding(currency)


def test_rows_are_strings_as_the_exchange_writes_them() -> None:
    rows = {str(row["currency"]): row for row in Account().rows()}
    assert rows["KRW"] == {
        "currency": "KRW",
        "balance": "8423150.12842915",
        "locked": "1500000.0",
        "avg_buy_price": "0",
        "avg_buy_price_modified": False,
        "unit_currency": "KRW",
    }
    assert rows["XRP"]["avg_buy_price"] == "2715.3"
    assert rows["DOT"]["avg_buy_price"] == "0.0000391"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0E-20", "0.0"), ("1E+3", "1000.0"), ("12.3400", "12.34"), ("1E-8", "0.00000001")],
)
def test_a_row_has_neither_exponents_nor_idle_zeros(amount: str, text: str) -> None:
    assert Holding("BTC", D(amount)).row()["balance"] == text


def test_locking_and_unlocking_move_between_free_and_locked() -> None:
    account, holding = made()
    account.lock("BTC", D("0.4"))
    assert (holding.balance, holding.locked) == (D("0.6"), D("0.4"))
    account.unlock("BTC", D("0.1"))
    assert (holding.balance, holding.locked) == (D("0.7"), D("0.3"))


def test_more_than_is_free_cannot_be_locked_and_nothing_changes() -> None:
    account, holding = made()
    with pytest.raises(InsufficientFunds, match=r"at least 1\.00000001 BTC .* there is 1"):
        account.lock("BTC", D("1.00000001"))
    assert (holding.balance, holding.locked) == (D(1), D(0))


def test_more_than_is_locked_can_be_neither_spent_nor_unlocked() -> None:
    account, holding = made(locked="0.5")
    for change in (account.spend, account.unlock):
        with pytest.raises(ValueError, match="at most"):
            change("BTC", D("0.6"))
    assert (holding.balance, holding.locked) == (D(1), D("0.5"))


def test_sums_of_more_than_28_digits_stay_exact() -> None:
    account, holding = made("KRW", "123456789012.12345678901234567891")
    account.lock("KRW", D("0.00000000000000000001"))
    assert holding.balance == D("123456789012.12345678901234567890")
    account.receive("KRW", D("1000000000000.00000000000000000009"))
    assert holding.balance == D("1123456789012.12345678901234567899")


def test_the_average_is_over_all_coins_locked_ones_too_and_without_fee() -> None:
    account = Account([Holding("BTC", D(1), D(1), avg_buy_price=D(100))])
    account.buy("BTC", D(2), D(400), "KRW")
    assert account.holding("BTC").avg_buy_price == 150
    assert account.holding("BTC").balance == 3


def test_the_average_is_rounded_to_eight_decimals() -> None:
    account = Account([])
    account.buy("ETH", D(3), D(200), "KRW")
    assert account.rows()[0]["avg_buy_price"] == "66.66666667"


def test_a_sale_leaves_the_average_until_nothing_is_left() -> None:
    account = Account([Holding("XRP", D(0), D(10), D(500), avg_buy_price_modified=True)])
    account.spend("XRP", D(9))
    holding = account.holding("XRP")
    assert (holding.avg_buy_price, holding.avg_buy_price_modified) == (D(500), True)
    account.spend("XRP", D(1))
    assert (holding.avg_buy_price, holding.avg_buy_price_modified) == (D(0), False)


def test_a_purchase_in_another_currency_begins_a_new_average() -> None:
    account = Account([Holding("DOT", D(85), avg_buy_price=D("0.00004"), unit_currency="BTC")])
    account.buy("DOT", D(10), D(43000), "KRW")
    holding = account.holding("DOT")
    assert (holding.avg_buy_price, holding.unit_currency) == (D(4300), "KRW")


def test_a_new_currency_is_entered() -> None:
    account = Account([])
    account.receive("KRW", D(5))
    assert [row["currency"] for row in account.rows()] == ["KRW"]
