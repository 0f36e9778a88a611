"""The viewer's window on a simulated exchange, driven as a user would. Tests only."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QPointF, QSettings, Qt
from PyQt6.QtGui import QFontDatabase, QGuiApplication, QPalette, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from tests.app.conftest import MakeWindow
from tests.feed import Feed
from tests.unit.test_playback import book, trade
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.replay.recording import parse_recording
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_app import appearance
from upbit_ws_qt_app.settings import ViewerSettings
from upbit_ws_qt_app.sources import DemoSource, LiveSource, ReplaySource
from upbit_ws_qt_app.window import ViewerWindow
from upbit_ws_qt_widgets.theme import Theme


def message_of(window: ViewerWindow) -> str:
    status = window.statusBar()
    assert status is not None
    return status.currentMessage()


def replayed() -> ReplaySource:
    return ReplaySource(parse_recording([trade(0, 0, 1.0, 1.0, 1), book(3, 100)]))


def kept_in(folder: Path) -> ViewerSettings:
    return ViewerSettings(QSettings(str(folder / "viewer.ini"), QSettings.Format.IniFormat))


# -- data -----------------------------------------------------------------------------------------


def test_every_part_shows_the_market(
    window: ViewerWindow, exchange: SimulatedExchange, feed: Feed
) -> None:
    """Chart, book, price and balances, on one public and one private connection, and it goes on."""
    before = window.header.quote()
    assert window.market() == window.book.market() == window.header.market() == "KRW-BTC"
    assert window.chart.barCount() >= 200
    assert window.balances.totals().assets > 0
    first_book = window.book.orderbook()

    feed(exchange.advance(10_000))

    feed.until(lambda: window.header.quote().time_ms > before.time_ms)
    feed.until(lambda: window.book.orderbook() != first_book)
    assert sorted(connection.private for connection in exchange.connections) == [False, True]
    assert len({request.connection for request in exchange.requests}) == 2
    assert window.windowTitle() == "Bitcoin KRW-BTC — upbit-ws-qt (Demo)"


def test_nothing_is_shown_before_anything_came(make_window: MakeWindow) -> None:
    """An empty window is a window, and no picture to be proud of."""
    window = make_window()

    assert not window.has_data()
    assert not window.grab().isNull()


def test_it_can_be_fed_again_from_elsewhere(
    window: ViewerWindow, manager: GlobalWebSocketManager, feed: Feed
) -> None:
    """Here by a manager without a key."""
    window.feed(manager, DemoSource())
    feed.until(lambda: window.header.quote().price is not None and window.chart.barCount() > 0)

    assert window.header.proxy() is not None
    assert not manager.is_private_available()


# -- the market -----------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["eth", "KRW-ETH", "krw/eth", "Ethereum", "이더리움", "KRW-eth "])
def test_a_market_is_found_by_what_is_typed(window: ViewerWindow, feed: Feed, typed: str) -> None:
    """Code in any case, coin, or name in both languages; Enter takes it."""
    edit = window.market_box.edit()
    edit.setFocus()
    edit.selectAll()
    if typed.isascii():
        QTest.keyClicks(edit, typed)
    else:
        edit.insert(typed)
    QTest.keyClick(edit, Qt.Key.Key_Return)

    assert window.market() == window.book.market() == window.header.market() == "KRW-ETH"
    assert edit.text() == "Ethereum  KRW-ETH"
    feed.until(window.has_data)


@pytest.mark.parametrize("typed", ["NOPE", "krw-nope", "!!", "💩"])
def test_what_is_no_market_is_said_and_changes_nothing(window: ViewerWindow, typed: str) -> None:
    """The field shows the market on screen again."""
    edit = window.market_box.edit()
    edit.setText(typed)
    QTest.keyClick(edit, Qt.Key.Key_Return)

    assert message_of(window) == f"No market is called “{typed}”"
    assert window.market() == "KRW-BTC"
    assert edit.text() == "Bitcoin  KRW-BTC"


def test_an_empty_field_is_no_question(window: ViewerWindow) -> None:
    """It just shows the market again."""
    edit = window.market_box.edit()
    edit.clear()
    QTest.keyClick(edit, Qt.Key.Key_Return)

    assert message_of(window) == ""
    assert edit.text() == "Bitcoin  KRW-BTC"


def test_a_half_typed_name_is_forgotten_with_the_focus(window: ViewerWindow) -> None:
    """Whoever goes elsewhere did not mean it."""
    window.activateWindow()
    edit = window.market_box.edit()
    edit.setFocus()
    edit.setText("Ethe")
    edit.clearFocus()
    edit.editingFinished.emit()

    assert edit.text() == "Bitcoin  KRW-BTC"
    assert window.market() == "KRW-BTC"


def test_a_market_is_chosen_from_the_list(window: ViewerWindow, feed: Feed) -> None:
    """With the keyboard; the next one stands below."""
    box = window.market_box
    below = box.itemText(box.currentIndex() + 1)
    QTest.keyClick(box, Qt.Key.Key_Down)

    assert window.market() != "KRW-BTC"
    assert window.market() in below
    feed.until(window.has_data)


@pytest.mark.parametrize("typed", ["비트", "bitc", "KRW-BT"])
def test_typing_offers_what_fits(window: ViewerWindow, typed: str) -> None:
    """Names in both languages and codes, anywhere in them."""
    completer = window.market_box.completer()
    assert completer is not None
    completer.setCompletionPrefix(typed)

    assert completer.completionCount() >= 1
    assert "KRW-BTC" in completer.currentCompletion() or completer.completionCount() > 1


def test_an_offer_is_taken_with_the_keyboard(window: ViewerWindow, feed: Feed) -> None:
    """Down into the offers, Enter."""
    window.activateWindow()
    edit = window.market_box.edit()
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "dogec")
    completer = window.market_box.completer()
    popup = completer.popup() if completer is not None else None
    assert popup is not None
    feed.until(popup.isVisible)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)

    feed.until(lambda: window.market().endswith("-DOGE"))
    assert "DOGE" in edit.text()


def test_the_wheel_does_not_change_the_market(window: ViewerWindow) -> None:
    """It passes over the box when something else is scrolled."""
    place = QPointF(10, 10)
    event = QWheelEvent(
        place,
        window.market_box.mapToGlobal(place),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - Qt takes it by place only
    )
    QApplication.sendEvent(window.market_box, event)

    assert window.market() == "KRW-BTC"


def test_before_the_list_is_known_the_form_is_all_that_counts(make_window: MakeWindow) -> None:
    """Without a network nobody knows better."""
    window = make_window(language="en")
    edit = window.market_box.edit()
    edit.setText("krw-xrp")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert window.market() == "KRW-XRP"

    edit.setText("x")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert message_of(window) == "No market is called “x”"
    assert window.market() == "KRW-XRP"


def test_a_market_that_is_not_listed_is_said_and_left(
    make_window: MakeWindow, rich_manager: GlobalWebSocketManager, feed: Feed
) -> None:
    """One that was asked for or remembered may be gone."""
    window = make_window(market="KRW-GONE", language="en")
    window.feed(rich_manager, DemoSource())
    assert window.market() == "KRW-GONE"

    feed.until(lambda: window.market() == "KRW-BTC")

    assert message_of(window) == "No market is called “KRW-GONE”"
    feed.until(window.has_data)


def test_the_shortcut_leads_to_the_market(window: ViewerWindow) -> None:
    """Ctrl+F, then type."""
    window.activateWindow()
    window.chart.setFocus()
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)

    assert window.market_box.edit().selectedText() == "Bitcoin  KRW-BTC"


# -- theme and language ---------------------------------------------------------------------------


def test_the_theme_is_switched_live(window: ViewerWindow, qapp: QApplication) -> None:
    """All widgets, the palette, and what is painted."""
    actions = {action.data(): action for action in window.menus.theme.actions()}
    light = window.grab().toImage()
    actions["dark"].trigger()
    dark = window.grab().toImage()

    for widget in (window.chart, window.book, window.header, window.balances):
        assert widget.themeColors() is Theme.named("dark")
    assert actions["dark"].isChecked()
    assert not actions["light"].isChecked()
    window_colour = qapp.palette().color(QPalette.ColorRole.Window)
    assert window_colour == Theme.named("dark").panel
    places = [
        (x, y)
        for x in range(10, light.width(), light.width() // 20)
        for y in range(10, light.height(), light.height() // 20)
    ]
    darker = [
        light.pixelColor(x, y).lightness() > dark.pixelColor(x, y).lightness() for x, y in places
    ]
    assert sum(darker) > 0.9 * len(places)

    actions["light"].trigger()
    assert qapp.palette().color(QPalette.ColorRole.Window) == Theme.named("light").panel


@pytest.mark.parametrize("choice", ["high-contrast", "colour-blind"])
def test_every_theme_and_convention_can_be_chosen_and_is_remembered(
    make_window: MakeWindow, tmp_path: Path, choice: str
) -> None:
    store = QSettings(str(tmp_path / "viewer.ini"), QSettings.Format.IniFormat)
    window = make_window(ViewerSettings(store), language="en")
    themes = {action.data(): action for action in window.menus.theme.actions()}
    conventions = {action.data(): action for action in window.menus.convention.actions()}
    themes[choice].trigger()
    conventions["western"].trigger()

    expected = Theme.named(f"{choice}-light", "western")
    for widget in (window.chart, window.book, window.header, window.balances):
        assert widget.themeColors() is expected
    assert themes[choice].isChecked()
    assert conventions["western"].isChecked()
    again = make_window(ViewerSettings(store), language="en")
    assert again.chart.themeColors() is expected


def test_a_system_set_to_high_contrast_is_followed(
    window: ViewerWindow, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_ws_qt_app.appearance.wants_contrast", lambda: True)
    window.set_theme("auto")
    expected = Theme.named("high-contrast-light")
    assert expected.panel != Theme.named("light").panel
    assert qapp.palette().color(QPalette.ColorRole.Window) == expected.panel


def test_auto_follows_the_system(window: ViewerWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, when that changes its mind."""
    hints = QGuiApplication.styleHints()
    assert hints is not None
    window.set_theme("auto")
    assert window.chart.themeColors().name == "light"

    monkeypatch.setattr(type(hints), "colorScheme", lambda _: Qt.ColorScheme.Dark, raising=True)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert window.chart.themeColors().name == "dark"

    window.set_theme("light")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert window.chart.themeColors().name == "light"


