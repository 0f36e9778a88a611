"""Who the simulated exchange lets in, over real sockets: limits, keys, handshakes, messages."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.system.credentials import Credentials

NOW = 1_793_000_042_345
TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
LIST = {"method": "LIST_SUBSCRIPTIONS"}
OWN = {"market": "KRW-BTC"}


class Clock:
    """The wall clock that the windows of the limits follow."""

    def __init__(self) -> None:
        self.now = 1_793_000_040.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("upbit_ws_qt.simulator.rest.gate.time.time", clock.time)
    return clock


def bearer(key: Credentials, query: str = "", algorithm: str = "HS256") -> dict[str, str]:
    claims = {"access_key": key.access_key, "nonce": str(uuid.uuid4())}
    if query:
        claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
        claims["query_hash_alg"] = "SHA512"
    return {"Authorization": f"Bearer {jwt.encode(claims, key.secret_key, algorithm=algorithm)}"}


class Socket:
    """A plain client."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = raw
        self.headers = raw._response.headers

    async def ask(self, *parts: Any) -> None:
        await self.raw.send_str(json.dumps([{"ticket": "t"}, *parts]))

    async def frame(self) -> Any:
        return json.loads(await self.raw.receive_bytes())

    async def ending(self) -> int | None:
        while (await self.raw.receive()).type is aiohttp.WSMsgType.BINARY:
            pass
        return self.raw.close_code


class Visitor:
    """Calls and opens sockets."""

    def __init__(self, exchange: SimulatedExchange, session: aiohttp.ClientSession) -> None:
        self.exchange = exchange
        self.session = session

    async def call(
        self, path: str, status: int = 200, method: str = "GET", **options: Any
    ) -> aiohttp.ClientResponse:
        url = self.exchange.settings().rest_url + path
        async with self.session.request(method, url, **options) as response:
            assert response.status == status, await response.text()
            await response.read()
            return response

    async def signed(self, status: int = 200, key: Credentials | None = None) -> Any:
        headers = bearer(key or self.exchange.credentials())
        return await self.call("/v1/accounts", status, headers=headers)

    @asynccontextmanager
    async def socket(
        self, *, key: Credentials | None = None, private: bool = False, **headers: str
    ) -> AsyncIterator[Socket]:
        settings = self.exchange.settings()
        url = settings.private_url if private or key else settings.public_url
        token = bearer(key) if key else {}
        async with self.session.ws_connect(url, headers=headers | token) as raw:
            yield Socket(raw)

    async def refused(self, status: int, **options: Any) -> Any:
        """The error that a handshake is refused with, and the headers."""
        settings = self.exchange.settings()
        private = options.pop("private", False)
        url = settings.private_url if private else settings.public_url
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        headers = upgrade | options
        async with self.session.get(url.replace("ws:", "http:"), headers=headers) as response:
            assert response.status == status
            return (await response.json())["error"], response.headers


def play(scene: Callable[[Visitor], Awaitable[None]], **behaviour: Any) -> None:
    async def run() -> None:
        async with (
            asyncio.timeout(30),
            SimulatedExchange(
                start_time_ms=NOW, realtime=False, behaviour=Behaviour(**behaviour)
            ) as exchange,
            aiohttp.ClientSession() as session,
        ):
            await scene(Visitor(exchange, session))

    asyncio.run(run())


async def error_of(response: aiohttp.ClientResponse) -> Any:
    return (await response.json())["error"]


# --- Limits ----------------------------------------------------------------------------------


