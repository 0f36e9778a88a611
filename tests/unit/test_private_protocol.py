"""The brain of the private connection: one account, and the key that opens it. Tests only."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.protocol_desk import PRIVATE, Desk, S, refusal
from upbit_ws_qt.account_calls import accounts
from upbit_ws_qt.actions import Close, Connect
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    InvalidState,
    RequestRejected,
    UpbitError,
)
from upbit_ws_qt.events import (
    Balance,
    BalanceEvent,
    ConnectionEvent,
    DataType,
    ErrorEvent,
    OrderEvent,
    OrderState,
    RefusalEvent,
    Source,
    SubscriptionEvent,
)
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.private_protocol import PrivateProtocol
from upbit_ws_qt.recovery import RecoveryEngine
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import BALANCE_STREAM, ORDER_STREAM, SubscriptionSpec

BALANCES = SubscriptionSpec(DataType.BALANCE)
ROW = Balance(currency="BTC", balance=Decimal("0.5"))
ORDERS = SubscriptionSpec(DataType.ORDER)
NOTICES = SubscriptionSpec(DataType.CUSTOM, type="announcement")
KEY_ENDED = AuthenticationFailed("another key is needed", "expired_access_key")
NO_RIGHT = AuthenticationFailed("a right is missing", "out_of_scope", "자산조회")


class PrivateDesk(Desk):
    """The same for an account; without a socket for three seconds it is polled."""

    def __init__(self, *, has_key: bool = True) -> None:
        self.has_key = has_key
        super().__init__(fallback_after_s=3.0)

    def make(
        self, settings: FeedSettings, ticket: Callable[[], str], recovery: RecoveryEngine
    ) -> PrivateProtocol:
        self.account = PrivateProtocol(
            settings,
            self.epochs,
            ticket,
            recovery=recovery,
            handlers=self.handlers,
            has_key=self.has_key,
        )
        return self.account

    def set_key(self, *, has_key: bool) -> None:
        self.call(self.account.key_changed, has_key)


def dialling(**wishes: SubscriptionSpec) -> PrivateDesk:
    desk = PrivateDesk()
    desk.start()
    for consumer, spec in (wishes or {"balances": BALANCES}).items():
        desk.subscribe(consumer, spec)
    desk.later(0.02)
    return desk


def an_order(uuid: str = "u", state: str = "wait") -> OrderEvent:
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=1,
        uuid=uuid,
        ask_bid="BID",
        order_type="limit",
        state=OrderState(state),
        remaining_volume=Decimal(1),
    )


def by_choice(*, has_key: bool = True) -> PrivateDesk:
    """Balances are polled, and there is no socket for them."""
    desk = PrivateDesk(has_key=has_key)
    desk.start()
    desk.call(desk.protocol.choose_polling, [DataType.BALANCE, DataType.ORDER])
    desk.subscribe("balances", BALANCES)
    desk.later(0.02)
    assert desk.took(Connect) == []
    return desk


def test_both_streams_share_the_socket_and_are_read_when_they_begin_and_when_accepted() -> None:
    desk = dialling(balances=BALANCES, orders=ORDERS)
    assert desk.fetches == []
    desk.made()
    assert desk.requests == [{BALANCE_STREAM: 0, ORDER_STREAM: 0}]
    assert {fetch.subject for fetch in desk.fetches} == {BALANCE_STREAM, ORDER_STREAM}
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (an_order(),))
    desk.later(1.0)
    assert desk.took(Fetch)[2:] == [desk.time, desk.time]
    assert [event.balances for event in desk.heard(BalanceEvent)] == [(ROW,)]
    assert [event.uuid for event in desk.heard(OrderEvent)] == ["u"]
    assert {event.source for event in desk.heard(OrderEvent)} == {Source.POLLED}


def test_frames_are_told_whole_and_call_for_another_reading() -> None:
    desk = dialling()
    desk.made()
    desk.reply(desk.fetches[0], (ROW,))
    desk.later(1.0)
    desk.reply(desk.fetches[1], (ROW,))
    desk.later(4.0)
    desk.forget()
    heard_at = desk.time
    desk.receive(b'{"ty":"myAsset","ast":[{"cu":"ETH","b":2,"l":0}],"tms":1}')
    (event,) = desk.heard(BalanceEvent)
    assert [row.currency for row in event.balances] == ["BTC", "ETH"]
    assert (event.source, event.epoch) == (Source.WEBSOCKET, 1)
    desk.later(1.0)
    assert desk.took(Fetch) == [heard_at + 0.2]


def test_a_later_connection_does_not_outdate_what_was_heard_before() -> None:
    desk = dialling()
    desk.made()
    desk.lost()
    desk.reconnect()
    assert desk.epochs.current_epoch(PRIVATE) == 2
    assert desk.epochs.is_current_epoch(PRIVATE, 1)
    desk.set_key(has_key=True)
    assert not desk.epochs.is_current_epoch(PRIVATE, 2)


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("the handshake was refused with HTTP 401"),
        InvalidState("the key is not sent to this host"),
    ],
)
def test_a_refused_key_is_not_tried_again_until_it_is_changed(error: UpbitError) -> None:
    desk = dialling()
    desk.lost(error)
    said = desk.heard(ConnectionEvent)[-1]
    assert (said.state, said.reason, said.error) == (S.REFUSED, str(error), error)
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error, told.streams) == (("balances",), error, frozenset())
    desk.forget()
    desk.subscribe("late", ORDERS)
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error) == (("late",), error)
    desk.later(3600.0)
    assert desk.actions == []
    assert desk.protocol.next_deadline() is None
    desk.forget()
    desk.set_key(has_key=True)
    assert desk.took(Connect) == [desk.time]
    assert desk.states == [S.IDLE, S.CONNECTING]


def doubted(**wishes: SubscriptionSpec) -> PrivateDesk:
    """The socket refuses the key and does not say why."""
    desk = dialling(**wishes)
    desk.made()
    desk.receive(refusal("INVALID_AUTH"))
    assert desk.took(Close) == [desk.time]
    assert desk.state is S.RECONNECTING
    return desk


def test_a_key_that_the_socket_alone_refuses_is_refused() -> None:
    desk = doubted()
    desk.reply(desk.fetches[0], (ROW,))
    assert desk.state is S.RECONNECTING, "it was asked before the refusal"
    desk.reply(desk.fetches[1], (ROW,))
    assert desk.state is S.REFUSED
    assert desk.protocol.reason == "INVALID_AUTH: 왜"
    desk.later(3600.0)
    assert len(desk.took(Connect)) == 1


def test_what_is_read_says_what_is_wrong_with_the_key() -> None:
    desk = doubted(balances=BALANCES, orders=ORDERS)
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, KEY_ENDED)
    (told,) = desk.heard(RefusalEvent)
    assert (told.error, told.name) == (KEY_ENDED, "expired_access_key")
    assert set(told.consumers) == {"balances", "orders"}
    assert desk.state is S.REFUSED


def test_a_missing_right_refuses_its_stream_alone() -> None:
    desk = doubted(balances=BALANCES, orders=ORDERS)
    for fetch in tuple(desk.fetches):
        missing = fetch.subject == BALANCE_STREAM
        desk.reply(fetch, NO_RIGHT if missing else (an_order(),))
        desk.reply(fetch, NO_RIGHT if missing else (an_order(),))
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.streams, told.error) == (
        ("balances",),
        frozenset({BALANCE_STREAM}),
        NO_RIGHT,
    )
    desk.reconnect()
    assert desk.requests[-1] == {ORDER_STREAM: 0}
    desk.reply(desk.fetches[-1], (an_order(),))
    desk.forget()
    desk.subscribe("late", BALANCES)
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error) == (("late",), NO_RIGHT)
    desk.later(1.0)
    assert {fetch.subject for fetch in desk.fetches} == {ORDER_STREAM}
    desk.set_key(has_key=True)
    desk.made()
    assert desk.requests[-1] == {BALANCE_STREAM: 0, ORDER_STREAM: 0}


def test_another_key_that_lacks_the_same_right_is_told_so_again() -> None:
    desk = by_choice()
    for said in (1, 2):
        desk.reply(desk.fetches[-1], NO_RIGHT)
        assert len(desk.heard(RefusalEvent)) == said
        desk.set_key(has_key=True)
        desk.later(0.02)


def test_two_readings_that_miss_the_same_right_say_it_once() -> None:
    desk = dialling(orders=ORDERS)
    desk.made()
    desk.reply(desk.fetches[0], (an_order("a"), an_order("b")))
    desk.later(1.0)
    desk.reply(desk.fetches[1], ())
    lookups = desk.fetches[2:]
    assert {fetch.subject for fetch in lookups} == {"a", "b"}
    lacks = AuthenticationFailed("a right is missing", "out_of_scope", "주문조회")
    for fetch in lookups:
        desk.reply(fetch, lacks)
    (told,) = desk.heard(RefusalEvent)
    assert told.streams == {ORDER_STREAM}


def test_where_nothing_can_be_read_the_socket_is_tried_again() -> None:
    desk = doubted()
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, ConnectFailed("no route"))
    assert desk.state is S.RECONNECTING
    desk.reconnect()
    desk.reply(desk.fetches[-1], (ROW,))
    assert desk.state is S.CONNECTED
    assert desk.heard(RefusalEvent) == []


def test_where_nothing_could_be_read_the_key_is_not_blamed_by_a_later_reading() -> None:
    desk = doubted()
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, ConnectFailed("no route"))
    desk.later(6.0)
    for said in (1, 2):
        assert desk.state is S.POLLING
        desk.reply(desk.fetches[-1], (ROW,))
        assert len(desk.heard(BalanceEvent)) == said
        desk.later(5.0)
    assert desk.state is S.POLLING


def test_a_doubt_ends_with_a_stop() -> None:
    desk = doubted()
    desk.forget()
    desk.stop()
    desk.start()
    desk.later(0.5)
    assert desk.state is S.CONNECTING
    assert desk.fetches == []


def test_a_doubt_ends_with_the_connection_it_was_about() -> None:
    desk = doubted()
    desk.reconnect()
    answered = 0
    while answered < len(desk.fetches):
        desk.reply(desk.fetches[answered], (ROW,))
        answered += 1
    assert answered == 2
    assert desk.state is S.CONNECTED


def test_where_nothing_is_to_be_read_a_refused_key_is_refused_at_once() -> None:
    desk = dialling(notices=NOTICES)
    desk.made()
    desk.receive(refusal("INVALID_AUTH"))
    assert desk.state is S.REFUSED
    assert desk.fetches == []


def test_without_a_key_it_says_so_and_asks_nothing() -> None:
    desk = PrivateDesk(has_key=False)
    desk.start()
    desk.subscribe("balances", BALANCES)
    desk.later(10.0)
    assert desk.states == [S.IDLE, S.REFUSED]
    assert desk.protocol.reason == "no key is set"
    assert desk.actions == []
    assert desk.heard(RefusalEvent) == [], "it waits for a key"
    desk.set_key(has_key=True)
    assert desk.took(Connect) == [desk.time]


def test_another_key_dials_anew_and_the_former_ones_answers_are_ignored() -> None:
    desk = dialling(balances=BALANCES, orders=ORDERS)
    desk.made()
    former = tuple(desk.fetches)
    desk.forget()
    desk.set_key(has_key=True)
    assert desk.took(Close) == desk.took(Connect) == [desk.time]
    assert desk.states == [S.IDLE, S.CONNECTING]
    for fetch in former:
        desk.reply(fetch, (ROW,))
        desk.reply(fetch, KEY_ENDED)
    desk.made()
    assert desk.heard(BalanceEvent) == []
    assert desk.state is S.CONNECTED
    desk.reply(next(f for f in desk.fetches if f.subject == BALANCE_STREAM), (ROW,))
    (event,) = desk.heard(BalanceEvent)
    assert event.epoch == 3


def test_a_key_that_is_taken_away_ends_the_connection() -> None:
    desk = dialling()
    desk.made()
    desk.forget()
    desk.set_key(has_key=False)
    assert desk.took(Close) == [desk.time]
    assert desk.states == [S.IDLE, S.REFUSED]
    desk.later(60.0)
    assert [type(action) for _, action in desk.actions] == [Close]
    desk.set_key(has_key=False)
    assert desk.states == [S.IDLE, S.REFUSED, S.IDLE, S.REFUSED]


def polling(**wishes: SubscriptionSpec) -> PrivateDesk:
    """The dial has been under way for three seconds."""
    desk = dialling(**wishes)
    desk.later(3.0)
    assert desk.state is S.POLLING
    return desk


def test_without_a_socket_it_is_read_again_and_again_and_said_so() -> None:
    desk = polling(balances=BALANCES, orders=ORDERS)
    began = desk.time
    for _ in range(3):
        for fetch in desk.fetches[-2:]:
            rows = (ROW,) if fetch.subject == BALANCE_STREAM else (an_order(),)
            desk.reply(fetch, rows)
        desk.later(5.0)
    balances = Fetch(BALANCE_STREAM, 0, accounts())
    asked_at = [at - began for at, action in desk.actions if action == balances]
    assert asked_at == pytest.approx([0.0, 5.0, 10.0, 15.0])
    assert {event.source for event in desk.heard(BalanceEvent)} == {Source.POLLED}
    assert len(desk.heard(OrderEvent)) == 1, "only what is new"
    accepted = [event.streams for event in desk.heard(SubscriptionEvent) if event.accepted]
    assert {BALANCE_STREAM} in accepted


def test_orders_are_read_every_two_seconds() -> None:
    desk = polling(orders=ORDERS)
    began = desk.time
    for _ in range(3):
        desk.reply(desk.fetches[-1], ())
        desk.later(2.0)
    assert desk.took(Fetch) == pytest.approx([began, began + 2, began + 4, began + 6])


def test_dials_go_on_behind_the_polling_and_end_it() -> None:
    desk = polling()
    assert len(desk.took(Connect)) == 1, "the first dial is still under way"
    desk.lost(ConnectFailed("no answer"))
    assert desk.state is S.POLLING
    failed_at = desk.time
    desk.later(1.0)
    assert desk.took(Connect)[1:] == [failed_at + 1.0]
    assert desk.protocol.reason == "no answer"
    desk.made()
    assert desk.state is S.CONNECTED
    desk.reply(desk.fetches[0], (ROW,))
    desk.reply(desk.fetches[1], (ROW,))
    desk.later(1.0)
    desk.reply(desk.fetches[2], (ROW,))
    desk.later(20.0)
    assert len(desk.fetches) == 3, "once for the request, once more when it was accepted"
    assert desk.requests[0] == {BALANCE_STREAM: 0}


def test_a_loss_that_lasts_is_polled_and_a_short_one_is_not() -> None:
    desk = dialling()
    desk.made()
    desk.lost()
    desk.reconnect()
    desk.later(10.0)
    assert S.POLLING not in desk.states
    desk.lost(ConnectionLost(1006, "reset", 0))
    desk.later(3.0)
    assert desk.state is S.POLLING
    assert "reset" in desk.protocol.reason
    assert isinstance(desk.protocol.error, ConnectionLost)


def test_what_cannot_be_read_is_not_polled() -> None:
    desk = dialling(notices=NOTICES)
    desk.later(8.0)
    assert desk.state is S.CONNECTING
    desk.subscribe("balances", BALANCES)
    desk.later(0.02)
    assert desk.state is S.POLLING, "the socket has been missing for long enough"
    assert [fetch.subject for fetch in desk.fetches] == [BALANCE_STREAM]


def test_one_question_at_a_time() -> None:
    desk = polling()
    desk.later(60.0)
    assert len(desk.fetches) == 1


def test_a_failed_reading_is_told_and_tried_again() -> None:
    desk = polling()
    failed_at = desk.time
    desk.reply(desk.fetches[0], RequestRejected("500", "x"))
    assert [str(event.error) for event in desk.heard(ErrorEvent)] == ["500: x"]
    desk.later(5.0)
    assert desk.took(Fetch)[1:] == [failed_at + 5.0]
    assert desk.state is S.POLLING


def test_after_sleep_everything_is_read_at_once_and_it_is_said() -> None:
    """What was asked before the sleep may never be answered, nor the dial."""
    desk = polling()
    unanswered = desk.fetches[0]
    desk.to(desk.time + 5.0)
    desk.forget()
    desk.sleep(3600.0, monotonic_s=5.0)
    (said,) = desk.heard(ConnectionEvent)
    assert (said.state, said.resumed, said.reason) == (S.POLLING, True, "the machine slept")
    assert desk.took(Close) == [desk.time]
    assert desk.fetches == [Fetch(BALANCE_STREAM, 1, accounts())]
    desk.reply(unanswered, (ROW,))
    assert desk.heard(BalanceEvent) == []
    desk.reply(desk.fetches[0], (ROW,))
    assert len(desk.heard(BalanceEvent)) == 1


def test_polling_ends_after_the_grace_period() -> None:
    desk = polling()
    desk.unsubscribe("balances")
    desk.later(5.03)
    assert desk.state is S.IDLE
    assert len(desk.took(Close)) == 1, "the dial is given up"
    assert desk.protocol.next_deadline() is None
    desk.reply(desk.fetches[0], (ROW,))
    assert desk.heard(BalanceEvent) == []


def test_after_a_stop_and_a_start_everything_is_read_again() -> None:
    """The shell cancelled the question that was under way and will never answer it."""
    desk = polling()
    unanswered = desk.fetches[0]
    desk.stop()
    desk.reply(unanswered, (ROW,))
    assert desk.heard(BalanceEvent) == []
    desk.forget()
    desk.start()
    assert desk.states == [S.IDLE, S.CONNECTING]
    desk.made()
    assert desk.fetches == [Fetch(BALANCE_STREAM, 1, accounts())]


def test_what_comes_with_one_read_stays_in_order() -> None:
    desk = dialling()
    desk.made()
    desk.reply(desk.fetches[0], ())
    assets = [b'{"ty":"myAsset","ast":[{"cu":"ETH","b":%d,"l":0}],"tms":1}' % n for n in (1, 2)]
    assert not desk.protocol.receive_messages(assets, desk.now), "there is something to read"
    desk.settle()
    seen = [event.balances[0].balance for event in desk.heard(BalanceEvent)[1:]]
    assert seen == [1, 2]


def test_what_is_refused_for_something_else_says_nothing_about_the_key() -> None:
    desk = dialling(balances=BALANCES)
    desk.made()
    desk.later(1.0)
    desk.subscribe("notices", NOTICES)
    desk.later(0.02)
    desk.receive(refusal("WRONG_FORMAT"))
    (told,) = desk.heard(RefusalEvent)
    assert (told.name, told.error, told.consumers) == ("WRONG_FORMAT", None, ("notices",))
    assert desk.state is S.RECONNECTING
    desk.subscribe("late", NOTICES)
    told = desk.heard(RefusalEvent)[-1]
    assert (told.name, told.error, told.consumers) == ("REFUSED", None, ("late",))
    desk.reconnect()
    assert desk.requests[-1] == {BALANCE_STREAM: 0}


def test_what_nobody_sees_is_not_polled() -> None:
    desk = polling(balances=BALANCES, orders=ORDERS)
    assert desk.protocol.hide("orders", hidden=True)
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else ())
    desk.forget()
    desk.later(60.0)
    assert {fetch.subject for fetch in desk.fetches} == {BALANCE_STREAM}
    assert desk.protocol.hide("orders", hidden=False)
    desk.settle()
    assert desk.fetches[-1].subject == ORDER_STREAM, "who comes into sight does not wait"


def test_by_choice_an_account_is_polled_without_a_socket() -> None:
    desk = by_choice()
    began = desk.time
    for _ in range(2):
        desk.reply(desk.fetches[-1], (ROW,))
        desk.later(5.0)
    assert desk.took(Fetch) == [began, began + 5.0, began + 10.0]
    assert [event.streams for event in desk.heard(SubscriptionEvent)] == [{BALANCE_STREAM}] * 2
    assert {event.source for event in desk.heard(BalanceEvent)} == {Source.POLLED}
    assert desk.state is S.IDLE
    desk.call(desk.protocol.choose_polling, [])
    desk.later(0.02)
    assert desk.took(Connect) == [desk.time]


def test_a_key_that_is_refused_is_not_polled_with_either() -> None:
    desk = by_choice()
    desk.reply(desk.fetches[0], KEY_ENDED)
    assert desk.state is S.REFUSED
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error) == (("balances",), KEY_ENDED)
    desk.forget()
    desk.later(3600.0)
    assert desk.actions == []
    desk.set_key(has_key=True)
    assert [fetch.subject for fetch in desk.fetches] == [BALANCE_STREAM]


def test_what_is_read_after_a_refusal_of_the_key_is_no_acceptance() -> None:
    desk = by_choice()
    desk.subscribe("orders", ORDERS)
    desk.later(0.02)
    balances, orders = desk.fetches
    desk.reply(balances, KEY_ENDED)
    desk.reply(orders, ())
    assert desk.state is S.REFUSED
    assert desk.heard(SubscriptionEvent) == []


def test_a_missing_right_ends_the_polling_of_its_stream_alone() -> None:
    desk = by_choice()
    desk.subscribe("orders", ORDERS)
    desk.later(0.02)
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, NO_RIGHT if fetch.subject == BALANCE_STREAM else ())
    desk.forget()
    desk.later(60.0)
    assert {fetch.subject for fetch in desk.fetches} == {ORDER_STREAM}


def test_without_a_key_nothing_is_polled() -> None:
    desk = by_choice(has_key=False)
    desk.later(60.0)
    assert desk.state is S.REFUSED
    assert desk.actions == []
