"""Charts that move together, whatever anybody does, and part without a trace. Qt."""

from __future__ import annotations

import gc
import itertools
import random
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PyQt6 import sip, uic
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QAction, QMouseEvent, QWheelEvent
from PyQt6.QtTest import QSignalSpy, QTest
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, trade, wave
from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets import ChartLink, ChartWidget
from upbit_ws_qt_widgets.chart.chart_menu import chart_section

HOUR = 60 * MINUTE
WIDTHS = (700, 800, 560)


class Stage:
    """Where charts stand, none over another: the pointer is over one at a time."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self._charts: list[ChartWidget] = []

    def chart(self, width: int = 640, unit: str = "1m", count: int = 3000) -> ChartWidget:
        """A chart on screen with candles of KRW-BTC."""
        widget = self.blank()
        widget.setMarket("KRW-BTC")
        widget.setTimeframe(unit)
        widget.setCandles(wave(count, step=Timeframe.parse(unit).duration_ms))
        widget.resize(width, 420)
        widget.show()
        self._qtbot.waitExposed(widget)
        settle(widget)
        return widget

    def blank(self) -> ChartWidget:
        """A chart that nobody has given anything."""
        widget = ChartWidget()
        widget.setTheme("light")
        widget.setLanguage("en")
        widget.move(0, 600 * len(self._charts))
        self._charts.append(widget)
        return widget

    def clear(self) -> None:
        for chart in self._charts:
            if not sip.isdeleted(chart):
                sip.delete(chart)
        # The pointer is nowhere: Qt need not wait to show a tool tip.
        QApplication.sendEvent(QWidget(), QEvent(QEvent.Type.Leave))


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(qtbot)
    yield made
    made.clear()


def settle(*charts: ChartWidget) -> None:
    """Let what was asked for be painted and told, until there is nothing more."""
    for count in range(20):
        for chart in charts:
            if chart.isVisible():
                chart._surface.repaint()
        QApplication.processEvents()
        # A window that was just shown is painted a little later.
        if count > 1 and not any(chart._surface.sight._due.isActive() for chart in charts):
            return
    raise AssertionError("it goes on and on")


@pytest.fixture
def charts(stage: Stage) -> list[ChartWidget]:
    """Three charts of one minute, each of another width, and nothing in common yet."""
    return [stage.chart(width) for width in WIDTHS]


def linked(charts: list[ChartWidget], **what: bool) -> ChartLink:
    link = ChartLink(**what)
    for chart in charts:
        link.add(chart)
    settle(*charts)
    return link


def point(chart: ChartWidget, x: int, y: int) -> None:
    """Move the pointer; a move to where it is already would make no event."""
    QTest.mouseMove(chart._surface, QPoint(x + 1, y + 1))
    QTest.mouseMove(chart._surface, QPoint(x, y))


def leave(chart: ChartWidget) -> None:
    QApplication.sendEvent(chart._surface, QEvent(QEvent.Type.Leave))


def drag(chart: ChartWidget, pixels: int) -> None:
    target, at = chart._surface, QPoint(300, 120)
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(target, at + QPoint(pixels, 0))
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=at + QPoint(pixels, 0))


def turn(chart: ChartWidget, notches: int, x: int = 300) -> None:
    target, at = chart._surface, QPoint(x, 120)
    event = QWheelEvent(
        QPointF(at),
        QPointF(target.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - Qt
    )
    QApplication.sendEvent(target, event)


def key(chart: ChartWidget, code: Qt.Key) -> None:
    QTest.keyClick(chart._surface, code)


def shown(chart: ChartWidget) -> tuple[int, int]:
    found = chart.visibleRange()
    assert found is not None
    return found


def agree(charts: list[ChartWidget]) -> None:
    """All show the same time, to a fraction of a bar."""
    first = shown(charts[0])
    for chart in charts[1:]:
        assert shown(chart) == pytest.approx(first, abs=MINUTE / 50), "the same time"


# -- time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leader", [0, 1, 2])
def test_what_is_done_to_one_happens_to_all(charts: list[ChartWidget], leader: int) -> None:
    linked(charts)
    agree(charts)
    steps: list[Callable[[ChartWidget], object]] = [
        lambda chart: drag(chart, 200),
        lambda chart: turn(chart, 3),
        lambda chart: key(chart, Qt.Key.Key_Home),
        lambda chart: turn(chart, -5, x=100),
        lambda chart: key(chart, Qt.Key.Key_PageDown),
        lambda chart: chart.setVisibleRange(START + HOUR, START + 3 * HOUR),
        lambda chart: key(chart, Qt.Key.Key_End),
    ]
    for step in steps:
        before = shown(charts[leader])
        step(charts[leader])
        settle(*charts)
        assert shown(charts[leader]) != before
        agree(charts)
        assert len({chart.isFollowing() for chart in charts}) == 1


def test_new_bars_and_new_sizes_keep_them_together(charts: list[ChartWidget]) -> None:
    linked(charts)
    charts[0].resize(1000, 420)
    settle(*charts)
    agree(charts)
    for chart in charts:
        chart.applyTrade(trade(START + 3000 * MINUTE, 100_000.0, number=1))
    settle(*charts)
    agree(charts)
    drag(charts[1], 250)
    charts[2].resize(400, 300)
    settle(*charts)
    agree(charts)
    for chart in charts:
        chart.applyTrade(trade(START + 3001 * MINUTE, 100_000.0, number=2))
    settle(*charts)
    agree(charts)


def test_of_different_units_the_newest_moment_is_the_same(stage: Stage) -> None:
    minutes, hours = stage.chart(700, "1m", 30_000), stage.chart(600, "60m", 500)
    linked([minutes, hours])
    spacing = hours._chart.view.spacing
    drag(minutes, 400)
    for _ in range(30):
        key(minutes, Qt.Key.Key_PageUp)
    settle(minutes, hours)
    end = shown(minutes)[1]
    assert shown(hours)[1] == -(-(end - START) // HOUR) * HOUR + START, "the hour that holds it"
    assert hours._chart.view.spacing == spacing
    drag(hours, 160)
    settle(minutes, hours)
    assert shown(minutes)[1] == pytest.approx(shown(hours)[1], abs=10)
    key(hours, Qt.Key.Key_End)
    assert minutes.isFollowing()
    key(minutes, Qt.Key.Key_Home)
    assert not hours.isFollowing()
    key(minutes, Qt.Key.Key_End)
    assert hours.isFollowing()


def test_a_chart_that_is_held_is_moved_by_nobody(charts: list[ChartWidget]) -> None:
    linked(charts)
    at = QPoint(300, 120)
    QTest.mousePress(charts[0]._surface, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(charts[0]._surface, at + QPoint(50, 0))
    held = shown(charts[0])
    charts[1].setVisibleRange(START, START + HOUR)
    key(charts[2], Qt.Key.Key_Home)
    assert shown(charts[0]) == held
    QTest.mouseRelease(charts[0]._surface, Qt.MouseButton.LeftButton, pos=at + QPoint(50, 0))
    settle(*charts)
    assert shown(charts[0]) == pytest.approx(held, abs=1)
    agree(charts)


def test_a_hidden_chart_is_up_to_date_when_it_is_shown(charts: list[ChartWidget]) -> None:
    linked(charts)
    charts[2].hide()
    drag(charts[0], 300)
    turn(charts[0], 2)
    settle(*charts)
    charts[2].resize(900, 400)
    charts[2].show()
    settle(*charts)
    agree(charts)


def test_a_chart_that_was_never_shown_is_up_to_date_when_it_is(
    charts: list[ChartWidget], stage: Stage, qtbot: QtBot
) -> None:
    new = stage.blank()
    linked([*charts, new])
    drag(charts[0], 300)
    new.setCandles(wave(3000))
    new.resize(650, 500)
    new.show()
    qtbot.waitExposed(new)
    settle(*charts, new)
    assert new.market() == "KRW-BTC"
    agree([*charts, new])


def test_time_need_not_be_linked(charts: list[ChartWidget]) -> None:
    linked(charts, time=False)
    before = shown(charts[1])
    drag(charts[0], 300)
    settle(*charts)
    assert shown(charts[1]) == before


# -- market and unit -------------------------------------------------------------------------------


def test_choosing_a_market_chooses_it_in_all(charts: list[ChartWidget]) -> None:
    linked(charts)
    told = [QSignalSpy(chart.marketChanged) for chart in charts]
    charts[1].setMarket("KRW-ETH")
    assert [chart.market() for chart in charts] == ["KRW-ETH"] * 3
    assert [len(one) for one in told] == [1, 1, 1]
    charts[1].setMarket("nonsense")
    assert [chart.market() for chart in charts] == ["KRW-ETH"] * 3
    assert [bool(chart.errorText()) for chart in charts] == [False, True, False]


def test_a_host_that_insists_on_a_market_starts_no_circle(charts: list[ChartWidget]) -> None:
    linked(charts)
    stubborn = charts[1]
    stubborn.marketChanged.connect(lambda: stubborn.setMarket("KRW-XRP"))
    charts[0].setMarket("KRW-ETH")
    assert [chart.market() for chart in charts] == ["KRW-ETH", "KRW-XRP", "KRW-ETH"]


def test_another_market_is_shown_at_the_same_time(charts: list[ChartWidget]) -> None:
    linked(charts)
    drag(charts[0], 300)
    settle(*charts)
    before = shown(charts[0])
    charts[0].setMarket("KRW-ETH")
    for chart in charts:
        chart.setCandles(wave(3000))
    settle(*charts)
    assert shown(charts[0]) == pytest.approx(before, abs=100)
    agree(charts)


def test_units_follow_only_if_that_is_wanted(charts: list[ChartWidget]) -> None:
    link = linked(charts)
    charts[0].setTimeframe("5m")
    assert charts[1].timeframe() is Timeframe.MINUTE_1
    for chart in charts:
        link.remove(chart)
    linked(charts, market=False, timeframe=True)
    assert [chart.timeframe() for chart in charts] == [Timeframe.MINUTE_5] * 3
    charts[2].setTimeframe("60m")
    assert [chart.timeframe() for chart in charts] == [Timeframe.MINUTE_60] * 3
    charts[2].setMarket("KRW-XRP")
    assert [chart.market() for chart in charts] == ["KRW-BTC", "KRW-BTC", "KRW-XRP"]


def test_who_comes_in_shows_what_is_shown(charts: list[ChartWidget], stage: Stage) -> None:
    link = linked(charts[:2])
    drag(charts[0], 200)
    charts[2].setMarket("KRW-ETH")
    charts[2].setCandles(wave(3000))
    link.add(charts[2])
    link.add(charts[2])
    assert charts[2].market() == "KRW-BTC"
    assert link.charts() == charts
    blank, other = stage.blank(), ChartLink()
    other.add(blank)
    other.add(charts[2])
    assert blank.market() == "KRW-BTC", "an empty one has nothing to say"
    with pytest.raises(InvalidRequest, match="a ChartWidget is expected; got 5"):
        link.add(5)  # type: ignore[arg-type]


def test_who_leaves_stays_as_it_is(charts: list[ChartWidget]) -> None:
    link = linked(charts)
    point(charts[0], 200, 100)
    settle(*charts)
    before = shown(charts[2])
    link.remove(charts[2])
    link.remove(charts[2])
    assert charts[2].crosshair() is None
    drag(charts[0], 200)
    charts[1].setMarket("KRW-ETH")
    settle(*charts)
    assert shown(charts[2]) == before
    assert charts[2].market() == "KRW-BTC"
    spacing = charts[2]._chart.view.spacing
    charts[2].resize(400, 400)
    settle(*charts)
    assert charts[2]._chart.view.spacing == spacing, "as by itself"
    link.remove(charts[0])
    assert charts[1].crosshair() is None, "the one that was pointed at has left"


# -- crosshair -------------------------------------------------------------------------------------


def test_pointing_at_a_time_shows_it_in_all(charts: list[ChartWidget]) -> None:
    linked(charts, market=False)
    charts[2].setMarket("KRW-ETH")
    charts[2].setCandles(wave(3000))
    settle(*charts)
    moved = [QSignalSpy(chart.crosshairMoved) for chart in charts]
    plain = charts[1]._surface.grab().toImage()
    point(charts[0], 300, 120)
    settle(*charts)
    time, price = charts[0].crosshair() or (0, None)
    assert price is not None
    assert charts[1].crosshair() == (time, price)
    assert charts[2].crosshair() == (time, None), "the price of another market says nothing"
    assert [len(one) for one in moved] == [1, 0, 0]
    assert charts[1]._surface.grab().toImage() != plain
    leave(charts[0])
    settle(*charts)
    assert [chart.crosshair() for chart in charts] == [None] * 3
    assert charts[1]._surface.grab().toImage() == plain


def test_keys_point_in_all_and_the_pointer_takes_over(charts: list[ChartWidget]) -> None:
    linked(charts)
    point(charts[1], 300, 120)
    settle(*charts)
    QTest.keyClick(charts[0]._surface, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    settle(*charts)
    pointed = charts[0].crosshair()
    assert pointed is not None
    assert [chart.crosshair() for chart in charts] == [pointed] * 3
    point(charts[1], 100, 120)
    settle(*charts)
    assert charts[0].crosshair() == charts[1].crosshair() == charts[2].crosshair() != pointed
    key(charts[0], Qt.Key.Key_Escape)
    settle(*charts)
    assert charts[0].crosshair() == charts[1].crosshair()


def test_an_hour_points_at_its_first_minute_and_a_minute_at_its_hour(stage: Stage) -> None:
    minutes, hours = stage.chart(700, "1m", 3000), stage.chart(600, "60m", 50)
    linked([minutes, hours])
    point(minutes, 300, 120)
    settle(minutes, hours)
    time, _ = minutes.crosshair() or (0, None)
    assert (hours.crosshair() or (0, None))[0] == time - (time - START) % HOUR
    point(hours, 500, 120)
    settle(minutes, hours)
    hour, _ = hours.crosshair() or (0, None)
    found = minutes.crosshair()
    assert found is None or found[0] == hour


def test_charts_that_all_have_a_pointer_on_them_do_not_tell_in_circles(
    charts: list[ChartWidget],
) -> None:
    linked(charts)
    none = Qt.MouseButton.NoButton
    for x, chart in zip((100, 200, 300), charts, strict=True):
        # So the window system takes the pointer away from none of them.
        at, keys = QPointF(x, 120), Qt.KeyboardModifier.NoModifier
        move = QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, keys)
        QApplication.sendEvent(chart._surface, move)
    told = Emissions(charts)
    settle(*charts)
    pointed = charts[0].crosshair()
    assert pointed is not None
    assert [chart.crosshair() for chart in charts] == [pointed] * 3, "all at the same"
    assert told.count == 1
    told.count = 0
    settle(*charts)
    assert told.count == 0
    leave(charts[0])
    settle(*charts)
    assert charts[0].crosshair() == charts[1].crosshair() != pointed, "another one's turn"


@pytest.mark.parametrize("end", ["hide", "delete"])
def test_a_crosshair_goes_with_the_chart_it_is_from(charts: list[ChartWidget], end: str) -> None:
    linked(charts)
    point(charts[0], 300, 120)
    settle(*charts)
    assert charts[1].crosshair() is not None
    if end == "hide":
        charts[0].hide()
    else:
        sip.delete(charts[0])
    settle(*charts[1:])
    assert [chart.crosshair() for chart in charts[1:]] == [None, None]


def test_the_crosshair_need_not_be_linked(charts: list[ChartWidget]) -> None:
    linked(charts, crosshair=False)
    point(charts[0], 300, 120)
    settle(*charts)
    assert charts[1].crosshair() is None


# -- whatever happens ------------------------------------------------------------------------------


class Emissions(QObject):
    """Counts what charts tell."""

    def __init__(self, charts: list[ChartWidget]) -> None:
        super().__init__()
        self.count = 0
        for chart in charts:
            for signal in (
                chart.viewMoved,
                chart.visibleRangeChanged,
                chart.marketChanged,
                chart.timeframeChanged,
                chart.crosshairMoved,
                chart.crosshairLeft,
            ):
                signal.connect(self._note)

    def _note(self) -> None:
        self.count += 1


@pytest.mark.parametrize("seed", range(6))
def test_any_gestures_on_any_charts_end_with_all_agreeing(
    charts: list[ChartWidget], seed: int
) -> None:
    """Nothing is told in a circle, and once nobody does anything nothing moves."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    linked(charts)
    told = Emissions(charts)
    gestures: list[Callable[[ChartWidget], object]] = [
        lambda chart: drag(chart, dice.randint(-400, 400)),
        lambda chart: turn(chart, dice.choice((-3, -1, 1, 2)), x=dice.randint(20, 450)),
        lambda chart: key(chart, dice.choice((Qt.Key.Key_Left, Qt.Key.Key_PageUp))),
        lambda chart: key(chart, dice.choice((Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_0))),
        lambda chart: point(chart, dice.randint(20, 450), dice.randint(20, 250)),
        leave,
        lambda chart: chart.setVisibleRange(
            START + dice.randint(0, 20) * HOUR, START + dice.randint(21, 45) * HOUR
        ),
        lambda chart: chart.resize(dice.randint(520, 900), 420),
        lambda chart: chart.setCrosshair(START + dice.randint(0, 3000) * MINUTE),
        lambda chart: chart.setVisible(not chart.isVisible()),
    ]
    for step in range(25):
        gesture, chart, before = dice.choice(gestures), dice.choice(charts), told.count
        gesture(chart)
        settle(*charts)
        # A gesture of three events may be told three times, by each chart in each way.
        assert told.count - before <= 40, f"step {step}"
        agree(charts)
        counted, views = told.count, [one._chart.view for one in charts]
        settle(*charts)
        assert told.count == counted, "it settles"
        assert [one._chart.view for one in charts] == views
    for chart in charts:
        chart.show()
    settle(*charts)
    agree(charts)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_charts_die_in_any_order(charts: list[ChartWidget], order: tuple[int, ...]) -> None:
    link = linked(charts)
    for index in order:
        point(charts[index], 300, 120)
        settle(*(one for one in charts if not sip.isdeleted(one)))
        sip.delete(charts[index])
        rest = [one for one in charts if not sip.isdeleted(one)]
        assert link.charts() == rest
        for chart in rest:
            drag(chart, 30)
            chart.setMarket("KRW-ETH" if chart.market() == "KRW-BTC" else "KRW-BTC")
            for one in rest:
                one.setCandles(wave(3000))
        settle(*rest)
        if rest:
            agree(rest)


