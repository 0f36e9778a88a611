"""Lines of own orders, the average price and alerts, with labels and tags. Pure."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from tests.chart_bars import MINUTE, START, chart, wave
from tests.own_trading import order
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.line_hand import LineHand
from upbit_ws_qt_widgets.models.live_bars import Trade
from upbit_ws_qt_widgets.models.marks_picture import LineMark, MarksPicture
from upbit_ws_qt_widgets.models.own_position import Position

CLOSE = 96_000.0
OPEN_MS = START + 299 * MINUTE + 30_000
CLOSED_MS = START + 400 * MINUTE


@pytest.fixture
def state() -> ChartState:
    """Prices from 90,000 to 110,000; the last one is 96,000."""
    rows = wave(300)
    rows["close"][-1], rows["low"][-1] = CLOSE, min(CLOSE, rows["low"][-1])
    rows["high"][-1] = max(CLOSE, rows["high"][-1])
    made = chart(rows)
    made.tick_size = lambda _: 10.0
    made.scale = PriceScale(90_000.0, 110_000.0, auto=False)
    made.marks.show("KRW-BTC")
    return made


def marks(state: ChartState, now: float = CLOSED_MS) -> MarksPicture:
    found = ChartResolver().resolve(state, now).front.marks
    assert found is not None
    return found


def y(state: ChartState, price: float) -> int:
    return round(float(state.scale.y(price, 0, state.layout.price_bottom)))


def label(state: ChartState) -> str:
    [line] = marks(state).lines
    return line.label


def test_with_nothing_to_mark_there_is_no_picture(state: ChartState) -> None:
    assert ChartResolver().resolve(state, CLOSED_MS).front.marks is None


def test_an_order_has_a_line_in_the_colour_of_its_side(state: ChartState) -> None:
    state.marks.set_orders([order("a", "93000"), order("b", "105000", side="ASK")])
    ask, bid = marks(state).lines
    at = y(state, 93_000)
    assert bid == LineMark(at, "rise", "Buy 0.5 / 1.2", "93,000", at, at)
    assert (ask.y, ask.role, ask.label, ask.tag) == (
        y(state, 105_000),
        "fall",
        "Sell 0.5 / 1.2",
        "105,000",
    )


def test_several_orders_at_one_price_are_said_to_be(state: ChartState) -> None:
    state.marks.set_orders([order("a", "93000"), order("b", "93000", rest="100", volume="100")])
    assert label(state) == "Buy 100.5 / 101.2 (2 orders)"
    state.words = translations("ko")
    assert label(state) == "매수 100.5 / 101.2 (2건)"
    state.marks.hides_amounts = True
    assert label(state) == "매수 ***** (2건)"


def test_the_average_price_has_the_profit_at_the_last_price(state: ChartState) -> None:
    state.marks.position = Position(Decimal(100_000), Decimal("0.5"))
    assert label(state) == "Average price 100,000 · -4.00% · -2,000 KRW"
    state.series.trade(Trade(START + 299 * MINUTE + 5, 1, 103_200.0, 1.0))
    state.words = translations("ko")
    assert label(state) == "매수평균가 100,000 · +3.20% · +1,600원"
    state.marks.hides_amounts = True
    assert label(state) == "매수평균가 100,000 · +3.20% · *****"
    state.marks.shows_average = False
    assert ChartResolver().resolve(state, CLOSED_MS).front.marks is None


def test_a_provisional_average_is_said_to_be_about_that(state: ChartState) -> None:
    state.marks.position = Position(Decimal(100_000), Decimal("0.5"), is_provisional=True)
    assert label(state) == "Average price ≈100,000 · ≈-4.00% · ≈-2,000 KRW"


@pytest.mark.parametrize(
    ("paid", "gain"),
    [
        ("108000", "-6,000.00000000 BTC"),
        ("95000", "+500.00000000 BTC"),
        ("96000", "0.00000000 BTC"),
    ],
)
def test_in_another_quote_currency_the_profit_is_in_that(
    state: ChartState, paid: str, gain: str
) -> None:
    state.marks.show("BTC-ETH")
    state.marks.position = Position(Decimal(paid), Decimal("0.5"))
    assert label(state).endswith(f"· {gain}")


def test_an_alert_has_a_bell_and_says_which_way(state: ChartState) -> None:
    for direction in ("cross", "above", "below"):
        state.marks.alerts.add(104_000.0, direction, CLOSE)
    found = marks(state).lines
    assert [line.label for line in found] == ["Alert", "Alert ▲", "Alert ▼"]
    assert all(line.has_bell and line.role == "warning" for line in found)
    state.marks.alerts.take(Trade(1, 1, 104_000.0, 1.0))
    fired = [(line.label, line.role) for line in marks(state).lines]
    assert fired == [("Alert reached", "sub_text")] * 2 + [("Alert ▼", "warning")]


def test_a_line_that_is_moved_has_a_ghost_where_it_may_go(state: ChartState) -> None:
    state.marks.set_orders([order("a", "93000")])
    hand = LineHand(state)
    hand.choose_next()
    [line] = marks(state).lines
    assert (line.is_chosen, line.is_ghost) == (True, False)
    hand.nudge(100)
    line, ghost = marks(state).lines
    assert (line.tag, line.is_chosen, line.is_ghost) == ("93,000", True, False)
    assert (ghost.tag, ghost.label, ghost.role) == ("94,000", line.label, "rise")
    assert (ghost.is_chosen, ghost.is_ghost) == (False, True)


def test_what_can_be_moved_lies_on_top(state: ChartState) -> None:
    state.marks.alerts.add(93_000.0, "cross", CLOSE)
    state.marks.set_orders([order("a", "93000")])
    state.marks.position = Position(Decimal(93_000), Decimal(1))
    assert [line.role for line in marks(state).lines] == ["text", "rise", "warning"]


# -- places --------------------------------------------------------------------------------------


def tag_spans(picture: MarksPicture) -> list[tuple[float, float]]:
    places = [line.tag_at for line in picture.lines] + [edge.tag_at for edge in picture.edges]
    half = picture.row / 2
    return sorted((place - half, place + half) for place in places if place is not None)


def test_lines_out_of_view_are_counted_at_the_edge_they_left_by(state: ChartState) -> None:
    state.marks.set_orders(
        [order("a", "111000"), order("b", "120000"), order("c", "80000"), order("d", "93000")]
    )
    picture = marks(state)
    assert [line.tag for line in picture.lines] == ["93,000"]
    above, below = picture.edges
    assert (above.text, below.text) == ("▲ 2", "▼ 1")
    assert above.tag_at == picture.row // 2 or above.tag_at == round(picture.row / 2)
    assert below.tag_at == round(state.layout.price_bottom - picture.row / 2)
    state.invert_prices(inverted=True)
    assert [edge.text for edge in marks(state).edges] == ["▲ 1", "▼ 2"]


@pytest.mark.parametrize("now", [OPEN_MS, CLOSED_MS])
@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_tags_and_labels_never_cover_each_other(
    state: ChartState, ratio: float, now: float
) -> None:
    state.resize(800.0, 900.0, ratio, state.text)
    for shift in range(-5, 6):
        state.marks.alerts.add(CLOSE + 60.0 * shift, "cross", None)
    state.marks.set_orders([order("a", "120000"), order("b", "80000"), order("c", "109990")])
    picture = marks(state, now)
    front = ChartResolver().resolve(state, now).front
    assert front.price is not None
    spans = tag_spans(picture)
    assert len(spans) == 14
    assert bool(front.price.countdown) is (now == OPEN_MS)
    rows = 1 + bool(front.price.countdown)
    over = front.price.y - (state.text.height / 2 + 2) * ratio
    spans = sorted([*spans, (over, over + (rows * state.text.height + 4) * ratio)])
    # Places are whole pixels, so two may seem to share half of one.
    assert all(before[1] <= after[0] + 1 for before, after in pairwise(spans))
    assert spans[0][0] >= -1
    assert spans[-1][1] <= state.layout.price_bottom + 1
    labels = sorted(line.label_at for line in picture.lines if line.label_at is not None)
    assert len(labels) == 12
    assert all(after - before >= picture.row - 1 for before, after in pairwise(labels))
    assert labels[0] >= state.layout.headroom


def test_where_there_is_no_room_the_farthest_from_the_last_price_have_none(
    state: ChartState,
) -> None:
    for price in range(90_100, 110_000, 200):
        state.marks.alerts.add(float(price), "cross", None)
    picture = marks(state)
    assert len(picture.lines) == 100
    tagged = [line.tag for line in picture.lines if line.tag_at is not None]
    assert 10 < len(tagged) < 30
    prices = [float(tag.replace(",", "")) for tag in tagged]
    assert max(abs(price - CLOSE) for price in prices) < 3_000
    assert any(line.label_at is None for line in picture.lines)


def test_while_there_is_something_to_say_at_the_lower_left_no_label_lies_there(
    state: ChartState,
) -> None:
    state.marks.alerts.add(90_200.0, "cross", None)
    [line] = marks(state).lines
    assert line.label_at == line.tag_at
    state.notice = "Loading older candles…"
    [line] = marks(state).lines
    assert line.label_at is not None
    assert line.tag_at is not None
    assert line.label_at < line.tag_at


def test_when_the_last_price_is_at_an_edge_the_count_stands_beside_it(state: ChartState) -> None:
    state.scale = PriceScale(50_000.0, 60_000.0, auto=False)
    state.marks.set_orders([order("a", "93000")])
    [edge] = marks(state).edges
    assert edge.text == "▲ 1"
    assert edge.tag_at > state.text.height
    state.scale = PriceScale(150_000.0, 160_000.0, auto=False)
    picture = marks(state)
    [edge] = picture.edges
    assert edge.text == "▼ 1"
    assert edge.tag_at + picture.row / 2 <= state.layout.price_bottom - state.text.height / 2


def test_tags_say_what_the_axis_says(state: ChartState) -> None:
    state.marks.set_orders([order("a", "93000")])
    state.set_scale_kind(type(state.scale.kind).PERCENT)
    [line] = marks(state).lines
    assert line.tag.endswith("%")
