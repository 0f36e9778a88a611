"""How the exchange behaves where one may choose or nobody knows the truth. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from upbit_ws_qt.errors import InvalidRequest

__all__ = ["Behaviour"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The switches of a simulated exchange; the defaults are what is known or likeliest.

    The first group sets what is known. Each switch of the second stands for something about the
    real exchange that neither its documents nor anybody's measurements tell; a client should work
    with every choice.

    Attributes:
        limits: messages, connections and calls are counted and refused as the exchange does.
        idle_timeout_s: a socket without data is dropped after this long; measured 60, documented
            120.
        status_interval_s: the cycle that a text ``PING`` switches on.
        write_limit_bytes: a client that lets more than this wait unread is dropped.
        default_smp: the self-match prevention of an order that names none.
        origin_interval_s: a request with an ``Origin`` header is served once in so long.

        idle_counts: whether data to the client keeps a socket alive (``both``), or only what the
            client sends (``received``).
        private_refusal: a private WebSocket without a valid token is refused by HTTP status 401
            (``http``), or accepted, told ``INVALID_AUTH`` and closed (``frame``).
        after_too_many: what follows a ``TOO_MANY_REQUEST``: the socket is closed like after other
            errors (``close``), or only the message is ignored (``ignore``).
        blocks_connections: whether an address that was answered 418 cannot open WebSockets either.
        retry_after: whether answers 429 and 418 carry a ``Retry-After`` header.
        limit_body: the body of answers 429 and 418: an error as everywhere (``json``), or a line of
            plain text (``text``), which one client in wide use expects.
        scope_status: of a call that the key has no right to; documented as 401 or 403.
        expired_key: what happens to an open private WebSocket when its key expires or is deleted:
            nothing (``stays``), or it is told ``INVALID_AUTH`` and closed (``closes``).
        accepts_hs384: whether tokens may be signed with HS384.
        most_codes: more codes in one request are ``WRONG_FORMAT``; None for no limit.
        most_connections: of one address (public) or one account (private); None for no limit.
        wraps_messages: whether status, error and list frames come in an array in the LIST formats.
        list_batch: the most data frames that one array of a LIST format holds.
        totals: whether the totals of a book with fewer than 30 rows count all rows (``full``) or
            those that are sent (``sent``).
        ticker_interval_ms: a market's tickers come at most this often; 0 with every trade.
        delisting_date: the shape of a delisting date in tickers: an object of numbers
            (``object``) or ``yyyy-MM-dd`` (``text``).
        first_asset_delay_s: the first subscription to ``myAsset`` ever stays silent for so long.
    """

    limits: bool = True
    idle_timeout_s: float = 60.0
    status_interval_s: float = 10.0
    write_limit_bytes: int = 8 * 1024 * 1024
    default_smp: Literal["cancel_maker", "none"] | None = "cancel_maker"
    origin_interval_s: float = 10.0

    idle_counts: Literal["both", "received"] = "both"
    private_refusal: Literal["http", "frame"] = "http"
    after_too_many: Literal["close", "ignore"] = "close"
    blocks_connections: bool = True
    retry_after: bool = False
    limit_body: Literal["json", "text"] = "json"
    scope_status: Literal[401, 403] = 401
    expired_key: Literal["stays", "closes"] = "stays"
    accepts_hs384: bool = False
    most_codes: int | None = None
    most_connections: int | None = None
    wraps_messages: bool = False
    list_batch: int = 1
    totals: Literal["full", "sent"] = "full"
    ticker_interval_ms: int = 0
    delisting_date: Literal["object", "text"] = "object"
    first_asset_delay_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("idle_timeout_s", "status_interval_s", "origin_interval_s", "list_batch"):
            if not 0 < getattr(self, name) < math.inf:
                raise InvalidRequest(f"{name} must be above 0; got {getattr(self, name)!r}")
        for name in ("write_limit_bytes", "ticker_interval_ms", "first_asset_delay_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InvalidRequest(f"{name} must be 0 or more; got {getattr(self, name)!r}")
        for name in ("most_codes", "most_connections"):
            most = getattr(self, name)
            if most is not None and most < 1:
                raise InvalidRequest(f"{name} must be at least 1, or None; got {most!r}")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                listed = ", ".join(map(repr, choices))
                raise InvalidRequest(f"{name} is one of {listed}; got {getattr(self, name)!r}")


_CHOICES: dict[str, tuple[str | int | None, ...]] = {
    "default_smp": ("cancel_maker", "none", None),
    "idle_counts": ("both", "received"),
    "private_refusal": ("http", "frame"),
    "after_too_many": ("close", "ignore"),
    "limit_body": ("json", "text"),
    "scope_status": (401, 403),
    "expired_key": ("stays", "closes"),
    "totals": ("full", "sent"),
    "delisting_date": ("object", "text"),
}