def test_a_link_may_go_before_its_charts(charts: list[ChartWidget]) -> None:
    link = linked(charts)
    sip.delete(link)
    before = shown(charts[1])
    drag(charts[0], 300)
    charts[0].setMarket("KRW-ETH")
    settle(*charts)
    assert shown(charts[1]) == before
    assert charts[1].market() == "KRW-BTC"


def test_a_thousand_charts_come_and_go_without_a_trace(qtbot: QtBot) -> None:
    """By reference count alone: no cycle waits for the collector, and no chart for the link."""
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    host.show()
    stays = ChartWidget(host)
    column.addWidget(stays)
    stays.setMarket("KRW-BTC")
    candles = wave(50)
    stays.setCandles(candles)
    link = ChartLink()
    link.add(stays)
    gone: list[weakref.ref[Any]] = []
    gc.collect()
    gc.disable()
    try:
        for round_ in range(1000):
            chart = ChartWidget(None if round_ % 2 else host)
            if round_ % 3 == 0:
                chart.setLinkGroup("A")
            link.add(chart)
            chart.setCandles(candles)
            chart.showLatest()
            if round_ % 50 == 0:
                column.addWidget(chart)
                settle(chart)
                point(chart, 50, 50)
                settle(chart)
            gone += [weakref.ref(part) for part in (chart, chart._surface, chart._chart)]
            chart.setParent(None)
            chart.deleteLater()
            del chart
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert [ref() for ref in gone if ref() is not None] == []
        assert link.charts() == [stays]
        watched = weakref.ref(link)
        link.remove(stays)
        del link
        assert watched() is None
    finally:
        gc.enable()


