"""How long something takes, in words. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.drawings.duration import duration

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("length", "english", "korean"),
    [
        (0, "0s", "0초"),
        (999, "0s", "0초"),
        (59 * SECOND, "59s", "59초"),
        (MINUTE, "1m", "1분"),
        (2 * HOUR + 50 * MINUTE + 5 * SECOND, "2h 50m", "2시간 50분"),
        (DAY + 5 * MINUTE, "1d", "1일"),
        (1500 * DAY + HOUR, "1,500d 1h", "1,500일 1시간"),
    ],
)
def test_the_two_largest_units_say_it(length: int, english: str, korean: str) -> None:
    assert duration(length, translations("en")) == english
    assert duration(length, translations("ko")) == korean
