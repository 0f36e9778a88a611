"""One line of JSON for each record, and a key in none of them."""

from __future__ import annotations

import gc
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt.logs import JsonFormatter, KeyFilter, redact, redact_with, to_file

# Made up, in the form of the exchange's.
ACCESS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2m"
SECRET = "zY8xW7vU6tS5rQ4pO3nM2lK1jI0hG9fE8dC7bA6z"
TOKEN = "eyJhbGciOiJIUzUxMiJ9.eyJhY2Nlc3Nfa2V5IjoiYSJ9.AbC-dEf_123"

NAME = "upbit_ws_qt.test_logs"


class Vault:
    """Knows a secret of no recognisable form."""

    def redacted(self, text: str) -> str:
        return text.replace("open sesame", "***")


def record(message: Any = "a message", *args: object, **extra: object) -> logging.LogRecord:
    made = logging.getLogger(NAME).makeRecord(
        NAME, logging.INFO, __file__, 1, message, args, None, extra=extra
    )
    made.created = 1_790_000_000.25
    return made


def failed(message: str) -> logging.LogRecord:
    made = record()
    try:
        raise ValueError(message)
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(made)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    return read


# -- taking secrets out ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (f"Authorization: Bearer {TOKEN}", "Authorization: ***"),
        (f"bearer {TOKEN}, and more", "bearer ***, and more"),
        ("Proxy-Authorization: Basic dXNlcjpwYXNz", "Proxy-Authorization: ***"),
        (f"a token {TOKEN} in a sentence", "a token *** in a sentence"),
        (f"the key is {ACCESS}.", "the key is ***."),
        ("access_key=abc&secret_key=def", "access_key=***&secret_key=***"),
        ("{'secret_key': 'abc', 'n': 1}", "{'secret_key': '***', 'n': 1}"),
        ('{"Access_Key":"abc"}', '{"Access_Key":"***"}'),
        (r'"{\"access_key\": \"abc\"}"', r'"{\"access_key\": \"***\"}"'),
        ("[(b'Authorization', b'Bearer abc')]", "[(b'Authorization', b'***')]"),
        ("via http://me:word@proxy:8080/", "via http://***@proxy:8080/"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, safe: str) -> None:
    assert redact(text) == safe


@pytest.mark.parametrize(
    "text",
    [
        "the public connection is connected",
        "fix 7ec13b0a4f2c4dd0a0d7c1f0f6a3a2b9c8d7e6f5",
        "order cdd92199-2897-4e14-9448-f923320408ad",
        "a bearer of news",
        "without authorization, no orders",
        "http://127.0.0.1:9000/v1/ticker?markets=KRW-BTC",
        "query_hash " + "0123456789abcdef" * 8,
    ],
)
def test_what_looks_like_none_stays(text: str) -> None:
    assert redact(text) == text


def test_who_knows_a_secret_is_asked_while_it_lives() -> None:
    vault = Vault()
    redact_with(vault)
    assert redact("say open sesame") == "say ***"
    del vault
    gc.collect()
    assert redact("say open sesame") == "say open sesame"
    another = Vault()
    redact_with(another)
    assert redact("say open sesame") == "say ***"


# -- JSON ------------------------------------------------------------------------------------------


def test_a_record_is_one_line_with_its_fields() -> None:
    made = record("the %s connection", "public", connection="public", epoch=3, ratio=0.5)
    assert as_json(made) == {
        "time": "2026-09-21T14:13:20.250Z",
        "level": "INFO",
        "logger": NAME,
        "message": "the public connection",
        "connection": "public",
        "epoch": 3,
        "ratio": 0.5,
    }


def test_fields_of_any_kind_are_written() -> None:
    made = record(done=True, nothing=None, where=Path("here"), name_ko="비트코인")
    read = as_json(made)
    assert read["done"] is True
    assert "nothing" not in read
    assert read["where"] == "here"
    assert "비트코인" in JsonFormatter().format(made)


def test_a_message_that_cannot_be_formatted_is_written_all_the_same() -> None:
    assert as_json(record("%d coins", "many"))["message"] == "%d coins ('many',)"


def test_exceptions_and_stacks_are_fields() -> None:
    made = failed("it broke\nin two lines")
    made.stack_info = "Stack (most recent call last):\n  here"
    read = as_json(made)
    assert read["exception"].startswith("Traceback")
    assert read["exception"].endswith("ValueError: it broke\nin two lines")
    assert read["stack"].endswith("here")