# -- groups by name --------------------------------------------------------------------------------


def test_charts_whose_groups_have_the_same_name_are_linked(charts: list[ChartWidget]) -> None:
    told = QSignalSpy(charts[0].linkGroupChanged)
    for chart, name in zip(charts, "AAB", strict=True):
        chart.setProperty("linkGroupName", name)
    assert [chart.linkGroup() for chart in charts] == ["A", "A", "B"]
    assert [list(one) for one in told] == [["A"]]
    charts[0].setMarket("KRW-ETH")
    assert [chart.market() for chart in charts] == ["KRW-ETH", "KRW-ETH", "KRW-BTC"]
    charts[2].setLinkGroup("A")
    assert charts[2].market() == "KRW-ETH"
    charts[1].setLinkGroup("")
    charts[2].setMarket("KRW-XRP")
    assert [chart.market() for chart in charts] == ["KRW-XRP", "KRW-ETH", "KRW-XRP"]
    charts[1].setLinkGroup(7)  # type: ignore[arg-type]
    assert "the name of a group is expected; got 7" in charts[1].errorText()


def test_a_group_is_forgotten_with_its_last_chart(stage: Stage) -> None:
    one = ChartWidget()
    one.setMarket("KRW-ETH")
    one.setLinkGroup("Z")
    sip.delete(one)
    del one
    other = stage.blank()
    other.setLinkGroup("Z")
    assert other.market() == ""


