"""The time axis of ChartWidget: zone, empty intervals, what is missing, the volume profile. Qt."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction, QColor, QImage, QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, candle, rows, trade, wave
from tests.chart_on_screen import surface
from tests.feed import Feed
from upbit_ws_qt import GapEvent, GapState, GlobalWebSocketManager
from upbit_ws_qt.events import CandleEvent
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import chart_menu
from upbit_ws_qt_widgets.models.bars import Bar
from upbit_ws_qt_widgets.models.chart_picture import Picture
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.theme import Theme

Pixels = npt.NDArray[np.uint32]
MARKET = "KRW-BTC"
HOUR = 60 * MINUTE
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def chart(qtbot: QtBot) -> ChartWidget:
    """An empty chart on screen, 900 × 600, light and English, without indicators."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.setAverages(())
    widget.resize(900, 600)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket(MARKET)
    return widget


def picture(chart: ChartWidget) -> Picture:
    """What is on screen, as its painter was told."""
    surface(chart).repaint()
    QApplication.processEvents()
    return ChartResolver().resolve(chart._chart, surface(chart).now())


def pixels(chart: ChartWidget) -> Pixels:
    """What is on screen, as 0xffRRGGBB, by row and column."""
    image = surface(chart).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def share(found: Pixels, colour: QColor) -> float:
    return float((found == colour.rgb()).mean())


def axis(chart: ChartWidget) -> list[str]:
    """The labels of the time axis from the left."""
    labels = sorted(picture(chart).backdrop.time_labels)
    return [label.text for label in labels if label.text]


def point_at(chart: ChartWidget, number: int, y: int = 300) -> None:
    """Move the mouse to a bar."""
    state = chart._chart
    x = (number + 0.5 - state.view.left(state.layout.view_width)) * state.view.spacing
    QTest.mouseMove(surface(chart), QPoint(1, 1))
    QTest.mouseMove(surface(chart), QPoint(round(x), y))


# -- time zone -------------------------------------------------------------------------------------


def test_times_are_korean_until_another_zone_is_chosen(chart: ChartWidget) -> None:
    zones: list[str] = []
    chart.timeZoneChanged.connect(zones.append)
    chart.setCandles(wave(200))
    assert chart.timeZone() == "KST"
    korean = axis(chart)
    assert "12:00" in korean
    point_at(chart, 199)
    cross = picture(chart).front.crosshair
    assert cross is not None
    assert cross.time_text == "2026-01-02 (Fri) 12:19"
    before = pixels(chart)
    chart.setTimeZone("UTC")
    assert "03:00" in axis(chart)
    cross = picture(chart).front.crosshair
    assert cross is not None
    assert cross.time_text == "2026-01-02 (Fri) 03:19"
    assert (pixels(chart) != before).any()
    chart.setTimeZone("UTC")
    assert zones == ["UTC"]


def test_the_line_of_the_exchanges_day_stays_and_its_label_is_of_the_zone(
    chart: ChartWidget,
) -> None:
    chart.setTimeframe("60m")
    chart.setCandles(wave(300, step=HOUR))
    lines: dict[str, list[tuple[int, str]]] = {}
    for zone in ("KST", "UTC"):
        chart.setTimeZone(zone)
        found = picture(chart).backdrop.time_labels
        lines[zone] = sorted((label.x, label.text) for label in found if label.is_day)
    assert [x for x, _ in lines["KST"]] == [x for x, _ in lines["UTC"]]
    assert {text for _, text in lines["KST"]} <= {"09:00", ""}
    assert {text for _, text in lines["UTC"]} <= {"1/10", "1/11", "1/12", "1/13", "1/14"}
    line = QColor(Theme.named("light").line).rgb()
    for x, _ in lines["KST"]:
        assert (pixels(chart)[10:200, x] == line).any()


