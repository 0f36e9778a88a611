"""The page of the exchange's behaviour and the conformance cases name each other, and no others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from upbit_ws_qt.simulator.conformance.cases import CASES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/exchange.md"
ROW = re.compile(r"\| (\d+\.\d+) \| ([ABC?]) \| (.*?) \| (.+) \| (.*) \|")


@dataclass(frozen=True)
class Paragraph:
    number: str
    mark: str
    source: str
    text: str
    cases: frozenset[str]
    reason: str


def read(page: str) -> list[Paragraph]:
    found: list[Paragraph] = []
    for line in page.splitlines():
        if match := ROW.fullmatch(line):
            number, mark, source, text, last = match.groups()
            cases = frozenset(re.findall(r"`([a-z]+\.[a-z0-9-]+)`", last))
            found.append(Paragraph(number, mark, source, text, cases, "" if cases else last))
    return found


PARAGRAPHS = read(PAGE.read_text(encoding="utf-8"))


def test_every_row_is_read_and_numbered_once() -> None:
    rows = re.findall(r"^\| (\d+\.\d+) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [paragraph.number for paragraph in PARAGRAPHS] == rows
    assert len(set(rows)) == len(rows) > 100


@pytest.mark.parametrize("paragraph", PARAGRAPHS, ids=[p.number for p in PARAGRAPHS])
def test_a_sure_paragraph_has_cases_or_says_why_not(paragraph: Paragraph) -> None:
    if paragraph.mark in "AB":
        assert paragraph.source
        assert paragraph.cases or len(paragraph.reason) > 10
    else:
        assert not paragraph.cases
        assert not paragraph.reason


def test_the_page_names_for_each_paragraph_the_cases_that_name_it() -> None:
    by_page = {(p.number, case) for p in PARAGRAPHS for case in p.cases}
    by_cases = {(number, case.id) for case in CASES for number in case.paragraphs}
    assert by_page == by_cases


def test_every_case_says_what_it_requires_and_of_which_paragraph() -> None:
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)
    for case in CASES:
        assert case.paragraphs
        assert case.requirement.endswith(".")


# --- The research notes ----------------------------------------------------------------------

NOTES = ROOT.parent / "shared/facts/upbit-api.md"
# How each statement of the research notes begins, by their section, and the paragraphs of the page
# that hold it; "advice" says nothing about the exchange.
STATEMENTS = """
1.1 public => 1.1
1.1 private => 1.2
1.1 info => 1.3
1.1 Sources => 1.1 1.2
1.1 Regional => 1.4
1.1 TLS => 1.5 1.6
1.1 myTrade => 1.7
1.1 info endpoint => 1.3
1.2 HTTP request header => 1.8
1.2 Algorithm => 1.9 1.10
1.2 Claims => 1.11
1.2 No exp => 1.11
1.2 A repeated nonce => 1.12
1.2 Key limits => 1.13
1.2 Wrong/missing auth => 1.14 4.7
1.2 What happens to an open => 1.24
1.2 Docs warn => 1.15
1.2 First-ever myAsset => 1.16
1.3 One JSON array => 2.1
1.3 ticket => 2.1
1.3 type => 2.1
1.3 codes => 2.3
1.3 level => 2.16
1.3 is_only_snapshot => 2.4
1.3 categories => 2.2
1.3 format => 2.1 2.5
1.3 Order => 2.6
1.3 The same type => 2.7
1.3 JSON_LIST => 2.8
1.4 Replaces => 2.9
1.4 So a subscription manager => advice
1.4 There is no unsubscribe => 2.10
1.4 There is no ack => 2.10
1.5 [{"ticket":"x"} => 2.11
1.5 It does not end streams => 2.12
1.6 Server data/error => 1.17
1.6 permessage-deflate => 1.18
1.6 Server sends no pings => 1.19
1.6 Text PING => 1.20
1.6 Idle timeout => 1.21
1.6 Upgrade reply headers => 1.22
1.6 Handshake took => 1.23
1.7 Codes are => 2.13
1.7 No documented maximum => 2.14
1.7 Unknown or lower-case => 2.13
1.7 Orderbook unit count => 2.15
1.7 level => 2.16 2.17
2 SIMPLE maps => 3.1 3.4 3.6 3.12
2 stream_type => 3.1 3.2 3.3
2.1 type / code => 3.4
2.1 opening_price => 3.4 8.9
2.1 prev_closing_price => 8.5
2.1 change => 3.5 8.5
2.1 change_price => 8.5
2.1 change_rate => 8.5
2.1 trade_volume => 3.4
2.1 acc_trade_volume, acc => 3.5 8.9
2.1 acc_trade_volume_24h => 3.5
2.1 trade_date => 3.5
2.1 trade_timestamp => 8.6
2.1 ask_bid => 3.5
2.1 acc_ask_volume => 3.5
2.1 highest_52_week => 3.5
2.1 lowest_52_week => 3.5
2.1 market_state => 3.5
2.1 is_trading_suspended => 3.5
2.1 delisting_date => 3.4
2.1 market_warning => 3.5
2.1 timestamp => 3.1 8.6
2.1 Gone => 3.4
2.1 Cadence => 3.27
2.1 Note => 6.2
2.2 type ty => 3.6
2.2 One frame per fill => 3.7
2.2 The best_ fields => 3.8
2.3 type ty => 3.9
2.3 Every frame => 3.9
2.3 total_ask_size => 3.10
2.3 Doc-example trap => 2.18
2.3 Cadence => 3.11
2.3 as is a Python => advice
2.4 type ty => 3.12
2.4 Sent at most => 3.13
2.4 The same candle => 3.14
2.4 A SNAPSHOT may => 3.15
2.4 timestamp => 3.16
2.4 candle_date_time => 3.17
2.5 type ty => 3.18
2.5 States => 3.19
2.5 state=trade => 3.20
2.5 Market buy => 3.21
2.5 REALTIME only => 3.22
2.5 identifier only => 3.23
2.5 Announced => 3.24
2.5 Live samples => advice
2.6 type ty => 3.25
2.7 announcement => 3.26 1.3
3 {"error" => 4.1
3 INVALID_AUTH => 4.7
3 WRONG_FORMAT => 4.2 4.3
3 NO_TICKET => 4.2 4.3
3 NO_TYPE => 4.2
3 NO_CODES => 4.2
3 INVALID_PARAM => 4.2 4.3
3 TOO_MANY_REQUEST => 4.5
3 After NO_TICKET => 4.4
3 After INVALID_AUTH => 4.8
3 Not errors => 4.6
4 market, candle => 5.1
4 default => 5.4
4 order (new => 5.5
4 order-test => 5.5
4 order-cancel-all => 5.6
4 travel-rule => 5.12
4 websocket-connect => 5.7
4 websocket-message => 5.8
4 any request => 5.9
4 Remaining-Req => 5.2 5.3
4 Origin => 5.9
4 Windows => 5.10
4 429 => 5.11 5.13
4 Quotation limits => 5.1
4 Docs of 2025 => advice
5.1 /v1/market/all => 6.1
5.1 /v1/ticker | => 6.2
5.1 /v1/ticker/all => 6.3
5.1 /v1/trades/ticks => 6.4
5.1 /v1/orderbook | => 6.5
5.1 /v1/orderbook/instruments => 6.6
5.1 /v1/orderbook/supported_levels => 6.7
5.1 /v1/candles/seconds => 6.8
5.1 /v1/candles/minutes => 6.8
5.1 /v1/candles/days => 6.9
5.1 /v1/candles/weeks => 6.10
5.1 Candles => 6.14 6.15 6.17 6.18
5.1 Paging backwards => 6.16
5.2 GET /v1/accounts => 7.2
5.2 GET /v1/orders/open => 7.3
5.2 GET /v1/orders/closed => 7.4
5.2 GET /v1/order | => 7.5
5.2 GET /v1/orders/uuids => 7.6
5.2 POST /v1/orders | => 7.7
5.2 POST /v1/orders/test => 7.8
5.2 GET /v1/status/wallet => 7.9
5.2 GET /v1/api_keys => 7.10
5.2 All amounts => 7.11
5.3 {"error" => 6.12 6.13 7.1
5.3 401 => 7.1 7.12 7.14 7.15
5.3 Minimum order => 7.13
6 Spelling => 8.1
6 REST exchange => 8.2
6 Use json.loads => advice
6 Volume => 8.3 8.4
6 Timestamps => 8.6
6 sequential_id => 8.6
6 KRW tick table => 8.7 8.11
6 BTC market => 8.8
6 Day => 8.5 8.9 8.10
6 KST fields => 3.17 6.2
6 Korean colour => advice
"""


def notes_by_section(text: str) -> list[tuple[str, str]]:
    """Section and statement of every item, row and line of sections 1 to 6, marks-up taken off."""
    found: list[tuple[str, str]] = []
    section = ""
    fenced = False
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if heading := re.match(r"##+ (\d+(?:\.\d+)?)", line):
            section = heading[1]
        elif line.startswith("```"):
            fenced = not fenced
        elif re.match(r"[^\s#]", line) and not line.startswith(("|--", "---")):
            is_head = following.startswith("|--")
            if section[:1] in tuple("123456") and not (fenced or is_head):
                found.append((section, re.sub(r"^[-|] |[*`]", "", line)))
    return found


def test_no_statement_of_the_research_notes_is_forgotten() -> None:
    """The notes are not part of the project; without them beside the checkout nothing is shown."""
    if not NOTES.is_file():
        pytest.skip("no research notes beside this checkout")
    numbers = {paragraph.number for paragraph in PARAGRAPHS}
    beginnings: list[tuple[str, str]] = []
    for line in STATEMENTS.strip().splitlines():
        start, _, last = line.partition(" => ")
        section, _, beginning = start.partition(" ")
        assert last == "advice" or set(last.split()) <= numbers, line
        beginnings.append((section, beginning))
    used: set[tuple[str, str]] = set()
    for section, statement in notes_by_section(NOTES.read_text(encoding="utf-8")):
        matching = {
            (of, beginning)
            for of, beginning in beginnings
            if of == section and statement.startswith(beginning)
        }
        assert matching, f"no paragraph holds {section}: {statement}"
        used |= matching
    assert used == set(beginnings)
