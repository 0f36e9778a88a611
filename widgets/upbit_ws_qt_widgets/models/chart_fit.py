"""Fits the scales of all panes to what is in view, where the user has not taken them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .chart_columns import Columns
from .chart_compare import Compared
from .chart_layout import PaneBox
from .chart_overlays import Overlay
from .chart_scale import PriceScale, volume_top
from .chart_scene import PaneScene, Sight
from .chart_state import ChartState
from .chart_strokes import values_in_view

__all__ = ["fit_prices", "fitted_pane"]

_PANE_MARGIN = 0.06
_FLATTEST = 1e-6
_MOST_HEADROOM = 0.4


def fit_prices(
    state: ChartState,
    sight: Sight,
    parts: Sequence[Columns],
    overlays: Sequence[Overlay],
    compared: Compared | None = None,
) -> None:
    """Fit the price scale of ``state`` to both markets, and to the indicators where wished."""
    if not parts:
        return
    low = float(min(part.low.min() for part in parts))
    high = float(max(part.high.max() for part in parts))
    tick = state.tick_size(high)
    if compared is not None:
        start, stop = sight.reach(0)
        ends = np.append(sight.settled_ends(start, stop), sight.live_ends(start, stop))
        low, high = compared.widened(low, high, ends)
    if state.fits_indicators:
        found = [values_in_view(overlay, sight) for overlay in overlays]
        ranges = [(low, high), *(each for each in found if each is not None)]
        # No logarithm reaches 0, as a band below the prices may.
        floor = low / 10 if state.scale.is_log else -float("inf")
        low = min(max(each[0], floor) for each in ranges)
        high = max(each[1] for each in ranges)
    layout = state.layout
    headroom = min(layout.headroom / layout.price_bottom, _MOST_HEADROOM)
    state.scale = state.scale.fitted(low, high, tick, headroom)


def fitted_pane(state: ChartState, sight: Sight, box: PaneBox, highest: float) -> PaneScene:
    """A pane with its scale; of the amounts ``highest`` is the highest one in view."""
    scale = state.pane_scales.get(box.subject)
    if box.subject is None:
        if scale is None or scale.auto:
            scale = PriceScale(0.0, volume_top(0.0 if scale is None else scale.high, highest))
        return PaneScene(box, scale, None)
    scale = scale or PriceScale()
    overlay = state.overlays.pane(box.subject, state.bars)
    if not scale.auto:
        return PaneScene(box, scale, overlay)
    spec = box.subject.spec
    headroom = min(state.layout.pane_headroom / (box.bottom - box.top), _MOST_HEADROOM)
    if spec.limits is not None:
        low, high = spec.limits
        low -= _PANE_MARGIN * (high - low)
        return PaneScene(box, PriceScale(low, low + (high - low) / (1 - headroom)), overlay)
    found = values_in_view(overlay, sight)
    if found is None:
        return PaneScene(box, scale, overlay, has_values=False)
    least = max(map(abs, found)) * _FLATTEST or _FLATTEST
    return PaneScene(box, scale.fitted(*found, least, headroom), overlay)
