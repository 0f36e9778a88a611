"""Runs cases against one exchange, the slow ones beside the others. asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

import aiohttp

from .case import Case, Mismatch, NotApplicable
from .client import Client

__all__ = ["Result", "run_all", "run_case"]

_CASE_S = 120.0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case; ``detail`` says why it failed or was skipped."""

    case: Case
    outcome: Literal["ok", "FAILED", "skipped"]
    detail: str = ""


async def run_case(client: Client, case: Case) -> Result:
    """Run one case, unless it must not be run here."""
    if case.key and not client.has_key:
        return Result(case, "skipped", "needs a key")
    if case.rough and not client.simulated:
        return Result(case, "skipped", "only against a simulated exchange")
    # A slow case waits for what the exchange does by its clock.
    timeout_s = _CASE_S + (client.tempo.idle_s[1] if case.slow else 0.0)
    try:
        async with asyncio.timeout(timeout_s):
            await case.check(client)
    except NotApplicable as reason:
        return Result(case, "skipped", str(reason))
    except Mismatch as mismatch:
        return Result(case, "FAILED", str(mismatch))
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        # A case takes apart what came; an answer of quite another form makes it stumble.
        return Result(
            case,
            "FAILED",
            f"expected the documented form; came something else ({type(error).__name__}: {error})",
        )
    except TimeoutError:
        return Result(case, "FAILED", f"expected an end within {timeout_s:g} s; came none")
    except (aiohttp.ClientError, OSError) as error:
        return Result(case, "FAILED", f"expected an answer; came {type(error).__name__}: {error}")
    return Result(case, "ok")


async def run_all(client: Client, cases: Sequence[Case]) -> AsyncIterator[Result]:
    """Run the cases one after the other, and the slow ones at the same time.

    Rough cases come last: what they provoke would disturb the others.
    """
    slow = [asyncio.ensure_future(run_case(client, case)) for case in cases if case.slow]
    try:
        for rough in (False, True):
            if rough:
                for done in asyncio.as_completed(slow):
                    yield await done
            for case in cases:
                if not case.slow and case.rough is rough:
                    yield await run_case(client, case)
    finally:
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