@pytest.mark.parametrize("unit", ["1d", "1w", "1M"])
def test_days_and_longer_keep_the_exchanges_date(chart: ChartWidget, unit: str) -> None:
    chart.setTimeframe(unit)
    chart.setCandles([candle(index, unit=unit) for index in range(3)])
    point_at(chart, 1)
    texts = set()
    for zone in ("KST", "UTC"):
        chart.setTimeZone(zone)
        cross = picture(chart).front.crosshair
        assert cross is not None
        texts.add((cross.time_text, *axis(chart)))
    assert len(texts) == 1


def test_an_unknown_zone_changes_nothing_and_is_told(chart: ChartWidget) -> None:
    errors: list[str] = []
    chart.errorOccurred.connect(errors.append)
    chart.setTimeZone("PST")
    assert chart.timeZone() == "KST"
    assert "KST, UTC" in errors[0]


# -- choosing --------------------------------------------------------------------------------------


def chosen(chart: ChartWidget) -> tuple[str, bool, bool]:
    return chart.timeZone(), chart.isEmptyBarsShown(), chart.isVolumeProfileShown()


@pytest.mark.parametrize(
    ("key", "hangul", "after"),
    [
        (Qt.Key.Key_Z, "ㅋ", ("UTC", False, False)),
        (Qt.Key.Key_E, "ㄷ", ("KST", True, False)),
        (Qt.Key.Key_V, "ㅍ", ("KST", False, True)),
    ],
)
def test_keys_choose_under_any_keyboard(
    chart: ChartWidget, key: Qt.Key, hangul: str, after: tuple[str, bool, bool]
) -> None:
    chart.setCandles(wave(50))
    surface(chart).setFocus()
    QTest.keyClick(surface(chart), key, ALT)
    assert chosen(chart) == after
    QTest.keyClick(surface(chart), key, ALT)
    assert chosen(chart) == ("KST", False, False)
    written = QKeyEvent(QKeyEvent.Type.KeyPress, 0, ALT, hangul)
    QApplication.sendEvent(surface(chart), written)
    assert chosen(chart) == after
    QTest.keyClick(surface(chart), Qt.Key.Key_K, ALT)
    QTest.keyClick(surface(chart), key)
    assert chosen(chart) == after


def entries(chart: ChartWidget, language: str) -> dict[str, QAction]:
    chart.setLanguage(language)
    menus = [action.menu() for action in chart_menu(chart).actions()]
    title = {"en": "Time axis", "ko": "시간축"}[language]
    (section,) = [each for each in menus if each is not None and each.title() == title]
    assert isinstance(section, QMenu)
    return {action.text().split("\t")[0]: action for action in section.actions()}


def test_the_menu_chooses_the_same_in_both_languages(chart: ChartWidget) -> None:
    chart.setCandles(wave(50))
    english = entries(chart, "en")
    assert [*english] == [
        "Korean time (KST)",
        "Coordinated Universal Time (UTC)",
        "",
        "Bars for intervals without a trade",
        "Volume profile",
    ]
    assert english["Korean time (KST)"].isChecked()
    english["Coordinated Universal Time (UTC)"].trigger()
    english["Bars for intervals without a trade"].trigger()
    english["Volume profile"].trigger()
    assert chosen(chart) == ("UTC", True, True)
    korean = entries(chart, "ko")
    assert korean["협정 세계시 (UTC)"].isChecked()
    korean["한국 시간 (KST)"].trigger()
    korean["거래 없는 구간도 봉으로 표시"].trigger()
    korean["매물대"].trigger()
    assert chosen(chart) == ("KST", False, False)


def test_choices_are_kept_and_older_states_say_nothing_of_them(chart: ChartWidget) -> None:
    chart.setTimeZone("UTC")
    chart.setEmptyBarsShown(True)
    chart.setVolumeProfileShown(True)
    state = chart.saveState()
    chart.setTimeZone("KST")
    chart.setEmptyBarsShown(False)
    chart.setVolumeProfileShown(False)
    chart.restoreState(state)
    assert chosen(chart) == ("UTC", True, True)
    older = {
        key: value
        for key, value in state.items()
        if key not in ("time_zone", "empty_bars", "volume_profile")
    }
    chart.restoreState(older)
    assert chosen(chart) == ("UTC", True, True)
    for wrong in ({"time_zone": "JST"}, {"empty_bars": 1}, {"volume_profile": None}):
        chart.restoreState({**older, **wrong})
        assert chart.errorText()
        assert chosen(chart) == ("UTC", True, True)


