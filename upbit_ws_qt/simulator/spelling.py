"""How the exchange spells numbers and times. Pure.

DEFAULT frames write prices as Java writes doubles (``1.16539E8``) and sizes with eight decimals
(``0.00077720``); SIMPLE frames write prices plainly (``116606000``) and small sizes with
exponents (``7.9276E-4``); candles have eight decimals throughout (``91154000.00000000``).
"""

from __future__ import annotations

import time
from decimal import Decimal

from .grid import PriceGrid

__all__ = ["Spelling", "compact_date", "compact_time", "dashed_date", "iso_seconds", "java_double"]

_REMEMBERED = 8192


def java_double(number: float) -> str:
    """``number`` as Java's Double.toString writes it."""
    size = abs(number)
    text = repr(number)
    if size == 0.0 or (1e-3 <= size < 1e7):
        return text
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


# State: the spellings written before; losing them changes nothing.
class Spelling:
    """Numbers of one market in DEFAULT (``simple`` false) or SIMPLE form.

    Prices come in quanta, volumes in units of ``10**-volume_decimals`` coins, values in products
    of the two.
    """

    def __init__(self, grid: PriceGrid, volume_decimals: int, *, simple: bool) -> None:
        self.simple = simple
        self._grid = grid
        self._volume_scale = 10 ** (8 - volume_decimals)
        self._volume_one = 10**volume_decimals
        self._value_power = grid.decimals + volume_decimals
        self._prices: dict[int, str] = {}

    def price(self, quanta: int) -> str:
        """A price."""
        text = self._prices.get(quanta)
        if text is None:
            if len(self._prices) > _REMEMBERED:
                self._prices.clear()
            text = self._prices[quanta] = self.number(self._grid.price(quanta))
        return text

    def size(self, volume: int) -> str:
        """A volume or a size."""
        if self.simple:
            return _plain(volume / self._volume_one)
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
        scaled = volume * self._volume_scale
        return f"{scaled // 100_000_000}.{scaled % 100_000_000:08d}"

    def fixed_value(self, value: int) -> str:
        """A traded value with eight decimals, rounded down."""
        return _eight(value * self._grid.scale, self._value_power)


def _eight(number: int, decimals: int) -> str:
    scaled = number * 10 ** (8 - decimals) if decimals <= 8 else number // 10 ** (decimals - 8)
    return f"{scaled // 100_000_000}.{scaled % 100_000_000:08d}"


def iso_seconds(time_ms: int, offset_hours: int = 0) -> str:
    """``2026-10-01T09:00:00``, without a zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ms // 1000 + offset_hours * 3600))


def dashed_date(time_ms: int) -> str:
    """``2026-10-01``, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(time_ms // 1000))


def compact_date(time_ms: int, offset_hours: int = 0) -> str:
    """``20261001``."""
    return time.strftime("%Y%m%d", time.gmtime(time_ms // 1000 + offset_hours * 3600))


def compact_time(time_ms: int, offset_hours: int = 0) -> str:
    """``090000``."""
    return time.strftime("%H%M%S", time.gmtime(time_ms // 1000 + offset_hours * 3600))
