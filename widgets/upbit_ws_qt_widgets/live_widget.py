"""What every widget of live data shares: a proxy, a theme, a language, contained errors. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import functools
import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from PyQt6 import QtCore
from PyQt6.QtCore import QEvent, QLocale, pyqtSignal
from PyQt6.QtWidgets import QWidget

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.events import ConnectionEvent, ConnectionState, ConnectionType, TickerEvent
from upbit_ws_qt_resources import translations

from .theme import Look, Theme, wants_contrast
from .wording import ErrorNote, error_text

if TYPE_CHECKING:
    from upbit_ws_qt.qt.manager import GlobalWebSocketManager
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["LiveWidget", "contained", "pyqtProperty"]

logger = logging.getLogger(__name__)

#: PyQt6's stubs leave it out.
pyqtProperty: Any = cast("Any", QtCore).pyqtProperty  # noqa: N816 - PyQt6's own name

_serials = itertools.count(1)
_P = ParamSpec("_P")
_R = TypeVar("_R")
_W = TypeVar("_W", bound="LiveWidget")


def contained(
    method: Callable[Concatenate[_W, _P], _R],
) -> Callable[Concatenate[_W, _P], _R | None]:
    """Keep an exception of an event handler or slot inside the widget.

    One that escapes from ``paintEvent`` or a slot ends the whole process, so it becomes the
    widget's error state, ``errorOccurred`` and one line in the log. Only the call from a thread
    that is not the widget's raises, and does nothing else.
    """

    @functools.wraps(method)
    def call(self: _W, /, *args: _P.args, **kwargs: _P.kwargs) -> _R | None:
        if threading.get_ident() != self.home_thread:
            from upbit_ws_qt.qt.running import wrong_thread

            raise wrong_thread()
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - see the docstring
            self.fail(error)
            return None

    return call


# State: its thread, the proxy, the look with its theme, the language with how it was chosen, the
# last event of each connection, the error on show; the market whose end or halt is told, with its
# subscription, its last ticker, the list of markets it listens to and what was told.
class LiveWidget(QWidget):
    """A widget of live data. It works unbound, through its data slots alone.

    While nobody can see it (hidden, on a tab behind others, in a minimised window) no market data
    reaches it, and it costs next to nothing; within a frame of being shown it is current. Until its
    window is first shown it counts as seen.

    Signals:
        errorOccurred(str): something went wrong; the text is for people.
        connectionChanged(ConnectionEvent): the state of the connection behind the data.
        themeChanged(str): other colours are in use, on a ``light`` or ``dark`` ground.
        languageChanged(str): ``ko`` or ``en`` is in use now.
    """

    errorOccurred = pyqtSignal(str)
    connectionChanged = pyqtSignal(object)
    themeChanged = pyqtSignal(str)
    languageChanged = pyqtSignal(str)

    #: The first part of the ids of its proxies.
    component = "widget"
    #: The connection whose state is the state of the data.
    connection_type = ConnectionType.PUBLIC

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.home_thread = threading.get_ident()
        self._proxy: WebSocketClientProxy | None = None
        self._look = Look()
        self._theme = self._current_theme()
        self._language_choice = "auto"
        self._language = _system_language()
        self._connections: dict[ConnectionType, ConnectionEvent] = {}
        self._failure: ErrorNote | None = None
        self._watched = ""
        self._watch: Subscription | None = None
        self._standing: TickerEvent | None = None
        self._listing: MarketList | None = None
        self._market_state = ""

    # -- data ----------------------------------------------------------------------------------

    @contained
    def bind(self, manager: GlobalWebSocketManager | None = None) -> None:
        """Take live data from ``manager``, or from the application's own when None."""
        from upbit_ws_qt.qt.proxy import WebSocketClientProxy

        self.unbind()
        name = f"{self.component}_{next(_serials)}"
        self._proxy = WebSocketClientProxy(name, manager, parent=self)
        self._proxy.state_changed.connect(self._on_state_changed)
        self._proxy.pause_while_hidden()
        self.bound(self._proxy)
        self.watchMarket(self._watched)

    @contained
    def unbind(self) -> None:
        """Stop taking live data; what is on screen stays."""
        if self._proxy is not None:
            proxy, self._proxy = self._proxy, None
            proxy.cleanup()
            proxy.deleteLater()
            self._connections.clear()
            self._forget_standing()
            self.unbound()

    def proxy(self) -> WebSocketClientProxy | None:
        """The proxy behind the data, or None while unbound."""
        return self._proxy

    def bound(self, proxy: WebSocketClientProxy) -> None:
        """For subclasses: subscribe to what the widget shows."""

    def unbound(self) -> None:
        """For subclasses: forget what belonged to the former proxy."""

    def connection(self, connection_type: ConnectionType | None = None) -> ConnectionEvent | None:
        """The last state of the connection behind the data, or of another; None while unbound."""
        return self._connections.get(connection_type or self.connection_type)

    def stateText(self) -> str:
        """The state of the data in the widget's language; empty while it is live."""
        if self._failure is not None:
            return self.text("state.error", message=self.errorText())
        event = self.connection()
        if self._proxy is None:
            return self.text("state.unbound")
        state = self.connectionText(event) if event is not None else ""
        return state or self.marketNotice()

    def marketNotice(self) -> str:
        """Why nobody can trade the market on show, in the widget's language; empty while one can.

        What is on screen stays then, as the last that is known of it.
        """
        return self.text(f"state.{self._market_state}") if self._market_state else ""

    def watchMarket(self, code: str) -> None:
        """For subclasses: tell the end or the halt of this market in ``stateText``; "" for none.

        Call it for each market that is shown, bound or not; it may be called again for the same.
        """
        proxy = self._proxy
        is_watching = self._watch is not None and self._watch.is_active
        if code == self._watched and (is_watching or proxy is None):
            return
        if self._watch is not None:
            self._watch.unsubscribe()
        self._forget_standing()
        self._watched = code
        if proxy is None or not code:
            return
        if self._listing is not proxy.markets:
            self._listing = proxy.markets
            self._listing.changed.connect(self._on_listing_changed)
        self._watch = proxy.subscribe_ticker([code], self._on_standing, error_handler=self.fail)
        self._judge_market()

    def _forget_standing(self) -> None:
        self._watch = self._standing = None
        self._market_state = ""

    @contained
    def _on_listing_changed(self) -> None:
        self._judge_market()

    @contained
    def _on_standing(self, event: TickerEvent) -> None:
        if event.is_halted is not None:
            self._standing = event
            self._judge_market()

    def _judge_market(self) -> None:
        """Show it where the market's standing has changed."""
        ticker, proxy, state = self._standing, self._proxy, ""
        is_gone = proxy is not None and proxy.markets.is_gone(self._watched)
        if is_gone or (ticker is not None and ticker.is_delisted):
            state = "gone"
        elif ticker is not None and ticker.is_halted:
            state = "halted"
        if state != self._market_state:
            self._market_state = state
            self.stateUpdated()

    def connectionText(self, event: ConnectionEvent) -> str:
        """The state of a connection in the widget's language; empty while it is open."""
        if event.state is ConnectionState.CONNECTED:
            return ""
        return self.text(f"state.{event.state}")

    @contained
    def _on_state_changed(self, event: ConnectionEvent) -> None:
        self._connections[event.connection_type] = event
        if event.connection_type is self.connection_type:
            if event.state is ConnectionState.CONNECTED:
                self._failure = None
            self.connectionChanged.emit(event)
        self.stateUpdated()

    def stateUpdated(self) -> None:
        """For subclasses: show a changed ``stateText()``."""
        self.update()

    # -- errors --------------------------------------------------------------------------------

    def fail(self, error: Exception) -> None:
        """Show an error; one we did not expect also goes to the log, once."""
        note = type(error), str(error)
        if note == self._failure:
            return
        self._failure = note
        if not isinstance(error, UpbitError | ValueError):
            logger.error("%s: %s", type(self).__name__, error, exc_info=error)
        self.errorOccurred.emit(self.errorText())
        self.stateUpdated()

    def errorText(self) -> str:
        """The error on show, in the widget's language; empty without one."""
        return error_text(self._failure, self._language)

    def clearError(self) -> None:
        """Take the error off the screen."""
        if self._failure is not None:
            self._failure = None
            self.stateUpdated()

    # -- theme and language --------------------------------------------------------------------

    def themeColors(self) -> Theme:
        """The colours in use."""
        return self._theme

    def look(self) -> Look:
        """What was chosen about colours, to be kept; see ``setLook``."""
        return self._look

    @contained
    def setLook(self, look: Look) -> None:
        """Choose theme and convention at once."""
        self._look = look
        self._apply_theme()

    def getTheme(self) -> str:
        """The theme as chosen; see ``themeColors`` for what is in use."""
        return self._look.theme

    @contained
    def setTheme(self, name: str) -> None:
        """Choose ``light``, ``dark``, ``high-contrast``, ``colour-blind``, or ``auto``.

        ``auto`` follows the host's palette, and the system where it is set to high contrast. The
        two before it are light or dark as the host is, or always with ``-light`` or ``-dark`` added
        to the name.
        """
        self.setLook(replace(self._look, theme=name))

    theme = pyqtProperty(str, fget=getTheme, fset=setTheme, notify=themeChanged)

    def getColorConvention(self) -> str:
        """``korean`` or ``western``."""
        return self._look.convention

    @contained
    def setColorConvention(self, name: str) -> None:
        """Choose ``korean``, up is red and down is blue, or ``western``, up is green, down is red.

        In a theme for colour-blind people up is orange and down is blue, or the other way round.
        """
        self.setLook(replace(self._look, convention=name))

    colorConvention = pyqtProperty(
        str, fget=getColorConvention, fset=setColorConvention, notify=themeChanged
    )

    def getLanguage(self) -> str:
        """The language in use, ``ko`` or ``en``."""
        return self._language

    @contained
    def setLanguage(self, name: str) -> None:
        """Choose ``ko``, ``en`` or ``auto``, which follows the system; applies at once."""
        if name not in ("auto", "ko", "en"):
            raise ValueError(f"the languages are auto, ko and en; got {name!r}")
        self._language_choice = name
        self._apply_language()

    language = pyqtProperty(str, fget=getLanguage, fset=setLanguage, notify=languageChanged)

    def text(self, key: str, **values: Any) -> str:
        """A text of the interface in the widget's language."""
        return translations(self._language)[key].format(**values)

    def restyled(self) -> None:
        """For subclasses: colours or fonts changed."""

    def retranslated(self) -> None:
        """For subclasses: the language changed."""

    def _current_theme(self) -> Theme:
        return self._look.colours(self.palette(), system_contrast=wants_contrast())

    def _apply_theme(self) -> None:
        theme = self._current_theme()
        if theme != self._theme:
            self._theme = theme
            self.restyled()
            self.themeChanged.emit(theme.name)
        self.update()

    def _apply_language(self) -> None:
        chosen = self._language_choice
        language = _system_language() if chosen == "auto" else chosen
        if language != self._language:
            self._language = language
            self.retranslated()
            self.languageChanged.emit(language)
        self.update()

    @contained
    def changeEvent(self, a0: QEvent | None) -> None:
        super().changeEvent(a0)
        kind = a0.type() if a0 is not None else None
        if kind == QEvent.Type.PaletteChange:
            self._apply_theme()
        elif kind in (QEvent.Type.LanguageChange, QEvent.Type.LocaleChange):
            self._apply_language()
        elif kind == QEvent.Type.FontChange:
            self.restyled()


def _system_language() -> str:
    return "ko" if QLocale().language() == QLocale.Language.Korean else "en"
