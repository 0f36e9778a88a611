"""Real-time Upbit data for PyQt6 programs: one manager, and a small proxy for each component.

Everything public is importable from here. It is loaded when it is first used, so that the pure
modules can be imported without Qt.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .alerts import Alert as Alert
    from .alerts import AlertManager as AlertManager
    from .alerts import AlertRule as AlertRule
    from .alerts import Severity as Severity
    from .auth import JWTManager as JWTManager
    from .auth import UpbitAuthenticator as UpbitAuthenticator
    from .backpressure import Delivery as Delivery
    from .binance import BINANCE as BINANCE
    from .dialect import Dialect as Dialect
    from .errors import AuthenticationFailed as AuthenticationFailed
    from .errors import ConnectFailed as ConnectFailed
    from .errors import ConnectionLost as ConnectionLost
    from .errors import DecodeError as DecodeError
    from .errors import DuplicateClient as DuplicateClient
    from .errors import HandlerError as HandlerError
    from .errors import InvalidMarket as InvalidMarket
    from .errors import InvalidRequest as InvalidRequest
    from .errors import InvalidState as InvalidState
    from .errors import KeyStoreFailed as KeyStoreFailed
    from .errors import LocalError as LocalError
    from .errors import ProxyClosed as ProxyClosed
    from .errors import RateLimited as RateLimited
    from .errors import RecordingError as RecordingError
    from .errors import RemoteError as RemoteError
    from .errors import RequestRejected as RequestRejected
    from .errors import RequestTimeout as RequestTimeout
    from .errors import SubscriptionLost as SubscriptionLost
    from .errors import TransportError as TransportError
    from .errors import UnknownType as UnknownType
    from .errors import UpbitError as UpbitError
    from .errors import WrongThread as WrongThread
    from .events import AssetEvent as AssetEvent
    from .events import Balance as Balance
    from .events import BalanceEvent as BalanceEvent
    from .events import CandleEvent as CandleEvent
    from .events import ConnectionEvent as ConnectionEvent
    from .events import ConnectionState as ConnectionState
    from .events import ConnectionType as ConnectionType
    from .events import DataType as DataType
    from .events import ErrorEvent as ErrorEvent
    from .events import GapEvent as GapEvent
    from .events import GapState as GapState
    from .events import OrderbookEvent as OrderbookEvent
    from .events import OrderbookUnit as OrderbookUnit
    from .events import OrderEvent as OrderEvent
    from .events import OrderState as OrderState
    from .events import OrderTrade as OrderTrade
    from .events import RefusalEvent as RefusalEvent
    from .events import Source as Source
    from .events import StatusEvent as StatusEvent
    from .events import StreamType as StreamType
    from .events import SubscriptionEvent as SubscriptionEvent
    from .events import TickerEvent as TickerEvent
    from .events import TradeEvent as TradeEvent
    from .events import WebSocketEvent as WebSocketEvent
    from .exchange import UPBIT_ID as UPBIT_ID
    from .exchange import UPBIT_KR as UPBIT_KR
    from .exchange import UPBIT_REGIONS as UPBIT_REGIONS
    from .exchange import UPBIT_SG as UPBIT_SG
    from .exchange import UPBIT_TH as UPBIT_TH
    from .exchange import Exchange as Exchange
    from .handlers import CustomEvent as CustomEvent
    from .handlers import DataHandler as DataHandler
    from .handlers import HandlerStatistics as HandlerStatistics
    from .health import ConnectionQuality as ConnectionQuality
    from .health import HealthReport as HealthReport
    from .health import HealthStatus as HealthStatus
    from .liveness import HealthMonitor as HealthMonitor
    from .markets import Market as Market
    from .metrics import PerformanceMetrics as PerformanceMetrics
    from .net.recorder import Recorder as Recorder
    from .net.recorder import RecorderStatistics as RecorderStatistics
    from .qt.bridge import QtBridgeManager as QtBridgeManager
    from .qt.dashboard import DashboardData as DashboardData
    from .qt.dashboard import WebSocketDashboard as WebSocketDashboard
    from .qt.exchanges import AbstractWebSocketManager as AbstractWebSocketManager
    from .qt.exchanges import UpbitWebSocketManager as UpbitWebSocketManager
    from .qt.fanout import FanoutHub as FanoutHub
    from .qt.legacy import LegacyCompatibilityLayer as LegacyCompatibilityLayer
    from .qt.legacy import LegacyWebSocketClient as LegacyWebSocketClient
    from .qt.lifecycle import ComponentLifecycleManager as ComponentLifecycleManager
    from .qt.manager import GlobalWebSocketManager as GlobalWebSocketManager
    from .qt.markets import MarketList as MarketList
    from .qt.monitor import PerformanceMonitor as PerformanceMonitor
    from .qt.program import run as run
    from .qt.proxy import WebSocketClientProxy as WebSocketClientProxy
    from .qt.report import ManagerStatistics as ManagerStatistics
    from .qt.running import install as install
    from .qt.signals import SignalEmitter as SignalEmitter
    from .qt.sockets import UpbitWebSocketPrivateClient as UpbitWebSocketPrivateClient
    from .qt.sockets import UpbitWebSocketPublicClient as UpbitWebSocketPublicClient
    from .qt.subscription import Subscription as Subscription
    from .ratelimit import GlobalRateLimiter as GlobalRateLimiter
    from .ratelimit import TokenBucket as TokenBucket
    from .recovery import EpochManager as EpochManager
    from .recovery import ExponentialBackoff as ExponentialBackoff
    from .recovery import RecoveryEngine as RecoveryEngine
    from .routes import BackpressureHandler as BackpressureHandler
    from .routing import DataRoutingEngine as DataRoutingEngine
    from .settings import FeedSettings as FeedSettings
    from .simulator.replay.replay import Replayer as Replayer
    from .subscriptions import SubscriptionDiff as SubscriptionDiff
    from .subscriptions import SubscriptionSpec as SubscriptionSpec
    from .subscriptions import SubscriptionStateManager as SubscriptionStateManager
    from .system.credentials import Credentials as Credentials
    from .timeframe import Timeframe as Timeframe
    from .wire import decode as decode

# Where each public name lives; the imports above tell the same to type checkers, and a test holds
# the two together.
_MODULES = {
    "alerts": ("Alert", "AlertManager", "AlertRule", "Severity"),
    "auth": ("JWTManager", "UpbitAuthenticator"),
    "backpressure": ("Delivery",),
    "binance": ("BINANCE",),
    "dialect": ("Dialect",),
    "errors": (
        "AuthenticationFailed",
        "ConnectFailed",
        "ConnectionLost",
        "DecodeError",
        "DuplicateClient",
        "HandlerError",
        "InvalidMarket",
        "InvalidRequest",
        "InvalidState",
        "KeyStoreFailed",
        "LocalError",
        "ProxyClosed",
        "RateLimited",
        "RecordingError",
        "RemoteError",
        "RequestRejected",
        "RequestTimeout",
        "SubscriptionLost",
        "TransportError",
        "UnknownType",
        "UpbitError",
        "WrongThread",
    ),
    "events": (
        "AssetEvent",
        "Balance",
        "BalanceEvent",
        "CandleEvent",
        "ConnectionEvent",
        "ConnectionState",
        "ConnectionType",
        "DataType",
        "ErrorEvent",
        "GapEvent",
        "GapState",
        "OrderEvent",
        "OrderState",
        "OrderTrade",
        "OrderbookEvent",
        "OrderbookUnit",
        "RefusalEvent",
        "Source",
        "StatusEvent",
        "StreamType",
        "SubscriptionEvent",
        "TickerEvent",
        "TradeEvent",
        "WebSocketEvent",
    ),
    "exchange": (
        "UPBIT_ID",
        "UPBIT_KR",
        "UPBIT_REGIONS",
        "UPBIT_SG",
        "UPBIT_TH",
        "Exchange",
    ),
    "handlers": ("CustomEvent", "DataHandler", "HandlerStatistics"),
    "health": ("ConnectionQuality", "HealthReport", "HealthStatus"),
    "liveness": ("HealthMonitor",),
    "markets": ("Market",),
    "metrics": ("PerformanceMetrics",),
    "net.recorder": ("Recorder", "RecorderStatistics"),
    "qt.bridge": ("QtBridgeManager",),
    "qt.dashboard": ("DashboardData", "WebSocketDashboard"),
    "qt.exchanges": ("AbstractWebSocketManager", "UpbitWebSocketManager"),
    "qt.fanout": ("FanoutHub",),
    "qt.legacy": ("LegacyCompatibilityLayer", "LegacyWebSocketClient"),
    "qt.lifecycle": ("ComponentLifecycleManager",),
    "qt.manager": ("GlobalWebSocketManager",),
    "qt.markets": ("MarketList",),
    "qt.monitor": ("PerformanceMonitor",),
    "qt.program": ("run",),
    "qt.proxy": ("WebSocketClientProxy",),
    "qt.report": ("ManagerStatistics",),
    "qt.running": ("install",),
    "qt.signals": ("SignalEmitter",),
    "qt.sockets": ("UpbitWebSocketPrivateClient", "UpbitWebSocketPublicClient"),
    "qt.subscription": ("Subscription",),
    "ratelimit": ("GlobalRateLimiter", "TokenBucket"),
    "recovery": ("EpochManager", "ExponentialBackoff", "RecoveryEngine"),
    "routes": ("BackpressureHandler",),
    "routing": ("DataRoutingEngine",),
    "settings": ("FeedSettings",),
    "simulator.replay.replay": ("Replayer",),
    "subscriptions": ("SubscriptionDiff", "SubscriptionSpec", "SubscriptionStateManager"),
    "system.credentials": ("Credentials",),
    "timeframe": ("Timeframe",),
    "wire": ("decode",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
