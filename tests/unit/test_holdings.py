"""Valuing an account to the last digit. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import Balance
from upbit_ws_qt_widgets.models.holding_values import Fees, Standing
from upbit_ws_qt_widgets.models.holdings import Portfolio, Totals

D = Decimal
NO_FEES = Fees(D(0), D(0), D(0))


def balance(currency: str, amount: str, average: str = "0", locked: str = "0") -> Balance:
    return Balance(currency=currency, balance=D(amount), locked=D(locked), avg_buy_price=D(average))


def portfolio(*balances: Balance, **prices: float) -> Portfolio:
    """A valued portfolio; prices are given as ``KRW_BTC=100.0``."""
    made = Portfolio()
    made.set_fees(NO_FEES, included=True)
    made.set_balances(balances)
    for market, price in prices.items():
        made.set_price(market.replace("_", "-"), price)
    made.revalue()
    return made


# -- which markets are needed --------------------------------------------------------------------


def test_one_path_an_asset_is_followed() -> None:
    made = portfolio(balance("KRW", "1"), balance("ETH", "1"), balance("ABC", "1"))
    listed = {"KRW-ETH", "BTC-ETH", "BTC-ABC", "USDT-ABC", "KRW-BTC", "KRW-USDT"}
    assert made.follow(listed.__contains__) == ("KRW-ETH", "BTC-ABC", "KRW-BTC")


def test_a_path_counts_only_if_all_of_it_is_listed() -> None:
    made = portfolio(balance("ABC", "1"))
    assert made.follow({"BTC-ABC", "USDT-ABC", "KRW-USDT"}.__contains__) == (
        "USDT-ABC",
        "KRW-USDT",
    )
    assert made.follow({"BTC-ABC"}.__contains__) == ()


def test_without_a_list_the_won_market_is_tried() -> None:
    made = portfolio(balance("KRW", "1"), balance("ETH", "1"), balance("BTC", "1"))
    assert made.follow() == ("KRW-ETH", "KRW-BTC")


def test_an_average_in_another_currency_needs_that_currency_too() -> None:
    bought_in_btc = Balance(
        currency="ETH", balance=D(1), avg_buy_price=D("0.03"), unit_currency="BTC"
    )
    made = portfolio(bought_in_btc)
    assert made.follow() == ("KRW-ETH", "KRW-BTC")
    assert made.follow({"KRW-ETH"}.__contains__) == ("KRW-ETH",)


# -- values -------------------------------------------------------------------------------------


def test_value_cost_and_profit() -> None:
    made = portfolio(balance("BTC", "0.5", "90000000", locked="0.1"), KRW_BTC=100_000_000.0)
    holding = made.holdings()["BTC"]
    assert (holding.available, holding.locked, holding.quantity) == (D("0.5"), D("0.1"), D("0.6"))
    assert holding.path == ("KRW-BTC",)
    assert holding.price == D(100_000_000)
    assert holding.value == D(60_000_000)
    assert holding.cost == D(54_000_000)
    assert holding.profit == D(6_000_000)
    assert holding.profit_rate == D(6) / D(54)


def test_nothing_is_rounded() -> None:
    amount = "1386929.37231066771348207123"
    made = portfolio(balance("ABC", amount, "0.00000001"), BTC_ABC=1.234e-5, KRW_BTC=116539123.0)
    holding = made.holdings()["ABC"]
    exact = Fraction(amount) * Fraction("0.00001234") * 116539123
    assert holding.value is not None
    assert holding.profit is not None
    assert Fraction(holding.value) == exact
    assert Fraction(holding.profit) == exact - Fraction(amount) * Fraction("0.00000001")


def test_a_price_is_taken_as_it_was_written() -> None:
    assert portfolio(balance("ETH", "3"), KRW_ETH=0.1).holdings()["ETH"].value == D("0.3")


def test_crossed_through_bitcoin_or_tether() -> None:
    by_bitcoin = portfolio(balance("ABC", "10"), BTC_ABC=0.001, KRW_BTC=100_000_000.0)
    assert by_bitcoin.holdings()["ABC"].path == ("BTC-ABC", "KRW-BTC")
    assert by_bitcoin.holdings()["ABC"].value == D(1_000_000)
    by_tether = portfolio(balance("ABC", "10"), USDT_ABC=2.5, KRW_USDT=1400.0)
    assert by_tether.holdings()["ABC"].path == ("USDT-ABC", "KRW-USDT")
    assert by_tether.holdings()["ABC"].price == D(3500)


def test_a_better_path_takes_over_when_its_price_comes() -> None:
    made = portfolio(balance("ABC", "1"), USDT_ABC=2.0, KRW_USDT=1400.0)
    made.set_price("BTC-ABC", 0.0001)
    made.revalue()
    assert made.holdings()["ABC"].path == ("USDT-ABC", "KRW-USDT")
    made.set_price("KRW-BTC", 100_000_000.0)
    made.revalue()
    assert made.holdings()["ABC"].path == ("BTC-ABC", "KRW-BTC")
    made.set_price("KRW-ABC", 7.0)
    made.revalue()
    assert made.holdings()["ABC"].price == D(7)


def test_an_unknown_average_gives_no_profit() -> None:
    holding = portfolio(balance("GIFT", "5"), KRW_GIFT=10.0).holdings()["GIFT"]
    assert holding.value == D(50)
    assert holding.average_price is holding.cost is holding.profit is holding.profit_rate is None


def test_an_unpriced_asset_has_an_average_but_no_value() -> None:
    holding = portfolio(balance("OLD", "5", "100")).holdings()["OLD"]
    assert holding.average_price == D(100)
    assert holding.path == ()
    assert holding.price is holding.value is holding.cost is holding.profit is None


def test_an_average_in_another_currency_is_converted_at_todays_price() -> None:
    bought_in_btc = Balance(
        currency="ETH", balance=D(2), avg_buy_price=D("0.03"), unit_currency="BTC"
    )
    made = portfolio(bought_in_btc, KRW_ETH=4_000_000.0)
    assert made.holdings()["ETH"].average_price is None
    made.set_price("KRW-BTC", 100_000_000.0)
    assert set(made.revalue()) == {"ETH"}
    assert made.holdings()["ETH"].average_price == D(3_000_000)
    made.set_price("KRW-BTC", 120_000_000.0)
    made.revalue()
    assert made.holdings()["ETH"].profit == D(800_000)


# -- fees ---------------------------------------------------------------------------------------


def test_profits_are_after_fees_unless_they_are_left_out() -> None:
    made = portfolio(balance("BTC", "2", "100"), balance("ETH", "1", "50"), KRW_BTC=200.0)
    made.set_fees(Fees(krw=D("0.01")), included=True)
    made.set_price("KRW-ETH", 50.0)
    assert set(made.revalue()) == {"BTC", "ETH"}
    assert made.holdings()["BTC"].profit == D(400) * D("0.99") - D(200) * D("1.01")
    totals = made.totals()
    assert totals.fees == D("7.00")
    assert totals.profit == D(450) - D(250) - D(7)
    assert totals.profit_rate == D(193) / D("252.5")
    made.set_fees(Fees(krw=D("0.01")), included=False)
    made.revalue()
    totals = made.totals()
    assert (totals.profit, totals.profit_rate) == (D(200), D(200) / D(250))
    assert totals.fees == D("7.00")
    made.set_fees(Fees(krw=D("0.01")), included=False)
    assert made.revalue() == {}


# -- why there is no price ----------------------------------------------------------------------


def test_what_has_no_price_has_a_reason() -> None:
    made = portfolio(balance("KRW", "1"), balance("OLD", "1"), balance("ODD", "1"))
    assert made.holdings()["OLD"].standing is Standing.WAITING
    listed = {"KRW-BTC"}.__contains__
    assert made.follow(listed, {"BTC-OLD"}.__contains__) == ()
    assert set(made.revalue()) == {"OLD", "ODD"}
    assert made.holdings()["OLD"].standing is Standing.GONE
    assert made.holdings()["ODD"].standing is Standing.UNLISTED
    assert made.holdings()["KRW"].standing is Standing.PRICED
    assert made.follow({"KRW-OLD"}.__contains__) == ("KRW-OLD",)
    assert set(made.revalue()) == {"OLD"}
    made.set_balances([balance("ODD", "1")])
    made.follow(listed)
    assert set(made.revalue()) == set()


def test_a_market_that_ends_takes_its_price_along_until_it_trades_again() -> None:
    made = portfolio(balance("OLD", "1"), KRW_OLD=5.0)
    made.end_market("KRW-OLD")
    made.revalue()
    assert made.holdings()["OLD"].value is None
    assert made.holdings()["OLD"].standing is Standing.GONE
    made.set_price("KRW-OLD", 6.0)
    made.revalue()
    assert made.holdings()["OLD"].standing is Standing.PRICED
    made.keep_prices(())
    assert made.revalue()["OLD"].standing is Standing.WAITING
    other = portfolio(balance("OLD", "1"))
    other.end_market("KRW-OLD")
    other.end_market("KRW-NOTHELD")
    assert other.revalue()["OLD"].standing is Standing.GONE


def test_provisional_assets_are_counted_but_not_cash() -> None:
    made = portfolio(
        Balance(currency="KRW", balance=D(1), provisional=True),
        Balance(currency="BTC", balance=D(1), provisional=True),
    )
    assert made.totals().provisional == 1


# -- changes ------------------------------------------------------------------------------------


def test_only_what_a_price_touches_is_valued_again() -> None:
    made = portfolio(
        balance("KRW", "1"),
        balance("BTC", "1"),
        balance("ETH", "1"),
        balance("ABC", "1"),
        KRW_BTC=100.0,
        KRW_ETH=10.0,
        BTC_ABC=0.5,
    )
    made.set_price("KRW-ETH", 11.0)
    assert set(made.revalue()) == {"ETH"}
    made.set_price("KRW-BTC", 101.0)
    assert set(made.revalue()) == {"BTC", "ABC"}
    made.set_price("KRW-BTC", 101.0)
    assert made.revalue() == {}
    made.set_price("KRW-XYZ", 1.0)
    assert made.revalue() == {}


def test_a_price_before_the_first_valuation_counts() -> None:
    made = Portfolio()
    made.set_price("KRW-ETH", 10.0)
    made.set_balances([balance("ETH", "2")])
    made.set_price("KRW-ETH", 11.0)
    assert made.revalue()["ETH"].value == D(22)


def test_a_price_that_nobody_updates_is_forgotten() -> None:
    made = portfolio(balance("ETH", "1"), balance("ABC", "1"), KRW_ETH=10.0, KRW_ABC=5.0)
    made.keep_prices({"KRW-ETH"})
    assert set(made.revalue()) == {"ABC"}
    assert made.holdings()["ABC"].value is None
    assert made.holdings()["ETH"].value == D(10)
    made.set_price("KRW-ABC", None)
    assert made.revalue() == {}


def test_balances_replace_each_other_as_a_whole() -> None:
    made = portfolio(balance("ETH", "1"), balance("ABC", "1"), KRW_ETH=10.0)
    made.set_balances([balance("ETH", "2"), balance("BTC", "1")])
    assert set(made.revalue()) == {"ETH", "BTC"}
    assert set(made.holdings()) == {"ETH", "BTC"}
    assert made.holdings()["ETH"].value == D(20)
    made.set_balances([balance("ETH", "2"), balance("BTC", "1")])
    assert made.revalue() == {}


def test_an_amount_of_nothing_is_no_holding_but_cash_is_always_shown() -> None:
    made = portfolio(balance("KRW", "0"), balance("ETH", "0"), balance("ABC", "0", locked="1"))
    assert set(made.holdings()) == {"KRW", "ABC"}
    assert made.holdings()["KRW"].value == 0


# -- totals -------------------------------------------------------------------------------------


def test_totals_count_what_is_known_and_say_what_is_not() -> None:
    made = portfolio(
        balance("KRW", "1000", locked="500"),
        balance("BTC", "1", "80"),
        balance("ETH", "2", "30"),
        balance("GIFT", "5"),
        balance("OLD", "7", "100"),
        KRW_BTC=100.0,
        KRW_ETH=20.0,
        KRW_GIFT=3.0,
    )
    assert made.totals() == Totals(
        assets=D(1500 + 100 + 40 + 15),
        cash=D(1500),
        value=D(155),
        cost=D(140),
        profit=D(0),
        profit_rate=D(0),
        unpriced=1,
        uncosted=1,
    )


def test_an_empty_account_has_no_rate() -> None:
    assert Portfolio().totals() == Totals()


amounts = st.decimals(min_value=0, max_value=10**9, places=8, allow_nan=False)
priced = st.tuples(amounts, amounts, st.floats(min_value=1e-8, max_value=1e9))


@given(st.dictionaries(st.sampled_from(["BTC", "ETH", "XRP", "ADA", "SOL"]), priced))
def test_totals_are_the_exact_sums_of_the_rows(
    held: dict[str, tuple[Decimal, Decimal, float]],
) -> None:
    made = Portfolio()
    made.set_fees(NO_FEES, included=False)
    made.set_balances(
        Balance(currency=currency, balance=amount, avg_buy_price=average)
        for currency, (amount, average, _) in held.items()
    )
    for currency, (_, _, price) in held.items():
        made.set_price(f"KRW-{currency}", price)
    made.revalue()
    totals = made.totals()
    values = [
        Fraction(amount) * Fraction(Decimal(repr(price)))
        for amount, _, price in held.values()
        if amount
    ]
    assert Fraction(totals.value) == sum(values)
    assert Fraction(totals.assets) == sum(values)
    rows = made.holdings().values()
    assert Fraction(totals.profit) == sum(Fraction(row.profit) for row in rows if row.profit)
