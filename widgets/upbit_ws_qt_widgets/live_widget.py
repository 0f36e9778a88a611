"""What every widget of live data shares: a proxy, a theme, a language, contained errors. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import functools
import itertools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from PyQt6 import QtCore
from PyQt6.QtCore import QEvent, QLocale, pyqtSignal
from PyQt6.QtWidgets import QWidget

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.events import ConnectionEvent, ConnectionState, ConnectionType
from upbit_ws_qt_resources import translations

from .theme import Theme
from .wording import ErrorNote, error_text

if TYPE_CHECKING:
    from upbit_ws_qt.qt.manager import GlobalWebSocketManager
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy

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
    widget's error state, ``errorOccurred`` and one line in the log.
    """

    @functools.wraps(method)
    def call(self: _W, /, *args: _P.args, **kwargs: _P.kwargs) -> _R | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - see the docstring
            self.fail(error)
            return None

    return call


# State: the proxy, the theme and language with how they were chosen, the last event of each
# connection and the error on show.
class LiveWidget(QWidget):
    """A widget of live data. It works unbound, through its data slots alone.

    While nobody can see it (hidden, on a tab behind others, in a minimised window) no market data
    reaches it, and it costs next to nothing; within a frame of being shown it is current. Until its
    window is first shown it counts as seen.

    Signals:
        errorOccurred(str): something went wrong; the text is for people.
        connectionChanged(ConnectionEvent): the state of the connection behind the data.
        themeChanged(str): ``light`` or ``dark`` is in use now.
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
        self._proxy: WebSocketClientProxy | None = None
        self._theme_choice = "auto"
        self._theme = Theme.for_palette(self.palette())
        self._language_choice = "auto"
        self._language = _system_language()
        self._connections: dict[ConnectionType, ConnectionEvent] = {}
        self._failure: ErrorNote | None = None

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

    @contained
    def unbind(self) -> None:
        """Stop taking live data; what is on screen stays."""
        if self._proxy is not None:
            proxy, self._proxy = self._proxy, None
            proxy.cleanup()
            proxy.deleteLater()
            self._connections.clear()
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
        return self.connectionText(event) if event is not None else ""

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

    def getTheme(self) -> str:
        """``auto``, ``light`` or ``dark`` as chosen; see ``themeColors`` for what is in use."""
        return self._theme_choice

    @contained
    def setTheme(self, name: str) -> None:
        """Choose ``light``, ``dark`` or ``auto``, which follows the host's palette."""
        if name != "auto":
            Theme.named(name)
        self._theme_choice = name
        self._apply_theme()

    theme = pyqtProperty(str, fget=getTheme, fset=setTheme, notify=themeChanged)

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

    def _apply_theme(self) -> None:
        chosen = self._theme_choice
        theme = Theme.for_palette(self.palette()) if chosen == "auto" else Theme.named(chosen)
        if theme is not self._theme:
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
