"""The key: never shown, whole or not at all, gone when it is deleted. Tests only."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import sys
import traceback
from typing import Any

import msgspec
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.system.credentials import Credentials

ACCESS = "ACCESS-p7Fq"
SECRET = "SECRET-9xKz"


@dataclasses.dataclass
class Careless:
    access_key: str
    secret_key: str


def ways_to_show(value: object) -> dict[str, str]:
    """Everything that writes an object down without asking it for its key."""
    ways: dict[str, Any] = {
        "repr": lambda: repr(value),
        "str": lambda: str(value),
        "format": lambda: f"{value} {value!r} {value!s:>30} {{}}",
        "percent": lambda: "%s %r" % (value, value),  # noqa: UP031
        "in a list": lambda: repr([value]),
        "in a dataclass": lambda: repr(dataclasses.make_dataclass("D", ["key"])(value)),
        "vars": lambda: repr(vars(value)),
        "asdict": lambda: repr(dataclasses.asdict(value)),  # type: ignore[call-overload]
        "replace": lambda: repr(dataclasses.replace(value)),  # type: ignore[type-var]
        "pickle": lambda: repr(pickle.dumps(value)),
        "old pickle": lambda: repr(pickle.dumps(value, protocol=0)),
        "copy": lambda: repr(vars(copy.copy(value))),
        "deepcopy": lambda: repr(vars(copy.deepcopy(value))),
        "json": lambda: json.dumps(value),
        "json by vars": lambda: json.dumps(value, default=vars),
        "msgspec": lambda: repr(msgspec.json.encode(value)),
        "getstate": lambda: repr(getattr(value, "__getstate__", lambda: None)()),
    }
    shown: dict[str, str] = {}
    for name, way in ways.items():
        try:
            shown[name] = way()
        except TypeError as error:
            shown[name] = "".join(traceback.format_exception(error))
    return shown


def test_a_key_is_never_shown() -> None:
    for name, text in ways_to_show(Credentials(ACCESS, SECRET)).items():
        assert ACCESS not in text, name
        assert SECRET not in text, name


def test_the_test_above_would_see_a_key() -> None:
    """A dataclass of two strings shows itself in most of these ways."""
    shown = ways_to_show(Careless(ACCESS, SECRET))
    assert {name for name, text in shown.items() if SECRET not in text} == {"json"}


def test_a_key_is_not_in_a_traceback() -> None:
    """Not even in one that prints the locals of every frame."""
    try:
        raise_in(Credentials(ACCESS, SECRET))
    except ZeroDivisionError:
        text = "".join(
            traceback.TracebackException(*sys.exc_info(), capture_locals=True).format()  # type: ignore[arg-type]
        )
    assert "credentials = Credentials(***)" in text
    assert ACCESS not in text
    assert SECRET not in text


def raise_in(credentials: Credentials) -> None:
    raise ZeroDivisionError(f"with {credentials}")


def test_a_key_cannot_be_pickled_or_copied() -> None:
    credentials = Credentials(ACCESS, SECRET)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="key store"):
            attempt(credentials)


def test_both_halves_are_needed() -> None:
    for access, secret in (("", SECRET), (ACCESS, ""), ("", "")):
        with pytest.raises(InvalidRequest, match="both an access key and a secret") as caught:
            Credentials(access, secret)
        assert ACCESS not in str(caught.value)
        assert SECRET not in str(caught.value)


def test_a_key_from_the_environment() -> None:
    environment = {"UPBIT_ACCESS_KEY": ACCESS, "UPBIT_SECRET_KEY": SECRET}
    credentials = Credentials.from_environment(environment)
    assert credentials is not None
    assert (credentials.access_key, credentials.secret_key) == (ACCESS, SECRET)
    assert Credentials.from_environment({}) is None
    assert Credentials.from_environment({"UPBIT_ACCESS_KEY": "", "UPBIT_SECRET_KEY": ""}) is None


@pytest.mark.parametrize("name", ["UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"])
def test_half_a_key_in_the_environment_is_an_error(name: str) -> None:
    with pytest.raises(InvalidRequest, match="set both UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY") as e:
        Credentials.from_environment({name: SECRET})
    assert SECRET not in str(e.value)


def test_the_environment_is_the_process_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)
    assert Credentials.from_environment() is None
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    credentials = Credentials.from_environment()
    assert credentials is not None
    assert credentials.secret_key == SECRET


def test_a_deleted_key_is_gone() -> None:
    credentials = Credentials("".join(["ACC", "-gone"]), "".join(["SEC", "-gone"]))
    credentials.delete()
    assert (credentials.access_key, credentials.secret_key) == ("", "")
    assert repr(credentials) == "Credentials(***)"
