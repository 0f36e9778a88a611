"""Finding out which stream of a refused request is to blame. Tests only."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.actions import Close, Connect, Instant, Send
from upbit_ws_qt.errors import ConnectFailed, ConnectionLost, RateLimited
from upbit_ws_qt.probe import ProbeProtocol
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt.wire import ErrorFrame

LOST = ConnectionLost(1006, "", 1)


def stream(number: int) -> Stream:
    return Stream("ticker", f"KRW-{number:03d}")


def refusal(name: str = "WRONG_FORMAT") -> bytes:
    return json.dumps({"error": {"name": name, "message": "왜"}}).encode()


class Trial:
    """The probe's shell and the exchange; ``guilty`` streams are refused after 100 ms."""

    def __init__(self, *suspects: int, guilty: Collection[int] = ()) -> None:
        tickets = count(1)
        self.probe = ProbeProtocol(0.8, lambda: f"ticket-{next(tickets)}", self.judged)
        self.time = 100.0
        self.guilty = {stream(number) for number in guilty}
        self.dials: list[float] = []
        self.closes: list[float] = []
        self.asked: list[set[int]] = []
        self.acquitted: set[int] = set()
        self.convicted: dict[int, str] = {}
        if suspects:
            self.probe.accuse({stream(number): 0 for number in suspects})

    @property
    def now(self) -> Instant:
        return Instant(self.time, 1_790_000_000.0 + self.time)

    def judged(self, streams: Collection[Stream], frame: ErrorFrame | None, now: Instant) -> None:
        assert now == self.now
        numbers = {int(found.code[4:]) for found in streams}
        if frame is None:
            self.acquitted |= numbers
        else:
            (number,) = numbers
            self.convicted[number] = f"{frame.name}: {frame.message}"

    def settle(self) -> list[type]:
        kinds: list[type] = []
        while (action := self.probe.next_action(self.now)) is not None:
            kinds.append(type(action))
            match action:
                case Connect():
                    self.dials.append(self.time)
                case Send(data):
                    (_, entry, _) = json.loads(data)
                    self.asked.append({int(code[4:]) for code in entry["codes"]})
                case Close():
                    self.closes.append(self.time)
        return kinds

    def later(self, seconds: float) -> list[type]:
        """Let the timers on the way fire."""
        end, kinds = self.time + seconds, self.settle()
        while (at := self.probe.next_deadline()) is not None and at <= end:
            self.time = max(self.time, at)
            self.probe.handle_timer(self.now)
            kinds += self.settle()
        self.time = end
        return kinds

    def made(self) -> None:
        self.probe.connection_made(self.now)
        self.settle()

    def told(self, data: bytes) -> list[type]:
        # After any message there may be something to do, and the shell is told so.
        assert self.probe.receive_messages([data], self.now) is False
        return self.settle()

    def run(self) -> None:
        """Until all are judged."""
        self.settle()
        while self.probe.suspects:
            if not self.probe.is_open:
                self.made()
            elif not self.guilty.isdisjoint(stream(number) for number in self.asked[-1]):
                self.time += 0.1
                self.told(refusal())
            else:
                self.later(1.0)


@given(st.sets(st.integers(0, 40), min_size=1), st.sets(st.integers(0, 40)))
def test_exactly_the_guilty_are_found(suspects: set[int], guilty: set[int]) -> None:
    trial = Trial(*sorted(suspects), guilty=guilty)
    trial.run()
    assert trial.convicted.keys() == suspects & guilty
    assert trial.acquitted == suspects - guilty
    assert trial.settle() == []
    assert trial.probe.next_deadline() is None
    assert not trial.probe.is_open


def test_one_guilty_among_many_takes_a_handful_of_requests() -> None:
    trial = Trial(*range(64), guilty=[37])
    trial.run()
    assert trial.convicted == {37: "WRONG_FORMAT: 왜"}
    assert len(trial.asked) <= 2 * 6 + 1
    assert trial.time - 100.0 < 10.0


def test_nothing_is_done_without_suspects() -> None:
    trial = Trial()
    assert trial.later(100.0) == []
    assert trial.probe.next_deadline() is None


