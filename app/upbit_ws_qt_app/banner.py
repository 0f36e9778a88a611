"""A line across the window while the exchange cannot be reached, with a way out. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

__all__ = ["OfflineBanner"]


# State: what its label and button say.
class OfflineBanner(QWidget):
    """Says what is wrong and when it is tried again, and offers the demo.

    Signals:
        demoAsked(): the user wants the demo.
    """

    demoAsked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QPushButton(self)
        self.button.clicked.connect(self.demoAsked)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 5, 10, 5)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def say(self, text: str, demo: str) -> None:
        """Show ``text``; ``demo`` labels the button."""
        if text != self.label.text():
            self.label.setText(text)
            self.label.setToolTip(text)
        self.button.setText(demo)
