"""One owner of reconnection: a table of states, back-off and epochs. Tests only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import ConnectionState, ConnectionType
from upbit_ws_qt.recovery import (
    TRANSITIONS,
    EpochManager,
    ExponentialBackoff,
    Happening,
    RecoveryEngine,
    RecoveryStatistics,
)

S = ConnectionState
H = Happening

# What the table must say, written down a second time: state, happening, what follows.
LINES = [
    (S.STOPPED, H.START, S.IDLE),
    (S.IDLE, H.WANTED, S.CONNECTING),
    (S.IDLE, H.KEY_REFUSED, S.REFUSED),
    (S.IDLE, H.STOP, S.STOPPED),
    (S.CONNECTING, H.OPENED, S.CONNECTED),
    (S.CONNECTING, H.FAILED, S.RECONNECTING),
    (S.CONNECTING, H.LOST, S.RECONNECTING),
    (S.CONNECTING, H.POLLED, S.POLLING),
    (S.CONNECTING, H.KEY_REFUSED, S.REFUSED),
    (S.CONNECTING, H.SLEPT, S.RECONNECTING),
    (S.CONNECTING, H.UNWANTED, S.IDLE),
    (S.CONNECTING, H.STOP, S.STOPPED),
    (S.CONNECTED, H.LOST, S.RECONNECTING),
    (S.CONNECTED, H.KEY_REFUSED, S.REFUSED),
    (S.CONNECTED, H.SLEPT, S.RECONNECTING),
    (S.CONNECTED, H.UNWANTED, S.IDLE),
    (S.CONNECTED, H.STOP, S.STOPPED),
    (S.RECONNECTING, H.WAITED, S.CONNECTING),
    (S.RECONNECTING, H.POLLED, S.POLLING),
    (S.RECONNECTING, H.KEY_REFUSED, S.REFUSED),
    (S.RECONNECTING, H.SLEPT, S.RECONNECTING),
    (S.RECONNECTING, H.UNWANTED, S.IDLE),
    (S.RECONNECTING, H.STOP, S.STOPPED),
    (S.POLLING, H.WAITED, S.POLLING),
    (S.POLLING, H.OPENED, S.CONNECTED),
    (S.POLLING, H.FAILED, S.POLLING),
    (S.POLLING, H.KEY_REFUSED, S.REFUSED),
    (S.POLLING, H.SLEPT, S.POLLING),
    (S.POLLING, H.UNWANTED, S.IDLE),
    (S.POLLING, H.STOP, S.STOPPED),
    (S.REFUSED, H.KEY_CHANGED, S.IDLE),
    (S.REFUSED, H.STOP, S.STOPPED),
]
FOLLOWING = {(state, happening): following for state, happening, following in LINES}

# A way into each state.
PATHS: dict[ConnectionState, list[Happening]] = {
    S.STOPPED: [],
    S.IDLE: [H.START],
    S.CONNECTING: [H.START, H.WANTED],
    S.CONNECTED: [H.START, H.WANTED, H.OPENED],
    S.RECONNECTING: [H.START, H.WANTED, H.FAILED],
    S.POLLING: [H.START, H.WANTED, H.FAILED, H.POLLED],
    S.REFUSED: [H.START, H.KEY_REFUSED],
}


def steady() -> ExponentialBackoff:
    return ExponentialBackoff(jitter=False)


def engine_in(state: ConnectionState) -> RecoveryEngine:
    engine = RecoveryEngine(steady())
    for happening in PATHS[state]:
        assert engine.happen(happening, 100.0)
    assert engine.state is state
    return engine


def test_the_table_has_every_line_and_no_other() -> None:
    table = {
        (state, happening): following
        for state, row in TRANSITIONS.items()
        for happening, following in row.items()
    }
    assert table == FOLLOWING
    assert set(TRANSITIONS) == set(ConnectionState)
    assert {happening for _, happening in table} == set(Happening)


@pytest.mark.parametrize("happening", Happening)
@pytest.mark.parametrize("state", ConnectionState)
def test_what_follows(state: ConnectionState, happening: Happening) -> None:
    """What the table does not list changes nothing at all."""
    engine = engine_in(state)
    before = (engine.state, engine.attempts, engine.retry_at)
    following = FOLLOWING.get((state, happening))
    changed = engine.happen(happening, 200.0, wait_s=7.0)
    assert changed == (following is not None)
    if following is None:
        assert (engine.state, engine.attempts, engine.retry_at) == before
    else:
        assert engine.state is following
        waits = following in (S.RECONNECTING, S.POLLING) and happening is not H.WAITED
        # To be served over REST meanwhile changes nothing about the dials.
        kept = before[2] is not None if happening is H.POLLED else waits
        assert (engine.retry_at is not None) == kept


def test_every_state_can_be_stopped_and_every_failure_ends() -> None:
    """Nothing is a dead end but a refused key, and that waits for another."""
    for state in ConnectionState:
        row = TRANSITIONS[state]
        assert state is S.STOPPED or row[H.STOP] is S.STOPPED
        assert row


# -- back-off --------------------------------------------------------------------------------------


def test_waits_double_up_to_a_minute() -> None:
    waits = [steady().get_delay(attempt) for attempt in range(9)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert steady().get_delay(10**9) == 60.0


def test_every_number_can_be_set() -> None:
    backoff = ExponentialBackoff(initial_delay=0.5, max_delay=5.0, multiplier=3.0, jitter=False)
    assert [backoff.get_delay(attempt) for attempt in range(4)] == [0.5, 1.5, 4.5, 5.0]
    assert ExponentialBackoff(initial_delay=9.0, max_delay=5.0, jitter=False).get_delay(0) == 5.0


def test_jitter_only_shortens_and_by_at_most_half() -> None:
    for drawn, wait in ((0.0, 8.0), (0.5, 6.0), (0.999, 4.004)):
        backoff = ExponentialBackoff(random=lambda drawn=drawn: drawn)
        assert backoff.get_delay(3) == pytest.approx(wait)


@given(st.integers(0, 200))
def test_a_wait_lies_within_its_bounds(attempt: int) -> None:
    """So the first retry comes within the initial delay, and clients do not come in step."""
    longest = steady().get_delay(attempt)
    assert longest / 2 <= ExponentialBackoff().get_delay(attempt) <= longest
    assert ExponentialBackoff().get_delay(0) <= 1.0


def test_jitter_spreads() -> None:
    assert len({ExponentialBackoff().get_delay(3) for _ in range(20)}) > 1


# -- the engine ------------------------------------------------------------------------------------


def fail(engine: RecoveryEngine, now: float) -> float:
    """Dial and fail; returns the wait that follows."""
    assert engine.happen(H.WAITED, now)
    assert engine.happen(H.FAILED, now)
    assert engine.retry_at is not None
    return engine.retry_at - now


def test_waits_grow_with_the_failures_in_a_row_for_ever() -> None:
    engine = engine_in(S.RECONNECTING)
    assert engine.retry_at == 101.0
    assert [fail(engine, 200.0) for _ in range(8)] == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    for _ in range(1000):
        assert fail(engine, 300.0) == 60.0


def test_after_ten_failures_in_a_row_it_is_critical_and_goes_on() -> None:
    engine = engine_in(S.RECONNECTING)
    for failures in range(1, 10):
        assert engine.attempts == failures
        assert not engine.is_critical
        fail(engine, 200.0)
    assert engine.attempts == 10
    assert engine.is_critical
    assert fail(engine, 300.0) == 60.0
    engine.happen(H.WAITED, 400.0)
    engine.happen(H.OPENED, 400.0)
    assert engine.is_critical, "a handshake alone proves nothing"
    engine.proved()
    assert not engine.is_critical


def test_a_handshake_does_not_reset_the_wait() -> None:
    """An exchange that accepts and closes at once must not be dialled without end."""
    engine = engine_in(S.CONNECTED)
    waits: list[float] = []
    for _ in range(7):
        engine.happen(H.LOST, 200.0)
        assert engine.retry_at is not None
        waits.append(engine.retry_at - 200.0)
        engine.happen(H.WAITED, 300.0)
        engine.happen(H.OPENED, 300.0)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]


def test_a_connection_that_delivered_starts_with_the_shortest_wait() -> None:
    engine = engine_in(S.RECONNECTING)
    fail(engine, 200.0)
    engine.happen(H.WAITED, 300.0)
    engine.happen(H.OPENED, 300.0)
    engine.proved()
    engine.happen(H.LOST, 400.0)
    assert (engine.retry_at, engine.attempts) == (401.0, 1)


@pytest.mark.parametrize("happenings", [[H.SLEPT], [H.UNWANTED, H.WANTED, H.FAILED]])
def test_sleep_and_a_pause_start_afresh(happenings: list[Happening]) -> None:
    engine = engine_in(S.RECONNECTING)
    for _ in range(5):
        fail(engine, 200.0)
    for happening in happenings:
        engine.happen(happening, 300.0)
    assert (engine.state, engine.retry_at, engine.attempts) == (S.RECONNECTING, 301.0, 1)


def test_a_stop_and_a_start_begin_afresh() -> None:
    engine = engine_in(S.RECONNECTING)
    fail(engine, 200.0)
    engine.happen(H.STOP, 300.0)
    assert engine.retry_at is None
    engine.happen(H.START, 400.0)
    assert engine.attempts == 0


def test_a_wait_the_exchange_asked_for_is_kept_but_never_shortens_ours() -> None:
    engine = engine_in(S.CONNECTING)
    engine.happen(H.FAILED, 200.0, wait_s=30.0)
    assert engine.retry_at == 230.0
    engine.happen(H.WAITED, 230.0)
    engine.happen(H.FAILED, 230.0, wait_s=0.5)
    assert engine.retry_at == 232.0


def test_without_a_backoff_of_its_own_it_has_the_standard_one() -> None:
    engine = RecoveryEngine()
    for happening in PATHS[S.RECONNECTING]:
        engine.happen(happening, 100.0)
    assert engine.retry_at is not None
    assert 100.5 <= engine.retry_at <= 101.0


def test_losses_and_failed_dials_are_counted_apart() -> None:
    engine = RecoveryEngine(ExponentialBackoff(jitter=False))
    for happening in (H.START, H.WANTED, H.FAILED, H.WAITED, H.OPENED, H.LOST, H.WAITED, H.OPENED):
        engine.happen(happening, 100.0)
    engine.happen(H.SLEPT, 107.0)
    engine.happen(H.SLEPT, 108.0)
    assert engine.statistics() == RecoveryStatistics(
        S.RECONNECTING, losses=2, failed_dials=1, attempts=1, retry_at=109.0
    )


# -- epochs ----------------------------------------------------------------------------------------


def test_each_kind_of_connection_counts_its_own() -> None:
    epochs = EpochManager()
    assert epochs.current_epoch(ConnectionType.PUBLIC) == 0
    assert epochs.is_current_epoch(ConnectionType.PUBLIC, 0)
    assert epochs.increment_epoch(ConnectionType.PUBLIC) == 1
    assert epochs.increment_epoch(ConnectionType.PUBLIC) == 2
    assert epochs.increment_epoch(ConnectionType.PRIVATE) == 1
    assert epochs.current_epoch(ConnectionType.PUBLIC) == 2
    assert epochs.is_current_epoch(ConnectionType.PRIVATE, 1)
    assert not epochs.is_current_epoch(ConnectionType.PUBLIC, 1)
    assert not epochs.is_current_epoch(ConnectionType.PUBLIC, 3)


def test_dials_go_on_while_it_is_served_over_rest() -> None:
    engine = engine_in(S.CONNECTING)
    assert engine.has_socket
    engine.happen(H.POLLED, 101.0)
    assert (engine.state, engine.retry_at, engine.has_socket) == (S.POLLING, None, True)
    engine.happen(H.FAILED, 102.0)
    assert (engine.retry_at, engine.attempts, engine.failed_dials) == (103.0, 1, 1)
    assert not engine.has_socket
    engine.happen(H.WAITED, 103.0)
    assert (engine.state, engine.retry_at, engine.has_socket) == (S.POLLING, None, True)
    engine.happen(H.FAILED, 103.5)
    assert (engine.retry_at, engine.attempts, engine.failed_dials) == (105.5, 2, 2)
    engine.happen(H.WAITED, 105.5)
    engine.happen(H.OPENED, 105.6)
    assert (engine.state, engine.has_socket, engine.losses) == (S.CONNECTED, True, 0)


def test_the_wait_goes_on_where_polling_begins() -> None:
    engine = engine_in(S.RECONNECTING)
    before = engine.retry_at, engine.attempts
    assert engine.happen(H.POLLED, 100.9)
    assert (engine.retry_at, engine.attempts) == before


def test_what_happened_to_an_account_is_told_after_another_connection_but_not_after_a_key() -> None:
    epochs = EpochManager()
    private = ConnectionType.PRIVATE
    assert epochs.is_current_epoch(private, 0)
    epochs.increment_epoch(private, same_account=True)
    assert epochs.increment_epoch(private, same_account=True) == 2
    assert [epochs.is_current_epoch(private, epoch) for epoch in range(4)] == [True] * 3 + [False]
    assert epochs.increment_epoch(private) == 3
    assert [epochs.is_current_epoch(private, epoch) for epoch in (2, 3)] == [False, True]
    assert epochs.increment_epoch(private, same_account=True) == 4
    assert [epochs.is_current_epoch(private, epoch) for epoch in (2, 3, 4)] == [False, True, True]