def test_properties_serve_qt_designer(chart: ChartWidget) -> None:
    for name, value in (
        ("timeZoneName", "UTC"),
        ("emptyBarsShown", True),
        ("volumeProfileShown", True),
    ):
        assert chart.setProperty(name, value)
        assert chart.property(name) == value
    assert chosen(chart) == ("UTC", True, True)


# -- intervals without a trade ---------------------------------------------------------------------


def test_empty_intervals_have_quiet_flat_bars_where_wished(chart: ChartWidget) -> None:
    chart.setVolumeVisible(False)
    chart.setCandles(rows(range(0, 300, 3)))
    quiet = Theme.named("light").volume_even
    assert share(pixels(chart), quiet) == 0
    shown: list[bool] = []
    chart.emptyBarsShownChanged.connect(shown.append)
    chart.setEmptyBarsShown(True)
    assert chart.barCount() == 298
    assert share(pixels(chart), quiet) > 0
    point_at(chart, 295)
    legend = picture(chart).front.legend[0]
    assert legend[-1].label == "No trade"
    chart.setLanguage("ko")
    assert picture(chart).front.legend[0][-1].label == "거래 없음"
    chart.setEmptyBarsShown(False)
    assert chart.barCount() == 100
    assert share(pixels(chart), quiet) == 0
    assert shown == [True, False]


def test_averages_count_empty_intervals_as_bars(chart: ChartWidget) -> None:
    chart.setAverages((2,))
    chart.setCandles([candle(0, 100.0), candle(2, 200.0)])
    point_at(chart, 1)
    assert picture(chart).front.legend[1][0].value == "150"
    chart.setEmptyBarsShown(True)
    point_at(chart, 1)
    assert picture(chart).front.legend[1][0].value == "100"


def test_a_trade_after_a_pause_fills_it_and_a_late_candle_replaces(chart: ChartWidget) -> None:
    chart.setCandles([candle(0, 100.0)])
    chart.setEmptyBarsShown(True)
    chart.applyTrade(trade(START + 4 * MINUTE, 110.0, number=1))
    closes = chart._chart.bars.figures[3].tolist()
    assert closes == [100.0, 100.0, 100.0, 100.0, 110.0]
    chart.upsertCandle(candle(2, 105.0))
    assert chart._chart.bars.figures[3].tolist() == [100.0, 100.0, 105.0, 105.0, 110.0]
    assert not chart.errorText()


def test_of_a_long_pause_the_rest_is_left_out_and_that_is_said(chart: ChartWidget) -> None:
    chart.setCandles(rows([0, 1, 5000, 5001]))
    chart.setEmptyBarsShown(True)
    assert chart.barCount() == 4 + 1024
    made = picture(chart)
    assert len(made.backdrop.pauses) == 1
    assert made.front.notice == "Long pauses: their first 1,024 bars are shown"
    column = pixels(chart)[: made.backdrop.layout.plot_bottom, made.backdrop.pauses[0]]
    assert (column == Theme.named("light").sub_text.rgb()).sum() > 50
    chart.setLanguage("ko")
    assert picture(chart).front.notice == "긴 무거래 구간은 처음 1,024개 봉만 표시됩니다"


def test_the_view_holds_still_while_bars_come_and_go(chart: ChartWidget) -> None:
    chart.setCandles(rows(range(0, 1200, 2)))
    picture(chart)
    QTest.keyClick(surface(chart), Qt.Key.Key_PageUp)
    labels = axis(chart)
    QTest.keyClick(surface(chart), Qt.Key.Key_E, ALT)
    assert axis(chart) != labels, "half as much time fits"
    assert axis(chart)[-1] == labels[-1]
    QTest.keyClick(surface(chart), Qt.Key.Key_E, ALT)
    assert axis(chart) == labels


# -- volume profile --------------------------------------------------------------------------------


