"""Cases about requests that the exchange refuses. asyncio."""

from __future__ import annotations

import json
from typing import Any

from .case import case, check, check_equal
from .client import Client
from .socket import Frame

_TICKET = {"ticket": "conformance"}
_TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}


async def _refused(client: Client, message: object, *, private: bool = False) -> Frame:
    """Send one message; the error that comes, once the connection has ended with 1000."""
    text = message if isinstance(message, str) else json.dumps(message)
    async with client.socket(private=private) as socket:
        await socket.say(text)
        frame = await socket.frame(10)
        check(frame.error_name, f"an error for {text}", frame.text)
        check_equal("the close code after an error", await socket.end(10), 1000)
    return frame


def _check_name(frame: Frame, name: str) -> None:
    check_equal("the error", frame.error_name, name)


@case("4.1")
async def shape(client: Client) -> None:
    """An error is a binary frame with a name and a message and nothing else."""
    frame = await _refused(client, [_TICKER])
    check(frame.binary, "a binary frame", frame.text)
    check_equal("the outer names", set(frame.data), {"error"})
    check_equal("the inner names", set(frame.data["error"]), {"name", "message"})


@case("4.2", "4.4")
async def not_json(client: Client) -> None:
    """What is no JSON is a WRONG_FORMAT."""
    _check_name(await _refused(client, "hello"), "WRONG_FORMAT")


@case("4.2")
async def not_an_array(client: Client) -> None:
    """A single object is a WRONG_FORMAT."""
    _check_name(await _refused(client, _TICKET | _TICKER), "WRONG_FORMAT")


@case("4.2")
async def wrong_types(client: Client) -> None:
    """Codes that are no list are a WRONG_FORMAT."""
    message = [_TICKET, {"type": "ticker", "codes": "KRW-BTC"}]
    _check_name(await _refused(client, message), "WRONG_FORMAT")


@case("4.2", "2.3", key=True)
async def codes_on_assets(client: Client) -> None:
    """Codes with myAsset are a WRONG_FORMAT."""
    message = [_TICKET, {"type": "myAsset", "codes": ["KRW-BTC"]}]
    _check_name(await _refused(client, message, private=True), "WRONG_FORMAT")


@case("4.2", "2.1")
async def no_ticket(client: Client) -> None:
    """A request without a ticket is a NO_TICKET."""
    _check_name(await _refused(client, [_TICKER]), "NO_TICKET")


@case("4.2", "2.1")
async def no_type(client: Client) -> None:
    """A data object without a type is a NO_TYPE."""
    _check_name(await _refused(client, [_TICKET, {"codes": ["KRW-BTC"]}]), "NO_TYPE")


@case("4.2", "2.3")
async def no_codes(client: Client) -> None:
    """A public type without codes is a NO_CODES."""
    _check_name(await _refused(client, [_TICKET, {"type": "ticker"}]), "NO_CODES")


@case("4.2", "2.1")
async def unknown_type(client: Client) -> None:
    """An unknown type is an INVALID_PARAM."""
    message = [_TICKET, {"type": "nope", "codes": ["KRW-BTC"]}]
    _check_name(await _refused(client, message), "INVALID_PARAM")


@case("3.16", "4.2")
async def unknown_unit(client: Client) -> None:
    """A candle unit that is not streamed is an INVALID_PARAM."""
    for unit in ("candle.2m", "candle.1d"):
        message = [_TICKET, {"type": unit, "codes": ["KRW-BTC"]}]
        _check_name(await _refused(client, message), "INVALID_PARAM")


@case("4.3")
async def texts(client: Client) -> None:
    """The messages of three errors read as they were seen on the wire."""
    expected: list[tuple[list[dict[str, Any]] | str, str]] = [
        ("hello", "Format 이 맞지 않습니다."),
        ([_TICKER], "티켓이 존재하지 않거나, 유효하지 않습니다."),
        (
            [_TICKET, {"type": "nope", "codes": ["KRW-BTC"]}],
            "nope 은 지원하지 않는 타입입니다.",
        ),
    ]
    for message, text in expected:
        frame = await _refused(client, message)
        check_equal("the message", frame.data["error"]["message"], text)


@case("4.4")
async def end_every_stream(client: Client) -> None:
    """One wrong request ends the connection with 1000, and so all its streams."""
    async with client.socket() as socket:
        await socket.ask(_TICKER)
        await socket.frame()
        await socket.say("hello")
        await socket.find(lambda frame: frame.error_name == "WRONG_FORMAT", "a WRONG_FORMAT")
        check_equal("the close code", await socket.end(10), 1000)