def test_the_group_is_kept(charts: list[ChartWidget], stage: Stage) -> None:
    charts[0].setLinkGroup("blue")
    drag(charts[0], 300)
    saved = charts[0].saveState()
    other = stage.chart(640)
    other.restoreState(saved)
    settle(charts[0], other)
    assert other.linkGroup() == "blue"
    agree([charts[0], other])
    other.restoreState({**saved, "link_group": 5})
    assert "the name of a group is expected; got 5" in other.errorText()
    del saved["link_group"]
    other.restoreState(saved)
    assert other.linkGroup() == "blue", "a state from before says nothing about it"


UI = """<ui version="4.0"><class>Window</class><widget class="QWidget" name="Window">
 <layout class="QHBoxLayout" name="row">{}</layout></widget>
 <customwidgets><customwidget><class>ChartWidget</class><extends>QWidget</extends>
 <header>upbit_ws_qt_widgets.chart</header></customwidget></customwidgets></ui>"""
CHART = """<item><widget class="ChartWidget" name="{}"><property name="linkGroupName" stdset="0">
 <string>A</string></property></widget></item>"""


def test_a_form_links_its_charts(qtbot: QtBot, tmp_path: Any) -> None:
    path = tmp_path / "window.ui"
    path.write_text(UI.format(CHART.format("left") + CHART.format("right")), encoding="utf-8")
    window = uic.loadUi(str(path))
    qtbot.addWidget(window)
    window.left.setMarket("KRW-ETH")
    assert window.right.market() == "KRW-ETH"