def test_the_language_is_switched_live(window: ViewerWindow) -> None:
    """Menus, docks, title, market names and every widget."""
    actions = {action.data(): action for action in window.menus.language.actions()}
    actions["ko"].trigger()

    assert window.language() == "ko"
    assert window.windowTitle() == "비트코인 KRW-BTC — upbit-ws-qt (데모)"
    assert window.book_dock.windowTitle() == "호가"
    assert window.balances_dock.toggleViewAction().text() == "보유자산"
    assert window.menus.file.title() == "파일"
    assert window.menus.theme.title() == "테마"
    assert window.market_box.edit().text() == "비트코인  KRW-BTC"
    assert [action.text() for action in window.menus.theme.actions()] == [
        "시스템 설정",
        "밝게",
        "어둡게",
        "고대비",
        "색각 보정",
    ]
    for widget in (window.chart, window.book, window.header, window.balances):
        assert widget.getLanguage() == "ko"
    assert actions["ko"].isChecked()

    actions["en"].trigger()
    assert window.windowTitle() == "Bitcoin KRW-BTC — upbit-ws-qt (Demo)"
    assert window.book_dock.windowTitle() == "Order book"


def test_a_missing_korean_font_is_said_once(
    make_window: MakeWindow,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    """With what to install; the window opens all the same, and English needs none."""
    request.applymarker(pytest.mark.allow_logs("that is what it is about"))
    appearance.tell_of_missing_font.cache_clear()
    monkeypatch.setattr(QFontDatabase, "families", lambda *_: [])
    window = make_window(language="en")
    assert "fonts-nanum" not in caplog.text

    for language in ("ko", "en", "ko"):
        window.set_language(language)

    assert caplog.text.count("fonts-nanum") == 1
    assert caplog.records[0].levelno == logging.WARNING
    appearance.tell_of_missing_font.cache_clear()


def test_the_icon_can_be_drawn(window: ViewerWindow) -> None:
    """In small and in large."""
    sizes = sorted(size.width() for size in window.windowIcon().availableSizes())

    assert sizes[0] == 16
    assert sizes[-1] == 256
    image = window.windowIcon().pixmap(64, 64).toImage()
    assert len({image.pixel(x, y) for x in range(64) for y in range(64)}) > 20


# -- the connection -------------------------------------------------------------------------------


def test_the_state_of_the_connection_is_told(
    window: ViewerWindow, exchange: SimulatedExchange, feed: Feed
) -> None:
    """Live, lost with a reason and a count-down, and live again."""
    label = window._state_label
    assert label.text() == "Demo · Live"

    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: label.text().startswith("Demo · Reconnecting in 1 s · "))
    assert not window._banner_bar.isVisible(), "a demo has no network to lose"

    exchange.faults.clear("refuse")
    feed.until(lambda: label.text() == "Demo · Live")


