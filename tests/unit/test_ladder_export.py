"""A book as a table of plain numbers. Pure."""

from __future__ import annotations

from upbit_ws_qt_widgets.models.ladder_export import table
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides

SIDES = Sides(
    (Level(116_540_000.0, 0.5, 58_270_000.0), Level(116_541_000.0, 0.00000001, 1.16541)),
    (Level(116_539_000.0, 1234.5, 1.0),),
)


def test_rows_stand_as_on_screen_in_full_numbers() -> None:
    assert table(SIDES) == (
        "side,price,size,value\n"
        "ask,116541000,0.00000001,1.16541\n"
        "ask,116540000,0.5,58270000\n"
        "bid,116539000,1234.5,1\n"
    )


def test_tabs_for_the_clipboard() -> None:
    assert table(Sides((), SIDES.bids), "\t").splitlines()[1] == "bid\t116539000\t1234.5\t1"
    assert table(Sides()) == "side,price,size,value\n"
