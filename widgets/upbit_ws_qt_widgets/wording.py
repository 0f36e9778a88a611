"""Errors in the words and the language of the people who read them. Pure."""

from __future__ import annotations

from upbit_ws_qt_resources import translations

__all__ = ["ErrorNote", "error_text"]

#: What is kept of an error: its class and message. The error itself would keep its traceback, and
#: that the widget it was raised in.
ErrorNote = tuple[type[BaseException], str]


def error_text(error: BaseException | ErrorNote | None, language: str) -> str:
    """What to show of an error in ``ko`` or ``en``: by its kind, else its own message."""
    if error is None:
        return ""
    kind, message = error if isinstance(error, tuple) else (type(error), str(error))
    texts = translations(language)
    for family in kind.__mro__:
        if (text := texts.get(f"error.{family.__name__}")) is not None:
            return text.format(message=message)
    return message or kind.__name__
