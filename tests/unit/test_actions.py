"""What a brain asks its shell to do: values that can be compared and not changed. Tests only."""

from __future__ import annotations

import dataclasses

import pytest

from upbit_ws_qt.actions import Close, Connect, Instant, Ping, Probe, Send


def test_actions_are_equal_when_they_ask_for_the_same() -> None:
    assert [Connect(), Ping(), Close(), Probe()] == [Connect(), Ping(), Close(), Probe()]
    assert Send(b"a") == Send(b"a") != Send(b"b")
    assert len({Connect(), Ping(), Close(), Probe(), Send(b"a"), Send(b"a")}) == 5


def test_an_action_stays_what_it_is() -> None:
    send = Send(b"a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        send.data = b"b"  # type: ignore[misc]


def test_an_instant_is_one_moment_on_two_clocks() -> None:
    """Monotonic time comes first, as in every comparison of deadlines."""
    assert Instant(1.0, 5.0) < Instant(2.0, 3.0)
    monotonic, wall = Instant(monotonic=1.0, wall=5.0)
    assert (monotonic, wall) == (1.0, 5.0)
