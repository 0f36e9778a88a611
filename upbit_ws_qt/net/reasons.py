"""Why the exchange could not be reached, in words for people. No Qt.

What a user reads names no address and no path; the log has both.
"""

from __future__ import annotations

import os
import socket
import ssl

__all__ = ["unreachable"]


def unreachable(error: BaseException) -> str:
    """One line about a connection that could not be made; looks at what ``error`` came from."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "the exchange's name cannot be looked up; is there a network?"
        if isinstance(cause, ssl.SSLError):
            return "no safe connection to the exchange; is the clock right, or a proxy in between?"
        if isinstance(cause, OSError) and cause.errno:
            # asyncio puts addresses into the error's own text; its number says it plainly.
            return f"the exchange cannot be reached: {os.strerror(cause.errno).lower()}"
        cause = cause.__cause__ or cause.__context__
    return "the exchange cannot be reached"
