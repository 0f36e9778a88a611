"""Cases about the REST calls that need a key, without placing orders. asyncio."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from upbit_ws_qt.system.credentials import Credentials

from .case import case, check, check_equal
from .client import Client
from .forms import check_form, check_names, is_amount
from .token import bearer, query_hash

_ACCOUNT = ["currency", "balance", "locked", "avg_buy_price", "avg_buy_price_modified"]
_STATES = "states[]=wait&states[]=watch"


@case("7.1")
async def no_token(client: Client) -> None:
    """A call without a token is a 401 with a word for a name."""
    answer = await client.signed("GET", "/v1/accounts", headers={})
    check_equal("status and name", answer.error, (401, "no_authorization_token"))


@case("7.1", "1.11", key=True)
async def wrong_signature(client: Client) -> None:
    """A token signed with another secret is a jwt_verification."""
    right = client.credentials
    headers = bearer(Credentials(right.access_key, "x" + right.secret_key))
    answer = await client.signed("GET", "/v1/accounts", headers=headers)
    check_equal("status and name", answer.error, (401, "jwt_verification"))


@case("1.12", "7.1", key=True)
async def used_nonce(client: Client) -> None:
    """A nonce is good for one call."""
    headers = bearer(client.credentials, nonce=str(uuid.uuid4()))
    first = await client.signed("GET", "/v1/accounts", headers=headers)
    check_equal("the status", first.status, 200)
    second = await client.signed("GET", "/v1/accounts", headers=headers)
    check_equal("status and name", second.error, (401, "nonce_used"))


@case("1.11", key=True)
async def query_is_hashed(client: Client) -> None:
    """The token of a call with parameters holds the hash of the query as it is before encoding."""
    right = await client.signed("GET", "/v1/orders/open", _STATES)
    check_equal("the status with the right hash", right.status, 200)
    for claims in (None, query_hash("states[]=wait"), query_hash(_STATES.replace("[]", "%5B%5D"))):
        headers = bearer(client.credentials, claims)
        answer = await client.signed("GET", "/v1/orders/open", _STATES, headers=headers)
        check_equal("status and name", answer.error, (401, "invalid_query_payload"))


@case("1.11", key=True)
async def body_is_hashed(client: Client) -> None:
    """The token of a call with a JSON body holds the hash of its fields as a query."""
    order = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "6000"}
    headers = bearer(client.credentials, query_hash("market=KRW-BTC"))
    answer = await client.signed("POST", "/v1/orders/test", body=order, headers=headers)
    check_equal("status and name", answer.error, (401, "invalid_query_payload"))


@case("1.9", "1.10", key=True)
async def algorithms(client: Client) -> None:
    """Tokens may be signed with HS256 or HS512."""
    for algorithm in ("HS256", "HS512"):
        headers = bearer(client.credentials, algorithm=algorithm)
        answer = await client.signed("GET", "/v1/accounts", headers=headers)
        check_equal(f"the status with {algorithm}", answer.status, 200)


@case("7.2", "8.2", key=True)
async def balances(client: Client) -> None:
    """Balances have the documented fields, amounts in strings."""
    rows = (await client.signed("GET", "/v1/accounts")).rows
    check(rows, "some balances", rows)
    for row in rows:
        check_names("a balance", row, [*_ACCOUNT, "unit_currency"])
        for name in ("balance", "locked", "avg_buy_price"):
            check(is_amount(row[name]), f"{name} in a string", row[name])
        modified = row["avg_buy_price_modified"]
        check(isinstance(modified, bool), "a boolean", modified)


@case("7.3", key=True)
async def open_orders(client: Client) -> None:
    """Open orders are chosen by market and state, and come in pages of up to 100."""
    query = f"market=KRW-BTC&{_STATES}&page=1&limit=100&order_by=asc"
    rows = (await client.signed("GET", "/v1/orders/open", query)).rows
    _check_orders(rows, {"wait", "watch"})
    times = [row["created_at"] for row in rows]
    check_equal("times, oldest first", times, sorted(times))
    check((await client.signed("GET", "/v1/orders/open")).status == 200, "a list", None)
    one = (await client.signed("GET", "/v1/orders/open", "state=wait&limit=1")).rows
    check(len(one) <= 1, "one order at most", len(one))


@case("7.4", key=True)
async def closed_orders(client: Client) -> None:
    """Closed orders are done or cancelled, of a span of up to seven days."""
    query = "states[]=done&states[]=cancel&limit=10"
    _check_orders((await client.signed("GET", "/v1/orders/closed", query)).rows, {"done", "cancel"})
    end = datetime.now(UTC)
    for span, status in ((7, 200), (8, 400)):
        start = end - timedelta(days=span)
        times = "&".join(
            f"{name}={moment.strftime('%Y-%m-%dT%H:%M:%SZ')}"
            for name, moment in (("start_time", start), ("end_time", end))
        )
        answer = await client.signed("GET", "/v1/orders/closed", f"{query}&{times}")
        check_equal(f"the status for {span} days", answer.status, status)


def _check_orders(rows: list[dict[str, Any]], states: set[str]) -> None:
    for row in rows:
        check(row["state"] in states, f"a state of {states}", row["state"])
        check(row["side"] in ("bid", "ask"), "bid or ask", row["side"])
        check_form("created_at", row["created_at"], r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00")
        for name in ("executed_volume", "locked", "paid_fee", "reserved_fee", "remaining_fee"):
            check(is_amount(row[name]), f"{name} in a string", row[name])


@case("7.5", "7.12", key=True)
async def unknown_order(client: Client) -> None:
    """An order that is not there is a 404 named order_not_found."""
    answer = await client.signed("GET", "/v1/order", f"uuid={uuid.uuid4()}")
    check_equal("status and name", answer.error, (404, "order_not_found"))


@case("7.6", key=True)
async def orders_by_ids(client: Client) -> None:
    """Several orders are chosen by uuids or by identifiers, by exactly one of the two."""
    rows = (await client.signed("GET", "/v1/orders/uuids", f"uuids[]={uuid.uuid4()}")).rows
    check_equal("orders that are not there", rows, [])
    for query in ("", f"uuids[]={uuid.uuid4()}&identifiers[]=nobody"):
        answer = await client.signed("GET", "/v1/orders/uuids", query)
        check_equal(f"the status for {query!r}", answer.status, 400)


@case("7.9", key=True)
async def wallet_status(client: Client) -> None:
    """The state of each currency's wallet is one of five words."""
    rows = (await client.signed("GET", "/v1/status/wallet")).rows
    words = {"working", "withdraw_only", "deposit_only", "paused", "unsupported"}
    blocks = {"normal", "delayed", "inactive", None}
    for row in rows:
        check(row["wallet_state"] in words, f"one of {sorted(words)}", row["wallet_state"])
        check(row["block_state"] in blocks, "a known block_state", row["block_state"])
    check(rows, "some currencies", rows)


@case("7.10", key=True)
async def api_keys(client: Client) -> None:
    """The list of keys tells when each expires."""
    rows = (await client.signed("GET", "/v1/api_keys")).rows
    mine = {row["access_key"]: row for row in rows}
    check(client.credentials.access_key in mine, "our key among them", f"{len(rows)} keys")
    for row in rows:
        # Not the row itself: it names a key.
        check("expire_at" in row, "expire_at", sorted(cast("dict[str, object]", row)))
