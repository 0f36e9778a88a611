"""The viewer's menus. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu

from upbit_ws_qt_widgets.theme import CHOICES, CONVENTIONS, Look

__all__ = ["ViewerMenus"]

_LANGUAGES = ("auto", "ko", "en")


# State: what its actions show as checked.
class ViewerMenus(QObject):
    """File and view; the texts come with ``set_texts``.

    Signals:
        themeChosen(str): ``auto``, ``light``, ``dark`` or another of the themes.
        conventionChosen(str): ``korean`` or ``western``.
        languageChosen(str): ``auto``, ``ko`` or ``en``.
    """

    themeChosen = pyqtSignal(str)
    conventionChosen = pyqtSignal(str)
    languageChosen = pyqtSignal(str)

    def __init__(self, window: QMainWindow, docks: Sequence[QAction | None]) -> None:
        super().__init__(window)
        self.file = QMenu(window)
        self.view = QMenu(window)
        self.theme = _choices(window, "theme", CHOICES)
        self.convention = _choices(window, "convention", CONVENTIONS)
        self.language = _choices(window, "language", _LANGUAGES)
        self.demo = QAction(window)
        self.quit = QAction(window)
        self.quit.setShortcut(QKeySequence(QKeySequence.StandardKey.Quit))
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.search = QAction(window)
        self.search.setShortcut(QKeySequence(QKeySequence.StandardKey.Find))
        self.file.addActions((self.demo, self.quit))
        self.view.addAction(self.search)
        self.view.addSeparator()
        self.view.addMenu(self.theme)
        self.view.addMenu(self.convention)
        self.view.addMenu(self.language)
        self.view.addSeparator()
        self.view.addActions(action for action in docks if action is not None)
        bar = window.menuBar()
        if bar is not None:
            bar.addMenu(self.file)
            bar.addMenu(self.view)
        self.theme.triggered.connect(self._on_theme)
        self.convention.triggered.connect(self._on_convention)
        self.language.triggered.connect(self._on_language)

    def set_texts(self, text: Callable[[str], str]) -> None:
        """Label everything in the language of ``text``, which looks up a key."""
        self.file.setTitle(text("viewer.file"))
        self.view.setTitle(text("viewer.view"))
        self.demo.setText(text("viewer.open_demo"))
        self.quit.setText(text("viewer.quit"))
        self.search.setText(text("viewer.search"))
        for menu in (self.theme, self.convention, self.language):
            menu.setTitle(text(f"viewer.{menu.objectName()}"))
            for action in menu.actions():
                action.setText(text(f"viewer.{menu.objectName()}_{action.data()}"))

    def check(self, look: Look, language: str) -> None:
        """Mark what is chosen."""
        chosen = (self.theme, look.theme), (self.convention, look.convention)
        for menu, choice in (*chosen, (self.language, language)):
            for action in menu.actions():
                action.setChecked(action.data() == choice)

    def _on_theme(self, action: QAction) -> None:
        self.themeChosen.emit(action.data())

    def _on_convention(self, action: QAction) -> None:
        self.conventionChosen.emit(action.data())

    def _on_language(self, action: QAction) -> None:
        self.languageChosen.emit(action.data())


def _choices(window: QMainWindow, name: str, choices: Sequence[str]) -> QMenu:
    menu = QMenu(window)
    menu.setObjectName(name)
    group = QActionGroup(menu)
    for choice in choices:
        action = QAction(menu)
        action.setData(choice)
        action.setCheckable(True)
        group.addAction(action)
        menu.addAction(action)
    return menu