def test_each_quotation_group_has_ten_calls_a_second(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        left = [(await visitor.call("/v1/market/all")).headers["Remaining-Req"] for _ in range(10)]
        assert left == [f"group=market; min=600; sec={number}" for number in range(9, -1, -1)]
        refused = await visitor.call("/v1/market/all", 429)
        assert (await error_of(refused))["name"] == 429
        assert refused.headers["Remaining-Req"] == "group=market; min=600; sec=0"
        assert refused.headers["limit-by-ip"] == "Yes"
        await visitor.call("/v1/ticker?markets=KRW-BTC")
        clock.now += 1.0
        await visitor.call("/v1/market/all")

    play(scene)


def test_limits_can_be_switched_off(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        answers = [await visitor.call("/v1/market/all") for _ in range(40)]
        assert answers[0].headers["Remaining-Req"].endswith("sec=9")
        assert answers[-1].headers["Remaining-Req"].endswith("sec=0")
        for _ in range(7):
            async with visitor.socket(Origin="https://example.com") as socket:
                for _ in range(7):
                    await socket.ask(LIST)
                for _ in range(7):
                    assert "result" in await socket.frame()

    play(scene, limits=False)


def test_errors_tell_of_the_limit_but_paths_that_lead_nowhere_do_not(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        missing = await visitor.call("/v1/ticker", 400)
        assert missing.headers["Remaining-Req"] == "group=ticker; min=600; sec=9"
        assert missing.headers["limit-by-ip"] == "Yes"
        wrong = await visitor.call("/v1/ticker?markets=KRW-NOPE", 404)
        assert wrong.headers["Remaining-Req"] == "group=ticker; min=600; sec=8"
        nowhere = await visitor.call("/v1/nope", 404)
        assert "Remaining-Req" not in nowhere.headers

    play(scene)


def test_all_keys_share_the_calls_of_their_pocket(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        keys = [visitor.exchange.credentials(), visitor.exchange.issue_key()]
        for number in range(30):
            answer = await visitor.signed(key=keys[number % 2])
            left = f"group=default; min=1800; sec={29 - number}"
            assert answer.headers["Remaining-Req"] == left
            assert "limit-by-ip" not in answer.headers
        refused = await visitor.signed(429)
        assert (await error_of(refused))["name"] == "too_many_requests"
        clock.now += 0.04
        assert (await visitor.signed()).headers["Remaining-Req"].endswith("sec=0")
        await visitor.signed(429)

    play(scene)


def test_calls_without_a_good_key_are_not_counted(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        refused = await visitor.call("/v1/accounts", 401)
        assert (await error_of(refused))["name"] == "no_authorization_token"
        assert "Remaining-Req" not in refused.headers
        assert (await visitor.signed()).headers["Remaining-Req"].endswith("sec=29")

    play(scene)


async def be_blocked(visitor: Visitor) -> aiohttp.ClientResponse:
    """Ten calls, one that is told to wait, and twenty that do not."""
    for status in [200] * 10 + [429] * 20:
        await visitor.call("/v1/market/all", status)
    return await visitor.call("/v1/market/all", 418)


def test_who_goes_on_is_blocked_and_told_for_how_long(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        blocked = await be_blocked(visitor)
        error = await error_of(blocked)
        assert error["name"] == 418
        assert "10초" in error["message"]
        assert blocked.headers["Remaining-Req"] == "group=market; min=600; sec=0"
        clock.now += 4.5
        other = await error_of(await visitor.call("/v1/ticker?markets=KRW-BTC", 418))
        assert "6초" in other["message"]
        # The pocket is somebody else than the address.
        await visitor.signed()
        clock.now += 5.5
        await visitor.call("/v1/market/all")

    play(scene)


def test_a_pocket_is_blocked_by_its_own_calls(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        for status in [200] * 30 + [429] * 20:
            await visitor.signed(status)
        error = await error_of(await visitor.signed(418))
        assert error["name"] == "rate_limit_exceeded_penalty"
        assert "10초" in error["message"]
        await visitor.call("/v1/market/all")

    play(scene)


@pytest.mark.parametrize("blocks", [True, False])
def test_a_block_may_hold_for_websockets_too(clock: Clock, blocks: bool) -> None:
    async def scene(visitor: Visitor) -> None:
        await be_blocked(visitor)
        if blocks:
            error, headers = await visitor.refused(418)
            assert error["name"] == "rate_limit_exceeded_penalty"
            assert headers["Remaining-Req"] == "group=websocket; min=300; sec=0"
            clock.now += 10.0
        async with visitor.socket() as socket:
            await socket.ask(TICKER)
            assert (await socket.frame())["type"] == "ticker"

    play(scene, blocks_connections=blocks)


@pytest.mark.parametrize("tells", [True, False])
def test_retry_after_may_be_told(clock: Clock, tells: bool) -> None:
    async def scene(visitor: Visitor) -> None:
        clock.now += 0.25
        for status in [200] * 10 + [429] * 19:
            await visitor.call("/v1/market/all", status)
        early = await visitor.call("/v1/market/all", 429)
        assert early.headers.get("Retry-After") == ("1" if tells else None)
        blocked = await visitor.call("/v1/market/all", 418)
        assert blocked.headers.get("Retry-After") == ("10" if tells else None)
        _, headers = await visitor.refused(418)
        assert headers.get("Retry-After") == ("10" if tells else None)

    play(scene, retry_after=tells)


@pytest.mark.parametrize("body", ["json", "text"])
def test_what_a_limit_says_is_an_error_or_a_line_of_text(clock: Clock, body: str) -> None:
    async def scene(visitor: Visitor) -> None:
        clock.now += 0.25
        for _ in range(10):
            await visitor.call("/v1/market/all")
        refused = await visitor.call("/v1/market/all", 429)
        if body == "json":
            assert (await error_of(refused))["name"] == 429
        else:
            assert refused.content_type == "text/plain"
        assert refused.headers["Remaining-Req"] == "group=market; min=600; sec=0"

    play(scene, limit_body=body)


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_right_is_a_401_or_a_403(status: int) -> None:
    async def scene(visitor: Visitor) -> None:
        reader = visitor.exchange.issue_key(rights=["주문조회"])
        assert (await error_of(await visitor.signed(status, reader)))["name"] == "out_of_scope"

    play(scene, scope_status=status, limits=False)


def test_a_request_with_an_origin_is_served_once_in_ten_seconds(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        page = {"Origin": "https://example.com"}
        first = await visitor.call("/v1/ticker?markets=KRW-BTC", headers=page)
        assert first.headers["Remaining-Req"] == "group=origin; min=6; sec=0"
        clock.now += 9.0
        refused = await visitor.call("/v1/market/all", 429, headers=page)
        assert refused.headers["Remaining-Req"] == "group=origin; min=6; sec=0"
        error, _ = await visitor.refused(429, **page)
        assert error["name"] == "too_many_requests"
        # Without one nothing has changed, and calls with a key do not mind.
        await visitor.call("/v1/market/all")
        for _ in range(2):
            headers = page | bearer(visitor.exchange.credentials())
            await visitor.call("/v1/accounts", headers=headers)
        clock.now += 1.0
        async with visitor.socket(**page) as socket:
            assert socket.headers["Remaining-Req"] == "group=origin; min=6; sec=0"
        await visitor.call("/v1/market/all", 429, headers=page)

    play(scene)


def test_the_interval_of_origins_can_be_chosen(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        page = {"Origin": "https://example.com"}
        await visitor.call("/v1/market/all", headers=page)
        clock.now += 2.0
        await visitor.call("/v1/market/all", headers=page)
        await visitor.call("/v1/market/all", 429, headers=page)

    play(scene, origin_interval_s=2.0)


# --- Handshakes ------------------------------------------------------------------------------


def test_five_connections_a_second_by_address_and_by_pocket(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        for number in range(5):
            async with visitor.socket() as socket:
                left = f"group=websocket; min=300; sec={4 - number}"
                assert socket.headers["remaining-req"] == left
                assert socket.headers["limit-by-ip"] == "Yes"
        error, headers = await visitor.refused(429)
        assert error["name"] == "too_many_requests"
        assert headers["Remaining-Req"] == "group=websocket; min=300; sec=0"
        for number in range(5):
            async with visitor.socket(key=visitor.exchange.credentials()) as socket:
                assert socket.headers["remaining-req"].endswith(f"sec={4 - number}")
                assert "limit-by-ip" not in socket.headers
        token = bearer(visitor.exchange.credentials())
        await visitor.refused(429, private=True, **token)
        clock.now += 1.0
        async with visitor.socket():
            pass

    play(scene)


def test_a_private_handshake_without_a_good_token_is_refused_by_status(clock: Clock) -> None:
    async def scene(visitor: Visitor) -> None:
        error, _ = await visitor.refused(401, private=True)
        assert error["name"] == "no_authorization_token"
        forged = Credentials(visitor.exchange.credentials().access_key, "x" * 40)
        error, _ = await visitor.refused(401, private=True, **bearer(forged))
        assert error["name"] == "jwt_verification"
        # Who has no key is counted by address.
        for _ in range(3):
            await visitor.refused(401, private=True)
        await visitor.refused(429)

    play(scene, private_refusal="http")


def test_or_it_is_accepted_and_told_invalid_auth() -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket(private=True) as socket:
            assert (await socket.frame())["error"]["name"] == "INVALID_AUTH"
            await socket.ask({"type": "myAsset"})
            assert await socket.ending() == 1000
        async with visitor.socket(key=visitor.exchange.credentials()) as socket:
            await socket.ask(LIST)
            assert "result" in await socket.frame()

    play(scene, limits=False, private_refusal="frame")


@pytest.mark.parametrize("most", [None, 2])
def test_there_may_be_a_most_of_connections(most: int | None) -> None:
    async def scene(visitor: Visitor) -> None:
        key = visitor.exchange.issue_key()
        async with visitor.socket(), visitor.socket() as second:
            async with visitor.socket(key=key), visitor.socket(key=key):
                if most is None:
                    async with visitor.socket(), visitor.socket(key=key):
                        assert len(visitor.exchange.connections) == 6
                else:
                    error, _ = await visitor.refused(429)
                    assert error["name"] == "too_many_requests"
                    await visitor.refused(429, private=True, **bearer(key))
            leaving = visitor.exchange.connections[1]
            await second.raw.close()
            await leaving.ended_event.wait()
            async with visitor.socket():
                pass

    play(scene, limits=False, most_connections=most)


# --- Keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepts", [True, False])
def test_hs384_may_be_accepted(accepts: bool) -> None:
    async def scene(visitor: Visitor) -> None:
        key = visitor.exchange.credentials()
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            token = bearer(key, algorithm="HS384")
        answer = await visitor.call("/v1/accounts", 200 if accepts else 401, headers=token)
        if not accepts:
            assert (await error_of(answer))["name"] == "jwt_verification"

    play(scene, accepts_hs384=accepts)


def test_a_key_has_rights_and_addresses() -> None:
    async def scene(visitor: Visitor) -> None:
        reader = visitor.exchange.issue_key(rights=["주문조회"])
        refused = await visitor.signed(401, reader)
        assert (await error_of(refused))["name"] == "out_of_scope"
        assert refused.headers["Remaining-Req"].startswith("group=default")
        elsewhere = visitor.exchange.issue_key(addresses=["10.0.0.1"])
        refused = await visitor.signed(401, elsewhere)
        assert (await error_of(refused))["name"] == "no_authorization_ip"
        error, _ = await visitor.refused(401, private=True, **bearer(elsewhere))
        assert error["name"] == "no_authorization_ip"
        await visitor.signed(200, visitor.exchange.issue_key(addresses=["127.0.0.1"]))
        with pytest.raises(InvalidRequest, match="at most 10 addresses"):
            visitor.exchange.issue_key(addresses=["127.0.0.1"] * 11)

    play(scene, limits=False)


def test_private_streams_need_rights_and_announcements_need_none() -> None:
    async def scene(visitor: Visitor) -> None:
        order, asset = {"type": "myOrder"}, {"type": "myAsset"}
        notice = {"type": "announcement"}
        for rights, granted, denied in (
            (["주문조회"], [[order], [order, notice]], [asset]),
            (["자산조회"], [[asset], [asset, notice]], [asset, order]),
            ([], [[notice]], [notice, order]),
        ):
            key = visitor.exchange.issue_key(rights=rights)
            async with visitor.socket(key=key) as socket:
                for wishes in granted:
                    await socket.ask(*wishes, LIST)
                    await socket.ask(LIST)
                    await socket.frame()
                    listed = await socket.frame()
                    assert [row["type"] for row in listed["result"]] == [
                        wish["type"] for wish in wishes
                    ]
                await socket.ask(*denied)
                assert (await socket.frame())["error"]["name"] == "INVALID_AUTH"
                assert await socket.ending() == 1000

    play(scene, limits=False)


@pytest.mark.parametrize("choice", ["stays", "closes"])
@pytest.mark.parametrize("end", ["expires", "is deleted", "grows old"])
def test_what_is_open_with_a_key_that_ends(choice: str, end: str) -> None:
    async def scene(visitor: Visitor) -> None:
        exchange = visitor.exchange
        key = exchange.issue_key(valid_for_ms=5_000)
        async with (
            visitor.socket(key=key) as socket,
            visitor.socket() as bystander,
            visitor.socket(key=exchange.credentials()) as other,
        ):
            await exchange.advance(4_999)
            if end == "expires":
                exchange.expire_key(key)
            elif end == "is deleted":
                exchange.delete_key(key)
            else:
                await exchange.advance(1)
            refused = await visitor.signed(401, key)
            name = "invalid_access_key" if end == "is deleted" else "expired_access_key"
            assert (await error_of(refused))["name"] == name
            if choice == "closes":
                assert (await socket.frame())["error"]["name"] == "INVALID_AUTH"
                assert await socket.ending() == 1000
            else:
                await socket.ask({"type": "myAsset"}, LIST)
                assert "result" in await socket.frame()
            for untouched in (bystander, other):
                await untouched.ask(LIST)
                assert "result" in await untouched.frame()

    play(scene, limits=False, expired_key=choice)


@pytest.mark.parametrize("encoding", ["query", "form", "json"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_parameters_may_come_in_the_query_or_in_a_body(method: str, encoding: str) -> None:
    async def scene(visitor: Visitor) -> None:
        path, wanted, missing = "/v1/order", "market=KRW-BTC&uuid=nobody's", "uuid=nobody's"
        fields = {"market": "KRW-BTC", "uuid": "nobody's"}
        for hashed, status, name in (
            (wanted, 404, "order_not_found"),
            (missing, 401, "invalid_query_payload"),
        ):
            headers = bearer(visitor.exchange.credentials(), hashed)
            options: dict[str, Any] = {"json": fields}
            if encoding == "query":
                options = {"params": fields}
            elif encoding == "form":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                options = {"data": urlencode(fields)}
            answer = await visitor.call(path, status, method, headers=headers, **options)
            assert (await error_of(answer))["name"] == name

    play(scene)


def test_a_body_that_cannot_be_read_is_an_error() -> None:
    async def scene(visitor: Visitor) -> None:
        headers = bearer(visitor.exchange.credentials())
        answer = await visitor.call("/v1/orders", 400, "POST", headers=headers, data=b"{nope")
        assert (await error_of(answer))["name"] == "validation_error"

    play(scene)


# --- Messages --------------------------------------------------------------------------------


@pytest.mark.parametrize("message", ["[]", "PING"])
def test_too_many_messages_close_the_socket(message: str) -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as socket:
            for _ in range(5):
                await socket.raw.send_str("PING")
            await socket.raw.send_str(message)
            assert (await socket.frame())["error"]["name"] == "TOO_MANY_REQUEST"
            assert await socket.ending() == 1000

    play(scene, after_too_many="close", status_interval_s=1e6)


def test_or_the_message_is_ignored() -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as other, visitor.socket() as socket:
            # The market is made for its first listener, which may take a part of the second.
            await other.ask(TICKER)
            await other.frame()
            await socket.ask(TICKER)
            for _ in range(4):
                await socket.ask(LIST)
            # Not even a message that is no request ends the socket then.
            await socket.raw.send_str("nope")
            frames = [await socket.frame() for _ in range(6)]
            assert frames[5]["error"]["name"] == "TOO_MANY_REQUEST"
            await visitor.exchange.advance(20_000)
            assert (await socket.frame())["type"] == "ticker"

    play(scene, after_too_many="ignore")


@pytest.mark.parametrize("most", [None, 2])
def test_there_may_be_a_most_of_codes(most: int | None) -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as socket:
            await socket.ask({"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]})
            assert [(await socket.frame())["code"] for _ in range(2)] == ["KRW-BTC", "KRW-ETH"]
            await socket.ask({"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH", "KRW-NOPE"]})
            answer = await socket.frame()
            if most is None:
                assert answer["code"] == "KRW-BTC"
            else:
                assert answer["error"]["name"] == "WRONG_FORMAT"
                assert await socket.ending() == 1000

    play(scene, most_codes=most)


@pytest.mark.parametrize("wraps", [True, False])
@pytest.mark.parametrize("format_", ["JSON_LIST", "SIMPLE_LIST", "SIMPLE", "DEFAULT"])
def test_messages_that_are_no_data_may_be_wrapped_in_the_list_formats(
    wraps: bool, format_: str
) -> None:
    def opened(body: Any) -> dict[str, Any]:
        wrapped = wraps and format_.endswith("LIST")
        assert isinstance(body, list) is wrapped
        found: dict[str, Any] = body[0] if wrapped else body
        return found

    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as socket:
            await socket.ask(LIST, {"format": format_})
            assert opened(await socket.frame())["rslt" if "SIMPLE" in format_ else "result"] == []
            await socket.raw.send_str("PING")
            assert opened(await socket.frame()) == {"status": "UP"}
            await socket.raw.send_str("nope")
            body = await socket.frame()
            while "status" in opened(body):
                body = await socket.frame()
            assert opened(body)["error"]["name"] == "WRONG_FORMAT"

    play(scene, wraps_messages=wraps, status_interval_s=0.02)


@pytest.mark.parametrize("counts", ["both", "received"])
def test_data_to_the_client_may_keep_a_socket_alive(counts: str) -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as socket:
            await socket.ask(TICKER)
            await socket.frame()
            connection = visitor.exchange.connections[0]
            connection._active_at -= 61.0
            await visitor.exchange.advance(20_000)
            assert (await socket.frame())["stream_type"] == "REALTIME"
            connection._check_idle()
            if counts == "received":
                assert await socket.ending() == 1006
            else:
                await socket.ask(LIST)
                while "result" not in await socket.frame():
                    pass

    play(scene, idle_counts=counts)


def test_a_request_may_come_in_a_binary_frame() -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as socket:
            await socket.raw.send_bytes(json.dumps([{"ticket": "t"}, TICKER]).encode())
            assert (await socket.frame())["code"] == "KRW-BTC"
            await socket.raw.send_bytes(b"PING")
            assert (await socket.frame()) == {"status": "UP"}

    play(scene, status_interval_s=0.02)


def test_a_list_after_a_replacement_shows_what_replaced_it() -> None:
    async def scene(visitor: Visitor) -> None:
        async with visitor.socket() as socket:
            books = [
                {"type": "orderbook", "codes": ["KRW-BTC.5"], "level": level}
                for level in (10_000, 0)
            ]
            await socket.ask(TICKER)
            await socket.ask(*books, {"format": "SIMPLE"})
            assert "code" in await socket.frame()
            assert [(await socket.frame())["lv"] for _ in range(2)] == [10_000, 0]
            await socket.ask(LIST, {"format": "JSON_LIST"})
            assert (await socket.frame())["result"] == books
            await visitor.exchange.advance(1_000)
            ((first,), (second,)) = [await socket.frame() for _ in range(2)]
            assert {first["level"], second["level"]} == {10_000, 0}

    play(scene)
