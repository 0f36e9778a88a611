"""What a user reads when the exchange cannot be reached: plain, without addresses."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl

import pytest

from upbit_ws_qt.net.reasons import refused_by_proxy, unreachable


def chained(outer: Exception, inner: BaseException) -> Exception:
    try:
        raise outer from inner
    except Exception as error:  # noqa: BLE001
        return error


def not_verified(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate is not valid for 10.1.2.3")
    error.verify_code = code
    return error


REFUSED = OSError(errno.ECONNREFUSED, "Connect call failed ('10.1.2.3', 443)")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "is there a network"),
        (chained(RuntimeError("all failed"), socket.gaierror(-2, "x")), "is there a network"),
        (ssl.SSLError("of 10.1.2.3"), "is the clock right"),
        (not_verified(9), "of the exchange is out of date"),
        (not_verified(10), "of the exchange is out of date"),
        (not_verified(62), "is not that of the exchange"),
        (not_verified(64), "is not that of the exchange"),
        (chained(RuntimeError("at 10.1.2.3"), not_verified(20)), "SSL_CERT_FILE"),
        (REFUSED, os.strerror(errno.ECONNREFUSED).lower()),
        (chained(RuntimeError("at 10.1.2.3"), REFUSED), "cannot be reached: "),
        (OSError("Multiple exceptions: 10.1.2.3"), "the exchange cannot be reached"),
    ],
)
def test_every_reason_is_plain(error: Exception, words: str) -> None:
    assert words in unreachable(error)
    assert "10.1.2.3" not in unreachable(error)


def test_who_could_not_be_reached_is_named() -> None:
    for error in (REFUSED, socket.gaierror(-2, "x"), ssl.SSLError(), not_verified(10), OSError()):
        assert "the proxy" in unreachable(error, "the proxy")
        assert "exchange" not in unreachable(error, "the proxy")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (407, "name:password@"),
        (403, "refused to connect .* HTTP 403"),
        (502, "cannot reach .* 502"),
    ],
)
def test_a_proxy_that_says_no(status: int, words: str) -> None:
    assert re.search(words, refused_by_proxy(status))
