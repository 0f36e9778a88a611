"""All cases, by subject, in the order in which they run. Pure."""

from __future__ import annotations

from types import ModuleType

from . import (
    account,
    candles,
    errors,
    handshake,
    history,
    limits,
    numbers,
    orders,
    quotation,
    refusals,
    requests,
    streams,
)
from .case import Case

__all__ = ["CASES"]

# The limits come last: after them an address is blocked for a while.
_SUBJECTS: tuple[ModuleType, ...] = (
    handshake,
    requests,
    streams,
    candles,
    errors,
    quotation,
    history,
    numbers,
    account,
    orders,
    refusals,
    limits,
)

CASES: tuple[Case, ...] = tuple(
    found for module in _SUBJECTS for found in vars(module).values() if isinstance(found, Case)
)