# -- live ------------------------------------------------------------------------------------------


def test_a_range_loads_older_pages_until_it_is_covered(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    chart = ChartWidget()
    chart.resize(800, 500)
    chart.show()
    chart.bind(manager)
    chart.setMarket("KRW-BTC")
    feed.until(lambda: chart._feed._has_loaded)
    loaded = chart.barCount()
    first = int(chart._chart.bars.times[0])
    wanted = first - 900 * MINUTE, first - 800 * MINUTE
    chart.setVisibleRange(*wanted)
    feed.until(lambda: shown(chart) == pytest.approx(wanted, abs=2 * MINUTE))
    assert chart.barCount() >= loaded + 900
    sip.delete(chart)


def test_the_users_next_move_ends_the_loading(feed: Feed, manager: GlobalWebSocketManager) -> None:
    chart = ChartWidget()
    chart.resize(800, 500)
    chart.show()
    chart.bind(manager)
    chart.setMarket("KRW-BTC")
    feed.until(lambda: chart._feed._has_loaded)
    loaded = chart.barCount()
    first = int(chart._chart.bars.times[0])
    chart.setVisibleRange(first - 90_000 * MINUTE, first - 89_900 * MINUTE)
    feed.until(lambda: chart.barCount() > loaded)
    key(chart, Qt.Key.Key_End)
    assert chart.isFollowing()
    feed.until(lambda: not chart._feed.is_paging)
    held = chart.barCount()
    settle(chart)
    assert (chart.barCount(), chart._feed.is_paging) == (held, False)
    assert chart.isFollowing()
    sip.delete(chart)


def test_a_range_that_is_still_to_be_loaded_is_shown_by_all(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    charts = [ChartWidget() for _ in range(2)]
    link = ChartLink()
    for chart in charts:
        chart.resize(700, 400)
        chart.show()
        chart.bind(manager)
        link.add(chart)
    charts[0].setMarket("KRW-BTC")
    feed.until(lambda: all(chart._feed._has_loaded for chart in charts))
    first = int(charts[0]._chart.bars.times[0])
    wanted = first - 500 * MINUTE, first - 400 * MINUTE
    charts[0].setVisibleRange(*wanted)
    near = pytest.approx(wanted, abs=2 * MINUTE)
    feed.until(lambda: all(shown(chart) == near for chart in charts))
    for chart in charts:
        sip.delete(chart)


def test_linked_charts_load_what_they_lack(feed: Feed, manager: GlobalWebSocketManager) -> None:
    charts = [ChartWidget() for _ in range(2)]
    link = ChartLink()
    for chart in charts:
        chart.resize(700, 400)
        chart.show()
        chart.bind(manager)
        link.add(chart)
    charts[0].setMarket("KRW-BTC")
    feed.until(lambda: all(chart._feed._has_loaded for chart in charts))
    key(charts[0], Qt.Key.Key_Home)
    feed.until(lambda: charts[0].barCount() > 400 and charts[1].barCount() > 400)
    key(charts[0], Qt.Key.Key_Home)
    feed.until(lambda: not any(chart._feed.is_paging for chart in charts))
    settle(*charts)
    agree(charts)
    charts[1].hide()
    held = charts[1].barCount()
    key(charts[0], Qt.Key.Key_Home)
    feed.until(lambda: charts[0].barCount() > held and not charts[0]._feed.is_paging)
    assert (charts[1].barCount(), charts[1]._feed.is_paging) == (held, False), "nobody sees it"
    charts[1].show()
    near = pytest.approx(shown(charts[0]), abs=2 * MINUTE)
    feed.until(lambda: shown(charts[1]) == near and charts[1].barCount() > held)
    for chart in charts:
        sip.delete(chart)


# -- the menu --------------------------------------------------------------------------------------


def entry(chart: ChartWidget, section: str, text: str) -> QAction:
    menu = chart_section(chart, section)
    (found,) = (one for one in menu.actions() if one.text().split("\t")[0] == text)
    return found


def test_the_menu_links_and_moves(charts: list[ChartWidget]) -> None:
    charts[1].setLinkGroup("C")
    charts[0].setLinkGroup("mine")
    assert entry(charts[0], "link", "Group mine").isChecked()
    entry(charts[0], "link", "Group C").trigger()
    assert charts[0].linkGroup() == "C"
    spacing = charts[1]._chart.view.spacing
    entry(charts[0], "view", "Zoom in").trigger()
    assert charts[1]._chart.view.spacing == pytest.approx(1.25 * spacing)
    entry(charts[0], "view", "Zoom around the newest candle in view").trigger()
    entry(charts[0], "view", "Run on after a flick").trigger()
    assert (charts[0].zoomAnchor(), charts[0].isKineticScrolling()) == ("latest", False)
    charts[0].setLanguage("ko")
    entry(charts[0], "link", "연동 안 함").trigger()
    assert charts[0].linkGroup() == ""