def test_the_volume_profile_is_under_the_bars_at_the_right(chart: ChartWidget) -> None:
    chart.setCandles(wave(400))
    theme = Theme.named("light")
    assert share(pixels(chart), theme.bid_bar) == 0
    chart.setVolumeProfileShown(True)
    found = pixels(chart)
    layout = picture(chart).backdrop.layout
    quarter = layout.plot_width * 3 // 4
    for colour in (theme.bid_bar, theme.ask_bar):
        assert share(found[: layout.price_bottom, quarter : layout.plot_width], colour) > 0.05
        assert share(found[:, : quarter - 1], colour) < 1e-4
        assert share(found[layout.price_bottom :], colour) == 0
    profile = picture(chart).backdrop.profile
    assert profile is not None
    assert profile.text.startswith("Most traded ")
    assert (found[profile.y] == theme.accent.rgb()).sum() > 50
    chart.setVolumeProfileShown(False)
    assert share(pixels(chart), theme.bid_bar) == 0


def test_a_tick_and_the_pointer_do_not_work_the_profile_out_again(chart: ChartWidget) -> None:
    chart.setCandles(wave(400))
    chart.setVolumeProfileShown(True)
    resolver = surface(chart)._resolver
    before = resolver.resolve(chart._chart, 0.0).backdrop
    chart.applyTrade(trade(START + 399 * MINUTE + 1, 100_000.0, number=1))
    point_at(chart, 390)
    assert resolver.resolve(chart._chart, 0.0).backdrop.profile is before.profile
    QTest.keyClick(surface(chart), Qt.Key.Key_Left)
    assert resolver.resolve(chart._chart, 0.0).backdrop.profile is not before.profile


# -- live ------------------------------------------------------------------------------------------


def open_chart(
    chart: ChartWidget, feed: Feed, manager: GlobalWebSocketManager, unit: str = "1m"
) -> None:
    """Bind and wait until the newest candles are there and the streams run."""
    chart.setTimeframe(unit)
    chart.bind(manager)
    feed.until(lambda: chart._feed._has_loaded)
    for subscription in chart._feed._subscriptions:
        feed(subscription)
    feed.until(lambda: chart.stateText() == "")


@pytest.fixture
def live(feed: Feed, manager: GlobalWebSocketManager, chart: ChartWidget) -> ChartWidget:
    """The chart with live minutes."""
    open_chart(chart, feed, manager)
    return chart


def real_bars(chart: ChartWidget) -> list[Bar]:
    bars = chart._chart.series.bars
    return [bars.bar(number) for number in range(bars.first, bars.end)]


def truth(feed: Feed, chart: ChartWidget, count: int) -> list[CandleEvent]:
    """The exchange's own candles, asked for now."""
    proxy = chart.proxy()
    assert proxy is not None
    return list(feed(proxy.get_candle_snapshot(chart.market(), chart.timeframe(), count)))


def agrees(bar: Bar, event: CandleEvent) -> bool:
    figures = (event.open_price, event.high_price, event.low_price, event.close_price)
    return bar[:6] == pytest.approx((event.start_ms, *figures, event.volume))


def test_seconds_that_end_without_a_trade_get_a_bar_by_the_exchanges_clock(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
) -> None:
    open_chart(chart, feed, manager, "1s")
    chart.setEmptyBarsShown(True)
    feed(exchange.advance(5_000))

    def newest_real() -> int:
        return int(chart._chart.series.bars.times[-1])

    # From now on nobody trades; what was traded may still be on its way.
    feed.until(lambda: int(chart._chart.bars.times[-1]) >= newest_real() + 2_000)
    newest, bars = newest_real(), chart._chart.bars
    assert bars.bar(bars.end - 1).volume == 0
    assert bars.bar(bars.end - 1).close == chart._chart.series.bars.figures[3, -1]
    assert chart.isFollowing()
    assert bars.end - 1 < chart._chart.view.right
    feed(exchange.advance(20_000))
    expected = truth(feed, chart, 5)
    feed.until(lambda: agrees(real_bars(chart)[-1], expected[-1]))
    assert all(map(agrees, real_bars(chart)[-5:], expected))
    bars = chart._chart.bars
    steps = np.diff(bars.times[bars.times >= newest])
    assert set(steps.tolist()) == {1_000}


