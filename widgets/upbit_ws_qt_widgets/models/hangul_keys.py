"""Which letter key was pressed while a Korean keyboard writes Hangul. Pure.

Where nothing is written a letter is a command, and its key is meant, whatever the keyboard writes
just then. With the two-set layout (두벌식, KS X 5002) switched on, a key press may arrive with the
letter's Hangul sign as its text and that sign's code, or none, as its key.
"""

from __future__ import annotations

__all__ = ["latin_text", "letter_key"]

_ROWS = (
    ("QWERTYUIOP", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ"),
    ("ASDFGHJKL", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ"),
    ("ZXCVBNM", "ㅋㅌㅊㅍㅠㅜㅡ"),
    # With Shift, where that writes something else.
    ("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ"),
)
_KEYS = {
    ord(sign): ord(letter)
    for letters, signs in _ROWS
    for letter, sign in zip(letters, signs, strict=True)
}


def letter_key(key: int, text: str) -> int:
    """The code of the letter key that was pressed, in Qt's numbers (those of ``A`` to ``Z``).

    A key that is no letter, or has its code already, is returned as it is.

    Args:
        key: the code that the key press came with.
        text: what it would write.
    """
    if 0 < key < 0x80:
        return key
    by_code = _KEYS.get(key, key)
    return _KEYS.get(ord(text), by_code) if len(text) == 1 else by_code


def latin_text(text: str) -> str:
    """What the same keys write on a Latin layout: ``ㅠㅅㅊ`` is ``BTC``. The rest stays."""
    return text.translate(_KEYS)
