"""What a user reads when the exchange cannot be reached: plain, without addresses."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from upbit_ws_qt.net.reasons import unreachable


def chained(outer: Exception, inner: BaseException) -> Exception:
    try:
        raise outer from inner
    except Exception as error:  # noqa: BLE001
        return error


REFUSED = OSError(errno.ECONNREFUSED, "Connect call failed ('10.1.2.3', 443)")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "is there a network"),
        (chained(RuntimeError("all failed"), socket.gaierror(-2, "x")), "is there a network"),
        (ssl.SSLCertVerificationError("expired"), "is the clock right"),
        (REFUSED, os.strerror(errno.ECONNREFUSED).lower()),
        (chained(RuntimeError("at 10.1.2.3"), REFUSED), "cannot be reached: "),
        (OSError("Multiple exceptions: 10.1.2.3"), "the exchange cannot be reached"),
    ],
)
def test_every_reason_is_plain(error: Exception, words: str) -> None:
    assert words in unreachable(error)
    assert "10.1.2.3" not in unreachable(error)
