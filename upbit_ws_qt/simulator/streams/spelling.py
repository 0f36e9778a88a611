"""How the exchange spells numbers and times. Pure.

DEFAULT frames write prices as Java writes doubles (``1.16539E8``) and sizes with eight decimals
(``0.00077720``); SIMPLE frames write prices plainly (``116606000``) and small sizes with
exponents (``7.9276E-4``); candles have eight decimals throughout (``91154000.00000000``).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from decimal import Decimal

from upbit_ws_qt.simulator.market.grid import PriceGrid

__all__ = ["Spelling", "compact_date", "compact_time", "dashed_date", "iso_seconds", "java_double"]

# Of the prices and of the sizes of one market: a book has sixty of each, and hundreds of markets
# are followed for days.
_REMEMBERED = 512
_SECONDS_REMEMBERED = 8192
_ONE = 100_000_000  # a coin, or a unit of the quote currency, in units of 1e-8


def java_double(number: float) -> str:
    """``number`` as Java's Double.toString writes it."""
    size = abs(number)
    if size == 0.0 or (1e-3 <= size < 1e7):
        return repr(number)
    if 1e7 <= number < 1e16:
        whole, _, fraction = repr(number).partition(".")
        return f"{whole[0]}.{(whole[1:] + fraction).rstrip('0') or '0'}E{len(whole) - 1}"
    sign = "-" if number < 0 else ""
    _, digit_tuple, exponent = Decimal(repr(size)).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    power = len(digits) - 1 + int(exponent)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"


def _plain(number: float) -> str:
    """Without an exponent unless it is small; whole numbers without a point."""
    if number == 0.0:
        return "0"
    if abs(number) < 1e-3:
        return java_double(number)
    return str(int(number)) if number == int(number) else repr(number)


# State: the spellings asked for before; losing them changes nothing.
class _Remembered(dict[int, str]):
    """The spelling of each number."""

    def __init__(self, spell: Callable[[int], str]) -> None:
        super().__init__()
        self._spell = spell

    def __missing__(self, number: int) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        text = self[number] = self._spell(number)
        return text


# State: what its memories hold.
class Spelling:
    """Numbers of one market in DEFAULT (``simple`` false) or SIMPLE form.

    Prices come in quanta, volumes in units of 1e-8 coins, values in products of the two.

    Attributes:
        prices: the spelling of each price.
        sizes: the same as :meth:`size`, remembered: most levels of a book stay as they were.
    """

    def __init__(self, grid: PriceGrid, *, simple: bool) -> None:
        self.simple = simple
        self._grid = grid
        self._value_power = grid.decimals + 8
        self.prices = _Remembered(lambda quanta: self.number(grid.price(quanta)))
        self.sizes = _Remembered(self.size)

    def size(self, volume: int) -> str:
        """A volume or a size."""
        if self.simple:
            return _plain(volume / _ONE)
        return self.fixed_volume(volume)

    def value(self, value: int) -> str:
        """A traded value."""
        return self.number(value * self._grid.scale / 10**self._value_power)

    def number(self, number: float) -> str:
        """Any other number, such as a rate."""
        return _plain(number) if self.simple else java_double(number)

    def fixed_price(self, quanta: int) -> str:
        """A price with eight decimals."""
        return _eight(quanta * self._grid.scale, self._grid.decimals)

    def fixed_volume(self, volume: int) -> str:
        """A volume with eight decimals."""
        return f"{volume // _ONE}.{volume % _ONE:08d}"

    def fixed_value(self, value: int) -> str:
        """A traded value with eight decimals, rounded down."""
        return _eight(value * self._grid.scale, self._value_power)


def _eight(number: int, decimals: int) -> str:
    scaled = number * 10 ** (8 - decimals) if decimals <= 8 else number // 10 ** (decimals - 8)
    return f"{scaled // _ONE}.{scaled % _ONE:08d}"


def iso_seconds(time_ms: int, offset_hours: int = 0) -> str:
    """``2026-10-01T09:00:00``, without a zone."""
    return _second("%Y-%m-%dT%H:%M:%S", time_ms // 1000 + offset_hours * 3600)


def dashed_date(time_ms: int) -> str:
    """``2026-10-01``, UTC."""
    return _second("%Y-%m-%d", time_ms // 1000)


def compact_date(time_ms: int, offset_hours: int = 0) -> str:
    """``20261001``."""
    return _second("%Y%m%d", time_ms // 1000 + offset_hours * 3600)


def compact_time(time_ms: int, offset_hours: int = 0) -> str:
    """``090000``."""
    return _second("%H%M%S", time_ms // 1000 + offset_hours * 3600)


@functools.lru_cache(_SECONDS_REMEMBERED)
def _second(form: str, second: int) -> str:
    return time.strftime(form, time.gmtime(second))
