"""How the viewer's own window looks: palette, style sheet, icon and fonts. Qt."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache

from PyQt6.QtCore import QBuffer, QByteArray, QIODevice, QLocale, QSize, Qt
from PyQt6.QtGui import (
    QColor,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QImageReader,
    QPalette,
    QPixmap,
)

from upbit_ws_qt_resources import icon_bytes
from upbit_ws_qt_widgets.theme import Look, Theme, wants_contrast

__all__ = [
    "icon",
    "palette_of",
    "resolve_language",
    "resolve_theme",
    "style_sheet_of",
    "tell_of_missing_font",
]

logger = logging.getLogger(__name__)

_ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)


def resolve_theme(look: Look) -> Theme:
    """The theme of a look; what it leaves open is as the system is."""
    hints = QGuiApplication.styleHints()
    dark = hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark
    if look.theme == "auto" and wants_contrast():
        look = replace(look, theme="high-contrast")
    # The program's own palette is what was chosen last, so the system's is made for this.
    palette = palette_of(Theme.named("dark" if dark else "light"))
    return look.colours(palette, system_contrast=False)


def resolve_language(choice: str) -> str:
    """``ko`` or ``en``; ``auto`` follows the system."""
    if choice != "auto":
        return choice
    return "ko" if QLocale().language() == QLocale.Language.Korean else "en"


def palette_of(theme: Theme) -> QPalette:
    """The palette of a whole program in this theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for key, colour in (
        (role.Window, theme.panel),
        (role.WindowText, theme.text),
        (role.Base, theme.background),
        (role.AlternateBase, theme.panel),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.sub_text),
        (role.Button, theme.panel),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.rise),
        (role.ToolTipBase, theme.background),
        (role.ToolTipText, theme.text),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.background),
        (role.Link, theme.accent),
        (role.Light, theme.background),
        (role.Midlight, theme.grid),
        (role.Mid, theme.line),
        (role.Dark, theme.line),
        (role.Shadow, theme.line),
    ):
        palette.setColor(key, colour)
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, _mixed(theme.sub_text, theme.panel))
    return palette


def style_sheet_of(theme: Theme) -> str:
    """The lines between the window's parts, and its menus; the widgets paint themselves."""
    line, panel, background = theme.line.name(), theme.panel.name(), theme.background.name()
    text, sub_text, accent = theme.text.name(), theme.sub_text.name(), theme.accent.name()
    warning, on_warning = theme.warning_background.name(), theme.warning.name()
    return (
        f"QMainWindow {{ background: {panel}; }}"
        f"QMainWindow::separator {{ background: {panel}; width: 6px; height: 6px; }}"
        f"QMainWindow::separator:hover {{ background: {line}; }}"
        f"QMenuBar {{ background: {background}; color: {text}; }}"
        "QMenuBar::item { padding: 4px 10px; background: transparent; }"
        f"QMenuBar::item:selected {{ background: {panel}; }}"
        f"QMenu {{ background: {background}; color: {text}; border: 1px solid {line}; }}"
        "QMenu::item { padding: 5px 24px 5px 28px; }"
        f"QMenu::item:selected {{ background: {panel}; color: {accent}; }}"
        f"QMenu::separator {{ height: 1px; background: {line}; margin: 4px 0; }}"
        f"QToolBar {{ background: {background}; border: 0; border-bottom: 1px solid {line};"
        " padding: 0; spacing: 0; }"
        f"QToolBar#banner {{ background: {warning}; }}"
        f"QToolBar#banner QLabel {{ color: {on_warning}; }}"
        f"QDockWidget {{ color: {sub_text}; }}"
        f"QDockWidget::title {{ background: {background}; padding: 5px 10px;"
        f" border-bottom: 1px solid {line}; }}"
        f"QStatusBar {{ background: {background}; border-top: 1px solid {line}; }}"
        f"QStatusBar QLabel {{ color: {sub_text}; padding: 1px 8px; }}"
        "QStatusBar::item { border: 0; }"
    )


def icon() -> QIcon:
    """The program's icon; without one where this Qt cannot read the format."""
    found = QIcon()
    for size in _ICON_SIZES:
        data = QByteArray(icon_bytes("upbit-ws-qt.svg"))
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        reader = QImageReader(buffer, b"svg")
        reader.setScaledSize(QSize(size, size))
        image = reader.read()
        if not image.isNull():
            found.addPixmap(QPixmap.fromImage(image))
    return found


@cache
def tell_of_missing_font() -> None:
    """Where no font has Hangul, say once what to install; the program runs all the same."""
    if not QFontDatabase.families(QFontDatabase.WritingSystem.Korean):
        logger.warning(
            "no font with Korean letters is installed, so they are drawn as boxes; "
            "on Debian and Ubuntu: sudo apt-get install fonts-nanum"
        )


def _mixed(one: QColor, other: QColor) -> QColor:
    pairs = zip(one.getRgb(), other.getRgb(), strict=True)
    return QColor(*(((first or 0) + (second or 0)) // 2 for first, second in pairs))
