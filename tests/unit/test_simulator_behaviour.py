"""The switches of the simulated exchange refuse what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.behaviour import Behaviour


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"idle_timeout_s": 0}, "idle_timeout_s must be above 0; got 0"),
        ({"status_interval_s": -1}, "status_interval_s must be above 0"),
        ({"list_batch": 0}, "list_batch must be above 0"),
        ({"write_limit_bytes": -1}, "write_limit_bytes must be 0 or more"),
        ({"ticker_interval_ms": -5}, "ticker_interval_ms must be 0 or more"),
        ({"first_asset_delay_s": float("inf")}, "first_asset_delay_s must be 0 or more; got inf"),
        ({"most_codes": 0}, "most_codes must be at least 1, or None"),
        ({"most_connections": 0}, "most_connections must be at least 1, or None"),
        ({"private_refusal": "shout"}, "private_refusal is one of 'http', 'frame'; got 'shout'"),
    ],
)
def test_what_cannot_be_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said.replace("(", r"\(")):
        Behaviour(**options)


def test_the_defaults_are_what_was_measured() -> None:
    behaviour = Behaviour()
    assert (behaviour.idle_timeout_s, behaviour.status_interval_s) == (60.0, 10.0)
    assert behaviour.limits
