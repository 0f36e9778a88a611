"""A second market over ChartWidget: chosen by hand, live from a simulated exchange. Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QImage, QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot

from tests.chart_bars import candle, wave
from tests.feed import Feed
from upbit_ws_qt import FeedSettings, GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart import chart_menu
from upbit_ws_qt_widgets.models.bars import Bars
from upbit_ws_qt_widgets.models.chart_picture import LegendItem, Picture
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.theme import Theme

BTC, ETH, XRP = "KRW-BTC", "KRW-ETH", "KRW-XRP"
ALT = Qt.KeyboardModifier.AltModifier


def made(language: str = "en") -> ChartWidget:
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage(language)
    widget.resize(800, 500)
    widget.setAverages(())
    widget.show()
    return widget


@pytest.fixture
def full(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart of 500 bars of KRW-BTC on screen, without a network."""
    widget = made()
    qtbot.addWidget(widget)
    qtbot.waitExposed(widget)
    widget.setMarket(BTC)
    widget.setCandles(wave(500))
    return widget


def picture(chart: ChartWidget) -> Picture:
    """What is on screen, as its painter was told."""
    chart._surface.repaint()
    return ChartResolver().resolve(chart._chart, 0.0)


def legend(chart: ChartWidget) -> list[LegendItem]:
    """What the legend says of the second market."""
    rows = picture(chart).front.legend
    return [item for item in rows[1] if item.role in ("comparison", "warning")] if rows else []


def count(chart: ChartWidget, colour: QColor) -> int:
    """How many pixels left of the axis have this colour, but for the legend."""
    image = chart._surface.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    found = np.frombuffer(bits, np.uint32).reshape(image.height(), -1)
    near = np.abs(
        found[70:, : chart._chart.layout.plot_width, None].view(np.uint8).astype(int)[..., :3]
        - [colour.blue(), colour.green(), colour.red()]
    )
    return int((near.max(axis=2) < 60).sum())


# -- by hand ---------------------------------------------------------------------------------------


def test_a_second_market_is_a_line_a_tag_and_a_legend_on_an_axis_in_per_cent(
    full: ChartWidget, qtbot: QtBot
) -> None:
    colour = Theme.named("light").comparison
    before = count(full, colour)
    with qtbot.waitSignals([full.comparisonChanged, full.priceScaleChanged]):
        full.setComparison(ETH)
    assert (full.comparison(), full.priceScale()) == (ETH, "percent")
    assert [item.value for item in legend(full)] == ["–"]
    assert count(full, colour) == before, "there is nothing of it yet"
    full.setComparisonCandles(wave(500, price=5_000_000.0))
    full.setComparisonCandles(wave(500, price=5_000_000.0)[::5])
    assert count(full, colour) > before + 300
    (item,) = legend(full)
    close = wave(500, price=5_000_000.0)["close"][495]
    assert item.value.startswith(f"{close:,.0f}  ")
    tag = picture(full).front.compared
    assert tag is not None
    assert item.value.endswith(tag.text)
    full.setComparison("")
    assert (full.comparison(), full.priceScale()) == ("", "linear")
    assert count(full, colour) == before
    assert legend(full) == []
    assert full.errorText() == ""


def test_the_axis_goes_back_to_what_it_was_unless_another_was_chosen(full: ChartWidget) -> None:
    full.setPriceScale("log")
    full.setComparison(ETH)
    full.setComparison(XRP)
    assert full.priceScale() == "percent"
    full.setComparison("")
    assert full.priceScale() == "log"
    full.setComparison(ETH)
    full.setPriceScale("linear")
    full.setComparison("")
    assert full.priceScale() == "linear"


def test_candles_choose_their_market_and_wrong_ones_change_nothing(full: ChartWidget) -> None:
    errors: list[str] = []
    full.errorOccurred.connect(errors.append)
    full.setComparisonCandles(wave(10))
    assert "call setComparison first" in errors[-1]
    full.setComparisonCandles([candle(0, market=ETH), candle(1, market=ETH)])
    assert full.comparison() == ETH
    full.setComparisonCandles([candle(0, market=XRP)])
    assert f"call setComparison('{XRP}') first" in errors[-1]
    full.setComparisonCandles([candle(0, market=ETH, unit="5m")])
    assert "one unit" in errors[-1]
    full.setComparison("krw-eth")
    assert "did you mean 'KRW-ETH'" in errors[-1]
    assert full.comparison() == ETH
    assert full._chart.comparison is not None
    assert len(full._chart.comparison.bars) == 2


