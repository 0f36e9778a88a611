"""Icons, themes and translations, as data."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["icon_bytes", "themes", "translations"]


@cache
def themes() -> dict[str, dict[str, dict[str, str]]]:
    """The colours of every theme by name, as role to ``#RRGGBB``.

    ``common`` has what does not depend on a direction; beside it stands one entry for each colour
    convention, ``korean`` (up red, down blue) and ``western`` (up green, down red), with the rest.
    Where colour-blind people must tell them apart, the two are orange and blue.
    """
    colours: dict[str, dict[str, dict[str, str]]] = _load("themes.json")
    return colours


@cache
def translations(language: str) -> dict[str, str]:
    """The texts of a language (``ko`` or ``en``) by key."""
    texts: dict[str, str] = _load(f"texts_{language}.json")
    return texts


def icon_bytes(name: str) -> bytes:
    """The bytes of an icon file, such as ``upbit-ws-qt.svg``."""
    return files(__name__).joinpath(name).read_bytes()


def _load(name: str) -> Any:
    return json.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
