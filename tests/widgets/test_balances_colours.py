"""The colours of the division: seen on their ground, and told apart by every eye. Widgets."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from tests.colour_sight import SIGHTS, distance
from tests.holdings_on_screen import D, ticker
from upbit_ws_qt.events import Balance
from upbit_ws_qt_resources import themes
from upbit_ws_qt_widgets.balances import BalanceMonitor
from upbit_ws_qt_widgets.balances_allocation import HUES
from upbit_ws_qt_widgets.theme import Theme, contrast

# CIE76; 2.3 is just noticed. Neighbours touch, so they have to differ at a glance; any other two
# have to be found in the legend.
NEIGHBOURS, ANY = 18.0, 14.0
# What WCAG 2.1 asks of parts of a picture, criterion 1.4.11.
SEEN = 3.0


def hues(theme: Theme) -> list[QColor]:
    return [QColor(hue) for hue in HUES[theme.name]]


@pytest.mark.parametrize("name", themes())
def test_each_part_is_seen_on_the_ground(name: str) -> None:
    theme = Theme.named(name)
    for hue in [*hues(theme), theme.sub_text]:
        assert contrast(hue, theme.background) >= SEEN


@pytest.mark.parametrize("sight", [*SIGHTS, None])
@pytest.mark.parametrize("name", themes())
def test_parts_are_told_apart_by_every_eye(name: str, sight: str | None) -> None:
    theme = Theme.named(name)
    parts = hues(theme)
    for one, other in pairwise(parts):
        assert distance(one, other, sight) >= NEIGHBOURS
    for last in parts[2:]:  # in a ring the last part, whichever it is, touches the first
        assert distance(parts[0], last, sight) >= NEIGHBOURS
    for one, other in combinations(parts, 2):
        assert distance(one, other, sight) >= ANY
    for one in parts:  # the rest of the assets stands behind any of them
        assert distance(one, theme.sub_text, sight) >= ANY


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_parts_are_drawn_in_these_colours_and_none_comes_twice(qtbot: QtBot, name: str) -> None:
    widget = BalanceMonitor()
    qtbot.addWidget(widget)
    widget.setTheme(name)
    widget.resize(900, 500)
    coins = [f"C{number}" for number in range(8)]
    widget.setBalances([Balance(currency=coin, balance=D(1)) for coin in coins])
    for number, coin in enumerate(coins):
        widget.applyTicker(ticker(f"KRW-{coin}", 2000.0 - 100 * number))
    with qtbot.waitExposed(widget):
        widget.show()
    qtbot.waitUntil(lambda: len(widget._division._entries) == len(coins))
    drawn = [entry.colour.rgb() for entry in widget._division._entries]
    assert drawn == [hue.rgb() for hue in hues(widget.themeColors())]
    picture = widget._division.grab().toImage()
    bar = widget._division._bar()
    row = [picture.pixel(x, round(bar.center().y())) for x in range(picture.width())]
    assert [colour for colour in dict.fromkeys(row) if colour in drawn] == drawn