def test_the_state_keeps_the_market_and_the_axis_to_go_back_to(full: ChartWidget) -> None:
    full.setPriceScale("log")
    full.setComparison(ETH)
    state = full.saveState()
    full.setComparison("")
    full.setPriceScale("linear")
    full.restoreState(state)
    assert (full.comparison(), full.priceScale()) == (ETH, "percent")
    full.setComparison("")
    assert full.priceScale() == "log"
    full.restoreState(state)
    full.setPriceScale("linear")
    on_linear = full.saveState()
    full.restoreState(state)
    full.restoreState(on_linear)
    assert (full.comparison(), full.priceScale()) == (ETH, "linear")
    full.restoreState({key: value for key, value in state.items() if key != "comparison"})
    assert full.comparison() == ETH, "a state from before does not speak of it"
    full.restoreState({**state, "comparison": None, "price_scale": "log"})
    assert (full.comparison(), full.priceScale()) == ("", "log")
    assert full.errorText() == ""
    for wrong in ("KRW-ETH", {"market": "nothing", "scale_before": "log"}, {"market": ETH}):
        full.restoreState({**state, "comparison": wrong})
        assert full.errorText() != ""
        assert full.comparison() == ""


@pytest.mark.parametrize(("code", "written"), [(Qt.Key.Key_C, "c"), (0, "ㅊ"), (ord("ㅊ"), "ㅊ")])
def test_a_key_asks_for_a_market_under_any_keyboard(
    full: ChartWidget, code: int, written: str
) -> None:
    full._surface.setFocus()
    press = QKeyEvent(QKeyEvent.Type.KeyPress, int(code), ALT, written)
    QApplication.sendEvent(full._surface, press)
    (dialog,) = full.findChildren(QInputDialog)
    (edit,) = dialog.findChildren(QLineEdit)
    edit.clear()
    QTest.keyClicks(edit, "krw-eth  Ethereum")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert full.comparison() == ETH
    QApplication.sendEvent(full._surface, press)
    dialog = full.findChildren(QInputDialog)[-1]
    (edit,) = dialog.findChildren(QLineEdit)
    assert edit.text() == ETH
    edit.clear()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert full.comparison() == "", "empty is for none"


def test_the_dialog_offers_markets_by_their_names_in_the_language_of_the_chart(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, manager: GlobalWebSocketManager
) -> None:
    feed.until(lambda: len(manager.markets) > 0)
    live.setLanguage("ko")
    live.askComparison()
    (dialog,) = live.findChildren(QInputDialog)
    assert (dialog.okButtonText(), dialog.cancelButtonText()) == ("비교", "취소")
    (edit,) = dialog.findChildren(QLineEdit)
    completer = edit.completer()
    assert completer is not None
    completer.setCompletionPrefix("이더리움")
    offered = completer.currentCompletion()
    assert offered.endswith("이더리움")
    dialog.setTextValue(offered)
    dialog.accept()
    assert live.comparison() == offered.split()[0]


@pytest.mark.parametrize(("language", "title"), [("en", "Price axis"), ("ko", "가격축")])
def test_the_menu_asks_for_a_market_and_takes_it_away(
    full: ChartWidget, language: str, title: str
) -> None:
    full.setLanguage(language)
    for code in (ETH, ""):
        sections = [action.menu() for action in chart_menu(full).actions()]
        (section,) = [each for each in sections if each is not None and each.title() == title]
        last = section.actions()[-1]
        last.trigger()
        if code:
            (dialog,) = full.findChildren(QInputDialog)
            assert dialog.windowTitle() == full.text("chart.compare")
            dialog.setTextValue(code)
            dialog.accept()
        assert full.comparison() == code


# -- live ------------------------------------------------------------------------------------------


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """The list of markets is read often, and an answer that does not come is given up soon."""
    return replace(
        upbit_exchange.settings(),
        grace_period_s=0.05,
        market_interval_s=0.2,
        request_timeout_s=0.5,
    )


