"""The benchmark of the feed measures what it says: frames, runs and judgements. Tests only."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from benchmarks.feed.clients.memory import slope
from benchmarks.feed.clients.tally import Tally, Task, percentiles
from benchmarks.feed.frames import FIRST, MARKS, frame_of, moment
from benchmarks.feed.rig import Rig, RunFailed, rig
from benchmarks.feed.table import Row, interleaved, lines, median_ratio, summary
from upbit_ws_qt import decode


@pytest.fixture(scope="module")
def shared() -> Iterator[Rig]:
    pytest.importorskip("cryptography", reason="it makes the certificate")
    with rig() as made:
        yield made


@pytest.mark.parametrize("simple", [True, False])
@pytest.mark.parametrize("type_", MARKS)
def test_frames_carry_number_and_moment(type_: str, simple: bool) -> None:
    template = frame_of(type_, "KRW-BTC", simple=simple)
    sizes = set()
    for number in (FIRST - 200, FIRST, FIRST + 10**8):
        sent = moment()
        frame = template % (time.time_ns() // 1_000_000, number, sent)
        event = decode(frame[4:])
        assert MARKS[type_](event) == (number, int(sent))
        sizes.add(len(frame))
    assert sizes == {4 + int.from_bytes(frame[2:4], "big")}


@pytest.mark.parametrize("client", ["bare", "ours"])
@pytest.mark.parametrize("tls", [False, True])
def test_every_message_of_a_run_is_counted(shared: Rig, client: str, tls: bool) -> None:
    task = shared.task("trade", 20, 2_000, tls=tls, exact=True)
    run = shared.flooded(client, task)
    assert (run["count"], run["holes"], run["last_values_missing"]) == (2_000, 0, 0)
    assert run.rate > 0
    assert run["processor_s"] > 0
    assert (run.requests, run.most_connections) == (1, 1)


def test_a_paced_run_takes_its_time(shared: Rig) -> None:
    run = shared.paced("bare", shared.task("ticker", 10, 100), rate=1_000)
    assert run["count"] == 100
    assert run.seconds >= 0.099
    assert run["latency"]["p50"] > 0


def test_a_client_that_ends_without_a_result_is_a_failure(
    shared: Rig, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RunFailed, match="ended without a result"):
        shared.flooded("there_is_no_such_client", shared.task("trade", 1, 1))
    assert "there_is_no_such_client" in capfd.readouterr().err


def test_a_tally_sees_holes_and_missing_last_values() -> None:
    codes = ("KRW-BTC", "KRW-ETH")
    tally = Tally(Task("", "", "trade", codes, 6, exact=True))
    take = tally.callback()

    def came(number: int) -> None:
        template = frame_of("trade", codes[number % 2], simple=True)
        take(decode((template % (0, FIRST + number, moment()))[4:]))

    tally.begin()
    for number in (0, 1, 2, 4):  # 3 is lost, and 5 has not come
        came(number)
    facts = tally.facts()
    assert (facts["count"], facts["holes"], facts["last_values_missing"]) == (4, 0, 1)
    came(5)
    facts = tally.facts()
    assert (facts["count"], facts["holes"], facts["last_values_missing"]) == (5, 1, 0)


def test_percentiles() -> None:
    found = percentiles([1_000.0 * number for number in range(1, 1001)])
    assert found == {"mean": 500.5, "p50": 501, "p99": 991, "p99.9": 1000, "max": 1000}


def test_rows_are_judged() -> None:
    rows = [
        Row("a", "enough", "1", "2", 1.0, least=1.0),
        Row("b", "too little", "1", "2", 0.99, least=1.0),
        Row("c", "too much", "1", "2", 34.0, "ms", most=33.0),
        Row("d", "informs", "1", "2", 5.0),
    ]
    assert [row.is_met for row in rows] == [True, False, False, None]
    assert [line.split("|")[-2].strip() for line in lines(rows)][2:] == ["yes", "NO", "NO", ""]
    assert '"missed": ["b", "c"]' in summary(rows)


def test_rounds_alternate_and_ratios_are_of_one_round() -> None:
    order: list[str] = []
    runs = {"a": lambda: order.append("a") or 10.0, "b": lambda: order.append("b") or 5.0}
    done = interleaved(2, runs)
    assert order == ["a", "b", "b", "a"]
    assert done == {"a": [10.0, 10.0], "b": [5.0, 5.0]}
    assert median_ratio([1.0, 30.0, 4.0], [1.0, 10.0, 2.0], float) == 2.0


def test_a_slope_has_an_interval() -> None:
    hours = [float(hour) for hour in range(40)]
    wavering = [100 + (hour % 3 - 1) for hour in hours]
    _, low, high = slope(hours, wavering)
    assert low < 0 < high
    grown, low, high = slope(hours, [mb + hour for mb, hour in zip(wavering, hours, strict=True)])
    assert low > 0.9
    assert grown == pytest.approx(1, abs=0.05)
    assert high < 1.1
