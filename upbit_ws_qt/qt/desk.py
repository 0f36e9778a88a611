"""Begins and ends subscriptions everywhere at once: table, routing, wire. Qt."""

# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import logging
import time
import weakref

from upbit_ws_qt.backpressure import Delivery, default_delivery
from upbit_ws_qt.markets import Market
from upbit_ws_qt.routing import BackpressureHandler, OutletStatistics
from upbit_ws_qt.subscriptions import SubscriptionSpec

from .clients import ClientTable
from .connections import Connections
from .fanout import SubscriptionOutlet
from .lifecycle import ComponentLifecycleManager, weakly
from .markets import MarketList
from .notices import SubscriptionNotices
from .pump import EventPump
from .subscription import Subscription

__all__ = ["SubscriptionDesk"]

logger = logging.getLogger(__name__)


# State: none of its own; the parts it is made of have theirs.
class SubscriptionDesk:
    """What has to happen with a subscription in every part of a manager."""

    def __init__(
        self,
        clients: ClientTable,
        pump: EventPump,
        connections: Connections,
        markets: MarketList,
        notices: SubscriptionNotices,
        lifecycle: ComponentLifecycleManager,
    ) -> None:
        self._clients = clients
        self._pump = pump
        self._connections = connections
        self._markets = markets
        self._notices = notices
        self._lifecycle = lifecycle
        pump.hub.rested = weakly(self._rested)
        markets.listed.connect(self._ask_again)
        lifecycle.gone.connect(self._forget_client)
        lifecycle.audited.connect(self._audit)

    def begin(
        self,
        client: int,
        subscription: Subscription,
        spec: SubscriptionSpec,
        delivery: Delivery | None,
    ) -> None:
        """A client subscribed; the manager runs."""
        token = subscription.token
        outlet: SubscriptionOutlet = BackpressureHandler(
            weakref.ref(subscription),
            spec.routes,
            delivery or default_delivery(spec.data_type),
            spec.depth,
        )
        self._clients.subscribe(client, token, outlet)
        if self._connections.is_idle(spec):
            # What is remembered was on a wire that carries nothing now, whoever knows that already.
            for stream in spec.routes:
                self._pump.router.forget(stream)
        self._pump.router.attach(outlet)
        self._markets.want(spec.symbols)
        self._notices.subscribed(token, spec)
        self._connections.subscribe(token, spec)

    def end(self, token: int) -> None:
        """A subscription ends; unknown tokens are ignored."""
        outlet = self._clients.unsubscribe(token)
        if outlet is not None:
            self._end(token, outlet)
            self._connections.settle()

    def narrow(self, token: int, spec: SubscriptionSpec) -> None:
        """A subscription goes on with fewer markets."""
        outlet = self._clients.outlet(token)
        if outlet is not None:
            self._pump.router.narrow(outlet, spec.routes)
            self._connections.narrow(token, spec)
            self._hide(token, outlet, hidden=outlet.paused)

    def pause(self, client: int, *, paused: bool) -> None:
        """A client cannot be seen, or can be seen again."""
        router = self._pump.router
        for token, outlet in self._clients[client].outlets.items():
            self._hide(token, outlet, hidden=paused and bool(outlet.delivered))
            if not paused:
                router.resume(outlet, time.monotonic())
            elif outlet.delivered:
                router.pause(outlet)
        if not paused:
            self._pump.wake()

    def statistics(self, token: int) -> OutletStatistics:
        """The counters of a subscription; all zero when it has ended."""
        outlet = self._clients.outlet(token)
        return OutletStatistics() if outlet is None else self._pump.router.outlet_statistics(outlet)

    def _ask_again(self, market: Market) -> None:
        """The exchange passes over what it does not list, so what came before it did was lost."""
        self._connections.public.ask_again(market.code)

    def _forget_client(self, token: int) -> None:
        client = self._clients.remove(token)
        if client is None:
            return
        for subscription, outlet in client.outlets.items():
            handle = outlet.consumer()
            if handle is not None:
                handle.ended()
            self._end(subscription, outlet)
            self._pump.hub.cancel(outlet)
        self._connections.settle()

    def _rested(self, token: int) -> None:
        """A subscription that nobody sees has its first event: it gets no more until it is seen."""
        outlet = self._clients.outlet(token)
        if outlet is not None:
            self._hide(token, outlet, hidden=outlet.paused)

    def _hide(self, token: int, outlet: SubscriptionOutlet, *, hidden: bool) -> None:
        """What nobody sees is not polled, unless each event of it was promised."""
        self._connections.hide(token, hidden=hidden and outlet.delivery.may_rest)

    def _end(self, token: int, outlet: SubscriptionOutlet) -> None:
        self._pump.router.detach(outlet)
        self._notices.ended(token)
        self._connections.unsubscribe(token)

    def _audit(self) -> None:
        """Nothing is wanted for a subscription that no client has any more."""
        for token in self._connections.consumers() - self._clients.subscription_tokens():
            self._lifecycle.repaired += 1
            logger.warning("subscription %s was still wanted after its end; it is not now", token)
            self._connections.unsubscribe(token)
        self._connections.settle()