@pytest.fixture
def live(feed: Feed, manager: GlobalWebSocketManager) -> Iterator[ChartWidget]:
    """A chart of KRW-BTC on live data, whose errors fail the test."""
    widget = made()
    widget.setMarket(BTC)
    widget.bind(manager)
    feed.until(lambda: widget.barCount() >= 400)
    feed.until(lambda: widget.stateText() == "")
    yield widget
    sip.delete(widget)


def own(chart: ChartWidget) -> Bars:
    assert chart._chart.comparison is not None
    return chart._chart.comparison.bars


def is_true(chart: ChartWidget, feed: Feed, unit: str = "1m", count: int = 20) -> bool:
    """Whether the last bars of the second market are the exchange's own."""
    proxy = chart.proxy()
    assert proxy is not None
    truth = feed(proxy.get_candle_snapshot(chart.comparison(), unit, count))
    bars = own(chart)
    return all(
        (number := bars.find(event.start_ms)) is not None
        and bars.bar(number)[1:6]
        == pytest.approx(
            (
                event.open_price,
                event.high_price,
                event.low_price,
                event.close_price,
                event.volume,
            )
        )
        for event in truth
    )


@pytest.mark.parametrize("unit", ["1m", "1d"])
def test_it_is_loaded_and_kept_current_in_the_unit_of_the_chart(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, unit: str
) -> None:
    live.setComparison(ETH)
    assert [item.value for item in legend(live)] == ["", "Loading…"]
    live.setTimeframe(unit)
    feed.until(lambda: len(own(live)) >= 200)
    feed.until(lambda: not live.isLoading())
    assert len(legend(live)) == 1
    before = own(live).bar(own(live).end - 1)
    feed(exchange.advance(130_000))
    feed.until(lambda: own(live).bar(own(live).end - 1) != before)
    feed.until(lambda: is_true(live, feed, unit, 5))
    assert live.errorText() == ""


def test_a_market_of_another_currency_tells_the_premium(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    proxy = live.proxy()
    assert proxy is not None
    other = next(each.code for each in proxy.markets if not each.code.startswith("KRW"))
    live.setComparison(other)
    feed.until(lambda: len(own(live)) > 0 and len(legend(live)) == 1)
    (item,) = legend(live)
    assert item.label == other
    assert item.value.endswith("%")


def test_scrolling_left_pages_both_markets(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) >= 400)
    first = int(own(live).times[0])
    for _ in range(2):
        QTest.keyClick(live._surface, Qt.Key.Key_Home)
        feed.until(lambda: not live._feed.is_paging)
    feed.until(lambda: int(own(live).times[0]) < first)
    QTest.keyClick(live._surface, Qt.Key.Key_Home)
    feed.until(lambda: live._chart.older_wanted_of_comparison() is None)
    assert live.errorText() == ""


@pytest.mark.allow_logs("calls are refused")
def test_a_second_market_that_cannot_be_loaded_is_no_error_of_the_chart(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    errors: list[str] = []
    live.errorOccurred.connect(errors.append)
    exchange.faults.refuse(400, "rest")
    live.setComparison(ETH)
    feed.until(lambda: [item.value[:10] for item in legend(live)][1:] == ["Not loaded"])
    live.setLanguage("ko")
    assert legend(live)[1].value.startswith("불러오지 못함")
    assert legend(live)[1].role == "warning"
    assert (errors, live.errorText(), live.stateText()) == ([], "", "")
    exchange.faults.clear()
    QTest.mouseClick(live._surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    feed.until(lambda: len(legend(live)) == 1 and len(own(live)) > 0)


def test_one_that_is_not_listed_is_told_in_the_legend(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, manager: GlobalWebSocketManager
) -> None:
    feed.until(lambda: len(manager.markets) > 0)
    live.setComparison("KRW-BTX")
    assert live.comparison() == "KRW-BTX"
    assert legend(live)[1].value.startswith("Not loaded: ")
    assert (live.errorText(), live.stateText()) == ("", "")
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) > 0 and len(legend(live)) == 1)


