"""What a conformance case is, and how it says what it expected and what came. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .client import Client

__all__ = ["Case", "Check", "Mismatch", "NotApplicable", "case", "check", "check_equal"]

Check: TypeAlias = "Callable[[Client], Awaitable[None]]"

_LONGEST_CAME = 300


class Mismatch(Exception):
    """The exchange did something else than it should."""

    def __init__(self, expected: str, came: object) -> None:
        text = came if isinstance(came, str) else repr(came)
        if len(text) > _LONGEST_CAME:
            text = f"{text[:_LONGEST_CAME]}... ({len(text)} characters)"
        super().__init__(f"expected {expected}; came {text}")


class NotApplicable(Exception):
    """A case has nothing to look at here; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Case:
    """One requirement and the check of it.

    Attributes:
        id: the subject and a short name, such as ``streams.ticker-fields``.
        requirement: one sentence.
        paragraphs: of docs/exchange.md, which name their sources.
        check: raises :class:`Mismatch` where the exchange behaves otherwise.
        key: needs an account.
        rough: what nobody should do to the real exchange: provoke limits, place orders.
        slow: takes longer than a minute.
    """

    id: str
    requirement: str
    paragraphs: tuple[str, ...]
    check: Check
    key: bool
    rough: bool
    slow: bool


def case(
    *paragraphs: str, key: bool = False, rough: bool = False, slow: bool = False
) -> Callable[[Check], Case]:
    """Make a function a case: its module and name give the id, its docstring the requirement."""

    def made(function: Check) -> Case:
        subject = function.__module__.rpartition(".")[2]
        name = function.__name__.replace("_", "-")
        requirement = (function.__doc__ or "").strip().splitlines()[0]
        return Case(f"{subject}.{name}", requirement, paragraphs, function, key, rough, slow)

    return made


def check(ok: object, expected: str, came: object) -> None:
    """Go on only if ``ok``.

    Raises:
        Mismatch: otherwise.
    """
    if not ok:
        raise Mismatch(expected, came)


def check_equal(what: str, came: object, expected: object) -> None:
    """Go on only if ``came`` equals ``expected``.

    Raises:
        Mismatch: otherwise.
    """
    check(came == expected, f"{what} {expected!r}", came)
