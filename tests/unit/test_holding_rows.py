"""Holdings written out, sorted and explained. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets.models.holding_rows import (
    ABOUT,
    MASK,
    UNKNOWN,
    UNPRICED,
    Column,
    HoldingRow,
    changed_columns,
    explain,
    format_amount,
    format_rate,
    format_won,
    in_order,
    make_row,
    route,
)
from upbit_ws_qt_widgets.models.holding_values import Holding, Standing

D = Decimal

WIDE = "11,111,111,111,111,111,111,111,111,112"


def holding(currency: str, quantity: str = "1", **fields: Any) -> Holding:
    return Holding(currency, D(quantity), D(0), D(quantity), **fields)


BTC = Holding(
    "BTC",
    D("0.5"),
    D("0.1"),
    D("0.6"),
    ("KRW-BTC",),
    price=D(116_540_000),
    value=D(69_924_000),
    average_price=D("98500123.5"),
    break_even=D("98598672.9"),
    cost=D("59100074.1"),
    fees=D("64512.4"),
    profit=D("10823925.9"),
    profit_rate=D("0.18314"),
)
CASH = Holding("KRW", D("1386929.99"), D(500), D("1387429.99"), value=D("1387429.99"))
GIFT = holding("GIFT", "77", path=("BTC-GIFT", "KRW-BTC"), price=D("143.34"), value=D("11037.18"))
OLD = holding("OLD", "1000", average_price=D(12), standing=Standing.GONE)


def row(of: Holding, name: str = "") -> HoldingRow:
    return make_row(of, name, table_tick_size)


def text(key: str, **values: Any) -> str:
    return f"{key} {values}" if values else key


def test_a_holding_is_written_out() -> None:
    made = row(BTC, "비트코인")
    assert made.texts == (
        "비트코인 BTC",
        "0.60000000",
        "0.50000000",
        "0.10000000",
        "98,500,124",
        "98,598,673",
        "116,540,000",
        "69,924,000",
        "+10,823,926",
        "+18.31%",
    )
    assert made.sign == 1


def test_cash_has_an_amount_and_a_value() -> None:
    made = row(CASH)
    assert made.texts == (
        "KRW",
        "1,387,429",
        "1,386,929",
        "500",
        UNKNOWN,
        UNKNOWN,
        UNKNOWN,
        "1,387,430",
        UNKNOWN,
        UNKNOWN,
    )
    assert made.sign == 0


def test_unknown_averages_and_missing_prices_look_different() -> None:
    assert row(GIFT).texts[Column.AVERAGE :] == (
        UNKNOWN,
        UNKNOWN,
        "143",
        "11,037",
        UNKNOWN,
        UNKNOWN,
    )
    assert row(OLD).texts[Column.AVERAGE :] == (
        "12.0",
        UNKNOWN,
        UNPRICED,
        UNPRICED,
        UNKNOWN,
        UNKNOWN,
    )
    assert row(OLD).texts[Column.LOCKED] == ""


def test_a_loss_has_its_sign() -> None:
    made = row(holding("ETH", profit=D("-1151500.4"), profit_rate=D("-0.07076"), value=D(1)))
    assert (made.texts[Column.PROFIT], made.texts[Column.RATE]) == ("-1,151,500", "-7.08%")
    assert made.sign == -1


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0.123456789", "BTC", "0.12345678"),
        ("123456789.99999999999999999999", "SHIB", "123,456,789.99999999"),
        ("0.000000001", "BTC", "0.00000000"),
        ("0", "BTC", "0.00000000"),
        ("1386929.99999999", "KRW", "1,386,929"),
    ],
)
def test_amounts_never_show_more_than_is_there(amount: str, currency: str, expected: str) -> None:
    assert format_amount(D(amount), currency) == expected


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [
        ("1234.5", "1,235", "+1,235"),
        ("-1234.5", "-1,235", "-1,235"),
        ("0.4", "0", "0"),
        ("-0.4", "0", "0"),
        ("1" * 29 + ".5", WIDE, f"+{WIDE}"),
    ],
)
def test_won_has_no_decimals_and_no_negative_zero(value: str, plain: str, signed: str) -> None:
    assert format_won(D(value)) == plain
    assert format_won(D(value), signed=True) == signed


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("0.051175", "+5.12%"), ("-0.07076", "-7.08%"), ("0", "0.00%"), ("-0.00001", "0.00%")],
)
def test_rates_are_signed_percentages(rate: str, expected: str) -> None:
    assert format_rate(D(rate)) == expected


def test_only_columns_that_differ_are_told() -> None:
    before = row(BTC)
    assert changed_columns(before, row(BTC)) is None
    dearer = before._replace(texts=(*before.texts[:6], "9", *before.texts[7:]))
    assert changed_columns(before, dearer) == (Column.PRICE, Column.PRICE)
    both = before._replace(texts=(*before.texts[:6], "9", "9", *before.texts[8:]))
    assert changed_columns(before, both) == (Column.PRICE, Column.VALUE)
    assert changed_columns(before, before._replace(sign=0)) == (Column.PROFIT, Column.RATE)
    assert changed_columns(before, before._replace(tag="x")) == (Column.ASSET, Column.ASSET)


def test_numbers_sort_as_numbers_and_the_unknown_comes_last_both_ways() -> None:
    nine = row(holding("NIN", value=D(9)))
    ten = row(holding("TEN", value=D(10)))
    unpriced = row(OLD)
    rows = [unpriced, ten, nine]
    assert in_order(rows, Column.VALUE, descending=False) == [nine, ten, unpriced]
    assert in_order(rows, Column.VALUE, descending=True) == [ten, nine, unpriced]


def test_equal_numbers_keep_the_order_of_their_codes() -> None:
    rows = [row(holding(code, value=D(5))) for code in ("C", "A", "B")]
    for descending in (False, True):
        ordered = in_order(rows, Column.VALUE, descending=descending)
        assert [made.holding.currency for made in ordered] == ["A", "B", "C"]


def test_assets_sort_by_their_names() -> None:
    rows = [row(BTC, "비트코인"), row(GIFT, "가나"), row(holding("OLD"))]
    ordered = in_order(rows, Column.ASSET, descending=False)
    assert [made.holding.currency for made in ordered] == ["OLD", "GIFT", "BTC"]
    ordered = in_order(rows, Column.ASSET, descending=True)
    assert [made.holding.currency for made in ordered] == ["BTC", "GIFT", "OLD"]


@pytest.mark.parametrize("column", list(Column)[1:])
def test_every_number_can_be_sorted_by(column: Column) -> None:
    rows = [row(holding("ZZZ")), row(BTC)]
    assert in_order(rows, column, descending=True)[0].holding.currency in ("BTC", "ZZZ")
    known_first = in_order([row(OLD), row(BTC)], Column.PROFIT, descending=False)
    assert [made.holding.currency for made in known_first] == ["BTC", "OLD"]


def test_what_stands_apart_comes_last_both_ways() -> None:
    worthless = row(holding("ZERO", value=D("0.5"), price=D(1)))
    rows = [row(OLD), row(BTC), worthless, row(CASH)]
    for descending in (True, False):
        ordered = in_order(rows, Column.VALUE, descending=descending)
        assert {made.holding.currency for made in ordered[:2]} == {"BTC", "KRW"}
        ordered = in_order(rows, Column.ASSET, descending=descending)
        assert {made.holding.currency for made in ordered[2:]} == {"OLD", "ZERO"}


def test_a_crossed_way_stands_beside_the_name_and_a_tag_in_its_place() -> None:
    assert row(BTC).tag == ""
    assert row(GIFT).tag == "BTC → KRW"
    assert make_row(GIFT, "", table_tick_size, tag="gone").tag == "gone"
    assert route(()) == ""


def test_what_hangs_on_an_old_average_is_marked() -> None:
    made = row(BTC._replace(provisional=True)).texts
    for column in (Column.AVERAGE, Column.BREAK_EVEN, Column.PROFIT, Column.RATE):
        assert made[column].startswith(ABOUT)
    for column in (Column.QUANTITY, Column.PRICE, Column.VALUE):
        assert not made[column].startswith(ABOUT)
    unread = row(holding("NEW", provisional=True)).texts
    assert (unread[Column.AVERAGE], unread[Column.PROFIT]) == (UNKNOWN, UNKNOWN)


def test_in_private_no_amount_is_written() -> None:
    made = make_row(BTC, "", table_tick_size, private=True).texts
    assert made == (
        "BTC",
        MASK,
        MASK,
        MASK,
        "98,500,124",
        "98,598,673",
        "116,540,000",
        MASK,
        MASK,
        "+18.31%",
    )
    without = make_row(OLD, "", table_tick_size, private=True).texts
    assert (without[Column.LOCKED], without[Column.VALUE]) == ("", UNPRICED)


def test_cells_explain_themselves() -> None:
    made = row(BTC)
    for column in (Column.QUANTITY, Column.AVAILABLE, Column.LOCKED):
        said = explain(made, column, text)
        assert "'available': '0.5'" in said
        assert "'locked': '0.1'" in said
        assert "0." not in explain(made, column, text, private=True)
    assert explain(made, Column.VALUE, text) == "balances.path {'path': 'KRW-BTC'}"
    assert explain(row(GIFT), Column.PRICE, text) == (
        "balances.path {'path': 'BTC-GIFT × KRW-BTC'}"
    )
    assert explain(row(OLD), Column.PRICE, text) == "balances.gone"
    assert explain(row(OLD), Column.ASSET, text) == "balances.gone"
    worthless = row(holding("ZERO", value=D("0.5"), price=D(1), path=("KRW-ZERO",)))
    assert explain(worthless, Column.VALUE, text).split("\n") == [
        "balances.worthless",
        "balances.path {'path': 'KRW-ZERO'}",
    ]
    assert explain(row(GIFT), Column.PROFIT, text) == "balances.uncosted"
    assert explain(row(GIFT._replace(provisional=True)), Column.AVERAGE, text) == "balances.unread"
    assert explain(made, Column.ASSET, text) == ""
    assert explain(row(CASH), Column.VALUE, text) == ""
    assert "1386929.99" in explain(row(CASH), Column.QUANTITY, text).replace(",", "")


def test_profits_and_averages_explain_themselves() -> None:
    made = row(BTC)
    assert explain(made, Column.AVERAGE, text) == ""
    assert explain(made, Column.BREAK_EVEN, text) == "balances.break_even_means"
    for column in (Column.PROFIT, Column.RATE):
        assert explain(made, column, text) == "balances.fees_included {'fees': '64,512'}"
    assert explain(made, Column.PROFIT, text, with_fees=False).startswith("balances.fees_left_out")
    assert MASK in explain(made, Column.PROFIT, text, private=True)
    changed = row(BTC._replace(provisional=True, by_hand=True))
    assert explain(changed, Column.AVERAGE, text) == "balances.provisional\nbalances.by_hand"
    assert explain(row(OLD), Column.PROFIT, text) == ""
