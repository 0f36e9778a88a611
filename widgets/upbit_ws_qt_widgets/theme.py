"""Colours and fonts of the widgets, inside the host's palette. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave some argument types unknown.

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from PyQt6.QtGui import QColor, QFont, QPalette

from upbit_ws_qt_resources import themes

__all__ = ["Theme", "is_dark", "korean_font", "number_font"]

# Windows, macOS and the usual Linux fonts with Hangul, tried in this order after the host's own.
_HANGUL_FAMILIES = (
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "Nanum Gothic",
)


@dataclass(frozen=True, slots=True)
class Theme:
    """One colour for each role; every line colour is opaque, because translucent lines are slow."""

    name: str
    background: QColor
    panel: QColor
    line: QColor
    grid: QColor
    text: QColor
    sub_text: QColor
    rise: QColor
    fall: QColor
    even: QColor
    ask_row: QColor
    ask_bar: QColor
    bid_row: QColor
    bid_bar: QColor
    ask_hover: QColor
    bid_hover: QColor
    crosshair: QColor
    tag: QColor
    tag_text: QColor
    accent: QColor
    warning: QColor
    warning_background: QColor
    average_1: QColor
    average_2: QColor
    average_3: QColor
    volume_rise: QColor
    volume_fall: QColor
    volume_even: QColor

    @staticmethod
    @cache
    def named(name: str) -> Theme:
        """The theme ``light`` or ``dark``.

        Raises:
            ValueError: there is no such theme.
        """
        if name not in themes():
            raise ValueError(f"no theme is called {name!r}; use one of {', '.join(themes())}")
        colours = themes()[name]
        roles = [item.name for item in fields(Theme) if item.name != "name"]
        return Theme(name=name, **{role: QColor(colours[role]) for role in roles})

    @staticmethod
    def for_palette(palette: QPalette) -> Theme:
        """The theme that sits well in a host with this palette."""
        return Theme.named("dark" if is_dark(palette) else "light")

    def direction(self, sign: float) -> QColor:
        """Rise, fall or even; Korean colours: up is red, down is blue."""
        return self.rise if sign > 0 else self.fall if sign < 0 else self.even


def is_dark(palette: QPalette) -> bool:
    """Whether the palette's windows are darker than their text."""
    window = palette.color(QPalette.ColorRole.Window).lightness()
    return window < palette.color(QPalette.ColorRole.WindowText).lightness()


def korean_font(base: QFont) -> QFont:
    """``base`` with fonts that have Hangul behind its own families."""
    font = QFont(base)
    own = base.families() or [base.family()]
    font.setFamilies([*own, *(name for name in _HANGUL_FAMILIES if name not in own)])
    return font


def number_font(base: QFont) -> QFont:
    """``korean_font`` with digits of one width, so that changing numbers stand still."""
    font = korean_font(base)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
