"""Waiting for one's turn: shared by host, given back when cancelled, held by a stop."""

from __future__ import annotations

import asyncio
import gc
import time

import pytest

from upbit_ws_qt.errors import RateLimited
from upbit_ws_qt.net.limits import in_turn, limiter_for, note_refusal
from upbit_ws_qt.ratelimit import GlobalRateLimiter, Priority

TICKER = ("ticker",)


async def call(limiter: GlobalRateLimiter, priority: Priority = Priority.SHOWN) -> None:
    """One that is answered at once."""
    async with in_turn(limiter, TICKER, priority):
        pass


def test_everyone_who_calls_one_host_shares_a_budget() -> None:
    limiter = limiter_for("https://API.example.com/v1", 0.8)

    assert limiter_for("https://api.example.com", 0.5) is limiter
    assert limiter_for("https://sg-api.example.com", 0.8) is not limiter

    assert limiter_for("https://api.example.com", 0.5).get_remaining_tokens(0.0)["ticker"] == 8


def test_a_block_outlives_the_last_who_asked() -> None:
    """It is the address that is blocked, for up to an hour."""
    limiter = limiter_for("https://blocked.example.com", 0.8)
    now = time.monotonic()
    limiter.refused(418, TICKER, now)
    del limiter
    gc.collect()
    assert limiter_for("https://blocked.example.com", 0.8).stopped_until("candle") == now + 60.0


def test_calls_beyond_the_budget_wait_for_their_place() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        begun = time.monotonic()
        await asyncio.gather(*(call(limiter) for _ in range(12)))
        assert time.monotonic() >= begun + 1.0

    asyncio.run(main())


def test_a_call_holds_its_place_until_it_is_answered() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        answer = asyncio.Event()

        async def slow() -> None:
            async with in_turn(limiter, TICKER, Priority.SHOWN):
                await answer.wait()

        calls = [asyncio.create_task(slow()) for _ in range(10)]
        last = asyncio.create_task(call(limiter))
        await asyncio.sleep(0)
        next_at = limiter.next_grant(time.monotonic())
        assert next_at is not None
        assert next_at > time.monotonic() + 30.0
        answer.set()
        answered_at = time.monotonic()
        await asyncio.gather(*calls, last)
        assert time.monotonic() >= answered_at + 1.0

    asyncio.run(main())


def test_a_call_that_fails_is_not_under_way_any_more() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        with pytest.raises(OSError, match="gone"):
            async with in_turn(limiter, TICKER, Priority.SHOWN):
                raise OSError("gone")
        later = time.monotonic() + 1.1
        assert limiter.get_remaining_tokens(later)["ticker"] == 10

    asyncio.run(main())


def test_a_click_passes_what_waits_in_the_background() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        went: list[str] = []

        async def go(name: str, priority: Priority) -> None:
            await call(limiter, priority)
            went.append(name)

        limiter.refused(429, TICKER, time.monotonic(), 3600.0)
        tasks = [
            asyncio.create_task(go("old", Priority.BACKFILL)),
            asyncio.create_task(go("click", Priority.CLICK)),
        ]
        await asyncio.sleep(0)
        limiter.grant(time.monotonic() + 7200.0)
        await asyncio.gather(*tasks)
        assert went == ["click", "old"]

    asyncio.run(main())


def test_a_cancelled_wait_leaves_its_place_to_the_next() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        now = time.monotonic()
        limiter.refused(429, TICKER, now)
        impatient = asyncio.create_task(call(limiter, Priority.CLICK))
        await asyncio.sleep(0)
        assert limiter.next_grant(now) is not None
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        assert limiter.next_grant(now) is None

    asyncio.run(main())


def test_a_call_that_is_cancelled_in_the_very_turn_it_was_granted_gives_it_back() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        now = time.monotonic()
        limiter.refused(429, TICKER, now)
        waiting = asyncio.create_task(call(limiter))
        await asyncio.sleep(0)
        limiter.grant(now + 5.0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert limiter.get_remaining_tokens(now + 5.0)["ticker"] == 10

    asyncio.run(main())


def test_a_stop_that_comes_while_a_call_waits_holds_for_it_too() -> None:
    async def main() -> None:
        limiter = GlobalRateLimiter(1.0)
        begun = time.monotonic()
        error = RateLimited("stop", status=429, retry_after_s=0.3)
        for _ in range(10):
            await call(limiter)
        waiting = asyncio.create_task(call(limiter))
        await asyncio.sleep(0)
        note_refusal(limiter, error, TICKER)
        assert error.retry_at is not None
        assert error.retry_at >= begun + 1.0
        await waiting
        assert time.monotonic() >= error.retry_at

    asyncio.run(main())


def test_who_is_refused_with_calls_left_is_told_of_another_program() -> None:
    alone, shared = RateLimited("HTTP 429", status=429), RateLimited("HTTP 429", status=429)
    limiter = GlobalRateLimiter(1.0)
    note_refusal(limiter, shared, TICKER)
    assert shared.by_others
    assert str(shared) == "HTTP 429; another program on this address calls the exchange as well"
    # The group stands still now: nothing is left, so this one says nothing of others.
    note_refusal(limiter, alone, TICKER)
    assert not alone.by_others
    assert str(alone) == "HTTP 429"
