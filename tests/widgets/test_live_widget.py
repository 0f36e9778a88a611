"""What every live widget shares: errors that stay inside, theme, language, a proxy. Widgets."""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QLocale
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.errors import InvalidMarket, WrongThread
from upbit_ws_qt.events import ConnectionEvent, ConnectionState, ConnectionType, Stamp
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets import live_widget
from upbit_ws_qt_widgets.live_widget import LiveWidget, contained
from upbit_ws_qt_widgets.theme import Theme


class Probe(LiveWidget):
    """A widget that remembers what it was told."""

    component = "probe"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.told: list[str] = []

    def bound(self, proxy: Any) -> None:  # noqa: ARG002
        self.told.append("bound")

    def unbound(self) -> None:
        self.told.append("unbound")

    def restyled(self) -> None:
        self.told.append("restyled")

    def retranslated(self) -> None:
        self.told.append("retranslated")

    def stateUpdated(self) -> None:
        self.told.append("state")

    @contained
    def setNumber(self, number: int) -> int:
        """Slot that fails for what is no number."""
        if number < 0:
            raise InvalidMarket(f"below 0: {number}")
        return number + 1


def state(
    value: ConnectionState, connection_type: ConnectionType = ConnectionType.PUBLIC
) -> ConnectionEvent:
    return ConnectionEvent(state=value, stamp=Stamp(connection_type=connection_type))


@pytest.fixture
def probe(qtbot: QtBot) -> Probe:
    widget = Probe()
    qtbot.addWidget(widget)
    widget.setLanguage("en")
    widget.setTheme("light")
    widget.told.clear()
    return widget


# -- errors -------------------------------------------------------------------------------------


def test_a_slot_that_works_returns_what_it_returns(probe: Probe) -> None:
    assert probe.setNumber(1) == 2
    assert probe.errorText() == ""
    assert probe.setNumber.__doc__ == "Slot that fails for what is no number."


def test_a_slot_that_fails_says_so_and_returns_nothing(probe: Probe, qtbot: QtBot) -> None:
    with qtbot.waitSignal(probe.errorOccurred) as failed:
        assert probe.setNumber(-1) is None
    assert failed.args == ["below 0: -1"]
    assert probe.errorText() == "below 0: -1"
    assert probe.stateText() == "Error: below 0: -1"
    assert "state" in probe.told


def test_a_call_from_another_thread_raises_there_and_does_nothing(probe: Probe) -> None:
    raised: list[Exception] = []
    before = probe.getTheme()

    def from_outside() -> None:
        try:
            probe.setTheme("dark")
        except Exception as error:  # noqa: BLE001 - it is what is looked at
            raised.append(error)

    thread = threading.Thread(target=from_outside, name="feeder")
    thread.start()
    thread.join()
    (error,) = raised
    assert isinstance(error, WrongThread)
    assert "'feeder'" in str(error)
    assert "call_from_thread" in str(error)
    assert probe.getTheme() == before != "dark"


def test_the_same_error_is_said_once(probe: Probe) -> None:
    said: list[str] = []
    probe.errorOccurred.connect(said.append)
    for number in (-1, -1, -2, -2, -1):
        probe.setNumber(number)
    assert said == ["below 0: -1", "below 0: -2", "below 0: -1"]


def test_a_cleared_error_may_come_again(probe: Probe, qtbot: QtBot) -> None:
    probe.setNumber(-1)
    probe.told.clear()
    probe.clearError()
    assert probe.told == ["state"]
    assert probe.errorText() == ""
    probe.clearError()
    assert probe.told == ["state"]
    with qtbot.waitSignal(probe.errorOccurred):
        probe.setNumber(-1)


def test_what_users_do_wrong_is_not_logged(probe: Probe) -> None:
    probe.setNumber(-1)
    probe.setTheme("pink")
    probe.setLanguage("fr")