def test_a_part_that_is_not_refused_within_a_second_is_innocent() -> None:
    trial = Trial(1, 2)
    trial.later(0.0)
    trial.made()
    assert trial.asked == [{1}]
    trial.later(0.9)
    assert trial.acquitted == set()
    trial.later(0.1)
    assert trial.acquitted == {1}
    assert trial.asked == [{1}, {2}]
    assert trial.dials == [100.0], "one connection serves as long as nothing is refused"
    trial.later(1.0)
    assert trial.acquitted == {1, 2}
    assert trial.closes == [trial.time]


@pytest.mark.parametrize(
    "data", [b'{"status":"UP"}', b"broken", b'{"ty":"ticker","cd":"KRW-001","tms":1,"tp":1.0}']
)
def test_only_a_refusal_means_something(data: bytes) -> None:
    trial = Trial(1)
    trial.later(0.0)
    trial.made()
    trial.told(data)
    assert trial.probe.suspects == {stream(1)}
    trial.later(1.0)
    assert trial.acquitted == {1}


def test_what_comes_before_anything_was_asked_means_nothing() -> None:
    trial = Trial(1)
    trial.later(0.0)
    trial.probe.connection_made(trial.now)
    trial.probe.receive_message(refusal(), trial.now)
    assert trial.probe.suspects == {stream(1)}


def test_a_refusal_about_the_connection_condemns_nobody_and_waits() -> None:
    trial = Trial(1)
    trial.later(0.0)
    trial.made()
    trial.told(refusal("TOO_MANY_REQUEST"))
    assert trial.convicted == {}
    assert trial.closes == [100.0]
    trial.later(1.0)
    assert len(trial.dials) == 2
    assert trial.dials[1] >= 100.5


def test_a_lost_connection_is_dialled_again_after_a_growing_wait() -> None:
    trial = Trial(1)
    waits: list[float] = []
    for _ in range(4):
        trial.later(60.0)
        lost_at = trial.time
        trial.probe.connection_lost(LOST if waits else ConnectFailed("no answer"), trial.now)
        trial.later(60.0)
        waits.append(trial.dials[-1] - lost_at)
    for wait, longest in zip(waits, (1.0, 2.0, 4.0, 8.0), strict=True):
        assert longest / 2 <= wait <= longest
    assert trial.convicted == {}
    assert trial.acquitted == set()


def test_a_dial_that_is_refused_for_a_limit_waits_as_long_as_it_says() -> None:
    trial = Trial(1)
    trial.later(0.0)
    trial.probe.connection_lost(RateLimited("429", 130.0), trial.now)
    trial.later(29.0)
    assert trial.dials == [100.0]
    trial.later(2.0)
    assert trial.dials == [100.0, 130.0]


def test_who_is_not_wanted_any_more_is_not_tried() -> None:
    trial = Trial(1, 2, 3, 4)
    trial.later(0.0)
    trial.made()
    assert trial.asked == [{1, 2}]
    trial.probe.keep({stream(2), stream(4)})
    assert trial.settle() == [Close, Connect], "a late refusal would be taken for the next one's"
    trial.made()
    assert trial.asked == [{1, 2}, {2}]
    trial.probe.keep({stream(2)})
    assert trial.settle() == [], "the part that is being tried is still whole"
    trial.probe.keep(())
    assert trial.settle() == [Close]
    assert trial.probe.next_deadline() is None


def test_who_is_not_wanted_while_it_is_dialled_is_not_dialled_for() -> None:
    trial = Trial(1)
    assert trial.later(0.0) == [Connect]
    assert trial.probe.next_deadline() is None
    trial.probe.keep(())
    assert trial.settle() == [Close]


def test_new_suspects_wait_for_their_turn() -> None:
    trial = Trial(1)
    trial.later(0.0)
    trial.made()
    trial.probe.accuse({stream(7): 0})
    trial.later(1.0)
    assert trial.asked == [{1}, {7}]


def test_asking_waits_where_too_much_was_sent() -> None:
    trial = Trial(*range(8))
    trial.later(0.0)
    trial.made()
    for _ in range(4):
        trial.probe._messages.sent(trial.time)
    trial.later(1.0)
    assert trial.settle() == [], "the next question has to wait"
    due = trial.probe.next_deadline()
    assert due is not None
    trial.later(due - trial.time)
    assert len(trial.asked) == 2


def test_pongs_are_nothing_to_it() -> None:
    trial = Trial(1)
    trial.probe.pong_received(trial.now)
    assert trial.settle() == [Connect]
