"""One asset valued: paths, fees, break-even. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import Balance
from upbit_ws_qt_widgets.models.holding_values import (
    Fees,
    Holding,
    Standing,
    paths,
    unit_market,
    value_balance,
)

D = Decimal
BTC = Balance(currency="BTC", balance=D("0.5"), locked=D("0.1"), avg_buy_price=D(90_000_000))
PRICES = {"KRW-BTC": D(100_000_000)}


def valued(
    balance: Balance, prices: dict[str, Decimal], *, with_fees: bool = True, **fees: Decimal
) -> Holding:
    return value_balance(
        balance, prices, Fees(**fees), with_fees=with_fees, standing=Standing.UNLISTED
    )


def test_the_won_market_comes_first_then_bitcoin_then_tether() -> None:
    assert paths("ETH") == (("KRW-ETH",), ("BTC-ETH", "KRW-BTC"), ("USDT-ETH", "KRW-USDT"))


def test_no_currency_is_crossed_with_itself() -> None:
    assert paths("BTC") == (("KRW-BTC",), ("USDT-BTC", "KRW-USDT"))
    assert paths("USDT") == (("KRW-USDT",), ("BTC-USDT", "KRW-BTC"))
    assert paths("KRW") == ()


def test_only_an_average_in_another_currency_needs_that_currency() -> None:
    assert unit_market(BTC) == ""
    assert unit_market(Balance(currency="A", balance=D(1), unit_currency="BTC")) == ""
    bought = Balance(currency="A", balance=D(1), avg_buy_price=D(1), unit_currency="BTC")
    assert unit_market(bought) == "KRW-BTC"


def test_profit_is_after_the_fees_of_both_trades() -> None:
    made = valued(BTC, PRICES)
    assert made.value == D(60_000_000)
    assert made.cost == D(54_000_000)
    assert made.fees == D("57000.0000")
    assert made.profit == D("5943000")
    assert made.paid == D("54027000")
    assert made.profit_rate == D("5943000") / D("54027000")
    assert made.standing is Standing.PRICED


def test_without_fees_profit_is_as_the_exchange_has_it() -> None:
    made = valued(BTC, PRICES, with_fees=False)
    assert (made.profit, made.paid, made.profit_rate) == (D(6_000_000), D(54_000_000), D(6) / D(54))
    assert made.fees == D(57000)


def test_every_market_of_a_path_takes_its_fee() -> None:
    balance = Balance(currency="ABC", balance=D(10), avg_buy_price=D("0.001"), unit_currency="BTC")
    prices = {"BTC-ABC": D("0.001"), "KRW-BTC": D(100_000_000)}
    made = valued(balance, prices)
    bought, sold = D("1.0025"), D("0.9975") * D("0.9995")
    assert made.profit == D(1_000_000) * sold - D(1_000_000) * bought
    assert made.break_even == D(100_000) * bought / sold
    by_tether = valued(
        Balance(currency="ABC", balance=D(10), avg_buy_price=D(1000)),
        {"USDT-ABC": D(1), "KRW-USDT": D(1000)},
        usdt=D("0.1"),
        krw=D(0),
    )
    assert by_tether.profit == D(-1000)


amounts = st.decimals(min_value="0.00000001", max_value=10**6, places=8)
rates = st.decimals(min_value=0, max_value="0.1", places=6)


@given(amounts, amounts, rates)
def test_sold_at_break_even_nothing_is_gained_or_lost(
    quantity: Decimal, average: Decimal, rate: Decimal
) -> None:
    balance = Balance(currency="ABC", balance=quantity, avg_buy_price=average)
    break_even = valued(balance, {"KRW-ABC": D(1)}, krw=rate).break_even
    assert break_even is not None
    made = valued(balance, {"KRW-ABC": break_even}, krw=rate)
    assert made.profit is not None
    assert made.paid is not None
    assert abs(Fraction(made.profit) / Fraction(made.paid)) < Fraction(1, 10**25)


def test_what_is_not_known_stays_unknown() -> None:
    unpriced = valued(BTC, {})
    assert unpriced.standing is Standing.UNLISTED
    assert unpriced.average_price == D(90_000_000)
    assert unpriced.price is unpriced.value is unpriced.break_even is unpriced.profit is None
    gift = valued(Balance(currency="BTC", balance=D(1)), PRICES)
    assert gift.value == D(100_000_000)
    assert gift.cost is gift.fees is gift.break_even is gift.profit_rate is None
    crossed = Balance(currency="BTC", balance=D(1), avg_buy_price=D(5), unit_currency="USDT")
    assert valued(crossed, PRICES).average_price is None
    known = valued(crossed, PRICES | {"KRW-USDT": D(1400)})
    assert known.average_price == D(7000)


def test_amounts_written_as_int_are_amounts() -> None:
    made = valued(Balance(currency="BTC", balance=7, locked=1), PRICES)  # type: ignore[arg-type]
    assert (type(made.available), type(made.locked)) == (D, D)
    assert made.value == D(800_000_000)


def test_cash_is_worth_itself_and_flags_are_passed_on() -> None:
    cash = valued(Balance(currency="KRW", balance=D("0.5"), provisional=True), {})
    assert (cash.value, cash.standing) == (D("0.5"), Standing.PRICED)
    assert not cash.is_apart
    made = valued(
        Balance(currency="BTC", balance=D(1), provisional=True, avg_buy_price_modified=True),
        PRICES,
    )
    assert (made.provisional, made.by_hand) == (True, True)


@pytest.mark.parametrize(
    ("fields", "apart"),
    [
        ({"value": D(1)}, False),
        ({"value": D("0.99")}, True),
        ({"standing": Standing.WAITING}, False),
        ({"standing": Standing.UNLISTED}, True),
        ({"standing": Standing.GONE}, True),
    ],
)
def test_what_stands_apart(fields: dict[str, Any], *, apart: bool) -> None:
    assert Holding("ABC", D(1), D(0), D(1), **fields).is_apart is apart


@pytest.mark.parametrize("rate", [D(1), D("-0.1"), D("NaN"), 0.1, "0.1"])
def test_a_wrong_fee_is_refused(rate: Any) -> None:
    with pytest.raises(ValueError, match="usdt got"):
        Fees(usdt=rate)
