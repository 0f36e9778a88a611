"""The colours of a chart's own menus, dialogs and tables: its theme as a palette. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtGui import QPalette

from upbit_ws_qt_widgets.theme import Theme

__all__ = ["themed"]

_ROLE = QPalette.ColorRole


def themed(host: QPalette, theme: Theme) -> QPalette:
    """``host`` in the colours of ``theme``.

    A palette and not a style sheet: marks, arrows and scroll bars stay the system's own.
    """
    made, disabled = QPalette(host), QPalette.ColorGroup.Disabled
    for role, colour in (
        (_ROLE.Window, theme.background),
        (_ROLE.WindowText, theme.text),
        (_ROLE.Base, theme.panel),
        (_ROLE.AlternateBase, theme.background),
        (_ROLE.Text, theme.text),
        (_ROLE.Button, theme.panel),
        (_ROLE.ButtonText, theme.text),
        (_ROLE.ToolTipBase, theme.panel),
        (_ROLE.ToolTipText, theme.text),
        (_ROLE.PlaceholderText, theme.sub_text),
        (_ROLE.Light, theme.panel),
        (_ROLE.Midlight, theme.line),
        (_ROLE.Mid, theme.line),
        (_ROLE.Dark, theme.sub_text),
        (_ROLE.Highlight, theme.accent),
        (_ROLE.HighlightedText, theme.background),
    ):
        made.setColor(role, colour)
    for role in (_ROLE.WindowText, _ROLE.Text, _ROLE.ButtonText):
        made.setColor(disabled, role, theme.crosshair)
    return made
