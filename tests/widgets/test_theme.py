"""Themes by numbers: what can be read, what colour-blind eyes tell apart, what is followed. Qt."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPalette
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.colour_sight import SIGHTS, distance
from upbit_ws_qt_resources import themes
from upbit_ws_qt_widgets import (
    BalanceMonitor,
    ChartWidget,
    OrderbookWidget,
    orderbook_painter,
)
from upbit_ws_qt_widgets import theme as theme_module
from upbit_ws_qt_widgets.live_widget import LiveWidget
from upbit_ws_qt_widgets.orderbook_texts import blend
from upbit_ws_qt_widgets.theme import (
    CHOICES,
    CONVENTIONS,
    Look,
    Theme,
    contrast,
    is_dark,
    korean_font,
    number_font,
    wants_contrast,
)

EVERY = [(name, convention) for name in themes() for convention in CONVENTIONS]
GROUNDS = ("background", "panel", "ask_row", "bid_row", "ask_hover", "bid_hover")
BARS = ("ask_bar", "bid_bar")


def colour(theme: Theme, role: str) -> QColor:
    found = getattr(theme, role)
    assert isinstance(found, QColor)
    return found


def palette(window: str, text: str, highlight: str = "#000000") -> QPalette:
    made = QPalette()
    made.setColor(QPalette.ColorRole.Window, QColor(window))
    made.setColor(QPalette.ColorRole.WindowText, QColor(text))
    made.setColor(QPalette.ColorRole.Highlight, QColor(highlight))
    return made


def palette_of(theme: Theme) -> QPalette:
    return palette(theme.background.name(), theme.text.name())


DARK_HOST = palette("#101010", "#f0f0f0")
LIGHT_HOST = palette("#f0f0f0", "#101010")


# -- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(QColor(one), QColor(other)) == pytest.approx(ratio, abs=0.005)
    assert contrast(QColor(other), QColor(one)) == contrast(QColor(one), QColor(other))


@pytest.mark.parametrize(("name", "convention"), EVERY)
def test_texts_can_be_read_on_all_they_are_written_on(name: str, convention: str) -> None:
    theme = Theme.named(name, convention)
    least = 7.0 if name.startswith("high-contrast") else 4.5
    pairs = [(role, ground) for role in ("rise", "fall", "even", "sub_text") for ground in GROUNDS]
    # On boxes in the colour of a direction, the chart writes in that of the background.
    pairs += [
        ("accent", "background"),
        ("accent", "ask_row"),
        ("accent", "bid_row"),
        ("comparison", "background"),
        ("warning", "background"),
        ("warning", "warning_background"),
        ("tag_text", "tag"),
        ("background", "tag"),
    ]
    low = {pair: contrast(*(colour(theme, role) for role in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < least} == {}
    main = {ground: contrast(theme.text, colour(theme, ground)) for ground in (*GROUNDS, *BARS)}
    assert {ground: ratio for ground, ratio in main.items() if ratio < 7.0} == {}


@pytest.mark.parametrize(("name", "convention"), EVERY)
def test_sizes_can_be_read_where_a_change_has_just_lit_them(name: str, convention: str) -> None:
    theme = Theme.named(name, convention)
    for under in (*GROUNDS[2:], *BARS):
        for light in (theme.warning, theme.sub_text):
            lit = blend(colour(theme, under), light, orderbook_painter._HOTTEST)
            assert contrast(theme.text, lit) >= 4.5


@pytest.mark.parametrize(("name", "convention"), EVERY)
def test_lines_and_shapes_can_be_seen(name: str, convention: str) -> None:
    """At 3, as criterion 1.4.11 has it; faint by design are tints, bars and the grid otherwise."""
    theme = Theme.named(name, convention)
    roles = ["average_1", "average_2", "average_3", "rise", "fall"]
    if name.startswith("high-contrast"):
        roles += ["line", "crosshair", "volume_rise", "volume_fall", "volume_even"]
        for side in ("ask", "bid"):
            bar, row = colour(theme, f"{side}_bar"), colour(theme, f"{side}_row")
            # More than this, and its text would fall below 7: 21 = 3 x 7.
            assert contrast(bar, row) >= 2.5
    low = {role: contrast(colour(theme, role), theme.background) for role in roles}
    assert {role: ratio for role, ratio in low.items() if ratio < 3.0} == {}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_colour_blind_people_tell_the_directions_apart(
    shade: str, convention: str, sight: str
) -> None:
    theme = Theme.named(f"colour-blind-{shade}", convention)
    for one, other, least in (
        ("rise", "fall", 60),
        ("volume_rise", "volume_fall", 30),
        ("ask_bar", "bid_bar", 20),
        ("ask_hover", "bid_hover", 10),
        ("ask_row", "bid_row", 5),
    ):
        assert distance(colour(theme, one), colour(theme, other), sight) >= least
    for one, other in combinations(("average_1", "average_2", "average_3", "comparison"), 2):
        assert distance(colour(theme, one), colour(theme, other), sight) >= 15


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", [name for name in themes() if "blind" not in name])
def test_red_and_blue_are_told_apart_by_all(name: str, sight: str) -> None:
    theme = Theme.named(name, "korean")
    assert distance(theme.rise, theme.fall, sight) >= 50


@pytest.mark.parametrize("sight", ["protanopia", "deuteranopia"])
@pytest.mark.parametrize("shade", ["light", "dark"])
def test_red_and_green_would_not_do_for_them(shade: str, sight: str) -> None:
    """What the measure above is worth: it finds what the other themes do to them."""
    theme = Theme.named(shade, "western")
    assert distance(theme.rise, theme.fall, sight) < 25


# -- names and conventions ----------------------------------------------------------------------


def test_themes_have_every_role_and_are_made_once() -> None:
    roles = {role for role in Theme.__slots__ if role != "name"}
    for name, convention in EVERY:
        parts = themes()[name]
        assert set(parts) == {"common", *CONVENTIONS}
        assert not set(parts["common"]) & set(parts[convention])
        assert set(parts["common"]) | set(parts[convention]) == roles
        theme = Theme.named(name, convention)
        assert Theme.named(name, convention) is theme
        assert theme.name == ("dark" if is_dark(palette_of(theme)) else "light")
        assert all(colour(theme, role).alpha() == 255 for role in roles)
        assert name.endswith(theme.name)
    assert Theme.named("light") is Theme.named("light", "korean")


def test_conventions_say_which_way_is_which_colour() -> None:
    for name in ("light", "dark", "high-contrast-light", "high-contrast-dark"):
        korean, western = (Theme.named(name, convention) for convention in CONVENTIONS)
        assert 240 > korean.fall.hsvHue() > 200
        assert 160 > western.rise.hsvHue() > 140
        for red in (korean.rise, western.fall):
            assert min(red.hsvHue(), 360 - red.hsvHue()) < 20
    for name in ("colour-blind-light", "colour-blind-dark"):
        korean, western = (Theme.named(name, convention) for convention in CONVENTIONS)
        assert 20 < korean.rise.hsvHue() < 40
        assert 200 < korean.fall.hsvHue() < 215
        assert (western.rise, western.fall) == (korean.fall, korean.rise)
        assert (western.ask_bar, western.bid_bar) == (korean.bid_bar, korean.ask_bar)


def test_directions_have_their_colours() -> None:
    theme = Theme.named("light")
    assert theme.direction(0.01) is theme.rise
    assert theme.direction(-1) is theme.fall
    assert theme.direction(0) is theme.even


def test_what_is_not_there_is_said_with_what_is() -> None:
    with pytest.raises(ValueError, match=r"'pink'; use one of light, dark, high-contrast-light"):
        Theme.named("pink")
    with pytest.raises(ValueError, match=r"korean and western; got 'martian'"):
        Theme.named("light", "martian")
    with pytest.raises(ValueError, match=r"'pink'; use one of auto, light, dark, high-contrast,"):
        Look("pink")
    with pytest.raises(ValueError, match=r"korean and western; got 'martian'"):
        Look("auto", "martian")


@pytest.mark.parametrize("widget_class", [BalanceMonitor, ChartWidget, OrderbookWidget])
def test_every_widget_is_painted_in_every_theme(
    widget_class: type[LiveWidget], qtbot: QtBot
) -> None:
    widget = widget_class()
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.setTheme([*themes()][-1])
    pictures: dict[str, QImage] = {}
    for name in themes():
        with qtbot.waitSignal(widget.themeChanged) as changed:
            widget.setTheme(name)
        assert changed.args == [Theme.named(name).name]
        assert widget.themeColors() is Theme.named(name)
        pictures[name] = widget.grab().toImage()
        assert widget.errorText() == ""
    # Without data there are no directions, so colour-blind is like plain.
    for one, other in combinations([name for name in themes() if "blind" not in name], 2):
        assert pictures[one] != pictures[other]


# -- what is chosen -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "in_light", "in_dark"),
    [
        ("auto", "light", "dark"),
        ("light", "light", "light"),
        ("dark", "dark", "dark"),
        ("high-contrast", "high-contrast-light", "high-contrast-dark"),
        ("colour-blind", "colour-blind-light", "colour-blind-dark"),
        ("colour-blind-dark", "colour-blind-dark", "colour-blind-dark"),
    ],
)
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_choice_and_the_hosts_palette_make_a_theme(
    choice: str, in_light: str, in_dark: str, convention: str
) -> None:
    look = Look(choice, convention)
    light = look.colours(LIGHT_HOST, system_contrast=False)
    dark = look.colours(DARK_HOST, system_contrast=False)
    assert light is Theme.named(in_light, convention)
    assert dark is Theme.named(in_dark, convention)


def test_a_look_is_kept_as_plain_data() -> None:
    for choice in (*CHOICES, *themes()):
        for convention in CONVENTIONS:
            look = Look(choice, convention)
            assert Look.of(look.plain()) == look
    assert Look() == Look("auto", "korean")


@pytest.mark.parametrize(
    "plain",
    [None, "dark", {}, {"theme": "dark"}, {"theme": ["dark"], "convention": "korean"}],
)
def test_what_is_no_look_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match="a look has a theme and a convention; got"):
        Look.of(plain)


def test_dark_is_told_by_the_palette() -> None:
    assert is_dark(DARK_HOST)
    assert not is_dark(LIGHT_HOST)


# -- systems of high contrast -------------------------------------------------------------------

# The four contrast themes that Windows 11 comes with: ground, text, marked.
WINDOWS = {
    "aquatic": ("#202020", "#ffffff", "#8ee3f0"),
    "desert": ("#fffaef", "#3d3d3d", "#903909"),
    "dusk": ("#2d3236", "#ffffff", "#a1bfde"),
    "night sky": ("#000000", "#ffffff", "#d6b4fd"),
}


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("choice", ["auto", "high-contrast"])
def test_a_palette_of_high_contrast_is_followed(choice: str, name: str, convention: str) -> None:
    ground, text, marked = (QColor(part) for part in WINDOWS[name])
    host = palette(*WINDOWS[name])
    theme = Look(choice, convention).colours(host, system_contrast=True)
    for role in ("background", "panel", "ask_row", "bid_row", "warning_background", "tag_text"):
        assert colour(theme, role) == ground
    for role in ("text", "sub_text", "even", "line", "crosshair", "warning", "tag"):
        assert colour(theme, role) == text
    assert theme.accent == marked
    for role in ("rise", "fall", "accent", "average_1", "average_2", "average_3", "comparison"):
        assert contrast(colour(theme, role), ground) >= 4.5
    for bar in ("ask_bar", "bid_bar", "ask_hover", "bid_hover"):
        assert contrast(text, colour(theme, bar)) >= 4.5
    assert theme.rise != theme.fall
    assert theme.name == ("light" if name == "desert" else "dark")


def test_what_cannot_be_read_on_the_palette_gives_way_to_its_own() -> None:
    """Yellow on purple: light red and light blue are lost on it, and its text is no black."""
    host = palette("#7a3fa0", "#ffff00", "#8040a8")
    theme = Look("high-contrast").colours(host, system_contrast=True)
    assert theme.accent == theme.rise == theme.fall == QColor("#ffff00")
    assert theme.ask_bar != theme.background
    host = palette("#ffff00", "#7a3fa0")
    theme = Look("high-contrast").colours(host, system_contrast=True)
    assert theme.ask_bar == theme.background == QColor("#ffff00")


@pytest.mark.parametrize("choice", ["light", "dark", "colour-blind", "high-contrast-dark"])
def test_what_was_chosen_by_its_name_is_it_on_such_a_system_too(choice: str) -> None:
    look = Look(choice)
    assert look.colours(DARK_HOST, system_contrast=True) is look.colours(
        DARK_HOST, system_contrast=False
    )


def test_the_system_is_asked(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt says it from 6.10 on; the machines of the tests prefer nothing."""
    assert not wants_contrast()
    if not hasattr(Qt, "ContrastPreference"):
        pytest.skip("this Qt is older than 6.10 and cannot tell")
    preference = Qt.ContrastPreference.HighContrast
    said = SimpleNamespace(contrastPreference=lambda: preference)
    hints = SimpleNamespace(accessibility=lambda: said)
    monkeypatch.setattr(theme_module, "QGuiApplication", SimpleNamespace(styleHints=lambda: hints))
    assert wants_contrast()
    del hints.accessibility
    assert not wants_contrast()


# -- fonts --------------------------------------------------------------------------------------


def test_fonts_with_hangul_stand_behind_the_hosts_own(qapp: QApplication) -> None:
    font = korean_font(QFont("Host Font"))
    assert font.families()[0] == "Host Font"
    assert {"Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic"} <= set(font.families())
    assert korean_font(font).families() == font.families()


def test_digits_have_one_width(qapp: QApplication) -> None:
    metrics = QFontMetricsF(number_font(qapp.font()))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
