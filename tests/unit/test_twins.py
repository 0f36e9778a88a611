"""The same event, read under other field names. Tests only."""

from __future__ import annotations

from types import GenericAlias
from typing import Any

import msgspec
import pytest

from upbit_ws_qt.twins import twin


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to be read."""

    price: float
    side: str | None = None
    mark: str = msgspec.field(default="", name="\u2063mark")

    @property
    def double(self) -> float:
        return self.price * 2


class Pair(msgspec.Struct, frozen=True):
    """A struct whose fields may be given by position."""

    left: int
    right: int = 5


class Rows(msgspec.Struct, frozen=True):
    """Rows inside of an event."""

    rows: tuple[Row, ...]


def decode(cls: type[Any], text: str) -> Any:
    return msgspec.json.decode(text.encode(), type=cls)


def test_a_twin_is_read_under_its_names_and_is_one_of_its_kind() -> None:
    row = decode(twin(Row, {"price": "p", "side": "s"}), '{"p":1.5,"s":"ASK","price":7}')
    assert isinstance(row, Row)
    assert (row.price, row.side, row.double) == (1.5, "ASK", 3.0)


def test_fields_without_another_name_keep_theirs() -> None:
    """Also where it is not that of the attribute."""
    row = decode(twin(Row, {"price": "p"}), '{"p":1,"side":"BID","mark":"x","\u2063mark":"y"}')
    assert (row.side, row.mark) == ("BID", "y")


def test_defaults_stay_defaults() -> None:
    row = decode(twin(Row, {}), '{"price":1}')
    assert (row.side, row.mark) == (None, "")
    with pytest.raises(msgspec.ValidationError, match="missing required field `p`"):
        decode(twin(Row, {"price": "p"}), "{}")


def test_a_field_may_be_required_that_was_not() -> None:
    strict = twin(Row, {"side": "s"}, required=("side",))
    with pytest.raises(msgspec.ValidationError, match="missing required field `s`"):
        decode(strict, '{"price":1}')
    assert decode(strict, '{"price":1,"s":null}').side is None


def test_a_default_may_be_another() -> None:
    assert decode(twin(Row, {}, defaults={"side": "ASK"}), '{"price":1}').side == "ASK"


def test_rows_inside_may_be_twins_too() -> None:
    short = twin(Row, {"price": "p"})
    rows = decode(
        twin(Rows, {"rows": "r"}, types={"rows": GenericAlias(tuple, (short, ...))}),
        '{"r":[{"p":1},{"p":2}]}',
    )
    assert [row.price for row in rows.rows] == [1.0, 2.0]


@pytest.mark.parametrize("cls", [Row, Pair, Rows])
def test_a_twin_is_as_immutable_and_as_light(cls: type[msgspec.Struct]) -> None:
    made = twin(cls, {})
    assert made.__struct_config__.frozen
    assert made.__struct_config__.gc is cls.__struct_config__.gc
    assert made.__name__ == cls.__name__


def test_a_twin_names_what_it_is_made_with() -> None:
    assert twin(Pair, {})(left=1).right == 5
