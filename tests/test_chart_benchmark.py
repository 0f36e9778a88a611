"""The benchmark of the chart measures what it says: painting, pixels and judgements. Tests only."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QWidget

from benchmarks.chart import __main__ as command
from benchmarks.chart import environments, process, stage
from benchmarks.chart.bars import AVERAGES, average, bars, close_after
from benchmarks.chart.environments import CannotInstall, interpreter_of, pins_of, surroundings
from benchmarks.chart.process import Ended, Overdue, Scene, WorkerProcess
from benchmarks.chart.stage import NothingPainted, Stage
from benchmarks.chart.table import Figure, Target, fastest_peer, lines, plain, targets

PYTHON = Path(sys.executable)


# State: the colour, and how often it was painted.
class Card(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.colour = QColor("red")
        self.paintings = 0

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: ARG002
        self.paintings += 1
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.colour)
        painter.end()

    def turn(self, name: str) -> None:
        self.colour = QColor(name)
        self.update()


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[tuple[Stage, QWidget, list[Card]]]:
    made = Stage("PyQt6")
    cards = [Card(), Card()]
    window = made.window(cards)
    yield made, window, cards
    made.close(window)


def test_a_sample_ends_when_all_canvases_have_painted(
    shown: tuple[Stage, QWidget, list[Card]],
) -> None:
    on, window, cards = shown
    first, second = cards
    painted = [card.paintings for card in cards]

    def turn() -> None:
        first.turn("blue")
        QTimer.singleShot(5, lambda: second.turn("green"))

    taken = on.sample(window, cards, turn)
    assert [card.paintings for card in cards] == [count + 1 for count in painted]
    assert taken is not None


def test_painting_inside_of_the_call_is_painting_too(
    shown: tuple[Stage, QWidget, list[Card]],
) -> None:
    on, window, cards = shown

    def turn() -> None:
        cards[0].turn("blue")
        cards[0].repaint()

    assert on.sample(window, cards[:1], turn) is not None


def test_a_sample_without_another_pixel_does_not_count(
    shown: tuple[Stage, QWidget, list[Card]],
) -> None:
    on, window, cards = shown
    assert on.sample(window, cards[:1], lambda: cards[0].turn("red")) is None


def test_a_chart_that_does_not_paint_is_an_error(
    shown: tuple[Stage, QWidget, list[Card]], monkeypatch: pytest.MonkeyPatch
) -> None:
    on, window, cards = shown
    monkeypatch.setattr(stage, "_LIMIT_S", 0.0)
    with pytest.raises(NothingPainted, match="1 of the canvases"):
        on.sample(window, cards[:1], lambda: None)


def test_all_charts_get_the_same_believable_bars() -> None:
    made = bars(2_000)
    assert np.array_equal(made, bars(2_000))
    assert (made["low"] <= np.minimum(made["open"], made["close"])).all()
    assert (made["high"] >= np.maximum(made["open"], made["close"])).all()
    assert (np.diff(made["time"]) == 60_000).all()
    prices = [close_after(made[-1], number) for number in range(8)]
    assert all(one != other for one, other in pairwise(prices))
    assert made["low"][-1] < min(prices) <= max(prices) < made["high"][-1]
    for period in AVERAGES:
        means = average(made["close"], period)
        assert np.isnan(means[: period - 1]).all()
        assert means[-1] == pytest.approx(made["close"][-period:].mean())


def test_every_sample_of_our_chart_changes_pixels() -> None:
    worker = WorkerProcess(PYTHON, Scene("ours", 1_000))
    try:
        for step, samples in (("load", 1), ("tick", 4), ("pan", 18), ("load", 1)):
            if step == "load":
                worker.begin()
            answer = worker.ask(step, samples)
            assert answer["unchanged"] == 0
            assert len(answer["ms"]) == len(answer["processor_ms"]) == samples
            assert min(answer["ms"] + answer["processor_ms"]) > 0
    finally:
        worker.end()


def test_a_worker_that_breaks_down_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Ended):
        WorkerProcess(PYTHON, Scene("there_is_no_such", 1_000))
    assert "there_is_no_such" in capfd.readouterr().err


def test_a_step_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = WorkerProcess(PYTHON, Scene("ours", 1_000))
    worker.begin()
    monkeypatch.setattr(process, "CAP_S", 0.0)
    monkeypatch.setattr(process, "_BUDGET_S", 0.0)
    try:
        with pytest.raises(Overdue):
            worker.ask("load", 1)
    finally:
        worker.end()


def test_without_a_peer_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def interpreter_of(peer: str) -> Path:
        raise CannotInstall(f"{peer}: no network")

    monkeypatch.setattr(command, "interpreter_of", interpreter_of)
    monkeypatch.setattr(command, "SIZES", (500, 1_000))
    monkeypatch.setattr(command, "JUDGED_BARS", 1_000)
    monkeypatch.setattr(command, "MANY_IN_VIEW", 500)
    bench = command.Bench()
    try:
        missing = command.measure(bench, ["ours", "finplot"], rounds=1)
    finally:
        bench.close()
    assert missing == {"finplot": "finplot: no network"}
    for (scene, step), figure in bench.figures.items():
        assert figure.failure == ("" if scene.subject == "ours" else "not installed")
        assert len(figure.ms) == (command.SAMPLES[step] if scene.subject == "ours" else 0)
    judged = {target.key: target.is_met for target in targets(bench.figures, 1_000, (500, 1_000))}
    assert judged["tick_peer"] is None
    assert judged["tick_ms"] is not None


def figures(**ticks: float | str) -> dict[tuple[Scene, str], Figure]:
    """Ticks of charts at 1,000 and 100,000 bars: so many ms, or why there is no number."""
    made = {}
    for name, value in ticks.items():
        for size in (1_000, 100_000):
            failure = "" if isinstance(value, float) else value
            times = [value] * 3 if isinstance(value, float) else []
            figure = Figure(times, times[:], failure=failure)
            made[Scene(name, size), "tick"] = figure
    return made


def test_targets_are_judged_against_the_fastest_peer() -> None:
    def met(**ticks: float | str) -> dict[str, bool | None]:
        judged = targets(figures(**ticks), 100_000, (1_000, 100_000))
        return {target.key: target.is_met for target in judged if target.key.startswith("tick")}

    enough = {"tick_ms": True, "tick_flat": True, "tick_peer": True}
    assert met(ours=3.0, slow=300.0, fast=30.0) == enough
    assert met(ours=3.0, slow=300.0, fast=29.0) == enough | {"tick_peer": False}
    assert met(ours=3.1, fast=40.0) == enough | {"tick_ms": False}
    assert met(ours=1.0, fast="> 20 s") == enough | {"tick_peer": None}
    assert met(ours="broke down", fast=30.0) == dict.fromkeys(enough, None)
    made = figures(ours=1.0, fast=30.0)
    made[Scene("ours", 100_000), "tick"].ms = [1.4, 1.4, 1.4]
    flat = {target.key: target for target in targets(made, 100_000, (1_000, 100_000))}["tick_flat"]
    assert flat.value == pytest.approx(1.4)
    assert flat.line() == "tick of 100,000 bars ÷ tick of 1,000: 1.40, target ≤ 1.3: NO"
    assert Target("a", "b", None, most=1).line() == "b: not measured, target ≤ 1: -"


def test_the_table_has_quartiles_samples_and_ratios() -> None:
    made = figures(ours=2.0, fast=30.0, slow="> 20 s")
    made[Scene("ours", 1_000), "tick"].ms = [1.0, 2.0, 3.0, 4.0, 200.0]
    made[Scene("fast", 100_000), "tick"] = Figure(unchanged=3)
    rows = [
        [cell.strip() for cell in row.split("|")[1:-1]] for row in lines(made, ["ours", "fast"])
    ]
    assert rows[0] == ["ms", "ours", "fast", "fastest peer ÷ ours"]
    assert rows[2] == ["tick, 1,000 bars", "3.00 (2.00–4.00; 5)", "30.0 (30.0–30.0; 3)", "10.0"]
    wide = Scene("ours", 1_000, charts=4, in_view=500)
    [_, _, row] = lines({(wide, "pan"): Figure([1.0], [1.0])}, ["ours", "fast"])
    assert row.startswith("| pan, 1,000 bars, 4 charts, 500 in view | 1.00 (1.00–1.00; 1) |")
    assert rows[3] == ["tick, 100,000 bars", "2.00 (2.00–2.00; 3)", "no pixel changed", ""]
    assert fastest_peer(made, Scene("ours", 1_000), "tick") == 30.0
    said: dict[tuple[str, int], dict[str, Any]] = {
        (entry["subject"], entry["bars"]): entry for entry in plain(made)
    }
    assert said["ours", 1_000]["median"] == 3.0
    assert said["ours", 1_000]["processor"] == 2.0
    assert said["ours", 1_000]["samples"] == 5
    assert said["slow", 1_000]["failure"] == "> 20 s"
    assert said["fast", 100_000]["unchanged"] == 3


@pytest.mark.parametrize("peer", command.PEERS)
def test_what_a_peer_needs_is_pinned(peer: str) -> None:
    pins = pins_of(peer).read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", pin) for pin in pins)
    assert any(pin.startswith(f"{peer}==") for pin in pins)
    assert find_spec(f"benchmarks.chart.subjects.{peer}_chart") is not None


def test_a_peer_that_pip_cannot_get_is_an_error_that_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("there-is-no-such==1.0\n")
    monkeypatch.setattr(environments, "_BUILT", tmp_path / "built")
    monkeypatch.setattr(environments, "pins_of", lambda _: pins)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(CannotInstall, match=r"finplot: .*there-is-no-such"):
        interpreter_of("finplot")
    # As if it had been installed: nothing is asked of pip until the versions change.
    done = tmp_path / "built" / "finplot" / "installed.txt"
    done.write_text(pins.read_text())
    python = interpreter_of("finplot")
    assert python.exists()
    assert surroundings(python)["USERPROFILE"] == str(tmp_path / "built" / "home")
    assert surroundings(PYTHON).get("USERPROFILE") != str(tmp_path / "built" / "home")
    pins.write_text("there-is-no-such==2.0\n")
    with pytest.raises(CannotInstall):
        interpreter_of("finplot")
