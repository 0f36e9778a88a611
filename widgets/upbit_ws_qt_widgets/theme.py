"""Colours and fonts of the widgets, inside the host's palette. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave some argument types unknown.

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QPalette

from upbit_ws_qt_resources import themes

__all__ = [
    "CHOICES",
    "CONVENTIONS",
    "Look",
    "Theme",
    "contrast",
    "is_dark",
    "korean_font",
    "number_font",
    "wants_contrast",
]

CHOICES = ("auto", "light", "dark", "high-contrast", "colour-blind")
"""What a user chooses from; the last two, like ``auto``, are light or dark as the host is."""

CONVENTIONS = ("korean", "western")
"""Which way is which colour: up red and down blue, or up green and down red."""

_READABLE = 4.5
"""The least contrast of a text, by WCAG 2.1, criterion 1.4.3."""

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
    """One colour for each role; every line colour is opaque, because translucent lines are slow.

    ``name`` is ``light`` or ``dark``, as what is around it should be; so it is in every theme.
    """

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
    comparison: QColor
    volume_rise: QColor
    volume_fall: QColor
    volume_even: QColor

    @staticmethod
    def named(full_name: str, convention: str = "korean") -> Theme:
        """A theme by its full name, such as ``light`` or ``colour-blind-dark``.

        Raises:
            ValueError: there is no such theme, or no such convention.
        """
        if full_name not in themes():
            raise ValueError(f"no theme is called {full_name!r}; use one of {', '.join(themes())}")
        _check_convention(convention)
        return _made(full_name, convention)

    def direction(self, sign: float) -> QColor:
        """Rise, fall or even, by the convention: up is red and down is blue in Korea."""
        return self.rise if sign > 0 else self.fall if sign < 0 else self.even

    def following(self, palette: QPalette) -> Theme:
        """This theme on the ground of a palette made for high contrast, with its text and marks.

        A colour that cannot be read there gives way to the palette's own; the sign of a number
        says its direction as well.
        """
        ground = palette.color(QPalette.ColorRole.Window)
        text = palette.color(QPalette.ColorRole.WindowText)

        def readable(colour: QColor) -> QColor:
            return colour if contrast(colour, ground) >= _READABLE else text

        def under_text(colour: QColor) -> QColor:
            return colour if contrast(text, colour) >= _READABLE else ground

        return replace(
            self,
            background=ground,
            panel=ground,
            ask_row=ground,
            bid_row=ground,
            warning_background=ground,
            tag_text=ground,
            text=text,
            sub_text=text,
            even=text,
            line=text,
            crosshair=text,
            warning=text,
            tag=text,
            accent=readable(palette.color(QPalette.ColorRole.Highlight)),
            rise=readable(self.rise),
            fall=readable(self.fall),
            average_1=readable(self.average_1),
            average_2=readable(self.average_2),
            average_3=readable(self.average_3),
            comparison=readable(self.comparison),
            ask_bar=under_text(self.ask_bar),
            bid_bar=under_text(self.bid_bar),
            ask_hover=under_text(self.ask_hover),
            bid_hover=under_text(self.bid_hover),
        )


@cache
def _made(full_name: str, convention: str) -> Theme:
    colours = themes()[full_name]["common"] | themes()[full_name][convention]
    roles = [item.name for item in fields(Theme) if item.name != "name"]
    name = "dark" if full_name.endswith("dark") else "light"
    return Theme(name=name, **{role: QColor(colours[role]) for role in roles})


@dataclass(frozen=True, slots=True)
class Look:
    """What a user chose about colours.

    Attributes:
        theme: one of ``CHOICES``, or the full name of a theme, which is it whatever the host.
        convention: one of ``CONVENTIONS``.

    Raises:
        ValueError: there is no such theme or convention.
    """

    theme: str = "auto"
    convention: str = "korean"

    def __post_init__(self) -> None:
        if self.theme not in CHOICES and self.theme not in themes():
            names = ", ".join(dict.fromkeys([*CHOICES, *themes()]))
            raise ValueError(f"no theme is called {self.theme!r}; use one of {names}")
        _check_convention(self.convention)

    @staticmethod
    def of(plain: object) -> Look:
        """The look that ``plain`` returned.

        Raises:
            ValueError: it is something else.
        """
        match plain:
            case {"theme": str(theme), "convention": str(convention)}:
                return Look(theme, convention)
            case _:
                raise ValueError(f"a look has a theme and a convention; got {plain!r}")

    def plain(self) -> dict[str, str]:
        """It as plain data, to be kept."""
        return {"theme": self.theme, "convention": self.convention}

    def colours(self, palette: QPalette, *, system_contrast: bool) -> Theme:
        """The theme in a host with this palette.

        On a system that is set to high contrast, ``auto`` is high contrast too, and both take the
        colours of the palette, which are the user's own.
        """
        if self.theme in themes():
            return Theme.named(self.theme, self.convention)
        shade = "dark" if is_dark(palette) else "light"
        family = self.theme
        if family == "auto":
            family = "high-contrast" if system_contrast else ""
        theme = Theme.named(f"{family}-{shade}" if family else shade, self.convention)
        if system_contrast and family == "high-contrast":
            return theme.following(palette)
        return theme


def _check_convention(name: str) -> None:
    if name not in CONVENTIONS:
        raise ValueError(f"the colour conventions are {' and '.join(CONVENTIONS)}; got {name!r}")


def is_dark(palette: QPalette) -> bool:
    """Whether the palette's windows are darker than their text."""
    window = palette.color(QPalette.ColorRole.Window).lightness()
    return window < palette.color(QPalette.ColorRole.WindowText).lightness()


def wants_contrast() -> bool:
    """Whether the user has set the system to high contrast; Qt can tell from 6.10 on."""
    hints = QGuiApplication.styleHints()
    accessibility = getattr(hints, "accessibility", None)
    if accessibility is None:
        return False
    return bool(accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two opaque colours, from 1 to 21, as WCAG 2.1 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


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