@pytest.mark.allow_logs("a TypeError is a programmer's mistake and goes to the log")
def test_what_programmers_do_wrong_is_logged_once(
    probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        probe.setNumber("x")  # type: ignore[arg-type]
        probe.setNumber("x")  # type: ignore[arg-type]
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info is not None


def test_an_error_without_a_text_is_called_by_its_kind(probe: Probe) -> None:
    probe.fail(ValueError())
    assert probe.errorText() == "ValueError"


# -- connections --------------------------------------------------------------------------------


def test_unbound_it_says_so(probe: Probe) -> None:
    assert probe.stateText() == "Not connected"
    assert probe.connection() is None
    assert probe.proxy() is None


def test_bound_and_unbound(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, probe: Probe
) -> None:
    probe.bind(manager)
    proxy = probe.proxy()
    assert proxy is not None
    assert proxy.parent() is probe
    assert probe.told == ["bound"]
    feed.until(lambda: probe.connection() is not None)
    probe.unbind()
    assert probe.proxy() is None
    assert probe.connection() is None
    assert probe.told[-1] == "unbound"
    probe.told.clear()
    probe.unbind()
    assert probe.told == []


def test_bound_again_it_has_one_proxy(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, probe: Probe
) -> None:
    probe.bind(manager)
    first = probe.proxy()
    probe.bind(manager)
    assert probe.proxy() is not first
    assert len(manager.get_subscription_summary().clients) == 1


def test_two_of_a_kind_have_different_ids(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> None:
    for _ in range(2):
        widget = Probe()
        qtbot.addWidget(widget)
        widget.bind(manager)
        assert widget.errorText() == ""
    ids = list(manager.get_subscription_summary().clients)
    assert len(ids) == 2
    assert all(name.startswith("probe_") for name in ids)


def test_states_are_told_in_its_language(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, probe: Probe
) -> None:
    probe.bind(manager)
    assert probe.stateText() == ""
    heard: list[ConnectionEvent] = []
    probe.connectionChanged.connect(heard.append)
    probe._on_state_changed(state(ConnectionState.RECONNECTING))
    assert probe.stateText() == "Reconnecting…"
    probe.setLanguage("ko")
    assert probe.stateText() == "다시 연결하는 중…"
    probe._on_state_changed(state(ConnectionState.CONNECTED))
    assert probe.stateText() == ""
    assert [event.state for event in heard] == [
        ConnectionState.RECONNECTING,
        ConnectionState.CONNECTED,
    ]


def test_every_state_has_a_text_in_every_language() -> None:
    for language in ("ko", "en"):
        assert {f"state.{value}" for value in ConnectionState} <= set(translations(language))
    assert set(translations("ko")) == set(translations("en"))


def test_the_other_connection_is_kept_but_is_not_its_state(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, probe: Probe
) -> None:
    probe.bind(manager)
    heard: list[ConnectionEvent] = []
    probe.connectionChanged.connect(heard.append)
    probe._on_state_changed(state(ConnectionState.CONNECTED))
    refused = state(ConnectionState.REFUSED, ConnectionType.PRIVATE)
    probe._on_state_changed(refused)
    assert probe.stateText() == ""
    assert probe.connection(ConnectionType.PRIVATE) is refused
    assert len(heard) == 1


def test_a_new_connection_takes_the_error_off(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, probe: Probe
) -> None:
    probe.bind(manager)
    probe.setNumber(-1)
    probe._on_state_changed(state(ConnectionState.CONNECTED, ConnectionType.PRIVATE))
    assert probe.errorText()
    probe._on_state_changed(state(ConnectionState.CONNECTED))
    assert probe.errorText() == ""


# -- theme --------------------------------------------------------------------------------------


def palette(window: str, text: str) -> QPalette:
    made = QPalette()
    made.setColor(QPalette.ColorRole.Window, QColor(window))
    made.setColor(QPalette.ColorRole.WindowText, QColor(text))
    return made


def test_auto_follows_the_hosts_palette(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    probe = Probe(host)
    host.setPalette(palette("#101010", "#f0f0f0"))
    assert (probe.getTheme(), probe.themeColors().name) == ("auto", "dark")
    with qtbot.waitSignal(probe.themeChanged) as changed:
        host.setPalette(palette("#f0f0f0", "#101010"))
    assert changed.args == ["light"]


def test_a_chosen_theme_stays_whatever_the_host_does(probe: Probe, qtbot: QtBot) -> None:
    with qtbot.waitSignal(probe.themeChanged):
        probe.setTheme("dark")
    assert probe.told == ["restyled"]
    probe.setPalette(palette("#f0f0f0", "#101010"))
    assert probe.themeColors().name == "dark"
    assert probe.property("theme") == "dark"
    assert probe.setProperty("theme", "light")
    assert probe.themeColors().name == "light"


def test_a_theme_that_is_not_there_changes_nothing(probe: Probe, qtbot: QtBot) -> None:
    with qtbot.waitSignal(probe.errorOccurred) as failed:
        probe.setTheme("pink")
    assert "auto, light, dark, high-contrast, colour-blind" in failed.args[0]
    assert (probe.getTheme(), probe.themeColors().name) == ("light", "light")


def test_each_widget_has_its_own_colour_convention(probe: Probe, qtbot: QtBot) -> None:
    assert (probe.getColorConvention(), probe.property("colorConvention")) == ("korean", "korean")
    other = Probe()
    qtbot.addWidget(other)
    red = probe.themeColors().rise
    with qtbot.waitSignal(probe.themeChanged) as changed:
        probe.setColorConvention("western")
    assert changed.args == ["light"]
    assert probe.told == ["restyled"]
    assert probe.themeColors().rise.green() > probe.themeColors().rise.red()
    assert other.getColorConvention() == "korean"
    assert probe.setProperty("colorConvention", "korean")
    assert probe.themeColors().rise == red


def test_a_convention_that_is_not_there_changes_nothing(probe: Probe, qtbot: QtBot) -> None:
    with qtbot.waitSignal(probe.errorOccurred) as failed:
        probe.setColorConvention("martian")
    assert "korean and western" in failed.args[0]
    assert probe.getColorConvention() == "korean"


@pytest.mark.parametrize("choice", ["high-contrast", "colour-blind"])
def test_a_theme_of_two_shades_follows_the_hosts_palette(probe: Probe, choice: str) -> None:
    probe.setTheme(choice)
    probe.setPalette(palette("#101010", "#f0f0f0"))
    assert probe.getTheme() == choice
    assert probe.themeColors() is Theme.named(f"{choice}-dark")
    probe.setPalette(palette("#f0f0f0", "#101010"))
    assert probe.themeColors() is Theme.named(f"{choice}-light")
    probe.setTheme(f"{choice}-dark")
    assert probe.themeColors() is Theme.named(f"{choice}-dark")


def test_a_system_set_to_high_contrast_is_followed(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No machine of the tests is set so; what Qt would say is said in its stead."""
    probe.setTheme("auto")
    monkeypatch.setattr(live_widget, "wants_contrast", lambda: True)
    probe.setPalette(palette("#2d3236", "#ffffff"))
    theme = probe.themeColors()
    assert theme.name == "dark"
    assert (theme.background, theme.text) == (QColor("#2d3236"), QColor("#ffffff"))
    probe.setTheme("dark")
    assert probe.themeColors().name == "dark"


def test_another_font_restyles(probe: Probe) -> None:
    font = QFont(probe.font())
    font.setPixelSize(31)
    probe.setFont(font)
    assert "restyled" in probe.told


# -- language -----------------------------------------------------------------------------------


def test_languages_switch_live(probe: Probe, qtbot: QtBot) -> None:
    with qtbot.waitSignal(probe.languageChanged) as changed:
        probe.setLanguage("ko")
    assert changed.args == ["ko"]
    assert probe.told == ["retranslated"]
    assert probe.text("state.connected") == "실시간"
    assert probe.property("language") == "ko"


def test_a_language_that_is_not_there_changes_nothing(probe: Probe) -> None:
    probe.setLanguage("fr")
    assert probe.getLanguage() == "en"
    assert "auto, ko and en" in probe.errorText()


def test_auto_follows_the_system(probe: Probe) -> None:
    before = QLocale()
    try:
        QLocale.setDefault(QLocale(QLocale.Language.Korean))
        probe.setLanguage("auto")
        assert probe.getLanguage() == "ko"
        QLocale.setDefault(QLocale(QLocale.Language.German))
        QApplication.sendEvent(probe, QEvent(QEvent.Type.LanguageChange))
        assert probe.getLanguage() == "en"
    finally:
        QLocale.setDefault(before)


def test_the_plain_widget_needs_nothing_overridden(qtbot: QtBot) -> None:
    widget = LiveWidget()
    qtbot.addWidget(widget)
    widget.setTheme("dark")
    widget.setTheme("light")
    widget.setLanguage("ko")
    widget.setLanguage("en")
    widget.fail(ValueError("x"))
    widget.clearError()
    assert widget.errorText() == ""


def test_made_and_unmade_nothing_stays(qtbot: QtBot) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(200):
            widget = Probe()
            widget.setTheme("dark")
            widget.setNumber(-1)
            gone = weakref.ref(widget)
            sip.delete(widget)
            del widget
            assert gone() is None
    finally:
        gc.enable()
