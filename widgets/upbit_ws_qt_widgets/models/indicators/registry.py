"""Which indicators there are: those built in, and one's own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from upbit_ws_qt.errors import InvalidRequest

from .averages import EMA, MA, WMA
from .ichimoku import ICHIMOKU
from .momentum import MACD, RSI, STOCHASTIC
from .spec import Indicator, IndicatorSpec
from .trading import OBV, VWAP
from .volatility import ATR, BOLLINGER

__all__ = ["BUILT_IN", "INDICATORS", "IndicatorRegistry", "register_indicator"]

BUILT_IN = (MA, EMA, WMA, BOLLINGER, VWAP, ICHIMOKU, RSI, MACD, STOCHASTIC, ATR, OBV)


# State: the specs by their keys.
class IndicatorRegistry:
    """Indicators by their keys, in the order they were registered."""

    def __init__(self, specs: Iterable[IndicatorSpec] = BUILT_IN) -> None:
        self._specs: dict[str, IndicatorSpec] = {}
        for spec in specs:
            self.register(spec)

    def register(self, spec: IndicatorSpec) -> None:
        """Add an indicator.

        Raises:
            InvalidRequest: another one has the same key.
        """
        if self._specs.setdefault(spec.key, spec) is not spec:
            raise InvalidRequest(
                f"an indicator with the key {spec.key!r} exists already; choose another key"
            )

    def specs(self) -> tuple[IndicatorSpec, ...]:
        """All indicators."""
        return tuple(self._specs.values())

    def spec(self, key: str) -> IndicatorSpec:
        """The indicator with this key.

        Raises:
            InvalidRequest: there is none.
        """
        if key not in self._specs:
            raise InvalidRequest(f"an indicator is one of {', '.join(self._specs)}; got {key!r}")
        return self._specs[key]

    def restored(self, saved: object) -> Indicator:
        """The indicator that ``Indicator.saved`` gave.

        Raises:
            InvalidRequest: it is nothing of the kind, or its indicator is not registered.
        """
        if not isinstance(saved, Mapping):
            raise InvalidRequest(f"a saved indicator is a mapping; got {saved!r}")
        data = cast("Mapping[str, object]", saved)
        key, settings = data.get("key"), data.get("settings", {})
        if not isinstance(key, str) or not isinstance(settings, Mapping):
            raise InvalidRequest(
                f"a saved indicator has a key and a mapping of settings; got {saved!r}"
            )
        return self.spec(key).chosen(cast("Mapping[str, object]", settings))


INDICATORS = IndicatorRegistry()
"""The indicators that charts offer."""

register_indicator = INDICATORS.register
