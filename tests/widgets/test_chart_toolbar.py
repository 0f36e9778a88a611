"""The toolbar and the menu of ChartWidget: real clicks and keys, sizes, looks and languages. Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QAction, QColor, QContextMenuEvent, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDialog, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.chart_bars import wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import themes, translations
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import chart_menu
from upbit_ws_qt_widgets.chart.chart_menu import chart_section
from upbit_ws_qt_widgets.chart.icons import ICONS, painted_icon
from upbit_ws_qt_widgets.chart.toolbar import ChartToolbar
from upbit_ws_qt_widgets.theme import CONVENTIONS, Theme, contrast

TOOLS = ["kind", "indicators", "drawings", "export", "all"]
WIDE = 1600


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart of 200 bars on screen, light and English, wide enough for all of its toolbar."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(WIDE, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    widget.setCandles(wave(200))
    QApplication.processEvents()
    return widget


def toolbar(chart: ChartWidget) -> ChartToolbar:
    found = chart.findChild(ChartToolbar)
    assert found is not None
    return found


def tool(chart: ChartWidget, name: str) -> QToolButton:
    found = chart.findChild(QToolButton, name)
    assert found is not None
    return found


def buttons(chart: ChartWidget) -> list[QToolButton]:
    """All that are to be seen in the row, from the left."""
    found = [one for one in toolbar(chart).findChildren(QToolButton) if one.isVisible()]
    return sorted(found, key=lambda one: left(one, chart))


def left(button: QWidget, chart: ChartWidget) -> int:
    return button.mapTo(toolbar(chart), QPoint()).x()


def shown(chart: ChartWidget) -> list[str]:
    return [name for name in TOOLS if tool(chart, name).isVisible()]


def popup() -> QMenu:
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def leaves(menu: QMenu) -> list[QAction]:
    """Everything that can be chosen in a menu and the menus in it."""
    found: list[QAction] = []
    for action in menu.actions():
        inner = action.menu()
        if inner is not None:
            found += leaves(inner)
        elif not action.isSeparator():
            found.append(action)
    return found


def close(menu: QMenu, qtbot: QtBot) -> None:
    with qtbot.waitSignal(menu.destroyed):
        QTest.keyClick(menu, Qt.Key.Key_Escape)


# -- what it reaches -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TOOLS)
def test_a_click_opens_a_section_of_the_menu(chart: ChartWidget, qtbot: QtBot, name: str) -> None:
    expected = texts(chart_menu(chart) if name == "all" else chart_section(chart, name))
    button = tool(chart, name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    menu = popup()
    assert texts(menu) == expected
    below = button.mapToGlobal(QPoint(0, button.height()))
    assert menu.y() == below.y(), "right below it"
    close(menu, qtbot)
    assert chart.errorText() == ""


def test_what_is_chosen_there_is_done_and_marked(chart: ChartWidget, qtbot: QtBot) -> None:
    QTest.mouseClick(tool(chart, "kind"), Qt.MouseButton.LeftButton)
    menu = popup()
    for _ in range(2):
        QTest.keyClick(menu, Qt.Key.Key_Down)
    with qtbot.waitSignal(menu.destroyed):
        QTest.keyClick(menu, Qt.Key.Key_Return)
    assert chart.kind() == "hollow"
    marked = [one.text() for one in leaves(chart_section(chart, "kind")) if one.isChecked()]
    assert marked == ["Hollow candles"]


def test_keys_reach_every_button(chart: ChartWidget, qtbot: QtBot) -> None:
    chart.activateWindow()
    row = toolbar(chart).findChildren(QToolButton)
    reached: list[str] = []
    row[0].setFocus()
    for _ in range(2 * len(row)):
        focus = QApplication.focusWidget()
        if focus is not None and focus.objectName() in TOOLS:
            reached.append(focus.objectName())
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert list(dict.fromkeys(reached)) == TOOLS
    QTest.keyClick(tool(chart, "indicators"), Qt.Key.Key_Space)
    assert texts(popup()) == texts(chart_section(chart, "indicators"))
    close(popup(), qtbot)


def test_every_entry_of_the_menu_does_something_without_an_error(chart: ChartWidget) -> None:
    count, errors = len(leaves(chart_menu(chart))), list[str]()
    chart.errorOccurred.connect(errors.append)
    assert count > 60
    for at in range(count):
        # The menu is made anew, because what was chosen may have changed it.
        found = leaves(chart_menu(chart))
        if at < len(found) and found[at].isEnabled():
            found[at].trigger()
        for dialog in chart.findChildren(QDialog):
            dialog.close()
            dialog.deleteLater()
        for window in chart.findChildren(QWidget):
            if window.isWindow() and not isinstance(window, QDialog | QMenu):
                window.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert errors == []


def test_choices_are_marked_as_they_are(chart: ChartWidget) -> None:
    for section in ("kind", "colours", "units"):
        for at in range(len(leaves(chart_section(chart, section)))):
            entry = leaves(chart_section(chart, section))[at]
            if entry.actionGroup() is None:
                continue
            entry.trigger()
            now = leaves(chart_section(chart, section))
            group = [one for one in now if one.text() in texts_of_group(entry)]
            assert [one.text() for one in group if one.isChecked()] == [entry.text()]


def texts_of_group(entry: QAction) -> list[str]:
    group = entry.actionGroup()
    assert group is not None
    return [one.text() for one in group.actions()]


@pytest.mark.parametrize("key", ["shift+f10", "menu"])
def test_a_key_opens_the_whole_menu_once(chart: ChartWidget, qtbot: QtBot, key: str) -> None:
    surface = chart.focusProxy()
    assert surface is not None
    if key == "menu":
        QTest.keyClick(surface, Qt.Key.Key_Menu)
    else:
        QTest.keyClick(surface, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = popup()
    assert texts(menu) == texts(chart_menu(chart))
    assert surface.rect().contains(surface.mapFromGlobal(menu.pos()))
    # Some systems send this as well.
    place = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, surface.mapToGlobal(place))
    QApplication.sendEvent(surface, event)
    assert popup() is menu
    close(menu, qtbot)


# -- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_nothing_is_cut_off_at_any_size_of_texts(
    chart: ChartWidget, language: str, scale: float
) -> None:
    chart.setLanguage(language)
    font = chart.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    chart.setFont(font)
    for width in (160, 260, 420, 600, 800, 1100, 2400):
        chart.resize(width, 500)
        QApplication.processEvents()
        row = buttons(chart)
        for button in row:
            assert button.width() >= button.sizeHint().width()
            assert button.height() >= button.sizeHint().height()
        edges = [left(one, chart) for one in row]
        ends = [edge + one.width() for edge, one in zip(edges, row, strict=True)]
        assert all(end <= edge for end, edge in zip(ends, edges[1:], strict=False)), "no overlap"
        assert ends[-1] <= toolbar(chart).width()
        assert "all" in shown(chart)
        assert any(one.isChecked() for one in row), "the unit in use is there"
    assert shown(chart) == TOOLS
    assert sum(one.isCheckable() for one in buttons(chart)) == len(Timeframe)


def test_the_narrower_the_fewer_but_the_menu_of_everything_stays(chart: ChartWidget) -> None:
    rows: list[int] = []
    for width in range(1000, 100, -50):
        chart.resize(width, 500)
        QApplication.processEvents()
        rows.append(len(shown(chart)))
        assert shown(chart)[-1] == "all"
    assert rows == sorted(rows, reverse=True)
    assert (rows[0], rows[-1]) == (5, 1)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_menus_have_room_for_their_texts(
    chart: ChartWidget, qtbot: QtBot, language: str, scale: float
) -> None:
    chart.setLanguage(language)
    font = chart.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    chart.setFont(font)
    for name in ("kind", "colours", "indicators", "drawings", "export"):
        menu = chart_section(chart, name)
        menu.popup(chart.mapToGlobal(QPoint(0, 0)))
        for action in menu.actions():
            words = [menu.fontMetrics().horizontalAdvance(p) for p in action.text().split("\t")]
            assert menu.actionGeometry(action).width() >= sum(words)
        menu.close()


@pytest.mark.parametrize("scale", ["1.25", "1.5", "2"])
def test_all_of_this_holds_on_finer_screens(scale: str) -> None:
    """The scale of the screen is chosen when the application begins: in a process of its own."""
    tests = "cut_off or narrower or room_for or can_be_seen or opens_a_section"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", tests],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


# -- looks -----------------------------------------------------------------------------------------


def test_it_speaks_both_languages_at_once(chart: ChartWidget) -> None:
    def words() -> list[tuple[str, str, str]]:
        found = [tool(chart, name) for name in TOOLS]
        return [(one.toolTip(), one.accessibleName(), one.accessibleDescription()) for one in found]

    english = words()
    assert english[3] == ("Export (Ctrl+S)", "Export", "Opens a menu")
    chart.setLanguage("ko")
    korean = words()
    assert korean[3] == ("내보내기 (Ctrl+S)", "내보내기", "메뉴 열기")
    assert all(a[0] != b[0] for a, b in zip(english, korean, strict=True))
    assert toolbar(chart).accessibleName() == "도구 모음"


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", list(themes()))
def test_every_look_has_icons_that_can_be_seen(
    chart: ChartWidget, name: str, convention: str
) -> None:
    chart.setTheme(name)
    chart.setColorConvention(convention)
    theme = Theme.named(name, convention)
    assert contrast(theme.sub_text, theme.background) >= 3
    for one in TOOLS:
        button = tool(chart, one)
        place = QRect(button.mapTo(toolbar(chart), QPoint()), button.size())
        colours = colours_of(toolbar(chart).grab(place).toImage())
        assert theme.background.rgb() in colours
        assert max(contrast(QColor(found), theme.background) for found in colours) >= 3


def colours_of(image: QImage) -> set[int]:
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


@pytest.mark.parametrize("name", list(ICONS))
def test_icons_are_lines_inside_their_square(qapp: QApplication, name: str) -> None:
    assert all(0 <= x <= 16 and 0 <= y <= 16 for line in ICONS[name] for x, y in line)
    red = QColor("red").rgb()
    for ratio in (1.0, 1.25, 1.5, 2.0, 3.0):
        image = painted_icon(name, QColor("red"), 16, ratio).pixmap(QSize(16, 16), ratio).toImage()
        assert (image.width(), image.height()) == (16 * ratio, 16 * ratio), "painted, not stretched"
    bits = image.convertToFormat(QImage.Format.Format_ARGB32).constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    assert (np.frombuffer(bits, np.uint32) == red).sum() > 30


def test_icons_are_painted_anew_on_a_finer_screen(chart: ChartWidget) -> None:
    button = tool(chart, "export")
    size = button.iconSize()
    for ratio in (2.0, 1.5):
        for one in toolbar(chart).findChildren(QToolButton):
            one.devicePixelRatioF = lambda ratio=ratio: ratio  # type: ignore[method-assign]
        QApplication.sendEvent(toolbar(chart), QEvent(QEvent.Type.DevicePixelRatioChange))
        pixmap = button.icon().pixmap(size, ratio)
        assert (pixmap.width(), pixmap.devicePixelRatio()) == (size.width() * ratio, ratio)


def test_no_two_icons_are_alike(qapp: QApplication) -> None:
    found = [painted_icon(name, QColor("red"), 48, 1.0).pixmap(48, 48).toImage() for name in ICONS]
    assert all(one != other for at, one in enumerate(found) for other in found[:at])


def test_menus_have_the_colours_of_the_chart(chart: ChartWidget) -> None:
    chart.setTheme("dark")
    theme = Theme.named("dark")
    for menu in (chart_menu(chart), chart_section(chart, "drawings")):
        menu.popup(chart.mapToGlobal(QPoint(0, 0)))
        colours = colours_of(menu.grab().toImage())
        assert theme.text.rgb() in colours
        assert min(contrast(QColor(found), theme.text) for found in colours) < 1.1
        assert max(contrast(QColor(found), theme.text) for found in colours) > 12, "a dark ground"
        menu.close()


def test_both_languages_have_a_title_for_every_section(chart: ChartWidget) -> None:
    titles: dict[str, list[str]] = {}
    for language in ("en", "ko"):
        chart.setLanguage(language)
        sections = [one for one in chart_menu(chart).actions() if not one.isSeparator()]
        titles[language] = [one.text() for one in sections]
        assert all(titles[language])
    assert all(a != b for a, b in zip(titles["en"], titles["ko"], strict=True))
    assert set(translations("ko")) == set(translations("en"))
