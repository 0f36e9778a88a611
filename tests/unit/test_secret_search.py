"""The search for secrets finds them in every disguise, and nothing where there is none."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.secret_search import find_secrets, forms, written_below

SECRET = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9n"
ODD = 'pass"word/with+odd=letters\\and ümlaut'
#: The last two letters of the alphabets, in which they differ, come in it at every alignment.
TWO_ALPHABETS = "~~~???~~~???>>>ooo~?~?~?"

DISGUISES: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "in JSON": lambda secret: json.dumps({"key": secret}).encode(),
    "hex": lambda secret: secret.encode().hex().encode(),
    "upper hex": lambda secret: secret.encode().hex().upper().encode(),
    "in a path": lambda secret: quote(secret, safe="").encode(),
    "all in percents": lambda secret: "".join(f"%{b:02X}" for b in secret.encode()).encode(),
    "all in small percents": lambda secret: "".join(f"%{b:02x}" for b in secret.encode()).encode(),
    "in the repr of bytes": lambda secret: repr(secret.encode()).encode(),
    "cut off": lambda secret: secret.encode()[:20] + b"...",
    "its end": lambda secret: b"..." + secret.encode()[-14:],
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_secret_is_found_in_every_disguise(disguise: str) -> None:
    hidden = b"before " + DISGUISES[disguise](SECRET) + b" after"
    (line,) = find_secrets({"the key": SECRET}, {"the log": hidden})
    assert line.startswith("the key ")
    assert "in the log" in line
    assert SECRET not in line


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", [SECRET, SECRET[1:], SECRET[2:], ODD, TWO_ALPHABETS])
def test_base64_is_found_at_every_alignment(
    before: int, after: int, encode: Callable[[bytes], bytes], secret: str
) -> None:
    whole = b'\xff\x5a\x00{"a"}'[:before] + secret.encode() + b'\xfe,"n"'[:after]
    assert find_secrets({"the key": secret}, {"the token": encode(whole)})


def test_a_secret_of_odd_letters_is_found_as_urls_and_json_write_it() -> None:
    for text in (quote(ODD, safe=""), json.dumps(ODD), repr({"a": 1}) + ODD):
        assert find_secrets({"the key": ODD}, {"the log": text})
    assert quote_plus(ODD) != quote(ODD, safe=""), "a form's spelling of the blank is another"


def test_nothing_is_found_where_there_is_nothing() -> None:
    other = SECRET.swapcase()
    everything = b"\n".join([*(make(other) for make in DISGUISES.values()), b"x" * 10_000])
    assert find_secrets({"the key": SECRET}, {"the log": everything}) == []
    assert find_secrets({"the key": SECRET}, {"the log": SECRET[:11]}) == []
    assert find_secrets({}, {"the log": SECRET}) == []


def test_what_is_too_short_to_be_recognised_is_refused() -> None:
    with pytest.raises(ValueError, match="12 characters"):
        forms("short")


def test_each_secret_and_each_place_is_told() -> None:
    second = SECRET[::-1]
    places: dict[str, str | bytes] = {"the log": f"{SECRET} {second}", "a file": SECRET.encode()}
    lines = find_secrets({"first": SECRET, "second": second}, places)
    assert [line.split(",")[0] for line in lines] == [
        "first as it is in the log",
        "first as it is in a file",
        "second as it is in the log",
    ]


def test_files_are_read_in_all_folders_below(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "state.json").write_text(SECRET, encoding="utf-8")
    (tmp_path / "picture.bin").write_bytes(b"\x00\xff" + SECRET.encode())
    written = written_below([tmp_path])
    assert sorted(Path(path).name for path in written) == ["picture.bin", "state.json"]
    assert len(find_secrets({"the key": SECRET}, written)) == 2
