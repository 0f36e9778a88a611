"""What is followed of one account, what is read of it and when. Tests only."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from upbit_ws_qt import account_calls
from upbit_ws_qt.account_calls import accounts
from upbit_ws_qt.account_feed import AccountFeed, Reading
from upbit_ws_qt.actions import Instant
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    InvalidState,
    RateLimited,
    RequestRejected,
    UpbitError,
)
from upbit_ws_qt.events import (
    AssetEvent,
    Balance,
    BalanceEvent,
    ConnectionType,
    ErrorEvent,
    OrderEvent,
    OrderState,
    Source,
    WebSocketEvent,
)
from upbit_ws_qt.outbox import Outbox
from upbit_ws_qt.polling import Fetch, Subject
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import BALANCE_STREAM, ORDER_STREAM, Stream

ROW = Balance(currency="BTC", balance=Decimal(1))


def assets(amount: int) -> AssetEvent:
    row = Balance(currency="BTC", balance=Decimal(amount))
    return AssetEvent(type="myAsset", balances=(row,), timestamp=1)


def order(uuid: str = "u", state: str = "wait", done: int = 0) -> OrderEvent:
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=1,
        uuid=uuid,
        ask_bid="BID",
        order_type="limit",
        state=OrderState(state),
        executed_volume=Decimal(done),
    )


class Desk:
    """The shell: time is a number, questions are answered by hand."""

    def __init__(self, *streams: Stream) -> None:
        self.outbox = Outbox(ConnectionType.PRIVATE)
        settings = FeedSettings(balance_poll_interval_s=5.0, order_poll_interval_s=2.0)
        self.feed = AccountFeed(settings, self.outbox)
        self.time = 100.0
        self.feed.follow(streams)

    def asked(self) -> list[Fetch]:
        found: list[Fetch] = []
        while (fetch := self.feed.next_fetch(self.time)) is not None:
            found.append(fetch)
        return found

    def subjects(self) -> set[Subject]:
        return {fetch.subject for fetch in self.asked()}

    def answer(self, fetch: Fetch, result: Reading | UpbitError) -> UpbitError | None:
        return self.feed.reply(fetch, result, Instant(self.time, 1_790_000_000.0 + self.time))

    def told(self) -> list[WebSocketEvent]:
        events = list(self.outbox.events)
        self.outbox.events.clear()
        return events

    def amounts(self) -> list[Decimal]:
        events = [event for event in self.told() if isinstance(event, BalanceEvent)]
        return [event.balances[0].balance for event in events]


def read_once(*streams: Stream) -> Desk:
    """Everything was read, and frames have begun to come."""
    desk = Desk(*streams)
    for fetch in desk.asked():
        desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
    desk.feed.heard(assets(1), desk.time)
    desk.time += 1.0
    for fetch in desk.asked():
        desk.answer(fetch, (ROW,))
    desk.told()
    desk.time += 100.0
    assert desk.asked() == []
    return desk


def test_only_what_belongs_to_an_account_is_read() -> None:
    desk = Desk(BALANCE_STREAM, Stream("announcement", ""))
    assert desk.feed.can_poll
    assert desk.subjects() == {BALANCE_STREAM}
    assert not Desk(Stream("announcement", "")).feed.can_poll


def test_what_is_read_is_told_as_polled() -> None:
    desk = Desk(BALANCE_STREAM, ORDER_STREAM)
    for fetch in desk.asked():
        assert desk.feed.is_reading(desk.time)
        desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
    assert not desk.feed.is_reading(desk.time)
    told = desk.told()
    assert {type(event) for event in told} == {BalanceEvent, OrderEvent}
    assert {event.source for event in told} == {Source.POLLED}
    assert {event.connection_type for event in told} == {ConnectionType.PRIVATE}


def test_a_frame_before_the_first_reading_is_told_with_it() -> None:
    desk = Desk(BALANCE_STREAM)
    (fetch,) = desk.asked()
    desk.feed.heard(assets(2), desk.time)
    assert desk.told() == []
    desk.answer(fetch, (ROW,))
    assert desk.amounts() == [2]


def test_frames_are_told_at_once_and_whole() -> None:
    desk = read_once(BALANCE_STREAM)
    desk.feed.heard(assets(3), desk.time)
    assert desk.amounts() == [3]


@pytest.mark.parametrize("by_order", [False, True])
def test_after_a_change_the_accounts_are_read_when_it_has_settled(by_order: bool) -> None:
    """An order that moves tells of money, even where the stream of balances is silent."""
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    changed_at = desk.time
    for step in range(3):
        desk.time = changed_at + step / 20
        desk.feed.heard(order(done=step + 1) if by_order else assets(step + 2), desk.time)
    assert desk.feed.next_deadline() == pytest.approx(changed_at + 0.2)
    desk.time = changed_at + 0.2
    assert desk.subjects() == {BALANCE_STREAM}


def test_an_account_in_motion_is_read_once_a_second_at_most() -> None:
    desk = read_once(BALANCE_STREAM)
    asked_at: list[float] = []
    end = desk.time + 10.0
    while desk.time < end:
        desk.time += 0.05
        desk.feed.heard(assets(int(desk.time * 20)), desk.time)
        for fetch in desk.asked():
            asked_at.append(desk.time)
            desk.answer(fetch, (Balance(currency="BTC", balance=Decimal(int(desk.time * 20))),))
    gaps = [later - earlier for earlier, later in pairwise(asked_at)]
    assert len(gaps) == 9
    assert min(gaps) >= 0.99


def test_a_reading_that_contradicts_what_was_known_is_checked_by_another() -> None:
    desk = read_once(BALANCE_STREAM)
    desk.feed.requested()
    (fetch,) = desk.asked()
    desk.answer(fetch, (Balance(currency="BTC", balance=Decimal(7)),))
    assert desk.amounts() == [7]
    assert desk.asked() == []
    desk.time += 1.0
    (fetch,) = desk.asked()
    desk.answer(fetch, (Balance(currency="BTC", balance=Decimal(7)),))
    desk.time += 1000.0
    assert desk.asked() == []


def test_until_the_stream_has_delivered_once_balances_are_read_now_and_then() -> None:
    """The first subscription of a key may be silent for minutes."""
    desk = Desk(BALANCE_STREAM)
    for _ in range(3):
        (fetch,) = desk.asked()
        desk.answer(fetch, (ROW,))
        assert desk.feed.next_deadline() == desk.time + 30.0
        desk.time += 30.0
    (fetch,) = desk.asked()
    desk.feed.heard(assets(1), desk.time)
    desk.answer(fetch, (ROW,))
    desk.time += 1.0
    (fetch,) = desk.asked()
    desk.answer(fetch, (ROW,))
    assert desk.feed.next_deadline() is None


def test_a_fill_that_comes_after_the_end_is_told_and_the_end_once_more() -> None:
    """Its end was looked up before the frames before it came; what is said last is what holds."""
    desk = read_once(ORDER_STREAM)
    desk.feed.requested()
    (listing,) = desk.asked()
    desk.answer(listing, ())
    (look_up,) = desk.asked()
    desk.answer(look_up, order(state="done", done=3))
    desk.told()
    desk.feed.heard(order(state="trade", done=2), desk.time)
    desk.feed.heard(order(state="done", done=3), desk.time)
    orders = [event for event in desk.told() if isinstance(event, OrderEvent)]
    assert [event.state for event in orders] == [OrderState.TRADE, OrderState.DONE]


def test_an_order_that_vanished_is_looked_up() -> None:
    desk = read_once(ORDER_STREAM)
    desk.feed.requested()
    (fetch,) = desk.asked()
    desk.answer(fetch, ())
    assert desk.told() == []
    (lookup,) = desk.asked()
    assert lookup.subject == "u"
    ended = order(state="cancel")
    desk.answer(lookup, ended)
    (event,) = desk.told()
    assert isinstance(event, OrderEvent)
    assert (event.uuid, event.state, event.source) == ("u", OrderState.CANCEL, Source.POLLED)
    desk.answer(lookup, ended)
    assert desk.told() == []
    assert desk.asked() == []


def test_a_look_up_that_fails_is_tried_again() -> None:
    desk = read_once(ORDER_STREAM)
    desk.feed.requested()
    (fetch,) = desk.asked()
    desk.answer(fetch, ())
    (lookup,) = desk.asked()
    desk.answer(lookup, RequestRejected("500", "broken"))
    assert [type(event) for event in desk.told()] == [ErrorEvent]
    desk.time += 2.0
    assert desk.asked() == [lookup]


def test_an_order_that_is_known_to_nobody_is_looked_up_no_more() -> None:
    desk = read_once(ORDER_STREAM)
    desk.feed.requested()
    (fetch,) = desk.asked()
    desk.answer(fetch, ())
    (lookup,) = desk.asked()
    desk.answer(lookup, RequestRejected("order_not_found", "주문을 찾지 못했습니다."))
    assert [type(event) for event in desk.told()] == [ErrorEvent]
    desk.feed.requested()
    (fetch,) = desk.asked()
    desk.answer(fetch, ())
    assert desk.asked() == []


def test_one_that_is_still_open_changes_nothing() -> None:
    desk = read_once(ORDER_STREAM)
    desk.feed.requested()
    (fetch,) = desk.asked()
    desk.answer(fetch, ())
    (lookup,) = desk.asked()
    desk.answer(lookup, order())
    assert desk.told() == []


def test_without_a_socket_everything_is_read_again_and_again() -> None:
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    desk.feed.poll([BALANCE_STREAM, ORDER_STREAM])
    desk.feed.requested()
    began = desk.time
    asked: list[tuple[float, Subject]] = []
    while desk.time < began + 10.0:
        for fetch in desk.asked():
            asked.append((desk.time - began, fetch.subject))
            desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
        desk.time += 0.5
    assert [at for at, subject in asked if subject == BALANCE_STREAM] == [0.0, 5.0]
    assert [at for at, subject in asked if subject == ORDER_STREAM] == [0, 2, 4, 6, 8]
    desk.feed.poll([])
    for fetch in desk.asked():
        desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
    desk.time += 5.0
    for fetch in desk.asked():
        desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
    desk.time += 100.0
    assert desk.asked() == []


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (RequestRejected("500", "broken"), 5.0),
        (RateLimited("418", 160.0), 60.0),
        (RateLimited("429", None), 5.0),
        (RateLimited("429", 90.0), 5.0),
    ],
)
def test_a_reading_that_fails_is_told_and_tried_again(error: UpbitError, wait_s: float) -> None:
    desk = Desk(BALANCE_STREAM)
    (fetch,) = desk.asked()
    assert desk.answer(fetch, error) is None
    (event,) = desk.told()
    assert isinstance(event, ErrorEvent)
    assert event.error is error
    assert desk.feed.next_deadline() == desk.time + wait_s


@pytest.mark.parametrize("error", [AuthenticationFailed("ended"), InvalidState("deleted")])
def test_what_is_about_the_key_is_for_somebody_else(error: UpbitError) -> None:
    desk = Desk(BALANCE_STREAM)
    (fetch,) = desk.asked()
    assert desk.answer(fetch, error) is error
    assert desk.told() == []


def test_what_nobody_follows_is_forgotten_and_what_comes_of_it_is_not_told() -> None:
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    desk.feed.follow(())
    desk.feed.heard(assets(5), desk.time)
    desk.feed.heard(order("new"), desk.time)
    desk.time += 10.0
    assert desk.asked() == []
    assert desk.told() == []
    desk.feed.follow((BALANCE_STREAM, ORDER_STREAM))
    for fetch in desk.asked():
        desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
    assert {type(event) for event in desk.told()} == {BalanceEvent, OrderEvent}


def test_what_is_of_another_account_is_forgotten_with_its_answers() -> None:
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    desk.feed.requested()
    former = desk.asked()
    desk.feed.forget()
    for fetch in former:
        assert desk.answer(fetch, AuthenticationFailed("former")) is None
    for fetch in desk.asked():
        desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
    assert {type(event) for event in desk.told()} == {BalanceEvent, OrderEvent}
    assert desk.feed.next_deadline() == desk.time + 30.0, "the stream has to prove itself again"


def test_after_a_restart_what_was_asked_is_asked_again() -> None:
    desk = Desk(BALANCE_STREAM)
    (lost,) = desk.asked()
    desk.feed.restart()
    (fetch,) = desk.asked()
    desk.answer(lost, (ROW,))
    assert desk.told() == []
    desk.answer(fetch, (ROW,))
    assert desk.amounts() == [1]


def test_only_what_is_of_an_account_goes_through_it() -> None:
    assert AccountFeed.hears == (AssetEvent, OrderEvent)


def test_a_frame_that_comes_twice_is_told_once() -> None:
    desk = read_once(ORDER_STREAM)
    for _ in range(2):
        desk.feed.heard(order(state="trade", done=1), desk.time)
    assert len(desk.told()) == 1


def test_when_a_request_goes_out_and_when_it_is_accepted_everything_is_read() -> None:
    """Between the reading and the beginning of the streams something may have happened."""
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    for happened in (desk.feed.requested, desk.feed.accepted):
        happened()
        fetches = desk.asked()
        assert {fetch.subject for fetch in fetches} == {BALANCE_STREAM, ORDER_STREAM}
        for fetch in fetches:
            desk.answer(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (order(),))
        assert desk.feed.next_deadline() is None


def test_what_is_accepted_while_the_answer_is_on_its_way_is_read_once_more() -> None:
    desk = Desk(BALANCE_STREAM)
    (fetch,) = desk.asked()
    desk.feed.accepted()
    assert desk.asked() == []
    desk.answer(fetch, (ROW,))
    assert desk.subjects() == {BALANCE_STREAM}


def test_after_a_frame_that_could_not_be_read_everything_is_read_a_second_later() -> None:
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    broken_at = desk.time
    for _ in range(3):
        desk.feed.unreadable(desk.time)
        desk.time += 0.1
    assert desk.asked() == []
    assert desk.feed.next_deadline() == broken_at + 1.0, "a flood of them does not postpone it"
    desk.time = broken_at + 1.0
    assert desk.subjects() == {BALANCE_STREAM, ORDER_STREAM}


def test_only_what_is_followed_is_polled() -> None:
    desk = read_once(BALANCE_STREAM)
    desk.feed.poll([BALANCE_STREAM, ORDER_STREAM])
    assert desk.feed.is_polled(BALANCE_STREAM)
    assert desk.subjects() == {BALANCE_STREAM}, "what joins the polling is due at once"
    desk.feed.follow([BALANCE_STREAM, ORDER_STREAM])
    assert desk.subjects() == {ORDER_STREAM}
    desk.feed.poll([])
    assert not desk.feed.is_polled(BALANCE_STREAM)
    assert not desk.feed.is_polled("an order")


def test_a_look_up_says_which_order_and_a_reading_of_all_needs_no_call() -> None:
    desk = read_once(BALANCE_STREAM, ORDER_STREAM)
    desk.feed.requested()
    calls = {fetch.subject: fetch for fetch in desk.asked()}
    assert calls[BALANCE_STREAM].call == accounts()
    assert calls[ORDER_STREAM].call is None, "they take as many pages as there are"
    desk.answer(calls[ORDER_STREAM], ())
    (lookup,) = desk.asked()
    assert lookup.call == account_calls.order(uuid="u")
