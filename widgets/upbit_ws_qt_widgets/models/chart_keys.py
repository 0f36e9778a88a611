"""Which key does what to the view of a chart. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import cast

from upbit_ws_qt.errors import InvalidRequest

__all__ = ["DEFAULT_KEYS", "ChartKey", "KeyTable"]


class ChartKey(enum.StrEnum):
    """What a key asks for."""

    OLDER = "older"
    NEWER = "newer"
    PAGE_OLDER = "page_older"
    PAGE_NEWER = "page_newer"
    OLDEST = "oldest"
    LATEST = "latest"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    RESET = "reset"
    CLOSE_PANE = "close_pane"
    CROSSHAIR_OLDER = "crosshair_older"
    CROSSHAIR_NEWER = "crosshair_newer"
    CROSSHAIR_UP = "crosshair_up"
    CROSSHAIR_DOWN = "crosshair_down"
    CROSSHAIR_OFF = "crosshair_off"


DEFAULT_KEYS: Mapping[ChartKey, tuple[str, ...]] = {
    ChartKey.OLDER: ("Left",),
    ChartKey.NEWER: ("Right",),
    ChartKey.PAGE_OLDER: ("PgUp",),
    ChartKey.PAGE_NEWER: ("PgDown",),
    ChartKey.OLDEST: ("Home",),
    ChartKey.LATEST: ("End",),
    ChartKey.ZOOM_IN: ("+", "="),
    ChartKey.ZOOM_OUT: ("-",),
    ChartKey.RESET: ("0",),
    ChartKey.CLOSE_PANE: ("Del", "Backspace"),
    ChartKey.CROSSHAIR_OLDER: ("Ctrl+Left",),
    ChartKey.CROSSHAIR_NEWER: ("Ctrl+Right",),
    ChartKey.CROSSHAIR_UP: ("Ctrl+Up",),
    ChartKey.CROSSHAIR_DOWN: ("Ctrl+Down",),
    ChartKey.CROSSHAIR_OFF: ("Esc",),
}
"""The names of keys are Qt's portable ones."""


# State: the keys of each action, and the action of each key.
class KeyTable:
    """The keys of one chart; each does one thing."""

    def __init__(self) -> None:
        self._keys = dict(DEFAULT_KEYS)
        self._actions = _actions_of(self._keys)

    @property
    def keys(self) -> Mapping[ChartKey, tuple[str, ...]]:
        """The keys of each action."""
        return self._keys

    def action(self, key: str) -> ChartKey | None:
        """What a key does."""
        return self._actions.get(key)

    def bind(self, action: ChartKey, keys: Sequence[str]) -> None:
        """Let these keys, and no others, do something; what they did before they do no more."""
        taken = {
            one: tuple(key for key in had if key not in keys) for one, had in self.keys.items()
        }
        self._keys = {**taken, action: tuple(keys)}
        self._actions = _actions_of(self._keys)

    def saved(self) -> dict[str, list[str]]:
        """What differs from the usual keys, as plain data."""
        return {
            action.value: list(keys)
            for action, keys in self._keys.items()
            if keys != DEFAULT_KEYS[action]
        }

    @staticmethod
    def checked(saved: object) -> dict[ChartKey, tuple[str, ...]]:
        """All keys, as ``saved`` says.

        Raises:
            InvalidRequest: it is not what ``saved()`` gives.
        """
        found = dict(DEFAULT_KEYS)
        if not isinstance(saved, dict):
            raise InvalidRequest(f"lists of keys by their action are expected; got {saved!r}")
        for name, keys in cast("dict[object, object]", saved).items():
            action = KeyTable.action_named(name)
            if not isinstance(keys, list) or not all(
                isinstance(key, str) for key in cast("list[object]", keys)
            ):
                raise InvalidRequest(f"a list of keys is expected for {name!r}; got {keys!r}")
            found[action] = tuple(cast("list[str]", keys))
        if len(_actions_of(found)) < sum(map(len, found.values())):
            raise InvalidRequest(f"a key can do one thing only; got {saved!r}")
        return found

    @staticmethod
    def action_named(name: object) -> ChartKey:
        """The action of this name.

        Raises:
            InvalidRequest: there is none.
        """
        if not isinstance(name, str) or name not in list(ChartKey):
            expected = ", ".join(ChartKey)
            raise InvalidRequest(f"no key does {name!r}; the actions are {expected}")
        return ChartKey(name)

    def restore(self, keys: Mapping[ChartKey, tuple[str, ...]]) -> None:
        """Take what ``checked`` gave."""
        self._keys = dict(keys)
        self._actions = _actions_of(self._keys)


def _actions_of(keys: Mapping[ChartKey, tuple[str, ...]]) -> dict[str, ChartKey]:
    return {key: action for action, found in keys.items() for key in found}
