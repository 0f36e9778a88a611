"""The conformance suite's command line, and what it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.conformance import forms
from upbit_ws_qt.simulator.conformance.__main__ import main
from upbit_ws_qt.simulator.conformance.address import Address
from upbit_ws_qt.simulator.conformance.case import (
    Case,
    Mismatch,
    NotApplicable,
    case,
    check,
    check_equal,
)
from upbit_ws_qt.simulator.conformance.cases import CASES
from upbit_ws_qt.simulator.conformance.client import Client
from upbit_ws_qt.simulator.conformance.runner import run_all, run_case
from upbit_ws_qt.simulator.conformance.token import bearer, query_hash
from upbit_ws_qt.system.credentials import Credentials

NOWHERE = Address.parse("http://127.0.0.1:9")
SECRET = "a secret that is long enough for every hash there is"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


# --- Options ---------------------------------------------------------------------------------


def test_the_list_names_every_case_and_its_paragraphs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [case.id for case in CASES]
    [idle] = [line for line in lines if line.startswith("handshake.idle ")]
    assert idle.endswith("(paragraph 1.21) [slow]")


def test_only_chosen_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--only", "errors.shape", "--only", "errors.texts"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http://127.0.0.1:9", "--only", "nothing.such"], "no case is called 'nothing.such'"),
        (["api.upbit.com"], "an address reads http(s)://host:port"),
        (["http://[::1"], "an address reads http(s)://host:port"),
        (["ftp://127.0.0.1:9"], "an address reads http(s)://host:port"),
        (["http://127.0.0.1:9/v1"], "an address reads http(s)://host:port"),
        (["http://api.upbit.com"], "must start with wss://"),
        (["http://127.0.0.1:9"], "no exchange answers at http://127.0.0.1:9"),
    ],
)
def test_a_wrong_option_gets_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.splitlines()) == 1
    assert not captured.out


@pytest.mark.parametrize("arguments", [[], ["--loud"]])
def test_a_missing_address_or_unknown_option_gets_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_half_a_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINE", "half")
    assert main(["http://127.0.0.1:9", "--access-key-env", "MINE"]) == 2
    error = capsys.readouterr().err
    assert error == "set both MINE and UPBIT_SECRET_KEY, or neither\n"


def test_a_key_is_sent_to_no_stranger(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UPBIT_ACCESS_KEY", "my access key")
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    assert main(["https://example.invalid"]) == 2
    error = capsys.readouterr().err
    assert "a key goes to the exchange or to this machine only" in error
    assert "my access key" not in error
    assert SECRET not in error


# --- Addresses and tokens --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rest", "websocket"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "ws://127.0.0.1:8080/websocket/v1"),
        ("ws://localhost:1/", "http://localhost:1", "ws://localhost:1/websocket/v1"),
        ("https://api.upbit.com", "https://api.upbit.com", "wss://api.upbit.com/websocket/v1"),
        ("wss://api.upbit.com", "https://api.upbit.com", "wss://api.upbit.com/websocket/v1"),
    ],
)
def test_addresses(text: str, rest: str, websocket: str) -> None:
    assert Address.parse(text) == Address(rest, websocket)


def test_an_address_without_a_host_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        Address.parse("https://")


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_tokens_are_those_of_the_standard(algorithm: str) -> None:
    claims = query_hash("states[]=wait")
    header = bearer(Credentials("me", SECRET), claims, algorithm=algorithm, nonce="once")
    token = header["Authorization"].removeprefix("Bearer ")
    read = jwt.decode(token, SECRET, algorithms=[algorithm])
    assert read == {"access_key": "me", "nonce": "once", **claims}
    assert len(claims["query_hash"]) == 128


# --- Cases and what becomes of them ----------------------------------------------------------


def made(check: Callable[[Client], Any], **marks: bool) -> Case:
    check.__doc__ = "Something holds."
    return case("1.1", **marks)(check)


def run(one: Case, *, simulated: bool = False) -> tuple[str, str]:
    async def inside() -> tuple[str, str]:
        async with Client(NOWHERE) as client:
            client.simulated = simulated
            result = await run_case(client, one)
            return result.outcome, result.detail

    return asyncio.run(inside())


async def passes(_: Client) -> None:
    check(1 < 2, "an order", None)


async def fails(_: Client) -> None:
    check_equal("the sum", 5, 4)


async def stumbles(_: Client) -> None:
    {}["missing"]


async def calls(client: Client) -> None:
    await client.get("/v1/market/all")


async def does_not_apply(_: Client) -> None:
    raise NotApplicable("nothing to see")


def test_outcomes() -> None:
    assert run(made(passes)) == ("ok", "")
    assert run(made(fails)) == ("FAILED", "expected the sum 4; came 5")
    assert run(made(does_not_apply)) == ("skipped", "nothing to see")
    outcome, detail = run(made(stumbles))
    assert (outcome, "KeyError" in detail) == ("FAILED", True)
    outcome, detail = run(made(calls))
    assert (outcome, "expected an answer; came" in detail) == ("FAILED", True)


def test_an_exchange_that_may_be_real_is_not_treated_roughly() -> None:
    assert run(made(fails, rough=True)) == ("skipped", "only against a simulated exchange")
    assert run(made(fails, rough=True), simulated=True)[0] == "FAILED"


def test_without_a_key_cases_of_an_account_are_skipped() -> None:
    assert run(made(fails, key=True)) == ("skipped", "needs a key")


def test_rough_cases_come_last_and_slow_ones_run_meanwhile() -> None:
    order: list[str] = []

    def noted(name: str, **marks: bool) -> Case:
        async def note(_: Client) -> None:
            order.append(name)

        return made(note, **marks)

    cases = [noted("rough", rough=True), noted("slow", slow=True), noted("plain")]

    async def inside() -> list[str]:
        async with Client(NOWHERE) as client:
            client.simulated = True
            return [result.outcome async for result in run_all(client, cases)]

    assert asyncio.run(inside()) == ["ok"] * 3
    assert set(order[:2]) == {"slow", "plain"}
    assert order[2] == "rough"


def test_a_long_answer_is_cut_in_a_message() -> None:
    message = str(Mismatch("a number", "9" * 5000))
    assert len(message) < 400
    assert message.endswith("(5000 characters)")


# --- Forms -----------------------------------------------------------------------------------


def test_spellings_are_read_from_the_raw_text() -> None:
    text = '{"ap":1.16539E8,"bp":116606000,"as":-7.9E-4,"ap":0.00077720}'
    assert forms.raw_numbers(text, "ap") == ["1.16539E8", "0.00077720"]
    assert forms.raw_numbers(text, "as") == ["-7.9E-4"]


def test_amounts_and_times() -> None:
    assert forms.is_amount("0.0")
    assert not forms.is_amount(0.0)
    assert not forms.is_amount("1E-8")
    assert forms.is_milliseconds(1_790_000_000_000)
    assert not forms.is_milliseconds(1_790_000_000)
    assert not forms.is_milliseconds(True)  # noqa: FBT003 - the value is what is tested
    assert forms.utc_ms("2026-09-23T09:00:00", 9) == forms.utc_ms("2026-09-23T00:00:00")


def test_names_and_forms_are_checked() -> None:
    forms.check_names("a row", {"a": 1}, ["a"])
    with pytest.raises(Mismatch, match=r"without \['b'\], and beside them \['a'\]"):
        forms.check_names("a row", {"a": 1}, ["b"])
    forms.check_form("a date", "20260923", r"\d{8}")
    with pytest.raises(Mismatch):
        forms.check_form("a date", 20260923, r"\d{8}")


def test_changes_are_checked() -> None:
    row = {
        "trade_price": 110,
        "prev_closing_price": 100,
        "change": "RISE",
        "change_price": 10,
        "signed_change_price": 10,
        "change_rate": 0.1,
        "signed_change_rate": 0.1,
    }
    forms.check_change(row)
    for name, wrong in (("change", "FALL"), ("signed_change_price", -10), ("change_rate", 0.2)):
        with pytest.raises(Mismatch):
            forms.check_change(row | {name: wrong})
