"""What may not outlive a test: windows, timers, notifiers, tasks; and who holds it. Qt."""
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# The collector hands out objects of any type.

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import types
import weakref
from collections.abc import Iterator
from typing import Any, TypeAlias

from PyQt6 import sip
from PyQt6.QtCore import (
    QAbstractEventDispatcher,
    QCoreApplication,
    QEvent,
    QObject,
    QSocketNotifier,
    QTimer,
)
from PyQt6.QtWidgets import QApplication, QWidget

__all__ = ["Known", "alive", "report_survivors", "set_older_objects_aside"]

#: What may go on living, by address; a window's wrapper may not live, so it has no reference.
Known: TypeAlias = dict[int, weakref.ref[Any] | None]


@functools.cache
def set_older_objects_aside() -> None:
    """Once, before the first check: a scan then sees only what tests made, in microseconds."""
    gc.collect()
    gc.freeze()


def _let_things_die() -> None:
    for _ in range(3):
        if QCoreApplication.instance() is not None:
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()


def alive() -> Known:
    """What is alive now of all that may not outlive a test."""
    return {
        _address(thing): None if why == "window" else weakref.ref(thing)
        for thing, why in _candidates()
    }


def report_survivors(before: Known) -> str:
    """Let what is dying die, then name what stays and who holds it; empty where nothing does.

    What is reported is also ended, so that the next test does not pay for it.
    """
    if _survivors(before):
        _let_things_die()
    leaked = _survivors(before)
    if not leaked:
        return ""
    gc.unfreeze()  # frozen objects are invisible to get_referrers
    set_older_objects_aside.cache_clear()
    text = "\n".join(_description(thing, why) for thing, why in leaked)
    for thing, _ in leaked:
        _end(thing)
    return text


def _survivors(before: Known) -> list[tuple[Any, str]]:
    survivors: list[tuple[Any, str]] = []
    for thing, why in _candidates():
        known = _address(thing) in before
        reference = before.get(_address(thing))
        if not known or (reference is not None and reference() is not thing):
            survivors.append((thing, why))
    return survivors


def _address(thing: Any) -> int:
    if isinstance(thing, sip.simplewrapper):
        # PyQt6's stubs give it no result.
        address: Any = sip.unwrapinstance(thing)  # type: ignore[func-returns-value]
        return int(address)
    return id(thing)


def _candidates() -> Iterator[tuple[Any, str]]:
    if isinstance(QApplication.instance(), QApplication):
        for window in QApplication.topLevelWidgets():
            # Qt keeps one tool tip window for itself.
            if window.parent() is None and not window.inherits("QTipLabel"):
                yield window, "window"
    watched = (QObject, asyncio.Task)
    kinds: dict[type[Any], bool] = {}
    for thing in gc.get_objects():
        kind = type(thing)
        if kind not in kinds:
            kinds[kind] = issubclass(kind, watched)
        if kinds[kind] and (why := _activity(thing)):
            yield thing, why


def _activity(thing: QObject | asyncio.Task[Any]) -> str:
    if isinstance(thing, asyncio.Task):
        return "" if thing.done() else "pending task"
    if sip.isdeleted(thing):
        return ""
    if isinstance(thing, QSocketNotifier):
        return "enabled notifier" if thing.isEnabled() else ""
    if isinstance(thing, QTimer):
        return "active timer" if thing.isActive() else ""
    dispatcher = QAbstractEventDispatcher.instance()
    has_timer = dispatcher is not None and dispatcher.registeredTimers(thing)
    return "object with a running timer" if has_timer else ""


def _end(thing: Any) -> None:
    if isinstance(thing, QTimer):
        thing.stop()
    elif isinstance(thing, QSocketNotifier):
        thing.setEnabled(False)
    elif isinstance(thing, QWidget):
        thing.close()
        thing.deleteLater()


def _description(thing: Any, why: str) -> str:
    name = f" {thing.objectName()!r}" if isinstance(thing, QObject) and thing.objectName() else ""
    what = repr(thing) if why == "pending task" else f"{type(thing).__qualname__}{name}"
    held = sorted(set(_holders(thing, depth=5))) or [
        "nothing in Python: a C++ parent, a connected lambda or Qt itself"
    ]
    return "\n".join([f"  {why}: {what}", *(f"    held by {holder}" for holder in held)])


def _holders(thing: Any, depth: int) -> Iterator[str]:
    """Name who refers to ``thing``, through containers and callables up to ``depth`` levels."""
    mine = {id(frame) for frame in _own_frames()}
    for referrer in gc.get_referrers(thing):
        if id(referrer) in mine or isinstance(referrer, _NOT_HOLDERS):
            continue
        if isinstance(referrer, types.FrameType):
            code = referrer.f_code
            yield f"a local of {code.co_qualname} ({code.co_filename}:{referrer.f_lineno})"
        elif isinstance(referrer, dict) and "__name__" in referrer and "__spec__" in referrer:
            yield f"name {_key(referrer, thing)!r} of module {referrer['__name__']}"
        elif isinstance(referrer, dict) and (owner := _owner(referrer)) is not None:
            yield f"attribute {_key(referrer, thing)!r} of {type(owner).__qualname__}"
        elif isinstance(referrer, _PASSED_THROUGH):
            label = _label(referrer, thing)
            outer = sorted(set(_holders(referrer, depth - 1))) if depth > 1 else []
            yield from (f"{label} < {holder}" for holder in outer)
            # Lists and tuples that nothing holds are the ones this function works with.
            if not outer and not isinstance(referrer, list | tuple):
                yield label
        elif attribute := _attribute(referrer, thing):
            yield f"attribute {attribute!r} of {type(referrer).__qualname__}"
        else:
            yield f"{type(referrer).__qualname__} object"


_NOT_HOLDERS: tuple[type[Any], ...] = (types.GeneratorType, weakref.ref, type(iter([])))
_PASSED_THROUGH = (
    dict,
    list,
    tuple,
    set,
    types.CellType,
    types.MethodType,
    types.BuiltinMethodType,
    types.FunctionType,
    functools.partial,
)


def _own_frames() -> Iterator[types.FrameType]:
    frame = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def _owner(attributes: dict[Any, Any]) -> Any:
    """The object whose attributes these are, or None."""
    for candidate in gc.get_referrers(attributes):
        if getattr(candidate, "__dict__", None) is attributes:
            return candidate
    return None


def _attribute(owner: Any, thing: Any) -> str:
    slots = [slot for kind in type(owner).__mro__ for slot in getattr(kind, "__slots__", ())]
    names = [*getattr(owner, "__dict__", ()), *slots]
    return next((name for name in names if getattr(owner, name, None) is thing), "")


def _label(referrer: Any, thing: Any) -> str:
    match referrer:
        case types.CellType():
            return "closure"
        case types.MethodType() | types.BuiltinMethodType():
            return f"bound method {referrer.__qualname__}"
        case types.FunctionType():
            return f"function {referrer.__qualname__}"
        case dict():
            return f"key {_key(referrer, thing)!r}"
        case _:
            return type(referrer).__name__


def _key(mapping: dict[Any, Any], thing: Any) -> Any:
    return next((key for key, value in mapping.items() if value is thing), None)