def test_the_banner_of_upbit_itself_counts_down(
    make_window: MakeWindow,
    rich_manager: GlobalWebSocketManager,
    exchange: SimulatedExchange,
    feed: Feed,
) -> None:
    """It stays while it dials again, and goes when the connection is there."""
    exchange.faults.refuse(503)
    window = make_window(language="en")
    window.feed(rich_manager, LiveSource())
    assert not window._banner_bar.isVisible(), "nothing has failed yet"

    label, bar = window.banner.label, window._banner_bar
    feed.until(bar.isVisible)
    feed.until(lambda: label.text().endswith("Trying again in 2 s"))
    feed.until(lambda: label.text().endswith("Trying again in 1 s"))
    assert label.text().startswith("No network, or Upbit does not answer.")
    feed.until(lambda: label.text().endswith("Trying again now…"))
    assert bar.isVisible()

    exchange.faults.clear("refuse")
    feed.until(lambda: not bar.isVisible())
    feed.until(window.has_data)


def test_the_banner_and_the_menu_ask_for_the_demo(
    make_window: MakeWindow,
    rich_manager: GlobalWebSocketManager,
    exchange: SimulatedExchange,
    feed: Feed,
) -> None:
    """Both in the same way; in the demo there is nothing to ask for."""
    exchange.faults.refuse(503)
    window = make_window(language="en")
    asked: list[bool] = []
    window.demoAsked.connect(lambda: asked.append(True))
    window.feed(rich_manager, LiveSource())
    feed.until(window._banner_bar.isVisible)

    assert window.banner.button.text() == "Open the demo"
    QTest.mouseClick(window.banner.button, Qt.MouseButton.LeftButton)
    assert len(asked) == 1
    window.menus.demo.trigger()
    assert len(asked) == 2

    window.feed(rich_manager, DemoSource())
    assert not window.menus.demo.isEnabled()


