"""One manager for ten components, against a connection for each of them.

Each connection is once websockets' client under qasync in the same Qt process, the least that a
component without the product has, and once a manager of ours, which does all that one does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.feed.rig import Rig, Run
from benchmarks.feed.server import FrameServer, Sent
from benchmarks.feed.table import Effort, Row, interleaved, median_of, median_ratio

_RATE = 500


def components(rig: Rig, effort: Effort) -> list[Row]:
    """Requests, processor and memory: ten components with 20 markets each."""

    def load(server: FrameServer) -> Sent:
        return server.pace(_RATE, effort.seconds)

    rows = _requests(rig)
    for key, what, markets, overlap in (
        ("apart", "20 markets each, none in common", 200, False),
        ("shared", "the same 20 markets", 20, True),
    ):
        copies = 10 if overlap else 1
        messages = round(_RATE * effort.seconds)
        task = rig.task(
            "ticker", markets, messages * copies, proxies=10, overlap=overlap, lean=True
        )

        runs = interleaved(
            1 + effort.rounds // 2,
            {
                "ours": partial(rig.run, "ours", task, load),
                "bare connections": partial(rig.run, "separate", task, load),
                "managers": partial(rig.run, "ours", replace(task, variant="managers"), load),
            },
        )
        for rival in ("bare connections", "managers"):
            rows += _against(rival, key, what, runs["ours"], runs[rival])
    return rows


def _against(rival: str, key: str, what: str, ours: list[Run], others: list[Run]) -> list[Row]:
    name = f"components_{key}_{rival.replace(' ', '_')}"
    rows = [
        Row(
            f"{name}_processor",
            f"10 components, {what}, {_RATE}/s, against 10 {rival}: processor",
            f"{median_of(ours, _share):.1%}",
            f"{median_of(others, _share):.1%}",
            median_ratio(ours, others, _seconds),
            most=0.7,
        )
    ]
    if all(_grown(run) > 0 for run in others):
        rows.append(
            Row(
                f"{name}_memory",
                "  memory beyond that of the process before",
                f"{median_of(ours, _grown):.1f} MB",
                f"{median_of(others, _grown):.1f} MB",
                median_ratio(ours, others, _grown),
                most=0.6,
            )
        )
    return rows


def _requests(rig: Rig) -> list[Row]:
    counted: dict[str, Run] = {}
    for variant in ("ours", "separate"):
        task = rig.task("trade", 20, 0, proxies=10, variant=variant)
        counted[variant] = rig.run("flips", task, lambda _: Sent(0, 0.0))
    ours, others = counted["ours"], counted["separate"]
    return [
        Row(
            "components_requests",
            "10 components that change their markets: requests",
            f"{ours.requests}",
            f"{others.requests}",
            ours.requests / others.requests,
            most=0.4,
        ),
        Row(
            "components_requests_a_second",
            "  most requests in any second on one socket",
            f"{ours.most_in_a_second}",
            f"{others.most_in_a_second}",
            ours.most_in_a_second,
            "/s",
            most=5,
        ),
        Row(
            "components_sockets",
            "  live sockets",
            f"{ours.most_connections}",
            f"{others.most_connections}",
            ours.most_connections,
            "public",
            most=1,
        ),
    ]


def _share(run: Run) -> float:
    return run.processor


def _seconds(run: Run) -> float:
    return float(run["processor_s"])


def _grown(run: Run) -> float:
    return float(run["grown_mb"])
