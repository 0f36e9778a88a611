"""What may be said on the command line, and what is answered to the rest. Tests only."""

from __future__ import annotations

import logging
from importlib import metadata
from pathlib import Path

import pytest

from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_app.options import CommandError, Options, parse


def test_nothing_has_to_be_said() -> None:
    """Then it is Upbit itself, and what was chosen last."""
    assert parse([]) == Options()


def test_everything_that_can_be_said() -> None:
    """Each option in its own type."""
    picture = ["--screenshot", "out.png", "--after", "2.5"]
    demo = parse(
        ["--demo", "--seed", "7", "--market", "KRW-ETH", "--timeframe", "minute5", *picture]
    )
    assert demo == Options(
        demo=True,
        seed=7,
        market="KRW-ETH",
        timeframe=Timeframe.MINUTE_5,
        screenshot=Path("out.png"),
        after_s=2.5,
    )
    assert parse(["--region", "sg"]) == Options(region="sg")
    assert parse(["--demo", "--region", "kr"]) == Options(demo=True)
    assert parse(["--record", "out.rec"]) == Options(record=Path("out.rec"))
    looks = ["--theme", "dark", "--language", "ko"]
    replay = parse(["--replay", "f.jsonl", "--speed", "2", "--log-level", "DEBUG", *looks])
    assert replay == Options(
        replay=Path("f.jsonl"), speed=2.0, theme="dark", language="ko", log_level=logging.DEBUG
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--nonsense", "unrecognized arguments: --nonsense"),
        ("--dem", "unrecognized arguments: --dem"),
        ("something", "unrecognized arguments: something"),
        ("--region jp", "argument --region: invalid choice: 'jp'"),
        ("--demo --region sg", "--region sg goes with Upbit itself"),
        ("--replay f --region th", "--region th goes with Upbit itself"),
        ("--record", "argument --record: expected one argument"),
        ("--demo --replay f", "argument --replay: not allowed with argument --demo"),
        ("--market btc", "did you mean 'KRW-BTC'"),
        ("--market", "argument --market: expected one argument"),
        ("--timeframe 7m", "no candle unit is called '7m'; use one of 1s, 1m"),
        ("--theme pink", "argument --theme: invalid choice: 'pink'"),
        ("--language fr", "argument --language: invalid choice: 'fr'"),
        ("--log-level loud", "argument --log-level: invalid choice: 'loud'"),
        ("--replay f --speed 0", "a factor above 0, at most 1000 is expected; got '0'"),
        ("--replay f --speed nan", "a factor above 0"),
        ("--replay f --speed fast", "a factor above 0, at most 1000 is expected; got 'fast'"),
        ("--demo --seed=-1", "a whole number from 0 is expected; got '-1'"),
        ("--demo --seed 1.5", "a whole number from 0 is expected; got '1.5'"),
        ("--screenshot f --after=-1", "seconds from 0 to 86400 are expected; got '-1'"),
        ("--screenshot f --after inf", "seconds from 0 to 86400 are expected; got 'inf'"),
        ("--after 3", "--after goes with --screenshot"),
        ("--demo --speed 2", "--speed goes with --replay"),
        ("--seed 2", "--seed goes with --demo"),
    ],
)
def test_what_may_not_be_said_is_answered_in_one_line(arguments: str, said: str) -> None:
    """With the way to the help."""
    # The wording of argparse differs between versions of Python.
    with pytest.raises(CommandError) as caught:
        parse(arguments.split())

    assert said.replace("'", "") in str(caught.value).replace("'", "")
    assert str(caught.value).endswith("see upbit-ws-qt --help")
    assert "\n" not in str(caught.value)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """And the program leaves without an error."""
    with pytest.raises(SystemExit) as caught:
        parse(["--version"])

    assert caught.value.code == 0
    assert capsys.readouterr().out == f"upbit-ws-qt {metadata.version('upbit-ws-qt')}\n"


def test_the_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """And the two names in the environment."""
    with pytest.raises(SystemExit) as caught:
        parse(["--help"])

    told = capsys.readouterr().out
    assert caught.value.code == 0
    for option in Options.__slots__:
        spelled = {"after_s": "after"}.get(option, option).replace("_", "-")
        assert f"--{spelled} " in told
    assert "--version" in told
    assert "UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY" in " ".join(told.split())
