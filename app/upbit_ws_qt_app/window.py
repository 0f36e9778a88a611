"""The viewer's window: chart, order book and balances of one market. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QGuiApplication
from PyQt6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QToolBar,
    QWidget,
)

from upbit_ws_qt.events import ConnectionState
from upbit_ws_qt.exchange import upbit_in
from upbit_ws_qt.markets import check_market
from upbit_ws_qt.qt.manager import GlobalWebSocketManager
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets import BalanceMonitor, ChartWidget, OrderbookWidget
from upbit_ws_qt_widgets.theme import CHOICES, CONVENTIONS, Look, korean_font
from upbit_ws_qt_widgets.wording import error_text

from .appearance import (
    icon,
    palette_of,
    resolve_language,
    resolve_theme,
    style_sheet_of,
    tell_of_missing_font,
)
from .banner import OfflineBanner
from .connection_view import ConnectionView
from .faults_menu import FaultsMenu
from .header import PriceHeader
from .market_box import MarketBox
from .menus import ViewerMenus
from .settings import ViewerSettings
from .sources import Source, SourceKind

__all__ = ["ViewerWindow"]

_SIZE = QSize(1440, 900)
_BOOK_WIDTH, _BALANCES_HEIGHT = 430, 210
_LAYOUT_VERSION = 1
_MESSAGE_MS = 6000
_POSITION_MS = 100


# State: what the window is fed from, the choices of theme and language, and whether the layout on
# screen is one to keep; its parts each have their own.
class ViewerWindow(QMainWindow):
    """Everything of one market on one screen.

    Signals:
        demoAsked(): the user wants the simulated exchange in this window.
    """

    demoAsked = pyqtSignal()

    def __init__(
        self,
        settings: ViewerSettings | None = None,
        *,
        market: str | None = None,
        timeframe: Timeframe | None = None,
        theme: str | None = None,
        language: str | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings or ViewerSettings()
        self._manager: GlobalWebSocketManager | None = None
        self._source: Source | None = None
        self._look = Look(
            theme or self._settings.choice("theme", *CHOICES),
            self._settings.choice("convention", *CONVENTIONS),
        )
        self._language = language or self._settings.choice("language", "auto", "ko", "en")
        self._wanted_market = market
        self._wanted_timeframe = timeframe
        self.chart = ChartWidget(self)
        self.book = OrderbookWidget(self)
        self.balances = BalanceMonitor(self)
        self.header = PriceHeader(self)
        self.market_box = MarketBox(self)
        self.banner = OfflineBanner(self)
        self._connection = ConnectionView(self)
        self._state_label = QLabel(self)
        self._position_label = QLabel(self)
        self._position_timer = QTimer(self)
        self._position_timer.setInterval(_POSITION_MS)
        self._position_timer.timeout.connect(self._show_position)
        self.book_dock = QDockWidget(self)
        self.balances_dock = QDockWidget(self)
        self._header_bar = QToolBar(self)
        self._banner_bar = QToolBar(self)
        docks = (self.book_dock, self.balances_dock)
        self.menus = ViewerMenus(self, [dock.toggleViewAction() for dock in docks])
        self.faults_menu = FaultsMenu(self)
        self._build()
        self._connect()
        self._apply_theme()
        self._apply_language()
        self._restore_geometry()

    # -- what it is fed from -------------------------------------------------------------------

    def feed(self, manager: GlobalWebSocketManager, source: Source) -> None:
        """Show live data of ``manager``, which is pointed at ``source``."""
        self._keep_layout()
        # Without a source nothing is remembered: what follows nobody chose in this window.
        self._source = None
        self.chart.setTimeframe(self._timeframe_for(source))
        self._manager, self._source = manager, source
        self._connection.watch(manager)
        self.market_box.set_markets(manager.markets)
        manager.markets.changed.connect(self._check_market)
        self._show_market(self._market_for(source))
        for widget in self._live_widgets():
            widget.bind(manager)
        self._restore_layout()
        replayed = source.kind is SourceKind.REPLAY
        self._position_timer.start() if replayed else self._position_timer.stop()
        self.menus.demo.setEnabled(source.kind is not SourceKind.DEMO)
        self.faults_menu.attach(source.faults())
        self._retitle()
        self._show_connection()
        self._show_position()

    def unfeed(self) -> None:
        """Take no more data; what is on screen stays."""
        self._keep_layout()
        self._position_timer.stop()
        self._connection.watch(None)
        self.market_box.set_markets(None)
        self.faults_menu.attach(None)
        for widget in self._live_widgets():
            widget.unbind()
        self._manager = self._source = None

    def has_data(self) -> bool:
        """Whether every part shows what it is there for."""
        manager = self._manager
        wants_balances = manager is not None and manager.is_private_available()
        return (
            self.header.quote().price is not None
            and self.chart.barCount() > 0
            and not self.chart.isLoading()
            and self.book.orderbook() is not None
            and (self.balances.totals().assets > 0 or not wants_balances)
        )

    def _live_widgets(
        self,
    ) -> Sequence[ChartWidget | OrderbookWidget | BalanceMonitor | PriceHeader]:
        return self.chart, self.book, self.header, self.balances

    def _market_for(self, source: Source) -> str:
        """What was asked for, what was shown last, or the source's own."""
        if self._wanted_market is not None:
            wanted, self._wanted_market = self._wanted_market, None
            return wanted
        default = upbit_in(source.region).default_market
        return source.market or self._settings.read(_market_key(source), check_market, default)

    def _timeframe_for(self, source: Source) -> Timeframe:
        if self._wanted_timeframe is not None:
            wanted, self._wanted_timeframe = self._wanted_timeframe, None
            return wanted
        kept = self._settings.read("timeframe", Timeframe.parse, Timeframe.MINUTE_1)
        return source.timeframe or kept

    # -- the market ----------------------------------------------------------------------------

    def market(self) -> str:
        """The market on show."""
        return self.chart.market()

    def show_market(self, code: str) -> None:
        """Show another market and remember it."""
        self._show_market(code)
        if self._source is not None and self._remembers():
            self._settings.keep(_market_key(self._source), code)

    def _show_market(self, code: str) -> None:
        self.chart.setMarket(code)
        self.book.setMarket(code)
        self.header.setMarket(code)
        self.market_box.set_market(code)
        self._retitle()

    def _check_market(self) -> None:
        """The list of markets came: the one on show, or one that was remembered, may be gone."""
        manager, source = self._manager, self._source
        if manager is None or source is None or not len(manager.markets):
            return
        self._retitle()
        code = self.market()
        if code not in manager.markets:
            self._refuse(code)
            fallback = next((market.code for market in manager.markets), code)
            default = upbit_in(source.region).default_market
            self._show_market(default if default in manager.markets else fallback)

    def _refuse(self, text: str) -> None:
        self._say(self._text("viewer.no_such_market", text=text))

    def _on_timeframe_changed(self, name: str) -> None:
        if self._remembers():
            self._settings.keep("timeframe", name)

    def _remembers(self) -> bool:
        """What is chosen in a recording is about that recording."""
        return self._source is not None and self._source.kind is not SourceKind.REPLAY

    # -- theme and language --------------------------------------------------------------------

    def set_theme(self, choice: str) -> None:
        """Choose ``auto``, ``light``, ``dark`` or another theme, and remember it."""
        self._look = replace(self._look, theme=choice)
        self._settings.keep("theme", choice)
        self._apply_theme()

    def set_convention(self, choice: str) -> None:
        """Choose the colours of up and down, ``korean`` or ``western``, and remember it."""
        self._look = replace(self._look, convention=choice)
        self._settings.keep("convention", choice)
        self._apply_theme()

    def set_language(self, choice: str) -> None:
        """Choose ``auto``, ``ko`` or ``en`` and remember it."""
        self._language = choice
        self._settings.keep("language", choice)
        self._apply_language()

    def language(self) -> str:
        """The language in use, ``ko`` or ``en``."""
        return resolve_language(self._language)

    def _apply_theme(self) -> None:
        theme = resolve_theme(self._look)
        QApplication.setPalette(palette_of(theme))
        self.setStyleSheet(style_sheet_of(theme))
        for widget in self._live_widgets():
            widget.setLook(self._look)
        self.menus.check(self._look, self._language)

    def _apply_language(self) -> None:
        language = self.language()
        if language == "ko":
            tell_of_missing_font()
        for widget in self._live_widgets():
            widget.setLanguage(language)
        self.market_box.set_texts(language, self._text("viewer.search"))
        self.book_dock.setWindowTitle(self._text("viewer.order_book"))
        self.balances_dock.setWindowTitle(self._text("viewer.balances"))
        self.menus.set_texts(self._text)
        self.faults_menu.set_texts(self._text)
        self.menus.check(self._look, self._language)
        self._retitle()
        self._show_connection()
        self._show_position()

    def _text(self, key: str, **values: object) -> str:
        return translations(self.language())[key].format(**values)

    def _retitle(self) -> None:
        code = self.market()
        listed = self._manager.markets.find(code) if self._manager is not None else None
        name = "" if listed is None else listed.korean_name
        if listed is not None and self.language() == "en":
            name = listed.english_name
        kind = self._source.kind if self._source is not None else SourceKind.LIVE
        mark = "" if kind is SourceKind.LIVE else f" ({self._text(f'viewer.{kind}')})"
        self.setWindowTitle(f"{name} {code} — upbit-ws-qt{mark}".lstrip(" —"))

    # -- the connection ------------------------------------------------------------------------

    def _show_connection(self) -> None:
        view, source = self._connection, self._source
        if source is None:
            self._state_label.clear()
            self._show_banner("")
            return
        told = [self._text(f"viewer.{source.kind}")]
        # A recording is not live, however well the connection to it is.
        if source.kind is not SourceKind.REPLAY or view.state is not ConnectionState.CONNECTED:
            waits = view.state is ConnectionState.RECONNECTING and view.seconds_left
            key = "viewer.reconnecting_in" if waits else f"state.{view.state}"
            told.append(self._text(key, seconds=view.seconds_left))
        if view.reason:
            told.append(error_text(view.error, self.language()) or view.reason)
        self._state_label.setText(" · ".join(told))
        if source.kind is not SourceKind.LIVE or not view.is_broken:
            self._show_banner("")
        elif view.seconds_left:
            self._show_banner(self._text("viewer.offline_wait", seconds=view.seconds_left))
        else:
            self._show_banner(self._text("viewer.offline_now"))

    def _show_banner(self, text: str) -> None:
        self.banner.say(text, self._text("viewer.open_demo"))
        self._banner_bar.setVisible(bool(text))

    def _show_position(self) -> None:
        position = self._source.position() if self._source is not None else None
        self._position_label.setVisible(position is not None)
        if position is not None:
            played, whole = position
            key = "viewer.replay_ended" if played >= whole else "viewer.replay_position"
            self._position_label.setText(
                self._text(key, played=f"{played:.1f}", whole=f"{whole:.1f}")
            )

    def _say(self, text: str) -> None:
        status = self.statusBar()
        if status is not None:
            status.showMessage(text, _MESSAGE_MS)

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("viewer")
        self.setWindowIcon(icon())
        self.setFont(korean_font(self.font()))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setCentralWidget(self.chart)
        top = QWidget(self)
        row = QHBoxLayout(top)
        row.setContentsMargins(12, 4, 4, 4)
        row.addWidget(self.market_box)
        row.addWidget(self.header, 1)
        for bar, name, content in (
            (self._header_bar, "header", top),
            (self._banner_bar, "banner", self.banner),
        ):
            bar.setObjectName(name)
            bar.setMovable(False)
            bar.addWidget(content)
            self.addToolBar(bar)
            self.addToolBarBreak()
        self._banner_bar.hide()
        right, bottom = (
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        # The ladder needs the height, the table under the chart only its width.
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        for dock, name, widget, area in (
            (self.book_dock, "order_book", self.book, right),
            (self.balances_dock, "balances", self.balances, bottom),
        ):
            dock.setObjectName(name)
            dock.setWidget(widget)
            self.addDockWidget(area, dock)
        menu_bar = self.menuBar()
        if menu_bar is not None:
            menu_bar.addMenu(self.faults_menu)
        status = self.statusBar()
        if status is not None:
            status.addWidget(self._state_label)
            status.addPermanentWidget(self._position_label)

    def _connect(self) -> None:
        menus = self.menus
        menus.demo.triggered.connect(self.demoAsked)
        menus.quit.triggered.connect(self.close)
        menus.search.triggered.connect(self.market_box.start_typing)
        menus.themeChosen.connect(self.set_theme)
        menus.conventionChosen.connect(self.set_convention)
        menus.languageChosen.connect(self.set_language)
        self.banner.demoAsked.connect(self.demoAsked)
        self.market_box.chosen.connect(self.show_market)
        self.market_box.refused.connect(self._refuse)
        self.chart.timeframeChanged.connect(self._on_timeframe_changed)
        self._connection.changed.connect(self._show_connection)
        for widget in self._live_widgets():
            widget.errorOccurred.connect(self._say)
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._on_color_scheme_changed)

    def _on_color_scheme_changed(self) -> None:
        if self._look.theme not in ("light", "dark"):
            self._apply_theme()

    # -- what is remembered --------------------------------------------------------------------

    def _restore_geometry(self) -> None:
        size = _SIZE
        if self._settings.remembers and (screen := self.screen()) is not None:
            size = size.boundedTo(screen.availableSize() * 0.95)
        self.resize(size)
        kept = self._settings.blob("geometry")
        # A window whose screen is gone is brought back to one that is there.
        if not kept.isEmpty() and not self.restoreGeometry(kept):
            self._settings.unusable("geometry")

    def _restore_layout(self) -> None:
        key = self._layout_key()
        kept = self._settings.blob(key)
        if not kept.isEmpty():
            if self.restoreState(kept, _LAYOUT_VERSION):
                return
            self._settings.unusable(key)
        self.book_dock.show()
        # A recording has no account.
        self.balances_dock.setHidden(key == "layout/replay")
        self.resizeDocks([self.book_dock], [_BOOK_WIDTH], Qt.Orientation.Horizontal)
        self.resizeDocks([self.balances_dock], [_BALANCES_HEIGHT], Qt.Orientation.Vertical)

    def _layout_key(self) -> str:
        replayed = self._source is not None and self._source.kind is SourceKind.REPLAY
        return "layout/replay" if replayed else "layout/window"

    def _keep_layout(self) -> None:
        if self._source is not None:
            self._settings.keep(self._layout_key(), self.saveState(_LAYOUT_VERSION))

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        self._settings.keep("geometry", self.saveGeometry())
        self._keep_layout()
        self._settings.write()
        super().closeEvent(a0)


def _market_key(source: Source) -> str:
    """Each region has markets of its own, so the one that was shown last is remembered for each."""
    return "market" if source.region == "kr" else f"market_{source.region}"