@pytest.mark.allow_logs("what was missed of a market that is gone cannot be asked for")
def test_a_halt_and_a_delisting_are_told_in_the_legend(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    live.setComparison(XRP)
    feed.until(lambda: len(own(live)) > 0)
    exchange.faults.halt_market(XRP)
    feed(exchange.advance(1_000))
    feed.until(lambda: [item.value for item in legend(live)][1:] == ["Trading halted"])
    exchange.faults.clear()
    exchange.faults.delist_market(XRP)
    feed(exchange.advance(1_000))
    feed.until(lambda: [item.value for item in legend(live)][1:] == ["Delisted"])
    assert legend(live)[0].value.endswith("%"), "what was known stays"
    assert (live.errorText(), live.stateText()) == ("", "")


def test_one_that_is_chosen_while_the_user_looks_at_the_past_is_loaded_as_far(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    for count in (600, 800, 1000):
        QTest.keyClick(live._surface, Qt.Key.Key_Home)
        feed.until(lambda count=count: live.barCount() >= count)
    QTest.keyClick(live._surface, Qt.Key.Key_Home)
    feed.until(lambda: not live._feed.is_paging)
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) > 0)
    feed.until(lambda: live._chart.older_wanted_of_comparison() is None)
    assert len(own(live)) >= 1000


def asked_for(chart: ChartWidget) -> list[str]:
    """What is asked for of the second market from now on, empty when it is there."""
    asked: list[str] = []
    source = chart._compared_feed
    source.changed.connect(lambda: asked.append(source._on_way))
    return asked


@pytest.mark.parametrize("unit", ["1m", "1d"])
def test_while_the_connection_is_away_it_is_stale_and_then_nothing_is_missing(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, unit: str
) -> None:
    live.setTimeframe(unit)
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) >= 200 and len(legend(live)) == 1)
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: len(legend(live)) == 2)
    assert legend(live)[1].value in ("Connecting…", "Reconnecting…")
    feed(exchange.advance(10 * 60_000))
    asked = asked_for(live)
    exchange.faults.clear("refuse")
    feed.until(lambda: len(legend(live)) == 1)
    feed.until(lambda: asked == ["missed", ""])
    feed.until(lambda: is_true(live, feed, unit))


def test_another_market_of_the_chart_keeps_it_and_unbinding_ends_its_streams(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, manager: GlobalWebSocketManager
) -> None:
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) >= 400)
    bars = own(live)
    live.setMarket(XRP)
    assert own(live) is bars
    assert not live._compared_feed.is_loading
    feed.until(lambda: live.barCount() >= 400)
    live.setComparison("")
    feed.until(lambda: {stream.code for stream in manager.wire_subscription()} == {XRP})
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) >= 400)
    live.unbind()
    feed.until(lambda: not manager.wire_subscription())
    assert len(own(live)) >= 400, "what is on screen stays"
    live.bind(manager)
    assert legend(live) == [], "both are waited for"
    live.unbind()
    assert live._chart.comparison is not None
    assert live._chart.comparison.note == "", "nothing is on its way any more"
    live.bind(manager)
    feed.until(lambda: {stream.code for stream in manager.wire_subscription()} == {XRP, ETH})


def test_what_a_lost_connection_cost_while_nobody_looked_is_asked_for_when_somebody_does(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget, manager: GlobalWebSocketManager
) -> None:
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) >= 400 and len(legend(live)) == 1)
    live.hide()
    asked = asked_for(live)
    exchange.faults.drop()
    feed.until(lambda: live._compared_epoch == 2)
    assert asked == []
    live.show()
    feed.until(lambda: asked == ["missed", ""])
    live.hide()
    live.show()
    feed.until(lambda: is_true(live, feed))
    assert asked == ["missed", ""], "once"


def test_what_could_not_wait_while_nobody_looked_is_asked_for_when_somebody_does(
    feed: Feed, exchange: SimulatedExchange, live: ChartWidget
) -> None:
    live.setTimeframe("1d")
    live.setComparison(ETH)
    feed.until(lambda: len(own(live)) >= 200 and len(legend(live)) == 1)
    live.hide()
    for _ in range(60):
        feed(exchange.advance(20_000))
        feed.turns()
    assert live._compared_feed._subscriptions[-1].statistics().dropped > 0
    asked = asked_for(live)
    live.show()
    feed.until(lambda: asked == ["missed", ""])
    feed.until(lambda: is_true(live, feed, "1d", 5))


def test_it_is_gone_with_its_widget(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    for _ in range(6):
        chart: Any = made()
        chart.setMarket(BTC)
        chart.setComparison(ETH)
        chart.bind(manager)
        sip.delete(chart)
    feed.until(lambda: not manager.wire_subscription())