# -- what is remembered ---------------------------------------------------------------------------


def test_what_the_user_chooses_is_there_next_time(
    make_window: MakeWindow, rich_manager: GlobalWebSocketManager, tmp_path: Path, feed: Feed
) -> None:
    """Market, unit, theme, language, size and docks."""
    first = make_window(kept_in(tmp_path))
    first.feed(rich_manager, DemoSource())
    first.show_market("KRW-XRP")
    first.chart.setTimeframe("5m")
    first.set_theme("dark")
    first.set_language("ko")
    first.resize(700, 590)
    first.balances_dock.toggleViewAction().trigger()
    first.close()
    first.unfeed()

    again = make_window(kept_in(tmp_path))
    again.feed(rich_manager, DemoSource())

    assert again.market() == "KRW-XRP"
    assert again.chart.timeframe() == "5m"
    assert again.chart.themeColors().name == "dark"
    assert again.language() == "ko"
    assert (again.width(), again.height()) == (700, 590)
    assert not again.balances_dock.isVisible()
    assert again.book_dock.isVisible()


def test_what_is_asked_for_on_the_command_line_holds_for_this_time(
    make_window: MakeWindow, rich_manager: GlobalWebSocketManager, tmp_path: Path
) -> None:
    """It is shown and not remembered."""
    kept_in(tmp_path).keep("market", "KRW-XRP")
    asked = {"market": "KRW-ETH", "theme": "dark", "language": "ko"}
    window = make_window(kept_in(tmp_path), timeframe=Timeframe.MINUTE_30, **asked)
    window.feed(rich_manager, DemoSource())
    assert window.market() == "KRW-ETH"
    assert window.chart.timeframe() is Timeframe.MINUTE_30
    assert window.chart.themeColors().name == "dark"
    assert window.language() == "ko"
    window.close()

    kept = kept_in(tmp_path)
    assert kept.read("market", str, "") == "KRW-XRP"
    assert kept.choice("theme", "auto", "dark") == "auto"
    assert kept.choice("language", "auto", "ko") == "auto"
    assert kept.read("timeframe", str, "1m") == "1m"


