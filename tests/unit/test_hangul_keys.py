"""Letter keys while a Korean keyboard writes Hangul. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt_widgets.models.hangul_keys import latin_text, letter_key

# The three rows of a keyboard, as they are printed on Korean ones.
LATIN = "QWERTYUIOPASDFGHJKLZXCVBNM"
PLAIN = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"
SHIFTED = "ㅃㅉㄸㄲㅆㅛㅕㅑㅒㅖㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"
UNKNOWN = 0x01FFFFFF
ENTER = 0x01000005


@pytest.mark.parametrize("written", [PLAIN, SHIFTED])
@pytest.mark.parametrize("code", ["sign", "none", "unknown"])
def test_every_letter_is_known_by_what_its_key_writes(written: str, code: str) -> None:
    keys = [{"sign": ord(sign), "none": 0, "unknown": UNKNOWN}[code] for sign in written]
    pressed = [letter_key(key, sign) for key, sign in zip(keys, written, strict=True)]
    assert "".join(map(chr, pressed)) == LATIN


def test_a_sign_of_which_only_the_code_came_is_known_too() -> None:
    # With Ctrl a key press has no text, or a control character.
    assert letter_key(ord("ㅔ"), "") == ord("P")
    assert letter_key(ord("ㅔ"), "\x10") == ord("P")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (ord("P"), "p"),
        (ord("P"), "ㅔ"),  # the code is right already
        (ord("+"), "+"),
        (ord("0"), "0"),
        (ENTER, "\r"),
        (ENTER, ""),
        (0, ""),
        (UNKNOWN, "é"),
        (ord("가"), "가"),
    ],
)
def test_every_other_key_stays_what_it_is(key: int, text: str) -> None:
    assert letter_key(key, text) == key


def test_what_was_typed_is_read_as_on_a_latin_keyboard() -> None:
    assert latin_text("ㅠㅅㅊ") == "BTC"
    assert latin_text(SHIFTED) == LATIN
    assert latin_text("비트 btc 1") == "비트 btc 1"
