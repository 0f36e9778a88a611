"""ChartWidget in forms of Qt Designer and in saved states, with every property it has. Qt."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any, cast
from xml.sax.saxutils import escape

import pytest
from PyQt6 import uic
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMainWindow, QSplitter, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from tests.chart_bars import wave
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.theme import Theme

#: Another value for each property that is a text; those that say yes or no take the other one.
TEXTS = {
    "theme": "dark",
    "colorConvention": "western",
    "language": "ko",
    "drawingToolName": "trend",
    "kindName": "hollow",
    "colorRuleName": "previous",
    "priceScaleName": "log",
    "comparisonCode": "KRW-ETH",
    "timeZoneName": "UTC",
    "zoomAnchorName": "latest",
    "linkGroupName": "A",
    "marketCode": "KRW-BTC",
    "timeframeName": "5m",
}
#: The language is the program's, and a tool in hand is of the moment.
NOT_SAVED = {"language", "drawingToolName", "drawingMagnet"}
#: A comparison sets the price scale to percent, another market takes a tool out of the hand.
NOT_TOGETHER = {"comparisonCode", "drawingToolName"}

CUSTOM = """
 <customwidgets><customwidget>
  <class>ChartWidget</class><extends>QWidget</extends><header>upbit_ws_qt_widgets.chart</header>
 </customwidget></customwidgets>"""


def properties() -> dict[str, object]:
    """The names of all properties that Qt does not give every widget, with other values."""
    blank = ChartWidget()
    blank.setLanguage("en")
    meta = ChartWidget.staticMetaObject
    found: dict[str, object] = {}
    for at in range(QWidget.staticMetaObject.propertyCount(), meta.propertyCount()):
        name = str(meta.property(at).name())
        value = blank.property(name)
        found[name] = (not value) if isinstance(value, bool) else TEXTS.get(name)
    return found


@pytest.fixture(scope="module")
def values(qapp: QApplication) -> dict[str, object]:
    return properties()


def promoted(values: dict[str, Any], name: str = "chart") -> str:
    """A chart in a form, with these properties."""

    def written(value: Any) -> str:
        if isinstance(value, bool):
            return f"<bool>{str(value).lower()}</bool>"
        return f"<string>{escape(value)}</string>"

    rows = "".join(
        f'<property name="{key}" stdset="0">{written(value)}</property>'
        for key, value in values.items()
    )
    return f'<widget class="ChartWidget" name="{name}">{rows}</widget>'


def load(root: str, kind: str, qtbot: QtBot) -> Any:
    form = f'<ui version="4.0"><class>Form</class>{root}{CUSTOM}</ui>'
    window = cast("Callable[[object], QWidget]", uic.loadUi)(io.StringIO(form))  # type: ignore[attr-defined]
    assert type(window).__name__ == kind
    qtbot.addWidget(window)
    return window


def chart_of(window: QWidget, name: str = "chart") -> ChartWidget:
    found = window.findChild(ChartWidget, name)
    assert found is not None
    return found


def in_form(values: dict[str, Any]) -> str:
    column = f'<layout class="QVBoxLayout" name="column"><item>{promoted(values)}</item></layout>'
    return f'<widget class="QWidget" name="form">{column}</widget>'


def test_every_property_has_a_value_to_try(values: dict[str, object]) -> None:
    assert {name for name, value in values.items() if value is None} == set()
    assert set(TEXTS) <= set(values)
    assert len(values) > 20


def test_each_property_alone_goes_through_a_form(values: dict[str, object], qtbot: QtBot) -> None:
    for name, value in values.items():
        window = load(in_form({name: value}), "QWidget", qtbot)
        chart = chart_of(window)
        assert chart.property(name) == value, name
        assert chart.errorText() == "", name


def test_all_of_them_together_go_through_a_form(values: dict[str, object], qtbot: QtBot) -> None:
    together = {name: value for name, value in values.items() if name not in NOT_TOGETHER}
    window = load(in_form(together), "QWidget", qtbot)
    chart = chart_of(window)
    assert {name: chart.property(name) for name in together} == together
    assert chart.errorText() == ""


def test_each_property_goes_through_the_saved_state(
    values: dict[str, object], qtbot: QtBot
) -> None:
    for name, value in values.items():
        chart, other = ChartWidget(), ChartWidget()
        for one in (chart, other):
            qtbot.addWidget(one)
            one.setLanguage("en")
        chart.setProperty(name, value)
        other.restoreState(json.loads(json.dumps(chart.saveState())))
        assert other.errorText() == "", name
        if name in NOT_SAVED:
            assert other.property(name) != value
        else:
            assert other.property(name) == value, name


def test_a_state_from_before_leaves_what_it_does_not_know(
    values: dict[str, object], qtbot: QtBot
) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    together = {name: value for name, value in values.items() if name not in NOT_TOGETHER}
    for name, value in together.items():
        chart.setProperty(name, value)
    chart.restoreState({"version": 1, "timeframe": "5m", "spacing": 8.0, "market": "KRW-BTC"})
    assert chart.errorText() == ""
    assert {name: chart.property(name) for name in together} == together


def test_a_wrong_word_is_reported_and_nothing_changes(
    values: dict[str, object], qtbot: QtBot
) -> None:
    for name, value in values.items():
        if isinstance(value, str) and name != "linkGroupName":
            chart = ChartWidget()
            qtbot.addWidget(chart)
            before = chart.property(name)
            chart.setProperty(name, "no such thing")
            assert chart.property(name) == before, name
            assert chart.errorText() != "", name


PLACES = {
    "QMainWindow": """<widget class="QMainWindow" name="window">
 <widget class="QWidget" name="centre"><layout class="QGridLayout" name="grid">
  <item row="0" column="0">{first}</item></layout></widget>
 <widget class="QDockWidget" name="dock">
  <attribute name="dockWidgetArea"><number>8</number></attribute>
  <widget class="QWidget" name="inside"><layout class="QVBoxLayout" name="column">
   <item>{second}</item></layout></widget></widget></widget>""",
    "QTabWidget": """<widget class="QTabWidget" name="tabs">
 <widget class="QWidget" name="one"><attribute name="title"><string>One</string></attribute>
  <layout class="QVBoxLayout" name="a"><item>{first}</item></layout></widget>
 <widget class="QWidget" name="two"><attribute name="title"><string>Two</string></attribute>
  <layout class="QVBoxLayout" name="b"><item>{second}</item></layout></widget></widget>""",
    "QSplitter": '<widget class="QSplitter" name="both">{first}{second}</widget>',
}


@pytest.mark.parametrize("kind", list(PLACES))
def test_it_is_at_home_in_every_place(kind: str, qtbot: QtBot) -> None:
    charts = {
        name: promoted({"marketCode": market, "theme": "light", "language": "en"}, name)
        for name, market in (("first", "KRW-BTC"), ("second", "KRW-ETH"))
    }
    window = load(PLACES[kind].format(**charts), kind, qtbot)
    window.resize(900, 700)
    window.show()
    qtbot.waitExposed(window)
    rise = Theme.named("light").rise.rgb()
    for place, name in enumerate(charts):
        chart = chart_of(window, name)
        if isinstance(window, QTabWidget):
            window.setCurrentIndex(place)
        assert chart.market() == ("KRW-BTC", "KRW-ETH")[place]
        chart.setCandles(wave(200))
        QApplication.processEvents()
        image = chart.grab().toImage()
        found = sum(
            image.pixel(x, y) == rise
            for x in range(0, image.width(), 2)
            for y in range(0, image.height(), 2)
        )
        assert found > 50, "it is painted there"
        assert chart.errorText() == ""
    if isinstance(window, QMainWindow | QSplitter):
        before = chart_of(window, "first").width()
        window.resize(1200, 700)
        QTest.qWaitForWindowExposed(window)
        QApplication.processEvents()
        assert chart_of(window, "first").width() > before