def test_each_region_remembers_a_market_of_its_own(
    make_window: MakeWindow, rich_manager: GlobalWebSocketManager, tmp_path: Path
) -> None:
    kept_in(tmp_path).keep("market", "KRW-XRP")
    window = make_window(kept_in(tmp_path))
    window.feed(rich_manager, LiveSource(region="sg"))
    assert window.market() == "SGD-BTC"
    window.show_market("SGD-ETH")
    window.close()
    kept = kept_in(tmp_path)
    assert kept.read("market", str, "") == "KRW-XRP"
    assert kept.read("market_sg", str, "") == "SGD-ETH"


def test_a_recording_leaves_no_trace_in_what_is_remembered(
    make_window: MakeWindow, rich_manager: GlobalWebSocketManager, tmp_path: Path
) -> None:
    """Neither its market nor its unit, nor that it has no account."""
    kept_in(tmp_path).keep("market", "KRW-XRP")
    window = make_window(kept_in(tmp_path))
    source = replayed()
    window.feed(rich_manager, source)
    assert window.market() == "KRW-BTC"
    assert window.chart.timeframe() == "1s"
    assert not window.balances_dock.isVisible()
    window.show_market("KRW-ETH")
    window.chart.setTimeframe("30m")
    window.close()
    window.unfeed()

    again = make_window(kept_in(tmp_path))
    again.feed(rich_manager, DemoSource())
    assert again.market() == "KRW-XRP"
    assert again.chart.timeframe() == "1m"
    assert again.balances_dock.isVisible()


@pytest.mark.parametrize("garbage", [b"garbage", b"", b"\0" * 4000])
def test_a_damaged_layout_falls_back_and_says_so(
    make_window: MakeWindow,
    rich_manager: GlobalWebSocketManager,
    tmp_path: Path,
    garbage: bytes,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    """All docks are there, and the next start is quiet again."""
    request.applymarker(pytest.mark.allow_logs("that is what it is about"))
    text = base64.b64encode(garbage).decode()
    path = tmp_path / "viewer.ini"
    path.write_text(
        f'[General]\ngeometry="{text}"\nmarket=btc\ntimeframe=7m\ntheme=pink\n[layout]\nwindow="{text}"\n',
        encoding="utf-8",
    )
    window = make_window(kept_in(tmp_path))
    window.feed(rich_manager, DemoSource())

    assert window.market() == "KRW-BTC"
    assert window.chart.timeframe() == "1m"
    assert window.book_dock.isVisible()
    assert window.balances_dock.isVisible()
    for key in (
        "market",
        "timeframe",
        "theme",
        *(("geometry", "layout/window") if garbage else ()),
    ):
        assert f"the setting '{key}' cannot be used" in caplog.text
    window.close()
    caplog.clear()

    make_window(kept_in(tmp_path)).feed(rich_manager, DemoSource())
    assert "geometry" not in caplog.text
    assert "layout" not in caplog.text


def test_a_window_of_a_lost_screen_comes_back(make_window: MakeWindow, tmp_path: Path) -> None:
    """Where its title can be reached."""
    first = make_window(kept_in(tmp_path))
    first.resize(600, 400)
    first.move(-5000, -4000)
    first.close()

    again = make_window(kept_in(tmp_path))

    screen = QGuiApplication.primaryScreen()
    assert screen is not None
    assert screen.availableGeometry().intersects(again.frameGeometry())


def test_docks_can_be_hidden_and_shown(window: ViewerWindow) -> None:
    """From the menu; the rest goes on."""
    action = window.book_dock.toggleViewAction()
    assert action in window.menus.view.actions()
    action.trigger()
    assert not window.book_dock.isVisible()
    action.trigger()
    assert window.book_dock.isVisible()


def test_quitting_closes_the_window(window: ViewerWindow) -> None:
    """By the menu's last word."""
    window.menus.quit.trigger()

    assert not window.isVisible()


def test_windows_come_and_go_without_a_trace(
    feed: Feed, rich_manager: GlobalWebSocketManager
) -> None:
    """No subscription is left; the leak check looks for the rest."""
    for _ in range(5):
        window = ViewerWindow()
        window.show()
        window.feed(rich_manager, DemoSource())
        feed.until(window.has_data)
        window.unfeed()
        window.close()
        window.deleteLater()
        del window

    assert rich_manager.health_check().active_subscriptions == 0
    assert rich_manager.get_subscription_summary().clients == {}
