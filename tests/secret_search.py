"""Looks for a secret in whatever a program printed or wrote, however it is spelt there. Tests only.

A key leaks as it is, but also inside of something else: in the base64 of a token's claims (where it
may begin at any of three bits), in a dump of bytes, in a URL, or cut short by whoever wrote it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

__all__ = ["find_secrets", "forms", "written_below"]

#: A piece of so many characters is a leak as well: the rest can be guessed or is elsewhere.
_PIECE = 12
_CONTEXT = 40


def forms(secret: str) -> dict[str, bytes]:
    """The spellings of a secret by their names, at least those it can be recognised in.

    Raises:
        ValueError: it is too short to be told from other text.
    """
    if len(secret) < _PIECE:
        raise ValueError(f"a secret has at least {_PIECE} characters; got {len(secret)}")
    raw = secret.encode()
    spelt = {
        "as it is": raw,
        "escaped in JSON": json.dumps(secret)[1:-1].encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "percent-encoded": quote(secret, safe="").encode(),
        "percent-encoded throughout": b"".join(b"%%%02X" % byte for byte in raw),
        "percent-encoded in lower case": b"".join(b"%%%02x" % byte for byte in raw),
    }
    for offset in range(3):
        inner = _base64_inside(raw, offset)
        spelt[f"base64 from byte {offset}"] = inner
        spelt[f"URL-safe base64 from byte {offset}"] = inner.translate(_URL_SAFE)
    for start in range(len(secret) - _PIECE + 1):
        spelt[f"a piece from character {start}"] = secret[start : start + _PIECE].encode()
    return spelt


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64_inside(raw: bytes, offset: int) -> bytes:
    """What base64 makes of ``raw`` wherever ``offset`` bytes (modulo 3) stand before it.

    The characters at both ends that depend on what stands around are cut off.
    """
    encoded = base64.b64encode(bytes(offset) + raw).rstrip(b"=")
    shared_at_end = 1 if (offset + len(raw)) % 3 else 0
    shared_at_start = (0, 2, 3)[offset]
    return encoded[shared_at_start : len(encoded) - shared_at_end]


def find_secrets(secrets: Mapping[str, str], places: Mapping[str, str | bytes]) -> list[str]:
    """What was found where: one line for each secret in each place, without the secret itself.

    Args:
        secrets: by the name they are reported under.
        places: where to look, by name.
    """
    contents = {
        name: text.encode(errors="surrogateescape") if isinstance(text, str) else text
        for name, text in places.items()
    }
    return [
        line
        for name, secret in secrets.items()
        for place, content in contents.items()
        for line in _first_of(name, forms(secret), place, content)
    ]


def _first_of(name: str, spelt: Mapping[str, bytes], place: str, content: bytes) -> Iterator[str]:
    for form, needle in spelt.items():
        at = content.find(needle)
        if at >= 0:
            before = content[max(0, at - _CONTEXT) : at].decode(errors="replace")
            yield f"{name} {form} in {place}, after {before!r}"
            return


def written_below(folders: Iterable[Path]) -> dict[str, bytes]:
    """The contents of all files below ``folders``, by their paths."""
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
