"""Log records as lines of JSON, and no key in any of them. No Qt, no loop.

Nothing here happens by itself: a library leaves to its program where logs go. The loggers are
``upbit_ws_qt`` and ``upbit_ws_qt_widgets`` with what is below them; what a record is about stands
beside its message as fields, such as ``connection``, ``epoch``, ``state``, ``client`` and
``error``.
"""

from __future__ import annotations

import json
import logging
import re
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from os import PathLike
from typing import Any, Protocol

__all__ = ["JsonFormatter", "KeyFilter", "Redactor", "redact", "redact_with", "to_file"]

_LOGGERS = ("upbit_ws_qt", "upbit_ws_qt_widgets", "upbit_ws_qt_app")
_SECRET_NAMES = ("access_key", "secret_key", "authorization")
#: What a record has without ``extra``; ``message`` and ``asctime`` are added by formatters.
_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}

_FORMS = (
    # Whatever stands behind the name of a secret, however it is quoted.
    (
        re.compile(
            rf"\b({'|'.join(_SECRET_NAMES)})"
            r"""(["'\\]*\s*(?:[:=]|,(?=\s*b?["']))\s*(?:b?["'\\]+)?)"""
            r"""(?:(?:Bearer|Basic)\s+)?[^\s"'\\,;&)}\]]+""",
            re.IGNORECASE,
        ),
        r"\1\2***",
    ),
    # A token after the word that announces it, and one that nothing announces.
    (re.compile(r"\b(Bearer)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "***"),
    # The exchange's keys: 40 letters and digits, and unlike a checksum of both cases.
    (re.compile(r"\b(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)[A-Za-z0-9]{40}\b"), "***"),
    # A network proxy's name and password.
    (re.compile(r"://[^\s/:@]+:[^\s/@]+@"), "://***@"),
)


class Redactor(Protocol):
    """Who knows a secret and takes it out of a text, without telling what it is."""

    def redacted(self, text: str) -> str:
        """``text`` without the secret."""
        ...


# State of this module: who is asked, while it lives. A tuple, replaced as a whole: other threads
# log while it changes.
_redactors: tuple[weakref.ref[Redactor], ...] = ()


def redact_with(redactor: Redactor) -> None:
    """Ask ``redactor`` from now on, as long as it lives."""
    global _redactors
    living = (reference for reference in _redactors if reference() is not None)
    _redactors = (*living, weakref.ref(redactor))


def redact(text: str) -> str:
    """``text`` without the keys in use, and without whatever looks like a key or a token."""
    for reference in _redactors:
        redactor = reference()
        if redactor is not None:
            text = redactor.redacted(text)
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return text


class KeyFilter(logging.Filter):
    """For a handler of your own: takes keys and tokens out of each record, lets every one pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = _message_of(record)
        safe = redact(message)
        if safe != message:
            # Records without a secret stay as they are: some handlers look at the arguments.
            record.msg, record.args = safe, None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = record.exc_text and redact(record.exc_text)
        record.stack_info = record.stack_info and redact(record.stack_info)
        given = vars(record)
        for name, safe in _fields_of(record).items():
            if str(given[name]) != str(safe):
                given[name] = safe
        return True


class JsonFormatter(logging.Formatter):
    """One line of JSON for each record, without keys and tokens.

    ``time`` (ISO 8601, UTC), ``level``, ``logger``, ``message``, then the fields that the record
    was given by ``extra``, and ``exception`` and ``stack`` where there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(_message_of(record)),
            **_fields_of(record),
        }
        if record.exc_info or record.exc_text:
            # What another handler has kept may have gone through no filter.
            text = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
            line["exception"] = redact(text)
        if record.stack_info:
            line["stack"] = redact(record.stack_info)
        return json.dumps(line, ensure_ascii=False)


def to_file(
    path: str | PathLike[str],
    level: int | str = logging.INFO,
    *,
    max_bytes: int = 10_000_000,
    kept: int = 5,
) -> Callable[[], None]:
    """Write what these packages log to a file, a line of JSON each.

    A file of ``max_bytes`` is renamed to ``path.1`` and a new one begun; ``kept`` older ones stay.
    The loggers are set to ``level`` where they would let less pass, so the program's own handlers
    may get more as well.

    Returns:
        A function that ends it and closes the file; calling it twice is harmless.

    Raises:
        OSError: the file cannot be written.
        ValueError: there is no such level.
    """
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(path, maxBytes=max_bytes, backupCount=kept, encoding="utf-8")
    try:
        handler.setLevel(level)
    except ValueError:
        handler.close()
        raise
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    former = [logger.level for logger in loggers]
    for logger in loggers:
        if logger.getEffectiveLevel() > handler.level:
            logger.setLevel(handler.level)
        logger.addHandler(handler)

    def end() -> None:
        for logger, was in zip(loggers, former, strict=True):
            if handler in logger.handlers:
                logger.setLevel(was)
                logger.removeHandler(handler)
        handler.close()

    return end


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - whatever was logged, logging it must not fail
        return f"{record.msg} {record.args!r}"


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What was given by ``extra``, as JSON knows it and without secrets."""
    fields: dict[str, Any] = {}
    for name, value in vars(record).items():
        if name in _OWN or value is None:
            continue
        if name.lower() in _SECRET_NAMES:
            fields[name] = "***"
        elif isinstance(value, bool | int | float):
            fields[name] = value
        else:
            fields[name] = redact(str(value))
    return fields
