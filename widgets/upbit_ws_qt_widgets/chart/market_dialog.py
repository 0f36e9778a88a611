"""A dialog that asks for a market and knows the ones there are. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QCompleter, QInputDialog, QLineEdit, QWidget

__all__ = ["market_dialog"]


def market_dialog(
    parent: QWidget, title: str, label: str, now: str, names: Sequence[str]
) -> QInputDialog:
    """The dialog, not yet open: connect its ``textValueSelected``. It goes when it is closed.

    Args:
        parent: what it belongs to.
        title: stands above it.
        label: says what to write.
        now: stands there at first.
        names: codes with names; those that contain what is written are offered.
    """
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setTextValue(now)
    completer = QCompleter(names, dialog)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    for edit in dialog.findChildren(QLineEdit):
        edit.setCompleter(completer)
    return dialog
