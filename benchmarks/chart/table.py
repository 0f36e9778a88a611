"""What was measured, what is judged, and how both are printed."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .process import Scene

OURS = "ours"
STEPS = ("load", "tick", "pan")


# State: the samples so far, and how it ended if it did not end well.
@dataclass
class Figure:
    """All samples of one step in one scene, in ms."""

    ms: list[float] = field(default_factory=list)
    #: Of the processor's time, which what else the machine does disturbs less.
    processor_ms: list[float] = field(default_factory=list)
    #: Samples that do not count, because no pixel changed.
    unchanged: int = 0
    #: Why there is no number, such as ``> 20 s``.
    failure: str = ""

    @property
    def median(self) -> float | None:
        return statistics.median(self.ms) if self.ms and not self.failure else None

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper one."""
        if len(self.ms) == 1:
            return self.ms[0], self.ms[0]
        lower, _, upper = statistics.quantiles(self.ms, n=4, method="inclusive")
        return lower, upper

    def cell(self) -> str:
        if self.median is None:
            return self.failure or "no pixel changed"
        lower, upper = self.quartiles
        return f"{_short(self.median)} ({_short(lower)}–{_short(upper)}; {len(self.ms)})"

    def plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"samples": len(self.ms), "unchanged": self.unchanged}
        if self.median is None:
            return plain | {"failure": self.failure or "no pixel changed"}
        lower, upper = self.quartiles
        processor = statistics.median(self.processor_ms)
        figures = {"median": self.median, "lower": lower, "upper": upper, "processor": processor}
        return plain | {name: round(value, 3) for name, value in figures.items()}


Figures = Mapping[tuple[Scene, str], Figure]


@dataclass(frozen=True)
class Target:
    """Something that is judged. ``value`` is None where it could not be measured."""

    key: str
    what: str
    value: float | None
    most: float | None = None
    least: float | None = None

    @property
    def is_met(self) -> bool | None:
        if self.value is None:
            return None
        if self.most is not None:
            return self.value <= self.most
        assert self.least is not None
        return self.value >= self.least

    def line(self) -> str:
        bound = f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"
        value = "not measured" if self.value is None else f"{self.value:.2f}"
        met = {None: "-", True: "yes", False: "NO"}[self.is_met]
        return f"{self.what}: {value}, target {bound}: {met}"


def targets(figures: Figures, bars: int, sizes: Sequence[int]) -> list[Target]:
    """What is asked of ours: at so many bars, and from the smallest of the sizes to the largest."""
    found = []
    for step, most in (("tick", 3.0), ("pan", 8.0)):
        ours = _median(figures, Scene(OURS, bars), step)
        found.append(Target(f"{step}_ms", f"{step} of {bars:,} bars, ms", ours, most=most))
        small, large = (_median(figures, Scene(OURS, size), step) for size in (sizes[0], sizes[-1]))
        ratio = None if small is None or large is None else large / small
        what = f"{step} of {sizes[-1]:,} bars ÷ {step} of {sizes[0]:,}"
        # Two medians of the same thing differ by so much on a machine that has other work, too.
        found.append(Target(f"{step}_flat", what, ratio, most=1.3))
    # A live chart ticks all day; a peer's pan takes little more than the 8 ms allowed to ours.
    ours = _median(figures, Scene(OURS, bars), "tick")
    peer = fastest_peer(figures, Scene(OURS, bars), "tick")
    ratio = None if ours is None or peer is None else peer / ours
    what = f"tick of {bars:,} bars, the fastest peer ÷ ours"
    found.append(Target("tick_peer", what, ratio, least=10.0))
    return found


def fastest_peer(figures: Figures, ours: Scene, step: str) -> float | None:
    """The least median of all peers in ms, where ours has this scene; None if none was measured."""
    return min(
        (
            figure.median
            for (scene, name), figure in figures.items()
            if scene.subject != OURS
            and (scene.of(OURS), name) == (ours, step)
            and figure.median is not None
        ),
        default=None,
    )


def lines(figures: Figures, subjects: Sequence[str]) -> Iterable[str]:
    """A table in Markdown: a row for each step and scene, a column for each chart."""
    rows = [("ms", *subjects, "fastest peer ÷ ours")]
    for scene, step in dict.fromkeys((scene.of(OURS), step) for scene, step in figures):
        cells = [figures.get((scene.of(name), step)) for name in subjects]
        ours, peer = _median(figures, scene, step), fastest_peer(figures, scene, step)
        ratio = "" if ours is None or peer is None else f"{peer / ours:.1f}"
        what = f"{step}, {scene.bars:,} bars"
        if scene.charts > 1:
            what += f", {scene.charts} charts"
        if scene.in_view != Scene.in_view:
            what += f", {scene.in_view:,} in view"
        texts = ("" if cell is None else cell.cell() for cell in cells)
        rows.append((what, *texts, ratio))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        yield "| " + " | ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "| " + " | ".join("-" * width for width in widths) + " |"


def plain(figures: Figures) -> list[dict[str, Any]]:
    """Everything that was measured, for the line of JSON."""
    return [
        asdict(scene) | {"step": step} | figure.plain() for (scene, step), figure in figures.items()
    ]


def _median(figures: Figures, scene: Scene, step: str) -> float | None:
    figure = figures.get((scene, step))
    return None if figure is None else figure.median


def _short(ms: float) -> str:
    return f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:,.0f}"
