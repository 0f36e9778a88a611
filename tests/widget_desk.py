"""What tests of every widget need: its menu, a form of Designer, places in a window. Tests only."""

from __future__ import annotations

from typing import TypeVar

from PyQt6 import uic
from PyQt6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, Qt
from PyQt6.QtGui import QAction, QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QMenu,
    QSplitter,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

PLACES = ("central", "dock", "tab", "splitter")

_W = TypeVar("_W", bound=QWidget)
_TAGS = {bool: "bool", int: "number", float: "double", str: "string"}


def entries(menu: QMenu) -> dict[str, QAction]:
    """The entries of a menu by their texts without keys, those of menus inside it by their path."""
    found: dict[str, QAction] = {}
    for action in menu.actions():
        name = action.text().partition("\t")[0]
        inner = action.menu()
        if inner is not None:
            found.update({f"{name}/{path}": entry for path, entry in entries(inner).items()})
        elif name:
            found[name] = action
    return found


def clipboard() -> str:
    board = QApplication.clipboard()
    assert board is not None
    return board.text()


def hangul_key(
    widget: QWidget,
    sign: str,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    *,
    key: int | None = None,
) -> bool:
    """Press a key as it comes where a Korean keyboard writes Hangul; returns whether it was taken.

    Its code is that of the sign, or ``key``.
    """
    text = "" if modifiers & Qt.KeyboardModifier.ControlModifier and key is None else sign
    event = QKeyEvent(QEvent.Type.KeyPress, ord(sign) if key is None else key, modifiers, text)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def promoted(qtbot: QtBot, kind: type[_W], **properties: bool | float | str) -> _W:
    """A widget that a form of Designer was promoted to, with these dynamic properties."""
    lines = ""
    for name, value in properties.items():
        tag, text = _TAGS[type(value)], str(value)
        text = text.lower() if isinstance(value, bool) else text
        lines += f'<property name="{name}" stdset="0"><{tag}>{text}</{tag}></property>'
    written = f"""<?xml version="1.0" encoding="UTF-8"?>
        <ui version="4.0"><class>Form</class>
         <widget class="QWidget" name="Form">
          <layout class="QVBoxLayout" name="layout">
           <item><widget class="{kind.__name__}" name="promoted">{lines}</widget></item>
          </layout>
         </widget>
         <customwidgets><customwidget>
          <class>{kind.__name__}</class><extends>QWidget</extends>
          <header>{kind.__module__}</header>
         </customwidget></customwidgets>
        </ui>"""
    buffer = QBuffer()
    buffer.setData(QByteArray(written.strip().encode()))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    form = uic.loadUi(buffer)
    made = form.promoted
    assert isinstance(made, kind)
    made.setParent(None)  # it stays when the form goes
    qtbot.addWidget(made)
    return made


def window_with(qtbot: QtBot, widget: QWidget, place: str) -> QMainWindow:
    """A window on screen with a widget in one of ``PLACES``; keep it as long as the widget."""
    window = QMainWindow()
    qtbot.addWidget(window)
    if place == "dock":
        dock = QDockWidget(window)
        dock.setWidget(widget)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    elif place == "tab":
        tabs = QTabWidget()
        tabs.addTab(widget, "it")
        window.setCentralWidget(tabs)
    elif place == "splitter":
        splitter = QSplitter()
        splitter.addWidget(widget)
        window.setCentralWidget(splitter)
    else:
        window.setCentralWidget(widget)
    window.resize(900, 700)
    with qtbot.waitExposed(window):
        window.show()
    return window
