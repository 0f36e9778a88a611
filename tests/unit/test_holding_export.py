"""Holdings as a table for other programs. Pure."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.holding_export import table
from upbit_ws_qt_widgets.models.holding_rows import MASK, make_row
from upbit_ws_qt_widgets.models.holding_values import Holding, Standing

D = Decimal
NOW = datetime(2026, 11, 23, 5, 6, 7, 891234, tzinfo=UTC)
ROW = make_row(
    Holding(
        "ABC",
        D("0.123456789012345678901234567"),
        D(0),
        D("0.123456789012345678901234567"),
        ("BTC-ABC", "KRW-BTC"),
        price=D("1E+3"),
        value=D("123.456789012345678901234567"),
        average_price=D("900"),
        break_even=D("905.5"),
        cost=D("111"),
        fees=D("0.5"),
        profit=D("11.95"),
        profit_rate=D("0.1076"),
        provisional=True,
        by_hand=True,
    ),
    "Alpha, the first",
    table_tick_size,
)
DEAD = make_row(Holding("OLD", D(1), D(2), D(3), standing=Standing.GONE), "", table_tick_size)
DUST = make_row(Holding("DUST", D(1), D(0), D(1), value=D("0.1")), "", table_tick_size)


def text(key: str, **_: Any) -> str:
    return translations("en")[key]


def read(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(written.splitlines()))


def test_numbers_have_every_digit_and_nothing_else() -> None:
    [row] = read(table([ROW], text, NOW))
    assert row["Time"] == "2026-11-23T05:06:07+00:00"
    assert row["Code"] == "ABC"
    assert row["Asset"] == "Alpha, the first"
    assert row["Quantity"] == row["Available"] == "0.123456789012345678901234567"
    assert row["Price"] == "1000"
    assert row["Value"] == "123.456789012345678901234567"
    assert row["Route"] == "BTC → KRW"
    assert row["Net profit"] == "11.95"
    assert row["Net return"] == "0.1076"
    assert row["State"] == "priced provisional by_hand"


def test_what_is_not_known_is_empty() -> None:
    dead, dust = read(table([DEAD, DUST], text, NOW))
    assert (dead["Quantity"], dead["In orders"]) == ("3", "2")
    assert dead["Price"] == dead["Value"] == dead["Net profit"] == dead["Route"] == ""
    assert dead["State"] == "gone"
    assert dust["State"] == "priced worthless"


def test_in_private_amounts_are_masked_and_rates_stay() -> None:
    written = table([ROW, DEAD], text, NOW, private=True)
    row, dead = read(written)
    for head in ("Quantity", "Available", "In orders", "Value", "Cost", "Fees", "Net profit"):
        assert row[head] == MASK
    assert (row["Avg. price"], row["Net return"]) == ("900", "0.1076")
    assert dead["Value"] == ""
    assert "0.1234" not in written
    assert "123.4" not in written


def test_heads_tell_whether_fees_are_in_the_profit() -> None:
    [head] = table([], text, NOW, separator="\t", with_fees=False).splitlines()
    assert head.split("\t")[-3:] == ["Profit", "Return", "State"]
