"""Checks an exchange: ``python -m upbit_ws_qt.simulator.conformance URL``. asyncio."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import NoReturn

import aiohttp

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.system.credentials import Credentials

from .address import Address
from .case import Case, Mismatch
from .cases import CASES
from .client import Client
from .runner import run_all


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its usage as well."""
        self.exit(2, f"{message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite.

    Returns:
        0 where every case passed or was skipped, 1 where one failed, 2 for a wrong option or an
        address where nobody answers.
    """
    parser = _Parser(
        prog="python -m upbit_ws_qt.simulator.conformance",
        description="Does an address behave as docs/exchange.md says the exchange does?",
        epilog="Without a key only the public part runs. It stays within the limits of the "
        "exchange; orders are placed and limits provoked only at a simulated exchange.",
    )
    parser.add_argument("url", nargs="?", default="", help="such as https://api.upbit.com")
    parser.add_argument("--access-key-env", default="UPBIT_ACCESS_KEY", metavar="NAME")
    parser.add_argument("--secret-key-env", default="UPBIT_SECRET_KEY", metavar="NAME")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="again for more")
    parser.add_argument("--list", action="store_true", help="list the cases and run none")
    options = parser.parse_args(arguments)
    try:
        cases = _chosen(options.only)
        if options.list:
            _list(cases)
            return 0
        if not options.url:
            parser.error("an address is missing")
        address = Address.parse(options.url)
        credentials = _credentials(address, options.access_key_env, options.secret_key_env)
        return asyncio.run(_run(address, credentials, cases))
    except InvalidRequest as error:
        sys.stderr.write(f"{error}\n")
    except (Mismatch, aiohttp.ClientError, OSError, TimeoutError) as error:
        sys.stderr.write(f"no exchange answers at {options.url}: {error or type(error).__name__}\n")
    except KeyboardInterrupt:
        return 130
    return 2


def _chosen(ids: Sequence[str]) -> list[Case]:
    known = {case.id for case in CASES}
    for unknown in sorted(set(ids) - known):
        raise InvalidRequest(f"no case is called {unknown!r}; --list shows them all")
    return [case for case in CASES if not ids or case.id in ids]


def _credentials(address: Address, access_name: str, secret_name: str) -> Credentials | None:
    access, secret = (os.environ.get(name, "") for name in (access_name, secret_name))
    if not access and not secret:
        return None
    if not access or not secret:
        raise InvalidRequest(f"set both {access_name} and {secret_name}, or neither")
    if not address.settings().may_receive_key(address.rest):
        raise InvalidRequest(
            f"a key goes to the exchange or to this machine only, not to {address.rest}; "
            f"unset {access_name} and {secret_name}"
        )
    return Credentials(access, secret)


def _list(cases: Sequence[Case]) -> None:
    for case in cases:
        marks = [
            word
            for word, on in (("key", case.key), ("simulator", case.rough), ("slow", case.slow))
            if on
        ]
        paragraphs = ", ".join(case.paragraphs)
        suffix = f" [{', '.join(marks)}]" if marks else ""
        sys.stdout.write(f"{case.id}  {case.requirement} (paragraph {paragraphs}){suffix}\n")


async def _run(address: Address, credentials: Credentials | None, cases: Sequence[Case]) -> int:
    outcomes: Counter[str] = Counter()
    async with Client(address, credentials) as client:
        await client.meet()
        async for result in run_all(client, cases):
            outcomes[result.outcome] += 1
            case = result.case
            detail = f": {result.detail}" if result.detail else ""
            if result.outcome == "FAILED":
                where = ", ".join(case.paragraphs)
                detail = f" {case.requirement} (docs/exchange.md {where}){detail}"
            sys.stdout.write(f"{result.outcome:7} {case.id}{detail}\n")
            sys.stdout.flush()
    kind = "a simulated exchange" if client.simulated else "an exchange"
    sys.stdout.write(
        f"{kind} at {address.rest}: {outcomes['ok']} ok, {outcomes['FAILED']} failed, "
        f"{outcomes['skipped']} skipped\n"
    )
    return 1 if outcomes["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
