"""Faults as text: single commands, and scripts that give each one its time. Pure.

A command is the name of a method of :class:`Faults` and its arguments, in order or by name, and
may say how long it lasts::

    refuse 429 both times=5 retry_after_s=2
    silence ticker KRW-BTC for 10

In a script each line begins with a time in seconds: ``12.5`` since the script began, or ``+3``
since the line before. ``#`` begins a comment.
"""

from __future__ import annotations

import heapq
import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

from upbit_ws_qt.errors import InvalidRequest, LocalError

from .faults import AT_ONCE, LASTING, Faults
from .words import value_of

__all__ = ["Command", "Script", "Timeline", "parse_command"]

_CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Command:
    """One call of a method of ``Faults``; ``lasts_s`` is None where it is not to be cleared."""

    name: str
    values: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()
    lasts_s: float | None = None

    def run(self, faults: Faults) -> None:
        """Do it.

        Raises:
            InvalidRequest: an argument is out of its range.
        """
        getattr(faults, self.name)(*self.values, **dict(self.named))


def parse_command(text: str) -> Command:
    """Read one command; everything that can be wrong with it is found here.

    Raises:
        InvalidRequest: with what was expected and what came.
    """
    words = text.split()
    names = (*AT_ONCE, *LASTING, _CLEAR)
    if not words or words[0] not in names:
        came = repr(words[0]) if words else "nothing"
        raise InvalidRequest(f"expected one of {', '.join(sorted(names))}; got {came}")
    name, rest = words[0], words[1:]
    lasts_s = None
    if "for" in rest:
        after = rest[rest.index("for") + 1 :]
        rest = rest[: rest.index("for")]
        if name not in LASTING:
            raise InvalidRequest(f"{name} is over at once and cannot last; leave 'for' out")
        if len(after) != 1:
            raise InvalidRequest(f"expected one number of seconds after 'for'; got {after!r}")
        lasts_s = _seconds(after[0])
    command = Command(name, *_arguments(name, rest), lasts_s)
    command.run(Faults((), _NoLevers()))
    return command


@dataclass(frozen=True, slots=True)
class Script:
    """Commands with their times, in s since the script began."""

    steps: tuple[tuple[float, Command], ...]

    @classmethod
    def parse(cls, text: str, name: str = "script") -> Self:
        """Read a script.

        Args:
            text: its lines.
            name: what messages call it.

        Raises:
            InvalidRequest: with the name, the number of the line, what was expected and what came.
        """
        steps: list[tuple[float, Command]] = []
        for number, written in enumerate(text.splitlines(), 1):
            line = written.partition("#")[0].strip()
            if not line:
                continue
            time = line.split()[0]
            try:
                before_s = steps[-1][0] if steps and time.startswith("+") else 0.0
                steps.append((before_s + _seconds(time), parse_command(line.removeprefix(time))))
            except LocalError as error:
                raise InvalidRequest(f"{name}, line {number}: {error}") from None
        return cls(tuple(steps))

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Self:
        """Read a script from a file in UTF-8.

        Raises:
            InvalidRequest: it cannot be read, or as :meth:`parse`.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise InvalidRequest(f"cannot read the script {path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise InvalidRequest(f"the script {path} is not a text in UTF-8") from None
        return cls.parse(text, str(path))


# State: the commands that are still to come, by time and, at the same time, by arrival.
class Timeline:
    """Says what is to be done when; its times are in s on its owner's clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Command]] = []
        self._numbers = itertools.count()

    @property
    def next_s(self) -> float | None:
        """When the next command is due; None when there is none."""
        return self._heap[0][0] if self._heap else None

    def add(self, at_s: float, command: Command) -> None:
        """Plan a command, and its end where it has one."""
        heapq.heappush(self._heap, (at_s, next(self._numbers), command))
        if command.lasts_s is not None:
            end = Command(_CLEAR, (command.name,))
            heapq.heappush(self._heap, (at_s + command.lasts_s, next(self._numbers), end))

    def due(self, now_s: float) -> Iterator[Command]:
        """The commands up to ``now_s``, in order; each comes once."""
        while self._heap and self._heap[0][0] <= now_s:
            yield heapq.heappop(self._heap)[2]


class _NoLevers:
    """An exchange without markets and keys: commands are tried on it before they are played."""

    def lose_streams(self, stream: str | None, code: str | None) -> None:
        """Nothing moves."""

    def stop_clock(self, on: bool) -> None:
        """Nothing moves."""

    def halt(self, code: str, on: bool) -> None:
        """Nothing moves."""

    def list_market(self, code: str) -> None:
        """Nothing moves."""

    def delist_market(self, code: str, after_s: float) -> None:
        """Nothing moves."""

    def expire_key(self) -> None:
        """Nothing moves."""


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise InvalidRequest(f"expected a time in seconds, such as 12.5; got {word!r}")
    return seconds


def _arguments(name: str, words: list[str]) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    """The arguments of a method in order and by name."""
    if name == _CLEAR:
        return tuple(words), ()
    method = inspect.signature(getattr(Faults, name), eval_str=True)
    annotations = {
        parameter.name: parameter.annotation
        for parameter in method.parameters.values()
        if parameter.name != "self"
    }
    values: list[Any] = []
    named: dict[str, Any] = {}
    in_order = iter(annotations)
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            if named:
                raise InvalidRequest(f"expected name=value after {list(named)[-1]}=; got {word!r}")
            key, value = next(in_order, ""), word
        if key not in annotations or key in named:
            takes = ", ".join(annotations) or "no arguments"
            raise InvalidRequest(f"{name} takes {takes}; got {word!r}")
        parsed = value_of(key, annotations[key], value)
        if equals:
            named[key] = parsed
        else:
            values.append(parsed)
    missing = [
        key
        for key in list(annotations)[len(values) :]
        if key not in named and method.parameters[key].default is inspect.Parameter.empty
    ]
    if missing:
        raise InvalidRequest(f"{name} needs {missing[0]}; got nothing for it")
    twice = [key for key in list(annotations)[: len(values)] if key in named]
    if twice:
        raise InvalidRequest(f"{name} takes {twice[0]} once; got it twice")
    return tuple(values), tuple(named.items())