def test_what_happens_without_a_connection_is_not_known_to_be_nothing(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
    qtbot: QtBot,
) -> None:
    open_chart(chart, feed, manager, "1s")
    chart.setEmptyBarsShown(True)
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: chart.stateText() != "")
    before = len(chart._chart.bars)
    for _ in range(2):
        with qtbot.waitSignal(chart._passing.timeout):
            pass
    assert len(chart._chart.bars) == before
    chart.hide()
    assert not chart._passing.isActive()


# -- holes -----------------------------------------------------------------------------------------


def lose_time(feed: Feed, exchange: SimulatedExchange, chart: ChartWidget, ms: int) -> None:
    """The connection is gone while the market goes on."""
    exchange.faults.drop()
    feed.until(lambda: chart.stateText() != "")
    feed(exchange.advance(ms))


def test_what_may_be_missing_is_shaded_until_it_is_there(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    feed(exchange.advance(MINUTE))
    seen: list[tuple[GapState, int, str]] = []

    def look(gap: GapEvent) -> None:
        if gap.stream.type == "candle.1m":
            made = picture(live)
            seen.append((gap.state, len(made.backdrop.shades), made.front.notice))

    proxy = live.proxy()
    assert proxy is not None
    proxy.gap_detected.connect(look)
    lose_time(feed, exchange, live, 3 * MINUTE)
    feed.until(lambda: seen and seen[-1][0] is GapState.FILLED)
    assert [state for state, *_ in seen] == [GapState.FOUND, GapState.FILLED]
    assert seen[0][1] == 1
    assert "may lack something" in seen[0][2]
    feed.until(lambda: live._chart.holes.shown == ())
    made = picture(live)
    assert (made.backdrop.shades, made.front.notice) == ((), "")
    expected = truth(feed, live, 5)
    feed.until(lambda: all(map(agrees, real_bars(live)[-5:], expected)))


@pytest.mark.allow_logs("a hole that stays is logged")
def test_what_cannot_be_had_stays_shaded_with_its_time_until_it_can(
    feed: Feed,
    exchange: SimulatedExchange,
    live: ChartWidget,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upbit_ws_qt.gaps.HOLD_S", 0.3)
    feed(exchange.advance(MINUTE))
    exchange.faults.refuse(503, of="rest")
    lose_time(feed, exchange, live, 2 * MINUTE)
    holes = live._chart.holes
    feed.until(lambda: any(hole.is_lost for hole in holes.shown))
    made = picture(live)
    assert made.backdrop.shades
    shade = made.backdrop.shades[0]
    panel = Theme.named("light").panel
    inside = pixels(live)[:, shade.x : shade.x + shade.width]
    assert share(inside, panel) > 0.3
    point_at(live, live._chart.bars.end - 2)
    lost = [item for item in picture(live).front.legend[0] if item.role == "warning"]
    assert len(lost) == 1
    assert "not known" in lost[0].value
    assert lost[0].value.endswith(" · trying again")
    live.setLanguage("ko")
    (item,) = [item for item in picture(live).front.legend[0] if item.role == "warning"]
    assert "시세를 받지 못함 · 다시" in item.value
    exchange.faults.clear("refuse")
    feed.until(lambda: holes.shown == ())
    expected = truth(feed, live, 5)
    feed.until(lambda: all(map(agrees, real_bars(live)[-5:], expected)))
    assert share(pixels(live), panel) < 0.01


@pytest.mark.allow_logs("a connection is lost, and calls are refused")
def test_a_unit_that_no_stream_carries_lacks_what_its_candles_do_not_have(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upbit_ws_qt.gaps.HOLD_S", 0.3)
    open_chart(chart, feed, manager, "1d")
    feed(exchange.advance(MINUTE))
    exchange.faults.refuse(503, of="rest")
    lose_time(feed, exchange, chart, 2 * MINUTE)
    feed.until(lambda: chart._feed.is_retrying and chart._chart.holes.is_open("reload"))
    assert picture(chart).backdrop.shades
    exchange.faults.clear("refuse")
    feed.until(lambda: chart._chart.holes.shown == ())
    assert picture(chart).backdrop.shades == ()


class _Stream:
    def __init__(self, kind: str, market: str) -> None:
        self.type, self.code = kind, market


def gap(kind: str, market: str, state: GapState = GapState.FOUND) -> GapEvent:
    stream = _Stream(kind, market)
    return GapEvent(stream=stream, state=state, since_ms=START, until_ms=START + 5000)


def test_holes_of_others_are_none_of_this_chart(chart: ChartWidget) -> None:
    for kind, market in (("trade", MARKET), ("candle.5m", MARKET), ("candle.1m", "KRW-ETH")):
        chart.noteGap(gap(kind, market))
        assert chart._chart.holes.shown == ()
    chart.noteGap(gap("candle.1m", MARKET))
    assert len(chart._chart.holes.shown) == 1
    chart.setTimeframe("5m")
    assert chart._chart.holes.shown == ()


def test_what_the_core_has_filled_is_no_hole_any_more(chart: ChartWidget) -> None:
    chart.noteGap(gap("candle.1m", MARKET))
    chart.noteGap(gap("trade", MARKET, GapState.FILLED))
    assert chart._chart.holes.shown != ()
    chart.noteGap(gap("candle.1m", MARKET, GapState.FILLED))
    assert chart._chart.holes.shown == ()


# -- age -------------------------------------------------------------------------------------------


def test_data_that_do_not_come_any_more_have_an_age(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    open_chart(chart, feed, manager, "1s")
    feed(exchange.advance(MINUTE))
    feed.until(lambda: chart._chart.newest_ms is not None)
    assert picture(chart).front.badge == ""
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: chart._chart.badge != "")
    assert picture(chart).front.badge.startswith(f"{chart.stateText()} · ")
    assert picture(chart).front.badge.endswith("s old")

    def has_no_countdown() -> bool:
        price = ChartResolver().resolve(chart._chart, surface(chart).now()).front.price
        return price is not None and not price.countdown

    feed.until(has_no_countdown)
    told = picture(chart).front.badge
    # Nothing else asks for another painting now.
    assert surface(chart)._second.isActive()
    feed.until(lambda: picture(chart).front.badge != told)
    chart.setLanguage("ko")
    assert picture(chart).front.badge.endswith("초 전")


# -- the turn of days, weeks, months and years -----------------------------------------------------

NEW_YEAR = 1_798_761_600_000
"""2027-01-01 00:00 UTC, 09:00 in Korea; a Friday."""
MONDAY = NEW_YEAR + 3 * 86_400_000


@pytest.mark.parametrize(
    ("unit", "turn"),
    [
        pytest.param(unit, turn, marks=pytest.mark.upbit_exchange(start_time_ms=turn - 2 * MINUTE))
        for unit, turn in (
            ("1d", NEW_YEAR),
            ("1w", MONDAY),
            ("1M", NEW_YEAR),
            ("1y", NEW_YEAR),
        )
    ],
)
def test_at_nine_in_korea_a_new_bar_begins_from_trades_alone(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, unit: str, turn: int
) -> None:
    live.setTimeframe(unit)
    feed.until(lambda: live._feed._has_loaded and not live.isLoading())
    feed(live._feed._subscriptions[0])
    feed(exchange.advance(MINUTE))
    expected = truth(feed, live, 1)[-1]
    feed.until(lambda: agrees(real_bars(live)[-1], expected))
    assert expected.start_ms < turn
    before = len(real_bars(live))
    feed(exchange.advance(3 * MINUTE))
    expected, newest = truth(feed, live, 2)
    assert newest.start_ms == turn == Timeframe.parse(unit).start_of(exchange.now_ms)
    feed.until(lambda: agrees(real_bars(live)[-1], newest))
    assert agrees(real_bars(live)[-2], expected)
    assert len(real_bars(live)) == before + 1
