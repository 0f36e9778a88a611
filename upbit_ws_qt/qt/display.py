"""Whether Qt can open windows here, asked before it would abort the process. Qt.

Without a display Qt ends the process and nothing can be caught, so it is asked beforehand.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PyQt6.QtCore import QLibraryInfo

__all__ = ["display_problem"]

_REMEDY = (
    "run it in a desktop session, or without a screen with QT_QPA_PLATFORM=offscreen "
    "(on Debian and Ubuntu `make deps` installs what Qt needs)"
)


def display_problem(
    environment: Mapping[str, str] | None = None, arguments: Sequence[str] | None = None
) -> str | None:
    """Say in one line why Qt could not open a window and what to do; None where it can.

    Looks at ``QT_QPA_PLATFORM``, ``DISPLAY``, ``WAYLAND_DISPLAY`` and the option ``-platform``,
    as Qt does, at the libraries that Qt's X11 plugin needs, and whether an X server answers.
    Windows and macOS always have a display.
    """
    if sys.platform in ("win32", "darwin"):
        return None
    values = os.environ if environment is None else environment
    names = _platforms(values, sys.argv if arguments is None else arguments)
    x11 = bool(values.get("DISPLAY"))
    wayland = bool(values.get("WAYLAND_DISPLAY") or values.get("WAYLAND_SOCKET"))
    if names and not all(_needs_display(name) for name in names):
        return None
    if not x11 and not wayland:
        return f"there is no display (DISPLAY and WAYLAND_DISPLAY are not set); {_REMEDY}"
    wants_x11 = x11 and (not names or "xcb" in names)
    if not wants_x11 or wayland:
        return None
    if library := _missing_library():
        return f"Qt cannot use the display because {library} is missing; {_REMEDY}"
    if not _answers(values["DISPLAY"]):
        return f"the display {values['DISPLAY']} does not answer; {_REMEDY}"
    return None


def _platforms(values: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
    chosen = values.get("QT_QPA_PLATFORM", "")
    for option, value in itertools.pairwise(arguments):
        if option in ("-platform", "--platform"):
            chosen = value
    return [name.partition(":")[0] for name in chosen.split(";") if name]


def _needs_display(name: str) -> bool:
    return name == "xcb" or name.startswith("wayland")


def _missing_library() -> str:
    """The shared library that Qt's X11 plugin lacks; empty where it can be loaded."""
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    plugin = plugins / "platforms" / "libqxcb.so"
    if not plugin.is_file():
        return ""  # a Qt built in another way; it knows better
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        # It reads "NAME: cannot open shared object file: No such file or directory".
        return Path(str(error).partition(":")[0]).name
    return ""


def _answers(display: str) -> bool:
    """Whether an X server listens there; DISPLAY often outlives it, in a terminal left open."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt brings its own; it knows better
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed
