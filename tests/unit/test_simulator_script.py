"""Faults as text: commands, scripts and when they are due. Pure."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.faults.faults import AT_ONCE, LASTING, Faults
from upbit_ws_qt.simulator.faults.script import Command, Script, Timeline, parse_command


class Told(Faults):
    """Only hears of its calls."""

    def __init__(self) -> None:
        super().__init__((), None)  # type: ignore[arg-type]
        self.calls: list[Any] = []

    def __getattribute__(self, name: str) -> Any:
        if name in (*AT_ONCE, *LASTING, "clear"):
            return lambda *values, **named: self.calls.append((name, values, named))
        return super().__getattribute__(name)


def calls_of(command: Command) -> list[Any]:
    told = Told()
    command.run(told)
    return told.calls


# -- commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("drop", ("drop", (), {})),
        ("drop 1012", ("drop", (1012,), {})),
        ("  silence   ticker KRW-BTC ", ("silence", ("ticker", "KRW-BTC"), {})),
        ("silence code=KRW-BTC", ("silence", (), {"code": "KRW-BTC"})),
        ("refuse 429 both times=5", ("refuse", (429, "both"), {"times": 5})),
        ("refuse reset", ("refuse", ("reset",), {})),
        ("slow 0.5", ("slow", (0.5,), {})),
        ("slow bytes_per_second=1e3", ("slow", (), {"bytes_per_second": 1000.0})),
        ("corrupt utf8 every=3", ("corrupt", ("utf8",), {"every": 3})),
        ("skew_clock -2500", ("skew_clock", (-2500,), {})),
        ("clear", ("clear", (), {})),
        ("clear slow silence", ("clear", ("slow", "silence"), {})),
    ],
)
def test_a_command_is_the_call_of_a_method(text: str, call: Any) -> None:
    assert calls_of(parse_command(text)) == [call]


def test_a_lasting_fault_may_say_how_long() -> None:
    assert parse_command("half_open for 2.5").lasts_s == 2.5
    assert parse_command("half_open").lasts_s is None


@pytest.mark.parametrize("name", [*AT_ONCE, *LASTING])
def test_every_fault_can_be_written(name: str) -> None:
    needed = {"list_market": " KRW-BTC", "delist_market": " KRW-BTC", "skew_clock": " 5"}
    needed["slow"] = " 1"
    command = parse_command(name + needed.get(name, ""))
    assert [call[0] for call in calls_of(command)] == [name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected one of accept_then_close, clear, .* got nothing"),
        ("explode", "expected one of .* got 'explode'"),
        ("greet", "got 'greet'"),
        ("drop now", "code is a whole number or nothing; got 'now'"),
        ("drop 10.5", "code is a whole number or nothing; got '10.5'"),
        ("drop 999", "a close code is .* got 999"),
        ("refuse nope", "how is a whole number or 'reset' or 'timeout'; got 'nope'"),
        ("refuse 503 nobody", "of is 'sockets' or 'rest' or 'both'; got 'nobody'"),
        ("refuse 200", "a refusal is an HTTP status from 400 to 599; got 200"),
        ("slow a", "delay_s is a number; got 'a'"),
        ("slow 1 2 3", "slow takes delay_s, bytes_per_second; got '3'"),
        ("slow delay=1", "slow takes delay_s, bytes_per_second; got 'delay=1'"),
        ("slow delay_s=1 delay_s=2", "slow takes delay_s, bytes_per_second; got 'delay_s=2'"),
        ("slow 1 delay_s=2", "slow takes delay_s once; got it twice"),
        ("slow delay_s=1 5", "expected name=value after delay_s=; got '5'"),
        ("reset 5", "reset takes no arguments; got '5'"),
        ("skew_clock", "skew_clock needs ms; got nothing for it"),
        ("half_open for", "expected one number of seconds after 'for'; got \\[\\]"),
        ("half_open for 1 2", "expected one number of seconds after 'for'"),
        ("half_open for ever", "expected a time in seconds, such as 12.5; got 'ever'"),
        ("half_open for -1", "expected a time in seconds, such as 12.5; got '-1'"),
        ("half_open for inf", "expected a time in seconds, such as 12.5; got 'inf'"),
        ("drop for 5", "drop is over at once and cannot last; leave 'for' out"),
        ("clear drop", "clear ends half_open, .* got 'drop'"),
        ("halt_market btc", "a market code reads QUOTE-BASE"),
    ],
)
def test_a_bad_command_says_what_was_expected_and_what_came(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_command(text)


# -- scripts --------------------------------------------------------------------------------------

SCRIPT = """
# A bad morning.
0.5  drop 1012

+2   silence ticker KRW-BTC for 10   # nobody trades
+0   duplicate every=2
1    halt_market
"""


def test_times_count_from_the_beginning_or_from_the_line_before() -> None:
    script = Script.parse(SCRIPT)
    assert [(at_s, command.name) for at_s, command in script.steps] == [
        (0.5, "drop"),
        (2.5, "silence"),
        (2.5, "duplicate"),
        (1.0, "halt_market"),
    ]
    assert Script.parse("+3 drop").steps[0][0] == 3.0, "the first line counts from the beginning"
    assert Script.parse("2\tdrop\t1012") == Script.parse("2 drop 1012"), "a tab is a space"
    assert Script.parse("").steps == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# fine\n\n5 explode", "^storm, line 3: expected one of .* got 'explode'$"),
        ("drop", "^storm, line 1: expected a time in seconds, such as 12.5; got 'drop'$"),
        ("5", "^storm, line 1: expected one of .* got nothing$"),
        ("-5 drop", "^storm, line 1: expected a time in seconds"),
        ("5 halt_market btc", "^storm, line 1: a market code reads"),
    ],
)
def test_a_bad_script_names_itself_and_the_line(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as caught:
        Script.parse(text, "storm")
    assert "\n" not in str(caught.value)


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "storm.txt"
    file.write_text("\ufeff1 drop  # 끊김\r\n2 reset\r\n", encoding="utf-8")
    assert [at_s for at_s, _ in Script.read(file).steps] == [1.0, 2.0]
    with pytest.raises(InvalidRequest, match=r"cannot read the script .*nowhere"):
        Script.read(tmp_path / "nowhere")
    file.write_bytes(b"1 drop \xff")
    with pytest.raises(InvalidRequest, match="not a text in UTF-8"):
        Script.read(file)
    file.write_text("1 explode", encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"storm\.txt, line 1: "):
        Script.read(file)


def test_commands_are_due_in_order_and_once() -> None:
    timeline = Timeline()
    assert timeline.next_s is None
    for at_s, command in Script.parse(SCRIPT).steps:
        timeline.add(at_s + 100, command)
    assert timeline.next_s == 100.5
    assert list(timeline.due(100.4)) == []
    assert [command.name for command in timeline.due(102.5)] == [
        "drop",
        "halt_market",
        "silence",
        "duplicate",
    ]
    assert timeline.next_s == 112.5
    (end,) = timeline.due(200.0)
    assert calls_of(end) == [("clear", ("silence",), {})]
    assert timeline.next_s is None


# -- the page about it ----------------------------------------------------------------------------

PAGE = (Path(__file__).resolve().parents[2] / "docs/simulator.md").read_text(encoding="utf-8")


def test_the_page_shows_every_fault_with_its_arguments_and_a_command_that_works() -> None:
    rows = re.findall(r"^\| `(\w+)\((.*?)\)` \| `(.*?)` \|", PAGE, re.MULTILINE)
    assert [name for name, _, _ in rows].count("clear") == 1
    assert {name for name, _, _ in rows} == {*AT_ONCE, *LASTING, "clear"}
    for name, arguments, command in rows:
        assert parse_command(command).name == name
        taken = list(inspect.signature(getattr(Faults, name)).parameters)[1:]
        assert re.findall(r"(\w+)(?:=[^,]+)?(?:, |$)", arguments) == taken, name


def shown(default: object) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, str):
        return f"`{default}`"
    return {None: "none", 8 * 1024 * 1024: "8 MiB"}.get(default) or f"{default:g}"


def test_the_page_shows_every_switch_and_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+|8 MiB) \|", PAGE, re.MULTILINE)
    assert rows == [(one.name, shown(one.default)) for one in dataclasses.fields(Behaviour)]


def test_the_script_of_the_page_can_be_played() -> None:
    script, mistake = re.findall(r"^```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(Script.parse(script).steps) == 8
    name, number, said = re.fullmatch(r"(\S+), line (\d): (.*)\n", mistake).groups()
    with pytest.raises(InvalidRequest) as caught:
        Script.parse("\n" * (int(number) - 1) + "1 refuse now=1", name)
    assert str(caught.value) == f"{name}, line {number}: {said}"
