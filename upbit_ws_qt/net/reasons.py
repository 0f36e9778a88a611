"""Why the exchange could not be reached, in words for people. No Qt.

What a user reads names no address and no path; the log has both.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

__all__ = ["is_about_tls", "refused_by_proxy", "unreachable"]

# OpenSSL's X509_V_ERR_*: not yet valid, expired, of another name or address.
_OUT_OF_DATE = frozenset({9, 10})
_OF_ANOTHER = frozenset({62, 64})


def unreachable(error: BaseException, whom: str = "the exchange") -> str:
    """One line about a connection that could not be made; looks at what ``error`` came from.

    ``whom`` names who was to be reached.
    """
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return f"{whom}'s name cannot be looked up; is there a network?"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause.verify_code, whom)
        if isinstance(cause, ssl.SSLError):
            return f"no safe connection to {whom}; is the clock right, or a proxy in between?"
        if isinstance(cause, OSError) and cause.errno:
            # asyncio puts addresses into the error's own text; its number says it plainly.
            return f"{whom} cannot be reached: {os.strerror(cause.errno).lower()}"
    return f"{whom} cannot be reached"


def is_about_tls(error: BaseException) -> bool:
    """Whether the host was reached, but could not be talked to safely."""
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


def refused_by_proxy(status: int) -> str:
    """One line about the answer of a proxy that would not connect."""
    if status == 407:
        return (
            "the proxy refused: it wants another name and password, given as "
            "http://name:password@proxy.example:3128"
        )
    if status >= 500:
        return f"the proxy cannot reach the exchange: it answered HTTP {status}"
    return f"the proxy refused to connect to the exchange with HTTP {status}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _untrusted(code: int, whom: str) -> str:
    if code in _OUT_OF_DATE:
        return f"the certificate of {whom} is out of date; is this computer's clock right?"
    if code in _OF_ANOTHER:
        return f"the certificate is not that of {whom}; who answers in its place?"
    return (
        f"the certificate of {whom} is signed by nobody this computer trusts; where a company "
        "reads along, name the file of its own certificate in SSL_CERT_FILE"
    )