def test_what_another_handler_has_kept_is_used() -> None:
    made = record()
    made.exc_text = f"kept: {ACCESS}"
    assert as_json(made)["exception"] == "kept: ***"


def test_no_line_carries_a_secret() -> None:
    made = failed(f"token {TOKEN}")
    made.msg, made.args = "headers %r", ({"Authorization": f"Bearer {TOKEN}"},)
    made.stack_info = f"key={SECRET}"
    vars(made).update(
        access_key="short", headers=[("authorization", f"Bearer {TOKEN}")], said=ACCESS
    )
    line = JsonFormatter().format(made)
    json.loads(line)
    for secret in (ACCESS, SECRET, TOKEN, "short"):
        assert secret not in line
    assert json.loads(line)["access_key"] == "***"


# -- the filter ------------------------------------------------------------------------------------


def test_the_filter_leaves_harmless_records_as_they_are() -> None:
    where = Path("here")
    made = record("%s of %d", "one", 2, count=3, where=where)
    before = dict(vars(made))
    assert KeyFilter().filter(made)
    assert vars(made) == before


def test_the_filter_takes_secrets_out_for_any_formatter() -> None:
    made = failed(f"token {TOKEN}")
    made.msg, made.args = "key %s", (ACCESS,)
    made.stack_info = f"secret {SECRET}"
    vars(made).update(said=SECRET, headers={"Authorization": f"Bearer {TOKEN}"})
    assert KeyFilter().filter(made)
    text = logging.Formatter("%(message)s %(said)s %(headers)s").format(made)
    assert "key *** ***" in text
    for secret in (ACCESS, SECRET, TOKEN):
        assert secret not in text


def test_the_filter_survives_a_message_that_cannot_be_formatted() -> None:
    made = record("%d coins", ACCESS)
    assert KeyFilter().filter(made)
    assert made.getMessage() == "%d coins ('***',)"


# -- a file ----------------------------------------------------------------------------------------


@pytest.fixture
def own() -> Iterator[logging.Logger]:
    """The packages' logger as a program finds it."""
    logger = logging.getLogger("upbit_ws_qt")
    before = logger.level
    logger.setLevel(logging.NOTSET)
    yield logger
    logger.setLevel(before)


def lines(path: Path) -> list[str]:
    return [json.loads(line)["message"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_nothing_is_written_before_it_is_asked_for_and_after_it_has_ended(
    tmp_path: Path, own: logging.Logger
) -> None:
    path = tmp_path / "feed.jsonl"
    child = logging.getLogger(NAME)
    child.info("before")
    end = to_file(path)
    child.info("during")
    child.debug("too much")
    logging.getLogger("upbit_ws_qt_widgets.chart").info("widgets too")
    logging.getLogger("somebody_else").info("not ours")
    end()
    end()
    child.info("after")
    assert lines(path) == ["during", "widgets too"]
    assert own.level == logging.NOTSET
    assert own.handlers == []


def test_a_logger_that_lets_more_pass_is_left_as_it_is(tmp_path: Path, own: logging.Logger) -> None:
    own.setLevel(logging.DEBUG)
    path = tmp_path / "feed.jsonl"
    end = to_file(path, "ERROR")
    assert own.level == logging.DEBUG
    logging.getLogger(NAME).info("not asked for")
    end()
    assert lines(path) == []


def test_a_full_file_gives_way_to_a_new_one(tmp_path: Path, own: logging.Logger) -> None:
    path = tmp_path / "feed.jsonl"
    end = to_file(path, max_bytes=400, kept=1)
    for number in range(20):
        logging.getLogger(NAME).info("message %d", number)
    end()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["feed.jsonl", "feed.jsonl.1"]
    assert lines(path)[-1] == "message 19"


def test_what_cannot_be_done_is_said_and_leaves_nothing(
    tmp_path: Path, own: logging.Logger
) -> None:
    with pytest.raises(FileNotFoundError):
        to_file(tmp_path / "nowhere" / "feed.jsonl")
    with pytest.raises(ValueError, match="LOUD"):
        to_file(tmp_path / "feed.jsonl", "LOUD")
    assert own.handlers == []
