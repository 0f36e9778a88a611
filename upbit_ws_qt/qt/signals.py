"""From core to pyqtSignal: which event is which signal of a proxy, and who hears it. Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PyQt6.QtCore import QMetaMethod, QObject

from upbit_ws_qt.events import DataType, WebSocketEvent

__all__ = ["SignalEmitter"]

_Emit = Callable[[WebSocketEvent], None]


# State: what emits each signal that somebody has connected to.
class SignalEmitter:
    """Emits the events of one proxy as its signals, ``ticker_received`` and the like.

    Making and emitting a signal that nobody hears takes as long as a callback. So a signal is left
    out until somebody connects to it; once heard it stays so.
    """

    SIGNALS: ClassVar[dict[DataType, str]] = {
        DataType.TICKER: "ticker_received",
        DataType.TRADE: "trade_received",
        DataType.ORDERBOOK: "orderbook_received",
        DataType.CANDLE: "candle_received",
        DataType.ORDER: "order_received",
        DataType.BALANCE: "balance_received",
        DataType.CUSTOM: "custom_received",
    }

    def __init__(self) -> None:
        self._emitting: dict[DataType, _Emit] = {}

    def connected(self, proxy: QObject, signal: QMetaMethod) -> None:
        """Somebody connected to ``signal`` of ``proxy``, which is always the same one."""
        name = signal.name().data().decode()
        for data_type, of_type in self.SIGNALS.items():
            if of_type == name:
                self._emitting[data_type] = getattr(proxy, name).emit

    def heard(self, data_type: DataType) -> _Emit | None:
        """What emits an event of this type; None while nobody would hear it."""
        return self._emitting.get(data_type)
