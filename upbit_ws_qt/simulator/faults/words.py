"""Written words as the values that an annotation allows. Pure."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, Literal

from upbit_ws_qt.errors import InvalidRequest

__all__ = ["value_of"]

_SWITCH = {"on": True, "true": True, "off": False, "false": False}
_READERS: dict[type, tuple[str, Callable[[str], Any]]] = {
    bool: ("'on' or 'off'", lambda word: _SWITCH[word.lower()]),
    int: ("a whole number", int),
    float: ("a number", float),
    str: ("a word", str),
}


def value_of(name: str, annotation: Any, word: str) -> Any:
    """The value that ``word`` stands for; an empty word is None where that is allowed.

    Args:
        name: what messages call it.
        annotation: ``bool``, ``int``, ``float``, ``str``, literal words, None, or a union of them.
        word: as it was typed.

    Raises:
        InvalidRequest: with what was expected and what came.
    """
    expected: list[str] = []
    for choice in _choices(annotation):
        if choice is types.NoneType:
            if not word:
                return None
            expected.append("nothing")
        elif choice in _READERS:
            described, read = _READERS[choice]
            try:
                return read(word)
            except (ValueError, KeyError):
                expected.append(described)
        elif choice == word:
            return word
        else:
            expected.append(repr(choice))
    raise InvalidRequest(f"{name} is {' or '.join(expected)}; got {word!r}")


def _choices(annotation: Any) -> list[Any]:
    """The types and literal words of an annotation, unions resolved."""
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return list(typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return [choice for part in typing.get_args(annotation) for choice in _choices(part)]
    return [annotation]
