"""Who is to blame for a refusal, and what counts as accepted. Tests only."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count

import pytest

from upbit_ws_qt.events import DataType
from upbit_ws_qt.probe import ProbeProtocol
from upbit_ws_qt.subscriptions import Stream, SubscriptionSpec, SubscriptionStateManager
from upbit_ws_qt.verdicts import Verdicts
from upbit_ws_qt.wire import ErrorFrame

NO = ErrorFrame("WRONG_FORMAT", "no")


def stream(name: str) -> Stream:
    return Stream("ticker", f"KRW-{name}")


def streams(names: str) -> dict[Stream, int]:
    return {stream(name): 0 for name in names}


class Court:
    """Everybody wants the market of their own name."""

    def __init__(self, wanted: str) -> None:
        self.subscriptions = SubscriptionStateManager()
        for name in wanted:
            self.subscriptions.add(name, SubscriptionSpec(DataType.TICKER, (f"KRW-{name}",)))
        tickets = count(1)
        self.probe = ProbeProtocol(0.8, lambda: f"t{next(tickets)}", lambda *_: None)
        self.told: list[tuple[str, str, tuple[Hashable, ...], set[Stream]]] = []
        self.verdicts = Verdicts(
            self.subscriptions,
            self.probe,
            lambda name, why, whom, what: self.told.append((name, why, whom, set(what))),
        )

    def ask(self, names: str, *, accepted: bool = True) -> None:
        self.verdicts.requested(streams(names), 100.0)
        if accepted:
            assert self.verdicts.accept(101.0)

    @property
    def convicted(self) -> set[Hashable]:
        return {who for _, _, consumers, _ in self.told for who in consumers}

    @property
    def suspects(self) -> set[str]:
        return {suspect.code.removeprefix("KRW-") for suspect in self.probe.suspects}


def test_a_request_counts_as_accepted_after_a_second_and_once() -> None:
    court = Court("A")
    assert not court.verdicts.accept(100.0), "nothing was asked"
    court.ask("A", accepted=False)
    assert court.verdicts.asked == streams("A")
    assert court.verdicts.due_at == 101.0
    assert not court.verdicts.accept(100.9)
    assert court.verdicts.accept(101.0)
    assert court.verdicts.due_at is None
    assert not court.verdicts.accept(102.0)


def test_a_single_new_stream_is_the_guilty_one() -> None:
    court = Court("AB")
    court.ask("A")
    court.ask("AB", accepted=False)
    court.verdicts.refused(NO)
    assert court.told == [("WRONG_FORMAT", "no", ("B",), {stream("B")})]
    assert court.subscriptions.wire_plan(100.0).keys() == streams("A").keys()
    assert court.suspects == set()
    assert not court.verdicts.probe_due


def test_several_new_streams_are_tried_beside() -> None:
    court = Court("ABC")
    court.ask("A")
    court.ask("ABC", accepted=False)
    court.verdicts.refused(NO)
    assert court.told == []
    assert court.suspects == {"B", "C"}
    assert court.verdicts.probe_due


def test_where_nothing_is_new_everything_is_suspect() -> None:
    court = Court("AB")
    court.ask("AB")
    court.ask("AB", accepted=False)
    court.verdicts.refused(NO)
    assert court.suspects == {"A", "B"}


def test_what_delivered_is_not_to_blame() -> None:
    court = Court("AB")
    court.ask("AB", accepted=False)
    court.verdicts.delivered(stream("A"))
    court.verdicts.delivered(stream("X"))
    court.verdicts.refused(NO)
    assert court.convicted == {"B"}


def test_another_depth_is_not_new() -> None:
    court = Court("AB")
    court.verdicts.requested({stream("A"): 5}, 100.0)
    court.verdicts.accept(101.0)
    court.verdicts.requested({stream("A"): 30, stream("B"): 0}, 102.0)
    court.verdicts.refused(NO)
    assert court.convicted == {"B"}


def test_what_was_open_when_the_connection_ended_is_not_accepted() -> None:
    court = Court("AB")
    court.ask("A")
    court.ask("AB", accepted=False)
    court.verdicts.disconnected()
    assert court.verdicts.asked == {}
    assert not court.verdicts.accept(200.0)
    court.ask("AB", accepted=False)
    court.verdicts.refused(NO)
    assert court.convicted == {"B"}


@pytest.mark.parametrize(("acquitted", "convicted"), [("BC", {"B", "C"}), ("B", set[str]())])
def test_streams_that_were_acquitted_one_by_one_are_too_many_together(
    acquitted: str, convicted: set[str]
) -> None:
    court = Court("ABC")
    court.ask("A")
    court.ask("ABC", accepted=False)
    court.verdicts.judged(streams(acquitted), None)
    court.verdicts.refused(NO)
    assert court.convicted == convicted
    assert court.suspects == set("BC") - set(acquitted)


def test_an_acquittal_ends_with_the_next_accepted_request() -> None:
    court = Court("ABC")
    court.verdicts.judged(streams("BC"), None)
    court.ask("A")
    court.ask("ABC", accepted=False)
    court.verdicts.refused(NO)
    assert court.suspects == {"B", "C"}


def test_the_probes_refusal_is_told_to_the_owner() -> None:
    court = Court("AB")
    court.verdicts.judged(streams("B"), NO)
    assert court.convicted == {"B"}


def test_what_nobody_wants_is_not_tried_and_not_kept_in_grace() -> None:
    court = Court("ABCD")
    court.ask("A")
    court.subscriptions.remove_client("B", now=100.0)
    court.ask("ABCD", accepted=False)
    court.verdicts.refused(NO)
    assert court.suspects == {"C", "D"}
    assert court.subscriptions.wire_plan(100.0).keys() == streams("ACD").keys()
    court.verdicts.probe_due = False
    court.subscriptions.remove_client("C", now=100.0)
    court.verdicts.try_only(court.subscriptions.wanted())
    assert court.suspects == {"D"}
    assert court.verdicts.probe_due
    assert court.subscriptions.wire_plan(100.0).keys() == streams("AD").keys()


def test_a_suspect_has_no_grace_in_another_depth_either() -> None:
    """It was never on the wire like that."""
    court = Court("A")
    for who, depth in (("one", 1), ("two", 5)):
        spec = SubscriptionSpec(DataType.ORDERBOOK, ("KRW-BTC",), depth=depth)
        court.subscriptions.add(who, spec)
    book = Stream("orderbook", "KRW-BTC")
    court.verdicts.requested({stream("A"): 0, book: 1}, 100.0)
    court.verdicts.refused(NO)
    court.subscriptions.remove_client("two", now=100.0)
    court.verdicts.try_only(court.subscriptions.wanted())
    assert court.subscriptions.wire_plan(100.0)[book] == 1


def test_an_acquitted_stream_that_nobody_wants_is_not_kept_in_grace_either() -> None:
    court = Court("ABC")
    court.ask("A")
    court.verdicts.judged(streams("C"), None)
    court.subscriptions.remove_client("C", now=100.0)
    court.ask("ABC", accepted=False)
    court.verdicts.refused(NO)
    assert court.suspects == {"B"}
    assert court.subscriptions.wire_plan(100.0).keys() == streams("AB").keys()


def test_without_suspects_there_is_nothing_to_stop() -> None:
    court = Court("A")
    court.verdicts.try_only(())
    assert not court.verdicts.probe_due


def test_where_the_exchange_names_what_it_refuses_the_rest_stands() -> None:
    court = Court("AB")
    court.ask("AB", accepted=False)
    court.verdicts.declined([stream("B")], NO)
    assert court.told == [("WRONG_FORMAT", "no", ("B",), {stream("B")})]
    assert court.subscriptions.wire_plan() == streams("A")
    assert court.verdicts.asked == streams("A")
    assert not court.suspects
    assert court.verdicts.accept(101.0)


def test_a_refusal_of_nothing_is_told_and_convicts_nobody() -> None:
    court = Court("A")
    court.ask("A", accepted=False)
    court.verdicts.declined((), NO)
    assert court.told == [("WRONG_FORMAT", "no", (), set())]
    assert court.verdicts.asked == streams("A")
